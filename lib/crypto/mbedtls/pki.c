/* crypto/mbedtls/pki.c -- the collection; CAs and revocation lists.
 *
 * What is added is read and judged as a whole before any of it is put in. */
#include "base/span.h"
#include "pki.h"
#if ISAKMP__HAVE_PKI
#include <mbedtls/platform.h>

int isakmp__pki_refuse(int rc, const char *text, char *why, size_t cap)
{
    size_t i = 0;
    for (; i + 1 < cap && text[i]; i++)
        why[i] = text[i];
    if (cap)
        why[i] = 0;
    return rc;
}

int isakmp__pki_no_memory(char *why, size_t cap)
{
    return isakmp__pki_refuse(ISAKMP_E_SPACE, "there is no memory", why, cap);
}

int isakmp__pki_unreadable(int rc, const char *text, char *why, size_t cap)
{
    return rc == ISAKMP_E_SPACE ? isakmp__pki_no_memory(why, cap)
                                : isakmp__pki_refuse(rc, text, why, cap);
}

const char isakmp__weak_key[] = "the key is too weak, or not RSA, P-256, P-384 or P-521";

isakmp_pki *isakmp_pki_new(void)
{
    isakmp_pki *pki = sodium_init() < 0 ? NULL : mbedtls_calloc(1, sizeof *pki);
    if (pki != NULL)
        crypto_shorthash_keygen(pki->decoy_key);
    return pki;
}

void isakmp_pki_free(isakmp_pki *pki)
{
    if (pki == NULL)
        return;
    while (pki->own != NULL) {
        isakmp__own *next = pki->own->next;
        isakmp__own_free(pki->own);
        pki->own = next;
    }
    isakmp__peer_keys_free(pki->by_hand);
    isakmp__peer_keys_free(pki->learnt);
    isakmp__free_certs(pki->cas);
    isakmp__free_crls(pki->crls);
    sodium_memzero(pki->decoy_key, sizeof pki->decoy_key);
    mbedtls_free(pki);
}

void isakmp_pki_set_clock(isakmp_pki *pki, uint64_t (*clock)(void *user), void *user)
{
    pki->clock = clock;
    pki->user = user;
}

void isakmp_pki_set_flags(isakmp_pki *pki, unsigned flags)
{
    pki->flags = flags;
}

/* ---- CAs ----------------------------------------------------------------------------------- */

static int may_sign_certs(const mbedtls_x509_crt *c)
{
    return c->MBEDTLS_PRIVATE(ca_istrue) && isakmp__cert_may(c, MBEDTLS_X509_KU_KEY_CERT_SIGN);
}

static void add_name(isakmp_pki *pki, isakmp_span name)
{
    for (size_t i = 0; i < pki->n_ca_names; i++)
        if (isakmp__span_equal(pki->ca_names[i], name))
            return;
    if (pki->n_ca_names < ISAKMP__MOST_CA_NAMES)
        pki->ca_names[pki->n_ca_names++] = name;
}

int isakmp_pki_add_ca(isakmp_pki *pki, isakmp_span cas, char *why, size_t cap)
{
    mbedtls_x509_crt *list, **end = &pki->cas;
    int rc = isakmp__load_certs(&list, cas);
    const char *wrong = NULL;
    if (rc != ISAKMP_OK)
        return isakmp__pki_unreadable(rc, "this is not a certificate that can be read", why, cap);
    for (const mbedtls_x509_crt *c = list; c != NULL && wrong == NULL; c = c->next)
        if (!may_sign_certs(c))
            wrong = "the certificate is not that of a CA";
        else if (isakmp__cert_is_constrained(c))
            wrong = "the CA may vouch for some names only, which is not looked at here";
        else if (!isakmp__key_methods(&c->pk, pki->flags))
            wrong = isakmp__weak_key;
    if (wrong != NULL) {
        isakmp__free_certs(list);
        return isakmp__pki_refuse(ISAKMP_E_ARG, wrong, why, cap);
    }
    for (const mbedtls_x509_crt *c = list; c != NULL; c = c->next)
        add_name(pki, isakmp__raw(&c->subject_raw));
    while (*end != NULL)
        end = &(*end)->next;
    *end = list;
    return ISAKMP_OK;
}

/* ---- Revocation lists ---------------------------------------------------------------------- */

static int is_before(const mbedtls_x509_time *a, const mbedtls_x509_time *b)
{
    const int of_a[] = {a->year, a->mon, a->day, a->hour, a->min, a->sec};
    const int of_b[] = {b->year, b->mon, b->day, b->hour, b->min, b->sec};
    size_t i = 0;
    while (i < 5 && of_a[i] == of_b[i])
        i++;
    return of_a[i] < of_b[i];
}

/* Put one list in, in the place of an older one of the same CA; a newer one stays. */
static void put_crl(isakmp_pki *pki, mbedtls_x509_crl *crl)
{
    mbedtls_x509_crl **at = &pki->crls, *old;
    while (*at != NULL &&
           !isakmp__span_equal(isakmp__raw(&(*at)->issuer_raw), isakmp__raw(&crl->issuer_raw)))
        at = &(*at)->next;
    old = *at;
    crl->next = NULL;
    if (old != NULL && is_before(&crl->this_update, &old->this_update)) {
        isakmp__free_crls(crl);
        return;
    }
    *at = crl;
    if (old != NULL) {
        crl->next = old->next;
        old->next = NULL;
        isakmp__free_crls(old);
    }
}

int isakmp_pki_add_crl(isakmp_pki *pki, isakmp_span crls, char *why, size_t cap)
{
    mbedtls_x509_crl *list;
    int rc = isakmp__load_crls(&list, crls);
    if (rc != ISAKMP_OK)
        return isakmp__pki_unreadable(rc, "this is not a revocation list that can be read", why,
                                      cap);
    for (const mbedtls_x509_crl *c = list; c != NULL; c = c->next)
        if (c->next_update.year == 0) {
            isakmp__free_crls(list);
            return isakmp__pki_refuse(
                ISAKMP_E_ARG, "the revocation list does not say when the next one comes", why, cap);
        }
    while (list != NULL) {
        mbedtls_x509_crl *next = list->next;
        put_crl(pki, list);
        list = next;
    }
    return ISAKMP_OK;
}

#endif
