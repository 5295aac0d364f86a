/* host_options.h -- the command line of the examples, as policies. */
#ifndef HOST_OPTIONS_H
#define HOST_OPTIONS_H

#include "isakmp/isakmp.h"
#include "isakmp/keyring.h"
#include "host_keys.h"

#define HOST_MAX_SUITES 16

typedef struct host_options {
    isakmp_addr local, remote; /* remote.family 0: any */
    uint8_t exchange;          /* ISAKMP_EXCH_MAIN or _AGGRESSIVE */
    isakmp_policy policies[HOST_MAX_SUITES];
    isakmp_peer_policy peer;
    isakmp_protect protect[HOST_MAX_SUITES];
    isakmp_child_policy child;
    uint16_t auth;          /* ISAKMP_AUTH_*, of all policies */
    host_key_files files;   /* for signatures */
    isakmp_keyring keyring; /* one key, for everybody */
    isakmp_psk psk;
    uint8_t psk_octets[ISAKMP_MAX_PSK];
    uint8_t my_id[ISAKMP_MAX_ID], peer_id[ISAKMP_MAX_ID]; /* what the identities refer to */
    int once, verbose;
    unsigned timeout_s;
    const char *keylog, *pcap;
} host_options;

/* Read the command line.
 *   initiator  1: --remote must be there.
 *   returns    -1 to go on, else the status to exit with: 0 after --help, 2 after one sentence on
 *              stderr about what was wrong. */
int host_options_read(host_options *o, int argc, char **argv, int initiator);
/* Forget the keys. */
void host_options_free(host_options *o);

#endif
