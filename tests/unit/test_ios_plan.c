/* test_ios_plan.c -- what a configuration means: policies that are valid, and which of them is for a peer, a key, a
 * proposal or a packet. */
#include "unit/ios_scene.h"

#define FENCE 64

static uint64_t plan_memory[64 * 1024 / 8];
static isakmp_ios_plan *plan;
static isakmp_ios_plan_options options;

/* A plan in exactly the memory that it needs, with every policy checked. */
static void make_plan(const char *text)
{
    isakmp_ios_match m;
    isakmp_addr any = {4, {0}, 0};
    char why[120] = "";
    size_t n;
    scene_clear();
    (void)load_flags(text, ISAKMP_IOS_ALL);
    options.size = sizeof options;
    n = isakmp_ios_plan_size(conf, &options);
    assert_true(n + FENCE <= sizeof plan_memory);
    memset(plan_memory, 0xa5, sizeof plan_memory);
    assert_int_equal(isakmp_ios_plan_make(&plan, plan_memory, n - 1, conf, &options),
                     ISAKMP_E_SPACE);
    assert_int_equal(((uint8_t *)plan_memory)[0], 0xa5);
    assert_int_equal(isakmp_ios_plan_make(&plan, plan_memory, n, conf, &options), ISAKMP_OK);
    for (size_t i = 0; i < FENCE; i++)
        assert_int_equal(((uint8_t *)plan_memory)[n + i], 0xa5);
    isakmp_ios_wipe(conf); /* a plan needs it no more */
    isakmp_ios_find_flow(plan, 0, &any, &any, &m);
    if (isakmp_ios_any_peer(plan))
        assert_int_equal(isakmp_peer_policy_check(isakmp_ios_any_peer(plan), NULL, why, sizeof why),
                         ISAKMP_OK);
}

static isakmp_addr ip(const char *text, uint16_t port)
{
    isakmp_addr a;
    unsigned b[4];
    memset(&a, 0, sizeof a);
    a.family = 4;
    a.port = port;
    assert_int_equal(sscanf(text, "%u.%u.%u.%u", &b[0], &b[1], &b[2], &b[3]), 4);
    for (unsigned i = 0; i < 4; i++)
        a.ip[i] = (uint8_t)b[i];
    return a;
}

/* What becomes of a packet, and by which entry. */
static isakmp_ios_match flow(uint8_t proto, const char *from, uint16_t from_port, const char *to,
                             uint16_t to_port)
{
    isakmp_addr a = ip(from, from_port), b = ip(to, to_port);
    isakmp_ios_match m;
    char why[120] = "";
    isakmp_ios_find_flow(plan, proto, &a, &b, &m);
    assert_int_equal(isakmp_ios_should_be_protected(plan, proto, &b, &a),
                     m.action != ISAKMP_IOS_CLEAR);
    if (m.child) {
        if (isakmp_child_policy_check(m.child, NULL, why, sizeof why) != ISAKMP_OK)
            print_error("%s\n", why);
        assert_string_equal(why, "");
    }
    return m;
}

static void flow_is(const char *from, const char *to, int action, unsigned sequence)
{
    isakmp_ios_match m = flow(1, from, 0, to, 0);
    assert_int_equal(m.action, action);
    assert_int_equal(m.sequence, sequence);
}

static const char base[] =
    "crypto isakmp policy 10\n encryption aes 256\n authentication pre-share\n group 14\n"
    "crypto ipsec transform-set t esp-aes esp-sha-hmac\n";

static const char *with(const char *text)
{
    static char all[8192];
    snprintf(all, sizeof all, "%s%s", base, text);
    return all;
}

/* ---- Packets -------------------------------------------------------------------------------- */

static void first_line_decides(void **state)
{
    (void)state;
    make_plan(with("crypto map m 20 ipsec-isakmp\n set peer 2.2.2.2\n set transform-set t\n match "
                   "address 102\n"
                   "crypto map m 10 ipsec-isakmp\n set peer 1.1.1.1\n set transform-set t\n match "
                   "address 101\n"
                   "access-list 101 deny ip 10.1.5.0 0.0.0.255 any\n"
                   "access-list 101 permit ip 10.1.0.0 0.0.255.255 10.2.0.0 0.0.255.255\n"
                   "access-list 101 deny ip any any\n"
                   "access-list 102 permit ip 10.1.0.0 0.0.255.255 10.0.0.0 0.255.255.255\n"));
    flow_is("10.1.1.1", "10.2.1.1", ISAKMP_IOS_PROTECT, 10);
    flow_is("10.1.5.1", "10.2.1.1", ISAKMP_IOS_PROTECT, 20); /* denied: the next entry */
    flow_is("10.1.1.1", "10.3.1.1", ISAKMP_IOS_PROTECT, 20);
    flow_is("10.1.1.1", "11.3.1.1", ISAKMP_IOS_CLEAR, 0);
    flow_is("10.2.1.1", "10.1.1.1", ISAKMP_IOS_CLEAR, 0); /* the other way round */
}

static void protocols_and_ports(void **state)
{
    (void)state;
    make_plan(with("crypto map m 10 ipsec-isakmp\n set peer 1.1.1.1\n set transform-set t\n match "
                   "address 101\n"
                   "access-list 101 permit tcp any host 10.2.0.1 eq 80\n"
                   "access-list 101 permit icmp any any\n"));
    assert_int_equal(flow(6, "10.0.0.1", 3000, "10.2.0.1", 80).action, ISAKMP_IOS_PROTECT);
    assert_int_equal(flow(6, "10.0.0.1", 80, "10.2.0.1", 81).action, ISAKMP_IOS_CLEAR);
    assert_int_equal(flow(17, "10.0.0.1", 3000, "10.2.0.1", 80).action, ISAKMP_IOS_CLEAR);
    assert_int_equal(flow(1, "10.0.0.1", 0, "10.2.0.1", 0).action, ISAKMP_IOS_PROTECT);
    assert_int_equal(flow(6, "10.0.0.1", 3000, "10.2.0.1", 80).child->remote.port, 80);
    assert_int_equal(flow(6, "10.0.0.1", 3000, "10.2.0.1", 80).child->local.proto, 6);
}

static void static_before_dynamic(void **state)
{
    isakmp_ios_match m;
    (void)state;
    make_plan(with("crypto map m 5 ipsec-isakmp dynamic d discover\n"
                   "crypto map m 10 ipsec-isakmp\n set peer 1.1.1.1\n set transform-set t\n match "
                   "address 101\n"
                   "crypto dynamic-map d 1\n set transform-set t\n match address 102\n"
                   "access-list 101 permit ip 10.1.0.0 0.0.255.255 10.2.0.0 0.0.255.255\n"
                   "access-list 102 deny ospf any any\n"
                   "access-list 102 permit ip 10.1.0.0 0.0.255.255 any\n"));
    flow_is("10.1.1.1", "10.2.1.1", ISAKMP_IOS_PROTECT, 10);
    flow_is("10.1.1.1", "10.3.1.1", ISAKMP_IOS_DISCOVER, 5);
    flow_is("10.9.1.1", "10.3.1.1", ISAKMP_IOS_CLEAR, 0);
    m = flow(89, "10.1.1.1", 0, "10.3.1.1", 0); /* routing protocols are exempt */
    assert_int_equal(m.action, ISAKMP_IOS_CLEAR);
    m = flow(6, "10.1.1.1", 5, "10.3.1.1", 6);
    assert_int_equal(m.action, ISAKMP_IOS_DISCOVER);
    assert_int_equal(m.dynamic, 1);
    assert_int_equal(m.n_peers, 0);
    assert_string_equal(m.map, "m");
    assert_int_equal(m.child->local.lo[1], 1);
    assert_int_equal(m.child->remote.hi[0], 255);
}

/* Off unless said, and only for IP, with an access list. */
static void when_not_to_discover(void **state)
{
    (void)state;
    make_plan(with("crypto map m 5 ipsec-isakmp dynamic d\n"
                   "crypto dynamic-map d 1\n set transform-set t\n match address 102\n"
                   "access-list 102 permit ip any any\n"));
    flow_is("10.1.1.1", "10.3.1.1", ISAKMP_IOS_DROP, 5);
    make_plan(with("crypto map m 5 ipsec-isakmp dynamic d discover\n"
                   "crypto dynamic-map d 1\n set transform-set t\n match address 102\n"
                   "access-list 102 permit icmp any any\n"));
    flow_is("10.1.1.1", "10.3.1.1", ISAKMP_IOS_DROP, 5);
    make_plan(with("crypto map m 5 ipsec-isakmp dynamic d discover\n"
                   "crypto dynamic-map d 1\n set transform-set t\n"));
    flow_is("10.1.1.1", "10.3.1.1", ISAKMP_IOS_CLEAR, 0);
}

static void probes(void **state)
{
    isakmp_addr ours = ip("10.1.1.1", 0), theirs = ip("10.3.1.1", 0), other = ip("10.9.1.1", 0);
    isakmp_addr known = ip("10.2.1.1", 0);
    isakmp_ios_match m;
    const char *text = "crypto map m 5 ipsec-isakmp dynamic d discover\n"
                       "crypto map m 10 ipsec-isakmp\n set peer 1.1.1.1\n set transform-set t\n "
                       "match address 101\n"
                       "crypto dynamic-map d 1\n set transform-set t\n match address 102\n"
                       "access-list 101 permit ip 10.1.0.0 0.0.255.255 10.2.0.0 0.0.255.255\n"
                       "access-list 102 permit ip 10.1.0.0 0.0.255.255 any\n";
    (void)state;
    make_plan(with(text));
    assert_int_equal(isakmp_ios_find_probe(plan, &theirs, &ours, &m), ISAKMP_OK);
    assert_int_equal(m.child->local.hi[1], 1);
    assert_int_equal(isakmp_ios_find_probe(plan, &theirs, &other, &m), ISAKMP_NONE);
    assert_int_equal(isakmp_ios_find_probe(plan, &known, &ours, &m), ISAKMP_NONE); /* static */
    make_plan(with("no crypto isakmp enable\ncrypto map m 5 ipsec-isakmp dynamic d discover\n"
                   "crypto dynamic-map d 1\n set transform-set t\n match address 102\n"
                   "access-list 102 permit ip 10.1.0.0 0.0.255.255 any\n"));
    assert_int_equal(isakmp_ios_find_probe(plan, &theirs, &ours, &m), ISAKMP_NONE);
}

/* Maps are in use where an interface has them; incomplete entries are left out. */
static void in_use(void **state)
{
    static const char two[] =
        "crypto map m 10 ipsec-isakmp\n set peer 1.1.1.1\n set transform-set t\n match address "
        "101\n"
        "crypto map n 20 ipsec-isakmp\n set peer 2.2.2.2\n set transform-set t\n match address "
        "102\n"
        "crypto map n 21 ipsec-isakmp\n set peer 2.2.2.2\n match address 103\n"
        "crypto map n 22 ipsec-isakmp\n set transform-set t\n match address 103\n"
        "crypto map n 23 ipsec-isakmp\n set peer 2.2.2.2\n set transform-set t\n"
        "crypto map n 24 ipsec-isakmp\n set peer 2.2.2.2\n set transform-set t\n match address "
        "199\n"
        "crypto map n 25 ipsec-isakmp\n set peer 2.2.2.2\n set transform-set gone\n match address "
        "103\n"
        "crypto map n client configuration address respond\n"
        "access-list 101 permit ip any host 10.0.0.1\naccess-list 102 permit ip any host 10.0.0.2\n"
        "access-list 103 permit ip any host 10.0.0.3\n";
    char text[4096];
    (void)state;
    make_plan(with(two));
    flow_is("9.9.9.9", "10.0.0.1", ISAKMP_IOS_PROTECT, 10);
    flow_is("9.9.9.9", "10.0.0.2", ISAKMP_IOS_PROTECT, 20);
    flow_is("9.9.9.9", "10.0.0.3", ISAKMP_IOS_CLEAR, 0);
    assert_int_equal(isakmp_ios_client_address(plan), ISAKMP_IOS_RESPOND);
    snprintf(text, sizeof text, "%sinterface s0\n crypto map m\n", two);
    make_plan(with(text));
    flow_is("9.9.9.9", "10.0.0.1", ISAKMP_IOS_PROTECT, 10);
    flow_is("9.9.9.9", "10.0.0.2", ISAKMP_IOS_CLEAR, 0);
    assert_int_equal(isakmp_ios_client_address(plan), 0);
    snprintf(text, sizeof text, "%sinterface s0\n crypto map m\n shutdown\n", two);
    make_plan(with(text));
    flow_is("9.9.9.9", "10.0.0.1", ISAKMP_IOS_CLEAR, 0);
}

/* A wildcard with holes decides as it stands, but cannot be negotiated. */
static void holes(void **state)
{
    (void)state;
    make_plan(with("crypto map m 10 ipsec-isakmp\n set peer 1.1.1.1\n set transform-set t\n match "
                   "address 101\n"
                   "access-list 101 deny ip 10.0.0.1 0.0.255.0 any\n"
                   "access-list 101 permit ip 10.0.0.2 0.0.255.0 any\n"
                   "access-list 101 permit ip 10.0.0.0 0.255.255.255 any\n"));
    flow_is("10.0.7.1", "9.9.9.9", ISAKMP_IOS_CLEAR, 0);
    flow_is("10.0.7.2", "9.9.9.9", ISAKMP_IOS_DROP, 10);
    flow_is("10.0.7.3", "9.9.9.9", ISAKMP_IOS_PROTECT, 10);
}

/* The ith guard; "none" if the line is none. */
static void guard_is(size_t i, const char *expected)
{
    isakmp_ios_guard g;
    char text[160] = "none", from[64], to[64];
    assert_int_equal(isakmp_ios_guard_get(plan, i, &g), ISAKMP_OK);
    if (g.local.family) {
        isakmp_selector_text(from, sizeof from, &g.remote);
        isakmp_selector_text(to, sizeof to, &g.local);
        snprintf(text, sizeof text, "%s %s %s", g.drop ? "drop" : "let in", from, to);
    }
    assert_string_equal(text, expected);
}

/* What a kernel is given; of static entries alone. */
static void guards(void **state)
{
    isakmp_ios_guard g;
    (void)state;
    make_plan(with("crypto map m 5 ipsec-isakmp dynamic d discover\n"
                   "crypto dynamic-map d 1\n set transform-set t\n match address 103\n"
                   "crypto map m 10 ipsec-isakmp\n set peer 1.1.1.1\n set transform-set t\n match "
                   "address 101\n"
                   "crypto map m 20 ipsec-isakmp\n set peer 1.1.1.1\n set transform-set t\n match "
                   "address 102\n"
                   "access-list 101 deny tcp any 10.2.0.0 0.0.255.255 eq 80\n"
                   "access-list 101 permit ip 10.1.0.0 0.0.255.255 10.2.0.0 0.0.255.255\n"
                   "access-list 101 permit ip 10.1.0.1 0.0.255.0 10.2.0.0 0.0.255.255\n"
                   "access-list 101 permit ip 10.1.0.0 0.0.255.255 any\n"
                   "access-list 101 deny ip 10.0.0.1 0.0.255.0 any\n"
                   "access-list 101 permit ip any any\n"
                   "access-list 102 permit udp any host 10.4.0.1\n"
                   "access-list 103 permit ip 10.1.0.0 0.0.255.255 any\n"));
    guard_is(0, "let in 10.2.0.0/16 tcp/80 0.0.0.0/0 tcp");
    guard_is(1, "drop 10.2.0.0/16 10.1.0.0/16");
    guard_is(2, "none"); /* holes */
    guard_is(3, "drop 0.0.0.0/0 10.1.0.0/16");
    guard_is(4, "none");
    guard_is(5, "none"); /* it would drop what the line before exempts */
    guard_is(6, "drop 10.4.0.1 udp 0.0.0.0/0 udp");
    guard_is(7, "none"); /* dynamic */
    assert_int_equal(isakmp_ios_guard_get(plan, 8, &g), ISAKMP_NONE);
}

/* ---- Children ------------------------------------------------------------------------------- */

static void child_policies(void **state)
{
    const isakmp_child_policy *k;
    (void)state;
    make_plan("crypto ipsec security-association lifetime kilobytes 9999\n"
              "crypto ipsec transform-set a ah-sha-hmac esp-3des esp-md5-hmac\n"
              "crypto ipsec transform-set b esp-gcm 256\n"
              "crypto ipsec transform-set c esp-des\n"
              "crypto ipsec transform-set d ah-sha512-hmac\n"
              "crypto ipsec transform-set e esp-aes 192 esp-sha384-hmac\n"
              "crypto ipsec transform-set f esp-null esp-sha-hmac\n"
              "crypto map m 10 ipsec-isakmp\n set peer 1.1.1.1\n set transform-set a b c d e f\n "
              "match address 101\n"
              " set pfs group14\n set security-association lifetime seconds 500\n"
              "access-list 101 permit ip 10.1.0.0 0.0.255.255 10.2.0.0 0.0.255.255\n");
    k = flow(1, "10.1.0.1", 0, "10.2.0.1", 0).child;
    assert_non_null(k);
    assert_string_equal(k->name, "m 10");
    assert_int_equal(k->n_protect, 7);
    assert_int_equal(k->protect[0].proto, ISAKMP_PROTO_AH);
    assert_int_equal(k->protect[1].set, k->protect[0].set);
    assert_int_equal(k->protect[1].integ, ISAKMP_INTEG_HMAC_MD5);
    assert_int_equal(k->protect[2].transform, ISAKMP_ESP_AES_GCM_16);
    assert_int_equal(k->protect[2].key_bits, 256);
    assert_int_equal(k->protect[4].integ, ISAKMP_INTEG_HMAC_SHA512);
    assert_int_equal(k->protect[5].key_bits, 192);
    assert_int_equal(k->protect[6].set, 6);
    assert_int_equal(k->mode, ISAKMP_MODE_TUNNEL);
    assert_int_equal(k->pfs_group, 14);
    assert_true(k->flags & ISAKMP_CF_REKEY);
    assert_int_equal(k->life_s, 500);
    assert_int_equal(k->life_kb, 9999);
    assert_int_equal(k->local.lo[1], 1);
    assert_int_equal(k->local.hi[2], 255);
    assert_int_equal(k->remote.lo[1], 2);
}

static uint8_t mode_of(const char *text)
{
    make_plan(text);
    return flow(1, "10.0.0.1", 0, "1.1.1.1", 0).child->mode;
}

/* Transport mode is for the traffic of the two peers themselves. */
static void transport_mode(void **state)
{
    (void)state;
#define ENTRY                                                                                      \
    "crypto map m 10 ipsec-isakmp\n set peer 1.1.1.1\n match address 101\n set transform-set t"
    assert_int_equal(mode_of("crypto ipsec transform-set t esp-des\n mode transport\n" ENTRY "\n"
                             "access-list 101 permit ip host 10.0.0.1 host 1.1.1.1\n"),
                     ISAKMP_MODE_TRANSPORT);
    assert_int_equal(mode_of("crypto ipsec transform-set t esp-des\n mode transport\n" ENTRY "\n"
                             "access-list 101 permit ip 10.0.0.0 0.0.0.255 host 1.1.1.1\n"),
                     ISAKMP_MODE_TUNNEL);
    assert_int_equal(mode_of("crypto ipsec transform-set t esp-des\n" ENTRY "\n"
                             "access-list 101 permit ip host 10.0.0.1 host 1.1.1.1\n"),
                     ISAKMP_MODE_TUNNEL);
    assert_int_equal(mode_of("crypto ipsec transform-set t esp-des\n mode transport\n"
                             "crypto ipsec transform-set u esp-des\n" ENTRY " u\n"
                             "access-list 101 permit ip host 10.0.0.1 host 1.1.1.1\n"),
                     ISAKMP_MODE_TUNNEL);
}

/* ---- Peers ---------------------------------------------------------------------------------- */

static const isakmp_peer_policy *peer_for(const char *from, const char *name, uint8_t exchange)
{
    isakmp_path path;
    isakmp_query q;
    const isakmp_peer_policy *out = NULL;
    memset(&path, 0, sizeof path);
    memset(&q, 0, sizeof q);
    path.remote = ip(from, 500);
    q.path = &path;
    q.exchange = exchange;
    if (name) {
        q.peer_id.type = ISAKMP_ID_FQDN;
        q.peer_id.data = span_of(name);
    }
    return isakmp_ios_find_peer(plan, &q, &out) == ISAKMP_OK ? out : NULL;
}

static const char peers_text[] =
    "ip host paris 2.2.2.2 2.2.2.3\n"
    "crypto isakmp key a hostname paris\ncrypto isakmp key b hostname rome\n"
    "crypto isakmp keepalive 10 4 periodic\n"
    "crypto map m 10 ipsec-isakmp\n set peer 1.1.1.1\n set peer paris\n set peer rome\n"
    " set transform-set t\n match address 101\naccess-list 101 permit ip any any\n";

static void peers(void **state)
{
    isakmp_ios_match m;
    isakmp_ios_peer p;
    (void)state;
    make_plan(with(peers_text));
    m = flow(1, "10.0.0.1", 0, "10.0.0.2", 0);
    assert_int_equal(m.n_peers, 3);
    assert_int_equal(isakmp_ios_peer_get(plan, &m, 0, &p), ISAKMP_OK);
    assert_int_equal(p.addr.ip[0], 1);
    assert_int_equal(p.addr.port, 500);
    assert_null(p.host);
    assert_int_equal(p.exchange, ISAKMP_EXCH_MAIN);
    assert_int_equal(p.policy->n_policies, 1);
    assert_int_equal(p.policy->dpd_s, 10);
    assert_int_equal(p.policy->dpd_retry_s, 4);
    assert_true(p.policy->flags & ISAKMP_PF_DPD_PERIODIC);
    assert_true(p.policy->flags & ISAKMP_PF_DEFAULT_POLICY);
    assert_true(p.policy->flags & ISAKMP_PF_AGGRESSIVE_PSK);
    assert_ptr_equal(peer_for("1.1.1.1", NULL, ISAKMP_EXCH_MAIN), p.policy);
    /* Its address is known: Main Mode. */
    assert_int_equal(isakmp_ios_peer_get(plan, &m, 1, &p), ISAKMP_OK);
    assert_string_equal(p.host, "paris");
    assert_int_equal(p.addr.ip[3], 2);
    assert_int_equal(p.exchange, ISAKMP_EXCH_MAIN);
    assert_ptr_equal(peer_for("2.2.2.3", NULL, ISAKMP_EXCH_MAIN), p.policy);
    assert_ptr_equal(peer_for("9.9.9.9", "PARIS", ISAKMP_EXCH_AGGRESSIVE), p.policy);
    /* There is nothing but a key for its name: Aggressive Mode. */
    assert_int_equal(isakmp_ios_peer_get(plan, &m, 2, &p), ISAKMP_OK);
    assert_string_equal(p.host, "rome");
    assert_int_equal(p.addr.family, 0);
    assert_int_equal(p.exchange, ISAKMP_EXCH_AGGRESSIVE);
    assert_int_equal(p.policy->peer_id.type, ISAKMP_ID_FQDN);
    assert_int_equal(isakmp_ios_peer_get(plan, &m, 3, &p), ISAKMP_NONE);
    assert_ptr_equal(peer_for("9.9.9.9", NULL, ISAKMP_EXCH_MAIN), isakmp_ios_any_peer(plan));
    assert_ptr_equal(peer_for("9.9.9.9", NULL, ISAKMP_EXCH_AGGRESSIVE), isakmp_ios_any_peer(plan));
}

/* Public keys are something to begin with. */
static void no_need_for_aggressive(void **state)
{
    isakmp_ios_match m;
    isakmp_ios_peer p;
    char text[2048];
    (void)state;
    snprintf(text, sizeof text, "%scrypto isakmp policy 20\ncrypto ca trustpoint c\n", peers_text);
    make_plan(with(text));
    m = flow(1, "10.0.0.1", 0, "10.0.0.2", 0);
    assert_int_equal(isakmp_ios_peer_get(plan, &m, 2, &p), ISAKMP_OK);
    assert_int_equal(p.exchange, ISAKMP_EXCH_MAIN);
}

static void aggressive_disabled(void **state)
{
    isakmp_ios_match m;
    isakmp_ios_peer p;
    char text[2048];
    (void)state;
    snprintf(text, sizeof text, "%scrypto isakmp aggressive-mode disable\n", peers_text);
    make_plan(with(text));
    assert_null(peer_for("1.1.1.1", NULL, ISAKMP_EXCH_AGGRESSIVE));
    assert_non_null(peer_for("1.1.1.1", NULL, ISAKMP_EXCH_MAIN));
    assert_false(isakmp_ios_any_peer(plan)->flags & ISAKMP_PF_AGGRESSIVE_PSK);
    m = flow(1, "10.0.0.1", 0, "10.0.0.2", 0);
    assert_int_equal(isakmp_ios_peer_get(plan, &m, 2, &p), ISAKMP_OK);
    assert_int_equal(p.exchange, ISAKMP_EXCH_MAIN);
}

static void disabled(void **state)
{
    isakmp_ios_match m;
    isakmp_ios_peer p;
    char text[2048];
    (void)state;
    snprintf(text, sizeof text, "%sno crypto isakmp enable\n", peers_text);
    make_plan(with(text));
    assert_null(peer_for("1.1.1.1", NULL, ISAKMP_EXCH_MAIN));
    assert_null(isakmp_ios_any_peer(plan));
    m = flow(1, "10.0.0.1", 0, "10.0.0.2",
             0); /* nothing that is to be protected goes in the clear */
    assert_int_equal(m.action, ISAKMP_IOS_PROTECT);
    assert_int_equal(isakmp_ios_peer_get(plan, &m, 0, &p), ISAKMP_NONE);
}

static void identities(void **state)
{
    static const char name[] = {0x30, 0};
    (void)state;
    make_plan("");
    assert_int_equal(isakmp_ios_any_peer(plan)->my_id.type, ISAKMP_ID_NONE);
    assert_int_equal(isakmp_ios_any_peer(plan)->n_policies, 0);
    make_plan("hostname a\nip domain-name b.c\ncrypto isakmp identity hostname\n");
    assert_int_equal(isakmp_ios_any_peer(plan)->my_id.type, ISAKMP_ID_FQDN);
    assert_memory_equal(isakmp_ios_any_peer(plan)->my_id.data.p, "a.b.c", 5);
    options.dn.type = ISAKMP_ID_DER_ASN1_DN;
    options.dn.data = isakmp__span(name, 2);
    options.peer_flags = ISAKMP_PF_CISCO_SKEYID;
    options.fragment_size = 548;
    make_plan("crypto isakmp identity dn\n");
    assert_int_equal(isakmp_ios_any_peer(plan)->my_id.type, ISAKMP_ID_DER_ASN1_DN);
    assert_true(isakmp_ios_any_peer(plan)->my_id.data.p != (const uint8_t *)name);
    assert_true(isakmp_ios_any_peer(plan)->flags & ISAKMP_PF_CISCO_SKEYID);
    assert_int_equal(isakmp_ios_any_peer(plan)->fragment_size, 548);
    memset(&options, 0, sizeof options);
}

/* ---- Keys ----------------------------------------------------------------------------------- */

static void key_for(const char *from, const char *name, const char *expected)
{
    isakmp_path path;
    isakmp_query q;
    uint8_t key[64];
    size_t n = 0;
    int rc;
    memset(&path, 0, sizeof path);
    memset(&q, 0, sizeof q);
    path.remote = ip(from, 500);
    q.path = &path;
    if (name) {
        q.peer_id.type = ISAKMP_ID_FQDN;
        q.peer_id.data = span_of(name);
    }
    rc = isakmp_ios_find_psk(plan, &q, key, sizeof key, &n);
    assert_int_equal(rc, expected ? ISAKMP_OK : ISAKMP_NONE);
    assert_int_equal(n, expected ? strlen(expected) : 0);
    assert_memory_equal(key, expected ? expected : "", n);
    if (expected)
        assert_int_equal(isakmp_ios_find_psk(plan, &q, key, n - 1, &n), ISAKMP_E_SPACE);
}

static void pre_shared_keys(void **state)
{
    (void)state;
    make_plan("crypto isakmp key net address 10.0.0.0 255.0.0.0\n"
              "crypto isakmp key sub address 10.1.0.0 255.255.0.0\n"
              "crypto isakmp key one address 10.1.1.1\n"
              "crypto isakmp key name hostname paris\n"
              "crypto isakmp key here hostname oslo\nip host oslo 10.1.1.2 10.1.1.1\n");
    key_for("10.9.9.9", NULL, "net");
    key_for("10.1.9.9", NULL, "sub");
    key_for("10.1.1.1", NULL, "one");
    key_for("10.1.1.2", NULL, "here"); /* the host is at this address */
    key_for("11.1.1.1", NULL, NULL);
    key_for("11.1.1.1", "Paris", "name");
    key_for("10.9.9.9", "paris", "name");
    key_for("10.1.1.2", "paris", "name");
    key_for("10.1.1.2", "berlin", "sub"); /* it says that it is not that host */
    key_for("11.1.1.1", "berlin", NULL);
    make_plan("crypto isakmp key all address 0.0.0.0\n");
    key_for("11.1.1.1", NULL, "all");
}

static void sizes(void **state)
{
    (void)state;
    make_plan("");
    assert_int_equal(isakmp_ios_plan_make(NULL, plan_memory, 9999, conf, NULL), ISAKMP_E_ARG);
    assert_int_equal(isakmp_ios_plan_make(&plan, NULL, 9999, conf, NULL), ISAKMP_E_ARG);
    scene_clear();
    assert_int_equal(isakmp_ios_plan_make(&plan, plan_memory, sizeof plan_memory, conf, NULL),
                     ISAKMP_OK);
    isakmp_ios_plan_wipe(plan);
    for (size_t i = 0; i < isakmp_ios_plan_size(conf, NULL); i++)
        assert_int_equal(((uint8_t *)plan_memory)[i], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_line_decides),
        cmocka_unit_test(protocols_and_ports),
        cmocka_unit_test(static_before_dynamic),
        cmocka_unit_test(when_not_to_discover),
        cmocka_unit_test(probes),
        cmocka_unit_test(in_use),
        cmocka_unit_test(holes),
        cmocka_unit_test(guards),
        cmocka_unit_test(child_policies),
        cmocka_unit_test(transport_mode),
        cmocka_unit_test(peers),
        cmocka_unit_test(no_need_for_aggressive),
        cmocka_unit_test(aggressive_disabled),
        cmocka_unit_test(disabled),
        cmocka_unit_test(identities),
        cmocka_unit_test(pre_shared_keys),
        cmocka_unit_test(sizes),
    };
    return cmocka_run_group_tests_name("ios_plan", tests, NULL, NULL);
}
