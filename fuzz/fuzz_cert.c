/* fuzz_cert.c -- certificates, PKCS #7, distinguished names, revocation lists and keys of a peer, through
 * the stock keyring.
 *
 * The input: an octet with the method (2 bits) and the keyring's flags (2 bits), the type of the
 * peer's identity, the length of its data and they, the length of a signature (0: 256) and it; then
 * pieces, each an octet, a length of two octets and data: certificates with that octet as their
 * encoding, or what is added to the keyring if it is one of ADD_*.  The keyring trusts one CA, by
 * which some of the seeds have been signed.
 *
 * What must hold: an answer is yes, or no with a reason; and the same question has the same answer; a
 * certificate whose key something was encrypted with is learnt from, and nothing is found but what was learnt. */
#include <stdlib.h>
#include <string.h>
#include "base/span.h"
#include "isakmp/keyring.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum {
    ADD_CA = 200,
    ADD_CRL,
    ADD_PEER_KEY,
    ADD_OWN
};

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

/* "CN=CA,O=Test", P-256, valid from 2020 to 2029. */
/* clang-format off */
static const uint8_t ca[] = {
    0x30, 0x82, 0x01, 0x4c, 0x30, 0x81, 0xf2, 0xa0, 0x03, 0x02, 0x01, 0x02, 0x02, 0x01, 0x07, 0x30,
    0x0c, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02, 0x05, 0x00, 0x30, 0x1c, 0x31,
    0x0b, 0x30, 0x09, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0c, 0x02, 0x43, 0x41, 0x31, 0x0d, 0x30, 0x0b,
    0x06, 0x03, 0x55, 0x04, 0x0a, 0x0c, 0x04, 0x54, 0x65, 0x73, 0x74, 0x30, 0x1e, 0x17, 0x0d, 0x32,
    0x30, 0x30, 0x31, 0x30, 0x31, 0x30, 0x30, 0x30, 0x30, 0x30, 0x30, 0x5a, 0x17, 0x0d, 0x32, 0x39,
    0x31, 0x32, 0x33, 0x31, 0x32, 0x33, 0x35, 0x39, 0x35, 0x39, 0x5a, 0x30, 0x1c, 0x31, 0x0b, 0x30,
    0x09, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0c, 0x02, 0x43, 0x41, 0x31, 0x0d, 0x30, 0x0b, 0x06, 0x03,
    0x55, 0x04, 0x0a, 0x0c, 0x04, 0x54, 0x65, 0x73, 0x74, 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07,
    0x03, 0x42, 0x00, 0x04, 0xf5, 0x42, 0x5f, 0xfa, 0x70, 0x72, 0x68, 0xe7, 0x00, 0x36, 0x75, 0xc3,
    0x80, 0x1d, 0x7f, 0x47, 0x2f, 0x64, 0x25, 0x12, 0xbd, 0x71, 0xc3, 0x1d, 0x2e, 0xd2, 0x73, 0xa1,
    0x96, 0xe6, 0xee, 0x05, 0x00, 0x0c, 0x23, 0x41, 0x2b, 0x7d, 0x5d, 0x57, 0x05, 0x1b, 0x03, 0x0a,
    0xe4, 0x0f, 0xe0, 0x2a, 0x79, 0x9e, 0x7d, 0x7e, 0x76, 0x78, 0xf3, 0xec, 0x86, 0x1e, 0xac, 0x80,
    0xdd, 0x56, 0x0d, 0x60, 0xa3, 0x23, 0x30, 0x21, 0x30, 0x0f, 0x06, 0x03, 0x55, 0x1d, 0x13, 0x01,
    0x01, 0xff, 0x04, 0x05, 0x30, 0x03, 0x01, 0x01, 0xff, 0x30, 0x0e, 0x06, 0x03, 0x55, 0x1d, 0x0f,
    0x01, 0x01, 0xff, 0x04, 0x04, 0x03, 0x02, 0x01, 0x06, 0x30, 0x0c, 0x06, 0x08, 0x2a, 0x86, 0x48,
    0xce, 0x3d, 0x04, 0x03, 0x02, 0x05, 0x00, 0x03, 0x47, 0x00, 0x30, 0x44, 0x02, 0x20, 0x4b, 0x0f,
    0xff, 0x20, 0x8d, 0x50, 0x8a, 0x82, 0xd9, 0x00, 0xe1, 0x4e, 0x1b, 0xa2, 0x54, 0xe1, 0xfb, 0xf7,
    0x5c, 0xe4, 0xab, 0x70, 0xbb, 0x2d, 0xb9, 0x8e, 0x33, 0x06, 0xf5, 0x2f, 0x34, 0xfe, 0x02, 0x20,
    0x44, 0x98, 0x66, 0xb8, 0x07, 0x89, 0x06, 0xe7, 0x65, 0xf7, 0x46, 0x1d, 0x55, 0x3b, 0x02, 0x01,
    0x34, 0x09, 0xe4, 0x19, 0xe3, 0xf7, 0x2f, 0xec, 0x25, 0x22, 0xec, 0xd9, 0xfd, 0xf2, 0x78, 0x11,
};
/* clang-format on */

static uint64_t in_2025(void *unused)
{
    (void)unused;
    return UINT64_C(1748736000);
}

static void add(isakmp_pki *pki, uint8_t kind, isakmp_span s)
{
    static const isakmp_selector anywhere;
    static const isakmp_id anybody;
    char why[80];
    int rc;
    memset(why, 'x', sizeof why);
    if (kind == ADD_CA)
        rc = isakmp_pki_add_ca(pki, s, why, sizeof why);
    else if (kind == ADD_CRL)
        rc = isakmp_pki_add_crl(pki, s, why, sizeof why);
    else if (kind == ADD_PEER_KEY)
        rc = isakmp_pki_add_peer_key(pki, ISAKMP_USE_SIGNATURE, &anybody, &anywhere, s, why,
                                     sizeof why);
    else
        rc = isakmp_pki_add_own(pki, ISAKMP_USE_SIGNATURE, s, s, isakmp__span(NULL, 0), why,
                                sizeof why);
    CHECK(rc == ISAKMP_OK || memchr(why, 0, sizeof why) != NULL);
}

/* The pieces; returns how many certificates there are. */
static size_t read_pieces(isakmp_reader *r, isakmp_pki *pki, isakmp_cert *certs)
{
    size_t n = 0;
    while (isakmp_rd_left(r) > 3) {
        uint8_t kind = isakmp_rd_u8(r);
        size_t want = isakmp_rd_u16(r), left = isakmp_rd_left(r);
        isakmp_span s = isakmp_rd_bytes(r, want < left ? want : left);
        if (kind >= ADD_CA && kind <= ADD_OWN) {
            add(pki, kind, s);
        } else if (n < ISAKMP_MAX_CERTS) {
            certs[n].encoding = kind;
            certs[n++].data = s;
        }
    }
    return n;
}

static void ask(const isakmp_keyring *ring, const isakmp_query *q, const isakmp_proof *p)
{
    isakmp_credentials c;
    uint16_t why = 0, again = 0;
    uint8_t sig[1024];
    size_t n = 0;
    int rc = isakmp_keyring_verify(ring, q, p, &why);
    CHECK(rc == ISAKMP_OK || (rc == ISAKMP_NONE && why > ISAKMP_D_NONE && why < ISAKMP_D_END));
    CHECK(isakmp_keyring_verify(ring, q, p, &again) == rc && again == why);
    memset(&c, 0, sizeof c);
    rc = isakmp_keyring_credentials(ring, q, p->auth, &c);
    CHECK(rc == ISAKMP_OK || rc == ISAKMP_NONE);
    if (rc == ISAKMP_OK) {
        rc = isakmp_keyring_sign(ring, q, p->auth, p->hash, sig, sizeof sig, &n);
        CHECK(c.methods >> p->auth & 1 ? rc == ISAKMP_OK || rc == ISAKMP_E_CRYPTO
                                       : rc == ISAKMP_NONE); /* there were only CAs */
    }
}

/* How many keys have been learnt; all are the peer's. */
static size_t count_learnt(const isakmp_keyring *ring, const isakmp_query *q)
{
    isakmp_peer_key info;
    size_t learnt = 0;
    for (size_t i = 0;
         isakmp_pki_peer_key(ring->pki, i, &info, ISAKMP_KEY_DER, NULL, 0, NULL) == ISAKMP_OK; i++)
        if (info.learnt) {
            CHECK(isakmp_id_equal(&info.id, &q->peer_id));
            learnt++;
        }
    return learnt;
}

static void learn(const isakmp_keyring *ring, const isakmp_query *q, const isakmp_proof *p)
{
    isakmp_plain plain = {ISAKMP_AUTH_RSA_ENCR_REV, p->hash, p->certs, p->n_certs};
    uint8_t out[1024];
    size_t n, learnt;
    int came = isakmp_keyring_encrypt(ring, q, &plain, out, sizeof out, &n), found;
    CHECK(came == ISAKMP_OK || came == ISAKMP_NONE);
    isakmp_keyring_learn(ring, q, p->certs, p->n_certs);
    learnt = count_learnt(ring, q);
    CHECK(learnt <= ISAKMP_MAX_CERTS && (learnt != 0 || came == ISAKMP_NONE));
    plain.n_certs = 0;
    found = isakmp_keyring_encrypt(ring, q, &plain, out, sizeof out, &n);
    CHECK(found == ISAKMP_NONE || (found == ISAKMP_OK && learnt != 0));
    isakmp_keyring_learn(ring, q, p->certs, p->n_certs);
    CHECK(count_learnt(ring, q) == learnt);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const uint16_t methods[] = {ISAKMP_AUTH_RSA_SIG, ISAKMP_AUTH_ECDSA_P256_SHA256,
                                       ISAKMP_AUTH_ECDSA_P384_SHA384,
                                       ISAKMP_AUTH_ECDSA_P521_SHA512};
    isakmp_reader r = isakmp_rd(isakmp__span(data, n));
    isakmp_keyring ring = {sizeof ring, NULL, 0, isakmp_pki_new(), NULL, NULL};
    isakmp_cert certs[ISAKMP_MAX_CERTS];
    isakmp_path path;
    isakmp_query q;
    isakmp_proof p;
    uint8_t hash[20];
    unsigned first = isakmp_rd_u8(&r);
    size_t size;
    CHECK(ring.pki != NULL);
    memset(&path, 0, sizeof path);
    memset(&q, 0, sizeof q);
    memset(hash, 0x11, sizeof hash);
    q.path = &path;
    q.peer_id.type = isakmp_rd_u8(&r);
    size = isakmp_rd_u8(&r);
    q.peer_id.data = isakmp_rd_bytes(&r, size);
    q.wanted = &q.peer_id.data;
    q.n_wanted = 1;
    p.auth = methods[first & 3];
    p.hash = isakmp__span(hash, sizeof hash);
    p.digest_info = isakmp__span(hash, first & 0x10 ? sizeof hash : 0);
    size = isakmp_rd_u8(&r);
    p.signature = isakmp_rd_bytes(&r, size ? size : 256);
    isakmp_pki_set_clock(ring.pki, in_2025, NULL);
    isakmp_pki_set_flags(ring.pki, first >> 2 & 3);
    CHECK(isakmp_pki_add_ca(ring.pki, isakmp__span(ca, sizeof ca), NULL, 0) == ISAKMP_OK);
    p.certs = certs;
    p.n_certs = read_pieces(&r, ring.pki, certs);
    ask(&ring, &q, &p);
    learn(&ring, &q, &p);
    isakmp_pki_free(ring.pki);
    return 0;
}
