/* crypto/prf.c -- the provider's one-shot functions, with their results made sure of: whatever is
 * not ISAKMP_OK is a failure (a backend that answers with three values has been mistaken for one
 * that answers with two before: CVE-2013-2944). */
#include "keys.h"

static int sure(int rc)
{
    return rc == ISAKMP_OK ? ISAKMP_OK : ISAKMP_E_CRYPTO;
}

int isakmp__prf(const isakmp_crypto *c, uint16_t hash, isakmp_span key, const isakmp_span *parts,
                size_t n, uint8_t *out)
{
    return sure(c->hmac(c->self, hash, key, parts, n, out));
}

int isakmp__hash(const isakmp_crypto *c, uint16_t hash, const isakmp_span *parts, size_t n,
                 uint8_t *out)
{
    return sure(c->hash(c->self, hash, parts, n, out));
}

int isakmp__random(const isakmp_crypto *c, void *out, size_t n)
{
    return sure(c->random(c->self, (uint8_t *)out, n));
}

int isakmp__cbc(const isakmp_crypto *c, uint16_t cipher, int encrypt, isakmp_span key, uint8_t *iv,
                uint8_t *data, size_t n)
{
    return sure(c->cbc(c->self, cipher, encrypt, key, iv, data, n));
}
