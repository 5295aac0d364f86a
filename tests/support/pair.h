/* support/pair.h -- two contexts, a wire between them, and one clock: the stage for flow tests.
 *
 * Peer 0 is the initiator (192.0.2.1), peer 1 the responder (192.0.2.2).  Nothing happens by itself:
 * pair_run() delivers what is on the wire and lets time pass.  Filters see every datagram, when it is
 * sent and when it arrives, and may drop, repeat, delay or change it.  Every callback can be made to fail or to answer later. */
#ifndef TESTS_PAIR_H
#define TESTS_PAIR_H

#include "isakmp/isakmp.h"
#include "toy.h"

#define PAIR_EVENTS 64
#define PAIR_SAD    80
#define PAIR_WIRE   64
#define PAIR_ASKS   32
#define PAIR_MTU    4096
#define PAIR_TYPES  32 /* of events, and more */

/* Octets behind each arena that must stay as they are. */
#define PAIR_FENCE 64

struct pair;
struct peer;

/* A datagram on its way. */
typedef struct wire_item {
    int from;         /* which peer sent it */
    isakmp_path path; /* as the sender gave it */
    isakmp_time at;   /* when it arrives: a filter may set a later time */
    unsigned serial;  /* counted from 1 over all datagrams of the pair */
    size_t n;
    uint8_t data[PAIR_MTU];
} wire_item;

/* What a filter wants done with a datagram; it may also change it. */
enum {
    PAIR_DELIVER = 0,
    PAIR_DROP,
    PAIR_TWICE
};

typedef struct heard_event {
    uint16_t type, detail, notify;
    uint8_t by, message, authentic, has_report, nat;
    isakmp_sa_id sa, other_sa;
    isakmp_child_id child, other_child;
    unsigned step; /* the peer's count of callbacks at that moment */
    char text[160];
    char user[40], words[80]; /* with a final zero each */
} heard_event;

typedef struct sad_record {
    int used;
    isakmp_child_id child;
    isakmp_sad_entry e; /* spans refer to keys */
    uint8_t keys[128];
    unsigned step;
} sad_record;

/* Questions to the host, as pair counts and parks them. */
enum {
    PAIR_PEER = 1,
    PAIR_PSK,
    PAIR_CHILD,
    PAIR_SPI,
    PAIR_DH,
    PAIR_CREDENTIALS,
    PAIR_SIGN,
    PAIR_VERIFY,
    PAIR_ENCRYPT,
    PAIR_DECRYPT,
    PAIR_ASSIGN,
    PAIR_GET_USER,
    PAIR_CHECK_USER
};

/* Addresses of a gateway of the pair, and octets of what it gives. */
#define PAIR_LEASES 4
#define PAIR_GIFT   1024

/* Octets of an RSA block of the pair: as of a key with 1024 bits. */
#define PAIR_BLOCK 128

#define PAIR_MORE 3 /* long certificates of a chain */

typedef struct parked {
    int kind;
    isakmp_ticket ticket;
    isakmp_time due; /* when it is answered */
    const isakmp_peer_policy *peer;
    const isakmp_child_policy *child;
    isakmp_credentials credentials;
    int rc;
    uint16_t why;
    uint8_t signature[32], block[PAIR_BLOCK];
    size_t block_n;
    uint8_t gift[PAIR_GIFT];
    size_t gift_n;
    int had; /* 1: the client had its address before it was asked for                     */
    isakmp_user user;
} parked;

typedef struct peer {
    struct pair *pair;
    int index;
    isakmp_ctx *x;
    void *arena;
    size_t arena_n;
    isakmp_config config;
    isakmp_host host;
    toy toy;
    isakmp_addr addr;

    /* What it offers and accepts: change before pair_start(). */
    isakmp_policy policies[8];
    isakmp_peer_policy peer;
    isakmp_protect protect[8];
    isakmp_child_policy child;
    uint8_t psk[64];
    size_t psk_n; /* 0: there is no key */
    int no_peer;  /* 1: find_peer knows nobody */
    int no_child; /* 1: find_child knows nothing */
    int own_spis; /* 1: get_spi is served by the host */
    /* Public keys: each side has one and knows the other's, unless something else is said. */
    int no_private_key;  /* 1: get_credentials has none                                           */
    int no_cert;         /* 1: no certificate is sent                                             */
    unsigned more_certs; /* how many long ones follow it                                         */
    size_t cert_n;       /* ... octets of each: 600, at most 2000                                */
    uint16_t distrust;   /* why verify says no; 0: it looks                                       */
    int no_peer_key;     /* 1: encrypt knows nobody                                               */
    int decoy_key;   /* ... and takes this key: 0 and 1 are the peers', others nobody's         */
    int no_decoy;    /* 1: ... or gives no block at all                                       */
    int learn_first; /* 1: no encrypted nonces before the peer's certificates were learnt      */
    int named_cert;  /* 1: the peer is told by HASH(1) which key is used                      */
    isakmp_id owner; /* whose key we say that it is; type NONE: anybody's                      */
    /* Mode Config: what is given besides an address of the pool, as attributes. */
    isakmp_lease leases[PAIR_LEASES];
    isakmp_addr_pool
        pool; /* 10.9.0.1 to 10.9.0.4, of the gateway, which gives from it              */
    uint8_t gift[PAIR_GIFT];
    size_t gift_n;
    int no_assign; /* 1: the host has no callback                                               */
    int nothing;   /* 1: it gives nothing                                                       */
    int only_gift; /* 1: it gives no address of the pool                                        */
    int give_ip6;  /* 1: it gives 2001:db8::9, too                                              */
    isakmp_ted_answer ted; /* how probes are answered, */
    int ted_rc;            /* and what find_ted returns: ISAKMP_NONE if nothing else is said   */
    /* XAUTH: the name and the password of the user, as a client knows it, and a gateway of a client's. */
    const char *user, *password;
    int mute_user; /* 1: nobody ever says who the user is */
    /* Other answers, if set; what they refer to is there for ever. */
    int (*tell_user)(struct peer *p, const isakmp_user *asked, isakmp_user *out);
    int (*judge_user)(struct peer *p, const isakmp_user *got, isakmp_user *out);
    /* Other answers than `peer` and `child`, if set. */
    const isakmp_peer_policy *(*choose_peer)(struct peer *p, const isakmp_query *q);
    const isakmp_child_policy *(*choose_child)(struct peer *p, const isakmp_selector *local,
                                               const isakmp_selector *remote);

    /* Faults. */
    unsigned fail_at;         /* the Nth callback that can fail fails; 0: none */
    unsigned callbacks;       /* how many there were */
    int park;                 /* 1: every question is answered later */
    unsigned park_at;         /* only the Nth question is answered later; 0: none */
    unsigned questions;       /* how many there were, those to the provider not among them */
    isakmp_time answer_after; /* how much later, in ms; also of Diffie-Hellman questions */
    int answer_rc;            /* not 0: the result of late answers, instead of the right one */
    int never_answer;         /* 1: not even then */

    /* What happened. */
    heard_event events[PAIR_EVENTS]; /* the last ones */
    unsigned n_events, n_of_type[PAIR_TYPES];
    sad_record sad[PAIR_SAD];
    unsigned installs, removes, sends, keylogs;
    unsigned encrypts, decrypts, learns;
    unsigned assigns;   /* questions what to give a client                          */
    uint16_t asked[32]; /* attributes in the last of them                           */
    unsigned n_asked;
    isakmp_addr had;   /* what the client had then                                 */
    isakmp_addr wish;  /* ... and the IPv4 address that it has asked for            */
    unsigned releases; /* addresses given back                                     */
    unsigned moves;    /* of SAD entries                                                      */
    uint8_t stays;     /* 1: it has no sa_move */
    unsigned lost_addresses; /* ... that nobody had                                      */
    isakmp_addr ip4, ip6;    /* as client: what the last ISAKMP_EV_CONFIG told           */
    uint8_t got[PAIR_GIFT];  /* ... and its attributes                                   */
    size_t got_n;
    int kept; /* ... and whether they were kept                           */
    unsigned probes,
        ted_asks;         /* datagrams sent as somebody else; probes that find_ted was asked for */
    isakmp_path ted_path; /* ... and what it was asked last */
    isakmp_selector ted_local, ted_remote;
    unsigned learnt_certs;            /* encodings 5 among the certificates to be learnt          */
    size_t digest_info_n;             /* octets of the DigestInfo in the last question to verify  */
    size_t hash_1_n;                  /* octets of HASH(1) in the last question to decrypt        */
    unsigned signs, verifies, wanted; /* wanted: names in the last question about certificates   */
    unsigned strange_wanted;          /* names that no peer of the pair asks for                 */
    unsigned gets, checks;            /* questions for a user, and about one                      */
    isakmp_id proven;                 /* whose proof verify has looked at last; only type and n  */
    unsigned step;                    /* callbacks of every kind */
    parked asks[PAIR_ASKS];
    unsigned n_asks;
    uint64_t dh_ticket; /* the question that the provider has put off, */
    isakmp_time dh_due; /* and when it is answered */
    uint32_t next_spi;
    int reentry; /* 1: every callback tries every function that it must not call */
    unsigned reentry_faults;
    unsigned half_ups; /* children that were said to be up, but nothing can be sent through them */
    unsigned runts;    /* datagrams sent that are no message: shorter than a header, but for */
    unsigned keepalives;       /* ... those of one octet; no filter sees them                */
    isakmp_path keepalive;     /* where the last one of them went                            */
    unsigned stale_answers;    /* answers that came too late */
    isakmp_time told_deadline; /* by the timer callback */
    uint8_t key[ISAKMP_MAX_KEY];
    size_t key_n;     /* what keylog told last */
    char report[512]; /* the first row of the last mismatch report, as text */
    char log[160];    /* the last line */
    /* Called as well, if set. */
    void (*hear_event)(struct peer *p, const isakmp_event *ev);
    void (*hear_line)(struct peer *p, int level, const char *line);
} peer;

typedef struct pair {
    peer p[2];
    isakmp_time now;
    wire_item wire[PAIR_WIRE];
    unsigned n_wire, serial;
    int (*filter)(struct pair *pr, wire_item *w); /* when a datagram is sent */
    int (*arrive)(struct pair *pr, wire_item *w); /* when it arrives; PAIR_TWICE is PAIR_DELIVER */
    unsigned lost;                                /* because the wire was full */
    int natted;                                   /* 1: the two sides see different addresses */
} pair;

/* Octet i of an RSA key of the toy kind, which is a number: it is added to the octets of a block. */
uint8_t pair_key_octet(int key, size_t i);

/* Two peers with policies that match: one aes128-sha1-modp1024 with a pre-shared key, one ESP
 * aes128-sha1 in tunnel mode, 10.1.0.0/16 here and 10.2.0.0/16 there. */
void pair_init(pair *pr, uint64_t seed);
/* Make the contexts from what the peers' fields say now. */
void pair_start(pair *pr);
/* Wipe and free.  Checks that nothing in the arenas is left, and nothing behind them was touched. */
void pair_end(pair *pr);
/* Close all SAs of a peer, whose callbacks and provider do not fail any more. */
void pair_close(pair *pr, int index);
/* A peer loses its memory: its context is made anew, its SAD is empty. */
void pair_restart(pair *pr, int index);

/* Deliver what is on the wire, answer what is parked, and let time pass until `until` (ms from the
 * start of the pair). */
void pair_run(pair *pr, isakmp_time until);
/* Deliver the first datagram that has arrived; 0 if there is none. */
int pair_deliver(pair *pr);
/* Give a datagram to a peer, as if it had come from the other one's address. */
int pair_input(pair *pr, int to, const uint8_t *data, size_t n);
/* Answer everything that is parked and due; 0 if there was nothing. */
int pair_answer(pair *pr, peer *p);

/* peer 0 begins: an ISAKMP SA, and a child if `child`. */
isakmp_sa_id pair_connect(pair *pr, uint8_t exchange, int child);
/* The same for either peer. */
isakmp_sa_id pair_connect_from(pair *pr, int from, uint8_t exchange, int child);
/* Where messages of a peer go. */
isakmp_path pair_path(const pair *pr, int from);
/* All addresses within 10.second.0.0/16. */
isakmp_selector pair_subnet(uint8_t second);

/* How often a peer heard an event; the last one of a type (NULL if none). */
unsigned heard(const peer *p, uint16_t type);
const heard_event *last_event(const peer *p, uint16_t type);
/* How many SAD entries a peer has. */
unsigned sad_count(const peer *p);
/* Do the two SADs mirror each other: every entry of one has its counterpart with the same SPI,
 * addresses, algorithms and keys? */
int sads_mirror(const pair *pr);
/* Has each side given everything back: no SAs, children, exchanges, packets, half-open SAs? */
int pair_is_empty(const pair *pr);
isakmp_stats stats_of(const peer *p);
/* How often octets stand in a peer's arena. */
unsigned arena_has(const peer *p, const void *octets, size_t n);

#endif
