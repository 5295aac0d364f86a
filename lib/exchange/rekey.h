/* exchange/rekey.h -- what the library begins again. */
#ifndef ISAKMP_LIB_REKEY_H
#define ISAKMP_LIB_REKEY_H

#include "row.h"

/* Begin to replace an SA, or a child.
 *   returns  what isakmp_rekey() and isakmp_child_rekey() return. */
int isakmp__rekey_sa(isakmp_ctx *x, isakmp__sa *sa, isakmp_sa_id *out);
int isakmp__rekey_child(isakmp_ctx *x, isakmp__child *old, isakmp_child_id *out);
/* May an SA that ends begin again by itself? */
int isakmp__can_begin_again(const isakmp_ctx *x, const isakmp__sa *sa);
/* The timer of an SA that waits to be begun again is due.  Returns when there is more to do. */
isakmp_time isakmp__begin_again(isakmp_ctx *x, isakmp__sa *sa);
/* A child is near the end of its lifetime, by the clock or by its traffic; told once, tried more often. */
void isakmp__child_nears_end(isakmp_ctx *x, isakmp__child *c);
/* The child of a Quick Mode is up: others that run for the same traffic are told. */
void isakmp__tell_twins(isakmp_ctx *x, const isakmp__exch *e);
/* A child has had its time: the peer is told by a Delete. */
void isakmp__end_child(isakmp_ctx *x, isakmp__child *c, unsigned detail);
/* Does a Quick Mode run under an SA? */
int isakmp__sa_is_busy(const isakmp__sa *sa);
/* The peer has deleted a child.  If it has begun another one for the same traffic, whose last message has not
 * come yet, that may be lost: our answer is sent once more. */
void isakmp__remind_of(isakmp_ctx *x, const isakmp__child *c);
/* The peer has sent through a child that waits for its last message. */
void isakmp__child_proven(isakmp_ctx *x, isakmp__child *c);

#endif
