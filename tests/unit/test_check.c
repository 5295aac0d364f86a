/* test_check.c -- the checker of tables: tables that are broken in one way each, and the sentence that says
 * so.  The sound table that they are made from is like Aggressive Mode followed by an exchange of
 * phase 2. */
#include "exchange/row.h"
#include "unit/bytes.h"

static unsigned nothing(isakmp_ctx *x, isakmp__exch *e)
{
    (void)x;
    (void)e;
    return ISAKMP_OK;
}

static const isakmp__verb puts_sa = {"puts_sa", nothing, {ISAKMP_PAYLOAD_SA}};
static const isakmp__verb puts_hash = {"puts_hash", nothing, {ISAKMP_PAYLOAD_HASH}};
static const isakmp__verb puts_sig = {"puts_sig", nothing, {ISAKMP_PAYLOAD_SIG}};
static const isakmp__verb puts_ke_nonce = {
    "puts_ke_nonce", nothing, {ISAKMP_PAYLOAD_KE, ISAKMP_PAYLOAD_NONCE}};
static const isakmp__verb puts_id = {"puts_id", nothing, {0, 0, ISAKMP_PAYLOAD_ID}};
static const isakmp__verb puts_nothing = {"puts_nothing", nothing, {0}};

/* A table that may be changed. */
static isakmp__rule rules[3][8];
static isakmp__row rows[6];
static isakmp_exchange table;

static void rule(unsigned row, unsigned i, uint8_t type, uint8_t min, uint8_t max)
{
    rules[row][i].type = type;
    rules[row][i].min = min;
    rules[row][i].max = max;
}

static void row(unsigned i, uint8_t sec, uint8_t flags, uint8_t lead, const isakmp__verb *a,
                const isakmp__verb *b)
{
    rows[i].msg = (uint8_t)(i + 1);
    rows[i].from_i = (i + 1) & 1;
    rows[i].auth = ISAKMP__AUTH_ANY;
    rows[i].sec = sec;
    rows[i].flags = flags;
    rows[i].lead = lead;
    rows[i].rules = rules[i];
    rows[i].send[0] = a;
    rows[i].send[1] = b;
}

/* SA, KE, NONCE; then the same, which makes keys; then HASH, encrypted. */
static int phase1(void **state)
{
    (void)state;
    memset(rules, 0, sizeof rules);
    memset(rows, 0, sizeof rows);
    for (unsigned i = 0; i < 2; i++) {
        rule(i, 0, ISAKMP_PAYLOAD_SA, 1, 1);
        rule(i, 1, ISAKMP_PAYLOAD_KE, 1, 1);
        rule(i, 2, ISAKMP_PAYLOAD_NONCE, 1, 1);
        rule(i, 3, ISAKMP_PAYLOAD_ID, 0, 1);
        rule(i, 4, ISAKMP_PAYLOAD_VENDOR_ID, 0, 255);
    }
    rule(2, 0, ISAKMP_PAYLOAD_HASH, 1, 1);
    rule(2, 1, ISAKMP_PAYLOAD_NOTIFY, 0, 4);
    row(0, ISAKMP__CLEAR, ISAKMP__F_RETRANSMIT, 1, &puts_sa, &puts_ke_nonce);
    row(1, ISAKMP__CLEAR, ISAKMP__F_KEYS, 1, &puts_sa, &puts_ke_nonce);
    row(2, ISAKMP__ENCRYPTED, ISAKMP__F_LAST, 0, &puts_hash, NULL);
    table.name = "test";
    table.type = 9;
    table.phase = 1;
    table.n = 3;
    table.rows = rows;
    table.done = &puts_nothing;
    return 0;
}

/* HASH(1), SA; HASH(2), SA; HASH(3). */
static int phase2(void **state)
{
    (void)phase1(state);
    memset(rules, 0, sizeof rules);
    memset(rows, 0, sizeof rows);
    for (unsigned i = 0; i < 2; i++) {
        rule(i, 0, ISAKMP_PAYLOAD_HASH, 1, 1);
        rule(i, 1, ISAKMP_PAYLOAD_SA, 1, 1);
        row(i, ISAKMP__ENCRYPTED, ISAKMP__F_RETRANSMIT, 2, &puts_sa, NULL);
        rows[i].hash = (uint8_t)(ISAKMP__HASH_1 + i);
    }
    rule(2, 0, ISAKMP_PAYLOAD_HASH, 1, 1);
    row(2, ISAKMP__ENCRYPTED, ISAKMP__F_LAST, 1, &puts_nothing, NULL);
    rows[2].hash = ISAKMP__HASH_3;
    table.phase = 2;
    return 0;
}

static void fault_is(const char *want, unsigned in_row)
{
    unsigned at = 99;
    const char *fault = isakmp__table_check(&table, &at);
    if (want == NULL) {
        assert_null(fault);
        return;
    }
    assert_non_null(fault);
    assert_string_equal(fault, want);
    assert_int_equal(at, in_row);
}

static void test_sound(void **state)
{
    fault_is(NULL, 0);
    (void)phase2(state);
    fault_is(NULL, 0);
    /* One message alone. */
    table.n = 1;
    rows[0].flags = ISAKMP__F_LAST;
    fault_is(NULL, 0);
}

static void test_no_rows(void **state)
{
    (void)state;
    table.n = 0;
    fault_is("there are no rows", 0);
}

static void test_numbers(void **state)
{
    (void)state;
    rows[0].msg = 2;
    fault_is("messages are not numbered from 1 on", 0);
    for (unsigned i = 0; i < 3; i++) { /* from 0 on */
        rows[i].msg = (uint8_t)i;
        rows[i].from_i = i & 1;
    }
    fault_is("messages are not numbered from 1 on", 0);
}

static void test_numbers_with_a_gap(void **state)
{
    (void)state;
    rows[1].msg = 3;
    rows[1].from_i = 1;
    fault_is("messages are not numbered from 1 on", 1);
    rows[1].msg = 2;
    rows[2].msg = 4;
    rows[1].from_i = 0;
    fault_is("messages are not numbered from 1 on", 2);
}

static void test_turns(void **state)
{
    (void)state;
    rows[1].from_i = 1;
    fault_is("the sides do not take turns", 1);
    rows[1].from_i = 0;
    rows[0].from_i = 0;
    fault_is("the sides do not take turns", 0);
}

static void test_methods(void **state)
{
    (void)state;
    rows[1].auth = 0;
    fault_is("a row serves no authentication method", 1);
    /* Two rows for the second message, for two families; then for the same. */
    rows[3] = rows[2];
    rows[2] = rows[1];
    table.n = 4;
    rows[1].auth = 1;
    rows[2].auth = 2;
    fault_is(NULL, 0);
    rows[2].auth = 3;
    fault_is("two rows serve the same message and method", 2);
    /* ... also when another row stands between them. */
    rows[4] = rows[3];
    rows[3] = rows[2];
    table.n = 5;
    rows[1].auth = 1;
    rows[2].auth = 2;
    rows[3].auth = 1;
    fault_is("two rows serve the same message and method", 3);
}

static void test_last_message(void **state)
{
    (void)state;
    rows[2].flags = 0;
    fault_is("the last message is not marked, or another one is", 2);
    rows[2].flags = ISAKMP__F_LAST;
    rows[0].flags |= ISAKMP__F_LAST;
    fault_is("the last message is not marked, or another one is", 0);
    rows[0].flags = ISAKMP__F_RETRANSMIT;
    rows[2].flags = ISAKMP__F_LAST | ISAKMP__F_RETRANSMIT;
    fault_is("the last message would be repeated for ever", 2);
}

static void test_counts(void **state)
{
    (void)state;
    rules[0][3].max = 0;
    fault_is("a payload's counts make no sense", 0);
    rules[0][3].max = 1;
    rules[0][3].min = 2;
    fault_is("a payload's counts make no sense", 0);
    rules[0][3].min = 0;
    rules[1][3].type = ISAKMP_PAYLOAD_KE;
    fault_is("a payload has two rules", 1);
}

static void test_places(void **state)
{
    (void)state;
    rows[1].lead = 4; /* the fourth is optional */
    fault_is("a payload that has a place is not mandatory", 1);
    rows[1].lead = 1;
    rows[2].lead = 1;
    fault_is(NULL, 0);
    rules[2][1].min = 1;
    rows[2].send[1] = &puts_nothing;
    rows[2].lead = 3;
    fault_is("there are fewer rules than places", 2);
}

static void test_protection_of_phase_1(void **state)
{
    (void)state;
    rows[0].hash = ISAKMP__HASH_1;
    fault_is("a message of phase 1 asks the engine for a HASH", 0);
    rows[0].hash = 0;
    rows[1].sec = ISAKMP__ENCRYPTED;
    fault_is("a message is encrypted before there are keys", 1);
    rows[1].sec = ISAKMP__EITHER;
    fault_is("a message is encrypted before there are keys", 1);
    rows[1].sec = ISAKMP__CLEAR;
    rows[2].sec = ISAKMP__CLEAR;
    fault_is("a message is in the clear after there are keys", 2);
    rows[2].sec = ISAKMP__EITHER;
    fault_is(NULL, 0);
    rows[1].flags = 0; /* nobody makes keys */
    fault_is("a message is encrypted before there are keys", 2);
}

/* Keys of another family are not keys. */
static void test_keys_of_the_method(void **state)
{
    (void)state;
    rows[3] = rows[2];
    rows[2] = rows[1];
    table.n = 4;
    rows[1].auth = 1;
    rows[2].auth = 2;
    rows[2].flags = 0;
    rows[3].auth = 1;
    fault_is(NULL, 0);
    rows[3].auth = 2;
    fault_is("a message is encrypted before there are keys", 3);
}

static void test_authentication(void **state)
{
    (void)state;
    rules[2][0].min = 0;
    fault_is("an encrypted message carries neither HASH nor SIG", 2);
    rules[2][0].min = 1;
    rules[2][0].type = ISAKMP_PAYLOAD_SIG;
    rows[2].send[0] = &puts_sig;
    fault_is(NULL, 0);
    rules[2][0].type = ISAKMP_PAYLOAD_CERT;
    fault_is("an encrypted message carries neither HASH nor SIG", 2);
}

static void test_sa_comes_first(void **state)
{
    (void)state;
    rows[1].lead = 0;
    fault_is("SA does not come first in phase 1", 1);
    rows[1].lead = 2;
    rules[1][0].type = ISAKMP_PAYLOAD_KE;
    rules[1][1].type = ISAKMP_PAYLOAD_SA;
    fault_is("SA does not come first in phase 1", 1);
}

static void test_protection_of_phase_2(void **state)
{
    (void)state;
    rows[1].sec = ISAKMP__CLEAR;
    fault_is("a message of phase 2 is not encrypted", 1);
    rows[1].sec = ISAKMP__EITHER;
    fault_is("a message of phase 2 is not encrypted", 1);
    rows[1].sec = ISAKMP__ENCRYPTED;
    rows[2].hash = ISAKMP__HASH_BY_VERB;
    fault_is("a message of phase 2 does not begin with a HASH that the engine verifies", 2);
    rows[2].hash = ISAKMP__HASH_3;
    rows[2].lead = 0;
    fault_is("a message of phase 2 does not begin with a HASH that the engine verifies", 2);
    rows[2].lead = 1;
    rules[0][0].type = ISAKMP_PAYLOAD_SA;
    rules[0][1].type = ISAKMP_PAYLOAD_HASH;
    fault_is("a message of phase 2 does not begin with a HASH that the engine verifies", 0);
}

static void test_verbs(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ISAKMP__MAX_VERBS; i++)
        rows[1].recv[i] = &puts_nothing;
    fault_is("a list of verbs has no end", 1);
    rows[1].recv[ISAKMP__MAX_VERBS - 1] = NULL;
    fault_is(NULL, 0);
    for (unsigned i = 2; i < ISAKMP__MAX_VERBS; i++)
        rows[1].send[i] = &puts_nothing;
    fault_is("a list of verbs has no end", 1);
    rows[1].send[ISAKMP__MAX_VERBS - 1] = NULL;
    fault_is(NULL, 0);
    for (unsigned i = 0; i < 3; i++)
        rows[1].sent[i] = &puts_nothing;
    fault_is("a list of verbs has no end", 1);
}

static void test_what_verbs_write(void **state)
{
    (void)state;
    rows[2].send[1] = &puts_id;
    fault_is("a verb writes a payload that its row does not allow", 2);
    rows[2].send[1] = NULL;
    rows[0].send[2] = &puts_id;
    fault_is(NULL, 0);
    rows[2].send[0] = &puts_nothing;
    fault_is("no verb writes a mandatory payload", 2);
    rows[2].send[0] = &puts_hash;
    rows[0].send[1] = NULL;
    rows[0].send[2] = NULL;
    fault_is("no verb writes a mandatory payload", 0);
}

/* In phase 2 it is the engine that writes HASH, so no verb has to. */
static void test_who_writes_hash(void **state)
{
    (void)state;
    fault_is(NULL, 0);
    table.phase = 2;
    rows[0].send[0] = &puts_nothing;
    fault_is("no verb writes a mandatory payload", 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_sound, phase1),
        cmocka_unit_test_setup(test_no_rows, phase1),
        cmocka_unit_test_setup(test_numbers, phase1),
        cmocka_unit_test_setup(test_numbers_with_a_gap, phase1),
        cmocka_unit_test_setup(test_turns, phase1),
        cmocka_unit_test_setup(test_methods, phase1),
        cmocka_unit_test_setup(test_last_message, phase1),
        cmocka_unit_test_setup(test_counts, phase1),
        cmocka_unit_test_setup(test_places, phase1),
        cmocka_unit_test_setup(test_protection_of_phase_1, phase1),
        cmocka_unit_test_setup(test_keys_of_the_method, phase1),
        cmocka_unit_test_setup(test_authentication, phase1),
        cmocka_unit_test_setup(test_sa_comes_first, phase1),
        cmocka_unit_test_setup(test_protection_of_phase_2, phase2),
        cmocka_unit_test_setup(test_verbs, phase1),
        cmocka_unit_test_setup(test_what_verbs_write, phase1),
        cmocka_unit_test_setup(test_who_writes_hash, phase2),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
