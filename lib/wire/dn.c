/* wire/dn.c -- a distinguished name as text, such as "C=DE, O=Example, CN=gw".
 *
 * It comes from a peer: what is not whole is not taken for a name at all, and nothing in a value can
 * look like the next part of the name. */
#include "wire/describe.h"
#include "wire/dn.h"

enum {
    OID = 0x06,
    SEQUENCE = 0x30,
    SET = 0x31
};

static const struct {
    const char *name;
    uint8_t n, oid[10];
} attributes[] = {
    {"C", 3, {0x55, 0x04, 0x06}},
    {"ST", 3, {0x55, 0x04, 0x08}},
    {"L", 3, {0x55, 0x04, 0x07}},
    {"O", 3, {0x55, 0x04, 0x0a}},
    {"OU", 3, {0x55, 0x04, 0x0b}},
    {"CN", 3, {0x55, 0x04, 0x03}},
    {"serialNumber", 3, {0x55, 0x04, 0x05}},
    {"E", 9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01}},
    {"unstructuredName", 9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x02}},
    {"DC", 10, {0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x19}},
};

int isakmp__dn_take(isakmp_span *in, uint8_t tag, isakmp_span *out)
{
    size_t head = 2, n;
    if (in->n < 2 || in->p[0] != tag)
        return 0;
    n = in->p[1];
    if (n > 0x82 || n == 0x80)
        return 0;
    if (n > 0x80)
        head += n - 0x80;
    if (in->n < head)
        return 0;
    if (head == 3)
        n = in->p[2];
    if (head == 4)
        n = isakmp__get16(in->p + 2);
    if (in->n - head < n)
        return 0;
    *out = isakmp__span(in->p + head, n);
    *in = isakmp__span(in->p + head + n, in->n - head - n);
    return 1;
}

static int is_string(uint8_t tag)
{
    /* UTF8String, NumericString, PrintableString, TeletexString, IA5String */
    return tag == 0x0c || (tag >= 0x12 && tag <= 0x14) || tag == 0x16;
}

static void put_type(isakmp__text *t, isakmp_span oid)
{
    for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++)
        if (isakmp__span_equal(oid, isakmp__span(attributes[i].oid, attributes[i].n))) {
            isakmp__text_add(t, "%s=", attributes[i].name);
            return;
        }
    isakmp__text_add(t, "oid ");
    isakmp__text_hex(t, oid, 16);
    isakmp__text_add(t, "=");
}

/* What separates the parts of a name is escaped. */
static void put_string(isakmp__text *t, isakmp_span s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == ',' || s.p[i] == '+')
            isakmp__text_add(t, "\\");
        isakmp__text_octets(t, isakmp__span(s.p + i, 1));
    }
}

/* AttributeTypeAndValue [RFC5280 4.1.2.4] */
static int put_attribute(isakmp__text *t, isakmp_span s)
{
    isakmp_span oid, value;
    uint8_t tag;
    if (!isakmp__dn_take(&s, OID, &oid) || s.n == 0)
        return 0;
    tag = s.p[0];
    if (!isakmp__dn_take(&s, tag, &value) || s.n)
        return 0;
    put_type(t, oid);
    if (is_string(tag)) {
        put_string(t, value);
    } else {
        isakmp__text_add(t, "#");
        isakmp__text_hex(t, value, 64);
    }
    return 1;
}

static int put_rdn(isakmp__text *t, isakmp_span set)
{
    isakmp_span attribute;
    for (const char *before = "";; before = " + ") {
        isakmp__text_add(t, "%s", before);
        if (!isakmp__dn_take(&set, SEQUENCE, &attribute) || !put_attribute(t, attribute))
            return 0;
        if (set.n == 0)
            return 1;
    }
}

static int put_name(isakmp__text *t, isakmp_span s)
{
    isakmp_span rdns, set;
    if (!isakmp__dn_take(&s, SEQUENCE, &rdns) || s.n)
        return 0;
    for (const char *before = "";; before = ", ") {
        isakmp__text_add(t, "%s", before);
        if (!isakmp__dn_take(&rdns, SET, &set) || !put_rdn(t, set))
            return 0;
        if (rdns.n == 0)
            return 1;
    }
}

void isakmp__describe_dn(isakmp__text *t, isakmp_span der)
{
    isakmp__text nowhere = isakmp__text_begin(NULL, 0);
    if (!put_name(&nowhere, der) || !put_name(t, der))
        isakmp__text_hex(t, der, 64);
}
