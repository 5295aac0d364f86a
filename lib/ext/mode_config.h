/* ext/mode_config.h -- Mode Config: what its files share.
 *
 *   mode_config.c     the extension: its transactions, and its place between phase 1 and the children;
 *   config_gateway.c  what a client is given;
 *   config_client.c   what we are given as client;
 *   config_shared.c   what both have in common. */
#ifndef ISAKMP_LIB_MODE_CONFIG_H
#define ISAKMP_LIB_MODE_CONFIG_H

#include "sa/host.h"

#define ISAKMP__CONFIG_GATEWAY (ISAKMP_PF_CONFIG_PUSH | ISAKMP_PF_CONFIG_ANSWER)
#define ISAKMP__CONFIG_CLIENT  (ISAKMP_PF_CONFIG_PULL | ISAKMP_PF_CONFIG_ACCEPT)

/* ---- Both (config_shared.c) ------------------------------------------------------------------ */

/* Has the policy one of these flags? */
static inline int isakmp__config_can(const isakmp__sa *sa, uint32_t flags)
{
    return (sa->policy->flags & flags) != 0;
}

int isakmp__config_is_there(isakmp_span attrs, uint16_t type);
/* The first address of an attribute; family 0 if there is none that anybody could have. */
isakmp_addr isakmp__config_address(isakmp_span attrs, uint16_t type);

/* How long children wait. */
isakmp_time isakmp__config_until(const isakmp__sa *sa);
/* It is over, and has brought nothing. */
void isakmp__config_none(isakmp_ctx *x, isakmp__sa *sa, isakmp_reason why);
/* What we have begun has failed.  The peer may prefer to begin itself. */
void isakmp__config_fail(isakmp_ctx *x, isakmp__sa *sa, isakmp_reason why);
isakmp_reason isakmp__config_refusal(void);

/* From now on the client has these, and those no more that it had.
 *   returns  NULL if there is no room. */
isakmp__assignment *isakmp__config_assign(isakmp_ctx *x, isakmp__sa *sa, int ours,
                                          const isakmp_addr *ip4, const isakmp_addr *ip6);
/* Somebody else may have them at any moment: nothing stays that was negotiated for them, under whichever SA. */
void isakmp__config_end_children(isakmp_ctx *x, const isakmp__sa *sa,
                                 const isakmp__assignment *lost);
void isakmp__config_end_homeless(isakmp_ctx *x, const isakmp__sa *sa);

/* ---- As gateway (config_gateway.c) ----------------------------------------------------------- */

/* Is the host being asked already, in another transaction?  It would give a second address. */
int isakmp__config_is_asked(const isakmp__sa *sa, const isakmp__exch *but);
/* A REQUEST: e->cfg gets the attributes of the REPLY.
 *   returns  ISAKMP_OK, ISAKMP_PENDING or an isakmp_detail. */
unsigned isakmp__config_read_request(isakmp_ctx *x, isakmp__exch *e, isakmp_span asked);
/* The attributes of a SET; returns the same. */
unsigned isakmp__config_write_push(isakmp_ctx *x, isakmp__exch *e);
/* The REPLY has been sent; the ACK has come. */
void isakmp__config_end_request(isakmp_ctx *x, const isakmp__exch *e);
void isakmp__config_end_push(isakmp_ctx *x, const isakmp__exch *e, const isakmp_cfg *ack);
/* What the client has not taken it shall not keep, unless it had it before.
 *   but  a transaction that is over, or NULL. */
void isakmp__config_take_back(isakmp_ctx *x, isakmp__sa *sa, const isakmp__exch *but);

/* ---- As client (config_client.c) ------------------------------------------------------------- */

/* The attributes of a REQUEST. */
void isakmp__config_write_wants(const isakmp_ctx *x, isakmp__exch *e);
/* The numbers of those of a SET that we accept, for the ACK: they lie in the room, at e->cfg. */
void isakmp__config_note_accepted(const isakmp_ctx *x, isakmp__exch *e, isakmp_span attrs);
/* What the gateway says counts. */
void isakmp__config_take(isakmp_ctx *x, isakmp__sa *sa, isakmp_span attrs);
/* The REPLY has come. */
void isakmp__config_end_pull(isakmp_ctx *x, isakmp__sa *sa, const isakmp_cfg *reply);

#endif
