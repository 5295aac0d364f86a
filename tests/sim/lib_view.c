/* sim/lib_view.c -- see lib_view.h. */
#include "lib_view.h"
#include <string.h>
#include "sa/state.h"

typedef struct named {
    const char *name;
    const isakmp__pool *pool;
} named;

#define POOLS 5

static void pools_of(const isakmp_ctx *x, named out[POOLS])
{
    const named all[POOLS] = {{"SAs", &x->sas},
                              {"children", &x->children},
                              {"exchanges", &x->exchs},
                              {"packets", &x->packets},
                              {"messages in pieces", &x->assemblies}};
    memcpy(out, all, sizeof all);
}

static int is_zero(const uint8_t *p, size_t n)
{
    return n == 0 || (p[0] == 0 && memcmp(p, p + 1, n - 1) == 0);
}

static int is_dirty(const isakmp__pool *p)
{
    for (uint32_t i = 0; i < p->cap; i++) {
        const uint8_t *slot = p->base + (size_t)i * p->size;
        const isakmp__slot *s = (const isakmp__slot *)(const void *)slot;
        if (!(s->gen & 1) && !is_zero(slot + sizeof *s, p->size - sizeof *s))
            return 1;
    }
    return 0;
}

const char *lib_dirty_slot(const isakmp_ctx *x)
{
    named all[POOLS];
    pools_of(x, all);
    for (unsigned i = 0; i < POOLS; i++)
        if (is_dirty(all[i].pool))
            return all[i].name;
    return NULL;
}

const char *lib_leak(const isakmp_ctx *x)
{
    named all[POOLS];
    pools_of(x, all);
    for (unsigned i = 0; i < POOLS; i++)
        if (all[i].pool->used)
            return all[i].name;
    if (x->n_half_open || isakmp__list_after(&x->half_open, NULL))
        return "half-open SAs";
    return isakmp__list_after(&x->done, NULL) ? "ends" : NULL;
}

int lib_context_has(const isakmp_ctx *x, const void *octets, size_t n)
{
    const uint8_t *p = (const uint8_t *)x;
    for (size_t i = 0; i + n <= sizeof *x; i++)
        if (memcmp(p + i, octets, n) == 0)
            return 1;
    return 0;
}

/* ---- Faults ----------------------------------------------------------------------------------- */

void lib_leak_packet(isakmp_ctx *x)
{
    (void)isakmp__pool_take(&x->packets);
}

void lib_leak_assembly(isakmp_ctx *x)
{
    (void)isakmp__pool_take(&x->assemblies);
}

void lib_leave_secret(isakmp_ctx *x, const void *octets, size_t n)
{
    uint8_t *slot = (uint8_t *)isakmp__pool_take(&x->exchs);
    if (slot == NULL)
        return;
    isakmp__pool_give(&x->exchs, slot);
    memcpy(slot + x->exchs.size - n, octets, n);
}

void lib_count_bug(isakmp_ctx *x)
{
    isakmp__count(x, ISAKMP_D_BUG);
}

void lib_miscount(isakmp_ctx *x)
{
    x->stats.datagrams_in++;
}
