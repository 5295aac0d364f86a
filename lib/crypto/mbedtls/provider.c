/* crypto/mbedtls/provider.c -- the stock isakmp_crypto: hashes, HMAC and CBC by mbedTLS, random
 * octets by libsodium, Diffie-Hellman in groups.c.
 *
 * The table is constant and no call leaves anything behind, so any number of contexts and threads
 * may share it.  What an algorithm needs of mbedTLS is asked of the library that is linked where it
 * can tell, and of its configuration where it cannot; what is not there is answered with 0 by
 * can() and with ISAKMP_E_ARG by everything else.
 *
 * Hashes go through mbedTLS's md layer, which keeps their state on its heap for the length of a
 * call.  The contexts of the single hashes would lie on the stack, but a build whose hashes are
 * done by an accelerator has only the layer. */
#include <sodium.h>
#include "compat.h"
#include <mbedtls/md.h>
#if ISAKMP__HAVE_AES
#include <mbedtls/aes.h>
#endif
#if ISAKMP__HAVE_DES
#include <mbedtls/des.h>
#endif
#include "groups.h"
#include "isakmp/mbedtls.h"

/* ---- Hashes and HMAC ----------------------------------------------------------------------- */

/* clang-format off */
static const struct {
    uint16_t id;
    mbedtls_md_type_t md;
} hashes[] = {
#if ISAKMP_WEAK
    {ISAKMP_HASH_MD5,    MBEDTLS_MD_MD5},
#endif
    {ISAKMP_HASH_SHA1,   MBEDTLS_MD_SHA1},
    {ISAKMP_HASH_SHA256, MBEDTLS_MD_SHA256},
    {ISAKMP_HASH_SHA384, MBEDTLS_MD_SHA384},
    {ISAKMP_HASH_SHA512, MBEDTLS_MD_SHA512},
};
/* clang-format on */

/* NULL if it is not known, or not in the mbedTLS that is linked. */
static const mbedtls_md_info_t *find_hash(uint16_t id)
{
    for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++)
        if (hashes[i].id == id)
            return mbedtls_md_info_from_type(hashes[i].md);
    return NULL;
}

static int hash(void *self, uint16_t id, const isakmp_span *in, size_t n, uint8_t *out)
{
    const mbedtls_md_info_t *info = find_hash(id);
    mbedtls_md_context_t md;
    int bad;
    (void)self;
    if (info == NULL)
        return ISAKMP_E_ARG;
    mbedtls_md_init(&md);
    bad = mbedtls_md_setup(&md, info, 0) || mbedtls_md_starts(&md);
    for (size_t i = 0; i < n && !bad; i++)
        bad = mbedtls_md_update(&md, in[i].p, in[i].n);
    bad = bad || mbedtls_md_finish(&md, out);
    mbedtls_md_free(&md); /* and wipe */
    return bad ? ISAKMP_E_CRYPTO : ISAKMP_OK;
}

static int hmac(void *self, uint16_t id, isakmp_span key, const isakmp_span *in, size_t n,
                uint8_t *out)
{
    const mbedtls_md_info_t *info = find_hash(id);
    mbedtls_md_context_t md;
    int bad;
    (void)self;
    if (info == NULL)
        return ISAKMP_E_ARG;
    mbedtls_md_init(&md);
    bad = mbedtls_md_setup(&md, info, 1) || mbedtls_md_hmac_starts(&md, key.p, key.n);
    for (size_t i = 0; i < n && !bad; i++)
        bad = mbedtls_md_hmac_update(&md, in[i].p, in[i].n);
    bad = bad || mbedtls_md_hmac_finish(&md, out);
    mbedtls_md_free(&md);
    return bad ? ISAKMP_E_CRYPTO : ISAKMP_OK;
}

/* ---- CBC ----------------------------------------------------------------------------------- */

/* Each: 0 or not. */
typedef int cbc_function(int encrypt, isakmp_span key, uint8_t *iv, uint8_t *data, size_t n);

#if ISAKMP__HAVE_AES
static int aes_cbc(int encrypt, isakmp_span key, uint8_t *iv, uint8_t *data, size_t n)
{
    mbedtls_aes_context aes;
    unsigned bits = (unsigned)(8 * key.n);
    int bad;
    mbedtls_aes_init(&aes);
    bad = (encrypt ? mbedtls_aes_setkey_enc : mbedtls_aes_setkey_dec)(&aes, key.p, bits) ||
          mbedtls_aes_crypt_cbc(&aes, encrypt ? MBEDTLS_AES_ENCRYPT : MBEDTLS_AES_DECRYPT, n, iv,
                                data, data);
    mbedtls_aes_free(&aes); /* and wipe */
    return bad;
}
#endif

#if ISAKMP__HAVE_DES && ISAKMP_WEAK
static int des_cbc(int encrypt, isakmp_span key, uint8_t *iv, uint8_t *data, size_t n)
{
    mbedtls_des_context des;
    int bad;
    mbedtls_des_init(&des);
    bad = (encrypt ? mbedtls_des_setkey_enc : mbedtls_des_setkey_dec)(&des, key.p) ||
          mbedtls_des_crypt_cbc(&des, encrypt ? MBEDTLS_DES_ENCRYPT : MBEDTLS_DES_DECRYPT, n, iv,
                                data, data);
    mbedtls_des_free(&des);
    return bad;
}
#endif

#if ISAKMP__HAVE_DES
static int des3_cbc(int encrypt, isakmp_span key, uint8_t *iv, uint8_t *data, size_t n)
{
    mbedtls_des3_context des;
    int bad;
    mbedtls_des3_init(&des);
    bad = (encrypt ? mbedtls_des3_set3key_enc : mbedtls_des3_set3key_dec)(&des, key.p) ||
          mbedtls_des3_crypt_cbc(&des, encrypt ? MBEDTLS_DES_ENCRYPT : MBEDTLS_DES_DECRYPT, n, iv,
                                 data, data);
    mbedtls_des3_free(&des);
    return bad;
}
#endif

/* The last line ends the table, which may have no other. */
static const struct {
    uint16_t id;
    cbc_function *run;
} ciphers[] = {
#if ISAKMP__HAVE_DES && ISAKMP_WEAK
    {ISAKMP_CIPHER_DES, des_cbc},
#endif
#if ISAKMP__HAVE_DES
    {ISAKMP_CIPHER_3DES, des3_cbc},
#endif
#if ISAKMP__HAVE_AES
    {ISAKMP_CIPHER_AES, aes_cbc},
#endif
    {0, NULL},
};

static cbc_function *find_cipher(uint16_t id)
{
    size_t i = 0;
    while (ciphers[i].run != NULL && ciphers[i].id != id)
        i++;
    return ciphers[i].run;
}

/* The octets of a cipher's key; 0 if this mbedTLS has not the cipher, or not with such a key.
 *   key_bits  the Key Length attribute, 0 if the cipher has only one. */
static size_t key_size(uint16_t id, uint16_t key_bits)
{
    if (find_cipher(id) == NULL || key_bits > ISAKMP__MOST_KEY_BITS)
        return 0;
    return isakmp_cipher_key(id, key_bits);
}

/* Is n the length of a key of the cipher? */
static int key_fits(uint16_t id, size_t n)
{
    size_t fixed = key_size(id, 0);
    return n > 0 && n <= ISAKMP_MAX_KEY && n == (fixed ? fixed : key_size(id, (uint16_t)(8 * n)));
}

static int cbc(void *self, uint16_t cipher, int encrypt, isakmp_span key, uint8_t *iv,
               uint8_t *data, size_t n)
{
    cbc_function *run = find_cipher(cipher);
    (void)self;
    if (!key_fits(cipher, key.n) || n % isakmp_cipher_block(cipher))
        return ISAKMP_E_ARG;
    return run(encrypt, key, iv, data, n) ? ISAKMP_E_CRYPTO : ISAKMP_OK;
}

/* ---- The table ----------------------------------------------------------------------------- */

static int can(void *self, uint8_t kind, uint16_t id, uint16_t key_bits)
{
    (void)self;
    switch (kind) {
    case ISAKMP_CAN_CIPHER:
        return key_size(id, key_bits) != 0;
    case ISAKMP_CAN_HASH:
        return find_hash(id) != NULL;
    case ISAKMP_CAN_GROUP:
        return isakmp__mbedtls_group_can(id);
    default:
        return 0;
    }
}

static int random_octets(void *self, uint8_t *out, size_t n)
{
    (void)self;
    randombytes_buf(out, n);
    return ISAKMP_OK;
}

const isakmp_crypto *isakmp_crypto_mbedtls(void)
{
    static const isakmp_crypto provider = {
        .size = sizeof provider,
        .can = can,
        .random = random_octets,
        .hash = hash,
        .hmac = hmac,
        .cbc = cbc,
        .dh_new = isakmp__mbedtls_dh_new,
        .dh_key = isakmp__mbedtls_dh_key,
    };
    return sodium_init() < 0 ? NULL : &provider;
}
