/* flow/flow_natt.c -- NAT traversal [RFC3947]: a network that rewrites addresses and ports, on one side
 * or on both; detection, floating to port 4500, UDP encapsulation, and a peer whose mapping changes. */
#include "flow/forge.h"

/* A NAT before a peer: what it sends comes from `outer`, and what is sent to `outer` reaches it.  Each
 * inner port has an outer one of its own. */
typedef struct nat {
    int on;
    uint8_t last; /* last octet of the outer address, 198.51.100.x */
    uint16_t shift;
    int forwarded; /* 1: port n is n outside (a server behind a NAT) */
} nat;

static nat nats[2];
static unsigned crooked; /* datagrams that no NAT would have let in */

static uint16_t outer_port(const nat *n, uint16_t port)
{
    return n->forwarded ? port : (uint16_t)(port + 20000 + n->shift);
}

static void outer_addr(const nat *n, isakmp_addr *a)
{
    static const uint8_t net[4] = {198, 51, 100, 0};
    memcpy(a->ip, net, 4);
    a->ip[3] = n->last;
    a->port = outer_port(n, a->port);
}

/* On its way a datagram changes its source at the sender's NAT, and its destination at the
 * receiver's. */
static int translate(pair *p, wire_item *w)
{
    const nat *mine = &nats[w->from], *theirs = &nats[1 - w->from];
    const peer *to = &p->p[1 - w->from];
    if (mine->on)
        outer_addr(mine, &w->path.local);
    if (theirs->on) {
        isakmp_addr want = to->addr;
        want.port = w->path.natt ? 4500 : 500;
        outer_addr(theirs, &want);
        if (!isakmp_addr_equal(&want, &w->path.remote)) {
            crooked++;
            return PAIR_DROP;
        }
        w->path.remote = to->addr;
        w->path.remote.port = w->path.natt ? 4500 : 500;
    }
    /* A datagram of the 4500 socket goes to the other's 4500 socket, and has the marker. */
    assert_int_equal(w->path.remote.port, w->path.natt ? 4500 : 500);
    if (w->path.natt)
        assert_true(isakmp__all_zero(w->data, 4));
    return PAIR_DELIVER;
}

static void prepare(uint64_t seed, int nat_a, int nat_b)
{
    pair_init(&pr, seed);
    memset(nats, 0, sizeof nats);
    crooked = 0;
    nats[0].on = nat_a;
    nats[0].last = 1;
    nats[1].on = nat_b;
    nats[1].last = 2;
    nats[1].forwarded = 1;
    pr.filter = translate;
    pr.natted = 1;
    pair_start(&pr);
}

/* peer 0 begins towards where peer 1 can be reached. */
static isakmp_sa_id connect_through(uint8_t exchange, int child)
{
    isakmp_path path = pair_path(&pr, 0);
    isakmp_sa_id sa = {0};
    isakmp_child_id c;
    if (nats[1].on)
        outer_addr(&nats[1], &path.remote);
    assert_int_equal(isakmp_connect(A->x, pr.now, &A->peer, &path, exchange, &sa), ISAKMP_OK);
    if (child)
        assert_int_equal(isakmp_child_connect(A->x, pr.now, sa, &A->child, &c), ISAKMP_OK);
    return sa;
}

static void check_path(const peer *p, int natted_peer)
{
    isakmp_path path = sa_info(p, first_sa(p)).path;
    isakmp_addr want = pr.p[1 - p->index].addr;
    want.port = 4500;
    if (natted_peer)
        outer_addr(&nats[1 - p->index], &want);
    assert_int_equal(path.natt, 1);
    assert_int_equal(path.local.port, 4500);
    assert_true(isakmp_addr_equal(&path.remote, &want));
}

static const uint8_t exchanges[] = {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_AGGRESSIVE};

/* Before the initiator, before the responder, before both; both modes. */
static void test_detection_and_floating(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++)
        for (int where = 1; where < 4; where++) {
            int a = where & 1, b = where >> 1;
            prepare(200 + (uint64_t)where, a, b);
            connect_through(exchanges[k], 1);
            run_for(100);
            if (!both_up(1))
                fail_msg("exchange %u, NAT %d: the peers did not come up", exchanges[k], where);
            assert_int_equal(crooked, 0);
            assert_int_equal(sa_info(A, first_sa(A)).nat,
                             (a ? ISAKMP_NAT_LOCAL : 0) | (b ? ISAKMP_NAT_REMOTE : 0));
            assert_int_equal(sa_info(B, first_sa(B)).nat,
                             (a ? ISAKMP_NAT_REMOTE : 0) | (b ? ISAKMP_NAT_LOCAL : 0));
            check_path(A, b);
            check_path(B, a);
            for (int i = 0; i < 2; i++) {
                assert_int_equal(heard(&pr.p[i], ISAKMP_EV_NAT), 1);
                assert_int_equal(last_event(&pr.p[i], ISAKMP_EV_NAT)->nat,
                                 sa_info(&pr.p[i], first_sa(&pr.p[i])).nat);
                assert_int_equal(child_info(&pr.p[i], first_child(&pr.p[i])).natt, 1);
                assert_int_equal(pr.p[i].sad[0].e.natt, 1);
                assert_int_equal(pr.p[i].sad[0].e.src.port != 500, 1);
            }
            finish();
        }
}

/* The SAD entries say where encapsulated ESP goes: through the NAT, from port 4500. */
static void test_addresses_of_the_children(void **state)
{
    (void)state;
    prepare(210, 1, 0);
    connect_through(ISAKMP_EXCH_MAIN, 1);
    run_for(100);
    for (int i = 0; i < 2; i++) {
        const isakmp_sad_entry *e = &B->sad[i].e;
        const isakmp_addr *theirs = e->inbound ? &e->src : &e->dst;
        const isakmp_addr *ours = e->inbound ? &e->dst : &e->src;
        assert_int_equal(theirs->ip[0], 198);
        assert_int_equal(theirs->port, 24500);
        assert_int_equal(ours->port, 4500);
    }
    finish();
}

/* Which message is the first on port 4500. */
static unsigned first_natt[2], seen;

static int note_port(pair *p, wire_item *w)
{
    int verdict = translate(p, w);
    seen++;
    if (w->path.natt && first_natt[w->from] == 0)
        first_natt[w->from] = seen;
    return verdict;
}

static void test_where_the_port_changes(void **state)
{
    static const unsigned want[2][2] = {{5, 6}, {3, 5}}; /* MM5 and MM6; AM3, and QM2 after QM1 */
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        prepare(211, 1, 0);
        pr.filter = note_port;
        seen = first_natt[0] = first_natt[1] = 0;
        connect_through(exchanges[k], 1);
        run_for(100);
        assert_true(both_up(1));
        assert_int_equal(first_natt[0], want[k][0]);
        assert_int_equal(first_natt[1], want[k][1]);
        finish();
    }
}

/* In Aggressive Mode the third message says where the initiator is: what the responder says next, its
 * shorter lifetime, goes there. */
static void test_responder_follows_aggressive_mode(void **state)
{
    (void)state;
    prepare(212, 1, 0);
    B->policies[0].life_s = 3600;
    connect_through(ISAKMP_EXCH_AGGRESSIVE, 0);
    run_for(100);
    assert_true(both_up(0));
    check_path(B, 1);
    assert_int_equal(sa_info(A, first_sa(A)).suite.life_s, 3600);
    assert_int_equal(crooked, 0);
    finish();
}

/* A peer whose address is its own does not wander: a message of its, relayed by somebody else, is read,
 * but answers still go where the peer is [RFC3947 7].  The other way round, behind a NAT it may. */
static unsigned relayed;

static int relay(pair *p, wire_item *w)
{
    if (w->from == 1 && header_of(w).exchange == ISAKMP_EXCH_QUICK && relayed == 0) {
        w->path.local.ip[3] = 66;
        w->path.local.port = 4500;
        relayed = 1;
        return PAIR_DELIVER;
    }
    return translate(p, w);
}

static void test_only_the_peer_behind_a_nat_is_followed(void **state)
{
    isakmp_path before, after;
    (void)state;
    prepare(214, 1, 0);
    connect_through(ISAKMP_EXCH_MAIN, 0);
    run_for(100);
    assert_true(both_up(0));
    before = sa_info(A, first_sa(A)).path;
    relayed = 0;
    pr.filter = relay;
    add_child(B, first_sa(B), &B->child);
    run_for(100);
    assert_int_equal(relayed, 1);
    after = sa_info(A, first_sa(A)).path;
    assert_true(isakmp_addr_equal(&before.remote, &after.remote));
    assert_true(both_up(1));
    pr.filter = translate;
    finish();
}

/* With signatures anybody who exchanges public values has keys before he has proved anything: what comes
 * under them does not say where the peer is. */
static void test_nobody_is_followed_before_a_proof(void **state)
{
    isakmp_path before, after, elsewhere;
    isakmp_notify n;
    forgery f;
    (void)state;
    prepare(215, 1, 0);
    pair_end(&pr);
    A->policies[0].auth = B->policies[0].auth = ISAKMP_AUTH_RSA_SIG;
    pair_start(&pr);
    connect_through(ISAKMP_EXCH_MAIN, 0);
    while (!inner_sa(A, first_sa(A))->keyed)
        assert_true(pair_deliver(&pr));
    pr.n_wire = 0; /* the fifth message is not sent on */
    before = sa_info(B, first_sa(B)).path;
    memset(&n, 0, sizeof n);
    n.doi = ISAKMP_DOI_IPSEC;
    n.protocol = ISAKMP_PROTO_ISAKMP;
    n.type = ISAKMP_N_CONNECTED;
    forge_notify(&f, B, first_sa(B), 77, &n); /* both have the same keys */
    elsewhere = before;
    elsewhere.remote.ip[3] ^= 0x40;
    elsewhere.remote.port++;
    assert_int_equal(isakmp_input(B->x, pr.now, &elsewhere, f.data, f.w.len), ISAKMP_OK);
    assert_int_equal(last_event(B, ISAKMP_EV_NOTIFY)->authentic, 0);
    after = sa_info(B, first_sa(B)).path;
    assert_true(isakmp_addr_equal(&before.remote, &after.remote));
    run_for(60000);
    finish();
}

/* A client of hybrid authentication proves nothing, but is answered where it is [RFC3947 4]. */
static void test_a_client_is_followed(void **state)
{
    static const unsigned want[2][2] = {{5, 6}, {3, 4}}; /* what follows AM3 asks for the user */
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        prepare(216, 1, 0);
        pair_end(&pr);
        A->policies[0].auth = B->policies[0].auth = ISAKMP_AUTH_HYBRID_INIT_RSA;
        A->mute_user = 1;
        pair_start(&pr);
        pr.filter = note_port;
        seen = first_natt[0] = first_natt[1] = 0;
        connect_through(exchanges[k], 0);
        run_for(100);
        assert_int_equal(sas_in(A, ISAKMP_SA_XAUTH) + sas_in(B, ISAKMP_SA_XAUTH), 2);
        assert_int_equal(first_natt[0], want[k][0]);
        assert_int_equal(first_natt[1], want[k][1]);
        check_path(B, 1);
        finish();
    }
}

/* ... but nothing in the clear moves anybody: message 4 from somewhere else makes keys, and no way. */
static int from_elsewhere(pair *p, wire_item *w)
{
    isakmp_path elsewhere;
    isakmp_span s = {w->data, w->n};
    isakmp_msg m;
    if (w->from == 0 || header_of(w).flags & ISAKMP_FLAG_ENCRYPTION ||
        isakmp_msg_parse(&m, s) != ISAKMP_OK || !isakmp_msg_find(&m, ISAKMP_PAYLOAD_KE, 0).p)
        return PAIR_DELIVER;
    elsewhere = sa_info(A, first_sa(A)).path;
    elsewhere.remote.ip[3] ^= 0x40;
    assert_int_equal(isakmp_input(A->x, p->now, &elsewhere, w->data, w->n), ISAKMP_OK);
    seen++;
    return PAIR_DROP;
}

static void test_no_client_is_led_astray(void **state)
{
    isakmp_path before, after;
    (void)state;
    prepare(217, 1, 0);
    pair_end(&pr);
    A->policies[0].auth = B->policies[0].auth = ISAKMP_AUTH_HYBRID_INIT_RSA;
    A->mute_user = 1;
    pair_start(&pr);
    seen = 0;
    pr.arrive = from_elsewhere;
    connect_through(ISAKMP_EXCH_MAIN, 0);
    before = sa_info(A, first_sa(A)).path;
    while (seen == 0)
        assert_true(pair_deliver(&pr));
    after = sa_info(A, first_sa(A)).path;
    assert_true(inner_sa(A, first_sa(A))->keyed);
    assert_memory_equal(before.remote.ip, after.remote.ip, 4);
    run_for(60000);
    finish();
}

/* No NAT: no change of port, no encapsulation. */
static void test_no_nat(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        prepare(213, 0, 0);
        connect_through(exchanges[k], 1);
        run_for(100);
        assert_true(both_up(1));
        assert_int_equal(sa_info(A, first_sa(A)).nat, 0);
        assert_int_equal(sa_info(B, first_sa(B)).path.natt, 0);
        assert_int_equal(heard(A, ISAKMP_EV_NAT) + heard(B, ISAKMP_EV_NAT), 0);
        assert_int_equal(A->sad[0].e.natt, 0);
        finish();
    }
}

/* Either side may not want it: then the NAT is not seen. */
static void test_switched_off(void **state)
{
    (void)state;
    for (int who = 0; who < 3; who++)
        for (unsigned k = 0; k < 2; k++) {
            prepare(214, 1, 0);
            for (int i = 0; i < 2; i++)
                if (who == i || who == 2)
                    pr.p[i].peer.flags |= ISAKMP_PF_NO_NATT;
            connect_through(exchanges[k], 1);
            run_for(100);
            assert_true(both_up(1));
            assert_int_equal(sa_info(A, first_sa(A)).nat + sa_info(B, first_sa(B)).nat, 0);
            assert_int_equal(sa_info(B, first_sa(B)).path.natt, 0);
            finish();
        }
}

static void test_extension_not_named(void **state)
{
    (void)state;
    for (int who = 0; who < 2; who++) {
        pair_init(&pr, 215);
        pr.p[who].config.extensions = NULL;
        come_up(ISAKMP_EXCH_MAIN, 1);
        assert_int_equal(sa_info(A, first_sa(A)).nat, 0);
        finish();
    }
}

/* Loss and repetition while the port changes. */
static struct {
    unsigned nth;
    int verdict;
} fate;

static int meet_fate(pair *p, wire_item *w)
{
    int verdict = translate(p, w);
    return w->serial == fate.nth && verdict == PAIR_DELIVER ? fate.verdict : verdict;
}

static void test_loss_behind_a_nat(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++)
        for (fate.verdict = PAIR_DROP; fate.verdict <= PAIR_TWICE; fate.verdict++)
            for (fate.nth = 1; fate.nth <= (k ? 6u : 9u); fate.nth++) {
                prepare(216, 1, 1);
                pr.filter = meet_fate;
                connect_through(exchanges[k], 1);
                run_for(20000);
                if (!both_up(1))
                    fail_msg("exchange %u, datagram %u: the peers did not come up", exchanges[k],
                             fate.nth);
                check_path(A, 1);
                check_path(B, 1);
                assert_int_equal(crooked, 0);
                pr.filter = translate;
                finish();
            }
}

/* How many entries of the SAD have their far end at a port. */
static unsigned ends_at(const peer *p, uint16_t port)
{
    unsigned n = 0;
    for (unsigned i = 0; i < PAIR_SAD; i++) {
        const sad_record *r = &p->sad[i];
        n += r->used && (r->e.inbound ? r->e.src.port : r->e.dst.port) == port;
    }
    return n;
}

/* The NAT forgets its mapping: from now on the peer comes from another port.  The first message that
 * is proven to be its own moves the SA there; nothing else does. */
static void test_the_mapping_changes(void **state)
{
    forgery f;
    isakmp_path path;
    isakmp_notify n;
    uint8_t data[PAIR_MTU];
    (void)state;
    prepare(217, 1, 0);
    connect_through(ISAKMP_EXCH_MAIN, 1);
    run_for(100);
    nats[0].shift = 7;
    /* A stranger from anywhere. */
    memset(&n, 0, sizeof n);
    n.doi = ISAKMP_DOI_IPSEC;
    n.protocol = ISAKMP_PROTO_ISAKMP;
    n.type = ISAKMP_N_REPLAY_STATUS;
    forge_notify(&f, B, first_sa(B), 31, &n);
    path = sa_info(B, first_sa(B)).path;
    path.remote.port = 6666;
    memset(data, 0, 4);
    memcpy(data + 4, f.data, f.w.len);
    data[40] ^= 1;
    assert_int_equal(isakmp_input(B->x, pr.now, &path, data, f.w.len + 4), ISAKMP_IGNORED);
    assert_int_equal(sa_info(B, first_sa(B)).path.remote.port, 24500);
    /* The peer itself. */
    add_child(A, first_sa(A), &A->child);
    run_for(100);
    assert_true(both_up(2));
    assert_int_equal(sa_info(B, first_sa(B)).path.remote.port, 24507);
    assert_int_equal(B->moves, 2);
    assert_int_equal(ends_at(B, 24507), 4);
    /* The responder reaches it there. */
    assert_int_equal(isakmp_close(B->x, pr.now, first_sa(B)), ISAKMP_OK);
    run_for(100);
    assert_int_equal(stats_of(A).sas, 0);
    assert_int_equal(crooked, 0);
    finish();
}

/* A packet of ESP that is proven to be the peer's does it, too [RFC3947 7]: who only receives says nothing else.
 * A host that cannot change what it has keeps it; ISAKMP goes to the new place all the same. */
static void test_esp_comes_from_elsewhere(void **state)
{
    (void)state;
    for (uint8_t stays = 0; stays < 2; stays++) {
        isakmp_path path;
        prepare(223, 1, 0);
        pair_end(&pr);
        B->stays = stays;
        pair_start(&pr);
        connect_through(ISAKMP_EXCH_MAIN, 1);
        run_for(100);
        assert_true(both_up(1));
        nats[0].shift = 7;
        path = sa_info(B, first_sa(B)).path;
        path.remote.port += 7;
        path.natt = 0;
        assert_int_equal(isakmp_sa_heard(B->x, pr.now, first_sa(B), &path), ISAKMP_OK);
        assert_int_equal(ends_at(B, 24500), 2);
        path.natt = 1;
        assert_int_equal(isakmp_sa_heard(B->x, pr.now, first_sa(B), &path), ISAKMP_OK);
        assert_int_equal(isakmp_sa_heard(B->x, pr.now, first_sa(B), &path), ISAKMP_OK);
        assert_int_equal(B->moves, stays ? 0 : 2);
        assert_int_equal(ends_at(B, 24507), stays ? 0 : 2);
        assert_int_equal(isakmp_close(B->x, pr.now, first_sa(B)), ISAKMP_OK);
        run_for(100);
        assert_int_equal(stats_of(A).sas, 0);
        finish();
    }
}

/* What a closed ISAKMP SA has left behind moves as well, and so does that which has taken its place. */
static void test_esp_of_an_ended_sa(void **state)
{
    isakmp_sa_id old;
    isakmp_path path;
    (void)state;
    prepare(224, 1, 0);
    B->policies[0].life_s = A->policies[0].life_s = 60;
    pair_end(&pr);
    pair_start(&pr);
    connect_through(ISAKMP_EXCH_MAIN, 1);
    run_for(61000);
    old = first_sa(B);
    assert_int_equal(sa_info(B, old).state, ISAKMP_SA_ENDED);
    connect_through(ISAKMP_EXCH_MAIN, 0);
    run_for(100);
    nats[0].shift = 9;
    path = sa_info(B, old).path;
    path.remote.port += 9;
    assert_int_equal(isakmp_sa_heard(B->x, pr.now, old, &path), ISAKMP_OK);
    assert_int_equal(ends_at(B, 24509), 2);
    assert_int_equal(sa_info(B, old).path.remote.port, 24509);
    assert_int_equal(sa_info(B, isakmp_sa_next(B->x, old)).path.remote.port, 24509);
    finish();
}

/* Two clients behind two NATs have the same address there, which is their identity, and the same key.  One begins for the
 * first time: that ends nothing of the other's.  Behind the same NAT it may be the same that has restarted; with a key of
 * its own, or the same user, it is, wherever it comes from. */
static void test_initial_contact_of_somebody_else(void **state)
{
    static const uint16_t auths[] = {ISAKMP_AUTH_PSK, ISAKMP_AUTH_XAUTH_INIT_PSK,
                                     ISAKMP_AUTH_RSA_SIG};
    (void)state;
    for (unsigned i = 0; i < COUNT(auths); i++)
        for (unsigned k = 0; k < COUNT(exchanges); k++)
            for (int there = 0; there < 2; there++) {
                unsigned stay = i == 0 && !there ? 2 : 1;
                pair_init(&pr, 235);
                A->policies[0].auth = B->policies[0].auth = auths[i];
                A->peer.flags |= ISAKMP_PF_INITIAL_CONTACT;
                B->peer.flags |= ISAKMP_PF_AGGRESSIVE_PSK;
                memset(nats, 0, sizeof nats);
                nats[0].on = 1;
                nats[0].last = 1;
                pr.filter = translate;
                pr.natted = 1;
                pair_start(&pr);
                connect_through(exchanges[k], 1);
                run_for(100);
                assert_true(both_up(1));
                pair_restart(&pr, 0);
                nats[0].last = there ? 1 : 3;
                connect_through(exchanges[k], 1);
                run_for(100);
                assert_int_equal(heard(B, ISAKMP_EV_NOTIFY), 2);
                assert_int_equal(sas_in(B, ISAKMP_SA_UP), stay);
                assert_int_equal(children_in(B, ISAKMP_CHILD_UP), stay);
                finish();
            }
}

/* Without a NAT between them an SA stays where it is, whoever says what from elsewhere. */
static void test_no_moving_without_nat(void **state)
{
    isakmp_path path;
    isakmp_notify n;
    forgery f;
    (void)state;
    prepare(218, 0, 0);
    connect_through(ISAKMP_EXCH_MAIN, 1);
    run_for(100);
    memset(&n, 0, sizeof n);
    n.doi = ISAKMP_DOI_IPSEC;
    n.protocol = ISAKMP_PROTO_ISAKMP;
    n.type = ISAKMP_N_REPLAY_STATUS;
    forge_notify(&f, B, first_sa(B), 32, &n);
    path = sa_info(B, first_sa(B)).path;
    path.remote.port = 6666;
    assert_int_equal(isakmp_input(B->x, pr.now, &path, f.data, f.w.len), ISAKMP_OK);
    assert_int_equal(isakmp_sa_heard(B->x, pr.now, first_sa(B), &path), ISAKMP_OK);
    assert_int_equal(B->moves, 0);
    assert_int_equal(sa_info(B, first_sa(B)).path.remote.port, 500);
    finish();
}

/* After the change of port an old message on port 500 does not bring the SA back there. */
static void test_no_way_back_to_500(void **state)
{
    isakmp_path path;
    isakmp_notify n;
    forgery f;
    (void)state;
    prepare(219, 1, 0);
    connect_through(ISAKMP_EXCH_MAIN, 1);
    run_for(100);
    memset(&n, 0, sizeof n);
    n.doi = ISAKMP_DOI_IPSEC;
    n.protocol = ISAKMP_PROTO_ISAKMP;
    n.type = ISAKMP_N_REPLAY_STATUS;
    forge_notify(&f, B, first_sa(B), 33, &n);
    path = pair_path(&pr, 1);
    (void)isakmp_input(B->x, pr.now, &path, f.data, f.w.len);
    check_path(B, 1);
    finish();
}

/* T-64: a NAT-D hash that is wrong by one bit is the hash of another address. */
static int spoil_natd(pair *p, wire_item *w)
{
    static opened o;
    part *natd;
    (void)p;
    if (w->from != 0 || header_of(w).exchange != ISAKMP_EXCH_MAIN)
        return PAIR_DELIVER;
    assert_true(open_item(&o, w));
    natd = find_part(&o, ISAKMP_PAYLOAD_NATD, 0);
    if (natd) {
        natd->body[natd->n - 1] ^= 1;
        close_item(&o, w);
    }
    return PAIR_DELIVER;
}

static void test_T64_natd_wrong_by_one_bit(void **state)
{
    (void)state;
    prepare(220, 0, 0);
    pr.arrive = spoil_natd;
    connect_through(ISAKMP_EXCH_MAIN, 0);
    run_for(100);
    assert_int_equal(last_event(B, ISAKMP_EV_NAT)->nat, ISAKMP_NAT_LOCAL);
    finish();
}

/* What comes on port 4500 without the marker is ESP, not ours; one octet is a keepalive. */
static void test_marker(void **state)
{
    static const uint8_t esp[40] = {1, 2, 3, 4}, keepalive[] = {0xff};
    isakmp_path path;
    uint8_t data[40];
    (void)state;
    prepare(221, 1, 0);
    connect_through(ISAKMP_EXCH_MAIN, 0);
    run_for(100);
    path = sa_info(B, first_sa(B)).path;
    memcpy(data, esp, sizeof esp);
    assert_int_equal(isakmp_input(B->x, pr.now, &path, data, sizeof data), ISAKMP_IGNORED);
    assert_int_equal(isakmp_count(B->x, ISAKMP_D_NOT_ESP_MARKER), 1);
    for (size_t n = 0; n < 4; n++) {
        memset(data, 0, sizeof data);
        assert_int_equal(isakmp_input(B->x, pr.now, &path, data, n), ISAKMP_IGNORED);
    }
    memcpy(data, keepalive, 1);
    assert_int_equal(isakmp_input(B->x, pr.now, &path, data, 1), ISAKMP_IGNORED);
    assert_int_equal(isakmp_count(B->x, ISAKMP_D_NOT_ESP_MARKER), 4);
    assert_true(both_up(0));
    finish();
}

/* The negotiation may begin on port 4500, with a NAT and without. */
static void test_beginning_on_4500(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++)
        for (int natted = 0; natted < 2; natted++) {
            isakmp_path path;
            isakmp_sa_id sa;
            isakmp_child_id c;
            prepare(223, natted, 0);
            path = pair_path(&pr, 0);
            path.natt = 1;
            path.local.port = path.remote.port = 4500;
            assert_int_equal(isakmp_connect(A->x, pr.now, &A->peer, &path, exchanges[k], &sa),
                             ISAKMP_OK);
            assert_int_equal(isakmp_child_connect(A->x, pr.now, sa, &A->child, &c), ISAKMP_OK);
            run_for(100);
            assert_true(both_up(1));
            check_path(A, 0);
            check_path(B, natted);
            assert_int_equal(child_info(B, first_child(B)).natt, natted);
            assert_int_equal(crooked, 0);
            finish();
        }
}

/* ---- Keepalives [RFC3948 4] ----------------------------------------------------------------- */

/* Time passes; no deadline is ever in the past. */
static void pass(isakmp_time ms)
{
    isakmp_time end = pr.now + ms;
    while (pr.now < end) {
        run_for(end - pr.now < 500 ? end - pr.now : 500);
        for (int i = 0; i < 2; i++)
            assert_true(isakmp_deadline(pr.p[i].x) > pr.now);
    }
}

/* Only from behind the NAT, on port 4500, and not while there is anything else to be sent. */
static void test_keepalives(void **state)
{
    (void)state;
    for (int where = 0; where < 4; where++) {
        int a = where & 1, b = where >> 1;
        prepare(224, a, b);
        connect_through(ISAKMP_EXCH_MAIN, 1);
        run_for(100);
        pass(19000);
        assert_int_equal(A->keepalives + B->keepalives, 0);
        pass(1000);
        assert_int_equal(A->keepalives, a);
        assert_int_equal(B->keepalives, b);
        pass(180000);
        assert_int_equal(A->keepalives, 10 * a);
        assert_int_equal(B->keepalives, 10 * b);
        if (a) {
            isakmp_path path = sa_info(A, first_sa(A)).path;
            assert_int_equal(A->keepalive.natt, 1);
            assert_true(isakmp_addr_equal(&A->keepalive.remote, &path.remote));
            assert_true(isakmp_addr_equal(&A->keepalive.local, &path.local));
        }
        finish();
    }
}

static void test_no_keepalives_with_traffic(void **state)
{
    (void)state;
    prepare(225, 1, 0);
    connect_through(ISAKMP_EXCH_MAIN, 1);
    run_for(100);
    for (unsigned i = 0; i < 20; i++) { /* the host's */
        pass(15000);
        assert_int_equal(isakmp_sa_wanted(A->x, pr.now, first_sa(A)), ISAKMP_OK);
    }
    assert_int_equal(A->keepalives, 0);
    for (unsigned i = 0; i < 3; i++) { /* and ours */
        pass(15000);
        add_child(A, first_sa(A), &A->child);
    }
    assert_int_equal(A->keepalives, 0);
    pass(20000);
    assert_int_equal(A->keepalives, 1);
    finish();
}

static void test_interval_of_keepalives(void **state)
{
    static const uint16_t seconds[] = {0, 1, 5, 65535};
    (void)state;
    for (unsigned i = 0; i < COUNT(seconds); i++) {
        prepare(226, 1, 0);
        pair_end(&pr);
        A->config.natt_keepalive_s = seconds[i];
        pair_start(&pr);
        connect_through(ISAKMP_EXCH_AGGRESSIVE, 1);
        run_for(100);
        pass(60000);
        assert_int_equal(A->keepalives, seconds[i] ? 60 / seconds[i] : 0);
        finish();
    }
}

/* An SA that has ended leaves children, whose packets take the same way.  When another SA with the peer is
 * up, that one's keepalives are enough. */
static void test_keepalives_for_children(void **state)
{
    (void)state;
    prepare(227, 1, 0);
    A->policies[0].life_s = B->policies[0].life_s = 60;
    A->child.life_s = B->child.life_s = 600;
    connect_through(ISAKMP_EXCH_MAIN, 1);
    run_for(61000);
    assert_int_equal(sas_in(A, ISAKMP_SA_ENDED), 1);
    A->keepalives = 0;
    pass(100000);
    assert_int_equal(A->keepalives, 5);
    A->policies[0].life_s = B->policies[0].life_s = 3000;
    connect_through(ISAKMP_EXCH_MAIN, 0);
    run_for(100);
    A->keepalives = 0;
    pass(100000);
    assert_int_equal(A->keepalives, 5);
    while (children_in(A, 0))
        run_for(1000);
    A->keepalives = 0;
    pass(100000);
    assert_int_equal(A->keepalives, 5);
    finish();
}

/* A keepalive that comes is no message, on whatever port, and nobody is told. */
static void test_a_keepalive_comes(void **state)
{
    static const uint8_t octet = 0xff;
    isakmp_path path;
    uint8_t data = octet;
    (void)state;
    prepare(228, 1, 0);
    connect_through(ISAKMP_EXCH_MAIN, 1);
    run_for(100);
    path = sa_info(B, first_sa(B)).path;
    for (path.natt = 0; path.natt < 2; path.natt++)
        assert_int_equal(isakmp_input(B->x, pr.now, &path, &data, 1), ISAKMP_IGNORED);
    assert_true(both_up(1));
    finish();
}

/* Transport mode is negotiated as UDP-encapsulated, too. */
static void test_transport_mode_behind_a_nat(void **state)
{
    (void)state;
    prepare(222, 1, 0);
    for (int i = 0; i < 2; i++) {
        pr.p[i].child.mode = ISAKMP_MODE_TRANSPORT;
        memset(&pr.p[i].child.local, 0, sizeof pr.p[i].child.local);
        memset(&pr.p[i].child.remote, 0, sizeof pr.p[i].child.remote);
    }
    connect_through(ISAKMP_EXCH_MAIN, 1);
    run_for(100);
    assert_int_equal(heard(A, ISAKMP_EV_CHILD_UP), 1);
    assert_int_equal(child_info(B, first_child(B)).mode, ISAKMP_MODE_TRANSPORT);
    assert_int_equal(child_info(B, first_child(B)).natt, 1);
    finish();
}

/* ---- Drafts --------------------------------------------------------------------------------- */

/* The vendor IDs, the numbers of the payloads on the responder's side, and whether ports change. */
static const struct draft {
    const char *name;
    uint8_t natd, natoa, both, floats;
    uint16_t encap;
} drafts[] = {
    {"NAT-T RFC 3947", 20, 21, 1, 1, 3},       {"NAT-T draft 03", 130, 131, 0, 1, 61443},
    {"NAT-T draft 02", 130, 131, 0, 1, 61443}, {"NAT-T draft 02 (newline)", 130, 131, 0, 1, 61443},
    {"NAT-T draft 08", 15, 16, 1, 1, 3},       {"NAT-T draft 07", 15, 16, 1, 1, 3},
    {"NAT-T draft 06", 15, 16, 1, 1, 3},       {"NAT-T draft 05", 15, 16, 1, 1, 3},
    {"NAT-T draft 04", 15, 16, 0, 1, 3},       {"NAT-T draft 01", 130, 131, 0, 0, 61443},
    {"NAT-T draft 00", 130, 131, 0, 0, 61443},
};

static const struct {
    const char *name, *value;
} vendors[] = {
#define VENDOR(size, name, value) {name, value},
#include "wire/vendor.def"
#undef VENDOR
};

static const void *value_of(const char *name)
{
    unsigned i = 0;
    while (strcmp(vendors[i].name, name) != 0)
        assert_true(++i < COUNT(vendors));
    return vendors[i].value;
}

static const char *vendor_of(const part *p)
{
    const char *name = isakmp_vendor_name(isakmp__span(p->body, p->n));
    return p->type == ISAKMP_PAYLOAD_VENDOR_ID && name && strncmp(name, "NAT-T", 5) == 0 ? name
                                                                                         : NULL;
}

/* What the initiator, which offers only some of the drafts, takes it for. */
static const char *offered_as(const struct draft *d)
{
    return d->natd == 15 ? "NAT-T RFC 3947" : d->floats ? d->name : "NAT-T draft 00";
}

static struct {
    const struct draft *d;
    unsigned natd[2], natoa[2]; /* how many payloads came, by sender */
    uint16_t encap;             /* as the responder reads it */
    int spoil_oa;               /* 1 to 3: the initiator's original addresses are none */
    int vids;                   /* of NAT traversal in the responder's second message */
} talk;

/* The first NAT-T vendor ID becomes another one, the others go. */
static void keep_one(opened *o, const char *name)
{
    int kept = 0;
    for (unsigned i = 0; i < o->n;) {
        if (vendor_of(&o->parts[i]) == NULL) {
            i++;
        } else if (kept++) {
            drop_part(o, i);
        } else {
            o->parts[i].n = 16;
            memcpy(o->parts[i++].body, value_of(name), 16);
        }
    }
}

/* Between the initiator's numbers and the responder's. */
static void renumber(opened *o, int from)
{
    uint8_t theirs[2], ours[2] = {talk.d->natd, talk.d->natoa};
    theirs[0] = talk.d->natd == 15 ? 20 : talk.d->natd;
    theirs[1] = talk.d->natoa == 16 ? 21 : talk.d->natoa;
    for (unsigned i = 0; i < o->n; i++)
        for (unsigned k = 0; k < 2; k++)
            if (o->parts[i].type == (from ? ours[k] : theirs[k])) {
                o->parts[i].type = from ? theirs[k] : ours[k];
                (k ? talk.natoa : talk.natd)[from]++;
                if (k && from == 0 && talk.spoil_oa)
                    o->parts[i].body[0] ^= talk.spoil_oa == 1;
                if (k && from == 0 && talk.spoil_oa >= 2)
                    o->parts[i].n = talk.spoil_oa == 2 ? o->parts[i].n + 1 : 8;
                if (k && from == 0 && talk.spoil_oa == 3)
                    o->parts[i].body[0] = ISAKMP_ID_IPV6_ADDR;
            }
}

/* The encapsulation of the first transform. */
static void note_encap(opened *o)
{
    const part *sa = find_part(o, ISAKMP_PAYLOAD_SA, 0);
    for (size_t i = 8; sa && talk.encap == 0 && i + 4 <= sa->n; i++)
        if (sa->body[i] == 0x80 && sa->body[i + 1] == ISAKMP_SA_ATTR_ENCAP)
            talk.encap = isakmp__get16(sa->body + i + 2);
}

/* The sender's chain of IVs goes on from what has become of its message. */
static void mend_chain(const opened *o, const wire_item *w)
{
    size_t block = isakmp_cipher_block(o->sa->suite->cipher);
    isakmp__sa *sa = isakmp__sa_find(pr.p[w->from].x, &o->h);
    isakmp__exch *e = isakmp__exch_find(sa, o->h.msg_id);
    if (e)
        memcpy(e->iv, w->data + w->n - block, block);
    if (o->h.msg_id == 0)
        memcpy(sa->iv, w->data + w->n - block, block);
}

static int speak_draft(pair *p, wire_item *w)
{
    static opened o;
    uint8_t exchange = header_of(w).exchange;
    (void)p;
    if (exchange == ISAKMP_EXCH_INFO || !open_item(&o, w))
        return PAIR_DELIVER;
    if (exchange != ISAKMP_EXCH_QUICK && o.msg == 1)
        keep_one(&o, talk.d->name);
    if (exchange != ISAKMP_EXCH_QUICK && o.msg == 2) {
        for (unsigned i = 0; i < o.n; i++)
            if (vendor_of(&o.parts[i])) {
                assert_string_equal(vendor_of(&o.parts[i]), talk.d->name);
                talk.vids++;
            }
        keep_one(&o, offered_as(talk.d));
    }
    if (exchange == ISAKMP_EXCH_QUICK)
        note_encap(&o);
    renumber(&o, w->from);
    if (exchange == ISAKMP_EXCH_QUICK)
        rehash(&o);
    close_item(&o, w);
    if (o.encrypted)
        mend_chain(&o, w);
    return PAIR_DELIVER;
}

static void make_transport(void)
{
    for (int i = 0; i < 2; i++) {
        pr.p[i].child.mode = ISAKMP_MODE_TRANSPORT;
        memset(&pr.p[i].child.local, 0, sizeof pr.p[i].child.local);
        memset(&pr.p[i].child.remote, 0, sizeof pr.p[i].child.remote);
    }
}

static int is_ip(const isakmp_addr *a, const uint8_t *ip)
{
    return a->family == 4 && a->port == 0 && memcmp(a->ip, ip, 4) == 0;
}

/* What each side is told of the other's original addresses: both or only the sender's own. */
static void check_original(int both)
{
    for (int i = 0; i < 2; i++)
        for (unsigned k = 0; k < 2; k++) {
            const isakmp_sad_entry *e = &pr.p[i].sad[k].e;
            isakmp_addr outside = pr.p[i].addr; /* as the other sees it */
            if (nats[i].on)
                outer_addr(&nats[i], &outside);
            assert_true(is_ip(&e->original_remote, pr.p[1 - i].addr.ip));
            if (both || (i == 1 && talk.d->natd == 15)) /* told by one that thinks it is the RFC */
                assert_true(is_ip(&e->original_local, outside.ip));
        }
}

/* Each draft, in both exchanges, in tunnel and transport mode, with a NAT before either or both. */
static void test_drafts(void **state)
{
    (void)state;
    for (unsigned i = 0; i < COUNT(drafts); i++)
        for (unsigned k = 0; k < 8; k++) {
            unsigned transport = k & 1, where = k & 2 ? 3 : 1, aggressive = k >> 2;
            uint8_t natt;
            memset(&talk, 0, sizeof talk);
            talk.d = &drafts[i];
            prepare(230 + i, 1, where == 3);
            pr.arrive = speak_draft;
            if (transport)
                make_transport();
            connect_through(exchanges[aggressive], 0);
            run_for(100);
            add_child(A, first_sa(A), &A->child);
            run_for(100);
            natt = drafts[i].floats ? 1 : ISAKMP_NATT_PORT_500;
            if (sas_in(A, ISAKMP_SA_UP) != 1 || children_in(A, ISAKMP_CHILD_UP) != 1 ||
                children_in(B, ISAKMP_CHILD_UP) != 1)
                fail_msg("%s, variation %u: the peers did not come up", drafts[i].name, k);
            assert_int_equal(talk.vids, 1);
            assert_int_equal(talk.natd[0], 2);
            assert_int_equal(talk.natd[1], 2);
            assert_int_equal(talk.encap, drafts[i].encap + (transport ? 1 : 0));
            for (int side = 0; side < 2; side++) {
                const isakmp_path path = sa_info(&pr.p[side], first_sa(&pr.p[side])).path;
                assert_int_equal(heard(&pr.p[side], ISAKMP_EV_NAT), 1);
                assert_int_equal(path.natt, drafts[i].floats);
                assert_int_equal(path.local.port, drafts[i].floats ? 4500 : 500);
                assert_int_equal(child_info(&pr.p[side], first_child(&pr.p[side])).natt, natt);
                assert_int_equal(pr.p[side].sad[0].e.natt, natt);
            }
            assert_int_equal(crooked, 0);
            assert_int_equal(talk.natoa[1], transport ? 1 + drafts[i].both : 0);
            if (transport)
                check_original(drafts[i].both);
            else
                assert_int_equal(A->sad[0].e.original_remote.family, 0);
            finish();
        }
}

/* What is no address of the family in use is not told, and does no harm. */
static void test_original_addresses_that_are_none(void **state)
{
    (void)state;
    for (int spoil = 1; spoil <= 3; spoil++) {
        memset(&talk, 0, sizeof talk);
        talk.d = &drafts[0];
        talk.spoil_oa = spoil;
        prepare(250, 1, 0);
        make_transport();
        pr.arrive = speak_draft;
        connect_through(ISAKMP_EXCH_MAIN, 1);
        run_for(100);
        assert_int_equal(heard(B, ISAKMP_EV_CHILD_UP), 1);
        assert_int_equal(B->sad[0].e.original_remote.family, 0);
        assert_int_equal(B->sad[0].e.original_local.family, 0);
        assert_int_equal(A->sad[0].e.original_remote.family, 4);
        finish();
    }
}

/* Without a NAT nothing is told. */
static void test_no_original_addresses_without_nat(void **state)
{
    (void)state;
    memset(&talk, 0, sizeof talk);
    talk.d = &drafts[0];
    prepare(251, 0, 0);
    make_transport();
    pr.arrive = speak_draft;
    connect_through(ISAKMP_EXCH_MAIN, 1);
    run_for(100);
    assert_int_equal(heard(B, ISAKMP_EV_CHILD_UP), 1);
    assert_int_equal(talk.natoa[0] + talk.natoa[1], 0);
    assert_int_equal(talk.encap, ISAKMP_ENCAP_TRANSPORT);
    finish();
}

/* The identities in the answer of a Quick Mode are others: of the first or second an octet. */
static struct {
    unsigned which, octet;
    uint8_t xor ;
} other_id;

static int answer_with_other_id(pair *p, wire_item *w)
{
    static opened o;
    (void)p;
    if (header_of(w).exchange != ISAKMP_EXCH_QUICK || w->from == 0 || !open_item(&o, w) ||
        o.msg != 2)
        return PAIR_DELIVER;
    find_part(&o, ISAKMP_PAYLOAD_ID, other_id.which)->body[other_id.octet] ^= other_id.xor ;
    rehash(&o);
    close_item(&o, w);
    mend_chain(&o, w);
    return PAIR_DELIVER;
}

/* In transport mode a peer may call us by the address that it sees; not itself by another, nor in tunnel
 * mode, nor may it change protocol or port. */
static void test_identities_that_a_nat_has_changed(void **state)
{
    static const struct {
        unsigned which, octet;
        int transport, up;
    } cases[] = {{0, 7, 1, 1}, {0, 5, 1, 1}, {1, 7, 1, 0}, {0, 3, 1, 0},
                 {0, 1, 1, 0}, {0, 5, 0, 0}, {1, 5, 0, 0}};
    (void)state;
    for (unsigned i = 0; i < COUNT(cases); i++) {
        isakmp_selector before;
        prepare(260 + i, 1, 0);
        if (cases[i].transport)
            make_transport();
        other_id.which = cases[i].which;
        other_id.octet = cases[i].octet;
        other_id.xor = 0x21;
        pr.arrive = answer_with_other_id;
        connect_through(ISAKMP_EXCH_MAIN, 1);
        run_for(100);
        assert_int_equal(heard(A, ISAKMP_EV_CHILD_UP), cases[i].up);
        if (cases[i].up) {
            before = isakmp__selector_of(A->sad[0].e.inbound ? &A->sad[0].e.dst : &A->sad[0].e.src);
            assert_true(isakmp__selector_equal(&A->sad[0].e.local, &before));
        } else {
            assert_int_equal(last_event(A, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_SELECTORS);
        }
        finish();
    }
}

/* Of all that a peer knows the best is taken, and it alone is answered. */
static unsigned from_which;
static const char *answered;

static int offer_many(pair *p, wire_item *w)
{
    static opened o;
    (void)p;
    if (header_of(w).exchange != ISAKMP_EXCH_MAIN || !open_item(&o, w))
        return PAIR_DELIVER;
    if (o.msg == 1 && w->from == 0) {
        for (unsigned i = o.n; i-- > 0;)
            if (vendor_of(&o.parts[i]))
                drop_part(&o, i);
        for (unsigned i = from_which; i < COUNT(drafts); i++) /* the best one last */
            add_part(&o, 1, ISAKMP_PAYLOAD_VENDOR_ID, value_of(drafts[i].name), 16);
        close_item(&o, w);
    }
    for (unsigned i = 0; i < o.n && w->from == 1 && o.msg == 2; i++)
        if (vendor_of(&o.parts[i])) {
            assert_null(answered);
            answered = vendor_of(&o.parts[i]);
        }
    return PAIR_DELIVER;
}

static void test_the_best_is_taken(void **state)
{
    (void)state;
    for (from_which = 0; from_which < COUNT(drafts); from_which++) {
        prepare(252, 1, 0);
        answered = NULL;
        pr.arrive = offer_many;
        connect_through(ISAKMP_EXCH_MAIN, 0);
        for (unsigned i = 0; i < 2; i++)
            assert_true(pair_deliver(&pr));
        assert_non_null(answered);
        assert_string_equal(answered, drafts[from_which].name);
        run_for(100);
        finish();
    }
}

/* What was not offered is not chosen, and of several answers the best one is. */
static const char *const *replies;

static int answer_with(pair *p, wire_item *w)
{
    static opened o;
    (void)p;
    if (header_of(w).exchange != ISAKMP_EXCH_MAIN || w->from != 1 || !open_item(&o, w) ||
        o.msg != 2)
        return PAIR_DELIVER;
    for (unsigned i = o.n; i-- > 0;)
        if (vendor_of(&o.parts[i]))
            drop_part(&o, i);
    for (unsigned i = 0; replies[i]; i++)
        add_part(&o, 1, ISAKMP_PAYLOAD_VENDOR_ID, value_of(replies[i]), 16);
    close_item(&o, w);
    return PAIR_DELIVER;
}

static void test_answers_of_the_responder(void **state)
{
    static const char *const answers[][4] = {
        {NULL},
        {"NAT-T draft 08", "NAT-T draft 04", NULL},
        {"NAT-T draft 01", NULL},
        {"NAT-T (Apple)", NULL},
        {"NAT-T draft 00", "NAT-T draft 03", "NAT-T draft 08", NULL},
        {"NAT-T draft 02", "NAT-T RFC 3947", "NAT-T draft 03", NULL},
    };
    static const uint8_t ways[] = {0, 0, 0, 0, 2, 1};
    (void)state;
    for (unsigned i = 0; i < COUNT(answers); i++) {
        prepare(253, 0, 0);
        replies = answers[i];
        pr.arrive = answer_with;
        connect_through(ISAKMP_EXCH_MAIN, 0);
        for (unsigned k = 0; k < 2; k++)
            assert_true(pair_deliver(&pr));
        assert_int_equal(inner_sa(A, first_sa(A))->natt, ways[i]);
        pr.arrive = NULL;
        run_for(60000);
        finish();
    }
}

/* CVE-2015-3204: payloads 15 and 16 are NAT-D and NAT-OA only where they were agreed on. */
static uint8_t retype_from, retype_to, retype_exchange;

static int retype(pair *p, wire_item *w)
{
    static opened o;
    part *found;
    (void)p;
    if (header_of(w).exchange != retype_exchange || w->from != 0 || !open_item(&o, w))
        return PAIR_DELIVER;
    while ((found = find_part(&o, retype_from, 0)) != NULL)
        found->type = retype_to;
    rehash(&o);
    close_item(&o, w);
    return PAIR_DELIVER;
}

static void test_numbers_of_another_draft(void **state)
{
    (void)state;
    prepare(254, 1, 0);
    pr.arrive = retype;
    retype_exchange = ISAKMP_EXCH_MAIN;
    retype_from = ISAKMP_PAYLOAD_NATD;
    retype_to = ISAKMP_PAYLOAD_NATD_DRAFT_04;
    connect_through(ISAKMP_EXCH_MAIN, 0);
    run_for(100);
    assert_int_equal(isakmp_count(B->x, ISAKMP_D_PAYLOAD_UNEXPECTED), 1);
    assert_int_equal(sas_in(B, ISAKMP_SA_UP), 0);
    finish();
    prepare(255, 1, 0);
    make_transport();
    pr.arrive = retype;
    retype_exchange = ISAKMP_EXCH_QUICK;
    retype_from = ISAKMP_PAYLOAD_NATOA;
    retype_to = ISAKMP_PAYLOAD_NATOA_DRAFT_04;
    connect_through(ISAKMP_EXCH_MAIN, 1);
    run_for(100);
    assert_int_equal(isakmp_count(B->x, ISAKMP_D_PAYLOAD_UNEXPECTED), 1);
    assert_int_equal(children_in(B, ISAKMP_CHILD_UP), 0);
    finish();
}

/* ---- Forced encapsulation ------------------------------------------------------------------- */

/* Either side can have it: it is as if that side were behind a NAT. */
static void test_forced(void **state)
{
    (void)state;
    for (int who = 1; who < 4; who++)
        for (unsigned k = 0; k < 2; k++) {
            prepare(256, 0, 0);
            pair_end(&pr);
            for (int i = 0; i < 2; i++)
                if (who >> i & 1)
                    pr.p[i].peer.flags |= ISAKMP_PF_FORCE_ENCAP;
            pair_start(&pr);
            connect_through(exchanges[k], 1);
            run_for(100);
            assert_true(both_up(1));
            for (int i = 0; i < 2; i++) {
                assert_int_equal(sa_info(&pr.p[i], first_sa(&pr.p[i])).nat,
                                 (who >> i & 1 ? ISAKMP_NAT_LOCAL : 0) |
                                     (who >> (1 - i) & 1 ? ISAKMP_NAT_REMOTE : 0));
                assert_int_equal(pr.p[i].sad[0].e.natt, 1);
                check_path(&pr.p[i], 0);
            }
            pass(60500);
            assert_int_equal(A->keepalives, who & 1 ? 3 : 0);
            assert_int_equal(B->keepalives, who & 2 ? 3 : 0);
            finish();
        }
}

/* Not with a peer that does not know NAT traversal. */
static void test_forced_in_vain(void **state)
{
    (void)state;
    prepare(257, 0, 0);
    pair_end(&pr);
    A->peer.flags |= ISAKMP_PF_FORCE_ENCAP;
    B->peer.flags |= ISAKMP_PF_NO_NATT;
    pair_start(&pr);
    connect_through(ISAKMP_EXCH_MAIN, 1);
    run_for(100);
    assert_true(both_up(1));
    assert_int_equal(sa_info(A, first_sa(A)).nat, 0);
    assert_int_equal(A->sad[0].e.natt, 0);
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_detection_and_floating),
        cmocka_unit_test(test_addresses_of_the_children),
        cmocka_unit_test(test_where_the_port_changes),
        cmocka_unit_test(test_responder_follows_aggressive_mode),
        cmocka_unit_test(test_only_the_peer_behind_a_nat_is_followed),
        cmocka_unit_test(test_nobody_is_followed_before_a_proof),
        cmocka_unit_test(test_a_client_is_followed),
        cmocka_unit_test(test_no_client_is_led_astray),
        cmocka_unit_test(test_no_nat),
        cmocka_unit_test(test_switched_off),
        cmocka_unit_test(test_extension_not_named),
        cmocka_unit_test(test_loss_behind_a_nat),
        cmocka_unit_test(test_the_mapping_changes),
        cmocka_unit_test(test_esp_comes_from_elsewhere),
        cmocka_unit_test(test_esp_of_an_ended_sa),
        cmocka_unit_test(test_initial_contact_of_somebody_else),
        cmocka_unit_test(test_no_moving_without_nat),
        cmocka_unit_test(test_no_way_back_to_500),
        cmocka_unit_test(test_T64_natd_wrong_by_one_bit),
        cmocka_unit_test(test_marker),
        cmocka_unit_test(test_beginning_on_4500),
        cmocka_unit_test(test_keepalives),
        cmocka_unit_test(test_no_keepalives_with_traffic),
        cmocka_unit_test(test_interval_of_keepalives),
        cmocka_unit_test(test_keepalives_for_children),
        cmocka_unit_test(test_a_keepalive_comes),
        cmocka_unit_test(test_transport_mode_behind_a_nat),
        cmocka_unit_test(test_identities_that_a_nat_has_changed),
        cmocka_unit_test(test_drafts),
        cmocka_unit_test(test_original_addresses_that_are_none),
        cmocka_unit_test(test_no_original_addresses_without_nat),
        cmocka_unit_test(test_the_best_is_taken),
        cmocka_unit_test(test_answers_of_the_responder),
        cmocka_unit_test(test_numbers_of_another_draft),
        cmocka_unit_test(test_forced),
        cmocka_unit_test(test_forced_in_vain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
