/* tests/unit/roundtrip.h -- whatever can be written is read back the same.
 *
 * Octets choose a message: its header, and payloads of every kind.  It is written, parsed, and
 * compared with the plan from which it was written.  The unit tests take the octets from a
 * generator of random numbers, the fuzzer from its corpus. */
#ifndef TESTS_UNIT_ROUNDTRIP_H
#define TESTS_UNIT_ROUNDTRIP_H

#include "base/span.h"
#include "isakmp/wire.h"

#ifndef WALK_CHECK
#error "define WALK_CHECK(condition) before including roundtrip.h"
#endif

enum {
    RT_PROPOSALS = 3,
    RT_TRANSFORMS = 3,
    RT_ATTRS = 4,
    RT_PAYLOADS = 12
};
enum {
    RT_COUNT_AT = 25
}; /* which choice is the number of payloads */

/* ---- Choices ------------------------------------------------------------------------------ */

static inline uint8_t rt_u8(isakmp_reader *c)
{
    return isakmp_rd_left(c) ? isakmp_rd_u8(c) : 0;
}

static inline uint16_t rt_u16(isakmp_reader *c)
{
    return isakmp_rd_left(c) >= 2 ? isakmp_rd_u16(c) : 0;
}

static inline uint32_t rt_u32(isakmp_reader *c)
{
    return isakmp_rd_left(c) >= 4 ? isakmp_rd_u32(c) : 0;
}

/* At most `most` octets of the choices themselves, at least `least`. */
static inline isakmp_span rt_bytes(isakmp_reader *c, size_t least, size_t most)
{
    static const uint8_t zeroes[256];
    size_t n = least + rt_u8(c) % (most - least + 1);
    return isakmp_rd_left(c) >= n ? isakmp_rd_bytes(c, n) : isakmp__span(zeroes, n);
}

/* ---- The SA payload ----------------------------------------------------------------------- */

typedef struct rt_attr {
    uint16_t type;
    uint8_t as_bytes;
    uint32_t value;
    isakmp_span bytes;
} rt_attr;

typedef struct rt_transform {
    uint8_t number, id, n;
    rt_attr attrs[RT_ATTRS];
} rt_transform;

typedef struct rt_proposal {
    uint8_t number, protocol, n;
    isakmp_span spi;
    rt_transform transforms[RT_TRANSFORMS];
} rt_proposal;

typedef struct rt_sa {
    uint32_t situation, domain;
    isakmp_label secrecy, integrity;
    uint8_t n;
    rt_proposal proposals[RT_PROPOSALS];
} rt_sa;

static inline void rt_plan_label(isakmp_reader *c, isakmp_label *l)
{
    l->level = rt_bytes(c, 0, 9);
    l->category_bits = rt_u8(c) % 40;
    l->category = rt_bytes(c, (l->category_bits + 7u) / 8, (l->category_bits + 7u) / 8);
}

static inline void rt_plan_attr(isakmp_reader *c, rt_attr *a)
{
    a->type = rt_u16(c) & 0x7fff;
    a->as_bytes = rt_u8(c) & 1;
    a->value = rt_u8(c) & 1 ? rt_u16(c) : rt_u32(c);
    a->bytes = rt_bytes(c, 0, 12);
}

static inline void rt_plan_sa(isakmp_reader *c, rt_sa *sa)
{
    memset(sa, 0, sizeof *sa);
    sa->situation = rt_u8(c) & 7;
    if (sa->situation & 6)
        sa->domain = rt_u32(c);
    if (sa->situation & ISAKMP_SIT_SECRECY)
        rt_plan_label(c, &sa->secrecy);
    if (sa->situation & ISAKMP_SIT_INTEGRITY)
        rt_plan_label(c, &sa->integrity);
    sa->n = rt_u8(c) % (RT_PROPOSALS + 1);
    for (unsigned i = 0; i < sa->n; i++) {
        rt_proposal *p = &sa->proposals[i];
        p->number = rt_u8(c);
        p->protocol = rt_u8(c);
        p->spi = rt_bytes(c, 0, 20);
        p->n = rt_u8(c) % (RT_TRANSFORMS + 1);
        for (unsigned j = 0; j < p->n; j++) {
            rt_transform *t = &p->transforms[j];
            t->number = rt_u8(c);
            t->id = rt_u8(c);
            t->n = rt_u8(c) % (RT_ATTRS + 1);
            for (unsigned k = 0; k < t->n; k++)
                rt_plan_attr(c, &t->attrs[k]);
        }
    }
}

static inline void rt_write_padded(isakmp_writer *w, isakmp_span s)
{
    isakmp_wr_bytes(w, s);
    for (size_t n = s.n; n % 4; n++)
        isakmp_wr_u8(w, 0);
}

static inline void rt_write_label(isakmp_writer *w, const isakmp_label *l)
{
    isakmp_wr_u16(w, (uint16_t)l->level.n);
    isakmp_wr_u16(w, 0);
    rt_write_padded(w, l->level);
    isakmp_wr_u16(w, l->category_bits);
    isakmp_wr_u16(w, 0);
    rt_write_padded(w, l->category);
}

static inline void rt_write_transform(isakmp_writer *w, const rt_transform *t)
{
    size_t mark = isakmp_wr_transform(w, t->number, t->id);
    for (unsigned k = 0; k < t->n; k++) {
        if (t->attrs[k].as_bytes)
            isakmp_wr_attr_bytes(w, t->attrs[k].type, t->attrs[k].bytes);
        else
            isakmp_wr_attr(w, t->attrs[k].type, t->attrs[k].value);
    }
    isakmp_wr_close(w, mark);
}

static inline void rt_write_sa(isakmp_writer *w, const rt_sa *sa)
{
    size_t mark = isakmp_wr_sa(w, ISAKMP_DOI_IPSEC, sa->situation);
    if (sa->situation & 6)
        isakmp_wr_u32(w, sa->domain);
    if (sa->situation & ISAKMP_SIT_SECRECY)
        rt_write_label(w, &sa->secrecy);
    if (sa->situation & ISAKMP_SIT_INTEGRITY)
        rt_write_label(w, &sa->integrity);
    for (unsigned i = 0; i < sa->n; i++) {
        const rt_proposal *p = &sa->proposals[i];
        size_t inner = isakmp_wr_proposal(w, p->number, p->protocol, p->spi);
        for (unsigned j = 0; j < p->n; j++)
            rt_write_transform(w, &p->transforms[j]);
        isakmp_wr_close(w, inner);
    }
    isakmp_wr_close(w, mark);
}

static inline void rt_check_attr(const rt_attr *plan, const isakmp_attr *a)
{
    WALK_CHECK(a->type == plan->type);
    if (plan->as_bytes) {
        WALK_CHECK(!a->basic && isakmp__span_equal(a->data, plan->bytes));
    } else {
        WALK_CHECK(a->value == plan->value && !a->too_large);
        WALK_CHECK(a->basic == (plan->value <= UINT16_MAX));
    }
}

static inline void rt_check_transform(const rt_transform *plan, const isakmp_transform *t)
{
    isakmp_reader r = isakmp_rd(t->attrs);
    isakmp_attr a;
    WALK_CHECK(t->number == plan->number && t->id == plan->id);
    for (unsigned k = 0; k < plan->n; k++) {
        WALK_CHECK(isakmp_attr_next(&r, &a) == ISAKMP_OK);
        rt_check_attr(&plan->attrs[k], &a);
    }
    WALK_CHECK(isakmp_attr_next(&r, &a) == ISAKMP_NONE);
}

static inline void rt_check_proposal(const rt_proposal *plan, const isakmp_proposal *p)
{
    isakmp_reader r = isakmp_rd(p->transforms);
    isakmp_transform t;
    WALK_CHECK(p->number == plan->number && p->protocol == plan->protocol);
    WALK_CHECK(p->n_transforms == plan->n && isakmp__span_equal(p->spi, plan->spi));
    for (unsigned j = 0; j < plan->n; j++) {
        WALK_CHECK(isakmp_transform_next(&r, &t) == ISAKMP_OK);
        rt_check_transform(&plan->transforms[j], &t);
    }
    WALK_CHECK(isakmp_transform_next(&r, &t) == ISAKMP_NONE);
}

static inline void rt_check_label(const isakmp_label *plan, const isakmp_label *l)
{
    WALK_CHECK(isakmp__span_equal(plan->level, l->level));
    WALK_CHECK(plan->category_bits == l->category_bits);
    WALK_CHECK(isakmp__span_equal(plan->category, l->category));
}

static inline void rt_check_sa(const rt_sa *plan, isakmp_span body)
{
    isakmp_sa_body sa;
    isakmp_proposal p;
    isakmp_reader r;
    WALK_CHECK(isakmp_sa_read(&sa, body) == ISAKMP_OK);
    WALK_CHECK(sa.doi == ISAKMP_DOI_IPSEC && sa.situation == plan->situation);
    WALK_CHECK(sa.labeled_domain == plan->domain);
    rt_check_label(&plan->secrecy, &sa.secrecy);
    rt_check_label(&plan->integrity, &sa.integrity);
    r = isakmp_rd(sa.proposals);
    for (unsigned i = 0; i < plan->n; i++) {
        WALK_CHECK(isakmp_proposal_next(&r, &p) == ISAKMP_OK);
        rt_check_proposal(&plan->proposals[i], &p);
    }
    WALK_CHECK(isakmp_proposal_next(&r, &p) == ISAKMP_NONE);
}

/* ---- All payloads ------------------------------------------------------------------------- */

typedef struct rt_payload {
    uint8_t type;
    isakmp_span body; /* of those without a structure */
    rt_sa sa;
    isakmp_id id;
    isakmp_cert cert;
    isakmp_notify notify;
    isakmp_delete del;
    isakmp_cfg cfg;
    isakmp_natoa natoa;
    isakmp_fragment fragment;
} rt_payload;

static const uint8_t rt_types[] = {
    ISAKMP_PAYLOAD_SA,
    ISAKMP_PAYLOAD_KE,
    ISAKMP_PAYLOAD_ID,
    ISAKMP_PAYLOAD_CERT,
    ISAKMP_PAYLOAD_CERT_REQ,
    ISAKMP_PAYLOAD_HASH,
    ISAKMP_PAYLOAD_SIG,
    ISAKMP_PAYLOAD_NONCE,
    ISAKMP_PAYLOAD_NOTIFY,
    ISAKMP_PAYLOAD_DELETE,
    ISAKMP_PAYLOAD_VENDOR_ID,
    ISAKMP_PAYLOAD_ATTRIBUTE,
    ISAKMP_PAYLOAD_NATD,
    ISAKMP_PAYLOAD_NATOA,
    ISAKMP_PAYLOAD_NATD_DRAFT_00,
    ISAKMP_PAYLOAD_NATD_DRAFT_04,
    ISAKMP_PAYLOAD_NATOA_DRAFT_00,
    ISAKMP_PAYLOAD_FRAGMENT,
    200,
};

static inline void rt_plan_delete(isakmp_reader *c, isakmp_delete *d)
{
    d->doi = rt_u32(c);
    d->protocol = rt_u8(c);
    d->spi_size = rt_u8(c) % 17;
    d->count = rt_u8(c) % 6;
    d->spis = rt_bytes(c, (size_t)d->count * d->spi_size, (size_t)d->count * d->spi_size);
}

static inline void rt_plan_notify(isakmp_reader *c, isakmp_notify *n)
{
    n->doi = rt_u32(c);
    n->protocol = rt_u8(c);
    n->type = rt_u16(c);
    n->spi = rt_bytes(c, 0, 20);
    n->data = rt_bytes(c, 0, 40);
}

static inline void rt_plan_payload(isakmp_reader *c, rt_payload *p)
{
    memset(p, 0, sizeof *p);
    p->type = rt_types[rt_u8(c) % sizeof rt_types];
    switch (p->type) {
    case ISAKMP_PAYLOAD_SA:
        rt_plan_sa(c, &p->sa);
        break;
    case ISAKMP_PAYLOAD_ID:
        p->id.type = rt_u8(c) % 14;
        p->id.proto = rt_u8(c);
        p->id.port = rt_u16(c);
        p->id.data = rt_bytes(c, 0, 80);
        break;
    case ISAKMP_PAYLOAD_CERT:
    case ISAKMP_PAYLOAD_CERT_REQ:
        p->cert.encoding = rt_u8(c);
        p->cert.data = rt_bytes(c, 0, 100);
        break;
    case ISAKMP_PAYLOAD_NOTIFY:
        rt_plan_notify(c, &p->notify);
        break;
    case ISAKMP_PAYLOAD_DELETE:
        rt_plan_delete(c, &p->del);
        break;
    case ISAKMP_PAYLOAD_ATTRIBUTE:
        p->cfg.type = rt_u8(c);
        p->cfg.identifier = rt_u16(c);
        p->cfg.attrs = rt_bytes(c, 0, 40);
        break;
    case ISAKMP_PAYLOAD_NATOA:
    case ISAKMP_PAYLOAD_NATOA_DRAFT_00:
        p->natoa.id_type = rt_u8(c);
        p->natoa.addr = rt_bytes(c, 4, 16);
        break;
    case ISAKMP_PAYLOAD_FRAGMENT:
        p->fragment.id = rt_u16(c);
        p->fragment.number = rt_u8(c);
        p->fragment.flags = rt_u8(c);
        p->fragment.data = rt_bytes(c, 1, 200);
        break;
    default:
        p->body = rt_bytes(c, 1, 200);
    }
}

static inline void rt_write_payload(isakmp_writer *w, const rt_payload *p)
{
    switch (p->type) {
    case ISAKMP_PAYLOAD_SA:
        rt_write_sa(w, &p->sa);
        break;
    case ISAKMP_PAYLOAD_ID:
        isakmp_wr_id(w, &p->id);
        break;
    case ISAKMP_PAYLOAD_CERT:
    case ISAKMP_PAYLOAD_CERT_REQ:
        isakmp_wr_cert(w, p->type, &p->cert);
        break;
    case ISAKMP_PAYLOAD_NOTIFY:
        isakmp_wr_notify(w, &p->notify);
        break;
    case ISAKMP_PAYLOAD_DELETE:
        isakmp_wr_delete(w, &p->del);
        break;
    case ISAKMP_PAYLOAD_ATTRIBUTE:
        isakmp_wr_cfg(w, &p->cfg);
        break;
    case ISAKMP_PAYLOAD_NATOA:
    case ISAKMP_PAYLOAD_NATOA_DRAFT_00:
        isakmp_wr_natoa(w, p->type, &p->natoa);
        break;
    case ISAKMP_PAYLOAD_FRAGMENT:
        isakmp_wr_fragment(w, &p->fragment);
        break;
    default:
        isakmp_wr_payload(w, p->type, p->body);
    }
}

static inline void rt_check_id(const isakmp_id *plan, isakmp_span body)
{
    isakmp_id id;
    WALK_CHECK(isakmp_id_read(&id, body) == ISAKMP_OK);
    WALK_CHECK(id.type == plan->type && id.proto == plan->proto && id.port == plan->port);
    WALK_CHECK(isakmp__span_equal(id.data, plan->data));
}

static inline void rt_check_notify(const isakmp_notify *plan, isakmp_span body)
{
    isakmp_notify n;
    WALK_CHECK(isakmp_notify_read(&n, body) == ISAKMP_OK);
    WALK_CHECK(n.doi == plan->doi && n.protocol == plan->protocol && n.type == plan->type);
    WALK_CHECK(isakmp__span_equal(n.spi, plan->spi) && isakmp__span_equal(n.data, plan->data));
}

static inline void rt_check_delete(const isakmp_delete *plan, isakmp_span body)
{
    isakmp_delete d;
    WALK_CHECK(isakmp_delete_read(&d, body) == ISAKMP_OK);
    WALK_CHECK(d.doi == plan->doi && d.protocol == plan->protocol);
    WALK_CHECK(d.spi_size == plan->spi_size && d.count == plan->count);
    WALK_CHECK(isakmp__span_equal(d.spis, plan->spis));
}

static inline void rt_check_cfg(const isakmp_cfg *plan, isakmp_span body)
{
    isakmp_cfg c;
    WALK_CHECK(isakmp_cfg_read(&c, body) == ISAKMP_OK);
    WALK_CHECK(c.type == plan->type && c.identifier == plan->identifier);
    WALK_CHECK(isakmp__span_equal(c.attrs, plan->attrs));
}

static inline void rt_check_natoa(const isakmp_natoa *plan, isakmp_span body)
{
    isakmp_natoa oa;
    WALK_CHECK(isakmp_natoa_read(&oa, body) == ISAKMP_OK);
    WALK_CHECK(oa.id_type == plan->id_type && isakmp__span_equal(oa.addr, plan->addr));
}

static inline void rt_check_fragment(const isakmp_fragment *plan, isakmp_span body)
{
    isakmp_fragment f;
    WALK_CHECK(isakmp_fragment_read(&f, body) == ISAKMP_OK);
    WALK_CHECK(f.id == plan->id && f.number == plan->number && f.flags == plan->flags);
    WALK_CHECK(isakmp__span_equal(f.data, plan->data));
}

static inline void rt_check_payload(const rt_payload *p, isakmp_span body)
{
    isakmp_cert cert;
    switch (p->type) {
    case ISAKMP_PAYLOAD_SA:
        rt_check_sa(&p->sa, body);
        break;
    case ISAKMP_PAYLOAD_ID:
        rt_check_id(&p->id, body);
        break;
    case ISAKMP_PAYLOAD_CERT:
    case ISAKMP_PAYLOAD_CERT_REQ:
        WALK_CHECK(isakmp_cert_read(&cert, body) == ISAKMP_OK);
        WALK_CHECK(cert.encoding == p->cert.encoding);
        WALK_CHECK(isakmp__span_equal(cert.data, p->cert.data));
        break;
    case ISAKMP_PAYLOAD_NOTIFY:
        rt_check_notify(&p->notify, body);
        break;
    case ISAKMP_PAYLOAD_DELETE:
        rt_check_delete(&p->del, body);
        break;
    case ISAKMP_PAYLOAD_ATTRIBUTE:
        rt_check_cfg(&p->cfg, body);
        break;
    case ISAKMP_PAYLOAD_NATOA:
    case ISAKMP_PAYLOAD_NATOA_DRAFT_00:
        rt_check_natoa(&p->natoa, body);
        break;
    case ISAKMP_PAYLOAD_FRAGMENT:
        rt_check_fragment(&p->fragment, body);
        break;
    default:
        WALK_CHECK(isakmp__span_equal(p->body, body));
    }
}

/* ---- The message -------------------------------------------------------------------------- */

static inline void rt_plan_header(isakmp_reader *c, isakmp_header *h)
{
    memset(h, 0, sizeof *h);
    memcpy(h->cky_i, rt_bytes(c, 8, 8).p, 8);
    memcpy(h->cky_r, rt_bytes(c, 8, 8).p, 8);
    h->version = (uint8_t)(0x10 | (rt_u8(c) & 15));
    h->exchange = rt_u8(c);
    h->flags = (uint8_t)(rt_u8(c) & ~(unsigned)ISAKMP_FLAG_ENCRYPTION);
    h->msg_id = rt_u32(c);
}

static inline void rt_check_header(const isakmp_header *plan, const isakmp_header *h)
{
    WALK_CHECK(memcmp(h->cky_i, plan->cky_i, 8) == 0 && memcmp(h->cky_r, plan->cky_r, 8) == 0);
    WALK_CHECK(h->version == plan->version && h->exchange == plan->exchange);
    WALK_CHECK(h->flags == plan->flags && h->msg_id == plan->msg_id);
}

/* Write a message that the choices ask for into a buffer, read it, compare.
 *   returns  its length; 0 if it did not fit. */
static inline size_t rt_run(isakmp_span choices, uint8_t *buf, size_t cap)
{
    static rt_payload plan[RT_PAYLOADS];
    isakmp_reader c = isakmp_rd(choices);
    isakmp_header h;
    isakmp_writer w;
    isakmp_msg m;
    unsigned n;
    rt_plan_header(&c, &h);
    n = rt_u8(&c) % (RT_PAYLOADS + 1);
    isakmp_wr_init(&w, buf, cap);
    isakmp_wr_header(&w, &h);
    for (unsigned i = 0; i < n; i++) {
        rt_plan_payload(&c, &plan[i]);
        rt_write_payload(&w, &plan[i]);
    }
    if (isakmp_wr_end(&w) != ISAKMP_OK)
        return 0;
    WALK_CHECK(isakmp_msg_parse(&m, isakmp__span(buf, w.len)) == ISAKMP_OK);
    WALK_CHECK(m.count == n && m.end == w.len);
    rt_check_header(&h, &m.h);
    for (unsigned i = 0; i < n; i++) {
        WALK_CHECK(m.pl[i].type == plan[i].type && m.pl[i].reserved == 0);
        rt_check_payload(&plan[i], isakmp_msg_body(&m, i));
    }
    return w.len;
}

#endif
