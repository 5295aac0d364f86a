/* core/recovery.c -- the host has seen a packet with an SPI that it does not know: see
 * exchange/recover.c. */
#include "crypto/keys.h"
#include "entry.h"
#include "exchange/engine.h"

/* Is an ISAKMP SA with this peer on its way already? */
static int is_coming(const isakmp_ctx *x, const isakmp_peer_policy *policy, const isakmp_path *path)
{
    const isakmp__sa *sa = NULL;
    while ((sa = isakmp__sa_with_policy(x, policy, sa)) != NULL)
        if ((sa->state == ISAKMP_SA_NEGOTIATING || sa->state == ISAKMP_SA_XAUTH) && !sa->ending &&
            isakmp__same_ip(&sa->path.remote, &path->remote))
            return 1;
    return 0;
}

/* Negotiations that anybody could have asked for leave half of the exchanges to others. */
static int begin(isakmp_ctx *x, const isakmp_peer_policy *policy, const isakmp_path *path,
                 uint8_t proto, uint32_t spi)
{
    isakmp__sa *sa;
    isakmp__exch *e;
    int rc;
    if (is_coming(x, policy, path) || 2 * x->exchs.used >= x->config.limits.exchanges)
        return ISAKMP_NONE;
    rc = isakmp__connect(x, policy, path, 0, &sa);
    if (rc != ISAKMP_OK)
        return rc;
    e = isakmp__exch_phase1(sa);
    if (e) {
        e->unknown_proto = proto;
        e->unknown_spi = spi;
    }
    return ISAKMP_OK;
}

static int recover(isakmp_ctx *x, const isakmp_path *path, uint8_t proto, uint32_t spi,
                   const isakmp_peer_policy *policy)
{
    isakmp__sa *sa;
    if (path == NULL || path->remote.family == 0 || spi < 256 ||
        (proto != ISAKMP_PROTO_ESP && proto != ISAKMP_PROTO_AH) ||
        (policy && isakmp_peer_policy_check(policy, NULL, NULL, 0) != ISAKMP_OK))
        return ISAKMP_E_ARG;
    if (isakmp__exchange_of(x, ISAKMP_EXCH_INFO) == NULL)
        return ISAKMP_E_STATE;
    if (!isakmp__spi_admit(x, &path->remote))
        return ISAKMP_NONE;
    sa = isakmp__sa_at(x, path);
    if (sa && isakmp__spi_is_ours(x, sa, proto, spi))
        return ISAKMP_NONE;
    if (sa)
        return isakmp__inform_unknown_spi(x, sa, proto, spi) ? ISAKMP_OK : ISAKMP_E_LIMIT;
    if (policy == NULL || !(policy->flags & ISAKMP_PF_RECOVER))
        return ISAKMP_NONE;
    return begin(x, policy, path, proto, spi);
}

int isakmp_invalid_spi(isakmp_ctx *x, isakmp_time now, const isakmp_path *path, uint8_t proto,
                       uint32_t spi, const isakmp_peer_policy *policy)
{
    int rc = isakmp__enter(x, now);
    if (rc != ISAKMP_OK)
        return rc;
    rc = recover(x, path, proto, spi, policy);
    isakmp__leave(x);
    return rc;
}
