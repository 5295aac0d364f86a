/* ios/plan.h -- what a plan is made of: arrays, one behind the other in its memory. */
#ifndef ISAKMP_LIB_PLAN_H
#define ISAKMP_LIB_PLAN_H

#include "model.h"

typedef struct isakmp__plan_peer {
    isakmp_peer_policy policy;
    isakmp_addr addr; /* family 0: `host` has it, if anybody */
    const char *host; /* NULL: an address was given */
    size_t host_n;
    uint8_t exchange;
} isakmp__plan_peer;

/* One line of an access list, or (any) all that there is, where an entry has none. */
typedef struct isakmp__plan_row {
    uint8_t permit, any;
    uint8_t usable; /* 1: child is a policy; 0: the line's wildcards have holes, or it denies */
    uint8_t guards; /* 1: of a static entry, and its selectors say what it does */
    uint8_t proto;
    isakmp__end from, to;
    isakmp_child_policy child;
} isakmp__plan_row;

typedef struct isakmp__plan_entry {
    const char *map;
    uint32_t sequence;
    uint8_t dynamic, discover;
    size_t first_peer, n_peers;
    size_t first_row, n_rows;
} isakmp__plan_entry;

typedef struct isakmp__plan_psk {
    isakmp_span name; /* empty: by address */
    uint8_t ip[4], mask[4];
    isakmp_span key;
} isakmp__plan_psk;

typedef struct isakmp__plan_host {
    isakmp_span name;
    uint8_t ip[4];
} isakmp__plan_host;

struct isakmp_ios_plan {
    size_t size;
    uint8_t disabled, aggressive_disabled, client;
    isakmp_policy *policies;
    isakmp__plan_peer *peers; /* the first is the general one */
    isakmp__plan_entry *entries;
    isakmp__plan_row *rows;
    isakmp_protect *protects;
    isakmp__plan_psk *psks;
    isakmp__plan_host *hosts;
    char *text;
    size_t n_policies, n_peers, n_entries, n_rows, n_protects, n_psks, n_hosts, n_text;
};

/* May a peer be looked for, for the sake of what this line permits?  Discovery is for IP alone. */
int isakmp__ios_may_discover(const isakmp__plan_row *row);
/* Is this address one of a host's? */
int isakmp__ios_plan_host_at(const isakmp_ios_plan *p, isakmp_span name, const uint8_t *ip);

#endif
