/* live/live_esp.c -- ESP in user space, as much of it as a ping needs: tunnel mode, no window. */
#include <mbedtls/cipher.h>
#include <mbedtls/md.h>
#include <string.h>
#include "live_esp.h"

typedef struct esp_suite {
    mbedtls_cipher_type_t cipher;
    size_t iv, icv;
    mbedtls_md_type_t md;
} esp_suite;

/* ICV lengths: RFC 2403, 2404, 4868. */
static esp_suite suite_of(const isakmp_protect *p)
{
    esp_suite s = {MBEDTLS_CIPHER_NULL, 0, 0, MBEDTLS_MD_NONE};
    if (p->transform == ISAKMP_ESP_DES)
        s.cipher = MBEDTLS_CIPHER_DES_CBC;
    else if (p->transform == ISAKMP_ESP_3DES)
        s.cipher = MBEDTLS_CIPHER_DES_EDE3_CBC;
    else if (p->transform == ISAKMP_ESP_AES_CBC)
        s.cipher = p->key_bits == 256   ? MBEDTLS_CIPHER_AES_256_CBC
                   : p->key_bits == 192 ? MBEDTLS_CIPHER_AES_192_CBC
                                        : MBEDTLS_CIPHER_AES_128_CBC;
    s.iv = p->transform == ISAKMP_ESP_AES_CBC ? 16 : p->transform == ISAKMP_ESP_NULL ? 0 : 8;
    s.md = p->integ == ISAKMP_INTEG_HMAC_MD5      ? MBEDTLS_MD_MD5
           : p->integ == ISAKMP_INTEG_HMAC_SHA1   ? MBEDTLS_MD_SHA1
           : p->integ == ISAKMP_INTEG_HMAC_SHA256 ? MBEDTLS_MD_SHA256
           : p->integ == ISAKMP_INTEG_HMAC_SHA384 ? MBEDTLS_MD_SHA384
                                                  : MBEDTLS_MD_SHA512;
    s.icv = s.md == MBEDTLS_MD_SHA256   ? 16
            : s.md == MBEDTLS_MD_SHA384 ? 24
            : s.md == MBEDTLS_MD_SHA512 ? 32
                                        : 12;
    return s;
}

static int esp_crypt(const esp_suite *s, const isakmp_sad_entry *e, int encrypt, const uint8_t *iv,
                     uint8_t *data, size_t n)
{
    mbedtls_cipher_context_t c;
    uint8_t out[2048];
    size_t got = 0, end = 0;
    int rc;
    if (s->cipher == MBEDTLS_CIPHER_NULL)
        return 0;
    mbedtls_cipher_init(&c);
    rc = mbedtls_cipher_setup(&c, mbedtls_cipher_info_from_type(s->cipher));
    if (rc == 0)
        rc = mbedtls_cipher_setkey(&c, e->enc_key.p, (int)(8 * e->enc_key.n),
                                   encrypt ? MBEDTLS_ENCRYPT : MBEDTLS_DECRYPT);
    if (rc == 0)
        rc = mbedtls_cipher_set_padding_mode(&c, MBEDTLS_PADDING_NONE);
    if (rc == 0)
        rc = mbedtls_cipher_set_iv(&c, iv, s->iv);
    if (rc == 0)
        rc = mbedtls_cipher_update(&c, data, n, out, &got);
    if (rc == 0)
        rc = mbedtls_cipher_finish(&c, out + got, &end);
    if (rc == 0)
        memcpy(data, out, got + end);
    mbedtls_cipher_free(&c);
    return rc;
}

static void icv(const esp_suite *s, const isakmp_sad_entry *e, const uint8_t *data, size_t n,
                uint8_t *out)
{
    mbedtls_md_hmac(mbedtls_md_info_from_type(s->md), e->auth_key.p, e->auth_key.n, data, n, out);
}

static void put32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* SPI | sequence | IV | payload, padding, pad length, next header | ICV [RFC4303 2] */
size_t live_esp_wrap(const isakmp_sad_entry *e, uint32_t seq, const uint8_t *inner, size_t n,
                     uint8_t *out)
{
    esp_suite s = suite_of(&e->algs);
    size_t block = s.iv ? s.iv : 4, body = (n + 2 + block - 1) / block * block, pad = body - n - 2;
    uint8_t *data = out + 8 + s.iv, mac[64];
    put32(out, e->spi);
    put32(out + 4, seq);
    memset(out + 8, 0x5a, s.iv);
    memcpy(data, inner, n);
    for (size_t i = 0; i < pad; i++)
        data[n + i] = (uint8_t)(i + 1);
    data[body - 2] = (uint8_t)pad;
    data[body - 1] = 4; /* IPv4 */
    if (esp_crypt(&s, e, 1, out + 8, data, body) != 0)
        return 0;
    icv(&s, e, out, 8 + s.iv + body, mac);
    memcpy(data + body, mac, s.icv);
    return 8 + s.iv + body + s.icv;
}

size_t live_esp_unwrap(const isakmp_sad_entry *e, uint8_t *packet, size_t n, uint8_t **inner)
{
    esp_suite s = suite_of(&e->algs);
    uint8_t mac[64];
    size_t body;
    if (n < 8 + s.iv + 4 + s.icv)
        return 0;
    body = n - 8 - s.iv - s.icv;
    icv(&s, e, packet, n - s.icv, mac);
    *inner = packet + 8 + s.iv;
    if (memcmp(mac, packet + n - s.icv, s.icv) != 0 ||
        esp_crypt(&s, e, 0, packet + 8, *inner, body) != 0 ||
        (size_t)(*inner)[body - 2] + 2 > body || (*inner)[body - 1] != 4)
        return 0;
    return body - 2 - (*inner)[body - 2];
}
