/* isakmp/exchange.h -- the exchanges and extensions that a host may name.
 *
 * You link what you name: an exchange that no config lists is not in the program.  Main Mode and
 * Quick Mode alone make a small initiator; a full list is ready as isakmp_all_exchanges. */
#ifndef ISAKMP_EXCHANGE_H
#define ISAKMP_EXCHANGE_H

#include "base.h"
#include "iana.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A table of messages, and what is done with each. */
typedef struct isakmp_exchange isakmp_exchange;

ISAKMP_API extern const isakmp_exchange isakmp_main_mode;       /* RFC 2409 5, phase 1          */
ISAKMP_API extern const isakmp_exchange isakmp_aggressive_mode; /* RFC 2409 5, phase 1          */
ISAKMP_API extern const isakmp_exchange isakmp_quick_mode;      /* RFC 2409 5.5, phase 2        */
ISAKMP_API extern const isakmp_exchange isakmp_informational;   /* RFC 2409 5.7                 */
ISAKMP_API extern const isakmp_exchange isakmp_transaction;     /* Mode Config draft 3.1, XAUTH */

/* All of them, for isakmp_config.exchanges. */
ISAKMP_API extern const isakmp_exchange *const isakmp_all_exchanges[];

/* Something that adds payloads to messages and looks at those of the peer. */
typedef struct isakmp_extension isakmp_extension;

/* NAT traversal [RFC3947]: detection, floating to port 4500, UDP encapsulation. */
ISAKMP_API extern const isakmp_extension isakmp_natt;
/* Dead peer detection [RFC3706]: answers a peer that asks whether we live, and asks if its policy says
 * so.  It needs isakmp_informational. */
ISAKMP_API extern const isakmp_extension isakmp_dpd;

/* IKE fragmentation [MS-IKEE 3.3], as Cisco, Microsoft, Apple and others have it: a long message travels in
 * several datagrams that no router need cut.  It is received from every peer that we have an ISAKMP SA
 * with, come up or not, so the first message of a negotiation must come whole; it is sent where a peer
 * policy has a fragment_size. */
ISAKMP_API extern const isakmp_extension isakmp_frag;

/* Mode Config [draft-dukes-ike-mode-cfg-02], as gateway and as client: who begins is said by the flags of a
 * peer policy, what a client is given by isakmp_host.assign.  It needs isakmp_transaction.  Children wait
 * until it is through; one whose policy leaves the client's end open has the client's address there. */
ISAKMP_API extern const isakmp_extension isakmp_mode_config;
/* Tunnel Endpoint Discovery, as Cisco's routers have it: a gateway with traffic for a flow, and no peer for
 * it, sends a probe along the flow's own way, and whichever gateway protects the far end answers.  See
 * isakmp_discover(), isakmp_host.find_ted and ISAKMP_CF_TED: where one of them is missing nothing is sent,
 * or nothing answered. */
ISAKMP_API extern const isakmp_extension isakmp_ted;

/* XAUTH [draft-beaulieu-ike-xauth-02], as gateway and as client, which is said by the method
 * (ISAKMP_AUTH_XAUTH_*, _HYBRID_*) or the flags of a peer policy: none of these can be used without it.  It
 * needs isakmp_transaction, and the callback get_user or check_user of the host. */
ISAKMP_API extern const isakmp_extension isakmp_xauth;

/* All of them, for isakmp_config.extensions. */
ISAKMP_API extern const isakmp_extension *const isakmp_all_extensions[];

#ifdef __cplusplus
}
#endif
#endif
