/* test_payloads.c -- the payloads with a structure: every body from none to long enough, lengths
 * inside that contradict the body, and what the writers make of values that are not there. */
#include "unit/bytes.h"

typedef union any {
    isakmp_id id;
    isakmp_cert cert;
    isakmp_notify notify;
    isakmp_delete del;
    isakmp_cfg cfg;
    isakmp_natoa natoa;
    isakmp_fragment fragment;
} any;

/* Read the first n octets of a body, in a block of their own, as one kind of payload.  The spans of
 * the result point into `body`. */
enum {
    ID,
    CERT,
    NOTIFY,
    DELETE,
    CFG,
    NATOA,
    FRAGMENT,
    KINDS
};

static int read_as(any *out, int kind, isakmp_span body)
{
    switch (kind) {
    case ID:
        return isakmp_id_read(&out->id, body);
    case CERT:
        return isakmp_cert_read(&out->cert, body);
    case NOTIFY:
        return isakmp_notify_read(&out->notify, body);
    case DELETE:
        return isakmp_delete_read(&out->del, body);
    case CFG:
        return isakmp_cfg_read(&out->cfg, body);
    case NATOA:
        return isakmp_natoa_read(&out->natoa, body);
    default:
        return isakmp_fragment_read(&out->fragment, body);
    }
}

/* T-75, T-76 and the like: from nothing to more than the fixed fields. */
static void every_short_body(void **state)
{
    static const size_t fixed[KINDS] = {4, 1, 8, 8, 4, 4, 4};
    static const uint8_t zeroes[16];
    (void)state;
    for (int kind = 0; kind < KINDS; kind++)
        for (size_t n = 0; n <= 8; n++) {
            uint8_t *copy = bytes_copy(isakmp__span(zeroes, n));
            any out;
            int rc = read_as(&out, kind, isakmp__span(copy, n));
            assert_int_equal(rc, n < fixed[kind] ? ISAKMP_E_MALFORMED : ISAKMP_OK);
            free(copy);
        }
}

static void identification(void **state)
{
    static const uint8_t body[] = {ISAKMP_ID_FQDN, 17, 0x01, 0xf4, 'g', 'w'};
    isakmp_id id;
    (void)state;
    assert_int_equal(isakmp_id_read(&id, isakmp__span(body, sizeof body)), ISAKMP_OK);
    assert_int_equal(id.type, ISAKMP_ID_FQDN);
    assert_int_equal(id.proto, 17);
    assert_int_equal(id.port, 500);
    assert_span_equal(id.data, bytes_text("gw"));
}

static void certificate(void **state)
{
    static const uint8_t body[] = {ISAKMP_CERT_X509_SIG, 0x30, 0x82};
    isakmp_cert c;
    (void)state;
    assert_int_equal(isakmp_cert_read(&c, isakmp__span(body, 3)), ISAKMP_OK);
    assert_int_equal(c.encoding, ISAKMP_CERT_X509_SIG);
    assert_int_equal(c.data.n, 2);
    assert_int_equal(isakmp_cert_read(&c, isakmp__span(body, 1)), ISAKMP_OK);
    assert_int_equal(c.data.n, 0); /* a request for any authority */
}

static void notification(void **state)
{
    uint8_t body[64];
    size_t n = bytes_hex(body, sizeof body, "00000001 03 04 6002 aabbccdd 0102");
    isakmp_notify out;
    (void)state;
    assert_int_equal(isakmp_notify_read(&out, isakmp__span(body, n)), ISAKMP_OK);
    assert_int_equal(out.doi, 1);
    assert_int_equal(out.protocol, ISAKMP_PROTO_ESP);
    assert_int_equal(out.type, ISAKMP_N_INITIAL_CONTACT);
    assert_span_equal(out.spi, isakmp__span(body + 8, 4));
    assert_span_equal(out.data, isakmp__span(body + 12, 2));
}

/* The size of the SPI against what is there, all 256 of them. */
static void notify_spi_sizes(void **state)
{
    uint8_t body[8 + 20] = {0, 0, 0, 1, 1};
    (void)state;
    for (unsigned size = 0; size < 256; size++)
        for (size_t n = 8; n <= sizeof body; n++) {
            isakmp_notify out;
            uint8_t *copy;
            body[5] = (uint8_t)size;
            copy = bytes_copy(isakmp__span(body, n));
            assert_int_equal(isakmp_notify_read(&out, isakmp__span(copy, n)),
                             size <= n - 8 ? ISAKMP_OK : ISAKMP_E_MALFORMED);
            if (size <= n - 8) {
                assert_int_equal(out.spi.n, size);
                assert_int_equal(out.data.n, n - 8 - size);
            }
            free(copy);
        }
}

/* T-07: the number of SPIs and their size against what is there. */
static void delete_count_times_size(void **state)
{
    static const uint16_t counts[] = {0, 1, 2, 3, 4, 5, 255, 256, 4096, 16384, 32768, 65535};
    static const uint8_t sizes[] = {0, 1, 2, 4, 8, 16, 64, 255};
    uint8_t body[8 + 70] = {0, 0, 0, 1, 3};
    (void)state;
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++)
        for (size_t s = 0; s < sizeof sizes; s++)
            for (size_t n = 8; n <= sizeof body; n++) {
                size_t right = (size_t)counts[c] * sizes[s];
                isakmp_delete d;
                uint8_t *copy;
                body[5] = sizes[s];
                isakmp__put16(body + 6, counts[c]);
                copy = bytes_copy(isakmp__span(body, n));
                assert_int_equal(isakmp_delete_read(&d, isakmp__span(copy, n)),
                                 right == n - 8 ? ISAKMP_OK : ISAKMP_E_MALFORMED);
                if (right == n - 8) {
                    assert_int_equal(d.count, counts[c]);
                    assert_int_equal(d.spis.n, right);
                }
                free(copy);
            }
}

static void delete_gives_each_spi(void **state)
{
    uint8_t body[64];
    size_t n = bytes_hex(body, sizeof body, "00000001 03 04 0003 aabbccdd 11223344 55667788");
    isakmp_delete d;
    (void)state;
    assert_int_equal(isakmp_delete_read(&d, isakmp__span(body, n)), ISAKMP_OK);
    for (unsigned i = 0; i < 3; i++)
        assert_span_equal(isakmp_delete_spi(&d, i), isakmp__span(body + 8 + 4 * i, 4));
}

static void delete_of_spis_without_octets(void **state)
{
    static const uint8_t body[] = {0, 0, 0, 1, 3, 0, 0xff, 0xff};
    isakmp_delete d;
    (void)state;
    assert_int_equal(isakmp_delete_read(&d, isakmp__span(body, sizeof body)), ISAKMP_OK);
    assert_int_equal(d.count, 65535);
    assert_int_equal(isakmp_delete_spi(&d, 0).n, 0);
    assert_int_equal(isakmp_delete_spi(&d, 65534).n, 0);
}

static void mode_config(void **state)
{
    uint8_t body[64];
    size_t n = bytes_hex(body, sizeof body, "01 ff 1234 0001 0000 c089 0000");
    isakmp_cfg c;
    isakmp_attr a;
    isakmp_reader r;
    (void)state;
    assert_int_equal(isakmp_cfg_read(&c, isakmp__span(body, n)), ISAKMP_OK);
    assert_int_equal(c.type, ISAKMP_CFG_REQUEST);
    assert_int_equal(c.identifier, 0x1234);
    r = isakmp_rd(c.attrs);
    assert_int_equal(isakmp_attr_next(&r, &a), ISAKMP_OK);
    assert_int_equal(a.type, 1);
    assert_int_equal(a.data.n, 0);
    assert_int_equal(isakmp_attr_next(&r, &a), ISAKMP_OK);
    assert_int_equal(a.type, 0x4089);
    assert_int_equal(isakmp_attr_next(&r, &a), ISAKMP_NONE);
}

static void original_address(void **state)
{
    uint8_t body[64];
    size_t n = bytes_hex(body, sizeof body, "01 abcdef c0000201"); /* RESERVED holds garbage */
    isakmp_natoa oa;
    (void)state;
    assert_int_equal(isakmp_natoa_read(&oa, isakmp__span(body, n)), ISAKMP_OK);
    assert_int_equal(oa.id_type, ISAKMP_ID_IPV4_ADDR);
    assert_span_equal(oa.addr, isakmp__span(body + 4, 4));
}

static void fragment(void **state)
{
    uint8_t body[64];
    size_t n = bytes_hex(body, sizeof body, "0102 03 01 aabb");
    isakmp_fragment f;
    (void)state;
    assert_int_equal(isakmp_fragment_read(&f, isakmp__span(body, n)), ISAKMP_OK);
    assert_int_equal(f.id, 0x0102);
    assert_int_equal(f.number, 3);
    assert_int_equal(f.flags, 1);
    assert_span_equal(f.data, isakmp__span(body + 4, 2));
}

/* T-75, T-76: as payloads of a message, a fragment without data is malformed. */
static void fragment_lengths_0_to_8_in_a_message(void **state)
{
    (void)state;
    for (size_t n = 0; n <= 8; n++)
        for (uint16_t claimed = 0; claimed <= 12; claimed++) {
            uint8_t datagram[28 + 12] = {1};
            size_t length = 28 + 4 + n;
            isakmp_msg m;
            uint8_t *copy;
            datagram[16] = ISAKMP_PAYLOAD_FRAGMENT;
            datagram[17] = 0x10;
            isakmp__put32(datagram + 24, (uint32_t)length);
            isakmp__put16(datagram + 30, claimed);
            copy = bytes_copy(isakmp__span(datagram, length));
            assert_int_equal(isakmp_msg_parse(&m, isakmp__span(copy, length)),
                             claimed == 4 + n && n >= 5 ? ISAKMP_OK : ISAKMP_E_MALFORMED);
            free(copy);
        }
}

/* ---- Writers ------------------------------------------------------------------------------ */

static const char *written(void (*write)(isakmp_writer *))
{
    static char text[200];
    static const char digits[] = "0123456789abcdef";
    static const isakmp_header h = {{1}, {2}, 0, 0x10, ISAKMP_EXCH_INFO, 0, 0, 0};
    uint8_t buf[100];
    isakmp_writer w;
    size_t n = 0;
    isakmp_wr_init(&w, buf, sizeof buf);
    isakmp_wr_header(&w, &h);
    write(&w);
    assert_int_equal(isakmp_wr_end(&w), ISAKMP_OK);
    for (size_t i = ISAKMP_HEADER_SIZE; i < w.len; i++) {
        text[n++] = digits[buf[i] >> 4];
        text[n++] = digits[buf[i] & 15];
    }
    text[n] = '\0';
    return text;
}

static void write_id(isakmp_writer *w)
{
    isakmp_id id = {ISAKMP_ID_IPV4_ADDR, 17, 500, bytes_text("\xc0\x01\x02\x01")};
    isakmp_wr_id(w, &id);
}

static void write_any_cert_request(isakmp_writer *w)
{
    isakmp_cert c = {ISAKMP_CERT_X509_SIG, {NULL, 0}};
    isakmp_wr_cert(w, ISAKMP_PAYLOAD_CERT_REQ, &c);
}

static void write_bare_notify(isakmp_writer *w)
{
    isakmp_notify n = {1, 1, ISAKMP_N_PAYLOAD_MALFORMED, {NULL, 0}, {NULL, 0}};
    isakmp_wr_notify(w, &n);
}

static void write_delete(isakmp_writer *w)
{
    isakmp_delete d = {1, 3, 4, 2, bytes_text("abcdefgh")};
    isakmp_wr_delete(w, &d);
}

static void write_cfg(isakmp_writer *w)
{
    isakmp_cfg c = {ISAKMP_CFG_ACK, 7, {NULL, 0}};
    isakmp_wr_cfg(w, &c);
}

static void write_natoa(isakmp_writer *w)
{
    isakmp_natoa oa = {ISAKMP_ID_IPV4_ADDR, bytes_text("\x0a\x01\x02\x03")};
    isakmp_wr_natoa(w, ISAKMP_PAYLOAD_NATOA, &oa);
}

static void write_fragment(isakmp_writer *w)
{
    isakmp_fragment f = {1, 2, 1, bytes_text("xyz")};
    isakmp_wr_fragment(w, &f);
}

static void writers_lay_out_their_fields(void **state)
{
    (void)state;
    assert_string_equal(written(write_id), "0000000c011101f4c0010201");
    assert_string_equal(written(write_any_cert_request), "0000000504");
    assert_string_equal(written(write_bare_notify), "0000000c0000000101000010");
    assert_string_equal(written(write_delete), "000000140000000103040002"
                                               "6162636465666768");
    assert_string_equal(written(write_cfg), "0000000804000007");
    assert_string_equal(written(write_natoa), "0000000c010000000a010203");
    assert_string_equal(written(write_fragment), "0000000b0001020178797a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_short_body),
        cmocka_unit_test(identification),
        cmocka_unit_test(certificate),
        cmocka_unit_test(notification),
        cmocka_unit_test(notify_spi_sizes),
        cmocka_unit_test(delete_count_times_size),
        cmocka_unit_test(delete_gives_each_spi),
        cmocka_unit_test(delete_of_spis_without_octets),
        cmocka_unit_test(mode_config),
        cmocka_unit_test(original_address),
        cmocka_unit_test(fragment),
        cmocka_unit_test(fragment_lengths_0_to_8_in_a_message),
        cmocka_unit_test(writers_lay_out_their_fields),
    };
    return cmocka_run_group_tests_name("payloads", tests, NULL, NULL);
}
