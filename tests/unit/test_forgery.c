/* test_forgery.c -- RSA signatures that somebody has made without the key, and keys by which anybody could.
 *
 * A verifier that looks for a hash where it expects one, instead of comparing the whole block, believes the
 * first half of these [CVE-2006-4339 and its kin]; one that trusts every key it can read, the other half. */
#include "unit/pki_make.h"
#include "unit/pki_keys.h"
#include <mbedtls/rsa.h>

enum {
    RSA = ISAKMP_AUTH_RSA_SIG,
    SIZE = 256 /* of a modulus of 2048 bits */
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static mbedtls_pk_context signer, cubic; /* cubic: its exponent is 3 */
static uint8_t hash[64], block[SIZE], sig[SIZE];

static isakmp_span span_of(const uint8_t *p, size_t n)
{
    return isakmp__span(p, n);
}

static int setup(void **state)
{
    made_ring(state);
    made_der_key(&signer, rsa_a, sizeof rsa_a);
    mbedtls_pk_init(&cubic);
    assert_int_equal(mbedtls_pk_parse_public_key(&cubic, rsa_e3_public, sizeof rsa_e3_public), 0);
    for (uint8_t i = 0; i < sizeof hash; i++)
        hash[i] = (uint8_t)(0x41 + i); /* the last octet is odd, whatever even number is taken */
    return 0;
}

static int teardown(void **state)
{
    mbedtls_pk_free(&signer);
    mbedtls_pk_free(&cubic);
    return made_ring_free(state);
}

static int believed(const mbedtls_pk_context *key, size_t hash_n, size_t sig_n)
{
    uint8_t *copy = bytes_copy(span_of(sig, sig_n));
    int rc = isakmp__key_verify(key, RSA, span_of(hash, hash_n), span_of(copy, sig_n));
    assert_true(rc == ISAKMP_OK || rc == ISAKMP_NONE);
    free(copy);
    return rc == ISAKMP_OK;
}

/* ---- Third roots --------------------------------------------------------------------------- */

static void cube(mbedtls_mpi *out, const mbedtls_mpi *v)
{
    mbedtls_mpi square;
    mbedtls_mpi_init(&square);
    assert_int_equal(mbedtls_mpi_mul_mpi(&square, v, v), 0);
    assert_int_equal(mbedtls_mpi_mul_mpi(out, &square, v), 0);
    mbedtls_mpi_free(&square);
}

/* The largest number whose third power is no more than the block. */
static void root_of_block(mbedtls_mpi *root)
{
    mbedtls_mpi power, most;
    mbedtls_mpi_init(&power);
    mbedtls_mpi_init(&most);
    assert_int_equal(mbedtls_mpi_read_binary(&most, block, SIZE), 0);
    assert_int_equal(mbedtls_mpi_lset(root, 0), 0);
    for (size_t bit = 8 * SIZE / 3 + 1; bit-- > 0;) {
        assert_int_equal(mbedtls_mpi_set_bit(root, bit, 1), 0);
        cube(&power, root);
        if (mbedtls_mpi_cmp_mpi(&power, &most) > 0)
            assert_int_equal(mbedtls_mpi_set_bit(root, bit, 0), 0);
    }
    mbedtls_mpi_free(&power);
    mbedtls_mpi_free(&most);
}

/* Change the last octets of a root so that its third power ends as the block does, which is odd: each bit
 * of the root settles the same bit of the power.  It only becomes less, so that the power begins as before. */
static void end_as_block(mbedtls_mpi *root, size_t octets)
{
    mbedtls_mpi power, want;
    mbedtls_mpi_init(&power);
    mbedtls_mpi_init(&want);
    assert_int_equal(mbedtls_mpi_lset(&power, 1), 0);
    assert_int_equal(mbedtls_mpi_shift_l(&power, 8 * octets), 0);
    assert_int_equal(mbedtls_mpi_sub_mpi(root, root, &power), 0);
    assert_int_equal(mbedtls_mpi_read_binary(&want, block, SIZE), 0);
    for (size_t bit = 0; bit < 8 * octets; bit++)
        assert_int_equal(mbedtls_mpi_set_bit(root, bit, bit == 0), 0);
    for (size_t bit = 1; bit < 8 * octets; bit++) {
        cube(&power, root);
        if (mbedtls_mpi_get_bit(&power, bit) != mbedtls_mpi_get_bit(&want, bit))
            assert_int_equal(mbedtls_mpi_set_bit(root, bit, 1), 0);
    }
    mbedtls_mpi_free(&power);
    mbedtls_mpi_free(&want);
}

/* Make a signature that becomes a block with the same first and last octets as this one. */
static void forge(size_t first, size_t last)
{
    uint8_t found[SIZE];
    mbedtls_mpi root;
    mbedtls_mpi_init(&root);
    root_of_block(&root);
    if (last)
        end_as_block(&root, last);
    assert_int_equal(mbedtls_mpi_write_binary(&root, sig, SIZE), 0);
    assert_int_equal(mbedtls_rsa_public(mbedtls_pk_rsa(cubic), sig, found), 0);
    assert_memory_equal(found, block, first); /* so it is a forgery */
    assert_memory_equal(found + SIZE - last, block + SIZE - last, last);
    mbedtls_mpi_free(&root);
}

static const uint8_t sha1_info[] = {0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e,
                                    0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14};
static const size_t hash_sizes[] = {16, 20, 32, 48, 64};

/* T-45: 0, 1, padding, 0, perhaps a DigestInfo, the hash, and then whatever comes. */
static void test_T45_garbage_behind_the_hash(void **state)
{
    static const size_t paddings[] = {0, 1, 7, 8, 9};
    (void)state;
    for (size_t i = 0; i < COUNT(paddings); i++)
        for (size_t k = 0; k < COUNT(hash_sizes); k++)
            for (size_t info = 0; info <= sizeof sha1_info; info += sizeof sha1_info) {
                size_t n = 2 + paddings[i];
                if (info && hash_sizes[k] == 64) /* too long: no root of 256 octets is so near */
                    continue;
                memset(block, 0xff, SIZE);
                block[0] = 0;
                block[1] = 1;
                block[n++] = 0;
                memcpy(block + n, sha1_info, info);
                n += info;
                memcpy(block + n, hash, hash_sizes[k]);
                n += hash_sizes[k];
                forge(n, 0);
                assert_false(believed(&cubic, hash_sizes[k], SIZE));
            }
}

/* T-45: everything is right where it begins and where it ends: garbage is in what should be padding. */
static void test_T45_garbage_in_the_padding(void **state)
{
    (void)state;
    for (size_t k = 0; k < COUNT(hash_sizes); k++) {
        size_t n = hash_sizes[k];
        memset(block, 0xff, SIZE);
        block[0] = 0;
        block[1] = 1;
        block[SIZE - n - 1] = 0;
        memcpy(block + SIZE - n, hash, n);
        block[SIZE - 1] |= 1;
        hash[n - 1] = block[SIZE - 1];
        forge(16, n + 1);
        assert_false(believed(&cubic, n, SIZE));
    }
}

/* ---- Hashes of other lengths --------------------------------------------------------------- */

/* The true key makes a block of these octets; are they believed to be the hash? */
static int block_of(const uint8_t *data, size_t n)
{
    memset(block, 0xff, SIZE);
    block[0] = 0;
    block[1] = 1;
    block[SIZE - n - 1] = 0;
    if (n)
        memcpy(block + SIZE - n, data, n);
    assert_int_equal(mbedtls_rsa_private(mbedtls_pk_rsa(signer), made_random, NULL, block, sig), 0);
    return believed(&signer, 20, SIZE);
}

/* T-46: what is recovered is shorter than the hash, or longer, by 1 to 20 octets, in front or behind. */
static void test_T46_recovered_value_of_another_length(void **state)
{
    uint8_t data[60];
    (void)state;
    assert_true(block_of(hash, 20));
    for (size_t n = 1; n <= 20; n++) {
        assert_false(block_of(hash, 20 - n));
        assert_false(block_of(hash + n, 20 - n));
        memset(data, 0, sizeof data);
        memcpy(data, hash, 20);
        assert_false(block_of(data, 20 + n));
        memset(data, 0, sizeof data);
        memcpy(data + n, hash, 20);
        assert_false(block_of(data, 20 + n));
    }
    for (size_t n = 0; n <= 20; n++) /* of the DigestInfo that IKEv1 does not have, too */
        assert_false(block_of(sha1_info, n < sizeof sha1_info ? n : sizeof sha1_info));
    memcpy(data, sha1_info, sizeof sha1_info);
    memcpy(data + sizeof sha1_info, hash, 20);
    assert_false(block_of(data, sizeof sha1_info + 20));
}

/* T-43, T-47: a number that is the signature plus the modulus is no signature, though it has the length. */
static void test_T47_not_reduced(void **state)
{
    mbedtls_mpi n, v;
    size_t length;
    unsigned seen = 0;
    (void)state;
    mbedtls_mpi_init(&n);
    mbedtls_mpi_init(&v);
    assert_int_equal(mbedtls_rsa_export(mbedtls_pk_rsa(signer), &n, NULL, NULL, NULL, NULL), 0);
    for (; seen < 3; hash[0]++) {
        assert_int_equal(
            isakmp__key_sign(&signer, RSA, span_of(hash, 20), sig, sizeof sig, &length), ISAKMP_OK);
        assert_int_equal(mbedtls_mpi_read_binary(&v, sig, SIZE), 0);
        assert_int_equal(mbedtls_mpi_add_mpi(&v, &v, &n), 0);
        if (mbedtls_mpi_size(&v) > SIZE)
            continue;
        assert_true(believed(&signer, 20, SIZE));
        assert_int_equal(mbedtls_mpi_write_binary(&v, sig, SIZE), 0);
        assert_false(believed(&signer, 20, SIZE));
        seen++;
    }
    mbedtls_mpi_free(&n);
    mbedtls_mpi_free(&v);
}

/* ---- Keys ---------------------------------------------------------------------------------- */

/* Is a public key good enough for the keyring? */
static int is_taken(isakmp_span n, isakmp_span e, unsigned flags)
{
    made key;
    int rc;
    made_rsa_public(&key, n, e);
    isakmp_pki_set_flags(ring.pki, flags);
    rc = isakmp_pki_add_peer_key(ring.pki, ISAKMP_USE_SIGNATURE, &anybody, &anywhere,
                                 made_span(&key), NULL, 0);
    assert_true(rc == ISAKMP_OK || rc == ISAKMP_E_MALFORMED || rc == ISAKMP_E_ARG);
    return rc == ISAKMP_OK;
}

/* An odd number with this many bits; whether it has two factors is not seen when it is added. */
static isakmp_span modulus_of(size_t bits)
{
    static uint8_t n[1100];
    const size_t octets = (bits + 7) / 8;
    memset(n, 0xb5, octets);
    n[0] = (uint8_t)(0xff >> (8 * octets - bits));
    n[octets - 1] |= 1;
    return span_of(n, octets);
}

static isakmp_span exponent_of(uint64_t e)
{
    static uint8_t octets[8];
    size_t n = 8;
    for (size_t i = 0; i < 8; i++)
        octets[i] = (uint8_t)(e >> (56 - 8 * i));
    while (n > 1 && octets[8 - n] == 0)
        n--;
    return span_of(octets + 8 - n, n);
}

/* T-45: moduli of 8 to 512 bits are refused before anything is computed with them; and should somebody
 * ask all the same, nothing is believed.  (mbedTLS itself does not read keys of less than 128 bits.) */
static void test_T45_tiny_moduli(void **state)
{
    static const uint64_t exponents[] = {3, 65537};
    (void)state;
    for (size_t bits = 2; bits <= 512; bits++)
        for (size_t i = 0; i < 2; i++) {
            mbedtls_pk_context key;
            made der;
            assert_false(is_taken(modulus_of(bits), exponent_of(exponents[i]), ISAKMP_PKI_LEGACY));
            made_rsa_public(&der, modulus_of(bits), exponent_of(exponents[i]));
            mbedtls_pk_init(&key);
            if (mbedtls_pk_parse_public_key(&key, der.p, der.n) == 0) {
                assert_int_equal(isakmp__key_methods(&key, ISAKMP_PKI_LEGACY), 0);
                memset(sig, 0, sizeof sig);
                sig[(bits + 7) / 8 - 1] = 1;
                for (size_t n = 0; n <= sizeof hash; n += 4)
                    assert_false(believed(&key, n, (bits + 7) / 8));
            }
            mbedtls_pk_free(&key);
        }
}

/* T-46: the least and the most bits of a modulus, and the least exponent, to the bit. */
static void test_T46_bounds_of_keys(void **state)
{
    static const struct {
        size_t bits;
        uint64_t e;
        int taken, taken_legacy;
    } rows[] = {
        {1023, 65537, 0, 0},      {1024, 65537, 0, 1}, {2047, 65537, 0, 1}, {2048, 65537, 1, 1},
        {8192, 65537, 1, 1},      {8193, 65537, 0, 0}, {2048, 1, 0, 0},     {2048, 2, 0, 0},
        {2048, 3, 0, 1},          {2048, 4, 0, 0},     {2048, 5, 0, 0},     {2048, 17, 0, 0},
        {2048, 257, 0, 0},        {2048, 65535, 0, 0}, {2048, 65536, 0, 0}, {2048, 65539, 1, 1},
        {2048, UINT64_MAX, 1, 1},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        isakmp_span n = modulus_of(rows[i].bits), e = exponent_of(rows[i].e);
        if (is_taken(n, e, 0) != rows[i].taken ||
            is_taken(n, e, ISAKMP_PKI_LEGACY) != rows[i].taken_legacy)
            fail_msg("%u bits, exponent %lu", (unsigned)rows[i].bits, (unsigned long)rows[i].e);
    }
}

/* T-47: numbers that are none of a key: zero, one, even, endless. */
static void test_T47_unsound_numbers(void **state)
{
    static const uint8_t few[] = {0, 1, 2, 4};
    static uint8_t zeros[256], even[256], long_e[9];
    (void)state;
    memset(even, 0xfe, sizeof even);
    memset(long_e, 0xff, sizeof long_e);
    assert_true(is_taken(modulus_of(2048), exponent_of(65537), 0));
    for (size_t i = 0; i < COUNT(few); i++) {
        assert_false(is_taken(span_of(&few[i], 1), exponent_of(65537), ISAKMP_PKI_LEGACY));
        assert_false(is_taken(span_of(&few[i], 1), exponent_of(3), ISAKMP_PKI_LEGACY));
        assert_false(is_taken(modulus_of(2048), span_of(&few[i], 1), ISAKMP_PKI_LEGACY));
        assert_false(is_taken(span_of(&few[i], 1), span_of(&few[i], 1), ISAKMP_PKI_LEGACY));
    }
    assert_false(is_taken(span_of(NULL, 0), exponent_of(3), ISAKMP_PKI_LEGACY));
    assert_false(is_taken(modulus_of(2048), span_of(NULL, 0), ISAKMP_PKI_LEGACY));
    assert_false(is_taken(span_of(zeros, 256), exponent_of(65537), 0));
    assert_false(is_taken(span_of(even, 256), exponent_of(65537), 0));
    assert_false(is_taken(modulus_of(2048), span_of(long_e, sizeof long_e), 0));
    assert_false(is_taken(modulus_of(2048), modulus_of(2048), 0));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_T45_garbage_behind_the_hash),
        TEST(test_T45_garbage_in_the_padding),
        TEST(test_T46_recovered_value_of_another_length),
        TEST(test_T47_not_reduced),
        TEST(test_T45_tiny_moduli),
        TEST(test_T46_bounds_of_keys),
        TEST(test_T47_unsound_numbers),
    };
    return cmocka_run_group_tests_name("forgery", tests, NULL, NULL);
}
