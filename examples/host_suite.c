/* host_suite.c -- suites as people write them.  The parts stand in a table, so that the sentence about a
 * wrong one can say what is right. */
#include <stdio.h>
#include <string.h>
#include "host_suite.h"

typedef struct word {
    const char *text;
    uint16_t number, bits;
} word;

static const word ciphers[] = {
    {"des", ISAKMP_CIPHER_DES, 0},      {"3des", ISAKMP_CIPHER_3DES, 0},
    {"aes128", ISAKMP_CIPHER_AES, 128}, {"aes192", ISAKMP_CIPHER_AES, 192},
    {"aes256", ISAKMP_CIPHER_AES, 256}, {NULL, 0, 0}};
static const word hashes[] = {{"md5", ISAKMP_HASH_MD5, 0},       {"sha1", ISAKMP_HASH_SHA1, 0},
                              {"sha256", ISAKMP_HASH_SHA256, 0}, {"sha384", ISAKMP_HASH_SHA384, 0},
                              {"sha512", ISAKMP_HASH_SHA512, 0}, {NULL, 0, 0}};
static const word groups[] = {{"modp768", ISAKMP_GROUP_MODP_768, 0},
                              {"modp1024", ISAKMP_GROUP_MODP_1024, 0},
                              {"modp1536", ISAKMP_GROUP_MODP_1536, 0},
                              {"modp2048", ISAKMP_GROUP_MODP_2048, 0},
                              {"modp3072", ISAKMP_GROUP_MODP_3072, 0},
                              {"modp4096", ISAKMP_GROUP_MODP_4096, 0},
                              {"modp6144", ISAKMP_GROUP_MODP_6144, 0},
                              {"modp8192", ISAKMP_GROUP_MODP_8192, 0},
                              {"ecp256", ISAKMP_GROUP_ECP_256, 0},
                              {"ecp384", ISAKMP_GROUP_ECP_384, 0},
                              {"ecp521", ISAKMP_GROUP_ECP_521, 0},
                              {"curve25519", ISAKMP_GROUP_CURVE25519, 0},
                              {NULL, 0, 0}};
static const word esps[] = {{"des", ISAKMP_ESP_DES, 0},
                            {"3des", ISAKMP_ESP_3DES, 0},
                            {"aes128", ISAKMP_ESP_AES_CBC, 128},
                            {"aes192", ISAKMP_ESP_AES_CBC, 192},
                            {"aes256", ISAKMP_ESP_AES_CBC, 256},
                            {"aes128gcm16", ISAKMP_ESP_AES_GCM_16, 128},
                            {"aes192gcm16", ISAKMP_ESP_AES_GCM_16, 192},
                            {"aes256gcm16", ISAKMP_ESP_AES_GCM_16, 256},
                            {"null", ISAKMP_ESP_NULL, 0},
                            {NULL, 0, 0}};
static const word integs[] = {
    {"md5", ISAKMP_INTEG_HMAC_MD5, 0},       {"sha1", ISAKMP_INTEG_HMAC_SHA1, 0},
    {"sha256", ISAKMP_INTEG_HMAC_SHA256, 0}, {"sha384", ISAKMP_INTEG_HMAC_SHA384, 0},
    {"sha512", ISAKMP_INTEG_HMAC_SHA512, 0}, {NULL, 0, 0}};

static const word *find(const word *words, const char *text, size_t n)
{
    for (; words->text; words++)
        if (strlen(words->text) == n && memcmp(words->text, text, n) == 0)
            return words;
    return NULL;
}

static void complain(char *error, size_t cap, const char *suite, const char *what,
                     const word *words)
{
    int n = snprintf(error, cap, "\"%s\": %s must be one of", suite, what);
    for (; words->text && n > 0 && (size_t)n < cap; words++)
        n += snprintf(error + n, cap - (size_t)n, " %s", words->text);
}

/* The next part of a suite, with the '-' before it unless it is the first one: so one at the end is
 * not passed over, but begins a part that is missing. */
static const word *part(const char **at, const char *suite, const char *what, const word *words,
                        char *error, size_t cap)
{
    const char *begin = *at != suite && **at == '-' ? *at + 1 : *at;
    size_t n = strcspn(begin, "-");
    const word *w = find(words, begin, n);
    if (w == NULL)
        complain(error, cap, suite, what, words);
    *at = begin + n;
    return w;
}

int host_parse_ike(isakmp_policy *out, const char *text, char *error, size_t cap)
{
    const char *at = text;
    const word *cipher = part(&at, text, "the encryption", ciphers, error, cap), *hash, *group;
    if (cipher == NULL || (hash = part(&at, text, "the hash", hashes, error, cap)) == NULL ||
        (group = part(&at, text, "the group", groups, error, cap)) == NULL)
        return 0;
    if (*at) {
        snprintf(error, cap,
                 "\"%s\" has more than three parts; an IKE suite is encryption-hash-group, such as "
                 "aes256-sha256-modp2048",
                 text);
        return 0;
    }
    out->cipher = cipher->number;
    out->key_bits = cipher->bits;
    out->hash = hash->number;
    out->group = group->number;
    return 1;
}

int host_parse_esp(isakmp_protect *out, uint16_t *pfs_group, const char *text, char *error,
                   size_t cap)
{
    const char *at = text;
    const word *esp = part(&at, text, "the encryption", esps, error, cap), *integ, *group;
    if (esp == NULL)
        return 0;
    out->proto = ISAKMP_PROTO_ESP;
    out->transform = (uint8_t)esp->number;
    out->key_bits = esp->bits;
    out->integ = ISAKMP_INTEG_NONE;
    *pfs_group = 0;
    if (esp->number != ISAKMP_ESP_AES_GCM_16) { /* which authenticates by itself */
        if ((integ = part(&at, text, "the authentication", integs, error, cap)) == NULL)
            return 0;
        out->integ = integ->number;
    }
    if (*at) {
        if ((group = part(&at, text, "the group", groups, error, cap)) == NULL)
            return 0;
        *pfs_group = group->number;
    }
    if (*at) {
        snprintf(error, cap,
                 "\"%s\" has too many parts; an ESP suite is encryption-authentication[-group], "
                 "such as aes128-sha1 or aes128-sha1-modp2048",
                 text);
        return 0;
    }
    return 1;
}
