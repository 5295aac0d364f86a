/* exchange/kex.h -- the Diffie-Hellman steps that phase 1 and Quick Mode share.  Each returns
 * ISAKMP_OK, ISAKMP_PENDING or an isakmp_detail; e->group says which group. */
#ifndef ISAKMP_LIB_KEX_H
#define ISAKMP_LIB_KEX_H

#include "sa/sa.h"

/* g^x of our side and of the peer's. */
isakmp_span *isakmp__own_ke(isakmp__exch *e);
isakmp_span *isakmp__peer_ke(isakmp__exch *e);
/* A fresh key pair. */
unsigned isakmp__make_ke(isakmp_ctx *x, isakmp__exch *e);
/* The peer's public value from the message being read: its length must be the group's. */
unsigned isakmp__take_ke(isakmp__exch *e);
/* g^xy. */
unsigned isakmp__derive_secret(isakmp_ctx *x, isakmp__exch *e);
/* Put another set of keys in the place of those in use, and these into k. */
void isakmp__swap_keysets(isakmp__exch *e, isakmp__keyset *k);

#endif
