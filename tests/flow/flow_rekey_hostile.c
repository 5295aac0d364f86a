/* flow/flow_rekey_hostile.c -- rekeying where somebody else has the same identity and key, or has recorded what was
 * sent; with the commit bit; and with users who take their time.  [T-31] */
#include "flow/forge.h"

/* ---- Others of a group ---------------------------------------------------------------------------------------- */

#define FIRST  1
#define SECOND 99

static void prepare_group(uint64_t seed)
{
    pair_init(&pr, seed);
    for (int i = 0; i < 2; i++) {
        pr.p[i].child.flags |= ISAKMP_CF_REKEY;
        pr.p[i].peer.flags |= ISAKMP_PF_REKEY;
    }
    A->peer.my_id.type = ISAKMP_ID_KEY_ID;
    A->peer.my_id.data = isakmp__span((const uint8_t *)"group", 5);
    pair_start(&pr);
}

/* A client of the group comes from an address; returns the gateway's SA with it. */
static isakmp_sa_id client_from(uint8_t last, int child)
{
    isakmp_sa_id sa = {0}, newest = {0};
    isakmp_time before = pr.now;
    A->addr.ip[3] = last;
    run_for(10);
    pair_connect(&pr, ISAKMP_EXCH_AGGRESSIVE, child);
    run_for(100);
    while ((sa = isakmp_sa_next(B->x, sa)).v)
        if (sa_info(B, sa).since > before)
            newest = sa;
    assert_true(newest.v != 0);
    return newest;
}

static uint8_t address_of(isakmp_sa_id sa)
{
    return sa_info(B, sa).path.remote.ip[3];
}

/* The ISAKMP SA of the first one has gone.  Its child is not proposed to the second one, nor does that hear of its
 * end. */
static void test_child_is_not_for_others(void **state)
{
    (void)state;
    for (int second_is_older = 0; second_is_older < 2; second_is_older++) {
        isakmp_sa_id first, second = {0};
        isakmp_child_id c, n;
        isakmp_path path;
        prepare_group(1600);
        if (second_is_older)
            second = client_from(SECOND, 0);
        first = client_from(FIRST, 1);
        if (!second_is_older)
            second = client_from(SECOND, 0);
        c = first_child(B);
        assert_true(child_info(B, c).sa.v == first.v && address_of(second) == SECOND);
        isakmp__sa_end(B->x, inner_sa(B, first),
                       isakmp__reason(ISAKMP_BY_TIMER, ISAKMP_D_EXPIRED, 0, 0));
        assert_int_equal(isakmp_tick(B->x, pr.now), ISAKMP_OK);
        run_for(100);
        assert_int_equal(sa_info(B, first).state, ISAKMP_SA_ENDED);
        assert_int_equal(isakmp_sa_heard(B->x, pr.now, first, NULL), ISAKMP_NONE);
        assert_int_equal(isakmp_child_rekey(B->x, pr.now, c, &n), ISAKMP_OK);
        path = sa_info(B, child_info(B, n).sa).path;
        assert_int_equal(path.remote.ip[3], FIRST);
        assert_int_equal(sa_info(B, child_info(B, n).sa).state, ISAKMP_SA_NEGOTIATING);
        finish();
    }
}

/* What is begun under an SA that was replaced goes to the one in its place, not to that of somebody else. */
static void test_heir_is_not_somebody_else(void **state)
{
    isakmp_sa_id first, all = {0};
    isakmp_child_id c;
    (void)state;
    prepare_group(1601);
    client_from(SECOND, 0);
    first = client_from(FIRST, 0);
    assert_int_equal(isakmp_rekey(B->x, pr.now, first, NULL), ISAKMP_OK);
    run_for(1000);
    assert_int_equal(sa_info(B, first).replaced, 1);
    c = add_child(B, first, &B->child);
    assert_true(child_info(B, c).sa.v != first.v);
    assert_int_equal(address_of(child_info(B, c).sa), FIRST);
    assert_true(isakmp_child_next(B->x, all, c).v == 0);
    finish();
}

/* Somebody of the group is alive: that says nothing of another one who is dead, and is connected again. */
static int drop_first(pair *p, wire_item *w)
{
    (void)p;
    return w->from == 1 && w->path.remote.ip[3] == FIRST ? PAIR_DROP : PAIR_DELIVER;
}

static void test_dead_among_others(void **state)
{
    isakmp_sa_id first;
    (void)state;
    prepare_group(1602);
    B->peer.flags |= ISAKMP_PF_RESTART | ISAKMP_PF_DPD_PERIODIC;
    B->peer.dpd_s = 10;
    B->peer.dpd_retry_s = B->peer.dpd_tries = 2;
    first = client_from(FIRST, 1);
    client_from(SECOND, 0);
    pr.filter = drop_first;
    run_for(60000);
    assert_true(last_event(B, ISAKMP_EV_SA_DOWN)->sa.v == first.v);
    assert_int_equal(last_event(B, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_DEAD);
    assert_int_equal(sas_in(B, ISAKMP_SA_UP), 1);
    assert_true(last_event(B, ISAKMP_EV_SA_DOWN)->other_sa.v != 0);
    assert_int_equal(children_in(B, ISAKMP_CHILD_WAITING), 1);
    finish();
}

/* ---- Recorded messages ---------------------------------------------------------------------------------------- */

static wire_item recorded;

static int record(pair *p, wire_item *w)
{
    (void)p;
    if (w->from == 1 && header_of(w).exchange == ISAKMP_EXCH_QUICK && recorded.n == 0)
        recorded = *w;
    return PAIR_DELIVER;
}

/* Somebody sends the first message of an old Quick Mode again and again, as soon as its message ID is forgotten.  A
 * negotiates its child anew all the same, before that ends. */
static void test_recorded_first_messages(void **state)
{
    (void)state;
    for (uint64_t seed = 1610; seed < 1620; seed++) {
        isakmp__sa *sa;
        unsigned before;
        pair_init(&pr, seed);
        A->child.life_s = 1200;
        A->child.flags |= ISAKMP_CF_REKEY;
        come_up(ISAKMP_EXCH_MAIN, 1);
        recorded.n = 0;
        pr.filter = record;
        assert_int_equal(isakmp_child_rekey(B->x, pr.now, first_child(B), NULL), ISAKMP_OK);
        run_for(200000);
        assert_true(recorded.n != 0 && both_up(1));
        before = heard(A, ISAKMP_EV_CHILD_UP);
        sa = inner_sa(A, first_sa(A));
        for (unsigned s = 0; s < 1050; s++) {
            memset(sa->used_ids, 0, sizeof sa->used_ids);
            pair_input(&pr, 0, recorded.data, recorded.n);
            run_for(1000);
            assert_true(children_in(A, ISAKMP_CHILD_UP) >= 1);
        }
        assert_true(heard(A, ISAKMP_EV_CHILD_UP) > before);
        run_for(200000);
        finish();
    }
}

/* ---- The commit bit ------------------------------------------------------------------------------------------- */

static unsigned lose_nth, n_info;

static int lose_info(pair *p, wire_item *w)
{
    (void)p;
    if (header_of(w).exchange != ISAKMP_EXCH_INFO)
        return PAIR_DELIVER;
    return ++n_info == lose_nth ? PAIR_DROP : PAIR_DELIVER;
}

/* Children and ISAKMP SAs are negotiated anew by either side, or both at once, with CONNECTED or without. */
static void test_with_the_commit_bit(void **state)
{
    (void)state;
    for (lose_nth = 0; lose_nth < 3; lose_nth++)
        for (int by = 0; by < 3; by++) {
            pair_init(&pr, 1620 + (uint64_t)by);
            for (int i = 0; i < 2; i++) {
                pr.p[i].child.flags |= ISAKMP_CF_REKEY;
                pr.p[i].peer.flags |= ISAKMP_PF_REKEY | ISAKMP_PF_COMMIT | ISAKMP_PF_SET_COMMIT;
            }
            pair_start(&pr);
            pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
            run_for(20000);
            assert_true(both_up(1));
            n_info = 0;
            pr.filter = lose_info;
            for (int i = 0; i < 2; i++)
                if (by == i || by == 2)
                    assert_int_equal(
                        isakmp_child_rekey(pr.p[i].x, pr.now, first_child(&pr.p[i]), NULL),
                        ISAKMP_OK);
            assert_int_equal(isakmp_rekey(A->x, pr.now, first_sa(A), NULL), ISAKMP_OK);
            for (unsigned k = 0; k < 600; k++) {
                run_for(1000);
                assert_true(children_in(A, ISAKMP_CHILD_UP) && children_in(B, ISAKMP_CHILD_UP));
            }
            assert_true(both_up(1));
            finish();
        }
}

/* ---- Users ---------------------------------------------------------------------------------------------------- */

/* The gateway asks again who the user is, and that takes so long that phase 1 is forgotten, or it is the wrong one.
 * In the end the old SA is replaced, or it is tried again. */
static int wrong_at_first(peer *p, const isakmp_user *got, isakmp_user *out)
{
    (void)out;
    if (got->round == 0)
        return ISAKMP_NONE;
    return p->checks < 6 && heard(p, ISAKMP_EV_SA_UP) ? ISAKMP_E_HOST : ISAKMP_OK;
}

static void test_users_who_take_their_time(void **state)
{
    (void)state;
    for (int wrong = 0; wrong < 2; wrong++)
        for (int flags = 0; flags < 2; flags++) {
            isakmp_sa_id old;
            pair_init(&pr, 1630);
            for (int i = 0; i < 2; i++) {
                pr.p[i].policies[0].auth = ISAKMP_AUTH_XAUTH_INIT_PSK;
                pr.p[i].policies[0].life_s = 4000;
                pr.p[i].peer.flags |= flags ? ISAKMP_PF_REKEY : 0;
                pr.p[i].peer.user_s = 200;
                pr.p[i].config.linger_ms = 20000;
            }
            if (wrong)
                B->judge_user = wrong_at_first;
            come_up(ISAKMP_EXCH_MAIN, 1);
            old = first_sa(A);
            A->park = 1;
            A->answer_after = 50000;
            if (!flags)
                assert_int_equal(isakmp_rekey(A->x, pr.now, old, NULL), ISAKMP_OK);
            run_for(flags ? 3900000 : 250000);
            if (wrong && !flags) { /* the host may try again */
                assert_int_equal(heard(A, ISAKMP_EV_SA_UP), 1);
                A->answer_after = 1000;
                assert_int_equal(isakmp_rekey(A->x, pr.now, old, NULL), ISAKMP_OK);
                run_for(60000);
            }
            assert_true(heard(A, ISAKMP_EV_SA_UP) >= 2);
            assert_int_equal(sas_in(A, ISAKMP_SA_UP), 1);
            assert_int_equal(heard(A, ISAKMP_EV_CHILD_DOWN), 0);
            finish();
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_child_is_not_for_others),
        cmocka_unit_test(test_heir_is_not_somebody_else),
        cmocka_unit_test(test_dead_among_others),
        cmocka_unit_test(test_recorded_first_messages),
        cmocka_unit_test(test_with_the_commit_bit),
        cmocka_unit_test(test_users_who_take_their_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
