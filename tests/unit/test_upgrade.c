/* test_upgrade.c -- two peers with a stock keyring each: by signatures the first time, when they get each other's
 * certificates for encryption, and by encrypted nonces from then on; and what becomes of it when one of them
 * has lost its memory or has a new key. */
#include "unit/pki_chain.h"
#include "support/pair.h"

#define SIGN     MBEDTLS_X509_KU_DIGITAL_SIGNATURE
#define ENCRYPT  MBEDTLS_X509_KU_KEY_ENCIPHERMENT
#define TOGETHER 200000 /* ms in which an exchange has come to its end, whatever end that is */

static const char *host_name[] = {"alice.example", "bob.example"};
static const uint8_t modes[] = {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_AGGRESSIVE};
static pair pr;
static isakmp_keyring rings[2];

/* ---- Rings ----------------------------------------------------------------------------------- */

static isakmp_keyring *ring_of(void *user)
{
    return &rings[((peer *)user)->index];
}

static int get_credentials(void *user, isakmp_ticket t, const isakmp_query *q, uint16_t auth,
                           isakmp_credentials *out)
{
    (void)t;
    return isakmp_keyring_credentials(ring_of(user), q, auth, out);
}

static int sign(void *user, isakmp_ticket t, const isakmp_query *q, uint16_t auth, isakmp_span in,
                uint8_t *out, size_t cap, size_t *n)
{
    (void)t;
    return isakmp_keyring_sign(ring_of(user), q, auth, in, out, cap, n);
}

static int verify(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_proof *p,
                  uint16_t *why)
{
    (void)t;
    return isakmp_keyring_verify(ring_of(user), q, p, why);
}

static int encrypt(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_plain *p,
                   uint8_t *out, size_t cap, size_t *n)
{
    (void)t;
    return isakmp_keyring_encrypt(ring_of(user), q, p, out, cap, n);
}

static int decrypt(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_sealed *s,
                   uint8_t *block, size_t cap, size_t *n)
{
    (void)t;
    return isakmp_keyring_decrypt(ring_of(user), q, s, block, cap, n);
}

static void learn(void *user, const isakmp_query *q, const isakmp_cert *certs, size_t n)
{
    isakmp_keyring_learn(ring_of(user), q, certs, n);
}

static void new_ring(int i)
{
    isakmp_pki_free(rings[i].pki);
    memset(&rings[i], 0, sizeof rings[i]);
    rings[i].size = sizeof rings[i];
    rings[i].pki = isakmp_pki_new();
    assert_non_null(rings[i].pki);
    isakmp_pki_set_clock(rings[i].pki, made_clock, &made_time);
    isakmp_pki_set_flags(rings[i].pki, ISAKMP_PKI_LEGACY);
    assert_int_equal(isakmp_pki_add_ca(rings[i].pki, made_span(&ca), NULL, 0), ISAKMP_OK);
}

static void cert_for(made *out, const char *name, size_t key, unsigned usage)
{
    cert_spec s = leaf_spec();
    names.n = 0;
    made_put(&names, 0x82, name, strlen(name));
    s.key = &rsa[key];
    s.usage = usage;
    made_cert(out, &s);
}

static void own(int i, unsigned use, size_t key, unsigned usage)
{
    made cert;
    cert_for(&cert, host_name[i], key, usage);
    assert_int_equal(isakmp_pki_add_own(rings[i].pki, use, made_span(&cert),
                                        made_span(&rsa_private[key]), none(), NULL, 0),
                     ISAKMP_OK);
}

/* Two keys for each: alice's are 1, for signatures, and 0, bob's 2 and 3.
 *   marked  1: the certificates say by keyUsage what they are for. */
static void usage_keys(int i, int marked)
{
    own(i, ISAKMP_USE_SIGNATURE, i ? 2 : 1, marked ? SIGN : 0);
    own(i, ISAKMP_USE_ENCRYPTION, i ? 3 : 0, marked ? ENCRYPT : 0);
}

/* What one side has learnt of somebody who was at 10.0.0.50 then. */
static void knows(int i, const char *name, size_t key)
{
    made cert;
    isakmp_cert c = {ISAKMP_CERT_X509_KE, {NULL, 0}};
    cert_for(&cert, name, key, ENCRYPT);
    c.data = made_span(&cert);
    query.peer_id.type = ISAKMP_ID_FQDN;
    query.peer_id.data = bytes_text(name);
    isakmp_keyring_learn(&rings[i], &query, &c, 1);
}

static void has_by_hand(int i, const char *name, size_t key)
{
    const isakmp_id id = {ISAKMP_ID_FQDN, 0, 0, bytes_text(name)};
    assert_int_equal(isakmp_pki_add_peer_key(rings[i].pki, ISAKMP_USE_ENCRYPTION, &id, &anywhere,
                                             made_span(&rsa_public[key]), NULL, 0),
                     ISAKMP_OK);
}

static size_t entries_of(int i)
{
    ring = rings[i];
    return count_entries();
}

/* ---- Peers ----------------------------------------------------------------------------------- */

/* Of several kinds of policies the first is the best.  second 0: there is only one. */
static void stage(uint16_t first, uint16_t second)
{
    pair_init(&pr, 4000);
    for (int i = 0; i < 2; i++) {
        peer *p = &pr.p[i];
        p->policies[0].auth = first;
        p->policies[1] = p->policies[0];
        p->policies[1].priority++;
        p->policies[1].auth = second;
        p->peer.n_policies = second ? 2 : 1;
        p->peer.my_id.type = ISAKMP_ID_FQDN;
        p->peer.my_id.data = bytes_text(host_name[i]);
        p->host.get_credentials = get_credentials;
        p->host.sign = sign;
        p->host.verify = verify;
        p->host.encrypt = encrypt;
        p->host.decrypt = decrypt;
        p->host.learn = learn;
    }
}

/* How an exchange goes: the method of the new ISAKMP SA; 0: there is none. */
static uint16_t meet(int from, uint8_t mode)
{
    isakmp_sa_id sa = pair_connect_from(&pr, from, mode, 0);
    isakmp_sa_info info = {.size = sizeof info};
    unsigned up = heard(&pr.p[1 - from], ISAKMP_EV_SA_UP);
    pair_run(&pr, pr.now + TOGETHER);
    if (isakmp_sa_get(pr.p[from].x, sa, &info) != ISAKMP_OK || info.state != ISAKMP_SA_UP)
        return 0;
    assert_int_equal(heard(&pr.p[1 - from], ISAKMP_EV_SA_UP), up + 1);
    return info.suite.auth;
}

/* ---- The upgrade ----------------------------------------------------------------------------- */

static void upgrade(uint16_t method, uint8_t mode, int from, int marked)
{
    new_ring(0);
    new_ring(1);
    usage_keys(0, marked);
    usage_keys(1, marked);
    stage(method, ISAKMP_AUTH_RSA_SIG);
    pair_start(&pr);
    assert_int_equal(meet(0, mode), ISAKMP_AUTH_RSA_SIG);
    assert_int_equal(entries_of(0), 1);
    assert_int_equal(key_of_entry(0, NULL), 3);
    assert_int_equal(entries_of(1), 1);
    assert_int_equal(key_of_entry(0, NULL), 0);
    assert_int_equal(meet(from, mode), method);
    assert_int_equal(meet(1 - from, mode), method);
    pair_end(&pr);
}

static void by_signatures_first(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++)
        for (int from = 0; from < 2; from++)
            for (int marked = 0; marked < 2; marked++) {
                upgrade(ISAKMP_AUTH_RSA_ENCR, modes[k], from, marked);
                upgrade(ISAKMP_AUTH_RSA_ENCR_REV, modes[k], from, marked);
            }
}

/* ---- What is lost ---------------------------------------------------------------------------- */

/* Who has lost the key of the peer at an address does not take encrypted nonces from there, though it has one
 * of somebody else; and then learns it again. */
static void lost_memory(void **state)
{
    (void)state;
    for (int carol = 0; carol < 2; carol++)
        for (int from = 0; from < 2; from++) {
            new_ring(0);
            new_ring(1);
            usage_keys(0, 1);
            usage_keys(1, 1);
            stage(ISAKMP_AUTH_RSA_ENCR, ISAKMP_AUTH_RSA_SIG);
            pair_start(&pr);
            assert_int_equal(meet(0, ISAKMP_EXCH_MAIN), ISAKMP_AUTH_RSA_SIG);
            new_ring(1);
            usage_keys(1, 1);
            if (carol)
                knows(1, "carol.example", 1);
            pair_restart(&pr, 1);
            assert_int_equal(meet(from, ISAKMP_EXCH_MAIN), ISAKMP_AUTH_RSA_SIG);
            assert_int_equal(entries_of(1), 1 + carol);
            assert_int_equal(meet(from, ISAKMP_EXCH_MAIN), ISAKMP_AUTH_RSA_ENCR);
            pair_end(&pr);
        }
}

/* In the revised mode a new key comes with its certificate, and what was learnt before does not stand in its
 * way; what was given by hand does.  Without a certificate it is refused until the entry is gone. */
static void new_key(void **state)
{
    const isakmp_id id = {ISAKMP_ID_FQDN, 0, 0, bytes_text("alice.example")};
    const isakmp_selector there = range(50, 50);
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        new_ring(0);
        new_ring(1);
        own(0, ISAKMP_USE_ENCRYPTION, 1, ENCRYPT);
        own(1, ISAKMP_USE_ENCRYPTION, 3, ENCRYPT);
        has_by_hand(0, "bob.example", 3);
        knows(1, "alice.example", 0);
        stage(ISAKMP_AUTH_RSA_ENCR_REV, 0);
        pr.p[0].peer.peer_id = pr.p[1].peer.my_id;
        pair_start(&pr);
        assert_int_equal(meet(0, modes[k]), ISAKMP_AUTH_RSA_ENCR_REV);
        has_by_hand(1, "alice.example", 0);
        assert_int_equal(meet(0, modes[k]), 0);
        pair_end(&pr);
    }
    stage(ISAKMP_AUTH_RSA_ENCR, 0);
    pr.p[0].peer.peer_id = pr.p[1].peer.my_id;
    pair_start(&pr);
    isakmp_pki_remove_peer_key(rings[1].pki, &id, &anywhere);
    has_by_hand(1, "carol.example", 2); /* so that it is responded to at all */
    assert_int_equal(meet(0, ISAKMP_EXCH_MAIN), 0);
    assert_int_equal(last_event(&pr.p[0], ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_KEY_SUSPECTED);
    assert_int_equal(isakmp_pki_remove_peer_key(rings[1].pki, &id, &there), ISAKMP_OK);
    has_by_hand(1, "alice.example", 1);
    assert_int_equal(meet(0, ISAKMP_EXCH_MAIN), ISAKMP_AUTH_RSA_ENCR);
    pair_end(&pr);
}

/* ---- What is not learnt ---------------------------------------------------------------------- */

/* A CA has vouched for a name with a star.  It is proven by a signature, but its key would be that of everybody
 * whose name ends like it. */
static void stars(void **state)
{
    (void)state;
    new_ring(0);
    new_ring(1);
    usage_keys(0, 1);
    host_name[1] = "*.example";
    usage_keys(1, 1);
    stage(ISAKMP_AUTH_RSA_ENCR, ISAKMP_AUTH_RSA_SIG);
    host_name[1] = "bob.example";
    pair_start(&pr);
    assert_int_equal(meet(0, ISAKMP_EXCH_MAIN), ISAKMP_AUTH_RSA_SIG);
    assert_int_equal(entries_of(0), 0);
    assert_int_equal(entries_of(1), 1);
    assert_int_equal(meet(0, ISAKMP_EXCH_MAIN), ISAKMP_AUTH_RSA_SIG);
    pair_end(&pr);
}

/* ---- Decoys ---------------------------------------------------------------------------------- */

static size_t length_of_4;

/* Of bob's messages: the second is encrypted with whoever's key. */
static int measure(pair *p, wire_item *w)
{
    (void)p;
    if (w->from == 1 && length_of_4 == 0)
        length_of_4 = 1;
    else if (w->from == 1 && length_of_4 == 1)
        length_of_4 = w->n;
    return PAIR_DELIVER;
}

/* How long is what bob says to somebody? */
static size_t answer_to(const char *name)
{
    stage(ISAKMP_AUTH_RSA_ENCR, 0);
    pr.p[0].peer.my_id.data = bytes_text(name);
    pr.p[0].peer.peer_id = pr.p[1].peer.my_id;
    pr.filter = measure;
    length_of_4 = 0;
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
    pair_run(&pr, pr.now + TOGETHER);
    pair_end(&pr);
    assert_true(length_of_4 > 1);
    return length_of_4;
}

/* Bob knows peers with keys of two lengths.  Whom he does not know gets an answer of either length, always
 * the same, and that is no other than those whom he knows get. */
static void lengths_of_decoys(void **state)
{
    size_t of_long, of_short, longs = 0;
    char name[24];
    (void)state;
    new_ring(0);
    new_ring(1);
    own(0, ISAKMP_USE_ENCRYPTION, 1, ENCRYPT);
    own(1, ISAKMP_USE_ENCRYPTION, 2, ENCRYPT);
    has_by_hand(0, "bob.example", 2);
    has_by_hand(1, "alice.example", 1);
    has_by_hand(1, "carol.example", 0);
    of_long = answer_to("alice.example");
    of_short = answer_to("carol.example");
    assert_true(of_long > of_short);
    for (unsigned i = 0; i < 40; i++) {
        size_t n;
        snprintf(name, sizeof name, "mallory%u.example", i);
        n = answer_to(name);
        assert_true(n == of_long || n == of_short);
        assert_int_equal(answer_to(name), n);
        longs += n == of_long;
    }
    assert_in_range(longs, 2, 38); /* it is otherwise once in ten thousand million times */
}

/* ---- All of it ------------------------------------------------------------------------------- */

static int set_up(void **state)
{
    chain_keys(state);
    make_ca(NULL, NULL);
    made_time = MADE_NOW;
    path.remote.family = 4;
    memcpy(path.remote.ip, "\x0a\x00\x00\x32", 4);
    query.path = &path;
    return 0;
}

static int tear_down(void **state)
{
    for (int i = 0; i < 2; i++)
        isakmp_pki_free(rings[i].pki);
    return free_chain_keys(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_signatures_first),
        cmocka_unit_test(lost_memory),
        cmocka_unit_test(new_key),
        cmocka_unit_test(stars),
        cmocka_unit_test(lengths_of_decoys),
    };
    return cmocka_run_group_tests_name("upgrade", tests, set_up, tear_down);
}
