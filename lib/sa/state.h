/* sa/state.h -- everything that lives in the arena.
 *
 *   isakmp_ctx        the context: configuration, pools, indexes, counters;
 *   isakmp__sa        an ISAKMP SA: long-lived, small;
 *   isakmp__child     a pair of IPsec SAs, or a bundle of pairs: long-lived, small, without keys;
 *   isakmp__exch      a running exchange: short-lived, large, wiped at its end;
 *   isakmp__packet    a message that is kept: to be repeated, or until an answer comes;
 *   isakmp__assembly  a message that comes in pieces, until the last one is there;
 *   isakmp__assignment  the addresses of a client, if Mode Config is named;
 *   isakmp__discovery a probe for the gateway at the end of a flow, or what is remembered of it;
 *   isakmp__user      the user of a client: only gateways of XAUTH have any.
 *
 * Short-lived and long-lived state never mix.  Objects of one arena may point to each other as long
 * as the one pointed to cannot go first: exchanges and children end before their SA.  Nothing is
 * given back while a message is processed; what has ended is marked and put on the list `ending`,
 * and isakmp__settle() takes it apart at the end of the call. */
#ifndef ISAKMP_LIB_STATE_H
#define ISAKMP_LIB_STATE_H

#include "base/deadline.h"
#include "base/list.h"
#include "base/pool.h"
#include "isakmp/session.h"
#include "policy/match.h"

typedef struct isakmp__sa isakmp__sa;
typedef struct isakmp__child isakmp__child;
typedef struct isakmp__exch isakmp__exch;
typedef struct isakmp__packet isakmp__packet;
typedef struct isakmp__assembly isakmp__assembly;
typedef struct isakmp__assignment isakmp__assignment;
typedef struct isakmp__discovery isakmp__discovery;
typedef struct isakmp__user isakmp__user;

/* Whose timer is due. */
enum {
    ISAKMP__TIMER_SA = 1,
    ISAKMP__TIMER_CHILD,
    ISAKMP__TIMER_EXCH,
    ISAKMP__TIMER_ASSEMBLY,
    ISAKMP__TIMER_DISCOVERY
};

/* ---- A message that is kept ---------------------------------------------------------------- */

/* Before the message there is always the non-ESP marker, four zeros [RFC3948 2.2]; it goes out with
 * the message or not, as the path wants it.  Before that there is room for the headers of a first
 * fragment: those of the others find it in what has been sent already. */
#define ISAKMP__MARKER 4
#define ISAKMP__FRONT  36

/* Exchanges and packets held back for messages that are sent at once and forgotten: a Delete must
 * go out also when everything is in use. */
#define ISAKMP__HELD_BACK 2

struct isakmp__packet {
    isakmp__slot slot;
    uint32_t n;      /* octets of the message, without the marker */
    uint8_t bytes[]; /* room, then limits.max_datagram: marker and message */
};

static inline uint8_t *isakmp__packet_data(isakmp__packet *p)
{
    return p->bytes + ISAKMP__FRONT + ISAKMP__MARKER;
}

/* ---- A message that comes in pieces --------------------------------------------------------- */

struct isakmp__assembly {
    isakmp__slot slot;
    isakmp__timer timer;
    isakmp__link link; /* of all that are open, oldest first */
    const isakmp__sa *sa;
    isakmp__packet *packet; /* what has come, in the order of its numbers */
    isakmp_time since;
    isakmp_addr from;
    uint8_t cky_i[ISAKMP_COOKIE_SIZE], cky_r[ISAKMP_COOKIE_SIZE]; /* of the headers of all pieces */
    uint8_t exchange;
    uint8_t last;                        /* number of the last piece; 0: not known yet           */
    uint8_t count, most;                 /* pieces that are there, the highest number of them    */
    uint16_t id;                         /* of the message                                       */
    uint16_t size[ISAKMP_MAX_FRAGMENTS]; /* octets of each piece; 0: it is not there             */
};

/* ---- ISAKMP SA ----------------------------------------------------------------------------- */

/* What is known about dead peer detection with a peer. */
enum {
    ISAKMP__DPD_KNOWN = 1, /* it has sent the vendor ID                                          */
    ISAKMP__DPD_MINE = 2,  /* dpd_mine has a value                                               */
    ISAKMP__DPD_THEIRS = 4 /* dpd_theirs has a value                                             */
};

/* How far Mode Config is under an SA. */
enum {
    ISAKMP__CONFIG_NONE = 0, /* not begun: the SA is not up                                      */
    ISAKMP__CONFIG_WAITING,  /* for the peer to begin                                            */
    ISAKMP__CONFIG_RUNNING,  /* we have begun                                                    */
    ISAKMP__CONFIG_OVER      /* nothing waits for it                                             */
};

/* What a gateway of XAUTH does next. */
enum {
    ISAKMP__USER_BEGIN = 0, /* ask the host what to ask for                                      */
    ISAKMP__USER_MORE,      /* ask the client                                                    */
    ISAKMP__USER_YES,       /* tell it that all is well                                          */
    ISAKMP__USER_NO         /* tell it that it is not; sa->why says why                          */
};

struct isakmp__sa {
    isakmp__slot slot;
    isakmp__timer timer;
    uint8_t state;     /* isakmp_sa_state                                                        */
    uint8_t initiator; /* 1: we began phase 1                                                    */
    uint8_t keyed;     /* 1: SKEYID and its children are there                                   */
    uint8_t proven;    /* 1: the peer has proved its return address by our cookie                */
    uint8_t half_open; /* 1: a peer began it, and is not authenticated yet                       */
    uint8_t ending;    /* 1: it has ended, and waits for isakmp__settle()                        */
    uint8_t attempts;  /* how often it was begun again in vain, since it was up last             */
    uint8_t natt;      /* the way of NAT traversal that both know, from 1; 0: none               */
    uint8_t udp;       /* ISAKMP__UDP_*: how ESP is encapsulated                                 */
    uint8_t nat;       /* ISAKMP_NAT_*                                                           */
    uint8_t contact : 1;   /* 1: the peer announced INITIAL-CONTACT before the SA was up          */
    uint8_t fragments : 1; /* 1: the peer understands fragments                                  */
    uint8_t config : 2;    /* ISAKMP__CONFIG_*                                                   */
    uint8_t soft_told : 1; /* 1: ISAKMP_EV_SA_SOFT was told                                      */
    uint8_t rekeying : 1;  /* 1: one that is to replace it is being negotiated                   */
    uint8_t replaced : 1;  /* 1: another one has replaced it: it only waits for its end           */
    uint8_t again : 1;     /* 1: when it ends, it begins again                                   */
    uint8_t spoken : 1;    /* 1: the peer has used it since it came up                           */
    uint8_t user_rounds : 4; /* how often the client was asked for its user                      */
    uint8_t user_next : 2;   /* what a gateway does next about the user: ISAKMP__USER_*          */
    uint8_t exchange;  /* ISAKMP_EXCH_MAIN or _AGGRESSIVE                                        */
    uint8_t next_used; /* where in used_ids the next message ID goes                             */
    uint8_t dpd;       /* ISAKMP__DPD_*                                                          */
    uint8_t wanted;    /* 1: traffic has waited for the peer since it was last heard             */
    uint8_t asked;     /* how often it was asked for a sign of life since then                   */
    uint32_t life_s;   /* in use                                                                 */
    uint8_t cky_i[ISAKMP_COOKIE_SIZE],
        cky_r[ISAKMP_COOKIE_SIZE]; /* side by side: both are hashed */
    isakmp__sa *cookie_next;       /* in the bucket of its own cookie */
    /* With cookies, lists and message IDs side by side fewer lines of an SA that is in no cache are read. */
    isakmp__list children, exchs;
    uint32_t used_ids[ISAKMP_USED_MSG_IDS];
    isakmp_path path;
    const isakmp_peer_policy *policy; /* NULL until the host has named it */
    const isakmp_policy *suite;       /* what was agreed; NULL until then */
    isakmp_time since;                /* when it came up, or began */
    uint32_t took_ms;                 /* from its beginning to its coming up */
    uint32_t
        soft_ms; /* after since: when it nears its end; then, when it is tried again to replace it; once
                         it is replaced, when it goes; while a user is awaited: until when */
    uint32_t n_children;
    uint32_t
        peer_key; /* what the peer proved itself by: a fingerprint of the pre-shared key; one value
                          for all signatures, one for all encrypted nonces                       */
    isakmp_reason why; /* once it is ending */
    uint8_t peer_id_type;
    uint8_t peer_id_n;
    /* Low 32 bits of times: when the peer gave a sign of life, or, after that, was asked for one; and
     * when something was sent to it. */
    uint32_t alive_ms, sent_ms;
    uint32_t dpd_mine, dpd_theirs; /* the last sequence number of each side */
    uint8_t skeyid_d[ISAKMP_MAX_HASH], skeyid_a[ISAKMP_MAX_HASH], key[ISAKMP_MAX_KEY];
    uint8_t iv[ISAKMP_MAX_BLOCK]; /* the last ciphertext block of phase 1 */
    uint64_t vendors;             /* known vendor IDs of the peer, as bits */
    isakmp__link peer_link;   /* in the bucket of its peer: half-open by address, up by identity */
    isakmp__link policy_link; /* in the bucket of its policy */
    isakmp__link queue_link;  /* of half-open SAs, oldest first, or of ending ones */
    uint8_t peer_id[ISAKMP_MAX_ID];
};

/* ---- Assignment ---------------------------------------------------------------------------- */

/* The addresses that the client of an SA has by Mode Config. */
struct isakmp__assignment {
    isakmp__slot slot;
    isakmp_addr ip4, ip6; /* without ports; family 0: none                                       */
    uint8_t ours;         /* 1: we are the client                                                */
    uint8_t held; /* 1: the client has acknowledged it, or has asked for it and was answered  */
    /* Of ours: when to ask for it again, and how long it is ours; 0: as long as there is an SA. */
    isakmp_time renew_at, ends_at;
};

/* ---- User of a client ----------------------------------------------------------------------- */

struct isakmp__user {
    isakmp__slot slot;
    isakmp__link link; /* in the bucket of its SA's index */
    const isakmp__sa *sa;
    uint8_t n;
    uint8_t name[ISAKMP_MAX_USER];
};

/* ---- Child --------------------------------------------------------------------------------- */

/* Which of a child's SAD entries are installed: bit i for inbound, bit 4 + i for outbound. */
#define ISAKMP__INSTALLED_IN(i)  (1u << (i))
#define ISAKMP__INSTALLED_OUT(i) (16u << (i))

struct isakmp__child {
    isakmp__slot slot;
    isakmp__timer timer;
    isakmp__sa *sa;
    isakmp__link link;       /* in sa->children */
    isakmp__link queue_link; /* of ending children */
    const isakmp_child_policy *policy;
    isakmp_time since; /* when it came up */
    uint32_t soft_ms;  /* after since, as that of an SA */
    uint32_t life_s, life_kb;
    isakmp__spis spis;                   /* ours, inbound */
    uint32_t spi_out[ISAKMP_MAX_BUNDLE]; /* the peer's */
    isakmp_protect protect[ISAKMP_MAX_BUNDLE];
    isakmp_path path; /* of the SAs that are installed */
    isakmp_selector local, remote;
    isakmp_reason why; /* once it is ending */
    uint16_t pfs_group;
    uint8_t n : 2; /* protocols */
    uint8_t state : 2, mode : 2, natt : 2;
    uint8_t initiator : 1;
    uint8_t ending : 1; /* 1: it has ended, and waits for isakmp__settle()                       */
    uint8_t soft_told : 1;
    uint8_t used : 1;      /* 1: traffic has passed through it                                   */
    uint8_t confirmed : 1; /* 1: the peer is known to use it                                     */
    uint8_t replaced : 1;  /* 1: another one has replaced it: it only waits for its end           */
    uint8_t unchecked : 1; /* 1: the peer has said that it keeps no anti-replay window            */
    uint8_t replaces : 1;  /* 1: it has replaced another one, which may still be there            */
    uint8_t installed;     /* ISAKMP__INSTALLED_* */
    uint8_t yielded : 1;   /* 1: ours that was to replace it has given way to the peer's         */
    uint8_t homeless : 1;  /* 1: its client does not have the address any more that it is for     */
    uint32_t
        partner; /* index of the child that it replaces, or is to replace, or that replaces it, from 1:
                         each is the other's; 0: none */
    uint32_t rank; /* from the nonces: who wins if both sides replace a child at the same time */
};

/* ---- Exchange ------------------------------------------------------------------------------ */

/* Where an exchange stands between two calls. */
typedef enum isakmp__phase {
    ISAKMP__WAIT = 0, /* for the peer's message e->msg                                           */
    ISAKMP__BEGIN,    /* in the verbs that an initiator runs before its first message            */
    ISAKMP__RECV,     /* in the recv verbs of the peer's message e->msg                          */
    ISAKMP__SEND,     /* in the send verbs of our message e->msg                                 */
    ISAKMP__SENT,     /* in the sent verbs of our message, which is on its way                   */
    ISAKMP__AWAIT,    /* all messages are through, but the peer has set the commit bit           */
    ISAKMP__DONE      /* over, but kept to answer repetitions                                    */
} isakmp__phase;

/* A question to the host or provider that is open. */
typedef enum isakmp__ask {
    ISAKMP__ASK_NONE = 0,
    ISAKMP__ASK_PEER,
    ISAKMP__ASK_PSK,
    ISAKMP__ASK_CHILD,
    ISAKMP__ASK_SPI,
    ISAKMP__ASK_DH_NEW,
    ISAKMP__ASK_DH_KEY,
    ISAKMP__ASK_CREDENTIALS,
    ISAKMP__ASK_SIGN,
    ISAKMP__ASK_VERIFY,
    ISAKMP__ASK_ENCRYPT,
    ISAKMP__ASK_DECRYPT,
    ISAKMP__ASK_ASSIGN,
    ISAKMP__ASK_GET_USER,
    ISAKMP__ASK_CHECK_USER
} isakmp__ask;

/* What follows from the nonces and the shared secret, where it is not known yet how. */
typedef struct isakmp__keyset {
    uint8_t skeyid[ISAKMP_MAX_HASH], d[ISAKMP_MAX_HASH], a[ISAKMP_MAX_HASH], key[ISAKMP_MAX_KEY];
} isakmp__keyset;

/* What certificates a peer has asked for. */
enum {
    ISAKMP__ASKED_ANY = 1,
    ISAKMP__ASKED_ENCR = 2 /* those of keys for encryption, which we have a use for, too */
};

struct isakmp__exch {
    isakmp__slot slot;
    isakmp__timer timer;
    isakmp__sa *sa;
    isakmp__child *child;   /* of a Quick Mode */
    isakmp__link link;      /* in sa->exchs */
    isakmp__link done_link; /* on the list of exchanges that are only kept */
    const isakmp_exchange *def;
    const struct isakmp__row *row; /* of the message that is being made or read */
    uint32_t msg_id;
    uint8_t initiator; /* 1: we began this exchange                                              */
    uint8_t msg;       /* the message that is being made, sent or waited for, from 1             */
    uint8_t phase;     /* isakmp__phase                                                          */
    uint8_t verb;      /* the verb of the phase that runs next                                   */
    uint8_t authentic; /* 1: what is being read has been authenticated                           */
    uint8_t is_open;   /* 1: tx holds a message that is being written                            */
    uint8_t encrypted; /* 1: what is being read was encrypted                                    */
    uint8_t has_ids;   /* of a Quick Mode: IDci and IDcr are in use                              */
    uint8_t announce;  /* 1: our shorter lifetime must be told                                   */
    uint8_t repeats;   /* how often the stored message was repeated because it was asked for     */
    uint8_t tries;     /* how often it was repeated by the timer                                 */
    uint8_t ask;       /* isakmp__ask: the question that is open                                 */
    uint8_t n_wanted, n_wanted_kept; /* names in wanted; kept: from accepted messages            */
    uint8_t told;       /* 1: the host has been told that the peer does not prove itself         */
    uint8_t unbelieved; /* 1: what is being read has a proof that is not believed                */
    uint8_t disbeliefs; /* how many such messages there were                                     */
    uint8_t disown;     /* 1: ... and with the last one the peer takes the SA for established    */
    uint8_t opened;     /* RSA blocks that were decrypted                                        */
    uint8_t stranger;   /* 1: there is no public key for the identity that the peer claims       */
    uint8_t rival;      /* 1: of a Quick Mode: a child for the same traffic came up meanwhile     */
    uint8_t asked, asked_kept; /* ISAKMP__ASKED_*; kept: from accepted messages                  */
    uint8_t commit;    /* 1: the peer has set the commit bit                                    */
    uint8_t connected; /* 1: ... and has sent CONNECTED, or has not for too long                */
    uint8_t unknown_proto; /* of a phase 1 that is to tell the peer of an SPI we do not know     */
    uint32_t unknown_spi;  /* ... which one; 0: none                                             */
    uint8_t brief;      /* 1: an Informational, which is over before the call is                 */
    uint16_t disbelief; /* why the last one was not believed, 0: there was none                  */
    uint64_t doubted;   /* its fingerprint                                                       */
    uint8_t doubted_iv[ISAKMP_MAX_BLOCK]; /* the chain behind it                                 */
    uint32_t methods; /* for which there is key material: isakmp__auth_bit() of each            */
    uint16_t hint;    /* why the last message that was refused was refused                      */
    uint16_t group;   /* of the Diffie-Hellman values                                           */
    uint16_t read_n;  /* octets of the message that is being, or was, read                      */
    uint32_t sent_n;  /* octets of datagrams that the last message sent went out in              */
    uint16_t block_n; /* ... of the RSA block in it                                             */
    uint16_t notify;  /* the last notify the peer sent about this exchange, proven or not       */
    uint64_t ticket;  /* of the open question */
    isakmp_sa_id replaces; /* of a phase 1 that is to replace an SA: which one; else { 0 }        */
    uint64_t last;         /* fingerprint of the last accepted message; 0: none */
    uint64_t reading;      /* fingerprint of the message that is being read */
    isakmp_time resend_at, hard_at;
    isakmp__packet *tx;   /* the last message sent, or being written */
    isakmp__packet *held; /* the message that is being read, while an answer is awaited */
    isakmp__packet *next; /* one that came meanwhile */
    isakmp_addr oa_remote,
        oa_local;                 /* original addresses, by a Quick Mode's peer; family 0: none */
    isakmp_path path;             /* of the message that is being read */
    isakmp_msg *in;               /* ... itself; NULL while none is */
    isakmp_writer w;              /* of the message that is being written */
    size_t hash_at;               /* where its HASH payload begins, 0: it has none */
    uint8_t iv[ISAKMP_MAX_BLOCK]; /* the chain of this exchange */
    uint8_t next_iv[ISAKMP_MAX_BLOCK];  /* what it becomes if the message being read is accepted */
    uint8_t inner_iv[ISAKMP_MAX_BLOCK]; /* the chain within a message, of the revised mode */
    uint8_t skeyid[ISAKMP_MAX_HASH];    /* of a phase 1 exchange */
    const isakmp_policy
        *like; /* of Aggressive Mode that we began: the best policy that is offered; the
                                  others go with it */
    union {
        isakmp__choice choice; /* of a phase 1 responder */
        isakmp__bundle bundle; /* of a Quick Mode */
    } u;
    const isakmp_child_policy
        *named; /* of a Quick Mode that the peer begins: the host's answer; NULL: none */
    isakmp_selector local,
        remote; /* of a Quick Mode: those that the peer has sent; family 0: none     */
    const isakmp_extension *ext; /* of a Transaction: to which it belongs; NULL: to none */
    uint16_t cfg_id;             /* ... its identifier */
    uint8_t cfg_type;            /* ... what it began with: ISAKMP_CFG_REQUEST or _SET */
    uint8_t cfg_open;            /* ... 1: its Attribute payload is being written, and began at: */
    uint8_t chained;             /* ... 1: its chain goes on from that of the one before it */
    uint8_t cfg_given;           /* ... 1: the host has given something for it */
    uint8_t cfg_none;            /* ... 1: an address is asked for, and there is none */
    uint8_t patient;  /* ... 1: it is repeated until hard_at: a person may have to type */
    uint8_t declined; /* ... 1: our user does not say who it is */
    uint32_t cfg_at;
    isakmp_span cfg;                 /* ... what the extension keeps of it, in the room */
    const isakmp_notify *say_notify; /* what an Informational says, while it is being written */
    const isakmp_delete *say_delete;
    /* RFC 2409's names; all lie in the room.  sai: of a Quick Mode, the SA payload that was offered */
    isakmp_span psk, priv, g_xi, g_xr, g_xy, ni, nr, sai, id_mine, id_peer, idci, idcr;
    isakmp_span owner;  /* identity of whose public key we encrypt with; empty: anybody's */
    isakmp_span sealed; /* our nonce, encrypted */
    isakmp_span
        other; /* an isakmp__keyset: SKEYID and what follows from it, made in the other way */
    isakmp_span
        wanted[ISAKMP_MAX_CERT_REQS]; /* CAs whose certificates the peer asks for; in the room */
    uint32_t room_cap, room_n, room_kept; /* kept: what the accepted messages need */
    uint8_t room[];
};

/* ---- Tunnel Endpoint Discovery -------------------------------------------------------------- */

typedef enum isakmp__search {
    ISAKMP__SEARCHING = 1, /* the probe waits for an answer                                      */
    ISAKMP__FOUND,         /* `other` protects `remote`, and there is a child with it            */
    ISAKMP__SILENT,        /* nobody has answered                                                */
    ISAKMP__AVOIDED        /* not a flow at all: `other` does not work as a gateway              */
} isakmp__search;

struct isakmp__discovery {
    isakmp__slot slot;
    isakmp__timer timer;
    isakmp__link link; /* of all, oldest first */
    uint8_t state;     /* isakmp__search */
    uint8_t tries;     /* how often the probe was sent */
    uint8_t exchange;  /* of phase 1 */
    uint8_t flow_ids;
    uint8_t cky_i[ISAKMP_COOKIE_SIZE];
    isakmp_path path;    /* of the probe: from the flow's source to its destination */
    isakmp_addr gateway; /* our own */
    isakmp_addr other;   /* the peer's; while we search, one that is avoided and has answered */
    isakmp_selector remote;
    const isakmp_peer_policy *peer; /* NULL if it is not a flow */
    const isakmp_child_policy *policy;
    isakmp_child_id child;
};

/* How much was sent in this second. */
typedef struct isakmp__ted_rate {
    isakmp_time since;
    uint16_t probes, answers;
    uint8_t by_addr[32]; /* answers, in buckets of addresses */
} isakmp__ted_rate;

/* ---- Context ------------------------------------------------------------------------------- */

/* The late answer to an open question, while isakmp_answer() runs. */
typedef struct isakmp__answer {
    const isakmp__exch *exch; /* NULL: none, or taken */
    int rc;
    const void *value;
    size_t n;
} isakmp__answer;

/* What the host wants a client to be told, and how to go on: ISAKMP__USER_*. */
typedef struct isakmp__said {
    uint8_t next;
    uint16_t why; /* ISAKMP__USER_NO: an isakmp_detail; 0: the client itself has ended it */
    isakmp_user words;
} isakmp__said;

#define ISAKMP__LINE 160

/* Addresses share so many places in which it is noted when they were last answered. */
#define ISAKMP__SPI_PLACES 16

struct isakmp_ctx {
    isakmp_config config;
    isakmp_host host;
    isakmp_crypto crypto;
    isakmp_time now;
    isakmp_time told_deadline;
    isakmp_time notify_at; /* before then no notify is sent in the clear */
    isakmp_time spi_at;    /* before then no unknown SPI is looked into  */
    uint32_t
        spi_ms[ISAKMP__SPI_PLACES]; /* ... of an address: low bits of the time of the last one */
    uint64_t secret[2];             /* of fingerprints and buckets */
    uint64_t last_ticket;
    uint8_t entered; /* 1: inside a call */
    isakmp__pool sas, children, exchs, packets, assemblies, assignments, discoveries, users;
    uint32_t *
        assigned; /* for each SA by its index: that of its assignment from 1, or 0; NULL if there is
                           none for any                                                          */
    isakmp__deadlines deadlines;
    isakmp__sa **by_cookie;
    isakmp__list *by_peer, *by_policy, *by_user;
    uint32_t bucket_mask, user_mask;
    isakmp__list half_open, done, ending, ending_children, assembling, discovering;
    isakmp__said said;     /* what the host has said about a user: used before the call returns  */
    isakmp__packet *whole; /* which the message lies in that was put together and is being read   */
    uint32_t n_half_open;
    isakmp__ted_rate rate;
    isakmp__answer answer;
    isakmp_stats stats;
    uint32_t counts[ISAKMP_D_END - ISAKMP_D_NONE];
    size_t arena_n; /* octets, to be wiped at the end */
    char line[ISAKMP__LINE];
};

/* The child, or exchange, of an SA after one; the first one after NULL; NULL at the end. */
static inline isakmp__child *isakmp__child_after(const isakmp__sa *sa, const isakmp__child *c)
{
    return ISAKMP__OWNER(isakmp__list_after(&sa->children, c ? &c->link : NULL), isakmp__child,
                         link);
}

static inline isakmp__exch *isakmp__exch_after(const isakmp__sa *sa, const isakmp__exch *e)
{
    return ISAKMP__OWNER(isakmp__list_after(&sa->exchs, e ? &e->link : NULL), isakmp__exch, link);
}

/* Count a reason. */
static inline void isakmp__count(isakmp_ctx *x, unsigned detail)
{
    x->counts[detail - ISAKMP_D_NONE]++;
}

#endif
