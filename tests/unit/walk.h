/* tests/unit/walk.h -- read everything that can be read from a message, and touch every octet that
 * the readers hand out.  Every reader is tried on every body, also on those of other payloads, and
 * the texts are made in buffers of several sizes.  What must hold whatever the bytes are is checked
 * with WALK_CHECK, which a fuzzer defines as a trap. */
#ifndef TESTS_UNIT_WALK_H
#define TESTS_UNIT_WALK_H

#include <stdlib.h>
#include "base/span.h"
#include "isakmp/wire.h"

#ifndef WALK_CHECK
#error "define WALK_CHECK(condition) before including walk.h"
#endif

/* Touch a span, which must lie inside another. */
static inline void walk_touch(isakmp_span s, isakmp_span in)
{
    volatile uint8_t sum = 0;
    WALK_CHECK(s.n <= in.n);
    if (s.n == 0)
        return;
    WALK_CHECK(s.p >= in.p && s.p + s.n <= in.p + in.n);
    for (size_t i = 0; i < s.n; i++)
        sum = (uint8_t)(sum + s.p[i]);
}

static inline void walk_attrs(isakmp_span attrs)
{
    isakmp_reader r = isakmp_rd(attrs);
    isakmp_attr a;
    int rc;
    while ((rc = isakmp_attr_next(&r, &a)) == ISAKMP_OK) {
        walk_touch(a.data, attrs);
        WALK_CHECK(a.type < 0x8000 && a.basic <= 1);
        WALK_CHECK(!a.basic || a.data.n == 2);
    }
    WALK_CHECK(rc == ISAKMP_NONE || rc == ISAKMP_E_MALFORMED);
    WALK_CHECK(isakmp_attr_next(&r, &a) == rc);
}

static inline void walk_proposal(const isakmp_proposal *p, isakmp_span in)
{
    isakmp_reader r = isakmp_rd(p->transforms);
    isakmp_transform t;
    int rc;
    walk_touch(p->spi, in);
    walk_touch(p->transforms, in);
    while ((rc = isakmp_transform_next(&r, &t)) == ISAKMP_OK) {
        walk_touch(t.attrs, p->transforms);
        walk_attrs(t.attrs);
    }
    WALK_CHECK(rc == ISAKMP_NONE || rc == ISAKMP_E_MALFORMED);
    WALK_CHECK(isakmp_transform_next(&r, &t) == rc);
}

static inline void walk_sa(isakmp_span body)
{
    isakmp_sa_body sa;
    isakmp_proposal p;
    isakmp_reader r;
    int rc = isakmp_sa_read(&sa, body);
    if (rc != ISAKMP_OK)
        return;
    walk_touch(sa.secrecy.level, body);
    walk_touch(sa.secrecy.category, body);
    walk_touch(sa.integrity.level, body);
    walk_touch(sa.integrity.category, body);
    walk_touch(sa.proposals, body);
    r = isakmp_rd(sa.proposals);
    while ((rc = isakmp_proposal_next(&r, &p)) == ISAKMP_OK)
        walk_proposal(&p, sa.proposals);
    WALK_CHECK(rc == ISAKMP_NONE || rc == ISAKMP_E_MALFORMED);
    WALK_CHECK(isakmp_proposal_next(&r, &p) == rc);
}

/* A text that is only measured, cut to nothing, and cut: always the same length, always ended. */
static inline void walk_text(size_t (*text)(char *, size_t, const void *), const void *of)
{
    static const size_t caps[] = {1, 80};
    size_t full = text(NULL, 0, of);
    for (size_t i = 0; i < sizeof caps / sizeof caps[0]; i++) {
        char *out = malloc(caps[i]);
        WALK_CHECK(out != NULL);
        WALK_CHECK(text(out, caps[i], of) == full);
        WALK_CHECK(strlen(out) == (full < caps[i] ? full : caps[i] - 1));
        free(out);
    }
}

static inline size_t walk_id_text(char *out, size_t cap, const void *id)
{
    return isakmp_id_text(out, cap, (const isakmp_id *)id);
}

static inline size_t walk_dump(char *out, size_t cap, const void *m)
{
    return isakmp_dump(out, cap, (const isakmp_msg *)m);
}

static inline void walk_id(isakmp_span body)
{
    isakmp_id id;
    int rc;
    if (isakmp_id_read(&id, body) != ISAKMP_OK)
        return;
    walk_touch(id.data, body);
    rc = isakmp_id_check(&id);
    WALK_CHECK(rc == ISAKMP_OK || rc == ISAKMP_NONE || rc == ISAKMP_E_MALFORMED);
    walk_text(walk_id_text, &id);
}

static inline void walk_delete(isakmp_span body)
{
    isakmp_delete d;
    if (isakmp_delete_read(&d, body) != ISAKMP_OK)
        return;
    walk_touch(d.spis, body);
    for (unsigned i = 0; i < d.count && i < 1000; i++) {
        WALK_CHECK(isakmp_delete_spi(&d, i).n == d.spi_size);
        walk_touch(isakmp_delete_spi(&d, i), d.spis);
    }
}

static inline void walk_body(isakmp_span body)
{
    isakmp_cert cert;
    isakmp_notify n;
    isakmp_cfg cfg;
    isakmp_natoa oa;
    isakmp_fragment f;
    walk_sa(body);
    walk_id(body);
    walk_delete(body);
    walk_attrs(body);
    if (isakmp_cert_read(&cert, body) == ISAKMP_OK)
        walk_touch(cert.data, body);
    if (isakmp_notify_read(&n, body) == ISAKMP_OK) {
        walk_touch(n.spi, body);
        walk_touch(n.data, body);
    }
    if (isakmp_cfg_read(&cfg, body) == ISAKMP_OK)
        walk_attrs(cfg.attrs);
    if (isakmp_natoa_read(&oa, body) == ISAKMP_OK)
        walk_touch(oa.addr, body);
    if (isakmp_fragment_read(&f, body) == ISAKMP_OK)
        walk_touch(f.data, body);
    (void)isakmp_vendor_name(body);
}

/* An index, whether or not the message is malformed. */
static inline void walk_msg(const isakmp_msg *m)
{
    WALK_CHECK(m->count <= ISAKMP_MAX_PAYLOADS);
    for (unsigned i = 0; i < m->count; i++) {
        isakmp_span body = isakmp_msg_body(m, i);
        walk_touch(body, m->raw);
        WALK_CHECK(isakmp_msg_find(m, m->pl[i].type, 0).p != NULL);
        walk_body(body);
    }
    walk_text(walk_dump, m);
}

/* A datagram, as it came and as if it had just been decrypted. */
static inline void walk_datagram(isakmp_span datagram)
{
    isakmp_msg m;
    int rc = isakmp_msg_parse(&m, datagram);
    WALK_CHECK((rc == ISAKMP_OK) == (m.detail == ISAKMP_D_NONE));
    WALK_CHECK(rc == ISAKMP_OK || rc == ISAKMP_E_MALFORMED);
    walk_msg(&m);
    if (rc != ISAKMP_OK || m.h.flags & ISAKMP_FLAG_ENCRYPTION) {
        (void)isakmp_msg_index(&m);
        walk_msg(&m);
    }
}

#endif
