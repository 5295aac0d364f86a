/* crypto/mbedtls/certname.c -- is a certificate for an identity, and for a use?
 *
 * Everything is compared over its whole length: prefixes and zero octets within names have been
 * ways around authentication before.  Nothing is a pattern. */
#include "base/span.h"
#include "pki.h"
#if ISAKMP__HAVE_PKI
#include <mbedtls/asn1.h>
#include <mbedtls/oid.h>

#define SEQUENCE (MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE)
#define SET      (MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SET)
/* Parts of one RDN; in the field there is one, or two. */
#define MOST_PARTS 8

int isakmp__der_take(isakmp_span *in, int tag, isakmp_span *out)
{
    unsigned char *p = (unsigned char *)in->p; /* which it only moves */
    const unsigned char *end;
    size_t n;
    if (in->n == 0)
        return 0;
    end = in->p + in->n;
    if (mbedtls_asn1_get_tag(&p, end, &n, tag) != 0)
        return 0;
    *out = isakmp__span(p, n);
    *in = isakmp__span(p + n, (size_t)(end - p) - n);
    return 1;
}

/* ---- Strings ------------------------------------------------------------------------------- */

static int has_zero(isakmp_span s)
{
    return s.n != 0 && memchr(s.p, 0, s.n) != NULL;
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static int same_caseless(isakmp_span a, isakmp_span b)
{
    size_t i = 0;
    while (i < a.n && i < b.n && lower(a.p[i]) == lower(b.p[i]))
        i++;
    return i == a.n && i == b.n;
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
    c = lower(s->p[0]);
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

/* ---- Distinguished names ------------------------------------------------------------------- */

typedef struct part {
    isakmp_span type, value;
    int tag;
} part;

static int next_part(isakmp_span *set, part *out)
{
    isakmp_span s;
    if (!isakmp__der_take(set, SEQUENCE, &s) ||
        !isakmp__der_take(&s, MBEDTLS_ASN1_OID, &out->type) || s.n == 0)
        return 0;
    out->tag = s.p[0];
    return isakmp__der_take(&s, out->tag, &out->value) && s.n == 0;
}

static int is_directory_string(int tag)
{
    return tag == MBEDTLS_ASN1_PRINTABLE_STRING || tag == MBEDTLS_ASN1_UTF8_STRING;
}

/* Letters beyond ASCII are compared as they are. */
static int same_part(const part *a, const part *b)
{
    int both = is_directory_string(a->tag) && is_directory_string(b->tag);
    if (!isakmp__span_equal(a->type, b->type) || (a->tag != b->tag && !both))
        return 0;
    if (!both && a->tag != MBEDTLS_ASN1_IA5_STRING)
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

int isakmp__dn_equal(isakmp_span a, isakmp_span b)
{
    isakmp_span x, y, rdn_x, rdn_y;
    if (!isakmp__der_take(&a, SEQUENCE, &x) || !isakmp__der_take(&b, SEQUENCE, &y) || a.n || b.n ||
        x.n == 0)
        return 0;
    while (x.n && y.n)
        if (!isakmp__der_take(&x, SET, &rdn_x) || !isakmp__der_take(&y, SET, &rdn_y) ||
            !same_rdn(rdn_x, rdn_y))
            return 0;
    return x.n == 0 && y.n == 0;
}

/* ---- Alternative names --------------------------------------------------------------------- */

/* user@host: the host without regard to case, the user as it is [RFC5280 7.5]. */
static int same_mailbox(isakmp_span a, isakmp_span b)
{
    size_t at = a.n;
    while (at > 0 && a.p[at - 1] != '@')
        at--;
    return at != 0 && a.n == b.n && memcmp(a.p, b.p, at) == 0 &&
           same_caseless(isakmp__span(a.p + at, a.n - at), isakmp__span(b.p + at, b.n - at));
}

/* One GeneralName [RFC5280 4.2.1.6], whose tag is the number of its kind. */
static int name_is(const mbedtls_x509_buf *name, const isakmp_id *id)
{
    isakmp_span s = isakmp__raw(name);
    switch (id->type) {
    case ISAKMP_ID_FQDN:
        return name->tag == (MBEDTLS_ASN1_CONTEXT_SPECIFIC | 2) && !has_zero(s) &&
               same_caseless(s, id->data);
    case ISAKMP_ID_USER_FQDN:
        return name->tag == (MBEDTLS_ASN1_CONTEXT_SPECIFIC | 1) && !has_zero(s) &&
               same_mailbox(s, id->data);
    case ISAKMP_ID_IPV4_ADDR:
    case ISAKMP_ID_IPV6_ADDR:
        return name->tag == (MBEDTLS_ASN1_CONTEXT_SPECIFIC | 7) &&
               s.n == (id->type == ISAKMP_ID_IPV4_ADDR ? 4 : 16) && isakmp__span_equal(s, id->data);
    default:
        return 0;
    }
}

int isakmp__cert_is_for(const mbedtls_x509_crt *cert, const isakmp_id *id)
{
    if (id->data.n == 0)
        return 0;
    if (id->type == ISAKMP_ID_DER_ASN1_DN)
        return isakmp__dn_equal(id->data, isakmp__raw(&cert->subject_raw));
    for (const mbedtls_x509_sequence *s = &cert->subject_alt_names; s != NULL; s = s->next)
        if (s->buf.p != NULL && name_is(&s->buf, id))
            return 1;
    return 0;
}

int isakmp__cert_may(const mbedtls_x509_crt *cert, unsigned usage)
{
    return !(cert->MBEDTLS_PRIVATE(ext_types) & MBEDTLS_X509_EXT_KEY_USAGE) ||
           (cert->MBEDTLS_PRIVATE(key_usage) & usage);
}

#endif
