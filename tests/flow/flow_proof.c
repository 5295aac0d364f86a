/* flow/flow_proof.c -- proofs of phase 1 that are none, and hosts and providers that fail while one is
 * made or looked at. */
#include <limits.h>
#include "flow/forge.h"

static const uint8_t modes[] = {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_AGGRESSIVE};

static void prepare(uint64_t seed, uint16_t auth)
{
    pair_init(&pr, seed);
    A->policies[0].auth = B->policies[0].auth = auth;
}

/* ---- T-42, T-43: proofs on the wire ----------------------------------------------------------- */

/* What SIG is replaced by: n octets, of zeros, of ones, or made by somebody else. */
static struct {
    size_t n;
    unsigned kind;
    int from, done;
} fake;

enum {
    ZEROS,
    ONES,
    SAME,
    SOMEBODY
};

static int fake_sig(pair *p, wire_item *w)
{
    static opened o;
    part *sig;
    (void)p;
    if (w->from != fake.from || header_of(w).msg_id != 0 || !open_item(&o, w))
        return PAIR_DELIVER;
    sig = find_part(&o, ISAKMP_PAYLOAD_SIG, 0);
    if (sig == NULL)
        return PAIR_DELIVER;
    for (size_t i = 0; i < fake.n; i++)
        sig->body[i] = fake.kind == ZEROS  ? 0
                       : fake.kind == ONES ? 0xff
                                           : (uint8_t)(sig->body[i] + (fake.kind == SOMEBODY));
    sig->n = fake.n;
    close_item(&o, w);
    fake.done = 1;
    return PAIR_DELIVER;
}

/* Whatever stands where the signature should, verify is asked once, and nothing comes up; with nothing
 * there it is not even asked. */
static void test_T43_other_signatures(void **state)
{
    static const size_t lengths[] = {0, 1, 31, 32, 33, 256, 1000};
    (void)state;
    for (unsigned m = 0; m < COUNT(modes); m++)
        for (fake.from = 0; fake.from < 2; fake.from++)
            for (unsigned i = 0; i < COUNT(lengths); i++)
                for (fake.kind = ZEROS; fake.kind <= SOMEBODY; fake.kind++) {
                    peer *to = &pr.p[1 - fake.from];
                    if (lengths[i] == 32 && fake.kind == SAME)
                        continue; /* it is the true one */
                    fake.n = lengths[i];
                    fake.done = 0;
                    prepare(600, ISAKMP_AUTH_RSA_SIG);
                    pr.arrive = fake_sig;
                    pair_start(&pr);
                    pair_connect(&pr, modes[m], 1);
                    run_for(100);
                    assert_true(fake.done);
                    assert_int_equal(to->verifies, fake.n != 0);
                    assert_true(
                        isakmp_count(to->x, fake.n ? ISAKMP_D_SIGNATURE : ISAKMP_D_MALFORMED) > 0);
                    run_for(LONG_MS);
                    assert_int_equal(heard(to, ISAKMP_EV_SA_UP), 0);
                    assert_int_equal(heard(A, ISAKMP_EV_CHILD_UP) + heard(B, ISAKMP_EV_CHILD_UP),
                                     0);
                    finish();
                }
}

/* The certificate is altered, or left out. */
static struct {
    int from, drop, done;
} other_cert;

static int change_cert(pair *p, wire_item *w)
{
    static opened o;
    part *cert;
    (void)p;
    if (w->from != other_cert.from || header_of(w).msg_id != 0 || !open_item(&o, w))
        return PAIR_DELIVER;
    cert = find_part(&o, ISAKMP_PAYLOAD_CERT, 0);
    if (cert == NULL)
        return PAIR_DELIVER;
    if (other_cert.drop)
        drop_part(&o, (unsigned)(cert - o.parts));
    else
        cert->body[cert->n - 1] ^= 1;
    close_item(&o, w);
    other_cert.done = 1;
    return PAIR_DELIVER;
}

static void test_T42_other_certificates(void **state)
{
    (void)state;
    for (unsigned m = 0; m < COUNT(modes); m++)
        for (other_cert.from = 0; other_cert.from < 2; other_cert.from++)
            for (other_cert.drop = 0; other_cert.drop < 2; other_cert.drop++) {
                peer *to = &pr.p[1 - other_cert.from];
                other_cert.done = 0;
                prepare(601, ISAKMP_AUTH_RSA_SIG);
                pr.arrive = change_cert;
                pair_start(&pr);
                pair_connect(&pr, modes[m], 0);
                run_for(100);
                assert_true(other_cert.done);
                assert_int_equal(to->verifies, 1);
                assert_int_equal(last_event(to, ISAKMP_EV_REFUSED)->detail,
                                 other_cert.drop ? ISAKMP_D_NO_CERT : ISAKMP_D_CERT_UNTRUSTED);
                run_for(LONG_MS);
                assert_int_equal(heard(to, ISAKMP_EV_SA_UP), 0);
                finish();
            }
}

/* ---- T-42: verify is always asked ------------------------------------------------------------- */

static unsigned lose;

static int lose_one(pair *p, wire_item *w)
{
    (void)p;
    (void)w;
    return --lose == 0 ? PAIR_DROP : PAIR_DELIVER;
}

static void up_means_verified(peer *p, const isakmp_event *ev)
{
    if (ev->type == ISAKMP_EV_SA_UP)
        assert_int_equal(p->verifies, 1);
}

/* However it comes about that an SA is up, the host has been asked before, once. */
static void test_T42_verify_is_asked_before(void **state)
{
    static const uint16_t methods[] = {ISAKMP_AUTH_RSA_SIG, ISAKMP_AUTH_ECDSA_P384_SHA384};
    (void)state;
    for (unsigned m = 0; m < COUNT(modes); m++)
        for (unsigned k = 0; k < COUNT(methods); k++)
            for (unsigned way = 0; way < 9; way++) { /* one is lost, nothing is, answers are late */
                prepare(602, methods[k]);
                lose = way < 7 ? way + 1 : 0;
                pr.filter = lose ? lose_one : NULL;
                for (int i = 0; i < 2; i++) {
                    pr.p[i].park = way == 8;
                    pr.p[i].answer_after = 300;
                    pr.p[i].hear_event = up_means_verified;
                }
                pair_start(&pr);
                pair_connect(&pr, modes[m], 1);
                run_for(60000);
                assert_true(both_up(1));
                finish();
            }
}

/* ---- T-44: only one value is yes -------------------------------------------------------------- */

/* All that a function may return that is neither ISAKMP_OK nor ISAKMP_PENDING, and what would be either if
 * it were cut to fewer bits. */
static const int codes[] = {2,  3,  4,   5,   -1,  -2,    -3,   -4,      -5,      -6,      -7,
                            -8, -9, -10, -11, 100, 0x100, -256, 0x10000, 0x10001, INT_MAX, INT_MIN};

static int rc_now;

static int verify_says(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_proof *p,
                       uint16_t *why)
{
    (void)user;
    (void)t;
    (void)q;
    (void)p;
    (void)why;
    return rc_now;
}

static void test_T44_verify(void **state)
{
    (void)state;
    for (unsigned m = 0; m < COUNT(modes); m++)
        for (int who = 0; who < 2; who++)
            for (unsigned i = 0; i < COUNT(codes); i++) {
                rc_now = codes[i];
                prepare(603, ISAKMP_AUTH_RSA_SIG);
                pr.p[who].host.verify = verify_says;
                pair_start(&pr);
                pair_connect(&pr, modes[m], 1);
                run_for(LONG_MS);
                assert_int_equal(heard(&pr.p[who], ISAKMP_EV_SA_UP), 0);
                assert_int_equal(heard(&pr.p[who], ISAKMP_EV_CHILD_UP), 0);
                finish();
            }
}

/* The same as a late answer: what is no answer is not taken for one, and the true one may still come. */
static isakmp_ticket open_ticket;

static int verify_later(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_proof *p,
                        uint16_t *why)
{
    (void)user;
    (void)q;
    (void)p;
    (void)why;
    open_ticket = t;
    return ISAKMP_PENDING;
}

static void test_T44_verify_answered_later(void **state)
{
    (void)state;
    for (int who = 0; who < 2; who++)
        for (unsigned i = 0; i < COUNT(codes); i++) {
            peer *p = &pr.p[who];
            int rc, is_code = codes[i] < 0 || codes[i] == ISAKMP_NONE;
            open_ticket.v = 0;
            prepare(604, ISAKMP_AUTH_RSA_SIG);
            p->host.verify = verify_later;
            pair_start(&pr);
            pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
            run_for(100);
            assert_true(open_ticket.v != 0);
            rc = isakmp_answer(p->x, pr.now, open_ticket, codes[i], NULL, 0);
            assert_int_equal(rc, is_code ? ISAKMP_OK : ISAKMP_E_ARG);
            assert_int_equal(heard(p, ISAKMP_EV_SA_UP), 0);
            rc = isakmp_answer(p->x, pr.now, open_ticket, ISAKMP_OK, NULL, 0);
            assert_int_equal(rc, is_code ? ISAKMP_E_STALE : ISAKMP_OK);
            assert_int_equal(heard(p, ISAKMP_EV_SA_UP), !is_code);
            run_for(LONG_MS);
            finish();
        }
}

/* ---- T-44: a provider that fails in every way ------------------------------------------------- */

static int bad_random(void *self, uint8_t *out, size_t n)
{
    (void)self;
    (void)out;
    (void)n;
    return rc_now;
}

static int bad_hash(void *self, uint16_t id, const isakmp_span *in, size_t n, uint8_t *out)
{
    (void)self;
    (void)id;
    (void)in;
    (void)n;
    (void)out;
    return rc_now;
}

static int bad_hmac(void *self, uint16_t id, isakmp_span key, const isakmp_span *in, size_t n,
                    uint8_t *out)
{
    (void)key;
    return bad_hash(self, id, in, n, out);
}

static int bad_cbc(void *self, uint16_t cipher, int encrypt, isakmp_span key, uint8_t *iv,
                   uint8_t *data, size_t n)
{
    (void)self;
    (void)cipher;
    (void)encrypt;
    (void)key;
    (void)iv;
    (void)data;
    (void)n;
    return rc_now;
}

static int bad_dh_new(void *self, isakmp_ticket t, uint16_t group, uint8_t *priv, size_t *priv_n,
                      uint8_t *pub)
{
    (void)self;
    (void)t;
    (void)group;
    (void)priv;
    (void)priv_n;
    (void)pub;
    return rc_now;
}

static int bad_dh_key(void *self, isakmp_ticket t, uint16_t group, isakmp_span priv,
                      isakmp_span other, uint8_t *out)
{
    (void)self;
    (void)t;
    (void)group;
    (void)priv;
    (void)other;
    (void)out;
    return rc_now;
}

static void spoil(isakmp_crypto *c, unsigned function)
{
    switch (function) {
    case TOY_RANDOM:
        c->random = bad_random;
        break;
    case TOY_HASH:
        c->hash = bad_hash;
        break;
    case TOY_HMAC:
        c->hmac = bad_hmac;
        break;
    case TOY_CBC:
        c->cbc = bad_cbc;
        break;
    case TOY_DH_NEW:
        c->dh_new = bad_dh_new;
        break;
    default:
        c->dh_key = bad_dh_key;
    }
}

static void with_spoiled(uint16_t auth, uint8_t mode, int who, unsigned function)
{
    peer *p = &pr.p[who];
    prepare(605, auth);
    pair_start(&pr);
    spoil(&p->x->crypto, function);
    pair_connect(&pr, mode, 1);
    run_for(LONG_MS);
    if (heard(p, ISAKMP_EV_SA_UP) + heard(p, ISAKMP_EV_CHILD_UP))
        fail_msg("peer %d, exchange %u, function %u returns %d: up all the same", who, mode,
                 function, rc_now);
    assert_int_equal(stats_of(p).exchanges + stats_of(p).sas, 0);
    finish();
}

/* A function of the provider that always returns one value that is not ISAKMP_OK: nothing comes up.  Only
 * Diffie-Hellman may be put off. */
static void test_T44_provider(void **state)
{
    static const uint16_t methods[] = {ISAKMP_AUTH_PSK, ISAKMP_AUTH_RSA_SIG};
    (void)state;
    for (unsigned k = 0; k < COUNT(methods); k++)
        for (unsigned m = 0; m < COUNT(modes); m++)
            for (int who = 0; who < 2; who++)
                for (unsigned f = 0; f < TOY_FUNCTIONS; f++) {
                    rc_now = f < TOY_DH_NEW ? ISAKMP_PENDING : ISAKMP_E_CRYPTO;
                    with_spoiled(methods[k], modes[m], who, f);
                    for (unsigned i = 0; i < COUNT(codes); i++) {
                        rc_now = codes[i];
                        with_spoiled(methods[k], modes[m], who, f);
                    }
                }
}

/* ---- T-48: a host whose keys and certificates fail -------------------------------------------- */

static unsigned which; /* what of the credentials is absurd */

static int credentials_fail(void *user, isakmp_ticket t, const isakmp_query *q, uint16_t auth,
                            isakmp_credentials *out)
{
    (void)user;
    (void)t;
    (void)q;
    (void)auth;
    (void)out;
    return rc_now;
}

static int sign_fails(void *user, isakmp_ticket t, const isakmp_query *q, uint16_t auth,
                      isakmp_span hash, uint8_t *sig, size_t cap, size_t *n)
{
    (void)user;
    (void)t;
    (void)q;
    (void)auth;
    (void)hash;
    (void)sig;
    *n = rc_now == ISAKMP_OK ? (which ? cap + 1 : 0) : 32;
    return rc_now;
}

static void with_failing_host(uint8_t mode, int who, int sign)
{
    peer *p = &pr.p[who];
    prepare(606, ISAKMP_AUTH_RSA_SIG);
    if (sign)
        p->host.sign = sign_fails;
    else
        p->host.get_credentials = credentials_fail;
    pair_start(&pr);
    pair_connect(&pr, mode, 1);
    run_for(LONG_MS);
    for (int i = 0; i < 2; i++) { /* in Aggressive Mode the responder has proved itself before */
        int may = mode == ISAKMP_EXCH_AGGRESSIVE && who == 0 && i == 0 && sign;
        assert_true(may || heard(&pr.p[i], ISAKMP_EV_SA_UP) == 0);
        assert_int_equal(heard(&pr.p[i], ISAKMP_EV_CHILD_UP), 0);
    }
    assert_true(pair_is_empty(&pr));
    finish();
}

/* Every value that is not ISAKMP_OK, and signatures of no length or too long. */
static void test_T48_callbacks_fail(void **state)
{
    (void)state;
    for (unsigned m = 0; m < COUNT(modes); m++)
        for (int who = 0; who < 2; who++) {
            for (int sign = 0; sign < 2; sign++)
                for (unsigned i = 0; i < COUNT(codes); i++) {
                    rc_now = codes[i];
                    with_failing_host(modes[m], who, sign);
                }
            rc_now = ISAKMP_OK;
            for (which = 0; which < 2; which++)
                with_failing_host(modes[m], who, 1);
        }
}

/* Credentials that no message can hold, or that are empty. */
static int absurd_credentials(void *user, isakmp_ticket t, const isakmp_query *q, uint16_t auth,
                              isakmp_credentials *out)
{
    static const uint8_t long_one[5000];
    static isakmp_span spans[300];
    (void)user;
    (void)t;
    (void)q;
    (void)auth;
    out->methods = which == 4 ? 0xffffffffu : 1u << ISAKMP_AUTH_RSA_SIG;
    spans[0] = isakmp__span(long_one, which < 2 ? sizeof long_one : which == 2 ? 0 : 1);
    for (unsigned i = 1; i < COUNT(spans); i++)
        spans[i] = spans[0];
    out->certs = out->cas = spans;
    out->n_certs = which == 0 ? 1 : which == 3 ? 300 : 0;
    out->n_cas = which == 1 ? 1 : which == 3 ? 300 : 0;
    return ISAKMP_OK;
}

static void test_T48_absurd_credentials(void **state)
{
    (void)state;
    for (unsigned m = 0; m < COUNT(modes); m++)
        for (int who = 0; who < 2; who++)
            for (which = 0; which < 5; which++) {
                peer *p = &pr.p[who];
                prepare(607, ISAKMP_AUTH_RSA_SIG);
                p->host.get_credentials = absurd_credentials;
                pair_start(&pr);
                pair_connect(&pr, modes[m], 0);
                run_for(LONG_MS);
                assert_int_equal(heard(&pr.p[1 - who], ISAKMP_EV_SA_UP), 0);
                assert_int_equal(p->runts, 0);
                finish();
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_T43_other_signatures),
        cmocka_unit_test(test_T42_other_certificates),
        cmocka_unit_test(test_T42_verify_is_asked_before),
        cmocka_unit_test(test_T44_verify),
        cmocka_unit_test(test_T44_verify_answered_later),
        cmocka_unit_test(test_T44_provider),
        cmocka_unit_test(test_T48_callbacks_fail),
        cmocka_unit_test(test_T48_absurd_credentials),
    };
    return cmocka_run_group_tests_name("proof", tests, NULL, NULL);
}
