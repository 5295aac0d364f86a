/* fuzz_policy.c -- two sides' policies and what becomes of them: offers, choices, confirmations,
 * reports and texts.
 *
 * The first octets of the input make the policies of an initiator and a responder and the means
 * both have; what is left is taken as an SA payload and as an identification.  Policies that the
 * library says are not valid go no further, as in isakmp_connect().
 *
 * What must hold:
 *   - what a responder chooses from an initiator's offer the initiator recognises as its own offer,
 *     and both mean the same algorithms;
 *   - an offer is refused only if the report names what is wrong with every transform;
 *   - a choice is a part of what was offered, whatever that was;
 *   - texts keep to their buffers and say how long they are;
 *   - a selector survives becoming an identification. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "policy/match.h"
#include "support/toy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define MOST 5

typedef struct side {
    isakmp_policy policies[MOST];
    isakmp_peer_policy peer;
    isakmp_protect protect[MOST];
    isakmp_child_policy child;
} side;

static toy provider;

/* ---- Making policies ------------------------------------------------------------------------ */

/* Nearly always one of a list, so that two sides have something in common. */
static uint8_t one_of(isakmp_reader *r, const uint8_t *list, unsigned n)
{
    uint8_t v = isakmp_rd_u8(r);
    return v < 240 ? list[v % n] : v;
}
#define ONE_OF(r, ...)                                                                             \
    one_of(r, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static uint16_t key_bits(isakmp_reader *r)
{
    return (uint16_t)(ONE_OF(r, 128 / 8, 192 / 8, 256 / 8, 0) * 8);
}

static uint16_t method(isakmp_reader *r)
{
    static const uint16_t methods[] = {ISAKMP_AUTH_PSK, ISAKMP_AUTH_PSK, ISAKMP_AUTH_RSA_SIG,
                                       ISAKMP_AUTH_XAUTH_INIT_PSK, ISAKMP_AUTH_HYBRID_INIT_RSA};
    uint8_t v = isakmp_rd_u8(r);
    return v < 240 ? methods[v % 5] : v;
}

static uint32_t life(isakmp_reader *r)
{
    static const uint32_t lives[] = {0, 60, 3600, 28800, 86400, 0x10000, UINT32_MAX, 59};
    return lives[isakmp_rd_u8(r) & 7];
}

static void read_policy(isakmp_policy *p, isakmp_reader *r, unsigned i)
{
    p->priority = (uint16_t)(isakmp_rd_u8(r) * 8 + i + 1);
    p->cipher = ONE_OF(r, ISAKMP_CIPHER_AES, ISAKMP_CIPHER_AES, ISAKMP_CIPHER_3DES);
    p->key_bits = key_bits(r);
    p->hash = ONE_OF(r, ISAKMP_HASH_SHA1, ISAKMP_HASH_SHA256, ISAKMP_HASH_MD5);
    p->auth = method(r);
    p->group = ONE_OF(r, ISAKMP_GROUP_MODP_1024, ISAKMP_GROUP_MODP_2048, ISAKMP_GROUP_CURVE25519);
    p->life_s = life(r);
}

static void read_protect(isakmp_protect *p, isakmp_reader *r)
{
    p->set = isakmp_rd_u8(r) & 3;
    p->proto = ONE_OF(r, ISAKMP_PROTO_ESP, ISAKMP_PROTO_ESP, ISAKMP_PROTO_AH);
    p->transform = ONE_OF(r, ISAKMP_ESP_AES_CBC, ISAKMP_ESP_3DES, ISAKMP_ESP_NULL, ISAKMP_AH_SHA1);
    p->key_bits = key_bits(r);
    p->integ = ONE_OF(r, ISAKMP_INTEG_HMAC_SHA1, ISAKMP_INTEG_HMAC_MD5, ISAKMP_INTEG_NONE);
}

static void read_selector(isakmp_selector *s, isakmp_reader *r)
{
    isakmp_span lo, hi;
    memset(s, 0, sizeof *s);
    s->family = ONE_OF(r, 0, 4, 6);
    s->proto = isakmp_rd_u8(r);
    s->port = isakmp_rd_u16(r);
    lo = isakmp_rd_bytes(r, 4);
    hi = isakmp_rd_bytes(r, 4);
    if (lo.n && hi.n) {
        memcpy(s->lo, lo.p, 4);
        memcpy(s->hi, hi.p, 4);
    }
}

static void read_side(side *s, isakmp_reader *r)
{
    uint8_t flags, n;
    memset(s, 0, sizeof *s);
    s->peer.size = sizeof s->peer;
    s->peer.policies = s->policies;
    s->peer.n_policies = isakmp_rd_u8(r) % (MOST + 1);
    s->peer.life_mode = ONE_OF(r, 0, 1, 2, 3, 4);
    flags = isakmp_rd_u8(r);
    s->peer.flags = flags & 1 ? ISAKMP_PF_DEFAULT_POLICY : 0;
    if (flags & 2)
        s->peer.flags |= UINT32_C(1) << (flags >> 2 & 31);
    for (unsigned i = 0; i < s->peer.n_policies; i++)
        read_policy(&s->policies[i], r, i);
    s->child.size = sizeof s->child;
    s->child.protect = s->protect;
    n = isakmp_rd_u8(r);
    s->child.n_protect = n % (MOST + 1);
    n /= MOST + 1;
    s->child.flags = (n & 15u) | (n & 32 ? (uint32_t)ISAKMP_CF_TED : 0);
    s->child.mode = ONE_OF(r, ISAKMP_MODE_TUNNEL, ISAKMP_MODE_TRANSPORT);
    s->child.life_mode = ONE_OF(r, 0, 1, 2, 3, 4);
    s->child.pfs_group = ONE_OF(r, 0, ISAKMP_GROUP_MODP_1024);
    s->child.life_s = life(r);
    s->child.life_kb = life(r);
    read_selector(&s->child.local, r);
    for (unsigned i = 0; i < s->child.n_protect; i++)
        read_protect(&s->protect[i], r);
}

/* ---- Texts ---------------------------------------------------------------------------------- */

/* A text in a buffer of just the size that is asked for, so that a sanitizer guards its end. */
static void check_text(size_t (*make)(char *, size_t, const void *), const void *what, size_t cap)
{
    char *out = malloc(cap ? cap : 1);
    size_t n = make(out, cap, what);
    assert(n > 0 && n < 1000);
    assert(cap == 0 || strlen(out) == (n < cap ? n : cap - 1));
    free(out);
}

static size_t policy_text(char *out, size_t cap, const void *p)
{
    return isakmp_policy_text(out, cap, (const isakmp_policy *)p);
}

static size_t protect_text(char *out, size_t cap, const void *p)
{
    return isakmp_protect_text(out, cap, (const isakmp_protect *)p);
}

static size_t selector_text(char *out, size_t cap, const void *s)
{
    return isakmp_selector_text(out, cap, (const isakmp_selector *)s);
}

static void check_texts(const side *s, size_t cap)
{
    for (size_t i = 0; i < s->peer.n_policies; i++)
        check_text(policy_text, &s->policies[i], cap);
    for (size_t i = 0; i < s->child.n_protect; i++)
        check_text(protect_text, &s->protect[i], cap);
}

/* Is a policy valid?  Why not is always said. */
static int is_valid(int rc, const char *why)
{
    assert(rc == ISAKMP_OK || rc == ISAKMP_E_ARG);
    assert((rc == ISAKMP_OK) == (why[0] == '\0'));
    return rc == ISAKMP_OK;
}

static int peer_is_valid(const side *s, size_t cap)
{
    char why[112], cut[112];
    assert(cap < sizeof cut);
    (void)isakmp_peer_policy_check(&s->peer, NULL, cut, cap);
    return is_valid(isakmp_peer_policy_check(&s->peer, NULL, why, sizeof why), why);
}

static int child_is_valid(const side *s, size_t cap)
{
    char why[112], cut[112];
    assert(cap < sizeof cut);
    (void)isakmp_child_policy_check(&s->child, NULL, cut, cap);
    return is_valid(isakmp_child_policy_check(&s->child, NULL, why, sizeof why), why);
}

/* ---- Reports -------------------------------------------------------------------------------- */

static void check_report(const side *s, const isakmp__means *m, int phase, isakmp_span body,
                         int refused, size_t cap)
{
    isakmp_report r;
    isakmp_mismatch row;
    char out[128];
    memset(&r, 0, sizeof r);
    r.peer = phase == 1 ? &s->peer : NULL;
    r.child = phase == 2 ? &s->child : NULL;
    r.means = *m;
    r.body = body;
    for (size_t i = 0; isakmp_report_get(&r, i, &row) == ISAKMP_OK; i++) {
        assert(row.what && isakmp_mismatch_text(out, cap, &r, &row) > 0);
        assert(cap == 0 || strlen(out) < cap);
        assert(phase == 2 || !refused || strcmp(row.what, "match that came too late"));
    }
}

/* ---- Phase 1 -------------------------------------------------------------------------------- */

static int is_part_of(isakmp_span part, isakmp_span whole)
{
    return part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

static isakmp_span body_of(const isakmp_writer *w)
{
    return isakmp__span(w->base + 4, w->len - 4);
}

static unsigned choose1(isakmp__choice *c, const side *s, const isakmp__means *m, isakmp_span body,
                        size_t cap)
{
    unsigned rc = isakmp__choose_phase1(c, &s->peer, m, body);
    if (rc == ISAKMP_OK) {
        assert(is_part_of(c->attrs, body) && is_part_of(c->spi, body));
        assert(isakmp__policy_unusable(c->policy, m) == NULL);
        assert(c->life.seconds <= isakmp__policy_life(c->policy).seconds || !c->life.announce);
    }
    check_report(s, m, 1, body, rc == ISAKMP_D_NO_PROPOSAL, cap);
    return rc;
}

static int same_suite(const isakmp_policy *a, const isakmp_policy *b)
{
    return a->cipher == b->cipher && a->key_bits == b->key_bits && a->hash == b->hash &&
           a->auth == b->auth && a->group == b->group;
}

static void phase1(const side *i, const side *r, const isakmp__means *m, size_t cap)
{
    uint8_t offer[512], reply[512];
    const isakmp_policy *mine;
    isakmp__choice c;
    isakmp_writer w;
    isakmp_wr_init(&w, offer, sizeof offer);
    if (isakmp__offer_phase1(&w, &i->peer, m) == 0)
        return;
    assert(!w.fault);
    if (choose1(&c, r, m, body_of(&w), cap) != ISAKMP_OK)
        return;
    isakmp_wr_init(&w, reply, sizeof reply);
    isakmp__return_phase1(&w, &c);
    assert(!w.fault);
    assert(isakmp__confirm_phase1(&mine, &i->peer, m, body_of(&w)) == ISAKMP_OK);
    assert(same_suite(mine, c.policy));
}

/* ---- Phase 2 -------------------------------------------------------------------------------- */

static unsigned choose2(isakmp__bundle *b, const side *s, const isakmp__means *m, isakmp_span body,
                        size_t cap)
{
    unsigned rc = isakmp__choose_child(b, &s->child, m, body);
    if (rc == ISAKMP_OK) {
        assert(b->n >= 1 && b->n <= ISAKMP_MAX_BUNDLE);
        for (unsigned i = 0; i < b->n; i++)
            assert(is_part_of(b->attrs[i], body) && b->spi[i] > 255);
    }
    check_report(s, m, 2, body, rc == ISAKMP_D_NO_PROPOSAL, cap);
    return rc;
}

/* Which of a bundle's entries has a protocol? */
static unsigned entry_of(const isakmp__bundle *b, uint8_t proto)
{
    unsigned i = 0;
    while (i < b->n && b->protect[i].proto != proto)
        i++;
    assert(i < b->n);
    return i;
}

static void compare(const isakmp__bundle *i, const isakmp__bundle *r, const isakmp__spis *spis_i,
                    const isakmp__spis *spis_r)
{
    assert(i->n == r->n && i->group == r->group);
    for (unsigned k = 0; k < i->n; k++) {
        const isakmp_protect *a = &i->protect[k];
        unsigned j = entry_of(r, a->proto);
        const isakmp_protect *b = &r->protect[j];
        assert(a->transform == b->transform && a->key_bits == b->key_bits && a->integ == b->integ);
        assert(i->spi[k] == isakmp__spi_of(spis_r, a->proto));
        assert(r->spi[j] == isakmp__spi_of(spis_i, a->proto));
    }
}

static void phase2(const side *i, const side *r, const isakmp__means *m, size_t cap)
{
    static const isakmp__spis spis_i = {0x1001, 0x1002}, spis_r = {0x2001, 0x2002};
    uint8_t offer[1024], reply[512];
    isakmp__bundle theirs, ours;
    isakmp_writer w;
    isakmp_wr_init(&w, offer, sizeof offer);
    assert(isakmp__offer_child(&w, &i->child, m, &spis_i) > 0);
    assert(!w.fault);
    if (choose2(&theirs, r, m, body_of(&w), cap) != ISAKMP_OK)
        return;
    isakmp_wr_init(&w, reply, sizeof reply);
    isakmp__return_child(&w, &theirs, &spis_r);
    assert(!w.fault);
    assert(isakmp__confirm_child(&ours, &i->child, m, body_of(&w)) == ISAKMP_OK);
    compare(&ours, &theirs, &spis_i, &spis_r);
}

/* ---- Raw octets ----------------------------------------------------------------------------- */

static void raw_offer(const side *s, const isakmp__means *m, isakmp_span body, size_t cap)
{
    uint8_t reply[4096];
    const isakmp_policy *mine;
    isakmp__choice c;
    isakmp__bundle b;
    isakmp_writer w;
    isakmp__spis spis = {300, 301};
    if (peer_is_valid(s, cap) && choose1(&c, s, m, body, cap) == ISAKMP_OK) {
        isakmp_wr_init(&w, reply, sizeof reply);
        isakmp__return_phase1(&w, &c);
        assert(!w.fault && w.len <= body.n + 4);
    }
    if (child_is_valid(s, cap) && choose2(&b, s, m, body, cap) == ISAKMP_OK) {
        isakmp_wr_init(&w, reply, sizeof reply);
        isakmp__return_child(&w, &b, &spis);
        assert(!w.fault && w.len <= body.n + 4);
    }
    if (peer_is_valid(s, cap))
        (void)isakmp__confirm_phase1(&mine, &s->peer, m, body);
    if (child_is_valid(s, cap))
        (void)isakmp__confirm_child(&b, &s->child, m, body);
}

static void identification(isakmp_span body, const isakmp_selector *other, size_t cap)
{
    isakmp_selector s, again;
    isakmp_id id, back;
    uint8_t buf[32];
    if (isakmp_id_read(&id, body) != ISAKMP_OK)
        return;
    /* A distinguished name that is none is no identity at all. */
    assert(id.type == ISAKMP_ID_DER_ASN1_DN || isakmp_id_equal(&id, &id));
    assert(isakmp__id_accepted(&id, &id) == isakmp_id_equal(&id, &id) || id.type == 0);
    if (isakmp_selector_from_id(&s, &id) != ISAKMP_OK)
        return;
    assert(isakmp_id_check(&id) == ISAKMP_OK);
    assert(isakmp_selector_to_id(&back, buf, &s) == ISAKMP_OK);
    assert(isakmp_selector_from_id(&again, &back) == ISAKMP_OK);
    assert(isakmp__selector_equal(&s, &again) && isakmp_selector_within(&s, &again));
    check_text(selector_text, &s, cap);
    (void)isakmp_selector_within(&s, other);
    (void)isakmp_selector_within(other, &s);
}

static void lifetimes(isakmp_span attrs)
{
    uint32_t seconds = 86400, kilobytes = 0;
    isakmp__life_shorten(&seconds, &kilobytes, attrs);
    assert(seconds > 0 && seconds <= 86400);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const isakmp_policy like = {.auth = ISAKMP_AUTH_PSK, .group = ISAKMP_GROUP_MODP_1024};
    isakmp_span all = {data, n}, rest;
    isakmp_reader r = isakmp_rd(all);
    isakmp__means m;
    side i, s;
    size_t cap;
    uint8_t means;
    toy_init(&provider, 1);
    memset(&m, 0, sizeof m);
    m.crypto = &provider.table;
    m.max_dh = isakmp_rd_u8(&r) & 1 ? 128 : ISAKMP_MAX_DH_PUBLIC;
    provider.deny[ISAKMP_CAN_CIPHER] = isakmp_rd_u8(&r);
    provider.deny[ISAKMP_CAN_HASH] = isakmp_rd_u8(&r);
    means = isakmp_rd_u8(&r);
    m.methods = means & 1 ? 0 : isakmp__auth_bit(ISAKMP_AUTH_PSK);
    m.methods |= means & 2 ? isakmp__auth_bit(ISAKMP_AUTH_XAUTH_INIT_PSK) : 0;
    means = isakmp_rd_u8(&r);
    m.udp = means & 3;
    m.most_life_s = means & 4 ? ISAKMP_SHORT_LIFE_S : 0;
    m.like = isakmp_rd_u8(&r) & 1 ? &like : NULL;
    cap = isakmp_rd_u8(&r) % 100;
    read_side(&i, &r);
    read_side(&s, &r);
    rest = isakmp_rd_bytes(&r, isakmp_rd_left(&r));
    check_texts(&i, cap);
    if (peer_is_valid(&i, cap) && peer_is_valid(&s, cap))
        phase1(&i, &s, &m, cap);
    if (child_is_valid(&i, cap) && child_is_valid(&s, cap))
        phase2(&i, &s, &m, cap);
    raw_offer(&s, &m, rest, cap);
    identification(rest, &i.child.local, cap);
    lifetimes(rest);
    return 0;
}
