/* host_x509.h -- keys, certificates and revocation lists, made with mbedTLS for isakmp-keygen. */
#ifndef HOST_X509_H
#define HOST_X509_H

#include <time.h>
#include <mbedtls/pk.h>
#include "isakmp/wire.h"

/* What one of them costs at most, as DER. */
#define HOST_MAX_DER 16384

/* Who signs, and how long it holds. */
typedef struct host_issuer {
    isakmp_span name; /* DER */
    mbedtls_pk_context *key;
    time_t from, to;
} host_issuer;

typedef struct host_cert {
    host_issuer by;
    isakmp_span subject; /* DER */
    mbedtls_pk_context *key;
    const isakmp_id *ids; /* subjectAltNames: addresses, host names, user@host */
    size_t n_ids;
    int is_ca;
    int signs, encrypts; /* keyUsage, if it is not a CA's */
} host_cert;

/* A key of a type such as "rsa2048" or "p256"; to be freed in any case.
 *   returns  1, or 0: it cannot be made. */
int host_x509_key(mbedtls_pk_context *out, const char *type);
int host_x509_type_known(const char *type);

/* To DER.  Return the length, or 0: it is too long, or the key cannot sign. */
size_t host_x509_cert(uint8_t *out, size_t cap, const host_cert *c);
size_t host_x509_crl(uint8_t *out, size_t cap, const host_issuer *by, const isakmp_span *serials,
                     size_t n);

/* Random octets for mbedTLS, from libsodium. */
int host_x509_random(void *unused, unsigned char *out, size_t n);

#endif
