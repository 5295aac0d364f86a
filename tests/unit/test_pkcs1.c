/* test_pkcs1.c -- what is taken out of an RSA block of type 2, and what is put in its place.  Every
 * answer is compared with that of a plain reader, which may take its time as it likes.  Whether ours
 * can be timed is for tests/timing/ to say. */
#include "unit/bytes.h"
#include <mbedtls/pk.h>
#include <mbedtls/rsa.h>
#include <sodium.h>
#include "crypto/keys.h"
#include "support/vectors.h"

enum {
    MOST_BLOCK = 1024,
    EXTRA = 11,  /* octets of a block that are not message */
    LEAST = 8,   /* of a nonce [RFC2409 5] */
    MOST = 256,  /* likewise */
    OTHER_N = 20 /* octets of what takes a message's place */
};

static uint8_t block[MOST_BLOCK], other[MOST_BLOCK];
static uint64_t seed = 3218;

/* 0, 2, padding, 0, a message of message_n octets, which may have zeros, too. */
static void make_block(size_t n, size_t message_n)
{
    size_t end = n - message_n - 1;
    bytes_fill(&seed, block, n);
    bytes_fill(&seed, other, sizeof other);
    for (size_t i = 2; i < end; i++)
        block[i] |= 1;
    block[0] = 0;
    block[1] = 2;
    block[end] = 0;
}

/* The plain reader: the message, or a span of NULL. */
static isakmp_span plain_open(size_t n, size_t least, size_t most)
{
    isakmp_span none = {NULL, 0};
    const uint8_t *end;
    size_t message_n;
    if (n < EXTRA || block[0] != 0 || block[1] != 2)
        return none;
    end = memchr(block + 2, 0, n - 2);
    if (end == NULL || end < block + 10)
        return none;
    message_n = (size_t)(block + n - end) - 1;
    return message_n < least || message_n > most ? none : isakmp__span(end + 1, message_n);
}

/* Open the block, in memory of just its size, with other_n octets in the place of what is none.
 * 1: it gave its message; 0: it gave the other. */
static int opens_or(size_t n, size_t least, size_t most, size_t other_n)
{
    isakmp_span want = plain_open(n, least, most);
    int found = want.p != NULL;
    uint8_t *mine = bytes_copy(isakmp__span(block, n)), *out = malloc(most ? most : 1);
    uint8_t *instead = bytes_copy(isakmp__span(other, other_n));
    size_t got = MOST_BLOCK + 1;
    assert_non_null(out);
    memset(out, 0xa5, most);
    isakmp__pkcs1_open(mine, n, least, most, isakmp__span(instead, other_n), out, &got);
    if (!found)
        want = isakmp__span(other, other_n);
    assert_int_equal(got, want.n);
    if (want.n)
        assert_memory_equal(out, want.p, want.n);
    for (size_t i = got; i < most; i++) /* and nothing of the block behind it */
        assert_int_equal(out[i], 0);
    free(instead);
    free(out);
    free(mine);
    return found;
}

static int opens(size_t n, size_t least, size_t most)
{
    return opens_or(n, least, most, least > OTHER_N ? least : most < OTHER_N ? most : OTHER_N);
}

/* ---- Lengths ------------------------------------------------------------------------------- */

/* The shortest and the longest message that limits and block have room for. */
static void every_size_of_block(void **state)
{
    (void)state;
    for (size_t n = 128; n <= MOST_BLOCK; n++) {
        size_t room = n - EXTRA, most = room < MOST ? room : MOST;
        for (size_t i = 0; i < 2; i++) {
            make_block(n, LEAST - i);
            assert_int_equal(opens(n, LEAST, MOST), i == 0);
            make_block(n, most + i);
            assert_int_equal(opens(n, LEAST, MOST), i == 0);
            make_block(n, room + i); /* with one octet of padding too few */
            assert_int_equal(opens(n, 0, room + 1), i == 0);
            make_block(n, i);
            assert_int_equal(opens(n, 0, MOST), 1);
        }
    }
}

static void every_length_of_message(void **state)
{
    static const size_t sizes[] = {128, 129, 192, 255, 256, 257};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (size_t message_n = 0; message_n < sizes[i] - 2; message_n++) {
            make_block(sizes[i], message_n);
            assert_int_equal(opens(sizes[i], 0, sizes[i]), message_n <= sizes[i] - EXTRA);
            assert_int_equal(opens(sizes[i], LEAST, MOST), message_n >= LEAST &&
                                                               message_n <= MOST &&
                                                               message_n <= sizes[i] - EXTRA);
            assert_int_equal(opens(sizes[i], 20, 20), message_n == 20);
        }
}

static void every_length_of_the_other(void **state)
{
    (void)state;
    for (size_t n = LEAST; n <= MOST; n++) {
        make_block(384, 100);
        assert_int_equal(opens_or(384, LEAST, MOST, n), 1);
        block[1] = 1;
        assert_int_equal(opens_or(384, LEAST, MOST, n), 0);
    }
}

/* Blocks that no message fits into are no reason to read beyond them. */
static void small_blocks(void **state)
{
    (void)state;
    for (size_t least = 0; least <= 20; least++)
        for (size_t n = 0; n <= 40; n++) {
            memset(block, 0, sizeof block);
            assert_int_equal(opens(n, least, 64), 0);
            if (n >= EXTRA)
                make_block(n, n - EXTRA);
            assert_int_equal(opens(n, least, 64), n >= EXTRA + least);
        }
}

/* ---- Faults -------------------------------------------------------------------------------- */

/* Another octet at every place, one at a time; gives how many of the blocks were none. */
static unsigned faults(size_t n, size_t most)
{
    static const uint8_t values[] = {0, 1, 2, 3, 0x80, 0xff};
    unsigned bad = 0;
    for (size_t at = 0; at < n; at++) {
        uint8_t was = block[at];
        for (size_t i = 0; i < sizeof values; i++) {
            block[at] = values[i];
            bad += !opens(n, LEAST, most);
        }
        block[at] = was;
    }
    return bad;
}

static void a_fault_at_every_place(void **state)
{
    static const size_t sizes[] = {128, 200, 256, 512};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        make_block(sizes[i], 20);
        for (size_t at = sizes[i] - 20; at < sizes[i]; at++)
            block[at] |= 1;
        /* Five values each for 0, 2 and the zero that ends the padding, and a zero at eight places */
        assert_int_equal(faults(sizes[i], sizes[i]), 15 + 8);
        /* ... and one anywhere in the padding, which makes the message longer */
        assert_int_equal(faults(sizes[i], 20), 15 + sizes[i] - 23);
        make_block(sizes[i], 100);
        assert_in_range(faults(sizes[i], MOST), 10 + 8, 6 * sizes[i]);
    }
}

/* All that the first two octets can be, and every value of each octet of the shortest padding. */
static void every_value(void **state)
{
    (void)state;
    make_block(128, 20);
    for (unsigned v = 0; v < 0x10000; v++) {
        block[0] = (uint8_t)(v >> 8);
        block[1] = (uint8_t)v;
        assert_int_equal(opens(128, LEAST, MOST), v == 2);
    }
    make_block(128, 128 - EXTRA);
    for (size_t at = 2; at < 10; at++) {
        uint8_t was = block[at];
        for (unsigned v = 0; v < 256; v++) {
            block[at] = (uint8_t)v;
            assert_int_equal(opens(128, LEAST, MOST), v != 0);
        }
        block[at] = was;
    }
}

static void no_end_of_the_padding(void **state)
{
    (void)state;
    for (size_t n = 128; n <= MOST_BLOCK; n += 8) {
        memset(block, 0xff, n);
        block[0] = 0;
        block[1] = 2;
        assert_int_equal(opens(n, 0, n), 0);
        block[n - 1] = 0; /* a message of nothing */
        assert_int_equal(opens(n, 0, n), 1);
        assert_int_equal(opens(n, 1, n), 0);
        memset(block, 0, n);
        assert_int_equal(opens(n, 0, n), 0);
    }
}

/* Octets of few values, so that all kinds of blocks come up. */
static void anything(void **state)
{
    unsigned good = 0;
    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        size_t n = 11 + bytes_random(&seed) % 60;
        unsigned zeros = 2 + bytes_random(&seed) % 40;
        bytes_fill(&seed, block, n);
        for (size_t i = 2; i < n; i++)
            block[i] = (uint8_t)(block[i] % zeros);
        block[0] = bytes_random(&seed) % 8 == 0;
        block[1] = (uint8_t)(2 + (bytes_random(&seed) % 8 == 0));
        good += (unsigned)opens(n, bytes_random(&seed) % 20, 20 + bytes_random(&seed) % 50);
    }
    assert_in_range(good, 2000, 18000);
}

/* ---- Wycheproof ---------------------------------------------------------------------------- */

static int key_random(void *unused, unsigned char *out, size_t n)
{
    (void)unused;
    randombytes_buf(out, n);
    return 0;
}

/* The private key of the present record, where it has one. */
static void read_key(vectors *v, mbedtls_pk_context *key)
{
    static const uint8_t e[] = {1, 0, 1};
    const uint8_t *p, *q;
    if (!vector_count(v, "p"))
        return;
    p = vector_exactly(v, "p", 128);
    q = vector_exactly(v, "q", 128);
    mbedtls_pk_free(key);
    mbedtls_pk_init(key);
    assert_int_equal(mbedtls_pk_setup(key, mbedtls_pk_info_from_type(MBEDTLS_PK_RSA)), 0);
    assert_int_equal(
        mbedtls_rsa_import_raw(mbedtls_pk_rsa(*key), NULL, 0, p, 128, q, 128, NULL, 0, e, sizeof e),
        0);
    assert_int_equal(mbedtls_rsa_complete(mbedtls_pk_rsa(*key)), 0);
}

/* The present record's ciphertext with the private key: 1, and the block; or 0 if it is of another
 * length than the modulus or no smaller number, which whoever sent it knows as well. */
static int decrypts(vectors *v, mbedtls_pk_context *key)
{
    isakmp_span ct = vector_octets(v, "ct");
    size_t n = mbedtls_rsa_get_len(mbedtls_pk_rsa(*key));
    assert_int_equal(n, 256);
    return ct.n == n &&
           mbedtls_rsa_private(mbedtls_pk_rsa(*key), key_random, NULL, ct.p, block) == 0;
}

/* A valid case gives its message, but not if it is an octet too long or too short for what is asked. */
static void check_valid(vectors *v)
{
    isakmp_span msg = vector_octets(v, "msg"), found = plain_open(256, 0, 256);
    if (found.p == NULL || !isakmp__span_equal(msg, found) || !opens(256, 0, 256 - EXTRA) ||
        !opens(256, msg.n, msg.n) || opens(256, msg.n + 1, 256) ||
        (msg.n && opens(256, 0, msg.n - 1)))
        fail_msg("%s: not its message", vector_where(v));
}

static void wycheproof(void **state)
{
    vectors *v = vectors_open("rsa_pkcs1_decrypt_wycheproof.txt");
    unsigned valid = 0, invalid = 0, no_number = 0;
    mbedtls_pk_context key;
    (void)state;
    mbedtls_pk_init(&key);
    while (vectors_next(v)) {
        int good = strcmp(vector_word(v, "result"), "valid") == 0;
        read_key(v, &key);
        if (!decrypts(v, &key)) {
            assert_false(good);
            no_number++;
        } else if (good) {
            check_valid(v);
            valid++;
        } else {
            if (opens(256, 0, 256))
                fail_msg("%s: a message was found", vector_where(v));
            invalid++;
        }
    }
    mbedtls_pk_free(&key);
    vectors_close(v);
    assert_int_equal(valid, 42);
    assert_int_equal(invalid, 19);
    assert_int_equal(no_number, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_size_of_block),
        cmocka_unit_test(every_length_of_message),
        cmocka_unit_test(every_length_of_the_other),
        cmocka_unit_test(small_blocks),
        cmocka_unit_test(a_fault_at_every_place),
        cmocka_unit_test(every_value),
        cmocka_unit_test(no_end_of_the_padding),
        cmocka_unit_test(anything),
        cmocka_unit_test(wycheproof),
    };
    return cmocka_run_group_tests_name("pkcs1", tests, NULL, NULL);
}
