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
    if (r->console)
        router_console_clear(r->console);
    printf("%s%s", text, n && text[n - 1] == '\n' ? "" : "\n");
    fflush(stdout);
    if (r->console)
        router_console_show(r->console);
}

/* "no crypto isakmp enable": what there is would else be kept up and negotiated anew. */
static void end_if_disabled(router *r)
{
    isakmp_ios_settings s = {.size = sizeof s};
    isakmp_ios_settings_get(r->conf, &s);
    if (s.enabled)
        return;
    router_close_all(r);
    isakmp_discover_end(r->x, host_now(), NULL);
}

void router_apply(router *r)
{
    char error[160];
    if (!r->changed)
        return;
    router_take_keys(r);
    router_take_pool(r);
    router_replan(r);
    end_if_disabled(r);
    if (router_open_spis(r, error, sizeof error) != 0)
        router_say(r, error);
    router_look_at_fixed(r);
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
    struct pollfd fds[8] = {{r->udp.ike, POLLIN, 0},
                            {r->udp.natt, POLLIN, 0},
                            {r->tun ? tun_fd(r->tun) : -1, POLLIN, 0},
                            {r->control, POLLIN, 0},
                            {r->console ? STDIN_FILENO : -1, POLLIN, 0},
                            {r->spis[0], POLLIN, 0},
                            {r->spis[1], POLLIN, 0},
                            {r->kernel ? xfrm_news_fd(r->kernel) : -1, POLLIN, 0}};
    if (poll(fds, 8, until(isakmp_deadline(r->x))) > 0) {
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
        for (unsigned i = 0; i < 2; i++)
            if (fds[5 + i].revents)
                router_take_spi(r, i);
        if (fds[7].revents)
            router_take_mapping(r);
    }
    isakmp_tick(r->x, host_now());
    router_look_at_traffic(r);
    router_try_again(r);
    router_apply(r);
}

void router_close_all(router *r)
{
    isakmp_sa_id sa, next = isakmp_sa_next(r->x, (isakmp_sa_id){0});
    while ((sa = next).v) {
        next = isakmp_sa_next(r->x, sa);
        isakmp_close(r->x, host_now(), sa);
    }
}

/* ---- Beginning and end --------------------------------------------------------------------- */

static int make_context(router *r)
{
    static isakmp_host host;
    isakmp_config c;
    isakmp_ios_settings s = {.size = sizeof s};
    isakmp_ios_settings_get(r->conf, &s);
    router_set_host(&host, r);
    isakmp_config_init(&c, sizeof c);
    c.limits.sas = 256;
    c.limits.children = ROUTER_MAX_CHILDREN;
    c.limits.exchanges = 256;
    c.limits.max_dh = ISAKMP_MAX_DH_PUBLIC;
    c.limits.max_datagram = 16384;
    c.crypto = isakmp_crypto_mbedtls();
    c.host = &host;
    c.exchanges = isakmp_all_exchanges;
    c.extensions = isakmp_all_extensions;
    c.natt_keepalive_s = s.nat_keepalive_s;
    c.natt_port = (uint16_t)(r->o.port + 4000);
    r->arena = calloc(1, isakmp_ctx_size(&c));
    if (r->arena &&
        isakmp_ctx_init(&r->x, r->arena, isakmp_ctx_size(&c), &c, host_now()) == ISAKMP_OK)
        return 0;
    fprintf(stderr, "a context cannot be made\n");
    return -1;
}

static int open_sas(router *r, char *error, size_t cap)
{
    if (r->o.sa_log) {
        r->sa_log = fopen(r->o.sa_log, "w");
        if (r->sa_log)
            return 0;
        snprintf(error, cap, "--sa-log %s: %s", r->o.sa_log, strerror(errno));
        return -1;
    }
    r->kernel = xfrm_open(error, cap);
    if (r->kernel == NULL || xfrm_adopt(r->udp.ike, r->udp.natt, error, cap) != 0 ||
        router_open_outside(r, error, cap) != 0)
        return -1;
    xfrm_guards_clear(r->kernel);
    router_guard(r, router_plan_now(r), NULL);
    return 0;
}

static int open_all(router *r)
{
    isakmp_addr local = router_outside_address(r);
    char error[300];
    if (host_udp_open(&r->udp, &local, error, sizeof error) != 0 ||
        open_sas(r, error, sizeof error) != 0 || router_open_spis(r, error, sizeof error) != 0) {
        fprintf(stderr, "%s\n", error);
        return -1;
    }
    if (router_control_open(r) != 0)
        return -1;
    router_keep_fixed(r);
    if (isatty(STDIN_FILENO))
        r->console = router_console_open(r);
    return 0;
}

static int begin(router *r)
{
    r->control = r->spis[0] = r->spis[1] = -1;
    r->debugs = r->o.debug;
    r->conf_mem = calloc(1, CONF_OCTETS);
    if (r->conf_mem == NULL || isakmp_ios_init(&r->conf, r->conf_mem, CONF_OCTETS) != ISAKMP_OK) {
        fprintf(stderr, "there is no memory for a configuration\n");
        return -1;
    }
    if (router_read_keys(r) != 0 || !router_load(r, r->o.config) || make_context(r) != 0)
        return -1;
    router_take_keys(r);
    router_take_pool(r);
    return router_replan(r);
}

static void end(router *r)
{
    if (r->x)
        router_close_all(r);
    router_console_close(r->console);
    r->console = NULL;
    router_control_close(r);
    router_close_spis(r);
    if (r->plans)
        router_guard(r, NULL, router_plan_now(r));
    tun_close(r->tun);
    xfrm_close(r->kernel);
    if (r->x)
        isakmp_ctx_wipe(r->x);
    free(r->arena);
    router_drop_plans(r);
    router_drop_pool(r);
    isakmp_pki_free(r->ring.pki);
    if (r->conf)
        isakmp_ios_wipe(r->conf);
    free(r->conf_mem);
    if (r->sa_log)
        fclose(r->sa_log);
    memset(r->own, 0, sizeof r->own);
}

static void to_stdout(void *user, const char *text, size_t n)
{
    (void)user;
    fwrite(text, 1, n, stdout);
}

/* --exec: do it and end. */
static int execute(router *r)
{
    router_sink sink = {to_stdout, NULL, 0};
    isakmp_ios_shell shell = {0};
    int status = 0;
    for (unsigned i = 0; i < r->o.n_exec; i++) {
        isakmp_span line = {(const uint8_t *)r->o.exec[i], strlen(r->o.exec[i])};
        status |= !router_command(r, &shell, line, &sink);
    }
    return status;
}

static void greet(router *r)
{
    isakmp_ios_settings s = {.size = sizeof s};
    char text[80];
    isakmp_ios_settings_get(r->conf, &s);
    snprintf(text, sizeof text, "%sISAKMP is %s", r->console ? "Press RETURN to get started; " : "",
             s.enabled ? "on" : "off");
    router_say(r, text);
}

static int serve(router *r)
{
    isakmp_time flow_at = 0;
    if (open_all(r) != 0)
        return 1;
    greet(r);
    while (!stop && !r->leaves) {
        if (r->o.source.family && host_now() >= flow_at) {
            router_flow(r, &r->o.source, &r->o.dest);
            flow_at = host_now() + 1000;
        }
        turn(r);
    }
    return 0;
}

int main(int argc, char **argv)
{
    static router r;
    int status = router_options_read(&r.o, argc, argv);
    if (status >= 0)
        return status;
    if (r.o.is_client)
        return router_control_ask(&r.o);
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    signal(SIGPIPE, SIG_IGN);
    status = begin(&r) != 0 ? 2 : r.o.n_exec ? execute(&r) : serve(&r);
    end(&r);
    return status;
}
