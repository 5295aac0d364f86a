/* flow/flow_restart.c -- what the library begins again by itself: after a dead peer, when pools were full, when
 * the peer refused or was silent, when the ISAKMP SA has gone; lifetimes by traffic; and rekeying behind a NAT.
 * [T-34] */
#include "exchange/engine.h"
#include "stage.h"

static void prepare(uint64_t seed, uint32_t sa_life_s, uint32_t child_life_s)
{
    pair_init(&pr, seed);
    for (int i = 0; i < 2; i++) {
        peer *p = &pr.p[i];
        p->policies[0].life_s = sa_life_s;
        p->child.life_s = child_life_s;
        p->child.flags |= ISAKMP_CF_REKEY;
        p->peer.flags |= ISAKMP_PF_REKEY;
    }
}

static void wants_restart(peer *p)
{
    p->peer.flags |= ISAKMP_PF_RESTART | ISAKMP_PF_DPD_PERIODIC;
    p->peer.dpd_s = 10;
    p->peer.dpd_retry_s = 2;
    p->peer.dpd_tries = 2;
}

static int drop_all(pair *p, wire_item *w)
{
    (void)p;
    (void)w;
    return PAIR_DROP;
}

static int drop_exchange;

static int drop_some(pair *p, wire_item *w)
{
    (void)p;
    return header_of(w).exchange == drop_exchange ? PAIR_DROP : PAIR_DELIVER;
}

/* ---- A dead peer ------------------------------------------------------------------------------------ */

/* B loses its memory; A finds out, connects again, and asks for the same child. */
static void test_restart(void **state)
{
    (void)state;
    for (int who = 0; who < 2; who++) {
        peer *p = &pr.p[who];
        isakmp_sa_id sa, next;
        isakmp_child_id c, next_child;
        isakmp_selector local;
        isakmp_child_info info;
        prepare(400, 86400, 28800);
        wants_restart(p);
        come_up(ISAKMP_EXCH_MAIN, 1);
        sa = first_sa(p);
        c = first_child(p);
        local = child_info(p, c).local;
        pr.filter = drop_all;
        pair_restart(&pr, 1 - who);
        run_for(60000);
        assert_int_equal(heard(p, ISAKMP_EV_SA_UP), 1);
        assert_true(last_event(p, ISAKMP_EV_CHILD_DOWN)->child.v == c.v);
        assert_int_equal(last_event(p, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_DEAD);
        next_child = last_event(p, ISAKMP_EV_CHILD_DOWN)->other_child;
        assert_int_equal(child_info(p, next_child).state, ISAKMP_CHILD_WAITING);
        assert_int_equal(sas_in(p, 0), 1);
        assert_int_equal(sas_in(p, ISAKMP_SA_NEGOTIATING), 1);
        next = first_sa(p);
        assert_true(next.v != sa.v);
        assert_int_equal(sad_count(p), 0);
        pr.filter = NULL;
        run_for(400000);
        assert_true(both_up(1));
        assert_int_equal(sa_info(p, first_sa(p)).initiator, 1);
        assert_true(first_child(p).v == next_child.v);
        info = child_info(p, next_child);
        assert_memory_equal(&info.local, &local, sizeof local);
        finish();
    }
}

/* An ISAKMP SA whose lifetime is over begins again, and its child lives on: who connects meanwhile, for another
 * reason, does not announce an INITIAL-CONTACT, for the peer would end what is still in use here. */
static void test_no_contact_while_it_begins_again(void **state)
{
    isakmp_path path;
    isakmp_sa_id sa;
    (void)state;
    prepare(424, 60, 28800);
    for (int i = 0; i < 2; i++)
        pr.p[i].peer.flags &= ~(uint32_t)ISAKMP_PF_REKEY;
    A->peer.flags |= ISAKMP_PF_RESTART | ISAKMP_PF_INITIAL_CONTACT;
    come_up(ISAKMP_EXCH_MAIN, 1);
    path = pair_path(&pr, 0);
    run_for(60500);
    assert_int_equal(sas_in(A, ISAKMP_SA_NEGOTIATING), 1);
    assert_int_equal(sad_count(A), 2);
    assert_int_equal(isakmp_connect(A->x, pr.now, &A->peer, &path, ISAKMP_EXCH_MAIN, &sa),
                     ISAKMP_OK);
    run_for(5000);
    assert_true(sas_in(A, ISAKMP_SA_UP) > 0);
    assert_int_equal(heard(A, ISAKMP_EV_CHILD_DOWN) + heard(B, ISAKMP_EV_CHILD_DOWN), 0);
    assert_true(sads_mirror(&pr));
    assert_int_equal(sad_count(A), 2);
    finish();
}

/* The waits between attempts grow, but not without end; the ids tell what follows what; nothing leaks; and the
 * host can end it. */
static void test_backoff(void **state)
{
    isakmp_sa_id id;
    isakmp_time first, last;
    unsigned attempts;
    (void)state;
    prepare(401, 86400, 28800);
    wants_restart(A);
    come_up(ISAKMP_EXCH_MAIN, 1);
    pr.filter = drop_all;
    run_for(60000);
    id = first_sa(A);
    first = pr.now;
    for (attempts = 0; attempts < 30; attempts++) {
        while (first_sa(A).v == id.v) {
            run_for(1000);
            assert_true(isakmp_deadline(A->x) != ISAKMP_NEVER); /* T-34 */
        }
        assert_true(last_event(A, ISAKMP_EV_SA_DOWN)->sa.v == id.v);
        assert_true(last_event(A, ISAKMP_EV_SA_DOWN)->other_sa.v == first_sa(A).v);
        id = first_sa(A);
        last = pr.now;
        assert_int_equal(stats_of(A).sas, 1);
        assert_int_equal(stats_of(A).children, 1);
    }
    assert_in_range(last - first, 20 * 300000, 30 * 400000);
    assert_int_equal(children_in(A, ISAKMP_CHILD_WAITING), 1);
    assert_int_equal(isakmp_close(A->x, pr.now, id), ISAKMP_OK);
    assert_int_equal(stats_of(A).sas + stats_of(A).children, 0);
    finish();
}

/* Nobody sends anything through a child, and dead peer detection asks only when it is needed: but a rekeying that is
 * not answered is a reason to ask. */
static const isakmp_extension *const no_dpd[] = {NULL};

static void test_silent_peer_in_phase_2(void **state)
{
    (void)state;
    for (int knows = 0; knows < 2; knows++) {
        prepare(423, 86400, 28800);
        wants_restart(A);
        A->peer.flags &= ~(uint32_t)ISAKMP_PF_DPD_PERIODIC;
        if (!knows)
            B->config.extensions = no_dpd;
        come_up(ISAKMP_EXCH_MAIN, 1);
        pr.filter = drop_all;
        pair_restart(&pr, 1);
        run_for(600000);
        assert_int_equal(sas_in(A, ISAKMP_SA_UP), 1);
        assert_int_equal(isakmp_child_rekey(A->x, pr.now, first_child(A), NULL), ISAKMP_OK);
        run_for(100000);
        pr.filter = NULL;
        run_for(400000);
        assert_int_equal(heard(A, ISAKMP_EV_SA_UP), knows ? 2 : 1);
        if (knows) {
            assert_true(both_up(1));
            finish();
        } else { /* only the lifetimes tell */
            isakmp_close(A->x, pr.now, first_sa(A));
            finish();
        }
    }
}

/* A responder that refuses without a word is not dead. */
static int drop_quick(pair *p, wire_item *w)
{
    (void)p;
    return header_of(w).exchange == ISAKMP_EXCH_QUICK ? PAIR_DROP : PAIR_DELIVER;
}

static void test_mute_peer_in_phase_2(void **state)
{
    isakmp_sa_id sa;
    (void)state;
    prepare(424, 86400, 28800);
    wants_restart(A);
    come_up(ISAKMP_EXCH_MAIN, 1);
    sa = first_sa(A);
    pr.filter = drop_quick;
    assert_int_equal(isakmp_child_rekey(A->x, pr.now, first_child(A), NULL), ISAKMP_OK);
    run_for(200000);
    assert_true(first_sa(A).v == sa.v);
    assert_true(both_up(1));
    finish();
}

/* Without the flag nothing is begun again. */
static void test_no_restart(void **state)
{
    (void)state;
    prepare(402, 86400, 28800);
    wants_restart(A);
    A->peer.flags &= ~(uint32_t)ISAKMP_PF_RESTART;
    come_up(ISAKMP_EXCH_MAIN, 1);
    pr.filter = drop_all;
    run_for(60000);
    assert_int_equal(stats_of(A).sas + stats_of(A).children, 0);
    assert_true(last_event(A, ISAKMP_EV_SA_DOWN)->other_sa.v == 0);
    assert_true(last_event(A, ISAKMP_EV_CHILD_DOWN)->other_child.v == 0);
    finish();
}

/* The path is cut, and both sides begin again: one SA and one child are left. */
static void test_both_restart(void **state)
{
    (void)state;
    for (uint64_t seed = 403; seed < 420; seed++) {
        prepare(seed, 86400, 28800);
        wants_restart(A);
        wants_restart(B);
        come_up(ISAKMP_EXCH_MAIN, 1);
        pr.filter = drop_all;
        run_for(60000 + 1777 * (seed - 403));
        assert_int_equal(sas_in(A, ISAKMP_SA_NEGOTIATING), 1);
        assert_int_equal(sas_in(B, ISAKMP_SA_NEGOTIATING), 1);
        pr.filter = NULL;
        run_for(1200000);
        assert_true(both_up(1));
        finish();
    }
}

/* The peer comes back by itself before we do: our attempt is not needed. */
static void test_peer_is_quicker(void **state)
{
    (void)state;
    prepare(421, 86400, 28800);
    wants_restart(A);
    come_up(ISAKMP_EXCH_MAIN, 1);
    pr.filter = drop_all;
    pair_restart(&pr, 1);
    run_for(400000);
    while (sa_info(A, first_sa(A)).message) /* until it waits for its next attempt */
        run_for(1000);
    pr.filter = NULL;
    pair_connect_from(&pr, 1, ISAKMP_EXCH_MAIN, 0);
    run_for(1000);
    assert_true(both_up(1));
    assert_int_equal(sa_info(A, first_sa(A)).initiator, 0);
    assert_int_equal(last_event(A, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_RIVAL);
    finish();
}

/* A peer that has restarted and says so: what was adopted from before goes with the rest. */
static void test_initial_contact(void **state)
{
    (void)state;
    prepare(422, 86400, 28800);
    B->peer.flags |= ISAKMP_PF_INITIAL_CONTACT;
    come_up(ISAKMP_EXCH_MAIN, 1);
    pair_restart(&pr, 1);
    pr.now += 1000;
    pair_connect_from(&pr, 1, ISAKMP_EXCH_MAIN, 1);
    run_for(1000);
    assert_true(both_up(1));
    assert_int_equal(last_event(A, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_INITIAL_CONTACT);
    finish();
}

/* Who has children left of an ISAKMP SA that is gone does not say that it is its first contact, whichever way it comes
 * to a new one: what that ends at the peer would go on here. */
static void test_no_initial_contact_with_children(void **state)
{
    (void)state;
    for (unsigned how = 0; how < 4; how++) {
        isakmp_child_id c;
        prepare(425, 600, 28800);
        for (int i = 0; i < 2; i++)
            pr.p[i].peer.flags =
                ISAKMP_PF_INITIAL_CONTACT | (how == 3 && i == 0 ? ISAKMP_PF_RESTART : 0);
        come_up(ISAKMP_EXCH_MAIN, 1);
        c = first_child(B);
        if (how == 0) { /* a new one beside the old one */
            assert_int_equal(isakmp_rekey(A->x, pr.now, first_sa(A), NULL), ISAKMP_OK);
            run_for(100);
        } else {
            run_for(610000);
            assert_int_equal(sas_in(A, ISAKMP_SA_ENDED), how == 3 ? 0 : 1);
        }
        if (how == 1) /* the old one itself, once more */
            assert_int_equal(isakmp_child_rekey(A->x, pr.now, first_child(A), NULL), ISAKMP_OK);
        if (how == 2) { /* by a policy that is another one now */
            static isakmp_peer_policy now;
            isakmp_path path = pair_path(&pr, 0);
            isakmp_sa_id sa;
            now = A->peer;
            assert_int_equal(isakmp_connect(A->x, pr.now, &now, &path, 0, &sa), ISAKMP_OK);
        }
        run_for(3000); /* how == 3: it has begun again by itself */
        assert_int_equal(heard(B, ISAKMP_EV_SA_UP), 2);
        assert_int_equal(heard(B, ISAKMP_EV_CHILD_DOWN), 0);
        assert_int_equal(child_info(B, c).state, ISAKMP_CHILD_UP);
        finish();
    }
}

/* ---- What fails is tried again ---------------------------------------------------------------------------- */

static int refusals; /* still to come */

/* The peer refuses the first attempts. */
static const isakmp_child_policy *refuse_some(peer *p, const isakmp_selector *local,
                                              const isakmp_selector *remote)
{
    (void)local;
    (void)remote;
    if (refusals == 0)
        return &p->child;
    refusals--;
    return NULL;
}

static void test_peer_refuses(void **state)
{
    (void)state;
    prepare(430, 86400, 1000);
    come_up(ISAKMP_EXCH_MAIN, 1);
    B->choose_child = refuse_some;
    refusals = 3;
    B->child.flags &= ~(uint32_t)ISAKMP_CF_REKEY; /* A alone does it */
    run_for(990000);
    assert_int_equal(heard(A, ISAKMP_EV_CHILD_DOWN), 3); /* and none of them the old one */
    assert_int_equal(heard(A, ISAKMP_EV_CHILD_UP), 2);
    assert_int_equal(heard(A, ISAKMP_EV_CHILD_SOFT), 1);
    run_for(200000);
    assert_true(both_up(1));
    B->choose_child = NULL;
    finish();
}

/* It refuses until the end: the old one ends with its lifetime, not before, and no attempt is left. */
static void test_peer_refuses_for_ever(void **state)
{
    isakmp_time since;
    (void)state;
    prepare(431, 86400, 1000);
    come_up(ISAKMP_EXCH_MAIN, 1);
    since = child_info(A, first_child(A)).since;
    B->no_child = 1;
    B->child.flags &= ~(uint32_t)ISAKMP_CF_REKEY;
    pair_run(&pr, since + 999000);
    assert_int_equal(children_in(A, ISAKMP_CHILD_UP), 1);
    assert_in_range(heard(A, ISAKMP_EV_CHILD_DOWN), 5, 40);
    run_for(10000);
    assert_true(both_up(0));
    finish();
}

/* No place for another child, or no exchange, when it is time. */
static void test_pools_are_full(void **state)
{
    (void)state;
    for (unsigned what = 0; what < 2; what++) {
        isakmp_child_id other[2] = {{0}, {0}};
        prepare(432 + what, 1000, 1000);
        B->child.flags = 0;
        B->peer.flags &= ~(uint32_t)ISAKMP_PF_REKEY;
        A->config.limits.children = 2;
        A->config.limits.sas = 2;
        come_up(ISAKMP_EXCH_MAIN, 1);
        if (what == 0) { /* the pool of children */
            A->child.flags = 0;
            other[0] = add_child(A, first_sa(A), &A->child);
            run_for(100);
            A->child.flags = ISAKMP_CF_REKEY;
        } else { /* that of SAs */
            isakmp_path path = pair_path(&pr, 0);
            isakmp_sa_id sa;
            path.remote.ip[3] = 99;
            drop_exchange = ISAKMP_EXCH_MAIN;
            run_for(840000);
            pr.filter = drop_some;
            A->config.retransmit_tries = 5;
            assert_int_equal(isakmp_connect(A->x, pr.now, &A->peer, &path, 0, &sa), ISAKMP_OK);
        }
        run_for(what ? 60000 : 920000);
        if (what == 0) {
            assert_int_equal(heard(A, ISAKMP_EV_CHILD_UP), 2);
            assert_int_equal(isakmp_child_close(A->x, pr.now, other[0]), ISAKMP_OK);
        }
        pr.filter = NULL;
        run_for(what ? 95000 : 60000);
        assert_true(heard(A, ISAKMP_EV_CHILD_UP) == (what ? 2 : 3));
        if (what)
            assert_int_equal(heard(A, ISAKMP_EV_SA_UP), 2);
        finish();
    }
}

/* The peer is silent when phase 1 is to be renewed, until long after the end: with PF_RESTART the library goes
 * on, and the children that live are adopted. */
static void test_silent_peer_in_phase_1(void **state)
{
    isakmp_child_id c;
    (void)state;
    prepare(435, 600, 28800);
    A->peer.flags |= ISAKMP_PF_RESTART;
    B->peer.flags &= ~(uint32_t)ISAKMP_PF_REKEY;
    come_up(ISAKMP_EXCH_MAIN, 1);
    c = first_child(A);
    drop_exchange = ISAKMP_EXCH_MAIN;
    pr.filter = drop_some;
    run_for(900000);
    assert_int_equal(sas_in(A, ISAKMP_SA_NEGOTIATING), 1);
    assert_int_equal(sas_in(A, 0), 1);
    assert_int_equal(child_info(A, c).state, ISAKMP_CHILD_UP);
    pr.filter = NULL;
    run_for(400000);
    assert_int_equal(sas_in(A, ISAKMP_SA_UP), 1);
    assert_true(child_info(A, c).sa.v == first_sa(A).v);
    assert_int_equal(heard(A, ISAKMP_EV_CHILD_DOWN), 0);
    assert_true(sads_mirror(&pr));
    finish();
}

/* The ISAKMP SA has gone long before the child must be replaced: it is negotiated first.  The side that had not
 * begun it may only if its policy says so. */
static void test_no_isakmp_sa(void **state)
{
    (void)state;
    for (int by = 0; by < 2; by++)
        for (int may = 0; may < 2; may++) {
            peer *p = &pr.p[by], *q = &pr.p[1 - by];
            isakmp_sa_id ended;
            int expected = by == 0 || may;
            prepare(436, 600, 1800);
            p->peer.flags &= ~(uint32_t)ISAKMP_PF_REKEY;
            q->peer.flags &= ~(uint32_t)ISAKMP_PF_REKEY;
            if (may)
                p->peer.flags |= ISAKMP_PF_RESTART;
            q->child.flags = 0;
            come_up(ISAKMP_EXCH_MAIN, 1);
            p->peer.flags &= ~(uint32_t)ISAKMP_PF_RESTART;
            run_for(700000);
            ended = first_sa(p);
            assert_int_equal(sa_info(p, ended).state, ISAKMP_SA_ENDED);
            if (may)
                p->peer.flags |= ISAKMP_PF_REKEY;
            assert_int_equal(isakmp_child_rekey(p->x, pr.now, first_child(p), NULL),
                             expected ? ISAKMP_OK : ISAKMP_E_STATE);
            run_for(1000);
            assert_int_equal(heard(p, ISAKMP_EV_SA_UP), expected ? 2 : 1);
            assert_int_equal(heard(p, ISAKMP_EV_CHILD_UP), expected ? 2 : 1);
            if (expected)
                assert_true(sa_info(p, first_sa(p)).state == ISAKMP_SA_UP);
            finish();
        }
}

/* The peer deletes the ISAKMP SA as soon as the new one is there, or just before; its children stay. */
static void test_peer_deletes_the_old_sa(void **state)
{
    (void)state;
    for (unsigned order = 0; order < 2; order++) {
        isakmp_sa_id old, of_b;
        isakmp_child_id c;
        prepare(440, 86400, 28800);
        B->peer.flags &= ~(uint32_t)ISAKMP_PF_REKEY;
        come_up(ISAKMP_EXCH_MAIN, 1);
        old = first_sa(A);
        of_b = first_sa(B);
        c = first_child(A);
        if (order == 1) {
            isakmp__inform_sa_only_gone(B->x, isakmp__sa_of(B->x, of_b));
            run_for(100);
            assert_int_equal(sa_info(A, old).state, ISAKMP_SA_ENDED);
        }
        pair_connect_from(&pr, 1, ISAKMP_EXCH_MAIN, 0);
        run_for(100);
        assert_true(last_event(A, ISAKMP_EV_SA_UP)->other_sa.v == old.v);
        if (order == 0) {
            assert_int_equal(sa_info(A, old).replaced, 1);
            isakmp__inform_sa_only_gone(B->x, isakmp__sa_of(B->x, of_b));
            run_for(100);
        }
        assert_true(is_up(A, 1));
        assert_true(first_child(A).v == c.v && first_sa(A).v != old.v);
        assert_true(child_info(A, c).sa.v == first_sa(A).v);
        assert_int_equal(heard(A, ISAKMP_EV_CHILD_DOWN), 0);
        finish();
    }
}

/* A peer that replaces a child and deletes the old one at once, even before its last message is there. */
static int hold_qm3;

static int hold_third(pair *p, wire_item *w)
{
    isakmp_header h = header_of(w);
    (void)p;
    if (h.exchange == ISAKMP_EXCH_QUICK && w->from == 1 && ++hold_qm3 == 2)
        return PAIR_DROP;
    return PAIR_DELIVER;
}

static void test_peer_deletes_the_old_child_at_once(void **state)
{
    isakmp_child_id old;
    (void)state;
    prepare(442, 86400, 28800);
    come_up(ISAKMP_EXCH_MAIN, 1);
    old = first_child(B);
    hold_qm3 = 0;
    pr.filter = hold_third;
    assert_int_equal(isakmp_child_rekey(B->x, pr.now, old, NULL), ISAKMP_OK);
    while (heard(B, ISAKMP_EV_CHILD_UP) < 2)
        assert_true(pair_deliver(&pr));
    assert_int_equal(isakmp_child_close(B->x, pr.now, old), ISAKMP_OK);
    while (pair_deliver(&pr))
        ;
    assert_true(both_up(1)); /* the Delete made A ask again, without any time having passed */
    finish();
}

/* A peer that never deletes: what was replaced goes all the same. */
static void test_peer_never_deletes(void **state)
{
    (void)state;
    prepare(443, 1000, 600);
    come_up(ISAKMP_EXCH_MAIN, 1);
    drop_exchange = ISAKMP_EXCH_INFO;
    pr.filter = drop_some;
    for (unsigned i = 0; i < 200; i++) {
        run_for(60000);
        assert_true(stats_of(A).children <= 2 && stats_of(B).children <= 2);
        assert_true(stats_of(A).sas <= 2 && stats_of(B).sas <= 2);
        assert_true(children_in(A, ISAKMP_CHILD_UP) >= 1 && children_in(B, ISAKMP_CHILD_UP) >= 1);
    }
    assert_int_equal(heard(A, ISAKMP_EV_CHILD_UP), heard(B, ISAKMP_EV_CHILD_UP));
    finish();
}

/* ---- Traffic ------------------------------------------------------------------------------------------------ */

static void report(peer *p, isakmp_child_id c, uint64_t in, uint64_t out)
{
    assert_int_equal(isakmp_child_traffic(p->x, pr.now, c, in, out), ISAKMP_OK);
}

static void test_volume(void **state)
{
    (void)state;
    for (int rekeys = 0; rekeys < 2; rekeys++) {
        isakmp_child_id c;
        prepare(450, 86400, 28800);
        A->child.life_kb = B->child.life_kb = 1000;
        if (!rekeys)
            A->child.flags = B->child.flags = 0;
        come_up(ISAKMP_EXCH_MAIN, 1);
        c = first_child(A);
        report(A, c, 100, 849 * 1024);
        assert_int_equal(heard(A, ISAKMP_EV_CHILD_SOFT), 0);
        report(A, c, 899 * 1024 + 1023, 100); /* either direction counts for itself */
        assert_int_equal(heard(A, ISAKMP_EV_CHILD_SOFT), 1);
        run_for(100);
        assert_int_equal(heard(A, ISAKMP_EV_CHILD_UP), 1 + rekeys);
        report(A, c, 900 * 1024, 100);
        assert_int_equal(heard(A, ISAKMP_EV_CHILD_SOFT), 1);
        if (rekeys) {
            report(A, c, 2000 * 1024,
                   2000 * 1024); /* it is replaced: whatever is on its way may come */
            assert_int_equal(heard(A, ISAKMP_EV_CHILD_DOWN), 0);
            run_for(200000);
        } else {
            report(A, c, 1000 * 1024 - 1, 0);
            assert_int_equal(heard(A, ISAKMP_EV_CHILD_DOWN), 0);
            report(A, c, 1000 * 1024, 0);
            assert_int_equal(last_event(A, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_VOLUME);
            assert_int_equal(isakmp_child_traffic(A->x, pr.now, c, 1, 1), ISAKMP_E_STALE);
            run_for(100);
            assert_int_equal(last_event(B, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_DELETED);
        }
        assert_true(both_up((unsigned)rekeys));
        finish();
    }
}

/* So much passes that the new one is used up, too, before the old one has gone. */
static void test_volume_at_once(void **state)
{
    (void)state;
    for (int who = 0; who < 2; who++) {
        peer *p = &pr.p[who];
        prepare(454, 86400, 28800);
        A->child.life_kb = B->child.life_kb = 1000;
        come_up(ISAKMP_EXCH_MAIN, 1);
        for (unsigned i = 1; i <= 10; i++) {
            report(p, last_event(p, ISAKMP_EV_CHILD_UP)->child, 960 * 1024, 100);
            run_for(500);
            assert_int_equal(heard(p, ISAKMP_EV_CHILD_SOFT), i);
            assert_int_equal(heard(p, ISAKMP_EV_CHILD_UP), i + 1);
            assert_in_range(children_in(p, 0), 2, 3);
        }
        run_for(200000);
        assert_true(both_up(1));
        finish();
    }
}

/* A child that could not be replaced is tried again before it has carried all that it may, and not more often than
 * needed. */
static void test_volume_after_a_failure(void **state)
{
    isakmp_child_id c;
    (void)state;
    prepare(455, 86400, 28800);
    A->child.life_kb = B->child.life_kb = 1000;
    come_up(ISAKMP_EXCH_MAIN, 1);
    c = first_child(A);
    run_for(900000);
    B->no_child = 1;
    report(A, c, 0, 900 * 1024);
    run_for(100);
    assert_int_equal(heard(A, ISAKMP_EV_CHILD_DOWN), 1);
    B->no_child = 0;
    for (unsigned i = 1; i <= 10; i++) {
        report(A, c, 0, (900 + i) * 1024);
        run_for(1000);
    }
    assert_int_equal(heard(A, ISAKMP_EV_CHILD_UP), 1);
    for (unsigned i = 11; i <= 15; i++) {
        report(A, c, 0, (900 + i) * 1024);
        run_for(1000);
    }
    assert_int_equal(heard(A, ISAKMP_EV_CHILD_UP), 2);
    run_for(200000);
    assert_true(both_up(1));
    finish();
}

/* As routers do: what carries nothing is not replaced. */
static void test_only_if_used(void **state)
{
    (void)state;
    for (int used = 0; used < 2; used++) {
        prepare(452, 86400, 600);
        A->child.flags = B->child.flags = ISAKMP_CF_REKEY | ISAKMP_CF_REKEY_USED;
        come_up(ISAKMP_EXCH_MAIN, 1);
        for (int i = 0; i < 2; i++)
            report(&pr.p[i], first_child(&pr.p[i]), (uint64_t)used, 0);
        run_for(601000);
        assert_true(both_up((unsigned)used));
        assert_int_equal(heard(A, ISAKMP_EV_CHILD_UP), 1 + used);
        finish();
    }
}

/* The last message of Quick Mode is lost, and the first packet proves as much. */
static void test_packet_for_the_last_message(void **state)
{
    isakmp_sa_id all = {0};
    (void)state;
    prepare(453, 86400, 28800);
    come_up(ISAKMP_EXCH_MAIN, 1);
    hold_qm3 = 0;
    pr.filter = hold_third;
    assert_int_equal(isakmp_child_rekey(B->x, pr.now, first_child(B), NULL), ISAKMP_OK);
    run_for(10);
    assert_int_equal(children_in(A, ISAKMP_CHILD_NEGOTIATING), 1);
    report(A, isakmp_child_next(A->x, all, first_child(A)), 0, 100); /* ours prove nothing */
    assert_int_equal(children_in(A, ISAKMP_CHILD_NEGOTIATING), 1);
    report(A, isakmp_child_next(A->x, all, first_child(A)), 100, 100);
    assert_int_equal(children_in(A, ISAKMP_CHILD_UP), 2);
    assert_true(sads_mirror(&pr));
    run_for(200000);
    assert_true(both_up(1));
    finish();
}

/* ---- Behind a NAT ---------------------------------------------------------------------------------------------- */

static const uint8_t outer[4] = {198, 51, 100, 1};

/* A is behind a NAT: its ports are others outside. */
static int translate(pair *p, wire_item *w)
{
    if (w->from == 0) {
        memcpy(w->path.local.ip, outer, 4);
        w->path.local.port = (uint16_t)(w->path.local.port + 20000);
        return PAIR_DELIVER;
    }
    if (memcmp(w->path.remote.ip, outer, 4) != 0)
        return PAIR_DROP;
    w->path.remote = p->p[0].addr;
    w->path.remote.port = w->path.natt ? 4500 : 500;
    return PAIR_DELIVER;
}

static unsigned not_floated;

static int count_ports(pair *p, wire_item *w)
{
    (void)p;
    not_floated += !w->path.natt;
    return PAIR_DELIVER;
}

/* Phase 1 is renewed from port 4500 to port 4500, by either side, and the children follow. */
static void test_behind_a_nat(void **state)
{
    (void)state;
    for (int by = 0; by < 2; by++) {
        peer *p = &pr.p[by];
        isakmp_child_id c;
        prepare(460, 86400, 28800);
        pr.filter = translate;
        pr.natted = 1;
        come_up(ISAKMP_EXCH_MAIN, 1);
        assert_int_equal(sa_info(A, first_sa(A)).path.natt, 1);
        c = first_child(p);
        pr.arrive = count_ports;
        not_floated = 0;
        assert_int_equal(isakmp_rekey(p->x, pr.now, first_sa(p), NULL), ISAKMP_OK);
        run_for(700000);
        assert_true(both_up(1));
        assert_int_equal(not_floated, 0);
        assert_true(first_child(p).v == c.v);
        assert_int_equal(sa_info(A, first_sa(A)).nat, ISAKMP_NAT_LOCAL);
        assert_int_equal(sa_info(B, first_sa(B)).nat, ISAKMP_NAT_REMOTE);
        assert_int_equal(isakmp_child_rekey(p->x, pr.now, c, NULL), ISAKMP_OK);
        run_for(200000);
        assert_true(both_up(1));
        assert_int_equal(child_info(B, first_child(B)).natt, 1);
        assert_int_equal(not_floated, 0);
        pr.arrive = NULL;
        for (int i = 0; i < 2; i++)
            assert_int_equal(isakmp_close(pr.p[i].x, pr.now, first_sa(&pr.p[i])), ISAKMP_OK);
        run_for(LONG_MS);
        finish();
    }
}

/* Two clients behind one NAT with one identity and one key are two, and each stays as it is. */
static int translate_as_second(pair *p, wire_item *w)
{
    if (w->from == 0)
        w->path.local.port++;
    return translate(p, w);
}

static void test_another_port_is_another_client(void **state)
{
    isakmp_path path;
    isakmp_sa_id sa, of_first;
    isakmp_child_id c;
    (void)state;
    prepare(461, 86400, 28800);
    pr.filter = translate;
    pr.natted = 1;
    come_up(ISAKMP_EXCH_MAIN, 1);
    path = pair_path(&pr, 0);
    of_first = first_sa(B);
    c = first_child(B);
    pr.filter = translate_as_second;
    assert_int_equal(isakmp_connect(A->x, pr.now, &A->peer, &path, 0, &sa), ISAKMP_OK);
    run_for(100);
    assert_int_equal(sas_in(B, ISAKMP_SA_UP), 2);
    assert_int_equal(sa_info(B, of_first).replaced, 0);
    assert_true(child_info(B, c).sa.v == of_first.v);
    for (int i = 0; i < 2; i++) {
        isakmp_sa_id id;
        while ((id = first_sa(&pr.p[i])).v)
            assert_int_equal(isakmp_close(pr.p[i].x, pr.now, id), ISAKMP_OK);
    }
    run_for(LONG_MS);
    finish();
}

/* ---- Repeatable ------------------------------------------------------------------------------------------------- */

/* Every callback that can fail fails once while a child and an SA are replaced: no leak, and in the end all is
 * well or nothing is left. */
static void test_failing_callbacks(void **state)
{
    (void)state;
    for (int who = 0; who < 2; who++)
        for (unsigned nth = 1; nth < 40; nth++) {
            peer *p = &pr.p[who];
            prepare(470, 86400, 28800);
            come_up(ISAKMP_EXCH_MAIN, 1);
            p->fail_at = p->callbacks + nth;
            assert_int_equal(isakmp_child_rekey(A->x, pr.now, first_child(A), NULL), ISAKMP_OK);
            assert_int_equal(isakmp_rekey(A->x, pr.now, first_sa(A), NULL), ISAKMP_OK);
            run_for(700000);
            assert_true(sads_mirror(&pr));
            assert_true(children_in(A, ISAKMP_CHILD_UP) == 1);
            assert_true(sas_in(A, ISAKMP_SA_UP) == 1);
            finish();
        }
}

/* All questions answered late, and all callbacks try what they must not. */
static void test_late_answers_and_reentry(void **state)
{
    (void)state;
    prepare(471, 86400, 28800);
    come_up(ISAKMP_EXCH_MAIN, 1);
    for (int i = 0; i < 2; i++) {
        pr.p[i].park = pr.p[i].reentry = 1;
        pr.p[i].answer_after = 300;
    }
    assert_int_equal(isakmp_child_rekey(A->x, pr.now, first_child(A), NULL), ISAKMP_OK);
    assert_int_equal(isakmp_child_rekey(B->x, pr.now, first_child(B), NULL), ISAKMP_OK);
    assert_int_equal(isakmp_rekey(A->x, pr.now, first_sa(A), NULL), ISAKMP_OK);
    assert_int_equal(isakmp_rekey(B->x, pr.now, first_sa(B), NULL), ISAKMP_OK);
    run_for(700000);
    assert_true(both_up(1));
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_restart),
        cmocka_unit_test(test_no_contact_while_it_begins_again),
        cmocka_unit_test(test_backoff),
        cmocka_unit_test(test_silent_peer_in_phase_2),
        cmocka_unit_test(test_mute_peer_in_phase_2),
        cmocka_unit_test(test_no_restart),
        cmocka_unit_test(test_both_restart),
        cmocka_unit_test(test_peer_is_quicker),
        cmocka_unit_test(test_initial_contact),
        cmocka_unit_test(test_no_initial_contact_with_children),
        cmocka_unit_test(test_peer_refuses),
        cmocka_unit_test(test_peer_refuses_for_ever),
        cmocka_unit_test(test_pools_are_full),
        cmocka_unit_test(test_silent_peer_in_phase_1),
        cmocka_unit_test(test_no_isakmp_sa),
        cmocka_unit_test(test_peer_deletes_the_old_sa),
        cmocka_unit_test(test_peer_deletes_the_old_child_at_once),
        cmocka_unit_test(test_peer_never_deletes),
        cmocka_unit_test(test_volume),
        cmocka_unit_test(test_volume_at_once),
        cmocka_unit_test(test_volume_after_a_failure),
        cmocka_unit_test(test_only_if_used),
        cmocka_unit_test(test_packet_for_the_last_message),
        cmocka_unit_test(test_behind_a_nat),
        cmocka_unit_test(test_another_port_is_another_client),
        cmocka_unit_test(test_failing_callbacks),
        cmocka_unit_test(test_late_answers_and_reentry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
