/* crypto/mbedtls/whom.h -- for whom a key is, and which of several is meant more closely: the same for
 * pre-shared keys and for public ones. */
#ifndef ISAKMP_MBEDTLS_WHOM_H
#define ISAKMP_MBEDTLS_WHOM_H

#include "isakmp/keyring.h"

/* Is an address among these?  Family 0: any is. */
int isakmp__is_among(const isakmp_addr *addr, const isakmp_selector *among);
/* Does an identity name this address, or a host that is there? */
int isakmp__is_address(const isakmp_id *id, const isakmp_addr *addr);
int isakmp__is_host_at(const isakmp_keyring *ring, const isakmp_id *id, const isakmp_addr *addr);

/* May an identity stand for many, where a policy expects it: a subnet, a range, a name that begins with '*'? */
int isakmp__is_pattern(const isakmp_id *id);
/* Is an identity one of those that a policy expects?  Type ISAKMP_ID_NONE: any is. */
int isakmp__is_expected(const isakmp_id *expected, const isakmp_id *id);

/* For whom a key is. */
typedef struct isakmp__whom {
    const isakmp_id *id;
    const isakmp_selector *addr;
} isakmp__whom;

/* Is one meant more closely than another that fits too?  By name before any name, by address before any
 * address, then the one for fewer addresses. */
int isakmp__is_closer(isakmp__whom a, isakmp__whom b);

#endif
