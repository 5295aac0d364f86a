/* crypto/mbedtls/groups.h -- the Diffie-Hellman part of the stock provider.  The functions are
 * those of isakmp_crypto, and return what it says. */
#ifndef ISAKMP_MBEDTLS_GROUPS_H
#define ISAKMP_MBEDTLS_GROUPS_H

#include "isakmp/crypto.h"

/* Does the mbedTLS that is linked have the group?  1 or 0. */
int isakmp__mbedtls_group_can(uint16_t group);

int isakmp__mbedtls_dh_new(void *self, isakmp_ticket ticket, uint16_t group, uint8_t *priv,
                           size_t *priv_n, uint8_t *pub);
int isakmp__mbedtls_dh_key(void *self, isakmp_ticket ticket, uint16_t group, isakmp_span priv,
                           isakmp_span peer, uint8_t *out);

#endif
