/* test_keychain.c -- the key chain: what is in it, whose key is found by what is known of a peer, and what
 * is encrypted if there is none. */
#include "unit/pki_chain.h"

#define BOTH (1u << ENCR | 1u << REVISED)

/* ---- Entries ------------------------------------------------------------------------------- */

static void entries(void **state)
{
    const isakmp_selector here = range(50, 50);
    isakmp_peer_key info;
    (void)state;
    assert_int_equal(count_entries(), 0);
    peer_key(ISAKMP_USE_ENCRYPTION, &alice, &anywhere, 0);
    peer_key(ISAKMP_USE_SIGNATURE, &alice, &anywhere, 1);
    peer_key(ISAKMP_USE_GENERAL, &alice, &anywhere, 2); /* of peers, general keys need no flag */
    peer_key(ISAKMP_USE_ENCRYPTION, &alice, &here, 0);
    peer_key(ISAKMP_USE_ENCRYPTION, &bob, &anywhere, 0);
    peer_key(ISAKMP_USE_ENCRYPTION, &anybody, &here, 0);
    assert_int_equal(count_entries(), 6);
    peer_key(ISAKMP_USE_SIGNATURE, &alice, &anywhere, 3); /* in the place of the one before */
    assert_int_equal(count_entries(), 6);
    assert_int_equal(key_of_entry(1, &info), 3);
    assert_span_equal(info.id.data, alice.data);
    assert_int_equal(info.addr.family, 0);
    assert_int_equal(info.use, ISAKMP_USE_SIGNATURE);
    assert_int_equal(info.learnt, 0);
    assert_int_equal(key_of_entry(3, &info), 0);
    assert_int_equal(info.addr.lo[3], 50);
    assert_int_equal(key_of_entry(5, &info), 0);
    assert_int_equal(info.id.type, ISAKMP_ID_NONE);
    assert_int_equal(isakmp_pki_peer_key(ring.pki, 6, &info, ISAKMP_KEY_DER, NULL, 0, NULL),
                     ISAKMP_NONE);
}

/* By an identity that is borrowed from what goes, and in whatever case it is written. */
static void removal(void **state)
{
    const isakmp_selector here = range(50, 50), there = range(50, 51);
    const isakmp_id shout = {ISAKMP_ID_FQDN, 0, 0, bytes_text("ALICE.example")};
    isakmp_peer_key info;
    (void)state;
    peer_key(ISAKMP_USE_ENCRYPTION, &alice, &here, 0);
    peer_key(ISAKMP_USE_ENCRYPTION, &bob, &here, 1);
    peer_key(ISAKMP_USE_SIGNATURE, &alice, &here, 2);
    peer_key(ISAKMP_USE_ENCRYPTION, &alice, &anywhere, 3);
    assert_int_equal(isakmp_pki_remove_peer_key(ring.pki, &alice, &there), ISAKMP_NONE);
    assert_int_equal(isakmp_pki_remove_peer_key(ring.pki, &anybody, &here), ISAKMP_NONE);
    key_of_entry(0, &info);
    assert_int_equal(isakmp_pki_remove_peer_key(ring.pki, &info.id, &info.addr), ISAKMP_OK);
    assert_int_equal(count_entries(), 2);
    assert_int_equal(key_of_entry(0, NULL), 1);
    assert_int_equal(key_of_entry(1, NULL), 3);
    assert_int_equal(isakmp_pki_remove_peer_key(ring.pki, &shout, &anywhere), ISAKMP_OK);
    assert_int_equal(isakmp_pki_remove_peer_key(ring.pki, &shout, &anywhere), ISAKMP_NONE);
    assert_int_equal(count_entries(), 1);
}

static int add_rc(unsigned use, const isakmp_id *id, const made *key)
{
    char why[120] = "";
    int rc = isakmp_pki_add_peer_key(ring.pki, use, id, &anywhere, made_span(key), why, sizeof why);
    assert_true(rc == ISAKMP_OK || strlen(why) > 10);
    return rc;
}

static void what_is_no_entry(void **state)
{
    const isakmp_id no_dn = {ISAKMP_ID_DER_ASN1_DN, 0, 0, bytes_text("x")};
    const isakmp_id no_address = {ISAKMP_ID_IPV4_ADDR, 0, 0, bytes_text("12345")};
    const isakmp_id no_type = {77, 0, 0, bytes_text("x")};
    made ec;
    (void)state;
    made_key(&ec, &leaf_key, 1);
    assert_int_equal(add_rc(0, &alice, &rsa_public[0]), ISAKMP_E_ARG);
    assert_int_equal(add_rc(4, &alice, &rsa_public[0]), ISAKMP_E_ARG);
    assert_int_equal(add_rc(ISAKMP_USE_ENCRYPTION, &alice, &ec), ISAKMP_E_ARG);
    assert_int_equal(add_rc(ISAKMP_USE_GENERAL, &alice, &ec), ISAKMP_E_ARG);
    assert_int_equal(add_rc(ISAKMP_USE_ENCRYPTION, &no_dn, &rsa_public[0]), ISAKMP_E_ARG);
    assert_int_equal(add_rc(ISAKMP_USE_ENCRYPTION, &no_address, &rsa_public[0]), ISAKMP_E_ARG);
    assert_int_equal(add_rc(ISAKMP_USE_ENCRYPTION, &no_type, &rsa_public[0]), ISAKMP_E_ARG);
    isakmp_pki_set_flags(ring.pki, 0);
    assert_int_equal(add_rc(ISAKMP_USE_ENCRYPTION, &alice, &rsa_public[0]), ISAKMP_E_ARG);
    assert_int_equal(count_entries(), 0);
    assert_int_equal(add_rc(ISAKMP_USE_SIGNATURE, &alice, &ec), ISAKMP_OK);
}

/* A signature is believed by keys for signatures alone. */
static void uses_are_kept_apart(void **state)
{
    (void)state;
    proof.n_certs = 0;
    sign_by(RSA, &rsa_private[1]);
    own_key(ISAKMP_USE_ENCRYPTION, NULL, 2);
    peer_key(ISAKMP_USE_ENCRYPTION, &alice, &anywhere, 1);
    assert_int_equal(made_verdict(&proof), ISAKMP_D_NO_CERT);
    assert_int_equal(found_key(), 1);
    peer_key(ISAKMP_USE_SIGNATURE, &alice, &anywhere, 1);
    assert_int_equal(made_verdict(&proof), ISAKMP_D_NONE);
    isakmp_pki_remove_peer_key(ring.pki, &alice, &anywhere);
    peer_key(ISAKMP_USE_SIGNATURE, &alice, &anywhere, 1);
    assert_int_equal(found_key(), N_RSA);
    isakmp_pki_remove_peer_key(ring.pki, &alice, &anywhere);
    peer_key(ISAKMP_USE_GENERAL, &alice, &anywhere, 1);
    assert_int_equal(found_key(), 1);
    assert_int_equal(made_verdict(&proof), ISAKMP_D_NONE);
}

/* ---- Whose key is found -------------------------------------------------------------------- */

static void by_identity(void **state)
{
    const isakmp_selector here = range(50, 50), near = range(40, 60), there = range(51, 60);
    (void)state;
    for (uint8_t initiator = 0; initiator < 2; initiator++) {
        query.initiator = initiator;
        peer_key(ISAKMP_USE_ENCRYPTION, &bob, &here, 3);
        assert_int_equal(found_key(), N_RSA);
        peer_key(ISAKMP_USE_ENCRYPTION, &alice, &there, 3); /* its name, but not its address */
        assert_int_equal(found_key(), N_RSA);
        peer_key(ISAKMP_USE_ENCRYPTION, &anybody, &anywhere, 2);
        assert_int_equal(found_key(), 2);
        peer_key(ISAKMP_USE_ENCRYPTION, &anybody, &near, 1);
        assert_int_equal(found_key(), 1);
        peer_key(ISAKMP_USE_ENCRYPTION, &alice, &anywhere, 0); /* named before addressed */
        assert_int_equal(found_key(), 0);
        peer_key(ISAKMP_USE_ENCRYPTION, &alice, &here, 3); /* for fewer addresses */
        assert_int_equal(found_key(), 3);
        made_ring_free(NULL);
        chain_scene(NULL);
    }
}

static int dns(void *user, isakmp_span name, const isakmp_addr *addr)
{
    (*(unsigned *)user)++;
    return addr->family == 4 && addr->ip[3] == 50 &&
           isakmp__same_name(name, bytes_text("alice.example"));
}

/* As initiator, before the identity is known. */
static void by_address(void **state)
{
    const isakmp_selector here = range(50, 50), near = range(40, 60), there = range(51, 60);
    const isakmp_id its_address = {ISAKMP_ID_IPV4_ADDR, 0, 0, bytes_text("\x0a\x01\x01\x32")};
    unsigned asked = 0;
    (void)state;
    query.initiator = 1;
    query.peer_id = anybody;
    peer_key(ISAKMP_USE_ENCRYPTION, &alice, &there, 3);
    peer_key(ISAKMP_USE_ENCRYPTION, &anybody, &there, 3);
    peer_key(ISAKMP_USE_ENCRYPTION, &alice, &anywhere, 3); /* nothing says that it is here */
    assert_int_equal(found_key(), N_RSA);
    peer_key(ISAKMP_USE_ENCRYPTION, &anybody, &near, 2);
    assert_int_equal(found_key(), 2);
    ring.is_host_at = dns;
    ring.user = &asked;
    assert_int_equal(found_key(), 3);
    assert_true(asked != 0);
    path.remote.ip[3] = 45;
    assert_int_equal(found_key(), 2);
    path.remote.ip[3] = 50;
    peer_key(ISAKMP_USE_ENCRYPTION, &bob, &here, 1);
    assert_int_equal(found_key(), 1);
    path.remote.ip[1] = path.remote.ip[2] = 1;
    ring.is_host_at = NULL;
    assert_int_equal(found_key(), N_RSA);
    peer_key(ISAKMP_USE_ENCRYPTION, &its_address, &anywhere, 0);
    assert_int_equal(found_key(), 0);
    path.remote.family = 6;
    assert_int_equal(found_key(), N_RSA);
}

/* What a policy expects may be a pattern.  What a peer says is taken by its letters, or bob could be
 * everybody. */
static void patterns(void **state)
{
    const isakmp_selector here = range(50, 50);
    const isakmp_id ids[] = {
        {ISAKMP_ID_FQDN, 0, 0, bytes_text("*.example")},
        {ISAKMP_ID_USER_FQDN, 0, 0, bytes_text("*@example")},
        {ISAKMP_ID_IPV4_SUBNET, 0, 0, isakmp__span("\x0a\0\0\0\xff\0\0\0", 8)},
        {ISAKMP_ID_IPV4_RANGE, 0, 0, isakmp__span("\x0a\0\0\0\x0a\0\0\xff", 8)},
    };
    (void)state;
    peer_key(ISAKMP_USE_ENCRYPTION, &bob, &here, 1);
    for (size_t i = 0; i < 4; i++) {
        query.peer_id = ids[i];
        query.initiator = 0;
        assert_int_equal(found_key(), N_RSA);
        query.initiator = 1;
        assert_int_equal(found_key(), 1);
    }
    query.initiator = 0;
    query.peer_id = anybody; /* a responder knows who it is by now, or never will */
    assert_int_equal(found_key(), N_RSA);
}

/* A peer that says that it is its address may have the key of the host that is there; one that says
 * that it is somebody else, or another address, has not. */
static void hosts_by_their_address(void **state)
{
    unsigned asked = 0;
    (void)state;
    ring.is_host_at = dns;
    ring.user = &asked;
    peer_key(ISAKMP_USE_ENCRYPTION, &alice, &anywhere, 0);
    query.peer_id.type = ISAKMP_ID_IPV4_ADDR;
    query.peer_id.data = isakmp__span("\x0a\0\0\x32", 4);
    assert_int_equal(found_key(), 0);
    query.peer_id.data = isakmp__span("\x0a\0\0\x33", 4);
    assert_int_equal(found_key(), N_RSA);
    path.remote.ip[3] = 51;
    assert_int_equal(found_key(), N_RSA);
    path.remote.ip[3] = 50;
    query.peer_id = bob;
    assert_int_equal(found_key(), N_RSA);
}

/* ---- Credentials --------------------------------------------------------------------------- */

static void methods_of_initiators(void **state)
{
    const isakmp_selector here = range(50, 50);
    isakmp_credentials c;
    (void)state;
    query.initiator = 1;
    peer_key(ISAKMP_USE_ENCRYPTION, &alice, &here, 0);
    assert_int_equal(credentials(0).methods, 0); /* no key of ours */
    own_key(ISAKMP_USE_SIGNATURE, NULL, 1);
    assert_int_equal(credentials(0).methods, 1u << RSA);
    own_key(ISAKMP_USE_ENCRYPTION, NULL, 2);
    c = credentials(ENCR);
    assert_int_equal(c.methods, 1u << RSA | BOTH);
    assert_span_equal(c.peer_id.data, alice.data);
    assert_int_equal(c.peer_cert.n, 0);
    query.peer_id = bob; /* though CAs are trusted: its key must be there before */
    assert_int_equal(credentials(0).methods, 1u << RSA);
    assert_int_equal(credentials(REVISED).n_certs, 0);
    query.peer_id = anybody;
    c = credentials(REVISED);
    assert_int_equal(c.methods, 1u << RSA | BOTH);
    assert_span_equal(c.peer_id.data, alice.data); /* it is expected to be alice */
    isakmp_pki_remove_peer_key(ring.pki, &alice, &here);
    peer_key(ISAKMP_USE_ENCRYPTION, &anybody, &here, 0);
    query.peer_id = alice;
    c = credentials(REVISED);
    assert_int_equal(c.methods, 1u << RSA | BOTH);
    assert_int_equal(c.peer_id.type, ISAKMP_ID_NONE);
}

/* A name that an address has led to is looked for as a name from then on: the key must be the same. */
static void named_by_address(void **state)
{
    const isakmp_selector here = range(50, 50), near = range(40, 60);
    unsigned asked = 0;
    isakmp_credentials c;
    (void)state;
    query.initiator = 1;
    query.peer_id = anybody;
    own_key(ISAKMP_USE_ENCRYPTION, NULL, 3);
    peer_key(ISAKMP_USE_ENCRYPTION, &alice, &near, 0);
    peer_key(ISAKMP_USE_ENCRYPTION, &alice, &here, 1);
    peer_key(ISAKMP_USE_ENCRYPTION, &alice, &anywhere, 2);
    ring.is_host_at = dns;
    ring.user = &asked;
    c = credentials(ENCR);
    assert_int_equal(found_key(), 1);
    query.peer_id = c.peer_id;
    assert_int_equal(found_key(), 1);
    ring.is_host_at = NULL;
    assert_int_equal(found_key(), 1);
}

static void methods_of_responders(void **state)
{
    static const isakmp_credentials no_credentials;
    const isakmp_selector here = range(50, 50), there = range(51, 51);
    isakmp_credentials c;
    made cert;
    cert_spec s = leaf_spec();
    (void)state;
    s.key = &rsa[2];
    made_cert(&cert, &s);
    query.peer_id = anybody;
    c = no_credentials;
    assert_int_equal(isakmp_keyring_credentials(&ring, &query, RSA, &c), ISAKMP_OK);
    assert_int_equal(c.methods + c.n_certs, 0);
    assert_int_equal(c.n_cas, 1); /* a client of hybrid authentication asks for the gateway's */
    own_key(ISAKMP_USE_ENCRYPTION, &cert, 2);
    c = credentials(REVISED); /* its key may come with a certificate */
    assert_int_equal(c.methods, 1u << REVISED);
    assert_int_equal(c.n_certs, 1);
    assert_span_equal(c.certs[0], made_span(&cert));
    assert_int_equal(c.n_cas, 1);
    assert_int_equal(c.peer_id.type, ISAKMP_ID_NONE);
    assert_int_equal(credentials(ENCR).n_certs, 1); /* for a peer that learns it */
    peer_key(ISAKMP_USE_ENCRYPTION, &bob, &there, 0);
    peer_key(ISAKMP_USE_SIGNATURE, &bob, &anywhere, 0);
    assert_int_equal(credentials(0).methods, 1u << REVISED);
    peer_key(ISAKMP_USE_ENCRYPTION, &bob, &here, 0);
    c = credentials(ENCR);
    assert_int_equal(c.methods, BOTH);
    assert_span_equal(c.certs[0], made_span(&cert));
    assert_int_equal(c.n_cas, 0); /* no certificate can come */
    assert_int_equal(c.peer_id.type, ISAKMP_ID_NONE);
    isakmp_pki_remove_peer_key(ring.pki, &bob, &here);
    assert_int_equal(credentials(0).methods, 1u << REVISED);
    peer_key(ISAKMP_USE_ENCRYPTION, &alice, &anywhere, 0); /* from wherever it calls */
    assert_int_equal(credentials(0).methods, BOTH);
}

/* ---- Decoys -------------------------------------------------------------------------------- */

/* Somebody whom nobody knows gets a block, too: of the key that the address alone leads to, of any, of ours. */
static void decoys(void **state)
{
    const isakmp_selector here = range(50, 50), there = range(51, 51);
    const isakmp_plain p = plain(REVISED);
    size_t who;
    (void)state;
    assert_int_equal(encrypted_for(&p, &who), ISAKMP_NONE);
    assert_int_equal(who, N_RSA); /* there is no key at all */
    own_key(ISAKMP_USE_SIGNATURE, NULL, 1);
    assert_int_equal(encrypted_for(&p, &who), ISAKMP_NONE);
    assert_int_equal(who, N_RSA);
    own_key(ISAKMP_USE_ENCRYPTION, NULL, 2);
    assert_int_equal(encrypted_for(&p, &who), ISAKMP_NONE);
    assert_int_equal(who, 2);
    peer_key(ISAKMP_USE_SIGNATURE, &bob, &here, 1);
    peer_key(ISAKMP_USE_ENCRYPTION, &bob, &there, 3);
    assert_int_equal(encrypted_for(&p, &who), ISAKMP_NONE);
    assert_int_equal(who, 3);
    peer_key(ISAKMP_USE_ENCRYPTION, &bob, &here, 0);
    assert_int_equal(encrypted_for(&p, &who), ISAKMP_NONE);
    assert_int_equal(who, 0);
    query.initiator = 1; /* nobody is fooled by us */
    assert_int_equal(encrypted_for(&p, &who), ISAKMP_NONE);
    assert_int_equal(who, N_RSA);
}

/* A decoy has the length that the true block would have; and if the data do not fit, there is none. */
static void length_of_decoys(void **state)
{
    uint8_t data[ISAKMP_MAX_SIGNATURE] = {1}, out[ISAKMP_MAX_SIGNATURE];
    const isakmp_selector here = range(50, 50);
    isakmp_plain p = plain(ENCR);
    (void)state;
    peer_key(ISAKMP_USE_ENCRYPTION, &alice, &here, 0);
    p.data.p = data;
    for (size_t n = 0; n <= 130; n++) {
        size_t of_alice = 0, of_bob = 0;
        int rc;
        p.data.n = n;
        query.peer_id = alice;
        rc = isakmp_keyring_encrypt(&ring, &query, &p, out, sizeof out, &of_alice);
        assert_int_equal(rc, n <= 117 ? ISAKMP_OK : ISAKMP_E_SPACE);
        query.peer_id = bob;
        rc = isakmp_keyring_encrypt(&ring, &query, &p, out, sizeof out, &of_bob);
        assert_int_equal(rc, ISAKMP_NONE);
        assert_int_equal(of_bob, n <= 117 ? 128 : 0);
        assert_int_equal(of_alice, of_bob);
    }
}

/* ---- Keys that come with a certificate ----------------------------------------------------- */

/* In the revised mode, as responder. */
static void keys_that_come(void **state)
{
    cert_spec s = leaf_spec();
    isakmp_plain p = plain(REVISED);
    size_t who;
    (void)state;
    own_key(ISAKMP_USE_ENCRYPTION, NULL, 2);
    s.key = &rsa[1];
    remake(&s);
    assert_int_equal(encrypted_for(&p, &who), ISAKMP_NONE);
    p.certs = sent;
    p.n_certs = 1;
    assert_int_equal(encrypted_for(&p, &who), ISAKMP_OK);
    assert_int_equal(who, 1);
    p.auth = ENCR;
    assert_int_equal(encrypted_for(&p, &who), ISAKMP_NONE);
    assert_int_equal(who, 2);
    p.auth = REVISED;
    query.peer_id = bob;
    assert_int_equal(encrypted_for(&p, &who), ISAKMP_NONE);
    query.peer_id = alice;
    s.usage = MBEDTLS_X509_KU_DIGITAL_SIGNATURE;
    remake(&s);
    assert_int_equal(encrypted_for(&p, &who), ISAKMP_NONE);
    s.usage = MBEDTLS_X509_KU_KEY_ENCIPHERMENT;
    remake(&s);
    assert_int_equal(encrypted_for(&p, &who), ISAKMP_OK);
    made_time = UINT64_C(1893456000); /* expired */
    assert_int_equal(encrypted_for(&p, &who), ISAKMP_NONE);
    assert_int_equal(who, 2);
    made_time = MADE_NOW;
    s.signer = &mid_key;
    remake(&s);
    assert_int_equal(encrypted_for(&p, &who), ISAKMP_NONE);
    s = leaf_spec(); /* no RSA */
    remake(&s);
    assert_int_equal(encrypted_for(&p, &who), ISAKMP_NONE);
    query.initiator = 1;
    s.key = &rsa[1];
    remake(&s);
    assert_int_equal(encrypted_for(&p, &who), ISAKMP_NONE);
    assert_int_equal(who, N_RSA);
    query.initiator = 0;
    peer_key(ISAKMP_USE_ENCRYPTION, &alice, &anywhere, 0); /* what is given by hand counts more */
    assert_int_equal(encrypted_for(&p, &who), ISAKMP_OK);
    assert_int_equal(who, 0);
}

/* A ring without a collection, and one from before there was is_host_at(). */
static void other_rings(void **state)
{
    isakmp_keyring empty = {sizeof empty, NULL, 0, NULL, NULL, NULL}, old = ring;
    const isakmp_plain p = plain(ENCR);
    const isakmp_sealed s = {ENCR, ISAKMP_HASH_SHA1, {NULL, 0}, {hash, 32}};
    isakmp_credentials c = {0};
    uint8_t out[ISAKMP_MAX_SIGNATURE];
    unsigned asked = 0;
    size_t n = 1;
    (void)state;
    assert_int_equal(isakmp_keyring_encrypt(&empty, &query, &p, out, sizeof out, &n), ISAKMP_NONE);
    assert_int_equal(n, 0);
    assert_int_equal(isakmp_keyring_decrypt(&empty, &query, &s, out, sizeof out, &n), ISAKMP_NONE);
    isakmp_keyring_learn(&empty, &query, sent, 1);
    own_key(ISAKMP_USE_ENCRYPTION, NULL, 2);
    peer_key(ISAKMP_USE_ENCRYPTION, &alice, &anywhere, 0);
    old.size = (uint32_t)offsetof(isakmp_keyring, is_host_at);
    old.is_host_at = dns;
    old.user = &asked;
    query.initiator = 1;
    query.peer_id = anybody;
    assert_int_equal(isakmp_keyring_credentials(&old, &query, 0, &c), ISAKMP_NONE);
    assert_int_equal(asked, 0);
    query.peer_id = alice;
    assert_int_equal(isakmp_keyring_credentials(&old, &query, 0, &c), ISAKMP_OK);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, chain_scene, made_ring_free)
    const struct CMUnitTest tests[] = {
        TEST(entries),
        TEST(removal),
        TEST(what_is_no_entry),
        TEST(uses_are_kept_apart),
        TEST(by_identity),
        TEST(by_address),
        TEST(patterns),
        TEST(hosts_by_their_address),
        TEST(methods_of_initiators),
        TEST(named_by_address),
        TEST(methods_of_responders),
        TEST(decoys),
        TEST(length_of_decoys),
        TEST(keys_that_come),
        TEST(other_rings),
    };
    return cmocka_run_group_tests_name("keychain", tests, chain_keys, free_chain_keys);
}
