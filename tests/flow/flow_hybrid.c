/* flow/flow_hybrid.c -- phase 1 with hybrid authentication [draft-ietf-ipsec-isakmp-hybrid-auth-05]: the
 * gateway signs, the client does not; and until the user is authenticated the SA is of no use. */
#include "flow/forge.h"

static const uint8_t modes[] = {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_AGGRESSIVE};
static peer *client, *gateway;

/* init 1: the client begins; 0: the gateway does. */
static void prepare(uint64_t seed, int init)
{
    pair_init(&pr, seed);
    for (int i = 0; i < 2; i++) {
        pr.p[i].policies[0].auth = init ? ISAKMP_AUTH_HYBRID_INIT_RSA : ISAKMP_AUTH_HYBRID_RESP_RSA;
        pr.p[i].toy.scramble = 1;
    }
    client = init ? A : B;
    gateway = init ? B : A;
    client->no_private_key = 1;
    client->mute_user = 1;
}

#define EACH(k, init)                                                                              \
    for (unsigned k = 0; k < 2; k++)                                                               \
        for (int init = 0; init < 2; init++)

static unsigned phase1_events(void)
{
    return heard(A, ISAKMP_EV_SA_XAUTH) + heard(B, ISAKMP_EV_SA_XAUTH);
}

static void test_phase_1(void **state)
{
    (void)state;
    EACH(k, init)
    {
        prepare(900, init);
        pair_start(&pr);
        pair_connect(&pr, modes[k], 1);
        run_for(1000);
        for (int i = 0; i < 2; i++) {
            assert_int_equal(heard(&pr.p[i], ISAKMP_EV_SA_XAUTH), 1);
            assert_int_equal(sas_in(&pr.p[i], ISAKMP_SA_XAUTH), 1);
            assert_int_equal(heard(&pr.p[i], ISAKMP_EV_SA_UP), 0);
        }
        assert_int_equal(gateway->signs, 1);
        assert_int_equal(client->verifies, 1);
        assert_int_equal(client->signs + gateway->verifies, 0);
        assert_int_equal(sa_info(gateway, first_sa(gateway)).peer_id.type, ISAKMP_ID_NONE);
        assert_int_equal(sa_info(client, first_sa(client)).peer_id.type, ISAKMP_ID_IPV4_ADDR);
        assert_memory_equal(A->key, B->key, sizeof A->key);
        assert_int_equal(children_in(A, ISAKMP_CHILD_UP) + children_in(B, 0), 0);
        run_for(LONG_MS);
        for (int i = 0; i < 2; i++)
            assert_int_equal(heard(&pr.p[i], ISAKMP_EV_SA_UP), 0);
        assert_true(pair_is_empty(&pr));
        finish();
    }
}

/* Nobody waits for the user for ever. */
static void test_no_user(void **state)
{
    (void)state;
    EACH(k, init)
    {
        prepare(902, init);
        pair_start(&pr);
        pair_connect(&pr, modes[k], 0);
        run_for(1000);
        assert_int_equal(phase1_events(), 2);
        run_for(LONG_MS);
        assert_int_equal(last_event(gateway, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_XAUTH);
        assert_true(pair_is_empty(&pr));
        finish();
    }
}

/* A gateway that is not believed: no XAUTH, so no password, ever [T-52]. */
static void test_T52_gateway_not_believed(void **state)
{
    (void)state;
    EACH(k, init)
    {
        prepare(904, init);
        client->distrust = ISAKMP_D_CERT_UNTRUSTED;
        pair_start(&pr);
        pair_connect(&pr, modes[k], 0);
        run_for(LONG_MS);
        assert_int_equal(heard(client, ISAKMP_EV_SA_XAUTH), 0);
        assert_int_equal(last_event(client, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_CERT_UNTRUSTED);
        assert_true(pair_is_empty(&pr));
        finish();
    }
}

/* Nothing but Informational passes: a Quick Mode of somebody who did not wait is refused [T-52]. */
static void test_T52_nothing_passes(void **state)
{
    static forgery f;
    (void)state;
    EACH(k, init)
    {
        unsigned before;
        prepare(906, init);
        pair_start(&pr);
        pair_connect(&pr, modes[k], 0);
        run_for(1000);
        before = gateway->sends;
        forge_begin(&f, client, first_sa(client), ISAKMP_EXCH_QUICK, 77);
        forge_end(&f);
        assert_int_equal(forge_send(&f, gateway->index), ISAKMP_IGNORED);
        assert_int_equal(isakmp_count(gateway->x, ISAKMP_D_NOT_UP), 1);
        assert_int_equal(gateway->sends, before);
        assert_int_equal(children_in(gateway, 0), 0);
        finish();
    }
}

/* An SA whose client anybody can be neither ends others nor moves them. */
static void test_a_client_proves_nothing(void **state)
{
    static forgery f;
    isakmp_notify n;
    isakmp_delete d;
    isakmp__sa *old;
    uint8_t spi[16];
    (void)state;
    prepare(908, 1);
    for (int i = 0; i < 2; i++) {
        pr.p[i].policies[1] = pr.p[i].policies[0];
        pr.p[i].policies[1].auth = ISAKMP_AUTH_PSK;
        pr.p[i].policies[1].priority++;
        pr.p[i].peer.n_policies = 2;
    }
    B->policies[0].auth = ISAKMP_AUTH_PSK; /* the first one is by a pre-shared key */
    B->policies[1].auth = ISAKMP_AUTH_HYBRID_INIT_RSA;
    A->psk_n = B->psk_n;
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
    run_for(100);
    assert_true(both_up(0));
    old = inner_sa(B, first_sa(B));
    memcpy(spi, old->cky_i, 8);
    memcpy(spi + 8, old->cky_r, 8);
    A->psk_n = 0; /* now without one */
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
    run_for(100);
    assert_int_equal(sas_in(B, ISAKMP_SA_XAUTH), 1);
    for (isakmp_sa_id id = first_sa(A); id.v; id = isakmp_sa_next(A->x, id)) {
        if (sa_info(A, id).state != ISAKMP_SA_XAUTH)
            continue;
        memset(&n, 0, sizeof n);
        n.doi = ISAKMP_DOI_IPSEC;
        n.protocol = ISAKMP_PROTO_ISAKMP;
        n.type = ISAKMP_N_INITIAL_CONTACT;
        n.spi = isakmp__sa_cookies(inner_sa(A, id));
        forge_notify(&f, A, id, 5, &n);
        forge_send(&f, 1);
        memset(&d, 0, sizeof d);
        d.doi = ISAKMP_DOI_IPSEC;
        d.protocol = ISAKMP_PROTO_ISAKMP;
        d.spi_size = 16;
        d.count = 1;
        d.spis = isakmp__span(spi, sizeof spi);
        forge_delete(&f, A, id, 6, &d);
        forge_send(&f, 1);
    }
    run_for(100);
    assert_int_equal(sas_in(B, ISAKMP_SA_UP), 1);
    assert_int_equal(sas_in(B, ISAKMP_SA_XAUTH), 1);
    finish();
}

/* An identity of the client's choice, and the answer to a request for its certificate. */
static unsigned empty_certs;

static int look_for_certs(pair *p, wire_item *w)
{
    static opened o;
    static wire_item copy;
    part *cert;
    (void)p;
    copy = *w;
    if (w->from != 0 || !open_item(&o, &copy))
        return PAIR_DELIVER;
    cert = find_part(&o, ISAKMP_PAYLOAD_CERT, 0);
    empty_certs += cert && cert->n == 1;
    return PAIR_DELIVER;
}

static int ask_for_certs(pair *p, wire_item *w)
{
    static opened o;
    static wire_item copy;
    static const uint8_t any[1] = {ISAKMP_CERT_X509_SIG};
    if (w->from != 1 || header_of(w).flags & ISAKMP_FLAG_ENCRYPTION)
        return look_for_certs(p, w);
    copy = *w;
    if (!open_item(&o, &copy) || !find_part(&o, ISAKMP_PAYLOAD_KE, 0))
        return PAIR_DELIVER;
    add_part(&o, o.n, ISAKMP_PAYLOAD_CERT_REQ, any, sizeof any);
    close_item(&o, w);
    return PAIR_DELIVER;
}

static void test_identity_and_empty_certificate(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        prepare(910, 1);
        client->peer.my_id.type = ISAKMP_ID_KEY_ID;
        client->peer.my_id.data = isakmp__span((const uint8_t *)"staff", 5);
        empty_certs = 0;
        pr.arrive = ask_for_certs;
        pair_start(&pr);
        pair_connect(&pr, modes[k], 0);
        run_for(1000);
        assert_int_equal(phase1_events(), 2);
        assert_int_equal(empty_certs, 1);
        finish();
    }
}

static void test_every_question_later(void **state)
{
    (void)state;
    EACH(k, init)
    for (int who = 0; who < 2; who++) {
        unsigned questions;
        prepare(920, init);
        pr.p[who].park = 1;
        pair_start(&pr);
        pair_connect(&pr, modes[k], 0);
        run_for(20000);
        assert_int_equal(phase1_events(), 2);
        questions = pr.p[who].questions;
        finish();
        for (unsigned at = 1; at <= questions; at++) {
            prepare(921, init);
            pr.p[who].park_at = at;
            pr.p[who].answer_after = 700;
            pair_start(&pr);
            pair_connect(&pr, modes[k], 0);
            run_for(20000);
            assert_int_equal(phase1_events(), 2);
            finish();
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_phase_1),
        cmocka_unit_test(test_no_user),
        cmocka_unit_test(test_T52_gateway_not_believed),
        cmocka_unit_test(test_T52_nothing_passes),
        cmocka_unit_test(test_a_client_proves_nothing),
        cmocka_unit_test(test_identity_and_empty_certificate),
        cmocka_unit_test(test_every_question_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
