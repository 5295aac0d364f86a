/* sim/traffic.c -- packets through the children: each side of a wish sends one every few seconds by the
 * newest SA that it has, and takes those for which it has an SA with the same keys. */
#include <string.h>
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

uint64_t traffic_packet(const world *w)
{
    return K(w, life_kb) ? PACKET * (uint64_t)K(w, bulk) : PACKET;
}

/* The traffic of a child is reported, packet by packet, where hosts do so. */
static void count(host *h, isakmp_time now, entry *e)
{
    uint64_t in = 0, out = 0;
    e->octets += traffic_packet(h->w);
    for (const entry *s = h->sad; s < h->sad + h->sad_top; s++)
        if (s->used && s->child.v == e->child.v && s->e.algs.proto == ISAKMP_PROTO_ESP)
            *(s->e.inbound ? &in : &out) = s->octets;
    if (!K(h->w, silent) || K(h->w, life_kb)) {
        (void)isakmp_child_traffic(h->x, now, e->child, in, out);
        check_volume(h, e);
    }
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

static entry *inbound(host *h, uint32_t spi)
{
    for (entry *s = h->sad; s < h->sad + h->sad_top; s++)
        if (s->used && s->e.inbound && s->e.spi == spi && s->e.algs.proto == ISAKMP_PROTO_ESP)
            return s;
    return NULL;
}

/* Who is answered, in a second: so many in all, and nobody twice. */
static void count_recovery(host *h, isakmp_time now, const isakmp_addr *to)
{
    recovery *next = &h->recoveries[h->n_recoveries++ % MAX_RECOVERIES];
    for (recovery *r = h->recoveries; r < h->recoveries + MAX_RECOVERIES; r++)
        if (r->at + 1000 > now && (r == next || memcmp(r->to.ip, to->ip, sizeof to->ip) == 0))
            violate(h->w, "host %d answers too many packets that it cannot read", h->index);
    next->at = now;
    next->to = *to;
}

/* Nobody can read it.  Who asks for users calls none of its clients. */
static void cannot_read(host *h, const datagram *d)
{
    int calls = K(h->w, recover) == 2 && (h->index || !client_has_users(h->w));
    isakmp_path path;
    isakmp_time now;
    int rc;
    if (!K(h->w, recover))
        return;
    memset(&path, 0, sizeof path);
    path.local = d->dst;
    path.remote = d->src;
    path.natt = d->in_udp != 0;
    if (!d->in_udp)
        path.local.port = path.remote.port = 500;
    now = host_enter(h);
    rc = isakmp_invalid_spi(h->x, now, &path, ISAKMP_PROTO_ESP, d->spi, calls ? &h->peer : NULL);
    trace(h->w, "%d cannot read %08x: %d", h->index, (unsigned)d->spi, rc);
    if (rc == ISAKMP_OK)
        count_recovery(h, now, &path.remote);
    else if (rc != ISAKMP_NONE && rc != ISAKMP_E_LIMIT && rc != ISAKMP_E_CRYPTO)
        violate(h->w, "host %d: isakmp_invalid_spi() returns %d", h->index, rc);
    host_left(h);
}

void traffic_arrive(host *h, const datagram *d)
{
    world *w = h->w;
    entry *in = inbound(h, d->spi);
    isakmp_path path = {.local = d->dst, .remote = d->src, .natt = 1};
    isakmp_time now;
    if (in == NULL) {
        cannot_read(h, d);
        return;
    }
    if (in->keys != d->keys) {
        violate(w, "host %d: the keys of SPI %08x are not those of its peer", h->index,
                (unsigned)d->spi);
        return;
    }
    if (in->wish == d->wish && in->side != d->side)
        w->wishes[d->wish].heard[in->side] = w->now;
    now = host_enter(h);
    (void)isakmp_sa_heard(h->x, now, sa_of(h, in->child), d->in_udp ? &path : NULL);
    count(h, now, in);
    host_left(h);
}
