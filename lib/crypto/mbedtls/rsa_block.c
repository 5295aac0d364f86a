/* crypto/mbedtls/rsa_block.c -- what is encrypted with the key of a peer, and with ours
 * [RFC8017 5.1, 7.2.1].
 *
 * Nothing here looks at what has been decrypted: whether its padding is good must not be seen from
 * outside, and is found out by the library in constant time. */
#include <sodium.h>
#include "base/span.h"
#include "pki.h"
#if ISAKMP__HAVE_PKI
#include <mbedtls/platform.h>
#include <mbedtls/rsa.h>

/* 0, 2, octets that are not zero, 0, the data. */
static void fill(uint8_t *block, size_t size, isakmp_span data)
{
    size_t end = size - data.n - 1;
    block[0] = 0;
    block[1] = 2;
    for (size_t i = 2; i < end; i++)
        block[i] = (uint8_t)(1 + randombytes_uniform(255));
    block[end] = 0;
    if (data.n)
        memcpy(block + end + 1, data.p, data.n);
}

/* The block must not leave as it is: as in rsa_verify() of signature.c, should the exponentiation of
 * mbedTLS 2.28 ever not have room for its result. */
int isakmp__rsa_encrypt(const mbedtls_pk_context *key, isakmp_span data, uint8_t *out, size_t cap,
                        size_t *n)
{
    mbedtls_rsa_context *rsa = mbedtls_pk_rsa(*key);
    size_t size = mbedtls_rsa_get_len(rsa);
    uint8_t *block;
    int good;
    if (cap < size || size < ISAKMP__BLOCK_EXTRA || data.n > size - ISAKMP__BLOCK_EXTRA)
        return ISAKMP_E_SPACE;
    block = mbedtls_calloc(1, size);
    if (block == NULL)
        return ISAKMP_E_CRYPTO;
    fill(block, size, data);
    good = mbedtls_rsa_public(rsa, block, out) == 0 && sodium_memcmp(block, out, size) != 0;
    sodium_memzero(block, size);
    mbedtls_free(block);
    if (!good) {
        sodium_memzero(out, size);
        return ISAKMP_E_CRYPTO;
    }
    *n = size;
    return ISAKMP_OK;
}

/* Is it a number below the modulus?  Both are public.  The modulus is written to room, of its size. */
static int is_below_modulus(const mbedtls_rsa_context *rsa, isakmp_span in, uint8_t *room)
{
    return mbedtls_rsa_export_raw(rsa, room, in.n, NULL, 0, NULL, 0, NULL, 0, NULL, 0) == 0 &&
           memcmp(in.p, room, in.n) < 0;
}

/* A fault in the computation would give the key away: nothing leaves that is not what it should be,
 * encrypted again. */
int isakmp__rsa_decrypt(const mbedtls_pk_context *key, isakmp_span in, uint8_t *block, size_t cap,
                        size_t *n)
{
    mbedtls_rsa_context *rsa = mbedtls_pk_rsa(*key);
    size_t size = mbedtls_rsa_get_len(rsa);
    uint8_t *again;
    int good;
    if (in.n != size)
        return ISAKMP_NONE;
    if (cap < size)
        return ISAKMP_E_SPACE;
    if (!is_below_modulus(rsa, in, block))
        return ISAKMP_NONE;
    again = mbedtls_calloc(1, size);
    good = again != NULL && mbedtls_rsa_private(rsa, isakmp__pki_random, NULL, in.p, block) == 0 &&
           mbedtls_rsa_public(rsa, block, again) == 0 && sodium_memcmp(again, in.p, size) == 0;
    mbedtls_free(again); /* no secret: all of it was sent */
    if (!good) {
        ISAKMP__RSA_FORGET_BLINDING(rsa);
        sodium_memzero(block, size);
        return ISAKMP_E_CRYPTO;
    }
    *n = size;
    return ISAKMP_OK;
}

#endif
