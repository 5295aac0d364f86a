/* test_life.c -- lifetimes: the table of policy.h, row by row, for seconds and for kilobytes; and
 * RESPONDER-LIFETIME. */
#include "unit/offers.h"

/* What becomes of an offer. */
enum {
    NO,
    THEIRS,
    OURS
}; /* no match; accepted with theirs; with ours, which is announced */

static const struct {
    uint8_t mode;
    int phase, shorter, longer;
} table[] = {
    {ISAKMP_LIFE_DEFAULT, 1, NO, OURS},    {ISAKMP_LIFE_DEFAULT, 2, THEIRS, OURS},
    {ISAKMP_LIFE_OBEY, 1, THEIRS, THEIRS}, {ISAKMP_LIFE_OBEY, 2, THEIRS, THEIRS},
    {ISAKMP_LIFE_CLAIM, 1, THEIRS, OURS},  {ISAKMP_LIFE_CLAIM, 2, THEIRS, OURS},
    {ISAKMP_LIFE_STRICT, 1, THEIRS, NO},   {ISAKMP_LIFE_STRICT, 2, THEIRS, NO},
    {ISAKMP_LIFE_EXACT, 1, NO, NO},        {ISAKMP_LIFE_EXACT, 2, NO, NO},
};

static isakmp__life life(uint32_t seconds, uint32_t kilobytes)
{
    isakmp__life l = {seconds, kilobytes, 0};
    return l;
}

static void check_seconds(unsigned row, uint32_t ours, uint32_t offered, int want)
{
    isakmp__life mine = life(ours, 0), theirs = life(offered, 0), out;
    int rc = isakmp__life_agree(&out, table[row].mode, table[row].phase, &mine, &theirs);
    if (rc != (want == NO ? ISAKMP_LIFE_SECONDS : ISAKMP_OK))
        fail_msg("row %u, ours %u, offered %u: result %d", row, ours, offered, rc);
    if (want == NO)
        return;
    assert_int_equal(out.seconds, want == OURS ? ours : offered);
    assert_int_equal(out.announce, want == OURS);
    assert_int_equal(out.kilobytes, 0);
}

static void test_seconds(void **state)
{
    (void)state;
    for (unsigned i = 0; i < COUNT(table); i++) {
        check_seconds(i, 3600, 3599, table[i].shorter);
        check_seconds(i, 3600, 60, table[i].shorter);
        check_seconds(i, 3600, 3601, table[i].longer);
        check_seconds(i, 3600, UINT32_MAX, table[i].longer);
        check_seconds(i, UINT32_MAX, 1, table[i].shorter);
        check_seconds(i, 3600, 3600, THEIRS);
        check_seconds(i, 1, 1, THEIRS);
    }
}

/* Kilobytes have the same rule, with 0 as the longest; in phase 1 they do not count. */
static void test_kilobytes(void **state)
{
    static const struct {
        uint32_t ours, offered;
        int cmp; /* offered against ours */
    } cases[] = {{100, 50, -1},      {100, 200, 1},       {100, 100, 0},
                 {0, 0, 0},          {0, 100, -1},        {100, 0, 1},
                 {UINT32_MAX, 0, 1}, {0, UINT32_MAX, -1}, {1, UINT32_MAX, 1}};
    (void)state;
    for (unsigned i = 0; i < COUNT(table); i++)
        for (unsigned k = 0; k < COUNT(cases); k++) {
            isakmp__life mine = life(60, cases[k].ours), theirs = life(60, cases[k].offered), out;
            int want = cases[k].cmp < 0    ? table[i].shorter
                       : cases[k].cmp == 0 ? THEIRS
                                           : table[i].longer;
            int rc = isakmp__life_agree(&out, table[i].mode, table[i].phase, &mine, &theirs);
            if (table[i].phase == 1) {
                assert_int_equal(rc, ISAKMP_OK);
                assert_int_equal(out.kilobytes, 0);
                continue;
            }
            assert_int_equal(rc, want == NO ? ISAKMP_LIFE_KILOBYTES : ISAKMP_OK);
            if (want == NO)
                continue;
            assert_int_equal(out.kilobytes, want == OURS ? cases[k].ours : cases[k].offered);
            assert_int_equal(out.announce, want == OURS);
            assert_int_equal(out.seconds, 60);
        }
}

/* Both together: each by its own rule, announced if either is ours. */
static void test_both(void **state)
{
    isakmp__life mine = life(100, 100), a = life(50, 200), b = life(200, 50), out;
    (void)state;
    assert_int_equal(isakmp__life_agree(&out, ISAKMP_LIFE_CLAIM, 2, &mine, &a), ISAKMP_OK);
    assert_int_equal(out.seconds, 50);
    assert_int_equal(out.kilobytes, 100);
    assert_int_equal(out.announce, 1);
    assert_int_equal(isakmp__life_agree(&out, ISAKMP_LIFE_CLAIM, 2, &mine, &b), ISAKMP_OK);
    assert_int_equal(out.seconds, 100);
    assert_int_equal(out.kilobytes, 50);
    assert_int_equal(out.announce, 1);
    assert_int_equal(isakmp__life_agree(&out, ISAKMP_LIFE_STRICT, 2, &mine, &a),
                     ISAKMP_LIFE_KILOBYTES);
    assert_int_equal(isakmp__life_agree(&out, ISAKMP_LIFE_STRICT, 2, &mine, &b),
                     ISAKMP_LIFE_SECONDS);
}

/* A phase 1 offer without a lifetime is without end: longer than any of ours.  What comes of it is a
 * lifetime all the same, whatever the mode. */
static void test_phase_1_without_a_lifetime(void **state)
{
    (void)state;
    for (uint8_t mode = 0; mode <= ISAKMP_LIFE_EXACT; mode++) {
        int longer = table[2 * mode].longer;
        isakmp__life mine = life(86400, 0), theirs = life(0, 0), out;
        int rc = isakmp__life_agree(&out, mode, 1, &mine, &theirs);
        assert_int_equal(rc, longer == NO ? ISAKMP_LIFE_SECONDS : ISAKMP_OK);
        if (longer != NO)
            assert_int_equal(out.seconds, 86400);
    }
}

/* A mode that is none is the strictest. */
static void test_unknown_mode(void **state)
{
    isakmp__life mine = life(100, 0), theirs = life(101, 0), out;
    (void)state;
    for (unsigned mode = ISAKMP_LIFE_EXACT + 1; mode < 256; mode++) {
        assert_int_equal(isakmp__life_agree(&out, (uint8_t)mode, 2, &mine, &theirs),
                         ISAKMP_LIFE_SECONDS);
        assert_int_equal(isakmp__life_agree(&out, (uint8_t)mode, 1, &mine, &mine), ISAKMP_OK);
    }
}

static void test_defaults(void **state)
{
    isakmp_policy p = plain_policy(1);
    isakmp_protect t = plain_esp(1);
    isakmp_child_policy c = child_of(&t, 1);
    (void)state;
    assert_int_equal(isakmp__policy_life(&p).seconds, 86400);
    p.life_s = 77;
    assert_int_equal(isakmp__policy_life(&p).seconds, 77);
    assert_int_equal(isakmp__policy_life(&p).kilobytes, 0);
    assert_int_equal(isakmp__child_life(&c).seconds, 28800);
    assert_int_equal(isakmp__child_life(&c).kilobytes, 0);
    c.life_s = 78;
    c.life_kb = 9;
    assert_int_equal(isakmp__child_life(&c).seconds, 78);
    assert_int_equal(isakmp__child_life(&c).kilobytes, 9);
}

/* ---- RESPONDER-LIFETIME ---------------------------------------------------------------------- */

static void shorten(uint32_t s, uint32_t kb, const char *hex, uint32_t want_s, uint32_t want_kb)
{
    uint8_t data[64];
    size_t n = bytes_hex(data, sizeof data, hex);
    uint8_t *exact = bytes_copy(isakmp__span(data, n));
    isakmp__life_shorten(&s, &kb, isakmp__span(exact, n));
    free(exact);
    assert_int_equal(s, want_s);
    assert_int_equal(kb, want_kb);
}

static void test_shorten(void **state)
{
    (void)state;
    /* The numbers of phase 2, and those of phase 1. */
    shorten(1000, 0, "80010001 80020100", 256, 0);
    shorten(1000, 0, "800b0001 800c0100", 256, 0);
    shorten(1000, 500, "80010002 80020100", 1000, 256);
    shorten(1000, 500, "80010001 80020010 80010002 80020020", 16, 32);
    shorten(1000, 500, "80010002 80020020 80010001 80020010", 16, 32);
    /* With four octets. */
    shorten(100000, 0, "80010001 00020004 00010000", 65536, 0);
    /* Never longer, and never none; but a limit where there was none. */
    shorten(1000, 500, "80010001 80021000 80010002 80021000", 1000, 500);
    shorten(1000, 500, "80010001 80020000 80010002 80020000", 1000, 500);
    shorten(1000, 0, "80010002 80020100", 1000, 256);
    /* A duration without its type, an unknown type, other attributes, nothing, half of it. */
    shorten(1000, 500, "80020001", 1000, 500);
    shorten(1000, 500, "80010003 80020001", 1000, 500);
    shorten(1000, 500, "80040001 80010001 80050007 80020100", 256, 500);
    shorten(1000, 500, "", 1000, 500);
    shorten(1000, 500, "80010001 8002", 1000, 500);
    shorten(1000, 500, "80010001 00020008 0001", 1000, 500);
    /* A value that does not fit in 32 bits is no shorter one. */
    shorten(1000, 500, "80010001 00020008 0000000100000001", 1000, 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seconds),      cmocka_unit_test(test_kilobytes),
        cmocka_unit_test(test_both),         cmocka_unit_test(test_phase_1_without_a_lifetime),
        cmocka_unit_test(test_unknown_mode), cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_shorten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
