/* live/live_esp.h -- ESP in user space, with the keys that the library has handed out. */
#ifndef LIVE_ESP_H
#define LIVE_ESP_H

#include "isakmp/host.h"

/* What ESP may add to a packet. */
#define LIVE_ESP_MORE 96

/* An ESP packet around an IPv4 packet.
 *   out      room for n + LIVE_ESP_MORE octets.
 *   returns  its length; 0: mbedTLS cannot. */
size_t live_esp_wrap(const isakmp_sad_entry *e, uint32_t seq, const uint8_t *inner, size_t n,
                     uint8_t *out);
/* The IPv4 packet in an ESP packet, decrypted in its place.
 *   returns  its length; 0: the ESP packet does not verify. */
size_t live_esp_unwrap(const isakmp_sad_entry *e, uint8_t *packet, size_t n, uint8_t **inner);

#endif
