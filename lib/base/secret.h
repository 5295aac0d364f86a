/* base/secret.h -- what must be done with care: wiping and comparing secrets. */
#ifndef ISAKMP_LIB_SECRET_H
#define ISAKMP_LIB_SECRET_H

#include "span.h"

/* Set n octets to zero in a way that no optimiser removes. */
void isakmp__wipe(void *p, size_t n);

/* Are n octets equal?  1 or 0, in a time that depends on n alone.  The only comparison for HASH
 * payloads, NAT-D values and cookies. */
int isakmp__ct_equal(const uint8_t *a, const uint8_t *b, size_t n);

/* Are n octets of a secret all zero?  1 or 0, in a time that depends on n alone. */
int isakmp__ct_zero(const uint8_t *p, size_t n);

#endif
