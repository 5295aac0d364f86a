/* policy/methods.c -- methods of authentication: whose messages they have, what key material they need, and
 * whose user is authenticated after them.
 *
 * XAUTH is "extended" authentication: phase 1 is that of a method without it, and then the user of one side, the
 * client, is authenticated [draft-beaulieu-ike-xauth-02 7.2].  Hybrid authentication does not go without it. */
#include "match.h"

/* A method of credentials is the bit of its number; of the others we only know whether they can be used, and
 * they take bits that no such method has. */
static const struct {
    uint16_t auth;
    uint8_t family, bit, user;
    uint16_t base;
} methods[] = {
    {ISAKMP_AUTH_PSK, ISAKMP__AUTH_PSK, 1, 0, ISAKMP_AUTH_PSK},
    {ISAKMP_AUTH_RSA_SIG, ISAKMP__AUTH_SIG, 3, 0, ISAKMP_AUTH_RSA_SIG},
    {ISAKMP_AUTH_RSA_ENCR, ISAKMP__AUTH_PKE, 4, 0, ISAKMP_AUTH_RSA_ENCR},
    {ISAKMP_AUTH_RSA_ENCR_REV, ISAKMP__AUTH_REV, 5, 0, ISAKMP_AUTH_RSA_ENCR_REV},
    {ISAKMP_AUTH_ECDSA_P256_SHA256, ISAKMP__AUTH_SIG, 9, 0, ISAKMP_AUTH_ECDSA_P256_SHA256},
    {ISAKMP_AUTH_ECDSA_P384_SHA384, ISAKMP__AUTH_SIG, 10, 0, ISAKMP_AUTH_ECDSA_P384_SHA384},
    {ISAKMP_AUTH_ECDSA_P521_SHA512, ISAKMP__AUTH_SIG, 11, 0, ISAKMP_AUTH_ECDSA_P521_SHA512},
    {ISAKMP_AUTH_XAUTH_INIT_PSK, ISAKMP__AUTH_PSK, 22, ISAKMP__USER_I, ISAKMP_AUTH_PSK},
    {ISAKMP_AUTH_XAUTH_RESP_PSK, ISAKMP__AUTH_PSK, 23, ISAKMP__USER_R, ISAKMP_AUTH_PSK},
    {ISAKMP_AUTH_XAUTH_INIT_RSA, ISAKMP__AUTH_SIG, 24, ISAKMP__USER_I, ISAKMP_AUTH_RSA_SIG},
    {ISAKMP_AUTH_XAUTH_RESP_RSA, ISAKMP__AUTH_SIG, 25, ISAKMP__USER_R, ISAKMP_AUTH_RSA_SIG},
    {ISAKMP_AUTH_XAUTH_INIT_ENCR, ISAKMP__AUTH_PKE, 26, ISAKMP__USER_I, ISAKMP_AUTH_RSA_ENCR},
    {ISAKMP_AUTH_XAUTH_RESP_ENCR, ISAKMP__AUTH_PKE, 27, ISAKMP__USER_R, ISAKMP_AUTH_RSA_ENCR},
    {ISAKMP_AUTH_XAUTH_INIT_REV, ISAKMP__AUTH_REV, 28, ISAKMP__USER_I, ISAKMP_AUTH_RSA_ENCR_REV},
    {ISAKMP_AUTH_XAUTH_RESP_REV, ISAKMP__AUTH_REV, 29, ISAKMP__USER_R, ISAKMP_AUTH_RSA_ENCR_REV},
    {ISAKMP_AUTH_HYBRID_INIT_RSA, ISAKMP__AUTH_HYI, 30, ISAKMP__USER_I, ISAKMP_AUTH_RSA_SIG},
    {ISAKMP_AUTH_HYBRID_RESP_RSA, ISAKMP__AUTH_HYR, 31, ISAKMP__USER_R, ISAKMP_AUTH_RSA_SIG},
};
#define N_METHODS (sizeof methods / sizeof methods[0])

/* Its place, N_METHODS if it is not served. */
static size_t place_of(uint16_t auth)
{
    size_t i = 0;
    while (i < N_METHODS && methods[i].auth != auth)
        i++;
    return i;
}

uint8_t isakmp__auth_family(uint16_t auth)
{
    size_t i = place_of(auth);
    return i < N_METHODS ? methods[i].family : 0;
}

uint32_t isakmp__auth_bit(uint16_t auth)
{
    size_t i = place_of(auth);
    return i < N_METHODS ? UINT32_C(1) << methods[i].bit : 0;
}

uint8_t isakmp__auth_user(uint16_t auth)
{
    size_t i = place_of(auth);
    return i < N_METHODS ? methods[i].user : 0;
}

uint16_t isakmp__auth_base(uint16_t auth)
{
    size_t i = place_of(auth);
    return i < N_METHODS ? methods[i].base : auth;
}

uint32_t isakmp__auth_bits(uint8_t families)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < N_METHODS; i++)
        if (methods[i].family & families)
            bits |= UINT32_C(1) << methods[i].bit;
    return bits;
}

uint32_t isakmp__auth_user_bits(void)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < N_METHODS; i++)
        if (methods[i].user)
            bits |= UINT32_C(1) << methods[i].bit;
    return bits;
}

/* Hybrid methods are not among them: there the client needs no key. */
uint32_t isakmp__auth_extended(uint32_t bits)
{
    const uint8_t hybrid = ISAKMP__AUTH_HYI | ISAKMP__AUTH_HYR;
    uint32_t more = 0;
    for (size_t i = 0; i < N_METHODS; i++)
        if (methods[i].user && !(methods[i].family & hybrid) &&
            isakmp__auth_bit(methods[i].base) & bits)
            more |= UINT32_C(1) << methods[i].bit;
    return more;
}

int isakmp__keys_prove(uint16_t auth)
{
    return (isakmp__auth_family(auth) & (ISAKMP__AUTH_PSK | ISAKMP__AUTH_PKE | ISAKMP__AUTH_REV)) !=
           0;
}

int isakmp__auth_signs(uint16_t auth, int initiator)
{
    uint8_t families = ISAKMP__AUTH_SIG | (initiator ? ISAKMP__AUTH_HYR : ISAKMP__AUTH_HYI);
    return (isakmp__auth_family(auth) & families) != 0;
}
