/* exchange/rekey.c -- what the library begins again: SAs and children that near their end, and peers that
 * were lost.  Which one takes the place of which, and what becomes of the old ones, is the business of
 * sa/replace.c. */
#include "engine.h"
#include "rekey.h"
#include "sa/host.h"
#include "sa/replace.h"

/* ---- ISAKMP SAs ----------------------------------------------------------------------------- */

/* Where a user is authenticated, because the method or the policy says so, whoever has begun once begins again, and
 * nobody else: a method names the sides, and a gateway that only answers knows no way to call its clients. */
static int may_begin(const isakmp__sa *sa)
{
    return sa->initiator || sa->suite == NULL ||
           (isakmp__auth_user(sa->suite->auth) == ISAKMP__USER_NONE &&
            isakmp__sa_xauth_role(sa) != ISAKMP__XAUTH_GATEWAY);
}

int isakmp__rekey_sa(isakmp_ctx *x, isakmp__sa *sa, isakmp_sa_id *out)
{
    isakmp__sa *heir;
    int rc;
    if (sa->state != ISAKMP_SA_UP || sa->ending || sa->replaced || sa->rekeying || !may_begin(sa) ||
        isakmp__exchange_of(x, sa->exchange) == NULL)
        return ISAKMP_E_STATE;
    rc = isakmp__begin_sa(x, sa->policy, &sa->path, sa->exchange, sa, &heir);
    if (rc == ISAKMP_OK)
        *out = isakmp__sa_id(x, heir);
    return rc;
}

/* Begun again in its own place an SA forgets its user, and his address would be somebody else's. */
static int may_begin_in_place(const isakmp_ctx *x, const isakmp__sa *sa)
{
    return may_begin(sa) && isakmp__sa_user(x, sa).n == 0;
}

/* One that has ended, with children that live on. */
static int reconnect(isakmp_ctx *x, isakmp__sa *sa)
{
    isakmp__exch *e = NULL;
    isakmp_sa_id old = isakmp__sa_id(x, sa);
    if (!may_begin_in_place(x, sa) || !(sa->initiator || isakmp__sa_is_renewed(sa)))
        return ISAKMP_E_STATE;
    isakmp__sa_renew(x, sa);
    isakmp__sa_wake(x, sa, x->now);
    if (isakmp__phase1_prepare(x, sa, &e) != ISAKMP_OK)
        return ISAKMP_OK; /* it is begun by the timer */
    e->replaces = old;
    isakmp__engine_start(x, e);
    return ISAKMP_OK;
}

isakmp_time isakmp__begin_again(isakmp_ctx *x, isakmp__sa *sa)
{
    isakmp__exch *e = NULL;
    if (isakmp__exch_phase1(sa))
        return ISAKMP_NEVER;
    if (isakmp__phase1_prepare(x, sa, &e) != ISAKMP_OK)
        return x->now + 1000;
    isakmp__log(x, ISAKMP_LOG_INFO, sa, "we connect again");
    isakmp__engine_start(x, e);
    return ISAKMP_NEVER;
}

int isakmp__can_begin_again(const isakmp_ctx *x, const isakmp__sa *sa)
{
    return sa->policy->flags & ISAKMP_PF_RESTART && !sa->replaced && may_begin_in_place(x, sa);
}

/* ---- Children ------------------------------------------------------------------------------- */

/* Is one under way, or was there one that has replaced it? */
static int has_successor(const isakmp_ctx *x, const isakmp__child *c)
{
    const isakmp__child *partner = isakmp__child_partner(x, c);
    return partner && !partner->replaced;
}

/* Is a negotiation of the peer's under way that will replace it?  That is asked once: a first message may be one that
 * somebody has recorded, and comes to nothing. */
static int peer_is_at_it(const isakmp_ctx *x, const isakmp__child *c)
{
    isakmp__child *t = NULL;
    while ((t = isakmp__child_twin(x, c, t)) != NULL)
        if (t->state == ISAKMP_CHILD_NEGOTIATING && !t->initiator)
            return 1;
    return 0;
}

/* The SA to negotiate under: the one in whose place others have come, or one that is begun for it.  Somebody else
 * with the same identity and key, at another address, is not offered this traffic. */
static int find_sa(isakmp_ctx *x, isakmp__child *c, isakmp__sa **out)
{
    int rc = ISAKMP_OK;
    *out = isakmp__sa_speaker(x, c->sa);
    if (*out && !isakmp_addr_equal(&(*out)->path.remote, &c->sa->path.remote))
        *out = NULL;
    if (*out == NULL && c->sa->state == ISAKMP_SA_ENDED) {
        rc = reconnect(x, c->sa);
        *out = c->sa;
    }
    return *out && !(*out)->ending ? rc : ISAKMP_E_STATE;
}

/* What an earlier replacement has left is not waited for any longer. */
static void end_old(isakmp_ctx *x, isakmp__child *c)
{
    isakmp__child *old = isakmp__child_partner(x, c);
    if (old == NULL || !old->replaced)
        return;
    isakmp__inform_child_gone(x, old);
    isakmp__child_end(x, old, isakmp__reason(ISAKMP_BY_TIMER, ISAKMP_D_REPLACED, 0, 0));
}

int isakmp__rekey_child(isakmp_ctx *x, isakmp__child *old, isakmp_child_id *out)
{
    isakmp__child *c;
    isakmp__sa *sa;
    int rc;
    if (old->state != ISAKMP_CHILD_UP || old->ending || old->replaced || has_successor(x, old) ||
        isakmp__exchange_of(x, ISAKMP_EXCH_QUICK) == NULL)
        return ISAKMP_E_STATE;
    if (x->children.used == x->children.cap)
        return ISAKMP_E_LIMIT;
    rc = find_sa(x, old, &sa);
    if (rc != ISAKMP_OK)
        return rc;
    c = isakmp__child_take(x, sa, old->policy);
    end_old(x, old);
    isakmp__child_join(x, old, c);
    c->initiator = 1;
    c->local = old->local;
    c->remote = old->remote;
    c->pfs_group = old->pfs_group;
    *out = isakmp__child_id(x, c);
    if (sa->state == ISAKMP_SA_UP)
        isakmp__start_children(x, sa);
    return ISAKMP_OK;
}

static int wants_rekey(const isakmp__child *c)
{
    return c->policy->flags & ISAKMP_CF_REKEY &&
           (c->used || !(c->policy->flags & ISAKMP_CF_REKEY_USED));
}

static int renews(isakmp_ctx *x, isakmp__child *c)
{
    isakmp_child_id id;
    int rc = isakmp__rekey_child(x, c, &id);
    if (rc == ISAKMP_E_LIMIT)
        isakmp__log(x, ISAKMP_LOG_ERROR, c->sa,
                    "there is no room for a new child (limits.children)");
    return rc == ISAKMP_OK;
}

void isakmp__child_nears_end(isakmp_ctx *x, isakmp__child *c)
{
    int told = c->soft_told;
    c->soft_told = 1;
    isakmp__timer_set(&x->deadlines, &c->timer, isakmp__hard_at(c->since, c->life_s));
    if (!told)
        isakmp__tell(x, ISAKMP_EV_CHILD_SOFT, c->sa, c, NULL);
    if (wants_rekey(c) && !has_successor(x, c) && ((!told && peer_is_at_it(x, c)) || !renews(x, c)))
        isakmp__child_put_off(x, c);
}

/* ---- Quick Modes for the same traffic -------------------------------------------------------- */

/* The last moment at which we can give way to a negotiation that the peer has begun at the same time: with
 * our next message the peer has the child up.  Both sides know all four nonces, or the other one has not got
 * as far as this.  We give way once, and only where there is another child: what we give way to may be a first message that
 * somebody has recorded.  If we do not, and it is the peer's, both come up. */
static unsigned yield_to_peer(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp__child *old = isakmp__child_partner(x, e->child);
    isakmp__exch *t = NULL;
    if (old == NULL || old->yielded)
        return ISAKMP_OK;
    while ((t = isakmp__exch_twin(x, e, t)) != NULL)
        if (!t->initiator && t->msg == 3 && t->child && isakmp__rank_of(t) > isakmp__rank_of(e)) {
            isakmp__child_join(x, old, t->child);
            old->yielded = 1;
            return ISAKMP_D_RIVAL;
        }
    return ISAKMP_OK;
}
ISAKMP__DEFINE_VERB(yield_to_peer);

/* A child that the peer has begun is up: ours for the same traffic is not needed any more, unless it is too
 * late to end it. */
static void end_ours(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp_reason why = isakmp__reason(ISAKMP_BY_US, ISAKMP_D_RIVAL, 0, 0);
    if (e->child->ending)
        return;
    isakmp__inform_child_gone(x, e->child);
    isakmp__child_end(x, e->child, why);
}

void isakmp__tell_twins(isakmp_ctx *x, const isakmp__exch *e)
{
    isakmp__exch *t = NULL;
    if (!isakmp__child_is_renewed(e->child) || e->child->replaced)
        return;
    while ((t = isakmp__exch_twin(x, e, t)) != NULL) {
        t->rival = 1;
        if (t->initiator && !e->initiator && t->child && t->msg <= 2)
            end_ours(x, t);
    }
}

/* ---- The end of what was replaced, and of what nobody needs ---------------------------------- */

void isakmp__end_child(isakmp_ctx *x, isakmp__child *c, unsigned detail)
{
    isakmp__inform_child_gone(x, c);
    isakmp__child_end(x, c, isakmp__reason(ISAKMP_BY_TIMER, detail, 0, 0));
}

int isakmp__sa_is_busy(const isakmp__sa *sa)
{
    for (isakmp__exch *e = NULL; (e = isakmp__exch_after(sa, e)) != NULL;)
        if (e->child && !e->child->ending)
            return 1;
    return 0;
}

void isakmp__remind_of(isakmp_ctx *x, const isakmp__child *c)
{
    isakmp__child *t = NULL;
    while ((t = isakmp__child_twin(x, c, t)) != NULL)
        for (isakmp__exch *e = NULL; (e = isakmp__exch_after(t->sa, e)) != NULL;)
            if (e->child == t && !e->initiator && e->msg == 3 && e->phase == ISAKMP__WAIT)
                isakmp__exch_repeat(x, e);
}

/* The packet that the host has seen was made with the keys of the peer's Quick Mode: it has had our answer,
 * which is what its last message says. */
void isakmp__child_proven(isakmp_ctx *x, isakmp__child *c)
{
    isakmp__exch *e = NULL;
    while ((e = isakmp__exch_after(c->sa, e)) != NULL)
        if (e->child == c && !e->initiator && e->msg == 3 && e->phase == ISAKMP__WAIT) {
            isakmp__engine_finish(x, e);
            return;
        }
}
