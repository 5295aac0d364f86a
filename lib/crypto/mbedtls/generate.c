/* crypto/mbedtls/generate.c -- RSA keys of ours that are made here. */
#include <sodium.h>
#include "base/span.h"
#include "pki.h"
#if ISAKMP__HAVE_PKI
#include <mbedtls/platform.h>
#include <mbedtls/rsa.h>

#define EXPONENT 65537

static const char *wrong_bits(unsigned bits, unsigned flags)
{
    if (bits >= ISAKMP__LEAST_RSA_BITS(flags) && bits <= ISAKMP__MOST_RSA_BITS && bits % 8 == 0)
        return NULL;
    return flags & ISAKMP_PKI_LEGACY ? "an RSA key has 1024 to 8192 bits, in steps of 8"
                                     : "an RSA key has 2048 to 8192 bits, in steps of 8";
}

/* Does the key undo what it does?  Whatever went wrong while it was made, such as a lack of memory that
 * nobody saw, ends here. */
static int works(const mbedtls_pk_context *key, unsigned bits)
{
    size_t n = bits / 8, got = 0;
    uint8_t *in = mbedtls_calloc(2, n), *out = in ? in + n : NULL;
    int good = 0;
    if (in != NULL && mbedtls_pk_get_bitlen(key) == bits) {
        randombytes_buf(in, n);
        in[0] = 0; /* below the modulus */
        good = isakmp__rsa_decrypt(key, isakmp__span(in, n), out, n, &got) == ISAKMP_OK;
        sodium_memzero(in, 2 * n);
    }
    mbedtls_free(in);
    return good;
}

/* 0 or not. */
static int make(mbedtls_pk_context *key, unsigned bits)
{
    int bad = mbedtls_pk_setup(key, mbedtls_pk_info_from_type(MBEDTLS_PK_RSA)) ||
              ISAKMP__GEN_KEY(mbedtls_pk_rsa(*key), isakmp__pki_random, bits, EXPONENT);
    return bad || !works(key, bits);
}

int isakmp_pki_generate(isakmp_pki *pki, unsigned use, unsigned bits, char *why, size_t cap)
{
    const char *wrong = isakmp__wrong_use(use, MBEDTLS_PK_RSA);
    isakmp__own *own;
    int rc;
    if (wrong == NULL)
        wrong = wrong_bits(bits, pki->flags);
    if (wrong == NULL)
        wrong = isakmp__wrong_both(use, pki->flags);
    if (wrong == NULL && !ISAKMP__HAVE_GEN_KEY)
        wrong = "this mbedTLS cannot make keys";
    if (wrong != NULL)
        return isakmp__pki_refuse(ISAKMP_E_ARG, wrong, why, cap);
    own = isakmp__own_new(use);
    if (own == NULL)
        return isakmp__pki_no_memory(why, cap);
    rc = make(&own->key, bits) ? isakmp__pki_no_memory(why, cap)
                               : isakmp__own_put(pki, own, why, cap);
    if (rc != ISAKMP_OK)
        isakmp__own_free(own);
    return rc;
}

#endif
