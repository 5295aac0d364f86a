/* core/tick.c -- time has passed: what is due, one timer after the other. */
#include "entry.h"
#include "exchange/engine.h"
#include "sa/host.h"

#define OWNER(timer, type) ((type *)(void *)((uint8_t *)(timer)-offsetof(type, timer)))

static void sa_due(isakmp_ctx *x, isakmp__sa *sa)
{
    if (sa->state == ISAKMP_SA_XAUTH) {
        isakmp__inform_sa_only_gone(x, sa);
        isakmp__sa_end(x, sa, isakmp__reason(ISAKMP_BY_TIMER, ISAKMP_D_XAUTH, 0, 0));
        return;
    }
    if (x->now >= isakmp__hard_at(sa->since, sa->life_s)) {
        isakmp_reason why = isakmp__reason(ISAKMP_BY_TIMER, ISAKMP_D_EXPIRED, 0, 0);
        isakmp__inform_sa_only_gone(x, sa);
        isakmp__sa_end(x, sa, why);
        return;
    }
    sa->soft_told = 1;
    isakmp__timer_set(&x->deadlines, &sa->timer, isakmp__hard_at(sa->since, sa->life_s));
    isakmp__tell(x, ISAKMP_EV_SA_SOFT, sa, NULL, NULL);
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

static void due(isakmp_ctx *x, isakmp__timer *timer)
{
    if (timer->kind == ISAKMP__TIMER_SA)
        sa_due(x, OWNER(timer, isakmp__sa));
    else if (timer->kind == ISAKMP__TIMER_CHILD)
        child_due(x, OWNER(timer, isakmp__child));
    else if (timer->kind == ISAKMP__TIMER_ASSEMBLY)
        isakmp__assembly_expire(x, OWNER(timer, isakmp__assembly));
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
