/* isakmp/ios.h -- the language of Cisco's routers, in the archive libisakmp-ios: a configuration is read
 * from text and written again, turned into policies, and shown as those routers show it.
 *
 * Nothing is read or sent and nothing allocated here: text comes from memory and goes to memory, and
 * everything lies in memory that the caller gives.  Three objects:
 *
 *   isakmp_ios        a configuration.  Lines change it, one by one or a text at a time.
 *   isakmp_ios_shell  where somebody who types lines is: "Router(config-isakmp)#".
 *   isakmp_ios_plan   what a configuration means for libisakmp: policies, keys, and which of them are
 *                     for a peer or a packet.  It does not change, and has its own copy of everything:
 *                     after a change of the configuration make a new one beside it, and free the old
 *                     one when no SA uses its policies any more (isakmp_ios_plan_users()).
 *
 * A router is then little more than this:
 *
 *     isakmp_ios_init(&conf, mem, sizeof mem);
 *     isakmp_ios_load(conf, text, &loader);
 *     isakmp_ios_plan_make(&plan, malloc(n), n = isakmp_ios_plan_size(conf, &options), conf, &options);
 *
 *     static int find_peer(void *user, isakmp_ticket t, const isakmp_query *q,
 *                          const isakmp_peer_policy **out)
 *     {
 *         return isakmp_ios_find_peer(plan, q, out);
 *     }
 *
 * and so for find_child and get_psk.  Public keys and certificates are handed out as they were typed in,
 * for isakmp_pki_add_peer_key() and its kin.
 *
 * Configurations hold keys: wipe them, and the texts made of them, after use. */
#ifndef ISAKMP_IOS_H
#define ISAKMP_IOS_H

#include "session.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- A configuration ---------------------------------------------------------------------- */

typedef struct isakmp_ios isakmp_ios;

/* Enough for an empty configuration, in octets.  A line of one takes at most about 200 octets more, and
 * less than its own length and 150 on average. */
#define ISAKMP_IOS_MIN_ARENA 8192

/* Make an empty configuration, in which everything has its default.
 *   out      gets it; it lies in mem.
 *   mem      caller's memory until wipe; aligned as malloc() would.
 *   mem_n    octets at mem, ISAKMP_IOS_MIN_ARENA or more.
 *   returns  ISAKMP_OK, ISAKMP_E_ARG, ISAKMP_E_SPACE.  [q] */
ISAKMP_API int isakmp_ios_init(isakmp_ios **out, void *mem, size_t mem_n);
/* Set all of its memory to zero.  [q] */
ISAKMP_API void isakmp_ios_wipe(isakmp_ios *c);
/* How many octets of its memory a configuration has taken.  What lines take away is used again by later
 * ones.  [q] */
ISAKMP_API size_t isakmp_ios_used(const isakmp_ios *c);

/* ---- Lines -------------------------------------------------------------------------------- */

/* Where a line is typed: which commands there are. */
typedef enum isakmp_ios_mode {
    ISAKMP_IOS_EXEC = 0,    /* Router#                                                           */
    ISAKMP_IOS_CONFIG,      /* Router(config)#                                                   */
    ISAKMP_IOS_POLICY,      /* Router(config-isakmp)#                                            */
    ISAKMP_IOS_CHAIN,       /* Router(config-pubkey-c)#                                          */
    ISAKMP_IOS_KEY,         /* Router(config-pubkey-k)#                                          */
    ISAKMP_IOS_KEY_STRING,  /* Router(config-pubkey)#      hex digits, until "quit"              */
    ISAKMP_IOS_TRANSFORM,   /* Router(cfg-crypto-trans)#                                         */
    ISAKMP_IOS_MAP,         /* Router(config-crypto-m)#    crypto map and crypto dynamic-map     */
    ISAKMP_IOS_ACL,         /* Router(config-ext-nacl)#                                          */
    ISAKMP_IOS_TRUSTPOINT,  /* Router(ca-trustpoint)#                                            */
    ISAKMP_IOS_CERTIFICATE, /* Router(config-cert)#        PEM, until "quit" or an empty line    */
    ISAKMP_IOS_INTERFACE,   /* Router(config-if)#                                                */
    ISAKMP_IOS_N_MODES
} isakmp_ios_mode;

/* A place in a configuration; { 0 } is EXEC mode.  Only mode is for the caller, to read, and to set to
 * ISAKMP_IOS_EXEC or ISAKMP_IOS_CONFIG before the first line. */
typedef struct isakmp_ios_shell {
    uint8_t mode; /* isakmp_ios_mode                                                             */
    uint8_t detail; /* of what is being typed in                                                 */
    uint32_t removals;
    void *target;
} isakmp_ios_shell;

/* What a line asks the host to do. */
typedef enum isakmp_ios_action {
    ISAKMP_IOS_NOTHING = 0,        /* it changed the configuration or the shell, or was empty    */
    ISAKMP_IOS_LEAVE,              /* exit in EXEC mode                                          */
    ISAKMP_IOS_SHOW_POLICY,        /* show crypto isakmp policy                                  */
    ISAKMP_IOS_SHOW_KEY,           /* show crypto isakmp key                                     */
    ISAKMP_IOS_SHOW_SA,            /* show crypto isakmp sa                                      */
    ISAKMP_IOS_SHOW_IPSEC_SA,      /* show crypto ipsec sa                                       */
    ISAKMP_IOS_SHOW_TRANSFORM_SET, /* show crypto ipsec transform-set                            */
    ISAKMP_IOS_SHOW_LIFETIME,      /* show crypto ipsec security-association lifetime            */
    ISAKMP_IOS_SHOW_MY_KEYS,       /* show crypto key mypubkey rsa                               */
    ISAKMP_IOS_SHOW_CHAIN,         /* show crypto key pubkey-chain rsa; word or addr: one of it  */
    ISAKMP_IOS_SHOW_MAP,           /* show crypto map                                            */
    ISAKMP_IOS_SHOW_DYNAMIC_MAP,   /* show crypto dynamic-map                                    */
    ISAKMP_IOS_SHOW_POOL,          /* show ip local pool; word: one of them                      */
    ISAKMP_IOS_SHOW_ACL,           /* show access-lists; word: one of them                       */
    ISAKMP_IOS_SHOW_HOSTS,         /* show hosts                                                 */
    ISAKMP_IOS_SHOW_TRUSTPOINTS,   /* show crypto ca trustpoints                                 */
    ISAKMP_IOS_SHOW_RUNNING,       /* show running-config                                        */
    ISAKMP_IOS_CLEAR_ISAKMP,       /* clear crypto isakmp; number: a connection id, 0: all       */
    ISAKMP_IOS_CLEAR_SA,           /* clear crypto sa; addr: those with one peer                 */
    ISAKMP_IOS_DEBUG_ISAKMP,       /* debug crypto isakmp                                        */
    ISAKMP_IOS_UNDEBUG,            /* undebug all, no debug all, undebug crypto isakmp           */
    ISAKMP_IOS_MAKE_KEYS,          /* crypto key generate rsa; number: bits; usage               */
    ISAKMP_IOS_ZEROIZE_KEYS        /* crypto key zeroize rsa                                     */
} isakmp_ios_action;

typedef struct isakmp_ios_command {
    uint16_t action; /* isakmp_ios_action                                                       */
    uint8_t usage; /* MAKE_KEYS: 1: a key for signatures and one for encryption, 0: one for both */
    uint32_t number;
    isakmp_span word; /* part of the line                                                        */
    isakmp_addr addr; /* family 0: none                                                          */
} isakmp_ios_command;

/* Bits of a key pair if "crypto key generate rsa" does not say it. */
#define ISAKMP_IOS_DEFAULT_MODULUS 2048

/* What is wrong with a line. */
typedef struct isakmp_ios_fault {
    uint32_t line, column; /* from 1; column 0: the line as a whole                              */
    uint8_t error;         /* 1: the line has not been taken; 0: a warning                       */
    char text[236];        /* one sentence: what is there, and what was expected                 */
} isakmp_ios_fault;

/* One line, of at most 1,000 octets, with or without its end; names have at most 100 characters.  It is taken
 * as a whole or changes nothing.
 *   c, s     the configuration, and where in it the line is typed.
 *   out      gets what the host is to do.
 *   fault    gets what is wrong; line is 1.
 *   returns  ISAKMP_OK; ISAKMP_E_MALFORMED: it is no command that can be used here; ISAKMP_E_ARG: it is,
 *            but something in it is out of range or there is no such thing; ISAKMP_E_SPACE: the memory
 *            is full.  [q] */
ISAKMP_API int isakmp_ios_line(isakmp_ios *c, isakmp_ios_shell *s, isakmp_span line,
                               isakmp_ios_command *out, isakmp_ios_fault *fault);

/* What the shell shows before a line, such as "Router(config-isakmp)#".
 * Parameters and result as isakmp_dump().  [q] */
ISAKMP_API size_t isakmp_ios_prompt(char *out, size_t cap, const isakmp_ios *c,
                                    const isakmp_ios_shell *s);
/* What `?` says behind a line that is not finished: what may come next, a line for each with a word of
 * help.  Behind a space a new word begins, else the words that begin with the last one are listed.  If this
 * mode knows any, those of configuration mode are not listed, though they can be typed.
 * Parameters and result as isakmp_dump().  [q] */
ISAKMP_API size_t isakmp_ios_help(char *out, size_t cap, const isakmp_ios_shell *s,
                                  isakmp_span line);
/* For the tabulator key: the ith keyword, from 0, that may stand where the line ends and begins like its
 * last word.
 *   out      gets the whole keyword; static.
 *   returns  ISAKMP_OK, or ISAKMP_NONE after the last one.  [q] */
ISAKMP_API int isakmp_ios_complete(const isakmp_ios_shell *s, isakmp_span line, size_t i,
                                   isakmp_span *out);

/* ---- Texts -------------------------------------------------------------------------------- */

enum {
    ISAKMP_IOS_ALL = 1 /* all or nothing: after an error the configuration is as it was before   */
};

typedef struct isakmp_ios_loader {
    uint32_t size;  /* sizeof(isakmp_ios_loader)                                                 */
    uint32_t flags; /* ISAKMP_IOS_*                                                              */
    void *user;
    /* Optional.  Something is wrong, in the order of the lines; at the end follow warnings about what is
     * named but not there.  Borrowed for the call. */
    void (*fault)(void *user, const isakmp_ios_fault *f);
    /* Optional.  What a line asks for (ISAKMP_IOS_MAKE_KEYS, _ZEROIZE_KEYS), at once: it is not taken back
     * if a later line is wrong.  Borrowed for the call. */
    void (*command)(void *user, const isakmp_ios_command *command);
} isakmp_ios_loader;

/* Add a text to a configuration, as if its lines were typed in configuration mode: lines end with LF or
 * CRLF, `!` begins a comment, `end` ends it.  A line that is wrong is reported, and the others are taken.
 *   text     borrowed for the call.
 *   returns  ISAKMP_OK; ISAKMP_E_MALFORMED if a line was wrong; ISAKMP_E_SPACE if the memory is full.  With
 *            ISAKMP_IOS_ALL the memory must have room for another copy of what is in it before; else
 *            ISAKMP_E_SPACE, too.  [q] */
ISAKMP_API int isakmp_ios_load(isakmp_ios *c, isakmp_span text, const isakmp_ios_loader *loader);

/* What is named but not there: transform sets, access lists, dynamic maps, pools, crypto maps.
 *   i        from 0.
 *   fault    gets a warning, with the line of the last text or line that named it.
 *   returns  ISAKMP_OK, or ISAKMP_NONE after the last one.  [q] */
ISAKMP_API int isakmp_ios_missing(const isakmp_ios *c, size_t i, isakmp_ios_fault *fault);

/* ---- Showing ------------------------------------------------------------------------------ */

struct isakmp_ios_public_key; /* below */

/* What the configuration does not know. */
typedef struct isakmp_ios_live {
    uint32_t size;       /* sizeof(isakmp_ios_live)                                              */
    const isakmp_ctx *x; /* NULL: there are no SAs                                               */
    isakmp_time now;
    void *user;
    /* Optional.  The ith key of ours, from 0.
     *   use      gets ISAKMP_USE_*;  der: gets SubjectPublicKeyInfo, valid until the next call.
     *   returns  ISAKMP_OK, or ISAKMP_NONE after the last one. */
    int (*my_key)(void *user, size_t i, unsigned *use, isakmp_span *der);
    /* Optional.  How many addresses of a pool are in use. */
    uint32_t (*pool_in_use)(void *user, isakmp_span pool);
    /* Optional.  The ith public key of a peer that was learnt from a certificate, from 0.
     *   out      gets it, valid until the next call; as name whom it is of, in whatever form.
     *   returns  ISAKMP_OK, or ISAKMP_NONE after the last one. */
    int (*learnt_key)(void *user, size_t i, struct isakmp_ios_public_key *out);
} isakmp_ios_live;

/* The answer to a show command: text, lines ended by LF.
 *   command  from isakmp_ios_line(); of any other action there is nothing to show.
 *   live     NULL: nothing is known.
 * Other parameters and result as isakmp_dump().  [q] */
ISAKMP_API size_t isakmp_ios_show(char *out, size_t cap, const isakmp_ios *c,
                                  const isakmp_ios_command *command, const isakmp_ios_live *live);

/* The configuration as text: no defaults; loading it gives the same configuration.
 * Parameters and result as isakmp_dump().  [q] */
ISAKMP_API size_t isakmp_ios_running_config(char *out, size_t cap, const isakmp_ios *c);

/* An event as "debug crypto isakmp" shows it: lines ended by LF, the first with the connection id; a
 * mismatch report follows with a line for each row.
 * Parameters and result as isakmp_dump().  [q] */
ISAKMP_API size_t isakmp_ios_debug(char *out, size_t cap, const isakmp_event *ev);

/* The connection id of an ISAKMP SA, as shown: from 1, and used again when the SA is gone.  [q] */
ISAKMP_API uint32_t isakmp_ios_connection_id(isakmp_sa_id sa);
/* The ISAKMP SA that has a connection id now; { 0 } if none.  [q] */
ISAKMP_API isakmp_sa_id isakmp_ios_connection(const isakmp_ctx *x, uint32_t connection_id);

/* ---- Reading the configuration ------------------------------------------------------------ */

enum {
    ISAKMP_IOS_BY_ADDRESS = 0,
    ISAKMP_IOS_BY_HOSTNAME,
    ISAKMP_IOS_BY_DN
};

/* What there is once in a configuration.  Spans are borrowed until it changes. */
typedef struct isakmp_ios_settings {
    uint32_t size;                /* sizeof(isakmp_ios_settings), set by the caller             */
    uint8_t enabled;              /* crypto isakmp enable; 1 by default                         */
    uint8_t aggressive_disabled;  /* crypto isakmp aggressive-mode disable                      */
    uint8_t invalid_spi_recovery; /* crypto isakmp invalid-spi-recovery                         */
    uint8_t identity;             /* ISAKMP_IOS_BY_*                                            */
    uint8_t keepalive_periodic;   /* crypto isakmp keepalive ... periodic                       */
    uint8_t keepalive_retry_s;    /* 2 by default                                               */
    uint16_t keepalive_s;         /* 0: no keepalives                                           */
    uint16_t nat_keepalive_s;     /* crypto isakmp nat keepalive; 0: none                       */
    uint32_t life_s, life_kb;     /* crypto ipsec security-association lifetime                 */
    isakmp_span hostname, domain; /* hostname; ip domain-name (may be empty)                    */
    isakmp_span client_pool;      /* crypto isakmp client configuration address-pool local      */
} isakmp_ios_settings;
/* out->size must be set.  [q] */
ISAKMP_API void isakmp_ios_settings_get(const isakmp_ios *c, isakmp_ios_settings *out);

/* ip local pool */
typedef struct isakmp_ios_pool {
    isakmp_span name;
    isakmp_addr first, last;
} isakmp_ios_pool;

/* crypto key pubkey-chain rsa */
typedef struct isakmp_ios_public_key {
    isakmp_span name; /* of a named key; else empty                                              */
    isakmp_addr addr; /* of an addressed key, or what a named key was given; family 0: none      */
    uint8_t use;      /* ISAKMP_USE_*: general keys are for both                                 */
    isakmp_span der;  /* the octets of the key-string                                            */
} isakmp_ios_public_key;

/* crypto ca trustpoint */
typedef struct isakmp_ios_trustpoint {
    isakmp_span name;
    uint8_t revocation;  /* 1: revocation-check crl: certificates need a revocation list          */
    isakmp_span ca, own; /* PEM, for isakmp_pki_add_ca() and _add_own(); empty: none             */
} isakmp_ios_trustpoint;

/* interface */
typedef struct isakmp_ios_interface {
    isakmp_span name;
    isakmp_addr addr; /* family 0: none                                                          */
    uint8_t prefix;   /* bits of its mask                                                        */
    uint8_t shutdown;
    isakmp_span map; /* crypto map; empty: none                                                 */
} isakmp_ios_interface;

/* The ith of them, from 0; spans are borrowed until the configuration changes.
 *   returns  ISAKMP_OK, or ISAKMP_NONE after the last one.  [q] */
ISAKMP_API int isakmp_ios_pool_get(const isakmp_ios *c, size_t i, isakmp_ios_pool *out);
ISAKMP_API int isakmp_ios_public_key_get(const isakmp_ios *c, size_t i, isakmp_ios_public_key *out);
ISAKMP_API int isakmp_ios_trustpoint_get(const isakmp_ios *c, size_t i, isakmp_ios_trustpoint *out);
ISAKMP_API int isakmp_ios_interface_get(const isakmp_ios *c, size_t i, isakmp_ios_interface *out);
/* The ith address of a host name (ip host).  Results as above.  [q] */
ISAKMP_API int isakmp_ios_host_get(const isakmp_ios *c, isakmp_span name, size_t i,
                                   isakmp_addr *out);
/* The identity under which we speak to peers (crypto isakmp identity): with `address` type
 * ISAKMP_ID_NONE, with `hostname` the host name and domain.
 *   buf, cap  gets the name; the identity refers to it.
 *   returns   ISAKMP_OK; ISAKMP_NONE with `dn`: it is the subject of our certificate; ISAKMP_E_SPACE.  [q] */
ISAKMP_API int isakmp_ios_identity(const isakmp_ios *c, isakmp_id *out, char *buf, size_t cap);

/* ---- A plan ------------------------------------------------------------------------------- */

typedef struct isakmp_ios_plan isakmp_ios_plan;

typedef struct isakmp_ios_plan_options {
    uint32_t size;       /* sizeof(isakmp_ios_plan_options)                                      */
    isakmp_id dn;        /* our distinguished name, for "crypto isakmp identity dn"; copied.  Type
                            ISAKMP_ID_NONE: our address is the identity                          */
    uint32_t peer_flags; /* ISAKMP_PF_* that all peers have besides those of the configuration   */
    uint16_t fragment_size; /* as isakmp_peer_policy                                             */
} isakmp_ios_plan_options;

/* The exact size of a plan for a configuration, in octets.
 *   options  NULL: none of them.  [q] */
ISAKMP_API size_t isakmp_ios_plan_size(const isakmp_ios *c, const isakmp_ios_plan_options *options);
/* Make a plan.
 *
 * Peers have all ISAKMP policies of the configuration, and the default one after them.  Policies are those
 * of crypto maps that an interface has, or of all if the configuration names no interface.  An entry has a
 * child policy for each permit of its access list, with up to six transform sets as alternatives.  Transport
 * mode is used, as the routers do, where all transform sets of an entry say so and the traffic is that of the
 * two peers themselves, host to host; else tunnel mode.  What is missing in an entry (peer, transform set,
 * access list) leaves it out.
 *   out      gets the plan; it lies in mem.
 *   mem      caller's memory while it is used; aligned as malloc() would.
 *   returns  ISAKMP_OK; ISAKMP_E_ARG; ISAKMP_E_SPACE.  [q] */
ISAKMP_API int isakmp_ios_plan_make(isakmp_ios_plan **out, void *mem, size_t mem_n,
                                    const isakmp_ios *c, const isakmp_ios_plan_options *options);
/* Set its memory to zero.  [q] */
ISAKMP_API void isakmp_ios_plan_wipe(isakmp_ios_plan *p);
/* How many SAs and children use its policies; at 0 its memory may be given back.  [q] */
ISAKMP_API size_t isakmp_ios_plan_users(const isakmp_ios_plan *p, const isakmp_ctx *x);

/* The answers to find_peer, find_child and get_psk of isakmp_host, with the same results.
 *
 * A peer that calls gets the policy of the entry that names its address (set peer), else the general one;
 * with "no crypto isakmp enable" nobody gets any, and with "aggressive-mode disable" nobody who begins
 * Aggressive Mode.
 *
 * Traffic is for the first entry, static ones before dynamic ones and by sequence numbers, that is for this
 * peer (dynamic ones are for all) and whose access list permits all of it by one line, before another one
 * denies all of it.  Less may be denied: it is exempted on our side, as it is there.
 *
 * A pre-shared key is the one for the host name that the peer says it is, else the one for the fewest
 * addresses; of keys for host names, while the peer's is not known, the one whose host (ip host) is at its
 * address.  [q] */
ISAKMP_API int isakmp_ios_find_peer(const isakmp_ios_plan *p, const isakmp_query *q,
                                    const isakmp_peer_policy **out);
ISAKMP_API int isakmp_ios_find_child(const isakmp_ios_plan *p, const isakmp_ctx *x, isakmp_sa_id sa,
                                     const isakmp_selector *local, const isakmp_selector *remote,
                                     const isakmp_child_policy **out);
ISAKMP_API int isakmp_ios_find_psk(const isakmp_ios_plan *p, const isakmp_query *q, uint8_t *key,
                                   size_t cap, size_t *n);

/* What becomes of a packet that leaves us. */
enum {
    ISAKMP_IOS_CLEAR = 0, /* it goes in the clear: no entry is for it                            */
    ISAKMP_IOS_PROTECT,   /* it is for an entry: negotiate with its peers, the first one first   */
    ISAKMP_IOS_DISCOVER,  /* it is for a dynamic entry with `discover`: its peer must be found   */
    ISAKMP_IOS_DROP /* it is for a dynamic entry, and goes only through SAs that peers begin */
};

typedef struct isakmp_ios_match {
    uint8_t action;    /* ISAKMP_IOS_CLEAR, _PROTECT, _DISCOVER, _DROP                        */
    uint8_t dynamic;   /* 1: by a dynamic map                                                 */
    uint32_t sequence; /* of the entry in its crypto map                                      */
    const char *map;   /* the crypto map; NULL with ISAKMP_IOS_CLEAR                          */
    const isakmp_child_policy
        *child;     /* NULL: nothing can be negotiated, because the access list has a
                                         wildcard with holes                                     */
    size_t n_peers; /* for isakmp_ios_peer()                                               */
    const void *entry;
} isakmp_ios_match;

/* Which entry is for a packet that leaves us: the first, static ones before dynamic ones and by sequence
 * numbers, whose access list permits it before it denies it.  What a list denies may still be for a later entry.
 *   source, dest  addresses with ports (0: the protocol has none);  proto: the IP protocol.  [q] */
ISAKMP_API void isakmp_ios_find_flow(const isakmp_ios_plan *p, uint8_t proto,
                                     const isakmp_addr *source, const isakmp_addr *dest,
                                     isakmp_ios_match *out);
/* The same for a packet that comes with the wrong clothes: what should have come through an SA, and did
 * not, is dropped by routers.  source is the far end's.  [q] */
ISAKMP_API int isakmp_ios_should_be_protected(const isakmp_ios_plan *p, uint8_t proto,
                                              const isakmp_addr *source, const isakmp_addr *dest);

/* The same for somebody who cannot ask for each packet, such as a kernel that is given selectors: one for each
 * line of an access list, of which the first that is like a packet decides. */
typedef struct isakmp_ios_guard {
    uint8_t drop; /* 1: what comes in the clear is dropped; 0: it may come in                    */
    /* Family 0: this line is none: it is a dynamic entry's, or it or one that denies has a wildcard with
     * holes. */
    isakmp_selector local, remote;
} isakmp_ios_guard;
/* The ith of them, from 0.  They drop less than isakmp_ios_should_be_protected() tells: nothing for dynamic
 * entries, and what an entry denies is let in even if a later entry is for it.
 *   returns  ISAKMP_OK, or ISAKMP_NONE after the last one.  [q] */
ISAKMP_API int isakmp_ios_guard_get(const isakmp_ios_plan *p, size_t i, isakmp_ios_guard *out);

/* A peer of an entry. */
typedef struct isakmp_ios_peer {
    const isakmp_peer_policy *policy;
    isakmp_addr addr; /* port 500; family 0: ask the DNS for `host`                             */
    const char *host; /* NULL: an address was given                                             */
    uint8_t
        exchange; /* ISAKMP_EXCH_AGGRESSIVE if there is a pre-shared key for its host name and nothing
                          else to begin with; else _MAIN                                         */
} isakmp_ios_peer;
/* The ith peer to negotiate with for a match, from 0, in the order to try them.
 *   returns  ISAKMP_OK, or ISAKMP_NONE after the last one.  [q] */
ISAKMP_API int isakmp_ios_peer_get(const isakmp_ios_plan *p, const isakmp_ios_match *m, size_t i,
                                   isakmp_ios_peer *out);
/* The policy for a peer that no entry names, such as one that was discovered.
 *   returns  NULL with "no crypto isakmp enable".  [q] */
ISAKMP_API const isakmp_peer_policy *isakmp_ios_any_peer(const isakmp_ios_plan *p);

/* For Mode Config: what "client configuration address" of the crypto map in use says; of several what any
 * of them says. */
enum {
    ISAKMP_IOS_INITIATE = 1, /* the gateway sets addresses of clients                            */
    ISAKMP_IOS_RESPOND = 2   /* clients ask for them                                             */
};
/* ISAKMP_IOS_INITIATE and _RESPOND, or 0.  [q] */
ISAKMP_API unsigned isakmp_ios_client_address(const isakmp_ios_plan *p);

/* One pair of a discover entry, for Tunnel Endpoint Discovery: a probe for a flow is answered if
 * isakmp_ios_find_probe() finds an entry.
 *   source, dest  the flow as in the probe: source is the far host, dest one of ours.
 *   out           as isakmp_ios_find_flow(); child->local is our half of the proxy.
 *   returns       ISAKMP_OK, or ISAKMP_NONE: not to be answered.  [q] */
ISAKMP_API int isakmp_ios_find_probe(const isakmp_ios_plan *p, const isakmp_addr *source,
                                     const isakmp_addr *dest, isakmp_ios_match *out);

#ifdef __cplusplus
}
#endif
#endif
