/* flow/flow_ted_limits.c -- Tunnel Endpoint Discovery when something is used up or fails: pools, probes in a second,
 * what the host may ask for, and its callbacks. */
#include "flow/ted.h"

/* ---- Pools and limits ------------------------------------------------------------------------ */

/* As many probes wait as there may be; what is only remembered gives way. */
static void test_pool_of_discoveries(void **state)
{
    (void)state;
    prepare(982);
    B->ted_rc = ISAKMP_NONE;
    pair_start(&pr);
    for (unsigned i = 0; i < 8; i++, query.destination.ip[3]++) {
        assert_int_equal(discover(), ISAKMP_OK);
        run_for(10);
    }
    assert_int_equal(discover(), ISAKMP_E_LIMIT);
    assert_int_equal(stats_of(A).discoveries, 8);
    run_for(7100);
    assert_int_equal(heard(A, ISAKMP_EV_TED_FAILED), 8);
    assert_int_equal(stats_of(A).discoveries, 8);
    assert_int_equal(discover(), ISAKMP_OK);
    assert_int_equal(stats_of(A).discoveries, 8);
    query.destination.ip[3]--;
    assert_int_equal(discover(), ISAKMP_NONE);
    query.destination.ip[3] = 9; /* the oldest was forgotten */
    assert_int_equal(discover(), ISAKMP_OK);
    finish();
}

static void test_probes_in_a_second(void **state)
{
    (void)state;
    prepare(983);
    B->ted_rc = ISAKMP_NONE;
    A->config.limits.discoveries = 64;
    pair_start(&pr);
    for (unsigned i = 0; i < 32; i++, query.destination.ip[3]++)
        assert_int_equal(discover(), ISAKMP_OK);
    assert_int_equal(discover(), ISAKMP_E_LIMIT);
    assert_int_equal(stats_of(A).discoveries, 32);
    run_for(999);
    assert_int_equal(discover(), ISAKMP_E_LIMIT);
    run_for(1); /* now all are repeated, and that counts */
    assert_int_equal(seen.probes, 64);
    assert_int_equal(discover(), ISAKMP_E_LIMIT);
    run_for(1000);
    assert_int_equal(discover(), ISAKMP_OK);
    run_for(60000);
    assert_int_equal(heard(A, ISAKMP_EV_TED_FAILED), 33);
    finish();
}

/* Nor are there more repetitions: one for which there is no room counts as lost. */
static void test_repetitions_in_a_second(void **state)
{
    unsigned before;
    (void)state;
    prepare(991);
    B->ted_rc = ISAKMP_NONE;
    A->config.limits.discoveries = 64;
    pair_start(&pr);
    for (unsigned i = 0; i < 32; i++, query.destination.ip[3]++) {
        if (i == 25)
            run_for(500);
        assert_int_equal(discover(), ISAKMP_OK);
    }
    run_for(500);
    before = seen.probes;
    assert_int_equal(before, 32 + 25);
    for (unsigned i = 0; i < 7; i++, query.destination.ip[3]++)
        assert_int_equal(discover(), ISAKMP_OK);
    run_for(600); /* 7 more would like to be repeated */
    assert_int_equal(seen.probes, 32 + 32);
    run_for(60000);
    assert_int_equal(heard(A, ISAKMP_EV_TED_FAILED), 39);
    finish();
}

/* One destination is asked for once, whoever wants it. */
static void test_one_destination(void **state)
{
    static isakmp_child_policy other;
    (void)state;
    wait_for_reply(984);
    other = A->child;
    for (unsigned i = 0; i < 100; i++, query.source.ip[3]++)
        assert_int_equal(discover(), ISAKMP_OK);
    assert_int_equal(seen.probes, 1);
    query.child = &other;
    assert_int_equal(discover(), ISAKMP_E_LIMIT);
    assert_int_equal(seen.probes, 1);
    forget();
}

/* A gateway was found, but there is no room for an SA, a child, an exchange. */
static void test_full_pools(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        isakmp_sa_id sa = {0};
        made m;
        prepare(985);
        A->config.limits.sas = i == 0 ? 1 : 2;
        A->config.limits.children = 1;
        A->config.limits.exchanges = i == 2 ? 1 : 6;
        pr.filter = drop;
        pair_start(&pr);
        pr.p[1].addr.ip[3] = 88; /* somebody else */
        sa = pair_connect(&pr, ISAKMP_EXCH_MAIN, i == 1);
        pr.p[1].addr.ip[3] = 2;
        assert_true(sa.v != 0);
        assert_int_equal(discover(), ISAKMP_OK);
        m = right_reply();
        assert_int_equal(give(A, &m), ISAKMP_OK);
        assert_int_equal(heard(A, ISAKMP_EV_TED_PEER), 0);
        assert_int_equal(last_event(A, ISAKMP_EV_TED_FAILED)->detail, ISAKMP_D_POOL);
        assert_int_equal(stats_of(A).sas, 1);
        assert_int_equal(discover(), ISAKMP_NONE);
        finish();
    }
}

/* ... and no exchange for the child.  That is not the gateway's fault: it is taken again at once. */
static void test_no_exchange_for_the_child(void **state)
{
    isakmp_sa_id other = {0};
    (void)state;
    prepare(992);
    A->config.limits.exchanges = 1;
    pair_start(&pr);
    assert_true(pair_connect(&pr, ISAKMP_EXCH_MAIN, 0).v != 0);
    run_for(100);
    B->addr.ip[3] = 88;
    pr.filter = drop;
    other = pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
    assert_true(other.v != 0);
    B->addr.ip[3] = 2;
    pr.filter = watch;
    assert_int_equal(discover(), ISAKMP_OK);
    run_for(10);
    assert_int_equal(last_event(A, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_POOL);
    assert_int_equal(isakmp_close(A->x, pr.now, other), ISAKMP_OK);
    assert_int_equal(discover(), ISAKMP_OK);
    run_for(100);
    assert_int_equal(heard(A, ISAKMP_EV_TED_PEER), 2);
    assert_int_equal(children_in(A, ISAKMP_CHILD_UP), 1);
    finish();
}

/* ---- The host ------------------------------------------------------------------------------- */

static int refusal_with(isakmp_discovery q)
{
    return isakmp_discover(A->x, pr.now, &q);
}

static void test_arguments(void **state)
{
    isakmp_discovery q;
    isakmp_child_policy child;
    isakmp_peer_policy whom;
    (void)state;
    prepare(986);
    pair_start(&pr);
    assert_int_equal(isakmp_discover(A->x, pr.now, NULL), ISAKMP_E_ARG);
    for (unsigned i = 0; i < 20; i++) {
        q = query;
        child = A->child;
        whom = A->peer;
        q.child = &child;
        q.peer = &whom;
        /* clang-format off */
        switch (i) {
        case 0: q.size = 0; break;
        case 1: q.child = NULL; break;
        case 2: q.peer = NULL; break;
        case 3: child.flags = 0; break;
        case 4: child.n_protect = 0; break;
        case 5: child.local.family = 0; break;
        case 6: child.remote.proto = 17; break;
        case 7: child.mode = ISAKMP_MODE_TRANSPORT; break;
        case 8: whom.n_policies = 0; break;
        case 9: q.gateway.port = 0; break;
        case 10: q.gateway.ip[0] = 0; break;
        case 11: q.gateway = v6_addr(1, 1); q.gateway.port = 500; break;
        case 12: q.source.ip[1] = 7; break;
        case 13: q.source = v6_addr(1, 1); break;
        case 14: q.destination.ip[0] = 11; break;
        case 15: q.destination.ip[0] = 224; break;
        case 16: q.destination = q.source; break;
        case 17: q.exchange = ISAKMP_EXCH_QUICK; break;
        case 18: q.source.family = 0; break;
        case 19: q.destination = q.gateway = v4_addr((const uint8_t[]){10, 9, 0, 1}, 500); break;
        }
        /* clang-format on */
        assert_int_equal(refusal_with(q), ISAKMP_E_ARG);
    }
    assert_int_equal(A->probes, 0);
    assert_int_equal(stats_of(A).discoveries, 0);
    q = query;
    q.size = offsetof(isakmp_discovery, ifindex); /* who does not know the rest */
    assert_int_equal(refusal_with(q), ISAKMP_OK);
    assert_int_equal(seen.probe.path.ifindex, 0);
    forget();
}

static void test_exchanges_missing(void **state)
{
    static const isakmp_exchange *const no_quick[] = {&isakmp_main_mode, NULL};
    static const isakmp_exchange *const no_main[] = {&isakmp_aggressive_mode, &isakmp_quick_mode,
                                                     NULL};
    (void)state;
    for (int i = 0; i < 2; i++) {
        prepare(987);
        A->config.exchanges = i ? no_main : no_quick;
        pair_start(&pr);
        assert_int_equal(discover(), ISAKMP_E_STATE);
        finish();
    }
}

/* Policies are in use while a discovery has them, and no longer. */
static void test_policies_in_use(void **state)
{
    (void)state;
    wait_for_reply(988);
    assert_int_equal(isakmp_peer_policy_users(A->x, &A->peer), 1);
    assert_int_equal(isakmp_child_policy_users(A->x, &A->child), 1);
    assert_int_equal(isakmp_discover_end(A->x, pr.now, &B->child), ISAKMP_OK);
    assert_int_equal(isakmp_child_policy_users(A->x, &A->child), 1);
    assert_int_equal(isakmp_discover_end(A->x, pr.now, &A->child), ISAKMP_OK);
    assert_int_equal(isakmp_peer_policy_users(A->x, &A->peer), 0);
    assert_int_equal(isakmp_child_policy_users(A->x, &A->child), 0);
    assert_true(isakmp_deadline(A->x) == ISAKMP_NEVER);
    assert_int_equal(A->n_events, 0);
    finish();
}

/* send_as fails: as if the probe were lost.  No randomness: nothing is begun. */
static void test_failing_callbacks(void **state)
{
    (void)state;
    prepare(989);
    A->fail_at = 1;
    pair_start(&pr);
    assert_int_equal(discover(), ISAKMP_OK);
    assert_int_equal(stats_of(A).send_failures, 1);
    assert_int_equal(seen.probes, 0);
    run_for(1100);
    assert_int_equal(seen.probes, 1);
    assert_true(both_up(1));
    finish();

    prepare(990);
    pair_start(&pr);
    A->toy.fail_at = A->toy.all_calls + 1;
    assert_int_equal(discover(), ISAKMP_E_CRYPTO);
    assert_int_equal(stats_of(A).discoveries, 0);
    A->toy.fail_at = 0;
    B->toy.fail_at = B->toy.all_calls + 1; /* no cookie for the reply: the next probe gets one */
    assert_int_equal(discover(), ISAKMP_OK);
    run_for(500);
    assert_int_equal(isakmp_count(B->x, ISAKMP_D_CRYPTO), 1);
    assert_int_equal(seen.replies, 0);
    run_for(1000);
    assert_true(both_up(1));
    finish();
}

/* Each callback of either side fails once: nothing is left of it, and nothing is up on one side only for good. */
static void test_every_failure(void **state)
{
    (void)state;
    for (int who = 0; who < 2; who++)
        for (unsigned at = 1;; at++) {
            peer *p;
            unsigned done;
            prepare(1000 + at);
            p = &pr.p[who];
            p->fail_at = at;
            pair_start(&pr);
            (void)discover();
            run_for(60000);
            done = p->callbacks < at;
            p->fail_at = 0;
            finish();
            if (done)
                break;
            assert_true(at < 100);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pool_of_discoveries),
        cmocka_unit_test(test_probes_in_a_second),
        cmocka_unit_test(test_repetitions_in_a_second),
        cmocka_unit_test(test_one_destination),
        cmocka_unit_test(test_full_pools),
        cmocka_unit_test(test_no_exchange_for_the_child),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_exchanges_missing),
        cmocka_unit_test(test_policies_in_use),
        cmocka_unit_test(test_failing_callbacks),
        cmocka_unit_test(test_every_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
