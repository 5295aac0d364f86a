/* flow/flow_names.c -- T-62: what somebody learns who asks by Aggressive Mode with a pre-shared key whether we
 * know a name.
 *
 * RFC 2409 gives an answer only to names that have a key, so by default a name can be guessed: whoever is
 * known gets the second message, whoever is not gets silence.  That is one of the reasons why this mode must
 * be allowed peer by peer.  A host that does not want it answers find_peer and get_psk for everybody, and
 * invents a key for whoever has none: what the library then sends is the same to the octet but for what is
 * random anyway. */
#include "flow/forge.h"

static const uint8_t known[] = {'a', 'l', 'i', 'c', 'e'}, unknown[] = {'m', 'a', 'l', 'e', 'n'};

static int invents; /* 1: the host has a key for everybody */

static int is_known(const isakmp_query *q)
{
    return q->peer_id.data.n == sizeof known && memcmp(q->peer_id.data.p, known, sizeof known) == 0;
}

static const isakmp_peer_policy *find_by_name(peer *p, const isakmp_query *q)
{
    return invents || is_known(q) ? &p->peer : NULL;
}

static int psk_by_name(void *user, isakmp_ticket t, const isakmp_query *q, uint8_t *key, size_t cap,
                       size_t *n)
{
    peer *p = (peer *)user;
    (void)t;
    if (!is_known(q) && !invents)
        return ISAKMP_NONE;
    *n = cap < 20 ? cap : 20;
    memcpy(key, p->psk, *n);
    key[0] ^= (uint8_t)!is_known(q); /* a key that nobody has */
    return ISAKMP_OK;
}

/* What is seen of peer 1 from outside. */
typedef struct seen {
    unsigned sends;
    size_t n[8];
    uint8_t types[8][MAX_PARTS], flags[8], exchange[8];
    uint16_t notify[8];
} seen;

static seen now;

static int watch(pair *p, wire_item *w)
{
    static opened o;
    unsigned i = now.sends;
    (void)p;
    if (w->from != 1)
        return PAIR_DELIVER;
    assert_true(i < COUNT(now.n));
    now.n[i] = w->n;
    now.exchange[i] = header_of(w).exchange;
    now.flags[i] = header_of(w).flags;
    if (!now.flags[i] && open_item(&o, w)) {
        for (unsigned k = 0; k < o.n; k++)
            now.types[i][k] = o.parts[k].type;
        if (find_part(&o, ISAKMP_PAYLOAD_NOTIFY, 0))
            now.notify[i] = isakmp__get16(find_part(&o, ISAKMP_PAYLOAD_NOTIFY, 0)->body + 6);
    }
    now.sends++;
    return PAIR_DELIVER;
}

/* A third message, of one who cannot make HASH_I: in the clear, as it may be. */
static void send_third(void)
{
    uint8_t data[100];
    static const uint8_t hash[20] = {1};
    isakmp_sa_info sa = sa_info(B, first_sa(B));
    isakmp_header h;
    isakmp_writer w;
    memset(&h, 0, sizeof h);
    memcpy(h.cky_i, sa.cky_i, sizeof h.cky_i);
    memcpy(h.cky_r, sa.cky_r, sizeof h.cky_r);
    h.version = 0x10;
    h.exchange = ISAKMP_EXCH_AGGRESSIVE;
    isakmp_wr_init(&w, data, sizeof data);
    isakmp_wr_header(&w, &h);
    isakmp_wr_payload(&w, ISAKMP_PAYLOAD_HASH, isakmp__span(hash, sizeof hash));
    assert_int_equal(isakmp_wr_end(&w), ISAKMP_OK);
    assert_int_equal(pair_input(&pr, 1, data, w.len), ISAKMP_IGNORED);
}

/* Somebody who has no key of anybody says that it is this name. */
static void ask_for(const uint8_t *name, uint16_t cipher, int allowed)
{
    memset(&now, 0, sizeof now);
    pair_init(&pr, 800);
    A->peer.my_id.type = ISAKMP_ID_FQDN;
    A->peer.my_id.data = isakmp__span(name, 5);
    A->policies[0].cipher = cipher;
    A->policies[0].key_bits = cipher == ISAKMP_CIPHER_AES ? 128 : 0;
    A->psk[5] ^= 1;
    B->choose_peer = find_by_name;
    B->host.get_psk = psk_by_name;
    if (!allowed)
        B->peer.flags &= ~(uint32_t)ISAKMP_PF_AGGRESSIVE_PSK;
    pr.filter = watch;
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_AGGRESSIVE, 0);
    run_for(100);
    if (first_sa(B).v)
        send_third();
    run_for(100);
    pr.filter = NULL;
    assert_int_equal(heard(B, ISAKMP_EV_SA_UP), 0);
    finish();
}

static void same_for_both(uint16_t cipher, int allowed)
{
    static seen first;
    ask_for(known, cipher, allowed);
    first = now;
    ask_for(unknown, cipher, allowed);
    assert_memory_equal(&first, &now, sizeof now);
}

/* By default: who is known gets a message that can be tried out off-line, who is not gets nothing. */
static void test_T62_by_default_names_differ(void **state)
{
    (void)state;
    invents = 0;
    ask_for(known, ISAKMP_CIPHER_AES, 1);
    assert_true(now.sends > 0);
    assert_int_equal(now.exchange[0], ISAKMP_EXCH_AGGRESSIVE);
    ask_for(unknown, ISAKMP_CIPHER_AES, 1);
    assert_int_equal(now.sends, 0);
}

/* Where the mode is not allowed both get nothing, also for an offer that would not have matched in any mode. */
static void test_T62_not_allowed(void **state)
{
    (void)state;
    invents = 0;
    same_for_both(ISAKMP_CIPHER_AES, 0);
    assert_int_equal(now.sends, 0);
    same_for_both(ISAKMP_CIPHER_3DES, 0);
    assert_int_equal(now.sends, 0);
}

/* A host with a key for everybody: the second message, and then the answer to a third one that proves
 * nothing, or the refusal of an offer, are the same; the host's own events tell nobody else. */
static void test_T62_a_key_for_everybody(void **state)
{
    (void)state;
    invents = 1;
    same_for_both(ISAKMP_CIPHER_AES, 1);
    assert_int_equal(now.exchange[0], ISAKMP_EXCH_AGGRESSIVE);
    assert_int_equal(now.notify[1], ISAKMP_N_AUTHENTICATION_FAILED);
    same_for_both(ISAKMP_CIPHER_3DES, 1);
    same_for_both(ISAKMP_CIPHER_AES, 0);
    same_for_both(ISAKMP_CIPHER_3DES, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_T62_by_default_names_differ),
        cmocka_unit_test(test_T62_not_allowed),
        cmocka_unit_test(test_T62_a_key_for_everybody),
    };
    return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
