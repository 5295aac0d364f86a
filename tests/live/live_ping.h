/* live/live_ping.h -- pings as IPv4 packets: made, recognised, answered. */
#ifndef LIVE_PING_H
#define LIVE_PING_H

#include "isakmp/host.h"

#define LIVE_PING_SIZE 60

/* An echo request through an SA, from the first of our addresses to the first of the peer's. */
void live_ping_make(uint8_t out[LIVE_PING_SIZE], const isakmp_sad_entry *e, uint16_t seq);
/* Is it the answer to one of those?  1, with its number in seq, or 0. */
int live_ping_is_answer(const uint8_t *packet, size_t n, const isakmp_sad_entry *e, uint16_t *seq);
/* Make the answer of an echo request for us.  1, or 0: it is none. */
int live_ping_answer(uint8_t *packet, size_t n, const isakmp_sad_entry *e);

#endif
