/* test_provider.c -- the stock provider against known answers, and what it refuses. */
#include "unit/stock.h"

static const uint16_t all_groups[] = {1, 2, 5, 14, 15, 16, 17, 18, 19, 20, 21, 31};
static const uint16_t all_hashes[] = {1, 2, 4, 5, 6};
static const isakmp_ticket none; /* { 0 } */

/* Go through a file, with every record whose `key` names an algorithm of this build. */
static void check_file(const char *name, unsigned n, const char *key, int registry, uint8_t kind,
                       void (*check)(vectors *v, uint16_t id))
{
    vectors *v = vectors_open(name);
    unsigned seen = 0;
    for (; vectors_next(v); seen++) {
        uint16_t id = vector_named(v, key, registry);
        if (!left_out(kind, id))
            check(v, id);
    }
    vectors_close(v);
    assert_int_equal(seen, n);
}

/* ---- Hashes and HMAC ----------------------------------------------------------------------- */

/* One span cut into three at two places, which must not show. */
static void cut(isakmp_span whole, size_t a, size_t b, isakmp_span out[3])
{
    out[0] = isakmp__span(whole.p, a);
    out[1] = isakmp__span(whole.p + a, b - a);
    out[2] = isakmp__span(whole.p + b, whole.n - b);
}

static void check_hash(vectors *v, uint16_t hash)
{
    isakmp_span data = vector_octets(v, "data"), parts[3];
    size_t n = isakmp_hash_size(hash);
    uint8_t out[ISAKMP_MAX_HASH];
    for (size_t a = 0; a <= data.n; a++) {
        cut(data, a, a + (data.n - a) / 2, parts);
        assert_int_equal(stock()->hash(NULL, hash, parts, 3, out), ISAKMP_OK);
        assert_field(v, "digest", out, n);
    }
}

static void hashes(void **state)
{
    (void)state;
    check_file("hash.txt", 10, "hash", ISAKMP_REG_HASH, ISAKMP_CAN_HASH, check_hash);
}

static void check_hmac(vectors *v, uint16_t hash)
{
    isakmp_span key = vector_octets(v, "key"), data = vector_octets(v, "data"), parts[3];
    size_t n = vector_octets(v, "mac").n; /* the beginning, where it was truncated */
    uint8_t out[ISAKMP_MAX_HASH];
    for (size_t a = 0; a <= data.n; a += 5) {
        cut(data, a, a + (data.n - a) / 2, parts);
        assert_int_equal(stock()->hmac(NULL, hash, key, parts, 3, out), ISAKMP_OK);
        assert_field(v, "mac", out, n);
    }
}

static void hmac_rfc2202(void **state)
{
    (void)state;
    check_file("hmac_rfc2202.txt", 14, "hash", ISAKMP_REG_HASH, ISAKMP_CAN_HASH, check_hmac);
}

static void hmac_rfc4231(void **state)
{
    (void)state;
    check_file("hmac_rfc4231.txt", 21, "hash", ISAKMP_REG_HASH, ISAKMP_CAN_HASH, check_hmac);
}

static void hmac_wycheproof(void **state)
{
    (void)state;
    check_file("hmac_wycheproof.txt", 198, "hash", ISAKMP_REG_HASH, ISAKMP_CAN_HASH, check_hmac);
}

/* No key, no spans, spans of nothing: for HMAC no key is a key of zeros, whatever its length. */
static void hmac_of_nothing(void **state)
{
    static const uint8_t zeros[64];
    isakmp_span nothing = isakmp__span(NULL, 0), parts[3];
    uint8_t a[ISAKMP_MAX_HASH], b[ISAKMP_MAX_HASH];
    (void)state;
    parts[0] = parts[1] = parts[2] = nothing;
    for (size_t i = 0; i < COUNT(all_hashes); i++) {
        uint16_t hash = all_hashes[i];
        if (left_out(ISAKMP_CAN_HASH, hash))
            continue;
        assert_int_equal(stock()->hmac(NULL, hash, nothing, NULL, 0, a), ISAKMP_OK);
        assert_int_equal(stock()->hmac(NULL, hash, isakmp__span(zeros, 64), parts, 3, b),
                         ISAKMP_OK);
        assert_memory_equal(a, b, isakmp_hash_size(hash));
        assert_int_equal(stock()->hash(NULL, hash, NULL, 0, a), ISAKMP_OK);
        assert_int_equal(stock()->hash(NULL, hash, parts, 3, b), ISAKMP_OK);
        assert_memory_equal(a, b, isakmp_hash_size(hash));
    }
}

/* ---- Ciphers ------------------------------------------------------------------------------- */

static void run_cbc(vectors *v, uint16_t cipher, int encrypt, size_t step)
{
    isakmp_span key = vector_octets(v, "key");
    isakmp_span from = vector_octets(v, encrypt ? "plaintext" : "ciphertext");
    size_t block = isakmp_cipher_block(cipher);
    isakmp_span sent = vector_octets(v, "ciphertext");
    uint8_t data[256], iv[ISAKMP_MAX_BLOCK];
    assert_true(from.n <= sizeof data);
    memcpy(data, from.p, from.n);
    memcpy(iv, vector_exactly(v, "iv", block), block);
    for (size_t at = 0; at < from.n; at += step) {
        size_t n = from.n - at < step ? from.n - at : step;
        assert_int_equal(stock()->cbc(NULL, cipher, encrypt, key, iv, data + at, n), ISAKMP_OK);
        assert_memory_equal(iv, sent.p + at + n - block, block);
    }
    assert_field(v, encrypt ? "ciphertext" : "plaintext", data, from.n);
}

/* Whole, and in pieces of one, two and three blocks that hand the IV on. */
static void check_cbc(vectors *v, uint16_t cipher)
{
    for (size_t blocks = 1; blocks < 5; blocks++) {
        size_t step = blocks == 4 ? 256 : blocks * isakmp_cipher_block(cipher);
        run_cbc(v, cipher, 1, step);
        run_cbc(v, cipher, 0, step);
    }
}

static void aes_cbc(void **state)
{
    (void)state;
    check_file("aes_cbc.txt", 10, "cipher", ISAKMP_REG_CIPHER, ISAKMP_CAN_CIPHER, check_cbc);
}

static void des_cbc(void **state)
{
    (void)state;
    check_file("des_cbc.txt", 10, "cipher", ISAKMP_REG_CIPHER, ISAKMP_CAN_CIPHER, check_cbc);
}

static void cbc_refuses_wrong_lengths(void **state)
{
    static const uint16_t ciphers[] = {ISAKMP_CIPHER_DES, ISAKMP_CIPHER_3DES, ISAKMP_CIPHER_AES};
    uint8_t key[300] = {0}, iv[16] = {0}, data[64] = {0}, zeros[64] = {0};
    (void)state;
    for (size_t i = 0; i < COUNT(ciphers); i++) {
        uint16_t c = ciphers[i];
        size_t n = c == ISAKMP_CIPHER_DES ? 8 : 24, block = c == ISAKMP_CIPHER_AES ? 16 : 8;
        if (left_out(ISAKMP_CAN_CIPHER, c))
            n = 0; /* no length is right */
        for (size_t key_n = 0; key_n <= sizeof key; key_n++)
            if (key_n != n && !(c == ISAKMP_CIPHER_AES && (key_n == 16 || key_n == 32)))
                assert_int_equal(stock()->cbc(NULL, c, 1, isakmp__span(key, key_n), iv, data, 16),
                                 ISAKMP_E_ARG);
        for (size_t data_n = 1; data_n < 64 && n; data_n++)
            if (data_n % block)
                assert_int_equal(stock()->cbc(NULL, c, 1, isakmp__span(key, n), iv, data, data_n),
                                 ISAKMP_E_ARG);
    }
    assert_memory_equal(data, zeros, sizeof data); /* nothing was touched */
    assert_memory_equal(iv, zeros, sizeof iv);
}

/* ---- Diffie-Hellman: known answers --------------------------------------------------------- */

static void check_dh(vectors *v, uint16_t group)
{
    isakmp_span priv = vector_octets(v, "private"), peer = vector_octets(v, "peer");
    uint8_t out[ISAKMP_MAX_DH_PUBLIC];
    int refused = (int)vector_count(v, "refused");
    memset(out, 0xa5, sizeof out);
    if (stock()->dh_key(NULL, none, group, priv, peer, out) != (refused ? ISAKMP_NONE : ISAKMP_OK))
        fail_msg("%s: %s", vector_where(v), refused ? "not refused" : "refused");
    if (!refused)
        assert_field(v, "secret", out, isakmp_group_secret_size(group));
}

static void check_dh_file(const char *name, unsigned n)
{
    check_file(name, n, "group", ISAKMP_REG_GROUP, ISAKMP_CAN_GROUP, check_dh);
}

static void modp_known_answers(void **state)
{
    (void)state;
    check_dh_file("modp.txt", 40);
}

static void ecp_rfc5903(void **state)
{
    (void)state;
    check_dh_file("ecp_rfc5903.txt", 6);
}

static void ecdh_p256_wycheproof(void **state)
{
    (void)state;
    check_dh_file("ecdh_p256_wycheproof.txt", 194);
}

static void ecdh_p384_wycheproof(void **state)
{
    (void)state;
    check_dh_file("ecdh_p384_wycheproof.txt", 164);
}

static void x25519_wycheproof(void **state)
{
    (void)state;
    check_dh_file("x25519_wycheproof.txt", 518);
}

/* ---- Diffie-Hellman: what must be refused -------------------------------------------------- */

/* A fresh private value of a group; gives its length. */
static size_t fresh_private(uint16_t group, uint8_t *priv)
{
    uint8_t pub[ISAKMP_MAX_DH_PUBLIC];
    size_t n = 0;
    assert_int_equal(stock()->dh_new(NULL, none, group, priv, &n, pub), ISAKMP_OK);
    return n;
}

/* What dh_key says to a peer's value.  The value lies in a block of its own length, and the secret
 * in one of the group's, so that a sanitizer sees a step too far.  One private value does for all
 * that is asked about a group in a row. */
static int answer_to(uint16_t group, const uint8_t *peer, size_t n)
{
    static uint8_t priv[ISAKMP_MAX_DH_PRIVATE];
    static size_t priv_n;
    static uint16_t priv_group;
    uint8_t *copy = malloc(n ? n : 1), *out = malloc(isakmp_group_secret_size(group));
    int rc;
    assert_non_null(copy);
    assert_non_null(out);
    if (group != priv_group)
        priv_n = fresh_private(group, priv);
    priv_group = group;
    memcpy(copy, peer, n);
    rc = stock()->dh_key(NULL, none, group, isakmp__span(priv, priv_n), isakmp__span(copy, n), out);
    free(copy);
    free(out);
    return rc;
}

/* Every length but the right one: a good value cut short, and one with zeros after it. */
static void test_T54_ke_length(void **state)
{
    static uint8_t peer[ISAKMP_MAX_DH_PUBLIC + 300];
    uint8_t priv[ISAKMP_MAX_DH_PRIVATE];
    size_t priv_n = 0;
    (void)state;
    for (size_t i = 0; i < COUNT(all_groups); i++) {
        uint16_t group = all_groups[i];
        size_t right = isakmp_group_size(group);
        if (left_out(ISAKMP_CAN_GROUP, group))
            continue;
        memset(peer, 0, sizeof peer);
        assert_int_equal(stock()->dh_new(NULL, none, group, priv, &priv_n, peer), ISAKMP_OK);
        for (size_t n = 0; n <= right + 300; n++)
            assert_int_equal(answer_to(group, peer, n), n == right ? ISAKMP_OK : ISAKMP_NONE);
    }
}

/* n more or less than a big-endian number. */
static void add(uint8_t *number, size_t size, int n)
{
    for (size_t i = size; i-- > 0 && n != 0;) {
        int sum = number[i] + n;
        number[i] = (uint8_t)(sum & 0xff);
        n = sum < 0 ? -1 : sum >> 8;
    }
}

static void check_modp_bounds(vectors *v, uint16_t group)
{
    static const struct {
        int from_prime, add, want;
    } table[] = {
        {0, 0, ISAKMP_NONE},  {0, 1, ISAKMP_NONE}, {0, 2, ISAKMP_OK},   {1, -2, ISAKMP_OK},
        {1, -1, ISAKMP_NONE}, {1, 0, ISAKMP_NONE}, {1, 1, ISAKMP_NONE}, {1, 2, ISAKMP_NONE},
    };
    size_t n = isakmp_group_size(group);
    const uint8_t *prime = vector_exactly(v, "prime", n);
    uint8_t peer[ISAKMP_MAX_DH_PUBLIC];
    for (size_t i = 0; i < COUNT(table); i++) {
        memset(peer, 0, n);
        if (table[i].from_prime)
            memcpy(peer, prime, n);
        add(peer, n, table[i].add);
        assert_int_equal(answer_to(group, peer, n), table[i].want);
    }
    memset(peer, 0xff, n);
    assert_int_equal(answer_to(group, peer, n), ISAKMP_NONE);
}

static void test_T55_modp_bounds(void **state)
{
    (void)state;
    check_file("modp_primes.txt", 8, "group", ISAKMP_REG_GROUP, ISAKMP_CAN_GROUP,
               check_modp_bounds);
}

/* Infinity has no coordinates: all zeros is how it might be tried.  Each bit that is turned leaves
 * the curve. */
static void test_T55_points_off_the_curve(void **state)
{
    vectors *v = vectors_open("ecp_rfc5903.txt");
    uint8_t peer[132];
    (void)state;
    while (vectors_next(v)) {
        uint16_t group = vector_named(v, "group", ISAKMP_REG_GROUP);
        size_t n = isakmp_group_size(group);
        memset(peer, 0, n);
        assert_int_equal(answer_to(group, peer, n), ISAKMP_NONE);
        memset(peer, 0xff, n);
        assert_int_equal(answer_to(group, peer, n), ISAKMP_NONE);
        memcpy(peer, vector_exactly(v, "peer", n), n);
        assert_int_equal(answer_to(group, peer, n), ISAKMP_OK);
        for (size_t bit = 0; bit < 8 * n; bit += 37) {
            peer[bit / 8] = (uint8_t)(peer[bit / 8] ^ 1u << bit % 8);
            assert_int_equal(answer_to(group, peer, n), ISAKMP_NONE);
            peer[bit / 8] = (uint8_t)(peer[bit / 8] ^ 1u << bit % 8);
        }
    }
    vectors_close(v);
}

/* p = 2^521 - 1 leaves room for coordinates that are too large by p and would be on the curve if
 * they were reduced. */
static void test_T55_coordinates_not_reduced(void **state)
{
    vectors *v = vectors_open("ecp_rfc5903.txt");
    uint8_t peer[132];
    unsigned seen = 0;
    (void)state;
    while (vectors_next(v)) {
        if (vector_named(v, "group", ISAKMP_REG_GROUP) != ISAKMP_GROUP_ECP_521)
            continue;
        for (unsigned y = 0; y < 2; y++) {
            memcpy(peer, vector_exactly(v, "peer", 132), 132);
            add(peer + 66 * y, 66, -1);
            peer[66 * y] = (uint8_t)(peer[66 * y] + 2); /* 2^521 */
            assert_int_equal(answer_to(ISAKMP_GROUP_ECP_521, peer, 132), ISAKMP_NONE);
            seen++;
        }
    }
    vectors_close(v);
    assert_int_equal(seen, 4);
}

/* The points of low order on Curve25519 and its twist, and the same not reduced; RFC 7748 wants the
 * first bit ignored.  Wycheproof's list, which x25519_wycheproof runs, has them all; here the two
 * that a peer would try first. */
static void test_T55_x25519_low_order(void **state)
{
    uint8_t peer[32] = {0};
    (void)state;
    for (unsigned top = 0; top < 2; top++)
        for (uint8_t low = 0; low < 2; low++) {
            peer[0] = low;
            peer[31] = (uint8_t)(top << 7);
            assert_int_equal(answer_to(ISAKMP_GROUP_CURVE25519, peer, 32), ISAKMP_NONE);
        }
}

static void wrong_private_values_and_groups(void **state)
{
    uint8_t priv[ISAKMP_MAX_DH_PRIVATE] = {1}, pub[ISAKMP_MAX_DH_PUBLIC] = {0};
    size_t n = 0;
    (void)state;
    for (size_t i = 0; i < COUNT(all_groups); i++) {
        uint16_t group = all_groups[i];
        if (left_out(ISAKMP_CAN_GROUP, group))
            continue;
        assert_int_equal(stock()->dh_new(NULL, none, group, priv, &n, pub), ISAKMP_OK);
        for (size_t wrong = 0; wrong <= sizeof priv; wrong++)
            if (wrong != n)
                assert_int_equal(stock()->dh_key(NULL, none, group, isakmp__span(priv, wrong),
                                                 isakmp__span(pub, isakmp_group_size(group)), pub),
                                 ISAKMP_E_ARG);
    }
    for (uint16_t group = 0; group < 400; group++)
        if (isakmp_group_size(group) == 0) {
            assert_int_equal(stock()->dh_new(NULL, none, group, priv, &n, pub), ISAKMP_E_ARG);
            assert_int_equal(stock()->dh_key(NULL, none, group, isakmp__span(priv, 32),
                                             isakmp__span(pub, 32), pub),
                             ISAKMP_E_ARG);
        }
}

/* ---- Diffie-Hellman: fresh values ---------------------------------------------------------- */

/* The private values are as long as the table in groups.c says, and new every time. */
static void private_values_never_repeat(void **state)
{
    static const uint8_t length[] = {24, 24, 32, 32, 40, 48, 56, 64, 32, 48, 66, 32};
    static uint8_t seen[4][ISAKMP_MAX_DH_PRIVATE];
    (void)state;
    for (size_t i = 0; i < COUNT(all_groups); i++) {
        if (left_out(ISAKMP_CAN_GROUP, all_groups[i]))
            continue;
        for (size_t k = 0; k < COUNT(seen); k++) {
            assert_int_equal(fresh_private(all_groups[i], seen[k]), length[i]);
            if (all_groups[i] < ISAKMP_GROUP_ECP_256)
                assert_true(seen[k][0] & 0x80);
            for (size_t j = 0; j < k; j++)
                assert_memory_not_equal(seen[j], seen[k], length[i]);
        }
    }
}

/* The public value is the generator to the private one: the peer's value 2 makes dh_key tell. */
static void public_values_belong_to_private_ones(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(all_groups); i++) {
        uint8_t priv[ISAKMP_MAX_DH_PRIVATE], pub[ISAKMP_MAX_DH_PUBLIC];
        uint8_t two[ISAKMP_MAX_DH_PUBLIC] = {0}, out[ISAKMP_MAX_DH_PUBLIC];
        size_t n = isakmp_group_size(all_groups[i]), priv_n = 0;
        if (left_out(ISAKMP_CAN_GROUP, all_groups[i]) || all_groups[i] >= ISAKMP_GROUP_ECP_256)
            continue;
        two[n - 1] = 2;
        assert_int_equal(stock()->dh_new(NULL, none, all_groups[i], priv, &priv_n, pub), ISAKMP_OK);
        assert_int_equal(stock()->dh_key(NULL, none, all_groups[i], isakmp__span(priv, priv_n),
                                         isakmp__span(two, n), out),
                         ISAKMP_OK);
        assert_memory_equal(out, pub, n);
    }
}

/* One public value in 256 and one secret in 256 begins with a zero octet, and both sides must keep
 * it.  Go on until each has been seen. */
static void short_values_are_padded(void **state)
{
    const uint16_t group = ISAKMP_GROUP_MODP_1024;
    int short_public = 0, short_secret = 0;
    (void)state;
    for (unsigned i = 0; i < 20000 && !(short_public && short_secret); i++) {
        uint8_t x[80], y[80], g_x[128], g_y[128], a[128], b[128];
        size_t x_n = 0, y_n = 0;
        assert_int_equal(stock()->dh_new(NULL, none, group, x, &x_n, g_x), ISAKMP_OK);
        assert_int_equal(stock()->dh_new(NULL, none, group, y, &y_n, g_y), ISAKMP_OK);
        assert_int_equal(stock()->dh_key(NULL, none, group, isakmp__span(x, x_n),
                                         isakmp__span(g_y, sizeof g_y), a),
                         ISAKMP_OK);
        short_public |= g_y[0] == 0;
        short_secret |= a[0] == 0;
        if (g_y[0] && a[0])
            continue;
        assert_int_equal(stock()->dh_key(NULL, none, group, isakmp__span(y, y_n),
                                         isakmp__span(g_x, sizeof g_x), b),
                         ISAKMP_OK);
        assert_memory_equal(a, b, sizeof a);
    }
    assert_true(short_public && short_secret);
}

/* ---- The table ----------------------------------------------------------------------------- */

static void the_table(void **state)
{
    const isakmp_crypto *c = stock();
    (void)state;
    assert_ptr_equal(c, isakmp_crypto_mbedtls());
    assert_int_equal(c->size, sizeof(isakmp_crypto));
    assert_true(c->can && c->random && c->hash && c->hmac && c->cbc && c->dh_new && c->dh_key);
}

/* Debian's mbedTLS has everything, so the provider can what the library knows, and no more. */
static void test_T85_can(void **state)
{
    (void)state;
    for (uint32_t id = 0; id <= 0xffff; id++) {
        uint16_t n = (uint16_t)id;
        assert_int_equal(stock()->can(NULL, ISAKMP_CAN_GROUP, n, 0), isakmp_group_size(n) != 0);
        assert_int_equal(stock()->can(NULL, ISAKMP_CAN_HASH, n, 0), isakmp_hash_size(n) != 0);
        for (uint16_t bits = 0; bits <= 512; bits = (uint16_t)(bits + 64))
            assert_int_equal(stock()->can(NULL, ISAKMP_CAN_CIPHER, n, bits),
                             isakmp_cipher_key(n, bits) != 0);
        assert_int_equal(stock()->can(NULL, 0, n, 0), 0);
        assert_int_equal(stock()->can(NULL, 4, n, 0), 0);
        assert_int_equal(stock()->can(NULL, 255, n, 128), 0);
    }
}

/* What it cannot, it also refuses to do. */
static void unknown_algorithms(void **state)
{
    uint8_t out[ISAKMP_MAX_HASH] = {0}, iv[16] = {0};
    isakmp_span s = isakmp__span("0123456789abcdef", 16);
    (void)state;
    for (uint16_t id = 0; id < 300; id++) {
        if (isakmp_hash_size(id) == 0) {
            assert_int_equal(stock()->hash(NULL, id, &s, 1, out), ISAKMP_E_ARG);
            assert_int_equal(stock()->hmac(NULL, id, s, &s, 1, out), ISAKMP_E_ARG);
        }
        if (isakmp_cipher_block(id) == 0)
            assert_int_equal(stock()->cbc(NULL, id, 1, s, iv, out, 16), ISAKMP_E_ARG);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes),
        cmocka_unit_test(hmac_rfc2202),
        cmocka_unit_test(hmac_rfc4231),
        cmocka_unit_test(hmac_wycheproof),
        cmocka_unit_test(hmac_of_nothing),
        cmocka_unit_test(aes_cbc),
        cmocka_unit_test(des_cbc),
        cmocka_unit_test(cbc_refuses_wrong_lengths),
        cmocka_unit_test(modp_known_answers),
        cmocka_unit_test(ecp_rfc5903),
        cmocka_unit_test(ecdh_p256_wycheproof),
        cmocka_unit_test(ecdh_p384_wycheproof),
        cmocka_unit_test(x25519_wycheproof),
        cmocka_unit_test(test_T54_ke_length),
        cmocka_unit_test(test_T55_modp_bounds),
        cmocka_unit_test(test_T55_points_off_the_curve),
        cmocka_unit_test(test_T55_coordinates_not_reduced),
        cmocka_unit_test(test_T55_x25519_low_order),
        cmocka_unit_test(wrong_private_values_and_groups),
        cmocka_unit_test(private_values_never_repeat),
        cmocka_unit_test(public_values_belong_to_private_ones),
        cmocka_unit_test(short_values_are_padded),
        cmocka_unit_test(the_table),
        cmocka_unit_test(test_T85_can),
        cmocka_unit_test(unknown_algorithms),
    };
    return cmocka_run_group_tests_name("provider", tests, NULL, NULL);
}
