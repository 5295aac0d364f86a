/* sa/packet.c -- messages that are kept, and sending them whole. */
#include "host.h"

int isakmp__packets_short(const isakmp_ctx *x)
{
    return x->packets.cap - x->packets.used <= ISAKMP__HELD_BACK;
}

isakmp__packet *isakmp__packet_take(isakmp_ctx *x, int urgent)
{
    if (!urgent && isakmp__packets_short(x))
        isakmp__exch_drop_oldest(x);
    if (!urgent && isakmp__packets_short(x))
        isakmp__assembly_drop_oldest(x);
    if (!urgent && isakmp__packets_short(x))
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
    isakmp__do_send(x, path,
                    isakmp__span(p->bytes + ISAKMP__FRONT + skip, p->n + ISAKMP__MARKER - skip));
}
