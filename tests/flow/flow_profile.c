/* flow/flow_profile.c -- peer profiles: each tolerance with and without, against a peer that needs it. */
#include "flow/forge.h"

static uint32_t flags_of(const char *profile)
{
    const isakmp_profile *p = isakmp_profile_find(profile);
    assert_non_null(p);
    return p->flags;
}

/* How far it comes with one method of phase 1. */
static int comes_up(uint8_t exchange)
{
    pair_start(&pr);
    pair_connect(&pr, exchange, 1);
    run_for(5000);
    return heard(A, ISAKMP_EV_SA_UP) && heard(B, ISAKMP_EV_SA_UP) && both_up(1);
}

/* Either side is the router. */
static void with_router(uint64_t seed, int router, uint16_t auth, uint32_t habit,
                        const char *profile)
{
    pair_init(&pr, seed);
    for (int i = 0; i < 2; i++)
        pr.p[i].policies[0].auth = auth;
    pr.p[router].peer.flags |= habit;
    if (profile)
        pr.p[1 - router].peer.flags |= flags_of(profile);
}

/* In Aggressive Mode; in Main Mode the responder finds out by itself. */
static void test_cisco_skeyid(void **state)
{
    (void)state;
    for (int router = 0; router < 2; router++) {
        with_router(980, router, ISAKMP_AUTH_RSA_ENCR, ISAKMP_PF_CISCO_SKEYID, NULL);
        assert_false(comes_up(ISAKMP_EXCH_AGGRESSIVE));
        finish();
        with_router(980, router, ISAKMP_AUTH_RSA_ENCR, ISAKMP_PF_CISCO_SKEYID, "cisco-ios");
        assert_true(comes_up(ISAKMP_EXCH_AGGRESSIVE));
        finish();
    }
}

static void test_huawei_rev(void **state)
{
    static const uint8_t exchanges[] = {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_AGGRESSIVE};
    (void)state;
    for (unsigned k = 0; k < 2; k++)
        for (int router = 0; router < 2; router++) {
            with_router(981, router, ISAKMP_AUTH_RSA_ENCR_REV, ISAKMP_PF_HUAWEI_REV, NULL);
            assert_false(comes_up(exchanges[k]));
            finish();
            with_router(981, router, ISAKMP_AUTH_RSA_ENCR_REV, ISAKMP_PF_HUAWEI_REV, "huawei");
            assert_true(comes_up(exchanges[k]));
            finish();
        }
}

/* The host is told, in both directions and for whatever protocol; of other algorithms there is nothing to
 * tell. */
static void test_sha256_96(void **state)
{
    static const uint16_t integs[] = {ISAKMP_INTEG_HMAC_SHA1, ISAKMP_INTEG_HMAC_SHA256,
                                      ISAKMP_INTEG_HMAC_SHA384};
    (void)state;
    for (int with = 0; with < 2; with++)
        for (unsigned k = 0; k < COUNT(integs); k++) {
            pair_init(&pr, 982);
            A->protect[0].integ = B->protect[0].integ = integs[k];
            if (with)
                B->peer.flags |= flags_of("android-6");
            come_up(ISAKMP_EXCH_MAIN, 1);
            for (unsigned i = 0; i < 2; i++) {
                assert_int_equal(A->sad[i].e.sha256_96, 0);
                assert_int_equal(B->sad[i].e.sha256_96,
                                 with && integs[k] == ISAKMP_INTEG_HMAC_SHA256);
                assert_int_equal(B->sad[i].e.auth_key.n, A->sad[i].e.auth_key.n);
            }
            finish();
        }
}

/* A peer that takes no lifetime above a day: it is not offered one, in either phase, and what is in use is
 * what was offered. */
static void long_lived(int with, int child)
{
    pair_init(&pr, 983);
    if (child) {
        A->child.life_s = 2147483;
        B->child.life_s = ISAKMP_SHORT_LIFE_S;
        B->child.life_mode = ISAKMP_LIFE_STRICT;
    } else {
        A->policies[0].life_s = 2147483;
        B->policies[0].life_s = ISAKMP_SHORT_LIFE_S;
        B->peer.life_mode = ISAKMP_LIFE_STRICT;
    }
    if (with)
        A->peer.flags |= flags_of("fortigate");
}

static void test_short_life(void **state)
{
    static const uint8_t exchanges[] = {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_AGGRESSIVE};
    (void)state;
    for (unsigned k = 0; k < 2; k++)
        for (int child = 0; child < 2; child++) {
            long_lived(0, child);
            assert_false(comes_up(exchanges[k]));
            run_for(LONG_MS);
            finish();
            long_lived(1, child);
            assert_true(comes_up(exchanges[k]));
            for (int i = 0; i < 2; i++) {
                const peer *p = &pr.p[i];
                assert_int_equal(child ? child_info(p, first_child(p)).life_s
                                       : sa_info(p, first_sa(p)).suite.life_s,
                                 ISAKMP_SHORT_LIFE_S);
            }
            finish();
        }
}

/* A shorter one stays what it is, also with a peer that wants it exactly. */
static void test_short_life_leaves_shorter_ones(void **state)
{
    (void)state;
    pair_init(&pr, 984);
    for (int i = 0; i < 2; i++) {
        pr.p[i].peer.flags |= flags_of("fortigate");
        pr.p[i].peer.life_mode = pr.p[i].child.life_mode = ISAKMP_LIFE_EXACT;
        pr.p[i].policies[0].life_s = 28800;
        pr.p[i].child.life_s = 3600;
    }
    assert_true(comes_up(ISAKMP_EXCH_MAIN));
    assert_int_equal(sa_info(A, first_sa(A)).suite.life_s, 28800);
    assert_int_equal(child_info(A, first_child(A)).life_s, 3600);
    finish();
    /* A day and more on both sides: offered and looked for as a day. */
    pair_init(&pr, 985);
    for (int i = 0; i < 2; i++) {
        pr.p[i].peer.flags |= flags_of("fortigate");
        pr.p[i].child.life_mode = ISAKMP_LIFE_EXACT;
        pr.p[i].child.life_s = 100000;
    }
    assert_true(comes_up(ISAKMP_EXCH_MAIN));
    assert_int_equal(child_info(B, first_child(B)).life_s, ISAKMP_SHORT_LIFE_S);
    finish();
}

/* What FortiGate has sent (openwrt/packages issue 2423): the life type in the numbers of phase 1, the
 * duration in those of phase 2.  Everybody may, without a flag. */
static void test_mixed_responder_lifetime(void **state)
{
    static const uint8_t data[] = {0x80, 0x0b, 0, 1, 0, 2, 0, 4, 0, 0, 0x70, 0x80};
    isakmp_notify n;
    forgery f;
    (void)state;
    pair_init(&pr, 986);
    come_up(ISAKMP_EXCH_MAIN, 1);
    memset(&n, 0, sizeof n);
    n.doi = ISAKMP_DOI_IPSEC;
    n.protocol = ISAKMP_PROTO_ISAKMP;
    n.type = ISAKMP_N_RESPONDER_LIFETIME;
    n.spi = isakmp__sa_cookies(inner_sa(B, first_sa(B)));
    n.data = isakmp__span(data, sizeof data);
    forge_notify(&f, B, first_sa(B), 5, &n);
    assert_int_equal(forge_send(&f, 0), ISAKMP_OK);
    assert_int_equal(sa_info(A, first_sa(A)).suite.life_s, 28800);
    finish();
}

/* The host is shown both forms of the hash, and only then; with RSA only. */
static void test_digest_info(void **state)
{
    static const uint16_t auths[] = {ISAKMP_AUTH_RSA_SIG, ISAKMP_AUTH_ECDSA_P384_SHA384};
    static const uint16_t hashes[] = {ISAKMP_HASH_MD5, ISAKMP_HASH_SHA1, ISAKMP_HASH_SHA256,
                                      ISAKMP_HASH_SHA384, ISAKMP_HASH_SHA512};
    (void)state;
    for (int with = 0; with < 2; with++)
        for (unsigned a = 0; a < COUNT(auths); a++)
            for (unsigned k = 0; k < COUNT(hashes); k++) {
                pair_init(&pr, 988);
                for (int i = 0; i < 2; i++) {
                    pr.p[i].policies[0].auth = auths[a];
                    pr.p[i].policies[0].hash = hashes[k];
                }
                if (with)
                    B->peer.flags |= ISAKMP_PF_DIGEST_INFO;
                assert_true(comes_up(ISAKMP_EXCH_MAIN));
                assert_int_equal(A->digest_info_n, 0);
                assert_int_equal(B->digest_info_n != 0, with && a == 0);
                if (B->digest_info_n)
                    assert_int_equal(B->digest_info_n, isakmp_hash_size(hashes[k]) +
                                                           (hashes[k] == ISAKMP_HASH_MD5    ? 18u
                                                            : hashes[k] == ISAKMP_HASH_SHA1 ? 15u
                                                                                            : 19u));
                finish();
            }
}

/* A FRITZ!Box begins in Aggressive Mode with a pre-shared key: its profile does not let it in, only the flag
 * that says what it costs. */
static void test_nothing_weak_comes_with_a_profile(void **state)
{
    const isakmp_profile *p;
    (void)state;
    for (size_t i = 0; (p = isakmp_profile_get(i)) != NULL; i++) {
        pair_init(&pr, 987);
        B->peer.flags = p->flags;
        assert_false(comes_up(ISAKMP_EXCH_AGGRESSIVE));
        assert_int_equal(last_event(B, ISAKMP_EV_REFUSED)->detail, ISAKMP_D_MODE_REFUSED);
        run_for(LONG_MS);
        finish();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cisco_skeyid),
        cmocka_unit_test(test_huawei_rev),
        cmocka_unit_test(test_sha256_96),
        cmocka_unit_test(test_short_life),
        cmocka_unit_test(test_short_life_leaves_shorter_ones),
        cmocka_unit_test(test_mixed_responder_lifetime),
        cmocka_unit_test(test_digest_info),
        cmocka_unit_test(test_nothing_weak_comes_with_a_profile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
