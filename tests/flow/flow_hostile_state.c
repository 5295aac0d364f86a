/* flow/flow_hostile_state.c -- the right message at the wrong time, from the wrong place or for the wrong
 * SA: unknown and dead cookies, cleartext notifies in every state, permutations of true messages,
 * providers that lack algorithms, hosts that act from inside their callbacks. */
#include "flow/forge.h"

static const uint8_t exchanges[] = {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_AGGRESSIVE};

/* Nothing but counters may have changed. */
typedef struct shot {
    unsigned sends, sad, sas, children, exchanges, packets, half_open, up;
    isakmp_time deadline;
} shot;

static shot take_shot(const peer *p)
{
    isakmp_stats st = stats_of(p);
    shot s;
    memset(&s, 0, sizeof s);
    s.sends = p->sends;
    s.sad = sad_count(p);
    s.sas = st.sas;
    s.children = st.children;
    s.exchanges = st.exchanges;
    s.packets = st.packets;
    s.half_open = st.half_open;
    s.up = heard(p, ISAKMP_EV_SA_UP) + heard(p, ISAKMP_EV_SA_DOWN) + heard(p, ISAKMP_EV_CHILD_UP) +
           heard(p, ISAKMP_EV_CHILD_DOWN) + heard(p, ISAKMP_EV_REFUSED);
    s.deadline = isakmp_deadline(p->x);
    return s;
}

static void check_same(const shot *a, const shot *b, const char *what, unsigned i)
{
    if (memcmp(a, b, sizeof *a) != 0)
        fail_msg("%s %u: something changed", what, i);
}

/* ---- Informational in the clear ------------------------------------------------------------------ */

/* Cookies of an SA, and one Notify or Delete. */
static size_t clear_info(uint8_t *out, size_t cap, const uint8_t *cky_i, const uint8_t *cky_r,
                         uint32_t msg_id, const isakmp_notify *n, const isakmp_delete *d)
{
    isakmp_header h;
    isakmp_writer w;
    memset(&h, 0, sizeof h);
    memcpy(h.cky_i, cky_i, sizeof h.cky_i);
    memcpy(h.cky_r, cky_r, sizeof h.cky_r);
    h.version = 0x10;
    h.exchange = ISAKMP_EXCH_INFO;
    h.msg_id = msg_id;
    isakmp_wr_init(&w, out, cap);
    isakmp_wr_header(&w, &h);
    if (n)
        isakmp_wr_notify(&w, n);
    if (d)
        isakmp_wr_delete(&w, d);
    assert_int_equal(isakmp_wr_end(&w), ISAKMP_OK);
    return w.len;
}

static void notify_all(int to, const uint8_t *cky_i, const uint8_t *cky_r, unsigned step)
{
    static uint32_t id = 1;
    uint8_t data[200], cookies[16];
    isakmp_notify n;
    memcpy(cookies, cky_i, 8);
    memcpy(cookies + 8, cky_r, 8);
    memset(&n, 0, sizeof n);
    n.doi = ISAKMP_DOI_IPSEC;
    n.protocol = ISAKMP_PROTO_ISAKMP;
    n.spi = isakmp__span(cookies, 16);
    for (unsigned type = 0; type < 65536;
         type += type < 40 || (type > 24570 && type < 24590) ? 1 : step) {
        n.type = (uint16_t)type;
        assert_int_equal(
            pair_input(&pr, to, data, clear_info(data, sizeof data, cky_i, cky_r, id++, &n, NULL)),
            ISAKMP_IGNORED);
    }
}

/* Delete everything that can be named: the SA, and the children by all their SPIs. */
static void delete_all(int to, const uint8_t *cky_i, const uint8_t *cky_r)
{
    uint8_t data[200], cookies[16], spi[8];
    isakmp_child_id c = first_child(&pr.p[to]);
    isakmp_delete d;
    memcpy(cookies, cky_i, 8);
    memcpy(cookies + 8, cky_r, 8);
    memset(&d, 0, sizeof d);
    d.doi = ISAKMP_DOI_IPSEC;
    d.protocol = ISAKMP_PROTO_ISAKMP;
    d.spi_size = 16;
    d.count = 1;
    d.spis = isakmp__span(cookies, 16);
    assert_int_equal(
        pair_input(&pr, to, data, clear_info(data, sizeof data, cky_i, cky_r, 77, NULL, &d)),
        ISAKMP_IGNORED);
    memset(spi, 0, sizeof spi);
    if (c.v) {
        isakmp_child_info i = child_info(&pr.p[to], c);
        isakmp__put32(spi, i.spi_out[0]);
        isakmp__put32(spi + 4, i.spi_in[0]);
    }
    d.protocol = ISAKMP_PROTO_ESP;
    d.spi_size = 4;
    d.count = 2;
    d.spis = isakmp__span(spi, 8);
    assert_int_equal(
        pair_input(&pr, to, data, clear_info(data, sizeof data, cky_i, cky_r, 78, NULL, &d)),
        ISAKMP_IGNORED);
}

/* Whatever anybody says in the clear, in every state of both sides: nothing changes, nothing is
 * answered, and the negotiation goes on. */
static void test_T41_cleartext_in_every_state(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++)
        for (unsigned after = 0; after <= 9; after++)
            for (int to = 0; to < 2; to++) {
                peer *p = &pr.p[to];
                shot before, then;
                pair_init(&pr, 270 + after);
                pair_start(&pr);
                pair_connect(&pr, exchanges[k], 1);
                for (unsigned i = 0; i < after; i++)
                    pair_deliver(&pr);
                if (first_sa(p).v) {
                    isakmp_sa_info i = sa_info(p, first_sa(p));
                    before = take_shot(p);
                    notify_all(to, i.cky_i, i.cky_r, after == 9 && k == 0 ? 1 : 997);
                    delete_all(to, i.cky_i, i.cky_r);
                    then = take_shot(p);
                    check_same(&before, &then, "after datagram", after);
                }
                run_for(200);
                assert_true(both_up(1));
                finish();
            }
}

/* They are told to the host as what they are. */
static void test_T41_cleartext_is_told_as_not_proven(void **state)
{
    isakmp_sa_info i;
    (void)state;
    pair_init(&pr, 280);
    come_up(ISAKMP_EXCH_MAIN, 1);
    i = sa_info(B, first_sa(B));
    notify_all(1, i.cky_i, i.cky_r, 10007);
    assert_true(heard(B, ISAKMP_EV_NOTIFY) > 40);
    assert_int_equal(last_event(B, ISAKMP_EV_NOTIFY)->authentic, 0);
    assert_non_null(strstr(last_event(B, ISAKMP_EV_NOTIFY)->text, "not proven"));
    finish();
}

/* T-20: for nobody's SA, for one that is gone, for one that is half open with a zero cookie. */
static void test_T20_T21_informational_with_other_cookies(void **state)
{
    static const uint8_t nobody[8] = {9, 9, 9, 9, 9, 9, 9, 9}, zero[8] = {0};
    isakmp_sa_info dead;
    shot before[2], then;
    (void)state;
    pair_init(&pr, 281);
    come_up(ISAKMP_EXCH_MAIN, 1);
    dead = sa_info(A, first_sa(A));
    assert_int_equal(isakmp_close(A->x, pr.now, first_sa(A)), ISAKMP_OK);
    run_for(100);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
    pair_deliver(&pr);
    for (int to = 0; to < 2; to++)
        before[to] = take_shot(&pr.p[to]);
    for (int to = 0; to < 2; to++) {
        isakmp_sa_info now = sa_info(&pr.p[to], first_sa(&pr.p[to]));
        const uint8_t *i[] = {nobody, dead.cky_i, now.cky_i, zero, now.cky_r};
        const uint8_t *r[] = {nobody, dead.cky_r, now.cky_r, zero, now.cky_i};
        for (unsigned a = 0; a < COUNT(i); a++)
            for (unsigned b = 0; b < COUNT(r); b++) {
                notify_all(to, i[a], r[b], 4999);
                delete_all(to, i[a], r[b]);
            }
        then = take_shot(&pr.p[to]);
        check_same(&before[to], &then, "peer", (unsigned)to);
    }
    run_for(100);
    assert_true(both_up(1));
    finish();
}

/* The same, with the encryption flag, as Quick Mode, as everything; nothing of it is decrypted for an SA
 * without keys (T-28). */
static void test_T28_nothing_without_keys(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++)
        for (unsigned after = 0; after < 3 - 2 * k; after++)
            for (int to = 0; to < 2; to++) {
                static const uint8_t kinds[] = {ISAKMP_EXCH_INFO, ISAKMP_EXCH_QUICK,
                                                ISAKMP_EXCH_MAIN, ISAKMP_EXCH_AGGRESSIVE};
                peer *p = &pr.p[to];
                isakmp_sa_info i;
                unsigned calls[TOY_FUNCTIONS];
                pair_init(&pr, 282);
                pair_start(&pr);
                pair_connect(&pr, exchanges[k], 1);
                for (unsigned n = 0; n < after; n++)
                    pair_deliver(&pr);
                if (first_sa(p).v == 0) {
                    finish();
                    continue;
                }
                i = sa_info(p, first_sa(p));
                memcpy(calls, p->toy.calls, sizeof calls);
                for (unsigned e = 0; e < COUNT(kinds); e++)
                    for (unsigned flags = 0; flags < 8; flags++)
                        for (uint32_t id = 0; id < 2; id++) {
                            uint8_t data[28 + 64];
                            memset(data, 0x42, sizeof data);
                            memcpy(data, i.cky_i, 8);
                            memcpy(data + 8, i.cky_r, 8);
                            data[16] = ISAKMP_PAYLOAD_HASH;
                            data[17] = 0x10;
                            data[18] = kinds[e];
                            data[19] = (uint8_t)(flags | ISAKMP_FLAG_ENCRYPTION);
                            isakmp__put32(data + 20, id);
                            isakmp__put32(data + 24, sizeof data);
                            assert_int_equal(pair_input(&pr, to, data, sizeof data),
                                             ISAKMP_IGNORED);
                        }
                assert_int_equal(p->toy.calls[TOY_CBC], calls[TOY_CBC]);
                assert_int_equal(p->toy.calls[TOY_HMAC], calls[TOY_HMAC]);
                assert_int_equal(p->toy.calls[TOY_DH_KEY], calls[TOY_DH_KEY]);
                run_for(3000);
                assert_true(both_up(1));
                finish();
            }
}

/* ---- T-23: the cookies of a refusal --------------------------------------------------------------- */

static wire_item reply;
static unsigned replies;

static int keep_reply(pair *p, wire_item *w)
{
    (void)p;
    if (w->from == 1) {
        reply = *w;
        replies++;
    }
    return PAIR_DELIVER;
}

static void test_T23_a_refusal_has_no_cookie(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        isakmp_header h;
        uint8_t data[64];
        pair_init(&pr, 283);
        B->policies[0].hash = ISAKMP_HASH_SHA512;
        replies = 0;
        pr.filter = keep_reply;
        pair_start(&pr);
        pair_connect(&pr, exchanges[k], 0);
        run_for(10);
        assert_int_equal(replies, 1);
        h = header_of(&reply);
        assert_true(isakmp__all_zero(h.cky_r, 8));
        assert_int_equal(h.exchange, ISAKMP_EXCH_INFO);
        assert_int_equal(h.flags, 0);
        assert_int_equal(stats_of(B).sas + stats_of(B).exchanges + stats_of(B).packets, 0);
        /* Whatever uses them is unknown, and is not answered. */
        for (unsigned e = 0; e < 256; e++) {
            memset(data, 1, sizeof data);
            memcpy(data, reply.data, 16);
            data[16] = 0;
            data[17] = 0x10;
            data[18] = (uint8_t)e;
            data[19] = e & 1;
            isakmp__put32(data + 24, sizeof data);
            assert_int_equal(pair_input(&pr, 1, data, sizeof data), ISAKMP_IGNORED);
        }
        assert_int_equal(replies, 1);
        finish();
    }
}

/* ---- T-24: identities of every type as selectors ---------------------------------------------------- */

static struct {
    uint8_t type;
    size_t n;
    unsigned which; /* 0: IDci, 1: IDcr, 2: both */
    int from;
} strange;

static int strange_ids(pair *p, wire_item *w)
{
    static opened o;
    (void)p;
    if (header_of(w).exchange != ISAKMP_EXCH_QUICK || w->from != strange.from)
        return PAIR_DELIVER;
    p->arrive = NULL;
    if (!open_item(&o, w))
        return PAIR_DELIVER;
    for (unsigned i = 0; i < 2; i++) {
        part *id = find_part(&o, ISAKMP_PAYLOAD_ID, i);
        if (strange.which != 2 && strange.which != i)
            continue;
        memset(id->body, 0, 64);
        id->body[0] = strange.type;
        memset(id->body + 4, 'a', strange.n);
        id->n = 4 + strange.n;
    }
    rehash(&o);
    close_item(&o, w);
    return PAIR_DELIVER;
}

static void test_T24_every_identity_type_as_selector(void **state)
{
    static const size_t sizes[] = {0, 1, 4, 8, 16, 32, 33};
    (void)state;
    for (strange.from = 0; strange.from < 2; strange.from++)
        for (unsigned type = 0; type < 14; type++)
            for (unsigned s = 0; s < COUNT(sizes); s++)
                for (strange.which = 0; strange.which < 3; strange.which++) {
                    peer *p = &pr.p[1 - strange.from];
                    strange.type = (uint8_t)type;
                    strange.n = sizes[s];
                    pair_init(&pr, 284);
                    pr.arrive = strange_ids;
                    pair_start(&pr);
                    pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
                    run_for(100);
                    assert_int_equal(heard(p, ISAKMP_EV_CHILD_UP), 0);
                    assert_int_equal(sas_in(p, ISAKMP_SA_UP), 1);
                    finish();
                }
}

/* Neither: then the selectors are the addresses of the peers [RFC2409 5.5]. */
static int no_ids(pair *p, wire_item *w)
{
    static opened o;
    if (header_of(w).exchange != ISAKMP_EXCH_QUICK)
        return PAIR_DELIVER;
    p->arrive = NULL;
    if (!open_item(&o, w))
        return PAIR_DELIVER;
    for (unsigned i = 0; i < 2; i++)
        drop_part(&o, (unsigned)(find_part(&o, ISAKMP_PAYLOAD_ID, 0) - o.parts));
    rehash(&o);
    close_item(&o, w);
    return PAIR_DELIVER;
}

static void test_no_selectors(void **state)
{
    isakmp_child_info i;
    (void)state;
    pair_init(&pr, 286);
    memset(&B->child.local, 0, sizeof B->child.local);
    memset(&B->child.remote, 0, sizeof B->child.remote);
    pr.arrive = no_ids;
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
    run_for(10);
    assert_int_equal(children_in(B, ISAKMP_CHILD_NEGOTIATING), 1);
    i = child_info(B, first_child(B));
    assert_memory_equal(i.local.lo, B->addr.ip, 4);
    assert_memory_equal(i.local.hi, B->addr.ip, 4);
    assert_memory_equal(i.remote.lo, A->addr.ip, 4);
    assert_memory_equal(i.remote.hi, A->addr.ip, 4);
    assert_int_equal(B->sad[0].e.local.family, 4);
    finish();
}

/* Only one of the two, or three. */
static int one_or_three(pair *p, wire_item *w)
{
    static opened o;
    part *id;
    if (header_of(w).exchange != ISAKMP_EXCH_QUICK || w->from != strange.from)
        return PAIR_DELIVER;
    p->arrive = NULL;
    if (!open_item(&o, w))
        return PAIR_DELIVER;
    id = find_part(&o, ISAKMP_PAYLOAD_ID, strange.which & 1);
    if (strange.which < 2)
        drop_part(&o, (unsigned)(id - o.parts));
    else
        add_part(&o, o.n, ISAKMP_PAYLOAD_ID, id->body, id->n);
    rehash(&o);
    close_item(&o, w);
    return PAIR_DELIVER;
}

static void test_T24_one_selector_or_three(void **state)
{
    (void)state;
    for (strange.from = 0; strange.from < 2; strange.from++)
        for (strange.which = 0; strange.which < 4; strange.which++) {
            pair_init(&pr, 285);
            pr.arrive = one_or_three;
            pair_start(&pr);
            pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
            run_for(100);
            if (strange.which < 2)
                assert_int_equal(heard(&pr.p[1 - strange.from], ISAKMP_EV_CHILD_UP), 0);
            run_for(LONG_MS);
            finish();
        }
}

/* ---- T-27, T-30: hosts ------------------------------------------------------------------------------- */

/* Every question for credentials fails at its first, second, third asking; the timers stay safe. */
static void test_T27_credentials_fail(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++)
        for (int who = 0; who < 2; who++)
            for (unsigned i = 1; i < 9; i++)
                for (unsigned late = 0; late < 2; late++) {
                    pair_init(&pr, 286);
                    pr.p[who].park = (int)late;
                    pr.p[who].answer_rc = late ? ISAKMP_E_HOST : 0;
                    pr.p[who].fail_at = late ? 0 : i;
                    pair_start(&pr);
                    pair_connect(&pr, exchanges[k], 1);
                    run_for(LONG_MS);
                    assert_int_equal(stats_of(A).exchanges + stats_of(B).exchanges, 0);
                    finish();
                }
}

/* From inside every callback every function is tried: all are refused, nothing breaks, time stands
 * still. */
static void test_T30_host_acts_in_every_callback(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        pair_init(&pr, 287);
        for (int i = 0; i < 2; i++) {
            pr.p[i].reentry = 1;
            pr.p[i].own_spis = 1;
            pr.p[i].child.life_s = 100;
        }
        come_up(exchanges[k], 1);
        run_for(200000); /* soft and hard expiry, and their events */
        assert_int_equal(heard(A, ISAKMP_EV_CHILD_SOFT), 1);
        add_child(A, first_sa(A), &A->child);
        run_for(100);
        assert_true(both_up(1));
        for (int i = 0; i < 2; i++) {
            assert_true(pr.p[i].step > 15);
            assert_int_equal(pr.p[i].reentry_faults, 0);
            assert_int_equal(stats_of(&pr.p[i]).clock_backwards, 0);
        }
        finish();
    }
}

/* What a host may do in a callback: look.  Here at everything, from every event. */
static void look_at_everything(peer *p, const isakmp_event *ev)
{
    isakmp_sa_id all = {0}, sa = {0};
    isakmp_child_id c = {0};
    isakmp_sa_info s;
    isakmp_child_info i;
    s.size = sizeof s;
    i.size = sizeof i;
    while ((sa = isakmp_sa_next(p->x, sa)).v)
        assert_int_equal(isakmp_sa_get(p->x, sa, &s), ISAKMP_OK);
    while ((c = isakmp_child_next(p->x, all, c)).v)
        assert_int_equal(isakmp_child_get(p->x, c, &i), ISAKMP_OK);
    (void)isakmp_peer_policy_users(p->x, &p->peer);
    (void)isakmp_child_policy_users(p->x, &p->child);
    if (ev->sa.v)
        assert_int_equal(isakmp_sa_get(p->x, ev->sa, &s), ISAKMP_OK);
    if (ev->child.v)
        assert_int_equal(isakmp_child_get(p->x, ev->child, &i), ISAKMP_OK);
}

static void test_T30_looking_is_allowed(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        pair_init(&pr, 288);
        A->hear_event = B->hear_event = look_at_everything;
        A->child.life_s = 100;
        come_up(exchanges[k], 1);
        run_for(200000);
        add_child(B, first_sa(B), &B->child);
        run_for(100);
        assert_int_equal(isakmp_close(A->x, pr.now, first_sa(A)), ISAKMP_OK);
        run_for(100);
        assert_true(pair_is_empty(&pr));
        finish();
    }
}

/* ---- T-31: no other way up ---------------------------------------------------------------------------- */

#define TAPE 12

static wire_item tape[TAPE];
static unsigned n_tape;
static int tape_from;

static int record(pair *p, wire_item *w)
{
    (void)p;
    if (w->from == tape_from) {
        assert_true(n_tape < TAPE);
        tape[n_tape++] = *w;
    }
    return PAIR_DELIVER;
}

/* All that one side of a true negotiation says. */
static void record_all(uint8_t exchange, int from)
{
    pair_init(&pr, 290);
    n_tape = 0;
    tape_from = from;
    pr.filter = record;
    come_up(exchange, 1);
    pair_end(&pr);
}

/* Up only if the messages of phase 1 came all and in their order; a child only if those of Quick Mode
 * did, after that.  The peer is a fresh one that draws the same random octets, so what was said to the
 * first one fits. */
static int comes_in_order(const unsigned *sequence, unsigned n, unsigned want)
{
    unsigned next = 0;
    for (unsigned i = 0; i < n && next < want; i++)
        next += sequence[i] == next;
    return next == want;
}

static void play(uint8_t exchange, int to, const unsigned *sequence, unsigned n, unsigned phase1)
{
    peer *p = &pr.p[to];
    pair_init(&pr, 290);
    pair_start(&pr);
    if (to == 0)
        pair_connect(&pr, exchange, 1);
    for (unsigned i = 0; i < n; i++) {
        pr.n_wire = 0;
        pair_input(&pr, to, tape[sequence[i]].data, tape[sequence[i]].n);
    }
    pr.n_wire = 0;
    if (heard(p, ISAKMP_EV_SA_UP))
        assert_true(comes_in_order(sequence, n, phase1));
    if (heard(p, ISAKMP_EV_CHILD_UP))
        assert_true(comes_in_order(sequence, n, n_tape));
    assert_int_equal(sas_in(p, ISAKMP_SA_UP), heard(p, ISAKMP_EV_SA_UP));
    if (sad_count(p))
        assert_true(comes_in_order(sequence, n, phase1));
}

static void all_sequences(uint8_t exchange, int to, unsigned phase1, unsigned longest)
{
    unsigned ups = 0;
    record_all(exchange, 1 - to);
    for (unsigned n = 1; n <= longest; n++) {
        unsigned count = 1;
        for (unsigned i = 0; i < n; i++)
            count *= n_tape;
        for (unsigned code = 0; code < count; code++) {
            unsigned sequence[8], c = code;
            for (unsigned i = 0; i < n; i++, c /= n_tape)
                sequence[i] = c % n_tape;
            play(exchange, to, sequence, n, phase1);
            ups += heard(&pr.p[to], ISAKMP_EV_SA_UP);
            pair_end(&pr);
        }
    }
    assert_true(ups > 0);
}

static void test_T31_main_mode_responder(void **state)
{
    (void)state;
    all_sequences(ISAKMP_EXCH_MAIN, 1, 3, 5);
}

static void test_T31_main_mode_initiator(void **state)
{
    (void)state;
    all_sequences(ISAKMP_EXCH_MAIN, 0, 3, 5);
}

static void test_T31_aggressive_mode_responder(void **state)
{
    (void)state;
    all_sequences(ISAKMP_EXCH_AGGRESSIVE, 1, 2, 5);
}

static void test_T31_aggressive_mode_initiator(void **state)
{
    (void)state;
    all_sequences(ISAKMP_EXCH_AGGRESSIVE, 0, 1, 5);
}

/* The true order leads up, so the tests above mean something. */
static void test_T31_the_true_order(void **state)
{
    static const unsigned order[] = {0, 1, 2, 3, 4};
    (void)state;
    for (unsigned k = 0; k < 2; k++)
        for (int to = 0; to < 2; to++) {
            record_all(exchanges[k], 1 - to);
            play(exchanges[k], to, order, n_tape, 1);
            assert_int_equal(heard(&pr.p[to], ISAKMP_EV_SA_UP), 1);
            assert_int_equal(heard(&pr.p[to], ISAKMP_EV_CHILD_UP), 1);
            pair_end(&pr);
        }
}

/* ---- T-33: what is installed does not depend on the role ---------------------------------------------- */

static void test_T33_both_roles_install_the_same(void **state)
{
    (void)state;
    for (int by = 0; by < 2; by++) {
        pair_init(&pr, 291);
        come_up(ISAKMP_EXCH_MAIN, 0);
        add_child(&pr.p[by], first_sa(&pr.p[by]), &pr.p[by].child);
        run_for(100);
        assert_true(both_up(1));
        for (int i = 0; i < 2; i++) {
            const isakmp_sad_entry *in = NULL, *out = NULL;
            for (unsigned k = 0; k < 2; k++)
                *(pr.p[i].sad[k].e.inbound ? &in : &out) = &pr.p[i].sad[k].e;
            assert_non_null(in);
            assert_non_null(out);
            assert_int_equal(in->replay, 1);
            assert_int_equal(out->replay, 1);
            assert_int_equal(in->mode, ISAKMP_MODE_TUNNEL);
            assert_int_equal(in->life_s, 28800);
            assert_int_equal(out->life_s, 28800);
            assert_int_equal(in->enc_key.n, 16);
            assert_int_equal(out->auth_key.n, 20);
            assert_memory_equal(&in->algs, &out->algs, sizeof in->algs);
            assert_memory_equal(&in->local, &pr.p[i].child.local, sizeof in->local);
            assert_memory_equal(&out->remote, &pr.p[i].child.remote, sizeof out->remote);
            assert_true(isakmp_addr_equal(&in->dst, &pr.p[i].addr));
            assert_true(isakmp_addr_equal(&out->src, &pr.p[i].addr));
            assert_true(in->spi != out->spi);
            assert_true(memcmp(in->enc_key.p, out->enc_key.p, 16) != 0);
        }
        finish();
    }
}

/* ---- T-34: a timer from birth --------------------------------------------------------------------------- */

/* After every step of every negotiation: whoever has something has a time when it will be gone. */
static void test_T34_a_timer_from_birth(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++)
        for (unsigned after = 0; after < 10; after++)
            for (int who = 0; who < 2; who++) {
                peer *p = &pr.p[who];
                pair_init(&pr, 292);
                pr.p[0].child.life_s = 200;
                pr.p[0].policies[0].life_s = pr.p[1].policies[0].life_s = 300;
                pair_start(&pr);
                pair_connect(&pr, exchanges[k], 1);
                for (unsigned i = 0; i < after; i++)
                    pair_deliver(&pr);
                if (stats_of(p).sas)
                    assert_true(isakmp_deadline(p->x) <= pr.now + 300000);
                pr.n_wire = 0;
                while (isakmp_deadline(p->x) != ISAKMP_NEVER) {
                    pr.now = isakmp_deadline(p->x);
                    assert_true(pr.now < 1000000);
                    isakmp_tick(p->x, pr.now);
                    pr.n_wire = 0;
                }
                assert_int_equal(stats_of(p).sas + stats_of(p).children, 0);
                assert_int_equal(stats_of(p).exchanges + stats_of(p).packets, 0);
                run_for(LONG_MS);
                finish();
            }
}

/* ---- T-54, T-55: public values ---------------------------------------------------------------------------- */

static struct {
    uint8_t exchange;
    int from;
    size_t n;      /* octets; SIZE_MAX: as many as there are */
    unsigned kind; /* 0: zeros, 1: ones, 2: the modulus of the toy, 3: as it is */
    unsigned count;
} value;

static int strange_value(pair *p, wire_item *w)
{
    static opened o;
    part *ke;
    (void)p;
    if (header_of(w).exchange != value.exchange || w->from != value.from)
        return PAIR_DELIVER;
    if (!open_item(&o, w))
        return PAIR_DELIVER;
    ke = find_part(&o, ISAKMP_PAYLOAD_KE, 0);
    if (ke == NULL)
        return PAIR_DELIVER;
    if (value.kind < 3)
        memset(ke->body, value.kind == 1 ? 0xff : 0, ke->n);
    if (value.kind == 2)
        isakmp__put32(ke->body + ke->n - 4, 0x7fffffff);
    if (value.n != SIZE_MAX)
        ke->n = value.n;
    value.count++;
    rehash(&o);
    close_item(&o, w);
    return PAIR_DELIVER;
}

static void with_value(uint8_t exchange, int from, unsigned kind, size_t n, uint16_t group)
{
    value.exchange = exchange;
    value.from = from;
    value.kind = kind;
    value.n = n;
    value.count = 0;
    pair_init(&pr, 293);
    for (int i = 0; i < 2; i++) {
        pr.p[i].policies[0].group = group;
        pr.p[i].child.pfs_group = group;
    }
    pair_start(&pr);
    pr.arrive = strange_value;
    pair_connect(&pr, exchange == ISAKMP_EXCH_QUICK ? ISAKMP_EXCH_MAIN : exchange, 1);
    run_for(100);
    assert_true(value.count > 0);
    assert_int_equal(heard(A, ISAKMP_EV_CHILD_UP) + heard(B, ISAKMP_EV_CHILD_UP), 0);
    assert_int_equal(heard(&pr.p[1 - from], ISAKMP_EV_SA_UP), exchange == ISAKMP_EXCH_QUICK);
}

static const uint8_t with_ke[] = {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_AGGRESSIVE, ISAKMP_EXCH_QUICK};

/* All groups there are, in each message that has a public value. */
static void test_T54_length_of_public_values(void **state)
{
    static const uint16_t groups[] = {
        ISAKMP_GROUP_MODP_768,  ISAKMP_GROUP_MODP_1024, ISAKMP_GROUP_MODP_1536,
        ISAKMP_GROUP_MODP_2048, ISAKMP_GROUP_MODP_3072, ISAKMP_GROUP_MODP_4096,
        ISAKMP_GROUP_MODP_6144, ISAKMP_GROUP_MODP_8192, ISAKMP_GROUP_ECP_256,
        ISAKMP_GROUP_ECP_384,   ISAKMP_GROUP_ECP_521,   ISAKMP_GROUP_CURVE25519};
    (void)state;
    for (unsigned e = 0; e < 3; e++)
        for (int from = 0; from < 2; from++)
            for (unsigned g = 0; g < COUNT(groups); g++) {
                size_t size = isakmp_group_size(groups[g]);
                size_t sizes[] = {0, 1, size / 2, size - 1, size + 1, size < 600 ? 2 * size : 1200};
                if (size == 0) /* left out of this build */
                    continue;
                for (unsigned i = 0; i < COUNT(sizes); i++) {
                    with_value(with_ke[e], from, 3, sizes[i], groups[g]);
                    assert_true(isakmp_count(pr.p[1 - from].x,
                                             i ? ISAKMP_D_KE_LENGTH : ISAKMP_D_MALFORMED) > 0);
                    run_for(LONG_MS);
                    finish();
                }
            }
}

static void test_T55_unsafe_public_values(void **state)
{
    (void)state;
    for (unsigned e = 0; e < 3; e++)
        for (int from = 0; from < 2; from++)
            for (unsigned kind = 0; kind < 3; kind++) {
                with_value(with_ke[e], from, kind, SIZE_MAX, ISAKMP_GROUP_MODP_1024);
                assert_true(isakmp_count(pr.p[1 - from].x, ISAKMP_D_KE_VALUE) > 0);
                run_for(LONG_MS);
                finish();
            }
}

/* A late answer that is all zeros is no secret. */
static void test_T55_zero_secret_answered_later(void **state)
{
    static const uint8_t zeros[128];
    isakmp_ticket t;
    (void)state;
    pair_init(&pr, 294);
    B->toy.pending_dh = 1;
    B->never_answer = 1;
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
    run_for(10);
    {
        uint8_t out[TOY_MAX_ANSWER];
        size_t n;
        t = toy_dh_waiting(&B->toy);
        assert_int_equal(toy_dh_answer(&B->toy, t, out, &n), ISAKMP_OK);
        assert_int_equal(isakmp_answer(B->x, pr.now, t, ISAKMP_OK, out, n), ISAKMP_OK);
    }
    run_for(10);
    t = toy_dh_waiting(&B->toy);
    assert_true(t.v != 0);
    assert_int_equal(isakmp_answer(B->x, pr.now, t, ISAKMP_OK, zeros, 127), ISAKMP_E_ARG);
    assert_int_equal(isakmp_answer(B->x, pr.now, t, ISAKMP_OK, zeros, 128), ISAKMP_OK);
    assert_int_equal(last_event(B, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_KE_VALUE);
    toy_init(&B->toy, 1);
    finish();
}

/* Nonces shorter than 8 octets and longer than 256. */
static struct {
    uint8_t exchange;
    int from;
    size_t n;
} nonce;

static int strange_nonce(pair *p, wire_item *w)
{
    static opened o;
    part *no;
    (void)p;
    if (header_of(w).exchange != nonce.exchange || w->from != nonce.from)
        return PAIR_DELIVER;
    if (!open_item(&o, w))
        return PAIR_DELIVER;
    no = find_part(&o, ISAKMP_PAYLOAD_NONCE, 0);
    if (no == NULL)
        return PAIR_DELIVER;
    no->n = nonce.n;
    rehash(&o);
    close_item(&o, w);
    return PAIR_DELIVER;
}

static void test_length_of_nonces(void **state)
{
    static const size_t sizes[] = {0, 1, 7, 257, 1000};
    (void)state;
    for (unsigned e = 0; e < 3; e++)
        for (nonce.from = 0; nonce.from < 2; nonce.from++)
            for (unsigned i = 0; i < COUNT(sizes); i++) {
                nonce.exchange = with_ke[e];
                nonce.n = sizes[i];
                pair_init(&pr, 295);
                pair_start(&pr);
                pr.arrive = strange_nonce;
                pair_connect(&pr, with_ke[e] == ISAKMP_EXCH_QUICK ? ISAKMP_EXCH_MAIN : with_ke[e],
                             1);
                run_for(100);
                assert_int_equal(heard(&pr.p[1 - nonce.from], ISAKMP_EV_CHILD_UP), 0);
                assert_true(isakmp_count(pr.p[1 - nonce.from].x,
                                         sizes[i] ? ISAKMP_D_NONCE_LENGTH : ISAKMP_D_MALFORMED) >
                            0);
                run_for(LONG_MS);
                finish();
            }
}

static struct {
    uint8_t exchange, pad;
    unsigned nth; /* which message, from 1 */
    unsigned bit;
    int done;
} hash_fault;

/* ---- In the clear ---------------------------------------------------------------------------------------------- */

/* A message that must be encrypted, with everything in it right, in the clear: refused; the true one works.
 * The last message of Aggressive Mode may be in the clear. */
static int strip_encryption(pair *p, wire_item *w)
{
    static opened o;
    static wire_item copy;
    int may;
    if (header_of(w).exchange != hash_fault.exchange || --hash_fault.nth)
        return PAIR_DELIVER;
    p->arrive = NULL;
    copy = *w;
    assert_true(open_item(&o, &copy));
    assert_true(o.encrypted);
    o.encrypted = 0;
    o.h.flags = 0;
    close_item(&o, &copy);
    may = hash_fault.exchange == ISAKMP_EXCH_AGGRESSIVE;
    assert_int_equal(pair_input(p, 1 - w->from, copy.data, copy.n),
                     may ? ISAKMP_OK : ISAKMP_IGNORED);
    hash_fault.done = 1;
    return PAIR_DELIVER;
}

static void test_without_encryption(void **state)
{
    static const struct {
        uint8_t exchange;
        unsigned nth;
    } all[] = {{ISAKMP_EXCH_MAIN, 5},  {ISAKMP_EXCH_MAIN, 6},  {ISAKMP_EXCH_QUICK, 1},
               {ISAKMP_EXCH_QUICK, 2}, {ISAKMP_EXCH_QUICK, 3}, {ISAKMP_EXCH_AGGRESSIVE, 3}};
    (void)state;
    for (unsigned i = 0; i < COUNT(all); i++) {
        hash_fault.exchange = all[i].exchange;
        hash_fault.nth = all[i].nth;
        hash_fault.done = 0;
        pair_init(&pr, 306);
        pair_start(&pr);
        pr.arrive = strip_encryption;
        pair_connect(&pr, i < 5 ? ISAKMP_EXCH_MAIN : ISAKMP_EXCH_AGGRESSIVE, i < 5);
        run_for(100);
        assert_true(hash_fault.done);
        assert_true(both_up(i < 5));
        finish();
    }
}

/* INITIAL-CONTACT in the clear is not acted upon, although the message proves its sender. */
static int clear_contact(pair *p, wire_item *w)
{
    static opened o;
    static wire_item copy;
    if (header_of(w).exchange != ISAKMP_EXCH_AGGRESSIVE || w->from != 0)
        return PAIR_DELIVER;
    copy = *w;
    if (!open_item(&o, &copy) || !o.encrypted)
        return PAIR_DELIVER;
    p->arrive = NULL;
    assert_non_null(find_part(&o, ISAKMP_PAYLOAD_NOTIFY, 0));
    o.encrypted = 0;
    o.h.flags = 0;
    close_item(&o, &copy);
    assert_int_equal(pair_input(p, 1, copy.data, copy.n), ISAKMP_OK);
    return PAIR_DROP;
}

static void test_initial_contact_in_the_clear(void **state)
{
    (void)state;
    pair_init(&pr, 307);
    A->peer.flags |= ISAKMP_PF_INITIAL_CONTACT;
    come_up(ISAKMP_EXCH_AGGRESSIVE, 1);
    pair_restart(&pr, 0);
    pr.arrive = clear_contact;
    pair_connect(&pr, ISAKMP_EXCH_AGGRESSIVE, 0);
    run_for(100);
    assert_null(pr.arrive);
    assert_int_equal(sas_in(B, ISAKMP_SA_UP), 2);
    assert_int_equal(children_in(B, ISAKMP_CHILD_UP), 1);
    assert_int_equal(last_event(B, ISAKMP_EV_NOTIFY)->authentic, 0);
    finish();
}

/* ---- T-63, T-64: padding and HASH --------------------------------------------------------------------------- */

static int other_padding(pair *p, wire_item *w)
{
    static opened o;
    (void)p;
    if (!(header_of(w).flags & ISAKMP_FLAG_ENCRYPTION))
        return PAIR_DELIVER;
    if (!open_item(&o, w))
        return PAIR_DELIVER;
    o.pad = hash_fault.pad;
    close_item(&o, w);
    if (header_of(w).exchange == hash_fault.exchange)
        assert_int_equal(pair_input(p, 1 - w->from, w->data, w->n), ISAKMP_OK);
    return header_of(w).exchange == hash_fault.exchange ? PAIR_DROP : PAIR_DELIVER;
}

/* Padding may hold anything: it is never looked at. */
static void test_T63_padding_is_never_looked_at(void **state)
{
    static const uint8_t pads[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    (void)state;
    for (unsigned i = 0; i < COUNT(pads); i++) {
        pair_init(&pr, 296);
        come_up(ISAKMP_EXCH_MAIN, 1);
        pr.arrive = other_padding;
        hash_fault.pad = pads[i];
        hash_fault.exchange = ISAKMP_EXCH_INFO;
        assert_int_equal(isakmp_child_close(A->x, pr.now, first_child(A)), ISAKMP_OK);
        run_for(10);
        assert_true(both_up(0));
        finish();
    }
}

/* The sender's chain goes on from what it sent. */
static void chain_on(const wire_item *w, const opened *o)
{
    isakmp__sa *sa = isakmp__sa_find(pr.p[w->from].x, &o->h);
    isakmp__exch *e = sa ? isakmp__exch_find(sa, o->h.msg_id) : NULL;
    const size_t block = isakmp_cipher_block(o->sa->suite->cipher);
    const uint8_t *last = w->data + w->n - block;
    if (e)
        memcpy(e->iv, last, block);
    if (sa && o->h.msg_id == 0)
        memcpy(sa->iv, last, block);
}

static int pad_all(pair *p, wire_item *w)
{
    static opened o;
    (void)p;
    if (!open_item(&o, w) || !o.encrypted)
        return PAIR_DELIVER;
    o.pad = hash_fault.pad;
    close_item(&o, w);
    chain_on(w, &o);
    hash_fault.done++;
    return PAIR_DELIVER;
}

/* Every message that is encrypted, with any padding: each is accepted at once. */
static void test_T63_padding_of_every_message(void **state)
{
    static const uint8_t phase1[] = {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_AGGRESSIVE};
    (void)state;
    for (unsigned k = 0; k < COUNT(phase1); k++)
        for (unsigned pad = 0; pad < 256; pad++) {
            hash_fault.pad = (uint8_t)pad;
            hash_fault.done = 0;
            pair_init(&pr, 308);
            pr.arrive = pad_all;
            come_up(phase1[k], 0);
            add_child(A, first_sa(A), &A->child);
            run_for(10);
            assert_true(both_up(1));
            assert_int_equal(isakmp_close(A->x, pr.now, first_sa(A)), ISAKMP_OK);
            run_for(10);
            assert_true(pair_is_empty(&pr));
            assert_true(hash_fault.done >= (k ? 5 : 6));
            finish();
        }
}

/* A wrong HASH is answered in one way, whatever the padding is, and even if there is too much of it: as
 * often, and at the same length. */
static struct {
    unsigned sends;
    size_t n;
} answer;

static int wrong_hash_and_padding(pair *p, wire_item *w)
{
    static opened o;
    static wire_item copy;
    peer *to = &pr.p[1 - w->from];
    unsigned before = to->sends;
    if (header_of(w).exchange != hash_fault.exchange || --hash_fault.nth)
        return PAIR_DELIVER;
    p->arrive = NULL;
    copy = *w;
    assert_true(open_item(&o, &copy));
    find_part(&o, ISAKMP_PAYLOAD_HASH, 0)->body[0] ^= 1;
    o.pad = hash_fault.pad;
    o.more = hash_fault.bit;
    close_item(&o, &copy);
    assert_int_equal(pair_input(p, 1 - w->from, copy.data, copy.n), ISAKMP_IGNORED);
    answer.sends = to->sends - before;
    answer.n = answer.sends ? p->wire[p->n_wire - 1].n : 0;
    hash_fault.done = 1;
    return PAIR_DELIVER;
}

static void test_T63_one_answer_whatever_the_padding(void **state)
{
    static const struct {
        uint8_t phase1, exchange;
        unsigned nth;
    } all[] = {{ISAKMP_EXCH_MAIN, ISAKMP_EXCH_MAIN, 5},
               {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_MAIN, 6},
               {ISAKMP_EXCH_AGGRESSIVE, ISAKMP_EXCH_AGGRESSIVE, 3},
               {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_QUICK, 1},
               {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_QUICK, 2},
               {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_QUICK, 3}};
    static const uint8_t pads[] = {0x00, 0x01, 0x10, 0xff};
    (void)state;
    for (unsigned i = 0; i < COUNT(all); i++)
        for (unsigned k = 0; k < 3 * COUNT(pads); k++) {
            static unsigned sends;
            static size_t n;
            hash_fault.exchange = all[i].exchange;
            hash_fault.nth = all[i].nth;
            hash_fault.pad = pads[k / 3];
            hash_fault.bit = k % 3;
            hash_fault.done = 0;
            pair_init(&pr, 309);
            pair_start(&pr);
            pr.arrive = wrong_hash_and_padding;
            pair_connect(&pr, all[i].phase1, 1);
            run_for(3000);
            assert_true(hash_fault.done);
            sends = k ? sends : answer.sends;
            n = k ? n : answer.n;
            assert_int_equal(answer.sends, sends);
            assert_int_equal(answer.n, n);
            finish();
        }
}

/* HASH wrong by one bit, in every message that has one; then the true message. */
static int flip_hash(pair *p, wire_item *w)
{
    static opened o;
    static wire_item copy;
    part *h;
    if (header_of(w).exchange != hash_fault.exchange || --hash_fault.nth)
        return PAIR_DELIVER;
    p->arrive = NULL;
    copy = *w;
    if (!open_item(&o, &copy))
        return PAIR_DELIVER;
    h = find_part(&o, ISAKMP_PAYLOAD_HASH, 0);
    assert_int_equal(h->n, 20);
    h->body[hash_fault.bit / 8] = (uint8_t)(h->body[hash_fault.bit / 8] ^ 1u << hash_fault.bit % 8);
    close_item(&o, &copy);
    assert_int_equal(pair_input(p, 1 - w->from, copy.data, copy.n), ISAKMP_IGNORED);
    hash_fault.done = 1;
    return PAIR_DELIVER;
}

static void test_T64_hash_wrong_by_one_bit(void **state)
{
    static const struct {
        uint8_t phase1, exchange;
        unsigned nth;
    } all[] = {{ISAKMP_EXCH_MAIN, ISAKMP_EXCH_MAIN, 5},
               {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_MAIN, 6},
               {ISAKMP_EXCH_AGGRESSIVE, ISAKMP_EXCH_AGGRESSIVE, 2},
               {ISAKMP_EXCH_AGGRESSIVE, ISAKMP_EXCH_AGGRESSIVE, 3},
               {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_QUICK, 1},
               {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_QUICK, 2},
               {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_QUICK, 3}};
    (void)state;
    for (unsigned i = 0; i < COUNT(all); i++)
        for (hash_fault.bit = 0; hash_fault.bit < 160; hash_fault.bit++) {
            hash_fault.exchange = all[i].exchange;
            hash_fault.nth = all[i].nth;
            hash_fault.done = 0;
            pair_init(&pr, 297);
            pair_start(&pr);
            pr.arrive = flip_hash;
            pair_connect(&pr, all[i].phase1, 1);
            run_for(3000);
            assert_true(hash_fault.done);
            if (!both_up(1))
                fail_msg("message %u of exchange %u, bit %u: the true message does not work",
                         all[i].nth, all[i].exchange, hash_fault.bit);
            finish();
        }
}

/* A HASH of another length, right as far as it goes. */
static int cut_hash(pair *p, wire_item *w)
{
    static opened o;
    part *h;
    (void)p;
    if (header_of(w).exchange != hash_fault.exchange || --hash_fault.nth)
        return PAIR_DELIVER;
    if (!open_item(&o, w))
        return PAIR_DELIVER;
    h = find_part(&o, ISAKMP_PAYLOAD_HASH, 0);
    h->n = hash_fault.bit;
    close_item(&o, w);
    assert_int_equal(pair_input(p, 1 - w->from, w->data, w->n), ISAKMP_IGNORED);
    hash_fault.done = 1;
    return PAIR_DROP;
}

static void test_hash_of_another_length(void **state)
{
    (void)state;
    for (unsigned nth = 5; nth <= 6; nth++)
        for (hash_fault.bit = 0; hash_fault.bit < 40; hash_fault.bit++) {
            if (hash_fault.bit == 20)
                continue;
            hash_fault.exchange = ISAKMP_EXCH_MAIN;
            hash_fault.nth = nth;
            hash_fault.done = 0;
            pair_init(&pr, 298);
            pair_start(&pr);
            pr.arrive = cut_hash;
            pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
            run_for(10);
            assert_true(hash_fault.done);
            assert_int_equal(heard(&pr.p[nth == 5], ISAKMP_EV_SA_UP), 0);
            finish();
        }
}

/* ---- T-82: what a notify says --------------------------------------------------------------------------------- */

static void only_printable(peer *p, int level, const char *line)
{
    (void)p;
    (void)level;
    for (; *line; line++)
        if ((unsigned char)*line < 0x20 || (unsigned char)*line > 0x7e)
            fail_msg("a line of log has the octet %02x", (unsigned char)*line);
}

static void event_is_printable(peer *p, const isakmp_event *ev)
{
    char text[300];
    size_t n = isakmp_event_text(text, sizeof text, ev);
    assert_true(n < sizeof text && strlen(text) == n);
    only_printable(p, 0, text);
}

static void test_T82_notify_data_is_only_data(void **state)
{
    static const char evil[] = "%s%n%x`reboot`;\r\n\x1b[2J$(id)\0\xff\x80";
    isakmp_sa_info i;
    (void)state;
    pair_init(&pr, 299);
    A->hear_line = B->hear_line = only_printable;
    A->hear_event = B->hear_event = event_is_printable;
    come_up(ISAKMP_EXCH_MAIN, 1);
    i = sa_info(B, first_sa(B));
    for (unsigned type = 0; type < 65536; type += type < 40 ? 1 : 499) {
        uint8_t data[200];
        isakmp_notify n;
        forgery f;
        memset(&n, 0, sizeof n);
        n.doi = type;
        n.protocol = (uint8_t)type;
        n.type = (uint16_t)type;
        n.spi = isakmp__span(evil, type % 20);
        n.data = isakmp__span(evil, sizeof evil);
        pair_input(&pr, 1, data,
                   clear_info(data, sizeof data, i.cky_i, i.cky_r, type + 1, &n, NULL));
        forge_notify(&f, A, first_sa(A), type + 1, &n);
        assert_int_equal(forge_send(&f, 1), ISAKMP_OK);
        assert_true(both_up(1));
    }
    finish();
}

/* Names of a peer are octets, too. */
static void test_names_are_escaped(void **state)
{
    static const char evil[] = "a\x80\xff%n\"'\\.example";
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        pair_init(&pr, 300);
        A->hear_line = B->hear_line = only_printable;
        A->hear_event = B->hear_event = event_is_printable;
        A->peer.my_id.type = ISAKMP_ID_KEY_ID;
        A->peer.my_id.data = isakmp__span(evil, sizeof evil - 1);
        come_up(exchanges[k], 1);
        finish();
        pair_init(&pr, 300);
        A->hear_line = B->hear_line = only_printable;
        A->hear_event = B->hear_event = event_is_printable;
        A->peer.my_id.type = ISAKMP_ID_KEY_ID;
        A->peer.my_id.data = isakmp__span(evil, sizeof evil - 1);
        B->peer.peer_id.type = ISAKMP_ID_FQDN;
        B->peer.peer_id.data = isakmp__span("alice", 5);
        pair_start(&pr);
        pair_connect(&pr, exchanges[k], 1);
        run_for(100);
        assert_int_equal(isakmp_count(B->x, ISAKMP_D_ID_REFUSED) > 0, 1);
        finish();
    }
}

/* ---- T-84: payloads of other methods ----------------------------------------------------------------------------- */

static uint8_t other_method;

static int add_other_method(pair *p, wire_item *w)
{
    static const uint8_t body[64] = {4};
    static opened o;
    static wire_item copy;
    if (header_of(w).exchange == ISAKMP_EXCH_QUICK)
        return PAIR_DELIVER;
    copy = *w;
    if (!open_item(&o, &copy))
        return PAIR_DELIVER;
    add_part(&o, o.n, other_method, body, sizeof body);
    close_item(&o, &copy);
    assert_int_equal(pair_input(p, 1 - w->from, copy.data, copy.n), ISAKMP_IGNORED);
    return PAIR_DELIVER;
}

static int swap_for_other_method(pair *p, wire_item *w)
{
    static opened o;
    static wire_item copy;
    part *h;
    if (header_of(w).exchange == ISAKMP_EXCH_QUICK)
        return PAIR_DELIVER;
    copy = *w;
    if (!open_item(&o, &copy))
        return PAIR_DELIVER;
    h = find_part(&o, ISAKMP_PAYLOAD_HASH, 0);
    if (h == NULL)
        return PAIR_DELIVER;
    h->type = other_method;
    close_item(&o, &copy);
    assert_int_equal(pair_input(p, 1 - w->from, copy.data, copy.n), ISAKMP_IGNORED);
    return PAIR_DELIVER;
}

/* A signature where a pre-shared key was agreed on, besides HASH and instead of it; a certificate instead
 * of it. */
static void test_T84_payloads_of_other_methods(void **state)
{
    static const uint8_t types[] = {ISAKMP_PAYLOAD_SIG, ISAKMP_PAYLOAD_CERT};
    (void)state;
    for (unsigned k = 0; k < 2; k++)
        for (unsigned t = 0; t < 2; t++)
            for (int swap = (int)t; swap < 2; swap++) {
                other_method = types[t];
                pair_init(&pr, 301);
                pair_start(&pr);
                pr.arrive = swap ? swap_for_other_method : add_other_method;
                pair_connect(&pr, exchanges[k], 1);
                run_for(3000);
                assert_true(both_up(1));
                finish();
            }
}

/* A certificate, or a request for one, may come with any message of phase 1, and means nothing where none
 * is needed [RFC2408 3.9, 3.10]. */
static unsigned with_cert, cert_rc;

static int add_certificates(pair *p, wire_item *w)
{
    static const uint8_t body[64] = {4};
    static opened o;
    if (header_of(w).exchange == ISAKMP_EXCH_QUICK || with_cert-- != 1)
        return PAIR_DELIVER;
    assert_true(open_item(&o, w));
    add_part(&o, o.n, ISAKMP_PAYLOAD_CERT, body, sizeof body);
    add_part(&o, o.n, ISAKMP_PAYLOAD_CERT_REQ, body, 1);
    close_item(&o, w);
    cert_rc = (unsigned)pair_input(p, 1 - w->from, w->data, w->n);
    return PAIR_DROP;
}

static void test_certificates_are_passed_over(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++)
        for (unsigned i = 1; i <= (k ? 3u : 6u); i++) {
            with_cert = i;
            cert_rc = 1234;
            pair_init(&pr, 303);
            pair_start(&pr);
            pr.arrive = add_certificates;
            pair_connect(&pr, exchanges[k], 0);
            run_for(500);
            assert_int_equal(cert_rc, ISAKMP_OK);
            /* HASH covers neither, but the chain of IVs does: what follows an encrypted message that
             * somebody else has changed cannot be read. */
            if (k || i != 5)
                assert_true(both_up(0));
            finish();
        }
}

/* Methods that are not served are neither offered nor matched, whatever a policy says. */
static void test_T84_methods_that_are_not_served(void **state)
{
    static const uint16_t methods[] = {ISAKMP_AUTH_DSS_SIG,        65003, /* DSS with XAUTH */
                                       ISAKMP_AUTH_XAUTH_INIT_RSA, ISAKMP_AUTH_XAUTH_INIT_PSK,
                                       ISAKMP_AUTH_XAUTH_RESP_PSK, ISAKMP_AUTH_HYBRID_INIT_RSA};
    static const isakmp_extension *const without_xauth[] = {&isakmp_natt, NULL};
    (void)state;
    for (unsigned i = 0; i < COUNT(methods); i++) {
        pair_init(&pr, 302);
        A->policies[0].auth = B->policies[0].auth = methods[i];
        A->config.extensions = B->config.extensions = without_xauth;
        pair_start(&pr);
        assert_int_equal(pair_connect(&pr, ISAKMP_EXCH_MAIN, 0).v, 0);
        assert_int_equal(A->sends + stats_of(A).sas, 0);
        pair_end(&pr);
        /* One that is served, offered to a side that has only the other. */
        pair_init(&pr, 302);
        B->policies[0].auth = methods[i];
        A->config.extensions = B->config.extensions = without_xauth;
        pair_start(&pr);
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
        run_for(100);
        assert_int_equal(heard(B, ISAKMP_EV_REFUSED) > 0, 1);
        assert_int_equal(sas_in(B, 0), 0);
        finish();
    }
}

/* ---- T-85: providers that lack something ---------------------------------------------------------------------------- */

static void test_T85_provider_without_an_algorithm(void **state)
{
    (void)state;
    for (int who = 0; who < 2; who++)
        for (unsigned k = 0; k < 2; k++)
            for (unsigned kind = ISAKMP_CAN_CIPHER; kind <= ISAKMP_CAN_GROUP; kind++) {
                /* The best policy needs what is missing; the second one does not. */
                pair_init(&pr, 303);
                for (int i = 0; i < 2; i++) {
                    isakmp_policy *p = pr.p[i].policies;
                    p[1] = p[0];
                    p[1].priority = 20;
                    p[1].cipher = ISAKMP_CIPHER_3DES;
                    p[1].key_bits = 0;
                    p[1].hash = ISAKMP_HASH_SHA256;
                    p[1].group = kind == ISAKMP_CAN_GROUP ? ISAKMP_GROUP_MODP_1536 : p[0].group;
                    pr.p[i].peer.n_policies = 2;
                }
                pr.p[who].toy.deny[kind] = 1u
                                           << (kind == ISAKMP_CAN_CIPHER ? ISAKMP_CIPHER_AES
                                               : kind == ISAKMP_CAN_HASH ? ISAKMP_HASH_SHA1
                                                                         : ISAKMP_GROUP_MODP_1024);
                pair_start(&pr);
                pair_connect(&pr, exchanges[k], 1);
                run_for(100);
                if (who == 1 && k == 1 && kind == ISAKMP_CAN_GROUP) {
                    /* Aggressive Mode has offered one group only. */
                    assert_int_equal(last_event(B, ISAKMP_EV_REFUSED)->detail,
                                     ISAKMP_D_NO_PROPOSAL);
                } else {
                    assert_true(both_up(1));
                    assert_int_equal(sa_info(B, first_sa(B)).suite.priority, 20);
                }
                finish();
            }
}

static void test_T85_provider_without_any(void **state)
{
    (void)state;
    for (unsigned kind = ISAKMP_CAN_CIPHER; kind <= ISAKMP_CAN_GROUP; kind++) {
        pair_init(&pr, 304);
        B->toy.deny[kind] = UINT32_MAX;
        pair_start(&pr);
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
        run_for(100);
        assert_int_equal(last_event(B, ISAKMP_EV_REFUSED)->detail, ISAKMP_D_NO_PROPOSAL);
        assert_string_equal(B->report, "proposal 1, transform 1, policy 10: an algorithm of ours "
                                       "that is not available here");
        finish();
    }
}

/* ---- Sets of protocols ------------------------------------------------------------------------------------------------ */

/* AH and ESP together are wanted: ESP offered twice is not that.  Neither as an offer nor as an
 * answer. */
static int same_protocol_twice(pair *p, wire_item *w)
{
    static opened o;
    isakmp_sa_body sa;
    isakmp_reader r;
    isakmp_proposal first, second;
    isakmp_writer out;
    isakmp_transform t;
    isakmp_reader ts;
    uint8_t buf[400];
    part *body;
    size_t mark[3];
    if (header_of(w).exchange != ISAKMP_EXCH_QUICK || w->from != strange.from)
        return PAIR_DELIVER;
    p->arrive = NULL;
    if (!open_item(&o, w))
        return PAIR_DELIVER;
    body = find_part(&o, ISAKMP_PAYLOAD_SA, 0);
    assert_int_equal(isakmp_sa_read(&sa, isakmp__span(body->body, body->n)), ISAKMP_OK);
    r = isakmp_rd(sa.proposals);
    assert_int_equal(isakmp_proposal_next(&r, &first), ISAKMP_OK);
    assert_int_equal(isakmp_proposal_next(&r, &second), ISAKMP_OK);
    isakmp_wr_init(&out, buf, sizeof buf);
    mark[0] = isakmp_wr_sa(&out, ISAKMP_DOI_IPSEC, ISAKMP_SIT_IDENTITY_ONLY);
    for (unsigned i = 0; i < 2; i++) {
        const isakmp_proposal *q = second.protocol == ISAKMP_PROTO_ESP ? &second : &first;
        ts = isakmp_rd(q->transforms);
        assert_int_equal(isakmp_transform_next(&ts, &t), ISAKMP_OK);
        mark[1] = isakmp_wr_proposal(&out, q->number, q->protocol, q->spi);
        mark[2] = isakmp_wr_transform(&out, t.number, t.id);
        isakmp_wr_bytes(&out, t.attrs);
        isakmp_wr_close(&out, mark[2]);
        isakmp_wr_close(&out, mark[1]);
    }
    isakmp_wr_close(&out, mark[0]);
    body->n = out.len - 4;
    memcpy(body->body, buf + 4, body->n);
    rehash(&o);
    close_item(&o, w);
    return PAIR_DELIVER;
}

static void test_one_protocol_twice_is_not_two(void **state)
{
    (void)state;
    for (strange.from = 0; strange.from < 2; strange.from++) {
        pair_init(&pr, 305);
        for (int i = 0; i < 2; i++) {
            isakmp_protect *p = pr.p[i].protect;
            p[1] = p[0];
            p[0].proto = ISAKMP_PROTO_AH;
            p[0].transform = ISAKMP_AH_SHA1;
            p[0].key_bits = 0;
            pr.p[i].child.n_protect = 2;
        }
        pr.arrive = same_protocol_twice;
        pair_start(&pr);
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
        run_for(100);
        assert_int_equal(heard(&pr.p[1 - strange.from], ISAKMP_EV_CHILD_UP), 0);
        assert_int_equal(pr.p[1 - strange.from].installs, 0);
        run_for(LONG_MS);
        finish();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_T41_cleartext_in_every_state),
        cmocka_unit_test(test_T41_cleartext_is_told_as_not_proven),
        cmocka_unit_test(test_T20_T21_informational_with_other_cookies),
        cmocka_unit_test(test_T28_nothing_without_keys),
        cmocka_unit_test(test_T23_a_refusal_has_no_cookie),
        cmocka_unit_test(test_T24_every_identity_type_as_selector),
        cmocka_unit_test(test_no_selectors),
        cmocka_unit_test(test_T24_one_selector_or_three),
        cmocka_unit_test(test_T27_credentials_fail),
        cmocka_unit_test(test_T30_host_acts_in_every_callback),
        cmocka_unit_test(test_T30_looking_is_allowed),
        cmocka_unit_test(test_T31_the_true_order),
        cmocka_unit_test(test_T31_main_mode_responder),
        cmocka_unit_test(test_T31_main_mode_initiator),
        cmocka_unit_test(test_T31_aggressive_mode_responder),
        cmocka_unit_test(test_T31_aggressive_mode_initiator),
        cmocka_unit_test(test_T33_both_roles_install_the_same),
        cmocka_unit_test(test_T34_a_timer_from_birth),
        cmocka_unit_test(test_T54_length_of_public_values),
        cmocka_unit_test(test_T55_unsafe_public_values),
        cmocka_unit_test(test_T55_zero_secret_answered_later),
        cmocka_unit_test(test_length_of_nonces),
        cmocka_unit_test(test_without_encryption),
        cmocka_unit_test(test_initial_contact_in_the_clear),
        cmocka_unit_test(test_T63_padding_is_never_looked_at),
        cmocka_unit_test(test_T63_padding_of_every_message),
        cmocka_unit_test(test_T63_one_answer_whatever_the_padding),
        cmocka_unit_test(test_T64_hash_wrong_by_one_bit),
        cmocka_unit_test(test_hash_of_another_length),
        cmocka_unit_test(test_T82_notify_data_is_only_data),
        cmocka_unit_test(test_names_are_escaped),
        cmocka_unit_test(test_T84_payloads_of_other_methods),
        cmocka_unit_test(test_certificates_are_passed_over),
        cmocka_unit_test(test_T84_methods_that_are_not_served),
        cmocka_unit_test(test_T85_provider_without_an_algorithm),
        cmocka_unit_test(test_T85_provider_without_any),
        cmocka_unit_test(test_one_protocol_twice_is_not_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
