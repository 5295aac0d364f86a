/* test_selector.c -- selectors: from and to identifications, one within another, as text. */
#include "policy/match.h"
#include "unit/bytes.h"

/* A selector from text: "4 10.0.0.1 10.0.0.9" is too much work here, so from octets in hex. */
static isakmp_selector selector(uint8_t family, const char *lo, const char *hi, uint8_t proto,
                                uint16_t port)
{
    isakmp_selector s;
    memset(&s, 0, sizeof s);
    s.family = family;
    s.proto = proto;
    s.port = port;
    bytes_hex(s.lo, sizeof s.lo, lo);
    bytes_hex(s.hi, sizeof s.hi, hi);
    return s;
}

typedef struct known {
    uint8_t type;
    const char *data;
    uint8_t family;
    const char *lo, *hi, *text;
} known;

#define V6   "20010db8000000000000000000000000"
#define ONES "ffffffffffffffffffffffffffffffff"

/* What an identification means, and, where it is the shortest way to say it, how it is said. */
static const known table[] = {
    {ISAKMP_ID_IPV4_ADDR, "0a000001", 4, "0a000001", "0a000001", "10.0.0.1"},
    {ISAKMP_ID_IPV4_SUBNET, "0a010000 ffff0000", 4, "0a010000", "0a01ffff", "10.1.0.0/16"},
    {ISAKMP_ID_IPV4_SUBNET, "00000000 00000000", 4, "00000000", "ffffffff", "0.0.0.0/0"},
    {ISAKMP_ID_IPV4_SUBNET, "0a000080 ffffff80", 4, "0a000080", "0a0000ff", "10.0.0.128/25"},
    {ISAKMP_ID_IPV4_SUBNET, "0a000002 fffffffe", 4, "0a000002", "0a000003", "10.0.0.2/31"},
    {ISAKMP_ID_IPV4_SUBNET, "80000000 80000000", 4, "80000000", "ffffffff", "128.0.0.0/1"},
    {ISAKMP_ID_IPV4_RANGE, "0a000001 0a000009", 4, "0a000001", "0a000009", "10.0.0.1-10.0.0.9"},
    {ISAKMP_ID_IPV4_RANGE, "0a000001 0a000002", 4, "0a000001", "0a000002", "10.0.0.1-10.0.0.2"},
    {ISAKMP_ID_IPV4_RANGE, "00000001 ffffffff", 4, "00000001", "ffffffff",
     "0.0.0.1-255.255.255.255"},
    {ISAKMP_ID_IPV6_ADDR, V6, 6, V6, V6, "2001:db8::"},
    {ISAKMP_ID_IPV6_SUBNET, V6 "ffffffff000000000000000000000000", 6, V6,
     "20010db8ffffffffffffffffffffffff", "2001:db8::/32"},
    {ISAKMP_ID_IPV6_SUBNET, "00000000000000000000000000000000 00000000000000000000000000000000", 6,
     "00000000000000000000000000000000", ONES, "::/0"},
    {ISAKMP_ID_IPV6_RANGE, V6 "20010db8000000000000000000000009", 6, V6,
     "20010db8000000000000000000000009", "2001:db8::-2001:db8::9"},
};

static void test_from_and_to_identifications(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        uint8_t data[32], out[32];
        isakmp_id id = {table[i].type, 6, 80, {data, 0}}, back;
        isakmp_selector want = selector(table[i].family, table[i].lo, table[i].hi, 6, 80), got;
        char text[120];
        id.data.n = bytes_hex(data, sizeof data, table[i].data);
        memset(&got, 0xee, sizeof got);
        assert_int_equal(isakmp_selector_from_id(&got, &id), ISAKMP_OK);
        assert_memory_equal(&got, &want, sizeof got);
        memset(&back, 0xee, sizeof back);
        assert_int_equal(isakmp_selector_to_id(&back, out, &got), ISAKMP_OK);
        assert_int_equal(back.type, table[i].type);
        assert_int_equal(back.proto, 6);
        assert_int_equal(back.port, 80);
        assert_span_equal(back.data, id.data);
        got.proto = 0;
        got.port = 0;
        assert_int_equal(isakmp_selector_text(text, sizeof text, &got), strlen(table[i].text));
        assert_string_equal(text, table[i].text);
    }
}

/* Longer ways to say the same thing. */
static void test_other_ways(void **state)
{
    static const struct {
        uint8_t type;
        const char *data, *lo, *hi;
    } ways[] = {
        {ISAKMP_ID_IPV4_RANGE, "0a000001 0a000001", "0a000001", "0a000001"},
        {ISAKMP_ID_IPV4_SUBNET, "0a000001 ffffffff", "0a000001", "0a000001"},
        {ISAKMP_ID_IPV4_RANGE, "0a010000 0a01ffff", "0a010000", "0a01ffff"},
        {ISAKMP_ID_IPV4_SUBNET, "0a010203 ffff0000", "0a010000", "0a01ffff"}, /* host bits set */
    };
    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        uint8_t data[32];
        isakmp_id id = {ways[i].type, 0, 0, {data, 0}};
        isakmp_selector want = selector(4, ways[i].lo, ways[i].hi, 0, 0), got;
        id.data.n = bytes_hex(data, sizeof data, ways[i].data);
        assert_int_equal(isakmp_selector_from_id(&got, &id), ISAKMP_OK);
        assert_memory_equal(&got, &want, sizeof got);
    }
}

/* T-24: names, lists, wrong lengths, masks with holes, ranges that run backwards. */
static void test_T24_what_is_no_selector(void **state)
{
    uint8_t data[40];
    isakmp_selector s;
    (void)state;
    for (unsigned type = 0; type < 256; type++)
        for (size_t n = 0; n <= 40; n++) {
            isakmp_id id = {(uint8_t)type, 0, 0, {data, n}};
            size_t want = type == 1                ? 4
                          : type == 5              ? 16
                          : type == 4 || type == 7 ? 8
                          : type == 6 || type == 8 ? 32
                                                   : SIZE_MAX;
            uint8_t *exact;
            memset(data, 'a', sizeof data);
            if (type == 4)
                memset(data + 4, 0xff, 4);
            if (type == 6)
                memset(data + 16, 0xff, 16);
            exact = bytes_copy(isakmp__span(data, n));
            id.data.p = exact;
            assert_int_equal(isakmp_selector_from_id(&s, &id),
                             n == want ? ISAKMP_OK : ISAKMP_E_MALFORMED);
            free(exact);
        }
    {
        isakmp_id id = {ISAKMP_ID_IPV4_SUBNET, 0, 0, {data, 8}};
        bytes_hex(data, sizeof data, "0a000000 ff00ff00");
        assert_int_equal(isakmp_selector_from_id(&s, &id), ISAKMP_E_MALFORMED);
        id.type = ISAKMP_ID_IPV4_RANGE;
        bytes_hex(data, sizeof data, "0a000002 0a000001");
        assert_int_equal(isakmp_selector_from_id(&s, &id), ISAKMP_E_MALFORMED);
    }
}

static void test_any_is_no_identification(void **state)
{
    isakmp_selector any;
    uint8_t buf[32];
    isakmp_id id;
    char text[40];
    (void)state;
    memset(&any, 0, sizeof any);
    assert_int_equal(isakmp_selector_to_id(&id, buf, &any), ISAKMP_E_MALFORMED);
    isakmp_selector_text(text, sizeof text, &any);
    assert_string_equal(text, "any");
    any.proto = 17;
    any.port = 1701;
    isakmp_selector_text(text, sizeof text, &any);
    assert_string_equal(text, "any udp/1701");
}

/* Every range of a small world: said, read back, and said with the least that will do. */
static void test_all_small_ranges(void **state)
{
    (void)state;
    for (unsigned lo = 0; lo < 64; lo++)
        for (unsigned hi = lo; hi < 64; hi++) {
            isakmp_selector s = selector(4, "0a0000", "0a0000", 0, 0), back;
            uint8_t buf[32];
            unsigned n = hi - lo + 1;
            int is_subnet = (n & (n - 1)) == 0 && lo % n == 0;
            isakmp_id id;
            s.lo[3] = (uint8_t)lo;
            s.hi[3] = (uint8_t)hi;
            assert_int_equal(isakmp_selector_to_id(&id, buf, &s), ISAKMP_OK);
            assert_int_equal(id.type, n == 1      ? ISAKMP_ID_IPV4_ADDR
                                      : is_subnet ? ISAKMP_ID_IPV4_SUBNET
                                                  : ISAKMP_ID_IPV4_RANGE);
            assert_int_equal(isakmp_id_check(&id), ISAKMP_OK);
            assert_int_equal(isakmp_selector_from_id(&back, &id), ISAKMP_OK);
            assert_memory_equal(&back, &s, sizeof s);
        }
}

static void test_all_small_ranges_of_ipv6(void **state)
{
    (void)state;
    for (unsigned at = 0; at < 16; at += 5)
        for (unsigned lo = 0; lo < 32; lo++)
            for (unsigned hi = lo; hi < 32; hi++) {
                isakmp_selector s = selector(6, "", "", 0, 0), back;
                uint8_t buf[32];
                isakmp_id id;
                memset(s.hi + at + 1, 0xff, 15 - at);
                s.lo[at] = (uint8_t)lo;
                s.hi[at] = (uint8_t)hi;
                assert_int_equal(isakmp_selector_to_id(&id, buf, &s), ISAKMP_OK);
                assert_int_equal(isakmp_selector_from_id(&back, &id), ISAKMP_OK);
                assert_memory_equal(&back, &s, sizeof s);
            }
}

/* ---- Within ------------------------------------------------------------------------------------ */

static void test_within(void **state)
{
    isakmp_selector net = selector(4, "0a010000", "0a01ffff", 0, 0), s = net, any;
    (void)state;
    memset(&any, 0, sizeof any);
    assert_int_equal(isakmp_selector_within(&net, &net), 1);
    assert_int_equal(isakmp_selector_within(&net, &any), 1);
    assert_int_equal(isakmp_selector_within(&any, &net), 0);
    for (unsigned i = 0; i < 4; i++) {
        static const struct {
            const char *lo, *hi;
            int within;
        } cases[] = {{"0a010005", "0a010009", 1}, /* inside */
                     {"0a00ffff", "0a010009", 0}, /* begins before */
                     {"0a010005", "0a020000", 0}, /* ends after */
                     {"0a000000", "0affffff", 0}};
        s = selector(4, cases[i].lo, cases[i].hi, 0, 0);
        assert_int_equal(isakmp_selector_within(&s, &net), cases[i].within);
    }
    s = selector(6, "0a010005", "0a010009", 0, 0);
    assert_int_equal(isakmp_selector_within(&s, &net), 0);
    assert_int_equal(isakmp_selector_within(&s, &any), 1);
}

/* A protocol or port of the outer one is required; "any" inside is more than that. */
static void test_within_protocol_and_port(void **state)
{
    isakmp_selector outer = selector(4, "0a010000", "0a01ffff", 6, 80), s = outer;
    (void)state;
    assert_int_equal(isakmp_selector_within(&s, &outer), 1);
    s.port = 81;
    assert_int_equal(isakmp_selector_within(&s, &outer), 0);
    s.port = 0;
    assert_int_equal(isakmp_selector_within(&s, &outer), 0);
    s = outer;
    s.proto = 17;
    assert_int_equal(isakmp_selector_within(&s, &outer), 0);
    s.proto = 0;
    assert_int_equal(isakmp_selector_within(&s, &outer), 0);
    outer.port = 0;
    s = outer;
    s.port = 443;
    assert_int_equal(isakmp_selector_within(&s, &outer), 1);
    outer.proto = 0;
    assert_int_equal(isakmp_selector_within(&s, &outer), 1);
    outer.family = 0;
    outer.proto = 17;
    assert_int_equal(isakmp_selector_within(&s, &outer), 0);
}

/* IPv6 addresses are compared to their last octet. */
static void test_within_ipv6(void **state)
{
    isakmp_selector outer = selector(6, V6, "20010db8ffffffffffffffffffffffff", 0, 0);
    isakmp_selector s = selector(6, V6, V6, 0, 0);
    (void)state;
    assert_int_equal(isakmp_selector_within(&s, &outer), 1);
    assert_int_equal(isakmp_selector_within(&outer, &s), 0);
    s.hi[15] = 1;
    outer = selector(6, V6, V6, 0, 0);
    assert_int_equal(isakmp_selector_within(&s, &outer), 0);
}

static void test_equal(void **state)
{
    isakmp_selector a = selector(4, "0a010000", "0a01ffff", 6, 80), b = a;
    (void)state;
    assert_int_equal(isakmp__selector_equal(&a, &b), 1);
    b.lo[10] = 1; /* behind an IPv4 address */
    assert_int_equal(isakmp__selector_equal(&a, &b), 1);
    for (unsigned i = 0; i < 5; i++) {
        b = a;
        b.family = i == 0 ? 6 : b.family;
        b.proto = i == 1 ? 17 : b.proto;
        b.port = i == 2 ? 81 : b.port;
        b.lo[3] = i == 3 ? 1 : b.lo[3];
        b.hi[3] = i == 4 ? 1 : b.hi[3];
        assert_int_equal(isakmp__selector_equal(&a, &b), 0);
    }
}

static void test_of_an_address(void **state)
{
    isakmp_addr a4 = {4, {10, 1, 2, 3}, 500}, a6 = {6, {0x20, 1}, 500};
    isakmp_selector want4 = selector(4, "0a010203", "0a010203", 0, 0);
    isakmp_selector want6 = selector(6, "2001", "2001", 0, 0), got;
    (void)state;
    got = isakmp__selector_of(&a4);
    assert_memory_equal(&got, &want4, sizeof got);
    a6.ip[15] = 9;
    want6.lo[15] = want6.hi[15] = 9;
    got = isakmp__selector_of(&a6);
    assert_memory_equal(&got, &want6, sizeof got);
}

static void test_text(void **state)
{
    static const struct {
        uint8_t proto;
        uint16_t port;
        const char *want;
    } cases[] = {{1, 0, "10.1.0.0/16 icmp"},         {6, 80, "10.1.0.0/16 tcp/80"},
                 {17, 0, "10.1.0.0/16 udp"},         {17, 500, "10.1.0.0/16 udp/500"},
                 {50, 0, "10.1.0.0/16 protocol 50"}, {132, 9, "10.1.0.0/16 protocol 132/9"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        isakmp_selector s = selector(4, "0a010000", "0a01ffff", cases[i].proto, cases[i].port);
        char text[60];
        size_t n = isakmp_selector_text(text, sizeof text, &s);
        assert_string_equal(text, cases[i].want);
        for (size_t cap = 0; cap <= n; cap++) {
            memset(text, '#', sizeof text);
            assert_int_equal(isakmp_selector_text(text, cap, &s), n);
            assert_int_equal(text[cap], '#');
            if (cap)
                assert_int_equal(text[cap - 1], '\0');
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_from_and_to_identifications),
        cmocka_unit_test(test_other_ways),
        cmocka_unit_test(test_T24_what_is_no_selector),
        cmocka_unit_test(test_any_is_no_identification),
        cmocka_unit_test(test_all_small_ranges),
        cmocka_unit_test(test_all_small_ranges_of_ipv6),
        cmocka_unit_test(test_within),
        cmocka_unit_test(test_within_protocol_and_port),
        cmocka_unit_test(test_within_ipv6),
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_of_an_address),
        cmocka_unit_test(test_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
