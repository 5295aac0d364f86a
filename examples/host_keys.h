/* host_keys.h -- keys, certificates, CAs and revocation lists out of files. */
#ifndef HOST_KEYS_H
#define HOST_KEYS_H

#include "isakmp/keyring.h"

#define HOST_MAX_FILES 8

/* What the options name; NULL: nothing. */
typedef struct host_key_files {
    const char *cert, *key, *peer_key;
    const char *cas[HOST_MAX_FILES], *crls[HOST_MAX_FILES];
    unsigned n_cas, n_crls;
    int legacy;
} host_key_files;

/* "rsa-sig" and the like: a method of authentication, 0: none.  "ecdsa" is HOST_AUTH_ECDSA: as the
 * curve of our key says. */
#define HOST_AUTH_ECDSA 0xffff
uint16_t host_parse_auth(const char *text);

/* Load all of them into the keyring.
 *   auth     the method; HOST_AUTH_ECDSA becomes the one of the key.
 *   returns  1, or 0 with one sentence in error and nothing loaded. */
int host_keys_load(isakmp_keyring *ring, const host_key_files *f, uint16_t *auth, char *error,
                   size_t error_cap);
void host_keys_free(isakmp_keyring *ring);

/* The subject of our certificate as an identity.
 *   data     gets up to ISAKMP_MAX_ID octets, to which out refers.
 *   returns  1, or 0: there is none, or it is longer. */
int host_keys_subject(const isakmp_keyring *ring, uint16_t auth, isakmp_id *out, uint8_t *data);

#endif
