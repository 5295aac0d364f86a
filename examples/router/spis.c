/* spis.c -- "crypto isakmp invalid-spi-recovery": packets of ESP and AH that nobody here can read.  The kernel only
 * counts them, so each packet is looked at, through raw sockets.  IPv4, and not what is in UDP. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "router.h"

static const struct {
    int ip;
    uint8_t proto;
    size_t at; /* of the SPI */
} kinds[2] = {{IPPROTO_ESP, ISAKMP_PROTO_ESP, 0}, {IPPROTO_AH, ISAKMP_PROTO_AH, 4}};

int router_open_spis(router *r, char *error, size_t cap)
{
    isakmp_ios_settings s = {.size = sizeof s};
    isakmp_ios_settings_get(r->conf, &s);
    if (!s.invalid_spi_recovery || r->kernel == NULL) {
        router_close_spis(r);
        return 0;
    }
    for (unsigned i = 0; i < 2; i++) {
        if (r->spis[i] >= 0)
            continue;
        r->spis[i] = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, kinds[i].ip);
        if (r->spis[i] < 0 || xfrm_pass_in(r->spis[i]) != 0) {
            snprintf(error, cap, "unknown SPIs cannot be watched: %s", strerror(errno));
            router_close_spis(r);
            return -1;
        }
    }
    return 0;
}

void router_close_spis(router *r)
{
    for (unsigned i = 0; i < 2; i++) {
        if (r->spis[i] >= 0)
            close(r->spis[i]);
        r->spis[i] = -1;
    }
}

static int is_ours(const router *r, uint32_t spi)
{
    isakmp_child_info i = {.size = sizeof i};
    isakmp_child_id c = {0};
    while ((c = isakmp_child_next(r->x, (isakmp_sa_id){0}, c)).v)
        for (unsigned k = 0; isakmp_child_get(r->x, c, &i) == ISAKMP_OK && k < i.n; k++)
            if (i.spi_in[k] == spi)
                return 1;
    return 0;
}

static void tell(router *r, const uint8_t *ip, uint8_t proto, uint32_t spi)
{
    isakmp_path path = {.local = {.family = 4, .port = r->o.port},
                        .remote = {.family = 4, .port = r->o.port}};
    isakmp_query q = {.path = &path, .exchange = ISAKMP_EXCH_MAIN};
    const isakmp_peer_policy *policy = NULL;
    memcpy(path.remote.ip, ip + 12, 4);
    memcpy(path.local.ip, ip + 16, 4);
    if (isakmp_ios_find_peer(router_plan_now(r), &q, &policy) == ISAKMP_OK)
        isakmp_invalid_spi(r->x, host_now(), &path, proto, spi, policy);
}

void router_take_spi(router *r, unsigned i)
{
    uint8_t head[80];
    ssize_t n = recv(r->spis[i], head, sizeof head, 0);
    size_t at = n > 20 ? 4u * (head[0] & 15) + kinds[i].at : sizeof head;
    uint32_t spi;
    if ((size_t)n < at + sizeof spi || at + sizeof spi > sizeof head)
        return;
    memcpy(&spi, head + at, sizeof spi);
    spi = ntohl(spi);
    if (spi > 255 && !is_ours(r, spi))
        tell(r, head, kinds[i].proto, spi);
}
