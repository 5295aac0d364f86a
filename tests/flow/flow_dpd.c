/* flow/flow_dpd.c -- dead peer detection [RFC3706]: questions and answers in both modes and roles, what
 * counts as a sign of life and what only looks like one, and what becomes of a dead peer. */
#include "flow/forge.h"

#define DPD_S 10
#define LATER 1000u /* when an SA has come up its timer is looked at once more */

/* ---- What is said on the wire --------------------------------------------------------------- */

typedef struct said {
    uint16_t type;
    uint32_t sequence;
    isakmp_time at;
} said;

static struct {
    said from[2][64];
    unsigned n[2], others[2];            /* others: protected Informationals about something else */
    unsigned drop_question, drop_answer; /* how many of the next ones are lost */
} net;

/* Write down questions and answers, and lose some. */
static int listen_in(pair *p, wire_item *w)
{
    static opened o;
    isakmp_notify n;
    part *body;
    said *s;
    if (header_of(w).exchange != ISAKMP_EXCH_INFO || !open_item(&o, w))
        return PAIR_DELIVER;
    body = find_part(&o, ISAKMP_PAYLOAD_NOTIFY, 0);
    if (body == NULL || isakmp_notify_read(&n, isakmp__span(body->body, body->n)) != ISAKMP_OK ||
        n.type < ISAKMP_N_R_U_THERE || n.type > ISAKMP_N_R_U_THERE_ACK) {
        net.others[w->from]++;
        return PAIR_DELIVER;
    }
    /* Exactly as RFC 3706 5.3 has it. */
    assert_int_equal(o.n, 2);
    assert_int_equal(n.doi, ISAKMP_DOI_IPSEC);
    assert_int_equal(n.protocol, ISAKMP_PROTO_ISAKMP);
    assert_true(isakmp__sa_has_cookies(o.sa, n.spi));
    assert_int_equal(n.data.n, 4);
    assert_true(net.n[w->from] < COUNT(net.from[0]));
    s = &net.from[w->from][net.n[w->from]++];
    s->type = n.type;
    s->sequence = isakmp__get32(n.data.p);
    s->at = p->now;
    if (n.type == ISAKMP_N_R_U_THERE && net.drop_question)
        return net.drop_question--, PAIR_DROP;
    if (n.type == ISAKMP_N_R_U_THERE_ACK && net.drop_answer)
        return net.drop_answer--, PAIR_DROP;
    return PAIR_DELIVER;
}

static unsigned count(int from, uint16_t type)
{
    unsigned n = 0;
    for (unsigned i = 0; i < net.n[from]; i++)
        n += net.from[from][i].type == type;
    return n;
}

static unsigned questions(int from)
{
    return count(from, ISAKMP_N_R_U_THERE);
}

static unsigned answers(int from)
{
    return count(from, ISAKMP_N_R_U_THERE_ACK);
}

/* ---- The stage ------------------------------------------------------------------------------ */

static void prepare(uint64_t seed)
{
    pair_init(&pr, seed);
    memset(&net, 0, sizeof net);
    pr.arrive = listen_in;
}

static void wants_dpd(peer *p, unsigned flags)
{
    p->peer.dpd_s = DPD_S;
    p->peer.dpd_retry_s = 3;
    p->peer.dpd_tries = 2;
    p->peer.flags |= flags;
}

/* Time passes in small steps, and no deadline is ever in the past. */
static void pass(isakmp_time ms)
{
    isakmp_time end = pr.now + ms;
    while (pr.now < end) {
        run_for(end - pr.now < 250 ? end - pr.now : 250);
        for (int i = 0; i < 2; i++)
            assert_true(isakmp_deadline(pr.p[i].x) > pr.now);
    }
}

static isakmp_sa_id the_sa(const peer *p)
{
    isakmp_sa_id id = first_sa(p);
    assert_true(id.v != 0);
    return id;
}

static void say_heard(peer *p)
{
    assert_int_equal(isakmp_sa_heard(p->x, pr.now, the_sa(p), NULL), ISAKMP_OK);
}

static void say_wanted(peer *p)
{
    assert_int_equal(isakmp_sa_wanted(p->x, pr.now, the_sa(p)), ISAKMP_OK);
}

/* ---- Asking and answering ------------------------------------------------------------------- */

static const uint8_t exchanges[] = {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_AGGRESSIVE};

/* Either side asks, whatever its role and the exchange, and the other one answers, whatever its policy. */
static void test_periodic(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++)
        for (int who = 0; who < 2; who++) {
            prepare(700);
            wants_dpd(&pr.p[who], ISAKMP_PF_DPD_PERIODIC);
            come_up(exchanges[k], 1);
            pass(5 * DPD_S * 1000 + 500);
            assert_int_equal(questions(who), 5);
            assert_int_equal(answers(1 - who), 5);
            assert_int_equal(net.n[0] + net.n[1], 10);
            for (unsigned i = 0; i < 5; i++) {
                const said *q = &net.from[who][i];
                assert_int_equal(q->at, net.from[who][0].at + i * DPD_S * 1000);
                assert_int_equal(q->sequence, net.from[who][0].sequence + i);
                assert_int_equal(net.from[1 - who][i].sequence, q->sequence);
            }
            assert_int_equal(net.from[who][0].sequence >> 31, 0);
            assert_true(both_up(1));
            assert_int_equal(heard(A, ISAKMP_EV_NOTIFY) + heard(B, ISAKMP_EV_NOTIFY), 0);
            finish();
        }
}

/* Both ask: the question of one is a sign of life for the other, which then has no reason to ask. */
static void test_both_ask(void **state)
{
    (void)state;
    prepare(701);
    wants_dpd(A, ISAKMP_PF_DPD_PERIODIC);
    wants_dpd(B, ISAKMP_PF_DPD_PERIODIC);
    B->peer.dpd_s = DPD_S + 5;
    come_up(ISAKMP_EXCH_MAIN, 0);
    pass(100 * 1000);
    assert_int_equal(questions(0), 10);
    assert_int_equal(questions(1), 0);
    assert_true(both_up(0));
    finish();
}

/* Each first number is another one, also of two SAs of one context. */
static void test_first_numbers(void **state)
{
    uint32_t first[2][2];
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        prepare(702 + i);
        wants_dpd(A, ISAKMP_PF_DPD_PERIODIC);
        come_up(ISAKMP_EXCH_MAIN, 0);
        assert_true(pair_connect(&pr, ISAKMP_EXCH_MAIN, 0).v != 0);
        pass(DPD_S * 1000 + 500);
        assert_int_equal(questions(0), 2);
        first[i][0] = net.from[0][0].sequence;
        first[i][1] = net.from[0][1].sequence;
        finish();
    }
    assert_true(first[0][0] != first[0][1] && first[0][0] != first[1][0] &&
                first[0][1] != first[1][1]);
}

/* On demand nobody is asked if nothing is to be sent, and the deadline is that of the lifetime. */
static void test_on_demand(void **state)
{
    isakmp_time asked;
    (void)state;
    prepare(704);
    wants_dpd(A, 0);
    come_up(ISAKMP_EXCH_MAIN, 1);
    pass(200 * 1000);
    assert_true(isakmp_deadline(A->x) > pr.now + 1000000);
    assert_int_equal(net.n[0] + net.n[1], 0);
    /* After so long a silence it is asked as soon as there is something to send. */
    asked = pr.now;
    say_wanted(A);
    assert_true(isakmp_deadline(A->x) == asked);
    run_for(1);
    assert_int_equal(questions(0), 1);
    assert_int_equal(answers(1), 1);
    assert_int_equal(net.from[0][0].at, asked);
    /* After a sign of life it has its time. */
    pass(4000);
    say_wanted(A);
    pass(5500);
    assert_int_equal(questions(0), 1);
    pass(1000);
    assert_int_equal(questions(0), 2);
    assert_int_equal(net.from[0][1].at, asked + DPD_S * 1000);
    /* Then nothing again. */
    pass(200 * 1000);
    assert_int_equal(questions(0), 2);
    assert_true(isakmp_deadline(A->x) > pr.now + 1000000);
    assert_true(both_up(1));
    finish();
}

/* What the host says at whatever rate: as long as something comes, nobody is asked; and it does not move
 * the deadline with every packet. */
static void test_traffic(void **state)
{
    isakmp_time before;
    unsigned moved = 0;
    (void)state;
    for (unsigned periodic = 0; periodic < 2; periodic++) {
        prepare(705);
        wants_dpd(A, periodic ? ISAKMP_PF_DPD_PERIODIC : 0);
        come_up(ISAKMP_EXCH_MAIN, 1);
        pass(LATER);
        moved = 0;
        for (unsigned i = 0; i < 6000; i++) {
            before = isakmp_deadline(A->x);
            say_wanted(A);
            say_heard(A);
            moved += isakmp_deadline(A->x) != before;
            run_for(10);
        }
        assert_true(moved <= 60 / DPD_S + 1);
        assert_int_equal(net.n[0] + net.n[1], 0);
        assert_int_equal(A->sends, 5); /* three of Main Mode, two of Quick Mode */
        /* It goes silent, while we go on sending. */
        for (unsigned i = 0; i < 1100; i++) {
            say_wanted(A);
            run_for(10);
        }
        assert_int_equal(questions(0), 1);
        assert_true(both_up(1));
        finish();
    }
}

/* A message that answers one of ours is a sign of life; one that could have been recorded is none. */
static void test_what_is_a_sign_of_life(void **state)
{
    isakmp_child_id c;
    (void)state;
    prepare(706);
    wants_dpd(A, ISAKMP_PF_DPD_PERIODIC);
    come_up(ISAKMP_EXCH_MAIN, 1);
    pass(9000);
    c = add_child(A, the_sa(A), &A->child);
    pass(9000);
    assert_int_equal(questions(0), 0);
    (void)add_child(B, the_sa(B), &B->child);
    pass(9000);
    assert_int_equal(questions(0), 0);
    assert_int_equal(isakmp_child_close(B->x, pr.now, first_child(B)), ISAKMP_OK);
    pass(1500);
    assert_int_equal(questions(0), 1);
    assert_true(c.v != 0);
    finish();
}

/* ---- Loss ----------------------------------------------------------------------------------- */

/* As many questions, or answers, may be lost as there are repetitions. */
static void test_loss(void **state)
{
    (void)state;
    for (unsigned lost = 1; lost <= 2; lost++)
        for (unsigned answer = 0; answer < 2; answer++) {
            prepare(710);
            wants_dpd(A, ISAKMP_PF_DPD_PERIODIC);
            come_up(ISAKMP_EXCH_MAIN, 1);
            if (answer)
                net.drop_answer = lost;
            else
                net.drop_question = lost;
            pass(DPD_S * 1000 + lost * 3000 + 500);
            assert_int_equal(questions(0), 1 + lost);
            assert_int_equal(answers(1), answer ? 1 + lost : 1);
            for (unsigned i = 1; i <= lost; i++) {
                assert_int_equal(net.from[0][i].sequence, net.from[0][0].sequence);
                assert_int_equal(net.from[0][i].at, net.from[0][0].at + i * 3000);
            }
            pass(DPD_S * 1000);
            assert_int_equal(net.from[0][lost + 1].sequence, net.from[0][0].sequence + 1);
            assert_true(both_up(1));
            finish();
        }
}

/* While we ask, traffic that comes is as good as the answer; the answer that comes late does no harm. */
static int late;

static int delay_answers(pair *p, wire_item *w)
{
    if (w->from == 1 && late && header_of(w).exchange == ISAKMP_EXCH_INFO)
        w->at = p->now + 5000;
    return PAIR_DELIVER;
}

static void test_traffic_instead_of_an_answer(void **state)
{
    (void)state;
    prepare(711);
    wants_dpd(A, 0);
    pr.filter = delay_answers;
    late = 1;
    come_up(ISAKMP_EXCH_MAIN, 1);
    pass(20000);
    say_wanted(A);
    pass(1000);
    assert_int_equal(questions(0), 1);
    say_heard(A);
    pass(60000);
    assert_int_equal(questions(0), 1);
    assert_int_equal(answers(1), 1);
    assert_int_equal(isakmp_count(A->x, ISAKMP_D_DPD), 0);
    assert_true(both_up(1));
    late = 0;
    finish();
}

/* ---- Death ---------------------------------------------------------------------------------- */

static int drop_all(pair *p, wire_item *w)
{
    (void)p;
    (void)w;
    return PAIR_DROP;
}

/* In both modes and roles: first question, its repetitions, then everything is removed and told, and
 * nothing more is said to the dead. */
static void test_death(void **state)
{
    (void)state;
    for (int who = 0; who < 2; who++)
        for (unsigned periodic = 0; periodic < 2; periodic++) {
            peer *p = &pr.p[who];
            const heard_event *ev;
            unsigned sends;
            prepare(720);
            wants_dpd(p, periodic ? ISAKMP_PF_DPD_PERIODIC : 0);
            come_up(ISAKMP_EXCH_MAIN, 1);
            pass(LATER);
            pr.filter = drop_all;
            sends = p->sends;
            say_wanted(p);
            pass(DPD_S * 1000 + 3 * 3000 - LATER - 500);
            assert_int_equal(p->sends, sends + 3);
            assert_int_equal(heard(p, ISAKMP_EV_SA_DOWN), 0);
            run_for(1000);
            assert_int_equal(p->sends, sends + 3);
            ev = last_event(p, ISAKMP_EV_SA_DOWN);
            assert_non_null(ev);
            assert_int_equal(ev->detail, ISAKMP_D_DEAD);
            assert_int_equal(ev->by, ISAKMP_BY_TIMER);
            assert_non_null(strstr(ev->text, "the peer is dead: it answered nothing"));
            ev = last_event(p, ISAKMP_EV_CHILD_DOWN);
            assert_int_equal(ev->detail, ISAKMP_D_DEAD);
            assert_int_equal(isakmp_count(p->x, ISAKMP_D_DEAD), 2);
            assert_int_equal(sad_count(p), 0);
            assert_int_equal(stats_of(p).sas + stats_of(p).children, 0);
            run_for(31000); /* what was kept to answer repetitions */
            assert_true(isakmp_deadline(p->x) == ISAKMP_NEVER);
            finish();
        }
}

/* Without a time for repetitions and their number in the policy there are five, two seconds apart. */
static void test_default_repetitions(void **state)
{
    (void)state;
    prepare(721);
    A->peer.dpd_s = DPD_S;
    A->peer.flags |= ISAKMP_PF_DPD_PERIODIC;
    come_up(ISAKMP_EXCH_MAIN, 1);
    pr.filter = drop_all;
    pass(DPD_S * 1000 + 6 * 2000 - 500);
    assert_int_equal(heard(A, ISAKMP_EV_SA_DOWN), 0);
    assert_int_equal(A->sends, 5 + 6);
    run_for(1000);
    assert_int_equal(last_event(A, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_DEAD);
    finish();
}

/* A peer that has restarted knows no SA of ours any more: it is found out, and a new one comes up. */
static void test_restarted_peer(void **state)
{
    (void)state;
    prepare(722);
    wants_dpd(A, 0);
    come_up(ISAKMP_EXCH_MAIN, 1);
    pair_restart(&pr, 1);
    pass(20000);
    say_wanted(A);
    run_for(10000);
    assert_int_equal(last_event(A, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_DEAD);
    assert_true(pair_connect(&pr, ISAKMP_EXCH_MAIN, 1).v != 0);
    run_for(100);
    assert_true(both_up(1));
    finish();
}

/* A child that has outlived its SA: the next SA with the peer speaks for it, and it dies with that one.
 * What the host says about the old SA goes to the new one. */
static void test_children_of_an_sa_before(void **state)
{
    isakmp_sa_id old, next;
    (void)state;
    prepare(723);
    wants_dpd(A, 0);
    A->policies[0].life_s = B->policies[0].life_s = 60;
    come_up(ISAKMP_EXCH_MAIN, 1);
    old = the_sa(A);
    run_for(70000);
    assert_int_equal(sa_info(A, old).state, ISAKMP_SA_ENDED);
    assert_int_equal(isakmp_sa_heard(A->x, pr.now, old, NULL), ISAKMP_NONE);
    assert_int_equal(isakmp_sa_wanted(A->x, pr.now, old), ISAKMP_NONE);
    next = pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
    run_for(100);
    assert_int_equal(sa_info(A, next).state, ISAKMP_SA_UP);
    pass(20000);
    pr.filter = drop_all;
    assert_int_equal(isakmp_sa_wanted(A->x, pr.now, old), ISAKMP_OK);
    run_for(8500);
    assert_int_equal(sad_count(A), 2);
    run_for(1000);
    assert_int_equal(sad_count(A), 0);
    assert_int_equal(stats_of(A).sas, 0);
    assert_int_equal(last_event(A, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_DEAD);
    finish();
}

/* Of two SAs with a peer one is dead, because the peer has forgotten it; the other one lives, and so do
 * the children that are its business. */
static void test_one_of_two(void **state)
{
    isakmp_sa_id second;
    (void)state;
    prepare(724);
    wants_dpd(A, 0);
    come_up(ISAKMP_EXCH_MAIN, 1);
    pair_restart(&pr, 1);
    second = pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
    run_for(100);
    assert_int_equal(sas_in(A, ISAKMP_SA_UP), 2);
    pass(20000);
    say_wanted(A);
    run_for(10000);
    assert_int_equal(sas_in(A, 0), 1);
    assert_int_equal(sa_info(A, second).state, ISAKMP_SA_UP);
    assert_true(both_up(1));
    finish();
}

/* The SA is negotiated anew, by either side.  Which of the two is asked under changes when the peer speaks, or when the
 * old one goes, but never is it none: so a peer that dies is found dead. */
static void test_after_rekeying(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++)
        for (int who = 0; who < 2; who++)
            for (int early = 0; early < 2; early++) {
                prepare(726);
                pr.arrive = NULL;
                wants_dpd(B, ISAKMP_PF_DPD_PERIODIC);
                A->peer.flags |= ISAKMP_PF_REKEY;
                B->peer.flags |= ISAKMP_PF_REKEY | ISAKMP_PF_AGGRESSIVE_PSK;
                come_up(exchanges[k], 1);
                pass(30000);
                assert_int_equal(isakmp_rekey(pr.p[who].x, pr.now, first_sa(&pr.p[who]), NULL),
                                 ISAKMP_OK);
                pass(early ? 2000 : 700000);
                assert_int_equal(sas_in(B, ISAKMP_SA_UP), 1 + early);
                pair_restart(&pr, 0);
                pass(2 * (DPD_S * 1000 + 3 * 3000) + 1000);
                assert_int_equal(stats_of(B).sas + stats_of(B).children + sad_count(B), 0);
                finish();
            }
}

/* Many SAs at once, of a peer that is gone. */
static void test_many(void **state)
{
    (void)state;
    prepare(725);
    for (int i = 0; i < 2; i++) {
        pr.p[i].config.limits.sas = pr.p[i].config.limits.children = 20;
        pr.p[i].config.limits.exchanges = 40;
    }
    pr.arrive = NULL;
    wants_dpd(A, ISAKMP_PF_DPD_PERIODIC);
    pair_start(&pr);
    for (unsigned i = 0; i < 20; i++) {
        assert_true(pair_connect(&pr, exchanges[i & 1], 1).v != 0);
        pass(300);
    }
    pass(65000);
    assert_int_equal(sas_in(A, ISAKMP_SA_UP), 20);
    pair_restart(&pr, 1);
    pass(DPD_S * 1000 + 3 * 3000 + 500);
    assert_int_equal(stats_of(A).sas + stats_of(A).children + sad_count(A), 0);
    assert_int_equal(isakmp_count(A->x, ISAKMP_D_DEAD), 40);
    finish();
}

/* ---- What is refused ------------------------------------------------------------------------ */

static struct {
    uint8_t spi[16], data[8];
    isakmp_notify n;
} q;

/* A question, or an answer, as the peer of p would write it. */
static void write_dpd(const peer *p, uint16_t type, uint32_t sequence)
{
    isakmp_span cookies = isakmp__sa_cookies(inner_sa(p, the_sa(p)));
    memset(&q, 0, sizeof q);
    memcpy(q.spi, cookies.p, sizeof q.spi);
    isakmp__put32(q.data, sequence);
    q.n.doi = ISAKMP_DOI_IPSEC;
    q.n.protocol = ISAKMP_PROTO_ISAKMP;
    q.n.type = type;
    q.n.spi = isakmp__span(q.spi, sizeof q.spi);
    q.n.data = isakmp__span(q.data, 4);
}

static uint32_t last_id = 5000;

static int give_dpd(peer *p)
{
    forgery f;
    forge_notify(&f, p, the_sa(p), ++last_id, &q.n);
    return forge_send(&f, p->index);
}

static int give_question(peer *p, uint32_t sequence)
{
    write_dpd(p, ISAKMP_N_R_U_THERE, sequence);
    return give_dpd(p);
}

/* The last number is answered again, and the next few; nothing before them, nothing beyond. */
static void test_numbers_of_questions(void **state)
{
    static const struct {
        uint32_t sequence;
        int rc;
    } rows[] = {
        {0xfffffff8, ISAKMP_OK},
        {0xfffffff8, ISAKMP_OK},
        {0xfffffff7, ISAKMP_IGNORED},
        {0xfffffff9, ISAKMP_OK},
        {0xfffffff8, ISAKMP_IGNORED},
        {0xfffffffb, ISAKMP_OK},
        {0xfffffffa, ISAKMP_IGNORED},
        {0x1c, ISAKMP_IGNORED},
        {0x1b, ISAKMP_OK},
        {0x7000001b, ISAKMP_IGNORED},
        {0x1a, ISAKMP_IGNORED},
        {0, ISAKMP_IGNORED},
        {0x1c, ISAKMP_OK},
    };
    unsigned refused = 0, answered = 0;
    (void)state;
    prepare(730);
    come_up(ISAKMP_EXCH_MAIN, 0);
    for (unsigned i = 0; i < COUNT(rows); i++) {
        assert_int_equal(give_question(B, rows[i].sequence), rows[i].rc);
        refused += rows[i].rc != ISAKMP_OK;
        answered += rows[i].rc == ISAKMP_OK;
        assert_int_equal(isakmp_count(B->x, ISAKMP_D_DPD), refused);
        run_for(1);
        assert_int_equal(answers(1), answered);
        if (rows[i].rc == ISAKMP_OK)
            assert_int_equal(net.from[1][answered - 1].sequence, rows[i].sequence);
    }
    assert_int_equal(heard(B, ISAKMP_EV_NOTIFY) + heard(B, ISAKMP_EV_REFUSED), 0);
    assert_int_equal(net.others[1], 0);
    assert_true(both_up(0));
    finish();
}

/* Protocol, SPI and data, of questions and answers. */
static void test_malformed(void **state)
{
    (void)state;
    prepare(731);
    wants_dpd(B, ISAKMP_PF_DPD_PERIODIC);
    come_up(ISAKMP_EXCH_MAIN, 0);
    net.drop_answer = 1;
    pass(DPD_S * 1000);
    assert_int_equal(questions(1), 1);
    for (unsigned answer = 0; answer < 2; answer++)
        for (unsigned k = 0; k < 9; k++) {
            write_dpd(B, answer ? ISAKMP_N_R_U_THERE_ACK : ISAKMP_N_R_U_THERE,
                      answer ? net.from[1][0].sequence : 77);
            q.n.protocol = k == 0 ? ISAKMP_PROTO_ESP : k == 1 ? 0 : ISAKMP_PROTO_ISAKMP;
            q.spi[15] ^= k == 2;
            q.spi[0] ^= k == 3;
            q.n.spi.n = k == 4 ? 8 : k == 5 ? 0 : 16;
            q.n.data.n = k == 6 ? 3 : k == 7 ? 5 : k == 8 ? 0 : 4;
            assert_int_equal(give_dpd(B), ISAKMP_IGNORED);
            assert_int_equal(isakmp_count(B->x, ISAKMP_D_DPD), 9 * answer + k + 1);
        }
    assert_int_equal(inner_sa(B, the_sa(B))->asked, 1);
    assert_int_equal(answers(1), 0);
    assert_true(both_up(0));
    finish();
}

/* Answers to what was not asked, or to what was asked before. */
static void test_answers_that_do_not_fit(void **state)
{
    uint32_t sequence;
    (void)state;
    prepare(732);
    wants_dpd(A, ISAKMP_PF_DPD_PERIODIC);
    come_up(ISAKMP_EXCH_MAIN, 0);
    write_dpd(A, ISAKMP_N_R_U_THERE_ACK, 0);
    assert_int_equal(give_dpd(A), ISAKMP_IGNORED);
    pass(DPD_S * 1000 + 500);
    net.drop_question = 2;
    pass(DPD_S * 1000);
    assert_int_equal(inner_sa(A, the_sa(A))->asked, 1);
    sequence = net.from[0][1].sequence;
    for (uint32_t off = 1; off < 4; off++) {
        write_dpd(A, ISAKMP_N_R_U_THERE_ACK, sequence - off);
        assert_int_equal(give_dpd(A), ISAKMP_IGNORED);
        write_dpd(A, ISAKMP_N_R_U_THERE_ACK, sequence + off);
        assert_int_equal(give_dpd(A), ISAKMP_IGNORED);
    }
    assert_int_equal(inner_sa(A, the_sa(A))->asked, 1);
    write_dpd(A, ISAKMP_N_R_U_THERE_ACK, sequence);
    assert_int_equal(give_dpd(A), ISAKMP_OK);
    assert_int_equal(inner_sa(A, the_sa(A))->asked, 0);
    /* Once more: it says nothing new. */
    pass(9000);
    assert_int_equal(give_dpd(A), ISAKMP_OK);
    pass(1500);
    assert_int_equal(questions(0), 3);
    finish();
}

/* Anybody could have sent what is not protected [RFC3706 5.2]: the host hears of it, and no more. */
static void test_in_the_clear(void **state)
{
    (void)state;
    for (unsigned type = ISAKMP_N_R_U_THERE; type <= ISAKMP_N_R_U_THERE_ACK; type++) {
        isakmp_writer w;
        isakmp_header h;
        uint8_t data[200];
        prepare(733);
        wants_dpd(B, ISAKMP_PF_DPD_PERIODIC);
        come_up(ISAKMP_EXCH_MAIN, 0);
        pr.filter = drop_all;
        pass(DPD_S * 1000 + 500);
        assert_int_equal(inner_sa(B, the_sa(B))->asked, 1);
        write_dpd(B, (uint16_t)type, inner_sa(B, the_sa(B))->dpd_mine);
        memset(&h, 0, sizeof h);
        memcpy(h.cky_i, q.spi, 8);
        memcpy(h.cky_r, q.spi + 8, 8);
        h.version = 0x10;
        h.exchange = ISAKMP_EXCH_INFO;
        h.msg_id = 99;
        isakmp_wr_init(&w, data, sizeof data);
        isakmp_wr_header(&w, &h);
        isakmp_wr_notify(&w, &q.n);
        assert_int_equal(isakmp_wr_end(&w), ISAKMP_OK);
        assert_int_equal(pair_input(&pr, 1, data, w.len), ISAKMP_IGNORED);
        assert_int_equal(last_event(B, ISAKMP_EV_NOTIFY)->authentic, 0);
        run_for(100);
        assert_int_equal(B->sends, 3 + 1);
        pass(9000);
        assert_int_equal(last_event(B, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_DEAD);
        finish();
    }
}

/* ---- Replays [RFC3706 6] -------------------------------------------------------------------- */

static wire_item recorded[2][8];
static unsigned n_recorded[2];

static int record(pair *p, wire_item *w)
{
    (void)p;
    if (header_of(w).exchange == ISAKMP_EXCH_INFO && n_recorded[w->from] < 8)
        recorded[w->from][n_recorded[w->from]++] = *w;
    return PAIR_DELIVER;
}

static int play(const wire_item *w, int to)
{
    return pair_input(&pr, to, w->data, w->n);
}

static void forget_ids(peer *p)
{
    memset(inner_sa(p, the_sa(p))->used_ids, 0, sizeof inner_sa(p, the_sa(p))->used_ids);
}

/* What was recorded keeps nobody alive: not the peer's questions and answers, and not our own. */
static void test_replays(void **state)
{
    (void)state;
    prepare(740);
    memset(n_recorded, 0, sizeof n_recorded);
    wants_dpd(A, ISAKMP_PF_DPD_PERIODIC);
    pr.filter = record;
    come_up(ISAKMP_EXCH_MAIN, 1);
    pass(3 * DPD_S * 1000 + 500);
    assert_int_equal(n_recorded[0], 3);
    assert_int_equal(n_recorded[1], 3);
    /* As it is: its message ID is known. */
    for (int side = 0; side < 2; side++)
        for (unsigned i = 0; i < 3; i++)
            assert_int_equal(play(&recorded[side][i], 1 - side), ISAKMP_IGNORED);
    assert_int_equal(isakmp_count(A->x, ISAKMP_D_MESSAGE_ID), 3);
    assert_int_equal(isakmp_count(B->x, ISAKMP_D_MESSAGE_ID), 3);
    /* After that has been forgotten: old numbers are refused; the last one is answered once more. */
    forget_ids(B);
    assert_int_equal(play(&recorded[0][0], 1), ISAKMP_IGNORED);
    assert_int_equal(play(&recorded[0][1], 1), ISAKMP_IGNORED);
    assert_int_equal(play(&recorded[0][2], 1), ISAKMP_OK);
    assert_int_equal(isakmp_count(B->x, ISAKMP_D_DPD), 2);
    run_for(1);
    assert_int_equal(answers(1), 4);
    /* And the peer that is dead is dead. */
    pr.filter = drop_all;
    for (unsigned i = 0; heard(A, ISAKMP_EV_SA_DOWN) == 0 && i < 20; i++) {
        pass(1000);
        for (unsigned k = 0; k < 6 && first_sa(A).v; k++) {
            forget_ids(A);
            (void)play(&recorded[k / 3][k % 3], 0);
        }
    }
    assert_int_equal(last_event(A, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_DEAD);
    finish();
}

/* A question that is recorded and played again to a peer that asks too is no sign of life for it. */
static void test_replayed_question_is_no_life(void **state)
{
    (void)state;
    prepare(741);
    memset(n_recorded, 0, sizeof n_recorded);
    wants_dpd(A, ISAKMP_PF_DPD_PERIODIC);
    wants_dpd(B, ISAKMP_PF_DPD_PERIODIC);
    B->peer.dpd_s = DPD_S + 1;
    pr.filter = record;
    come_up(ISAKMP_EXCH_MAIN, 1);
    pass(DPD_S * 1000 + 500);
    assert_int_equal(n_recorded[0], 1);
    pr.filter = drop_all;
    for (unsigned i = 0; heard(B, ISAKMP_EV_SA_DOWN) == 0 && i < 25; i++) {
        run_for(1000);
        if (first_sa(B).v) {
            forget_ids(B);
            (void)play(&recorded[0][0], 1);
        }
    }
    assert_int_equal(last_event(B, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_DEAD);
    finish();
}

/* ---- Who takes part ------------------------------------------------------------------------- */

static const isakmp_extension *const only_natt[] = {&isakmp_natt, NULL};

/* Both must have sent the vendor ID [RFC3706 5.1].  A host without the extension is told. */
static void test_one_does_not_know_it(void **state)
{
    (void)state;
    for (int who = 0; who < 2; who++) {
        peer *p = &pr.p[who], *other = &pr.p[1 - who];
        prepare(750);
        wants_dpd(A, ISAKMP_PF_DPD_PERIODIC);
        wants_dpd(B, ISAKMP_PF_DPD_PERIODIC);
        p->config.extensions = only_natt;
        come_up(ISAKMP_EXCH_MAIN, 0);
        pass(60000);
        assert_int_equal(net.n[0] + net.n[1], 0);
        assert_int_equal(give_question(p, 5), ISAKMP_OK);
        assert_int_equal(give_question(other, 5), ISAKMP_OK);
        run_for(100);
        assert_int_equal(heard(p, ISAKMP_EV_NOTIFY), 1);
        assert_int_equal(heard(other, ISAKMP_EV_NOTIFY), 1);
        assert_int_equal(last_event(p, ISAKMP_EV_NOTIFY)->notify, ISAKMP_N_R_U_THERE);
        assert_int_equal(last_event(p, ISAKMP_EV_NOTIFY)->authentic, 1);
        assert_int_equal(net.n[0] + net.n[1], 0);
        assert_true(both_up(0));
        finish();
    }
}

/* Routers send the vendor ID with their second message. */
static int move_vendor_id(pair *p, wire_item *w)
{
    static opened o;
    static part vid;
    (void)p;
    if (header_of(w).exchange != ISAKMP_EXCH_MAIN || w->from != 0 || !open_item(&o, w))
        return PAIR_DELIVER;
    for (unsigned i = 0; i < o.n && o.msg == 1; i++)
        if (o.parts[i].type == ISAKMP_PAYLOAD_VENDOR_ID && o.parts[i].body[0] == 0xaf) {
            vid = o.parts[i];
            drop_part(&o, i);
        }
    if (o.msg == 3)
        add_part(&o, o.n, vid.type, vid.body, vid.n);
    if (o.msg <= 3)
        close_item(&o, w);
    return PAIR_DELIVER;
}

static void test_late_vendor_id(void **state)
{
    (void)state;
    prepare(751);
    wants_dpd(B, ISAKMP_PF_DPD_PERIODIC);
    pr.arrive = move_vendor_id;
    come_up(ISAKMP_EXCH_MAIN, 0);
    pr.arrive = listen_in;
    pass(DPD_S * 1000 + 500);
    assert_int_equal(questions(1), 1);
    assert_int_equal(answers(0), 1);
    finish();
}

/* T-12: another version, a part of the vendor ID, or more of it, is not this one. */
static unsigned vid_n;
static uint8_t vid_version;

static int change_vendor_id(pair *p, wire_item *w)
{
    static opened o;
    (void)p;
    if (header_of(w).exchange != ISAKMP_EXCH_MAIN || !open_item(&o, w) || o.msg > 2)
        return PAIR_DELIVER;
    for (unsigned i = 0; i < o.n; i++)
        if (o.parts[i].type == ISAKMP_PAYLOAD_VENDOR_ID && o.parts[i].body[0] == 0xaf) {
            o.parts[i].n = vid_n;
            o.parts[i].body[14] = vid_version;
        }
    close_item(&o, w);
    return PAIR_DELIVER;
}

static void test_T12_other_vendor_ids(void **state)
{
    (void)state;
    for (vid_n = 0; vid_n <= 20; vid_n++)
        for (vid_version = 1; vid_version < 3; vid_version++) {
            int same = vid_n == 16 && vid_version == 1;
            prepare(752);
            wants_dpd(A, ISAKMP_PF_DPD_PERIODIC);
            pr.arrive = change_vendor_id;
            come_up(ISAKMP_EXCH_MAIN, 0);
            assert_int_equal(inner_sa(A, the_sa(A))->dpd, same ? ISAKMP__DPD_KNOWN : 0);
            assert_int_equal(inner_sa(B, the_sa(B))->dpd, same ? ISAKMP__DPD_KNOWN : 0);
            finish();
        }
}

/* Nobody can ask without Informational exchanges, and so nobody is found dead. */
static void test_without_informational(void **state)
{
    static const isakmp_exchange *const few[] = {&isakmp_main_mode, &isakmp_quick_mode, NULL};
    (void)state;
    prepare(753);
    wants_dpd(A, ISAKMP_PF_DPD_PERIODIC);
    A->config.exchanges = few;
    come_up(ISAKMP_EXCH_MAIN, 1);
    say_wanted(A);
    pass(120000);
    assert_true(both_up(1));
    finish();
}

/* A question before the SA is up is the host's business. */
static void test_before_it_is_up(void **state)
{
    (void)state;
    prepare(754);
    pair_start(&pr);
    assert_true(pair_connect(&pr, ISAKMP_EXCH_MAIN, 0).v != 0);
    while (first_sa(B).v == 0 || !inner_sa(B, first_sa(B))->keyed)
        assert_true(pair_deliver(&pr));
    assert_int_equal(sas_in(B, ISAKMP_SA_NEGOTIATING), 1);
    (void)give_question(B, 5);
    assert_int_equal(answers(1), 0);
    assert_int_equal(isakmp_sa_heard(B->x, pr.now, the_sa(B), NULL), ISAKMP_NONE);
    assert_int_equal(isakmp_sa_wanted(B->x, pr.now, the_sa(B)), ISAKMP_NONE);
    run_for(100);
    assert_true(both_up(0));
    finish();
}

/* ---- Shortage ------------------------------------------------------------------------------- */

/* Without randomness there is no message ID and no question; a peer that was not asked is not dead. */
static void test_no_randomness(void **state)
{
    (void)state;
    prepare(760);
    wants_dpd(A, ISAKMP_PF_DPD_PERIODIC);
    come_up(ISAKMP_EXCH_MAIN, 1);
    for (unsigned i = 0; i < 60; i++) {
        A->toy.fail_at = A->toy.all_calls + 1;
        pass(1000);
    }
    A->toy.fail_at = 0;
    assert_true(both_up(1));
    pass(2 * DPD_S * 1000);
    assert_true(questions(0) >= 1);
    assert_true(both_up(1));
    finish();
}

/* Also when all exchanges are in use. */
static void test_all_exchanges_in_use(void **state)
{
    isakmp_child_id c;
    (void)state;
    prepare(761);
    wants_dpd(A, ISAKMP_PF_DPD_PERIODIC);
    A->config.limits.exchanges = 2;
    A->config.limits.children = 8;
    come_up(ISAKMP_EXCH_MAIN, 0);
    B->park = 1;
    B->answer_after = 60000;
    while (isakmp_child_connect(A->x, pr.now, the_sa(A), &A->child, &c) == ISAKMP_OK &&
           children_in(A, ISAKMP_CHILD_NEGOTIATING) < 2)
        ;
    pass(DPD_S * 1000 + 500);
    assert_int_equal(questions(0), 1);
    assert_int_equal(answers(1), 1);
    B->park = 0;
    B->answer_after = 0;
    run_for(70000);
    finish();
}

static void test_results(void **state)
{
    isakmp_sa_id sa, stale = {12345};
    (void)state;
    prepare(762);
    A->reentry = B->reentry = 1;
    wants_dpd(A, ISAKMP_PF_DPD_PERIODIC);
    come_up(ISAKMP_EXCH_MAIN, 1);
    sa = the_sa(A);
    assert_int_equal(isakmp_sa_heard(A->x, pr.now, stale, NULL), ISAKMP_E_STALE);
    assert_int_equal(isakmp_sa_wanted(A->x, pr.now, stale), ISAKMP_E_STALE);
    assert_int_equal(isakmp_sa_heard(NULL, pr.now, sa, NULL), ISAKMP_E_ARG);
    assert_int_equal(isakmp_sa_wanted(NULL, pr.now, sa), ISAKMP_E_ARG);
    pass(2 * DPD_S * 1000);
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_periodic),
        cmocka_unit_test(test_both_ask),
        cmocka_unit_test(test_first_numbers),
        cmocka_unit_test(test_on_demand),
        cmocka_unit_test(test_traffic),
        cmocka_unit_test(test_what_is_a_sign_of_life),
        cmocka_unit_test(test_loss),
        cmocka_unit_test(test_traffic_instead_of_an_answer),
        cmocka_unit_test(test_death),
        cmocka_unit_test(test_default_repetitions),
        cmocka_unit_test(test_restarted_peer),
        cmocka_unit_test(test_children_of_an_sa_before),
        cmocka_unit_test(test_one_of_two),
        cmocka_unit_test(test_after_rekeying),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_numbers_of_questions),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_answers_that_do_not_fit),
        cmocka_unit_test(test_in_the_clear),
        cmocka_unit_test(test_replays),
        cmocka_unit_test(test_replayed_question_is_no_life),
        cmocka_unit_test(test_one_does_not_know_it),
        cmocka_unit_test(test_late_vendor_id),
        cmocka_unit_test(test_T12_other_vendor_ids),
        cmocka_unit_test(test_without_informational),
        cmocka_unit_test(test_before_it_is_up),
        cmocka_unit_test(test_no_randomness),
        cmocka_unit_test(test_all_exchanges_in_use),
        cmocka_unit_test(test_results),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
