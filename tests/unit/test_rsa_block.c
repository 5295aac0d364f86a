/* test_rsa_block.c -- encrypted blocks: what is made, what our key makes of it, and which of our keys it
 * is.  Whatever comes is answered in the same way, if it is a number below the modulus. */
#include "unit/pki_chain.h"

static uint8_t block[ISAKMP_MAX_SIGNATURE], data[ISAKMP_MAX_SIGNATURE];

/* Made by openssl pkeyutl -encrypt with the public half of rsa_1024: "HASH_I and HASH_R". */
/* clang-format off */
static const char by_openssl[] =
    "5cf0e7a874ef6f760d8db10de3f2d405bb05286eed4d05dd45311407ebb78e18"
    "1980632f3c104e0adde181b49067e741586e78d82f9514b3eb02785890b7f9bd"
    "e896fa4c9293675f0d6738aedd2421c67612fad9c89dd0fc78fa4649a27ed4be"
    "50cd3f72aa4a3f40f5bfb1228dc4d619c132865a5dc0b4c45d1c5f94f12f4d19";
/* clang-format on */

static size_t encrypt(size_t key, const void *p, size_t n)
{
    size_t got = 0;
    assert_int_equal(isakmp__rsa_encrypt(&rsa[key], isakmp__span(p, n), data, sizeof data, &got),
                     ISAKMP_OK);
    return got;
}

static int decrypt(size_t key, size_t n)
{
    size_t got = 0;
    uint8_t *copy = bytes_copy(isakmp__span(data, n));
    int rc = isakmp__rsa_decrypt(&rsa[key], isakmp__span(copy, n), block, sizeof block, &got);
    assert_true(rc != ISAKMP_OK || got == n);
    free(copy);
    return rc;
}

/* 0, 2, at least eight octets that are not zero, 0, the data; never the same again. */
static void blocks(void **state)
{
    uint8_t plain_text[128], before[128] = {0};
    (void)state;
    randombytes_buf(plain_text, sizeof plain_text);
    for (size_t n = 0; n <= 117; n++) {
        assert_int_equal(encrypt(0, plain_text, n), 128);
        assert_memory_not_equal(data, before, 128);
        memcpy(before, data, 128);
        assert_int_equal(decrypt(0, 128), ISAKMP_OK);
        assert_int_equal(block[0], 0);
        assert_int_equal(block[1], 2);
        for (size_t i = 2; i < 127 - n; i++)
            assert_int_not_equal(block[i], 0);
        assert_int_equal(block[127 - n], 0);
        assert_memory_equal(block + 128 - n, plain_text, n);
    }
}

static void too_long(void **state)
{
    size_t n = 5;
    (void)state;
    for (size_t i = 118; i <= 128; i++)
        assert_int_equal(
            isakmp__rsa_encrypt(&rsa[0], isakmp__span(block, i), data, sizeof data, &n),
            ISAKMP_E_SPACE);
    assert_int_equal(isakmp__rsa_encrypt(&rsa[0], isakmp__span(block, 1), data, 127, &n),
                     ISAKMP_E_SPACE);
    encrypt(0, "x", 1);
    assert_int_equal(isakmp__rsa_decrypt(&rsa[0], isakmp__span(data, 128), block, 127, &n),
                     ISAKMP_E_SPACE);
    assert_int_equal(n, 5);
}

static void of_openssl(void **state)
{
    (void)state;
    bytes_hex(data, sizeof data, by_openssl);
    assert_int_equal(decrypt(0, 128), ISAKMP_OK);
    assert_int_equal(block[1], 2);
    assert_memory_equal(block + 110, "\0HASH_I and HASH_R", 18);
}

/* n bits of what mbedTLS computes, for 0, 1, 2, the modulus - 1, the modulus, + 1, all ones. */
static void special_numbers(void **state)
{
    mbedtls_mpi n, v;
    (void)state;
    mbedtls_mpi_init(&n);
    mbedtls_mpi_init(&v);
    assert_int_equal(mbedtls_rsa_export(mbedtls_pk_rsa(rsa[0]), &n, NULL, NULL, NULL, NULL), 0);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(i < 3 ? mbedtls_mpi_lset(&v, i) : mbedtls_mpi_add_int(&v, &n, i - 4), 0);
        assert_int_equal(mbedtls_mpi_write_binary(&v, data, 128), 0);
        assert_int_equal(decrypt(0, 128), i < 4 ? ISAKMP_OK : ISAKMP_NONE);
        if (i < 2 || i == 3)
            assert_memory_equal(block, data, 128); /* which powers do not change */
    }
    memset(data, 0xff, 128);
    assert_int_equal(decrypt(0, 128), ISAKMP_NONE);
    mbedtls_mpi_free(&n);
    mbedtls_mpi_free(&v);
}

static void other_lengths(void **state)
{
    (void)state;
    memset(data, 0, sizeof data);
    for (size_t n = 0; n <= 300; n++)
        assert_int_equal(decrypt(0, n), n == 128 ? ISAKMP_OK : ISAKMP_NONE);
}

/* Nothing is looked at: good padding, bad padding and noise are answered alike. */
static void no_oracle(void **state)
{
    const isakmp_sealed s = {ENCR, ISAKMP_HASH_SHA1, {NULL, 0}, {data, 128}};
    (void)state;
    own_key(ISAKMP_USE_ENCRYPTION, NULL, 0);
    for (unsigned i = 0; i < 40; i++) {
        uint8_t made_of[128];
        size_t n = 0;
        randombytes_buf(made_of, sizeof made_of);
        made_of[0] = 0;
        made_of[1] = i % 2 ? 2 : (uint8_t)i;
        if (i % 4 == 3)
            memset(made_of + 2, 0xff, 126); /* no end */
        if (i % 4 == 1)
            made_of[5] = 0; /* too early */
        assert_int_equal(mbedtls_rsa_public(mbedtls_pk_rsa(rsa[0]), made_of, data), 0);
        assert_int_equal(isakmp_keyring_decrypt(&ring, &query, &s, block, sizeof block, &n),
                         ISAKMP_OK);
        assert_int_equal(n, 128);
        assert_memory_equal(block, made_of, 128);
    }
}

/* A key whose parts do not fit: what comes out of it could give it away, and does not come out. */
static void faults(void **state)
{
    mbedtls_mpi n, p, q, d, e;
    mbedtls_mpi *const all[] = {&n, &p, &q, &d, &e};
    mbedtls_pk_context bad;
    size_t got = 3;
    (void)state;
    for (size_t i = 0; i < 5; i++)
        mbedtls_mpi_init(all[i]);
    assert_int_equal(mbedtls_rsa_export(mbedtls_pk_rsa(rsa[0]), &n, &p, &q, &d, &e), 0);
    mbedtls_pk_init(&bad);
    assert_int_equal(mbedtls_pk_setup(&bad, mbedtls_pk_info_from_type(MBEDTLS_PK_RSA)), 0);
    assert_int_equal(mbedtls_mpi_add_int(&e, &e, 2), 0); /* which has nothing to do with d */
    assert_int_equal(mbedtls_rsa_import(mbedtls_pk_rsa(bad), &n, &p, &q, &d, &e), 0);
    assert_int_equal(mbedtls_rsa_complete(mbedtls_pk_rsa(bad)), 0);
    memset(block, 0x55, sizeof block);
    encrypt(0, "x", 1);
    assert_int_equal(isakmp__rsa_decrypt(&bad, isakmp__span(data, 128), block, sizeof block, &got),
                     ISAKMP_E_CRYPTO);
    assert_int_equal(got, 3);
    assert_true(isakmp__all_zero(block, 128));
    for (size_t i = 0; i < 5; i++)
        mbedtls_mpi_free(all[i]);
    mbedtls_pk_free(&bad);
}

/* ---- Which of our keys --------------------------------------------------------------------- */

/* Whose it was: the number of our key; N_RSA: of none. */
static size_t opened_by(uint16_t of, isakmp_span hash_1)
{
    isakmp_sealed s = {ENCR, of, hash_1, {data, 0}};
    uint8_t again[ISAKMP_MAX_SIGNATURE];
    for (size_t i = 0; i < N_RSA; i++) {
        size_t n = 0;
        s.data.n = encrypt(i, "mine", 4);
        if (isakmp_keyring_decrypt(&ring, &query, &s, again, sizeof again, &n) == ISAKMP_OK &&
            memcmp(again + n - 5, "\0mine", 5) == 0)
            return i;
    }
    return N_RSA;
}

static void our_key(void **state)
{
    static made first, second;
    cert_spec s = leaf_spec();
    uint8_t sha1[20], sha256[32];
    (void)state;
    assert_int_equal(opened_by(ISAKMP_HASH_SHA1, none()), N_RSA);
    own_key(ISAKMP_USE_SIGNATURE, NULL, 0);
    assert_int_equal(opened_by(ISAKMP_HASH_SHA1, none()), N_RSA);
    s.key = &rsa[1];
    made_cert(&first, &s);
    s.key = &rsa[2];
    made_cert(&second, &s);
    own_key(ISAKMP_USE_ENCRYPTION, &first, 1);
    own_key(ISAKMP_USE_ENCRYPTION, &second, 2);
    own_key(ISAKMP_USE_ENCRYPTION, NULL, 3);
    assert_int_equal(opened_by(ISAKMP_HASH_SHA1, none()), 1);
    mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA1), second.p, second.n, sha1);
    mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), second.p, second.n, sha256);
    assert_int_equal(opened_by(ISAKMP_HASH_SHA1, isakmp__span(sha1, 20)), 2);
    assert_int_equal(opened_by(ISAKMP_HASH_SHA256, isakmp__span(sha256, 32)), 2);
    assert_int_equal(opened_by(ISAKMP_HASH_SHA256, isakmp__span(sha1, 20)), 1);
    assert_int_equal(opened_by(ISAKMP_HASH_SHA1, isakmp__span(sha1, 19)), 1);
    assert_int_equal(opened_by(99, isakmp__span(sha1, 20)), 1);
    sha1[0] ^= 1;
    assert_int_equal(opened_by(ISAKMP_HASH_SHA1, isakmp__span(sha1, 20)), 1);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, chain_scene, made_ring_free)
    const struct CMUnitTest tests[] = {
        TEST(blocks),        TEST(too_long),  TEST(of_openssl), TEST(special_numbers),
        TEST(other_lengths), TEST(no_oracle), TEST(faults),     TEST(our_key),
    };
    return cmocka_run_group_tests_name("rsa_block", tests, chain_keys, free_chain_keys);
}
