/* ios/items.c -- a configuration as others may read it. */
#include "model.h"

static void set_addr(isakmp_addr *a, const uint8_t ip[4])
{
    memset(a, 0, sizeof *a);
    a->family = 4;
    memcpy(a->ip, ip, 4);
}

void isakmp_ios_settings_get(const isakmp_ios *c, isakmp_ios_settings *out)
{
    isakmp_ios_settings s;
    uint32_t size = out->size;
    memset(&s, 0, sizeof s);
    s.size = size;
    s.enabled = !c->disabled;
    s.aggressive_disabled = c->aggressive_disabled;
    s.invalid_spi_recovery = c->recovery;
    s.identity = c->identity;
    s.keepalive_s = c->keepalive_s;
    s.keepalive_periodic = c->periodic;
    s.keepalive_retry_s = c->retry_s ? c->retry_s : ISAKMP__DEFAULT_RETRY_S;
    s.nat_keepalive_s = c->nat_keepalive_s;
    s.life_s = c->life_s ? c->life_s : ISAKMP__DEFAULT_LIFE_S;
    s.life_kb = c->life_kb ? c->life_kb : ISAKMP__DEFAULT_LIFE_KB;
    s.hostname = c->hostname ? isakmp__word_span(c->hostname) : isakmp__span("Router", 6);
    s.domain = isakmp__word_span(c->domain);
    s.client_pool = isakmp__word_span(c->pool);
    memcpy(out, &s, size < sizeof s ? size : sizeof s);
}

static const isakmp__thing *nth(const isakmp_ios *c, isakmp__kind kind, size_t i)
{
    const isakmp__thing *t = c->first[kind];
    while (t && i--)
        t = t->next;
    return t;
}

int isakmp_ios_pool_get(const isakmp_ios *c, size_t i, isakmp_ios_pool *out)
{
    const isakmp__thing *t = nth(c, ISAKMP__POOL, i);
    const isakmp__pool_thing *p = (const isakmp__pool_thing *)(const void *)t;
    if (t == NULL)
        return ISAKMP_NONE;
    out->name = isakmp__name_of(t);
    set_addr(&out->first, p->first);
    set_addr(&out->last, p->last);
    return ISAKMP_OK;
}

int isakmp_ios_public_key_get(const isakmp_ios *c, size_t i, isakmp_ios_public_key *out)
{
    const isakmp__thing *t = nth(c, ISAKMP__KEY, i);
    const isakmp__key_thing *k = (const isakmp__key_thing *)(const void *)t;
    if (t == NULL)
        return ISAKMP_NONE;
    memset(out, 0, sizeof *out);
    if (!(t->number & ISAKMP__ADDRESSED))
        out->name = isakmp__name_of(t);
    if (k->has_ip)
        set_addr(&out->addr, k->ip);
    out->use = (uint8_t)(t->number & ISAKMP__USE_GENERAL);
    out->der = isakmp__span(k->der.p, k->der.n);
    return ISAKMP_OK;
}

int isakmp_ios_trustpoint_get(const isakmp_ios *c, size_t i, isakmp_ios_trustpoint *out)
{
    const isakmp__thing *t = nth(c, ISAKMP__TRUST, i);
    const isakmp__trust_thing *x = (const isakmp__trust_thing *)(const void *)t;
    if (t == NULL)
        return ISAKMP_NONE;
    out->name = isakmp__name_of(t);
    out->revocation = !x->unrevoked;
    out->ca = isakmp__span(x->ca.p, x->ca.n);
    out->own = isakmp__span(x->own.p, x->own.n);
    return ISAKMP_OK;
}

int isakmp_ios_interface_get(const isakmp_ios *c, size_t i, isakmp_ios_interface *out)
{
    const isakmp__thing *t = nth(c, ISAKMP__INTERFACE, i);
    const isakmp__interface_thing *f = (const isakmp__interface_thing *)(const void *)t;
    if (t == NULL)
        return ISAKMP_NONE;
    memset(out, 0, sizeof *out);
    out->name = isakmp__name_of(t);
    out->shutdown = f->shutdown;
    out->map = isakmp__word_span(f->map);
    if (f->has_ip) {
        set_addr(&out->addr, f->ip);
        out->prefix = (uint8_t)isakmp__ios_mask_bits(f->mask);
    }
    return ISAKMP_OK;
}

int isakmp_ios_host_get(const isakmp_ios *c, isakmp_span name, size_t i, isakmp_addr *out)
{
    const isakmp__thing *t = isakmp__ios_thing_find(c, ISAKMP__HOST, name, 0);
    const isakmp__host_thing *h = (const isakmp__host_thing *)(const void *)t;
    if (t == NULL || i >= h->n)
        return ISAKMP_NONE;
    set_addr(out, h->ip[i]);
    return ISAKMP_OK;
}

int isakmp_ios_identity(const isakmp_ios *c, isakmp_id *out, char *buf, size_t cap)
{
    isakmp_span name = c->hostname ? isakmp__word_span(c->hostname) : isakmp__span("Router", 6);
    isakmp_span domain = isakmp__word_span(c->domain);
    size_t n = name.n + (domain.n ? domain.n + 1 : 0);
    memset(out, 0, sizeof *out);
    if (c->identity == ISAKMP_IOS_BY_ADDRESS)
        return ISAKMP_OK;
    if (c->identity == ISAKMP_IOS_BY_DN)
        return ISAKMP_NONE;
    if (n > cap)
        return ISAKMP_E_SPACE;
    memcpy(buf, name.p, name.n);
    if (domain.n) {
        buf[name.n] = '.';
        memcpy(buf + name.n + 1, domain.p, domain.n);
    }
    out->type = ISAKMP_ID_FQDN;
    out->data = isakmp__span(buf, n);
    return ISAKMP_OK;
}
