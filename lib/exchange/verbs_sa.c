/* exchange/verbs_sa.c -- phase 1: whose policy it is, which key material there is, and the SA
 * payloads [RFC2409 5]. */
#include "base/secret.h"
#include "row.h"
#include "sa/host.h"

static isakmp__means means_of(const isakmp_ctx *x, const isakmp__exch *e)
{
    isakmp__means m = isakmp__sa_means(x, e->sa);
    m.methods = e->methods;
    if (e->def->type == ISAKMP_EXCH_AGGRESSIVE && e->initiator)
        m.group = e->group;
    return m;
}

/* What a question to the host has come to. */
static unsigned outcome(int rc, unsigned if_none)
{
    if (rc == ISAKMP_OK || rc == ISAKMP_PENDING)
        return (unsigned)rc;
    return rc == ISAKMP_NONE ? if_none : (unsigned)ISAKMP_D_HOST;
}

static unsigned ask_peer(isakmp_ctx *x, isakmp__exch *e)
{
    const isakmp_peer_policy *p = NULL;
    char why[112] = "";
    unsigned rc = outcome(isakmp__ask_peer(x, e, &p), ISAKMP_D_NO_POLICY);
    if (rc != ISAKMP_OK)
        return rc;
    if (p == NULL || isakmp_peer_policy_check(p, NULL, why, sizeof why) != ISAKMP_OK) {
        isakmp__log(x, ISAKMP_LOG_ERROR, e->sa, "the host's peer policy is not valid: %s", why);
        return ISAKMP_D_HOST;
    }
    isakmp__sa_set_policy(x, e->sa, p);
    return ISAKMP_OK;
}
ISAKMP__DEFINE_VERB(ask_peer);

/* Does a policy name a method of a family? */
static int wants(const isakmp_peer_policy *p, uint8_t family)
{
    const isakmp_policy *q = NULL;
    while ((q = isakmp__policy_next(p, q)) != NULL)
        if (isakmp__auth_family(q->auth) == family)
            return 1;
    return 0;
}

/* Without a key the policies that need one are neither offered nor matched. */
static unsigned ask_psk(isakmp_ctx *x, isakmp__exch *e)
{
    uint8_t key[ISAKMP_MAX_PSK];
    size_t n = 0;
    unsigned rc;
    int answer;
    if (!wants(e->sa->policy, ISAKMP__AUTH_PSK))
        return ISAKMP_OK;
    answer = isakmp__ask_psk(x, e, key, &n);
    rc = outcome(answer, ISAKMP_OK);
    if (answer == ISAKMP_OK)
        rc = isakmp__exch_store(e, &e->psk, isakmp__span(key, n));
    isakmp__wipe(key, sizeof key);
    e->methods = e->psk.n ? isakmp__auth_bit(ISAKMP_AUTH_PSK) : 0;
    return rc;
}
ISAKMP__DEFINE_VERB(ask_psk);

/* ... and so with private keys. */
static unsigned ask_methods(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp_credentials c;
    unsigned rc;
    int answer;
    if (!wants(e->sa->policy, ISAKMP__AUTH_SIG))
        return ISAKMP_OK;
    answer = isakmp__ask_credentials(x, e, 0, &c);
    rc = outcome(answer, ISAKMP_OK);
    if (answer == ISAKMP_OK)
        e->methods |= c.methods & ~isakmp__auth_bit(ISAKMP_AUTH_PSK);
    return rc;
}
ISAKMP__DEFINE_VERB(ask_methods);

/* ---- SA payloads ---------------------------------------------------------------------------- */

/* Aggressive Mode sends its public value with the offer, so all transforms have one group: that of
 * the best policy that can be used. */
static void settle_group(const isakmp_ctx *x, isakmp__exch *e)
{
    isakmp__means m = means_of(x, e);
    const isakmp_policy *p = NULL;
    if (e->def->type != ISAKMP_EXCH_AGGRESSIVE)
        return;
    while ((p = isakmp__policy_next(e->sa->policy, p)) != NULL && isakmp__policy_unusable(p, &m))
        ;
    e->group = p ? p->group : 0;
}

static unsigned put_sa_offer(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp__means m;
    size_t start = e->w.len;
    settle_group(x, e);
    m = means_of(x, e);
    if (isakmp__offer_phase1(&e->w, e->sa->policy, &m) == 0)
        return ISAKMP_D_NO_KEY;
    if (e->w.fault || e->w.len - start - 4 > ISAKMP_MAX_SA_BODY)
        return ISAKMP_D_SA_TOO_LONG;
    return isakmp__exch_store(e, &e->sai,
                              isakmp__span(e->w.base + start + 4, e->w.len - start - 4));
}
ISAKMP__DEFINE_PUT_VERB(put_sa_offer, ISAKMP_PAYLOAD_SA);

/* Pre-shared keys are left out of Aggressive Mode unless the policy wants them there; if nothing else
 * would have matched, that is what is said. */
static unsigned choose(isakmp_ctx *x, isakmp__exch *e)
{
    const isakmp_peer_policy *p = e->sa->policy;
    isakmp__means m = means_of(x, e), all = m;
    unsigned rc;
    if (e->def->type == ISAKMP_EXCH_AGGRESSIVE && !(p->flags & ISAKMP_PF_AGGRESSIVE_PSK))
        m.methods &= ~isakmp__auth_bit(ISAKMP_AUTH_PSK);
    rc = isakmp__choose_phase1(&e->u.choice, p, &m, e->sai);
    if (rc == ISAKMP_D_NO_PROPOSAL && m.methods != all.methods &&
        isakmp__choose_phase1(&e->u.choice, p, &all, e->sai) == ISAKMP_OK)
        rc = ISAKMP_D_MODE_REFUSED;
    return rc;
}

/* The whole offer is kept: HASH_I and HASH_R cover it. */
static unsigned take_sa_offer(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp_span body = isakmp_msg_find(e->in, ISAKMP_PAYLOAD_SA, 0);
    isakmp__sa *sa = e->sa;
    unsigned rc;
    if (body.n > ISAKMP_MAX_SA_BODY)
        return ISAKMP_D_SA_TOO_LONG;
    rc = isakmp__exch_store(e, &e->sai, body);
    if (rc == ISAKMP_OK)
        rc = choose(x, e);
    if (rc != ISAKMP_OK)
        return rc;
    sa->suite = e->u.choice.policy;
    sa->life_s = e->u.choice.life.seconds;
    e->announce = e->u.choice.life.announce;
    e->group = sa->suite->group;
    return ISAKMP_OK;
}
ISAKMP__DEFINE_VERB(take_sa_offer);

static unsigned put_sa_choice(isakmp_ctx *x, isakmp__exch *e)
{
    (void)x;
    isakmp__return_phase1(&e->w, &e->u.choice);
    return ISAKMP_OK;
}
ISAKMP__DEFINE_PUT_VERB(put_sa_choice, ISAKMP_PAYLOAD_SA);

static unsigned take_sa_choice(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp__means m = means_of(x, e);
    isakmp__sa *sa = e->sa;
    unsigned rc = isakmp__confirm_phase1(&sa->suite, sa->policy, &m,
                                         isakmp_msg_find(e->in, ISAKMP_PAYLOAD_SA, 0));
    if (rc != ISAKMP_OK)
        return rc;
    if (!(isakmp__auth_family(sa->suite->auth) & e->row->auth))
        return ISAKMP_D_CHOICE; /* of a method that the rest of the message is not of */
    sa->life_s = isakmp__policy_life(sa->suite).seconds;
    e->group = sa->suite->group;
    return ISAKMP_OK;
}
ISAKMP__DEFINE_VERB(take_sa_choice);
