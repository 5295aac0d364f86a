/* test_text.c -- the bounded string builder: never beyond its buffer, always ended, and the whole
 * length reported, whatever the buffer (T-83). */
#include <arpa/inet.h>
#include "unit/bytes.h"
#include "base/text.h"
#include "isakmp/iana.h"

static void formats(void **state)
{
    char out[128];
    isakmp__text t = isakmp__text_begin(out, sizeof out);
    (void)state;
    assert_string_equal(out, "");
    isakmp__text_add(&t, "%s|%u|%x|%04x|%02u|100%%", "abc", 4294967295u, 0xdeadbeefu, 0x1fu, 7u);
    assert_string_equal(out, "abc|4294967295|deadbeef|001f|07|100%");
    assert_int_equal(t.len, strlen(out));
    isakmp__text_add(&t, "%02x%u%x", 0x12345u, 0u, 0u);
    assert_string_equal(out, "abc|4294967295|deadbeef|001f|07|100%1234500");
}

static void null_is_text(void **state)
{
    const char *volatile nothing = NULL; /* so that the compiler does not know */
    char out[16];
    isakmp__text t = isakmp__text_begin(out, sizeof out);
    (void)state;
    isakmp__text_add(&t, "%s", nothing);
    assert_string_equal(out, "(null)");
}

static void numbers_are_those_of_printf(void **state)
{
    uint64_t seed = 1;
    (void)state;
    for (int i = 0; i < 2000; i++) {
        unsigned v = bytes_random(&seed) >> (bytes_random(&seed) % 32);
        char out[64], expected[64];
        isakmp__text t = isakmp__text_begin(out, sizeof out);
        isakmp__text_add(&t, "%u %x %08x %09u", v, v, v, v);
        snprintf(expected, sizeof expected, "%u %x %08x %09u", v, v, v, v);
        assert_string_equal(out, expected);
    }
}

/* Every piece of the builder at once. */
static size_t everything(char *out, size_t cap)
{
    static const uint8_t ip[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    static const uint8_t octets[] = {'a', 0, '\\', 0x7f, 0xff, '\n', 'z'};
    isakmp__text t = isakmp__text_begin(out, cap);
    isakmp__text_add(&t, "%s %04x %u%%", "text", 0xabu, 99u);
    isakmp__text_octets(&t, isakmp__span(octets, sizeof octets));
    isakmp__text_hex(&t, isakmp__span(octets, sizeof octets), 5);
    isakmp__text_ip(&t, 6, ip);
    isakmp__text_name(&t, ISAKMP_REG_PAYLOAD, ISAKMP_PAYLOAD_SA);
    isakmp__text_name(&t, ISAKMP_REG_PAYLOAD, 99);
    return t.len;
}

static void every_size_of_buffer(void **state)
{
    char whole[256];
    size_t full = everything(whole, sizeof whole);
    (void)state;
    assert_int_equal(full, strlen(whole));
    assert_string_equal(whole, "text 00ab 99%a\\x00\\x5c\\x7f\\xff\\x0az61005c7fff... (7 octets)"
                               "2001:db8::1SA99");
    assert_int_equal(everything(NULL, 0), full);
    for (size_t cap = 1; cap <= full + 2; cap++) {
        char *out = malloc(cap);
        size_t fits = full < cap ? full : cap - 1;
        assert_int_equal(everything(out, cap), full);
        assert_int_equal(strlen(out), fits);
        assert_memory_equal(out, whole, fits);
        free(out);
    }
}

static void octets_of_a_peer_are_escaped(void **state)
{
    (void)state;
    for (unsigned v = 0; v < 256; v++) {
        uint8_t octet = (uint8_t)v;
        char out[8], expected[8];
        isakmp__text t = isakmp__text_begin(out, sizeof out);
        isakmp__text_octets(&t, isakmp__span(&octet, 1));
        if (v >= ' ' && v <= '~' && v != '\\')
            snprintf(expected, sizeof expected, "%c", (char)v);
        else
            snprintf(expected, sizeof expected, "\\x%02x", v);
        assert_string_equal(out, expected);
    }
}

static void hex_shows_at_most(void **state)
{
    static const uint8_t octets[4] = {0x00, 0x0f, 0xf0, 0xff};
    static const char *const expected[] = {"... (4 octets)",     "00... (4 octets)",
                                           "000f... (4 octets)", "000ff0... (4 octets)",
                                           "000ff0ff",           "000ff0ff"};
    (void)state;
    for (size_t most = 0; most < 6; most++) {
        char out[64];
        isakmp__text t = isakmp__text_begin(out, sizeof out);
        isakmp__text_hex(&t, isakmp__span(octets, 4), most);
        assert_string_equal(out, expected[most]);
    }
}

static const char *ip_text(uint8_t family, const uint8_t *ip)
{
    static char out[64];
    isakmp__text t = isakmp__text_begin(out, sizeof out);
    isakmp__text_ip(&t, family, ip);
    return out;
}

static void addresses(void **state)
{
    static const uint8_t zero[16], v4[16] = {192, 0, 2, 255};
    (void)state;
    assert_string_equal(ip_text(4, v4), "192.0.2.255");
    assert_string_equal(ip_text(4, zero), "0.0.0.0");
    assert_string_equal(ip_text(6, zero), "::");
    assert_string_equal(ip_text(0, zero), "any");
    assert_string_equal(ip_text(5, zero), "any");
}

/* RFC 5952, section 4, rule by rule: leading zeroes, the longest run of zero groups, the first of two
 * equal ones, never a single one, lower case. */
static void ipv6_as_rfc_5952(void **state)
{
    static const char *const canonical[] = {"2001:db8::1",
                                            "2001:db8:0:1:1:1:1:1",
                                            "2001:0:0:1::1",
                                            "2001:db8::1:0:0:1",
                                            "0:0:1::1:1",
                                            "1:0:0:1::",
                                            "1::",
                                            "::1",
                                            "::",
                                            "0:1::",
                                            "1:2:3:4:5:6:7:0",
                                            "0:1:2:3:4:5:6:7",
                                            "abcd:ef01:2:30:400:5000:6:7"};
    (void)state;
    for (size_t i = 0; i < sizeof canonical / sizeof canonical[0]; i++) {
        uint8_t ip[16];
        assert_int_equal(inet_pton(AF_INET6, canonical[i], ip), 1);
        assert_string_equal(ip_text(6, ip), canonical[i]);
    }
}

/* Whatever the address, the system's own parser reads it back. */
static void ipv6_reads_back(void **state)
{
    uint64_t seed = 2;
    (void)state;
    for (int i = 0; i < 20000; i++) {
        uint8_t ip[16], back[16];
        bytes_fill(&seed, ip, sizeof ip);
        for (int group = 0; group < 8; group++)
            if (bytes_random(&seed) % 3)
                memset(ip + 2 * group, 0, 2);
        assert_int_equal(inet_pton(AF_INET6, ip_text(6, ip), back), 1);
        assert_memory_equal(back, ip, 16);
    }
}

static void ipv6_with_leading_zeroes(void **state)
{
    uint8_t ip[16] = {0};
    (void)state;
    ip[15] = 1;
    assert_string_equal(ip_text(6, ip), "::1");
    ip[10] = ip[11] = 0xff;
    assert_string_equal(ip_text(6, ip), "::ffff:0:1");
    ip[0] = 1;
    assert_string_equal(ip_text(6, ip), "100::ffff:0:1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats),
        cmocka_unit_test(null_is_text),
        cmocka_unit_test(numbers_are_those_of_printf),
        cmocka_unit_test(every_size_of_buffer),
        cmocka_unit_test(octets_of_a_peer_are_escaped),
        cmocka_unit_test(hex_shows_at_most),
        cmocka_unit_test(addresses),
        cmocka_unit_test(ipv6_as_rfc_5952),
        cmocka_unit_test(ipv6_reads_back),
        cmocka_unit_test(ipv6_with_leading_zeroes),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
