/* flow/flow_xauth.c -- XAUTH [draft-beaulieu-ike-xauth-02]: the client's user is authenticated after phase 1, by
 * every method, in both modes, whoever begins; in several rounds; well, and badly. */
#include "flow/forge.h"

static const uint8_t modes[] = {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_AGGRESSIVE};

/* A method; whose user is authenticated after it; and a flag of each side's policy, if it does not say so. */
typedef struct way {
    uint16_t auth;
    int init; /* 1: the initiator is the client */
    uint32_t client_flag, gateway_flag;
} way;

static const way ways[] = {
    {ISAKMP_AUTH_XAUTH_INIT_PSK, 1, 0, 0},
    {ISAKMP_AUTH_XAUTH_RESP_PSK, 0, 0, 0},
    {ISAKMP_AUTH_XAUTH_INIT_RSA, 1, 0, 0},
    {ISAKMP_AUTH_XAUTH_RESP_RSA, 0, 0, 0},
    {ISAKMP_AUTH_XAUTH_INIT_ENCR, 1, 0, 0},
    {ISAKMP_AUTH_XAUTH_RESP_ENCR, 0, 0, 0},
    {ISAKMP_AUTH_XAUTH_INIT_REV, 1, 0, 0},
    {ISAKMP_AUTH_XAUTH_RESP_REV, 0, 0, 0},
    {ISAKMP_AUTH_HYBRID_INIT_RSA, 1, 0, 0},
    {ISAKMP_AUTH_HYBRID_RESP_RSA, 0, 0, 0},
    {ISAKMP_AUTH_PSK, 1, ISAKMP_PF_XAUTH_ANSWER, ISAKMP_PF_XAUTH_ASK},
    {ISAKMP_AUTH_PSK, 0, ISAKMP_PF_XAUTH_ANSWER, ISAKMP_PF_XAUTH_ASK},
    {ISAKMP_AUTH_RSA_SIG, 1, ISAKMP_PF_XAUTH_ANSWER, ISAKMP_PF_XAUTH_ASK},
    {ISAKMP_AUTH_ECDSA_P384_SHA384, 1, ISAKMP_PF_XAUTH_ANSWER, ISAKMP_PF_XAUTH_ASK},
};

static peer *client, *gateway;

static void prepare(uint64_t seed, const way *how)
{
    pair_init(&pr, seed);
    for (int i = 0; i < 2; i++) {
        pr.p[i].policies[0].auth = how->auth;
        pr.p[i].toy.scramble = 1;
    }
    client = how->init ? A : B;
    gateway = how->init ? B : A;
    client->peer.flags |= how->client_flag;
    gateway->peer.flags |= how->gateway_flag;
    client->no_private_key =
        how->auth == ISAKMP_AUTH_HYBRID_INIT_RSA || how->auth == ISAKMP_AUTH_HYBRID_RESP_RSA;
}

static void begin(uint64_t seed, const way *how, uint8_t mode, int child)
{
    prepare(seed, how);
    pair_start(&pr);
    pair_connect(&pr, mode, child);
}

#define EACH_WAY(k, i)                                                                             \
    for (unsigned k = 0; k < COUNT(modes); k++)                                                    \
        for (unsigned i = 0; i < COUNT(ways); i++)

static void test_every_way(void **state)
{
    (void)state;
    EACH_WAY(k, i)
    {
        begin(1000, &ways[i], modes[k], 1);
        run_for(100);
        assert_true(both_up(1));
        for (int j = 0; j < 2; j++) {
            assert_int_equal(heard(&pr.p[j], ISAKMP_EV_SA_XAUTH), 1);
            assert_int_equal(heard(&pr.p[j], ISAKMP_EV_SA_UP), 1);
        }
        assert_int_equal(client->gets, 1);
        assert_int_equal(gateway->checks, 2);
        assert_int_equal(client->checks + gateway->gets, 0);
        assert_string_equal(last_event(gateway, ISAKMP_EV_SA_UP)->user, "joe");
        assert_string_equal(last_event(client, ISAKMP_EV_SA_UP)->user, "");
        assert_int_equal(sa_info(gateway, first_sa(gateway)).user.n, 3);
        assert_int_equal(stats_of(gateway).half_open + stats_of(client).half_open, 0);
        finish();
    }
}

/* Mode Config comes after it, and gives to the user, whoever begins, and whatever is known besides. */
static void test_mode_config_comes_after(void **state)
{
    (void)state;
    EACH_WAY(k, i)
    for (int push = 0; push < 2; push++) {
        prepare(1001, &ways[i]);
        client->peer.flags |= push ? ISAKMP_PF_CONFIG_ACCEPT : ISAKMP_PF_CONFIG_PULL;
        gateway->peer.flags |= push ? ISAKMP_PF_CONFIG_PUSH : ISAKMP_PF_CONFIG_ANSWER;
        pair_start(&pr);
        pair_connect(&pr, modes[k], 0);
        run_for(100);
        assert_true(both_up(0));
        assert_int_equal(gateway->assigns, 1);
        assert_int_equal(heard(client, ISAKMP_EV_CONFIG), 1);
        assert_int_equal(client->gets, 1);
        finish();
    }
}

/* ---- Rounds --------------------------------------------------------------------------------- */

#define TEXT(literal) isakmp__span((const uint8_t *)(literal), sizeof(literal) - 1)

static int is(isakmp_span s, const char *text)
{
    return s.n == strlen(text) && (s.n == 0 || memcmp(s.p, text, s.n) == 0);
}

/* A user who knows everything: each answer is its kind, and what it was asked with. */
static int tell_all(peer *p, const isakmp_user *asked, isakmp_user *out)
{
    static uint8_t chap[32];
    (void)p;
    out->user_name = TEXT("joe");
    out->user_password = TEXT("pass");
    out->passcode = TEXT("code");
    out->domain = TEXT("dom");
    out->next_pin = TEXT("pin");
    out->answer = TEXT("yes");
    if (asked->type == ISAKMP_XAUTH_RADIUS_CHAP) {
        memcpy(chap, asked->challenge.p, asked->challenge.n);
        out->user_password = isakmp__span(chap, asked->challenge.n);
    }
    return ISAKMP_OK;
}

/* A gateway with a script: what it asks for in each round, and what must have been told in the one before. */
typedef struct scene {
    uint16_t type, asked;
    const char *message, *challenge;
} scene;

static const scene script[] = {
    {ISAKMP_XAUTH_GENERIC, ISAKMP_ASK_USER_NAME | ISAKMP_ASK_USER_PASSWORD | ISAKMP_ASK_DOMAIN,
     NULL, NULL},
    {ISAKMP_XAUTH_GENERIC, ISAKMP_ASK_USER_NAME | ISAKMP_ASK_PASSCODE, "and the card?", NULL},
    {ISAKMP_XAUTH_GENERIC, ISAKMP_ASK_ANSWER, "a new number of your choice?", NULL},
    {ISAKMP_XAUTH_GENERIC, ISAKMP_ASK_NEXT_PIN, "which one?", NULL},
    {ISAKMP_XAUTH_RADIUS_CHAP, ISAKMP_ASK_USER_NAME | ISAKMP_ASK_USER_PASSWORD, NULL,
     "0123456789abcdef"},
    {ISAKMP_XAUTH_OTP, ISAKMP_ASK_USER_NAME | ISAKMP_ASK_USER_PASSWORD, NULL, "otp-md5 499 ke1234"},
    {ISAKMP_XAUTH_SKEY, ISAKMP_ASK_USER_PASSWORD, NULL, "s/key 98 x"},
};
static unsigned told; /* rounds whose answers were as they should be */

static int fits(const scene *s, const isakmp_user *got)
{
    const isakmp_span password = got->user_password;
    return got->type == s->type && got->asked == s->asked && got->message.n == 0 &&
           got->challenge.n == 0 &&
           is(got->user_name, s->asked & ISAKMP_ASK_USER_NAME ? "joe" : "") &&
           is(got->passcode, s->asked & ISAKMP_ASK_PASSCODE ? "code" : "") &&
           is(got->domain, s->asked & ISAKMP_ASK_DOMAIN ? "dom" : "") &&
           is(got->next_pin, s->asked & ISAKMP_ASK_NEXT_PIN ? "pin" : "") &&
           is(got->answer, s->asked & ISAKMP_ASK_ANSWER ? "yes" : "") &&
           is(password, !(s->asked & ISAKMP_ASK_USER_PASSWORD) ? ""
                        : s->type == ISAKMP_XAUTH_RADIUS_CHAP  ? s->challenge
                                                               : "pass");
}

static int play(peer *p, const isakmp_user *got, isakmp_user *out)
{
    const scene *s = &script[got->round];
    (void)p;
    assert_int_equal(got->round, told);
    if (got->round)
        assert_true(fits(&script[got->round - 1], got));
    told++;
    if (got->round == COUNT(script)) {
        out->user_name = TEXT("joe@dom");
        out->message = TEXT("welcome");
        return ISAKMP_OK;
    }
    out->type = s->type;
    out->asked = s->asked;
    if (s->message)
        out->message = isakmp__span((const uint8_t *)s->message, strlen(s->message));
    if (s->challenge)
        out->challenge = isakmp__span((const uint8_t *)s->challenge, strlen(s->challenge));
    return ISAKMP_NONE;
}

/* The client is asked for just that, with the words that go with it. */
static int tell_as_asked(peer *p, const isakmp_user *asked, isakmp_user *out)
{
    const scene *s = &script[told - 1];
    assert_int_equal(asked->type, s->type);
    assert_int_equal(asked->asked, s->asked);
    assert_true(is(asked->message, s->message ? s->message : ""));
    assert_true(is(asked->challenge, s->challenge ? s->challenge : ""));
    return tell_all(p, asked, out);
}

static void test_many_rounds(void **state)
{
    (void)state;
    for (unsigned late = 0; late < 3; late++) {
        prepare(1010, &ways[0]);
        client->tell_user = tell_as_asked;
        gateway->judge_user = play;
        client->park = late == 1;
        gateway->park = late == 2;
        told = 0;
        pair_start(&pr);
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
        run_for(1000);
        assert_true(both_up(1));
        assert_int_equal(told, COUNT(script) + 1);
        assert_int_equal(client->gets, COUNT(script));
        assert_string_equal(last_event(gateway, ISAKMP_EV_SA_UP)->user, "joe@dom");
        assert_int_equal(heard(client, ISAKMP_EV_XAUTH_TEXT), 1);
        assert_string_equal(last_event(client, ISAKMP_EV_XAUTH_TEXT)->words, "welcome");
        finish();
    }
}

/* All messages about one user have one identifier, and each pair a message ID of its own. */
static uint16_t identifiers[16];
static uint32_t ids[16];
static unsigned n_seen;

static int note_identifier(pair *p, wire_item *w)
{
    static opened o;
    part *attr;
    (void)p;
    if (header_of(w).exchange != ISAKMP_EXCH_TRANSACTION)
        return PAIR_DELIVER;
    assert_true(open_item(&o, w));
    attr = find_part(&o, ISAKMP_PAYLOAD_ATTRIBUTE, 0);
    identifiers[n_seen] = (uint16_t)(attr->body[2] << 8 | attr->body[3]);
    ids[n_seen++] = o.h.msg_id;
    return PAIR_DELIVER;
}

static int twice(peer *p, const isakmp_user *got, isakmp_user *out)
{
    (void)p;
    if (got->round == 1)
        out->asked = ISAKMP_ASK_PASSCODE;
    return got->round < 2 ? ISAKMP_NONE : ISAKMP_OK;
}

static void test_identifiers(void **state)
{
    (void)state;
    prepare(1011, &ways[2]);
    gateway->judge_user = twice;
    n_seen = 0;
    pr.arrive = note_identifier;
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
    run_for(100);
    assert_int_equal(n_seen, 6);
    for (unsigned i = 0; i < 6; i += 2) {
        assert_int_equal(identifiers[i], identifiers[0]);
        assert_int_equal(identifiers[i + 1], identifiers[0]);
        assert_int_equal(ids[i], ids[i + 1]);
        for (unsigned k = 0; k < i; k++)
            assert_int_not_equal(ids[i], ids[k]);
    }
    assert_int_not_equal(identifiers[0], 0);
    finish();
}

/* The host may ask for ever, but the client is not. */
static int never_enough(peer *p, const isakmp_user *got, isakmp_user *out)
{
    (void)p;
    (void)got;
    out->asked = ISAKMP_ASK_PASSCODE;
    return ISAKMP_NONE;
}

static void test_rounds_are_bounded(void **state)
{
    (void)state;
    prepare(1012, &ways[0]);
    gateway->judge_user = never_enough;
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
    run_for(1000);
    assert_int_equal(client->gets, ISAKMP_MAX_USER_ROUNDS);
    assert_int_equal(last_event(gateway, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_USER_ROUNDS);
    assert_int_equal(last_event(client, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_USER);
    assert_true(pair_is_empty(&pr));
    finish();
}

/* What cannot be asked is the host's fault, and nobody comes in by it. */
static int ask_nonsense(peer *p, const isakmp_user *got, isakmp_user *out)
{
    (void)p;
    (void)got;
    out->asked = ISAKMP_ASK_NEXT_PIN | ISAKMP_ASK_USER_NAME;
    return ISAKMP_NONE;
}

static void test_nonsense(void **state)
{
    (void)state;
    prepare(1013, &ways[0]);
    gateway->judge_user = ask_nonsense;
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
    run_for(100);
    assert_int_equal(last_event(gateway, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_HOST);
    assert_int_equal(heard(gateway, ISAKMP_EV_SA_UP) + heard(client, ISAKMP_EV_SA_UP), 0);
    assert_true(pair_is_empty(&pr));
    finish();
}

/* ---- Badly ---------------------------------------------------------------------------------- */

static void check_down(uint8_t gateway_by, unsigned gateway_why, uint8_t client_by,
                       unsigned client_why)
{
    const heard_event *g = last_event(gateway, ISAKMP_EV_SA_DOWN);
    const heard_event *c = last_event(client, ISAKMP_EV_SA_DOWN);
    assert_int_equal(heard(gateway, ISAKMP_EV_SA_UP) + heard(client, ISAKMP_EV_SA_UP), 0);
    assert_int_equal(heard(gateway, ISAKMP_EV_CHILD_UP) + heard(client, ISAKMP_EV_CHILD_UP), 0);
    assert_non_null(g);
    assert_non_null(c);
    assert_int_equal(g->by, gateway_by);
    assert_int_equal(g->detail, gateway_why);
    assert_int_equal(c->by, client_by);
    assert_int_equal(c->detail, client_why);
    assert_true(pair_is_empty(&pr));
}

static void test_wrong_password(void **state)
{
    (void)state;
    EACH_WAY(k, i)
    {
        prepare(1020, &ways[i]);
        client->password = "something else";
        pair_start(&pr);
        pair_connect(&pr, modes[k], 1);
        run_for(100);
        check_down(ISAKMP_BY_HOST, ISAKMP_D_USER, ISAKMP_BY_PEER, ISAKMP_D_USER);
        assert_int_equal(gateway->checks, 2);
        finish();
    }
}

static unsigned tries;

static int second_try(peer *p, const isakmp_user *asked, isakmp_user *out)
{
    out->user_name = TEXT("joe");
    out->user_password =
        tries++ ? isakmp__span((const uint8_t *)p->password, strlen(p->password)) : TEXT("wrong");
    assert_true(is(asked->message, tries > 1 ? "no, try again" : ""));
    return ISAKMP_OK;
}

static int once_more(peer *p, const isakmp_user *got, isakmp_user *out)
{
    if (got->round && is(got->user_password, p->password))
        return ISAKMP_OK;
    if (got->round) {
        out->asked = ISAKMP_ASK_USER_NAME | ISAKMP_ASK_USER_PASSWORD;
        out->message = TEXT("no, try again");
    }
    return ISAKMP_NONE;
}

static void test_second_try(void **state)
{
    (void)state;
    prepare(1021, &ways[0]);
    client->tell_user = second_try;
    gateway->judge_user = once_more;
    tries = 0;
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
    run_for(100);
    assert_true(both_up(1));
    assert_int_equal(tries, 2);
    finish();
}

static int no_with_words(peer *p, const isakmp_user *got, isakmp_user *out)
{
    (void)p;
    if (got->round)
        out->message = TEXT("locked");
    return ISAKMP_NONE;
}

static void test_a_no_with_words(void **state)
{
    (void)state;
    prepare(1022, &ways[0]);
    gateway->judge_user = no_with_words;
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
    run_for(100);
    check_down(ISAKMP_BY_HOST, ISAKMP_D_USER, ISAKMP_BY_PEER, ISAKMP_D_USER);
    assert_string_equal(last_event(client, ISAKMP_EV_XAUTH_TEXT)->words, "locked");
    finish();
}

static void test_declined(void **state)
{
    (void)state;
    for (unsigned how = 0; how < 2; how++) { /* by the host, or by a host that has no callback */
        prepare(1023, &ways[0]);
        client->user = NULL;
        if (how)
            client->host.get_user = NULL;
        pair_start(&pr);
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
        run_for(100);
        check_down(ISAKMP_BY_PEER, ISAKMP_D_USER_DECLINED, ISAKMP_BY_HOST, ISAKMP_D_USER_DECLINED);
        assert_int_equal(gateway->checks, 1);
        finish();
    }
}

static void test_a_gateway_without_a_callback(void **state)
{
    (void)state;
    prepare(1024, &ways[0]);
    gateway->host.check_user = NULL;
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
    run_for(100);
    check_down(ISAKMP_BY_HOST, ISAKMP_D_USER, ISAKMP_BY_PEER, ISAKMP_D_USER);
    finish();
}

/* An SA whose user nobody names has its end from the beginning, on both sides [T-34]. */
static void test_T34_silence(void **state)
{
    (void)state;
    for (unsigned i = 0; i < COUNT(ways); i++)
        for (unsigned s = 0; s < 2; s++) {
            prepare(1025, &ways[i]);
            client->mute_user = 1;
            A->peer.user_s = B->peer.user_s = s ? 300 : 0;
            pair_start(&pr);
            pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
            run_for(s ? 299000 : 59000);
            assert_int_equal(sas_in(A, ISAKMP_SA_XAUTH) + sas_in(B, ISAKMP_SA_XAUTH), 2);
            run_for(1100);
            assert_int_equal(last_event(gateway, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_XAUTH);
            assert_int_equal(sas_in(A, 0) + sas_in(B, 0), 0);
            run_for(LONG_MS);
            assert_true(pair_is_empty(&pr));
            finish();
        }
}

/* ... also if it is a host that never answers, in which question ever. */
static void test_T34_a_host_that_never_answers(void **state)
{
    unsigned found = 0;
    (void)state;
    for (int who = 0; who < 2; who++)
        for (unsigned at = 1; at < 12; at++) {
            peer *p;
            prepare(1027, &ways[8]);
            p = who ? client : gateway;
            p->never_answer = 1;
            p->park_at = at;
            pair_start(&pr);
            pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
            run_for(100);
            if (p->n_asks && p->asks[0].kind >= PAIR_GET_USER) {
                run_for(61000);
                assert_int_equal(heard(A, ISAKMP_EV_SA_UP) + heard(B, ISAKMP_EV_SA_UP), 0);
                assert_int_equal(sas_in(A, 0) + sas_in(B, 0), 0);
                found++;
            }
            p->n_asks = 0;
            finish();
        }
    assert_int_equal(found, 3);
}

/* A person needs time: longer than a message is repeated otherwise. */
static void test_somebody_has_to_type(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++)
        for (int who = 0; who < 2; who++) {
            prepare(1026, &ways[who ? 0 : 8]);
            A->peer.user_s = B->peer.user_s = 250;
            (who ? client : gateway)->park = 1;
            (who ? client : gateway)->answer_after = 1;
            pair_start(&pr);
            pair_connect(&pr, modes[k], 0);
            while (sas_in(A, ISAKMP_SA_XAUTH) + sas_in(B, ISAKMP_SA_XAUTH) < 2)
                run_for(1);
            (who ? client : gateway)->answer_after = 110000; /* twice, if it is the gateway */
            run_for(240000);
            assert_true(both_up(0));
            assert_int_equal(client->gets, 1);
            finish();
        }
}

/* ---- Questions answered later --------------------------------------------------------------- */

static void test_every_question_later(void **state)
{
    (void)state;
    EACH_WAY(k, i)
    for (int who = 0; who < 2; who++) {
        unsigned questions;
        prepare(1030, &ways[i]);
        pr.p[who].park = 1;
        pair_start(&pr);
        pair_connect(&pr, modes[k], 1);
        run_for(20000);
        assert_true(both_up(1));
        questions = pr.p[who].questions;
        finish();
        for (unsigned at = 1; at <= questions; at++) {
            prepare(1031, &ways[i]);
            pr.p[who].park_at = at;
            pr.p[who].answer_after = 700;
            pair_start(&pr);
            pair_connect(&pr, modes[k], 1);
            run_for(20000);
            assert_true(both_up(1));
            finish();
        }
    }
}

/* Answers that are none: the question stays open. */
static void wrong_answers(peer *p)
{
    uint8_t octets[sizeof(isakmp_user) + 1] = {0};
    isakmp_ticket t = p->asks[0].ticket;
    for (size_t n = 0; n <= sizeof octets; n++)
        if (n != sizeof(isakmp_user) && (n || p == client))
            assert_int_equal(isakmp_answer(p->x, pr.now, t, ISAKMP_OK, octets, n), ISAKMP_E_ARG);
    assert_int_equal(isakmp_answer(p->x, pr.now, t, ISAKMP_OK, NULL, sizeof(isakmp_user)),
                     ISAKMP_E_ARG);
    assert_int_equal(isakmp_answer(p->x, pr.now, t, ISAKMP_PENDING, octets, 0), ISAKMP_E_ARG);
    assert_int_equal(isakmp_answer(p->x, pr.now, t, ISAKMP_NONE, NULL, 0), ISAKMP_OK);
    assert_int_equal(isakmp_answer(p->x, pr.now, t, ISAKMP_NONE, NULL, 0), ISAKMP_E_STALE);
}

static void test_answers_of_a_wrong_size(void **state)
{
    unsigned found = 0;
    (void)state;
    for (int who = 0; who < 2; who++)
        for (unsigned at = 1; at < 12; at++) {
            peer *p;
            prepare(1032, &ways[8]);
            p = who ? client : gateway;
            p->never_answer = 1;
            p->park_at = at;
            pair_start(&pr);
            pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
            run_for(100);
            if (p->n_asks && p->asks[0].kind >= PAIR_GET_USER) {
                wrong_answers(p);
                found++;
            }
            finish();
        }
    assert_int_equal(found, 3);
}

/* ---- Loss ----------------------------------------------------------------------------------- */

static unsigned nth, count;
static int verdict;

static int strike(pair *p, wire_item *w)
{
    (void)p;
    if (header_of(w).exchange != ISAKMP_EXCH_TRANSACTION)
        return PAIR_DELIVER;
    return ++count == nth ? verdict : PAIR_DELIVER;
}

static void test_each_message_lost_or_twice(void **state)
{
    (void)state;
    EACH_WAY(k, i)
    for (verdict = PAIR_DROP; verdict <= PAIR_TWICE; verdict++)
        for (nth = 1; nth <= 7; nth++) {
            prepare(1040, &ways[i]);
            pr.filter = strike;
            count = 0;
            pair_start(&pr);
            pair_connect(&pr, modes[k], 1);
            run_for(20000);
            assert_true(both_up(1));
            assert_int_equal(client->gets, 1);
            assert_int_equal(gateway->checks, 2);
            assert_int_equal(heard(client, ISAKMP_EV_SA_UP), 1);
            finish();
        }
}

static int lose_all_after(pair *p, wire_item *w)
{
    (void)p;
    if (header_of(w).exchange != ISAKMP_EXCH_TRANSACTION)
        return PAIR_DELIVER;
    return ++count > nth ? PAIR_DROP : PAIR_DELIVER;
}

static void test_the_rest_lost(void **state)
{
    (void)state;
    for (unsigned i = 0; i < COUNT(ways); i++)
        for (nth = 0; nth < 4; nth++) {
            prepare(1041, &ways[i]);
            pr.filter = lose_all_after;
            count = 0;
            pair_start(&pr);
            pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
            run_for(LONG_MS);
            assert_int_equal(sas_in(gateway, 0), 0);
            assert_int_equal(heard(gateway, ISAKMP_EV_SA_UP), 0);
            assert_int_equal(heard(gateway, ISAKMP_EV_SA_DOWN), 1);
            pr.filter = NULL;
            finish();
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_way),
        cmocka_unit_test(test_mode_config_comes_after),
        cmocka_unit_test(test_many_rounds),
        cmocka_unit_test(test_identifiers),
        cmocka_unit_test(test_rounds_are_bounded),
        cmocka_unit_test(test_nonsense),
        cmocka_unit_test(test_wrong_password),
        cmocka_unit_test(test_second_try),
        cmocka_unit_test(test_a_no_with_words),
        cmocka_unit_test(test_declined),
        cmocka_unit_test(test_a_gateway_without_a_callback),
        cmocka_unit_test(test_T34_silence),
        cmocka_unit_test(test_T34_a_host_that_never_answers),
        cmocka_unit_test(test_somebody_has_to_type),
        cmocka_unit_test(test_every_question_later),
        cmocka_unit_test(test_answers_of_a_wrong_size),
        cmocka_unit_test(test_each_message_lost_or_twice),
        cmocka_unit_test(test_the_rest_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
