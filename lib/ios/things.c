/* ios/things.c -- things in their lists: found, put where they belong, and dropped. */
#include "model.h"

static const uint16_t sizes[ISAKMP__N_KINDS] = {
    sizeof(isakmp__policy_thing), sizeof(isakmp__psk_thing),   sizeof(isakmp__host_thing),
    sizeof(isakmp__pool_thing),   sizeof(isakmp__key_thing),   sizeof(isakmp__transform_thing),
    sizeof(isakmp__list_thing),   sizeof(isakmp__map_thing),   sizeof(isakmp__map_thing),
    sizeof(isakmp__client_thing), sizeof(isakmp__trust_thing), sizeof(isakmp__interface_thing),
};

static int is_host_name(isakmp__kind kind)
{
    return kind == ISAKMP__PSK || kind == ISAKMP__HOST || kind == ISAKMP__KEY;
}

static int same_name(isakmp__kind kind, isakmp_span a, isakmp_span b)
{
    return is_host_name(kind) ? isakmp__same_name(a, b) : isakmp__same_text(a, b);
}

static uint32_t hash_of(isakmp__kind kind, isakmp_span name, uint32_t number)
{
    uint32_t h = 2166136261u ^ (uint32_t)kind;
    for (size_t i = 0; i < name.n; i++)
        h = (h ^ isakmp__lower(name.p[i])) * 16777619u;
    h = (h ^ number) * 16777619u;
    return h ^ h >> 15;
}

isakmp__thing *isakmp__ios_thing_find(const isakmp_ios *c, isakmp__kind kind, isakmp_span name,
                                      uint32_t number)
{
    uint32_t hash = hash_of(kind, name, number);
    isakmp__thing *t = c->buckets[hash % ISAKMP__BUCKETS];
    while (t && (t->hash != hash || t->kind != kind || t->number != number ||
                 !same_name(kind, isakmp__name_of(t), name)))
        t = t->chain;
    return t;
}

isakmp__thing *isakmp__ios_thing_make(isakmp_ios *c, isakmp__kind kind, isakmp_span name,
                                      uint32_t number)
{
    isakmp__thing *t = (isakmp__thing *)isakmp__ios_store_take(c, sizes[kind]);
    if (t == NULL)
        return NULL;
    if (name.n && (t->name = isakmp__ios_store_word(c, name)) == NULL) {
        isakmp__ios_store_give(c, t, sizes[kind]);
        return NULL;
    }
    t->kind = (uint8_t)kind;
    t->number = number;
    t->line = c->line;
    t->fresh = c->loading;
    t->born = c->removals;
    t->size = sizes[kind];
    t->hash = hash_of(kind, name, number);
    return t;
}

/* ---- Order ---------------------------------------------------------------------------------- */

/* Policies stand by priority, the entries of one map together and by sequence; of all else the first
 * typed is the first. */
static isakmp__thing *predecessor(const isakmp_ios *c, const isakmp__thing *t)
{
    isakmp__thing *last = c->last[t->kind], *before = NULL, *same = NULL;
    if (last == NULL ||
        (t->kind != ISAKMP__POLICY && t->kind != ISAKMP__MAP && t->kind != ISAKMP__DYNAMIC))
        return last;
    if (isakmp__same_text(isakmp__name_of(last), isakmp__name_of(t)) && last->number < t->number)
        return last;
    for (isakmp__thing *i = c->first[t->kind]; i; before = i, i = i->next) {
        if (!isakmp__same_text(isakmp__name_of(i), isakmp__name_of(t)))
            continue;
        if (i->number > t->number)
            return before;
        same = i;
    }
    return same ? same : last;
}

void isakmp__ios_thing_put(isakmp_ios *c, isakmp__thing *t)
{
    isakmp__thing *before = predecessor(c, t), **at = before ? &before->next : &c->first[t->kind];
    t->next = *at;
    *at = t;
    if (t->next == NULL)
        c->last[t->kind] = t;
    t->chain = c->buckets[t->hash % ISAKMP__BUCKETS];
    c->buckets[t->hash % ISAKMP__BUCKETS] = t;
}

isakmp__thing *isakmp__ios_thing_want(isakmp_ios *c, isakmp__kind kind, isakmp_span name,
                                      uint32_t number)
{
    isakmp__thing *t = isakmp__ios_thing_find(c, kind, name, number);
    if (t == NULL && (t = isakmp__ios_thing_make(c, kind, name, number)) != NULL)
        isakmp__ios_thing_put(c, t);
    return t;
}

/* ---- Dropping ------------------------------------------------------------------------------- */

static void give_words(isakmp_ios *c, isakmp__word *w)
{
    while (w) {
        isakmp__word *next = w->next;
        isakmp__ios_store_give_word(c, w);
        w = next;
    }
}

static void give_parts(isakmp_ios *c, isakmp__thing *t)
{
    isakmp__map_thing *m = (isakmp__map_thing *)(void *)t;
    isakmp__trust_thing *trust = (isakmp__trust_thing *)(void *)t;
    if (t->kind == ISAKMP__PSK) {
        isakmp__ios_store_give_word(c, ((isakmp__psk_thing *)(void *)t)->key);
    } else if (t->kind == ISAKMP__KEY) {
        isakmp__ios_store_give_octets(c, &((isakmp__key_thing *)(void *)t)->der);
    } else if (t->kind == ISAKMP__LIST) {
        while (((isakmp__list_thing *)(void *)t)->first)
            isakmp__ios_rule_drop(c, ((isakmp__list_thing *)(void *)t)->first);
    } else if (t->kind == ISAKMP__MAP || t->kind == ISAKMP__DYNAMIC) {
        give_words(c, m->peers);
        give_words(c, m->sets);
        give_words(c, m->match);
        give_words(c, m->dynamic);
    } else if (t->kind == ISAKMP__TRUST) {
        isakmp__ios_store_give_octets(c, &trust->ca);
        isakmp__ios_store_give_octets(c, &trust->own);
    } else if (t->kind == ISAKMP__INTERFACE) {
        isakmp__ios_store_give_word(c, ((isakmp__interface_thing *)(void *)t)->map);
    }
}

static void take_out(isakmp_ios *c, isakmp__thing *t)
{
    isakmp__thing *before = NULL, **chain = &c->buckets[t->hash % ISAKMP__BUCKETS];
    for (isakmp__thing *i = c->first[t->kind]; i != t; i = i->next)
        before = i;
    *(before ? &before->next : &c->first[t->kind]) = t->next;
    if (c->last[t->kind] == t)
        c->last[t->kind] = before;
    while (*chain != t)
        chain = &(*chain)->chain;
    *chain = t->chain;
}

void isakmp__ios_thing_drop(isakmp_ios *c, isakmp__thing *t)
{
    if (t == NULL)
        return;
    take_out(c, t);
    give_parts(c, t);
    isakmp__ios_store_give_word(c, t->name);
    isakmp__ios_store_give(c, t, t->size);
    c->removals++;
}

/* ---- Rules of access lists ------------------------------------------------------------------ */

static int same_end(const isakmp__end *a, const isakmp__end *b)
{
    return isakmp__get32(a->ip) == isakmp__get32(b->ip) &&
           isakmp__get32(a->mask) == isakmp__get32(b->mask) && a->port == b->port;
}

static int same_rule(const isakmp__rule *a, const isakmp__rule *b)
{
    return a->permit == b->permit && a->proto == b->proto && same_end(&a->from, &b->from) &&
           same_end(&a->to, &b->to);
}

static uint8_t rule_bucket(const isakmp__list_thing *l, const isakmp__rule *r)
{
    uint32_t h = isakmp__get32(r->from.ip) * 2654435761u;
    h = (h ^ isakmp__get32(r->to.ip)) * 2654435761u;
    h = (h ^ (uint32_t)r->proto << 16 ^ r->to.port ^ l->head.hash) * 2654435761u;
    return (uint8_t)((h ^ h >> 15) % ISAKMP__BUCKETS);
}

isakmp__rule *isakmp__ios_rule_find(const isakmp_ios *c, const isakmp__list_thing *l,
                                    const isakmp__rule *r)
{
    isakmp__rule *i = c->rules[rule_bucket(l, r)];
    while (i && (i->list != l || !same_rule(i, r)))
        i = i->chain;
    return i;
}

static uint32_t has_holes(const isakmp__rule *r)
{
    return isakmp__ios_mask_bits(r->from.mask) < 0 || isakmp__ios_mask_bits(r->to.mask) < 0;
}

isakmp__rule *isakmp__ios_rule_add(isakmp_ios *c, isakmp__list_thing *l, const isakmp__rule *r)
{
    isakmp__rule *copy = (isakmp__rule *)isakmp__ios_store_take(c, sizeof *copy);
    if (copy == NULL)
        return NULL;
    *copy = *r;
    copy->list = l;
    copy->next = NULL;
    copy->bucket = rule_bucket(l, r);
    copy->chain = c->rules[copy->bucket];
    c->rules[copy->bucket] = copy;
    l->holes += has_holes(r);
    *(l->last ? &l->last->next : &l->first) = copy;
    l->last = copy;
    return copy;
}

void isakmp__ios_rule_drop(isakmp_ios *c, isakmp__rule *r)
{
    isakmp__rule *before = NULL, **chain = &c->rules[r->bucket];
    for (isakmp__rule *i = r->list->first; i != r; i = i->next)
        before = i;
    *(before ? &before->next : &r->list->first) = r->next;
    if (r->list->last == r)
        r->list->last = before;
    while (*chain != r)
        chain = &(*chain)->chain;
    *chain = r->chain;
    r->list->holes -= has_holes(r);
    isakmp__ios_store_give(c, r, sizeof *r);
}

int isakmp__ios_mask_bits(const uint8_t mask[4])
{
    uint32_t m = isakmp__get32(mask);
    int bits = 0;
    while (bits < 32 && m & 0x80000000u >> bits)
        bits++;
    return bits == 32 || m << bits == 0 ? bits : -1;
}
