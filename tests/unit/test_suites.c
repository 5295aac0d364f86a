/* test_suites.c -- the sizes of all algorithms, and which of them may be used: unknown numbers,
 * protections without protection, providers that lack something. */
#include "unit/stock.h"
#include "crypto/suites.h"

typedef struct expected {
    uint16_t id;
    size_t a, b;
} expected;

/* Does a query answer as the table says for every number that 16 bits can hold? */
static void check_all(const expected *table, size_t n, size_t (*a)(uint16_t), size_t (*b)(uint16_t))
{
    for (uint32_t id = 0; id <= 0xffff; id++) {
        expected e = {0, 0, 0};
        for (size_t i = 0; i < n; i++)
            if (table[i].id == id)
                e = table[i];
        assert_int_equal(a((uint16_t)id), e.a);
        if (b)
            assert_int_equal(b((uint16_t)id), e.b);
    }
}

static void test_T05_groups(void **state)
{
    static const expected table[] = {
#if ISAKMP_WEAK
        {1, 96, 96},
#endif
        {2, 128, 128},
        {5, 192, 192},
        {14, 256, 256},
        {15, 384, 384},
        {16, 512, 512},
        {17, 768, 768},
        {18, 1024, 1024},
        {19, 64, 32},
        {20, 96, 48},
        {21, 132, 66},
        {31, 32, 32},
    };
    (void)state;
    check_all(table, COUNT(table), isakmp_group_size, isakmp_group_secret_size);
}

static void test_T05_hashes(void **state)
{
    static const expected table[] = {
#if ISAKMP_WEAK
        {1, 16, 0},
#endif
        {2, 20, 0},
        {4, 32, 0},
        {5, 48, 0},
        {6, 64, 0},
    };
    (void)state;
    check_all(table, COUNT(table), isakmp_hash_size, NULL);
}

static void test_T05_ciphers(void **state)
{
    static const expected table[] = {
#if ISAKMP_WEAK
        {1, 8, 8},
#endif
        {5, 8, 24},
        {7, 16, 0},
    };
    (void)state;
    check_all(table, COUNT(table), isakmp_cipher_block, NULL);
    for (uint32_t id = 0; id < 300; id++)
        for (uint32_t bits = 0; bits <= 0xffff; bits += bits < 600 ? 1 : 97) {
            size_t want = 0;
            for (size_t i = 0; i < COUNT(table); i++)
                if (table[i].id == id && table[i].b)
                    want = bits ? 0 : table[i].b;
                else if (table[i].id == id && (bits == 128 || bits == 192 || bits == 256))
                    want = bits / 8;
            assert_int_equal(isakmp_cipher_key((uint16_t)id, (uint16_t)bits), want);
        }
}

static void the_weak_ones(void **state)
{
    (void)state;
    for (uint16_t id = 0; id < 300; id++) {
        assert_int_equal(isakmp_is_weak(ISAKMP_CAN_CIPHER, id), id == ISAKMP_CIPHER_DES);
        assert_int_equal(isakmp_is_weak(ISAKMP_CAN_HASH, id), id == ISAKMP_HASH_MD5);
        assert_int_equal(isakmp_is_weak(ISAKMP_CAN_GROUP, id),
                         id == ISAKMP_GROUP_MODP_768 || id == ISAKMP_GROUP_MODP_1024);
        assert_int_equal(isakmp_is_weak(0, id), 0);
        assert_int_equal(isakmp_is_weak(4, id), 0);
    }
}

/* ---- Protections --------------------------------------------------------------------------- */

typedef struct protection {
    uint8_t proto, transform;
    uint16_t bits, integ;
    int enc, auth; /* enc -1: must be refused */
} protection;

static void keys_of_protections(void **state)
{
    static const protection table[] = {
        {ISAKMP_PROTO_ESP, ISAKMP_ESP_3DES, 0, ISAKMP_INTEG_HMAC_SHA1, 24, 20},
        {ISAKMP_PROTO_ESP, ISAKMP_ESP_3DES, 192, ISAKMP_INTEG_HMAC_SHA1, -1, 0},
        {ISAKMP_PROTO_ESP, ISAKMP_ESP_AES_CBC, 128, ISAKMP_INTEG_HMAC_SHA256, 16, 32},
        {ISAKMP_PROTO_ESP, ISAKMP_ESP_AES_CBC, 192, ISAKMP_INTEG_HMAC_SHA384, 24, 48},
        {ISAKMP_PROTO_ESP, ISAKMP_ESP_AES_CBC, 256, ISAKMP_INTEG_HMAC_SHA512, 32, 64},
        {ISAKMP_PROTO_ESP, ISAKMP_ESP_AES_CBC, 0, ISAKMP_INTEG_HMAC_SHA1, -1, 0},
        {ISAKMP_PROTO_ESP, ISAKMP_ESP_AES_CBC, 129, ISAKMP_INTEG_HMAC_SHA1, -1, 0},
        {ISAKMP_PROTO_ESP, ISAKMP_ESP_AES_CTR, 256, ISAKMP_INTEG_HMAC_SHA1, 36, 20},
        {ISAKMP_PROTO_ESP, ISAKMP_ESP_AES_CTR, 128, ISAKMP_INTEG_NONE, -1, 0},
        {ISAKMP_PROTO_ESP, ISAKMP_ESP_AES_CTR, 256, ISAKMP_INTEG_NONE, -1, 0},
        {ISAKMP_PROTO_ESP, ISAKMP_ESP_AES_GCM_16, 128, ISAKMP_INTEG_NONE, 20, 0},
        {ISAKMP_PROTO_ESP, ISAKMP_ESP_AES_GCM_16, 256, ISAKMP_INTEG_HMAC_SHA1, -1, 0},
        {ISAKMP_PROTO_ESP, ISAKMP_ESP_NULL_GMAC, 256, ISAKMP_INTEG_NONE, 36, 0},
        {ISAKMP_PROTO_ESP, ISAKMP_ESP_NULL, 0, ISAKMP_INTEG_HMAC_SHA1, 0, 20},
        {ISAKMP_PROTO_ESP, ISAKMP_ESP_NULL, 0, ISAKMP_INTEG_NONE, -1, 0},
        {ISAKMP_PROTO_ESP, ISAKMP_ESP_NULL, 128, ISAKMP_INTEG_HMAC_SHA1, -1, 0},
        {ISAKMP_PROTO_ESP, ISAKMP_ESP_CAST, 0, ISAKMP_INTEG_HMAC_SHA1, 16, 20},
        {ISAKMP_PROTO_ESP, ISAKMP_ESP_BLOWFISH, 0, ISAKMP_INTEG_HMAC_SHA1, 16, 20},
        {ISAKMP_PROTO_ESP, ISAKMP_ESP_AES_CBC, 128, ISAKMP_INTEG_NONE, 16, 0},
        {ISAKMP_PROTO_ESP, ISAKMP_ESP_AES_CBC, 128, ISAKMP_INTEG_KPDK, -1, 0},
        {ISAKMP_PROTO_AH, ISAKMP_AH_SHA1, 0, ISAKMP_INTEG_HMAC_SHA1, 0, 20},
        {ISAKMP_PROTO_AH, ISAKMP_AH_SHA512, 0, ISAKMP_INTEG_HMAC_SHA512, 0, 64},
        {ISAKMP_PROTO_AH, ISAKMP_AH_SHA1, 0, ISAKMP_INTEG_HMAC_SHA256, -1, 0},
        {ISAKMP_PROTO_AH, ISAKMP_AH_SHA1, 0, ISAKMP_INTEG_NONE, -1, 0},
        {ISAKMP_PROTO_AH, ISAKMP_AH_SHA1, 128, ISAKMP_INTEG_HMAC_SHA1, -1, 0},
        {ISAKMP_PROTO_ISAKMP, ISAKMP_KEY_IKE, 0, ISAKMP_INTEG_HMAC_SHA1, -1, 0},
        {ISAKMP_PROTO_IPCOMP, 2, 0, ISAKMP_INTEG_HMAC_SHA1, -1, 0},
    };
    isakmp__key_sizes k;
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        const protection *p = &table[i];
        int rc = isakmp__protect_keys(&k, p->proto, p->transform, p->bits, p->integ);
        assert_int_equal(rc, p->enc < 0 ? ISAKMP_E_ARG : ISAKMP_OK);
        if (rc == ISAKMP_OK) {
            assert_int_equal(k.enc, p->enc);
            assert_int_equal(k.auth, p->auth);
        }
    }
}

/* CVE-2024-3652: some combinations would have no key at all. */
static void test_T26_no_protection_without_keys(void **state)
{
    isakmp__key_sizes k;
    unsigned usable = 0;
    (void)state;
    for (unsigned proto = 0; proto < 6; proto++)
        for (unsigned transform = 0; transform < 256; transform++)
            for (uint16_t bits = 0; bits <= 320; bits = (uint16_t)(bits + 32))
                for (uint16_t integ = 0; integ < 20; integ++)
                    if (isakmp__protect_keys(&k, (uint8_t)proto, (uint8_t)transform, bits, integ) ==
                        ISAKMP_OK) {
                        usable++;
                        assert_true(k.enc + k.auth > 0);
                        assert_true(k.enc <= 36 && k.auth <= 64);
                    }
    assert_true(usable > 90);
}

/* ---- Providers that lack something (CVE-2018-10811) ---------------------------------------- */

static int able(const isakmp_crypto *c)
{
    return isakmp__suite_able(c, ISAKMP_CIPHER_AES, 256, ISAKMP_HASH_SHA384, ISAKMP_GROUP_ECP_521,
                              ISAKMP_MAX_DH_PUBLIC);
}

static void test_T85_what_the_provider_lacks(void **state)
{
    static toy t;
    (void)state;
    toy_init(&t, 85);
    assert_int_equal(able(&t.table), 1);
    t.deny[ISAKMP_CAN_CIPHER] = 1u << ISAKMP_CIPHER_AES;
    assert_int_equal(able(&t.table), 0);
    t.deny[ISAKMP_CAN_CIPHER] = 0;
    t.deny[ISAKMP_CAN_HASH] = 1u << ISAKMP_HASH_SHA384;
    assert_int_equal(able(&t.table), 0);
    t.deny[ISAKMP_CAN_HASH] = 0;
    t.deny[ISAKMP_CAN_GROUP] = 1u << ISAKMP_GROUP_ECP_521;
    assert_int_equal(able(&t.table), 0);
    assert_int_equal(isakmp__group_able(&t.table, ISAKMP_GROUP_ECP_521, 1024), 0);
    t.deny[ISAKMP_CAN_GROUP] = ~t.deny[ISAKMP_CAN_GROUP]; /* everything else */
    assert_int_equal(able(&t.table), 1);
}

static int answer; /* what can() says to everything */

static int can_answer(void *self, uint8_t kind, uint16_t id, uint16_t bits)
{
    (void)self, (void)kind, (void)id, (void)bits;
    return answer;
}

/* Only 1 is yes, and what the library does not know itself cannot be had from any provider. */
static void test_T44_can_is_one_or_nothing(void **state)
{
    static toy t;
    (void)state;
    toy_init(&t, 44);
    t.table.can = can_answer;
    for (answer = -10; answer <= 300; answer++)
        assert_int_equal(able(&t.table), answer == 1);
    answer = 1;
    for (uint16_t id = 0; id < 400; id++) {
        assert_int_equal(isakmp__group_able(&t.table, id, 1024), isakmp_group_size(id) != 0);
        assert_int_equal(isakmp__suite_able(&t.table, id, 0, ISAKMP_HASH_SHA1, 2, 1024),
                         isakmp_cipher_key(id, 0) != 0);
        assert_int_equal(isakmp__suite_able(&t.table, ISAKMP_CIPHER_3DES, 0, id, 2, 1024),
                         isakmp_hash_size(id) != 0);
    }
    assert_int_equal(isakmp__suite_able(&t.table, ISAKMP_CIPHER_AES, 0, 2, 2, 1024), 0);
    assert_int_equal(isakmp__suite_able(&t.table, ISAKMP_CIPHER_3DES, 192, 2, 2, 1024), 0);
}

static void groups_larger_than_the_buffers(void **state)
{
    static toy t;
    (void)state;
    toy_init(&t, 1);
    for (uint16_t id = 0; id < 40; id++) {
        size_t n = isakmp_group_size(id);
        if (n == 0)
            continue;
        assert_int_equal(isakmp__group_able(&t.table, id, n), 1);
        assert_int_equal(isakmp__group_able(&t.table, id, n - 1), 0);
        assert_int_equal(isakmp__suite_able(&t.table, ISAKMP_CIPHER_3DES, 0, 2, id, n - 1), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_T05_groups),
        cmocka_unit_test(test_T05_hashes),
        cmocka_unit_test(test_T05_ciphers),
        cmocka_unit_test(the_weak_ones),
        cmocka_unit_test(keys_of_protections),
        cmocka_unit_test(test_T26_no_protection_without_keys),
        cmocka_unit_test(test_T85_what_the_provider_lacks),
        cmocka_unit_test(test_T44_can_is_one_or_nothing),
        cmocka_unit_test(groups_larger_than_the_buffers),
    };
    return cmocka_run_group_tests_name("suites", tests, NULL, NULL);
}
