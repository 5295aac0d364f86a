/* host_kind.h -- what a file is, so that a sentence can say so when it is the wrong one; and how keys are told
 * apart by eye. */
#ifndef HOST_KIND_H
#define HOST_KIND_H

#include "host_file.h"

enum {
    HOST_KIND_PRIVATE = 1,
    HOST_KIND_PUBLIC = 2,
    HOST_KIND_CERT = 4,
    HOST_KIND_CRL = 8,
    HOST_KIND_REQUEST = 16
};

/* HOST_KIND_*, all that are in a PEM file; 0: it cannot be told. */
unsigned host_kinds(const host_file *f);
/* "a private key", of the first of some. */
const char *host_kind_name(unsigned kinds);

/* "sha256:" and 64 hex digits. */
#define HOST_FINGERPRINT 72
/* Of a public key in DER (SubjectPublicKeyInfo): the same for a private key, its public one, and each
 * certificate for it. */
void host_fingerprint(char out[HOST_FINGERPRINT], isakmp_span key);

#endif
