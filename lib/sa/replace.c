/* sa/replace.c -- SAs and children that take the place of others.
 *
 * IKEv1 has no message that says so.  Whoever negotiates a replacement knows what it is for; the other side
 * recognises it: the same peer (identity and key) at the same address and port, and for a child the same
 * selectors.  That is looked for only where a policy asks for it, since two SAs, or two children for the same
 * traffic, may stand side by side as well.
 *
 *     old     UP ----------------- replaced -------- gone, with a Delete
 *     new          NEGOTIATING --- UP
 *
 * The old one stays until it is known that the peer uses the new one, and comes back to life if the new one
 * does not live as long.  Children of an SA go over to its replacement.
 *
 * If both sides begin at the same time, both replacements may come up.  One of them then replaces the other,
 * on both sides the same: of children, the one with the greater rank, which is the lesser of its two nonces;
 * of SAs, the one with the greater cookies.  Begun at the same time means that each was there, on this side,
 * before the other one was up (of SAs, or soon after that).  If that is so on one side and not on the other, the initiator of one had not
 * gone so far that its peer could have it up; so it ends the negotiation (exchange/rekey.c). */
#include "host.h"
#include "replace.h"

/* What was sent through the old SAs before the peer changed over is on its way for so long at most. */
#define OVERLAP_MS 5000
/* A peer that has not been heard to use a child has given up its side of it by then. */
#define UNCONFIRMED_MS 120000
/* Of ISAKMP SAs the side that began the replacement deletes the old one, the other if that does not: when it
 * is up here it may have to wait there for our last message, and may come to nothing. */
#define OVERLAP_SA_MS       10000
#define OVERLAP_SA_OTHER_MS 180000

/* Two SAs that Aggressive Mode makes within so short a time were begun at the same time: nobody replaces one as
 * young. */
#define MAX_SLACK_MS 60000

static uint32_t ms_after(isakmp_time since, isakmp_time at)
{
    isakmp_time ms = at > since ? at - since : 0;
    return ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
}

/* How long until something that has failed is tried again: several times before the lifetime is over. */
static isakmp_time retry_at(const isakmp_ctx *x, isakmp_time hard_at)
{
    isakmp_time wait = hard_at > x->now ? (hard_at - x->now) / 8 : 0;
    wait = wait < 1000 ? 1000 : wait;
    return x->now + (wait < 60000 ? wait : 60000);
}

/* ---- ISAKMP SAs ----------------------------------------------------------------------------- */

static int is_up(const isakmp__sa *sa)
{
    return sa->state == ISAKMP_SA_UP && !sa->ending;
}

int isakmp__sa_is_renewed(const isakmp__sa *sa)
{
    return (sa->policy->flags & (ISAKMP_PF_REKEY | ISAKMP_PF_RESTART)) != 0;
}

/* Is an SA with the same peer one that another can take the place of? */
static int is_in_place_of(const isakmp__sa *sa, const isakmp__sa *other)
{
    return other->policy == sa->policy &&
           isakmp_addr_equal(&other->path.remote, &sa->path.remote) &&
           (is_up(other) || (other->state == ISAKMP_SA_ENDED && other->n_children));
}

/* Phase 1 may be over long before the user is known, and with it the exchange that knows what it was begun for: then
 * it is the SA with this peer that is being replaced. */
static isakmp__sa *being_replaced(const isakmp_ctx *x, const isakmp__sa *sa)
{
    isakmp__sa *old = NULL;
    if (!sa->initiator || isakmp__sa_xauth_role(sa) == ISAKMP__XAUTH_NONE ||
        !(sa->state == ISAKMP_SA_XAUTH || sa->since == x->now))
        return NULL;
    do
        old = isakmp__sa_relative(x, sa, old);
    while (old && !(old->rekeying && is_in_place_of(sa, old)));
    return old;
}

/* The one that an SA was begun to replace. */
static isakmp__sa *named(const isakmp_ctx *x, const isakmp__sa *sa)
{
    const isakmp__exch *e = isakmp__exch_phase1(sa);
    isakmp__sa *old = e ? isakmp__sa_of(x, e->replaces) : being_replaced(x, sa);
    return old && (is_up(old) || old->state == ISAKMP_SA_ENDED) ? old : NULL;
}

/* The next one that an SA takes the place of; NULL at the end. */
static isakmp__sa *next_old(const isakmp_ctx *x, const isakmp__sa *sa, isakmp__sa *old)
{
    const isakmp__sa *by_name = named(x, sa);
    if (by_name == NULL && !isakmp__sa_is_renewed(sa))
        return NULL;
    while ((old = isakmp__sa_sibling(x, sa, old)) != NULL)
        if (old == by_name || (isakmp__sa_is_renewed(sa) && is_in_place_of(sa, old)))
            return old;
    return NULL;
}

isakmp__sa *isakmp__sa_replaces(const isakmp_ctx *x, const isakmp__sa *sa)
{
    isakmp__sa *best = NULL, *old = NULL;
    while ((old = next_old(x, sa, old)) != NULL)
        if (best == NULL || (is_up(old) && (!is_up(best) || best->replaced)))
            best = old;
    return best;
}

static void adopt(isakmp__sa *to, isakmp__child *c)
{
    isakmp__unlink(&c->link);
    c->sa->n_children--;
    c->sa = to;
    isakmp__list_append(&to->children, &c->link);
    to->n_children++;
}

/* Those that are negotiated stay until they are up, for their exchanges stay. */
static void adopt_all(isakmp_ctx *x, isakmp__sa *to, isakmp__sa *from)
{
    isakmp__child *c = isakmp__child_after(from, NULL), *next;
    for (; c; c = next) {
        next = isakmp__child_after(from, c);
        if (c->state != ISAKMP_CHILD_NEGOTIATING)
            adopt(to, c);
    }
    if (from->state == ISAKMP_SA_ENDED && from->n_children == 0)
        isakmp__sa_give(x, from);
}

isakmp__sa *isakmp__sa_heir(const isakmp_ctx *x, isakmp__sa *sa)
{
    isakmp__sa *other = NULL;
    while (sa->replaced && (other = isakmp__sa_sibling(x, sa, other)) != NULL)
        if (is_up(other) && !other->replaced && is_in_place_of(sa, other))
            return other;
    return sa;
}

void isakmp__child_follow(isakmp_ctx *x, isakmp__child *c)
{
    isakmp__sa *heir = isakmp__sa_heir(x, c->sa);
    if (heir != c->sa)
        adopt(heir, c);
}

/* When one that was replaced goes. */
static void retire_sa(isakmp_ctx *x, isakmp__sa *old, uint32_t overlap_ms)
{
    isakmp_time hard_at = isakmp__hard_at(old->since, old->life_s);
    isakmp_time at = x->now + overlap_ms;
    old->soft_ms = ms_after(old->since, at < hard_at ? at : hard_at);
    isakmp__sa_wake(x, old, at);
}

static void replace(isakmp_ctx *x, isakmp__sa *old, isakmp__sa *by, uint32_t overlap_ms)
{
    old->replaced = 1;
    old->rekeying = 0;
    isakmp__log(x, ISAKMP_LOG_INFO, old, "another ISAKMP SA has replaced this one");
    adopt_all(x, by, old);
    retire_sa(x, old, overlap_ms);
}

/* One that was replaced before is not the last one: for that the other side need not be waited for so long.  Else
 * a peer that negotiates often would fill the pool. */
static void hasten(isakmp_ctx *x, isakmp__sa *old)
{
    if (is_up(old) && old->since + old->soft_ms > x->now + OVERLAP_SA_MS)
        retire_sa(x, old, OVERLAP_SA_MS);
}

/* Were two that are up begun at the same time, one by each side?  In Aggressive Mode the initiator has its SA
 * up when our message, which says the same of ours, may still have to be repeated: for so long the two sides
 * would not agree. */
static int are_rivals(const isakmp_ctx *x, const isakmp__sa *last, const isakmp__sa *first)
{
    isakmp_time slack = 250 * (isakmp_time)first->life_s;
    slack = slack < MAX_SLACK_MS ? slack : MAX_SLACK_MS;
    if (last->exchange != ISAKMP_EXCH_AGGRESSIVE)
        slack = 0;
    return last->initiator != first->initiator && first != named(x, last) &&
           last->since - last->took_ms <= first->since + slack;
}

/* The initiator's, which is random; no two are the same. */
static uint64_t cookie_of(const isakmp__sa *sa)
{
    return (uint64_t)isakmp__get32(sa->cky_i) << 32 | isakmp__get32(sa->cky_i + 4);
}

/* The last message of Aggressive Mode is ours when we have begun. */
static uint32_t overlap_of(const isakmp__sa *by)
{
    if (!by->initiator)
        return OVERLAP_SA_OTHER_MS;
    return by->exchange == ISAKMP_EXCH_MAIN ? OVERLAP_SA_MS : 4 * OVERLAP_SA_MS;
}

/* One that is being negotiated for the same peer, or waits to be: the one that has come up is as good.  But
 * once our proof has been sent the peer may have it up. */
static void end_ours(isakmp_ctx *x, isakmp__sa *sa, isakmp__sa *ours)
{
    const isakmp__exch *e = isakmp__exch_phase1(ours);
    if (e && ours->exchange == ISAKMP_EXCH_MAIN && e->msg >= 5)
        return;
    adopt_all(x, sa, ours);
    ours->again = 0;
    isakmp__sa_end(x, ours, isakmp__reason(ISAKMP_BY_US, ISAKMP_D_RIVAL, 0, 0));
}

static void end_others_of_ours(isakmp_ctx *x, isakmp__sa *sa)
{
    isakmp__sa *other = NULL;
    while ((other = isakmp__sa_relative(x, sa, other)) != NULL)
        if (other->state == ISAKMP_SA_NEGOTIATING && !other->ending && other->initiator &&
            other->policy == sa->policy && isakmp__same_ip(&other->path.remote, &sa->path.remote))
            end_ours(x, sa, other);
}

void isakmp__sa_supersede(isakmp_ctx *x, isakmp__sa *sa)
{
    isakmp__sa *old = next_old(x, sa, NULL), *next;
    for (; old; old = next) {
        next = next_old(x, sa, old);
        if (!is_up(old) || old->replaced) {
            hasten(x, old);
            adopt_all(x, sa, old);
        } else if (are_rivals(x, sa, old) && cookie_of(sa) < cookie_of(old)) {
            replace(x, sa, old, overlap_of(sa));
            return;
        } else {
            replace(x, old, sa, are_rivals(x, sa, old) ? overlap_of(old) : overlap_of(sa));
        }
    }
    if (!sa->initiator && isakmp__sa_is_renewed(sa))
        end_others_of_ours(x, sa);
}

void isakmp__sa_try_again(isakmp_ctx *x, const isakmp__sa *sa)
{
    isakmp__sa *old = named(x, sa);
    if (old == NULL || !old->rekeying)
        return;
    old->rekeying = 0;
    isakmp__sa_put_off(x, old);
}

void isakmp__sa_put_off(isakmp_ctx *x, isakmp__sa *sa)
{
    isakmp_time at = retry_at(x, isakmp__hard_at(sa->since, sa->life_s));
    if (!sa->soft_told)
        return;
    sa->soft_ms = ms_after(sa->since, at);
    isakmp__sa_wake(x, sa, at);
}

/* One that had been replaced is needed again. */
static void revive(isakmp_ctx *x, const isakmp__sa *sa)
{
    isakmp__sa *other = NULL, *last = NULL;
    while ((other = isakmp__sa_sibling(x, sa, other)) != NULL)
        if (is_up(other) && is_in_place_of(sa, other) && (last == NULL || !other->replaced))
            last = other;
    if (last == NULL || !last->replaced)
        return;
    last->replaced = 0;
    isakmp__sa_set_life(x, last);
    isakmp__sa_put_off(x, last);
}

void isakmp__sa_leave(isakmp_ctx *x, isakmp__sa *sa)
{
    isakmp__sa *heir;
    if (sa->state != ISAKMP_SA_UP)
        return;
    revive(x, sa);
    heir = isakmp__sa_speaker(x, sa);
    if (heir && (sa->replaced || isakmp__sa_is_renewed(sa)) && is_in_place_of(sa, heir))
        adopt_all(x, heir, sa);
}

/* ---- Children ------------------------------------------------------------------------------- */

isakmp__child *isakmp__child_partner(const isakmp_ctx *x, const isakmp__child *c)
{
    uint32_t index = c->partner - 1;
    return c->partner ? (isakmp__child *)isakmp__pool_each(&x->children, &index) : NULL;
}

int isakmp__child_is_newer(const isakmp__child *c, const isakmp__child *partner)
{
    return partner->replaced || c->state != ISAKMP_CHILD_UP;
}

static void part(const isakmp_ctx *x, isakmp__child *c)
{
    isakmp__child *partner = isakmp__child_partner(x, c);
    if (partner)
        partner->partner = 0;
    c->partner = 0;
}

void isakmp__child_join(isakmp_ctx *x, isakmp__child *old, isakmp__child *new_one)
{
    part(x, old);
    part(x, new_one);
    old->partner = isakmp__pool_index(&x->children, new_one) + 1;
    new_one->partner = isakmp__pool_index(&x->children, old) + 1;
}

static int is_twin(const isakmp__child *c, const isakmp__child *t)
{
    return t != c && !t->ending && t->local.family && t->policy->mode == c->policy->mode &&
           isakmp__selector_equal(&t->local, &c->local) &&
           isakmp__selector_equal(&t->remote, &c->remote);
}

/* The SA of the same peer after one, of those whose children may be twins of a child; its own comes first. */
static isakmp__sa *next_sa(const isakmp_ctx *x, const isakmp__child *c, isakmp__sa *sa)
{
    if (sa == c->sa)
        sa = NULL;
    do
        sa = isakmp__sa_sibling(x, c->sa, sa);
    while (sa && !isakmp_addr_equal(&sa->path.remote, &c->sa->path.remote));
    return sa;
}

isakmp__child *isakmp__child_twin(const isakmp_ctx *x, const isakmp__child *c,
                                  const isakmp__child *after)
{
    isakmp__sa *sa = after ? after->sa : c->sa;
    isakmp__child *t = (isakmp__child *)(uintptr_t)after;
    for (; sa; sa = next_sa(x, c, sa), t = NULL)
        while ((t = isakmp__child_after(sa, t)) != NULL)
            if (is_twin(c, t))
                return t;
    return NULL;
}

isakmp__exch *isakmp__exch_twin(const isakmp_ctx *x, const isakmp__exch *e,
                                const isakmp__exch *after)
{
    const isakmp__child *c = e->child;
    isakmp__sa *sa = after ? after->sa : c->sa;
    isakmp__exch *t = (isakmp__exch *)(uintptr_t)after;
    for (; sa; sa = next_sa(x, c, sa), t = NULL)
        while ((t = isakmp__exch_after(sa, t)) != NULL)
            if (t != e && t->def == e->def && t->phase != ISAKMP__DONE &&
                (t->child == NULL || is_twin(c, t->child)))
                return t;
    return NULL;
}

int isakmp__child_is_renewed(const isakmp__child *c)
{
    return c->partner || c->policy->flags & ISAKMP_CF_REKEY ||
           c->sa->policy->flags & ISAKMP_PF_RESTART;
}

static void retire_at(isakmp_ctx *x, isakmp__child *c, isakmp_time at)
{
    isakmp_time hard_at = isakmp__hard_at(c->since, c->life_s);
    c->soft_ms = ms_after(c->since, at < hard_at ? at : hard_at);
    isakmp__timer_set(&x->deadlines, &c->timer, at < hard_at ? at : hard_at);
}

void isakmp__child_retire(isakmp_ctx *x, isakmp__child *c)
{
    const isakmp__child *by = isakmp__child_partner(x, c);
    retire_at(x, c, x->now + (by && by->confirmed ? OVERLAP_MS : UNCONFIRMED_MS));
}

static void replace_child(isakmp_ctx *x, isakmp__child *old, isakmp__child *by)
{
    isakmp__child_join(x, old, by);
    old->replaced = 1;
    by->replaces = 1;
    if (old->state == ISAKMP_CHILD_UP)
        isakmp__child_retire(x, old);
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

uint32_t isakmp__rank_of(const isakmp__exch *e)
{
    return least(isakmp__get32(e->ni.p), isakmp__get32(e->nr.p));
}

static int is_being_replaced(const isakmp_ctx *x, const isakmp__child *c)
{
    const isakmp__child *partner = isakmp__child_partner(x, c);
    return partner && partner->state != ISAKMP_CHILD_UP;
}

static int were_rivals(const isakmp__exch *e, const isakmp__child *t)
{
    return e->rival && t->initiator != e->initiator;
}

/* One that was begun at the same time by the other side, and wins. */
static isakmp__child *winner(const isakmp_ctx *x, const isakmp__exch *e)
{
    isakmp__child *t = NULL;
    while (e->rival && (t = isakmp__child_twin(x, e->child, t)) != NULL)
        if (t->state == ISAKMP_CHILD_UP && !t->replaced && were_rivals(e, t) &&
            t->rank > e->child->rank)
            return t;
    return NULL;
}

/* The one that we began it for is named.  Which of others is meant by a peer nobody says: all, where one is
 * to be left, and else the one that we ourselves are about to replace. */
static int is_replaced_by(const isakmp_ctx *x, const isakmp__exch *e, const isakmp__child *t)
{
    const isakmp__child *c = e->child;
    if (t->state != ISAKMP_CHILD_UP || t->replaced)
        return 0;
    return were_rivals(e, t) || c->policy->flags & ISAKMP_CF_REKEY ||
           c->sa->policy->flags & ISAKMP_PF_RESTART || (!e->initiator && is_being_replaced(x, t));
}

/* Many clients may have one identity: they are not looked through for a child that nobody replaces. */
static int may_replace(const isakmp__exch *e)
{
    const isakmp__exch *t = NULL;
    if (isakmp__child_is_renewed(e->child) || e->rival)
        return 1;
    while ((t = isakmp__exch_after(e->sa, t)) != NULL)
        if (t->initiator && t->child && t->child->partner)
            return 1;
    return 0;
}

void isakmp__child_supersede(isakmp_ctx *x, const isakmp__exch *e)
{
    isakmp__child *c = e->child, *old = isakmp__child_partner(x, c), *t = NULL, *best;
    c->rank = isakmp__rank_of(e);
    c->confirmed = !e->initiator;
    if (!may_replace(e))
        return;
    best = winner(x, e);
    if (best) {
        replace_child(x, c, best);
        return;
    }
    while ((t = isakmp__child_twin(x, c, t)) != NULL)
        if (t != old && is_replaced_by(x, e, t))
            replace_child(x, t, c);
    if (old)
        replace_child(x, old, c);
}

void isakmp__child_confirm(isakmp_ctx *x, isakmp__child *c)
{
    isakmp__child *t = NULL;
    if (c->confirmed)
        return;
    c->confirmed = 1;
    while (c->replaces && (t = isakmp__child_twin(x, c, t)) != NULL)
        if (t->state == ISAKMP_CHILD_UP && t->replaced && t->timer.at > x->now + OVERLAP_MS)
            retire_at(x, t, x->now + OVERLAP_MS);
}

void isakmp__child_put_off(isakmp_ctx *x, isakmp__child *c)
{
    isakmp_time hard_at = isakmp__hard_at(c->since, c->life_s), at = retry_at(x, hard_at);
    if (!c->soft_told)
        return;
    c->soft_ms = ms_after(c->since, at);
    isakmp__timer_set(&x->deadlines, &c->timer, at < hard_at ? at : hard_at);
}

/* Beyond this the longest wait is short enough. */
#define FAR_S 480

void isakmp__child_hasten(isakmp_ctx *x, isakmp__child *c, uint64_t octets)
{
    uint64_t kilobytes = octets >> 10, left_s;
    isakmp_time at;
    if (c->partner || kilobytes == 0 || kilobytes >= c->life_kb)
        return;
    left_s = (x->now - c->since) / 1000 * (c->life_kb - kilobytes) / kilobytes;
    at = retry_at(x, x->now + 1000 * (left_s < FAR_S ? left_s : FAR_S));
    if (at >= c->timer.at)
        return;
    c->soft_ms = ms_after(c->since, at);
    isakmp__timer_set(&x->deadlines, &c->timer, at);
}

/* The last one that had been replaced is needed again, if it is whole. */
static void revive_twin(isakmp_ctx *x, const isakmp__child *c)
{
    isakmp__child *t = NULL, *last = NULL;
    while ((t = isakmp__child_twin(x, c, t)) != NULL) {
        if (t->state != ISAKMP_CHILD_UP)
            continue;
        if (!t->replaced)
            return;
        if (t->installed & ISAKMP__INSTALLED_OUT(0) && (last == NULL || t->since > last->since))
            last = t;
    }
    if (last == NULL)
        return;
    last->replaced = 0;
    isakmp__child_set_life(x, last);
    isakmp__child_put_off(x, last);
}

int isakmp__child_is_wanted_again(const isakmp__child *c)
{
    if (!c->sa->again || c->replaced)
        return 0;
    if (c->state == ISAKMP_CHILD_UP)
        return c->why.detail == ISAKMP_D_DEAD;
    return c->initiator && c->partner == 0 &&
           (c->why.detail == ISAKMP_D_DEAD || c->why.detail == ISAKMP_D_PARENT);
}

void isakmp__child_leave(isakmp_ctx *x, isakmp__child *c)
{
    isakmp__child *partner = isakmp__child_partner(x, c);
    int failed = partner && partner->state == ISAKMP_CHILD_UP && !partner->replaced &&
                 !partner->ending && c->state != ISAKMP_CHILD_UP;
    part(x, c);
    if (failed)
        isakmp__child_put_off(x, partner);
    else if (c->replaces && !c->replaced)
        revive_twin(x, c);
}

/* ---- What events tell ----------------------------------------------------------------------- */

isakmp_sa_id isakmp__sa_other(const isakmp_ctx *x, const isakmp__sa *sa)
{
    isakmp_sa_id next = {isakmp__pool_next_id(&x->sas, sa)};
    isakmp__sa *self = (isakmp__sa *)(uintptr_t)sa;
    if (!sa->replaced && sa->why.detail == 0)
        return isakmp__sa_id(x, isakmp__sa_replaces(x, sa));
    if (sa->again)
        return next;
    return isakmp__sa_id(x, sa->replaced ? isakmp__sa_heir(x, self) : named(x, sa));
}

isakmp_child_id isakmp__child_other(const isakmp_ctx *x, const isakmp__child *c)
{
    isakmp_child_id next = {isakmp__pool_next_id(&x->children, c)};
    if (c->ending && isakmp__child_is_wanted_again(c))
        return next;
    return isakmp__child_id(x, isakmp__child_partner(x, c));
}
