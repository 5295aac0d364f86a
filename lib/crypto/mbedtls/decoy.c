/* crypto/mbedtls/decoy.c -- with whose key is something encrypted for somebody who is not known?
 *
 * How long a block is shows how long the key is.  If it were always the same key, or another one each time,
 * that would tell who is known where keys have several lengths.  So everybody gets one of the chain, by lot:
 * one of a usual length more often than another, and always the same one for one identity. */
#include "base/span.h"
#include "pki.h"
#if ISAKMP__HAVE_PKI

#define MOST_TEXT 2048

static uint64_t lot(const isakmp_pki *pki, const void *in, size_t n)
{
    uint64_t out;
    uint8_t hash[crypto_shorthash_BYTES];
    crypto_shorthash(hash, in, n, pki->decoy_key);
    memcpy(&out, hash, sizeof out);
    return out;
}

/* By how often each letter is in the name, without regard to case, spaces and order: a name can be written
 * in many ways, and all must get the same. */
static uint64_t lot_of_claim(const isakmp_pki *pki, const isakmp_id *id)
{
    char text[MOST_TEXT];
    uint16_t count[256] = {0};
    isakmp_id_text(text, sizeof text, id);
    for (size_t i = 0; text[i]; i++)
        if (text[i] != ' ')
            count[isakmp__lower((uint8_t)text[i])]++;
    return lot(pki, count, sizeof count);
}

/* All keys of one identity have one lot: somebody who is known always gets the same of them, too.  Keys for
 * anybody go by their addresses. */
static uint64_t lot_of_entry(const isakmp_pki *pki, const isakmp__peer_key *k)
{
    const uint64_t in[2] = {k->id.type, k->id.type == ISAKMP_ID_NONE
                                            ? lot(pki, k->addr.lo, sizeof k->addr.lo)
                                            : lot(pki, k->id.data.p, k->id.data.n)};
    return lot(pki, in, sizeof in);
}

/* The highest of the lots that the identity has drawn with each: what is added to the chain, or goes, changes
 * nothing between the others. */
const isakmp__peer_key *isakmp__decoy(const isakmp_pki *pki, const isakmp_id *claimed)
{
    const isakmp__peer_key *const lists[] = {pki->by_hand, pki->learnt};
    const isakmp__peer_key *decoy = NULL;
    uint64_t in[2] = {lot_of_claim(pki, claimed), 0}, best = 0, drawn;
    for (size_t l = 0; l < 2; l++)
        for (const isakmp__peer_key *k = lists[l]; k != NULL; k = k->next) {
            if (!(k->use & ISAKMP_USE_ENCRYPTION))
                continue;
            in[1] = lot_of_entry(pki, k);
            drawn = lot(pki, in, sizeof in);
            if (decoy == NULL || drawn > best) {
                decoy = k;
                best = drawn;
            }
        }
    return decoy;
}

#endif
