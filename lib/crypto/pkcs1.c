/* crypto/pkcs1.c -- a message out of an RSA block of type 2 [RFC8017 7.2.2], so that nobody can tell
 * whether there was one [RFC3218].
 *
 *     0 2, at least eight octets that are not zero, 0, the message
 *
 * Whoever can tell a good block from a bad one, by an answer or by a clock, decrypts with our key, one
 * question after the other.  So nothing here is decided by what is in the block: every octet is looked
 * at and moved in every case, and a mask, all ones or all zeros, says whether it counts.  Masks come
 * from arithmetic and go through hide(): a compiler that knew that a mask has two values only might
 * make a branch of it.  tests/timing/ checks what became of all this. */
#include "crypto/keys.h"

/* 0, 2, eight octets of padding, 0 */
#define BLOCK_EXTRA 11
/* Where the 0 before the message can be first */
#define FIRST_END 10

/* v, of which a compiler knows nothing any more. */
#if defined(__GNUC__) || defined(__clang__)
static size_t hide(size_t v)
{
    __asm__ volatile("" : "+r"(v));
    return v;
}
#else
static size_t hide(size_t v)
{
    volatile size_t hidden = v;
    return hidden;
}
#endif

/* All ones if a < b, both being sizes of something in memory: their difference has the highest bit
 * then. */
static size_t less(size_t a, size_t b)
{
    return hide(0 - hide((a - b) >> (8 * sizeof a - 1)));
}

static size_t equal(size_t a, size_t b)
{
    return less(a ^ b, 1);
}

static size_t pick(size_t mask, size_t yes, size_t no)
{
    return no ^ (mask & (yes ^ no));
}

/* Where the message begins; good: all ones if there is one.  Without an end of the padding, `end` is still
 * 0, which is too early as well. */
static size_t find_message(const uint8_t *block, size_t n, size_t *good)
{
    size_t searching = hide(~(size_t)0), end = 0;
    for (size_t i = 2; i < n; i++) {
        size_t zero = equal(block[i], 0);
        end |= searching & zero & i;
        searching &= ~zero;
    }
    *good = equal(block[0], 0) & equal(block[1], 2) & ~less(end, FIRST_END);
    return end + 1;
}

/* Octet `from` becomes the first one, the others follow: a step for each bit of `from`, taken or not,
 * as moving by `from` itself would touch other memory for every length.  What comes to stand behind
 * the block's end has no meaning. */
static void to_front(uint8_t *block, size_t n, size_t from)
{
    for (size_t step = 1, bit = 0; step < n; step *= 2, bit++) {
        size_t mask = hide(0 - (from >> bit & 1));
        for (size_t i = 0; i + step < n; i++)
            block[i] = (uint8_t)pick(mask, block[i + step], block[i]);
    }
}

void isakmp__pkcs1_open(uint8_t *block, size_t block_n, size_t least, size_t most,
                        isakmp_span other, uint8_t *out, size_t *n)
{
    size_t good = 0, length = 0;
    if (block_n >= BLOCK_EXTRA + least) { /* as everybody knows */
        size_t from = find_message(block, block_n, &good);
        length = block_n - from;
        good &= ~less(length, least) & ~less(most, length);
        to_front(block, block_n, from);
    }
    for (size_t i = 0; i < most; i++) {
        size_t ours = i < other.n ? other.p[i] : 0;
        size_t theirs = i < block_n ? block[i] & less(i, length) : 0;
        out[i] = (uint8_t)pick(good, theirs, ours);
    }
    *n = pick(good, length, other.n);
}
