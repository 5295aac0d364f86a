/* flow/flow_rekey_users.c -- rekeying of clients with users and addresses: XAUTH and Mode Config together with new
 * ISAKMP SAs and new children, many times.  A is the client, B the gateway.  [T-31] */
#include "base/span.h"
#include "stage.h"

#define CLIENT_ASKS 0
#define PUSHED      1

typedef struct way {
    uint16_t auth;
    int by_flags; /* the policies want XAUTH, not the method */
    int known;    /* who negotiates anew is not asked for its user again */
} way;

static const way ways[] = {{ISAKMP_AUTH_XAUTH_INIT_RSA, 0, 1},  {ISAKMP_AUTH_XAUTH_INIT_REV, 0, 1},
                           {ISAKMP_AUTH_RSA_SIG, 1, 1},         {ISAKMP_AUTH_XAUTH_INIT_PSK, 0, 0},
                           {ISAKMP_AUTH_HYBRID_INIT_RSA, 0, 0}, {ISAKMP_AUTH_PSK, 1, 0}};

static const uint8_t modes[] = {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_AGGRESSIVE};

static void prepare(uint64_t seed, const way *how, int config)
{
    pair_init(&pr, seed);
    for (int i = 0; i < 2; i++) {
        peer *p = &pr.p[i];
        p->policies[0].auth = how->auth;
        p->policies[0].life_s = 600;
        p->child.life_s = 200;
        p->child.flags |= ISAKMP_CF_REKEY;
        p->peer.flags |= ISAKMP_PF_REKEY | ISAKMP_PF_AGGRESSIVE_PSK;
        p->config.limits.sas = 5;
        p->config.limits.children = 4;
    }
    A->peer.flags |= config == PUSHED ? ISAKMP_PF_CONFIG_ACCEPT : ISAKMP_PF_CONFIG_PULL;
    B->peer.flags |= config == PUSHED ? ISAKMP_PF_CONFIG_PUSH : ISAKMP_PF_CONFIG_ANSWER;
    A->peer.flags |= how->by_flags ? ISAKMP_PF_XAUTH_ANSWER : 0;
    B->peer.flags |= how->by_flags ? ISAKMP_PF_XAUTH_ASK : 0;
    A->child.local.family = B->child.remote.family = 0;
    A->no_private_key = how->auth == ISAKMP_AUTH_HYBRID_INIT_RSA;
}

static void connect(uint8_t mode)
{
    pair_start(&pr);
    pair_connect(&pr, mode, 1);
    run_for(500);
    assert_true(both_up(1));
    assert_int_equal(B->pool.used, 1);
}

/* The hosts report a packet through every child. */
static void report_all(void)
{
    for (int i = 0; i < 2; i++) {
        isakmp_sa_id all = {0};
        isakmp_child_id c = {0};
        while ((c = isakmp_child_next(pr.p[i].x, all, c)).v)
            assert_int_equal(isakmp_child_traffic(pr.p[i].x, pr.now, c, 100, 100), ISAKMP_OK);
    }
}

static int is_first_address(const isakmp_addr *a)
{
    static const uint8_t ip[4] = {10, 9, 0, 1};
    return a->family == 4 && memcmp(a->ip, ip, sizeof ip) == 0;
}

/* All that is up belongs to one client, which has its address still, and nobody else has one. */
static void look(void)
{
    isakmp_sa_id all = {0}, sa = {0};
    isakmp_child_id c = {0};
    assert_true(children_in(A, ISAKMP_CHILD_UP) >= 1 && children_in(B, ISAKMP_CHILD_UP) >= 1);
    assert_int_equal(B->pool.used, 1);
    assert_int_equal(B->releases, 0);
    assert_int_equal(heard(A, ISAKMP_EV_CONFIG_END) + heard(B, ISAKMP_EV_CONFIG_END), 0);
    while ((sa = isakmp_sa_next(B->x, sa)).v)
        assert_int_equal(sa_info(B, sa).initiator, 0);
    while ((c = isakmp_child_next(A->x, all, c)).v) {
        isakmp_child_info i = child_info(A, c);
        isakmp_addr a = {i.local.family, {0}, 0};
        memcpy(a.ip, i.local.lo, sizeof a.ip);
        assert_true(i.state != ISAKMP_CHILD_UP || is_first_address(&a));
    }
}

static void run_and_look(isakmp_time ms)
{
    isakmp_time until = pr.now + ms;
    while (pr.now < until) {
        run_for(1000);
        report_all();
        look();
    }
}

static void check_end(void)
{
    close_all();
    assert_int_equal(B->pool.used, 0);
    assert_int_equal(B->releases, 1);
    assert_int_equal(B->lost_addresses, 0);
    pair_end(&pr);
}

/* For hours, by both sides.  Only the client begins phase 1, and is asked for its user once, or each time. */
static void test_hours(void **state)
{
    (void)state;
    for (unsigned k = 0; k < COUNT(modes); k++)
        for (unsigned i = 0; i < COUNT(ways); i++)
            for (int config = CLIENT_ASKS; config <= PUSHED; config++) {
                prepare(1500 + i, &ways[i], config);
                connect(modes[k]);
                run_and_look(3600000 * 3);
                assert_in_range(heard(A, ISAKMP_EV_SA_UP), 18, 24);
                assert_int_equal(heard(A, ISAKMP_EV_SA_UP), heard(B, ISAKMP_EV_SA_UP));
                assert_in_range(heard(A, ISAKMP_EV_CHILD_UP), 54, 70);
                assert_int_equal(A->gets, ways[i].known ? 1 : heard(A, ISAKMP_EV_SA_UP));
                assert_string_equal(last_event(B, ISAKMP_EV_SA_UP)->user, "joe");
                assert_int_equal(sa_info(B, first_sa(B)).user.n, 3);
                check_end();
            }
}

/* The gateway is asked to begin, and does not. */
static void test_gateway_does_not_begin(void **state)
{
    (void)state;
    for (unsigned i = 0; i < COUNT(ways); i++) {
        isakmp_sa_id sa;
        prepare(1510, &ways[i], CLIENT_ASKS);
        A->peer.flags &= ~(uint32_t)ISAKMP_PF_REKEY;
        connect(ISAKMP_EXCH_MAIN);
        sa = first_sa(B);
        assert_int_equal(isakmp_rekey(B->x, pr.now, sa, NULL), ISAKMP_E_STATE);
        run_and_look(590000);
        assert_int_equal(heard(B, ISAKMP_EV_SA_SOFT), 1);
        assert_int_equal(heard(A, ISAKMP_EV_SA_UP), 1);
        assert_int_equal(A->gets, 1);
        check_end();
    }
}

/* Somebody else comes with the same group key and identity, from another address: a child for the same traffic is
 * no reason to take anything from the first one, even as the same user. */
static void test_another_client(void **state)
{
    (void)state;
    for (int config = CLIENT_ASKS; config <= PUSHED; config++) {
        isakmp_sa_id of_first;
        isakmp_child_id c;
        prepare(1520, &ways[3], config);
        A->peer.my_id.type = ISAKMP_ID_KEY_ID;
        A->peer.my_id.data = isakmp__span((const uint8_t *)"group", 5);
        connect(ISAKMP_EXCH_AGGRESSIVE);
        of_first = first_sa(B);
        c = first_child(B);
        A->addr.ip[3] = 99;
        pair_connect(&pr, ISAKMP_EXCH_AGGRESSIVE, 1);
        run_for(500);
        assert_int_equal(sas_in(B, ISAKMP_SA_UP), 2);
        assert_int_equal(children_in(B, ISAKMP_CHILD_UP), 2);
        assert_int_equal(sa_info(B, of_first).replaced, 0);
        assert_true(child_info(B, c).sa.v == of_first.v && child_info(B, c).replaced_by.v == 0);
        assert_int_equal(B->pool.used, 2);
        assert_int_equal(heard(B, ISAKMP_EV_CHILD_DOWN), 0);
        close_all();
        assert_int_equal(B->pool.used, 0);
        pair_end(&pr);
    }
}

/* A gateway that has begun itself does not begin again in the place of an SA that a user is known of: the address that he
 * has would be that of whoever answers. */
static void test_a_gateway_lets_a_user_go(void **state)
{
    static const way flags = {ISAKMP_AUTH_PSK, 0, 0};
    (void)state;
    prepare(1207, &flags, CLIENT_ASKS);
    A->peer.flags =
        ISAKMP_PF_XAUTH_ASK | ISAKMP_PF_CONFIG_ANSWER | ISAKMP_PF_RESTART | ISAKMP_PF_DPD_PERIODIC;
    B->peer.flags = ISAKMP_PF_XAUTH_ANSWER | ISAKMP_PF_CONFIG_PULL;
    A->peer.dpd_s = 10;
    A->child.local = B->child.remote;
    A->child.local.family = 4;
    A->child.remote.family = B->child.local.family = 0;
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
    run_for(2000);
    assert_int_equal(sas_in(A, ISAKMP_SA_UP), 1);
    assert_int_equal(A->pool.used, 1);
    pair_restart(&pr, 1);
    run_for(600000);
    assert_int_equal(heard(A, ISAKMP_EV_SA_UP), 1);
    assert_int_equal(stats_of(A).sas, 0);
    assert_int_equal(A->pool.used, 0);
    pair_end(&pr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hours),
        cmocka_unit_test(test_gateway_does_not_begin),
        cmocka_unit_test(test_another_client),
        cmocka_unit_test(test_a_gateway_lets_a_user_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
