/* exchange/row.h -- exchanges as data: what a table of messages is made of.
 *
 * A row is one message: who sends it, which payloads it may carry and how often, how it is protected,
 * and the verbs that make it and read it.  The engine (engine.c) runs rows; it knows no exchange and
 * no extension by name.
 *
 *     look  a verb run by the receiver on the message as it came, before it is decrypted.
 *     recv  verbs run by the receiver before the message is accepted.  They write only what belongs to
 *           their own row, so a message that is refused leaves nothing behind.
 *     send  verbs run by the sender: they write payloads, ask for what these need, and install what
 *           must be ready before the message goes.
 *     sent  verbs run by the sender while the message is on its way: work that would only delay it.
 *
 * A verb returns ISAKMP_OK, ISAKMP_PENDING (it will be run again when the answer is there), or an
 * isakmp_detail: the message is refused. */
#ifndef ISAKMP_LIB_ROW_H
#define ISAKMP_LIB_ROW_H

#include "isakmp/exchange.h"
#include "sa/sa.h"

typedef struct isakmp__verb {
    const char *name;
    unsigned (*run)(isakmp_ctx *x, isakmp__exch *e);
    uint8_t puts[3]; /* the payload types that it may write; the table checker compares them with
                        the row's rules */
} isakmp__verb;

/* How often a payload type may stand in a message. */
typedef struct isakmp__rule {
    uint8_t type, min, max;
} isakmp__rule;

enum {
    ISAKMP__CLEAR = 0,
    ISAKMP__ENCRYPTED,
    ISAKMP__EITHER
};

/* What the engine itself does about HASH: in phase 1 the verbs do. */
enum {
    ISAKMP__HASH_BY_VERB = 0,
    ISAKMP__HASH_1, /* also of Informational exchanges */
    ISAKMP__HASH_2,
    ISAKMP__HASH_3
};

enum {
    ISAKMP__F_RETRANSMIT = 1, /* the sender repeats it until the next message comes              */
    ISAKMP__F_KEYS = 2,       /* when it has been sent or accepted, SKEYID and the keys are there */
    ISAKMP__F_LAST = 4,       /* the exchange is over with it                                     */
    ISAKMP__F_PROOF = 8       /* accepting it proves the sender's return address                  */
};

#define ISAKMP__MAX_VERBS 12

typedef struct isakmp__row {
    uint8_t msg;    /* its number, from 1; rows of one message differ by auth                    */
    uint8_t from_i; /* 1: the initiator sends it                                                 */
    uint8_t auth;   /* the families of authentication methods that it serves: ISAKMP__AUTH_*     */
    uint8_t sec;    /* ISAKMP__CLEAR, _ENCRYPTED or _EITHER (which is sent encrypted)            */
    uint8_t hash;   /* ISAKMP__HASH_*                                                            */
    uint8_t flags;  /* ISAKMP__F_*                                                               */
    uint8_t lead;   /* the first rules, which tell also the payloads' places                     */
    const isakmp__rule *rules; /* everything it may carry; ends with type NONE                   */
    const isakmp__verb *look;  /* may be NULL                                                    */
    const isakmp__verb *recv[ISAKMP__MAX_VERBS], *send[ISAKMP__MAX_VERBS], *sent[3]; /* end: NULL */
} isakmp__row;

struct isakmp_exchange {
    const char *name;
    uint8_t type;  /* ISAKMP_EXCH_*                                                         */
    uint8_t phase; /* 1 or 2                                                                */
    uint8_t n;     /* rows                                                                  */
    const isakmp__row *rows;
    /* Run by the initiator before its first message: what it must know to choose the row. */
    const isakmp__verb *begin[4];
    /* Run by both sides when the last row is through; NULL: nothing is left to do. */
    const isakmp__verb *done;
};

/* An extension adds payloads to our messages and looks at the peer's: those hooks never see one that has
 * not passed the row's rules, and never change a table.  Or it changes the way in which messages travel.
 * Each hook may be NULL. */
struct isakmp_extension {
    const char *name;
    uint8_t assigns; /* 1: it needs isakmp__assignment                                           */
    /* May a payload type stand in the message being read, though it is not in the row's rules? */
    int (*allows)(const isakmp__exch *e, uint8_t type);
    /* Add payloads to the message being written, after the send verbs. */
    unsigned (*put)(isakmp_ctx *x, isakmp__exch *e);
    /* Look at the message being read, after the recv verbs; may refuse it. */
    unsigned (*see)(isakmp_ctx *x, isakmp__exch *e);
    /* The message has been accepted. */
    void (*accepted)(isakmp_ctx *x, isakmp__exch *e);
    /* A message has come, in datagrams that nobody has looked at but for their form.  May put another in its
     * place, which lies in x->whole; or keep it (ISAKMP_PENDING), or refuse it (an isakmp_detail). */
    unsigned (*datagram)(isakmp_ctx *x, isakmp_msg *m, const isakmp_path *path);
    /* Send a message of ours in another way than whole; its octets are as before when it returns.
     * 0: it has not been sent. */
    int (*send)(isakmp_ctx *x, const isakmp__sa *sa, isakmp__packet *p);
    /* A notify has come in a protected Informational that has been accepted; 1: that was all that is to be
     * done with it. */
    int (*notify)(isakmp_ctx *x, isakmp__sa *sa, const isakmp_notify *n);
    /* We have refused the first message of an exchange of phase 2: `detail` says why.
     *   remote  of a Quick Mode: the peer's end, as it wanted it; family 0: it has not said. */
    void (*refused)(isakmp_ctx *x, isakmp__sa *sa, unsigned detail, const isakmp_selector *remote);
    /* Do what is due for an SA that is up, waits for its user, or has ended and has children.  Called now and then.
     *   returns  when there will be more to do; ISAKMP_NEVER if nothing. */
    isakmp_time (*due)(isakmp_ctx *x, isakmp__sa *sa);

    /* -- Transactions: Mode Config and XAUTH share that exchange.  Each belongs to one extension (e->ext):
     * of those that we begin whoever does it, of a peer's the one with the best claim to one of the attributes,
     * and of several the first in the host's list.  What nobody owns is answered, too: with nothing. */

    /* Is an attribute its own?  2: yes, and then the whole message is; 1: if nobody else has a better claim. */
    int (*owns)(uint16_t attr);
    /* A REQUEST or SET of the peer, or its REPLY or ACK to one that we began, is being read; its attributes
     * are sound in form.  May ask the host, may refuse.  What belongs to the answer goes into the room.  Other
     * effects have their time when the message counts: accepted(), where e->in still has it, or over(). */
    unsigned (*read)(isakmp_ctx *x, isakmp__exch *e, const isakmp_cfg *c);
    /* Write the attributes of what we begin, or of the answer (e->initiator tells which).  May ask the host. */
    unsigned (*write)(isakmp_ctx *x, isakmp__exch *e);
    /* A transaction is over: well, with the peer's REPLY or ACK if we began it, else NULL; or it has failed for
     * the reason `why`.  Must begin nothing: go_on() follows, when the exchange is gone. */
    void (*over)(isakmp_ctx *x, isakmp__exch *e, const isakmp_cfg *c, const isakmp_reason *why);
    /* Phase 1, or a transaction, is over, well or not: begin what must come before children, if it is time
     * for it.  Also called when there may be nothing to do. */
    void (*go_on)(isakmp_ctx *x, isakmp__sa *sa);
    /* Must a child wait, which we begin (ours 1) or the peer? */
    int (*holds)(const isakmp_ctx *x, const isakmp__sa *sa, int ours);
    /* The timer of a discovery is due.  An extension that has this hook gets limits.discoveries. */
    void (*discovery)(isakmp_ctx *x, isakmp__discovery *d);

    /* Can it authenticate users after phase 1, on this side (e NULL), or also by what the peer of an exchange has
     * said of itself so far? */
    int (*extends)(const isakmp_ctx *x, const isakmp__exch *e);
};

/* The row of an exchange's message e->msg for the method in use. */
const isakmp__row *isakmp__row_of(const isakmp__exch *e);

/* Does a table keep the rules that ARCHITECTURE asks of every table (see check.c)?  NULL if it does,
 * else a sentence about the first fault; `row` gets its index. */
const char *isakmp__table_check(const isakmp_exchange *t, unsigned *row);

/* A verb is a function, its name for logs, and what it may write. */
#define ISAKMP__DEFINE_VERB(name) const isakmp__verb isakmp__v_##name = {#name, name, {0}}
#define ISAKMP__DEFINE_PUT_VERB(name, ...)                                                         \
    const isakmp__verb isakmp__v_##name = {#name, name, {__VA_ARGS__}}

/* Verbs, by the file that has them. */
#define ISAKMP__VERB(name) extern const isakmp__verb isakmp__v_##name
/* verbs_sa.c */
ISAKMP__VERB(ask_peer);
ISAKMP__VERB(ask_psk);
ISAKMP__VERB(ask_methods);
ISAKMP__VERB(settle_offer);
ISAKMP__VERB(put_sa_offer);
ISAKMP__VERB(take_sa_offer);
ISAKMP__VERB(put_sa_choice);
ISAKMP__VERB(take_sa_choice);
/* verbs_ke.c */
ISAKMP__VERB(make_ke);
ISAKMP__VERB(put_ke);
ISAKMP__VERB(take_ke);
ISAKMP__VERB(put_nonce);
ISAKMP__VERB(take_nonce);
ISAKMP__VERB(derive_secret);
ISAKMP__VERB(derive_keys);
/* verbs_auth.c */
ISAKMP__VERB(put_id);
ISAKMP__VERB(take_id);
ISAKMP__VERB(take_client_id);
ISAKMP__VERB(check_id);
ISAKMP__VERB(put_hash);
ISAKMP__VERB(check_hash);
ISAKMP__VERB(check_client_hash);
ISAKMP__VERB(put_contact);
ISAKMP__VERB(put_life);
ISAKMP__VERB(take_status);
ISAKMP__VERB(establish);
/* verbs_pke.c */
ISAKMP__VERB(put_hash_1);
ISAKMP__VERB(put_sealed_id);
ISAKMP__VERB(open_id);
ISAKMP__VERB(make_nonce);
ISAKMP__VERB(seal_nonce);
ISAKMP__VERB(put_sealed_nonce);
ISAKMP__VERB(open_nonce);
ISAKMP__VERB(pick_skeyid);
/* verbs_rev.c */
ISAKMP__VERB(put_inner_ke);
ISAKMP__VERB(put_inner_id);
ISAKMP__VERB(put_inner_cert);
ISAKMP__VERB(open_inner);
/* verbs_sig.c */
ISAKMP__VERB(put_cert_req);
ISAKMP__VERB(take_cert_req);
ISAKMP__VERB(put_cert);
ISAKMP__VERB(put_encr_cert);
ISAKMP__VERB(put_no_cert);
ISAKMP__VERB(put_sig);
ISAKMP__VERB(check_sig);
ISAKMP__VERB(tell_certs);
/* verbs_quick.c */
ISAKMP__VERB(ask_spi);
ISAKMP__VERB(put_child_offer);
ISAKMP__VERB(take_child_offer);
ISAKMP__VERB(put_child_choice);
ISAKMP__VERB(take_child_choice);
ISAKMP__VERB(make_pfs_ke);
ISAKMP__VERB(put_pfs_ke);
ISAKMP__VERB(take_pfs_ke);
ISAKMP__VERB(derive_pfs_secret);
ISAKMP__VERB(put_ids);
ISAKMP__VERB(take_ids);
ISAKMP__VERB(confirm_ids);
ISAKMP__VERB(put_lifetime);
ISAKMP__VERB(take_lifetime);
ISAKMP__VERB(install_in);
ISAKMP__VERB(finish_child);
ISAKMP__VERB(put_replay);
ISAKMP__VERB(take_replay);
/* rekey.c */
ISAKMP__VERB(yield_to_peer);
/* verbs_info.c */
ISAKMP__VERB(put_info);
ISAKMP__VERB(take_info);
ISAKMP__VERB(act_on_info);
/* verbs_config.c */
ISAKMP__VERB(put_config);
ISAKMP__VERB(take_config);
ISAKMP__VERB(put_config_answer);
ISAKMP__VERB(take_config_answer);
ISAKMP__VERB(end_config);

#endif
