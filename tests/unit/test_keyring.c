/* test_keyring.c -- the stock keyring: which of several keys is for a peer. */
#include "unit/bytes.h"
#include "isakmp/keyring.h"

static isakmp_psk psks[4];
static isakmp_keyring ring = {sizeof ring, psks, 4, NULL, NULL, NULL};
static isakmp_path path;
static isakmp_query query;

/* Keys one to four, for any identity and any address; a peer at 10.0.0.50 that has not said who it is. */
static int fresh(void **state)
{
    static const uint8_t ip[16] = {10, 0, 0, 50};
    (void)state;
    memset(psks, 0, sizeof psks);
    memset(&path, 0, sizeof path);
    memset(&query, 0, sizeof query);
    for (size_t i = 0; i < 4; i++)
        psks[i].key = isakmp__span(&"key 1\0key 2\0key 3\0key 4"[6 * i], 5);
    path.remote.family = 4;
    memcpy(path.remote.ip, ip, sizeof ip);
    query.path = &path;
    return 0;
}

/* A key for 10.0.0.lo to 10.0.0.hi. */
static void key_for(size_t i, uint8_t lo, uint8_t hi)
{
    const isakmp_selector s = {4, 0, 0, {10, 0, 0, lo}, {10, 0, 0, hi}};
    psks[i].addr = s;
}

/* The number of the key that is found; 0: none. */
static unsigned found(void)
{
    uint8_t key[16];
    size_t n = 0;
    int rc = isakmp_keyring_psk(&ring, &query, key, sizeof key, &n);
    assert_true(rc == ISAKMP_OK || rc == ISAKMP_NONE);
    if (rc == ISAKMP_NONE)
        return 0;
    assert_int_equal(n, 5);
    return key[4] - '0';
}

static void the_first_of_equals(void **state)
{
    (void)state;
    assert_int_equal(found(), 1);
    for (size_t i = 0; i < 4; i++)
        key_for(i, (uint8_t)(20 + i), (uint8_t)(60 + i));
    assert_int_equal(found(), 1);
}

static void an_address_before_any(void **state)
{
    (void)state;
    key_for(2, 0, 255);
    assert_int_equal(found(), 3);
    key_for(3, 50, 50);
    assert_int_equal(found(), 4);
    key_for(3, 51, 51); /* somebody else */
    assert_int_equal(found(), 3);
    path.remote.family = 6;
    assert_int_equal(found(), 1);
}

/* Whichever stands first, and whether or not one range lies within the other. */
static void the_fewest_addresses(void **state)
{
    (void)state;
    for (unsigned lo = 0; lo <= 50; lo += 10)
        for (unsigned hi = 50; hi <= 100; hi += 10) {
            key_for(0, 20, 80); /* 61 addresses */
            key_for(1, (uint8_t)lo, (uint8_t)hi);
            key_for(2, 0, 255);
            assert_int_equal(found(), hi - lo < 60 ? 2 : 1);
            key_for(1, 20, 80);
            key_for(0, (uint8_t)lo, (uint8_t)hi);
            assert_int_equal(found(), hi - lo <= 60 ? 1 : 2);
        }
}

/* Differences in any octet, with a borrow from the next. */
static void the_fewest_addresses_of_128_bits(void **state)
{
    (void)state;
    path.remote.family = 6;
    for (size_t at = 0; at < 16; at++) {
        memset(path.remote.ip, 0x80, 16);
        for (size_t i = 0; i < 2; i++) {
            memset(&psks[i].addr, 0, sizeof psks[i].addr);
            psks[i].addr.family = 6;
            memset(psks[i].addr.lo, 0x80, 16);
            memset(psks[i].addr.hi, 0x80, 16);
        }
        /* One octet more, and one octet less with all below it free: the second is smaller. */
        psks[0].addr.hi[at] = 0x82;
        psks[1].addr.hi[at] = 0x81;
        memset(psks[1].addr.lo + at + 1, 0x7f, 15 - at);
        memset(psks[1].addr.hi + at + 1, 0xff, 15 - at);
        assert_int_equal(found(), 2);
        /* A first address that is later by more than the last one is. */
        psks[0].addr.lo[at] = 0x7f;
        psks[0].addr.hi[at] = 0x80;
        memset(psks[0].addr.lo + at + 1, 0xff, 15 - at);
        assert_int_equal(found(), 1);
    }
}

static void identities(void **state)
{
    const isakmp_id a = {ISAKMP_ID_FQDN, 0, 0, bytes_text("a.example")};
    const isakmp_id b = {ISAKMP_ID_FQDN, 0, 0, bytes_text("b.example")};
    (void)state;
    psks[1].id = a;
    psks[2].id = b;
    key_for(0, 50, 50);
    assert_int_equal(found(), 1); /* nothing is known yet */
    query.peer_id = a;
    assert_int_equal(found(), 2); /* a name is closer than an address */
    query.peer_id = b;
    assert_int_equal(found(), 3);
    key_for(2, 51, 51); /* its name, but not its address */
    assert_int_equal(found(), 1);
}

/* "a.example" is at 10.0.0.50. */
static int is_host_at(void *user, isakmp_span name, const isakmp_addr *addr)
{
    ++*(int *)user;
    return addr->family == 4 && addr->ip[3] == 50 &&
           isakmp__same_name(name, bytes_text("a.example"));
}

/* In Main Mode a key for a host name is found by the address that the host has. */
static void hosts(void **state)
{
    const isakmp_id a = {ISAKMP_ID_FQDN, 0, 0, bytes_text("A.example.")};
    const isakmp_id b = {ISAKMP_ID_FQDN, 0, 0, bytes_text("b.example")};
    const isakmp_id user = {ISAKMP_ID_USER_FQDN, 0, 0, bytes_text("a.example")};
    int asked = 0;
    (void)state;
    psks[1].id = b;
    psks[2].id = user;
    psks[3].id = a;
    assert_int_equal(found(), 1);
    ring.is_host_at = is_host_at;
    ring.user = &asked;
    assert_int_equal(found(), 4); /* closer than any, and than the address */
    assert_int_equal(asked, 2);   /* about hosts only */
    key_for(0, 50, 50);
    assert_int_equal(found(), 4);
    key_for(3, 51, 51); /* the key is not for there, whatever the name says */
    assert_int_equal(found(), 1);
    key_for(3, 50, 51);
    path.remote.ip[3] = 51;
    key_for(0, 0, 255);
    assert_int_equal(found(), 1);
    path.remote.ip[3] = 50;
    asked = 0;
    query.peer_id = b; /* what it says counts, once it has said it */
    assert_int_equal(found(), 2);
    query.peer_id = user;
    assert_int_equal(found(), 3);
    assert_int_equal(asked, 0);
    query.peer_id.type = ISAKMP_ID_NONE;
    ring.size =
        (uint32_t)offsetof(isakmp_keyring, is_host_at); /* from before there was the question */
    assert_int_equal(found(), 1);
    ring.size = sizeof ring;
    ring.is_host_at = NULL;
}

static void no_key(void **state)
{
    uint8_t key[16];
    size_t n;
    (void)state;
    for (size_t i = 0; i < 4; i++)
        key_for(i, 1, 2);
    assert_int_equal(found(), 0);
    key_for(3, 50, 50);
    assert_int_equal(isakmp_keyring_psk(&ring, &query, key, 4, &n), ISAKMP_E_SPACE);
    psks[3].key.n = 0;
    assert_int_equal(found(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_first_of_equals, fresh),
        cmocka_unit_test_setup(an_address_before_any, fresh),
        cmocka_unit_test_setup(the_fewest_addresses, fresh),
        cmocka_unit_test_setup(the_fewest_addresses_of_128_bits, fresh),
        cmocka_unit_test_setup(identities, fresh),
        cmocka_unit_test_setup(hosts, fresh),
        cmocka_unit_test_setup(no_key, fresh),
    };
    return cmocka_run_group_tests_name("keyring", tests, NULL, NULL);
}
