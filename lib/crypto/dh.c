/* crypto/dh.c -- Diffie-Hellman by the provider, with its results made sure of.
 *
 * Whatever the provider checks, a value that no honest peer sends never reaches it: all octets zero
 * or all octets one.  A shared secret of zero never leaves [RFC8031 5, RFC6989]. */
#include "keys.h"
#include "base/secret.h"

static int sure(int rc)
{
    if (rc == ISAKMP_OK || rc == ISAKMP_PENDING || rc == ISAKMP_NONE)
        return rc;
    return ISAKMP_E_CRYPTO;
}

int isakmp__dh_new(const isakmp_crypto *c, isakmp_ticket t, uint16_t group, uint8_t *priv,
                   size_t *priv_n, uint8_t *pub)
{
    int rc = sure(c->dh_new(c->self, t, group, priv, priv_n, pub));
    return rc == ISAKMP_NONE ? ISAKMP_E_CRYPTO : rc;
}

int isakmp__dh_key(const isakmp_crypto *c, isakmp_ticket t, uint16_t group, isakmp_span priv,
                   isakmp_span peer, uint8_t *out)
{
    size_t ones = 0;
    int rc;
    while (ones < peer.n && peer.p[ones] == 0xff)
        ones++;
    if (peer.n != isakmp_group_size(group) || ones == peer.n || isakmp__all_zero(peer.p, peer.n))
        return ISAKMP_NONE;
    rc = sure(c->dh_key(c->self, t, group, priv, peer, out));
    if (rc == ISAKMP_OK && isakmp__ct_zero(out, isakmp_group_secret_size(group)))
        return ISAKMP_NONE;
    return rc;
}
