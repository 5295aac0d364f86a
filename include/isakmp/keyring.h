/* isakmp/keyring.h -- the stock keyring, in the archive libisakmp-mbedtls: pre-shared keys, found by
 * what is known of a peer.  A host may keep its keys elsewhere and answer get_psk itself.
 *
 *     static const isakmp_psk psks[] = {
 *         { .id = { ISAKMP_ID_FQDN, 0, 0, { name, 14 } }, .key = { key_1, 20 } },
 *         { .addr = branch_offices, .key = { key_2, 20 } },
 *     };
 *     static const isakmp_keyring ring = { sizeof ring, psks, 2 };
 *
 *     static int get_psk(void *user, isakmp_ticket t, const isakmp_query *q, uint8_t *key,
 *                        size_t cap, size_t *n)
 *     {
 *         return isakmp_keyring_psk(&ring, q, key, cap, n);
 *     } */
#ifndef ISAKMP_KEYRING_H
#define ISAKMP_KEYRING_H

#include "host.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A pre-shared key, and for whom it is. */
typedef struct isakmp_psk {
    isakmp_id id;         /* the peer's identity; type ISAKMP_ID_NONE: whoever it says it is      */
    isakmp_selector addr; /* the peer's addresses (protocol and port 0); family 0: any */
    isakmp_span key;
} isakmp_psk;

typedef struct isakmp_keyring {
    uint32_t size; /* sizeof(isakmp_keyring) */
    const isakmp_psk *psks;
    size_t n_psks;
} isakmp_keyring;

/* The key that fits a peer best: one for its identity before one for any, and of several for its
 * address the one for the fewest addresses, however their ranges overlap; of equals the first.  A
 * key for an identity is not used while the identity is not known, as in Main Mode [RFC2409 5.4].
 *   ring     borrowed for the call.
 *   q        as the get_psk callback got it.
 *   key      gets at most cap octets;  n: gets how many.
 *   returns  ISAKMP_OK, ISAKMP_NONE if there is no key for this peer, ISAKMP_E_SPACE if it is longer
 *            than cap.  [q] */
ISAKMP_API int isakmp_keyring_psk(const isakmp_keyring *ring, const isakmp_query *q, uint8_t *key,
                                  size_t cap, size_t *n);

#ifdef __cplusplus
}
#endif
#endif
