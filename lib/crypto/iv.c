/* crypto/iv.c -- where the chains of initialisation vectors begin [RFC2409 App. B].
 *
 * In between, the IV of a message is the last ciphertext block of the message before it in the same
 * exchange, in either direction; the exchange keeps it and moves it on only when a message has been
 * accepted. */
#include "keys.h"

static int first_block(const isakmp_crypto *c, uint16_t hash, isakmp_span a, isakmp_span b,
                       uint8_t iv[ISAKMP_MAX_BLOCK])
{
    uint8_t out[ISAKMP_MAX_HASH];
    int rc = isakmp__hash(c, hash, ISAKMP__PARTS(a, b), out);
    if (rc == ISAKMP_OK)
        memcpy(iv, out, ISAKMP_MAX_BLOCK); /* every hash has at least 16 octets */
    return rc;
}

int isakmp__iv_phase1(const isakmp_crypto *c, uint16_t hash, isakmp_span g_xi, isakmp_span g_xr,
                      uint8_t iv[ISAKMP_MAX_BLOCK])
{
    return first_block(c, hash, g_xi, g_xr, iv);
}

int isakmp__iv_phase2(const isakmp_crypto *c, uint16_t hash, isakmp_span last_block,
                      uint32_t msg_id, uint8_t iv[ISAKMP_MAX_BLOCK])
{
    uint8_t id[4];
    isakmp__put32(id, msg_id);
    return first_block(c, hash, last_block, isakmp__span(id, 4), iv);
}
