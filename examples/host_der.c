/* host_der.c -- writing DER. */
#include <string.h>
#include <mbedtls/asn1.h>
#include <mbedtls/asn1write.h>
#include "host_der.h"

host_der host_der_begin(uint8_t *buf, size_t cap)
{
    host_der d = {buf, buf + cap, buf + cap, 0};
    return d;
}

void host_der_raw(host_der *d, const void *p, size_t n)
{
    if (!d->full && mbedtls_asn1_write_raw_buffer(&d->at, d->start, p, n) < 0)
        d->full = 1;
}

void host_der_wrap(host_der *d, const uint8_t *end, int tag)
{
    size_t n = (size_t)(end - d->at);
    if (!d->full && (mbedtls_asn1_write_len(&d->at, d->start, n) < 0 ||
                     mbedtls_asn1_write_tag(&d->at, d->start, (unsigned char)tag) < 0))
        d->full = 1;
}

void host_der_oid(host_der *d, const char *oid, size_t n)
{
    const uint8_t *end = d->at;
    host_der_raw(d, oid, n);
    host_der_wrap(d, end, MBEDTLS_ASN1_OID);
}

size_t host_der_finish(host_der *d)
{
    size_t n = (size_t)(d->end - d->at);
    if (d->full)
        return 0;
    memmove(d->start, d->at, n);
    return n;
}
