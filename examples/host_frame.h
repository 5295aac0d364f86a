/* host_frame.h -- from a frame as captured on some link to the UDP datagram in it, and from a
 * datagram to an IP packet.  Pure functions: no files, no libpcap. */
#ifndef HOST_FRAME_H
#define HOST_FRAME_H

#include "isakmp/base.h"

/* The link types that are understood, by their numbers in capture files (LINKTYPE_*). */
enum {
    HOST_LINK_NULL = 0,
    HOST_LINK_ETHERNET = 1,
    HOST_LINK_RAW = 101,
    HOST_LINK_LOOP = 108,
    HOST_LINK_LINUX = 113, /* "cooked" capture on all interfaces */
    HOST_LINK_IPV4 = 228,
    HOST_LINK_IPV6 = 229,
    HOST_LINK_LINUX_2 = 276
};

/* An IP packet, or a fragment of one. */
typedef struct host_packet {
    isakmp_addr src, dst; /* ports 0 */
    uint8_t protocol;     /* of the payload: 17 is UDP */
    isakmp_span payload;  /* as much of it as was captured */
    size_t missing;       /* octets of the payload that were not captured */
    uint32_t id;          /* of the packet that this is a fragment of */
    uint16_t offset;      /* of this fragment in it */
    uint8_t more;         /* 1: not the last fragment */
} host_packet;

/* Is this link type understood?  1 or 0. */
int host_link_known(int link);

/* Find the IP packet in a frame, behind VLAN tags and IPv6 extension headers.
 *   returns  1, or 0 if there is none. */
int host_frame_read(host_packet *out, int link, isakmp_span frame);

/* Find the UDP datagram in a whole IP packet: adds the ports to src and dst and takes the UDP
 * header off the payload.
 *   returns  1, or 0 if it is not UDP. */
int host_udp_read(host_packet *p);

/* The most that host_packet_write() puts before the payload, and the longest payload. */
#define HOST_PACKET_HEAD 48
#define HOST_PACKET_MAX  65507

/* Write an IPv4 or IPv6 packet with a UDP datagram in it, checksums included.
 *   out      has room for HOST_PACKET_HEAD octets and the payload.
 *   returns  its length, or 0 if the addresses are not of one family or the payload is too long.
 *            An address that is not set counts as all zeroes. */
size_t host_packet_write(uint8_t *out, const isakmp_addr *src, const isakmp_addr *dst,
                         isakmp_span payload);

#endif
