/* fuzz_ted.c -- Tunnel Endpoint Discovery: replies, and anything else, to a gateway that has sent probes.
 *
 * The input is a script of steps, each an octet that says what is done, and what that needs: begin a discovery,
 * let time pass, give a message (a length and its octets; if the step says so the cookie of the last probe and
 * a header that is right are put into it), close what there is.
 *
 * What must hold, whatever comes: only what the library was asked to discover is negotiated, with a proxy that
 * has our half as it stands, and as the other one something within the policy that holds the destination, and
 * neither the source nor our gateway; a reply brings out one datagram at most; nothing is begun with a gateway
 * that cannot be; in the end nothing is left. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "base/span.h"
#include "support/pair.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* What a step does: its lowest three bits. */
enum {
    DISCOVER = 0,
    WAIT,
    NEXT_DEADLINE,
    CLOSE,
    FORGET,
    GIVE
};

/* How a message is given: repaired, and where it says that it comes from. */
enum {
    COOKIE = 8,
    HEADER = 16,
    FROM_B = 32
};

static pair pr;
static isakmp_discovery query;
static uint8_t cookie[ISAKMP_COOKIE_SIZE];
static uint8_t asked[256]; /* for which destinations, by their last octet */

/* Is it the first message of a negotiation of ours?  Who begins one with us, whatever else it says, is answered where it
 * says that it is. */
static int begins(const wire_item *w)
{
    return (w->data[18] == ISAKMP_EXCH_MAIN || w->data[18] == ISAKMP_EXCH_AGGRESSIVE) &&
           isakmp__all_zero(w->data + ISAKMP_COOKIE_SIZE, ISAKMP_COOKIE_SIZE);
}

static int on_wire(pair *p, wire_item *w)
{
    (void)p;
    if (w->data[18] == ISAKMP_EXCH_TED_PROBE) {
        memcpy(cookie, w->data, sizeof cookie);
        assert(isakmp_addr_equal(&w->path.remote, &w->path.local) == 0);
        return PAIR_DROP;
    }
    if (begins(w)) {
        assert(w->path.remote.ip[0] != 0 && w->path.remote.ip[0] < 224);
        assert(!isakmp_addr_equal(&w->path.remote, &pr.p[0].addr));
    }
    return PAIR_DROP;
}

static int holds(const isakmp_selector *s, const uint8_t *ip)
{
    return memcmp(s->lo, ip, 4) <= 0 && memcmp(ip, s->hi, 4) <= 0;
}

static int holds_one_asked(const isakmp_selector *s)
{
    uint8_t ip[4] = {10, 2, 0, 0};
    for (unsigned i = 0; i < 256; i++) {
        ip[3] = (uint8_t)i;
        if (asked[i] && holds(s, ip))
            return 1;
    }
    return 0;
}

static void on_event(peer *p, const isakmp_event *ev)
{
    isakmp_child_info i;
    if (ev->type != ISAKMP_EV_TED_PEER)
        return;
    i.size = sizeof i;
    assert(isakmp_child_get(p->x, ev->child, &i) == ISAKMP_OK);
    assert(memcmp(&i.local, &p->child.local, sizeof i.local) == 0);
    assert(isakmp_selector_within(&i.remote, &p->child.remote) && i.remote.family == 4);
    assert(i.remote.proto == 0 && i.remote.port == 0);
    assert(holds_one_asked(&i.remote));
    assert(!holds(&i.remote, p->addr.ip) && !holds(&i.remote, query.source.ip));
}

static void begin(void)
{
    static const uint8_t source[] = {10, 1, 0, 5};
    peer *p = &pr.p[0];
    pair_init(&pr, 1);
    p->policies[0].group = ISAKMP_GROUP_MODP_768;
    p->child.flags = ISAKMP_CF_TED;
    memset(p->child.remote.lo, 0, 4);
    memset(p->child.remote.hi, 255, 4);
    p->config.limits.discoveries = 3;
    p->hear_event = on_event;
    pr.filter = on_wire;
    memset(asked, 0, sizeof asked);
    for (int i = 0; i < 2; i++) {
        isakmp_limits *l = &pr.p[i].config.limits;
        l->sas = l->children = 3;
        l->exchanges = 3;
        l->max_datagram = 576;
        l->max_dh = 96;
    }
    pair_start(&pr);
    memset(&query, 0, sizeof query);
    query.size = sizeof query;
    query.child = &p->child;
    query.peer = &p->peer;
    query.gateway = p->addr;
    query.source.family = query.destination.family = 4;
    memcpy(query.source.ip, source, 4);
    query.destination.ip[0] = 10;
    query.destination.ip[1] = 2;
}

static void give(unsigned how, isakmp_span message)
{
    uint8_t *d = malloc(message.n ? message.n : 1);
    isakmp_path path = pair_path(&pr, 0);
    unsigned sends = pr.p[0].sends;
    assert(d);
    if (message.n)
        memcpy(d, message.p, message.n);
    if (how & COOKIE && message.n >= 8)
        memcpy(d, cookie, 8);
    if (how & HEADER && message.n >= ISAKMP_HEADER_SIZE) {
        d[17] = 0x10;
        d[18] = ISAKMP_EXCH_TED_REPLY;
        memset(d + 19, 0, 9);
        d[27] = (uint8_t)message.n;
    }
    if (!(how & FROM_B) && message.n >= 40) /* where the first payload has an address */
        memcpy(path.remote.ip, d + 36, 4);
    (void)isakmp_input(pr.p[0].x, pr.now, &path, d, message.n);
    assert(pr.p[0].sends <= sends + 1);
    free(d);
}

static void close_first(void)
{
    isakmp_sa_id none = {0}, sa = isakmp_sa_next(pr.p[0].x, none);
    if (sa.v)
        assert(isakmp_close(pr.p[0].x, pr.now, sa) == ISAKMP_OK);
}

static void step(isakmp_reader *r)
{
    uint8_t how = isakmp_rd_u8(r);
    isakmp_time deadline = isakmp_deadline(pr.p[0].x);
    size_t n;
    switch (how & 7) {
    case DISCOVER:
        query.destination.ip[3] = isakmp_rd_u8(r);
        query.flow_ids = how >> 7;
        asked[query.destination.ip[3]] = 1;
        (void)isakmp_discover(pr.p[0].x, pr.now, &query);
        break;
    case WAIT:
        pair_run(&pr, pr.now + 100u * (how >> 3));
        break;
    case NEXT_DEADLINE:
        if (deadline != ISAKMP_NEVER)
            pair_run(&pr, deadline);
        break;
    case CLOSE:
        close_first();
        break;
    case FORGET:
        (void)isakmp_discover_end(pr.p[0].x, pr.now, how & 8 ? NULL : &pr.p[0].child);
        break;
    default:
        n = isakmp_rd_u8(r);
        give(how, isakmp_rd_bytes(r, n < isakmp_rd_left(r) ? n : isakmp_rd_left(r)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    isakmp_span all = {data, n};
    isakmp_reader r = isakmp_rd(all);
    isakmp_sa_id none = {0};
    begin();
    while (isakmp_rd_left(&r))
        step(&r);
    while (isakmp_sa_next(pr.p[0].x, none).v)
        close_first();
    pair_run(&pr, pr.now + 400000);
    assert(pair_is_empty(&pr) && stats_of(&pr.p[0]).discoveries == 0);
    assert(isakmp_deadline(pr.p[0].x) == ISAKMP_NEVER);
    pair_end(&pr);
    return 0;
}
