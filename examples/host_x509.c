/* host_x509.c -- keys, certificates and revocation lists [RFC5280 4.1, 5.1].
 *
 * mbedTLS writes certificates, but no revocation lists, and 2.28 no subjectAltNames; DER is so simple
 * that both are written here in the same way. */
#include <stdio.h>
#include <string.h>
#include <mbedtls/asn1.h>
#include <mbedtls/ecp.h>
#include <mbedtls/md.h>
#include <mbedtls/oid.h>
#include <mbedtls/rsa.h>
#include <mbedtls/version.h>
#include <mbedtls/x509.h>
#include <sodium.h>
#include "host_der.h"
#include "host_x509.h"

#define SEQUENCE      (MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE)
#define EXPLICIT(n)   (MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_ASN1_CONSTRUCTED | (n))
#define SERIAL_OCTETS 16

#if MBEDTLS_VERSION_NUMBER >= 0x03000000
#define PK_SIGN(key, md, hash, sig, cap, n)                                                        \
    mbedtls_pk_sign(key, md, hash, 0, sig, cap, n, host_x509_random, NULL)
#else
#define PK_SIGN(key, md, hash, sig, cap, n)                                                        \
    mbedtls_pk_sign(key, md, hash, 0, sig, n, host_x509_random, NULL)
#endif

int host_x509_random(void *unused, unsigned char *out, size_t n)
{
    (void)unused;
    randombytes_buf(out, n);
    return 0;
}

/* ---- Keys ----------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    unsigned rsa_bits;
    mbedtls_ecp_group_id curve;
} types[] = {
    {"rsa2048", 2048, MBEDTLS_ECP_DP_NONE}, {"rsa3072", 3072, MBEDTLS_ECP_DP_NONE},
    {"rsa4096", 4096, MBEDTLS_ECP_DP_NONE}, {"p256", 0, MBEDTLS_ECP_DP_SECP256R1},
    {"p384", 0, MBEDTLS_ECP_DP_SECP384R1},  {"p521", 0, MBEDTLS_ECP_DP_SECP521R1},
};
#define N_TYPES (sizeof types / sizeof types[0])

static size_t find_type(const char *type)
{
    size_t i = 0;
    while (i < N_TYPES && strcmp(types[i].name, type) != 0)
        i++;
    return i;
}

int host_x509_type_known(const char *type)
{
    return find_type(type) < N_TYPES;
}

int host_x509_key(mbedtls_pk_context *out, const char *type)
{
    size_t i = find_type(type);
    int is_rsa;
    mbedtls_pk_init(out);
    if (i == N_TYPES)
        return 0;
    is_rsa = types[i].rsa_bits != 0;
    if (mbedtls_pk_setup(out,
                         mbedtls_pk_info_from_type(is_rsa ? MBEDTLS_PK_RSA : MBEDTLS_PK_ECKEY)))
        return 0;
    if (is_rsa)
        return mbedtls_rsa_gen_key(mbedtls_pk_rsa(*out), host_x509_random, NULL, types[i].rsa_bits,
                                   65537) == 0;
    return mbedtls_ecp_gen_key(types[i].curve, mbedtls_pk_ec(*out), host_x509_random, NULL) == 0;
}

/* ---- Pieces --------------------------------------------------------------------------------- */

/* The hash that is as strong as the key. */
static mbedtls_md_type_t md_of(const mbedtls_pk_context *key)
{
    if (mbedtls_pk_can_do(key, MBEDTLS_PK_RSA) || mbedtls_pk_get_bitlen(key) <= 256)
        return MBEDTLS_MD_SHA256;
    return mbedtls_pk_get_bitlen(key) <= 384 ? MBEDTLS_MD_SHA384 : MBEDTLS_MD_SHA512;
}

/* Parameters are NULL for RSA, and absent for ECDSA [RFC5758 3.2]. */
static void put_algorithm(host_der *d, const mbedtls_pk_context *key)
{
    const uint8_t *end = d->at;
    int is_rsa = mbedtls_pk_can_do(key, MBEDTLS_PK_RSA);
    const char *oid;
    size_t n;
    if (mbedtls_oid_get_oid_by_sig_alg(is_rsa ? MBEDTLS_PK_RSA : MBEDTLS_PK_ECDSA, md_of(key), &oid,
                                       &n) != 0) {
        d->full = 1;
        return;
    }
    if (is_rsa)
        host_der_wrap(d, d->at, MBEDTLS_ASN1_NULL);
    host_der_oid(d, oid, n);
    host_der_wrap(d, end, SEQUENCE);
}

/* UTCTime up to 2049, then GeneralizedTime [RFC5280 4.1.2.5]. */
static void put_time(host_der *d, time_t t)
{
    const uint8_t *end = d->at;
    const struct tm *tm = gmtime(&t);
    char text[32];
    int is_late;
    if (tm == NULL) {
        d->full = 1;
        return;
    }
    is_late = tm->tm_year >= 150;
    host_der_raw(d, text,
                 strftime(text, sizeof text, is_late ? "%Y%m%d%H%M%SZ" : "%y%m%d%H%M%SZ", tm));
    host_der_wrap(d, end, is_late ? MBEDTLS_ASN1_GENERALIZED_TIME : MBEDTLS_ASN1_UTC_TIME);
}

static void put_integer(host_der *d, const uint8_t *p, size_t n)
{
    const uint8_t *end = d->at;
    host_der_raw(d, p, n);
    host_der_wrap(d, end, MBEDTLS_ASN1_INTEGER);
}

static void put_bits(host_der *d, const void *p, size_t n, uint8_t unused)
{
    const uint8_t *end = d->at;
    host_der_raw(d, p, n);
    host_der_raw(d, &unused, 1);
    host_der_wrap(d, end, MBEDTLS_ASN1_BIT_STRING);
}

/* What has been written since d->at was `end` becomes an extension. */
static void wrap_extension(host_der *d, const uint8_t *end, const char *oid, size_t n, int critical)
{
    static const uint8_t yes = 0xff;
    const uint8_t *end_of_flag;
    host_der_wrap(d, end, MBEDTLS_ASN1_OCTET_STRING);
    end_of_flag = d->at;
    if (critical) {
        host_der_raw(d, &yes, 1);
        host_der_wrap(d, end_of_flag, MBEDTLS_ASN1_BOOLEAN);
    }
    host_der_oid(d, oid, n);
    host_der_wrap(d, end, SEQUENCE);
}

/* tbs, signed: { tbs, algorithm, signature } */
static size_t sign(uint8_t *out, size_t cap, const uint8_t *tbs, size_t n, mbedtls_pk_context *key)
{
    uint8_t hash[MBEDTLS_MD_MAX_SIZE], sig[1024];
    mbedtls_md_type_t md = md_of(key);
    host_der d = host_der_begin(out, cap);
    size_t sig_n = 0;
    if (n == 0 || mbedtls_md(mbedtls_md_info_from_type(md), tbs, n, hash) != 0 ||
        PK_SIGN(key, md, hash, sig, sizeof sig, &sig_n) != 0)
        return 0;
    put_bits(&d, sig, sig_n, 0);
    put_algorithm(&d, key);
    host_der_raw(&d, tbs, n);
    host_der_wrap(&d, d.end, SEQUENCE);
    return host_der_finish(&d);
}

/* ---- Certificates --------------------------------------------------------------------------- */

static void put_alt_names(host_der *d, const isakmp_id *ids, size_t n)
{
    const uint8_t *end = d->at;
    if (n == 0)
        return;
    while (n--) {
        const uint8_t *end_of_name = d->at;
        int kind = ids[n].type == ISAKMP_ID_FQDN ? 2 : ids[n].type == ISAKMP_ID_USER_FQDN ? 1 : 7;
        host_der_raw(d, ids[n].data.p, ids[n].data.n);
        host_der_wrap(d, end_of_name, MBEDTLS_ASN1_CONTEXT_SPECIFIC | kind);
    }
    host_der_wrap(d, end, SEQUENCE);
    wrap_extension(d, end, MBEDTLS_OID_SUBJECT_ALT_NAME,
                   MBEDTLS_OID_SIZE(MBEDTLS_OID_SUBJECT_ALT_NAME), 0);
}

static void put_key_usage(host_der *d, const host_cert *c)
{
    const uint8_t *end = d->at;
    uint8_t bits = 0, unused = 0;
    if (c->is_ca)
        bits = MBEDTLS_X509_KU_KEY_CERT_SIGN | MBEDTLS_X509_KU_CRL_SIGN;
    else
        bits = (c->signs ? MBEDTLS_X509_KU_DIGITAL_SIGNATURE : 0) |
               (c->encrypts ? MBEDTLS_X509_KU_KEY_ENCIPHERMENT : 0);
    while (unused < 7 && !(bits >> unused & 1))
        unused++;
    put_bits(d, &bits, 1, unused);
    wrap_extension(d, end, MBEDTLS_OID_KEY_USAGE, MBEDTLS_OID_SIZE(MBEDTLS_OID_KEY_USAGE), 1);
}

static void put_extensions(host_der *d, const host_cert *c)
{
    static const uint8_t yes = 0xff;
    const uint8_t *end = d->at, *one;
    put_alt_names(d, c->ids, c->n_ids);
    put_key_usage(d, c);
    one = d->at;
    if (c->is_ca) {
        host_der_raw(d, &yes, 1);
        host_der_wrap(d, one, MBEDTLS_ASN1_BOOLEAN);
    }
    host_der_wrap(d, one, SEQUENCE);
    wrap_extension(d, one, MBEDTLS_OID_BASIC_CONSTRAINTS,
                   MBEDTLS_OID_SIZE(MBEDTLS_OID_BASIC_CONSTRAINTS), 1);
    host_der_wrap(d, end, SEQUENCE);
    host_der_wrap(d, end, EXPLICIT(3));
}

static void put_public_key(host_der *d, mbedtls_pk_context *key)
{
    uint8_t spki[2048];
    int n = mbedtls_pk_write_pubkey_der(key, spki, sizeof spki);
    if (n < 0)
        d->full = 1;
    else
        host_der_raw(d, spki + sizeof spki - n, (size_t)n);
}

static void put_validity(host_der *d, const host_issuer *by)
{
    const uint8_t *end = d->at;
    put_time(d, by->to);
    put_time(d, by->from);
    host_der_wrap(d, end, SEQUENCE);
}

size_t host_x509_cert(uint8_t *out, size_t cap, const host_cert *c)
{
    static const uint8_t version_3 = 2;
    uint8_t tbs[HOST_MAX_DER], serial[SERIAL_OCTETS];
    host_der d = host_der_begin(tbs, sizeof tbs);
    const uint8_t *end;
    randombytes_buf(serial, sizeof serial);
    serial[0] = (serial[0] & 0x3f) | 0x40; /* positive, and as short as it is */
    put_extensions(&d, c);
    put_public_key(&d, c->key);
    host_der_raw(&d, c->subject.p, c->subject.n);
    put_validity(&d, &c->by);
    host_der_raw(&d, c->by.name.p, c->by.name.n);
    put_algorithm(&d, c->by.key);
    put_integer(&d, serial, sizeof serial);
    end = d.at;
    put_integer(&d, &version_3, 1);
    host_der_wrap(&d, end, EXPLICIT(0));
    host_der_wrap(&d, d.end, SEQUENCE);
    return sign(out, cap, tbs, host_der_finish(&d), c->by.key);
}

/* ---- Revocation lists ----------------------------------------------------------------------- */

/* The list's own number must grow: the time does. */
static void put_crl_number(host_der *d, time_t now)
{
    static const char oid[] = "\x55\x1d\x14";
    const uint8_t *end = d->at;
    uint8_t number[9] = {0};
    for (size_t i = 0; i < 8; i++)
        number[1 + i] = (uint8_t)((uint64_t)now >> (56 - 8 * i));
    size_t zeros = 0;
    while (zeros < 8 && number[zeros] == 0 && number[zeros + 1] < 0x80)
        zeros++;
    put_integer(d, number + zeros, sizeof number - zeros);
    wrap_extension(d, end, oid, 3, 0);
    host_der_wrap(d, end, SEQUENCE);
    host_der_wrap(d, end, EXPLICIT(0));
}

static void put_revoked(host_der *d, const host_issuer *by, const isakmp_span *serials, size_t n)
{
    const uint8_t *end = d->at;
    if (n == 0)
        return;
    while (n--) {
        const uint8_t *end_of_one = d->at;
        put_time(d, by->from);
        put_integer(d, serials[n].p, serials[n].n);
        host_der_wrap(d, end_of_one, SEQUENCE);
    }
    host_der_wrap(d, end, SEQUENCE);
}

size_t host_x509_crl(uint8_t *out, size_t cap, const host_issuer *by, const isakmp_span *serials,
                     size_t n)
{
    static const uint8_t version_2 = 1;
    uint8_t tbs[HOST_MAX_DER];
    host_der d = host_der_begin(tbs, sizeof tbs);
    put_crl_number(&d, time(NULL));
    put_revoked(&d, by, serials, n);
    put_time(&d, by->to);
    put_time(&d, by->from);
    host_der_raw(&d, by->name.p, by->name.n);
    put_algorithm(&d, by->key);
    put_integer(&d, &version_2, 1);
    host_der_wrap(&d, d.end, SEQUENCE);
    return sign(out, cap, tbs, host_der_finish(&d), by->key);
}
