/* crypto/keys.h -- the key schedule of RFC 2409, as pure functions.
 *
 * Formulas as the RFC writes them; `prf` is HMAC with the negotiated hash.  X_b is the body of
 * payload X without its generic header.  Every function returns ISAKMP_OK or ISAKMP_E_CRYPTO; after
 * anything but ISAKMP_OK what it was to give must not be used, and may hold part of a secret: whoever
 * owns it wipes it, as after success. */
#ifndef ISAKMP_LIB_KEYS_H
#define ISAKMP_LIB_KEYS_H

#include "base/span.h"
#include "isakmp/crypto.h"

#define ISAKMP__PARTS(...)                                                                         \
    (const isakmp_span[]){__VA_ARGS__},                                                            \
        sizeof((const isakmp_span[]){__VA_ARGS__}) / sizeof(isakmp_span)

/* prf(key, parts): out has the size of the hash. */
int isakmp__prf(const isakmp_crypto *c, uint16_t hash, isakmp_span key, const isakmp_span *parts,
                size_t n, uint8_t *out);
/* The hash itself over parts. */
int isakmp__hash(const isakmp_crypto *c, uint16_t hash, const isakmp_span *parts, size_t n,
                 uint8_t *out);
/* Octets that nobody can predict. */
int isakmp__random(const isakmp_crypto *c, void *out, size_t n);

/* ---- SKEYID and its children [RFC2409 5] --------------------------------------------------- */

/*     pre-shared key          SKEYID = prf(pre-shared-key, Ni_b | Nr_b)
 *     signatures              SKEYID = prf(Ni_b | Nr_b, g^xy)
 *     public key encryption   SKEYID = prf(hash(Ni_b | Nr_b), CKY-I | CKY-R)
 *     ... as Cisco IOS has it SKEYID = prf(Ni_b | Nr_b, CKY-I | CKY-R) */
int isakmp__skeyid_psk(const isakmp_crypto *c, uint16_t hash, isakmp_span psk, isakmp_span ni,
                       isakmp_span nr, uint8_t *skeyid);
int isakmp__skeyid_sig(const isakmp_crypto *c, uint16_t hash, isakmp_span ni, isakmp_span nr,
                       isakmp_span g_xy, uint8_t *skeyid);
int isakmp__skeyid_pke(const isakmp_crypto *c, uint16_t hash, isakmp_span ni, isakmp_span nr,
                       isakmp_span cookies, uint8_t *skeyid);
int isakmp__skeyid_pke_cisco(const isakmp_crypto *c, uint16_t hash, isakmp_span ni, isakmp_span nr,
                             isakmp_span cookies, uint8_t *skeyid);

typedef struct isakmp__skeys {
    uint8_t d[ISAKMP_MAX_HASH], a[ISAKMP_MAX_HASH], e[ISAKMP_MAX_HASH];
} isakmp__skeys;

/* SKEYID_d, SKEYID_a and SKEYID_e.
 *   cookies  CKY-I | CKY-R, 16 octets. */
int isakmp__skeyid_children(const isakmp_crypto *c, uint16_t hash, const uint8_t *skeyid,
                            isakmp_span g_xy, isakmp_span cookies, isakmp__skeys *out);

/* The cipher key from SKEYID_e [RFC2409 App. B]; n octets.
 *   returns  also ISAKMP_NONE if it is a weak or semi-weak key of DES, which must not be used. */
int isakmp__cipher_key(const isakmp_crypto *c, uint16_t hash, uint16_t cipher,
                       const uint8_t *skeyid_e, uint8_t *key, size_t n);
/* Are 8 octets a weak or semi-weak key of DES?  1 or 0. */
int isakmp__is_weak_des(const uint8_t *key);

/* ---- HASH payloads ------------------------------------------------------------------------- */

/* What HASH_I and HASH_R cover.  For HASH_R the first two and the cookies trade places: the caller
 * gives what stands for the sender first [RFC2409 5]:
 *     HASH_I = prf(SKEYID, g^xi | g^xr | CKY-I | CKY-R | SAi_b | IDii_b )
 *     HASH_R = prf(SKEYID, g^xr | g^xi | CKY-R | CKY-I | SAi_b | IDir_b ) */
typedef struct isakmp__hash_input {
    isakmp_span g_mine, g_other, cky_mine, cky_other, sai, id;
} isakmp__hash_input;
int isakmp__hash_phase1(const isakmp_crypto *c, uint16_t hash, isakmp_span skeyid,
                        const isakmp__hash_input *in, uint8_t *out);

/* HASH(1), HASH(2) and HASH(3) of Quick Mode; HASH(1) also protects Informational exchanges
 * [RFC2409 5.5, 5.7].  `rest` is everything after the HASH payload, headers included.
 *     HASH(1) = prf(SKEYID_a, M-ID | rest)
 *     HASH(2) = prf(SKEYID_a, M-ID | Ni_b | rest)
 *     HASH(3) = prf(SKEYID_a, 0 | M-ID | Ni_b | Nr_b) */
int isakmp__hash_1(const isakmp_crypto *c, uint16_t hash, const uint8_t *skeyid_a, uint32_t msg_id,
                   isakmp_span rest, uint8_t *out);
int isakmp__hash_2(const isakmp_crypto *c, uint16_t hash, const uint8_t *skeyid_a, uint32_t msg_id,
                   isakmp_span ni, isakmp_span rest, uint8_t *out);
int isakmp__hash_3(const isakmp_crypto *c, uint16_t hash, const uint8_t *skeyid_a, uint32_t msg_id,
                   isakmp_span ni, isakmp_span nr, uint8_t *out);

/* NAT-D: hash(CKY-I | CKY-R | IP | port) [RFC3947 3.2]. */
int isakmp__hash_natd(const isakmp_crypto *c, uint16_t hash, isakmp_span cookies,
                      const isakmp_addr *a, uint8_t *out);

/* ---- Diffie-Hellman ------------------------------------------------------------------------- */

/* As the provider's functions of the same names (crypto.h), with their results made sure of:
 * ISAKMP_OK, ISAKMP_PENDING, ISAKMP_E_CRYPTO; isakmp__dh_key() also ISAKMP_NONE if the peer's public
 * value is not acceptable. */
int isakmp__dh_new(const isakmp_crypto *c, isakmp_ticket t, uint16_t group, uint8_t *priv,
                   size_t *priv_n, uint8_t *pub);
int isakmp__dh_key(const isakmp_crypto *c, isakmp_ticket t, uint16_t group, isakmp_span priv,
                   isakmp_span peer, uint8_t *out);

/* ---- KEYMAT [RFC2409 5.5] ------------------------------------------------------------------ */

/*     K1 = prf(SKEYID_d, [ g(qm)^xy | ] protocol | SPI | Ni_b | Nr_b)
 *     Kn = prf(SKEYID_d, K(n-1) | [ g(qm)^xy | ] protocol | SPI | Ni_b | Nr_b)
 *   g_xy  an empty span without perfect forward secrecy;  spi: 4 octets, the receiver's. */
int isakmp__keymat(const isakmp_crypto *c, uint16_t hash, const uint8_t *skeyid_d, isakmp_span g_xy,
                   uint8_t protocol, isakmp_span spi, isakmp_span ni, isakmp_span nr, uint8_t *out,
                   size_t n);

/* ---- RSA encrypted nonces [RFC2409 5.2, 5.3] ------------------------------------------------ */

/* Take the message out of an RSA block of type 2 [RFC8017 7.2.2], or, if the block is none or its message
 * is not of least to most octets, `other` in its place.  Which of the two it was cannot be told from the
 * time it takes or the memory it touches: these depend on block_n, least, most and other.n alone.
 *   block  is overwritten;  other: least to most octets, which may stand at out already;
 *   out    gets the message, and has room for most octets;  n: gets its length. */
void isakmp__pkcs1_open(uint8_t *block, size_t block_n, size_t least, size_t most,
                        isakmp_span other, uint8_t *out, size_t *n);

/* The key of the revised mode, n octets: Ke_i or Ke_r, out of Ne = prf(nonce, cookie), both of the sender
 * of what it encrypts [RFC2409 5.3]. */
int isakmp__nonce_key(const isakmp_crypto *c, uint16_t hash, isakmp_span nonce, isakmp_span cookie,
                      uint8_t *key, size_t n);

/* ---- IV and encryption [RFC2409 App. B] ---------------------------------------------------- */

/* The first IV of phase 1: hash(g^xi | g^xr), its first octets. */
int isakmp__iv_phase1(const isakmp_crypto *c, uint16_t hash, isakmp_span g_xi, isakmp_span g_xr,
                      uint8_t iv[ISAKMP_MAX_BLOCK]);
/* The first IV of a later exchange: hash(last block of phase 1 | M-ID). */
int isakmp__iv_phase2(const isakmp_crypto *c, uint16_t hash, isakmp_span last_block,
                      uint32_t msg_id, uint8_t iv[ISAKMP_MAX_BLOCK]);

/* Encrypt or decrypt whole blocks in place; iv becomes the last ciphertext block. */
int isakmp__cbc(const isakmp_crypto *c, uint16_t cipher, int encrypt, isakmp_span key, uint8_t *iv,
                uint8_t *data, size_t n);

/* The DigestInfo of a hash (digest_info.c).
 *   returns  its octets; 0 if the hash is not known, or the digest not as long as it. */
#define ISAKMP__MAX_DIGEST_INFO (19 + ISAKMP_MAX_HASH)
size_t isakmp__digest_info(uint16_t hash, isakmp_span digest, uint8_t out[ISAKMP__MAX_DIGEST_INFO]);

#endif
