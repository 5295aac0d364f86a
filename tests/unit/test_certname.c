/* test_certname.c -- is a certificate for an identity?  Distinguished names, canonical and whole, and
 * subjectAltNames. */
#include "unit/pki_make.h"

enum {
    UTF8 = 0x0c,
    PRINTABLE = 0x13,
    T61 = 0x14,
    IA5 = 0x16,
    BMP = 0x1e
};

#define CN 3
#define O  10
#define OU 11

/* Adds one RDN of one part to a name that is not wrapped yet. */
static void rdn(made *m, uint8_t type, int tag, const void *value, size_t n)
{
    const uint8_t oid[] = {0x55, 0x04, type};
    made part = {{0}, 0};
    made_put(&part, 0x06, oid, sizeof oid);
    made_put(&part, tag, value, n);
    made_wrap(&part, 0x30);
    made_wrap(&part, 0x31);
    made_raw(m, part.p, part.n);
}

static made name(uint8_t type, int tag, const char *value)
{
    made m = {{0}, 0};
    rdn(&m, type, tag, value, strlen(value));
    made_wrap(&m, 0x30);
    return m;
}

static int same(const made *a, const made *b)
{
    int there = isakmp__dn_equal(made_span(a), made_span(b));
    assert_int_equal(isakmp__dn_equal(made_span(b), made_span(a)), there);
    return there;
}

/* T-49: canonical, and whole. */
static void strings(void **state)
{
    static const struct {
        int tag_a, tag_b, same;
        const char *a, *b;
    } rows[] = {
        {UTF8, UTF8, 1, "Alice", "Alice"},
        {UTF8, PRINTABLE, 1, "Alice", "aLICE"},
        {PRINTABLE, PRINTABLE, 1, "  Alice   of Example ", "alice of example"},
        {PRINTABLE, PRINTABLE, 0, "aliceof example", "alice of example"},
        {UTF8, UTF8, 0, "Alice", "Alic"},
        {UTF8, UTF8, 0, "Alice",
         "Alice "
         "B"},
        {UTF8, UTF8, 0, "Alice", ""},
        {UTF8, UTF8, 0, "\xc3\x84", "\xc3\xa4"},
        {IA5, IA5, 1, "A@EXAMPLE", "a@example"},
        {IA5, UTF8, 0, "a", "a"},
        {T61, T61, 1, "Alice", "Alice"},
        {T61, T61, 0, "Alice", "alice"},
        {T61, UTF8, 0, "Alice", "Alice"},
        {BMP, BMP, 1, "aabb", "aabb"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        made a = name(CN, rows[i].tag_a, rows[i].a), b = name(CN, rows[i].tag_b, rows[i].b);
        made c = name(O, rows[i].tag_b, rows[i].b);
        assert_int_equal(same(&a, &b), rows[i].same);
        assert_false(same(&a, &c));
    }
}

static void zero_octets(void **state)
{
    made a = {{0}, 0}, b = name(CN, UTF8, "alice"), c = {{0}, 0};
    (void)state;
    rdn(&a, CN, UTF8, "alice\0.example", 14);
    made_wrap(&a, 0x30);
    assert_false(same(&a, &b));
    assert_false(same(&a, &a));
    rdn(&c, CN, BMP, "\0a\0b", 4);
    made_wrap(&c, 0x30);
    assert_true(same(&c, &c));
}

/* T-49: in order, all of them, and nothing behind. */
static void whole_names(void **state)
{
    made a = {{0}, 0}, b = {{0}, 0}, c = {{0}, 0}, empty = {{0}, 0}, longer;
    (void)state;
    rdn(&a, O, UTF8, "Test", 4);
    rdn(&a, CN, UTF8, "alice", 5);
    rdn(&b, CN, UTF8, "alice", 5);
    rdn(&b, O, UTF8, "Test", 4);
    rdn(&c, O, UTF8, "Test", 4);
    made_wrap(&a, 0x30);
    made_wrap(&b, 0x30);
    made_wrap(&c, 0x30);
    made_wrap(&empty, 0x30);
    assert_true(same(&a, &a));
    assert_false(same(&a, &b));
    assert_false(same(&a, &c));
    assert_false(same(&a, &empty));
    assert_false(same(&empty, &empty));
    longer = a;
    made_raw(&longer, "", 1);
    assert_false(same(&a, &longer));
    assert_false(isakmp__dn_equal(isakmp__span(NULL, 0), isakmp__span(NULL, 0)));
}

/* Several parts of one RDN, in any order. */
static void sets(void **state)
{
    static const uint8_t cn[] = {0x55, 4, CN}, ou[] = {0x55, 4, OU};
    made x = {{0}, 0}, y = {{0}, 0}, a = {{0}, 0}, b = {{0}, 0}, c = {{0}, 0}, many = {{0}, 0};
    (void)state;
    made_put(&x, 0x06, cn, 3);
    made_put(&x, UTF8, "alice", 5);
    made_wrap(&x, 0x30);
    made_put(&y, 0x06, ou, 3);
    made_put(&y, UTF8, "dev", 3);
    made_wrap(&y, 0x30);
    made_raw(&a, x.p, x.n);
    made_raw(&a, y.p, y.n);
    made_raw(&b, y.p, y.n);
    made_raw(&b, x.p, x.n);
    made_raw(&c, x.p, x.n);
    for (size_t i = 0; i < 9; i++)
        made_raw(&many, x.p, x.n);
    for (made *m = &a; m != NULL; m = m == &a ? &b : m == &b ? &c : m == &c ? &many : NULL) {
        made_wrap(m, 0x31);
        made_wrap(m, 0x30);
    }
    assert_true(same(&a, &b));
    assert_false(same(&a, &c));
    assert_false(same(&many, &many));
}

/* T-49: cut off anywhere, with any octet changed, and 0 to 300 random ones: read within bounds, and never
 * equal when shorter. */
static void hostile_names(void **state)
{
    uint64_t random = 42;
    made a = {{0}, 0};
    (void)state;
    rdn(&a, O, UTF8, "Test", 4);
    rdn(&a, CN, PRINTABLE, "alice of example", 16);
    made_wrap(&a, 0x30);
    for (size_t n = 0; n < a.n; n++) {
        uint8_t *copy = bytes_copy(isakmp__span(a.p, n));
        assert_false(isakmp__dn_equal(isakmp__span(copy, n), made_span(&a)));
        assert_false(isakmp__dn_equal(made_span(&a), isakmp__span(copy, n)));
        free(copy);
    }
    for (size_t i = 0; i < a.n; i++)
        for (unsigned v = 0; v < 256; v++) {
            uint8_t *copy = bytes_copy(made_span(&a));
            copy[i] = (uint8_t)v;
            isakmp__dn_equal(isakmp__span(copy, a.n), made_span(&a));
            isakmp__dn_equal(isakmp__span(copy, a.n), isakmp__span(copy, a.n));
            free(copy);
        }
    for (size_t n = 0; n <= 300; n++) {
        uint8_t b[300];
        bytes_fill(&random, b, n);
        if (n > 1)
            b[0] = 0x30, b[1] = (uint8_t)(n - 2);
        assert_false(isakmp__dn_equal(isakmp__span(b, n), made_span(&a)));
    }
}

/* ---- In a certificate ---------------------------------------------------------------------- */

static made alt_names;

static int cert_is_for(uint8_t type, const void *data, size_t n)
{
    const isakmp_id id = {type, 0, 0, isakmp__span(data, n)};
    cert_spec s = {.subject = "CN=Alice,O=Test"};
    mbedtls_pk_context key;
    mbedtls_x509_crt c;
    made der;
    int is;
    made_ec_key(&key, MBEDTLS_ECP_DP_SECP256R1);
    s.key = &key;
    s.names = alt_names.n ? &alt_names : NULL;
    made_cert(&der, &s);
    mbedtls_x509_crt_init(&c);
    assert_int_equal(mbedtls_x509_crt_parse_der(&c, der.p, der.n), 0);
    is = isakmp__cert_is_for(&c, &id);
    mbedtls_x509_crt_free(&c);
    mbedtls_pk_free(&key);
    return is;
}

static void alternatives(void **state)
{
    (void)state;
    alt_names.n = 0;
    assert_false(cert_is_for(ISAKMP_ID_FQDN, "Alice", 5)); /* a common name is no host name */
    assert_false(cert_is_for(ISAKMP_ID_FQDN, "", 0));
    made_put(&alt_names, 0x82, "gate.example\0.evil", 18);
    made_put(&alt_names, 0x82, "*.wild.example", 14);
    made_put(&alt_names, 0x82, "", 0);
    assert_false(cert_is_for(ISAKMP_ID_FQDN, "gate.example", 12));
    assert_false(cert_is_for(ISAKMP_ID_FQDN, "gate.example\0.evil", 18));
    assert_false(cert_is_for(ISAKMP_ID_FQDN, "a.wild.example", 14));
    assert_false(cert_is_for(ISAKMP_ID_FQDN, "", 0));
    made_put(&alt_names, 0x81, "Alice@example", 13);
    made_put(&alt_names, 0x86, "uri.example", 11);
    made_put(&alt_names, 0x82, "GATE.example", 12);
    assert_true(cert_is_for(ISAKMP_ID_FQDN, "gate.EXAMPLE", 12));
    assert_false(cert_is_for(ISAKMP_ID_FQDN, "gate.exampl", 11));
    assert_false(cert_is_for(ISAKMP_ID_FQDN, "gate.example.", 13));
    assert_false(cert_is_for(ISAKMP_ID_FQDN, "uri.example", 11));
    assert_false(cert_is_for(ISAKMP_ID_KEY_ID, "gate.EXAMPLE", 12));
    assert_true(cert_is_for(ISAKMP_ID_USER_FQDN, "Alice@EXAMPLE", 13));
    assert_false(cert_is_for(ISAKMP_ID_USER_FQDN, "alice@example", 13));
    assert_false(cert_is_for(ISAKMP_ID_USER_FQDN, "gate.example", 12));
}

static void addresses(void **state)
{
    static const uint8_t v6[16] = {0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    static const uint8_t v4[8] = {10, 0, 0, 1, 255, 255, 255, 0};
    (void)state;
    alt_names.n = 0;
    made_put(&alt_names, 0x87, v4, 4);
    made_put(&alt_names, 0x87, v6, 16);
    made_put(&alt_names, 0x82, "\x0a\0\0\x02", 4);
    assert_true(cert_is_for(ISAKMP_ID_IPV4_ADDR, v4, 4));
    assert_true(cert_is_for(ISAKMP_ID_IPV6_ADDR, v6, 16));
    assert_false(cert_is_for(ISAKMP_ID_IPV6_ADDR, v4, 4));
    assert_false(cert_is_for(ISAKMP_ID_IPV4_ADDR, v6, 4));
    assert_false(cert_is_for(ISAKMP_ID_IPV4_ADDR, v4, 3));
    assert_false(cert_is_for(ISAKMP_ID_IPV4_ADDR, "\x0a\0\0\x02", 4));
    assert_false(cert_is_for(ISAKMP_ID_IPV4_SUBNET, v4, 8));
    assert_false(cert_is_for(ISAKMP_ID_FQDN, v4, 4));
}

static void subject(void **state)
{
    made n = {{0}, 0};
    (void)state;
    alt_names.n = 0;
    rdn(&n, O, PRINTABLE, "test", 4);
    rdn(&n, CN, PRINTABLE, "ALICE", 5);
    made_wrap(&n, 0x30);
    if (!cert_is_for(ISAKMP_ID_DER_ASN1_DN, n.p, n.n)) { /* mbedTLS 3 keeps the order of the text */
        n.n = 0;
        rdn(&n, CN, PRINTABLE, "ALICE", 5);
        rdn(&n, O, PRINTABLE, "test", 4);
        made_wrap(&n, 0x30);
        assert_true(cert_is_for(ISAKMP_ID_DER_ASN1_DN, n.p, n.n));
    }
    assert_false(cert_is_for(ISAKMP_ID_DER_ASN1_GN, n.p, n.n));
    assert_false(cert_is_for(ISAKMP_ID_DER_ASN1_DN, n.p, n.n - 1));
    assert_false(cert_is_for(ISAKMP_ID_DER_ASN1_DN, "\x30", 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings),       cmocka_unit_test(zero_octets),
        cmocka_unit_test(whole_names),   cmocka_unit_test(sets),
        cmocka_unit_test(hostile_names), cmocka_unit_test(alternatives),
        cmocka_unit_test(addresses),     cmocka_unit_test(subject),
    };
    return cmocka_run_group_tests_name("certname", tests, NULL, NULL);
}
