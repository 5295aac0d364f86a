/* tests/unit/pki_scene.h -- alice, with a P-256 key, a certificate and a signature, and a keyring that
 * trusts her CA. */
#ifndef TESTS_UNIT_PKI_SCENE_H
#define TESTS_UNIT_PKI_SCENE_H

#include "unit/pki_make.h"
#include "unit/pki_keys.h"

enum {
    RSA = ISAKMP_AUTH_RSA_SIG,
    P256 = ISAKMP_AUTH_ECDSA_P256_SHA256
};

static mbedtls_pk_context ca_key, mid_key, leaf_key, rsa_key;
static made ca, mid, leaf, leaf_der, names;
static const isakmp_id alice = {ISAKMP_ID_FQDN, 0, 0, {(const uint8_t *)"alice.example", 13}};
static uint8_t hash[32], sig[1024];
static isakmp_cert sent[ISAKMP_MAX_CERTS + 2];
static isakmp_proof proof;

static inline int keys(void **state)
{
    (void)state;
    made_ec_key(&ca_key, MBEDTLS_ECP_DP_SECP256R1);
    made_ec_key(&mid_key, MBEDTLS_ECP_DP_SECP256R1);
    made_ec_key(&leaf_key, MBEDTLS_ECP_DP_SECP256R1);
    made_der_key(&rsa_key, rsa_a, sizeof rsa_a);
    made_key(&leaf_der, &leaf_key, 0);
    return 0;
}

static inline int free_keys(void **state)
{
    (void)state;
    mbedtls_pk_free(&ca_key);
    mbedtls_pk_free(&mid_key);
    mbedtls_pk_free(&leaf_key);
    mbedtls_pk_free(&rsa_key);
    return 0;
}

static inline void make_ca(const char *from, const char *to)
{
    const cert_spec s = {.subject = "CN=CA,O=Test",
                         .key = &ca_key,
                         .ca = 1,
                         .from = from,
                         .to = to,
                         .usage = MBEDTLS_X509_KU_KEY_CERT_SIGN | MBEDTLS_X509_KU_CRL_SIGN};
    made_cert(&ca, &s);
}

static inline cert_spec leaf_spec(void)
{
    cert_spec s = {.subject = "CN=Alice,O=Test",
                   .key = &leaf_key,
                   .signer = &ca_key,
                   .names = &names,
                   .serial = 9};
    return s;
}

static inline cert_spec mid_spec(void)
{
    cert_spec s = {.subject = "CN=Mid,O=Test", .key = &mid_key, .signer = &ca_key, .ca = 1};
    return s;
}

static inline void send_certs(size_t n, const made *const *certs)
{
    for (size_t i = 0; i < n; i++) {
        sent[i].encoding = ISAKMP_CERT_X509_SIG;
        sent[i].data = made_span(certs[i]);
    }
    proof.certs = sent;
    proof.n_certs = n;
}

/* Signs the hash by a keyring of its own that has only this key. */
static inline void sign_by(uint16_t auth, const made *key)
{
    isakmp_keyring other = {sizeof other, NULL, 0, isakmp_pki_new(), NULL, NULL};
    size_t n = 0;
    assert_int_equal(isakmp_pki_add_own(other.pki, ISAKMP_USE_SIGNATURE, isakmp__span(NULL, 0),
                                        made_span(key), isakmp__span(NULL, 0), NULL, 0),
                     ISAKMP_OK);
    assert_int_equal(isakmp_keyring_sign(&other, &query, auth, isakmp__span(hash, sizeof hash), sig,
                                         sizeof sig, &n),
                     ISAKMP_OK);
    isakmp_pki_free(other.pki);
    proof.auth = auth;
    proof.hash = isakmp__span(hash, sizeof hash);
    proof.signature = isakmp__span(sig, n);
}

static inline void trust(const made *cert)
{
    assert_int_equal(isakmp_pki_add_ca(ring.pki, made_span(cert), NULL, 0), ISAKMP_OK);
}

/* A CA that is trusted, and alice with a certificate of it and a signature. */
static inline int scene(void **state)
{
    const made *const certs[] = {&leaf};
    cert_spec s = leaf_spec();
    made_ring(state);
    randombytes_buf(hash, sizeof hash);
    names.n = mid.n = 0;
    made_put(&names, 0x82, "Alice.Example", 13);
    make_ca(NULL, NULL);
    made_cert(&leaf, &s);
    trust(&ca);
    query.peer_id = alice;
    sign_by(P256, &leaf_der);
    send_certs(1, certs);
    return 0;
}

static inline void remake(const cert_spec *s)
{
    made_cert(&leaf, s);
    sent[0].data = made_span(&leaf);
}

#endif
