/* sim/traffic.c -- packets through the children: each side of a wish sends one every few seconds by the
 * newest SA that it has, and takes those for which it has an SA with the same keys. */
#include "sim.h"

entry *traffic_out(world *w, int which, int side)
{
    host *h = &w->hosts[w->wishes[which].host[side]];
    entry *newest = NULL;
    for (entry *s = h->sad; s < h->sad + h->sad_top; s++)
        if (s->used && !s->e.inbound && s->wish == which && s->side == side &&
            s->e.algs.proto == ISAKMP_PROTO_ESP && (newest == NULL || s->serial > newest->serial))
            newest = s;
    return newest;
}

#define PACKET 1000

/* The traffic of a child is reported, packet by packet, where hosts do so. */
static void count(host *h, isakmp_time now, entry *e)
{
    uint64_t in = 0, out = 0;
    e->octets += PACKET;
    for (const entry *s = h->sad; s < h->sad + h->sad_top; s++)
        if (s->used && s->child.v == e->child.v && s->e.algs.proto == ISAKMP_PROTO_ESP)
            *(s->e.inbound ? &in : &out) = s->octets;
    if (!K(h->w, silent))
        (void)isakmp_child_traffic(h->x, now, e->child, in, out);
}

/* The SA that a child belongs to. */
static isakmp_sa_id sa_of(const host *h, isakmp_child_id child)
{
    isakmp_child_info info = {.size = sizeof info};
    isakmp_sa_id none = {0};
    return isakmp_child_get(h->x, child, &info) == ISAKMP_OK ? info.sa : none;
}

void traffic_send(world *w, int which, int side)
{
    host *h = &w->hosts[w->wishes[which].host[side]];
    entry *out = traffic_out(w, which, side);
    isakmp_time now;
    if (h->paused_until > w->now || out == NULL || w->phase >= CLOSING)
        return;
    now = host_enter(h);
    (void)isakmp_sa_wanted(h->x, now, sa_of(h, out->child));
    net_send_esp(h, out);
    count(h, now, out);
    host_left(h);
}

/* Whoever is behind a NAT may have another port now: packets that are found right say where it is
 * [RFC3948 4]. */
static void follow(host *h, const entry *in, const datagram *d)
{
    for (entry *s = h->sad; s < h->sad + h->sad_top; s++)
        if (s->used && !s->e.inbound && s->child.v == in->child.v && s->e.natt)
            s->e.dst = d->src;
}

static entry *inbound(host *h, uint32_t spi)
{
    for (entry *s = h->sad; s < h->sad + h->sad_top; s++)
        if (s->used && s->e.inbound && s->e.spi == spi && s->e.algs.proto == ISAKMP_PROTO_ESP)
            return s;
    return NULL;
}

void traffic_arrive(host *h, const datagram *d)
{
    world *w = h->w;
    entry *in = inbound(h, d->spi);
    isakmp_time now;
    if (in == NULL)
        return;
    if (in->keys != d->keys) {
        violate(w, "host %d: the keys of SPI %08x are not those of its peer", h->index,
                (unsigned)d->spi);
        return;
    }
    follow(h, in, d);
    if (in->wish == d->wish && in->side != d->side)
        w->wishes[d->wish].heard[in->side] = w->now;
    now = host_enter(h);
    (void)isakmp_sa_heard(h->x, now, sa_of(h, in->child), NULL);
    count(h, now, in);
    host_left(h);
}
