/* test_identity.c -- is the peer who it should be?  Whole values are compared, never prefixes. */
#include "policy/match.h"
#include "unit/bytes.h"

static isakmp_id id_of(uint8_t type, const char *text)
{
    isakmp_id id = {type, 0, 0, {NULL, 0}};
    id.data = bytes_text(text);
    return id;
}

static int equal(uint8_t type_a, const char *a, uint8_t type_b, const char *b)
{
    isakmp_id x = id_of(type_a, a), y = id_of(type_b, b);
    int rc = isakmp_id_equal(&x, &y);
    assert_int_equal(isakmp_id_equal(&y, &x), rc);
    return rc;
}

static void test_equal(void **state)
{
    (void)state;
    for (unsigned type = 0; type < 256; type++) {
        uint8_t t = (uint8_t)type;
        int name = type == ISAKMP_ID_FQDN || type == ISAKMP_ID_USER_FQDN;
        if (type == ISAKMP_ID_DER_ASN1_DN) /* what is no DER is no name */
            continue;
        assert_int_equal(equal(t, "gw.example.org", t, "gw.example.org"), 1);
        assert_int_equal(equal(t, "gw.example.org", t, "GW.Example.ORG"), name);
        assert_int_equal(equal(t, "gw.example.org", t, "gw.example.or"), 0);
        assert_int_equal(equal(t, "gw.example.org", t, "gw.example.orgx"), 0);
        assert_int_equal(equal(t, "gw.example.org", t, ""), 0);
        assert_int_equal(equal(t, "", t, ""), 1);
        assert_int_equal(equal(t, "gw.example.org", (uint8_t)(type + 1), "gw.example.org"), 0);
    }
}

/* Only letters have a case: '[' is not '{', nor '@' '`'. */
static void test_case_is_of_letters(void **state)
{
    (void)state;
    for (unsigned c = 1; c < 256; c++)
        for (unsigned d = 1; d < 256; d++) {
            char a[2] = {(char)c, 0}, b[2] = {(char)d, 0};
            int letters = c >= 'A' && c <= 'Z' ? d == c + 32 : d >= 'A' && d <= 'Z' && c == d + 32;
            assert_int_equal(equal(ISAKMP_ID_FQDN, a, ISAKMP_ID_FQDN, b), c == d || letters);
        }
}

/* Embedded zeros are octets like others. */
static void test_zeros(void **state)
{
    isakmp_id a = {ISAKMP_ID_FQDN, 0, 0, {(const uint8_t *)"gw\0one", 6}};
    isakmp_id b = {ISAKMP_ID_FQDN, 0, 0, {(const uint8_t *)"gw\0two", 6}};
    isakmp_id c = {ISAKMP_ID_FQDN, 0, 0, {(const uint8_t *)"gw", 2}};
    (void)state;
    assert_int_equal(isakmp_id_equal(&a, &b), 0);
    assert_int_equal(isakmp_id_equal(&a, &c), 0);
    assert_int_equal(isakmp_id_equal(&a, &a), 1);
}

/* Protocol and port are not part of who somebody is. */
static void test_protocol_and_port(void **state)
{
    isakmp_id a = id_of(ISAKMP_ID_FQDN, "gw"), b = a;
    (void)state;
    b.proto = 17;
    b.port = 500;
    assert_int_equal(isakmp_id_equal(&a, &b), 1);
}

static void test_accepted(void **state)
{
    isakmp_id any = {ISAKMP_ID_NONE, 0, 0, {NULL, 0}}, gw = id_of(ISAKMP_ID_FQDN, "gw");
    isakmp_id other = id_of(ISAKMP_ID_FQDN, "gx");
    (void)state;
    assert_int_equal(isakmp__id_accepted(&any, &gw), 1);
    assert_int_equal(isakmp__id_accepted(&any, &any), 1);
    assert_int_equal(isakmp__id_accepted(&gw, &gw), 1);
    assert_int_equal(isakmp__id_accepted(&gw, &other), 0);
    /* A peer that says nothing is not the one that is expected. */
    assert_int_equal(isakmp__id_accepted(&gw, &any), 0);
}

/* O=live as PrintableString and as UTF8String, with other letters, another value, and not whole. */
static void test_distinguished_names(void **state)
{
    static const uint8_t printable[] = {0x30, 0x0f, 0x31, 0x0d, 0x30, 0x0b, 0x06, 0x03, 0x55,
                                        0x04, 0x0a, 0x13, 0x04, 'l',  'i',  'v',  'e'};
    uint8_t other[sizeof printable];
    isakmp_id a = {ISAKMP_ID_DER_ASN1_DN, 0, 0, {printable, sizeof printable}}, b = a;
    (void)state;
    memcpy(other, printable, sizeof other);
    b.data.p = other;
    assert_int_equal(isakmp_id_equal(&a, &b), 1);
    other[11] = 0x0c;
    other[13] = 'L';
    assert_int_equal(isakmp_id_equal(&a, &b), 1);
    other[14] = 'x';
    assert_int_equal(isakmp_id_equal(&a, &b), 0);
    for (b.data = a.data; b.data.n > 0; b.data.n--)
        assert_int_equal(isakmp_id_equal(&a, &b), b.data.n == sizeof printable);
}

static int accepts(uint8_t type, const char *pattern, uint8_t id_type, const char *text)
{
    isakmp_id p = id_of(type, pattern), id = id_of(id_type, text);
    return isakmp__id_accepted(&p, &id);
}

static void test_names_that_stand_for_many(void **state)
{
    const uint8_t fqdn = ISAKMP_ID_FQDN, user = ISAKMP_ID_USER_FQDN;
    (void)state;
    assert_int_equal(accepts(fqdn, "*.example.org", fqdn, "gw.Example.org"), 1);
    assert_int_equal(accepts(fqdn, "*.example.org", fqdn, "a.b.example.org"), 1);
    assert_int_equal(accepts(fqdn, "*.example.org", fqdn, ".example.org"), 0);
    assert_int_equal(accepts(fqdn, "*.example.org", fqdn, "example.org"), 0);
    assert_int_equal(accepts(fqdn, "*.example.org", fqdn, "gw.example.org.evil"), 0);
    assert_int_equal(accepts(fqdn, "*.example.org", user, "gw.example.org"), 0);
    assert_int_equal(accepts(user, "*@example.org", user, "who@example.org"), 1);
    assert_int_equal(accepts(user, "*@example.org", user, "@example.org"), 0);
    assert_int_equal(accepts(fqdn, "*", fqdn, "anybody"), 1);
    assert_int_equal(accepts(fqdn, "*", user, "any@body"), 0);
    /* The peer's own star is an octet. */
    assert_int_equal(accepts(fqdn, "gw.example.org", fqdn, "*.example.org"), 0);
    assert_int_equal(accepts(ISAKMP_ID_KEY_ID, "*x", ISAKMP_ID_KEY_ID, "ax"), 0);
}

static void test_addresses_that_stand_for_many(void **state)
{
    static const uint8_t net[] = {192, 0, 2, 0, 255, 255, 255, 0}, in[] = {192, 0, 2, 7},
                         out[] = {192, 0, 3, 7}, range[] = {192, 0, 2, 7, 192, 0, 2, 9};
    isakmp_id pattern = {ISAKMP_ID_IPV4_SUBNET, 0, 0, {net, 8}};
    isakmp_id id = {ISAKMP_ID_IPV4_ADDR, 0, 0, {in, 4}};
    (void)state;
    assert_int_equal(isakmp__id_accepted(&pattern, &id), 1);
    id.data.p = out;
    assert_int_equal(isakmp__id_accepted(&pattern, &id), 0);
    id.type = ISAKMP_ID_KEY_ID;
    id.data.p = in;
    assert_int_equal(isakmp__id_accepted(&pattern, &id), 0);
    id.type = ISAKMP_ID_IPV4_ADDR;
    pattern.type = ISAKMP_ID_IPV4_RANGE;
    pattern.data.p = range;
    assert_int_equal(isakmp__id_accepted(&pattern, &id), 1);
    /* A peer proves one address, not a net. */
    id = pattern;
    assert_int_equal(isakmp__id_accepted(&pattern, &id), 1);
    id.type = ISAKMP_ID_IPV4_SUBNET;
    id.data.p = net;
    assert_int_equal(isakmp__id_accepted(&pattern, &id), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distinguished_names),
        cmocka_unit_test(test_names_that_stand_for_many),
        cmocka_unit_test(test_addresses_that_stand_for_many),
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_case_is_of_letters),
        cmocka_unit_test(test_zeros),
        cmocka_unit_test(test_protocol_and_port),
        cmocka_unit_test(test_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
