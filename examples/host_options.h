/* host_options.h -- the command line of the examples, as policies. */
#ifndef HOST_OPTIONS_H
#define HOST_OPTIONS_H

#include "isakmp/isakmp.h"
#include "isakmp/keyring.h"
#include "host_auth.h"
#include "host_hosts.h"
#include "host_keys.h"
#include "host_users.h"

/* Octets of the longest message: a chain of certificates with long keys may have some thousands. */
#define HOST_MAX_DATAGRAM 16384
#define HOST_MAX_SUITES   16
/* As many as fit in an SA payload. */
#define HOST_MAX_POLICIES 48
#define HOST_MAX_DNS      4

/* Who begins Mode Config. */
enum {
    HOST_CONFIG_UNSAID = 0,
    HOST_CONFIG_OFF,
    HOST_CONFIG_PULL, /* the client */
    HOST_CONFIG_PUSH  /* the gateway */
};

typedef struct host_options {
    isakmp_addr local, remote; /* remote.family 0: any */
    const char *remote_text;   /* as it was written; NULL: any */
    isakmp_span remote_name;   /* of the table of hosts; empty: an address was written */
    int has_local;             /* --local was given */
    uint8_t exchange;          /* ISAKMP_EXCH_MAIN or _AGGRESSIVE */
    isakmp_policy suites[HOST_MAX_SUITES], policies[HOST_MAX_POLICIES]; /* with each method */
    size_t n_suites;
    uint32_t ike_life_s;       /* of all of them; 0: the library's default */
    uint16_t natt_keepalive_s; /* for isakmp_config */
    isakmp_peer_policy peer;
    isakmp_protect protect[HOST_MAX_SUITES];
    isakmp_child_policy child;
    host_methods methods;
    host_key_files files;
    host_hosts hosts;       /* where they are, by --host */
    isakmp_keyring keyring; /* one pre-shared key, for everybody or for a host */
    isakmp_psk psk;
    uint8_t psk_octets[ISAKMP_MAX_PSK];
    const char *psk_option; /* which one has told the key: they exclude each other */
    uint8_t my_id[ISAKMP_MAX_ID], peer_id[ISAKMP_MAX_ID]; /* what the identities refer to */
    host_users users;    /* of XAUTH: ours, or those whom we know */
    uint8_t config;      /* HOST_CONFIG_* */
    isakmp_addr pool[2]; /* the first and the last one; family 0: there is none */
    isakmp_addr dns[HOST_MAX_DNS];
    size_t n_dns;
    const isakmp_profile *profile; /* NULL: none */
    int once, verbose;
    unsigned repeat; /* how often, with once */
    unsigned timeout_s;
    const char *keylog, *pcap;
} host_options;

/* Read the command line.
 *   initiator  1: --remote must be there.
 *   returns    -1 to go on, else the status to exit with: 0 after --help, 2 after one sentence on
 *              stderr about what was wrong. */
int host_options_read(host_options *o, int argc, char **argv, int initiator);
/* Is this the address of --remote, or one of them?  1 also without --remote. */
int host_options_is_remote(const host_options *o, const isakmp_addr *addr);
/* Forget the keys. */
void host_options_free(host_options *o);

#endif
