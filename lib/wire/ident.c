/* wire/ident.c -- identifications: is the data what the type says, and how is it shown?
 * [RFC2407 4.6.2.1]  Names are octets without a final zero. */
#include "wire/describe.h"

typedef struct form {
    uint8_t type, family, addresses; /* addresses of the family: 1 or 2 */
} form;

static const form forms[] = {
    {ISAKMP_ID_IPV4_ADDR, 4, 1},   {ISAKMP_ID_IPV6_ADDR, 6, 1},  {ISAKMP_ID_IPV4_SUBNET, 4, 2},
    {ISAKMP_ID_IPV6_SUBNET, 6, 2}, {ISAKMP_ID_IPV4_RANGE, 4, 2}, {ISAKMP_ID_IPV6_RANGE, 6, 2},
};

static const form *form_of(uint8_t type)
{
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (forms[i].type == type)
            return &forms[i];
    return NULL;
}

static size_t ip_size(uint8_t family)
{
    return family == 4 ? 4 : 16;
}

/* The number of leading one bits, or -1 if a one follows a zero. */
static int prefix_of(const uint8_t *mask, size_t n)
{
    size_t bits = 0;
    while (bits < 8 * n && mask[bits / 8] >> (7 - bits % 8) & 1)
        bits++;
    for (size_t i = bits; i < 8 * n; i++)
        if (mask[i / 8] >> (7 - i % 8) & 1)
            return -1;
    return (int)bits;
}

static int is_subnet(uint8_t type)
{
    return type == ISAKMP_ID_IPV4_SUBNET || type == ISAKMP_ID_IPV6_SUBNET;
}

static int check_addresses(const isakmp_id *id, const form *f)
{
    size_t n = ip_size(f->family);
    if (id->data.n != n * f->addresses)
        return ISAKMP_E_MALFORMED;
    if (f->addresses == 1)
        return ISAKMP_OK;
    if (is_subnet(id->type))
        return prefix_of(id->data.p + n, n) < 0 ? ISAKMP_E_MALFORMED : ISAKMP_OK;
    return memcmp(id->data.p, id->data.p + n, n) > 0 ? ISAKMP_E_MALFORMED : ISAKMP_OK;
}

int isakmp_id_check(const isakmp_id *id)
{
    const form *f = form_of(id->type);
    if (f)
        return check_addresses(id, f);
    switch (id->type) {
    case ISAKMP_ID_FQDN:
    case ISAKMP_ID_USER_FQDN:
        for (size_t i = 0; i < id->data.n; i++)
            if (id->data.p[i] < 0x20 || id->data.p[i] == 0x7f)
                return ISAKMP_E_MALFORMED;
        return id->data.n ? ISAKMP_OK : ISAKMP_E_MALFORMED;
    case ISAKMP_ID_DER_ASN1_DN:
    case ISAKMP_ID_DER_ASN1_GN:
    case ISAKMP_ID_KEY_ID:
        return id->data.n ? ISAKMP_OK : ISAKMP_E_MALFORMED;
    default:
        return ISAKMP_NONE;
    }
}

static void describe_addresses(isakmp__text *t, const isakmp_id *id, const form *f)
{
    size_t n = ip_size(f->family);
    isakmp__text_ip(t, f->family, id->data.p);
    if (is_subnet(id->type)) {
        isakmp__text_add(t, "/%u", (unsigned)prefix_of(id->data.p + n, n));
    } else if (f->addresses == 2) {
        isakmp__text_add(t, "-");
        isakmp__text_ip(t, f->family, id->data.p + n);
    }
}

void isakmp__describe_id(isakmp__text *t, const isakmp_id *id)
{
    const form *f = form_of(id->type);
    if (id->type == ISAKMP_ID_NONE && id->data.n == 0) {
        isakmp__text_add(t, "any");
    } else if (f && check_addresses(id, f) == ISAKMP_OK) {
        describe_addresses(t, id, f);
    } else {
        isakmp__text_add(t, isakmp_name(ISAKMP_REG_ID, id->type) ? "" : "type ");
        isakmp__text_name(t, ISAKMP_REG_ID, id->type);
        isakmp__text_add(t, " ");
        if (id->type == ISAKMP_ID_FQDN || id->type == ISAKMP_ID_USER_FQDN ||
            id->type == ISAKMP_ID_KEY_ID)
            isakmp__text_octets(t, id->data);
        else if (id->type == ISAKMP_ID_DER_ASN1_DN)
            isakmp__describe_dn(t, id->data);
        else
            isakmp__text_hex(t, id->data, 64);
    }
    if (id->proto || id->port)
        isakmp__text_add(t, " protocol %u port %u", id->proto, id->port);
}

size_t isakmp_id_text(char *out, size_t cap, const isakmp_id *id)
{
    isakmp__text t = isakmp__text_begin(out, cap);
    isakmp__describe_id(&t, id);
    return t.len;
}

size_t isakmp_addr_text(char *out, size_t cap, const isakmp_addr *a)
{
    isakmp__text t = isakmp__text_begin(out, cap);
    isakmp__describe_addr(&t, a);
    return t.len;
}

void isakmp__describe_addr(isakmp__text *t, const isakmp_addr *a)
{
    int brackets = a->family == 6 && a->port;
    isakmp__text_add(t, brackets ? "[" : "");
    isakmp__text_ip(t, a->family, a->ip);
    isakmp__text_add(t, brackets ? "]" : "");
    if (a->port)
        isakmp__text_add(t, ":%u", a->port);
}
