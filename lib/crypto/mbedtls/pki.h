/* crypto/mbedtls/pki.h -- the public-key half of the stock keyring: what its files share.
 *
 *   pki.c        the collection; CAs and revocation lists
 *   own.c        keys of ours
 *   generate.c   ... that are made here
 *   keychain.c   keys of peers, given by hand
 *   learnt.c     ... and learnt from certificates
 *   find_key.c   which of them is for a peer?
 *   decoy.c      ... and for somebody who is not known?
 *   load.c       PEM and DER, read
 *   keystring.c  keys in hex, read
 *   keyform.c    keys written: DER, PEM, hex
 *   signature.c  keys and signatures
 *   rsa_block.c  encrypted blocks
 *   certname.c   names: is a certificate for an identity, and for a use?
 *   sent.c       the certificates that a peer sent
 *   chain.c      ... up to a CA that is trusted
 *   answers.c    isakmp_keyring_credentials(), _sign() and _verify()
 *   encrypted.c  isakmp_keyring_encrypt() and _decrypt()
 *   no_pki.c     instead of all these, where mbedTLS has no X.509 */
#ifndef ISAKMP_MBEDTLS_PKI_H
#define ISAKMP_MBEDTLS_PKI_H

#include "compat.h"
#include <mbedtls/asn1.h>
#include <mbedtls/pk.h>
#include <mbedtls/x509_crl.h>
#include <mbedtls/x509_crt.h>
#include <sodium.h>
#include "whom.h"

/* How many names of CAs a peer is sent at most. */
#define ISAKMP__MOST_CA_NAMES 32
/* Bits of the longest modulus, so that nobody can make us work for long; and of the shortest. */
#define ISAKMP__MOST_RSA_BITS         8192
#define ISAKMP__LEAST_RSA_BITS(flags) ((flags)&ISAKMP_PKI_LEGACY ? 1024u : 2048u)
/* What a block has beyond the data: 0, its type, at least eight octets of padding, 0. */
#define ISAKMP__BLOCK_EXTRA 11

/* A private key of ours with its certificates. */
typedef struct isakmp__own {
    struct isakmp__own *next;
    unsigned use; /* ISAKMP_USE_* */
    mbedtls_pk_context key;
    mbedtls_x509_crt *certs; /* NULL: none */
    isakmp_span *spans;      /* the certificates as they are sent */
    size_t n;
} isakmp__own;

/* A public key of a peer: an entry of the key chain. */
typedef struct isakmp__peer_key {
    struct isakmp__peer_key *next;
    isakmp_id id; /* its data follow the struct */
    isakmp_selector addr;
    unsigned use; /* ISAKMP_USE_* */
    mbedtls_pk_context key;
    mbedtls_x509_crt *cert; /* the key has been learnt from it; NULL: given by hand */
} isakmp__peer_key;

struct isakmp_pki {
    unsigned flags; /* ISAKMP_PKI_* */
    uint64_t (*clock)(void *user);
    void *user;
    mbedtls_x509_crt *cas;
    mbedtls_x509_crl *crls;
    isakmp__own *own;
    isakmp__peer_key *by_hand; /* in the order in which they were added */
    isakmp__peer_key *learnt;  /* the latest first */
    isakmp_span ca_names[ISAKMP__MOST_CA_NAMES];
    size_t n_ca_names;
    uint8_t decoy_key[crypto_shorthash_KEYBYTES]; /* who gets which decoy */
};

/* The collection behind a ring; NULL: there is none. */
static inline isakmp_pki *isakmp__pki_of(const isakmp_keyring *ring)
{
    return ring->size >= offsetof(isakmp_keyring, is_host_at) ? ring->pki : NULL;
}

/* ---- pki.c --------------------------------------------------------------------------------- */

/* A result, and its sentence; the sentence of one of load.c is `text`, unless there was no memory. */
int isakmp__pki_refuse(int rc, const char *text, char *why, size_t cap);
int isakmp__pki_unreadable(int rc, const char *text, char *why, size_t cap);
int isakmp__pki_no_memory(char *why, size_t cap);
extern const char isakmp__weak_key[];

/* ---- own.c --------------------------------------------------------------------------------- */

isakmp__own *isakmp__own_new(unsigned use);
void isakmp__own_free(isakmp__own *own);
/* Is it strong enough, and may it be used as it says, beside the others?  Then it is put in.  If not it is
 * still the caller's. */
int isakmp__own_put(isakmp_pki *pki, isakmp__own *own, char *why, size_t cap);
/* What is wrong with the use of a key whose type is known; NULL: nothing. */
const char *isakmp__wrong_use(unsigned use, mbedtls_pk_type_t type);
/* ... if it is for both uses; NULL: it is not, or it may. */
const char *isakmp__wrong_both(unsigned use, unsigned flags);

/* ---- keychain.c ---------------------------------------------------------------------------- */

isakmp__peer_key *isakmp__peer_key_new(unsigned use, const isakmp_id *id,
                                       const isakmp_selector *addr);
void isakmp__peer_key_free(isakmp__peer_key *k);
void isakmp__peer_keys_free(isakmp__peer_key *list);

/* ---- find_key.c ---------------------------------------------------------------------------- */

/* The key to encrypt with for whoever has this identity; while it is not known (type ISAKMP_ID_NONE), for
 * whoever is at the peer's address.  NULL: there is none. */
isakmp__peer_key *isakmp__find_key(const isakmp_keyring *ring, const isakmp_query *q,
                                   const isakmp_id *id);
/* The identity by which the key of a peer is looked for. */
isakmp_id isakmp__key_owner(const isakmp_query *q);
/* Any key of the chain to encrypt with that could be for somebody at the peer's address.  NULL: there is
 * none. */
isakmp__peer_key *isakmp__some_key(const isakmp_pki *pki, const isakmp_query *q);
/* How many keys to encrypt with there are for an identity. */
size_t isakmp__count_keys(const isakmp_pki *pki, const isakmp_id *id);

/* ---- decoy.c ------------------------------------------------------------------------------- */

/* A key of the chain to encrypt with for somebody who is not known: for one identity always the same, as
 * long as that key is there.  NULL: there is none. */
const isakmp__peer_key *isakmp__decoy(const isakmp_pki *pki, const isakmp_id *claimed);

/* ---- load.c ---- each returns ISAKMP_OK, ISAKMP_E_MALFORMED or ISAKMP_E_SPACE ----------------- */

/* One or more certificates, or revocation lists, as a list of mbedTLS on its heap. */
int isakmp__load_certs(mbedtls_x509_crt **out, isakmp_span in);
int isakmp__load_crls(mbedtls_x509_crl **out, isakmp_span in);
/* A private key; a public key, also out of a certificate.  To be freed in any case. */
int isakmp__load_key(mbedtls_pk_context *out, isakmp_span in, isakmp_span password);
int isakmp__load_public(mbedtls_pk_context *out, isakmp_span in);
/* What mbedTLS says, as a result. */
int isakmp__load_result(int bad);
int isakmp__is_pem(isakmp_span in);
int isakmp__is_space(uint8_t c);
void isakmp__free_certs(mbedtls_x509_crt *list);
void isakmp__free_crls(mbedtls_x509_crl *list);

/* ---- keystring.c --------------------------------------------------------------------------- */

/* Is it neither PEM nor DER, and so the text of a key-string, right or wrong? */
int isakmp__is_key_string(isakmp_span in);
/* As isakmp_pki_add_peer_key() says; the key is to be freed in any case. */
int isakmp__load_key_string(mbedtls_pk_context *out, isakmp_span in, char *why, size_t cap);

/* ---- keyform.c ----------------------------------------------------------------------------- */

/* As isakmp_pki_own_public() and _private() say. */
int isakmp__write_key(mbedtls_pk_context *key, int is_private, isakmp_key_form form, uint8_t *out,
                      size_t cap, size_t *n);

/* ---- signature.c --------------------------------------------------------------------------- */

/* libsodium's random octets, as mbedTLS wants them. */
int isakmp__pki_random(void *unused, unsigned char *out, size_t n);
/* The methods (1 << ISAKMP_AUTH_*) for which a key is of the right kind and not too weak. */
uint32_t isakmp__key_methods(const mbedtls_pk_context *key, unsigned flags);
/* The bit of a method; 0 if it is none of signatures. */
uint32_t isakmp__method(uint16_t auth);
/* Both expect a key that fits the method.  sign returns what isakmp_keyring_sign() does; verify
 * ISAKMP_OK or ISAKMP_NONE. */
int isakmp__key_sign(const mbedtls_pk_context *key, uint16_t auth, isakmp_span hash, uint8_t *sig,
                     size_t cap, size_t *n);
int isakmp__key_verify(const mbedtls_pk_context *key, uint16_t auth, isakmp_span hash,
                       isakmp_span sig);

/* ---- rsa_block.c --------------------------------------------------------------------------- */

/* What isakmp_host.encrypt and .decrypt are to do, with a key that is known to be RSA. */
int isakmp__rsa_encrypt(const mbedtls_pk_context *key, isakmp_span data, uint8_t *out, size_t cap,
                        size_t *n);
int isakmp__rsa_decrypt(const mbedtls_pk_context *key, isakmp_span in, uint8_t *block, size_t cap,
                        size_t *n);

/* ---- certname.c ---------------------------------------------------------------------------- */

#define ISAKMP__SEQUENCE (MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE)

/* Take the DER element with this tag from the front: 1, or 0 if it is not there or not whole. */
int isakmp__der_take(isakmp_span *in, int tag, isakmp_span *out);
int isakmp__cert_is_for(const mbedtls_x509_crt *cert, const isakmp_id *id);
/* May a key be used so, by its certificate's keyUsage (MBEDTLS_X509_KU_*, one of several)? */
int isakmp__cert_may(const mbedtls_x509_crt *cert, unsigned usage);
/* chain.c: may it, as a CA, vouch for some names only? */
int isakmp__cert_is_constrained(const mbedtls_x509_crt *cert);

/* ---- sent.c -------------------------------------------------------------------------------- */

/* What a peer sent, as far as it can be read. */
typedef struct isakmp__sent {
    mbedtls_x509_crt certs[ISAKMP_MAX_CERTS];
    uint8_t encodings[ISAKMP_MAX_CERTS]; /* how each came: ISAKMP_CERT_* */
    size_t n;
    int unreadable;
} isakmp__sent;

/* To be freed; NULL: there is no memory. */
isakmp__sent *isakmp__sent_read(const isakmp_cert *certs, size_t n);
void isakmp__sent_free(isakmp__sent *s);

/* ---- chain.c ------------------------------------------------------------------------------- */

/* What a certificate is needed for. */
typedef struct isakmp__need {
    uint32_t methods; /* its key fits one of these: 1 << ISAKMP_AUTH_* */
    unsigned usage;   /* and may be used so: MBEDTLS_X509_KU_*, one of several */
    int every;        /* 1: not only the first that fits is looked at */
    int encrypts;     /* 1: those that came as ISAKMP_CERT_X509_KE are meant, and others only if
                         none of them leads to a CA */
    /* Gets each that leads to a CA that is trusted, and says what is wrong: an isakmp_detail. */
    uint16_t (*use)(void *user, const mbedtls_x509_crt *cert);
    void *user;
} isakmp__need;

/* Of the certificates that a peer sent, use the first that is for an identity and fits, if it leads to a CA
 * that is trusted.  ISAKMP_OK if nothing was wrong with it (or with one of them), or ISAKMP_NONE and why. */
int isakmp__chain_use(const isakmp_pki *pki, const isakmp_id *id, const isakmp_cert *certs,
                      size_t n, const isakmp__need *need, uint16_t *why);
/* Is a certificate that led to a CA once still valid, and not revoked? */
int isakmp__cert_is_current(const isakmp_pki *pki, const mbedtls_x509_crt *cert);

/* ---- encrypted.c --------------------------------------------------------------------------- */

/* The first key of ours for encryption; NULL: there is none. */
const isakmp__own *isakmp__own_encryption_key(const isakmp_pki *pki);
/* Adds the methods of encrypted nonces that can be used, and as initiator whose key it is. */
void isakmp__encryption_credentials(const isakmp_keyring *ring, const isakmp_query *q,
                                    isakmp_credentials *out);

/* Are two distinguished names (DER) the same?  Empty ones never are. */
static inline int isakmp__dn_equal(isakmp_span a, isakmp_span b)
{
    isakmp_id x = {ISAKMP_ID_DER_ASN1_DN, 0, 0, {NULL, 0}}, y = x;
    x.data = a;
    y.data = b;
    return isakmp_id_equal(&x, &y);
}

static inline isakmp_span isakmp__raw(const mbedtls_x509_buf *b)
{
    isakmp_span s = {b->p, b->len};
    return s;
}

#endif
