/* router.c -- the program and its loop. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "isakmp/mbedtls.h"
#include "router.h"

/* Enough for 10,000 lines. */
#define CONF_OCTETS (4u << 20)

static volatile sig_atomic_t stop;

static void on_signal(int sig)
{
    (void)sig;
    stop = 1;
}

void router_say(router *r, const char *text)
{
    size_t n = strlen(text);
    const char *end = n && text[n - 1] == '\n' ? "" : "\n";
    if (r->console) {
        router_console_say(r->console, text);
        return;
    }
    printf("%s%s", text, end);
    fflush(stdout);
}

/* ---- The loop ------------------------------------------------------------------------------ */

static void take_packets(router *r)
{
    static uint8_t buf[65536];
    size_t n;
    for (unsigned i = 0; i < 64 && (n = tun_read(r->tun, buf, sizeof buf)) != 0; i++)
        router_packet(r, buf, n);
}

static void take_datagram(router *r, int natt)
{
    static uint8_t buf[65536];
    isakmp_path path;
    size_t n = host_udp_receive(&r->udp, natt, &path, buf, sizeof buf);
    if (n)
        isakmp_input(r->x, host_now(), &path, buf, n);
}

static int until(isakmp_time deadline)
{
    isakmp_time now = host_now();
    uint64_t wait = deadline > now ? deadline - now : 0;
    return wait < 1000 ? (int)wait : 1000;
}

static void turn(router *r)
{
    struct pollfd fds[5] = {{r->udp.ike, POLLIN, 0},
                            {r->udp.natt, POLLIN, 0},
                            {r->tun ? tun_fd(r->tun) : -1, POLLIN, 0},
                            {r->control, POLLIN, 0},
                            {r->console ? STDIN_FILENO : -1, POLLIN, 0}};
    if (poll(fds, 5, until(isakmp_deadline(r->x))) > 0) {
        if (fds[0].revents)
            take_datagram(r, 0);
        if (fds[1].revents)
            take_datagram(r, 1);
        if (fds[2].revents)
            take_packets(r);
        if (fds[3].revents)
            router_control_serve(r);
        if (fds[4].revents)
            router_console_read(r->console);
    }
    isakmp_tick(r->x, host_now());
    router_try_again(r);
    if (r->changed)
        router_replan(r);
}

static void close_all(router *r)
{
    isakmp_sa_id sa;
    while ((sa = isakmp_sa_next(r->x, (isakmp_sa_id){0})).v &&
           isakmp_close(r->x, host_now(), sa) == ISAKMP_OK)
        ;
}

/* ---- Beginning and end --------------------------------------------------------------------- */

static int make_context(router *r)
{
    static isakmp_host host;
    isakmp_config c;
    router_set_host(&host, r);
    isakmp_config_init(&c, sizeof c);
    c.limits.sas = 256;
    c.limits.children = 1024;
    c.limits.exchanges = 256;
    c.limits.max_dh = ISAKMP_MAX_DH_PUBLIC;
    c.limits.max_datagram = 16384;
    c.crypto = isakmp_crypto_mbedtls();
    c.host = &host;
    c.exchanges = isakmp_all_exchanges;
    c.extensions = isakmp_all_extensions;
    c.natt_port = (uint16_t)(r->o.port + 4000);
    r->arena = calloc(1, isakmp_ctx_size(&c));
    if (r->arena &&
        isakmp_ctx_init(&r->x, r->arena, isakmp_ctx_size(&c), &c, host_now()) == ISAKMP_OK)
        return 0;
    fprintf(stderr, "a context cannot be made\n");
    return -1;
}
