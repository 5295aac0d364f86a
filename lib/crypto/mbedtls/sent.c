/* crypto/mbedtls/sent.c -- the certificates that a peer sent, as they are or wrapped as PKCS #7. */
#include "base/span.h"
#include "pki.h"
#if ISAKMP__HAVE_PKI
#include <mbedtls/platform.h>

#define EXPLICIT0 (MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_ASN1_CONSTRUCTED)

static void add_one(isakmp__sent *b, uint8_t encoding, isakmp_span der)
{
    mbedtls_x509_crt *cert = &b->certs[b->n];
    if (b->n == ISAKMP_MAX_CERTS)
        return;
    mbedtls_x509_crt_init(cert);
    if (der.n == 0 || mbedtls_x509_crt_parse_der(cert, der.p, der.n) != 0) {
        mbedtls_x509_crt_free(cert);
        b->unreadable = 1;
        return;
    }
    b->encodings[b->n++] = encoding;
}

/* ContentInfo { signedData, [0] { version, digestAlgorithms, contentInfo, [0] certificates, ... } }
 * [RFC2315 9.1].  What else is in it is for nobody here. */
static void add_pkcs7(isakmp__sent *b, isakmp_span in)
{
    static const uint8_t signed_data[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02};
    isakmp_span info, oid, s, skipped, certs;
    if (!isakmp__der_take(&in, ISAKMP__SEQUENCE, &info) ||
        !isakmp__der_take(&info, MBEDTLS_ASN1_OID, &oid) ||
        !isakmp__span_equal(oid, isakmp__span(signed_data, sizeof signed_data)) ||
        !isakmp__der_take(&info, EXPLICIT0, &s) || !isakmp__der_take(&s, ISAKMP__SEQUENCE, &info) ||
        !isakmp__der_take(&info, MBEDTLS_ASN1_INTEGER, &skipped) ||
        !isakmp__der_take(&info, MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SET, &skipped) ||
        !isakmp__der_take(&info, ISAKMP__SEQUENCE, &skipped) ||
        !isakmp__der_take(&info, EXPLICIT0, &certs)) {
        b->unreadable = 1;
        return;
    }
    while (certs.n && b->n < ISAKMP_MAX_CERTS) {
        const uint8_t *start = certs.p;
        if (!isakmp__der_take(&certs, certs.p[0], &s)) {
            b->unreadable = 1;
            return;
        }
        if (start[0] == ISAKMP__SEQUENCE) /* not one of the old alternatives */
            add_one(b, ISAKMP_CERT_PKCS7, isakmp__span(start, (size_t)(s.p + s.n - start)));
    }
}

isakmp__sent *isakmp__sent_read(const isakmp_cert *certs, size_t n)
{
    isakmp__sent *b = mbedtls_calloc(1, sizeof *b);
    if (b == NULL)
        return NULL;
    for (size_t i = 0; i < n && i < ISAKMP_MAX_CERTS; i++)
        if (certs[i].encoding == ISAKMP_CERT_X509_SIG || certs[i].encoding == ISAKMP_CERT_X509_KE)
            add_one(b, certs[i].encoding, certs[i].data);
        else if (certs[i].encoding == ISAKMP_CERT_PKCS7)
            add_pkcs7(b, certs[i].data);
    return b;
}

void isakmp__sent_free(isakmp__sent *b)
{
    for (size_t i = 0; i < b->n; i++) {
        b->certs[i].next = NULL; /* mbedTLS would free them all */
        mbedtls_x509_crt_free(&b->certs[i]);
    }
    mbedtls_free(b);
}

#endif
