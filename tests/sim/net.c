/* sim/net.c -- the network: datagrams get lost, overtake each other, come twice, are changed; and NATs.
 *
 * A NAT gives each address and port behind it a port of its own, whoever the datagram is for, and lets in
 * whatever comes to that port.  It forgets mappings that are not used, and now and then all of them. */
#include <stdlib.h>
#include <string.h>
#include "sim.h"

/* ---- NATs ------------------------------------------------------------------------------------- */

void net_make(world *w)
{
    w->n_nats = K(w, nat);
    for (int i = 0; i < w->n_nats; i++) {
        static const isakmp_addr first = {.family = 4, .ip = {198, 51, 100}};
        w->nats[i].addr = first;
        w->nats[i].addr.ip[3] = (uint8_t)(1 + 64 * i);
    }
}

void net_rebind(world *w)
{
    nat *n = &w->nats[rng_below(&w->rng, MAX_NATS)];
    if (n >= w->nats + w->n_nats)
        return;
    memset(n->map, 0, sizeof n->map);
    if (K(w, nat_moves))
        n->addr.ip[3] = (uint8_t)(1 + 64 * (n - w->nats) + rng_below(&w->rng, 60));
    trace(w, "NAT %d forgets, and is %u", (int)(n - w->nats), n->addr.ip[3]);
}

static int is_forgotten(const world *w, const mapping *m)
{
    return w->phase == WILD && K(w, nat_idle_s) &&
           m->last + 1000 * (isakmp_time)K(w, nat_idle_s) < w->now;
}

static mapping *by_outer(nat *n, uint16_t port)
{
    for (unsigned i = 0; i < MAX_MAPPINGS; i++)
        if (n->map[i].used && n->map[i].outer == port)
            return &n->map[i];
    return NULL;
}

/* The mapping of a datagram that goes out; the one that was not used for the longest time makes room. */
static mapping *out_through(world *w, nat *n, int from, uint16_t port)
{
    mapping *oldest = &n->map[0], *m;
    for (m = n->map; m < n->map + MAX_MAPPINGS; m++) {
        if (m->used && m->host == from && m->inner == port && !is_forgotten(w, m))
            return m;
        if (!m->used || m->last < oldest->last)
            oldest = m;
    }
    m = oldest;
    m->used = 0;
    do
        m->outer = (uint16_t)rng_between(&w->rng, 1024, 65535);
    while (by_outer(n, m->outer));
    m->used = 1;
    m->host = from;
    m->inner = port;
    m->last = w->now;
    return m;
}

static void translate_out(world *w, const host *from, datagram *d)
{
    mapping *m;
    if (from->nat < 0)
        return;
    m = out_through(w, &w->nats[from->nat], from->index, d->src.port);
    m->last = w->now;
    d->src = w->nats[from->nat].addr;
    d->src.port = m->outer;
}

static int same_ip(const isakmp_addr *a, const isakmp_addr *b)
{
    return memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}

/* Whose datagram is it?  NULL: nobody's. */
static host *translate_in(world *w, datagram *d)
{
    if (d->via)
        return &w->hosts[d->via - 1];
    for (int i = 0; i < w->n_nats; i++) {
        mapping *m = same_ip(&w->nats[i].addr, &d->dst) ? by_outer(&w->nats[i], d->dst.port) : NULL;
        if (m == NULL || is_forgotten(w, m))
            continue;
        m->last = w->now;
        d->dst = w->hosts[m->host].addr;
        d->dst.port = m->inner;
        return &w->hosts[m->host];
    }
    for (int i = 0; i < w->n_hosts; i++)
        if (w->hosts[i].nat < 0 && same_ip(&w->hosts[i].addr, &d->dst))
            return &w->hosts[i];
    return NULL;
}

/* ---- On the way ------------------------------------------------------------------------------- */

/* What stands in a trace for the octets of a datagram. */
static uint32_t print_of(const datagram *d)
{
    uint32_t print = 2166136261u;
    for (size_t i = 0; i < d->n; i++)
        print = (print ^ d->bytes[i]) * 16777619u;
    return print;
}

static void trace_datagram(const world *w, const char *what, const datagram *d)
{
    if (w->trace)
        trace(w, "%s %u.%u:%u > %u.%u:%u, %s, %u octets, %08x", what, d->src.ip[0], d->src.ip[3],
              d->src.port, d->dst.ip[0], d->dst.ip[3], d->dst.port, d->is_esp ? "esp" : "isakmp",
              (unsigned)d->n, d->is_esp ? d->spi : print_of(d));
}

static void corrupt(world *w, datagram *d)
{
    uint32_t times = 1 + rng_below(&w->rng, 3);
    for (; d->n && times; times--)
        d->bytes[rng_below(&w->rng, (uint32_t)d->n)] ^= (uint8_t)(1u << rng_below(&w->rng, 8));
    if (d->n && rng_below(&w->rng, 4) == 0)
        d->n = rng_below(&w->rng, (uint32_t)d->n);
}

static void travel(world *w, const datagram *d)
{
    datagram *copy = (datagram *)malloc(sizeof *d + d->n);
    uint32_t jitter = w->phase == WILD ? (uint32_t)K(w, jitter_ms) : 0;
    if (copy == NULL)
        abort();
    memcpy(copy, d, sizeof *d + d->n);
    if (w->phase == WILD && rng_permille(&w->rng, K(w, corruption)))
        corrupt(w, copy);
    expect(w, (isakmp_time)K(w, delay_ms) + rng_below(&w->rng, jitter + 1), DATAGRAM, 0, 0, copy);
}

static int is_lost(world *w, const datagram *d)
{
    if (w->phase == WILD)
        return rng_permille(&w->rng, K(w, loss));
    return w->fault == FAULT_drops_delete && w->phase >= CLOSING && !d->is_esp;
}

static void set_out(host *h, datagram *d)
{
    world *w = h->w;
    translate_out(w, h, d);
    if (is_lost(w, d)) {
        trace_datagram(w, "lost", d);
        w->lost++;
        return;
    }
    trace_datagram(w, "sent", d);
    travel(w, d);
    if (w->phase == WILD && rng_permille(&w->rng, K(w, duplicates)))
        travel(w, d);
}

#define MTU 8192

void net_send_via(host *h, const isakmp_path *path, isakmp_span bytes, int gateway)
{
    static union {
        datagram d;
        uint8_t room[sizeof(datagram) + MTU];
    } u;
    if (bytes.n > MTU) {
        violate(h->w, "host %d sends %u octets", h->index, (unsigned)bytes.n);
        return;
    }
    memset(&u.d, 0, sizeof u.d);
    u.d.src = path->local;
    u.d.dst = path->remote;
    u.d.via = gateway + 1;
    u.d.n = bytes.n;
    memcpy(u.d.bytes, bytes.p, bytes.n);
    set_out(h, &u.d);
}

void net_send(host *h, const isakmp_path *path, isakmp_span bytes)
{
    net_send_via(h, path, bytes, -1);
}

void net_send_esp(host *h, const entry *out)
{
    datagram d;
    memset(&d, 0, sizeof d);
    d.is_esp = 1;
    d.src = out->e.src;
    d.dst = out->e.dst;
    d.spi = out->e.spi;
    d.keys = out->keys;
    d.in_udp = out->e.natt;
    d.wish = out->wish;
    d.side = out->side;
    set_out(h, &d);
}

/* ---- Arriving --------------------------------------------------------------------------------- */

static void input(host *h, datagram *d)
{
    isakmp_time now = host_enter(h);
    isakmp_path path;
    int rc;
    memset(&path, 0, sizeof path);
    path.local = d->dst;
    path.remote = d->src;
    path.natt = d->dst.port == 4500;
    ted_comes(h, d);
    rc = isakmp_input(h->x, now, &path, d->bytes, d->n);
    ted_came(h);
    h->inputs++;
    if (rc != ISAKMP_OK && rc != ISAKMP_IGNORED)
        violate(h->w, "host %d: isakmp_input() returns %d", h->index, rc);
    host_left(h);
}

void net_arrive(world *w, datagram *d)
{
    host *h = translate_in(w, d);
    if (h == NULL || h->paused_until > w->now) {
        trace_datagram(w, "for nobody", d);
        return;
    }
    trace_datagram(w, "here", d);
    w->delivered++;
    if (d->is_esp)
        traffic_arrive(h, d);
    else
        input(h, d);
}
