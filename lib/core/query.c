/* core/query.c -- looking: facts about SAs and children, iterators, counters.  Nothing changes here, so
 * all of it may be called from inside a callback.
 *
 * Structs that the caller makes may be shorter than ours: no more is written than it has room for. */
#include "sa/replace.h"

static void give(void *out, const void *own, uint32_t out_size, size_t own_size)
{
    size_t n = out_size < own_size ? out_size : own_size;
    memcpy(out, own, n);
    memcpy(out, &out_size, sizeof out_size); /* `size` stays the caller's */
}

/* ---- SAs ------------------------------------------------------------------------------------ */

isakmp_sa_id isakmp_sa_next(const isakmp_ctx *x, isakmp_sa_id after)
{
    uint32_t index = (uint32_t)after.v; /* index + 1 of the one after which to go on */
    return isakmp__sa_id(x, (const isakmp__sa *)isakmp__pool_each(&x->sas, &index));
}

static uint8_t next_message(const isakmp__sa *sa)
{
    const isakmp__exch *e = isakmp__exch_phase1(sa);
    return sa->state == ISAKMP_SA_NEGOTIATING && e ? e->msg : 0;
}

int isakmp_sa_get(const isakmp_ctx *x, isakmp_sa_id id, isakmp_sa_info *out)
{
    const isakmp__sa *sa = isakmp__sa_of(x, id);
    const isakmp__assignment *a;
    isakmp_sa_info i;
    if (sa == NULL)
        return ISAKMP_E_STALE;
    a = isakmp__assignment_of(x, sa);
    memset(&i, 0, sizeof i);
    i.state = sa->state;
    i.initiator = sa->initiator;
    i.exchange = sa->exchange;
    i.message = next_message(sa);
    i.nat = sa->nat;
    memcpy(i.cky_i, sa->cky_i, sizeof i.cky_i);
    memcpy(i.cky_r, sa->cky_r, sizeof i.cky_r);
    i.path = sa->path;
    if (sa->suite) {
        i.suite = *sa->suite;
        i.suite.life_s = sa->life_s;
    }
    i.peer_id = isakmp__sa_peer_id(sa);
    if (sa->state == ISAKMP_SA_UP || sa->state == ISAKMP_SA_ENDED) {
        i.since = sa->since;
        i.soft_at = sa->since + sa->soft_ms;
        i.hard_at = isakmp__hard_at(sa->since, sa->life_s);
    }
    i.policy = sa->policy;
    i.n_children = sa->n_children;
    i.vendors = sa->vendors;
    if (a) {
        i.ip4 = a->ip4;
        i.ip6 = a->ip6;
    }
    i.replaced = sa->replaced;
    i.user = isakmp__sa_user(x, sa);
    give(out, &i, out->size, sizeof i);
    return ISAKMP_OK;
}

/* ---- Children ------------------------------------------------------------------------------- */

isakmp_child_id isakmp_child_next(const isakmp_ctx *x, isakmp_sa_id sa, isakmp_child_id after)
{
    uint32_t index = (uint32_t)after.v;
    const isakmp__child *c;
    do
        c = (const isakmp__child *)isakmp__pool_each(&x->children, &index);
    while (c && sa.v && isakmp__sa_id(x, c->sa).v != sa.v);
    return isakmp__child_id(x, c);
}

static void tell_partner(const isakmp_ctx *x, const isakmp__child *c, isakmp_child_info *out)
{
    const isakmp__child *partner = isakmp__child_partner(x, c);
    if (partner && isakmp__child_is_newer(c, partner))
        out->replaces = isakmp__child_id(x, partner);
    else
        out->replaced_by = isakmp__child_id(x, partner);
}

int isakmp_child_get(const isakmp_ctx *x, isakmp_child_id id, isakmp_child_info *out)
{
    const isakmp__child *c = isakmp__child_of(x, id);
    isakmp_child_info i;
    if (c == NULL)
        return ISAKMP_E_STALE;
    memset(&i, 0, sizeof i);
    i.state = c->state;
    i.initiator = c->initiator;
    i.mode = c->mode;
    i.natt = c->natt;
    i.n = c->n;
    i.sa = isakmp__sa_id(x, c->sa);
    memcpy(i.protect, c->protect, sizeof i.protect);
    for (unsigned k = 0; k < c->n; k++)
        i.spi_in[k] = isakmp__spi_of(&c->spis, c->protect[k].proto);
    memcpy(i.spi_out, c->spi_out, sizeof i.spi_out);
    i.local = c->local;
    i.remote = c->remote;
    i.pfs_group = c->pfs_group;
    i.life_s = c->life_s;
    i.life_kb = c->life_kb;
    if (c->state == ISAKMP_CHILD_UP) {
        i.since = c->since;
        i.soft_at = c->since + c->soft_ms;
        i.hard_at = isakmp__hard_at(c->since, c->life_s);
    }
    i.policy = c->policy;
    i.unchecked = c->unchecked;
    tell_partner(x, c, &i);
    give(out, &i, out->size, sizeof i);
    return ISAKMP_OK;
}

/* ---- Policies in use ------------------------------------------------------------------------ */

size_t isakmp_peer_policy_users(const isakmp_ctx *x, const isakmp_peer_policy *p)
{
    size_t n = 0;
    for (const isakmp__sa *sa = NULL; (sa = isakmp__sa_with_policy(x, p, sa)) != NULL;)
        n++;
    for (const isakmp__discovery *d = NULL; (d = isakmp__discovery_after(x, d)) != NULL;)
        n += d->peer == p;
    return n;
}

size_t isakmp_child_policy_users(const isakmp_ctx *x, const isakmp_child_policy *p)
{
    const isakmp__child *c;
    uint32_t index = 0;
    size_t n = 0;
    while ((c = (const isakmp__child *)isakmp__pool_each(&x->children, &index)) != NULL)
        n += c->policy == p;
    for (const isakmp__discovery *d = NULL; (d = isakmp__discovery_after(x, d)) != NULL;)
        n += d->policy == p;
    return n;
}

/* ---- Counters ------------------------------------------------------------------------------- */

void isakmp_stats_get(const isakmp_ctx *x, isakmp_stats *out)
{
    isakmp_stats s = x->stats;
    s.sas = x->sas.used;
    s.children = x->children.used;
    s.exchanges = x->exchs.used;
    s.packets = x->packets.used;
    s.half_open = x->n_half_open;
    s.discoveries = x->discoveries.used;
    give(out, &s, out->size, sizeof s);
}

uint32_t isakmp_count(const isakmp_ctx *x, unsigned detail)
{
    if (detail < ISAKMP_D_NONE || detail >= ISAKMP_D_END)
        return 0;
    return x->counts[detail - ISAKMP_D_NONE];
}
