/* live/live_ping.c -- pings as IPv4 packets: made, recognised, answered. */
#include <string.h>
#include "live_ping.h"

#define ECHO_REPLY   0
#define ECHO_REQUEST 8

static const char text[] = "the keys are the same on both";

static uint16_t checksum(const uint8_t *p, size_t n)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (uint32_t)p[i] << (i % 2 ? 0 : 8);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static void put_checksum(uint8_t *at, const uint8_t *p, size_t n)
{
    uint16_t sum;
    at[0] = at[1] = 0;
    sum = checksum(p, n);
    at[0] = (uint8_t)(sum >> 8);
    at[1] = (uint8_t)sum;
}

void live_ping_make(uint8_t out[LIVE_PING_SIZE], const isakmp_sad_entry *e, uint16_t seq)
{
    memset(out, 0, LIVE_PING_SIZE);
    out[0] = 0x45;
    out[3] = LIVE_PING_SIZE;
    out[8] = 64;
    out[9] = 1;
    memcpy(out + 12, e->local.lo, 4);
    memcpy(out + 16, e->remote.lo, 4);
    put_checksum(out + 10, out, 20);
    out[20] = ECHO_REQUEST;
    out[24] = 0x1d;
    out[26] = (uint8_t)(seq >> 8);
    out[27] = (uint8_t)seq;
    memcpy(out + 28, text, sizeof text - 1);
    put_checksum(out + 22, out + 20, LIVE_PING_SIZE - 20);
}

static int is_echo(const uint8_t *packet, size_t n, const isakmp_sad_entry *e, uint8_t type)
{
    return n >= 28 && packet[0] == 0x45 && packet[9] == 1 && packet[20] == type &&
           memcmp(packet + 12, e->remote.lo, 4) >= 0 && memcmp(packet + 12, e->remote.hi, 4) <= 0;
}

int live_ping_is_answer(const uint8_t *packet, size_t n, const isakmp_sad_entry *e, uint16_t *seq)
{
    if (!is_echo(packet, n, e, ECHO_REPLY) || n < 28 + sizeof text - 1 ||
        memcmp(packet + 28, text, sizeof text - 1) != 0)
        return 0;
    *seq = (uint16_t)(packet[26] << 8 | packet[27]);
    return 1;
}

int live_ping_answer(uint8_t *packet, size_t n, const isakmp_sad_entry *e)
{
    uint8_t asker[4];
    if (!is_echo(packet, n, e, ECHO_REQUEST) || memcmp(packet + 16, e->local.lo, 4) < 0 ||
        memcmp(packet + 16, e->local.hi, 4) > 0)
        return 0;
    memcpy(asker, packet + 12, 4);
    memcpy(packet + 12, packet + 16, 4);
    memcpy(packet + 16, asker, 4);
    packet[20] = ECHO_REPLY;
    put_checksum(packet + 22, packet + 20, n - 20);
    return 1;
}
