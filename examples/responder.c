/* responder.c -- wait for peers and negotiate with whoever has the key.
 *
 * Beside what an initiator needs (see initiator.c) a responder is asked two questions more: which policy
 * is for this peer, and which is for this traffic; a gateway two more: is this user who he says he is, and
 * which address is for this client. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include "host_gate.h"
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
    host_gate gate;
    unsigned children;    /* how many have come up */
    int refused, changed; /* what the events have said */
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

/* With --remote only that address is answered. */
static int find_peer(void *user, isakmp_ticket t, const isakmp_query *q,
                     const isakmp_peer_policy **out)
{
    const host_options *o = &((app *)user)->o;
    (void)t;
    if (!host_options_is_remote(o, &q->path->remote))
        return ISAKMP_NONE;
    *out = &o->peer;
    return ISAKMP_OK;
}

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

/* There is one policy; the library itself checks that the selectors lie within it. */
static int find_child(void *user, isakmp_ticket t, isakmp_sa_id sa, const isakmp_selector *local,
                      const isakmp_selector *remote, const isakmp_child_policy **out)
{
    (void)t;
    (void)sa;
    (void)local;
    (void)remote;
    *out = &((app *)user)->o.child;
    return ISAKMP_OK;
}

static int check_user(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_user *got,
                      isakmp_user *out)
{
    app *a = user;
    int rc = host_users_check(&a->o.users, got);
    (void)t;
    (void)out;
    if (rc != ISAKMP_OK && got->round)
        host_show_stranger(&a->show, q->path, got->user_name);
    return rc;
}

static int assign(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_assignment *a,
                  isakmp_writer *out)
{
    (void)t;
    return host_gate_assign(&((app *)user)->gate, q, a, out);
}

/* ---- TELL ----------------------------------------------------------------------------------- */

/* By us, though not of those whom --remote shuts out; or by the peer, proven.  Of a peer that has
 * proved who it is a refused message ends the SA. */
static int is_refusal(const isakmp_event *ev)
{
    if (ev->type == ISAKMP_EV_REFUSED)
        return ev->why.detail != ISAKMP_D_NO_POLICY;
    if (ev->type == ISAKMP_EV_SA_DOWN &&
        ((ev->why.by == ISAKMP_BY_US && ev->why.message) || ev->why.detail == ISAKMP_D_USER))
        return 1;
    return ev->why.detail == ISAKMP_D_PEER_REFUSED;
}

static void on_event(void *user, const isakmp_event *ev)
{
    app *a = (app *)user;
    host_show_event(&a->show, ev);
    host_gate_event(&a->gate, ev);
    a->children += ev->type == ISAKMP_EV_CHILD_UP;
    a->refused |= is_refusal(ev);
    a->changed |= ev->type == ISAKMP_EV_CHILD_UP || ev->type == ISAKMP_EV_SA_DOWN ||
                  ev->type == ISAKMP_EV_SA_XAUTH;
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

static int has_enough(const app *a)
{
    return a->children >= a->o.repeat;
}

static int is_over(const app *a, isakmp_time end)
{
    return stop || (a->o.once && (has_enough(a) || a->refused || host_now() >= end));
}

static isakmp_time end_of_wait(const app *a)
{
    return host_now() + (isakmp_time)a->o.timeout_s * 1000;
}

static void run(app *a, isakmp_ctx *x)
{
    isakmp_time end = end_of_wait(a);
    static uint8_t buf[65536];
    isakmp_path path;
    while (!is_over(a, end)) {
        unsigned before = a->children;
        isakmp_time deadline = isakmp_deadline(x);
        size_t n = host_udp_wait(&a->udp, a->o.once && end < deadline ? end : deadline, &path, buf,
                                 sizeof buf);
        if (n) {
            host_show_datagram(&a->show, &path, (isakmp_span){buf, n}, 0);
            host_input(x, &a->o, &path, buf, n);
        }
        isakmp_tick(x, host_now()); /* also when datagrams never cease */
        if (a->changed)
            host_show_tables(&a->show, x);
        a->changed = 0;
        if (a->children != before)
            end = end_of_wait(a);
    }
}

/* Goodbye to everybody, by Delete payloads. */
static void close_all(isakmp_ctx *x)
{
    isakmp_sa_id sa = {0};
    while ((sa = isakmp_sa_next(x, sa)).v)
        isakmp_close(x, host_now(), sa);
}

static int serve(app *a, isakmp_ctx *x)
{
    char text[64];
    isakmp_addr_text(text, sizeof text, &a->udp.local);
    host_show_line(&a->show, "waiting on %s", text);
    run(a, x);
    close_all(x);
    if (a->o.once && !has_enough(a) && !a->refused && !stop)
        host_show_timeout(&a->show);
    return a->o.once && !has_enough(a) ? 1 : 0;
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
                        .find_peer = find_peer,
                        .get_psk = get_psk,
                        .get_credentials = get_credentials,
                        .sign = do_sign,
                        .verify = do_verify,
                        .encrypt = do_encrypt,
                        .decrypt = do_decrypt,
                        .find_child = find_child,
                        .event = on_event,
                        .check_user = check_user,
                        .assign = assign,
                        .learn = on_certs,
                        .log = on_log,
                        .keylog = on_key};
    isakmp_config config;
    isakmp_ctx *x;
    char error[200];
    void *arena;
    int status = host_options_read(&a.o, argc, argv, 0);
    if (status >= 0 || (status = host_show_open(&a.show, &a.o)) != 0)
        return status;
    if (host_udp_open(&a.udp, &a.o.local, error, sizeof error) != 0) {
        fprintf(stderr, "%s\n", error);
        return 2;
    }
    host_gate_open(&a.gate, &a.o);
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);

    isakmp_config_init(&config, sizeof config);
    config.limits.sas = 64;
    config.limits.children = HOST_MAX_CHILDREN;
    config.limits.exchanges = 64;
    config.limits.max_dh = ISAKMP_MAX_DH_PUBLIC;
    config.limits.max_datagram = HOST_MAX_DATAGRAM;
    config.crypto = isakmp_crypto_mbedtls();
    config.host = &host;
    config.exchanges = isakmp_all_exchanges;
    config.extensions = isakmp_all_extensions;
    config.natt_keepalive_s = a.o.natt_keepalive_s;
    config.natt_port = host_udp_natt_port(a.o.local.port);
    if (config.natt_port == 0)
        a.o.peer.flags |= ISAKMP_PF_NO_NATT;
    arena = calloc(1, isakmp_ctx_size(&config));
    if (arena == NULL ||
        isakmp_ctx_init(&x, arena, isakmp_ctx_size(&config), &config, host_now()) != ISAKMP_OK) {
        fprintf(stderr, "cannot make a context\n");
        return 1;
    }
    status = serve(&a, x);
    isakmp_ctx_wipe(x);
    free(arena);
    host_show_close(&a.show);
    host_udp_close(&a.udp);
    host_options_free(&a.o);
    return status;
}
