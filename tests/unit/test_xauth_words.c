/* test_xauth_words.c -- the attributes of XAUTH: read in every form that peers write, written as the draft has
 * them, and refused where they make no sense [draft-beaulieu-ike-xauth-02 6.2]. */
#include "ext/xauth_words.h"
#include "unit/bytes.h"

static isakmp__words w;
static uint8_t octets[512];

static int read_hex(const char *hex)
{
    size_t n = bytes_hex(octets, sizeof octets, hex);
    return isakmp__words_read(&w, isakmp__span(octets, n));
}

static void span_is(isakmp_span s, const char *text)
{
    assert_int_equal(s.n, strlen(text));
    if (s.n)
        assert_memory_equal(s.p, text, s.n);
}

/* What every gateway asks: name and password, in the two forms that there are for nothing. */
static void test_a_question(void **state)
{
    static const char *const forms[] = {"40890000 408a0000", "c0890000 c08a0000",
                                        "c0880000 40890000 408a0000"};
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(read_hex(forms[i]), ISAKMP_OK);
        assert_int_equal(w.user.asked, ISAKMP_ASK_USER_NAME | ISAKMP_ASK_USER_PASSWORD);
        assert_int_equal(w.user.type, ISAKMP_XAUTH_GENERIC);
        assert_int_equal(w.has_type, i == 2);
        assert_int_equal(w.user.user_name.n + w.user.user_password.n, 0);
        assert_int_equal(w.has_status, 0);
    }
}

static void test_all_attributes(void **state)
{
    (void)state;
    assert_int_equal(read_hex("c0880002 40890003 6a6f65 408a0002 7077 408b0001 31 408c0002 6869 "
                              "408d0001 63 408e0001 64 40900001 70 40910001 79"),
                     ISAKMP_OK);
    assert_int_equal(w.has_type, 1);
    assert_int_equal(w.user.type, ISAKMP_XAUTH_OTP);
    span_is(w.user.user_name, "joe");
    span_is(w.user.user_password, "pw");
    span_is(w.user.passcode, "1");
    span_is(w.user.message, "hi");
    span_is(w.user.challenge, "c");
    span_is(w.user.domain, "d");
    span_is(w.user.next_pin, "p");
    span_is(w.user.answer, "y");
    assert_int_equal(w.user.asked, ISAKMP_ASK_USER_NAME | ISAKMP_ASK_USER_PASSWORD |
                                       ISAKMP_ASK_PASSCODE | ISAKMP_ASK_DOMAIN |
                                       ISAKMP_ASK_NEXT_PIN | ISAKMP_ASK_ANSWER);
}

/* A text of two octets may stand in the place of a number; a number may have more octets than it needs. */
static void test_forms(void **state)
{
    (void)state;
    assert_int_equal(read_hex("c0896a6f"), ISAKMP_OK);
    span_is(w.user.user_name, "jo");
    assert_int_equal(read_hex("40880004 00000003"), ISAKMP_OK);
    assert_int_equal(w.user.type, ISAKMP_XAUTH_SKEY);
    assert_int_equal(read_hex("c08f0001"), ISAKMP_OK);
    assert_int_equal(w.has_status && w.status == 1, 1);
    assert_int_equal(read_hex("c08f0000 408c0001 78"), ISAKMP_OK);
    assert_int_equal(w.has_status && w.status == 0, 1);
    span_is(w.user.message, "x");
    /* Those of others are not looked at, however often. */
    assert_int_equal(read_hex("00010000 00010000 40870000 40920000 40920000 40890000"), ISAKMP_OK);
    assert_int_equal(w.user.asked, ISAKMP_ASK_USER_NAME);
    assert_int_equal(read_hex(""), ISAKMP_OK);
    assert_int_equal(w.user.asked + w.has_status + w.has_type, 0);
}

static void test_what_is_not_sound(void **state)
{
    static const char *const bad[] = {
        "40890000 40890000",   /* twice */
        "c0880000 c0880001",   /* ... with another value */
        "c08f0002",            /* no status */
        "40880004 00010000",   /* more than 16 bits */
        "40880005 0100000000", /* ... than 32 */
        "c08f0001 408c0000 c08f0001",
    };
    (void)state;
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(read_hex(bad[i]), ISAKMP_E_MALFORMED);
}

static void test_numbers(void **state)
{
    (void)state;
    for (unsigned attr = 0; attr < 0x8000; attr++)
        assert_int_equal(isakmp__is_xauth((uint16_t)attr), attr >= 16520 && attr <= 16529);
}

/* ---- Writing -------------------------------------------------------------------------------- */

static isakmp_writer out;
static uint8_t written[512];

static void begin(void)
{
    isakmp_wr_init(&out, written, sizeof written);
}

static void written_is(const char *hex)
{
    size_t n = bytes_hex(octets, sizeof octets, hex);
    assert_int_equal(out.fault, 0);
    assert_int_equal(out.len, n);
    assert_memory_equal(written, octets, n);
}

static void test_written(void **state)
{
    isakmp_user u;
    (void)state;
    memset(&u, 0, sizeof u);
    begin();
    u.asked = ISAKMP_ASK_USER_NAME | ISAKMP_ASK_USER_PASSWORD;
    isakmp__words_ask(&out, &u);
    written_is("40890000 408a0000");
    begin();
    u.type = ISAKMP_XAUTH_OTP;
    u.challenge = bytes_text("c");
    u.message = bytes_text("m");
    u.user_name = bytes_text("joe"); /* a suggestion */
    u.passcode = bytes_text("not asked for");
    isakmp__words_ask(&out, &u);
    written_is("c0880002 408c0001 6d 408d0001 63 40890003 6a6f65 408a0000");

    /* The answer has what was asked for, no more and no less, and the type if that was there. */
    assert_int_equal(read_hex("c0880002 408c0001 6d 40890000 408b0000"), ISAKMP_OK);
    begin();
    u.user_password = bytes_text("never");
    u.passcode = bytes_text("1");
    isakmp__words_answer(&out, &w, &u);
    written_is("c0880002 40890003 6a6f65 408b0001 31");
    assert_int_equal(read_hex("408a0000 40910000"), ISAKMP_OK);
    begin();
    isakmp__words_answer(&out, &w, &u);
    written_is("408a0005 6e65766572 40910000");

    begin();
    isakmp__words_end(&out, 1, isakmp__span(NULL, 0));
    written_is("c08f0001");
    begin();
    isakmp__words_end(&out, 0, bytes_text("no"));
    written_is("c08f0000 408c0002 6e6f");
}

static void test_what_may_be_asked(void **state)
{
    isakmp_user u;
    (void)state;
    memset(&u, 0, sizeof u);
    assert_null(isakmp__words_fault(&u));
    u.asked =
        ISAKMP_ASK_USER_NAME | ISAKMP_ASK_USER_PASSWORD | ISAKMP_ASK_PASSCODE | ISAKMP_ASK_DOMAIN;
    assert_null(isakmp__words_fault(&u));
    u.challenge = bytes_text("c");
    assert_non_null(isakmp__words_fault(&u));
    u.type = ISAKMP_XAUTH_RADIUS_CHAP;
    assert_null(isakmp__words_fault(&u));
    u.asked = ISAKMP_ASK_NEXT_PIN;
    assert_non_null(isakmp__words_fault(&u));
    u.challenge = isakmp__span(NULL, 0);
    assert_null(isakmp__words_fault(&u));
    u.asked |= ISAKMP_ASK_USER_NAME;
    assert_non_null(isakmp__words_fault(&u));
    u.asked = ISAKMP_ASK_ANSWER;
    assert_non_null(isakmp__words_fault(&u));
    u.message = bytes_text("yes?");
    assert_null(isakmp__words_fault(&u));
    u.asked |= ISAKMP_ASK_PASSCODE;
    assert_non_null(isakmp__words_fault(&u));
    for (unsigned bit = 0; bit < 16; bit++) {
        uint16_t known = ISAKMP_ASK_USER_NAME | ISAKMP_ASK_USER_PASSWORD | ISAKMP_ASK_PASSCODE |
                         ISAKMP_ASK_DOMAIN | ISAKMP_ASK_NEXT_PIN | ISAKMP_ASK_ANSWER;
        u.asked = (uint16_t)(1u << bit);
        assert_int_equal(isakmp__words_fault(&u) == NULL, (known >> bit & 1) != 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_question),
        cmocka_unit_test(test_all_attributes),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_what_is_not_sound),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_written),
        cmocka_unit_test(test_what_may_be_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
