/* host_udp.h -- what a POSIX host brings for the library: two UDP sockets, a clock, and waiting. */
#ifndef HOST_UDP_H
#define HOST_UDP_H

#include "isakmp/isakmp.h"

typedef struct host_udp {
    int ike, natt;     /* sockets: plain, and for UDP encapsulation (-1: there is none) */
    isakmp_addr local; /* of the plain one */
} host_udp;

/* Open the sockets: the plain one on an address and port (0: any), the other on the same address and
 * port 4500 if the first is 500, on the port 4000 above it otherwise, or on any.
 *   returns  0, or -1 with one sentence in error. */
int host_udp_open(host_udp *u, const isakmp_addr *local, char *error, size_t error_cap);
void host_udp_close(host_udp *u);

/* The port of the other side's UDP-encapsulation socket, by the same rule. */
uint16_t host_udp_natt_port(uint16_t ike_port);

/* Our address on the way to a peer: where the local one is "any" the system knows. */
isakmp_path host_udp_path(const host_udp *u, const isakmp_addr *remote);

/* Send a datagram from the socket that path->natt names; for isakmp_host.send.
 *   returns  ISAKMP_OK or ISAKMP_E_HOST. */
int host_udp_send(const host_udp *u, const isakmp_path *path, isakmp_span datagram);

/* Wait for a datagram until a deadline.
 *   returns  how many octets came, with where from and to in path; 0 when the deadline has come or a
 *            signal arrived. */
size_t host_udp_wait(const host_udp *u, isakmp_time deadline, isakmp_path *path, uint8_t *buf,
                     size_t cap);

/* Take the datagram that waits at one of the two sockets.
 *   returns  as host_udp_wait(). */
size_t host_udp_receive(const host_udp *u, int natt, isakmp_path *path, uint8_t *buf, size_t cap);

/* Milliseconds of a clock that never goes backwards. */
isakmp_time host_now(void);

/* "192.0.2.1", "192.0.2.1:500", "2001:db8::1", "[2001:db8::1]:500"; without a port it is `port`.
 *   returns  1, or 0 if it is not an address. */
int host_parse_addr(isakmp_addr *out, const char *text, uint16_t port);
int host_parse_port(uint16_t *out, const char *text);

#endif
