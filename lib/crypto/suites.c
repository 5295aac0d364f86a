/* crypto/suites.c -- facts about algorithms, looked up in suites.def. */
#include "suites.h"

typedef struct sized {
    uint16_t id, a, b;
} sized;

static const sized ciphers[] = {
#define CIPHER(name, block, key) {ISAKMP_CIPHER_##name, block, key},
#include "suites.def"
#undef CIPHER
};
static const sized hashes[] = {
#define HASH(name, size) {ISAKMP_HASH_##name, size, 0},
#include "suites.def"
#undef HASH
};
static const sized groups[] = {
#define GROUP(name, public, secret) {ISAKMP_GROUP_##name, public, secret},
#include "suites.def"
#undef GROUP
};
static const sized integs[] = {
#define INTEG(name, key, ah) {ISAKMP_INTEG_##name, key, ISAKMP_AH_##ah},
#include "suites.def"
#undef INTEG
};

/* Whether an authentication algorithm stands beside an ESP cipher. */
enum {
    MAY,
    MUST,
    NOT
};

typedef struct esp {
    uint8_t id, key, variable, extra, integ;
} esp;

static const esp esps[] = {
#define ESP(name, key, variable, extra, integ) {ISAKMP_ESP_##name, key, variable, extra, integ},
#include "suites.def"
#undef ESP
};

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static const sized *find(const sized *table, size_t n, uint16_t id)
{
    for (size_t i = 0; i < n; i++)
        if (table[i].id == id)
            return &table[i];
    return NULL;
}

static const esp *find_esp(uint8_t id)
{
    for (size_t i = 0; i < COUNT(esps); i++)
        if (esps[i].id == id)
            return &esps[i];
    return NULL;
}

size_t isakmp_group_size(uint16_t group)
{
    const sized *g = find(groups, COUNT(groups), group);
    return g ? g->a : 0;
}

size_t isakmp_group_secret_size(uint16_t group)
{
    const sized *g = find(groups, COUNT(groups), group);
    return g ? g->b : 0;
}

size_t isakmp_hash_size(uint16_t hash)
{
    const sized *h = find(hashes, COUNT(hashes), hash);
    return h ? h->a : 0;
}

size_t isakmp_cipher_block(uint16_t cipher)
{
    const sized *c = find(ciphers, COUNT(ciphers), cipher);
    return c ? c->a : 0;
}

static int aes_bits(uint16_t bits)
{
    return bits == 128 || bits == 192 || bits == 256;
}

size_t isakmp_cipher_key(uint16_t cipher, uint16_t key_bits)
{
    const sized *c = find(ciphers, COUNT(ciphers), cipher);
    if (c == NULL)
        return 0;
    if (c->b)
        return key_bits == 0 ? c->b : 0;
    return aes_bits(key_bits) ? key_bits / 8u : 0;
}

int isakmp_is_weak(uint8_t kind, uint16_t id)
{
    switch (kind) {
    case ISAKMP_CAN_CIPHER:
        return id == ISAKMP_CIPHER_DES;
    case ISAKMP_CAN_HASH:
        return id == ISAKMP_HASH_MD5;
    case ISAKMP_CAN_GROUP:
        return id == ISAKMP_GROUP_MODP_768 || id == ISAKMP_GROUP_MODP_1024;
    default:
        return 0;
    }
}

/* The octets of an ESP cipher's key with its salt, or -1. */
static int esp_key(const esp *e, uint16_t key_bits)
{
    if (e == NULL)
        return -1;
    if (!e->variable)
        return key_bits == 0 ? e->key : -1;
    if (key_bits == 0)
        return e->key ? e->key + e->extra : -1;
    if (e->id == ISAKMP_ESP_CAST && key_bits > 128) /* [RFC2451 2.2] */
        return -1;
    return aes_bits(key_bits) ? key_bits / 8 + e->extra : -1;
}

static int integ_fits(const esp *e, const sized *integ)
{
    return e->integ == MAY || (e->integ == MUST) == (integ != NULL);
}

int isakmp__protect_keys(isakmp__key_sizes *out, uint8_t proto, uint8_t transform,
                         uint16_t key_bits, uint16_t integ)
{
    const sized *i = find(integs, COUNT(integs), integ);
    const esp *e = find_esp(transform);
    int enc = proto == ISAKMP_PROTO_ESP ? esp_key(e, key_bits) : 0;
    memset(out, 0, sizeof *out);
    if (integ != ISAKMP_INTEG_NONE && i == NULL)
        return ISAKMP_E_ARG;
    if (proto == ISAKMP_PROTO_AH && (i == NULL || i->b != transform || key_bits))
        return ISAKMP_E_ARG;
    if (proto != ISAKMP_PROTO_AH && (proto != ISAKMP_PROTO_ESP || enc < 0 || !integ_fits(e, i)))
        return ISAKMP_E_ARG;
    out->enc = (size_t)enc;
    out->auth = i ? i->a : 0;
    return ISAKMP_OK;
}

int isakmp__wants_integ(uint8_t proto, uint8_t transform)
{
    const esp *e = find_esp(transform);
    return proto == ISAKMP_PROTO_ESP && e && e->integ == MAY;
}

int isakmp__group_able(const isakmp_crypto *c, uint16_t group, size_t max_dh)
{
    size_t n = isakmp_group_size(group);
    return n && n <= max_dh && c->can(c->self, ISAKMP_CAN_GROUP, group, 0) == 1;
}

int isakmp__suite_able(const isakmp_crypto *c, uint16_t cipher, uint16_t key_bits, uint16_t hash,
                       uint16_t group, size_t max_dh)
{
    return isakmp_cipher_key(cipher, key_bits) && isakmp_hash_size(hash) &&
           c->can(c->self, ISAKMP_CAN_CIPHER, cipher, key_bits) == 1 &&
           c->can(c->self, ISAKMP_CAN_HASH, hash, 0) == 1 && isakmp__group_able(c, group, max_dh);
}
