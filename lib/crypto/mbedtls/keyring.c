/* crypto/mbedtls/keyring.c -- the stock keyring's pre-shared keys.  It stands beside the stock provider
 * in the second archive, above everything in the first. */
#include "base/span.h"
#include "whom.h"

static int fits(const isakmp_keyring *ring, const isakmp_psk *k, const isakmp_query *q)
{
    if (!isakmp__is_among(&q->path->remote, &k->addr))
        return 0;
    if (k->id.type == ISAKMP_ID_NONE || isakmp_id_equal(&k->id, &q->peer_id))
        return 1;
    return q->peer_id.type == ISAKMP_ID_NONE && isakmp__is_host_at(ring, &k->id, &q->path->remote);
}

static int is_closer(const isakmp_psk *a, const isakmp_psk *b)
{
    const isakmp__whom x = {&a->id, &a->addr}, y = {&b->id, &b->addr};
    return isakmp__is_closer(x, y);
}

int isakmp_keyring_psk(const isakmp_keyring *ring, const isakmp_query *q, uint8_t *key, size_t cap,
                       size_t *n)
{
    const isakmp_psk *best = NULL;
    for (size_t i = 0; i < ring->n_psks; i++)
        if (fits(ring, &ring->psks[i], q) && (best == NULL || is_closer(&ring->psks[i], best)))
            best = &ring->psks[i];
    if (best == NULL || best->key.n == 0)
        return ISAKMP_NONE;
    if (best->key.n > cap)
        return ISAKMP_E_SPACE;
    memcpy(key, best->key.p, best->key.n);
    *n = best->key.n;
    return ISAKMP_OK;
}
