/* isakmp/base.h -- the words that every other header uses: results, reasons, spans, addresses,
 * ids and time.
 *
 * Two marks are used throughout the reference in these headers:
 *
 *   [q]  a query: changes nothing and may be called anywhere, also from inside a callback.
 *        Every function without the mark returns ISAKMP_E_REENTRANT there and changes nothing.
 *
 *   Lifetimes of what a pointer refers to, always one of these phrases:
 *     copied                        the library keeps its own copy;
 *     borrowed for the call         read during the call only;
 *     borrowed while in use         must stay valid and unchanged until no SA uses it
 *                                   (isakmp_peer_policy_users(), isakmp_child_policy_users());
 *     caller's memory until wipe    belongs to the library until isakmp_ctx_wipe();
 *     static                        valid for ever. */
#ifndef ISAKMP_BASE_H
#define ISAKMP_BASE_H

#include <stddef.h>
#include <stdint.h>
#include "features.h"

#ifndef ISAKMP_API
#if defined(__GNUC__) || defined(__clang__)
#define ISAKMP_API __attribute__((visibility("default")))
#else
#define ISAKMP_API
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Version ------------------------------------------------------------------------------ */

#define ISAKMP_VERSION_MAJOR 0
#define ISAKMP_VERSION_MINOR 1
#define ISAKMP_VERSION_PATCH 0
/* As one number: 0x00MMmmpp. */
#define ISAKMP_VERSION_NUM                                                                         \
    ((uint32_t)ISAKMP_VERSION_MAJOR << 16 | (uint32_t)ISAKMP_VERSION_MINOR << 8 |                  \
     (uint32_t)ISAKMP_VERSION_PATCH)

/* The version of the library that is linked, to compare with ISAKMP_VERSION_NUM.  [q] */
ISAKMP_API uint32_t isakmp_version(void);

/* ---- Results ------------------------------------------------------------------------------ */

/* What functions and callbacks return.  Negative means that the caller's or the host's side went
 * wrong.  What a peer sends is never an error: a message that cannot be used is counted, told by
 * an event where it matters, and isakmp_input() returns ISAKMP_IGNORED. */
typedef enum isakmp_rc {
    ISAKMP_OK = 0,
    ISAKMP_PENDING = 1, /* from a callback: the answer comes later, by isakmp_answer()       */
    ISAKMP_IGNORED = 2, /* from isakmp_input(): the message changed nothing                  */
    ISAKMP_NONE = 3,    /* there is no such thing: no more items, no key, no policy          */

    ISAKMP_E_ARG = -1,       /* an argument or a policy is not valid                         */
    ISAKMP_E_STATE = -2,     /* not possible in the present state                            */
    ISAKMP_E_REENTRANT = -3, /* called from inside a callback                                */
    ISAKMP_E_STALE = -4,     /* the id or ticket names something that is gone                */
    ISAKMP_E_LIMIT = -5,     /* a pool of the context is full                                */
    ISAKMP_E_SPACE = -6,     /* a buffer is too small                                        */
    ISAKMP_E_HOST = -7,      /* a callback failed                                            */
    ISAKMP_E_CRYPTO = -8,    /* the crypto provider failed                                   */
    ISAKMP_E_MALFORMED = -9, /* from the codec: the bytes are not what they should be        */
    ISAKMP_E_BUG = -10       /* an internal invariant is broken; please report               */
} isakmp_rc;

/* One sentence about a result.
 *   rc       an isakmp_rc.
 *   returns  static text; never NULL.  [q] */
ISAKMP_API const char *isakmp_strerror(int rc);

/* ---- Reasons ------------------------------------------------------------------------------ */

/* Why a message or a negotiation was refused, or why an SA ended: one for each line of
 * errors.def, from 256 on so that none can be mistaken for an isakmp_rc. */
typedef enum isakmp_detail {
    ISAKMP_D_NONE = 255,
#define ISAKMP_D(name, notify, text) ISAKMP_D_##name,
#include "errors.def"
#undef ISAKMP_D
    ISAKMP_D_END
} isakmp_detail;

/* Who decided. */
enum {
    ISAKMP_BY_US = 1,
    ISAKMP_BY_PEER = 2,
    ISAKMP_BY_HOST = 3,
    ISAKMP_BY_TIMER = 4
};

typedef struct isakmp_reason {
    uint8_t by;      /* ISAKMP_BY_US, _PEER, _HOST or _TIMER; 0: no reason                       */
    uint8_t message; /* the message of the exchange that went wrong, from 1; 0: none             */
    uint16_t notify; /* the notify message type that was received or sent; 0: none               */
    uint16_t detail; /* isakmp_detail                                                            */
} isakmp_reason;

/* One sentence about a reason's detail.
 *   detail   an isakmp_detail.
 *   returns  static text; never NULL.  [q] */
ISAKMP_API const char *isakmp_detail_text(unsigned detail);

/* The short name of a detail, as in errors.def, for logs and tests.
 *   returns  static text; never NULL.  [q] */
ISAKMP_API const char *isakmp_detail_name(unsigned detail);

/* The notify message type that tells a detail to a peer, 0 if none does.  [q] */
ISAKMP_API uint16_t isakmp_detail_notify(unsigned detail);

/* ---- Bytes, time, addresses --------------------------------------------------------------- */

/* Bytes that belong to somebody else. */
typedef struct isakmp_span {
    const uint8_t *p;
    size_t n;
} isakmp_span;

/* Milliseconds of a clock that never goes backwards; where it starts is the host's choice.  A
 * value smaller than one given before counts as that one. */
typedef uint64_t isakmp_time;
#define ISAKMP_NEVER UINT64_MAX

/* A UDP address. */
typedef struct isakmp_addr {
    uint8_t family; /* 4, 6, or 0: not set                                                       */
    uint8_t ip[16]; /* network order; IPv4 in the first four octets, the rest zero               */
    uint16_t port;  /* host order                                                                */
} isakmp_addr;

/* Between which addresses, and through which of the host's sockets, a datagram travels. */
typedef struct isakmp_path {
    isakmp_addr local, remote;
    uint32_t ifindex; /* the host's own meaning: interface, routing table, socket                */
    uint8_t natt;     /* 1: the UDP-encapsulation socket (4500), whose ISAKMP messages carry the
                         non-ESP marker of RFC 3948 2.2; the library adds and removes it         */
} isakmp_path;

/* Are two addresses equal, port included?  1 or 0.  [q] */
ISAKMP_API int isakmp_addr_equal(const isakmp_addr *a, const isakmp_addr *b);

/* ---- Ids ---------------------------------------------------------------------------------- */

/* Everything that outlives a call is named by an id, never by a pointer.  An id whose object is
 * gone is ISAKMP_E_STALE, for ever: ids are not used again.  { 0 } names nothing. */
typedef struct isakmp_sa_id {
    uint64_t v;
} isakmp_sa_id; /* an ISAKMP SA (phase 1) */
typedef struct isakmp_child_id {
    uint64_t v;
} isakmp_child_id; /* a pair of IPsec SAs (phase 2), or a bundle of pairs */
typedef struct isakmp_ticket {
    uint64_t v;
} isakmp_ticket; /* one question to the host that is not answered yet */

#ifdef __cplusplus
}
#endif
#endif
