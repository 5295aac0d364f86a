/* host_keygen.h -- the command line of isakmp-keygen. */
#ifndef HOST_KEYGEN_H
#define HOST_KEYGEN_H

#include "isakmp/keyring.h"

#define KEYGEN_MOST_NAMES 16

typedef enum keygen_command {
    KEYGEN_CA = 1,
    KEYGEN_CERT = 2,
    KEYGEN_PUBKEY = 4,
    KEYGEN_CRL = 8,
    KEYGEN_RSA = 16
} keygen_command;

typedef struct keygen_options {
    keygen_command command;
    const char *word; /* the command as it was written */
    const char *out, *ca, *key, *type, *name;
    unsigned use;         /* ISAKMP_USE_*, of a certificate            */
    isakmp_key_form form; /* of a public key                           */
    unsigned bits;        /* of RSA keys                               */
    int usage_keys;       /* two of them, one for each use             */
    int fingerprint;      /* of a public key is all that is wanted     */
    const char *revoke[KEYGEN_MOST_NAMES];
    isakmp_id ids[KEYGEN_MOST_NAMES];
    uint8_t id_octets[KEYGEN_MOST_NAMES][ISAKMP_MAX_ID];
    size_t n_revoke, n_ids;
    long days;
} keygen_options;

/* Say one sentence on stderr, and end with status 2. */
void keygen_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Read the command line; ends the program after --help, or with keygen_fail(). */
void keygen_read_options(keygen_options *o, int argc, char **argv);

#endif
