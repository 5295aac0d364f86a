/* tests/unit/bytes.h -- what the tests of the codec share: cmocka, random octets that are the same
 * in every run, octets from hex, and copies of exactly the right size, so that a sanitizer sees the
 * first octet that is read too far. */
#ifndef TESTS_UNIT_BYTES_H
#define TESTS_UNIT_BYTES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/span.h"
#include "isakmp/wire.h"

/* xorshift64*: never give it 0. */
static inline uint32_t bytes_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (uint32_t)(*state * UINT64_C(2685821657736338717) >> 32);
}

static inline void bytes_fill(uint64_t *state, uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)bytes_random(state);
}

/* A copy in a block of its own, to be freed by the caller. */
static inline uint8_t *bytes_copy(isakmp_span s)
{
    uint8_t *p = malloc(s.n ? s.n : 1);
    assert_non_null(p);
    if (s.n)
        memcpy(p, s.p, s.n);
    return p;
}

static inline unsigned bytes_nibble(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = strchr(digits, c);
    assert_non_null(at);
    return (unsigned)(at - digits);
}

/* Octets from lower case hex; spaces are skipped.  Gives their number. */
static inline size_t bytes_hex(uint8_t *out, size_t cap, const char *hex)
{
    size_t n = 0;
    for (; *hex; hex++) {
        if (*hex == ' ')
            continue;
        assert_true(n < cap);
        out[n] = (uint8_t)(bytes_nibble(hex[0]) << 4 | bytes_nibble(hex[1]));
        n++;
        hex++;
    }
    return n;
}

static inline isakmp_span bytes_text(const char *s)
{
    return isakmp__span(s, strlen(s));
}

#define assert_span_equal(a, b)                                                                    \
    do {                                                                                           \
        isakmp_span a_ = (a), b_ = (b);                                                            \
        assert_int_equal(a_.n, b_.n);                                                              \
        assert_true(isakmp__span_equal(a_, b_));                                                   \
    } while (0)

#endif
