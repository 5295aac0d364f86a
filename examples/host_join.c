/* host_join.c -- fragments, by their sender and ISAKMP SA.  There is one message at a time: a sender begins the
 * next one when it is through with the last. */
#include <stdlib.h>
#include <string.h>
#include "host_join.h"

#define LAST        1
#define MOST_OCTETS 65535 /* of a message */

typedef struct piece {
    struct piece *next;
    unsigned number;
    size_t n;
    uint8_t bytes[];
} piece;

typedef struct assembly {
    struct assembly *next;
    uint8_t cky_i[ISAKMP_COOKIE_SIZE];
    isakmp_addr from;
    uint16_t id;
    unsigned last; /* its number; 0: not known yet */
    piece *pieces;
} assembly;

struct host_join {
    assembly *first;
};

host_join *host_join_new(void)
{
    return calloc(1, sizeof(host_join));
}

static void drop_pieces(assembly *a)
{
    while (a->pieces) {
        piece *p = a->pieces;
        a->pieces = p->next;
        free(p);
    }
    a->last = 0;
}

void host_join_free(host_join *j)
{
    while (j && j->first) {
        assembly *a = j->first;
        j->first = a->next;
        drop_pieces(a);
        free(a);
    }
    free(j);
}

static assembly *find_or_make(host_join *j, const isakmp_msg *m, const isakmp_addr *from)
{
    assembly *a = j->first;
    while (a && (memcmp(a->cky_i, m->h.cky_i, sizeof a->cky_i) != 0 ||
                 !isakmp_addr_equal(&a->from, from)))
        a = a->next;
    if (a || (a = calloc(1, sizeof *a)) == NULL)
        return a;
    memcpy(a->cky_i, m->h.cky_i, sizeof a->cky_i);
    a->from = *from;
    a->next = j->first;
    j->first = a;
    return a;
}

int host_join_is_fragment(isakmp_msg *m)
{
    if (m->h.next != ISAKMP_PAYLOAD_FRAGMENT)
        return 0;
    if (m->count == 0 && (isakmp_msg_index(m) != ISAKMP_OK || m->end != m->raw.n)) {
        m->count = 0;
        m->detail = ISAKMP_D_NONE;
        return 0;
    }
    return m->count == 1;
}

static const piece *find_piece(const assembly *a, unsigned number)
{
    const piece *p = a->pieces;
    while (p && p->number != number)
        p = p->next;
    return p;
}

/* Does a fragment belong to another message than the pieces that are there?  Some senders give all their messages
 * one id. */
static int is_of_another(const assembly *a, const isakmp_fragment *f)
{
    const piece *p = find_piece(a, f->number);
    return f->id != a->id || (p && (p->n != f->data.n || memcmp(p->bytes, f->data.p, p->n) != 0));
}

static int keep(assembly *a, const isakmp_fragment *f)
{
    piece *p = malloc(sizeof *p + f->data.n);
    if (p == NULL)
        return -1;
    p->number = f->number;
    p->n = f->data.n;
    if (p->n)
        memcpy(p->bytes, f->data.p, p->n);
    p->next = a->pieces;
    a->pieces = p;
    if (f->flags & LAST)
        a->last = f->number;
    return 0;
}

/* The octets of all pieces; 0: one is missing, or they are no message. */
static size_t size_of_whole(const assembly *a)
{
    size_t n = 0;
    for (unsigned i = 1; i <= a->last; i++) {
        const piece *p = find_piece(a, i);
        if (p == NULL)
            return 0;
        n += p->n;
    }
    return n <= MOST_OCTETS ? n : 0;
}

static int join(assembly *a, host_joined *out)
{
    size_t n = size_of_whole(a);
    if (n == 0)
        return 0;
    out->bytes = malloc(n);
    if (out->bytes == NULL)
        return -1;
    for (unsigned i = 1; i <= a->last; i++) {
        const piece *p = find_piece(a, i);
        memcpy(out->bytes + out->n, p->bytes, p->n);
        out->n += p->n;
    }
    out->fragments = a->last;
    drop_pieces(a); /* what comes again is another message */
    return 0;
}

int host_join_add(host_join *j, const isakmp_msg *m, const isakmp_addr *from, host_joined *out)
{
    isakmp_fragment f;
    assembly *a;
    memset(out, 0, sizeof *out);
    if (isakmp_fragment_read(&f, isakmp_msg_body(m, 0)) != ISAKMP_OK || f.number == 0)
        return 0;
    a = find_or_make(j, m, from);
    if (a == NULL)
        return -1;
    if (is_of_another(a, &f))
        drop_pieces(a);
    a->id = f.id;
    return keep(a, &f) != 0 ? -1 : join(a, out);
}
