/* host_dn.h -- distinguished names as people write them: "C=DE, O=Example, CN=gw". */
#ifndef HOST_DN_H
#define HOST_DN_H

#include <stddef.h>
#include <stdint.h>

/* To DER: one RDN for each part, in the order written.  A backslash takes the special meaning from the
 * character after it; \x2c is an octet, as the library shows it.
 *   returns  the length, or 0 with one sentence in error. */
size_t host_parse_dn(uint8_t *out, size_t cap, const char *text, char *error, size_t error_cap);

#endif
