/* isakmp/keyring.h -- the stock keyring, in the archive libisakmp-mbedtls: pre-shared keys, found by
 * what is known of a peer; private keys, certificates, trusted CAs and revocation lists; the key chain,
 * public keys of peers that were given by hand or learnt.  A host may keep its keys elsewhere and answer
 * the questions itself.
 *
 *     static const isakmp_psk psks[] = {
 *         { .id = { ISAKMP_ID_FQDN, 0, 0, { name, 14 } }, .key = { key_1, 20 } },
 *         { .addr = branch_offices, .key = { key_2, 20 } },
 *     };
 *     isakmp_keyring ring = { sizeof ring, psks, 2 };
 *
 *     ring.pki = isakmp_pki_new();
 *     isakmp_pki_add_ca(ring.pki, ca_pem, ca_pem_n, why, sizeof why);
 *     isakmp_pki_add_own(ring.pki, ISAKMP_USE_SIGNATURE, cert, key, password, why, sizeof why);
 *
 *     static int get_psk(void *user, isakmp_ticket t, const isakmp_query *q, uint8_t *key,
 *                        size_t cap, size_t *n)
 *     {
 *         return isakmp_keyring_psk(&ring, q, key, cap, n);
 *     }
 *
 * and so for get_credentials, sign and verify, and with encrypted nonces for encrypt, decrypt and learn. */
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
    /* Optional.  Is this address one of this host name's (no final dot, any case)?  1 or 0.  With it what
     * is kept for a host name is found also while only the address of the peer is known.  It is asked
     * about every name in the ring while a peer waits, so it should know the answer. */
    int (*is_host_at)(void *user, isakmp_span name, const isakmp_addr *addr);
    void *user;
} isakmp_keyring;

/* The key that fits a peer best: one for its identity before one for any, and of several for its
 * address the one for the fewest addresses, however their ranges overlap; of equals the first.  A
 * key for an identity is not used while the identity is not known, as in Main Mode [RFC2409 5.4], but
 * if it is a host name and is_host_at() says that the host is at the peer's address.
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
    ISAKMP_PKI_LEGACY = 1,   /* also RSA from 1024 bits, an exponent of 3, and SHA-1              */
    ISAKMP_PKI_NEED_CRL = 2, /* a certificate whose CA has no valid revocation list is refused.
                               Without it a CA need not have one, but one that it has must be valid */
    ISAKMP_PKI_ONE_KEY = 4   /* a key of ours may be for signatures and encryption both.  Whoever
                               finds a flaw in one use can then attack the other [RFC8017 6]        */
};
/* Say it first: what is added is judged by it.  [q] */
ISAKMP_API void isakmp_pki_set_flags(isakmp_pki *pki, unsigned flags);

/* Add what is read from memory: PEM or DER; PEM may hold several.  What is given is copied.
 *   why      gets one sentence if something is wrong, with a final zero octet, cut off at cap; may be
 *            NULL with cap 0.  Then nothing of it has been added.
 *   returns  ISAKMP_OK; ISAKMP_E_MALFORMED if it cannot be read; ISAKMP_E_ARG if it cannot be used
 *            (too weak, no CA, a certificate without its key); ISAKMP_E_SPACE without memory.
 *
 * CAs that are trusted to vouch for peers: certificates that say that they are those of CAs, and that may
 * vouch for whatever name (with name constraints they are refused, here and on the way to a peer).  The
 * names of the first 32 are told to peers.  [q] */
ISAKMP_API int isakmp_pki_add_ca(isakmp_pki *pki, isakmp_span cas, char *why, size_t cap);
/* Certificate revocation lists; each replaces an older one of the same CA, and is passed over if there
 * is a newer one.  Whether the CA has signed it is seen when it is used.  [q] */
ISAKMP_API int isakmp_pki_add_crl(isakmp_pki *pki, isakmp_span crls, char *why, size_t cap);
/* What a key is for: general keys are for both. */
enum {
    ISAKMP_USE_SIGNATURE = 1,
    ISAKMP_USE_ENCRYPTION = 2, /* RSA only */
    ISAKMP_USE_GENERAL = 3
};

/* A private key that the ring cannot have, in an HSM: answer get_credentials, sign and decrypt without it;
 * encrypt, verify and learn can be the ring's all the same.
 *
 * A private key of ours, and the certificates that lead from it to a CA, our own first; or none, if
 * peers have its public key by hand.
 *   use       ISAKMP_USE_*; the keyUsage of the certificate must allow it.  ISAKMP_USE_GENERAL, or the
 *             same RSA key for one use and for the other, needs ISAKMP_PKI_ONE_KEY.  Whether it is
 *             the same is seen within one isakmp_pki only: a host that has several must take care.
 *   password  of an encrypted key; empty: it is not encrypted.  mbedTLS 2.28 cannot read PKCS #8 that
 *             is encrypted by AES, as openssl pkcs8 makes it; "-v2 des3" or the older PEM it can.  [q] */
ISAKMP_API int isakmp_pki_add_own(isakmp_pki *pki, unsigned use, isakmp_span certs, isakmp_span key,
                                  isakmp_span password, char *why, size_t cap);

/* Make an RSA key pair and add it, without certificates ("crypto key generate rsa"; usage keys are two
 * calls, one for each use).
 *   bits  2048 to 8192, with ISAKMP_PKI_LEGACY from 1024, in steps of 8.  It takes seconds, of long keys
 *         minutes.  The public exponent is 65537.
 *
 * An mbedTLS that cannot make keys (MBEDTLS_GENPRIME) answers ISAKMP_E_ARG.  [q] */
ISAKMP_API int isakmp_pki_generate(isakmp_pki *pki, unsigned use, unsigned bits, char *why,
                                   size_t cap);

/* How a key is written. */
typedef enum isakmp_key_form {
    ISAKMP_KEY_DER = 1, /* public: SubjectPublicKeyInfo; private: PKCS #1 or SEC 1               */
    ISAKMP_KEY_PEM,     /* the same, as text with a final newline                                */
    ISAKMP_KEY_STRING   /* public keys only: the DER in hex as routers print it and take it in a
                           key-string: upper case, groups of 8 digits, lines of 8 groups, each
                           ended by a newline                                                    */
} isakmp_key_form;

/* A key of ours, to be shown to others or to be kept.
 *   i        which: from 0, in the order in which they were added.
 *   out      gets at most cap octets and, of text, a final zero octet;  n: gets how many, without it.
 *   use      gets ISAKMP_USE_*; may be NULL.
 *   returns  ISAKMP_OK; ISAKMP_NONE after the last one; ISAKMP_E_SPACE if it is longer than cap;
 *            ISAKMP_E_ARG if the key cannot be written so, or mbedTLS cannot write keys
 *            (MBEDTLS_PK_WRITE_C).  Wipe `out` after use if it is private.  [q] */
ISAKMP_API int isakmp_pki_own_public(const isakmp_pki *pki, size_t i, isakmp_key_form form,
                                     uint8_t *out, size_t cap, size_t *n, unsigned *use);
ISAKMP_API int isakmp_pki_own_private(const isakmp_pki *pki, size_t i, isakmp_key_form form,
                                      uint8_t *out, size_t cap, size_t *n, unsigned *use);

/* ---- The key chain: public keys of peers ---------------------------------------------------- */

/* Add a public key of a peer, given by hand.  A named key has an identity and perhaps addresses, an
 * addressed key has addresses.  An entry for the same identity, addresses and use is replaced.
 *   use   ISAKMP_USE_*; general keys of peers need no flag.
 *   id    type ISAKMP_ID_NONE: whoever the peer says it is;  addr: family 0: wherever it is.  Both are
 *         taken as they are: nothing in an identity is a pattern.
 *   key   a public key (SubjectPublicKeyInfo) in DER or PEM, or as a key-string, with any spaces and
 *         newlines, and perhaps the word quit after them; or a certificate, whose key alone is used.  In a key-string `why` names the place
 *         of what is wrong.  [q] */
ISAKMP_API int isakmp_pki_add_peer_key(isakmp_pki *pki, unsigned use, const isakmp_id *id,
                                       const isakmp_selector *addr, isakmp_span key, char *why,
                                       size_t cap);

/* An entry of the key chain; borrowed until the chain changes. */
typedef struct isakmp_peer_key {
    isakmp_id id;
    isakmp_selector addr; /* of one that was learnt: where the peer was then.  It is found there
                             before it has said who it is, and by its identity wherever it is     */
    uint8_t use;    /* ISAKMP_USE_*                                                              */
    uint8_t learnt; /* 1: out of a certificate, not given by hand                                */
} isakmp_peer_key;

/* One entry: those given by hand in the order in which they were added, then those learnt, the latest
 * first.  Parameters and results as isakmp_pki_own_public(); info may be NULL, and so may out with
 * cap 0 and n NULL, if the key itself is not wanted.  [q] */
ISAKMP_API int isakmp_pki_peer_key(const isakmp_pki *pki, size_t i, isakmp_peer_key *info,
                                   isakmp_key_form form, uint8_t *out, size_t cap, size_t *n);
/* Take all entries with this identity and these addresses out, for whatever use.
 *   returns  ISAKMP_OK, or ISAKMP_NONE if there are none.  [q] */
ISAKMP_API int isakmp_pki_remove_peer_key(isakmp_pki *pki, const isakmp_id *id,
                                          const isakmp_selector *addr);
/* How many learnt keys are kept; then the oldest goes.  A key is used only as long as its certificate is
 * valid and not revoked. */
#define ISAKMP_PKI_MAX_LEARNT 256

/* The answers to get_credentials, sign, verify, encrypt, decrypt and learn of isakmp_host, with the
 * same parameters and results.  ISAKMP_NONE if the ring has no pki, or no key of ours that fits (but for RSA
 * signatures the CAs alone, if there are any: for clients of hybrid authentication).
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
 * certificates wrapped as PKCS #7 are read; others are passed over.
 *
 * Encrypted nonces: our key is the one for encryption whose certificate HASH(1) names, else the first that
 * is for encryption.  The public key of a peer is the entry of the key chain that is for encryption and for
 * its identity: equal to it, or for whoever the peer says it is; or, if the identity is the address that
 * the peer is at, for a host name that is there (is_host_at()).  Before the identity is known, and where
 * a policy expects one that stands for many, it is the entry for the peer's address: by the entry's
 * addresses, by an identity that is this address, or by a host name that is there; and it is passed over if
 * the policy expects another identity.  Entries given by hand come before learnt ones, named before addressed
 * ones, those for fewer addresses before others.  The certificates of our key for encryption are given for
 * these methods whenever there are any, to be shown to peers that ask for them; what can be used is in
 * `methods` alone.  As responder a learnt key makes them usable at the address where it was seen; elsewhere
 * it is still found by its identity.
 *
 * In the revised mode, as responder, a certificate that the peer sent will do too, after what is given by hand
 * and before what was learnt: the first that is for its identity, is RSA and has keyEncipherment in its
 * keyUsage, if it has one, if it leads to a CA that is trusted.  One that came for encryption (encoding 5)
 * comes before others.
 *
 * Without a key for the identity something is encrypted all the same, so that nobody learns whom we know: with
 * one of the chain, drawn by lot, always the same for one identity as long as the chain has it; or with our
 * own if there is none.  If keys have several lengths something is told all the same: a block that is
 * suddenly longer or shorter shows that an entry has come or gone; one that has not the length of somebody's
 * key shows that he is not known; and what is no identity at all gets any of them, each time anew.  So all
 * keys of a chain should have one length.
 *
 * Learnt are the RSA keys of all certificates that would do in this way, in the place of what was learnt of
 * the same identity before: of those that came for encryption (encoding 5), and only if none of them will do,
 * of the others.  The key of a name with a '*' is not learnt: it could be taken for that of many.  None is
 * ever used to believe a signature.
 *
 * A peer that has changed its key is refused as long as there is an entry with the old one: until its
 * certificate ends, isakmp_pki_remove_peer_key() takes it out or the peer has been believed by a signature
 * again; in the revised mode a new certificate that it brings along is enough.  So if an exchange with
 * encrypted nonces ends with ISAKMP_D_KEY_SUSPECTED, on either side, take the learnt entry for that
 * identity or address out: then the next one is by signatures, if a policy is, and the new key is learnt.
 * Who sends wrong messages in the peer's name can bring that about, too: what he wins is that the next
 * exchange is by signatures, where an active attacker sees who the initiator is.  [q] */
ISAKMP_API int isakmp_keyring_credentials(const isakmp_keyring *ring, const isakmp_query *q,
                                          uint16_t auth, isakmp_credentials *out);
ISAKMP_API int isakmp_keyring_sign(const isakmp_keyring *ring, const isakmp_query *q, uint16_t auth,
                                   isakmp_span hash, uint8_t *sig, size_t cap, size_t *n);
ISAKMP_API int isakmp_keyring_verify(const isakmp_keyring *ring, const isakmp_query *q,
                                     const isakmp_proof *p, uint16_t *why);
ISAKMP_API int isakmp_keyring_encrypt(const isakmp_keyring *ring, const isakmp_query *q,
                                      const isakmp_plain *p, uint8_t *out, size_t cap, size_t *n);
ISAKMP_API int isakmp_keyring_decrypt(const isakmp_keyring *ring, const isakmp_query *q,
                                      const isakmp_sealed *s, uint8_t *block, size_t cap,
                                      size_t *n);
ISAKMP_API void isakmp_keyring_learn(const isakmp_keyring *ring, const isakmp_query *q,
                                     const isakmp_cert *certs, size_t n_certs);

#ifdef __cplusplus
}
#endif
#endif
