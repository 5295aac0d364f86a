/* isakmp/crypto.h -- the crypto provider: the algorithms, brought by the host.
 *
 * The library itself contains no cryptography but the key schedule of RFC 2409; everything below
 * it is reached through this table.  libisakmp-mbedtls has one ready:
 *
 *     config.crypto = isakmp_crypto_mbedtls();
 *
 * Every call is one-shot: each prf input of IKE is a short list of spans, so no hash contexts
 * cross this line and nothing needs freeing.  Numbers are those of iana.h (phase 1 registries). */
#ifndef ISAKMP_CRYPTO_H
#define ISAKMP_CRYPTO_H

#include "base.h"
#include "iana.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The largest result of hash() and hmac(), cipher block and cipher key, in octets. */
#define ISAKMP_MAX_HASH  64
#define ISAKMP_MAX_BLOCK 16
#define ISAKMP_MAX_KEY   32
/* Room that dh_new() gets for a private value, in octets. */
#define ISAKMP_MAX_DH_PRIVATE 80
/* The longest public value or shared secret of any group, in octets: 8192 bits. */
#define ISAKMP_MAX_DH_PUBLIC 1024

/* What isakmp_crypto.can() is asked about. */
enum {
    ISAKMP_CAN_CIPHER = 1,
    ISAKMP_CAN_HASH = 2,
    ISAKMP_CAN_GROUP = 3
};

/* A provider.  Unless said otherwise a function returns ISAKMP_OK, or a negative isakmp_rc if it
 * fails; the negotiation at hand then ends with ISAKMP_D_CRYPTO.  `self` is given back in every
 * call.  The table and what it refers to are borrowed until wipe.  None of these functions may
 * call into the context. */
typedef struct isakmp_crypto {
    uint32_t size; /* sizeof(isakmp_crypto) */
    void *self;

    /* Can this be done?  Proposals and policies that need more are neither offered nor matched.
     *   kind      ISAKMP_CAN_CIPHER, _HASH or _GROUP;  id: its number;
     *   key_bits  of a cipher: the key length, 0 if the cipher has only one.
     *   returns   1 or 0. */
    int (*can)(void *self, uint8_t kind, uint16_t id, uint16_t key_bits);

    /* Fill out with n octets that nobody can predict. */
    int (*random)(void *self, uint8_t *out, size_t n);

    /* The hash of the concatenation of n spans; out has the size of the hash. */
    int (*hash)(void *self, uint16_t hash, const isakmp_span *in, size_t n, uint8_t *out);

    /* HMAC [RFC2104]; the key may have any length, also zero. */
    int (*hmac)(void *self, uint16_t hash, isakmp_span key, const isakmp_span *in, size_t n,
                uint8_t *out);

    /* CBC without padding, in place.
     *   encrypt  1 or 0;   iv: one block, replaced by the last ciphertext block;
     *   data, n  whole blocks. */
    int (*cbc)(void *self, uint16_t cipher, int encrypt, isakmp_span key, uint8_t *iv,
               uint8_t *data, size_t n);

    /* A fresh key pair.
     *   ticket   names the question if ISAKMP_PENDING is returned; isakmp_answer() then brings
     *            the public value followed by the private value.
     *   priv     gets the private value, or whatever stands for it (a key handle), of at most
     *            ISAKMP_MAX_DH_PRIVATE octets;  priv_n: how many;
     *   pub      gets the public value, left padded with zeros to isakmp_group_size(): for the
     *            ECP groups x | y, for Curve25519 the 32 octets of RFC 7748.
     *   returns  ISAKMP_OK, ISAKMP_PENDING, or negative. */
    int (*dh_new)(void *self, isakmp_ticket ticket, uint16_t group, uint8_t *priv, size_t *priv_n,
                  uint8_t *pub);

    /* The shared secret.
     *   ticket   as above; isakmp_answer() brings the secret.
     *   peer     the peer's public value, isakmp_group_size() octets: the provider must check that
     *            it is safe (range, on the curve, result not zero).
     *   out      gets isakmp_group_secret_size() octets, left padded with zeros.
     *   returns  ISAKMP_OK, ISAKMP_PENDING, ISAKMP_NONE if the peer's value is not acceptable, or
     *            negative. */
    int (*dh_key)(void *self, isakmp_ticket ticket, uint16_t group, isakmp_span priv,
                  isakmp_span peer, uint8_t *out);
} isakmp_crypto;

/* The octets of a group's public value, of its shared secret; 0 if the group is not known.  For
 * the ECP groups the secret is the x coordinate alone [RFC5903 7].  [q] */
ISAKMP_API size_t isakmp_group_size(uint16_t group);
ISAKMP_API size_t isakmp_group_secret_size(uint16_t group);
/* The octets of a hash's result; 0 if the hash is not known.  [q] */
ISAKMP_API size_t isakmp_hash_size(uint16_t hash);
/* The octets of a cipher's block, and of its key; 0 if the cipher or the key length is not known.
 *   key_bits  the Key Length attribute, 0 if the cipher has only one.  [q] */
ISAKMP_API size_t isakmp_cipher_block(uint16_t cipher);
ISAKMP_API size_t isakmp_cipher_key(uint16_t cipher, uint16_t key_bits);
/* Is the algorithm too weak for anything but old peers (DES, MD5, groups under 1536 bits)?
 *   kind     ISAKMP_CAN_CIPHER, _HASH or _GROUP.
 *   returns  1 or 0.  [q] */
ISAKMP_API int isakmp_is_weak(uint8_t kind, uint16_t id);

#ifdef __cplusplus
}
#endif
#endif
