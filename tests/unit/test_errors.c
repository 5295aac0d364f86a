/* test_errors.c -- every result and every reason has its words, and reasons map to notifies that
 * exist. */
#include "unit/bytes.h"
#include "isakmp/base.h"
#include "isakmp/iana.h"

typedef struct line {
    unsigned detail, notify;
    const char *name, *text;
} line;

static const line lines[] = {
#define ISAKMP_D(name, notify, text) {ISAKMP_D_##name, notify, #name, text},
#include "isakmp/errors.def"
#undef ISAKMP_D
};

enum {
    N_LINES = sizeof lines / sizeof lines[0]
};

static void every_detail_is_described(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_LINES; i++) {
        unsigned d = lines[i].detail;
        assert_int_equal(d, 256 + i);
        assert_string_equal(isakmp_detail_name(d), lines[i].name);
        assert_string_equal(isakmp_detail_text(d), lines[i].text);
        assert_int_equal(isakmp_detail_notify(d), lines[i].notify);
        assert_true(strlen(lines[i].text) > 0 && strlen(lines[i].text) < 80);
    }
    assert_int_equal(ISAKMP_D_END, 256 + N_LINES);
}

static void names_and_texts_are_unique(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_LINES; i++)
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(lines[i].name, lines[j].name);
            assert_string_not_equal(lines[i].text, lines[j].text);
        }
}

static void notifies_are_errors_with_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_LINES; i++)
        if (lines[i].notify) {
            assert_non_null(isakmp_name(ISAKMP_REG_NOTIFY, lines[i].notify));
            assert_true(lines[i].notify < ISAKMP_N_CONNECTED);
        }
}

static void numbers_that_are_no_detail(void **state)
{
    static const unsigned none[] = {0, 1, 254, ISAKMP_D_END, ISAKMP_D_END + 1, 65535, UINT32_MAX};
    (void)state;
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        assert_string_equal(isakmp_detail_name(none[i]), "?");
        assert_string_equal(isakmp_detail_text(none[i]), "unknown reason");
        assert_int_equal(isakmp_detail_notify(none[i]), 0);
    }
    assert_string_equal(isakmp_detail_name(ISAKMP_D_NONE), "NONE");
    assert_string_equal(isakmp_detail_text(ISAKMP_D_NONE), "no reason");
    assert_int_equal(isakmp_detail_notify(ISAKMP_D_NONE), 0);
}

static void the_mapping_that_peers_rely_on(void **state)
{
    (void)state;
    assert_int_equal(isakmp_detail_notify(ISAKMP_D_NO_PROPOSAL), ISAKMP_N_NO_PROPOSAL_CHOSEN);
    assert_int_equal(isakmp_detail_notify(ISAKMP_D_MALFORMED), ISAKMP_N_PAYLOAD_MALFORMED);
    assert_int_equal(isakmp_detail_notify(ISAKMP_D_DOI), ISAKMP_N_DOI_NOT_SUPPORTED);
    assert_int_equal(isakmp_detail_notify(ISAKMP_D_SITUATION), ISAKMP_N_SITUATION_NOT_SUPPORTED);
    assert_int_equal(isakmp_detail_notify(ISAKMP_D_VERSION), ISAKMP_N_INVALID_MAJOR_VERSION);
    assert_int_equal(isakmp_detail_notify(ISAKMP_D_COOKIE), ISAKMP_N_INVALID_COOKIE);
    assert_int_equal(isakmp_detail_notify(ISAKMP_D_HASH), ISAKMP_N_INVALID_HASH_INFORMATION);
    assert_int_equal(isakmp_detail_notify(ISAKMP_D_SELECTORS), ISAKMP_N_INVALID_ID_INFORMATION);
    assert_int_equal(isakmp_detail_notify(ISAKMP_D_TIMEOUT), 0);
    assert_int_equal(isakmp_detail_notify(ISAKMP_D_SHORT), 0);
}

static void every_result_has_a_sentence(void **state)
{
    const char *unknown = isakmp_strerror(ISAKMP_E_BUG - 1);
    (void)state;
    assert_string_equal(unknown, "unknown result");
    assert_string_equal(isakmp_strerror(ISAKMP_NONE + 1), unknown);
    assert_string_equal(isakmp_strerror(ISAKMP_D_SHORT), unknown);
    for (int rc = ISAKMP_E_BUG; rc <= ISAKMP_NONE; rc++) {
        assert_string_not_equal(isakmp_strerror(rc), unknown);
        for (int other = ISAKMP_E_BUG; other < rc; other++)
            assert_string_not_equal(isakmp_strerror(rc), isakmp_strerror(other));
    }
}

static void the_version_that_is_linked(void **state)
{
    (void)state;
    assert_int_equal(isakmp_version(), ISAKMP_VERSION_NUM);
}

static void addresses_are_compared_whole(void **state)
{
    isakmp_addr a = {4, {192, 0, 2, 1}, 500}, b = a;
    (void)state;
    assert_int_equal(isakmp_addr_equal(&a, &b), 1);
    b.ip[15] = 9; /* beyond an IPv4 address: does not count */
    assert_int_equal(isakmp_addr_equal(&a, &b), 1);
    a.family = b.family = 6;
    assert_int_equal(isakmp_addr_equal(&a, &b), 0);
    b = a;
    b.port = 4500;
    assert_int_equal(isakmp_addr_equal(&a, &b), 0);
    b = a;
    b.family = 4;
    assert_int_equal(isakmp_addr_equal(&a, &b), 0);
    a.family = 4;
    b.ip[3] = 2;
    assert_int_equal(isakmp_addr_equal(&a, &b), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_detail_is_described),
        cmocka_unit_test(names_and_texts_are_unique),
        cmocka_unit_test(notifies_are_errors_with_names),
        cmocka_unit_test(numbers_that_are_no_detail),
        cmocka_unit_test(the_mapping_that_peers_rely_on),
        cmocka_unit_test(every_result_has_a_sentence),
        cmocka_unit_test(the_version_that_is_linked),
        cmocka_unit_test(addresses_are_compared_whole),
    };
    return cmocka_run_group_tests_name("errors", tests, NULL, NULL);
}
