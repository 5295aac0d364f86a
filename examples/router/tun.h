/* tun.h -- packets that pass through this router and have no SA yet: a TUN device, and rules of routing that lead
 * into it what the crypto maps may be about.
 *
 *     from the inside             -> into the device, unless the kernel has a policy for the packet
 *     from the outside, UDP 500   -> into the device: a probe of Tunnel Endpoint Discovery is among them
 *     written to the device       -> goes on its way, as if there were no device
 *
 * So an SA in the kernel takes its packets away from here, and what is left is what must be decided about. */
#ifndef ROUTER_TUN_H
#define ROUTER_TUN_H

#include "isakmp/isakmp.h"

typedef struct tun tun;

/* Make the device and the rules.
 *   outside  names of the interfaces that have a crypto map; n of them.
 *   returns  NULL after one sentence in error. */
tun *tun_open(const char *const *outside, size_t n, char *error, size_t cap);
/* Take rules and device away. */
void tun_close(tun *t);
int tun_fd(const tun *t);

/* The next packet.
 *   returns  its octets, 0 if there is none. */
size_t tun_read(const tun *t, uint8_t *buf, size_t cap);
/* Let a packet go on. */
void tun_write(const tun *t, const uint8_t *packet, size_t n);

#endif
