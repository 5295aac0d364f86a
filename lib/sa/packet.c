/* sa/packet.c -- messages that are kept, and sending them.
 *
 * A stored message goes out as it is, however often: repetitions are octet for octet the same, so
 * that they cannot move the peer's chain of IVs on [RFC2409 App. B]. */
#include "host.h"

isakmp__packet *isakmp__packet_take(isakmp_ctx *x, int urgent)
{
    if (!urgent && x->packets.cap - x->packets.used <= ISAKMP__HELD_BACK)
        isakmp__exch_drop_oldest(x);
    if (!urgent && x->packets.cap - x->packets.used <= ISAKMP__HELD_BACK)
        return NULL;
    return (isakmp__packet *)isakmp__pool_take(&x->packets);
}

void isakmp__packet_give(isakmp_ctx *x, isakmp__packet **p)
{
    if (*p)
        isakmp__pool_give(&x->packets, *p);
    *p = NULL;
}

size_t isakmp__packet_cap(const isakmp_ctx *x)
{
    return x->config.limits.max_datagram - ISAKMP__MARKER;
}

void isakmp__packet_send(isakmp_ctx *x, const isakmp_path *path, const isakmp__packet *p)
{
    size_t skip = path->natt ? 0 : ISAKMP__MARKER;
    isakmp__do_send(x, path, isakmp__span(p->bytes + skip, p->n + ISAKMP__MARKER - skip));
}

void isakmp__exch_repeat(isakmp_ctx *x, isakmp__exch *e)
{
    unsigned most = x->config.reply_tries;
    if (e->msg_id == 0 && !e->initiator && !e->sa->proven && e->tx && e->tx->n > 3u * e->read_n)
        most = 1; /* certificates for somebody who may not have asked */
    if (e->tx == NULL || e->is_open || e->repeats >= most)
        return;
    e->repeats++;
    x->stats.retransmissions++;
    e->sa->sent_ms = (uint32_t)x->now;
    isakmp__packet_send(x, &e->sa->path, e->tx);
}
