/* sa/half_open.c -- phase 1 exchanges begun by peers that are not authenticated yet: how many there
 * may be, in all and from one address.
 *
 * IKEv1 needs state from the first message on, so the limits are what stands between a flood of
 * spoofed first messages and the pools.  When they are reached, a newcomer may take the place of the
 * oldest one whose peer has had time to come back with our cookie and has not. */
#include "host.h"

/* Long for a round trip, short for a flood. */
#define GRACE_MS 2000

/* Oldest first. */
static isakmp__sa *half_open_after(const isakmp_ctx *x, const isakmp__sa *sa)
{
    return ISAKMP__OWNER(isakmp__list_after(&x->half_open, sa ? &sa->queue_link : NULL), isakmp__sa,
                         queue_link);
}

unsigned isakmp__half_open_admit(isakmp_ctx *x, const isakmp_path *path)
{
    isakmp__sa *oldest = half_open_after(x, NULL);
    if (isakmp__sa_count_half_open(x, &path->remote) >= x->config.limits.half_open_per_addr)
        return ISAKMP_D_HALF_OPEN;
    if (x->n_half_open < x->config.limits.half_open)
        return ISAKMP_OK;
    while (oldest && oldest->proven)
        oldest = half_open_after(x, oldest);
    if (oldest == NULL || oldest->since + GRACE_MS > x->now)
        return ISAKMP_D_HALF_OPEN;
    isakmp__sa_end(x, oldest, isakmp__reason(ISAKMP_BY_US, ISAKMP_D_HALF_OPEN, 0, 0));
    isakmp__settle(x);
    return ISAKMP_OK;
}

void isakmp__half_open_enter(isakmp_ctx *x, isakmp__sa *sa)
{
    sa->since = x->now;
    sa->half_open = 1;
    x->n_half_open++;
    isakmp__list_append(&x->half_open, &sa->queue_link);
    isakmp__sa_enter_peer(x, sa);
}

void isakmp__half_open_leave(isakmp_ctx *x, isakmp__sa *sa)
{
    if (!sa->half_open)
        return;
    sa->half_open = 0;
    x->n_half_open--;
    isakmp__unlink(&sa->queue_link);
    isakmp__unlink(&sa->peer_link);
}
