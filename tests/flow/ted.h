/* flow/ted.h -- what the tests of Tunnel Endpoint Discovery share: a flow, the query for it, and what was seen on
 * the wire. */
#ifndef TESTS_FLOW_TED_H
#define TESTS_FLOW_TED_H

#include "base/span.h"
#include "flow/stage.h"

#define SOURCE      ((const uint8_t[]){10, 1, 0, 5})
#define DESTINATION ((const uint8_t[]){10, 2, 0, 9})

static isakmp_discovery query;

static struct {
    unsigned probes, replies;
    wire_item probe, reply; /* the last ones */
} seen;

static inline int watch(pair *p, wire_item *w)
{
    uint8_t exchange = header_of(w).exchange;
    (void)p;
    if (exchange == ISAKMP_EXCH_TED_PROBE) {
        seen.probes++;
        seen.probe = *w;
    }
    if (exchange == ISAKMP_EXCH_TED_REPLY) {
        seen.replies++;
        seen.reply = *w;
    }
    return PAIR_DELIVER;
}

static inline isakmp_addr v4_addr(const uint8_t ip[4], uint16_t port)
{
    isakmp_addr a;
    memset(&a, 0, sizeof a);
    a.family = 4;
    memcpy(a.ip, ip, 4);
    a.port = port;
    return a;
}

static inline isakmp_addr v6_addr(uint8_t net, uint8_t host)
{
    isakmp_addr a;
    memset(&a, 0, sizeof a);
    a.family = 6;
    a.ip[0] = 0xfd;
    a.ip[7] = net;
    a.ip[15] = host;
    return a;
}

static inline int same_addr(const isakmp_addr *a, const uint8_t ip[4], uint16_t port)
{
    isakmp_addr want = v4_addr(ip, port);
    return isakmp_addr_equal(a, &want);
}

/* One address, any protocol and port? */
static inline int same_selector(const isakmp_selector *s, const uint8_t ip[4])
{
    return s->family == 4 && s->proto == 0 && s->port == 0 && memcmp(s->lo, ip, 4) == 0 &&
           memcmp(s->hi, ip, 4) == 0;
}

/* A peer answers probes for what it protects. */
static inline void answers(peer *p)
{
    p->child.flags |= ISAKMP_CF_TED;
    p->child.remote = pair_subnet(0);
    p->child.remote.hi[1] = 255;
    p->ted.policy = &p->child;
    p->ted.gateway = p->addr;
    p->ted_rc = ISAKMP_OK;
}

/* A asks for B: 10.1.0.0/16 and 10.2.0.0/16, each with anything in 10.0.0.0/8. */
static inline void prepare(uint64_t seed)
{
    pair_init(&pr, seed);
    memset(&seen, 0, sizeof seen);
    pr.filter = watch;
    answers(A);
    answers(B);
    A->ted_rc = ISAKMP_NONE;
    memset(&query, 0, sizeof query);
    query.size = sizeof query;
    query.child = &A->child;
    query.peer = &A->peer;
    query.gateway = A->addr;
    query.source = v4_addr(SOURCE, 0);
    query.destination = v4_addr(DESTINATION, 0);
    query.ifindex = 7;
}

/* The same in IPv6: fd00:0:0:1::/64 and fd00:0:0:2::/64. */
static inline void make_v6(peer *p)
{
    isakmp_selector *s[2] = {&p->child.local, &p->child.remote};
    p->addr = v6_addr(0x99, (uint8_t)(p->index + 1));
    p->addr.port = 500;
    for (int i = 0; i < 2; i++) {
        memset(s[i], 0, sizeof *s[i]);
        s[i]->family = 6;
        s[i]->lo[0] = s[i]->hi[0] = 0xfd;
        memset(s[i]->hi + 8, 0xff, 8);
    }
    p->child.local.lo[7] = p->child.local.hi[7] = (uint8_t)(p->index + 1);
    p->child.remote.hi[7] = 0x7f;
    p->ted.gateway = p->addr;
}

static inline int discover(void)
{
    return isakmp_discover(A->x, pr.now, &query);
}

/* ---- Messages made by hand ------------------------------------------------------------------- */

typedef struct made_id {
    uint8_t type, proto;
    uint16_t port;
    uint8_t n, data[32];
} made_id;

typedef struct made {
    isakmp_header h;
    unsigned n; /* Identification payloads */
    made_id id[3];
    size_t more;      /* octets of a Vendor ID behind them; 0: there is none */
    isakmp_path path; /* of the receiver */
} made;

static inline size_t write_made(const made *m, uint8_t *buf, size_t cap)
{
    static const uint8_t zeros[2000];
    isakmp_writer w;
    isakmp_wr_init(&w, buf, cap);
    isakmp_wr_header(&w, &m->h);
    for (unsigned i = 0; i < m->n; i++) {
        isakmp_id id = {m->id[i].type, m->id[i].proto, m->id[i].port, {m->id[i].data, m->id[i].n}};
        isakmp_wr_id(&w, &id);
    }
    if (m->more)
        isakmp_wr_payload(&w, ISAKMP_PAYLOAD_VENDOR_ID, isakmp__span(zeros, m->more));
    assert_int_equal(isakmp_wr_end(&w), ISAKMP_OK);
    return w.len;
}

static inline int give(peer *p, const made *m)
{
    uint8_t buf[2100] = {0};
    size_t marker = m->path.natt ? 4 : 0;
    size_t n = marker + write_made(m, buf + marker, sizeof buf - marker);
    uint8_t *exact = (uint8_t *)malloc(n);
    int rc;
    assert_non_null(exact);
    memcpy(exact, buf, n);
    rc = isakmp_input(p->x, pr.now, &m->path, exact, n);
    free(exact);
    return rc;
}

static inline void set_id(made_id *id, uint8_t type, const void *data, size_t n)
{
    id->type = type;
    id->n = (uint8_t)n;
    memcpy(id->data, data, n);
}

/* The right reply of B to the last probe. */
static inline made right_reply(void)
{
    made m;
    memset(&m, 0, sizeof m);
    m.h = header_of(&seen.probe);
    m.h.exchange = ISAKMP_EXCH_TED_REPLY;
    memset(m.h.cky_r, 0x77, sizeof m.h.cky_r);
    m.n = 2;
    set_id(&m.id[0], ISAKMP_ID_IPV4_ADDR, B->addr.ip, 4);
    set_id(&m.id[1], ISAKMP_ID_IPV4_SUBNET, "\x0a\x02\x00\x00\xff\xff\x00\x00", 8);
    m.path.local = A->addr;
    m.path.remote = B->addr;
    return m;
}

/* A right probe to B. */
static inline made right_probe(void)
{
    made m;
    memset(&m, 0, sizeof m);
    memset(m.h.cky_i, 0x55, sizeof m.h.cky_i);
    m.h.version = 0x10;
    m.h.exchange = ISAKMP_EXCH_TED_PROBE;
    m.n = 1;
    set_id(&m.id[0], ISAKMP_ID_IPV4_ADDR, A->addr.ip, 4);
    m.more = 36;
    m.path.local = v4_addr(DESTINATION, 500);
    m.path.remote = v4_addr(SOURCE, 500);
    return m;
}

static inline int drop(pair *p, wire_item *w)
{
    watch(p, w);
    return PAIR_DROP;
}

/* A waits for a reply that does not come by itself. */
static inline void wait_for_reply(uint64_t seed)
{
    prepare(seed);
    pr.filter = drop;
    pair_start(&pr);
    assert_int_equal(discover(), ISAKMP_OK);
    assert_int_equal(seen.probes, 1);
}

/* The discovery is over, and so is the test. */
static inline void forget(void)
{
    assert_int_equal(isakmp_discover_end(A->x, pr.now, NULL), ISAKMP_OK);
    finish();
}

#endif
