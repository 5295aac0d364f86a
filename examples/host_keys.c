/* host_keys.c -- keys, certificates, CAs and revocation lists out of files. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <mbedtls/x509_crt.h>
#include "host_file.h"
#include "host_keys.h"
#include "host_kind.h"

/* More than a public key has, as DER. */
#define MOST_PUBLIC 1200

typedef struct loader {
    isakmp_pki *pki;
    const host_key_files *f;
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

static unsigned flags_of(const host_key_files *f)
{
    return (f->legacy ? ISAKMP_PKI_LEGACY : 0u) | (f->one_key ? ISAKMP_PKI_ONE_KEY : 0u);
}

/* ---- What is known of peers ----------------------------------------------------------------- */

/* Is it what an option is for, or may it be?  Of what is clearly something else that is said. */
static int is_kind(loader *l, const host_file *file, unsigned wanted, const char *option,
                   const char *name, const char *expected)
{
    unsigned found = host_kinds(file);
    if (found == 0 || found & wanted)
        return 1;
    return wrong(l, "%s %s: this is %s; %s is expected, in PEM or DER", option, name,
                 host_kind_name(found), expected);
}

typedef int add_function(isakmp_pki *pki, isakmp_span in, char *why, size_t cap);

static int add_file(loader *l, add_function *add, unsigned kind, const char *option,
                    const char *name, const char *expected)
{
    char why[160] = "";
    host_file file;
    int good = host_file_read(&file, option, name, l->error, l->cap) &&
               is_kind(l, &file, kind, option, name, expected);
    if (good && add(l->pki, file.text, why, sizeof why) != ISAKMP_OK)
        good = wrong(l, "%s %s: %s; %s is expected, in PEM or DER", option, name, why, expected);
    host_file_drop(&file);
    return good;
}

/* The peer's, whoever it says it is: --peer-id says more, and is checked by the library. */
static int add_peer_key(loader *l, unsigned use, const char *option, const char *name)
{
    static const isakmp_id anybody = {ISAKMP_ID_NONE, 0, 0, {NULL, 0}};
    static const isakmp_selector anywhere = {0, 0, 0, {0}, {0}};
    char why[160] = "";
    host_file file;
    int good = host_file_read(&file, option, name, l->error, l->cap) &&
               is_kind(l, &file, HOST_KIND_PUBLIC | HOST_KIND_CERT, option, name,
                       "a public key or a certificate of the peer");
    if (good && isakmp_pki_add_peer_key(l->pki, use, &anybody, &anywhere, file.text, why,
                                        sizeof why) != ISAKMP_OK)
        good = wrong(l,
                     "%s %s: %s; a public key or a certificate of the peer is expected, in PEM or "
                     "DER, or the key in hex",
                     option, name, why);
    host_file_drop(&file);
    return good;
}

/* ---- Ours ----------------------------------------------------------------------------------- */

typedef struct own {
    unsigned use;
    const char *option, *key, *cert_option, *cert;
} own;

static const char *use_name(unsigned use)
{
    return use == ISAKMP_USE_SIGNATURE    ? "signatures"
           : use == ISAKMP_USE_ENCRYPTION ? "encryption"
                                          : "signatures and encryption";
}

static int refuse_key(loader *l, const own *k, const char *why)
{
    return wrong(l, "%s %s: %s; an RSA key from %u bits%s is expected, in PEM or DER", k->option,
                 k->key, why, l->f->legacy ? 1024u : 2048u,
                 k->use == ISAKMP_USE_SIGNATURE ? " or an EC key" : "");
}

/* Is our first key this one? */
static int is_first_key(const isakmp_pki *pki, const isakmp_pki *alone)
{
    uint8_t a[MOST_PUBLIC], b[MOST_PUBLIC];
    size_t a_n, b_n;
    return isakmp_pki_own_public(pki, 0, ISAKMP_KEY_DER, a, sizeof a, &a_n, NULL) == ISAKMP_OK &&
           isakmp_pki_own_public(alone, 0, ISAKMP_KEY_DER, b, sizeof b, &b_n, NULL) == ISAKMP_OK &&
           a_n == b_n && memcmp(a, b, a_n) == 0;
}

/* The key alone: so that a sentence can name the one of the two files that is at fault. */
static int judge_key(loader *l, const own *k, const host_file *file)
{
    const isakmp_span none = {NULL, 0};
    isakmp_pki *alone = isakmp_pki_new();
    char why[160] = "";
    int good = 1;
    if (alone == NULL)
        return wrong(l, "%s %s: there is not enough memory", k->option, k->key);
    isakmp_pki_set_flags(alone, flags_of(l->f));
    if (host_file_has(file, "ENCRYPTED"))
        good = wrong(l, "%s %s: the key is encrypted; one without a password is expected",
                     k->option, k->key);
    else if (isakmp_pki_add_own(alone, k->use, none, file->text, none, why, sizeof why) !=
             ISAKMP_OK)
        good = refuse_key(l, k, why);
    else if (is_first_key(l->pki, alone) && !l->f->one_key)
        good = wrong(l,
                     "%s %s: this is the key of --key %s; a key of its own is expected for "
                     "encryption, unless --one-key says that one is for both",
                     k->option, k->key, l->f->key);
    isakmp_pki_free(alone);
    return good;
}

static int add_with_cert(loader *l, const own *k, const host_file *key, const host_file *cert)
{
    const isakmp_span none = {NULL, 0};
    char why[160] = "";
    if (isakmp_pki_add_own(l->pki, k->use, cert->text, key->text, none, why, sizeof why) ==
        ISAKMP_OK)
        return 1;
    if (k->cert == NULL)
        return refuse_key(l, k, why);
    return wrong(l, "%s %s: %s; that of %s %s, for %s, is expected first, in PEM or DER",
                 k->cert_option, k->cert, why, k->option, k->key, use_name(k->use));
}

static int add_own(loader *l, const own *k)
{
    host_file key, cert;
    int good = host_file_read(&key, k->option, k->key, l->error, l->cap) &&
               is_kind(l, &key, HOST_KIND_PRIVATE, k->option, k->key, "a private key") &&
               judge_key(l, k, &key);
    memset(&cert, 0, sizeof cert);
    if (good && k->cert)
        good = host_file_read(&cert, k->cert_option, k->cert, l->error, l->cap) &&
               is_kind(l, &cert, HOST_KIND_CERT, k->cert_option, k->cert, "a certificate");
    if (good)
        good = add_with_cert(l, k, &key, &cert);
    host_file_drop(&cert);
    host_file_drop(&key);
    return good;
}

/* ---- All of them ---------------------------------------------------------------------------- */

static uint64_t system_clock(void *unused)
{
    (void)unused;
    return (uint64_t)time(NULL);
}

/* What a key is for, of which there may be another for encryption. */
static unsigned use_of(int signs, int encrypts, const char *other, int one_key)
{
    if (signs && encrypts && other == NULL && one_key)
        return ISAKMP_USE_GENERAL;
    return signs ? ISAKMP_USE_SIGNATURE : ISAKMP_USE_ENCRYPTION;
}

static int add_ours(loader *l, unsigned needs)
{
    const host_key_files *f = l->f;
    const own first = {use_of((needs & HOST_NEED_SIGN) != 0, (needs & HOST_NEED_ENCRYPT) != 0,
                              f->encr_key, f->one_key),
                       "--key", f->key, "--cert", f->cert};
    const own second = {ISAKMP_USE_ENCRYPTION, "--encr-key", f->encr_key, "--encr-cert",
                        f->encr_cert};
    return (f->key == NULL || add_own(l, &first)) && (f->encr_key == NULL || add_own(l, &second));
}

static int add_all(loader *l, unsigned needs)
{
    const host_key_files *f = l->f;
    unsigned use = use_of((needs & HOST_NEED_VERIFY) != 0, (needs & HOST_NEED_ENCRYPT) != 0,
                          f->peer_encr_key, f->one_key);
    for (unsigned i = 0; i < f->cas.n; i++)
        if (!add_file(l, isakmp_pki_add_ca, HOST_KIND_CERT, "--ca", f->cas.names[i],
                      "the certificate of a CA"))
            return 0;
    for (unsigned i = 0; i < f->crls.n; i++)
        if (!add_file(l, isakmp_pki_add_crl, HOST_KIND_CRL, "--crl", f->crls.names[i],
                      "a revocation list"))
            return 0;
    if (f->peer_key && !add_peer_key(l, use, "--peer-pubkey", f->peer_key))
        return 0;
    if (f->peer_encr_key &&
        !add_peer_key(l, ISAKMP_USE_ENCRYPTION, "--peer-encr-pubkey", f->peer_encr_key))
        return 0;
    return add_ours(l, needs);
}

static isakmp_query nobody(const isakmp_path *path)
{
    isakmp_query q;
    memset(&q, 0, sizeof q);
    q.path = path;
    return q;
}

/* The method of signatures that our key is for; 0: none. */
static uint16_t method_of_key(const isakmp_keyring *ring)
{
    static const isakmp_path nowhere;
    isakmp_query q = nobody(&nowhere);
    isakmp_credentials c;
    memset(&c, 0, sizeof c);
    isakmp_keyring_credentials(ring, &q, 0, &c);
    for (uint16_t auth = 1; auth < 32; auth++)
        if (c.methods >> auth & 1 && host_method_signs(auth))
            return auth;
    return 0;
}

/* Is the key for all methods?  HASH_I and HASH_R are as long as the hash, so any RSA key is. */
static int settle_methods(loader *l, const isakmp_keyring *ring, host_methods *m, int signs)
{
    uint16_t of_key = method_of_key(ring);
    for (size_t i = 0; i < m->n; i++) {
        uint16_t wanted = m->auth[i];
        if (wanted == HOST_AUTH_HYBRID && signs)
            wanted = ISAKMP_AUTH_RSA_SIG;
        if (wanted == HOST_AUTH_ECDSA && of_key != ISAKMP_AUTH_RSA_SIG)
            wanted = m->auth[i] = of_key;
        if (host_method_signs(wanted) && wanted != of_key)
            return wrong(l, "--key %s: the key is one for --auth %s, not for --auth %s", l->f->key,
                         host_method_name(of_key), host_method_name(m->auth[i]));
    }
    return 1;
}

/* ---- Our certificates ------------------------------------------------------------------------ */

/* The first one for a method; to be freed in any case.
 *   returns  1, or 0: there is none. */
static int own_cert(mbedtls_x509_crt *out, const isakmp_keyring *ring, uint16_t auth)
{
    static const isakmp_path nowhere;
    isakmp_query q = nobody(&nowhere);
    isakmp_credentials c;
    memset(&c, 0, sizeof c);
    mbedtls_x509_crt_init(out);
    return isakmp_keyring_credentials(ring, &q, auth, &c) == ISAKMP_OK && c.n_certs &&
           mbedtls_x509_crt_parse_der(out, c.certs[0].p, c.certs[0].n) == 0;
}

static int same_octets(const mbedtls_x509_buf *a, const mbedtls_x509_buf *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->p, b->p, a->len) == 0);
}

static int same_names(const mbedtls_x509_crt *a, const mbedtls_x509_crt *b)
{
    const mbedtls_x509_sequence *x = &a->subject_alt_names, *y = &b->subject_alt_names;
    while (x && y && same_octets(&x->buf, &y->buf)) {
        x = x->next;
        y = y->next;
    }
    return same_octets(&a->subject_raw, &b->subject_raw) && x == NULL && y == NULL;
}

/* Whoever learns a key out of a certificate keeps it for the names that this is for. */
static void warn_of_other_names(const isakmp_keyring *ring, const host_key_files *f)
{
    mbedtls_x509_crt first, second;
    uint16_t signs = f->key ? method_of_key(ring) : 0;
    int there = own_cert(&first, ring, signs) & own_cert(&second, ring, ISAKMP_AUTH_RSA_ENCR);
    if (f->cert && f->encr_cert && there && !same_names(&first, &second))
        fprintf(
            stderr,
            "warning: --encr-cert %s is not for the same names as --cert %s: peers that know us "
            "by another name do not find the key\n",
            f->encr_cert, f->cert);
    mbedtls_x509_crt_free(&second);
    mbedtls_x509_crt_free(&first);
}

int host_keys_load(isakmp_keyring *ring, const host_key_files *f, host_methods *methods,
                   unsigned needs, char *error, size_t error_cap)
{
    loader l = {isakmp_pki_new(), f, error, error_cap};
    if (l.pki == NULL)
        return wrong(&l, "--auth: this mbedTLS has no certificates, or there is not enough memory");
    ring->pki = l.pki;
    isakmp_pki_set_clock(l.pki, system_clock, NULL);
    isakmp_pki_set_flags(l.pki, flags_of(f));
    if (add_all(&l, needs) && settle_methods(&l, ring, methods, (needs & HOST_NEED_SIGN) != 0)) {
        warn_of_other_names(ring, f);
        return 1;
    }
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
    mbedtls_x509_crt cert;
    int good = own_cert(&cert, ring, auth) && cert.subject_raw.len <= ISAKMP_MAX_ID &&
               cert.subject.oid.p != NULL;
    if (good) {
        out->type = ISAKMP_ID_DER_ASN1_DN;
        out->data.p = data;
        out->data.n = cert.subject_raw.len;
        memcpy(data, cert.subject_raw.p, out->data.n);
    }
    mbedtls_x509_crt_free(&cert);
    return good;
}
