/* ios/plan.c -- a configuration turned into policies.
 *
 * It is gone through twice by the same functions: first without arrays, which only counts, then with
 * them.  So the size that isakmp_ios_plan_size() tells and what isakmp_ios_plan_make() takes cannot differ. */
#include "handlers.h"
#include "plan.h"

typedef struct builder {
    isakmp_ios_plan *p;
    const isakmp_ios *c;
    isakmp_ios_plan_options o;
    isakmp_id my_id;
} builder;

/* A copy of a text, with a zero behind it. */
static const char *put_text(builder *b, isakmp_span s)
{
    char *out = b->p->text ? b->p->text + b->p->n_text : NULL;
    b->p->n_text += s.n + 1;
    if (out && s.n)
        memcpy(out, s.p, s.n);
    if (out)
        out[s.n] = 0;
    return out;
}

static isakmp_span put_span(builder *b, isakmp_span s)
{
    return isakmp__span(put_text(b, s), s.n);
}

/* ---- Policies, keys, hosts ------------------------------------------------------------------ */

static void put_policies(builder *b)
{
    for (const isakmp__thing *t = b->c->first[ISAKMP__POLICY]; t; t = t->next) {
        const isakmp__policy_thing *y = (const isakmp__policy_thing *)(const void *)t;
        isakmp_policy *out = b->p->policies ? &b->p->policies[b->p->n_policies] : NULL;
        b->p->n_policies++;
        if (out == NULL)
            continue;
        out->priority = (uint16_t)t->number;
        out->cipher = y->cipher;
        out->key_bits = y->key_bits;
        out->hash = y->hash;
        out->auth = y->auth;
        out->group = y->group;
        out->life_s = y->life_s;
    }
}

static void put_psks(builder *b)
{
    for (const isakmp__thing *t = b->c->first[ISAKMP__PSK]; t; t = t->next) {
        const isakmp__psk_thing *k = (const isakmp__psk_thing *)(const void *)t;
        isakmp__plan_psk psk;
        memset(&psk, 0, sizeof psk);
        if (t->number == 0)
            psk.name = put_span(b, isakmp__name_of(t));
        psk.key = put_span(b, isakmp__word_span(k->key));
        memcpy(psk.ip, k->ip, 4);
        memcpy(psk.mask, k->mask, 4);
        if (b->p->psks)
            b->p->psks[b->p->n_psks] = psk;
        b->p->n_psks++;
    }
}

static void put_hosts(builder *b)
{
    for (const isakmp__thing *t = b->c->first[ISAKMP__HOST]; t; t = t->next) {
        const isakmp__host_thing *h = (const isakmp__host_thing *)(const void *)t;
        isakmp__plan_host one;
        one.name = put_span(b, isakmp__name_of(t));
        for (unsigned i = 0; i < h->n; i++) {
            memcpy(one.ip, h->ip[i], 4);
            if (b->p->hosts)
                b->p->hosts[b->p->n_hosts] = one;
            b->p->n_hosts++;
        }
    }
}

/* ---- Peers ---------------------------------------------------------------------------------- */

/* What maps in use say of clients' addresses, as flags; nothing without a pool. */
static uint32_t client_flags(const builder *b)
{
    if (b->c->pool == NULL)
        return 0;
    return (b->p->client & ISAKMP_IOS_INITIATE ? (uint32_t)ISAKMP_PF_CONFIG_PUSH : 0u) |
           (b->p->client & ISAKMP_IOS_RESPOND ? (uint32_t)ISAKMP_PF_CONFIG_ANSWER : 0u);
}

/* With keepalives there is always an ISAKMP SA to send them through; else a new one is negotiated when it is
 * needed. */
static uint32_t peer_flags(const builder *b)
{
    return b->o.peer_flags | ISAKMP_PF_DEFAULT_POLICY | ISAKMP_PF_INITIAL_CONTACT |
           client_flags(b) | (b->c->keepalive_s ? (uint32_t)ISAKMP_PF_REKEY : 0u) |
           (b->c->recovery ? (uint32_t)ISAKMP_PF_RECOVER : 0u) |
           (b->c->aggressive_disabled ? 0u : (uint32_t)ISAKMP_PF_AGGRESSIVE_PSK) |
           (b->c->periodic ? (uint32_t)ISAKMP_PF_DPD_PERIODIC : 0u);
}

/* Is there anything with which Main Mode with a host could begin: an address of it, under which its key
 * can be found, or public keys? */
static int has_a_beginning(const builder *b, isakmp_span host)
{
    const isakmp__thing *t = b->c->first[ISAKMP__POLICY];
    if (isakmp__ios_thing_find(b->c, ISAKMP__HOST, host, 0))
        return 1;
    while (t && ((const isakmp__policy_thing *)(const void *)t)->auth == ISAKMP_AUTH_PSK)
        t = t->next;
    return t && (b->c->first[ISAKMP__TRUST] || b->c->first[ISAKMP__KEY]);
}

static int needs_aggressive(const builder *b, isakmp_span host)
{
    return !b->c->aggressive_disabled && isakmp__ios_thing_find(b->c, ISAKMP__PSK, host, 0) &&
           !has_a_beginning(b, host);
}

/* A peer by address, by host name, or in general (w NULL). */
static void put_peer(builder *b, const isakmp__word *w)
{
    const isakmp_ios *c = b->c;
    isakmp__plan_peer peer;
    memset(&peer, 0, sizeof peer);
    peer.policy.size = sizeof peer.policy;
    peer.policy.name = put_text(b, w ? isakmp__word_span(w) : isakmp__span("any peer", 8));
    peer.policy.policies = b->p->policies;
    peer.policy.n_policies = b->p->n_policies;
    peer.policy.my_id = b->my_id;
    peer.policy.flags = peer_flags(b);
    peer.policy.fragment_size = b->o.fragment_size;
    peer.policy.dpd_s = c->keepalive_s;
    peer.policy.dpd_retry_s = c->retry_s;
    peer.exchange = ISAKMP_EXCH_MAIN;
    if (w && w->addr.family)
        peer.addr = w->addr;
    if (w && !w->addr.family) {
        peer.host = peer.policy.name;
        peer.host_n = w->n;
    }
    if (peer.host_n && needs_aggressive(b, isakmp__word_span(w))) {
        peer.exchange = ISAKMP_EXCH_AGGRESSIVE;
        peer.policy.peer_id.type = ISAKMP_ID_FQDN;
        peer.policy.peer_id.data = isakmp__span(peer.host, w->n);
    }
    if (b->p->peers)
        b->p->peers[b->p->n_peers] = peer;
    b->p->n_peers++;
}

/* ---- Protections ---------------------------------------------------------------------------- */

static uint16_t integ_of_ah(uint8_t ah)
{
    return (uint16_t)(ah == ISAKMP_AH_MD5      ? ISAKMP_INTEG_HMAC_MD5
                      : ah == ISAKMP_AH_SHA1   ? ISAKMP_INTEG_HMAC_SHA1
                      : ah == ISAKMP_AH_SHA256 ? ISAKMP_INTEG_HMAC_SHA256
                      : ah == ISAKMP_AH_SHA384 ? ISAKMP_INTEG_HMAC_SHA384
                                               : ISAKMP_INTEG_HMAC_SHA512);
}

static void put_protect(builder *b, const isakmp_protect *a)
{
    if (b->p->protects)
        b->p->protects[b->p->n_protects] = *a;
    b->p->n_protects++;
}

static void put_set(builder *b, const isakmp__transform_thing *x, uint8_t set)
{
    isakmp_protect a;
    memset(&a, 0, sizeof a);
    a.set = set;
    if (x->ah) {
        a.proto = ISAKMP_PROTO_AH;
        a.transform = x->ah;
        a.integ = integ_of_ah(x->ah);
        put_protect(b, &a);
    }
    if (x->esp) {
        a.proto = ISAKMP_PROTO_ESP;
        a.transform = x->esp;
        a.key_bits = x->key_bits;
        a.integ = x->integ;
        put_protect(b, &a);
    }
}

static const isakmp__transform_thing *set_of(const builder *b, const isakmp__word *name)
{
    return (const isakmp__transform_thing *)(const void *)isakmp__ios_thing_find(
        b->c, ISAKMP__TRANSFORM, isakmp__word_span(name), 0);
}

/* The transform sets of an entry that are there, in its order. */
static void put_sets(builder *b, const isakmp__map_thing *m)
{
    uint8_t set = 1;
    for (const isakmp__word *w = m->sets; w; w = w->next)
        if (set_of(b, w))
            put_set(b, set_of(b, w), set++);
}

/* Are there any, and do all say "mode transport"? */
static int has_sets(const builder *b, const isakmp__map_thing *m, int *transport)
{
    int n = 0;
    *transport = 1;
    for (const isakmp__word *w = m->sets; w; w = w->next) {
        const isakmp__transform_thing *x = set_of(b, w);
        n += x != NULL;
        *transport &= x == NULL || x->mode == ISAKMP_MODE_TRANSPORT;
    }
    return n > 0;
}

/* ---- Rows ----------------------------------------------------------------------------------- */

/* The addresses that a mask leaves open, if it has no holes. */
static int selector_of(isakmp_selector *out, const isakmp__end *e, uint8_t proto)
{
    uint32_t lo = isakmp__get32(e->ip), mask = isakmp__get32(e->mask);
    memset(out, 0, sizeof *out);
    out->family = 4;
    out->proto = proto;
    out->port = e->port;
    isakmp__put32(out->lo, lo);
    isakmp__put32(out->hi, lo | ~mask);
    return isakmp__ios_mask_bits(e->mask) >= 0;
}

static int is_host(const isakmp__end *e)
{
    return isakmp__get32(e->mask) == UINT32_MAX;
}

static int is_peer(const isakmp__map_thing *m, const uint8_t *ip)
{
    for (const isakmp__word *w = m->peers; w; w = w->next)
        if (w->addr.family && isakmp__get32(w->addr.ip) == isakmp__get32(ip))
            return 1;
    return 0;
}

/* What all rows of an entry have in common. */
typedef struct common {
    isakmp_child_policy child;
    int transport;
    uint8_t discover;
    uint8_t is_blind; /* a line exempts what selectors cannot say: those behind it say too much */
} common;

static void begin_common(builder *b, common *all, const isakmp__map_thing *m, const char *name,
                         size_t first_protect)
{
    const isakmp_ios *c = b->c;
    isakmp_child_policy *k = &all->child;
    memset(k, 0, sizeof *k);
    k->size = sizeof *k;
    k->name = name;
    k->n_protect = b->p->n_protects - first_protect;
    if (b->p->protects)
        k->protect = b->p->protects + first_protect;
    k->mode = ISAKMP_MODE_TUNNEL;
    k->pfs_group = m->pfs;
    k->life_s = m->life_s ? m->life_s : c->life_s ? c->life_s : ISAKMP__DEFAULT_LIFE_S;
    k->life_kb = m->life_kb ? m->life_kb : c->life_kb ? c->life_kb : ISAKMP__DEFAULT_LIFE_KB;
    /* The transform sets say whether there is integrity; what has had traffic is negotiated anew. */
    k->flags = ISAKMP_CF_NO_INTEG | ISAKMP_CF_REKEY | ISAKMP_CF_REKEY_USED;
}

static void put_row(builder *b, const isakmp__plan_row *row)
{
    if (b->p->rows)
        b->p->rows[b->p->n_rows] = *row;
    b->p->n_rows++;
}

static void put_rule(builder *b, common *all, const isakmp__map_thing *m, const isakmp__rule *r)
{
    isakmp__plan_row row;
    int is_exact;
    memset(&row, 0, sizeof row);
    row.permit = r->permit;
    row.proto = r->proto;
    row.from = r->from;
    row.to = r->to;
    row.child = all->child;
    is_exact = selector_of(&row.child.local, &r->from, r->proto) &
               selector_of(&row.child.remote, &r->to, r->proto);
    row.usable = (uint8_t)(is_exact && r->permit);
    all->is_blind |= !is_exact && !r->permit;
    row.guards = (uint8_t)(m->head.kind == ISAKMP__MAP && is_exact && !all->is_blind);
    if (all->transport && is_host(&r->from) && is_host(&r->to) && is_peer(m, r->to.ip))
        row.child.mode = ISAKMP_MODE_TRANSPORT;
    if (all->discover && isakmp__ios_may_discover(&row))
        row.child.flags |= ISAKMP_CF_TED;
    put_row(b, &row);
}

/* Without an access list, which only dynamic entries can do: whatever a peer proposes. */
static void put_any(builder *b, const common *all)
{
    isakmp__plan_row row;
    memset(&row, 0, sizeof row);
    row.permit = row.any = row.usable = 1;
    row.child = all->child;
    if (all->transport)
        row.child.mode = ISAKMP_MODE_TRANSPORT;
    put_row(b, &row);
}

/* ---- Entries -------------------------------------------------------------------------------- */

static const isakmp__list_thing *list_of(const builder *b, const isakmp__map_thing *m)
{
    return (const isakmp__list_thing *)(const void *)isakmp__ios_thing_find(
        b->c, ISAKMP__LIST, isakmp__word_span(m->match), 0);
}

static const char *put_name(builder *b, const isakmp__thing *t)
{
    char text[ISAKMP__MAX_NAME + 16];
    isakmp__page p = isakmp__ios_page_begin(text, sizeof text);
    isakmp_span name = isakmp__name_of(t);
    isakmp__ios_page_span(
        &p, isakmp__span(name.p, name.n < ISAKMP__MAX_NAME ? name.n : ISAKMP__MAX_NAME));
    isakmp__ios_page_add(&p, " %u", (unsigned)t->number);
    return put_text(b, isakmp__span(text, p.len));
}

/* An entry of crypto map `map`, which says what m says: itself, or an entry of a dynamic map. */
static void put_entry(builder *b, const isakmp__map_thing *map, const isakmp__map_thing *m)
{
    const isakmp__list_thing *l = m->match ? list_of(b, m) : NULL;
    size_t first_protect = b->p->n_protects;
    isakmp__plan_entry e;
    common all;
    if (!has_sets(b, m, &all.transport) || (m->match && l == NULL) ||
        (map == m && (m->match == NULL || m->peers == NULL)))
        return;
    memset(&e, 0, sizeof e);
    e.map = put_text(b, isakmp__name_of(&map->head));
    e.sequence = map->head.number;
    e.dynamic = map != m;
    e.discover = (uint8_t)(map->discover && l);
    e.first_peer = b->p->n_peers;
    e.first_row = b->p->n_rows;
    all.discover = e.discover && m->peers == NULL;
    all.is_blind = 0;
    put_sets(b, m);
    begin_common(b, &all, m, put_name(b, &map->head), first_protect);
    for (const isakmp__word *w = m->peers; w; w = w->next)
        put_peer(b, w);
    for (const isakmp__rule *r = l ? l->first : NULL; r; r = r->next)
        put_rule(b, &all, m, r);
    if (l == NULL)
        put_any(b, &all);
    e.n_peers = b->p->n_peers - e.first_peer;
    e.n_rows = b->p->n_rows - e.first_row;
    if (b->p->entries)
        b->p->entries[b->p->n_entries] = e;
    b->p->n_entries++;
}

/* Has an interface this map, or are there none at all? */
static int is_in_use(const isakmp_ios *c, isakmp_span map)
{
    const isakmp__thing *t = c->first[ISAKMP__INTERFACE];
    if (t == NULL)
        return 1;
    for (; t; t = t->next) {
        const isakmp__interface_thing *i = (const isakmp__interface_thing *)(const void *)t;
        if (!i->shutdown && isakmp__same_text(isakmp__word_span(i->map), map))
            return 1;
    }
    return 0;
}

static void put_dynamic(builder *b, const isakmp__map_thing *map)
{
    for (const isakmp__thing *t = b->c->first[ISAKMP__DYNAMIC]; t; t = t->next)
        if (isakmp__same_text(isakmp__name_of(t), isakmp__word_span(map->dynamic)))
            put_entry(b, map, (const isakmp__map_thing *)(const void *)t);
}

/* Static entries before dynamic ones, so that nothing found or claimed by a stranger comes before what
 * was configured. */
static void put_entries(builder *b)
{
    for (int dynamic = 0; dynamic <= 1; dynamic++)
        for (const isakmp__thing *t = b->c->first[ISAKMP__MAP]; t; t = t->next) {
            const isakmp__map_thing *m = (const isakmp__map_thing *)(const void *)t;
            if (!is_in_use(b->c, isakmp__name_of(t)) || (m->dynamic != NULL) != dynamic)
                continue;
            if (dynamic)
                put_dynamic(b, m);
            else
                put_entry(b, m, m);
        }
}

static void put_clients(builder *b)
{
    for (const isakmp__thing *t = b->c->first[ISAKMP__CLIENT]; t; t = t->next)
        if (is_in_use(b->c, isakmp__name_of(t)))
            b->p->client |= ((const isakmp__client_thing *)(const void *)t)->flags;
}

/* ---- Both times ----------------------------------------------------------------------------- */

static void put_my_id(builder *b)
{
    char name[2 * ISAKMP__MAX_NAME + 1];
    isakmp_id id;
    int rc = isakmp_ios_identity(b->c, &id, name, sizeof name);
    if (rc == ISAKMP_NONE)
        id = b->o.dn;
    if (id.type)
        id.data = put_span(b, id.data);
    b->my_id = id;
}

static void build(builder *b)
{
    b->p->disabled = b->c->disabled;
    b->p->aggressive_disabled = b->c->aggressive_disabled;
    put_my_id(b);
    put_policies(b);
    put_psks(b);
    put_hosts(b);
    put_clients(b); /* before peers, whose flags say it */
    put_peer(b, NULL);
    put_entries(b);
}

/* Places in the memory, one array behind the other; `at` is where the next one begins. */
static void *place(uint8_t *base, size_t *at, size_t n, size_t size)
{
    void *p = base ? base + *at : NULL;
    *at += (n * size + 15) & ~(size_t)15;
    return p;
}

static size_t lay_out(isakmp_ios_plan *p, const isakmp_ios_plan *n, uint8_t *base)
{
    size_t at = (sizeof *p + 15) & ~(size_t)15;
    p->policies = (isakmp_policy *)place(base, &at, n->n_policies, sizeof *p->policies);
    p->peers = (isakmp__plan_peer *)place(base, &at, n->n_peers, sizeof *p->peers);
    p->entries = (isakmp__plan_entry *)place(base, &at, n->n_entries, sizeof *p->entries);
    p->rows = (isakmp__plan_row *)place(base, &at, n->n_rows, sizeof *p->rows);
    p->protects = (isakmp_protect *)place(base, &at, n->n_protects, sizeof *p->protects);
    p->psks = (isakmp__plan_psk *)place(base, &at, n->n_psks, sizeof *p->psks);
    p->hosts = (isakmp__plan_host *)place(base, &at, n->n_hosts, sizeof *p->hosts);
    p->text = (char *)place(base, &at, n->n_text, 1);
    return at;
}

static void begin(builder *b, isakmp_ios_plan *p, const isakmp_ios *c,
                  const isakmp_ios_plan_options *o)
{
    memset(b, 0, sizeof *b);
    b->p = p;
    b->c = c;
    if (o)
        memcpy(&b->o, o, o->size < sizeof b->o ? o->size : sizeof b->o);
}

static void count(isakmp_ios_plan *n, const isakmp_ios *c, const isakmp_ios_plan_options *o)
{
    builder b;
    memset(n, 0, sizeof *n);
    begin(&b, n, c, o);
    build(&b);
}

size_t isakmp_ios_plan_size(const isakmp_ios *c, const isakmp_ios_plan_options *options)
{
    isakmp_ios_plan n, unused;
    count(&n, c, options);
    return lay_out(&unused, &n, NULL);
}

int isakmp_ios_plan_make(isakmp_ios_plan **out, void *mem, size_t mem_n, const isakmp_ios *c,
                         const isakmp_ios_plan_options *options)
{
    isakmp_ios_plan n, *p = (isakmp_ios_plan *)mem;
    builder b;
    size_t size;
    if (out == NULL || mem == NULL || c == NULL)
        return ISAKMP_E_ARG;
    size = isakmp_ios_plan_size(c, options);
    if (mem_n < size)
        return ISAKMP_E_SPACE;
    count(&n, c, options);
    memset(mem, 0, size);
    (void)lay_out(p, &n, (uint8_t *)mem);
    begin(&b, p, c, options);
    build(&b);
    p->size = size;
    *out = p;
    return ISAKMP_OK;
}

void isakmp_ios_plan_wipe(isakmp_ios_plan *p)
{
    volatile uint8_t *at = (volatile uint8_t *)p;
    for (size_t n = p->size; n > 0; n--)
        *at++ = 0;
}

size_t isakmp_ios_plan_users(const isakmp_ios_plan *p, const isakmp_ctx *x)
{
    size_t n = 0;
    for (size_t i = 0; i < p->n_peers; i++)
        n += isakmp_peer_policy_users(x, &p->peers[i].policy);
    for (size_t i = 0; i < p->n_rows; i++)
        n += isakmp_child_policy_users(x, &p->rows[i].child);
    return n;
}
