/* flows.c -- what becomes of packets that no SA carries: they go on in the clear, or are dropped, and then an SA is
 * negotiated for those that follow, or the gateway is looked for that protects their destination. */
#include <netinet/in.h>
#include <string.h>
#include "packet.h"
#include "router.h"

int router_same_ip(const isakmp_addr *a, const isakmp_addr *b)
{
    return a->family == b->family && memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}

/* ---- Discovery ----------------------------------------------------------------------------- */

/* Where other gateways reach us, on the way to an address. */
static isakmp_addr our_address(const router *r, const isakmp_addr *to)
{
    isakmp_addr remote = *to;
    isakmp_path path;
    remote.port = r->o.port;
    path = host_udp_path(&r->udp, &remote);
    return path.local;
}

static void discover(router *r, const isakmp_ios_match *m, const packet *p)
{
    isakmp_discovery d = {.size = sizeof d,
                          .child = m->child,
                          .peer = isakmp_ios_any_peer(router_plan_now(r)),
                          .gateway = our_address(r, &p->dest),
                          .source = p->source,
                          .destination = p->dest,
                          .flow_ids = 1};
    if (d.peer)
        isakmp_discover(r->x, host_now(), &d);
}

int router_find_ted(router *r, const isakmp_path *path, isakmp_ted_answer *out)
{
    isakmp_ios_match m;
    int rc = isakmp_ios_find_probe(router_plan_now(r), &path->remote, &path->local, &m);
    if (rc != ISAKMP_OK)
        return rc;
    out->policy = m.child;
    out->gateway = our_address(r, &path->remote);
    return ISAKMP_OK;
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

/* ---- Probes of others ----------------------------------------------------------------------- */

#define TED_PROBE   240
#define AT_EXCHANGE 18 /* in the header of ISAKMP */

static int is_probe(const packet *p)
{
    return p->udp && p->dest.port == 500 && p->udp_n > AT_EXCHANGE &&
           p->udp[AT_EXCHANGE] == TED_PROBE;
}

/* returns  1 if it ends here. */
static int take_probe(router *r, const packet *p)
{
    uint8_t copy[2048];
    isakmp_path path = {.local = p->dest, .remote = p->source};
    if (!is_probe(p) || p->udp_n > sizeof copy)
        return 0;
    memcpy(copy, p->udp, p->udp_n);
    return isakmp_input(r->x, host_now(), &path, copy, p->udp_n) == ISAKMP_OK;
}

/* ---- Packets ------------------------------------------------------------------------------- */

static isakmp_selector selector_of(const packet *p, const isakmp_addr *a)
{
    isakmp_selector s = {.family = a->family, .proto = p->proto, .port = a->port};
    memcpy(s.lo, a->ip, sizeof s.lo);
    memcpy(s.hi, a->ip, sizeof s.hi);
    return s;
}

/* Is there an SA for it, or will there be one? */
static int has_sa(const router *r, const packet *p)
{
    isakmp_selector from = selector_of(p, &p->source), to = selector_of(p, &p->dest);
    isakmp_child_info i = {.size = sizeof i};
    isakmp_child_id c = {0};
    while ((c = isakmp_child_next(r->x, (isakmp_sa_id){0}, c)).v)
        if (isakmp_child_get(r->x, c, &i) == ISAKMP_OK && i.local.family && i.remote.family &&
            isakmp_selector_within(&from, &i.local) && isakmp_selector_within(&to, &i.remote))
            return 1;
    return 0;
}

/* returns  1 if the packet may go on in the clear. */
static int decide(router *r, const packet *p)
{
    isakmp_ios_match m;
    isakmp_ios_find_flow(router_plan_now(r), p->proto, &p->source, &p->dest, &m);
    if (m.action == ISAKMP_IOS_PROTECT && !has_sa(r, p))
        router_protect(r, &m);
    else if (m.action == ISAKMP_IOS_DISCOVER && !has_sa(r, p))
        discover(r, &m, p);
    return m.action == ISAKMP_IOS_CLEAR;
}

void router_packet(router *r, const uint8_t *octets, size_t n)
{
    packet p;
    if (packet_read(&p, octets, n) && !take_probe(r, &p) && decide(r, &p))
        tun_write(r->tun, octets, n);
}

void router_flow(router *r, const isakmp_addr *source, const isakmp_addr *dest)
{
    packet p = {.proto = IPPROTO_ICMP, .source = *source, .dest = *dest};
    decide(r, &p);
}
