/* crypto/mbedtls/keystring.c -- public keys as routers print them and as people type them in again:
 * the DER in hex, with spaces and newlines anywhere, and perhaps the word quit at the end.
 *
 * Somebody has to find the one digit in some hundreds that is wrong, so what is said names its place. */
#include "base/span.h"
#include "pki.h"
#if ISAKMP__HAVE_PKI
#include <mbedtls/platform.h>

/* DER of a key has among its first octets one that no text has: of its length, or of an object identifier. */
int isakmp__is_key_string(isakmp_span in)
{
    size_t i = 0;
    if (in.n == 0 || isakmp__is_pem(in))
        return 0;
    while (i < in.n && i < 5 && (isakmp__is_space(in.p[i]) || (in.p[i] >= ' ' && in.p[i] < 0x7f)))
        i++;
    return in.p[0] != ISAKMP__SEQUENCE || i == in.n || i == 5;
}

/* ---- What is wrong ------------------------------------------------------------------------- */

typedef struct sentence {
    char text[160];
    size_t n;
} sentence;

static void say(sentence *s, const char *text)
{
    while (*text && s->n + 1 < sizeof s->text)
        s->text[s->n++] = *text++;
    s->text[s->n] = 0;
}

static void say_number(sentence *s, size_t v)
{
    char digits[24], *at = digits + sizeof digits - 1;
    *at = 0;
    do
        *--at = (char)('0' + v % 10);
    while (v /= 10);
    say(s, at);
}

static int say_stray(isakmp_span in, size_t at, char *why, size_t cap)
{
    sentence s = {{0}, 0};
    size_t line = 1, column = 1;
    for (size_t i = 0; i < at; i++) {
        column = in.p[i] == '\n' ? 1 : column + 1;
        line += in.p[i] == '\n';
    }
    say(&s, "this is neither PEM nor DER, and no key-string: line ");
    say_number(&s, line);
    say(&s, ", column ");
    say_number(&s, column);
    say(&s, " has no hex digit");
    return isakmp__pki_refuse(ISAKMP_E_MALFORMED, s.text, why, cap);
}

/* What the outermost length says, with its own octets; 0: there is none. */
static size_t length_of(isakmp_span der)
{
    size_t n = 0, of_n = der.n > 1 && der.p[1] & 0x80 ? der.p[1] & 0x7fu : 0;
    if (der.n < 2 || of_n > 2 || der.n < 2 + of_n)
        return 0;
    if (of_n == 0)
        return 2u + der.p[1];
    for (size_t i = 0; i < of_n; i++)
        n = n << 8 | der.p[2 + i];
    return 2 + of_n + n;
}

/* It is hex, but not one element from the first octet to the last. */
static int say_extent(isakmp_span der, char *why, size_t cap)
{
    sentence s = {{0}, 0};
    size_t should = length_of(der);
    if (der.n == 0 || der.p[0] != ISAKMP__SEQUENCE) {
        say(&s, "the key-string does not begin with 30, as every public key does");
    } else {
        say(&s, should > der.n || should == 0
                    ? "the key-string is cut short: it has "
                    : "the key-string has something after its end: it has ");
        say_number(&s, 2 * der.n);
        say(&s, " hex digits");
        if (should) {
            say(&s, " in place of ");
            say_number(&s, 2 * should);
        }
    }
    return isakmp__pki_refuse(ISAKMP_E_MALFORMED, s.text, why, cap);
}

/* ---- Reading ------------------------------------------------------------------------------- */

static int digit(uint8_t c)
{
    c = isakmp__lower(c);
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* To octets, for which there is room. */
static int from_hex(isakmp_span in, uint8_t *out, size_t *n, char *why, size_t cap)
{
    size_t digits = 0;
    for (size_t i = 0; i < in.n; i++) {
        int v = digit(in.p[i]);
        if (isakmp__is_space(in.p[i]))
            continue;
        if (v < 0)
            return say_stray(in, i, why, cap);
        out[digits / 2] = (uint8_t)(out[digits / 2] << 4 | v);
        digits++;
    }
    *n = digits / 2;
    if (digits % 2 == 0)
        return ISAKMP_OK;
    return isakmp__pki_refuse(ISAKMP_E_MALFORMED,
                              "the number of hex digits in the key-string is odd", why, cap);
}

static int from_der(mbedtls_pk_context *out, isakmp_span der, char *why, size_t cap)
{
    isakmp_span rest = der, content;
    int rc;
    if (!isakmp__der_take(&rest, ISAKMP__SEQUENCE, &content) || rest.n)
        return say_extent(der, why, cap);
    rc = isakmp__load_result(mbedtls_pk_parse_public_key(out, der.p, der.n));
    if (rc != ISAKMP_OK)
        isakmp__pki_unreadable(rc, "the key-string is hex, but not of a public key", why, cap);
    return rc;
}

/* Where a key is typed into a router its last line is the word quit. */
static isakmp_span without_quit(isakmp_span in)
{
    static const char quit[] = "quit";
    size_t n = in.n, i = 0;
    while (n && isakmp__is_space(in.p[n - 1]))
        n--;
    while (n > 4 && i < 4 && isakmp__lower(in.p[n - 4 + i]) == quit[i])
        i++;
    if (i == 4 && isakmp__is_space(in.p[n - 5]))
        in.n = n - 4;
    return in;
}

int isakmp__load_key_string(mbedtls_pk_context *out, isakmp_span in, char *why, size_t cap)
{
    uint8_t *der = mbedtls_calloc(1, in.n / 2 + 1);
    size_t n = 0;
    int rc;
    if (der == NULL)
        return isakmp__pki_no_memory(why, cap);
    rc = from_hex(without_quit(in), der, &n, why, cap);
    if (rc == ISAKMP_OK)
        rc = from_der(out, isakmp__span(der, n), why, cap);
    mbedtls_free(der);
    return rc;
}

#endif
