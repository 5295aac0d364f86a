/* initiator.c -- negotiate with a peer: the smallest whole host.
 *
 * The library asks for five things: send a datagram, install an SA, remove an SA, what is the key, and
 * the time; with signatures, for our certificates, a signature, and whether the peer's is good; with
 * encrypted nonces, to encrypt and decrypt them; with XAUTH, who our user is.  All that is about keys the
 * stock keyring answers.  Everything else here is the command line (host_options.c), sockets (host_udp.c)
 * and printing (host_show.c). */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include "host_input.h"
#include "host_options.h"
#include "host_show.h"
#include "host_udp.h"
#include "isakmp/keyring.h"
#include "isakmp/mbedtls.h"

typedef struct app {
    host_options o;
    host_udp udp;
    host_show show;
    isakmp_sa_id sa;
    int child_up, failed; /* what the events have said */
} app;

static volatile sig_atomic_t stop;

static void on_signal(int sig)
{
    (void)sig;
    stop = 1;
}

/* ---- DO ------------------------------------------------------------------------------------- */

static int do_send(void *user, const isakmp_path *path, isakmp_span datagram)
{
    app *a = (app *)user;
    host_show_datagram(&a->show, path, datagram, 1);
    return host_udp_send(&a->udp, path, datagram);
}

static int do_install(void *user, isakmp_child_id child, const isakmp_sad_entry *e)
{
    return host_show_install(&((app *)user)->show, child, e);
}

static void do_move(void *user, isakmp_child_id child, const isakmp_sad_entry *e,
                    const isakmp_addr *src, const isakmp_addr *dst)
{
    host_show_move(&((app *)user)->show, child, e, src, dst);
}

static void do_remove(void *user, isakmp_child_id child, const isakmp_sad_entry *e)
{
    host_show_remove(&((app *)user)->show, child, e);
}

/* ---- ASK ------------------------------------------------------------------------------------ */

static int get_psk(void *user, isakmp_ticket t, const isakmp_query *q, uint8_t *key, size_t cap,
                   size_t *n)
{
    (void)t;
    return isakmp_keyring_psk(&((app *)user)->o.keyring, q, key, cap, n);
}

static int get_credentials(void *user, isakmp_ticket t, const isakmp_query *q, uint16_t auth,
                           isakmp_credentials *out)
{
    (void)t;
    return isakmp_keyring_credentials(&((app *)user)->o.keyring, q, auth, out);
}

static int do_sign(void *user, isakmp_ticket t, const isakmp_query *q, uint16_t auth,
                   isakmp_span hash, uint8_t *sig, size_t cap, size_t *n)
{
    (void)t;
    return isakmp_keyring_sign(&((app *)user)->o.keyring, q, auth, hash, sig, cap, n);
}

static int do_verify(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_proof *p,
                     uint16_t *why)
{
    (void)t;
    return isakmp_keyring_verify(&((app *)user)->o.keyring, q, p, why);
}

static int do_encrypt(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_plain *p,
                      uint8_t *out, size_t cap, size_t *n)
{
    (void)t;
    return isakmp_keyring_encrypt(&((app *)user)->o.keyring, q, p, out, cap, n);
}

static int do_decrypt(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_sealed *s,
                      uint8_t *block, size_t cap, size_t *n)
{
    (void)t;
    return isakmp_keyring_decrypt(&((app *)user)->o.keyring, q, s, block, cap, n);
}

static int get_user(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_user *asked,
                    isakmp_user *out)
{
    (void)t;
    (void)q;
    return host_users_tell(&((app *)user)->o.users, asked, out);
}

/* ---- TELL ----------------------------------------------------------------------------------- */

/* What is replaced by another does not end, and what was to replace another leaves that. */
static int is_end(const isakmp_event *ev)
{
    return (ev->type == ISAKMP_EV_SA_DOWN && ev->other_sa.v == 0) ||
           (ev->type == ISAKMP_EV_CHILD_DOWN && ev->other_child.v == 0);
}

static void on_event(void *user, const isakmp_event *ev)
{
    app *a = (app *)user;
    host_show_event(&a->show, ev);
    a->child_up |= ev->type == ISAKMP_EV_CHILD_UP;
    a->failed |= is_end(ev);
    if (ev->type == ISAKMP_EV_REFUSED && ev->sa.v == a->sa.v) /* not of a stranger who calls us */
        a->failed |= a->o.once;
}

static void on_certs(void *user, const isakmp_query *q, const isakmp_cert *certs, size_t n_certs)
{
    isakmp_keyring_learn(&((app *)user)->o.keyring, q, certs, n_certs);
}

static void on_log(void *user, int level, isakmp_sa_id sa, const char *line)
{
    (void)sa;
    host_show_log(&((app *)user)->show, level, line);
}

static void on_key(void *user, const uint8_t *cky_i, isakmp_span key)
{
    host_show_key(&((app *)user)->show, cky_i, key);
}

/* ---- The program ---------------------------------------------------------------------------- */

static int is_over(const app *a, isakmp_time end)
{
    return stop || a->failed || (a->o.once && (a->child_up || host_now() >= end));
}

/* Datagrams and time in, until the negotiation has an end. */
static void run(app *a, isakmp_ctx *x)
{
    isakmp_time end = host_now() + (isakmp_time)a->o.timeout_s * 1000;
    static uint8_t buf[65536];
    isakmp_path path;
    int shown = 0;
    while (!is_over(a, end)) {
        isakmp_time deadline = isakmp_deadline(x);
        size_t n = host_udp_wait(&a->udp, a->o.once && end < deadline ? end : deadline, &path, buf,
                                 sizeof buf);
        if (n) {
            host_show_datagram(&a->show, &path, (isakmp_span){buf, n}, 0);
            host_input(x, &a->o, &path, buf, n);
        }
        isakmp_tick(x, host_now()); /* also when datagrams never cease */
        if (a->child_up && !shown) {
            host_show_tables(&a->show, x);
            shown = 1;
        }
    }
}

/* The peer hears that we go: from the SA that we began, or those in its place. */
static void close_all(isakmp_ctx *x)
{
    isakmp_sa_id sa = {0};
    while ((sa = isakmp_sa_next(x, sa)).v)
        isakmp_close(x, host_now(), sa);
}

/* An ISAKMP SA and a child.
 *   returns  the status to exit with. */
static int negotiate(app *a, isakmp_ctx *x)
{
    isakmp_path path = host_udp_path(&a->udp, &a->o.remote);
    isakmp_child_id child;
    char text[64];
    int rc, is_late;
    a->child_up = a->failed = 0;
    isakmp_addr_text(text, sizeof text, &path.remote);
    host_show_line(&a->show, "calling %s, %s", text,
                   isakmp_name(ISAKMP_REG_EXCHANGE, a->o.exchange));
    rc = isakmp_connect(x, host_now(), &a->o.peer, &path, a->o.exchange, &a->sa);
    if (rc == ISAKMP_OK)
        rc = isakmp_child_connect(x, host_now(), a->sa, &a->o.child, &child);
    if (rc != ISAKMP_OK) {
        fprintf(stderr, "cannot begin: %s\n", isakmp_strerror(rc));
        return 1;
    }
    run(a, x);
    is_late = !a->child_up && !a->failed && !stop;
    close_all(x);
    if (is_late)
        host_show_timeout(&a->show);
    return a->child_up && (a->o.once || stop) ? 0 : 1;
}

static int negotiate_all(app *a, isakmp_ctx *x)
{
    int status = 0;
    for (unsigned i = 0; i < a->o.repeat && status == 0 && !stop; i++)
        status = negotiate(a, x);
    return status;
}

int main(int argc, char **argv)
{
    static app a;
    isakmp_host host = {.size = sizeof host,
                        .user = &a,
                        .send = do_send,
                        .sa_install = do_install,
                        .sa_remove = do_remove,
                        .sa_move = do_move,
                        .get_psk = get_psk,
                        .get_credentials = get_credentials,
                        .sign = do_sign,
                        .verify = do_verify,
                        .encrypt = do_encrypt,
                        .decrypt = do_decrypt,
                        .event = on_event,
                        .get_user = get_user,
                        .learn = on_certs,
                        .log = on_log,
                        .keylog = on_key};
    isakmp_config config;
    isakmp_ctx *x;
    char error[200];
    void *arena;
    int status = host_options_read(&a.o, argc, argv, 1);
    if (status >= 0 || (status = host_show_open(&a.show, &a.o)) != 0)
        return status;
    if (host_udp_open(&a.udp, &a.o.local, error, sizeof error) != 0) {
        fprintf(stderr, "%s\n", error);
        return 2;
    }
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);

    isakmp_config_init(&config, sizeof config);
    config.limits.max_dh = ISAKMP_MAX_DH_PUBLIC;
    config.limits.max_datagram = HOST_MAX_DATAGRAM;
    config.crypto = isakmp_crypto_mbedtls();
    config.host = &host;
    config.exchanges = isakmp_all_exchanges;
    config.extensions = isakmp_all_extensions;
    config.natt_keepalive_s = a.o.natt_keepalive_s;
    config.natt_port = host_udp_natt_port(a.o.remote.port);
    if (config.natt_port == 0)
        a.o.peer.flags |= ISAKMP_PF_NO_NATT;
    arena = calloc(1, isakmp_ctx_size(&config));
    if (arena == NULL ||
        isakmp_ctx_init(&x, arena, isakmp_ctx_size(&config), &config, host_now()) != ISAKMP_OK) {
        fprintf(stderr, "cannot make a context\n");
        return 1;
    }
    status = negotiate_all(&a, x);
    isakmp_ctx_wipe(x);
    free(arena);
    host_show_close(&a.show);
    host_udp_close(&a.udp);
    host_options_free(&a.o);
    return status;
}
