/* flow/flow_refused.c -- negotiations that must not succeed: other keys, nothing in common, the wrong
 * identity.  Each side is told the right reason, the one that refuses says why, and nothing is left. */
#include "flow/forge.h"

static const uint8_t exchanges[] = {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_AGGRESSIVE};

static void begin(uint8_t exchange, int child)
{
    pair_start(&pr);
    pair_connect(&pr, exchange, child);
    run_for(100);
}

static void check_down(const peer *p, unsigned by, unsigned detail, unsigned message,
                       unsigned notify)
{
    const heard_event *h = last_event(p, ISAKMP_EV_SA_DOWN);
    assert_int_equal(heard(p, ISAKMP_EV_SA_UP), 0);
    assert_non_null(h);
    assert_string_equal(isakmp_detail_name(h->detail), isakmp_detail_name(detail));
    assert_int_equal(h->by, by);
    assert_int_equal(h->message, message);
    assert_int_equal(h->notify, notify);
}

static void check_refused(const peer *p, unsigned detail, unsigned notify)
{
    const heard_event *h = last_event(p, ISAKMP_EV_REFUSED);
    assert_non_null(h);
    assert_string_equal(isakmp_detail_name(h->detail), isakmp_detail_name(detail));
    assert_int_equal(h->by, ISAKMP_BY_US);
    assert_int_equal(h->message, 1);
    assert_int_equal(h->notify, notify);
}

static void check_told(const peer *p, unsigned notify, unsigned authentic)
{
    const heard_event *h = last_event(p, ISAKMP_EV_NOTIFY);
    assert_non_null(h);
    assert_int_equal(h->notify, notify);
    assert_int_equal(h->authentic, authentic);
}

static void nothing_left(void)
{
    run_for(LONG_MS);
    assert_true(pair_is_empty(&pr));
    finish();
}

/* ---- Other pre-shared keys --------------------------------------------------------------------- */

/* The responder sees it at MM5, which decrypts to nonsense; the initiator is told in the clear, which
 * proves nothing, and waits until its patience is over. */
static void test_wrong_key_in_main_mode(void **state)
{
    unsigned suspected = isakmp_detail_notify(ISAKMP_D_PSK_SUSPECTED);
    (void)state;
    for (int who = 0; who < 2; who++) {
        pair_init(&pr, 230);
        pr.p[who].psk[0] ^= 1;
        begin(ISAKMP_EXCH_MAIN, 1);
        assert_int_equal(isakmp_count(B->x, ISAKMP_D_PSK_SUSPECTED), 1);
        assert_int_equal(sas_in(A, ISAKMP_SA_NEGOTIATING), 1);
        check_told(A, suspected, 0);
        run_for(LONG_MS);
        check_down(B, ISAKMP_BY_TIMER, ISAKMP_D_PSK_SUSPECTED, 5, 0);
        check_down(A, ISAKMP_BY_TIMER, ISAKMP_D_PSK_SUSPECTED, 6, suspected);
        assert_int_equal(heard(B, ISAKMP_EV_REFUSED), 1); /* at once, and not again */
        assert_int_equal(last_event(A, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_PARENT);
        assert_int_equal(heard(A, ISAKMP_EV_SA_DOWN), 1);
        nothing_left();
    }
}

/* In Aggressive Mode it is the initiator that sees it first. */
static void test_wrong_key_in_aggressive_mode(void **state)
{
    unsigned suspected = isakmp_detail_notify(ISAKMP_D_PSK_SUSPECTED);
    (void)state;
    for (int who = 0; who < 2; who++) {
        pair_init(&pr, 231);
        pr.p[who].psk[0] ^= 1;
        begin(ISAKMP_EXCH_AGGRESSIVE, 0);
        assert_int_equal(isakmp_count(A->x, ISAKMP_D_PSK_SUSPECTED), 1);
        check_told(B, suspected, 0);
        run_for(LONG_MS);
        check_down(A, ISAKMP_BY_TIMER, ISAKMP_D_PSK_SUSPECTED, 2, 0);
        check_down(B, ISAKMP_BY_TIMER, ISAKMP_D_PSK_SUSPECTED, 3, suspected);
        assert_int_equal(heard(A, ISAKMP_EV_REFUSED), 1);
        nothing_left();
    }
}

/* ... and then come the others with the right key: the wrong one has not hurt them. */
static void test_wrong_key_corrected(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        pair_init(&pr, 232);
        B->psk[3] ^= 1;
        begin(exchanges[k], 1);
        B->psk[3] ^= 1;
        pair_connect(&pr, exchanges[k], 1);
        run_for(100);
        assert_int_equal(heard(A, ISAKMP_EV_SA_UP), 1);
        assert_int_equal(heard(B, ISAKMP_EV_CHILD_UP), 1);
        assert_true(sads_mirror(&pr));
        finish();
    }
}

/* ---- No key, no policy ------------------------------------------------------------------------- */

static void test_initiator_without_a_key(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        pair_init(&pr, 233);
        A->psk_n = 0;
        begin(exchanges[k], 1);
        check_down(A, ISAKMP_BY_US, ISAKMP_D_NO_KEY, 1, 0);
        assert_int_equal(A->sends, 0);
        nothing_left();
    }
}

static void test_responder_without_a_key(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        pair_init(&pr, 234);
        B->psk_n = 0;
        begin(exchanges[k], 0);
        check_refused(B, ISAKMP_D_NO_PROPOSAL, ISAKMP_N_NO_PROPOSAL_CHOSEN);
        assert_int_equal(last_event(B, ISAKMP_EV_REFUSED)->has_report, 1);
        assert_string_equal(B->report, "proposal 1, transform 1, policy 10: key material of ours "
                                       "that is missing");
        check_told(A, ISAKMP_N_NO_PROPOSAL_CHOSEN, 0);
        run_for(LONG_MS);
        check_down(A, ISAKMP_BY_TIMER, ISAKMP_D_TIMEOUT, 2, ISAKMP_N_NO_PROPOSAL_CHOSEN);
        nothing_left();
    }
}

/* To strangers nothing is said. */
static void test_unknown_peer(void **state)
{
    (void)state;
    for (int callback = 0; callback < 2; callback++)
        for (unsigned k = 0; k < 2; k++) {
            pair_init(&pr, 235);
            B->no_peer = 1;
            if (!callback)
                B->host.find_peer = NULL;
            begin(exchanges[k], 0);
            check_refused(B, ISAKMP_D_NO_POLICY, ISAKMP_N_NO_PROPOSAL_CHOSEN);
            assert_int_equal(B->sends, 0);
            run_for(LONG_MS);
            check_down(A, ISAKMP_BY_TIMER, ISAKMP_D_TIMEOUT, 2, 0);
            nothing_left();
        }
}

static void test_aggressive_mode_not_allowed(void **state)
{
    (void)state;
    pair_init(&pr, 236);
    B->peer.flags = 0;
    begin(ISAKMP_EXCH_AGGRESSIVE, 0);
    check_refused(B, ISAKMP_D_MODE_REFUSED, 0);
    assert_int_equal(B->sends, 0);
    assert_int_equal(B->toy.calls[TOY_DH_NEW] + B->toy.calls[TOY_DH_KEY], 0);
    run_for(LONG_MS);
    check_down(A, ISAKMP_BY_TIMER, ISAKMP_D_TIMEOUT, 2, 0);
    nothing_left();
}

static void test_modes_that_are_not_named(void **state)
{
    static const isakmp_exchange *const main_only[] = {&isakmp_main_mode, NULL};
    isakmp_child_id c;
    isakmp_sa_id sa;
    isakmp_path path;
    (void)state;
    pair_init(&pr, 237);
    B->config.exchanges = main_only;
    begin(ISAKMP_EXCH_AGGRESSIVE, 0);
    assert_int_equal(isakmp_count(B->x, ISAKMP_D_EXCHANGE_TYPE), 1);
    assert_int_equal(B->n_events, 0);
    path = pair_path(&pr, 1);
    assert_int_equal(isakmp_connect(B->x, pr.now, &B->peer, &path, ISAKMP_EXCH_AGGRESSIVE, &sa),
                     ISAKMP_E_STATE);
    assert_int_equal(isakmp_connect(B->x, pr.now, &B->peer, &path, ISAKMP_EXCH_MAIN, &sa),
                     ISAKMP_OK);
    assert_int_equal(isakmp_child_connect(B->x, pr.now, sa, &B->child, &c), ISAKMP_E_STATE);
    run_for(100);
    assert_int_equal(heard(B, ISAKMP_EV_SA_UP), 1);
    finish();
}

/* A policy of the host that is not valid: not the peer's fault. */
static void test_invalid_policy_of_the_host(void **state)
{
    (void)state;
    pair_init(&pr, 238);
    B->policies[0].priority = 0;
    begin(ISAKMP_EXCH_MAIN, 0);
    check_refused(B, ISAKMP_D_HOST, 0);
    assert_int_equal(B->sends, 0);
    nothing_left();

    pair_init(&pr, 239);
    B->child.mode = 7;
    begin(ISAKMP_EXCH_MAIN, 1);
    check_refused(B, ISAKMP_D_HOST, 0);
    finish();
}

/* ---- Nothing in common ------------------------------------------------------------------------- */

static void test_no_common_policy(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        pair_init(&pr, 240);
        B->policies[0].hash = ISAKMP_HASH_SHA256;
        begin(exchanges[k], 0);
        check_refused(B, ISAKMP_D_NO_PROPOSAL, ISAKMP_N_NO_PROPOSAL_CHOSEN);
        assert_int_equal(last_event(B, ISAKMP_EV_REFUSED)->has_report, 1);
        assert_string_equal(B->report,
                            "proposal 1, transform 1, policy 10: hash is sha1, ours is sha256");
        assert_int_equal(heard(B, ISAKMP_EV_SA_DOWN), 0);
        check_told(A, ISAKMP_N_NO_PROPOSAL_CHOSEN, 0);
        run_for(LONG_MS);
        check_down(A, ISAKMP_BY_TIMER, ISAKMP_D_TIMEOUT, 2, ISAKMP_N_NO_PROPOSAL_CHOSEN);
        /* Every repetition is looked at anew, and refused anew. */
        assert_int_equal(heard(B, ISAKMP_EV_REFUSED), 6);
        nothing_left();
    }
}

/* Every attribute in turn. */
static void test_report_of_each_attribute(void **state)
{
    static const char *const reports[] = {
        "proposal 1, transform 1, policy 10: encryption is aes, ours is 3des",
        "proposal 1, transform 1, policy 10: key length is 128, ours is 256",
        "proposal 1, transform 1, policy 10: hash is sha1, ours is sha512",
        "proposal 1, transform 1, policy 10: group is modp1024, ours is modp2048",
        "proposal 1, transform 1, policy 10: lifetime in seconds is 86400, ours is 90000",
    };
    (void)state;
    for (unsigned i = 0; i < COUNT(reports); i++) {
        isakmp_policy *p = &B->policies[0];
        pair_init(&pr, 241);
        if (i == 0) {
            p->cipher = ISAKMP_CIPHER_3DES;
            p->key_bits = 0;
        }
        p->key_bits = i == 1 ? 256 : p->key_bits;
        p->hash = i == 2 ? ISAKMP_HASH_SHA512 : p->hash;
        p->group = i == 3 ? ISAKMP_GROUP_MODP_2048 : p->group;
        p->life_s = i == 4 ? 90000 : p->life_s;
        begin(ISAKMP_EXCH_MAIN, 0);
        assert_string_equal(B->report, reports[i]);
        nothing_left();
    }
}

static void test_no_common_protection(void **state)
{
    (void)state;
    pair_init(&pr, 242);
    B->protect[0].key_bits = 256;
    B->protect[0].set = 3;
    begin(ISAKMP_EXCH_MAIN, 1);
    assert_true(both_up(0));
    check_refused(B, ISAKMP_D_NO_PROPOSAL, ISAKMP_N_NO_PROPOSAL_CHOSEN);
    assert_string_equal(B->report,
                        "proposal 1, transform 1, our set 3: key length is 128, ours is 256");
    check_told(A, ISAKMP_N_NO_PROPOSAL_CHOSEN, 1);
    assert_int_equal(last_event(A, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_PEER_REFUSED);
    assert_int_equal(last_event(A, ISAKMP_EV_CHILD_DOWN)->by, ISAKMP_BY_PEER);
    assert_int_equal(last_event(A, ISAKMP_EV_CHILD_DOWN)->message, 1);
    assert_int_equal(last_event(A, ISAKMP_EV_CHILD_DOWN)->notify, ISAKMP_N_NO_PROPOSAL_CHOSEN);
    assert_int_equal(heard(B, ISAKMP_EV_CHILD_DOWN), 0);
    finish();
}

static void test_no_policy_for_the_traffic(void **state)
{
    (void)state;
    for (int callback = 0; callback < 2; callback++) {
        pair_init(&pr, 243);
        B->no_child = 1;
        if (!callback)
            B->host.find_child = NULL;
        begin(ISAKMP_EXCH_MAIN, 1);
        assert_true(both_up(0));
        check_refused(B, ISAKMP_D_NO_CHILD_POLICY, ISAKMP_N_INVALID_ID_INFORMATION);
        check_told(A, ISAKMP_N_INVALID_ID_INFORMATION, 1);
        assert_int_equal(last_event(A, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_PEER_REFUSED);
        finish();
    }
}

/* Of two Quick Modes at once the right one is refused: by its SPI. */
static const isakmp_child_policy *only_the_second(peer *p, const isakmp_selector *local,
                                                  const isakmp_selector *remote)
{
    (void)remote;
    return local->lo[1] == 2 ? NULL : &p->child;
}

static void test_the_right_one_is_refused(void **state)
{
    isakmp_child_policy second;
    isakmp_child_id a, b;
    (void)state;
    pair_init(&pr, 244);
    B->choose_child = only_the_second;
    B->child.local = pair_subnet(9);
    come_up(ISAKMP_EXCH_MAIN, 0);
    second = A->child;
    second.remote = pair_subnet(9);
    a = add_child(A, first_sa(A), &A->child);
    b = add_child(A, first_sa(A), &second);
    run_for(100);
    assert_int_equal(child_info(A, b).state, ISAKMP_CHILD_UP);
    assert_int_equal(heard(A, ISAKMP_EV_CHILD_DOWN), 1);
    assert_true(last_event(A, ISAKMP_EV_CHILD_DOWN)->child.v == a.v);
    assert_true(both_up(1));
    finish();
}

/* ---- The wrong identity ------------------------------------------------------------------------ */

static void name(isakmp_id *id, const char *text)
{
    memset(id, 0, sizeof *id);
    id->type = ISAKMP_ID_FQDN;
    id->data = isakmp__span(text, strlen(text));
}

/* The peer proves its key but is somebody else than expected.  The one that refuses says so, and both
 * know: no SA is left up on one side. */
static void test_responder_refuses_the_identity(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        pair_init(&pr, 245);
        name(&A->peer.my_id, "mallory.example");
        name(&B->peer.peer_id, "alice.example");
        begin(exchanges[k], 0);
        check_down(B, ISAKMP_BY_US, ISAKMP_D_ID_REFUSED, k ? 3 : 5,
                   ISAKMP_N_INVALID_ID_INFORMATION);
        assert_int_equal(isakmp_count(B->x, ISAKMP_D_ID_REFUSED), 1);
        check_told(A, ISAKMP_N_INVALID_ID_INFORMATION, 1);
        assert_int_equal(heard(A, ISAKMP_EV_SA_DOWN), 1);
        if (k == 0)
            check_down(A, ISAKMP_BY_PEER, ISAKMP_D_PEER_REFUSED, 5,
                       ISAKMP_N_INVALID_ID_INFORMATION);
        assert_true(pair_is_empty(&pr));
        nothing_left();
    }
}

static void test_initiator_refuses_the_identity(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        pair_init(&pr, 246);
        name(&B->peer.my_id, "mallory.example");
        name(&A->peer.peer_id, "bob.example");
        begin(exchanges[k], 1);
        check_down(A, ISAKMP_BY_US, ISAKMP_D_ID_REFUSED, k ? 2 : 6,
                   ISAKMP_N_INVALID_ID_INFORMATION);
        assert_int_equal(last_event(A, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_PARENT);
        check_told(B, ISAKMP_N_INVALID_ID_INFORMATION, 1);
        assert_int_equal(heard(B, ISAKMP_EV_SA_DOWN), 1);
        assert_true(pair_is_empty(&pr));
        nothing_left();
    }
}

/* Names are compared without regard to case. */
static void test_the_identity_is_accepted(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        pair_init(&pr, 247);
        name(&A->peer.my_id, "Alice.Example");
        name(&B->peer.peer_id, "aliCE.example");
        name(&B->peer.my_id, "bob.example");
        name(&A->peer.peer_id, "bob.example");
        come_up(exchanges[k], 1);
        assert_int_equal(sa_info(B, first_sa(B)).peer_id.type, ISAKMP_ID_FQDN);
        assert_int_equal(sa_info(B, first_sa(B)).peer_id.data.n, 13);
        finish();
    }
}

/* ---- Authentic, and all the same not acceptable ------------------------------------------------ */

/* The responder's choice is altered, with HASH made right again: the initiator does not take it, and
 * the responder hears of it. */
static int alter_choice(pair *p, wire_item *w)
{
    static opened o;
    part *sa;
    (void)p;
    if (header_of(w).exchange != ISAKMP_EXCH_QUICK || w->from != 1)
        return PAIR_DELIVER;
    assert_true(open_item(&o, w));
    sa = find_part(&o, ISAKMP_PAYLOAD_SA, 0);
    sa->body[sa->n - 1] ^= 1; /* the lifetime */
    rehash(&o);
    close_item(&o, w);
    return PAIR_DELIVER;
}

static void test_initiator_refuses_the_choice(void **state)
{
    (void)state;
    pair_init(&pr, 248);
    pr.arrive = alter_choice;
    begin(ISAKMP_EXCH_MAIN, 1);
    assert_int_equal(last_event(A, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_CHOICE);
    assert_int_equal(last_event(A, ISAKMP_EV_CHILD_DOWN)->by, ISAKMP_BY_US);
    assert_int_equal(last_event(A, ISAKMP_EV_CHILD_DOWN)->message, 2);
    check_told(B, ISAKMP_N_NO_PROPOSAL_CHOSEN, 1);
    assert_int_equal(heard(B, ISAKMP_EV_CHILD_DOWN), 1);
    assert_int_equal(last_event(B, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_PEER_REFUSED);
    assert_true(both_up(0));
    finish();
}

/* In phase 1 nothing is authentic yet: an altered choice is as good as none, and the true one counts. */
static int alter_choice_once(pair *p, wire_item *w)
{
    static opened o;
    static wire_item copy;
    part *sa;
    if (header_of(w).exchange == ISAKMP_EXCH_QUICK || w->from != 1)
        return PAIR_DELIVER;
    p->arrive = NULL;
    copy = *w;
    assert_true(open_item(&o, &copy));
    sa = find_part(&o, ISAKMP_PAYLOAD_SA, 0);
    sa->body[sa->n - 1] ^= 1;
    close_item(&o, &copy);
    assert_int_equal(pair_input(p, 0, copy.data, copy.n), ISAKMP_IGNORED);
    assert_int_equal(isakmp_count(A->x, ISAKMP_D_CHOICE), 1);
    return PAIR_DELIVER;
}

static void test_altered_choice_in_phase_1(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        pair_init(&pr, 249);
        pr.arrive = alter_choice_once;
        begin(exchanges[k], 1);
        assert_true(both_up(1));
        finish();
    }
}

/* A refusal that ends an exchange is counted once, and the message that brought it had an effect. */
static int see_result(pair *p, wire_item *w)
{
    unsigned ignored = (unsigned)stats_of(A).ignored;
    alter_choice(p, w);
    if (header_of(w).exchange != ISAKMP_EXCH_QUICK || w->from != 1)
        return PAIR_DELIVER;
    assert_int_equal(pair_input(p, 0, w->data, w->n), ISAKMP_OK);
    assert_int_equal(stats_of(A).ignored, ignored);
    return PAIR_DROP;
}

static void test_a_refusal_is_counted_once(void **state)
{
    (void)state;
    pair_init(&pr, 250);
    pr.arrive = see_result;
    begin(ISAKMP_EXCH_MAIN, 1);
    assert_int_equal(isakmp_count(A->x, ISAKMP_D_CHOICE), 1);
    finish();
}

/* The host wants a child under an SA that a peer has just begun, and then nothing comes of that SA: the child
 * ends, too, and both are told. */
static void test_child_of_a_refused_stranger(void **state)
{
    (void)state;
    for (unsigned i = 0; i < COUNT(exchanges); i++)
        for (int again = 0; again < 2; again++) {
            pair_init(&pr, 249);
            B->park_at = 1;
            B->no_peer = 1;
            B->answer_after = 10;
            pair_start(&pr);
            pair_connect(&pr, exchanges[i], 0);
            run_for(5);
            assert_int_equal(sas_in(B, ISAKMP_SA_NEGOTIATING), 1);
            add_child(B, first_sa(B), &B->child);
            if (again)
                add_child(B, first_sa(B), &B->child);
            run_for(10);
            check_refused(B, ISAKMP_D_NO_POLICY, 14);
            assert_int_equal(heard(B, ISAKMP_EV_CHILD_DOWN), 1 + again);
            assert_int_equal(last_event(B, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_PARENT);
            assert_int_equal(heard(B, ISAKMP_EV_SA_DOWN), 1);
            assert_int_equal(last_event(B, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_NO_POLICY);
            assert_int_equal(stats_of(B).sas + stats_of(B).children, 0);
            nothing_left();
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_key_in_main_mode),
        cmocka_unit_test(test_wrong_key_in_aggressive_mode),
        cmocka_unit_test(test_wrong_key_corrected),
        cmocka_unit_test(test_initiator_without_a_key),
        cmocka_unit_test(test_responder_without_a_key),
        cmocka_unit_test(test_unknown_peer),
        cmocka_unit_test(test_aggressive_mode_not_allowed),
        cmocka_unit_test(test_modes_that_are_not_named),
        cmocka_unit_test(test_invalid_policy_of_the_host),
        cmocka_unit_test(test_no_common_policy),
        cmocka_unit_test(test_report_of_each_attribute),
        cmocka_unit_test(test_no_common_protection),
        cmocka_unit_test(test_no_policy_for_the_traffic),
        cmocka_unit_test(test_the_right_one_is_refused),
        cmocka_unit_test(test_responder_refuses_the_identity),
        cmocka_unit_test(test_initiator_refuses_the_identity),
        cmocka_unit_test(test_the_identity_is_accepted),
        cmocka_unit_test(test_initiator_refuses_the_choice),
        cmocka_unit_test(test_altered_choice_in_phase_1),
        cmocka_unit_test(test_a_refusal_is_counted_once),
        cmocka_unit_test(test_child_of_a_refused_stranger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
