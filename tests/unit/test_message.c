/* test_message.c -- the header and the index of payloads: what is refused, why, and that nothing
 * beyond the datagram is ever read.  Every datagram is parsed in a block of exactly its size. */
#include "unit/bytes.h"
#define WALK_CHECK assert_true
#include "unit/roundtrip.h"
#include "unit/walk.h"

/* ---- Datagrams ---------------------------------------------------------------------------- */

static uint8_t datagram[70000];
static size_t length;

static void put_length(uint32_t n)
{
    isakmp__put32(datagram + 24, n);
}

/* Begin a message in the clear whose first payload is of a type. */
static void begin(uint8_t first)
{
    memset(datagram, 0, sizeof datagram);
    memset(datagram, 0x11, 8);
    datagram[16] = first;
    datagram[17] = 0x10;
    datagram[18] = ISAKMP_EXCH_INFO;
    length = ISAKMP_HEADER_SIZE;
    put_length(28);
}

/* Append a payload: its generic header says `n` octets, body octets follow. */
static void append(uint8_t next, uint16_t n, size_t body)
{
    datagram[length] = next;
    isakmp__put16(datagram + length + 2, n);
    length += 4 + body;
    put_length((uint32_t)length);
}

static isakmp_msg msg;

/* Parse an exact copy of the first n octets; afterwards the index refers to the datagram again. */
static int parse(size_t n)
{
    uint8_t *copy = bytes_copy(isakmp__span(datagram, n));
    int rc = isakmp_msg_parse(&msg, isakmp__span(copy, n));
    walk_msg(&msg);
    msg.raw.p = datagram;
    free(copy);
    return rc;
}

static void assert_malformed(unsigned detail)
{
    assert_int_equal(parse(length), ISAKMP_E_MALFORMED);
    assert_int_equal(msg.detail, detail);
}

static void assert_well_formed(unsigned count)
{
    assert_int_equal(parse(length), ISAKMP_OK);
    assert_int_equal(msg.detail, ISAKMP_D_NONE);
    assert_int_equal(msg.count, count);
    assert_int_equal(msg.end, length);
}

/* ---- The header --------------------------------------------------------------------------- */

static void header_fields(void **state)
{
    static const char hex[] = "0102030405060708 1112131415161718 0d 15 20 05 a1b2c3d4 0000001c";
    isakmp_header h;
    (void)state;
    length = bytes_hex(datagram, sizeof datagram, hex);
    assert_int_equal(isakmp_header_read(&h, isakmp__span(datagram, length)), ISAKMP_OK);
    assert_memory_equal(h.cky_i, "\1\2\3\4\5\6\7\10", 8);
    assert_memory_equal(h.cky_r, "\x11\x12\x13\x14\x15\x16\x17\x18", 8);
    assert_int_equal(h.next, 13);
    assert_int_equal(h.version, 0x15);
    assert_int_equal(h.exchange, ISAKMP_EXCH_QUICK);
    assert_int_equal(h.flags, ISAKMP_FLAG_ENCRYPTION | ISAKMP_FLAG_AUTH_ONLY);
    assert_int_equal(h.msg_id, 0xa1b2c3d4);
    assert_int_equal(h.length, 28);
}

/* T-01 */
static void shorter_than_a_header(void **state)
{
    (void)state;
    begin(0);
    for (length = 0; length < ISAKMP_HEADER_SIZE; length++) {
        isakmp_header h;
        uint8_t *copy = bytes_copy(isakmp__span(datagram, length));
        assert_int_equal(isakmp_header_read(&h, isakmp__span(copy, length)), ISAKMP_E_MALFORMED);
        free(copy);
        assert_malformed(ISAKMP_D_SHORT);
        assert_int_equal(msg.count, 0);
    }
    assert_int_equal(isakmp_msg_parse(&msg, isakmp__span(NULL, 0)), ISAKMP_E_MALFORMED);
    assert_int_equal(isakmp_msg_index(&msg), ISAKMP_E_MALFORMED);
    assert_int_equal(msg.detail, ISAKMP_D_SHORT);
}

/* T-01, T-08 */
static void length_field_must_be_exact(void **state)
{
    static const uint32_t wrong[] = {0,          1,          27,         29,         60,
                                     65535,      65536,      65564,      0x1000001c, 0x7fffffff,
                                     0x80000000, 0x8000001c, 0xffffff00, 0xfffffffe, 0xffffffff};
    (void)state;
    begin(0);
    assert_well_formed(0);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        put_length(wrong[i]);
        assert_malformed(ISAKMP_D_LENGTH);
        datagram[19] = ISAKMP_FLAG_ENCRYPTION; /* also where nothing else is looked at */
        assert_malformed(ISAKMP_D_LENGTH);
        datagram[19] = 0;
    }
}

/* T-01 */
static void only_major_version_1(void **state)
{
    (void)state;
    begin(0);
    for (unsigned version = 0; version < 256; version++) {
        datagram[17] = (uint8_t)version;
        if (version >> 4 == 1)
            assert_well_formed(0);
        else
            assert_malformed(ISAKMP_D_VERSION);
        assert_int_equal(msg.h.version, version);
    }
}

static void more_than_a_datagram(void **state)
{
    (void)state;
    begin(0);
    length = 65536;
    put_length(65536);
    assert_malformed(ISAKMP_D_LENGTH);
    datagram[16] = ISAKMP_PAYLOAD_NONCE; /* and if the caller goes on all the same */
    isakmp__put16(datagram + 30, 65535);
    msg.h.next = ISAKMP_PAYLOAD_NONCE;
    assert_int_equal(isakmp_msg_index(&msg), ISAKMP_E_MALFORMED);
    assert_int_equal(msg.detail, ISAKMP_D_LENGTH);
    assert_int_equal(msg.count, 0);
}

/* ---- The chain of payloads ---------------------------------------------------------------- */

static void indexes_every_payload(void **state)
{
    isakmp_span body;
    (void)state;
    begin(ISAKMP_PAYLOAD_VENDOR_ID);
    append(ISAKMP_PAYLOAD_NONCE, 4 + 3, 3);
    memcpy(datagram + length - 3, "abc", 3);
    append(ISAKMP_PAYLOAD_VENDOR_ID, 4 + 2, 2);
    append(0, 4, 0);
    assert_well_formed(3);
    assert_int_equal(msg.pl[0].type, ISAKMP_PAYLOAD_VENDOR_ID);
    assert_int_equal(msg.pl[1].type, ISAKMP_PAYLOAD_NONCE);
    assert_int_equal(msg.pl[2].type, ISAKMP_PAYLOAD_VENDOR_ID);
    assert_span_equal(isakmp_msg_body(&msg, 0), bytes_text("abc"));
    assert_span_equal(isakmp_msg_find(&msg, ISAKMP_PAYLOAD_VENDOR_ID, 0), bytes_text("abc"));
    body = isakmp_msg_find(&msg, ISAKMP_PAYLOAD_VENDOR_ID, 1);
    assert_non_null(body.p); /* there, and empty */
    assert_int_equal(body.n, 0);
    assert_null(isakmp_msg_find(&msg, ISAKMP_PAYLOAD_VENDOR_ID, 2).p);
    assert_null(isakmp_msg_find(&msg, ISAKMP_PAYLOAD_SA, 0).p);
    assert_int_equal(isakmp_msg_find(&msg, ISAKMP_PAYLOAD_NONCE, 0).n, 2);
}

static void reserved_octets_are_kept(void **state)
{
    (void)state;
    begin(ISAKMP_PAYLOAD_NONCE);
    append(0, 12, 8);
    datagram[29] = 0xee;
    assert_well_formed(1);
    assert_int_equal(msg.pl[0].reserved, 0xee);
}

/* T-06: a length that does not even cover the generic header, as every payload of three. */
static void payload_length_0_to_3(void **state)
{
    (void)state;
    for (uint16_t n = 0; n < 4; n++)
        for (unsigned at = 0; at < 3; at++) {
            begin(ISAKMP_PAYLOAD_NONCE);
            for (unsigned i = 0; i < 3; i++)
                append(i < 2 ? ISAKMP_PAYLOAD_NONCE : 0, i == at ? n : 12, 8);
            assert_malformed(ISAKMP_D_MALFORMED);
            assert_int_equal(msg.count, at);
            assert_int_equal(msg.end, 28 + 12 * at);
        }
}

static void payload_longer_than_the_message(void **state)
{
    static const uint16_t too_long[] = {13, 14, 255, 256, 4096, 32767, 32768, 65534, 65535};
    (void)state;
    for (size_t i = 0; i < sizeof too_long / sizeof too_long[0]; i++) {
        begin(ISAKMP_PAYLOAD_NONCE);
        append(0, too_long[i], 8);
        assert_malformed(ISAKMP_D_MALFORMED);
        assert_int_equal(msg.count, 0);
    }
}

static void octets_after_the_last_payload(void **state)
{
    (void)state;
    for (size_t extra = 1; extra <= 8; extra++) {
        begin(ISAKMP_PAYLOAD_NONCE);
        append(0, 12, 8);
        length += extra;
        put_length((uint32_t)length);
        assert_malformed(ISAKMP_D_MALFORMED);
        assert_int_equal(msg.count, 1);
        assert_int_equal(msg.end, 40);
    }
}

static void chain_that_promises_more(void **state)
{
    (void)state;
    for (size_t left = 0; left < 4; left++) {
        begin(ISAKMP_PAYLOAD_NONCE);
        append(ISAKMP_PAYLOAD_NONCE, 12, 8);
        length += left;
        put_length((uint32_t)length);
        assert_malformed(ISAKMP_D_MALFORMED);
        assert_int_equal(msg.count, 1);
    }
}

/* T-13: counted before it is stored. */
static void number_of_payloads(void **state)
{
    static const unsigned counts[] = {0, 1, 31, 32, 33, 64, 255, 256, 257, 1000};
    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        unsigned n = counts[i];
        begin(n ? ISAKMP_PAYLOAD_VENDOR_ID : 0);
        for (unsigned k = 1; k <= n; k++)
            append(k < n ? ISAKMP_PAYLOAD_VENDOR_ID : 0, 4, 0);
        if (n <= ISAKMP_MAX_PAYLOADS) {
            assert_well_formed(n);
        } else {
            assert_malformed(ISAKMP_D_TOO_MANY_PAYLOADS);
            assert_int_equal(msg.count, ISAKMP_MAX_PAYLOADS);
        }
    }
}

/* ---- Types -------------------------------------------------------------------------------- */

static int never_stands_alone(unsigned type)
{
    return type == ISAKMP_PAYLOAD_PROPOSAL || type == ISAKMP_PAYLOAD_TRANSFORM;
}

/* T-03, T-04: every type in every position.  A type that nobody knows is indexed under its own
 * number and is found under no other. */
static void types_never_alias(void **state)
{
    (void)state;
    for (unsigned type = 1; type < 256; type++)
        for (unsigned at = 0; at < 3; at++) {
            uint8_t t[4] = {250, 250, 250, 0};
            t[at] = (uint8_t)type;
            begin(t[0]);
            for (unsigned i = 0; i < 3; i++)
                append(t[i + 1], 4 + 40, 40);
            if (never_stands_alone(type)) {
                assert_malformed(ISAKMP_D_MALFORMED);
                assert_int_equal(msg.count, at);
                continue;
            }
            assert_well_formed(3);
            for (unsigned other = 0; other < 256; other++)
                assert_int_equal(isakmp_msg_find(&msg, (uint8_t)other, 0).p != NULL,
                                 other == type || other == 250);
            assert_int_equal(msg.pl[at].type, type);
        }
}

/* T-04: the payload numbers of IKEv2 have no minimum and no reader: they are octets. */
static void payloads_of_ikev2_are_unknown(void **state)
{
    (void)state;
    for (uint8_t type = 33; type <= 53; type++) {
        char text[2000], expected[40];
        begin(type);
        append(0, 4 + 3, 3);
        assert_well_formed(1);
        assert_null(isakmp_name(ISAKMP_REG_PAYLOAD, type));
        isakmp_dump(text, sizeof text, &msg);
        snprintf(expected, sizeof expected, "\n  payload %u: 3 octets 000000\n", type);
        assert_non_null(strstr(text, expected));
    }
}

typedef struct minimum {
    uint8_t type, least;
} minimum;

/* The least body of every payload that has fixed fields [RFC2408 3.4 to 3.16, RFC3947 5.2], and of
 * two that nobody knows. */
static const minimum minima[] = {{ISAKMP_PAYLOAD_SA, 8},
                                 {ISAKMP_PAYLOAD_KE, 1},
                                 {ISAKMP_PAYLOAD_ID, 4},
                                 {ISAKMP_PAYLOAD_CERT, 1},
                                 {ISAKMP_PAYLOAD_CERT_REQ, 1},
                                 {ISAKMP_PAYLOAD_HASH, 1},
                                 {ISAKMP_PAYLOAD_SIG, 1},
                                 {ISAKMP_PAYLOAD_NONCE, 1},
                                 {ISAKMP_PAYLOAD_NOTIFY, 8},
                                 {ISAKMP_PAYLOAD_DELETE, 8},
                                 {ISAKMP_PAYLOAD_VENDOR_ID, 0},
                                 {ISAKMP_PAYLOAD_ATTRIBUTE, 4},
                                 {ISAKMP_PAYLOAD_NATD, 1},
                                 {ISAKMP_PAYLOAD_NATOA, 8},
                                 {ISAKMP_PAYLOAD_NATD_DRAFT_00, 1},
                                 {ISAKMP_PAYLOAD_NATOA_DRAFT_00, 8},
                                 {ISAKMP_PAYLOAD_FRAGMENT, 5},
                                 {33, 0},
                                 {250, 0}};

static void bodies_have_a_least_length(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof minima / sizeof minima[0]; i++)
        for (size_t n = 0; n < 12; n++) {
            begin(minima[i].type);
            append(0, (uint16_t)(4 + n), n);
            if (n < minima[i].least)
                assert_malformed(ISAKMP_D_MALFORMED);
            else
                assert_well_formed(1);
        }
}

/* ---- Encryption --------------------------------------------------------------------------- */

static void ciphertext_is_not_looked_at(void **state)
{
    (void)state;
    begin(ISAKMP_PAYLOAD_HASH);
    datagram[19] = ISAKMP_FLAG_ENCRYPTION;
    length = 100;
    put_length(100);
    memset(datagram + 28, 0xff, 72);
    assert_int_equal(parse(length), ISAKMP_OK);
    assert_int_equal(msg.count, 0);
    assert_int_equal(isakmp_msg_index(&msg), ISAKMP_E_MALFORMED);
}

/* What follows the last payload of a decrypted message is padding, whatever it holds. */
static void padding_is_not_looked_at(void **state)
{
    (void)state;
    for (size_t pad = 0; pad < 20; pad++) {
        begin(ISAKMP_PAYLOAD_HASH);
        append(ISAKMP_PAYLOAD_NONCE, 4 + 20, 20);
        append(0, 4 + 8, 8);
        memset(datagram + length, 0xa5, pad);
        length += pad;
        put_length((uint32_t)length);
        datagram[19] = ISAKMP_FLAG_ENCRYPTION;
        assert_int_equal(parse(length), ISAKMP_OK);
        assert_int_equal(isakmp_msg_index(&msg), ISAKMP_OK);
        assert_int_equal(msg.count, 2);
        assert_int_equal(msg.end, length - pad);
        assert_int_equal(isakmp_msg_index(&msg), ISAKMP_OK); /* any number of times */
        assert_int_equal(msg.count, 2);
    }
}

static void indexing_anew_forgets_the_first_index(void **state)
{
    (void)state;
    begin(ISAKMP_PAYLOAD_NONCE);
    append(0, 12, 8);
    assert_well_formed(1);
    msg.h.next = 0;
    assert_int_equal(isakmp_msg_index(&msg), ISAKMP_OK);
    assert_int_equal(msg.count, 0);
    assert_int_equal(msg.end, ISAKMP_HEADER_SIZE);
}

/* ---- Properties --------------------------------------------------------------------------- */

static void what_is_written_is_read_back(void **state)
{
    uint64_t seed = 20;
    size_t written = 0;
    (void)state;
    for (int i = 0; i < 5000; i++) {
        uint8_t choices[600];
        size_t n = bytes_random(&seed) % sizeof choices;
        bytes_fill(&seed, choices, n);
        written += rt_run(isakmp__span(choices, n), datagram, 8192) > 0;
    }
    assert_int_equal(written, 5000);
}

static void what_does_not_fit_is_not_written(void **state)
{
    uint64_t seed = 21;
    uint8_t choices[600];
    size_t full;
    (void)state;
    bytes_fill(&seed, choices, sizeof choices);
    choices[RT_COUNT_AT] = RT_PAYLOADS;
    full = rt_run(isakmp__span(choices, sizeof choices), datagram, 8192);
    assert_true(full > 200);
    for (size_t cap = 0; cap < full; cap++) {
        uint8_t *buf = malloc(cap ? cap : 1);
        assert_int_equal(rt_run(isakmp__span(choices, sizeof choices), buf, cap), 0);
        free(buf);
    }
}

/* A message cut anywhere, with the length field as it was and as it then must be. */
static void every_truncation(void **state)
{
    uint64_t seed = 22;
    (void)state;
    for (int i = 0; i < RT_PAYLOADS; i++) {
        uint8_t choices[600], whole[8192];
        size_t full;
        bytes_fill(&seed, choices, sizeof choices);
        choices[RT_COUNT_AT] = (uint8_t)(1 + i);
        full = rt_run(isakmp__span(choices, sizeof choices), whole, sizeof whole);
        assert_true(full > 0);
        for (size_t n = 0; n < full; n++) {
            memcpy(datagram, whole, full);
            assert_int_equal(parse(n), ISAKMP_E_MALFORMED);
            if (n < ISAKMP_HEADER_SIZE)
                continue;
            put_length((uint32_t)n);
            assert_int_equal(parse(n), ISAKMP_E_MALFORMED);
            assert_true(msg.count < choices[RT_COUNT_AT]);
        }
    }
}

/* One octet of a good message changed to anything: it is read or refused, never overread. */
static void every_octet_changed(void **state)
{
    static const uint8_t values[] = {0, 1, 3, 4, 0x7f, 0x80, 0xfe, 0xff};
    uint64_t seed = 23;
    (void)state;
    for (int i = 0; i < 4; i++) {
        uint8_t choices[300];
        bytes_fill(&seed, choices, sizeof choices);
        choices[RT_COUNT_AT] = 6;
        length = rt_run(isakmp__span(choices, sizeof choices), datagram, 8192);
        for (size_t at = 0; at < length; at++)
            for (size_t v = 0; v < sizeof values; v++) {
                uint8_t before = datagram[at];
                datagram[at] = values[v];
                (void)parse(length);
                datagram[at] = before;
            }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_fields),
        cmocka_unit_test(shorter_than_a_header),
        cmocka_unit_test(length_field_must_be_exact),
        cmocka_unit_test(only_major_version_1),
        cmocka_unit_test(more_than_a_datagram),
        cmocka_unit_test(indexes_every_payload),
        cmocka_unit_test(reserved_octets_are_kept),
        cmocka_unit_test(payload_length_0_to_3),
        cmocka_unit_test(payload_longer_than_the_message),
        cmocka_unit_test(octets_after_the_last_payload),
        cmocka_unit_test(chain_that_promises_more),
        cmocka_unit_test(number_of_payloads),
        cmocka_unit_test(types_never_alias),
        cmocka_unit_test(payloads_of_ikev2_are_unknown),
        cmocka_unit_test(bodies_have_a_least_length),
        cmocka_unit_test(ciphertext_is_not_looked_at),
        cmocka_unit_test(padding_is_not_looked_at),
        cmocka_unit_test(indexing_anew_forgets_the_first_index),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(what_does_not_fit_is_not_written),
        cmocka_unit_test(every_truncation),
        cmocka_unit_test(every_octet_changed),
    };
    return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
