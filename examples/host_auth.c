/* host_auth.c -- methods of authentication as people write them. */
#include <stdio.h>
#include <string.h>
#include "host_auth.h"

#define SIGNATURES (HOST_NEED_SIGN | HOST_NEED_VERIFY)

static const struct {
    const char *name;
    uint16_t auth;
    unsigned as_initiator, as_responder; /* what they need */
} methods[] = {
    {"psk", ISAKMP_AUTH_PSK, HOST_NEED_PSK, HOST_NEED_PSK},
    {"rsa-sig", ISAKMP_AUTH_RSA_SIG, SIGNATURES, SIGNATURES},
    {"rsa-encr", ISAKMP_AUTH_RSA_ENCR, HOST_NEED_ENCRYPT, HOST_NEED_ENCRYPT},
    {"rsa-encr-rev", ISAKMP_AUTH_RSA_ENCR_REV, HOST_NEED_ENCRYPT, HOST_NEED_ENCRYPT},
    {"ecdsa256", ISAKMP_AUTH_ECDSA_P256_SHA256, SIGNATURES, SIGNATURES},
    {"ecdsa384", ISAKMP_AUTH_ECDSA_P384_SHA384, SIGNATURES, SIGNATURES},
    {"ecdsa521", ISAKMP_AUTH_ECDSA_P521_SHA512, SIGNATURES, SIGNATURES},
    {"ecdsa", HOST_AUTH_ECDSA, SIGNATURES, SIGNATURES},
    {"hybrid", HOST_AUTH_HYBRID, HOST_NEED_VERIFY | HOST_NEED_USER,
     HOST_NEED_SIGN | HOST_NEED_USER},
    {"xauth-psk", HOST_AUTH_XAUTH_PSK, HOST_NEED_PSK | HOST_NEED_USER,
     HOST_NEED_PSK | HOST_NEED_USER},
    {"xauth-rsa", HOST_AUTH_XAUTH_RSA, SIGNATURES | HOST_NEED_USER, SIGNATURES | HOST_NEED_USER},
};
#define N_METHODS (sizeof methods / sizeof methods[0])

static size_t find_name(const char *name, size_t n)
{
    size_t i = 0;
    while (i < N_METHODS && (strlen(methods[i].name) != n || memcmp(methods[i].name, name, n) != 0))
        i++;
    return i;
}

static size_t find_method(uint16_t auth)
{
    size_t i = 0;
    while (i < N_METHODS && methods[i].auth != auth)
        i++;
    return i;
}

const char *host_method_name(uint16_t auth)
{
    return find_method(auth) < N_METHODS ? methods[find_method(auth)].name : "?";
}

int host_method_signs(uint16_t auth)
{
    size_t i = find_method(auth);
    return i < N_METHODS && (methods[i].as_initiator & SIGNATURES) == SIGNATURES;
}

int host_has_method(const host_methods *m, uint16_t auth)
{
    for (size_t i = 0; i < m->n; i++)
        if (m->auth[i] == auth)
            return 1;
    return 0;
}

unsigned host_method_needs(const host_methods *m, int initiator)
{
    unsigned needs = 0;
    for (size_t i = 0; i < m->n; i++) {
        size_t k = find_method(m->auth[i]);
        needs |= initiator ? methods[k].as_initiator : methods[k].as_responder;
    }
    return needs;
}

/* ---- Lists ---------------------------------------------------------------------------------- */

static int is_ecdsa(uint16_t auth)
{
    return host_method_signs(auth) && auth != ISAKMP_AUTH_RSA_SIG && auth != HOST_AUTH_XAUTH_RSA;
}

/* "ecdsa" is one of those with a number. */
static int is_same(uint16_t a, uint16_t b)
{
    return a == b || ((a == HOST_AUTH_ECDSA || b == HOST_AUTH_ECDSA) && is_ecdsa(a) && is_ecdsa(b));
}

static int is_there(const host_methods *m, uint16_t auth)
{
    for (size_t i = 0; i < m->n; i++)
        if (is_same(m->auth[i], auth))
            return 1;
    return 0;
}

static int complain(char *error, size_t cap, const char *list)
{
    int n = snprintf(error, cap, "takes one or more of ");
    for (size_t i = 0; i < N_METHODS && n > 0 && (size_t)n < cap; i++)
        n += snprintf(error + n, cap - (size_t)n, "%s, ", methods[i].name);
    if (n > 0 && (size_t)n < cap)
        snprintf(error + n, cap - (size_t)n, "with commas between them, the best first, not \"%s\"",
                 list);
    return 0;
}

int host_parse_methods(host_methods *out, const char *list, char *error, size_t cap)
{
    const char *at = list;
    out->n = 0;
    do {
        size_t n = strcspn(at, ","), i = find_name(at, n);
        if (i == N_METHODS)
            return complain(error, cap, list);
        if (is_there(out, methods[i].auth)) {
            snprintf(error, cap, "names %s twice in \"%s\"", methods[i].name, list);
            return 0;
        }
        out->auth[out->n++] = methods[i].auth;
        at += n;
    } while (*at++ == ',');
    return 1;
}
