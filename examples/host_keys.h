/* host_keys.h -- keys, certificates, CAs and revocation lists out of files. */
#ifndef HOST_KEYS_H
#define HOST_KEYS_H

#include "isakmp/keyring.h"
#include "host_auth.h"

#define HOST_MAX_FILES 8

typedef struct host_file_list {
    const char *names[HOST_MAX_FILES];
    unsigned n;
} host_file_list;

/* What the options name; NULL: nothing. */
typedef struct host_key_files {
    const char *key, *cert, *encr_key, *encr_cert; /* ours */
    const char *peer_key, *peer_encr_key;
    host_file_list cas, crls;
    int legacy, one_key;
} host_key_files;

/* Load all of them into the keyring.  A key is for signatures if there are some, else for encryption; if
 * there are both, and no other key for encryption, it is for both with one_key.
 *   methods  HOST_AUTH_ECDSA becomes the method of the key.
 *   needs    what the methods need: HOST_NEED_*.
 *   returns  1, or 0 with one sentence in error and nothing loaded. */
int host_keys_load(isakmp_keyring *ring, const host_key_files *f, host_methods *methods,
                   unsigned needs, char *error, size_t error_cap);
void host_keys_free(isakmp_keyring *ring);

/* The subject of our certificate for a method as an identity.
 *   data     gets up to ISAKMP_MAX_ID octets, to which out refers.
 *   returns  1, or 0: there is none, or it is longer. */
int host_keys_subject(const isakmp_keyring *ring, uint16_t auth, isakmp_id *out, uint8_t *data);

#endif
