/* crypto/mbedtls/groups.c -- Diffie-Hellman: the MODP groups by mbedTLS's bignum, the ECP groups
 * by its ecp, Curve25519 by libsodium.
 *
 * Every private value is drawn for one exchange and never used again: the modular exponentiation
 * of mbedTLS 2.28 is not constant-time.  Every value of a peer is checked before a secret touches
 * it [RFC6989 2.1, 2.3; RFC7748 6.1].  Everything is written with its full length: a
 * secret that begins with zeros must keep them, or one exchange in 256 fails. */
#include <sodium.h>
#include "compat.h"
#ifdef MBEDTLS_BIGNUM_C
#include <mbedtls/bignum.h>
#endif
#ifdef MBEDTLS_ECP_C
#include <mbedtls/ecp.h>
#endif
#include "groups.h"
#include "modp.h"

typedef struct group group;

typedef struct family {
    int (*can)(const group *g);
    int (*make)(const group *g, uint8_t *priv, uint8_t *pub);
    int (*agree)(const group *g, const uint8_t *priv, const uint8_t *peer, uint8_t *out);
} family;

struct group {
    const family *family;
    uint16_t id, priv; /* priv: octets of the private value */
    uint32_t param;    /* MODP: the constant c of its prime; ECP: the mbedtls_ecp_group_id */
};

/* ---- MODP ---------------------------------------------------------------------------------- */

#ifdef MBEDTLS_BIGNUM_C

typedef struct modp {
    mbedtls_mpi p, base, x, result;
} modp;

static void modp_begin(modp *m)
{
    mbedtls_mpi_init(&m->p);
    mbedtls_mpi_init(&m->base);
    mbedtls_mpi_init(&m->x);
    mbedtls_mpi_init(&m->result);
}

static void modp_end(modp *m)
{
    mbedtls_mpi_free(&m->p); /* and wipe */
    mbedtls_mpi_free(&m->base);
    mbedtls_mpi_free(&m->x);
    mbedtls_mpi_free(&m->result);
}

/* p, as modp.h tells; 0 or not. */
static int set_prime(mbedtls_mpi *p, const group *g)
{
    size_t middle = isakmp_group_size(g->id) - 16;
    int bad = mbedtls_mpi_read_binary(p, pi, middle) ||
              mbedtls_mpi_add_int(p, p, (mbedtls_mpi_sint)g->param);
    for (size_t i = 0; i < 64 && !bad; i++)
        bad = mbedtls_mpi_set_bit(p, 8 * middle + i, 1);
    return bad || mbedtls_mpi_shift_l(p, 64) || mbedtls_mpi_sub_int(p, p, 1);
}

/* out = base^priv mod p.  The result is given its room first: mbedtls_mpi_exp_mod() of 2.28 does
 * not look whether there is memory when it copies it there, and would leave what stood in it. */
static int modp_power(modp *m, const group *g, const uint8_t *priv, uint8_t *out)
{
    size_t n = isakmp_group_size(g->id);
    int bad = mbedtls_mpi_read_binary(&m->x, priv, g->priv) ||
              mbedtls_mpi_grow(&m->result, n / sizeof(mbedtls_mpi_uint)) ||
              mbedtls_mpi_exp_mod(&m->result, &m->base, &m->x, &m->p, NULL) ||
              mbedtls_mpi_write_binary(&m->result, out, n);
    return bad ? ISAKMP_E_CRYPTO : ISAKMP_OK;
}

static int modp_can(const group *g)
{
    return isakmp_group_size(g->id) <= MBEDTLS_MPI_MAX_SIZE;
}

/* The first bit of a private value is one, so that its length tells nothing. */
static int modp_make(const group *g, uint8_t *priv, uint8_t *pub)
{
    modp m;
    int rc = ISAKMP_E_CRYPTO;
    randombytes_buf(priv, g->priv);
    priv[0] |= 0x80;
    modp_begin(&m);
    if (set_prime(&m.p, g) == 0 && mbedtls_mpi_lset(&m.base, 2) == 0)
        rc = modp_power(&m, g, priv, pub);
    modp_end(&m);
    return rc;
}

/* 1 < y < p - 1: the other values leave two elements or none.  All primes are safe ones, so there
 * are no other small subgroups. */
static int modp_agree(const group *g, const uint8_t *priv, const uint8_t *peer, uint8_t *out)
{
    modp m;
    int rc = ISAKMP_E_CRYPTO;
    modp_begin(&m);
    if (mbedtls_mpi_read_binary(&m.base, peer, isakmp_group_size(g->id)) == 0 &&
        set_prime(&m.p, g) == 0 && mbedtls_mpi_sub_int(&m.result, &m.p, 1) == 0) {
        rc = ISAKMP_NONE;
        if (mbedtls_mpi_cmp_int(&m.base, 1) > 0 && mbedtls_mpi_cmp_mpi(&m.base, &m.result) < 0)
            rc = modp_power(&m, g, priv, out);
    }
    modp_end(&m);
    return rc;
}

static const family modp_family = {modp_can, modp_make, modp_agree};

#endif

/* ---- ECP ----------------------------------------------------------------------------------- */

#ifdef MBEDTLS_ECP_C

typedef struct ecp {
    mbedtls_ecp_group group;
    mbedtls_ecp_point q, r;
    mbedtls_mpi d;
} ecp;

static int ecp_begin(ecp *e, const group *g)
{
    mbedtls_ecp_group_init(&e->group);
    mbedtls_ecp_point_init(&e->q);
    mbedtls_ecp_point_init(&e->r);
    mbedtls_mpi_init(&e->d);
    return mbedtls_ecp_group_load(&e->group, (mbedtls_ecp_group_id)g->param);
}

static void ecp_end(ecp *e)
{
    mbedtls_ecp_group_free(&e->group); /* and wipe */
    mbedtls_ecp_point_free(&e->q);
    mbedtls_ecp_point_free(&e->r);
    mbedtls_mpi_free(&e->d);
}

static int ecp_random(void *unused, unsigned char *out, size_t n)
{
    (void)unused;
    randombytes_buf(out, n);
    return 0;
}

static int ecp_can(const group *g)
{
    return mbedtls_ecp_curve_info_from_grp_id((mbedtls_ecp_group_id)g->param) != NULL;
}

static int ecp_make(const group *g, uint8_t *priv, uint8_t *pub)
{
    size_t n = g->priv; /* and of a coordinate */
    ecp e;
    int bad = ecp_begin(&e, g) || mbedtls_ecp_gen_keypair(&e.group, &e.d, &e.q, ecp_random, NULL) ||
              mbedtls_mpi_write_binary(&e.d, priv, n) ||
              mbedtls_mpi_write_binary(ISAKMP__X(&e.q), pub, n) ||
              mbedtls_mpi_write_binary(ISAKMP__Y(&e.q), pub + n, n);
    ecp_end(&e);
    return bad ? ISAKMP_E_CRYPTO : ISAKMP_OK;
}

/* Is the peer's point on the curve?  Infinity cannot be written as x | y. */
static int ecp_take(ecp *e, size_t n, const uint8_t *peer)
{
    int bad = mbedtls_mpi_read_binary(ISAKMP__X(&e->q), peer, n) ||
              mbedtls_mpi_read_binary(ISAKMP__Y(&e->q), peer + n, n) ||
              mbedtls_mpi_lset(ISAKMP__Z(&e->q), 1);
    if (bad)
        return ISAKMP_E_CRYPTO;
    bad = mbedtls_ecp_check_pubkey(&e->group, &e->q);
    if (bad == MBEDTLS_ERR_ECP_INVALID_KEY)
        return ISAKMP_NONE;
    return bad ? ISAKMP_E_CRYPTO : ISAKMP_OK;
}

/* The secret is x alone [RFC5903 7]. */
static int ecp_agree(const group *g, const uint8_t *priv, const uint8_t *peer, uint8_t *out)
{
    ecp e;
    int rc = ISAKMP_E_CRYPTO;
    if (ecp_begin(&e, g) == 0 && mbedtls_mpi_read_binary(&e.d, priv, g->priv) == 0)
        rc = ecp_take(&e, g->priv, peer);
    if (rc == ISAKMP_OK &&
        (mbedtls_ecp_mul(&e.group, &e.r, &e.d, &e.q, ecp_random, NULL) ||
         mbedtls_ecp_is_zero(&e.r) || mbedtls_mpi_write_binary(ISAKMP__X(&e.r), out, g->priv)))
        rc = ISAKMP_E_CRYPTO;
    ecp_end(&e);
    return rc;
}

static const family ecp_family = {ecp_can, ecp_make, ecp_agree};

#endif

/* ---- Curve25519 ---------------------------------------------------------------------------- */

static int x25519_can(const group *g)
{
    (void)g;
    return 1;
}

static int x25519_make(const group *g, uint8_t *priv, uint8_t *pub)
{
    randombytes_buf(priv, g->priv);
    return crypto_scalarmult_curve25519_base(pub, priv) == 0 ? ISAKMP_OK : ISAKMP_E_CRYPTO;
}

/* libsodium fails where the result is zero, and only there. */
static int x25519_agree(const group *g, const uint8_t *priv, const uint8_t *peer, uint8_t *out)
{
    (void)g;
    return crypto_scalarmult_curve25519(out, priv, peer) == 0 ? ISAKMP_OK : ISAKMP_NONE;
}

static const family x25519_family = {x25519_can, x25519_make, x25519_agree};

/* ---- The table ----------------------------------------------------------------------------- */

/* A discrete logarithm in a range of 2^x values costs 2^(x/2) steps, so an exponent with twice the
 * bits of the group's strength is never the weaker side, and a longer one is only slower.  RFC 3526
 * section 8 gives two estimates of each strength, between which the truth is likely.  The exponents
 * here, in multiples of 64 bits, are longer than the first estimate asks for, and longer than those
 * of RFC 7919 for groups of the same sizes (225, 275, 325, 375 and 400 bits from 2048 on):
 *
 *     group        strength, exponent by     strength, exponent by     exponent
 *                  RFC 3526's estimate 1     RFC 3526's estimate 2     here
 *      1   768            -                         -                  192
 *      2  1024            -                         -                  192
 *      5  1536         90, 180                  120, 240               256
 *     14  2048        110, 220                  160, 320               256
 *     15  3072        130, 260                  210, 420               320
 *     16  4096        150, 300                  240, 480               384
 *     17  6144        170, 340                  270, 540               448
 *     18  8192        190, 380                  310, 620               512
 *
 * Groups 1 and 2 are not in that RFC; their strengths are usually put at some 65 and 80 bits. */
/* clang-format off */
static const group groups[] = {
#ifdef MBEDTLS_BIGNUM_C
#if ISAKMP_WEAK
    {&modp_family, ISAKMP_GROUP_MODP_768,  192 / 8, 149686},
#endif
    {&modp_family, ISAKMP_GROUP_MODP_1024, 192 / 8, 129093},
    {&modp_family, ISAKMP_GROUP_MODP_1536, 256 / 8, 741804},
    {&modp_family, ISAKMP_GROUP_MODP_2048, 256 / 8, 124476},
    {&modp_family, ISAKMP_GROUP_MODP_3072, 320 / 8, 1690314},
    {&modp_family, ISAKMP_GROUP_MODP_4096, 384 / 8, 240904},
    {&modp_family, ISAKMP_GROUP_MODP_6144, 448 / 8, 929484},
    {&modp_family, ISAKMP_GROUP_MODP_8192, 512 / 8, 4743158},
#endif
#ifdef MBEDTLS_ECP_C
    {&ecp_family, ISAKMP_GROUP_ECP_256, 32, MBEDTLS_ECP_DP_SECP256R1},
    {&ecp_family, ISAKMP_GROUP_ECP_384, 48, MBEDTLS_ECP_DP_SECP384R1},
    {&ecp_family, ISAKMP_GROUP_ECP_521, 66, MBEDTLS_ECP_DP_SECP521R1},
#endif
    {&x25519_family, ISAKMP_GROUP_CURVE25519, 32, 0},
};
/* clang-format on */

static const group *find_group(uint16_t id)
{
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
        if (groups[i].id == id && groups[i].family->can(&groups[i]))
            return &groups[i];
    return NULL;
}

int isakmp__mbedtls_group_can(uint16_t group_id)
{
    return find_group(group_id) != NULL;
}

int isakmp__mbedtls_dh_new(void *self, isakmp_ticket ticket, uint16_t group_id, uint8_t *priv,
                           size_t *priv_n, uint8_t *pub)
{
    const group *g = find_group(group_id);
    (void)self;
    (void)ticket;
    if (g == NULL)
        return ISAKMP_E_ARG;
    *priv_n = g->priv;
    return g->family->make(g, priv, pub);
}

int isakmp__mbedtls_dh_key(void *self, isakmp_ticket ticket, uint16_t group_id, isakmp_span priv,
                           isakmp_span peer, uint8_t *out)
{
    const group *g = find_group(group_id);
    (void)self;
    (void)ticket;
    if (g == NULL || priv.n != g->priv)
        return ISAKMP_E_ARG;
    if (peer.n != isakmp_group_size(group_id))
        return ISAKMP_NONE;
    return g->family->agree(g, priv.p, peer.p, out);
}
