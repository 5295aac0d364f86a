/* host_input.h -- what the sockets bring, to whom it belongs. */
#ifndef HOST_INPUT_H
#define HOST_INPUT_H

#include "host_options.h"

/* The SPI of an ESP packet in UDP; 0: it is none [RFC3948 2.1]. */
uint32_t host_esp_spi(const isakmp_path *path, const uint8_t *buf, size_t n);

/* An ESP packet that nobody can read: its sender is told, if it is known or --recover says so. */
void host_lost_esp(isakmp_ctx *x, const host_options *o, const isakmp_path *path, uint32_t spi);

/* A datagram for a program that has no ESP: the peer's packets come to nothing, but it is told if they
 * are for an SA that is not there. */
void host_input(isakmp_ctx *x, const host_options *o, const isakmp_path *path, uint8_t *buf,
                size_t n);

#endif
