/* flow/flow_loss.c -- a network that loses, repeats, delays and reorders: every message of every
 * exchange, one by one and by chance.  Both sides must come up, once, with SADs that mirror each
 * other; and what comes twice has no effect. */
#include "flow/stage.h"

/* What happens to which datagram, counted over both peers from 1. */
static struct {
    unsigned nth;
    int verdict;
    isakmp_time delay;
} fate;

static int meet_fate(pair *p, wire_item *w)
{
    (void)p;
    if (w->serial != fate.nth)
        return PAIR_DELIVER;
    w->at += fate.delay;
    return fate.verdict;
}

static const struct {
    uint8_t exchange;
    uint16_t pfs;
} plans[] = {{ISAKMP_EXCH_MAIN, 0},
             {ISAKMP_EXCH_MAIN, ISAKMP_GROUP_MODP_1024},
             {ISAKMP_EXCH_AGGRESSIVE, 0},
             {ISAKMP_EXCH_AGGRESSIVE, ISAKMP_GROUP_MODP_1024}};

static void prepare(unsigned plan, uint64_t seed)
{
    pair_init(&pr, seed);
    for (int i = 0; i < 2; i++) {
        pr.p[i].child.pfs_group = plans[plan].pfs;
        pr.p[i].reentry = 1;
    }
    pair_start(&pr);
}

/* How many datagrams a negotiation takes when nothing goes wrong. */
static unsigned length_of(unsigned plan)
{
    return plans[plan].exchange == ISAKMP_EXCH_MAIN ? 9 : 6;
}

static void check_up(unsigned plan, const char *what)
{
    if (!both_up(1))
        fail_msg("plan %u, datagram %u %s: the peers did not come up", plan, fate.nth, what);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(heard(&pr.p[i], ISAKMP_EV_SA_UP), 1);
        assert_int_equal(heard(&pr.p[i], ISAKMP_EV_CHILD_UP), 1);
        assert_int_equal(heard(&pr.p[i], ISAKMP_EV_SA_DOWN), 0);
        assert_int_equal(heard(&pr.p[i], ISAKMP_EV_CHILD_DOWN), 0);
        assert_int_equal(pr.p[i].installs, 2);
        assert_int_equal(pr.p[i].keylogs, ISAKMP_KEYLOG);
    }
}

/* A first message that comes so late that its repetition has done its work begins something new: it
 * is half open, and then gone. */
static void try_fate(int verdict, isakmp_time delay, const char *what)
{
    fate.verdict = verdict;
    fate.delay = delay;
    for (unsigned plan = 0; plan < COUNT(plans); plan++)
        for (fate.nth = 1; fate.nth <= length_of(plan); fate.nth++) {
            prepare(plan, fate.nth);
            pr.filter = meet_fate;
            pair_connect(&pr, plans[plan].exchange, 1);
            run_for(10000);
            if (fate.nth > 1 || delay < 1000)
                check_up(plan, what);
            run_for(LONG_MS);
            if (fate.nth > 1 || delay < 1000)
                check_up(plan, what);
            assert_true(both_up(1));
            assert_int_equal(stats_of(A).exchanges + stats_of(B).exchanges, 0);
            assert_int_equal(stats_of(A).packets + stats_of(B).packets, 0);
            finish();
        }
}

static void test_every_message_lost(void **state)
{
    (void)state;
    try_fate(PAIR_DROP, 0, "lost");
}

static void test_every_message_twice(void **state)
{
    (void)state;
    try_fate(PAIR_TWICE, 0, "twice");
}

static void test_every_message_late(void **state)
{
    (void)state;
    try_fate(PAIR_DELIVER, 20, "late by 20 ms");
    try_fate(PAIR_DELIVER, 1500, "late by 1.5 s");
    try_fate(PAIR_DELIVER, 4000, "late by 4 s");
}

/* ---- Everything twice ------------------------------------------------------------------------ */

static int always_twice(pair *p, wire_item *w)
{
    (void)p;
    (void)w;
    return PAIR_TWICE;
}

/* A repetition is answered by a repetition, and else does nothing. */
static void test_all_messages_twice(void **state)
{
    (void)state;
    for (unsigned plan = 0; plan < COUNT(plans); plan++) {
        prepare(plan, 70);
        pr.filter = always_twice;
        pair_connect(&pr, plans[plan].exchange, 1);
        run_for(60000);
        check_up(plan, "and all others twice");
        assert_true(stats_of(B).duplicates >= 2);
        assert_int_equal(pr.lost, 0);
        finish();
    }
}

/* ---- The same message lost again and again ---------------------------------------------------- */

static struct {
    uint8_t exchange;
    int from;
    unsigned skip, count; /* messages of that exchange and sender: let pass, then lose */
} losing;

static int lose(pair *p, wire_item *w)
{
    isakmp_header h = header_of(w);
    (void)p;
    if (h.exchange != losing.exchange || w->from != losing.from)
        return PAIR_DELIVER;
    if (losing.skip) {
        losing.skip--;
        return PAIR_DELIVER;
    }
    if (losing.count == 0)
        return PAIR_DELIVER;
    losing.count--;
    return PAIR_DROP;
}

static void lose_from(unsigned plan, uint8_t exchange, int from, unsigned skip, unsigned count)
{
    prepare(plan, 80);
    losing.exchange = exchange;
    losing.from = from;
    losing.skip = skip;
    losing.count = count;
    pr.filter = lose;
    pair_connect(&pr, plans[plan].exchange, 1);
}

/* Five repetitions are sent, and one of six copies is enough; in Main Mode the responder's patience
 * ends shortly before the last one. */
static void test_lost_again_and_again(void **state)
{
    (void)state;
    for (unsigned message = 1; message <= 6; message++) {
        lose_from(0, ISAKMP_EXCH_MAIN, message % 2 == 0, (message - 1) / 2, message > 1 ? 4 : 5);
        run_for(120000);
        check_up(0, "and its repetitions lost");
        finish();
    }
    for (unsigned message = 1; message <= 3; message++) {
        lose_from(1, ISAKMP_EXCH_QUICK, message == 2, message == 3, message == 3 ? 4 : 5);
        run_for(120000);
        check_up(1, "and its repetitions lost");
        finish();
    }
}

/* ---- The last messages ------------------------------------------------------------------------ */

/* A repeated MM5 is answered although the responder is done. */
static void test_last_message_of_main_mode(void **state)
{
    (void)state;
    lose_from(0, ISAKMP_EXCH_MAIN, 1, 2, 1);
    run_for(500);
    assert_true(is_up(B, 0));
    assert_int_equal(sas_in(A, ISAKMP_SA_NEGOTIATING), 1);
    assert_int_equal(sa_info(A, first_sa(A)).message, 6);
    run_for(2000);
    check_up(0, "lost");
    assert_int_equal(stats_of(B).duplicates, 1);
    assert_int_equal(stats_of(B).retransmissions, 1);
    finish();
}

/* A repeated QM2 is answered although the initiator is done. */
static void test_last_message_of_quick_mode(void **state)
{
    (void)state;
    lose_from(0, ISAKMP_EXCH_QUICK, 0, 1, 1);
    run_for(500);
    assert_true(is_up(A, 1));
    assert_int_equal(children_in(B, ISAKMP_CHILD_NEGOTIATING), 1);
    assert_int_equal(sad_count(B), 1);
    run_for(2000);
    check_up(0, "lost");
    assert_int_equal(stats_of(A).duplicates, 1);
    finish();
}

/* AM3 is repeated when the responder shows by repeating AM2 that it has not come. */
static void test_last_message_of_aggressive_mode(void **state)
{
    (void)state;
    lose_from(2, ISAKMP_EXCH_AGGRESSIVE, 0, 1, 1);
    run_for(20);
    assert_true(is_up(B, 0));
    assert_int_equal(isakmp_count(B->x, ISAKMP_D_NOT_UP), 1);
    run_for(2000);
    check_up(2, "lost");
    finish();
}

/* The repetition is answered as long as the end of the exchange is kept, and not for ever. */
static void test_last_message_lost_for_ever(void **state)
{
    (void)state;
    lose_from(0, ISAKMP_EXCH_QUICK, 0, 1, 1000);
    run_for(40000);
    assert_true(is_up(A, 1));
    assert_int_equal(children_in(B, ISAKMP_CHILD_NEGOTIATING), 1);
    run_for(LONG_MS);
    assert_true(both_up(0));
    assert_int_equal(last_event(B, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_TIMEOUT);
    assert_int_equal(last_event(B, ISAKMP_EV_CHILD_DOWN)->by, ISAKMP_BY_TIMER);
    assert_int_equal(last_event(A, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_DELETED);
    finish();
}

/* Nobody answers: the first message is sent six times, then the host is told. */
static void test_nobody_answers(void **state)
{
    static const uint8_t exchanges[] = {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_AGGRESSIVE};
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        prepare(0, 81);
        losing.exchange = exchanges[i];
        losing.from = 0;
        losing.skip = 0;
        losing.count = 1000;
        pr.filter = lose;
        pair_connect(&pr, exchanges[i], 1);
        run_for(46000);
        assert_int_equal(heard(A, ISAKMP_EV_SA_DOWN), 0);
        run_for(20000);
        assert_int_equal(last_event(A, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_TIMEOUT);
        assert_int_equal(last_event(A, ISAKMP_EV_SA_DOWN)->message, 2);
        assert_int_equal(last_event(A, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_PARENT);
        assert_int_equal(A->sends, 6);
        assert_int_equal(stats_of(A).retransmissions, 5);
        assert_true(pair_is_empty(&pr));
        finish();
    }
}

/* Repetitions are octet for octet the same, and the waits double. */
static struct {
    uint8_t first[PAIR_MTU];
    size_t n;
    unsigned count;
    isakmp_time last, wait;
} copies;

static int compare_copies(pair *p, wire_item *w)
{
    isakmp_time wait = p->now - copies.last;
    if (copies.count == 0) {
        memcpy(copies.first, w->data, w->n);
        copies.n = w->n;
    } else {
        assert_int_equal(w->n, copies.n);
        assert_memory_equal(w->data, copies.first, w->n);
    }
    if (copies.count > 1) {
        assert_true(wait >= copies.wait * 18 / 10);
        assert_true(wait <= copies.wait * 22 / 10);
    }
    copies.wait = wait;
    copies.last = p->now;
    copies.count++;
    return PAIR_DROP;
}

static void test_repetitions(void **state)
{
    (void)state;
    prepare(0, 82);
    memset(&copies, 0, sizeof copies);
    pr.filter = compare_copies;
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
    run_for(LONG_MS);
    assert_int_equal(copies.count, 6);
    finish();
}

/* ---- Old messages ----------------------------------------------------------------------------- */

#define TAPE 32

static wire_item tape[TAPE];
static unsigned n_tape;

static int record(pair *p, wire_item *w)
{
    (void)p;
    assert_true(n_tape < TAPE);
    tape[n_tape++] = *w;
    return PAIR_DELIVER;
}

/* Everything that was ever said but the first message, once more: to whom it was said, and back to who
 * said it.  The first message begins something, whoever sends it: that is what half open means. */
static void replay(int is_over)
{
    unsigned n[2] = {A->n_events, B->n_events}, in[2] = {A->installs, B->installs};
    pr.filter = NULL;
    for (unsigned i = 1; i < n_tape; i++)
        for (int to = 0; to < 2; to++) {
            unsigned sent = pr.p[to].sends;
            assert_int_equal(pair_input(&pr, to, tape[i].data, tape[i].n), ISAKMP_IGNORED);
            assert_true(pr.p[to].sends <= sent + (is_over ? 0 : 1));
            run_for(10);
        }
    for (int k = 0; k < 2; k++) {
        assert_int_equal(pr.p[k].n_events, n[k]);
        assert_int_equal(pr.p[k].installs, in[k]);
    }
}

static void test_replay(void **state)
{
    (void)state;
    for (unsigned plan = 0; plan < COUNT(plans); plan++) {
        prepare(plan, 83);
        n_tape = 0;
        pr.filter = record;
        pair_connect(&pr, plans[plan].exchange, 1);
        run_for(100);
        assert_int_equal(n_tape, length_of(plan));
        replay(0);
        check_up(plan, "replayed");
        run_for(100000); /* no end of an exchange is kept any more */
        replay(1);
        check_up(plan, "replayed late");
        finish();
    }
}

static void test_replay_of_the_first_message(void **state)
{
    (void)state;
    prepare(0, 85);
    n_tape = 0;
    pr.filter = record;
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
    run_for(100);
    pr.filter = NULL;
    for (int to = 0; to < 2; to++) {
        assert_int_equal(pair_input(&pr, to, tape[0].data, tape[0].n), ISAKMP_OK);
        run_for(100);
        assert_int_equal(stats_of(&pr.p[to]).half_open, 1);
        assert_int_equal(sas_in(&pr.p[to], ISAKMP_SA_UP), 1);
    }
    run_for(LONG_MS);
    assert_true(both_up(1));
    finish();
}

/* Messages of an SA that was deleted. */
static void test_replay_after_the_end(void **state)
{
    (void)state;
    prepare(0, 84);
    n_tape = 0;
    pr.filter = record;
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
    run_for(100);
    assert_int_equal(isakmp_close(A->x, pr.now, first_sa(A)), ISAKMP_OK);
    run_for(100);
    assert_true(pair_is_empty(&pr));
    replay(1);
    assert_true(pair_is_empty(&pr));
    finish();
}

/* ---- By chance -------------------------------------------------------------------------------- */

static uint64_t dice = 1;

static unsigned roll(unsigned sides)
{
    dice ^= dice >> 12;
    dice ^= dice << 25;
    dice ^= dice >> 27;
    return (unsigned)((dice * UINT64_C(2685821657736338717)) >> 33) % sides;
}

static unsigned percent_lost;

static int by_chance(pair *p, wire_item *w)
{
    unsigned r = roll(100);
    (void)p;
    w->at += roll(4) == 0 ? roll(3000) : roll(50);
    if (r < percent_lost)
        return PAIR_DROP;
    return r > 85 ? PAIR_TWICE : PAIR_DELIVER;
}

/* An initiator of Aggressive Mode may be up alone; else both have come to the same end. */
static int at_rest(unsigned plan)
{
    return both_agree() ||
           (plans[plan].exchange == ISAKMP_EXCH_AGGRESSIVE && is_up(A, 0) && sas_in(B, 0) == 0);
}

static void test_bad_weather(void **state)
{
    unsigned up = 0;
    (void)state;
    percent_lost = 15;
    for (unsigned i = 0; i < 400; i++) {
        unsigned plan = i % COUNT(plans);
        prepare(plan, 1000 + i);
        dice = 77 + i;
        pr.filter = by_chance;
        pair_connect(&pr, plans[plan].exchange, 1);
        run_for(200000);
        if (!both_up(1) && !at_rest(plan))
            fail_msg("round %u: the peers did not come to rest", i);
        up += both_up(1) != 0;
        finish();
    }
    assert_true(up > 390);
}

/* So bad that many do not come up: all the same nothing is left behind. */
static void test_storm(void **state)
{
    (void)state;
    percent_lost = 60;
    for (unsigned i = 0; i < 200; i++) {
        unsigned plan = i % COUNT(plans);
        prepare(plan, 2000 + i);
        dice = 99 + i;
        pr.filter = by_chance;
        pair_connect(&pr, plans[plan].exchange, 1);
        run_for(600000);
        for (int k = 0; k < 2; k++) {
            assert_int_equal(sas_in(&pr.p[k], ISAKMP_SA_NEGOTIATING), 0);
            assert_int_equal(children_in(&pr.p[k], 0), children_in(&pr.p[k], ISAKMP_CHILD_UP));
            assert_int_equal(stats_of(&pr.p[k]).exchanges, 0);
            assert_int_equal(stats_of(&pr.p[k]).packets, 0);
            assert_int_equal(stats_of(&pr.p[k]).half_open, 0);
            assert_int_equal(sad_count(&pr.p[k]), 2 * children_in(&pr.p[k], 0));
        }
        finish();
    }
}

/* Several negotiations at once, from both sides. */
static void crowd(unsigned seed, int late)
{
    pair_init(&pr, 3000 + seed);
    for (int k = 0; k < 2; k++) {
        pr.p[k].config.limits.sas = 8;
        pr.p[k].config.limits.children = 16;
        pr.p[k].config.limits.exchanges = 32;
        pr.p[k].park = late;
        pr.p[k].own_spis = late;
        pr.p[k].toy.pending_dh = late;
        pr.p[k].answer_after = late ? 100 + 70 * (isakmp_time)(seed % 10) : 0;
        pr.p[k].child.pfs_group = late ? ISAKMP_GROUP_MODP_1024 : 0;
    }
    pair_start(&pr);
    dice = 5 + seed;
    pr.filter = by_chance;
    for (int k = 0; k < 6; k++) {
        isakmp_sa_id sa =
            pair_connect_from(&pr, k % 2, k % 3 ? ISAKMP_EXCH_MAIN : ISAKMP_EXCH_AGGRESSIVE, 1);
        add_child(&pr.p[k % 2], sa, &pr.p[k % 2].child);
    }
    run_for(200000);
    assert_true(sads_mirror(&pr));
    assert_true(sas_in(A, ISAKMP_SA_UP) >= 5);
    finish();
}

static void test_crowd_in_bad_weather(void **state)
{
    (void)state;
    percent_lost = 10;
    for (unsigned i = 0; i < 50; i++)
        crowd(i, 0);
}

/* ... and every answer of the hosts and providers comes late. */
static void test_slow_crowd_in_bad_weather(void **state)
{
    (void)state;
    percent_lost = 5;
    for (unsigned i = 0; i < 50; i++)
        crowd(i, 1);
}

/* ---- Other habits ----------------------------------------------------------------------------- */

/* No repetitions, no patience, nothing kept, and the other way round: nothing breaks, nothing stays. */
static void test_other_configurations(void **state)
{
    (void)state;
    percent_lost = 10;
    for (unsigned i = 0; i < 128; i++) {
        pair_init(&pr, 4000 + i);
        for (int k = 0; k < 2; k++) {
            isakmp_config *c = &pr.p[k].config;
            c->retransmit_tries = i & 1 ? 0 : 255;
            c->reply_tries = i & 2 ? 0 : 255;
            c->half_open_ms = i & 4 ? 1 : 5000;
            c->linger_ms = i & 8 ? 0 : 500000;
            c->retransmit_ms = i & 16 ? 1 : 700;
            c->retransmit_max_ms = i & 32 ? 1 : 2000;
        }
        pair_start(&pr);
        dice = 7 + i;
        pr.filter = i & 64 ? by_chance : NULL;
        pair_connect(&pr, i % 3 ? ISAKMP_EXCH_MAIN : ISAKMP_EXCH_AGGRESSIVE, 1);
        run_for(2000000);
        for (int k = 0; k < 2; k++) {
            assert_int_equal(stats_of(&pr.p[k]).exchanges + stats_of(&pr.p[k]).packets, 0);
            assert_int_equal(stats_of(&pr.p[k]).half_open, 0);
        }
        finish();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_message_lost),
        cmocka_unit_test(test_every_message_twice),
        cmocka_unit_test(test_every_message_late),
        cmocka_unit_test(test_all_messages_twice),
        cmocka_unit_test(test_lost_again_and_again),
        cmocka_unit_test(test_last_message_of_main_mode),
        cmocka_unit_test(test_last_message_of_quick_mode),
        cmocka_unit_test(test_last_message_of_aggressive_mode),
        cmocka_unit_test(test_last_message_lost_for_ever),
        cmocka_unit_test(test_nobody_answers),
        cmocka_unit_test(test_repetitions),
        cmocka_unit_test(test_replay),
        cmocka_unit_test(test_replay_of_the_first_message),
        cmocka_unit_test(test_replay_after_the_end),
        cmocka_unit_test(test_bad_weather),
        cmocka_unit_test(test_storm),
        cmocka_unit_test(test_crowd_in_bad_weather),
        cmocka_unit_test(test_slow_crowd_in_bad_weather),
        cmocka_unit_test(test_other_configurations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
