/* test_secret.c -- wiping exactly what was asked for, and a comparison that sees every bit.
 * Whether its time depends on the data is for a run under valgrind with undefined secrets to
 * say. */
#include "unit/bytes.h"
#include "base/secret.h"

static void wiping_is_exact(void **state)
{
    (void)state;
    for (size_t n = 0; n <= 70; n++) {
        uint8_t bytes[80];
        memset(bytes, 0xa5, sizeof bytes);
        isakmp__wipe(bytes + 3, n);
        for (size_t i = 0; i < sizeof bytes; i++)
            assert_int_equal(bytes[i], i >= 3 && i < 3 + n ? 0 : 0xa5);
    }
}

static void equal_octets_are_equal(void **state)
{
    uint8_t a[64], b[64];
    uint64_t seed = 10;
    (void)state;
    for (size_t n = 0; n <= sizeof a; n++) {
        bytes_fill(&seed, a, sizeof a);
        bytes_fill(&seed, b, sizeof b); /* what follows differs and must not matter */
        memcpy(b, a, n);
        assert_int_equal(isakmp__ct_equal(a, b, n), 1);
    }
}

static void every_bit_counts(void **state)
{
    uint8_t a[33], b[33];
    uint64_t seed = 11;
    (void)state;
    bytes_fill(&seed, a, sizeof a);
    memcpy(b, a, sizeof a);
    for (size_t bit = 0; bit < 8 * sizeof a; bit++) {
        b[bit / 8] = (uint8_t)(b[bit / 8] ^ 1u << bit % 8);
        assert_int_equal(isakmp__ct_equal(a, b, sizeof a), 0);
        b[bit / 8] = a[bit / 8];
    }
}

static void differences_do_not_cancel(void **state)
{
    static const uint8_t a[4] = {0xff, 0x00, 0xff, 0x00}, b[4] = {0x00, 0xff, 0x00, 0xff};
    (void)state;
    assert_int_equal(isakmp__ct_equal(a, b, 4), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wiping_is_exact),
        cmocka_unit_test(equal_octets_are_equal),
        cmocka_unit_test(every_bit_counts),
        cmocka_unit_test(differences_do_not_cancel),
    };
    return cmocka_run_group_tests_name("secret", tests, NULL, NULL);
}
