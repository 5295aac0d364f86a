/* flow/flow_pke.c -- phase 1 with RSA encrypted nonces and in the revised mode [RFC2409 5.2, 5.3]: both
 * modes, both roles; both ways to make SKEYID; and that nobody can tell what we could not decrypt. */
#include "flow/forge.h"

static const uint8_t modes[] = {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_AGGRESSIVE};
static const uint16_t methods[] = {ISAKMP_AUTH_RSA_ENCR, ISAKMP_AUTH_RSA_ENCR_REV};

static void say(peer *p, int level, const char *line) { (void)level; fprintf(stderr, "%d: %s\n", p->index, line); }
static void prepare(uint64_t seed, uint16_t auth)
{
    pair_init(&pr, seed);
    for (int i = 0; i < 2; i++) {
        pr.p[i].policies[0].auth = auth;
        pr.p[i].toy.scramble = 1;
        pr.p[i].hear_line = say;
    }
}

/* The initiator encrypts its identity and its nonce, or its nonce alone; so does the responder. */
static void test_both_modes(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++)
        for (unsigned m = 0; m < 2; m++) {
            prepare(700 + m, methods[m]);
            come_up(modes[k], 1);
            for (int i = 0; i < 2; i++) {
                peer *p = &pr.p[i];
                assert_int_equal(p->encrypts, m ? 1 : 2);
                assert_int_equal(p->decrypts, m ? 1 : 2);
                assert_int_equal(p->signs + p->verifies, 0);
                assert_int_equal(p->hash_1_n, 0);
                assert_int_equal(sa_info(p, first_sa(p)).suite.auth, methods[m]);
                assert_int_equal(sa_info(p, first_sa(p)).peer_id.type, ISAKMP_ID_IPV4_ADDR);
            }
            finish();
        }
}

static void test_groups_and_ciphers(void **state)
{
    static const uint16_t groups[] = {ISAKMP_GROUP_MODP_1024, ISAKMP_GROUP_ECP_256,
                                      ISAKMP_GROUP_CURVE25519};
    (void)state;
    for (unsigned k = 0; k < 2; k++)
        for (unsigned g = 0; g < COUNT(groups); g++)
            for (int des = 0; des < 2; des++) {
                prepare(710 + g, ISAKMP_AUTH_RSA_ENCR_REV);
                for (int i = 0; i < 2; i++) {
                    pr.p[i].policies[0].group = groups[g];
                    if (des) {
                        pr.p[i].policies[0].cipher = ISAKMP_CIPHER_3DES;
                        pr.p[i].policies[0].key_bits = 0;
                    }
                }
                come_up(modes[k], 1);
                finish();
            }
}

/* The responder has several keys, and is told which one it is. */
static void test_hash_1(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++)
        for (unsigned m = 0; m < 2; m++) {
            prepare(720, methods[m]);
            A->named_cert = 1;
            come_up(modes[k], 1);
            assert_int_equal(B->hash_1_n, isakmp_hash_size(A->policies[0].hash));
            assert_int_equal(A->hash_1_n, 0);
            finish();
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_modes),
        cmocka_unit_test(test_groups_and_ciphers),
        cmocka_unit_test(test_hash_1),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
