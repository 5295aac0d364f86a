/* m4/main.c -- two contexts on one Cortex-M4 negotiate Main Mode and Quick Mode.
 *
 * As small firmware would have it: static arenas, policies in flash, one loop, no operating system
 * and no C library.  The provider is the toy; what is tried out here is the library.  Ends with
 * status 0 if both sides have a child with the same keys. */
#include <string.h>
#include "startup.h"
#include "support/toy.h"
#include <isakmp/isakmp.h>

#define MTU   576
#define ARENA 16384

typedef struct node {
    isakmp_ctx *x;
    toy toy;
    isakmp_host host;
    uint8_t last;        /* octet of the address */
    uint8_t keys[2][40]; /* inbound, outbound */
    uint32_t spi[2];
    unsigned up, removed;
    uint8_t datagram[MTU]; /* on its way to the other; 0 octets: none is */
    size_t n;
} node;

static node nodes[2];
static uint64_t arenas[2][ARENA / 8];

/* ---- Policies, in flash ---------------------------------------------------------------------- */

static const isakmp_policy policy = {
    .priority = 1,
    .cipher = ISAKMP_CIPHER_AES,
    .key_bits = 128,
    .hash = ISAKMP_HASH_SHA256,
    .auth = ISAKMP_AUTH_PSK,
    .group = ISAKMP_GROUP_CURVE25519,
};
static const isakmp_peer_policy peer = {
    .size = sizeof peer,
    .policies = &policy,
    .n_policies = 1,
};
static const isakmp_protect protect = {
    .proto = ISAKMP_PROTO_ESP,
    .transform = ISAKMP_ESP_AES_CBC,
    .key_bits = 128,
    .integ = ISAKMP_INTEG_HMAC_SHA1,
};
static const isakmp_child_policy child = {
    .size = sizeof child,
    .protect = &protect,
    .n_protect = 1,
    .mode = ISAKMP_MODE_TRANSPORT,
    .pfs_group = ISAKMP_GROUP_CURVE25519,
};
/* No list of everything: what is not named is not linked. */
static const isakmp_exchange *const exchanges[] = {&isakmp_main_mode, &isakmp_quick_mode,
                                                   &isakmp_informational, NULL};

/* ---- The host -------------------------------------------------------------------------------- */

static int on_send(void *user, const isakmp_path *path, isakmp_span datagram)
{
    node *me = (node *)user;
    (void)path;
    if (datagram.n > sizeof me->datagram || me->n)
        return ISAKMP_E_HOST;
    memcpy(me->datagram, datagram.p, datagram.n);
    me->n = datagram.n;
    return ISAKMP_OK;
}

static int on_install(void *user, isakmp_child_id id, const isakmp_sad_entry *e)
{
    node *me = (node *)user;
    unsigned out = !e->inbound;
    (void)id;
    if (e->enc_key.n + e->auth_key.n > sizeof me->keys[0])
        return ISAKMP_E_HOST;
    memcpy(me->keys[out], e->enc_key.p, e->enc_key.n);
    memcpy(me->keys[out] + e->enc_key.n, e->auth_key.p, e->auth_key.n);
    me->spi[out] = e->spi;
    return ISAKMP_OK;
}

static void on_remove(void *user, isakmp_child_id id, const isakmp_sad_entry *e)
{
    (void)id;
    (void)e;
    ((node *)user)->removed++;
}

static int on_find_peer(void *user, isakmp_ticket t, const isakmp_query *q,
                        const isakmp_peer_policy **out)
{
    (void)user;
    (void)t;
    (void)q;
    *out = &peer;
    return ISAKMP_OK;
}

static int on_get_psk(void *user, isakmp_ticket t, const isakmp_query *q, uint8_t *key, size_t cap,
                      size_t *n)
{
    (void)user;
    (void)t;
    (void)q;
    (void)cap;
    memcpy(key, "shared", 6);
    *n = 6;
    return ISAKMP_OK;
}

static int on_find_child(void *user, isakmp_ticket t, isakmp_sa_id sa, const isakmp_selector *local,
                         const isakmp_selector *remote, const isakmp_child_policy **out)
{
    (void)user;
    (void)t;
    (void)sa;
    (void)local;
    (void)remote;
    *out = &child;
    return ISAKMP_OK;
}

static void on_event(void *user, const isakmp_event *ev)
{
    node *me = (node *)user;
    char line[120];
    me->up += ev->type == ISAKMP_EV_SA_UP || ev->type == ISAKMP_EV_CHILD_UP;
    isakmp_event_text(line, sizeof line, ev);
    say(me == &nodes[0] ? "# initiator: " : "# responder: ");
    say(line);
    say("\n");
}

static void say_number(const char *before, size_t number, const char *after)
{
    char digits[12];
    unsigned at = sizeof digits - 1;
    digits[at] = '\0';
    do
        digits[--at] = (char)('0' + number % 10);
    while ((number /= 10) != 0 && at > 0);
    say(before);
    say(digits + at);
    say(after);
}

/* ---- The negotiation ------------------------------------------------------------------------- */

static isakmp_path path_of(const node *me)
{
    isakmp_path p;
    memset(&p, 0, sizeof p);
    p.local.family = p.remote.family = 4;
    p.local.ip[3] = me->last;
    p.remote.ip[3] = (uint8_t)(3 - me->last);
    p.local.port = p.remote.port = 500;
    return p;
}

static int begin(node *me, unsigned i)
{
    isakmp_config c;
    toy_init(&me->toy, i);
    me->toy.scramble = 1;
    me->last = (uint8_t)(i + 1);
    me->host.size = sizeof me->host;
    me->host.user = me;
    me->host.send = on_send;
    me->host.sa_install = on_install;
    me->host.sa_remove = on_remove;
    me->host.find_peer = on_find_peer;
    me->host.get_psk = on_get_psk;
    me->host.find_child = on_find_child;
    me->host.event = on_event;
    isakmp_config_init(&c, sizeof c);
    c.limits.sas = 1;
    c.limits.children = 1;
    c.limits.exchanges = 2;
    c.limits.half_open = 1;
    c.limits.max_datagram = MTU;
    c.limits.max_dh = 32;
    c.crypto = &me->toy.table;
    c.host = &me->host;
    c.exchanges = exchanges;
    if (i == 0)
        say_number("# arena: ", isakmp_ctx_size(&c), " octets for one SA with one child\n");
    return isakmp_ctx_init(&me->x, arenas[i], sizeof arenas[i], &c, 0);
}

/* Carry one datagram over; 0 if there is none. */
static int carry(node *from, node *to)
{
    isakmp_path path = path_of(to);
    size_t n = from->n;
    from->n = 0;
    if (n)
        (void)isakmp_input(to->x, 1, &path, from->datagram, n);
    return n != 0;
}

static int keys_agree(void)
{
    return nodes[0].spi[0] == nodes[1].spi[1] && nodes[0].spi[1] == nodes[1].spi[0] &&
           memcmp(nodes[0].keys[0], nodes[1].keys[1], sizeof nodes[0].keys[0]) == 0 &&
           memcmp(nodes[0].keys[1], nodes[1].keys[0], sizeof nodes[0].keys[0]) == 0;
}

int main(void)
{
    isakmp_path path;
    isakmp_sa_id sa;
    isakmp_child_id id;
    if (begin(&nodes[0], 0) != ISAKMP_OK || begin(&nodes[1], 1) != ISAKMP_OK)
        return 1;
    path = path_of(&nodes[0]);
    if (isakmp_connect(nodes[0].x, 0, &peer, &path, ISAKMP_EXCH_MAIN, &sa) != ISAKMP_OK ||
        isakmp_child_connect(nodes[0].x, 0, sa, &child, &id) != ISAKMP_OK)
        return 2;
    while (carry(&nodes[0], &nodes[1]) || carry(&nodes[1], &nodes[0]))
        ;
    if (nodes[0].up != 2 || nodes[1].up != 2 || !keys_agree())
        return 3;
    if (isakmp_close(nodes[0].x, 2, sa) != ISAKMP_OK || !carry(&nodes[0], &nodes[1]) ||
        nodes[0].removed != 2 || nodes[1].removed != 2)
        return 4;
    return 0;
}
