/* sa/assignment.c -- what clients have by Mode Config: an address of each family at most.
 *
 * It belongs to one SA at a time, and stays while that or a child of it lives.  A client that negotiates a new
 * ISAKMP SA is known by its identity, by the key that proved it, and by both addresses and ports: with a name
 * for a group of users the identity alone would give the address of one to another. */
#include "host.h"

isakmp__assignment *isakmp__assignment_of(const isakmp_ctx *x, const isakmp__sa *sa)
{
    uint32_t i = x->assigned ? x->assigned[isakmp__pool_index(&x->sas, sa)] : 0;
    if (i == 0)
        return NULL;
    i--;
    return (isakmp__assignment *)isakmp__pool_each(&x->assignments, &i);
}

static void set_index(isakmp_ctx *x, const isakmp__sa *sa, const isakmp__assignment *a)
{
    x->assigned[isakmp__pool_index(&x->sas, sa)] =
        a ? isakmp__pool_index(&x->assignments, a) + 1 : 0;
}

/* ---- The same client ------------------------------------------------------------------------- */

/* Can it have an assignment? */
static int is_configured(const isakmp__sa *sa)
{
    return sa->policy->flags & (ISAKMP_PF_CONFIG_PUSH | ISAKMP_PF_CONFIG_ANSWER |
                                ISAKMP_PF_CONFIG_PULL | ISAKMP_PF_CONFIG_ACCEPT);
}

/* The next SA with the same peer that has an assignment: also one that was up and is negotiated again. */
static isakmp__sa *next_holder(const isakmp_ctx *x, const isakmp__sa *sa, isakmp__sa *after)
{
    do
        after = isakmp__sa_relative(x, sa, after);
    while (after && !(isakmp__assignment_of(x, after) && isakmp__same_user(x, sa, after)));
    return after;
}

static int is_same_path(const isakmp__sa *a, const isakmp__sa *b)
{
    return isakmp_addr_equal(&a->path.remote, &b->path.remote) &&
           isakmp_addr_equal(&a->path.local, &b->path.local);
}

isakmp__sa *isakmp__client_before(const isakmp_ctx *x, const isakmp__sa *sa)
{
    isakmp__sa *other = NULL;
    while ((other = next_holder(x, sa, other)) != NULL && !is_same_path(sa, other))
        ;
    return other;
}

static int is_for(const isakmp_selector *s, const isakmp_addr *a)
{
    isakmp_selector only = isakmp__selector_of(a);
    return a->family && s->family == a->family && isakmp_selector_within(s, &only);
}

int isakmp__child_is_for(const isakmp__child *c, const isakmp__assignment *a)
{
    const isakmp_selector *s = a->ours ? &c->local : &c->remote;
    return is_for(s, &a->ip4) || is_for(s, &a->ip6);
}

static int has_child_for(const isakmp__sa *sa, const isakmp__assignment *a)
{
    const isakmp__child *c = NULL;
    while ((c = isakmp__child_after(sa, c)) != NULL)
        if (!c->ending && isakmp__child_is_for(c, a))
            return 1;
    return 0;
}

/* Of the same client, one that has no assignment and could have one.  It may come from another port by now: but who has
 * a child for the address is the one that has the address. */
static isakmp__sa *heir_of(const isakmp_ctx *x, const isakmp__sa *sa, const isakmp__assignment *a)
{
    isakmp__sa *other = NULL;
    while ((other = isakmp__sa_sibling(x, sa, other)) != NULL)
        if ((is_same_path(sa, other) || has_child_for(other, a)) &&
            isakmp__assignment_of(x, other) == NULL && (!other->ending || other->n_children) &&
            is_configured(other))
            return other;
    return NULL;
}

int isakmp__assignment_is_known(const isakmp__assignment *a)
{
    return a->ours || a->held;
}

int isakmp__assignment_take_over(isakmp_ctx *x, isakmp__sa *sa, isakmp__sa *from)
{
    isakmp__assignment *a = isakmp__assignment_of(x, from);
    if (a == NULL || isakmp__assignment_of(x, sa))
        return 0;
    set_index(x, from, NULL);
    set_index(x, sa, a);
    if (a->renew_at)
        isakmp__sa_wake(x, sa, a->renew_at);
    return 1;
}

/* ---- Giving and taking ----------------------------------------------------------------------- */

static isakmp_span nothing(void)
{
    return isakmp__span(NULL, 0);
}

static isakmp_addr without_port(const isakmp_addr *a)
{
    isakmp_addr out = *a;
    out.port = 0;
    return out;
}

/* What one has, and another has not. */
static isakmp__assignment without(const isakmp__assignment *a, const isakmp__assignment *other)
{
    isakmp__assignment left = *a;
    if (isakmp_addr_equal(&a->ip4, &other->ip4))
        memset(&left.ip4, 0, sizeof left.ip4);
    if (isakmp_addr_equal(&a->ip6, &other->ip6))
        memset(&left.ip6, 0, sizeof left.ip6);
    return left;
}

static isakmp__assignment of_addresses(const isakmp_addr *ip4, const isakmp_addr *ip6)
{
    isakmp__assignment a;
    memset(&a, 0, sizeof a);
    a.ip4 = without_port(ip4);
    a.ip6 = without_port(ip6);
    return a;
}

static void tell_lost(isakmp_ctx *x, const isakmp__sa *sa, const isakmp__assignment *lost)
{
    if (lost->ip4.family || lost->ip6.family)
        isakmp__tell_assignment(x, ISAKMP_EV_CONFIG_END, sa, lost, nothing(), 0);
}

/* The client may have them all the same, also under another SA: a host whose clients have fixed addresses knows no
 * SAs. */
void isakmp__assign_nobody(isakmp_ctx *x, const isakmp__sa *sa, const isakmp_addr *ip4,
                           const isakmp_addr *ip6)
{
    const isakmp__assignment *a = isakmp__assignment_of(x, sa);
    isakmp__assignment lost = of_addresses(ip4, ip6);
    isakmp__sa *other = NULL;
    if (a)
        lost = without(&lost, a);
    while ((other = next_holder(x, sa, other)) != NULL)
        lost = without(&lost, isakmp__assignment_of(x, other));
    tell_lost(x, sa, &lost);
}

static int has_in_common(const isakmp__assignment *a, const isakmp__assignment *b)
{
    return (a->ip4.family && isakmp_addr_equal(&a->ip4, &b->ip4)) ||
           (a->ip6.family && isakmp_addr_equal(&a->ip6, &b->ip6));
}

static void drop(isakmp_ctx *x, const isakmp__sa *sa, isakmp__assignment *a)
{
    set_index(x, sa, NULL);
    isakmp__pool_give(&x->assignments, a);
}

/* What the same peer is given under two SAs is one address, and ends once: so it goes over to the SA that it is
 * given under now.
 *   returns  1 if the client has acknowledged it there. */
static uint8_t take_from_others(isakmp_ctx *x, isakmp__sa *sa, const isakmp__assignment *now)
{
    isakmp__sa *other = NULL;
    uint8_t held = 0;
    while ((other = next_holder(x, sa, other)) != NULL) {
        isakmp__assignment *a = isakmp__assignment_of(x, other);
        if (!has_in_common(a, now))
            continue;
        held |= a->held;
        if (isakmp__assignment_take_over(x, sa, other))
            continue;
        *a = without(a, now);
        if (a->ip4.family == 0 && a->ip6.family == 0)
            drop(x, other, a);
    }
    return held;
}

isakmp__assignment *isakmp__assign(isakmp_ctx *x, isakmp__sa *sa, int ours, const isakmp_addr *ip4,
                                   const isakmp_addr *ip6, isakmp__assignment *lost)
{
    isakmp__assignment now = of_addresses(ip4, ip6), old;
    uint8_t held = take_from_others(x, sa, &now);
    isakmp__assignment *a = isakmp__assignment_of(x, sa);
    memset(lost, 0, sizeof *lost);
    if (a == NULL)
        a = (isakmp__assignment *)isakmp__pool_take(&x->assignments);
    if (a == NULL) {
        tell_lost(x, sa, &now);
        return NULL;
    }
    old = *a;
    if (ip4->family)
        a->ip4 = now.ip4;
    if (ip6->family)
        a->ip6 = now.ip6;
    a->ours = (uint8_t)ours;
    set_index(x, sa, a);
    *lost = without(&old, a);
    a->held = lost->ip4.family || lost->ip6.family ? held : old.held | held;
    tell_lost(x, sa, lost);
    return a;
}

/* Whoever gives addresses ends them, and tells the peer: soon, for this may be anywhere in a call. */
static void leave_homeless(isakmp_ctx *x, const isakmp__sa *sa, const isakmp__assignment *lost)
{
    isakmp__sa *other = NULL;
    while ((other = isakmp__sa_sibling(x, sa, other)) != NULL)
        for (isakmp__child *c = NULL; (c = isakmp__child_after(other, c)) != NULL;)
            if (!c->ending && isakmp__child_is_for(c, lost)) {
                c->homeless = 1;
                isakmp__sa_wake(x, other, x->now);
            }
}

void isakmp__unassign(isakmp_ctx *x, isakmp__sa *sa)
{
    isakmp__assignment *a = isakmp__assignment_of(x, sa), old;
    isakmp__sa *heir;
    if (a == NULL)
        return;
    heir = isakmp__assignment_is_known(a) ? heir_of(x, sa, a) : NULL;
    if (heir && isakmp__assignment_take_over(x, heir, sa))
        return;
    old = *a;
    drop(x, sa, a);
    leave_homeless(x, sa, &old);
    isakmp__tell_assignment(x, ISAKMP_EV_CONFIG_END, sa, &old, nothing(), 0);
}

/* ---- Selectors ------------------------------------------------------------------------------- */

/* What the client has, if it is at this end; also if another SA of the same client has taken it over. */
static const isakmp__assignment *client_at(const isakmp_ctx *x, const isakmp__sa *sa, int ours)
{
    const isakmp__assignment *a = isakmp__assignment_of(x, sa);
    const isakmp__sa *other = a ? NULL : isakmp__client_before(x, sa);
    if (other)
        a = isakmp__assignment_of(x, other);
    return a && a->ours == ours ? a : NULL;
}

isakmp_selector isakmp__open_end(const isakmp_ctx *x, const isakmp__sa *sa, int ours,
                                 uint8_t family)
{
    const isakmp__assignment *a = client_at(x, sa, ours);
    if (a && a->ip4.family && family != 6)
        return isakmp__selector_of(&a->ip4);
    if (a && a->ip6.family && family != 4)
        return isakmp__selector_of(&a->ip6);
    return isakmp__selector_of(ours ? &sa->path.local : &sa->path.remote);
}

void isakmp__forget_open_end(const isakmp_ctx *x, isakmp__child *c)
{
    if (c->policy->local.family == 0 && client_at(x, c->sa, 1))
        memset(&c->local, 0, sizeof c->local);
    if (c->policy->remote.family == 0 && client_at(x, c->sa, 0))
        memset(&c->remote, 0, sizeof c->remote);
}

int isakmp__open_end_allows(const isakmp_ctx *x, const isakmp__sa *sa, int ours,
                            const isakmp_selector *s)
{
    const uint32_t gives = ISAKMP_PF_CONFIG_PUSH | ISAKMP_PF_CONFIG_ANSWER;
    const isakmp__assignment *a = client_at(x, sa, ours);
    const isakmp_addr *own = &sa->path.remote;
    isakmp_selector only;
    if (a == NULL && (ours || !(sa->policy->flags & gives)))
        return 1;
    if (a)
        own = s->family == 4 ? &a->ip4 : &a->ip6;
    only = isakmp__selector_of(own);
    return only.family && isakmp_selector_within(s, &only);
}
