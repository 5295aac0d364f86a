/* host_keys.c -- keys, certificates, CAs and revocation lists out of files. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <mbedtls/x509_crt.h>
#include <sodium.h>
#include "host_keys.h"

/* More than any file of these kinds has. */
#define MOST_OCTETS (1024 * 1024)

static const struct {
    const char *name;
    uint16_t auth;
} methods[] = {{"psk", ISAKMP_AUTH_PSK},
               {"rsa-sig", ISAKMP_AUTH_RSA_SIG},
               {"ecdsa256", ISAKMP_AUTH_ECDSA_P256_SHA256},
               {"ecdsa384", ISAKMP_AUTH_ECDSA_P384_SHA384},
               {"ecdsa521", ISAKMP_AUTH_ECDSA_P521_SHA512},
               {"ecdsa", HOST_AUTH_ECDSA}};
#define N_METHODS (sizeof methods / sizeof methods[0])

uint16_t host_parse_auth(const char *text)
{
    for (size_t i = 0; i < N_METHODS; i++)
        if (strcmp(methods[i].name, text) == 0)
            return methods[i].auth;
    return 0;
}

/* ---- Files ---------------------------------------------------------------------------------- */

typedef struct loader {
    isakmp_pki *pki;
    uint8_t *octets; /* of the file in hand; it may be a private key */
    char *error;
    size_t cap;
} loader;

static int wrong(loader *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int wrong(loader *l, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    vsnprintf(l->error, l->cap, format, ap);
    va_end(ap);
    return 0;
}

/* A whole file; to be freed by drop().  0 with a sentence. */
static int slurp(loader *l, isakmp_span *out, const char *option, const char *file)
{
    FILE *f = fopen(file, "rb");
    int why = 0;
    if (f == NULL)
        return wrong(l, "--%s %s: %s", option, file, strerror(errno));
    setvbuf(f, NULL, _IONBF, 0); /* no copy of a key stays in a buffer of stdio */
    l->octets = malloc(MOST_OCTETS);
    out->p = l->octets;
    out->n = l->octets ? fread(l->octets, 1, MOST_OCTETS, f) : 0;
    if (ferror(f))
        why = errno; /* a directory opens, but cannot be read */
    fclose(f);
    if (l->octets == NULL)
        return wrong(l, "--%s %s: there is not enough memory", option, file);
    if (why)
        return wrong(l, "--%s %s: %s", option, file, strerror(why));
    if (out->n == 0)
        return wrong(l, "--%s %s: the file is empty", option, file);
    if (out->n == MOST_OCTETS)
        return wrong(l, "--%s %s: the file is too long to be what is expected", option, file);
    return 1;
}

static void drop(loader *l)
{
    if (l->octets)
        sodium_memzero(l->octets, MOST_OCTETS);
    free(l->octets);
    l->octets = NULL;
}

/* ---- Each kind ------------------------------------------------------------------------------ */

typedef int add_function(isakmp_pki *pki, isakmp_span in, char *why, size_t cap);

static int add_file(loader *l, add_function *add, const char *option, const char *file,
                    const char *expected)
{
    char why[160] = "";
    isakmp_span in = {NULL, 0};
    int good = slurp(l, &in, option, file);
    if (good && add(l->pki, in, why, sizeof why) != ISAKMP_OK)
        good = wrong(l, "--%s %s: %s; %s is expected, in PEM or DER", option, file, why, expected);
    drop(l);
    return good;
}

/* The peer's, whoever it says it is: --peer-id says more, and is checked by the library. */
static int add_peer_key(isakmp_pki *pki, isakmp_span in, char *why, size_t cap)
{
    static const isakmp_id anybody = {ISAKMP_ID_NONE, 0, 0, {NULL, 0}};
    static const isakmp_selector anywhere = {0, 0, 0, {0}, {0}};
    return isakmp_pki_add_peer_key(pki, ISAKMP_USE_SIGNATURE, &anybody, &anywhere, in, why, cap);
}

static int is_encrypted(isakmp_span in)
{
    static const char word[] = "ENCRYPTED";
    size_t n = sizeof word - 1;
    for (size_t i = 0; i + n <= in.n; i++)
        if (memcmp(in.p + i, word, n) == 0)
            return 1;
    return 0;
}

/* First the key alone: so that a sentence can name the one of the two files that is at fault. */
static int add_own(loader *l, const host_key_files *f)
{
    const isakmp_span none = {NULL, 0};
    isakmp_pki *trial = isakmp_pki_new();
    loader certs = {NULL, NULL, l->error, l->cap};
    isakmp_span key = none, cert = none;
    char why[160] = "";
    int good = slurp(l, &key, "key", f->key);
    if (trial)
        isakmp_pki_set_flags(trial, f->legacy ? ISAKMP_PKI_LEGACY : 0);
    else
        good = wrong(l, "--key %s: there is not enough memory", f->key);
    if (good && is_encrypted(key))
        good =
            wrong(l, "--key %s: the key is encrypted; one without a password is expected", f->key);
    if (good && isakmp_pki_add_own(trial, ISAKMP_USE_SIGNATURE, none, key, none, why, sizeof why) !=
                    ISAKMP_OK)
        good = wrong(
            l, "--key %s: %s; an RSA key from 2048 bits or an EC key is expected, in PEM or DER",
            f->key, why);
    if (good && f->cert)
        good = slurp(&certs, &cert, "cert", f->cert);
    if (good && isakmp_pki_add_own(l->pki, ISAKMP_USE_SIGNATURE, cert, key, none, why,
                                   sizeof why) != ISAKMP_OK)
        good = wrong(l, "--cert %s: %s; that for --key %s is expected first, in PEM or DER",
                     f->cert ? f->cert : "", why, f->key);
    drop(&certs);
    drop(l);
    isakmp_pki_free(trial);
    return good;
}

/* ---- All of them ---------------------------------------------------------------------------- */

static uint64_t system_clock(void *unused)
{
    (void)unused;
    return (uint64_t)time(NULL);
}

static int add_all(loader *l, const host_key_files *f)
{
    for (unsigned i = 0; i < f->n_cas; i++)
        if (!add_file(l, isakmp_pki_add_ca, "ca", f->cas[i], "the certificate of a CA"))
            return 0;
    for (unsigned i = 0; i < f->n_crls; i++)
        if (!add_file(l, isakmp_pki_add_crl, "crl", f->crls[i], "a revocation list"))
            return 0;
    if (f->peer_key && !add_file(l, add_peer_key, "peer-pubkey", f->peer_key,
                                 "a public key or a certificate of the peer"))
        return 0;
    return add_own(l, f);
}

static isakmp_query nobody(const isakmp_path *path)
{
    isakmp_query q;
    memset(&q, 0, sizeof q);
    q.path = path;
    return q;
}

/* Is the key for the method?  HASH_I and HASH_R are as long as the hash, so any RSA key is. */
static int settle_method(loader *l, const isakmp_keyring *ring, const host_key_files *f,
                         uint16_t *auth)
{
    static const isakmp_path nowhere;
    isakmp_query q = nobody(&nowhere);
    isakmp_credentials c;
    size_t of_key = 0, asked = 0;
    memset(&c, 0, sizeof c);
    isakmp_keyring_credentials(ring, &q, 0, &c);
    for (size_t i = 0; i + 1 < N_METHODS; i++)
        if (c.methods >> methods[i].auth & 1)
            of_key = i;
    while (methods[asked].auth != *auth)
        asked++;
    if (*auth == HOST_AUTH_ECDSA && methods[of_key].auth != ISAKMP_AUTH_RSA_SIG)
        *auth = methods[of_key].auth;
    if (methods[of_key].auth == *auth)
        return 1;
    return wrong(l, "--key %s: the key is one for --auth %s, not for --auth %s", f->key,
                 methods[of_key].name, methods[asked].name);
}

int host_keys_load(isakmp_keyring *ring, const host_key_files *f, uint16_t *auth, char *error,
                   size_t error_cap)
{
    loader l = {isakmp_pki_new(), NULL, error, error_cap};
    if (l.pki == NULL)
        return wrong(&l, "--auth: this mbedTLS has no certificates, or there is not enough memory");
    ring->pki = l.pki;
    isakmp_pki_set_clock(l.pki, system_clock, NULL);
    isakmp_pki_set_flags(l.pki, f->legacy ? ISAKMP_PKI_LEGACY : 0);
    if (add_all(&l, f) && settle_method(&l, ring, f, auth))
        return 1;
    host_keys_free(ring);
    return 0;
}

void host_keys_free(isakmp_keyring *ring)
{
    isakmp_pki_free(ring->pki);
    ring->pki = NULL;
}

int host_keys_subject(const isakmp_keyring *ring, uint16_t auth, isakmp_id *out, uint8_t *data)
{
    static const isakmp_path nowhere;
    isakmp_query q = nobody(&nowhere);
    isakmp_credentials c;
    mbedtls_x509_crt cert;
    int good = 0;
    memset(&c, 0, sizeof c);
    if (isakmp_keyring_credentials(ring, &q, auth, &c) != ISAKMP_OK || c.n_certs == 0)
        return 0;
    mbedtls_x509_crt_init(&cert);
    if (mbedtls_x509_crt_parse_der(&cert, c.certs[0].p, c.certs[0].n) == 0 &&
        cert.subject_raw.len <= ISAKMP_MAX_ID && cert.subject.oid.p != NULL) {
        out->type = ISAKMP_ID_DER_ASN1_DN;
        out->data.p = data;
        out->data.n = cert.subject_raw.len;
        memcpy(data, cert.subject_raw.p, out->data.n);
        good = 1;
    }
    mbedtls_x509_crt_free(&cert);
    return good;
}
