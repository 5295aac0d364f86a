/* host_pcap.h -- capture files: reading the UDP datagrams out of one, and writing datagrams into
 * one that Wireshark opens.  Needs libpcap. */
#ifndef HOST_PCAP_H
#define HOST_PCAP_H

#include "isakmp/base.h"

/* ---- Reading ------------------------------------------------------------------------------ */

/* A UDP datagram of a capture, as if it had just been received: path.remote sent it to path.local.
 * path.natt is 1 if either port is 4500. */
typedef struct host_datagram {
    unsigned long frame; /* the number of its frame in the file, from 1, as Wireshark counts */
    uint64_t time_us;    /* when, in microseconds since 1970 */
    isakmp_path path;
    isakmp_span payload; /* for the call only */
    size_t missing;      /* octets at the end of the payload that were not captured */
} host_datagram;

/* Read a pcap or pcapng file with frames of Ethernet (also with VLAN tags), Linux cooked captures,
 * raw IP or loopback, and call a function for every UDP datagram over IPv4 and IPv6.  Fragments of
 * IP packets are put together.
 *   returns  0, or -1 with one sentence in error (a buffer of error_cap octets) that says what is
 *            wrong with the file; the datagrams before the fault were given. */
int host_pcap_read(const char *file, void (*each)(void *user, const host_datagram *d), void *user,
                   char *error, size_t error_cap);

/* ---- Writing ------------------------------------------------------------------------------ */

typedef struct host_pcap host_pcap;

/* Create a capture file of raw IP packets, or replace one.
 *   returns  NULL if it cannot be created; errno tells why. */
host_pcap *host_pcap_create(const char *file);
/* Add a UDP datagram, with correct headers and checksums around it, and flush the file.
 *   src, dst  a family of 0 counts as that of the other, with an address of zeroes.
 *   time_us   microseconds since 1970.
 *   returns   0, or -1 if it could not be written. */
int host_pcap_datagram(host_pcap *w, const isakmp_addr *src, const isakmp_addr *dst,
                       isakmp_span payload, uint64_t time_us);
void host_pcap_close(host_pcap *w);

#endif
