/* test_fingerprint.c -- the keyed fingerprint against its formula in the plainest arithmetic, and
 * that it tells messages apart and spreads them.  The source is included, because the multiplication
 * inside it is what can go wrong. */
#include "unit/bytes.h"
#include "base/fingerprint.c"

static const uint64_t key[2] = {UINT64_C(0x0123456789abcdef), UINT64_C(0xfedcba9876543210)};

/* a * b mod 2^61 - 1 by doubling and adding: nothing can overflow, and no wide type is needed. */
static uint64_t plain_mul(uint64_t a, uint64_t b)
{
    uint64_t product = 0;
    for (a %= P61; b; b >>= 1) {
        if (b & 1)
            product = (product + a) % P61;
        a = 2 * a % P61;
    }
    return product;
}

/* The formula of the file's head: a polynomial in key[0], over words, the length first. */
static uint64_t formula(const uint64_t k[2], isakmp_span s)
{
    uint64_t h = (uint64_t)s.n + 1;
    for (size_t i = 0; i < s.n; i += 4) {
        uint32_t word = 0;
        for (size_t j = i; j < i + 4 && j < s.n; j++)
            word = word << 8 | s.p[j];
        h = plain_mul(h, k[0] & P61) + word;
    }
    h = plain_mul(h & P61, (k[1] & P61) | 1) + (h >> 61);
    return h ? h : 1;
}

static void multiplication(void **state)
{
    static const uint64_t edge[] = {
        0,       1,   2,       UINT32_MAX, UINT64_C(1) << 32, P61 - 2,
        P61 - 1, P61, P61 + 1, P61 / 2,    P61 - UINT32_MAX,  P61 + UINT32_MAX};
    const size_t n = sizeof edge / sizeof edge[0];
    uint64_t seed = 6;
    (void)state;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            if (edge[j] <= P61) /* the second factor is always a key */
                assert_true(mul61(edge[i], edge[j]) == plain_mul(edge[i], edge[j]));
    for (int i = 0; i < 200000; i++) {
        uint64_t a = ((uint64_t)bytes_random(&seed) << 32 | bytes_random(&seed)) & P61;
        uint64_t b = ((uint64_t)bytes_random(&seed) << 32 | bytes_random(&seed)) & P61;
        assert_true(mul61(a, b) == plain_mul(a, b));
    }
}

static void is_its_formula(void **state)
{
    uint64_t seed = 7;
    (void)state;
    for (size_t n = 0; n < 300; n++) {
        uint8_t bytes[300], *copy;
        uint64_t k[2];
        bytes_fill(&seed, bytes, sizeof bytes);
        memcpy(k, bytes + 200, sizeof k);
        copy = bytes_copy(isakmp__span(bytes, n));
        assert_true(isakmp__fingerprint(k, isakmp__span(copy, n)) ==
                    formula(k, isakmp__span(bytes, n)));
        free(copy);
    }
}

static void equal_messages_have_equal_fingerprints(void **state)
{
    uint8_t a[100], b[101];
    uint64_t seed = 8;
    (void)state;
    bytes_fill(&seed, a, sizeof a);
    memcpy(b + 1, a, sizeof a); /* another alignment */
    assert_true(isakmp__fingerprint(key, isakmp__span(a, sizeof a)) ==
                isakmp__fingerprint(key, isakmp__span(b + 1, sizeof a)));
}

static void one_bit_makes_another(void **state)
{
    uint8_t bytes[1400];
    uint64_t seed = 9, before;
    (void)state;
    bytes_fill(&seed, bytes, sizeof bytes);
    before = isakmp__fingerprint(key, isakmp__span(bytes, sizeof bytes));
    for (size_t bit = 0; bit < 8 * sizeof bytes; bit++) {
        bytes[bit / 8] = (uint8_t)(bytes[bit / 8] ^ 1u << bit % 8);
        assert_true(isakmp__fingerprint(key, isakmp__span(bytes, sizeof bytes)) != before);
        bytes[bit / 8] = (uint8_t)(bytes[bit / 8] ^ 1u << bit % 8);
    }
}

static void zeroes_are_told_apart_by_their_number(void **state)
{
    static const uint8_t zeroes[64];
    uint64_t seen[65];
    (void)state;
    for (size_t n = 0; n <= 64; n++) {
        seen[n] = isakmp__fingerprint(key, isakmp__span(zeroes, n));
        for (size_t i = 0; i < n; i++)
            assert_true(seen[i] != seen[n]);
    }
}

static void another_key_is_another_function(void **state)
{
    static const uint8_t bytes[16] = {1, 2, 3};
    uint64_t other[2] = {key[0] ^ 1, key[1]}, third[2] = {key[0], key[1] ^ 2}, first;
    (void)state;
    first = isakmp__fingerprint(key, isakmp__span(bytes, 16));
    assert_true(isakmp__fingerprint(other, isakmp__span(bytes, 16)) != first);
    assert_true(isakmp__fingerprint(third, isakmp__span(bytes, 16)) != first);
}

/* The one key with which everything is 0: even then the result is not. */
static void never_zero(void **state)
{
    static const uint64_t worst[2] = {0, 0};
    static const uint8_t zeroes[8];
    (void)state;
    assert_true(isakmp__fingerprint(worst, isakmp__span(zeroes, 4)) == 1);
    assert_true(isakmp__fingerprint(worst, isakmp__span(zeroes, 8)) == 1);
}

enum {
    BUCKETS = 256,
    VALUES = 65536,
    SHARE = VALUES / BUCKETS
};

static void count(int *buckets, unsigned shift, int random)
{
    uint64_t seed = 12;
    memset(buckets, 0, BUCKETS * sizeof *buckets);
    for (uint32_t i = 0; i < VALUES; i++) {
        uint8_t cookie[8] = {0};
        isakmp__put32(cookie + 4, i);
        if (random)
            bytes_fill(&seed, cookie, sizeof cookie);
        buckets[isakmp__fingerprint(key, isakmp__span(cookie, 8)) >> shift & (BUCKETS - 1)]++;
    }
}

/* Random values must look random: the sum of squared deviations is above 400 for one key in ten
 * million.  Counters make a progression, which is evener than chance or less even, but never heaps
 * up. */
static void values_spread_over_buckets(void **state)
{
    static const unsigned shifts[] = {0, 8, 16, 32, 50};
    int buckets[BUCKETS];
    (void)state;
    for (size_t s = 0; s < sizeof shifts / sizeof shifts[0]; s++) {
        double sum = 0;
        count(buckets, shifts[s], 1);
        for (int i = 0; i < BUCKETS; i++)
            sum += (double)(buckets[i] - SHARE) * (buckets[i] - SHARE) / SHARE;
        assert_true(sum < 400);
        count(buckets, shifts[s], 0);
        for (int i = 0; i < BUCKETS; i++)
            assert_true(buckets[i] < 2 * SHARE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(multiplication),
        cmocka_unit_test(is_its_formula),
        cmocka_unit_test(equal_messages_have_equal_fingerprints),
        cmocka_unit_test(one_bit_makes_another),
        cmocka_unit_test(zeroes_are_told_apart_by_their_number),
        cmocka_unit_test(another_key_is_another_function),
        cmocka_unit_test(never_zero),
        cmocka_unit_test(values_spread_over_buckets),
    };
    return cmocka_run_group_tests_name("fingerprint", tests, NULL, NULL);
}
