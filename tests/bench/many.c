/* bench/many.c -- what very many SAs cost:
 *
 *     many idle SAS [nat]        a second of nothing: timers only; nat: and keepalives
 *     many dpd SAS               a round of dead peer detection: everybody is asked, everybody answers
 *     many message SAS PROVIDER  one message with 1,000 SAs and with so many: a question for a sign of life, which
 *                                is answered, and a first message of Main Mode; PROVIDER null or stock
 *     many count SAS WHAT        the same, for callgrind to count; WHAT: question or first
 *
 * The SAs, each with a child, are not negotiated but planted as phase 1 and Quick Mode would leave them: with
 * one key for all, other cookies and identities.  Messages come from a second context, which has one SA and
 * takes the cookies of whoever is to be.  The null provider does nothing: what is measured is the library.
 *
 * A message is for an SA chosen by chance, and each is measured for itself: the figure is the median of some
 * thousands.  With a million SAs (1.1 GB) nothing of an SA is in any cache when a message for it comes, with a
 * thousand all is; so there is also the figure for messages that are for a few SAs only. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include "crypto/keys.h"
#include "exchange/engine.h"
#include "sa/host.h"
#include <isakmp/isakmp.h>
#include <isakmp/mbedtls.h>

#define MTU      1500
#define MESSAGES 4001u /* in a turn */
#define TURNS    12
#define SMALL    1000u
#define COUNTED  1000u
#define PERIOD_S 30

/* A gateway and its SAs. */
typedef struct fleet {
    isakmp_ctx *gateway;
    isakmp_sa_id *ids;
    uint32_t *asked; /* sequence numbers */
    uint32_t n;
} fleet;

static fleet fleets[2], *f = &fleets[0]; /* f: the one that is spoken to */
static isakmp_ctx *peer;
static isakmp__sa *speaker; /* the one SA of the peer */
static isakmp_time now = 1;
static uint8_t nat; /* ISAKMP_NAT_*, of every SA */

static uint8_t wire[MTU]; /* the last datagram */
static size_t wire_n;
static uint64_t sent;

static void must(int condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "many: %s\n", what);
    exit(1);
}

/* ---- A provider that does nothing ------------------------------------------------------------- */

static uint64_t state = 88172645463325252u;

static uint64_t next_random(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static int null_can(void *self, uint8_t kind, uint16_t id, uint16_t bits)
{
    (void)self;
    (void)kind;
    (void)id;
    (void)bits;
    return 1;
}

static int null_random(void *self, uint8_t *out, size_t n)
{
    (void)self;
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)(next_random() >> 32);
    return ISAKMP_OK;
}

static int null_hash(void *self, uint16_t hash, const isakmp_span *in, size_t n, uint8_t *out)
{
    (void)self;
    (void)in;
    (void)n;
    memset(out, 0x5c, isakmp_hash_size(hash));
    return ISAKMP_OK;
}

static int null_hmac(void *self, uint16_t hash, isakmp_span key, const isakmp_span *in, size_t n,
                     uint8_t *out)
{
    (void)key;
    return null_hash(self, hash, in, n, out);
}

static int null_cbc(void *self, uint16_t cipher, int encrypt, isakmp_span key, uint8_t *iv,
                    uint8_t *data, size_t n)
{
    size_t block = isakmp_cipher_block(cipher);
    (void)self;
    (void)encrypt;
    (void)key;
    memcpy(iv, data + n - block, block);
    return ISAKMP_OK;
}

static int null_dh_new(void *self, isakmp_ticket t, uint16_t group, uint8_t *priv, size_t *priv_n,
                       uint8_t *pub)
{
    (void)t;
    *priv_n = 8;
    memset(priv, 1, 8);
    return null_random(self, pub, isakmp_group_size(group));
}

static int null_dh_key(void *self, isakmp_ticket t, uint16_t group, isakmp_span priv,
                       isakmp_span their, uint8_t *out)
{
    (void)self;
    (void)t;
    (void)priv;
    (void)their;
    memset(out, 2, isakmp_group_secret_size(group));
    return ISAKMP_OK;
}

static const isakmp_crypto null_provider = {.size = sizeof null_provider,
                                            .can = null_can,
                                            .random = null_random,
                                            .hash = null_hash,
                                            .hmac = null_hmac,
                                            .cbc = null_cbc,
                                            .dh_new = null_dh_new,
                                            .dh_key = null_dh_key};

/* ---- Policies and the host -------------------------------------------------------------------- */

static const isakmp_policy policy = {.priority = 1,
                                     .cipher = ISAKMP_CIPHER_AES,
                                     .key_bits = 128,
                                     .hash = ISAKMP_HASH_SHA1,
                                     .auth = ISAKMP_AUTH_PSK,
                                     .group = ISAKMP_GROUP_MODP_1024};
static isakmp_peer_policy everybody = {
    .size = sizeof everybody, .policies = &policy, .n_policies = 1};
static const isakmp_protect protect = {.proto = ISAKMP_PROTO_ESP,
                                       .transform = ISAKMP_ESP_AES_CBC,
                                       .key_bits = 128,
                                       .integ = ISAKMP_INTEG_HMAC_SHA1};
static const isakmp_child_policy child_policy = {
    .size = sizeof child_policy, .protect = &protect, .n_protect = 1, .mode = ISAKMP_MODE_TUNNEL};

static int on_send(void *user, const isakmp_path *path, isakmp_span datagram)
{
    (void)user;
    (void)path;
    must(datagram.n <= MTU, "a datagram is too long");
    memcpy(wire, datagram.p, datagram.n);
    wire_n = datagram.n;
    sent++;
    return ISAKMP_OK;
}

static int on_install(void *user, isakmp_child_id id, const isakmp_sad_entry *e)
{
    (void)user;
    (void)id;
    (void)e;
    return ISAKMP_OK;
}

static void on_remove(void *user, isakmp_child_id id, const isakmp_sad_entry *e)
{
    (void)user;
    (void)id;
    (void)e;
}

static int on_find_peer(void *user, isakmp_ticket t, const isakmp_query *q,
                        const isakmp_peer_policy **out)
{
    (void)user;
    (void)t;
    (void)q;
    *out = &everybody;
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

static const isakmp_host host = {.size = sizeof host,
                                 .send = on_send,
                                 .sa_install = on_install,
                                 .sa_remove = on_remove,
                                 .find_peer = on_find_peer,
                                 .get_psk = on_get_psk};

/* ---- Time -------------------------------------------------------------------------------------- */

static double seconds(clockid_t which)
{
    struct timespec t;
    clock_gettime(which, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* CPU seconds until the clock shows `until`, each deadline on its time. */
static double pass(isakmp_time until)
{
    double start = seconds(CLOCK_PROCESS_CPUTIME_ID);
    while (isakmp_deadline(f->gateway) <= until) {
        now = isakmp_deadline(f->gateway);
        (void)isakmp_tick(f->gateway, now);
    }
    now = until;
    return seconds(CLOCK_PROCESS_CPUTIME_ID) - start;
}

/* ---- Planting --------------------------------------------------------------------------------- */

/* In large pages, if the system has them: else half of what a message costs is looking up addresses. */
#define LARGE ((size_t)2 << 20)

static void *arena_of(size_t size)
{
    void *mem;
    must(posix_memalign(&mem, LARGE, size) == 0, "no memory");
    (void)madvise(mem, size, MADV_HUGEPAGE);
    return mem;
}

static isakmp_ctx *make(uint32_t sas, const isakmp_crypto *crypto)
{
    isakmp_config c;
    isakmp_ctx *x;
    size_t size;
    isakmp_config_init(&c, sizeof c);
    c.limits.sas = sas + 8;
    c.limits.children = sas;
    c.limits.exchanges = 64;
    c.limits.max_datagram = MTU;
    c.limits.max_dh = 256;
    c.crypto = crypto;
    c.host = &host;
    c.exchanges = isakmp_all_exchanges;
    c.extensions = isakmp_all_extensions;
    size = isakmp_ctx_size(&c);
    must(isakmp_ctx_init(&x, arena_of(size), size, &c, now) == ISAKMP_OK, "no context");
    return x;
}

static isakmp_path path_of(uint32_t i)
{
    isakmp_path p;
    memset(&p, 0, sizeof p);
    p.local.family = p.remote.family = 4;
    p.local.port = p.remote.port = 500;
    p.local.ip[0] = 192;
    p.remote.ip[0] = 10;
    isakmp__put32(p.remote.ip, 10u << 24 | i);
    return p;
}

static void plant_child(isakmp_ctx *x, isakmp__sa *sa)
{
    isakmp__child *c = isakmp__child_take(x, sa, &child_policy);
    must(c != NULL, "no place for a child");
    c->n = 1;
    c->protect[0] = protect;
    c->path = sa->path;
    c->life_s = ISAKMP_DEFAULT_CHILD_LIFE_S;
    c->installed = ISAKMP__INSTALLED_IN(0) | ISAKMP__INSTALLED_OUT(0);
    must(isakmp__child_pick_spi(x, c, &c->spis.esp) == ISAKMP_OK, "no SPI");
    c->spi_out[0] = c->spis.esp;
    isakmp__child_up(x, c);
}

static isakmp__sa *plant(isakmp_ctx *x, int initiator, uint32_t i)
{
    isakmp__sa *sa = isakmp__sa_take(x);
    must(sa != NULL, "no place for an SA");
    sa->initiator = (uint8_t)initiator;
    sa->exchange = ISAKMP_EXCH_MAIN;
    sa->path = path_of(i);
    must(isakmp__sa_make_cookie(x, sa) == ISAKMP_OK, "no cookie");
    isakmp__put32(initiator ? sa->cky_r : sa->cky_i, i + 1);
    isakmp__sa_set_policy(x, sa, &everybody);
    sa->suite = &policy;
    sa->life_s = ISAKMP_DEFAULT_LIFE_S;
    sa->keyed = sa->proven = 1;
    sa->dpd = ISAKMP__DPD_KNOWN;
    sa->nat = nat;
    memset(sa->skeyid_a, 3, sizeof sa->skeyid_a);
    memset(sa->key, 4, sizeof sa->key);
    sa->peer_id_type = ISAKMP_ID_IPV4_ADDR;
    sa->peer_id_n = 4;
    memcpy(sa->peer_id, sa->path.remote.ip, 4);
    isakmp__sa_index(x, sa);
    isakmp__sa_establish(x, sa);
    return sa;
}

/* One after the other, so that not all timers are due at once.  Returns what the timers have cost. */
static double plant_fleet(uint32_t n, const isakmp_crypto *crypto, uint32_t over_s)
{
    double spent = 0;
    isakmp_time start = now;
    f->n = n;
    f->ids = (isakmp_sa_id *)malloc(n * sizeof *f->ids);
    f->asked = (uint32_t *)calloc(n, sizeof *f->asked);
    must(f->ids && f->asked, "no memory");
    f->gateway = make(n, crypto);
    for (uint32_t i = 0; i < n; i++) {
        isakmp__sa *sa;
        spent += pass(start + 1000u * (uint64_t)over_s * i / n);
        (void)isakmp_tick(f->gateway, now);
        sa = plant(f->gateway, 0, i);
        plant_child(f->gateway, sa);
        f->ids[i] = isakmp__sa_id(f->gateway, sa);
    }
    if (peer == NULL) {
        peer = make(1, crypto);
        speaker = plant(peer, 1, 0);
    }
    return spent;
}

/* ---- Messages --------------------------------------------------------------------------------- */

/* Functions that callgrind is told to look for must be there, and return themselves. */
__attribute__((noinline)) static int count_here(const isakmp_path *path, uint8_t *data, size_t n)
{
    int rc = isakmp_input(f->gateway, now, path, data, n);
    __asm__ volatile("" : : : "memory");
    return rc;
}

static void say(const isakmp__sa *as, uint16_t type, uint32_t sequence)
{
    uint8_t octets[4];
    isakmp_notify n;
    memcpy(speaker->cky_i, as->cky_i, sizeof as->cky_i);
    memcpy(speaker->cky_r, as->cky_r, sizeof as->cky_r);
    memset(&n, 0, sizeof n);
    n.doi = ISAKMP_DOI_IPSEC;
    n.protocol = ISAKMP_PROTO_ISAKMP;
    n.type = type;
    n.spi = isakmp__sa_cookies(speaker);
    isakmp__put32(octets, sequence);
    n.data = isakmp__span(octets, sizeof octets);
    must(isakmp__inform(peer, speaker, &n, NULL), "the peer says nothing");
}

/* Seconds that a question for an SA takes, answer included. */
static double ask(uint32_t i)
{
    uint8_t datagram[MTU];
    isakmp_path path = path_of(i);
    uint64_t before;
    double start, spent;
    size_t n;
    say(isakmp__sa_of(f->gateway, f->ids[i]), ISAKMP_N_R_U_THERE, ++f->asked[i]);
    n = wire_n;
    memcpy(datagram, wire, n);
    before = sent;
    start = seconds(CLOCK_MONOTONIC);
    must(count_here(&path, datagram, n) == ISAKMP_OK && sent == before + 1, "no answer");
    spent = seconds(CLOCK_MONOTONIC) - start;
    return spent;
}

/* Seconds that the first message of a stranger takes, answer included. */
static double begin(uint32_t i)
{
    uint8_t datagram[MTU];
    isakmp_path path = path_of(0xff0000u | (i & 0xffff));
    isakmp_sa_id sa = {0}, last = {0};
    uint64_t before;
    double start, spent;
    size_t n;
    must(isakmp_connect(peer, now, &everybody, &path, ISAKMP_EXCH_MAIN, &sa) == ISAKMP_OK,
         "the peer does not begin");
    n = wire_n;
    memcpy(datagram, wire, n);
    (void)isakmp_close(peer, now, sa);
    before = sent;
    start = seconds(CLOCK_MONOTONIC);
    must(count_here(&path, datagram, n) == ISAKMP_OK && sent == before + 1, "no second message");
    spent = seconds(CLOCK_MONOTONIC) - start;
    last.v = isakmp__pool_id(
        &f->gateway->sas,
        ISAKMP__OWNER(isakmp__list_after(&f->gateway->half_open, NULL), isakmp__sa, queue_link));
    must(isakmp_close(f->gateway, now, last) == ISAKMP_OK, "nothing has begun");
    return spent;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Of messages for `among` different SAs, or all. */
static double median(double (*message)(uint32_t i), uint32_t among)
{
    static double each[MESSAGES];
    if (among > f->n)
        among = f->n;
    for (uint32_t i = 0; i < MESSAGES; i++)
        each[i] = message((uint32_t)(next_random() % among));
    qsort(each, MESSAGES, sizeof each[0], by_size);
    return 1e9 * each[MESSAGES / 2];
}

/* Turn about, and of each the best turn: whatever else the machine does only makes it slower. */
static void compare(const char *what, double (*message)(uint32_t i), uint32_t among)
{
    double best[2] = {1e9, 1e9};
    for (unsigned turn = 0; turn < 2 * TURNS; turn++) {
        double ns;
        f = &fleets[turn % 2];
        ns = median(message, among);
        best[turn % 2] = ns < best[turn % 2] ? ns : best[turn % 2];
    }
    printf("| %s | %.0f ns | %.0f ns | %.2f |\n", what, best[0], best[1], best[1] / best[0]);
}

static void message(uint32_t n, const char *provider)
{
    const isakmp_crypto *crypto =
        strcmp(provider, "stock") ? &null_provider : isakmp_crypto_mbedtls();
    must(crypto != NULL, "no provider");
    (void)plant_fleet(SMALL, crypto, PERIOD_S);
    f = &fleets[1];
    (void)plant_fleet(n, crypto, PERIOD_S);
    compare("question for a sign of life, and its answer", ask, n);
    compare("... for one of 16 SAs, which are in the cache", ask, 16);
    compare("messages 1 and 2 of Main Mode with a stranger", begin, n);
}

static void count(uint32_t n, const char *what)
{
    (void)plant_fleet(n, &null_provider, PERIOD_S);
    for (uint32_t i = 0; i < COUNTED; i++)
        (void)(strcmp(what, "first") ? ask : begin)((uint32_t)(next_random() % n));
}

/* ---- Timers ----------------------------------------------------------------------------------- */

/* All that there is in the life of a child and of its SA before they end: their first second, and the soft
 * lifetime of the child.  They come up in an hour; eight hours are a child's lifetime. */
static void idle(uint32_t n, int behind_nat)
{
    const uint32_t up_s = 3600, live_s = 8 * 3600 - 2 * up_s;
    double spent;
    nat = behind_nat ? ISAKMP_NAT_LOCAL : 0;
    spent = plant_fleet(n, &null_provider, up_s);
    spent += pass(now + 1000 * (isakmp_time)(behind_nat ? 600 : live_s));
    spent /= behind_nat ? up_s / 2.0 + 600 : up_s / 2.0 + live_s;
    printf("%u SAs%s: %.1f us a second, %.3f ns a second for each SA\n", n,
           behind_nat ? ", keepalives every 20 s" : "", 1e6 * spent, 1e9 * spent / n);
}

/* Every SA is asked in PERIOD_S seconds, and answers when all have been asked. */
static void dpd(uint32_t n)
{
    double spent, answer, *each = (double *)malloc(n * sizeof *each);
    uint64_t before;
    everybody.dpd_s = PERIOD_S;
    everybody.dpd_retry_s = PERIOD_S;
    everybody.flags = ISAKMP_PF_DPD_PERIODIC;
    (void)plant_fleet(n, &null_provider, PERIOD_S - 2);
    before = sent;
    spent = pass(now + 1000 * PERIOD_S);
    must(each && sent == before + n, "not everybody was asked");
    for (uint32_t i = 0; i < n; i++) {
        const isakmp__sa *sa = isakmp__sa_of(f->gateway, f->ids[i]);
        isakmp_path path = path_of(i);
        double start;
        say(sa, ISAKMP_N_R_U_THERE_ACK, sa->dpd_mine);
        start = seconds(CLOCK_MONOTONIC);
        must(count_here(&path, wire, wire_n) == ISAKMP_OK && sa->asked == 0, "no sign of life");
        each[i] = seconds(CLOCK_MONOTONIC) - start;
    }
    qsort(each, n, sizeof *each, by_size);
    answer = each[n / 2];
    printf("%u SAs: %.0f ns to ask, %.0f ns to take the answer; a round costs %.0f ms\n", n,
           1e9 * spent / n, 1e9 * answer, 1000 * (spent + n * answer));
    free(each);
}

int main(int argc, char **argv)
{
    uint32_t n = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
    must(argc > 2 && n > 0, "idle SAS [nat], dpd SAS, message SAS PROVIDER, or count SAS WHAT");
    if (strcmp(argv[1], "idle") == 0)
        idle(n, argc > 3);
    else if (strcmp(argv[1], "dpd") == 0)
        dpd(n);
    else if (strcmp(argv[1], "message") == 0 && argc > 3)
        message(n, argv[3]);
    else if (strcmp(argv[1], "count") == 0 && argc > 3)
        count(n, argv[3]);
    return 0;
}
