/* core/api.c -- what the user wants: connect, close; and late answers. */
#include "base/secret.h"
#include "crypto/keys.h"
#include "crypto/suites.h"
#include "entry.h"
#include "exchange/engine.h"
#include "sa/host.h"

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
    isakmp__means m = {&x->crypto, x->config.limits.max_dh, UINT32_MAX, 0, NULL, 0};
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

static int connect(isakmp_ctx *x, const isakmp_peer_policy *policy, const isakmp_path *path,
                   uint8_t exchange, isakmp_sa_id *out)
{
    const isakmp_exchange *def;
    isakmp__exch *e;
    isakmp__sa *sa;
    if (out == NULL || !path_is_sound(path) ||
        isakmp_peer_policy_check(policy, NULL, NULL, 0) != ISAKMP_OK || !has_usable(x, policy))
        return ISAKMP_E_ARG;
    if (exchange == 0)
        exchange = fitting_exchange(x, policy);
    def = isakmp__exchange_of(x, exchange);
    if (exchange != ISAKMP_EXCH_MAIN && exchange != ISAKMP_EXCH_AGGRESSIVE)
        return ISAKMP_E_ARG;
    if (def == NULL)
        return ISAKMP_E_STATE;
    sa = isakmp__sa_take(x);
    if (sa == NULL)
        return ISAKMP_E_LIMIT;
    sa->initiator = 1;
    sa->exchange = exchange;
    sa->path = *path;
    e = isakmp__engine_take(x, sa, def, 1, 0);
    if (e == NULL || isakmp__sa_make_cookie(x, sa) != ISAKMP_OK) {
        int rc = e ? ISAKMP_E_CRYPTO : ISAKMP_E_LIMIT;
        if (e)
            isakmp__exch_give(x, e);
        isakmp__sa_give(x, sa);
        return rc;
    }
    isakmp__sa_set_policy(x, sa, policy);
    isakmp__sa_index(x, sa);
    *out = isakmp__sa_id(x, sa);
    isakmp__engine_start(x, e);
    return ISAKMP_OK;
}

int isakmp_connect(isakmp_ctx *x, isakmp_time now, const isakmp_peer_policy *policy,
                   const isakmp_path *path, uint8_t exchange, isakmp_sa_id *out)
{
    int rc = isakmp__enter(x, now);
    if (rc != ISAKMP_OK)
        return rc;
    rc = connect(x, policy, path, exchange, out);
    isakmp__leave(x);
    return rc;
}

int isakmp_close(isakmp_ctx *x, isakmp_time now, isakmp_sa_id id)
{
    isakmp_reason why = isakmp__reason(ISAKMP_BY_HOST, ISAKMP_D_CLOSED, 0, 0);
    isakmp__sa *sa;
    int rc = isakmp__enter(x, now);
    if (rc != ISAKMP_OK)
        return rc;
    sa = isakmp__sa_of(x, id);
    if (sa) {
        isakmp__inform_sa_gone(x, sa);
        if (isakmp__exch_phase1(sa))
            isakmp__disown(x, isakmp__exch_phase1(sa));
        for (isakmp__child *c = NULL; (c = isakmp__child_after(sa, c)) != NULL;)
            isakmp__child_end(x, c, why);
        isakmp__sa_end(x, sa, why);
    }
    isakmp__leave(x);
    return sa ? ISAKMP_OK : ISAKMP_E_STALE;
}

/* ---- Signs of life -------------------------------------------------------------------------- */

static int note(isakmp_ctx *x, isakmp_time now, isakmp_sa_id id,
                void (*what)(isakmp_ctx *x, isakmp__sa *sa))
{
    isakmp__sa *sa, *speaker;
    int rc = isakmp__enter(x, now);
    if (rc != ISAKMP_OK)
        return rc;
    sa = isakmp__sa_of(x, id);
    speaker = sa ? isakmp__sa_speaker(x, sa) : NULL;
    rc = speaker && speaker->state == ISAKMP_SA_UP ? ISAKMP_OK : ISAKMP_NONE;
    if (rc == ISAKMP_OK)
        what(x, speaker);
    isakmp__leave(x);
    return sa ? rc : ISAKMP_E_STALE;
}

int isakmp_sa_heard(isakmp_ctx *x, isakmp_time now, isakmp_sa_id sa)
{
    return note(x, now, sa, isakmp__sa_heard);
}

int isakmp_sa_wanted(isakmp_ctx *x, isakmp_time now, isakmp_sa_id sa)
{
    return note(x, now, sa, isakmp__sa_wanted);
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

static int child_connect(isakmp_ctx *x, isakmp_sa_id id, const isakmp_child_policy *policy,
                         isakmp_child_id *out)
{
    isakmp__sa *sa = isakmp__sa_of(x, id);
    isakmp__child *c;
    if (out == NULL || isakmp_child_policy_check(policy, &x->crypto, NULL, 0) != ISAKMP_OK ||
        (policy->pfs_group &&
         !isakmp__group_able(&x->crypto, policy->pfs_group, x->config.limits.max_dh)))
        return ISAKMP_E_ARG;
    if (sa == NULL)
        return ISAKMP_E_STALE;
    if (!families_agree(sa, policy))
        return ISAKMP_E_ARG;
    if (sa->state == ISAKMP_SA_ENDED || isakmp__exchange_of(x, ISAKMP_EXCH_QUICK) == NULL)
        return ISAKMP_E_STATE;
    c = isakmp__child_take(x, sa, policy);
    if (c == NULL)
        return ISAKMP_E_LIMIT;
    *out = isakmp__child_id(x, c);
    if (sa->state == ISAKMP_SA_UP)
        isakmp__start_children(x, sa);
    return ISAKMP_OK;
}

int isakmp_child_connect(isakmp_ctx *x, isakmp_time now, isakmp_sa_id sa,
                         const isakmp_child_policy *policy, isakmp_child_id *out)
{
    int rc = isakmp__enter(x, now);
    if (rc != ISAKMP_OK)
        return rc;
    rc = child_connect(x, sa, policy, out);
    isakmp__leave(x);
    return rc;
}

int isakmp_child_close(isakmp_ctx *x, isakmp_time now, isakmp_child_id id)
{
    isakmp__child *c;
    int rc = isakmp__enter(x, now);
    if (rc != ISAKMP_OK)
        return rc;
    c = isakmp__child_of(x, id);
    if (c) {
        if (c->n)
            isakmp__inform_child_gone(x, c);
        isakmp__child_end(x, c, isakmp__reason(ISAKMP_BY_HOST, ISAKMP_D_CLOSED, 0, 0));
    }
    isakmp__leave(x);
    return c ? ISAKMP_OK : ISAKMP_E_STALE;
}

/* ---- Late answers --------------------------------------------------------------------------- */

int isakmp_answer(isakmp_ctx *x, isakmp_time now, isakmp_ticket ticket, int rc, const void *value,
                  size_t n)
{
    isakmp__exch *e;
    int entered = isakmp__enter(x, now), out = ISAKMP_OK;
    if (entered != ISAKMP_OK)
        return entered;
    e = isakmp__exch_by_ticket(x, ticket);
    if (e == NULL) {
        out = ISAKMP_E_STALE;
    } else if (!isakmp__answer_fits(e, rc, value, n)) {
        out = ISAKMP_E_ARG;
    } else {
        x->answer.exch = e;
        x->answer.rc = rc;
        x->answer.value = value;
        x->answer.n = n;
        isakmp__engine_resume(x, e);
        x->answer.exch = NULL;
    }
    isakmp__leave(x);
    return out;
}
