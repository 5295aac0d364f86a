/* core/ctx.c -- the context: how is the arena laid out, and who may come in?
 *
 * The arena holds, each aligned: the context itself, the pools, the heap of deadlines with a place for
 * every timer, and the buckets that SAs and users are found by. */
#include "base/secret.h"
#include "crypto/keys.h"
#include "config.h"
#include "entry.h"
#include "exchange/engine.h"
#include "sa/host.h"

/* ---- Arena --------------------------------------------------------------------------------- */

typedef struct part {
    size_t off, size; /* size: of one element */
    uint32_t n;
} part;

typedef struct plan {
    part sas, children, exchs, packets, assemblies, heap, by_cookie, by_peer, by_policy;
    part assignments, assigned, discoveries, users, by_user;
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

/* How many buckets for so many: a power of two. */
static uint32_t buckets_for(uint32_t n)
{
    uint32_t buckets = 1;
    while (buckets < n)
        buckets *= 2;
    return buckets;
}

static plan plan_of(const isakmp_config *c)
{
    const isakmp_limits *l = &c->limits;
    uint32_t buckets = buckets_for(l->sas), assemblies = l->packets < 4 ? 1 : l->packets / 4;
    plan p;
    memset(&p, 0, sizeof p);
    p.total = aligned(sizeof(isakmp_ctx));
    add(&p, &p.sas, sizeof(isakmp__sa), l->sas, 1);
    add(&p, &p.children, sizeof(isakmp__child), l->children, 1);
    add(&p, &p.exchs, sizeof(isakmp__exch) + isakmp__exch_room_size(c),
        l->exchanges + ISAKMP__HELD_BACK, 1);
    add(&p, &p.packets, sizeof(isakmp__packet) + ISAKMP__FRONT + l->max_datagram,
        l->packets + ISAKMP__HELD_BACK, 1);
    add(&p, &p.assemblies, sizeof(isakmp__assembly), assemblies, 1);
    add(&p, &p.assignments, sizeof(isakmp__assignment), l->assignments, 1);
    add(&p, &p.assigned, sizeof(uint32_t), l->assignments ? l->sas : 0, 0);
    add(&p, &p.discoveries, sizeof(isakmp__discovery), l->discoveries, 1);
    add(&p, &p.users, sizeof(isakmp__user), l->users, 1);
    add(&p, &p.heap, sizeof(isakmp__timer *),
        l->sas + l->children + l->exchanges + ISAKMP__HELD_BACK + assemblies + l->discoveries, 0);
    add(&p, &p.by_cookie, sizeof(isakmp__sa *), buckets, 0);
    add(&p, &p.by_peer, sizeof(isakmp__list), buckets, 0);
    add(&p, &p.by_policy, sizeof(isakmp__list), buckets, 0);
    add(&p, &p.by_user, sizeof(isakmp__list), l->users ? buckets_for(l->users) : 0, 0);
    return p;
}

size_t isakmp_ctx_size(const isakmp_config *c)
{
    isakmp_config own;
    return isakmp__limits_check(&own, c, NULL) == ISAKMP_OK ? plan_of(&own).total : 0;
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
    make_pool(&x->assemblies, mem, &p->assemblies);
    make_pool(&x->assignments, mem, &p->assignments);
    if (p->assigned.n)
        x->assigned = (uint32_t *)(void *)(mem + p->assigned.off);
    make_pool(&x->discoveries, mem, &p->discoveries);
    make_pool(&x->users, mem, &p->users);
    x->deadlines.heap = (isakmp__timer **)(void *)(mem + p->heap.off);
    x->by_cookie = (isakmp__sa **)(void *)(mem + p->by_cookie.off);
    x->by_peer = (isakmp__list *)(void *)(mem + p->by_peer.off);
    x->by_policy = (isakmp__list *)(void *)(mem + p->by_policy.off);
    x->by_user = (isakmp__list *)(void *)(mem + p->by_user.off);
    x->bucket_mask = p->by_cookie.n - 1;
    x->user_mask = p->by_user.n - 1;
    for (uint32_t i = 0; i < p->by_user.n; i++)
        isakmp__list_init(&x->by_user[i]);
    for (uint32_t i = 0; i < p->by_cookie.n; i++) {
        isakmp__list_init(&x->by_peer[i]);
        isakmp__list_init(&x->by_policy[i]);
    }
    isakmp__list_init(&x->half_open);
    isakmp__list_init(&x->done);
    isakmp__list_init(&x->ending);
    isakmp__list_init(&x->ending_children);
    isakmp__list_init(&x->assembling);
    isakmp__list_init(&x->discovering);
    x->arena_n = p->total;
}

int isakmp_ctx_init(isakmp_ctx **out, void *mem, size_t mem_n, const isakmp_config *c,
                    isakmp_time now)
{
    isakmp_ctx *x = (isakmp_ctx *)mem;
    isakmp_config own;
    plan p;
    if (out == NULL || mem == NULL || (uintptr_t)mem % sizeof(isakmp_time))
        return ISAKMP_E_ARG;
    *out = NULL;
    if (isakmp_config_check(c, NULL, 0) != ISAKMP_OK ||
        isakmp__limits_check(&own, c, NULL) != ISAKMP_OK)
        return ISAKMP_E_ARG;
    p = plan_of(&own);
    if (p.total == 0 || mem_n < p.total)
        return ISAKMP_E_SPACE;
    memset(mem, 0, p.total);
    (void)isakmp__config_check(&x->config, &x->host, c, NULL);
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
