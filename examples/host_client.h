/* host_client.h -- clients and gateways: what the options of XAUTH and Mode Config say together. */
#ifndef HOST_CLIENT_H
#define HOST_CLIENT_H

#include "host_options.h"

/* Check them, and set the flags of the peer policy.
 *   needs    what the methods need: HOST_NEED_*.
 *   returns  -1 to go on, or 2 after one sentence on stderr. */
int host_client_settle(host_options *o, unsigned needs, int initiator);

#endif
