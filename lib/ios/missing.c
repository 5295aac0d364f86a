/* ios/missing.c -- what is named in a configuration but not there, and what is there but cannot work.  None of
 * it is an error: what is missing may be typed in later. */
#include "handlers.h"

/* Tell one thing: `head` (a map and its number, or NULL), what is said, and a name or NULL. */
static void say(isakmp__teller *t, const isakmp__thing *head, uint32_t line, const char *text,
                const isakmp__word *name)
{
    static const char *const kinds[ISAKMP__N_KINDS] = {
        "policy",      "key",         "host",       "pool", "key",        "transform set",
        "access list", "dynamic map", "crypto map", "map",  "trustpoint", "interface"};
    isakmp_ios_fault f;
    isakmp__page p = isakmp__ios_page_begin(f.text, sizeof f.text);
    if (t->stop)
        return;
    if (t->skip) {
        t->skip--;
        return;
    }
    f.line = line;
    f.column = 0;
    f.error = 0;
    if (head) {
        isakmp__ios_page_add(&p, "%s ", kinds[head->kind]);
        isakmp__ios_page_span(&p, isakmp__name_of(head));
        if (head->number)
            isakmp__ios_page_add(&p, " %u", (unsigned)head->number);
        isakmp__ios_page_add(&p, ": ");
    }
    isakmp__ios_page_add(&p, "%s", text);
    if (name) {
        isakmp__ios_page_add(&p, " ");
        isakmp__ios_page_span(&p, isakmp__word_span(name));
    }
    t->stop = !t->tell(t, &f);
}

static int has(const isakmp_ios *c, isakmp__kind kind, const isakmp__word *name)
{
    return isakmp__ios_thing_find(c, kind, isakmp__word_span(name), 0) != NULL;
}

/* Is there any entry of a map? */
static const isakmp__map_thing *first_entry(const isakmp_ios *c, isakmp__kind kind,
                                            isakmp_span name)
{
    const isakmp__thing *i = c->first[kind];
    while (i && !isakmp__same_text(isakmp__name_of(i), name))
        i = i->next;
    return (const isakmp__map_thing *)(const void *)i;
}

/* Selectors are ranges of addresses, so a wildcard with holes cannot be proposed to a peer. */
static void look_at_list(isakmp__teller *t, const isakmp__map_thing *m)
{
    const isakmp__list_thing *l = (const isakmp__list_thing *)(const void *)isakmp__ios_thing_find(
        t->c, ISAKMP__LIST, isakmp__word_span(m->match), 0);
    if (l == NULL) {
        say(t, &m->head, m->match->line, "there is no access list", m->match);
        return;
    }
    if (l->holes)
        say(t, &m->head, m->match->line,
            "a wildcard with holes cannot be used for encryption: left out, access list", m->match);
}

static void look_at_entry(isakmp__teller *t, const isakmp__map_thing *m)
{
    for (const isakmp__word *s = m->sets; s; s = s->next)
        if (!has(t->c, ISAKMP__TRANSFORM, s))
            say(t, &m->head, s->line, "there is no transform set", s);
    if (m->sets == NULL)
        say(t, &m->head, m->head.line, "incomplete: it has no transform set", NULL);
    if (m->match)
        look_at_list(t, m);
    if (m->head.kind == ISAKMP__MAP && m->peers == NULL)
        say(t, &m->head, m->head.line, "incomplete: it has no peer", NULL);
    if (m->head.kind == ISAKMP__MAP && m->match == NULL)
        say(t, &m->head, m->head.line, "incomplete: it has no access list", NULL);
}

/* TED needs an access list, and one of addresses alone. */
static void look_at_discover(isakmp__teller *t, const isakmp__map_thing *m)
{
    const isakmp__thing *i = t->c->first[ISAKMP__DYNAMIC];
    for (; i; i = i->next) {
        const isakmp__map_thing *d = (const isakmp__map_thing *)(const void *)i;
        const isakmp__list_thing *l;
        if (!isakmp__same_text(isakmp__name_of(i), isakmp__word_span(m->dynamic)))
            continue;
        if (d->match == NULL) {
            say(t, &m->head, m->head.line,
                "discover needs a match address in the entries of dynamic map", m->dynamic);
            continue;
        }
        l = (const isakmp__list_thing *)(const void *)isakmp__ios_thing_find(
            t->c, ISAKMP__LIST, isakmp__word_span(d->match), 0);
        for (const isakmp__rule *r = l ? l->first : NULL; r; r = r->next)
            if (r->permit && (r->proto || r->from.port || r->to.port)) {
                say(t, &m->head, m->head.line,
                    "discover is for IP alone, without protocols and ports: access list", d->match);
                break;
            }
    }
}

static void look_at_map(isakmp__teller *t, const isakmp__map_thing *m)
{
    if (m->dynamic == NULL)
        look_at_entry(t, m);
    else if (first_entry(t->c, ISAKMP__DYNAMIC, isakmp__word_span(m->dynamic)) == NULL)
        say(t, &m->head, m->head.line, "there is no dynamic map", m->dynamic);
    else if (m->discover)
        look_at_discover(t, m);
}

static void look_at_keys(isakmp__teller *t)
{
    for (const isakmp__thing *i = t->c->first[ISAKMP__KEY]; i && !t->stop; i = i->next)
        if (((const isakmp__key_thing *)(const void *)i)->der.n == 0)
            say(t, i, i->line, "it has no key-string", NULL);
}

void isakmp__ios_tell_missing(isakmp__teller *t)
{
    const isakmp_ios *c = t->c;
    for (const isakmp__thing *i = c->first[ISAKMP__MAP]; i && !t->stop; i = i->next)
        look_at_map(t, (const isakmp__map_thing *)(const void *)i);
    for (const isakmp__thing *i = c->first[ISAKMP__DYNAMIC]; i && !t->stop; i = i->next)
        look_at_entry(t, (const isakmp__map_thing *)(const void *)i);
    for (const isakmp__thing *i = c->first[ISAKMP__INTERFACE]; i && !t->stop; i = i->next) {
        const isakmp__word *map = ((const isakmp__interface_thing *)(const void *)i)->map;
        if (map && first_entry(c, ISAKMP__MAP, isakmp__word_span(map)) == NULL)
            say(t, i, map->line, "there is no crypto map", map);
    }
    look_at_keys(t);
    if (c->pool && !has(c, ISAKMP__POOL, c->pool))
        say(t, NULL, c->pool->line, "there is no pool", c->pool);
}

static int keep(isakmp__teller *t, const isakmp_ios_fault *f)
{
    *t->one = *f;
    return 0;
}

int isakmp_ios_missing(const isakmp_ios *c, size_t i, isakmp_ios_fault *fault)
{
    isakmp__teller t = {keep, NULL, NULL, NULL, 0, 0};
    t.c = c;
    t.one = fault;
    t.skip = i;
    isakmp__ios_tell_missing(&t);
    return t.stop ? ISAKMP_OK : ISAKMP_NONE;
}
