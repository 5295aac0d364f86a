/* core/tick.c -- time has passed: what is due, one timer after the other. */
#include "entry.h"
#include "exchange/engine.h"
#include "sa/host.h"

#define OWNER(timer, type) ((type *)(void *)((uint8_t *)(timer)-offsetof(type, timer)))

/* The lifetime of an SA that is up.  Returns when there is more to do. */
static isakmp_time life_due(isakmp_ctx *x, isakmp__sa *sa)
{
    isakmp_time soft_at = sa->since + sa->soft_ms, hard_at = isakmp__hard_at(sa->since, sa->life_s);
    if (x->now >= hard_at) {
        isakmp__inform_sa_only_gone(x, sa);
        isakmp__sa_end(x, sa, isakmp__reason(ISAKMP_BY_TIMER, ISAKMP_D_EXPIRED, 0, 0));
        return ISAKMP_NEVER;
    }
    if (!sa->soft_told && x->now >= soft_at) {
        sa->soft_told = 1;
        isakmp__tell(x, ISAKMP_EV_SA_SOFT, sa, NULL, NULL);
    }
    return sa->soft_told ? hard_at : soft_at;
}

/* The timer of an SA is due, when its lifetime wants it or an extension, or earlier. */
static void sa_due(isakmp_ctx *x, isakmp__sa *sa)
{
    isakmp_time next = ISAKMP_NEVER;
    if (sa->state == ISAKMP_SA_XAUTH) {
        isakmp__inform_sa_only_gone(x, sa);
        isakmp__sa_end(x, sa, isakmp__reason(ISAKMP_BY_TIMER, ISAKMP_D_XAUTH, 0, 0));
        return;
    }
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
    if (x->now >= isakmp__hard_at(c->since, c->life_s)) {
        isakmp_reason why = isakmp__reason(ISAKMP_BY_TIMER, ISAKMP_D_EXPIRED, 0, 0);
        isakmp__inform_child_gone(x, c);
        isakmp__child_end(x, c, why);
        return;
    }
    c->soft_told = 1;
    isakmp__timer_set(&x->deadlines, &c->timer, isakmp__hard_at(c->since, c->life_s));
    isakmp__tell(x, ISAKMP_EV_CHILD_SOFT, c->sa, c, NULL);
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
