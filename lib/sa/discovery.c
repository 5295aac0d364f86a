/* sa/discovery.c -- discoveries: probes that wait for an answer, and what is remembered of earlier ones.
 *
 * Both live in one pool, on one list in the order of their last change.  What is remembered gives way to a new
 * probe, the oldest first; a probe that waits gives way to nothing, so there are never more of them than
 * limits.discoveries. */
#include "host.h"
#include "replace.h"

/* How long a gateway is avoided that did not work. */
#define AVOID_MS 300000

isakmp__discovery *isakmp__discovery_after(const isakmp_ctx *x, const isakmp__discovery *d)
{
    return ISAKMP__OWNER(isakmp__list_after(&x->discovering, d ? &d->link : NULL),
                         isakmp__discovery, link);
}

/* Forget the oldest that is only remembered. */
static void make_room(isakmp_ctx *x)
{
    isakmp__discovery *d = NULL;
    do
        d = isakmp__discovery_after(x, d);
    while (d && d->state == ISAKMP__SEARCHING);
    if (d)
        isakmp__discovery_give(x, d);
}

isakmp__discovery *isakmp__discovery_take(isakmp_ctx *x)
{
    isakmp__discovery *d;
    if (x->discoveries.used == x->discoveries.cap)
        make_room(x);
    d = (isakmp__discovery *)isakmp__pool_take(&x->discoveries);
    if (d == NULL)
        return NULL;
    d->state = ISAKMP__SEARCHING;
    d->timer.kind = ISAKMP__TIMER_DISCOVERY;
    isakmp__list_append(&x->discovering, &d->link);
    return d;
}

void isakmp__discovery_give(isakmp_ctx *x, isakmp__discovery *d)
{
    isakmp__timer_set(&x->deadlines, &d->timer, ISAKMP_NEVER);
    isakmp__unlink(&d->link);
    isakmp__pool_give(&x->discoveries, d);
}

void isakmp__discovery_keep(isakmp_ctx *x, isakmp__discovery *d, isakmp__search state, uint32_t ms)
{
    d->state = (uint8_t)state;
    isakmp__timer_set(&x->deadlines, &d->timer, x->now + ms);
    isakmp__unlink(&d->link);
    isakmp__list_append(&x->discovering, &d->link);
}

/* ---- Gateways that did not work ------------------------------------------------------------- */

static isakmp__discovery *avoided(const isakmp_ctx *x, const isakmp_addr *gateway)
{
    isakmp__discovery *d = NULL;
    while ((d = isakmp__discovery_after(x, d)) != NULL)
        if (d->state == ISAKMP__AVOIDED && isakmp__same_ip(&d->other, gateway))
            return d;
    return NULL;
}

isakmp_time isakmp__avoided_until(const isakmp_ctx *x, const isakmp_addr *gateway)
{
    const isakmp__discovery *d = avoided(x, gateway);
    return d ? d->timer.at : 0;
}

/* Our own side could not go on, or did not need to. */
static int is_our_affair(const isakmp__child *c)
{
    return c->why.by == ISAKMP_BY_HOST || c->why.detail == ISAKMP_D_POOL ||
           c->why.detail == ISAKMP_D_CRYPTO || c->why.detail == ISAKMP_D_RIVAL;
}

/* A child that was up ends for many reasons, most of which say nothing against the peer.  One of ours that
 * never came up has shown that the peer does not do what it had promised; but not if it was to replace one that
 * is up. */
static int shows_failure(const isakmp_ctx *x, const isakmp__child *c)
{
    const isakmp__child *old = isakmp__child_partner(x, c);
    if (!(c->policy->flags & ISAKMP_CF_TED) || is_our_affair(c) ||
        (old && old->state == ISAKMP_CHILD_UP && !old->ending))
        return 0;
    if (c->state == ISAKMP_CHILD_UP)
        return c->why.detail == ISAKMP_D_DEAD;
    return c->initiator || c->state == ISAKMP_CHILD_WAITING;
}

void isakmp__discovery_child_over(isakmp_ctx *x, const isakmp__child *c)
{
    isakmp__discovery *d;
    if (x->discoveries.cap == 0 || !shows_failure(x, c))
        return;
    d = avoided(x, &c->sa->path.remote);
    if (d == NULL)
        d = isakmp__discovery_take(x);
    if (d == NULL)
        return;
    d->other = c->sa->path.remote;
    isakmp__discovery_keep(x, d, ISAKMP__AVOIDED, AVOID_MS);
}
