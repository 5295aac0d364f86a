/* exchange/engine.h -- running exchanges. */
#ifndef ISAKMP_LIB_ENGINE_H
#define ISAKMP_LIB_ENGINE_H

#include "row.h"

/* The table of an exchange type, NULL if the host has not named it. */
const isakmp_exchange *isakmp__exchange_of(const isakmp_ctx *x, uint8_t type);
/* A new exchange with its hard deadline, and as initiator of phase 2 with its message ID; NULL if the
 * pool is full, def is NULL, or there is no randomness. */
isakmp__exch *isakmp__engine_take(isakmp_ctx *x, isakmp__sa *sa, const isakmp_exchange *def,
                                  int initiator, int urgent);
/* Begin: write and send the first message of an exchange that we initiate. */
void isakmp__engine_start(isakmp_ctx *x, isakmp__exch *e);

/* A message for an exchange has come.
 *   m        parsed; its octets may be overwritten.
 *   path     where it came from.
 *   returns  ISAKMP_OK if it had an effect, or why it was refused: an isakmp_detail.  The exchange
 *            may be gone afterwards. */
unsigned isakmp__engine_input(isakmp_ctx *x, isakmp__exch *e, isakmp_msg *m,
                              const isakmp_path *path);

/* The open question of an exchange has been answered. */
void isakmp__engine_resume(isakmp_ctx *x, isakmp__exch *e);

/* The peer has shown that it has done what the message being waited for, the last one, would say. */
void isakmp__engine_finish(isakmp_ctx *x, isakmp__exch *e);

/* The timer of an exchange is due. */
void isakmp__engine_timer(isakmp_ctx *x, isakmp__exch *e);

/* An exchange has failed: its SA or child ends with it, or the extension hears of it that a transaction
 * belongs to. */
void isakmp__engine_fail(isakmp_ctx *x, isakmp__exch *e, isakmp_reason why);
/* Something that children may wait for is over: the extensions begin what comes next, or it is the turn of the
 * children. */
void isakmp__go_on(isakmp_ctx *x, isakmp__sa *sa);
/* Must a child wait, which we begin (ours 1) or the peer? */
int isakmp__is_held(const isakmp_ctx *x, const isakmp__sa *sa, int ours);

/* ---- Parts of the engine -------------------------------------------------------------------- */

/* protect.c */
size_t isakmp__block_of(const isakmp__exch *e);
isakmp_span isakmp__cipher_key_of(const isakmp__sa *sa);
/* The chain of an exchange after phase 1 begins anew for its message ID. */
unsigned isakmp__begin_iv(isakmp_ctx *x, isakmp__exch *e);
/* HASH(1), (2) or (3); rest: everything after the HASH payload. */
unsigned isakmp__compute_hash(isakmp_ctx *x, const isakmp__exch *e, uint8_t kind, isakmp_span rest,
                              uint8_t *out);
/* verbs_auth.c: phase 1 is through, and if there is a user that one, too. */
void isakmp__come_up(isakmp_ctx *x, isakmp__sa *sa);
/* verbs_sa.c: can we authenticate users by XAUTH (e NULL), and has the peer of an exchange said that it can, too? */
int isakmp__can_extend(const isakmp_ctx *x, const isakmp__exch *e);
/* Does a policy name a method of one of several families? */
int isakmp__wants(const isakmp_peer_policy *p, uint8_t families);
/* incoming.c: check flags, decrypt, index, count payloads, verify HASH.
 *   returns  ISAKMP_OK or an isakmp_detail. */
unsigned isakmp__open_message(isakmp_ctx *x, isakmp__exch *e, const isakmp__row *r, isakmp_msg *m);
/* What it looks like if the two sides have not the same keys: an isakmp_detail. */
unsigned isakmp__suspicion(const isakmp__sa *sa);
static inline int isakmp__is_suspicion(unsigned detail)
{
    return detail == ISAKMP_D_PSK_SUSPECTED || detail == ISAKMP_D_KEY_SUSPECTED;
}
/* The row of a message that has come: where no method has been agreed on yet, the one for the method of
 * which its SA payload speaks.  NULL if there is none. */
const isakmp__row *isakmp__row_for(const isakmp__exch *e, const isakmp_msg *m);
/* Is the message being waited for the one that brings the responder's cookie? */
int isakmp__brings_cookie(const isakmp__exch *e);
/* refuse.c: a message is refused for a detail.
 *   returns  ISAKMP_OK if it has ended the exchange, and so had an effect; else the detail. */
unsigned isakmp__refuse(isakmp_ctx *x, isakmp__exch *e, unsigned detail);
/* Whose fault a reason is: ISAKMP_BY_HOST or _US. */
uint8_t isakmp__blame(unsigned detail);
/* engine.c: the message that has been read counts: the chain of IVs goes on, and there may be keys. */
void isakmp__advance_iv(isakmp__exch *e);
void isakmp__have_keys(isakmp_ctx *x, isakmp__exch *e, const isakmp__row *r);
/* vendors.c: the message that has been read counts: remember its vendor IDs. */
void isakmp__note_vendors(isakmp_ctx *x, const isakmp__exch *e);
/* outgoing.c */
unsigned isakmp__open_tx(isakmp_ctx *x, isakmp__exch *e, const isakmp__row *r);
unsigned isakmp__seal(isakmp_ctx *x, isakmp__exch *e, const isakmp__row *r);
void isakmp__send_tx(isakmp_ctx *x, isakmp__exch *e, const isakmp__row *r);
isakmp_time isakmp__next_repetition(isakmp_ctx *x, const isakmp__exch *e);
/* Send a message of an SA, whole or in the way of an extension. */
void isakmp__send(isakmp_ctx *x, const isakmp__sa *sa, isakmp__packet *p);
/* Send the stored message of an exchange once more. */
void isakmp__send_again(isakmp_ctx *x, isakmp__exch *e);
/* ... because the peer has repeated its own. */
void isakmp__exch_repeat(isakmp_ctx *x, isakmp__exch *e);
/* engine.c: would n octets be too many for a peer that has not proved its return address? */
int isakmp__amplifies(const isakmp__exch *e, size_t n);

/* ---- Informational exchanges that we send (verbs_info.c) ------------------------------------ */

/* Send a protected Informational with a notify or a Delete payload (the other is NULL); at once, and
 * forgotten.
 *   returns  1; 0 if it cannot be: the SA has no keys, there is no randomness. */
int isakmp__inform(isakmp_ctx *x, isakmp__sa *sa, const isakmp_notify *n, const isakmp_delete *d);
/* ... with a message ID that is in use already; 0: a new one. */
int isakmp__inform_as(isakmp_ctx *x, isakmp__sa *sa, const isakmp_notify *n, const isakmp_delete *d,
                      uint32_t msg_id);
/* Tell the peer that a child's SAs, an ISAKMP SA alone, or an ISAKMP SA with all its children are
 * gone. */
void isakmp__inform_child_gone(isakmp_ctx *x, const isakmp__child *c);
void isakmp__inform_sa_only_gone(isakmp_ctx *x, isakmp__sa *sa);
/* ... and those that are being negotiated, if the peer may have installed them already. */
void isakmp__inform_sa_expired(isakmp_ctx *x, isakmp__sa *sa);
void isakmp__inform_sa_gone(isakmp_ctx *x, isakmp__sa *sa);
/* Tell the peer why its message was refused: protected if it is authentic, else in the clear, where
 * that is safe and not too often. */
void isakmp__inform_refused(isakmp_ctx *x, isakmp__sa *sa, const isakmp__exch *e, unsigned detail);
/* The peer takes an SA for established whose proof we did not believe: tell it that there is none.  Does
 * nothing if it is not so. */
void isakmp__disown(isakmp_ctx *x, isakmp__exch *e);
/* Tell the peer that its Quick Mode, which had come to an agreement, will have no answer. */
void isakmp__inform_no_answer(isakmp_ctx *x, const isakmp__exch *e);
/* The peer has announced that it knows of no other SA with us: end those that were up before the
 * negotiation of this one began.  What has come up since then it need not have known. */
void isakmp__end_siblings(isakmp_ctx *x, isakmp__sa *sa);

/* ---- Invalid-SPI recovery (recover.c) -------------------------------------------------------- */

/* Tell the peer that we do not know an SPI that it uses.
 *   returns  as isakmp__inform(). */
int isakmp__inform_unknown_spi(isakmp_ctx *x, isakmp__sa *sa, uint8_t proto, uint32_t spi);
/* A protected INVALID-SPI has come.
 *   returns  1 if it was about a child that was up; 0: it is about something else. */
/* A peer has lost a child that we began, and says so by a new SA: it is to be negotiated again under that, if
 * the policy says so. */
void isakmp__child_ask_again(isakmp_ctx *x, isakmp__sa *sa, const isakmp__child *old);
int isakmp__spi_disowned(isakmp_ctx *x, isakmp__sa *sa, const isakmp_notify *n);
/* INVALID-SPI has come in the clear, and isakmp__spi_admit() lets it be looked into. */
void isakmp__spi_doubted(isakmp_ctx *x, isakmp__sa *sa, const isakmp_notify *n);
/* ... in an Informational under cookies that nobody knows. */
void isakmp__stray_information(isakmp_ctx *x, const isakmp_msg *m, const isakmp_path *path);

/* ---- The commit bit (commit.c) --------------------------------------------------------------- */

/* The flag for the headers of our messages. */
uint8_t isakmp__commit_flag(const isakmp__exch *e);
/* Must the peer's CONNECTED be awaited before the exchange is over?  For how long? */
int isakmp__commit_waits(const isakmp__exch *e);
isakmp_time isakmp__commit_patience(const isakmp_ctx *x);
/* Nothing more can come under an ISAKMP SA: what awaits CONNECTED is over. */
void isakmp__commit_give_up(isakmp_ctx *x, const isakmp__sa *sa);
/* Send CONNECTED if we have set the bit. */
void isakmp__commit_inform(isakmp_ctx *x, const isakmp__exch *e);
/* A message has come for an exchange that awaits CONNECTED.  Parameters and result as
 * isakmp__engine_input(). */
unsigned isakmp__commit_input(isakmp_ctx *x, isakmp__exch *e, isakmp_msg *m,
                              const isakmp_path *path);
/* engine.c: it was CONNECTED: the exchange is over. */
void isakmp__engine_connected(isakmp_ctx *x, isakmp__exch *e);
/* incoming.c: as isakmp__open_message(), for a message that has a chain of IVs of its own or goes on with
 * that of the exchange, which stays as it is. */
unsigned isakmp__open_in_either_chain(isakmp_ctx *x, isakmp__exch *e, const isakmp__row *r,
                                      isakmp_msg *m);
/* ---- Transactions that we begin (verbs_config.c) --------------------------------------------- */

/* Begin a transaction for an extension, whose write() is asked for the attributes.
 *   type        ISAKMP_CFG_REQUEST or _SET.
 *   identifier  of the messages; 0: a new one, which is then e->cfg_id.
 *   returns     0 if it cannot begin: a pool is full, the exchange is not in the config, there is no
 *               randomness.  1: it has begun, and may have failed (over() was called) at once. */
int isakmp__transaction_begin(isakmp_ctx *x, isakmp__sa *sa, const isakmp_extension *ext,
                              uint8_t type, uint16_t identifier);
/* The transaction of an extension that runs under an SA, begun by us or not; NULL if there is none. */
isakmp__exch *isakmp__transaction_of(const isakmp__sa *sa, const isakmp_extension *ext);
/* ---- What we begin (begin.c) ----------------------------------------------------------------- */

/* Could isakmp__connect() begin?
 *   returns  ISAKMP_OK, ISAKMP_E_ARG, ISAKMP_E_STATE. */
int isakmp__connect_check(isakmp_ctx *x, const isakmp_peer_policy *policy, const isakmp_path *path,
                          uint8_t exchange);
/* Begin phase 1; what is returned besides is as isakmp_connect() has it.  The SA may have failed already: then
 * it is ending. */
int isakmp__connect(isakmp_ctx *x, const isakmp_peer_policy *policy, const isakmp_path *path,
                    uint8_t exchange, isakmp__sa **out);
/* Make ready what a phase 1 begins with.  Results as isakmp__begin_sa(). */
int isakmp__phase1_prepare(isakmp_ctx *x, isakmp__sa *sa, isakmp__exch **out);
/* Begin phase 1 with a peer; all arguments are sound.
 *   old      the SA that it is to replace; NULL: none.
 *   returns  ISAKMP_OK, ISAKMP_E_LIMIT or ISAKMP_E_CRYPTO. */
int isakmp__begin_sa(isakmp_ctx *x, const isakmp_peer_policy *policy, const isakmp_path *path,
                     uint8_t exchange, isakmp__sa *old, isakmp__sa **out);
/* Could a child be negotiated by a policy?
 *   returns  ISAKMP_OK, ISAKMP_E_ARG, ISAKMP_E_STATE. */
int isakmp__child_check(isakmp_ctx *x, const isakmp_child_policy *policy);
/* Negotiate a child, whose policy has been checked; at once or when its SA is up.
 *   local, remote  its selectors, which lie within the policy's; NULL: those of the policy. */
int isakmp__child_begin(isakmp_ctx *x, isakmp__sa *sa, const isakmp_child_policy *policy,
                        const isakmp_selector *local, const isakmp_selector *remote,
                        isakmp__child **out);

/* ---- Quick Modes that we begin (verbs_quick.c) ---------------------------------------------- */

/* For all children of an SA that wait for it, unless something must come before them. */
void isakmp__start_children(isakmp_ctx *x, isakmp__sa *sa);

#endif
