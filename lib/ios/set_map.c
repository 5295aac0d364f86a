/* ios/set_map.c -- commands about transform sets, crypto maps and dynamic maps. */
#include "handlers.h"

/* ---- Transform sets ------------------------------------------------------------------------- */

static const isakmp__transform_word *find_transform(isakmp_span word)
{
    const isakmp__transform_word *t = isakmp__ios_transform_words;
    for (; t->keyword; t++)
        if (isakmp__same_text(isakmp__ios_literal(t->keyword), word))
            return t;
    return NULL;
}

/* What a line says, before it is known to be sound. */
typedef struct transforms {
    uint8_t ah, esp, integ;
    uint16_t key_bits;
} transforms;

static int take_transform(isakmp__run *r, transforms *t, unsigned i)
{
    const isakmp__transform_word *w = find_transform(r->arg[i].text);
    uint8_t *place;
    if (w == NULL) { /* a key length */
        const isakmp__transform_word *before = i ? find_transform(r->arg[i - 1].text) : NULL;
        if (before == NULL || !before->bits)
            return isakmp__ios_refuse(r, ISAKMP_E_ARG, i,
                                      "the transform before it has no key length");
        t->key_bits = (uint16_t)(isakmp__ios_arg_is(r, i, "128")   ? 128
                                 : isakmp__ios_arg_is(r, i, "192") ? 192
                                                                   : 256);
        return ISAKMP_OK;
    }
    place = w->part == 'a' ? &t->ah : w->part == 'e' ? &t->esp : &t->integ;
    if (*place)
        return isakmp__ios_refuse(r, ISAKMP_E_ARG, i, "there is a transform of this kind already");
    *place = w->id;
    if (w->bits)
        t->key_bits = 128;
    return ISAKMP_OK;
}

static const char *wrong_with(const transforms *t)
{
    int by_itself = t->esp == ISAKMP_ESP_AES_GCM_16 || t->esp == ISAKMP_ESP_NULL_GMAC;
    if (t->integ && !t->esp)
        return "an ESP authentication needs an ESP cipher beside it: expected esp-null or another";
    if (t->esp == ISAKMP_ESP_NULL && !t->integ)
        return "esp-null needs an ESP authentication beside it";
    if (by_itself && t->integ)
        return "esp-gcm and esp-gmac authenticate by themselves";
    return NULL;
}

int isakmp__ios_set_transform(isakmp__run *r)
{
    isakmp_span name = r->arg[0].text;
    isakmp__thing *found = isakmp__ios_thing_find(r->c, ISAKMP__TRANSFORM, name, 0);
    isakmp__transform_thing *t;
    transforms said = {0, 0, 0, 0};
    if (r->no && found == NULL)
        return isakmp__ios_refuse(r, ISAKMP_E_ARG, 0, "there is no such transform set");
    if (r->no) {
        isakmp__ios_thing_drop(r->c, found);
        return ISAKMP_OK;
    }
    for (unsigned i = 1; i < r->n; i++) {
        int rc = take_transform(r, &said, i);
        if (rc != ISAKMP_OK)
            return rc;
    }
    if (wrong_with(&said))
        return isakmp__ios_refuse(r, ISAKMP_E_ARG, 1, wrong_with(&said));
    t = (isakmp__transform_thing *)(void *)isakmp__ios_thing_want(r->c, ISAKMP__TRANSFORM, name, 0);
    if (t == NULL)
        return isakmp__ios_no_room(r);
    t->ah = said.ah;
    t->esp = said.esp;
    t->integ = said.integ;
    t->key_bits = said.key_bits;
    t->mode = found ? t->mode : ISAKMP_MODE_TUNNEL;
    isakmp__ios_enter(r, ISAKMP_IOS_TRANSFORM, &t->head);
    return ISAKMP_OK;
}

int isakmp__ios_set_mode(isakmp__run *r)
{
    ((isakmp__transform_thing *)r->s->target)->mode =
        !r->no && isakmp__ios_arg_is(r, 0, "transport") ? ISAKMP_MODE_TRANSPORT
                                                        : ISAKMP_MODE_TUNNEL;
    return ISAKMP_OK;
}

/* ---- Entries -------------------------------------------------------------------------------- */

/* All entries of a map, and what is said of it as a whole. */
static int drop_map(isakmp__run *r, isakmp__kind kind)
{
    isakmp_span name = r->arg[0].text;
    isakmp__thing *client = isakmp__ios_thing_find(r->c, ISAKMP__CLIENT, name, 0);
    unsigned dropped = 0;
    for (isakmp__thing *t = r->c->first[kind], *next; t; t = next) {
        next = t->next;
        if (isakmp__same_text(isakmp__name_of(t), name)) {
            isakmp__ios_thing_drop(r->c, t);
            dropped++;
        }
    }
    if (kind == ISAKMP__MAP && client) {
        isakmp__ios_thing_drop(r->c, client);
        dropped++;
    }
    if (dropped == 0)
        return isakmp__ios_refuse(r, ISAKMP_E_ARG, 0, "there is no such map");
    return ISAKMP_OK;
}

static int drop_entry(isakmp__run *r, isakmp__kind kind)
{
    isakmp__thing *t;
    if (r->n < 2)
        return drop_map(r, kind);
    t = isakmp__ios_thing_find(r->c, kind, r->arg[0].text, r->arg[1].number);
    if (t == NULL)
        return isakmp__ios_refuse(r, ISAKMP_E_ARG, 1, "there is no such entry");
    isakmp__ios_thing_drop(r->c, t);
    return ISAKMP_OK;
}

/* An entry that refers to a dynamic map. */
static int refer(isakmp__run *r, isakmp__map_thing *m)
{
    isakmp__word *dynamic = isakmp__ios_store_word(r->c, r->arg[2].text);
    if (dynamic == NULL)
        return isakmp__ios_no_room(r);
    if (m == NULL) {
        m = (isakmp__map_thing *)(void *)isakmp__ios_thing_want(r->c, ISAKMP__MAP, r->arg[0].text,
                                                                r->arg[1].number);
        if (m == NULL) {
            isakmp__ios_store_give_word(r->c, dynamic);
            return isakmp__ios_no_room(r);
        }
    }
    isakmp__ios_store_give_word(r->c, m->dynamic);
    m->dynamic = dynamic;
    m->discover = (uint8_t)isakmp__ios_arg_is(r, 3, "discover");
    return ISAKMP_OK;
}

int isakmp__ios_set_map(isakmp__run *r)
{
    isakmp__map_thing *m;
    if (r->no)
        return drop_entry(r, ISAKMP__MAP);
    m = (isakmp__map_thing *)(void *)isakmp__ios_thing_find(r->c, ISAKMP__MAP, r->arg[0].text,
                                                            r->arg[1].number);
    if (m && (m->dynamic != NULL) != (r->value != 0))
        return isakmp__ios_refuse(
            r, ISAKMP_E_ARG, 1,
            m->dynamic ? "this entry refers to a dynamic map: remove it first"
                       : "this entry does not refer to a dynamic map: remove it first");
    if (r->value)
        return refer(r, m);
    if (m == NULL && r->n < 3)
        return isakmp__ios_refuse(
            r, ISAKMP_E_MALFORMED, 1,
            "there is no such entry yet: expected ipsec-isakmp behind the number");
    if (m == NULL)
        m = (isakmp__map_thing *)(void *)isakmp__ios_thing_want(r->c, ISAKMP__MAP, r->arg[0].text,
                                                                r->arg[1].number);
    if (m == NULL)
        return isakmp__ios_no_room(r);
    isakmp__ios_enter(r, ISAKMP_IOS_MAP, &m->head);
    return ISAKMP_OK;
}

int isakmp__ios_set_dynamic(isakmp__run *r)
{
    isakmp__thing *t;
    if (r->no)
        return drop_entry(r, ISAKMP__DYNAMIC);
    t = isakmp__ios_thing_want(r->c, ISAKMP__DYNAMIC, r->arg[0].text, r->arg[1].number);
    if (t == NULL)
        return isakmp__ios_no_room(r);
    isakmp__ios_enter(r, ISAKMP_IOS_MAP, t);
    return ISAKMP_OK;
}

int isakmp__ios_set_client(isakmp__run *r)
{
    isakmp_span name = r->arg[0].text;
    uint8_t flags = (uint8_t)(r->n < 2 ? ISAKMP_IOS_INITIATE | ISAKMP_IOS_RESPOND
                              : isakmp__ios_arg_is(r, 1, "initiate") ? ISAKMP_IOS_INITIATE
                                                                     : ISAKMP_IOS_RESPOND);
    isakmp__client_thing *t =
        (isakmp__client_thing *)(void *)isakmp__ios_thing_find(r->c, ISAKMP__CLIENT, name, 0);
    if (r->no && t == NULL)
        return isakmp__ios_refuse(r, ISAKMP_E_ARG, 0, "the map has no client configuration");
    if (r->no) {
        t->flags &= (uint8_t)~flags;
        if (t->flags == 0)
            isakmp__ios_thing_drop(r->c, &t->head);
        return ISAKMP_OK;
    }
    t = (isakmp__client_thing *)(void *)isakmp__ios_thing_want(r->c, ISAKMP__CLIENT, name, 0);
    if (t == NULL)
        return isakmp__ios_no_room(r);
    t->flags |= flags;
    return ISAKMP_OK;
}

/* ---- Lines of an entry ---------------------------------------------------------------------- */

static isakmp__map_thing *map_of(isakmp__run *r)
{
    return (isakmp__map_thing *)r->s->target;
}

/* The place in a list where a name stands, or its end. */
static isakmp__word **place_of(isakmp__word **list, isakmp_span name)
{
    while (*list && !isakmp__same_text(isakmp__word_span(*list), name))
        list = &(*list)->next;
    return list;
}

int isakmp__ios_set_peer(isakmp__run *r)
{
    isakmp__word **place = place_of(&map_of(r)->peers, r->arg[0].text), *w = *place;
    if (r->no && w == NULL)
        return isakmp__ios_refuse(r, ISAKMP_E_ARG, 0, "the entry has no such peer");
    if (r->no) {
        *place = w->next;
        isakmp__ios_store_give_word(r->c, w);
        return ISAKMP_OK;
    }
    if (w)
        return ISAKMP_OK;
    w = isakmp__ios_store_word(r->c, r->arg[0].text);
    if (w == NULL)
        return isakmp__ios_no_room(r);
    if (r->arg[0].kind == 'a') {
        w->addr.family = 4;
        memcpy(w->addr.ip, r->arg[0].ip, 4);
    }
    *place = w;
    return ISAKMP_OK;
}

static void give_list(isakmp_ios *c, isakmp__word *w)
{
    while (w) {
        isakmp__word *next = w->next;
        isakmp__ios_store_give_word(c, w);
        w = next;
    }
}

int isakmp__ios_set_sets(isakmp__run *r)
{
    isakmp__word *list = NULL;
    for (unsigned i = 0; i < r->n && !r->no; i++) {
        isakmp__word **place = place_of(&list, r->arg[i].text);
        if (*place) {
            give_list(r->c, list);
            return isakmp__ios_refuse(r, ISAKMP_E_ARG, i, "the line names it twice");
        }
        *place = isakmp__ios_store_word(r->c, r->arg[i].text);
        if (*place == NULL) {
            give_list(r->c, list);
            return isakmp__ios_no_room(r);
        }
    }
    give_list(r->c, map_of(r)->sets);
    map_of(r)->sets = list;
    return ISAKMP_OK;
}

int isakmp__ios_set_pfs(isakmp__run *r)
{
    isakmp_span word = isakmp__ios_arg_text(r, 0);
    const isakmp__choice_of *g = NULL;
    if (word.n > 5)
        g = isakmp__ios_by_word(isakmp__ios_group_words, isakmp__span(word.p + 5, word.n - 5));
    map_of(r)->pfs = r->no ? 0 : g ? g->a : ISAKMP_GROUP_MODP_768;
    return ISAKMP_OK;
}

int isakmp__ios_set_map_life(isakmp__run *r)
{
    *(r->value ? &map_of(r)->life_s : &map_of(r)->life_kb) = r->no ? 0 : r->arg[0].number;
    return ISAKMP_OK;
}

int isakmp__ios_set_match(isakmp__run *r)
{
    return isakmp__ios_set_word(r, &map_of(r)->match,
                                r->no ? isakmp__span(NULL, 0) : r->arg[0].text);
}
