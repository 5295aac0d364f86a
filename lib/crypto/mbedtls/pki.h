/* crypto/mbedtls/pki.h -- the public-key half of the stock keyring: what its files share.
 *
 *   pki.c        the collection, and what is added to it
 *   load.c       PEM and DER
 *   signature.c  keys and signatures
 *   certname.c   names: is a certificate for an identity, and for a use?
 *   chain.c      the certificates of a peer, up to a CA that is trusted
 *   answers.c    isakmp_keyring_credentials(), _sign() and _verify()
 *   no_pki.c     instead of all these, where mbedTLS has no X.509 */
#ifndef ISAKMP_MBEDTLS_PKI_H
#define ISAKMP_MBEDTLS_PKI_H

#include "compat.h"
#include <mbedtls/pk.h>
#include <mbedtls/x509_crl.h>
#include <mbedtls/x509_crt.h>
#include "isakmp/keyring.h"

/* How many names of CAs a peer is sent at most. */
#define ISAKMP__MOST_CA_NAMES 32

/* A private key of ours with its certificates. */
typedef struct isakmp__own {
    struct isakmp__own *next;
    mbedtls_pk_context key;
    mbedtls_x509_crt *certs; /* NULL: none */
    isakmp_span *spans;      /* the certificates as they are sent */
    size_t n;
} isakmp__own;

/* A public key of a peer, given by hand. */
typedef struct isakmp__peer_key {
    struct isakmp__peer_key *next;
    isakmp_id id; /* its data follow the struct */
    isakmp_selector addr;
    mbedtls_pk_context key;
} isakmp__peer_key;

struct isakmp_pki {
    unsigned flags; /* ISAKMP_PKI_* */
    uint64_t (*clock)(void *user);
    void *user;
    mbedtls_x509_crt *cas;
    mbedtls_x509_crl *crls;
    isakmp__own *own;
    isakmp__peer_key *peers;
    isakmp_span ca_names[ISAKMP__MOST_CA_NAMES];
    size_t n_ca_names;
};

/* ---- load.c ---- each returns ISAKMP_OK, ISAKMP_E_MALFORMED or ISAKMP_E_SPACE ----------------- */

/* One or more certificates, or revocation lists, as a list of mbedTLS on its heap. */
int isakmp__load_certs(mbedtls_x509_crt **out, isakmp_span in);
int isakmp__load_crls(mbedtls_x509_crl **out, isakmp_span in);
/* A private key; a public key, also out of a certificate.  To be freed in any case. */
int isakmp__load_key(mbedtls_pk_context *out, isakmp_span in, isakmp_span password);
int isakmp__load_public(mbedtls_pk_context *out, isakmp_span in);
void isakmp__free_certs(mbedtls_x509_crt *list);
void isakmp__free_crls(mbedtls_x509_crl *list);

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

/* ---- certname.c ---------------------------------------------------------------------------- */

/* Take the DER element with this tag from the front: 1, or 0 if it is not there or not whole. */
int isakmp__der_take(isakmp_span *in, int tag, isakmp_span *out);
int isakmp__cert_is_for(const mbedtls_x509_crt *cert, const isakmp_id *id);
/* May a key be used so, by its certificate's keyUsage (MBEDTLS_X509_KU_*, one of several)? */
int isakmp__cert_may(const mbedtls_x509_crt *cert, unsigned usage);

/* ---- chain.c ------------------------------------------------------------------------------- */

/* Is the peer who it says it is by its certificates, and the signature made with the key in the first
 * of them that is for it?  ISAKMP_OK, or ISAKMP_NONE and why. */
int isakmp__chain_verify(const isakmp_pki *pki, const isakmp_query *q, const isakmp_proof *p,
                         uint16_t *why);

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
