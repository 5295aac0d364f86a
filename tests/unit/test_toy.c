/* test_toy.c -- the contract of isakmp_crypto, which the toy provider keeps as the stock one does;
 * and what the toy can do besides: fail, lack things, answer later, let everything pass. */
#include "unit/stock.h"

static const isakmp_ticket none; /* { 0 } */
static toy t;

/* ---- The contract -------------------------------------------------------------------------- */

static void contract_random(const isakmp_crypto *c)
{
    uint8_t a[33] = {0}, b[33] = {0};
    assert_int_equal(c->random(c->self, a, 32), ISAKMP_OK);
    assert_int_equal(c->random(c->self, b, 32), ISAKMP_OK);
    assert_memory_not_equal(a, b, 32);
    assert_int_equal(a[32] | b[32], 0);
    assert_int_equal(c->random(c->self, a, 0), ISAKMP_OK);
}

/* hash() or hmac() of a text in one, two or three spans. */
static void prf(const isakmp_crypto *c, uint16_t hash, int hmac, const char *key, const char *a,
                const char *b, const char *d, uint8_t out[ISAKMP_MAX_HASH + 1])
{
    isakmp_span in[3], k = isakmp__span(key, strlen(key));
    in[0] = isakmp__span(a, strlen(a));
    in[1] = isakmp__span(b, strlen(b));
    in[2] = isakmp__span(d, strlen(d));
    memset(out, 0xa5, ISAKMP_MAX_HASH + 1);
    if (hmac)
        assert_int_equal(c->hmac(c->self, hash, k, in, 3, out), ISAKMP_OK);
    else
        assert_int_equal(c->hash(c->self, hash, in, 3, out), ISAKMP_OK);
    assert_int_equal(out[isakmp_hash_size(hash)], 0xa5);
}

static void contract_prf(const isakmp_crypto *c, uint16_t hash)
{
    uint8_t want[ISAKMP_MAX_HASH + 1], got[ISAKMP_MAX_HASH + 1];
    size_t n = isakmp_hash_size(hash);
    for (int hmac = 0; hmac < 2; hmac++) {
        prf(c, hash, hmac, "key", "abc", "def", "", want);
        prf(c, hash, hmac, "key", "", "abcde", "f", got);
        assert_memory_equal(got, want, n); /* where spans end does not show */
        prf(c, hash, hmac, "key", "abcdef", "", "", got);
        assert_memory_equal(got, want, n);
        prf(c, hash, hmac, "key", "abddef", "", "", got);
        assert_memory_not_equal(got, want, n); /* every octet does */
        prf(c, hash, hmac, "key", "abcde", "", "", got);
        assert_memory_not_equal(got, want, n);
        prf(c, hash, hmac, "key", "abcedf", "", "", got);
        assert_memory_not_equal(got, want, n);
    }
    prf(c, hash, 1, "kez", "abcdef", "", "", got);
    assert_memory_not_equal(got, want, n);
    prf(c, hash, 1, "", "abcdef", "", "", got);
    assert_memory_not_equal(got, want, n);
    prf(c, hash, 1, "keya", "bcdef", "", "", got);
    assert_memory_not_equal(got, want, n);
}

static void contract_cbc(const isakmp_crypto *c, uint16_t cipher, size_t key_n)
{
    const char *text = "forty-eight octets of text are three or six bloc";
    size_t block = isakmp_cipher_block(cipher);
    isakmp_span key = isakmp__span("fedcba9876543210fedcba9876543210", key_n);
    uint8_t whole[49] = {0}, parts[48], iv[16], iv_2[16], start[16];
    memset(start, 0x3c, sizeof start);
    memcpy(whole, text, 48);
    memcpy(parts, text, 48);
    memcpy(iv, start, 16);
    memcpy(iv_2, start, 16);
    assert_int_equal(c->cbc(c->self, cipher, 1, key, iv, whole, 48), ISAKMP_OK);
    assert_memory_equal(iv, whole + 48 - block, block);
    assert_int_equal(c->cbc(c->self, cipher, 1, key, iv_2, parts, 16), ISAKMP_OK);
    assert_int_equal(c->cbc(c->self, cipher, 1, key, iv_2, parts + 16, 32), ISAKMP_OK);
    assert_memory_equal(parts, whole, 48);
    memcpy(iv, start, 16);
    assert_int_equal(c->cbc(c->self, cipher, 0, key, iv, whole, 48), ISAKMP_OK);
    assert_memory_equal(whole, text, 48);
    assert_memory_equal(iv, parts + 48 - block, block);
    assert_int_equal(whole[48], 0);
    assert_true(c->cbc(c->self, cipher, 1, key, iv, whole, block - 1) < 0);
}

static void contract_dh(const isakmp_crypto *c, uint16_t group)
{
    static uint8_t g_i[1025], g_r[1025], a[1025], b[1025];
    uint8_t i[81], r[81];
    size_t i_n = 0, r_n = 0, n = isakmp_group_size(group), secret = isakmp_group_secret_size(group);
    i[80] = r[80] = g_i[n] = a[secret] = 0xa5;
    assert_int_equal(c->dh_new(c->self, none, group, i, &i_n, g_i), ISAKMP_OK);
    assert_int_equal(c->dh_new(c->self, none, group, r, &r_n, g_r), ISAKMP_OK);
    assert_true(i_n > 0 && i_n <= ISAKMP_MAX_DH_PRIVATE);
    assert_memory_not_equal(g_i, g_r, n);
    assert_int_equal(c->dh_key(c->self, none, group, isakmp__span(i, i_n), isakmp__span(g_r, n), a),
                     ISAKMP_OK);
    assert_int_equal(c->dh_key(c->self, none, group, isakmp__span(r, r_n), isakmp__span(g_i, n), b),
                     ISAKMP_OK);
    assert_memory_equal(a, b, secret);
    assert_true(i[80] == 0xa5 && r[80] == 0xa5 && g_i[n] == 0xa5 && a[secret] == 0xa5);
    memset(g_r, 0, n);
    assert_int_equal(c->dh_key(c->self, none, group, isakmp__span(i, i_n), isakmp__span(g_r, n), a),
                     ISAKMP_NONE);
    memset(g_r, 0xff, n); /* which Curve25519 takes for the number 18 */
    if (group != ISAKMP_GROUP_CURVE25519)
        assert_int_equal(
            c->dh_key(c->self, none, group, isakmp__span(i, i_n), isakmp__span(g_r, n), a),
            ISAKMP_NONE);
    assert_int_equal(
        c->dh_key(c->self, none, group, isakmp__span(i, i_n), isakmp__span(g_i, n - 1), a),
        ISAKMP_NONE);
}

static void contract(const isakmp_crypto *c)
{
    static const uint16_t bits[] = {0, 128, 192, 256};
    assert_int_equal(c->size, sizeof *c);
    contract_random(c);
    for (uint16_t id = 0; id < 40; id++) {
        assert_int_equal(c->can(c->self, ISAKMP_CAN_HASH, id, 0), isakmp_hash_size(id) != 0);
        if (isakmp_hash_size(id))
            contract_prf(c, id);
        assert_int_equal(c->can(c->self, ISAKMP_CAN_GROUP, id, 0), isakmp_group_size(id) != 0);
        if (isakmp_group_size(id))
            contract_dh(c, id);
        for (size_t i = 0; i < COUNT(bits); i++) {
            size_t n = isakmp_cipher_key(id, bits[i]);
            assert_int_equal(c->can(c->self, ISAKMP_CAN_CIPHER, id, bits[i]), n != 0);
            if (n)
                contract_cbc(c, id, n);
        }
    }
}

static void the_stock_provider_keeps_it(void **state)
{
    (void)state;
    contract(stock());
}

static void the_toy_keeps_it(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        toy_init(&t, seed);
        contract(&t.table);
    }
}

static void the_toy_keeps_it_with_a_cipher(void **state)
{
    (void)state;
    toy_init(&t, 1);
    t.scramble = 1;
    contract(&t.table);
}

/* ---- What only the toy does ---------------------------------------------------------------- */

static void the_same_seed_does_the_same(void **state)
{
    static toy u;
    uint8_t a[1024], b[1024], priv[80];
    size_t n = 0;
    (void)state;
    toy_init(&t, 7);
    toy_init(&u, 7);
    for (unsigned i = 0; i < 5; i++) {
        t.table.random(&t, a, 100);
        u.table.random(&u, b, 100);
        assert_memory_equal(a, b, 100);
        t.table.dh_new(&t, none, 18, priv, &n, a);
        u.table.dh_new(&u, none, 18, priv, &n, b);
        assert_memory_equal(a, b, 1024);
    }
    toy_init(&u, 8);
    t.table.random(&t, a, 100);
    u.table.random(&u, b, 100);
    assert_memory_not_equal(a, b, 100);
}

/* With the plain cipher messages can be read; with the other a wrong key and a wrong IV show. */
static void the_two_ciphers(void **state)
{
    uint8_t text[32] = "0123456789abcdef0123456789abcde", data[32], iv[16] = {0};
    isakmp_span key = isakmp__span(text, 16), wrong = isakmp__span(text + 1, 16);
    (void)state;
    toy_init(&t, 1);
    memcpy(data, text, 32);
    assert_int_equal(t.table.cbc(&t, ISAKMP_CIPHER_AES, 1, key, iv, data, 32), ISAKMP_OK);
    assert_memory_equal(data, text, 32);
    t.scramble = 1;
    memset(iv, 0, 16);
    assert_int_equal(t.table.cbc(&t, ISAKMP_CIPHER_AES, 1, key, iv, data, 32), ISAKMP_OK);
    assert_memory_not_equal(data, text, 16);
    assert_memory_not_equal(data, data + 16, 16); /* the IV is in it */
    memset(iv, 0, 16);
    assert_int_equal(t.table.cbc(&t, ISAKMP_CIPHER_AES, 0, wrong, iv, data, 32), ISAKMP_OK);
    assert_memory_not_equal(data, text, 16);
    assert_memory_not_equal(data + 16, text + 16, 16);
}

static void a_constant_hmac(void **state)
{
    uint8_t a[64], b[64];
    isakmp_span s = isakmp__span("x", 1), u = isakmp__span("y", 1);
    (void)state;
    toy_init(&t, 1);
    t.constant_hash = 1;
    assert_int_equal(t.table.hmac(&t, ISAKMP_HASH_SHA512, s, &s, 1, a), ISAKMP_OK);
    assert_int_equal(t.table.hmac(&t, ISAKMP_HASH_SHA512, u, &u, 1, b), ISAKMP_OK);
    assert_memory_equal(a, b, 64);
    for (size_t i = 0; i < 64; i++)
        assert_int_equal(a[i], TOY_CONSTANT);
    assert_int_equal(t.table.hash(&t, ISAKMP_HASH_SHA512, &s, 1, a), ISAKMP_OK);
    assert_memory_not_equal(a, b, 64);
}

/* Every function once, in the order in which they are counted. */
static void call_all(int rc[TOY_FUNCTIONS])
{
    uint8_t out[ISAKMP_MAX_DH_PUBLIC], priv[80], pub[32], iv[16] = {0};
    size_t n = 8;
    isakmp_span s = isakmp__span("0123456789abcdef", 16);
    memset(priv, 1, sizeof priv);
    memset(pub, 1, sizeof pub);
    rc[TOY_RANDOM] = t.table.random(&t, out, 16);
    rc[TOY_HASH] = t.table.hash(&t, ISAKMP_HASH_SHA1, &s, 1, out);
    rc[TOY_HMAC] = t.table.hmac(&t, ISAKMP_HASH_SHA1, s, &s, 1, out);
    rc[TOY_CBC] = t.table.cbc(&t, ISAKMP_CIPHER_AES, 1, s, iv, out, 16);
    rc[TOY_DH_NEW] = t.table.dh_new(&t, none, 31, priv, &n, out);
    rc[TOY_DH_KEY] =
        t.table.dh_key(&t, none, 31, isakmp__span(priv, 8), isakmp__span(pub, 32), out);
}

static void failing_at_each_call(void **state)
{
    int rc[TOY_FUNCTIONS];
    (void)state;
    for (unsigned at = 0; at <= TOY_FUNCTIONS + 1; at++) {
        toy_init(&t, 1);
        t.fail_at = at;
        call_all(rc);
        for (unsigned i = 0; i < TOY_FUNCTIONS; i++) {
            assert_int_equal(rc[i], i + 1 == at ? ISAKMP_E_CRYPTO : ISAKMP_OK);
            assert_int_equal(t.calls[i], 1);
        }
        assert_int_equal(t.all_calls, TOY_FUNCTIONS);
    }
}

static void denying(void **state)
{
    (void)state;
    toy_init(&t, 1);
    t.deny[ISAKMP_CAN_GROUP] = 1u << 31 | 1u << 2;
    assert_int_equal(t.table.can(&t, ISAKMP_CAN_GROUP, 31, 0), 0);
    assert_int_equal(t.table.can(&t, ISAKMP_CAN_GROUP, 2, 0), 0);
    assert_int_equal(t.table.can(&t, ISAKMP_CAN_GROUP, 14, 0), 1);
    assert_int_equal(t.table.can(&t, ISAKMP_CAN_HASH, 2, 0), 1);
    assert_int_equal(t.table.can(&t, 200, 2, 0), 0);
    assert_int_equal(t.all_calls, 0);
}

/* ---- Answers that come later --------------------------------------------------------------- */

static isakmp_ticket ticket(uint64_t v)
{
    isakmp_ticket k = {v};
    return k;
}

/* Two key pairs and both secrets, all put off and answered out of order. */
static void answers_later(void **state)
{
    static uint8_t i[TOY_MAX_ANSWER], r[TOY_MAX_ANSWER], a[TOY_MAX_ANSWER], b[TOY_MAX_ANSWER];
    const isakmp_crypto *c = &t.table;
    uint8_t nothing[1024];
    size_t n = 0, i_n, r_n, secret;
    (void)state;
    toy_init(&t, 1);
    t.pending_dh = 1;
    assert_int_equal(c->dh_new(&t, ticket(11), 14, nothing, &n, nothing), ISAKMP_PENDING);
    assert_int_equal(c->dh_new(&t, ticket(12), 14, nothing, &n, nothing), ISAKMP_PENDING);
    assert_int_equal(toy_dh_waiting(&t).v, 11);
    assert_int_equal(toy_dh_answer(&t, ticket(12), r, &r_n), ISAKMP_OK);
    assert_int_equal(toy_dh_answer(&t, none, i, &i_n), ISAKMP_OK);
    assert_true(i_n == 256 + 8 && r_n == 256 + 8);
    assert_int_equal(
        c->dh_key(&t, ticket(13), 14, isakmp__span(i + 256, 8), isakmp__span(r, 256), nothing),
        ISAKMP_PENDING);
    assert_int_equal(
        c->dh_key(&t, ticket(14), 14, isakmp__span(r + 256, 8), isakmp__span(i, 256), nothing),
        ISAKMP_PENDING);
    assert_int_equal(toy_dh_answer(&t, none, a, &secret), ISAKMP_OK);
    assert_int_equal(secret, 256);
    assert_int_equal(toy_dh_answer(&t, none, b, &secret), ISAKMP_OK);
    assert_memory_equal(a, b, 256);
    assert_int_equal(toy_dh_waiting(&t).v, 0);
    assert_int_equal(toy_dh_answer(&t, none, a, &n), ISAKMP_E_STALE);
    assert_int_equal(toy_dh_answer(&t, ticket(14), a, &n), ISAKMP_E_STALE);
}

static void refused_later(void **state)
{
    static uint8_t out[TOY_MAX_ANSWER];
    uint8_t zeros[128] = {0}, priv[8] = {1};
    size_t n = 1;
    (void)state;
    toy_init(&t, 1);
    t.pending_dh = 1;
    assert_int_equal(
        t.table.dh_key(&t, ticket(1), 2, isakmp__span(priv, 8), isakmp__span(zeros, 128), out),
        ISAKMP_PENDING);
    assert_int_equal(toy_dh_answer(&t, ticket(1), out, &n), ISAKMP_NONE);
    assert_int_equal(n, 0);
}

static void only_so_many_wait(void **state)
{
    static uint8_t out[TOY_MAX_ANSWER];
    size_t n = 0;
    (void)state;
    toy_init(&t, 1);
    t.pending_dh = 1;
    for (uint64_t i = 1; i <= TOY_PENDING; i++)
        assert_int_equal(t.table.dh_new(&t, ticket(i), 31, out, &n, out), ISAKMP_PENDING);
    assert_int_equal(t.table.dh_new(&t, ticket(99), 31, out, &n, out), ISAKMP_E_CRYPTO);
    assert_int_equal(toy_dh_answer(&t, ticket(3), out, &n), ISAKMP_OK);
    assert_int_equal(t.table.dh_new(&t, ticket(99), 31, out, &n, out), ISAKMP_PENDING);
    for (unsigned i = 0; i < TOY_PENDING; i++)
        assert_int_equal(toy_dh_answer(&t, none, out, &n), ISAKMP_OK);
    assert_int_equal(toy_dh_answer(&t, none, out, &n), ISAKMP_E_STALE);
    assert_int_equal(t.table.dh_new(&t, none, 31, out, &n, out), ISAKMP_E_CRYPTO); /* no ticket */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_stock_provider_keeps_it),
        cmocka_unit_test(the_toy_keeps_it),
        cmocka_unit_test(the_toy_keeps_it_with_a_cipher),
        cmocka_unit_test(the_same_seed_does_the_same),
        cmocka_unit_test(the_two_ciphers),
        cmocka_unit_test(a_constant_hmac),
        cmocka_unit_test(failing_at_each_call),
        cmocka_unit_test(denying),
        cmocka_unit_test(answers_later),
        cmocka_unit_test(refused_later),
        cmocka_unit_test(only_so_many_wait),
    };
    return cmocka_run_group_tests_name("toy", tests, NULL, NULL);
}
