/* isakmp_keygen.c -- isakmp-keygen: keys, a small CA, certificates and revocation lists for trying
 * things out.  What they look like is in host_x509.c, options in host_keygen.c; here are the commands and
 * files. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <mbedtls/pem.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>
#include <sodium.h>
#include "host_dn.h"
#include "host_file.h"
#include "host_keygen.h"
#include "host_kind.h"
#include "host_x509.h"

#if MBEDTLS_VERSION_NUMBER >= 0x03000000
#define PARSE_KEY_FILE(key, file) mbedtls_pk_parse_keyfile(key, file, NULL, host_x509_random, NULL)
#else
#define PARSE_KEY_FILE(key, file) mbedtls_pk_parse_keyfile(key, file, NULL)
#endif

/* Clocks differ: what is made here has begun an hour ago. */
#define SKEW_S 3600
#define DAY_S  86400

/* A key and its certificate. */
typedef struct pair {
    mbedtls_pk_context key;
    mbedtls_x509_crt cert;
} pair;

/* ---- Files ---------------------------------------------------------------------------------- */

/* NAME and an ending. */
static const char *with_ending(char *out, size_t cap, const char *name, const char *ending)
{
    if ((size_t)snprintf(out, cap, "%s%s", name, ending) >= cap)
        keygen_fail("%s: the name is too long", name);
    return out;
}

static void must_not_exist(const char *file)
{
    if (access(file, F_OK) == 0)
        keygen_fail("%s exists already; nothing is overwritten, so another --out is needed", file);
}

static void must_be_readable(const char *option, const char *file)
{
    if (access(file, R_OK) != 0)
        keygen_fail("%s %s: %s", option, file, strerror(errno));
}

/* beside: what has been made just before, which is of no use alone; may be NULL. */
static void write_file(const char *file, const void *p, size_t n, mode_t mode, const char *beside)
{
    int fd = open(file, O_WRONLY | O_CREAT | O_EXCL, mode);
    int good = fd >= 0 && write(fd, p, n) == (ssize_t)n;
    int why = good ? 0 : errno;
    if (fd >= 0 && close(fd) != 0 && good)
        why = errno;
    if (why == 0)
        return;
    if (fd >= 0)
        unlink(file);
    if (beside)
        unlink(beside);
    keygen_fail("%s cannot be written: %s", file, strerror(why));
}

static void write_pem(const char *file, const uint8_t *der, size_t n, const char *what,
                      const char *beside)
{
    static uint8_t pem[2 * HOST_MAX_DER];
    char begin[64], end[64];
    size_t used = 0;
    snprintf(begin, sizeof begin, "-----BEGIN %s-----\n", what);
    snprintf(end, sizeof end, "-----END %s-----\n", what);
    if (n == 0 || mbedtls_pem_write_buffer(begin, end, der, n, pem, sizeof pem, &used) != 0) {
        if (beside)
            unlink(beside);
        keygen_fail("%s cannot be made: it would be too long, or the key cannot sign it", file);
    }
    write_file(file, pem, used - 1, 0644, beside);
}

static void write_key(const char *file, mbedtls_pk_context *key)
{
    static uint8_t pem[HOST_MAX_DER];
    if (mbedtls_pk_write_key_pem(key, pem, sizeof pem) != 0)
        keygen_fail("%s cannot be made: the key is too long", file);
    write_file(file, pem, strlen((const char *)pem), 0600, NULL);
    sodium_memzero(pem, sizeof pem);
}

/* ---- Reading -------------------------------------------------------------------------------- */

static void read_key(mbedtls_pk_context *out, const char *option, const char *file)
{
    must_be_readable(option, file);
    mbedtls_pk_init(out);
    if (PARSE_KEY_FILE(out, file) != 0)
        keygen_fail(
            "%s %s: this is no private key that can be read; one without a password is expected, "
            "in "
            "PEM or DER",
            option, file);
}

static void read_cert(mbedtls_x509_crt *out, const char *option, const char *file)
{
    must_be_readable(option, file);
    mbedtls_x509_crt_init(out);
    if (mbedtls_x509_crt_parse_file(out, file) != 0)
        keygen_fail(
            "%s %s: this is no certificate that can be read; one is expected, in PEM or DER",
            option, file);
}

static void read_ca(pair *out, const char *name)
{
    char file[1024];
    read_key(&out->key, "--ca", with_ending(file, sizeof file, name, ".key"));
    read_cert(&out->cert, "--ca", with_ending(file, sizeof file, name, ".pem"));
    if (mbedtls_x509_crt_check_key_usage(&out->cert, MBEDTLS_X509_KU_KEY_CERT_SIGN) != 0)
        keygen_fail("--ca %s: the certificate is not that of a CA", file);
}

static void free_pair(pair *p)
{
    mbedtls_pk_free(&p->key);
    mbedtls_x509_crt_free(&p->cert);
}

/* ---- Commands ------------------------------------------------------------------------------- */

static host_issuer issuer(const keygen_options *o, isakmp_span name, mbedtls_pk_context *key)
{
    time_t now = time(NULL);
    host_issuer by = {name, key, now - SKEW_S, now + (time_t)o->days * DAY_S - 1};
    return by;
}

static isakmp_span raw(const mbedtls_x509_buf *b)
{
    isakmp_span s = {b->p, b->len};
    return s;
}

/* The name that --name gives, or CN=NAME. */
static isakmp_span subject_of(const keygen_options *o, uint8_t *buf, size_t cap)
{
    char error[400], plain[256];
    const char *last = strrchr(o->out, '/') ? strrchr(o->out, '/') + 1 : o->out;
    isakmp_span s = {buf, 0};
    snprintf(plain, sizeof plain, "CN=%s", last);
    s.n = host_parse_dn(buf, cap, o->name ? o->name : plain, error, sizeof error);
    if (s.n == 0)
        keygen_fail("--name %s", error);
    return s;
}

/* A key and its certificate; without a CA it is the certificate of one. */
static void make_pair(const keygen_options *o, pair *ca)
{
    uint8_t name[ISAKMP_MAX_ID], der[HOST_MAX_DER];
    char key_file[1024], cert_file[1024];
    isakmp_span subject = subject_of(o, name, sizeof name);
    mbedtls_pk_context key;
    host_cert c = {{{NULL, 0}, NULL, 0, 0}, subject, &key, o->ids, o->n_ids, ca == NULL, 0, 0};
    c.signs = (o->use & ISAKMP_USE_SIGNATURE) != 0;
    c.encrypts = (o->use & ISAKMP_USE_ENCRYPTION) != 0;
    must_not_exist(with_ending(key_file, sizeof key_file, o->out, ".key"));
    must_not_exist(with_ending(cert_file, sizeof cert_file, o->out, ".pem"));
    c.by = ca ? issuer(o, raw(&ca->cert.subject_raw), &ca->key) : issuer(o, subject, &key);
    if (ca && subject.n == c.by.name.n && memcmp(subject.p, c.by.name.p, subject.n) == 0)
        keygen_fail("the certificate has the name of its CA; another --name is needed");
    if (!host_x509_key(&key, o->type))
        keygen_fail("a key of type %s cannot be made by this mbedTLS", o->type);
    write_key(key_file, &key);
    write_pem(cert_file, der, host_x509_cert(der, sizeof der, &c), "CERTIFICATE", key_file);
    mbedtls_pk_free(&key);
    printf("%s, %s\n", key_file, cert_file);
}

static void make_cert(const keygen_options *o)
{
    pair ca;
    read_ca(&ca, o->ca);
    make_pair(o, &ca);
    free_pair(&ca);
}

/* Room for a key in any form. */
#define MOST_TEXT (2 * HOST_MAX_DER)

static isakmp_pki *new_pki(void)
{
    isakmp_pki *pki = isakmp_pki_new();
    if (pki == NULL)
        keygen_fail("this mbedTLS has no certificates, or there is not enough memory");
    return pki;
}

/* A key that the library makes, without a certificate. */
static void make_rsa_key(const char *file, unsigned use, unsigned bits, const char *beside)
{
    static uint8_t pem[MOST_TEXT];
    isakmp_pki *pki = new_pki();
    char why[160] = "";
    size_t n = 0;
    isakmp_pki_set_flags(pki, ISAKMP_PKI_ONE_KEY);
    if (isakmp_pki_generate(pki, use, bits, why, sizeof why) != ISAKMP_OK ||
        isakmp_pki_own_private(pki, 0, ISAKMP_KEY_PEM, pem, sizeof pem, &n, NULL) != ISAKMP_OK) {
        if (beside)
            unlink(beside);
        keygen_fail("%s cannot be made: %s", file, *why ? why : "this mbedTLS cannot write keys");
    }
    write_file(file, pem, n, 0600, beside);
    sodium_memzero(pem, sizeof pem);
    isakmp_pki_free(pki);
}

static void make_rsa(const keygen_options *o)
{
    char one[1024], other[1024];
    if (!o->usage_keys) {
        must_not_exist(with_ending(one, sizeof one, o->out, ".key"));
        make_rsa_key(one, ISAKMP_USE_GENERAL, o->bits, NULL);
        printf("%s\n", one);
        return;
    }
    must_not_exist(with_ending(one, sizeof one, o->out, "-sign.key"));
    must_not_exist(with_ending(other, sizeof other, o->out, "-encr.key"));
    make_rsa_key(one, ISAKMP_USE_SIGNATURE, o->bits, NULL);
    make_rsa_key(other, ISAKMP_USE_ENCRYPTION, o->bits, one);
    printf("%s, %s\n", one, other);
}

/* A private key of which the public one is wanted, or a public one in whatever form. */
static size_t read_public(const keygen_options *o, isakmp_key_form form, uint8_t *out, size_t cap)
{
    static const isakmp_id anybody = {ISAKMP_ID_NONE, 0, 0, {NULL, 0}};
    static const isakmp_selector anywhere = {0, 0, 0, {0}, {0}};
    const isakmp_span none = {NULL, 0};
    isakmp_pki *pki = new_pki();
    char why[400] = "";
    host_file file;
    size_t n = 0;
    int rc;
    isakmp_pki_set_flags(pki, ISAKMP_PKI_LEGACY);
    if (!host_file_read(&file, "--key", o->key, why, sizeof why))
        keygen_fail("%s", why);
    if (isakmp_pki_add_own(pki, ISAKMP_USE_SIGNATURE, none, file.text, none, why, sizeof why) ==
        ISAKMP_OK) {
        rc = isakmp_pki_own_public(pki, 0, form, out, cap, &n, NULL);
    } else {
        if (!host_file_has(&file, "PRIVATE KEY-----") &&
            isakmp_pki_add_peer_key(pki, ISAKMP_USE_SIGNATURE, &anybody, &anywhere, file.text, why,
                                    sizeof why) == ISAKMP_OK)
            *why = '\0';
        rc = isakmp_pki_peer_key(pki, 0, NULL, form, out, cap, &n);
    }
    host_file_drop(&file);
    isakmp_pki_free(pki);
    if (rc != ISAKMP_OK)
        keygen_fail("--key %s: %s; a private key without a password, a public key or a certificate "
                    "is expected, in PEM or DER, or a public key in hex",
                    o->key, *why ? why : "the key cannot be written so");
    return n;
}

static void print_fingerprint(const keygen_options *o)
{
    static uint8_t key[MOST_TEXT];
    char text[HOST_FINGERPRINT];
    size_t n = read_public(o, ISAKMP_KEY_DER, key, sizeof key);
    host_fingerprint(text, (isakmp_span){key, n});
    printf("%s\n", text);
}

static void make_pubkey(const keygen_options *o)
{
    static uint8_t key[MOST_TEXT];
    size_t n;
    if (o->fingerprint) {
        print_fingerprint(o);
        return;
    }
    n = read_public(o, o->form, key, sizeof key);
    if (o->out == NULL) {
        if (fwrite(key, 1, n, stdout) != n || fflush(stdout) != 0)
            keygen_fail("the key cannot be printed: %s", strerror(errno));
        return;
    }
    must_not_exist(o->out);
    write_file(o->out, key, n, 0644, NULL);
    printf("%s\n", o->out);
}

static void make_crl(const keygen_options *o)
{
    static mbedtls_x509_crt certs[KEYGEN_MOST_NAMES];
    static uint8_t der[HOST_MAX_DER];
    isakmp_span serials[KEYGEN_MOST_NAMES];
    host_issuer by;
    pair ca;
    read_ca(&ca, o->ca);
    must_not_exist(o->out);
    for (size_t i = 0; i < o->n_revoke; i++) {
        read_cert(&certs[i], "--revoke", o->revoke[i]);
        if (certs[i].issuer_raw.len != ca.cert.subject_raw.len ||
            memcmp(certs[i].issuer_raw.p, ca.cert.subject_raw.p, ca.cert.subject_raw.len) != 0)
            keygen_fail("--revoke %s: the certificate is not from the CA %s", o->revoke[i], o->ca);
        serials[i] = raw(&certs[i].serial);
    }
    by = issuer(o, raw(&ca.cert.subject_raw), &ca.key);
    write_pem(o->out, der, host_x509_crl(der, sizeof der, &by, serials, o->n_revoke), "X509 CRL",
              NULL);
    for (size_t i = 0; i < o->n_revoke; i++)
        mbedtls_x509_crt_free(&certs[i]);
    free_pair(&ca);
    printf("%s\n", o->out);
}

int main(int argc, char **argv)
{
    static keygen_options o;
    keygen_read_options(&o, argc, argv);
    if (sodium_init() < 0)
        keygen_fail("there is no source of random numbers");
    if (o.command == KEYGEN_CA)
        make_pair(&o, NULL);
    else if (o.command == KEYGEN_CERT)
        make_cert(&o);
    else if (o.command == KEYGEN_RSA)
        make_rsa(&o);
    else if (o.command == KEYGEN_PUBKEY)
        make_pubkey(&o);
    else
        make_crl(&o);
    return 0;
}
