/* crypto/mbedtls/keyform.c -- keys, written: as DER, as PEM, and public ones as key-strings.
 *
 * PEM is made here, for mbedTLS 2.28 leaves a copy of what it writes on the heap. */
#include <sodium.h>
#include "base/span.h"
#include "pki.h"
#if ISAKMP__HAVE_PKI
#include <mbedtls/platform.h>

/* More than the DER of any key that is taken: RSA of 8192 bits is nine numbers, of 4.5 moduli in all. */
#define MOST_DER 6144
/* Octets in a line of PEM, and of a key-string; in a group of the latter. */
#define PEM_LINE   48
#define LINE       32
#define GROUP      4
#define VARIANT    sodium_base64_VARIANT_ORIGINAL
#define BASE64_CAP sodium_base64_ENCODED_LEN(PEM_LINE, VARIANT)

/* Where text goes: beyond the end it is only counted. */
typedef struct sink {
    uint8_t *out;
    size_t cap, n;
} sink;

static void put(sink *s, char c)
{
    if (s->n < s->cap)
        s->out[s->n] = (uint8_t)c;
    s->n++;
}

static void put_text(sink *s, const char *text)
{
    while (*text)
        put(s, *text++);
}

/* The final zero octet is not counted. */
static int end_text(sink *s, size_t *n)
{
    size_t length = s->n;
    put(s, 0);
    if (s->n > s->cap) {
        sodium_memzero(s->out, s->cap);
        return ISAKMP_E_SPACE;
    }
    *n = length;
    return ISAKMP_OK;
}

static int write_der(isakmp_span der, uint8_t *out, size_t cap, size_t *n)
{
    if (der.n > cap)
        return ISAKMP_E_SPACE;
    memcpy(out, der.p, der.n);
    *n = der.n;
    return ISAKMP_OK;
}

static int write_pem(isakmp_span der, const char *kind, uint8_t *out, size_t cap, size_t *n)
{
    sink s = {out, cap, 0};
    char line[BASE64_CAP];
    put_text(&s, "-----BEGIN ");
    put_text(&s, kind);
    put_text(&s, "-----\n");
    for (size_t i = 0; i < der.n; i += PEM_LINE) {
        size_t some = der.n - i < PEM_LINE ? der.n - i : PEM_LINE;
        put_text(&s, sodium_bin2base64(line, sizeof line, der.p + i, some, VARIANT));
        put(&s, '\n');
    }
    put_text(&s, "-----END ");
    put_text(&s, kind);
    put_text(&s, "-----\n");
    sodium_memzero(line, sizeof line);
    return end_text(&s, n);
}

static int write_string(isakmp_span der, uint8_t *out, size_t cap, size_t *n)
{
    static const char digits[] = "0123456789ABCDEF";
    sink s = {out, cap, 0};
    for (size_t i = 0; i < der.n; i++) {
        put(&s, digits[der.p[i] >> 4]);
        put(&s, digits[der.p[i] & 15]);
        if (i + 1 == der.n || (i + 1) % LINE == 0)
            put(&s, '\n');
        else if ((i + 1) % GROUP == 0)
            put(&s, ' ');
    }
    return end_text(&s, n);
}

static const char *kind_of(const mbedtls_pk_context *key, int is_private)
{
    if (!is_private)
        return "PUBLIC KEY";
    return mbedtls_pk_get_type(key) == MBEDTLS_PK_RSA ? "RSA PRIVATE KEY" : "EC PRIVATE KEY";
}

int isakmp__write_key(mbedtls_pk_context *key, int is_private, isakmp_key_form form, uint8_t *out,
                      size_t cap, size_t *n)
{
    uint8_t *room = mbedtls_calloc(1, MOST_DER);
    isakmp_span der = {NULL, 0};
    int got, rc = ISAKMP_E_ARG;
    if (room == NULL)
        return ISAKMP_E_SPACE;
    got = is_private ? ISAKMP__WRITE_PRIVATE(key, room, MOST_DER)
                     : ISAKMP__WRITE_PUBLIC(key, room, MOST_DER);
    if (got > 0)
        der = isakmp__span(room + MOST_DER - got, (size_t)got); /* mbedTLS writes from the end */
    if (der.n && form == ISAKMP_KEY_DER)
        rc = write_der(der, out, cap, n);
    else if (der.n && form == ISAKMP_KEY_PEM)
        rc = write_pem(der, kind_of(key, is_private), out, cap, n);
    else if (der.n && form == ISAKMP_KEY_STRING && !is_private)
        rc = write_string(der, out, cap, n);
    sodium_memzero(room, MOST_DER);
    mbedtls_free(room);
    return rc;
}

#endif
