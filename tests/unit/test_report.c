/* test_report.c -- the mismatch report: one row for each offered transform and each policy, our best first,
 * with the attribute that failed; and each row as a sentence. */
#include "unit/offers.h"

static offer o;
static isakmp_report report;

static void about_peer(const isakmp_peer_policy *p, isakmp_span body)
{
    memset(&report, 0, sizeof report);
    report.peer = p;
    report.means = all_means();
    report.body = body;
}

static void about_child(const isakmp_child_policy *p, isakmp_span body)
{
    memset(&report, 0, sizeof report);
    report.child = p;
    report.means = all_means();
    report.body = body;
}

static void row_is(size_t i, const char *want)
{
    char text[200];
    isakmp_mismatch m;
    size_t n;
    memset(&m, 0xee, sizeof m);
    assert_int_equal(isakmp_report_get(&report, i, &m), ISAKMP_OK);
    n = isakmp_mismatch_text(text, sizeof text, &report, &m);
    assert_string_equal(text, want);
    assert_int_equal(n, strlen(want));
}

static void no_row(size_t i)
{
    isakmp_mismatch m;
    assert_int_equal(isakmp_report_get(&report, i, &m), ISAKMP_NONE);
}

/* ---- Phase 1 ---------------------------------------------------------------------------------- */

/* Offer by offer; for each, our policies, best first. */
static void test_rows_of_phase_1(void **state)
{
    isakmp_policy ours[2], theirs[2];
    isakmp_peer_policy p = peer_of(ours, 2);
    isakmp_mismatch m;
    (void)state;
    ours[0] = plain_policy(20);
    ours[0].hash = ISAKMP_HASH_SHA256;
    ours[1] = plain_policy(10);
    ours[1].group = ISAKMP_GROUP_MODP_2048;
    theirs[0] = plain_policy(1);
    theirs[1] = plain_policy(2);
    theirs[1].cipher = ISAKMP_CIPHER_3DES;
    theirs[1].key_bits = 0;
    about_peer(&p, offer_policies(&o, theirs, 2));
    row_is(0, "proposal 1, transform 1, policy 10: group is modp1024, ours is modp2048");
    row_is(1, "proposal 1, transform 1, policy 20: hash is sha1, ours is sha256");
    row_is(2, "proposal 1, transform 2, policy 10: encryption is 3des, ours is aes");
    row_is(3, "proposal 1, transform 2, policy 20: encryption is 3des, ours is aes");
    no_row(4);
    no_row(SIZE_MAX);
    assert_int_equal(isakmp_report_get(&report, 1, &m), ISAKMP_OK);
    assert_int_equal(m.proposal, 1);
    assert_int_equal(m.transform, 1);
    assert_int_equal(m.priority, 20);
    assert_int_equal(m.attr, ISAKMP_ATTR_HASH);
    assert_int_equal(m.offered, ISAKMP_HASH_SHA1);
    assert_int_equal(m.ours, ISAKMP_HASH_SHA256);
    assert_string_equal(m.what, "hash");
}

/* The first attribute that differs, in the order of the field; what is not offered is none. */
static void test_each_attribute_of_phase_1(void **state)
{
    isakmp_policy ours = plain_policy(10), theirs;
    isakmp_peer_policy p = peer_of(&ours, 1);
    isakmp_mismatch m;
    (void)state;
    theirs = ours;
    theirs.cipher = ISAKMP_CIPHER_CAMELLIA;
    about_peer(&p, offer_policies(&o, &theirs, 1));
    row_is(0, "proposal 1, transform 1, policy 10: encryption is camellia, ours is aes");
    theirs = ours;
    theirs.key_bits = 0;
    about_peer(&p, offer_policies(&o, &theirs, 1));
    row_is(0, "proposal 1, transform 1, policy 10: key length is none, ours is 128");
    assert_int_equal(isakmp_report_get(&report, 0, &m), ISAKMP_OK);
    assert_true(m.offered == UINT32_MAX);
    theirs = ours;
    theirs.auth = ISAKMP_AUTH_RSA_SIG;
    about_peer(&p, offer_policies(&o, &theirs, 1));
    row_is(0, "proposal 1, transform 1, policy 10: authentication is rsa-sig, ours is psk");
    theirs = ours;
    theirs.group = 999;
    about_peer(&p, offer_policies(&o, &theirs, 1));
    row_is(0, "proposal 1, transform 1, policy 10: group is 999, ours is modp1024");
    theirs = ours;
    theirs.life_s = 3600;
    about_peer(&p, offer_policies(&o, &theirs, 1));
    row_is(0, "proposal 1, transform 1, policy 10: lifetime in seconds is 3600, ours is 86400");
    p.life_mode = ISAKMP_LIFE_EXACT;
    offer_begin(&o, 1, 1);
    offer_proposal(&o, 1, ISAKMP_PROTO_ISAKMP, NULL, 0);
    offer_transform(&o, 1, ISAKMP_KEY_IKE);
    offer_policy(&o, &ours, 0);
    about_peer(&p, offer_body(&o));
    row_is(0, "proposal 1, transform 1, policy 10: lifetime in seconds is none, ours is 86400");
    assert_int_equal(isakmp_report_get(&report, 0, &m), ISAKMP_OK);
    assert_true(m.offered == UINT32_MAX);
    p.life_mode = ISAKMP_LIFE_DEFAULT;
    ours.cipher = ISAKMP_CIPHER_3DES;
    ours.key_bits = 0;
    theirs = ours;
    theirs.key_bits = 192;
    about_peer(&p, offer_policies(&o, &theirs, 1));
    row_is(0, "proposal 1, transform 1, policy 10: key length is 192, ours is none");
}

/* Policies that cannot be used say why; an attribute that spoils an offer is named. */
static void test_other_reasons_of_phase_1(void **state)
{
    isakmp_policy ours = plain_policy(10);
    isakmp_peer_policy p = peer_of(&ours, 1);
    isakmp_span body;
    isakmp_policy like;
    (void)state;
    p.flags = ISAKMP_PF_DEFAULT_POLICY;
    about_peer(&p, offer_policies(&o, &ours, 1));
    report.means.methods = 0;
    row_is(0, "proposal 1, transform 1, policy 10: key material of ours that is missing");
    row_is(1, ISAKMP_WEAK ? "proposal 1, transform 1, policy 65535: key material of ours that is "
                            "missing"
                          : "proposal 1, transform 1, policy 65535: an algorithm of ours that is "
                            "not available here");
    no_row(2);
    report.means = all_means();
    like = ours;
    like.group = ISAKMP_GROUP_MODP_2048;
    report.means.like = &like;
    row_is(0, "proposal 1, transform 1, policy 10: a group that this exchange cannot negotiate");
    report.means = all_means();
    row_is(0, "proposal 1, transform 1, policy 10: match that came too late");
    p.flags = 0;
    offer_begin(&o, 1, 1);
    offer_proposal(&o, 3, ISAKMP_PROTO_ISAKMP, NULL, 0);
    offer_transform(&o, 4, ISAKMP_KEY_IKE);
    offer_policy(&o, &ours, 86400);
    offer_attr(&o, ISAKMP_ATTR_PRF, 7);
    body = offer_body(&o);
    about_peer(&p, body);
    row_is(0, "proposal 3, transform 4, policy 10: attribute that is unknown, contradictory or out "
              "of range is 7, ours is none");
    offer_begin(&o, 1, 1);
    offer_proposal(&o, 3, ISAKMP_PROTO_ESP, NULL, 0);
    offer_transform(&o, 4, 9);
    offer_policy(&o, &ours, 86400);
    about_peer(&p, offer_body(&o));
    row_is(0, "proposal 3, transform 4, policy 10: protocol or transform that is not of phase 1");
}

/* ---- Phase 2 ---------------------------------------------------------------------------------- */

static void test_rows_of_phase_2(void **state)
{
    isakmp_protect ours[2], theirs[2];
    isakmp_child_policy p = child_of(ours, 2);
    (void)state;
    ours[0] = plain_ah(1);
    ours[1] = protect_of(2, ISAKMP_PROTO_ESP, ISAKMP_ESP_AES_CBC, 256, ISAKMP_INTEG_HMAC_SHA256);
    theirs[0] = plain_esp(1);
    theirs[1] = protect_of(2, ISAKMP_PROTO_ESP, ISAKMP_ESP_AES_CBC, 256, ISAKMP_INTEG_HMAC_SHA1);
    about_child(&p, offer_protects(&o, theirs, 2));
    row_is(0, "proposal 1, transform 1, our set 1: protocol is ESP, ours is AH");
    row_is(1, "proposal 1, transform 1, our set 2: key length is 128, ours is 256");
    row_is(2, "proposal 2, transform 1, our set 1: protocol is ESP, ours is AH");
    row_is(3, "proposal 2, transform 1, our set 2: authentication is sha1, ours is sha256");
    no_row(4);
}

static void test_each_attribute_of_phase_2(void **state)
{
    isakmp_protect ours = plain_esp(1), theirs = ours;
    isakmp_child_policy p = child_of(&ours, 1);
    isakmp_mismatch m;
    (void)state;
    theirs.transform = ISAKMP_ESP_3DES;
    about_child(&p, offer_protects(&o, &theirs, 1));
    row_is(0, "proposal 1, transform 1, our set 1: transform is 3des, ours is aes");
    theirs = ours;
    theirs.integ = 0;
    about_child(&p, offer_protects(&o, &theirs, 1));
    row_is(0, "proposal 1, transform 1, our set 1: authentication is none, ours is sha1");
    p.mode = ISAKMP_MODE_TRANSPORT;
    about_child(&p, offer_protects(&o, &ours, 1));
    row_is(0, "proposal 1, transform 1, our set 1: encapsulation is tunnel, ours is transport");
    p.mode = ISAKMP_MODE_TUNNEL;
    p.pfs_group = ISAKMP_GROUP_MODP_2048;
    about_child(&p, offer_protects(&o, &ours, 1));
    row_is(0,
           "proposal 1, transform 1, our set 1: group of perfect forward secrecy is none, ours is "
           "modp2048");
    p.pfs_group = 0;
    p.life_mode = ISAKMP_LIFE_EXACT;
    p.life_s = 1000;
    about_child(&p, offer_protects(&o, &ours, 1));
    row_is(0, "proposal 1, transform 1, our set 1: lifetime in seconds is 28800, ours is 1000");
    p.life_s = 0;
    p.life_kb = 77;
    about_child(&p, offer_protects(&o, &ours, 1));
    row_is(0, "proposal 1, transform 1, our set 1: lifetime in kilobytes is none, ours is 77");
    assert_int_equal(isakmp_report_get(&report, 0, &m), ISAKMP_OK);
    assert_true(m.offered == UINT32_MAX);
    assert_int_equal(m.ours, 77);
    p.life_kb = 0;
    about_child(&p, offer_protects(&o, &ours, 1));
    row_is(0, "proposal 1, transform 1, our set 1: other protocol of the set");
    offer_begin(&o, 1, 1);
    offer_proposal(&o, 1, ISAKMP_PROTO_ESP, an_spi, 4);
    offer_transform(&o, 1, ours.transform);
    offer_protect_attrs(&o, &ours, 1, 0, 28800, 0);
    offer_attr(&o, ISAKMP_SA_ATTR_ESN, 1);
    about_child(&p, offer_body(&o));
    row_is(0, "proposal 1, transform 1, our set 1: extended sequence numbers is 1, ours is none");
    p.life_mode = ISAKMP_LIFE_DEFAULT;
    offer_begin(&o, 1, 1);
    offer_proposal(&o, 1, ISAKMP_PROTO_ESP, an_spi, 4);
    offer_transform(&o, 1, ours.transform);
    offer_protect_attrs(&o, &ours, 1, ISAKMP_GROUP_MODP_1024, 28800, 0);
    about_child(&p, offer_body(&o));
    row_is(0, "proposal 1, transform 1, our set 1: group of perfect forward secrecy is modp1024, "
              "ours is none");
}

/* Whatever the offer looks like a report is a report: it never reads beyond the end, and it ends. */
static void test_damaged_offers(void **state)
{
    isakmp_policy ours = plain_policy(10);
    isakmp_protect protect = plain_esp(1);
    isakmp_peer_policy p = peer_of(&ours, 1);
    isakmp_child_policy c = child_of(&protect, 1);
    isakmp_span whole = offer_policies(&o, &ours, 1);
    uint64_t dice = 9;
    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        uint8_t copy[200];
        size_t n = round < 200 ? round % (whole.n + 1) : whole.n, rows = 0;
        uint8_t *exact;
        isakmp_mismatch m;
        memcpy(copy, whole.p, n);
        for (unsigned k = round < 200 ? 3 : 0; k < 3 && n; k++)
            copy[bytes_random(&dice) % n] = (uint8_t)bytes_random(&dice);
        exact = bytes_copy(isakmp__span(copy, n));
        if (round & 1)
            about_peer(&p, isakmp__span(exact, n));
        else
            about_child(&c, isakmp__span(exact, n));
        while (isakmp_report_get(&report, rows, &m) == ISAKMP_OK) {
            char text[60];
            assert_non_null(m.what);
            isakmp_mismatch_text(text, sizeof text, &report, &m);
            assert_true(strlen(text) < sizeof text);
            assert_true(++rows < 100);
        }
        free(exact);
    }
}

/* Not more than ISAKMP_MAX_OFFERS transforms of an offer are told. */
static void test_report_is_bounded(void **state)
{
    isakmp_policy ours = plain_policy(10), theirs = ours;
    isakmp_peer_policy p = peer_of(&ours, 1);
    (void)state;
    theirs.hash = ISAKMP_HASH_SHA512;
    offer_begin(&o, 1, 1);
    offer_proposal(&o, 1, ISAKMP_PROTO_ISAKMP, NULL, 0);
    for (unsigned i = 0; i < 200; i++) {
        offer_transform(&o, (uint8_t)i, ISAKMP_KEY_IKE);
        offer_policy(&o, &theirs, 86400);
    }
    about_peer(&p, offer_body(&o));
    row_is(ISAKMP_MAX_OFFERS - 1,
           "proposal 1, transform 63, policy 10: hash is sha512, ours is sha1");
    no_row(ISAKMP_MAX_OFFERS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_of_phase_1),
        cmocka_unit_test(test_each_attribute_of_phase_1),
        cmocka_unit_test(test_other_reasons_of_phase_1),
        cmocka_unit_test(test_rows_of_phase_2),
        cmocka_unit_test(test_each_attribute_of_phase_2),
        cmocka_unit_test(test_damaged_offers),
        cmocka_unit_test(test_report_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
