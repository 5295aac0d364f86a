/* policy/selector.c -- selectors: ranges of addresses with a protocol and a port.
 *
 * Quick Mode carries them as identifications: an address, a subnet or a range [RFC2407 4.6.2].  Here
 * all three are a range, so that "lies within" is one comparison; a range that is a subnet becomes
 * one again on the wire, because old peers know nothing else. */
#include "wire/describe.h"
#include "match.h"

static size_t ip_size(uint8_t family)
{
    return family == 4 ? 4 : 16;
}

isakmp_selector isakmp__selector_of(const isakmp_addr *a)
{
    isakmp_selector s;
    memset(&s, 0, sizeof s);
    s.family = a->family;
    memcpy(s.lo, a->ip, ip_size(a->family));
    memcpy(s.hi, a->ip, ip_size(a->family));
    return s;
}

int isakmp__selector_is_host(const isakmp_selector *s)
{
    return s->family == 0 || memcmp(s->lo, s->hi, s->family == 4 ? 4 : 16) == 0;
}

int isakmp__selector_equal(const isakmp_selector *a, const isakmp_selector *b)
{
    size_t n = ip_size(a->family);
    return a->family == b->family && a->proto == b->proto && a->port == b->port &&
           memcmp(a->lo, b->lo, n) == 0 && memcmp(a->hi, b->hi, n) == 0;
}

int isakmp_selector_within(const isakmp_selector *inner, const isakmp_selector *outer)
{
    size_t n = ip_size(outer->family);
    if (outer->proto && inner->proto != outer->proto)
        return 0;
    if (outer->port && inner->port != outer->port)
        return 0;
    if (outer->family == 0)
        return 1;
    return inner->family == outer->family && memcmp(inner->lo, outer->lo, n) >= 0 &&
           memcmp(inner->hi, outer->hi, n) <= 0;
}

int isakmp_selector_from_id(isakmp_selector *out, const isakmp_id *id)
{
    size_t n, i;
    memset(out, 0, sizeof *out);
    if (isakmp_id_check(id) != ISAKMP_OK)
        return ISAKMP_E_MALFORMED;
    switch (id->type) {
    case ISAKMP_ID_IPV4_ADDR:
    case ISAKMP_ID_IPV4_SUBNET:
    case ISAKMP_ID_IPV4_RANGE:
        out->family = 4;
        break;
    case ISAKMP_ID_IPV6_ADDR:
    case ISAKMP_ID_IPV6_SUBNET:
    case ISAKMP_ID_IPV6_RANGE:
        out->family = 6;
        break;
    default:
        return ISAKMP_E_MALFORMED;
    }
    out->proto = id->proto;
    out->port = id->port;
    n = ip_size(out->family);
    memcpy(out->lo, id->data.p, n);
    memcpy(out->hi, id->data.p + (id->data.n == n ? 0 : n), n);
    if (id->type == ISAKMP_ID_IPV4_SUBNET || id->type == ISAKMP_ID_IPV6_SUBNET) {
        const uint8_t *mask = id->data.p + n;
        for (i = 0; i < n; i++) {
            out->lo[i] = id->data.p[i] & mask[i];
            out->hi[i] = (uint8_t)(out->lo[i] | (uint8_t)~mask[i]);
        }
    }
    return ISAKMP_OK;
}

/* The prefix length of a range that is a subnet, or -1. */
static int prefix_of(const isakmp_selector *s)
{
    size_t n = ip_size(s->family);
    int bits = 0, total = (int)(8 * n);
    while (bits < total && !((s->lo[bits / 8] ^ s->hi[bits / 8]) >> (7 - bits % 8) & 1))
        bits++;
    for (int i = bits; i < total; i++)
        if (s->lo[i / 8] >> (7 - i % 8) & 1 || !(s->hi[i / 8] >> (7 - i % 8) & 1))
            return -1;
    return bits;
}

static void put_mask(uint8_t *to, size_t n, int bits)
{
    for (size_t i = 0; i < n; i++, bits -= 8)
        to[i] = (uint8_t)(bits >= 8 ? 0xff : bits <= 0 ? 0 : 0xff << (8 - bits));
}

int isakmp_selector_to_id(isakmp_id *out, uint8_t buf[32], const isakmp_selector *s)
{
    size_t n = ip_size(s->family);
    int bits = prefix_of(s), v6 = s->family == 6;
    if (s->family == 0)
        return ISAKMP_E_MALFORMED;
    out->proto = s->proto;
    out->port = s->port;
    memcpy(buf, s->lo, n);
    out->data = isakmp__span(buf, bits == (int)(8 * n) ? n : 2 * n);
    if (bits == (int)(8 * n)) {
        out->type = v6 ? ISAKMP_ID_IPV6_ADDR : ISAKMP_ID_IPV4_ADDR;
    } else if (bits >= 0) {
        out->type = v6 ? ISAKMP_ID_IPV6_SUBNET : ISAKMP_ID_IPV4_SUBNET;
        put_mask(buf + n, n, bits);
    } else {
        out->type = v6 ? ISAKMP_ID_IPV6_RANGE : ISAKMP_ID_IPV4_RANGE;
        memcpy(buf + n, s->hi, n);
    }
    return ISAKMP_OK;
}

size_t isakmp_selector_text(char *out, size_t cap, const isakmp_selector *s)
{
    isakmp__text t = isakmp__text_begin(out, cap);
    uint8_t buf[32];
    isakmp_id id;
    if (isakmp_selector_to_id(&id, buf, s) != ISAKMP_OK) {
        isakmp__text_add(&t, "any");
    } else {
        id.proto = 0;
        id.port = 0;
        isakmp__describe_id(&t, &id);
    }
    if (s->proto == 1)
        isakmp__text_add(&t, " icmp");
    else if (s->proto == 6)
        isakmp__text_add(&t, " tcp");
    else if (s->proto == 17)
        isakmp__text_add(&t, " udp");
    else if (s->proto)
        isakmp__text_add(&t, " protocol %u", s->proto);
    if (s->port)
        isakmp__text_add(&t, "/%u", s->port);
    return t.len;
}
