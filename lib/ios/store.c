/* ios/store.c -- the memory of a configuration: taken from the front, and what is given back is used again.
 *
 * What is given back goes into one list, in which the first that is large enough is taken and cut.
 * Configurations change little and seldom, so more is not needed. */
#include "model.h"

#define UNIT 16u

static size_t round_up(size_t n)
{
    n = n < sizeof(isakmp__free) ? sizeof(isakmp__free) : n;
    return (n + UNIT - 1) & ~(size_t)(UNIT - 1);
}

static uint8_t *end_of(isakmp_ios *c)
{
    return (uint8_t *)c + c->used;
}

/* Out of what was given back; NULL if nothing of it is large enough. */
static void *take_again(isakmp_ios *c, size_t n)
{
    isakmp__free **at = &c->free, *f;
    while (*at && (*at)->n < n)
        at = &(*at)->next;
    f = *at;
    if (f == NULL)
        return NULL;
    if (f->n > n) {
        isakmp__free *rest = (isakmp__free *)(void *)((uint8_t *)f + n);
        rest->n = f->n - n;
        rest->next = f->next;
        *at = rest;
    } else {
        *at = f->next;
    }
    memset(f, 0, n);
    return f;
}

void *isakmp__ios_store_take(isakmp_ios *c, size_t n)
{
    void *p;
    n = round_up(n);
    p = take_again(c, n);
    if (p || n > c->cap - c->used)
        return p;
    p = end_of(c);
    c->used += n;
    memset(p, 0, n);
    return p;
}

/* The list is in the order of addresses, and neighbours become one. */
static isakmp__free *join(isakmp__free *a, isakmp__free *b)
{
    if (a == NULL || (uint8_t *)a + a->n != (uint8_t *)b)
        return b;
    a->n += b->n;
    a->next = b->next;
    memset(b, 0, sizeof *b);
    return a;
}

/* What lies last is no longer taken at all. */
static void shrink(isakmp_ios *c, isakmp__free **at)
{
    isakmp__free *f = *at;
    if (f->next || (uint8_t *)f + f->n != end_of(c))
        return;
    c->used -= f->n;
    *at = NULL;
    memset(f, 0, sizeof *f);
}

void isakmp__ios_store_give(isakmp_ios *c, void *p, size_t n)
{
    isakmp__free *f = (isakmp__free *)p, *before = NULL, **at = &c->free, **of_before = NULL;
    if (p == NULL)
        return;
    n = round_up(n);
    memset(p, 0, n);
    while (*at && *at < f) {
        before = *at;
        of_before = at;
        at = &before->next;
    }
    f->n = n;
    f->next = *at;
    *at = f;
    if (f->next)
        (void)join(f, f->next);
    if (join(before, f) == before)
        at = of_before;
    shrink(c, at);
}

isakmp__word *isakmp__ios_store_word(isakmp_ios *c, isakmp_span text)
{
    isakmp__word *w = (isakmp__word *)isakmp__ios_store_take(c, sizeof *w + text.n + 1);
    if (w == NULL)
        return NULL;
    w->n = (uint32_t)text.n;
    w->line = c->line;
    if (text.n)
        memcpy(w->text, text.p, text.n);
    return w;
}

void isakmp__ios_store_give_word(isakmp_ios *c, isakmp__word *w)
{
    if (w)
        isakmp__ios_store_give(c, w, sizeof *w + w->n + 1);
}

/* More room, where it lies if nothing lies behind it. */
static int grow(isakmp_ios *c, isakmp__octets *o, size_t n)
{
    size_t room = round_up(n);
    uint8_t *p;
    if (o->p && o->p + o->room == end_of(c) && room - o->room <= c->cap - c->used) {
        memset(end_of(c), 0, room - o->room);
        c->used += room - o->room;
        o->room = (uint32_t)room;
        return ISAKMP_OK;
    }
    p = (uint8_t *)isakmp__ios_store_take(c, n);
    if (p == NULL)
        return ISAKMP_E_SPACE;
    if (o->n)
        memcpy(p, o->p, o->n);
    isakmp__ios_store_give(c, o->p, o->room);
    o->p = p;
    o->room = (uint32_t)room;
    return ISAKMP_OK;
}

int isakmp__ios_store_append(isakmp_ios *c, isakmp__octets *o, const uint8_t *p, size_t n)
{
    if (n == 0)
        return ISAKMP_OK;
    if (o->n + n > o->room && grow(c, o, o->n + n) != ISAKMP_OK)
        return ISAKMP_E_SPACE;
    memcpy(o->p + o->n, p, n);
    o->n += (uint32_t)n;
    return ISAKMP_OK;
}

void isakmp__ios_store_give_octets(isakmp_ios *c, isakmp__octets *o)
{
    isakmp__ios_store_give(c, o->p, o->room);
    memset(o, 0, sizeof *o);
}

/* ---- Beginning and end ---------------------------------------------------------------------- */

int isakmp_ios_init(isakmp_ios **out, void *mem, size_t mem_n)
{
    isakmp_ios *c = (isakmp_ios *)mem;
    typedef char fits[sizeof *c <= ISAKMP_IOS_MIN_ARENA ? 1 : -1];
    (void)sizeof(fits);
    if (out == NULL || mem == NULL)
        return ISAKMP_E_ARG;
    if (mem_n < ISAKMP_IOS_MIN_ARENA)
        return ISAKMP_E_SPACE;
    memset(c, 0, sizeof *c);
    c->cap = mem_n & ~(size_t)(UNIT - 1);
    c->used = round_up(sizeof *c);
    *out = c;
    return ISAKMP_OK;
}

void isakmp_ios_wipe(isakmp_ios *c)
{
    volatile uint8_t *p = (volatile uint8_t *)c;
    for (size_t n = c->cap; n > 0; n--)
        *p++ = 0;
}

size_t isakmp_ios_used(const isakmp_ios *c)
{
    return c->used;
}
