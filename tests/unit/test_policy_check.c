/* test_policy_check.c -- is a policy valid?  Every rule, with the sentence that says what is wrong. */
#include "unit/offers.h"

static isakmp_policy policies[ISAKMP_MAX_OFFERS + 1];
static isakmp_peer_policy peer;
static isakmp_protect protect[ISAKMP_MAX_OFFERS + 1];
static isakmp_child_policy child;

static int fresh(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(policies); i++)
        policies[i] = plain_policy((uint16_t)(i + 1));
    peer = peer_of(policies, 1);
    for (size_t i = 0; i < COUNT(protect); i++)
        protect[i] = plain_esp((uint8_t)(i + 1));
    child = child_of(protect, 1);
    (void)all_means();
    return 0;
}

static void peer_is(const char *want)
{
    char why[200] = "untouched";
    int rc = isakmp_peer_policy_check(&peer, &provider.table, why, sizeof why);
    assert_string_equal(why, want);
    assert_int_equal(rc, *want ? ISAKMP_E_ARG : ISAKMP_OK);
    assert_int_equal(isakmp_peer_policy_check(&peer, &provider.table, NULL, 0), rc);
    (void)fresh(NULL);
}

static void child_is(const char *want)
{
    char why[200] = "untouched";
    int rc = isakmp_child_policy_check(&child, &provider.table, why, sizeof why);
    assert_string_equal(why, want);
    assert_int_equal(rc, *want ? ISAKMP_E_ARG : ISAKMP_OK);
    assert_int_equal(isakmp_child_policy_check(&child, &provider.table, NULL, 0), rc);
    (void)fresh(NULL);
}

static void test_valid(void **state)
{
    (void)state;
    peer_is("");
    peer.n_policies = ISAKMP_MAX_OFFERS;
    peer_is("");
    peer.n_policies = 0;
    peer.policies = NULL;
    peer.flags = ISAKMP_PF_DEFAULT_POLICY;
    peer_is("");
    policies[0].priority = 10000;
    policies[0].life_s = 60;
    peer_is("");
    child_is("");
    child.n_protect = ISAKMP_MAX_OFFERS;
    child_is("");
    child.life_s = 60;
    child.life_kb = 1;
    child.pfs_group = ISAKMP_GROUP_CURVE25519;
    child.mode = ISAKMP_MODE_TRANSPORT;
    child_is("");
}

static void test_priorities(void **state)
{
    (void)state;
    policies[0].priority = 0;
    peer_is("the priority of an ISAKMP policy must be 1 to 10000, not 0");
    policies[0].priority = 10001;
    peer_is("the priority of an ISAKMP policy must be 1 to 10000, not 10001");
    policies[0].priority = 65535;
    peer_is("the priority of an ISAKMP policy must be 1 to 10000, not 65535");
    peer.n_policies = 3;
    policies[2].priority = 1;
    peer_is("two ISAKMP policies have the priority 1");
}

static void test_algorithms(void **state)
{
    (void)state;
    policies[0].cipher = ISAKMP_CIPHER_BLOWFISH;
    peer_is("policy 1: the encryption must be DES, 3DES or AES");
    policies[0].cipher = 0;
    peer_is("policy 1: the encryption must be DES, 3DES or AES");
    policies[0].key_bits = 0;
    peer_is("policy 1: the key length must be 128, 192 or 256 for AES and 0 for DES and 3DES");
    policies[0].cipher = ISAKMP_CIPHER_3DES;
    peer_is("policy 1: the key length must be 128, 192 or 256 for AES and 0 for DES and 3DES");
    policies[0].hash = ISAKMP_HASH_TIGER;
    peer_is("policy 1: the hash must be MD5, SHA-1, SHA-256, SHA-384 or SHA-512");
    policies[0].group = 3;
    peer_is("policy 1: the group must be 1, 2, 5, 14 to 21 or 31");
    policies[0].auth = 6;
    peer_is("policy 1: the authentication method is not known");
    policies[0].auth = 0;
    peer_is("policy 1: the authentication method is not known");
}

static void test_lifetime(void **state)
{
    (void)state;
    policies[0].life_s = 59;
    peer_is("policy 1: the lifetime must be 60 seconds or more");
    policies[0].life_s = 1;
    peer_is("policy 1: the lifetime must be 60 seconds or more");
    child.life_s = 59;
    child_is("the lifetime must be 60 seconds or more");
}

static void test_fields_for_later_use(void **state)
{
    uint16_t *fields[] = {&policies[0].prf, &policies[0].integ, &policies[0].reserved[0],
                          &policies[0].reserved[1]};
    (void)state;
    for (unsigned i = 0; i < COUNT(fields); i++) {
        *fields[i] = 1;
        peer_is("policy 1: the fields kept for later use must be 0");
    }
}

static void test_provider(void **state)
{
    (void)state;
    provider.deny[ISAKMP_CAN_CIPHER] = 1u << ISAKMP_CIPHER_AES;
    peer_is("policy 1: the crypto provider lacks one of the algorithms");
    provider.deny[ISAKMP_CAN_HASH] = 1u << ISAKMP_HASH_SHA1;
    peer_is("policy 1: the crypto provider lacks one of the algorithms");
    provider.deny[ISAKMP_CAN_GROUP] = 1u << ISAKMP_GROUP_MODP_1024;
    peer_is("policy 1: the crypto provider lacks one of the algorithms");
    provider.deny[ISAKMP_CAN_GROUP] = 1u << ISAKMP_GROUP_MODP_1024;
    assert_int_equal(isakmp_peer_policy_check(&peer, NULL, NULL, 0), ISAKMP_OK);
    child.pfs_group = ISAKMP_GROUP_MODP_1024;
    assert_int_equal(isakmp_child_policy_check(&child, NULL, NULL, 0), ISAKMP_OK);
    child_is("the crypto provider lacks group 2");
}

static void test_peer(void **state)
{
    static uint8_t name[ISAKMP_MAX_ID + 1];
    (void)state;
    memset(name, 'n', sizeof name);
    peer.size--;
    {
        char want[80];
        snprintf(want, sizeof want, "a peer policy must have its size set to %u",
                 (unsigned)sizeof peer);
        peer_is(want);
    }
    peer.n_policies = 0;
    peer_is("a peer policy needs at least 1 ISAKMP policy");
    peer.n_policies = ISAKMP_MAX_OFFERS + 1;
    peer_is("a peer policy can have at most 64 ISAKMP policies");
    peer.ike_major = 1;
    peer_is("");
    peer.ike_major = 2;
    peer_is("IKE version 2 is not served");
    peer.life_mode = ISAKMP_LIFE_EXACT;
    peer_is("");
    peer.life_mode = ISAKMP_LIFE_EXACT + 1;
    peer_is("5 is not a lifetime mode");
    for (unsigned i = 0; i < 2; i++) {
        char wrong[100];
        isakmp_id *id = i ? &peer.peer_id : &peer.my_id;
        snprintf(wrong, sizeof wrong, "%s identity is not well formed, or longer than %u octets",
                 i ? "the peer's" : "our", ISAKMP_MAX_ID);
        id->type = ISAKMP_ID_FQDN;
        id->data = isakmp__span(name, ISAKMP_MAX_ID);
        peer_is("");
        id->type = ISAKMP_ID_FQDN;
        id->data = isakmp__span(name, ISAKMP_MAX_ID + 1);
        peer_is(wrong);
        id->type = ISAKMP_ID_FQDN;
        peer_is(wrong);
        id->type = ISAKMP_ID_IPV4_ADDR;
        id->data = isakmp__span(name, 5);
        peer_is(wrong);
        id->type = 99;
        id->data = isakmp__span(name, 5);
        peer_is(wrong);
    }
}

/* The second policy is looked at like the first, and named. */
static void test_the_second_policy(void **state)
{
    (void)state;
    peer.n_policies = 2;
    policies[1].priority = 20;
    policies[1].hash = 77;
    peer_is("policy 20: the hash must be MD5, SHA-1, SHA-256, SHA-384 or SHA-512");
}

static void test_protections(void **state)
{
    static const char together[] =
        "protection 1: these algorithms and this key length do not go together, or protect nothing";
    (void)state;
    protect[0].proto = ISAKMP_PROTO_IPCOMP;
    child_is("protection 1: the protocol must be ESP or AH");
    protect[0].proto = 0;
    child_is("protection 1: the protocol must be ESP or AH");
    protect[0].key_bits = 0;
    child_is(together);
    protect[0].transform = 200;
    child_is(together);
    protect[0].integ = ISAKMP_INTEG_KPDK;
    child_is(together);
    protect[0] = protect_of(1, ISAKMP_PROTO_ESP, ISAKMP_ESP_NULL, 0, ISAKMP_INTEG_NONE);
    child_is(together);
    protect[0] = plain_ah(1);
    protect[0].integ = ISAKMP_INTEG_HMAC_SHA256;
    child_is(together);
    protect[0].esn = 1;
    child_is("protection 1: extended sequence numbers are not served");
    child.n_protect = 2;
    protect[1].key_bits = 129;
    child_is("protection 2: these algorithms and this key length do not go together, or protect "
             "nothing");
}

static void test_sets(void **state)
{
    (void)state;
    child.n_protect = 2;
    protect[0] = plain_ah(4);
    protect[1] = plain_esp(4);
    child_is("");
    child.n_protect = 2;
    protect[1].set = protect[0].set = 4;
    child_is("the protections of set 4 must be of different protocols");
    child.n_protect = 3;
    protect[0] = plain_ah(4);
    protect[1] = plain_esp(5);
    protect[2] = plain_esp(4);
    child_is("the protections of set 4 do not stand together");
    child.n_protect = 3;
    protect[0] = plain_ah(4);
    protect[1] = plain_esp(4);
    protect[2] = plain_ah(4);
    child_is("the protections of set 4 must be of different protocols");
}

static void test_child(void **state)
{
    char want[80];
    (void)state;
    child.size++;
    snprintf(want, sizeof want, "a child policy must have its size set to %u",
             (unsigned)sizeof child);
    child_is(want);
    child.n_protect = 0;
    child_is("a child policy needs 1 to 64 protections");
    child.n_protect = ISAKMP_MAX_OFFERS + 1;
    child_is("a child policy needs 1 to 64 protections");
    child.mode = 0;
    child_is("0 is not a mode: tunnel is 1, transport is 2");
    child.mode = 3;
    child_is("3 is not a mode: tunnel is 1, transport is 2");
    child.life_mode = 5;
    child_is("5 is not a lifetime mode");
    child.pfs_group = 3;
    child_is("the group of perfect forward secrecy must be 0, 1, 2, 5, 14 to 21 or 31, not 3");
    child.pfs_group = 65535;
    child_is("the group of perfect forward secrecy must be 0, 1, 2, 5, 14 to 21 or 31, not 65535");
}

static void test_selectors(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        isakmp_selector *s = i ? &child.remote : &child.local;
        const char *wrong[] = {"the family of the local selector must be 0, 4 or 6, not 5",
                               "the family of the remote selector must be 0, 4 or 6, not 5",
                               "the last address of the local selector is below its first one",
                               "the last address of the remote selector is below its first one",
                               "the last address of the local selector is below its first one",
                               "the last address of the remote selector is below its first one"};
        s->family = 5;
        child_is(wrong[i]);
        s->family = 4;
        s->lo[3] = 2;
        s->hi[3] = 1;
        child_is(wrong[2 + i]);
        s->family = 4;
        s->lo[4] = 1; /* behind the address */
        child_is("");
        s->family = 6;
        s->lo[15] = 1;
        child_is(wrong[4 + i]);
        s->family = 6;
        s->hi[15] = 1;
        child_is("");
        s->lo[0] = 9; /* of no family: not looked at */
        child_is("");
    }
}

/* The sentence is cut where the buffer ends, and ends with a zero. */
static void test_short_buffers(void **state)
{
    (void)state;
    policies[0].life_s = 1;
    for (size_t cap = 1; cap < 60; cap++) {
        char why[60];
        memset(why, '#', sizeof why);
        assert_int_equal(isakmp_peer_policy_check(&peer, NULL, why, cap), ISAKMP_E_ARG);
        assert_true(strlen(why) < cap);
        assert_memory_equal(why, "policy 1: the lifetime must be 60 seconds or more", strlen(why));
        if (cap < sizeof why)
            assert_int_equal(why[cap], '#');
    }
}

/* A forgotten authentication algorithm is told from one that is not wanted. */
static void test_encryption_alone_must_be_meant(void **state)
{
    char why[200];
    (void)state;
    protect[0] = protect_of(1, ISAKMP_PROTO_ESP, ISAKMP_ESP_AES_CBC, 128, ISAKMP_INTEG_NONE);
    child.n_protect = 1;
    assert_int_equal(isakmp_child_policy_check(&child, NULL, why, sizeof why), ISAKMP_E_ARG);
    assert_non_null(strstr(why, "protection 1: there is no authentication algorithm"));
    child.flags = ISAKMP_CF_NO_INTEG;
    assert_int_equal(isakmp_child_policy_check(&child, NULL, NULL, 0), ISAKMP_OK);
    child.flags = 0;
    protect[0].transform = ISAKMP_ESP_AES_GCM_16;
    assert_int_equal(isakmp_child_policy_check(&child, NULL, NULL, 0), ISAKMP_OK);
    protect[0].transform = ISAKMP_ESP_AES_CBC;
    protect[1] = protect_of(1, ISAKMP_PROTO_AH, ISAKMP_AH_SHA1, 0, ISAKMP_INTEG_HMAC_SHA1);
    child.n_protect = 2;
    assert_int_equal(isakmp_child_policy_check(&child, NULL, NULL, 0), ISAKMP_OK);
}

static void test_lists_that_are_not_there(void **state)
{
    char why[200];
    (void)state;
    assert_int_equal(isakmp_peer_policy_check(NULL, NULL, why, sizeof why), ISAKMP_E_ARG);
    assert_int_equal(isakmp_child_policy_check(NULL, NULL, why, sizeof why), ISAKMP_E_ARG);
    peer.policies = NULL;
    assert_int_equal(isakmp_peer_policy_check(&peer, NULL, why, sizeof why), ISAKMP_E_ARG);
    child.protect = NULL;
    assert_int_equal(isakmp_child_policy_check(&child, NULL, why, sizeof why), ISAKMP_E_ARG);
}

static void test_fragment_size(void **state)
{
    (void)state;
    peer.fragment_size = 1;
    peer_is("the fragment size must be 0, or 256 octets or more, not 1");
    peer.fragment_size = 255;
    peer_is("the fragment size must be 0, or 256 octets or more, not 255");
    peer.fragment_size = 256;
    peer.flags = ISAKMP_PF_FRAGMENT;
    peer_is("");
    peer.fragment_size = UINT16_MAX;
    peer_is("");
}

static void test_dead_peer_detection(void **state)
{
    static const char needs[] = "dead peer detection needs dpd_s to be 1 second or more";
    (void)state;
    peer.dpd_s = 1;
    peer_is("");
    peer.dpd_s = peer.dpd_retry_s = UINT16_MAX;
    peer.dpd_tries = 100;
    peer.flags |= ISAKMP_PF_DPD_PERIODIC;
    peer_is("");
    peer.dpd_s = 1;
    peer.dpd_tries = 101;
    peer_is("dpd_tries must be 100 or less");
    peer.dpd_retry_s = 1;
    peer_is(needs);
    peer.dpd_tries = 1;
    peer_is(needs);
    peer.flags |= ISAKMP_PF_DPD_PERIODIC;
    peer_is(needs);
}

static void test_forced_encapsulation(void **state)
{
    (void)state;
    peer.flags |= ISAKMP_PF_FORCE_ENCAP;
    peer_is("");
    peer.flags |= ISAKMP_PF_FORCE_ENCAP | ISAKMP_PF_NO_NATT;
    peer_is("UDP encapsulation cannot be forced without NAT traversal");
}

/* Every flag that there is, each alone, and none besides. */
static void test_every_flag(void **state)
{
    const uint32_t peers = 0x7ffu | ISAKMP_PF_RECOVER | ISAKMP_PF_COMMIT | ISAKMP_PF_SET_COMMIT |
                           ISAKMP_PF_SHA256_96 | ISAKMP_PF_SHORT_LIFE | ISAKMP_PF_DIGEST_INFO |
                           0x71f00000u;
    const uint32_t children = ISAKMP_CF_NO_INTEG | ISAKMP_CF_REKEY | ISAKMP_CF_REKEY_USED |
                              ISAKMP_CF_NO_REPLAY | ISAKMP_CF_TED;
    (void)state;
    peer.dpd_s = 10;
    child.local.family = child.remote.family = 4; /* which discovery needs */
    for (unsigned bit = 0; bit < 32; bit++) {
        uint32_t flag = UINT32_C(1) << bit;
        peer.flags = ISAKMP_PF_DEFAULT_POLICY | flag;
        assert_int_equal(isakmp_peer_policy_check(&peer, NULL, NULL, 0),
                         peers & flag ? ISAKMP_OK : ISAKMP_E_ARG);
        child.flags = flag == ISAKMP_CF_REKEY_USED ? flag | ISAKMP_CF_REKEY : flag;
        assert_int_equal(isakmp_child_policy_check(&child, NULL, NULL, 0),
                         children & flag ? ISAKMP_OK : ISAKMP_E_ARG);
    }
}

static void test_replay_window(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 5000; n++) {
        child.flags = 0;
        child.replay_window = (uint16_t)n;
        assert_int_equal(isakmp_child_policy_check(&child, NULL, NULL, 0),
                         n == 0 || (n >= 32 && n <= 4096) ? ISAKMP_OK : ISAKMP_E_ARG);
        child.flags = ISAKMP_CF_NO_REPLAY;
        assert_int_equal(isakmp_child_policy_check(&child, NULL, NULL, 0),
                         n == 0 ? ISAKMP_OK : ISAKMP_E_ARG);
    }
}

static void test_mode_config(void **state)
{
    static const char both[] = "nobody is gateway and client of one peer in Mode Config";
    static const char list[] = "config_wants must have 64 attributes at most, and not be NULL";
    static const uint16_t wants[65];
    static const uint32_t gateway[] = {ISAKMP_PF_CONFIG_PUSH, ISAKMP_PF_CONFIG_ANSWER},
                          client[] = {ISAKMP_PF_CONFIG_PULL, ISAKMP_PF_CONFIG_ACCEPT};
    uint32_t flags = peer.flags;
    (void)state;
    peer.flags = flags | gateway[0] | gateway[1] | ISAKMP_PF_CONFIG_AGAIN;
    peer_is("");
    peer.flags = flags | client[0] | client[1] | ISAKMP_PF_CONFIG_AGAIN;
    peer_is("");
    for (unsigned i = 0; i < 4; i++) {
        peer.flags = flags | gateway[i / 2] | client[i % 2];
        peer_is(both);
        peer.flags = flags;
    }
    peer.n_config_wants = 1;
    peer_is(list);
    peer.config_wants = wants;
    peer.n_config_wants = 65;
    peer_is(list);
    peer.config_wants = wants;
    peer.n_config_wants = 64;
    peer_is("");
}

/* Discovery finds peers for addresses, in tunnel mode, and nothing is left open. */
static void test_discovery(void **state)
{
    static const char *const selectors =
        "endpoint discovery needs 2 selectors of addresses, without protocol or port";
    (void)state;
    for (unsigned i = 0; i < 9; i++) {
        child.flags = ISAKMP_CF_TED;
        child.local.family = child.remote.family = 4;
        child.local.hi[0] = child.remote.hi[0] = 255;
        switch (i) {
        case 1:
            child.local.family = 0;
            break;
        case 2:
            child.remote.family = 0;
            break;
        case 3:
            child.local.proto = 6;
            break;
        case 4:
            child.remote.proto = 6;
            break;
        case 5:
            child.local.port = 80;
            break;
        case 6:
            child.remote.port = 80;
            break;
        case 7:
            child.mode = ISAKMP_MODE_TRANSPORT;
            memset(child.local.hi, 0, 4);
            memset(child.remote.hi, 0, 4);
            break;
        case 8:
            child.flags |= ISAKMP_CF_NO_INTEG;
            break;
        }
        child_is(i == 7             ? "endpoint discovery is for tunnel mode (1) only"
                 : i >= 1 && i <= 6 ? selectors
                                    : "");
    }
}

static void test_xauth(void **state)
{
    (void)state;
    peer.flags = ISAKMP_PF_XAUTH_ASK | ISAKMP_PF_XAUTH_AGAIN;
    peer_is("");
    peer.flags = ISAKMP_PF_XAUTH_ANSWER;
    peer_is("");
    peer.flags = ISAKMP_PF_XAUTH_ANSWER | ISAKMP_PF_XAUTH_ASK;
    peer_is("a peer is a client of XAUTH or its gateway, not both");
    peer.flags = 0;
    peer.user_s = 5;
    peer_is("");
    peer.user_s = 3600;
    peer_is("");
    peer.user_s = 4;
    peer_is("user_s must be 0, or 5 to 3600 seconds, not 4");
    peer.user_s = 3601;
    peer_is("user_s must be 0, or 5 to 3600 seconds, not 3601");
}

static void test_flags_and_families(void **state)
{
    char why[200];
    (void)state;
    peer.flags = 0x80000000u;
    assert_int_equal(isakmp_peer_policy_check(&peer, NULL, why, sizeof why), ISAKMP_E_ARG);
    child.flags = 0x8000;
    assert_int_equal(isakmp_child_policy_check(&child, NULL, why, sizeof why), ISAKMP_E_ARG);
    peer.flags = ISAKMP_PF_DEFAULT_POLICY | ISAKMP_PF_REKEY | ISAKMP_PF_RESTART;
    assert_int_equal(isakmp_peer_policy_check(&peer, NULL, why, sizeof why), ISAKMP_OK);
    child.flags = ISAKMP_CF_REKEY | ISAKMP_CF_REKEY_USED;
    assert_int_equal(isakmp_child_policy_check(&child, NULL, why, sizeof why), ISAKMP_OK);
    child.flags = ISAKMP_CF_REKEY_USED;
    assert_int_equal(isakmp_child_policy_check(&child, NULL, why, sizeof why), ISAKMP_E_ARG);
    assert_non_null(strstr(why, "ISAKMP_CF_REKEY"));
    child.flags = 0;
    memset(&child.local, 0, sizeof child.local);
    memset(&child.remote, 0, sizeof child.remote);
    child.local.family = 4;
    child.remote.family = 6;
    assert_int_equal(isakmp_child_policy_check(&child, NULL, why, sizeof why), ISAKMP_E_ARG);
    assert_non_null(strstr(why, "of one family"));
    child.remote.family = 4;
    assert_int_equal(isakmp_child_policy_check(&child, NULL, why, sizeof why), ISAKMP_OK);
    child.mode = ISAKMP_MODE_TRANSPORT;
    assert_int_equal(isakmp_child_policy_check(&child, NULL, why, sizeof why), ISAKMP_OK);
    child.remote.hi[3] = 1;
    assert_int_equal(isakmp_child_policy_check(&child, NULL, why, sizeof why), ISAKMP_E_ARG);
    assert_non_null(strstr(why, "in transport mode"));
}

/* T-26: all encryptions, authentications and key lengths there could be: a policy is valid exactly if
 * its keys have sizes, and these are never zero together nor larger than a key can be. */
static void test_T26_all_protections(void **state)
{
    unsigned valid = 0;
    (void)state;
    child.flags = ISAKMP_CF_NO_INTEG;
    for (unsigned proto = 0; proto < 6; proto++)
        for (unsigned transform = 0; transform < 256; transform++)
            for (uint16_t integ = 0; integ < 16; integ++)
                for (uint32_t bits = 0; bits < 520; bits += bits < 2 ? 1 : bits < 8 ? 6 : 8) {
                    isakmp__key_sizes n;
                    int rc;
                    protect[0] =
                        protect_of(1, (uint8_t)proto, (uint8_t)transform, (uint16_t)bits, integ);
                    rc = isakmp__protect_keys(&n, (uint8_t)proto, (uint8_t)transform,
                                              (uint16_t)bits, integ);
                    assert_int_equal(isakmp_child_policy_check(&child, NULL, NULL, 0),
                                     rc == ISAKMP_OK ? ISAKMP_OK : ISAKMP_E_ARG);
                    if (rc != ISAKMP_OK)
                        continue;
                    valid++;
                    assert_true(n.enc + n.auth > 0);
                    assert_true(n.enc <= ISAKMP_MAX_KEY + 4 && n.auth <= ISAKMP_MAX_HASH);
                    assert_true(proto == ISAKMP_PROTO_ESP || n.enc == 0);
                }
    assert_true(valid > 80 && valid < 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_valid, fresh),
        cmocka_unit_test_setup(test_priorities, fresh),
        cmocka_unit_test_setup(test_algorithms, fresh),
        cmocka_unit_test_setup(test_lifetime, fresh),
        cmocka_unit_test_setup(test_fields_for_later_use, fresh),
        cmocka_unit_test_setup(test_provider, fresh),
        cmocka_unit_test_setup(test_peer, fresh),
        cmocka_unit_test_setup(test_the_second_policy, fresh),
        cmocka_unit_test_setup(test_protections, fresh),
        cmocka_unit_test_setup(test_sets, fresh),
        cmocka_unit_test_setup(test_child, fresh),
        cmocka_unit_test_setup(test_selectors, fresh),
        cmocka_unit_test_setup(test_short_buffers, fresh),
        cmocka_unit_test_setup(test_encryption_alone_must_be_meant, fresh),
        cmocka_unit_test_setup(test_lists_that_are_not_there, fresh),
        cmocka_unit_test_setup(test_fragment_size, fresh),
        cmocka_unit_test_setup(test_dead_peer_detection, fresh),
        cmocka_unit_test_setup(test_forced_encapsulation, fresh),
        cmocka_unit_test_setup(test_mode_config, fresh),
        cmocka_unit_test_setup(test_discovery, fresh),
        cmocka_unit_test_setup(test_xauth, fresh),
        cmocka_unit_test_setup(test_flags_and_families, fresh),
        cmocka_unit_test_setup(test_every_flag, fresh),
        cmocka_unit_test_setup(test_replay_window, fresh),
        cmocka_unit_test_setup(test_T26_all_protections, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
