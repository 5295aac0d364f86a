/* flow/flow_fail.c -- everything that can fail, fails once: each callback, each call of the provider,
 * each answer; and every answer comes late, or never.
 *
 * Whatever happens, both sides come to rest: up with SADs that mirror each other, or with nothing; and
 * when all is closed nothing is left in any pool. */
#include "flow/stage.h"

static const struct {
    uint8_t exchange;
    uint16_t pfs;
} plans[] = {{ISAKMP_EXCH_MAIN, ISAKMP_GROUP_MODP_1024}, {ISAKMP_EXCH_AGGRESSIVE, 0}};

/* A negotiation in which all callbacks, all questions and all kinds of messages occur. */
static void prepare(unsigned plan)
{
    pair_init(&pr, 60 + plan);
    for (int i = 0; i < 2; i++) {
        pr.p[i].child.pfs_group = plans[plan].pfs;
        pr.p[i].own_spis = 1;
        pr.p[i].reentry = 1;
        pr.p[i].peer.flags |= ISAKMP_PF_INITIAL_CONTACT;
    }
    B->policies[0].life_s = 3600;
    B->child.life_s = 1800;
    B->child.life_kb = 5000;
    pair_start(&pr);
}

/* In Aggressive Mode the initiator is up before the responder is. */
static int at_rest(unsigned plan)
{
    return both_agree() ||
           (plans[plan].exchange == ISAKMP_EXCH_AGGRESSIVE && is_up(A, 0) && sas_in(B, 0) == 0);
}

static void check_rest(unsigned plan, const char *what, unsigned nth, int who)
{
    if (!at_rest(plan))
        fail_msg("plan %u, %s %u of peer %d: the peers did not come to rest (%u, %u children %u, "
                 "%u)",
                 plan, what, nth, who, sas_in(A, 0), sas_in(B, 0), children_in(A, 0),
                 children_in(B, 0));
    for (int i = 0; i < 2; i++) {
        isakmp_stats s = stats_of(&pr.p[i]);
        assert_int_equal(s.exchanges, 0);
        assert_int_equal(s.packets, 0);
        assert_int_equal(s.half_open, 0);
        assert_int_equal(sad_count(&pr.p[i]), 2 * children_in(&pr.p[i], 0));
    }
}

/* How many callbacks, provider calls and questions there are when nothing fails. */
typedef struct totals {
    unsigned callbacks, calls, first_call, questions;
} totals;

static totals count_them(unsigned plan, int who)
{
    peer *p = &pr.p[who];
    totals t;
    prepare(plan);
    t.first_call = p->toy.all_calls + 1;
    pair_connect(&pr, plans[plan].exchange, 1);
    run_for(1000);
    assert_true(both_up(1));
    t.callbacks = p->callbacks;
    t.calls = p->toy.all_calls;
    t.questions = p->questions;
    finish();
    return t;
}

/* ---- Callbacks -------------------------------------------------------------------------------- */

static void test_T72_every_callback_fails(void **state)
{
    (void)state;
    for (unsigned plan = 0; plan < COUNT(plans); plan++)
        for (int who = 0; who < 2; who++) {
            unsigned n = count_them(plan, who).callbacks;
            assert_true(n >= 7);
            for (unsigned i = 1; i <= n; i++) {
                prepare(plan);
                pr.p[who].fail_at = i;
                pair_connect(&pr, plans[plan].exchange, 1);
                run_for(LONG_MS);
                assert_true(pr.p[who].callbacks >= i);
                check_rest(plan, "callback", i, who);
                finish();
            }
        }
}

/* Two of them: the second at every distance from the first. */
static int fail_again(pair *p, wire_item *w)
{
    (void)w;
    for (int i = 0; i < 2; i++)
        if (p->p[i].fail_at && p->p[i].callbacks >= p->p[i].fail_at)
            p->p[i].fail_at = p->p[i].callbacks + 3;
    return PAIR_DELIVER;
}

static void test_callbacks_fail_again_and_again(void **state)
{
    (void)state;
    for (unsigned plan = 0; plan < COUNT(plans); plan++)
        for (int who = 0; who < 2; who++)
            for (unsigned i = 1; i <= 12; i++) {
                prepare(plan);
                pr.p[who].fail_at = i;
                pr.arrive = fail_again;
                pair_connect(&pr, plans[plan].exchange, 1);
                run_for(2 * LONG_MS);
                pr.p[who].fail_at = 0;
                pr.arrive = NULL;
                for (int k = 0; k < 2; k++) {
                    assert_int_equal(stats_of(&pr.p[k]).exchanges, 0);
                    assert_int_equal(stats_of(&pr.p[k]).packets, 0);
                    assert_int_equal(stats_of(&pr.p[k]).half_open, 0);
                }
                finish();
            }
}

/* ---- Provider --------------------------------------------------------------------------------- */

static void test_T72_every_provider_call_fails(void **state)
{
    (void)state;
    for (unsigned plan = 0; plan < COUNT(plans); plan++)
        for (int who = 0; who < 2; who++) {
            totals t = count_them(plan, who);
            assert_true(t.calls > t.first_call + 20);
            for (unsigned i = t.first_call; i <= t.calls; i++) {
                prepare(plan);
                pr.p[who].toy.fail_at = i;
                pair_connect(&pr, plans[plan].exchange, 1);
                run_for(LONG_MS);
                assert_true(pr.p[who].toy.all_calls >= i);
                check_rest(plan, "provider call", i, who);
                /* A hash that could not be computed is no sign of a NAT. */
                if (heard(A, ISAKMP_EV_NAT) + heard(B, ISAKMP_EV_NAT))
                    fail_msg("plan %u, provider call %u of peer %d: a NAT was seen", plan, i, who);
                finish();
            }
        }
}

/* A provider that fails for good, from any call on: nothing can be negotiated, nothing is left. */
static int fail_on(pair *p, wire_item *w)
{
    (void)w;
    for (int i = 0; i < 2; i++)
        if (p->p[i].toy.fail_at && p->p[i].toy.all_calls >= p->p[i].toy.fail_at)
            p->p[i].toy.fail_at = p->p[i].toy.all_calls + 1;
    return PAIR_DELIVER;
}

static void test_provider_fails_often(void **state)
{
    (void)state;
    for (unsigned plan = 0; plan < COUNT(plans); plan++)
        for (int who = 0; who < 2; who++) {
            totals t = count_them(plan, who);
            for (unsigned i = t.first_call; i <= t.calls; i += 3) {
                prepare(plan);
                pr.p[who].toy.fail_at = i;
                pr.arrive = fail_on;
                pair_connect(&pr, plans[plan].exchange, 1);
                run_for(2 * LONG_MS);
                pr.arrive = NULL;
                for (int k = 0; k < 2; k++) {
                    assert_int_equal(stats_of(&pr.p[k]).exchanges, 0);
                    assert_int_equal(stats_of(&pr.p[k]).packets, 0);
                    assert_int_equal(stats_of(&pr.p[k]).half_open, 0);
                }
                finish();
            }
        }
}

/* ---- Closing ---------------------------------------------------------------------------------- */

/* Everything fails once while the SA is being closed: it is gone all the same, and at the peer at the
 * latest when its lifetime is over. */
static void test_closing_fails(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= 12; i++)
        for (int provider = 0; provider < 2; provider++) {
            prepare(0);
            pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
            run_for(40000);
            assert_true(both_up(1));
            if (provider)
                A->toy.fail_at = A->toy.all_calls + i;
            else
                A->fail_at = A->callbacks + i;
            assert_int_equal(isakmp_close(A->x, pr.now, first_sa(A)), ISAKMP_OK);
            assert_int_equal(stats_of(A).sas + stats_of(A).children + stats_of(A).exchanges, 0);
            assert_int_equal(sad_count(A), 0);
            run_for(3700000);
            assert_true(pair_is_empty(&pr));
            finish();
        }
}

/* ---- Answers ---------------------------------------------------------------------------------- */

/* Soon; after the first repetition; after the peer has lost patience; after the exchange has. */
static const isakmp_time delays[] = {0, 300, 2500, 20000, 45000, 350000};

static void test_every_answer_late(void **state)
{
    (void)state;
    for (unsigned plan = 0; plan < COUNT(plans); plan++)
        for (int who = 0; who < 2; who++) {
            unsigned n = count_them(plan, who).questions;
            assert_true(n >= (who ? 4u : 2u));
            for (unsigned d = 0; d < COUNT(delays); d++)
                for (unsigned i = 1; i <= n; i++) {
                    prepare(plan);
                    pr.p[who].park_at = i;
                    pr.p[who].answer_after = delays[d];
                    pair_connect(&pr, plans[plan].exchange, 1);
                    run_for(2 * LONG_MS);
                    check_rest(plan, "late answer", i, who);
                    if (delays[d] <= 2500)
                        assert_true(both_up(1));
                    if (delays[d] > 300000)
                        assert_true(pr.p[who].stale_answers > 0);
                    assert_int_equal(pr.p[0].runts + pr.p[1].runts, 0);
                    finish();
                }
        }
}

/* All of them, also those of the provider. */
static void test_all_answers_late(void **state)
{
    (void)state;
    for (unsigned plan = 0; plan < COUNT(plans); plan++)
        for (int who = 0; who < 2; who++)
            for (unsigned d = 0; d < COUNT(delays); d++) {
                prepare(plan);
                pr.p[who].park = 1;
                pr.p[who].toy.pending_dh = 1;
                pr.p[who].answer_after = delays[d];
                pair_connect(&pr, plans[plan].exchange, 1);
                run_for(3 * LONG_MS);
                check_rest(plan, "delay", d, who);
                if (delays[d] <= 2500)
                    assert_true(both_up(1));
                assert_int_equal(pr.p[0].runts + pr.p[1].runts, 0);
                finish();
            }
}

/* Diffie-Hellman alone. */
static void test_diffie_hellman_late(void **state)
{
    (void)state;
    for (unsigned plan = 0; plan < COUNT(plans); plan++)
        for (int who = 0; who < 3; who++)
            for (unsigned d = 0; d < COUNT(delays); d++) {
                prepare(plan);
                for (int k = 0; k < 2; k++)
                    if (who == k || who == 2) {
                        pr.p[k].toy.pending_dh = 1;
                        pr.p[k].answer_after = delays[d];
                    }
                pair_connect(&pr, plans[plan].exchange, 1);
                run_for(3 * LONG_MS);
                check_rest(plan, "Diffie-Hellman delay", d, who);
                if (delays[d] <= 2500)
                    assert_true(both_up(1));
                assert_int_equal(pr.p[0].runts + pr.p[1].runts, 0);
                finish();
            }
}

/* While the responder computes, the initiator's next message comes: it is kept, once, and nothing has to be
 * repeated. */
static void test_message_that_comes_early(void **state)
{
    (void)state;
    prepare(0);
    B->toy.pending_dh = 1;
    B->answer_after = 300;
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
    run_for(350);
    assert_int_equal(sas_in(B, ISAKMP_SA_NEGOTIATING), 1);
    assert_int_equal(stats_of(B).packets, 2); /* ours, and the one that came early */
    /* Another one is not kept. */
    {
        isakmp_sa_info i = sa_info(B, first_sa(B));
        uint8_t data[60];
        memset(data, 0x11, sizeof data);
        memcpy(data, i.cky_i, 8);
        memcpy(data + 8, i.cky_r, 8);
        memcpy(data + 16, "\x05\x10\x02\x01\0\0\0\0\0\0\0\x3c", 12);
        assert_int_equal(pair_input(&pr, 1, data, sizeof data), ISAKMP_IGNORED);
        assert_int_equal(isakmp_count(B->x, ISAKMP_D_BUSY), 1);
    }
    run_for(350);
    assert_true(both_up(0));
    assert_int_equal(stats_of(A).retransmissions + stats_of(B).retransmissions, 0);
    finish();
}

/* No, no key, no policy, an error: late. */
static void test_every_answer_is_no(void **state)
{
    static const int answers[] = {ISAKMP_NONE, ISAKMP_E_HOST, ISAKMP_E_CRYPTO, -1000};
    (void)state;
    for (unsigned plan = 0; plan < COUNT(plans); plan++)
        for (int who = 0; who < 2; who++) {
            unsigned n = count_them(plan, who).questions;
            for (unsigned a = 0; a < COUNT(answers); a++)
                for (unsigned i = 1; i <= n; i++) {
                    prepare(plan);
                    pr.p[who].park_at = i;
                    pr.p[who].answer_rc = answers[a];
                    pair_connect(&pr, plans[plan].exchange, 1);
                    run_for(LONG_MS);
                    check_rest(plan, "answer", i, who);
                    finish();
                }
        }
}

static void test_diffie_hellman_fails_late(void **state)
{
    static const int answers[] = {ISAKMP_NONE, ISAKMP_E_CRYPTO};
    (void)state;
    for (unsigned plan = 0; plan < COUNT(plans); plan++)
        for (int who = 0; who < 2; who++)
            for (unsigned a = 0; a < COUNT(answers); a++) {
                prepare(plan);
                pr.p[who].toy.pending_dh = 1;
                pr.p[who].answer_rc = answers[a];
                pair_connect(&pr, plans[plan].exchange, 1);
                run_for(LONG_MS);
                check_rest(plan, "Diffie-Hellman answer", a, who);
                assert_int_equal(heard(&pr.p[who], ISAKMP_EV_SA_UP), 0);
                finish();
            }
}

/* Nobody ever answers: the exchange ends all the same, and the ticket is stale then. */
static void test_never_answered(void **state)
{
    (void)state;
    for (unsigned plan = 0; plan < COUNT(plans); plan++)
        for (int who = 0; who < 2; who++) {
            unsigned n = count_them(plan, who).questions;
            for (unsigned i = 1; i <= n; i++) {
                peer *p = &pr.p[who];
                prepare(plan);
                p->park_at = i;
                p->never_answer = 1;
                pair_connect(&pr, plans[plan].exchange, 1);
                run_for(LONG_MS);
                check_rest(plan, "question", i, who);
                assert_true(p->n_asks > 0);
                assert_int_equal(isakmp_answer(p->x, pr.now, p->asks[0].ticket, ISAKMP_NONE, "", 0),
                                 ISAKMP_E_STALE);
                p->n_asks = 0;
                finish();
            }
        }
}

/* The host closes the SA while its answer is awaited. */
static void test_T29_answer_after_close(void **state)
{
    (void)state;
    for (unsigned plan = 0; plan < COUNT(plans); plan++)
        for (int who = 0; who < 2; who++) {
            unsigned n = count_them(plan, who).questions;
            for (unsigned i = 1; i <= n; i++) {
                peer *p = &pr.p[who];
                prepare(plan);
                p->park_at = i;
                p->answer_after = 1000;
                pair_connect(&pr, plans[plan].exchange, 1);
                run_for(100);
                assert_int_equal(p->n_asks, 1);
                assert_int_equal(isakmp_close(p->x, pr.now, first_sa(p)), ISAKMP_OK);
                run_for(950);
                assert_int_equal(p->stale_answers, 1);
                finish();
            }
        }
}

/* What an answer must look like: while the question is open a wrong one is refused, and the right one
 * still counts. */
static void test_answers_that_do_not_fit(void **state)
{
    static uint8_t big[ISAKMP_MAX_PSK + 1];
    isakmp_ticket t, other;
    uint32_t spi = 300;
    (void)state;
    prepare(0);
    A->park = 1;
    A->never_answer = 1;
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
    t = A->asks[0].ticket;
    assert_int_equal(A->asks[0].kind, PAIR_PSK);
    assert_int_equal(isakmp_answer(A->x, pr.now, t, ISAKMP_OK, big, 0), ISAKMP_E_ARG);
    assert_int_equal(isakmp_answer(A->x, pr.now, t, ISAKMP_OK, big, sizeof big), ISAKMP_E_ARG);
    assert_int_equal(isakmp_answer(A->x, pr.now, t, ISAKMP_OK, NULL, 8), ISAKMP_E_ARG);
    assert_int_equal(isakmp_answer(A->x, pr.now, t, ISAKMP_PENDING, big, 8), ISAKMP_E_ARG);
    assert_int_equal(isakmp_answer(A->x, pr.now, t, ISAKMP_IGNORED, big, 8), ISAKMP_E_ARG);
    other.v = t.v + 1;
    assert_int_equal(isakmp_answer(A->x, pr.now, other, ISAKMP_OK, big, 8), ISAKMP_E_STALE);
    other.v = t.v + (UINT64_C(1) << 32);
    assert_int_equal(isakmp_answer(A->x, pr.now, other, ISAKMP_OK, big, 8), ISAKMP_E_STALE);
    other.v = 0;
    assert_int_equal(isakmp_answer(A->x, pr.now, other, ISAKMP_OK, big, 8), ISAKMP_E_STALE);
    assert_int_equal(isakmp_answer(A->x, pr.now, t, ISAKMP_OK, A->psk, A->psk_n), ISAKMP_OK);
    assert_int_equal(isakmp_answer(A->x, pr.now, t, ISAKMP_OK, A->psk, A->psk_n), ISAKMP_E_STALE);
    A->n_asks = 0;
    run_for(100);
    assert_true(is_up(B, 0));
    assert_int_equal(A->asks[0].kind, PAIR_SPI);
    t = A->asks[0].ticket;
    assert_int_equal(isakmp_answer(A->x, pr.now, t, ISAKMP_OK, &spi, 3), ISAKMP_E_ARG);
    assert_int_equal(isakmp_answer(A->x, pr.now, t, ISAKMP_OK, &spi, 4), ISAKMP_OK);
    A->n_asks = 0;
    run_for(100);
    assert_true(both_up(1));
    finish();
}

/* An SPI of the host that is reserved is no SPI. */
static void test_reserved_spi(void **state)
{
    (void)state;
    for (int who = 0; who < 2; who++) {
        prepare(0);
        pr.p[who].next_spi = 100;
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
        run_for(LONG_MS);
        assert_true(both_up(0));
        assert_int_equal(last_event(&pr.p[who], ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_HOST);
        assert_int_equal(last_event(&pr.p[who], ISAKMP_EV_CHILD_DOWN)->by, ISAKMP_BY_HOST);
        finish();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_T72_every_callback_fails),
        cmocka_unit_test(test_callbacks_fail_again_and_again),
        cmocka_unit_test(test_T72_every_provider_call_fails),
        cmocka_unit_test(test_provider_fails_often),
        cmocka_unit_test(test_closing_fails),
        cmocka_unit_test(test_every_answer_late),
        cmocka_unit_test(test_all_answers_late),
        cmocka_unit_test(test_diffie_hellman_late),
        cmocka_unit_test(test_message_that_comes_early),
        cmocka_unit_test(test_every_answer_is_no),
        cmocka_unit_test(test_diffie_hellman_fails_late),
        cmocka_unit_test(test_never_answered),
        cmocka_unit_test(test_T29_answer_after_close),
        cmocka_unit_test(test_answers_that_do_not_fit),
        cmocka_unit_test(test_reserved_spi),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
