/* isakmp/keyring.h -- the stock keyring, in the archive libisakmp-mbedtls: pre-shared keys, found by
 * what is known of a peer; private keys, certificates, trusted CAs and revocation lists; public keys
 * of peers, given by hand.  A host may keep its keys elsewhere and answer the questions itself.
 *
 *     static const isakmp_psk psks[] = {
 *         { .id = { ISAKMP_ID_FQDN, 0, 0, { name, 14 } }, .key = { key_1, 20 } },
 *         { .addr = branch_offices, .key = { key_2, 20 } },
 *     };
 *     isakmp_keyring ring = { sizeof ring, psks, 2 };
 *
 *     ring.pki = isakmp_pki_new();
 *     isakmp_pki_add_ca(ring.pki, ca_pem, ca_pem_n, why, sizeof why);
 *     isakmp_pki_add_own(ring.pki, cert, key, password, why, sizeof why);
 *
 *     static int get_psk(void *user, isakmp_ticket t, const isakmp_query *q, uint8_t *key,
 *                        size_t cap, size_t *n)
 *     {
 *         return isakmp_keyring_psk(&ring, q, key, cap, n);
 *     }
 *
 * and so for get_credentials, sign and verify. */
#ifndef ISAKMP_KEYRING_H
#define ISAKMP_KEYRING_H

#include "host.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A pre-shared key, and for whom it is. */
typedef struct isakmp_psk {
    isakmp_id id;         /* the peer's identity; type ISAKMP_ID_NONE: whoever it says it is      */
    isakmp_selector addr; /* the peer's addresses (protocol and port 0); family 0: any */
    isakmp_span key;
} isakmp_psk;

/* Private keys, certificates, CAs, revocation lists and public keys of peers.  Its memory comes from
 * the allocator of mbedTLS: what a certificate needs is known only when it is read.  Any number of
 * contexts may share one, but not two threads at once. */
typedef struct isakmp_pki isakmp_pki;

typedef struct isakmp_keyring {
    uint32_t size; /* sizeof(isakmp_keyring) */
    const isakmp_psk *psks;
    size_t n_psks;
    isakmp_pki *pki; /* NULL: there are no public keys */
} isakmp_keyring;

/* The key that fits a peer best: one for its identity before one for any, and of several for its
 * address the one for the fewest addresses, however their ranges overlap; of equals the first.  A
 * key for an identity is not used while the identity is not known, as in Main Mode [RFC2409 5.4].
 *   ring     borrowed for the call.
 *   q        as the get_psk callback got it.
 *   key      gets at most cap octets;  n: gets how many.
 *   returns  ISAKMP_OK, ISAKMP_NONE if there is no key for this peer, ISAKMP_E_SPACE if it is longer
 *            than cap.  [q] */
ISAKMP_API int isakmp_keyring_psk(const isakmp_keyring *ring, const isakmp_query *q, uint8_t *key,
                                  size_t cap, size_t *n);

/* ---- Public keys ---------------------------------------------------------------------------- */

/* An empty collection; NULL if there is no memory, or if mbedTLS was built without X.509 or with
 * MBEDTLS_USE_PSA_CRYPTO.  Free it when no context uses it any more; NULL may be freed, too.  [q] */
ISAKMP_API isakmp_pki *isakmp_pki_new(void);
ISAKMP_API void isakmp_pki_free(isakmp_pki *pki);

/* What time it is, in seconds since 1970-01-01 UTC, for the validity of certificates and revocation
 * lists; the time of the system is never looked at.  Without it every certificate is refused as not
 * valid yet: a device without a clock must say what it takes the time to be.
 *   clock  called when certificates are checked, with user; NULL: there is none.  [q] */
ISAKMP_API void isakmp_pki_set_clock(isakmp_pki *pki, uint64_t (*clock)(void *user), void *user);

/* What is accepted of certificates and keys, of peers and of our own, beyond the default: RSA of 2048
 * to 8192 bits with an exponent of 65537 to 64 bits, the curves P-256, P-384 and P-521, and
 * certificates signed by RSA (PKCS #1 v1.5) or ECDSA with SHA-256 or longer. */
enum {
    ISAKMP_PKI_LEGACY = 1,  /* also RSA from 1024 bits, an exponent of 3, and SHA-1              */
    ISAKMP_PKI_NEED_CRL = 2 /* a certificate whose CA has no valid revocation list is refused.
                               Without it a CA need not have one, but one that it has must be valid */
};
/* Say it first: what is added is judged by it.  [q] */
ISAKMP_API void isakmp_pki_set_flags(isakmp_pki *pki, unsigned flags);

/* Add what is read from memory: PEM or DER; PEM may hold several.  What is given is copied.
 *   why      gets one sentence if something is wrong, with a final zero octet, cut off at cap; may be
 *            NULL with cap 0.  Then nothing of it has been added.
 *   returns  ISAKMP_OK; ISAKMP_E_MALFORMED if it cannot be read; ISAKMP_E_ARG if it cannot be used
 *            (too weak, no CA, a certificate without its key); ISAKMP_E_SPACE without memory.
 *
 * CAs that are trusted to vouch for peers: certificates that say that they are those of CAs.  The
 * names of the first 32 are told to peers.  [q] */
ISAKMP_API int isakmp_pki_add_ca(isakmp_pki *pki, isakmp_span cas, char *why, size_t cap);
/* Certificate revocation lists; each replaces an older one of the same CA, and is passed over if there
 * is a newer one.  Whether the CA has signed it is seen when it is used.  [q] */
ISAKMP_API int isakmp_pki_add_crl(isakmp_pki *pki, isakmp_span crls, char *why, size_t cap);
/* A private key of ours, and the certificates that lead from it to a CA, our own first; or none, if
 * peers have its public key by hand.
 *   password  of an encrypted key; empty: it is not encrypted.  mbedTLS 2.28 cannot read PKCS #8 that
 *             is encrypted by AES, as openssl pkcs8 makes it; "-v2 des3" or the older PEM it can.  [q] */
ISAKMP_API int isakmp_pki_add_own(isakmp_pki *pki, isakmp_span certs, isakmp_span key,
                                  isakmp_span password, char *why, size_t cap);
/* A public key of a peer, given by hand: used for signatures of a peer with this identity, at these
 * addresses, as well as its certificates.
 *   id    type ISAKMP_ID_NONE: whoever the peer says it is;  addr: family 0: wherever it is.
 *   key   a public key (SubjectPublicKeyInfo) or a certificate, whose key alone is used.  [q] */
ISAKMP_API int isakmp_pki_add_peer_key(isakmp_pki *pki, const isakmp_id *id,
                                       const isakmp_selector *addr, isakmp_span key, char *why,
                                       size_t cap);

/* The answers to get_credentials, sign and verify of isakmp_host, with the same parameters and
 * results.  ISAKMP_NONE if the ring has no pki, or no key of ours that fits.
 *
 * Of several keys of ours the first is taken that fits the method and has been signed by a CA that
 * the peer asks for; if there is none, the first that fits the method.  So q->wanted must be the same
 * for the credentials and the signature.
 *
 * A peer is believed if it has the public key by hand; or if the first of its certificates that is
 * for its identity and fits the method leads to a CA that is trusted, nothing on the way having
 * expired or been revoked.  A certificate is for a distinguished name that is its subject (compared as
 * RFC 5280 7.1 says, but letters beyond ASCII as they are), and for an address, host name or user@host
 * that is among its subjectAltNames, whole, without patterns [RFC4945 3.1].  Its keyUsage, if it has
 * one, must have digitalSignature or nonRepudiation; an extendedKeyUsage is only looked at if it is
 * critical, and must then have ipsecIKE or any [RFC4945 5.1.3.12].  Encodings 4 and 5, and
 * certificates wrapped as PKCS #7 are read; others are passed over.  [q] */
ISAKMP_API int isakmp_keyring_credentials(const isakmp_keyring *ring, const isakmp_query *q,
                                          uint16_t auth, isakmp_credentials *out);
ISAKMP_API int isakmp_keyring_sign(const isakmp_keyring *ring, const isakmp_query *q, uint16_t auth,
                                   isakmp_span hash, uint8_t *sig, size_t cap, size_t *n);
ISAKMP_API int isakmp_keyring_verify(const isakmp_keyring *ring, const isakmp_query *q,
                                     const isakmp_proof *p, uint16_t *why);

#ifdef __cplusplus
}
#endif
#endif
