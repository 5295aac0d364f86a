/* base/list.h -- lists whose links lie in their members: circles through the list itself, so that a member
 * can leave without a search and without knowing which list it is in. */
#ifndef ISAKMP_LIB_LIST_H
#define ISAKMP_LIB_LIST_H

#include "span.h"

typedef struct isakmp__link {
    struct isakmp__link *next, *prev; /* NULL while it is in no list */
} isakmp__link;

typedef isakmp__link isakmp__list;

/* The object that a link lies in; NULL for NULL. */
#define ISAKMP__OWNER(link, type, member) ((type *)isakmp__owner((link), offsetof(type, member)))

static inline void *isakmp__owner(isakmp__link *k, size_t offset)
{
    return k ? (uint8_t *)k - offset : NULL;
}

static inline void isakmp__list_init(isakmp__list *l)
{
    l->next = l;
    l->prev = l;
}

static inline int isakmp__is_linked(const isakmp__link *k)
{
    return k->next != NULL;
}

static inline void isakmp__list_append(isakmp__list *l, isakmp__link *k)
{
    k->next = l;
    k->prev = l->prev;
    l->prev->next = k;
    l->prev = k;
}

static inline void isakmp__unlink(isakmp__link *k)
{
    if (!isakmp__is_linked(k))
        return;
    k->next->prev = k->prev;
    k->prev->next = k->next;
    k->next = NULL;
    k->prev = NULL;
}

/* The link after one; the first one after NULL; NULL at the end. */
static inline isakmp__link *isakmp__list_after(const isakmp__list *l, const isakmp__link *k)
{
    isakmp__link *next = k ? k->next : l->next;
    return next == l ? NULL : next;
}

#endif
