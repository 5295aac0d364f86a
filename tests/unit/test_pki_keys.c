/* test_pki_keys.c -- the stock keyring's public keys: what is added to it, what of it fits a method, and
 * what it answers. */
#include "unit/pki_scene.h"

/* ---- What a certificate may be used for ---------------------------------------------------- */

static void uses(void **state)
{
    static const uint8_t server[] = {0x2b, 6, 1, 5, 5, 7, 3, 1},
                         ike[] = {0x2b, 6, 1, 5, 5, 7, 3, 17};
    cert_spec s = leaf_spec();
    made uses = {{0}, 0};
    (void)state;
    s.usage = MBEDTLS_X509_KU_KEY_ENCIPHERMENT;
    remake(&s);
    assert_int_equal(made_verdict(&proof), ISAKMP_D_CERT_USAGE);
    s.usage |= MBEDTLS_X509_KU_NON_REPUDIATION;
    remake(&s);
    assert_int_equal(made_verdict(&proof), ISAKMP_D_NONE);
    s.usage = MBEDTLS_X509_KU_DIGITAL_SIGNATURE;
    s.key_uses = &uses;
    made_put(&uses, 0x06, server, sizeof server);
    remake(&s);
    assert_int_equal(made_verdict(&proof), ISAKMP_D_NONE);
    s.key_uses_critical = 1;
    remake(&s);
    assert_int_equal(made_verdict(&proof), ISAKMP_D_CERT_USAGE);
    made_put(&uses, 0x06, ike, sizeof ike);
    remake(&s);
    assert_int_equal(made_verdict(&proof), ISAKMP_D_NONE);
}

/* Of a key for each use the right one is taken, whichever comes first. */
static void two_uses(void **state)
{
    static made other;
    const made *const certs[] = {&other, &leaf};
    cert_spec s = leaf_spec();
    (void)state;
    s.usage = MBEDTLS_X509_KU_KEY_ENCIPHERMENT;
    s.key = &mid_key;
    made_cert(&other, &s);
    send_certs(2, certs);
    assert_int_equal(made_verdict(&proof), ISAKMP_D_NONE);
    s.usage = MBEDTLS_X509_KU_DIGITAL_SIGNATURE;
    made_cert(&other, &s); /* now the first fits, and is not the one */
    send_certs(2, certs);
    assert_int_equal(made_verdict(&proof), ISAKMP_D_SIGNATURE);
}

/* The key of the certificate must be the one of the method. */
static void methods(void **state)
{
    static const struct {
        mbedtls_ecp_group_id curve;
        uint16_t auth, n;
    } rows[] = {{MBEDTLS_ECP_DP_SECP256R1, 9, 64},
                {MBEDTLS_ECP_DP_SECP384R1, 10, 96},
                {MBEDTLS_ECP_DP_SECP521R1, 11, 132}};
    cert_spec s = leaf_spec();
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        mbedtls_pk_context key;
        made der;
        made_ec_key(&key, rows[i].curve);
        made_key(&der, &key, 0);
        s.key = &key;
        remake(&s);
        sign_by(rows[i].auth, &der);
        assert_int_equal(proof.signature.n, rows[i].n);
        assert_int_equal(made_verdict(&proof), ISAKMP_D_NONE);
        proof.auth = rows[(i + 1) % 3].auth;
        assert_int_equal(made_verdict(&proof), ISAKMP_D_CERT_USAGE);
        proof.auth = RSA;
        assert_int_equal(made_verdict(&proof), ISAKMP_D_CERT_USAGE);
        mbedtls_pk_free(&key);
    }
    s.key = &rsa_key;
    remake(&s);
    {
        const made der = {{0}, 0};
        made key = der;
        made_raw(&key, rsa_a, sizeof rsa_a);
        sign_by(RSA, &key);
    }
    assert_int_equal(made_verdict(&proof), ISAKMP_D_NONE);
    proof.auth = 65005; /* none of ours, though its low bits look like one */
    assert_int_equal(made_verdict(&proof), ISAKMP_D_NO_CERT);
}

static void weak_rsa(void **state)
{
    cert_spec s = leaf_spec();
    mbedtls_pk_context key;
    isakmp_keyring other = {sizeof other, NULL, 0, isakmp_pki_new(), NULL, NULL};
    size_t n = 0;
    (void)state;
    made_der_key(&key, rsa_1024, sizeof rsa_1024);
    s.key = &key;
    remake(&s);
    isakmp_pki_set_flags(other.pki, ISAKMP_PKI_LEGACY);
    assert_int_equal(isakmp_pki_add_own(other.pki, ISAKMP_USE_SIGNATURE, isakmp__span(NULL, 0),
                                        isakmp__span(rsa_1024, sizeof rsa_1024),
                                        isakmp__span(NULL, 0), NULL, 0),
                     ISAKMP_OK);
    assert_int_equal(isakmp_keyring_sign(&other, &query, RSA, proof.hash, sig, sizeof sig, &n),
                     ISAKMP_OK);
    proof.auth = RSA;
    proof.signature = isakmp__span(sig, n);
    assert_int_equal(made_verdict(&proof), ISAKMP_D_CERT_USAGE);
    isakmp_pki_set_flags(ring.pki, ISAKMP_PKI_LEGACY);
    assert_int_equal(made_verdict(&proof), ISAKMP_D_NONE);
    isakmp_pki_free(other.pki);
    mbedtls_pk_free(&key);
}

/* ---- Adding and choosing ------------------------------------------------------------------- */

static isakmp_span none(void)
{
    return isakmp__span(NULL, 0);
}

static int own_rc(isakmp_span certs, isakmp_span key, const char *password)
{
    char why[100] = "x";
    int rc = isakmp_pki_add_own(ring.pki, ISAKMP_USE_SIGNATURE, certs, key, bytes_text(password),
                                why, sizeof why);
    assert_true(rc == ISAKMP_OK || strlen(why) > 10);
    return rc;
}

static void own_keys(void **state)
{
    isakmp_credentials c = {0};
    isakmp_span plain = bytes_text(ec_256_pem), locked = bytes_text(ec_256_locked);
    char why[8];
    (void)state;
    assert_int_equal(isakmp_keyring_credentials(&ring, &query, 0, &c), ISAKMP_NONE);
    assert_int_equal(own_rc(none(), locked, "wrong"), ISAKMP_E_MALFORMED);
    assert_int_equal(own_rc(none(), locked, ""), ISAKMP_E_MALFORMED);
    assert_int_equal(own_rc(none(), none(), ""), ISAKMP_E_MALFORMED);
    assert_int_equal(own_rc(made_span(&leaf), plain, ""), ISAKMP_E_ARG);
    assert_int_equal(own_rc(plain, plain, ""), ISAKMP_E_MALFORMED);
    assert_int_equal(own_rc(none(), isakmp__span(rsa_1024, sizeof rsa_1024), ""), ISAKMP_E_ARG);
    assert_int_equal(isakmp_keyring_credentials(&ring, &query, 0, &c), ISAKMP_NONE);
    assert_int_equal(own_rc(none(), locked, "secret"), ISAKMP_OK);
    assert_int_equal(own_rc(none(), plain, ""), ISAKMP_OK);
    assert_int_equal(own_rc(none(), isakmp__span(ec_256, sizeof ec_256), ""), ISAKMP_OK);
    assert_int_equal(own_rc(none(), isakmp__span(rsa_a, sizeof rsa_a), ""), ISAKMP_OK);
    assert_int_equal(isakmp_keyring_credentials(&ring, &query, 0, &c), ISAKMP_OK);
    assert_int_equal(c.methods, 1u << RSA | 1u << P256);
    assert_int_equal(isakmp_keyring_credentials(&ring, &query, 10, &c), ISAKMP_NONE);
    assert_int_equal(isakmp_keyring_credentials(&ring, &query, RSA, &c), ISAKMP_OK);
    assert_int_equal(c.n_certs, 0);
    assert_int_equal(isakmp_pki_add_ca(ring.pki, made_span(&leaf), why, sizeof why), ISAKMP_E_ARG);
    assert_string_equal(why, "the cer");
}

/* Two certificates of ours, by two CAs: the peer says whose it wants. */
static void wanted(void **state)
{
    static made other;
    isakmp_credentials c = {0};
    isakmp_span want[2];
    mbedtls_x509_crt parsed;
    cert_spec m = mid_spec(), s = leaf_spec();
    (void)state;
    m.issuer = m.subject;
    m.signer = NULL;
    made_cert(&mid, &m);
    trust(&mid);
    trust(&ca);
    s.issuer = m.subject;
    s.signer = &mid_key;
    made_cert(&other, &s);
    assert_int_equal(own_rc(made_span(&leaf), made_span(&leaf_der), ""), ISAKMP_OK);
    assert_int_equal(own_rc(made_span(&other), made_span(&leaf_der), ""), ISAKMP_OK);
    assert_int_equal(isakmp_keyring_credentials(&ring, &query, P256, &c), ISAKMP_OK);
    assert_span_equal(c.certs[0], made_span(&leaf));
    assert_int_equal(c.n_cas, 2); /* one was added twice */
    mbedtls_x509_crt_init(&parsed);
    mbedtls_x509_crt_parse_der(&parsed, mid.p, mid.n);
    assert_span_equal(c.cas[1], isakmp__raw(&parsed.subject_raw));
    want[0] = bytes_text("nonsense");
    want[1] = isakmp__raw(&parsed.subject_raw);
    query.wanted = want;
    query.n_wanted = 2;
    assert_int_equal(isakmp_keyring_credentials(&ring, &query, P256, &c), ISAKMP_OK);
    assert_span_equal(c.certs[0], made_span(&other));
    query.n_wanted = 1;
    assert_int_equal(isakmp_keyring_credentials(&ring, &query, P256, &c), ISAKMP_OK);
    assert_span_equal(c.certs[0], made_span(&leaf));
    mbedtls_x509_crt_free(&parsed);
}

static int peer_rc(const isakmp_id *id, const isakmp_selector *addr, isakmp_span key)
{
    return isakmp_pki_add_peer_key(ring.pki, ISAKMP_USE_SIGNATURE, id, addr, key, NULL, 0);
}

/* A key given by hand: for an identity, an address, or both; a certificate is one, too. */
static void by_hand(void **state)
{
    const isakmp_selector there = {4, 0, 0, {10, 0, 0, 0}, {10, 0, 0, 255}};
    const isakmp_selector elsewhere = {4, 0, 0, {10, 0, 1, 0}, {10, 0, 1, 255}};
    const isakmp_id bob = {ISAKMP_ID_FQDN, 0, 0, bytes_text("bob.example")};
    made key;
    (void)state;
    proof.n_certs = 0;
    made_key(&key, &leaf_key, 1);
    assert_int_equal(peer_rc(&bob, &anywhere, made_span(&key)), ISAKMP_OK);
    assert_int_equal(peer_rc(&alice, &elsewhere, made_span(&key)), ISAKMP_OK);
    assert_int_equal(made_verdict(&proof), ISAKMP_D_NO_CERT);
    assert_int_equal(peer_rc(&alice, &there, bytes_text("nonsense")), ISAKMP_E_MALFORMED);
    assert_int_equal(peer_rc(&alice, &there, isakmp__span(rsa_768_public, sizeof rsa_768_public)),
                     ISAKMP_E_ARG);
    assert_int_equal(peer_rc(&alice, &there, isakmp__span(rsa_512_public, sizeof rsa_512_public)),
                     ISAKMP_E_ARG);
    assert_int_equal(peer_rc(&alice, &there, made_span(&leaf)), ISAKMP_OK);
    isakmp_pki_set_clock(ring.pki, NULL, NULL); /* of the certificate only the key counts */
    assert_int_equal(made_verdict(&proof), ISAKMP_D_NONE);
    sig[0] ^= 1;
    assert_int_equal(made_verdict(&proof), ISAKMP_D_SIGNATURE);
    sig[0] ^= 1;
    query.peer_id = bob;
    assert_int_equal(made_verdict(&proof), ISAKMP_D_NONE);
    path.remote.family = 6;
    assert_int_equal(made_verdict(&proof), ISAKMP_D_NONE);
    query.peer_id = alice;
    assert_int_equal(made_verdict(&proof), ISAKMP_D_NO_CERT);
}

/* PEM, several in one text, with words around them; all or nothing. */
static void pem(void **state)
{
    static char text[8192];
    static made two[2];
    isakmp_credentials c = {0};
    cert_spec m = mid_spec();
    size_t n = 0;
    (void)state;
    make_ca(NULL, NULL);
    two[0] = ca;
    m.issuer = m.subject;
    m.signer = NULL;
    made_cert(&two[1], &m);
    for (size_t i = 0; i < 2; i++) {
        char base64[4096];
        sodium_bin2base64(base64, sizeof base64, two[i].p, two[i].n,
                          sodium_base64_VARIANT_ORIGINAL);
        n += (size_t)snprintf(text + n, sizeof text - n,
                              "Number %u\n-----BEGIN CERTIFICATE-----\n%s\n"
                              "-----END CERTIFICATE-----\n",
                              (unsigned)i, base64);
    }
    isakmp_pki_free(ring.pki);
    ring.pki = isakmp_pki_new();
    isakmp_pki_set_clock(ring.pki, made_clock, &made_time);
    text[n - 100] = (char)(text[n - 100] ^ 0x80); /* no base64 */
    assert_int_not_equal(isakmp_pki_add_ca(ring.pki, isakmp__span(text, n), NULL, 0), ISAKMP_OK);
    assert_int_equal(made_verdict(&proof), ISAKMP_D_CERT_UNTRUSTED);
    text[n - 100] = (char)(text[n - 100] ^ 0x80);
    {
        uint8_t *copy = bytes_copy(isakmp__span(text, n)); /* no zero octet follows */
        assert_int_equal(isakmp_pki_add_ca(ring.pki, isakmp__span(copy, n), NULL, 0), ISAKMP_OK);
        free(copy);
    }
    assert_int_equal(made_verdict(&proof), ISAKMP_D_NONE);
    assert_int_equal(own_rc(none(), bytes_text(ec_256_pem), ""), ISAKMP_OK);
    assert_int_equal(isakmp_keyring_credentials(&ring, &query, P256, &c), ISAKMP_OK);
    assert_int_equal(c.n_cas, 2);
}

/* The lists of two CAs in one text, with empty lines behind; one that is cut off leaves all out. */
static void pem_crls(void **state)
{
    static char text[8192];
    cert_spec m = mid_spec();
    size_t n = 0;
    (void)state;
    m.issuer = m.subject;
    m.signer = NULL;
    made_cert(&mid, &m);
    for (uint8_t i = 0; i < 2; i++) {
        char base64[2048];
        made crl;
        made_crl(&crl, i ? &mid : &ca, i ? &mid_key : &ca_key, "250101000000Z", "260101000000Z", 9);
        sodium_bin2base64(base64, sizeof base64, crl.p, crl.n, sodium_base64_VARIANT_ORIGINAL);
        n += (size_t)snprintf(text + n, sizeof text - n,
                              "-----BEGIN X509 CRL-----\n%s\n-----END X509 CRL-----\n", base64);
    }
    n += (size_t)snprintf(text + n, sizeof text - n, "\r\n\n");
    assert_int_equal(isakmp_pki_add_crl(ring.pki, isakmp__span(text, n - 30), NULL, 0),
                     ISAKMP_E_MALFORMED);
    assert_int_equal(made_verdict(&proof), ISAKMP_D_NONE);
    assert_int_equal(isakmp_pki_add_crl(ring.pki, isakmp__span(text, n), NULL, 0), ISAKMP_OK);
    assert_int_equal(made_verdict(&proof), ISAKMP_D_CERT_REVOKED);
}

/* A ring without a collection, and one from before there were any. */
static void no_collection(void **state)
{
    const isakmp_keyring empty = {sizeof empty, NULL, 0, NULL, NULL, NULL};
    isakmp_keyring old = ring;
    isakmp_credentials c = {0};
    uint16_t why = 0;
    size_t n = 0;
    (void)state;
    old.size = (uint32_t)offsetof(isakmp_keyring, pki);
    for (size_t i = 0; i < 2; i++) {
        const isakmp_keyring *r = i ? &old : &empty;
        assert_int_equal(isakmp_keyring_credentials(r, &query, P256, &c), ISAKMP_NONE);
        assert_int_equal(isakmp_keyring_sign(r, &query, P256, proof.hash, sig, sizeof sig, &n),
                         ISAKMP_NONE);
        assert_int_equal(isakmp_keyring_verify(r, &query, &proof, &why), ISAKMP_NONE);
        assert_int_equal(why, ISAKMP_D_NO_CERT);
    }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, scene, made_ring_free)
    const struct CMUnitTest tests[] = {
        TEST(uses),   TEST(two_uses), TEST(methods), TEST(weak_rsa), TEST(own_keys),
        TEST(wanted), TEST(by_hand),  TEST(pem),     TEST(pem_crls), TEST(no_collection),
    };
    return cmocka_run_group_tests_name("pki_keys", tests, keys, free_keys);
}
