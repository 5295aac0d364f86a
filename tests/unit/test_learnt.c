/* test_learnt.c -- keys of peers out of the certificates that they sent: which are learnt, which are not,
 * how long they are kept and how they are found. */
#include "unit/pki_chain.h"

static void learn(void)
{
    isakmp_keyring_learn(&ring, &query, proof.certs, proof.n_certs);
}

/* alice's certificate is for RSA key 1. */
static cert_spec rsa_leaf(void)
{
    cert_spec s = leaf_spec();
    s.key = &rsa[1];
    return s;
}

static int learnt_scene(void **state)
{
    cert_spec s = rsa_leaf();
    chain_scene(state);
    remake(&s);
    own_key(ISAKMP_USE_ENCRYPTION, NULL, 2);
    return 0;
}

static void learnt(void **state)
{
    isakmp_peer_key info;
    isakmp_credentials c;
    (void)state;
    learn();
    assert_int_equal(count_entries(), 1);
    assert_int_equal(key_of_entry(0, &info), 1);
    assert_span_equal(info.id.data, alice.data);
    assert_int_equal(info.learnt, 1);
    assert_int_equal(info.use, ISAKMP_USE_ENCRYPTION);
    assert_int_equal(info.addr.family, 4);
    assert_memory_equal(info.addr.lo, path.remote.ip, 16);
    assert_memory_equal(info.addr.hi, path.remote.ip, 16);
    assert_int_equal(found_key(), 1);
    query.initiator = 1; /* next time it is found by its address */
    query.peer_id = anybody;
    assert_int_equal(found_key(), 1);
    c = credentials(ENCR);
    assert_span_equal(c.peer_id.data, alice.data);
    assert_int_equal(c.peer_cert.n, 0); /* it has no other key that it could think of */
    path.remote.ip[3] = 51;             /* and at another one by its name */
    assert_int_equal(found_key(), N_RSA);
    query.peer_id = alice;
    assert_int_equal(found_key(), 1);
    assert_int_equal(isakmp_pki_remove_peer_key(ring.pki, &info.id, &info.addr), ISAKMP_OK);
    assert_int_equal(count_entries(), 0);
}

/* ---- Each reason not to learn -------------------------------------------------------------- */

static void not_learnt(cert_spec s)
{
    remake(&s);
    learn();
    assert_int_equal(count_entries(), 0);
}

static void other_certificates(void **state)
{
    static const uint8_t server[] = {0x2b, 6, 1, 5, 5, 7, 3, 1};
    made uses = {{0}, 0};
    cert_spec s = leaf_spec();
    (void)state;
    not_learnt(s); /* no RSA */
    s = rsa_leaf();
    s.names = NULL; /* for nobody */
    not_learnt(s);
    s = rsa_leaf();
    s.usage = MBEDTLS_X509_KU_DIGITAL_SIGNATURE | MBEDTLS_X509_KU_DATA_ENCIPHERMENT;
    not_learnt(s);
    s = rsa_leaf();
    s.key_uses = &uses;
    s.key_uses_critical = 1;
    made_put(&uses, 0x06, server, sizeof server);
    not_learnt(s);
    s = rsa_leaf();
    s.signer = &mid_key; /* by no CA that is trusted */
    not_learnt(s);
    s = rsa_leaf();
    s.to = "20250101000000";
    not_learnt(s);
    s = rsa_leaf();
    s.from = "20260101000000";
    not_learnt(s);
    s = rsa_leaf();
    s.key = &rsa[0]; /* 1024 bits */
    isakmp_pki_set_flags(ring.pki, 0);
    not_learnt(s);
    isakmp_pki_set_flags(ring.pki, ISAKMP_PKI_LEGACY | ISAKMP_PKI_NEED_CRL);
    not_learnt(rsa_leaf());
    isakmp_pki_set_flags(ring.pki, ISAKMP_PKI_LEGACY);
    query.peer_id = bob;
    not_learnt(rsa_leaf());
    query.peer_id = anybody;
    not_learnt(rsa_leaf());
    names.n = 0; /* a name that would be a pattern */
    made_put(&names, 0x82, "*.example", 9);
    query.peer_id.type = ISAKMP_ID_FQDN;
    query.peer_id.data = bytes_text("*.example");
    not_learnt(rsa_leaf());
    names.n = 0;
    made_put(&names, 0x82, "Alice.Example", 13);
    query.peer_id = alice;
    isakmp_pki_set_clock(ring.pki, NULL, NULL);
    not_learnt(rsa_leaf());
    isakmp_pki_set_clock(ring.pki, made_clock, &made_time);
    proof.n_certs = 0;
    not_learnt(rsa_leaf());
    proof.n_certs = 1;
    sent[0].encoding = ISAKMP_CERT_PGP;
    not_learnt(rsa_leaf());
    sent[0].encoding = ISAKMP_CERT_X509_KE;
    s = rsa_leaf();
    s.usage = MBEDTLS_X509_KU_KEY_ENCIPHERMENT;
    remake(&s);
    learn();
    assert_int_equal(count_entries(), 1);
}

static void revoke(uint8_t serial)
{
    made crl;
    made_crl(&crl, &ca, &ca_key, "250101000000Z", "260101000000Z", serial);
    assert_int_equal(isakmp_pki_add_crl(ring.pki, made_span(&crl), NULL, 0), ISAKMP_OK);
}

static void revoked(void **state)
{
    (void)state;
    revoke(9);
    not_learnt(rsa_leaf());
    revoke(8);
    learn();
    assert_int_equal(count_entries(), 1);
    assert_int_equal(found_key(), 1);
    revoke(9);
    assert_int_equal(found_key(), N_RSA);
    assert_int_equal(count_entries(), 1);
}

/* What was learnt is worth no more than the certificate that it was learnt from. */
static void past_its_time(void **state)
{
    (void)state;
    learn();
    assert_int_equal(found_key(), 1);
    made_time = UINT64_C(1893456000);
    assert_int_equal(found_key(), N_RSA);
    assert_int_equal(credentials(0).methods, 1u << REVISED); /* by the CA */
    made_time = UINT64_C(1577836799);
    assert_int_equal(found_key(), N_RSA);
    made_time = MADE_NOW;
    assert_int_equal(found_key(), 1);
    isakmp_pki_set_clock(ring.pki, NULL, NULL);
    assert_int_equal(found_key(), N_RSA);
}

/* Never by what was learnt. */
static void signatures(void **state)
{
    (void)state;
    learn();
    sign_by(RSA, &rsa_private[1]);
    proof.n_certs = 0;
    assert_int_equal(made_verdict(&proof), ISAKMP_D_NO_CERT);
}

/* ---- Several ------------------------------------------------------------------------------- */

static void by_hand_wins(void **state)
{
    isakmp_peer_key info;
    (void)state;
    learn();
    peer_key(ISAKMP_USE_ENCRYPTION, &alice, &anywhere, 0);
    assert_int_equal(found_key(), 0);
    learn();
    assert_int_equal(found_key(), 0);
    assert_int_equal(count_entries(), 2);
    assert_int_equal(key_of_entry(0, &info), 0);
    assert_int_equal(info.learnt, 0);
    assert_int_equal(key_of_entry(1, &info), 1);
    assert_int_equal(info.learnt, 1);
    isakmp_pki_remove_peer_key(ring.pki, &alice, &anywhere);
    peer_key(ISAKMP_USE_ENCRYPTION, &anybody, &anywhere, 3); /* addressed, but by hand */
    assert_int_equal(found_key(), 3);
}

static void replaced(void **state)
{
    cert_spec s = rsa_leaf();
    (void)state;
    learn();
    path.remote.ip[3] = 70;
    s.key = &rsa[3];
    remake(&s);
    learn();
    assert_int_equal(count_entries(), 1);
    assert_int_equal(key_of_entry(0, NULL), 3);
    query.initiator = 1;
    query.peer_id = anybody;
    assert_int_equal(found_key(), 3);
    path.remote.ip[3] = 50;
    assert_int_equal(found_key(), N_RSA);
}

/* Two keys for encryption: the peer is told which of them it is.  What is no good stands between. */
static void two_keys(void **state)
{
    static made second, other, again;
    const made *const certs[] = {&leaf, &other, &again, &second};
    cert_spec s = rsa_leaf();
    isakmp_credentials c;
    (void)state;
    s.serial = 10;
    made_cert(&again, &s); /* the same key */
    s.signer = &mid_key;
    s.key = &rsa[0];
    made_cert(&other, &s);
    s.signer = &ca_key;
    s.key = &rsa[3];
    made_cert(&second, &s);
    send_certs(4, certs);
    learn();
    assert_int_equal(count_entries(), 2);
    assert_int_equal(key_of_entry(0, NULL), 1);
    assert_int_equal(key_of_entry(1, NULL), 3);
    assert_int_equal(found_key(), 1);
    query.initiator = 1;
    query.peer_id = anybody;
    c = credentials(REVISED);
    assert_span_equal(c.peer_id.data, alice.data);
    assert_span_equal(c.peer_cert, made_span(&leaf));
    learn();
    assert_int_equal(count_entries(), 2);
}

/* How a certificate came says what it is for, if it does not say so itself: one for signatures is learnt only
 * if none that came for encryption leads to a CA. */
static void by_encoding(void **state)
{
    static made second, wrapped;
    const made *const certs[] = {&leaf, &second, &wrapped};
    cert_spec s = rsa_leaf();
    (void)state;
    s.key = &rsa[3];
    made_cert(&second, &s);
    s.key = &rsa[0];
    made_cert(&wrapped, &s);
    send_certs(3, certs);
    sent[1].encoding = ISAKMP_CERT_X509_KE;
    learn();
    assert_int_equal(count_entries(), 1);
    assert_int_equal(key_of_entry(0, NULL), 3);
    sent[2].encoding = ISAKMP_CERT_X509_KE;
    learn();
    assert_int_equal(count_entries(), 2);
    assert_int_equal(key_of_entry(0, NULL), 3);
    assert_int_equal(key_of_entry(1, NULL), 0);
    sent[2].encoding = ISAKMP_CERT_X509_SIG;
    s.key = &rsa[3];
    s.signer = &mid_key;
    made_cert(&second, &s);
    sent[1].data = made_span(&second);
    learn();
    assert_int_equal(count_entries(), 2);
    assert_int_equal(key_of_entry(0, NULL), 1);
    assert_int_equal(key_of_entry(1, NULL), 0);
}

/* Only where it was seen does it let a responder choose encrypted nonces. */
static void elsewhere(void **state)
{
    (void)state;
    learn();
    query.peer_id = anybody;
    assert_int_equal(credentials(0).methods, 1u << ENCR | 1u << REVISED);
    path.remote.ip[3] = 51;
    assert_int_equal(credentials(0).methods, 1u << REVISED); /* by the CA */
    query.peer_id = alice;
    assert_int_equal(found_key(), 1);
}

/* ---- How many ------------------------------------------------------------------------------ */

static void learn_as(unsigned number)
{
    char name[24];
    cert_spec s = rsa_leaf();
    snprintf(name, sizeof name, "n%u.example", number);
    names.n = 0;
    made_put(&names, 0x82, name, strlen(name));
    s.key = &rsa[0];
    remake(&s);
    query.peer_id.type = ISAKMP_ID_FQDN;
    query.peer_id.data = bytes_text(name);
    learn();
    query.peer_id = alice;
}

static void is_named(size_t i, const char *name)
{
    isakmp_peer_key info;
    key_of_entry(i, &info);
    assert_span_equal(info.id.data, bytes_text(name));
}

static void bounded(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ISAKMP_PKI_MAX_LEARNT; i++)
        learn_as(i);
    assert_int_equal(count_entries(), ISAKMP_PKI_MAX_LEARNT);
    is_named(0, "n255.example"); /* the latest first */
    is_named(255, "n0.example");
    learn_as(0); /* known again: no longer the oldest */
    assert_int_equal(count_entries(), ISAKMP_PKI_MAX_LEARNT);
    is_named(0, "n0.example");
    learn_as(300);
    assert_int_equal(count_entries(), ISAKMP_PKI_MAX_LEARNT);
    is_named(0, "n300.example");
    is_named(1, "n0.example");
    is_named(255, "n2.example");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, learnt_scene, made_ring_free)
    const struct CMUnitTest tests[] = {
        TEST(learnt),      TEST(other_certificates), TEST(revoked),  TEST(past_its_time),
        TEST(signatures),  TEST(by_hand_wins),       TEST(replaced), TEST(two_keys),
        TEST(by_encoding), TEST(elsewhere),          TEST(bounded),
    };
    return cmocka_run_group_tests_name("learnt", tests, chain_keys, free_chain_keys);
}
