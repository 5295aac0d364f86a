/* isakmp/features.h -- sizes and compile-time switches.
 *
 * Everything that a firmware build may want to change lives here, and nothing else is switched at
 * compile time: an exchange, an extension or a provider that nobody names is simply not linked.
 * Give a different value with -DNAME=value, the same for the library and for every file that
 * includes its headers. */
#ifndef ISAKMP_FEATURES_H
#define ISAKMP_FEATURES_H

/* ---- Sizes ------------------------------------------------------------------------------- */

/* Payloads in one message.  A message with more is malformed. */
#ifndef ISAKMP_MAX_PAYLOADS
#define ISAKMP_MAX_PAYLOADS 32
#endif

/* Octets of identification data (the ID payload without its type, protocol and port): a
 * distinguished name is the longest kind.  Kept once for every ISAKMP SA. */
#ifndef ISAKMP_MAX_ID
#define ISAKMP_MAX_ID 224
#endif

/* Octets of a pre-shared key. */
#ifndef ISAKMP_MAX_PSK
#define ISAKMP_MAX_PSK 128
#endif

/* The octets that are kept of the names of CAs in a peer's certificate requests; what is beyond is not
 * looked at.  Each exchange has room for them.  With RSA encrypted nonces the same room holds a block of the
 * longest key, so it must not be less than that less 256 octets. */
#ifndef ISAKMP_MAX_WANTED
#define ISAKMP_MAX_WANTED 1024
#endif

/* Octets of the SA payload body with which a phase 1 exchange may begin.  It is kept until the
 * exchange ends, because HASH_I and HASH_R cover it [RFC2409 5]. */
#ifndef ISAKMP_MAX_SA_BODY
#define ISAKMP_MAX_SA_BODY 2048
#endif

/* Transforms of one phase 1 proposal, and proposals of one Quick Mode, that are considered; a
 * peer may send more, and those after the limit are not looked at [RFC2409 5]. */
#ifndef ISAKMP_MAX_OFFERS
#define ISAKMP_MAX_OFFERS 64
#endif

/* Protocols protecting one packet together, such as AH and ESP [RFC2408 4.2]. */
#define ISAKMP_MAX_BUNDLE 2

/* Octets of our own nonces, 8 to 256 [RFC2409 5]. */
#ifndef ISAKMP_NONCE_SIZE
#define ISAKMP_NONCE_SIZE 32
#endif

/* Message IDs of finished exchanges that are remembered for each ISAKMP SA and refused when they
 * come again. */
#ifndef ISAKMP_USED_MSG_IDS
#define ISAKMP_USED_MSG_IDS 8
#endif

/* Octets of the attributes that a client is given by Mode Config.  They have their place in each exchange
 * where Main Mode keeps the SA payload, so there can be no more of them. */
#ifndef ISAKMP_MAX_CFG
#define ISAKMP_MAX_CFG ISAKMP_MAX_SA_BODY
#endif

/* Octets of a user's name that are kept, 16 to 255; a client with a longer one is refused. */
#ifndef ISAKMP_MAX_USER
#define ISAKMP_MAX_USER 128
#endif

/* How often a client is asked for its user before it is told no. */
#ifndef ISAKMP_MAX_USER_ROUNDS
#define ISAKMP_MAX_USER_ROUNDS 8
#endif

/* Fragments of one message.  Of a peer's, one with a higher number is not kept; Windows sends up to 29. */
#ifndef ISAKMP_MAX_FRAGMENTS
#define ISAKMP_MAX_FRAGMENTS 64
#endif

/* ---- Switches: 1 compiles the feature, 0 leaves it out ------------------------------------ */

/* Text: log lines.  Without it isakmp_host.log is never called. */
#ifndef ISAKMP_LOG_LINES
#define ISAKMP_LOG_LINES 1
#endif

/* The isakmp_host.keylog callback.  It hands out the cipher key of each ISAKMP SA, so a product
 * may want to be built without it. */
#ifndef ISAKMP_KEYLOG
#define ISAKMP_KEYLOG 1
#endif

/* DES, MD5 and the 768-bit group.  Even when compiled they are used only where a policy names
 * them. */
#ifndef ISAKMP_WEAK
#define ISAKMP_WEAK 1
#endif

/* Check every exchange table when a context is made (the tests always do). */
#ifndef ISAKMP_CHECKS
#define ISAKMP_CHECKS 0
#endif

/* ---- Do they make sense together? --------------------------------------------------------- */

#if ISAKMP_MAX_PAYLOADS < 16 || ISAKMP_MAX_PAYLOADS > 255
#error "ISAKMP_MAX_PAYLOADS must be 16 to 255"
#endif
#if ISAKMP_MAX_ID < 32 || ISAKMP_MAX_ID > 255
#error "ISAKMP_MAX_ID must be 32 to 255"
#endif
#if ISAKMP_MAX_PSK < 16 || ISAKMP_MAX_PSK > 1024
#error "ISAKMP_MAX_PSK must be 16 to 1024"
#endif
/* Transforms are numbered from 1 in one octet, and the built-in policy may come after all others. */
#if ISAKMP_MAX_OFFERS < 1 || ISAKMP_MAX_OFFERS > 254
#error "ISAKMP_MAX_OFFERS must be 1 to 254"
#endif
#if ISAKMP_NONCE_SIZE < 8 || ISAKMP_NONCE_SIZE > 256
#error "ISAKMP_NONCE_SIZE must be 8 to 256 [RFC2409 5]"
#endif
#if ISAKMP_MAX_WANTED < 0 || ISAKMP_MAX_WANTED > 16384
#error "ISAKMP_MAX_WANTED must be 0 to 16384"
#endif
#if ISAKMP_MAX_SA_BODY < 128 || ISAKMP_MAX_SA_BODY > 16384
#error "ISAKMP_MAX_SA_BODY must be 128 to 16384"
#endif
#if ISAKMP_MAX_CFG < 64 || ISAKMP_MAX_CFG > ISAKMP_MAX_SA_BODY
#error "ISAKMP_MAX_CFG must be 64 to ISAKMP_MAX_SA_BODY"
#endif
#if ISAKMP_MAX_FRAGMENTS < 8 || ISAKMP_MAX_FRAGMENTS > 255
#error "ISAKMP_MAX_FRAGMENTS must be 8 to 255"
#endif
#if ISAKMP_MAX_USER < 16 || ISAKMP_MAX_USER > 255
#error "ISAKMP_MAX_USER must be 16 to 255"
#endif
#if ISAKMP_MAX_USER_ROUNDS < 1 || ISAKMP_MAX_USER_ROUNDS > 15
#error "ISAKMP_MAX_USER_ROUNDS must be 1 to 15"
#endif
#if ISAKMP_USED_MSG_IDS < 4
#error "ISAKMP_USED_MSG_IDS must be at least 4"
#endif

#endif
