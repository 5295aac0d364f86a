/* crypto/mbedtls/signature.c -- keys, and the signatures of RFC 2409 5.1 and RFC 4754.
 *
 * A HASH is signed as it is: for RSA as the content of a PKCS #1 block of type 1 without a
 * DigestInfo, for ECDSA in the place of the digest.  An RSA signature is not taken apart: the one
 * block that is right is built and compared whole, so there is nothing in it that could be ignored. */
#include <sodium.h>
#include "base/span.h"
#include "pki.h"
#if ISAKMP__HAVE_PKI
#include <mbedtls/ecdsa.h>
#include <mbedtls/platform.h>
#include <mbedtls/rsa.h>

/* The longest exponent, so that nobody can make us work for long. */
#define MOST_E_BITS 64

static const struct {
    uint16_t auth, n; /* n: octets of a coordinate */
    mbedtls_ecp_group_id curve;
} curves[] = {
    {ISAKMP_AUTH_ECDSA_P256_SHA256, 32, MBEDTLS_ECP_DP_SECP256R1},
    {ISAKMP_AUTH_ECDSA_P384_SHA384, 48, MBEDTLS_ECP_DP_SECP384R1},
    {ISAKMP_AUTH_ECDSA_P521_SHA512, 66, MBEDTLS_ECP_DP_SECP521R1},
};
#define N_CURVES (sizeof curves / sizeof curves[0])

int isakmp__pki_random(void *unused, unsigned char *out, size_t n)
{
    (void)unused;
    randombytes_buf(out, n);
    return 0;
}

uint32_t isakmp__method(uint16_t auth)
{
    if (auth == ISAKMP_AUTH_RSA_SIG)
        return 1u << ISAKMP_AUTH_RSA_SIG;
    for (size_t i = 0; i < N_CURVES; i++)
        if (curves[i].auth == auth)
            return 1u << auth;
    return 0;
}

/* ---- Keys ---------------------------------------------------------------------------------- */

/* Odd modulus, neither short nor endless; odd exponent likewise. */
static int rsa_is_sound(const mbedtls_rsa_context *rsa, unsigned flags)
{
    size_t least = ISAKMP__LEAST_RSA_BITS(flags);
    mbedtls_mpi n, e;
    int sound;
    mbedtls_mpi_init(&n);
    mbedtls_mpi_init(&e);
    sound = mbedtls_rsa_export(rsa, &n, NULL, NULL, NULL, &e) == 0 &&
            mbedtls_mpi_bitlen(&n) >= least && mbedtls_mpi_bitlen(&n) <= ISAKMP__MOST_RSA_BITS &&
            mbedtls_mpi_get_bit(&n, 0) == 1 && mbedtls_mpi_bitlen(&e) <= MOST_E_BITS &&
            mbedtls_mpi_get_bit(&e, 0) == 1 &&
            (mbedtls_mpi_cmp_int(&e, 65537) >= 0 ||
             (flags & ISAKMP_PKI_LEGACY && mbedtls_mpi_cmp_int(&e, 3) == 0));
    mbedtls_mpi_free(&n);
    mbedtls_mpi_free(&e);
    return sound;
}

uint32_t isakmp__key_methods(const mbedtls_pk_context *key, unsigned flags)
{
    if (mbedtls_pk_get_type(key) == MBEDTLS_PK_RSA)
        return rsa_is_sound(mbedtls_pk_rsa(*key), flags) ? 1u << ISAKMP_AUTH_RSA_SIG : 0;
    if (!mbedtls_pk_can_do(key, MBEDTLS_PK_ECDSA))
        return 0;
    for (size_t i = 0; i < N_CURVES; i++)
        if (curves[i].curve == mbedtls_pk_ec(*key)->MBEDTLS_PRIVATE(grp).id)
            return 1u << curves[i].auth;
    return 0;
}

/* ---- RSA ----------------------------------------------------------------------------------- */

/* A signature that is the block itself has not been powered by anything.  The exponentiation of
 * mbedTLS 2.28 does not look whether there is memory when it copies its result over what stood there,
 * here the signature: it has room, but should it ever not have, this refuses. */
static int rsa_verify(mbedtls_rsa_context *rsa, isakmp_span hash, isakmp_span sig)
{
    size_t n = mbedtls_rsa_get_len(rsa);
    uint8_t *right, *found;
    int good = 0;
    if (hash.n == 0 || n < hash.n + ISAKMP__BLOCK_EXTRA || sig.n != n)
        return ISAKMP_NONE;
    right = mbedtls_calloc(2, n);
    if (right == NULL)
        return ISAKMP_NONE;
    found = right + n;
    memset(right, 0xff, n);
    right[0] = 0;
    right[1] = 1;
    right[n - hash.n - 1] = 0;
    memcpy(right + n - hash.n, hash.p, hash.n);
    if (mbedtls_rsa_public(rsa, sig.p, found) == 0)
        good = sodium_memcmp(right, found, n) == 0 && sodium_memcmp(right, sig.p, n) != 0;
    mbedtls_free(right);
    return good ? ISAKMP_OK : ISAKMP_NONE;
}

static int rsa_sign(mbedtls_rsa_context *rsa, isakmp_span hash, uint8_t *sig, size_t cap, size_t *n)
{
    size_t size = mbedtls_rsa_get_len(rsa);
    if (hash.n == 0 || size < hash.n + ISAKMP__BLOCK_EXTRA)
        return ISAKMP_E_ARG;
    if (cap < size)
        return ISAKMP_E_SPACE;
    /* A fault in the computation would give the key away: nothing leaves that does not verify. */
    if (ISAKMP__RSA_SIGN(rsa, isakmp__pki_random, hash.p, (unsigned)hash.n, sig) != 0 ||
        rsa_verify(rsa, hash, isakmp__span(sig, size)) != ISAKMP_OK) {
        ISAKMP__RSA_FORGET_BLINDING(rsa);
        sodium_memzero(sig, size);
        return ISAKMP_E_CRYPTO;
    }
    *n = size;
    return ISAKMP_OK;
}

/* ---- ECDSA --------------------------------------------------------------------------------- */

static size_t width_of(uint16_t auth)
{
    for (size_t i = 0; i < N_CURVES; i++)
        if (curves[i].auth == auth)
            return curves[i].n;
    return 0;
}

static int ec_verify(mbedtls_ecp_keypair *ec, size_t width, isakmp_span hash, isakmp_span sig)
{
    mbedtls_mpi r, s;
    int bad;
    if (hash.n == 0 || sig.n != 2 * width)
        return ISAKMP_NONE;
    mbedtls_mpi_init(&r);
    mbedtls_mpi_init(&s);
    bad = mbedtls_mpi_read_binary(&r, sig.p, width) ||
          mbedtls_mpi_read_binary(&s, sig.p + width, width) ||
          mbedtls_ecdsa_verify(&ec->MBEDTLS_PRIVATE(grp), hash.p, hash.n, &ec->MBEDTLS_PRIVATE(Q),
                               &r, &s);
    mbedtls_mpi_free(&r);
    mbedtls_mpi_free(&s);
    return bad ? ISAKMP_NONE : ISAKMP_OK;
}

static int ec_sign(mbedtls_ecp_keypair *ec, size_t width, isakmp_span hash, uint8_t *sig,
                   size_t cap, size_t *n)
{
    mbedtls_mpi r, s;
    int bad;
    if (hash.n == 0)
        return ISAKMP_E_ARG;
    if (cap < 2 * width)
        return ISAKMP_E_SPACE;
    mbedtls_mpi_init(&r);
    mbedtls_mpi_init(&s);
    bad = mbedtls_ecdsa_sign(&ec->MBEDTLS_PRIVATE(grp), &r, &s, &ec->MBEDTLS_PRIVATE(d), hash.p,
                             hash.n, isakmp__pki_random, NULL) ||
          mbedtls_mpi_write_binary(&r, sig, width) ||
          mbedtls_mpi_write_binary(&s, sig + width, width) ||
          ec_verify(ec, width, hash, isakmp__span(sig, 2 * width)) != ISAKMP_OK;
    mbedtls_mpi_free(&r);
    mbedtls_mpi_free(&s);
    if (bad) {
        sodium_memzero(sig, 2 * width);
        return ISAKMP_E_CRYPTO;
    }
    *n = 2 * width;
    return ISAKMP_OK;
}

/* ---- Either -------------------------------------------------------------------------------- */

int isakmp__key_sign(const mbedtls_pk_context *key, uint16_t auth, isakmp_span hash, uint8_t *sig,
                     size_t cap, size_t *n)
{
    if (auth == ISAKMP_AUTH_RSA_SIG)
        return rsa_sign(mbedtls_pk_rsa(*key), hash, sig, cap, n);
    return ec_sign(mbedtls_pk_ec(*key), width_of(auth), hash, sig, cap, n);
}

int isakmp__key_verify(const mbedtls_pk_context *key, uint16_t auth, isakmp_span hash,
                       isakmp_span sig)
{
    if (auth == ISAKMP_AUTH_RSA_SIG)
        return rsa_verify(mbedtls_pk_rsa(*key), hash, sig);
    return ec_verify(mbedtls_pk_ec(*key), width_of(auth), hash, sig);
}

#endif
