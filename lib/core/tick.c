/* core/tick.c -- time has passed: what is due, one timer after the other. */
#include "entry.h"
#include "exchange/engine.h"
#include "exchange/rekey.h"
#include "sa/host.h"
#include "sa/replace.h"

#define OWNER(timer, type) ((type *)(void *)((uint8_t *)(timer)-offsetof(type, timer)))

/* Time for a peer that has not seen the end of phase 1 to begin once more. */
#define UNSURE_MS 420000

/* Is it the one through which the peer is spoken to, as nobody knows whether it has the new one? */
static int is_needed(const isakmp_ctx *x, isakmp__sa *sa, isakmp_time end_at)
{
    return sa->replaced && isakmp__sa_speaker(x, isakmp__sa_heir(x, sa)) == sa &&
           x->now < end_at + UNSURE_MS;
}

/* One that was replaced waits for Quick Modes that still run under it.  One that was not, and should have
 * been, is connected again if its policy says so. */
static isakmp_time end_due(isakmp_ctx *x, isakmp__sa *sa, isakmp_time hard_at)
{
    isakmp_time at = sa->since + sa->soft_ms;
    unsigned detail = sa->replaced ? ISAKMP_D_REPLACED : ISAKMP_D_EXPIRED;
    if (x->now < hard_at && x->now < at)
        return at;
    if (x->now < hard_at && (isakmp__sa_is_busy(sa) || is_needed(x, sa, at)))
        return x->now + 1000;
    isakmp__commit_give_up(x, sa);
    sa->again = isakmp__can_begin_again(x, sa) && sa->n_children != 0;
    isakmp__inform_sa_expired(x, sa);
    isakmp__sa_end(x, sa, isakmp__reason(ISAKMP_BY_TIMER, detail, 0, 0));
    return ISAKMP_NEVER;
}

/* It nears its end, or could not be replaced the last time it was tried. */
static void soft_due(isakmp_ctx *x, isakmp__sa *sa)
{
    isakmp_sa_id id;
    int told = sa->soft_told, rc;
    sa->soft_told = 1;
    if (!told)
        isakmp__tell(x, ISAKMP_EV_SA_SOFT, sa, NULL, NULL);
    if (!(sa->policy->flags & ISAKMP_PF_REKEY) || sa->rekeying)
        return;
    rc = isakmp__rekey_sa(x, sa, &id);
    if (rc == ISAKMP_E_LIMIT)
        isakmp__log(x, ISAKMP_LOG_ERROR, sa,
                    "there is no room for a new ISAKMP SA (limits.sas, limits.exchanges)");
    if (rc != ISAKMP_OK)
        isakmp__sa_put_off(x, sa);
}

/* The lifetime of an SA that is up.  Returns when there is more to do. */
static isakmp_time life_due(isakmp_ctx *x, isakmp__sa *sa)
{
    isakmp_time soft_at = sa->since + sa->soft_ms, hard_at = isakmp__hard_at(sa->since, sa->life_s);
    if (x->now >= hard_at || sa->replaced)
        return end_due(x, sa, hard_at);
    if (x->now >= soft_at) {
        soft_due(x, sa);
        soft_at = sa->since + sa->soft_ms;
    }
    return x->now < soft_at && soft_at < hard_at ? soft_at : hard_at;
}

/* Nobody waits for a user for ever. */
static isakmp_time user_due(isakmp_ctx *x, isakmp__sa *sa)
{
    if (x->now < isakmp__sa_user_at(sa))
        return isakmp__sa_user_at(sa);
    isakmp__inform_sa_only_gone(x, sa);
    isakmp__sa_end(x, sa, isakmp__reason(ISAKMP_BY_TIMER, ISAKMP_D_XAUTH, 0, 0));
    return ISAKMP_NEVER;
}

/* The timer of an SA is due, when its lifetime wants it or an extension, or earlier. */
static void sa_due(isakmp_ctx *x, isakmp__sa *sa)
{
    isakmp_time next = ISAKMP_NEVER;
    if (sa->state == ISAKMP_SA_NEGOTIATING) {
        isakmp__timer_set(&x->deadlines, &sa->timer, isakmp__begin_again(x, sa));
        return;
    }
    if (sa->state == ISAKMP_SA_XAUTH)
        next = user_due(x, sa);
    if (sa->state == ISAKMP_SA_UP)
        next = life_due(x, sa);
    for (const isakmp_extension *const *p = x->config.extensions; p && *p && !sa->ending; p++) {
        isakmp_time at = (*p)->due ? (*p)->due(x, sa) : ISAKMP_NEVER;
        next = at < next ? at : next;
    }
    isakmp__timer_set(&x->deadlines, &sa->timer, sa->ending ? ISAKMP_NEVER : next);
}

static void child_due(isakmp_ctx *x, isakmp__child *c)
{
    if (c->replaced)
        isakmp__end_child(x, c, ISAKMP_D_REPLACED);
    else if (x->now >= isakmp__hard_at(c->since, c->life_s))
        isakmp__end_child(x, c, ISAKMP_D_EXPIRED);
    else
        isakmp__child_nears_end(x, c);
}

static void discovery_due(isakmp_ctx *x, isakmp__discovery *d)
{
    for (const isakmp_extension *const *p = x->config.extensions; p && *p; p++)
        if ((*p)->discovery)
            (*p)->discovery(x, d);
}

static void due(isakmp_ctx *x, isakmp__timer *timer)
{
    if (timer->kind == ISAKMP__TIMER_SA)
        sa_due(x, OWNER(timer, isakmp__sa));
    else if (timer->kind == ISAKMP__TIMER_CHILD)
        child_due(x, OWNER(timer, isakmp__child));
    else if (timer->kind == ISAKMP__TIMER_ASSEMBLY)
        isakmp__assembly_expire(x, OWNER(timer, isakmp__assembly));
    else if (timer->kind == ISAKMP__TIMER_DISCOVERY)
        discovery_due(x, OWNER(timer, isakmp__discovery));
    else
        isakmp__engine_timer(x, OWNER(timer, isakmp__exch));
}

int isakmp_tick(isakmp_ctx *x, isakmp_time now)
{
    isakmp__timer *timer;
    int rc = isakmp__enter(x, now);
    if (rc != ISAKMP_OK)
        return rc;
    while ((timer = isakmp__timer_first(&x->deadlines)) != NULL && timer->at <= x->now) {
        due(x, timer);
        isakmp__settle(x);
    }
    isakmp__leave(x);
    return ISAKMP_OK;
}

isakmp_time isakmp_deadline(const isakmp_ctx *x)
{
    return isakmp__deadline(&x->deadlines);
}
