/* host_input.c -- what the sockets bring, to whom it belongs. */
#include "host_input.h"
#include "host_udp.h"

uint32_t host_esp_spi(const isakmp_path *path, const uint8_t *buf, size_t n)
{
    if (!path->natt || n < 8)
        return 0;
    return (uint32_t)buf[0] << 24 | (uint32_t)buf[1] << 16 | (uint32_t)buf[2] << 8 | buf[3];
}

/* We begin a negotiation only with whom --remote names. */
void host_lost_esp(isakmp_ctx *x, const host_options *o, const isakmp_path *path, uint32_t spi)
{
    int is_ours = o->remote.family && host_options_is_remote(o, &path->remote);
    if (spi >= 256)
        isakmp_invalid_spi(x, host_now(), path, ISAKMP_PROTO_ESP, spi, is_ours ? &o->peer : NULL);
}

void host_input(isakmp_ctx *x, const host_options *o, const isakmp_path *path, uint8_t *buf,
                size_t n)
{
    uint32_t spi = host_esp_spi(path, buf, n);
    if (spi)
        host_lost_esp(x, o, path, spi);
    else
        isakmp_input(x, host_now(), path, buf, n);
}
