/* flow/flow_flood.c -- very many first messages from very many addresses: the pools stay bounded, nobody is
 * flooded through us, those who come back with our cookie get through, and when it is over nothing is
 * left.  And what is sent holds nothing but what was written into it. */
#include "flow/forge.h"

static uint8_t first[PAIR_MTU]; /* a first message */
static size_t first_n;

static int keep_first(pair *p, wire_item *w)
{
    if (first_n == 0) {
        memcpy(first, w->data, w->n);
        first_n = w->n;
    }
    (void)p;
    return PAIR_DROP;
}

/* What peer 0 would say first; peer 1 has heard nothing yet. */
static void take_first(uint8_t exchange)
{
    pr.filter = keep_first;
    first_n = 0;
    assert_int_equal(isakmp_close(A->x, pr.now, pair_connect(&pr, exchange, 0)), ISAKMP_OK);
    pr.filter = NULL;
}

static uint64_t dice = 5;

static unsigned roll(void)
{
    dice ^= dice >> 12;
    dice ^= dice << 25;
    dice ^= dice >> 27;
    return (unsigned)((dice * UINT64_C(2685821657736338717)) >> 33);
}

/* A stranger's address; the low 16 bits of `who` say whose. */
static isakmp_path stranger(unsigned who)
{
    isakmp_path path = pair_path(&pr, 1);
    path.remote.ip[0] = 198;
    path.remote.ip[1] = 18;
    path.remote.ip[2] = (uint8_t)(who >> 8);
    path.remote.ip[3] = (uint8_t)who;
    return path;
}

static int input_from(unsigned who, uint32_t cookie)
{
    isakmp_path path = stranger(who);
    static uint8_t copy[PAIR_MTU];
    memcpy(copy, first, first_n);
    isakmp__put32(copy, cookie);
    return isakmp_input(B->x, pr.now, &path, copy, first_n);
}

static int lose_to_strangers(pair *p, wire_item *w)
{
    (void)p;
    return w->path.remote.ip[0] == 198 || w->path.local.ip[0] == 198 ? PAIR_DROP : PAIR_DELIVER;
}

/* ---- T-32: refused, a hundred thousand times ------------------------------------------------------- */

static void refused_often(void (*spoil)(void), unsigned rounds)
{
    static const uint8_t exchanges[] = {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_AGGRESSIVE};
    for (unsigned k = 0; k < 2; k++) {
        pair_init(&pr, 310);
        spoil();
        pair_start(&pr);
        take_first(exchanges[k]);
        pr.filter = lose_to_strangers;
        for (unsigned i = 0; i < rounds; i++) {
            pr.now += i % 8 == 0;
            assert_int_equal(input_from(i, i + 1), ISAKMP_IGNORED);
            if (i % 1000 == 0) {
                isakmp_stats s = stats_of(B);
                assert_int_equal(s.sas + s.exchanges + s.packets + s.half_open + s.children, 0);
                assert_true(isakmp_deadline(B->x) == ISAKMP_NEVER);
            }
        }
        assert_int_equal(heard(B, ISAKMP_EV_REFUSED), rounds);
        assert_true(pair_is_empty(&pr));
        /* And it works as on the first day. */
        B->no_peer = 0;
        B->policies[0].hash = A->policies[0].hash;
        B->psk_n = A->psk_n;
        pair_connect(&pr, exchanges[k], 1);
        run_for(100);
        assert_true(both_up(1));
        finish();
    }
}

static void know_nobody(void)
{
    B->no_peer = 1;
}

static void want_another_hash(void)
{
    B->policies[0].hash = ISAKMP_HASH_SHA512;
}

static void have_no_key(void)
{
    B->psk_n = 0;
}

static void test_T32_refused_a_hundred_thousand_times(void **state)
{
    (void)state;
    refused_often(know_nobody, 50000);
    refused_often(want_another_hash, 50000);
    refused_often(have_no_key, 50000);
}

/* Refusals in the clear are few, however many messages there are. */
static void test_refusals_are_rate_limited(void **state)
{
    (void)state;
    pair_init(&pr, 311);
    want_another_hash();
    pair_start(&pr);
    take_first(ISAKMP_EXCH_MAIN);
    pr.filter = lose_to_strangers;
    for (unsigned i = 0; i < 10000; i++) {
        pr.now = i;
        input_from(i, i + 1);
    }
    assert_true(B->sends <= 101);
    assert_true(B->sends >= 90);
    finish();
}

/* ---- T-70: no amplifier ------------------------------------------------------------------------------ */

/* The largest answer to the smallest first message: an identity of the longest kind, the longest hash, a
 * short public value, a short nonce. */
static void smallest_question(uint8_t exchange)
{
    static uint8_t dn[ISAKMP_MAX_ID];
    static opened o;
    static wire_item w;
    pair_init(&pr, 312);
    for (int i = 0; i < 2; i++) {
        pr.p[i].policies[0].group = ISAKMP_GROUP_CURVE25519;
        pr.p[i].policies[0].hash = ISAKMP_HASH_SHA512;
    }
    A->peer.flags |= ISAKMP_PF_NO_NATT;
    A->peer.my_id.type = ISAKMP_ID_KEY_ID;
    A->peer.my_id.data = isakmp__span("a", 1);
    memset(dn, 'd', sizeof dn);
    B->peer.my_id.type = ISAKMP_ID_DER_ASN1_DN;
    B->peer.my_id.data = isakmp__span(dn, sizeof dn);
    pair_start(&pr);
    take_first(exchange);
    if (exchange != ISAKMP_EXCH_AGGRESSIVE)
        return;
    memset(&w, 0, sizeof w);
    memcpy(w.data, first, first_n);
    w.n = first_n;
    assert_true(open_item(&o, &w));
    find_part(&o, ISAKMP_PAYLOAD_NONCE, 0)->n = 8;
    close_item(&o, &w);
    memcpy(first, w.data, w.n);
    first_n = w.n;
}

static void check_bounds(int (*one)(unsigned, uint32_t), unsigned who, uint32_t cookie)
{
    unsigned sent = B->sends;
    uint64_t out = stats_of(B).octets_out, in = stats_of(B).octets_in;
    (void)one(who, cookie);
    assert_true(B->sends <= sent + 1);
    in = stats_of(B).octets_in - in;
    out = stats_of(B).octets_out - out;
    if (out > 3 * in)
        fail_msg("%u octets out for %u octets in", (unsigned)out, (unsigned)in);
}

static void test_T70_one_for_one_and_not_three_times_as_much(void **state)
{
    static const uint8_t exchanges[] = {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_AGGRESSIVE};
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        pair_init(&pr, 313);
        pair_start(&pr);
        take_first(exchanges[k]);
        pr.filter = lose_to_strangers;
        for (unsigned i = 0; i < 3; i++)
            for (unsigned again = 0; again < 30; again++)
                check_bounds(input_from, i, i + 1);
        /* Never by a timer. */
        {
            unsigned sent = B->sends;
            run_for(LONG_MS);
            assert_int_equal(B->sends, sent);
        }
        assert_true(B->sends <= 3 * 11);
        finish();
    }
}

static void test_T70_the_largest_answer(void **state)
{
    (void)state;
    smallest_question(ISAKMP_EXCH_MAIN);
    pr.filter = lose_to_strangers;
    check_bounds(input_from, 1, 1);
    finish();
    smallest_question(ISAKMP_EXCH_AGGRESSIVE);
    pr.filter = lose_to_strangers;
    check_bounds(input_from, 1, 1);
    finish();
}

/* ---- T-71: half open ------------------------------------------------------------------------------------ */

static void limited(unsigned half_open, unsigned per_addr)
{
    pair_init(&pr, 314);
    B->config.limits.sas = 64;
    B->config.limits.exchanges = 64;
    B->config.limits.half_open = half_open;
    B->config.limits.half_open_per_addr = per_addr;
    pair_start(&pr);
    take_first(ISAKMP_EXCH_MAIN);
    pr.filter = lose_to_strangers;
}

static void test_T71_limit_for_all(void **state)
{
    (void)state;
    limited(10, 10);
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(input_from(i, i + 1), ISAKMP_OK);
    for (unsigned i = 10; i < 50; i++)
        assert_int_equal(input_from(i, i + 1), ISAKMP_IGNORED);
    assert_int_equal(stats_of(B).half_open, 10);
    assert_int_equal(stats_of(B).sas, 10);
    assert_int_equal(isakmp_count(B->x, ISAKMP_D_HALF_OPEN), 40);
    /* Repetitions of those that are in are answered. */
    assert_int_equal(stats_of(B).duplicates, 0);
    (void)input_from(3, 4);
    assert_int_equal(stats_of(B).duplicates, 1);
    run_for(LONG_MS);
    assert_int_equal(stats_of(B).half_open + stats_of(B).sas, 0);
    finish();
}

static void test_T71_limit_for_one_address(void **state)
{
    (void)state;
    limited(20, 3);
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(input_from(7, i + 1), i < 3 ? ISAKMP_OK : ISAKMP_IGNORED);
    assert_int_equal(stats_of(B).half_open, 3);
    /* Another port is the same address, another address is not. */
    {
        isakmp_path path = stranger(7);
        uint8_t copy[PAIR_MTU];
        memcpy(copy, first, first_n);
        copy[0] = 99;
        path.remote.port = 1234;
        assert_int_equal(isakmp_input(B->x, pr.now, &path, copy, first_n), ISAKMP_IGNORED);
    }
    assert_int_equal(input_from(8, 1), ISAKMP_OK);
    assert_int_equal(stats_of(B).half_open, 4);
    /* Whoever forges an address must not lock out who lives there: the oldest makes room. */
    pr.now += 1000;
    assert_int_equal(input_from(7, 50), ISAKMP_IGNORED);
    pr.now += 1001;
    assert_int_equal(input_from(7, 51), ISAKMP_OK);
    assert_int_equal(stats_of(B).half_open, 4);
    assert_int_equal(last_event(B, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_HALF_OPEN);
    finish();
}

/* A forger fills what there is for one address, or all SAs: who really lives there gets through. */
static void test_T71_nobody_is_locked_out(void **state)
{
    (void)state;
    for (int all = 0; all < 2; all++) {
        pair_init(&pr, 91);
        B->config.limits.exchanges = 16;
        B->config.limits.sas = all ? 4 : 16;
        pair_start(&pr);
        take_first(ISAKMP_EXCH_MAIN);
        for (unsigned i = 0; i < 4; i++) {
            isakmp_path path = all ? stranger(i) : pair_path(&pr, 1);
            uint8_t copy[PAIR_MTU];
            memcpy(copy, first, first_n);
            isakmp__put32(copy, 77 + i);
            assert_int_equal(isakmp_input(B->x, pr.now, &path, copy, first_n), ISAKMP_OK);
        }
        pr.n_wire = 0;
        run_for(3000);
        assert_int_equal(stats_of(B).half_open, 4);
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
        run_for(1000);
        assert_int_equal(sas_in(A, ISAKMP_SA_UP), 1);
        run_for(40000);
        finish();
    }
}

/* The oldest makes room when its peer has had time to come back. */
static void test_T71_eviction(void **state)
{
    (void)state;
    limited(4, 4);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(input_from(i, i + 1), ISAKMP_OK);
        pr.now += 100;
    }
    assert_int_equal(input_from(4, 5), ISAKMP_IGNORED);
    pr.now += 1650; /* the first is older than two seconds, the second is not */
    assert_int_equal(input_from(4, 5), ISAKMP_OK);
    assert_int_equal(input_from(5, 6), ISAKMP_IGNORED);
    assert_int_equal(stats_of(B).half_open, 4);
    assert_int_equal(heard(B, ISAKMP_EV_SA_DOWN), 1);
    assert_int_equal(last_event(B, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_HALF_OPEN);
    /* It was the first one that went: the others' repetitions are known. */
    for (unsigned i = 1; i < 4; i++)
        (void)input_from(i, i + 1);
    assert_int_equal(stats_of(B).duplicates, 3);
    finish();
}

/* Whoever has come back with our cookie is not evicted, however slow. */
static void test_T71_the_proven_stay(void **state)
{
    (void)state;
    pair_init(&pr, 315);
    B->config.limits.half_open = 3;
    B->config.limits.half_open_per_addr = 3;
    pair_start(&pr);
    take_first(ISAKMP_EXCH_MAIN);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
    for (int i = 0; i < 3; i++)
        assert_true(pair_deliver(&pr)); /* up to the third message; the fourth is on its way */
    pr.filter = lose_to_strangers;
    for (unsigned i = 0; i < 60; i++) {
        pr.now += 300;
        input_from(i, i + 1);
        assert_true(stats_of(B).half_open <= 3);
    }
    assert_true(isakmp_count(B->x, ISAKMP_D_HALF_OPEN) > 10);
    run_for(100);
    assert_true(is_up(A, 1));
    assert_int_equal(sas_in(B, ISAKMP_SA_UP), 1);
    finish();
}

/* A flood, and somebody honest in it. */
static void test_T71_honest_peers_get_through(void **state)
{
    unsigned evicted;
    (void)state;
    limited(8, 4);
    for (unsigned i = 0; i < 20000; i++) {
        input_from(roll(), roll() | 1);
        if (i % 4 == 0)
            pair_run(&pr, pr.now + 1);
        if (i == 100)
            pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
        assert_true(stats_of(B).half_open <= 8);
        assert_true(stats_of(B).sas <= 9);
    }
    evicted = isakmp_count(B->x, ISAKMP_D_HALF_OPEN);
    assert_true(evicted > 1000);
    run_for(60000);
    assert_true(both_up(1));
    finish();
}

/* The same in Aggressive Mode, which costs a Diffie-Hellman for each: no more than the limit allows. */
static void test_T71_aggressive_mode(void **state)
{
    (void)state;
    limited(6, 6);
    pr.filter = NULL;
    take_first(ISAKMP_EXCH_AGGRESSIVE);
    pr.filter = lose_to_strangers;
    for (unsigned i = 0; i < 1000; i++)
        input_from(i, i + 1);
    assert_int_equal(B->toy.calls[TOY_DH_KEY], 6);
    assert_int_equal(stats_of(B).half_open, 6);
    run_for(LONG_MS);
    assert_int_equal(stats_of(B).sas + stats_of(B).exchanges + stats_of(B).packets, 0);
    finish();
}

/* ---- T-65: nothing leaves that was not written ------------------------------------------------------------ */

#define CANARY 0xa5 /* what pair_start() fills arenas with */
#define RUN    6

static unsigned searched, lost_one;

/* And the length that a message says it has is its own. */
static int no_canary(pair *p, wire_item *w)
{
    unsigned run = 0;
    (void)p;
    assert_int_equal(header_of(w).length, w->n - marker_of(w));
    for (size_t i = 0; i < w->n; i++) {
        run = w->data[i] == CANARY ? run + 1 : 0;
        if (run == RUN)
            fail_msg("datagram %u, octet %u: something that nobody has written", w->serial,
                     (unsigned)i);
    }
    searched++;
    return searched == lost_one ? PAIR_DROP : PAIR_DELIVER;
}

/* Leave the pattern on the stack, where the next call's variables will lie. */
static unsigned paint_stack(void)
{
    volatile uint8_t paint[32768];
    unsigned sum = 0;
    for (size_t i = 0; i < sizeof paint; i++)
        paint[i] = CANARY;
    for (size_t i = 0; i < sizeof paint; i += 4096)
        sum += paint[i];
    return sum;
}

static int paint_before_arrival(pair *p, wire_item *w)
{
    (void)p;
    (void)w;
    assert_true(paint_stack() > 0);
    return PAIR_DELIVER;
}

/* The toy moves the chain of IVs on without enciphering, so everything can be read. */
static void canary_stage(uint64_t seed)
{
    pair_init(&pr, seed);
    for (int i = 0; i < 2; i++) {
        pr.p[i].toy.scramble = 0;
        pr.p[i].child.pfs_group = ISAKMP_GROUP_MODP_1024;
        pr.p[i].peer.flags |= ISAKMP_PF_INITIAL_CONTACT;
    }
    pr.filter = no_canary;
    pr.arrive = paint_before_arrival;
    searched = lost_one = 0;
}

static void canary_session(uint16_t auth, uint8_t exchange)
{
    for (int i = 0; i < 2; i++) {
        pr.p[i].policies[0].auth = auth;
        pr.p[i].more_certs = 1;
    }
    B->policies[0].life_s = 3600;
    pair_start(&pr);
    paint_stack();
    pair_connect(&pr, exchange, 1);
    run_for(30000);
    assert_true(both_up(1));
    paint_stack();
    assert_int_equal(isakmp_child_close(A->x, pr.now, first_child(A)), ISAKMP_OK);
    paint_stack();
    assert_int_equal(isakmp_close(B->x, pr.now, first_sa(B)), ISAKMP_OK);
    run_for(100);
    assert_true(searched > 8);
    finish();
}

static const uint16_t auths[] = {ISAKMP_AUTH_PSK, ISAKMP_AUTH_RSA_SIG};

/* Also those that are sent again, because any one was lost. */
static void test_T65_true_messages(void **state)
{
    static const uint8_t exchanges[] = {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_AGGRESSIVE};
    (void)state;
    for (unsigned k = 0; k < 2; k++)
        for (unsigned a = 0; a < 2; a++)
            for (unsigned i = 0; i < 9; i++) {
                canary_stage(316);
                lost_one = i;
                canary_session(auths[a], exchanges[k]);
            }
}

/* Above all the answers to messages that claim lengths they have not. */
static void test_T65_answers_to_malformed_messages(void **state)
{
    static const uint8_t exchanges[] = {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_AGGRESSIVE};
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        canary_stage(317);
        pair_start(&pr);
        take_first(exchanges[k]);
        pr.filter = no_canary;
        for (size_t at = ISAKMP_HEADER_SIZE; at < first_n && at < 200; at++)
            for (unsigned v = 1; v < 256; v += 36) {
                first[at] = (uint8_t)(first[at] ^ v);
                pr.now += 100;
                paint_stack();
                input_from((unsigned)at, (uint32_t)(at * 256 + v));
                first[at] = (uint8_t)(first[at] ^ v);
                pr.n_wire = 0;
            }
        assert_true(searched > 50);
        run_for(LONG_MS);
        finish();
    }
}

/* One octet of a message is another one.  What begins an exchange of phase 2 is made right again, as its
 * sender could, and gets a message ID of its own: so the answer, too, is under the keys. */
static void alter_octet(const wire_item *w, wire_item *copy, size_t at, uint8_t v)
{
    static opened o;
    static uint32_t used = 0x01020304;
    *copy = *w;
    if (!open_item(&o, copy) || o.h.msg_id == 0 || o.e) {
        copy->data[at] ^= v;
        return;
    }
    o.h.msg_id = used++;
    find_iv(&o);
    at -= ISAKMP_HEADER_SIZE;
    for (unsigned i = 0; i < o.n; i++) {
        at -= at < 4 ? at : 4;
        if (at < o.parts[i].n) {
            o.parts[i].body[at] ^= v;
            break;
        }
        at -= o.parts[i].n;
    }
    rehash(&o);
    close_item(&o, copy);
}

static unsigned nth_message;

/* The nth message arrives altered in every place, and then as it was; what is answered is searched. */
static int alter_all(pair *p, wire_item *w)
{
    static wire_item copy;
    const int to = 1 - w->from;
    if (--nth_message)
        return PAIR_DELIVER;
    p->arrive = paint_before_arrival;
    for (size_t at = ISAKMP_HEADER_SIZE; at < w->n && at < 300; at++)
        for (unsigned v = 1; v < 256; v = 3 * v + 1) {
            alter_octet(w, &copy, at, (uint8_t)v);
            p->now += 50;
            paint_stack();
            (void)pair_input(p, to, copy.data, copy.n);
            p->n_wire = 0;
        }
    return PAIR_DELIVER;
}

static void test_T65_answers_to_altered_messages(void **state)
{
    static const uint8_t exchanges[] = {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_AGGRESSIVE};
    (void)state;
    for (unsigned k = 0; k < 2; k++)
        for (unsigned a = 0; a < 2; a++)
            for (unsigned i = 2; i <= (k ? 8 : 11); i++) { /* Deletes are the last two */
                canary_stage(318);
                A->policies[0].auth = B->policies[0].auth = auths[a];
                pr.arrive = alter_all;
                nth_message = i;
                pair_start(&pr);
                pair_connect(&pr, exchanges[k], 1);
                run_for(20000);
                if (first_sa(A).v)
                    assert_int_equal(isakmp_close(A->x, pr.now, first_sa(A)), ISAKMP_OK);
                run_for(LONG_MS);
                assert_true(nth_message == 0 && searched > 3);
                finish();
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_T32_refused_a_hundred_thousand_times),
        cmocka_unit_test(test_refusals_are_rate_limited),
        cmocka_unit_test(test_T70_one_for_one_and_not_three_times_as_much),
        cmocka_unit_test(test_T70_the_largest_answer),
        cmocka_unit_test(test_T71_limit_for_all),
        cmocka_unit_test(test_T71_limit_for_one_address),
        cmocka_unit_test(test_T71_nobody_is_locked_out),
        cmocka_unit_test(test_T71_eviction),
        cmocka_unit_test(test_T71_the_proven_stay),
        cmocka_unit_test(test_T71_honest_peers_get_through),
        cmocka_unit_test(test_T71_aggressive_mode),
        cmocka_unit_test(test_T65_true_messages),
        cmocka_unit_test(test_T65_answers_to_malformed_messages),
        cmocka_unit_test(test_T65_answers_to_altered_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
