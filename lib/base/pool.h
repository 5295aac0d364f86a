/* base/pool.h -- slots of one size in the arena, named by ids with generations.
 *
 * Invariant: a slot that is free holds nothing but zeroes and its place in the free list; a slot
 * that is taken begins zeroed.  An id whose slot was given back never finds it again. */
#ifndef ISAKMP_LIB_POOL_H
#define ISAKMP_LIB_POOL_H

#include "span.h"

/* The head of every object in a pool. */
typedef struct isakmp__slot {
    uint32_t gen;  /* odd while taken */
    uint32_t next; /* while free: index of the next free slot, from 1; 0: none */
} isakmp__slot;

typedef struct isakmp__pool {
    uint8_t *base;
    size_t size; /* of a slot */
    uint32_t cap, used, free;
} isakmp__pool;

/* Make a pool of cap slots of size octets at mem, which is zeroed and aligned. */
void isakmp__pool_init(isakmp__pool *p, void *mem, size_t size, uint32_t cap);
/* Take a zeroed slot; NULL if all are taken. */
void *isakmp__pool_take(isakmp__pool *p);
/* Give an object a new id: the old one is stale from now on.  The object stays as it is. */
void isakmp__pool_renew(void *object);
/* The id that it would get. */
uint64_t isakmp__pool_next_id(const isakmp__pool *p, const void *object);
/* Give a slot back: it is wiped. */
void isakmp__pool_give(isakmp__pool *p, void *object);
/* The id of an object, and the object of an id; NULL if it is stale or { 0 }. */
uint64_t isakmp__pool_id(const isakmp__pool *p, const void *object);
void *isakmp__pool_find(const isakmp__pool *p, uint64_t id);
/* The taken slot at or after an index, which is moved on; NULL at the end. */
void *isakmp__pool_each(const isakmp__pool *p, uint32_t *index);
/* The index of an object, from 0. */
uint32_t isakmp__pool_index(const isakmp__pool *p, const void *object);

#endif
