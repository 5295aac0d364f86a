/* test_cursor.c -- the reader never reads beyond its end and remembers that it wanted to; the
 * writer never writes beyond its buffer and its length fields and chains are right. */
#include "unit/bytes.h"

/* ---- Reader ------------------------------------------------------------------------------- */

static void reads_in_network_order(void **state)
{
    static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    isakmp_reader r = isakmp_rd(isakmp__span(bytes, sizeof bytes));
    (void)state;
    assert_int_equal(isakmp_rd_left(&r), 9);
    assert_int_equal(isakmp_rd_u8(&r), 0x01);
    assert_int_equal(isakmp_rd_u16(&r), 0x0203);
    assert_int_equal(isakmp_rd_u32(&r), 0x04050607);
    assert_int_equal(isakmp_rd_left(&r), 2);
    assert_ptr_equal(isakmp_rd_bytes(&r, 2).p, bytes + 7);
    assert_int_equal(isakmp_rd_left(&r), 0);
    assert_int_equal(r.fault, 0);
}

/* What each primitive needs, and a call of it that must fail. */
static int reads_zero(isakmp_reader *r, int what)
{
    switch (what) {
    case 1:
        return isakmp_rd_u8(r) == 0;
    case 2:
        return isakmp_rd_u16(r) == 0;
    default:
        return isakmp_rd_u32(r) == 0;
    }
}

static void a_fault_sticks(void **state)
{
    uint8_t *bytes = bytes_copy(bytes_text("\xff\xff\xff"));
    (void)state;
    for (int what = 1; what <= 4; what *= 2)
        for (int n = 0; n < what; n++) {
            isakmp_reader r = isakmp_rd(isakmp__span(bytes + 3 - n, (size_t)n));
            assert_true(reads_zero(&r, what));
            assert_int_equal(r.fault, 1);
            assert_int_equal(isakmp_rd_left(&r), 0);
            assert_int_equal(isakmp_rd_u8(&r), 0); /* although there may be one left */
            assert_int_equal(isakmp_rd_u16(&r), 0);
            assert_int_equal(isakmp_rd_u32(&r), 0);
            assert_int_equal(isakmp_rd_bytes(&r, 0).n, 0);
            assert_int_equal(r.fault, 1);
        }
    free(bytes);
}

static void no_bytes_can_be_read(void **state)
{
    isakmp_reader r = isakmp_rd(isakmp__span(NULL, 0));
    (void)state;
    assert_int_equal(isakmp_rd_left(&r), 0);
    assert_int_equal(isakmp_rd_bytes(&r, 0).n, 0);
    assert_int_equal(r.fault, 0);
    assert_int_equal(isakmp_rd_u8(&r), 0);
    assert_int_equal(r.fault, 1);
}

static void lengths_that_would_wrap(void **state)
{
    static const uint8_t bytes[4];
    static const size_t lengths[] = {5, SIZE_MAX, SIZE_MAX - 3, (size_t)1 << 31};
    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        isakmp_reader r = isakmp_rd(isakmp__span(bytes, sizeof bytes));
        isakmp_span s = isakmp_rd_bytes(&r, lengths[i]);
        assert_null(s.p);
        assert_int_equal(s.n, 0);
        assert_int_equal(r.fault, 1);
    }
}

/* ---- Writer ------------------------------------------------------------------------------- */

static const isakmp_header header = {{1, 2, 3, 4, 5, 6, 7, 8},
                                     {9, 10, 11, 12, 13, 14, 15, 16},
                                     99,
                                     0x10,
                                     ISAKMP_EXCH_MAIN,
                                     ISAKMP_FLAG_COMMIT,
                                     0x01020304,
                                     12345};

/* A message with everything that the writer links and counts. */
static int write_message(isakmp_writer *w)
{
    isakmp_notify n = {1, 1, ISAKMP_N_CONNECTED, bytes_text("spi"), bytes_text("data")};
    size_t sa, proposal, transform;
    isakmp_wr_header(w, &header);
    sa = isakmp_wr_sa(w, ISAKMP_DOI_IPSEC, ISAKMP_SIT_IDENTITY_ONLY);
    for (uint8_t p = 1; p <= 2; p++) {
        proposal = isakmp_wr_proposal(w, p, ISAKMP_PROTO_ESP, bytes_text("abcd"));
        for (uint8_t t = 1; t <= 2; t++) {
            transform = isakmp_wr_transform(w, t, 12);
            isakmp_wr_attr(w, 6, 128);
            isakmp_wr_attr(w, 2, 65536);
            isakmp_wr_attr_bytes(w, 2, bytes_text("xyz"));
            isakmp_wr_close(w, transform);
        }
        isakmp_wr_close(w, proposal);
    }
    isakmp_wr_close(w, sa);
    isakmp_wr_payload(w, ISAKMP_PAYLOAD_NONCE, bytes_text("nonce"));
    isakmp_wr_notify(w, &n);
    return isakmp_wr_end(w);
}

static const char message_hex[] = "0102030405060708 090a0b0c0d0e0f10 01100202 01020304 000000c8"
                                  "0a000090 00000001 00000001"
                                  "02000042 01030402 61626364"
                                  "0300001b 010c0000 80060080 0002000400010000 0002000378797a"
                                  "0000001b 020c0000 80060080 0002000400010000 0002000378797a"
                                  "00000042 02030402 61626364"
                                  "0300001b 010c0000 80060080 0002000400010000 0002000378797a"
                                  "0000001b 020c0000 80060080 0002000400010000 0002000378797a"
                                  "0b000009 6e6f6e6365"
                                  "00000013 00000001 01034000 737069 64617461";

static void writes_what_the_rfc_draws(void **state)
{
    uint8_t expected[512], buf[512];
    size_t n = bytes_hex(expected, sizeof expected, message_hex);
    isakmp_writer w;
    (void)state;
    isakmp_wr_init(&w, buf, sizeof buf);
    assert_int_equal(write_message(&w), ISAKMP_OK);
    assert_span_equal(isakmp__span(buf, w.len), isakmp__span(expected, n));
}

static void every_size_of_buffer(void **state)
{
    uint8_t whole[512];
    isakmp_writer w;
    size_t full;
    (void)state;
    isakmp_wr_init(&w, whole, sizeof whole);
    assert_int_equal(write_message(&w), ISAKMP_OK);
    full = w.len;
    for (size_t cap = 0; cap <= full; cap++) {
        uint8_t *buf = malloc(cap ? cap : 1);
        isakmp_wr_init(&w, buf, cap);
        assert_int_equal(write_message(&w), cap < full ? ISAKMP_E_SPACE : ISAKMP_OK);
        assert_true(w.len <= cap);
        assert_int_equal(w.fault, cap < full);
        free(buf);
    }
}

static void a_writer_without_a_header_cannot_end(void **state)
{
    (void)state;
    for (size_t n = 0; n < ISAKMP_HEADER_SIZE; n++) {
        uint8_t *buf = malloc(n + 1);
        isakmp_writer w;
        isakmp_wr_init(&w, buf, n);
        for (size_t i = 0; i < n; i++)
            isakmp_wr_u8(&w, 0);
        assert_int_equal(isakmp_wr_end(&w), ISAKMP_E_SPACE);
        free(buf);
    }
}

/* Payloads by themselves are a chain, too, and nothing before them is touched. */
static void payloads_without_a_header(void **state)
{
    static const char *const hex[] = {"0a000005 61 00000005 62", "7777 0a000005 61 00000005 62"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        uint8_t buf[32], expected[32];
        size_t n = bytes_hex(expected, sizeof expected, hex[i]);
        isakmp_writer w;
        isakmp_wr_init(&w, buf, sizeof buf);
        if (i)
            isakmp_wr_u16(&w, 0x7777);
        isakmp_wr_payload(&w, ISAKMP_PAYLOAD_KE, bytes_text("a"));
        isakmp_wr_payload(&w, ISAKMP_PAYLOAD_NONCE, bytes_text("b"));
        assert_int_equal(w.fault, 0);
        assert_span_equal(isakmp__span(buf, w.len), isakmp__span(expected, n));
    }
}

static void writes_in_network_order(void **state)
{
    uint8_t buf[9];
    static const uint8_t expected[9] = {1, 2, 3, 4, 5, 6, 7, 'x', 'y'};
    isakmp_writer w;
    (void)state;
    isakmp_wr_init(&w, buf, sizeof buf);
    isakmp_wr_u8(&w, 1);
    isakmp_wr_u16(&w, 0x0203);
    isakmp_wr_u32(&w, 0x04050607);
    isakmp_wr_bytes(&w, bytes_text("xy"));
    assert_int_equal(w.fault, 0);
    assert_memory_equal(buf, expected, sizeof expected);
    isakmp_wr_bytes(&w, isakmp__span(NULL, 0));
    assert_int_equal(w.fault, 0);
    isakmp_wr_u8(&w, 8);
    assert_int_equal(w.fault, 1);
    assert_int_equal(w.len, 9);
}

static void an_attribute_is_basic_if_it_fits(void **state)
{
    static const struct {
        uint32_t value;
        const char *hex;
    } cases[] = {{0, "800b0000"},
                 {1, "800b0001"},
                 {65535, "800bffff"},
                 {65536, "000b000400010000"},
                 {UINT32_MAX, "000b0004ffffffff"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t buf[16], expected[16];
        size_t n = bytes_hex(expected, sizeof expected, cases[i].hex);
        isakmp_writer w;
        isakmp_wr_init(&w, buf, sizeof buf);
        isakmp_wr_attr(&w, 11, cases[i].value);
        assert_span_equal(isakmp__span(buf, w.len), isakmp__span(expected, n));
    }
}

static uint8_t big[200000], zeroes[70000];

static isakmp_writer begin(void)
{
    isakmp_writer w;
    isakmp_wr_init(&w, big, sizeof big);
    isakmp_wr_header(&w, &header);
    return w;
}

/* What the fields of the wire cannot say is a fault, never a number cut to fit. */
static void what_the_fields_cannot_say(void **state)
{
    isakmp_writer w = begin();
    isakmp_notify n = {1, 1, 1, {zeroes, 256}, {NULL, 0}};
    isakmp_delete d = {1, 3, 4, 3, {zeroes, 11}};
    (void)state;
    isakmp_wr_payload(&w, ISAKMP_PAYLOAD_KE, isakmp__span(zeroes, 65535 - 3));
    assert_int_equal(w.fault, 1); /* a payload of 65,536 octets */
    w = begin();
    isakmp_wr_payload(&w, ISAKMP_PAYLOAD_KE, isakmp__span(zeroes, 65535 - 4));
    assert_int_equal(w.fault, 0);
    w = begin();
    isakmp_wr_attr_bytes(&w, 1, isakmp__span(zeroes, 65535));
    assert_int_equal(w.fault, 0);
    w = begin();
    isakmp_wr_attr_bytes(&w, 1, isakmp__span(zeroes, 65536));
    assert_int_equal(w.fault, 1);
    w = begin();
    isakmp_wr_attr(&w, 0x8001, 65536); /* would be read as basic */
    assert_int_equal(w.fault, 1);
    w = begin();
    isakmp_wr_attr_bytes(&w, 0x8001, isakmp__span(zeroes, 1));
    assert_int_equal(w.fault, 1);
    w = begin();
    isakmp_wr_proposal(&w, 1, 3, isakmp__span(zeroes, 255));
    assert_int_equal(w.fault, 0);
    w = begin();
    isakmp_wr_proposal(&w, 1, 3, isakmp__span(zeroes, 256));
    assert_int_equal(w.fault, 1);
    w = begin();
    isakmp_wr_notify(&w, &n);
    assert_int_equal(w.fault, 1);
    n.spi.n = 255;
    w = begin();
    isakmp_wr_notify(&w, &n);
    assert_int_equal(w.fault, 0);
    w = begin();
    isakmp_wr_delete(&w, &d); /* 11 octets are not 3 times 4 */
    assert_int_equal(w.fault, 1);
}

static void a_message_is_at_most_65535_octets(void **state)
{
    isakmp_writer w = begin();
    isakmp_msg m;
    (void)state;
    isakmp_wr_payload(&w, ISAKMP_PAYLOAD_KE, isakmp__span(zeroes, 65535 - 28 - 4));
    assert_int_equal(isakmp_wr_end(&w), ISAKMP_OK);
    assert_int_equal(w.len, 65535);
    assert_int_equal(isakmp_msg_parse(&m, isakmp__span(big, w.len)), ISAKMP_OK);
    assert_int_equal(m.end, 65535);
    isakmp_wr_payload(&w, ISAKMP_PAYLOAD_KE, isakmp__span(zeroes, 1));
    assert_int_equal(isakmp_wr_end(&w), ISAKMP_E_SPACE);
}

static void transforms_are_counted_up_to_255(void **state)
{
    isakmp_writer w = begin();
    size_t sa = isakmp_wr_sa(&w, ISAKMP_DOI_IPSEC, ISAKMP_SIT_IDENTITY_ONLY);
    size_t proposal = isakmp_wr_proposal(&w, 1, ISAKMP_PROTO_ISAKMP, isakmp__span(NULL, 0));
    (void)state;
    for (int i = 1; i <= 256; i++) {
        isakmp_wr_close(&w, isakmp_wr_transform(&w, (uint8_t)i, ISAKMP_KEY_IKE));
        assert_int_equal(w.fault, i == 256);
        if (i <= 255)
            assert_int_equal(big[proposal + 7], i);
    }
    isakmp_wr_close(&w, proposal);
    isakmp_wr_close(&w, sa);
    assert_int_equal(isakmp_wr_end(&w), ISAKMP_E_SPACE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_in_network_order),
        cmocka_unit_test(a_fault_sticks),
        cmocka_unit_test(no_bytes_can_be_read),
        cmocka_unit_test(lengths_that_would_wrap),
        cmocka_unit_test(writes_what_the_rfc_draws),
        cmocka_unit_test(every_size_of_buffer),
        cmocka_unit_test(a_writer_without_a_header_cannot_end),
        cmocka_unit_test(payloads_without_a_header),
        cmocka_unit_test(writes_in_network_order),
        cmocka_unit_test(an_attribute_is_basic_if_it_fits),
        cmocka_unit_test(what_the_fields_cannot_say),
        cmocka_unit_test(a_message_is_at_most_65535_octets),
        cmocka_unit_test(transforms_are_counted_up_to_255),
    };
    return cmocka_run_group_tests_name("cursor", tests, NULL, NULL);
}
