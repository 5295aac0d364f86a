/* test_deadline.c -- the heap of timers against a model that simply looks at all of them. */
#include "unit/bytes.h"
#include "base/deadline.h"

enum {
    N = 64
};

static isakmp__timer timers[N];
static isakmp__timer *room[N];
static isakmp_time model[N]; /* ISAKMP_NEVER: not waiting */

static void fresh(isakmp__deadlines *d)
{
    memset(timers, 0, sizeof timers);
    d->heap = room;
    d->n = 0;
    for (unsigned i = 0; i < N; i++)
        model[i] = ISAKMP_NEVER;
}

static void set(isakmp__deadlines *d, unsigned i, isakmp_time at)
{
    isakmp__timer_set(d, &timers[i], at);
    model[i] = at;
}

/* Every timer knows its place, none is due before its parent, and the first is the earliest. */
static void check(const isakmp__deadlines *d)
{
    isakmp_time earliest = ISAKMP_NEVER;
    uint32_t waiting = 0;
    for (unsigned i = 0; i < N; i++) {
        if (model[i] == ISAKMP_NEVER) {
            assert_int_equal(timers[i].place, 0);
            continue;
        }
        waiting++;
        assert_true(timers[i].at == model[i]);
        assert_in_range(timers[i].place, 1, d->n);
        assert_ptr_equal(d->heap[timers[i].place - 1], &timers[i]);
        if (timers[i].place > 1)
            assert_true(d->heap[timers[i].place / 2 - 1]->at <= timers[i].at);
        if (model[i] < earliest)
            earliest = model[i];
    }
    assert_int_equal(d->n, waiting);
    assert_true(isakmp__deadline(d) == earliest);
    if (waiting)
        assert_true(isakmp__timer_first(d)->at == earliest);
    else
        assert_null(isakmp__timer_first(d));
}

static void nobody_waits(void **state)
{
    isakmp__deadlines d;
    (void)state;
    fresh(&d);
    check(&d);
    set(&d, 0, ISAKMP_NEVER); /* stopping what does not run */
    check(&d);
}

static void one_timer(void **state)
{
    isakmp__deadlines d;
    (void)state;
    fresh(&d);
    set(&d, 5, 100);
    check(&d);
    set(&d, 5, 50);
    check(&d);
    set(&d, 5, 0);
    check(&d);
    set(&d, 5, ISAKMP_NEVER - 1);
    check(&d);
    set(&d, 5, ISAKMP_NEVER);
    check(&d);
}

static void the_kind_is_left_alone(void **state)
{
    isakmp__deadlines d;
    (void)state;
    fresh(&d);
    timers[1].kind = 77;
    set(&d, 1, 10);
    set(&d, 2, 5);
    set(&d, 1, ISAKMP_NEVER);
    assert_int_equal(timers[1].kind, 77);
}

static void draining_sorts(void **state)
{
    isakmp__deadlines d;
    isakmp_time before = 0;
    uint64_t seed = 4;
    (void)state;
    fresh(&d);
    for (unsigned i = 0; i < N; i++)
        set(&d, i, bytes_random(&seed) % 40);
    for (unsigned left = N; left; left--) {
        isakmp__timer *t = isakmp__timer_first(&d);
        assert_int_equal(d.n, left);
        assert_true(t->at >= before);
        before = t->at;
        set(&d, (unsigned)(t - timers), ISAKMP_NEVER);
        check(&d);
    }
}

static void many_random_operations(void **state)
{
    isakmp__deadlines d;
    uint64_t seed = 5;
    (void)state;
    fresh(&d);
    for (unsigned i = 0; i < 50000; i++) {
        unsigned at = bytes_random(&seed) % N, what = bytes_random(&seed) % 8;
        if (what == 0)
            set(&d, at, ISAKMP_NEVER);
        else if (what == 1 && isakmp__timer_first(&d))
            set(&d, (unsigned)(isakmp__timer_first(&d) - timers), ISAKMP_NEVER);
        else
            set(&d, at, bytes_random(&seed) % (what < 5 ? 1000 : 8));
        check(&d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_waits),           cmocka_unit_test(one_timer),
        cmocka_unit_test(the_kind_is_left_alone), cmocka_unit_test(draining_sorts),
        cmocka_unit_test(many_random_operations),
    };
    return cmocka_run_group_tests_name("deadline", tests, NULL, NULL);
}
