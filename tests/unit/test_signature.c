/* test_signature.c -- RSA and ECDSA signatures over bare hashes: what is believed, and everything that
 * must not be (wrong keys, empty, zero, m = 0, 1, n - 1, n, n + 1, forgeries for small
 * exponents, hashes of other lengths, keys that are none). */
#include "unit/pki_make.h"
#include "unit/pki_keys.h"
#include <mbedtls/rsa.h>

enum {
    RSA = ISAKMP_AUTH_RSA_SIG
};

static mbedtls_pk_context rsa;
static uint8_t hash[64], sig[1024];
static size_t sig_n;

static isakmp_span span_of(const uint8_t *p, size_t n)
{
    return isakmp__span(p, n);
}

static int setup(void **state)
{
    made_ring(state);
    made_der_key(&rsa, rsa_a, sizeof rsa_a);
    randombytes_buf(hash, sizeof hash);
    memset(sig, 0, sizeof sig);
    assert_int_equal(isakmp__key_sign(&rsa, RSA, span_of(hash, 20), sig, sizeof sig, &sig_n),
                     ISAKMP_OK);
    assert_int_equal(sig_n, 256);
    return 0;
}

static int teardown(void **state)
{
    mbedtls_pk_free(&rsa);
    return made_ring_free(state);
}

static int believed(const mbedtls_pk_context *key, size_t hash_n, const uint8_t *s, size_t n)
{
    uint8_t *copy = bytes_copy(span_of(s, n));
    int rc = isakmp__key_verify(key, RSA, span_of(hash, hash_n), span_of(copy, n));
    assert_true(rc == ISAKMP_OK || rc == ISAKMP_NONE);
    free(copy);
    return rc == ISAKMP_OK;
}

/* T-42, T-43: the one signature is believed, of one key, over one hash, at its whole length. */
static void rsa_right_and_wrong(void **state)
{
    mbedtls_pk_context other;
    (void)state;
    assert_true(believed(&rsa, 20, sig, 256));
    for (size_t i = 0; i < 256; i += 5)
        for (unsigned bit = 0; bit < 8; bit += 3) {
            sig[i] ^= (uint8_t)(1u << bit);
            assert_false(believed(&rsa, 20, sig, 256));
            sig[i] ^= (uint8_t)(1u << bit);
        }
    hash[19] ^= 1;
    assert_false(believed(&rsa, 20, sig, 256));
    hash[19] ^= 1;
    for (size_t n = 0; n <= 300; n++) /* its length is that of the modulus */
        assert_int_equal(believed(&rsa, 20, sig, n), n == 256);
    made_der_key(&other, rsa_b, sizeof rsa_b);
    assert_false(believed(&other, 20, sig, 256));
    mbedtls_pk_free(&other);
}

/* T-46: a hash that begins or ends like another is another; test_forgery.c has more of them. */
static void rsa_other_lengths(void **state)
{
    (void)state;
    for (size_t n = 0; n <= 40; n++)
        assert_int_equal(believed(&rsa, n, sig, 256), n == 20);
    for (size_t n = 1; n <= 40; n++) {
        assert_int_equal(isakmp__key_sign(&rsa, RSA, span_of(hash, n), sig, sizeof sig, &sig_n),
                         ISAKMP_OK);
        assert_int_equal(believed(&rsa, 20, sig, 256), n == 20);
        assert_true(believed(&rsa, n, sig, 256));
    }
    assert_int_equal(isakmp__key_sign(&rsa, RSA, span_of(hash, 0), sig, sizeof sig, &sig_n),
                     ISAKMP_E_ARG);
    assert_int_equal(isakmp__key_sign(&rsa, RSA, span_of(hash, 20), sig, 255, &sig_n),
                     ISAKMP_E_SPACE);
}

/* T-43, T-47: numbers whose powers are known to everybody, and numbers that are not below the modulus. */
static void rsa_special_numbers(void **state)
{
    mbedtls_mpi n, v;
    (void)state;
    mbedtls_mpi_init(&n);
    mbedtls_mpi_init(&v);
    assert_int_equal(mbedtls_rsa_export(mbedtls_pk_rsa(rsa), &n, NULL, NULL, NULL, NULL), 0);
    for (int i = 0; i < 6; i++) { /* 0, 1, 2, n - 1, n, n + 1 */
        assert_int_equal(i < 3 ? mbedtls_mpi_lset(&v, i) : mbedtls_mpi_add_int(&v, &n, i - 4), 0);
        assert_int_equal(mbedtls_mpi_write_binary(&v, sig, 256), 0);
        assert_false(believed(&rsa, 20, sig, 256));
        assert_false(believed(&rsa, 1, sig, 256));
        memset(hash, 0, sizeof hash);
        assert_false(believed(&rsa, 20, sig, 256));
        assert_false(believed(&rsa, 64, sig, 256));
    }
    /* The block itself, not powered */
    memset(sig, 0xff, 256);
    sig[0] = 0;
    sig[1] = 1;
    sig[235] = 0;
    memcpy(sig + 236, hash, 20);
    assert_false(believed(&rsa, 20, sig, 256));
    /* One that is right, plus the modulus */
    assert_int_equal(isakmp__key_sign(&rsa, RSA, span_of(hash, 20), sig, sizeof sig, &sig_n),
                     ISAKMP_OK);
    assert_int_equal(mbedtls_mpi_read_binary(&v, sig, 256), 0);
    assert_int_equal(mbedtls_mpi_add_mpi(&v, &v, &n), 0);
    if (mbedtls_mpi_size(&v) == 256) {
        assert_int_equal(mbedtls_mpi_write_binary(&v, sig, 256), 0);
        assert_false(believed(&rsa, 20, sig, 256));
    }
    mbedtls_mpi_free(&n);
    mbedtls_mpi_free(&v);
}

/* T-45: blocks that are nearly right, made with the right key. */
static void rsa_other_blocks(void **state)
{
    uint8_t block[256];
    (void)state;
    for (int i = 0; i < 6; i++) {
        memset(block, 0xff, sizeof block);
        block[0] = 0;
        block[1] = (uint8_t)(i == 1 ? 2 : i == 2 ? 0 : 1); /* block types 2 and 0 */
        block[235] = 0;
        memcpy(block + 236, hash, 20);
        if (i == 3)
            block[100] = 0xfe; /* padding */
        if (i == 4)
            block[235] = 1; /* no end of it */
        if (i == 5) {       /* an earlier end, and something behind the hash */
            block[10] = 0;
            memcpy(block + 11, hash, 20);
        }
        assert_int_equal(mbedtls_rsa_private(mbedtls_pk_rsa(rsa), made_random, NULL, block, sig),
                         0);
        assert_int_equal(believed(&rsa, 20, sig, 256), i == 0);
    }
}

/* T-45: what begins right is not right, though with an exponent of 3 anybody can make it. */
static void rsa_forged(void **state)
{
    mbedtls_pk_context key;
    uint8_t block[256];
    isakmp_span pub = span_of(rsa_e3_public, sizeof rsa_e3_public);
    (void)state;
    mbedtls_pk_init(&key);
    assert_int_equal(mbedtls_pk_parse_public_key(&key, pub.p, pub.n), 0);
    for (uint8_t i = 0; i < 20; i++)
        hash[i] = (uint8_t)(0x40 + i);
    assert_int_equal(mbedtls_rsa_public(mbedtls_pk_rsa(key), rsa_e3_forged, block), 0);
    assert_memory_equal(block + 11, hash, 20); /* so it is one */
    assert_false(believed(&key, 20, rsa_e3_forged, 256));
    assert_false(believed(&key, 4, rsa_e3_forged, 256));
    assert_int_equal(isakmp__key_methods(&key, 0), 0);
    assert_int_equal(isakmp__key_methods(&key, ISAKMP_PKI_LEGACY), 1u << RSA);
    mbedtls_pk_free(&key);
}

/* T-47, T-48: public keys that are none: each is refused when it is added. */
static void rsa_unsound_keys(void **state)
{
    static const struct {
        uint8_t e[3], n_last;
    } rows[] = {{{0, 0, 0}, 1},  {{0, 0, 1}, 1},       {{0, 0, 2}, 1}, {{0, 0, 3}, 1},
                {{0, 0, 17}, 1}, {{0, 0xff, 0xff}, 1}, {{1, 0, 0}, 1}, {{1, 0, 1}, 0}};
    uint8_t b[600];
    made key;
    (void)state;
    made_key(&key, &rsa, 1);
    assert_int_equal(isakmp_pki_add_peer_key(ring.pki, ISAKMP_USE_SIGNATURE, &anybody, &anywhere,
                                             made_span(&key), NULL, 0),
                     ISAKMP_OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        memcpy(b, key.p, key.n);
        memcpy(b + key.n - 3, rows[i].e, 3);
        if (!rows[i].n_last)
            b[key.n - 6] &= 0xfe;
        assert_int_not_equal(isakmp_pki_add_peer_key(ring.pki, ISAKMP_USE_SIGNATURE, &anybody,
                                                     &anywhere, span_of(b, key.n), NULL, 0),
                             ISAKMP_OK);
    }
    for (size_t n = 0; n < key.n; n++) { /* and one that is cut off */
        uint8_t *copy = bytes_copy(span_of(key.p, n));
        assert_int_equal(isakmp_pki_add_peer_key(ring.pki, ISAKMP_USE_SIGNATURE, &anybody,
                                                 &anywhere, span_of(copy, n), NULL, 0),
                         ISAKMP_E_MALFORMED);
        free(copy);
    }
}

/* T-65: nothing is written behind a signature, and nothing at all where there is none. */
static void what_signing_writes(void **state)
{
    uint8_t canary[sizeof sig];
    (void)state;
    memset(canary, 0xa5, sizeof canary);
    memset(sig, 0xa5, sizeof sig);
    assert_int_equal(isakmp__key_sign(&rsa, RSA, span_of(hash, 20), sig, 255, &sig_n),
                     ISAKMP_E_SPACE);
    assert_int_equal(isakmp__key_sign(&rsa, RSA, span_of(hash, 0), sig, sizeof sig, &sig_n),
                     ISAKMP_E_ARG);
    assert_memory_equal(sig, canary, sizeof sig);
    assert_int_equal(isakmp__key_sign(&rsa, RSA, span_of(hash, 20), sig, sizeof sig, &sig_n),
                     ISAKMP_OK);
    assert_memory_equal(sig + 256, canary, sizeof sig - 256);
}

/* ---- ECDSA --------------------------------------------------------------------------------- */

static int ec_believed(const mbedtls_pk_context *key, uint16_t auth, size_t n)
{
    return isakmp__key_verify(key, auth, span_of(hash, 32), span_of(sig, n)) == ISAKMP_OK;
}

/* T-42, T-43: ECDSA; r and s of zero, or too large, are no signature. */
static void ecdsa(void **state)
{
    static const struct {
        mbedtls_ecp_group_id curve;
        uint16_t auth, n;
    } rows[] = {{MBEDTLS_ECP_DP_SECP256R1, ISAKMP_AUTH_ECDSA_P256_SHA256, 64},
                {MBEDTLS_ECP_DP_SECP384R1, ISAKMP_AUTH_ECDSA_P384_SHA384, 96},
                {MBEDTLS_ECP_DP_SECP521R1, ISAKMP_AUTH_ECDSA_P521_SHA512, 132}};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const uint16_t auth = rows[i].auth;
        const size_t n = rows[i].n;
        mbedtls_pk_context key;
        made_ec_key(&key, rows[i].curve);
        assert_int_equal(isakmp__key_methods(&key, 0), 1u << auth);
        assert_int_equal(isakmp__key_sign(&key, auth, span_of(hash, 32), sig, n - 1, &sig_n),
                         ISAKMP_E_SPACE);
        assert_int_equal(isakmp__key_sign(&key, auth, span_of(hash, 32), sig, n, &sig_n),
                         ISAKMP_OK);
        assert_int_equal(sig_n, n);
        assert_true(ec_believed(&key, auth, n));
        assert_false(ec_believed(&key, auth, n - 1));
        assert_false(ec_believed(&key, auth, n + 1));
        assert_false(ec_believed(&key, auth, 0));
        for (size_t at = 0; at < n; at += n / 4) {
            sig[at] ^= 1;
            assert_false(ec_believed(&key, auth, n));
            sig[at] ^= 1;
        }
        memset(sig, 0, n / 2); /* r = 0, then s = 0 too, then both of ones */
        assert_false(ec_believed(&key, auth, n));
        memset(sig, 0, n);
        assert_false(ec_believed(&key, auth, n));
        memset(sig, 0xff, n);
        assert_false(ec_believed(&key, auth, n));
        mbedtls_pk_free(&key);
    }
}

/* The example of RFC 4754 8.1. */
static void ecdsa_rfc4754(void **state)
{
    static const char *point = "2442a5cc0ecd015fa3ca31dc8e2bbc70bf42d60cbca20085e0822cb04235e970"
                               "6fc98bd7e50211a4a27102fa3549df79ebcb4bf246b80945cddfe7d509bbfd7d";
    static const char *numbers = "cb28e0999b9c7715fd0a80d8e47a77079716cbbf917dd72e97566ea1c066957c"
                                 "86fa3bb4e26cad5bf90b7f81899256ce7594bb1ea0c89212748bff3b3d5b0315";
    static const uint8_t head[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                   0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                   0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
    uint8_t spki[91], digest[32];
    mbedtls_pk_context key;
    (void)state;
    memcpy(spki, head, sizeof head);
    bytes_hex(spki + sizeof head, 64, point);
    bytes_hex(sig, 64, numbers);
    assert_int_equal(
        mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), (const uint8_t *)"abc", 3, digest),
        0);
    mbedtls_pk_init(&key);
    assert_int_equal(mbedtls_pk_parse_public_key(&key, spki, sizeof spki), 0);
    assert_int_equal(isakmp__key_verify(&key, ISAKMP_AUTH_ECDSA_P256_SHA256, span_of(digest, 32),
                                        span_of(sig, 64)),
                     ISAKMP_OK);
    mbedtls_pk_free(&key);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(rsa_right_and_wrong), TEST(rsa_other_lengths),
        TEST(rsa_special_numbers), TEST(rsa_other_blocks),
        TEST(rsa_forged),          TEST(rsa_unsound_keys),
        TEST(what_signing_writes), TEST(ecdsa),
        TEST(ecdsa_rfc4754),
    };
    return cmocka_run_group_tests_name("signature", tests, NULL, NULL);
}
