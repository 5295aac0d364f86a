/* bench/operations.c -- how many public-key operations a phase 1 exchange costs each side, by method, and
 * what they take: counted where the library asks its host, with RSA keys of 2048 bits in the stock
 * keyring.  Everything else is done by a toy, so that nothing but RSA is measured.
 *
 * The router handbook says: two operations with signatures, four with encrypted nonces. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "support/pair.h"
#include <isakmp/isakmp.h>
#include <isakmp/keyring.h>

#define BITS  2048
#define TIMES 20

static pair pr;
static isakmp_keyring rings[2];

/* Of one side, in one negotiation. */
static struct count {
    unsigned with_private, with_public;
    clock_t spent;
} counts[2];

static void must(int condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "operations: %s\n", what);
    exit(1);
}

/* ---- The host: the keyring, counted ----------------------------------------------------------- */

static const isakmp_keyring *ring_of(void *user)
{
    return &rings[((peer *)user)->index];
}

static int done(void *user, clock_t since, int with_private, int rc)
{
    struct count *c = &counts[((peer *)user)->index];
    c->spent += clock() - since;
    c->with_private += with_private ? 1 : 0;
    c->with_public += with_private ? 0 : 1;
    return rc;
}

static int on_credentials(void *user, isakmp_ticket t, const isakmp_query *q, uint16_t auth,
                          isakmp_credentials *out)
{
    (void)t;
    return isakmp_keyring_credentials(ring_of(user), q, auth, out);
}

static int on_sign(void *user, isakmp_ticket t, const isakmp_query *q, uint16_t auth,
                   isakmp_span hash, uint8_t *sig, size_t cap, size_t *n)
{
    clock_t since = clock();
    (void)t;
    return done(user, since, 1, isakmp_keyring_sign(ring_of(user), q, auth, hash, sig, cap, n));
}

static int on_verify(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_proof *p,
                     uint16_t *why)
{
    clock_t since = clock();
    (void)t;
    return done(user, since, 0, isakmp_keyring_verify(ring_of(user), q, p, why));
}

static int on_encrypt(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_plain *p,
                      uint8_t *out, size_t cap, size_t *n)
{
    clock_t since = clock();
    (void)t;
    return done(user, since, 0, isakmp_keyring_encrypt(ring_of(user), q, p, out, cap, n));
}

static int on_decrypt(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_sealed *s,
                      uint8_t *block, size_t cap, size_t *n)
{
    clock_t since = clock();
    (void)t;
    return done(user, since, 1, isakmp_keyring_decrypt(ring_of(user), q, s, block, cap, n));
}

/* ---- Keys ------------------------------------------------------------------------------------- */

/* Usage keys for both, and each has the other's by hand. */
static void make_keys(void)
{
    static const unsigned uses[] = {ISAKMP_USE_SIGNATURE, ISAKMP_USE_ENCRYPTION};
    static const isakmp_id anybody = {ISAKMP_ID_NONE, 0, 0, {NULL, 0}};
    static const isakmp_selector anywhere = {0, 0, 0, {0}, {0}};
    static uint8_t der[1024];
    for (int i = 0; i < 2; i++) {
        rings[i].size = sizeof rings[i];
        rings[i].pki = isakmp_pki_new();
        must(rings[i].pki != NULL, "this mbedTLS has no public keys");
    }
    for (int i = 0; i < 2; i++)
        for (size_t k = 0; k < 2; k++) {
            isakmp_span key = {der, 0};
            must(isakmp_pki_generate(rings[i].pki, uses[k], BITS, NULL, 0) == ISAKMP_OK &&
                     isakmp_pki_own_public(rings[i].pki, k, ISAKMP_KEY_DER, der, sizeof der, &key.n,
                                           NULL) == ISAKMP_OK &&
                     isakmp_pki_add_peer_key(rings[1 - i].pki, uses[k], &anybody, &anywhere, key,
                                             NULL, 0) == ISAKMP_OK,
                 "a key cannot be made");
        }
}

/* ---- The table -------------------------------------------------------------------------------- */

static void negotiate(uint16_t auth, uint8_t exchange, uint64_t seed)
{
    pair_init(&pr, seed);
    for (int i = 0; i < 2; i++) {
        peer *p = &pr.p[i];
        p->policies[0].auth = auth;
        p->host.get_credentials = on_credentials;
        p->host.sign = on_sign;
        p->host.verify = on_verify;
        p->host.encrypt = on_encrypt;
        p->host.decrypt = on_decrypt;
    }
    pair_start(&pr);
    pair_connect(&pr, exchange, 0);
    pair_run(&pr, 1000);
    must(heard(&pr.p[0], ISAKMP_EV_SA_UP) == 1 && heard(&pr.p[1], ISAKMP_EV_SA_UP) == 1,
         "the negotiation failed");
    pair_end(&pr);
}

static void row(const char *name, uint16_t auth, uint8_t exchange, const char *handbook)
{
    static const char *const sides[] = {"initiator", "responder"};
    memset(counts, 0, sizeof counts);
    for (unsigned i = 0; i < TIMES; i++)
        negotiate(auth, exchange, 1 + i);
    for (int i = 0; i < 2; i++) {
        const struct count *c = &counts[i];
        must(c->with_private % TIMES == 0 && c->with_public % TIMES == 0, "the counts differ");
        printf("| %s, %s | %s | %u | %u | %u | %s | %.2f |\n", name,
               exchange == ISAKMP_EXCH_MAIN ? "Main Mode" : "Aggressive Mode", sides[i],
               c->with_private / TIMES, c->with_public / TIMES,
               (c->with_private + c->with_public) / TIMES, handbook,
               1000.0 * (double)c->spent / CLOCKS_PER_SEC / TIMES);
    }
}

int main(void)
{
    static const uint8_t modes[] = {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_AGGRESSIVE};
    make_keys();
    for (size_t i = 0; i < 2; i++) {
        row("rsa-sig", ISAKMP_AUTH_RSA_SIG, modes[i], "2");
        row("rsa-encr", ISAKMP_AUTH_RSA_ENCR, modes[i], "4");
        row("rsa-encr-rev", ISAKMP_AUTH_RSA_ENCR_REV, modes[i], "not named");
    }
    for (int i = 0; i < 2; i++)
        isakmp_pki_free(rings[i].pki);
    return 0;
}
