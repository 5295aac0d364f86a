/* tests/unit/stock.h -- what the tests of lib/crypto share: cmocka, the vectors, the stock provider
 * and comparisons that say which vector went wrong. */
#ifndef TESTS_UNIT_STOCK_H
#define TESTS_UNIT_STOCK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "crypto/keys.h"
#include "isakmp/mbedtls.h"
#include "support/toy.h"
#include "support/vectors.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static inline const isakmp_crypto *stock(void)
{
    const isakmp_crypto *c = isakmp_crypto_mbedtls();
    assert_non_null(c);
    return c;
}

/* Is an algorithm left out of this build?  Then its vectors are, too. */
static inline int left_out(uint8_t kind, uint16_t id)
{
    return !ISAKMP_WEAK && (kind == ISAKMP_CAN_CIPHER ? id == ISAKMP_CIPHER_DES
                            : kind == ISAKMP_CAN_HASH ? id == ISAKMP_HASH_MD5
                                                      : id == ISAKMP_GROUP_MODP_768);
}

/* Got n octets are those of a field of the present record, and as many. */
static inline void assert_field(vectors *v, const char *key, const uint8_t *got, size_t n)
{
    if (memcmp(vector_exactly(v, key, n), got, n) != 0)
        fail_msg("%s: another %s was computed", vector_where(v), key);
}

/* A span of the present record, empty if it has no such key. */
static inline isakmp_span octets_or_none(vectors *v, const char *key)
{
    return vector_count(v, key) ? vector_octets(v, key) : isakmp__span(NULL, 0);
}

#endif
