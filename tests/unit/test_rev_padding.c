/* test_rev_padding.c -- the revised mode of RSA encrypted nonces: how payloads are padded, encrypted and
 * chained, after the RFC and in Huawei's form, against published values.
 *
 * The verbs run alone, on an exchange that is made here.  3DES stands for DES: with three equal keys it is
 * the same, and every build has it. */
#include "unit/stock.h"
#include "exchange/auth.h"
#include "exchange/row.h"

#define ROOM 2048

static union {
    isakmp__exch e;
    uint8_t all[sizeof(isakmp__exch) + ROOM];
} held;
#define E (&held.e)

static isakmp_ctx x;
static isakmp__sa sa;
static isakmp_policy suite;
static isakmp_peer_policy policy;
static uint8_t written[1024];

/* An exchange that has come to its nonces. */
static void set_stage(size_t block, uint16_t flags)
{
    static const uint8_t nonce[16] = {1, 2, 3};
    memset(&held, 0, sizeof held);
    memset(&x, 0, sizeof x);
    memset(&sa, 0, sizeof sa);
    suite.cipher = block == 8 ? ISAKMP_CIPHER_3DES : ISAKMP_CIPHER_AES;
    suite.key_bits = block == 8 ? 0 : 128;
    suite.hash = ISAKMP_HASH_SHA1;
    suite.auth = ISAKMP_AUTH_RSA_ENCR_REV;
    policy.flags = flags;
    sa.suite = &suite;
    sa.policy = &policy;
    memset(sa.cky_i, 0x11, sizeof sa.cky_i);
    memset(sa.cky_r, 0x22, sizeof sa.cky_r);
    x.crypto = *stock();
    E->sa = &sa;
    E->initiator = 1;
    E->group = ISAKMP_GROUP_MODP_768;
    E->ni = E->nr = isakmp__span(nonce, sizeof nonce);
    E->room_cap = ROOM;
    isakmp_wr_init(&E->w, written, sizeof written);
}

/* ---- Padding ---------------------------------------------------------------------------------- */

/* Decrypt what has been written by Ke_i, with an IV. */
static void decrypt(const uint8_t *from, size_t n, const uint8_t *iv, uint8_t *out)
{
    uint8_t key[ISAKMP_MAX_KEY], chain[ISAKMP_MAX_BLOCK];
    size_t key_n = isakmp_cipher_key(suite.cipher, suite.key_bits);
    assert_int_equal(isakmp__nonce_key(stock(), suite.hash, E->ni,
                                       isakmp__span(sa.cky_i, sizeof sa.cky_i), key, key_n),
                     ISAKMP_OK);
    memcpy(out, from, n);
    memcpy(chain, iv, isakmp_cipher_block(suite.cipher));
    assert_int_equal(isakmp__cbc(stock(), suite.cipher, 0, isakmp__span(key, key_n), chain, out, n),
                     ISAKMP_OK);
}

/* Huawei counts the last octet, too. */
static void as_huawei(uint8_t *padded, size_t n, uint16_t flags)
{
    padded[n - 1] = (uint8_t)(padded[n - 1] + (flags & ISAKMP_PF_HUAWEI_REV ? 1 : 0));
}

/* A public value of any length is written, and so it is padded; then padding is taken off again. */
static void check_padding(vectors *v, uint16_t flags)
{
    static const uint8_t zeros[ISAKMP_MAX_BLOCK];
    uint8_t want[64], got[64];
    isakmp_span plain = vector_octets(v, "plain"), padded = vector_octets(v, "padded");
    set_stage(vector_number(v, "block"), flags);
    assert_true(padded.n <= sizeof want);
    memcpy(want, padded.p, padded.n);
    as_huawei(want, padded.n, flags);
    E->g_xi = plain;
    assert_int_equal(isakmp__v_put_inner_ke.run(&x, E), ISAKMP_OK);
    assert_int_equal(E->w.len, 4 + padded.n);
    decrypt(written + 4, padded.n, zeros, got);
    assert_memory_equal(got, want, padded.n);
    assert_true(isakmp__span_equal(isakmp__without_padding(E, isakmp__span(got, padded.n)), plain));
}

/* Nothing that has been decrypted may be the reason of a refusal, so nothing is refused. */
static void check_taken(vectors *v)
{
    isakmp_span wrong = vector_octets(v, "wrong");
    set_stage(vector_number(v, "block"), 0);
    assert_true(isakmp__span_equal(isakmp__without_padding(E, wrong), vector_octets(v, "taken")));
}

static void padding(void **state)
{
    vectors *v = vectors_open("rev_padding.txt");
    unsigned padded = 0, wrong = 0;
    (void)state;
    while (vectors_next(v)) {
        if (vector_count(v, "wrong")) {
            check_taken(v);
            wrong++;
        } else if (vector_count(v, "block")) {
            check_padding(v, 0);
            check_padding(v, ISAKMP_PF_HUAWEI_REV);
            padded++;
        }
    }
    vectors_close(v);
    assert_int_equal(padded, 11);
    assert_int_equal(wrong, 2);
}

/* Without it a payload is not looked at: only in the revised mode there is any. */
static void other_methods_have_none(void **state)
{
    static const uint8_t body[2] = {7, 0};
    (void)state;
    set_stage(8, 0);
    assert_int_equal(isakmp__without_padding(E, isakmp__span(body, 2)).n, 1);
    assert_int_equal(isakmp__without_padding(E, isakmp__span(body, 0)).n, 0);
    suite.auth = ISAKMP_AUTH_RSA_ENCR;
    assert_int_equal(isakmp__without_padding(E, isakmp__span(body, 2)).n, 2);
}

/* ---- Chaining --------------------------------------------------------------------------------- */

/* The public value begins with zero; the identity goes on from it, or begins anew at Huawei. */
static void chaining(void **state)
{
    static const uint8_t zeros[ISAKMP_MAX_BLOCK], value[40] = {9};
    static const uint16_t flags[] = {0, ISAKMP_PF_HUAWEI_REV};
    uint8_t got[64];
    (void)state;
    for (unsigned i = 0; i < COUNT(flags); i++) {
        size_t clear = flags[i] ? 4 : 0, start = 4 + 48 + 4 + clear;
        set_stage(8, flags[i]);
        policy.my_id.type = ISAKMP_ID_KEY_ID;
        policy.my_id.data = isakmp__span(value, 9);
        E->g_xi = isakmp__span(value, sizeof value);
        assert_int_equal(isakmp__v_put_inner_ke.run(&x, E), ISAKMP_OK);
        assert_int_equal(isakmp__v_put_inner_id.run(&x, E), ISAKMP_OK);
        assert_int_equal(E->w.len, start + 16);
        decrypt(written + start, 16, clear ? zeros : written + 4 + 40, got);
        assert_memory_equal(got + 4 - clear, value, 9);
        if (clear)
            assert_int_equal(written[start - 4], ISAKMP_ID_KEY_ID);
        else
            assert_int_equal(got[0], ISAKMP_ID_KEY_ID);
    }
}

/* Every key that is made is of ones. */
static int all_ones(void *self, uint16_t hash, isakmp_span key, const isakmp_span *in, size_t n,
                    uint8_t *out)
{
    (void)self;
    (void)key;
    (void)in;
    (void)n;
    memset(out, 0xff, isakmp_hash_size(hash));
    return ISAKMP_OK;
}

/* Read a message of the responder's: a nonce, a public value that ends with the IV, and an identity.
 *   id  gets what stands in the message in its place afterwards. */
static isakmp_span read_id(uint16_t flags, isakmp_span iv, isakmp_span body)
{
    static uint8_t value[104];
    static isakmp_msg m;
    isakmp_header h;
    set_stage(8, flags);
    x.crypto.hmac = all_ones;
    memcpy(value + 96, iv.p, iv.n);
    memset(&h, 0, sizeof h);
    h.version = 0x10;
    h.exchange = ISAKMP_EXCH_MAIN;
    isakmp_wr_header(&E->w, &h);
    isakmp_wr_payload(&E->w, ISAKMP_PAYLOAD_NONCE, iv);
    isakmp_wr_payload(&E->w, ISAKMP_PAYLOAD_KE, isakmp__span(value, sizeof value));
    isakmp_wr_payload(&E->w, ISAKMP_PAYLOAD_ID, body);
    assert_int_equal(isakmp_wr_end(&E->w), ISAKMP_OK);
    assert_int_equal(isakmp_msg_parse(&m, isakmp__span(written, E->w.len)), ISAKMP_OK);
    E->in = &m;
    assert_int_equal(isakmp__v_open_inner.run(&x, E), ISAKMP_OK);
    return isakmp_msg_find(&m, ISAKMP_PAYLOAD_ID, 0);
}

/* The published identity is padded as the RFC wants it, which that tool does for Huawei, too, and the chain
 * has not begun anew: so its first block is off by the IV, and of its padding one zero stays. */
static void published_payloads(void **state)
{
    vectors *v = vectors_open("rev_padding.txt");
    isakmp_span iv, plain, huawei, got;
    (void)state;
    while (vectors_next(v) && !vector_count(v, "iv"))
        ;
    iv = vector_octets(v, "iv");
    plain = vector_octets(v, "plain");
    huawei = vector_octets(v, "huawei");
    got = read_id(0, iv, vector_octets(v, "encrypted"));
    assert_true(isakmp__span_equal(got, vector_octets(v, "padded")));
    assert_true(isakmp__span_equal(isakmp__without_padding(E, got), plain));
    got = read_id(ISAKMP_PF_HUAWEI_REV, iv, huawei);
    assert_int_equal(got.n, huawei.n);
    assert_memory_equal(got.p, huawei.p, 4);
    for (size_t i = 0; i < iv.n; i++)
        assert_int_equal(got.p[4 + i] ^ iv.p[i], plain.p[i]);
    assert_memory_equal(got.p + 12, vector_octets(v, "padded").p + 8, 8);
    assert_int_equal(isakmp__without_padding(E, got).n, 4 + plain.n + 1);
    vectors_close(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(padding),
        cmocka_unit_test(other_methods_have_none),
        cmocka_unit_test(chaining),
        cmocka_unit_test(published_payloads),
    };
    return cmocka_run_group_tests_name("rev_padding", tests, NULL, NULL);
}
