/* crypto/mbedtls/own.c -- keys of ours, and what each may be used for.
 *
 * What is added is read and judged as a whole before it is put in. */
#include "base/span.h"
#include "pki.h"
#if ISAKMP__HAVE_PKI
#include <mbedtls/platform.h>
#include <mbedtls/rsa.h>

isakmp__own *isakmp__own_new(unsigned use)
{
    isakmp__own *own = mbedtls_calloc(1, sizeof *own);
    if (own != NULL) {
        mbedtls_pk_init(&own->key);
        own->use = use;
    }
    return own;
}

void isakmp__own_free(isakmp__own *own)
{
    mbedtls_pk_free(&own->key); /* and wipe */
    isakmp__free_certs(own->certs);
    mbedtls_free(own->spans);
    mbedtls_free(own);
}

/* ---- Use ----------------------------------------------------------------------------------- */

const char *isakmp__wrong_use(unsigned use, mbedtls_pk_type_t type)
{
    if (use == 0 || use > ISAKMP_USE_GENERAL)
        return "the use of the key is none of ISAKMP_USE_*";
    if (use & ISAKMP_USE_ENCRYPTION && type != MBEDTLS_PK_RSA)
        return "a key for encryption, or for general use, must be RSA";
    return NULL;
}

const char *isakmp__wrong_both(unsigned use, unsigned flags)
{
    if (use != ISAKMP_USE_GENERAL || flags & ISAKMP_PKI_ONE_KEY)
        return NULL;
    return "one key must not be for signatures and encryption both, unless ISAKMP_PKI_ONE_KEY "
           "says so";
}

/* What the keyUsage of a certificate says, if there are both. */
static int cert_allows(const mbedtls_x509_crt *cert, unsigned use)
{
    const unsigned sign = MBEDTLS_X509_KU_DIGITAL_SIGNATURE | MBEDTLS_X509_KU_NON_REPUDIATION;
    if (cert == NULL)
        return 1;
    return (!(use & ISAKMP_USE_SIGNATURE) || isakmp__cert_may(cert, sign)) &&
           (!(use & ISAKMP_USE_ENCRYPTION) ||
            isakmp__cert_may(cert, MBEDTLS_X509_KU_KEY_ENCIPHERMENT));
}

/* 1 or 0, or negative without memory. */
static int same_modulus(const isakmp__own *a, const isakmp__own *b)
{
    mbedtls_mpi x, y;
    int same = ISAKMP_E_SPACE;
    if (mbedtls_pk_get_type(&a->key) != MBEDTLS_PK_RSA ||
        mbedtls_pk_get_type(&b->key) != MBEDTLS_PK_RSA)
        return 0;
    mbedtls_mpi_init(&x);
    mbedtls_mpi_init(&y);
    if (mbedtls_rsa_export(mbedtls_pk_rsa(a->key), &x, NULL, NULL, NULL, NULL) == 0 &&
        mbedtls_rsa_export(mbedtls_pk_rsa(b->key), &y, NULL, NULL, NULL, NULL) == 0)
        same = mbedtls_mpi_cmp_mpi(&x, &y) == 0;
    mbedtls_mpi_free(&x);
    mbedtls_mpi_free(&y);
    return same;
}

/* Would the key be for signatures and encryption both?  1 or 0, or negative without memory. */
static int is_for_both(const isakmp_pki *pki, const isakmp__own *own)
{
    if (own->use == ISAKMP_USE_GENERAL)
        return 1;
    for (const isakmp__own *o = pki->own; o != NULL; o = o->next) {
        int same = o->use == own->use ? 0 : same_modulus(o, own);
        if (same)
            return same;
    }
    return 0;
}

int isakmp__own_put(isakmp_pki *pki, isakmp__own *own, char *why, size_t cap)
{
    isakmp__own **end = &pki->own;
    const char *wrong = isakmp__wrong_use(own->use, mbedtls_pk_get_type(&own->key));
    int both = is_for_both(pki, own);
    if (!isakmp__key_methods(&own->key, pki->flags))
        wrong = isakmp__weak_key;
    else if (wrong == NULL && !cert_allows(own->certs, own->use))
        wrong = "the keyUsage of the certificate does not allow this use of the key";
    else if (wrong == NULL && both == 1)
        wrong = isakmp__wrong_both(ISAKMP_USE_GENERAL, pki->flags);
    if (wrong != NULL)
        return isakmp__pki_refuse(ISAKMP_E_ARG, wrong, why, cap);
    if (both < 0)
        return isakmp__pki_no_memory(why, cap);
    while (*end != NULL)
        end = &(*end)->next;
    *end = own;
    return ISAKMP_OK;
}

/* ---- Adding -------------------------------------------------------------------------------- */

static int make_spans(isakmp__own *own)
{
    size_t n = 0;
    for (const mbedtls_x509_crt *c = own->certs; c != NULL; c = c->next)
        n++;
    if (n == 0)
        return ISAKMP_OK;
    own->spans = mbedtls_calloc(n, sizeof *own->spans);
    if (own->spans == NULL)
        return ISAKMP_E_SPACE;
    for (const mbedtls_x509_crt *c = own->certs; c != NULL; c = c->next)
        own->spans[own->n++] = isakmp__raw(&c->raw);
    return ISAKMP_OK;
}

/* Everything that add_own does but for putting it in. */
static int read_own(isakmp__own *own, const isakmp_pki *pki, isakmp_span certs, isakmp_span key,
                    isakmp_span password, char *why, size_t cap)
{
    int rc = isakmp__load_key(&own->key, key, password);
    if (rc != ISAKMP_OK)
        return isakmp__pki_unreadable(
            rc, "the private key cannot be read, or its password is wrong", why, cap);
    if (!isakmp__key_methods(&own->key, pki->flags))
        return isakmp__pki_refuse(ISAKMP_E_ARG, isakmp__weak_key, why, cap);
    rc = certs.n ? isakmp__load_certs(&own->certs, certs) : ISAKMP_OK;
    if (rc != ISAKMP_OK)
        return isakmp__pki_unreadable(rc, "this is not a certificate that can be read", why, cap);
    if (ISAKMP__CHECK_PAIR(own->certs ? &own->certs->pk : &own->key, &own->key, isakmp__pki_random))
        return isakmp__pki_refuse(ISAKMP_E_ARG, "the first certificate is not for this private key",
                                  why, cap);
    return make_spans(own) == ISAKMP_OK ? ISAKMP_OK : isakmp__pki_no_memory(why, cap);
}

int isakmp_pki_add_own(isakmp_pki *pki, unsigned use, isakmp_span certs, isakmp_span key,
                       isakmp_span password, char *why, size_t cap)
{
    isakmp__own *own = isakmp__own_new(use);
    int rc;
    if (own == NULL)
        return isakmp__pki_no_memory(why, cap);
    rc = read_own(own, pki, certs, key, password, why, cap);
    if (rc == ISAKMP_OK)
        rc = isakmp__own_put(pki, own, why, cap);
    if (rc != ISAKMP_OK)
        isakmp__own_free(own);
    return rc;
}

/* ---- Showing ------------------------------------------------------------------------------- */

static int show(const isakmp_pki *pki, size_t i, int is_private, isakmp_key_form form, uint8_t *out,
                size_t cap, size_t *n, unsigned *use)
{
    isakmp__own *o = pki->own;
    while (o != NULL && i-- > 0)
        o = o->next;
    if (o == NULL)
        return ISAKMP_NONE;
    if (use != NULL)
        *use = o->use;
    return isakmp__write_key(&o->key, is_private, form, out, cap, n);
}

int isakmp_pki_own_public(const isakmp_pki *pki, size_t i, isakmp_key_form form, uint8_t *out,
                          size_t cap, size_t *n, unsigned *use)
{
    return show(pki, i, 0, form, out, cap, n, use);
}

int isakmp_pki_own_private(const isakmp_pki *pki, size_t i, isakmp_key_form form, uint8_t *out,
                           size_t cap, size_t *n, unsigned *use)
{
    return show(pki, i, 1, form, out, cap, n, use);
}

#endif
