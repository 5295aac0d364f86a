/* test_sa_payload.c -- the SA payload and what nests in it: situations with their labels, chains
 * that must say the truth about what follows, and attributes of both formats. */
#include "unit/bytes.h"
#define WALK_CHECK assert_true
#include "unit/walk.h"

/* Octets from hex in a block of their own size; the test frees .p. */
static isakmp_span from_hex(const char *hex)
{
    uint8_t buf[512];
    size_t n = bytes_hex(buf, sizeof buf, hex);
    return isakmp__span(bytes_copy(isakmp__span(buf, n)), n);
}

static void release(isakmp_span s)
{
    free((void *)(uintptr_t)s.p);
}

/* ---- Attributes --------------------------------------------------------------------------- */

static isakmp_attr attr_of(const char *hex, int expected)
{
    isakmp_span s = from_hex(hex);
    isakmp_reader r = isakmp_rd(s);
    isakmp_attr a;
    assert_int_equal(isakmp_attr_next(&r, &a), expected);
    walk_attrs(s);
    release(s);
    a.data.p = NULL;
    return a;
}

static void basic_and_variable_attributes(void **state)
{
    isakmp_attr a = attr_of("800b0001", ISAKMP_OK);
    (void)state;
    assert_int_equal(a.type, ISAKMP_ATTR_LIFE_TYPE);
    assert_int_equal(a.basic, 1);
    assert_int_equal(a.value, 1);
    assert_int_equal(a.data.n, 2);
    a = attr_of("000c000400015180", ISAKMP_OK);
    assert_int_equal(a.type, ISAKMP_ATTR_LIFE_DURATION);
    assert_int_equal(a.basic, 0);
    assert_int_equal(a.value, 86400);
    assert_int_equal(a.data.n, 4);
    a = attr_of("ffffffff", ISAKMP_OK);
    assert_int_equal(a.type, 0x7fff);
    assert_int_equal(a.value, 0xffff);
}

/* T-11: the key length as a variable attribute of 0, 1, 3 and 8 octets. */
static void numbers_of_any_length(void **state)
{
    static const struct {
        const char *hex;
        uint32_t value;
        uint8_t too_large;
    } cases[] = {
        {"000e0000", 0, 0},
        {"000e000180", 128, 0},
        {"000e00020100", 256, 0},
        {"000e0003000100", 256, 0},
        {"000e0003010000", 65536, 0},
        {"000e0004ffffffff", UINT32_MAX, 0},
        {"000e00050100000000", UINT32_MAX, 1},
        {"000e00080000000000000080", 128, 0},
        {"000e00080000000100000080", UINT32_MAX, 1},
        {"000e00088000000000000000", UINT32_MAX, 1},
        {"000e000900ffffffff00000000", UINT32_MAX, 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        isakmp_attr a = attr_of(cases[i].hex, ISAKMP_OK);
        assert_int_equal(a.type, ISAKMP_ATTR_KEY_LENGTH);
        assert_int_equal(a.value, cases[i].value);
        assert_int_equal(a.too_large, cases[i].too_large);
    }
}

static void attributes_that_do_not_fit(void **state)
{
    static const char *const bad[] = {"80",       "800e",         "800e00",    "00",
                                      "000e",     "000e00",       "000e0001",  "000e0004ff",
                                      "000effff", "000e8000aabb", "000e0002ff"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        attr_of(bad[i], ISAKMP_E_MALFORMED);
    attr_of("", ISAKMP_NONE);
}

static void a_fault_ends_the_attributes(void **state)
{
    isakmp_span s = from_hex("80010007 000e0009ff 80020002");
    isakmp_reader r = isakmp_rd(s);
    isakmp_attr a;
    (void)state;
    assert_int_equal(isakmp_attr_next(&r, &a), ISAKMP_OK);
    assert_int_equal(isakmp_attr_next(&r, &a), ISAKMP_E_MALFORMED);
    assert_int_equal(isakmp_attr_next(&r, &a), ISAKMP_E_MALFORMED);
    release(s);
}

/* ---- Situations --------------------------------------------------------------------------- */

static int sa_of(isakmp_sa_body *sa, const char *hex)
{
    isakmp_span s = from_hex(hex);
    int rc = isakmp_sa_read(sa, s);
    walk_sa(s);
    release(s);
    return rc;
}

static void identity_only(void **state)
{
    isakmp_sa_body sa;
    (void)state;
    assert_int_equal(sa_of(&sa, "00000001 00000001"), ISAKMP_OK);
    assert_int_equal(sa.doi, ISAKMP_DOI_IPSEC);
    assert_int_equal(sa.situation, ISAKMP_SIT_IDENTITY_ONLY);
    assert_int_equal(sa.proposals.n, 0);
    assert_int_equal(sa_of(&sa, "00000001 00000001 aabbcc"), ISAKMP_OK);
    assert_int_equal(sa.proposals.n, 3);
}

static void labels_are_read_where_the_situation_says(void **state)
{
    isakmp_sa_body sa;
    (void)state;
    /* secrecy: a level of 2 octets, 9 categories; integrity: nothing in either */
    assert_int_equal(sa_of(&sa, "00000001 00000006 00000007"
                                "0002ffff abcd0000 0009ffff 8180ffff"
                                "00000000 00000000 55"),
                     ISAKMP_OK);
    assert_int_equal(sa.labeled_domain, 7);
    assert_int_equal(sa.secrecy.level.n, 2);
    assert_int_equal(sa.secrecy.category_bits, 9);
    assert_int_equal(sa.secrecy.category.n, 2);
    assert_int_equal(sa.integrity.level.n, 0);
    assert_int_equal(sa.integrity.category_bits, 0);
    assert_int_equal(sa.proposals.n, 1);
}

static void labels_that_do_not_fit(void **state)
{
    static const char *const bad[] = {
        "00000001 00000002",
        "00000001 00000002 00000007",
        "00000001 00000002 00000007 00050000 aabbccdd ee",                /* no padding */
        "00000001 00000002 00000007 00010000 aa000000 ffff0000 00000000", /* 65,535 categories */
        "00000001 00000002 00000007 ffff0000 00000000",
        "00000001 00000004 00000007 00010000 aa000000 0001",
        "00000001 00000006 00000007 00000000 00000000", /* only one of two labels */
    };
    isakmp_sa_body sa;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(sa_of(&sa, bad[i]), ISAKMP_E_MALFORMED);
}

/* T-02: every pattern of bits, over bodies of several lengths. */
static void every_doi_and_situation(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < 64; bit++)
        for (unsigned low = 0; low < 16; low++)
            for (size_t n = 0; n < 44; n += 4) {
                uint8_t body[64] = {0};
                isakmp_sa_body sa;
                uint32_t doi = bit < 32 ? UINT32_C(1) << bit : low;
                uint32_t sit = bit < 32 ? low : UINT32_C(1) << (bit - 32) | low;
                uint8_t *copy;
                int rc;
                isakmp__put32(body, doi);
                isakmp__put32(body + 4, sit);
                copy = bytes_copy(isakmp__span(body, n));
                rc = isakmp_sa_read(&sa, isakmp__span(copy, n));
                if (n < 8) {
                    assert_int_equal(rc, ISAKMP_E_MALFORMED);
                } else if (doi != ISAKMP_DOI_IPSEC) {
                    assert_int_equal(rc, ISAKMP_OK);
                    assert_int_equal(sa.proposals.n, 0);
                } else {
                    size_t labels = (sit & 6 ? 4u : 0) + (sit & 2 ? 8u : 0) + (sit & 4 ? 8u : 0);
                    assert_int_equal(rc, n < 8 + labels ? ISAKMP_E_MALFORMED : ISAKMP_OK);
                    if (rc == ISAKMP_OK)
                        assert_int_equal(sa.proposals.n, n - 8 - labels);
                }
                walk_sa(isakmp__span(copy, n));
                free(copy);
            }
}

/* ---- Proposals and transforms ------------------------------------------------------------- */

/* Walk all proposals and transforms; the first result that is not OK, NONE at the good end. */
static int walk_chain(const char *hex, unsigned *proposals, unsigned *transforms)
{
    isakmp_span s = from_hex(hex);
    isakmp_reader r = isakmp_rd(s), inner;
    isakmp_proposal p;
    isakmp_transform t;
    int rc, rc_inner = ISAKMP_NONE;
    *proposals = *transforms = 0;
    while (rc_inner == ISAKMP_NONE && (rc = isakmp_proposal_next(&r, &p)) == ISAKMP_OK) {
        ++*proposals;
        inner = isakmp_rd(p.transforms);
        while ((rc_inner = isakmp_transform_next(&inner, &t)) == ISAKMP_OK)
            ++*transforms;
    }
    release(s);
    return rc_inner == ISAKMP_NONE ? rc : rc_inner;
}

static void chains_that_are_true(void **state)
{
    unsigned p, t;
    (void)state;
    assert_int_equal(walk_chain("", &p, &t), ISAKMP_NONE);
    assert_int_equal(p, 0);
    assert_int_equal(walk_chain("00000008 01010000", &p, &t), ISAKMP_NONE);
    assert_int_equal(p, 1);
    assert_int_equal(t, 0);
    assert_int_equal(walk_chain("02000018 01010002  03000008 01010000 00000008 02010000"
                                "0000000c 02030400 11223344",
                                &p, &t),
                     ISAKMP_NONE);
    assert_int_equal(p, 2);
    assert_int_equal(t, 2);
}

/* How many transforms there are is counted, not believed: the caller compares. */
static void the_number_of_transforms_is_only_told(void **state)
{
    isakmp_span s = from_hex("00000010 01010009 00000008 01010000");
    isakmp_reader r = isakmp_rd(s);
    isakmp_proposal p;
    (void)state;
    assert_int_equal(isakmp_proposal_next(&r, &p), ISAKMP_OK);
    assert_int_equal(p.n_transforms, 9);
    release(s);
}

static void chains_that_lie(void **state)
{
    static const char *const bad[] = {
        "02000008 01010000",                   /* more proposals promised */
        "00000008 01010000 00000008 02010000", /* an end before the end */
        "03000008 01010000 00000008 02010000", /* a transform after a proposal */
        "01000008 01010000 00000008 02010000", /* something else after it */
        "00000003 01010000",                   /* shorter than its header */
        "00000000 01010000",                   /* an endless loop, once upon a time */
        "00000007 010100",                     /* no room for its fields */
        "00000009 01010000",                   /* longer than the payload */
        "0000ffff 01010000",                   /* much longer */
        "0000000c 01010500 11223344",          /* the SPI does not fit */
        "0000000c 0101ff00 11223344",          /* nor this one */
        "00000010 01010001 03000008 01010000", /* more transforms promised */
        "00000018 01010002 00000008 01010000 00000008 02010000", /* an end before the end */
        "00000018 01010002 02000008 01010000 00000008 02010000", /* a proposal in a proposal */
        "00000010 01010001 00000003 01010000",                   /* a transform too short */
        "00000010 01010001 00000000 01010000",                   /* empty */
        "0000000f 01010001 00000007 010100",                     /* no room for its fields */
        "00000010 01010001 00000009 01010000",                   /* longer than the proposal */
    };
    unsigned p, t;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(walk_chain(bad[i], &p, &t), ISAKMP_E_MALFORMED);
}

static void fields_of_proposal_and_transform(void **state)
{
    isakmp_span s = from_hex("00aa001c 07030401 deadbeef 00bb0010 050cffff 80060080 80050002");
    isakmp_reader r = isakmp_rd(s);
    isakmp_proposal p;
    isakmp_transform t;
    (void)state;
    assert_int_equal(isakmp_proposal_next(&r, &p), ISAKMP_OK);
    assert_int_equal(p.number, 7);
    assert_int_equal(p.protocol, ISAKMP_PROTO_ESP);
    assert_span_equal(p.spi, bytes_text("\xde\xad\xbe\xef"));
    r = isakmp_rd(p.transforms);
    assert_int_equal(isakmp_transform_next(&r, &t), ISAKMP_OK);
    assert_int_equal(t.number, 5);
    assert_int_equal(t.id, ISAKMP_ESP_AES_CBC);
    assert_int_equal(t.attrs.n, 8);
    assert_int_equal(isakmp_transform_next(&r, &t), ISAKMP_NONE);
    release(s);
}

/* T-12: a whole SA payload cut at each octet, with the lengths around it as they were. */
static void truncated_at_each_octet(void **state)
{
    static const char hex[] = "00000001 00000001 00000034 01010002"
                              "03000018 01010000 80010007 800e0080 000c0004 00015180"
                              "00000014 02010000 80010005 000c0004 00015180";
    isakmp_span whole = from_hex(hex);
    isakmp_sa_body sa;
    isakmp_proposal p;
    isakmp_reader r;
    (void)state;
    assert_int_equal(isakmp_sa_read(&sa, whole), ISAKMP_OK);
    r = isakmp_rd(sa.proposals);
    assert_int_equal(isakmp_proposal_next(&r, &p), ISAKMP_OK);
    for (size_t n = 0; n < whole.n; n++) {
        uint8_t *copy = bytes_copy(isakmp__span(whole.p, n));
        isakmp_span cut = isakmp__span(copy, n);
        walk_sa(cut);
        if (isakmp_sa_read(&sa, cut) == ISAKMP_OK) {
            r = isakmp_rd(sa.proposals);
            assert_int_equal(isakmp_proposal_next(&r, &p),
                             n == 8 ? ISAKMP_NONE : ISAKMP_E_MALFORMED);
        } else {
            assert_true(n < 8);
        }
        free(copy);
    }
    release(whole);
}

/* The same with only the attributes cut, and all lengths around them right. */
static void attributes_truncated_at_each_octet(void **state)
{
    static const char hex[] = "80010007 800e0080 000c0004 00015180";
    static const int good[] = {[0] = 1, [4] = 1, [8] = 1, [16] = 1};
    isakmp_span whole = from_hex(hex);
    (void)state;
    for (size_t n = 0; n <= whole.n; n++) {
        uint8_t *copy = bytes_copy(isakmp__span(whole.p, n));
        isakmp_reader r = isakmp_rd(isakmp__span(copy, n));
        isakmp_attr a;
        int rc;
        while ((rc = isakmp_attr_next(&r, &a)) == ISAKMP_OK)
            ;
        assert_int_equal(rc, good[n] ? ISAKMP_NONE : ISAKMP_E_MALFORMED);
        free(copy);
    }
    release(whole);
}

static void hundreds_of_transforms(void **state)
{
    static uint8_t buf[8192];
    isakmp_writer w;
    isakmp_msg m;
    isakmp_sa_body sa;
    isakmp_proposal p;
    isakmp_transform t;
    isakmp_reader r;
    isakmp_header h = {{1}, {2}, 0, 0x10, ISAKMP_EXCH_MAIN, 0, 0, 0};
    size_t sa_mark, p_mark;
    (void)state;
    isakmp_wr_init(&w, buf, sizeof buf);
    isakmp_wr_header(&w, &h);
    sa_mark = isakmp_wr_sa(&w, ISAKMP_DOI_IPSEC, ISAKMP_SIT_IDENTITY_ONLY);
    p_mark = isakmp_wr_proposal(&w, 1, ISAKMP_PROTO_ISAKMP, isakmp__span(NULL, 0));
    for (unsigned i = 1; i <= 255; i++) {
        size_t mark = isakmp_wr_transform(&w, (uint8_t)i, ISAKMP_KEY_IKE);
        isakmp_wr_attr(&w, ISAKMP_ATTR_CIPHER, i);
        isakmp_wr_close(&w, mark);
    }
    isakmp_wr_close(&w, p_mark);
    isakmp_wr_close(&w, sa_mark);
    assert_int_equal(isakmp_wr_end(&w), ISAKMP_OK);
    assert_int_equal(isakmp_msg_parse(&m, isakmp__span(buf, w.len)), ISAKMP_OK);
    assert_int_equal(m.count, 1);
    assert_int_equal(isakmp_sa_read(&sa, isakmp_msg_body(&m, 0)), ISAKMP_OK);
    r = isakmp_rd(sa.proposals);
    assert_int_equal(isakmp_proposal_next(&r, &p), ISAKMP_OK);
    assert_int_equal(p.n_transforms, 255);
    r = isakmp_rd(p.transforms);
    for (unsigned i = 1; i <= 255; i++) {
        assert_int_equal(isakmp_transform_next(&r, &t), ISAKMP_OK);
        assert_int_equal(t.number, i);
    }
    assert_int_equal(isakmp_transform_next(&r, &t), ISAKMP_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(basic_and_variable_attributes),
        cmocka_unit_test(numbers_of_any_length),
        cmocka_unit_test(attributes_that_do_not_fit),
        cmocka_unit_test(a_fault_ends_the_attributes),
        cmocka_unit_test(identity_only),
        cmocka_unit_test(labels_are_read_where_the_situation_says),
        cmocka_unit_test(labels_that_do_not_fit),
        cmocka_unit_test(every_doi_and_situation),
        cmocka_unit_test(chains_that_are_true),
        cmocka_unit_test(the_number_of_transforms_is_only_told),
        cmocka_unit_test(chains_that_lie),
        cmocka_unit_test(fields_of_proposal_and_transform),
        cmocka_unit_test(truncated_at_each_octet),
        cmocka_unit_test(attributes_truncated_at_each_octet),
        cmocka_unit_test(hundreds_of_transforms),
    };
    return cmocka_run_group_tests_name("sa_payload", tests, NULL, NULL);
}
