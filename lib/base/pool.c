/* base/pool.c -- slot pools.
 *
 * An id is generation << 32 | index + 1.  The generation is odd while the slot is taken and is
 * raised by every take and give, so an id of a slot that was given back fails the comparison until
 * the same slot has been used two thousand million times. */
#include "pool.h"
#include "secret.h"

static isakmp__slot *at(const isakmp__pool *p, uint32_t index)
{
    return (isakmp__slot *)(void *)(p->base + (size_t)index * p->size);
}

void isakmp__pool_init(isakmp__pool *p, void *mem, size_t size, uint32_t cap)
{
    p->base = (uint8_t *)mem;
    p->size = size;
    p->cap = cap;
    p->used = 0;
    p->free = cap ? 1 : 0;
    for (uint32_t i = 0; i + 1 < cap; i++)
        at(p, i)->next = i + 2;
}

void *isakmp__pool_take(isakmp__pool *p)
{
    isakmp__slot *s;
    if (p->free == 0)
        return NULL;
    s = at(p, p->free - 1);
    p->free = s->next;
    p->used++;
    s->next = 0;
    s->gen++;
    return s;
}

void isakmp__pool_renew(void *object)
{
    isakmp__slot *s = (isakmp__slot *)object;
    s->gen += 2;
}

uint64_t isakmp__pool_next_id(const isakmp__pool *p, const void *object)
{
    return isakmp__pool_id(p, object) + (UINT64_C(2) << 32);
}

void isakmp__pool_give(isakmp__pool *p, void *object)
{
    isakmp__slot *s = (isakmp__slot *)object;
    uint32_t gen = s->gen;
    isakmp__wipe(object, p->size);
    s->gen = gen + 1;
    s->next = p->free;
    p->free = isakmp__pool_index(p, object) + 1;
    p->used--;
}

uint32_t isakmp__pool_index(const isakmp__pool *p, const void *object)
{
    return (uint32_t)((size_t)((const uint8_t *)object - p->base) / p->size);
}

uint64_t isakmp__pool_id(const isakmp__pool *p, const void *object)
{
    const isakmp__slot *s = (const isakmp__slot *)object;
    return s ? (uint64_t)s->gen << 32 | (isakmp__pool_index(p, object) + 1) : 0;
}

void *isakmp__pool_find(const isakmp__pool *p, uint64_t id)
{
    uint32_t index = (uint32_t)id, gen = (uint32_t)(id >> 32);
    isakmp__slot *s;
    if (index == 0 || index > p->cap)
        return NULL;
    s = at(p, index - 1);
    return s->gen == gen && (gen & 1) ? s : NULL;
}

void *isakmp__pool_each(const isakmp__pool *p, uint32_t *index)
{
    while (*index < p->cap) {
        isakmp__slot *s = at(p, (*index)++);
        if (s->gen & 1)
            return s;
    }
    return NULL;
}
