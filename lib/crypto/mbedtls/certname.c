/* crypto/mbedtls/certname.c -- is a certificate for an identity, and for a use?
 *
 * Everything is compared over its whole length: prefixes and zero octets within names have been
 * ways around authentication before.  Nothing is a pattern. */
#include "base/span.h"
#include "pki.h"
#if ISAKMP__HAVE_PKI
#include <mbedtls/asn1.h>
#include <mbedtls/oid.h>

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

/* ---- Alternative names --------------------------------------------------------------------- */

/* user@host: the host without regard to case, the user as it is [RFC5280 7.5]. */
static int same_mailbox(isakmp_span a, isakmp_span b)
{
    size_t at = a.n;
    while (at > 0 && a.p[at - 1] != '@')
        at--;
    return at != 0 && a.n == b.n && memcmp(a.p, b.p, at) == 0 &&
           isakmp__same_name(isakmp__span(a.p + at, a.n - at), isakmp__span(b.p + at, b.n - at));
}

/* One GeneralName [RFC5280 4.2.1.6], whose tag is the number of its kind. */
static int name_is(const mbedtls_x509_buf *name, const isakmp_id *id)
{
    isakmp_span s = isakmp__raw(name);
    switch (id->type) {
    case ISAKMP_ID_FQDN:
        return name->tag == (MBEDTLS_ASN1_CONTEXT_SPECIFIC | 2) && !has_zero(s) &&
               isakmp__same_name(s, id->data);
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
