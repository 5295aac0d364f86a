/* answers.c -- what the library asks and tells: the plan has most of the answers. */
#include "router.h"

static int do_send(void *user, const isakmp_path *path, isakmp_span datagram)
{
    return host_udp_send(&((router *)user)->udp, path, datagram);
}

static int do_install(void *user, isakmp_child_id child, const isakmp_sad_entry *e)
{
    return router_install((router *)user, child, e);
}

static void do_remove(void *user, isakmp_child_id child, const isakmp_sad_entry *e)
{
    router_remove((router *)user, child, e);
}

static void do_move(void *user, isakmp_child_id child, const isakmp_sad_entry *e,
                    const isakmp_addr *src, const isakmp_addr *dst)
{
    router_move((router *)user, child, e, src, dst);
}

static int find_peer(void *user, isakmp_ticket t, const isakmp_query *q,
                     const isakmp_peer_policy **out)
{
    (void)t;
    return isakmp_ios_find_peer(router_plan_now((router *)user), q, out);
}

static int find_child(void *user, isakmp_ticket t, isakmp_sa_id sa, const isakmp_selector *local,
                      const isakmp_selector *remote, const isakmp_child_policy **out)
{
    const router *r = (const router *)user;
    (void)t;
    return isakmp_ios_find_child(router_plan_now(r), r->x, sa, local, remote, out);
}

static int get_psk(void *user, isakmp_ticket t, const isakmp_query *q, uint8_t *key, size_t cap,
                   size_t *n)
{
    (void)t;
    return isakmp_ios_find_psk(router_plan_now((router *)user), q, key, cap, n);
}

static int get_credentials(void *user, isakmp_ticket t, const isakmp_query *q, uint16_t auth,
                           isakmp_credentials *out)
{
    (void)t;
    return isakmp_keyring_credentials(&((router *)user)->ring, q, auth, out);
}

static int do_sign(void *user, isakmp_ticket t, const isakmp_query *q, uint16_t auth,
                   isakmp_span hash, uint8_t *sig, size_t cap, size_t *n)
{
    (void)t;
    return isakmp_keyring_sign(&((router *)user)->ring, q, auth, hash, sig, cap, n);
}

static int do_verify(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_proof *p,
                     uint16_t *why)
{
    (void)t;
    return isakmp_keyring_verify(&((router *)user)->ring, q, p, why);
}

static int do_encrypt(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_plain *p,
                      uint8_t *out, size_t cap, size_t *n)
{
    (void)t;
    return isakmp_keyring_encrypt(&((router *)user)->ring, q, p, out, cap, n);
}

static int do_decrypt(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_sealed *s,
                      uint8_t *block, size_t cap, size_t *n)
{
    (void)t;
    return isakmp_keyring_decrypt(&((router *)user)->ring, q, s, block, cap, n);
}

static int do_send_as(void *user, const isakmp_path *path, isakmp_span datagram)
{
    return router_send_as((router *)user, path, datagram);
}

static int find_ted(void *user, const isakmp_path *path, const isakmp_selector *local,
                    const isakmp_selector *remote, isakmp_ted_answer *out)
{
    (void)local; /* they are the addresses of the path */
    (void)remote;
    return router_find_ted((router *)user, path, out);
}

static int assign(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_assignment *a,
                  isakmp_writer *out)
{
    (void)t;
    return router_assign((router *)user, q, a, out);
}

static void on_certs(void *user, const isakmp_query *q, const isakmp_cert *certs, size_t n)
{
    isakmp_keyring_learn(&((router *)user)->ring, q, certs, n);
}

/* What phase 1 has agreed on, and with whom, which an event does not say. */
static void say_suite(router *r, isakmp_sa_id sa)
{
    isakmp_sa_info i = {.size = sizeof i};
    char suite[80], who[160], text[320];
    if (isakmp_sa_get(r->x, sa, &i) != ISAKMP_OK)
        return;
    isakmp_policy_text(suite, sizeof suite, &i.suite);
    isakmp_id_text(who, sizeof who, &i.peer_id);
    snprintf(text, sizeof text, "ISAKMP (%u): agreed on %s, %u seconds; the peer is %s\n",
             (unsigned)isakmp_ios_connection_id(sa), suite, (unsigned)i.suite.life_s, who);
    router_say(r, text);
}

static void on_event(void *user, const isakmp_event *ev)
{
    router *r = (router *)user;
    char text[4096];
    if (r->debugs) {
        isakmp_ios_debug(text, sizeof text, ev);
        router_say(r, text);
    }
    if (r->debugs && ev->type == ISAKMP_EV_SA_UP)
        say_suite(r, ev->sa);
    if (ev->type == ISAKMP_EV_SA_DOWN && ev->why.detail == ISAKMP_D_KEY_SUSPECTED && ev->path)
        router_forget_learnt(r, &ev->path->remote);
    if (ev->type == ISAKMP_EV_CONFIG_END)
        router_unassign(r, ev->assignment);
    if (ev->type == ISAKMP_EV_CHILD_UP || ev->type == ISAKMP_EV_CHILD_DOWN)
        router_child_told(r, ev->child, ev->type == ISAKMP_EV_CHILD_UP);
}

static void on_log(void *user, int level, isakmp_sa_id sa, const char *line)
{
    router *r = (router *)user;
    char text[1024], id[24] = "";
    if (!r->debugs && level != ISAKMP_LOG_ERROR)
        return;
    if (sa.v)
        snprintf(id, sizeof id, " (%u)", (unsigned)isakmp_ios_connection_id(sa));
    snprintf(text, sizeof text, "ISAKMP%s: %s\n", id, line);
    router_say(r, text);
}

void router_set_host(isakmp_host *h, router *r)
{
    *h = (isakmp_host){.size = sizeof *h,
                       .user = r,
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
                       .learn = on_certs,
                       .log = on_log,
                       .send_as = do_send_as,
                       .find_ted = find_ted,
                       .assign = assign};
}
