/* crypto/keymat.c -- the keys of IPsec SAs [RFC2409 5.5]. */
#include "keys.h"
#include "base/secret.h"

int isakmp__keymat(const isakmp_crypto *c, uint16_t hash, const uint8_t *skeyid_d, isakmp_span g_xy,
                   uint8_t protocol, isakmp_span spi, isakmp_span ni, isakmp_span nr, uint8_t *out,
                   size_t n)
{
    size_t size = isakmp_hash_size(hash), done = 0;
    uint8_t k[ISAKMP_MAX_HASH];
    isakmp_span before = isakmp__span(NULL, 0); /* K(n-1), nothing for K1 */
    int rc = ISAKMP_OK;
    while (done < n && rc == ISAKMP_OK) {
        rc = isakmp__prf(c, hash, isakmp__span(skeyid_d, size),
                         ISAKMP__PARTS(before, g_xy, isakmp__span(&protocol, 1), spi, ni, nr), k);
        if (rc == ISAKMP_OK)
            memcpy(out + done, k, n - done < size ? n - done : size);
        before = isakmp__span(k, size);
        done += size;
    }
    isakmp__wipe(k, sizeof k);
    return rc;
}
