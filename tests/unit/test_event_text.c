/* test_event_text.c -- an event as one sentence: every type, with and without what may be missing. */
#include "isakmp/session.h"
#include "unit/bytes.h"

static isakmp_event ev;
static isakmp_path path;
static isakmp_peer_policy peer;
static isakmp_child_policy child;
static isakmp_notify notify;

static int fresh(void **state)
{
    static const uint8_t ip[4] = {192, 0, 2, 1};
    (void)state;
    memset(&ev, 0, sizeof ev);
    memset(&path, 0, sizeof path);
    memset(&peer, 0, sizeof peer);
    memset(&child, 0, sizeof child);
    memset(&notify, 0, sizeof notify);
    path.remote.family = 4;
    memcpy(path.remote.ip, ip, 4);
    path.remote.port = 500;
    peer.name = "office";
    child.name = "net";
    ev.path = &path;
    ev.peer_policy = &peer;
    ev.child_policy = &child;
    return 0;
}

static void text_is(const char *want)
{
    char text[400];
    size_t n = isakmp_event_text(text, sizeof text, &ev);
    assert_string_equal(text, want);
    assert_int_equal(n, strlen(want));
    for (size_t cap = 0; cap < n + 2; cap++) {
        memset(text, '#', sizeof text);
        assert_int_equal(isakmp_event_text(text, cap, &ev), n);
        assert_int_equal(text[cap], '#');
        if (cap) {
            assert_int_equal(text[cap <= n ? cap - 1 : n], '\0');
            assert_memory_equal(text, want, cap <= n ? cap - 1 : n);
        }
    }
}

static void because(unsigned by, unsigned detail, unsigned message, unsigned type)
{
    ev.why.by = (uint8_t)by;
    ev.why.detail = (uint16_t)detail;
    ev.why.message = (uint8_t)message;
    ev.why.notify = (uint16_t)type;
}

static void test_sas(void **state)
{
    (void)state;
    ev.type = ISAKMP_EV_SA_UP;
    text_is("ISAKMP SA office with 192.0.2.1:500 is up");
    ev.type = ISAKMP_EV_SA_SOFT;
    text_is("ISAKMP SA office with 192.0.2.1:500 nears the end of its lifetime");
    ev.type = ISAKMP_EV_SA_DOWN;
    because(ISAKMP_BY_TIMER, ISAKMP_D_TIMEOUT, 1, 0);
    text_is("ISAKMP SA office with 192.0.2.1:500 is down: the peer did not answer (message 1)");
    because(ISAKMP_BY_TIMER, ISAKMP_D_TIMEOUT, 4, 0);
    text_is(
        "ISAKMP SA office with 192.0.2.1:500 is down: the peer did not answer after our message 3");
    because(ISAKMP_BY_TIMER, ISAKMP_D_TIMEOUT, 2, ISAKMP_N_NO_PROPOSAL_CHOSEN);
    text_is("ISAKMP SA office with 192.0.2.1:500 is down: the peer did not answer after our "
            "message 1, it "
            "said NO-PROPOSAL-CHOSEN (not proven)");
    because(ISAKMP_BY_HOST, ISAKMP_D_CLOSED, 0, 0);
    peer.name = NULL;
    text_is("ISAKMP SA with 192.0.2.1:500 is down: it was closed on this side");
    ev.peer_policy = NULL;
    ev.path = NULL;
    text_is("ISAKMP SA is down: it was closed on this side");
}

static void test_children(void **state)
{
    (void)state;
    ev.type = ISAKMP_EV_CHILD_UP;
    text_is("child net with 192.0.2.1:500 is up");
    ev.type = ISAKMP_EV_CHILD_SOFT;
    text_is("child net with 192.0.2.1:500 nears the end of its lifetime");
    ev.type = ISAKMP_EV_CHILD_DOWN;
    because(ISAKMP_BY_PEER, ISAKMP_D_PEER_REFUSED, 1, ISAKMP_N_NO_PROPOSAL_CHOSEN);
    text_is("child net with 192.0.2.1:500 is down: the peer refused (message 1), it said "
            "NO-PROPOSAL-CHOSEN");
    because(ISAKMP_BY_PEER, ISAKMP_D_PEER_REFUSED, 1, 12345);
    child.name = NULL;
    text_is("child with 192.0.2.1:500 is down: the peer refused (message 1), it said 12345");
    /* What we have said is not what it said. */
    because(ISAKMP_BY_US, ISAKMP_D_CHOICE, 2, ISAKMP_N_NO_PROPOSAL_CHOSEN);
    ev.child_policy = NULL;
    ev.path = NULL;
    text_is("child is down: the peer's choice is not one of the offers made to it (message 2)");
}

/* Those that follow each other. */
static void test_others(void **state)
{
    (void)state;
    ev.type = ISAKMP_EV_CHILD_UP;
    ev.other_sa.v = 5;
    text_is("child net with 192.0.2.1:500 is up");
    ev.other_child.v = 7;
    text_is("child net with 192.0.2.1:500 is up, in the place of another one");
    ev.type = ISAKMP_EV_CHILD_SOFT;
    text_is("child net with 192.0.2.1:500 nears the end of its lifetime");
    ev.type = ISAKMP_EV_CHILD_DOWN;
    because(ISAKMP_BY_PEER, ISAKMP_D_DELETED, 0, 0);
    text_is("child net with 192.0.2.1:500 is down: the peer deleted it; there is another one");
    because(ISAKMP_BY_US, ISAKMP_D_REPLACED, 0, 0);
    text_is("child net with 192.0.2.1:500 is down: another one has replaced it");
    ev.type = ISAKMP_EV_SA_UP;
    because(0, 0, 0, 0);
    text_is("ISAKMP SA office with 192.0.2.1:500 is up, in the place of another one");
    ev.type = ISAKMP_EV_SA_DOWN;
    because(ISAKMP_BY_TIMER, ISAKMP_D_EXPIRED, 0, 0);
    text_is(
        "ISAKMP SA office with 192.0.2.1:500 is down: the lifetime is over; there is another one");
    ev.other_sa.v = 0;
    text_is("ISAKMP SA office with 192.0.2.1:500 is down: the lifetime is over");
}

static void test_refused(void **state)
{
    (void)state;
    ev.type = ISAKMP_EV_REFUSED;
    because(ISAKMP_BY_US, ISAKMP_D_NO_PROPOSAL, 1, ISAKMP_N_NO_PROPOSAL_CHOSEN);
    text_is("refused what the peer at 192.0.2.1:500 sent: no proposal matches a policy "
            "(message 1)");
    ev.path = NULL;
    ev.peer_policy = NULL;
    text_is("refused what the peer sent: no proposal matches a policy (message 1)");
}

static void test_notifies(void **state)
{
    (void)state;
    ev.type = ISAKMP_EV_NOTIFY;
    ev.notify = &notify;
    notify.type = ISAKMP_N_INITIAL_CONTACT;
    ev.authentic = 1;
    text_is("the peer at 192.0.2.1:500 says INITIAL-CONTACT");
    ev.authentic = 0;
    notify.type = 60000;
    text_is("the peer at 192.0.2.1:500 says 60000 (not proven)");
    ev.notify = NULL;
    ev.path = NULL;
    text_is("the peer says 0 (not proven)");
}

static void test_nat(void **state)
{
    (void)state;
    ev.type = ISAKMP_EV_NAT;
    ev.nat = ISAKMP_NAT_LOCAL;
    text_is("NAT traversal is in use with 192.0.2.1:500, we are behind a NAT");
    ev.nat = ISAKMP_NAT_LOCAL | ISAKMP_NAT_REMOTE;
    text_is("NAT traversal is in use with 192.0.2.1:500, we are behind a NAT, the peer is behind a "
            "NAT");
    ev.path = NULL;
    ev.nat = ISAKMP_NAT_REMOTE;
    text_is("NAT traversal is in use, the peer is behind a NAT");
}

static void test_mode_config(void **state)
{
    isakmp_assignment a;
    (void)state;
    memset(&a, 0, sizeof a);
    ev.type = ISAKMP_EV_CONFIG;
    ev.assignment = &a;
    text_is("the client at 192.0.2.1:500 has a configuration without an address");
    a.ip4.family = 4;
    a.ip4.ip[0] = 10;
    text_is("the client at 192.0.2.1:500 has the address 10.0.0.0");
    a.ours = 1;
    a.ip6.family = 6;
    a.ip6.ip[15] = 1;
    text_is("we have from 192.0.2.1:500 the address 10.0.0.0 and ::1");
    ev.type = ISAKMP_EV_CONFIG_END;
    a.ip4.family = 0;
    text_is("we have from 192.0.2.1:500 no longer the address ::1");
    a.ours = 0;
    text_is("the client at 192.0.2.1:500 has no longer the address ::1");
    ev.path = NULL;
    ev.assignment = NULL;
    text_is("the client has no longer");
    ev.type = ISAKMP_EV_CONFIG_NONE;
    text_is("there is no configuration");
    ev.path = &path;
    because(ISAKMP_BY_TIMER, ISAKMP_D_TIMEOUT, 1, 0);
    text_is("there is no configuration with 192.0.2.1:500: the peer did not answer (message 1)");
}

static void test_discovery(void **state)
{
    (void)state;
    ev.type = ISAKMP_EV_TED_PEER;
    text_is("the gateway at 192.0.2.1:500 answers for what it protects");
    ev.type = ISAKMP_EV_TED_FAILED;
    path.remote.port = 0;
    because(ISAKMP_BY_TIMER, ISAKMP_D_TED_SILENT, 0, 0);
    text_is("no gateway was found for 192.0.2.1: no gateway has answered the probes");
    ev.path = NULL;
    because(ISAKMP_BY_US, ISAKMP_D_POOL, 0, 0);
    text_is("no gateway was found: a pool of the context is full");
}

static void test_ipv6(void **state)
{
    (void)state;
    path.remote.family = 6;
    memset(path.remote.ip, 0, sizeof path.remote.ip);
    path.remote.ip[15] = 1;
    ev.type = ISAKMP_EV_SA_UP;
    text_is("ISAKMP SA office with [::1]:500 is up");
}

/* A type that is none: some text, and no reading of what is not there. */
static void test_types_that_are_none(void **state)
{
    (void)state;
    for (uint32_t type = 0; type <= 0xffff; type += type < 40 ? 1 : 4093) {
        char text[200];
        ev.type = (uint16_t)type;
        assert_true(isakmp_event_text(text, sizeof text, &ev) < sizeof text);
        if (type >= ISAKMP_EV_SA_UP && type <= ISAKMP_EV_XAUTH_TEXT) {
            assert_null(strstr(text, "event"));
            continue;
        }
        assert_non_null(strstr(text, "event"));
        assert_null(strstr(text, "is up"));
        assert_null(strstr(text, "is down"));
    }
}

static isakmp_selector subnet(uint8_t second)
{
    isakmp_selector s;
    memset(&s, 0, sizeof s);
    s.family = 4;
    s.lo[0] = s.hi[0] = 10;
    s.lo[1] = s.hi[1] = second;
    s.hi[2] = s.hi[3] = 255;
    return s;
}

/* Both sides' selectors, whoever has refused them. */
static void test_selectors(void **state)
{
    isakmp_selector local = subnet(1), remote = subnet(9);
    (void)state;
    child.local = subnet(1);
    child.remote = subnet(2);
    ev.type = ISAKMP_EV_REFUSED;
    ev.local = &local;
    ev.remote = &remote;
    because(ISAKMP_BY_US, ISAKMP_D_SELECTORS, 1, ISAKMP_N_INVALID_ID_INFORMATION);
    text_is(
        "refused what the peer at 192.0.2.1:500 sent: the selectors are not the ones that a policy "
        "allows (message 1); the peer wants our 10.1.0.0/16 and its 10.9.0.0/16, our policy net "
        "has "
        "our 10.1.0.0/16 and its 10.2.0.0/16");
    child.name = NULL;
    child.remote.family = 0;
    text_is(
        "refused what the peer at 192.0.2.1:500 sent: the selectors are not the ones that a policy "
        "allows (message 1); the peer wants our 10.1.0.0/16 and its 10.9.0.0/16, our policy has "
        "our 10.1.0.0/16 and its any");
    ev.child_policy = NULL;
    because(ISAKMP_BY_US, ISAKMP_D_NO_CHILD_POLICY, 1, ISAKMP_N_INVALID_ID_INFORMATION);
    text_is("refused what the peer at 192.0.2.1:500 sent: no policy of ours is for these selectors "
            "(message 1); the peer wants our 10.1.0.0/16 and its 10.9.0.0/16");
    ev.remote = NULL;
    text_is("refused what the peer at 192.0.2.1:500 sent: no policy of ours is for these selectors "
            "(message 1)");
    ev.remote = &remote;
    ev.type = ISAKMP_EV_CHILD_DOWN;
    because(ISAKMP_BY_PEER, ISAKMP_D_PEER_REFUSED, 1, ISAKMP_N_INVALID_ID_INFORMATION);
    text_is("child with 192.0.2.1:500 is down: the peer refused (message 1), it said "
            "INVALID-ID-INFORMATION; we proposed our 10.1.0.0/16 and its 10.9.0.0/16");
    because(ISAKMP_BY_PEER, ISAKMP_D_PEER_REFUSED, 1, ISAKMP_N_NO_PROPOSAL_CHOSEN);
    text_is("child with 192.0.2.1:500 is down: the peer refused (message 1), it said "
            "NO-PROPOSAL-CHOSEN");
}

static isakmp_id name(const char *text, size_t n)
{
    isakmp_id id = {ISAKMP_ID_FQDN, 0, 0, {NULL, 0}};
    id.data.p = (const uint8_t *)text;
    id.data.n = n;
    return id;
}

/* T-82, too: what a peer calls itself is shown so that it cannot be anything else than text. */
static void test_identities(void **state)
{
    (void)state;
    ev.type = ISAKMP_EV_REFUSED;
    because(ISAKMP_BY_US, ISAKMP_D_ID_REFUSED, 5, ISAKMP_N_INVALID_ID_INFORMATION);
    ev.peer_id = name("mallory.example", 15);
    ev.expected_id = name("alice.example", 13);
    text_is(
        "refused what the peer at 192.0.2.1:500 sent: the peer's identity is not the one that its "
        "policy expects (message 5); it says it is fqdn mallory.example, expected was fqdn "
        "alice.example");
    ev.peer_id = name("a\n;\0%s", 6);
    text_is(
        "refused what the peer at 192.0.2.1:500 sent: the peer's identity is not the one that its "
        "policy expects (message 5); it says it is fqdn a\\x0a;\\x00%s, expected was fqdn "
        "alice.example");
    memset(&ev.expected_id, 0, sizeof ev.expected_id);
    text_is(
        "refused what the peer at 192.0.2.1:500 sent: the peer's identity is not the one that its "
        "policy expects (message 5)");
}

static void test_lifetimes(void **state)
{
    (void)state;
    ev.type = ISAKMP_EV_LIFE;
    ev.life_peer = 600;
    ev.life_ours = 28800;
    ev.life_used = 600;
    text_is(
        "the peer at 192.0.2.1:500 has another lifetime for the ISAKMP SA than we: 600 seconds, "
        "ours is 28800; 600 are used");
    ev.child.v = 1;
    ev.life_peer = 0;
    ev.life_used = 28800;
    text_is("the peer at 192.0.2.1:500 has another lifetime for the child than we: none, ours is "
            "28800; "
            "28800 are used");
}

static void test_redirect(void **state)
{
    static const isakmp_addr gateway = {4, {192, 0, 2, 77}, 0};
    (void)state;
    ev.type = ISAKMP_EV_REDIRECT;
    ev.gateway = &gateway;
    text_is("the gateway at 192.0.2.1:500 sends us to another one: 192.0.2.77");
    ev.gateway = NULL;
    ev.path = NULL;
    text_is("the gateway sends us to another one");
}

/* Every reason. */
static void test_reasons(void **state)
{
    (void)state;
    ev.type = ISAKMP_EV_SA_DOWN;
    ev.peer_policy = NULL;
    ev.path = NULL;
    for (unsigned d = ISAKMP_D_NONE + 1; d < ISAKMP_D_END; d++) {
        char want[200];
        because(ISAKMP_BY_US, d, 0, 0);
        snprintf(want, sizeof want, "ISAKMP SA is down: %s", isakmp_detail_text(d));
        text_is(want);
    }
}

/* The name of a user, and what a gateway says to one, are whatever the other side likes. */
static void test_users(void **state)
{
    static const uint8_t text[] = "no\n\x1b[2J";
    (void)state;
    ev.type = ISAKMP_EV_SA_UP;
    ev.user = isakmp__span((const uint8_t *)"joe\xff", 4);
    text_is("ISAKMP SA office with 192.0.2.1:500 of user joe\\xff is up");
    ev.type = ISAKMP_EV_XAUTH_TEXT;
    text_is("the gateway at 192.0.2.1:500 says to the user: ");
    ev.text = isakmp__span(text, sizeof text - 1);
    text_is("the gateway at 192.0.2.1:500 says to the user: no\\x0a\\x1b[2J");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_sas, fresh),
        cmocka_unit_test_setup(test_children, fresh),
        cmocka_unit_test_setup(test_others, fresh),
        cmocka_unit_test_setup(test_refused, fresh),
        cmocka_unit_test_setup(test_notifies, fresh),
        cmocka_unit_test_setup(test_nat, fresh),
        cmocka_unit_test_setup(test_mode_config, fresh),
        cmocka_unit_test_setup(test_discovery, fresh),
        cmocka_unit_test_setup(test_ipv6, fresh),
        cmocka_unit_test_setup(test_types_that_are_none, fresh),
        cmocka_unit_test_setup(test_users, fresh),
        cmocka_unit_test_setup(test_reasons, fresh),
        cmocka_unit_test_setup(test_selectors, fresh),
        cmocka_unit_test_setup(test_identities, fresh),
        cmocka_unit_test_setup(test_lifetimes, fresh),
        cmocka_unit_test_setup(test_redirect, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
