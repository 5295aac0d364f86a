/* sim/rng.h -- random numbers that follow from a seed and from nothing else (splitmix64). */
#ifndef TESTS_SIM_RNG_H
#define TESTS_SIM_RNG_H

#include <stdint.h>

typedef struct rng {
    uint64_t state;
} rng;

static inline uint64_t rng_next(rng *r)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* From 0 to n - 1. */
static inline uint32_t rng_below(rng *r, uint32_t n)
{
    return (uint32_t)((rng_next(r) >> 32) * n >> 32);
}

/* From lo to hi. */
static inline int32_t rng_between(rng *r, int32_t lo, int32_t hi)
{
    return lo + (int32_t)rng_below(r, (uint32_t)(hi - lo) + 1);
}

/* So often of a thousand times. */
static inline int rng_permille(rng *r, int32_t n)
{
    return n > 0 && (int32_t)rng_below(r, 1000) < n;
}

#endif
