/* host_der.h -- writing DER, as mbedTLS does: from its end to its beginning, so that lengths are known
 * when they are written. */
#ifndef HOST_DER_H
#define HOST_DER_H

#include <stddef.h>
#include <stdint.h>

typedef struct host_der {
    uint8_t *start, *at; /* what is written begins at `at`                                       */
    uint8_t *end;
    int full; /* something did not fit */
} host_der;

host_der host_der_begin(uint8_t *buf, size_t cap);
void host_der_raw(host_der *d, const void *p, size_t n);
void host_der_oid(host_der *d, const char *oid, size_t n);
/* Put tag and length before all that has been written since d->at was `end`. */
void host_der_wrap(host_der *d, const uint8_t *end, int tag);
/* Move all that is written to the front of the buffer; its length, 0 if it did not fit. */
size_t host_der_finish(host_der *d);

#endif
