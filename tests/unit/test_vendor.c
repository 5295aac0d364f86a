/* test_vendor.c -- vendor IDs are compared as prefixes that were really received (T-12). */
#include <limits.h>
#include "unit/bytes.h"
#include "wire/vendor.h"

typedef struct vendor {
    uint8_t size;
    const char *name, *value;
} vendor;

static const vendor vendors[] = {
#define VENDOR(size, name, value) {size, name, value},
#include "wire/vendor.def"
#undef VENDOR
};

enum {
    N_VENDORS = sizeof vendors / sizeof vendors[0]
};

/* The name of the first n octets of a value that goes on with other octets, read from a block of
 * exactly n. */
static const char *name_of(const vendor *v, size_t n)
{
    uint8_t bytes[64], *copy;
    const char *name;
    memset(bytes, 0xc3, sizeof bytes);
    memcpy(bytes, v->value, v->size);
    copy = bytes_copy(isakmp__span(bytes, n));
    name = isakmp_vendor_name(isakmp__span(copy, n));
    free(copy);
    return name;
}

static void known_from_their_size_on(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_VENDORS; i++)
        for (size_t n = 0; n <= (size_t)vendors[i].size + 24; n++) {
            if (n < vendors[i].size)
                assert_null(name_of(&vendors[i], n));
            else
                assert_string_equal(name_of(&vendors[i], n), vendors[i].name);
        }
    assert_null(isakmp_vendor_name(isakmp__span(NULL, 0)));
}

/* Their places are those of the table, and there are bits enough for all. */
static void places(void **state)
{
    (void)state;
    assert_true(N_VENDORS <= 64);
    for (unsigned i = 0; i < N_VENDORS; i++) {
        isakmp_span id = isakmp__span(vendors[i].value, vendors[i].size);
        assert_int_equal(isakmp__vendor_index(id), i);
        assert_string_equal(isakmp_vendor_known(i), vendors[i].name);
    }
    assert_int_equal(isakmp__vendor_index(isakmp__span(NULL, 0)), -1);
    assert_null(isakmp_vendor_known(N_VENDORS));
    assert_null(isakmp_vendor_known(UINT_MAX));
}

static void one_bit_makes_them_unknown(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_VENDORS; i++)
        for (size_t bit = 0; bit < 8u * vendors[i].size; bit++) {
            uint8_t bytes[64];
            const char *name;
            memcpy(bytes, vendors[i].value, vendors[i].size);
            bytes[bit / 8] = (uint8_t)(bytes[bit / 8] ^ 1u << bit % 8);
            name = isakmp_vendor_name(isakmp__span(bytes, vendors[i].size));
            assert_null(name);
        }
}

static void the_table_says_what_it_means(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_VENDORS; i++) {
        assert_true(vendors[i].size >= 4 && vendors[i].size <= 20);
        assert_true(strlen(vendors[i].name) > 0);
        for (size_t j = 0; j < i; j++) { /* none is the beginning of a later one */
            size_t n = vendors[j].size;
            if (n <= vendors[i].size)
                assert_memory_not_equal(vendors[i].value, vendors[j].value, n);
        }
    }
}

/* As seen in captures, with what follows the part that is compared. */
static void vendor_ids_of_the_field(void **state)
{
    static const struct {
        const char *hex, *name;
    } seen[] = {
        {"afcad71368a1f1c96b8696fc77570100", "DPD (RFC 3706)"},
        {"09002689dfd6b712", "XAUTH"},
        {"4a131c81070358455c5728f20e95452f", "NAT-T RFC 3947"},
        {"90cb80913ebb696e086381b5ec427b1f", "NAT-T draft 02 (newline)"},
        {"12f5f28c457168a9702d9fe274cc0100", "Cisco Unity"},
        {"4048b7d56ebce88525e7de7f00d6c2d3c0000000", "IKE fragmentation"},
        {"1e2b516905991c7d7c96fcbfb587e46100000004", "Microsoft Windows"},
        {"882fe56d6fd20dbc2251613b2ebe5beb", "strongSwan"},
        {"4865617274426561745f4e6f74696679386b0100", "HeartBeat Notify"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof seen / sizeof seen[0]; i++) {
        uint8_t bytes[64];
        size_t n = bytes_hex(bytes, sizeof bytes, seen[i].hex);
        assert_string_equal(isakmp_vendor_name(isakmp__span(bytes, n)), seen[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_from_their_size_on),
        cmocka_unit_test(places),
        cmocka_unit_test(one_bit_makes_them_unknown),
        cmocka_unit_test(the_table_says_what_it_means),
        cmocka_unit_test(vendor_ids_of_the_field),
    };
    return cmocka_run_group_tests_name("vendor", tests, NULL, NULL);
}
