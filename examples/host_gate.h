/* host_gate.h -- what a gateway gives its clients: addresses of a pool, and servers for names. */
#ifndef HOST_GATE_H
#define HOST_GATE_H

#include "host_options.h"

/* As many clients as the examples serve. */
#define HOST_MAX_LEASES 256

typedef struct host_gate {
    const host_options *o;
    isakmp_addr_pool pool;
    isakmp_lease leases[HOST_MAX_LEASES];
} host_gate;

/* Begin with the pool that the options name, all of it free. */
void host_gate_open(host_gate *g, const host_options *o);
/* For isakmp_host.assign. */
int host_gate_assign(host_gate *g, const isakmp_query *q, const isakmp_assignment *a,
                     isakmp_writer *out);
/* To be given every event: an address that a client has no more is free again. */
void host_gate_event(host_gate *g, const isakmp_event *ev);

#endif
