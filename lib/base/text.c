/* base/text.c -- the one bounded string builder.
 *
 * Works like snprintf(): what does not fit is counted, not written, and the buffer always ends with
 * a zero.  A small format language instead of <stdio.h>, because the core must not need a C library;
 * the compiler checks the arguments all the same. */
#include "text.h"
#include "isakmp/iana.h"

static void put(isakmp__text *t, char c)
{
    if (t->len + 1 < t->cap) {
        t->out[t->len] = c;
        t->out[t->len + 1] = '\0';
    }
    t->len++;
}

static void put_string(isakmp__text *t, const char *s)
{
    for (s = s ? s : "(null)"; *s; s++)
        put(t, *s);
}

static void put_number(isakmp__text *t, unsigned v, unsigned base, unsigned width)
{
    char digits[10];
    unsigned n = 0;
    do {
        digits[n++] = "0123456789abcdef"[v % base];
        v /= base;
    } while (v);
    while (width > n) {
        put(t, '0');
        width--;
    }
    while (n)
        put(t, digits[--n]);
}

isakmp__text isakmp__text_begin(char *out, size_t cap)
{
    isakmp__text t = {out, cap, 0};
    if (cap)
        out[0] = '\0';
    return t;
}

void isakmp__text_addv(isakmp__text *t, const char *format, va_list ap)
{
    for (const char *f = format; *f; f++) {
        unsigned width = 0;
        if (*f != '%') {
            put(t, *f);
            continue;
        }
        for (f++; *f >= '0' && *f <= '9'; f++)
            width = width * 10 + (unsigned)(*f - '0');
        if (*f == 's')
            put_string(t, va_arg(ap, const char *));
        else if (*f == 'u')
            put_number(t, va_arg(ap, unsigned), 10, width);
        else if (*f == 'x')
            put_number(t, va_arg(ap, unsigned), 16, width);
        else
            put(t, *f);
    }
}

void isakmp__text_add(isakmp__text *t, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    isakmp__text_addv(t, format, ap);
    va_end(ap);
}

void isakmp__text_octets(isakmp__text *t, isakmp_span s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] >= 0x20 && s.p[i] < 0x7f && s.p[i] != '\\')
            put(t, (char)s.p[i]);
        else
            isakmp__text_add(t, "\\x%02x", s.p[i]);
    }
}

void isakmp__text_hex(isakmp__text *t, isakmp_span s, size_t most)
{
    for (size_t i = 0; i < s.n && i < most; i++)
        isakmp__text_add(t, "%02x", s.p[i]);
    if (s.n > most)
        isakmp__text_add(t, "... (%u octets)", (unsigned)s.n);
}

/* RFC 5952: the longest run of two or more zero groups becomes "::". */
static void put_ipv6(isakmp__text *t, const uint8_t *ip)
{
    unsigned best = 8, best_n = 1;
    for (unsigned i = 0; i < 8; i++) {
        unsigned n = 0;
        while (i + n < 8 && isakmp__get16(ip + 2 * (i + n)) == 0)
            n++;
        if (n > best_n) {
            best = i;
            best_n = n;
        }
    }
    for (unsigned i = 0; i < 8; i++) {
        if (i == best) {
            put_string(t, "::");
            i += best_n - 1;
            continue;
        }
        if (i && i != best + best_n)
            put(t, ':');
        put_number(t, isakmp__get16(ip + 2 * i), 16, 0);
    }
}

void isakmp__text_ip(isakmp__text *t, uint8_t family, const uint8_t *ip)
{
    if (family == 4)
        isakmp__text_add(t, "%u.%u.%u.%u", ip[0], ip[1], ip[2], ip[3]);
    else if (family == 6)
        put_ipv6(t, ip);
    else
        put_string(t, "any");
}

void isakmp__text_name(isakmp__text *t, int registry, unsigned number)
{
    const char *name = isakmp_name(registry, number);
    if (name)
        put_string(t, name);
    else
        put_number(t, number, 10, 0);
}
