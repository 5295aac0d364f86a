/* flow/flow_config.c -- Mode Config: a gateway gives its client an address, begun by either; what is lost on
 * the way, refused, or never answered; and who has which address when.  Peer A is the client, B the gateway. */
#include "flow/forge.h"

#define PUSH 0 /* the gateway begins */
#define PULL 1 /* the client does */

static const isakmp_addr first_address = {4, {10, 9, 0, 1}, 0};

/* Both ends of the client's are open, and the gateway lets any client's end pass. */
static void prepare(int way, uint64_t seed)
{
    pair_init(&pr, seed);
    A->peer.flags |= way == PULL ? ISAKMP_PF_CONFIG_PULL : ISAKMP_PF_CONFIG_ACCEPT;
    B->peer.flags |= way == PULL ? ISAKMP_PF_CONFIG_ANSWER : ISAKMP_PF_CONFIG_PUSH;
    A->child.local.family = 0;
    B->child.remote.family = 0;
}

/* One attribute that is a text, behind what the gateway gives. */
static void add_gift(peer *p, uint16_t type, const void *value, size_t n)
{
    isakmp_writer w;
    isakmp_wr_init(&w, p->gift + p->gift_n, sizeof p->gift - p->gift_n);
    isakmp_wr_attr_bytes(&w, type, isakmp__span(value, n));
    assert_false(w.fault);
    p->gift_n += w.len;
}

static int is_address(const isakmp_addr *a, uint8_t last)
{
    const uint8_t want[4] = {10, 9, 0, last};
    return a->family == 4 && a->port == 0 && memcmp(a->ip, want, 4) == 0;
}

/* Has the client 10.9.0.last, on both sides, and does its child use it? */
static int has_address(uint8_t last)
{
    isakmp_child_info c = child_info(A, first_child(A));
    isakmp_addr end = {c.local.family, {0}, 0};
    isakmp_sa_info a = sa_info(A, first_sa(A)), b = sa_info(B, first_sa(B));
    memcpy(end.ip, c.local.lo, 16);
    return is_address(&end, last) && memcmp(c.local.lo, c.local.hi, 16) == 0 &&
           is_address(&a.ip4, last) && is_address(&b.ip4, last) && is_address(&A->ip4, last) &&
           is_address(&B->ip4, last);
}

static int is_leased(uint8_t last)
{
    isakmp_addr a;
    const isakmp_lease *l = isakmp_addr_pool_get(&B->pool, last - 1u, &a);
    return l && l->used && is_address(&a, last);
}

/* Nobody has an address, and none was given back twice. */
static void check_pool(void)
{
    assert_int_equal(B->pool.used, 0);
    assert_int_equal(B->lost_addresses, 0);
}

static void end(void)
{
    close_all();
    check_pool();
    pair_end(&pr);
}

/* ---- What is on the wire -------------------------------------------------------------------- */

#define MAX_SEEN 32
static uint8_t seen[MAX_SEEN]; /* exchange types, in the order of their messages */
static int seen_from[MAX_SEEN];
static unsigned n_seen;

static int note(pair *p, wire_item *w)
{
    (void)p;
    if (n_seen < MAX_SEEN) {
        seen[n_seen] = header_of(w).exchange;
        seen_from[n_seen++] = w->from;
    }
    return PAIR_DELIVER;
}

static unsigned count_seen(uint8_t exchange)
{
    unsigned n = 0;
    for (unsigned i = 0; i < n_seen; i++)
        n += seen[i] == exchange;
    return n;
}

/* ---- Both ways, both roles of phase 1, both modes ------------------------------------------- */

static void come_up_configured(int way, int phase1_by, uint8_t exchange)
{
    prepare(way, 500);
    pair_start(&pr);
    n_seen = 0;
    pr.filter = note;
    pair_connect_from(&pr, phase1_by, exchange, phase1_by == 0);
    if (phase1_by == 1)
        run_for(10);
    if (phase1_by == 1)
        add_child(A, first_sa(A), &A->child);
    run_for(100);
    assert_true(both_up(1));
    assert_true(has_address(1));
    assert_true(is_leased(1));
    assert_int_equal(count_seen(ISAKMP_EXCH_TRANSACTION), 2);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(heard(&pr.p[i], ISAKMP_EV_CONFIG), 1);
        assert_int_equal(heard(&pr.p[i], ISAKMP_EV_CONFIG_NONE), 0);
        assert_int_equal(heard(&pr.p[i], ISAKMP_EV_CONFIG_END), 0);
    }
    assert_int_equal(B->assigns, 1);
    assert_int_equal(B->n_asked > 0, way == PULL);
}

static void test_both_ways_and_roles(void **state)
{
    (void)state;
    for (int way = PUSH; way <= PULL; way++)
        for (int by = 0; by < 2; by++)
            for (unsigned i = 0; i < 2; i++) {
                come_up_configured(way, by, i ? ISAKMP_EXCH_AGGRESSIVE : ISAKMP_EXCH_MAIN);
                end();
                assert_int_equal(B->releases, 1);
                assert_int_equal(heard(A, ISAKMP_EV_CONFIG_END), 1);
                assert_int_equal(heard(B, ISAKMP_EV_CONFIG_END), 1);
            }
}

/* The child waits for the address, and the transaction begins on the right side. */
static void test_children_come_after(void **state)
{
    (void)state;
    for (int way = PUSH; way <= PULL; way++) {
        unsigned at = 0;
        come_up_configured(way, 0, ISAKMP_EXCH_MAIN);
        while (seen[at] != ISAKMP_EXCH_TRANSACTION)
            at++;
        assert_int_equal(at, 6);
        assert_int_equal(seen_from[at], way == PULL ? 0 : 1);
        assert_int_equal(seen[at + 1], ISAKMP_EXCH_TRANSACTION);
        assert_int_equal(seen[at + 2], ISAKMP_EXCH_QUICK);
        end();
    }
}

/* A child that is wanted later has the address, too; and so has one that the gateway begins. */
static void test_more_children(void **state)
{
    (void)state;
    come_up_configured(PULL, 0, ISAKMP_EXCH_MAIN);
    add_child(A, first_sa(A), &A->child);
    run_for(100);
    A->child.local = pair_subnet(9);
    add_child(B, first_sa(B), &B->child);
    A->child.local.family = 0;
    run_for(100);
    assert_true(both_up(3));
    for (unsigned i = 0; i < PAIR_SAD; i++)
        if (B->sad[i].used) {
            assert_int_equal(B->sad[i].e.remote.lo[1], 9);
            assert_int_equal(B->sad[i].e.remote.lo[3], 1);
            assert_int_equal(B->sad[i].e.remote.hi[3], 1);
        }
    end();
}

/* Has a peer heard that the other one knows Cisco's attributes? */
static int knows_unity(const peer *p)
{
    unsigned i = 0;
    while (strcmp(isakmp_vendor_known(i), "Cisco Unity") != 0)
        i++;
    return (int)(sa_info(p, first_sa(p)).vendors >> i & 1);
}

static const isakmp_exchange *const few[] = {&isakmp_main_mode, &isakmp_quick_mode,
                                             &isakmp_informational, NULL};

/* Whoever may be client or gateway says so, in its first message. */
static void test_unity(void **state)
{
    static const uint32_t flags[] = {0, ISAKMP_PF_CONFIG_PULL, ISAKMP_PF_CONFIG_ACCEPT,
                                     ISAKMP_PF_CONFIG_ANSWER, ISAKMP_PF_CONFIG_PUSH};
    static const uint8_t modes[] = {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_AGGRESSIVE};
    (void)state;
    for (unsigned k = 0; k < COUNT(modes); k++)
        for (int who = 0; who < 2; who++)
            for (unsigned i = 0; i < COUNT(flags); i++) {
                pair_init(&pr, 546);
                pr.p[who].peer.flags |= flags[i];
                B->peer.flags |= ISAKMP_PF_AGGRESSIVE_PSK;
                pair_start(&pr);
                pair_connect(&pr, modes[k], 0);
                run_for(100);
                assert_int_equal(knows_unity(&pr.p[1 - who]), flags[i] != 0);
                assert_int_equal(knows_unity(&pr.p[who]), 0);
                end();
            }
}

/* Without the extension, or without the exchange, nobody waits for anything. */
static void test_not_named(void **state)
{
    static const isakmp_extension *const none[] = {NULL};
    (void)state;
    for (int i = 0; i < 2; i++) {
        prepare(PULL, 501);
        if (i)
            A->config.exchanges = few;
        else
            A->config.extensions = none;
        pair_start(&pr);
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
        run_for(100);
        assert_true(both_up(1));
        assert_int_equal(heard(A, ISAKMP_EV_CONFIG) + heard(A, ISAKMP_EV_CONFIG_NONE), 0);
        assert_int_equal(knows_unity(B), 0);
        end();
    }
}

/* ---- The network ---------------------------------------------------------------------------- */

static unsigned victim, fate; /* the nth message of a Transaction, from 1; what becomes of it */
static unsigned at_victim;
enum {
    LOST = 0,
    DOUBLED,
    LATE,
    FATES
};

static int maltreat(pair *p, wire_item *w)
{
    if (header_of(w).exchange != ISAKMP_EXCH_TRANSACTION || ++at_victim != victim)
        return PAIR_DELIVER;
    if (fate == LATE)
        w->at = p->now + 1500; /* behind its own repetition */
    return fate == LOST ? PAIR_DROP : fate == DOUBLED ? PAIR_TWICE : PAIR_DELIVER;
}

static void test_each_message_lost_doubled_late(void **state)
{
    (void)state;
    for (int way = PUSH; way <= PULL; way++)
        for (victim = 1; victim <= 3; victim++)
            for (fate = 0; fate < FATES; fate++) {
                prepare(way, 502);
                pair_start(&pr);
                at_victim = 0;
                pr.filter = maltreat;
                pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
                run_for(9000);
                if (!both_up(1) || !has_address(1))
                    fail_msg("way %d, message %u, fate %u", way, victim, fate);
                assert_int_equal(B->assigns, 1);
                assert_int_equal(heard(A, ISAKMP_EV_CONFIG), 1);
                assert_int_equal(heard(B, ISAKMP_EV_CONFIG), 1);
                end();
                assert_int_equal(B->releases, 1);
            }
}

static uint32_t dice_state;

static uint32_t dice(uint32_t sides)
{
    dice_state = dice_state * 1103515245u + 12345u;
    return (dice_state >> 12) % sides;
}

/* A network that loses, doubles and delays. */
static int rough(pair *p, wire_item *w)
{
    uint32_t n = dice(100);
    if (n >= 80)
        w->at = p->now + dice(3000);
    return n < 25 ? PAIR_DROP : n < 40 ? PAIR_TWICE : PAIR_DELIVER;
}

/* Whatever comes of it, both come to rest, and no address is lost or given twice. */
static void test_rough_network(void **state)
{
    unsigned configured = 0;
    (void)state;
    for (uint32_t seed = 1; seed <= 120; seed++) {
        prepare(seed & 1 ? PUSH : PULL, 600 + seed);
        dice_state = seed * 7919;
        A->peer.flags |= seed & 2 ? ISAKMP_PF_CONFIG_PULL | ISAKMP_PF_CONFIG_ACCEPT : 0;
        B->peer.flags |= seed & 4 ? ISAKMP_PF_CONFIG_PUSH | ISAKMP_PF_CONFIG_ANSWER : 0;
        pair_start(&pr);
        pr.filter = rough;
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
        run_for(5000 + dice(60000));
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
        run_for(LONG_MS);
        for (int i = 0; i < 2; i++) {
            assert_int_equal(stats_of(&pr.p[i]).exchanges, 0);
            assert_int_equal(stats_of(&pr.p[i]).packets, 0);
        }
        assert_true(B->pool.used <= sas_in(B, 0));
        configured += B->pool.used != 0;
        end();
    }
    assert_true(configured > 60);
}

/* Quick Mode overtakes the last message of the transaction: it has to wait. */
static int slow_answer(pair *p, wire_item *w)
{
    isakmp_header h = header_of(w);
    if (h.exchange == ISAKMP_EXCH_TRANSACTION && w->from == 0)
        w->at = p->now + 300;
    return PAIR_DELIVER;
}

static void test_quick_mode_overtakes(void **state)
{
    (void)state;
    prepare(PUSH, 503);
    pair_start(&pr);
    pr.filter = slow_answer;
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
    run_for(200);
    assert_int_equal(isakmp_count(B->x, ISAKMP_D_NOT_UP), 1);
    assert_int_equal(children_in(B, 0), 0);
    run_for(3000);
    assert_true(both_up(1));
    assert_true(has_address(1));
    end();
}

/* ---- Peers that do not take part ------------------------------------------------------------ */

static int drop_transactions(pair *p, wire_item *w)
{
    (void)p;
    return header_of(w).exchange == ISAKMP_EXCH_TRANSACTION ? PAIR_DROP : PAIR_DELIVER;
}

/* Whoever waits goes on without when its time is over, and not before. */
static void test_silence(void **state)
{
    (void)state;
    for (int way = PUSH; way <= PULL; way++)
        for (unsigned s = 0; s <= 3; s += 3) {
            isakmp_time most = 1000 * (s ? s : ISAKMP_DEFAULT_CONFIG_S);
            prepare(way, 504);
            A->peer.config_s = B->peer.config_s = (uint16_t)s;
            pair_start(&pr);
            pr.filter = drop_transactions;
            pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
            run_for(most - 100);
            assert_int_equal(children_in(A, ISAKMP_CHILD_WAITING), 1);
            run_for(2500);
            assert_true(both_up(1));
            assert_int_equal(heard(A, ISAKMP_EV_CONFIG_NONE), 1);
            assert_int_equal(heard(B, ISAKMP_EV_CONFIG_NONE), 1);
            assert_int_equal(last_event(A, ISAKMP_EV_CONFIG_NONE)->detail, ISAKMP_D_TIMEOUT);
            assert_int_equal(last_event(A, ISAKMP_EV_CONFIG_NONE)->by, ISAKMP_BY_TIMER);
            assert_int_equal(B->pool.used, 0);
            end();
        }
}

/* A peer that refuses at once delays nothing. */
static void test_refusal(void **state)
{
    (void)state;
    for (int way = PUSH; way <= PULL; way++) {
        peer *p = way == PULL ? A : B; /* who begins, and is refused */
        prepare(way, 505);
        A->peer.flags &= ~(uint32_t)ISAKMP_PF_CONFIG_ACCEPT;
        B->peer.flags &= ~(uint32_t)ISAKMP_PF_CONFIG_ANSWER;
        pair_start(&pr);
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
        run_for(100);
        if (way ==
            PUSH) /* the client's Quick Mode came while the gateway was waiting for the ACK */
            run_for(1500);
        assert_true(both_up(1));
        assert_int_equal(heard(p, ISAKMP_EV_CONFIG_NONE), 1);
        assert_int_equal(last_event(p, ISAKMP_EV_CONFIG_NONE)->detail, ISAKMP_D_PEER_REFUSED);
        assert_int_equal(heard(A, ISAKMP_EV_CONFIG) + heard(B, ISAKMP_EV_CONFIG), 0);
        assert_int_equal(B->assigns, way == PUSH);
        assert_int_equal(B->releases, way == PUSH);
        assert_int_equal(sa_info(A, first_sa(A)).ip4.family, 0);
        end();
    }
}

/* One that speaks of an error, as those do that do not know the exchange. */
static int answer_with_error(pair *p, wire_item *w)
{
    static forgery f;
    isakmp_notify n;
    if (header_of(w).exchange != ISAKMP_EXCH_TRANSACTION)
        return PAIR_DELIVER;
    memset(&n, 0, sizeof n);
    n.doi = ISAKMP_DOI_IPSEC;
    n.protocol = ISAKMP_PROTO_ISAKMP;
    n.type = ISAKMP_N_INVALID_EXCHANGE_TYPE;
    forge_notify(&f, &p->p[1 - w->from], first_sa(&p->p[1 - w->from]), 0x1234567, &n);
    assert_int_equal(pair_input(p, w->from, f.data, f.w.len), ISAKMP_OK);
    return PAIR_DROP;
}

static void test_refused_by_a_notify(void **state)
{
    (void)state;
    for (int way = PUSH; way <= PULL; way++) {
        peer *p = way == PULL ? A : B;
        prepare(way, 506);
        A->peer.config_s = 1;
        pair_start(&pr);
        pr.arrive = answer_with_error;
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
        run_for(2500);
        assert_true(both_up(1));
        assert_int_equal(last_event(p, ISAKMP_EV_CONFIG_NONE)->detail, ISAKMP_D_PEER_REFUSED);
        assert_int_equal(last_event(p, ISAKMP_EV_CONFIG_NONE)->notify,
                         ISAKMP_N_INVALID_EXCHANGE_TYPE);
        end();
    }
}

/* The gateway has nothing to give: a REQUEST is answered all the same, and nothing is pushed. */
static void test_nothing_to_give(void **state)
{
    (void)state;
    for (int way = PUSH; way <= PULL; way++)
        for (int why = 0; why < 3; why++) {
            isakmp_addr a;
            prepare(way, 507);
            A->peer.config_s = 2;
            B->nothing = why == 0;
            B->no_assign = why == 1;
            for (uint8_t i = 0; i < PAIR_LEASES && why == 2; i++)
                assert_int_equal(isakmp_addr_pool_lease(&B->pool, isakmp__span(&i, 1), &a),
                                 ISAKMP_OK);
            pair_start(&pr);
            pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
            run_for(3500);
            assert_true(both_up(1));
            assert_int_equal(heard(A, ISAKMP_EV_CONFIG_NONE), 1);
            assert_int_equal(last_event(B, ISAKMP_EV_CONFIG_NONE)->detail, ISAKMP_D_NO_ADDRESS);
            assert_int_equal(B->pool.used, why == 2 ? PAIR_LEASES : 0);
            B->pool.used = 0;
            end();
        }
}

/* A client that is ready for both, with a gateway that does one of them, or both. */
static void test_ready_for_both(void **state)
{
    static const uint32_t gateways[] = {ISAKMP_PF_CONFIG_PUSH, ISAKMP_PF_CONFIG_ANSWER,
                                        ISAKMP_PF_CONFIG_PUSH | ISAKMP_PF_CONFIG_ANSWER};
    (void)state;
    for (unsigned g = 0; g < COUNT(gateways); g++)
        for (unsigned c = 1; c <= 3; c++) {
            prepare(PULL, 508);
            A->peer.flags &= ~(uint32_t)ISAKMP_PF_CONFIG_PULL;
            A->peer.flags |=
                (c & 1 ? ISAKMP_PF_CONFIG_PULL : 0) | (c & 2 ? ISAKMP_PF_CONFIG_ACCEPT : 0);
            B->peer.flags &= ~(uint32_t)ISAKMP_PF_CONFIG_ANSWER;
            B->peer.flags |= gateways[g];
            if ((g == 0 && c == 1) || (g == 1 && c == 2))
                continue;
            pair_start(&pr);
            pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
            run_for(5000);
            if (!both_up(1) || !has_address(1))
                fail_msg("gateway %u, client %u", g, c);
            assert_int_equal(B->pool.used, 1);
            end();
        }
}

/* ---- Late answers of the host --------------------------------------------------------------- */

static void test_pending(void **state)
{
    (void)state;
    for (int way = PUSH; way <= PULL; way++)
        for (unsigned ms = 0; ms <= 4000; ms += 2000) {
            prepare(way, 509);
            B->park = 1;
            B->answer_after = ms;
            A->peer.config_s = B->peer.config_s = 60;
            pair_start(&pr);
            pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
            run_for(40000);
            assert_true(both_up(1));
            assert_true(has_address(1));
            assert_int_equal(B->assigns, 1);
            end();
        }
}

/* The client asks while the host is being asked what to push: it has one address, and not two. */
static void test_asked_while_asking(void **state)
{
    (void)state;
    prepare(PULL, 525);
    A->peer.flags |= ISAKMP_PF_CONFIG_ACCEPT;
    B->peer.flags |= ISAKMP_PF_CONFIG_PUSH;
    B->park_at = 3; /* after find_peer and get_psk */
    B->answer_after = 300;
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
    run_for(200);
    assert_int_equal(B->n_asks, 1);
    assert_int_equal(B->assigns, 1);
    run_for(5000);
    assert_true(both_up(1));
    assert_true(has_address(1));
    assert_int_equal(B->pool.used, 1);
    assert_int_equal(B->releases, 0);
    end();
}

/* The answer comes after its time, or never: the children do not wait, and the address is not lost. */
static void test_pending_too_long(void **state)
{
    (void)state;
    for (int way = PUSH; way <= PULL; way++)
        for (int never = 0; never < 2; never++) {
            prepare(way, 510);
            pair_start(&pr);
            pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
            B->park_at = B->questions + 3; /* after find_peer and get_psk */
            B->answer_after = 30000;
            B->never_answer = never;
            add_child(A, first_sa(A), &A->child);
            run_for(20000);
            assert_true(is_up(A, 1) && is_up(B, 1));
            assert_int_equal(B->assigns, 1);
            assert_int_equal(heard(A, ISAKMP_EV_CONFIG_NONE), 1);
            run_for(30000);
            if (never) { /* the pair's host has it still */
                assert_int_equal(B->pool.used, 1);
                B->never_answer = 0;
                pair_answer(&pr, B);
            }
            assert_int_equal(B->stale_answers, way == PUSH);
            end();
        }
}

/* Late answers of a wrong form. */
static void test_answers_that_do_not_fit(void **state)
{
    static const uint8_t cut[] = {0, 1, 0, 4, 10, 9, 0};
    static uint8_t much[ISAKMP_MAX_CFG + 1];
    (void)state;
    prepare(PULL, 511);
    pair_start(&pr);
    B->park_at = 3;
    B->never_answer = 1;
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
    run_for(50);
    assert_int_equal(B->n_asks, 1);
    assert_int_equal(isakmp_answer(B->x, pr.now, B->asks[0].ticket, ISAKMP_OK, much, sizeof much),
                     ISAKMP_E_ARG);
    assert_int_equal(isakmp_answer(B->x, pr.now, B->asks[0].ticket, ISAKMP_OK, NULL, 4),
                     ISAKMP_E_ARG);
    assert_int_equal(isakmp_answer(B->x, pr.now, B->asks[0].ticket, ISAKMP_OK, cut, sizeof cut),
                     ISAKMP_OK);
    (void)isakmp_addr_pool_release(&B->pool, &first_address);
    B->n_asks = 0;
    run_for(100);
    assert_true(both_up(1));
    assert_int_equal(heard(A, ISAKMP_EV_CONFIG_NONE), 1);
    end();
}

/* ---- Messages that somebody with the keys makes up ------------------------------------------ */

static void forge_config(forgery *f, const peer *keys, uint32_t msg_id, uint8_t type,
                         uint16_t identifier, const void *attrs, size_t n)
{
    isakmp_cfg c;
    c.type = type;
    c.identifier = identifier;
    c.attrs = isakmp__span(attrs, n);
    forge_begin(f, keys, first_sa(keys), ISAKMP_EXCH_TRANSACTION, msg_id);
    isakmp_wr_cfg(&f->w, &c);
    forge_end(f);
}

static const uint8_t address_of_strangers[] = {0, 1, 0, 4, 10, 66, 0, 1};
static const uint8_t please[] = {0, 1, 0, 0};

/* Unknown types, a REPLY and an ACK that nobody waits for: no effect, no answer. */
static void test_unsolicited(void **state)
{
    static forgery f;
    (void)state;
    for (int way = PUSH; way <= PULL; way++)
        for (unsigned type = 0; type < 256; type++) {
            unsigned sends[2];
            if (type == ISAKMP_CFG_REQUEST || type == ISAKMP_CFG_SET)
                continue;
            if (type > 6 && type % 31)
                continue;
            come_up_configured(way, 0, ISAKMP_EXCH_MAIN);
            for (int to = 0; to < 2; to++) {
                forge_config(&f, &pr.p[1 - to], 0x77770000 + type, (uint8_t)type, 7,
                             address_of_strangers, sizeof address_of_strangers);
                sends[to] = pr.p[to].sends;
                assert_int_equal(forge_send(&f, to), ISAKMP_IGNORED);
                assert_int_equal(pr.p[to].sends, sends[to]);
                assert_int_equal(isakmp_count(pr.p[to].x, ISAKMP_D_CONFIG), 1);
            }
            assert_true(both_up(1));
            assert_true(has_address(1));
            end();
        }
}

/* A client cannot set anything of the gateway's, nor a gateway of a client that does not accept it; both
 * are answered: with nothing. */
static void test_set_that_is_not_accepted(void **state)
{
    static forgery f;
    (void)state;
    for (int to = 0; to < 2; to++) {
        come_up_configured(PULL, 0, ISAKMP_EXCH_MAIN);
        forge_config(&f, &pr.p[1 - to], 0x7777, ISAKMP_CFG_SET, 7, address_of_strangers,
                     sizeof address_of_strangers);
        n_seen = 0;
        assert_int_equal(forge_send(&f, to), ISAKMP_OK);
        assert_int_equal(count_seen(ISAKMP_EXCH_TRANSACTION), 1);
        run_for(10);
        assert_true(has_address(1));
        assert_int_equal(heard(&pr.p[to], ISAKMP_EV_CONFIG), 1);
        assert_int_equal(B->assigns, 1);
        end();
    }
}

/* A client that asks again has the same address, however often. */
static void test_asks_again(void **state)
{
    static forgery f;
    (void)state;
    come_up_configured(PULL, 0, ISAKMP_EXCH_MAIN);
    for (uint32_t i = 0; i < 6; i++) {
        forge_config(&f, A, 0x7777 + i, ISAKMP_CFG_REQUEST, 7, please, sizeof please);
        assert_int_equal(forge_send(&f, 1), ISAKMP_OK);
        assert_true(is_address(&B->had, 1));
        assert_int_equal(B->pool.used, 1);
    }
    run_for(10);
    assert_int_equal(B->assigns, 7);
    assert_true(has_address(1));
    end();
    assert_int_equal(B->releases, 1);
}

/* It keeps what it has if there is nothing for it then; and if the host gives it another one the first is
 * free. */
static void test_another_address(void **state)
{
    static forgery f;
    static const uint8_t other[] = {10, 9, 0, 2};
    isakmp_addr a;
    (void)state;
    come_up_configured(PULL, 0, ISAKMP_EXCH_MAIN);
    B->nothing = 1;
    forge_config(&f, A, 0x7777, ISAKMP_CFG_REQUEST, 7, please, sizeof please);
    assert_int_equal(forge_send(&f, 1), ISAKMP_OK);
    assert_true(has_address(1));
    assert_true(is_leased(1));
    assert_int_equal(heard(B, ISAKMP_EV_CONFIG_END), 0);
    B->nothing = 0;
    B->only_gift = 1;
    add_gift(B, ISAKMP_CFG_IP4_ADDRESS, other, sizeof other);
    assert_int_equal(isakmp_addr_pool_lease(&B->pool, isakmp__span("x", 1), &a), ISAKMP_OK);
    assert_true(is_address(&a, 2));
    forge_config(&f, A, 0x7778, ISAKMP_CFG_REQUEST, 7, please, sizeof please);
    assert_int_equal(forge_send(&f, 1), ISAKMP_OK);
    assert_int_equal(B->releases, 1);
    assert_false(is_leased(1));
    assert_true(is_leased(2));
    assert_true(is_address(&B->ip4, 2));
    end();
    assert_int_equal(B->releases, 2);
}

/* Every REQUEST has a REPLY, also of a client, and one that asks what is supported is told. */
static uint8_t answer_type;
static uint16_t answer_id;
static uint8_t answer_attrs[256];
static size_t answer_n;

static int look_at_answer(pair *p, wire_item *w)
{
    static opened o;
    isakmp_cfg c;
    (void)p;
    if (header_of(w).exchange != ISAKMP_EXCH_TRANSACTION)
        return PAIR_DELIVER;
    memset(&o, 0, sizeof o);
    o.h = header_of(w);
    o.to =
        &pr.p[w->from]; /* the sender's exchange has the chain that the answer was written with */
    o.sa = isakmp__sa_find(o.to->x, &o.h);
    o.e = isakmp__exch_find(o.sa, o.h.msg_id);
    if (o.e && !o.e->initiator) {
        uint8_t plain[PAIR_MTU];
        memcpy(plain, w->data, w->n);
        /* the chain before it: the last block of the request */
        memcpy(o.iv, o.e->next_iv, sizeof o.iv);
        crypt(&o, 0, plain + ISAKMP_HEADER_SIZE, w->n - ISAKMP_HEADER_SIZE);
        assert_true(read_parts(&o, isakmp__span(plain, w->n)));
        assert_int_equal(isakmp_cfg_read(&c, isakmp__span(o.parts[1].body, o.parts[1].n)),
                         ISAKMP_OK);
        answer_type = c.type;
        answer_id = c.identifier;
        answer_n = c.attrs.n;
        if (c.attrs.n && c.attrs.n < sizeof answer_attrs)
            memcpy(answer_attrs, c.attrs.p, c.attrs.n);
    }
    return PAIR_DELIVER;
}

static void ask_for(int to, uint8_t type, const void *attrs, size_t n)
{
    static forgery f;
    static uint32_t id = 0x5500;
    pr.filter = look_at_answer;
    answer_type = 0;
    id++;
    forge_config(&f, &pr.p[1 - to], id, type, (uint16_t)id, attrs, n);
    assert_int_equal(forge_send(&f, to), ISAKMP_OK);
    assert_int_equal(answer_id, (uint16_t)id);
    run_for(10);
}

/* A client that has an address asks once more, and the host answers when nobody waits any more: it keeps the
 * address, and the host has nothing to take back. */
static void test_stale_answer_about_a_known_address(void **state)
{
    static forgery f;
    (void)state;
    come_up_configured(PULL, 0, ISAKMP_EXCH_MAIN);
    pr.filter = NULL;
    B->park = 1;
    B->answer_after = 600000;
    forge_config(&f, A, 0x5501, ISAKMP_CFG_REQUEST, 7, please, sizeof please);
    assert_int_equal(forge_send(&f, 1), ISAKMP_OK);
    assert_int_equal(B->n_asks, 1);
    assert_int_equal(B->assigns, 2);
    assert_true(is_address(&B->had, 1));
    run_for(700000);
    assert_int_equal(B->n_asks, 0);
    assert_int_equal(B->stale_answers, 1);
    assert_true(has_address(1));
    assert_int_equal(B->pool.used, 1);
    assert_int_equal(B->releases, 0);
    end();
    assert_int_equal(B->releases, 1);
}

static void test_every_request_is_answered(void **state)
{
    static const uint8_t version[] = {0, 7, 0, 0}, supported[] = {0, 14, 0, 0},
                         unknown[] = {0x44, 0x44, 0, 0};
    (void)state;
    for (int way = PUSH; way <= PULL; way++)
        for (int to = 0; to < 2; to++) {
            come_up_configured(way, 0, ISAKMP_EXCH_MAIN);
            B->nothing = 1;
            ask_for(to, ISAKMP_CFG_REQUEST, NULL, 0);
            assert_int_equal(answer_type, ISAKMP_CFG_REPLY);
            assert_int_equal(answer_n, 0);
            ask_for(to, ISAKMP_CFG_REQUEST, version, sizeof version);
            assert_int_equal(answer_type, ISAKMP_CFG_REPLY);
            assert_int_equal(answer_n, 0);
            ask_for(to, ISAKMP_CFG_REQUEST, unknown, sizeof unknown);
            assert_int_equal(answer_n, 0);
            ask_for(to, ISAKMP_CFG_REQUEST, supported, sizeof supported);
            assert_int_equal(answer_n, 4 + 2 * 26);
            assert_int_equal(isakmp__get16(answer_attrs), ISAKMP_CFG_SUPPORTED);
            assert_int_equal(isakmp__get16(answer_attrs + 4), 1);
            ask_for(to, ISAKMP_CFG_SET, NULL, 0);
            assert_int_equal(answer_type, ISAKMP_CFG_ACK);
            assert_int_equal(answer_n, 0);
            assert_true(has_address(1));
            assert_int_equal(heard(A, ISAKMP_EV_CONFIG) + heard(B, ISAKMP_EV_CONFIG), 2);
            end();
        }
}

/* The ACK names what the client accepts, without values: not what has a wrong length, nor what nobody
 * knows. */
static void test_what_is_acknowledged(void **state)
{
    static const uint8_t set[] = {0,   1,   0,    4, 10, 9, 0, 1,    0,    3, 0, 3, 1,    2, 3, 0,
                                  3,   0,   4,    8, 8,  8, 8, 0x44, 0x44, 0, 1, 9, 0x70, 0, 0, 2,
                                  'h', 'i', 0x70, 2, 0,  2, 0, 'x',  0xf0, 1, 0, 1, 0,    4, 0, 0};
    static const uint8_t want[] = {0, 1, 0, 0, 0, 3, 0, 0, 0x70, 0, 0, 0, 0x70, 1, 0, 0};
    (void)state;
    come_up_configured(PUSH, 0, ISAKMP_EXCH_MAIN);
    ask_for(0, ISAKMP_CFG_SET, set, sizeof set);
    assert_int_equal(answer_type, ISAKMP_CFG_ACK);
    assert_int_equal(answer_n, sizeof want);
    assert_memory_equal(answer_attrs, want, sizeof want);
    assert_int_equal(heard(A, ISAKMP_EV_CONFIG), 2);
    assert_int_equal(A->got_n, sizeof set);
    end();
}

/* An attribute that is half in the message spoils it as a whole. */
static void test_truncated_attributes(void **state)
{
    static forgery f;
    static const uint8_t whole[] = {0, 1, 0, 4, 10, 66, 0, 1, 0x70, 0, 0, 3, 'a', 'b', 'c'};
    (void)state;
    for (int way = PUSH; way <= PULL; way++) {
        come_up_configured(way, 0, ISAKMP_EXCH_MAIN);
        for (size_t n = 1; n < sizeof whole; n++) {
            unsigned before = A->n_events + B->n_events, to = way == PUSH ? 0 : 1;
            if (n == 8)
                continue; /* the end of the first one */
            forge_config(&f, &pr.p[1 - to], 0x9900 + (uint32_t)n,
                         way == PUSH ? ISAKMP_CFG_SET : ISAKMP_CFG_REQUEST, 7, whole, n);
            assert_int_equal(forge_send(&f, (int)to), ISAKMP_IGNORED);
            assert_int_equal(isakmp_count(pr.p[to].x, ISAKMP_D_MALFORMED), n < 8 ? n : n - 1);
            assert_int_equal(A->n_events + B->n_events, before + 1); /* _REFUSED */
        }
        run_for(10);
        assert_true(has_address(1));
        assert_true(both_up(1));
        end();
    }
}

/* The answer must be the one that was asked for. */
static unsigned spoil;

static int spoil_answer(pair *p, wire_item *w)
{
    static opened o;
    uint8_t *body;
    isakmp_header h = header_of(w);
    (void)p;
    if (h.exchange != ISAKMP_EXCH_TRANSACTION || !open_item(&o, w) || o.msg != 2)
        return PAIR_DELIVER;
    body = o.parts[1].body;
    body[3] ^= 1; /* the identifier, which some peers do not repeat */
    if (spoil == 1)
        body[0] = body[0] == ISAKMP_CFG_REPLY ? ISAKMP_CFG_ACK : ISAKMP_CFG_REPLY;
    else if (spoil == 2)
        body[0] = 200;
    else if (spoil == 3)
        o.parts[1].n = 3;
    else if (spoil == 4)
        add_part(&o, 2, ISAKMP_PAYLOAD_ATTRIBUTE, body, o.parts[1].n);
    else
        drop_part(&o, 1);
    rehash(&o);
    close_item(&o, w);
    return PAIR_DELIVER;
}

static void test_answers_that_do_not_match(void **state)
{
    (void)state;
    for (int way = PUSH; way <= PULL; way++)
        for (spoil = 1; spoil < 6; spoil++) {
            peer *p = way == PULL ? A : B;
            prepare(way, 512);
            A->peer.config_s = B->peer.config_s = 2;
            pair_start(&pr);
            pr.arrive = spoil_answer;
            pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
            run_for(4000);
            assert_int_equal(heard(p, ISAKMP_EV_CONFIG), 0);
            assert_int_equal(heard(p, ISAKMP_EV_CONFIG_NONE), 1);
            assert_int_equal(sa_info(p, first_sa(p)).ip4.family, 0);
            end();
        }
}

/* An ACK with values, as some peers send it, is as good. */
static int give_values(pair *p, wire_item *w)
{
    static opened o;
    static const uint8_t attr[] = {0, 1, 0, 4, 10, 9, 0, 1};
    (void)p;
    if (header_of(w).exchange != ISAKMP_EXCH_TRANSACTION || !open_item(&o, w) || o.msg != 2)
        return PAIR_DELIVER;
    o.parts[1].body[3] ^= 1; /* nor is the identifier looked at, which some do not repeat */
    memcpy(o.parts[1].body + 4, attr, sizeof attr);
    o.parts[1].n = 4 + sizeof attr;
    rehash(&o);
    close_item(&o, w);
    return PAIR_DELIVER;
}

static void test_ack_with_values(void **state)
{
    (void)state;
    prepare(PUSH, 513);
    pair_start(&pr);
    pr.arrive = give_values;
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
    run_for(2000);
    assert_true(both_up(1));
    assert_true(has_address(1));
    end();
}

/* Some peers begin the next transaction with the message ID, and the chain, of the last one. */
static void test_message_id_again(void **state)
{
    static opened o;
    static wire_item w;
    static const uint8_t body[] = {ISAKMP_CFG_REQUEST, 0, 0, 9, 0, 1, 0, 0};
    uint8_t hash[20] = {0};
    isakmp__exch *kept;
    (void)state;
    for (int bad = 0; bad < 2; bad++) {
        come_up_configured(PULL, 0, ISAKMP_EXCH_MAIN);
        memset(&o, 0, sizeof o);
        memset(&w, 0, sizeof w);
        o.to = B;
        o.sa = inner_sa(B, first_sa(B));
        kept = NULL;
        while ((kept = isakmp__exch_after(o.sa, kept)) != NULL &&
               kept->def->type != ISAKMP_EXCH_TRANSACTION)
            ;
        assert_non_null(kept);
        for (uint8_t round = 0; round < 3; round++) {
            uint32_t id = kept->msg_id;
            memset(&o.h, 0, sizeof o.h);
            memcpy(o.h.cky_i, o.sa->cky_i, 8);
            memcpy(o.h.cky_r, o.sa->cky_r, 8);
            o.h.version = 0x10;
            o.h.exchange = ISAKMP_EXCH_TRANSACTION;
            o.h.flags = ISAKMP_FLAG_ENCRYPTION;
            o.h.msg_id = id;
            o.encrypted = 1;
            o.e = kept;
            o.n = 0;
            find_iv(&o);
            add_part(&o, 0, ISAKMP_PAYLOAD_HASH, hash, sizeof hash);
            add_part(&o, 1, ISAKMP_PAYLOAD_ATTRIBUTE, body, sizeof body);
            o.parts[1].body[3] = round;
            rehash(&o);
            if (bad)
                o.parts[0].body[0] ^= 1;
            close_item(&o, &w);
            assert_int_equal(pair_input(&pr, 1, w.data, w.n), bad ? ISAKMP_IGNORED : ISAKMP_OK);
            assert_int_equal(B->assigns, bad ? 1 : 2 + round);
            kept = isakmp__exch_find(o.sa, id); /* one, and not two */
            assert_non_null(kept);
            assert_int_equal(kept->phase, ISAKMP__DONE);
            if (!bad) /* a repetition is answered, and no more */
                assert_int_equal(pair_input(&pr, 1, w.data, w.n), ISAKMP_IGNORED);
            assert_int_equal(B->assigns, bad ? 1 : 2 + round);
        }
        run_for(10);
        assert_true(has_address(1));
        end();
    }
}

/* In the clear there is no Transaction. */
static void test_unprotected(void **state)
{
    static forgery f;
    isakmp_header h;
    isakmp_cfg c = {ISAKMP_CFG_REQUEST, 7, {please, sizeof please}};
    (void)state;
    for (int with_hash = 0; with_hash < 2; with_hash++) {
        come_up_configured(PULL, 0, ISAKMP_EXCH_MAIN);
        forge_config(&f, A, 0x7777, ISAKMP_CFG_REQUEST, 7, please, sizeof please);
        assert_int_equal(isakmp_header_read(&h, isakmp__span(f.data, f.w.len)), ISAKMP_OK);
        h.flags = 0;
        isakmp_wr_init(&f.w, f.data, sizeof f.data);
        isakmp_wr_header(&f.w, &h);
        if (with_hash)
            isakmp_wr_payload(&f.w, ISAKMP_PAYLOAD_HASH, isakmp__span(f.data, 20));
        isakmp_wr_cfg(&f.w, &c);
        assert_int_equal(isakmp_wr_end(&f.w), ISAKMP_OK);
        n_seen = 0;
        assert_int_equal(forge_send(&f, 1), ISAKMP_IGNORED);
        assert_int_equal(isakmp_count(B->x, ISAKMP_D_NOT_ENCRYPTED), 1);
        assert_int_equal(n_seen, 0);
        assert_int_equal(B->assigns, 1);
        end();
    }
}

/* While the user of a client is not authenticated there is no Mode Config. */
static void test_not_before_the_user(void **state)
{
    static forgery f;
    (void)state;
    prepare(PULL, 514);
    A->policies[0].auth = ISAKMP_AUTH_HYBRID_INIT_RSA;
    B->policies[0].auth = ISAKMP_AUTH_HYBRID_INIT_RSA;
    A->mute_user = 1;
    pair_start(&pr);
    pr.filter = note;
    n_seen = 0;
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
    run_for(500);
    assert_int_equal(sas_in(A, ISAKMP_SA_XAUTH) + sas_in(B, ISAKMP_SA_XAUTH), 2);
    assert_int_equal(count_seen(ISAKMP_EXCH_TRANSACTION), 1); /* who is the user? */
    forge_config(&f, A, 0x7777, ISAKMP_CFG_REQUEST, 7, please, sizeof please);
    assert_int_equal(forge_send(&f, 1), ISAKMP_IGNORED);
    assert_int_equal(isakmp_count(B->x, ISAKMP_D_NOT_UP), 1);
    assert_int_equal(count_seen(ISAKMP_EXCH_TRANSACTION), 1); /* who is the user? */
    assert_int_equal(B->assigns, 0);
    /* It may come again when it is time for it. */
    assert_int_equal(heard(B, ISAKMP_EV_REFUSED), 0);
    assert_int_equal(isakmp__msg_id_used(f.sa, 0x7777), 0);
    assert_int_equal(isakmp__msg_id_used(inner_sa(B, first_sa(B)), 0x7777), 0);
    end();
}

/* ---- Who may use which address -------------------------------------------------------------- */

static void test_clients_own_address_only(void **state)
{
    static const struct {
        uint8_t lo, hi, fits;
    } ends[] = {{1, 1, 1}, {2, 2, 0}, {0, 255, 0}, {1, 2, 0}, {0, 1, 0}};
    (void)state;
    for (unsigned i = 0; i < COUNT(ends); i++) {
        static isakmp_child_policy wish;
        come_up_configured(PULL, 0, ISAKMP_EXCH_MAIN);
        wish = A->child;
        wish.local = pair_subnet(9);
        wish.local.hi[2] = 0;
        wish.local.lo[3] = ends[i].lo;
        wish.local.hi[3] = ends[i].hi;
        add_child(A, first_sa(A), &wish);
        run_for(100);
        assert_int_equal(children_in(B, ISAKMP_CHILD_UP), 1u + ends[i].fits);
        if (!ends[i].fits)
            assert_int_equal(last_event(B, ISAKMP_EV_REFUSED)->detail, ISAKMP_D_SELECTORS);
        end();
    }
}

/* Where the gateway's policy says which, that counts, and not the address. */
static void test_policy_that_is_not_open(void **state)
{
    static isakmp_child_policy wish;
    (void)state;
    come_up_configured(PULL, 0, ISAKMP_EXCH_MAIN);
    B->child.remote = pair_subnet(1);
    wish = A->child;
    wish.local = pair_subnet(1);
    add_child(A, first_sa(A), &wish);
    run_for(100);
    assert_true(both_up(2));
    end();
}

/* ---- The end, and a new ISAKMP SA ------------------------------------------------------------ */

/* Children that outlive their SA keep the client's address. */
static void test_children_keep_it(void **state)
{
    isakmp_delete d;
    static forgery f;
    (void)state;
    come_up_configured(PULL, 0, ISAKMP_EXCH_MAIN);
    for (int to = 0; to < 2; to++) {
        memset(&d, 0, sizeof d);
        d.doi = ISAKMP_DOI_IPSEC;
        d.protocol = ISAKMP_PROTO_ISAKMP;
        d.spi_size = 16;
        d.count = 1;
        d.spis = isakmp__sa_cookies(inner_sa(&pr.p[to], first_sa(&pr.p[to])));
        forge_delete(&f, &pr.p[to], first_sa(&pr.p[to]), 0x8888, &d);
        assert_int_equal(forge_send(&f, to), ISAKMP_OK);
    }
    assert_int_equal(sas_in(B, ISAKMP_SA_ENDED), 1);
    assert_int_equal(B->pool.used, 1);
    assert_int_equal(isakmp_child_close(A->x, pr.now, first_child(A)), ISAKMP_OK);
    assert_int_equal(isakmp_child_close(B->x, pr.now, first_child(B)), ISAKMP_OK);
    assert_int_equal(B->pool.used, 0);
    assert_int_equal(heard(A, ISAKMP_EV_CONFIG_END), 1);
    end();
}

/* A new ISAKMP SA takes over, without a word; the address is free when the last one has gone. */
static void test_new_sa_takes_over(void **state)
{
    (void)state;
    for (int way = PUSH; way <= PULL; way++)
        for (int old_first = 0; old_first < 2; old_first++) {
            isakmp_sa_id a, b, next;
            come_up_configured(way, 0, ISAKMP_EXCH_MAIN);
            a = first_sa(A);
            n_seen = 0;
            next = pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
            run_for(100);
            assert_int_equal(sas_in(B, ISAKMP_SA_UP), 2);
            assert_int_equal(children_in(B, ISAKMP_CHILD_UP), 2);
            assert_int_equal(count_seen(ISAKMP_EXCH_TRANSACTION), 0);
            assert_int_equal(B->assigns, 1);
            assert_int_equal(heard(A, ISAKMP_EV_CONFIG), 2);
            assert_int_equal(heard(B, ISAKMP_EV_CONFIG), 2);
            assert_true(A->kept && B->kept && is_address(&A->ip4, 1) && is_address(&B->ip4, 1));
            assert_int_equal(sa_info(A, a).ip4.family, 0);
            assert_int_equal(sa_info(A, next).ip4.family, 4);
            b = old_first ? a : next;
            assert_int_equal(isakmp_close(A->x, pr.now, b), ISAKMP_OK);
            run_for(100);
            assert_int_equal(B->pool.used, 1);
            assert_int_equal(B->releases, 0);
            assert_true(is_leased(1));
            assert_int_equal(sa_info(B, first_sa(B)).ip4.family, 4);
            end();
            assert_int_equal(B->releases, 1);
        }
}

/* ... unless the policy wants it again: then the host may give the same, and is asked for it. */
static void test_again(void **state)
{
    (void)state;
    for (int way = PUSH; way <= PULL; way++) {
        prepare(way, 515);
        A->peer.flags |= ISAKMP_PF_CONFIG_AGAIN;
        B->peer.flags |= ISAKMP_PF_CONFIG_AGAIN;
        pair_start(&pr);
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
        run_for(100);
        assert_true(both_up(1));
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
        run_for(100);
        assert_int_equal(B->assigns, 2);
        assert_true(is_address(&B->had, 1));
        assert_int_equal(B->pool.used, 1);
        assert_int_equal(children_in(B, ISAKMP_CHILD_UP), 2);
        end();
        assert_int_equal(B->releases, 1);
    }
}

/* A client that has forgotten everything is told again, and has the same address. */
static void test_client_restarts(void **state)
{
    (void)state;
    for (int way = PUSH; way <= PULL; way++) {
        prepare(way, 523);
        A->peer.flags |= ISAKMP_PF_INITIAL_CONTACT;
        pair_start(&pr);
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
        run_for(100);
        assert_true(both_up(1));
        pair_restart(&pr, 0);
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
        run_for(2000);
        assert_true(both_up(1));
        assert_true(has_address(1));
        assert_int_equal(B->assigns, 2);
        assert_int_equal(B->releases, 0);
        end();
        assert_int_equal(B->releases, 1);
    }
}

/* One side is dead for a while, and the other one connects again.  The address is another one by then, and so it is in
 * the child that there was. */
static void test_another_address_after_a_restart(void **state)
{
    isakmp_addr a;
    (void)state;
    for (int way = PUSH; way <= PULL; way++)
        for (int dead = 0; dead < 2; dead++) {
            peer *p = &pr.p[1 - dead];
            prepare(way, 544);
            p->peer.flags |= ISAKMP_PF_RESTART | ISAKMP_PF_DPD_PERIODIC;
            p->peer.dpd_s = 10;
            pair_start(&pr);
            pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
            run_for(100);
            assert_true(both_up(1));
            assert_true(has_address(1));
            pair_restart(&pr, dead);
            assert_int_equal(isakmp_addr_pool_lease(&B->pool, isakmp__span("x", 1), &a), ISAKMP_OK);
            B->only_gift = 1;
            add_gift(B, ISAKMP_CFG_IP4_ADDRESS, a.ip, 4);
            run_for(300000);
            assert_true(both_up(1));
            assert_true(has_address(2));
            if (dead == 1) /* what it gave before it has forgotten */
                assert_int_equal(isakmp_addr_pool_release(&B->pool, &first_address), ISAKMP_OK);
            end();
        }
}

/* The gateway has restarted, and says so. */
static void test_another_address_from_a_new_gateway(void **state)
{
    isakmp_addr a;
    (void)state;
    for (int way = PUSH; way <= PULL; way++) {
        prepare(way, 545);
        A->peer.flags |= ISAKMP_PF_RECOVER;
        B->peer.flags |= ISAKMP_PF_INITIAL_CONTACT;
        pair_start(&pr);
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
        run_for(20000);
        assert_true(both_up(1));
        assert_true(has_address(1));
        pair_restart(&pr, 1);
        assert_int_equal(isakmp_addr_pool_lease(&B->pool, isakmp__span("x", 1), &a), ISAKMP_OK);
        B->only_gift = 1;
        add_gift(B, ISAKMP_CFG_IP4_ADDRESS, a.ip, 4);
        pair_connect_from(&pr, 1, ISAKMP_EXCH_MAIN, 0);
        run_for(1000);
        assert_true(both_up(1));
        assert_true(has_address(2));
        assert_int_equal(isakmp_addr_pool_release(&B->pool, &first_address), ISAKMP_OK);
        end();
    }
}

/* Without an address of its family a child cannot be. */
static void test_no_address_of_the_family(void **state)
{
    (void)state;
    prepare(PULL, 524);
    A->peer.config_s = 1;
    A->child.remote.family = 6;
    memset(A->child.remote.hi, 0xff, 16);
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
    run_for(3000);
    assert_true(both_up(0));
    assert_int_equal(last_event(A, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_SELECTORS);
    end();
}

/* Somebody with the same name and key, but elsewhere, is another client: he has another address. */
static void test_same_name_elsewhere(void **state)
{
    isakmp_path path;
    isakmp_sa_id sa;
    (void)state;
    prepare(PULL, 516);
    A->peer.my_id.type = ISAKMP_ID_KEY_ID;
    A->peer.my_id.data = isakmp__span("group", 5);
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_AGGRESSIVE, 1);
    run_for(100);
    assert_true(both_up(1));
    path = pair_path(&pr, 0);
    path.local.port = 1500;
    assert_int_equal(isakmp_connect(A->x, pr.now, &A->peer, &path, ISAKMP_EXCH_AGGRESSIVE, &sa),
                     ISAKMP_OK);
    run_for(100);
    assert_int_equal(sas_in(B, ISAKMP_SA_UP), 2);
    assert_int_equal(B->assigns, 2);
    assert_int_equal(B->pool.used, 2);
    end();
    assert_int_equal(B->releases, 2);
}

/* A client under one more SA, from another port. */
static isakmp_sa_id connect_from(uint16_t port)
{
    isakmp_path path = pair_path(&pr, 0);
    isakmp_sa_id sa;
    path.local.port = port;
    assert_int_equal(isakmp_connect(A->x, pr.now, &A->peer, &path, ISAKMP_EXCH_MAIN, &sa),
                     ISAKMP_OK);
    run_for(100);
    return sa;
}

/* What the gateway gives from now on is this address. */
static void give_always(const isakmp_addr *a)
{
    B->gift_n = 0;
    B->only_gift = 1;
    add_gift(B, ISAKMP_CFG_IP4_ADDRESS, a->ip, 4);
}

/* A host that gives a client the same address under each SA gives it once, and it ends once: when the last one
 * has gone that it was given under. */
static void test_fixed_address(void **state)
{
    (void)state;
    for (int way = PUSH; way <= PULL; way++) {
        isakmp_addr a;
        isakmp_sa_id next;
        isakmp_sa_info info;
        prepare(way, 541);
        pair_start(&pr);
        assert_int_equal(isakmp_addr_pool_lease(&B->pool, isakmp__span("a", 1), &a), ISAKMP_OK);
        give_always(&a);
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
        run_for(100);
        next = connect_from(1500);
        assert_int_equal(B->assigns, 2);
        assert_int_equal(sas_in(B, ISAKMP_SA_UP), 2);
        assert_int_equal(heard(B, ISAKMP_EV_CONFIG_END), 0);
        assert_int_equal(stats_of(B).sas, 2);
        assert_int_equal(isakmp_close(A->x, pr.now, first_sa(A)), ISAKMP_OK);
        run_for(100);
        assert_int_equal(heard(A, ISAKMP_EV_CONFIG_END) + heard(B, ISAKMP_EV_CONFIG_END), 0);
        info = sa_info(A, next);
        assert_true(is_address(&info.ip4, 1));
        end();
        assert_int_equal(B->releases, 1);
    }
}

/* ... and what it had under the second SA until then ends. */
static void test_fixed_address_later(void **state)
{
    isakmp_addr a = first_address;
    (void)state;
    prepare(PULL, 542);
    A->peer.flags |= ISAKMP_PF_CONFIG_AGAIN;
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
    run_for(100);
    connect_from(1500);
    assert_int_equal(B->pool.used, 2);
    give_always(&a);
    connect_from(1500);
    assert_int_equal(B->assigns, 3);
    assert_int_equal(B->pool.used, 1);
    assert_int_equal(heard(B, ISAKMP_EV_CONFIG_END), 1);
    assert_true(is_leased(1));
    end();
    assert_int_equal(B->releases, 2);
}

static int drop_all(pair *p, wire_item *w)
{
    (void)p;
    (void)w;
    return PAIR_DROP;
}

/* The gateway's SA has gone, though the client has not heard of it, and is negotiated again for the child's sake. */
static void lose_and_begin_again(void)
{
    static forgery f;
    isakmp_delete d;
    memset(&d, 0, sizeof d);
    d.doi = ISAKMP_DOI_IPSEC;
    d.protocol = ISAKMP_PROTO_ISAKMP;
    d.spi_size = 16;
    d.count = 1;
    d.spis = isakmp__sa_cookies(inner_sa(B, first_sa(B)));
    forge_delete(&f, B, first_sa(B), 0x8888, &d);
    assert_int_equal(forge_send(&f, 1), ISAKMP_OK);
    assert_int_equal(sas_in(B, ISAKMP_SA_ENDED), 1);
    pr.filter = drop_all;
    assert_int_equal(isakmp_child_rekey(B->x, pr.now, first_child(B), NULL), ISAKMP_OK);
    run_for(10);
    pr.filter = NULL;
    assert_int_equal(sas_in(B, ISAKMP_SA_NEGOTIATING), 1);
}

/* An SA that is negotiated again still has the address: if the client is first with one it goes over to that. */
static void test_while_it_is_negotiated_again(void **state)
{
    (void)state;
    prepare(PUSH, 543);
    A->peer.flags |= ISAKMP_PF_REKEY;
    B->peer.flags |= ISAKMP_PF_REKEY;
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
    run_for(100);
    assert_true(both_up(1) && has_address(1));
    lose_and_begin_again();
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
    run_for(100);
    assert_int_equal(sas_in(B, ISAKMP_SA_UP), 1);
    assert_int_equal(B->assigns, 1);
    assert_int_equal(B->pool.used, 1);
    assert_int_equal(heard(B, ISAKMP_EV_CONFIG_END), 0);
    end();
    assert_int_equal(B->releases, 1);
}

/* The client negotiates a new SA, keeps its address, and says goodbye under the old one; but to the gateway it comes from
 * another port by then, and is somebody else, and the goodbye is lost.  What it proposes is refused; so it asks again. */
static int shift_port(pair *p, wire_item *w)
{
    (void)p;
    if (w->from == 0 && w->path.local.port < 20000)
        w->path.local.port = (uint16_t)(w->path.local.port + 20000);
    if (w->from == 1 && w->path.remote.port > 20000)
        w->path.remote.port = (uint16_t)(w->path.remote.port - 20000);
    return PAIR_DELIVER;
}

static void test_lost_without_a_word(void **state)
{
    (void)state;
    for (int pulls = 0; pulls < 2; pulls++) {
        isakmp_sa_id old, next;
        prepare(PULL, 547);
        A->peer.flags |= ISAKMP_PF_NO_NATT;
        pair_start(&pr);
        old = pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
        run_for(100);
        pr.filter = shift_port;
        next = pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
        run_for(100);
        pr.filter = drop_all;
        assert_int_equal(isakmp_close(A->x, pr.now, old), ISAKMP_OK);
        assert_int_equal(isakmp_close(B->x, pr.now, first_sa(B)), ISAKMP_OK);
        pr.filter = shift_port;
        assert_true(sa_info(A, next).ip4.family == 4 && sa_info(B, first_sa(B)).ip4.family == 0);
        assert_int_equal(B->pool.used, 0);
        if (!pulls)
            A->peer.flags ^= ISAKMP_PF_CONFIG_PULL | ISAKMP_PF_CONFIG_ACCEPT;
        add_child(A, next, &A->child);
        run_for(100);
        assert_int_equal(last_event(A, ISAKMP_EV_CHILD_DOWN)->notify,
                         ISAKMP_N_INVALID_ID_INFORMATION);
        assert_int_equal(B->assigns, 1 + pulls);
        assert_int_equal(B->pool.used, pulls);
        add_child(A, next, &A->child);
        run_for(100);
        assert_true(is_up(A, (unsigned)pulls) && is_up(B, (unsigned)pulls));
        pr.filter = NULL;
        if (pulls)
            assert_true(has_address(1));
        end();
    }
}

/* The client has restarted, and does not say so: the gateway, which begins, thinks that it has its address still, until it
 * proposes something else. */
static void test_forgotten_without_a_word(void **state)
{
    (void)state;
    for (int pushes = 0; pushes < 2; pushes++) {
        come_up_configured(PUSH, 0, ISAKMP_EXCH_MAIN);
        pr.filter = NULL;
        pair_restart(&pr, 0);
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
        if (!pushes)
            B->peer.flags ^= ISAKMP_PF_CONFIG_PUSH | ISAKMP_PF_CONFIG_ANSWER;
        run_for(12000);
        assert_int_equal(heard(A, ISAKMP_EV_CONFIG_NONE), 1);
        assert_int_equal(last_event(A, ISAKMP_EV_CHILD_DOWN)->notify,
                         ISAKMP_N_INVALID_ID_INFORMATION);
        assert_int_equal(B->assigns, 1 + pushes);
        assert_int_equal(heard(A, ISAKMP_EV_CONFIG), 1 + pushes);
        assert_int_equal(B->pool.used, 1);
        add_child(A, first_sa(A), &A->child);
        run_for(100);
        assert_int_equal(children_in(A, ISAKMP_CHILD_UP), pushes);
        /* What is refused for another reason is no sign of that. */
        A->child.remote = pair_subnet(77);
        add_child(A, first_sa(A), &A->child);
        run_for(100);
        assert_int_equal(children_in(A, ISAKMP_CHILD_UP), pushes);
        assert_int_equal(B->assigns, 1 + pushes);
        end();
        assert_int_equal(B->releases, 1);
    }
}

/* The gateway's SA has gone, though the client has not heard of it, and only a child keeps the address: it goes over to
 * the next SA all the same, and nobody is told that the client has none. */
static void test_kept_by_a_child(void **state)
{
    static forgery f;
    isakmp_delete d;
    (void)state;
    prepare(PULL, 551);
    A->peer.flags |= ISAKMP_PF_REKEY;
    B->peer.flags |= ISAKMP_PF_REKEY;
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
    run_for(100);
    memset(&d, 0, sizeof d);
    d.doi = ISAKMP_DOI_IPSEC;
    d.protocol = ISAKMP_PROTO_ISAKMP;
    d.spi_size = 16;
    d.count = 1;
    d.spis = isakmp__sa_cookies(inner_sa(B, first_sa(B)));
    forge_delete(&f, B, first_sa(B), 0x8888, &d);
    assert_int_equal(forge_send(&f, 1), ISAKMP_OK);
    assert_int_equal(sas_in(B, ISAKMP_SA_ENDED), 1);
    assert_int_equal(isakmp_rekey(A->x, pr.now, first_sa(A), NULL), ISAKMP_OK);
    run_for(30000);
    assert_true(both_up(1));
    assert_true(has_address(1));
    assert_int_equal(heard(B, ISAKMP_EV_CONFIG_NONE), 0);
    assert_int_equal(heard(B, ISAKMP_EV_CONFIG), 2);
    assert_true(B->kept);
    assert_int_equal(B->assigns, 1);
    end();
}

/* ---- For a time --------------------------------------------------------------------------------- */

static void come_up_for_ten_minutes(int way, uint64_t seed)
{
    static const uint8_t ten_minutes[4] = {0, 0, 2, 88};
    prepare(way, seed);
    B->peer.flags |= ISAKMP_PF_CONFIG_ANSWER;
    add_gift(B, ISAKMP_CFG_ADDRESS_EXPIRY, ten_minutes, 4);
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
    run_for(100);
}

/* An address is given for ten minutes: it is asked for again when half of that is over, also under a new SA, and also by
 * a client to which it was pushed, if the gateway answers. */
static void test_an_address_for_a_time(void **state)
{
    (void)state;
    for (int way = PUSH; way <= PULL; way++) {
        come_up_for_ten_minutes(way, 548);
        assert_true(has_address(1));
        for (unsigned i = 1; i <= 4; i++) {
            isakmp_sa_id old = first_sa(A);
            run_for(299000);
            assert_int_equal(B->assigns, i);
            run_for(1000);
            assert_int_equal(B->assigns, 1 + i);
            assert_true(is_address(&B->wish, 1) && is_address(&B->had, 1));
            if (i != 2)
                continue;
            pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
            run_for(100);
            assert_int_equal(isakmp_close(A->x, pr.now, old), ISAKMP_OK);
            add_child(A, first_sa(A), &A->child);
            run_for(500);
        }
        assert_true(both_up(1));
        assert_true(has_address(1));
        assert_int_equal(B->releases, 0);
        end();
        assert_int_equal(B->releases, 1);
    }
}

/* It goes over to another SA, and comes back. */
static void test_an_address_that_comes_back(void **state)
{
    isakmp_sa_id next;
    (void)state;
    come_up_for_ten_minutes(PULL, 550);
    next = pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
    run_for(310000);
    assert_int_equal(B->assigns, 2);
    assert_int_equal(sa_info(A, next).ip4.family, 4);
    assert_int_equal(isakmp_close(A->x, pr.now, next), ISAKMP_OK);
    run_for(300000);
    assert_int_equal(B->assigns, 3);
    assert_true(both_up(1));
    assert_true(has_address(1));
    end();
}

/* The gateway answers no more: it is asked a few times, and the client goes on. */
static void test_an_address_that_is_not_renewed(void **state)
{
    unsigned sent;
    (void)state;
    come_up_for_ten_minutes(PULL, 549);
    pr.filter = drop_transactions;
    sent = A->sends;
    run_for(700000);
    assert_in_range(A->sends - sent, 12, 40);
    sent = A->sends;
    run_for(700000);
    assert_int_equal(A->sends, sent);
    assert_true(both_up(1));
    assert_true(has_address(1));
    end();
}

/* ---- Full pools ------------------------------------------------------------------------------ */

static void test_no_room_for_assignments(void **state)
{
    (void)state;
    for (int who = 0; who < 2; who++) {
        isakmp_path path;
        isakmp_sa_id sa;
        prepare(PULL, 517);
        pr.p[who].config.limits.assignments = 1;
        pair_start(&pr);
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
        run_for(100);
        assert_true(both_up(1));
        path = pair_path(&pr, 0);
        path.local.port = 1500;
        assert_int_equal(isakmp_connect(A->x, pr.now, &A->peer, &path, ISAKMP_EXCH_MAIN, &sa),
                         ISAKMP_OK);
        run_for(100);
        assert_int_equal(sas_in(B, ISAKMP_SA_UP), 2);
        assert_int_equal(sa_info(A, sa).ip4.family, 0);
        if (who == 1) { /* it was given back at once, and the REQUEST answered */
            assert_int_equal(B->releases, 1);
            assert_int_equal(last_event(B, ISAKMP_EV_CONFIG_NONE)->detail, ISAKMP_D_NO_ADDRESS);
            assert_int_equal(heard(A, ISAKMP_EV_CONFIG_NONE), 1);
        }
        end();
    }
}

/* With as few exchanges as there can be. */
static void test_one_exchange(void **state)
{
    (void)state;
    for (int way = PUSH; way <= PULL; way++) {
        prepare(way, 518);
        A->config.limits.exchanges = B->config.limits.exchanges = 1;
        pair_start(&pr);
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
        run_for(9000);
        assert_true(both_up(1));
        assert_true(has_address(1));
        end();
    }
}

/* ---- What is said ----------------------------------------------------------------------------- */

/* Everything that the gateway gives arrives as it is, also what nobody knows. */
static void test_all_that_is_given(void **state)
{
    static const uint8_t net[] = {10, 2, 0, 0, 255, 255, 0, 0}, dns[] = {10, 2, 0, 53};
    (void)state;
    for (int way = PUSH; way <= PULL; way++) {
        prepare(way, 519);
        B->give_ip6 = 1;
        add_gift(B, ISAKMP_CFG_IP4_DNS, dns, 4);
        add_gift(B, ISAKMP_CFG_IP4_DNS, dns, 4);
        add_gift(B, ISAKMP_CFG_IP4_SUBNET, net, 8);
        add_gift(B, ISAKMP_CFG_BANNER, "Welcome", 7);
        add_gift(B, 0x4444, "?", 1);
        pair_start(&pr);
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
        run_for(100);
        assert_true(both_up(1));
        assert_true(has_address(1));
        assert_int_equal(A->ip6.family, 6);
        assert_int_equal(A->ip6.ip[15], 9);
        assert_int_equal(A->got_n, 8 + 20 + B->gift_n);
        assert_memory_equal(A->got + 28, B->gift, B->gift_n);
        end();
        assert_string_equal(last_event(A, ISAKMP_EV_CONFIG)->text,
                            "we have from 192.0.2.2:500 the address 10.9.0.1 and "
                            "2001:db8::9");
    }
}

/* With an address of IPv6 alone, through a tunnel of IPv4. */
static void test_ip6(void **state)
{
    static const uint8_t ip6[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7};
    uint8_t prefixed[17];
    (void)state;
    for (int with_prefix = 0; with_prefix < 2; with_prefix++) {
        memcpy(prefixed, ip6, 16);
        prefixed[16] = 64;
        prepare(PULL, 520);
        A->child.remote.family = B->child.local.family = 6;
        memset(A->child.remote.lo, 0, 16);
        memset(A->child.remote.hi, 0xff, 16);
        memset(B->child.local.lo, 0, 16);
        memset(B->child.local.hi, 0xff, 16);
        B->only_gift = 1;
        add_gift(B, ISAKMP_CFG_IP6_ADDRESS, prefixed, 16u + (unsigned)with_prefix);
        pair_start(&pr);
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
        run_for(100);
        assert_true(both_up(1));
        assert_int_equal(child_info(A, first_child(A)).local.family, 6);
        assert_memory_equal(child_info(A, first_child(A)).local.lo, ip6, 16);
        end();
    }
}

/* T-80: what a gateway writes into its texts reaches the host as it is, and a log only escaped. */
static unsigned bad_lines, text_lines;

static void look_at_line(peer *p, int level, const char *line)
{
    (void)p;
    (void)level;
    for (const char *c = line; *c; c++)
        bad_lines += (unsigned char)*c < 0x20 || (unsigned char)*c > 0x7e;
    text_lines += strstr(line, "the gateway says") != NULL;
}

static void test_T80_hostile_texts(void **state)
{
    static const char texts[][12] = {"\n\r\x1b[2Jx",  "$(reboot)", "a\0b", "\xff\xfe\xc0\x80",
                                     "\xe2\x80\xae!", "';--",      "%s%n"};
    static char longest[800];
    (void)state;
    memset(longest, '\x07', sizeof longest);
    for (int way = PUSH; way <= PULL; way++)
        for (unsigned i = 0; i <= COUNT(texts); i++) {
            const char *text = i < COUNT(texts) ? texts[i] : longest;
            size_t n = i < COUNT(texts) ? sizeof texts[0] - 1 : sizeof longest;
            prepare(way, 521);
            add_gift(B, ISAKMP_CFG_BANNER, text, n);
            add_gift(B, ISAKMP_CFG_DEFAULT_DOMAIN, text, n > 100 ? 100 : n);
            pair_start(&pr);
            A->hear_line = look_at_line;
            bad_lines = text_lines = 0;
            pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
            run_for(100);
            assert_true(both_up(1));
            assert_int_equal(bad_lines, 0);
            if (ISAKMP_LOG_LINES)
                assert_true(text_lines >= 2);
            assert_memory_equal(A->got + A->got_n - B->gift_n, B->gift, B->gift_n);
            end();
        }
}

/* Attributes at random, from a peer that has the keys: nothing breaks, every REQUEST and SET that is whole is
 * answered, and what the child has stays as it is. */
static size_t random_attrs(uint8_t *out, size_t cap)
{
    size_t n = 0, most = dice(200);
    while (n + 8 < most && n + 44 < cap) {
        uint32_t base = dice(4) ? 1 : 28672, size = dice(40);
        isakmp__put16(out + n, base + dice(17));
        isakmp__put16(out + n + 2, size);
        if (dice(8) == 0)
            out[n] |= 0x80;
        for (uint32_t i = 0; i < size; i++)
            out[n + 4 + i] = (uint8_t)dice(256);
        n += out[n] & 0x80 ? 4 : 4 + size;
    }
    return dice(5) ? n : n - (n ? 1 : 0);
}

static void test_random_attributes(void **state)
{
    static forgery f;
    uint8_t attrs[256];
    (void)state;
    dice_state = 5;
    for (int way = PUSH; way <= PULL; way++) {
        unsigned heeded = 0;
        come_up_configured(way, 0, ISAKMP_EXCH_MAIN);
        for (uint32_t i = 1; i <= 3000; i++) {
            int to = (int)dice(2);
            uint8_t type = (uint8_t)dice(6);
            unsigned sends = pr.p[to].sends;
            size_t n = random_attrs(attrs, sizeof attrs);
            forge_config(&f, &pr.p[1 - to], 0x10000 + i, type, (uint16_t)i, attrs, n);
            if (forge_send(&f, to) == ISAKMP_OK) {
                assert_true(type == ISAKMP_CFG_REQUEST || type == ISAKMP_CFG_SET);
                assert_int_equal(pr.p[to].sends, sends + 1);
                heeded++;
            }
            pr.n_wire = 0;
            run_for(100);
        }
        assert_true(heeded > 500);
        assert_int_equal(children_in(A, ISAKMP_CHILD_UP), 1);
        assert_int_equal(children_in(B, ISAKMP_CHILD_UP), 1);
        assert_true(is_leased(1));
        assert_int_equal(B->pool.used, 1);
        end();
    }
}

/* ---- Everything fails once -------------------------------------------------------------------- */

static void prepare_failing(int way)
{
    prepare(way, 522);
    A->reentry = B->reentry = 1;
    A->peer.config_s = B->peer.config_s = 5;
    pair_start(&pr);
}

static void check_rest(int way, const char *what, unsigned nth, int who)
{
    if (!both_agree())
        fail_msg("way %d, %s %u of peer %d: the peers did not come to rest", way, what, nth, who);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(stats_of(&pr.p[i]).exchanges, 0);
        assert_int_equal(stats_of(&pr.p[i]).packets, 0);
    }
    assert_true(B->pool.used <= sas_in(B, 0));
}

static void test_T72_everything_fails_once(void **state)
{
    (void)state;
    for (int way = PUSH; way <= PULL; way++)
        for (int who = 0; who < 2; who++) {
            unsigned callbacks, calls, begin;
            prepare_failing(way);
            begin = pr.p[who].toy.all_calls + 1;
            pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
            run_for(1000);
            assert_true(both_up(1));
            callbacks = pr.p[who].callbacks;
            calls = pr.p[who].toy.all_calls;
            end();
            for (unsigned i = 1; i <= callbacks; i++) {
                prepare_failing(way);
                pr.p[who].fail_at = i;
                pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
                run_for(LONG_MS);
                check_rest(way, "callback", i, who);
                end();
            }
            for (unsigned i = begin; i <= calls; i++) {
                prepare_failing(way);
                pr.p[who].toy.fail_at = i;
                pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
                run_for(LONG_MS);
                check_rest(way, "provider call", i, who);
                end();
            }
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ways_and_roles),
        cmocka_unit_test(test_children_come_after),
        cmocka_unit_test(test_more_children),
        cmocka_unit_test(test_unity),
        cmocka_unit_test(test_not_named),
        cmocka_unit_test(test_each_message_lost_doubled_late),
        cmocka_unit_test(test_rough_network),
        cmocka_unit_test(test_quick_mode_overtakes),
        cmocka_unit_test(test_silence),
        cmocka_unit_test(test_refusal),
        cmocka_unit_test(test_refused_by_a_notify),
        cmocka_unit_test(test_nothing_to_give),
        cmocka_unit_test(test_ready_for_both),
        cmocka_unit_test(test_pending),
        cmocka_unit_test(test_asked_while_asking),
        cmocka_unit_test(test_pending_too_long),
        cmocka_unit_test(test_answers_that_do_not_fit),
        cmocka_unit_test(test_unsolicited),
        cmocka_unit_test(test_set_that_is_not_accepted),
        cmocka_unit_test(test_asks_again),
        cmocka_unit_test(test_another_address),
        cmocka_unit_test(test_every_request_is_answered),
        cmocka_unit_test(test_what_is_acknowledged),
        cmocka_unit_test(test_truncated_attributes),
        cmocka_unit_test(test_answers_that_do_not_match),
        cmocka_unit_test(test_ack_with_values),
        cmocka_unit_test(test_message_id_again),
        cmocka_unit_test(test_unprotected),
        cmocka_unit_test(test_not_before_the_user),
        cmocka_unit_test(test_clients_own_address_only),
        cmocka_unit_test(test_policy_that_is_not_open),
        cmocka_unit_test(test_children_keep_it),
        cmocka_unit_test(test_new_sa_takes_over),
        cmocka_unit_test(test_again),
        cmocka_unit_test(test_client_restarts),
        cmocka_unit_test(test_another_address_after_a_restart),
        cmocka_unit_test(test_another_address_from_a_new_gateway),
        cmocka_unit_test(test_no_address_of_the_family),
        cmocka_unit_test(test_same_name_elsewhere),
        cmocka_unit_test(test_fixed_address),
        cmocka_unit_test(test_fixed_address_later),
        cmocka_unit_test(test_while_it_is_negotiated_again),
        cmocka_unit_test(test_lost_without_a_word),
        cmocka_unit_test(test_forgotten_without_a_word),
        cmocka_unit_test(test_kept_by_a_child),
        cmocka_unit_test(test_an_address_for_a_time),
        cmocka_unit_test(test_an_address_that_comes_back),
        cmocka_unit_test(test_an_address_that_is_not_renewed),
        cmocka_unit_test(test_no_room_for_assignments),
        cmocka_unit_test(test_one_exchange),
        cmocka_unit_test(test_stale_answer_about_a_known_address),
        cmocka_unit_test(test_all_that_is_given),
        cmocka_unit_test(test_ip6),
        cmocka_unit_test(test_T80_hostile_texts),
        cmocka_unit_test(test_random_attributes),
        cmocka_unit_test(test_T72_everything_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
