/* flow/flow_values.c -- public values that are none, with the stock provider's true groups: whoever sends
 * one gets nothing, in whatever exchange and role.  And groups that nobody here knows. */
#include "flow/forge.h"
#include "isakmp/mbedtls.h"
#include "support/vectors.h"

#define MOST 16

/* What is tried in one group, and where. */
static struct {
    uint16_t group;
    size_t size;
    unsigned n;
    uint8_t values[MOST][1024];
} list;

static struct {
    uint8_t exchange;
    int from;
    const uint8_t *value; /* NULL: the true one */
    unsigned count;
} now;

static uint8_t *another_value(void)
{
    assert_true(list.n < MOST);
    return list.values[list.n++];
}

static void begin_list(uint16_t group)
{
    memset(&list, 0, sizeof list);
    list.group = group;
    list.size = isakmp_group_size(group);
}

/* 0, 1, p - 1, p, p + 1, all ones.  All primes end with 64 ones. */
static void modp_values(const uint8_t *prime)
{
    const size_t last = list.size - 1;
    another_value();
    another_value()[last] = 1;
    memcpy(another_value(), prime, list.size);
    list.values[2][last]--;
    memcpy(another_value(), prime, list.size);
    memcpy(another_value(), prime, list.size);
    memset(list.values[4] + list.size - 8, 0, 8); /* p + 1 */
    for (size_t i = list.size - 8; i-- > 0 && ++list.values[4][i] == 0;)
        ;
    memset(another_value(), 0xff, list.size);
}

/* Infinity as it might be tried, zeros; all ones; a point off the curve; x alone, and y alone. */
static void ecp_values(const uint8_t *point)
{
    another_value();
    memset(another_value(), 0xff, list.size);
    for (unsigned i = 0; i < 3; i++)
        memcpy(another_value(), point, list.size);
    list.values[2][list.size - 1] ^= 1;
    memset(list.values[3] + list.size / 2, 0, list.size / 2);
    memset(list.values[4], 0, list.size / 2);
}

/* All points of low order, reduced or not: with each the secret would be zero. */
static void x25519_values(void)
{
    static const uint8_t of_order_8[2][32] = {
        {0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3,
         0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32,
         0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00},
        {0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1,
         0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c,
         0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57}};
    for (uint8_t top = 0; top < 2; top++) {
        uint8_t *v;
        for (uint8_t i = 0; i < 7; i++) {
            v = another_value();
            if (i < 2)
                v[0] = i;
            else if (i < 4)
                memcpy(v, of_order_8[i - 2], 32);
            else /* p - 1, p, p + 1 */
                memset(v, 0xff, 32), v[0] = (uint8_t)(0xec + i - 4), v[31] = 0x7f;
            v[31] |= (uint8_t)(top << 7);
        }
    }
}

/* ---- The stage -------------------------------------------------------------------------------- */

static int put_value(pair *p, wire_item *w)
{
    static opened o;
    part *ke;
    (void)p;
    if (now.value == NULL || header_of(w).exchange != now.exchange || w->from != now.from ||
        !open_item(&o, w))
        return PAIR_DELIVER;
    ke = find_part(&o, ISAKMP_PAYLOAD_KE, 0);
    if (ke == NULL)
        return PAIR_DELIVER;
    assert_int_equal(ke->n, list.size);
    memcpy(ke->body, now.value, list.size);
    now.count++;
    rehash(&o);
    close_item(&o, w);
    return PAIR_DELIVER;
}

/* Quick Mode has the group alone: phase 1 is then the quickest there is. */
static void begin(uint8_t exchange, int from, const uint8_t *value)
{
    int quick = exchange == ISAKMP_EXCH_QUICK;
    now.exchange = exchange;
    now.from = from;
    now.value = value;
    now.count = 0;
    pair_init(&pr, 700);
    for (int i = 0; i < 2; i++) {
        pr.p[i].toy.table = *isakmp_crypto_mbedtls();
        pr.p[i].policies[0].group = quick ? ISAKMP_GROUP_CURVE25519 : list.group;
        pr.p[i].child.pfs_group = quick ? list.group : 0;
    }
    pair_start(&pr);
    pr.arrive = put_value;
    pair_connect(&pr, quick ? ISAKMP_EXCH_MAIN : exchange, 1);
    run_for(100);
}

static void try_value(uint8_t exchange, int from, unsigned i)
{
    peer *to = &pr.p[1 - from];
    begin(exchange, from, list.values[i]);
    assert_true(now.count > 0);
    if (isakmp_count(to->x, ISAKMP_D_KE_VALUE) == 0)
        fail_msg("group %u, exchange %u, from peer %d, value %u: not refused", list.group, exchange,
                 from, i);
    assert_int_equal(heard(to, ISAKMP_EV_SA_UP), exchange == ISAKMP_EXCH_QUICK);
    assert_int_equal(heard(A, ISAKMP_EV_CHILD_UP) + heard(B, ISAKMP_EV_CHILD_UP), 0);
    assert_int_equal(to->installs, 0);
    finish();
}

/* All values of the list, and then that the group works.  The longest groups take their time, and the
 * provider's own tests have them all: one place is enough for them here. */
static void try_list(void)
{
    static const uint8_t exchanges[] = {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_AGGRESSIVE,
                                        ISAKMP_EXCH_QUICK};
    const unsigned places = list.size > 512 ? 1 : 6;
    for (unsigned i = 0; i < list.n; i++)
        for (unsigned place = 0; place < places; place++)
            try_value(exchanges[place / 2], (int)(place % 2), i);
    for (unsigned e = 0; e < 3; e++) {
        begin(exchanges[e], 0, NULL);
        assert_true(both_up(1));
        finish();
    }
}

/* ---- T-55: each kind of group ----------------------------------------------------------------- */

static void test_T55_modp(void **state)
{
    vectors *v = vectors_open("modp_primes.txt");
    (void)state;
    while (vectors_next(v)) {
        begin_list(vector_named(v, "group", ISAKMP_REG_GROUP));
        if (list.size == 0) /* left out of this build */
            continue;
        modp_values(vector_exactly(v, "prime", list.size));
        try_list();
    }
    vectors_close(v);
}

static void test_T55_ecp(void **state)
{
    vectors *v = vectors_open("ecp_rfc5903.txt");
    uint16_t last = 0;
    (void)state;
    while (vectors_next(v)) {
        begin_list(vector_named(v, "group", ISAKMP_REG_GROUP));
        if (list.group == last)
            continue;
        ecp_values(vector_exactly(v, "peer", list.size));
        try_list();
        last = list.group;
    }
    vectors_close(v);
}

static void test_T55_x25519(void **state)
{
    (void)state;
    begin_list(ISAKMP_GROUP_CURVE25519);
    x25519_values();
    try_list();
}

/* ---- T-56: groups with small subgroups -------------------------------------------------------- */

/* The group of every transform is another one, in the offer or in the answer. */
static struct {
    uint8_t exchange;
    int from;
    uint16_t group;
    unsigned count;
} swapped;

static int swap_group(pair *p, wire_item *w)
{
    static opened o;
    part *sa;
    const uint8_t type =
        swapped.exchange == ISAKMP_EXCH_QUICK ? ISAKMP_SA_ATTR_GROUP : ISAKMP_ATTR_GROUP;
    (void)p;
    if (header_of(w).exchange != swapped.exchange || w->from != swapped.from || !open_item(&o, w))
        return PAIR_DELIVER;
    sa = find_part(&o, ISAKMP_PAYLOAD_SA, 0);
    for (size_t i = 8; sa && i + 4 <= sa->n; i++)
        if (sa->body[i] == 0x80 && sa->body[i + 1] == type && sa->body[i + 2] == 0 &&
            sa->body[i + 3] == ISAKMP_GROUP_MODP_1024) {
            sa->body[i + 3] = (uint8_t)swapped.group;
            swapped.count++;
        }
    rehash(&o);
    close_item(&o, w);
    return PAIR_DELIVER;
}

/* They have a name, for who reads a log, and nothing else: no size, no provider, no policy. */
static void test_T56_groups_22_to_24_are_not_there(void **state)
{
    char why[200];
    (void)state;
    pair_init(&pr, 701);
    for (uint16_t group = 22; group <= 24; group++) {
        assert_int_equal(isakmp_group_size(group), 0);
        assert_int_equal(isakmp_group_secret_size(group), 0);
        assert_int_equal(isakmp_crypto_mbedtls()->can(NULL, ISAKMP_CAN_GROUP, group, 0), 0);
        A->policies[0].group = group;
        assert_int_equal(isakmp_peer_policy_check(&A->peer, NULL, why, sizeof why), ISAKMP_E_ARG);
        A->child.pfs_group = group;
        assert_int_equal(isakmp_child_policy_check(&A->child, NULL, why, sizeof why), ISAKMP_E_ARG);
    }
}

/* Whoever offers one is refused, also by whoever leaves the group of perfect forward secrecy to the peer;
 * and so is who answers with one. */
static void test_T56_groups_22_to_24_are_refused(void **state)
{
    static const uint8_t exchanges[] = {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_AGGRESSIVE,
                                        ISAKMP_EXCH_QUICK};
    (void)state;
    for (swapped.group = 22; swapped.group <= 24; swapped.group++)
        for (unsigned e = 0; e < 3; e++)
            for (swapped.from = 0; swapped.from < 2; swapped.from++) {
                peer *to = &pr.p[1 - swapped.from];
                int quick = exchanges[e] == ISAKMP_EXCH_QUICK;
                swapped.exchange = exchanges[e];
                swapped.count = 0;
                pair_init(&pr, 702);
                A->child.pfs_group = ISAKMP_GROUP_MODP_1024;
                pair_start(&pr);
                pr.arrive = swap_group;
                pair_connect(&pr, quick ? ISAKMP_EXCH_MAIN : exchanges[e], 1);
                run_for(100);
                assert_true(swapped.count > 0);
                assert_true(
                    isakmp_count(to->x, swapped.from ? ISAKMP_D_CHOICE : ISAKMP_D_NO_PROPOSAL) > 0);
                assert_int_equal(heard(to, ISAKMP_EV_SA_UP), quick);
                assert_int_equal(heard(to, ISAKMP_EV_CHILD_UP), 0);
                run_for(LONG_MS);
                finish();
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_T55_modp),
        cmocka_unit_test(test_T55_ecp),
        cmocka_unit_test(test_T55_x25519),
        cmocka_unit_test(test_T56_groups_22_to_24_are_not_there),
        cmocka_unit_test(test_T56_groups_22_to_24_are_refused),
    };
    return cmocka_run_group_tests_name("values", tests, NULL, NULL);
}
