/* test_handshakes.c -- published handshakes, derived again octet for octet.
 *
 * From the secrets of each: SKEYID and its children, the cipher key, every IV, every HASH, KEYMAT.
 * Each datagram is decrypted with the IV that the chain has reached, its HASH is computed from what
 * stands in it and compared, and the plaintext is encrypted again. */
#include "unit/stock.h"

#define HEADER 28 /* of a message; the cookies first, the message ID at 20 [RFC2408 3.1] */

typedef struct handshake {
    uint16_t hash;
    size_t hash_n;
    isakmp_span ni, nr, g_xi, g_xr, g_xy, sai, idii, idir, qm_ni, qm_nr;
    uint8_t cookies[16], skeyid[ISAKMP_MAX_HASH], key[16];
    uint8_t hash_i[ISAKMP_MAX_HASH], hash_r[ISAKMP_MAX_HASH];
    isakmp__skeys keys;
    uint8_t last[16], iv[16]; /* of phase 1; of the present exchange */
    uint32_t msg_id;          /* of the exchange that iv belongs to */
    unsigned encrypted, proofs;
} handshake;

/* ---- From the secrets ---------------------------------------------------------------------- */

/* In the Cisco form the nonces are the key as they are, so prf(Ni_b | Nr_b, ...) is what signatures
 * have, with the cookies in the place of g^xy. */
static int skeyid(vectors *v, handshake *h)
{
    isakmp_span cookies = isakmp__span(h->cookies, 16);
    uint8_t rfc2409[ISAKMP_MAX_HASH];
    if (strcmp(vector_word(v, "method"), "psk") == 0)
        return isakmp__skeyid_psk(stock(), h->hash, vector_octets(v, "psk"), h->ni, h->nr,
                                  h->skeyid);
    assert_string_equal(vector_word(v, "method"), "pke-cisco");
    assert_int_equal(isakmp__skeyid_pke(stock(), h->hash, h->ni, h->nr, cookies, rfc2409),
                     ISAKMP_OK);
    assert_field(v, "skeyid_rfc2409", rfc2409, h->hash_n);
    return isakmp__skeyid_sig(stock(), h->hash, h->ni, h->nr, cookies, h->skeyid);
}

static void read_handshake(vectors *v, handshake *h)
{
    memset(h, 0, sizeof *h);
    h->hash = vector_named(v, "hash", ISAKMP_REG_HASH);
    h->hash_n = isakmp_hash_size(h->hash);
    h->ni = vector_octets(v, "ni");
    h->nr = vector_octets(v, "nr");
    h->g_xi = vector_octets(v, "g_xi");
    h->g_xr = vector_octets(v, "g_xr");
    h->g_xy = vector_octets(v, "g_xy");
    h->sai = vector_octets(v, "sai_b");
    h->idii = vector_octets(v, "idii_b");
    h->idir = vector_octets(v, "idir_b");
    h->qm_ni = vector_octets(v, "qm_ni");
    h->qm_nr = vector_octets(v, "qm_nr");
    memcpy(h->cookies, vector_exactly(v, "cky_i", 8), 8);
    memcpy(h->cookies + 8, vector_exactly(v, "cky_r", 8), 8);
}

static void derive_keys(vectors *v, handshake *h)
{
    assert_int_equal(skeyid(v, h), ISAKMP_OK);
    assert_field(v, "skeyid", h->skeyid, h->hash_n);
    assert_int_equal(isakmp__skeyid_children(stock(), h->hash, h->skeyid, h->g_xy,
                                             isakmp__span(h->cookies, 16), &h->keys),
                     ISAKMP_OK);
    assert_field(v, "skeyid_d", h->keys.d, h->hash_n);
    assert_field(v, "skeyid_a", h->keys.a, h->hash_n);
    assert_field(v, "skeyid_e", h->keys.e, h->hash_n);
    assert_int_equal(vector_number(v, "key_bits"), 128);
    assert_int_equal(isakmp__cipher_key(stock(), h->hash, ISAKMP_CIPHER_AES, h->keys.e, h->key, 16),
                     ISAKMP_OK);
    assert_field(v, "key", h->key, 16);
    assert_int_equal(isakmp__iv_phase1(stock(), h->hash, h->g_xi, h->g_xr, h->iv), ISAKMP_OK);
    assert_field(v, "iv", h->iv, 16);
    memcpy(h->last, h->iv, 16);
}

static void derive_hashes(vectors *v, handshake *h)
{
    isakmp_span cky_i = isakmp__span(h->cookies, 8), cky_r = isakmp__span(h->cookies + 8, 8);
    isakmp__hash_input i = {h->g_xi, h->g_xr, cky_i, cky_r, h->sai, h->idii};
    isakmp__hash_input r = {h->g_xr, h->g_xi, cky_r, cky_i, h->sai, h->idir};
    assert_int_equal(isakmp__hash_phase1(stock(), h->hash,
                                         isakmp__span(h->skeyid, isakmp_hash_size(h->hash)), &i,
                                         h->hash_i),
                     ISAKMP_OK);
    assert_field(v, "hash_i", h->hash_i, h->hash_n);
    assert_int_equal(isakmp__hash_phase1(stock(), h->hash,
                                         isakmp__span(h->skeyid, isakmp_hash_size(h->hash)), &r,
                                         h->hash_r),
                     ISAKMP_OK);
    assert_field(v, "hash_r", h->hash_r, h->hash_n);
}

static void derive_keymat(vectors *v, const handshake *h, const char *spi, const char *keymat)
{
    uint8_t out[36];
    assert_int_equal(isakmp__keymat(stock(), h->hash, h->keys.d, isakmp__span(NULL, 0),
                                    ISAKMP_PROTO_ESP, vector_octets(v, spi), h->qm_ni, h->qm_nr,
                                    out, sizeof out),
                     ISAKMP_OK);
    assert_field(v, keymat, out, sizeof out);
}

/* ---- Datagrams ----------------------------------------------------------------------------- */

/* The chain of payloads from a type on: where one of the type `want` begins, and where the chain
 * ends.  want 0: only the end. */
static isakmp_span walk(isakmp_span s, unsigned type, unsigned want, size_t *end)
{
    isakmp_span found = isakmp__span(NULL, 0);
    size_t at = 0;
    while (type != 0) {
        size_t n;
        assert_true(at + 4 <= s.n);
        n = isakmp__get16(s.p + at + 2);
        assert_true(n >= 4 && at + n <= s.n);
        if (type == want)
            found = isakmp__span(s.p + at + 4, n - 4);
        type = s.p[at];
        at += n;
    }
    *end = at;
    return found;
}

/* What proves a message, by its name in the vectors.  `rest` follows the HASH payload. */
static void expected_proof(const handshake *h, const char *name, isakmp_span rest, uint8_t *out)
{
    int rc = ISAKMP_OK;
    if (strcmp(name, "hash_i") == 0)
        memcpy(out, h->hash_i, h->hash_n);
    else if (strcmp(name, "hash_r") == 0)
        memcpy(out, h->hash_r, h->hash_n);
    else if (strcmp(name, "hash_1") == 0)
        rc = isakmp__hash_1(stock(), h->hash, h->keys.a, h->msg_id, rest, out);
    else if (strcmp(name, "hash_2") == 0)
        rc = isakmp__hash_2(stock(), h->hash, h->keys.a, h->msg_id, h->qm_ni, rest, out);
    else
        rc = isakmp__hash_3(stock(), h->hash, h->keys.a, h->msg_id, h->qm_ni, h->qm_nr, out);
    assert_int_equal(rc, ISAKMP_OK);
}

/* The HASH payload of a chain, clear or decrypted, is what was derived. */
static void check_proof(vectors *v, handshake *h, isakmp_span chain, unsigned first)
{
    uint8_t want[ISAKMP_MAX_HASH];
    size_t end = 0, after = 4 + h->hash_n;
    isakmp_span got = walk(chain, first, ISAKMP_PAYLOAD_HASH, &end);
    assert_int_equal(got.n, h->hash_n);
    expected_proof(h, vector_word(v, "proof"),
                   isakmp__span(chain.p + after, end > after ? end - after : 0), want);
    if (memcmp(got.p, want, h->hash_n) != 0)
        fail_msg("%s: the HASH differs", vector_where(v));
    h->proofs++;
}

/* Move the chain of IVs to the exchange of a message. */
static void choose_iv(handshake *h, uint32_t msg_id)
{
    if (msg_id == h->msg_id)
        return;
    h->msg_id = msg_id;
    assert_int_equal(isakmp__iv_phase2(stock(), h->hash, isakmp__span(h->last, 16), msg_id, h->iv),
                     ISAKMP_OK);
}

/* Decrypt, compare, encrypt again: the datagram must be there as before. */
static void check_encrypted(vectors *v, handshake *h, isakmp_span datagram)
{
    isakmp_span key = isakmp__span(h->key, 16);
    size_t n = datagram.n - HEADER;
    uint8_t text[1024], iv[16];
    choose_iv(h, isakmp__get32(datagram.p + 20));
    assert_field(v, "iv", h->iv, 16);
    assert_true(n <= sizeof text);
    memcpy(text, datagram.p + HEADER, n);
    memcpy(iv, h->iv, 16);
    assert_int_equal(isakmp__cbc(stock(), ISAKMP_CIPHER_AES, 0, key, iv, text, n), ISAKMP_OK);
    assert_field(v, "plaintext", text, n);
    assert_memory_equal(iv, datagram.p + datagram.n - 16, 16);
    check_proof(v, h, isakmp__span(text, n), datagram.p[16]);
    assert_int_equal(isakmp__cbc(stock(), ISAKMP_CIPHER_AES, 1, key, h->iv, text, n), ISAKMP_OK);
    assert_memory_equal(text, datagram.p + HEADER, n);
    assert_memory_equal(h->iv, iv, 16);
    if (h->msg_id == 0)
        memcpy(h->last, h->iv, 16);
    h->encrypted++;
}

/* What the first messages bring must be what the secrets were said to be made of. */
static void check_clear(vectors *v, handshake *h, isakmp_span datagram)
{
    int by_i = strcmp(vector_word(v, "from"), "i") == 0;
    isakmp_span chain = isakmp__span(datagram.p + HEADER, datagram.n - HEADER), ke;
    size_t end = 0;
    ke = walk(chain, datagram.p[16], ISAKMP_PAYLOAD_KE, &end);
    assert_int_equal(end, chain.n);
    if (ke.n)
        assert_true(isakmp__span_equal(ke, by_i ? h->g_xi : h->g_xr));
    if (vector_count(v, "proof"))
        check_proof(v, h, chain, datagram.p[16]);
}

static void check_datagram(vectors *v, handshake *h)
{
    isakmp_span datagram = vector_octets(v, "datagram");
    assert_true(datagram.n > HEADER);
    assert_memory_equal(datagram.p, h->cookies, 8);
    if (datagram.p[19] & 1) /* the encryption bit */
        check_encrypted(v, h, datagram);
    else
        check_clear(v, h, datagram);
}

/* ---- The tests ----------------------------------------------------------------------------- */

/* Replay the handshake with a name; it has so many encrypted messages and so many HASH payloads. */
static void replay(const char *name, unsigned encrypted, unsigned proofs)
{
    vectors *v = vectors_open("handshakes_csr1000v.txt");
    static handshake h;
    int inside = 0;
    memset(&h, 0, sizeof h);
    while (vectors_next(v)) {
        if (vector_count(v, "handshake")) {
            inside = strcmp(vector_word(v, "handshake"), name) == 0;
            if (!inside)
                continue;
            read_handshake(v, &h);
            derive_keys(v, &h);
            derive_hashes(v, &h);
            derive_keymat(v, &h, "spi_i", "keymat_i");
            derive_keymat(v, &h, "spi_r", "keymat_r");
        } else if (inside) {
            check_datagram(v, &h);
        }
    }
    vectors_close(v);
    assert_int_equal(h.encrypted, encrypted);
    assert_int_equal(h.proofs, proofs);
}

static void aggressive_mode_psk(void **state)
{
    (void)state;
    replay("testAggressiveModePSKHandshake", 3, 5);
}

static void main_mode_psk(void **state)
{
    (void)state;
    replay("testMainModePSKHandshake", 5, 5);
}

static void main_mode_encrypted_nonces_cisco(void **state)
{
    (void)state;
    replay("testMainModePKEHandshake", 5, 5);
}

/* The key and the IV are given, not the secrets that they come from. */
static void an_encrypted_informational(void **state)
{
    vectors *v = vectors_open("encrypted_informational.txt");
    uint8_t text[256], iv[16];
    isakmp_span datagram, key;
    size_t n, end = 0;
    (void)state;
    assert_int_equal(vectors_next(v), 1);
    datagram = vector_octets(v, "datagram");
    key = vector_octets(v, "key");
    n = datagram.n - HEADER;
    assert_true(n <= sizeof text);
    memcpy(text, datagram.p + HEADER, n);
    memcpy(iv, vector_exactly(v, "iv", 16), 16);
    assert_int_equal(isakmp__cbc(stock(), ISAKMP_CIPHER_AES, 0, key, iv, text, n), ISAKMP_OK);
    assert_field(v, "plaintext", text, n);
    assert_int_equal(walk(isakmp__span(text, n), datagram.p[16], ISAKMP_PAYLOAD_NOTIFY, &end).n, 8);
    assert_int_equal(end, 36);
    memcpy(iv, vector_exactly(v, "iv", 16), 16);
    assert_int_equal(isakmp__cbc(stock(), ISAKMP_CIPHER_AES, 1, key, iv, text, n), ISAKMP_OK);
    assert_memory_equal(text, datagram.p + HEADER, n);
    assert_int_equal(vectors_next(v), 0);
    vectors_close(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aggressive_mode_psk),
        cmocka_unit_test(main_mode_psk),
        cmocka_unit_test(main_mode_encrypted_nonces_cisco),
        cmocka_unit_test(an_encrypted_informational),
    };
    return cmocka_run_group_tests_name("handshakes", tests, NULL, NULL);
}
