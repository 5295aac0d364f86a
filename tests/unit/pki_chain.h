/* tests/unit/pki_chain.h -- what the tests of the key chain share: RSA keys of peers and of ours, entries,
 * and whose key something was encrypted with. */
#ifndef TESTS_UNIT_PKI_CHAIN_H
#define TESTS_UNIT_PKI_CHAIN_H

#include "unit/pki_scene.h"

enum {
    ENCR = ISAKMP_AUTH_RSA_ENCR,
    REVISED = ISAKMP_AUTH_RSA_ENCR_REV,
    N_RSA = 4
};

/* Number 0 has 1024 bits and is alice's, as far as a test does not say otherwise. */
static mbedtls_pk_context rsa[N_RSA];
static made rsa_private[N_RSA], rsa_public[N_RSA];
static const isakmp_id bob = {ISAKMP_ID_FQDN, 0, 0, {(const uint8_t *)"bob.example", 11}};

static inline int chain_keys(void **state)
{
    keys(state);
    made_der_key(&rsa[0], rsa_1024, sizeof rsa_1024);
    made_der_key(&rsa[1], rsa_a, sizeof rsa_a);
    made_der_key(&rsa[2], rsa_b, sizeof rsa_b);
    mbedtls_pk_init(&rsa[3]);
    assert_int_equal(mbedtls_pk_setup(&rsa[3], mbedtls_pk_info_from_type(MBEDTLS_PK_RSA)), 0);
    assert_int_equal(mbedtls_rsa_gen_key(mbedtls_pk_rsa(rsa[3]), made_random, NULL, 1024, 65537),
                     0);
    for (size_t i = 0; i < N_RSA; i++) {
        made_key(&rsa_private[i], &rsa[i], 0);
        made_key(&rsa_public[i], &rsa[i], 1);
    }
    return 0;
}

static inline int free_chain_keys(void **state)
{
    for (size_t i = 0; i < N_RSA; i++)
        mbedtls_pk_free(&rsa[i]);
    return free_keys(state);
}

/* A scene in which short keys will do. */
static inline int chain_scene(void **state)
{
    scene(state);
    isakmp_pki_set_flags(ring.pki, ISAKMP_PKI_LEGACY);
    return 0;
}

static inline isakmp_span none(void)
{
    return isakmp__span(NULL, 0);
}

static inline void own_key(unsigned use, const made *cert, size_t i)
{
    assert_int_equal(isakmp_pki_add_own(ring.pki, use, cert ? made_span(cert) : none(),
                                        made_span(&rsa_private[i]), none(), NULL, 0),
                     ISAKMP_OK);
}

static inline void peer_key(unsigned use, const isakmp_id *id, const isakmp_selector *addr,
                            size_t i)
{
    assert_int_equal(
        isakmp_pki_add_peer_key(ring.pki, use, id, addr, made_span(&rsa_public[i]), NULL, 0),
        ISAKMP_OK);
}

/* 10.0.0.lo to 10.0.0.hi; the peer is at 10.0.0.50. */
static inline isakmp_selector range(uint8_t lo, uint8_t hi)
{
    const isakmp_selector s = {4, 0, 0, {10, 0, 0, lo}, {10, 0, 0, hi}};
    return s;
}

static inline size_t count_entries(void)
{
    size_t n = 0;
    while (isakmp_pki_peer_key(ring.pki, n, NULL, ISAKMP_KEY_DER, NULL, 0, NULL) == ISAKMP_OK)
        n++;
    return n;
}

/* The number of the key that entry i has; N_RSA: of none. */
static inline size_t key_of_entry(size_t i, isakmp_peer_key *info)
{
    uint8_t der[2048];
    size_t n = 0, k = 0;
    assert_int_equal(isakmp_pki_peer_key(ring.pki, i, info, ISAKMP_KEY_DER, der, sizeof der, &n),
                     ISAKMP_OK);
    while (k < N_RSA && !isakmp__span_equal(isakmp__span(der, n), made_span(&rsa_public[k])))
        k++;
    return k;
}

/* What the keyring makes of 20 octets: the result, and with whose key; N_RSA: nothing was encrypted. */
static inline int encrypted_for(const isakmp_plain *p, size_t *who)
{
    uint8_t out[ISAKMP_MAX_SIGNATURE], block[ISAKMP_MAX_SIGNATURE];
    size_t n = 77, got;
    int rc = isakmp_keyring_encrypt(&ring, &query, p, out, sizeof out, &n);
    assert_true(rc == ISAKMP_OK || rc == ISAKMP_NONE);
    assert_true(rc != ISAKMP_OK || n != 0);
    *who = N_RSA;
    for (size_t i = 0; i < N_RSA && n != 0; i++)
        if (isakmp__rsa_decrypt(&rsa[i], isakmp__span(out, n), block, sizeof block, &got) ==
                ISAKMP_OK &&
            block[0] == 0 && block[1] == 2 && block[got - 21] == 0 &&
            memcmp(block + got - 20, p->data.p, 20) == 0)
            *who = i;
    assert_true(n == 0 || *who < N_RSA);
    return rc;
}

static inline isakmp_plain plain(uint16_t auth)
{
    const isakmp_plain p = {auth, {hash, 20}, NULL, 0};
    return p;
}

/* Whose key is found; N_RSA: nobody's. */
static inline size_t found_key(void)
{
    const isakmp_plain p = plain(ENCR);
    size_t who;
    return encrypted_for(&p, &who) == ISAKMP_OK ? who : N_RSA;
}

static inline isakmp_credentials credentials(uint16_t auth)
{
    isakmp_credentials c;
    int rc;
    memset(&c, 0, sizeof c);
    rc = isakmp_keyring_credentials(&ring, &query, auth, &c);
    if (auth != ENCR) /* which is also asked for while the peer's key is not known */
        assert_int_equal(rc, c.methods && (auth == 0 || c.methods >> auth & 1) ? ISAKMP_OK
                                                                               : ISAKMP_NONE);
    return c;
}

#endif
