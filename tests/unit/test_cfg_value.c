/* test_cfg_value.c -- attributes of Mode Config as values: every kind, both ways; and what hostile gateways
 * write into them. */
#include "isakmp/modecfg.h"
#include "base/span.h"
#include "unit/bytes.h"
#include "wire/cfg_attr.h"

static uint8_t attrs[70000];
static isakmp_writer w;

static void begin(void)
{
    isakmp_wr_init(&w, attrs, sizeof attrs);
}

static void add(uint16_t type, const void *value, size_t n)
{
    isakmp_wr_attr_bytes(&w, type, isakmp__span(value, n));
    assert_false(w.fault);
}

static isakmp_cfg_reader reader(void)
{
    return isakmp_cfg_values(isakmp__span(attrs, w.len));
}

/* The only value of the only attribute. */
static isakmp_cfg_value only(uint16_t type, const void *value, size_t n)
{
    isakmp_cfg_reader r;
    isakmp_cfg_value v, none;
    begin();
    add(type, value, n);
    r = reader();
    assert_int_equal(isakmp_cfg_next(&r, &v), ISAKMP_OK);
    assert_int_equal(v.type, type);
    assert_int_equal(isakmp_cfg_next(&r, &none), ISAKMP_NONE);
    assert_int_equal(isakmp_cfg_next(&r, &none), ISAKMP_NONE);
    return v;
}

static void check_net(const isakmp_cfg_value *v, const char *text)
{
    char out[64];
    isakmp_selector_text(out, sizeof out, &v->addrs);
    assert_string_equal(out, text);
}

/* ---- Reading ----------------------------------------------------------------------------------- */

static const uint16_t known[] = {
    1,  2,     3,     4,     5,     6,     7,     8,     9,     10,    11,    12,    13,    14,
    15, 23456, 23457, 28672, 28673, 28674, 28675, 28676, 28677, 28678, 28679, 28680, 28681, 28682};

static void test_empty(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        assert_int_equal(only(known[i], NULL, 0).form, ISAKMP_CFG_EMPTY);
    assert_int_equal(only(0x4444, NULL, 0).form, ISAKMP_CFG_EMPTY);
}

/* All lengths of all attributes: each has a form for some, and is octets for all others. */
static void test_every_length(void **state)
{
    static const struct {
        uint8_t kind, form;
        size_t from, to, step;
    } lengths[] = {{ISAKMP__CFG_IP4, ISAKMP_CFG_ADDR, 4, 4, 1},
                   {ISAKMP__CFG_IP6, ISAKMP_CFG_ADDR, 16, 17, 1},
                   {ISAKMP__CFG_NET4, ISAKMP_CFG_NET, 8, 8, 1},
                   {ISAKMP__CFG_NET6, ISAKMP_CFG_NET, 17, 17, 1},
                   {ISAKMP__CFG_SPLIT, ISAKMP_CFG_NET, 14, 56, 14},
                   {ISAKMP__CFG_NUMBER, ISAKMP_CFG_NUMBER, 1, 4, 1},
                   {ISAKMP__CFG_SECONDS, ISAKMP_CFG_NUMBER, 1, 4, 1},
                   {ISAKMP__CFG_TYPES, ISAKMP_CFG_NUMBER, 2, 60, 2},
                   {ISAKMP__CFG_OCTETS, ISAKMP_CFG_OCTETS, 1, 60, 1}};
    static const uint8_t zeros[60];
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        for (size_t n = 1; n <= sizeof zeros; n++) {
            uint8_t kind = isakmp__cfg_kind(known[i]), form = ISAKMP_CFG_OCTETS;
            isakmp_cfg_reader r;
            isakmp_cfg_value v;
            size_t values = 0, octets = 0;
            if (kind >= ISAKMP__CFG_TEXT)
                continue;
            for (size_t k = 0; k < sizeof lengths / sizeof lengths[0]; k++)
                if (lengths[k].kind == kind && n >= lengths[k].from && n <= lengths[k].to &&
                    (n - lengths[k].from) % lengths[k].step == 0)
                    form = lengths[k].form;
            begin();
            add(known[i], zeros, n);
            r = reader();
            for (; isakmp_cfg_next(&r, &v) == ISAKMP_OK; values++) {
                assert_int_equal(v.form, form);
                octets += v.data.n;
            }
            assert_int_equal(octets, n);
            if (kind == ISAKMP__CFG_SPLIT && form == ISAKMP_CFG_NET)
                assert_int_equal(values, n / 14);
            else if (kind == ISAKMP__CFG_TYPES && form == ISAKMP_CFG_NUMBER)
                assert_int_equal(values, n / 2);
            else
                assert_int_equal(values, 1);
        }
}

static void test_addresses(void **state)
{
    static const uint8_t ip[17] = {10, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 64};
    isakmp_cfg_value v = only(ISAKMP_CFG_IP4_DNS, ip, 4);
    (void)state;
    assert_int_equal(v.addrs.family, 4);
    assert_memory_equal(v.addrs.lo, ip, 4);
    assert_memory_equal(v.addrs.hi, ip, 4);
    v = only(ISAKMP_CFG_IP6_ADDRESS, ip, 16);
    assert_int_equal(v.addrs.family, 6);
    assert_memory_equal(v.addrs.lo, ip, 16);
    assert_int_equal(v.number, 0);
    v = only(ISAKMP_CFG_IP6_ADDRESS, ip, 17);
    assert_memory_equal(v.addrs.hi, ip, 16);
    assert_int_equal(v.number, 64);
}

static void test_subnets(void **state)
{
    static const uint8_t net[8] = {10, 1, 2, 3, 255, 255, 0, 0},
                         host[8] = {10, 1, 2, 3, 255, 255, 255, 255};
    static const uint8_t all[8] = {0}, bad[8] = {10, 1, 0, 0, 255, 0, 255, 0};
    uint8_t six[17] = {0x20, 0x01, 0x0d, 0xb8, 0xff};
    isakmp_cfg_value v = only(ISAKMP_CFG_IP4_SUBNET, net, 8);
    (void)state;
    check_net(&v, "10.1.0.0/16");
    v = only(ISAKMP_CFG_IP4_SUBNET, host, 8);
    check_net(&v, "10.1.2.3");
    v = only(ISAKMP_CFG_IP4_SUBNET, all, 8);
    check_net(&v, "0.0.0.0/0");
    assert_int_equal(only(ISAKMP_CFG_IP4_SUBNET, bad, 8).form, ISAKMP_CFG_OCTETS);
    six[16] = 35;
    v = only(ISAKMP_CFG_IP6_SUBNET, six, 17);
    check_net(&v, "2001:db8:e000::/35");
    six[16] = 128;
    v = only(ISAKMP_CFG_IP6_SUBNET, six, 17);
    assert_memory_equal(v.addrs.lo, v.addrs.hi, 16);
    six[16] = 0;
    v = only(ISAKMP_CFG_IP6_SUBNET, six, 17);
    check_net(&v, "::/0");
    six[16] = 129;
    assert_int_equal(only(ISAKMP_CFG_IP6_SUBNET, six, 17).form, ISAKMP_CFG_OCTETS);
}

static void test_split_tunnels(void **state)
{
    static const uint8_t two[28] = {10, 1, 0, 0, 255, 255, 0, 0, 0, 6, 0, 1, 1, 187,
                                    10, 2, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0};
    uint8_t bad[14];
    isakmp_cfg_reader r;
    isakmp_cfg_value v;
    (void)state;
    begin();
    add(ISAKMP_CFG_SPLIT_INCLUDE, two, sizeof two);
    r = reader();
    assert_int_equal(isakmp_cfg_next(&r, &v), ISAKMP_OK);
    check_net(&v, "10.1.0.0/16 tcp/443");
    assert_int_equal(isakmp_cfg_next(&r, &v), ISAKMP_OK);
    check_net(&v, "10.2.0.0/16");
    assert_int_equal(v.type, ISAKMP_CFG_SPLIT_INCLUDE);
    assert_int_equal(isakmp_cfg_next(&r, &v), ISAKMP_NONE);
    memcpy(bad, two, sizeof bad);
    bad[8] = 1; /* protocol 262 */
    assert_int_equal(only(ISAKMP_CFG_LOCAL_LAN, bad, sizeof bad).form, ISAKMP_CFG_OCTETS);
}

static void test_numbers(void **state)
{
    static const uint8_t day[] = {0, 1, 0x51, 0x80}, types[] = {0, 1, 0x70, 0};
    isakmp_cfg_reader r;
    isakmp_cfg_value v = only(ISAKMP_CFG_ADDRESS_EXPIRY, day, 4);
    (void)state;
    assert_int_equal(v.number, 86400);
    begin();
    isakmp_wr_attr(&w, ISAKMP_CFG_SAVE_PASSWORD, 1); /* basic */
    add(ISAKMP_CFG_SUPPORTED, types, sizeof types);
    r = reader();
    assert_int_equal(isakmp_cfg_next(&r, &v), ISAKMP_OK);
    assert_int_equal(v.form, ISAKMP_CFG_NUMBER);
    assert_int_equal(v.number, 1);
    assert_int_equal(isakmp_cfg_next(&r, &v), ISAKMP_OK);
    assert_int_equal(v.number, 1);
    assert_int_equal(isakmp_cfg_next(&r, &v), ISAKMP_OK);
    assert_int_equal(v.number, 28672);
    assert_int_equal(isakmp_cfg_next(&r, &v), ISAKMP_NONE);
}

static void test_names(void **state)
{
    static const char *const lists[] = {"a.example,b.example", "a.example b.example",
                                        ",a.example, b.example,", "a.example\0b.example\0"};
    static const size_t sizes[] = {19, 19, 22, 20};
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        isakmp_cfg_reader r;
        isakmp_cfg_value v;
        begin();
        add(ISAKMP_CFG_SPLIT_DNS, lists[i], sizes[i]);
        r = reader();
        for (unsigned k = 0; k < 2; k++) {
            assert_int_equal(isakmp_cfg_next(&r, &v), ISAKMP_OK);
            assert_int_equal(v.form, ISAKMP_CFG_TEXT);
            assert_int_equal(v.data.n, 9);
            assert_memory_equal(v.data.p, k ? "b.example" : "a.example", 9);
        }
        assert_int_equal(isakmp_cfg_next(&r, &v), ISAKMP_NONE);
    }
    assert_int_equal(only(ISAKMP_CFG_SPLIT_DNS, ",,,", 3).form, ISAKMP_CFG_EMPTY);
}

static void test_malformed(void **state)
{
    static const uint8_t cut[] = {0, 1, 0, 4, 10, 1, 2, 3, 0, 3, 0, 5, 1, 2, 3, 4};
    (void)state;
    for (size_t n = 0; n <= sizeof cut; n++) {
        isakmp_cfg_reader r = isakmp_cfg_values(isakmp__span(cut, n));
        isakmp_cfg_value v;
        int rc = isakmp_cfg_next(&r, &v);
        if (n >= 8 && rc == ISAKMP_OK)
            rc = isakmp_cfg_next(&r, &v);
        assert_int_equal(rc, n == 0 || n == 8 ? ISAKMP_NONE : ISAKMP_E_MALFORMED);
    }
}

/* ---- T-80: texts of a hostile gateway ---------------------------------------------------------- */

static uint8_t form_of(uint16_t type, const char *text, size_t n)
{
    isakmp_cfg_value v = only(type, text, n);
    assert_int_equal(v.data.n, n); /* whatever it is, all of it is handed on */
    assert_memory_equal(v.data.p, text, n);
    return v.form;
}

static void test_T80_what_can_be_printed(void **state)
{
    static const struct {
        const char *text;
        size_t n;
        int printable, lines;
    } cases[] = {
        {"gw.example", 10, 1, 1},
        {"gr\xc3\xbc\xc3\x9f"
         "e",
         7, 1, 1},
        {"\xe2\x82\xac", 3, 1, 1},
        {"\xf0\x9f\x98\x80", 4, 1, 1},
        {"a\nb", 3, 0, 1},
        {"a\r\n\tb", 5, 0, 1},
        {"a\0b", 3, 0, 0},
        {"a\0", 2, 0, 0},
        {"\x1b[31m", 5, 0, 0},
        {"\x7f", 1, 0, 0},
        {"\xc2\x85", 2, 0, 0},     /* a control character of the second set */
        {"\xe2\x80\xa8", 3, 0, 0}, /* an end of lines */
        {"\xe2\x80\xae", 3, 0, 0}, /* from right to left */
        {"\xe2\x81\xa6", 3, 0, 0},
        {"\xef\xbb\xbf", 3, 0, 0},
        {"\xc0\x80", 2, 0, 0}, /* a zero, longer than it need be */
        {"\xc1\xbf", 2, 0, 0},
        {"\xe0\x80\xaf", 3, 0, 0},
        {"\xf0\x80\x80\xaf", 4, 0, 0},
        {"\xed\xa0\x80", 3, 0, 0},     /* half of a pair */
        {"\xf4\x90\x80\x80", 4, 0, 0}, /* beyond the last one */
        {"\xf5\x80\x80\x80", 4, 0, 0},
        {"\xc3", 1, 0, 0}, /* cut off */
        {"\xe2\x82", 2, 0, 0},
        {"\xe2"
         "a\xac",
         3, 0, 0},
        {"\x80", 1, 0, 0},
        {"\xff", 1, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(form_of(ISAKMP_CFG_DEFAULT_DOMAIN, cases[i].text, cases[i].n),
                         cases[i].printable ? ISAKMP_CFG_TEXT : ISAKMP_CFG_OCTETS);
        assert_int_equal(form_of(ISAKMP_CFG_BANNER, cases[i].text, cases[i].n),
                         cases[i].lines ? ISAKMP_CFG_TEXT : ISAKMP_CFG_OCTETS);
    }
}

/* T-80: as long as a value can be. */
static void test_T80_64_kilobytes(void **state)
{
    static char text[65535];
    (void)state;
    memset(text, 'x', sizeof text);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        uint8_t kind = isakmp__cfg_kind(known[i]);
        if (kind == ISAKMP__CFG_TEXT || kind == ISAKMP__CFG_LINES || kind == ISAKMP__CFG_NAMES)
            assert_int_equal(form_of(known[i], text, sizeof text), ISAKMP_CFG_TEXT);
        else
            assert_int_equal(form_of(known[i], text, sizeof text), ISAKMP_CFG_OCTETS);
    }
    text[60000] = '\0';
    assert_int_equal(form_of(ISAKMP_CFG_BANNER, text, sizeof text), ISAKMP_CFG_OCTETS);
}

/* ---- Writing ----------------------------------------------------------------------------------- */

static isakmp_cfg_value value(uint16_t type, uint8_t form)
{
    isakmp_cfg_value v;
    memset(&v, 0, sizeof v);
    v.type = type;
    v.form = form;
    return v;
}

/* Every attribute with a value of every form that it can have, read and written again: the same octets. */
static void test_round_trip(void **state)
{
    static const uint8_t octets[] = {0x2a, 1, 0xd, 0, 255, 255, 255, 0, 0,
                                     6,    0, 0,   1, 187, 0,   0,   64};
    static uint8_t again[4096];
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        for (size_t n = 0; n <= sizeof octets; n++) {
            isakmp_cfg_value v[16];
            isakmp_cfg_reader r;
            isakmp_writer out;
            size_t count = 0;
            begin();
            add(known[i], octets, n);
            r = reader();
            while (isakmp_cfg_next(&r, &v[count]) == ISAKMP_OK)
                count++;
            isakmp_wr_init(&out, again, sizeof again);
            isakmp_wr_cfg_values(&out, v, count);
            assert_false(out.fault);
            if (v[0].form == ISAKMP_CFG_NUMBER && isakmp__cfg_kind(known[i]) != ISAKMP__CFG_TYPES &&
                n != 4)
                continue; /* shorter than it need be */
            if (isakmp__cfg_kind(known[i]) == ISAKMP__CFG_NAMES)
                continue; /* without what stands between them */
            if (v[0].form == ISAKMP_CFG_NET && known[i] != ISAKMP_CFG_SPLIT_INCLUDE &&
                known[i] != ISAKMP_CFG_LOCAL_LAN && known[i] != ISAKMP_CFG_IP4_SUBNET)
                continue; /* bits behind the prefix */
            assert_int_equal(out.len, w.len);
            assert_memory_equal(again, attrs, w.len);
        }
}

static void test_lists_are_one_attribute(void **state)
{
    static const uint8_t want[] = {0x70, 4, 0, 28,  10,   1, 0, 0, 255, 255, 0,   0, 0, 6,
                                   0,    0, 1, 187, 10,   2, 0, 0, 255, 255, 0,   0, 0, 0,
                                   0,    0, 0, 0,   0x70, 3, 0, 3, 'a', ',', 'b', 0, 3, 0,
                                   4,    1, 2, 3,   4,    0, 3, 0, 4,   5,   6,   7, 8};
    isakmp_cfg_value v[6];
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        v[i] = value(ISAKMP_CFG_SPLIT_INCLUDE, ISAKMP_CFG_NET);
        v[i].addrs.family = 4;
        v[i].addrs.lo[0] = v[i].addrs.hi[0] = 10;
        v[i].addrs.lo[1] = v[i].addrs.hi[1] = (uint8_t)(i + 1);
        v[i].addrs.hi[2] = v[i].addrs.hi[3] = 255;
        v[2 + i] = value(ISAKMP_CFG_SPLIT_DNS, ISAKMP_CFG_TEXT);
        v[2 + i].data = isakmp__span(i ? "b" : "a", 1);
        v[4 + i] = value(ISAKMP_CFG_IP4_DNS, ISAKMP_CFG_ADDR);
        v[4 + i].addrs.family = 4;
        for (uint8_t k = 0; k < 4; k++)
            v[4 + i].addrs.lo[k] = (uint8_t)(4 * i + k + 1);
    }
    v[0].addrs.proto = 6;
    v[0].addrs.port = 443;
    begin();
    isakmp_wr_cfg_values(&w, v, 6);
    assert_false(w.fault);
    assert_int_equal(w.len, sizeof want);
    assert_memory_equal(attrs, want, sizeof want);
}

/* What has no form in an attribute is not written as something else. */
static void test_what_cannot_be_written(void **state)
{
    isakmp_cfg_value v[6];
    (void)state;
    v[0] = value(ISAKMP_CFG_IP4_DNS, ISAKMP_CFG_ADDR); /* an address of IPv6 */
    v[0].addrs.family = 6;
    v[1] = value(ISAKMP_CFG_IP6_DNS, ISAKMP_CFG_ADDR);
    v[1].addrs.family = 4;
    v[2] = value(ISAKMP_CFG_IP4_SUBNET, ISAKMP_CFG_NET); /* a range that is no subnet */
    v[2].addrs.family = 4;
    v[2].addrs.hi[3] = 2;
    v[3] = value(ISAKMP_CFG_IP6_SUBNET, ISAKMP_CFG_NET);
    v[3].addrs.family = 6;
    v[3].addrs.hi[15] = 2;
    v[4] = value(ISAKMP_CFG_BANNER, ISAKMP_CFG_NUMBER);
    v[5] = value(ISAKMP_CFG_SPLIT_INCLUDE, ISAKMP_CFG_NET);
    v[5].addrs.family = 6;
    for (unsigned i = 0; i < 6; i++) {
        begin();
        isakmp_wr_cfg_values(&w, &v[i], 1);
        assert_true(w.fault);
    }
    isakmp_wr_init(&w, attrs, 7); /* no room */
    v[0].addrs.family = 4;
    isakmp_wr_cfg_values(&w, v, 1);
    assert_true(w.fault);
}

static void test_addresses_written(void **state)
{
    static const uint8_t want[] = {0, 1, 0, 4, 10, 9, 0, 1};
    isakmp_addr a = {4, {10, 9, 0, 1}, 99}, none = {0, {0}, 0};
    (void)state;
    begin();
    isakmp_wr_cfg_addr(&w, ISAKMP_CFG_IP4_ADDRESS, &a);
    isakmp_wr_cfg_addr(&w, ISAKMP_CFG_IP6_ADDRESS, &none);
    assert_int_equal(w.len, sizeof want);
    assert_memory_equal(attrs, want, sizeof want);
}

/* Random octets: always an end, and no value that is not in them. */
static void test_random(void **state)
{
    uint32_t seed = 7;
    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        uint8_t buf[64], *copy;
        size_t n = round % sizeof buf;
        unsigned values = 0;
        isakmp_cfg_reader r;
        isakmp_cfg_value v;
        int rc;
        for (size_t i = 0; i < n; i++) {
            seed = seed * 1103515245u + 12345u;
            buf[i] = (uint8_t)(seed >> 24);
            if (i % 4 == 0)
                buf[i] = (uint8_t)(round & 1 ? 0x70 : 0);
            if (i % 4 == 1)
                buf[i] &= 15;
            if (i % 4 == 2)
                buf[i] = 0;
        }
        copy = (uint8_t *)malloc(n ? n : 1);
        assert_non_null(copy);
        memcpy(copy, buf, n);
        r = isakmp_cfg_values(isakmp__span(copy, n));
        while ((rc = isakmp_cfg_next(&r, &v)) == ISAKMP_OK) {
            assert_true(v.data.n == 0 || (v.data.p >= copy && v.data.p + v.data.n <= copy + n));
            assert_true(++values <= 64);
        }
        assert_true(rc == ISAKMP_NONE || rc == ISAKMP_E_MALFORMED);
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_every_length),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_subnets),
        cmocka_unit_test(test_split_tunnels),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_T80_what_can_be_printed),
        cmocka_unit_test(test_T80_64_kilobytes),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_lists_are_one_attribute),
        cmocka_unit_test(test_what_cannot_be_written),
        cmocka_unit_test(test_addresses_written),
        cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
