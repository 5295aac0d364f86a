/* crypto/mbedtls/answers.c -- the stock keyring's answers to the questions about public keys. */
#include "base/span.h"
#include "pki.h"
#if ISAKMP__HAVE_PKI

static const isakmp_pki *pki_of(const isakmp_keyring *ring)
{
    return ring->size >= sizeof *ring ? ring->pki : NULL;
}

/* ---- Ours ---------------------------------------------------------------------------------- */

/* Has one of the certificates been signed by a CA that the peer asks for? */
static int is_wanted(const isakmp__own *own, const isakmp_query *q)
{
    for (size_t i = 0; i < q->n_wanted; i++) {
        if (q->wanted[i].n == 0)
            return 1;
        for (const mbedtls_x509_crt *c = own->certs; c != NULL; c = c->next)
            if (isakmp__dn_equal(isakmp__raw(&c->issuer_raw), q->wanted[i]))
                return 1;
    }
    return 0;
}

static const isakmp__own *choose(const isakmp_pki *pki, const isakmp_query *q, uint16_t auth)
{
    uint32_t method = isakmp__method(auth);
    const isakmp__own *first = NULL;
    for (const isakmp__own *o = pki->own; o != NULL; o = o->next)
        if (isakmp__key_methods(&o->key, pki->flags) & method) {
            if (is_wanted(o, q))
                return o;
            first = first ? first : o;
        }
    return first;
}

int isakmp_keyring_credentials(const isakmp_keyring *ring, const isakmp_query *q, uint16_t auth,
                               isakmp_credentials *out)
{
    const isakmp_pki *pki = pki_of(ring);
    const isakmp__own *own;
    if (pki == NULL)
        return ISAKMP_NONE;
    for (const isakmp__own *o = pki->own; o != NULL; o = o->next)
        out->methods |= isakmp__key_methods(&o->key, pki->flags);
    if (auth == 0)
        return out->methods ? ISAKMP_OK : ISAKMP_NONE;
    own = choose(pki, q, auth);
    if (own == NULL)
        return ISAKMP_NONE;
    out->certs = own->spans;
    out->n_certs = own->n;
    out->cas = pki->ca_names;
    out->n_cas = pki->n_ca_names;
    return ISAKMP_OK;
}

int isakmp_keyring_sign(const isakmp_keyring *ring, const isakmp_query *q, uint16_t auth,
                        isakmp_span hash, uint8_t *sig, size_t cap, size_t *n)
{
    const isakmp_pki *pki = pki_of(ring);
    const isakmp__own *own = pki ? choose(pki, q, auth) : NULL;
    return own ? isakmp__key_sign(&own->key, auth, hash, sig, cap, n) : ISAKMP_NONE;
}

/* ---- The peer's ---------------------------------------------------------------------------- */

static int is_for(const isakmp__peer_key *k, const isakmp_query *q)
{
    isakmp_selector peer;
    memset(&peer, 0, sizeof peer);
    peer.family = q->path->remote.family;
    memcpy(peer.lo, q->path->remote.ip, sizeof peer.lo);
    memcpy(peer.hi, q->path->remote.ip, sizeof peer.hi);
    if (k->id.type != ISAKMP_ID_NONE && !isakmp_id_equal(&k->id, &q->peer_id))
        return 0;
    return k->addr.family == 0 ||
           (k->addr.family == peer.family && isakmp_selector_within(&peer, &k->addr));
}

int isakmp_keyring_verify(const isakmp_keyring *ring, const isakmp_query *q, const isakmp_proof *p,
                          uint16_t *why)
{
    const isakmp_pki *pki = pki_of(ring);
    uint32_t method = isakmp__method(p->auth);
    *why = ISAKMP_D_NO_CERT;
    if (pki == NULL || method == 0)
        return ISAKMP_NONE;
    for (const isakmp__peer_key *k = pki->peers; k != NULL; k = k->next)
        if (is_for(k, q) && (isakmp__key_methods(&k->key, pki->flags) & method)) {
            if (isakmp__key_verify(&k->key, p->auth, p->hash, p->signature) == ISAKMP_OK)
                return ISAKMP_OK;
            *why = ISAKMP_D_SIGNATURE;
        }
    return p->n_certs ? isakmp__chain_verify(pki, q, p, why) : ISAKMP_NONE;
}

#endif
