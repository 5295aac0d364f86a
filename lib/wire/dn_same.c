/* wire/dn_same.c -- are two distinguished names the same [RFC5280 7.1]?
 *
 * Everything is compared over its whole length: prefixes, and zero octets within names, have been ways
 * around authentication before. */
#include "base/span.h"
#include "wire/dn.h"

/* Parts of one RDN; in the field there is one, or two. */
#define MOST_PARTS 8

enum {
    OID = 0x06,
    UTF8_STRING = 0x0c,
    PRINTABLE_STRING = 0x13,
    IA5_STRING = 0x16,
    SEQUENCE = 0x30,
    SET = 0x31
};

/* ---- Strings ------------------------------------------------------------------------------- */

static int has_zero(isakmp_span s)
{
    size_t i = 0;
    while (i < s.n && s.p[i] != 0)
        i++;
    return i < s.n;
}

static isakmp_span trimmed(isakmp_span s)
{
    while (s.n && s.p[0] == ' ')
        s = isakmp__span(s.p + 1, s.n - 1);
    while (s.n && s.p[s.n - 1] == ' ')
        s.n--;
    return s;
}

/* The next octet of a trimmed string, any number of spaces counting as one; 0 at its end. */
static uint8_t next_folded(isakmp_span *s)
{
    uint8_t c;
    if (s->n == 0)
        return 0;
    c = isakmp__lower(s->p[0]);
    *s = isakmp__span(s->p + 1, s->n - 1);
    while (c == ' ' && s->n && s->p[0] == ' ')
        *s = isakmp__span(s->p + 1, s->n - 1);
    return c;
}

/* Without regard to case, and to how many spaces there are; neither has zero octets. */
static int same_folded(isakmp_span a, isakmp_span b)
{
    uint8_t x, y;
    a = trimmed(a);
    b = trimmed(b);
    do {
        x = next_folded(&a);
        y = next_folded(&b);
    } while (x == y && x != 0);
    return x == y;
}

/* ---- Parts, sets, names ---------------------------------------------------------------------- */

typedef struct part {
    isakmp_span type, value;
    uint8_t tag;
} part;

static int next_part(isakmp_span *set, part *out)
{
    isakmp_span s;
    if (!isakmp__dn_take(set, SEQUENCE, &s) || !isakmp__dn_take(&s, OID, &out->type) || s.n == 0)
        return 0;
    out->tag = s.p[0];
    return isakmp__dn_take(&s, out->tag, &out->value) && s.n == 0;
}

static int is_directory_string(uint8_t tag)
{
    return tag == PRINTABLE_STRING || tag == UTF8_STRING;
}

/* Letters beyond ASCII are compared as they are. */
static int same_part(const part *a, const part *b)
{
    int both = is_directory_string(a->tag) && is_directory_string(b->tag);
    if (!isakmp__span_equal(a->type, b->type) || (a->tag != b->tag && !both))
        return 0;
    if (!both && a->tag != IA5_STRING)
        return isakmp__span_equal(a->value, b->value);
    return !has_zero(a->value) && !has_zero(b->value) && same_folded(a->value, b->value);
}

/* How many parts a set has, if all of them are in another; 0: not so. */
static size_t parts_within(isakmp_span set, isakmp_span other)
{
    size_t n = 0;
    while (set.n && n < MOST_PARTS) {
        isakmp_span rest = other;
        part a, b;
        int found = 0;
        if (!next_part(&set, &a))
            return 0;
        while (!found && rest.n && next_part(&rest, &b))
            found = same_part(&a, &b);
        if (!found)
            return 0;
        n++;
    }
    return set.n ? 0 : n;
}

static int same_rdn(isakmp_span a, isakmp_span b)
{
    size_t n = parts_within(a, b);
    return n != 0 && n == parts_within(b, a);
}

int isakmp__dn_same(isakmp_span a, isakmp_span b)
{
    isakmp_span x, y, rdn_x, rdn_y;
    if (!isakmp__dn_take(&a, SEQUENCE, &x) || !isakmp__dn_take(&b, SEQUENCE, &y) || a.n || b.n ||
        x.n == 0)
        return 0;
    while (x.n && y.n)
        if (!isakmp__dn_take(&x, SET, &rdn_x) || !isakmp__dn_take(&y, SET, &rdn_y) ||
            !same_rdn(rdn_x, rdn_y))
            return 0;
    return x.n == 0 && y.n == 0;
}
