/* host_id.c -- identities as people write them. */
#include <stdio.h>
#include <string.h>
#include "host_dn.h"
#include "host_id.h"
#include "host_udp.h"

static int parse_dn(isakmp_id *out, uint8_t *data, const char *text, char *error, size_t cap)
{
    out->type = ISAKMP_ID_DER_ASN1_DN;
    out->data.p = data;
    out->data.n = 0;
    if (strcmp(text, "dn") == 0)
        return 1;
    if (strncmp(text, "dn:", 3) == 0)
        text += 3;
    out->data.n = host_parse_dn(data, ISAKMP_MAX_ID, text, error, cap);
    return out->data.n != 0;
}

static int parse_address(isakmp_id *out, uint8_t *data, const char *text)
{
    isakmp_addr a;
    if (!host_parse_addr(&a, text, 0) || a.port || text[0] == '[')
        return 0;
    out->type = a.family == 6 ? ISAKMP_ID_IPV6_ADDR : ISAKMP_ID_IPV4_ADDR;
    out->data.n = a.family == 6 ? 16 : 4;
    memcpy(data, a.ip, out->data.n);
    out->data.p = data;
    return 1;
}

/* A name without white space; and one that is not a mistyped address, unless "fqdn:" or '@' says that it is a
 * name. */
static int is_name(const char *text, int is_bare)
{
    for (const char *at = text; *at; at++)
        if (*at > 0 && (*at <= ' ' || *at == 0x7f))
            return 0;
    return !is_bare || (text[strspn(text, "0123456789.")] != '\0' && strchr(text, ':') == NULL);
}

/* As strongSwan users write them, but that a name with '@' before it may not have another. */
int host_parse_id(isakmp_id *out, uint8_t *data, const char *text, char *error, size_t cap)
{
    size_t n = strlen(text), skip = 0;
    out->type = ISAKMP_ID_FQDN;
    if (strncmp(text, "key-id:", 7) == 0) {
        out->type = ISAKMP_ID_KEY_ID;
        skip = 7;
    } else if (strncmp(text, "fqdn:", 5) == 0) {
        skip = 5;
    } else if (strcmp(text, "dn") == 0 || strncmp(text, "dn:", 3) == 0 || strchr(text, '=')) {
        return parse_dn(out, data, text, error, cap);
    } else if (text[0] == '@') {
        skip = strchr(text + 1, '@') ? n : 1;
    } else if (strchr(text, '@')) {
        out->type = ISAKMP_ID_USER_FQDN;
    } else if (parse_address(out, data, text)) {
        return 1;
    }
    n -= skip;
    if (n == 0 || n > ISAKMP_MAX_ID ||
        (out->type != ISAKMP_ID_KEY_ID &&
         !is_name(text + skip, skip == 0 && out->type == ISAKMP_ID_FQDN))) {
        snprintf(
            error, cap,
            "takes an address, a host name, user@host or key-id:TEXT of 1 to %u characters, or "
            "dn:C=DE,O=Example,CN=gw, not \"%s\"",
            (unsigned)ISAKMP_MAX_ID, text);
        return 0;
    }
    memcpy(data, text + skip, n);
    out->data.p = data;
    out->data.n = n;
    return 1;
}
