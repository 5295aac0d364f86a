/* exchange/protect.c -- what reading and writing share of the protection of messages: where the chain
 * of IVs begins, and the HASH payloads of phase 2 [RFC2409 5.5, 5.7, App. B]. */
#include "crypto/keys.h"
#include "engine.h"

size_t isakmp__block_of(const isakmp__exch *e)
{
    return isakmp_cipher_block(e->sa->suite->cipher);
}

isakmp_span isakmp__cipher_key_of(const isakmp__sa *sa)
{
    return isakmp__span(sa->key, isakmp_cipher_key(sa->suite->cipher, sa->suite->key_bits));
}

/* The chain of an exchange after phase 1 begins anew for its message ID [RFC2409 App. B]. */
unsigned isakmp__begin_iv(isakmp_ctx *x, isakmp__exch *e)
{
    if (e->def->phase == 1)
        return ISAKMP_OK;
    if (!e->sa->keyed)
        return ISAKMP_D_NOT_UP;
    if (isakmp__iv_phase2(&x->crypto, isakmp__sa_hash(e->sa),
                          isakmp__span(e->sa->iv, isakmp__block_of(e)), e->msg_id,
                          e->iv) != ISAKMP_OK)
        return ISAKMP_D_CRYPTO;
    return ISAKMP_OK;
}

unsigned isakmp__compute_hash(isakmp_ctx *x, const isakmp__exch *e, uint8_t kind, isakmp_span rest,
                              uint8_t *out)
{
    const isakmp__sa *sa = e->sa;
    uint16_t hash = isakmp__sa_hash(sa);
    int rc;
    if (kind == ISAKMP__HASH_1)
        rc = isakmp__hash_1(&x->crypto, hash, sa->skeyid_a, e->msg_id, rest, out);
    else if (kind == ISAKMP__HASH_2)
        rc = isakmp__hash_2(&x->crypto, hash, sa->skeyid_a, e->msg_id, e->ni, rest, out);
    else
        rc = isakmp__hash_3(&x->crypto, hash, sa->skeyid_a, e->msg_id, e->ni, e->nr, out);
    return rc == ISAKMP_OK ? ISAKMP_OK : (unsigned)ISAKMP_D_CRYPTO;
}
