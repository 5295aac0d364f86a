/* test_tables.c -- the tables of all exchanges: sound, and what RFC 2409 says.  They are printed back in the
 * notation of the RFC, generated from the rows, and compared with tests/tables/exchanges.golden; the
 * current directory is the root of the source tree. */
#include "exchange/row.h"
#include "unit/bytes.h"

#define GOLDEN "tests/tables/exchanges.golden"

/* ---- The notation of the RFC ------------------------------------------------------------------- */

static char text[16384];
static size_t text_n;

static void add(const char *s)
{
    size_t n = strlen(s);
    assert_true(text_n + n < sizeof text);
    memcpy(text + text_n, s, n + 1);
    text_n += n;
}

static const char *short_name(uint8_t type)
{
    static const struct {
        uint8_t type;
        const char *name;
    } names[] = {{ISAKMP_PAYLOAD_NOTIFY, "N"},
                 {ISAKMP_PAYLOAD_DELETE, "D"},
                 {ISAKMP_PAYLOAD_VENDOR_ID, "VID"},
                 {ISAKMP_PAYLOAD_CERT_REQ, "CR"}};
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].type == type)
            return names[i].name;
    return isakmp_name(ISAKMP_REG_PAYLOAD, type);
}

static void add_number(const char *before, unsigned n)
{
    char number[40];
    snprintf(number, sizeof number, "%s%u", before, n);
    add(number);
}

/* Once: "KE"; at most once: "[, KE]"; at most twice: "[, ID, ID]"; at most n times: "[, N]...n"; as often as
 * one likes: "[, VID]..." */
static void add_rule(const isakmp__row *r, const isakmp__rule *rule)
{
    const char *name = short_name(rule->type);
    add(rule->min ? ", " : " [, ");
    add(name);
    if (rule->type == ISAKMP_PAYLOAD_HASH && r->hash != ISAKMP__HASH_BY_VERB) {
        add_number("(", (unsigned)(r->hash - ISAKMP__HASH_1 + 1));
        add(")");
    }
    if (!rule->min && rule->max == 2) {
        add(", ");
        add(name);
    }
    add(rule->min ? "" : "]");
    if (rule->max == 255)
        add("...");
    else if (rule->max > 2)
        add_number("...", rule->max);
}

/* Whose messages these are, by the family of authentication methods. */
static void add_methods(const isakmp__row *r)
{
    static const struct {
        uint8_t family;
        const char *name;
    } families[] = {{ISAKMP__AUTH_PSK, " psk"},         {ISAKMP__AUTH_SIG, " signatures"},
                    {ISAKMP__AUTH_PKE, " rsa-encr"},    {ISAKMP__AUTH_REV, " rsa-encr-rev"},
                    {ISAKMP__AUTH_HYI, " hybrid-init"}, {ISAKMP__AUTH_HYR, " hybrid-resp"}};
    uint8_t named = 0;
    if (r->auth == ISAKMP__AUTH_ANY)
        return;
    add(", of");
    for (unsigned i = 0; i < sizeof families / sizeof families[0]; i++)
        if (r->auth & families[i].family) {
            add(families[i].name);
            named |= families[i].family;
        }
    assert_int_equal(named, r->auth);
}

static void add_facts(const isakmp__row *r)
{
    static const struct {
        uint8_t flag;
        const char *name;
    } flags[] = {{ISAKMP__F_RETRANSMIT, " repeated,"},
                 {ISAKMP__F_KEYS, " makes keys,"},
                 {ISAKMP__F_PROOF, " proves the return address,"},
                 {ISAKMP__F_LAST, " the last one,"}};
    add("\n        is  ");
    for (unsigned i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (r->flags & flags[i].flag)
            add(flags[i].name);
    if (r->lead)
        add_number(" payloads with a place: ", r->lead);
    else
        add(" in any order");
    add_methods(r);
}

static void add_verbs(const char *title, const isakmp__verb *const *verbs)
{
    if (verbs[0] == NULL)
        return;
    add("\n        ");
    add(title);
    for (unsigned i = 0; verbs[i]; i++) {
        add(" ");
        add(verbs[i]->name);
    }
}

static void add_row(const isakmp__row *r)
{
    static const char *const header[] = {"HDR", "HDR*", "HDR[*]"};
    add(r->from_i ? "  I->R  " : "  R->I  ");
    add(header[r->sec]);
    for (const isakmp__rule *rule = r->rules; rule->type != ISAKMP_PAYLOAD_NONE; rule++)
        add_rule(r, rule);
    add_facts(r);
    if (r->look) {
        add("\n        look ");
        add(r->look->name);
    }
    add_verbs("send", r->send);
    add_verbs("sent", r->sent);
    add_verbs("recv", r->recv);
    add("\n");
}

static void print_all(void)
{
    text_n = 0;
    for (unsigned e = 0; isakmp_all_exchanges[e]; e++) {
        const isakmp_exchange *t = isakmp_all_exchanges[e];
        char head[80];
        snprintf(head, sizeof head, "%s%s (exchange type %u, phase %u)\n", e ? "\n" : "", t->name,
                 t->type, t->phase);
        add(head);
        if (t->begin[0]) {
            add_verbs("begin", t->begin);
            add("\n");
        }
        for (unsigned i = 0; i < t->n; i++)
            add_row(&t->rows[i]);
        if (t->done) {
            add("  done ");
            add(t->done->name);
            add("\n");
        }
    }
}

/* ---- Tests --------------------------------------------------------------------------------------- */

static void test_all_tables_are_sound(void **state)
{
    unsigned n = 0;
    (void)state;
    for (; isakmp_all_exchanges[n]; n++) {
        unsigned row;
        const char *fault = isakmp__table_check(isakmp_all_exchanges[n], &row);
        if (fault)
            fail_msg("%s, row %u: %s", isakmp_all_exchanges[n]->name, row, fault);
    }
    assert_true(n >= 4);
}

/* The names and numbers of the tables are those of the registry, and no two have the same number. */
static void test_names_and_numbers(void **state)
{
    (void)state;
    for (unsigned e = 0; isakmp_all_exchanges[e]; e++) {
        const isakmp_exchange *t = isakmp_all_exchanges[e];
        assert_string_equal(t->name, isakmp_name(ISAKMP_REG_EXCHANGE, t->type));
        assert_true(t->phase == 1 || t->phase == 2);
        for (unsigned k = 0; k < e; k++)
            assert_int_not_equal(isakmp_all_exchanges[k]->type, t->type);
    }
}

static void test_golden(void **state)
{
    char want[sizeof text];
    size_t n;
    FILE *f = fopen(GOLDEN, "rb");
    (void)state;
    if (f == NULL)
        fail_msg("%s cannot be read: is the current directory the root of the sources?", GOLDEN);
    n = fread(want, 1, sizeof want - 1, f);
    fclose(f);
    want[n] = '\0';
    print_all();
    if (strcmp(text, want) != 0) {
        print_message("%s", text);
        fail_msg("the tables are not those of %s; they are printed above", GOLDEN);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_tables_are_sound),
        cmocka_unit_test(test_names_and_numbers),
        cmocka_unit_test(test_golden),
    };
    if (argc > 1 && strcmp(argv[1], "--print") == 0) { /* how the golden file is made */
        print_all();
        fputs(text, stdout);
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
