/* test_digest_info.c -- a hash within a DigestInfo, octet for octet as RFC 8017 prints them; and signatures
 * over one, which the stock keyring believes only if it is shown the DigestInfo. */
#include "crypto/keys.h"
#include "unit/pki_scene.h"

static const struct {
    uint16_t hash;
    size_t n;
    uint8_t prefix[19]; /* RFC 8017 9.2, note 1 */
} printed[] = {
    {ISAKMP_HASH_MD5,
     18,
     {0x30, 0x20, 0x30, 0x0c, 0x06, 0x08, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x05, 0x05,
      0x00, 0x04, 0x10}},
    {ISAKMP_HASH_SHA1,
     15,
     {0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14}},
    {ISAKMP_HASH_SHA256,
     19,
     {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01,
      0x05, 0x00, 0x04, 0x20}},
    {ISAKMP_HASH_SHA384,
     19,
     {0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02,
      0x05, 0x00, 0x04, 0x30}},
    {ISAKMP_HASH_SHA512,
     19,
     {0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03,
      0x05, 0x00, 0x04, 0x40}},
};

static void test_as_it_is_printed(void **state)
{
    uint8_t digest[64], out[ISAKMP__MAX_DIGEST_INFO + 1];
    (void)state;
    randombytes_buf(digest, sizeof digest);
    for (size_t i = 0; i < sizeof printed / sizeof printed[0]; i++) {
        size_t n = isakmp_hash_size(printed[i].hash);
        memset(out, '#', sizeof out);
        assert_int_equal(isakmp__digest_info(printed[i].hash, isakmp__span(digest, n), out),
                         printed[i].n + n);
        assert_memory_equal(out, printed[i].prefix, printed[i].n);
        assert_memory_equal(out + printed[i].n, digest, n);
        assert_int_equal(out[printed[i].n + n], '#');
        assert_int_equal(isakmp__digest_info(printed[i].hash, isakmp__span(digest, n - 1), out), 0);
        assert_int_equal(isakmp__digest_info(printed[i].hash, isakmp__span(digest, 0), out), 0);
    }
    assert_int_equal(isakmp__digest_info(3, isakmp__span(digest, 24), out), 0);
    assert_int_equal(isakmp__digest_info(0, isakmp__span(digest, 0), out), 0);
}

/* Alice has an RSA key, and signs octets that are not hash. */
static void sign_octets(isakmp_span octets)
{
    size_t n = 0;
    assert_int_equal(isakmp__key_sign(&rsa_key, RSA, octets, sig, sizeof sig, &n), ISAKMP_OK);
    proof.auth = RSA;
    proof.hash = isakmp__span(hash, sizeof hash);
    proof.signature = isakmp__span(sig, n);
}

static int verdict(void)
{
    uint16_t why = 0;
    int rc = isakmp_keyring_verify(&ring, &query, &proof, &why);
    assert_true(rc == ISAKMP_OK || why == ISAKMP_D_SIGNATURE);
    return rc;
}

static void test_only_if_it_is_shown(void **state)
{
    uint8_t info[ISAKMP__MAX_DIGEST_INFO];
    isakmp_span shown = isakmp__span(info, 19 + sizeof hash), none = {NULL, 0};
    cert_spec s = leaf_spec();
    (void)state;
    memcpy(info, printed[2].prefix, 19);
    memcpy(info + 19, hash, sizeof hash);
    s.key = &rsa_key;
    remake(&s);
    /* The bare hash is right with and without. */
    sign_octets(isakmp__span(hash, sizeof hash));
    proof.digest_info = none;
    assert_int_equal(verdict(), ISAKMP_OK);
    proof.digest_info = shown;
    assert_int_equal(verdict(), ISAKMP_OK);
    /* The other form only with. */
    sign_octets(shown);
    assert_int_equal(verdict(), ISAKMP_OK);
    proof.digest_info = none;
    assert_int_equal(verdict(), ISAKMP_NONE);
    /* T-45: not one octet may be another: of a hash that is not the one, without its NULL, with more behind
     * it, cut off. */
    for (size_t i = 0; i < shown.n; i++) {
        uint8_t other[sizeof info];
        memcpy(other, info, sizeof other);
        other[i] ^= 1;
        sign_octets(isakmp__span(other, shown.n));
        proof.digest_info = shown;
        assert_int_equal(verdict(), ISAKMP_NONE);
    }
    sign_octets(isakmp__span(info, shown.n - 1));
    assert_int_equal(verdict(), ISAKMP_NONE);
    info[shown.n] = 0;
    sign_octets(isakmp__span(info, shown.n + 1));
    assert_int_equal(verdict(), ISAKMP_NONE);
}

/* With ECDSA there is none, whoever says so. */
static void test_not_with_ecdsa(void **state)
{
    uint8_t info[ISAKMP__MAX_DIGEST_INFO] = {0};
    (void)state;
    proof.digest_info = proof.hash;
    assert_int_equal(verdict(), ISAKMP_OK);
    hash[0] ^= 1;
    memcpy(info, hash, sizeof hash);
    info[0] ^= 1;
    proof.digest_info = isakmp__span(info, sizeof hash); /* what was signed */
    assert_int_equal(verdict(), ISAKMP_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_it_is_printed),
        cmocka_unit_test_setup_teardown(test_only_if_it_is_shown, scene, made_ring_free),
        cmocka_unit_test_setup_teardown(test_not_with_ecdsa, scene, made_ring_free),
    };
    return cmocka_run_group_tests(tests, keys, free_keys);
}
