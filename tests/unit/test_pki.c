/* test_pki.c -- the stock keyring's public keys: whose certificates it believes. */
#include "unit/pki_scene.h"

/* The smallest program: credentials, signature, proof. */
static void two_keyrings(void **state)
{
    isakmp_credentials c = {0};
    isakmp_keyring ours = {sizeof ours, NULL, 0, isakmp_pki_new(), NULL, NULL};
    size_t n = 0;
    (void)state;
    assert_int_equal(isakmp_pki_add_own(ours.pki, ISAKMP_USE_SIGNATURE, made_span(&leaf),
                                        made_span(&leaf_der), isakmp__span(NULL, 0), NULL, 0),
                     ISAKMP_OK);
    assert_int_equal(isakmp_keyring_credentials(&ours, &query, P256, &c), ISAKMP_OK);
    assert_int_equal(c.methods, 1u << P256);
    assert_int_equal(c.n_certs, 1);
    assert_span_equal(c.certs[0], made_span(&leaf));
    assert_int_equal(isakmp_keyring_sign(&ours, &query, P256, proof.hash, sig, sizeof sig, &n),
                     ISAKMP_OK);
    assert_int_equal(n, 64);
    assert_int_equal(made_verdict(&proof), ISAKMP_D_NONE);
    sig[5] ^= 1;
    assert_int_equal(made_verdict(&proof), ISAKMP_D_SIGNATURE);
    isakmp_pki_free(ours.pki);
}

/* ---- Paths --------------------------------------------------------------------------------- */

/* T-48: none, of a kind that nobody reads, and cut off anywhere. */
static void no_certificates(void **state)
{
    (void)state;
    proof.n_certs = 0;
    assert_int_equal(made_verdict(&proof), ISAKMP_D_NO_CERT);
    proof.n_certs = 1;
    sent[0].encoding = ISAKMP_CERT_PGP;
    assert_int_equal(made_verdict(&proof), ISAKMP_D_NO_CERT);
    sent[0].encoding = ISAKMP_CERT_X509_SIG;
    for (size_t n = 0; n < leaf.n; n++) {
        uint8_t *copy = bytes_copy(isakmp__span(leaf.p, n));
        sent[0].data = isakmp__span(copy, n);
        assert_int_equal(made_verdict(&proof), ISAKMP_D_CERT_FORM);
        free(copy);
    }
}

/* T-42: vouched for by somebody else, even of the same name. */
static void another_ca(void **state)
{
    cert_spec s = leaf_spec();
    (void)state;
    s.signer = &mid_key; /* of the same name */
    remake(&s);
    assert_int_equal(made_verdict(&proof), ISAKMP_D_CERT_UNTRUSTED);
    s.signer = &leaf_key; /* signed by itself */
    s.issuer = s.subject;
    s.ca = 1;
    remake(&s);
    assert_int_equal(made_verdict(&proof), ISAKMP_D_CERT_UNTRUSTED);
    isakmp_pki_free(ring.pki);
    ring.pki = isakmp_pki_new();
    isakmp_pki_set_clock(ring.pki, made_clock, &made_time);
    assert_int_equal(made_verdict(&proof), ISAKMP_D_CERT_UNTRUSTED);
}

static void intermediates(void **state)
{
    static made lower;
    const made *const orders[6][3] = {{&leaf, &mid, &lower}, {&leaf, &lower, &mid},
                                      {&mid, &leaf, &lower}, {&mid, &lower, &leaf},
                                      {&lower, &leaf, &mid}, {&lower, &mid, &leaf}};
    cert_spec s = mid_spec(), l = leaf_spec();
    (void)state;
    made_cert(&mid, &s);
    s.subject = "CN=Lower,O=Test";
    s.issuer = "CN=Mid,O=Test";
    s.key = &rsa_key;
    s.signer = &mid_key;
    made_cert(&lower, &s);
    l.issuer = "CN=Lower,O=Test";
    l.signer = &rsa_key;
    made_cert(&leaf, &l);
    for (size_t i = 0; i < 6; i++) {
        send_certs(3, orders[i]);
        assert_int_equal(made_verdict(&proof), ISAKMP_D_NONE);
    }
    send_certs(2, orders[0]); /* without the one below it */
    assert_int_equal(made_verdict(&proof), ISAKMP_D_CERT_UNTRUSTED);
}

static void intermediates_that_may_not(void **state)
{
    const made *const certs[] = {&leaf, &mid};
    cert_spec s = mid_spec(), l = leaf_spec();
    (void)state;
    l.issuer = s.subject;
    l.signer = &mid_key;
    made_cert(&leaf, &l);
    s.ca = 0;
    made_cert(&mid, &s);
    send_certs(2, certs);
    assert_int_equal(made_verdict(&proof), ISAKMP_D_CERT_UNTRUSTED);
    s.ca = 1;
    s.usage = MBEDTLS_X509_KU_DIGITAL_SIGNATURE;
    made_cert(&mid, &s);
    send_certs(2, certs);
    assert_int_equal(made_verdict(&proof), ISAKMP_D_CERT_UNTRUSTED);
    s.usage = 0;
    s.md = MBEDTLS_MD_SHA1;
    made_cert(&mid, &s);
    send_certs(2, certs);
    assert_int_equal(made_verdict(&proof), ISAKMP_D_CERT_USAGE);
    isakmp_pki_set_flags(ring.pki, ISAKMP_PKI_LEGACY);
    assert_int_equal(made_verdict(&proof), ISAKMP_D_NONE);
}

/* However many there are: the first eight are looked at. */
static void too_many(void **state)
{
    static made other;
    const made *certs[10];
    cert_spec s = leaf_spec();
    (void)state;
    s.names = NULL;
    made_cert(&other, &s);
    for (size_t i = 0; i < 10; i++)
        certs[i] = i == 7 ? &leaf : &other;
    send_certs(10, certs);
    assert_int_equal(made_verdict(&proof), ISAKMP_D_NONE);
    certs[7] = &other;
    certs[8] = &leaf;
    send_certs(10, certs);
    assert_int_equal(made_verdict(&proof), ISAKMP_D_CERT_ID);
}

/* T-50: PKCS #7; test_pki_hostile.c has what is deep and long. */
static void wrapped(void **state)
{
    static made pkcs7;
    made certs[2];
    cert_spec s = mid_spec(), l = leaf_spec();
    (void)state;
    l.issuer = s.subject;
    l.signer = &mid_key;
    made_cert(&certs[0], &s);
    made_cert(&certs[1], &l);
    made_pkcs7(&pkcs7, certs, 2);
    sent[0].encoding = ISAKMP_CERT_PKCS7;
    sent[0].data = made_span(&pkcs7);
    assert_int_equal(made_verdict(&proof), ISAKMP_D_NONE);
    for (size_t n = 0; n < pkcs7.n; n++) { /* cut off, and with every octet changed */
        uint8_t *copy = bytes_copy(isakmp__span(pkcs7.p, n));
        sent[0].data = isakmp__span(copy, n);
        assert_int_equal(made_verdict(&proof), ISAKMP_D_CERT_FORM);
        free(copy);
    }
    sent[0].data = made_span(&pkcs7);
    for (size_t i = 0; i < 60; i++)
        for (unsigned v = 0; v < 256; v += 37) {
            uint8_t was = pkcs7.p[i];
            pkcs7.p[i] = (uint8_t)v;
            made_verdict(&proof);
            pkcs7.p[i] = was;
        }
    assert_int_equal(made_verdict(&proof), ISAKMP_D_NONE);
}

/* ---- Time and revocation ------------------------------------------------------------------- */

static void times(void **state)
{
    cert_spec s = leaf_spec();
    (void)state;
    made_time = UINT64_C(1893455999); /* the last second of 2029 */
    assert_int_equal(made_verdict(&proof), ISAKMP_D_NONE);
    made_time++;
    assert_int_equal(made_verdict(&proof), ISAKMP_D_CERT_EXPIRED);
    made_time = UINT64_C(1577836800); /* the first of 2020 */
    assert_int_equal(made_verdict(&proof), ISAKMP_D_NONE);
    made_time--;
    assert_int_equal(made_verdict(&proof), ISAKMP_D_CERT_FUTURE);
    made_time = MADE_NOW;
    s.to = "20250101000000";
    remake(&s);
    assert_int_equal(made_verdict(&proof), ISAKMP_D_CERT_EXPIRED);
    s.to = NULL;
    remake(&s);
    isakmp_pki_set_clock(ring.pki, NULL, NULL);
    assert_int_equal(made_verdict(&proof), ISAKMP_D_CERT_FUTURE);
}

/* Whatever the system's clock says: of two certificates of a CA the one counts that is valid now. */
static void our_clock_alone(void **state)
{
    cert_spec s = leaf_spec();
    (void)state;
    isakmp_pki_free(ring.pki);
    ring.pki = isakmp_pki_new();
    isakmp_pki_set_clock(ring.pki, made_clock, &made_time);
    s.from = "19900101000000";
    s.to = "20491231235959";
    remake(&s);
    make_ca("20000101000000", "20451231235959");
    trust(&ca);
    make_ca("19900101000000", "19951231235959");
    trust(&ca);
    make_ca("20460101000000", "20491231235959");
    trust(&ca);
    made_time = UINT64_C(700000000); /* in 1992 */
    assert_int_equal(made_verdict(&proof), ISAKMP_D_NONE);
    made_time = UINT64_C(2450000000); /* in 2047 */
    assert_int_equal(made_verdict(&proof), ISAKMP_D_NONE);
    made_time = UINT64_C(860000000); /* in 1997 */
    assert_int_not_equal(made_verdict(&proof), ISAKMP_D_NONE);
}

static void add_crl(mbedtls_pk_context *signer, const char *this_update, const char *next,
                    uint8_t serial)
{
    made crl;
    made_crl(&crl, &ca, signer, this_update, next, serial);
    assert_int_equal(isakmp_pki_add_crl(ring.pki, made_span(&crl), NULL, 0), ISAKMP_OK);
}

static void revocation(void **state)
{
    made crl;
    (void)state;
    isakmp_pki_set_flags(ring.pki, ISAKMP_PKI_NEED_CRL);
    assert_int_equal(made_verdict(&proof), ISAKMP_D_CERT_CRL);
    add_crl(&ca_key, "250101000000Z", "260101000000Z", 8);
    assert_int_equal(made_verdict(&proof), ISAKMP_D_NONE);
    add_crl(&ca_key, "250201000000Z", "260101000000Z", 9);
    assert_int_equal(made_verdict(&proof), ISAKMP_D_CERT_REVOKED);
    add_crl(&ca_key, "250115000000Z", "260101000000Z", 8); /* older: changes nothing */
    assert_int_equal(made_verdict(&proof), ISAKMP_D_CERT_REVOKED);
    add_crl(&ca_key, "250202000000Z", "260101000000Z", 0);
    assert_int_equal(made_verdict(&proof), ISAKMP_D_NONE);
    isakmp_pki_set_flags(ring.pki, 0);
    add_crl(&ca_key, "250203000000Z", "250301000000Z", 8); /* nobody has brought the next one */
    assert_int_equal(made_verdict(&proof), ISAKMP_D_CERT_CRL);
    add_crl(&mid_key, "250204000000Z", "260101000000Z", 8); /* somebody else's */
    assert_int_equal(made_verdict(&proof), ISAKMP_D_CERT_CRL);
    made_crl(&crl, &ca, &ca_key, "250205000000Z", NULL, 8);
    assert_int_equal(isakmp_pki_add_crl(ring.pki, made_span(&crl), NULL, 0), ISAKMP_E_ARG);
    assert_int_equal(isakmp_pki_add_crl(ring.pki, made_span(&ca), NULL, 0), ISAKMP_E_MALFORMED);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, scene, made_ring_free)
    const struct CMUnitTest tests[] = {
        TEST(two_keyrings),
        TEST(no_certificates),
        TEST(another_ca),
        TEST(intermediates),
        TEST(intermediates_that_may_not),
        TEST(too_many),
        TEST(wrapped),
        TEST(times),
        TEST(our_clock_alone),
        TEST(revocation),
    };
    return cmocka_run_group_tests_name("pki", tests, keys, free_keys);
}
