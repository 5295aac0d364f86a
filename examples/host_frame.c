/* host_frame.c -- links, IP and UDP, just enough to find a datagram in a frame and to wrap one.
 * Lengths are those of the headers or what was captured, whichever is less; nothing is trusted. */
#include <string.h>
#include "host_frame.h"

enum {
    ETHER_IPV4 = 0x0800,
    ETHER_IPV6 = 0x86dd,
    PROTO_UDP = 17
};

static unsigned get16(const uint8_t *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

static void put16(uint8_t *p, size_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static isakmp_span after(isakmp_span s, size_t n)
{
    isakmp_span rest = {s.p + n, s.n - n};
    return rest;
}

/* ---- Links -------------------------------------------------------------------------------- */

int host_link_known(int link)
{
    static const int known[] = {HOST_LINK_NULL, HOST_LINK_ETHERNET, HOST_LINK_RAW,
                                HOST_LINK_LOOP, HOST_LINK_LINUX,    HOST_LINK_IPV4,
                                HOST_LINK_IPV6, HOST_LINK_LINUX_2};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i] == link)
            return 1;
    return 0;
}

static int is_vlan(unsigned type)
{
    return type == 0x8100 || type == 0x88a8 || type == 0x9100;
}

/* What follows a two-octet protocol type at `at`, behind any VLAN tags; empty if it is not IP. */
static isakmp_span behind_ether_type(isakmp_span frame, size_t at, size_t head)
{
    isakmp_span none = {NULL, 0};
    while (frame.n >= head + 4 && is_vlan(get16(frame.p + at))) {
        at = head + 2;
        head += 4;
    }
    if (frame.n < head || (get16(frame.p + at) != ETHER_IPV4 && get16(frame.p + at) != ETHER_IPV6))
        return none;
    return after(frame, head);
}

static isakmp_span behind_link(int link, isakmp_span frame)
{
    isakmp_span none = {NULL, 0};
    switch (link) {
    case HOST_LINK_ETHERNET:
        return behind_ether_type(frame, 12, 14);
    case HOST_LINK_LINUX:
        return behind_ether_type(frame, 14, 16);
    case HOST_LINK_LINUX_2:
        return behind_ether_type(frame, 0, 20);
    case HOST_LINK_NULL:
    case HOST_LINK_LOOP:
        return frame.n < 4 ? none : after(frame, 4);
    default:
        return frame;
    }
}

/* ---- IP ----------------------------------------------------------------------------------- */

/* The payload is `claimed` octets long, of which `captured` were captured. */
static void set_payload(host_packet *out, const uint8_t *p, size_t claimed, size_t captured)
{
    out->payload.p = p;
    out->payload.n = claimed < captured ? claimed : captured;
    out->missing = claimed - out->payload.n;
}

static void set_address(isakmp_addr *out, uint8_t family, const uint8_t *ip)
{
    out->family = family;
    memcpy(out->ip, ip, family == 4 ? 4 : 16);
}

static int read_ipv4(host_packet *out, isakmp_span s)
{
    size_t head = 4u * (s.p[0] & 15), total;
    if (head < 20 || s.n < head)
        return 0;
    total = get16(s.p + 2);
    if (total == 0) /* left to the network card to fill in */
        total = s.n;
    if (total < head)
        return 0;
    set_address(&out->src, 4, s.p + 12);
    set_address(&out->dst, 4, s.p + 16);
    out->protocol = s.p[9];
    out->id = get16(s.p + 4);
    out->offset = (uint16_t)((get16(s.p + 6) & 0x1fff) * 8);
    out->more = s.p[6] >> 5 & 1;
    set_payload(out, s.p + head, total - head, s.n - head);
    return 1;
}

static int is_ipv6_extension(uint8_t next)
{
    return next == 0 || next == 43 || next == 44 || next == 60;
}

static int read_ipv6(host_packet *out, isakmp_span s)
{
    size_t claimed = get16(s.p + 4), head;
    isakmp_span rest = after(s, 40);
    set_address(&out->src, 6, s.p + 8);
    set_address(&out->dst, 6, s.p + 24);
    out->protocol = s.p[6];
    while (is_ipv6_extension(out->protocol)) {
        int is_fragment = out->protocol == 44;
        head = rest.n < 8 ? 8 : is_fragment ? 8 : 8 * (1 + (size_t)rest.p[1]);
        if (rest.n < head || claimed < head)
            return 0;
        if (is_fragment) {
            out->id = (uint32_t)(get16(rest.p + 4) << 16 | get16(rest.p + 6));
            out->offset = (uint16_t)(get16(rest.p + 2) & 0xfff8);
            out->more = rest.p[3] & 1;
        }
        out->protocol = rest.p[0];
        rest = after(rest, head);
        claimed -= head;
        if (is_fragment)
            break;
    }
    set_payload(out, rest.p, claimed, rest.n);
    return 1;
}

int host_frame_read(host_packet *out, int link, isakmp_span frame)
{
    isakmp_span ip = behind_link(link, frame);
    memset(out, 0, sizeof *out);
    if (ip.n >= 20 && ip.p[0] >> 4 == 4)
        return read_ipv4(out, ip);
    if (ip.n >= 40 && ip.p[0] >> 4 == 6)
        return read_ipv6(out, ip);
    return 0;
}

/* ---- UDP ---------------------------------------------------------------------------------- */

int host_udp_read(host_packet *p)
{
    size_t length, whole = p->payload.n + p->missing;
    if (p->protocol != PROTO_UDP || p->payload.n < 8)
        return 0;
    p->src.port = (uint16_t)get16(p->payload.p);
    p->dst.port = (uint16_t)get16(p->payload.p + 2);
    length = get16(p->payload.p + 4);
    if (length < 8 || length > whole)
        length = whole;
    set_payload(p, p->payload.p + 8, length - 8, p->payload.n - 8);
    return 1;
}

/* ---- Writing ------------------------------------------------------------------------------ */

static uint32_t sum(uint32_t so_far, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i + 1 < n; i += 2)
        so_far += get16(p + i);
    return n % 2 ? so_far + ((uint32_t)p[n - 1] << 8) : so_far;
}

static unsigned folded(uint32_t s)
{
    while (s >> 16)
        s = (s & 0xffff) + (s >> 16);
    return ~s & 0xffff;
}

/* The UDP checksum covers the addresses, the protocol and the length too [RFC768, RFC8200 8.1]. */
static void put_udp_checksum(uint8_t *udp, size_t n, const uint8_t *addresses, size_t addresses_n)
{
    uint32_t s = sum(PROTO_UDP + (uint32_t)n, addresses, addresses_n);
    unsigned check = folded(sum(s, udp, n));
    put16(udp + 6, check ? check : 0xffff);
}

static size_t write_ipv4(uint8_t *out, const isakmp_addr *src, const isakmp_addr *dst, size_t n)
{
    memset(out, 0, 20);
    out[0] = 0x45;
    put16(out + 2, 20 + n);
    out[6] = 0x40; /* do not fragment */
    out[8] = 64;
    out[9] = PROTO_UDP;
    memcpy(out + 12, src->ip, 4);
    memcpy(out + 16, dst->ip, 4);
    put16(out + 10, folded(sum(0, out, 20)));
    put_udp_checksum(out + 20, n, out + 12, 8);
    return 20;
}

static size_t write_ipv6(uint8_t *out, const isakmp_addr *src, const isakmp_addr *dst, size_t n)
{
    memset(out, 0, 40);
    out[0] = 0x60;
    put16(out + 4, n);
    out[6] = PROTO_UDP;
    out[7] = 64;
    memcpy(out + 8, src->ip, 16);
    memcpy(out + 24, dst->ip, 16);
    put_udp_checksum(out + 40, n, out + 8, 32);
    return 40;
}

size_t host_packet_write(uint8_t *out, const isakmp_addr *src, const isakmp_addr *dst,
                         isakmp_span payload)
{
    uint8_t family = src->family ? src->family : dst->family;
    size_t head = family == 6 ? 40 : 20, n = 8 + payload.n;
    uint8_t *udp = out + head;
    if ((dst->family && dst->family != family) || payload.n > HOST_PACKET_MAX)
        return 0;
    put16(udp, src->port);
    put16(udp + 2, dst->port);
    put16(udp + 4, n);
    put16(udp + 6, 0);
    if (payload.n)
        memcpy(udp + 8, payload.p, payload.n);
    head = family == 6 ? write_ipv6(out, src, dst, n) : write_ipv4(out, src, dst, n);
    return head + n;
}
