/* sa/sa.h -- ISAKMP SAs, children, exchanges and packets: getting them, finding them, ending them. */
#ifndef ISAKMP_LIB_SA_H
#define ISAKMP_LIB_SA_H

#include "state.h"

/* ---- ISAKMP SAs ---------------------------------------------------------------------------- */

/* A new SA in state NEGOTIATING; NULL if the pool is full. */
isakmp__sa *isakmp__sa_take(isakmp_ctx *x);
/* Give it back; it has no exchanges and children any more. */
void isakmp__sa_give(isakmp_ctx *x, isakmp__sa *sa);
/* Make our own cookie: random, not zero, and of no other SA of ours.
 *   returns  ISAKMP_OK or ISAKMP_E_CRYPTO. */
int isakmp__sa_make_cookie(isakmp_ctx *x, isakmp__sa *sa);
/* Let it be found by our own cookie: cky_i or cky_r, as sa->initiator says. */
void isakmp__sa_index(isakmp_ctx *x, isakmp__sa *sa);
void isakmp__sa_unindex(isakmp_ctx *x, isakmp__sa *sa);
/* Let it be found by its peer: by address while it is half open, by identity once it is up. */
void isakmp__sa_enter_peer(isakmp_ctx *x, isakmp__sa *sa);
/* From now on its messages go along another path. */
void isakmp__sa_move(isakmp_ctx *x, isakmp__sa *sa, const isakmp_path *path);
/* The peer has proved that it is there: if it is behind a NAT, whose mappings may change, it is followed
 * [RFC3947 4, 7].  Else not: nothing proves addresses, and whoever relays a packet could draw ours to himself. */
void isakmp__sa_follow(isakmp_ctx *x, isakmp__sa *sa, const isakmp_path *path);
/* The SA that a header's cookies name; an initiator's also before the responder's cookie is known. */
isakmp__sa *isakmp__sa_find(const isakmp_ctx *x, const isakmp_header *h);
/* The half-open SA that a first message, seen before, began. */
isakmp__sa *isakmp__sa_find_half_open(const isakmp_ctx *x, const isakmp_header *h,
                                      const isakmp_path *path);
/* The SA of an id; NULL if it is stale. */
isakmp__sa *isakmp__sa_of(const isakmp_ctx *x, isakmp_sa_id id);
isakmp_sa_id isakmp__sa_id(const isakmp_ctx *x, const isakmp__sa *sa);
/* The one way to become established: the peer has been authenticated. */
void isakmp__sa_establish(isakmp_ctx *x, isakmp__sa *sa);
/* Its lifetime has been agreed on, or shortened: set its timer. */
void isakmp__sa_set_life(isakmp_ctx *x, isakmp__sa *sa);
/* Its timer is to be due at a time, or before.  Whoever finds that there is nothing to do yet sets it
 * again. */
void isakmp__sa_wake(isakmp_ctx *x, isakmp__sa *sa, isakmp_time at);
/* The peer has given a sign of life, which nobody can have recorded before. */
void isakmp__sa_heard(isakmp_ctx *x, isakmp__sa *sa);
/* Traffic goes to the peer, or waits for it. */
void isakmp__sa_wanted(isakmp_ctx *x, isakmp__sa *sa);
/* Somebody says that the peer has forgotten us: it is asked for a sign of life as if traffic waited. */
void isakmp__sa_doubted(isakmp_ctx *x, isakmp__sa *sa);
/* End it: no message reaches it any more.  The rest is done by isakmp__settle(). */
void isakmp__sa_end(isakmp_ctx *x, isakmp__sa *sa, isakmp_reason why);
/* The identity that the peer has proved, or claims. */
isakmp_id isakmp__sa_peer_id(const isakmp__sa *sa);
void isakmp__sa_set_peer_id(isakmp__sa *sa, const isakmp_id *id);
/* Another SA with the same peer, up or ended, after one; NULL at the end.  The same peer has the same
 * identity and has proved it by the same key: with a key of his own and a policy that lets any identity
 * pass, anybody could take any name.  And if XAUTH has found users they are the same: many clients may share an
 * identity and a key. */
isakmp__sa *isakmp__sa_sibling(const isakmp_ctx *x, const isakmp__sa *sa, const isakmp__sa *after);
/* ... in any state. */
isakmp__sa *isakmp__sa_relative(const isakmp_ctx *x, const isakmp__sa *sa, const isakmp__sa *after);
/* One that has ended is to be negotiated again, as initiator: it gets a new id, and keeps its children. */
void isakmp__sa_renew(isakmp_ctx *x, isakmp__sa *sa);
/* Is it known that the peer has an SA up that is up here? */
int isakmp__sa_is_sure(const isakmp__sa *sa);
/* The SA that speaks to the peer of one: itself unless it has ended or was replaced, else another one that is up, at
 * the same address; NULL if there is none. */
isakmp__sa *isakmp__sa_speaker(const isakmp_ctx *x, isakmp__sa *sa);
/* The host has named its policy. */
void isakmp__sa_set_policy(isakmp_ctx *x, isakmp__sa *sa, const isakmp_peer_policy *p);
/* An SA that uses a policy, after one; NULL at the end. */
isakmp__sa *isakmp__sa_with_policy(const isakmp_ctx *x, const isakmp_peer_policy *p,
                                   const isakmp__sa *after);
/* What the negotiated algorithms are. */
static inline uint16_t isakmp__sa_hash(const isakmp__sa *sa)
{
    return sa->suite->hash;
}
/* Both cookies, as the key schedule wants them. */
isakmp_span isakmp__sa_cookies(const isakmp__sa *sa);
/* Are 16 octets both cookies of this SA? */
int isakmp__sa_has_cookies(const isakmp__sa *sa, isakmp_span cookies);
/* Means for policies of this SA. */
isakmp__means isakmp__sa_means(const isakmp_ctx *x, const isakmp__sa *sa);

/* ---- Users: XAUTH --------------------------------------------------------------------------- */

/* What is this side of an SA with regard to its user? */
typedef enum isakmp__xauth_role {
    ISAKMP__XAUTH_NONE = 0, /* there is none to be authenticated */
    ISAKMP__XAUTH_CLIENT,
    ISAKMP__XAUTH_GATEWAY
} isakmp__xauth_role;
isakmp__xauth_role isakmp__sa_xauth_role(const isakmp__sa *sa);
/* Does a policy want XAUTH whatever the method? */
int isakmp__always_extends(const isakmp_peer_policy *p);
/* Methods by which we, who begin or not, would not have the role that the policy gives us, as bits: such as that
 * of a client, whom its peer lets in by saying so, where the peer is to be asked for its user. */
uint32_t isakmp__wrong_role(const isakmp_peer_policy *p, int initiator);

/* Phase 1 is through, but the user of the client is not authenticated: the SA waits for that, still half
 * open, as long as its policy allows. */
void isakmp__sa_await_user(isakmp_ctx *x, isakmp__sa *sa);
/* Until when it waits. */
isakmp_time isakmp__sa_user_at(const isakmp__sa *sa);
/* The user that was authenticated; empty: none. */
isakmp_span isakmp__sa_user(const isakmp_ctx *x, const isakmp__sa *sa);
/* Keep it.
 *   returns  ISAKMP_OK, ISAKMP_D_USER_NAME or ISAKMP_D_POOL. */
unsigned isakmp__sa_set_user(isakmp_ctx *x, isakmp__sa *sa, isakmp_span name);
void isakmp__sa_drop_user(isakmp_ctx *x, const isakmp__sa *sa);
/* Have two SAs the same user, or both none? */
int isakmp__same_user(const isakmp_ctx *x, const isakmp__sa *a, const isakmp__sa *b);
/* An SA that is up and whose user is known, with a client that has this one's identity, key and path; NULL if
 * there is none. */
const isakmp__sa *isakmp__sa_with_user(const isakmp_ctx *x, const isakmp__sa *sa);

/* ---- Half-open SAs ------------------------------------------------------------------------- */

/* May a peer begin a phase 1 exchange from here?  May make room by ending the oldest half-open SA
 * whose peer has not come back.
 *   returns  ISAKMP_OK, ISAKMP_D_HALF_OPEN or ISAKMP_D_POOL. */
unsigned isakmp__half_open_admit(isakmp_ctx *x, const isakmp_path *path);
void isakmp__half_open_enter(isakmp_ctx *x, isakmp__sa *sa);
void isakmp__half_open_leave(isakmp_ctx *x, isakmp__sa *sa);
/* The half-open SA from an address, whatever the port, after one, oldest first; NULL at the end. */
isakmp__sa *isakmp__sa_half_open_at(const isakmp_ctx *x, const isakmp_addr *a, isakmp__sa *after);
/* Are two addresses the same but for their ports? */
int isakmp__same_ip(const isakmp_addr *a, const isakmp_addr *b);

/* ---- SPIs that nobody knows (unknown_spi.c) -------------------------------------------------- */

/* May an unknown SPI be looked into that an address has sent, or complains of?  Counts. */
int isakmp__spi_admit(isakmp_ctx *x, const isakmp_addr *a);
/* The newest SA that is up with the peer at the other end of a path; NULL if there is none. */
isakmp__sa *isakmp__sa_at(const isakmp_ctx *x, const isakmp_path *path);
/* Is one of our inbound SPIs with the peer of an SA this one? */
int isakmp__spi_is_ours(const isakmp_ctx *x, const isakmp__sa *sa, uint8_t proto, uint32_t spi);
/* The child of an SA, or of another one with the same peer, with one of the peer's SPIs; NULL if there is none. */
isakmp__child *isakmp__child_of_peer(const isakmp_ctx *x, const isakmp__sa *sa, uint8_t proto,
                                     uint32_t spi);

/* ---- Message IDs [RFC2408 3.1] ------------------------------------------------------------- */

/* A fresh message ID for an exchange that we begin; 0 if there is no randomness. */
uint32_t isakmp__msg_id_new(isakmp_ctx *x, isakmp__sa *sa);
/* Was it used by an exchange that is over? */
int isakmp__msg_id_used(const isakmp__sa *sa, uint32_t msg_id);
void isakmp__msg_id_note(isakmp__sa *sa, uint32_t msg_id);

/* ---- Children ------------------------------------------------------------------------------ */

isakmp__child *isakmp__child_take(isakmp_ctx *x, isakmp__sa *sa, const isakmp_child_policy *policy);
/* One that has been taken out of the SAD is to be negotiated again when its SA is up: it gets a new id. */
void isakmp__child_renew(const isakmp_ctx *x, isakmp__child *c);
isakmp__child *isakmp__child_of(const isakmp_ctx *x, isakmp_child_id id);
isakmp_child_id isakmp__child_id(const isakmp_ctx *x, const isakmp__child *c);
/* The child of an SA that uses a protocol with one of the peer's SPIs. */
isakmp__child *isakmp__child_by_spi_out(const isakmp__sa *sa, uint8_t proto, uint32_t spi);
/* Our own SPI, where the host has no say: no other child of the context has it. */
int isakmp__child_pick_spi(isakmp_ctx *x, const isakmp__child *c, uint32_t *out);
/* Install the SAs of one direction; the exchange has all that KEYMAT needs.
 *   returns  ISAKMP_OK or an isakmp_detail. */
unsigned isakmp__child_install(isakmp_ctx *x, isakmp__child *c, const isakmp__exch *e, int inbound);
/* When a lifetime is over. */
isakmp_time isakmp__hard_at(isakmp_time since, uint32_t life_s);
/* Its SA has moved: the host moves what is in the SAD, if it can. */
void isakmp__child_move(isakmp_ctx *x, isakmp__child *c);
/* Take what is installed out of the SAD again. */
void isakmp__child_remove(isakmp_ctx *x, isakmp__child *c);
void isakmp__child_give(isakmp_ctx *x, isakmp__child *c);
/* It is in use from now on: its lifetime begins. */
void isakmp__child_up(isakmp_ctx *x, isakmp__child *c);
void isakmp__child_set_life(isakmp_ctx *x, isakmp__child *c);
void isakmp__child_end(isakmp_ctx *x, isakmp__child *c, isakmp_reason why);

/* ---- Exchanges ----------------------------------------------------------------------------- */

/* A new exchange of an SA; NULL if the pool is full.  One that is only kept makes room.
 *   urgent  1: may use what is held back for messages that are sent at once and forgotten. */
isakmp__exch *isakmp__exch_take(isakmp_ctx *x, isakmp__sa *sa, const isakmp_exchange *def,
                                int urgent);
isakmp__exch *isakmp__exch_find(const isakmp__sa *sa, uint32_t msg_id);
/* The phase 1 exchange of an SA, also when it is only kept; NULL if it is gone. */
isakmp__exch *isakmp__exch_phase1(const isakmp__sa *sa);
isakmp__exch *isakmp__exch_by_ticket(const isakmp_ctx *x, isakmp_ticket t);
/* Give it back: everything in it is wiped. */
void isakmp__exch_give(isakmp_ctx *x, isakmp__exch *e);
/* It has failed: its SA or child ends with it. */
void isakmp__exch_fail(isakmp_ctx *x, isakmp__exch *e, isakmp_reason why);
/* Give back the one that has been only kept for the longest time, if there is one. */
void isakmp__exch_drop_oldest(isakmp_ctx *x);
/* It is over and ours was the last message: keep that for a while, to answer repetitions. */
void isakmp__exch_keep(isakmp_ctx *x, isakmp__exch *e);
/* Copy octets into the room of an exchange.
 *   out      gets the copy; an empty span if there is no room.
 *   returns  ISAKMP_OK or ISAKMP_D_TOO_LONG. */
unsigned isakmp__exch_store(isakmp__exch *e, isakmp_span *out, isakmp_span bytes);
/* n octets of room, to be written by the caller. */
uint8_t *isakmp__exch_room(isakmp__exch *e, size_t n);
/* How large the room must be for a configuration. */
size_t isakmp__exch_room_size(const isakmp_config *c);
/* When its timer is due next. */
void isakmp__exch_schedule(isakmp_ctx *x, isakmp__exch *e);
isakmp_reason isakmp__reason(uint8_t by, unsigned detail, uint8_t message, uint16_t notify);

/* ---- Packets and sending ------------------------------------------------------------------- */

/* An empty packet; NULL if the pool is full. */
isakmp__packet *isakmp__packet_take(isakmp_ctx *x, int urgent);
void isakmp__packet_give(isakmp_ctx *x, isakmp__packet **p);
size_t isakmp__packet_cap(const isakmp_ctx *x);
/* Send a message whole. */
void isakmp__packet_send(isakmp_ctx *x, const isakmp_path *path, const isakmp__packet *p);

/* Is there none left but for what is urgent? */
int isakmp__packets_short(const isakmp_ctx *x);

/* ---- Messages that come in pieces ----------------------------------------------------------- */

/* The one that an SA has open; NULL if it has none. */
isakmp__assembly *isakmp__assembly_of(const isakmp_ctx *x, const isakmp__sa *sa);
/* An empty one, with a packet; NULL if there is no room. */
isakmp__assembly *isakmp__assembly_take(isakmp_ctx *x, const isakmp__sa *sa);
/* Give it back, with its packet unless that has been taken out. */
void isakmp__assembly_give(isakmp_ctx *x, isakmp__assembly *a);
/* Its time is over. */
void isakmp__assembly_expire(isakmp_ctx *x, isakmp__assembly *a);
/* An exchange needs the packet of the oldest one. */
void isakmp__assembly_drop_oldest(isakmp_ctx *x);

/* ---- What clients have by Mode Config (assignment.c) ----------------------------------------- */

/* What the client of an SA has; NULL if it has nothing. */
isakmp__assignment *isakmp__assignment_of(const isakmp_ctx *x, const isakmp__sa *sa);
/* From now on it has these addresses (family 0: as before), and those that it had, if they are others, are free
 * again: the host is told.
 *   lost     gets those.
 *   returns  NULL if there is no room; then these are free again, too. */
isakmp__assignment *isakmp__assign(isakmp_ctx *x, isakmp__sa *sa, int ours, const isakmp_addr *ip4,
                                   const isakmp_addr *ip6, isakmp__assignment *lost);
/* It does not get these, which the host has given: they are free again, but for those that it has already. */
void isakmp__assign_nobody(isakmp_ctx *x, const isakmp__sa *sa, const isakmp_addr *ip4,
                           const isakmp_addr *ip6);
/* Was a child negotiated for one of its addresses? */
int isakmp__child_is_for(const isakmp__child *c, const isakmp__assignment *a);
/* Has the client heard of it? */
int isakmp__assignment_is_known(const isakmp__assignment *a);
/* It has nothing any more: the host is told, unless another SA with this client takes it over, who has heard of
 * it. */
void isakmp__unassign(isakmp_ctx *x, isakmp__sa *sa);
/* An SA takes over what the client has under another one, such as when phase 1 is negotiated anew; nothing
 * is told.
 *   returns  1; 0 if there is nothing to be taken, or it has something already. */
int isakmp__assignment_take_over(isakmp_ctx *x, isakmp__sa *sa, isakmp__sa *from);
/* The same client's SA that has an assignment: of the same peer, between the same addresses and ports. */
isakmp__sa *isakmp__client_before(const isakmp_ctx *x, const isakmp__sa *sa);
/* The selector of an end that a child's policy leaves open: the client's address, if this end is the client
 * and has one of the family, else the address on the path.
 *   ours    1: our end;  family: 4 or 6, or 0: any. */
isakmp_selector isakmp__open_end(const isakmp_ctx *x, const isakmp__sa *sa, int ours,
                                 uint8_t family);
/* May a peer propose this for an end that our policy leaves open?  A client may have its own address only: the one
 * that it has been given, else, where the policy gives addresses, the one that it comes from. */
int isakmp__open_end_allows(const isakmp_ctx *x, const isakmp__sa *sa, int ours,
                            const isakmp_selector *s);
/* A child is to be negotiated again, when the client may have another address: its end is open once more. */
void isakmp__forget_open_end(const isakmp_ctx *x, isakmp__child *c);

/* ---- Discoveries --------------------------------------------------------------------------- */

/* The discovery after one, oldest first; NULL at the end. */
isakmp__discovery *isakmp__discovery_after(const isakmp_ctx *x, const isakmp__discovery *d);
/* A new one; NULL if all wait for answers: else what is remembered gives way. */
isakmp__discovery *isakmp__discovery_take(isakmp_ctx *x);
void isakmp__discovery_give(isakmp_ctx *x, isakmp__discovery *d);
/* It has come to an end, and is remembered for a while. */
void isakmp__discovery_keep(isakmp_ctx *x, isakmp__discovery *d, isakmp__search state, uint32_t ms);
/* Until when is a gateway to be avoided?  0: it is not. */
isakmp_time isakmp__avoided_until(const isakmp_ctx *x, const isakmp_addr *gateway);
/* A child has ended: if a discovery may have led to its peer, and that has failed, it is avoided. */
void isakmp__discovery_child_over(isakmp_ctx *x, const isakmp__child *c);

/* ---- The end of a call --------------------------------------------------------------------- */

/* Take apart what has ended: remove the SADs' entries, tell the host, give slots back. */
void isakmp__settle(isakmp_ctx *x);

#endif
