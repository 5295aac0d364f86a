/* flow/flow_basic.c -- the plain ways: each exchange comes to its end and to its beginning again, with
 * all kinds of policies, children and selectors. */
#include "flow/stage.h"

/* ---- Exchanges ------------------------------------------------------------------------------ */

static void establish(uint8_t exchange)
{
    isakmp_sa_id sa;
    come_up(exchange, 1);
    assert_int_equal(sad_count(A), 2);
    assert_int_equal(sa_info(A, first_sa(A)).initiator, 1);
    assert_int_equal(sa_info(B, first_sa(B)).initiator, 0);
    assert_int_equal(sa_info(B, first_sa(B)).exchange, exchange);
    sa = first_sa(A);
    assert_int_equal(isakmp_close(A->x, pr.now, sa), ISAKMP_OK);
    run_for(100);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(heard(&pr.p[i], ISAKMP_EV_SA_DOWN), 1);
        assert_int_equal(heard(&pr.p[i], ISAKMP_EV_CHILD_DOWN), 1);
    }
    assert_int_equal(last_event(A, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_CLOSED);
    assert_int_equal(last_event(B, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_DELETED);
    assert_true(pair_is_empty(&pr));
    finish();
}

static void test_main_mode(void **state)
{
    (void)state;
    pair_init(&pr, 1);
    establish(ISAKMP_EXCH_MAIN);
}

static void test_aggressive_mode(void **state)
{
    (void)state;
    pair_init(&pr, 2);
    establish(ISAKMP_EXCH_AGGRESSIVE);
}

static void with_pfs(uint16_t group)
{
    for (int i = 0; i < 2; i++)
        pr.p[i].child.pfs_group = group;
}

static void test_pfs(void **state)
{
    static const uint8_t exchanges[] = {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_AGGRESSIVE};
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        pair_init(&pr, 3 + i);
        with_pfs(ISAKMP_GROUP_MODP_2048);
        establish(exchanges[i]);
    }
}

/* The keys of a child with perfect forward secrecy depend on a secret of its own: the same two SAs
 * with the same nonces would have other keys without it. */
static void test_pfs_is_in_the_keys(void **state)
{
    isakmp_child_info i;
    (void)state;
    pair_init(&pr, 5);
    with_pfs(ISAKMP_GROUP_MODP_1024);
    come_up(ISAKMP_EXCH_MAIN, 1);
    i = child_info(A, first_child(A));
    assert_int_equal(i.pfs_group, ISAKMP_GROUP_MODP_1024);
    assert_int_equal(A->toy.calls[TOY_DH_NEW], 2);
    assert_int_equal(A->toy.calls[TOY_DH_KEY], 2);
    assert_int_equal(B->toy.calls[TOY_DH_KEY], 2);
    finish();
}

/* Without a group of its own a responder takes part in whatever the initiator wants. */
static void test_pfs_wanted_by_the_initiator_alone(void **state)
{
    (void)state;
    pair_init(&pr, 6);
    A->child.pfs_group = ISAKMP_GROUP_MODP_1536;
    come_up(ISAKMP_EXCH_MAIN, 1);
    assert_int_equal(child_info(B, first_child(B)).pfs_group, ISAKMP_GROUP_MODP_1536);
    finish();
}

/* ... but one that has a group insists on it. */
static void test_pfs_wanted_by_the_responder_alone(void **state)
{
    (void)state;
    pair_init(&pr, 7);
    B->child.pfs_group = ISAKMP_GROUP_MODP_1536;
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
    run_for(100);
    assert_true(both_up(0));
    assert_int_equal(last_event(B, ISAKMP_EV_REFUSED)->detail, ISAKMP_D_NO_PROPOSAL);
    assert_int_equal(last_event(A, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_PEER_REFUSED);
    finish();
}

static void test_everything_answered_later(void **state)
{
    static const uint8_t exchanges[] = {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_AGGRESSIVE};
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        pair_init(&pr, 8 + k);
        with_pfs(ISAKMP_GROUP_MODP_1024);
        for (int i = 0; i < 2; i++) {
            pr.p[i].park = 1;
            pr.p[i].own_spis = 1;
            pr.p[i].toy.pending_dh = 1;
            pr.p[i].reentry = 1;
        }
        establish(exchanges[k]);
    }
}

/* Either side may begin Quick Mode. */
static void test_quick_mode_by_the_responder(void **state)
{
    (void)state;
    pair_init(&pr, 10);
    come_up(ISAKMP_EXCH_MAIN, 0);
    add_child(B, first_sa(B), &B->child);
    run_for(100);
    assert_true(both_up(1));
    assert_int_equal(child_info(B, first_child(B)).initiator, 1);
    assert_int_equal(child_info(A, first_child(A)).initiator, 0);
    finish();
}

/* Both begin at the same moment: two SAs, which is not forbidden. */
static void test_both_begin(void **state)
{
    (void)state;
    pair_init(&pr, 11);
    pair_start(&pr);
    pair_connect_from(&pr, 0, ISAKMP_EXCH_MAIN, 1);
    pair_connect_from(&pr, 1, ISAKMP_EXCH_MAIN, 1);
    run_for(100);
    assert_true(both_agree());
    assert_int_equal(sas_in(A, ISAKMP_SA_UP), 2);
    assert_int_equal(children_in(A, ISAKMP_CHILD_UP), 2);
    finish();
}

/* ---- ISAKMP policies ------------------------------------------------------------------------ */

static isakmp_policy policy(uint16_t priority, uint16_t cipher, uint16_t bits, uint16_t hash,
                            uint16_t group)
{
    isakmp_policy p;
    memset(&p, 0, sizeof p);
    p.priority = priority;
    p.cipher = cipher;
    p.key_bits = bits;
    p.hash = hash;
    p.auth = ISAKMP_AUTH_PSK;
    p.group = group;
    return p;
}

static void test_every_suite(void **state)
{
    static const uint16_t hashes[] = {ISAKMP_HASH_MD5, ISAKMP_HASH_SHA1, ISAKMP_HASH_SHA256,
                                      ISAKMP_HASH_SHA384, ISAKMP_HASH_SHA512};
    static const uint16_t groups[] = {ISAKMP_GROUP_MODP_768, ISAKMP_GROUP_MODP_8192,
                                      ISAKMP_GROUP_ECP_256,  ISAKMP_GROUP_ECP_384,
                                      ISAKMP_GROUP_ECP_521,  ISAKMP_GROUP_CURVE25519};
    static const uint16_t ciphers[][2] = {{ISAKMP_CIPHER_DES, 0},
                                          {ISAKMP_CIPHER_3DES, 0},
                                          {ISAKMP_CIPHER_AES, 128},
                                          {ISAKMP_CIPHER_AES, 192},
                                          {ISAKMP_CIPHER_AES, 256}};
    uint64_t seed = 100;
    (void)state;
    for (unsigned c = 0; c < COUNT(ciphers); c++)
        for (unsigned h = 0; h < COUNT(hashes); h++)
            for (unsigned g = 0; g < COUNT(groups); g++) {
                if (isakmp_hash_size(hashes[h]) == 0 || isakmp_group_size(groups[g]) == 0 ||
                    isakmp_cipher_block(ciphers[c][0]) == 0)
                    continue; /* left out of this build */
                pair_init(&pr, seed++);
                A->policies[0] = B->policies[0] =
                    policy(1, ciphers[c][0], ciphers[c][1], hashes[h], groups[g]);
                come_up(g % 2 ? ISAKMP_EXCH_MAIN : ISAKMP_EXCH_AGGRESSIVE, 1);
                finish();
            }
}

/* The responder's own order wins, whatever the order of the offers. */
static void test_responders_order_wins(void **state)
{
    isakmp_policy aes = policy(1, ISAKMP_CIPHER_AES, 256, ISAKMP_HASH_SHA256, 14);
    isakmp_policy des3 = policy(2, ISAKMP_CIPHER_3DES, 0, ISAKMP_HASH_SHA1, 14);
    isakmp_policy old = policy(3, ISAKMP_CIPHER_3DES, 0, ISAKMP_HASH_SHA384, 14);
    (void)state;
    pair_init(&pr, 12);
    A->policies[0] = aes;
    A->policies[1] = des3;
    A->policies[2] = old;
    A->peer.n_policies = 3;
    B->policies[0] = aes;
    B->policies[0].priority = 500;
    B->policies[1] = old;
    B->policies[1].priority = 20;
    B->policies[2] = policy(1, ISAKMP_CIPHER_AES, 192, ISAKMP_HASH_SHA512, 14);
    B->peer.n_policies = 3;
    come_up(ISAKMP_EXCH_MAIN, 1);
    for (int i = 0; i < 2; i++) {
        isakmp_sa_info info = sa_info(&pr.p[i], first_sa(&pr.p[i]));
        assert_int_equal(info.suite.cipher, ISAKMP_CIPHER_3DES);
        assert_int_equal(info.suite.hash, ISAKMP_HASH_SHA384);
        assert_int_equal(info.suite.priority, i ? 20 : 3);
    }
    finish();
}

/* As many policies as an SA payload holds; the last one is the one that both have. */
static void test_many_policies(void **state)
{
    static isakmp_policy many[50];
    (void)state;
    for (uint8_t exchange = ISAKMP_EXCH_MAIN; exchange <= ISAKMP_EXCH_AGGRESSIVE; exchange += 2) {
        pair_init(&pr, 24);
        for (unsigned i = 0; i < COUNT(many); i++)
            many[i] = policy((uint16_t)(i + 1), ISAKMP_CIPHER_AES, i % 2 ? 192 : 256,
                             i % 3 ? ISAKMP_HASH_SHA256 : ISAKMP_HASH_SHA384, 2);
        many[49].cipher = ISAKMP_CIPHER_3DES;
        many[49].key_bits = 0;
        A->peer.policies = many;
        A->peer.n_policies = COUNT(many);
        B->policies[0] = many[49];
        B->policies[0].priority = 7;
        come_up(exchange, 1);
        assert_int_equal(sa_info(A, first_sa(A)).suite.priority, 50);
        finish();
    }
}

/* Aggressive Mode offers only what its one public value fits. */
static void test_aggressive_mode_offers_one_group(void **state)
{
    (void)state;
    pair_init(&pr, 13);
    A->policies[0] = policy(1, ISAKMP_CIPHER_AES, 128, ISAKMP_HASH_SHA1, 2);
    A->policies[1] = policy(2, ISAKMP_CIPHER_AES, 128, ISAKMP_HASH_SHA1, 14);
    A->policies[2] = policy(3, ISAKMP_CIPHER_3DES, 0, ISAKMP_HASH_SHA1, 2);
    A->peer.n_policies = 3;
    B->policies[0] = policy(7, ISAKMP_CIPHER_AES, 128, ISAKMP_HASH_SHA1, 14);
    B->policies[1] = policy(9, ISAKMP_CIPHER_3DES, 0, ISAKMP_HASH_SHA1, 2);
    B->peer.n_policies = 2;
    come_up(ISAKMP_EXCH_AGGRESSIVE, 1);
    assert_int_equal(sa_info(B, first_sa(B)).suite.priority, 9);
    finish();
}

/* ---- Children ------------------------------------------------------------------------------- */

static isakmp_protect esp(uint8_t set, uint8_t transform, uint16_t bits, uint16_t integ)
{
    isakmp_protect p;
    memset(&p, 0, sizeof p);
    p.set = set;
    p.proto = ISAKMP_PROTO_ESP;
    p.transform = transform;
    p.key_bits = bits;
    p.integ = integ;
    return p;
}

static isakmp_protect ah(uint8_t set, uint8_t transform, uint16_t integ)
{
    isakmp_protect p = esp(set, transform, 0, integ);
    p.proto = ISAKMP_PROTO_AH;
    return p;
}

static void both_protect(unsigned i, isakmp_protect p)
{
    A->protect[i] = B->protect[i] = p;
    A->child.n_protect = B->child.n_protect = i + 1;
}

static void test_every_protection(void **state)
{
    static const struct {
        uint8_t ah, transform;
        uint16_t bits, integ;
        unsigned enc, auth;
    } all[] = {
        {0, ISAKMP_ESP_DES, 0, ISAKMP_INTEG_HMAC_MD5, 8, 16},
        {0, ISAKMP_ESP_3DES, 0, ISAKMP_INTEG_HMAC_SHA1, 24, 20},
        {0, ISAKMP_ESP_CAST, 128, ISAKMP_INTEG_HMAC_SHA1, 16, 20},
        {0, ISAKMP_ESP_BLOWFISH, 0, ISAKMP_INTEG_HMAC_SHA1, 16, 20},
        {0, ISAKMP_ESP_NULL, 0, ISAKMP_INTEG_HMAC_SHA256, 0, 32},
        {0, ISAKMP_ESP_AES_CBC, 256, ISAKMP_INTEG_HMAC_SHA512, 32, 64},
        {0, ISAKMP_ESP_AES_CBC, 192, ISAKMP_INTEG_NONE, 24, 0},
        {0, ISAKMP_ESP_AES_CTR, 128, ISAKMP_INTEG_HMAC_SHA384, 20, 48},
        {0, ISAKMP_ESP_AES_GCM_16, 256, ISAKMP_INTEG_NONE, 36, 0},
        {0, ISAKMP_ESP_CAMELLIA, 256, ISAKMP_INTEG_HMAC_SHA1, 32, 20},
        {0, ISAKMP_ESP_NULL_GMAC, 128, ISAKMP_INTEG_NONE, 20, 0},
        {1, ISAKMP_AH_MD5, 0, ISAKMP_INTEG_HMAC_MD5, 0, 16},
        {1, ISAKMP_AH_SHA1, 0, ISAKMP_INTEG_HMAC_SHA1, 0, 20},
        {1, ISAKMP_AH_SHA256, 0, ISAKMP_INTEG_HMAC_SHA256, 0, 32},
        {1, ISAKMP_AH_SHA512, 0, ISAKMP_INTEG_HMAC_SHA512, 0, 64},
    };
    (void)state;
    for (unsigned i = 0; i < COUNT(all); i++) {
        isakmp_child_policy *c = &A->child;
        pair_init(&pr, 200 + i);
        both_protect(0, all[i].ah ? ah(0, all[i].transform, all[i].integ)
                                  : esp(0, all[i].transform, all[i].bits, all[i].integ));
        A->child.flags = B->child.flags = ISAKMP_CF_NO_INTEG;
        if (isakmp_child_policy_check(c, NULL, NULL, 0) != ISAKMP_OK) {
            assert_false(ISAKMP_WEAK); /* left out of this build */
            continue;
        }
        come_up(ISAKMP_EXCH_MAIN, 1);
        for (int k = 0; k < 2; k++) {
            assert_int_equal(A->sad[k].e.enc_key.n, all[i].enc);
            assert_int_equal(A->sad[k].e.auth_key.n, all[i].auth);
        }
        finish();
    }
}

static unsigned count_proto(const peer *p, uint8_t proto)
{
    unsigned n = 0;
    for (unsigned i = 0; i < PAIR_SAD; i++)
        n += p->sad[i].used && p->sad[i].e.algs.proto == proto;
    return n;
}

static void test_ah_and_esp_together(void **state)
{
    isakmp_child_info i;
    (void)state;
    pair_init(&pr, 14);
    both_protect(0, ah(5, ISAKMP_AH_SHA1, ISAKMP_INTEG_HMAC_SHA1));
    both_protect(1, esp(5, ISAKMP_ESP_AES_CBC, 128, ISAKMP_INTEG_NONE));
    come_up(ISAKMP_EXCH_MAIN, 1);
    assert_int_equal(sad_count(A), 4);
    assert_int_equal(count_proto(A, ISAKMP_PROTO_AH), 2);
    assert_int_equal(count_proto(B, ISAKMP_PROTO_ESP), 2);
    i = child_info(A, first_child(A));
    assert_int_equal(i.n, 2);
    assert_true(i.spi_in[0] != 0 && i.spi_in[1] != 0 && i.spi_out[0] != 0);
    assert_int_equal(isakmp_child_close(A->x, pr.now, first_child(A)), ISAKMP_OK);
    run_for(100);
    assert_int_equal(sad_count(A) + sad_count(B), 0);
    finish();
}

/* Sets are alternatives; the responder's first one that is offered is taken. */
static void test_several_proposals(void **state)
{
    (void)state;
    pair_init(&pr, 15);
    A->protect[0] = esp(1, ISAKMP_ESP_AES_CBC, 256, ISAKMP_INTEG_HMAC_SHA256);
    A->protect[1] = ah(2, ISAKMP_AH_SHA1, ISAKMP_INTEG_HMAC_SHA1);
    A->protect[2] = esp(2, ISAKMP_ESP_3DES, 0, ISAKMP_INTEG_HMAC_SHA384);
    A->protect[3] = esp(3, ISAKMP_ESP_3DES, 0, ISAKMP_INTEG_HMAC_SHA1);
    A->child.n_protect = 4;
    B->protect[0] = esp(9, ISAKMP_ESP_AES_GCM_16, 128, ISAKMP_INTEG_NONE);
    B->protect[1] = esp(4, ISAKMP_ESP_3DES, 0, ISAKMP_INTEG_HMAC_SHA384);
    B->protect[2] = ah(4, ISAKMP_AH_SHA1, ISAKMP_INTEG_HMAC_SHA1);
    B->protect[3] = esp(3, ISAKMP_ESP_AES_CBC, 256, ISAKMP_INTEG_HMAC_SHA256);
    B->child.n_protect = 4;
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
    run_for(100);
    assert_int_equal(heard(A, ISAKMP_EV_CHILD_UP), 1);
    assert_int_equal(sad_count(A), 4);
    assert_int_equal(count_proto(A, ISAKMP_PROTO_AH), 2);
    finish();
}

static void test_transport_mode(void **state)
{
    isakmp_child_info i;
    (void)state;
    pair_init(&pr, 16);
    for (int k = 0; k < 2; k++) {
        pr.p[k].child.mode = ISAKMP_MODE_TRANSPORT;
        memset(&pr.p[k].child.local, 0, sizeof pr.p[k].child.local);
        memset(&pr.p[k].child.remote, 0, sizeof pr.p[k].child.remote);
    }
    A->child.remote.proto = 17;
    A->child.remote.port = 1701;
    A->child.local.proto = 17;
    come_up(ISAKMP_EXCH_MAIN, 1);
    i = child_info(B, first_child(B));
    assert_int_equal(i.mode, ISAKMP_MODE_TRANSPORT);
    assert_int_equal(i.local.port, 1701);
    assert_int_equal(i.local.proto, 17);
    assert_memory_equal(i.local.lo, B->addr.ip, 4);
    assert_memory_equal(i.remote.hi, A->addr.ip, 4);
    finish();
}

static isakmp_selector range(uint8_t family, uint8_t from, uint8_t to, uint8_t proto, uint16_t port)
{
    isakmp_selector s;
    size_t last = family == 4 ? 3 : 15;
    memset(&s, 0, sizeof s);
    s.family = family;
    s.proto = proto;
    s.port = port;
    s.lo[0] = s.hi[0] = family == 4 ? 10 : 0x20;
    s.lo[last] = from;
    s.hi[last] = to;
    return s;
}

static void test_selectors_of_every_form(void **state)
{
    static const struct {
        uint8_t family, from, to, proto;
        uint16_t port;
    } all[] = {{4, 7, 7, 0, 0},   {4, 1, 9, 6, 80},   {4, 0, 255, 0, 0}, {4, 16, 31, 17, 53},
               {6, 7, 7, 0, 0},   {6, 1, 9, 58, 0},   {6, 0, 255, 0, 0}, {6, 64, 127, 6, 443},
               {4, 3, 200, 1, 0}, {6, 255, 255, 0, 0}};
    (void)state;
    for (unsigned i = 0; i < COUNT(all); i++) {
        isakmp_selector s = range(all[i].family, all[i].from, all[i].to, all[i].proto, all[i].port);
        isakmp_child_info info;
        pair_init(&pr, 300 + i);
        A->child.local = B->child.remote = s;
        s.lo[1] = s.hi[1] = 1;
        A->child.remote = B->child.local = s;
        come_up(ISAKMP_EXCH_MAIN, 1);
        info = child_info(B, first_child(B));
        assert_memory_equal(&info.remote, &A->child.local, sizeof info.remote);
        assert_memory_equal(&info.local, &A->child.remote, sizeof info.local);
        finish();
    }
}

/* What the initiator proposes may be less than the responder allows, but not more. */
static void test_selectors_within(void **state)
{
    (void)state;
    pair_init(&pr, 17);
    A->child.local = range(4, 1, 9, 6, 80);
    A->child.local.lo[1] = A->child.local.hi[1] = 1;
    A->child.remote = range(4, 3, 3, 6, 0);
    A->child.remote.lo[1] = A->child.remote.hi[1] = 2;
    come_up(ISAKMP_EXCH_MAIN, 1);
    assert_memory_equal(&B->sad[0].e.remote, &A->child.local, sizeof(isakmp_selector));
    finish();

    pair_init(&pr, 18);
    A->child.local.hi[1] = 9;
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
    run_for(100);
    assert_true(both_up(0));
    assert_int_equal(last_event(B, ISAKMP_EV_REFUSED)->detail, ISAKMP_D_SELECTORS);
    assert_int_equal(last_event(A, ISAKMP_EV_CHILD_DOWN)->notify, ISAKMP_N_INVALID_ID_INFORMATION);
    finish();
}

/* IPv6 addresses of the peers themselves. */
static void test_ipv6_peers(void **state)
{
    (void)state;
    for (uint8_t exchange = ISAKMP_EXCH_MAIN; exchange <= ISAKMP_EXCH_AGGRESSIVE; exchange += 2) {
        pair_init(&pr, 19);
        for (int i = 0; i < 2; i++) {
            pr.p[i].addr.family = 6;
            pr.p[i].addr.ip[0] = 0x20;
            pr.p[i].addr.ip[15] = (uint8_t)(i + 1);
            memset(&pr.p[i].child.local, 0, sizeof pr.p[i].child.local);
            memset(&pr.p[i].child.remote, 0, sizeof pr.p[i].child.remote);
        }
        come_up(exchange, 1);
        assert_int_equal(child_info(B, first_child(B)).remote.family, 6);
        assert_int_equal(sa_info(B, first_sa(B)).peer_id.type, ISAKMP_ID_IPV6_ADDR);
        finish();
    }
}

/* ---- Many ----------------------------------------------------------------------------------- */

static void test_children_wait_for_their_sa(void **state)
{
    isakmp_sa_id sa;
    isakmp_child_id c[3];
    (void)state;
    pair_init(&pr, 20);
    pair_start(&pr);
    sa = pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
    for (unsigned i = 0; i < 3; i++) {
        c[i] = add_child(A, sa, &A->child);
        assert_int_equal(child_info(A, c[i]).state, ISAKMP_CHILD_WAITING);
    }
    assert_int_equal(sa_info(A, sa).n_children, 3);
    run_for(100);
    assert_true(both_up(3));
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(child_info(A, c[i]).state, ISAKMP_CHILD_UP);
    finish();
}

/* The SA never comes up: its children are told to go, each by its own event. */
static void test_children_go_with_an_sa_that_never_came_up(void **state)
{
    (void)state;
    pair_init(&pr, 21);
    B->no_peer = 1;
    pair_start(&pr);
    add_child(A, pair_connect(&pr, ISAKMP_EXCH_MAIN, 1), &A->child);
    run_for(LONG_MS);
    assert_int_equal(heard(A, ISAKMP_EV_CHILD_DOWN), 2);
    assert_int_equal(last_event(A, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_PARENT);
    assert_int_equal(last_event(A, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_TIMEOUT);
    assert_true(last_event(A, ISAKMP_EV_CHILD_DOWN)->step < last_event(A, ISAKMP_EV_SA_DOWN)->step);
    finish();
}

#define MANY 30

static void test_many_children(void **state)
{
    isakmp_sa_id sa;
    (void)state;
    pair_init(&pr, 22);
    for (int i = 0; i < 2; i++)
        pr.p[i].config.limits.children = MANY;
    come_up(ISAKMP_EXCH_MAIN, 0);
    sa = first_sa(A);
    for (unsigned i = 0; i < MANY; i++) {
        add_child(i % 2 ? A : B, i % 2 ? sa : first_sa(B), i % 2 ? &A->child : &B->child);
        run_for(10);
    }
    assert_true(both_up(MANY));
    assert_int_equal(sad_count(A), 2 * MANY);
    for (unsigned i = 0; i < PAIR_SAD; i++)
        for (unsigned k = 0; k < i; k++)
            assert_true(!A->sad[i].used || A->sad[i].e.inbound != A->sad[k].e.inbound ||
                        A->sad[i].e.spi != A->sad[k].e.spi);
    finish();
}

static void test_several_sas(void **state)
{
    (void)state;
    pair_init(&pr, 23);
    pair_start(&pr);
    for (int i = 0; i < 4; i++) {
        pair_connect_from(&pr, i & 1, i & 2 ? ISAKMP_EXCH_AGGRESSIVE : ISAKMP_EXCH_MAIN, 1);
        run_for(100);
    }
    assert_true(both_agree());
    assert_int_equal(sas_in(A, ISAKMP_SA_UP), 4);
    assert_int_equal(sad_count(B), 8);
    assert_int_equal(isakmp_peer_policy_users(A->x, &A->peer), 4);
    assert_int_equal(isakmp_child_policy_users(B->x, &B->child), 4);
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_main_mode),
        cmocka_unit_test(test_aggressive_mode),
        cmocka_unit_test(test_pfs),
        cmocka_unit_test(test_pfs_is_in_the_keys),
        cmocka_unit_test(test_pfs_wanted_by_the_initiator_alone),
        cmocka_unit_test(test_pfs_wanted_by_the_responder_alone),
        cmocka_unit_test(test_everything_answered_later),
        cmocka_unit_test(test_quick_mode_by_the_responder),
        cmocka_unit_test(test_both_begin),
        cmocka_unit_test(test_every_suite),
        cmocka_unit_test(test_responders_order_wins),
        cmocka_unit_test(test_many_policies),
        cmocka_unit_test(test_aggressive_mode_offers_one_group),
        cmocka_unit_test(test_every_protection),
        cmocka_unit_test(test_ah_and_esp_together),
        cmocka_unit_test(test_several_proposals),
        cmocka_unit_test(test_transport_mode),
        cmocka_unit_test(test_selectors_of_every_form),
        cmocka_unit_test(test_selectors_within),
        cmocka_unit_test(test_ipv6_peers),
        cmocka_unit_test(test_children_wait_for_their_sa),
        cmocka_unit_test(test_children_go_with_an_sa_that_never_came_up),
        cmocka_unit_test(test_many_children),
        cmocka_unit_test(test_several_sas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
