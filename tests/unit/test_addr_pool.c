/* test_addr_pool.c -- pools of addresses: leased, given back, remembered, exhausted. */
#include "isakmp/modecfg.h"
#include "base/span.h"
#include "unit/bytes.h"

#define MANY 1000

static isakmp_lease leases[MANY + 1];
static isakmp_addr_pool pool;

static isakmp_addr ip4(uint32_t n)
{
    isakmp_addr a;
    memset(&a, 0, sizeof a);
    a.family = 4;
    isakmp__put32(a.ip, n);
    return a;
}

static uint32_t number(const isakmp_addr *a)
{
    return isakmp__get32(a->ip);
}

#define BASE 0x0a0000feu /* 10.0.0.254: the range goes over the end of an octet */

static void make(uint32_t n)
{
    isakmp_addr first = ip4(BASE), last = ip4(BASE + n - 1);
    memset(leases, 0xee, sizeof leases);
    assert_int_equal(isakmp_addr_pool_init(&pool, leases, MANY, &first, &last), ISAKMP_OK);
    assert_int_equal(pool.n, n);
    assert_int_equal(pool.used, 0);
    assert_int_equal(leases[n].used, 0xee); /* not touched */
}

static int lease(const void *who, size_t n, isakmp_addr *out)
{
    memset(out, 0xee, sizeof *out);
    return isakmp_addr_pool_lease(&pool, isakmp__span(who, n), out);
}

/* The place of a client's address; -1: it has none. */
static int place_for(const char *who)
{
    isakmp_addr a;
    if (lease(who, strlen(who), &a) != ISAKMP_OK)
        return -1;
    assert_int_equal(a.family, 4);
    assert_int_equal(a.port, 0);
    assert_true(isakmp__all_zero(a.ip + 4, 12));
    return (int)(number(&a) - BASE);
}

static int release(uint32_t place)
{
    isakmp_addr a = ip4(BASE + place);
    return isakmp_addr_pool_release(&pool, &a);
}

static void test_ranges(void **state)
{
    isakmp_addr a = ip4(BASE), b = ip4(BASE + 9), six = {6, {1}, 0}, none = {0, {0}, 0};
    (void)state;
    assert_int_equal(isakmp_addr_pool_init(&pool, leases, 5, &a, &b), ISAKMP_OK);
    assert_int_equal(pool.n, 5);
    assert_int_equal(isakmp_addr_pool_init(&pool, leases, 10, &a, &b), ISAKMP_OK);
    assert_int_equal(pool.n, 10);
    assert_int_equal(isakmp_addr_pool_init(&pool, leases, 500, &a, &b), ISAKMP_OK);
    assert_int_equal(pool.n, 10);
    assert_int_equal(isakmp_addr_pool_init(&pool, leases, 10, &b, &b), ISAKMP_OK);
    assert_int_equal(pool.n, 1);
    assert_int_equal(isakmp_addr_pool_init(&pool, leases, 10, &b, &a), ISAKMP_E_ARG);
    assert_int_equal(isakmp_addr_pool_init(&pool, leases, 0, &a, &b), ISAKMP_E_ARG);
    assert_int_equal(isakmp_addr_pool_init(&pool, NULL, 10, &a, &b), ISAKMP_E_ARG);
    assert_int_equal(isakmp_addr_pool_init(NULL, leases, 10, &a, &b), ISAKMP_E_ARG);
    assert_int_equal(isakmp_addr_pool_init(&pool, leases, 10, NULL, &b), ISAKMP_E_ARG);
    assert_int_equal(isakmp_addr_pool_init(&pool, leases, 10, &a, NULL), ISAKMP_E_ARG);
    assert_int_equal(isakmp_addr_pool_init(&pool, leases, 10, &a, &six), ISAKMP_E_ARG);
    assert_int_equal(isakmp_addr_pool_init(&pool, leases, 10, &none, &none), ISAKMP_E_ARG);
}

static void test_each_has_one_until_it_is_full(void **state)
{
    uint8_t got[MANY] = {0};
    isakmp_addr a;
    (void)state;
    make(MANY);
    for (uint32_t i = 0; i < MANY; i++) {
        assert_int_equal(lease(&i, sizeof i, &a), ISAKMP_OK);
        assert_true(number(&a) - BASE < MANY);
        assert_int_equal(got[number(&a) - BASE]++, 0);
        assert_int_equal(pool.used, i + 1);
    }
    assert_int_equal(lease("one more", 8, &a), ISAKMP_NONE);
    assert_int_equal(pool.used, MANY);
    assert_int_equal(release(500), ISAKMP_OK);
    assert_int_equal(place_for("one more"), 500);
    assert_int_equal(place_for("and one more"), -1);
}

static void test_the_same_again(void **state)
{
    (void)state;
    make(4);
    assert_int_equal(place_for("ann"), 0);
    assert_int_equal(place_for("bob"), 1);
    assert_int_equal(release(0), ISAKMP_OK);
    assert_int_equal(release(1), ISAKMP_OK);
    assert_int_equal(place_for("bob"), 1);
    assert_int_equal(place_for("cid"), 2); /* never had before any that somebody had */
    assert_int_equal(place_for("ann"), 0);
    assert_int_equal(place_for("ann"), 3); /* twice at once: two addresses */
    assert_int_equal(release(0), ISAKMP_OK);
    assert_int_equal(place_for("dan"), 0); /* when there is no other */
    assert_int_equal(place_for("ann"), -1);
    assert_int_equal(release(3), ISAKMP_OK);
    assert_int_equal(release(1), ISAKMP_OK);
    assert_int_equal(place_for("ann"), 3);
}

/* The one that has been free for the longest time goes first. */
static void test_oldest_first(void **state)
{
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    (void)state;
    make(5);
    for (int i = 0; i < 5; i++)
        assert_int_equal(place_for(names[i]), i);
    assert_int_equal(release(3), ISAKMP_OK);
    assert_int_equal(release(1), ISAKMP_OK);
    assert_int_equal(release(4), ISAKMP_OK);
    assert_int_equal(place_for("x"), 3);
    assert_int_equal(place_for("e"), 4);
    assert_int_equal(place_for("y"), 1);
    assert_int_equal(place_for("d"), -1);
    assert_int_equal(release(1), ISAKMP_OK);
    assert_int_equal(place_for("b"), 1);
    assert_int_equal(release(1), ISAKMP_OK);
    assert_int_equal(place_for("y"), 1);
}

static void test_what_cannot_be_given_back(void **state)
{
    isakmp_addr a = {6, {10, 0, 0, 254}, 0};
    (void)state;
    make(3);
    assert_int_equal(place_for("ann"), 0);
    assert_int_equal(release(1), ISAKMP_NONE);           /* nobody has it */
    assert_int_equal(release(3), ISAKMP_NONE);           /* the one after the last */
    assert_int_equal(release(0xffffffffu), ISAKMP_NONE); /* ... before the first */
    assert_int_equal(release(0x01000000u), ISAKMP_NONE);
    assert_int_equal(isakmp_addr_pool_release(&pool, &a), ISAKMP_NONE);
    assert_int_equal(pool.used, 1);
    assert_int_equal(release(0), ISAKMP_OK);
    assert_int_equal(release(0), ISAKMP_NONE);
    assert_int_equal(pool.used, 0);
}

static void test_looking(void **state)
{
    const isakmp_lease *l;
    isakmp_addr a;
    char name[2 * ISAKMP_LEASE_NAME];
    unsigned used = 0;
    (void)state;
    make(3);
    memset(name, 'n', sizeof name);
    assert_int_equal(lease("ann", 3, &a), ISAKMP_OK);
    assert_int_equal(lease(name, sizeof name, &a), ISAKMP_OK);
    for (size_t i = 0; (l = isakmp_addr_pool_get(&pool, i, &a)) != NULL; i++) {
        assert_int_equal(number(&a), BASE + i);
        used += l->used;
    }
    assert_int_equal(used, pool.used);
    l = isakmp_addr_pool_get(&pool, 0, &a);
    assert_int_equal(l->name_n, 3);
    assert_memory_equal(l->name, "ann", 3);
    l = isakmp_addr_pool_get(&pool, 1, &a);
    assert_int_equal(l->name_n, ISAKMP_LEASE_NAME);
    assert_null(isakmp_addr_pool_get(&pool, 3, &a));
    assert_null(isakmp_addr_pool_get(&pool, SIZE_MAX, &a));
    assert_int_equal(lease(NULL, 0, &a), ISAKMP_OK); /* a client without a name has one, too */
}

static void test_ip6(void **state)
{
    isakmp_addr first = {6, {0x20, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xfe}, 77};
    isakmp_addr last = {6, {0x20, 2}, 0}, a, want = first;
    (void)state;
    assert_int_equal(isakmp_addr_pool_init(&pool, leases, 4, &first, &last), ISAKMP_OK);
    assert_int_equal(pool.n, 4);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(lease(&i, sizeof i, &a), ISAKMP_OK);
    want.ip[12] = 1;
    want.ip[13] = want.ip[14] = 0;
    want.ip[15] = 1;
    want.port = 0;
    assert_true(isakmp_addr_equal(&a, &want));
    assert_int_equal(isakmp_addr_pool_release(&pool, &want), ISAKMP_OK);
    want.ip[1] = 2;
    assert_int_equal(isakmp_addr_pool_release(&pool, &want), ISAKMP_NONE);
    want.ip[1] = 0;
    assert_int_equal(isakmp_addr_pool_release(&pool, &want), ISAKMP_NONE);
}

/* At random, against a list that is searched from one end to the other. */
static void test_against_a_model(void **state)
{
    enum {
        N = 17,
        CLIENTS = 40
    };
    int owner[N], last_owner[N];
    unsigned freed_at[N] = {0};
    uint32_t seed = 1;
    (void)state;
    make(N);
    for (int i = 0; i < N; i++)
        owner[i] = last_owner[i] = -1;
    for (unsigned step = 1; step < 20000; step++) {
        int who, want = -1;
        isakmp_addr a;
        seed = seed * 1103515245u + 12345u;
        who = (int)(seed >> 16) % CLIENTS;
        if (seed >> 31) {
            int at = who % N;
            assert_int_equal(release((uint32_t)at), owner[at] >= 0 ? ISAKMP_OK : ISAKMP_NONE);
            if (owner[at] >= 0)
                freed_at[at] = step;
            owner[at] = -1;
            continue;
        }
        for (int i = 0; i < N; i++)
            if (owner[i] < 0 && (want < 0 || freed_at[i] < freed_at[want]))
                want = i;
        /* of several that were his any will do */
        if (lease(&who, sizeof who, &a) != ISAKMP_OK) {
            assert_int_equal(want, -1);
            continue;
        }
        {
            int got = (int)(number(&a) - BASE), his = 0;
            for (int i = 0; i < N; i++)
                his += owner[i] < 0 && last_owner[i] == who;
            assert_true(owner[got] < 0);
            if (his)
                assert_int_equal(last_owner[got], who);
            else
                assert_int_equal(got, want);
            owner[got] = last_owner[got] = who;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_each_has_one_until_it_is_full),
        cmocka_unit_test(test_the_same_again),
        cmocka_unit_test(test_oldest_first),
        cmocka_unit_test(test_what_cannot_be_given_back),
        cmocka_unit_test(test_looking),
        cmocka_unit_test(test_ip6),
        cmocka_unit_test(test_against_a_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
