/* packet.h -- the headers of IP and UDP, as far as a router's crypto maps look at them. */
#ifndef ROUTER_PACKET_H
#define ROUTER_PACKET_H

#include "isakmp/isakmp.h"

typedef struct packet {
    uint8_t proto;
    isakmp_addr source,
        dest;           /* with ports, where the protocol has them and they are in this fragment */
    const uint8_t *udp; /* what a UDP datagram holds; NULL: it is none, or not whole */
    size_t udp_n;
} packet;

/* returns  1, or 0 if it is no packet of IP. */
int packet_read(packet *out, const uint8_t *p, size_t n);

/* A UDP datagram in a packet.
 *   returns  its octets, 0 if they are more than cap. */
size_t packet_write_udp(uint8_t *out, size_t cap, const isakmp_addr *source,
                        const isakmp_addr *dest, isakmp_span datagram);

#endif
