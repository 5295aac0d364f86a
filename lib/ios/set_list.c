/* ios/set_list.c -- commands about access lists. */
#include "handlers.h"

/* ---- Reading a rule ------------------------------------------------------------------------- */

static int read_port(isakmp__run *r, unsigned i, uint8_t proto, uint16_t *port)
{
    isakmp_span w = r->arg[i].text;
    uint32_t v = 0;
    if (proto != 6 && proto != 17)
        return isakmp__ios_refuse(r, ISAKMP_E_ARG, i, "only TCP and UDP have ports");
    for (const isakmp__choice_of *p = isakmp__ios_ports; p->keyword; p++)
        if (p->b == proto && isakmp__ios_by_word(p, w) == p) {
            *port = p->a;
            return ISAKMP_OK;
        }
    for (size_t k = 0; k < w.n && v <= 65535; k++)
        v = w.p[k] >= '0' && w.p[k] <= '9' ? v * 10 + (uint32_t)(w.p[k] - '0') : 65536;
    if (v == 0 || v > 65535)
        return isakmp__ios_refuse(r, ISAKMP_E_ARG, i, "expected a port, 1 to 65535, or its name");
    *port = (uint16_t)v;
    return ISAKMP_OK;
}

/* One end, from the ith argument, which is moved on. */
static int read_end(isakmp__run *r, unsigned *i, uint8_t proto, isakmp__end *e)
{
    memset(e, 0, sizeof *e);
    if (isakmp__ios_arg_is(r, *i, "any")) {
        *i += 1;
    } else if (isakmp__ios_arg_is(r, *i, "host")) {
        memcpy(e->ip, r->arg[*i + 1].ip, 4);
        memset(e->mask, 255, 4);
        *i += 2;
    } else {
        uint32_t wild = isakmp__get32(r->arg[*i + 1].ip);
        isakmp__put32(e->mask, ~wild);
        isakmp__put32(e->ip, isakmp__get32(r->arg[*i].ip) & ~wild);
        *i += 2;
    }
    if (!isakmp__ios_arg_is(r, *i, "eq"))
        return ISAKMP_OK;
    *i += 2;
    return read_port(r, *i - 1, proto, &e->port);
}

static int read_rule(isakmp__run *r, unsigned i, isakmp__rule *rule)
{
    const isakmp__choice_of *proto;
    int rc;
    memset(rule, 0, sizeof *rule);
    rule->permit = (uint8_t)isakmp__ios_arg_is(r, i, "permit");
    proto = isakmp__ios_by_word(isakmp__ios_protocols, r->arg[i + 1].text);
    rule->proto = (uint8_t)(proto ? proto->a : r->arg[i + 1].number);
    i += 2;
    rc = read_end(r, &i, rule->proto, &rule->from);
    return rc == ISAKMP_OK ? read_end(r, &i, rule->proto, &rule->to) : rc;
}

/* ---- Lists ---------------------------------------------------------------------------------- */

static isakmp__list_thing *find_list(isakmp__run *r, isakmp_span name)
{
    return (isakmp__list_thing *)(void *)isakmp__ios_thing_find(r->c, ISAKMP__LIST, name, 0);
}

static int drop_list(isakmp__run *r, isakmp_span name)
{
    isakmp__list_thing *l = find_list(r, name);
    if (l == NULL)
        return isakmp__ios_refuse(r, ISAKMP_E_ARG, 0, "there is no such access list");
    isakmp__ios_thing_drop(r->c, &l->head);
    return ISAKMP_OK;
}

static isakmp__list_thing *want_list(isakmp__run *r, isakmp_span name, uint8_t numbered)
{
    isakmp__list_thing *l = find_list(r, name);
    if (l)
        return l;
    l = (isakmp__list_thing *)(void *)isakmp__ios_thing_want(r->c, ISAKMP__LIST, name, 0);
    if (l)
        l->numbered = numbered;
    return l;
}

/* A name that is a number must be that of an extended list. */
static int is_number(isakmp_span name, uint32_t *v)
{
    *v = 0;
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] < '0' || name.p[i] > '9')
            return 0;
        *v = *v < 100000 ? *v * 10 + (uint32_t)(name.p[i] - '0') : *v;
    }
    return 1;
}

int isakmp__ios_set_list(isakmp__run *r)
{
    isakmp_span name = r->arg[0].text;
    isakmp__list_thing *l;
    uint32_t v;
    int numbered = is_number(name, &v);
    if (numbered && (name.p[0] == '0' || v < 100 || v > 2699 || (v > 199 && v < 2000)))
        return isakmp__ios_refuse(r, ISAKMP_E_ARG, 0,
                                  "extended lists are 100 to 199 and 2000 to 2699");
    if (r->no)
        return drop_list(r, name);
    l = want_list(r, name, (uint8_t)numbered);
    if (l == NULL)
        return isakmp__ios_no_room(r);
    isakmp__ios_enter(r, ISAKMP_IOS_ACL, &l->head);
    return ISAKMP_OK;
}

/* Rules that are there already are not added again. */
static int add_rule(isakmp__run *r, isakmp__list_thing *l, const isakmp__rule *rule)
{
    if (isakmp__ios_rule_find(r->c, l, rule) || isakmp__ios_rule_add(r->c, l, rule))
        return ISAKMP_OK;
    return isakmp__ios_no_room(r);
}

/* A list of which the first rule has no room is not left behind empty. */
int isakmp__ios_set_numbered(isakmp__run *r)
{
    isakmp_span name = r->arg[0].text;
    isakmp__list_thing *l;
    isakmp__rule rule;
    int rc;
    while (name.n > 1 && name.p[0] == '0')
        name = isakmp__span(name.p + 1, name.n - 1);
    if (r->no)
        return drop_list(r, name);
    rc = read_rule(r, 1, &rule);
    if (rc != ISAKMP_OK)
        return rc;
    l = want_list(r, name, 1);
    if (l == NULL)
        return isakmp__ios_no_room(r);
    rc = add_rule(r, l, &rule);
    if (rc != ISAKMP_OK && l->first == NULL)
        isakmp__ios_thing_drop(r->c, &l->head);
    return rc;
}

int isakmp__ios_set_rule(isakmp__run *r)
{
    isakmp__list_thing *l = (isakmp__list_thing *)r->s->target;
    isakmp__rule rule, *found;
    int rc = read_rule(r, 0, &rule);
    if (rc != ISAKMP_OK)
        return rc;
    if (!r->no)
        return add_rule(r, l, &rule);
    found = isakmp__ios_rule_find(r->c, l, &rule);
    if (found == NULL)
        return isakmp__ios_refuse(r, ISAKMP_E_ARG, 0, "the list has no such line");
    isakmp__ios_rule_drop(r->c, found);
    return ISAKMP_OK;
}
