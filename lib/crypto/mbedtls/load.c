/* crypto/mbedtls/load.c -- certificates, revocation lists and keys out of PEM or DER.
 *
 * mbedTLS knows PEM by a final zero octet, which spans do not have, so everything is copied first;
 * copies are wiped, for they may hold private keys. */
#include <sodium.h>
#include "base/span.h"
#include "pki.h"
#if ISAKMP__HAVE_PKI
#include <mbedtls/pem.h>
#include <mbedtls/platform.h>

typedef struct text {
    uint8_t *p;
    size_t n;     /* as mbedTLS counts: with the zero octet if it is PEM */
    size_t whole; /* what there is to wipe */
    int pem;
} text;

int isakmp__is_pem(isakmp_span in)
{
    static const char begin[] = "-----BEGIN ";
    size_t n = sizeof begin - 1, i = 0;
    while (i + n <= in.n && memcmp(in.p + i, begin, n) != 0)
        i++;
    return i + n <= in.n;
}

int isakmp__is_space(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == 0;
}

static int text_begin(text *t, isakmp_span in)
{
    t->pem = isakmp__is_pem(in);
    while (t->pem && isakmp__is_space(in.p[in.n - 1]))
        in.n--;
    t->whole = in.n + 1;
    t->n = t->pem ? in.n + 1 : in.n;
    t->p = mbedtls_calloc(1, t->whole);
    if (t->p == NULL)
        return ISAKMP_E_SPACE;
    if (in.n)
        memcpy(t->p, in.p, in.n);
    return ISAKMP_OK;
}

static void text_end(text *t)
{
    sodium_memzero(t->p, t->whole);
    mbedtls_free(t->p);
}

int isakmp__load_result(int bad)
{
    if (bad == MBEDTLS_ERR_X509_ALLOC_FAILED || bad == MBEDTLS_ERR_PK_ALLOC_FAILED ||
        bad == MBEDTLS_ERR_PEM_ALLOC_FAILED)
        return ISAKMP_E_SPACE;
    return bad ? ISAKMP_E_MALFORMED : ISAKMP_OK;
}

void isakmp__free_certs(mbedtls_x509_crt *list)
{
    mbedtls_x509_crt_free(list);
    mbedtls_free(list);
}

void isakmp__free_crls(mbedtls_x509_crl *list)
{
    mbedtls_x509_crl_free(list);
    mbedtls_free(list);
}

int isakmp__load_certs(mbedtls_x509_crt **out, isakmp_span in)
{
    text t;
    int rc = text_begin(&t, in);
    *out = NULL;
    if (rc != ISAKMP_OK)
        return rc;
    *out = mbedtls_calloc(1, sizeof **out);
    if (*out == NULL) {
        rc = ISAKMP_E_SPACE;
    } else {
        mbedtls_x509_crt_init(*out);
        rc = isakmp__load_result(mbedtls_x509_crt_parse(*out, t.p, t.n));
        if (rc == ISAKMP_OK && !t.pem && (*out)->raw.len != in.n)
            rc = ISAKMP_E_MALFORMED; /* DER, and something after it */
    }
    text_end(&t);
    if (rc != ISAKMP_OK) {
        isakmp__free_certs(*out);
        *out = NULL;
    }
    return rc;
}

int isakmp__load_crls(mbedtls_x509_crl **out, isakmp_span in)
{
    text t;
    int rc = text_begin(&t, in);
    *out = NULL;
    if (rc != ISAKMP_OK)
        return rc;
    *out = mbedtls_calloc(1, sizeof **out);
    if (*out == NULL) {
        rc = ISAKMP_E_SPACE;
    } else {
        mbedtls_x509_crl_init(*out);
        rc = isakmp__load_result(mbedtls_x509_crl_parse(*out, t.p, t.n));
        if (rc == ISAKMP_OK && !t.pem && (*out)->raw.len != in.n)
            rc = ISAKMP_E_MALFORMED;
    }
    text_end(&t);
    if (rc != ISAKMP_OK) {
        isakmp__free_crls(*out);
        *out = NULL;
    }
    return rc;
}

int isakmp__load_key(mbedtls_pk_context *out, isakmp_span in, isakmp_span password)
{
    text t;
    int rc = text_begin(&t, in);
    mbedtls_pk_init(out);
    if (rc != ISAKMP_OK)
        return rc;
    rc = isakmp__load_result(ISAKMP__PARSE_KEY(out, t.p, t.n, password.n ? password.p : NULL,
                                               password.n, isakmp__pki_random));
    text_end(&t);
    return rc;
}

/* Is there nothing after the DER? */
static int is_one_element(isakmp_span in)
{
    isakmp_span content;
    return isakmp__der_take(&in, ISAKMP__SEQUENCE, &content) && in.n == 0;
}

/* Out of a certificate the key is read once more, so that nothing else of it stays. */
int isakmp__load_public(mbedtls_pk_context *out, isakmp_span in)
{
    mbedtls_x509_crt *cert;
    text t;
    int rc = isakmp__load_certs(&cert, in);
    mbedtls_pk_init(out);
    if (rc == ISAKMP_OK) {
        rc =
            isakmp__load_result(mbedtls_pk_parse_public_key(out, cert->pk_raw.p, cert->pk_raw.len));
        isakmp__free_certs(cert);
        return rc;
    }
    rc = rc == ISAKMP_E_SPACE ? rc : text_begin(&t, in);
    if (rc != ISAKMP_OK)
        return rc;
    rc = isakmp__load_result(mbedtls_pk_parse_public_key(out, t.p, t.n));
    if (rc == ISAKMP_OK && !t.pem && !is_one_element(in))
        rc = ISAKMP_E_MALFORMED; /* which mbedTLS does not look at */
    text_end(&t);
    return rc;
}

#endif
