/* test_profile.c -- peer profiles: names, order, flags with a reason each, text. */
#include "isakmp/isakmp.h"
#include "unit/bytes.h"

/* All that there must be. */
static const char *const names[] = {"android",     "apple",     "checkpoint", "cisco-asa",
                                    "cisco-ios",   "fortigate", "fritzbox",   "huawei",
                                    "juniper-srx", "libreswan", "strongswan", "windows"};

static void test_find(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const isakmp_profile *p = isakmp_profile_find(names[i]);
        assert_non_null(p);
        assert_string_equal(p->name, names[i]);
        assert_true(strlen(p->what) > 4);
    }
    assert_null(isakmp_profile_find(NULL));
    assert_null(isakmp_profile_find(""));
    assert_null(isakmp_profile_find("cisco"));
    assert_null(isakmp_profile_find("cisco-ios "));
    assert_null(isakmp_profile_find("Cisco-IOS"));
}

static void test_all_in_order(void **state)
{
    const isakmp_profile *p, *before = NULL;
    size_t n = 0;
    (void)state;
    for (; (p = isakmp_profile_get(n)) != NULL; n++) {
        assert_ptr_equal(isakmp_profile_find(p->name), p);
        assert_true(before == NULL || strcmp(before->name, p->name) < 0);
        before = p;
    }
    assert_true(n >= sizeof names / sizeof names[0]);
    assert_null(isakmp_profile_get(n + 1));
    assert_null(isakmp_profile_get(SIZE_MAX));
}

/* Every flag of a profile is one tolerance with a reason, every tolerance but one is in a profile, and none of them
 * makes a negotiation weaker. */
static void test_flags_are_tolerances(void **state)
{
    const uint32_t weak = ISAKMP_PF_DEFAULT_POLICY | ISAKMP_PF_AGGRESSIVE_PSK;
    const isakmp_profile *p;
    const isakmp_tolerance *t;
    uint32_t known = 0, used = 0;
    (void)state;
    for (size_t i = 0; (t = isakmp_tolerance_get(i)) != NULL; i++) {
        assert_true(t->flag && (t->flag & (t->flag - 1)) == 0);
        assert_false(known & t->flag);
        assert_true(strlen(t->name) && strlen(t->why) > 20);
        known |= t->flag;
    }
    assert_null(isakmp_tolerance_get(SIZE_MAX));
    for (size_t i = 0; (p = isakmp_profile_get(i)) != NULL; i++)
        used |= p->flags;
    assert_int_equal(known, used | ISAKMP_PF_DIGEST_INFO); /* which is in none */
    assert_false(used & ISAKMP_PF_DIGEST_INFO);
    assert_false(used & weak);
}

/* A policy with the flags of a profile is valid. */
static void test_policies_with_profiles(void **state)
{
    const isakmp_profile *p;
    (void)state;
    for (size_t i = 0; (p = isakmp_profile_get(i)) != NULL; i++) {
        isakmp_peer_policy policy;
        memset(&policy, 0, sizeof policy);
        policy.size = sizeof policy;
        policy.flags = ISAKMP_PF_DEFAULT_POLICY | p->flags;
        assert_int_equal(isakmp_peer_policy_check(&policy, NULL, NULL, 0), ISAKMP_OK);
    }
}

static void test_text(void **state)
{
    static const char want[] = "fortigate: FortiGate\n"
                               "  short-life: FortiGate refuses every proposal with a very long "
                               "lifetime, such as 2,147,483 "
                               "seconds (ndpgroup/vpnc pull request 9)\n"
                               "  note: in RESPONDER-LIFETIME it mixes the attribute numbers of "
                               "both phases, which everybody "
                               "may\n";
    const isakmp_profile *p = isakmp_profile_find("fortigate");
    char text[1000];
    (void)state;
    assert_int_equal(isakmp_profile_text(text, sizeof text, p), strlen(want));
    assert_string_equal(text, want);
    for (size_t cap = 0; cap < sizeof want; cap++) {
        memset(text, '#', sizeof text);
        assert_int_equal(isakmp_profile_text(text, cap, p), strlen(want));
        assert_int_equal(text[cap], '#');
    }
    assert_int_equal(isakmp_profile_text(NULL, 0, p), strlen(want));
    for (size_t i = 0; (p = isakmp_profile_get(i)) != NULL; i++) {
        assert_true(isakmp_profile_text(text, sizeof text, p) < sizeof text);
        assert_memory_equal(text, p->name, strlen(p->name));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_all_in_order),
        cmocka_unit_test(test_flags_are_tolerances),
        cmocka_unit_test(test_policies_with_profiles),
        cmocka_unit_test(test_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
