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
    char text[300];
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
        char text[100];
        if (type >= ISAKMP_EV_SA_UP && type <= ISAKMP_EV_NAT)
            continue;
        ev.type = (uint16_t)type;
        assert_true(isakmp_event_text(text, sizeof text, &ev) < sizeof text);
        assert_null(strstr(text, "is up"));
        assert_null(strstr(text, "is down"));
    }
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_sas, fresh),
        cmocka_unit_test_setup(test_children, fresh),
        cmocka_unit_test_setup(test_refused, fresh),
        cmocka_unit_test_setup(test_notifies, fresh),
        cmocka_unit_test_setup(test_nat, fresh),
        cmocka_unit_test_setup(test_discovery, fresh),
        cmocka_unit_test_setup(test_ipv6, fresh),
        cmocka_unit_test_setup(test_types_that_are_none, fresh),
        cmocka_unit_test_setup(test_reasons, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
