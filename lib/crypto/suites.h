/* crypto/suites.h -- facts about algorithms, and what a provider can do of them. */
#ifndef ISAKMP_LIB_SUITES_H
#define ISAKMP_LIB_SUITES_H

#include "base/span.h"
#include "isakmp/crypto.h"

/* The keys of one IPsec SA: enc_key (with its salt) first, then auth_key [RFC2409 5.5]. */
typedef struct isakmp__key_sizes {
    size_t enc, auth;
} isakmp__key_sizes;

/* The key sizes of a protection.
 *   returns  ISAKMP_OK, or ISAKMP_E_ARG if it must not be used: an algorithm is unknown; a key
 *            length is missing, unknown or unwanted; an AH transform is without the authentication
 *            algorithm that goes with it; a cipher that authenticates has a second algorithm for
 *            that; or one that is nothing without authentication, NULL (CVE-2024-3652) or AES-CTR,
 *            has none.  Other ciphers without authentication are allowed. */
int isakmp__protect_keys(isakmp__key_sizes *out, uint8_t proto, uint8_t transform,
                         uint16_t key_bits, uint16_t integ);

/* Is an ESP cipher at home with an authentication algorithm beside it, though it can do without?  1 or
 * 0. */
int isakmp__wants_integ(uint8_t proto, uint8_t transform);

/* Does the provider have the algorithms of a phase 1 suite, within max_dh octets of public value?
 * 1 or 0. */
int isakmp__suite_able(const isakmp_crypto *c, uint16_t cipher, uint16_t key_bits, uint16_t hash,
                       uint16_t group, size_t max_dh);
/* ... and a group alone. */
int isakmp__group_able(const isakmp_crypto *c, uint16_t group, size_t max_dh);

#endif
