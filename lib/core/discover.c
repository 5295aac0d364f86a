/* core/discover.c -- what the user wants of Tunnel Endpoint Discovery.  A host that wants nothing of it links
 * neither this file nor the extension. */
#include "base/span.h"
#include "entry.h"
#include "ext/ted.h"

int isakmp_discover(isakmp_ctx *x, isakmp_time now, const isakmp_discovery *d)
{
    isakmp_discovery own;
    int rc = isakmp__enter(x, now);
    if (rc != ISAKMP_OK)
        return rc;
    memset(&own, 0, sizeof own);
    rc = ISAKMP_E_ARG;
    if (d && d->size >= sizeof d->size) {
        memcpy(&own, d, d->size < sizeof own ? d->size : sizeof own);
        rc = isakmp__ted_discover(x, &own);
    }
    isakmp__leave(x);
    return rc;
}

int isakmp_discover_end(isakmp_ctx *x, isakmp_time now, const isakmp_child_policy *child)
{
    int rc = isakmp__enter(x, now);
    if (rc != ISAKMP_OK)
        return rc;
    isakmp__ted_end(x, child);
    isakmp__leave(x);
    return ISAKMP_OK;
}
