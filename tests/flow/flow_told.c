/* flow/flow_told.c -- what the host is told: anti-replay, lifetimes, another gateway; and why something does
 * not come up, in one sentence that is enough to mend it. */
#include "flow/forge.h"

/* ---- Sentences ---------------------------------------------------------------------------------- */

/* All sentences of a peer, each with a newline. */
static char said[2][4096];

static void note_text(peer *p, const isakmp_event *ev)
{
    size_t n = strlen(said[p->index]);
    char text[1200];
    size_t len = isakmp_event_text(text, sizeof text, ev);
    assert_true(len < sizeof text && strlen(text) == len);
    for (size_t i = 0; i < len; i++)
        assert_in_range(text[i], 0x20, 0x7e);
    snprintf(said[p->index] + n, sizeof said[0] - n, "%s\n", text);
}

static void prepare(uint64_t seed)
{
    pair_init(&pr, seed);
    memset(said, 0, sizeof said);
    A->hear_event = B->hear_event = note_text;
    A->peer.name = "gateway";
    B->peer.name = "client";
}

static void begin(uint8_t exchange)
{
    pair_start(&pr);
    pair_connect(&pr, exchange, 1);
    run_for(100);
}

static void says(const peer *p, const char *sentence)
{
    if (strstr(said[p->index], sentence) == NULL)
        fail_msg("peer %d does not say \"%s\", but:\n%s", p->index, sentence, said[p->index]);
}

static const uint8_t exchanges[] = {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_AGGRESSIVE};

static void test_wrong_key(void **state)
{
    (void)state;
    prepare(950);
    B->psk[0] ^= 1;
    begin(ISAKMP_EXCH_MAIN);
    says(B, "refused what the peer at 192.0.2.1:500 sent: what the peer sends does not fit our "
            "key: the "
            "pre-shared keys seem to differ (message 5)\n");
    run_for(LONG_MS);
    says(A, "ISAKMP SA gateway with 192.0.2.2:500 is down: what the peer sends does not fit our "
            "key: the "
            "pre-shared keys seem to differ (message 6)");
    finish();
}

/* The offered transform that came nearest, not the first one. */
static void test_no_common_proposal(void **state)
{
    (void)state;
    prepare(951);
    A->policies[1] = A->policies[0];
    A->policies[0].cipher = ISAKMP_CIPHER_3DES;
    A->policies[0].key_bits = 0;
    A->policies[1].priority = 20;
    A->peer.n_policies = 2;
    B->policies[0].group = ISAKMP_GROUP_MODP_2048;
    begin(ISAKMP_EXCH_MAIN);
    says(B, "refused what the peer at 192.0.2.1:500 sent: no proposal matches a policy (message "
            "1); the "
            "nearest: proposal 1, transform 2, policy 10: group is modp1024, ours is modp2048\n");
    run_for(LONG_MS);
    says(A, "it said NO-PROPOSAL-CHOSEN (not proven)\n");
    finish();
}

/* Lifetimes that do not match are the last thing that is looked at, so they are the nearest. */
static void test_lifetimes_that_do_not_match(void **state)
{
    (void)state;
    prepare(952);
    A->policies[1] = A->policies[0];
    A->policies[0].hash = ISAKMP_HASH_MD5;
    A->policies[1].priority = 20;
    A->peer.n_policies = 2;
    A->policies[0].life_s = A->policies[1].life_s = 600;
    B->policies[0].life_s = 3600;
    begin(ISAKMP_EXCH_MAIN);
    says(B, "the nearest: proposal 1, transform 2, policy 10: lifetime in seconds is 600, ours is "
            "3600\n");
    run_for(LONG_MS);
    finish();
    prepare(953);
    A->child.life_s = 7200;
    B->child.life_s = 3600;
    B->child.life_mode = ISAKMP_LIFE_STRICT;
    begin(ISAKMP_EXCH_MAIN);
    says(B, "the nearest: proposal 1, transform 1, our set 0: lifetime in seconds is 7200, ours is "
            "3600\n");
    run_for(100);
    finish();
}

/* Where they differ and it comes up all the same, both sides are told once, when the peer is known. */
static void test_lifetimes_that_differ(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        prepare(954);
        A->policies[0].life_s = 7200;
        B->policies[0].life_s = 3600;
        A->child.life_s = 1000;
        B->child.life_s = 2000;
        begin(exchanges[k]);
        assert_true(both_up(1));
        says(B, "the peer at 192.0.2.1:500 has another lifetime for the ISAKMP SA than we: 7200 "
                "seconds, "
                "ours is 3600; 3600 are used\n");
        says(B, "the peer at 192.0.2.1:500 has another lifetime for the child than we: 1000 "
                "seconds, ours "
                "is 2000; 1000 are used\n");
        assert_int_equal(heard(B, ISAKMP_EV_LIFE), 2);
        says(A, "the peer at 192.0.2.2:500 has another lifetime for the ISAKMP SA than we: 3600 "
                "seconds, "
                "ours is 7200; 3600 are used\n");
        assert_int_equal(heard(A, ISAKMP_EV_LIFE), 1);
        finish();
    }
    prepare(955);
    A->child.life_s = 3000;
    B->child.life_s = 2000;
    begin(ISAKMP_EXCH_MAIN);
    says(A, "another lifetime for the child than we: 2000 seconds, ours is 3000; 2000 are used\n");
    assert_int_equal(heard(A, ISAKMP_EV_LIFE), 1);
    finish();
    prepare(956);
    begin(ISAKMP_EXCH_MAIN);
    assert_int_equal(heard(A, ISAKMP_EV_LIFE) + heard(B, ISAKMP_EV_LIFE), 0);
    finish();
}

/* Nobody is told of it who has not proved who it is. */
static void test_no_lifetimes_of_strangers(void **state)
{
    (void)state;
    prepare(957);
    A->policies[0].life_s = 7200;
    B->policies[0].life_s = 3600;
    B->psk[0] ^= 1;
    begin(ISAKMP_EXCH_MAIN);
    run_for(LONG_MS);
    assert_int_equal(heard(A, ISAKMP_EV_LIFE) + heard(B, ISAKMP_EV_LIFE), 0);
    finish();
}

static isakmp_id fqdn(const char *name)
{
    isakmp_id id = {ISAKMP_ID_FQDN, 0, 0, {NULL, 0}};
    id.data = isakmp__span(name, strlen(name));
    return id;
}

/* Either side, in both exchanges: whom we expected, and who it says it is. */
static void test_identities(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++)
        for (int who = 0; who < 2; who++) {
            peer *p = &pr.p[who], *q = &pr.p[1 - who];
            char want[300];
            prepare(958);
            p->peer.peer_id = fqdn("alice.example");
            q->peer.my_id = fqdn("mallory\n.example");
            if (q->peer.my_id.data.n) /* octets that a name must not have do not come as far */
                q->peer.my_id = fqdn("mallory.example");
            begin(exchanges[k]);
            snprintf(want, sizeof want,
                     "the peer's identity is not the one that its policy expects (message %u); it "
                     "says it "
                     "is fqdn mallory.example, expected was fqdn alice.example\n",
                     k == 0 ? 6 - (unsigned)who : 2 + (unsigned)who);
            says(p, want);
            assert_int_equal(heard(p, ISAKMP_EV_REFUSED), 1);
            assert_int_equal(heard(p, ISAKMP_EV_SA_UP), 0);
            run_for(LONG_MS);
            finish();
        }
}

/* Both sides' selectors, whoever refuses. */
static void test_selectors(void **state)
{
    (void)state;
    prepare(959);
    A->child.remote = pair_subnet(9);
    begin(ISAKMP_EXCH_MAIN);
    says(
        B,
        "refused what the peer at 192.0.2.1:500 sent: the selectors are not the ones that a policy "
        "allows (message 1); the peer wants our 10.9.0.0/16 and its 10.1.0.0/16, our policy net "
        "has "
        "our 10.2.0.0/16 and its 10.1.0.0/16\n");
    says(A, "child net with 192.0.2.2:500 is down: the peer refused (message 1), it said "
            "INVALID-ID-INFORMATION; we proposed our 10.1.0.0/16 and its 10.9.0.0/16\n");
    finish();
    prepare(960);
    B->no_child = 1;
    begin(ISAKMP_EXCH_MAIN);
    says(B, "no policy of ours is for these selectors (message 1); the peer wants our 10.2.0.0/16 "
            "and its "
            "10.1.0.0/16\n");
    finish();
}

/* A responder that returns something else. */
static int narrow(pair *p, wire_item *w)
{
    static opened o;
    part *id;
    (void)p;
    if (header_of(w).exchange != ISAKMP_EXCH_QUICK || w->from != 1 || !open_item(&o, w))
        return PAIR_DELIVER;
    id = find_part(&o, ISAKMP_PAYLOAD_ID, 1);
    id->body[5] = 77;
    rehash(&o);
    close_item(&o, w);
    return PAIR_DELIVER;
}

static void test_selectors_that_come_back(void **state)
{
    (void)state;
    prepare(961);
    pr.arrive = narrow;
    begin(ISAKMP_EXCH_MAIN);
    says(A, "the selectors are not the ones that a policy allows (message 2); the peer wants our "
            "10.1.0.0/16 and its 10.77.0.0/16, our policy net has our 10.1.0.0/16 and its "
            "10.2.0.0/16\n");
    finish();
}

static struct {
    int from;
    unsigned after;
} silence;

static int fall_silent(pair *p, wire_item *w)
{
    (void)p;
    if (w->from == silence.from && silence.after == 0)
        return PAIR_DROP;
    silence.after -= w->from == silence.from;
    return PAIR_DELIVER;
}

/* The message after which nothing came any more. */
static void test_silence(void **state)
{
    (void)state;
    for (unsigned after = 0; after < 3; after++) {
        char want[200];
        prepare(962);
        silence.from = 1;
        silence.after = after;
        pr.filter = fall_silent;
        begin(ISAKMP_EXCH_MAIN);
        run_for(LONG_MS);
        snprintf(want, sizeof want,
                 "ISAKMP SA gateway with 192.0.2.2:500 is down: the peer did not answer after our "
                 "message "
                 "%u\n",
                 1 + 2 * after);
        says(A, want);
        finish();
    }
    prepare(963);
    silence.from = 0;
    silence.after = 1;
    pr.filter = fall_silent;
    begin(ISAKMP_EXCH_MAIN);
    run_for(LONG_MS);
    says(B, "ISAKMP SA client with 192.0.2.1:500 is down: the peer did not answer after our "
            "message 2\n");
    finish();
}

static int translate(pair *p, wire_item *w)
{
    (void)p;
    if (w->from == 0)
        w->path.local.ip[3] = 200;
    else
        w->path.remote = A->addr, w->path.remote.port = w->path.local.port;
    return PAIR_DELIVER;
}

static void test_which_side_is_behind_a_nat(void **state)
{
    (void)state;
    prepare(964);
    A->config.extensions = B->config.extensions = isakmp_all_extensions;
    pr.natted = 1;
    pr.filter = translate;
    begin(ISAKMP_EXCH_MAIN);
    says(A, "NAT traversal is in use with 192.0.2.2:4500, we are behind a NAT\n");
    says(B, "NAT traversal is in use with 192.0.2.200:500, the peer is behind a NAT\n");
    finish();
}

/* ---- Anti-replay [RFC2407 4.6.3.2] -------------------------------------------------------------- */

static struct {
    unsigned n[2];
    uint32_t value;
    uint32_t spi;
} status;

static int see_status(pair *p, wire_item *w)
{
    static opened o;
    isakmp_notify n;
    part *body;
    (void)p;
    if (header_of(w).exchange != ISAKMP_EXCH_QUICK || !open_item(&o, w))
        return PAIR_DELIVER;
    for (unsigned i = 0; (body = find_part(&o, ISAKMP_PAYLOAD_NOTIFY, i)) != NULL; i++) {
        assert_int_equal(isakmp_notify_read(&n, isakmp__span(body->body, body->n)), ISAKMP_OK);
        if (n.type != ISAKMP_N_REPLAY_STATUS)
            continue;
        assert_int_equal(n.doi, ISAKMP_DOI_IPSEC);
        assert_int_equal(n.protocol, ISAKMP_PROTO_ESP);
        assert_int_equal(n.spi.n, 4);
        assert_int_equal(n.data.n, 4);
        status.n[w->from]++;
        status.value = isakmp__get32(n.data.p);
        status.spi = isakmp__get32(n.spi.p);
    }
    return PAIR_DELIVER;
}

static const isakmp_sad_entry *entry(const peer *p, int inbound)
{
    for (unsigned i = 0; i < PAIR_SAD; i++)
        if (p->sad[i].used && p->sad[i].e.inbound == inbound)
            return &p->sad[i].e;
    fail_msg("there is no such entry");
    return NULL;
}

/* T-33: each side's window is its own policy's, in both roles; the other side knows whether there is one. */
static void test_T33_anti_replay(void **state)
{
    (void)state;
    for (int from = 0; from < 2; from++)
        for (int off = 0; off < 4; off++) {
            prepare(970);
            memset(&status, 0, sizeof status);
            A->child.replay_window = 0;
            B->child.replay_window = 1024;
            for (int i = 0; i < 2; i++)
                if (off >> i & 1) {
                    pr.p[i].child.flags |= ISAKMP_CF_NO_REPLAY;
                    pr.p[i].child.replay_window = 0;
                }
            come_up(ISAKMP_EXCH_MAIN, 0);
            pr.arrive = see_status;
            add_child(&pr.p[from], first_sa(&pr.p[from]), &pr.p[from].child);
            run_for(100);
            assert_true(both_up(1));
            for (int i = 0; i < 2; i++) {
                const peer *p = &pr.p[i], *q = &pr.p[1 - i];
                unsigned mine = off >> i & 1, theirs = off >> (1 - i) & 1;
                assert_int_equal(status.n[i], mine);
                assert_int_equal(heard(p, ISAKMP_EV_NOTIFY), theirs);
                assert_int_equal(entry(p, 1)->replay, !mine);
                assert_int_equal(entry(p, 1)->replay_window, mine ? 0 : i ? 1024 : 64);
                assert_int_equal(entry(p, 0)->replay, !theirs);
                assert_int_equal(entry(p, 0)->replay_window, 0);
                assert_int_equal(child_info(p, first_child(p)).unchecked, theirs);
                if (mine && status.n[0] + status.n[1] == 1)
                    assert_int_equal(status.spi, entry(q, 0)->spi);
            }
            assert_int_equal(status.value, 0);
            finish();
        }
}

/* What a peer says in other forms: that it does keep one; nothing that can be read; both. */
static struct {
    uint32_t value;
    size_t n;
    int from;
} strange;

static int say_status(pair *p, wire_item *w)
{
    static opened o;
    uint8_t body[40] = {0, 0, 0, 1, ISAKMP_PROTO_ESP, 0};
    if (header_of(w).exchange != ISAKMP_EXCH_QUICK || w->from != strange.from || !open_item(&o, w))
        return PAIR_DELIVER;
    p->arrive = NULL;
    isakmp__put16(body + 6, ISAKMP_N_REPLAY_STATUS);
    isakmp__put32(body + 8, strange.value);
    add_part(&o, o.n, ISAKMP_PAYLOAD_NOTIFY, body, 8 + strange.n);
    rehash(&o);
    close_item(&o, w);
    return PAIR_DELIVER;
}

static void test_strange_replay_status(void **state)
{
    (void)state;
    for (strange.from = 0; strange.from < 2; strange.from++)
        for (strange.n = 0; strange.n < 9; strange.n++)
            for (strange.value = 0; strange.value < 3; strange.value++) {
                const peer *p = &pr.p[1 - strange.from];
                int off = strange.n == 4 && strange.value == 0;
                prepare(971);
                come_up(ISAKMP_EXCH_MAIN, 0);
                pr.arrive = say_status;
                add_child(A, first_sa(A), &A->child);
                run_for(100);
                assert_int_equal(child_info(p, first_child(p)).unchecked, off);
                if (strange.from == 1) /* else the chains of IVs are not the same any more */
                    assert_int_equal(entry(p, 0)->replay, !off);
                assert_int_equal(entry(p, 1)->replay, 1);
                assert_int_equal(entry(p, 1)->replay_window, 64);
                finish();
            }
}

/* ---- Cisco's gateways --------------------------------------------------------------------------- */

static isakmp_addr redirected;
static unsigned redirects;

static void note_redirect(peer *p, const isakmp_event *ev)
{
    note_text(p, ev);
    if (ev->type != ISAKMP_EV_REDIRECT)
        return;
    redirects++;
    assert_non_null(ev->gateway);
    redirected = *ev->gateway;
}

static int balance(const peer *by, int to, uint32_t msg_id, uint16_t type, size_t n)
{
    static const uint8_t data[8] = {192, 0, 2, 99, 1, 2, 3, 4};
    isakmp_notify notify;
    forgery f;
    memset(&notify, 0, sizeof notify);
    notify.doi = ISAKMP_DOI_IPSEC;
    notify.protocol = ISAKMP_PROTO_ISAKMP;
    notify.type = type;
    notify.data = isakmp__span(data, n);
    forge_notify(&f, by, first_sa(by), msg_id, &notify);
    return forge_send(&f, to);
}

static void test_load_balance(void **state)
{
    (void)state;
    prepare(972);
    redirects = 0;
    A->hear_event = B->hear_event = note_redirect;
    come_up(ISAKMP_EXCH_MAIN, 1);
    for (size_t n = 0; n < 9; n++)
        if (n != 4)
            assert_int_equal(balance(B, 0, 10 + (uint32_t)n, ISAKMP_N_UNITY_LOAD_BALANCE, n),
                             ISAKMP_OK);
    assert_int_equal(redirects, 0);
    /* A client does not send its gateway away. */
    assert_int_equal(balance(A, 1, 30, ISAKMP_N_UNITY_LOAD_BALANCE, 4), ISAKMP_OK);
    assert_int_equal(redirects, 0);
    assert_int_equal(balance(B, 0, 31, ISAKMP_N_UNITY_LOAD_BALANCE, 4), ISAKMP_OK);
    assert_int_equal(redirects, 1);
    assert_int_equal(redirected.family, 4);
    assert_int_equal(redirected.ip[3], 99);
    says(A, "the gateway at 192.0.2.2:500 sends us to another one: 192.0.2.99\n");
    assert_int_equal(balance(B, 0, 32, ISAKMP_N_UNITY_HEARTBEAT, 0), ISAKMP_OK);
    says(A, "the peer at 192.0.2.2:500 says UNITY-HEARTBEAT\n");
    assert_int_equal(redirects, 1);
    assert_true(both_up(1));
    finish();
}

/* In the clear it is a notify like any other that proves nothing (T-41). */
static void test_load_balance_in_the_clear(void **state)
{
    uint8_t data[44] = {0};
    isakmp_sa_info i;
    (void)state;
    prepare(973);
    redirects = 0;
    A->hear_event = note_redirect;
    come_up(ISAKMP_EXCH_MAIN, 1);
    i = sa_info(A, first_sa(A));
    memcpy(data, i.cky_i, 8);
    memcpy(data + 8, i.cky_r, 8);
    data[16] = ISAKMP_PAYLOAD_NOTIFY;
    data[17] = 0x10;
    data[18] = ISAKMP_EXCH_INFO;
    isakmp__put32(data + 20, 1);
    isakmp__put32(data + 24, sizeof data);
    isakmp__put16(data + 30, 16);
    isakmp__put32(data + 32, ISAKMP_DOI_IPSEC);
    data[36] = ISAKMP_PROTO_ISAKMP;
    isakmp__put16(data + 38, ISAKMP_N_UNITY_LOAD_BALANCE);
    isakmp__put32(data + 40, 0xc0000263);
    assert_int_equal(pair_input(&pr, 0, data, sizeof data), ISAKMP_IGNORED);
    says(A, "the peer at 192.0.2.2:500 says UNITY-LOAD-BALANCE (not proven)\n");
    assert_int_equal(redirects, 0);
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_key),
        cmocka_unit_test(test_no_common_proposal),
        cmocka_unit_test(test_lifetimes_that_do_not_match),
        cmocka_unit_test(test_lifetimes_that_differ),
        cmocka_unit_test(test_no_lifetimes_of_strangers),
        cmocka_unit_test(test_identities),
        cmocka_unit_test(test_selectors),
        cmocka_unit_test(test_selectors_that_come_back),
        cmocka_unit_test(test_silence),
        cmocka_unit_test(test_which_side_is_behind_a_nat),
        cmocka_unit_test(test_T33_anti_replay),
        cmocka_unit_test(test_strange_replay_status),
        cmocka_unit_test(test_load_balance),
        cmocka_unit_test(test_load_balance_in_the_clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
