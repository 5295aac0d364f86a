/* timing/blocks.h -- RSA blocks of type 2, good ones and those with each kind of fault; and readers of
 * such blocks that give away which is which, because a check that finds nothing in them is blind. */
#ifndef TESTS_TIMING_BLOCKS_H
#define TESTS_TIMING_BLOCKS_H

#include <stdint.h>
#include "base/span.h"

enum {
    MOST_BLOCK = 256,
    LEAST = 8, /* octets of a message */
    OTHER_N = 20
};

/* The most octets that a message may have here: fewer than fit into the block, so that some are too
 * many. */
static inline size_t most_of(size_t block_n)
{
    return block_n - 28;
}

#define KINDS(X)                                                                                   \
    X(GOOD, "good")                                                                                \
    X(NOT_0, "another octet than 0 in front")                                                      \
    X(NOT_2, "another type than 2")                                                                \
    X(EARLY_END, "padding of less than 8 octets")                                                  \
    X(NO_END, "no end of the padding")                                                             \
    X(SHORT, "a message that is too short")                                                        \
    X(LONG, "a message that is too long")                                                          \
    X(RANDOM, "random octets")                                                                     \
    X(SMALL, "a number of few bits")

#define KIND_NAME(name, text) name,
enum {
    KINDS(KIND_NAME) N_KINDS
};
#undef KIND_NAME
#define KIND_TEXT(name, text) text,
static const char *const kind_text[] = {KINDS(KIND_TEXT)};
#undef KIND_TEXT

/* xorshift64*, eight octets at once: what it makes is made very often. */
static inline uint64_t next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

static inline void fill_random(uint64_t *state, uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i += 8) {
        uint64_t r = next_random(state);
        memcpy(out + i, &r, n - i < 8 ? n - i : 8);
    }
}

/* A block of a kind, and what it differs in is the only difference; gives the octets of its message. */
static inline size_t make_block(uint64_t *state, int kind, uint8_t *block, size_t n)
{
    size_t most = most_of(n), message_n = LEAST + next_random(state) % (most - LEAST + 1);
    uint8_t odd = (uint8_t)(next_random(state) % 252 + 3);
    fill_random(state, block, n);
    if (kind == RANDOM)
        block[0] &= 0x7f; /* still less than a modulus */
    if (kind == SMALL)
        memset(block, 0, n - LEAST);
    if (kind == RANDOM || kind == SMALL)
        return 0;
    if (kind == SHORT)
        message_n = next_random(state) % LEAST;
    if (kind == LONG)
        message_n = most + 1 + next_random(state) % (n - 11 - most);
    for (size_t i = 2; i < n; i++)
        block[i] = (uint8_t)(block[i] ? block[i] : 1);
    block[0] = (uint8_t)(kind == NOT_0 ? odd / 2 : 0);
    block[1] = kind == NOT_2 ? odd : 2;
    if (kind == EARLY_END)
        block[2 + next_random(state) % 8] = 0;
    if (kind != NO_END)
        block[n - message_n - 1] = 0;
    return message_n;
}

/* ---- Readers that are not safe: parameters as isakmp__pkcs1_open() ---------------------------- */

typedef void opener(uint8_t *block, size_t block_n, size_t least, size_t most, isakmp_span other,
                    uint8_t *out, size_t *n);

/* One that looks no further than it must. */
static inline void open_branching(uint8_t *block, size_t block_n, size_t least, size_t most,
                                  isakmp_span other, uint8_t *out, size_t *n)
{
    size_t end = 2, length = 0;
    int good = block[0] == 0 && block[1] == 2;
    while (good && end < block_n && block[end])
        end++;
    if (good && end < block_n)
        length = block_n - end - 1;
    good = good && end >= 10 && end < block_n && length >= least && length <= most;
    *n = good ? length : other.n;
    memcpy(out, good ? block + end + 1 : other.p, *n);
}

/* One that looks at all octets, without a branch, but takes the message from where it stands. */
static inline void open_indexing(uint8_t *block, size_t block_n, size_t least, size_t most,
                                 isakmp_span other, uint8_t *out, size_t *n)
{
    uint32_t searching = UINT32_MAX, end = 0;
    (void)least;
    (void)other;
    for (size_t i = 2; i < block_n; i++) {
        uint32_t zero = (uint32_t)0 - (((uint32_t)block[i] - 1) >> 31);
        end |= searching & zero & (uint32_t)i;
        searching &= ~zero;
    }
    for (size_t i = 0; i < most; i++)
        out[i] = block[(end + 1 + i) % block_n];
    *n = block_n - end - 1;
}

#endif
