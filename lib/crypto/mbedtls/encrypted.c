/* crypto/mbedtls/encrypted.c -- the stock keyring's answers about encrypted nonces [RFC2409 5.2, 5.3].
 *
 * As responder nobody must learn whose keys there are, nor anything of what our key makes of an octet
 * string: so something is always encrypted, and what is decrypted is not looked at. */
#include "base/span.h"
#include "pki.h"
#include "isakmp/mbedtls.h"
#if ISAKMP__HAVE_PKI

#define CLASSIC (1u << ISAKMP_AUTH_RSA_ENCR)
#define REVISED (1u << ISAKMP_AUTH_RSA_ENCR_REV)

/* ---- Ours ---------------------------------------------------------------------------------- */

const isakmp__own *isakmp__own_encryption_key(const isakmp_pki *pki)
{
    const isakmp__own *o = pki->own;
    while (o != NULL && !(o->use & ISAKMP_USE_ENCRYPTION))
        o = o->next;
    return o;
}

/* Does HASH(1) name the certificate of this key? */
static int is_named(const isakmp__own *o, const isakmp_sealed *s)
{
    const isakmp_crypto *c = isakmp_crypto_mbedtls();
    uint8_t hash[ISAKMP_MAX_HASH];
    return o->n != 0 && s->hash_1.n != 0 && s->hash_1.n == isakmp_hash_size(s->hash) &&
           c->hash(c->self, s->hash, &o->spans[0], 1, hash) == ISAKMP_OK &&
           isakmp__span_equal(s->hash_1, isakmp__span(hash, s->hash_1.n));
}

int isakmp_keyring_decrypt(const isakmp_keyring *ring, const isakmp_query *q,
                           const isakmp_sealed *s, uint8_t *block, size_t cap, size_t *n)
{
    const isakmp_pki *pki = isakmp__pki_of(ring);
    const isakmp__own *own = pki ? isakmp__own_encryption_key(pki) : NULL;
    (void)q;
    for (const isakmp__own *o = own; o != NULL; o = o->next)
        if (o->use & ISAKMP_USE_ENCRYPTION && is_named(o, s)) {
            own = o;
            break;
        }
    return own ? isakmp__rsa_decrypt(&own->key, s->data, block, cap, n) : ISAKMP_NONE;
}

/* ---- The peer's ---------------------------------------------------------------------------- */

/* Once an address has led to a name, it is the name that counts: it is asked for when something is to be
 * encrypted. */
static void name_peer(const isakmp_keyring *ring, const isakmp_query *q, const isakmp__peer_key *k,
                      isakmp_credentials *out)
{
    const isakmp_pki *pki = isakmp__pki_of(ring);
    isakmp_id owner = isakmp__key_owner(q);
    if (owner.type == ISAKMP_ID_NONE && k->id.type != ISAKMP_ID_NONE)
        k = isakmp__find_key(ring, q, &k->id);
    if (owner.type == ISAKMP_ID_NONE || isakmp_id_equal(&owner, &k->id))
        out->peer_id = k->id;
    if (k->cert != NULL && isakmp__count_keys(pki, &k->id) > 1)
        out->peer_cert = isakmp__raw(&k->cert->raw);
}

void isakmp__encryption_credentials(const isakmp_keyring *ring, const isakmp_query *q,
                                    isakmp_credentials *out)
{
    const isakmp_pki *pki = isakmp__pki_of(ring);
    const isakmp_id owner = isakmp__key_owner(q);
    const isakmp__peer_key *k;
    if (isakmp__own_encryption_key(pki) == NULL)
        return;
    k = q->initiator ? isakmp__find_key(ring, q, &owner) : isakmp__some_key(pki, q);
    if (k != NULL)
        out->methods |= CLASSIC | REVISED;
    else if (!q->initiator && pki->cas != NULL)
        out->methods |= REVISED;
    if (k != NULL && q->initiator)
        name_peer(ring, q, k, out);
}

/* ---- Encrypting ---------------------------------------------------------------------------- */

static uint16_t take_key(void *user, const mbedtls_x509_crt *cert)
{
    mbedtls_pk_context *key = user;
    return mbedtls_pk_parse_public_key(key, cert->pk_raw.p, cert->pk_raw.len) == 0
               ? ISAKMP_D_NONE
               : ISAKMP_D_CRYPTO;
}

/* The key of a certificate that came with what is now answered. */
static int key_that_came(const isakmp_pki *pki, const isakmp_query *q, const isakmp_plain *p,
                         mbedtls_pk_context *key)
{
    const isakmp__need need = {
        1u << ISAKMP_AUTH_RSA_SIG, MBEDTLS_X509_KU_KEY_ENCIPHERMENT, 0, 1, take_key, key};
    uint16_t why;
    return p->auth == ISAKMP_AUTH_RSA_ENCR_REV && p->n_certs != 0 &&
           isakmp__chain_use(pki, &q->peer_id, p->certs, p->n_certs, &need, &why) == ISAKMP_OK;
}

/* Instead of the key of somebody who is not known. */
static const mbedtls_pk_context *some_other(const isakmp_pki *pki, const isakmp_query *q)
{
    const isakmp__own *own = isakmp__own_encryption_key(pki);
    const isakmp__peer_key *decoy = isakmp__decoy(pki, &q->peer_id);
    return decoy != NULL ? &decoy->key : own != NULL ? &own->key : NULL;
}

/* A key that came with a valid certificate is newer than what was learnt, which may be of one that is gone. */
static int encrypt_as_responder(const isakmp_keyring *ring, const isakmp_query *q,
                                const isakmp_plain *p, uint8_t *out, size_t cap, size_t *n)
{
    const isakmp_pki *pki = isakmp__pki_of(ring);
    const isakmp__peer_key *known = isakmp__find_key(ring, q, &q->peer_id);
    const mbedtls_pk_context *key = some_other(pki, q);
    mbedtls_pk_context came;
    int has_come, rc = ISAKMP_NONE;
    mbedtls_pk_init(&came);
    has_come = key_that_came(pki, q, p, &came);
    if (q->peer_id.type == ISAKMP_ID_NONE) {
        known = NULL;
        has_come = 0;
    }
    if (has_come && (known == NULL || known->cert != NULL))
        key = &came;
    else if (known != NULL)
        key = &known->key;
    if (key != NULL)
        rc = isakmp__rsa_encrypt(key, p->data, out, cap, n);
    mbedtls_pk_free(&came);
    if (known == NULL && !has_come) {
        *n = rc == ISAKMP_OK ? *n : 0;
        rc = ISAKMP_NONE;
    }
    return rc;
}

int isakmp_keyring_encrypt(const isakmp_keyring *ring, const isakmp_query *q, const isakmp_plain *p,
                           uint8_t *out, size_t cap, size_t *n)
{
    const isakmp__peer_key *k;
    isakmp_id owner;
    *n = 0;
    if (isakmp__pki_of(ring) == NULL)
        return ISAKMP_NONE;
    if (!q->initiator)
        return encrypt_as_responder(ring, q, p, out, cap, n);
    owner = isakmp__key_owner(q);
    k = isakmp__find_key(ring, q, &owner);
    return k ? isakmp__rsa_encrypt(&k->key, p->data, out, cap, n) : ISAKMP_NONE;
}

#endif
