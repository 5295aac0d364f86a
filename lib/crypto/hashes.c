/* crypto/hashes.c -- the HASH payloads and NAT-D values. */
#include "keys.h"

int isakmp__hash_phase1(const isakmp_crypto *c, uint16_t hash, isakmp_span skeyid,
                        const isakmp__hash_input *in, uint8_t *out)
{
    return isakmp__prf(
        c, hash, skeyid,
        ISAKMP__PARTS(in->g_mine, in->g_other, in->cky_mine, in->cky_other, in->sai, in->id), out);
}

int isakmp__hash_1(const isakmp_crypto *c, uint16_t hash, const uint8_t *skeyid_a, uint32_t msg_id,
                   isakmp_span rest, uint8_t *out)
{
    uint8_t id[4];
    isakmp__put32(id, msg_id);
    return isakmp__prf(c, hash, isakmp__span(skeyid_a, isakmp_hash_size(hash)),
                       ISAKMP__PARTS(isakmp__span(id, 4), rest), out);
}

int isakmp__hash_2(const isakmp_crypto *c, uint16_t hash, const uint8_t *skeyid_a, uint32_t msg_id,
                   isakmp_span ni, isakmp_span rest, uint8_t *out)
{
    uint8_t id[4];
    isakmp__put32(id, msg_id);
    return isakmp__prf(c, hash, isakmp__span(skeyid_a, isakmp_hash_size(hash)),
                       ISAKMP__PARTS(isakmp__span(id, 4), ni, rest), out);
}

int isakmp__hash_3(const isakmp_crypto *c, uint16_t hash, const uint8_t *skeyid_a, uint32_t msg_id,
                   isakmp_span ni, isakmp_span nr, uint8_t *out)
{
    uint8_t zero_id[5] = {0};
    isakmp__put32(zero_id + 1, msg_id);
    return isakmp__prf(c, hash, isakmp__span(skeyid_a, isakmp_hash_size(hash)),
                       ISAKMP__PARTS(isakmp__span(zero_id, 5), ni, nr), out);
}

int isakmp__hash_natd(const isakmp_crypto *c, uint16_t hash, isakmp_span cookies,
                      const isakmp_addr *a, uint8_t *out)
{
    uint8_t port[2];
    isakmp__put16(port, a->port);
    return isakmp__hash(
        c, hash,
        ISAKMP__PARTS(cookies, isakmp__span(a->ip, a->family == 4 ? 4 : 16), isakmp__span(port, 2)),
        out);
}
