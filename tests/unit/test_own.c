/* test_own.c -- keys of ours: what each may be used for, one key for one use (T-61), and keys that are made
 * here. */
#include "unit/pki_chain.h"

static char why[160];

static int own_rc(unsigned use, const made *cert, size_t i)
{
    int rc;
    memset(why, 0, sizeof why);
    rc = isakmp_pki_add_own(ring.pki, use, cert ? made_span(cert) : none(),
                            made_span(&rsa_private[i]), none(), why, sizeof why);
    assert_true(rc == ISAKMP_OK || strlen(why) > 10);
    return rc;
}

/* How many keys there are. */
static size_t count_own(void)
{
    uint8_t out[2048];
    size_t i = 0, n;
    while (isakmp_pki_own_public(ring.pki, i, ISAKMP_KEY_DER, out, sizeof out, &n, NULL) ==
           ISAKMP_OK)
        i++;
    return i;
}

static unsigned use_of(size_t i)
{
    uint8_t out[2048];
    unsigned use = 0;
    size_t n;
    assert_int_equal(isakmp_pki_own_public(ring.pki, i, ISAKMP_KEY_DER, out, sizeof out, &n, &use),
                     ISAKMP_OK);
    return use;
}

/* ---- T-61: one key is for one use ---------------------------------------------------------- */

static void general_keys(void **state)
{
    (void)state;
    assert_int_equal(own_rc(ISAKMP_USE_GENERAL, NULL, 1), ISAKMP_E_ARG);
    assert_string_equal(why, "one key must not be for signatures and encryption both, unless "
                             "ISAKMP_PKI_ONE_KEY says so");
    assert_int_equal(count_own(), 0);
    isakmp_pki_set_flags(ring.pki, ISAKMP_PKI_ONE_KEY);
    assert_int_equal(own_rc(ISAKMP_USE_GENERAL, NULL, 1), ISAKMP_OK);
    assert_int_equal(use_of(0), ISAKMP_USE_GENERAL);
    peer_key(ISAKMP_USE_ENCRYPTION, &anybody, &anywhere, 2);
    assert_int_equal(credentials(0).methods, 1u << RSA | 1u << ENCR | 1u << REVISED);
}

/* The same modulus, in whatever order and form. */
static void the_same_key_twice(void **state)
{
    static const unsigned uses[] = {ISAKMP_USE_SIGNATURE, ISAKMP_USE_ENCRYPTION};
    uint8_t pem[4096];
    size_t n;
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(own_rc(uses[i], NULL, 2), ISAKMP_OK);
        assert_int_equal(own_rc(uses[i], NULL, 1), ISAKMP_OK);
        assert_int_equal(own_rc(uses[i], NULL, 1), ISAKMP_OK); /* twice for one use is no harm */
        assert_int_equal(own_rc(uses[!i], NULL, 1), ISAKMP_E_ARG);
        assert_non_null(strstr(why, "one key must not be for signatures and encryption both"));
        assert_int_equal(
            isakmp_pki_own_private(ring.pki, 1, ISAKMP_KEY_PEM, pem, sizeof pem, &n, NULL),
            ISAKMP_OK);
        assert_int_equal(
            isakmp_pki_add_own(ring.pki, uses[!i], none(), isakmp__span(pem, n), none(), NULL, 0),
            ISAKMP_E_ARG);
        assert_int_equal(count_own(), 3);
        assert_int_equal(own_rc(uses[!i], NULL, 0), ISAKMP_OK);
        isakmp_pki_set_flags(ring.pki, ISAKMP_PKI_LEGACY | ISAKMP_PKI_ONE_KEY);
        assert_int_equal(own_rc(uses[!i], NULL, 1), ISAKMP_OK);
        made_ring_free(NULL);
        chain_scene(NULL);
    }
}

/* ---- Uses ---------------------------------------------------------------------------------- */

static void wrong_uses(void **state)
{
    (void)state;
    assert_int_equal(own_rc(0, NULL, 1), ISAKMP_E_ARG);
    assert_int_equal(own_rc(4, NULL, 1), ISAKMP_E_ARG);
    assert_int_equal(own_rc(7, NULL, 1), ISAKMP_E_ARG);
    isakmp_pki_set_flags(ring.pki, ISAKMP_PKI_ONE_KEY);
    for (unsigned use = ISAKMP_USE_ENCRYPTION; use <= ISAKMP_USE_GENERAL; use++) {
        assert_int_equal(isakmp_pki_add_own(ring.pki, use, none(), made_span(&leaf_der), none(),
                                            why, sizeof why),
                         ISAKMP_E_ARG);
        assert_non_null(strstr(why, "must be RSA"));
    }
    assert_int_equal(count_own(), 0);
}

/* A key for one use is of none for the other. */
static void one_use(void **state)
{
    const isakmp_sealed s = {ENCR, ISAKMP_HASH_SHA1, {NULL, 0}, {hash, 256}};
    size_t n = 0;
    (void)state;
    peer_key(ISAKMP_USE_ENCRYPTION, &anybody, &anywhere, 3);
    assert_int_equal(own_rc(ISAKMP_USE_ENCRYPTION, NULL, 1), ISAKMP_OK);
    assert_int_equal(credentials(0).methods, 1u << ENCR | 1u << REVISED);
    assert_int_equal(
        isakmp_keyring_sign(&ring, &query, RSA, isakmp__span(hash, 20), sig, sizeof sig, &n),
        ISAKMP_NONE);
    made_ring_free(NULL);
    chain_scene(NULL);
    assert_int_equal(own_rc(ISAKMP_USE_SIGNATURE, NULL, 1), ISAKMP_OK);
    assert_int_equal(credentials(0).methods, 1u << RSA);
    assert_int_equal(isakmp_keyring_decrypt(&ring, &query, &s, sig, sizeof sig, &n), ISAKMP_NONE);
}

static void key_usage(void **state)
{
    static const struct {
        unsigned usage, may; /* may: by the bits of ISAKMP_USE_* as a number */
    } rows[] = {
        {0, 1 << 1 | 1 << 2 | 1 << 3},
        {MBEDTLS_X509_KU_DIGITAL_SIGNATURE, 1 << 1},
        {MBEDTLS_X509_KU_NON_REPUDIATION, 1 << 1},
        {MBEDTLS_X509_KU_KEY_ENCIPHERMENT, 1 << 2},
        {MBEDTLS_X509_KU_KEY_AGREEMENT, 0},
        {MBEDTLS_X509_KU_DIGITAL_SIGNATURE | MBEDTLS_X509_KU_KEY_ENCIPHERMENT,
         1 << 1 | 1 << 2 | 1 << 3},
    };
    (void)state;
    isakmp_pki_set_flags(ring.pki, ISAKMP_PKI_ONE_KEY);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (unsigned use = 1; use <= 3; use++) {
            made cert;
            cert_spec s = leaf_spec();
            s.key = &rsa[1];
            s.usage = rows[i].usage;
            made_cert(&cert, &s);
            assert_int_equal(own_rc(use, &cert, 1),
                             rows[i].may >> use & 1 ? ISAKMP_OK : ISAKMP_E_ARG);
            assert_true(rows[i].may >> use & 1 || strstr(why, "keyUsage"));
        }
}

/* ---- Keys that are made here --------------------------------------------------------------- */

static int generate(unsigned use, unsigned bits)
{
    int rc;
    memset(why, 0, sizeof why);
    rc = isakmp_pki_generate(ring.pki, use, bits, why, sizeof why);
    assert_true(rc == ISAKMP_OK || strlen(why) > 10);
    return rc;
}

static void refused(void **state)
{
    static const unsigned bits[] = {0, 8, 512, 1016, 1024, 2040, 2047, 2049, 2050, 8200, 16384};
    (void)state;
    isakmp_pki_set_flags(ring.pki, 0);
    for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++) {
        assert_int_equal(generate(ISAKMP_USE_SIGNATURE, bits[i]), ISAKMP_E_ARG);
        assert_non_null(strstr(why, "2048 to 8192"));
    }
    isakmp_pki_set_flags(ring.pki, ISAKMP_PKI_LEGACY);
    assert_int_equal(generate(ISAKMP_USE_SIGNATURE, 1016), ISAKMP_E_ARG);
    assert_non_null(strstr(why, "1024 to 8192"));
    assert_int_equal(generate(0, 1024), ISAKMP_E_ARG);
    assert_int_equal(generate(4, 1024), ISAKMP_E_ARG);
    assert_int_equal(generate(ISAKMP_USE_GENERAL, 1024), ISAKMP_E_ARG); /* T-61 */
    assert_non_null(strstr(why, "one key must not be for signatures and encryption both"));
    assert_int_equal(count_own(), 0);
}

/* A key is what it should be, another one each time, and of use. */
static void usage_keys(void **state)
{
    uint8_t out[4096], block[ISAKMP_MAX_SIGNATURE];
    mbedtls_pk_context key;
    mbedtls_mpi e;
    size_t n = 0;
    (void)state;
    assert_int_equal(generate(ISAKMP_USE_SIGNATURE, 1024), ISAKMP_OK);
    assert_int_equal(generate(ISAKMP_USE_ENCRYPTION, 1032), ISAKMP_OK);
    assert_int_equal(count_own(), 2);
    assert_int_equal(use_of(0), ISAKMP_USE_SIGNATURE);
    assert_int_equal(use_of(1), ISAKMP_USE_ENCRYPTION);
    assert_int_equal(isakmp_pki_own_private(ring.pki, 1, ISAKMP_KEY_DER, out, sizeof out, &n, NULL),
                     ISAKMP_OK);
    made_der_key(&key, out, n);
    assert_int_equal(mbedtls_pk_get_bitlen(&key), 1032);
    assert_int_equal(mbedtls_rsa_check_privkey(mbedtls_pk_rsa(key)), 0);
    mbedtls_mpi_init(&e);
    assert_int_equal(mbedtls_rsa_export(mbedtls_pk_rsa(key), NULL, NULL, NULL, NULL, &e), 0);
    assert_int_equal(mbedtls_mpi_cmp_int(&e, 65537), 0);
    mbedtls_mpi_free(&e);
    { /* it opens what is for it, and the other one signs */
        isakmp_sealed s = {ENCR, ISAKMP_HASH_SHA1, {NULL, 0}, {out, 0}};
        assert_int_equal(
            isakmp__rsa_encrypt(&key, isakmp__span(hash, 20), out, sizeof out, &s.data.n),
            ISAKMP_OK);
        assert_int_equal(isakmp_keyring_decrypt(&ring, &query, &s, block, sizeof block, &n),
                         ISAKMP_OK);
        assert_memory_equal(block + n - 20, hash, 20);
    }
    assert_int_equal(
        isakmp_keyring_sign(&ring, &query, RSA, isakmp__span(hash, 20), sig, sizeof sig, &n),
        ISAKMP_OK);
    assert_int_equal(n, 128);
    mbedtls_pk_free(&key);
}

static void a_general_key_of_2048_bits(void **state)
{
    (void)state;
    isakmp_pki_set_flags(ring.pki, ISAKMP_PKI_ONE_KEY);
    assert_int_equal(generate(ISAKMP_USE_GENERAL, 2048), ISAKMP_OK);
    assert_int_equal(use_of(0), ISAKMP_USE_GENERAL);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, chain_scene, made_ring_free)
    const struct CMUnitTest tests[] = {
        TEST(general_keys), TEST(the_same_key_twice),
        TEST(wrong_uses),   TEST(one_use),
        TEST(key_usage),    TEST(refused),
        TEST(usage_keys),   TEST(a_general_key_of_2048_bits),
    };
    return cmocka_run_group_tests_name("own", tests, chain_keys, free_chain_keys);
}
