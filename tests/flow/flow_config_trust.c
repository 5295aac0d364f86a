/* flow/flow_config_trust.c -- Mode Config: clients that want the addresses of others; and addresses that nobody
 * can have, or somebody would have twice.  Peer A is the client, B the gateway. */
#include "flow/forge.h"

static const uint8_t please[] = {0, 1, 0, 0};

/* The client asks, and the gateway lets any client's end pass. */
static void prepare(uint64_t seed)
{
    pair_init(&pr, seed);
    A->peer.flags |= ISAKMP_PF_CONFIG_PULL;
    B->peer.flags |= ISAKMP_PF_CONFIG_ANSWER;
    A->child.local.family = 0;
    B->child.remote.family = 0;
}

static void come_up_configured(uint64_t seed)
{
    prepare(seed);
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
    run_for(100);
    assert_true(both_up(1));
    assert_int_equal(B->pool.used, 1);
}

static void forge_request_under(forgery *f, isakmp_sa_id sa, uint32_t msg_id)
{
    isakmp_cfg c = {ISAKMP_CFG_REQUEST, 7, {please, sizeof please}};
    forge_begin(f, A, sa, ISAKMP_EXCH_TRANSACTION, msg_id);
    isakmp_wr_cfg(&f->w, &c);
    forge_end(f);
}

static void forge_request(forgery *f, uint32_t msg_id)
{
    forge_request_under(f, first_sa(A), msg_id);
}

/* From now on the host gives this, and no address of the pool. */
static void give_only(const uint8_t *attrs, size_t n)
{
    memcpy(B->gift, attrs, n);
    B->gift_n = n;
    B->only_gift = 1;
}

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

static void end(void)
{
    close_all();
    assert_int_equal(B->pool.used, 0);
    assert_int_equal(B->lost_addresses, 0);
    pair_end(&pr);
}

/* ---- The addresses of others ----------------------------------------------------------------- */

/* A child for 10.9.0.last at the client's end; last 0: for the address that the client comes from. */
static void wish_for(isakmp_sa_id sa, uint8_t last)
{
    static isakmp_child_policy wish;
    wish = A->child;
    wish.local = pair_subnet(9);
    wish.local.hi[2] = 0;
    wish.local.lo[3] = wish.local.hi[3] = last;
    if (last == 0)
        wish.local = isakmp__selector_of(&A->addr);
    add_child(A, sa, &wish);
    run_for(100);
}

/* Who has been given none, because it has not asked or has refused, cannot choose one. */
static void test_without_an_address(void **state)
{
    (void)state;
    for (int push = 0; push < 2; push++) {
        prepare(800);
        A->peer.flags &= ~(uint32_t)ISAKMP_PF_CONFIG_PULL;
        if (push)
            B->peer.flags ^= ISAKMP_PF_CONFIG_PUSH | ISAKMP_PF_CONFIG_ANSWER;
        pair_start(&pr);
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
        run_for(100);
        wish_for(first_sa(A), 2);
        assert_int_equal(children_in(B, 0), 0);
        assert_int_equal(last_event(B, ISAKMP_EV_REFUSED)->detail, ISAKMP_D_SELECTORS);
        wish_for(first_sa(A), 0);
        assert_true(both_up(1));
        end();
    }
}

/* Where the gateway gives no addresses nothing of that is its business. */
static void test_a_gateway_that_gives_none(void **state)
{
    (void)state;
    prepare(801);
    A->peer.flags &= ~(uint32_t)ISAKMP_PF_CONFIG_PULL;
    B->peer.flags &= ~(uint32_t)ISAKMP_PF_CONFIG_ANSWER;
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
    run_for(100);
    wish_for(first_sa(A), 2);
    assert_true(both_up(1));
    end();
}

/* The address goes over to a new ISAKMP SA: under the old one the client may have what it had, and no more. */
static void test_under_the_old_sa(void **state)
{
    (void)state;
    for (uint8_t last = 0; last < 3; last++) {
        isakmp_sa_id old;
        come_up_configured(802);
        old = first_sa(A);
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
        run_for(100);
        assert_int_equal(sa_info(B, first_sa(B)).ip4.family, 0);
        wish_for(old, last);
        assert_int_equal(children_in(B, ISAKMP_CHILD_UP), last == 1 ? 2 : 1);
        end();
    }
}

/* What a client had may be somebody else's as soon as it has another one: its child for that ends on both sides, and
 * nobody has the traffic of the next client. */
static void test_another_address(void **state)
{
    static const uint8_t second[] = {0, 1, 0, 4, 10, 9, 0, 2};
    static forgery f;
    (void)state;
    for (int again = 0; again < 2; again++) {
        isakmp_addr a;
        isakmp_sa_id third;
        prepare(803);
        B->peer.flags |= again ? ISAKMP_PF_CONFIG_AGAIN : 0;
        A->peer.flags |= again ? ISAKMP_PF_CONFIG_AGAIN : 0;
        pair_start(&pr);
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
        run_for(100);
        assert_true(both_up(1));
        assert_int_equal(isakmp_addr_pool_lease(&B->pool, isakmp__span("x", 1), &a), ISAKMP_OK);
        give_only(second, sizeof second);
        if (again) {
            pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
        } else {
            forge_request(&f, 0x7777);
            assert_int_equal(forge_send(&f, 1), ISAKMP_OK);
        }
        run_for(100);
        assert_int_equal(B->releases, 1);
        assert_int_equal(children_in(A, 0) + children_in(B, 0), 0);
        assert_int_equal(last_event(B, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_ADDRESS_LOST);
        assert_int_equal(last_event(A, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_DELETED);
        B->only_gift = 0;
        B->gift_n = 0;
        third = connect_from(1500);
        add_child(A, third, &A->child);
        run_for(100);
        assert_int_equal(sad_count(B), 2);
        assert_true(sads_mirror(&pr));
        end();
    }
}

/* A client that is given another address ends its child, too, and says so. */
static void test_another_address_is_pushed(void **state)
{
    static const uint8_t second[] = {0, 1, 0, 4, 10, 9, 0, 2};
    static forgery f;
    isakmp_cfg c = {ISAKMP_CFG_SET, 7, {second, sizeof second}};
    (void)state;
    prepare(804);
    A->peer.flags |= ISAKMP_PF_CONFIG_ACCEPT;
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
    run_for(100);
    assert_true(both_up(1));
    forge_begin(&f, B, first_sa(B), ISAKMP_EXCH_TRANSACTION, 0x7777);
    isakmp_wr_cfg(&f.w, &c);
    forge_end(&f);
    assert_int_equal(forge_send(&f, 0), ISAKMP_OK);
    run_for(100);
    assert_int_equal(heard(A, ISAKMP_EV_CONFIG_END), 1);
    assert_int_equal(children_in(A, 0) + children_in(B, 0), 0);
    assert_int_equal(last_event(A, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_ADDRESS_LOST);
    assert_int_equal(last_event(B, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_DELETED);
    end();
}

/* The address has gone over to a new SA, whose peer comes from another port by now; the child is under the old one still,
 * and keeps the address when the new one goes. */
static void test_the_childs_address(void **state)
{
    isakmp_sa_id second;
    isakmp_path path;
    (void)state;
    come_up_configured(806);
    second = pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
    run_for(100);
    assert_int_equal(sa_info(B, first_sa(B)).ip4.family, 0);
    path = pair_path(&pr, 1);
    path.remote.port = 1500;
    isakmp__sa_move(B->x, inner_sa(B, isakmp_sa_next(B->x, first_sa(B))), &path);
    assert_int_equal(isakmp_close(A->x, pr.now, second), ISAKMP_OK);
    run_for(100);
    assert_true(both_up(1));
    assert_int_equal(B->pool.used, 1);
    assert_int_equal(B->releases, 0);
    assert_int_equal(sa_info(B, first_sa(B)).ip4.family, 4);
    end();
    assert_int_equal(B->releases, 1);
}

/* ... unless that one has another address by then: then the child ends, on both sides. */
static void test_the_childs_address_is_not_the_clients(void **state)
{
    static const uint8_t second[] = {0, 1, 0, 4, 10, 9, 0, 2};
    static forgery f;
    isakmp_sa_id next;
    isakmp_addr a;
    (void)state;
    come_up_configured(807);
    next = pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
    run_for(100);
    assert_int_equal(isakmp_addr_pool_lease(&B->pool, isakmp__span("x", 1), &a), ISAKMP_OK);
    give_only(second, sizeof second);
    forge_request(&f, 0x7777);
    assert_int_equal(forge_send(&f, 1), ISAKMP_OK);
    assert_int_equal(B->pool.used, 2);
    assert_int_equal(children_in(B, ISAKMP_CHILD_UP), 1);
    assert_int_equal(isakmp_close(A->x, pr.now, next), ISAKMP_OK);
    run_for(100);
    assert_int_equal(B->pool.used, 1);
    assert_int_equal(children_in(A, 0) + children_in(B, 0), 0);
    assert_int_equal(last_event(B, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_ADDRESS_LOST);
    end();
}

/* A child that is not for the address stays. */
static const isakmp_child_policy *by_selector(peer *p, const isakmp_selector *local,
                                              const isakmp_selector *remote)
{
    static isakmp_child_policy net;
    (void)local;
    net = p->child;
    net.remote = pair_subnet(1);
    return isakmp_selector_within(remote, &net.remote) ? &net : &p->child;
}

static void test_children_for_something_else(void **state)
{
    static const uint8_t second[] = {0, 1, 0, 4, 10, 9, 0, 2};
    static isakmp_child_policy net;
    static forgery f;
    isakmp_addr a;
    (void)state;
    prepare(805);
    B->choose_child = by_selector;
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
    run_for(100);
    net = A->child;
    net.local = pair_subnet(1);
    add_child(A, first_sa(A), &net);
    run_for(100);
    assert_true(both_up(2));
    assert_int_equal(isakmp_addr_pool_lease(&B->pool, isakmp__span("x", 1), &a), ISAKMP_OK);
    give_only(second, sizeof second);
    forge_request(&f, 0x7777);
    assert_int_equal(forge_send(&f, 1), ISAKMP_OK);
    run_for(100);
    assert_true(both_up(1));
    assert_int_equal(child_info(B, first_child(B)).remote.lo[1], 1);
    end();
}

/* ---- One client, one address ------------------------------------------------------------------ */

/* A client that asks twice at once is not asked about twice. */
static void test_two_requests_at_once(void **state)
{
    static forgery f;
    (void)state;
    prepare(810);
    B->park_at = 3; /* after find_peer and get_psk */
    B->answer_after = 500;
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
    run_for(50);
    assert_int_equal(B->n_asks, 1);
    forge_request(&f, 0x7777);
    assert_int_equal(forge_send(&f, 1), ISAKMP_IGNORED);
    assert_int_equal(B->assigns, 1);
    assert_int_equal(B->pool.used, 1);
    run_for(3000);
    assert_true(both_up(1));
    /* The second one is as good as new. */
    assert_int_equal(forge_send(&f, 1), ISAKMP_OK);
    assert_int_equal(B->assigns, 2);
    assert_int_equal(B->pool.used, 1);
    run_for(10);
    end();
    assert_int_equal(B->releases, 1);
}

/* What could not be pushed for want of room is not pushed while the client's own question is being answered. */
#define MAX_TAKEN 64
static void *taken[MAX_TAKEN];
static unsigned n_taken;

static void take_exchanges(peer *p, const isakmp_event *ev)
{
    if (ev->type != ISAKMP_EV_SA_UP)
        return;
    while (n_taken < MAX_TAKEN && (taken[n_taken] = isakmp__pool_take(&p->x->exchs)) != NULL)
        n_taken++;
}

static void test_push_while_asked(void **state)
{
    static forgery f;
    (void)state;
    prepare(811);
    A->peer.flags ^= ISAKMP_PF_CONFIG_PULL | ISAKMP_PF_CONFIG_ACCEPT;
    B->peer.flags |= ISAKMP_PF_CONFIG_PUSH;
    B->hear_event = take_exchanges;
    B->park_at = 3;
    B->answer_after = 3000;
    n_taken = 0;
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
    run_for(100);
    assert_int_equal(B->assigns, 0);
    assert_true(n_taken > 0);
    while (n_taken)
        isakmp__pool_give(&B->x->exchs, taken[--n_taken]);
    forge_request(&f, 0x7777);
    assert_int_equal(forge_send(&f, 1), ISAKMP_OK);
    assert_int_equal(B->n_asks, 1);
    run_for(2500);
    assert_int_equal(B->assigns, 1);
    run_for(8000);
    assert_int_equal(B->pool.used, 1);
    end();
}

/* What is pushed to a client that never acknowledges is taken back, but not while the host is being asked for
 * that client again: it may answer that the client shall keep what it has. */
enum {
    KEEPS_IT,
    HAS_NONE,
    NEVER_ANSWERS,
    N_ANSWERS
};

static int lose_transactions(pair *p, wire_item *w)
{
    (void)p;
    return w->from == B->index && header_of(w).exchange == ISAKMP_EXCH_TRANSACTION ? PAIR_DROP
                                                                                   : PAIR_DELIVER;
}

static void test_asked_again_while_pushing(void **state)
{
    static forgery f;
    (void)state;
    for (int answer = 0; answer < N_ANSWERS; answer++) {
        prepare(812);
        A->peer.flags ^= ISAKMP_PF_CONFIG_PULL | ISAKMP_PF_CONFIG_ACCEPT;
        B->peer.flags |= ISAKMP_PF_CONFIG_PUSH;
        B->peer.config_s = 2;
        B->park_at = 4; /* after find_peer, get_psk and the first question for an address */
        B->answer_after = 3000;
        B->never_answer = answer == NEVER_ANSWERS;
        pr.filter = lose_transactions;
        pair_start(&pr);
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
        run_for(100);
        assert_int_equal(B->assigns, 1);
        forge_request(&f, 0x7777);
        assert_int_equal(forge_send(&f, 1), ISAKMP_OK);
        assert_int_equal(B->n_asks, 1);
        if (answer == HAS_NONE)
            B->asks[0].rc = ISAKMP_NONE;
        run_for(2500);
        assert_int_equal(heard(B, ISAKMP_EV_CONFIG_NONE), 1);
        assert_int_equal(B->releases, 0);
        run_for(200000);
        assert_int_equal(B->pool.used, answer == KEEPS_IT);
        assert_int_equal(heard(B, ISAKMP_EV_CONFIG), answer == KEEPS_IT);
        assert_int_equal(B->releases, answer != KEEPS_IT);
        end();
    }
}

/* The client begins anew before it has heard of what is pushed to it, and says nothing of that.  It is told under the
 * new SA; or, if there is no room to say it, has nothing. */
static void test_new_sa_before_it_was_told(void **state)
{
    (void)state;
    for (int room = 0; room < 2; room++) {
        prepare(813);
        A->peer.flags ^= ISAKMP_PF_CONFIG_PULL | ISAKMP_PF_CONFIG_ACCEPT;
        B->peer.flags ^= ISAKMP_PF_CONFIG_PUSH | ISAKMP_PF_CONFIG_ANSWER;
        pr.filter = lose_transactions;
        pair_start(&pr);
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
        run_for(1000);
        assert_int_equal(B->assigns, 1);
        pr.filter = NULL;
        pair_restart(&pr, 0);
        n_taken = 0;
        B->hear_event = room ? NULL : take_exchanges;
        pair_connect(&pr, ISAKMP_EXCH_MAIN, room);
        run_for(15000);
        while (n_taken)
            isakmp__pool_give(&B->x->exchs, taken[--n_taken]);
        assert_int_equal(heard(A, ISAKMP_EV_CONFIG), room);
        assert_int_equal(B->pool.used, room);
        assert_int_equal(B->releases, 1 - room);
        assert_int_equal(heard(B, ISAKMP_EV_CONFIG), room);
        assert_int_equal(children_in(A, ISAKMP_CHILD_UP), room);
        end();
        assert_int_equal(B->releases, 1);
    }
}

/* Something is added to what the client has, or takes the place of a part, and it never acknowledges: what it had
 * stays, with its child; or both go. */
static void test_a_second_push_is_lost(void **state)
{
    static const uint8_t both[] = {0,    1,    0, 4, 10, 9, 0, 1, 0, 8, 0, 16, 0x20, 1,
                                   0x0d, 0xb8, 0, 0, 0,  0, 0, 0, 0, 0, 0, 0,  0,    5};
    (void)state;
    for (int added = 0; added < 2; added++) {
        prepare(814);
        A->peer.flags ^= ISAKMP_PF_CONFIG_PULL | ISAKMP_PF_CONFIG_ACCEPT;
        B->peer.flags ^= ISAKMP_PF_CONFIG_PUSH | ISAKMP_PF_CONFIG_ANSWER;
        B->peer.flags |= ISAKMP_PF_CONFIG_AGAIN | ISAKMP_PF_REKEY;
        A->peer.flags |= ISAKMP_PF_REKEY;
        B->give_ip6 = !added;
        pair_start(&pr);
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
        run_for(100);
        assert_true(both_up(1));
        give_only(both, sizeof both);
        pr.filter = lose_transactions;
        assert_int_equal(isakmp_rekey(A->x, pr.now, first_sa(A), NULL), ISAKMP_OK);
        run_for(100);
        assert_int_equal(B->assigns, 2);
        run_for(30000);
        assert_int_equal(B->releases, 1 - added);
        assert_int_equal(B->pool.used, added);
        assert_int_equal(children_in(B, ISAKMP_CHILD_UP), added);
        end();
    }
}

/* ---- What the host gives, and nobody can have ------------------------------------------------- */

/* An answer that cannot be used: the address in it is free again. */
static void test_an_answer_that_is_spoilt(void **state)
{
    static const uint8_t half[] = {0, 3, 0, 4, 10};
    (void)state;
    for (int late = 0; late < 2; late++) {
        prepare(820);
        memcpy(B->gift, half, sizeof half);
        B->gift_n = sizeof half;
        B->park_at = late ? 3 : 0;
        pair_start(&pr);
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
        run_for(100);
        assert_int_equal(B->assigns, 1);
        assert_int_equal(B->releases, 1);
        assert_int_equal(B->pool.used, 0);
        assert_int_equal(heard(A, ISAKMP_EV_CONFIG_NONE), 1);
        end();
    }
}

/* ... but not one that the client has had before. */
static void test_a_second_answer_that_is_spoilt(void **state)
{
    static const uint8_t half[] = {0, 3, 0, 4, 10};
    static forgery f;
    (void)state;
    come_up_configured(821);
    memcpy(B->gift, half, sizeof half);
    B->gift_n = sizeof half;
    forge_request(&f, 0x7777);
    assert_int_equal(forge_send(&f, 1), ISAKMP_OK);
    assert_int_equal(B->assigns, 2);
    assert_int_equal(B->releases, 0);
    assert_int_equal(sa_info(B, first_sa(B)).ip4.family, 4);
    run_for(10);
    end();
    assert_int_equal(B->releases, 1);
}

/* ... under whichever SA. */
static void test_a_spoilt_answer_under_another_sa(void **state)
{
    static const uint8_t first_and_half[] = {0, 1, 0, 4, 10, 9, 0, 1, 0, 3, 0, 4, 10};
    static forgery f;
    isakmp_sa_id old;
    (void)state;
    come_up_configured(823);
    old = first_sa(A);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
    run_for(100);
    assert_int_equal(sa_info(B, first_sa(B)).ip4.family, 0);
    give_only(first_and_half, sizeof first_and_half);
    forge_request_under(&f, old, 0x7777);
    assert_int_equal(forge_send(&f, 1), ISAKMP_OK);
    assert_int_equal(B->assigns, 2);
    assert_int_equal(B->releases, 0);
    run_for(10);
    end();
    assert_int_equal(B->releases, 1);
}

/* An address of each family, given under an SA each, and both again under a third one: each ends once. */
static unsigned ends_of_ip6;

static void count_ends(peer *p, const isakmp_event *ev)
{
    (void)p;
    ends_of_ip6 += ev->type == ISAKMP_EV_CONFIG_END && ev->assignment->ip6.family;
}

static void test_two_families_of_two_sas(void **state)
{
    static const uint8_t both[] = {0,    1,    0, 4, 10, 9, 0, 1, 0, 8, 0, 16, 0x20, 1,
                                   0x0d, 0xb8, 0, 0, 0,  0, 0, 0, 0, 0, 0, 0,  0,    5};
    (void)state;
    for (int last = 0; last < 2; last++) {
        isakmp_sa_id sa[3];
        prepare(824);
        B->hear_event = count_ends;
        ends_of_ip6 = 0;
        pair_start(&pr);
        sa[0] = connect_from(500);
        give_only(both + 8, sizeof both - 8);
        sa[1] = connect_from(1500);
        give_only(both, sizeof both);
        sa[2] = connect_from(2500);
        assert_int_equal(B->assigns, 3);
        assert_int_equal(sa_info(A, sa[2]).ip4.family + sa_info(A, sa[2]).ip6.family, 10);
        for (int i = 0; i < 3; i++) {
            assert_int_equal(B->releases + ends_of_ip6, last || i == 0 ? 0 : 2);
            assert_int_equal(isakmp_close(A->x, pr.now, sa[last ? i : 2 - i]), ISAKMP_OK);
            run_for(100);
        }
        assert_int_equal(B->releases, 1);
        assert_int_equal(ends_of_ip6, 1);
        end();
    }
}

/* An answer about one family says nothing of the other one. */
static void test_one_family_after_the_other(void **state)
{
    static const uint8_t attr[] = {0, 8, 0, 16, 0x20, 1, 0x0d, 0xb8, 0, 0,
                                   0, 0, 0, 0,  0,    0, 0,    0,    0, 5};
    static forgery f;
    isakmp_sa_info i;
    (void)state;
    come_up_configured(822);
    give_only(attr, sizeof attr);
    forge_request(&f, 0x7777);
    assert_int_equal(forge_send(&f, 1), ISAKMP_OK);
    i = sa_info(B, first_sa(B));
    assert_int_equal(i.ip4.family, 4);
    assert_int_equal(i.ip6.family, 6);
    assert_int_equal(heard(B, ISAKMP_EV_CONFIG_END), 0);
    assert_int_equal(B->pool.used, 1);
    run_for(10);
    end();
    assert_int_equal(B->releases, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_an_address),
        cmocka_unit_test(test_a_gateway_that_gives_none),
        cmocka_unit_test(test_under_the_old_sa),
        cmocka_unit_test(test_another_address),
        cmocka_unit_test(test_another_address_is_pushed),
        cmocka_unit_test(test_the_childs_address),
        cmocka_unit_test(test_the_childs_address_is_not_the_clients),
        cmocka_unit_test(test_children_for_something_else),
        cmocka_unit_test(test_two_requests_at_once),
        cmocka_unit_test(test_push_while_asked),
        cmocka_unit_test(test_asked_again_while_pushing),
        cmocka_unit_test(test_new_sa_before_it_was_told),
        cmocka_unit_test(test_a_second_push_is_lost),
        cmocka_unit_test(test_an_answer_that_is_spoilt),
        cmocka_unit_test(test_a_second_answer_that_is_spoilt),
        cmocka_unit_test(test_a_spoilt_answer_under_another_sa),
        cmocka_unit_test(test_two_families_of_two_sas),
        cmocka_unit_test(test_one_family_after_the_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
