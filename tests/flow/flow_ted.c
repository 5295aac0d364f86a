/* flow/flow_ted.c -- Tunnel Endpoint Discovery: a probe on its way, who answers it, what comes of the answer,
 * and what is remembered.  flow_ted_hostile.c has what nobody should send.
 *
 * A is the gateway that asks, B one that answers; C, where there is one, is another: it stands in a pair of its
 * own, `far`, whose wire is tied to that of the first. */
#include "flow/ted.h"

/* ---- A third gateway ------------------------------------------------------------------------ */

static pair far;
#define C (&far.p[1])

static struct {
    int b_is_dead;            /* B gets and sends nothing */
    int b_is_deaf, c_is_deaf; /* ... nothing but probes: it answers them, and that is all */
    int to_b, to_c;           /* by which gateways probes pass */
    unsigned from_b, from_c;  /* replies */
} road;

static void lay(pair *to, const wire_item *w, int from)
{
    assert_true(to->n_wire < PAIR_WIRE);
    to->wire[to->n_wire] = *w;
    to->wire[to->n_wire].from = from;
    to->wire[to->n_wire].at = to->now;
    to->n_wire++;
}

/* What A and B send. */
static int near_filter(pair *p, wire_item *w)
{
    unsigned is_ted = header_of(w).exchange >= ISAKMP_EXCH_TED_PROBE;
    watch(p, w);
    if (is_ted && w->from == 0) {
        if (road.to_c)
            lay(&far, w, 0);
        return road.to_b && !road.b_is_dead ? PAIR_DELIVER : PAIR_DROP;
    }
    if (w->path.remote.ip[3] == 3) {
        if (!road.c_is_deaf)
            lay(&far, w, 0);
        return PAIR_DROP;
    }
    road.from_b += is_ted;
    return road.b_is_dead || (road.b_is_deaf && !is_ted) ? PAIR_DROP : PAIR_DELIVER;
}

/* What C sends. */
static int far_filter(pair *p, wire_item *w)
{
    (void)p;
    road.from_c += header_of(w).exchange == ISAKMP_EXCH_TED_REPLY;
    lay(&pr, w, 1);
    return PAIR_DROP;
}

static void prepare_three(uint64_t seed)
{
    memset(&road, 0, sizeof road);
    prepare(seed);
    pr.filter = near_filter;
    pair_init(&far, seed + 1);
    far.filter = far_filter;
    C->addr.ip[3] = 3;
    answers(C);
    road.to_b = road.to_c = 1;
    A->peer.dpd_s = 10;
    A->peer.dpd_tries = 2;
    A->peer.flags |= ISAKMP_PF_DPD_PERIODIC;
    pair_start(&pr);
    pair_start(&far);
}

static void run_three(isakmp_time ms)
{
    isakmp_time end = pr.now + ms;
    while (pr.now < end) {
        isakmp_time to = pr.now + 25;
        for (int i = 0; i < 6; i++) {
            pair_run(&pr, to);
            pair_run(&far, to);
        }
    }
}

static void finish_three(void)
{
    isakmp_sa_id id;
    memset(&road, 0, sizeof road);
    while ((id = first_sa(C)).v)
        assert_int_equal(isakmp_close(C->x, far.now, id), ISAKMP_OK);
    while ((id = first_sa(A)).v)
        assert_int_equal(isakmp_close(A->x, pr.now, id), ISAKMP_OK);
    while ((id = first_sa(B)).v)
        assert_int_equal(isakmp_close(B->x, pr.now, id), ISAKMP_OK);
    run_three(LONG_MS);
    assert_true(pair_is_empty(&pr) && pair_is_empty(&far));
    assert_int_equal(stats_of(A).discoveries, 0);
    pair_end(&pr);
    pair_end(&far);
}

/* With which gateway has A its only child that is up?  0: none. */
static unsigned child_is_with(void)
{
    isakmp_child_id c = {0}, found = {0};
    isakmp_sa_id all = {0};
    while ((c = isakmp_child_next(A->x, all, c)).v)
        if (child_info(A, c).state == ISAKMP_CHILD_UP) {
            assert_int_equal(found.v, 0);
            found = c;
        }
    return found.v ? sa_info(A, child_info(A, found).sa).path.remote.ip[3] : 0;
}

/* ---- Discovery ------------------------------------------------------------------------------ */

/* The four steps, octet by octet. */
static void test_discovery(void **state)
{
    static const uint8_t probe_payloads[] = {13, 0, 0, 12, 1, 0, 0, 0, 192, 0, 2, 1, 0, 0, 0, 40};
    static const uint8_t reply_payloads[] = {5, 0,  0, 12, 1, 0, 0,  0, 192, 0, 2,   2,   0, 0,
                                             0, 16, 4, 0,  0, 0, 10, 2, 0,   0, 255, 255, 0, 0};
    const wire_item *probe = &seen.probe, *reply = &seen.reply;
    isakmp_header h;
    isakmp_child_info i;
    (void)state;
    prepare(900);
    pair_start(&pr);
    assert_int_equal(discover(), ISAKMP_OK);
    assert_int_equal(heard(A, ISAKMP_EV_TED_PEER), 0);
    run_for(100);

    assert_int_equal(seen.probes, 1);
    assert_int_equal(A->probes, 1);
    h = header_of(probe);
    assert_int_equal(h.exchange, 240);
    assert_int_equal(h.version, 0x10);
    assert_int_equal(h.flags, 0);
    assert_int_equal(h.msg_id, 0);
    assert_true(isakmp__all_zero(h.cky_r, 8) && !isakmp__all_zero(h.cky_i, 8));
    assert_true(same_addr(&probe->path.local, SOURCE, 500));
    assert_true(same_addr(&probe->path.remote, DESTINATION, 500));
    assert_int_equal(probe->path.ifindex, 7);
    assert_int_equal(probe->n, 28 + 12 + 40);
    assert_int_equal(h.next, ISAKMP_PAYLOAD_ID);
    assert_memory_equal(probe->data + 28, probe_payloads, sizeof probe_payloads);

    assert_int_equal(B->ted_asks, 1);
    assert_true(same_selector(&B->ted_local, DESTINATION));
    assert_true(same_selector(&B->ted_remote, SOURCE));
    assert_int_equal(seen.replies, 1);
    assert_memory_equal(reply->data, probe->data, 8);
    h = header_of(reply);
    assert_int_equal(h.exchange, 241);
    assert_int_equal(h.flags, 0);
    assert_int_equal(h.msg_id, 0);
    assert_false(isakmp__all_zero(h.cky_r, 8));
    assert_true(isakmp_addr_equal(&reply->path.local, &B->addr));
    assert_true(isakmp_addr_equal(&reply->path.remote, &A->addr));
    assert_int_equal(reply->n, 28 + sizeof reply_payloads);
    assert_memory_equal(reply->data + 28, reply_payloads, sizeof reply_payloads);
    assert_true(reply->n <= probe->n);

    assert_true(both_up(1));
    assert_int_equal(heard(A, ISAKMP_EV_TED_PEER), 1);
    assert_int_equal(heard(A, ISAKMP_EV_TED_FAILED), 0);
    assert_int_equal(last_event(A, ISAKMP_EV_TED_PEER)->child.v, first_child(A).v);
    assert_int_equal(last_event(A, ISAKMP_EV_TED_PEER)->sa.v, first_sa(A).v);
    i = child_info(A, first_child(A));
    assert_memory_equal(&i.local, &A->child.local, sizeof i.local);
    assert_memory_equal(&i.remote, &B->child.local, sizeof i.remote);
    assert_int_equal(discover(), ISAKMP_OK);
    run_for(100);
    assert_int_equal(seen.probes, 1);
    finish();
    assert_int_equal(heard(A, ISAKMP_EV_TED_FAILED), 0);
}

/* The probe that also names the flow: IDci and IDcr behind the gateway. */
static void test_flow_ids(void **state)
{
    static const uint8_t want[] = {5, 0,  0, 12, 1, 0, 0,  0, 192, 0, 2,   1,   5, 0,
                                   0, 16, 4, 0,  0, 0, 10, 1, 0,   0, 255, 255, 0, 0,
                                   0, 0,  0, 12, 1, 0, 0,  0, 10,  2, 0,   9};
    (void)state;
    prepare(901);
    query.flow_ids = 1;
    query.exchange = ISAKMP_EXCH_AGGRESSIVE;
    pair_start(&pr);
    assert_int_equal(discover(), ISAKMP_OK);
    run_for(100);
    assert_int_equal(seen.probe.n, 28 + sizeof want);
    assert_memory_equal(seen.probe.data + 28, want, sizeof want);
    assert_int_equal(seen.probe.data[16], ISAKMP_PAYLOAD_ID);
    assert_true(seen.reply.n <= seen.probe.n);
    assert_true(both_up(1));
    assert_int_equal(sa_info(A, first_sa(A)).exchange, ISAKMP_EXCH_AGGRESSIVE);
    finish();
}

static void test_ipv6(void **state)
{
    (void)state;
    for (int all = 0; all < 2; all++) {
        prepare(902);
        for (int i = 0; i < 2; i++)
            make_v6(&pr.p[i]);
        query.flow_ids = (uint8_t)all;
        pair_start(&pr);
        query.gateway = A->addr;
        query.source = v6_addr(1, 5);
        query.destination = v6_addr(2, 9);
        assert_int_equal(discover(), ISAKMP_OK);
        run_for(100);
        assert_int_equal(seen.replies, 1);
        assert_int_equal(seen.reply.n, 28 + 24 + 40);
        assert_true(seen.reply.n <= seen.probe.n);
        assert_true(both_up(1));
        finish();
    }
}

/* A gateway that protects one address, or a range, says so. */
static void test_other_proxies(void **state)
{
    (void)state;
    for (int range = 0; range < 2; range++) {
        prepare(903);
        memcpy(B->child.local.lo, query.destination.ip, 4);
        memcpy(B->child.local.hi, query.destination.ip, 4);
        B->child.local.hi[3] = (uint8_t)(B->child.local.hi[3] + 100 * range);
        pair_start(&pr);
        assert_int_equal(discover(), ISAKMP_OK);
        run_for(100);
        assert_int_equal(seen.reply.n, 28 + 12 + (range ? 16 : 12));
        assert_true(both_up(1));
        assert_memory_equal(&A->sad[0].e.remote, &B->child.local, sizeof B->child.local);
        finish();
    }
}

/* Late answers of the hosts and the providers hold nothing up for good. */
static void test_questions_answered_later(void **state)
{
    (void)state;
    prepare(904);
    for (int i = 0; i < 2; i++) {
        pr.p[i].park = 1;
        pr.p[i].answer_after = 300;
        pr.p[i].toy.pending_dh = 1;
    }
    pair_start(&pr);
    assert_int_equal(discover(), ISAKMP_OK);
    run_for(8000);
    assert_true(both_up(1));
    finish();
}

static void test_reentry(void **state)
{
    (void)state;
    prepare(905);
    A->reentry = B->reentry = 1;
    pair_start(&pr);
    assert_int_equal(discover(), ISAKMP_OK);
    run_for(100);
    assert_true(both_up(1));
    finish();
}

/* ---- Nobody answers ------------------------------------------------------------------------- */

static unsigned to_lose;

static int lose(pair *p, wire_item *w)
{
    watch(p, w);
    if (header_of(w).exchange < ISAKMP_EXCH_TED_PROBE || to_lose == 0)
        return PAIR_DELIVER;
    to_lose--;
    return PAIR_DROP;
}

/* Probes and replies are lost: they are repeated after 1, 2 and 4 seconds, the same each time. */
static void test_loss(void **state)
{
    static const isakmp_time when[] = {0, 1000, 3000};
    (void)state;
    for (unsigned n = 1; n <= 2; n++) {
        prepare(906);
        pr.filter = lose;
        to_lose = n;
        pair_start(&pr);
        assert_int_equal(discover(), ISAKMP_OK);
        for (unsigned i = 0; i <= n; i++) {
            pair_run(&pr, when[i] + 500);
            assert_int_equal(seen.probes, i + 1);
            assert_int_equal(heard(A, ISAKMP_EV_TED_PEER), i == n);
        }
        assert_true(both_up(1));
        finish();
    }
}

static void test_silence(void **state)
{
    const heard_event *e;
    uint8_t first[8];
    (void)state;
    prepare(907);
    B->ted_rc = ISAKMP_NONE;
    pair_start(&pr);
    assert_int_equal(discover(), ISAKMP_OK);
    run_for(500);
    assert_int_equal(discover(), ISAKMP_OK); /* it is on its way */
    memcpy(first, seen.probe.data, 8);
    run_for(6400);
    assert_int_equal(heard(A, ISAKMP_EV_TED_FAILED), 0);
    run_for(200);
    assert_int_equal(seen.probes, 3);
    assert_memory_equal(seen.probe.data, first, 8);
    e = last_event(A, ISAKMP_EV_TED_FAILED);
    assert_non_null(e);
    assert_int_equal(e->detail, ISAKMP_D_TED_SILENT);
    assert_int_equal(e->by, ISAKMP_BY_TIMER);
    assert_string_equal(e->text,
                        "no gateway was found for 10.2.0.9: no gateway has answered the probes");
    assert_int_equal(isakmp_count(A->x, ISAKMP_D_TED_SILENT), 1);
    assert_int_equal(isakmp_count(B->x, ISAKMP_D_TED_POLICY), 3);
    assert_int_equal(stats_of(A).sas, 0);

    /* For this flow it is remembered, for another it is not. */
    assert_int_equal(discover(), ISAKMP_NONE);
    assert_int_equal(seen.probes, 3);
    query.source.ip[3]++;
    assert_int_equal(discover(), ISAKMP_OK);
    query.source.ip[3]--;
    run_for(29000);
    assert_int_equal(discover(), ISAKMP_NONE);
    run_for(1500);
    B->ted_rc = ISAKMP_OK;
    assert_int_equal(discover(), ISAKMP_OK);
    assert_memory_not_equal(seen.probe.data, first, 8);
    run_for(100);
    assert_true(both_up(1));
    finish();
}

/* ---- What is there already ------------------------------------------------------------------- */

static void test_sa_is_used_again(void **state)
{
    isakmp_sa_id sa;
    (void)state;
    prepare(908);
    come_up(ISAKMP_EXCH_MAIN, 0);
    sa = first_sa(A);
    assert_int_equal(discover(), ISAKMP_OK);
    run_for(100);
    assert_true(both_up(1));
    assert_int_equal(first_sa(A).v, sa.v);
    assert_int_equal(last_event(A, ISAKMP_EV_TED_PEER)->sa.v, sa.v);
    finish();
}

/* An SA by another policy says nothing about what this one wants proved. */
static void test_sa_of_another_policy(void **state)
{
    static isakmp_peer_policy other;
    (void)state;
    prepare(909);
    come_up(ISAKMP_EXCH_MAIN, 0);
    other = A->peer;
    query.peer = &other;
    assert_int_equal(discover(), ISAKMP_OK);
    run_for(100);
    assert_int_equal(sas_in(A, ISAKMP_SA_UP), 2);
    assert_int_equal(children_in(A, ISAKMP_CHILD_UP), 1);
    assert_ptr_equal(sa_info(A, child_info(A, first_child(A)).sa).policy, &other);
    finish();
}

/* Nor one from another address of ours: the gateway was told where we are. */
static void test_sa_from_another_address(void **state)
{
    isakmp_path path;
    isakmp_sa_id sa;
    (void)state;
    prepare(920);
    pair_start(&pr);
    path = pair_path(&pr, 0);
    path.local.ip[3] = 50;
    assert_int_equal(isakmp_connect(A->x, pr.now, &A->peer, &path, 0, &sa), ISAKMP_OK);
    run_for(100);
    assert_int_equal(sas_in(A, ISAKMP_SA_UP), 1);
    assert_int_equal(discover(), ISAKMP_OK);
    run_for(100);
    assert_int_equal(sas_in(A, ISAKMP_SA_UP), 2);
    assert_int_equal(sa_info(A, child_info(A, first_child(A)).sa).path.local.ip[3], 1);
    finish();
}

/* Many flows, one proxy: there is one probe for a destination, and one child for all. */
static void test_flows_of_one_proxy(void **state)
{
    (void)state;
    prepare(910);
    pair_start(&pr);
    assert_int_equal(discover(), ISAKMP_OK);
    query.source.ip[3]++;
    assert_int_equal(discover(), ISAKMP_OK);
    assert_int_equal(seen.probes, 1);
    query.destination.ip[3]++;
    assert_int_equal(discover(), ISAKMP_OK);
    assert_int_equal(seen.probes, 2);
    run_for(100);
    assert_true(both_up(1));
    assert_int_equal(heard(A, ISAKMP_EV_TED_PEER), 2);
    query.destination.ip[3]++;
    assert_int_equal(discover(), ISAKMP_OK);
    assert_int_equal(seen.probes, 2);

    /* When that is forgotten there is a probe again, and still the same child. */
    run_for(61000);
    assert_int_equal(stats_of(A).discoveries, 0);
    assert_int_equal(discover(), ISAKMP_OK);
    run_for(100);
    assert_int_equal(seen.probes, 3);
    assert_int_equal(heard(A, ISAKMP_EV_TED_PEER), 3);
    assert_true(both_up(1));

    /* When the child has gone there is one again at once. */
    assert_int_equal(isakmp_child_close(A->x, pr.now, first_child(A)), ISAKMP_OK);
    assert_int_equal(discover(), ISAKMP_OK);
    run_for(100);
    assert_int_equal(seen.probes, 4);
    assert_true(both_up(1));
    finish();
}

/* Each side discovers the other at the same time. */
static void test_both_ask(void **state)
{
    isakmp_discovery back;
    (void)state;
    prepare(911);
    answers(A);
    pair_start(&pr);
    back = query;
    back.child = &B->child;
    back.peer = &B->peer;
    back.gateway = B->addr;
    back.source = query.destination;
    back.destination = query.source;
    assert_int_equal(discover(), ISAKMP_OK);
    assert_int_equal(isakmp_discover(B->x, pr.now, &back), ISAKMP_OK);
    run_for(200);
    assert_int_equal(heard(A, ISAKMP_EV_TED_PEER), 1);
    assert_int_equal(heard(B, ISAKMP_EV_TED_PEER), 1);
    assert_int_equal(children_in(A, 0), children_in(A, ISAKMP_CHILD_UP));
    assert_true(sads_mirror(&pr) && sad_count(A) > 0);
    finish();
}

/* ---- Redundant gateways ---------------------------------------------------------------------- */

static void test_first_reply_wins(void **state)
{
    (void)state;
    prepare_three(912);
    assert_int_equal(discover(), ISAKMP_OK);
    run_three(500);
    assert_int_equal(road.from_b, 1);
    assert_int_equal(road.from_c, 1);
    assert_int_equal(heard(A, ISAKMP_EV_TED_PEER), 1);
    assert_int_equal(isakmp_count(A->x, ISAKMP_D_TED), 1);
    assert_int_equal(child_is_with(), 2);
    assert_int_equal(sas_in(A, 0), 1);
    assert_int_equal(discover(), ISAKMP_OK);
    run_three(500);
    assert_int_equal(road.from_c, 1);
    finish_three();
}

/* The first gateway dies: dead peer detection finds out, and the next discovery takes the second one, though the
 * first is back and quicker.  After five minutes that is forgotten. */
static void test_second_gateway(void **state)
{
    (void)state;
    prepare_three(913);
    assert_int_equal(discover(), ISAKMP_OK);
    run_three(500);
    assert_int_equal(child_is_with(), 2);
    road.b_is_dead = 1;
    run_three(40000);
    assert_int_equal(last_event(A, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_DEAD);
    assert_int_equal(sas_in(A, 0), 0);
    road.b_is_dead = 0;
    road.from_b = road.from_c = 0;
    assert_int_equal(discover(), ISAKMP_OK);
    run_three(500);
    assert_int_equal(road.from_b, 1);
    assert_int_equal(road.from_c, 1);
    assert_int_equal(child_is_with(), 3);

    assert_int_equal(isakmp_close(A->x, pr.now, first_sa(A)), ISAKMP_OK);
    run_three(310000);
    assert_int_equal(discover(), ISAKMP_OK);
    run_three(500);
    assert_int_equal(child_is_with(), 2);
    finish_three();
}

/* Phase 1 with the first one comes to nothing. */
static void test_phase1_fails(void **state)
{
    (void)state;
    prepare_three(914);
    road.b_is_deaf = 1;
    assert_int_equal(discover(), ISAKMP_OK);
    run_three(60000);
    assert_int_equal(heard(A, ISAKMP_EV_TED_PEER), 1);
    assert_int_equal(last_event(A, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_TIMEOUT);
    assert_int_equal(discover(), ISAKMP_OK);
    run_three(500);
    assert_int_equal(child_is_with(), 3);
    finish_three();
}

/* If nobody else answers the first one is tried again, when the others have had their time. */
static void test_only_the_dead_one_answers(void **state)
{
    (void)state;
    prepare_three(915);
    road.to_c = 0;
    assert_int_equal(discover(), ISAKMP_OK);
    run_three(500);
    road.b_is_dead = 1;
    run_three(40000);
    assert_int_equal(sas_in(A, 0), 0);
    road.b_is_dead = 0;
    assert_int_equal(discover(), ISAKMP_OK);
    run_three(900);
    assert_int_equal(heard(A, ISAKMP_EV_TED_PEER), 1);
    lay(&pr, &seen.reply, 1); /* saying it twice makes it no later */
    run_three(300);
    assert_int_equal(heard(A, ISAKMP_EV_TED_PEER), 2);
    run_three(500);
    assert_int_equal(child_is_with(), 2);
    finish_three();
}

/* Nobody answers who has not failed already: then it is not the quicker one again and again, but each in its turn. */
static void test_all_have_failed(void **state)
{
    (void)state;
    prepare_three(921);
    road.b_is_deaf = road.c_is_deaf = 1;
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(discover(), ISAKMP_OK);
        run_three(60000);
        assert_int_equal(heard(A, ISAKMP_EV_TED_PEER), i + 1);
        assert_int_equal(sas_in(A, 0), 0);
    }
    road.c_is_deaf = 0;
    assert_int_equal(discover(), ISAKMP_OK);
    run_three(60000);
    assert_int_equal(child_is_with(), 0);
    assert_int_equal(discover(), ISAKMP_OK);
    run_three(1500);
    assert_int_equal(child_is_with(), 3);
    finish_three();
}

/* The host can have it forgotten. */
static void test_forgetting(void **state)
{
    (void)state;
    for (int all = 0; all < 2; all++) {
        prepare_three(916);
        assert_int_equal(discover(), ISAKMP_OK);
        run_three(500);
        road.b_is_dead = 1;
        run_three(40000);
        road.b_is_dead = 0;
        assert_int_equal(isakmp_discover_end(A->x, pr.now, all ? NULL : &A->child), ISAKMP_OK);
        assert_int_equal(stats_of(A).discoveries, all ? 0 : 1);
        assert_int_equal(discover(), ISAKMP_OK);
        run_three(1500);
        assert_int_equal(child_is_with(), all ? 2 : 3);
        finish_three();
    }
}

/* ---- Who may be believed -------------------------------------------------------------------- */

/* The gateway has another key: whoever says that it protects something must still prove who it is. */
static void test_wrong_key(void **state)
{
    (void)state;
    prepare(917);
    B->psk[0] ^= 1;
    pair_start(&pr);
    assert_int_equal(discover(), ISAKMP_OK);
    run_for(LONG_MS / 2);
    assert_int_equal(heard(A, ISAKMP_EV_TED_PEER), 1);
    assert_int_equal(heard(A, ISAKMP_EV_SA_UP) + heard(A, ISAKMP_EV_CHILD_UP), 0);
    assert_int_equal(heard(A, ISAKMP_EV_CHILD_DOWN), 1);
    assert_int_equal(A->installs + B->installs, 0);
    finish();
}

static const isakmp_child_policy *only_what_is_said(peer *p, const isakmp_selector *local,
                                                    const isakmp_selector *remote)
{
    (void)local;
    (void)remote;
    return p->index ? NULL : &p->child;
}

/* It answers probes, but its SPD has nothing for that proxy: no SA, and it is avoided. */
static void test_child_refused(void **state)
{
    (void)state;
    prepare(918);
    B->choose_child = only_what_is_said;
    pair_start(&pr);
    assert_int_equal(discover(), ISAKMP_OK);
    run_for(500);
    assert_int_equal(heard(A, ISAKMP_EV_SA_UP), 1);
    assert_int_equal(heard(A, ISAKMP_EV_CHILD_UP), 0);
    assert_int_equal(last_event(A, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_PEER_REFUSED);
    B->choose_child = NULL;
    assert_int_equal(discover(), ISAKMP_OK);
    run_for(900);
    assert_int_equal(heard(A, ISAKMP_EV_TED_PEER), 1);
    run_for(200);
    assert_int_equal(heard(A, ISAKMP_EV_TED_PEER), 2);
    assert_true(both_up(1));
    finish();
}

/* A child that was discovered is negotiated anew for the same addresses.  If that does not succeed, or we give way to
 * the peer, its gateway works all the same. */
static void test_rekeying(void **state)
{
    (void)state;
    for (unsigned how = 0; how < 3; how++) {
        isakmp_child_info old, now;
        prepare(920);
        A->child.flags |= ISAKMP_CF_REKEY;
        B->child.flags |= ISAKMP_CF_REKEY;
        pair_start(&pr);
        assert_int_equal(discover(), ISAKMP_OK);
        run_for(500);
        assert_true(both_up(1));
        old = child_info(A, first_child(A));
        B->no_child = how == 1;
        assert_int_equal(isakmp_child_rekey(A->x, pr.now, first_child(A), NULL), ISAKMP_OK);
        if (how == 2)
            assert_int_equal(isakmp_child_rekey(B->x, pr.now, first_child(B), NULL), ISAKMP_OK);
        run_for(200000);
        B->no_child = 0;
        assert_true(both_up(1));
        now = child_info(A, first_child(A));
        assert_memory_equal(&now.local, &old.local, sizeof now.local);
        assert_memory_equal(&now.remote, &old.remote, sizeof now.remote);
        assert_int_equal(now.spi_in[0] == old.spi_in[0], how == 1);
        assert_int_equal(isakmp_child_close(A->x, pr.now, first_child(A)), ISAKMP_OK);
        assert_int_equal(isakmp_discover_end(A->x, pr.now, &A->child), ISAKMP_OK);
        assert_int_equal(discover(), ISAKMP_OK);
        run_for(500);
        assert_int_equal(heard(A, ISAKMP_EV_TED_PEER), 2);
        assert_true(both_up(1));
        finish();
    }
}

/* What the user closes was no failure of the gateway's. */
static void test_closing_is_no_failure(void **state)
{
    (void)state;
    for (unsigned when = 0; when < 2; when++) {
        prepare(919);
        pair_start(&pr);
        assert_int_equal(discover(), ISAKMP_OK);
        for (unsigned i = 0; i < (when ? 100u : 3u); i++)
            pair_deliver(&pr);
        assert_int_equal(isakmp_close(A->x, pr.now, first_sa(A)), ISAKMP_OK);
        run_for(2000);
        assert_int_equal(discover(), ISAKMP_OK);
        run_for(500);
        assert_int_equal(heard(A, ISAKMP_EV_TED_PEER), 2);
        assert_int_equal(children_in(A, ISAKMP_CHILD_UP), 1);
        finish();
    }
}

/* Nor is a child that had come up and ended in good order, or one that no discovery has to do with. */
static void test_what_is_no_failure(void **state)
{
    static isakmp_child_policy fixed;
    (void)state;
    prepare(921);
    pair_start(&pr);
    assert_int_equal(discover(), ISAKMP_OK);
    run_for(100);
    assert_int_equal(isakmp_close(B->x, pr.now, first_sa(B)), ISAKMP_OK);
    run_for(100);
    assert_int_equal(last_event(A, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_DELETED);
    assert_int_equal(discover(), ISAKMP_OK);
    run_for(100);
    assert_true(both_up(1));

    fixed = A->child;
    fixed.flags = 0;
    B->no_child = 1;
    (void)add_child(A, first_sa(A), &fixed);
    run_for(100);
    assert_int_equal(last_event(A, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_PEER_REFUSED);
    B->no_child = 0;
    assert_int_equal(isakmp_child_close(A->x, pr.now, first_child(A)), ISAKMP_OK);
    assert_int_equal(discover(), ISAKMP_OK);
    run_for(100);
    assert_true(both_up(1));
    assert_int_equal(heard(A, ISAKMP_EV_TED_PEER), 3);
    finish();
}

static int cut_quick_mode(pair *p, wire_item *w)
{
    static unsigned n;
    watch(p, w);
    if (header_of(w).exchange != ISAKMP_EXCH_QUICK)
        return PAIR_DELIVER;
    return w->from == 0 && n++ == 0 ? PAIR_DELIVER : PAIR_DROP;
}

/* What a peer begins and does not finish says nothing about it as a gateway of ours. */
static void test_peers_failure(void **state)
{
    (void)state;
    prepare(922);
    answers(A);
    pr.filter = cut_quick_mode;
    A->child.remote = pair_subnet(2);
    pair_start(&pr);
    assert_true(pair_connect(&pr, ISAKMP_EXCH_MAIN, 1).v != 0);
    run_for(60000);
    assert_int_equal(heard(B, ISAKMP_EV_CHILD_DOWN), 1);
    assert_int_equal(stats_of(B).discoveries, 0);
    assert_int_equal(stats_of(A).discoveries, 1);
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_discovery),
        cmocka_unit_test(test_flow_ids),
        cmocka_unit_test(test_ipv6),
        cmocka_unit_test(test_other_proxies),
        cmocka_unit_test(test_questions_answered_later),
        cmocka_unit_test(test_reentry),
        cmocka_unit_test(test_loss),
        cmocka_unit_test(test_silence),
        cmocka_unit_test(test_sa_is_used_again),
        cmocka_unit_test(test_sa_of_another_policy),
        cmocka_unit_test(test_sa_from_another_address),
        cmocka_unit_test(test_flows_of_one_proxy),
        cmocka_unit_test(test_both_ask),
        cmocka_unit_test(test_first_reply_wins),
        cmocka_unit_test(test_second_gateway),
        cmocka_unit_test(test_phase1_fails),
        cmocka_unit_test(test_only_the_dead_one_answers),
        cmocka_unit_test(test_all_have_failed),
        cmocka_unit_test(test_forgetting),
        cmocka_unit_test(test_wrong_key),
        cmocka_unit_test(test_child_refused),
        cmocka_unit_test(test_rekeying),
        cmocka_unit_test(test_closing_is_no_failure),
        cmocka_unit_test(test_what_is_no_failure),
        cmocka_unit_test(test_peers_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
