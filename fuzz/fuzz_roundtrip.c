/* fuzz_roundtrip.c -- the bytes choose a message; it is written, read back and compared, and
 * written once more into a buffer that is one octet too small. */
#include <stdlib.h>
#include <string.h>
#define WALK_CHECK(condition)                                                                      \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)
#include "unit/roundtrip.h"
#include "unit/walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static uint8_t buf[16384];
    size_t written = rt_run(isakmp__span(data, n), buf, sizeof buf);
    uint8_t *small;
    WALK_CHECK(written >= ISAKMP_HEADER_SIZE);
    walk_datagram(isakmp__span(buf, written));
    small = malloc(written - 1);
    if (small)
        WALK_CHECK(rt_run(isakmp__span(data, n), small, written - 1) == 0);
    free(small);
    return 0;
}
