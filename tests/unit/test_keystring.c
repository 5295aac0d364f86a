/* test_keystring.c -- keys as text: key-strings as routers print them, with whatever may be wrong in them, and
 * keys written in each form and read again. */
#include "unit/pki_chain.h"

/* The public half of rsa_1024, and all of it, by openssl rsa. */
/* clang-format off */
static const char as_string[] =
    "30819D30 0D06092A 864886F7 0D010101 05000381 8B003081 87028181 00BC8827\n"
    "7CCCEE5F 7FD5F7C3 CA2252BB 1B481ABB 2DA456BE B88D4C58 D5E9200A 41E52FD7\n"
    "222FFD37 A9FBC92F 2BF67E67 FA8A12FB A72CCA87 10535E7F D5ED97D9 4E608484\n"
    "A5F8A11D 1CCA6653 69CFC233 BFCADCC8 78456B8A DD755B04 3DC060CC 7D0E1BD8\n"
    "3FB81A32 372F9D9F A85FCDAB 745AFED3 0ACE8AA0 8E4D9A6D 8ACBB3D4 B1020103\n";
static const char as_pem[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIGdMA0GCSqGSIb3DQEBAQUAA4GLADCBhwKBgQC8iCd8zO5ff9X3w8oiUrsbSBq7\n"
    "LaRWvriNTFjV6SAKQeUv1yIv/Tep+8kvK/Z+Z/qKEvunLMqHEFNef9Xtl9lOYISE\n"
    "pfihHRzKZlNpz8Izv8rcyHhFa4rddVsEPcBgzH0OG9g/uBoyNy+dn6hfzat0Wv7T\n"
    "Cs6KoI5Nmm2Ky7PUsQIBAw==\n"
    "-----END PUBLIC KEY-----\n";
static const char private_pem[] =
    "-----BEGIN RSA PRIVATE KEY-----\n"
    "MIICWwIBAAKBgQC8iCd8zO5ff9X3w8oiUrsbSBq7LaRWvriNTFjV6SAKQeUv1yIv\n"
    "/Tep+8kvK/Z+Z/qKEvunLMqHEFNef9Xtl9lOYISEpfihHRzKZlNpz8Izv8rcyHhF\n"
    "a4rddVsEPcBgzH0OG9g/uBoyNy+dn6hfzat0Wv7TCs6KoI5Nmm2Ky7PUsQIBAwKB\n"
    "gH2wGlMzSZT/4/qChsGMfLzavHzJGDnUewjdkI6barGBQ3U6Fsqoz8an23TH+ama\n"
    "pwa3Um9zMa9gN5RVOUkP5jMbZPkSxMr/k6rL86g069xw5lgLISkRbhY8YyYJz8dh\n"
    "kmPXoU+2gpDxAP/oPLgeAWfLjgC1Mp9RKOp30WN8pI7DAkEA3tHMgo2F7ekIoeHd\n"
    "bGNcMmo5UuISkid0wUWm2wzje/1K3ykKUp2CI6bHBhvFH5Bu0baSm4tZbyCk2v0S\n"
    "yGhjtwJBANibQodD6q/WQZKEEBP9DOQHH2TkdT8+R1mApFP70j4kLXk9PdO41qoH\n"
    "Vr0xhoEY6dfzP193QjewSQu2YshUmtcCQQCUi92sXllJRgXBQT5IQj128XuMlrcM\n"
    "Gk3WLm88s0JSqNyUxgbhvlbCby9ZZ9i/tZ82ebcSXOZKFcM8qLcwRZfPAkEAkGeB\n"
    "r4KcdTmBDFgKt/4ImAS/mJhOKimE5lXC4qfhfsLI+34pN9CPHATkfiEEVhCb5UzU\n"
    "6k+BenWGB87shY28jwJAAyoCbLhx9PtHSDRM7gvyrM6aW+Ou4GjuPV/C767K8/gQ\n"
    "atGmFL7NbV6hR2e5DK72t+WI+N2HyyVFy7UM4CtDRg==\n"
    "-----END RSA PRIVATE KEY-----\n";
/* clang-format on */

static char why[160], text[4096];

static int read_text(isakmp_span in)
{
    uint8_t *copy = bytes_copy(in);
    int rc;
    memset(why, 0, sizeof why);
    rc = isakmp_pki_add_peer_key(ring.pki, ISAKMP_USE_ENCRYPTION, &alice, &anywhere,
                                 isakmp__span(copy, in.n), why, sizeof why);
    free(copy);
    assert_true(rc == ISAKMP_OK || strlen(why) > 10);
    return rc;
}

static int read_string(const char *s)
{
    return read_text(bytes_text(s));
}

static void reads(const char *s)
{
    assert_int_equal(read_string(s), ISAKMP_OK);
    assert_int_equal(key_of_entry(0, NULL), 0);
    assert_int_equal(count_entries(), 1);
    isakmp_pki_remove_peer_key(ring.pki, &alice, &anywhere);
}

static void fails(const char *s, const char *because)
{
    assert_int_equal(read_string(s), ISAKMP_E_MALFORMED);
    assert_non_null(strstr(why, because));
    assert_int_equal(count_entries(), 0);
}

/* ---- What is read -------------------------------------------------------------------------- */

static void spaces_and_case(void **state)
{
    size_t n = 0;
    (void)state;
    reads(as_string);
    for (const char *s = as_string; *s; s++)
        if (*s != ' ' && *s != '\n')
            text[n++] = (char)(*s | 0x20); /* digits stay what they are */
    text[n] = 0;
    reads(text);
    n = (size_t)snprintf(text, sizeof text, " \r\n\t  ");
    for (const char *s = as_string; *s; s++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%c%s", *s, *s == '\n' ? "\r\n\t" : " ");
    reads(text);
    reads(as_pem);
}

/* ---- What is not --------------------------------------------------------------------------- */

/* A stray character at every place, and its line and column. */
static void stray_characters(void **state)
{
    static const char strays[] = "gG-:.\"\x80\xff\x01";
    char place[60];
    unsigned line = 1, column = 1;
    (void)state;
    for (size_t i = 0; as_string[i]; i++) {
        strcpy(text, as_string);
        text[i] = strays[i % (sizeof strays - 1)];
        snprintf(place, sizeof place, "line %u, column %u has no hex digit", line, column);
        fails(text, place);
        column = as_string[i] == '\n' ? 1 : column + 1;
        line += as_string[i] == '\n';
    }
    fails("quit", "line 1, column 1 has");
    fails("\n\n  x", "line 3, column 3 has");
}

/* The last line of what is typed into a router. */
static void final_quit(void **state)
{
    static const char *const ends[] = {"\nquit", "\nquit\n", " QUIT \r\n", "\n  Quit"};
    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        snprintf(text, sizeof text, "%s%s", as_string, ends[i]);
        reads(text);
    }
    snprintf(text, sizeof text, "%s\nquit\nquit", as_string);
    fails(text, "has no hex digit");
    snprintf(text, sizeof text, "%s\nquit now", as_string);
    fails(text, "has no hex digit");
    strcpy(text, as_string);
    text[strcspn(text, "\n")] = 0; /* not a word of its own */
    strcat(text, "quit");
    fails(text, "has no hex digit");
    fails("\nquit", "does not begin with 30");
}

static void lengths(void **state)
{
    size_t digits = 0;
    (void)state;
    for (size_t i = 0; as_string[i + 1]; i++) { /* what comes first of it */
        int is_digit = as_string[i] != ' ' && as_string[i] != '\n';
        assert_int_equal(read_text(isakmp__span(as_string, i)), ISAKMP_E_MALFORMED);
        assert_non_null(strstr(why, i == 0            ? "neither"
                                    : digits == 0     ? "30"
                                    : digits % 2 == 1 ? "is odd"
                                                      : "is cut short"));
        digits += (size_t)is_digit;
    }
    snprintf(text, sizeof text, "%s0", as_string);
    fails(text, "is odd");
    snprintf(text, sizeof text, "%s00", as_string);
    fails(text, "something after its end: it has 322 hex digits in place of 320");
    snprintf(text, sizeof text, "%s\n%s", as_string, as_string);
    fails(text, "something after its end");
    snprintf(text, sizeof text, "%.*s", (int)strlen(as_string) - 3, as_string);
    fails(text, "cut short: it has 318 hex digits in place of 320");
    fails("  ", "30");
    fails("31 00", "30");
    fails("30", "cut short");
    fails("30 82 01", "cut short");
    fails("30 80 00 00", "");
    fails("30 84 00 00 00 01 00", "");
    fails("30 00", "not of a public key");
}

/* One digit that is another: it is refused, or another key. */
static void wrong_digits(void **state)
{
    (void)state;
    for (size_t i = 0; as_string[i]; i++) {
        if (as_string[i] == ' ' || as_string[i] == '\n')
            continue;
        strcpy(text, as_string);
        text[i] = text[i] == '7' ? '8' : '7';
        if (read_string(text) == ISAKMP_OK) {
            assert_int_equal(key_of_entry(0, NULL), N_RSA);
            isakmp_pki_remove_peer_key(ring.pki, &alice, &anywhere);
        }
    }
}

/* DER, and something behind it. */
static void der(void **state)
{
    made longer = rsa_public[0];
    (void)state;
    assert_int_equal(read_text(made_span(&rsa_public[0])), ISAKMP_OK);
    made_raw(&longer, "", 1);
    assert_int_equal(read_text(made_span(&longer)), ISAKMP_E_MALFORMED);
    assert_non_null(strstr(why, "neither a public key nor a certificate"));
    assert_int_equal(read_text(none()), ISAKMP_E_MALFORMED);
    assert_int_equal(read_text(made_span(&rsa_private[0])), ISAKMP_E_MALFORMED);
    assert_int_equal(read_string(private_pem), ISAKMP_E_MALFORMED);
}

/* However small the room for the sentence is. */
static void short_sentences(void **state)
{
    (void)state;
    for (size_t cap = 0; cap < 40; cap++) {
        char *s = malloc(cap + 1);
        memset(s, 'x', cap + 1);
        assert_int_equal(isakmp_pki_add_peer_key(ring.pki, ISAKMP_USE_ENCRYPTION, &alice, &anywhere,
                                                 bytes_text("quit"), s, cap),
                         ISAKMP_E_MALFORMED);
        assert_int_equal(s[cap], 'x');
        assert_true(cap == 0 || strlen(s) == cap - 1);
        free(s);
    }
}

/* ---- Written and read again ---------------------------------------------------------------- */

typedef int own_function(const isakmp_pki *pki, size_t i, isakmp_key_form form, uint8_t *out,
                         size_t cap, size_t *n, unsigned *use);

/* In room of every size; text has a final zero octet. */
static isakmp_span written(own_function *f, size_t i, isakmp_key_form form)
{
    static uint8_t out[4096];
    size_t n = 0, again = 1, zero = form == ISAKMP_KEY_DER ? 0 : 1;
    unsigned use = 0;
    assert_int_equal(f(ring.pki, i, form, out, sizeof out, &n, &use), ISAKMP_OK);
    assert_int_not_equal(use, 0);
    assert_int_equal(f(ring.pki, i, form, out, n + zero, &again, NULL), ISAKMP_OK);
    assert_int_equal(again, n);
    for (size_t cap = 0; cap < n + zero; cap += 1 + cap / 9)
        assert_int_equal(f(ring.pki, i, form, out, cap, &again, NULL), ISAKMP_E_SPACE);
    assert_int_equal(f(ring.pki, i, form, out, n + zero - 1, &again, NULL), ISAKMP_E_SPACE);
    assert_int_equal(f(ring.pki, i, form, out, sizeof out, &n, NULL), ISAKMP_OK);
    assert_true(zero == 0 || out[n] == 0);
    return isakmp__span(out, n);
}

static void as_openssl_writes(void **state)
{
    (void)state;
    own_key(ISAKMP_USE_ENCRYPTION, NULL, 0);
    assert_span_equal(written(isakmp_pki_own_public, 0, ISAKMP_KEY_DER), made_span(&rsa_public[0]));
    assert_span_equal(written(isakmp_pki_own_public, 0, ISAKMP_KEY_PEM), bytes_text(as_pem));
    assert_span_equal(written(isakmp_pki_own_public, 0, ISAKMP_KEY_STRING), bytes_text(as_string));
    assert_span_equal(written(isakmp_pki_own_private, 0, ISAKMP_KEY_DER),
                      isakmp__span(rsa_1024, sizeof rsa_1024));
    assert_span_equal(written(isakmp_pki_own_private, 0, ISAKMP_KEY_PEM), bytes_text(private_pem));
}

static void what_cannot_be_written(void **state)
{
    uint8_t out[4096];
    size_t n;
    (void)state;
    own_key(ISAKMP_USE_ENCRYPTION, NULL, 0);
    assert_int_equal(
        isakmp_pki_own_private(ring.pki, 0, ISAKMP_KEY_STRING, out, sizeof out, &n, NULL),
        ISAKMP_E_ARG);
    assert_int_equal(
        isakmp_pki_own_public(ring.pki, 0, (isakmp_key_form)9, out, sizeof out, &n, NULL),
        ISAKMP_E_ARG);
    assert_int_equal(isakmp_pki_own_public(ring.pki, 1, ISAKMP_KEY_DER, out, sizeof out, &n, NULL),
                     ISAKMP_NONE);
}

/* RSA and EC, private and public, in all forms. */
static void round_trip(void **state)
{
    static const isakmp_key_form forms[] = {ISAKMP_KEY_DER, ISAKMP_KEY_PEM, ISAKMP_KEY_STRING};
    (void)state;
    assert_int_equal(isakmp_pki_add_own(ring.pki, ISAKMP_USE_SIGNATURE, none(),
                                        made_span(&leaf_der), none(), NULL, 0),
                     ISAKMP_OK);
    own_key(ISAKMP_USE_SIGNATURE, NULL, 1);
    own_key(ISAKMP_USE_ENCRYPTION, NULL, 3);
    for (size_t i = 0; i < 3; i++) {
        made wants;
        unsigned use = i < 2 ? ISAKMP_USE_SIGNATURE : ISAKMP_USE_ENCRYPTION;
        wants.n = 0;
        isakmp_span s = written(isakmp_pki_own_public, i, ISAKMP_KEY_DER);
        made_raw(&wants, s.p, s.n);
        for (size_t f = 0; f < 3; f++) {
            uint8_t got[2048];
            size_t n = 0;
            s = written(isakmp_pki_own_public, i, forms[f]);
            assert_int_equal(isakmp_pki_add_peer_key(ring.pki, use, &alice, &anywhere, s, NULL, 0),
                             ISAKMP_OK);
            assert_int_equal(
                isakmp_pki_peer_key(ring.pki, 0, NULL, ISAKMP_KEY_DER, got, sizeof got, &n),
                ISAKMP_OK);
            assert_span_equal(isakmp__span(got, n), made_span(&wants));
            isakmp_pki_remove_peer_key(ring.pki, &alice, &anywhere);
        }
        wants.n = 0;
        s = written(isakmp_pki_own_private, i, ISAKMP_KEY_DER);
        made_raw(&wants, s.p, s.n);
        for (size_t f = 0; f < 2; f++) {
            s = written(isakmp_pki_own_private, i, forms[f]);
            assert_int_equal(isakmp_pki_add_own(ring.pki, use, none(), s, none(), NULL, 0),
                             ISAKMP_OK);
            assert_span_equal(written(isakmp_pki_own_private, 3 + 2 * i + f, ISAKMP_KEY_DER),
                              made_span(&wants));
        }
    }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, chain_scene, made_ring_free)
    const struct CMUnitTest tests[] = {
        TEST(spaces_and_case), TEST(stray_characters),  TEST(final_quit),
        TEST(lengths),         TEST(wrong_digits),      TEST(der),
        TEST(short_sentences), TEST(as_openssl_writes), TEST(what_cannot_be_written),
        TEST(round_trip),
    };
    return cmocka_run_group_tests_name("keystring", tests, chain_keys, free_chain_keys);
}
