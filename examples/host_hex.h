/* host_hex.h -- octets from hex text as people paste it. */
#ifndef HOST_HEX_H
#define HOST_HEX_H

#include <stddef.h>
#include <stdint.h>

/* Read hex digits; white space, commas, colons and 0x before octets are skipped.
 *   text, n  the text;   out, cap  get the octets;
 *   returns  their number, or -1 with one sentence in error: a character that is no digit, an odd
 *            number of digits, more than cap octets. */
long host_hex_read(uint8_t *out, size_t cap, const char *text, size_t n, char *error,
                   size_t error_cap);

#endif
