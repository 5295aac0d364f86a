/* test_choose.c -- offers against policies, in both roles: which one is chosen, what a returned choice may
 * look like, and every value that an attribute of the wire can have. */
#include "unit/offers.h"

static isakmp__means means;
static offer o;

static int fresh(void **state)
{
    (void)state;
    means = all_means();
    return 0;
}

/* ---- Phase 1: the responder ------------------------------------------------------------------- */

/* The priority of the chosen policy and the number of the chosen transform; 0 and the reason if none. */
typedef struct chosen {
    unsigned priority, transform, rc;
    isakmp__choice c;
} chosen;

static chosen choose(const isakmp_peer_policy *p, isakmp_span body)
{
    uint8_t *exact = bytes_copy(body);
    chosen r;
    memset(&r, 0, sizeof r);
    r.rc = isakmp__choose_phase1(&r.c, p, &means, isakmp__span(exact, body.n));
    if (r.rc == ISAKMP_OK) {
        r.priority = r.c.policy->priority;
        r.transform = r.c.transform;
        r.c.attrs.p = body.p + (r.c.attrs.p - exact); /* outlives the copy */
        r.c.spi.p = r.c.spi.n ? body.p + (r.c.spi.p - exact) : NULL;
    }
    free(exact);
    return r;
}

static void assert_chosen(chosen r, unsigned priority, unsigned transform)
{
    assert_int_equal(r.rc, ISAKMP_OK);
    assert_int_equal(r.priority, priority);
    assert_int_equal(r.transform, transform);
}

/* Our own order wins: priorities, not places, not the order of the offers. */
static void test_own_order_wins(void **state)
{
    isakmp_policy ours[3], theirs[3];
    isakmp_peer_policy p = peer_of(ours, 3);
    (void)state;
    for (unsigned i = 0; i < 3; i++)
        ours[i] = theirs[i] = plain_policy((uint16_t)(10 * (i + 1)));
    ours[0].hash = theirs[2].hash = ISAKMP_HASH_SHA384;
    ours[1].hash = theirs[1].hash = ISAKMP_HASH_SHA256;
    ours[2].hash = theirs[0].hash = ISAKMP_HASH_SHA512;
    assert_chosen(choose(&p, offer_policies(&o, theirs, 3)), 10, 3);
    assert_chosen(choose(&p, offer_policies(&o, theirs, 2)), 20, 2);
    assert_chosen(choose(&p, offer_policies(&o, theirs, 1)), 30, 1);
    ours[2].priority = 1;
    assert_chosen(choose(&p, offer_policies(&o, theirs, 3)), 1, 1);
    /* Of two equal offers the first. */
    theirs[1] = theirs[0];
    assert_chosen(choose(&p, offer_policies(&o, theirs, 2)), 1, 1);
}

/* Encryption, key length, hash, authentication and group must all be equal. */
static void test_everything_must_be_equal(void **state)
{
    isakmp_policy ours = plain_policy(5), theirs;
    isakmp_peer_policy p = peer_of(&ours, 1);
    (void)state;
    assert_chosen(choose(&p, offer_policies(&o, &ours, 1)), 5, 1);
    for (unsigned i = 0; i < 6; i++) {
        theirs = ours;
        theirs.cipher = i == 0 ? ISAKMP_CIPHER_3DES : theirs.cipher;
        theirs.key_bits = i == 1 ? 256 : theirs.key_bits;
        theirs.key_bits = i == 2 ? 0 : theirs.key_bits;
        theirs.hash = i == 3 ? ISAKMP_HASH_SHA256 : theirs.hash;
        theirs.auth = i == 4 ? ISAKMP_AUTH_RSA_SIG : theirs.auth;
        theirs.group = i == 5 ? ISAKMP_GROUP_MODP_1536 : theirs.group;
        assert_int_equal(choose(&p, offer_policies(&o, &theirs, 1)).rc, ISAKMP_D_NO_PROPOSAL);
    }
}

/* The lifetime rule of the routers: ours may be shorter or equal, and then it is ours that counts. */
static void test_lifetime_rule(void **state)
{
    isakmp_policy ours = plain_policy(5), theirs = ours;
    isakmp_peer_policy p = peer_of(&ours, 1);
    chosen r;
    (void)state;
    ours.life_s = 3600;
    theirs.life_s = 3599;
    assert_int_equal(choose(&p, offer_policies(&o, &theirs, 1)).rc, ISAKMP_D_NO_PROPOSAL);
    theirs.life_s = 3600;
    r = choose(&p, offer_policies(&o, &theirs, 1));
    assert_int_equal(r.c.life.seconds, 3600);
    assert_int_equal(r.c.life.announce, 0);
    theirs.life_s = 86400;
    r = choose(&p, offer_policies(&o, &theirs, 1));
    assert_int_equal(r.c.life.seconds, 3600);
    assert_int_equal(r.c.life.announce, 1);
    p.life_mode = ISAKMP_LIFE_OBEY;
    r = choose(&p, offer_policies(&o, &theirs, 1));
    assert_int_equal(r.c.life.seconds, 86400);
    p.life_mode = ISAKMP_LIFE_STRICT;
    assert_int_equal(choose(&p, offer_policies(&o, &theirs, 1)).rc, ISAKMP_D_NO_PROPOSAL);
}

/* A policy without its key material, without its algorithms, with a group that this exchange cannot
 * have, is passed over. */
static void test_unusable_policies(void **state)
{
    isakmp_policy ours[2];
    isakmp_peer_policy p = peer_of(ours, 2);
    (void)state;
    ours[0] = plain_policy(1);
    ours[1] = plain_policy(2);
    ours[1].group = ISAKMP_GROUP_MODP_1536;
    means.methods = 0;
    assert_int_equal(choose(&p, offer_policies(&o, ours, 2)).rc, ISAKMP_D_NO_PROPOSAL);
    means = all_means();
    means.like = &ours[1];
    assert_chosen(choose(&p, offer_policies(&o, ours, 2)), 2, 2);
    means = all_means();
    means.max_dh = 127;
    assert_int_equal(choose(&p, offer_policies(&o, ours, 2)).rc, ISAKMP_D_NO_PROPOSAL);
    means = all_means();
    provider.deny[ISAKMP_CAN_GROUP] = 1u << ISAKMP_GROUP_MODP_1024;
    assert_chosen(choose(&p, offer_policies(&o, ours, 2)), 2, 2);
    /* T-85: without an algorithm at all. */
    provider.deny[ISAKMP_CAN_HASH] = UINT32_MAX;
    assert_int_equal(choose(&p, offer_policies(&o, ours, 2)).rc, ISAKMP_D_NO_PROPOSAL);
    provider.deny[ISAKMP_CAN_HASH] = 0;
    provider.deny[ISAKMP_CAN_CIPHER] = UINT32_MAX;
    assert_int_equal(choose(&p, offer_policies(&o, ours, 2)).rc, ISAKMP_D_NO_PROPOSAL);
}

/* The order of attributes is free, but that a duration follows its type. */
static void test_order_of_attributes(void **state)
{
    static const uint16_t types[] = {ISAKMP_ATTR_CIPHER, ISAKMP_ATTR_KEY_LENGTH, ISAKMP_ATTR_HASH,
                                     ISAKMP_ATTR_AUTH, ISAKMP_ATTR_GROUP};
    static const uint16_t values[] = {ISAKMP_CIPHER_AES, 128, ISAKMP_HASH_SHA1, ISAKMP_AUTH_PSK,
                                      ISAKMP_GROUP_MODP_1024};
    isakmp_policy ours = plain_policy(5);
    isakmp_peer_policy p = peer_of(&ours, 1);
    (void)state;
    for (unsigned code = 0; code < 5 * 5 * 5 * 5 * 5; code++) {
        unsigned order[5], c = code, set = 0;
        for (unsigned i = 0; i < 5; i++, c /= 5) {
            order[i] = c % 5;
            set |= 1u << order[i];
        }
        if (set != 31)
            continue;
        for (unsigned life = 0; life <= 5; life++) {
            offer_begin(&o, 1, 1);
            offer_proposal(&o, 1, ISAKMP_PROTO_ISAKMP, NULL, 0);
            offer_transform(&o, 1, ISAKMP_KEY_IKE);
            for (unsigned i = 0; i <= 5; i++) {
                if (i == life) {
                    offer_attr(&o, ISAKMP_ATTR_LIFE_TYPE, 1);
                    offer_attr(&o, ISAKMP_ATTR_LIFE_DURATION, 86400);
                }
                if (i < 5)
                    offer_attr(&o, types[order[i]], values[order[i]]);
            }
            assert_chosen(choose(&p, offer_body(&o)), 5, 1);
        }
    }
}

/* ---- Phase 1: single attributes ------------------------------------------------------------------ */

/* An offer with all that is needed and something besides. */
static void begin_plain(void)
{
    isakmp_policy theirs = plain_policy(1);
    offer_begin(&o, 1, 1);
    offer_proposal(&o, 1, ISAKMP_PROTO_ISAKMP, NULL, 0);
    offer_transform(&o, 1, ISAKMP_KEY_IKE);
    offer_policy(&o, &theirs, 86400);
}

static unsigned result(void)
{
    isakmp_policy ours = plain_policy(5);
    isakmp_peer_policy p = peer_of(&ours, 1);
    return choose(&p, offer_body(&o)).rc;
}

static void test_attributes_twice_or_unknown(void **state)
{
    (void)state;
    for (uint16_t type = 0; type < 0x7fff; type = (uint16_t)(type + (type < 40 ? 1 : 331))) {
        begin_plain();
        offer_attr(&o, type, 1);
        /* The group's type may be said; everything else is nobody's, or there already with another
         * value, but for the authentication, which is 1. */
        assert_int_equal(result(), type == ISAKMP_ATTR_GROUP_TYPE || type == ISAKMP_ATTR_AUTH
                                       ? ISAKMP_OK
                                       : ISAKMP_D_NO_PROPOSAL);
    }
    for (uint32_t second = 0; second < 5; second++) {
        begin_plain();
        offer_attr(&o, ISAKMP_ATTR_GROUP_TYPE, 1);
        offer_attr(&o, ISAKMP_ATTR_GROUP_TYPE, second);
        assert_int_equal(result(), second == 1 ? ISAKMP_OK : ISAKMP_D_NO_PROPOSAL);
    }
    /* Kilobytes may come besides seconds. */
    begin_plain();
    offer_attr(&o, ISAKMP_ATTR_LIFE_TYPE, ISAKMP_LIFE_KILOBYTES);
    offer_attr(&o, ISAKMP_ATTR_LIFE_DURATION, 1000);
    assert_int_equal(result(), ISAKMP_OK);
    /* But not other seconds, nor an unknown unit, nor a type without a duration. */
    begin_plain();
    offer_attr(&o, ISAKMP_ATTR_LIFE_TYPE, ISAKMP_LIFE_SECONDS);
    offer_attr(&o, ISAKMP_ATTR_LIFE_DURATION, 1000);
    assert_int_equal(result(), ISAKMP_D_NO_PROPOSAL);
    begin_plain();
    offer_attr(&o, ISAKMP_ATTR_LIFE_TYPE, 3);
    offer_attr(&o, ISAKMP_ATTR_LIFE_DURATION, 1000);
    assert_int_equal(result(), ISAKMP_D_NO_PROPOSAL);
    begin_plain();
    offer_attr(&o, ISAKMP_ATTR_LIFE_TYPE, ISAKMP_LIFE_KILOBYTES);
    assert_int_equal(result(), ISAKMP_D_NO_PROPOSAL);
}

/* "Multiple instances of the same attribute class, so long as the different attribute entries do not
 * conflict" [RFC2407 4.5.2]. */
static void test_attributes_again(void **state)
{
    isakmp_policy t = plain_policy(1);
    const uint16_t types[] = {ISAKMP_ATTR_CIPHER, ISAKMP_ATTR_KEY_LENGTH, ISAKMP_ATTR_HASH,
                              ISAKMP_ATTR_AUTH, ISAKMP_ATTR_GROUP};
    const uint16_t values[] = {t.cipher, t.key_bits, t.hash, t.auth, t.group};
    (void)state;
    for (unsigned i = 0; i < COUNT(types); i++)
        for (uint32_t more = 0; more < 3; more++) {
            begin_plain();
            offer_attr(&o, types[i], values[i]);
            offer_long(&o, types[i], values[i] + more, 4);
            assert_int_equal(result(), more ? ISAKMP_D_NO_PROPOSAL : ISAKMP_OK);
            /* The other one first. */
            offer_begin(&o, 1, 1);
            offer_proposal(&o, 1, ISAKMP_PROTO_ISAKMP, NULL, 0);
            offer_transform(&o, 1, ISAKMP_KEY_IKE);
            offer_attr(&o, types[i], values[i] + more);
            offer_policy(&o, &t, 86400);
            assert_int_equal(result(), more ? ISAKMP_D_NO_PROPOSAL : ISAKMP_OK);
        }
    for (uint32_t life = 86399; life <= 86401; life++) {
        begin_plain();
        offer_attr(&o, ISAKMP_ATTR_LIFE_TYPE, ISAKMP_LIFE_KILOBYTES);
        offer_attr(&o, ISAKMP_ATTR_LIFE_DURATION, 86400);
        offer_attr(&o, ISAKMP_ATTR_LIFE_TYPE, ISAKMP_LIFE_SECONDS);
        offer_attr(&o, ISAKMP_ATTR_LIFE_DURATION, life);
        offer_attr(&o, ISAKMP_ATTR_LIFE_TYPE, ISAKMP_LIFE_KILOBYTES);
        offer_attr(&o, ISAKMP_ATTR_LIFE_DURATION, 86400);
        assert_int_equal(result(), life == 86400 ? ISAKMP_OK : ISAKMP_D_NO_PROPOSAL);
    }
    /* Two types with one duration between them say nothing about the second. */
    begin_plain();
    offer_attr(&o, ISAKMP_ATTR_LIFE_TYPE, ISAKMP_LIFE_SECONDS);
    offer_attr(&o, ISAKMP_ATTR_LIFE_TYPE, ISAKMP_LIFE_SECONDS);
    offer_attr(&o, ISAKMP_ATTR_LIFE_DURATION, 86400);
    assert_int_equal(result(), ISAKMP_D_NO_PROPOSAL);
}

/* A transform of one's own, with one attribute said in a special way. */
static void transform_with(uint16_t type, uint32_t value, size_t long_n)
{
    isakmp_policy t = plain_policy(1);
    const struct {
        uint16_t type;
        uint32_t value;
    } all[] = {{ISAKMP_ATTR_CIPHER, t.cipher},    {ISAKMP_ATTR_KEY_LENGTH, t.key_bits},
               {ISAKMP_ATTR_HASH, t.hash},        {ISAKMP_ATTR_AUTH, t.auth},
               {ISAKMP_ATTR_GROUP, t.group},      {ISAKMP_ATTR_LIFE_TYPE, 1},
               {ISAKMP_ATTR_LIFE_DURATION, 86400}};
    offer_begin(&o, 1, 1);
    offer_proposal(&o, 1, ISAKMP_PROTO_ISAKMP, NULL, 0);
    offer_transform(&o, 1, ISAKMP_KEY_IKE);
    for (unsigned i = 0; i < COUNT(all); i++) {
        if (all[i].type != type)
            offer_attr(&o, all[i].type, all[i].value);
        else if (long_n == SIZE_MAX)
            offer_attr(&o, type, value);
        else
            offer_long(&o, type, value, long_n);
    }
}

/* T-05, T-11: every 16-bit value of every attribute that is a number from a registry: only the one of
 * the policy matches.  There is no inner number that could be said from outside. */
static void test_T05_every_value(void **state)
{
    static const uint16_t types[] = {ISAKMP_ATTR_CIPHER, ISAKMP_ATTR_KEY_LENGTH, ISAKMP_ATTR_HASH,
                                     ISAKMP_ATTR_AUTH, ISAKMP_ATTR_GROUP};
    isakmp_policy t = plain_policy(1);
    const uint16_t ours[] = {t.cipher, t.key_bits, t.hash, t.auth, t.group};
    (void)state;
    for (unsigned i = 0; i < COUNT(types); i++)
        for (uint32_t v = 0; v <= 0xffff; v++) {
            transform_with(types[i], v, SIZE_MAX);
            if (result() != (v == ours[i] ? (unsigned)ISAKMP_OK : ISAKMP_D_NO_PROPOSAL))
                fail_msg("attribute %u with value %u: %u", types[i], (unsigned)v, result());
        }
}

/* Values in type/length/value form: the same number, however many octets, up to what fits. */
static void test_T11_values_in_long_form(void **state)
{
    static const uint16_t types[] = {
        ISAKMP_ATTR_CIPHER, ISAKMP_ATTR_KEY_LENGTH, ISAKMP_ATTR_HASH,         ISAKMP_ATTR_AUTH,
        ISAKMP_ATTR_GROUP,  ISAKMP_ATTR_LIFE_TYPE,  ISAKMP_ATTR_LIFE_DURATION};
    isakmp_policy t = plain_policy(1);
    const uint32_t ours[] = {t.cipher, t.key_bits, t.hash, t.auth, t.group, 1, 86400};
    (void)state;
    for (unsigned i = 0; i < COUNT(types); i++)
        for (size_t n = 0; n <= 16; n++) {
            int fits = n >= 4 || (n && ours[i] < UINT32_C(1) << 8 * n);
            transform_with(types[i], ours[i], n);
            assert_int_equal(result(), fits ? ISAKMP_OK : ISAKMP_D_NO_PROPOSAL);
            /* One more is something else. */
            if (i < 5) {
                transform_with(types[i], ours[i] + 1, n);
                assert_int_equal(result(), ISAKMP_D_NO_PROPOSAL);
            }
        }
    /* What does not fit in 16 bits is not cut down to them. */
    for (unsigned i = 0; i < 5; i++) {
        transform_with(types[i], ours[i] + 0x10000, 4);
        assert_int_equal(result(), ISAKMP_D_NO_PROPOSAL);
        transform_with(types[i], ours[i] + 0x10000, 3);
        assert_int_equal(result(), ISAKMP_D_NO_PROPOSAL);
    }
}

/* A value of more than four octets is not the number of its last four. */
static void test_T11_values_too_large(void **state)
{
    static const uint8_t huge[8] = {0, 0, 0, 1, 0, 0, 0, ISAKMP_HASH_SHA1};
    isakmp_policy t = plain_policy(1);
    (void)state;
    offer_begin(&o, 1, 1);
    offer_proposal(&o, 1, ISAKMP_PROTO_ISAKMP, NULL, 0);
    offer_transform(&o, 1, ISAKMP_KEY_IKE);
    isakmp_wr_attr_bytes(&o.w, ISAKMP_ATTR_HASH, isakmp__span(huge, sizeof huge));
    offer_attr(&o, ISAKMP_ATTR_CIPHER, t.cipher);
    offer_attr(&o, ISAKMP_ATTR_KEY_LENGTH, t.key_bits);
    offer_attr(&o, ISAKMP_ATTR_AUTH, t.auth);
    offer_attr(&o, ISAKMP_ATTR_GROUP, t.group);
    assert_int_equal(result(), ISAKMP_D_NO_PROPOSAL);
}

/* T-11: key lengths where there may be none, and none where there must be one. */
static void test_T11_key_lengths(void **state)
{
    static const uint16_t ciphers[] = {ISAKMP_CIPHER_3DES, ISAKMP_CIPHER_AES};
    (void)state;
    for (unsigned i = 0; i < COUNT(ciphers); i++)
        for (uint32_t bits = 0; bits <= 0xffff; bits += bits < 600 ? 1 : 977) {
            isakmp_policy ours = plain_policy(5), theirs;
            isakmp_peer_policy p = peer_of(&ours, 1);
            ours.cipher = ciphers[i];
            ours.key_bits = ciphers[i] == ISAKMP_CIPHER_AES ? 192 : 0;
            theirs = ours;
            theirs.key_bits = (uint16_t)bits;
            assert_int_equal(choose(&p, offer_policies(&o, &theirs, 1)).rc,
                             bits == ours.key_bits ? ISAKMP_OK : ISAKMP_D_NO_PROPOSAL);
        }
}

/* ---- Phase 1: form --------------------------------------------------------------------------------- */

static void test_form_of_phase_1(void **state)
{
    isakmp_policy ours = plain_policy(5);
    isakmp_peer_policy p = peer_of(&ours, 1);
    static const uint8_t spi[17];
    isakmp_span body;
    (void)state;
    /* Not IPsec, not identity only, nothing at all. */
    offer_begin(&o, 0, 1);
    assert_int_equal(choose(&p, offer_body(&o)).rc, ISAKMP_D_DOI);
    offer_begin(&o, 2, 1);
    assert_int_equal(choose(&p, offer_body(&o)).rc, ISAKMP_D_DOI);
    offer_begin(&o, 1, 0);
    assert_int_equal(choose(&p, offer_body(&o)).rc, ISAKMP_D_SITUATION);
    offer_begin(&o, 1, 8);
    assert_int_equal(choose(&p, offer_body(&o)).rc, ISAKMP_D_SITUATION);
    offer_begin(&o, 1, 1);
    assert_int_equal(choose(&p, offer_body(&o)).rc, ISAKMP_D_PROPOSAL_SYNTAX);
    assert_int_equal(choose(&p, isakmp__span("", 0)).rc, ISAKMP_D_PROPOSAL_SYNTAX);
    /* Two proposals, another protocol, a long SPI, a strange transform. */
    offer_begin(&o, 1, 1);
    for (unsigned i = 0; i < 2; i++) {
        offer_proposal(&o, 1, ISAKMP_PROTO_ISAKMP, NULL, 0);
        offer_transform(&o, 1, ISAKMP_KEY_IKE);
        offer_policy(&o, &ours, 86400);
    }
    assert_int_equal(choose(&p, offer_body(&o)).rc, ISAKMP_D_PROPOSAL_SYNTAX);
    for (unsigned proto = 0; proto < 256; proto++) {
        offer_begin(&o, 1, 1);
        offer_proposal(&o, 1, (uint8_t)proto, NULL, 0);
        offer_transform(&o, 1, ISAKMP_KEY_IKE);
        offer_policy(&o, &ours, 86400);
        assert_int_equal(choose(&p, offer_body(&o)).rc,
                         proto == ISAKMP_PROTO_ISAKMP ? ISAKMP_OK : ISAKMP_D_PROPOSAL_SYNTAX);
    }
    for (size_t n = 0; n <= 17; n++) {
        offer_begin(&o, 1, 1);
        offer_proposal(&o, 1, ISAKMP_PROTO_ISAKMP, spi, n);
        offer_transform(&o, 1, ISAKMP_KEY_IKE);
        offer_policy(&o, &ours, 86400);
        assert_int_equal(choose(&p, offer_body(&o)).rc,
                         n <= 16 ? ISAKMP_OK : ISAKMP_D_PROPOSAL_SYNTAX);
    }
    for (unsigned id = 0; id < 256; id++) {
        offer_begin(&o, 1, 1);
        offer_proposal(&o, 1, ISAKMP_PROTO_ISAKMP, NULL, 0);
        offer_transform(&o, 1, (uint8_t)id);
        offer_policy(&o, &ours, 86400);
        assert_int_equal(choose(&p, offer_body(&o)).rc,
                         id == ISAKMP_KEY_IKE ? ISAKMP_OK : ISAKMP_D_NO_PROPOSAL);
    }
    /* Cut at every octet: never accepted, never read beyond the end. */
    body = offer_policies(&o, &ours, 1);
    for (size_t n = 0; n < body.n; n++)
        assert_int_not_equal(choose(&p, isakmp__span(body.p, n)).rc, ISAKMP_OK);
    /* T-12: the same with the lengths of what surrounds the cut made right: attributes cut in half. */
    for (size_t cut = 1; cut < 32; cut++) {
        uint8_t copy[256];
        memcpy(copy, body.p, body.n);
        isakmp__put16(copy + 10, (uint32_t)(body.n - 8 - cut));
        isakmp__put16(copy + 18, (uint32_t)(body.n - 16 - cut));
        if (body.n - 16 - cut >= 8 && cut != 12 && cut != 8)
            assert_int_equal(choose(&p, isakmp__span(copy, body.n - cut)).rc, ISAKMP_D_NO_PROPOSAL);
    }
}

/* At most ISAKMP_MAX_OFFERS are looked at; one behind them is not found. */
static void test_many_transforms(void **state)
{
    isakmp_policy ours = plain_policy(5), other = plain_policy(5);
    isakmp_peer_policy p = peer_of(&ours, 1);
    (void)state;
    other.hash = ISAKMP_HASH_SHA512;
    for (unsigned at = ISAKMP_MAX_OFFERS - 1; at <= ISAKMP_MAX_OFFERS; at++) {
        offer_begin(&o, 1, 1);
        offer_proposal(&o, 1, ISAKMP_PROTO_ISAKMP, NULL, 0);
        for (unsigned i = 0; i < 200; i++) {
            offer_transform(&o, (uint8_t)i, ISAKMP_KEY_IKE);
            offer_policy(&o, i == at ? &ours : &other, 86400);
        }
        assert_int_equal(choose(&p, offer_body(&o)).rc,
                         at < ISAKMP_MAX_OFFERS ? ISAKMP_OK : ISAKMP_D_NO_PROPOSAL);
    }
}

/* ---- Phase 1: what is returned ---------------------------------------------------------------------- */

/* The responder returns the transform as it was offered, octet for octet, with its numbers. */
static void test_return_phase1(void **state)
{
    isakmp_policy ours = plain_policy(5);
    isakmp_peer_policy p = peer_of(&ours, 1);
    isakmp_header h;
    isakmp_sa_body sa;
    isakmp_proposal q;
    isakmp_transform t;
    isakmp_reader r;
    isakmp_writer w;
    uint8_t buf[300];
    chosen c;
    isakmp_span body;
    (void)state;
    offer_begin(&o, 1, 1);
    offer_proposal(&o, 7, ISAKMP_PROTO_ISAKMP, an_spi, 4);
    offer_transform(&o, 3, ISAKMP_KEY_IKE);
    offer_long(&o, ISAKMP_ATTR_HASH, ISAKMP_HASH_SHA1, 4);
    offer_attr(&o, ISAKMP_ATTR_GROUP, ours.group);
    offer_attr(&o, ISAKMP_ATTR_AUTH, ours.auth);
    offer_attr(&o, ISAKMP_ATTR_LIFE_TYPE, 1);
    offer_long(&o, ISAKMP_ATTR_LIFE_DURATION, 90000, 4);
    offer_attr(&o, ISAKMP_ATTR_KEY_LENGTH, 128);
    offer_attr(&o, ISAKMP_ATTR_CIPHER, ours.cipher);
    body = offer_body(&o);
    c = choose(&p, body);
    assert_chosen(c, 5, 3);
    memset(&h, 0, sizeof h);
    isakmp_wr_init(&w, buf, sizeof buf);
    isakmp_wr_header(&w, &h);
    isakmp__return_phase1(&w, &c.c);
    assert_int_equal(isakmp_wr_end(&w), ISAKMP_OK);
    assert_int_equal(isakmp_sa_read(&sa, isakmp__span(buf + 32, w.len - 32)), ISAKMP_OK);
    r = isakmp_rd(sa.proposals);
    assert_int_equal(isakmp_proposal_next(&r, &q), ISAKMP_OK);
    assert_int_equal(q.number, 7);
    assert_int_equal(q.n_transforms, 1);
    assert_span_equal(q.spi, isakmp__span(an_spi, 4));
    assert_int_equal(isakmp_proposal_next(&r, &q), ISAKMP_NONE);
    r = isakmp_rd(q.transforms);
    assert_int_equal(isakmp_transform_next(&r, &t), ISAKMP_OK);
    assert_int_equal(t.number, 3);
    assert_span_equal(t.attrs, c.c.attrs);
    assert_int_equal(isakmp_transform_next(&r, &t), ISAKMP_NONE);
}

/* ---- Phase 1: the initiator ---------------------------------------------------------------------------- */

static unsigned confirm(const isakmp_peer_policy *p, isakmp_span body, unsigned *priority)
{
    uint8_t *exact = bytes_copy(body);
    const isakmp_policy *q = NULL;
    unsigned rc = isakmp__confirm_phase1(&q, p, &means, isakmp__span(exact, body.n));
    free(exact);
    *priority = q ? q->priority : 0;
    return rc;
}

static void begin_choice(void)
{
    offer_begin(&o, 1, 1);
    offer_proposal(&o, 1, ISAKMP_PROTO_ISAKMP, NULL, 0);
    offer_transform(&o, 1, ISAKMP_KEY_IKE);
}

/* Only what was offered, with nothing added, left out or altered; order and form are free. */
static void test_confirm_phase1(void **state)
{
    isakmp_policy ours[3], other;
    isakmp_peer_policy p = peer_of(ours, 3);
    unsigned priority;
    (void)state;
    for (unsigned i = 0; i < 3; i++)
        ours[i] = plain_policy((uint16_t)(i + 1));
    ours[1].hash = ISAKMP_HASH_SHA256;
    ours[2].cipher = ISAKMP_CIPHER_3DES;
    ours[2].key_bits = 0;
    ours[2].life_s = 7200;
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(confirm(&p, offer_policies(&o, &ours[i], 1), &priority), ISAKMP_OK);
        assert_int_equal(priority, i + 1);
    }
    /* Altered: every attribute. */
    for (unsigned i = 0; i < 6; i++) {
        other = ours[0];
        other.cipher = i == 0 ? ISAKMP_CIPHER_CAMELLIA : other.cipher;
        other.key_bits = i == 1 ? 256 : other.key_bits;
        other.hash = i == 2 ? ISAKMP_HASH_SHA512 : other.hash;
        other.auth = i == 3 ? ISAKMP_AUTH_RSA_SIG : other.auth;
        other.group = i == 4 ? ISAKMP_GROUP_MODP_2048 : other.group;
        other.life_s = i == 5 ? 86399 : other.life_s;
        assert_int_equal(confirm(&p, offer_policies(&o, &other, 1), &priority), ISAKMP_D_CHOICE);
        assert_int_equal(priority, 0);
    }
    /* A mixture of two of ours. */
    other = ours[1];
    other.cipher = ISAKMP_CIPHER_3DES;
    other.key_bits = 0;
    assert_int_equal(confirm(&p, offer_policies(&o, &other, 1), &priority), ISAKMP_D_CHOICE);
    /* The lifetime left out, the key length left out, something added. */
    begin_choice();
    offer_policy(&o, &ours[0], 0);
    assert_int_equal(confirm(&p, offer_body(&o), &priority), ISAKMP_D_CHOICE);
    other = ours[0];
    other.key_bits = 0;
    begin_choice();
    offer_policy(&o, &other, 86400);
    assert_int_equal(confirm(&p, offer_body(&o), &priority), ISAKMP_D_CHOICE);
    for (uint16_t type = 0; type < 40; type++) {
        begin_choice();
        offer_policy(&o, &ours[0], 86400);
        offer_attr(&o, type, 1);
        assert_int_equal(confirm(&p, offer_body(&o), &priority), ISAKMP_D_CHOICE);
    }
    /* Nor does one that comes twice stand for one that is left out: the key length. */
    other = ours[0];
    other.key_bits = 0;
    for (unsigned i = 0; i < 4; i++) {
        static const uint16_t types[] = {ISAKMP_ATTR_CIPHER, ISAKMP_ATTR_HASH, ISAKMP_ATTR_AUTH,
                                         ISAKMP_ATTR_GROUP};
        const uint16_t values[] = {other.cipher, other.hash, other.auth, other.group};
        begin_choice();
        offer_policy(&o, &other, 86400);
        offer_attr(&o, types[i], values[i]);
        assert_int_equal(confirm(&p, offer_body(&o), &priority), ISAKMP_D_CHOICE);
    }
    /* The same, backwards, and each in the other form. */
    begin_choice();
    offer_long(&o, ISAKMP_ATTR_LIFE_TYPE, 1, 2);
    offer_long(&o, ISAKMP_ATTR_LIFE_DURATION, 86400, 8);
    offer_long(&o, ISAKMP_ATTR_GROUP, ours[0].group, 4);
    offer_long(&o, ISAKMP_ATTR_AUTH, ours[0].auth, 1);
    offer_long(&o, ISAKMP_ATTR_HASH, ours[0].hash, 2);
    offer_long(&o, ISAKMP_ATTR_KEY_LENGTH, 128, 4);
    offer_long(&o, ISAKMP_ATTR_CIPHER, ours[0].cipher, 2);
    assert_int_equal(confirm(&p, offer_body(&o), &priority), ISAKMP_OK);
    assert_int_equal(priority, 1);
}

static void test_confirm_form_of_phase_1(void **state)
{
    isakmp_policy ours = plain_policy(1);
    isakmp_peer_policy p = peer_of(&ours, 1);
    unsigned priority;
    isakmp_policy two[2], other;
    (void)state;
    two[0] = two[1] = ours;
    /* Two transforms, another transform, no transform, no proposal. */
    assert_int_equal(confirm(&p, offer_policies(&o, two, 2), &priority), ISAKMP_D_PROPOSAL_SYNTAX);
    offer_begin(&o, 1, 1);
    offer_proposal(&o, 1, ISAKMP_PROTO_ISAKMP, NULL, 0);
    offer_transform(&o, 1, 2);
    offer_policy(&o, &ours, 86400);
    assert_int_equal(confirm(&p, offer_body(&o), &priority), ISAKMP_D_PROPOSAL_SYNTAX);
    offer_begin(&o, 1, 1);
    offer_proposal(&o, 1, ISAKMP_PROTO_ISAKMP, NULL, 0);
    assert_int_equal(confirm(&p, offer_body(&o), &priority), ISAKMP_D_PROPOSAL_SYNTAX);
    offer_begin(&o, 1, 1);
    assert_int_equal(confirm(&p, offer_body(&o), &priority), ISAKMP_D_PROPOSAL_SYNTAX);
    offer_begin(&o, 9, 1);
    assert_int_equal(confirm(&p, offer_body(&o), &priority), ISAKMP_D_DOI);
    offer_begin(&o, 1, 2);
    assert_int_not_equal(confirm(&p, offer_body(&o), &priority), ISAKMP_OK);
    /* What could not be offered cannot be chosen. */
    means.methods = 0;
    assert_int_equal(confirm(&p, offer_policies(&o, &ours, 1), &priority), ISAKMP_D_CHOICE);
    means = all_means();
    other = plain_policy(1);
    other.group = ISAKMP_GROUP_MODP_2048;
    means.like = &other;
    assert_int_equal(confirm(&p, offer_policies(&o, &ours, 1), &priority), ISAKMP_D_CHOICE);
}

/* ---- Phase 2: the responder --------------------------------------------------------------------------- */

static isakmp__bundle bundle;

static unsigned choose_child(const isakmp_child_policy *p, isakmp_span body)
{
    uint8_t *exact = bytes_copy(body);
    unsigned rc;
    memset(&bundle, 0, sizeof bundle);
    rc = isakmp__choose_child(&bundle, p, &means, isakmp__span(exact, body.n));
    free(exact);
    return rc;
}

static void test_child_own_order_wins(void **state)
{
    isakmp_protect ours[3], theirs[3];
    isakmp_child_policy p = child_of(ours, 3);
    (void)state;
    ours[0] = theirs[2] = protect_of(1, ISAKMP_PROTO_ESP, ISAKMP_ESP_AES_GCM_16, 256, 0);
    ours[1] = theirs[1] = protect_of(2, ISAKMP_PROTO_ESP, ISAKMP_ESP_AES_CBC, 256, 5);
    ours[2] = theirs[0] = protect_of(3, ISAKMP_PROTO_ESP, ISAKMP_ESP_3DES, 0, 2);
    for (uint8_t i = 0; i < 3; i++)
        theirs[i].set = (uint8_t)(i + 1);
    for (unsigned n = 3; n > 0; n--) {
        assert_int_equal(choose_child(&p, offer_protects(&o, theirs, n)), ISAKMP_OK);
        assert_int_equal(bundle.n, 1);
        assert_int_equal(bundle.proposal, n);
        assert_int_equal(bundle.protect[0].transform, ours[3 - n].transform);
        assert_int_equal(bundle.spi[0], 0x12345678);
    }
}

static void test_child_everything_must_be_equal(void **state)
{
    isakmp_protect ours = plain_esp(1);
    isakmp_child_policy p = child_of(&ours, 1);
    (void)state;
    assert_int_equal(choose_child(&p, offer_protects(&o, &ours, 1)), ISAKMP_OK);
    for (unsigned i = 0; i < 5; i++) {
        isakmp_protect t = ours;
        t.transform = i == 0 ? ISAKMP_ESP_AES_CTR : t.transform;
        t.key_bits = i == 1 ? 256 : i == 2 ? 0 : t.key_bits;
        t.integ = i == 3 ? ISAKMP_INTEG_HMAC_SHA256 : i == 4 ? 0 : t.integ;
        assert_int_equal(choose_child(&p, offer_protects(&o, &t, 1)), ISAKMP_D_NO_PROPOSAL);
    }
    for (unsigned proto = 0; proto < 256; proto++) {
        isakmp_protect t = ours;
        t.proto = (uint8_t)proto;
        assert_int_equal(choose_child(&p, offer_protects(&o, &t, 1)),
                         proto == ISAKMP_PROTO_ESP ? ISAKMP_OK : ISAKMP_D_NO_PROPOSAL);
    }
}

static void begin_child(void)
{
    offer_begin(&o, 1, 1);
    offer_proposal(&o, 1, ISAKMP_PROTO_ESP, an_spi, 4);
    offer_transform(&o, 1, ISAKMP_ESP_AES_CBC);
}

/* T-05 for phase 2: every value of every attribute. */
static void test_T05_every_value_of_phase_2(void **state)
{
    isakmp_protect ours = plain_esp(1);
    isakmp_child_policy p = child_of(&ours, 1);
    (void)state;
    for (uint32_t v = 0; v <= 0xffff; v++) {
        begin_child();
        offer_attr(&o, ISAKMP_SA_ATTR_KEY_LENGTH, v);
        offer_attr(&o, ISAKMP_SA_ATTR_AUTH, ours.integ);
        assert_int_equal(choose_child(&p, offer_body(&o)),
                         v == 128 ? ISAKMP_OK : ISAKMP_D_NO_PROPOSAL);
        begin_child();
        offer_attr(&o, ISAKMP_SA_ATTR_KEY_LENGTH, 128);
        offer_attr(&o, ISAKMP_SA_ATTR_AUTH, v);
        assert_int_equal(choose_child(&p, offer_body(&o)),
                         v == ours.integ ? ISAKMP_OK : ISAKMP_D_NO_PROPOSAL);
        begin_child();
        offer_protect_attrs(&o, &ours, 0, 0, 28800, 0);
        offer_attr(&o, ISAKMP_SA_ATTR_ENCAP, v);
        assert_int_equal(choose_child(&p, offer_body(&o)),
                         v == ISAKMP_ENCAP_TUNNEL ? ISAKMP_OK : ISAKMP_D_NO_PROPOSAL);
        /* Without a group of ours any that we can do and that is not weak is accepted. */
        begin_child();
        offer_protect_attrs(&o, &ours, ISAKMP_ENCAP_TUNNEL, 0, 28800, 0);
        offer_attr(&o, ISAKMP_SA_ATTR_GROUP, v);
        assert_int_equal(choose_child(&p, offer_body(&o)),
                         isakmp_group_size((uint16_t)v) && v != 1 && v != 2 ? ISAKMP_OK
                                                                            : ISAKMP_D_NO_PROPOSAL);
        /* Extended sequence numbers are not served, and there is no number for short ones: who
         * wants them leaves the attribute out. */
        begin_child();
        offer_protect_attrs(&o, &ours, ISAKMP_ENCAP_TUNNEL, 0, 28800, 0);
        offer_attr(&o, ISAKMP_SA_ATTR_ESN, v);
        assert_int_equal(choose_child(&p, offer_body(&o)), ISAKMP_D_NO_PROPOSAL);
    }
}

static void test_child_attributes_twice_or_unknown(void **state)
{
    isakmp_protect ours = plain_esp(1);
    isakmp_child_policy p = child_of(&ours, 1);
    (void)state;
    for (uint16_t type = 0; type < 0x7fff; type = (uint16_t)(type + (type < 40 ? 1 : 331))) {
        /* A group may be said; the authentication is there already, with this value. */
        int may = type == ISAKMP_SA_ATTR_GROUP || type == ISAKMP_SA_ATTR_AUTH;
        uint16_t value = type == ISAKMP_SA_ATTR_GROUP ? 14 : 2;
        for (unsigned third = 0; third < 3; third++) {
            begin_child();
            offer_protect_attrs(&o, &ours, ISAKMP_ENCAP_TUNNEL, 0, 28800, 0);
            offer_attr(&o, type, value);
            if (third)
                offer_attr(&o, type, third == 1 ? value : value + 1u);
            assert_int_equal(choose_child(&p, offer_body(&o)),
                             may && third < 2 ? ISAKMP_OK : ISAKMP_D_NO_PROPOSAL);
        }
    }
}

/* What is repeated without a contradiction is no reason to refuse, and is returned as it came. */
static void test_child_attributes_again(void **state)
{
    isakmp_protect ours = plain_esp(1);
    isakmp_child_policy p = child_of(&ours, 1);
    (void)state;
    p.life_kb = 500;
    for (unsigned kb = 499; kb <= 501; kb++) {
        begin_child();
        offer_protect_attrs(&o, &ours, ISAKMP_ENCAP_TUNNEL, 0, 28800, 500);
        offer_protect_attrs(&o, &ours, ISAKMP_ENCAP_TUNNEL, 0, 28800, kb);
        assert_int_equal(choose_child(&p, offer_body(&o)),
                         kb == 500 ? ISAKMP_OK : ISAKMP_D_NO_PROPOSAL);
        if (kb != 500)
            continue;
        assert_int_equal(bundle.life.seconds, 28800);
        assert_int_equal(bundle.life.kilobytes, 500);
        assert_int_equal(bundle.attrs[0].n, 2 * 7 * 4);
    }
}

/* A weak group is used only where our policy names it. */
static void test_child_weak_groups(void **state)
{
    isakmp_protect ours = plain_esp(1);
    isakmp_child_policy p = child_of(&ours, 1);
    static const uint16_t groups[] = {1, 2, 5, 14, 19, 31};
    (void)state;
    for (unsigned i = 0; i < COUNT(groups); i++)
        for (unsigned named = 0; named < 2; named++) {
            int weak = isakmp_is_weak(ISAKMP_CAN_GROUP, groups[i]);
            int there = isakmp_group_size(groups[i]) != 0; /* not group 1 without weak ones */
            p.pfs_group = named ? groups[i] : 0;
            begin_child();
            offer_protect_attrs(&o, &ours, ISAKMP_ENCAP_TUNNEL, groups[i], 28800, 0);
            assert_int_equal(choose_child(&p, offer_body(&o)),
                             there && (named || !weak) ? ISAKMP_OK : ISAKMP_D_NO_PROPOSAL);
        }
}

/* A group of ours is required, in every protocol of a set. */
static void test_child_groups(void **state)
{
    isakmp_protect ours[2], *e = &ours[1];
    isakmp_child_policy p = child_of(ours, 2);
    (void)state;
    ours[0] = plain_ah(1);
    ours[1] = plain_esp(1);
    for (unsigned i = 0; i < 9; i++) {
        uint16_t a = i % 3 == 0 ? 0 : i % 3 == 1 ? 5 : 14, b = i / 3 == 0 ? 0 : i / 3 == 1 ? 5 : 14;
        offer_begin(&o, 1, 1);
        offer_proposal(&o, 1, ISAKMP_PROTO_AH, an_spi, 4);
        offer_transform(&o, 1, ISAKMP_AH_SHA1);
        offer_protect_attrs(&o, &ours[0], 1, a, 28800, 0);
        offer_proposal(&o, 1, ISAKMP_PROTO_ESP, an_spi, 4);
        offer_transform(&o, 1, e->transform);
        offer_protect_attrs(&o, e, 1, b, 28800, 0);
        p.pfs_group = 0;
        assert_int_equal(choose_child(&p, offer_body(&o)),
                         a == b ? ISAKMP_OK : ISAKMP_D_NO_PROPOSAL);
        if (a == b)
            assert_int_equal(bundle.group, a);
    }
    p.pfs_group = ISAKMP_GROUP_MODP_2048;
    assert_int_equal(choose_child(&p, offer_protects(&o, ours, 2)), ISAKMP_D_NO_PROPOSAL);
    /* A group that is beyond us is not accepted, even if our own policy names it. */
    p = child_of(&ours[1], 1);
    p.pfs_group = ISAKMP_GROUP_MODP_2048;
    begin_child();
    offer_protect_attrs(&o, e, 1, 14, 28800, 0);
    assert_int_equal(choose_child(&p, offer_body(&o)), ISAKMP_OK);
    means.max_dh = 255;
    begin_child();
    offer_protect_attrs(&o, e, 1, 14, 28800, 0);
    assert_int_equal(choose_child(&p, offer_body(&o)), ISAKMP_D_NO_PROPOSAL);
    p.pfs_group = 0;
    begin_child();
    offer_protect_attrs(&o, e, 1, 14, 28800, 0);
    assert_int_equal(choose_child(&p, offer_body(&o)), ISAKMP_D_NO_PROPOSAL);
}

/* Behind a NAT the encapsulation has another number, in the drafts of NAT traversal yet another. */
static void test_child_encapsulation(void **state)
{
    static const uint16_t values[] = {0, 1, 2, 3, 4, 5, 61442, 61443, 61444, 61445};
    isakmp_protect ours = plain_esp(1);
    isakmp_child_policy p = child_of(&ours, 1);
    (void)state;
    for (unsigned mode = 1; mode <= 2; mode++)
        for (unsigned udp = 0; udp < 4; udp++)
            for (unsigned i = 0; i < COUNT(values); i++) {
                static const uint16_t first[] = {1, 3, 61443, 61443};
                uint16_t v = values[i];
                p.mode = (uint8_t)mode;
                means.udp = (uint8_t)udp;
                begin_child();
                offer_protect_attrs(&o, &ours, v, 0, 28800, 0);
                /* What is not said is as it should be. */
                assert_int_equal(choose_child(&p, offer_body(&o)),
                                 v == 0 || v == first[udp] + mode - 1 ? ISAKMP_OK
                                                                      : ISAKMP_D_NO_PROPOSAL);
            }
}

/* T-14: SPIs of the wrong size, and those that are reserved. */
static void test_child_spis(void **state)
{
    static const uint8_t octets[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    isakmp_protect ours = plain_esp(1);
    isakmp_child_policy p = child_of(&ours, 1);
    (void)state;
    for (size_t n = 0; n <= 8; n++) {
        offer_begin(&o, 1, 1);
        offer_proposal(&o, 1, ISAKMP_PROTO_ESP, octets, n);
        offer_transform(&o, 1, ours.transform);
        offer_protect_attrs(&o, &ours, 1, 0, 28800, 0);
        assert_int_equal(choose_child(&p, offer_body(&o)), n == 4 ? ISAKMP_OK : ISAKMP_D_SPI);
    }
    for (uint32_t spi = 0; spi < 300; spi++) {
        uint8_t four[4];
        isakmp__put32(four, spi);
        offer_begin(&o, 1, 1);
        offer_proposal(&o, 1, ISAKMP_PROTO_ESP, four, 4);
        offer_transform(&o, 1, ours.transform);
        offer_protect_attrs(&o, &ours, 1, 0, 28800, 0);
        assert_int_equal(choose_child(&p, offer_body(&o)), spi > 255 ? ISAKMP_OK : ISAKMP_D_SPI);
    }
}

/* A proposal whose SPI cannot be is discarded, and no other with it [RFC2408 5.5]. */
static void test_child_spis_of_several(void **state)
{
    isakmp_protect ours[2], other = plain_esp(1);
    isakmp_child_policy p = child_of(ours, 2);
    (void)state;
    ours[0] = plain_esp(1);
    ours[1] = protect_of(2, ISAKMP_PROTO_ESP, ISAKMP_ESP_3DES, 0, ISAKMP_INTEG_HMAC_SHA1);
    other.integ = ISAKMP_INTEG_HMAC_SHA512;
    for (unsigned bad = 0; bad < 16; bad++) {
        unsigned best;
        offer_begin(&o, 1, 1);
        for (unsigned i = 0; i < 4; i++) { /* the best, something else, the second best, the best */
            const isakmp_protect *t = i == 1 ? &other : &ours[i == 2];
            offer_proposal(&o, (uint8_t)(i + 1), t->proto, bad >> i & 1 ? "\0\0\0\7" : "\7\0\0\0",
                           4);
            offer_transform(&o, 1, t->transform);
            offer_protect_attrs(&o, t, 1, 0, 28800, 0);
        }
        best = !(bad & 1) ? 1 : !(bad & 8) ? 4 : !(bad & 4) ? 3 : 0;
        assert_int_equal(choose_child(&p, offer_body(&o)), best ? ISAKMP_OK : ISAKMP_D_SPI);
        if (best)
            assert_int_equal(bundle.proposal, best);
    }
}

/* Protocols that are offered together must be those of one of our sets, each once, in whatever order. */
static void test_child_sets(void **state)
{
    isakmp_protect ours[3], both[2], theirs[3];
    isakmp_child_policy p = child_of(ours, 2);
    (void)state;
    ours[0] = both[0] = plain_ah(1);
    ours[1] = both[1] = plain_esp(1);
    assert_int_equal(choose_child(&p, offer_protects(&o, both, 2)), ISAKMP_OK);
    assert_int_equal(bundle.n, 2);
    theirs[0] = both[1];
    theirs[1] = both[0];
    assert_int_equal(choose_child(&p, offer_protects(&o, theirs, 2)), ISAKMP_OK);
    assert_int_equal(bundle.protect[0].proto, ISAKMP_PROTO_ESP);
    assert_int_equal(bundle.protect[1].proto, ISAKMP_PROTO_AH);
    /* One alone, as two alternatives, a third besides, one of them twice. */
    assert_int_equal(choose_child(&p, offer_protects(&o, both, 1)), ISAKMP_D_NO_PROPOSAL);
    assert_int_equal(choose_child(&p, offer_protects(&o, both + 1, 1)), ISAKMP_D_NO_PROPOSAL);
    theirs[0] = both[0];
    theirs[1] = both[1];
    theirs[1].set = 2;
    assert_int_equal(choose_child(&p, offer_protects(&o, theirs, 2)), ISAKMP_D_NO_PROPOSAL);
    theirs[0] = theirs[1] = theirs[2] = both[1];
    assert_int_equal(choose_child(&p, offer_protects(&o, theirs, 2)), ISAKMP_D_NO_PROPOSAL);
    theirs[0] = theirs[1] = both[0];
    assert_int_equal(choose_child(&p, offer_protects(&o, theirs, 2)), ISAKMP_D_NO_PROPOSAL);
    theirs[1] = both[1];
    assert_int_equal(choose_child(&p, offer_protects(&o, theirs, 3)), ISAKMP_D_NO_PROPOSAL);
    /* More is offered than we want. */
    p = child_of(&ours[1], 1);
    assert_int_equal(choose_child(&p, offer_protects(&o, both, 2)), ISAKMP_D_NO_PROPOSAL);
    /* Among several sets the right one is found. */
    ours[2] = ours[1];
    ours[2].set = 2;
    p = child_of(ours, 3);
    assert_int_equal(choose_child(&p, offer_protects(&o, both + 1, 1)), ISAKMP_OK);
    assert_int_equal(bundle.n, 1);
}

/* Several transforms in one proposal. */
static void test_child_transforms(void **state)
{
    isakmp_protect ours = plain_esp(1);
    isakmp_child_policy p = child_of(&ours, 1);
    (void)state;
    offer_begin(&o, 1, 1);
    offer_proposal(&o, 1, ISAKMP_PROTO_ESP, an_spi, 4);
    for (uint8_t i = 1; i < 6; i++) {
        offer_transform(&o, i, i == 4 ? ours.transform : ISAKMP_ESP_3DES);
        offer_protect_attrs(&o, &ours, 1, 0, 28800, 0);
    }
    assert_int_equal(choose_child(&p, offer_body(&o)), ISAKMP_OK);
    assert_int_equal(bundle.transform[0], 4);
}

static void test_child_form(void **state)
{
    isakmp_protect ours[2];
    isakmp_child_policy p = child_of(ours, 2);
    isakmp_span body;
    (void)state;
    ours[0] = plain_ah(1);
    ours[1] = plain_esp(1);
    offer_begin(&o, 3, 1);
    assert_int_equal(choose_child(&p, offer_body(&o)), ISAKMP_D_DOI);
    offer_begin(&o, 1, 4);
    assert_int_not_equal(choose_child(&p, offer_body(&o)), ISAKMP_OK);
    offer_begin(&o, 1, 1);
    assert_int_equal(choose_child(&p, offer_body(&o)), ISAKMP_D_PROPOSAL_SYNTAX);
    body = offer_protects(&o, ours, 2);
    for (size_t n = 0; n < body.n; n++)
        assert_int_not_equal(choose_child(&p, isakmp__span(body.p, n)), ISAKMP_OK);
}

/* The shorter life of two protocols counts; without any it is 28,800 seconds. */
static void test_child_lifetimes(void **state)
{
    isakmp_protect ours[2];
    isakmp_child_policy p = child_of(ours, 2);
    (void)state;
    ours[0] = plain_ah(1);
    ours[1] = plain_esp(1);
    p.life_mode = ISAKMP_LIFE_OBEY;
    offer_begin(&o, 1, 1);
    offer_proposal(&o, 1, ISAKMP_PROTO_AH, an_spi, 4);
    offer_transform(&o, 1, ISAKMP_AH_SHA1);
    offer_protect_attrs(&o, &ours[0], 1, 0, 1000, 0);
    offer_proposal(&o, 1, ISAKMP_PROTO_ESP, an_spi, 4);
    offer_transform(&o, 1, ours[1].transform);
    offer_protect_attrs(&o, &ours[1], 1, 0, 0, 700);
    assert_int_equal(choose_child(&p, offer_body(&o)), ISAKMP_OK);
    assert_int_equal(bundle.life.seconds, 1000);
    assert_int_equal(bundle.life.kilobytes, 700);
    p = child_of(&ours[1], 1);
    begin_child();
    offer_protect_attrs(&o, &ours[1], 1, 0, 0, 0);
    assert_int_equal(choose_child(&p, offer_body(&o)), ISAKMP_OK);
    assert_int_equal(bundle.life.seconds, 28800);
    p.life_s = 28799;
    begin_child();
    offer_protect_attrs(&o, &ours[1], 1, 0, 0, 0);
    assert_int_equal(choose_child(&p, offer_body(&o)), ISAKMP_OK);
    assert_int_equal(bundle.life.seconds, 28799);
    assert_int_equal(bundle.life.announce, 1);
}

/* ---- Phase 2: the initiator ------------------------------------------------------------------------------ */

static unsigned confirm_child(const isakmp_child_policy *p, isakmp_span body)
{
    uint8_t *exact = bytes_copy(body);
    unsigned rc;
    memset(&bundle, 0, sizeof bundle);
    rc = isakmp__confirm_child(&bundle, p, &means, isakmp__span(exact, body.n));
    free(exact);
    return rc;
}

static void test_confirm_child(void **state)
{
    isakmp_protect ours[3], t;
    isakmp_child_policy p = child_of(ours, 3);
    (void)state;
    ours[0] = plain_ah(1);
    ours[1] = plain_esp(1);
    ours[2] = protect_of(2, ISAKMP_PROTO_ESP, ISAKMP_ESP_3DES, 0, ISAKMP_INTEG_HMAC_SHA384);
    assert_int_equal(confirm_child(&p, offer_protects(&o, ours, 2)), ISAKMP_OK);
    assert_int_equal(bundle.n, 2);
    assert_int_equal(confirm_child(&p, offer_protects(&o, ours + 2, 1)), ISAKMP_OK);
    assert_int_equal(bundle.n, 1);
    /* Both sets, half of one, something else, one protocol twice. */
    assert_int_equal(confirm_child(&p, offer_protects(&o, ours, 3)), ISAKMP_D_PROPOSAL_SYNTAX);
    assert_int_equal(confirm_child(&p, offer_protects(&o, ours + 1, 1)), ISAKMP_D_CHOICE);
    t = ours[2];
    t.integ = ISAKMP_INTEG_HMAC_SHA1;
    assert_int_equal(confirm_child(&p, offer_protects(&o, &t, 1)), ISAKMP_D_CHOICE);
    {
        isakmp_protect twice[2];
        twice[0] = twice[1] = ours[1];
        assert_int_equal(confirm_child(&p, offer_protects(&o, twice, 2)), ISAKMP_D_CHOICE);
    }
    /* Two transforms. */
    begin_child();
    offer_protect_attrs(&o, &ours[1], 1, 0, 28800, 0);
    offer_transform(&o, 2, ISAKMP_ESP_3DES);
    assert_int_equal(confirm_child(&p, offer_body(&o)), ISAKMP_D_PROPOSAL_SYNTAX);
}

/* Every attribute as it was offered: the lifetimes, the encapsulation, the group. */
static void test_confirm_child_attributes(void **state)
{
    isakmp_protect ours = plain_esp(1);
    isakmp_child_policy p = child_of(&ours, 1);
    const struct {
        uint16_t encap, group;
        uint32_t life_s, life_kb;
        unsigned rc;
    } cases[] = {{1, 2, 3600, 500, ISAKMP_OK},        {0, 2, 3600, 500, ISAKMP_D_CHOICE},
                 {2, 2, 3600, 500, ISAKMP_D_CHOICE},  {1, 0, 3600, 500, ISAKMP_D_CHOICE},
                 {1, 14, 3600, 500, ISAKMP_D_CHOICE}, {1, 2, 3599, 500, ISAKMP_D_CHOICE},
                 {1, 2, 3601, 500, ISAKMP_D_CHOICE},  {1, 2, 0, 500, ISAKMP_D_CHOICE},
                 {1, 2, 3600, 499, ISAKMP_D_CHOICE},  {1, 2, 3600, 501, ISAKMP_D_CHOICE},
                 {1, 2, 3600, 0, ISAKMP_D_CHOICE},    {1, 2, 500, 3600, ISAKMP_D_CHOICE}};
    (void)state;
    p.pfs_group = ISAKMP_GROUP_MODP_1024;
    p.life_s = 3600;
    p.life_kb = 500;
    for (uint8_t mode = 0; mode <= ISAKMP_LIFE_EXACT; mode++)
        for (unsigned i = 0; i < COUNT(cases); i++) {
            p.life_mode = mode;
            begin_child();
            offer_protect_attrs(&o, &ours, cases[i].encap, cases[i].group, cases[i].life_s,
                                cases[i].life_kb);
            if (confirm_child(&p, offer_body(&o)) != cases[i].rc)
                fail_msg("case %u, mode %u", i, mode);
        }
    /* With one more than was offered, and with one twice and another left out. */
    for (unsigned i = 0; i < 2; i++) {
        begin_child();
        offer_protect_attrs(&o, &ours, i ? 0 : 1, 2, 3600, 500);
        offer_attr(&o, ISAKMP_SA_ATTR_AUTH, ours.integ);
        assert_int_equal(confirm_child(&p, offer_body(&o)), ISAKMP_D_CHOICE);
    }
    /* In another order and form. */
    begin_child();
    offer_long(&o, ISAKMP_SA_ATTR_LIFE_TYPE, ISAKMP_LIFE_KILOBYTES, 2);
    offer_long(&o, ISAKMP_SA_ATTR_LIFE_DURATION, 500, 4);
    offer_long(&o, ISAKMP_SA_ATTR_GROUP, 2, 2);
    offer_long(&o, ISAKMP_SA_ATTR_LIFE_TYPE, ISAKMP_LIFE_SECONDS, 2);
    offer_attr(&o, ISAKMP_SA_ATTR_LIFE_DURATION, 3600);
    offer_attr(&o, ISAKMP_SA_ATTR_AUTH, ours.integ);
    offer_attr(&o, ISAKMP_SA_ATTR_KEY_LENGTH, 128);
    offer_attr(&o, ISAKMP_SA_ATTR_ENCAP, 1);
    assert_int_equal(confirm_child(&p, offer_body(&o)), ISAKMP_OK);
    /* Seconds and kilobytes with each other's numbers. */
    begin_child();
    offer_attr(&o, ISAKMP_SA_ATTR_LIFE_TYPE, ISAKMP_LIFE_KILOBYTES);
    offer_attr(&o, ISAKMP_SA_ATTR_LIFE_DURATION, 3600);
    offer_attr(&o, ISAKMP_SA_ATTR_LIFE_TYPE, ISAKMP_LIFE_SECONDS);
    offer_attr(&o, ISAKMP_SA_ATTR_LIFE_DURATION, 500);
    offer_attr(&o, ISAKMP_SA_ATTR_GROUP, 2);
    offer_attr(&o, ISAKMP_SA_ATTR_AUTH, ours.integ);
    offer_attr(&o, ISAKMP_SA_ATTR_KEY_LENGTH, 128);
    offer_attr(&o, ISAKMP_SA_ATTR_ENCAP, 1);
    assert_int_equal(confirm_child(&p, offer_body(&o)), ISAKMP_D_CHOICE);
}

/* A choice with a group that was not offered adds what was not asked for. */
static void test_confirm_child_without_group(void **state)
{
    isakmp_protect ours = plain_esp(1);
    isakmp_child_policy p = child_of(&ours, 1);
    (void)state;
    begin_child();
    offer_protect_attrs(&o, &ours, 1, 2, 28800, 0);
    assert_int_equal(confirm_child(&p, offer_body(&o)), ISAKMP_D_CHOICE);
    begin_child();
    offer_protect_attrs(&o, &ours, 1, 0, 28800, 0);
    assert_int_equal(confirm_child(&p, offer_body(&o)), ISAKMP_OK);
    /* The SPI of the answer is the peer's, and looked at like any other. */
    offer_begin(&o, 1, 1);
    offer_proposal(&o, 1, ISAKMP_PROTO_ESP, "\0\0\0\1", 4);
    offer_transform(&o, 1, ours.transform);
    offer_protect_attrs(&o, &ours, 1, 0, 28800, 0);
    assert_int_equal(confirm_child(&p, offer_body(&o)), ISAKMP_D_SPI);
}

/* ---- Both sides together ------------------------------------------------------------------------------------ */

/* What one side offers the other chooses from, and the first one confirms: for all sorts of sets. */
static void test_offer_choose_return_confirm(void **state)
{
    isakmp_protect sets[4];
    const isakmp__spis mine = {0x1001, 0x1002}, yours = {0x2001, 0x2002};
    (void)state;
    sets[0] = plain_ah(1);
    sets[1] = plain_esp(1);
    sets[2] = protect_of(2, ISAKMP_PROTO_ESP, ISAKMP_ESP_AES_GCM_16, 256, 0);
    sets[3] = plain_ah(3);
    for (unsigned i = 0; i < 64; i++) {
        isakmp_child_policy a = child_of(sets, 4), b = child_of(sets + (i & 2), i & 2 ? 2 : 4);
        uint8_t offered[600], returned[600];
        static const isakmp_header h;
        isakmp__bundle chosen_by_b, confirmed_by_a;
        isakmp_writer w;
        a.mode = b.mode = i & 1 ? ISAKMP_MODE_TRANSPORT : ISAKMP_MODE_TUNNEL;
        a.pfs_group = i & 4 ? ISAKMP_GROUP_MODP_2048 : 0;
        b.pfs_group = i & 8 ? a.pfs_group : 0;
        a.life_s = i & 16 ? 100000 : 0;
        a.life_kb = i & 32 ? 70000 : 0;
        means.udp = (uint8_t)(i % 3);
        isakmp_wr_init(&w, offered, sizeof offered);
        isakmp_wr_header(&w, &h);
        assert_int_equal(isakmp__offer_child(&w, &a, &means, &mine), 3);
        assert_int_equal(isakmp_wr_end(&w), ISAKMP_OK);
        assert_int_equal(
            isakmp__choose_child(&chosen_by_b, &b, &means, isakmp__span(offered + 32, w.len - 32)),
            ISAKMP_OK);
        assert_int_equal(chosen_by_b.n, i & 2 ? 1 : 2);
        assert_int_equal(chosen_by_b.spi[0], i & 2 ? 0x1002 : 0x1001);
        isakmp_wr_init(&w, returned, sizeof returned);
        isakmp_wr_header(&w, &h);
        isakmp__return_child(&w, &chosen_by_b, &yours);
        assert_int_equal(isakmp_wr_end(&w), ISAKMP_OK);
        assert_int_equal(isakmp__confirm_child(&confirmed_by_a, &a, &means,
                                               isakmp__span(returned + 32, w.len - 32)),
                         ISAKMP_OK);
        assert_int_equal(confirmed_by_a.n, chosen_by_b.n);
        assert_int_equal(confirmed_by_a.spi[0], i & 2 ? 0x2002 : 0x2001);
        assert_int_equal(confirmed_by_a.group, a.pfs_group);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_own_order_wins, fresh),
        cmocka_unit_test_setup(test_everything_must_be_equal, fresh),
        cmocka_unit_test_setup(test_lifetime_rule, fresh),
        cmocka_unit_test_setup(test_unusable_policies, fresh),
        cmocka_unit_test_setup(test_order_of_attributes, fresh),
        cmocka_unit_test_setup(test_attributes_twice_or_unknown, fresh),
        cmocka_unit_test_setup(test_attributes_again, fresh),
        cmocka_unit_test_setup(test_T05_every_value, fresh),
        cmocka_unit_test_setup(test_T11_values_in_long_form, fresh),
        cmocka_unit_test_setup(test_T11_values_too_large, fresh),
        cmocka_unit_test_setup(test_T11_key_lengths, fresh),
        cmocka_unit_test_setup(test_form_of_phase_1, fresh),
        cmocka_unit_test_setup(test_many_transforms, fresh),
        cmocka_unit_test_setup(test_return_phase1, fresh),
        cmocka_unit_test_setup(test_confirm_phase1, fresh),
        cmocka_unit_test_setup(test_confirm_form_of_phase_1, fresh),
        cmocka_unit_test_setup(test_child_own_order_wins, fresh),
        cmocka_unit_test_setup(test_child_everything_must_be_equal, fresh),
        cmocka_unit_test_setup(test_T05_every_value_of_phase_2, fresh),
        cmocka_unit_test_setup(test_child_attributes_twice_or_unknown, fresh),
        cmocka_unit_test_setup(test_child_attributes_again, fresh),
        cmocka_unit_test_setup(test_child_groups, fresh),
        cmocka_unit_test_setup(test_child_weak_groups, fresh),
        cmocka_unit_test_setup(test_child_encapsulation, fresh),
        cmocka_unit_test_setup(test_child_spis, fresh),
        cmocka_unit_test_setup(test_child_spis_of_several, fresh),
        cmocka_unit_test_setup(test_child_sets, fresh),
        cmocka_unit_test_setup(test_child_transforms, fresh),
        cmocka_unit_test_setup(test_child_form, fresh),
        cmocka_unit_test_setup(test_child_lifetimes, fresh),
        cmocka_unit_test_setup(test_confirm_child, fresh),
        cmocka_unit_test_setup(test_confirm_child_attributes, fresh),
        cmocka_unit_test_setup(test_confirm_child_without_group, fresh),
        cmocka_unit_test_setup(test_offer_choose_return_confirm, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
