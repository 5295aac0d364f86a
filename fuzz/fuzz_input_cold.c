/* fuzz_input_cold.c -- any datagrams, from anybody, into a context that has no SA yet and a host
 * that answers every question.
 *
 * The input is a script: an octet of switches for the host, then datagrams, each an octet that says
 * how it comes, its length in two octets, and its octets.  One that says so gets the responder's
 * cookie of the last reply, which no fuzzer guesses, and a length that is right.
 *
 * What must hold, whatever comes:
 *   - one datagram brings out one at most, and one that proves no return address brings out at most
 *     three times its octets, or as an answer to a probe no more than it has;
 *   - time alone makes nobody send, and comes to an end;
 *   - after everything is closed, and enough time, nothing is left in any pool;
 *   - wiping calls nobody, and leaves zeros. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "support/toy.h"
#include <isakmp/isakmp.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define MAX_DATAGRAM 1024

/* How a datagram comes. */
enum {
    FROM = 3,         /* which of four addresses                                */
    NATT = 4,         /* to the port for UDP encapsulation                      */
    MARKED = 8,       /* ... with the non-ESP marker put in front               */
    COOKIE = 16,      /* with the responder's cookie of the last reply          */
    RIGHT_LENGTH = 32 /* the header's length is made right                      */
};
#define WAIT(how) ((how) >> 6) /* 0 ms, 200 ms, until the deadline, 40 s */

typedef struct stage {
    isakmp_ctx *x;
    toy toy;
    isakmp_host host;
    isakmp_config config;
    isakmp_policy policies[3];
    isakmp_peer_policy peer;
    isakmp_protect protect;
    isakmp_child_policy child;
    isakmp_time now;
    uint8_t cookie[ISAKMP_COOKIE_SIZE];
    isakmp_child_policy found; /* how probes are answered */
    size_t allowed;            /* octets that may still be sent */
    size_t came;               /* octets of the datagram that is being read */
    unsigned replies, installed;
    int over;
} stage;

static stage s;

/* ---- The host ------------------------------------------------------------------------------- */

static int on_send(void *user, const isakmp_path *path, isakmp_span datagram)
{
    size_t skip = path->natt ? 4 : 0;
    (void)user;
    assert(!s.over && s.replies == 0);
    assert(datagram.n <= s.allowed);
    assert(datagram.n >= skip + ISAKMP_HEADER_SIZE && datagram.n <= MAX_DATAGRAM);
    assert(datagram.p[skip + 18] != ISAKMP_EXCH_TED_REPLY || datagram.n <= s.came);
    memcpy(s.cookie, datagram.p + skip + ISAKMP_COOKIE_SIZE, sizeof s.cookie);
    s.replies++;
    return ISAKMP_OK;
}

static int on_install(void *user, isakmp_child_id child, const isakmp_sad_entry *e)
{
    (void)user;
    (void)child;
    assert(!s.over && e->enc_key.n + e->auth_key.n > 0);
    s.installed++;
    return ISAKMP_OK;
}

static void on_remove(void *user, isakmp_child_id child, const isakmp_sad_entry *e)
{
    (void)user;
    (void)child;
    (void)e;
    assert(!s.over && s.installed > 0);
    s.installed--;
}

static int on_find_peer(void *user, isakmp_ticket t, const isakmp_query *q,
                        const isakmp_peer_policy **out)
{
    (void)user;
    (void)q;
    assert(!s.over && t.v);
    *out = &s.peer;
    return ISAKMP_OK;
}

static int on_get_psk(void *user, isakmp_ticket t, const isakmp_query *q, uint8_t *key, size_t cap,
                      size_t *n)
{
    (void)user;
    (void)q;
    assert(!s.over && t.v && cap >= 8);
    memcpy(key, "a secret", 8);
    *n = 8;
    return ISAKMP_OK;
}

static int on_find_child(void *user, isakmp_ticket t, isakmp_sa_id sa, const isakmp_selector *local,
                         const isakmp_selector *remote, const isakmp_child_policy **out)
{
    (void)user;
    (void)local;
    (void)remote;
    assert(!s.over && t.v && sa.v);
    *out = &s.child;
    return ISAKMP_OK;
}

static int on_find_ted(void *user, const isakmp_path *path, const isakmp_selector *local,
                       const isakmp_selector *remote, isakmp_ted_answer *out)
{
    (void)user;
    assert(!s.over && local->family == remote->family && local->family == path->local.family);
    out->policy = &s.found;
    out->gateway = path->local;
    return ISAKMP_OK;
}

static void on_event(void *user, const isakmp_event *ev)
{
    char text[100];
    isakmp_mismatch m;
    (void)user;
    assert(!s.over);
    isakmp_event_text(text, sizeof text, ev);
    for (size_t i = 0; ev->report && isakmp_report_get(ev->report, i, &m) == ISAKMP_OK; i++)
        isakmp_mismatch_text(text, sizeof text, ev->report, &m);
}

static void on_log(void *user, int level, isakmp_sa_id sa, const char *line)
{
    (void)user;
    (void)level;
    (void)sa;
    assert(!s.over && strlen(line) > 0);
}

/* ---- The stage ------------------------------------------------------------------------------ */

static void set_policy(unsigned i, uint16_t cipher, uint16_t bits, uint16_t hash, uint16_t group)
{
    isakmp_policy *p = &s.policies[i];
    p->priority = (uint16_t)(i + 1);
    p->cipher = cipher;
    p->key_bits = bits;
    p->hash = hash;
    p->auth = ISAKMP_AUTH_PSK;
    p->group = group;
}

/* What the host knows: everybody is welcome. */
static void set_policies(uint8_t switches)
{
    set_policy(0, ISAKMP_CIPHER_AES, 128, ISAKMP_HASH_SHA1, ISAKMP_GROUP_MODP_1024);
    set_policy(1, ISAKMP_CIPHER_3DES, 0, ISAKMP_HASH_MD5, ISAKMP_GROUP_MODP_768);
    set_policy(2, ISAKMP_CIPHER_AES, 256, ISAKMP_HASH_SHA512, ISAKMP_GROUP_CURVE25519);
    s.peer.size = sizeof s.peer;
    s.peer.name = "anybody";
    s.peer.policies = s.policies;
    s.peer.n_policies = 3;
    s.peer.life_mode = (uint8_t)((switches & 7) % 5);
    s.peer.flags = ISAKMP_PF_AGGRESSIVE_PSK | (switches & 8 ? ISAKMP_PF_NO_NATT : 0);
    s.protect.proto = ISAKMP_PROTO_ESP;
    s.protect.transform = ISAKMP_ESP_AES_CBC;
    s.protect.key_bits = 128;
    s.protect.integ = ISAKMP_INTEG_HMAC_SHA1;
    s.child.size = sizeof s.child;
    s.child.protect = &s.protect;
    s.child.n_protect = 1;
    s.child.mode = ISAKMP_MODE_TUNNEL;
    s.found = s.child;
    s.found.flags = ISAKMP_CF_TED;
    s.found.local.family = s.found.remote.family = 4;
    s.found.local.lo[0] = s.found.remote.lo[0] = 10;
    s.found.local.hi[0] = s.found.remote.hi[0] = 10;
    s.found.local.hi[3] = s.found.remote.hi[3] = 20;
}

static void set_host(uint8_t switches)
{
    s.host.size = sizeof s.host;
    s.host.send = on_send;
    s.host.sa_install = on_install;
    s.host.sa_remove = on_remove;
    s.host.find_peer = switches & 16 ? NULL : on_find_peer;
    s.host.get_psk = switches & 32 ? NULL : on_get_psk;
    s.host.find_child = on_find_child;
    s.host.find_ted = switches & 64 ? NULL : on_find_ted;
    s.host.event = on_event;
    s.host.log = on_log;
}

static void begin(uint8_t *arena, size_t arena_n)
{
    isakmp_config *c = &s.config;
    isakmp_config_init(c, sizeof *c);
    c->limits.sas = 3;
    c->limits.children = 2;
    c->limits.exchanges = 4;
    c->limits.max_datagram = MAX_DATAGRAM;
    c->limits.max_dh = 128;
    c->crypto = &s.toy.table;
    c->host = &s.host;
    c->exchanges = isakmp_all_exchanges;
    c->extensions = isakmp_all_extensions;
    assert(isakmp_ctx_size(c) <= arena_n);
    assert(isakmp_ctx_init(&s.x, arena, arena_n, c, s.now) == ISAKMP_OK);
}

/* Let time pass. */
static void wait_for(isakmp_time ms)
{
    s.now += ms;
    s.allowed = 0;
    assert(isakmp_tick(s.x, s.now) == ISAKMP_OK);
    assert(isakmp_deadline(s.x) > s.now);
}

static void wait_as(unsigned wait)
{
    isakmp_time deadline = isakmp_deadline(s.x);
    if (wait == 1)
        wait_for(200);
    else if (wait == 2 && deadline != ISAKMP_NEVER)
        wait_for(deadline - s.now);
    else if (wait == 3)
        wait_for(40000);
}

/* Put things right that a fuzzer does not guess.  Is there a cookie of ours in it? */
static int repair(uint8_t *d, size_t n, uint8_t how)
{
    static const uint8_t none[ISAKMP_COOKIE_SIZE];
    if (n < ISAKMP_HEADER_SIZE)
        return 0;
    if (how & COOKIE)
        memcpy(d + ISAKMP_COOKIE_SIZE, s.cookie, sizeof s.cookie);
    if (how & RIGHT_LENGTH) {
        memset(d + 24, 0, 4);
        d[26] = (uint8_t)(n >> 8);
        d[27] = (uint8_t)n;
    }
    return memcmp(d + ISAKMP_COOKIE_SIZE, none, sizeof none) != 0;
}

static void give(uint8_t how, isakmp_span datagram)
{
    uint8_t *d = malloc(datagram.n + 4);
    size_t at = how & MARKED && how & NATT ? 4 : 0;
    isakmp_path path;
    assert(d);
    memset(d, 0, 4);
    if (datagram.n)
        memcpy(d + at, datagram.p, datagram.n);
    memset(&path, 0, sizeof path);
    path.local.family = path.remote.family = 4;
    path.local.ip[0] = path.remote.ip[0] = 10;
    path.local.ip[3] = 9;
    path.remote.ip[3] = how & FROM;
    path.natt = (how & NATT) != 0;
    path.local.port = path.remote.port = path.natt ? 4500 : 500;
    s.replies = 0;
    s.came = at + datagram.n;
    s.allowed = repair(d + at, datagram.n, how) ? MAX_DATAGRAM : 3 * (at + datagram.n);
    (void)isakmp_input(s.x, s.now, &path, d, at + datagram.n);
    free(d);
}

/* Close everything and let it die. */
static void end(const uint8_t *arena, size_t arena_n)
{
    isakmp_sa_id sa = {0}, none = {0};
    isakmp_stats t;
    s.allowed = MAX_DATAGRAM;
    while ((sa = isakmp_sa_next(s.x, sa)).v) {
        s.replies = 0;
        assert(isakmp_close(s.x, s.now, sa) == ISAKMP_OK);
    }
    while (isakmp_deadline(s.x) != ISAKMP_NEVER)
        wait_as(2);
    t.size = sizeof t;
    isakmp_stats_get(s.x, &t);
    assert(t.sas + t.children + t.exchanges + t.packets + t.half_open + s.installed == 0);
    assert(isakmp_sa_next(s.x, none).v == 0);
    s.over = 1;
    isakmp_ctx_wipe(s.x);
    assert(arena[0] == 0 && memcmp(arena, arena + 1, arena_n - 1) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static uint64_t arena[8192];
    isakmp_span all = {data, n};
    isakmp_reader r = isakmp_rd(all);
    uint8_t switches = isakmp_rd_u8(&r);
    memset(&s, 0, sizeof s);
    s.now = 1000;
    toy_init(&s.toy, 1);
    set_policies(switches);
    set_host(switches);
    begin((uint8_t *)arena, sizeof arena);
    while (isakmp_rd_left(&r)) {
        uint8_t how = isakmp_rd_u8(&r);
        size_t len = isakmp_rd_u16(&r);
        if (len > isakmp_rd_left(&r))
            len = isakmp_rd_left(&r);
        give(how, isakmp_rd_bytes(&r, len));
        wait_as(WAIT(how));
    }
    end((const uint8_t *)arena, sizeof arena);
    return 0;
}
