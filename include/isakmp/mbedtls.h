/* isakmp/mbedtls.h -- the stock crypto provider, in its own archive libisakmp-mbedtls.
 *
 * DES, 3DES, AES, MD5, SHA-1, SHA-2, the MODP and ECP groups by mbedTLS (2.28 or 3.6);
 * Curve25519, random numbers and wiping by libsodium.
 *
 * Private Diffie-Hellman values are as short as the strength of the group allows (RFC 3526
 * section 8) and made anew for every exchange: the modular exponentiation of mbedTLS 2.28 is not
 * constant-time, so a private value must never serve twice. */
#ifndef ISAKMP_MBEDTLS_H
#define ISAKMP_MBEDTLS_H

#include "crypto.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The provider.
 *   returns  static table, or NULL if libsodium cannot be initialised (no source of randomness).
 *            It may be shared by any number of contexts and threads.  [q] */
ISAKMP_API const isakmp_crypto *isakmp_crypto_mbedtls(void);

#ifdef __cplusplus
}
#endif
#endif
