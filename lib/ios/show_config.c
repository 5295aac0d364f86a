/* ios/show_config.c -- what is shown of the configuration. */
#include "show.h"

/* ---- show crypto isakmp policy -------------------------------------------------------------- */

static void show_cipher(isakmp__page *p, const isakmp__policy_thing *y)
{
    isakmp__ios_page_add(p, "encryption algorithm:");
    if (y->cipher == ISAKMP_CIPHER_AES)
        isakmp__ios_page_add(p, "AES - Advanced Encryption Standard (%u bit keys)\n",
                             (unsigned)y->key_bits);
    else if (y->cipher == ISAKMP_CIPHER_3DES)
        isakmp__ios_page_add(p, "3DES - Triple Data Encryption Standard (168 bit keys)\n");
    else
        isakmp__ios_page_add(p, "DES - Data Encryption Standard (56 bit keys)\n");
}

static void show_hash(isakmp__page *p, const isakmp__policy_thing *y)
{
    isakmp__ios_page_add(p, "hash algorithm:");
    if (y->hash == ISAKMP_HASH_MD5)
        isakmp__ios_page_add(p, "Message Digest 5\n");
    else if (y->hash == ISAKMP_HASH_SHA1)
        isakmp__ios_page_add(p, "Secure Hash Standard\n");
    else
        isakmp__ios_page_add(p, "Secure Hash Standard 2 (%u bit)\n",
                             (unsigned)(8 * isakmp_hash_size(y->hash)));
}

static void show_suite(isakmp__page *p, const isakmp__policy_thing *y)
{
    const isakmp__choice_of *group = isakmp__ios_by_number(isakmp__ios_group_words, y->group);
    show_cipher(p, y);
    show_hash(p, y);
    isakmp__ios_page_add(p, "authentication method:%s\n",
                         y->auth == ISAKMP_AUTH_PSK       ? "Pre-Shared Key"
                         : y->auth == ISAKMP_AUTH_RSA_SIG ? "Rivest-Shamir-Adleman Signature"
                                                          : "Rivest-Shamir-Adleman Encryption");
    isakmp__ios_page_add(p, "Diffie-Hellman group:#%u (%u bit)\n", (unsigned)y->group,
                         (unsigned)group->b);
    isakmp__ios_page_add(p, "lifetime:%u seconds, no volume limit\n", (unsigned)y->life_s);
}

void isakmp__ios_show_policy(const isakmp__show *s)
{
    isakmp__policy_thing usual;
    memset(&usual, 0, sizeof usual);
    usual.cipher = ISAKMP_CIPHER_DES;
    usual.hash = ISAKMP_HASH_SHA1;
    usual.auth = ISAKMP_AUTH_RSA_SIG;
    usual.group = ISAKMP_GROUP_MODP_768;
    usual.life_s = ISAKMP_DEFAULT_LIFE_S;
    for (const isakmp__thing *t = s->c->first[ISAKMP__POLICY]; t; t = t->next) {
        isakmp__ios_page_add(s->p, "Protection suite priority %u\n", (unsigned)t->number);
        show_suite(s->p, (const isakmp__policy_thing *)(const void *)t);
    }
    isakmp__ios_page_add(s->p, "Default protection suite\n");
    show_suite(s->p, &usual);
}

/* ---- show crypto isakmp key ----------------------------------------------------------------- */

void isakmp__ios_show_keys(const isakmp__show *s)
{
    isakmp__ios_page_add(s->p, "%-40s Preshared Key\n", "Hostname/Address");
    for (const isakmp__thing *t = s->c->first[ISAKMP__PSK]; t; t = t->next) {
        const isakmp__psk_thing *k = (const isakmp__psk_thing *)(const void *)t;
        size_t start = s->p->len;
        int bits = isakmp__ios_mask_bits(k->mask);
        if (t->number == 0)
            isakmp__ios_page_word(s->p, t->name);
        else
            isakmp__ios_page_ip4(s->p, k->ip);
        if (t->number && bits < 32)
            isakmp__ios_page_add(s->p, " [%u bits]", (unsigned)bits);
        isakmp__ios_page_column(s->p, start, 41);
        isakmp__ios_page_word(s->p, k->key);
        isakmp__ios_page_add(s->p, "\n");
    }
}

/* ---- show crypto ipsec ... ------------------------------------------------------------------ */

void isakmp__ios_show_transform_sets(const isakmp__show *s)
{
    for (const isakmp__thing *t = s->c->first[ISAKMP__TRANSFORM]; t; t = t->next) {
        const isakmp__transform_thing *x = (const isakmp__transform_thing *)(const void *)t;
        isakmp__ios_page_add(s->p, "Transform set ");
        isakmp__ios_page_word(s->p, t->name);
        isakmp__ios_page_add(s->p, ": {");
        isakmp__ios_page_transforms(s->p, x->ah, x->esp, x->key_bits, x->integ);
        isakmp__ios_page_add(s->p, " }\n   will negotiate = { %s },\n",
                             x->mode == ISAKMP_MODE_TRANSPORT ? "Transport" : "Tunnel");
    }
}

static void page_lifetime(isakmp__page *p, const isakmp_ios *c, uint32_t seconds, uint32_t kb)
{
    seconds = seconds ? seconds : c->life_s ? c->life_s : ISAKMP__DEFAULT_LIFE_S;
    kb = kb ? kb : c->life_kb ? c->life_kb : ISAKMP__DEFAULT_LIFE_KB;
    isakmp__ios_page_add(p, "Security association lifetime: %u kilobytes/%u seconds\n",
                         (unsigned)kb, (unsigned)seconds);
}

void isakmp__ios_show_lifetime(const isakmp__show *s)
{
    page_lifetime(s->p, s->c, 0, 0);
}

/* ---- show access-lists ---------------------------------------------------------------------- */

static void show_list(isakmp__page *p, const isakmp__list_thing *l, const char *before)
{
    isakmp__ios_page_add(p, "%sExtended IP access list ", before);
    isakmp__ios_page_word(p, l->head.name);
    isakmp__ios_page_add(p, "\n");
    for (const isakmp__rule *r = l->first; r; r = r->next) {
        isakmp__ios_page_add(p, "%s    ", before);
        isakmp__ios_page_rule(p, r);
        isakmp__ios_page_add(p, "\n");
    }
}

/* Is this the one that was asked for, or were all? */
static int is_wanted(const isakmp__show *s, const isakmp__thing *t)
{
    isakmp_span word = s->command->word;
    return word.n == 0 || isakmp__same_text(word, isakmp__name_of(t));
}

void isakmp__ios_show_lists(const isakmp__show *s)
{
    for (const isakmp__thing *t = s->c->first[ISAKMP__LIST]; t; t = t->next)
        if (is_wanted(s, t))
            show_list(s->p, (const isakmp__list_thing *)(const void *)t, "");
}

/* ---- show crypto map, dynamic-map ----------------------------------------------------------- */

static void show_match(const isakmp__show *s, const isakmp__word *match)
{
    const isakmp__thing *l;
    if (match == NULL) {
        isakmp__ios_page_add(s->p, "\tNo matching address list set.\n");
        return;
    }
    l = isakmp__ios_thing_find(s->c, ISAKMP__LIST, isakmp__word_span(match), 0);
    if (l) {
        show_list(s->p, (const isakmp__list_thing *)(const void *)l, "\t");
        return;
    }
    isakmp__ios_page_add(s->p, "\tAccess list ");
    isakmp__ios_page_word(s->p, match);
    isakmp__ios_page_add(s->p, " is not there\n");
}

static void show_entry(const isakmp__show *s, const isakmp__map_thing *m)
{
    for (const isakmp__word *w = m->peers; w; w = w->next) {
        isakmp__ios_page_add(s->p, "\tPeer = ");
        isakmp__ios_page_word(s->p, w);
        isakmp__ios_page_add(s->p, "\n");
    }
    show_match(s, m->match);
    isakmp__ios_page_add(s->p, "\t");
    page_lifetime(s->p, s->c, m->life_s, m->life_kb);
    if (m->pfs)
        isakmp__ios_page_add(s->p, "\tPFS (Y/N): Y\n\tDH group:  group%u\n", (unsigned)m->pfs);
    else
        isakmp__ios_page_add(s->p, "\tPFS (Y/N): N\n");
    isakmp__ios_page_add(s->p, "\tTransform sets={ ");
    for (const isakmp__word *w = m->sets; w; w = w->next) {
        isakmp__ios_page_word(s->p, w);
        isakmp__ios_page_add(s->p, ", ");
    }
    isakmp__ios_page_add(s->p, "}\n");
}

static void show_client(const isakmp__show *s, const isakmp__thing *t)
{
    const isakmp__thing *k = isakmp__ios_thing_find(s->c, ISAKMP__CLIENT, isakmp__name_of(t), 0);
    uint8_t flags = k ? ((const isakmp__client_thing *)(const void *)k)->flags : 0;
    if (flags)
        isakmp__ios_page_add(s->p, "\tClient configuration address:%s%s\n",
                             flags & ISAKMP_IOS_INITIATE ? " initiate" : "",
                             flags & ISAKMP_IOS_RESPOND ? " respond" : "");
}

static void show_users(const isakmp__show *s, const isakmp__thing *map)
{
    isakmp__ios_page_add(s->p, "\tInterfaces using crypto map ");
    isakmp__ios_page_word(s->p, map->name);
    isakmp__ios_page_add(s->p, ":\n");
    for (const isakmp__thing *t = s->c->first[ISAKMP__INTERFACE]; t; t = t->next) {
        const isakmp__interface_thing *i = (const isakmp__interface_thing *)(const void *)t;
        if (!isakmp__same_text(isakmp__word_span(i->map), isakmp__name_of(map)))
            continue;
        isakmp__ios_page_add(s->p, "\t\t");
        isakmp__ios_page_word(s->p, t->name);
        isakmp__ios_page_add(s->p, "\n");
    }
}

void isakmp__ios_show_maps(const isakmp__show *s)
{
    for (const isakmp__thing *t = s->c->first[ISAKMP__MAP]; t; t = t->next) {
        const isakmp__map_thing *m = (const isakmp__map_thing *)(const void *)t;
        isakmp__ios_page_add(s->p, "Crypto Map \"");
        isakmp__ios_page_word(s->p, t->name);
        isakmp__ios_page_add(s->p, "\" %u ipsec-isakmp\n", (unsigned)t->number);
        if (m->dynamic) {
            isakmp__ios_page_add(s->p, "\tDynamic map template tag: ");
            isakmp__ios_page_word(s->p, m->dynamic);
            isakmp__ios_page_add(s->p, m->discover ? "\n\tDiscover enabled\n" : "\n");
        } else {
            show_entry(s, m);
        }
        if (t->next == NULL || !isakmp__same_text(isakmp__name_of(t), isakmp__name_of(t->next))) {
            show_client(s, t);
            show_users(s, t);
        }
    }
}

void isakmp__ios_show_dynamic_maps(const isakmp__show *s)
{
    for (const isakmp__thing *t = s->c->first[ISAKMP__DYNAMIC]; t; t = t->next) {
        isakmp__ios_page_add(s->p, "Crypto Map Template \"");
        isakmp__ios_page_word(s->p, t->name);
        isakmp__ios_page_add(s->p, "\" %u\n", (unsigned)t->number);
        show_entry(s, (const isakmp__map_thing *)(const void *)t);
    }
}

/* ---- show ip local pool, hosts -------------------------------------------------------------- */

static void show_pool(const isakmp__show *s, const isakmp__thing *t)
{
    const isakmp__pool_thing *l = (const isakmp__pool_thing *)(const void *)t;
    uint32_t size = isakmp__get32(l->last) - isakmp__get32(l->first) + 1, used = 0;
    size_t start = s->p->len;
    if (s->live->pool_in_use)
        used = s->live->pool_in_use(s->live->user, isakmp__name_of(t));
    isakmp__ios_page_word(s->p, t->name);
    isakmp__ios_page_column(s->p, start, 25);
    isakmp__ios_page_ip4(s->p, l->first);
    isakmp__ios_page_column(s->p, start, 41);
    isakmp__ios_page_ip4(s->p, l->last);
    isakmp__ios_page_column(s->p, start, 57);
    isakmp__ios_page_add(s->p, "%5u  %6u\n", (unsigned)(size - used), (unsigned)used);
}

void isakmp__ios_show_pools(const isakmp__show *s)
{
    isakmp__ios_page_add(s->p, "%-25s%-16s%-16s%5s  %6s\n", "Pool", "Begin", "End", "Free",
                         "In use");
    for (const isakmp__thing *t = s->c->first[ISAKMP__POOL]; t; t = t->next)
        if (is_wanted(s, t))
            show_pool(s, t);
}

void isakmp__ios_show_hosts(const isakmp__show *s)
{
    if (s->c->domain) {
        isakmp__ios_page_add(s->p, "Default domain is ");
        isakmp__ios_page_word(s->p, s->c->domain);
        isakmp__ios_page_add(s->p, "\n");
    }
    isakmp__ios_page_add(s->p, "%-25sAddress(es)\n", "Host");
    for (const isakmp__thing *t = s->c->first[ISAKMP__HOST]; t; t = t->next) {
        const isakmp__host_thing *h = (const isakmp__host_thing *)(const void *)t;
        size_t start = s->p->len;
        isakmp__ios_page_word(s->p, t->name);
        for (unsigned i = 0; i < h->n; i++) {
            isakmp__ios_page_column(s->p, start, i ? 0 : 25);
            isakmp__ios_page_ip4(s->p, h->ip[i]);
        }
        isakmp__ios_page_add(s->p, "\n");
    }
}

/* ---- show crypto ca trustpoints ------------------------------------------------------------- */

void isakmp__ios_show_trustpoints(const isakmp__show *s)
{
    for (const isakmp__thing *t = s->c->first[ISAKMP__TRUST]; t; t = t->next) {
        const isakmp__trust_thing *x = (const isakmp__trust_thing *)(const void *)t;
        isakmp__ios_page_add(s->p, "Trustpoint ");
        isakmp__ios_page_word(s->p, t->name);
        isakmp__ios_page_add(s->p, ":\n    CA certificate: %s\n    Router certificate: %s\n",
                             x->ca.n ? "configured" : "none", x->own.n ? "configured" : "none");
        isakmp__ios_page_add(s->p, "    Revocation check: %s\n", x->unrevoked ? "none" : "crl");
    }
}
