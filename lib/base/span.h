/* base/span.h -- spans and network byte order, inline.
 *
 * The only functions of the C library that the core may use are memcpy, memmove, memset and memcmp;
 * <string.h> is included here and nowhere else. */
#ifndef ISAKMP_LIB_SPAN_H
#define ISAKMP_LIB_SPAN_H

#include <string.h>
#include "isakmp/base.h"

static inline isakmp_span isakmp__span(const void *p, size_t n)
{
    isakmp_span s = {(const uint8_t *)p, n};
    return s;
}

static inline int isakmp__span_equal(isakmp_span a, isakmp_span b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Letters of ASCII have a case, and nothing else has. */
static inline uint8_t isakmp__lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

/* Are two names the same without regard to case, over their whole lengths? */
static inline int isakmp__same_name(isakmp_span a, isakmp_span b)
{
    size_t i = 0;
    while (i < a.n && i < b.n && isakmp__lower(a.p[i]) == isakmp__lower(b.p[i]))
        i++;
    return i == a.n && i == b.n;
}

static inline uint16_t isakmp__get16(const uint8_t *p)
{
    return (uint16_t)((uint16_t)(p[0] << 8) | p[1]);
}

static inline uint32_t isakmp__get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline void isakmp__put16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static inline void isakmp__put32(uint8_t *p, uint32_t v)
{
    isakmp__put16(p, v >> 16);
    isakmp__put16(p + 2, v);
}

/* Is every octet zero? */
static inline int isakmp__all_zero(const uint8_t *p, size_t n)
{
    while (n > 0 && p[n - 1] == 0)
        n--;
    return n == 0;
}

#endif
