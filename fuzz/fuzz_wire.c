/* fuzz_wire.c -- any bytes as a datagram, as a datagram whose header is right, and as the body of a
 * payload: parse, index, every reader, dump and the text of identities. */
#include <stdlib.h>
#include <string.h>
#define WALK_CHECK(condition)                                                                      \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)
#include "unit/walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Most mutations break the header; past it is where the code is. */
static void with_a_right_header(const uint8_t *data, size_t n)
{
    uint8_t *copy = malloc(n);
    if (copy == NULL)
        return;
    memcpy(copy, data, n);
    copy[17] = 0x10;
    copy[19] = (uint8_t)(copy[19] & ~(unsigned)ISAKMP_FLAG_ENCRYPTION);
    isakmp__put32(copy + 24, (uint32_t)n);
    walk_datagram(isakmp__span(copy, n));
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    walk_datagram(isakmp__span(data, n));
    if (n >= ISAKMP_HEADER_SIZE)
        with_a_right_header(data, n);
    walk_body(isakmp__span(data, n));
    return 0;
}
