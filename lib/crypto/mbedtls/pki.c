/* crypto/mbedtls/pki.c -- the collection of keys, certificates, CAs and revocation lists.
 *
 * What is added is read and judged as a whole before any of it is put in. */
#include <sodium.h>
#include "base/span.h"
#include "pki.h"
#if ISAKMP__HAVE_PKI
#include <mbedtls/platform.h>

/* A result, and its sentence. */
static int refuse(int rc, const char *text, char *why, size_t cap)
{
    size_t i = 0;
    for (; i + 1 < cap && text[i]; i++)
        why[i] = text[i];
    if (cap)
        why[i] = 0;
    return rc;
}

/* What load.c said. */
static int unreadable(int rc, const char *text, char *why, size_t cap)
{
    return refuse(rc, rc == ISAKMP_E_SPACE ? "there is no memory" : text, why, cap);
}

static int no_memory(char *why, size_t cap)
{
    return refuse(ISAKMP_E_SPACE, "there is no memory", why, cap);
}

static const char weak[] = "the key is too weak, or not RSA, P-256, P-384 or P-521";

isakmp_pki *isakmp_pki_new(void)
{
    return sodium_init() < 0 ? NULL : mbedtls_calloc(1, sizeof(isakmp_pki));
}

static void free_own(isakmp__own *own)
{
    mbedtls_pk_free(&own->key); /* and wipe */
    isakmp__free_certs(own->certs);
    mbedtls_free(own->spans);
    mbedtls_free(own);
}

static void free_peer_key(isakmp__peer_key *k)
{
    mbedtls_pk_free(&k->key);
    mbedtls_free(k);
}

void isakmp_pki_free(isakmp_pki *pki)
{
    if (pki == NULL)
        return;
    while (pki->own != NULL) {
        isakmp__own *next = pki->own->next;
        free_own(pki->own);
        pki->own = next;
    }
    while (pki->peers != NULL) {
        isakmp__peer_key *next = pki->peers->next;
        free_peer_key(pki->peers);
        pki->peers = next;
    }
    isakmp__free_certs(pki->cas);
    isakmp__free_crls(pki->crls);
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
        return unreadable(rc, "this is not a certificate that can be read", why, cap);
    for (const mbedtls_x509_crt *c = list; c != NULL && wrong == NULL; c = c->next)
        if (!may_sign_certs(c))
            wrong = "the certificate is not that of a CA";
        else if (!isakmp__key_methods(&c->pk, pki->flags))
            wrong = weak;
    if (wrong != NULL) {
        isakmp__free_certs(list);
        return refuse(ISAKMP_E_ARG, wrong, why, cap);
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
        return unreadable(rc, "this is not a revocation list that can be read", why, cap);
    for (const mbedtls_x509_crl *c = list; c != NULL; c = c->next)
        if (c->next_update.year == 0) {
            isakmp__free_crls(list);
            return refuse(ISAKMP_E_ARG, "the revocation list does not say when the next one comes",
                          why, cap);
        }
    while (list != NULL) {
        mbedtls_x509_crl *next = list->next;
        put_crl(pki, list);
        list = next;
    }
    return ISAKMP_OK;
}

/* ---- Our keys ------------------------------------------------------------------------------ */

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
static int make_own(isakmp__own *own, const isakmp_pki *pki, isakmp_span certs, isakmp_span key,
                    isakmp_span password, char *why, size_t cap)
{
    int rc = isakmp__load_key(&own->key, key, password);
    if (rc != ISAKMP_OK)
        return unreadable(rc, "the private key cannot be read, or its password is wrong", why, cap);
    if (!isakmp__key_methods(&own->key, pki->flags))
        return refuse(ISAKMP_E_ARG, weak, why, cap);
    rc = certs.n ? isakmp__load_certs(&own->certs, certs) : ISAKMP_OK;
    if (rc != ISAKMP_OK)
        return unreadable(rc, "this is not a certificate that can be read", why, cap);
    if (ISAKMP__CHECK_PAIR(own->certs ? &own->certs->pk : &own->key, &own->key, isakmp__pki_random))
        return refuse(ISAKMP_E_ARG, "the first certificate is not for this private key", why, cap);
    return make_spans(own) == ISAKMP_OK ? ISAKMP_OK : no_memory(why, cap);
}

int isakmp_pki_add_own(isakmp_pki *pki, isakmp_span certs, isakmp_span key, isakmp_span password,
                       char *why, size_t cap)
{
    isakmp__own *own = mbedtls_calloc(1, sizeof *own), **end = &pki->own;
    int rc;
    if (own == NULL)
        return no_memory(why, cap);
    rc = make_own(own, pki, certs, key, password, why, cap);
    if (rc != ISAKMP_OK) {
        free_own(own);
        return rc;
    }
    while (*end != NULL)
        end = &(*end)->next;
    *end = own;
    return ISAKMP_OK;
}

/* ---- Keys of peers ------------------------------------------------------------------------- */

int isakmp_pki_add_peer_key(isakmp_pki *pki, const isakmp_id *id, const isakmp_selector *addr,
                            isakmp_span key, char *why, size_t cap)
{
    isakmp__peer_key *k = mbedtls_calloc(1, sizeof *k + id->data.n), **end = &pki->peers;
    int rc;
    if (k == NULL)
        return no_memory(why, cap);
    k->id = *id;
    k->id.data.p = (const uint8_t *)(k + 1);
    if (id->data.n)
        memcpy(k + 1, id->data.p, id->data.n);
    k->addr = *addr;
    rc = isakmp__load_public(&k->key, key);
    if (rc != ISAKMP_OK)
        rc = unreadable(rc, "this is neither a public key nor a certificate", why, cap);
    else if (!isakmp__key_methods(&k->key, pki->flags))
        rc = refuse(ISAKMP_E_ARG, weak, why, cap);
    if (rc != ISAKMP_OK) {
        free_peer_key(k);
        return rc;
    }
    while (*end != NULL)
        end = &(*end)->next;
    *end = k;
    return ISAKMP_OK;
}

#endif
