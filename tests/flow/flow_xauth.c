/* flow/flow_xauth.c -- XAUTH [draft-beaulieu-ike-xauth-02]: the client's user is authenticated after phase 1, by
 * every method, in both modes, whoever begins; in several rounds; well, and badly. */
#include "flow/forge.h"

static const uint8_t modes[] = {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_AGGRESSIVE};

/* A method; whose user is authenticated after it; and a flag of each side's policy, if it does not say so. */
typedef struct way {
    uint16_t auth;
    int init; /* 1: the initiator is the client */
    uint32_t client_flag, gateway_flag;
} way;

static const way ways[] = {
    {ISAKMP_AUTH_XAUTH_INIT_PSK, 1, 0, 0},
    {ISAKMP_AUTH_XAUTH_RESP_PSK, 0, 0, 0},
    {ISAKMP_AUTH_XAUTH_INIT_RSA, 1, 0, 0},
    {ISAKMP_AUTH_XAUTH_RESP_RSA, 0, 0, 0},
    {ISAKMP_AUTH_XAUTH_INIT_ENCR, 1, 0, 0},
    {ISAKMP_AUTH_XAUTH_RESP_ENCR, 0, 0, 0},
    {ISAKMP_AUTH_XAUTH_INIT_REV, 1, 0, 0},
    {ISAKMP_AUTH_XAUTH_RESP_REV, 0, 0, 0},
    {ISAKMP_AUTH_HYBRID_INIT_RSA, 1, 0, 0},
    {ISAKMP_AUTH_HYBRID_RESP_RSA, 0, 0, 0},
    {ISAKMP_AUTH_PSK, 1, ISAKMP_PF_XAUTH_ANSWER, ISAKMP_PF_XAUTH_ASK},
    {ISAKMP_AUTH_PSK, 0, ISAKMP_PF_XAUTH_ANSWER, ISAKMP_PF_XAUTH_ASK},
    {ISAKMP_AUTH_RSA_SIG, 1, ISAKMP_PF_XAUTH_ANSWER, ISAKMP_PF_XAUTH_ASK},
    {ISAKMP_AUTH_ECDSA_P384_SHA384, 1, ISAKMP_PF_XAUTH_ANSWER, ISAKMP_PF_XAUTH_ASK},
};

static peer *client, *gateway;

static void prepare(uint64_t seed, const way *how)
{
    pair_init(&pr, seed);
    for (int i = 0; i < 2; i++) {
        pr.p[i].policies[0].auth = how->auth;
        pr.p[i].toy.scramble = 1;
    }
    client = how->init ? A : B;
    gateway = how->init ? B : A;
    client->peer.flags |= how->client_flag;
    gateway->peer.flags |= how->gateway_flag;
    client->no_private_key =
        how->auth == ISAKMP_AUTH_HYBRID_INIT_RSA || how->auth == ISAKMP_AUTH_HYBRID_RESP_RSA;
}

static void begin(uint64_t seed, const way *how, uint8_t mode, int child)
{
    prepare(seed, how);
    pair_start(&pr);
    pair_connect(&pr, mode, child);
}

#define EACH_WAY(k, i)                                                                             \
    for (unsigned k = 0; k < COUNT(modes); k++)                                                    \
        for (unsigned i = 0; i < COUNT(ways); i++)

static void test_every_way(void **state)
{
    (void)state;
    EACH_WAY(k, i)
    {
        begin(1000, &ways[i], modes[k], 1);
        run_for(100);
        assert_true(both_up(1));
        for (int j = 0; j < 2; j++) {
            assert_int_equal(heard(&pr.p[j], ISAKMP_EV_SA_XAUTH), 1);
            assert_int_equal(heard(&pr.p[j], ISAKMP_EV_SA_UP), 1);
        }
        assert_int_equal(client->gets, 1);
        assert_int_equal(gateway->checks, 2);
        assert_int_equal(client->checks + gateway->gets, 0);
        assert_string_equal(last_event(gateway, ISAKMP_EV_SA_UP)->user, "joe");
        assert_string_equal(last_event(client, ISAKMP_EV_SA_UP)->user, "");
        assert_int_equal(sa_info(gateway, first_sa(gateway)).user.n, 3);
        assert_int_equal(stats_of(gateway).half_open + stats_of(client).half_open, 0);
        finish();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
