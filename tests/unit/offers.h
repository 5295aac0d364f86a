/* tests/unit/offers.h -- what the tests of lib/policy share: policies that are valid, a provider, and SA
 * payload bodies made from attributes, also from such as no policy of ours would make. */
#ifndef TESTS_UNIT_OFFERS_H
#define TESTS_UNIT_OFFERS_H

#include "crypto/suites.h"
#include "policy/match.h"
#include "support/toy.h"
#include "unit/bytes.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static toy provider;

static inline isakmp__means all_means(void)
{
    isakmp__means m;
    toy_init(&provider, 1);
    memset(&m, 0, sizeof m);
    m.crypto = &provider.table;
    m.max_dh = ISAKMP_MAX_DH_PUBLIC;
    m.methods = 1u << ISAKMP_AUTH_PSK;
    return m;
}

/* aes128-sha1-modp1024 psk */
static inline isakmp_policy plain_policy(uint16_t priority)
{
    isakmp_policy p;
    memset(&p, 0, sizeof p);
    p.priority = priority;
    p.cipher = ISAKMP_CIPHER_AES;
    p.key_bits = 128;
    p.hash = ISAKMP_HASH_SHA1;
    p.auth = ISAKMP_AUTH_PSK;
    p.group = ISAKMP_GROUP_MODP_1024;
    return p;
}

static inline isakmp_peer_policy peer_of(const isakmp_policy *policies, size_t n)
{
    isakmp_peer_policy p;
    memset(&p, 0, sizeof p);
    p.size = sizeof p;
    p.policies = policies;
    p.n_policies = n;
    return p;
}

static inline isakmp_protect protect_of(uint8_t set, uint8_t proto, uint8_t transform,
                                        uint16_t bits, uint16_t integ)
{
    isakmp_protect p;
    memset(&p, 0, sizeof p);
    p.set = set;
    p.proto = proto;
    p.transform = transform;
    p.key_bits = bits;
    p.integ = integ;
    return p;
}

static inline isakmp_protect plain_esp(uint8_t set)
{
    return protect_of(set, ISAKMP_PROTO_ESP, ISAKMP_ESP_AES_CBC, 128, ISAKMP_INTEG_HMAC_SHA1);
}

static inline isakmp_protect plain_ah(uint8_t set)
{
    return protect_of(set, ISAKMP_PROTO_AH, ISAKMP_AH_SHA1, 0, ISAKMP_INTEG_HMAC_SHA1);
}

static inline isakmp_child_policy child_of(const isakmp_protect *protect, size_t n)
{
    isakmp_child_policy p;
    memset(&p, 0, sizeof p);
    p.size = sizeof p;
    p.protect = protect;
    p.n_protect = n;
    p.mode = ISAKMP_MODE_TUNNEL;
    return p;
}

/* ---- SA payload bodies ---------------------------------------------------------------------- */

typedef struct offer {
    isakmp_writer w;
    size_t sa, proposal, transform;
    uint8_t buf[8192];
} offer;

static inline void offer_begin(offer *o, uint32_t doi, uint32_t situation)
{
    static const isakmp_header h;
    isakmp_wr_init(&o->w, o->buf, sizeof o->buf);
    isakmp_wr_header(&o->w, &h);
    o->sa = isakmp_wr_sa(&o->w, doi, situation);
    o->proposal = o->transform = 0;
}

static inline void offer_proposal(offer *o, uint8_t number, uint8_t proto, const void *spi,
                                  size_t n)
{
    if (o->transform)
        isakmp_wr_close(&o->w, o->transform);
    if (o->proposal)
        isakmp_wr_close(&o->w, o->proposal);
    o->transform = 0;
    o->proposal = isakmp_wr_proposal(&o->w, number, proto, isakmp__span(spi, n));
}

static inline void offer_transform(offer *o, uint8_t number, uint8_t id)
{
    if (o->transform)
        isakmp_wr_close(&o->w, o->transform);
    o->transform = isakmp_wr_transform(&o->w, number, id);
}

static inline void offer_attr(offer *o, uint16_t type, uint32_t value)
{
    isakmp_wr_attr(&o->w, type, value);
}

/* A value in type/length/value form, with as many octets as wanted. */
static inline void offer_long(offer *o, uint16_t type, uint32_t value, size_t n)
{
    uint8_t octets[16] = {0};
    assert_true(n <= sizeof octets);
    for (size_t i = 0; i < n && i < 4; i++)
        octets[n - 1 - i] = (uint8_t)(value >> 8 * i);
    isakmp_wr_attr_bytes(&o->w, type, isakmp__span(octets, n));
}

/* The finished body. */
static inline isakmp_span offer_body(offer *o)
{
    if (o->transform)
        isakmp_wr_close(&o->w, o->transform);
    if (o->proposal)
        isakmp_wr_close(&o->w, o->proposal);
    o->transform = o->proposal = 0;
    isakmp_wr_close(&o->w, o->sa);
    assert_int_equal(o->w.fault, 0);
    return isakmp__span(o->buf + o->sa + 4, o->w.len - o->sa - 4);
}

/* The attributes of a phase 1 policy, the lifetime as given; 0: none. */
static inline void offer_policy(offer *o, const isakmp_policy *p, uint32_t life_s)
{
    offer_attr(o, ISAKMP_ATTR_CIPHER, p->cipher);
    if (p->key_bits)
        offer_attr(o, ISAKMP_ATTR_KEY_LENGTH, p->key_bits);
    offer_attr(o, ISAKMP_ATTR_HASH, p->hash);
    offer_attr(o, ISAKMP_ATTR_AUTH, p->auth);
    offer_attr(o, ISAKMP_ATTR_GROUP, p->group);
    if (life_s) {
        offer_attr(o, ISAKMP_ATTR_LIFE_TYPE, ISAKMP_LIFE_SECONDS);
        offer_attr(o, ISAKMP_ATTR_LIFE_DURATION, life_s);
    }
}

/* One phase 1 proposal with a transform for each policy, as a peer would offer it. */
static inline isakmp_span offer_policies(offer *o, const isakmp_policy *p, size_t n)
{
    offer_begin(o, ISAKMP_DOI_IPSEC, ISAKMP_SIT_IDENTITY_ONLY);
    offer_proposal(o, 1, ISAKMP_PROTO_ISAKMP, NULL, 0);
    for (size_t i = 0; i < n; i++) {
        offer_transform(o, (uint8_t)(i + 1), ISAKMP_KEY_IKE);
        offer_policy(o, &p[i], p[i].life_s ? p[i].life_s : ISAKMP_DEFAULT_LIFE_S);
    }
    return offer_body(o);
}

static const uint8_t an_spi[4] = {0x12, 0x34, 0x56, 0x78};

/* The attributes of one protection. */
static inline void offer_protect_attrs(offer *o, const isakmp_protect *p, uint16_t encap,
                                       uint16_t group, uint32_t life_s, uint32_t life_kb)
{
    if (encap)
        offer_attr(o, ISAKMP_SA_ATTR_ENCAP, encap);
    if (p->key_bits)
        offer_attr(o, ISAKMP_SA_ATTR_KEY_LENGTH, p->key_bits);
    if (p->integ)
        offer_attr(o, ISAKMP_SA_ATTR_AUTH, p->integ);
    if (group)
        offer_attr(o, ISAKMP_SA_ATTR_GROUP, group);
    if (life_s) {
        offer_attr(o, ISAKMP_SA_ATTR_LIFE_TYPE, ISAKMP_LIFE_SECONDS);
        offer_attr(o, ISAKMP_SA_ATTR_LIFE_DURATION, life_s);
    }
    if (life_kb) {
        offer_attr(o, ISAKMP_SA_ATTR_LIFE_TYPE, ISAKMP_LIFE_KILOBYTES);
        offer_attr(o, ISAKMP_SA_ATTR_LIFE_DURATION, life_kb);
    }
}

/* A proposal with one transform for a protection, in tunnel mode, 28,800 s. */
static inline void offer_protect(offer *o, uint8_t number, const isakmp_protect *p)
{
    offer_proposal(o, number, p->proto, an_spi, 4);
    offer_transform(o, 1, p->transform);
    offer_protect_attrs(o, p, ISAKMP_ENCAP_TUNNEL, 0, 28800, 0);
}

/* All protections, each set a number. */
static inline isakmp_span offer_protects(offer *o, const isakmp_protect *p, size_t n)
{
    offer_begin(o, ISAKMP_DOI_IPSEC, ISAKMP_SIT_IDENTITY_ONLY);
    for (size_t i = 0; i < n; i++)
        offer_protect(o, p[i].set, &p[i]);
    return offer_body(o);
}

#endif
