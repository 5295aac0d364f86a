/* host_auth.h -- methods of authentication as people write them: "rsa-encr,rsa-sig". */
#ifndef HOST_AUTH_H
#define HOST_AUTH_H

#include "isakmp/policy.h"

/* As many as there are. */
#define HOST_MAX_METHODS 10
/* "ecdsa": as the curve of our key says. */
#define HOST_AUTH_ECDSA 0xffff
/* "hybrid" and the methods with XAUTH: the initiator is the client, and the responder the gateway. */
#define HOST_AUTH_HYBRID    ISAKMP_AUTH_HYBRID_INIT_RSA
#define HOST_AUTH_XAUTH_PSK ISAKMP_AUTH_XAUTH_INIT_PSK
#define HOST_AUTH_XAUTH_RSA ISAKMP_AUTH_XAUTH_INIT_RSA

typedef struct host_methods {
    uint16_t auth[HOST_MAX_METHODS]; /* ISAKMP_AUTH_* or HOST_AUTH_*, the best first */
    size_t n;
} host_methods;

/* Read a list with commas.
 *   returns  1, or 0 with one sentence in error. */
int host_parse_methods(host_methods *out, const char *list, char *error, size_t error_cap);
const char *host_method_name(uint16_t auth);
int host_has_method(const host_methods *m, uint16_t auth);
int host_method_signs(uint16_t auth);

/* What a list needs. */
enum {
    HOST_NEED_PSK = 1,
    HOST_NEED_SIGN = 2,    /* a key of ours for signatures                    */
    HOST_NEED_VERIFY = 4,  /* something that says whose signatures are believed */
    HOST_NEED_ENCRYPT = 8, /* keys for encryption, ours and the peer's        */
    HOST_NEED_USER = 16    /* users with passwords: the client's, or those that the gateway knows */
};
unsigned host_method_needs(const host_methods *m, int initiator);

#endif
