/* test_keys.c -- the key schedule against official vectors and values computed elsewhere: SKEYID
 * and its children, the cipher key, KEYMAT, NAT-D; weak keys of DES; and what happens when the
 * provider fails in the middle. */
#include "unit/stock.h"

/* ---- SKEYID, SKEYID_d, SKEYID_a, SKEYID_e [RFC2409 5] -------------------------------------- */

/* CKY-I | CKY-R of the present record. */
static isakmp_span cookies(vectors *v, uint8_t out[16])
{
    memcpy(out, vector_exactly(v, "cky_i", 8), 8);
    memcpy(out + 8, vector_exactly(v, "cky_r", 8), 8);
    return isakmp__span(out, 16);
}

static int skeyid(vectors *v, uint16_t hash, uint8_t *out)
{
    const char *method = vector_word(v, "method");
    isakmp_span ni = vector_octets(v, "ni"), nr = vector_octets(v, "nr");
    uint8_t cky[16];
    if (strcmp(method, "psk") == 0)
        return isakmp__skeyid_psk(stock(), hash, vector_octets(v, "psk"), ni, nr, out);
    if (strcmp(method, "sig") == 0)
        return isakmp__skeyid_sig(stock(), hash, ni, nr, vector_octets(v, "g_xy"), out);
    return isakmp__skeyid_pke(stock(), hash, ni, nr, cookies(v, cky), out);
}

static void check_skeyid(vectors *v)
{
    uint16_t hash = vector_named(v, "hash", ISAKMP_REG_HASH);
    size_t n = isakmp_hash_size(hash);
    uint8_t id[ISAKMP_MAX_HASH], cky[16];
    isakmp__skeys keys;
    assert_int_equal(skeyid(v, hash, id), ISAKMP_OK);
    assert_field(v, "skeyid", id, n);
    assert_int_equal(isakmp__skeyid_children(stock(), hash, id, vector_octets(v, "g_xy"),
                                             cookies(v, cky), &keys),
                     ISAKMP_OK);
    assert_field(v, "skeyid_d", keys.d, n);
    assert_field(v, "skeyid_a", keys.a, n);
    assert_field(v, "skeyid_e", keys.e, n);
}

/* Check every record of a file, of which there must be n. */
static void check_file(const char *name, unsigned n, void (*check)(vectors *v))
{
    vectors *v = vectors_open(name);
    unsigned seen = 0;
    for (; vectors_next(v); seen++)
        check(v);
    vectors_close(v);
    assert_int_equal(seen, n);
}

static void cavs_pre_shared_key(void **state)
{
    (void)state;
    check_file("kdf_cavs_psk.txt", 17, check_skeyid);
}

static void cavs_signatures(void **state)
{
    (void)state;
    check_file("kdf_cavs_sig.txt", 17, check_skeyid);
}

static void acvts_all_methods(void **state)
{
    (void)state;
    check_file("kdf_acvts.txt", 13, check_skeyid);
}

/* prf(Ni_b | Nr_b, g^xy) has two spans for a key.  Where both together are as long as a block of
 * the hash, and one octet to either side, the answer is that of HMAC with the joined key. */
static void nonces_about_as_long_as_a_block(void **state)
{
    static const uint16_t hashes[] = {ISAKMP_HASH_SHA1, ISAKMP_HASH_SHA256, ISAKMP_HASH_SHA384,
                                      ISAKMP_HASH_SHA512};
    uint8_t nonces[512], got[ISAKMP_MAX_HASH], want[ISAKMP_MAX_HASH];
    isakmp_span g_xy = isakmp__span(nonces, sizeof nonces);
    (void)state;
    for (size_t i = 0; i < sizeof nonces; i++)
        nonces[i] = (uint8_t)(i * 7 + i / 256);
    for (size_t h = 0; h < COUNT(hashes); h++)
        for (size_t total = 16; total <= sizeof nonces; total += total < 140 ? 1 : 31)
            for (size_t first = 8; first <= total - 8; first += 7) {
                assert_int_equal(isakmp__skeyid_sig(stock(), hashes[h], isakmp__span(nonces, first),
                                                    isakmp__span(nonces + first, total - first),
                                                    g_xy, got),
                                 ISAKMP_OK);
                assert_int_equal(
                    isakmp__prf(stock(), hashes[h], isakmp__span(nonces, total), &g_xy, 1, want),
                    ISAKMP_OK);
                assert_memory_equal(got, want, isakmp_hash_size(hashes[h]));
            }
}

/* ---- Whole sessions ------------------------------------------------------------------------ */

static void check_session_ivs(vectors *v, uint16_t hash)
{
    uint8_t iv[ISAKMP_MAX_BLOCK];
    assert_int_equal(
        isakmp__iv_phase1(stock(), hash, vector_octets(v, "g_xi"), vector_octets(v, "g_xr"), iv),
        ISAKMP_OK);
    assert_field(v, "iv", iv, 16);
    if (vector_count(v, "msg_id")) {
        uint32_t msg_id = isakmp__get32(vector_exactly(v, "msg_id", 4));
        assert_int_equal(isakmp__iv_phase2(stock(), hash, isakmp__span(iv, 16), msg_id, iv),
                         ISAKMP_OK);
        assert_field(v, "iv_2", iv, 16);
    }
}

static void check_session_hash(vectors *v, uint16_t hash, const uint8_t *id)
{
    isakmp__hash_input in = {vector_octets(v, "g_xr"),  vector_octets(v, "g_xi"),
                             vector_octets(v, "cky_r"), vector_octets(v, "cky_i"),
                             vector_octets(v, "sai_b"), vector_octets(v, "idir_b")};
    uint8_t out[ISAKMP_MAX_HASH];
    assert_int_equal(
        isakmp__hash_phase1(stock(), hash, isakmp__span(id, isakmp_hash_size(hash)), &in, out),
        ISAKMP_OK);
    assert_field(v, "hash_r", out, isakmp_hash_size(hash));
}

static void check_session_keymat(vectors *v, uint16_t hash, const uint8_t *skeyid_d)
{
    static const char *const side[2][2] = {{"spi_i", "keymat_i"}, {"spi_r", "keymat_r"}};
    uint8_t out[36];
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(isakmp__keymat(stock(), hash, skeyid_d, isakmp__span(NULL, 0),
                                        ISAKMP_PROTO_ESP, vector_octets(v, side[i][0]),
                                        vector_octets(v, "qm_ni"), vector_octets(v, "qm_nr"), out,
                                        sizeof out),
                         ISAKMP_OK);
        assert_field(v, side[i][1], out, sizeof out);
    }
}

static void check_session(vectors *v)
{
    uint16_t hash = vector_named(v, "hash", ISAKMP_REG_HASH);
    uint8_t id[ISAKMP_MAX_HASH], key[16], cky[16];
    isakmp__skeys keys;
    assert_int_equal(skeyid(v, hash, id), ISAKMP_OK);
    assert_int_equal(isakmp__skeyid_children(stock(), hash, id, vector_octets(v, "g_xy"),
                                             cookies(v, cky), &keys),
                     ISAKMP_OK);
    assert_int_equal(isakmp__cipher_key(stock(), hash, ISAKMP_CIPHER_AES, keys.e, key, 16),
                     ISAKMP_OK);
    assert_field(v, "key", key, 16);
    check_session_ivs(v, hash);
    if (vector_count(v, "skeyid"))
        check_skeyid(v);
    if (vector_count(v, "hash_r"))
        check_session_hash(v, hash, id);
    if (vector_count(v, "keymat_i"))
        check_session_keymat(v, hash, keys.d);
}

static void session_secrets(void **state)
{
    (void)state;
    check_file("session_secrets.txt", 3, check_session);
}

/* ---- Cipher key, KEYMAT, NAT-D ------------------------------------------------------------- */

static void check_cipher_key(vectors *v)
{
    uint16_t hash = vector_named(v, "hash", ISAKMP_REG_HASH);
    uint16_t cipher = vector_named(v, "cipher", ISAKMP_REG_CIPHER);
    size_t n = vector_octets(v, "key").n;
    uint8_t key[ISAKMP_MAX_KEY + 1];
    if (left_out(ISAKMP_CAN_HASH, hash) || left_out(ISAKMP_CAN_CIPHER, cipher))
        return;
    key[n] = 0xa5;
    assert_int_equal(isakmp__cipher_key(stock(), hash, cipher,
                                        vector_exactly(v, "skeyid_e", isakmp_hash_size(hash)), key,
                                        n),
                     ISAKMP_OK);
    assert_field(v, "key", key, n);
    assert_int_equal(key[n], 0xa5);
}

static void cipher_keys(void **state)
{
    (void)state;
    check_file("cipher_key.txt", 25, check_cipher_key);
}

static void check_keymat(vectors *v)
{
    uint16_t hash = vector_named(v, "hash", ISAKMP_REG_HASH);
    size_t n = vector_octets(v, "keymat").n;
    uint8_t out[160];
    if (left_out(ISAKMP_CAN_HASH, hash))
        return;
    out[n] = 0xa5;
    assert_int_equal(isakmp__keymat(stock(), hash,
                                    vector_exactly(v, "skeyid_d", isakmp_hash_size(hash)),
                                    vector_octets(v, "g_xy"), *vector_exactly(v, "protocol", 1),
                                    vector_octets(v, "spi"), vector_octets(v, "ni"),
                                    vector_octets(v, "nr"), out, n),
                     ISAKMP_OK);
    assert_field(v, "keymat", out, n);
    assert_int_equal(out[n], 0xa5);
}

static void keymat(void **state)
{
    (void)state;
    check_file("keymat.txt", 70, check_keymat);
}

static void check_natd(vectors *v)
{
    uint16_t hash = vector_named(v, "hash", ISAKMP_REG_HASH);
    isakmp_span ip = vector_octets(v, "ip");
    isakmp_addr a = {ip.n == 4 ? 4 : 6, {0}, (uint16_t)vector_number(v, "port")};
    uint8_t out[ISAKMP_MAX_HASH];
    if (left_out(ISAKMP_CAN_HASH, hash))
        return;
    memcpy(a.ip, ip.p, ip.n);
    assert_int_equal(isakmp__hash_natd(stock(), hash, vector_octets(v, "cookies"), &a, out),
                     ISAKMP_OK);
    assert_field(v, "natd", out, isakmp_hash_size(hash));
}

static void natd(void **state)
{
    (void)state;
    check_file("natd.txt", 25, check_natd);
}

/* ---- Weak keys of DES [FIPS 74] ------------------------------------------------------------ */

/* Each line: the keys that are one another's inverse; the first four are their own. */
static const uint8_t weak_keys[16][8] = {
    {0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01},
    {0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe},
    {0xe0, 0xe0, 0xe0, 0xe0, 0xf1, 0xf1, 0xf1, 0xf1},
    {0x1f, 0x1f, 0x1f, 0x1f, 0x0e, 0x0e, 0x0e, 0x0e},
    {0x01, 0x1f, 0x01, 0x1f, 0x01, 0x0e, 0x01, 0x0e},
    {0x1f, 0x01, 0x1f, 0x01, 0x0e, 0x01, 0x0e, 0x01},
    {0x01, 0xe0, 0x01, 0xe0, 0x01, 0xf1, 0x01, 0xf1},
    {0xe0, 0x01, 0xe0, 0x01, 0xf1, 0x01, 0xf1, 0x01},
    {0x01, 0xfe, 0x01, 0xfe, 0x01, 0xfe, 0x01, 0xfe},
    {0xfe, 0x01, 0xfe, 0x01, 0xfe, 0x01, 0xfe, 0x01},
    {0x1f, 0xe0, 0x1f, 0xe0, 0x0e, 0xf1, 0x0e, 0xf1},
    {0xe0, 0x1f, 0xe0, 0x1f, 0xf1, 0x0e, 0xf1, 0x0e},
    {0x1f, 0xfe, 0x1f, 0xfe, 0x0e, 0xfe, 0x0e, 0xfe},
    {0xfe, 0x1f, 0xfe, 0x1f, 0xfe, 0x0e, 0xfe, 0x0e},
    {0xe0, 0xfe, 0xe0, 0xfe, 0xf1, 0xfe, 0xf1, 0xfe},
    {0xfe, 0xe0, 0xfe, 0xe0, 0xfe, 0xf1, 0xfe, 0xf1},
};

static int des_key(const uint8_t *skeyid_e)
{
    uint8_t key[8];
    return isakmp__cipher_key(stock(), ISAKMP_HASH_SHA1, ISAKMP_CIPHER_DES, skeyid_e, key, 8);
}

static void weak_des_keys(void **state)
{
    uint8_t e[20] = {0};
    (void)state;
    for (size_t i = 0; i < COUNT(weak_keys); i++)
        for (unsigned parity = 0; parity < 256; parity++) {
            for (unsigned j = 0; j < 8; j++)
                e[j] = (uint8_t)(weak_keys[i][j] ^ (parity >> j & 1));
            assert_int_equal(des_key(e), ISAKMP_NONE);
        }
}

/* One other bit, and the key is as good as any. */
static void nearly_weak_des_keys(void **state)
{
    uint8_t e[20] = {0};
    (void)state;
    for (size_t i = 0; i < COUNT(weak_keys); i++)
        for (unsigned bit = 0; bit < 64; bit++) {
            memcpy(e, weak_keys[i], 8);
            e[bit / 8] = (uint8_t)(e[bit / 8] ^ 1u << bit % 8);
            assert_int_equal(des_key(e), bit % 8 == 0 ? ISAKMP_NONE : ISAKMP_OK);
        }
}

/* Three keys of 3DES that would each be weak for DES, and an AES key: not our business. */
static void only_des_has_weak_keys(void **state)
{
    uint8_t e[64], key[32];
    (void)state;
    memset(e, 1, sizeof e);
    assert_int_equal(
        isakmp__cipher_key(stock(), ISAKMP_HASH_SHA512, ISAKMP_CIPHER_3DES, e, key, 24), ISAKMP_OK);
    assert_int_equal(isakmp__cipher_key(stock(), ISAKMP_HASH_SHA512, ISAKMP_CIPHER_AES, e, key, 32),
                     ISAKMP_OK);
}

/* ---- When the provider fails --------------------------------------------------------------- */

#define FORMULAS 12

/* Each function of keys.h once, all that call a provider more than once among them. */
static int formula(unsigned i, const isakmp_crypto *c)
{
    static const uint8_t o[300];
    const uint16_t h = ISAKMP_HASH_SHA1;
    isakmp_span s = isakmp__span(o, 16), nonce = isakmp__span(o, 150);
    isakmp__hash_input in = {s, s, s, s, s, s};
    isakmp_addr a = {4, {0}, 500};
    isakmp__skeys keys;
    uint8_t out[100];
    switch (i) {
    case 0:
        return isakmp__skeyid_psk(c, h, s, s, s, out);
    case 1:
        return isakmp__skeyid_sig(c, h, nonce, nonce, s, out);
    case 2:
        return isakmp__skeyid_pke(c, h, s, s, s, out);
    case 3:
        return isakmp__skeyid_children(c, h, o, s, s, &keys);
    case 4:
        return isakmp__cipher_key(c, h, ISAKMP_CIPHER_AES, o, out, 32);
    case 5:
        return isakmp__hash_phase1(c, h, isakmp__span(o, isakmp_hash_size(h)), &in, out);
    case 6:
        return isakmp__hash_1(c, h, o, 1, s, out);
    case 7:
        return isakmp__hash_2(c, h, o, 1, s, s, out);
    case 8:
        return isakmp__hash_3(c, h, o, 1, s, s, out);
    case 9:
        return isakmp__hash_natd(c, h, s, &a, out);
    case 10:
        return isakmp__keymat(c, h, o, s, 3, s, s, s, out, sizeof out);
    default:
        return isakmp__iv_phase2(c, h, s, 1, out);
    }
}

/* ... at each call in turn, so that no result is overlooked. */
static void every_failure_is_told(void **state)
{
    static toy t;
    (void)state;
    for (unsigned i = 0; i < FORMULAS; i++) {
        unsigned calls;
        toy_init(&t, i);
        assert_int_equal(formula(i, &t.table), ISAKMP_OK);
        calls = t.all_calls;
        assert_true(calls >= 1);
        for (unsigned n = 1; n <= calls + 1; n++) {
            toy_init(&t, i);
            t.fail_at = n;
            assert_int_equal(formula(i, &t.table), n <= calls ? ISAKMP_E_CRYPTO : ISAKMP_OK);
            assert_int_equal(t.all_calls, n <= calls ? n : calls);
        }
    }
}

static int odd; /* what a provider answers, and does nothing */

static int odd_random(void *self, uint8_t *out, size_t n)
{
    (void)self, (void)out, (void)n;
    return odd;
}

static int odd_hash(void *self, uint16_t hash, const isakmp_span *in, size_t n, uint8_t *out)
{
    (void)self, (void)hash, (void)in, (void)n, (void)out;
    return odd;
}

static int odd_hmac(void *self, uint16_t hash, isakmp_span key, const isakmp_span *in, size_t n,
                    uint8_t *out)
{
    (void)self, (void)hash, (void)key, (void)in, (void)n, (void)out;
    return odd;
}

static int odd_cbc(void *self, uint16_t cipher, int encrypt, isakmp_span key, uint8_t *iv,
                   uint8_t *data, size_t n)
{
    (void)self, (void)cipher, (void)encrypt, (void)key, (void)iv, (void)data, (void)n;
    return odd;
}

/* CVE-2013-2944: an answer that is neither success nor the failure one thought of. */
static void test_T44_odd_answers_are_failures(void **state)
{
    static const int answers[] = {1,       2,  3,  4,  42,      255,       256,
                                  0x10000, -1, -7, -8, -0x4100, 0x7fffffff};
    isakmp_crypto c = *stock();
    uint8_t out[64] = {0};
    isakmp_span s = isakmp__span("key", 3);
    (void)state;
    c.random = odd_random;
    c.hash = odd_hash;
    c.hmac = odd_hmac;
    c.cbc = odd_cbc;
    for (size_t i = 0; i < COUNT(answers); i++) {
        odd = answers[i];
        assert_int_equal(isakmp__random(&c, out, 8), ISAKMP_E_CRYPTO);
        assert_int_equal(isakmp__prf(&c, ISAKMP_HASH_SHA1, s, &s, 1, out), ISAKMP_E_CRYPTO);
        assert_int_equal(isakmp__hash(&c, ISAKMP_HASH_SHA1, &s, 1, out), ISAKMP_E_CRYPTO);
        assert_int_equal(isakmp__cbc(&c, ISAKMP_CIPHER_3DES, 1, s, out, out + 8, 8),
                         ISAKMP_E_CRYPTO);
        for (unsigned f = 0; f < FORMULAS; f++)
            assert_int_equal(formula(f, &c), ISAKMP_E_CRYPTO);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cavs_pre_shared_key),
        cmocka_unit_test(cavs_signatures),
        cmocka_unit_test(acvts_all_methods),
        cmocka_unit_test(nonces_about_as_long_as_a_block),
        cmocka_unit_test(session_secrets),
        cmocka_unit_test(cipher_keys),
        cmocka_unit_test(keymat),
        cmocka_unit_test(natd),
        cmocka_unit_test(weak_des_keys),
        cmocka_unit_test(nearly_weak_des_keys),
        cmocka_unit_test(only_des_has_weak_keys),
        cmocka_unit_test(every_failure_is_told),
        cmocka_unit_test(test_T44_odd_answers_are_failures),
    };
    return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
