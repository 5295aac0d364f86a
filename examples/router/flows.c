/* flows.c -- what becomes of packets that no SA carries: they go on, or wait while an SA is negotiated for those
 * that follow, or a gateway is looked for. */
#define _GNU_SOURCE
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include "packet.h"
#include "router.h"

/* After all peers of an entry have failed. */
#define REST_MS 10000

/* ---- Attempts ------------------------------------------------------------------------------ */

static router_attempt *attempt_of(router *r, const isakmp_child_policy *child)
{
    for (unsigned i = 0; i < ROUTER_MAX_ATTEMPTS; i++)
        if (r->attempts[i].match.child == child)
            return &r->attempts[i];
    return NULL;
}

/* A place for a new one; what has had its rest makes room. */
static router_attempt *free_attempt(router *r)
{
    router_attempt *a = attempt_of(r, NULL);
    for (unsigned i = 0; a == NULL && i < ROUTER_MAX_ATTEMPTS; i++)
        if (r->attempts[i].child.v == 0 && r->attempts[i].until <= host_now())
            a = &r->attempts[i];
    return a;
}

/* Where a peer is: as the configuration says, or the DNS. */
static int find_address(const router *r, isakmp_ios_peer *peer)
{
    struct addrinfo *found = NULL, hints = {.ai_family = AF_INET, .ai_socktype = SOCK_DGRAM};
    isakmp_span name;
    if (peer->addr.family)
        return 1;
    name = (isakmp_span){(const uint8_t *)peer->host, strlen(peer->host)};
    if (isakmp_ios_host_get(r->conf, name, 0, &peer->addr) == ISAKMP_OK)
        return 1;
    if (getaddrinfo(peer->host, NULL, &hints, &found) != 0)
        return 0;
    peer->addr.family = 4;
    memcpy(peer->addr.ip, &((const struct sockaddr_in *)(const void *)found->ai_addr)->sin_addr, 4);
    freeaddrinfo(found);
    return 1;
}

static int same_ip(const isakmp_addr *a, const isakmp_addr *b)
{
    return a->family == b->family && memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}

/* An ISAKMP SA with a peer that is up or will be; { 0 } if there is none. */
static isakmp_sa_id sa_with(const router *r, const isakmp_addr *peer)
{
    isakmp_sa_info i = {.size = sizeof i};
    isakmp_sa_id sa = {0};
    while ((sa = isakmp_sa_next(r->x, sa)).v)
        if (isakmp_sa_get(r->x, sa, &i) == ISAKMP_OK && i.state != ISAKMP_SA_ENDED &&
            same_ip(&i.path.remote, peer))
            break;
    return sa;
}

static int connect_to(router *r, router_attempt *a, isakmp_ios_peer *peer)
{
    isakmp_path path;
    if (!find_address(r, peer))
        return 0;
    peer->addr.port = r->o.port;
    path = host_udp_path(&r->udp, &peer->addr);
    a->sa = sa_with(r, &peer->addr);
    if (a->sa.v == 0 &&
        isakmp_connect(r->x, host_now(), peer->policy, &path, peer->exchange, &a->sa) != ISAKMP_OK)
        return 0;
    return isakmp_child_connect(r->x, host_now(), a->sa, a->match.child, &a->child) == ISAKMP_OK;
}

/* The next peer that can be asked at all; after the last one there is a rest. */
static void go_on(router *r, router_attempt *a)
{
    isakmp_ios_peer peer;
    a->is_over = 0;
    a->child.v = 0;
    for (; isakmp_ios_peer_get(router_plan_now(r), &a->match, a->peer, &peer) == ISAKMP_OK;
         a->peer++)
        if (connect_to(r, a, &peer))
            return;
    a->until = host_now() + REST_MS;
}

static void protect(router *r, const isakmp_ios_match *m)
{
    router_attempt *a = attempt_of(r, m->child);
    if (a && (a->child.v || a->until > host_now()))
        return;
    if (a == NULL)
        a = free_attempt(r);
    if (a == NULL)
        return;
    memset(a, 0, sizeof *a);
    a->match = *m;
    go_on(r, a);
}

void router_child_ended(router *r, isakmp_child_id child, int came_up)
{
    for (unsigned i = 0; i < ROUTER_MAX_ATTEMPTS; i++) {
        router_attempt *a = &r->attempts[i];
        if (a->match.child == NULL || a->child.v != child.v)
            continue;
        if (came_up)
            a->until = host_now(); /* when it ends one day, that is no failure */
        else if (a->until)
            memset(a, 0, sizeof *a);
        else
            a->is_over = 1;
    }
}

void router_try_again(router *r)
{
    for (unsigned i = 0; i < ROUTER_MAX_ATTEMPTS; i++) {
        if (!r->attempts[i].is_over)
            continue;
        r->attempts[i].peer++;
        go_on(r, &r->attempts[i]);
    }
}

/* ---- Packets ------------------------------------------------------------------------------- */

#define TED_PROBE   240
#define AT_EXCHANGE 18 /* in the header of ISAKMP */

static int is_probe(const packet *p)
{
    return p->udp && p->dest.port == 500 && p->udp_n > AT_EXCHANGE &&
           p->udp[AT_EXCHANGE] == TED_PROBE;
}

/* A probe of another gateway to a host that we may protect.
 *   returns  1 if it ends here. */
static int take_probe(router *r, const packet *p)
{
    uint8_t copy[2048];
    isakmp_path path;
    if (p->udp_n > sizeof copy)
        return 0;
    memset(&path, 0, sizeof path);
    path.local = p->dest;
    path.remote = p->source;
    memcpy(copy, p->udp, p->udp_n);
    return isakmp_input(r->x, host_now(), &path, copy, p->udp_n) == ISAKMP_OK;
}

/* returns  1 if the packet may go on in the clear. */
static int decide(router *r, const packet *p)
{
    isakmp_ios_match m;
    isakmp_ios_find_flow(router_plan_now(r), p->proto, &p->source, &p->dest, &m);
    if (m.action == ISAKMP_IOS_PROTECT)
        protect(r, &m);
    else if (m.action == ISAKMP_IOS_DISCOVER)
        router_discover(r, &m, &p->source, &p->dest);
    return m.action == ISAKMP_IOS_CLEAR;
}

void router_packet(router *r, uint8_t *octets, size_t n)
{
    packet p;
    if (!packet_read(&p, octets, n))
        return;
    if (is_probe(&p) ? !take_probe(r, &p) : decide(r, &p))
        tun_write(r->tun, octets, n);
}

void router_flow(router *r, const isakmp_addr *source, const isakmp_addr *dest)
{
    packet p = {.proto = IPPROTO_ICMP, .source = *source, .dest = *dest};
    decide(r, &p);
}

int router_send_as(router *r, const isakmp_path *path, isakmp_span datagram)
{
    uint8_t buf[2048];
    size_t n = packet_write_udp(buf, sizeof buf, &path->local, &path->remote, datagram);
    if (r->tun == NULL || n == 0)
        return ISAKMP_E_HOST;
    tun_write(r->tun, buf, n);
    return ISAKMP_OK;
}
