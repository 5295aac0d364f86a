/* flow/flow_ios.c -- two engines that are configured in the routers' language: what the handbook says of policies
 * and keys, from the text to the SAs, and what is shown of them. */
#include "flow/stage.h"
#include "isakmp/ios.h"

/* ---- Two routers ----------------------------------------------------------------------------- */

static struct router {
    uint64_t memory[16 * 1024 / 8], plan_memory[16 * 1024 / 8];
    isakmp_ios *conf;
    isakmp_ios_plan *plan;
} routers[2];
static uint32_t more_flags[2]; /* of all peers of a router */
static char shown[4096], debugged[8192];

static isakmp_span span_of(const char *s)
{
    isakmp_span span = {(const uint8_t *)s, strlen(s)};
    return span;
}

static const isakmp_ios_plan *plan_of(void *user)
{
    return routers[((peer *)user)->index].plan;
}

static int find_peer(void *user, isakmp_ticket t, const isakmp_query *q,
                     const isakmp_peer_policy **out)
{
    (void)t;
    return isakmp_ios_find_peer(plan_of(user), q, out);
}

static int get_psk(void *user, isakmp_ticket t, const isakmp_query *q, uint8_t *key, size_t cap,
                   size_t *n)
{
    (void)t;
    return isakmp_ios_find_psk(plan_of(user), q, key, cap, n);
}

static int find_child(void *user, isakmp_ticket t, isakmp_sa_id sa, const isakmp_selector *local,
                      const isakmp_selector *remote, const isakmp_child_policy **out)
{
    (void)t;
    return isakmp_ios_find_child(plan_of(user), ((peer *)user)->x, sa, local, remote, out);
}

static void keep_debug(peer *p, const isakmp_event *ev)
{
    size_t n = strlen(debugged);
    if (p->index == 1)
        isakmp_ios_debug(debugged + n, sizeof debugged - n, ev);
}

static void load(int index, const char *text)
{
    struct router *r = &routers[index];
    isakmp_ios_loader loader = {sizeof loader, ISAKMP_IOS_ALL, NULL, NULL, NULL};
    isakmp_ios_plan_options options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.peer_flags = more_flags[index];
    assert_int_equal(isakmp_ios_init(&r->conf, r->memory, sizeof r->memory), ISAKMP_OK);
    assert_int_equal(isakmp_ios_load(r->conf, span_of(text), &loader), ISAKMP_OK);
    assert_int_equal(
        isakmp_ios_plan_make(&r->plan, r->plan_memory, sizeof r->plan_memory, r->conf, &options),
        ISAKMP_OK);
}

static void begin(uint64_t seed, const char *a, const char *b)
{
    debugged[0] = 0;
    load(0, a);
    load(1, b);
    pair_init(&pr, seed);
    for (int i = 0; i < 2; i++) {
        pr.p[i].host.find_peer = find_peer;
        pr.p[i].host.get_psk = get_psk;
        pr.p[i].host.find_child = find_child;
        pr.p[i].hear_event = keep_debug;
        pr.p[i].no_private_key = 1; /* so the default policy cannot be used */
    }
    pair_start(&pr);
}

/* A packet from 10.1.0.1 to 10.2.0.1 leaves router A, and has no SA. */
static isakmp_sa_id packet_leaves(void)
{
    isakmp_addr from = {4, {10, 1, 0, 1}, 0}, to = {4, {10, 2, 0, 1}, 0};
    isakmp_path path = pair_path(&pr, 0);
    isakmp_ios_match m;
    isakmp_ios_peer p;
    isakmp_sa_id sa;
    isakmp_child_id child;
    isakmp_ios_find_flow(routers[0].plan, 1, &from, &to, &m);
    assert_int_equal(m.action, ISAKMP_IOS_PROTECT);
    assert_int_equal(isakmp_ios_peer_get(routers[0].plan, &m, 0, &p), ISAKMP_OK);
    assert_int_equal(isakmp_connect(A->x, pr.now, p.policy, &path, p.exchange, &sa), ISAKMP_OK);
    assert_int_equal(isakmp_child_connect(A->x, pr.now, sa, m.child, &child), ISAKMP_OK);
    return sa;
}

static const char *show(int index, const char *line)
{
    isakmp_ios_live live = {sizeof live, pr.p[index].x, pr.now, NULL, NULL, NULL, NULL};
    isakmp_ios_shell exec = {0, 0, 0, NULL};
    isakmp_ios_command command;
    isakmp_ios_fault fault;
    assert_int_equal(isakmp_ios_line(routers[index].conf, &exec, span_of(line), &command, &fault),
                     ISAKMP_OK);
    isakmp_ios_show(shown, sizeof shown, routers[index].conf, &command, &live);
    return shown;
}

static void shows(int index, const char *line, const char *part)
{
    if (strstr(show(index, line), part) == NULL)
        print_error("%s\n", shown);
    assert_non_null(strstr(shown, part));
}

#define REST(peer_ip, here, there)                                                                 \
    "crypto ipsec transform-set t esp-aes esp-sha-hmac\n"                                          \
    "crypto map vpn 10 ipsec-isakmp\n set peer " peer_ip "\n set transform-set t\n"                \
    " match address 101\n"                                                                         \
    "access-list 101 permit ip 10." here ".0.0 0.0.255.255 10." there ".0.0 0.0.255.255\n"
#define ENDS_OF_A                                                                                  \
    "crypto isakmp key a-long-and-random-key address 192.0.2.2\n" REST("192.0.2.2", "1", "2")
#define ENDS_OF_B                                                                                  \
    "crypto isakmp key a-long-and-random-key address 192.0.2.1\n" REST("192.0.2.1", "2", "1")
#define PRE_SHARED(number, more)                                                                   \
    "crypto isakmp policy " number "\n authentication pre-share\n group 2\n" more

/* ---- Up, shown, and down -------------------------------------------------------------------- */

static void up_and_down(void **state)
{
    static const char policy[] = PRE_SHARED("10", " encryption aes\n");
    static char a[2048], b[2048];
    isakmp_sa_id sa;
    (void)state;
    snprintf(a, sizeof a, "%s%s", policy, ENDS_OF_A);
    snprintf(b, sizeof b, "%s%s", policy, ENDS_OF_B);
    begin(1, a, b);
    sa = packet_leaves();
    shows(0, "show crypto isakmp sa", "192.0.2.2       192.0.2.1       MM_NO_STATE ");
    assert_true(pair_deliver(&pr)); /* message 1 */
    shows(1, "show crypto isakmp sa", "192.0.2.2       192.0.2.1       MM_SA_SETUP ");
    assert_true(pair_deliver(&pr));
    shows(0, "show crypto isakmp sa", "MM_SA_SETUP ");
    assert_true(pair_deliver(&pr));
    shows(1, "show crypto isakmp sa", "MM_KEY_EXCH ");
    assert_true(pair_deliver(&pr));
    shows(0, "show crypto isakmp sa", "MM_KEY_EXCH ");
    run_for(100);
    assert_true(both_up(1));
    shows(0, "show crypto isakmp sa",
          "192.0.2.2       192.0.2.1       QM_IDLE              1    0\n");
    shows(1, "show crypto isakmp sa", "192.0.2.2       192.0.2.1       QM_IDLE ");
    shows(0, "show crypto ipsec sa", "Crypto map tag: vpn 10, local addr. 192.0.2.1\n");
    shows(0, "show crypto ipsec sa", "local  ident (addr/prot/port): (10.1.0.0/16/0/0)\n");
    shows(1, "show crypto ipsec sa", "current_peer: 192.0.2.1\n");
    shows(1, "show crypto ipsec sa", "transform: esp-aes esp-sha-hmac ,\n");
    shows(1, "show crypto ipsec sa", "remaining key lifetime (k/sec): (4608000/3599)\n");
    assert_int_equal(isakmp_ios_plan_users(routers[0].plan, A->x), 2);
    /* clear crypto isakmp 1 */
    assert_true(isakmp_ios_connection(A->x, 1).v == sa.v);
    assert_int_equal(isakmp_ios_connection(A->x, 2).v, 0);
    assert_int_equal(isakmp_close(A->x, pr.now, isakmp_ios_connection(A->x, 1)), ISAKMP_OK);
    run_for(100);
    assert_true(pair_is_empty(&pr));
    assert_int_equal(isakmp_ios_plan_users(routers[0].plan, A->x), 0);
    assert_non_null(strstr(debugged, "ISAKMP (1): ISAKMP SA"));
    assert_non_null(strstr(debugged, "is up\n"));
    finish();
}

/* While Mode Config holds children back, on both sides; and no longer. */
static void configuring(void **state)
{
    (void)state;
    more_flags[0] = ISAKMP_PF_CONFIG_ACCEPT;
    more_flags[1] = ISAKMP_PF_CONFIG_PUSH;
    begin(12, PRE_SHARED("10", "") ENDS_OF_A, PRE_SHARED("10", "") ENDS_OF_B);
    (void)packet_leaves();
    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(sa_info(A, first_sa(A)).configuring, 0);
        assert_true(pair_deliver(&pr)); /* phase 1 */
    }
    shows(0, "show crypto isakmp sa", " CONF_ADDR ");
    shows(1, "show crypto isakmp sa", " CONF_ADDR ");
    run_for(100);
    shows(0, "show crypto isakmp sa", " QM_IDLE ");
    shows(1, "show crypto isakmp sa", " QM_IDLE ");
    more_flags[0] = more_flags[1] = 0;
    finish();
}

/* In Aggressive Mode, because there is nothing but a key for the peer's host name. */
static void aggressive_mode(void **state)
{
    static char a[2048], b[2048];
    isakmp_ios_peer peer_of;
    isakmp_ios_match m;
    isakmp_addr from = {4, {10, 1, 0, 1}, 0}, to = {4, {10, 2, 0, 1}, 0};
    (void)state;
    snprintf(a, sizeof a, "hostname berlin\ncrypto isakmp identity hostname\n%s%s%s",
             PRE_SHARED("10", " encryption aes\n"), "crypto isakmp key secret hostname paris\n",
             REST("paris", "1", "2"));
    snprintf(b, sizeof b, "hostname paris\ncrypto isakmp identity hostname\n%s%s%s",
             PRE_SHARED("10", " encryption aes\n"), "crypto isakmp key secret hostname berlin\n",
             REST("berlin", "2", "1"));
    begin(2, a, b);
    isakmp_ios_find_flow(routers[0].plan, 1, &from, &to, &m);
    assert_int_equal(isakmp_ios_peer_get(routers[0].plan, &m, 0, &peer_of), ISAKMP_OK);
    assert_int_equal(peer_of.exchange, ISAKMP_EXCH_AGGRESSIVE);
    (void)packet_leaves();
    shows(0, "show crypto isakmp sa", "AG_NO_STATE ");
    assert_true(pair_deliver(&pr));
    shows(1, "show crypto isakmp sa", "AG_INIT_EXCH ");
    run_for(100);
    assert_true(both_up(1));
    finish();
}

static void no_aggressive_mode(void **state)
{
    static char a[2048], b[2048];
    (void)state;
    snprintf(a, sizeof a, "hostname berlin\ncrypto isakmp identity hostname\n%s%s%s",
             PRE_SHARED("10", ""), "crypto isakmp key secret hostname paris\n",
             REST("paris", "1", "2"));
    snprintf(b, sizeof b, "crypto isakmp aggressive-mode disable\n%s%s%s", PRE_SHARED("10", ""),
             "crypto isakmp key secret hostname berlin\n", REST("berlin", "2", "1"));
    begin(3, a, b);
    (void)packet_leaves();
    run_for(100);
    assert_int_equal(sas_in(B, 0), 0);
    finish();
}

static void no_ike(void **state)
{
    static char b[2048];
    (void)state;
    snprintf(b, sizeof b, "no crypto isakmp enable\n%s%s", PRE_SHARED("10", ""), ENDS_OF_B);
    begin(4, PRE_SHARED("10", "") ENDS_OF_A, b);
    (void)packet_leaves();
    run_for(100);
    assert_int_equal(sas_in(B, 0), 0);
    finish();
}

/* ---- How peers agree upon a policy ---------------------------------------------------------- */

static isakmp_policy agreed(const char *a, const char *b)
{
    static char text[2][2048];
    isakmp_policy none, suite;
    memset(&none, 0, sizeof none);
    snprintf(text[0], sizeof text[0], "%s%s", a, ENDS_OF_A);
    snprintf(text[1], sizeof text[1], "%s%s", b, ENDS_OF_B);
    begin(5, text[0], text[1]);
    (void)packet_leaves();
    run_for(100);
    suite = sas_in(A, ISAKMP_SA_UP) ? sa_info(A, first_sa(A)).suite : none;
    if (suite.cipher) {
        assert_true(both_up(1));
        assert_int_equal(sa_info(B, first_sa(B)).suite.life_s, suite.life_s);
    }
    finish();
    return suite;
}

/* "The remote peer looks for a match by comparing its own highest priority policy against the other peer's
 * received policies": its order decides, not that of the offer. */
static void order_of_the_responder(void **state)
{
    (void)state;
    assert_int_equal(
        agreed(PRE_SHARED("1", " encryption aes\n") PRE_SHARED("2", " encryption 3des\n"),
               PRE_SHARED("7", " encryption 3des\n") PRE_SHARED("9", " encryption aes\n"))
            .cipher,
        ISAKMP_CIPHER_3DES);
    assert_int_equal(
        agreed(PRE_SHARED("1", " encryption aes\n") PRE_SHARED("2", " encryption 3des\n"),
               PRE_SHARED("10", " encryption 3des\n") PRE_SHARED("9", " encryption aes\n"))
            .cipher,
        ISAKMP_CIPHER_AES);
}

/* "If you do not configure any policies, your router will use the default policy, which is always set to the
 * lowest priority, and which contains each parameter's default value." */
static void default_policy(void **state)
{
    isakmp_policy suite;
    (void)state;
    begin(11, PRE_SHARED("1", " group 5\n") ENDS_OF_A, ENDS_OF_B);
    A->no_private_key = B->no_private_key = 0;
    (void)packet_leaves();
    run_for(100);
    assert_true(both_up(1));
    suite = sa_info(B, first_sa(B)).suite;
    assert_int_equal(suite.cipher, ISAKMP_CIPHER_DES);
    assert_int_equal(suite.hash, ISAKMP_HASH_SHA1);
    assert_int_equal(suite.auth, ISAKMP_AUTH_RSA_SIG);
    assert_int_equal(suite.group, ISAKMP_GROUP_MODP_768);
    assert_int_equal(suite.life_s, 86400);
    finish();
}

/* "A match is made when both policies ... contain the same encryption, hash, authentication, and
 * Diffie-Hellman parameter values". */
static void all_five_must_match(void **state)
{
    static const char *const others[] = {
        PRE_SHARED("10", " encryption 3des\n"),
        PRE_SHARED("10", " encryption aes 256\n"),
        PRE_SHARED("10", " encryption aes\n hash md5\n"),
        PRE_SHARED("10", " encryption aes\n group 5\n"),
        "crypto isakmp policy 10\n encryption aes\n group 2\n",
    };
    (void)state;
    assert_int_equal(
        agreed(PRE_SHARED("1", " encryption aes\n"), PRE_SHARED("10", " encryption aes\n")).cipher,
        ISAKMP_CIPHER_AES);
    for (unsigned i = 0; i < COUNT(others); i++)
        assert_int_equal(agreed(PRE_SHARED("1", " encryption aes\n"), others[i]).cipher, 0);
    assert_non_null(strstr(debugged, "policy 10: "));
}

/* "... and when the remote peer's policy specifies a lifetime less than or equal to the lifetime in the policy
 * being compared.  (If the lifetimes are not identical, the shorter lifetime ... will be used.)" */
static void lifetimes(void **state)
{
    (void)state;
    assert_int_equal(
        agreed(PRE_SHARED("1", " lifetime 5000\n"), PRE_SHARED("1", " lifetime 5000\n")).life_s,
        5000);
    assert_int_equal(agreed(PRE_SHARED("1", ""), PRE_SHARED("1", " lifetime 600\n")).life_s, 600);
    assert_int_equal(agreed(PRE_SHARED("1", " lifetime 600\n"), PRE_SHARED("1", "")).cipher, 0);
    assert_non_null(strstr(debugged, "lifetime"));
}

/* "If a peer's policy does not have the required companion configuration, the peer will not submit the
 * policy". */
static void no_companion(void **state)
{
    static char b[2048];
    (void)state;
    /* A has no private key for its second policy, nor for the default one. */
    begin(6,
          PRE_SHARED(
              "1",
              " encryption aes\n") "crypto isakmp policy 2\n encryption aes\n group 2\n" ENDS_OF_A,
          PRE_SHARED("1", " encryption 3des\n") ENDS_OF_B);
    (void)packet_leaves();
    run_for(100);
    assert_int_equal(sas_in(A, ISAKMP_SA_UP), 0);
    assert_non_null(strstr(debugged, "transform 1, policy 1: "));
    assert_null(strstr(debugged, "transform 2"));
    finish();
    snprintf(b, sizeof b, "%s%s", PRE_SHARED("1", ""), REST("192.0.2.1", "2", "1"));
    begin(6, PRE_SHARED("1", "") ENDS_OF_A, b); /* B has no key */
    (void)packet_leaves();
    run_for(100);
    assert_int_equal(sas_in(A, ISAKMP_SA_UP), 0);
    assert_non_null(strstr(debugged, "ISAKMP"));
    finish();
}

/* ---- Traffic -------------------------------------------------------------------------------- */

static void mirror_images(void **state)
{
    static char a[2048];
    (void)state;
    /* A would protect more than B's list permits. */
    snprintf(a, sizeof a, "%s%s%s", PRE_SHARED("1", ""),
             "crypto isakmp key a-long-and-random-key address 192.0.2.2\n",
             "crypto ipsec transform-set t esp-aes esp-sha-hmac\n"
             "crypto map vpn 10 ipsec-isakmp\n set peer 192.0.2.2\n set transform-set t\n"
             " match address 101\naccess-list 101 permit ip 10.0.0.0 0.255.255.255 any\n");
    begin(7, a, PRE_SHARED("1", "") ENDS_OF_B);
    (void)packet_leaves();
    run_for(100);
    assert_int_equal(sas_in(A, ISAKMP_SA_UP), 1);
    assert_int_equal(children_in(A, 0), 0);
    finish();
}

/* What a peer proposes is denied first, as a whole; then only some of it, which is exempted there. */
static void denied(void **state)
{
    static char b[2048];
    (void)state;
    snprintf(b, sizeof b, "%s%s", "access-list 101 deny ip 10.2.0.0 0.0.255.255 any\n",
             PRE_SHARED("1", "") ENDS_OF_B);
    begin(8, PRE_SHARED("1", "") ENDS_OF_A, b);
    (void)packet_leaves();
    run_for(100);
    assert_int_equal(children_in(A, 0), 0);
    finish();
}

static void exempted(void **state)
{
    static char b[2048];
    (void)state;
    snprintf(b, sizeof b, "%s%s%s", "access-list 101 deny ospf any any\n",
             "access-list 101 deny ip host 10.2.0.9 any\n", PRE_SHARED("1", "") ENDS_OF_B);
    begin(8, PRE_SHARED("1", "") ENDS_OF_A, b);
    (void)packet_leaves();
    run_for(100);
    assert_int_equal(children_in(A, 0), 1);
    finish();
}

static void other_peer(void **state)
{
    static char b[2048];
    (void)state;
    snprintf(b, sizeof b, "%s%s%s", PRE_SHARED("1", ""),
             "crypto isakmp key a-long-and-random-key address 192.0.2.1\n",
             REST("192.0.2.9", "2", "1"));
    begin(9, PRE_SHARED("1", "") ENDS_OF_A, b);
    (void)packet_leaves();
    run_for(100);
    assert_int_equal(sas_in(B, ISAKMP_SA_UP), 1);
    assert_int_equal(children_in(B, 0), 0);
    finish();
}

static void dynamic_responder(void **state)
{
    static char b[2048];
    (void)state;
    snprintf(b, sizeof b, "%s%s%s", PRE_SHARED("1", ""),
             "crypto isakmp key a-long-and-random-key address 0.0.0.0\n",
             "crypto ipsec transform-set t esp-aes esp-sha-hmac\ncrypto dynamic-map d 1\n"
             " set transform-set t\ncrypto map vpn 9 ipsec-isakmp dynamic d\n");
    begin(10, PRE_SHARED("1", "") ENDS_OF_A, b);
    (void)packet_leaves();
    run_for(100);
    assert_true(both_up(1));
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(up_and_down),
        cmocka_unit_test(configuring),
        cmocka_unit_test(aggressive_mode),
        cmocka_unit_test(no_aggressive_mode),
        cmocka_unit_test(no_ike),
        cmocka_unit_test(order_of_the_responder),
        cmocka_unit_test(default_policy),
        cmocka_unit_test(all_five_must_match),
        cmocka_unit_test(lifetimes),
        cmocka_unit_test(no_companion),
        cmocka_unit_test(mirror_images),
        cmocka_unit_test(denied),
        cmocka_unit_test(exempted),
        cmocka_unit_test(other_peer),
        cmocka_unit_test(dynamic_responder),
    };
    return cmocka_run_group_tests_name("ios", tests, NULL, NULL);
}
