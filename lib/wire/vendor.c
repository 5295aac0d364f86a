/* wire/vendor.c -- naming vendor IDs: a known one must not be longer than what was received before
 * it is compared. */
#include "base/span.h"
#include "vendor.h"

typedef struct vendor {
    uint8_t size;
    const char *name, *value;
} vendor;

static const vendor vendors[] = {
#define VENDOR(size, name, value) {size, name, value},
#include "vendor.def"
#undef VENDOR
};

#define N_VENDORS (sizeof vendors / sizeof vendors[0])

/* Each has a bit in isakmp_sa_info.vendors. */
typedef char enough_bits[N_VENDORS <= 64 ? 1 : -1];

int isakmp__vendor_index(isakmp_span id)
{
    for (unsigned i = 0; i < N_VENDORS; i++)
        if (vendors[i].size <= id.n && memcmp(id.p, vendors[i].value, vendors[i].size) == 0)
            return (int)i;
    return -1;
}

const char *isakmp_vendor_name(isakmp_span id)
{
    int i = isakmp__vendor_index(id);
    return i < 0 ? NULL : vendors[i].name;
}

const char *isakmp_vendor_known(unsigned i)
{
    return i < N_VENDORS ? vendors[i].name : NULL;
}
