/* policy/identity.c -- is the peer who it should be?
 *
 * Names are compared without regard to case [RFC4945 3.1], distinguished names by what they say
 * [RFC5280 7.1], everything else octet by octet and over
 * its whole length: a comparison of prefixes has been an authentication bypass before.  What a policy
 * expects may stand for many: that is the policy's decision, never the peer's. */
#include "match.h"
#include "wire/dn.h"

int isakmp_id_equal(const isakmp_id *a, const isakmp_id *b)
{
    if (a->type != b->type)
        return 0;
    if (a->type == ISAKMP_ID_FQDN || a->type == ISAKMP_ID_USER_FQDN)
        return isakmp__same_name(a->data, b->data);
    if (a->type == ISAKMP_ID_DER_ASN1_DN)
        return isakmp__dn_same(a->data, b->data);
    return isakmp__span_equal(a->data, b->data);
}

/* "*.example.org": the star stands for one octet or more. */
static int ends_like(isakmp_span pattern, isakmp_span name)
{
    size_t n = pattern.n - 1;
    return name.n > n &&
           isakmp__same_name(isakmp__span(pattern.p + 1, n), isakmp__span(name.p + name.n - n, n));
}

/* Subnets and ranges have addresses in them. */
static int lies_within(const isakmp_id *pattern, const isakmp_id *id)
{
    isakmp_selector inner, outer;
    return (id->type == ISAKMP_ID_IPV4_ADDR || id->type == ISAKMP_ID_IPV6_ADDR) &&
           isakmp_selector_from_id(&inner, id) == ISAKMP_OK &&
           isakmp_selector_from_id(&outer, pattern) == ISAKMP_OK &&
           isakmp_selector_within(&inner, &outer);
}

int isakmp__id_accepted(const isakmp_id *pattern, const isakmp_id *id)
{
    int is_name = pattern->type == ISAKMP_ID_FQDN || pattern->type == ISAKMP_ID_USER_FQDN;
    if (pattern->type == ISAKMP_ID_NONE || isakmp_id_equal(pattern, id))
        return 1;
    if (is_name && pattern->type == id->type && pattern->data.n && pattern->data.p[0] == '*')
        return ends_like(pattern->data, id->data);
    return lies_within(pattern, id);
}
