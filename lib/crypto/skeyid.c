/* crypto/skeyid.c -- SKEYID, its children, and the cipher key [RFC2409 5, App. B].
 *
 * All sizes follow from the negotiated hash; nothing here knows about messages or SAs, so the
 * official vectors test it as it stands. */
#include "keys.h"
#include "base/secret.h"

int isakmp__skeyid_psk(const isakmp_crypto *c, uint16_t hash, isakmp_span psk, isakmp_span ni,
                       isakmp_span nr, uint8_t *skeyid)
{
    return isakmp__prf(c, hash, psk, ISAKMP__PARTS(ni, nr), skeyid);
}

/* Here the nonces are the key, but an HMAC key is one span: they are joined, or hashed first where
 * they are longer than a block, as HMAC itself would do [RFC2104 2]. */
static int keyed_by_nonces(const isakmp_crypto *c, uint16_t hash, isakmp_span ni, isakmp_span nr,
                           isakmp_span data, uint8_t *skeyid)
{
    uint8_t key[128];
    size_t n = ni.n + nr.n, block = isakmp_hash_size(hash) > 32 ? 128 : 64;
    int rc = ISAKMP_OK;
    if (n > block) {
        rc = isakmp__hash(c, hash, ISAKMP__PARTS(ni, nr), key);
        n = isakmp_hash_size(hash);
    } else {
        memcpy(key, ni.p, ni.n);
        memcpy(key + ni.n, nr.p, nr.n);
    }
    if (rc == ISAKMP_OK)
        rc = isakmp__prf(c, hash, isakmp__span(key, n), ISAKMP__PARTS(data), skeyid);
    isakmp__wipe(key, sizeof key);
    return rc;
}

int isakmp__skeyid_sig(const isakmp_crypto *c, uint16_t hash, isakmp_span ni, isakmp_span nr,
                       isakmp_span g_xy, uint8_t *skeyid)
{
    return keyed_by_nonces(c, hash, ni, nr, g_xy, skeyid);
}

int isakmp__skeyid_pke_cisco(const isakmp_crypto *c, uint16_t hash, isakmp_span ni, isakmp_span nr,
                             isakmp_span cookies, uint8_t *skeyid)
{
    return keyed_by_nonces(c, hash, ni, nr, cookies, skeyid);
}

int isakmp__skeyid_pke(const isakmp_crypto *c, uint16_t hash, isakmp_span ni, isakmp_span nr,
                       isakmp_span cookies, uint8_t *skeyid)
{
    uint8_t key[ISAKMP_MAX_HASH];
    int rc = isakmp__hash(c, hash, ISAKMP__PARTS(ni, nr), key);
    if (rc == ISAKMP_OK)
        rc = isakmp__prf(c, hash, isakmp__span(key, isakmp_hash_size(hash)), ISAKMP__PARTS(cookies),
                         skeyid);
    isakmp__wipe(key, sizeof key);
    return rc;
}

int isakmp__skeyid_children(const isakmp_crypto *c, uint16_t hash, const uint8_t *skeyid,
                            isakmp_span g_xy, isakmp_span cookies, isakmp__skeys *out)
{
    static const uint8_t octet[3] = {0, 1, 2};
    size_t n = isakmp_hash_size(hash);
    isakmp_span key = isakmp__span(skeyid, n);
    int rc =
        isakmp__prf(c, hash, key, ISAKMP__PARTS(g_xy, cookies, isakmp__span(octet, 1)), out->d);
    if (rc == ISAKMP_OK)
        rc = isakmp__prf(
            c, hash, key,
            ISAKMP__PARTS(isakmp__span(out->d, n), g_xy, cookies, isakmp__span(octet + 1, 1)),
            out->a);
    if (rc == ISAKMP_OK)
        rc = isakmp__prf(
            c, hash, key,
            ISAKMP__PARTS(isakmp__span(out->a, n), g_xy, cookies, isakmp__span(octet + 2, 1)),
            out->e);
    return rc;
}

/* The four weak and twelve semi-weak keys of DES [FIPS 74; RFC2409 App. A prints two of them
 * differently]: two octets alternate, each one of four.  The second half of a key shows two of the
 * four in another form, because the key schedule takes the halves apart; the last bit of an octet
 * is parity. */
int isakmp__is_weak_des(const uint8_t *key)
{
    static const uint8_t form[4][2] = {{0x00, 0x00}, {0xfe, 0xfe}, {0x1e, 0x0e}, {0xe0, 0xf0}};
    for (unsigned pair = 0; pair < 16; pair++) {
        uint8_t diff = 0;
        for (unsigned i = 0; i < 8; i++) {
            const uint8_t *want = form[i & 1 ? pair / 4 : pair % 4];
            diff = (uint8_t)(diff | ((key[i] & 0xfe) ^ want[i / 4]));
        }
        if (diff == 0)
            return 1;
    }
    return 0;
}

/* A SKEYID_e that is too short is stretched, and then the stretched key is used whole:
 *     Ka = K1 | K2 | ...   K1 = prf(SKEYID_e, 0)   Kn = prf(SKEYID_e, K(n-1)) */
int isakmp__cipher_key(const isakmp_crypto *c, uint16_t hash, uint16_t cipher,
                       const uint8_t *skeyid_e, uint8_t *key, size_t n)
{
    static const uint8_t zero;
    size_t size = isakmp_hash_size(hash);
    uint8_t k[ISAKMP_MAX_HASH];
    isakmp_span in = isakmp__span(&zero, 1);
    int rc = ISAKMP_OK;
    if (size >= n)
        memcpy(key, skeyid_e, n);
    for (size_t done = 0; size < n && done < n && rc == ISAKMP_OK; done += size) {
        rc = isakmp__prf(c, hash, isakmp__span(skeyid_e, size), &in, 1, k);
        if (rc == ISAKMP_OK)
            memcpy(key + done, k, n - done < size ? n - done : size);
        in = isakmp__span(k, size);
    }
    isakmp__wipe(k, sizeof k);
    if (rc == ISAKMP_OK && cipher == ISAKMP_CIPHER_DES && isakmp__is_weak_des(key))
        return ISAKMP_NONE;
    return rc;
}

/* Stretched like SKEYID_e.  A weak key of DES is not looked for: the sender has drawn the nonce and used
 * the key. */
int isakmp__nonce_key(const isakmp_crypto *c, uint16_t hash, isakmp_span nonce, isakmp_span cookie,
                      uint8_t *key, size_t n)
{
    uint8_t ne[ISAKMP_MAX_HASH];
    int rc = isakmp__prf(c, hash, nonce, ISAKMP__PARTS(cookie), ne);
    if (rc == ISAKMP_OK)
        rc = isakmp__cipher_key(c, hash, 0, ne, key, n);
    isakmp__wipe(ne, sizeof ne);
    return rc;
}
