/* ios/page.h -- the bounded builder of what this layer shows.  It works as base/text.h does, and can pad
 * columns; the archive stands for itself, so it shares no functions with libisakmp but the public ones. */
#ifndef ISAKMP_LIB_PAGE_H
#define ISAKMP_LIB_PAGE_H

#include "base/span.h"

typedef struct isakmp__page {
    char *out;
    size_t cap, len; /* len: of the whole text, also of what did not fit */
} isakmp__page;

#if defined(__GNUC__) || defined(__clang__)
#define ISAKMP__PAGE_FORMAT(f, a) __attribute__((format(printf, f, a)))
#else
#define ISAKMP__PAGE_FORMAT(f, a)
#endif

/* A text of the program, which is never longer than that.  (A loop without the bound would be made a call
 * of strlen(), which there need not be.) */
static inline isakmp_span isakmp__ios_literal(const char *s)
{
    size_t n = 0;
    for (; s[n]; n++)
        if (n == UINT16_MAX)
            break;
    return isakmp__span(s, n);
}

/* Begin in a buffer that always stays ended by a zero; out may be NULL if cap is 0. */
isakmp__page isakmp__ios_page_begin(char *out, size_t cap);
/* Append by a format of which only these are known: %s, %u and %x, each with an optional width, from the
 * left with "-", and filled with zeros with "0"; and %%. */
void isakmp__ios_page_add(isakmp__page *p, const char *format, ...) ISAKMP__PAGE_FORMAT(2, 3);
/* Append octets as they are, but those that cannot be shown as dots. */
void isakmp__ios_page_span(isakmp__page *p, isakmp_span s);
/* Append an IPv4 address, or any address as isakmp_addr_text() has it. */
void isakmp__ios_page_ip4(isakmp__page *p, const uint8_t *ip);
void isakmp__ios_page_addr(isakmp__page *p, const isakmp_addr *a);
/* Append blanks up to a column of the line that begins at `start` of the page. */
void isakmp__ios_page_column(isakmp__page *p, size_t start, size_t column);
/* Append octets in hex as routers print keys: indented by so many blanks, 8 groups of 4 octets a line. */
void isakmp__ios_page_key(isakmp__page *p, unsigned indent, isakmp_span der);

#endif
