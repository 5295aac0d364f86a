/* sa/replace.h -- SAs and children that take the place of others. */
#ifndef ISAKMP_LIB_REPLACE_H
#define ISAKMP_LIB_REPLACE_H

#include "sa.h"

/* ---- ISAKMP SAs ----------------------------------------------------------------------------- */

/* Which SA does one take the place of: what its peer has proved, or was given, there holds here, too?  To be
 * asked once the peer of the new one has proved itself; NULL if there is none.  It is the same peer by its
 * identity and key, at the same address and port: where many have one identity and one pre-shared key that
 * proves nothing about who of them it is. */
isakmp__sa *isakmp__sa_replaces(const isakmp_ctx *x, const isakmp__sa *sa);
/* ... or was to take the place of; of one that ends: what takes its place.  { 0 }: none. */
isakmp_sa_id isakmp__sa_other(const isakmp_ctx *x, const isakmp__sa *sa);
isakmp_child_id isakmp__child_other(const isakmp_ctx *x, const isakmp__child *c);
/* Does its policy want replacements to be recognised? */
int isakmp__sa_is_renewed(const isakmp__sa *sa);
/* An SA has come up: it takes the place of those that it replaces, and their children; or, if both sides began
 * at the same time, another one takes its own. */
void isakmp__sa_supersede(isakmp_ctx *x, isakmp__sa *sa);
/* The SA that has replaced one; itself if none has. */
isakmp__sa *isakmp__sa_heir(const isakmp_ctx *x, isakmp__sa *sa);
/* An SA ends: its children go to the one in its place. */
void isakmp__sa_leave(isakmp_ctx *x, isakmp__sa *sa);
/* An SA has come up or failed, and has not replaced what it was to replace: that must be replaced later. */
void isakmp__sa_try_again(isakmp_ctx *x, const isakmp__sa *sa);
void isakmp__sa_put_off(isakmp_ctx *x, isakmp__sa *sa);

/* ---- Children ------------------------------------------------------------------------------- */

/* Each is the other's partner from now on: new_one is to replace old. */
void isakmp__child_join(isakmp_ctx *x, isakmp__child *old, isakmp__child *new_one);
isakmp__child *isakmp__child_partner(const isakmp_ctx *x, const isakmp__child *c);
/* Is a child the new one of two partners? */
int isakmp__child_is_newer(const isakmp__child *c, const isakmp__child *partner);
/* Another child with the same peer for the same traffic, after one; NULL at the end. */
isakmp__child *isakmp__child_twin(const isakmp_ctx *x, const isakmp__child *c,
                                  const isakmp__child *after);
/* Another Quick Mode that runs for such a child, or it is not known yet for which, after one. */
isakmp__exch *isakmp__exch_twin(const isakmp_ctx *x, const isakmp__exch *e,
                                const isakmp__exch *after);
/* Is one child to be left of those for the same traffic? */
int isakmp__child_is_renewed(const isakmp__child *c);
/* The child of a Quick Mode comes up: it replaces others, or is replaced at once. */
void isakmp__child_supersede(isakmp_ctx *x, const isakmp__exch *e);
/* What decides between two that were begun at the same time: the lesser of the nonces. */
uint32_t isakmp__rank_of(const isakmp__exch *e);
/* A child that is up has been replaced: set the timer for its end. */
void isakmp__child_retire(isakmp_ctx *x, isakmp__child *c);
/* ... and is up: if its SA has been replaced meanwhile it goes over to the new one. */
void isakmp__child_follow(isakmp_ctx *x, isakmp__child *c);
/* The peer is known to use a child. */
void isakmp__child_confirm(isakmp_ctx *x, isakmp__child *c);
/* Its SA begins again, and it is to be asked for then: it was up or begun by us when the peer was lost, and
 * nothing replaces it. */
int isakmp__child_is_wanted_again(const isakmp__child *c);
/* A child is taken apart: what was to be replaced by it is tried again, what had been comes back. */
void isakmp__child_leave(isakmp_ctx *x, isakmp__child *c);
/* It must be replaced later. */
void isakmp__child_put_off(isakmp_ctx *x, isakmp__child *c);
/* It is tried again sooner, if its kilobytes will not last until then, at the rate at which they have gone. */
void isakmp__child_hasten(isakmp_ctx *x, isakmp__child *c, uint64_t octets);

#endif
