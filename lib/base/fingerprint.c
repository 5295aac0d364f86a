/* base/fingerprint.c -- a polynomial in a secret point, modulo the Mersenne prime 2^61 - 1, over
 * words of 32 bits: for two different messages of n words at most n of the 2^61 points make them
 * collide, whoever chose them.  The length is the first coefficient. */
#include "fingerprint.h"

#define P61 ((UINT64_C(1) << 61) - 1)

/* a * b mod 2^61 - 1, for a below 2^61 and b below 2^61, from 32-bit halves. */
static uint64_t mul61(uint64_t a, uint64_t b)
{
    uint64_t a1 = a >> 32, a0 = a & 0xffffffffu, b1 = b >> 32, b0 = b & 0xffffffffu;
    uint64_t mid = a1 * b0 + a0 * b1; /* below 2^62: a1 and b1 are below 2^29 */
    uint64_t low = a0 * b0, high = a1 * b1;
    /* a*b = high*2^64 + mid*2^32 + low, and 2^61 counts as 1 */
    uint64_t sum = (high << 3) + (mid >> 29) + ((mid & 0x1fffffffu) << 32) + (low >> 61);
    sum += low & P61;
    sum = (sum & P61) + (sum >> 61);
    return sum >= P61 ? sum - P61 : sum;
}

uint64_t isakmp__fingerprint(const uint64_t key[2], isakmp_span s)
{
    uint64_t point = key[0] & P61, h = (uint64_t)s.n + 1;
    size_t i = 0;
    for (; s.n - i >= 4; i += 4)
        h = mul61(h, point) + isakmp__get32(s.p + i);
    if (i < s.n) {
        uint32_t word = 0;
        for (; i < s.n; i++)
            word = word << 8 | s.p[i];
        h = mul61(h, point) + word;
    }
    h = mul61(h & P61, (key[1] & P61) | 1) + (h >> 61);
    return h ? h : 1;
}
