/* core/ctx.c -- the context: is the configuration sound, how is the arena laid out, and who may come
 * in?
 *
 * The arena holds, each aligned: the context itself, the four pools, the heap of deadlines with a
 * place for every timer, and the buckets that SAs are found by. */
#include "base/secret.h"
#include "crypto/keys.h"
#include "entry.h"
#include "exchange/engine.h"
#include "sa/host.h"

/* ---- Configuration ------------------------------------------------------------------------- */

void isakmp_config_init(isakmp_config *c, size_t size)
{
    isakmp_config d;
    memset(&d, 0, sizeof d);
    memset(c, 0, size);
    d.size = (uint32_t)size;
    d.limits.sas = 16;
    d.limits.children = 32;
    d.limits.exchanges = 16;
    d.limits.max_datagram = 4096;
    d.limits.max_dh = 512;
    d.retransmit_ms = 1000;
    d.retransmit_max_ms = 16000;
    d.retransmit_tries = 5;
    d.reply_tries = 10;
    d.half_open_ms = 30000;
    d.linger_ms = 30000;
    d.natt_port = 4500;
    memcpy(c, &d, size < sizeof d ? size : sizeof d);
}

/* What the caller's configuration says, in our own struct: what it does not have yet is zero. */
static isakmp_config complete(const isakmp_config *c)
{
    isakmp_config own;
    isakmp_limits *l = &own.limits;
    memset(&own, 0, sizeof own);
    memcpy(&own, c, c->size < sizeof own ? c->size : sizeof own);
    if (l->half_open == 0)
        l->half_open = (l->exchanges + 1) / 2;
    if (l->half_open_per_addr == 0)
        l->half_open_per_addr = (l->half_open + 1) / 2;
    if (l->packets == 0)
        l->packets = l->exchanges + (l->exchanges + 1) / 2;
    return own;
}

#define MAX_COUNT 0x01000000u /* of anything: ids have 32 bits for a slot */

static int limits_are_sound(const isakmp_limits *l)
{
    return l->sas && l->children && l->exchanges && l->sas <= MAX_COUNT &&
           l->children <= MAX_COUNT && l->exchanges <= MAX_COUNT && l->packets <= MAX_COUNT &&
           l->max_datagram >= 576 && l->max_datagram <= 65535 && l->max_dh >= 32 &&
           l->max_dh <= ISAKMP_MAX_DH_PUBLIC;
}

static int provider_is_sound(const isakmp_crypto *k)
{
    return k && k->size >= sizeof *k && k->can && k->random && k->hash && k->hmac && k->cbc &&
           k->dh_new && k->dh_key;
}

/* The host's table in our own struct: what it does not have yet is zero.  0 if it lacks what every host
 * must have. */
static int take_host(isakmp_host *own, const isakmp_host *h)
{
    memset(own, 0, sizeof *own);
    if (h == NULL || h->size < offsetof(isakmp_host, timer))
        return 0;
    memcpy(own, h, h->size < sizeof *own ? h->size : sizeof *own);
    return own->send && own->sa_install && own->sa_remove;
}

#if ISAKMP_CHECKS
static int tables_are_sound(const isakmp_config *c)
{
    unsigned row;
    for (const isakmp_exchange *const *p = c->exchanges; *p; p++)
        if (isakmp__table_check(*p, &row))
            return 0;
    return 1;
}
#else
static int tables_are_sound(const isakmp_config *c)
{
    return c->exchanges[0] != NULL;
}
#endif

/* ---- Arena --------------------------------------------------------------------------------- */

typedef struct part {
    size_t off, size; /* size: of one element */
    uint32_t n;
} part;

typedef struct plan {
    part sas, children, exchs, packets, heap, by_cookie, by_peer, by_policy;
    size_t total; /* 0: it does not fit in a size_t */
} plan;

#define ALIGNMENT 8

static size_t aligned(size_t n)
{
    return (n + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static void add(plan *p, part *to, size_t size, uint32_t n, int is_slot)
{
    if (is_slot)
        size = aligned(size);
    to->off = p->total;
    to->size = size;
    to->n = n;
    if (p->total == 0 || (SIZE_MAX - p->total - ALIGNMENT) / size < n)
        p->total = 0;
    else
        p->total += aligned(size * n);
}

static plan plan_of(const isakmp_config *c)
{
    const isakmp_limits *l = &c->limits;
    uint32_t buckets = 1;
    plan p;
    memset(&p, 0, sizeof p);
    while (buckets < l->sas)
        buckets *= 2;
    p.total = aligned(sizeof(isakmp_ctx));
    add(&p, &p.sas, sizeof(isakmp__sa), l->sas, 1);
    add(&p, &p.children, sizeof(isakmp__child), l->children, 1);
    add(&p, &p.exchs, sizeof(isakmp__exch) + isakmp__exch_room_size(c),
        l->exchanges + ISAKMP__HELD_BACK, 1);
    add(&p, &p.packets, sizeof(isakmp__packet) + l->max_datagram, l->packets + ISAKMP__HELD_BACK,
        1);
    add(&p, &p.heap, sizeof(isakmp__timer *),
        l->sas + l->children + l->exchanges + ISAKMP__HELD_BACK, 0);
    add(&p, &p.by_cookie, sizeof(isakmp__sa *), buckets, 0);
    add(&p, &p.by_peer, sizeof(isakmp__list), buckets, 0);
    add(&p, &p.by_policy, sizeof(isakmp__list), buckets, 0);
    return p;
}

size_t isakmp_ctx_size(const isakmp_config *c)
{
    isakmp_config own;
    if (c == NULL || c->size < sizeof c->size)
        return 0;
    own = complete(c);
    return limits_are_sound(&own.limits) ? plan_of(&own).total : 0;
}

static void make_pool(isakmp__pool *pool, uint8_t *mem, const part *p)
{
    isakmp__pool_init(pool, mem + p->off, p->size, p->n);
}

static void lay_out(isakmp_ctx *x, uint8_t *mem, const plan *p)
{
    make_pool(&x->sas, mem, &p->sas);
    make_pool(&x->children, mem, &p->children);
    make_pool(&x->exchs, mem, &p->exchs);
    make_pool(&x->packets, mem, &p->packets);
    x->deadlines.heap = (isakmp__timer **)(void *)(mem + p->heap.off);
    x->by_cookie = (isakmp__sa **)(void *)(mem + p->by_cookie.off);
    x->by_peer = (isakmp__list *)(void *)(mem + p->by_peer.off);
    x->by_policy = (isakmp__list *)(void *)(mem + p->by_policy.off);
    x->bucket_mask = p->by_cookie.n - 1;
    for (uint32_t i = 0; i < p->by_cookie.n; i++) {
        isakmp__list_init(&x->by_peer[i]);
        isakmp__list_init(&x->by_policy[i]);
    }
    isakmp__list_init(&x->half_open);
    isakmp__list_init(&x->done);
    isakmp__list_init(&x->ending);
    isakmp__list_init(&x->ending_children);
    x->arena_n = p->total;
}

int isakmp_ctx_init(isakmp_ctx **out, void *mem, size_t mem_n, const isakmp_config *c,
                    isakmp_time now)
{
    isakmp_ctx *x = (isakmp_ctx *)mem;
    isakmp_config own;
    isakmp_host host;
    plan p;
    if (out == NULL || mem == NULL || c == NULL || c->size < sizeof c->size ||
        (uintptr_t)mem % sizeof(isakmp_time))
        return ISAKMP_E_ARG;
    *out = NULL;
    own = complete(c);
    if (!limits_are_sound(&own.limits) || !provider_is_sound(own.crypto) ||
        !take_host(&host, own.host) || own.exchanges == NULL || !tables_are_sound(&own) ||
        own.retransmit_ms == 0 || own.retransmit_max_ms == 0 || own.half_open_ms == 0)
        return ISAKMP_E_ARG;
    p = plan_of(&own);
    if (p.total == 0 || mem_n < p.total)
        return ISAKMP_E_SPACE;
    memset(mem, 0, p.total);
    x->config = own;
    x->host = host;
    x->crypto = *own.crypto;
    x->now = now;
    x->told_deadline = ISAKMP_NEVER;
    lay_out(x, (uint8_t *)mem, &p);
    if (isakmp__random(&x->crypto, x->secret, sizeof x->secret) != ISAKMP_OK)
        return ISAKMP_E_CRYPTO;
    *out = x;
    return ISAKMP_OK;
}

void isakmp_ctx_wipe(isakmp_ctx *x)
{
    if (x && !x->entered)
        isakmp__wipe(x, x->arena_n);
}

/* ---- Coming in and going out ---------------------------------------------------------------- */

int isakmp__enter(isakmp_ctx *x, isakmp_time now)
{
    if (x == NULL)
        return ISAKMP_E_ARG;
    if (x->entered)
        return ISAKMP_E_REENTRANT;
    x->entered = 1;
    if (now < x->now)
        x->stats.clock_backwards++;
    else if (now != ISAKMP_NEVER) /* no time, but what isakmp_deadline() may have said */
        x->now = now;
    return ISAKMP_OK;
}

void isakmp__leave(isakmp_ctx *x)
{
    isakmp__settle(x);
    isakmp__do_timer(x);
    x->entered = 0;
}
