/* test_pool.c -- slots with generations: an id finds its object as long as it is taken and never
 * again, a full pool says so, and what was in a slot is gone when it is given back. */
#include "unit/bytes.h"
#include "base/pool.h"

typedef struct thing {
    isakmp__slot slot;
    uint32_t number;
    uint8_t secret[24];
} thing;

enum {
    CAP = 7
};

static thing memory[CAP];

static void fresh(isakmp__pool *p)
{
    memset(memory, 0, sizeof memory);
    isakmp__pool_init(p, memory, sizeof(thing), CAP);
}

static thing *take(isakmp__pool *p)
{
    thing *t = isakmp__pool_take(p);
    if (t) {
        assert_true(
            isakmp__all_zero((const uint8_t *)t + sizeof t->slot, sizeof *t - sizeof t->slot));
        memset(t->secret, 0x5a, sizeof t->secret);
    }
    return t;
}

static void all_slots_can_be_taken(void **state)
{
    isakmp__pool p;
    (void)state;
    fresh(&p);
    for (unsigned i = 0; i < CAP; i++) {
        thing *t = take(&p);
        assert_non_null(t);
        assert_int_equal(isakmp__pool_index(&p, t), t - memory);
    }
    assert_int_equal(p.used, CAP);
    assert_null(take(&p));
    assert_int_equal(p.used, CAP);
    isakmp__pool_give(&p, &memory[3]);
    assert_ptr_equal(take(&p), &memory[3]);
    assert_null(take(&p));
}

static void an_empty_pool_is_full(void **state)
{
    isakmp__pool p;
    uint32_t index = 0;
    (void)state;
    isakmp__pool_init(&p, memory, sizeof(thing), 0);
    assert_null(isakmp__pool_take(&p));
    assert_null(isakmp__pool_each(&p, &index));
    assert_null(isakmp__pool_find(&p, UINT64_C(1) << 32 | 1));
}

static void giving_back_wipes(void **state)
{
    isakmp__pool p;
    thing *t;
    (void)state;
    fresh(&p);
    t = take(&p);
    t->number = 9;
    isakmp__pool_give(&p, t);
    assert_true(isakmp__all_zero((const uint8_t *)t + sizeof t->slot, sizeof *t - sizeof t->slot));
}

static void stale_ids_find_nothing(void **state)
{
    isakmp__pool p;
    thing *t;
    uint64_t first, second;
    (void)state;
    fresh(&p);
    t = take(&p);
    first = isakmp__pool_id(&p, t);
    assert_ptr_equal(isakmp__pool_find(&p, first), t);
    isakmp__pool_give(&p, t);
    assert_null(isakmp__pool_find(&p, first));
    assert_ptr_equal(take(&p), t);
    second = isakmp__pool_id(&p, t);
    assert_true(first != second);
    assert_null(isakmp__pool_find(&p, first));
    assert_ptr_equal(isakmp__pool_find(&p, second), t);
}

static void renewed_in_its_place(void **state)
{
    isakmp__pool p;
    thing *t;
    uint64_t first, next;
    uint32_t used;
    (void)state;
    fresh(&p);
    t = take(&p);
    t->number = 9;
    used = p.used;
    first = isakmp__pool_id(&p, t);
    next = isakmp__pool_next_id(&p, t);
    isakmp__pool_renew(t);
    assert_null(isakmp__pool_find(&p, first));
    assert_ptr_equal(isakmp__pool_find(&p, next), t);
    assert_true(isakmp__pool_id(&p, t) == next);
    assert_int_equal(t->number, 9);
    assert_int_equal(p.used, used);
    isakmp__pool_give(&p, t);
    assert_null(isakmp__pool_find(&p, next));
}

static void ids_that_never_were(void **state)
{
    isakmp__pool p;
    (void)state;
    fresh(&p);
    take(&p);
    assert_true(isakmp__pool_id(&p, NULL) == 0);
    assert_null(isakmp__pool_find(&p, 0));
    assert_null(isakmp__pool_find(&p, 2));                               /* never taken */
    assert_null(isakmp__pool_find(&p, 1));                               /* generation 0 */
    assert_null(isakmp__pool_find(&p, UINT64_C(1) << 32));               /* no index */
    assert_null(isakmp__pool_find(&p, UINT64_C(1) << 32 | (CAP + 1)));   /* beyond the end */
    assert_null(isakmp__pool_find(&p, UINT64_C(1) << 32 | 0xffffffffu)); /* far beyond it */
    assert_null(isakmp__pool_find(&p, UINT64_MAX));
    assert_ptr_equal(isakmp__pool_find(&p, UINT64_C(1) << 32 | 1), &memory[0]);
}

static void generations_wrap_in_step(void **state)
{
    isakmp__pool p;
    thing *t;
    uint64_t last;
    (void)state;
    fresh(&p);
    t = take(&p);
    t->slot.gen = UINT32_MAX;
    last = isakmp__pool_id(&p, t);
    assert_ptr_equal(isakmp__pool_find(&p, last), t);
    isakmp__pool_give(&p, t);
    assert_null(isakmp__pool_find(&p, last));
    assert_null(isakmp__pool_find(&p, 1)); /* generation 0 is a free slot */
    assert_ptr_equal(take(&p), t);
    assert_int_equal(t->slot.gen, 1);
}

static void each_visits_the_taken(void **state)
{
    isakmp__pool p;
    uint32_t index = 0;
    (void)state;
    fresh(&p);
    for (unsigned i = 0; i < CAP; i++)
        take(&p);
    isakmp__pool_give(&p, &memory[0]);
    isakmp__pool_give(&p, &memory[4]);
    isakmp__pool_give(&p, &memory[CAP - 1]);
    assert_ptr_equal(isakmp__pool_each(&p, &index), &memory[1]);
    assert_ptr_equal(isakmp__pool_each(&p, &index), &memory[2]);
    isakmp__pool_give(&p, &memory[2]); /* the visitor may give back what it visits */
    assert_ptr_equal(isakmp__pool_each(&p, &index), &memory[3]);
    assert_ptr_equal(isakmp__pool_each(&p, &index), &memory[5]);
    assert_null(isakmp__pool_each(&p, &index));
    assert_null(isakmp__pool_each(&p, &index));
}

/* What the test remembers about a slot. */
typedef struct model {
    uint64_t id, dead; /* the id of its object, 0 if free; the last id that was given back */
    uint32_t number;
} model;

static void check_against(const isakmp__pool *p, const model *m)
{
    uint32_t index = 0, used = 0;
    for (unsigned i = 0; i < CAP; i++) {
        if (m[i].id) {
            thing *t = isakmp__pool_find(p, m[i].id);
            assert_ptr_equal(t, &memory[i]);
            assert_int_equal(t->number, m[i].number);
            assert_ptr_equal(isakmp__pool_each(p, &index), t);
            used++;
        }
        assert_null(isakmp__pool_find(p, m[i].dead));
    }
    assert_null(isakmp__pool_each(p, &index));
    assert_int_equal(p->used, used);
}

static void many_random_operations(void **state)
{
    isakmp__pool p;
    model m[CAP] = {{0, 0, 0}};
    uint64_t seed = 3;
    (void)state;
    fresh(&p);
    for (unsigned i = 1; i < 20000; i++) {
        unsigned at = bytes_random(&seed) % CAP;
        if (m[at].id && bytes_random(&seed) % 2) {
            isakmp__pool_give(&p, &memory[at]);
            m[at].dead = m[at].id;
            m[at].id = 0;
        } else {
            thing *t = take(&p);
            if (t) {
                at = isakmp__pool_index(&p, t);
                assert_true(m[at].id == 0);
                t->number = m[at].number = i;
                m[at].id = isakmp__pool_id(&p, t);
            } else {
                assert_int_equal(p.used, CAP);
            }
        }
        check_against(&p, m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_slots_can_be_taken),   cmocka_unit_test(an_empty_pool_is_full),
        cmocka_unit_test(giving_back_wipes),        cmocka_unit_test(stale_ids_find_nothing),
        cmocka_unit_test(renewed_in_its_place),     cmocka_unit_test(ids_that_never_were),
        cmocka_unit_test(generations_wrap_in_step), cmocka_unit_test(each_visits_the_taken),
        cmocka_unit_test(many_random_operations),
    };
    return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
