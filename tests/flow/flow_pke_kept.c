/* flow/flow_pke_kept.c -- what the responder of Main Mode with RSA encrypted nonces keeps for message 5, the
 * keys made in the other way, outlives messages that are refused.
 *
 * Were it wiped with what a refused message has left, its zeros would be keys like any others: everything
 * else that HASH_I is made of is known to the initiator, whoever it is. */
#include "flow/forge.h"

static isakmp_span nothing_known(void)
{
    static const uint8_t zeros[ISAKMP_MAX_HASH];
    return isakmp__span(zeros, isakmp_hash_size(ISAKMP_HASH_SHA1));
}

static void prepare(uint16_t flags)
{
    pair_init(&pr, 850);
    for (int i = 0; i < 2; i++)
        pr.p[i].policies[0].auth = ISAKMP_AUTH_RSA_ENCR;
    A->peer.flags = flags;
}

static int is_message_5(const wire_item *w)
{
    return w->from == 0 && header_of(w).exchange == ISAKMP_EXCH_MAIN &&
           header_of(w).flags & ISAKMP_FLAG_ENCRYPTION;
}

/* Anybody who has seen the cookies can send that. */
static void send_garbage(pair *p, const wire_item *w)
{
    static wire_item copy;
    copy = *w;
    memset(copy.data + ISAKMP_HEADER_SIZE, 0x42, copy.n - ISAKMP_HEADER_SIZE);
    assert_int_equal(pair_input(p, 1, copy.data, copy.n), ISAKMP_IGNORED);
}

/* HASH_I of zeros, encrypted with zeros: nothing in it is secret. */
static void forge_proof(wire_item *w)
{
    static opened o;
    const isakmp_crypto *c = &A->toy.table;
    uint8_t hash[ISAKMP_MAX_HASH], iv[ISAKMP_MAX_BLOCK];
    isakmp_header h = header_of(w);
    isakmp__sa *sa = isakmp__sa_find(B->x, &h);
    isakmp__exch *e = isakmp__exch_phase1(sa);
    isakmp__hash_input in = {e->g_xi,
                             e->g_xr,
                             isakmp__span(sa->cky_i, ISAKMP_COOKIE_SIZE),
                             isakmp__span(sa->cky_r, ISAKMP_COOKIE_SIZE),
                             e->sai,
                             e->id_peer};
    memset(&o, 0, sizeof o);
    o.h = h;
    assert_int_equal(isakmp__hash_phase1(c, sa->suite->hash, nothing_known(), &in, hash),
                     ISAKMP_OK);
    add_part(&o, 0, ISAKMP_PAYLOAD_HASH, hash, isakmp_hash_size(sa->suite->hash));
    close_item(&o, w);
    while ((w->n - ISAKMP_HEADER_SIZE) % isakmp_cipher_block(sa->suite->cipher))
        w->data[w->n++] = 0;
    isakmp__put32(w->data + 24, (uint32_t)w->n);
    assert_int_equal(isakmp__iv_phase1(c, sa->suite->hash, e->g_xi, e->g_xr, iv), ISAKMP_OK);
    assert_int_equal(isakmp__cbc(c, sa->suite->cipher, 1,
                                 isakmp__span(nothing_known().p, sa->suite->key_bits / 8), iv,
                                 w->data + ISAKMP_HEADER_SIZE, w->n - ISAKMP_HEADER_SIZE),
                     ISAKMP_OK);
}

static int strike(pair *p, wire_item *w)
{
    static wire_item copy;
    if (!is_message_5(w))
        return PAIR_DELIVER;
    p->arrive = NULL;
    send_garbage(p, w);
    copy = *w;
    forge_proof(&copy);
    assert_int_equal(pair_input(p, 1, copy.data, copy.n), ISAKMP_IGNORED);
    assert_int_equal(heard(B, ISAKMP_EV_SA_UP), 0);
    return PAIR_DELIVER;
}

static void test_nobody_comes_up_with_zeros(void **state)
{
    (void)state;
    prepare(0);
    pr.arrive = strike;
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
    run_for(1000);
    assert_true(both_up(0));
    finish();
}

static int disturb(pair *p, wire_item *w)
{
    if (is_message_5(w)) {
        p->arrive = NULL;
        send_garbage(p, w);
    }
    return PAIR_DELIVER;
}

static void test_the_true_message_still_comes(void **state)
{
    static const uint16_t flags[] = {0, ISAKMP_PF_CISCO_SKEYID};
    (void)state;
    for (unsigned i = 0; i < COUNT(flags); i++) {
        prepare(flags[i]);
        pr.arrive = disturb;
        pair_start(&pr);
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
        run_for(1000);
        assert_true(both_up(0));
        finish();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody_comes_up_with_zeros),
        cmocka_unit_test(test_the_true_message_still_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
