/* isakmp/host.h -- the callbacks: what the library asks the host to do, asks it, and tells it.
 *
 *   DO    perform an effect: send a datagram, install an SA.  State is committed before.
 *   ASK   answer a question: now, or return ISAKMP_PENDING, keep the ticket, and call
 *         isakmp_answer() later.  The exchange waits; its timers go on.
 *   TELL  take note.
 *
 * From inside any callback only queries [q] may be called; every other function returns
 * ISAKMP_E_REENTRANT and changes nothing.  To start something in answer to an event, remember it
 * and call after the function that is running has returned.
 *
 * Pointers given to a callback are valid during the call only. */
#ifndef ISAKMP_HOST_H
#define ISAKMP_HOST_H

#include "modecfg.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- What the callbacks carry ------------------------------------------------------------- */

/* One IPsec SA, one direction, ready for a SAD [RFC4301 4.4.2.1]. */
typedef struct isakmp_sad_entry {
    uint8_t inbound; /* 1: for packets that come to us                                      */
    uint8_t mode;    /* ISAKMP_MODE_*                                                       */
    uint8_t natt;    /* 1: ESP in UDP between the ports of src and dst [RFC3948]; or
                             ISAKMP_NATT_PORT_500                                                */
    uint8_t replay;  /* inbound: 1: keep an anti-replay window.  Outbound: 1: the peer keeps one,
                             and its sequence number must not begin anew; 0: it has said that it does
                             not                                                                 */
    uint32_t spi;    /* host order                                                          */
    isakmp_addr src, dst; /* outer addresses                                                     */
    isakmp_protect algs;  /* protocol and algorithms                                             */
    isakmp_span enc_key, auth_key; /* keys, wiped after the call; empty when an entry is removed */
    isakmp_selector local, remote; /* whose traffic; a selector's family is never 0 here         */
    uint32_t life_s, life_kb;      /* hard lifetimes; 0 kilobytes: no limit                      */
    /* Transport mode behind a NAT: the peer's own address, and what it takes for ours.  Its packets
     * were made with them, and so were the checksums of TCP and UDP in them [RFC3948 3.1.2].  Family 0:
     * it did not say, or the entry is removed.  No ports. */
    isakmp_addr original_remote, original_local;
    uint16_t replay_window; /* inbound: packets of the anti-replay window; 0: none is kept       */
    uint8_t sha256_96; /* 1: the integrity check value of HMAC-SHA2-256 has 96 bits here, not the
                               128 of RFC 4868                                                   */
} isakmp_sad_entry;

/* In isakmp_sad_entry.natt: ESP in UDP as in the first drafts of NAT traversal, on port 500, each packet
 * behind eight zero octets, where ISAKMP has the initiator's cookie. */
#define ISAKMP_NATT_PORT_500 2

/* Who is asking, and what is known about the peer at this moment. */
typedef struct isakmp_query {
    isakmp_sa_id sa;
    const isakmp_path *path;
    uint8_t exchange;                 /* ISAKMP_EXCH_MAIN or _AGGRESSIVE                         */
    uint8_t initiator;                /* 1: we began                                             */
    isakmp_id peer_id;                /* what the peer says it is, not proven; type NONE: not
                                         said yet.  As initiator: whose public key is used, or
                                         what the policy expects                                 */
    const isakmp_peer_policy *policy; /* NULL in find_peer                                       */
    const isakmp_span *wanted; /* names (DER) of the CAs whose certificates the peer asks for;
                                  an empty one: of any                                           */
    size_t n_wanted;
    isakmp_span user; /* of the client, as check_user has believed it; empty: none.  With hybrid
                         authentication it is all that is known of a client                     */
} isakmp_query;

/* ---- Public keys [RFC2409 5.1 to 5.3, RFC4945] -------------------------------------------- */

/* Hybrid authentication is by RSA signatures here: where a method is given to a callback, it is
 * ISAKMP_AUTH_RSA_SIG.
 *
 * What there is for authentication by public keys between us and a peer.  What it points to is
 * borrowed until the function of the library that asked for it has returned. */
typedef struct isakmp_credentials {
    uint32_t methods;         /* those that can be used: 1 << ISAKMP_AUTH_*.  Signatures need our
                                 private key; encrypted nonces that, and a public key of the peer:
                                 as responder, of anybody who may be at its address              */
    const isakmp_span *certs; /* our certificate (X.509, DER), then those that lead to a CA      */
    size_t n_certs;           /* 0: none; the peer has our public key by hand                    */
    const isakmp_span *cas;   /* names (DER) of the CAs whose certificates we ask the peer for   */
    size_t n_cas;             /* 0: none is asked for; we have the peer's public key by hand     */
    isakmp_id peer_id;        /* encrypted nonces, as initiator: whose public key it is that we
                                 encrypt with; the peer must prove this identity.  Type NONE: the
                                 key is for whoever the peer says it is                          */
    isakmp_span peer_cert;    /* encrypted nonces, as initiator: the certificate (DER) of that key,
                                 if the peer has several keys and must be told which one it is:
                                 HASH(1).  Empty: it is not told                                 */
} isakmp_credentials;

/* How a peer proves its identity, which is q->peer_id. */
typedef struct isakmp_proof {
    uint16_t auth;            /* ISAKMP_AUTH_*                                                   */
    isakmp_span hash;         /* what was signed: HASH_I or HASH_R, as it is, without DigestInfo */
    isakmp_span signature;    /* RSA: a number as long as the modulus; ECDSA: r | s [RFC4754 7]  */
    const isakmp_cert *certs; /* what the peer sent, in its order, encodings mixed               */
    size_t n_certs;
    isakmp_span digest_info; /* RSA, if the policy has ISAKMP_PF_DIGEST_INFO: the same hash within a
                                 DigestInfo; a signature over that is as good.  Else empty        */
} isakmp_proof;

/* What is to be encrypted for a peer: the body of a Nonce or Identification payload [RFC2409 5.2, 5.3]. */
typedef struct isakmp_plain {
    uint16_t auth; /* ISAKMP_AUTH_RSA_ENCR or _RSA_ENCR_REV                                      */
    isakmp_span data;
    const isakmp_cert *certs; /* as responder of the revised mode: what the peer sent with it, not
                                 proven; its key may be in them                                  */
    size_t n_certs;
} isakmp_plain;

/* What a peer has encrypted for us. */
typedef struct isakmp_sealed {
    uint16_t auth; /* ISAKMP_AUTH_RSA_ENCR or _RSA_ENCR_REV                                 */
    uint16_t hash; /* the hash that was agreed on: ISAKMP_HASH_*                            */
    isakmp_span
        hash_1; /* HASH(1), by which the peer tells which of our keys it has used: the hash, as
                           above, of our certificate (DER) for that key.  Empty, or none of ours:
                           the first one for encryption                                          */
    isakmp_span data; /* one RSA block: a number as long as the modulus                        */
} isakmp_sealed;

/* How we answer a probe of Tunnel Endpoint Discovery. */
typedef struct isakmp_ted_answer {
    const isakmp_child_policy
        *policy;         /* for the flow, as isakmp_host.find_ted says: borrowed for the
                                          call.  It must have ISAKMP_CF_TED                      */
    isakmp_addr gateway; /* our own address, for ISAKMP with whoever asks: the answer comes from it
                            and names it.  Its port is that of ISAKMP here and there, 500        */
} isakmp_ted_answer;
/* ---- XAUTH: users of clients [draft-beaulieu-ike-xauth-02] --------------------------------- */

/* After phase 1 the gateway asks the client for its user, in one round or in several, and says in the end whether
 * it is content.  Each side has one callback for that, and it goes like this:
 *
 *     gateway   check_user(round 0)            what is to be asked?        name and password
 *     client    get_user                       who is it?                  joe, secret
 *     gateway   check_user(joe, secret)        is that so?                 not yet: what is the number on his card?
 *     client    get_user                                                   492
 *     gateway   check_user(492)                                            yes
 *
 * Until then nothing but Informational passes.  What is told here is secret, and wiped when it has been used:
 * so should the host.  With a pre-shared key that many have each of them can play the gateway and learn the
 * passwords of others: give gateways certificates (RSA signatures, hybrid).
 *
 * A client that renews its ISAKMP SA is not asked again if it has proved itself by a public key of its own, is at
 * the address and port where it was, and has an SA there that is up; but see ISAKMP_PF_XAUTH_AGAIN.  With a
 * pre-shared key nobody but the host knows whether it is one client's: there check_user gets `known`, and may
 * say yes. */

/* What is asked for, or told, as bits: 1 << (attribute - 16520) */
enum {
    ISAKMP_ASK_USER_NAME = 1 << 1,
    ISAKMP_ASK_USER_PASSWORD = 1 << 2, /* of RADIUS-CHAP: an octet of choice, and MD5 of it, the
                                          password and the challenge; of OTP and S/KEY: the reply  */
    ISAKMP_ASK_PASSCODE = 1 << 3, /* from a token                                             */
    ISAKMP_ASK_DOMAIN = 1 << 6,
    ISAKMP_ASK_NEXT_PIN =
        1 << 8, /* a new one of the user's choice; nothing else is asked for with it */
    ISAKMP_ASK_ANSWER = 1 << 9 /* to the message; nothing else is asked for with it            */
};

/* One round.  Text is as the other side sent it: any octets at all, so show it with care and never execute it. */
typedef struct isakmp_user {
    uint16_t type;  /* ISAKMP_XAUTH_*; others may come                                           */
    uint16_t asked; /* ISAKMP_ASK_*: for the client to fill in; of its answer: what it has        */
    uint8_t round;  /* of check_user: which it is, from 1; 0: nothing has been asked yet         */
    isakmp_span user_name, user_password, passcode, domain, next_pin, answer;
    isakmp_span message;   /* from the gateway to the user                                        */
    isakmp_span challenge; /* from the gateway, for types other than generic                      */
    isakmp_span
        known; /* round 0: the user of an SA that is up with who seems to be the same client: it
                          has the same identity, key, address and port.  Empty: there is none     */
} isakmp_user;

/* How many of a peer's certificates, and of its requests for ours, are looked at (of requests at most
 * ISAKMP_MAX_WANTED octets).  A message can have ISAKMP_MAX_PAYLOADS payloads in all. */
#define ISAKMP_MAX_CERTS 8
/* The longest signature, and the longest RSA block, in octets: RSA with 8192 bits. */
#define ISAKMP_MAX_SIGNATURE 1024
#define ISAKMP_MAX_CERT_REQS 8

typedef enum isakmp_event_type {
    ISAKMP_EV_SA_UP = 1,  /* an ISAKMP SA is established                                         */
    ISAKMP_EV_SA_SOFT,    /* ... nears the end of its lifetime: negotiate a new one              */
    ISAKMP_EV_SA_DOWN,    /* ... has ended, or never came up: see why                            */
    ISAKMP_EV_CHILD_UP,   /* a child's SAs are installed in both directions; not told of one that
                             gives way at once, to one that the peer has begun at the same time  */
    ISAKMP_EV_CHILD_SOFT, /* ... near the end of their lifetime: negotiate new ones              */
    ISAKMP_EV_CHILD_DOWN, /* ... have been removed, or never came up: see why                    */
    ISAKMP_EV_REFUSED,    /* we refused what a peer proposed, or who it is: see why, report,
                             expected_id, local and remote; or what
                             it sends does not fit our key, which is told once: we go on waiting */
    ISAKMP_EV_NOTIFY,     /* the peer sent a notify: see notify and authentic                    */
    ISAKMP_EV_NAT,        /* NAT traversal is in use for this SA: see path and nat               */
    ISAKMP_EV_SA_XAUTH, /* phase 1 is through, and the client's user is to be authenticated by XAUTH;
                             with hybrid authentication only the gateway has proved its identity  */
    ISAKMP_EV_LIFE, /* the lifetime that the peer has for what is up now is another than ours: see
                             life_peer, life_ours, life_used                                     */
    ISAKMP_EV_REDIRECT, /* the gateway wants to be replaced by another one: see gateway.  What to do is
                             the host's business                                                 */
    ISAKMP_EV_CONFIG,      /* Mode Config is through, or what it brought is kept: see assignment  */
    ISAKMP_EV_CONFIG_NONE, /* ... has brought nothing: see why.  Children go on without           */
    ISAKMP_EV_CONFIG_END, /* the addresses in assignment are the client's no more, if they ever were: as
                              gateway, what assign gave can be given to others                    */
    ISAKMP_EV_TED_PEER, /* a gateway has answered our probe: sa and child are being negotiated with it,
                             or were there before.  Nothing is proved by that                    */
    ISAKMP_EV_TED_FAILED, /* a discovery has come to nothing: see why.  path is the flow: from its
                             source (local) to its destination (remote)                          */
    ISAKMP_EV_XAUTH_TEXT /* the gateway has a text for the user, with its yes or no: see text     */
} isakmp_event_type;

/* Which ends are behind a NAT, in isakmp_event.nat */
enum {
    ISAKMP_NAT_LOCAL = 1,
    ISAKMP_NAT_REMOTE = 2
};

typedef struct isakmp_event {
    uint16_t type;     /* isakmp_event_type                                                      */
    uint8_t authentic; /* of a notify: 1 if it came protected.  One that did not proves nothing  */
    uint8_t nat;
    isakmp_sa_id sa;       /* { 0 } if the event is about none                                    */
    isakmp_child_id child; /* { 0 } if the event is about none                                    */
    const isakmp_path *path;
    isakmp_id peer_id; /* type NONE if not known                                                 */
    const isakmp_peer_policy *peer_policy;   /* NULL if not known                                */
    const isakmp_child_policy *child_policy; /* NULL if not known                                */
    isakmp_reason why;
    const isakmp_notify *notify; /* NULL unless ISAKMP_EV_NOTIFY                                 */
    const isakmp_report *report; /* the mismatch report, NULL if there is none                   */
    isakmp_id
        expected_id; /* if why is ISAKMP_D_ID_REFUSED: whom we expected where peer_id came; else
                              type NONE                                                          */
    const isakmp_selector *local,
        *remote;                /* of a child; of a refused Quick Mode those that the peer
                              wants; NULL if not known                                           */
    const isakmp_addr *gateway; /* of ISAKMP_EV_REDIRECT, else NULL                              */
    uint32_t life_peer, life_ours, life_used; /* of ISAKMP_EV_LIFE, in seconds                   */
    const isakmp_assignment *assignment; /* NULL unless ISAKMP_EV_CONFIG or _CONFIG_END          */
    /* The SA, or child, that this one replaces, or was to replace; of one that is down: that which has taken
     * its place, or is being negotiated for that.  { 0 }: none. */
    isakmp_sa_id other_sa;
    isakmp_child_id other_child;
    isakmp_span user; /* of the client, as check_user has believed it; empty: none                */
    isakmp_span text; /* of ISAKMP_EV_XAUTH_TEXT: any octets at all                               */
} isakmp_event;

/* How much log there is. */
enum {
    ISAKMP_LOG_ERROR = 1,
    ISAKMP_LOG_INFO = 2,
    ISAKMP_LOG_DEBUG = 3
};

/* ---- The table ---------------------------------------------------------------------------- */

/* The host's callbacks; `user` is given back in each.  Those marked "optional" may be NULL.  The
 * table is caller's memory until wipe. */
typedef struct isakmp_host {
    uint32_t size; /* sizeof(isakmp_host) */
    void *user;

    /* -- DO -- */

    /* Send a datagram along a path, from the socket that path->natt names.
     *   returns  ISAKMP_OK or negative; a failure is only counted, as if the datagram were lost. */
    int (*send)(void *user, const isakmp_path *path, isakmp_span datagram);

    /* Put one IPsec SA into the SAD, ready for use: the inbound ones of a child before the peer
     * can use them, the outbound ones when the peer is known to be ready.
     *   returns  ISAKMP_OK or negative: then the child is closed, and what was installed of it is
     *            removed again. */
    int (*sa_install)(void *user, isakmp_child_id child, const isakmp_sad_entry *e);

    /* Take one IPsec SA out of the SAD: the same entry as was installed, without keys. */
    void (*sa_remove)(void *user, isakmp_child_id child, const isakmp_sad_entry *e);

    /* Optional.  isakmp_deadline() has changed. */
    void (*timer)(void *user, isakmp_time deadline);

    /* -- ASK -- each returns ISAKMP_OK with the answer, ISAKMP_NONE if there is none,
     * ISAKMP_PENDING to answer later, or negative if asking failed.  What isakmp_answer() then
     * brings as value is said under "later". */

    /* Which policy is for a peer that begins a phase 1 exchange with us?
     *   q      in Main Mode only the addresses are known, in Aggressive Mode also peer_id.
     *   out    gets the policy: borrowed while in use.
     *   later  the policy itself (const isakmp_peer_policy *); n is not looked at.
     * Without this callback nobody is answered. */
    int (*find_peer)(void *user, isakmp_ticket t, const isakmp_query *q,
                     const isakmp_peer_policy **out);

    /* The pre-shared key for a peer.  Asked before anything is offered or accepted: without a key
     * (ISAKMP_NONE) the policies that need one are left out.
     *   key    gets at most cap octets, at least 1;  n: gets how many.
     *   later  the key and its length. */
    int (*get_psk)(void *user, isakmp_ticket t, const isakmp_query *q, uint8_t *key, size_t cap,
                   size_t *n);

    /* Optional.  What we have for public-key authentication with a peer.  Without this callback no
     * policy with public keys is offered or matched.
     *   auth   0: only out->methods is looked at; else the method in use (ISAKMP_AUTH_*), and the
     *          certificates and CAs for it are wanted; of encrypted nonces also peer_id and
     *          peer_cert.  ISAKMP_AUTH_RSA_ENCR is asked for, too, while a signature is made, when the
     *          peer wants the certificate of our key for encryption.
     *   out    zeroed before; what is not set is not there.
     *   later  a const isakmp_credentials *; n sizeof(isakmp_credentials). */
    int (*get_credentials)(void *user, isakmp_ticket t, const isakmp_query *q, uint16_t auth,
                           isakmp_credentials *out);

    /* Optional.  Without both sign and verify no policy with signatures is offered or matched.
     * Sign with our private key [RFC2409 5.1].
     *   hash   HASH_I or HASH_R, to be signed as it is: for RSA in PKCS #1 v1.5 block type 1
     *          without a DigestInfo, for ECDSA in the place of the digest.
     *   sig    gets at most cap octets, as isakmp_proof.signature says;  n: gets how many.
     *   later  the signature and its length. */
    int (*sign)(void *user, isakmp_ticket t, const isakmp_query *q, uint16_t auth, isakmp_span hash,
                uint8_t *sig, size_t cap, size_t *n);

    /* Optional; a client of hybrid authentication needs only this one.  Is the peer who it says it is (q->peer_id), and is
     * the signature made with its key?  Only ISAKMP_OK says yes.
     *   why    if the answer is ISAKMP_NONE: an isakmp_detail that says what is wrong.
     *   later  after ISAKMP_NONE: `why`, a uint16_t; n 2. */
    int (*verify)(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_proof *p,
                  uint16_t *why);

    /* Optional.  Without both encrypt and decrypt no policy with encrypted nonces is offered or matched.
     * Encrypt with the public key of q->peer_id (type NONE, as initiator: with that of whoever is at
     * q->path->remote): RSAES-PKCS1-v1_5 [RFC8017 7.2.1].
     *   out      gets at most cap octets, one RSA block;  n: gets how many.
     *   later    the block and its length, also after ISAKMP_NONE.
     *   returns  ISAKMP_NONE if there is no key for this identity.  As initiator that ends the exchange.
     *            As responder it goes on all the same, and fails in the end like one with a wrong key,
     *            so that nobody learns whom we know: the host should have encrypted p->data with some
     *            other key, of the length that the peer's would have, to take as long as ever; the
     *            library makes sure that what was encrypted is of no use.  With n 0 it invents a block.
     *            ISAKMP_E_SPACE if p->data is too long for the key: as initiator that is
     *            ISAKMP_D_ID_TOO_LONG, as responder the same as ISAKMP_NONE. */
    int (*encrypt)(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_plain *p,
                   uint8_t *out, size_t cap, size_t *n);

    /* Optional, see encrypt.  The bare RSA operation with our private key [RFC8017 5.1.2]: nothing is
     * looked at in the result, and no padding taken off (PKCS #11: CKM_RSA_X_509, not CKM_RSA_PKCS; an
     * HSM that can only take padding off cannot be used).  The library does that in constant time,
     * because every difference that can be seen between good and bad padding gives the key away bit by
     * bit: so never answer sooner or later, or negative, because of what the block holds.  There is one
     * question at a time in an exchange, and 16 in all.
     *   block    gets at most cap octets, as long as the modulus;  n: gets how many.
     *   later    the block and its length.
     *   returns  ISAKMP_NONE if s->data, whose length is what the peer has sent, is not a number below
     *            the modulus: that counts as bad padding. */
    int (*decrypt)(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_sealed *s,
                   uint8_t *block, size_t cap, size_t *n);

    /* Which policy is for traffic that a peer wants to protect?
     *   local, remote  the selectors that the peer proposes.
     *   out            gets the policy: borrowed while in use.  The library itself checks that the
     *                  selectors lie within the policy's.
     *   later          the policy itself (const isakmp_child_policy *); n is not looked at.
     * Without this callback no child is accepted. */
    int (*find_child)(void *user, isakmp_ticket t, isakmp_sa_id sa, const isakmp_selector *local,
                      const isakmp_selector *remote, const isakmp_child_policy **out);

    /* Optional.  An SPI for a child's inbound packets to path->local, from 256 on, that is not in use.
     * It belongs to the child until ISAKMP_EV_CHILD_DOWN, installed or not.
     *   later  the SPI: a uint32_t in host order, n 4.
     * Without this callback the library picks one that no other child of the context has. */
    int (*get_spi)(void *user, isakmp_ticket t, isakmp_child_id child, uint8_t proto,
                   const isakmp_path *path, uint32_t *spi);

    /* -- TELL -- all optional -- */

    void (*event)(void *user, const isakmp_event *ev);

    /* A peer has proved by a signature that it is q->peer_id, and its policy names encrypted nonces, too.
     * Their keys may be kept for these next time: but nobody has looked at any of them, some may be
     * of somebody else, and they are there during the call only.
     *   certs  what the peer sent, in its order, encodings mixed. */
    void (*learn)(void *user, const isakmp_query *q, const isakmp_cert *certs, size_t n_certs);

    /* One line of log, without a newline.
     *   level  ISAKMP_LOG_*;  sa: { 0 } if the line is about none. */
    void (*log)(void *user, int level, isakmp_sa_id sa, const char *line);

    /* The cipher key of an ISAKMP SA, in the form that Wireshark's ikev1_decryption_table takes.
     * Never called unless set, and not compiled with ISAKMP_KEYLOG=0. */
    void (*keylog)(void *user, const uint8_t cky_i[ISAKMP_COOKIE_SIZE], isakmp_span key);

    /* -- ASK, as above -- */

    /* Optional.  What is a client to be given by Mode Config?  Without this callback it is given nothing.
     *   q    q->peer_id is proven.
     *   a    ip4, ip6: what it has from us already, so give it that again if it may keep it; attrs: what it
     *        asks for, values being its wishes; empty: it has not asked.
     *   out  gets the attributes, by isakmp_wr_cfg_addr() and its kin: at most ISAKMP_MAX_CFG octets.  The
     *        first address of each family is the client's from now on, in the place of what it had of that
     *        family, whose children end: each that this callback has given ends with one
     *        ISAKMP_EV_CONFIG_END, also if the client never heard of it.
     *   later    those octets.  If isakmp_answer() returns ISAKMP_E_STALE nobody has the address, but
     *            one that the client had before it was asked for (a->ip4) is still the client's.
     *   returns  ISAKMP_NONE if there is nothing for it, such as when no address is free. */
    int (*assign)(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_assignment *a,
                  isakmp_writer *out);
    /* -- Tunnel Endpoint Discovery -- both optional -- */

    /* DO: send a datagram with an IP source address that is not ours, such as through a raw socket.
     *   path     local: the flow's source and remote: its destination, with the UDP ports to be used;
     *            ifindex as isakmp_discover() was given it.
     *   returns  as send.
     * Without this callback isakmp_discover() is ISAKMP_E_STATE. */
    int (*send_as)(void *user, const isakmp_path *path, isakmp_span datagram);

    /* ASK: which entry of our SPD is for a flow that another gateway has sent a probe for?  The answer
     * cannot come later, for the host must know whether to forward the probe: ISAKMP_PENDING counts as
     * negative.  A host that must ask somebody first returns ISAKMP_NONE; a probe is repeated.
     *   path           the probe's addresses, as isakmp_input() was given them.
     *   local, remote  the flow's destination, which we may protect, and its source: single addresses.
     *   out            zeroed before; both fields must be set.
     *   returns  ISAKMP_OK; ISAKMP_NONE if no entry matches, if the first one that does exempts the
     *            flow ("deny") or has a peer of its own (discovery never overrides what is
     *            configured), or if probes are not to be answered there.
     * Without this callback no probe is answered. */
    int (*find_ted)(void *user, const isakmp_path *path, const isakmp_selector *local,
                    const isakmp_selector *remote, isakmp_ted_answer *out);

    /* Optional.  As client: the gateway, which has proved itself in phase 1, asks who our user is.  Without
     * this callback it is told that nobody is there.
     *   asked   what it wants (asked->asked), the message for the user, the challenge.
     *   out     zeroed before; gets what was asked for; the rest is not sent.  What it points to is borrowed
     *           until the function of the library that asked has returned.
     *   later   a const isakmp_user *; n sizeof(isakmp_user).
     *   returns ISAKMP_NONE to decline, or if the type is not known here: the SA ends. */
    int (*get_user)(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_user *asked,
                    isakmp_user *out);

    /* Optional.  As gateway: is the client's user who it says it is?  Only ISAKMP_OK says yes.  Without this
     * callback the answer is no.
     *   got     what the client has told; of round 0 nothing, and the question is what to ask it for.
     *   out     zeroed before; borrowed as with get_user.  ISAKMP_OK: user_name is the name that is told
     *           and kept, 0 to ISAKMP_MAX_USER octets; empty: got->user_name, or in round 0 got->known.
     *           ISAKMP_NONE: if there is something in asked, the client is asked for that (type, message
     *           and challenge with it), such as once more after a wrong password, ISAKMP_MAX_USER_ROUNDS
     *           times in all; else it is told no, and the SA ends; but in round 0 it is then asked for name
     *           and password.  A message goes with each of them.
     *   later   also after ISAKMP_NONE: a const isakmp_user *; n sizeof(isakmp_user), or 0: nothing. */
    int (*check_user)(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_user *got,
                      isakmp_user *out);

    /* DO.  Optional.  The peer, which is behind a NAT, has another address or port there [RFC3947 7]: from now
     * on this IPsec SA is between these ends; its keys, its selectors and its sequence numbers stay.  Called
     * for each SA of the peer's children, of either direction.  Without this callback packets go where the
     * peer was, until the child is negotiated anew.
     *   e         as sa_remove would have it: with the ends that it had until now.
     *   src, dst  the new ends, as in isakmp_sad_entry; sa_remove will have them. */
    void (*sa_move)(void *user, isakmp_child_id child, const isakmp_sad_entry *e,
                    const isakmp_addr *src, const isakmp_addr *dst);
} isakmp_host;

/* One sentence about an event, with the reason, such as
 * "ISAKMP SA with 192.0.2.1:500 is down: the peer did not answer (message 1)".
 *   peer text is bounded and escaped.  Parameters and result as isakmp_dump().  [q] */
ISAKMP_API size_t isakmp_event_text(char *out, size_t cap, const isakmp_event *ev);

#ifdef __cplusplus
}
#endif
#endif
