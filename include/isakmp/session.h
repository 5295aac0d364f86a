/* isakmp/session.h -- the context: bytes and time in; bytes, effects and one deadline out.
 *
 * A host does four things for ever:
 *
 *     isakmp_input(x, now, &path, datagram, n);   when a datagram has come
 *     isakmp_tick(x, now);                        when isakmp_deadline(x) has come, also between
 *                                                 datagrams that never cease
 *     isakmp_answer(x, now, ticket, ...);         when a parked question can be answered
 *     isakmp_connect(...), isakmp_close(...)      when its user wants something
 *
 * One context, one thread at a time; contexts share nothing.  All memory is one arena that the
 * host gives; nothing is allocated after isakmp_ctx_init(). */
#ifndef ISAKMP_SESSION_H
#define ISAKMP_SESSION_H

#include "exchange.h"
#include "host.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct isakmp_ctx isakmp_ctx;

/* ---- Configuration ------------------------------------------------------------------------ */

/* How many there may be at once.  These size the arena, and bound what a flood can take. */
typedef struct isakmp_limits {
    uint32_t sas;                /* ISAKMP SAs.  One that is negotiated anew is there twice for some
                                    seconds: with ISAKMP_PF_REKEY one peer needs 2, as does a peer
                                    that comes again before its old SA is gone                   */
    uint32_t children;           /* children, likewise: with ISAKMP_CF_REKEY 2 for each          */
    uint32_t exchanges;          /* exchanges that run, or are kept to answer repeated messages  */
    uint32_t half_open;          /* phase 1 exchanges begun by peers; 0: half of exchanges       */
    uint32_t half_open_per_addr; /* ... by one address; 0: half of half_open                     */
    uint32_t packets;            /* messages kept for retransmission or until an answer comes;
                                    0: as many as exchanges, and half as many again.  At most a
                                    quarter of them (at least one) holds messages of which not all
                                    fragments have come, while no exchange needs them            */
    uint32_t max_datagram;       /* octets of the longest message, marker included: 576 to 65,535 */
    uint32_t max_dh;             /* octets of the longest public value: 32 to 1024.  Groups beyond
                                    it are neither offered nor matched                           */
    uint32_t assignments;        /* clients that have addresses by Mode Config; 0: as many as
                                    sas, if isakmp_mode_config is named                          */
    uint32_t discoveries;        /* probes of Tunnel Endpoint Discovery that wait for an answer, and
                                    what is remembered of earlier ones; 0: 8.  Without isakmp_ted
                                    there are none                                               */
    uint32_t users;              /* clients whose user XAUTH has found, if isakmp_xauth is named;
                                    0: as many as sas                                            */
} isakmp_limits;

typedef struct isakmp_config {
    uint32_t size; /* sizeof(isakmp_config), set by isakmp_config_init()                          */
    isakmp_limits limits;
    const isakmp_crypto *crypto;               /* caller's memory until wipe                    */
    const isakmp_host *host;                   /* caller's memory until wipe                    */
    const isakmp_exchange *const *exchanges;   /* ends with NULL; caller's memory until wipe    */
    const isakmp_extension *const *extensions; /* ends with NULL, or NULL: none                 */
    uint32_t retransmit_ms;     /* until the first repetition; doubles each time                 */
    uint32_t retransmit_max_ms; /* the longest wait between two repetitions                      */
    uint8_t retransmit_tries;   /* repetitions before the peer is given up                       */
    uint8_t reply_tries;        /* how often one stored reply is repeated when asked again       */
    uint32_t half_open_ms;      /* how long a phase 1 exchange begun by a peer may take          */
    uint32_t linger_ms;         /* how long the end of an exchange is kept to answer repetitions */
    uint16_t natt_port;         /* the port of the UDP-encapsulation socket, here and there      */
    uint16_t natt_keepalive_s; /* behind a NAT one octet is sent to a peer to which nothing else was
                                   sent for so many seconds [RFC3948 4]; 0: never                */
} isakmp_config;

/* Fill in sane defaults: 16 SAs, 32 children, 16 exchanges, messages of 4,096 octets, groups up to
 * 4096 bits; retransmission after 1 s, doubling to 16 s, 5 times; 30 s half open, 30 s linger; 20 s
 * between NAT keepalives;
 * which exchanges and extensions there are is for the caller to say: you link what you name.
 *   size  sizeof(isakmp_config).  [q] */
ISAKMP_API void isakmp_config_init(isakmp_config *c, size_t size);

/* Is a configuration sound?  isakmp_ctx_init() checks by the same rules.
 *   why      gets one sentence if it is not, with a final zero octet; may be NULL with cap 0.
 *   cap      octets at why.
 *   returns  ISAKMP_OK or ISAKMP_E_ARG.  [q] */
ISAKMP_API int isakmp_config_check(const isakmp_config *c, char *why, size_t cap);

/* ---- Context ------------------------------------------------------------------------------ */

/* The exact size of the arena for a configuration, in octets.
 *   returns  0 if the limits are not valid.  [q] */
ISAKMP_API size_t isakmp_ctx_size(const isakmp_config *c);

/* Make a context.
 *   out    gets the context, which lies in mem.
 *   mem    caller's memory until wipe; aligned as malloc() would.
 *   mem_n  octets at mem, at least isakmp_ctx_size(c).
 *   c      copied; what it refers to is caller's memory until wipe.
 *   returns  ISAKMP_OK; ISAKMP_E_ARG (isakmp_config_check() says what is wrong); ISAKMP_E_SPACE;
 *            ISAKMP_E_CRYPTO if there is no randomness. */
ISAKMP_API int isakmp_ctx_init(isakmp_ctx **out, void *mem, size_t mem_n, const isakmp_config *c,
                               isakmp_time now);

/* End everything at once, without a word to anybody and without callbacks, and set the whole
 * arena to zero.  To say goodbye, close the SAs first.  From inside a callback it does nothing. */
ISAKMP_API void isakmp_ctx_wipe(isakmp_ctx *x);

/* ---- In: bytes and time ------------------------------------------------------------------- */

/* A datagram has come.
 *   path  from path->remote to path->local; path->natt as isakmp_path says.
 *   data  n octets; overwritten (decrypted in place); borrowed for the call.
 *   returns  ISAKMP_OK if the message had an effect, ISAKMP_IGNORED if not (isakmp_count() says
 *            why), ISAKMP_E_ARG, ISAKMP_E_REENTRANT.
 *
 * Probes of Tunnel Endpoint Discovery (exchange type 240, in octet 18 of a message) are not addressed to
 * the host, but pass through it: it hands them in with the addresses of their IP header, and what is then
 * ISAKMP_IGNORED it forwards as if it had not looked at it.  The others end here, also where there was a
 * reason not to answer. */
ISAKMP_API int isakmp_input(isakmp_ctx *x, isakmp_time now, const isakmp_path *path, uint8_t *data,
                            size_t n);

/* Time has passed: repeat, expire.  Call it when isakmp_deadline() has come; earlier does no harm.
 *   returns  ISAKMP_OK or ISAKMP_E_REENTRANT. */
ISAKMP_API int isakmp_tick(isakmp_ctx *x, isakmp_time now);

/* When isakmp_tick() is due; ISAKMP_NEVER if nothing is waiting.  [q] */
ISAKMP_API isakmp_time isakmp_deadline(const isakmp_ctx *x);

/* Answer a question for which a callback had returned ISAKMP_PENDING.
 *   rc     what the callback would have returned.
 *   value  what it would have given, as host.h and crypto.h say for each under "later"; n octets;
 *          borrowed for the call.
 *   returns  ISAKMP_OK, ISAKMP_E_STALE if nobody waits for the answer any more, ISAKMP_E_ARG if
 *            rc is none that the callback may return, or the value is missing or has not the right
 *            size (the question stays open), ISAKMP_E_REENTRANT. */
ISAKMP_API int isakmp_answer(isakmp_ctx *x, isakmp_time now, isakmp_ticket ticket, int rc,
                             const void *value, size_t n);

/* ---- What the user wants ------------------------------------------------------------------ */

/* Begin to negotiate an ISAKMP SA with a peer.  ISAKMP_EV_SA_UP or _SA_DOWN follows; the latter may be
 * told before this function returns, if the host or the provider fails at once.
 *   policy    borrowed while in use.
 *   path      copied; both addresses, of one family, and the peer's port must be set.
 *   exchange  ISAKMP_EXCH_MAIN or ISAKMP_EXCH_AGGRESSIVE; 0: Aggressive Mode if the policy knows only
 *             pre-shared keys and expects a name (in Main Mode the peer could not find the key of a
 *             name), else Main Mode.
 *   out       gets the id.
 *   returns   ISAKMP_OK; ISAKMP_E_ARG (isakmp_peer_policy_check() says what is wrong; or none of its
 *             policies can be used with this provider and limits.max_dh: the log says why); E_STATE
 *             if the exchange is not in the config; ISAKMP_E_LIMIT; ISAKMP_E_REENTRANT. */
ISAKMP_API int isakmp_connect(isakmp_ctx *x, isakmp_time now, const isakmp_peer_policy *policy,
                              const isakmp_path *path, uint8_t exchange, isakmp_sa_id *out);

/* Negotiate a child under an ISAKMP SA: at once if it is up, else as soon as it is.
 * ISAKMP_EV_CHILD_UP or _CHILD_DOWN follows.
 *   policy   borrowed while in use.
 *   returns  ISAKMP_OK; ISAKMP_E_ARG (isakmp_child_policy_check() says what is wrong; or its group is
 *            longer than limits.max_dh, or its selectors are not of one family with the addresses
 *            that stand for those left open);
 *            ISAKMP_E_STATE if Quick Mode is not in the config or the SA has ended;
 *            ISAKMP_E_STALE; ISAKMP_E_LIMIT; ISAKMP_E_REENTRANT. */
ISAKMP_API int isakmp_child_connect(isakmp_ctx *x, isakmp_time now, isakmp_sa_id sa,
                                    const isakmp_child_policy *policy, isakmp_child_id *out);

/* Close a child: its SAs are removed, and the peer is told by a Delete [RFC2408 3.15].
 *   returns  ISAKMP_OK, ISAKMP_E_STALE, ISAKMP_E_REENTRANT. */
ISAKMP_API int isakmp_child_close(isakmp_ctx *x, isakmp_time now, isakmp_child_id child);

/* Close an ISAKMP SA and all its children; the peer is told by Deletes, those of the children first.
 *   returns  ISAKMP_OK, ISAKMP_E_STALE, ISAKMP_E_REENTRANT. */
ISAKMP_API int isakmp_close(isakmp_ctx *x, isakmp_time now, isakmp_sa_id sa);

/* ---- Tunnel Endpoint Discovery -------------------------------------------------------------- */

/* A flow whose far end somebody unknown protects. */
typedef struct isakmp_discovery {
    uint32_t size;                    /* sizeof(isakmp_discovery), set by the caller             */
    const isakmp_child_policy *child; /* the entry of our SPD that matches the flow, with
                                         ISAKMP_CF_TED: borrowed while in use                    */
    const isakmp_peer_policy *peer;   /* for whichever gateway answers: borrowed while in use    */
    isakmp_addr gateway; /* our own address, which gateways answer to, and the local one of phase 1.
                            Its port is that of ISAKMP here and there, 500                       */
    isakmp_addr source, destination; /* of the flow, of the gateway's family; without ports      */
    uint32_t ifindex;                /* as in isakmp_path                                        */
    uint8_t exchange;                /* of phase 1, as isakmp_connect() has it                   */
    uint8_t flow_ids; /* 1: the probe names our half of the proxy and the destination, too, as
                         routers are said to do; 0: only our address                             */
} isakmp_discovery;

/* Traffic waits for a flow for which there is neither an SA nor a peer: find the gateway at its far end,
 * and negotiate a child with it for exactly child->local and what the gateway says that it protects.  That
 * must hold the destination, lie within child->remote, and hold neither the source nor our own address.
 * May be called for every packet of the flow, which the host drops: there is one probe at a time for a
 * destination, sent three times within 7 seconds.  ISAKMP_EV_TED_PEER or _TED_FAILED follows, then the
 * events of the SA and the child.
 *
 * The first gateway that answers is taken, and for a minute no other.  One with which negotiating fails, or
 * that dead peer detection finds dead, is avoided for 5 minutes: it is taken only if no other answers, and of
 * several such the one that failed first.  Call this only for flows that no entry with a peer of its own
 * matches: the host's SPD comes first.
 *   d        copied.
 *   returns  ISAKMP_OK: a probe is on its way, or the gateway is known already; ISAKMP_NONE: nobody has
 *            answered for this flow in the last half minute; ISAKMP_E_ARG (isakmp_child_policy_check() and
 *            _peer_policy_check() say what is wrong, or an address does not fit); ISAKMP_E_STATE if isakmp_ted,
 *            Quick Mode or the phase 1 exchange is not in the config, or isakmp_host.send_as is missing;
 *            ISAKMP_E_LIMIT: as many probes are waiting as limits.discoveries, 32 were sent in this
 *            second, or one for the destination waits for another entry's sake; ISAKMP_E_CRYPTO;
 *            ISAKMP_E_REENTRANT. */
ISAKMP_API int isakmp_discover(isakmp_ctx *x, isakmp_time now, const isakmp_discovery *d);

/* End the discoveries for an entry, and forget what is remembered of them; nothing is told.  SAs stay.
 *   child    NULL: of all, and also which gateways are to be avoided.
 *   returns  ISAKMP_OK, ISAKMP_E_REENTRANT. */
ISAKMP_API int isakmp_discover_end(isakmp_ctx *x, isakmp_time now,
                                   const isakmp_child_policy *child);
/* ---- Rekeying ------------------------------------------------------------------------------ */

/* IKEv1 has no message for it: an SA that nears its end is replaced by a new one, negotiated as the first one
 * was.  With ISAKMP_CF_REKEY and ISAKMP_PF_REKEY the library does it when ISAKMP_EV_CHILD_SOFT or _SA_SOFT
 * is told, and tries again until the lifetime is over; these functions are for a host that wants it now.
 *
 * Of a child: the new inbound SAs are installed before the peer can use them, the new outbound ones last, so
 * send with the newest (or, for the first moments, with the one before: a slow peer may have its own SAs only
 * when it has read our last message, and what comes before that is lost).  The old ones are removed, with a
 * Delete, some seconds after the peer is known to use the new ones: it has confirmed them, or the host has
 * reported a packet through them (isakmp_child_traffic()).  If nobody says anything that takes two minutes.
 *
 * Of an ISAKMP SA: children go over to the new one, so their isakmp_child_info.sa changes; the old one is
 * deleted some seconds later.
 *
 * If both sides do it at once, one new child is left in the end, the same on both sides; and one ISAKMP SA, if
 * the policies have ISAKMP_PF_REKEY. */

/* Negotiate a child anew, for the selectors that were agreed on.  ISAKMP_EV_CHILD_UP with other_child
 * follows, or _CHILD_DOWN of the new one; the old one stays until then, in any case.  If the peer does it at the
 * same time, one of both gives way, which may be ours: then it is only told that it is down, and which one is up
 * instead.  If its ISAKMP SA has
 * ended, and we may, that is negotiated first.
 *   out      gets the id of the new one; may be NULL.
 *   returns  ISAKMP_OK; ISAKMP_E_STATE if the child is not up, or has been or is being replaced, or if there
 *            is no ISAKMP SA and we may not begin one (see isakmp_rekey()); ISAKMP_E_LIMIT; ISAKMP_E_CRYPTO;
 *            ISAKMP_E_STALE; ISAKMP_E_REENTRANT. */
ISAKMP_API int isakmp_child_rekey(isakmp_ctx *x, isakmp_time now, isakmp_child_id child,
                                  isakmp_child_id *out);

/* Negotiate an ISAKMP SA anew: by the same exchange, with the same policy, along the path that it has now.
 * ISAKMP_EV_SA_UP with other_sa follows, or _SA_DOWN of the new one.
 *   out      gets the id of the new one; may be NULL.
 *   returns  ISAKMP_OK; ISAKMP_E_STATE if the SA is not up, or has been or is being replaced, or if
 *            the peer began it, and a user is authenticated by XAUTH: only that peer can; ISAKMP_E_LIMIT; ISAKMP_E_CRYPTO;
 *            ISAKMP_E_STALE; ISAKMP_E_REENTRANT. */
ISAKMP_API int isakmp_rekey(isakmp_ctx *x, isakmp_time now, isakmp_sa_id sa, isakmp_sa_id *out);

/* Report the traffic of a child: what its lifetime in kilobytes is counted by, and a sign that the peer uses
 * it.  Whoever negotiates children anew should report at least the first packet of each.  Call it now and
 * then, such as once a second for the children that had traffic; for every packet does no harm.
 *   child    as sa_install has it: it need not be up yet.
 *   in, out  octets since it was installed, in packets whose authentication was found right.  A kilobyte has
 *            1,024.  What comes later is never less.
 *   returns  ISAKMP_OK; ISAKMP_E_STALE; ISAKMP_E_REENTRANT. */
ISAKMP_API int isakmp_child_traffic(isakmp_ctx *x, isakmp_time now, isakmp_child_id child,
                                    uint64_t in, uint64_t out);

/* ---- Signs of life ------------------------------------------------------------------------- */

/* What the host sees of a peer, for dead peer detection and NAT keepalives.  Both may be called for every
 * packet: they look at one SA, send nothing, and keep at most that the next isakmp_tick() is due sooner.
 * Calling them now and then, such as once a second for the SAs that had traffic, is as good. */

/* A packet of the peer has come through a child, and its authentication was found right.
 *   sa       that of the child; if it has ended, this goes to the one that has taken its place.
 *   path     how it came, if it was in UDP and no replay: from path->remote to path->local, as isakmp_input()
 *            has it.  A peer behind a NAT is followed there, as after a message of its own [RFC3947 7]: see
 *            isakmp_host.sa_move.  NULL: the way is not known, or says nothing.
 *   returns  ISAKMP_OK; ISAKMP_NONE if no SA with this peer is up; ISAKMP_E_STALE; ISAKMP_E_REENTRANT. */
ISAKMP_API int isakmp_sa_heard(isakmp_ctx *x, isakmp_time now, isakmp_sa_id sa,
                               const isakmp_path *path);
/* A packet has been sent to the peer through a child, or waits to be sent: if nothing is heard of the peer
 * in isakmp_peer_policy.dpd_s it is asked whether it lives.
 *   returns  as isakmp_sa_heard(). */
ISAKMP_API int isakmp_sa_wanted(isakmp_ctx *x, isakmp_time now, isakmp_sa_id sa);

/* ---- Packets that nobody can read ----------------------------------------------------------- */

/* A packet of ESP or AH has come with an SPI that is in no SAD: its sender still uses an SA that we have
 * not, after a restart of ours or a Delete that was lost.  If an ISAKMP SA with it is up it is told by
 * INVALID-SPI and a Delete, so that it stops; what it does about it is up to it.  If none is up and the
 * policy has ISAKMP_PF_RECOVER, one is negotiated first, with INITIAL-CONTACT, to tell it then.
 *
 * Anybody can send such packets with anybody's address: so there is at most one answer a second to an
 * address, ten a second in all, and fewer if the limits have room for very many SAs, which must be looked
 * through; and no negotiation is begun while half of the exchanges are in use.
 *   path    from path->remote to path->local, as isakmp_input() has it.  A packet that was not in UDP has
 *           no ports: path->remote.port is then where a negotiation would begin, 500.
 *   proto   ISAKMP_PROTO_ESP or ISAKMP_PROTO_AH.
 *   spi     from 256 on, in host order.
 *   policy  for this peer, which the host is sure to know by its address; borrowed while in use.  NULL: if
 *           no ISAKMP SA is up nothing is done.
 *   returns  ISAKMP_OK if something has been sent, or begun; ISAKMP_NONE if not: it is too soon, the SPI is
 *            one of ours, or there is nobody to be told; ISAKMP_E_ARG; ISAKMP_E_STATE if there is no
 *            Informational in the config; what isakmp_connect() returns; ISAKMP_E_REENTRANT. */
ISAKMP_API int isakmp_invalid_spi(isakmp_ctx *x, isakmp_time now, const isakmp_path *path,
                                  uint8_t proto, uint32_t spi, const isakmp_peer_policy *policy);

/* ---- Looking ------------------------------------------------------------------------------ */

typedef enum isakmp_sa_state {
    ISAKMP_SA_NEGOTIATING = 1,
    ISAKMP_SA_UP = 2,
    ISAKMP_SA_ENDED = 3, /* expired or deleted, but children it made live on until their own end */
    ISAKMP_SA_XAUTH =
        4 /* phase 1 is through, but the client's user is not authenticated yet by XAUTH: nothing but
                           that and Informational passes                                            */
} isakmp_sa_state;

typedef struct isakmp_sa_info {
    uint32_t size;     /* sizeof(isakmp_sa_info), set by the caller                              */
    uint8_t state;     /* isakmp_sa_state                                                        */
    uint8_t initiator; /* 1: we began                                                            */
    uint8_t exchange;  /* ISAKMP_EXCH_MAIN or _AGGRESSIVE                                        */
    uint8_t message;   /* while negotiating: the message that comes next, from 1                 */
    uint8_t nat;       /* ISAKMP_NAT_*, which ends are behind a NAT                              */
    uint8_t cky_i[ISAKMP_COOKIE_SIZE], cky_r[ISAKMP_COOKIE_SIZE];
    isakmp_path path;
    isakmp_policy suite; /* what was agreed; life_s: the lifetime in use                         */
    isakmp_id peer_id;   /* proven once the SA is up; data valid until the next call that is not
                            a query                                                              */
    isakmp_time since, soft_at, hard_at; /* 0 while negotiating                                  */
    const isakmp_peer_policy *policy;
    uint32_t n_children;
    uint64_t
        vendors; /* the vendor IDs with a name that the peer has sent, as bits: bit i is that of
                         isakmp_vendor_known(i).  They prove nothing                              */
    isakmp_addr ip4, ip6; /* what the client has by Mode Config; family 0: nothing                */
    uint8_t replaced; /* 1: another one has taken its place, and it goes in a moment              */
    uint8_t configuring; /* 1: it is up, and Mode Config is under way or expected                */
    isakmp_span user; /* of the client, authenticated by XAUTH: valid as peer_id; empty: none     */
} isakmp_sa_info;

typedef enum isakmp_child_state {
    ISAKMP_CHILD_WAITING = 1, /* for its ISAKMP SA */
    ISAKMP_CHILD_NEGOTIATING = 2,
    ISAKMP_CHILD_UP = 3
} isakmp_child_state;

typedef struct isakmp_child_info {
    uint32_t size;     /* sizeof(isakmp_child_info), set by the caller                           */
    uint8_t state;     /* isakmp_child_state                                                     */
    uint8_t initiator; /* 1: we began                                                            */
    uint8_t mode;      /* ISAKMP_MODE_*                                                          */
    uint8_t natt;      /* 1: ESP in UDP; or ISAKMP_NATT_PORT_500                                 */
    uint8_t n;         /* protocols in protect, spi_in, spi_out                                  */
    isakmp_sa_id sa;
    isakmp_protect protect[ISAKMP_MAX_BUNDLE];
    uint32_t spi_in[ISAKMP_MAX_BUNDLE], spi_out[ISAKMP_MAX_BUNDLE]; /* host order                */
    isakmp_selector local, remote;
    uint16_t pfs_group;       /* 0: no perfect forward secrecy                                   */
    uint32_t life_s, life_kb; /* in use                                                          */
    isakmp_time since, soft_at, hard_at; /* 0 until it is up                                     */
    const isakmp_child_policy *policy;
    uint8_t unchecked; /* 1: the peer has said that it keeps no anti-replay window               */
    isakmp_child_id replaces, replaced_by; /* while both are there, or one is being negotiated;
                                              { 0 }: none                                        */
} isakmp_child_info;

/* The SA, or child, after one; { 0 } begins.  With sa { 0 } the children of all SAs.
 *   returns  { 0 } after the last one.  [q] */
ISAKMP_API isakmp_sa_id isakmp_sa_next(const isakmp_ctx *x, isakmp_sa_id after);
ISAKMP_API isakmp_child_id isakmp_child_next(const isakmp_ctx *x, isakmp_sa_id sa,
                                             isakmp_child_id after);

/* Facts about an SA, or a child.
 *   out      out->size must be set.
 *   returns  ISAKMP_OK or ISAKMP_E_STALE.  [q] */
ISAKMP_API int isakmp_sa_get(const isakmp_ctx *x, isakmp_sa_id sa, isakmp_sa_info *out);
ISAKMP_API int isakmp_child_get(const isakmp_ctx *x, isakmp_child_id child, isakmp_child_info *out);

/* How many SAs, or children, and discoveries use a policy; when it is 0 the policy may be changed or freed.  The
 * cost grows with the number of SAs.  [q] */
ISAKMP_API size_t isakmp_peer_policy_users(const isakmp_ctx *x, const isakmp_peer_policy *p);
ISAKMP_API size_t isakmp_child_policy_users(const isakmp_ctx *x, const isakmp_child_policy *p);

/* ---- Counting ----------------------------------------------------------------------------- */

typedef struct isakmp_stats {
    uint32_t size;               /* sizeof(isakmp_stats), set by the caller                  */
    uint32_t sas, children;      /* in use now                                               */
    uint32_t exchanges, packets; /* in use now                                               */
    uint32_t half_open;          /* now                                                      */
    uint64_t datagrams_in, datagrams_out, octets_in, octets_out;
    uint64_t ignored;         /* messages without effect                                  */
    uint64_t duplicates;      /* ... because they were repetitions                        */
    uint64_t retransmissions; /* messages that we repeated, by a timer or when asked      */
    uint64_t send_failures;   /* of isakmp_host.send                                      */
    uint64_t clock_backwards; /* calls with a time before the last one                    */
    uint32_t discoveries;     /* in use now, as limits has them                           */
} isakmp_stats;

/* Fill in the statistics; out->size must be set.  [q] */
ISAKMP_API void isakmp_stats_get(const isakmp_ctx *x, isakmp_stats *out);

/* How often a message was refused, or an exchange ended, for a reason.
 *   detail  an isakmp_detail.  [q] */
ISAKMP_API uint32_t isakmp_count(const isakmp_ctx *x, unsigned detail);

#ifdef __cplusplus
}
#endif
#endif
