/* test_policy_offer.c -- what is offered: the order of priorities, the built-in policy, what is left out,
 * and the octets of it; and policies as text. */
#include "unit/offers.h"

static isakmp__means means;
static uint8_t buf[9000];
static isakmp_writer w;

static int fresh(void **state)
{
    static const isakmp_header h;
    (void)state;
    means = all_means();
    isakmp_wr_init(&w, buf, sizeof buf);
    isakmp_wr_header(&w, &h);
    return 0;
}

static isakmp_span body(void)
{
    assert_int_equal(isakmp_wr_end(&w), ISAKMP_OK);
    return isakmp__span(buf + 32, w.len - 32);
}

/* ---- Order ------------------------------------------------------------------------------------ */

static void check_order(const isakmp_peer_policy *p, const unsigned *want, unsigned n)
{
    const isakmp_policy *q = NULL;
    for (unsigned i = 0; i < n; i++) {
        q = isakmp__policy_next(p, q);
        assert_non_null(q);
        assert_int_equal(q->priority, want[i]);
    }
    assert_null(isakmp__policy_next(p, q));
}

static void test_priorities(void **state)
{
    static const unsigned want[] = {1, 2, 30, 500, 10000, ISAKMP_DEFAULT_PRIORITY};
    static const unsigned only[] = {ISAKMP_DEFAULT_PRIORITY};
    static const uint16_t places[] = {500, 1, 10000, 30, 2};
    isakmp_policy all[5];
    isakmp_peer_policy p = peer_of(all, 5);
    (void)state;
    for (unsigned i = 0; i < 5; i++)
        all[i] = plain_policy(places[i]);
    check_order(&p, want, 5);
    p.flags = ISAKMP_PF_DEFAULT_POLICY;
    check_order(&p, want, 6);
    p.n_policies = 0;
    check_order(&p, only, 1);
    p.flags = 0;
    check_order(&p, NULL, 0);
}

/* DES, SHA-1, RSA signatures, the 768-bit group, a day. */
static void test_built_in_policy(void **state)
{
    isakmp_peer_policy p = peer_of(NULL, 0);
    const isakmp_policy *q;
    (void)state;
    p.flags = ISAKMP_PF_DEFAULT_POLICY;
    q = isakmp__policy_next(&p, NULL);
    assert_int_equal(q->cipher, ISAKMP_CIPHER_DES);
    assert_int_equal(q->key_bits, 0);
    assert_int_equal(q->hash, ISAKMP_HASH_SHA1);
    assert_int_equal(q->auth, ISAKMP_AUTH_RSA_SIG);
    assert_int_equal(q->group, ISAKMP_GROUP_MODP_768);
    assert_int_equal(isakmp__policy_life(q).seconds, 86400);
}

/* ---- What is left out ---------------------------------------------------------------------------- */

static void test_unusable(void **state)
{
    isakmp_policy p = plain_policy(1);
    isakmp_policy like;
    (void)state;
    assert_null(isakmp__policy_unusable(&p, &means));
    means.methods = 0;
    assert_string_equal(isakmp__policy_unusable(&p, &means),
                        "key material of ours that is missing");
    means = all_means();
    means.max_dh = 127;
    assert_string_equal(isakmp__policy_unusable(&p, &means),
                        "an algorithm of ours that is not available here");
    means = all_means();
    like = p;
    like.group = ISAKMP_GROUP_MODP_2048;
    means.like = &like;
    assert_string_equal(isakmp__policy_unusable(&p, &means),
                        "a group that this exchange cannot negotiate");
    like = p;
    like.auth = ISAKMP_AUTH_RSA_ENCR;
    means.like = &like;
    assert_string_equal(isakmp__policy_unusable(&p, &means),
                        "an authentication method that this exchange cannot negotiate");
    means = all_means();
    p.auth = ISAKMP_AUTH_RSA_SIG;
    assert_string_equal(isakmp__policy_unusable(&p, &means),
                        "key material of ours that is missing");
    /* T-85: each algorithm in turn. */
    for (unsigned kind = ISAKMP_CAN_CIPHER; kind <= ISAKMP_CAN_GROUP; kind++) {
        means = all_means();
        p = plain_policy(1);
        provider.deny[kind] = UINT32_MAX;
        assert_string_equal(isakmp__policy_unusable(&p, &means),
                            "an algorithm of ours that is not available here");
    }
}

static uint8_t family_of(uint32_t method)
{
    switch (method) {
    case ISAKMP_AUTH_PSK:
        return ISAKMP__AUTH_PSK;
    case ISAKMP_AUTH_RSA_SIG:
    case ISAKMP_AUTH_ECDSA_P256_SHA256:
    case ISAKMP_AUTH_ECDSA_P384_SHA384:
    case ISAKMP_AUTH_ECDSA_P521_SHA512:
        return ISAKMP__AUTH_SIG;
    case ISAKMP_AUTH_XAUTH_INIT_RSA:
    case ISAKMP_AUTH_XAUTH_RESP_RSA:
        return ISAKMP__AUTH_SIG;
    case ISAKMP_AUTH_XAUTH_INIT_PSK:
    case ISAKMP_AUTH_XAUTH_RESP_PSK:
        return ISAKMP__AUTH_PSK;
    case ISAKMP_AUTH_RSA_ENCR:
    case ISAKMP_AUTH_XAUTH_INIT_ENCR:
    case ISAKMP_AUTH_XAUTH_RESP_ENCR:
        return ISAKMP__AUTH_PKE;
    case ISAKMP_AUTH_RSA_ENCR_REV:
    case ISAKMP_AUTH_XAUTH_INIT_REV:
    case ISAKMP_AUTH_XAUTH_RESP_REV:
        return ISAKMP__AUTH_REV;
    case ISAKMP_AUTH_HYBRID_INIT_RSA:
        return ISAKMP__AUTH_HYI;
    case ISAKMP_AUTH_HYBRID_RESP_RSA:
        return ISAKMP__AUTH_HYR;
    default:
        return 0;
    }
}

/* Each method has its family and a bit of its own, and nothing else has either. */
static void test_families(void **state)
{
    uint32_t bits = 0;
    (void)state;
    for (uint32_t method = 0; method <= 0xffff; method++) {
        uint32_t bit = isakmp__auth_bit((uint16_t)method);
        assert_int_equal(isakmp__auth_family((uint16_t)method), family_of(method));
        assert_int_equal(bit != 0, family_of(method) != 0);
        assert_int_equal(bits & bit, 0);
        assert_int_equal(isakmp__auth_bits(family_of(method)) & bit, bit);
        if (bit && method < 32)
            assert_int_equal(bit, UINT32_C(1) << method);
        bits |= bit;
    }
    assert_int_equal(isakmp__auth_bits(ISAKMP__AUTH_ANY), bits);
}

/* Phase 1 of a method with XAUTH is that of one without it; the first of each two is for a client that begins. */
static void test_extended_methods(void **state)
{
    static const uint16_t bases[] = {ISAKMP_AUTH_PSK, ISAKMP_AUTH_DSS_SIG, ISAKMP_AUTH_RSA_SIG,
                                     ISAKMP_AUTH_RSA_ENCR, ISAKMP_AUTH_RSA_ENCR_REV};
    uint32_t hybrid = isakmp__auth_bits(ISAKMP__AUTH_HYI | ISAKMP__AUTH_HYR), bits = 0;
    (void)state;
    for (uint16_t auth = 65001; auth <= 65010; auth++) {
        uint16_t base = bases[(auth - 65001) / 2];
        if (base == ISAKMP_AUTH_DSS_SIG)
            continue;
        assert_int_equal(isakmp__auth_base(auth), base);
        assert_int_equal(isakmp__auth_family(auth), isakmp__auth_family(base));
        assert_int_equal(isakmp__auth_user(auth), auth & 1 ? ISAKMP__USER_I : ISAKMP__USER_R);
        assert_int_equal(isakmp__auth_user(base), ISAKMP__USER_NONE);
        assert_int_equal(isakmp__auth_extended(isakmp__auth_bit(base)) & isakmp__auth_bit(auth),
                         isakmp__auth_bit(auth));
        bits |= isakmp__auth_bit(auth);
    }
    assert_int_equal(isakmp__auth_user(ISAKMP_AUTH_HYBRID_INIT_RSA), ISAKMP__USER_I);
    assert_int_equal(isakmp__auth_user(ISAKMP_AUTH_HYBRID_RESP_RSA), ISAKMP__USER_R);
    assert_int_equal(isakmp__auth_user_bits(), bits | hybrid);
    assert_int_equal(isakmp__auth_extended(UINT32_MAX), bits);
    assert_int_equal(isakmp__auth_extended(0), 0);
}

/* Who signs, and whose keys are proof. */
static void test_what_families_do(void **state)
{
    (void)state;
    assert_int_equal(isakmp__auth_signs(ISAKMP_AUTH_HYBRID_INIT_RSA, 0), 1);
    assert_int_equal(isakmp__auth_signs(ISAKMP_AUTH_HYBRID_INIT_RSA, 1), 0);
    assert_int_equal(isakmp__auth_signs(ISAKMP_AUTH_HYBRID_RESP_RSA, 1), 1);
    assert_int_equal(isakmp__auth_signs(ISAKMP_AUTH_HYBRID_RESP_RSA, 0), 0);
    assert_int_equal(isakmp__auth_signs(ISAKMP_AUTH_RSA_ENCR, 1), 0);
    assert_int_equal(isakmp__keys_prove(ISAKMP_AUTH_RSA_ENCR), 1);
    assert_int_equal(isakmp__keys_prove(ISAKMP_AUTH_RSA_ENCR_REV), 1);
    assert_int_equal(isakmp__keys_prove(ISAKMP_AUTH_PSK), 1);
    assert_int_equal(isakmp__keys_prove(ISAKMP_AUTH_RSA_SIG), 0);
    assert_int_equal(isakmp__keys_prove(ISAKMP_AUTH_HYBRID_INIT_RSA), 0);
    assert_int_equal(isakmp__keys_prove(ISAKMP_AUTH_HYBRID_RESP_RSA), 0);
    assert_int_equal(isakmp__auth_base(ISAKMP_AUTH_HYBRID_INIT_RSA), ISAKMP_AUTH_RSA_SIG);
    assert_int_equal(isakmp__auth_base(ISAKMP_AUTH_ECDSA_P384_SHA384),
                     ISAKMP_AUTH_ECDSA_P384_SHA384);
}

/* ---- Octets -------------------------------------------------------------------------------------- */

static void test_offer_of_phase_1(void **state)
{
    static const char want[] = "00000001 00000001"                   /* IPsec, identity only */
                               "00000050 01010002"                   /* proposal 1, 2 transforms */
                               "03000028 01010000 80010007 800e0100" /* aes, 256 */
                               "80020004 80030001 8004000e 800b0001" /* sha256, psk, 14, seconds */
                               "000c0004 00015180"                   /* 86400 */
                               "00000020 02010000 80010005 80020002" /* 3des, sha1 */
                               "80030001 80040002 800b0001 800c0e10";
    isakmp_policy all[3];
    isakmp_peer_policy p = peer_of(all, 3);
    uint8_t octets[200];
    size_t n = bytes_hex(octets, sizeof octets, want);
    (void)state;
    all[0] = plain_policy(20);
    all[0].cipher = ISAKMP_CIPHER_3DES;
    all[0].key_bits = 0;
    all[0].life_s = 3600;
    all[1] = plain_policy(10);
    all[1].key_bits = 256;
    all[1].hash = ISAKMP_HASH_SHA256;
    all[1].group = ISAKMP_GROUP_MODP_2048;
    all[2] = plain_policy(5);
    all[2].auth = ISAKMP_AUTH_RSA_SIG;  /* left out: no key material */
    p.flags = ISAKMP_PF_DEFAULT_POLICY; /* left out, too */
    assert_int_equal(isakmp__offer_phase1(&w, &p, &means), 2);
    assert_span_equal(body(), isakmp__span(octets, n));
}

/* Nothing to offer: nothing is written. */
static void test_no_offer_of_phase_1(void **state)
{
    isakmp_policy one = plain_policy(1);
    isakmp_peer_policy p = peer_of(&one, 1);
    isakmp_writer before = w;
    (void)state;
    means.methods = 0;
    assert_int_equal(isakmp__offer_phase1(&w, &p, &means), 0);
    assert_int_equal(w.len, before.len);
    assert_int_equal(w.fault, 0);
    assert_int_equal(w.next_at, before.next_at);
    assert_int_equal(buf[16], ISAKMP_PAYLOAD_NONE);
}

static void test_offer_of_phase_2(void **state)
{
    isakmp_protect sets[3];
    isakmp_child_policy p = child_of(sets, 3);
    const isakmp__spis spis = {0x1111, 0x2222};
    isakmp_sa_body sa;
    isakmp_proposal q;
    isakmp_transform t;
    isakmp_reader r, ts;
    unsigned n = 0;
    (void)state;
    sets[0] = plain_ah(7);
    sets[1] = plain_esp(7);
    sets[2] = protect_of(9, ISAKMP_PROTO_ESP, ISAKMP_ESP_AES_GCM_16, 256, 0);
    p.pfs_group = ISAKMP_GROUP_MODP_2048;
    p.life_s = 86400;
    p.life_kb = 1000;
    assert_int_equal(isakmp__offer_child(&w, &p, &means, &spis), 2);
    assert_int_equal(isakmp_sa_read(&sa, body()), ISAKMP_OK);
    r = isakmp_rd(sa.proposals);
    for (; isakmp_proposal_next(&r, &q) == ISAKMP_OK; n++) {
        static const uint8_t encap[] = {0x80, 4, 0, 1};
        assert_int_equal(q.number, n < 2 ? 1 : 2);
        assert_int_equal(q.protocol, sets[n].proto);
        assert_int_equal(isakmp__get32(q.spi.p), n ? 0x2222 : 0x1111);
        assert_int_equal(q.n_transforms, 1);
        ts = isakmp_rd(q.transforms);
        assert_int_equal(isakmp_transform_next(&ts, &t), ISAKMP_OK);
        assert_int_equal(t.number, 1);
        assert_int_equal(t.id, sets[n].transform);
        assert_memory_equal(t.attrs.p, encap, 4);
    }
    assert_int_equal(n, 3);
}

static void check_attrs2(const isakmp_child_policy *p, const char *hex)
{
    uint8_t octets[64], out[64];
    size_t n = bytes_hex(octets, sizeof octets, hex);
    isakmp_writer a;
    isakmp_wr_init(&a, out, sizeof out);
    isakmp__wr_attrs2(&a, p, p->protect, &means);
    assert_int_equal(a.fault, 0);
    assert_span_equal(isakmp__span(out, a.len), isakmp__span(octets, n));
}

/* The key length stands right after the encapsulation; a lifetime goes with its type. */
static void test_attributes_of_phase_2(void **state)
{
    isakmp_protect t = plain_esp(1);
    isakmp_child_policy p = child_of(&t, 1);
    (void)state;
    check_attrs2(&p, "80040001 80060080 80050002 80010001 80027080");
    p.mode = ISAKMP_MODE_TRANSPORT;
    check_attrs2(&p, "80040002 80060080 80050002 80010001 80027080");
    means.udp = ISAKMP__UDP_RFC;
    check_attrs2(&p, "80040004 80060080 80050002 80010001 80027080");
    means.udp = ISAKMP__UDP_DRAFT;
    check_attrs2(&p, "8004f004 80060080 80050002 80010001 80027080");
    means.udp = ISAKMP__UDP_DRAFT_500;
    check_attrs2(&p, "8004f004 80060080 80050002 80010001 80027080");
    means.udp = ISAKMP__UDP_RFC;
    p.mode = ISAKMP_MODE_TUNNEL;
    p.pfs_group = 14;
    p.life_s = 100000;
    p.life_kb = 4608000;
    t.integ = 0;
    check_attrs2(&p, "80040003 80060080 8003000e 80010001 00020004 000186a0 80010002 00020004 "
                     "00465000");
}

/* ---- Text ------------------------------------------------------------------------------------------ */

static void test_policies_as_text(void **state)
{
    isakmp_policy p = plain_policy(1);
    char text[80];
    (void)state;
    assert_int_equal(isakmp_policy_text(text, sizeof text, &p), strlen("aes128-sha1-modp1024 psk"));
    assert_string_equal(text, "aes128-sha1-modp1024 psk");
    p.key_bits = 256;
    p.hash = ISAKMP_HASH_SHA256;
    p.group = ISAKMP_GROUP_MODP_2048;
    isakmp_policy_text(text, sizeof text, &p);
    assert_string_equal(text, "aes256-sha256-modp2048 psk");
    p.cipher = ISAKMP_CIPHER_3DES;
    p.key_bits = 0;
    p.auth = ISAKMP_AUTH_RSA_SIG;
    isakmp_policy_text(text, sizeof text, &p);
    assert_string_equal(text, "3des-sha256-modp2048 rsa-sig");
    p.cipher = 99;
    p.hash = 98;
    p.group = 997;
    p.auth = 96;
    isakmp_policy_text(text, sizeof text, &p);
    assert_string_equal(text, "99-98-997 96");
    for (size_t cap = 0; cap < 20; cap++) {
        memset(text, '#', sizeof text);
        assert_int_equal(isakmp_policy_text(text, cap, &p), 12);
        if (cap)
            assert_int_equal(text[cap < 13 ? cap - 1 : 12], '\0');
        assert_int_equal(text[cap < 13 ? cap : 13], '#');
    }
}

static void test_protections_as_text(void **state)
{
    char text[80];
    isakmp_protect p = plain_esp(1);
    (void)state;
    isakmp_protect_text(text, sizeof text, &p);
    assert_string_equal(text, "esp aes128-sha1");
    p = plain_ah(1);
    isakmp_protect_text(text, sizeof text, &p);
    assert_string_equal(text, "ah sha1");
    p = protect_of(1, ISAKMP_PROTO_ESP, ISAKMP_ESP_AES_GCM_16, 256, 0);
    isakmp_protect_text(text, sizeof text, &p);
    assert_string_equal(text, "esp aes256gcm16");
    p = protect_of(1, ISAKMP_PROTO_ESP, ISAKMP_ESP_NULL, 0, ISAKMP_INTEG_HMAC_SHA256);
    isakmp_protect_text(text, sizeof text, &p);
    assert_string_equal(text, "esp null-sha256");
    p = protect_of(1, ISAKMP_PROTO_ESP, ISAKMP_ESP_AES_CTR, 192, ISAKMP_INTEG_HMAC_SHA1);
    isakmp_protect_text(text, sizeof text, &p);
    assert_string_equal(text, "esp aes192ctr-sha1");
    p = protect_of(1, ISAKMP_PROTO_ESP, 10, 0, 0); /* the shortest name */
    isakmp_protect_text(text, sizeof text, &p);
    assert_string_equal(text, "esp rc4");
    p.transform = 99;
    isakmp_protect_text(text, sizeof text, &p);
    assert_string_equal(text, "esp 99");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_priorities, fresh),
        cmocka_unit_test_setup(test_built_in_policy, fresh),
        cmocka_unit_test_setup(test_unusable, fresh),
        cmocka_unit_test_setup(test_families, fresh),
        cmocka_unit_test_setup(test_extended_methods, fresh),
        cmocka_unit_test_setup(test_what_families_do, fresh),
        cmocka_unit_test_setup(test_offer_of_phase_1, fresh),
        cmocka_unit_test_setup(test_no_offer_of_phase_1, fresh),
        cmocka_unit_test_setup(test_offer_of_phase_2, fresh),
        cmocka_unit_test_setup(test_attributes_of_phase_2, fresh),
        cmocka_unit_test_setup(test_policies_as_text, fresh),
        cmocka_unit_test_setup(test_protections_as_text, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
