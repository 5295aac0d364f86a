/* crypto/mbedtls/answers.c -- the stock keyring's answers about credentials and signatures. */
#include "base/span.h"
#include "pki.h"
#if ISAKMP__HAVE_PKI

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

/* The methods of signatures for which a key of ours is. */
static uint32_t signs_by(const isakmp__own *o, unsigned flags)
{
    return o->use & ISAKMP_USE_SIGNATURE ? isakmp__key_methods(&o->key, flags) : 0;
}

static const isakmp__own *choose(const isakmp_pki *pki, const isakmp_query *q, uint16_t auth)
{
    uint32_t method = isakmp__method(auth);
    const isakmp__own *first = NULL;
    for (const isakmp__own *o = pki->own; o != NULL; o = o->next)
        if (signs_by(o, pki->flags) & method) {
            if (is_wanted(o, q))
                return o;
            first = first ? first : o;
        }
    return first;
}

/* The certificates of our key for encryption are there whether it can be used yet or not: they are sent
 * along with a signature, too, so that it can the next time.  The CAs are not told where no certificate
 * can come: with encrypted nonces the initiator must have our key before, and only in the revised mode
 * brings its own.  A client of hybrid authentication has no key, but the gateway shows its certificate to
 * those who ask for it. */
int isakmp_keyring_credentials(const isakmp_keyring *ring, const isakmp_query *q, uint16_t auth,
                               isakmp_credentials *out)
{
    const isakmp_pki *pki = isakmp__pki_of(ring);
    const isakmp__own *own;
    if (pki == NULL)
        return ISAKMP_NONE;
    for (const isakmp__own *o = pki->own; o != NULL; o = o->next)
        out->methods |= signs_by(o, pki->flags);
    isakmp__encryption_credentials(ring, q, out);
    if (auth == 0)
        return out->methods ? ISAKMP_OK : ISAKMP_NONE;
    if (auth == ISAKMP_AUTH_RSA_ENCR || auth == ISAKMP_AUTH_RSA_ENCR_REV)
        own = isakmp__own_encryption_key(pki);
    else
        own = choose(pki, q, auth);
    if (own == NULL && (auth != ISAKMP_AUTH_RSA_SIG || pki->n_ca_names == 0))
        return ISAKMP_NONE;
    out->certs = own ? own->spans : NULL;
    out->n_certs = own ? own->n : 0;
    out->cas = auth == ISAKMP_AUTH_RSA_ENCR ? NULL : pki->ca_names;
    out->n_cas = auth == ISAKMP_AUTH_RSA_ENCR ? 0 : pki->n_ca_names;
    return ISAKMP_OK;
}

int isakmp_keyring_sign(const isakmp_keyring *ring, const isakmp_query *q, uint16_t auth,
                        isakmp_span hash, uint8_t *sig, size_t cap, size_t *n)
{
    const isakmp_pki *pki = isakmp__pki_of(ring);
    const isakmp__own *own = pki ? choose(pki, q, auth) : NULL;
    return own ? isakmp__key_sign(&own->key, auth, hash, sig, cap, n) : ISAKMP_NONE;
}

/* ---- The peer's ---------------------------------------------------------------------------- */

/* Only keys given by hand: what was learnt from a certificate is worth no more than the certificate. */
static int signs_for(const isakmp__peer_key *k, const isakmp_query *q)
{
    return k->use & ISAKMP_USE_SIGNATURE && isakmp__is_among(&q->path->remote, &k->addr) &&
           (k->id.type == ISAKMP_ID_NONE || isakmp_id_equal(&k->id, &q->peer_id));
}

/* In whichever of its forms: nothing of a signature is taken apart to see which one it is. */
static int is_signed(const mbedtls_pk_context *key, const isakmp_proof *p)
{
    return isakmp__key_verify(key, p->auth, p->hash, p->signature) == ISAKMP_OK ||
           (p->digest_info.n && p->auth == ISAKMP_AUTH_RSA_SIG &&
            isakmp__key_verify(key, p->auth, p->digest_info, p->signature) == ISAKMP_OK);
}

static uint16_t check_signature(void *user, const mbedtls_x509_crt *cert)
{
    const isakmp_proof *p = user;
    return is_signed(&cert->pk, p) ? ISAKMP_D_NONE : ISAKMP_D_SIGNATURE;
}

static int verify_by_certs(const isakmp_pki *pki, const isakmp_query *q, const isakmp_proof *p,
                           uint16_t *why)
{
    isakmp_proof proof = *p;
    const isakmp__need need = {isakmp__method(p->auth),
                               MBEDTLS_X509_KU_DIGITAL_SIGNATURE | MBEDTLS_X509_KU_NON_REPUDIATION,
                               0,
                               0,
                               check_signature,
                               &proof};
    return isakmp__chain_use(pki, &q->peer_id, p->certs, p->n_certs, &need, why);
}

int isakmp_keyring_verify(const isakmp_keyring *ring, const isakmp_query *q, const isakmp_proof *p,
                          uint16_t *why)
{
    const isakmp_pki *pki = isakmp__pki_of(ring);
    uint32_t method = isakmp__method(p->auth);
    *why = ISAKMP_D_NO_CERT;
    if (pki == NULL || method == 0)
        return ISAKMP_NONE;
    for (const isakmp__peer_key *k = pki->by_hand; k != NULL; k = k->next)
        if (signs_for(k, q) && (isakmp__key_methods(&k->key, pki->flags) & method)) {
            if (is_signed(&k->key, p))
                return ISAKMP_OK;
            *why = ISAKMP_D_SIGNATURE;
        }
    return p->n_certs ? verify_by_certs(pki, q, p, why) : ISAKMP_NONE;
}

#endif
