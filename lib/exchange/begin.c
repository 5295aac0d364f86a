/* exchange/begin.c -- what we begin: a phase 1 exchange with a peer, a child under an SA.  All that can be wrong
 * with it is found before anything is taken. */
#include "crypto/keys.h"
#include "crypto/suites.h"
#include "engine.h"
#include "sa/host.h"
#include "sa/replace.h"

/* ---- ISAKMP SAs ----------------------------------------------------------------------------- */

/* Is there a path that a message can take? */
static int path_is_sound(const isakmp_path *path)
{
    return path && path->remote.family && path->remote.port &&
           path->remote.family == path->local.family;
}

/* Can one of the policies be used with this provider and these limits, given the key for it? */
static int has_usable(isakmp_ctx *x, const isakmp_peer_policy *policy)
{
    isakmp__means m = {&x->crypto, x->config.limits.max_dh, UINT32_MAX, 0, NULL, 0, 0};
    int found = 0, extends = isakmp__can_extend(x, NULL);
    if (!extends)
        m.methods &= ~isakmp__auth_user_bits();
    for (const isakmp_policy *p = NULL; (p = isakmp__policy_next(policy, p)) != NULL;) {
        const char *why = isakmp__policy_unusable(p, &m);
        if (why)
            isakmp__log(x, ISAKMP_LOG_INFO, NULL, "policy %u is not offered: %s", p->priority, why);
        found |= why == NULL;
    }
    if (isakmp__always_extends(policy) && !extends) {
        isakmp__log(x, ISAKMP_LOG_INFO, NULL,
                    "no policy is offered: its flags want XAUTH, but "
                    "isakmp_xauth or isakmp_transaction is not named");
        return 0;
    }
    return found;
}

/* A pre-shared key that is bound to a name cannot be found in Main Mode, where the responder must know
 * the key before it knows the name [RFC2409 5.4]. */
static uint8_t fitting_exchange(const isakmp_ctx *x, const isakmp_peer_policy *policy)
{
    uint8_t type = policy->peer_id.type;
    if (type != ISAKMP_ID_FQDN && type != ISAKMP_ID_USER_FQDN && type != ISAKMP_ID_KEY_ID)
        return ISAKMP_EXCH_MAIN;
    for (const isakmp_policy *p = NULL; (p = isakmp__policy_next(policy, p)) != NULL;)
        if (isakmp__auth_family(p->auth) != ISAKMP__AUTH_PSK)
            return ISAKMP_EXCH_MAIN;
    return isakmp__exchange_of(x, ISAKMP_EXCH_AGGRESSIVE) ? ISAKMP_EXCH_AGGRESSIVE
                                                          : ISAKMP_EXCH_MAIN;
}

int isakmp__connect_check(isakmp_ctx *x, const isakmp_peer_policy *policy, const isakmp_path *path,
                          uint8_t exchange)
{
    if (!path_is_sound(path) || isakmp_peer_policy_check(policy, NULL, NULL, 0) != ISAKMP_OK ||
        !has_usable(x, policy))
        return ISAKMP_E_ARG;
    if (exchange == 0)
        exchange = fitting_exchange(x, policy);
    if (exchange != ISAKMP_EXCH_MAIN && exchange != ISAKMP_EXCH_AGGRESSIVE)
        return ISAKMP_E_ARG;
    return isakmp__exchange_of(x, exchange) ? ISAKMP_OK : ISAKMP_E_STATE;
}

int isakmp__phase1_prepare(isakmp_ctx *x, isakmp__sa *sa, isakmp__exch **out)
{
    isakmp__exch *e = isakmp__engine_take(x, sa, isakmp__exchange_of(x, sa->exchange), 1, 0);
    if (e == NULL)
        return ISAKMP_E_LIMIT;
    if (isakmp__sa_make_cookie(x, sa) != ISAKMP_OK) {
        isakmp__exch_give(x, e);
        return ISAKMP_E_CRYPTO;
    }
    isakmp__sa_index(x, sa);
    *out = e;
    return ISAKMP_OK;
}

int isakmp__begin_sa(isakmp_ctx *x, const isakmp_peer_policy *policy, const isakmp_path *path,
                     uint8_t exchange, isakmp__sa *old, isakmp__sa **out)
{
    isakmp__sa *sa = isakmp__sa_take(x);
    isakmp__exch *e = NULL;
    int rc = ISAKMP_E_LIMIT;
    if (sa == NULL)
        return rc;
    sa->initiator = 1;
    sa->exchange = exchange;
    sa->path = *path;
    rc = isakmp__phase1_prepare(x, sa, &e);
    if (rc != ISAKMP_OK) {
        isakmp__sa_give(x, sa);
        return rc;
    }
    isakmp__sa_set_policy(x, sa, policy);
    if (old) { /* it is found beside the old one: the peer may begin, too */
        isakmp_id id = isakmp__sa_peer_id(old);
        isakmp__sa_set_peer_id(sa, &id);
        sa->peer_key = old->peer_key;
        isakmp__sa_enter_peer(x, sa);
        e->replaces = isakmp__sa_id(x, old);
        old->rekeying = 1;
    }
    *out = sa;
    isakmp__engine_start(x, e);
    return ISAKMP_OK;
}

int isakmp__connect(isakmp_ctx *x, const isakmp_peer_policy *policy, const isakmp_path *path,
                    uint8_t exchange, isakmp__sa **out)
{
    int rc = isakmp__connect_check(x, policy, path, exchange);
    if (rc != ISAKMP_OK)
        return rc;
    if (exchange == 0)
        exchange = fitting_exchange(x, policy);
    return isakmp__begin_sa(x, policy, path, exchange, NULL, out);
}

/* ---- Children ------------------------------------------------------------------------------- */

/* Are both selectors of one family, with the addresses of the ends for those left open?  Of the address that a
 * client may be given nobody knows yet. */
static int families_agree(const isakmp__sa *sa, const isakmp_child_policy *p)
{
    const uint32_t config = ISAKMP_PF_CONFIG_PUSH | ISAKMP_PF_CONFIG_ANSWER |
                            ISAKMP_PF_CONFIG_PULL | ISAKMP_PF_CONFIG_ACCEPT;
    if (sa->policy && sa->policy->flags & config && !(p->local.family && p->remote.family))
        return 1;
    return (p->local.family ? p->local.family : sa->path.local.family) ==
           (p->remote.family ? p->remote.family : sa->path.remote.family);
}

int isakmp__child_check(isakmp_ctx *x, const isakmp_child_policy *policy)
{
    if (isakmp_child_policy_check(policy, &x->crypto, NULL, 0) != ISAKMP_OK ||
        (policy->pfs_group &&
         !isakmp__group_able(&x->crypto, policy->pfs_group, x->config.limits.max_dh)))
        return ISAKMP_E_ARG;
    return isakmp__exchange_of(x, ISAKMP_EXCH_QUICK) ? ISAKMP_OK : ISAKMP_E_STATE;
}

int isakmp__child_begin(isakmp_ctx *x, isakmp__sa *sa, const isakmp_child_policy *policy,
                        const isakmp_selector *local, const isakmp_selector *remote,
                        isakmp__child **out)
{
    isakmp__child *c;
    if (!families_agree(sa, policy))
        return ISAKMP_E_ARG;
    if (sa->state == ISAKMP_SA_ENDED)
        return ISAKMP_E_STATE;
    sa = isakmp__sa_heir(x, sa);
    c = isakmp__child_take(x, sa, policy);
    if (c == NULL)
        return ISAKMP_E_LIMIT;
    if (local && remote) {
        c->local = *local;
        c->remote = *remote;
    }
    *out = c;
    if (sa->state == ISAKMP_SA_UP)
        isakmp__start_children(x, sa);
    return ISAKMP_OK;
}
