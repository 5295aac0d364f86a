/* test_pki_memory.c -- every allocation that the keyring and mbedTLS make fails once: nothing half-done stays,
 * and no wrong answer is given.
 *
 * calloc() is replaced, in a way that gives way where something else defines it (a static library, a
 * sanitizer): then none fails, and the tests only see that all goes well. */
#include "unit/pki_chain.h"

static size_t left = SIZE_MAX; /* allocations until one fails */
static int failed;

static void *(*volatile take)(size_t n) = malloc; /* not to be taken for calloc() itself */

void *calloc(size_t n, size_t size) __attribute__((weak));
void *calloc(size_t n, size_t size)
{
    void *p;
    if (left-- == 0) {
        failed = 1;
        return NULL;
    }
    if (size && n > SIZE_MAX / size)
        return NULL;
    p = take(n * size + 1);
    if (p != NULL)
        memset(p, 0, n * size);
    return p;
}

/* An operation, and what must be true after it. */
typedef int operation(void);
typedef void check(int rc);

/* Each allocation in turn, or some of them if there are many, until one run has seen none fail. */
static void sweep(operation *f, check *after, size_t step)
{
    for (size_t at = 0;; at += 1 + at / step) {
        int rc;
        failed = 0;
        left = at;
        rc = f();
        left = SIZE_MAX;
        after(rc);
        if (!failed) {
            assert_int_equal(rc, ISAKMP_OK);
            return;
        }
    }
}

/* ---- Adding -------------------------------------------------------------------------------- */

static made cert;
static size_t was;

static size_t count_own(void)
{
    uint8_t out[4096];
    size_t i = 0, n;
    while (isakmp_pki_own_private(ring.pki, i, ISAKMP_KEY_DER, out, sizeof out, &n, NULL) !=
           ISAKMP_NONE)
        i++;
    return i;
}

static int add_own(void)
{
    char why[80];
    was = count_own();
    return isakmp_pki_add_own(ring.pki, ISAKMP_USE_ENCRYPTION, made_span(&cert),
                              made_span(&rsa_private[3]), none(), why, sizeof why);
}

static int generate(void)
{
    was = count_own();
    return isakmp_pki_generate(ring.pki, ISAKMP_USE_ENCRYPTION, 1024, NULL, 0);
}

static void one_more_own(int rc)
{
    assert_int_equal(count_own(), was + (rc == ISAKMP_OK));
}

static int add_peer_key(void)
{
    char why[80];
    was = count_entries();
    return isakmp_pki_add_peer_key(ring.pki, ISAKMP_USE_ENCRYPTION, &alice, &anywhere,
                                   made_span(&cert), why, sizeof why);
}

static int add_key_string(void)
{
    char text[1024];
    was = count_entries();
    sodium_bin2hex(text, sizeof text, rsa_public[3].p, rsa_public[3].n);
    return isakmp_pki_add_peer_key(ring.pki, ISAKMP_USE_ENCRYPTION, &alice, &anywhere,
                                   bytes_text(text), NULL, 0);
}

/* It takes the place of the one before, which else stays. */
static void one_entry(int rc)
{
    assert_int_equal(count_entries(), was ? 1 : rc == ISAKMP_OK);
    if (count_entries())
        assert_int_equal(key_of_entry(0, NULL), 3);
}

static int learn(void)
{
    was = count_entries();
    isakmp_keyring_learn(&ring, &query, proof.certs, proof.n_certs);
    return count_entries() ? ISAKMP_OK : ISAKMP_E_SPACE;
}

static void adding(void **state)
{
    cert_spec s = leaf_spec();
    (void)state;
    s.key = &rsa[3];
    made_cert(&cert, &s);
    sweep(add_own, one_more_own, 200);
    sweep(add_peer_key, one_entry, 200);
    isakmp_pki_remove_peer_key(ring.pki, &alice, &anywhere);
    sweep(add_key_string, one_entry, 200);
    isakmp_pki_remove_peer_key(ring.pki, &alice, &anywhere);
    remake(&s);
    sweep(learn, one_entry, 20);
    assert_int_equal(count_entries(), 1);
}

static void generating(void **state)
{
    (void)state;
    sweep(generate, one_more_own, 2);
}

/* ---- Answers ------------------------------------------------------------------------------- */

static uint8_t sealed[128], out[ISAKMP_MAX_SIGNATURE], right[128];
static size_t out_n;

static int decrypt(void)
{
    const isakmp_sealed s = {ENCR, ISAKMP_HASH_SHA1, {NULL, 0}, {sealed, 128}};
    memset(out, 0x55, sizeof out);
    return isakmp_keyring_decrypt(&ring, &query, &s, out, sizeof out, &out_n);
}

/* Either what is right, or nothing. */
static void opened(int rc)
{
    assert_true(rc == ISAKMP_OK || rc == ISAKMP_E_CRYPTO);
    if (rc == ISAKMP_OK)
        assert_memory_equal(out, right, 128);
    else
        assert_true(out[0] == 0x55 || isakmp__all_zero(out, 128));
}

static int sign(void)
{
    return isakmp_keyring_sign(&ring, &query, RSA, isakmp__span(hash, 20), out, sizeof out, &out_n);
}

/* Without memory it cannot be seen that a key fits. */
static void signed_well(int rc)
{
    assert_true(rc == ISAKMP_OK || rc == ISAKMP_NONE || rc == ISAKMP_E_CRYPTO);
    if (rc == ISAKMP_OK)
        assert_int_equal(
            isakmp__key_verify(&rsa[0], RSA, isakmp__span(hash, 20), isakmp__span(out, out_n)),
            ISAKMP_OK);
}

static int encrypt(void)
{
    isakmp_plain p = plain(REVISED);
    p.certs = sent;
    p.n_certs = 1;
    memset(out, 0, sizeof out);
    return isakmp_keyring_encrypt(&ring, &query, &p, out, sizeof out, &out_n);
}

/* For alice, or for nobody with another key, or nothing; never as it is. */
static void closed(int rc)
{
    assert_true(rc == ISAKMP_OK || rc == ISAKMP_NONE || rc == ISAKMP_E_CRYPTO);
    for (size_t i = 0; i + 20 <= sizeof out; i++)
        assert_memory_not_equal(out + i, hash, 20);
    if (rc == ISAKMP_OK) {
        size_t n = 0;
        uint8_t block[ISAKMP_MAX_SIGNATURE];
        assert_int_equal(
            isakmp__rsa_decrypt(&rsa[0], isakmp__span(out, out_n), block, sizeof block, &n),
            ISAKMP_OK);
        assert_memory_equal(block + n - 20, hash, 20);
    }
}

static int write_key(void)
{
    memset(out, 0x55, sizeof out);
    return isakmp_pki_own_private(ring.pki, 0, ISAKMP_KEY_PEM, out, sizeof out, &out_n, NULL);
}

static void written(int rc)
{
    assert_true(rc == ISAKMP_OK || out[0] == 0x55);
}

static void answers(void **state)
{
    cert_spec s = leaf_spec();
    size_t n;
    (void)state;
    own_key(ISAKMP_USE_ENCRYPTION, NULL, 3);
    assert_int_equal(
        isakmp__rsa_encrypt(&rsa[3], isakmp__span(hash, 20), sealed, sizeof sealed, &n), ISAKMP_OK);
    assert_int_equal(
        isakmp__rsa_decrypt(&rsa[3], isakmp__span(sealed, 128), right, sizeof right, &n),
        ISAKMP_OK);
    sweep(decrypt, opened, 200);
    sweep(write_key, written, 200);
    own_key(ISAKMP_USE_SIGNATURE, NULL, 0);
    sweep(sign, signed_well, 200);
    s.key = &rsa[0];
    remake(&s);
    sweep(encrypt, closed, 12);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, chain_scene, made_ring_free)
    const struct CMUnitTest tests[] = {TEST(adding), TEST(generating), TEST(answers)};
    return cmocka_run_group_tests_name("pki_memory", tests, chain_keys, free_chain_keys);
}
