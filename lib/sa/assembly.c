/* sa/assembly.c -- messages that come in pieces: how many may be open at once, and for how long.
 *
 * Who sends pieces proves nothing by it, so they live on what exchanges leave.  There are so many at most
 * as a quarter of the packets, an SA has one at most, and each ends after a time that no piece makes
 * longer.  A packet that an exchange needs is taken from the oldest.  Where a newcomer finds no place it
 * gets that of the oldest one of an SA that is half open: at once if its own is not, else only if the
 * other has had time. */
#include "host.h"

/* Long for all pieces of a message to arrive, short for a flood. */
#define GRACE_MS 2000
/* Long enough for some repetitions of what was lost. */
#define OPEN_MS 30000

static isakmp__assembly *assembly_after(const isakmp_ctx *x, const isakmp__assembly *a)
{
    return ISAKMP__OWNER(isakmp__list_after(&x->assembling, a ? &a->link : NULL), isakmp__assembly,
                         link);
}

isakmp__assembly *isakmp__assembly_of(const isakmp_ctx *x, const isakmp__sa *sa)
{
    isakmp__assembly *a = NULL;
    while ((a = assembly_after(x, a)) != NULL && a->sa != sa)
        ;
    return a;
}

/* 0 if there is nobody who must give way. */
static int evict(isakmp_ctx *x, const isakmp__sa *newcomer)
{
    isakmp__assembly *a = NULL;
    do
        a = assembly_after(x, a);
    while (a && !a->sa->half_open);
    if (a == NULL || (newcomer->half_open && a->since + GRACE_MS > x->now))
        return 0;
    isakmp__assembly_give(x, a);
    return 1;
}

/* Is there no packet to be had, not even that of an exchange that is only kept? */
static int lacks_packets(const isakmp_ctx *x)
{
    return isakmp__packets_short(x) && isakmp__list_after(&x->done, NULL) == NULL;
}

isakmp__assembly *isakmp__assembly_take(isakmp_ctx *x, const isakmp__sa *sa)
{
    isakmp__assembly *a;
    if ((x->assemblies.used == x->assemblies.cap || lacks_packets(x)) && !evict(x, sa))
        return NULL;
    a = (isakmp__assembly *)isakmp__pool_take(&x->assemblies);
    if (a == NULL)
        return NULL;
    a->packet = isakmp__packet_take(x, 0);
    if (a->packet == NULL) {
        isakmp__pool_give(&x->assemblies, a);
        return NULL;
    }
    a->sa = sa;
    a->since = x->now;
    a->timer.kind = ISAKMP__TIMER_ASSEMBLY;
    isakmp__timer_set(&x->deadlines, &a->timer, x->now + OPEN_MS);
    isakmp__list_append(&x->assembling, &a->link);
    return a;
}

void isakmp__assembly_give(isakmp_ctx *x, isakmp__assembly *a)
{
    isakmp__timer_set(&x->deadlines, &a->timer, ISAKMP_NEVER);
    isakmp__unlink(&a->link);
    isakmp__packet_give(x, &a->packet);
    isakmp__pool_give(&x->assemblies, a);
}

void isakmp__assembly_expire(isakmp_ctx *x, isakmp__assembly *a)
{
    isakmp__log(x, ISAKMP_LOG_INFO, a->sa, "%u fragments, %u octets: %s", a->count,
                (unsigned)a->packet->n, isakmp_detail_text(ISAKMP_D_FRAGMENT_LOST));
    isakmp__count(x, ISAKMP_D_FRAGMENT_LOST);
    isakmp__assembly_give(x, a);
}

void isakmp__assembly_drop_oldest(isakmp_ctx *x)
{
    isakmp__assembly *a = assembly_after(x, NULL);
    if (a)
        isakmp__assembly_give(x, a);
}
