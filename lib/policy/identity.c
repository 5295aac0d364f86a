/* policy/identity.c -- is the peer who it should be?
 *
 * Names are compared without regard to case [RFC4945 3.1], everything else octet by octet and over
 * its whole length: a comparison of prefixes has been an authentication bypass before. */
#include "match.h"

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static int same_name(isakmp_span a, isakmp_span b)
{
    size_t i = 0;
    while (i < a.n && i < b.n && lower(a.p[i]) == lower(b.p[i]))
        i++;
    return i == a.n && i == b.n;
}

int isakmp_id_equal(const isakmp_id *a, const isakmp_id *b)
{
    if (a->type != b->type)
        return 0;
    if (a->type == ISAKMP_ID_FQDN || a->type == ISAKMP_ID_USER_FQDN)
        return same_name(a->data, b->data);
    return isakmp__span_equal(a->data, b->data);
}

int isakmp__id_accepted(const isakmp_id *pattern, const isakmp_id *id)
{
    return pattern->type == ISAKMP_ID_NONE || isakmp_id_equal(pattern, id);
}
