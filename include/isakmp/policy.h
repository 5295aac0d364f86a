/* isakmp/policy.h -- what we offer and accept.
 *
 *   isakmp_policy        one ISAKMP policy: how a phase 1 exchange may be protected, with a
 *                        priority ("crypto isakmp policy 10").
 *   isakmp_peer_policy   a peer: its ISAKMP policies, identities and habits (a PAD entry,
 *                        RFC 4301 4.4.3).
 *   isakmp_child_policy  traffic to protect, and how (an SPD entry, RFC 4301 4.4.1).
 *
 * Policies are plain const data that belongs to the host and may be in flash: borrowed while in
 * use.  Numbers are those of iana.h.  Names in comments are for the reader.
 *
 *     static const isakmp_policy office_policies[] = {
 *         { .priority = 10, .cipher = ISAKMP_CIPHER_AES, .key_bits = 256,
 *           .hash = ISAKMP_HASH_SHA256, .auth = ISAKMP_AUTH_PSK,
 *           .group = ISAKMP_GROUP_MODP_2048, .life_s = 28800 },
 *     };
 *     static const isakmp_peer_policy office = {
 *         .size = sizeof(isakmp_peer_policy), .name = "office",
 *         .policies = office_policies, .n_policies = 1,
 *     }; */
#ifndef ISAKMP_POLICY_H
#define ISAKMP_POLICY_H

#include "crypto.h"
#include "wire.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Lifetimes ---------------------------------------------------------------------------- */

/* What a responder makes of an offered lifetime.  It never alters the transform it returns
 * [RFC2409 5]: where a shorter lifetime is used it is announced by RESPONDER-LIFETIME
 * [RFC2407 4.6.3.1].
 *
 *                      offered < ours      equal          offered > ours
 *   _DEFAULT, phase 1  no match            accept         accept, ours is used and announced
 *   _DEFAULT, phase 2  accept, theirs      accept         accept, ours is used and announced
 *   _OBEY              accept, theirs      accept         accept, theirs
 *   _CLAIM             accept, theirs      accept         accept, ours is used and announced
 *   _STRICT            accept, theirs      accept         no match
 *   _EXACT             no match            accept         no match
 *
 * The default is what the routers of the field do.  A phase 1 offer without a lifetime counts as
 * without end, a phase 2 offer without one as 28,800 seconds [RFC2407 4.5]. */
typedef enum isakmp_life_mode {
    ISAKMP_LIFE_DEFAULT = 0,
    ISAKMP_LIFE_OBEY,
    ISAKMP_LIFE_CLAIM,
    ISAKMP_LIFE_STRICT,
    ISAKMP_LIFE_EXACT
} isakmp_life_mode;

/* ---- Phase 1 ------------------------------------------------------------------------------ */

/* An ISAKMP policy.  Elements of arrays cannot grow, so the last fields wait for later use and
 * must be 0. */
typedef struct isakmp_policy {
    uint16_t priority; /* 1 to 10,000; 1 is the best; no two of a peer are equal                 */
    uint16_t cipher;   /* ISAKMP_CIPHER_*                                                        */
    uint16_t key_bits; /* of AES: 128, 192 or 256; else 0                                        */
    uint16_t hash;     /* ISAKMP_HASH_*                                                          */
    uint16_t auth;     /* ISAKMP_AUTH_*                                                          */
    uint16_t group;    /* ISAKMP_GROUP_*                                                         */
    uint32_t life_s;   /* seconds, 60 or more; 0: 86,400                                         */
    uint16_t prf, integ, reserved[2];
} isakmp_policy;

#define ISAKMP_DEFAULT_LIFE_S 86400
/* The priority under which the built-in default policy appears in reports: after all others. */
#define ISAKMP_DEFAULT_PRIORITY 65535

/* Flags of a peer policy */
enum {
    ISAKMP_PF_DEFAULT_POLICY = 1,  /* the built-in policy (DES, SHA-1, RSA signatures, 768-bit
                                      group, 86,400 s) comes after all others                    */
    ISAKMP_PF_AGGRESSIVE_PSK = 2,  /* answer Aggressive Mode with a pre-shared key: its hash lets
                                      anybody who listens try out weak keys                      */
    ISAKMP_PF_INITIAL_CONTACT = 4, /* announce INITIAL-CONTACT when no other SA with this peer is
                                      known [RFC2407 4.6.3.3]                                    */
    ISAKMP_PF_NO_NATT = 8,         /* do not use NAT traversal with this peer                    */
    ISAKMP_PF_CISCO_SKEYID = 16,   /* RSA encrypted nonces: SKEYID is made as Cisco IOS makes it,
                                      prf(Ni_b | Nr_b, CKY-I | CKY-R), not from a hash of the
                                      nonces.  Main Mode as responder finds out by itself        */
    ISAKMP_PF_HUAWEI_REV = 32,     /* RSA encrypted nonces, revised mode, as Huawei has it: each
                                      payload is encrypted by itself, the last octet of padding
                                      counts itself, the first four of an identity are clear     */
    ISAKMP_PF_FRAGMENT = 64,       /* send fragments also to a peer that has not said that it
                                      understands them                                           */
    ISAKMP_PF_DPD_PERIODIC = 128,  /* dead peer detection asks whenever nothing was heard for dpd_s,
                                      not only if traffic waits for the peer                     */
    ISAKMP_PF_FORCE_ENCAP = 256, /* act as if we were behind a NAT, so that ESP goes in UDP, such as
                                      through a firewall that lets nothing else pass             */
    /* An ISAKMP SA that nears its end is negotiated anew by the library, and one that the peer negotiates
     * anew takes the place of the old one.  The children go over to it. */
    ISAKMP_PF_REKEY = 0x200,
    /* If the peer is dead, or the ISAKMP SA could not be negotiated anew before its end, the library goes on
     * trying to connect, and asks for the children that there were; but not once a user has been refused
     * (XAUTH).  That a peer is dead isakmp_dpd finds out, which a Quick Mode without an answer wakes; without
     * it only the lifetimes tell. */
    ISAKMP_PF_RESTART = 0x400,
    /* Invalid-SPI recovery: isakmp_invalid_spi() begins a phase 1 exchange with a peer that we have no
     * ISAKMP SA with; and a child that we began is negotiated again if the peer says that it does not
     * know its SPI, or that it has restarted (INITIAL-CONTACT). */
    ISAKMP_PF_RECOVER = 0x800,
    /* If the peer sets the commit bit in Quick Mode, wait for its CONNECTED before we send through the
     * child, but not for long [RFC2408 3.1].  Nothing protects the bit: anybody on the way can make us
     * wait. */
    ISAKMP_PF_COMMIT = 0x1000,
    /* As responder set the commit bit in Quick Mode, and send CONNECTED when the child's SAs are there. */
    ISAKMP_PF_SET_COMMIT = 0x2000,
    /* Tolerances: what some peers need.  profile.h knows which.  The peer cuts the integrity check value
     * of HMAC-SHA2-256 to 96 bits, as before RFC 4868: isakmp_sad_entry.sha256_96 says so. */
    ISAKMP_PF_SHA256_96 = 0x4000,
    /* Offer no lifetime above ISAKMP_SHORT_LIFE_S. */
    ISAKMP_PF_SHORT_LIFE = 0x8000,
    /* An RSA signature may also be made over a DigestInfo, as it is everywhere but in IKEv1. */
    ISAKMP_PF_DIGEST_INFO = 0x10000,
    /* Mode Config, if isakmp_mode_config and isakmp_transaction are named.  As gateway: give the peer an
     * address without being asked ("initiate"), and when it asks ("respond"). */
    ISAKMP_PF_CONFIG_PUSH = 0x100000,
    ISAKMP_PF_CONFIG_ANSWER = 0x200000,
    /* As client: ask for an address, and take one that comes without being asked for. */
    ISAKMP_PF_CONFIG_PULL = 0x400000,
    ISAKMP_PF_CONFIG_ACCEPT = 0x800000,
    /* Do so under every ISAKMP SA.  Else a client that negotiates a new one keeps what it has. */
    ISAKMP_PF_CONFIG_AGAIN = 0x1000000,
    /* XAUTH, also where the method does not say so.  The peer is a client, whose user is authenticated; one that does
     * not know XAUTH is refused.  Or it is a gateway that does so, and nothing goes on before it has.  Methods by which it
     * would be the other way round are left out.  Without these flags the method alone says who is the client, and with
     * methods for both in one policy the peer chooses. */
    ISAKMP_PF_XAUTH_ASK = 0x10000000,
    ISAKMP_PF_XAUTH_ANSWER = 0x20000000,
    /* Ask for the user also when a client renews its ISAKMP SA.  Else that is left out where it is safe (host.h). */
    ISAKMP_PF_XAUTH_AGAIN = 0x40000000
};

/* The longest lifetime that is offered with ISAKMP_PF_SHORT_LIFE, in seconds. */
#define ISAKMP_SHORT_LIFE_S 86400

typedef struct isakmp_peer_policy {
    uint32_t size;    /* sizeof(isakmp_peer_policy)                                              */
    const char *name; /* for logs; may be NULL                                                   */
    const isakmp_policy *policies; /* in any order; sorted by priority where it matters          */
    size_t n_policies;
    isakmp_id my_id;   /* type ISAKMP_ID_NONE: our address                                       */
    isakmp_id peer_id; /* type ISAKMP_ID_NONE: any; else the one the peer must prove; a subnet or
                          range stands for the addresses in it, a name that begins with '*' for
                          those that end like it: *.example.org, *@example.org                   */
    uint8_t ike_major; /* 0 or 1: IKEv1                                                          */
    uint8_t life_mode; /* isakmp_life_mode                                                       */
    uint32_t flags;    /* ISAKMP_PF_*                                                            */
    uint16_t fragment_size; /* octets of the longest datagram to this peer, 256 or more: the
                               non-ESP marker counts, the headers of IP and UDP do not (IPv4 has
                               room for 548 everywhere, IPv6 for 1,232).  What is longer goes in
                               fragments, if isakmp_frag is named and the peer understands them.
                               0: never                                                          */
    /* Dead peer detection [RFC3706], if isakmp_dpd is named and the peer has it too.  A peer that
     * asks is answered in any case. */
    uint16_t dpd_s;       /* seconds without a sign of life before it is asked; 0: it is never   */
    uint16_t dpd_retry_s; /* seconds until a question without an answer is repeated; 0: 2        */
    uint8_t dpd_tries;    /* repetitions before it is dead, 100 at most; 0: 5                    */
    /* Mode Config.  Children wait for it, so many seconds after the ISAKMP SA has come up at most; then
     * they go on without. */
    uint16_t config_s; /* 0: 10 */
    /* What to ask for as client: ISAKMP_CFG_*, 64 at most.  NULL: IPv4 address, netmask, DNS, NBNS,
     * expiry and subnets, and what Cisco's clients ask for. */
    const uint16_t *config_wants;
    size_t n_config_wants;
    /* XAUTH: seconds in which the user must be authenticated, 5 to 3,600, for a person has to type, and a server
     * elsewhere to answer. */
    uint16_t user_s; /* 0: 60 */
} isakmp_peer_policy;

#define ISAKMP_DEFAULT_CONFIG_S 10

#define ISAKMP_DEFAULT_DPD_RETRY_S 2
#define ISAKMP_DEFAULT_DPD_TRIES   5
#define ISAKMP_DEFAULT_USER_S      60

/* ---- Phase 2 ------------------------------------------------------------------------------ */

/* One protection: a protocol with its algorithms.  Entries with the same `set` protect a packet
 * together, such as AH and ESP, and are negotiated as one proposal [RFC2408 4.2]; sets are
 * alternatives, the first being the best.  Elements of arrays cannot grow. */
typedef struct isakmp_protect {
    uint8_t set;       /* equal numbers stand next to each other                                 */
    uint8_t proto;     /* ISAKMP_PROTO_ESP or _AH                                                */
    uint8_t transform; /* ISAKMP_ESP_* or ISAKMP_AH_*                                            */
    uint8_t esn;       /* must be 0                                                              */
    uint16_t key_bits; /* of AES: 128, 192 or 256; else 0                                        */
    uint16_t integ;    /* ISAKMP_INTEG_*                                                         */
} isakmp_protect;

/* Which packets: a range of addresses (a subnet or one address is a range), a protocol and a
 * port. */
typedef struct isakmp_selector {
    uint8_t family; /* 4, 6, or 0: any -- see the fields that use it                             */
    uint8_t proto;  /* IP protocol, 0: any                                                       */
    uint16_t port;  /* 0: any                                                                    */
    uint8_t lo[16], hi[16]; /* first and last address; IPv4 in the first four octets             */
} isakmp_selector;

enum {
    ISAKMP_MODE_TUNNEL = 1,
    ISAKMP_MODE_TRANSPORT = 2
};

typedef struct isakmp_child_policy {
    uint32_t size;    /* sizeof(isakmp_child_policy)                                             */
    const char *name; /* for logs; may be NULL                                                   */
    const isakmp_protect *protect;
    size_t n_protect;
    uint8_t mode;       /* ISAKMP_MODE_*                                                         */
    uint8_t life_mode;  /* isakmp_life_mode                                                      */
    uint16_t pfs_group; /* ISAKMP_GROUP_*: offered and required.  0: not offered, and whatever the
                           peer asks for is accepted, but a weak one (isakmp_is_weak()) only if
                           the ISAKMP SA has it too                                              */
    /* As initiator: offered as they stand; family 0 stands for the address of that end.  As
     * responder: the offered selectors must lie within these; family 0 allows any.  In transport
     * mode a selector is one address.
     * With Mode Config family 0 stands for the client's address, at its end: as gateway leave `remote`
     * open, for within a whole pool each client could ask for the addresses of the others.  A peer that has
     * none, though its policy gives addresses, may have the one that it comes from. */
    isakmp_selector local, remote;
    uint32_t life_s;  /* seconds, 60 or more; 0: 28,800                                          */
    uint32_t life_kb; /* kilobytes of traffic, counted by the host; 0: no limit                  */
    uint32_t flags;   /* ISAKMP_CF_*                                                             */
    uint16_t replay_window; /* packets of the anti-replay window that the host keeps for what comes
                               in: 32 to 4,096 [RFC2406 3.4.3]; 0: 64                            */
} isakmp_child_policy;

#define ISAKMP_DEFAULT_REPLAY_WINDOW 64

/* Flags of a child policy */
enum {
    ISAKMP_CF_NO_INTEG = 1, /* ESP that encrypts without authenticating is meant, not forgotten  */
    ISAKMP_CF_REKEY = 2,    /* a child that nears its end is negotiated anew by the library, and one
                               that the peer negotiates for the same traffic takes the place of the
                               old one                                                           */
    ISAKMP_CF_REKEY_USED = 8, /* ... by the library only if the host has reported traffic through
                                    it (isakmp_child_traffic()), as routers do: else it ends, and
                                    whoever needs it again asks for it                           */
    ISAKMP_CF_NO_REPLAY = 4, /* no anti-replay window is kept for what comes in; the peer is told by
                               REPLAY-STATUS [RFC2407 4.6.3.2]                                   */
    ISAKMP_CF_TED = 256 /* Tunnel Endpoint Discovery may find the peer for this traffic, and probes
                               for it are answered.  Then it is tunnel mode, both selectors are set
                               and have neither protocol nor port; local is our half of every proxy,
                               and what a peer protects must lie within remote                   */
};

#define ISAKMP_DEFAULT_CHILD_LIFE_S 28800

/* ---- Checking and describing -------------------------------------------------------------- */

/* Is a policy valid, and can the provider do what it asks for?  isakmp_connect() and the others
 * check with the same rules; a host that reads policies from its user calls this to say what is
 * wrong.
 *   crypto   the provider; NULL: only the rules are checked.
 *   why      gets one sentence if it is not valid, with a final zero octet; may be NULL with cap 0.
 *   cap      octets at why.
 *   returns  ISAKMP_OK or ISAKMP_E_ARG.  [q] */
ISAKMP_API int isakmp_peer_policy_check(const isakmp_peer_policy *p, const isakmp_crypto *crypto,
                                        char *why, size_t cap);
ISAKMP_API int isakmp_child_policy_check(const isakmp_child_policy *p, const isakmp_crypto *crypto,
                                         char *why, size_t cap);

/* A selector from and to an identification [RFC2407 4.6.2].
 *   returns  ISAKMP_OK, or ISAKMP_E_MALFORMED if the identification is no address, subnet or
 *            range.  isakmp_selector_to_id() writes 4 to 32 octets of data to buf and lets id refer
 *            to them; a range that is a subnet becomes one.  [q] */
ISAKMP_API int isakmp_selector_from_id(isakmp_selector *out, const isakmp_id *id);
ISAKMP_API int isakmp_selector_to_id(isakmp_id *out, uint8_t buf[32], const isakmp_selector *s);
/* Does one selector lie within another?  Family 0 of the outer one is any.  1 or 0.  [q] */
ISAKMP_API int isakmp_selector_within(const isakmp_selector *inner, const isakmp_selector *outer);
/* As text, such as "10.1.0.0/16" or "10.0.0.1-10.0.0.9 tcp/80".
 * Parameters and result as isakmp_dump().  [q] */
ISAKMP_API size_t isakmp_selector_text(char *out, size_t cap, const isakmp_selector *s);

/* Do two identifications name the same thing: same type and same data, names without regard to
 * case, distinguished names without regard to case, spaces and kinds of strings [RFC5280 7.1]?  1 or 0.  [q] */
ISAKMP_API int isakmp_id_equal(const isakmp_id *a, const isakmp_id *b);

/* A policy or a protection in the words of the field, such as "aes256-sha256-modp2048 psk" or
 * "esp aes128-sha1".  Parameters and result as isakmp_dump().  [q] */
ISAKMP_API size_t isakmp_policy_text(char *out, size_t cap, const isakmp_policy *p);
ISAKMP_API size_t isakmp_protect_text(char *out, size_t cap, const isakmp_protect *p);

/* ---- The mismatch report ------------------------------------------------------------------ */

/* Why no proposal was chosen.  A report is part of an ISAKMP_EV_REFUSED event: borrowed for the
 * call.  It holds one row for each pair of an offered transform and one of our policies (or
 * protections), our best first. */
typedef struct isakmp_report isakmp_report;

typedef struct isakmp_mismatch {
    uint8_t proposal, transform; /* their numbers in the offer                                   */
    uint8_t protocol;            /* of the offered proposal: ISAKMP_PROTO_*                      */
    uint16_t priority;           /* phase 1: of our policy.  Phase 2: our set                     */
    uint16_t attr;               /* the attribute that failed: ISAKMP_ATTR_* or ISAKMP_SA_ATTR_*;
                                    0: `what` says it                                             */
    uint32_t offered, ours;      /* its values; offered UINT32_MAX: not offered                   */
    const char *what;            /* static text: "hash", "key length", "lifetime in seconds", ... */
} isakmp_mismatch;

/* One row of a report.
 *   i        from 0.
 *   returns  ISAKMP_OK, or ISAKMP_NONE after the last one.  [q] */
ISAKMP_API int isakmp_report_get(const isakmp_report *r, size_t i, isakmp_mismatch *out);

/* One row as a sentence, such as
 * "proposal 1, transform 2, policy 10: hash is md5, ours is sha256".
 * Parameters and result as isakmp_dump().  [q] */
ISAKMP_API size_t isakmp_mismatch_text(char *out, size_t cap, const isakmp_report *r,
                                       const isakmp_mismatch *m);

#ifdef __cplusplus
}
#endif
#endif
