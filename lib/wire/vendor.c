/* wire/vendor.c -- naming vendor IDs: a known one must not be longer than what was received before
 * it is compared. */
#include "base/span.h"
#include "isakmp/wire.h"

typedef struct vendor {
    uint8_t size;
    const char *name, *value;
} vendor;

static const vendor vendors[] = {
#define VENDOR(size, name, value) {size, name, value},
#include "vendor.def"
#undef VENDOR
};

const char *isakmp_vendor_name(isakmp_span id)
{
    for (size_t i = 0; i < sizeof vendors / sizeof vendors[0]; i++)
        if (vendors[i].size <= id.n && memcmp(id.p, vendors[i].value, vendors[i].size) == 0)
            return vendors[i].name;
    return NULL;
}
