/* tests/unit/pki_make.h -- what the tests of public keys share: certificates and revocation lists, made
 * in memory by mbedTLS, and a keyring with a clock of its own.
 *
 * The CA is a P-256 key named "CN=CA,O=Test"; everything is valid from 2020 to the end of 2029, and the
 * clock stands in 2025. */
#ifndef TESTS_UNIT_PKI_MAKE_H
#define TESTS_UNIT_PKI_MAKE_H

#include <sodium.h>
#include "unit/bytes.h"
#include "crypto/mbedtls/pki.h"
#include <mbedtls/bignum.h>
#include <mbedtls/ecp.h>
#include <mbedtls/md.h>
#include <mbedtls/oid.h>
#include <mbedtls/rsa.h>

#define MADE_NOW UINT64_C(1748736000)

/* DER, and how it grows. */
typedef struct made {
    uint8_t p[4096];
    size_t n;
} made;

static inline isakmp_span made_span(const made *m)
{
    return isakmp__span(m->p, m->n);
}

static inline void made_raw(made *m, const void *p, size_t n)
{
    assert_true(m->n + n <= sizeof m->p);
    if (n)
        memcpy(m->p + m->n, p, n);
    m->n += n;
}

/* One element. */
static inline void made_put(made *m, int tag, const void *p, size_t n)
{
    uint8_t head[4] = {(uint8_t)tag, 0x82, (uint8_t)(n >> 8), (uint8_t)n};
    if (n < 128) {
        head[1] = (uint8_t)n;
        made_raw(m, head, 2);
    } else if (n < 256) {
        head[1] = 0x81;
        head[2] = (uint8_t)n;
        made_raw(m, head, 3);
    } else {
        made_raw(m, head, 4);
    }
    made_raw(m, p, n);
}

/* Everything up to here becomes the content of one element. */
static inline void made_wrap(made *m, int tag)
{
    made inner = *m;
    m->n = 0;
    made_put(m, tag, inner.p, inner.n);
}

static inline int made_random(void *unused, unsigned char *out, size_t n)
{
    (void)unused;
    randombytes_buf(out, n);
    return 0;
}

/* ---- Keys and certificates ----------------------------------------------------------------- */

static inline void made_ec_key(mbedtls_pk_context *key, mbedtls_ecp_group_id curve)
{
    mbedtls_pk_init(key);
    assert_int_equal(mbedtls_pk_setup(key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)), 0);
    assert_int_equal(mbedtls_ecp_gen_key(curve, mbedtls_pk_ec(*key), made_random, NULL), 0);
}

static inline void made_der_key(mbedtls_pk_context *key, const uint8_t *der, size_t n)
{
    mbedtls_pk_init(key);
    assert_int_equal(ISAKMP__PARSE_KEY(key, der, n, NULL, 0, made_random), 0);
}

/* A private key, or a public one, as DER. */
static inline void made_key(made *out, mbedtls_pk_context *key, int is_public)
{
    uint8_t b[4096];
    int n = (is_public ? mbedtls_pk_write_pubkey_der : mbedtls_pk_write_key_der)(key, b, sizeof b);
    assert_true(n > 0);
    out->n = 0;
    made_raw(out, b + sizeof b - n, (size_t)n);
}

/* An RSA public key of any two numbers, sound or not, as a SubjectPublicKeyInfo. */
static inline void made_rsa_public(made *out, isakmp_span n, isakmp_span e)
{
    static const uint8_t rsa[] = {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                  0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};
    made key = {{0}, 0}, number = {{0}, 0};
    for (int i = 0; i < 2; i++) {
        isakmp_span s = i ? e : n;
        number.n = 0;
        if (s.n && s.p[0] & 0x80) /* not negative */
            made_raw(&number, "", 1);
        made_raw(&number, s.p, s.n);
        made_put(&key, 0x02, number.p, number.n);
    }
    made_wrap(&key, 0x30);
    number.n = 0;
    made_raw(&number, "", 1); /* no unused bits */
    made_raw(&number, key.p, key.n);
    out->n = 0;
    made_raw(out, rsa, sizeof rsa);
    made_put(out, 0x03, number.p, number.n);
    made_wrap(out, 0x30);
}

/* What may differ; NULL and 0 are what is usual. */
typedef struct cert_spec {
    const char *subject, *issuer, *from, *to;
    mbedtls_pk_context *key, *signer;
    int ca, path; /* path: one more than the length; 0: without end */
    unsigned usage;
    mbedtls_md_type_t md;
    const made *names;    /* GeneralNames, without their SEQUENCE */
    const made *key_uses; /* of ExtendedKeyUsage, likewise */
    int key_uses_critical;
    const made *other; /* the value of one more extension, likewise */
    uint8_t other_oid; /* the last octet of its number: 2.5.29.x */
    int other_critical;
    int serial;
} cert_spec;

static inline void made_extension(mbedtls_x509write_cert *w, const made *value, uint8_t last,
                                  int critical)
{
    const char oid[3] = {0x55, 0x1d, (char)last};
    made whole = *value;
    made_wrap(&whole, 0x30);
    assert_int_equal(mbedtls_x509write_crt_set_extension(w, oid, 3, critical, whole.p, whole.n), 0);
}

#if MBEDTLS_VERSION_NUMBER >= 0x03000000
#define MADE_SIGN(key, hash, sig, n)                                                               \
    mbedtls_pk_sign(key, MBEDTLS_MD_SHA256, hash, 32, sig, 150, n, made_random, NULL)
#define MADE_PSS_SIGN(rsa, hash, sig)                                                              \
    mbedtls_rsa_rsassa_pss_sign(rsa, made_random, NULL, MBEDTLS_MD_SHA256, 32, hash, sig)

static inline int made_serial(mbedtls_x509write_cert *w, uint8_t *serial)
{
    return mbedtls_x509write_crt_set_serial_raw(w, serial, 1);
}
#else
#define MADE_SIGN(key, hash, sig, n)                                                               \
    mbedtls_pk_sign(key, MBEDTLS_MD_SHA256, hash, 32, sig, n, made_random, NULL)
#define MADE_PSS_SIGN(rsa, hash, sig)                                                              \
    mbedtls_rsa_rsassa_pss_sign(rsa, made_random, NULL, MBEDTLS_RSA_PRIVATE, MBEDTLS_MD_SHA256,    \
                                32, hash, sig)

static inline int made_serial(mbedtls_x509write_cert *w, const uint8_t *serial)
{
    mbedtls_mpi v;
    int bad;
    mbedtls_mpi_init(&v);
    bad = mbedtls_mpi_lset(&v, *serial) || mbedtls_x509write_crt_set_serial(w, &v);
    mbedtls_mpi_free(&v);
    return bad;
}
#endif

static inline void made_cert(made *out, const cert_spec *s)
{
    uint8_t b[4096];
    mbedtls_x509write_cert w;
    uint8_t serial = (uint8_t)(s->serial ? s->serial : 7);
    int n;
    mbedtls_x509write_crt_init(&w);
    mbedtls_x509write_crt_set_version(&w, MBEDTLS_X509_CRT_VERSION_3);
    mbedtls_x509write_crt_set_md_alg(&w, s->md ? s->md : MBEDTLS_MD_SHA256);
    mbedtls_x509write_crt_set_subject_key(&w, s->key);
    mbedtls_x509write_crt_set_issuer_key(&w, s->signer ? s->signer : s->key);
    assert_int_equal(made_serial(&w, &serial), 0);
    assert_int_equal(mbedtls_x509write_crt_set_subject_name(&w, s->subject), 0);
    assert_int_equal(
        mbedtls_x509write_crt_set_issuer_name(&w, s->issuer ? s->issuer : "CN=CA,O=Test"), 0);
    assert_int_equal(mbedtls_x509write_crt_set_validity(&w, s->from ? s->from : "20200101000000",
                                                        s->to ? s->to : "20291231235959"),
                     0);
    if (s->ca)
        assert_int_equal(mbedtls_x509write_crt_set_basic_constraints(&w, 1, s->path - 1), 0);
    if (s->usage)
        assert_int_equal(mbedtls_x509write_crt_set_key_usage(&w, s->usage), 0);
    if (s->names)
        made_extension(&w, s->names, 17, 0);
    if (s->key_uses)
        made_extension(&w, s->key_uses, 37, s->key_uses_critical);
    if (s->other)
        made_extension(&w, s->other, s->other_oid, s->other_critical);
    n = mbedtls_x509write_crt_der(&w, b, sizeof b, made_random, NULL);
    assert_true(n > 0);
    out->n = 0;
    made_raw(out, b + sizeof b - n, (size_t)n);
    mbedtls_x509write_crt_free(&w);
}

/* ---- What mbedTLS does not make ------------------------------------------------------------ */

static const uint8_t made_ecdsa_sha256[] = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                                            0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};

/* The body of a certificate or a list becomes a whole one, signed by an EC key. */
static inline void made_sign(made *body, mbedtls_pk_context *signer)
{
    uint8_t hash[32], sig[160] = {0};
    size_t n = 0;
    assert_int_equal(
        mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), body->p, body->n, hash), 0);
    assert_int_equal(MADE_SIGN(signer, hash, sig + 1, &n), 0);
    made_raw(body, made_ecdsa_sha256, sizeof made_ecdsa_sha256);
    made_put(body, 0x03, sig, n + 1);
    made_wrap(body, 0x30);
}

/* The members of a certificate's body, in their order. */
enum {
    MADE_VERSION,
    MADE_SERIAL,
    MADE_ALGORITHM,
    MADE_ISSUER,
    MADE_VALIDITY,
    MADE_SUBJECT,
    MADE_PUBLIC_KEY,
    MADE_EXTENSIONS
};

/* The body of a certificate with something else (DER) in the place of one member, to be signed by an EC
 * key. */
static inline void made_body(made *out, const made *cert, unsigned member, isakmp_span instead)
{
    isakmp_span all = made_span(cert), whole, body, one;
    assert_true(isakmp__der_take(&all, 0x30, &whole) && isakmp__der_take(&whole, 0x30, &body));
    out->n = 0;
    for (unsigned i = 0; body.n; i++) {
        const uint8_t *start = body.p;
        assert_true(isakmp__der_take(&body, start[0], &one));
        one = isakmp__span(start, (size_t)(body.p - start));
        if (i == MADE_ALGORITHM)
            one = isakmp__span(made_ecdsa_sha256, sizeof made_ecdsa_sha256);
        if (i == member)
            one = instead;
        made_raw(out, one.p, one.n);
    }
    made_wrap(out, 0x30);
}

/* ---- Revocation lists ---------------------------------------------------------------------- */

/* A list of one serial number (0: of none) by an EC key.  issuer: a certificate of that name; next: NULL,
 * it does not say. */
static inline void made_crl(made *out, const made *issuer, mbedtls_pk_context *signer,
                            const char *this_update, const char *next, uint8_t serial)
{
    static const uint8_t version[] = {1};
    made body = {{0}, 0}, entry = {{0}, 0};
    mbedtls_x509_crt c;
    mbedtls_x509_crt_init(&c);
    assert_int_equal(mbedtls_x509_crt_parse_der(&c, issuer->p, issuer->n), 0);
    made_put(&body, 0x02, version, sizeof version);
    made_raw(&body, made_ecdsa_sha256, sizeof made_ecdsa_sha256);
    made_raw(&body, c.subject_raw.p, c.subject_raw.len);
    made_put(&body, 0x17, this_update, strlen(this_update));
    if (next)
        made_put(&body, 0x17, next, strlen(next));
    if (serial) {
        made_put(&entry, 0x02, &serial, 1);
        made_put(&entry, 0x17, this_update, strlen(this_update));
        made_wrap(&entry, 0x30);
        made_put(&body, 0x30, entry.p, entry.n);
    }
    made_wrap(&body, 0x30);
    made_sign(&body, signer);
    *out = body;
    mbedtls_x509_crt_free(&c);
}

/* SignedData with certificates and nothing else [RFC2315 9.1]. */
static inline void made_pkcs7(made *out, const made *certs, size_t n)
{
    static const uint8_t signed_data[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02};
    static const uint8_t data[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                   0xf7, 0x0d, 0x01, 0x07, 0x01};
    static const uint8_t version[] = {1};
    made inner = {{0}, 0}, all = {{0}, 0};
    for (size_t i = 0; i < n; i++)
        made_raw(&all, certs[i].p, certs[i].n);
    made_put(&inner, 0x02, version, 1);
    made_put(&inner, 0x31, NULL, 0);
    made_put(&inner, 0x30, data, sizeof data);
    made_put(&inner, 0xa0, all.p, all.n);
    made_put(&inner, 0x31, NULL, 0);
    made_wrap(&inner, 0x30);
    out->n = 0;
    made_put(out, 0x06, signed_data, sizeof signed_data);
    made_put(out, 0xa0, inner.p, inner.n);
    made_wrap(out, 0x30);
}

/* ---- The keyring --------------------------------------------------------------------------- */

static isakmp_keyring ring;
static isakmp_path path;
static isakmp_query query;
static uint64_t made_time;
static const isakmp_selector anywhere;
static const isakmp_id anybody;

static inline uint64_t made_clock(void *user)
{
    return *(uint64_t *)user;
}

static inline int made_ring(void **state)
{
    (void)state;
    memset(&ring, 0, sizeof ring);
    memset(&path, 0, sizeof path);
    memset(&query, 0, sizeof query);
    ring.size = sizeof ring;
    ring.pki = isakmp_pki_new();
    assert_non_null(ring.pki);
    made_time = MADE_NOW;
    isakmp_pki_set_clock(ring.pki, made_clock, &made_time);
    path.remote.family = 4;
    memcpy(path.remote.ip, "\x0a\x00\x00\x32", 4);
    query.path = &path;
    return 0;
}

static inline int made_ring_free(void **state)
{
    (void)state;
    isakmp_pki_free(ring.pki);
    return 0;
}

/* What the keyring says of a proof: ISAKMP_D_NONE if it believes it. */
static inline unsigned made_verdict(const isakmp_proof *p)
{
    uint16_t why = 0;
    int rc = isakmp_keyring_verify(&ring, &query, p, &why);
    assert_true(rc == ISAKMP_OK || rc == ISAKMP_NONE);
    assert_true(rc == ISAKMP_OK || why > ISAKMP_D_NONE);
    return rc == ISAKMP_OK ? ISAKMP_D_NONE : why;
}

#endif
