/* flow/flow_secrets.c -- secrets are wiped: a provider between the library and the toy remembers every
 * key, shared secret, private value and random octet that passes, and the arenas are searched for
 * them when an exchange is over.  What the SA needs may stay while it lives; nothing else. */
#include "flow/forge.h"

#define MAX_SEEN 400

/* What a provider has given away. */
enum {
    RANDOM = 1,
    HMAC,
    PRIVATE,
    SECRET
};

typedef struct seen {
    int kind;
    size_t n;
    uint8_t octets[512];
} seen;

typedef struct witness {
    isakmp_crypto table;
    const isakmp_crypto *toy;
    unsigned n;
    seen seen[MAX_SEEN];
} witness;

static witness witnesses[2];

static void remember(witness *w, int kind, const void *octets, size_t n)
{
    seen *s = &w->seen[w->n++];
    assert_true(w->n <= MAX_SEEN);
    s->kind = kind;
    s->n = n < sizeof s->octets ? n : sizeof s->octets;
    memcpy(s->octets, octets, s->n);
}

static int can(void *self, uint8_t kind, uint16_t id, uint16_t bits)
{
    witness *w = (witness *)self;
    return w->toy->can(w->toy->self, kind, id, bits);
}

static int random_octets(void *self, uint8_t *out, size_t n)
{
    witness *w = (witness *)self;
    int rc = w->toy->random(w->toy->self, out, n);
    if (n >= 32) /* nonces; shorter ones are cookies, message IDs and jitter */
        remember(w, RANDOM, out, n);
    return rc;
}

static int hash(void *self, uint16_t id, const isakmp_span *in, size_t n, uint8_t *out)
{
    witness *w = (witness *)self;
    return w->toy->hash(w->toy->self, id, in, n, out);
}

static int hmac(void *self, uint16_t id, isakmp_span key, const isakmp_span *in, size_t n,
                uint8_t *out)
{
    witness *w = (witness *)self;
    int rc = w->toy->hmac(w->toy->self, id, key, in, n, out);
    remember(w, HMAC, out, isakmp_hash_size(id));
    return rc;
}

static int cbc(void *self, uint16_t cipher, int encrypt, isakmp_span key, uint8_t *iv,
               uint8_t *data, size_t n)
{
    witness *w = (witness *)self;
    return w->toy->cbc(w->toy->self, cipher, encrypt, key, iv, data, n);
}

static int dh_new(void *self, isakmp_ticket t, uint16_t group, uint8_t *priv, size_t *priv_n,
                  uint8_t *pub)
{
    witness *w = (witness *)self;
    int rc = w->toy->dh_new(w->toy->self, t, group, priv, priv_n, pub);
    remember(w, PRIVATE, priv, *priv_n);
    return rc;
}

static int dh_key(void *self, isakmp_ticket t, uint16_t group, isakmp_span priv, isakmp_span other,
                  uint8_t *out)
{
    witness *w = (witness *)self;
    int rc = w->toy->dh_key(w->toy->self, t, group, priv, other, out);
    if (rc == ISAKMP_OK)
        remember(w, SECRET, out, isakmp_group_secret_size(group));
    return rc;
}

/* Put a witness between a peer and its provider; call after pair_start() and forget what was seen. */
static void watch(int index)
{
    witness *w = &witnesses[index];
    peer *p = &pr.p[index];
    memset(w, 0, sizeof *w);
    w->toy = &p->toy.table;
    w->table = p->toy.table;
    w->table.self = w;
    w->table.can = can;
    w->table.random = random_octets;
    w->table.hash = hash;
    w->table.hmac = hmac;
    w->table.cbc = cbc;
    w->table.dh_new = dh_new;
    w->table.dh_key = dh_key;
    p->x->crypto = w->table;
}

/* May the arena still have this, because it is one of the keys of an SA that is up? */
static int is_kept(const peer *p, const seen *s)
{
    for (isakmp_sa_id id = {0}; (id = isakmp_sa_next(p->x, id)).v;) {
        const isakmp__sa *sa = inner_sa(p, id);
        if (sa->state == ISAKMP_SA_UP && s->kind == HMAC &&
            (memcmp(s->octets, sa->skeyid_d, s->n) == 0 ||
             memcmp(s->octets, sa->skeyid_a, s->n) == 0))
            return 1;
    }
    return 0;
}

/* Is anything in a peer's arena that should be gone? */
static void search(const char *when)
{
    for (int i = 0; i < 2; i++) {
        const witness *w = &witnesses[i];
        const peer *p = &pr.p[i];
        if (arena_has(p, p->psk, p->psk_n))
            fail_msg("%s, peer %d: the pre-shared key is still there", when, i);
        for (unsigned k = 0; k < w->n; k++)
            if (!is_kept(p, &w->seen[k]) && arena_has(p, w->seen[k].octets, w->seen[k].n))
                fail_msg("%s, peer %d: what call %u gave is still there (kind %d, %u octets)", when,
                         i, k, w->seen[k].kind, (unsigned)w->seen[k].n);
    }
}

static const uint8_t exchanges[] = {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_AGGRESSIVE};

static void begin(uint8_t exchange)
{
    pair_init(&pr, 110);
    for (int i = 0; i < 2; i++)
        pr.p[i].child.pfs_group = ISAKMP_GROUP_MODP_2048;
    A->policies[0].life_s = B->policies[0].life_s = 3600;
    pair_start(&pr);
    watch(0);
    watch(1);
    pair_connect(&pr, exchange, 1);
}

/* As long as an exchange runs the search finds something: so it can find. */
static void test_the_search_finds(void **state)
{
    (void)state;
    begin(ISAKMP_EXCH_MAIN);
    assert_true(arena_has(A, A->psk, A->psk_n) > 0);
    pair_deliver(&pr);
    assert_true(arena_has(B, B->psk, B->psk_n) > 0);
    run_for(100);
    assert_true(arena_has(A, inner_sa(A, first_sa(A))->key, 16) > 0);
    finish();
}

static void test_after_each_exchange(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        begin(exchanges[i]);
        run_for(100);
        assert_true(both_up(1));
        assert_true(witnesses[0].n > 12 && witnesses[1].n > 12);
        search("the ends are kept");
        run_for(100000);
        search("the ends are gone");
        assert_int_equal(isakmp_child_close(A->x, pr.now, first_child(A)), ISAKMP_OK);
        run_for(100);
        search("the child is closed");
        finish();
    }
}

static void test_after_closing(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        uint8_t key[16];
        begin(exchanges[i]);
        run_for(100);
        memcpy(key, inner_sa(A, first_sa(A))->key, sizeof key);
        assert_int_equal(isakmp_close(A->x, pr.now, first_sa(A)), ISAKMP_OK);
        run_for(100);
        search("all is closed");
        assert_int_equal(arena_has(A, key, sizeof key) + arena_has(B, key, sizeof key), 0);
        finish();
    }
}

/* An SA that lives on only because of its children needs no keys. */
static void test_after_expiry(void **state)
{
    uint8_t key[16];
    (void)state;
    begin(ISAKMP_EXCH_MAIN);
    run_for(100);
    memcpy(key, inner_sa(A, first_sa(A))->key, sizeof key);
    run_for(3700000);
    assert_int_equal(sas_in(A, ISAKMP_SA_ENDED), 1);
    assert_int_equal(sas_in(B, ISAKMP_SA_ENDED), 1);
    assert_int_equal(children_in(A, ISAKMP_CHILD_UP), 1);
    search("the SA is over, its child is not");
    assert_int_equal(arena_has(A, key, sizeof key) + arena_has(B, key, sizeof key), 0);
    finish();
}

/* Failed ones leave as little. */
static unsigned lose_after;

static int lose_later(pair *p, wire_item *w)
{
    (void)p;
    return w->serial > lose_after ? PAIR_DROP : PAIR_DELIVER;
}

static void test_after_failures(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++)
        for (lose_after = 2; lose_after < 9; lose_after++) {
            begin(exchanges[i]);
            pr.filter = lose_later;
            run_for(LONG_MS);
            search("nobody has answered");
            finish();
        }
}

/* ---- What refused messages leave --------------------------------------------------------------- */

/* Aggressive Mode: a forged answer with a longer nonce, so that whatever is computed from it lies
 * where the true answer does not overwrite it. */
static int forge_answer(pair *p, wire_item *w)
{
    static opened o;
    static wire_item copy;
    uint8_t nonce[256];
    part *n, *ke;
    if (header_of(w).exchange != ISAKMP_EXCH_AGGRESSIVE || w->from != 1)
        return PAIR_DELIVER;
    p->arrive = NULL;
    copy = *w;
    assert_true(open_item(&o, &copy));
    memset(nonce, 0x77, sizeof nonce);
    n = find_part(&o, ISAKMP_PAYLOAD_NONCE, 0);
    n->n = sizeof nonce;
    memcpy(n->body, nonce, sizeof nonce);
    ke = find_part(&o, ISAKMP_PAYLOAD_KE, 0);
    ke->body[3] ^= 0x40;
    close_item(&o, &copy);
    assert_int_equal(pair_input(p, 0, copy.data, copy.n), ISAKMP_IGNORED);
    return PAIR_DELIVER;
}

static void test_after_a_forged_answer(void **state)
{
    (void)state;
    begin(ISAKMP_EXCH_AGGRESSIVE);
    pr.arrive = forge_answer;
    run_for(100);
    assert_true(both_up(1));
    assert_int_equal(isakmp_count(A->x, ISAKMP_D_PSK_SUSPECTED), 1);
    search("a forged answer has come and gone");
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_search_finds), cmocka_unit_test(test_after_each_exchange),
        cmocka_unit_test(test_after_closing),    cmocka_unit_test(test_after_expiry),
        cmocka_unit_test(test_after_failures),   cmocka_unit_test(test_after_a_forged_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
