/* exchange/recover.c -- invalid-SPI recovery: one side has lost an SA that the other still uses.
 *
 *     our host does not know an SPI      protected, to the peer:  D, N(INVALID-SPI)
 *     a peer does not know one of ours
 *         protected                      the child ends, and is negotiated again if the policy says so
 *     a peer has restarted               (INITIAL-CONTACT) it knows none of ours: the same, under the new SA
 *         in the clear                   nothing, but that the peer is asked sooner whether it lives
 *
 * The notify alone says it in the words of RFC 2408 3.14.1, but some peers only log it, and read no further
 * (strongSwan).  A Delete is understood by all, and it is true: we have no such SA.  So it goes first, and
 * whoever knows what the notify means sees from it that the Delete was not meant to end anything. */
#include "engine.h"
#include "sa/host.h"

/* ---- Saying ---------------------------------------------------------------------------------- */

int isakmp__inform_unknown_spi(isakmp_ctx *x, isakmp__sa *sa, uint8_t proto, uint32_t spi)
{
    uint8_t octets[4];
    isakmp_notify n;
    isakmp_delete d;
    isakmp__put32(octets, spi);
    memset(&n, 0, sizeof n);
    n.doi = ISAKMP_DOI_IPSEC;
    n.protocol = proto;
    n.type = ISAKMP_N_INVALID_SPI;
    n.spi = isakmp__span(octets, sizeof octets);
    memset(&d, 0, sizeof d);
    d.doi = ISAKMP_DOI_IPSEC;
    d.protocol = proto;
    d.spi_size = sizeof octets;
    d.count = 1;
    d.spis = n.spi;
    return isakmp__inform(x, sa, &n, &d);
}

/* ---- Hearing --------------------------------------------------------------------------------- */

static uint32_t spi_of(const isakmp_notify *n)
{
    return n->spi.n == 4 ? isakmp__get32(n->spi.p) : 0;
}

/* A child that has not lived for so long is not negotiated again: else a peer that never knows what it has
 * just agreed on would keep us busy for ever. */
#define SHORT_LIFE_MS 10000

static int is_worth_it(const isakmp_ctx *x, const isakmp__sa *sa, const isakmp__child *old)
{
    return sa->policy->flags & ISAKMP_PF_RECOVER && old->initiator && !sa->ending &&
           x->now - old->since >= SHORT_LIFE_MS;
}

static void negotiate_again(isakmp_ctx *x, isakmp__sa *sa, const isakmp__child *old)
{
    isakmp__child *c;
    if (is_worth_it(x, sa, old))
        (void)isakmp__child_begin(x, sa, old->policy, &old->local, &old->remote, &c);
}

/* It waits until the exchange that brings the SA up is over; a client also until the gateway, which has forgotten
 * its address, has given it another one. */
void isakmp__child_ask_again(isakmp_ctx *x, isakmp__sa *sa, const isakmp__child *old)
{
    isakmp__child *c = NULL;
    if (old->state == ISAKMP_CHILD_UP && !old->replaced && is_worth_it(x, sa, old))
        c = isakmp__child_take(x, sa, old->policy);
    if (c == NULL)
        return;
    c->local = old->local;
    c->remote = old->remote;
    isakmp__forget_open_end(x, c);
}

int isakmp__spi_disowned(isakmp_ctx *x, isakmp__sa *sa, const isakmp_notify *n)
{
    isakmp_reason why = isakmp__reason(ISAKMP_BY_PEER, ISAKMP_D_SPI_UNKNOWN, 0, n->type);
    isakmp__child *c = NULL;
    if (sa->state == ISAKMP_SA_UP)
        c = isakmp__child_of_peer(x, sa, n->protocol, spi_of(n));
    if (c == NULL || c->state != ISAKMP_CHILD_UP)
        return 0;
    if (c->ending && c->why.detail != ISAKMP_D_DELETED) /* it has been said in this message */
        return 1;
    if (!c->ending)
        isakmp__inform_child_gone(x, c);
    isakmp__child_end(x, c, why);
    c->why = why; /* also if the Delete was read before */
    negotiate_again(x, sa, c);
    return 1;
}

/* Who knows none of our SPIs has not even seen what we send. */
void isakmp__spi_doubted(isakmp_ctx *x, isakmp__sa *sa, const isakmp_notify *n)
{
    if (sa->state == ISAKMP_SA_UP && isakmp__child_of_peer(x, sa, n->protocol, spi_of(n)))
        isakmp__sa_doubted(x, sa);
}

void isakmp__stray_information(isakmp_ctx *x, const isakmp_msg *m, const isakmp_path *path)
{
    isakmp_span body = isakmp_msg_find(m, ISAKMP_PAYLOAD_NOTIFY, 0);
    isakmp__sa *sa;
    isakmp_notify n;
    if (m->h.flags & ISAKMP_FLAG_ENCRYPTION || body.p == NULL ||
        isakmp_notify_read(&n, body) != ISAKMP_OK || n.type != ISAKMP_N_INVALID_SPI ||
        !isakmp__spi_admit(x, &path->remote))
        return;
    sa = isakmp__sa_at(x, path);
    if (sa)
        isakmp__spi_doubted(x, sa, &n);
}
