/* host_dn.c -- distinguished names as people write them. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <mbedtls/asn1.h>
#include <mbedtls/oid.h>
#include "host_der.h"
#include "host_dn.h"
#include "host_hex.h"

#define MOST_PARTS  16
#define MOST_OCTETS 255
#define CONSTRUCTED MBEDTLS_ASN1_CONSTRUCTED

/* The strings that CAs use too [RFC5280 4.1.2.4]: names are compared octet by octet in many places. */
typedef struct key {
    const char *name, *oid;
    size_t oid_n;
    int tag;
} key;

#define KEY(name, oid, tag)                                                                        \
    {                                                                                              \
        name, oid, MBEDTLS_OID_SIZE(oid), tag                                                      \
    }
static const key keys[] = {KEY("C", MBEDTLS_OID_AT_COUNTRY, MBEDTLS_ASN1_PRINTABLE_STRING),
                           KEY("ST", MBEDTLS_OID_AT_STATE, MBEDTLS_ASN1_UTF8_STRING),
                           KEY("L", MBEDTLS_OID_AT_LOCALITY, MBEDTLS_ASN1_UTF8_STRING),
                           KEY("O", MBEDTLS_OID_AT_ORGANIZATION, MBEDTLS_ASN1_UTF8_STRING),
                           KEY("OU", MBEDTLS_OID_AT_ORG_UNIT, MBEDTLS_ASN1_UTF8_STRING),
                           KEY("CN", MBEDTLS_OID_AT_CN, MBEDTLS_ASN1_UTF8_STRING),
                           KEY("E", MBEDTLS_OID_PKCS9_EMAIL, MBEDTLS_ASN1_IA5_STRING),
                           KEY("emailAddress", MBEDTLS_OID_PKCS9_EMAIL, MBEDTLS_ASN1_IA5_STRING)};

typedef struct part {
    const key *key;
    uint8_t value[MOST_OCTETS];
    size_t n;
} part;

static const key *find_key(const char *text, size_t n)
{
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (strlen(keys[i].name) == n && strncasecmp(keys[i].name, text, n) == 0)
            return &keys[i];
    return NULL;
}

/* ---- Reading -------------------------------------------------------------------------------- */

/* One character of a value, which may be escaped. */
static uint8_t read_octet(const char **at)
{
    uint8_t octet;
    char why[80];
    if (**at == '\\' && (*at)[1] == 'x' &&
        host_hex_read(&octet, 1, *at + 2, 2, why, sizeof why) == 1) {
        *at += 4;
        return octet;
    }
    if (**at == '\\' && (*at)[1])
        ++*at;
    return (uint8_t) * (*at)++;
}

/* Up to a comma; spaces around it are not part of it. */
static int read_value(part *p, const char **at)
{
    size_t kept = 0;
    p->n = 0;
    *at += strspn(*at, " ");
    while (**at && **at != ',') {
        int escaped = **at == '\\';
        if (p->n == sizeof p->value)
            return 0;
        p->value[p->n] = read_octet(at);
        if (p->value[p->n++] != ' ' || escaped)
            kept = p->n;
    }
    p->n = kept;
    return 1;
}

/* What the string of this kind may not have. */
static const char *fault_of(const part *p)
{
    size_t ascii = 0;
    while (ascii < p->n && p->value[ascii] >= ' ' && p->value[ascii] < 0x7f)
        ascii++;
    if (p->n == 0)
        return "has no value";
    if (p->key->tag == MBEDTLS_ASN1_PRINTABLE_STRING && (p->n != 2 || ascii != 2))
        return "is a country of two letters, such as DE";
    if (p->key->tag == MBEDTLS_ASN1_IA5_STRING && ascii != p->n)
        return "may have ASCII characters only";
    return NULL;
}

static int read_part(part *p, const char **at, const char *text, char *error, size_t cap)
{
    size_t n;
    const char *fault;
    *at += strspn(*at, " ");
    n = strcspn(*at, "=,");
    if ((*at)[n] != '=') {
        snprintf(error, cap,
                 "\"%s\" is no distinguished name; one is written as C=DE, O=Example, CN=gw", text);
        return 0;
    }
    p->key = find_key(*at, n);
    if (p->key == NULL) {
        snprintf(error, cap,
                 "\"%s\": \"%.*s\" is not known in a distinguished name; C, ST, L, O, OU, CN and E "
                 "are",
                 text, (int)n, *at);
        return 0;
    }
    *at += n + 1;
    fault = read_value(p, at) ? fault_of(p) : "is too long";
    if (fault)
        snprintf(error, cap, "\"%s\": %s %s", text, p->key->name, fault);
    return fault == NULL;
}

/* ---- Writing -------------------------------------------------------------------------------- */

static void write_part(host_der *d, const part *p)
{
    const uint8_t *end = d->at;
    host_der_raw(d, p->value, p->n);
    host_der_wrap(d, end, p->key->tag);
    host_der_oid(d, p->key->oid, p->key->oid_n);
    host_der_wrap(d, end, CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE);
    host_der_wrap(d, end, CONSTRUCTED | MBEDTLS_ASN1_SET);
}

static size_t write_name(uint8_t *out, size_t cap, const part *parts, size_t n)
{
    host_der d = host_der_begin(out, cap);
    while (n--)
        write_part(&d, &parts[n]);
    host_der_wrap(&d, d.end, CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE);
    return host_der_finish(&d);
}

size_t host_parse_dn(uint8_t *out, size_t cap, const char *text, char *error, size_t error_cap)
{
    part parts[MOST_PARTS];
    const char *at = text;
    size_t n = 0, length = 0;
    do {
        if (n < MOST_PARTS && !read_part(&parts[n], &at, text, error, error_cap))
            return 0;
    } while (++n <= MOST_PARTS && *at++ == ',');
    if (n <= MOST_PARTS)
        length = write_name(out, cap, parts, n);
    if (length == 0)
        snprintf(error, error_cap,
                 "\"%s\" is too long: as DER a distinguished name has at most %u "
                 "octets here, and %u parts",
                 text, (unsigned)cap, (unsigned)MOST_PARTS);
    return length;
}
