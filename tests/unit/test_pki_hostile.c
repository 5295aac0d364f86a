/* test_pki_hostile.c -- certificates that nobody should have made: with keys that are none, nested a
 * thousand levels deep, signed in ways that IKEv1 does not have, with constraints and addresses in them.
 * Each is an answer of the keyring, never a crash; and the true ones beside them still work. */
#include <sys/resource.h>
#include "unit/pki_scene.h"
#include <mbedtls/rsa.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* The certificate is the peer's only one; then a true one stands behind it. */
static unsigned alone(isakmp_span cert, uint8_t encoding)
{
    uint8_t *copy = bytes_copy(cert);
    unsigned verdict;
    proof.certs = sent;
    proof.n_certs = 1;
    sent[0].encoding = encoding;
    sent[0].data = isakmp__span(copy, cert.n);
    verdict = made_verdict(&proof);
    sent[1].encoding = ISAKMP_CERT_X509_SIG;
    sent[1].data = made_span(&leaf);
    proof.n_certs = 2;
    assert_int_equal(made_verdict(&proof), ISAKMP_D_NONE);
    free(copy);
    return verdict;
}

static int is_ca(const made *cert)
{
    return isakmp_pki_add_ca(ring.pki, made_span(cert), NULL, 0) == ISAKMP_OK;
}

/* ---- T-42: nothing is believed that is not all right ---------------------------------------- */

static void test_T42_one_thing_wrong(void **state)
{
    static const uint8_t zeros[64];
    isakmp_span good;
    cert_spec s = leaf_spec();
    uint8_t other[32];
    (void)state;
    assert_int_equal(made_verdict(&proof), ISAKMP_D_NONE);
    good = proof.signature;
    for (size_t n = 0; n < good.n; n++) { /* none at all, and part of one */
        proof.signature = isakmp__span(good.p, n);
        assert_int_equal(made_verdict(&proof), ISAKMP_D_SIGNATURE);
    }
    proof.signature = isakmp__span(NULL, 0);
    assert_int_equal(made_verdict(&proof), ISAKMP_D_SIGNATURE);
    proof.signature = isakmp__span(zeros, sizeof zeros);
    assert_int_equal(made_verdict(&proof), ISAKMP_D_SIGNATURE);
    proof.signature = good;
    memcpy(other, hash, sizeof other);
    other[31] ^= 1;
    proof.hash = isakmp__span(other, sizeof other);
    assert_int_equal(made_verdict(&proof), ISAKMP_D_SIGNATURE);
    proof.hash = isakmp__span(NULL, 0);
    assert_int_equal(made_verdict(&proof), ISAKMP_D_SIGNATURE);
    proof.hash = isakmp__span(hash, sizeof hash);
    s.key = &mid_key; /* the certificate is true, the signature is by another key */
    remake(&s);
    assert_int_equal(made_verdict(&proof), ISAKMP_D_SIGNATURE);
    s.key = &leaf_key;
    s.signer = &mid_key; /* of another CA with the same name */
    remake(&s);
    assert_int_equal(made_verdict(&proof), ISAKMP_D_CERT_UNTRUSTED);
    s.signer = &ca_key;
    remake(&s);
    assert_int_equal(made_verdict(&proof), ISAKMP_D_NONE);
}

/* ---- T-48: keys that are none --------------------------------------------------------------- */

/* A certificate of the CA with any public key (DER) in it. */
static made with_key(const made *cert, isakmp_span key)
{
    made out;
    made_body(&out, cert, MADE_PUBLIC_KEY, key);
    made_sign(&out, &ca_key);
    return out;
}

static void is_of_no_use(unsigned verdict)
{
    if (verdict != ISAKMP_D_CERT_FORM && verdict != ISAKMP_D_CERT_USAGE)
        fail_msg("%s", isakmp_detail_text((uint16_t)verdict));
}

/* With this key nobody is believed, nor what it seems to have signed, and it is no CA's. */
static void nothing_by_key(isakmp_span key)
{
    made cert = with_key(&leaf, key), lower;
    const made *const one[] = {&cert}, *const both[] = {&lower, &cert};
    cert_spec m = mid_spec(), l = leaf_spec();
    is_of_no_use(alone(made_span(&cert), ISAKMP_CERT_X509_SIG));
    proof.auth = RSA;
    send_certs(1, one);
    is_of_no_use(made_verdict(&proof));
    proof.auth = P256;
    made_cert(&mid, &m);
    cert = with_key(&mid, key);
    l.issuer = m.subject;
    l.signer = &mid_key;
    made_cert(&lower, &l);
    send_certs(2, both);
    assert_int_equal(made_verdict(&proof), ISAKMP_D_CERT_UNTRUSTED);
    assert_false(is_ca(&cert));
}

static void test_T48_rsa_keys(void **state)
{
    static uint8_t odd[256], even[256], zeros[256];
    static const uint8_t numbers[] = {0, 1, 2, 3, 255}, f4[] = {1, 0, 1};
    const isakmp_span n = isakmp__span(odd, 256), e = isakmp__span(f4, 3);
    made key, cert;
    const made *const certs[] = {&cert};
    (void)state;
    memset(odd, 0xd5, sizeof odd);
    memset(even, 0xd4, sizeof even);
    made_rsa_public(&key, n, e);
    cert = with_key(&leaf, made_span(&key));
    send_certs(1, certs);
    proof.auth = RSA;
    assert_int_equal(made_verdict(&proof), ISAKMP_D_SIGNATURE); /* this one could be a key */
    proof.auth = P256;
    for (size_t i = 0; i < COUNT(numbers); i++) {
        const isakmp_span small = isakmp__span(&numbers[i], 1);
        made_rsa_public(&key, n, small);
        nothing_by_key(made_span(&key));
        made_rsa_public(&key, small, e);
        nothing_by_key(made_span(&key));
        made_rsa_public(&key, small, small);
        nothing_by_key(made_span(&key));
    }
    made_rsa_public(&key, isakmp__span(even, 256), e);
    nothing_by_key(made_span(&key));
    made_rsa_public(&key, isakmp__span(zeros, 256), isakmp__span(zeros, 256));
    nothing_by_key(made_span(&key));
    made_rsa_public(&key, isakmp__span(NULL, 0), isakmp__span(NULL, 0));
    nothing_by_key(made_span(&key));
}

/* A SubjectPublicKeyInfo that ends early, with the lengths around it made right. */
static void test_T48_truncated_keys(void **state)
{
    (void)state;
    for (int ec = 0; ec < 2; ec++) {
        made key, cert;
        const made *const certs[] = {&cert};
        isakmp_span all, inner;
        made_key(&key, ec ? &leaf_key : &rsa_key, 1);
        all = made_span(&key);
        assert_true(isakmp__der_take(&all, 0x30, &inner));
        for (size_t n = 0; n < inner.n; n += n < 64 ? 1 : 16) {
            made cut = {{0}, 0};
            made_put(&cut, 0x30, inner.p, n);
            cert = with_key(&leaf, made_span(&cut));
            send_certs(1, certs);
            assert_int_equal(made_verdict(&proof), ISAKMP_D_CERT_FORM);
        }
        nothing_by_key(isakmp__span("\x30", 2));
    }
}

/* Points in other forms, at infinity, and off the curve; curves that nobody has named. */
static void test_T48_ec_keys(void **state)
{
    static const uint8_t forms[] = {0, 1, 2, 3, 5, 6, 7, 0xff};
    enum {
        CURVE = 22, /* where the last octet of the curve's number stands, */
        POINT = 26  /* and the point */
    };
    made key, other, cert;
    (void)state;
    made_key(&key, &leaf_key, 1);
    assert_int_equal(key.n, 91);
    assert_int_equal(key.p[POINT], 4);
    cert = with_key(&leaf, made_span(&key));
    assert_int_equal(alone(made_span(&cert), ISAKMP_CERT_X509_SIG), ISAKMP_D_NONE);
    for (size_t i = 0; i < COUNT(forms); i++) {
        other = key;
        other.p[POINT] = forms[i];
        nothing_by_key(made_span(&other));
    }
    for (size_t i = POINT + 1; i < key.n; i += 21) {
        other = key;
        other.p[i] ^= 1;
        nothing_by_key(made_span(&other));
    }
    other = key;
    memset(other.p + POINT + 1, 0, 64);
    nothing_by_key(made_span(&other));
    memset(other.p + POINT + 1, 0xff, 64);
    nothing_by_key(made_span(&other));
    other = key;
    other.p[CURVE] = 1; /* P-192, of which the point is too long */
    nothing_by_key(made_span(&other));
}

/* ---- T-50: depth and size --------------------------------------------------------------------- */

/* As long as a payload can be, filled from its end. */
static uint8_t big[65000];
static size_t big_at;

static isakmp_span big_span(void)
{
    return isakmp__span(big + big_at, sizeof big - big_at);
}

static void big_front(const void *p, size_t n)
{
    assert_true(n <= big_at);
    big_at -= n;
    memcpy(big + big_at, p, n);
}

/* Put what is there into one element. */
static void big_wrap(uint8_t tag)
{
    size_t n = sizeof big - big_at;
    const uint8_t head[] = {tag, 0x82, (uint8_t)(n >> 8), (uint8_t)n};
    big_front(head, sizeof head);
}

/* Whatever encoding it comes in, and as a CA or a list: it cannot be read. */
static void cannot_be_read(isakmp_span der)
{
    static const uint8_t encodings[] = {ISAKMP_CERT_X509_SIG, ISAKMP_CERT_X509_KE};
    uint8_t *copy = bytes_copy(der);
    isakmp_span s = isakmp__span(copy, der.n);
    proof.n_certs = 1;
    sent[0].data = s;
    for (size_t i = 0; i < COUNT(encodings); i++) {
        sent[0].encoding = encodings[i];
        assert_int_equal(made_verdict(&proof), ISAKMP_D_CERT_FORM);
    }
    assert_int_equal(alone(s, ISAKMP_CERT_PKCS7), ISAKMP_D_CERT_FORM);
    assert_int_equal(isakmp_pki_add_ca(ring.pki, s, NULL, 0), ISAKMP_E_MALFORMED);
    assert_int_equal(isakmp_pki_add_crl(ring.pki, s, NULL, 0), ISAKMP_E_MALFORMED);
    free(copy);
}

/* Sixteen thousand levels, and thirty-two thousand that have no end. */
static void test_T50_nothing_but_depth(void **state)
{
    static const uint8_t tags[] = {0x30, 0x31, 0xa0, 0xa3, 0x24, 0x23};
    (void)state;
    for (size_t i = 0; i < COUNT(tags); i++) {
        for (big_at = sizeof big; big_at >= 4;)
            big_wrap(tags[i]);
        cannot_be_read(big_span());
        for (size_t k = 0; k < sizeof big; k += 2) {
            big[k] = tags[i];
            big[k + 1] = 0x80;
        }
        cannot_be_read(isakmp__span(big, sizeof big));
    }
}

/* PKCS #7 that is right until its certificates, and they are n times the same few octets. */
static void pkcs7_of(const void *p, size_t n, size_t times)
{
    static const uint8_t signed_data[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                          0xf7, 0x0d, 0x01, 0x07, 0x02};
    static const uint8_t front[] = {0x02, 0x01, 0x01, 0x31, 0x00, 0x30, 0x0b, 0x06, 0x09,
                                    0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01};
    big_at = sizeof big;
    while (times-- > 0)
        big_front(p, n);
    big_wrap(0xa0);
    big_front(front, sizeof front);
    big_wrap(0x30);
    big_wrap(0xa0);
    big_front(signed_data, sizeof signed_data);
    big_wrap(0x30);
}

static void test_T50_pkcs7(void **state)
{
    static const uint8_t nothing[] = {0x30, 0x00}, endless[] = {0x30, 0x80},
                         almost[] = {0x30, 0x06, 0x30, 0x02, 0x30, 0x00, 0x30, 0x00};
    (void)state;
    pkcs7_of(nothing, sizeof nothing, 32000);
    assert_int_equal(alone(big_span(), ISAKMP_CERT_PKCS7), ISAKMP_D_CERT_FORM);
    pkcs7_of(endless, sizeof endless, 32000);
    assert_int_equal(alone(big_span(), ISAKMP_CERT_PKCS7), ISAKMP_D_CERT_FORM);
    pkcs7_of(almost, sizeof almost, 8000);
    assert_int_equal(alone(big_span(), ISAKMP_CERT_PKCS7), ISAKMP_D_CERT_FORM);
    pkcs7_of(leaf.p, leaf.n, 60000 / leaf.n); /* of which eight are looked at */
    assert_int_equal(alone(big_span(), ISAKMP_CERT_PKCS7), ISAKMP_D_NONE);
}

/* Lengths of which an implementation may want to allocate as much. */
static void test_T50_lengths(void **state)
{
    static const uint8_t firsts[] = {0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x88, 0xfe, 0xff};
    (void)state;
    for (size_t i = 0; i < COUNT(firsts); i++)
        for (unsigned fill = 0; fill < 256; fill += 85) {
            uint8_t der[200];
            memset(der, (int)fill, sizeof der);
            der[0] = 0x30;
            der[1] = firsts[i];
            cannot_be_read(isakmp__span(der, sizeof der));
            cannot_be_read(isakmp__span(der, 2));
        }
}

/* Depth where a true certificate has something that the CA has let pass. */
static void test_T50_depth_in_a_certificate(void **state)
{
    static const uint8_t kinds[] = {14, 15, 17, 19, 30, 31, 32, 35, 37, 99};
    cert_spec s = leaf_spec();
    made deep = {{0}, 0}, cert;
    (void)state;
    while (deep.n < 2600)
        made_wrap(&deep, 0x30);
    s.other = &deep;
    for (size_t i = 0; i < COUNT(kinds); i++)
        for (s.other_critical = 0; s.other_critical < 2; s.other_critical++) {
            unsigned verdict;
            s.other_oid = kinds[i];
            s.names = kinds[i] == 17 ? NULL : &names;
            made_cert(&cert, &s);
            verdict = alone(made_span(&cert), ISAKMP_CERT_X509_SIG);
            if (verdict == ISAKMP_D_NONE) /* what is not critical may be passed over */
                assert_false(s.other_critical);
        }
    for (unsigned member = MADE_VERSION; member <= MADE_EXTENSIONS; member++) {
        made_body(&cert, &leaf, member, made_span(&deep));
        made_sign(&cert, &ca_key);
        assert_int_not_equal(alone(made_span(&cert), ISAKMP_CERT_X509_SIG), ISAKMP_D_NONE);
    }
}

/* Names by the hundred: the right one is found, and so it is seen that there is none. */
static void test_T50_many_names(void **state)
{
    static const uint8_t rdn[] = {0x31, 0x0a, 0x30, 0x08, 0x06, 0x03,
                                  0x55, 0x04, 0x0a, 0x0c, 0x01, 'x'};
    made many = {{0}, 0}, cert;
    cert_spec s = leaf_spec();
    (void)state;
    for (unsigned i = 0; i < 900; i++)
        made_put(&many, 0x82, "x", 1);
    s.names = &many;
    made_cert(&cert, &s);
    assert_int_equal(alone(made_span(&cert), ISAKMP_CERT_X509_SIG), ISAKMP_D_CERT_ID);
    made_put(&many, 0x82, "alice.example", 13);
    made_cert(&cert, &s);
    assert_int_equal(alone(made_span(&cert), ISAKMP_CERT_X509_SIG), ISAKMP_D_NONE);
    many.n = 0;
    for (unsigned i = 0; i < 200; i++)
        made_raw(&many, rdn, sizeof rdn);
    made_wrap(&many, 0x30);
    made_body(&cert, &leaf, MADE_SUBJECT, made_span(&many));
    made_sign(&cert, &ca_key);
    assert_int_equal(alone(made_span(&cert), ISAKMP_CERT_X509_SIG), ISAKMP_D_NONE);
}

/* ---- T-51: what IKEv1 has not ----------------------------------------------------------------- */

/* AlgorithmIdentifier of RSASSA-PSS with SHA-256; the salt length is any INTEGER. */
static made pss_algorithm(const uint8_t *salt, size_t salt_n)
{
    static const uint8_t oid[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a};
    static const uint8_t sha256[] = {0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                     0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00};
    static const uint8_t mgf1[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                   0xf7, 0x0d, 0x01, 0x01, 0x08};
    made mask = {{0}, 0}, length = {{0}, 0}, params = {{0}, 0}, out = {{0}, 0};
    made_raw(&mask, mgf1, sizeof mgf1);
    made_raw(&mask, sha256, sizeof sha256);
    made_wrap(&mask, 0x30);
    made_put(&length, 0x02, salt, salt_n);
    made_put(&params, 0xa0, sha256, sizeof sha256);
    made_put(&params, 0xa1, mask.p, mask.n);
    made_put(&params, 0xa2, length.p, length.n);
    made_wrap(&params, 0x30);
    made_raw(&out, oid, sizeof oid);
    made_raw(&out, params.p, params.n);
    made_wrap(&out, 0x30);
    return out;
}

static void pss_sign(const uint8_t *digest, uint8_t *out)
{
    mbedtls_rsa_context *rsa = mbedtls_pk_rsa(rsa_key);
    (void)mbedtls_rsa_set_padding(rsa, MBEDTLS_RSA_PKCS_V21, MBEDTLS_MD_SHA256);
    assert_int_equal(MADE_PSS_SIGN(rsa, digest, out), 0);
    (void)mbedtls_rsa_set_padding(rsa, MBEDTLS_RSA_PKCS_V15, MBEDTLS_MD_NONE);
}

/* Alice's certificate, signed so by the RSA key. */
static made signed_by_pss(const made *algorithm)
{
    uint8_t digest[32], signature[257] = {0};
    made cert;
    made_body(&cert, &leaf, MADE_ALGORITHM, made_span(algorithm));
    assert_int_equal(
        mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), cert.p, cert.n, digest), 0);
    pss_sign(digest, signature + 1);
    made_raw(&cert, algorithm->p, algorithm->n);
    made_put(&cert, 0x03, signature, sizeof signature);
    made_wrap(&cert, 0x30);
    return cert;
}

/* Would mbedTLS believe it for itself, whatever the time is? */
static int is_good_for_mbedtls(const made *cert)
{
    mbedtls_x509_crt c, top;
    uint32_t flags = 0;
    mbedtls_x509_crt_init(&c);
    mbedtls_x509_crt_init(&top);
    assert_int_equal(mbedtls_x509_crt_parse_der(&c, cert->p, cert->n), 0);
    assert_int_equal(mbedtls_x509_crt_parse_der(&top, ca.p, ca.n), 0);
    (void)mbedtls_x509_crt_verify(&c, &top, NULL, NULL, &flags, NULL, NULL);
    mbedtls_x509_crt_free(&c);
    mbedtls_x509_crt_free(&top);
    return (flags & ~(uint32_t)(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE)) == 0;
}

/* Another CA of the same name, with an RSA key. */
static void trust_rsa_ca(void)
{
    const cert_spec s = {.subject = "CN=CA,O=Test", .key = &rsa_key, .ca = 1};
    made_cert(&ca, &s);
    trust(&ca);
}

/* Certificates with RSASSA-PSS are refused, good ones and those with a salt of any length. */
static void test_T51_pss_certificates(void **state)
{
    static const uint8_t good[] = {32}, none[] = {0}, minus[] = {0xff}, wide[] = {0, 0xff},
                         most[] = {0x7f, 0xff, 0xff, 0xff},
                         wrap[] = {0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xe0};
    static const struct {
        const uint8_t *p;
        size_t n;
    } salts[] = {{good, 1}, {none, 1}, {minus, 1}, {wide, 2}, {most, 4}, {wrap, 9}};
    (void)state;
    trust_rsa_ca();
    for (size_t i = 0; i < COUNT(salts); i++) {
        made algorithm = pss_algorithm(salts[i].p, salts[i].n);
        made cert = signed_by_pss(&algorithm);
        const made *const certs[] = {&cert};
        unsigned verdict;
        send_certs(1, certs);
        verdict = made_verdict(&proof);
        if (i == 0)
            assert_true(is_good_for_mbedtls(&cert) && verdict == ISAKMP_D_CERT_USAGE);
        else
            assert_int_not_equal(verdict, ISAKMP_D_NONE);
    }
}

/* The signature of the peer itself. */
static void test_T51_pss_signature(void **state)
{
    cert_spec s = leaf_spec();
    (void)state;
    s.key = &rsa_key;
    remake(&s);
    proof.auth = RSA;
    pss_sign(hash, sig);
    proof.signature = isakmp__span(sig, 256);
    assert_int_equal(made_verdict(&proof), ISAKMP_D_SIGNATURE);
}

/* A CA that may speak for some names only says so in an extension, which should be critical: nobody here can
 * tell which, so nothing is believed by it. */
static void test_T51_name_constraints(void **state)
{
    made within = {{0}, 0}, cert;
    const made *const certs[] = {&leaf, &mid};
    cert_spec m = mid_spec(), l = leaf_spec();
    (void)state;
    l.issuer = m.subject;
    l.signer = &mid_key;
    made_cert(&mid, &m);
    remake(&l);
    send_certs(2, certs);
    assert_int_equal(made_verdict(&proof), ISAKMP_D_NONE);
    made_put(&within, 0x82, "elsewhere.example", 17);
    made_wrap(&within, 0x30);
    made_wrap(&within, 0xa0); /* permitted */
    m.other = &within;
    m.other_oid = 30;
    for (m.other_critical = 0; m.other_critical < 2; m.other_critical++) {
        cert_spec self;
        made_cert(&mid, &m);
        send_certs(2, certs);
        assert_int_equal(made_verdict(&proof), ISAKMP_D_CERT_UNTRUSTED);
        self = m;
        self.issuer = m.subject;
        self.signer = NULL;
        made_cert(&cert, &self);
        assert_false(is_ca(&cert));
    }
    m.issuer = m.subject;
    m.signer = NULL;
    m.other = NULL;
    made_cert(&cert, &m);
    assert_true(is_ca(&cert));
}

/* ---- T-53: addresses of others ---------------------------------------------------------------- */

/* Nobody goes where a certificate sends them: what it says of lists and issuers elsewhere changes nothing,
 * and a missing list is missing.  (That nothing can be opened at all is seen by tests/lint/symbols.sh.) */
static void test_T53_addresses_in_certificates(void **state)
{
    static const uint8_t kinds[] = {31, 46}; /* of revocation lists, and of their changes */
    made point = {{0}, 0};
    cert_spec s = leaf_spec();
    (void)state;
    made_put(&point, 0x86, "http://127.0.0.1/list", 21);
    made_wrap(&point, 0xa0);
    made_wrap(&point, 0xa0);
    made_wrap(&point, 0x30);
    s.other = &point;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        s.other_oid = kinds[i];
        s.signer = &ca_key;
        remake(&s);
        isakmp_pki_set_flags(ring.pki, 0);
        assert_int_equal(made_verdict(&proof), ISAKMP_D_NONE);
        isakmp_pki_set_flags(ring.pki, ISAKMP_PKI_NEED_CRL);
        assert_int_equal(made_verdict(&proof), ISAKMP_D_CERT_CRL);
        s.signer = &mid_key;
        remake(&s);
        assert_int_equal(made_verdict(&proof), ISAKMP_D_CERT_UNTRUSTED);
    }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, scene, made_ring_free)
    const struct CMUnitTest tests[] = {
        TEST(test_T42_one_thing_wrong),
        TEST(test_T48_rsa_keys),
        TEST(test_T48_truncated_keys),
        TEST(test_T48_ec_keys),
        TEST(test_T50_nothing_but_depth),
        TEST(test_T50_pkcs7),
        TEST(test_T50_lengths),
        TEST(test_T50_depth_in_a_certificate),
        TEST(test_T50_many_names),
        TEST(test_T51_pss_certificates),
        TEST(test_T51_pss_signature),
        TEST(test_T51_name_constraints),
        TEST(test_T53_addresses_in_certificates),
    };
    const struct rlimit little = {512 * 1024, 512 * 1024};
    assert_int_equal(setrlimit(RLIMIT_STACK, &little), 0); /* so that recursion would show */
    return cmocka_run_group_tests_name("pki_hostile", tests, keys, free_keys);
}
