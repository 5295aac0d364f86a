/* host_id.h -- identities as people write them. */
#ifndef HOST_ID_H
#define HOST_ID_H

#include "isakmp/wire.h"

/* An address, a host name (gw, @gw or fqdn:gw), user@host, key-id:TEXT or dn:C=DE,CN=gw to an
 * identification; "dn" alone to one without data: the subject of a certificate.
 *   data     gets up to ISAKMP_MAX_ID octets, to which out refers.
 *   returns  1, or 0 with one sentence in error. */
int host_parse_id(isakmp_id *out, uint8_t *data, const char *text, char *error, size_t error_cap);

#endif
