/* host_hosts.h -- a table of hosts and their addresses, in the place of name servers. */
#ifndef HOST_HOSTS_H
#define HOST_HOSTS_H

#include "isakmp/wire.h"

#define HOST_MAX_HOSTS 32

typedef struct host_hosts {
    struct {
        isakmp_span name; /* without a final dot; borrowed */
        isakmp_addr addr;
    } hosts[HOST_MAX_HOSTS];
    size_t n;
} host_hosts;

/* Add "NAME=ADDRESS", which is borrowed.
 *   returns  1, or 0 with one sentence in error. */
int host_hosts_add(host_hosts *t, const char *text, char *error, size_t error_cap);

/* The ith address of a name, from 0; NULL: there is none. */
const isakmp_addr *host_hosts_find(const host_hosts *t, isakmp_span name, size_t i);

/* Is an address one of a name's?  1 or 0; for isakmp_keyring.is_host_at, which gives its user. */
int host_hosts_is_at(void *table, isakmp_span name, const isakmp_addr *addr);

#endif
