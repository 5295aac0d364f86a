/* test_aes128.c -- the stock provider over an mbedTLS that was built with 128-bit keys alone, as small
 * firmware does.  The provider learns it from mbedTLS's configuration, so it is compiled here once more
 * with this line added to it. */
#include <mbedtls/version.h>
#ifndef MBEDTLS_AES_ONLY_128_BIT_KEY_LENGTH
#define MBEDTLS_AES_ONLY_128_BIT_KEY_LENGTH
#endif
#include "unit/stock.h"
#include "crypto/mbedtls/provider.c"

static void test_T85_no_key_is_promised_that_is_not_there(void **state)
{
    (void)state;
    for (uint16_t bits = 0; bits <= 512; bits = (uint16_t)(bits + 64))
        assert_int_equal(stock()->can(NULL, ISAKMP_CAN_CIPHER, ISAKMP_CIPHER_AES, bits),
                         bits == 128);
    assert_int_equal(stock()->can(NULL, ISAKMP_CAN_CIPHER, ISAKMP_CIPHER_3DES, 0), 1);
}

static void what_is_not_there_is_not_tried(void **state)
{
    uint8_t key[32] = {0}, iv[16] = {0}, data[16] = {0};
    (void)state;
    for (size_t n = 0; n <= sizeof key; n++)
        assert_int_equal(
            stock()->cbc(NULL, ISAKMP_CIPHER_AES, 1, isakmp__span(key, n), iv, data, sizeof data),
            n == 16 ? ISAKMP_OK : ISAKMP_E_ARG);
    assert_int_equal(
        stock()->cbc(NULL, ISAKMP_CIPHER_3DES, 1, isakmp__span(key, 24), iv, data, sizeof data),
        ISAKMP_OK); /* whose key is longer */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_T85_no_key_is_promised_that_is_not_there),
        cmocka_unit_test(what_is_not_there_is_not_tried),
    };
    return cmocka_run_group_tests_name("aes128", tests, NULL, NULL);
}
