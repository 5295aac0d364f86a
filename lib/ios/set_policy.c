/* ios/set_policy.c -- commands about ISAKMP policies, pre-shared keys, hosts and pools. */
#include "handlers.h"

/* Take a thing away that a line with "no" names. */
static int drop(isakmp__run *r, isakmp__kind kind, isakmp_span name, uint32_t number)
{
    isakmp__thing *t = isakmp__ios_thing_find(r->c, kind, name, number);
    if (t == NULL)
        return isakmp__ios_refuse(r, ISAKMP_E_ARG, 0, "there is no such thing to take away");
    isakmp__ios_thing_drop(r->c, t);
    return ISAKMP_OK;
}

/* ---- Policies ------------------------------------------------------------------------------- */

int isakmp__ios_set_policy(isakmp__run *r)
{
    static const isakmp_span none;
    uint32_t priority = r->arg[0].number;
    isakmp__policy_thing *p;
    int is_new;
    if (r->no)
        return drop(r, ISAKMP__POLICY, none, priority);
    is_new = isakmp__ios_thing_find(r->c, ISAKMP__POLICY, none, priority) == NULL;
    p = (isakmp__policy_thing *)(void *)isakmp__ios_thing_want(r->c, ISAKMP__POLICY, none,
                                                               priority);
    if (p == NULL)
        return isakmp__ios_no_room(r);
    if (is_new) {
        p->cipher = ISAKMP_CIPHER_DES;
        p->hash = ISAKMP_HASH_SHA1;
        p->auth = ISAKMP_AUTH_RSA_SIG;
        p->group = ISAKMP_GROUP_MODP_768;
        p->life_s = ISAKMP_DEFAULT_LIFE_S;
    }
    isakmp__ios_enter(r, ISAKMP_IOS_POLICY, &p->head);
    return ISAKMP_OK;
}

static isakmp__policy_thing *policy_of(isakmp__run *r)
{
    return (isakmp__policy_thing *)r->s->target;
}

int isakmp__ios_set_cipher(isakmp__run *r)
{
    isakmp__policy_thing *p = policy_of(r);
    isakmp_span word = isakmp__ios_arg_text(r, 0);
    const isakmp__choice_of *c = isakmp__ios_by_word(isakmp__ios_ciphers, word);
    p->key_bits = 0;
    if (r->no) {
        p->cipher = ISAKMP_CIPHER_DES;
        return ISAKMP_OK;
    }
    /* "aes" is no argument, as it stands outside of the brackets. */
    p->cipher = c ? c->a : ISAKMP_CIPHER_AES;
    if (c == NULL)
        p->key_bits = (uint16_t)(isakmp__ios_arg_is(r, 0, "192")   ? 192
                                 : isakmp__ios_arg_is(r, 0, "256") ? 256
                                                                   : 128);
    return ISAKMP_OK;
}

int isakmp__ios_set_hash(isakmp__run *r)
{
    const isakmp__choice_of *c =
        isakmp__ios_by_word(isakmp__ios_hash_words, isakmp__ios_arg_text(r, 0));
    policy_of(r)->hash = r->no || c == NULL ? ISAKMP_HASH_SHA1 : c->a;
    return ISAKMP_OK;
}

int isakmp__ios_set_auth(isakmp__run *r)
{
    const isakmp__choice_of *c =
        isakmp__ios_by_word(isakmp__ios_auth_words, isakmp__ios_arg_text(r, 0));
    policy_of(r)->auth = r->no || c == NULL ? ISAKMP_AUTH_RSA_SIG : c->a;
    return ISAKMP_OK;
}

int isakmp__ios_set_group(isakmp__run *r)
{
    const isakmp__choice_of *c =
        isakmp__ios_by_word(isakmp__ios_group_words, isakmp__ios_arg_text(r, 0));
    policy_of(r)->group = r->no || c == NULL ? ISAKMP_GROUP_MODP_768 : c->a;
    return ISAKMP_OK;
}

int isakmp__ios_set_policy_life(isakmp__run *r)
{
    policy_of(r)->life_s = r->no ? ISAKMP_DEFAULT_LIFE_S : r->arg[0].number;
    return ISAKMP_OK;
}

/* ---- Pre-shared keys ------------------------------------------------------------------------ */

/* For whom a key is: an address with its mask, or a host name. */
typedef struct whom {
    uint8_t ip[4], mask[4];
    isakmp_span name;
    char text[24];
} whom;

static int read_whom(isakmp__run *r, whom *w)
{
    isakmp__page p = isakmp__ios_page_begin(w->text, sizeof w->text);
    static const uint8_t all[4] = {255, 255, 255, 255};
    int bits;
    memcpy(w->mask, all, 4);
    w->name = r->arg[1].text;
    if (r->value == 0)
        return ISAKMP_OK;
    memcpy(w->ip, r->arg[1].ip, 4);
    if (r->n > 2)
        memcpy(w->mask, r->arg[2].ip, 4);
    else if (isakmp__get32(w->ip) == 0)
        memset(w->mask, 0, 4); /* 0.0.0.0 stands for any */
    bits = isakmp__ios_mask_bits(w->mask);
    if (bits < 0)
        return isakmp__ios_refuse(r, ISAKMP_E_ARG, 2, "a mask has its ones on the left");
    isakmp__put32(w->ip, isakmp__get32(w->ip) & isakmp__get32(w->mask));
    isakmp__ios_page_ip4(&p, w->ip);
    isakmp__ios_page_add(&p, "/%u", (unsigned)bits);
    w->name = isakmp__span(w->text, p.len);
    return ISAKMP_OK;
}

int isakmp__ios_set_psk(isakmp__run *r)
{
    isakmp__psk_thing *k;
    isakmp__word *key;
    whom w;
    int rc = read_whom(r, &w);
    if (rc != ISAKMP_OK)
        return rc;
    if (r->no)
        return drop(r, ISAKMP__PSK, w.name, r->value);
    if (r->arg[0].text.n > ISAKMP_MAX_PSK)
        return isakmp__ios_refuse(r, ISAKMP_E_ARG, 0, "the key is too long");
    key = isakmp__ios_store_word(r->c, r->arg[0].text);
    k = key ? (isakmp__psk_thing *)(void *)isakmp__ios_thing_want(r->c, ISAKMP__PSK, w.name,
                                                                  r->value)
            : NULL;
    if (k == NULL) {
        isakmp__ios_store_give_word(r->c, key);
        return isakmp__ios_no_room(r);
    }
    isakmp__ios_store_give_word(r->c, k->key);
    k->key = key;
    memcpy(k->ip, w.ip, 4);
    memcpy(k->mask, w.mask, 4);
    return ISAKMP_OK;
}

/* ---- Hosts ---------------------------------------------------------------------------------- */

/* Take the addresses that the line names away, or the host if it names none or none is left. */
static int drop_addresses(isakmp__run *r)
{
    isakmp__host_thing *h =
        (isakmp__host_thing *)(void *)isakmp__ios_thing_find(r->c, ISAKMP__HOST, r->arg[0].text, 0);
    unsigned n = 0;
    if (h == NULL)
        return isakmp__ios_refuse(r, ISAKMP_E_ARG, 0, "there is no such host");
    for (unsigned i = 0; i < h->n && r->n > 1; i++) {
        int named = 0;
        for (unsigned k = 1; k < r->n; k++)
            named |= isakmp__get32(r->arg[k].ip) == isakmp__get32(h->ip[i]);
        if (!named && n++ != i)
            memcpy(h->ip[n - 1], h->ip[i], 4);
    }
    h->n = (uint8_t)n;
    if (n == 0)
        isakmp__ios_thing_drop(r->c, &h->head);
    return ISAKMP_OK;
}

int isakmp__ios_set_host(isakmp__run *r)
{
    isakmp__host_thing *h;
    if (r->no)
        return drop_addresses(r);
    h = (isakmp__host_thing *)(void *)isakmp__ios_thing_want(r->c, ISAKMP__HOST, r->arg[0].text, 0);
    if (h == NULL)
        return isakmp__ios_no_room(r);
    h->n = (uint8_t)(r->n - 1u);
    for (unsigned i = 0; i < h->n; i++)
        memcpy(h->ip[i], r->arg[i + 1].ip, 4);
    return ISAKMP_OK;
}

/* ---- Pools ---------------------------------------------------------------------------------- */

int isakmp__ios_set_pool(isakmp__run *r)
{
    const uint8_t *first = r->arg[1].ip, *last = r->n > 2 ? r->arg[2].ip : first;
    isakmp__pool_thing *p;
    if (r->no)
        return drop(r, ISAKMP__POOL, r->arg[0].text, 0);
    if (isakmp__get32(first) > isakmp__get32(last))
        return isakmp__ios_refuse(r, ISAKMP_E_ARG, 2, "the last address comes before the first");
    if (first[0] == 0 || last[0] >= 224)
        return isakmp__ios_refuse(
            r, ISAKMP_E_ARG, first[0] ? r->n - 1u : 1,
            "this is no address of a host: expected 1.0.0.0 to 223.255.255.255");
    p = (isakmp__pool_thing *)(void *)isakmp__ios_thing_want(r->c, ISAKMP__POOL, r->arg[0].text, 0);
    if (p == NULL)
        return isakmp__ios_no_room(r);
    memcpy(p->first, first, 4);
    memcpy(p->last, last, 4);
    return ISAKMP_OK;
}
