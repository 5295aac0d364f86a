/* sa/half_open.c -- phase 1 exchanges begun by peers that are not authenticated yet: how many there
 * may be, in all and from one address.
 *
 * IKEv1 needs state from the first message on, so the limits are what stands between a flood of
 * spoofed first messages and the pools.  When one of them is reached, or a pool is full, a newcomer
 * takes the place of the oldest one (of its address, if that is what there are too many of) whose
 * peer has had time to come back with our cookie and has not. */
#include "host.h"

/* Long for a round trip, short for a flood. */
#define GRACE_MS 2000

/* Oldest first. */
static isakmp__sa *half_open_after(const isakmp_ctx *x, const isakmp__sa *sa)
{
    return ISAKMP__OWNER(isakmp__list_after(&x->half_open, sa ? &sa->queue_link : NULL), isakmp__sa,
                         queue_link);
}

/* ... for a person who has to type, as long as there is room. */
#define USER_GRACE_MS 10000

/* Do we wait for the peer?  Time in which our own host thinks about a question is not the peer's. */
static int waits_for_peer(const isakmp__sa *sa)
{
    for (isakmp__exch *e = NULL; (e = isakmp__exch_after(sa, e)) != NULL;)
        if (e->ask != ISAKMP__ASK_NONE)
            return 0;
    return 1;
}

/* Has it had its time?  A client of hybrid authentication may have proved its return address, but anybody can be
 * one. */
static int may_go(const isakmp_ctx *x, const isakmp__sa *sa)
{
    int is_stranger = sa->state == ISAKMP_SA_XAUTH &&
                      isakmp__auth_family(sa->suite->auth) & (ISAKMP__AUTH_HYI | ISAKMP__AUTH_HYR);
    if (!waits_for_peer(sa) || (sa->proven && !is_stranger))
        return 0;
    return sa->since + (sa->proven ? USER_GRACE_MS : GRACE_MS) <= x->now;
}

/* End one that has had its time without proving where it is; 0 if there is none.
 *   from  the address it must have come from; NULL: any. */
static int evict(isakmp_ctx *x, const isakmp_addr *from)
{
    isakmp__sa *sa = NULL;
    do
        sa = from ? isakmp__sa_half_open_at(x, from, sa) : half_open_after(x, sa);
    while (sa && !may_go(x, sa));
    if (sa == NULL)
        return 0;
    isakmp__sa_end(x, sa, isakmp__reason(ISAKMP_BY_US, ISAKMP_D_HALF_OPEN, 0, 0));
    isakmp__settle(x);
    return 1;
}

static unsigned count_at(const isakmp_ctx *x, const isakmp_addr *a)
{
    unsigned n = 0;
    for (isakmp__sa *sa = NULL; (sa = isakmp__sa_half_open_at(x, a, sa)) != NULL;)
        n++;
    return n;
}

/* What is only kept to answer repetitions gives way by itself. */
static int pools_are_full(const isakmp_ctx *x)
{
    return x->sas.used == x->sas.cap || (x->exchs.cap - x->exchs.used <= ISAKMP__HELD_BACK &&
                                         isakmp__list_after(&x->done, NULL) == NULL);
}

unsigned isakmp__half_open_admit(isakmp_ctx *x, const isakmp_path *path)
{
    const isakmp_limits *l = &x->config.limits;
    if (count_at(x, &path->remote) >= l->half_open_per_addr && !evict(x, &path->remote))
        return ISAKMP_D_HALF_OPEN;
    if (x->n_half_open >= l->half_open && !evict(x, NULL))
        return ISAKMP_D_HALF_OPEN;
    if (pools_are_full(x) && !evict(x, NULL))
        return ISAKMP_D_POOL;
    return ISAKMP_OK;
}

void isakmp__half_open_enter(isakmp_ctx *x, isakmp__sa *sa)
{
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
