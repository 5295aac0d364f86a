/* host_kind.c -- what a file is, and fingerprints of keys. */
#include <stdio.h>
#include <sodium.h>
#include <mbedtls/pk.h>
#include <mbedtls/x509_crl.h>
#include <mbedtls/x509_crt.h>
#include "host_kind.h"

static const struct {
    unsigned kind;
    const char *label, *name;
} kinds[] = {
    {HOST_KIND_PRIVATE, "PRIVATE KEY-----", "a private key"},
    {HOST_KIND_PUBLIC, "PUBLIC KEY-----", "a public key"},
    {HOST_KIND_CERT, "BEGIN CERTIFICATE-----", "a certificate"},
    {HOST_KIND_CRL, "CRL-----", "a revocation list"},
    {HOST_KIND_REQUEST, "CERTIFICATE REQUEST-----", "a request for a certificate"},
};
#define N_KINDS (sizeof kinds / sizeof kinds[0])

/* A private key in DER is not told from what is none: there are too many forms. */
static unsigned kind_of_der(isakmp_span der)
{
    mbedtls_x509_crt cert;
    mbedtls_x509_crl crl;
    mbedtls_pk_context key;
    unsigned kind = 0;
    mbedtls_x509_crt_init(&cert);
    mbedtls_x509_crl_init(&crl);
    mbedtls_pk_init(&key);
    if (mbedtls_x509_crt_parse_der(&cert, der.p, der.n) == 0)
        kind = HOST_KIND_CERT;
    else if (mbedtls_x509_crl_parse_der(&crl, der.p, der.n) == 0)
        kind = HOST_KIND_CRL;
    else if (mbedtls_pk_parse_public_key(&key, der.p, der.n) == 0)
        kind = HOST_KIND_PUBLIC;
    mbedtls_pk_free(&key);
    mbedtls_x509_crl_free(&crl);
    mbedtls_x509_crt_free(&cert);
    return kind;
}

unsigned host_kinds(const host_file *f)
{
    unsigned found = 0;
    for (size_t i = 0; i < N_KINDS; i++)
        if (host_file_has(f, kinds[i].label))
            found |= kinds[i].kind;
    return found ? found : kind_of_der(f->text);
}

const char *host_kind_name(unsigned some)
{
    for (size_t i = 0; i < N_KINDS; i++)
        if (some & kinds[i].kind)
            return kinds[i].name;
    return "nothing";
}

void host_fingerprint(char out[HOST_FINGERPRINT], isakmp_span key)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    int n = snprintf(out, HOST_FINGERPRINT, "sha256:");
    crypto_hash_sha256(hash, key.p, key.n);
    for (size_t i = 0; i < sizeof hash; i++)
        n += snprintf(out + n, HOST_FINGERPRINT - (size_t)n, "%02x", hash[i]);
}
