/* base/text.h -- the one bounded string builder.  Every text that the library makes, for logs, dumps
 * and reports, goes through it. */
#ifndef ISAKMP_LIB_TEXT_H
#define ISAKMP_LIB_TEXT_H

#include <stdarg.h>
#include "span.h"

typedef struct isakmp__text {
    char *out;
    size_t cap, len; /* len: of the whole text, also of what did not fit */
} isakmp__text;

#if defined(__GNUC__) || defined(__clang__)
#define ISAKMP__PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define ISAKMP__PRINTF(f, a)
#endif

/* Begin in a buffer that always stays ended by a zero; out may be NULL if cap is 0. */
isakmp__text isakmp__text_begin(char *out, size_t cap);
/* Append by a format of which only these are known: %s, %u and %x (unsigned, with an optional
 * zero-padded width as in %04x), %%. */
void isakmp__text_add(isakmp__text *t, const char *format, ...) ISAKMP__PRINTF(2, 3);
void isakmp__text_addv(isakmp__text *t, const char *format, va_list ap);
/* Append octets of a peer as they may be shown: printable ASCII as it is, all else as \xNN. */
void isakmp__text_octets(isakmp__text *t, isakmp_span s);
/* Append octets in hex; those after the first `most` are only counted. */
void isakmp__text_hex(isakmp__text *t, isakmp_span s, size_t most);
/* Append an IP address of family 4 or 6. */
void isakmp__text_ip(isakmp__text *t, uint8_t family, const uint8_t *ip);
/* Append a name from a registry, or its number if it has none. */
void isakmp__text_name(isakmp__text *t, int registry, unsigned number);

#endif
