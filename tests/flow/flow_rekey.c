/* Rekeying: children and ISAKMP SAs are replaced without a gap in traffic, by either side or by both at once,
 * whatever gets lost; and nothing is left over.  [RFC2409 5.5; T-31, T-34] */
#include "stage.h"

#define CHILD_FLAGS ISAKMP_CF_REKEY

/* ---- Traffic ------------------------------------------------------------------------------------ */

/* What the data planes have counted, by child. */
typedef struct counter {
    isakmp_child_id child;
    uint64_t in, out;
} counter;
static counter counters[2][PAIR_SAD];

static unsigned sent, gaps, no_outbound;
static uint64_t packet = 1000; /* octets */
static int reporting;          /* 1: the hosts report traffic */

static counter *counter_of(int side, isakmp_child_id child)
{
    for (unsigned i = 0; i < PAIR_SAD; i++)
        if (counters[side][i].child.v == child.v)
            return &counters[side][i];
    for (unsigned i = 0; i < PAIR_SAD; i++) {
        isakmp_child_info info = {.size = sizeof info};
        counter *c = &counters[side][i];
        if (c->child.v && isakmp_child_get(pr.p[side].x, c->child, &info) == ISAKMP_OK)
            continue;
        memset(c, 0, sizeof *c);
        c->child = child;
        return c;
    }
    fail_msg("too many children");
    return NULL;
}

/* The outbound entry that was installed last; NULL if there is none. */
static const sad_record *newest_outbound(const peer *p)
{
    const sad_record *best = NULL;
    for (unsigned i = 0; i < PAIR_SAD; i++)
        if (p->sad[i].used && !p->sad[i].e.inbound && (best == NULL || p->sad[i].step > best->step))
            best = &p->sad[i];
    return best;
}

static const sad_record *inbound(const peer *p, const sad_record *out)
{
    for (unsigned i = 0; i < PAIR_SAD; i++)
        if (p->sad[i].used && p->sad[i].e.inbound && p->sad[i].e.spi == out->e.spi &&
            p->sad[i].e.algs.proto == out->e.algs.proto &&
            memcmp(p->sad[i].keys, out->keys, out->e.enc_key.n) == 0)
            return &p->sad[i];
    return NULL;
}

/* A packet goes through the newest SA of one side.  Does the other side have what it needs? */
static void send_packet(int from)
{
    const sad_record *out = newest_outbound(&pr.p[from]), *in;
    counter *c;
    if (out == NULL) {
        no_outbound++;
        return;
    }
    sent++;
    in = inbound(&pr.p[1 - from], out);
    if (in == NULL) {
        gaps++;
        return;
    }
    c = counter_of(from, out->child);
    c->out += packet;
    c = counter_of(1 - from, in->child);
    c->in += packet;
}

static void report_traffic(int side)
{
    for (unsigned i = 0; i < PAIR_SAD; i++) {
        counter *c = &counters[side][i];
        if (c->child.v)
            (void)isakmp_child_traffic(pr.p[side].x, pr.now, c->child, c->in, c->out);
    }
}

/* Let time pass, with a packet each way every step_ms, and whenever something arrives. */
static void run_with_traffic(isakmp_time ms, isakmp_time step_ms)
{
    isakmp_time until = pr.now + ms;
    while (pr.now < until) {
        run_for(step_ms);
        for (int side = 0; side < 2; side++) {
            send_packet(side);
            if (reporting)
                report_traffic(side);
        }
    }
}

static int check_on_arrival(pair *p, wire_item *w)
{
    (void)p;
    (void)w;
    send_packet(0);
    send_packet(1);
    return PAIR_DELIVER;
}

/* ---- The wire ------------------------------------------------------------------------------------- */

static uint64_t wire_state;

static unsigned wire_random(unsigned below)
{
    wire_state = wire_state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(wire_state >> 33) % below;
}

static unsigned loss_percent;

/* Loss, duplication, delay and with it reordering. */
static int bad_wire(pair *p, wire_item *w)
{
    w->at = p->now + wire_random(400);
    if (wire_random(100) < loss_percent)
        return PAIR_DROP;
    return wire_random(100) < 10 ? PAIR_TWICE : PAIR_DELIVER;
}

static unsigned drop_nth, drop_count;

static int drop_one(pair *p, wire_item *w)
{
    (void)p;
    (void)w;
    return ++drop_count == drop_nth ? PAIR_DROP : PAIR_DELIVER;
}

/* ---- Stage ---------------------------------------------------------------------------------------- */

static void set_up(uint64_t seed, uint32_t sa_life_s, uint32_t child_life_s)
{
    pair_init(&pr, seed);
    memset(counters, 0, sizeof counters);
    sent = gaps = no_outbound = 0;
    packet = 1000;
    reporting = 1;
    wire_state = seed;
    for (int i = 0; i < 2; i++) {
        peer *p = &pr.p[i];
        p->policies[0].life_s = sa_life_s;
        p->child.life_s = child_life_s;
        p->child.flags |= CHILD_FLAGS;
        p->peer.flags |= ISAKMP_PF_REKEY;
        p->config.linger_ms = 60000;
    }
}

static void no_flags(void)
{
    for (int i = 0; i < 2; i++) {
        pr.p[i].child.flags &= ~(uint32_t)CHILD_FLAGS;
        pr.p[i].peer.flags &= ~(uint32_t)ISAKMP_PF_REKEY;
    }
}

static isakmp_child_id rekey_child(peer *p, isakmp_child_id c)
{
    isakmp_child_id n = {0};
    assert_int_equal(isakmp_child_rekey(p->x, pr.now, c, &n), ISAKMP_OK);
    assert_true(n.v && n.v != c.v);
    return n;
}

static isakmp_sa_id rekey_sa(peer *p, isakmp_sa_id sa)
{
    isakmp_sa_id n = {0};
    assert_int_equal(isakmp_rekey(p->x, pr.now, sa, &n), ISAKMP_OK);
    assert_true(n.v && n.v != sa.v);
    return n;
}

/* The one child that is up and not replaced. */
static isakmp_child_id live_child(const peer *p)
{
    isakmp_sa_id all = {0};
    isakmp_child_id id = {0}, found = {0};
    while ((id = isakmp_child_next(p->x, all, id)).v)
        if (child_info(p, id).state == ISAKMP_CHILD_UP && !child_info(p, id).replaced_by.v)
            found = id;
    return found;
}

static isakmp_sa_id live_sa(const peer *p)
{
    isakmp_sa_id id = {0}, found = {0};
    while ((id = isakmp_sa_next(p->x, id)).v)
        if (sa_info(p, id).state == ISAKMP_SA_UP && !sa_info(p, id).replaced)
            found = id;
    return found;
}

/* ---- A child, on request ---------------------------------------------------------------------------- */

/* By either side, whoever had begun; the peer's policy says nothing of rekeying. */
static void test_child_on_request(void **state)
{
    (void)state;
    for (int by = 0; by < 2; by++) {
        peer *p = &pr.p[by], *q = &pr.p[1 - by];
        isakmp_child_id old, new_one;
        isakmp_child_info i;
        set_up(200 + (uint64_t)by, 86400, 28800);
        no_flags();
        come_up(ISAKMP_EXCH_MAIN, 1);
        pr.arrive = check_on_arrival;
        old = first_child(p);
        new_one = rekey_child(p, old);
        assert_true(child_info(p, new_one).replaces.v == old.v);
        assert_true(child_info(p, old).replaced_by.v == new_one.v);
        assert_int_equal(isakmp_child_rekey(p->x, pr.now, old, NULL), ISAKMP_E_STATE);
        assert_int_equal(isakmp_child_rekey(p->x, pr.now, new_one, NULL), ISAKMP_E_STATE);
        run_for(100);
        i = child_info(p, new_one);
        assert_int_equal(i.state, ISAKMP_CHILD_UP);
        assert_true(i.replaces.v == old.v);
        assert_int_equal(isakmp_child_rekey(p->x, pr.now, old, NULL), ISAKMP_E_STATE);
        assert_int_equal(children_in(p, ISAKMP_CHILD_UP), 2); /* nobody has seen it used yet */
        assert_int_equal(children_in(q, ISAKMP_CHILD_UP), 2);
        run_with_traffic(4000, 100);
        assert_int_equal(children_in(p, ISAKMP_CHILD_UP), 2);
        run_with_traffic(2000, 100);
        assert_true(both_up(1));
        assert_true(first_child(p).v == new_one.v);
        assert_true(child_info(p, new_one).replaces.v == 0);
        assert_int_equal(last_event(p, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_REPLACED);
        assert_int_equal(last_event(q, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_DELETED);
        assert_true(last_event(p, ISAKMP_EV_CHILD_DOWN)->child.v == old.v);
        assert_true(last_event(p, ISAKMP_EV_CHILD_DOWN)->other_child.v == new_one.v);
        assert_true(last_event(p, ISAKMP_EV_CHILD_UP)->other_child.v == old.v);
        assert_int_equal(isakmp_child_rekey(p->x, pr.now, old, NULL), ISAKMP_E_STALE);
        assert_int_equal(gaps + no_outbound, 0);
        assert_true(sent > 50);
        finish();
    }
}

/* Without reports nobody knows that the new one is used: the old one stays for two minutes. */
static void test_child_without_reports(void **state)
{
    (void)state;
    set_up(202, 86400, 28800);
    no_flags();
    come_up(ISAKMP_EXCH_MAIN, 1);
    reporting = 0;
    rekey_child(A, first_child(A));
    run_with_traffic(119000, 500);
    assert_int_equal(children_in(A, ISAKMP_CHILD_UP), 2);
    run_with_traffic(2000, 500);
    assert_true(both_up(1));
    assert_int_equal(gaps, 0);
    finish();
}

/* The selectors are those that were agreed on, narrower than the policy of the side that begins now; and so
 * is the group, where its policy leaves it open. */
static void test_child_keeps_what_was_agreed(void **state)
{
    isakmp_child_info a, b;
    (void)state;
    set_up(203, 86400, 28800);
    A->child.pfs_group = ISAKMP_GROUP_MODP_1024;
    B->child.local.family = B->child.remote.family = 0;
    come_up(ISAKMP_EXCH_MAIN, 1);
    a = child_info(B, first_child(B));
    rekey_child(B, first_child(B));
    run_with_traffic(10000, 100);
    assert_true(both_up(1));
    b = child_info(B, first_child(B));
    assert_int_equal(b.initiator, 1);
    assert_memory_equal(&a.local, &b.local, sizeof a.local);
    assert_memory_equal(&a.remote, &b.remote, sizeof a.remote);
    assert_int_equal(b.pfs_group, ISAKMP_GROUP_MODP_1024);
    assert_true(a.spi_in[0] != b.spi_in[0] && a.spi_out[0] != b.spi_out[0]);
    assert_int_equal(gaps, 0);
    finish();
}

/* Two protocols at once, whose SPIs the host chooses in falling order. */
static int falling_spi(void *user, isakmp_ticket t, isakmp_child_id child, uint8_t proto,
                       const isakmp_path *path, uint32_t *spi)
{
    static uint32_t next[2] = {0x7fffffff, 0x5fffffff};
    (void)t;
    (void)child;
    (void)path;
    next[((peer *)user)->index] -= proto;
    *spi = next[((peer *)user)->index];
    return ISAKMP_OK;
}

static void test_bundle_with_falling_spis(void **state)
{
    (void)state;
    set_up(204, 86400, 28800);
    for (int i = 0; i < 2; i++) {
        peer *p = &pr.p[i];
        p->protect[1] = p->protect[0];
        p->protect[1].proto = ISAKMP_PROTO_AH;
        p->protect[1].transform = ISAKMP_AH_SHA1;
        p->protect[1].key_bits = 0;
        p->protect[1].integ = ISAKMP_INTEG_HMAC_SHA1;
        p->child.n_protect = 2;
    }
    pair_start(&pr);
    isakmp_ctx_wipe(A->x);
    isakmp_ctx_wipe(B->x);
    for (int i = 0; i < 2; i++) { /* with a host that chooses SPIs */
        peer *p = &pr.p[i];
        p->host.get_spi = falling_spi;
        assert_int_equal(isakmp_ctx_init(&p->x, p->arena, p->arena_n, &p->config, 0), ISAKMP_OK);
    }
    assert_true(pair_connect(&pr, ISAKMP_EXCH_MAIN, 1).v != 0);
    run_for(100);
    assert_true(both_up(1));
    for (int k = 0; k < 6; k++) {
        rekey_child(&pr.p[k % 2], live_child(&pr.p[k % 2]));
        run_with_traffic(8000, 100);
        assert_true(both_up(1));
        assert_int_equal(sad_count(A), 4);
    }
    assert_int_equal(gaps + no_outbound, 0);
    finish();
}

/* What cannot be replaced. */
static void test_refused_requests(void **state)
{
    isakmp_sa_id sa, none = {0};
    isakmp_child_id c, no_child = {0};
    (void)state;
    set_up(205, 86400, 28800);
    pair_start(&pr);
    sa = pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
    c = first_child(A);
    assert_int_equal(isakmp_rekey(A->x, pr.now, sa, NULL), ISAKMP_E_STATE); /* T-31 */
    assert_int_equal(isakmp_child_rekey(A->x, pr.now, c, NULL), ISAKMP_E_STATE);
    assert_int_equal(isakmp_rekey(A->x, pr.now, none, NULL), ISAKMP_E_STALE);
    assert_int_equal(isakmp_child_rekey(A->x, pr.now, no_child, NULL), ISAKMP_E_STALE);
    assert_int_equal(isakmp_child_traffic(A->x, pr.now, no_child, 0, 0), ISAKMP_E_STALE);
    assert_int_equal(sas_in(A, ISAKMP_SA_UP), 0);
    run_for(100);
    assert_true(both_up(1));
    rekey_sa(A, sa);
    assert_int_equal(isakmp_rekey(A->x, pr.now, sa, NULL), ISAKMP_E_STATE);
    run_for(100);
    assert_int_equal(isakmp_rekey(A->x, pr.now, sa, NULL), ISAKMP_E_STATE); /* it is replaced */
    finish();
}

/* ---- Each message lost ------------------------------------------------------------------------------ */

static void test_child_each_message_lost(void **state)
{
    (void)state;
    for (int by = 0; by < 2; by++)
        for (unsigned nth = 1; nth <= 5; nth++) {
            peer *p = &pr.p[by];
            set_up(210 + nth, 86400, 28800);
            come_up(ISAKMP_EXCH_MAIN, 1);
            pr.filter = drop_one;
            pr.arrive = check_on_arrival;
            drop_nth = nth;
            drop_count = 0;
            rekey_child(p, first_child(p));
            run_with_traffic(150000, 100);
            assert_true(both_up(1));
            assert_int_equal(heard(A, ISAKMP_EV_CHILD_UP), 2);
            assert_int_equal(gaps + no_outbound, 0);
            finish();
        }
}

static void test_sa_each_message_lost(void **state)
{
    static const uint8_t exchanges[] = {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_AGGRESSIVE};
    (void)state;
    for (unsigned k = 0; k < 2; k++)
        for (int by = 0; by < 2; by++)
            for (unsigned nth = 1; nth <= 8; nth++) {
                peer *p = &pr.p[by];
                isakmp_child_id c[2];
                set_up(220 + nth, 86400, 28800);
                for (int i = 0; i < 2; i++)
                    pr.p[i].peer.flags |= ISAKMP_PF_AGGRESSIVE_PSK;
                come_up(exchanges[k], 1);
                for (int i = 0; i < 2; i++)
                    c[i] = first_child(&pr.p[i]);
                pr.filter = drop_one;
                drop_nth = nth;
                drop_count = 0;
                rekey_sa(p, first_sa(p));
                run_with_traffic(700000, 500);
                assert_true(both_up(1));
                for (int i = 0; i < 2; i++) {
                    isakmp_sa_id sa = first_sa(&pr.p[i]);
                    assert_true(child_info(&pr.p[i], c[i]).sa.v == sa.v);
                    assert_int_equal(sa_info(&pr.p[i], sa).exchange, exchanges[k]);
                    assert_int_equal(sa_info(&pr.p[i], sa).n_children, 1);
                    assert_int_equal(heard(&pr.p[i], ISAKMP_EV_CHILD_DOWN), 0);
                }
                assert_int_equal(gaps + no_outbound, 0);
                finish();
            }
}

/* ---- An ISAKMP SA, on request ------------------------------------------------------------------------ */

static void test_sa_on_request(void **state)
{
    (void)state;
    for (int by = 0; by < 2; by++) {
        peer *p = &pr.p[by], *q = &pr.p[1 - by];
        isakmp_sa_id old, new_one, of_peer;
        isakmp_child_id c;
        set_up(240 + (uint64_t)by, 86400, 28800);
        come_up(ISAKMP_EXCH_MAIN, 1);
        old = first_sa(p);
        of_peer = first_sa(q);
        c = first_child(p);
        new_one = rekey_sa(p, old);
        run_for(100);
        assert_int_equal(sas_in(p, ISAKMP_SA_UP), 2);
        assert_int_equal(sa_info(p, old).replaced, 1);
        assert_int_equal(sa_info(p, new_one).replaced, 0);
        assert_true(child_info(p, c).sa.v == new_one.v);
        assert_true(child_info(q, first_child(q)).sa.v == live_sa(q).v);
        assert_true(last_event(p, ISAKMP_EV_SA_UP)->other_sa.v == old.v);
        assert_true(last_event(q, ISAKMP_EV_SA_UP)->other_sa.v == of_peer.v);
        /* What is asked of the old one goes to the new one. */
        assert_int_equal(isakmp_sa_heard(p->x, pr.now, old, NULL), ISAKMP_OK);
        assert_true(child_info(p, add_child(p, old, &p->child)).sa.v == new_one.v);
        run_for(30000);
        assert_int_equal(sas_in(p, 0), 1);
        assert_int_equal(sas_in(q, 0), 1);
        assert_int_equal(last_event(p, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_REPLACED);
        assert_true(last_event(p, ISAKMP_EV_SA_DOWN)->other_sa.v == new_one.v);
        assert_int_equal(last_event(q, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_DELETED);
        /* A Delete of a child goes through the new one. */
        assert_int_equal(isakmp_child_close(p->x, pr.now, live_child(p)), ISAKMP_OK);
        run_for(100);
        assert_true(both_up(0));
        finish();
    }
}

/* The peer's policy says nothing of it: for it the new SA stands beside the old one, whose children outlive
 * it, and the new one speaks for them. */
static void test_sa_on_request_alone(void **state)
{
    (void)state;
    set_up(243, 86400, 28800);
    no_flags();
    come_up(ISAKMP_EXCH_MAIN, 1);
    rekey_sa(A, first_sa(A));
    run_for(30000);
    assert_true(is_up(A, 1));
    assert_int_equal(sas_in(B, ISAKMP_SA_UP), 1);
    assert_int_equal(sas_in(B, ISAKMP_SA_ENDED), 1);
    assert_true(sads_mirror(&pr));
    rekey_child(A, first_child(A));
    run_with_traffic(10000, 100);
    assert_true(both_up(1)); /* and with it the last of the old SA has gone */
    assert_int_equal(gaps, 0);
    finish();
}

/* Closing the new one ends the old one, too, which only waits for its end. */
static void test_close_while_replacing(void **state)
{
    (void)state;
    for (unsigned when = 0; when < 2; when++) {
        isakmp_sa_id old;
        set_up(244, 86400, 28800);
        come_up(ISAKMP_EXCH_MAIN, 1);
        old = first_sa(A);
        rekey_sa(A, old);
        if (when)
            run_for(100);
        assert_int_equal(isakmp_close(A->x, pr.now, when ? live_sa(A) : old), ISAKMP_OK);
        assert_int_equal(sas_in(A, 0), 0);
        run_for(LONG_MS);
        assert_true(pair_is_empty(&pr));
        finish();
    }
}

/* Of the goodbye for the child, for its SA and for the old SA only the second gets through. */
static int only_second(pair *p, wire_item *w)
{
    (void)p;
    (void)w;
    return ++drop_count == 2 ? PAIR_DELIVER : PAIR_DROP;
}

/* Deletes of A get lost, as if it never sent any. */
static int no_deletes(pair *p, wire_item *w)
{
    (void)p;
    return w->from == 0 && header_of(w).exchange == ISAKMP_EXCH_INFO ? PAIR_DROP : PAIR_DELIVER;
}

/* A peer that makes a new ISAKMP SA every few seconds and leaves the old ones to us, whether it uses them or not:
 * they do not fill the pool.  The last one that is known to be up at the peer stays all the time. */
static void test_sas_in_quick_succession(void **state)
{
    (void)state;
    for (int speaks = 0; speaks < 2; speaks++) {
        isakmp_sa_id first;
        set_up(248, 86400, 28800);
        B->config.limits.sas = 5;
        come_up(ISAKMP_EXCH_MAIN, 1);
        first = first_sa(B);
        pr.filter = no_deletes;
        for (unsigned k = 0; k < 40; k++) {
            rekey_sa(A, live_sa(A));
            run_with_traffic(3000, 100);
            assert_int_equal(heard(B, ISAKMP_EV_SA_UP), k + 2);
            if (speaks)
                rekey_child(A, live_child(A));
            run_with_traffic(4000, 100);
            assert_true(speaks || sa_info(B, first).state == ISAKMP_SA_UP);
        }
        assert_int_equal(gaps + no_outbound, 0);
        pr.filter = NULL;
        run_with_traffic(700000, 500);
        assert_true(both_up(1));
        finish();
    }
}

/* The new one does not live as long as the old one: that comes back. */
static void test_old_ones_come_back(void **state)
{
    isakmp_child_id old;
    isakmp_sa_id old_sa;
    (void)state;
    set_up(245, 86400, 28800);
    no_flags();
    come_up(ISAKMP_EXCH_MAIN, 1);
    old = first_child(A);
    rekey_child(A, old);
    run_for(100);
    assert_int_equal(isakmp_child_close(A->x, pr.now, live_child(A)), ISAKMP_OK);
    run_for(200000);
    assert_true(both_up(1));
    assert_true(first_child(A).v == old.v);
    finish();
    set_up(246, 86400, 28800);
    come_up(ISAKMP_EXCH_MAIN, 1);
    old_sa = first_sa(A);
    rekey_sa(A, old_sa);
    run_for(100);
    pr.filter = only_second;
    drop_count = 0;
    assert_int_equal(isakmp_close(B->x, pr.now, live_sa(B)), ISAKMP_OK);
    run_for(100);
    assert_int_equal(sas_in(A, 0), 1);
    assert_true(live_sa(A).v == old_sa.v);
    assert_true(child_info(A, first_child(A)).sa.v == old_sa.v);
    finish();
}

/* ---- By itself ----------------------------------------------------------------------------------------- */

/* Hours of it, without faults: no gap, no leak, nobody gets ahead. */
static void hours(uint64_t seed, uint32_t sa_life_s, uint32_t child_life_s, unsigned h)
{
    isakmp_stats before[2];
    unsigned rekeys;
    set_up(seed, sa_life_s, child_life_s);
    come_up(ISAKMP_EXCH_MAIN, 1);
    pr.arrive = check_on_arrival;
    run_with_traffic(1000, 100);
    for (int i = 0; i < 2; i++)
        before[i] = stats_of(&pr.p[i]);
    run_with_traffic(3600000u * h, 500);
    assert_int_equal(gaps + no_outbound, 0);
    rekeys = heard(A, ISAKMP_EV_CHILD_UP) - 1;
    assert_in_range(rekeys, 3600 * h / child_life_s, 3600 * h * 10 / 8 / child_life_s);
    assert_int_equal(heard(A, ISAKMP_EV_CHILD_UP), heard(B, ISAKMP_EV_CHILD_UP));
    assert_int_equal(heard(A, ISAKMP_EV_SA_UP), heard(B, ISAKMP_EV_SA_UP));
    assert_in_range(heard(A, ISAKMP_EV_SA_UP), 3600 * h / sa_life_s,
                    3600 * h * 10 / 8 / sa_life_s + 1);
    /* When nothing is being replaced there is no more than at first, but for what is kept for a minute. */
    for (unsigned k = 0; k < 400 && !both_up(1); k++)
        run_with_traffic(100, 100);
    assert_true(both_up(1));
    for (int i = 0; i < 2; i++) {
        isakmp_stats now = stats_of(&pr.p[i]);
        assert_int_equal(now.sas, before[i].sas);
        assert_int_equal(now.children, before[i].children);
        assert_true(now.exchanges <= before[i].exchanges + 2);
        assert_true(now.packets <= before[i].packets + 2);
    }
    assert_int_equal(gaps + no_outbound, 0);
    finish();
}

static void test_hours(void **state)
{
    (void)state;
    hours(250, 240, 60, 40);
    hours(251, 60, 240, 10);
}

/* The same on a bad wire: a third gets lost, a tenth comes twice, and everything out of order. */
static void test_hours_of_loss(void **state)
{
    (void)state;
    for (uint64_t seed = 260; seed < 264; seed++) {
        set_up(seed, 3600, 900);
        for (int i = 0; i < 2; i++)
            pr.p[i].config.retransmit_tries = 8;
        come_up(ISAKMP_EXCH_MAIN, 1);
        loss_percent = 30;
        pr.filter = bad_wire;
        pr.arrive = check_on_arrival;
        run_with_traffic(3600000 * 50, 250);
        assert_int_equal(gaps + no_outbound, 0);
        assert_true(heard(A, ISAKMP_EV_CHILD_UP) > 200);
        assert_true(stats_of(A).sas <= 3 && stats_of(B).sas <= 3);
        assert_true(stats_of(A).children <= 3 && stats_of(B).children <= 3);
        pr.filter = NULL;
        run_with_traffic(130000, 500);
        assert_true(both_agree());
        finish();
    }
}

/* ---- Both sides at the same moment ------------------------------------------------------------------------ */

static void test_both_children(void **state)
{
    (void)state;
    for (unsigned flags = 0; flags < 2; flags++)
        for (uint64_t seed = 270; seed < 300; seed++) {
            set_up(seed, 86400, 28800);
            if (!flags)
                no_flags();
            come_up(ISAKMP_EXCH_MAIN, 1);
            loss_percent = seed < 280 ? 0 : 40;
            if (seed > 272)
                pr.filter = bad_wire;
            pr.arrive = check_on_arrival;
            for (int i = 0; i < 2; i++)
                rekey_child(&pr.p[i], first_child(&pr.p[i]));
            run_with_traffic(300000, 100);
            assert_int_equal(gaps + no_outbound, 0);
            assert_true(both_up(1));
            if (seed <= 272) /* nothing was lost or late: one gave way in time */
                assert_int_equal(heard(A, ISAKMP_EV_CHILD_UP), 2);
            finish();
        }
}

/* One of the first messages lost: the order in which they come up is another one. */
static void test_both_children_each_message_lost(void **state)
{
    (void)state;
    for (uint64_t seed = 300; seed < 306; seed++)
        for (unsigned nth = 1; nth <= 8; nth++) {
            set_up(seed, 86400, 28800);
            come_up(ISAKMP_EXCH_MAIN, 1);
            pr.filter = drop_one;
            pr.arrive = check_on_arrival;
            drop_nth = nth;
            drop_count = 0;
            for (int i = 0; i < 2; i++)
                rekey_child(&pr.p[i], first_child(&pr.p[i]));
            run_with_traffic(200000, 100);
            assert_int_equal(gaps + no_outbound, 0);
            assert_true(both_up(1));
            finish();
        }
}

/* Each side has sent its last message before it knows of the other's negotiation: both children come up, on
 * either side in another order. */
static struct {
    isakmp_time start;
    uint32_t of_b; /* message ID of what B has begun */
    int seen_a;
} crossing;

static int cross(pair *p, wire_item *w)
{
    isakmp_header h = header_of(w);
    if (h.exchange != ISAKMP_EXCH_QUICK)
        return PAIR_DELIVER;
    if (w->from == 0 && !crossing.seen_a) {
        crossing.seen_a = 1;
        w->at = p->now + 1000;
    } else if (w->from == 1 && crossing.of_b == 0) {
        crossing.of_b = h.msg_id;
    } else if (w->from == 1 && crossing.of_b == h.msg_id) {
        w->at = crossing.start + 3000;
    }
    return PAIR_DELIVER;
}

/* Is the child that is not replaced the same on both sides, and the one that is sent through? */
static int same_child(void)
{
    isakmp_child_info a = child_info(A, live_child(A)), b = child_info(B, live_child(B));
    return a.spi_out[0] == b.spi_in[0] && b.spi_out[0] == a.spi_in[0] &&
           newest_outbound(A)->e.spi == a.spi_out[0] && newest_outbound(B)->e.spi == b.spi_out[0];
}

static void test_both_children_come_up(void **state)
{
    unsigned times = 0;
    (void)state;
    for (unsigned flags = 0; flags < 2; flags++)
        for (uint64_t seed = 360; seed < 372; seed++) {
            set_up(seed, 86400, 28800);
            if (!flags)
                no_flags();
            come_up(ISAKMP_EXCH_MAIN, 1);
            memset(&crossing, 0, sizeof crossing);
            crossing.start = pr.now;
            reporting = 0; /* a packet would stand for the last message */
            pr.filter = cross;
            for (int i = 0; i < 2; i++)
                rekey_child(&pr.p[i], first_child(&pr.p[i]));
            run_with_traffic(4000, 50);
            assert_true(same_child()); /* both know which one it will be, and send through it */
            times += children_in(A, ISAKMP_CHILD_UP) == 3;
            run_with_traffic(200000, 50);
            assert_int_equal(gaps + no_outbound, 0);
            assert_true(both_up(1));
            finish();
        }
    assert_in_range(times, 4, 20);
}

static void test_both_sas(void **state)
{
    static const uint8_t exchanges[] = {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_AGGRESSIVE};
    (void)state;
    for (unsigned k = 0; k < 2; k++)
        for (uint64_t seed = 310; seed < 340; seed++) {
            set_up(seed, 86400, 28800);
            for (int i = 0; i < 2; i++)
                pr.p[i].peer.flags |= ISAKMP_PF_AGGRESSIVE_PSK;
            come_up(exchanges[k], 1);
            loss_percent = seed < 320 ? 0 : 30;
            if (seed > 310)
                pr.filter = bad_wire;
            for (int i = 0; i < 2; i++)
                rekey_sa(&pr.p[i], first_sa(&pr.p[i]));
            run_with_traffic(100000, 500);
            pr.filter = NULL;
            run_with_traffic(700000, 500);
            assert_int_equal(gaps + no_outbound, 0);
            assert_true(both_up(1));
            assert_memory_equal(sa_info(A, first_sa(A)).cky_i, sa_info(B, first_sa(B)).cky_i, 8);
            assert_int_equal(heard(A, ISAKMP_EV_CHILD_DOWN), 0);
            finish();
        }
}

/* Both phases, both sides, all at once. */
static void test_all_at_once(void **state)
{
    (void)state;
    for (uint64_t seed = 340; seed < 360; seed++) {
        set_up(seed, 86400, 28800);
        come_up(ISAKMP_EXCH_MAIN, 1);
        loss_percent = seed < 345 ? 0 : 30;
        pr.filter = bad_wire;
        pr.arrive = check_on_arrival;
        for (int i = 0; i < 2; i++) {
            rekey_sa(&pr.p[i], first_sa(&pr.p[i]));
            rekey_child(&pr.p[i], first_child(&pr.p[i]));
        }
        run_with_traffic(150000, 100);
        pr.filter = NULL;
        run_with_traffic(700000, 500);
        assert_int_equal(gaps + no_outbound, 0);
        assert_true(both_up(1));
        finish();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_child_on_request),
        cmocka_unit_test(test_child_without_reports),
        cmocka_unit_test(test_child_keeps_what_was_agreed),
        cmocka_unit_test(test_bundle_with_falling_spis),
        cmocka_unit_test(test_refused_requests),
        cmocka_unit_test(test_child_each_message_lost),
        cmocka_unit_test(test_sa_each_message_lost),
        cmocka_unit_test(test_sa_on_request),
        cmocka_unit_test(test_sa_on_request_alone),
        cmocka_unit_test(test_close_while_replacing),
        cmocka_unit_test(test_sas_in_quick_succession),
        cmocka_unit_test(test_old_ones_come_back),
        cmocka_unit_test(test_hours),
        cmocka_unit_test(test_hours_of_loss),
        cmocka_unit_test(test_both_children),
        cmocka_unit_test(test_both_children_each_message_lost),
        cmocka_unit_test(test_both_children_come_up),
        cmocka_unit_test(test_both_sas),
        cmocka_unit_test(test_all_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
