/* ios/page.c -- the bounded builder of what this layer shows. */
#include <stdarg.h>
#include "isakmp/wire.h"
#include "page.h"

static void put(isakmp__page *p, char c)
{
    if (p->len + 1 < p->cap) {
        p->out[p->len] = c;
        p->out[p->len + 1] = '\0';
    }
    p->len++;
}

isakmp__page isakmp__ios_page_begin(char *out, size_t cap)
{
    isakmp__page p = {out, cap, 0};
    if (cap)
        out[0] = '\0';
    return p;
}

/* One directive of a format: its flags and width. */
typedef struct directive {
    unsigned width;
    char fill;
    uint8_t left;
} directive;

static void put_padded(isakmp__page *p, const directive *d, const char *s, size_t n)
{
    size_t gap = d->width > n ? d->width - n : 0;
    if (!d->left)
        for (size_t i = 0; i < gap; i++)
            put(p, d->fill);
    for (size_t i = 0; i < n; i++)
        put(p, s[i]);
    if (d->left)
        for (size_t i = 0; i < gap; i++)
            put(p, ' ');
}

static void put_number(isakmp__page *p, const directive *d, unsigned v, unsigned base)
{
    char digits[10];
    size_t n = sizeof digits;
    do {
        digits[--n] = "0123456789ABCDEF"[v % base];
        v /= base;
    } while (v);
    put_padded(p, d, digits + n, sizeof digits - n);
}

static void put_string(isakmp__page *p, const directive *d, const char *s)
{
    put_padded(p, d, s, isakmp__ios_literal(s).n);
}

static const char *read_directive(directive *d, const char *f)
{
    d->fill = ' ';
    d->width = 0;
    d->left = *f == '-';
    f += d->left;
    if (*f == '0') {
        d->fill = '0';
        f++;
    }
    for (; *f >= '0' && *f <= '9'; f++)
        d->width = d->width * 10 + (unsigned)(*f - '0');
    return f;
}

void isakmp__ios_page_add(isakmp__page *p, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    for (const char *f = format; *f; f++) {
        directive d;
        if (*f != '%') {
            put(p, *f);
            continue;
        }
        f = read_directive(&d, f + 1);
        if (*f == 's')
            put_string(p, &d, va_arg(ap, const char *));
        else if (*f == 'u')
            put_number(p, &d, va_arg(ap, unsigned), 10);
        else if (*f == 'x' || *f == 'X')
            put_number(p, &d, va_arg(ap, unsigned), 16);
        else
            put(p, *f);
    }
    va_end(ap);
}

void isakmp__ios_page_span(isakmp__page *p, isakmp_span s)
{
    for (size_t i = 0; i < s.n; i++)
        put(p, s.p[i] >= 0x20 && s.p[i] < 0x7f ? (char)s.p[i] : '.');
}

void isakmp__ios_page_ip4(isakmp__page *p, const uint8_t *ip)
{
    isakmp__ios_page_add(p, "%u.%u.%u.%u", ip[0], ip[1], ip[2], ip[3]);
}

void isakmp__ios_page_addr(isakmp__page *p, const isakmp_addr *a)
{
    char text[64];
    isakmp_addr bare = *a;
    bare.port = 0;
    isakmp_addr_text(text, sizeof text, &bare);
    isakmp__ios_page_add(p, "%s", text);
}

void isakmp__ios_page_column(isakmp__page *p, size_t start, size_t column)
{
    do
        put(p, ' ');
    while (p->len < start + column);
}

void isakmp__ios_page_key(isakmp__page *p, unsigned indent, isakmp_span der)
{
    for (size_t i = 0; i < der.n; i++) {
        if (i % 32 == 0)
            for (unsigned k = 0; k < indent; k++)
                put(p, ' ');
        else if (i % 4 == 0)
            put(p, ' ');
        isakmp__ios_page_add(p, "%02X", der.p[i]);
        if (i % 32 == 31 || i + 1 == der.n)
            put(p, '\n');
    }
}
