/* crypto/mbedtls/whom.c -- for whom a key is. */
#include "base/span.h"
#include "whom.h"

int isakmp__is_among(const isakmp_addr *addr, const isakmp_selector *among)
{
    isakmp_selector one;
    memset(&one, 0, sizeof one);
    one.family = addr->family;
    memcpy(one.lo, addr->ip, sizeof one.lo);
    memcpy(one.hi, addr->ip, sizeof one.hi);
    return among->family == 0 ||
           (among->family == one.family && isakmp_selector_within(&one, among));
}

int isakmp__is_address(const isakmp_id *id, const isakmp_addr *addr)
{
    if (id->type == ISAKMP_ID_IPV4_ADDR && addr->family == 4)
        return isakmp__span_equal(id->data, isakmp__span(addr->ip, 4));
    return id->type == ISAKMP_ID_IPV6_ADDR && addr->family == 6 &&
           isakmp__span_equal(id->data, isakmp__span(addr->ip, 16));
}

/* A ring from before there was the question has no place for it. */
int isakmp__is_host_at(const isakmp_keyring *ring, const isakmp_id *id, const isakmp_addr *addr)
{
    isakmp_span name = id->data;
    if (id->type != ISAKMP_ID_FQDN || ring->size < sizeof *ring || ring->is_host_at == NULL)
        return 0;
    if (name.n && name.p[name.n - 1] == '.')
        name.n--;
    return name.n && ring->is_host_at(ring->user, name, addr) == 1;
}

/* ---- What a policy expects ----------------------------------------------------------------- */

int isakmp__is_pattern(const isakmp_id *id)
{
    switch (id->type) {
    case ISAKMP_ID_FQDN:
    case ISAKMP_ID_USER_FQDN:
        return id->data.n && id->data.p[0] == '*';
    case ISAKMP_ID_IPV4_SUBNET:
    case ISAKMP_ID_IPV6_SUBNET:
    case ISAKMP_ID_IPV4_RANGE:
    case ISAKMP_ID_IPV6_RANGE:
        return 1;
    default:
        return 0;
    }
}

static int ends_like(isakmp_span pattern, isakmp_span name)
{
    size_t n = pattern.n - 1;
    return name.n > n &&
           isakmp__same_name(isakmp__span(pattern.p + 1, n), isakmp__span(name.p + name.n - n, n));
}

/* The core says the same in policy/identity.c, which cannot be called from here. */
int isakmp__is_expected(const isakmp_id *expected, const isakmp_id *id)
{
    isakmp_selector inner, outer;
    if (expected->type == ISAKMP_ID_NONE || isakmp_id_equal(expected, id))
        return 1;
    if (!isakmp__is_pattern(expected))
        return 0;
    if (expected->type == ISAKMP_ID_FQDN || expected->type == ISAKMP_ID_USER_FQDN)
        return expected->type == id->type && ends_like(expected->data, id->data);
    return (id->type == ISAKMP_ID_IPV4_ADDR || id->type == ISAKMP_ID_IPV6_ADDR) &&
           isakmp_selector_from_id(&inner, id) == ISAKMP_OK &&
           isakmp_selector_from_id(&outer, expected) == ISAKMP_OK &&
           isakmp_selector_within(&inner, &outer);
}

/* ---- Which is meant ------------------------------------------------------------------------ */

/* How many addresses a range has after its first one, as a number in network order: ranges need not
 * lie within each other to be compared. */
static void extent(uint8_t out[16], const isakmp_selector *s)
{
    size_t n = s->family == 4 ? 4 : 16;
    unsigned borrow = 0;
    memset(out, 0, 16);
    while (n-- > 0) {
        unsigned d = 0x100u + s->hi[n] - s->lo[n] - borrow;
        out[n] = (uint8_t)d;
        borrow = d < 0x100;
    }
}

int isakmp__is_closer(isakmp__whom a, isakmp__whom b)
{
    uint8_t a_extent[16], b_extent[16];
    int a_named = a.id->type != ISAKMP_ID_NONE, b_named = b.id->type != ISAKMP_ID_NONE;
    if (a_named != b_named)
        return a_named;
    if (a.addr->family == 0 || b.addr->family == 0)
        return a.addr->family != 0 && b.addr->family == 0;
    extent(a_extent, a.addr); /* of one family, the peer's */
    extent(b_extent, b.addr);
    return memcmp(a_extent, b_extent, sizeof a_extent) < 0;
}
