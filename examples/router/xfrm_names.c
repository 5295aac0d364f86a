/* xfrm_names.c -- a protection in the kernel's words, and what the policies for it need. */
#include <string.h>
#include "xfrm.h"

static const struct {
    uint8_t transform;
    const char *cipher, *aead;
    unsigned icv_bits;
} ciphers[] = {
    {ISAKMP_ESP_DES, "cbc(des)", NULL, 0},
    {ISAKMP_ESP_3DES, "cbc(des3_ede)", NULL, 0},
    {ISAKMP_ESP_CAST, "cbc(cast5)", NULL, 0},
    {ISAKMP_ESP_BLOWFISH, "cbc(blowfish)", NULL, 0},
    {ISAKMP_ESP_CAMELLIA, "cbc(camellia)", NULL, 0},
    {ISAKMP_ESP_NULL, "ecb(cipher_null)", NULL, 0},
    {ISAKMP_ESP_AES_CBC, "cbc(aes)", NULL, 0},
    {ISAKMP_ESP_AES_CTR, "rfc3686(ctr(aes))", NULL, 0},
    {ISAKMP_ESP_AES_GCM_8, NULL, "rfc4106(gcm(aes))", 64},
    {ISAKMP_ESP_AES_GCM_12, NULL, "rfc4106(gcm(aes))", 96},
    {ISAKMP_ESP_AES_GCM_16, NULL, "rfc4106(gcm(aes))", 128},
    {ISAKMP_ESP_NULL_GMAC, NULL, "rfc4543(gcm(aes))", 128},
};

static const struct {
    uint16_t integ;
    const char *name;
    unsigned icv_bits;
} integs[] = {
    {ISAKMP_INTEG_HMAC_MD5, "hmac(md5)", 96},
    {ISAKMP_INTEG_HMAC_SHA1, "hmac(sha1)", 96},
    {ISAKMP_INTEG_HMAC_SHA256, "hmac(sha256)", 128},
    {ISAKMP_INTEG_HMAC_SHA384, "hmac(sha384)", 192},
    {ISAKMP_INTEG_HMAC_SHA512, "hmac(sha512)", 256},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int name_cipher(xfrm_names *out, uint8_t transform)
{
    for (size_t i = 0; i < COUNT(ciphers); i++) {
        if (ciphers[i].transform != transform)
            continue;
        out->cipher = ciphers[i].cipher;
        out->aead = ciphers[i].aead;
        out->icv_bits = ciphers[i].icv_bits;
        return 1;
    }
    return 0;
}

static int name_integ(xfrm_names *out, uint16_t integ)
{
    if (integ == ISAKMP_INTEG_NONE)
        return 1;
    for (size_t i = 0; i < COUNT(integs); i++) {
        if (integs[i].integ != integ)
            continue;
        out->integ = integs[i].name;
        out->icv_bits = integs[i].icv_bits;
        return 1;
    }
    return 0;
}

int xfrm_names_of(xfrm_names *out, const isakmp_sad_entry *e)
{
    const isakmp_protect *p = &e->algs;
    memset(out, 0, sizeof *out);
    if ((p->proto == ISAKMP_PROTO_ESP && !name_cipher(out, p->transform)) ||
        !name_integ(out, p->integ))
        return 0;
    if (e->sha256_96 && p->integ == ISAKMP_INTEG_HMAC_SHA256)
        out->icv_bits = 96;
    return 1;
}

uint8_t xfrm_mode_at(const xfrm_sa *sa, size_t i)
{
    return i == 0 ? sa->e->mode : ISAKMP_MODE_TRANSPORT;
}

uint8_t xfrm_mode(const xfrm_sa *sa)
{
    return sa->e->algs.proto == sa->bundle[0].proto ? sa->e->mode : ISAKMP_MODE_TRANSPORT;
}

static void set_host(isakmp_selector *s, const isakmp_addr *a)
{
    memcpy(s->lo, a->ip, sizeof s->lo);
    memcpy(s->hi, a->ip, sizeof s->hi);
}

xfrm_flow xfrm_flow_of(const isakmp_sad_entry *e)
{
    xfrm_flow f = {e->local, e->remote};
    if (e->mode == ISAKMP_MODE_TRANSPORT) {
        set_host(&f.local, e->inbound ? &e->dst : &e->src);
        set_host(&f.remote, e->inbound ? &e->src : &e->dst);
    }
    return f;
}

/* FNV-1a. */
static uint32_t mix(uint32_t h, const void *octets, size_t n)
{
    const uint8_t *p = (const uint8_t *)octets;
    while (n--)
        h = (h ^ *p++) * 16777619u;
    return h;
}

static uint32_t mix_selector(uint32_t h, const isakmp_selector *s)
{
    h = mix(h, s->lo, sizeof s->lo);
    h = mix(h, s->hi, sizeof s->hi);
    h = mix(h, &s->proto, sizeof s->proto);
    return mix(h, &s->port, sizeof s->port);
}

uint32_t xfrm_request_id(const isakmp_sad_entry *e)
{
    const isakmp_addr *gateways[2] = {e->inbound ? &e->dst : &e->src,
                                      e->inbound ? &e->src : &e->dst};
    xfrm_flow f = xfrm_flow_of(e);
    uint32_t h = mix_selector(mix_selector(2166136261u, &f.local), &f.remote);
    for (unsigned i = 0; i < 2; i++)
        h = mix(h, gateways[i]->ip, sizeof gateways[i]->ip);
    return h | 1; /* 0 stands for any */
}

static int bit_of(const uint8_t *p, int i)
{
    return p[i / 8] >> (7 - i % 8) & 1;
}

int xfrm_prefix(const isakmp_selector *s)
{
    int bits = s->family == 6 ? 128 : 32, n = 0;
    while (n < bits && bit_of(s->lo, n) == bit_of(s->hi, n))
        n++;
    for (int i = n; i < bits; i++)
        if (bit_of(s->lo, i) || !bit_of(s->hi, i))
            return -1;
    return n;
}
