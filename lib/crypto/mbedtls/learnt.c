/* crypto/mbedtls/learnt.c -- keys of peers out of certificates that they have sent: for encrypted nonces
 * next time, and never to believe a signature. */
#include "base/span.h"
#include "pki.h"
#if ISAKMP__HAVE_PKI
#include <mbedtls/platform.h>

/* What one peer brings, in its order. */
typedef struct batch {
    const isakmp_query *q;
    isakmp__peer_key *first, **end;
} batch;

/* Where the peer is: there it is looked for before it has said who it is. */
static isakmp_selector place(const isakmp_addr *addr)
{
    isakmp_selector s;
    memset(&s, 0, sizeof s);
    s.family = addr->family;
    memcpy(s.lo, addr->ip, sizeof s.lo);
    memcpy(s.hi, addr->ip, sizeof s.hi);
    return s;
}

static isakmp_span key_of(const mbedtls_x509_crt *cert)
{
    isakmp_span s = {cert->pk_raw.p, cert->pk_raw.len};
    return s;
}

static isakmp__peer_key *make(const isakmp_query *q, const mbedtls_x509_crt *cert)
{
    const isakmp_selector addr = place(&q->path->remote);
    isakmp__peer_key *k = isakmp__peer_key_new(ISAKMP_USE_ENCRYPTION, &q->peer_id, &addr);
    isakmp_span key = key_of(cert);
    if (k == NULL)
        return NULL;
    if (isakmp__load_certs(&k->cert, isakmp__raw(&cert->raw)) == ISAKMP_OK &&
        mbedtls_pk_parse_public_key(&k->key, key.p, key.n) == 0)
        return k;
    isakmp__peer_key_free(k);
    return NULL;
}

/* Without memory it is not learnt, and that is all. */
static uint16_t keep(void *user, const mbedtls_x509_crt *cert)
{
    batch *b = user;
    isakmp__peer_key *k;
    for (k = b->first; k != NULL; k = k->next)
        if (isakmp__span_equal(key_of(k->cert), key_of(cert)))
            return ISAKMP_D_NONE; /* another certificate for the same key */
    k = make(b->q, cert);
    if (k == NULL)
        return ISAKMP_D_CRYPTO;
    *b->end = k;
    b->end = &k->next;
    return ISAKMP_D_NONE;
}

/* A name with a star would be a pattern to whoever expects it: its key is not anybody's. */
static int stands_for_many(const isakmp_id *id)
{
    switch (id->type) {
    case ISAKMP_ID_FQDN:
    case ISAKMP_ID_USER_FQDN:
        return id->data.n && memchr(id->data.p, '*', id->data.n) != NULL;
    default:
        return isakmp__is_pattern(id);
    }
}

/* What was learnt of this peer before. */
static void forget(isakmp_pki *pki, const isakmp_id *id)
{
    isakmp__peer_key **at = &pki->learnt;
    while (*at != NULL) {
        isakmp__peer_key *k = *at;
        if (!isakmp_id_equal(&k->id, id)) {
            at = &k->next;
            continue;
        }
        *at = k->next;
        isakmp__peer_key_free(k);
    }
}

static void forget_oldest(isakmp_pki *pki)
{
    isakmp__peer_key **at = &pki->learnt;
    for (size_t n = 0; *at != NULL && n < ISAKMP_PKI_MAX_LEARNT; n++)
        at = &(*at)->next;
    isakmp__peer_keys_free(*at);
    *at = NULL;
}

void isakmp_keyring_learn(const isakmp_keyring *ring, const isakmp_query *q,
                          const isakmp_cert *certs, size_t n_certs)
{
    isakmp_pki *pki = isakmp__pki_of(ring);
    batch b = {q, NULL, NULL};
    isakmp__need need = {
        1u << ISAKMP_AUTH_RSA_SIG, MBEDTLS_X509_KU_KEY_ENCIPHERMENT, 1, 1, keep, &b};
    uint16_t why;
    if (pki == NULL || n_certs == 0 || stands_for_many(&q->peer_id))
        return;
    b.end = &b.first;
    if (isakmp__chain_use(pki, &q->peer_id, certs, n_certs, &need, &why) != ISAKMP_OK)
        return;
    forget(pki, &q->peer_id);
    *b.end = pki->learnt;
    pki->learnt = b.first;
    forget_oldest(pki);
}

#endif
