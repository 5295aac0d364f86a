/* exchange/auth.h -- what the methods of authentication share. */
#ifndef ISAKMP_LIB_AUTH_H
#define ISAKMP_LIB_AUTH_H

#include "sa/sa.h"

/* HASH_I or HASH_R, whosever it is: its own values come first [RFC2409 5].
 *   initiator  1: HASH_I;  hash: of the prf;  out: gets isakmp_hash_size(hash) octets.
 *   returns    ISAKMP_OK or an isakmp_detail. */
unsigned isakmp__phase1_hash(isakmp_ctx *x, const isakmp__exch *e, int initiator, uint16_t hash,
                             uint8_t *out);

#endif
