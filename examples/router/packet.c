/* packet.c -- IP and UDP headers, read and written. */
#include <netinet/in.h>
#include <string.h>
#include "packet.h"

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static void put16(uint8_t *p, size_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static int has_ports(uint8_t proto)
{
    return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP;
}

/* What is behind the header of IP. */
static void read_inner(packet *out, const uint8_t *p, size_t n)
{
    if (!has_ports(out->proto) || n < 4)
        return;
    out->source.port = get16(p);
    out->dest.port = get16(p + 2);
    if (out->proto == IPPROTO_UDP && n >= 8 && get16(p + 4) >= 8 && get16(p + 4) <= n) {
        out->udp = p + 8;
        out->udp_n = get16(p + 4) - 8u;
    }
}

static int read_4(packet *out, const uint8_t *p, size_t n)
{
    size_t header = n ? 4u * (p[0] & 15) : 0;
    if (n < 20 || header < 20 || header > n || get16(p + 2) < header || get16(p + 2) > n)
        return 0;
    out->proto = p[9];
    out->source.family = out->dest.family = 4;
    memcpy(out->source.ip, p + 12, 4);
    memcpy(out->dest.ip, p + 16, 4);
    if ((get16(p + 6) & 0x3fff) == 0) /* neither a fragment nor with more of them behind it */
        read_inner(out, p + header, get16(p + 2) - header);
    return 1;
}

static int read_6(packet *out, const uint8_t *p, size_t n)
{
    if (n < 40 || get16(p + 4) + 40u > n)
        return 0;
    out->proto = p[6]; /* extension headers are not walked: such a packet is one of its first one */
    out->source.family = out->dest.family = 6;
    memcpy(out->source.ip, p + 8, 16);
    memcpy(out->dest.ip, p + 24, 16);
    read_inner(out, p + 40, get16(p + 4));
    return 1;
}

int packet_read(packet *out, const uint8_t *p, size_t n)
{
    memset(out, 0, sizeof *out);
    if (n && p[0] >> 4 == 4)
        return read_4(out, p, n);
    return n && p[0] >> 4 == 6 ? read_6(out, p, n) : 0;
}

/* ---- Writing ------------------------------------------------------------------------------- */

static uint32_t sum(uint32_t s, const uint8_t *p, size_t n)
{
    for (; n > 1; p += 2, n -= 2)
        s += get16(p);
    return n ? s + (uint32_t)(*p << 8) : s;
}

static void put_checksum(uint8_t *at, uint32_t s)
{
    while (s >> 16)
        s = (s & 0xffff) + (s >> 16);
    put16(at, s == 0xffff ? 0xffff : ~s & 0xffff);
}

size_t packet_write_udp(uint8_t *out, size_t cap, const isakmp_addr *source,
                        const isakmp_addr *dest, isakmp_span datagram)
{
    size_t addr = source->family == 6 ? 16 : 4, header = source->family == 6 ? 40 : 20;
    size_t udp = 8 + datagram.n;
    uint8_t *u = out + header;
    if (header + udp > cap || udp > 65535 - header)
        return 0;
    memset(out, 0, header + 8);
    if (addr == 4) {
        out[0] = 0x45;
        put16(out + 2, header + udp);
        out[8] = 64;
        out[9] = IPPROTO_UDP;
    } else {
        out[0] = 0x60;
        put16(out + 4, udp);
        out[6] = IPPROTO_UDP;
        out[7] = 64;
    }
    memcpy(out + header - 2 * addr, source->ip, addr);
    memcpy(out + header - addr, dest->ip, addr);
    if (addr == 4)
        put_checksum(out + 10, sum(0, out, header));
    put16(u, source->port);
    put16(u + 2, dest->port);
    put16(u + 4, udp);
    memcpy(u + 8, datagram.p, datagram.n);
    put_checksum(u + 6,
                 sum(sum(IPPROTO_UDP + (uint32_t)udp, out + header - 2 * addr, 2 * addr), u, udp));
    return header + udp;
}
