/* test_cisco_pke.c -- a recorded handshake with RSA encrypted nonces, played by our engine as initiator
 * against what a Cisco CSR1000v has sent: Main Mode and Quick Mode, with the recorded keys.
 *
 * The engine makes its own messages, and the Cisco's are fed to it as they were recorded.  So what goes
 * into a HASH must be what the recorded initiator has sent.  The cookie, the message ID and the SPI are
 * what random() and the host say; what the engine would make otherwise (the order of attributes in its
 * offer, nonces of 32 octets) is exchanged for the recorded octets after the message has gone.  From
 * there on everything is compared: messages 5 and 9 are the recorded datagrams octet for octet. */
#include "unit/stock.h"
#include "crypto/mbedtls/compat.h"
#include <mbedtls/bignum.h>
#include <mbedtls/pk.h>
#include "base/secret.h"
#include "exchange/row.h"

#if MBEDTLS_VERSION_NUMBER >= 0x03000000
#define RSA_ENCRYPT(rsa, f, n, in, out) mbedtls_rsa_pkcs1_encrypt(rsa, f, NULL, n, in, out)
#else
#define RSA_ENCRYPT(rsa, f, n, in, out)                                                            \
    mbedtls_rsa_pkcs1_encrypt(rsa, f, NULL, MBEDTLS_RSA_PUBLIC, n, in, out)
#endif

#define BLOCK     256 /* octets of both RSA keys */
#define GROUP     192 /* ... of the group */
#define DATAGRAMS 9

/* ---- What was recorded ----------------------------------------------------------------------- */

static vectors *handshakes, *primes;
static isakmp_span datagrams[DATAGRAMS], prime;
static isakmp_span cky_i, ni, xi, g_xi, g_xy, sai, id_peer, key, qm_ni, spi_i, spi_r, keymat_i,
    keymat_r, rsa_key, rsa_public;

static void read_secrets(vectors *v)
{
    cky_i = vector_octets(v, "cky_i");
    ni = vector_octets(v, "ni");
    xi = vector_octets(v, "xi");
    g_xi = vector_octets(v, "g_xi");
    g_xy = vector_octets(v, "g_xy");
    sai = vector_octets(v, "sai_b");
    id_peer = vector_octets(v, "idir_b");
    key = vector_octets(v, "key");
    qm_ni = vector_octets(v, "qm_ni");
    spi_i = vector_octets(v, "spi_i");
    spi_r = vector_octets(v, "spi_r");
    keymat_i = vector_octets(v, "keymat_i");
    keymat_r = vector_octets(v, "keymat_r");
    rsa_key = vector_octets(v, "rsa_key_i");
    rsa_public = vector_octets(v, "rsa_public_r");
}

/* The vectors stay open: everything lies in them. */
static int read_vectors(void **state)
{
    unsigned n = 0;
    int inside = 0;
    (void)state;
    primes = vectors_open("modp_primes.txt");
    while (vectors_next(primes) && strcmp(vector_word(primes, "group"), "modp1536") != 0)
        ;
    prime = vector_octets(primes, "prime");
    handshakes = vectors_open("handshakes_csr1000v.txt");
    while (vectors_next(handshakes)) {
        if (vector_count(handshakes, "handshake"))
            inside = strcmp(vector_word(handshakes, "handshake"), "testMainModePKEHandshake") == 0;
        if (inside && vector_count(handshakes, "handshake"))
            read_secrets(handshakes);
        else if (inside && n < DATAGRAMS)
            datagrams[n++] = vector_octets(handshakes, "datagram");
    }
    assert_int_equal(n, DATAGRAMS);
    return 0;
}

static int close_vectors(void **state)
{
    (void)state;
    vectors_close(handshakes);
    vectors_close(primes);
    return 0;
}

/* ---- The provider: the stock one, but for what was drawn then --------------------------------- */

static isakmp_crypto provider;
static isakmp_span given; /* what random() gives when it is next asked for as many octets */

static int some_random(void *self, uint8_t *out, size_t n)
{
    if (n != given.n)
        return stock()->random(self, out, n);
    memcpy(out, given.p, n);
    given.n = 0;
    return ISAKMP_OK;
}

/* The recorded private value is as long as the prime, longer than we have room for: one octet stands for
 * it. */
static int recorded_new(void *self, isakmp_ticket t, uint16_t group, uint8_t *priv, size_t *priv_n,
                        uint8_t *pub)
{
    (void)self;
    (void)t;
    assert_int_equal(group, ISAKMP_GROUP_MODP_1536);
    priv[0] = 1;
    *priv_n = 1;
    memcpy(pub, g_xi.p, GROUP);
    return ISAKMP_OK;
}

static void power(isakmp_span base, uint8_t out[GROUP])
{
    mbedtls_mpi b, e, p;
    mbedtls_mpi_init(&b);
    mbedtls_mpi_init(&e);
    mbedtls_mpi_init(&p);
    assert_int_equal(mbedtls_mpi_read_binary(&b, base.p, base.n), 0);
    assert_int_equal(mbedtls_mpi_read_binary(&e, xi.p, xi.n), 0);
    assert_int_equal(mbedtls_mpi_read_binary(&p, prime.p, prime.n), 0);
    assert_int_equal(mbedtls_mpi_exp_mod(&b, &b, &e, &p, NULL), 0);
    assert_int_equal(mbedtls_mpi_write_binary(&b, out, GROUP), 0);
    mbedtls_mpi_free(&b);
    mbedtls_mpi_free(&e);
    mbedtls_mpi_free(&p);
}

static int recorded_key(void *self, isakmp_ticket t, uint16_t group, isakmp_span priv,
                        isakmp_span peer, uint8_t *out)
{
    (void)self;
    (void)t;
    assert_int_equal(group, ISAKMP_GROUP_MODP_1536);
    assert_int_equal(priv.n, 1);
    power(peer, out);
    assert_int_equal(g_xy.n, GROUP);
    assert_memory_equal(out, g_xy.p, GROUP);
    return ISAKMP_OK;
}

/* ---- The host --------------------------------------------------------------------------------- */

static mbedtls_pk_context ours, cisco;
static uint8_t sent[1024];
static size_t sent_n;
static unsigned sends, ups, child_ups, decrypts, encrypts, installs;
static isakmp_reason refused, down;

static int any_random(void *self, unsigned char *out, size_t n)
{
    return stock()->random(self, out, n);
}

static int on_send(void *user, const isakmp_path *path, isakmp_span datagram)
{
    (void)user;
    (void)path;
    assert_true(datagram.n <= sizeof sent);
    memcpy(sent, datagram.p, datagram.n);
    sent_n = datagram.n;
    sends++;
    return ISAKMP_OK;
}

static int on_credentials(void *user, isakmp_ticket t, const isakmp_query *q, uint16_t auth,
                          isakmp_credentials *out)
{
    (void)user;
    (void)t;
    (void)q;
    assert_true(auth == 0 || auth == ISAKMP_AUTH_RSA_ENCR);
    out->methods = 1u << ISAKMP_AUTH_RSA_ENCR;
    return ISAKMP_OK;
}

static int on_encrypt(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_plain *p,
                      uint8_t *out, size_t cap, size_t *n)
{
    (void)user;
    (void)t;
    (void)q;
    assert_true(cap >= BLOCK);
    assert_int_equal(RSA_ENCRYPT(mbedtls_pk_rsa(cisco), any_random, p->data.n, p->data.p, out), 0);
    *n = BLOCK;
    encrypts++;
    return ISAKMP_OK;
}

static int on_decrypt(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_sealed *s,
                      uint8_t *block, size_t cap, size_t *n)
{
    (void)user;
    (void)t;
    (void)q;
    assert_true(cap >= BLOCK);
    assert_int_equal(s->data.n, BLOCK);
    assert_int_equal(s->hash_1.n, 0);
    assert_int_equal(mbedtls_rsa_private(mbedtls_pk_rsa(ours), any_random, NULL, s->data.p, block),
                     0);
    *n = BLOCK;
    decrypts++;
    return ISAKMP_OK;
}

static int on_get_spi(void *user, isakmp_ticket t, isakmp_child_id child, uint8_t proto,
                      const isakmp_path *path, uint32_t *spi)
{
    (void)user;
    (void)t;
    (void)child;
    (void)proto;
    (void)path;
    *spi = isakmp__get32(spi_i.p);
    return ISAKMP_OK;
}

/* Ours are made from the SPI that we have chosen, the others from the Cisco's [RFC2409 5.5]. */
static int on_install(void *user, isakmp_child_id child, const isakmp_sad_entry *e)
{
    isakmp_span keymat = e->inbound ? keymat_i : keymat_r;
    (void)user;
    (void)child;
    assert_int_equal(e->spi, isakmp__get32(e->inbound ? spi_i.p : spi_r.p));
    assert_int_equal(e->enc_key.n + e->auth_key.n, keymat.n);
    assert_memory_equal(e->enc_key.p, keymat.p, e->enc_key.n);
    assert_memory_equal(e->auth_key.p, keymat.p + e->enc_key.n, e->auth_key.n);
    installs++;
    return ISAKMP_OK;
}

static void on_remove(void *user, isakmp_child_id child, const isakmp_sad_entry *e)
{
    (void)user;
    (void)child;
    (void)e;
    installs--;
}

static void on_event(void *user, const isakmp_event *ev)
{
    (void)user;
    ups += ev->type == ISAKMP_EV_SA_UP;
    child_ups += ev->type == ISAKMP_EV_CHILD_UP;
    if (ev->type == ISAKMP_EV_REFUSED)
        refused = ev->why;
    if (ev->type == ISAKMP_EV_SA_DOWN)
        down = ev->why;
}

static const isakmp_host host = {
    .size = sizeof host,
    .send = on_send,
    .sa_install = on_install,
    .sa_remove = on_remove,
    .get_credentials = on_credentials,
    .encrypt = on_encrypt,
    .decrypt = on_decrypt,
    .get_spi = on_get_spi,
    .event = on_event,
};

/* ---- The stage -------------------------------------------------------------------------------- */

static const isakmp_policy suite = {
    .priority = 10,
    .cipher = ISAKMP_CIPHER_AES,
    .key_bits = 128,
    .hash = ISAKMP_HASH_SHA1,
    .auth = ISAKMP_AUTH_RSA_ENCR,
    .group = ISAKMP_GROUP_MODP_1536,
    .life_s = 28800,
};
static const isakmp_protect esp = {
    .proto = ISAKMP_PROTO_ESP,
    .transform = ISAKMP_ESP_AES_CBC,
    .key_bits = 128,
    .integ = ISAKMP_INTEG_HMAC_SHA1,
};
static const isakmp_child_policy net = {
    .size = sizeof net,
    .protect = &esp,
    .n_protect = 1,
    .mode = ISAKMP_MODE_TUNNEL,
    .local = {.family = 4, .lo = {10, 0, 1, 0}, .hi = {10, 0, 1, 255}},
    .remote = {.family = 4, .lo = {10, 0, 2, 0}, .hi = {10, 0, 2, 255}},
    .life_s = 3600,
};
static const isakmp_path path = {
    .local = {.family = 4, .ip = {10, 0, 3, 1}, .port = 500},
    .remote = {.family = 4, .ip = {10, 0, 3, 2}, .port = 500},
};
static isakmp_peer_policy policy;
static isakmp_ctx *x;
static void *arena;
static size_t arena_n;
static isakmp_sa_id sa;

static void make_context(void)
{
    isakmp_config c;
    isakmp_config_init(&c, sizeof c);
    c.limits.sas = c.limits.children = 2;
    c.limits.exchanges = 4;
    c.limits.max_dh = GROUP;
    c.crypto = &provider;
    c.host = &host;
    c.exchanges = isakmp_all_exchanges;
    arena_n = isakmp_ctx_size(&c);
    arena = malloc(arena_n);
    assert_non_null(arena);
    assert_int_equal(isakmp_ctx_init(&x, arena, arena_n, &c, 0), ISAKMP_OK);
}

static void read_keys(void)
{
    mbedtls_pk_init(&ours);
    mbedtls_pk_init(&cisco);
    assert_int_equal(ISAKMP__PARSE_KEY(&ours, rsa_key.p, rsa_key.n, NULL, 0, any_random), 0);
    assert_int_equal(mbedtls_pk_parse_public_key(&cisco, rsa_public.p, rsa_public.n), 0);
}

static void begin(uint16_t flags)
{
    isakmp_reason none = {0};
    sends = ups = child_ups = decrypts = encrypts = installs = 0;
    refused = down = none;
    given.n = 0;
    provider = *stock();
    provider.random = some_random;
    provider.dh_new = recorded_new;
    provider.dh_key = recorded_key;
    policy.size = sizeof policy;
    policy.policies = &suite;
    policy.n_policies = 1;
    policy.flags = flags;
    read_keys();
    make_context();
    given = cky_i;
    assert_int_equal(isakmp_connect(x, 0, &policy, &path, ISAKMP_EXCH_MAIN, &sa), ISAKMP_OK);
    assert_int_equal(sends, 1);
}

static void end(void)
{
    isakmp_ctx_wipe(x);
    assert_true(isakmp__all_zero((const uint8_t *)arena, arena_n));
    free(arena);
    mbedtls_pk_free(&ours);
    mbedtls_pk_free(&cisco);
}

/* The recorded datagram with a number, from 1, comes from the Cisco. */
static int arrives(unsigned number)
{
    uint8_t copy[1024];
    isakmp_path to_us = path;
    isakmp_span d = datagrams[number - 1];
    assert_true(d.n <= sizeof copy);
    memcpy(copy, d.p, d.n);
    return isakmp_input(x, 0, &to_us, copy, d.n);
}

static void assert_sent(unsigned number)
{
    assert_int_equal(sent_n, datagrams[number - 1].n);
    assert_memory_equal(sent, datagrams[number - 1].p, sent_n);
}

/* What we remember of a message of ours becomes what the recorded one had: it is not longer. */
static void exchange_for(isakmp_span *ours_was, isakmp_span recorded)
{
    assert_true(recorded.n <= ours_was->n);
    memcpy((uint8_t *)(uintptr_t)ours_was->p, recorded.p, recorded.n);
    ours_was->n = recorded.n;
}

static isakmp__exch *exchange_now(uint32_t msg_id)
{
    isakmp__exch *e = isakmp__exch_find(isakmp__sa_of(x, sa), msg_id);
    assert_non_null(e);
    return e;
}

/* ---- The handshake ---------------------------------------------------------------------------- */

/* Messages 1 to 4: ours have the recorded lengths, and what is not encrypted in the third is there. */
static void exchange_values(void)
{
    assert_int_equal(sent_n, datagrams[0].n);
    assert_memory_equal(sent, datagrams[0].p, ISAKMP_HEADER_SIZE);
    exchange_for(&exchange_now(0)->sai, sai);
    assert_int_equal(arrives(2), ISAKMP_OK);
    assert_int_equal(sends, 2);
    assert_int_equal(encrypts, 2);
    assert_int_equal(sent_n, datagrams[2].n);
    assert_memory_equal(sent, datagrams[2].p, ISAKMP_HEADER_SIZE);
    assert_memory_equal(sent + ISAKMP_HEADER_SIZE + 4, g_xi.p, GROUP);
    exchange_for(&exchange_now(0)->ni, ni);
    assert_int_equal(arrives(4), ISAKMP_OK);
    assert_int_equal(sends, 3);
    assert_int_equal(decrypts, 2);
}

static void come_up(void)
{
    isakmp_sa_info info;
    isakmp_id want;
    exchange_values();
    assert_sent(5);
    assert_int_equal(arrives(6), ISAKMP_OK);
    assert_int_equal(ups, 1);
    info.size = sizeof info;
    assert_int_equal(isakmp_sa_get(x, sa, &info), ISAKMP_OK);
    assert_int_equal(info.state, ISAKMP_SA_UP);
    assert_int_equal(isakmp_id_read(&want, id_peer), ISAKMP_OK);
    assert_int_equal(info.peer_id.type, want.type);
    assert_true(isakmp__span_equal(info.peer_id.data, want.data));
    assert_memory_equal(isakmp__sa_of(x, sa)->key, key.p, key.n);
}

static void the_cisco_is_believed(void **state)
{
    (void)state;
    begin(ISAKMP_PF_CISCO_SKEYID | ISAKMP_PF_NO_NATT);
    come_up();
    assert_int_equal(sends, 3);
    end();
}

/* Under it Quick Mode goes to its end.  The chain of IVs goes on from the recorded message, as the
 * Cisco has read that one. */
static void quick_mode_follows(void **state)
{
    uint32_t msg_id = isakmp__get32(datagrams[6].p + 20);
    isakmp_child_id child;
    isakmp__exch *e;
    (void)state;
    begin(ISAKMP_PF_CISCO_SKEYID | ISAKMP_PF_NO_NATT);
    come_up();
    given = isakmp__span(datagrams[6].p + 20, 4);
    assert_int_equal(isakmp_child_connect(x, 0, sa, &net, &child), ISAKMP_OK);
    assert_int_equal(sends, 4);
    e = exchange_now(msg_id);
    exchange_for(&e->ni, qm_ni);
    memcpy(e->iv, datagrams[6].p + datagrams[6].n - sizeof e->iv, sizeof e->iv);
    assert_int_equal(arrives(8), ISAKMP_OK);
    assert_sent(9);
    assert_int_equal(child_ups, 1);
    assert_int_equal(installs, 2);
    end();
}

/* With SKEYID as the RFC has it our proof is another one, and the Cisco's cannot be read. */
static void not_in_the_form_of_the_rfc(void **state)
{
    isakmp_time deadline;
    (void)state;
    begin(ISAKMP_PF_NO_NATT);
    exchange_values();
    assert_int_equal(sent_n, datagrams[4].n);
    assert_memory_equal(sent, datagrams[4].p, ISAKMP_HEADER_SIZE);
    assert_memory_not_equal(sent, datagrams[4].p, sent_n);
    assert_int_equal(arrives(6), ISAKMP_IGNORED);
    assert_int_equal(refused.detail, ISAKMP_D_KEY_SUSPECTED);
    assert_int_equal(refused.message, 6);
    while ((deadline = isakmp_deadline(x)) != ISAKMP_NEVER)
        assert_int_equal(isakmp_tick(x, deadline), ISAKMP_OK);
    assert_int_equal(down.detail, ISAKMP_D_KEY_SUSPECTED);
    assert_int_equal(ups, 0);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cisco_is_believed),
        cmocka_unit_test(quick_mode_follows),
        cmocka_unit_test(not_in_the_form_of_the_rfc),
    };
    return cmocka_run_group_tests_name("cisco_pke", tests, read_vectors, close_vectors);
}
