/* ios/running.c -- the configuration as text that can be loaded again.  Defaults do not appear. */
#include "show.h"

void isakmp__ios_page_word(isakmp__page *p, const isakmp__word *w)
{
    isakmp__ios_page_span(p, isakmp__word_span(w));
}

/* "\n" or a word in front of a text that may be missing: then nothing is added. */
static void add_word(isakmp__page *p, const char *before, const isakmp__word *w)
{
    if (w == NULL)
        return;
    isakmp__ios_page_add(p, "%s", before);
    isakmp__ios_page_word(p, w);
    isakmp__ios_page_add(p, "\n");
}

static void add_number(isakmp__page *p, const char *before, uint32_t v)
{
    if (v)
        isakmp__ios_page_add(p, "%s%u\n", before, (unsigned)v);
}

static void add_name(isakmp__page *p, const char *before, const isakmp__thing *t)
{
    isakmp__ios_page_add(p, "%s", before);
    isakmp__ios_page_word(p, t->name);
}

/* ---- What there is once --------------------------------------------------------------------- */

static void put_keepalive(isakmp__page *p, const isakmp_ios *c)
{
    if (c->keepalive_s == 0)
        return;
    isakmp__ios_page_add(p, "crypto isakmp keepalive %u", (unsigned)c->keepalive_s);
    if (c->retry_s)
        isakmp__ios_page_add(p, " %u", (unsigned)c->retry_s);
    isakmp__ios_page_add(p, c->periodic ? " periodic\n" : "\n");
}

static void put_isakmp(isakmp__page *p, const isakmp_ios *c)
{
    if (c->disabled)
        isakmp__ios_page_add(p, "no crypto isakmp enable\n");
    if (c->identity)
        isakmp__ios_page_add(p, "crypto isakmp identity %s\n",
                             c->identity == ISAKMP_IOS_BY_HOSTNAME ? "hostname" : "dn");
    put_keepalive(p, c);
    add_number(p, "crypto isakmp nat keepalive ", c->nat_keepalive_s);
    if (c->recovery)
        isakmp__ios_page_add(p, "crypto isakmp invalid-spi-recovery\n");
    if (c->aggressive_disabled)
        isakmp__ios_page_add(p, "crypto isakmp aggressive-mode disable\n");
    add_word(p, "crypto isakmp client configuration address-pool local ", c->pool);
    add_number(p, "crypto ipsec security-association lifetime seconds ", c->life_s);
    add_number(p, "crypto ipsec security-association lifetime kilobytes ", c->life_kb);
}

/* ---- Each kind of thing --------------------------------------------------------------------- */

static void put_policy(isakmp__page *p, const isakmp__thing *t)
{
    const isakmp__policy_thing *y = (const isakmp__policy_thing *)(const void *)t;
    isakmp__ios_page_add(p, "crypto isakmp policy %u\n", (unsigned)t->number);
    if (y->cipher == ISAKMP_CIPHER_AES && y->key_bits == 128)
        isakmp__ios_page_add(p, " encryption aes\n");
    else if (y->cipher == ISAKMP_CIPHER_AES)
        isakmp__ios_page_add(p, " encryption aes %u\n", (unsigned)y->key_bits);
    else if (y->cipher != ISAKMP_CIPHER_DES)
        isakmp__ios_page_add(p, " encryption 3des\n");
    if (y->hash != ISAKMP_HASH_SHA1)
        isakmp__ios_page_add(p, " hash %s\n",
                             isakmp__ios_by_number(isakmp__ios_hash_words, y->hash)->keyword);
    if (y->auth != ISAKMP_AUTH_RSA_SIG)
        isakmp__ios_page_add(p, " authentication %s\n",
                             isakmp__ios_by_number(isakmp__ios_auth_words, y->auth)->keyword);
    if (y->group != ISAKMP_GROUP_MODP_768)
        isakmp__ios_page_add(p, " group %u\n", (unsigned)y->group);
    if (y->life_s != ISAKMP_DEFAULT_LIFE_S)
        isakmp__ios_page_add(p, " lifetime %u\n", (unsigned)y->life_s);
}

static void put_psk(isakmp__page *p, const isakmp__thing *t)
{
    const isakmp__psk_thing *k = (const isakmp__psk_thing *)(const void *)t;
    isakmp__ios_page_add(p, "crypto isakmp key ");
    isakmp__ios_page_word(p, k->key);
    if (t->number == 0) {
        add_name(p, " hostname ", t);
    } else {
        isakmp__ios_page_add(p, " address ");
        isakmp__ios_page_ip4(p, k->ip);
        if (isakmp__get32(k->mask) != UINT32_MAX) {
            isakmp__ios_page_add(p, " ");
            isakmp__ios_page_ip4(p, k->mask);
        }
    }
    isakmp__ios_page_add(p, "\n");
}

static void put_host(isakmp__page *p, const isakmp__thing *t)
{
    const isakmp__host_thing *h = (const isakmp__host_thing *)(const void *)t;
    add_name(p, "ip host ", t);
    for (unsigned i = 0; i < h->n; i++) {
        isakmp__ios_page_add(p, " ");
        isakmp__ios_page_ip4(p, h->ip[i]);
    }
    isakmp__ios_page_add(p, "\n");
}

static void put_pool(isakmp__page *p, const isakmp__thing *t)
{
    const isakmp__pool_thing *l = (const isakmp__pool_thing *)(const void *)t;
    add_name(p, "ip local pool ", t);
    isakmp__ios_page_add(p, " ");
    isakmp__ios_page_ip4(p, l->first);
    isakmp__ios_page_add(p, " ");
    isakmp__ios_page_ip4(p, l->last);
    isakmp__ios_page_add(p, "\n");
}

static void put_key(isakmp__page *p, const isakmp__thing *t)
{
    const isakmp__key_thing *k = (const isakmp__key_thing *)(const void *)t;
    uint32_t use = t->number & ISAKMP__USE_GENERAL;
    int addressed = (t->number & ISAKMP__ADDRESSED) != 0;
    add_name(p, addressed ? " addressed-key " : " named-key ", t);
    isakmp__ios_page_add(p, use == ISAKMP__USE_SIGNATURE    ? " signature\n"
                            : use == ISAKMP__USE_ENCRYPTION ? " encryption\n"
                                                            : "\n");
    if (k->has_ip && !addressed) {
        isakmp__ios_page_add(p, "  address ");
        isakmp__ios_page_ip4(p, k->ip);
        isakmp__ios_page_add(p, "\n");
    }
    if (k->der.n) {
        isakmp__ios_page_add(p, "  key-string\n");
        isakmp__ios_page_key(p, 3, isakmp__span(k->der.p, k->der.n));
        isakmp__ios_page_add(p, "  quit\n");
    }
}

void isakmp__ios_page_transforms(isakmp__page *p, uint8_t ah, uint8_t esp, uint16_t key_bits,
                                 uint8_t integ)
{
    for (const isakmp__transform_word *w = isakmp__ios_transform_words; w->keyword; w++) {
        uint8_t id = w->part == 'a' ? ah : w->part == 'e' ? esp : integ;
        if (id == 0 || id != w->id)
            continue;
        isakmp__ios_page_add(p, " %s", w->keyword);
        if (w->bits && key_bits && key_bits != 128)
            isakmp__ios_page_add(p, " %u", (unsigned)key_bits);
    }
}

static void put_transform(isakmp__page *p, const isakmp__thing *t)
{
    const isakmp__transform_thing *x = (const isakmp__transform_thing *)(const void *)t;
    add_name(p, "crypto ipsec transform-set ", t);
    isakmp__ios_page_transforms(p, x->ah, x->esp, x->key_bits, x->integ);
    isakmp__ios_page_add(p, x->mode == ISAKMP_MODE_TRANSPORT ? "\n mode transport\n" : "\n");
}

static void page_end(isakmp__page *p, const isakmp__end *e)
{
    uint32_t mask = isakmp__get32(e->mask);
    uint8_t wild[4];
    isakmp__put32(wild, ~mask);
    isakmp__ios_page_add(p, mask == 0 ? " any" : mask == UINT32_MAX ? " host " : " ");
    if (mask)
        isakmp__ios_page_ip4(p, e->ip);
    if (mask && mask != UINT32_MAX) {
        isakmp__ios_page_add(p, " ");
        isakmp__ios_page_ip4(p, wild);
    }
    if (e->port)
        isakmp__ios_page_add(p, " eq %u", (unsigned)e->port);
}

void isakmp__ios_page_rule(isakmp__page *p, const isakmp__rule *r)
{
    const isakmp__choice_of *proto = isakmp__ios_by_number(isakmp__ios_protocols, r->proto);
    isakmp__ios_page_add(p, r->permit ? "permit " : "deny ");
    if (proto)
        isakmp__ios_page_add(p, "%s", proto->keyword);
    else
        isakmp__ios_page_add(p, "%u", (unsigned)r->proto);
    page_end(p, &r->from);
    page_end(p, &r->to);
}

static void put_list(isakmp__page *p, const isakmp__thing *t)
{
    const isakmp__list_thing *l = (const isakmp__list_thing *)(const void *)t;
    int numbered = l->numbered && l->first;
    if (!numbered) {
        add_name(p, "ip access-list extended ", t);
        isakmp__ios_page_add(p, "\n");
    }
    for (const isakmp__rule *r = l->first; r; r = r->next) {
        if (numbered)
            add_name(p, "access-list ", t);
        isakmp__ios_page_add(p, " ");
        isakmp__ios_page_rule(p, r);
        isakmp__ios_page_add(p, "\n");
    }
}

static void put_lines(isakmp__page *p, const isakmp__map_thing *m)
{
    for (const isakmp__word *w = m->peers; w; w = w->next)
        add_word(p, " set peer ", w);
    if (m->sets)
        isakmp__ios_page_add(p, " set transform-set");
    for (const isakmp__word *w = m->sets; w; w = w->next) {
        isakmp__ios_page_add(p, " ");
        isakmp__ios_page_word(p, w);
    }
    if (m->sets)
        isakmp__ios_page_add(p, "\n");
    add_number(p, " set pfs group", m->pfs);
    add_number(p, " set security-association lifetime seconds ", m->life_s);
    add_number(p, " set security-association lifetime kilobytes ", m->life_kb);
    add_word(p, " match address ", m->match);
}

static void put_dynamic(isakmp__page *p, const isakmp__thing *t)
{
    add_name(p, "crypto dynamic-map ", t);
    isakmp__ios_page_add(p, " %u\n", (unsigned)t->number);
    put_lines(p, (const isakmp__map_thing *)(const void *)t);
}

static void put_map(isakmp__page *p, const isakmp__thing *t)
{
    const isakmp__map_thing *m = (const isakmp__map_thing *)(const void *)t;
    add_name(p, "crypto map ", t);
    isakmp__ios_page_add(p, " %u ipsec-isakmp", (unsigned)t->number);
    if (m->dynamic) {
        isakmp__ios_page_add(p, " dynamic ");
        isakmp__ios_page_word(p, m->dynamic);
        isakmp__ios_page_add(p, m->discover ? " discover" : "");
    }
    isakmp__ios_page_add(p, "\n");
    if (m->dynamic == NULL)
        put_lines(p, m);
}

static void put_client(isakmp__page *p, const isakmp__thing *t)
{
    uint8_t flags = ((const isakmp__client_thing *)(const void *)t)->flags;
    for (unsigned i = ISAKMP_IOS_INITIATE; i <= ISAKMP_IOS_RESPOND; i++) {
        if (!(flags & i))
            continue;
        add_name(p, "crypto map ", t);
        isakmp__ios_page_add(p, " client configuration address %s\n",
                             i == ISAKMP_IOS_INITIATE ? "initiate" : "respond");
    }
}

static void put_pem(isakmp__page *p, const char *before, const char *after, const isakmp__thing *t,
                    const isakmp__octets *o)
{
    const uint8_t *end;
    if (o->n == 0)
        return;
    end = o->p + o->n;
    add_name(p, before, t);
    isakmp__ios_page_add(p, "%s\n", after);
    for (const uint8_t *line = o->p; line < end;) {
        const uint8_t *stop = line;
        while (stop < end && *stop != '\n')
            stop++;
        isakmp__ios_page_span(p, isakmp__span(line, (size_t)(stop - line)));
        isakmp__ios_page_add(p, "\n");
        line = stop + 1;
    }
    isakmp__ios_page_add(p, "quit\n");
}

static void put_trust(isakmp__page *p, const isakmp__thing *t)
{
    const isakmp__trust_thing *x = (const isakmp__trust_thing *)(const void *)t;
    add_name(p, "crypto ca trustpoint ", t);
    isakmp__ios_page_add(p, "\n");
    if (x->terminal)
        isakmp__ios_page_add(p, x->terminal == 2 ? " enrollment terminal pem\n"
                                                 : " enrollment terminal\n");
    if (x->unrevoked)
        isakmp__ios_page_add(p, " revocation-check none\n");
    put_pem(p, "crypto ca authenticate ", "", t, &x->ca);
    put_pem(p, "crypto ca import ", " certificate", t, &x->own);
}

static void put_interface(isakmp__page *p, const isakmp__thing *t)
{
    const isakmp__interface_thing *i = (const isakmp__interface_thing *)(const void *)t;
    add_name(p, "interface ", t);
    isakmp__ios_page_add(p, "\n");
    if (i->has_ip) {
        isakmp__ios_page_add(p, " ip address ");
        isakmp__ios_page_ip4(p, i->ip);
        isakmp__ios_page_add(p, " ");
        isakmp__ios_page_ip4(p, i->mask);
        isakmp__ios_page_add(p, "\n");
    }
    add_word(p, " crypto map ", i->map);
    if (i->shutdown)
        isakmp__ios_page_add(p, " shutdown\n");
}

/* ---- All of it ------------------------------------------------------------------------------ */

/* In this order; a section that is not empty is followed by a line with a comment sign. */
static const struct {
    uint8_t kind;
    const char *before;
    void (*put)(isakmp__page *p, const isakmp__thing *t);
} sections[] = {
    {ISAKMP__HOST, NULL, put_host},
    {ISAKMP__TRUST, NULL, put_trust},
    {ISAKMP__POLICY, NULL, put_policy},
    {ISAKMP__PSK, NULL, put_psk},
    {ISAKMP__KEY, "crypto key pubkey-chain rsa\n", put_key},
    {ISAKMP__TRANSFORM, NULL, put_transform},
    {ISAKMP__DYNAMIC, NULL, put_dynamic},
    {ISAKMP__CLIENT, NULL, put_client},
    {ISAKMP__MAP, NULL, put_map},
    {ISAKMP__INTERFACE, NULL, put_interface},
    {ISAKMP__POOL, NULL, put_pool},
    {ISAKMP__LIST, NULL, put_list},
};

static void put_sections(isakmp__page *p, const isakmp_ios *c)
{
    for (unsigned i = 0; i < sizeof sections / sizeof sections[0]; i++) {
        const isakmp__thing *t = c->first[sections[i].kind];
        if (t == NULL)
            continue;
        isakmp__ios_page_add(p, "%s", sections[i].before ? sections[i].before : "");
        for (; t; t = t->next)
            sections[i].put(p, t);
        isakmp__ios_page_add(p, "!\n");
    }
}

void isakmp__ios_show_running(const isakmp__show *s)
{
    isakmp__page *p = s->p;
    size_t before;
    add_word(p, "hostname ", s->c->hostname);
    add_word(p, "ip domain-name ", s->c->domain);
    before = p->len;
    put_isakmp(p, s->c);
    isakmp__ios_page_add(p, p->len > before ? "!\n" : "");
    put_sections(p, s->c);
    isakmp__ios_page_add(p, "end\n");
}

size_t isakmp_ios_running_config(char *out, size_t cap, const isakmp_ios *c)
{
    isakmp__page p = isakmp__ios_page_begin(out, cap);
    isakmp__show s = {NULL, NULL, NULL, NULL};
    s.p = &p;
    s.c = c;
    isakmp__ios_show_running(&s);
    return p.len;
}
