/* exchange/verbs_sa.c -- phase 1: whose policy it is, which key material there is, and the SA
 * payloads [RFC2409 5]. */
#include "base/secret.h"
#include "engine.h"
#include "sa/host.h"

static isakmp__means means_of(const isakmp_ctx *x, const isakmp__exch *e)
{
    isakmp__means m = isakmp__sa_means(x, e->sa);
    m.methods = e->methods;
    m.like = e->like;
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

int isakmp__can_extend(const isakmp_ctx *x, const isakmp__exch *e)
{
    for (const isakmp_extension *const *p = x->config.extensions; p && *p; p++)
        if ((*p)->extends && (*p)->extends(x, e))
            return 1;
    return 0;
}

/* Does a policy name a method of one of several families? */
int isakmp__wants(const isakmp_peer_policy *p, uint8_t families)
{
    const isakmp_policy *q = NULL;
    while ((q = isakmp__policy_next(p, q)) != NULL)
        if (isakmp__auth_family(q->auth) & families)
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
    if (!isakmp__wants(e->sa->policy, ISAKMP__AUTH_PSK))
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

/* With hybrid authentication the gateway needs a key, and the client only somebody who verifies. */
static uint32_t hybrid_methods(const isakmp_ctx *x, const isakmp__exch *e)
{
    uint32_t init = isakmp__auth_bits(ISAKMP__AUTH_HYI), resp = isakmp__auth_bits(ISAKMP__AUTH_HYR);
    uint32_t as_gateway = e->initiator ? resp : init, as_client = e->initiator ? init : resp;
    return (e->methods & isakmp__auth_bit(ISAKMP_AUTH_RSA_SIG) ? as_gateway : 0) |
           (isakmp__can_verify(x) ? as_client : 0);
}

/* Methods with XAUTH need what those without it need, and both sides must do it.  An initiator offers them and
 * sees; what it offers is XAUTH, and not what else has these numbers, if its vendor ID is with it. */
static void add_extended(const isakmp_ctx *x, isakmp__exch *e)
{
    if (isakmp__can_extend(x, NULL)) {
        e->methods |= hybrid_methods(x, e);
        if (e->initiator || isakmp__can_extend(x, e))
            e->methods |= isakmp__auth_extended(e->methods);
    } else if (isakmp__always_extends(e->sa->policy)) {
        e->methods = 0;
    }
}

/* ... and so with public keys. */
static unsigned ask_methods(isakmp_ctx *x, isakmp__exch *e)
{
    const uint32_t known =
        isakmp__auth_bits(ISAKMP__AUTH_SIG | ISAKMP__AUTH_PKE | ISAKMP__AUTH_REV) &
        ~isakmp__auth_user_bits();
    isakmp_credentials c;
    unsigned rc = ISAKMP_OK;
    int answer;
    if (isakmp__wants(e->sa->policy, (uint8_t)~ISAKMP__AUTH_PSK)) {
        answer = isakmp__ask_credentials(x, e, 0, &c);
        rc = outcome(answer, ISAKMP_OK);
        if (answer == ISAKMP_OK)
            e->methods |= c.methods & known;
    }
    if (rc == ISAKMP_OK)
        add_extended(x, e);
    return rc;
}
ISAKMP__DEFINE_VERB(ask_methods);

/* ---- SA payloads ---------------------------------------------------------------------------- */

/* Aggressive Mode sends with the offer what is made for one kind of policy: that of the best one that can
 * be used. */
static unsigned settle_offer(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp__means m = means_of(x, e);
    const isakmp_policy *p = NULL;
    while ((p = isakmp__policy_next(e->sa->policy, p)) != NULL && isakmp__policy_unusable(p, &m))
        ;
    if (p == NULL)
        return ISAKMP_D_NO_KEY;
    e->like = p;
    e->group = p->group;
    return ISAKMP_OK;
}
ISAKMP__DEFINE_VERB(settle_offer);

static unsigned put_sa_offer(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp__means m = means_of(x, e);
    size_t start = e->w.len;
    if (isakmp__offer_phase1(&e->w, e->sa->policy, &m) == 0)
        return ISAKMP_D_NO_KEY;
    if (e->w.fault || e->w.len - start - 4 > ISAKMP_MAX_SA_BODY)
        return ISAKMP_D_SA_TOO_LONG;
    return isakmp__exch_store(e, &e->sai,
                              isakmp__span(e->w.base + start + 4, e->w.len - start - 4));
}
ISAKMP__DEFINE_PUT_VERB(put_sa_offer, ISAKMP_PAYLOAD_SA);

/* Pre-shared keys are left out of Aggressive Mode unless the policy wants them there.  Then an offer with one
 * that does not match otherwise is not answered at all, whether it would match and whether there is a key or
 * not: nobody is to learn which names we know [T-62]. */
static unsigned choose(isakmp_ctx *x, isakmp__exch *e)
{
    const isakmp_peer_policy *p = e->sa->policy;
    isakmp_policy first = isakmp__first_offer(e->sai);
    isakmp__means m = means_of(x, e);
    int is_aggressive = e->def->type == ISAKMP_EXCH_AGGRESSIVE;
    int no_psk = is_aggressive && !(p->flags & ISAKMP_PF_AGGRESSIVE_PSK);
    unsigned rc;
    if (is_aggressive && isakmp__auth_family(first.auth) & (ISAKMP__AUTH_PKE | ISAKMP__AUTH_REV))
        m.like = &first;                          /* what has been encrypted was for that */
    m.methods &= isakmp__auth_bits(e->row->auth); /* whose message this is */
    if (no_psk)
        m.methods &= ~isakmp__auth_bits(ISAKMP__AUTH_PSK);
    rc = isakmp__choose_phase1(&e->u.choice, p, &m, e->sai);
    if (rc == ISAKMP_D_NO_PROPOSAL && no_psk && isakmp__offers_auth(e->sai, ISAKMP__AUTH_PSK))
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
    sa->life_s = isakmp__life_for(isakmp__policy_life(sa->suite), &m).seconds;
    e->group = sa->suite->group;
    return ISAKMP_OK;
}
ISAKMP__DEFINE_VERB(take_sa_choice);
