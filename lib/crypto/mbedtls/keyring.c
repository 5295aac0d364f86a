/* crypto/mbedtls/keyring.c -- the stock keyring.  It stands beside the stock provider in the second
 * archive, above everything in the first. */
#include "base/span.h"
#include "isakmp/keyring.h"

static int fits(const isakmp_psk *k, const isakmp_query *q)
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

/* How many addresses a range has after its first one, as a number in network order: ranges need not
 * lie within each other to be compared. */
static void extent(uint8_t out[16], const isakmp_selector *s)
{
    size_t n = s->family == 4 ? 4 : 16;
    unsigned borrow = 0;
    memset(out, 0, 16);
    while (n-- > 0) {
        unsigned d = 0x100u + s->hi[n] - s->lo[n] - borrow;
        out[n] = (uint8_t)d;
        borrow = d < 0x100;
    }
}

/* Is one key meant more closely than another that fits too? */
static int is_closer(const isakmp_psk *a, const isakmp_psk *b)
{
    uint8_t a_extent[16], b_extent[16];
    int a_named = a->id.type != ISAKMP_ID_NONE, b_named = b->id.type != ISAKMP_ID_NONE;
    if (a_named != b_named)
        return a_named;
    if (a->addr.family == 0 || b->addr.family == 0)
        return a->addr.family != 0 && b->addr.family == 0;
    extent(a_extent, &a->addr); /* of one family, the peer's */
    extent(b_extent, &b->addr);
    return memcmp(a_extent, b_extent, sizeof a_extent) < 0;
}

int isakmp_keyring_psk(const isakmp_keyring *ring, const isakmp_query *q, uint8_t *key, size_t cap,
                       size_t *n)
{
    const isakmp_psk *best = NULL;
    for (size_t i = 0; i < ring->n_psks; i++)
        if (fits(&ring->psks[i], q) && (best == NULL || is_closer(&ring->psks[i], best)))
            best = &ring->psks[i];
    if (best == NULL || best->key.n == 0)
        return ISAKMP_NONE;
    if (best->key.n > cap)
        return ISAKMP_E_SPACE;
    memcpy(key, best->key.p, best->key.n);
    *n = best->key.n;
    return ISAKMP_OK;
}
