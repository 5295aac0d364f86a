/* exchange/auth.h -- what the methods of authentication share. */
#ifndef ISAKMP_LIB_AUTH_H
#define ISAKMP_LIB_AUTH_H

#include "sa/sa.h"

/* The method, cipher and hash that are in use: those agreed on, or, as initiator of Aggressive Mode before
 * the answer, those of the offer. */
static inline const isakmp_policy *isakmp__suite_of(const isakmp__exch *e)
{
    return e->sa->suite ? e->sa->suite : e->like;
}

/* The answer to a question that we cannot do without. */
static inline unsigned isakmp__needed(int rc)
{
    if (rc == ISAKMP_OK || rc == ISAKMP_PENDING)
        return (unsigned)rc;
    return rc == ISAKMP_NONE ? ISAKMP_D_NO_KEY : ISAKMP_D_HOST;
}

/* Our identity as a body, kept as id_mine. */
unsigned isakmp__make_id(isakmp__exch *e);
/* Is the body of an Identification payload one that a peer of phase 1 may have?  1 or 0. */
int isakmp__is_phase1_id(isakmp_span body);

/* HASH_I or HASH_R, whosever it is: its own values come first [RFC2409 5].
 *   initiator  1: HASH_I;  hash: of the prf;  out: gets isakmp_hash_size(hash) octets.
 *   returns    ISAKMP_OK or an isakmp_detail. */
unsigned isakmp__phase1_hash(isakmp_ctx *x, const isakmp__exch *e, int initiator, uint16_t hash,
                             uint8_t *out);

/* The certificates of the message being read, at most ISAKMP_MAX_CERTS: returns how many. */
size_t isakmp__certs_of(const isakmp_msg *m, isakmp_cert *out);

/* ---- RSA encrypted nonces ------------------------------------------------------------------- */

/* What takes the place of an identity that cannot be read: one that nobody has.
 *   body  gets ISAKMP__NOBODY octets. */
#define ISAKMP__NOBODY 20
unsigned isakmp__make_nobody(isakmp_ctx *x, uint8_t body[ISAKMP__NOBODY]);
/* ... what a peer sent as its identity, or that, is kept as id_peer. */
unsigned isakmp__keep_peer_id(isakmp__exch *e, isakmp_span body, const uint8_t *nobody);

/* Do the payloads that are encrypted in the revised mode look as if they could be?  In another method there
 * are none. */
unsigned isakmp__look_at_inner(const isakmp__exch *e);
/* A certificate in the revised mode, without the padding of its encryption. */
isakmp_span isakmp__without_padding(const isakmp__exch *e, isakmp_span body);

#endif
