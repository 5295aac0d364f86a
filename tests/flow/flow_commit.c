/* flow/flow_commit.c -- the commit bit of Quick Mode [RFC2408 3.1]: ignored, honoured, set; what anybody on
 * the way can do with it, and how long that lasts. */
#include "flow/forge.h"

#define PATIENCE 3000u /* three times retransmit_ms */

static struct {
    uint32_t quick;            /* the message ID of the Quick Mode */
    unsigned flagged[2][4];    /* its messages with the bit */
    unsigned connected[2];     /* Informationals with its message ID */
    int lose;                  /* 1: those are lost */
    int set_from, set_message; /* somebody sets the bit in this message of this side; 0: in none */
    unsigned number[2];        /* messages of the Quick Mode */
    wire_item kept;            /* the last Informational */
} net;

static int watch(pair *p, wire_item *w)
{
    isakmp_header h = header_of(w);
    (void)p;
    if (h.exchange == ISAKMP_EXCH_QUICK) {
        unsigned message = ++net.number[w->from];
        net.quick = h.msg_id;
        if (h.flags & ISAKMP_FLAG_COMMIT && message < 4)
            net.flagged[w->from][message]++;
        if (net.set_message && net.set_from == w->from && (unsigned)net.set_message == message)
            w->data[marker_of(w) + 19] |= ISAKMP_FLAG_COMMIT;
    } else if (h.exchange == ISAKMP_EXCH_INFO && h.msg_id == net.quick) {
        net.connected[w->from]++;
        net.kept = *w;
        assert_int_equal(h.flags, ISAKMP_FLAG_ENCRYPTION);
        return net.lose ? PAIR_DROP : PAIR_DELIVER;
    }
    return PAIR_DELIVER;
}

static void prepare(uint64_t seed)
{
    pair_init(&pr, seed);
    memset(&net, 0, sizeof net);
    come_up(ISAKMP_EXCH_MAIN, 0);
    pr.filter = watch;
}

/* The outbound SA of a peer is there, or not. */
static unsigned outbound(const peer *p)
{
    unsigned n = 0;
    for (unsigned i = 0; i < PAIR_SAD; i++)
        n += p->sad[i].used && !p->sad[i].e.inbound;
    return n;
}

/* Begin a child, and wait until all three messages have gone. */
static void begin(int from)
{
    add_child(&pr.p[from], first_sa(&pr.p[from]), &pr.p[from].child);
    for (unsigned i = 0; i < 3; i++)
        pair_deliver(&pr);
}

/* ---- As it is meant ----------------------------------------------------------------------------- */

static void test_set_and_honoured(void **state)
{
    (void)state;
    for (int from = 0; from < 2; from++) {
        peer *i = &pr.p[from], *r = &pr.p[1 - from];
        prepare(930);
        i->peer.flags |= ISAKMP_PF_COMMIT | ISAKMP_PF_SET_COMMIT;
        r->peer.flags |= ISAKMP_PF_SET_COMMIT;
        begin(from);
        /* QM3 has come: the responder is ready, and says so; the initiator does not send yet. */
        assert_int_equal(children_in(r, ISAKMP_CHILD_UP), 1);
        assert_int_equal(children_in(i, ISAKMP_CHILD_NEGOTIATING), 1);
        assert_int_equal(outbound(r), 1);
        assert_int_equal(outbound(i), 0);
        assert_int_equal(sad_count(i), 1);
        assert_int_equal(net.connected[1 - from], 1);
        run_for(1);
        assert_true(both_up(1));
        assert_int_equal(last_event(i, ISAKMP_EV_NOTIFY)->notify, ISAKMP_N_CONNECTED);
        assert_int_equal(last_event(i, ISAKMP_EV_NOTIFY)->authentic, 1);
        /* Only the responder sets it, in its one message. */
        assert_int_equal(net.flagged[1 - from][1], 1);
        assert_int_equal(net.flagged[from][1] + net.flagged[from][2], 0);
        assert_int_equal(net.connected[from], 0);
        run_for(10000);
        assert_int_equal(heard(i, ISAKMP_EV_CHILD_UP), 1);
        finish();
    }
}

/* Without the flag nobody waits, and what comes then has no effect. */
static void test_ignored_by_default(void **state)
{
    (void)state;
    prepare(931);
    B->peer.flags |= ISAKMP_PF_SET_COMMIT;
    begin(0);
    assert_int_equal(children_in(A, ISAKMP_CHILD_UP), 1);
    assert_int_equal(net.connected[1], 1);
    run_for(10);
    assert_true(both_up(1));
    assert_int_equal(heard(A, ISAKMP_EV_NOTIFY), 0);
    finish();
    prepare(932);
    A->peer.flags |= ISAKMP_PF_COMMIT;
    B->peer.flags |= ISAKMP_PF_COMMIT;
    begin(0);
    assert_true(both_up(1));
    assert_int_equal(net.flagged[0][1] + net.flagged[0][2] + net.flagged[1][1], 0);
    assert_int_equal(net.connected[0] + net.connected[1], 0);
    finish();
}

/* CONNECTED is sent once: if it is lost the initiator waits, but not for long. */
static void test_connected_is_lost(void **state)
{
    isakmp_time began;
    (void)state;
    prepare(933);
    A->peer.flags |= ISAKMP_PF_COMMIT;
    B->peer.flags |= ISAKMP_PF_SET_COMMIT;
    net.lose = 1;
    begin(0);
    began = pr.now;
    run_for(PATIENCE - 10);
    assert_int_equal(children_in(A, ISAKMP_CHILD_UP), 0);
    pair_run(&pr, began + PATIENCE + 10);
    assert_true(both_up(1));
    /* Then it comes after all. */
    assert_int_equal(pair_input(&pr, 0, net.kept.data, net.kept.n), ISAKMP_IGNORED);
    run_for(60000);
    assert_int_equal(pair_input(&pr, 0, net.kept.data, net.kept.n), ISAKMP_IGNORED);
    assert_true(both_up(1));
    assert_int_equal(heard(A, ISAKMP_EV_CHILD_UP), 1);
    finish();
}

/* The lifetime of the ISAKMP SA is over while CONNECTED is awaited: the child is what both have agreed on, and lives
 * on. */
static void test_no_time_to_wait(void **state)
{
    (void)state;
    for (int fails = 0; fails < 2; fails++) {
        pair_init(&pr, 934);
        memset(&net, 0, sizeof net);
        A->policies[0].life_s = B->policies[0].life_s = 60;
        A->peer.flags |= ISAKMP_PF_COMMIT;
        B->peer.flags |= ISAKMP_PF_SET_COMMIT;
        come_up(ISAKMP_EXCH_MAIN, 0);
        pr.filter = watch;
        net.lose = 1;
        run_for(59000);
        begin(0);
        assert_int_equal(children_in(A, ISAKMP_CHILD_UP), 0);
        assert_int_equal(children_in(B, ISAKMP_CHILD_UP), 1);
        if (fails)
            A->fail_at = A->callbacks + 1;
        run_for(PATIENCE - 1500);
        assert_int_equal(heard(A, ISAKMP_EV_SA_DOWN), 1);
        assert_int_equal(heard(A, ISAKMP_EV_CHILD_UP), !fails);
        assert_int_equal(heard(A, ISAKMP_EV_CHILD_DOWN), fails);
        assert_int_equal(children_in(A, ISAKMP_CHILD_UP), !fails);
        assert_int_equal(sad_count(A), fails ? 0 : 2);
        finish();
    }
}

/* While it waits it still answers a repeated second message, and with the same octets. */
static void test_a_lost_third_message(void **state)
{
    (void)state;
    prepare(934);
    A->peer.flags |= ISAKMP_PF_COMMIT;
    B->peer.flags |= ISAKMP_PF_SET_COMMIT;
    add_child(A, first_sa(A), &A->child);
    pair_deliver(&pr);
    pair_deliver(&pr);
    assert_int_equal(pr.n_wire, 1);
    pr.n_wire = 0; /* the third one */
    run_for(500);
    assert_int_equal(children_in(A, ISAKMP_CHILD_NEGOTIATING), 1);
    assert_int_equal(children_in(B, ISAKMP_CHILD_NEGOTIATING), 1);
    run_for(1000);
    assert_int_equal(net.number[0], 3);
    assert_int_equal(net.connected[1], 1);
    assert_true(both_up(1));
    assert_int_equal(last_event(A, ISAKMP_EV_NOTIFY)->notify, ISAKMP_N_CONNECTED);
    finish();
}

/* ---- Somebody on the way ------------------------------------------------------------------------ */

/* The bit is not protected.  Whoever waits for it does so for three seconds, whichever message it was set
 * in; whoever does not wait sees nothing of it. */
static void test_set_by_somebody_on_the_way(void **state)
{
    (void)state;
    for (int honours = 0; honours < 2; honours++)
        for (int from = 0; from < 2; from++)
            for (int message = 1; message <= 2 - from; message++) {
                peer *p = &pr.p[1 - from];
                isakmp_time began;
                prepare(935);
                if (honours)
                    A->peer.flags |= ISAKMP_PF_COMMIT, B->peer.flags |= ISAKMP_PF_COMMIT;
                net.set_from = from;
                net.set_message = message;
                began = pr.now;
                begin(0);
                assert_int_equal(children_in(p, ISAKMP_CHILD_UP), !honours);
                assert_int_equal(outbound(p), !honours);
                assert_int_equal(children_in(&pr.p[from], ISAKMP_CHILD_UP), 1);
                pair_run(&pr, began + PATIENCE + 10);
                assert_true(both_up(1));
                run_for(60000);
                assert_int_equal(stats_of(A).exchanges + stats_of(B).exchanges, 0);
                finish();
            }
}

/* Who sets the bit does not wait, though the other side seems to have set it too. */
static void test_set_by_both(void **state)
{
    (void)state;
    prepare(943);
    B->peer.flags |= ISAKMP_PF_COMMIT | ISAKMP_PF_SET_COMMIT;
    net.set_from = 0;
    net.set_message = 1;
    begin(0);
    assert_true(both_up(1));
    assert_int_equal(net.connected[1], 1);
    finish();
}

/* In phase 1 it means nothing. */
static int set_always(pair *p, wire_item *w)
{
    (void)p;
    w->data[marker_of(w) + 19] |= ISAKMP_FLAG_COMMIT;
    return PAIR_DELIVER;
}

static void test_set_in_all_messages(void **state)
{
    (void)state;
    pair_init(&pr, 936);
    A->peer.flags |= ISAKMP_PF_COMMIT;
    B->peer.flags |= ISAKMP_PF_COMMIT;
    pr.filter = set_always;
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
    run_for(10);
    assert_int_equal(heard(A, ISAKMP_EV_SA_UP) + heard(B, ISAKMP_EV_SA_UP), 2);
    assert_int_equal(children_in(A, ISAKMP_CHILD_UP) + children_in(B, ISAKMP_CHILD_UP), 0);
    run_for(PATIENCE);
    assert_true(both_up(1));
    finish();
}

/* ---- CONNECTED in all forms ---------------------------------------------------------------------- */

/* A waits; B's keys are used. */
static void let_it_wait(uint64_t seed)
{
    prepare(seed);
    A->peer.flags |= ISAKMP_PF_COMMIT;
    net.set_from = 1;
    net.set_message = 1;
    begin(0);
    assert_int_equal(children_in(A, ISAKMP_CHILD_NEGOTIATING), 1);
}

/* How a message is made: its exchange type, whose chain of IVs it is in, what it says. */
static void make(forgery *f, uint8_t exchange, int goes_on, uint16_t type)
{
    const isakmp__exch *e = isakmp__exch_find(inner_sa(A, first_sa(A)), net.quick);
    uint8_t iv[ISAKMP_MAX_BLOCK], own[ISAKMP_MAX_BLOCK];
    isakmp_notify n;
    memset(&n, 0, sizeof n);
    n.doi = ISAKMP_DOI_IPSEC;
    n.protocol = ISAKMP_PROTO_ESP;
    n.type = type;
    forge_notify(f, B, first_sa(B), net.quick, &n);
    f->data[18] = exchange;
    if (!goes_on)
        return;
    /* The same plaintext, in the other chain. */
    assert_non_null(e);
    assert_int_equal(isakmp__iv_phase2(&B->toy.table, f->sa->suite->hash,
                                       isakmp__span(f->sa->iv, 16), net.quick, own),
                     ISAKMP_OK);
    assert_int_equal(isakmp__cbc(&B->toy.table, f->sa->suite->cipher, 0,
                                 isakmp__cipher_key_of(f->sa), own, f->data + 28, f->w.len - 28),
                     ISAKMP_OK);
    memcpy(iv, e->iv, sizeof iv);
    assert_int_equal(isakmp__cbc(&B->toy.table, f->sa->suite->cipher, 1,
                                 isakmp__cipher_key_of(f->sa), iv, f->data + 28, f->w.len - 28),
                     ISAKMP_OK);
}

/* Nobody has said how the chain goes on; and racoon's has the exchange type of Quick Mode. */
static void test_either_chain_and_type(void **state)
{
    static const uint8_t types[] = {ISAKMP_EXCH_INFO, ISAKMP_EXCH_QUICK};
    (void)state;
    for (unsigned t = 0; t < 2; t++)
        for (int goes_on = 0; goes_on < 2; goes_on++) {
            forgery f;
            let_it_wait(937);
            make(&f, types[t], goes_on, ISAKMP_N_CONNECTED);
            assert_int_equal(forge_send(&f, 0), ISAKMP_OK);
            assert_true(both_up(1));
            assert_int_equal(forge_send(&f, 0), ISAKMP_IGNORED);
            finish();
        }
}

/* Nobody but the peer ends the waiting: not what is in the clear, altered in any octet, made for another
 * message ID, or says something else.  And afterwards the right one still does. */
static void test_forged(void **state)
{
    static const uint16_t others[] = {ISAKMP_N_INITIAL_CONTACT, ISAKMP_N_INVALID_SPI, 1, 0, 0xffff};
    forgery f, g;
    uint8_t clear[64] = {0};
    (void)state;
    for (int goes_on = 0; goes_on < 2; goes_on++) {
        let_it_wait(938);
        make(&f, ISAKMP_EXCH_INFO, goes_on, ISAKMP_N_CONNECTED);
        for (size_t i = ISAKMP_HEADER_SIZE; i < f.w.len; i++)
            for (unsigned bit = 0; bit < 8; bit++) {
                /* padding is not looked at: the last block of this message is no padding alone */
                if (i >= f.w.len - 16)
                    continue;
                g = f;
                g.data[i] ^= (uint8_t)(1u << bit);
                assert_int_equal(pair_input(&pr, 0, g.data, f.w.len), ISAKMP_IGNORED);
            }
        for (size_t n = 0; n < f.w.len; n++) {
            g = f;
            isakmp__put32(g.data + 24, (uint32_t)n);
            assert_int_equal(pair_input(&pr, 0, g.data, n), ISAKMP_IGNORED);
        }
        for (unsigned i = 0; i < COUNT(others); i++) {
            make(&g, ISAKMP_EXCH_INFO, goes_on, others[i]);
            assert_int_equal(forge_send(&g, 0), ISAKMP_IGNORED);
        }
        memcpy(clear, f.data, ISAKMP_HEADER_SIZE);
        clear[16] = ISAKMP_PAYLOAD_NOTIFY;
        clear[19] = 0;
        isakmp__put32(clear + 24, 40);
        isakmp__put16(clear + 30, 12);
        isakmp__put32(clear + 32, ISAKMP_DOI_IPSEC);
        clear[36] = ISAKMP_PROTO_ESP;
        isakmp__put16(clear + 38, ISAKMP_N_CONNECTED);
        assert_int_equal(pair_input(&pr, 0, clear, 40), ISAKMP_IGNORED);
        assert_int_equal(children_in(A, ISAKMP_CHILD_NEGOTIATING), 1);
        assert_int_equal(outbound(A), 0);
        assert_int_equal(forge_send(&f, 0), ISAKMP_OK);
        assert_true(both_up(1));
        finish();
    }
}

/* With another message ID it is an Informational like any other. */
static void test_another_message_id(void **state)
{
    isakmp_notify n;
    forgery f;
    (void)state;
    let_it_wait(939);
    memset(&n, 0, sizeof n);
    n.doi = ISAKMP_DOI_IPSEC;
    n.protocol = ISAKMP_PROTO_ESP;
    n.type = ISAKMP_N_CONNECTED;
    forge_notify(&f, B, first_sa(B), net.quick + 1, &n);
    assert_int_equal(forge_send(&f, 0), ISAKMP_OK);
    assert_int_equal(children_in(A, ISAKMP_CHILD_NEGOTIATING), 1);
    run_for(PATIENCE);
    assert_true(both_up(1));
    finish();
}

/* ---- Ends while it is awaited --------------------------------------------------------------------- */

static void test_closed_meanwhile(void **state)
{
    (void)state;
    for (int what = 0; what < 4; what++) {
        peer *p = &pr.p[what & 1];
        let_it_wait(940);
        if (what < 2)
            assert_int_equal(isakmp_child_close(p->x, pr.now, first_child(p)), ISAKMP_OK);
        else
            assert_int_equal(isakmp_close(p->x, pr.now, first_sa(p)), ISAKMP_OK);
        run_for(1);
        assert_int_equal(children_in(A, 0) + children_in(B, 0), 0);
        assert_int_equal(sad_count(A) + sad_count(B), 0);
        run_for(PATIENCE);
        assert_int_equal(heard(A, ISAKMP_EV_CHILD_UP), 0);
        finish();
    }
}

/* The host cannot install what was waited for: the child ends, and the peer hears of it. */
static void test_install_fails_then(void **state)
{
    (void)state;
    for (int timeout = 0; timeout < 2; timeout++) {
        forgery f;
        let_it_wait(941);
        A->fail_at = A->callbacks + 1;
        make(&f, ISAKMP_EXCH_INFO, 0, ISAKMP_N_CONNECTED);
        if (timeout)
            run_for(PATIENCE + 10);
        else
            assert_int_equal(forge_send(&f, 0), ISAKMP_OK);
        run_for(10);
        assert_int_equal(last_event(A, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_INSTALL);
        assert_int_equal(last_event(B, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_DELETED);
        assert_true(both_up(0));
        finish();
    }
}

/* No Informational in the config: then nothing can come, and it does not wait for more than its time. */
static void test_without_informational(void **state)
{
    static const isakmp_exchange *const few[] = {&isakmp_main_mode, &isakmp_quick_mode, NULL};
    (void)state;
    pair_init(&pr, 942);
    memset(&net, 0, sizeof net);
    A->config.exchanges = B->config.exchanges = few;
    A->peer.flags |= ISAKMP_PF_COMMIT;
    B->peer.flags |= ISAKMP_PF_SET_COMMIT;
    pr.filter = watch;
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
    run_for(10);
    assert_int_equal(children_in(A, ISAKMP_CHILD_UP), 0);
    run_for(PATIENCE);
    assert_true(both_up(1));
    assert_int_equal(net.connected[1], 0);
    /* Without it nobody can say goodbye either. */
    assert_int_equal(isakmp_close(A->x, pr.now, first_sa(A)), ISAKMP_OK);
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set_and_honoured),
        cmocka_unit_test(test_ignored_by_default),
        cmocka_unit_test(test_connected_is_lost),
        cmocka_unit_test(test_no_time_to_wait),
        cmocka_unit_test(test_a_lost_third_message),
        cmocka_unit_test(test_set_by_somebody_on_the_way),
        cmocka_unit_test(test_set_by_both),
        cmocka_unit_test(test_set_in_all_messages),
        cmocka_unit_test(test_either_chain_and_type),
        cmocka_unit_test(test_forged),
        cmocka_unit_test(test_another_message_id),
        cmocka_unit_test(test_closed_meanwhile),
        cmocka_unit_test(test_install_fails_then),
        cmocka_unit_test(test_without_informational),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
