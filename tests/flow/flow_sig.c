/* flow/flow_sig.c -- phase 1 with signatures [RFC2409 5.1, RFC4945]: both modes, both roles; certificates
 * and requests for them; what is refused, and who is told; questions that are answered later. */
#include "flow/forge.h"

static const uint8_t modes[] = {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_AGGRESSIVE};

static void prepare(uint64_t seed, uint16_t auth)
{
    pair_init(&pr, seed);
    A->policies[0].auth = B->policies[0].auth = auth;
}

static void test_both_modes(void **state)
{
    static const uint16_t methods[] = {ISAKMP_AUTH_RSA_SIG, ISAKMP_AUTH_ECDSA_P384_SHA384};
    (void)state;
    for (unsigned k = 0; k < 2; k++)
        for (unsigned m = 0; m < 2; m++) {
            prepare(500 + m, methods[m]);
            come_up(modes[k], 1);
            for (int i = 0; i < 2; i++) {
                peer *p = &pr.p[i];
                assert_int_equal(p->signs, 1);
                assert_int_equal(p->verifies, 1);
                assert_int_equal(p->wanted, 1); /* the other side has asked for one */
                assert_int_equal(p->proven.type, ISAKMP_ID_IPV4_ADDR);
                assert_int_equal(sa_info(p, first_sa(p)).suite.auth, methods[m]);
            }
            finish();
        }
}

/* Signatures and pre-shared keys in one policy: what has no key material is neither offered nor matched. */
static void test_policies_without_their_keys(void **state)
{
    (void)state;
    for (int who = 0; who < 2; who++)
        for (int lacks = 0; lacks < 2; lacks++) {
            prepare(510, ISAKMP_AUTH_RSA_SIG);
            for (int i = 0; i < 2; i++) {
                pr.p[i].policies[1] = pr.p[i].policies[0];
                pr.p[i].policies[1].auth = ISAKMP_AUTH_PSK;
                pr.p[i].policies[1].priority++;
                pr.p[i].peer.n_policies = 2;
            }
            pr.p[who].no_private_key = lacks;
            come_up(ISAKMP_EXCH_MAIN, 1);
            assert_int_equal(sa_info(A, first_sa(A)).suite.auth,
                             lacks ? ISAKMP_AUTH_PSK : ISAKMP_AUTH_RSA_SIG);
            finish();
        }
}

static void test_no_private_key_at_all(void **state)
{
    (void)state;
    prepare(511, ISAKMP_AUTH_RSA_SIG);
    A->no_private_key = 1;
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
    run_for(100);
    assert_int_equal(A->sends, 0);
    assert_int_equal(last_event(A, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_NO_KEY);
    finish();
}

/* ---- What is refused ------------------------------------------------------------------------- */

/* T-42: whatever verify says but yes, nothing comes up; the reason is its own, told at once, and the peer
 * hears of it under the keys that both have. */
static void test_T42_every_reason(void **state)
{
    static const uint16_t reasons[] = {
        ISAKMP_D_SIGNATURE,    ISAKMP_D_NO_CERT,     ISAKMP_D_CERT_FORM, ISAKMP_D_CERT_UNTRUSTED,
        ISAKMP_D_CERT_EXPIRED, ISAKMP_D_CERT_FUTURE, ISAKMP_D_CERT_CRL,  ISAKMP_D_CERT_REVOKED,
        ISAKMP_D_CERT_USAGE,   ISAKMP_D_CERT_ID};
    (void)state;
    for (unsigned k = 0; k < 2; k++)
        for (int who = 0; who < 2; who++)
            for (unsigned i = 0; i < COUNT(reasons); i++) {
                peer *p = &pr.p[who], *other = &pr.p[1 - who];
                prepare(520, ISAKMP_AUTH_RSA_SIG);
                p->distrust = reasons[i];
                pair_start(&pr);
                pair_connect(&pr, modes[k], 0);
                run_for(100);
                assert_int_equal(heard(p, ISAKMP_EV_REFUSED), 1);
                assert_int_equal(last_event(p, ISAKMP_EV_REFUSED)->detail, reasons[i]);
                if (heard(other, ISAKMP_EV_NOTIFY) == 0)
                    fail_msg("exchange %u, peer %d, reason %u: the other one was not told",
                             modes[k], who, i);
                assert_int_equal(last_event(other, ISAKMP_EV_NOTIFY)->notify,
                                 isakmp_detail_notify(reasons[i]));
                assert_int_equal(sas_in(p, ISAKMP_SA_UP), 0);
                run_for(LONG_MS);
                assert_int_equal(heard(p, ISAKMP_EV_SA_UP), 0);
                assert_int_equal(last_event(p, ISAKMP_EV_SA_DOWN)->detail, reasons[i]);
                assert_true(pair_is_empty(&pr));
                finish();
            }
}

/* The initiator of Aggressive Mode takes the SA for established, and goes on: nobody is reminded of a
 * message that came, and was not believed. */
static void test_refused_is_not_lost(void **state)
{
    (void)state;
    prepare(525, ISAKMP_AUTH_RSA_SIG);
    B->distrust = ISAKMP_D_CERT_EXPIRED;
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_AGGRESSIVE, 1);
    run_for(100);
    assert_int_equal(heard(A, ISAKMP_EV_SA_UP), 1);
    assert_true(isakmp_count(B->x, ISAKMP_D_NOT_UP) >= 1);
    assert_int_equal(B->sends, 2); /* message 2, and why message 3 is refused */
    finish();
}

/* T-44: only the one value that says yes is taken for yes. */
static int some_rc;

static int verify_says(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_proof *p,
                       uint16_t *why)
{
    (void)user;
    (void)t;
    (void)q;
    (void)p;
    *why = ISAKMP_D_SIGNATURE;
    return some_rc;
}

static void test_T44_only_ok_is_yes(void **state)
{
    (void)state;
    for (some_rc = -20; some_rc < 20; some_rc++) {
        if (some_rc == ISAKMP_OK || some_rc == ISAKMP_PENDING)
            continue;
        prepare(530, ISAKMP_AUTH_RSA_SIG);
        B->host.verify = verify_says;
        pair_start(&pr);
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
        run_for(LONG_MS);
        assert_int_equal(heard(B, ISAKMP_EV_SA_UP), 0);
        finish();
    }
}

static void test_no_certificate(void **state)
{
    (void)state;
    prepare(531, ISAKMP_AUTH_RSA_SIG);
    A->no_cert = 1;
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
    run_for(100);
    assert_int_equal(last_event(B, ISAKMP_EV_REFUSED)->detail, ISAKMP_D_NO_CERT);
    run_for(LONG_MS);
    assert_true(pair_is_empty(&pr));
    finish();
}

/* Who altered SIG on the way has not ended the exchange: the true message comes, and is accepted. */
static int altered;

static int alter_sig(pair *p, wire_item *w)
{
    static opened o;
    static wire_item copy;
    isakmp_header h = header_of(w);
    if (h.msg_id != 0)
        return PAIR_DELIVER;
    copy = *w;
    if (!open_item(&o, &copy) || find_part(&o, ISAKMP_PAYLOAD_SIG, 0) == NULL)
        return PAIR_DELIVER;
    find_part(&o, ISAKMP_PAYLOAD_SIG, 0)->body[3] ^= 1;
    close_item(&o, &copy);
    altered++;
    assert_int_equal(pair_input(p, 1 - w->from, copy.data, copy.n), ISAKMP_IGNORED);
    return PAIR_DELIVER;
}

static void test_altered_signatures(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        prepare(540, ISAKMP_AUTH_RSA_SIG);
        altered = 0;
        pr.arrive = alter_sig;
        pair_start(&pr);
        pair_connect(&pr, modes[k], 1);
        run_for(5000);
        assert_int_equal(altered, 2);
        assert_true(both_up(1));
        finish();
    }
}

/* The proof is good, but it is somebody else's. */
static void test_wrong_identity(void **state)
{
    static const uint8_t name[] = {'g', 'w'};
    (void)state;
    for (unsigned k = 0; k < 2; k++)
        for (int who = 0; who < 2; who++) {
            prepare(541, ISAKMP_AUTH_RSA_SIG);
            pr.p[who].peer.peer_id.type = ISAKMP_ID_FQDN;
            pr.p[who].peer.peer_id.data = isakmp__span(name, 2);
            pair_start(&pr);
            pair_connect(&pr, modes[k], 0);
            run_for(LONG_MS);
            assert_int_equal(heard(&pr.p[who], ISAKMP_EV_SA_UP), 0);
            assert_int_equal(last_event(&pr.p[who], ISAKMP_EV_SA_DOWN)->detail,
                             ISAKMP_D_ID_REFUSED);
            assert_true(pair_is_empty(&pr));
            finish();
        }
}

/* The second message of Aggressive Mode, made for one method, with the proof of the other. */
static uint8_t proof_was, proof_is;

static int swap_proof(pair *p, wire_item *w)
{
    static opened o;
    static wire_item copy;
    unsigned before = isakmp_count(A->x, ISAKMP_D_PAYLOAD_UNEXPECTED);
    part *proof;
    if (w->from != 1 || header_of(w).exchange != ISAKMP_EXCH_AGGRESSIVE)
        return PAIR_DELIVER;
    copy = *w;
    assert_true(open_item(&o, &copy));
    proof = find_part(&o, proof_was, 0);
    assert_non_null(proof);
    proof->type = proof_is;
    close_item(&o, &copy);
    assert_int_equal(pair_input(p, 0, copy.data, copy.n), ISAKMP_IGNORED);
    assert_int_equal(isakmp_count(A->x, ISAKMP_D_PAYLOAD_UNEXPECTED), before + 1);
    assert_int_equal(A->verifies, 0);
    return PAIR_DELIVER;
}

static void test_choice_of_another_method(void **state)
{
    (void)state;
    for (int sig = 0; sig < 2; sig++) {
        prepare(542, sig ? ISAKMP_AUTH_RSA_SIG : ISAKMP_AUTH_PSK);
        A->policies[1] = A->policies[0];
        A->policies[1].priority++;
        A->policies[1].auth = sig ? ISAKMP_AUTH_PSK : ISAKMP_AUTH_RSA_SIG;
        A->peer.n_policies = 2;
        proof_was = sig ? ISAKMP_PAYLOAD_SIG : ISAKMP_PAYLOAD_HASH;
        proof_is = sig ? ISAKMP_PAYLOAD_HASH : ISAKMP_PAYLOAD_SIG;
        pr.arrive = swap_proof;
        pair_start(&pr);
        pair_connect(&pr, ISAKMP_EXCH_AGGRESSIVE, 0);
        run_for(3000);
        assert_true(both_up(0)); /* the true one is of the other row */
        finish();
    }
}

/* Aggressive Mode with pre-shared keys is not allowed, but signatures would do. */
static void test_signatures_instead(void **state)
{
    (void)state;
    prepare(543, ISAKMP_AUTH_PSK);
    for (int i = 0; i < 2; i++) {
        pr.p[i].policies[1] = pr.p[i].policies[0];
        pr.p[i].policies[1].priority++;
        pr.p[i].policies[1].auth = ISAKMP_AUTH_RSA_SIG;
        pr.p[i].peer.n_policies = 2;
    }
    B->peer.flags &= ~(uint32_t)ISAKMP_PF_AGGRESSIVE_PSK;
    come_up(ISAKMP_EXCH_AGGRESSIVE, 0);
    assert_int_equal(sa_info(A, first_sa(A)).suite.auth, ISAKMP_AUTH_RSA_SIG);
    finish();
}

/* Whoever has the keys can make us look at proofs, but not for ever, nor talk. */
static int flood_sig(pair *p, wire_item *w)
{
    static opened o;
    static wire_item copy;
    isakmp_header h = header_of(w);
    if (w->from != 0 || h.exchange != ISAKMP_EXCH_MAIN || !(h.flags & ISAKMP_FLAG_ENCRYPTION))
        return PAIR_DELIVER;
    for (unsigned i = 0; i < 200; i++) {
        copy = *w;
        if (!open_item(&o, &copy)) /* the exchange has ended */
            return PAIR_DROP;
        isakmp__put32(find_part(&o, ISAKMP_PAYLOAD_SIG, 0)->body, i);
        close_item(&o, &copy);
        assert_int_equal(pair_input(p, 1, copy.data, copy.n), ISAKMP_IGNORED);
    }
    return PAIR_DROP;
}

static void test_many_bad_proofs(void **state)
{
    (void)state;
    prepare(544, ISAKMP_AUTH_RSA_SIG);
    pr.arrive = flood_sig;
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
    run_for(500);
    if (B->verifies == 0 || B->verifies > 5 || B->sends > 5)
        fail_msg("%u proofs were looked at, %u messages sent", B->verifies, B->sends);
    assert_int_equal(heard(B, ISAKMP_EV_REFUSED), 1);
    run_for(LONG_MS);
    assert_true(pair_is_empty(&pr));
    finish();
}

/* Whatever verify says instead of yes, and whatever comes afterwards, or if the host closes: the peer, which
 * takes the SA for established, hears that there is none. */
static int says_rc;
static uint16_t says_why;

static int says(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_proof *p,
                uint16_t *why)
{
    (void)user;
    (void)t;
    (void)q;
    (void)p;
    if (says_why)
        *why = says_why;
    return says_rc;
}

static void test_the_peer_is_disowned(void **state)
{
    static const struct {
        int rc;
        uint16_t why, told;
    } answers[] = {{ISAKMP_NONE, 0, ISAKMP_D_AUTHENTICATION},
                   {ISAKMP_NONE, ISAKMP_D_ID_REFUSED, ISAKMP_D_ID_REFUSED},
                   {ISAKMP_NONE, 9999, ISAKMP_D_AUTHENTICATION},
                   {ISAKMP_NONE, ISAKMP_D_CERT_EXPIRED, ISAKMP_D_CERT_EXPIRED},
                   {ISAKMP_E_HOST, 0, ISAKMP_D_HOST}};
    (void)state;
    for (unsigned i = 0; i < COUNT(answers); i++)
        for (int close = 0; close < 2; close++) {
            uint8_t junk[ISAKMP_HEADER_SIZE + 24] = {0};
            isakmp_sa_info info;
            prepare(545, ISAKMP_AUTH_RSA_SIG);
            A->host.verify = says;
            says_rc = answers[i].rc;
            says_why = answers[i].why;
            pair_start(&pr);
            pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
            run_for(100);
            assert_int_equal(heard(A, ISAKMP_EV_REFUSED), 1);
            assert_int_equal(last_event(A, ISAKMP_EV_REFUSED)->detail, answers[i].told);
            assert_int_equal(sas_in(B, ISAKMP_SA_UP), 1);
            info = sa_info(A, first_sa(A));
            memcpy(junk, info.cky_i, 8);
            memcpy(junk + 8, info.cky_r, 8);
            junk[16] = ISAKMP_PAYLOAD_VENDOR_ID;
            junk[17] = 0x10;
            junk[18] = ISAKMP_EXCH_MAIN;
            junk[27] = sizeof junk;
            junk[31] = 24;
            assert_int_equal(pair_input(&pr, 0, junk, sizeof junk), ISAKMP_IGNORED);
            if (close)
                assert_int_equal(isakmp_close(A->x, pr.now, first_sa(A)), ISAKMP_OK);
            run_for(LONG_MS);
            if (!close)
                assert_int_equal(last_event(A, ISAKMP_EV_SA_DOWN)->detail, answers[i].told);
            assert_true(pair_is_empty(&pr));
            finish();
        }
}

/* A refused message takes its requests for certificates with it. */
static int bad_ke_with_requests(pair *p, wire_item *w)
{
    static opened o;
    static wire_item copy;
    uint8_t body[40];
    if (w->from != 1 || header_of(w).exchange != ISAKMP_EXCH_MAIN)
        return PAIR_DELIVER;
    copy = *w;
    if (!open_item(&o, &copy) || find_part(&o, ISAKMP_PAYLOAD_KE, 0) == NULL)
        return PAIR_DELIVER;
    memset(find_part(&o, ISAKMP_PAYLOAD_KE, 0)->body, 0, find_part(&o, ISAKMP_PAYLOAD_KE, 0)->n);
    memset(body, ISAKMP_CERT_X509_SIG, sizeof body);
    for (unsigned i = 0; i < ISAKMP_MAX_CERT_REQS; i++)
        add_part(&o, 0, ISAKMP_PAYLOAD_CERT_REQ, body, sizeof body);
    close_item(&o, &copy);
    assert_int_equal(pair_input(p, 0, copy.data, copy.n), ISAKMP_IGNORED);
    return PAIR_DELIVER;
}

static void test_requests_of_a_refused_message(void **state)
{
    (void)state;
    prepare(546, ISAKMP_AUTH_RSA_SIG);
    pr.arrive = bad_ke_with_requests;
    come_up(ISAKMP_EXCH_MAIN, 0);
    assert_int_equal(A->wanted, 1);
    assert_int_equal(A->strange_wanted, 0);
    finish();
}

/* Anybody can ask, in a message in the clear, for the certificate of a key for encryption.  Where no policy has
 * a use for it nothing is asked of the host, and nothing is left of the request of a refused message. */
static int ask_for_encryption(pair *p, wire_item *w)
{
    static const uint8_t request[] = {ISAKMP_CERT_X509_KE, 'C', 'A'};
    static opened o;
    static wire_item copy;
    if (w->from != 1 || header_of(w).exchange != ISAKMP_EXCH_MAIN)
        return PAIR_DELIVER;
    copy = *w;
    if (!open_item(&o, &copy) || find_part(&o, ISAKMP_PAYLOAD_KE, 0) == NULL)
        return PAIR_DELIVER;
    add_part(&o, o.n, ISAKMP_PAYLOAD_CERT_REQ, request, sizeof request);
    close_item(&o, w);
    memset(find_part(&o, ISAKMP_PAYLOAD_KE, 0)->body, 0, find_part(&o, ISAKMP_PAYLOAD_KE, 0)->n);
    close_item(&o, &copy);
    assert_int_equal(pair_input(p, 0, copy.data, copy.n), ISAKMP_IGNORED);
    assert_int_equal(isakmp__exch_phase1(inner_sa(A, first_sa(A)))->asked, 0);
    return PAIR_DELIVER;
}

static void test_requests_for_encryption(void **state)
{
    unsigned questions[2];
    (void)state;
    for (int asked = 0; asked < 2; asked++) {
        prepare(549, ISAKMP_AUTH_RSA_SIG);
        pr.arrive = asked ? ask_for_encryption : NULL;
        come_up(ISAKMP_EXCH_MAIN, 0);
        questions[asked] = A->questions;
        assert_int_equal(A->learns + B->learns, 0);
        finish();
    }
    assert_int_equal(questions[0], questions[1]);
}

/* A chain makes the answer of Aggressive Mode long; to an address that has not been proved it is repeated
 * once. */
static void test_long_chain(void **state)
{
    unsigned before;
    static uint8_t am1[PAIR_MTU];
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        prepare(547, ISAKMP_AUTH_RSA_SIG);
        A->more_certs = B->more_certs = PAIR_MORE;
        come_up(modes[k], 1);
        finish();
    }
    prepare(548, ISAKMP_AUTH_RSA_SIG);
    B->more_certs = PAIR_MORE;
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_AGGRESSIVE, 0);
    assert_true(pr.n_wire == 1 && pr.wire[0].n <= sizeof am1);
    memcpy(am1, pr.wire[0].data, pr.wire[0].n);
    before = (unsigned)pr.wire[0].n;
    pair_deliver(&pr);
    assert_int_equal(B->sends, 1);
    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(pair_input(&pr, 1, am1, before), ISAKMP_IGNORED);
    assert_int_equal(B->sends, 2);
    run_for(LONG_MS);
    finish();
}

/* ---- Later, and not at all --------------------------------------------------------------------- */

static void test_every_question_later(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++)
        for (int who = 0; who < 2; who++) {
            unsigned questions;
            prepare(550, ISAKMP_AUTH_RSA_SIG);
            pr.p[who].park = 1;
            pair_start(&pr);
            pair_connect(&pr, modes[k], 1);
            run_for(30000);
            assert_true(both_up(1));
            questions = pr.p[who].questions;
            finish();
            for (unsigned at = 1; at <= questions; at++) {
                prepare(551, ISAKMP_AUTH_RSA_SIG);
                pr.p[who].park_at = at;
                pr.p[who].answer_after = 700;
                pair_start(&pr);
                pair_connect(&pr, modes[k], 1);
                run_for(30000);
                assert_true(both_up(1));
                finish();
            }
        }
}

static void test_every_callback_fails(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++)
        for (int who = 0; who < 2; who++)
            for (unsigned at = 1; at < 20; at++) {
                prepare(560, ISAKMP_AUTH_RSA_SIG);
                pr.p[who].fail_at = at;
                pair_start(&pr);
                pair_connect(&pr, modes[k], 1);
                run_for(LONG_MS);
                assert_int_equal(stats_of(A).exchanges + stats_of(B).exchanges, 0);
                assert_int_equal(sas_in(A, ISAKMP_SA_NEGOTIATING), 0);
                assert_int_equal(sas_in(B, ISAKMP_SA_NEGOTIATING), 0);
                finish();
            }
}

static unsigned lose;

static int lose_one(pair *p, wire_item *w)
{
    (void)p;
    (void)w;
    return --lose == 0 ? PAIR_DROP : PAIR_DELIVER;
}

static void test_every_message_lost(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++)
        for (unsigned i = 1; i <= 9; i++) {
            prepare(570, ISAKMP_AUTH_RSA_SIG);
            lose = i;
            pr.filter = lose_one;
            pair_start(&pr);
            pair_connect(&pr, modes[k], 1);
            run_for(60000);
            assert_true(both_up(1));
            finish();
        }
}

/* A request that is too long, or one too many, does no harm. */
static int many_requests(pair *p, wire_item *w)
{
    static opened o;
    uint8_t body[600];
    (void)p;
    if (header_of(w).msg_id != 0 || w->from != 0 || !open_item(&o, w) || o.encrypted ||
        find_part(&o, ISAKMP_PAYLOAD_KE, 0) == NULL)
        return PAIR_DELIVER;
    memset(body, 7, sizeof body);
    body[0] = ISAKMP_CERT_X509_SIG;
    add_part(&o, o.n, ISAKMP_PAYLOAD_CERT_REQ, body, 600);
    add_part(&o, o.n, ISAKMP_PAYLOAD_CERT_REQ, body, 600);
    for (unsigned i = 0; i < 8; i++)
        add_part(&o, o.n, ISAKMP_PAYLOAD_CERT_REQ, body, 1 + i % 2);
    close_item(&o, w);
    return PAIR_DELIVER;
}

static void test_many_requests(void **state)
{
    (void)state;
    prepare(580, ISAKMP_AUTH_RSA_SIG);
    pr.arrive = many_requests;
    come_up(ISAKMP_EXCH_MAIN, 1);
    assert_int_equal(B->wanted, ISAKMP_MAX_CERT_REQS);
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_modes),
        cmocka_unit_test(test_policies_without_their_keys),
        cmocka_unit_test(test_no_private_key_at_all),
        cmocka_unit_test(test_T42_every_reason),
        cmocka_unit_test(test_refused_is_not_lost),
        cmocka_unit_test(test_T44_only_ok_is_yes),
        cmocka_unit_test(test_no_certificate),
        cmocka_unit_test(test_altered_signatures),
        cmocka_unit_test(test_wrong_identity),
        cmocka_unit_test(test_choice_of_another_method),
        cmocka_unit_test(test_signatures_instead),
        cmocka_unit_test(test_many_bad_proofs),
        cmocka_unit_test(test_the_peer_is_disowned),
        cmocka_unit_test(test_requests_of_a_refused_message),
        cmocka_unit_test(test_requests_for_encryption),
        cmocka_unit_test(test_long_chain),
        cmocka_unit_test(test_every_question_later),
        cmocka_unit_test(test_every_callback_fails),
        cmocka_unit_test(test_every_message_lost),
        cmocka_unit_test(test_many_requests),
    };
    return cmocka_run_group_tests_name("sig", tests, NULL, NULL);
}
