/* policy/addr_pool.c -- pools of addresses.
 *
 * A lease stands for its address, by its index.  Those that are free are in a list, the one that nobody has
 * had for the longest time first; those that somebody has or had are in buckets by a hash of his name.  So
 * each operation looks at a few leases, however many there are.  The hash has no secret: whoever finds a
 * second name for it gets an address that the first one is not using. */
#include "base/span.h"
#include "isakmp/modecfg.h"

/* Indexes are counted from 1 here; 0 is none. */
static isakmp_lease *at(const isakmp_addr_pool *p, uint32_t index)
{
    return index ? &p->leases[index - 1] : NULL;
}

static uint32_t index_of(const isakmp_addr_pool *p, const isakmp_lease *l)
{
    return (uint32_t)(l - p->leases) + 1;
}

/* FNV-1a, and never 0. */
static uint64_t hash_of(isakmp_span who)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < who.n; i++)
        h = (h ^ who.p[i]) * UINT64_C(0x100000001b3);
    return h ? h : 1;
}

static uint32_t *bucket_of(const isakmp_addr_pool *p, uint64_t who)
{
    return &p->leases[((uint32_t)who ^ (uint32_t)(who >> 32)) % p->n].head;
}

/* ---- Addresses and indexes ------------------------------------------------------------------ */

static size_t ip_size(uint8_t family)
{
    return family == 4 ? 4 : 16;
}

/* a + n, for an address as a number. */
static void add(isakmp_addr *a, uint32_t n)
{
    uint64_t carry = n;
    for (size_t i = ip_size(a->family); i-- > 0 && carry; carry >>= 8) {
        carry += a->ip[i];
        a->ip[i] = (uint8_t)carry;
    }
}

/* b - a, at most `most`; or UINT32_MAX if b comes before a. */
static uint32_t distance(const isakmp_addr *a, const isakmp_addr *b, uint32_t most)
{
    uint64_t d = 0;
    size_t n = ip_size(a->family);
    size_t same = 0;
    while (same < n && a->ip[same] == b->ip[same])
        same++;
    if (same < n && b->ip[same] < a->ip[same])
        return UINT32_MAX;
    for (size_t i = same; i < n; i++) {
        d = d * 256 + b->ip[i] - a->ip[i];
        if (d > (uint64_t)most + 256) /* what comes takes away less than one of it */
            return most;
    }
    return d < most ? (uint32_t)d : most;
}

/* ---- Free leases ---------------------------------------------------------------------------- */

static void append_free(isakmp_addr_pool *p, isakmp_lease *l)
{
    l->before = p->newest;
    l->after = 0;
    if (p->newest)
        at(p, p->newest)->after = index_of(p, l);
    else
        p->oldest = index_of(p, l);
    p->newest = index_of(p, l);
}

static void remove_free(isakmp_addr_pool *p, isakmp_lease *l)
{
    if (l->before)
        at(p, l->before)->after = l->after;
    else
        p->oldest = l->after;
    if (l->after)
        at(p, l->after)->before = l->before;
    else
        p->newest = l->before;
}

/* ---- Clients -------------------------------------------------------------------------------- */

/* The free lease that a client had before. */
static isakmp_lease *former(const isakmp_addr_pool *p, uint64_t who)
{
    isakmp_lease *l = at(p, *bucket_of(p, who));
    while (l && (l->used || l->who != who))
        l = at(p, l->next);
    return l;
}

static void enter(isakmp_addr_pool *p, isakmp_lease *l, uint64_t who)
{
    uint32_t *head = bucket_of(p, who);
    l->who = who;
    l->next = *head;
    *head = index_of(p, l);
}

static void leave(isakmp_addr_pool *p, isakmp_lease *l)
{
    uint32_t *link = bucket_of(p, l->who);
    while (*link && *link != index_of(p, l))
        link = &at(p, *link)->next;
    *link = l->next;
    l->who = 0;
}

/* ---- The pool ------------------------------------------------------------------------------- */

int isakmp_addr_pool_init(isakmp_addr_pool *p, isakmp_lease *leases, size_t n,
                          const isakmp_addr *first, const isakmp_addr *last)
{
    uint32_t count;
    if (p == NULL || leases == NULL || n == 0 || first == NULL || last == NULL ||
        (first->family != 4 && first->family != 6) || last->family != first->family)
        return ISAKMP_E_ARG;
    count = distance(first, last, n < UINT32_MAX ? (uint32_t)n - 1 : UINT32_MAX - 2);
    if (count == UINT32_MAX)
        return ISAKMP_E_ARG;
    memset(p, 0, sizeof *p);
    p->leases = leases;
    p->n = count + 1;
    p->first = *first;
    p->first.port = 0;
    for (uint32_t i = 0; i < p->n; i++) {
        memset(&leases[i], 0, sizeof leases[i]);
        append_free(p, &leases[i]);
    }
    return ISAKMP_OK;
}

int isakmp_addr_pool_lease(isakmp_addr_pool *p, isakmp_span who, isakmp_addr *out)
{
    uint64_t hash = hash_of(who);
    isakmp_lease *l = former(p, hash);
    if (l == NULL)
        l = at(p, p->oldest);
    if (l == NULL)
        return ISAKMP_NONE;
    remove_free(p, l);
    if (l->who != hash) {
        if (l->who)
            leave(p, l);
        enter(p, l, hash);
    }
    l->used = 1;
    l->name_n = (uint8_t)(who.n < ISAKMP_LEASE_NAME ? who.n : ISAKMP_LEASE_NAME);
    if (l->name_n)
        memcpy(l->name, who.p, l->name_n);
    p->used++;
    (void)isakmp_addr_pool_get(p, index_of(p, l) - 1, out);
    return ISAKMP_OK;
}

int isakmp_addr_pool_release(isakmp_addr_pool *p, const isakmp_addr *a)
{
    uint32_t i = a->family == p->first.family ? distance(&p->first, a, p->n) : UINT32_MAX;
    if (i >= p->n || !p->leases[i].used)
        return ISAKMP_NONE;
    p->leases[i].used = 0;
    append_free(p, &p->leases[i]);
    p->used--;
    return ISAKMP_OK;
}

const isakmp_lease *isakmp_addr_pool_get(const isakmp_addr_pool *p, size_t i, isakmp_addr *out)
{
    if (i >= p->n)
        return NULL;
    *out = p->first;
    add(out, (uint32_t)i);
    return &p->leases[i];
}
