/* crypto/digest_info.c -- a hash within a DigestInfo [RFC8017 9.2, note 1], as RSA signatures have it
 * everywhere but in IKEv1.  It is only ever made, and compared whole: nothing of a peer is taken apart. */
#include "base/span.h"
#include "crypto/keys.h"

size_t isakmp__digest_info(uint16_t hash, isakmp_span digest, uint8_t out[ISAKMP__MAX_DIGEST_INFO])
{
    /* clang-format off */
    static const struct {
        uint8_t hash, n, oid[9];
    } known[] = {
        {ISAKMP_HASH_MD5, 8, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x05}},
        {ISAKMP_HASH_SHA1, 5, {0x2b, 0x0e, 0x03, 0x02, 0x1a}},
        {ISAKMP_HASH_SHA256, 9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01}},
        {ISAKMP_HASH_SHA384, 9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02}},
        {ISAKMP_HASH_SHA512, 9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03}},
    };
    /* clang-format on */
    uint8_t *p = out;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        size_t n = known[i].n;
        if (known[i].hash != hash || digest.n != isakmp_hash_size(hash))
            continue;
        *p++ = 0x30; /* SEQUENCE { SEQUENCE { OBJECT IDENTIFIER, NULL }, OCTET STRING } */
        *p++ = (uint8_t)(8 + n + digest.n);
        *p++ = 0x30;
        *p++ = (uint8_t)(4 + n);
        *p++ = 0x06;
        *p++ = (uint8_t)n;
        memcpy(p, known[i].oid, n);
        p += n;
        *p++ = 0x05;
        *p++ = 0;
        *p++ = 0x04;
        *p++ = (uint8_t)digest.n;
        memcpy(p, digest.p, digest.n);
        return (size_t)(p - out) + digest.n;
    }
    return 0;
}
