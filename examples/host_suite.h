/* host_suite.h -- suites as people write them: "aes256-sha256-modp2048". */
#ifndef HOST_SUITE_H
#define HOST_SUITE_H

#include "isakmp/policy.h"

/* "aes256-sha256-modp2048" to an ISAKMP policy; priority, authentication and lifetime stay.
 *   returns  1, or 0 with one sentence in error. */
int host_parse_ike(isakmp_policy *out, const char *text, char *error, size_t error_cap);

/* "aes128-sha1" or, with perfect forward secrecy, "aes128-sha1-modp2048".
 *   pfs_group  gets the group, 0 if there is none.
 *   returns    1, or 0 with one sentence in error. */
int host_parse_esp(isakmp_protect *out, uint16_t *pfs_group, const char *text, char *error,
                   size_t error_cap);

#endif
