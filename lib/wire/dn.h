/* wire/dn.h -- distinguished names, as far as IKE has to look into them. */
#ifndef ISAKMP_LIB_DN_H
#define ISAKMP_LIB_DN_H

#include "isakmp/base.h"

/* Take the DER element with this tag from the front: 1, or 0 if it is not there or not whole.  Longer
 * ones than 65,535 octets fit in no payload. */
int isakmp__dn_take(isakmp_span *in, uint8_t tag, isakmp_span *out);

/* Are two distinguished names (DER) the same [RFC5280 7.1]?  1 or 0; empty ones never are. */
int isakmp__dn_same(isakmp_span a, isakmp_span b);

#endif
