/* ios/flow.c -- whom a plan's policies are for: peers, keys and packets.
 *
 * Access lists are read as routers read them: the first line that is like a packet decides.  A permit means
 * this entry; a deny means that this entry is not for it, and the next one is looked at. */
#include "plan.h"

/* ---- Peers ---------------------------------------------------------------------------------- */

static int same_ip(const uint8_t *a, const uint8_t *b)
{
    return isakmp__get32(a) == isakmp__get32(b);
}

int isakmp__ios_plan_host_at(const isakmp_ios_plan *p, isakmp_span name, const uint8_t *ip)
{
    for (size_t i = 0; i < p->n_hosts; i++)
        if (same_ip(p->hosts[i].ip, ip) && isakmp__same_name(p->hosts[i].name, name))
            return 1;
    return 0;
}

static isakmp_span host_of(const isakmp__plan_peer *e)
{
    return isakmp__span(e->host, e->host_n);
}

static int peer_is_at(const isakmp_ios_plan *p, const isakmp__plan_peer *e, const isakmp_addr *a)
{
    if (a->family != 4)
        return 0;
    return e->host ? isakmp__ios_plan_host_at(p, host_of(e), a->ip)
                   : e->addr.family == 4 && same_ip(e->addr.ip, a->ip);
}

static int peer_is_named(const isakmp__plan_peer *e, const isakmp_id *id)
{
    return e->host && id->type == ISAKMP_ID_FQDN && isakmp__same_name(host_of(e), id->data);
}

const isakmp_peer_policy *isakmp_ios_any_peer(const isakmp_ios_plan *p)
{
    return p->disabled ? NULL : &p->peers[0].policy;
}

int isakmp_ios_find_peer(const isakmp_ios_plan *p, const isakmp_query *q,
                         const isakmp_peer_policy **out)
{
    if (p->disabled || (p->aggressive_disabled && q->exchange == ISAKMP_EXCH_AGGRESSIVE))
        return ISAKMP_NONE;
    *out = &p->peers[0].policy;
    for (size_t i = 1; i < p->n_peers; i++)
        if (peer_is_named(&p->peers[i], &q->peer_id)) {
            *out = &p->peers[i].policy;
            return ISAKMP_OK;
        }
    for (size_t i = 1; i < p->n_peers; i++)
        if (peer_is_at(p, &p->peers[i], &q->path->remote)) {
            *out = &p->peers[i].policy;
            return ISAKMP_OK;
        }
    return ISAKMP_OK;
}

int isakmp_ios_peer_get(const isakmp_ios_plan *p, const isakmp_ios_match *m, size_t i,
                        isakmp_ios_peer *out)
{
    const isakmp__plan_entry *e = (const isakmp__plan_entry *)m->entry;
    const isakmp__plan_peer *peer;
    if (e == NULL || i >= e->n_peers || p->disabled)
        return ISAKMP_NONE;
    peer = &p->peers[e->first_peer + i];
    memset(out, 0, sizeof *out);
    out->policy = &peer->policy;
    out->addr = peer->addr;
    out->host = peer->host;
    out->exchange = peer->exchange;
    for (size_t k = 0; peer->host && k < p->n_hosts && out->addr.family == 0; k++)
        if (isakmp__same_name(p->hosts[k].name, host_of(peer))) {
            out->addr.family = 4;
            memcpy(out->addr.ip, p->hosts[k].ip, 4);
        }
    if (out->addr.family)
        out->addr.port = 500;
    return ISAKMP_OK;
}

/* ---- Keys ----------------------------------------------------------------------------------- */

/* How well a key is for a peer; 0: not at all.  More bits of the mask are better. */
static unsigned fitness(const isakmp_ios_plan *p, const isakmp__plan_psk *k, const isakmp_query *q)
{
    const isakmp_addr *a = &q->path->remote;
    if (k->name.n && q->peer_id.type == ISAKMP_ID_FQDN)
        return isakmp__same_name(k->name, q->peer_id.data) ? 100 : 0;
    if (a->family != 4)
        return 0;
    if (k->name.n) /* before a host said that it is another, its address speaks for it */
        return isakmp__ios_plan_host_at(p, k->name, a->ip) ? 33 : 0;
    if ((isakmp__get32(a->ip) & isakmp__get32(k->mask)) != isakmp__get32(k->ip))
        return 0;
    return isakmp__get32(k->mask) == UINT32_MAX ? 34 : 1 + (unsigned)isakmp__ios_mask_bits(k->mask);
}

int isakmp_ios_find_psk(const isakmp_ios_plan *p, const isakmp_query *q, uint8_t *key, size_t cap,
                        size_t *n)
{
    const isakmp__plan_psk *best = NULL;
    unsigned most = 0;
    for (size_t i = 0; i < p->n_psks; i++) {
        unsigned f = fitness(p, &p->psks[i], q);
        if (f > most) {
            most = f;
            best = &p->psks[i];
        }
    }
    if (best == NULL)
        return ISAKMP_NONE;
    if (best->key.n > cap)
        return ISAKMP_E_SPACE;
    memcpy(key, best->key.p, best->key.n);
    *n = best->key.n;
    return ISAKMP_OK;
}

/* ---- Proposals of peers --------------------------------------------------------------------- */

/* Is a line about all packets of a proposal? */
static int covers(const isakmp__plan_row *row, const isakmp_selector *local,
                  const isakmp_selector *remote)
{
    return isakmp_selector_within(local, &row->child.local) &&
           isakmp_selector_within(remote, &row->child.remote);
}

/* What a line exempts of the traffic that a later one permits, such as routing protocols, is not proposed by
 * itself by routers: they propose the line that permits.  So only who wants nothing else is refused for it. */
static const isakmp_child_policy *child_of(const isakmp_ios_plan *p, const isakmp__plan_entry *e,
                                           const isakmp_selector *local,
                                           const isakmp_selector *remote)
{
    for (size_t i = 0; i < e->n_rows; i++) {
        const isakmp__plan_row *row = &p->rows[e->first_row + i];
        if ((row->usable || !row->permit) && covers(row, local, remote))
            return row->permit ? &row->child : NULL;
    }
    return NULL;
}

static int is_entry_for(const isakmp_ios_plan *p, const isakmp__plan_entry *e,
                        const isakmp_sa_info *sa)
{
    if (e->dynamic && e->n_peers == 0)
        return 1;
    for (size_t i = 0; i < e->n_peers; i++) {
        const isakmp__plan_peer *peer = &p->peers[e->first_peer + i];
        if (sa->policy == &peer->policy || peer_is_at(p, peer, &sa->path.remote))
            return 1;
    }
    return 0;
}

int isakmp_ios_find_child(const isakmp_ios_plan *p, const isakmp_ctx *x, isakmp_sa_id sa,
                          const isakmp_selector *local, const isakmp_selector *remote,
                          const isakmp_child_policy **out)
{
    isakmp_sa_info info;
    memset(&info, 0, sizeof info);
    info.size = sizeof info;
    if (p->disabled || isakmp_sa_get(x, sa, &info) != ISAKMP_OK)
        return ISAKMP_NONE;
    for (size_t i = 0; i < p->n_entries; i++) {
        if (!is_entry_for(p, &p->entries[i], &info))
            continue;
        *out = child_of(p, &p->entries[i], local, remote);
        if (*out)
            return ISAKMP_OK;
    }
    return ISAKMP_NONE;
}

/* ---- Packets -------------------------------------------------------------------------------- */

static int end_is(const isakmp__end *e, const isakmp_addr *a)
{
    return a->family == 4 &&
           (isakmp__get32(a->ip) & isakmp__get32(e->mask)) == isakmp__get32(e->ip) &&
           (e->port == 0 || e->port == a->port);
}

/* The line of an entry that decides about a packet; NULL: none does, or it denies. */
static const isakmp__plan_row *row_for(const isakmp_ios_plan *p, const isakmp__plan_entry *e,
                                       uint8_t proto, const isakmp_addr *source,
                                       const isakmp_addr *dest)
{
    for (size_t i = 0; i < e->n_rows; i++) {
        const isakmp__plan_row *row = &p->rows[e->first_row + i];
        if (!row->any && (row->proto == 0 || row->proto == proto) && end_is(&row->from, source) &&
            end_is(&row->to, dest))
            return row->permit ? row : NULL;
    }
    return NULL;
}

int isakmp__ios_may_discover(const isakmp__plan_row *row)
{
    return row->usable && row->proto == 0 && !row->from.port && !row->to.port;
}

static void tell_match(isakmp_ios_match *out, const isakmp__plan_entry *e,
                       const isakmp__plan_row *row)
{
    out->dynamic = e->dynamic;
    out->sequence = e->sequence;
    out->map = e->map;
    out->n_peers = e->n_peers;
    out->entry = e;
    out->child = row->usable ? &row->child : NULL;
    if (!row->usable)
        out->action = ISAKMP_IOS_DROP;
    else if (!e->dynamic || e->n_peers)
        out->action = ISAKMP_IOS_PROTECT;
    else
        out->action =
            e->discover && isakmp__ios_may_discover(row) ? ISAKMP_IOS_DISCOVER : ISAKMP_IOS_DROP;
}

void isakmp_ios_find_flow(const isakmp_ios_plan *p, uint8_t proto, const isakmp_addr *source,
                          const isakmp_addr *dest, isakmp_ios_match *out)
{
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < p->n_entries; i++) {
        const isakmp__plan_row *row = row_for(p, &p->entries[i], proto, source, dest);
        if (row) {
            tell_match(out, &p->entries[i], row);
            return;
        }
    }
}

int isakmp_ios_should_be_protected(const isakmp_ios_plan *p, uint8_t proto,
                                   const isakmp_addr *source, const isakmp_addr *dest)
{
    isakmp_ios_match m;
    isakmp_ios_find_flow(p, proto, dest, source, &m);
    return m.action != ISAKMP_IOS_CLEAR;
}

int isakmp_ios_guard_get(const isakmp_ios_plan *p, size_t i, isakmp_ios_guard *out)
{
    if (i >= p->n_rows)
        return ISAKMP_NONE;
    memset(out, 0, sizeof *out);
    if (!p->rows[i].guards)
        return ISAKMP_OK;
    out->drop = p->rows[i].permit;
    out->local = p->rows[i].child.local;
    out->remote = p->rows[i].child.remote;
    return ISAKMP_OK;
}

int isakmp_ios_find_probe(const isakmp_ios_plan *p, const isakmp_addr *source,
                          const isakmp_addr *dest, isakmp_ios_match *out)
{
    isakmp_addr from = *source, to = *dest;
    from.port = to.port = 0;
    isakmp_ios_find_flow(p, 0, &to, &from, out);
    return out->action == ISAKMP_IOS_DISCOVER && !p->disabled ? ISAKMP_OK : ISAKMP_NONE;
}

unsigned isakmp_ios_client_address(const isakmp_ios_plan *p)
{
    return p->client;
}
