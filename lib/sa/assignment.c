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

/* Of the same client, one that has no assignment and could have one. */
static isakmp__sa *heir_of(const isakmp_ctx *x, const isakmp__sa *sa)
{
    isakmp__sa *other = NULL;
    while ((other = isakmp__sa_sibling(x, sa, other)) != NULL)
        if (is_same_path(sa, other) && isakmp__assignment_of(x, other) == NULL &&
            (!other->ending || other->n_children) && is_configured(other))
            return other;
    return NULL;
}

int isakmp__assignment_take_over(isakmp_ctx *x, isakmp__sa *sa, isakmp__sa *from)
{
    isakmp__assignment *a = isakmp__assignment_of(x, from);
    if (a == NULL || isakmp__assignment_of(x, sa))
        return 0;
    set_index(x, from, NULL);
    set_index(x, sa, a);
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

/* Of what a client had, that which it will not have any more. */
static void tell_lost(isakmp_ctx *x, const isakmp__sa *sa, const isakmp__assignment *old,
                      const isakmp_addr *ip4, const isakmp_addr *ip6)
{
    isakmp__assignment lost = *old;
    if (isakmp_addr_equal(&old->ip4, ip4))
        memset(&lost.ip4, 0, sizeof lost.ip4);
    if (isakmp_addr_equal(&old->ip6, ip6))
        memset(&lost.ip6, 0, sizeof lost.ip6);
    if (lost.ip4.family || lost.ip6.family)
        isakmp__tell_assignment(x, ISAKMP_EV_CONFIG_END, sa, &lost, nothing(), 0);
}

void isakmp__assign_nobody(isakmp_ctx *x, const isakmp__sa *sa, const isakmp_addr *ip4,
                           const isakmp_addr *ip6)
{
    static const isakmp__assignment none;
    const isakmp__assignment *a = isakmp__assignment_of(x, sa);
    isakmp__assignment lost = none;
    lost.ip4 = without_port(ip4);
    lost.ip6 = without_port(ip6);
    if (a == NULL)
        a = &none;
    tell_lost(x, sa, &lost, &a->ip4, &a->ip6);
}

static void end_own(isakmp_ctx *x, isakmp__sa *sa, const isakmp__assignment *now)
{
    isakmp__assignment *a = isakmp__assignment_of(x, sa), old;
    if (a == NULL)
        return;
    old = *a;
    set_index(x, sa, NULL);
    isakmp__pool_give(&x->assignments, a);
    tell_lost(x, sa, &old, &now->ip4, &now->ip6);
}

static int has_in_common(const isakmp__assignment *a, const isakmp__assignment *b)
{
    return (a->ip4.family && isakmp_addr_equal(&a->ip4, &b->ip4)) ||
           (a->ip6.family && isakmp_addr_equal(&a->ip6, &b->ip6));
}

/* What the same peer is given under two SAs is one address, and ends once: so it goes over to the SA that it is
 * given under now.  A host that answers late, or whose clients have fixed addresses, knows no SAs. */
static void take_from_other(isakmp_ctx *x, isakmp__sa *sa, const isakmp__assignment *now)
{
    isakmp__sa *other = NULL;
    while ((other = next_holder(x, sa, other)) != NULL) {
        if (!has_in_common(isakmp__assignment_of(x, other), now))
            continue;
        end_own(x, sa, now);
        (void)isakmp__assignment_take_over(x, sa, other);
        return;
    }
}

isakmp__assignment *isakmp__assign(isakmp_ctx *x, isakmp__sa *sa, int ours, const isakmp_addr *ip4,
                                   const isakmp_addr *ip6)
{
    isakmp__assignment *a, now, old;
    memset(&now, 0, sizeof now);
    now.ip4 = without_port(ip4);
    now.ip6 = without_port(ip6);
    take_from_other(x, sa, &now);
    a = isakmp__assignment_of(x, sa);
    if (a == NULL)
        a = (isakmp__assignment *)isakmp__pool_take(&x->assignments);
    if (a == NULL) {
        isakmp__assign_nobody(x, sa, ip4, ip6);
        return NULL;
    }
    old = *a;
    if (ip4->family)
        a->ip4 = without_port(ip4);
    if (ip6->family)
        a->ip6 = without_port(ip6);
    if (!isakmp_addr_equal(&old.ip4, &a->ip4) || !isakmp_addr_equal(&old.ip6, &a->ip6))
        a->held = 0;
    a->ours = (uint8_t)ours;
    set_index(x, sa, a);
    tell_lost(x, sa, &old, &a->ip4, &a->ip6);
    return a;
}

void isakmp__unassign(isakmp_ctx *x, isakmp__sa *sa)
{
    isakmp__assignment *a = isakmp__assignment_of(x, sa), old;
    isakmp__sa *heir;
    if (a == NULL)
        return;
    heir = heir_of(x, sa);
    if (heir && isakmp__assignment_take_over(x, heir, sa))
        return;
    old = *a;
    set_index(x, sa, NULL);
    isakmp__pool_give(&x->assignments, a);
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
