/* test_wycheproof_signatures.c -- Wycheproof's signatures, all of them.
 *
 * IKE signs a HASH as it is, and the verification takes whatever octets it is given for it: given
 * DigestInfo and digest, it is the verification of PKCS #1 that Wycheproof tests.  What it calls
 * acceptable is decided here:
 *
 * - A DigestInfo without its NULL (MissingNull) is refused.  The one block that is right is compared
 *   whole, and this is another.
 * - Short moduli, an exponent of 3 and SHA-1 (SmallModulus, SmallPublicKey, WeakHash) make a signature
 *   weak, not wrong: it verifies.  Keys like these are refused where keys are, unless ISAKMP_PKI_LEGACY
 *   is set, which is tested, too; and the hash is negotiated, by policies. */
#include "unit/bytes.h"
#include "crypto/mbedtls/pki.h"
#include "support/vectors.h"
#include <mbedtls/md.h>
#include <mbedtls/rsa.h>

static const struct {
    const char *name;
    mbedtls_md_type_t md;
    uint8_t n, oid_n, oid[9];
} hashes[] = {
    {"sha1", MBEDTLS_MD_SHA1, 20, 5, {0x2b, 0x0e, 0x03, 0x02, 0x1a}},
    {"sha224", MBEDTLS_MD_SHA224, 28, 9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x04}},
    {"sha256", MBEDTLS_MD_SHA256, 32, 9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01}},
    {"sha384", MBEDTLS_MD_SHA384, 48, 9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02}},
    {"sha512", MBEDTLS_MD_SHA512, 64, 9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03}},
};

/* What the cases of a file came to. */
typedef struct tally {
    unsigned believed, refused; /* as they should be */
    unsigned bare;              /* believed if the HASH is the digest alone, as in IKE */
    unsigned short_keys, small_exponents;
} tally;

static mbedtls_pk_context key;
static size_t hash; /* index of hashes */

/* The key of the present record and its hash, where it has them. */
static void read_key(vectors *v)
{
    isakmp_span der;
    if (!vector_count(v, "key"))
        return;
    der = vector_octets(v, "key");
    mbedtls_pk_free(&key);
    mbedtls_pk_init(&key);
    assert_int_equal(mbedtls_pk_parse_public_key(&key, der.p, der.n), 0);
    for (hash = 0; strcmp(hashes[hash].name, vector_word(v, "hash")) != 0; hash++)
        assert_true(hash + 1 < sizeof hashes / sizeof hashes[0]);
}

static isakmp_span digest_of(vectors *v, uint8_t *out)
{
    isakmp_span msg = vector_octets(v, "msg");
    assert_int_equal(mbedtls_md(mbedtls_md_info_from_type(hashes[hash].md), msg.p, msg.n, out), 0);
    return isakmp__span(out, hashes[hash].n);
}

/* DigestInfo [RFC8017 9.2]: SEQUENCE { SEQUENCE { OID, NULL }, OCTET STRING }. */
static isakmp_span digest_info(isakmp_span digest, uint8_t *out)
{
    size_t oid_n = hashes[hash].oid_n, n = 6;
    const uint8_t head[] = {
        0x30, (uint8_t)(8 + oid_n + digest.n), 0x30, (uint8_t)(4 + oid_n), 0x06, (uint8_t)oid_n};
    const uint8_t rest[] = {0x05, 0x00, 0x04, (uint8_t)digest.n};
    memcpy(out, head, n);
    memcpy(out + n, hashes[hash].oid, oid_n);
    memcpy(out + n + oid_n, rest, 4);
    memcpy(out + n + oid_n + 4, digest.p, digest.n);
    return isakmp__span(out, n + oid_n + 4 + digest.n);
}

/* The signature of the present record, in memory of just its size. */
static int believed(vectors *v, uint16_t auth, isakmp_span what)
{
    isakmp_span sig = vector_octets(v, "sig");
    uint8_t *copy = bytes_copy(sig);
    int rc = isakmp__key_verify(&key, auth, what, isakmp__span(copy, sig.n));
    assert_true(rc == ISAKMP_OK || rc == ISAKMP_NONE);
    free(copy);
    return rc == ISAKMP_OK;
}

static void expect(vectors *v, tally *t, int got, int want)
{
    if (got != want)
        fail_msg("%s: %s", vector_where(v), got ? "believed" : "refused");
    *(want ? &t->believed : &t->refused) += 1;
}

static int result_is(const vectors *v, const char *word)
{
    return strcmp(vector_word(v, "result"), word) == 0;
}

/* ---- RSA ----------------------------------------------------------------------------------- */

static void check_rsa(vectors *v, tally *t, int acceptable)
{
    uint8_t digest[64], info[96];
    isakmp_span bare = digest_of(v, digest);
    int want = result_is(v, "valid") || (acceptable && result_is(v, "acceptable"));
    expect(v, t, believed(v, ISAKMP_AUTH_RSA_SIG, digest_info(bare, info)), want);
    t->bare += (unsigned)believed(v, ISAKMP_AUTH_RSA_SIG, bare);
}

/* Is the key one that is taken without ISAKMP_PKI_LEGACY?  With it all of these are. */
static void check_key(tally *t)
{
    mbedtls_mpi e;
    int is_short = mbedtls_pk_get_bitlen(&key) < 2048, is_small;
    mbedtls_mpi_init(&e);
    assert_int_equal(mbedtls_rsa_export(mbedtls_pk_rsa(key), NULL, NULL, NULL, NULL, &e), 0);
    is_small = mbedtls_mpi_cmp_int(&e, 3) == 0;
    mbedtls_mpi_free(&e);
    assert_int_equal(isakmp__key_methods(&key, 0) != 0, !is_short && !is_small);
    assert_int_not_equal(isakmp__key_methods(&key, ISAKMP_PKI_LEGACY), 0);
    t->short_keys += (unsigned)is_short;
    t->small_exponents += (unsigned)is_small;
}

static tally check_rsa_file(const char *name, int acceptable)
{
    tally t = {0, 0, 0, 0, 0};
    vectors *v = vectors_open(name);
    mbedtls_pk_init(&key);
    while (vectors_next(v)) {
        read_key(v);
        check_key(&t);
        check_rsa(v, &t, acceptable);
    }
    mbedtls_pk_free(&key);
    vectors_close(v);
    return t;
}

/* One case in each file has the digest alone in a block of type 1.  For PKCS #1 that is wrong; for IKE
 * it is what is right, and nothing else is. */
static void rsa_signatures(void **state)
{
    static const struct {
        const char *name;
        unsigned believed, refused, small_exponents;
    } files[] = {
        {"rsa_signature_sha256_wycheproof.txt", 9, 250, 2},
        {"rsa_signature_sha384_wycheproof.txt", 7, 251, 0},
        {"rsa_signature_sha512_wycheproof.txt", 8, 251, 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        tally t = check_rsa_file(files[i].name, 0);
        assert_int_equal(t.believed, files[i].believed);
        assert_int_equal(t.refused, files[i].refused);
        assert_int_equal(t.bare, 1);
        assert_int_equal(t.short_keys, 0);
        assert_int_equal(t.small_exponents, files[i].small_exponents);
    }
}

static void rsa_signatures_made(void **state)
{
    tally t = check_rsa_file("rsa_signature_made_wycheproof.txt", 1);
    (void)state;
    assert_int_equal(t.believed, 76);
    assert_int_equal(t.refused, 0);
    assert_int_equal(t.bare, 0);
    assert_int_equal(t.short_keys, 33);
    assert_int_equal(t.small_exponents, 4);
}

/* ---- ECDSA --------------------------------------------------------------------------------- */

static tally check_ecdsa_file(const char *name, uint16_t auth)
{
    uint8_t digest[64];
    tally t = {0, 0, 0, 0, 0};
    vectors *v = vectors_open(name);
    mbedtls_pk_init(&key);
    while (vectors_next(v)) {
        read_key(v);
        assert_int_equal(isakmp__key_methods(&key, 0), 1u << auth);
        expect(v, &t, believed(v, auth, digest_of(v, digest)), result_is(v, "valid"));
    }
    mbedtls_pk_free(&key);
    vectors_close(v);
    return t;
}

static void ecdsa_p256(void **state)
{
    tally t = check_ecdsa_file("ecdsa_p256_wycheproof.txt", ISAKMP_AUTH_ECDSA_P256_SHA256);
    (void)state;
    assert_int_equal(t.believed, 173);
    assert_int_equal(t.refused, 89);
}

static void ecdsa_p384(void **state)
{
    tally t = check_ecdsa_file("ecdsa_p384_wycheproof.txt", ISAKMP_AUTH_ECDSA_P384_SHA384);
    (void)state;
    assert_int_equal(t.believed, 193);
    assert_int_equal(t.refused, 87);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rsa_signatures),
        cmocka_unit_test(rsa_signatures_made),
        cmocka_unit_test(ecdsa_p256),
        cmocka_unit_test(ecdsa_p384),
    };
    return cmocka_run_group_tests_name("wycheproof_signatures", tests, NULL, NULL);
}
