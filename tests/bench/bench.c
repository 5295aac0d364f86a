/* bench/bench.c -- what bench.sh measures:
 *
 *     bench rate               establishments a second, for each group, with the stock provider
 *     bench decode             the time to parse and walk a first message with 8 transforms
 *     bench memory             octets of arena
 *     bench once PROVIDER SIDE one establishment, for callgrind to count; PROVIDER toy or stock
 *
 * An establishment is Main Mode with a pre-shared key and one Quick Mode without a group of its
 * own: aes128-sha256, ESP aes128-sha1.  Both sides are in this process, with nothing between them
 * but a copy of each datagram. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "support/toy.h"
#include <isakmp/isakmp.h>
#include <isakmp/mbedtls.h>

#define MTU 4096

typedef struct node {
    isakmp_ctx *x;
    isakmp_host host;
    uint8_t last; /* octet of the address */
    unsigned installed, children;
    uint8_t wire[2][MTU]; /* what is on its way to the other side, the first one first */
    size_t n[2];          /* 0: none is */
} node;

static node nodes[2];
static toy toys[2];
static isakmp_policy policy = {.priority = 1,
                               .cipher = ISAKMP_CIPHER_AES,
                               .key_bits = 128,
                               .hash = ISAKMP_HASH_SHA256,
                               .auth = ISAKMP_AUTH_PSK};
static const isakmp_peer_policy peer = {.size = sizeof peer, .policies = &policy, .n_policies = 1};
static const isakmp_protect protect = {.proto = ISAKMP_PROTO_ESP,
                                       .transform = ISAKMP_ESP_AES_CBC,
                                       .key_bits = 128,
                                       .integ = ISAKMP_INTEG_HMAC_SHA1};
static const isakmp_child_policy child = {
    .size = sizeof child, .protect = &protect, .n_protect = 1, .mode = ISAKMP_MODE_TUNNEL};

static void must(int condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

/* ---- The host ------------------------------------------------------------------------------- */

static int on_send(void *user, const isakmp_path *path, isakmp_span datagram)
{
    node *me = (node *)user;
    unsigned at = me->n[0] != 0;
    (void)path;
    must(datagram.n <= MTU && me->n[at] == 0, "too many datagrams at once");
    memcpy(me->wire[at], datagram.p, datagram.n);
    me->n[at] = datagram.n;
    return ISAKMP_OK;
}

static int on_install(void *user, isakmp_child_id id, const isakmp_sad_entry *e)
{
    (void)id;
    (void)e;
    ((node *)user)->installed++;
    return ISAKMP_OK;
}

static void on_remove(void *user, isakmp_child_id id, const isakmp_sad_entry *e)
{
    (void)id;
    (void)e;
    ((node *)user)->installed--;
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
    memcpy(key, "a key of sixteen", 16);
    *n = 16;
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
    ((node *)user)->children += ev->type == ISAKMP_EV_CHILD_UP;
}

/* ---- Two nodes ------------------------------------------------------------------------------ */

static isakmp_config config_of(const isakmp_crypto *crypto, const isakmp_host *host)
{
    isakmp_config c;
    isakmp_config_init(&c, sizeof c);
    c.limits.max_dh = ISAKMP_MAX_DH_PUBLIC;
    c.crypto = crypto;
    c.host = host;
    c.exchanges = isakmp_all_exchanges;
    c.extensions = isakmp_all_extensions;
    return c;
}

static void begin(unsigned i, const isakmp_crypto *crypto)
{
    node *me = &nodes[i];
    isakmp_config c = config_of(crypto, &me->host);
    size_t size = isakmp_ctx_size(&c);
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
    must(isakmp_ctx_init(&me->x, malloc(size), size, &c, 0) == ISAKMP_OK, "no context");
}

static void end(void)
{
    for (unsigned i = 0; i < 2; i++) {
        isakmp_ctx_wipe(nodes[i].x);
        free(nodes[i].x); /* it lies at the beginning of its arena */
    }
    memset(nodes, 0, sizeof nodes);
}

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

/* One side does something: it begins, if sa is not NULL, or takes a datagram. */
static void act(node *me, isakmp_sa_id *sa, uint8_t *data, size_t n)
{
    isakmp_path path = path_of(me);
    isakmp_child_id id;
    if (sa == NULL) {
        (void)isakmp_input(me->x, 1, &path, data, n);
        return;
    }
    must(isakmp_connect(me->x, 1, &peer, &path, ISAKMP_EXCH_MAIN, sa) == ISAKMP_OK &&
             isakmp_child_connect(me->x, 1, *sa, &child, &id) == ISAKMP_OK,
         "cannot connect");
}

/* Functions that callgrind is told to look for must be there, and return themselves: what stands
 * behind a call keeps it from becoming a jump. */
#define APART  __attribute__((noinline))
#define STAY() __asm__ volatile("" : : : "memory")

static const node *counted;
APART static void count_here(node *me, isakmp_sa_id *sa, uint8_t *data, size_t n)
{
    act(me, sa, data, n);
    STAY();
}

static void act_or_count(node *me, isakmp_sa_id *sa, uint8_t *data, size_t n)
{
    if (me == counted)
        count_here(me, sa, data, n);
    else
        act(me, sa, data, n);
}

static int carry(node *from, node *to)
{
    uint8_t datagram[MTU];
    size_t n = from->n[0];
    if (n == 0)
        return 0;
    memcpy(datagram, from->wire[0], n);
    memcpy(from->wire[0], from->wire[1], from->n[1]);
    from->n[0] = from->n[1];
    from->n[1] = 0;
    act_or_count(to, NULL, datagram, n);
    return 1;
}

static isakmp_sa_id establish(void)
{
    isakmp_sa_id sa;
    unsigned before = nodes[1].children;
    act_or_count(&nodes[0], &sa, NULL, 0);
    while (carry(&nodes[0], &nodes[1]) || carry(&nodes[1], &nodes[0]))
        ;
    must(nodes[0].installed == 2 && nodes[1].installed == 2 && nodes[1].children == before + 1,
         "the negotiation failed");
    return sa;
}

static void close_both(isakmp_sa_id sa)
{
    must(isakmp_close(nodes[0].x, 1, sa) == ISAKMP_OK, "cannot close");
    while (carry(&nodes[0], &nodes[1]) || carry(&nodes[1], &nodes[0]))
        ;
    must(nodes[0].installed + nodes[1].installed == 0, "something is left");
}

/* ---- bench rate ----------------------------------------------------------------------------- */

static double seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

static void rate_of(uint16_t group, const isakmp_crypto *crypto)
{
    unsigned n = 0;
    double start, spent;
    policy.group = group;
    begin(0, crypto);
    begin(1, crypto);
    start = seconds();
    do {
        close_both(establish());
        n++;
        spent = seconds() - start;
    } while (spent < 1 || n < 3);
    printf("| %-12s | %10.1f | %8.2f |\n", isakmp_name(ISAKMP_REG_GROUP, group), n / spent,
           1000 * spent / n / 2);
    end();
}

static void rate(void)
{
    static const uint16_t groups[] = {1, 2, 5, 14, 15, 16, 17, 18, 19, 20, 21, 31};
    const isakmp_crypto *crypto = isakmp_crypto_mbedtls();
    must(crypto != NULL, "no provider");
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
        if (crypto->can(crypto->self, ISAKMP_CAN_GROUP, groups[i], 0))
            rate_of(groups[i], crypto);
}

/* ---- bench once ----------------------------------------------------------------------------- */

static const isakmp_crypto *behind;

/* The provider, under names that callgrind is told to leave out. */
#define LEAVE_OUT(name, parameters, arguments)                                                     \
    APART static int leave_out_##name parameters                                                   \
    {                                                                                              \
        int rc = behind->name arguments;                                                           \
        (void)self;                                                                                \
        STAY();                                                                                    \
        return rc;                                                                                 \
    }
LEAVE_OUT(can, (void *self, uint8_t kind, uint16_t id, uint16_t bits),
          (behind->self, kind, id, bits))
LEAVE_OUT(random, (void *self, uint8_t *out, size_t n), (behind->self, out, n))
LEAVE_OUT(hash, (void *self, uint16_t hash, const isakmp_span *in, size_t n, uint8_t *out),
          (behind->self, hash, in, n, out))
LEAVE_OUT(hmac,
          (void *self, uint16_t hash, isakmp_span key, const isakmp_span *in, size_t n,
           uint8_t *out),
          (behind->self, hash, key, in, n, out))
LEAVE_OUT(cbc,
          (void *self, uint16_t cipher, int encrypt, isakmp_span key, uint8_t *iv, uint8_t *data,
           size_t n),
          (behind->self, cipher, encrypt, key, iv, data, n))
LEAVE_OUT(dh_new,
          (void *self, isakmp_ticket t, uint16_t group, uint8_t *priv, size_t *priv_n,
           uint8_t *pub),
          (behind->self, t, group, priv, priv_n, pub))
LEAVE_OUT(dh_key,
          (void *self, isakmp_ticket t, uint16_t group, isakmp_span priv, isakmp_span their,
           uint8_t *out),
          (behind->self, t, group, priv, their, out))

static void once(const char *provider, unsigned side)
{
    static const isakmp_crypto table = {.size = sizeof table,
                                        .can = leave_out_can,
                                        .random = leave_out_random,
                                        .hash = leave_out_hash,
                                        .hmac = leave_out_hmac,
                                        .cbc = leave_out_cbc,
                                        .dh_new = leave_out_dh_new,
                                        .dh_key = leave_out_dh_key};
    const isakmp_crypto *plain;
    toy_init(&toys[0], 1);
    toy_init(&toys[1], 2);
    must(side < 2, "which side?");
    behind = strcmp(provider, "toy") ? isakmp_crypto_mbedtls() : &toys[side].table;
    plain = strcmp(provider, "toy") ? isakmp_crypto_mbedtls() : &toys[1 - side].table;
    must(behind != NULL, "no provider");
    policy.group = ISAKMP_GROUP_MODP_2048;
    begin(side, &table);
    begin(1 - side, plain);
    counted = &nodes[side];
    (void)establish();
}

/* ---- bench decode --------------------------------------------------------------------------- */

static void put_offer(isakmp_writer *w)
{
    isakmp_span none = {NULL, 0};
    size_t sa = isakmp_wr_sa(w, ISAKMP_DOI_IPSEC, ISAKMP_SIT_IDENTITY_ONLY);
    size_t proposal = isakmp_wr_proposal(w, 1, ISAKMP_PROTO_ISAKMP, none);
    for (uint8_t i = 1; i <= 8; i++) {
        size_t transform = isakmp_wr_transform(w, i, ISAKMP_KEY_IKE);
        isakmp_wr_attr(w, ISAKMP_ATTR_CIPHER, ISAKMP_CIPHER_AES);
        isakmp_wr_attr(w, ISAKMP_ATTR_KEY_LENGTH, 128);
        isakmp_wr_attr(w, ISAKMP_ATTR_HASH, ISAKMP_HASH_SHA256);
        isakmp_wr_attr(w, ISAKMP_ATTR_AUTH, ISAKMP_AUTH_PSK);
        isakmp_wr_attr(w, ISAKMP_ATTR_GROUP, ISAKMP_GROUP_MODP_2048);
        isakmp_wr_attr(w, ISAKMP_ATTR_LIFE_TYPE, ISAKMP_LIFE_SECONDS);
        isakmp_wr_attr(w, ISAKMP_ATTR_LIFE_DURATION, 86400);
        isakmp_wr_close(w, transform);
    }
    isakmp_wr_close(w, proposal);
    isakmp_wr_close(w, sa);
}

static size_t first_message(uint8_t *buf, size_t cap)
{
    static const uint8_t vendor[16] = {0x4a, 0x13, 0x1c, 0x81};
    isakmp_span vendor_id = {vendor, sizeof vendor};
    isakmp_header h = {.cky_i = {1}, .version = 0x10, .exchange = ISAKMP_EXCH_MAIN};
    isakmp_writer w;
    isakmp_wr_init(&w, buf, cap);
    isakmp_wr_header(&w, &h);
    put_offer(&w);
    isakmp_wr_payload(&w, ISAKMP_PAYLOAD_VENDOR_ID, vendor_id);
    must(isakmp_wr_end(&w) == ISAKMP_OK, "the message does not fit");
    return w.len;
}

/* How many attributes there are: something that no compiler leaves out. */
static unsigned walk(isakmp_span datagram)
{
    isakmp_reader proposals, transforms, attrs;
    isakmp_msg m;
    isakmp_sa_body sa;
    isakmp_proposal p;
    isakmp_transform t;
    isakmp_attr a;
    unsigned n = 0;
    if (isakmp_msg_parse(&m, datagram) != ISAKMP_OK ||
        isakmp_sa_read(&sa, isakmp_msg_find(&m, ISAKMP_PAYLOAD_SA, 0)) != ISAKMP_OK)
        return 0;
    proposals = isakmp_rd(sa.proposals);
    while (isakmp_proposal_next(&proposals, &p) == ISAKMP_OK) {
        transforms = isakmp_rd(p.transforms);
        while (isakmp_transform_next(&transforms, &t) == ISAKMP_OK)
            for (attrs = isakmp_rd(t.attrs); isakmp_attr_next(&attrs, &a) == ISAKMP_OK;)
                n += a.value != 0;
    }
    return n;
}

/* The best of several runs: whatever else the machine does only makes it slower. */
static void decode(void)
{
    uint8_t buf[1024];
    isakmp_span datagram = {buf, first_message(buf, sizeof buf)};
    const unsigned messages = 50000;
    double best = 1;
    for (unsigned run = 0; run < 20; run++) {
        double start = seconds(), spent;
        for (unsigned i = 0; i < messages; i++) {
            buf[7] = (uint8_t)i;
            must(walk(datagram) == 56, "the message is not what it should be");
        }
        spent = (seconds() - start) / messages;
        best = spent < best ? spent : best;
    }
    printf("%u octets, 8 transforms, 56 attributes: %.0f ns\n", (unsigned)datagram.n, 1e9 * best);
}

/* ---- bench memory --------------------------------------------------------------------------- */

static size_t arena(uint32_t sas, uint32_t exchanges, const isakmp_extension *last)
{
    const isakmp_extension *const extensions[] = {&isakmp_natt, &isakmp_dpd, &isakmp_frag, last,
                                                  NULL};
    isakmp_config c = config_of(NULL, NULL);
    c.extensions = extensions;
    c.limits.sas = sas;
    c.limits.children = sas;
    c.limits.exchanges = exchanges;
    c.limits.max_datagram = 1500;
    c.limits.max_dh = 256;
    return isakmp_ctx_size(&c);
}

static void memory(void)
{
    static const uint32_t sizes[][2] = {{1, 2}, {1000, 64}, {100000, 1024}};
    for (unsigned i = 0; i < 3; i++)
        printf("| %7u | %9u | %12zu |\n", (unsigned)sizes[i][0], (unsigned)sizes[i][1],
               arena(sizes[i][0], sizes[i][1], NULL));
    /* A power of two, so that the buckets are counted with the rest. */
    printf("per established SA with one child: %zu octets\n",
           (arena(131072, 64, NULL) - arena(65536, 64, NULL)) / 65536);
    printf("... of a client that may have addresses by Mode Config: %zu octets\n",
           (arena(131072, 64, &isakmp_mode_config) - arena(65536, 64, &isakmp_mode_config)) /
               65536);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "rate") == 0)
        rate();
    else if (strcmp(what, "decode") == 0)
        decode();
    else if (strcmp(what, "memory") == 0)
        memory();
    else if (strcmp(what, "once") == 0 && argc == 4)
        once(argv[2], (unsigned)atoi(argv[3]));
    else
        must(0, "rate, decode, memory, or once PROVIDER SIDE");
    return 0;
}
