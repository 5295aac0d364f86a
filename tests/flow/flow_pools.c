/* flow/flow_pools.c -- pools that are full: every single grant refused in turn, and limits so small
 * that hardly anything fits.  What cannot be had now is had later, or is told; nothing is lost.
 *
 * To refuse a grant this program has the pools compiled into itself, with their take in between: the
 * linker then leaves the library's own out. */
#include "base/pool.h"
#define isakmp__pool_take true_take
#include "base/pool.c"
#undef isakmp__pool_take
#include "exchange/engine.h"
#include "flow/stage.h"

static struct {
    const isakmp__pool *of; /* grants of this pool are counted */
    unsigned count, refuse; /* ... and this one is refused; 0: none */
    unsigned lasting;       /* 1: and all after it */
} grants;

void *isakmp__pool_take(isakmp__pool *p)
{
    if (p == grants.of) {
        grants.count++;
        if (grants.count == grants.refuse || (grants.lasting && grants.count > grants.refuse))
            return NULL;
    }
    return true_take(p);
}

static const struct {
    uint8_t exchange;
    uint16_t pfs;
    int fragments; /* 1: certificates, in fragments */
} plans[] = {{ISAKMP_EXCH_MAIN, ISAKMP_GROUP_MODP_1024, 0},
             {ISAKMP_EXCH_AGGRESSIVE, 0, 0},
             {ISAKMP_EXCH_MAIN, 0, 1}};

/* Which pool. */
enum {
    SAS,
    CHILDREN,
    EXCHS,
    PACKETS,
    ASSEMBLIES,
    POOLS
};

static const isakmp__pool *pool_of(const peer *p, int which)
{
    const isakmp_ctx *x = p->x;
    return which == SAS        ? &x->sas
           : which == CHILDREN ? &x->children
           : which == EXCHS    ? &x->exchs
           : which == PACKETS  ? &x->packets
                               : &x->assemblies;
}

static void prepare(unsigned plan)
{
    pair_init(&pr, 90 + plan);
    for (int i = 0; i < 2; i++) {
        pr.p[i].child.pfs_group = plans[plan].pfs;
        if (plans[plan].fragments) {
            pr.p[i].policies[0].auth = ISAKMP_AUTH_RSA_SIG;
            pr.p[i].more_certs = 1;
            pr.p[i].peer.fragment_size = 512;
        }
        pr.p[i].park = 1; /* messages are held while an answer is awaited */
        pr.p[i].peer.flags |= ISAKMP_PF_INITIAL_CONTACT;
    }
    B->policies[0].life_s = 3600;
    pair_start(&pr);
}

/* In Aggressive Mode the initiator is up before the responder is, in Main Mode the other way round: if the
 * last message is in fragments there may never be room for it. */
static int at_rest(unsigned plan)
{
    return both_agree() ||
           (plans[plan].exchange == ISAKMP_EXCH_AGGRESSIVE && is_up(A, 0) && sas_in(B, 0) == 0) ||
           (plans[plan].fragments && is_up(B, 0) && sas_in(A, 0) == 0);
}

static void check_rest(unsigned plan, int who, int which)
{
    if (!at_rest(plan))
        fail_msg("plan %u, peer %d, pool %d, grant %u: the peers did not come to rest", plan, who,
                 which, grants.refuse);
    for (int i = 0; i < 2; i++) {
        isakmp_stats s = stats_of(&pr.p[i]);
        assert_int_equal(s.exchanges + s.packets + s.half_open, 0);
        assert_int_equal(sad_count(&pr.p[i]), 2 * children_in(&pr.p[i], 0));
    }
}

/* One run; how many grants there were, also for closing. */
static unsigned run_once(unsigned plan, int who, int which, unsigned refuse, unsigned lasting)
{
    unsigned n;
    prepare(plan);
    memset(&grants, 0, sizeof grants);
    grants.of = pool_of(&pr.p[who], which);
    grants.refuse = refuse;
    grants.lasting = lasting;
    pair_connect(&pr, plans[plan].exchange, 1);
    run_for(LONG_MS);
    check_rest(plan, who, which);
    n = grants.count;
    memset(&grants, 0, sizeof grants);
    finish();
    return n;
}

static void test_T72_every_grant_refused(void **state)
{
    (void)state;
    for (unsigned plan = 0; plan < COUNT(plans); plan++)
        for (int who = 0; who < 2; who++)
            for (int which = 0; which < POOLS; which++) {
                unsigned n = run_once(plan, who, which, 0, 0);
                assert_true(n >= (which < EXCHS         ? 1u
                                  : which == ASSEMBLIES ? (unsigned)plans[plan].fragments
                                                        : 2u));
                for (unsigned i = 1; i <= n; i++) {
                    run_once(plan, who, which, i, 0);
                    run_once(plan, who, which, i, 1);
                }
            }
}

/* What is refused once comes with the peer's repetition, where there is one. */
static void test_a_refused_grant_only_delays(void **state)
{
    (void)state;
    for (int which = SAS; which <= EXCHS; which++) {
        prepare(0);
        memset(&grants, 0, sizeof grants);
        grants.of = pool_of(B, which);
        grants.refuse = 1;
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
        run_for(20000);
        assert_true(both_up(1));
        assert_true(isakmp_count(B->x, ISAKMP_D_POOL) >= 1);
        memset(&grants, 0, sizeof grants);
        finish();
    }
}

/* ---- Limits ------------------------------------------------------------------------------------ */

/* The smallest context there can be makes one SA with one child, in either role. */
static void test_limits_of_one(void **state)
{
    (void)state;
    for (int who = 0; who < 3; who++)
        for (unsigned plan = 0; plan < COUNT(plans); plan++) {
            pair_init(&pr, 95);
            for (int i = 0; i < 2; i++) {
                isakmp_limits *l = &pr.p[i].config.limits;
                pr.p[i].child.pfs_group = plans[plan].pfs;
                if (who == i || who == 2) {
                    l->sas = l->children = l->exchanges = l->half_open = l->packets = 1;
                    l->half_open_per_addr = 1;
                    l->max_datagram = 576;
                    l->max_dh = 128;
                }
            }
            come_up(plans[plan].exchange, 1);
            run_for(100000);
            assert_true(both_up(1));
            finish();
        }
}

/* Each limit alone at one, with everything answered later. */
static void test_each_limit_at_one(void **state)
{
    (void)state;
    for (int who = 0; who < 2; who++)
        for (unsigned plan = 0; plan < COUNT(plans); plan++)
            for (unsigned i = 0; i < 6; i++) {
                isakmp_limits *l = &pr.p[who].config.limits;
                uint32_t *limits[] = {&l->sas,       &l->children, &l->exchanges,
                                      &l->half_open, &l->packets,  &l->half_open_per_addr};
                prepare(plan);
                pair_end(&pr);
                *limits[i] = 1;
                pair_start(&pr);
                pair_connect(&pr, plans[plan].exchange, 1);
                run_for(LONG_MS);
                check_rest(plan, who, (int)i);
                /* With one packet a message cannot be kept until an answer comes. */
                if (i != 4 && i != 2)
                    assert_true(both_up(1));
                finish();
            }
}

static void test_limit_of_sas(void **state)
{
    isakmp_path path;
    isakmp_sa_id sa = {77};
    (void)state;
    pair_init(&pr, 96);
    A->config.limits.sas = 1;
    come_up(ISAKMP_EXCH_MAIN, 1);
    path = pair_path(&pr, 0);
    assert_int_equal(isakmp_connect(A->x, pr.now, &A->peer, &path, ISAKMP_EXCH_MAIN, &sa),
                     ISAKMP_E_LIMIT);
    assert_int_equal(sa.v, 77);
    /* Nor can a peer begin. */
    pair_connect_from(&pr, 1, ISAKMP_EXCH_MAIN, 0);
    run_for(100);
    assert_int_equal(isakmp_count(A->x, ISAKMP_D_POOL), 1);
    assert_int_equal(stats_of(A).sas, 1);
    finish();
}

static void test_limit_of_children(void **state)
{
    isakmp_child_id c = {88};
    (void)state;
    pair_init(&pr, 97);
    A->config.limits.children = 1;
    come_up(ISAKMP_EXCH_MAIN, 1);
    assert_int_equal(isakmp_child_connect(A->x, pr.now, first_sa(A), &A->child, &c),
                     ISAKMP_E_LIMIT);
    assert_int_equal(c.v, 88);
    add_child(B, first_sa(B), &B->child);
    run_for(5000);
    assert_true(isakmp_count(A->x, ISAKMP_D_POOL) >= 1);
    /* The first one goes: the repetition of Quick Mode finds room. */
    assert_int_equal(isakmp_child_close(A->x, pr.now, first_child(A)), ISAKMP_OK);
    run_for(20000);
    assert_true(both_up(1));
    assert_int_equal(child_info(B, first_child(B)).initiator, 1);
    finish();
}

/* Without room for the new one nothing takes the place of what nears its end, and the log says why. */
static void test_no_room_to_rekey(void **state)
{
    (void)state;
    for (int child = 0; child < 2; child++) {
        pair_init(&pr, 106 + (unsigned)child);
        A->config.limits.sas = 1;
        A->config.limits.children = 1;
        A->peer.flags |= ISAKMP_PF_REKEY;
        A->child.flags |= ISAKMP_CF_REKEY;
        for (int i = 0; i < 2; i++)
            if (child)
                pr.p[i].child.life_s = 100;
            else
                pr.p[i].policies[0].life_s = 100;
        come_up(ISAKMP_EXCH_MAIN, 1);
        while (heard(A, child ? ISAKMP_EV_CHILD_SOFT : ISAKMP_EV_SA_SOFT) == 0)
            run_for(10);
        assert_string_equal(
            A->log, child ? "there is no room for a new child (limits.children)"
                          : "there is no room for a new ISAKMP SA (limits.sas, limits.exchanges)");
        assert_int_equal(heard(A, child ? ISAKMP_EV_CHILD_UP : ISAKMP_EV_SA_UP), 1);
        finish();
    }
}

static void test_limit_of_exchanges(void **state)
{
    isakmp_path path;
    isakmp_sa_id sa = {0};
    (void)state;
    pair_init(&pr, 98);
    A->config.limits.exchanges = 2;
    A->config.limits.packets = 2;
    pair_start(&pr);
    path = pair_path(&pr, 0);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(isakmp_connect(A->x, pr.now, &A->peer, &path, ISAKMP_EXCH_MAIN, &sa),
                         ISAKMP_OK);
    assert_int_equal(isakmp_connect(A->x, pr.now, &A->peer, &path, ISAKMP_EXCH_MAIN, &sa),
                     ISAKMP_E_LIMIT);
    assert_int_equal(stats_of(A).sas, 2);
    run_for(100);
    assert_int_equal(sas_in(A, ISAKMP_SA_UP), 2);
    finish();
}

/* Ends of exchanges that are only kept make room for new ones. */
static void test_kept_exchanges_make_room(void **state)
{
    (void)state;
    pair_init(&pr, 99);
    for (int i = 0; i < 2; i++) {
        pr.p[i].config.limits.exchanges = 1;
        pr.p[i].config.limits.packets = 1;
    }
    come_up(ISAKMP_EXCH_AGGRESSIVE, 1);
    for (unsigned i = 0; i < 3; i++) {
        add_child(A, first_sa(A), &A->child);
        run_for(10);
    }
    assert_true(both_up(4));
    assert_int_equal(isakmp_close(A->x, pr.now, first_sa(A)), ISAKMP_OK);
    run_for(10);
    assert_true(pair_is_empty(&pr));
    finish();
}

/* A Delete goes out also when everything is in use. */
static void test_goodbye_when_all_is_full(void **state)
{
    isakmp_sa_id up;
    (void)state;
    pair_init(&pr, 100);
    A->config.limits.exchanges = 1;
    A->config.limits.packets = 1;
    come_up(ISAKMP_EXCH_MAIN, 1);
    up = first_sa(A);
    A->park = 1; /* the new SA waits for its key, and its exchange keeps the only packet */
    A->never_answer = 1;
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
    assert_int_equal(stats_of(A).exchanges, 1);
    assert_int_equal(isakmp_close(A->x, pr.now, up), ISAKMP_OK);
    run_for(10);
    assert_int_equal(stats_of(B).sas, 0);
    assert_int_equal(last_event(B, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_DELETED);
    A->n_asks = 0;
    finish();
}

/* Groups beyond max_dh are neither offered nor matched, also those of perfect forward secrecy. */
static void test_limit_of_groups(void **state)
{
    isakmp_child_id c = {0};
    (void)state;
    pair_init(&pr, 101);
    A->config.limits.max_dh = 128;
    A->policies[1] = A->policies[0];
    A->policies[0].priority = 1;
    A->policies[0].group = ISAKMP_GROUP_MODP_2048;
    A->peer.n_policies = 2;
    B->policies[1] = A->policies[0];
    B->peer.n_policies = 2;
    come_up(ISAKMP_EXCH_MAIN, 1);
    assert_int_equal(sa_info(A, first_sa(A)).suite.group, ISAKMP_GROUP_MODP_1024);
    A->child.pfs_group = ISAKMP_GROUP_MODP_2048;
    assert_int_equal(isakmp_child_connect(A->x, pr.now, first_sa(A), &A->child, &c), ISAKMP_E_ARG);
    B->child.pfs_group = ISAKMP_GROUP_MODP_2048;
    add_child(B, first_sa(B), &B->child);
    run_for(100);
    assert_int_equal(last_event(A, ISAKMP_EV_REFUSED)->detail, ISAKMP_D_NO_PROPOSAL);
    assert_true(both_up(1));
    finish();
}

/* A message that does not fit into max_datagram is not sent; one that is longer is not looked at. */
static void test_limit_of_datagrams(void **state)
{
    static uint8_t big[4096];
    (void)state;
    pair_init(&pr, 102);
    A->config.limits.max_datagram = 576;
    for (int i = 0; i < 2; i++) {
        pr.p[i].policies[0].group = ISAKMP_GROUP_MODP_8192;
        pr.p[i].peer.flags |= ISAKMP_PF_NO_NATT;
    }
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
    run_for(100);
    assert_int_equal(last_event(A, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_TOO_LONG);
    assert_int_equal(stats_of(A).sas, 0);
    assert_int_equal(pair_input(&pr, 0, big, 573), ISAKMP_IGNORED);
    assert_int_equal(isakmp_count(A->x, ISAKMP_D_TOO_LONG), 2);
    assert_int_equal(pair_input(&pr, 0, big, 572), ISAKMP_IGNORED);
    assert_int_equal(isakmp_count(A->x, ISAKMP_D_TOO_LONG), 2);
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_T72_every_grant_refused),
        cmocka_unit_test(test_a_refused_grant_only_delays),
        cmocka_unit_test(test_limits_of_one),
        cmocka_unit_test(test_each_limit_at_one),
        cmocka_unit_test(test_limit_of_sas),
        cmocka_unit_test(test_limit_of_children),
        cmocka_unit_test(test_no_room_to_rekey),
        cmocka_unit_test(test_limit_of_exchanges),
        cmocka_unit_test(test_kept_exchanges_make_room),
        cmocka_unit_test(test_goodbye_when_all_is_full),
        cmocka_unit_test(test_limit_of_groups),
        cmocka_unit_test(test_limit_of_datagrams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
