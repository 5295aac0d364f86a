/* test_ident.c -- identifications: is the data what its type says, and a text that is bounded and
 * printable whatever the peer sent. */
#include "unit/bytes.h"

static isakmp_id id_of(uint8_t type, isakmp_span data)
{
    isakmp_id id = {type, 0, 0, data};
    return id;
}

static const char *text_of(const isakmp_id *id)
{
    static char text[2048];
    assert_true(isakmp_id_text(text, sizeof text, id) < sizeof text);
    return text;
}

/* What the check says, and the text, of data given in hex. */
static void expect(uint8_t type, const char *hex, int rc, const char *text)
{
    uint8_t buf[64], *copy;
    size_t n = bytes_hex(buf, sizeof buf, hex);
    isakmp_id id;
    copy = bytes_copy(isakmp__span(buf, n));
    id = id_of(type, isakmp__span(copy, n));
    assert_int_equal(isakmp_id_check(&id), rc);
    assert_string_equal(text_of(&id), text);
    free(copy);
}

static void addresses(void **state)
{
    (void)state;
    expect(ISAKMP_ID_IPV4_ADDR, "c0000201", ISAKMP_OK, "192.0.2.1");
    expect(ISAKMP_ID_IPV6_ADDR, "20010db8000000000000000000000001", ISAKMP_OK, "2001:db8::1");
    expect(ISAKMP_ID_IPV4_SUBNET, "0a010000ffff0000", ISAKMP_OK, "10.1.0.0/16");
    expect(ISAKMP_ID_IPV4_SUBNET, "0000000000000000", ISAKMP_OK, "0.0.0.0/0");
    expect(ISAKMP_ID_IPV4_SUBNET, "0a010203ffffffff", ISAKMP_OK, "10.1.2.3/32");
    expect(ISAKMP_ID_IPV6_SUBNET,
           "20010db8000000000000000000000000 ffffffffffffffff0000000000000000", ISAKMP_OK,
           "2001:db8::/64");
    expect(ISAKMP_ID_IPV4_RANGE, "0a0000010a0000ff", ISAKMP_OK, "10.0.0.1-10.0.0.255");
    expect(ISAKMP_ID_IPV4_RANGE, "0a0000010a000001", ISAKMP_OK, "10.0.0.1-10.0.0.1");
    expect(ISAKMP_ID_IPV6_RANGE,
           "fe800000000000000000000000000001 fe800000000000000000000000000002", ISAKMP_OK,
           "fe80::1-fe80::2");
}

static void addresses_that_are_none(void **state)
{
    (void)state;
    expect(ISAKMP_ID_IPV4_ADDR, "", ISAKMP_E_MALFORMED, "ipv4 ");
    expect(ISAKMP_ID_IPV4_ADDR, "c00002", ISAKMP_E_MALFORMED, "ipv4 c00002");
    expect(ISAKMP_ID_IPV4_ADDR, "c000020101", ISAKMP_E_MALFORMED, "ipv4 c000020101");
    expect(ISAKMP_ID_IPV4_SUBNET, "0a010000", ISAKMP_E_MALFORMED, "ipv4-subnet 0a010000");
    expect(ISAKMP_ID_IPV4_SUBNET, "0a010000ff00ff00", ISAKMP_E_MALFORMED, /* not contiguous */
           "ipv4-subnet 0a010000ff00ff00");
    expect(ISAKMP_ID_IPV4_SUBNET, "0a01000000000001", ISAKMP_E_MALFORMED,
           "ipv4-subnet 0a01000000000001");
    expect(ISAKMP_ID_IPV4_RANGE, "0a0000020a000001", ISAKMP_E_MALFORMED, /* first after last */
           "ipv4-range 0a0000020a000001");
}

/* The exact length of every type of address and no other. */
static void lengths_of_addresses(void **state)
{
    static const struct {
        uint8_t type;
        size_t n;
    } forms[] = {{ISAKMP_ID_IPV4_ADDR, 4},    {ISAKMP_ID_IPV4_SUBNET, 8},
                 {ISAKMP_ID_IPV4_RANGE, 8},   {ISAKMP_ID_IPV6_ADDR, 16},
                 {ISAKMP_ID_IPV6_SUBNET, 32}, {ISAKMP_ID_IPV6_RANGE, 32}};
    static const uint8_t zeroes[40];
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        for (size_t n = 0; n <= sizeof zeroes; n++) {
            uint8_t *copy = bytes_copy(isakmp__span(zeroes, n));
            isakmp_id id = id_of(forms[i].type, isakmp__span(copy, n));
            assert_int_equal(isakmp_id_check(&id),
                             n == forms[i].n ? ISAKMP_OK : ISAKMP_E_MALFORMED);
            free(copy);
        }
}

static void every_prefix_length(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits <= 128; bits++) {
        uint8_t data[32] = {0};
        isakmp_id id = id_of(ISAKMP_ID_IPV6_SUBNET, isakmp__span(data, sizeof data));
        char expected[16];
        for (unsigned i = 0; i < bits; i++)
            data[16 + i / 8] = (uint8_t)(data[16 + i / 8] | 0x80u >> i % 8);
        assert_int_equal(isakmp_id_check(&id), ISAKMP_OK);
        snprintf(expected, sizeof expected, "::/%u", bits);
        assert_string_equal(text_of(&id), expected);
        if (bits < 127) {
            data[31] |= 1;
            assert_int_equal(isakmp_id_check(&id), ISAKMP_E_MALFORMED);
        }
    }
}

static void names(void **state)
{
    isakmp_id id = id_of(ISAKMP_ID_FQDN, bytes_text("gw.example.org"));
    (void)state;
    assert_int_equal(isakmp_id_check(&id), ISAKMP_OK);
    assert_string_equal(text_of(&id), "fqdn gw.example.org");
    id = id_of(ISAKMP_ID_USER_FQDN, bytes_text("joe@example.org"));
    assert_int_equal(isakmp_id_check(&id), ISAKMP_OK);
    assert_string_equal(text_of(&id), "user-fqdn joe@example.org");
    id = id_of(ISAKMP_ID_KEY_ID, bytes_text("group\n\\1"));
    assert_int_equal(isakmp_id_check(&id), ISAKMP_OK);
    assert_string_equal(text_of(&id), "key-id group\\x0a\\x5c1");
    id = id_of(ISAKMP_ID_FQDN, bytes_text(""));
    assert_int_equal(isakmp_id_check(&id), ISAKMP_E_MALFORMED);
}

static void control_characters_make_no_name(void **state)
{
    (void)state;
    for (unsigned v = 0; v < 256; v++) {
        uint8_t data[3] = {'a', (uint8_t)v, 'b'};
        isakmp_id id = id_of(ISAKMP_ID_FQDN, isakmp__span(data, 3));
        assert_int_equal(isakmp_id_check(&id),
                         v < 0x20 || v == 0x7f ? ISAKMP_E_MALFORMED : ISAKMP_OK);
        id.type = ISAKMP_ID_USER_FQDN;
        assert_int_equal(isakmp_id_check(&id),
                         v < 0x20 || v == 0x7f ? ISAKMP_E_MALFORMED : ISAKMP_OK);
        id.type = ISAKMP_ID_KEY_ID; /* any octets */
        assert_int_equal(isakmp_id_check(&id), ISAKMP_OK);
    }
}

static void any_protocol_and_port(void **state)
{
    isakmp_id id = id_of(ISAKMP_ID_IPV4_ADDR, bytes_text("\x0a\x01\x02\x03"));
    (void)state;
    id.proto = 17;
    id.port = 1701;
    assert_string_equal(text_of(&id), "10.1.2.3 protocol 17 port 1701");
    id.proto = 0;
    id.port = 65535;
    assert_string_equal(text_of(&id), "10.1.2.3 protocol 0 port 65535");
    id = id_of(ISAKMP_ID_NONE, isakmp__span(NULL, 0));
    assert_string_equal(text_of(&id), "any");
    id.proto = 6;
    assert_string_equal(text_of(&id), "any protocol 6 port 0");
}

static void types_that_nobody_knows(void **state)
{
    isakmp_id id = id_of(ISAKMP_ID_NONE, bytes_text("x"));
    (void)state;
    assert_int_equal(isakmp_id_check(&id), ISAKMP_NONE);
    assert_string_equal(text_of(&id), "none 78");
    for (unsigned type = 12; type < 256; type++) {
        id.type = (uint8_t)type;
        assert_int_equal(isakmp_id_check(&id), ISAKMP_NONE);
    }
    id.type = 200;
    assert_string_equal(text_of(&id), "type 200 78");
}

/* T-49: a distinguished name is octets here, as long as there is one. */
static void distinguished_names_of_0_to_300_octets(void **state)
{
    uint8_t data[300];
    uint64_t seed = 30;
    (void)state;
    bytes_fill(&seed, data, sizeof data);
    for (size_t n = 0; n <= sizeof data; n++) {
        uint8_t *copy = bytes_copy(isakmp__span(data, n));
        isakmp_id id = id_of(ISAKMP_ID_DER_ASN1_DN, isakmp__span(copy, n));
        assert_int_equal(isakmp_id_check(&id), n ? ISAKMP_OK : ISAKMP_E_MALFORMED);
        assert_true(strlen(text_of(&id)) <= 3 + 2 * 64 + 20);
        id.type = ISAKMP_ID_DER_ASN1_GN;
        assert_int_equal(isakmp_id_check(&id), n ? ISAKMP_OK : ISAKMP_E_MALFORMED);
        free(copy);
    }
}

/* SEQUENCE { SET { SEQUENCE { OID, value } } ... }, with short lengths. */
static void distinguished_names(void **state)
{
    (void)state;
    expect(ISAKMP_ID_DER_ASN1_DN,
           "301b 310b3009 0603550406 13024445 310c300a 0603550403 0c036763 78", ISAKMP_OK,
           "dn C=DE, CN=gcx");
    expect(ISAKMP_ID_DER_ASN1_DN, /* E, and two attributes in one RDN */
           "3028 3110300e 06092a864886f70d010901 160165 3114"
           "30080603550405 130131 30080603550403 0c0178",
           ISAKMP_OK, "dn E=e, serialNumber=1 + CN=x");
    expect(ISAKMP_ID_DER_ASN1_DN, "300e 310c300a 0603550463 0c036763 78", ISAKMP_OK,
           "dn oid 550463=gcx");
    expect(ISAKMP_ID_DER_ASN1_DN, "300e 310c300a 0603550403 03036763 78", ISAKMP_OK,
           "dn CN=#676378");
}

/* A peer cannot write a name that looks like another. */
static void separators_in_distinguished_names_are_escaped(void **state)
{
    (void)state;
    expect(ISAKMP_ID_DER_ASN1_DN, "3015 31133011 060355040a 0c0a 612c20434e3d622b63 5c", ISAKMP_OK,
           "dn O=a\\, CN=b\\+c\\x5c");
    expect(ISAKMP_ID_DER_ASN1_DN, "300e 310c300a 0603550403 0c03 0041 c3", ISAKMP_OK,
           "dn CN=\\x00A\\xc3");
}

/* Every prefix of a name, every length in it made longer or shorter, forms that DER does not have, and
 * what comes after the name. */
static void broken_distinguished_names_are_hex(void **state)
{
    static const uint8_t good[] = {0x30, 0x0e, 0x31, 0x0c, 0x30, 0x0a, 0x06, 0x03,
                                   0x55, 0x04, 0x03, 0x0c, 0x03, 0x67, 0x63, 0x78};
    static const size_t lengths[] = {1, 3, 5, 7, 12};
    (void)state;
    for (size_t n = 1; n < sizeof good; n++) {
        uint8_t *copy = bytes_copy(isakmp__span(good, n));
        isakmp_id id = id_of(ISAKMP_ID_DER_ASN1_DN, isakmp__span(copy, n));
        assert_int_equal(strlen(text_of(&id)), 3 + 2 * n);
        free(copy);
    }
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
        for (unsigned v = 0; v < 256; v++) {
            uint8_t *copy = bytes_copy(isakmp__span(good, sizeof good));
            isakmp_id id = id_of(ISAKMP_ID_DER_ASN1_DN, isakmp__span(copy, sizeof good));
            copy[lengths[i]] = (uint8_t)v;
            if (v != good[lengths[i]])
                assert_int_equal(strlen(text_of(&id)), 3 + 2 * sizeof good);
            free(copy);
        }
    expect(ISAKMP_ID_DER_ASN1_DN, "3000", ISAKMP_OK, "dn 3000");
    expect(ISAKMP_ID_DER_ASN1_DN, "30023100", ISAKMP_OK, "dn 30023100");
    expect(ISAKMP_ID_DER_ASN1_DN, "300e310c300a06035504030c0367637800", ISAKMP_OK,
           "dn 300e310c300a06035504030c0367637800");
    expect(ISAKMP_ID_DER_ASN1_DN, "3080", ISAKMP_OK, "dn 3080");
    expect(ISAKMP_ID_DER_ASN1_DN, "3081", ISAKMP_OK, "dn 3081");
    expect(ISAKMP_ID_DER_ASN1_DN, "308200", ISAKMP_OK, "dn 308200");
    expect(ISAKMP_ID_DER_ASN1_DN, "3084000000 00", ISAKMP_OK, "dn 308400000000");
}

/* Lengths that need an octet, or two, of their own. */
static void long_distinguished_names(void **state)
{
    (void)state;
    for (size_t n = 200; n <= 600; n += 100) {
        uint8_t data[700], *at = data;
        size_t inner = n;
        isakmp_id id;
        char expected[700] = "dn CN=";
        memset(data + 40, 'a', n);
        memset(expected + 6, 'a', n);
        at = data + 40;
        for (size_t i = 0; i < 5; i++) {
            static const uint8_t tags[] = {0x0c, 0, 0x30, 0x31, 0x30};
            if (i == 1) {
                at -= 5;
                inner += 5;
                memcpy(at, "\x06\x03\x55\x04\x03", 5);
                continue;
            }
            at -= inner < 256 ? 3 : 4;
            at[0] = tags[i];
            at[1] = inner < 256 ? 0x81 : 0x82;
            if (inner >= 256)
                at[2] = (uint8_t)(inner >> 8);
            at[inner < 256 ? 2 : 3] = (uint8_t)inner;
            inner += inner < 256 ? 3 : 4;
        }
        id = id_of(ISAKMP_ID_DER_ASN1_DN, isakmp__span(at, inner));
        assert_string_equal(text_of(&id), expected);
    }
}

/* T-81: every type over random data: whatever the buffer, the text is ended, has the length that is
 * told, and is printable ASCII. */
static void texts_are_bounded_and_printable(void **state)
{
    uint64_t seed = 31;
    (void)state;
    for (unsigned type = 0; type < 256; type += type < 16 ? 1 : 37)
        for (size_t n = 0; n <= 300; n += n < 40 ? 1 : 20) {
            uint8_t *data = malloc(n + 1);
            isakmp_id id;
            size_t full;
            bytes_fill(&seed, data, n);
            id = id_of((uint8_t)type, isakmp__span(data, n));
            id.proto = (uint8_t)(n % 3);
            full = isakmp_id_text(NULL, 0, &id);
            for (size_t cap = 1; cap <= full + 1; cap += 1 + cap / 4) {
                char *out = malloc(cap);
                assert_int_equal(isakmp_id_text(out, cap, &id), full);
                assert_int_equal(strlen(out), full < cap ? full : cap - 1);
                for (const char *c = out; *c; c++)
                    assert_in_range(*c, ' ', '~');
                free(out);
            }
            free(data);
        }
}

static void addresses_with_ports(void **state)
{
    isakmp_addr v4 = {4, {192, 0, 2, 1}, 500};
    isakmp_addr v6 = {6, {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 4500};
    isakmp_addr none = {0, {0}, 0};
    char out[64];
    (void)state;
    isakmp_addr_text(out, sizeof out, &v4);
    assert_string_equal(out, "192.0.2.1:500");
    isakmp_addr_text(out, sizeof out, &v6);
    assert_string_equal(out, "[2001:db8::1]:4500");
    v4.port = v6.port = 0;
    isakmp_addr_text(out, sizeof out, &v4);
    assert_string_equal(out, "192.0.2.1");
    isakmp_addr_text(out, sizeof out, &v6);
    assert_string_equal(out, "2001:db8::1");
    isakmp_addr_text(out, sizeof out, &none);
    assert_string_equal(out, "any");
    assert_int_equal(isakmp_addr_text(NULL, 0, &v4), 9);
    assert_int_equal(isakmp_addr_text(out, 4, &v4), 9);
    assert_string_equal(out, "192");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses),
        cmocka_unit_test(addresses_that_are_none),
        cmocka_unit_test(lengths_of_addresses),
        cmocka_unit_test(every_prefix_length),
        cmocka_unit_test(names),
        cmocka_unit_test(control_characters_make_no_name),
        cmocka_unit_test(any_protocol_and_port),
        cmocka_unit_test(types_that_nobody_knows),
        cmocka_unit_test(distinguished_names_of_0_to_300_octets),
        cmocka_unit_test(distinguished_names),
        cmocka_unit_test(separators_in_distinguished_names_are_escaped),
        cmocka_unit_test(broken_distinguished_names_are_hex),
        cmocka_unit_test(long_distinguished_names),
        cmocka_unit_test(texts_are_bounded_and_printable),
        cmocka_unit_test(addresses_with_ports),
    };
    return cmocka_run_group_tests_name("ident", tests, NULL, NULL);
}
