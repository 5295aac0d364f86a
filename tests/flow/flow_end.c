/* flow/flow_end.c -- how SAs and children end: lifetimes, Delete, INITIAL-CONTACT, close in every
 * state; what outlives what, and who is told. */
#include "flow/forge.h"

#define HOUR_MS 3600000u

/* ---- RESPONDER-LIFETIME ------------------------------------------------------------------------ */

/* The responder's shorter lifetime counts for both, in both phases. */
static void test_responder_lifetime(void **state)
{
    static const uint8_t exchanges[] = {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_AGGRESSIVE};
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        pair_init(&pr, 120);
        A->policies[0].life_s = 7200;
        B->policies[0].life_s = 3600;
        A->child.life_s = 3000;
        A->child.life_kb = 9000;
        B->child.life_s = 2000;
        B->child.life_kb = 4000;
        come_up(exchanges[k], 1);
        for (int i = 0; i < 2; i++) {
            peer *p = &pr.p[i];
            isakmp_sa_info s = sa_info(p, first_sa(p));
            isakmp_child_info c = child_info(p, first_child(p));
            assert_int_equal(s.suite.life_s, 3600);
            assert_true(s.hard_at == s.since + HOUR_MS);
            assert_int_equal(c.life_s, 2000);
            assert_int_equal(c.life_kb, 4000);
            assert_true(c.hard_at == c.since + 2000000);
            assert_int_equal(p->sad[0].e.life_s, 2000);
            assert_int_equal(p->sad[1].e.life_kb, 4000);
        }
        assert_int_equal(heard(A, ISAKMP_EV_NOTIFY), 2);
        assert_int_equal(last_event(A, ISAKMP_EV_NOTIFY)->notify, ISAKMP_N_RESPONDER_LIFETIME);
        assert_int_equal(last_event(A, ISAKMP_EV_NOTIFY)->authentic, 1);
        assert_int_equal(heard(B, ISAKMP_EV_NOTIFY), 0);
        finish();
    }
}

/* A kilobyte limit that only the responder has. */
static void test_responder_lifetime_in_kilobytes_alone(void **state)
{
    (void)state;
    pair_init(&pr, 121);
    B->child.life_kb = 4000;
    come_up(ISAKMP_EXCH_MAIN, 1);
    assert_int_equal(child_info(A, first_child(A)).life_kb, 4000);
    assert_int_equal(child_info(A, first_child(A)).life_s, 28800);
    finish();
}

/* Where nothing is shorter nothing is said. */
static void test_no_lifetime_to_tell(void **state)
{
    (void)state;
    pair_init(&pr, 122);
    A->child.life_s = B->child.life_s = 1000;
    come_up(ISAKMP_EXCH_MAIN, 1);
    assert_int_equal(heard(A, ISAKMP_EV_NOTIFY) + heard(B, ISAKMP_EV_NOTIFY), 0);
    finish();
    pair_init(&pr, 123);
    A->child.life_s = 500; /* shorter than the responder's: it is taken over */
    come_up(ISAKMP_EXCH_MAIN, 1);
    assert_int_equal(heard(A, ISAKMP_EV_NOTIFY), 0);
    assert_int_equal(child_info(B, first_child(B)).life_s, 500);
    finish();
}

/* Later, by an Informational: what is left of the lifetime shrinks, and may be over at once. */
static void shorten_life(uint32_t msg_id, uint8_t proto, uint32_t seconds)
{
    uint8_t spi[4];
    isakmp_writer w;
    uint8_t attrs[16];
    forgery f;
    isakmp_notify n;
    memset(&n, 0, sizeof n);
    isakmp_wr_init(&w, attrs, sizeof attrs);
    isakmp_wr_attr(&w, ISAKMP_SA_ATTR_LIFE_TYPE, ISAKMP_LIFE_SECONDS);
    isakmp_wr_attr(&w, ISAKMP_SA_ATTR_LIFE_DURATION, seconds);
    n.doi = ISAKMP_DOI_IPSEC;
    n.protocol = proto;
    n.type = ISAKMP_N_RESPONDER_LIFETIME;
    n.data = isakmp__span(attrs, w.len);
    if (proto == ISAKMP_PROTO_ISAKMP) {
        n.spi = isakmp__sa_cookies(inner_sa(A, first_sa(A)));
    } else {
        isakmp__put32(spi, child_info(A, first_child(A)).spi_out[0]);
        n.spi = isakmp__span(spi, 4);
    }
    forge_notify(&f, A, first_sa(A), msg_id, &n);
    assert_int_equal(forge_send(&f, 0), ISAKMP_OK);
}

static void test_lifetime_shortened_later(void **state)
{
    (void)state;
    pair_init(&pr, 124);
    come_up(ISAKMP_EXCH_MAIN, 1);
    run_for(1000000);
    shorten_life(11, ISAKMP_PROTO_ESP, 5000);
    shorten_life(12, ISAKMP_PROTO_ISAKMP, 6000);
    shorten_life(13, ISAKMP_PROTO_ISAKMP, 7000); /* longer again: no */
    assert_int_equal(child_info(A, first_child(A)).life_s, 5000);
    assert_int_equal(sa_info(A, first_sa(A)).suite.life_s, 6000);
    shorten_life(14, ISAKMP_PROTO_ESP, 900); /* that was over already */
    assert_int_equal(heard(A, ISAKMP_EV_CHILD_DOWN), 0);
    run_for(10);
    assert_int_equal(last_event(A, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_EXPIRED);
    assert_int_equal(last_event(B, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_DELETED);
    assert_true(both_up(0));
    finish();
}

/* ---- Expiry ------------------------------------------------------------------------------------ */

static isakmp_time soft_heard_at[2];
static uint16_t soft_type;

static void note_soft(peer *p, const isakmp_event *ev)
{
    if (ev->type == soft_type)
        soft_heard_at[p->index] = p->pair->now;
}

/* Soft at 85 to 90 percent for the side that began and 90 to 95 for the other; hard at the end. */
static void test_expiry_of_a_child(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < 8; seed++) {
        isakmp_time since;
        pair_init(&pr, 125 + seed);
        A->child.life_s = B->child.life_s = 1000;
        A->hear_event = B->hear_event = note_soft;
        soft_type = ISAKMP_EV_CHILD_SOFT;
        come_up(ISAKMP_EXCH_MAIN, 1);
        since = child_info(A, first_child(A)).since;
        pair_run(&pr, since + 990000);
        assert_in_range(soft_heard_at[0] - since, 850000, 900000);
        assert_in_range(soft_heard_at[1] - since, 900000, 950000);
        assert_true(both_up(1));
        pair_run(&pr, since + 1000100);
        assert_true(both_up(0));
        for (int i = 0; i < 2; i++) {
            assert_int_equal(heard(&pr.p[i], ISAKMP_EV_CHILD_SOFT), 1);
            assert_int_equal(heard(&pr.p[i], ISAKMP_EV_CHILD_DOWN), 1);
        }
        assert_int_equal(last_event(A, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_EXPIRED);
        assert_int_equal(last_event(A, ISAKMP_EV_CHILD_DOWN)->by, ISAKMP_BY_TIMER);
        finish();
    }
}

/* The SA ends; its child lives on until its own end. */
static void test_expiry_of_an_sa(void **state)
{
    isakmp_sa_id sa;
    isakmp_child_id c;
    isakmp_sa_info i;
    isakmp_time since;
    (void)state;
    pair_init(&pr, 140);
    A->policies[0].life_s = B->policies[0].life_s = 1000;
    A->child.life_s = B->child.life_s = 5000;
    A->hear_event = B->hear_event = note_soft;
    soft_type = ISAKMP_EV_SA_SOFT;
    come_up(ISAKMP_EXCH_MAIN, 1);
    sa = first_sa(A);
    c = first_child(A);
    since = sa_info(A, sa).since;
    pair_run(&pr, since + 999000);
    assert_in_range(soft_heard_at[0] - since, 850000, 900000);
    assert_in_range(soft_heard_at[1] - since, 900000, 950000);
    pair_run(&pr, since + 1000100);
    for (int k = 0; k < 2; k++) {
        peer *p = &pr.p[k];
        assert_int_equal(heard(p, ISAKMP_EV_SA_SOFT), 1);
        assert_int_equal(heard(p, ISAKMP_EV_SA_DOWN), 1);
        assert_int_equal(heard(p, ISAKMP_EV_CHILD_DOWN), 0);
        assert_int_equal(sas_in(p, ISAKMP_SA_ENDED), 1);
        assert_int_equal(stats_of(p).exchanges, 0);
        assert_int_equal(isakmp_peer_policy_users(p->x, &p->peer), 1);
    }
    assert_int_equal(last_event(A, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_EXPIRED);
    i = sa_info(A, sa);
    assert_int_equal(i.state, ISAKMP_SA_ENDED);
    assert_int_equal(i.n_children, 1);
    assert_true(sads_mirror(&pr) && sad_count(A) == 2);
    /* Nothing new begins under it. */
    assert_int_equal(isakmp_child_connect(A->x, pr.now, sa, &A->child, &c), ISAKMP_E_STATE);
    pair_run(&pr, since + 5000200);
    assert_true(pair_is_empty(&pr));
    assert_int_equal(heard(A, ISAKMP_EV_SA_DOWN), 1);
    assert_int_equal(last_event(A, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_EXPIRED);
    i.size = sizeof i;
    assert_int_equal(isakmp_sa_get(A->x, sa, &i), ISAKMP_E_STALE);
    assert_int_equal(isakmp_child_close(A->x, pr.now, first_child(A)), ISAKMP_E_STALE);
    finish();
}

/* The longest lifetimes there are. */
static void test_very_long_lifetimes(void **state)
{
    isakmp_sa_info s;
    isakmp_child_info c;
    (void)state;
    pair_init(&pr, 139);
    A->policies[0].life_s = B->policies[0].life_s = UINT32_MAX;
    A->child.life_s = B->child.life_s = UINT32_MAX;
    A->child.life_kb = B->child.life_kb = UINT32_MAX;
    pr.now = UINT64_C(1) << 45;
    come_up(ISAKMP_EXCH_MAIN, 1);
    s = sa_info(A, first_sa(A));
    c = child_info(A, first_child(A));
    assert_int_equal(s.suite.life_s, UINT32_MAX);
    assert_true(s.hard_at == s.since + UINT64_C(1000) * UINT32_MAX);
    assert_true(s.soft_at > s.since && s.soft_at < s.hard_at);
    assert_true(c.hard_at == c.since + UINT64_C(1000) * UINT32_MAX);
    assert_true(c.soft_at > c.since && c.soft_at < c.hard_at);
    pair_run(&pr, s.hard_at - 1000000);
    assert_true(both_up(1));
    assert_int_equal(heard(A, ISAKMP_EV_SA_SOFT), 1);
    run_for(2000000);
    assert_true(pair_is_empty(&pr));
    finish();
}

/* A Quick Mode that runs when its SA expires goes with it. */
static void test_expiry_takes_what_is_not_up(void **state)
{
    (void)state;
    pair_init(&pr, 141);
    A->policies[0].life_s = B->policies[0].life_s = 600;
    B->own_spis = 1;
    come_up(ISAKMP_EXCH_MAIN, 1);
    run_for(598000);
    B->park = B->never_answer = 1;
    add_child(A, first_sa(A), &A->child);
    run_for(5000);
    assert_int_equal(last_event(A, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_PARENT);
    assert_int_equal(last_event(A, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_EXPIRED);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(sas_in(&pr.p[i], ISAKMP_SA_ENDED), 1);
        assert_int_equal(children_in(&pr.p[i], 0), 1);
    }
    B->n_asks = 0;
    finish();
}

static int slowly(pair *p, wire_item *w)
{
    w->at = p->now + 300;
    return PAIR_DELIVER;
}

static int without_message_3(pair *p, wire_item *w)
{
    (void)p;
    return w->from == 0 && header_of(w).exchange == ISAKMP_EXCH_QUICK && w->n < 100 ? PAIR_DROP
                                                                                    : PAIR_DELIVER;
}

/* The responder's SA expires while it waits for message 3, with which the initiator has come up: it is told
 * that nothing will come of it, or it would send into nowhere for the child's whole lifetime. */
static void test_expiry_before_the_last_message(void **state)
{
    (void)state;
    pair_init(&pr, 128);
    A->policies[0].life_s = B->policies[0].life_s = 3600;
    pair_start(&pr);
    pr.filter = slowly; /* so that the responder comes up first, and expires first */
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
    run_for(5000);
    assert_true(both_up(0));
    pr.filter = without_message_3;
    pair_run(&pr, sa_info(B, first_sa(B)).hard_at - 200);
    add_child(A, first_sa(A), &A->child);
    run_for(100);
    assert_int_equal(children_in(A, ISAKMP_CHILD_UP), 1);
    assert_int_equal(children_in(B, ISAKMP_CHILD_NEGOTIATING), 1);
    run_for(200);
    assert_int_equal(last_event(B, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_PARENT);
    assert_int_equal(last_event(A, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_DELETED);
    assert_int_equal(last_event(A, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_DELETED);
    assert_int_equal(sad_count(A) + sad_count(B), 0);
    finish();
}

/* ---- Delete ------------------------------------------------------------------------------------ */

/* Either side, either role of the child, ESP and AH together. */
static void test_close_a_child(void **state)
{
    (void)state;
    for (int by = 0; by < 2; by++)
        for (int from = 0; from < 2; from++) {
            peer *p = &pr.p[by], *q = &pr.p[1 - by];
            isakmp_child_id c;
            pair_init(&pr, 142);
            come_up(ISAKMP_EXCH_MAIN, 1);
            add_child(&pr.p[from], first_sa(&pr.p[from]), &pr.p[from].child);
            run_for(100);
            assert_true(both_up(2));
            c = first_child(p);
            assert_int_equal(isakmp_child_close(p->x, pr.now, c), ISAKMP_OK);
            assert_int_equal(isakmp_child_close(p->x, pr.now, c), ISAKMP_E_STALE);
            assert_int_equal(last_event(p, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_CLOSED);
            assert_int_equal(last_event(p, ISAKMP_EV_CHILD_DOWN)->by, ISAKMP_BY_HOST);
            run_for(100);
            assert_true(both_up(1));
            assert_int_equal(last_event(q, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_DELETED);
            assert_int_equal(last_event(q, ISAKMP_EV_CHILD_DOWN)->by, ISAKMP_BY_PEER);
            finish();
        }
}

/* Everything goes at once: the children's SPIs in one message, the SA in another. */
static void test_close_an_sa(void **state)
{
    (void)state;
    for (int by = 0; by < 2; by++) {
        peer *p = &pr.p[by], *q = &pr.p[1 - by];
        isakmp_sa_id sa;
        unsigned sent;
        pair_init(&pr, 143);
        come_up(ISAKMP_EXCH_MAIN, 1);
        for (int i = 0; i < 2; i++)
            add_child(A, first_sa(A), &A->child);
        run_for(100);
        assert_true(both_up(3));
        sa = first_sa(p);
        sent = p->sends;
        assert_int_equal(isakmp_close(p->x, pr.now, sa), ISAKMP_OK);
        assert_int_equal(p->sends, sent + 2);
        assert_int_equal(isakmp_close(p->x, pr.now, sa), ISAKMP_E_STALE);
        run_for(100);
        assert_true(pair_is_empty(&pr));
        assert_int_equal(heard(q, ISAKMP_EV_CHILD_DOWN), 3);
        assert_int_equal(heard(q, ISAKMP_EV_SA_DOWN), 1);
        assert_true(last_event(q, ISAKMP_EV_CHILD_DOWN)->step <
                    last_event(q, ISAKMP_EV_SA_DOWN)->step);
        finish();
    }
}

/* More SPIs than one Delete payload of ours carries: 33 children of one protocol. */
static void test_close_an_sa_with_very_many_children(void **state)
{
    (void)state;
    for (unsigned n = 31; n <= 33; n++) {
        pair_init(&pr, 144);
        for (int i = 0; i < 2; i++)
            pr.p[i].config.limits.children = n;
        come_up(ISAKMP_EXCH_MAIN, 0);
        for (unsigned i = 0; i < n; i++) {
            add_child(A, first_sa(A), &A->child);
            run_for(1);
        }
        assert_int_equal(children_in(A, ISAKMP_CHILD_UP), n);
        assert_int_equal(isakmp_close(A->x, pr.now, first_sa(A)), ISAKMP_OK);
        run_for(100);
        assert_true(pair_is_empty(&pr));
        assert_int_equal(heard(B, ISAKMP_EV_CHILD_DOWN), n);
        finish();
    }
}

/* A bare Delete of the ISAKMP SA: what was made under it lives on. */
static void test_delete_of_the_sa_alone(void **state)
{
    (void)state;
    pair_init(&pr, 145);
    come_up(ISAKMP_EXCH_MAIN, 1);
    isakmp__inform_sa_only_gone(A->x, inner_sa(A, first_sa(A)));
    run_for(100);
    assert_int_equal(sas_in(B, ISAKMP_SA_ENDED), 1);
    assert_int_equal(children_in(B, ISAKMP_CHILD_UP), 1);
    assert_int_equal(last_event(B, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_DELETED);
    assert_int_equal(sad_count(B), 2);
    run_for(8 * HOUR_MS);
    assert_int_equal(stats_of(B).sas, 0);
    assert_int_equal(last_event(B, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_EXPIRED);
    finish();
}

/* An SA that has ended, closed by the host: its children go. */
static void test_close_an_ended_sa(void **state)
{
    (void)state;
    pair_init(&pr, 146);
    A->policies[0].life_s = B->policies[0].life_s = 60;
    come_up(ISAKMP_EXCH_MAIN, 1);
    run_for(61000);
    assert_int_equal(sas_in(A, ISAKMP_SA_ENDED), 1);
    assert_int_equal(isakmp_close(A->x, pr.now, first_sa(A)), ISAKMP_OK);
    assert_int_equal(stats_of(A).sas, 0);
    assert_int_equal(heard(A, ISAKMP_EV_SA_DOWN), 1);
    assert_int_equal(last_event(A, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_CLOSED);
    finish();
}

/* After phase 1 has been renewed a child of the old SA is deleted under the new one: nothing else is
 * left to say it with.  The peer is the same; so the child is found. */
static void test_delete_a_child_under_the_next_sa(void **state)
{
    (void)state;
    for (int by = 0; by < 2; by++) {
        peer *p = &pr.p[by], *q = &pr.p[1 - by];
        pair_init(&pr, 147);
        A->policies[0].life_s = B->policies[0].life_s = 600;
        come_up(ISAKMP_EXCH_MAIN, 1);
        run_for(500000);
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
        run_for(101000);
        for (int i = 0; i < 2; i++) {
            assert_int_equal(sas_in(&pr.p[i], ISAKMP_SA_UP), 1);
            assert_int_equal(sas_in(&pr.p[i], ISAKMP_SA_ENDED), 1);
            assert_int_equal(children_in(&pr.p[i], ISAKMP_CHILD_UP), 1);
        }
        assert_int_equal(isakmp_child_close(p->x, pr.now, first_child(p)), ISAKMP_OK);
        run_for(100);
        assert_int_equal(heard(q, ISAKMP_EV_CHILD_DOWN), 1);
        assert_int_equal(last_event(q, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_DELETED);
        assert_true(both_up(0));
        finish();
    }
}

/* ---- Close in every state ---------------------------------------------------------------------- */

/* After every datagram of a negotiation, on either side. */
static void test_close_at_every_moment(void **state)
{
    static const uint8_t exchanges[] = {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_AGGRESSIVE};
    (void)state;
    for (unsigned k = 0; k < 2; k++)
        for (int by = 0; by < 2; by++)
            for (unsigned after = 0; after < 10; after++)
                for (int child = 0; child < 2; child++) {
                    peer *p = &pr.p[by];
                    isakmp_sa_id sa;
                    isakmp_child_id c;
                    pair_init(&pr, 150 + after);
                    pair_start(&pr);
                    pair_connect(&pr, exchanges[k], 1);
                    for (unsigned i = 0; i < after; i++)
                        pair_deliver(&pr);
                    sa = first_sa(p);
                    c = first_child(p);
                    if (child ? c.v == 0 : sa.v == 0) {
                        run_for(100);
                    } else if (child) {
                        assert_int_equal(isakmp_child_close(p->x, pr.now, c), ISAKMP_OK);
                        assert_int_equal(heard(p, ISAKMP_EV_CHILD_DOWN), 1);
                        assert_int_equal(sad_count(p), 0);
                    } else {
                        assert_int_equal(isakmp_close(p->x, pr.now, sa), ISAKMP_OK);
                        assert_int_equal(heard(p, ISAKMP_EV_SA_DOWN), 1);
                        assert_int_equal(stats_of(p).sas + stats_of(p).children, 0);
                        assert_int_equal(sad_count(p), 0);
                    }
                    run_for(LONG_MS);
                    if (!sads_mirror(&pr))
                        fail_msg("exchange %u, closed by %d after %u datagrams: children disagree",
                                 exchanges[k], by, after);
                    for (int i = 0; i < 2; i++) {
                        assert_int_equal(stats_of(&pr.p[i]).exchanges, 0);
                        assert_int_equal(sas_in(&pr.p[i], ISAKMP_SA_NEGOTIATING), 0);
                    }
                    finish();
                }
}

/* Two, three, all of them at the same moment on both sides. */
static void test_both_close(void **state)
{
    (void)state;
    pair_init(&pr, 160);
    come_up(ISAKMP_EXCH_MAIN, 1);
    for (int i = 0; i < 2; i++)
        assert_int_equal(isakmp_close(pr.p[i].x, pr.now, first_sa(&pr.p[i])), ISAKMP_OK);
    run_for(100);
    assert_true(pair_is_empty(&pr));
    assert_int_equal(heard(A, ISAKMP_EV_SA_DOWN), 1);
    assert_int_equal(heard(B, ISAKMP_EV_CHILD_DOWN), 1);
    finish();
}

/* ---- INITIAL-CONTACT --------------------------------------------------------------------------- */

static isakmp_peer_policy other_me;

static void name(isakmp_id *id, const char *text)
{
    memset(id, 0, sizeof *id);
    id->type = ISAKMP_ID_FQDN;
    id->data = isakmp__span(text, strlen(text));
}

/* Two peers live behind peer 0: "alice" and "bob". */
static void two_names(void)
{
    A->peer.flags |= ISAKMP_PF_INITIAL_CONTACT;
    name(&A->peer.my_id, "alice.example");
    other_me = A->peer;
    name(&other_me.my_id, "bob.example");
}

static uint8_t contact_mode;

static isakmp_sa_id connect_as(const isakmp_peer_policy *who)
{
    isakmp_path path = pair_path(&pr, 0);
    isakmp_sa_id sa = {0};
    isakmp_child_id c;
    assert_int_equal(isakmp_connect(A->x, pr.now, who, &path, contact_mode, &sa), ISAKMP_OK);
    assert_int_equal(isakmp_child_connect(A->x, pr.now, sa, &A->child, &c), ISAKMP_OK);
    run_for(100);
    return sa;
}

static void initial_contact(uint8_t exchange)
{
    contact_mode = exchange;
    pair_init(&pr, 161);
    two_names();
    pair_start(&pr);
    connect_as(&other_me);
    connect_as(&A->peer);
    assert_int_equal(sas_in(B, ISAKMP_SA_UP), 2);
    assert_int_equal(children_in(B, ISAKMP_CHILD_UP), 2);
    /* Alice's host restarts; bob is on the same address, but somebody else. */
    pair_restart(&pr, 0);
    connect_as(&A->peer);
    assert_int_equal(sas_in(B, ISAKMP_SA_UP), 2);
    assert_int_equal(children_in(B, ISAKMP_CHILD_UP), 2);
    assert_int_equal(sas_in(A, ISAKMP_SA_UP), 1);
    assert_int_equal(heard(B, ISAKMP_EV_SA_DOWN), 1);
    assert_int_equal(heard(B, ISAKMP_EV_CHILD_DOWN), 1);
    assert_int_equal(last_event(B, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_INITIAL_CONTACT);
    assert_int_equal(last_event(B, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_INITIAL_CONTACT);
    assert_int_equal(heard(B, ISAKMP_EV_NOTIFY), 2); /* bob's, and alice's when she comes back */
    /* Another SA of a peer that is known already announces nothing. */
    connect_as(&A->peer);
    assert_int_equal(heard(B, ISAKMP_EV_SA_DOWN), 1);
    assert_int_equal(sas_in(B, ISAKMP_SA_UP), 3);
    finish();
}

static void test_initial_contact(void **state)
{
    (void)state;
    initial_contact(ISAKMP_EXCH_MAIN);
    initial_contact(ISAKMP_EXCH_AGGRESSIVE);
}

/* Children that have outlived their SA go as well. */
static void test_initial_contact_ends_what_was_left(void **state)
{
    (void)state;
    contact_mode = ISAKMP_EXCH_MAIN;
    pair_init(&pr, 162);
    two_names();
    A->policies[0].life_s = B->policies[0].life_s = 600;
    pair_start(&pr);
    connect_as(&A->peer);
    run_for(601000);
    assert_int_equal(sas_in(B, ISAKMP_SA_ENDED), 1);
    pair_restart(&pr, 0);
    connect_as(&A->peer);
    assert_true(both_up(1));
    finish();
}

/* Both begin at about the same time, and each says that it knows of nothing else: in whatever order that
 * crosses, both end with the same SAs. */
static unsigned latency[2];

static int with_latency(pair *p, wire_item *w)
{
    (void)p;
    w->at += latency[w->from];
    return PAIR_DELIVER;
}

static void test_both_announce_initial_contact(void **state)
{
    (void)state;
    for (unsigned later = 0; later < 100; later += 3)
        for (latency[0] = 1; latency[0] < 30; latency[0] += 9)
            for (latency[1] = 1; latency[1] < 30; latency[1] += 9) {
                pair_init(&pr, 166);
                for (int i = 0; i < 2; i++)
                    pr.p[i].peer.flags |= ISAKMP_PF_INITIAL_CONTACT;
                pr.filter = with_latency;
                pair_start(&pr);
                pair_connect_from(&pr, 0, ISAKMP_EXCH_MAIN, 1);
                run_for(later);
                pair_connect_from(&pr, 1, ISAKMP_EXCH_MAIN, 1);
                run_for(LONG_MS);
                assert_true(both_agree());
                assert_true(sas_in(A, ISAKMP_SA_UP) >= 1);
                assert_true(children_in(A, ISAKMP_CHILD_UP) >= 1);
                finish();
            }
}

/* Without the flag nothing is announced and nothing ends. */
static void test_no_initial_contact(void **state)
{
    (void)state;
    pair_init(&pr, 163);
    come_up(ISAKMP_EXCH_MAIN, 1);
    pair_restart(&pr, 0);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
    run_for(100);
    assert_int_equal(sas_in(B, ISAKMP_SA_UP), 2);
    assert_int_equal(children_in(B, ISAKMP_CHILD_UP), 2);
    finish();
}

/* It may also come in a protected Informational [RFC2407 4.6.3.3]. */
static void test_initial_contact_by_informational(void **state)
{
    isakmp_sa_id second;
    isakmp_notify n;
    forgery f;
    (void)state;
    pair_init(&pr, 164);
    come_up(ISAKMP_EXCH_MAIN, 1);
    second = pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
    run_for(100);
    assert_int_equal(sas_in(B, ISAKMP_SA_UP), 2);
    memset(&n, 0, sizeof n);
    n.doi = ISAKMP_DOI_IPSEC;
    n.protocol = ISAKMP_PROTO_ISAKMP;
    n.type = ISAKMP_N_INITIAL_CONTACT;
    n.spi = isakmp__sa_cookies(inner_sa(A, second));
    forge_notify(&f, A, second, 21, &n);
    assert_int_equal(forge_send(&f, 1), ISAKMP_OK);
    assert_int_equal(sas_in(B, ISAKMP_SA_UP), 1);
    assert_int_equal(children_in(B, ISAKMP_CHILD_UP), 1);
    finish();
}

/* ---- Ids --------------------------------------------------------------------------------------- */

#define ROUNDS 50

/* An id is never used again, however often its slot is. */
static void test_ids_are_stale_for_ever(void **state)
{
    isakmp_sa_id sas[ROUNDS];
    isakmp_child_id children[ROUNDS];
    (void)state;
    pair_init(&pr, 165);
    A->config.limits.sas = A->config.limits.children = 1;
    pair_start(&pr);
    for (unsigned i = 0; i < ROUNDS; i++) {
        isakmp_sa_info s;
        isakmp_child_info c;
        isakmp_child_id unused;
        sas[i] = pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
        run_for(100);
        children[i] = first_child(A);
        assert_true(both_up(1));
        s.size = sizeof s;
        c.size = sizeof c;
        for (unsigned k = 0; k < i; k++) {
            assert_int_equal(isakmp_sa_get(A->x, sas[k], &s), ISAKMP_E_STALE);
            assert_int_equal(isakmp_close(A->x, pr.now, sas[k]), ISAKMP_E_STALE);
            assert_int_equal(isakmp_child_get(A->x, children[k], &c), ISAKMP_E_STALE);
            assert_int_equal(isakmp_child_close(A->x, pr.now, children[k]), ISAKMP_E_STALE);
            assert_int_equal(isakmp_child_connect(A->x, pr.now, sas[k], &A->child, &unused),
                             ISAKMP_E_STALE);
        }
        assert_int_equal(isakmp_close(A->x, pr.now, sas[i]), ISAKMP_OK);
        run_for(100);
    }
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_responder_lifetime),
        cmocka_unit_test(test_responder_lifetime_in_kilobytes_alone),
        cmocka_unit_test(test_no_lifetime_to_tell),
        cmocka_unit_test(test_lifetime_shortened_later),
        cmocka_unit_test(test_expiry_of_a_child),
        cmocka_unit_test(test_expiry_of_an_sa),
        cmocka_unit_test(test_very_long_lifetimes),
        cmocka_unit_test(test_expiry_takes_what_is_not_up),
        cmocka_unit_test(test_expiry_before_the_last_message),
        cmocka_unit_test(test_close_a_child),
        cmocka_unit_test(test_close_an_sa),
        cmocka_unit_test(test_close_an_sa_with_very_many_children),
        cmocka_unit_test(test_delete_of_the_sa_alone),
        cmocka_unit_test(test_close_an_ended_sa),
        cmocka_unit_test(test_delete_a_child_under_the_next_sa),
        cmocka_unit_test(test_close_at_every_moment),
        cmocka_unit_test(test_both_close),
        cmocka_unit_test(test_initial_contact),
        cmocka_unit_test(test_initial_contact_ends_what_was_left),
        cmocka_unit_test(test_both_announce_initial_contact),
        cmocka_unit_test(test_no_initial_contact),
        cmocka_unit_test(test_initial_contact_by_informational),
        cmocka_unit_test(test_ids_are_stale_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
