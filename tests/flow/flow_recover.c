/* flow/flow_recover.c -- invalid-SPI recovery: one side has lost what the other still uses.  What is said,
 * what is done about it, what anybody can do who proves nothing, and how often. */
#include "flow/forge.h"

/* ---- On the wire ------------------------------------------------------------------------------ */

static struct {
    unsigned told[2];    /* protected INVALID-SPI with a Delete for the same SPI */
    unsigned contact[2]; /* INITIAL-CONTACT, in whatever message */
    unsigned asked[2];   /* R-U-THERE */
    uint32_t spi;        /* of the last INVALID-SPI */
    uint8_t proto;
    int lose_deletes; /* 1: Informationals are lost */
} net;

static int listen_in(pair *p, wire_item *w)
{
    static opened o;
    isakmp_notify n;
    isakmp_delete d;
    part *said;
    (void)p;
    if (!open_item(&o, w))
        return PAIR_DELIVER;
    said = find_part(&o, ISAKMP_PAYLOAD_NOTIFY, 0);
    if (said && isakmp_notify_read(&n, isakmp__span(said->body, said->n)) == ISAKMP_OK) {
        net.contact[w->from] += n.type == ISAKMP_N_INITIAL_CONTACT;
        net.asked[w->from] += n.type == ISAKMP_N_R_U_THERE;
        if (n.type == ISAKMP_N_INVALID_SPI && o.encrypted) {
            part *gone = find_part(&o, ISAKMP_PAYLOAD_DELETE, 0);
            assert_non_null(gone);
            assert_true(gone < said); /* strongSwan reads nothing behind an error */
            assert_int_equal(isakmp_delete_read(&d, isakmp__span(gone->body, gone->n)), ISAKMP_OK);
            assert_int_equal(d.count, 1);
            assert_int_equal(d.protocol, n.protocol);
            assert_int_equal(n.doi, ISAKMP_DOI_IPSEC);
            assert_int_equal(n.spi.n, 4);
            assert_true(isakmp__span_equal(n.spi, isakmp_delete_spi(&d, 0)));
            net.told[w->from]++;
            net.spi = isakmp__get32(n.spi.p);
            net.proto = n.protocol;
        }
    }
    return header_of(w).exchange == ISAKMP_EXCH_INFO && net.lose_deletes ? PAIR_DROP : PAIR_DELIVER;
}

static void prepare(uint64_t seed)
{
    pair_init(&pr, seed);
    memset(&net, 0, sizeof net);
    pr.arrive = listen_in;
}

static int report(peer *p, uint8_t proto, uint32_t spi, const isakmp_peer_policy *policy)
{
    isakmp_path path = pair_path(&pr, p->index);
    return isakmp_invalid_spi(p->x, pr.now, &path, proto, spi, policy);
}

/* The peer closes its only child, and nobody hears of it. */
static uint32_t lose_child(peer *p)
{
    uint32_t spi = child_info(p, first_child(p)).spi_in[0];
    net.lose_deletes = 1;
    assert_int_equal(isakmp_child_close(p->x, pr.now, first_child(p)), ISAKMP_OK);
    run_for(10);
    net.lose_deletes = 0;
    assert_true(is_up(p, 0));
    assert_true(is_up(&pr.p[1 - p->index], 1));
    return spi;
}

/* ---- With an ISAKMP SA ------------------------------------------------------------------------ */

/* Either side has lost the child, either side had begun it. */
static void test_the_peer_is_told(void **state)
{
    (void)state;
    for (int loser = 0; loser < 2; loser++)
        for (int again = 0; again < 2; again++)
            for (int begun = 0; begun < 2; begun++) {
                peer *p = &pr.p[loser], *q = &pr.p[1 - loser];
                int comes_back = again && begun == q->index;
                uint32_t spi;
                prepare(900);
                if (again)
                    q->peer.flags |= ISAKMP_PF_RECOVER;
                come_up(ISAKMP_EXCH_MAIN, 0);
                add_child(&pr.p[begun], first_sa(&pr.p[begun]), &pr.p[begun].child);
                run_for(15000);
                spi = lose_child(p);
                assert_int_equal(report(p, ISAKMP_PROTO_ESP, spi, NULL), ISAKMP_OK);
                run_for(100);
                assert_int_equal(net.told[loser], 1);
                assert_int_equal(net.spi, spi);
                assert_int_equal(net.proto, ISAKMP_PROTO_ESP);
                assert_int_equal(heard(q, ISAKMP_EV_CHILD_DOWN), 1);
                assert_int_equal(last_event(q, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_SPI_UNKNOWN);
                assert_int_equal(last_event(q, ISAKMP_EV_CHILD_DOWN)->by, ISAKMP_BY_PEER);
                assert_int_equal(heard(q, ISAKMP_EV_CHILD_UP), 1 + comes_back);
                assert_true(both_up((unsigned)comes_back));
                assert_int_equal(heard(p, ISAKMP_EV_SA_DOWN) + heard(q, ISAKMP_EV_SA_DOWN), 0);
                finish();
            }
}

/* A child may have outlived the SA that made it: the next one with the same peer speaks for it. */
static void test_a_child_of_an_sa_before(void **state)
{
    uint32_t spi;
    (void)state;
    prepare(901);
    A->policies[0].life_s = B->policies[0].life_s = 60;
    come_up(ISAKMP_EXCH_MAIN, 1);
    run_for(61000);
    assert_int_equal(sas_in(A, ISAKMP_SA_ENDED), 1);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
    run_for(100);
    spi = child_info(A, first_child(A)).spi_out[0];
    /* It is known after all. */
    assert_int_equal(report(B, ISAKMP_PROTO_ESP, spi, NULL), ISAKMP_NONE);
    net.lose_deletes = 1;
    assert_int_equal(isakmp_child_close(B->x, pr.now, first_child(B)), ISAKMP_OK);
    run_for(1500);
    net.lose_deletes = 0;
    assert_int_equal(report(B, ISAKMP_PROTO_ESP, spi, NULL), ISAKMP_OK);
    run_for(100);
    assert_int_equal(children_in(A, 0), 0);
    assert_int_equal(last_event(A, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_SPI_UNKNOWN);
    finish();
}

/* What is ours is not unknown: while it is negotiated, and when it is up. */
static void test_an_spi_of_ours(void **state)
{
    isakmp_child_id c;
    (void)state;
    prepare(902);
    come_up(ISAKMP_EXCH_MAIN, 1);
    assert_int_equal(report(B, ISAKMP_PROTO_ESP, child_info(B, first_child(B)).spi_in[0], NULL),
                     ISAKMP_NONE);
    run_for(2000);
    c = add_child(A, first_sa(A), &A->child);
    assert_int_equal(report(A, ISAKMP_PROTO_ESP, child_info(A, c).n ? 0x7fffffff : 300, NULL),
                     ISAKMP_OK); /* another one */
    run_for(2000);
    assert_true(both_up(2));
    /* The peer's own SPI in the other direction, and another protocol with ours. */
    assert_int_equal(report(A, ISAKMP_PROTO_AH, child_info(A, first_child(A)).spi_in[0], NULL),
                     ISAKMP_OK);
    run_for(2000);
    assert_true(both_up(2));
    finish();
}

/* ---- Without one ------------------------------------------------------------------------------ */

/* The responder has restarted: the initiator goes on as if nothing had been, until it hears of it. */
static void test_after_a_restart(void **state)
{
    (void)state;
    for (int who = 0; who < 2; who++) {
        peer *p = &pr.p[who], *q = &pr.p[1 - who];
        uint32_t spi;
        prepare(903);
        p->peer.flags |= ISAKMP_PF_RECOVER;
        come_up(ISAKMP_EXCH_MAIN, 1);
        run_for(15000);
        spi = child_info(q, first_child(q)).spi_out[0];
        pair_restart(&pr, who);
        assert_int_equal(report(p, ISAKMP_PROTO_ESP, spi, NULL), ISAKMP_NONE);
        run_for(1000);
        assert_int_equal(report(p, ISAKMP_PROTO_ESP, spi, &p->peer), ISAKMP_OK);
        /* It is on its way. */
        pr.now += 2000;
        assert_int_equal(report(p, ISAKMP_PROTO_ESP, spi, &p->peer), ISAKMP_NONE);
        run_for(100);
        assert_int_equal(net.contact[who], 1);
        assert_int_equal(net.told[who], 1);
        assert_int_equal(net.spi, spi);
        assert_int_equal(last_event(q, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_INITIAL_CONTACT);
        assert_int_equal(last_event(q, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_INITIAL_CONTACT);
        assert_true(both_up(0));
        finish();
    }
}

/* Only if the policy has the option; and nothing of it is seen in other negotiations. */
static void test_only_if_the_policy_says_so(void **state)
{
    (void)state;
    prepare(904);
    come_up(ISAKMP_EXCH_MAIN, 1);
    assert_int_equal(net.contact[0] + net.contact[1], 0);
    pair_restart(&pr, 1);
    assert_int_equal(report(B, ISAKMP_PROTO_ESP, 4096, &B->peer), ISAKMP_NONE);
    run_for(2000);
    assert_int_equal(stats_of(B).sas, 0);
    B->peer.flags |= ISAKMP_PF_RECOVER;
    B->peer.size = 1;
    assert_int_equal(report(B, ISAKMP_PROTO_ESP, 4096, &B->peer), ISAKMP_E_ARG);
    B->peer.size = sizeof B->peer;
    assert_int_equal(report(B, ISAKMP_PROTO_ESP, 4096, &B->peer), ISAKMP_OK);
    run_for(100);
    assert_int_equal(net.told[1], 1);
    /* What is agreed on without it says neither. */
    pair_connect_from(&pr, 0, ISAKMP_EXCH_MAIN, 0);
    run_for(100);
    assert_int_equal(net.told[0] + net.contact[0], 0);
    finish();
}

/* The first message of all is lost, so is what tells of the SPI; the next packet brings it up again. */
static void test_loss(void **state)
{
    uint32_t spi;
    (void)state;
    prepare(905);
    come_up(ISAKMP_EXCH_MAIN, 1);
    run_for(11000);
    spi = lose_child(B);
    net.lose_deletes = 1;
    assert_int_equal(report(B, ISAKMP_PROTO_ESP, spi, NULL), ISAKMP_OK);
    run_for(1100);
    net.lose_deletes = 0;
    assert_true(is_up(A, 1));
    assert_int_equal(report(B, ISAKMP_PROTO_ESP, spi, NULL), ISAKMP_OK);
    run_for(100);
    assert_true(both_up(0));
    finish();
}

/* ---- Arguments --------------------------------------------------------------------------------- */

static const isakmp_exchange *const no_info[] = {&isakmp_main_mode, &isakmp_quick_mode, NULL};

static void test_arguments(void **state)
{
    isakmp_path path;
    (void)state;
    prepare(906);
    come_up(ISAKMP_EXCH_MAIN, 1);
    path = pair_path(&pr, 1);
    assert_int_equal(isakmp_invalid_spi(NULL, pr.now, &path, 3, 4096, NULL), ISAKMP_E_ARG);
    assert_int_equal(isakmp_invalid_spi(B->x, pr.now, NULL, 3, 4096, NULL), ISAKMP_E_ARG);
    assert_int_equal(report(B, ISAKMP_PROTO_ISAKMP, 4096, NULL), ISAKMP_E_ARG);
    assert_int_equal(report(B, ISAKMP_PROTO_IPCOMP, 4096, NULL), ISAKMP_E_ARG);
    assert_int_equal(report(B, ISAKMP_PROTO_ESP, 255, NULL), ISAKMP_E_ARG);
    path.remote.family = 0;
    assert_int_equal(isakmp_invalid_spi(B->x, pr.now, &path, 3, 4096, NULL), ISAKMP_E_ARG);
    path = pair_path(&pr, 1);
    path.remote.ip[3] = 99; /* nobody is there */
    assert_int_equal(isakmp_invalid_spi(B->x, pr.now, &path, 3, 4096, NULL), ISAKMP_NONE);
    path = pair_path(&pr, 1);
    path.remote.port = 0; /* what is not in UDP has no port */
    run_for(1000);
    assert_int_equal(isakmp_invalid_spi(B->x, pr.now, &path, 3, 4096, NULL), ISAKMP_OK);
    path.natt = 1; /* what is in UDP has one: that of somebody else behind the same NAT */
    path.remote.port = 12345;
    run_for(1000);
    assert_int_equal(isakmp_invalid_spi(B->x, pr.now, &path, 3, 4096, NULL), ISAKMP_NONE);
    run_for(1000);
    assert_true(both_up(1));
    finish();
    prepare(907);
    B->config.exchanges = no_info;
    come_up(ISAKMP_EXCH_MAIN, 0);
    assert_int_equal(report(B, ISAKMP_PROTO_ESP, 4096, NULL), ISAKMP_E_STATE);
    finish();
}

/* ---- Floods ------------------------------------------------------------------------------------ */

/* One address, a hundred thousand packets a second, all SPIs: one answer a second. */
static void test_flood_of_one_address(void **state)
{
    unsigned before;
    (void)state;
    prepare(908);
    come_up(ISAKMP_EXCH_MAIN, 1);
    run_for(1000);
    before = B->sends;
    for (unsigned ms = 0; ms < 10000; ms++) {
        for (unsigned i = 0; i < 20; i++)
            (void)report(B, ISAKMP_PROTO_ESP, 4096 + 20 * ms + i, &B->peer);
        run_for(1);
    }
    assert_in_range(B->sends - before, 9, 10);
    assert_true(both_up(1));
    finish();
}

/* All addresses there are, and a policy that lets each in.
 *   returns  how many negotiations were begun in two seconds. */
static unsigned flood(uint32_t exchanges)
{
    isakmp_path path;
    unsigned begun = 0;
    prepare(909);
    B->peer.flags |= ISAKMP_PF_RECOVER;
    B->config.limits.exchanges = B->config.limits.sas = exchanges;
    come_up(ISAKMP_EXCH_MAIN, 1);
    pr.arrive = NULL;
    run_for(60000); /* what was kept is gone */
    path = pair_path(&pr, 1);
    for (unsigned ms = 0; ms < 2000; ms++) {
        for (unsigned i = 0; i < 20; i++) {
            isakmp__put32(path.remote.ip, 0x0a000000 + 20 * ms + i);
            begun += isakmp_invalid_spi(B->x, pr.now, &path, 3, 4096, &B->peer) == ISAKMP_OK;
        }
        pr.now++;
        isakmp_tick(B->x, pr.now);
        pr.n_wire = 0;
    }
    assert_int_equal(stats_of(B).exchanges, begun);
    assert_true(B->sends < 4 * begun + 20);
    /* The peer that is there still gets through. */
    add_child(A, first_sa(A), &A->child);
    run_for(100);
    assert_int_equal(children_in(A, ISAKMP_CHILD_UP), 2);
    run_for(LONG_MS);
    finish();
    return begun;
}

/* Ten lookings a second, and half of the exchanges are left to others. */
static void test_flood_of_many_addresses(void **state)
{
    (void)state;
    assert_in_range(flood(400), 15, 20);
    assert_int_equal(flood(12), 6);
}

/* ---- What comes protected ---------------------------------------------------------------------- */

static int disown(uint32_t msg_id, uint8_t proto, uint32_t spi, size_t n)
{
    uint8_t octets[8] = {0};
    isakmp_notify notify;
    forgery f;
    memset(&notify, 0, sizeof notify);
    isakmp__put32(octets, spi);
    notify.doi = ISAKMP_DOI_IPSEC;
    notify.protocol = proto;
    notify.type = ISAKMP_N_INVALID_SPI;
    notify.spi = isakmp__span(octets, n);
    forge_notify(&f, B, first_sa(B), msg_id, &notify);
    return forge_send(&f, 0);
}

static void test_only_the_one_that_is_named(void **state)
{
    uint32_t spi;
    (void)state;
    prepare(910);
    A->peer.flags |= ISAKMP_PF_RECOVER;
    come_up(ISAKMP_EXCH_MAIN, 1);
    run_for(11000);
    spi = child_info(A, first_child(A)).spi_out[0];
    (void)disown(1, ISAKMP_PROTO_ESP, spi + 1, 4);
    (void)disown(2, ISAKMP_PROTO_AH, spi, 4);
    (void)disown(3, ISAKMP_PROTO_ISAKMP, spi, 4);
    (void)disown(4, ISAKMP_PROTO_ESP, spi, 8);
    (void)disown(5, ISAKMP_PROTO_ESP, spi, 0);
    (void)disown(6, ISAKMP_PROTO_ESP, child_info(A, first_child(A)).spi_in[0], 4);
    (void)disown(7, ISAKMP_PROTO_ESP, 0, 4);
    run_for(100);
    assert_true(both_up(1));
    assert_int_equal(heard(A, ISAKMP_EV_CHILD_UP), 1);
    assert_int_equal(heard(A, ISAKMP_EV_CHILD_DOWN), 0);
    finish();
}

/* A peer that never knows what it has just agreed on does not keep us busy. */
static void test_no_storm(void **state)
{
    uint32_t id = 1;
    (void)state;
    prepare(911);
    A->peer.flags |= ISAKMP_PF_RECOVER;
    come_up(ISAKMP_EXCH_MAIN, 1);
    run_for(11000);
    for (unsigned i = 0; i < 50 && children_in(A, ISAKMP_CHILD_UP); i++) {
        (void)disown(id++, ISAKMP_PROTO_ESP, child_info(A, first_child(A)).spi_out[0], 4);
        run_for(100);
    }
    assert_int_equal(heard(A, ISAKMP_EV_CHILD_UP), 2);
    assert_int_equal(children_in(A, 0), 0);
    finish();
}

/* There is no room for another child until the old one is gone: then it stays gone. */
static void test_full_pools(void **state)
{
    (void)state;
    prepare(912);
    A->peer.flags |= ISAKMP_PF_RECOVER;
    A->config.limits.children = 1;
    come_up(ISAKMP_EXCH_MAIN, 1);
    run_for(11000);
    (void)disown(1, ISAKMP_PROTO_ESP, child_info(A, first_child(A)).spi_out[0], 4);
    run_for(100);
    assert_int_equal(children_in(A, 0), 0);
    assert_true(both_up(0));
    finish();
}

/* T-25: with Deletes before and behind, for the same child, for the SA; each end is told once, and nothing
 * begins under an SA that ends. */
static void test_T25_with_deletes_in_one_message(void **state)
{
    (void)state;
    for (unsigned order = 0; order < 3; order++) {
        isakmp_delete child, sa;
        isakmp_notify n;
        uint8_t spi[4];
        forgery f;
        prepare(913);
        A->peer.flags |= ISAKMP_PF_RECOVER;
        come_up(ISAKMP_EXCH_MAIN, 1);
        run_for(11000);
        isakmp__put32(spi, child_info(A, first_child(A)).spi_out[0]);
        memset(&n, 0, sizeof n);
        n.doi = ISAKMP_DOI_IPSEC;
        n.protocol = ISAKMP_PROTO_ESP;
        n.type = ISAKMP_N_INVALID_SPI;
        n.spi = isakmp__span(spi, 4);
        memset(&child, 0, sizeof child);
        child.doi = ISAKMP_DOI_IPSEC;
        child.protocol = ISAKMP_PROTO_ESP;
        child.spi_size = 4;
        child.count = 1;
        child.spis = n.spi;
        sa = child;
        sa.protocol = ISAKMP_PROTO_ISAKMP;
        sa.spi_size = 16;
        sa.spis = isakmp__sa_cookies(inner_sa(B, first_sa(B)));
        forge_begin(&f, B, first_sa(B), ISAKMP_EXCH_INFO, 77);
        for (int twice = 0; twice < 2; twice++) {
            if (order == 0)
                isakmp_wr_delete(&f.w, &sa);
            if (order == 1)
                isakmp_wr_delete(&f.w, &child);
            isakmp_wr_notify(&f.w, &n);
            isakmp_wr_delete(&f.w, &child);
        }
        forge_end(&f);
        assert_int_equal(forge_send(&f, 0), ISAKMP_OK);
        run_for(100);
        assert_int_equal(heard(A, ISAKMP_EV_CHILD_DOWN), 1);
        assert_int_equal(heard(A, ISAKMP_EV_SA_DOWN), order == 0);
        assert_int_equal(heard(A, ISAKMP_EV_CHILD_UP), order ? 2 : 1);
        assert_int_equal(last_event(A, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_SPI_UNKNOWN);
        assert_int_equal(heard(A, ISAKMP_EV_NOTIFY), 2);
        finish();
    }
}

/* Before there is an SA: under keys that prove somebody, or do not, in any state. */
static void test_T20_while_negotiating(void **state)
{
    (void)state;
    for (unsigned after = 0; after < 9; after++) {
        isakmp_notify n;
        uint8_t spi[4];
        prepare(914);
        pr.p[0].peer.flags |= ISAKMP_PF_RECOVER;
        pr.arrive = NULL;
        pair_start(&pr);
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
        for (unsigned i = 0; i < after; i++)
            pair_deliver(&pr);
        memset(&n, 0, sizeof n);
        isakmp__put32(spi, first_child(B).v ? child_info(B, first_child(B)).spi_in[0] : 300);
        n.doi = ISAKMP_DOI_IPSEC;
        n.protocol = ISAKMP_PROTO_ESP;
        n.type = ISAKMP_N_INVALID_SPI;
        n.spi = isakmp__span(spi, 4);
        if (first_sa(B).v && inner_sa(B, first_sa(B))->keyed) {
            forgery f;
            forge_notify(&f, B, first_sa(B), 99, &n);
            (void)forge_send(&f, 0);
        }
        run_for(LONG_MS);
        assert_int_equal(stats_of(A).exchanges + stats_of(A).packets, 0);
        finish();
    }
}

/* ---- What comes in the clear ------------------------------------------------------------------- */

/* An Informational in the clear. */
static int shout(int to, const uint8_t *cky_i, const uint8_t *cky_r, uint16_t type, uint32_t spi)
{
    static uint32_t msg_id = 1;
    uint8_t data[100], octets[4];
    isakmp_header h;
    isakmp_writer w;
    isakmp_notify n;
    memset(&h, 0, sizeof h);
    memcpy(h.cky_i, cky_i, 8);
    memcpy(h.cky_r, cky_r, 8);
    h.version = 0x10;
    h.exchange = ISAKMP_EXCH_INFO;
    h.msg_id = msg_id++;
    memset(&n, 0, sizeof n);
    isakmp__put32(octets, spi);
    n.doi = ISAKMP_DOI_IPSEC;
    n.protocol = ISAKMP_PROTO_ESP;
    n.type = type;
    n.spi = isakmp__span(octets, 4);
    isakmp_wr_init(&w, data, sizeof data);
    isakmp_wr_header(&w, &h);
    isakmp_wr_notify(&w, &n);
    isakmp_wr_end(&w);
    return pair_input(&pr, to, data, w.len);
}

/* T-41: nothing ends, nothing begins, whatever the cookies.  But the peer is asked whether it lives, if it
 * has not been heard for as long as the policy says; and not more often than ever, however much is
 * shouted.  Without dead peer detection not even that. */
static void test_T41_in_the_clear_it_is_only_a_doubt(void **state)
{
    static const uint8_t nobody[8] = {1, 2, 3, 4, 5, 6, 7, 8}, zero[8] = {0};
    (void)state;
    for (unsigned cookies = 0; cookies < 3; cookies++)
        for (unsigned known = 0; known < 3; known++) {
            isakmp_sa_info i;
            uint32_t spi;
            unsigned sent;
            prepare(915);
            A->peer.flags |= ISAKMP_PF_RECOVER;
            A->peer.dpd_s = known == 2 ? 0 : 10;
            come_up(ISAKMP_EXCH_MAIN, 1);
            i = sa_info(A, first_sa(A));
            spi = child_info(A, first_child(A)).spi_out[0] + (known == 0);
            run_for(5000);
            sent = A->sends;
            for (unsigned n = 0; n < 20; n++)
                assert_int_equal(shout(0, cookies ? nobody : i.cky_i,
                                       cookies == 0   ? i.cky_r
                                       : cookies == 1 ? nobody
                                                      : zero,
                                       ISAKMP_N_INVALID_SPI, spi),
                                 ISAKMP_IGNORED);
            assert_int_equal(A->sends, sent); /* it was heard a moment ago */
            run_for(6000);
            assert_int_equal(net.asked[0], known == 1);
            assert_int_equal(A->sends, sent + (known == 1));
            for (unsigned n = 0; n < 2000; n++) {
                (void)shout(0, cookies ? nobody : i.cky_i, cookies ? nobody : i.cky_r,
                            ISAKMP_N_INVALID_SPI, spi);
                run_for(10);
            }
            assert_true(net.asked[0] <= (known == 1 ? 3u : 0u));
            assert_true(both_up(1));
            assert_int_equal(heard(A, ISAKMP_EV_CHILD_DOWN) + heard(A, ISAKMP_EV_SA_DOWN), 0);
            assert_int_equal(heard(A, ISAKMP_EV_CHILD_UP), 1);
            finish();
        }
}

static void only_printable(peer *p, int level, const char *line)
{
    (void)p;
    (void)level;
    for (; *line; line++)
        assert_in_range(*line, 0x20, 0x7e);
}

static void event_is_printable(peer *p, const isakmp_event *ev)
{
    char text[1200];
    assert_true(isakmp_event_text(text, sizeof text, ev) < sizeof text);
    only_printable(p, 0, text);
}

/* T-20, T-21, T-82: INVALID-SPI of every shape, with SPI sizes that do not fit and octets that would like to
 * be something, for cookies that are nobody's, half open, up, and gone; with everything logged. */
static void test_T20_T21_T82_strays_of_every_shape(void **state)
{
    static const uint8_t evil[] = "%s%n\r\n\x1b[2J`id`\xff\x80$(reboot)\\";
    (void)state;
    for (unsigned when = 0; when < 4; when++) {
        isakmp_sa_info i;
        prepare(920);
        pr.arrive = NULL;
        A->hear_line = only_printable;
        A->hear_event = event_is_printable;
        A->peer.dpd_s = 10;
        pair_start(&pr);
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
        for (unsigned n = 0; n < (when == 0 ? 1 : when == 1 ? 5 : 20); n++)
            pair_deliver(&pr);
        i = sa_info(A, first_sa(A));
        if (when == 3)
            assert_int_equal(isakmp_close(A->x, pr.now, first_sa(A)), ISAKMP_OK);
        for (unsigned size = 0; size < 256; size += size < 20 ? 1 : 47)
            for (size_t n = 0; n < 60; n += 3)
                for (unsigned known = 0; known < 2; known++) {
                    uint8_t data[ISAKMP_HEADER_SIZE + 4 + 60];
                    memset(data, 0x5a, sizeof data);
                    if (known) {
                        memcpy(data, i.cky_i, 8);
                        memcpy(data + 8, i.cky_r, 8);
                    }
                    data[16] = ISAKMP_PAYLOAD_NOTIFY;
                    data[17] = 0x10;
                    data[18] = ISAKMP_EXCH_INFO;
                    data[19] = 0;
                    isakmp__put32(data + 24, (uint32_t)(32 + n));
                    isakmp__put32(data + 28, (uint32_t)(4 + n));
                    for (size_t k = 0; k < 60; k++)
                        data[32 + k] = evil[k % sizeof evil];
                    data[36] = ISAKMP_PROTO_ESP;
                    data[37] = (uint8_t)size;
                    isakmp__put16(data + 38, ISAKMP_N_INVALID_SPI);
                    assert_int_equal(pair_input(&pr, 0, data, 32 + n), ISAKMP_IGNORED);
                    pr.now += 7;
                }
        run_for(3000);
        assert_true(when == 3 ? stats_of(A).sas == 0 : is_up(A, 1));
        finish();
    }
}

/* What nobody can check is looked into as seldom as unknown SPIs are. */
static void test_strays_are_counted(void **state)
{
    static const uint8_t nobody[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    (void)state;
    prepare(919);
    come_up(ISAKMP_EXCH_MAIN, 1);
    run_for(2000);
    (void)shout(0, nobody, nobody, ISAKMP_N_INVALID_COOKIE, 4096); /* no SPI is unknown */
    assert_int_equal(report(A, ISAKMP_PROTO_ESP, 4096, NULL), ISAKMP_OK);
    run_for(2000);
    (void)shout(0, nobody, nobody, ISAKMP_N_INVALID_SPI, 4096);
    assert_int_equal(report(A, ISAKMP_PROTO_ESP, 4096, NULL), ISAKMP_NONE);
    run_for(2000);
    assert_int_equal(report(A, ISAKMP_PROTO_ESP, 4096, NULL), ISAKMP_OK);
    run_for(100);
    assert_true(both_up(1));
    finish();
}

/* Where the peer is dead indeed, that is found out. */
static void test_a_doubt_finds_a_dead_peer(void **state)
{
    static const uint8_t nobody[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    uint32_t spi;
    (void)state;
    prepare(916);
    A->peer.dpd_s = 10;
    come_up(ISAKMP_EXCH_MAIN, 1);
    spi = child_info(A, first_child(A)).spi_out[0];
    pair_restart(&pr, 1);
    run_for(20000);
    assert_int_equal(net.asked[0], 0); /* no traffic */
    (void)shout(0, nobody, nobody, ISAKMP_N_INVALID_SPI, spi);
    run_for(60000);
    assert_int_equal(last_event(A, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_DEAD);
    finish();
}

/* ---- Everything fails once ----------------------------------------------------------------------- */

static void test_each_callback_fails(void **state)
{
    (void)state;
    for (int who = 0; who < 2; who++)
        for (unsigned nth = 1; nth < 30; nth++) {
            uint32_t spi;
            prepare(917);
            A->peer.flags |= ISAKMP_PF_RECOVER;
            B->peer.flags |= ISAKMP_PF_RECOVER;
            come_up(ISAKMP_EXCH_MAIN, 1);
            run_for(11000);
            spi = child_info(A, first_child(A)).spi_out[0];
            pair_restart(&pr, 1);
            pr.p[who].fail_at = pr.p[who].callbacks + nth;
            (void)report(B, ISAKMP_PROTO_ESP, spi, &B->peer);
            run_for(LONG_MS);
            finish();
        }
}

static void test_answers_come_later(void **state)
{
    uint32_t spi;
    (void)state;
    prepare(918);
    B->peer.flags |= ISAKMP_PF_RECOVER;
    A->reentry = B->reentry = 1;
    come_up(ISAKMP_EXCH_MAIN, 1);
    run_for(11000);
    spi = child_info(A, first_child(A)).spi_out[0];
    pair_restart(&pr, 1);
    A->park = B->park = 1;
    A->answer_after = B->answer_after = 50;
    assert_int_equal(report(B, ISAKMP_PROTO_ESP, spi, &B->peer), ISAKMP_OK);
    run_for(1000);
    assert_int_equal(net.told[1], 1);
    assert_int_equal(net.contact[1], 1);
    assert_true(both_up(0));
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_peer_is_told),
        cmocka_unit_test(test_a_child_of_an_sa_before),
        cmocka_unit_test(test_an_spi_of_ours),
        cmocka_unit_test(test_after_a_restart),
        cmocka_unit_test(test_only_if_the_policy_says_so),
        cmocka_unit_test(test_loss),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_flood_of_one_address),
        cmocka_unit_test(test_flood_of_many_addresses),
        cmocka_unit_test(test_only_the_one_that_is_named),
        cmocka_unit_test(test_no_storm),
        cmocka_unit_test(test_full_pools),
        cmocka_unit_test(test_T25_with_deletes_in_one_message),
        cmocka_unit_test(test_T20_while_negotiating),
        cmocka_unit_test(test_T41_in_the_clear_it_is_only_a_doubt),
        cmocka_unit_test(test_T20_T21_T82_strays_of_every_shape),
        cmocka_unit_test(test_strays_are_counted),
        cmocka_unit_test(test_a_doubt_finds_a_dead_peer),
        cmocka_unit_test(test_each_callback_fails),
        cmocka_unit_test(test_answers_come_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
