/* core/config.c -- the configuration: its defaults, and whether it is sound. */
#include "config.h"
#include "base/span.h"
#include "exchange/row.h"

void isakmp_config_init(isakmp_config *c, size_t size)
{
    isakmp_config d;
    memset(&d, 0, sizeof d);
    memset(c, 0, size);
    d.size = (uint32_t)size;
    d.limits.sas = 16;
    d.limits.children = 32;
    d.limits.exchanges = 16;
    d.limits.max_datagram = 4096;
    d.limits.max_dh = 512;
    d.retransmit_ms = 1000;
    d.retransmit_max_ms = 16000;
    d.retransmit_tries = 5;
    d.reply_tries = 10;
    d.half_open_ms = 30000;
    d.linger_ms = 30000;
    d.natt_port = 4500;
    d.natt_keepalive_s = 20;
    memcpy(c, &d, size < sizeof d ? size : sizeof d);
}

/* Is there an extension that gives addresses to clients? */
static int any_assigns(const isakmp_extension *const *p)
{
    while (p && *p && !(*p)->assigns)
        p++;
    return p && *p;
}

/* How many discoveries there are if nobody says. */
#define DISCOVERIES 8

static int discovers(const isakmp_config *c)
{
    for (const isakmp_extension *const *p = c->extensions; p && *p; p++)
        if ((*p)->discovery)
            return 1;
    return 0;
}

/* Is XAUTH among the extensions?  Only that keeps users. */
static int extends(const isakmp_config *c)
{
    for (const isakmp_extension *const *p = c->extensions; p && *p; p++)
        if ((*p)->extends)
            return 1;
    return 0;
}

/* What the caller's configuration says, in our own struct: what it does not have yet is zero. */
static isakmp_config complete(const isakmp_config *c)
{
    isakmp_config own;
    isakmp_limits *l = &own.limits;
    memset(&own, 0, sizeof own);
    memcpy(&own, c, c->size < sizeof own ? c->size : sizeof own);
    if (l->half_open == 0)
        l->half_open = (l->exchanges + 1) / 2;
    if (l->half_open_per_addr == 0)
        l->half_open_per_addr = (l->half_open + 1) / 2;
    if (l->packets == 0)
        l->packets = l->exchanges + (l->exchanges + 1) / 2;
    if (!any_assigns(own.extensions))
        l->assignments = 0;
    else if (l->assignments == 0 || l->assignments > l->sas)
        l->assignments = l->sas;
    if (!discovers(&own))
        l->discoveries = 0;
    else if (l->discoveries == 0)
        l->discoveries = DISCOVERIES;
    if (!extends(&own))
        l->users = 0;
    else if (l->users == 0)
        l->users = l->sas;
    return own;
}

static int wrong(isakmp__text *why, const char *what)
{
    if (why)
        isakmp__text_add(why, "%s", what);
    return ISAKMP_E_ARG;
}

#define MAX_COUNT 0x01000000u /* of anything: ids have 32 bits for a slot */

static int check_limit(const char *name, uint32_t value, uint32_t least, uint32_t most,
                       isakmp__text *why)
{
    if (value >= least && value <= most)
        return ISAKMP_OK;
    if (why)
        isakmp__text_add(why, "limits.%s must be %u to %u, not %u", name, (unsigned)least,
                         (unsigned)most, (unsigned)value);
    return ISAKMP_E_ARG;
}

int isakmp__limits_check(isakmp_config *own, const isakmp_config *c, isakmp__text *why)
{
    const isakmp_limits *l = &own->limits;
    int rc;
    if (c == NULL || c->size < sizeof c->size)
        return wrong(why, "the configuration must begin with isakmp_config_init()");
    *own = complete(c);
    rc = check_limit("sas", l->sas, 1, MAX_COUNT, why);
    if (rc == ISAKMP_OK)
        rc = check_limit("children", l->children, 1, MAX_COUNT, why);
    if (rc == ISAKMP_OK)
        rc = check_limit("exchanges", l->exchanges, 1, MAX_COUNT, why);
    if (rc == ISAKMP_OK)
        rc = check_limit("packets", l->packets, 1, MAX_COUNT, why);
    if (rc == ISAKMP_OK)
        rc = check_limit("max_datagram", l->max_datagram, 576, 65535, why);
    if (rc == ISAKMP_OK)
        rc = check_limit("max_dh", l->max_dh, 32, ISAKMP_MAX_DH_PUBLIC, why);
    if (rc == ISAKMP_OK)
        rc = check_limit("discoveries", l->discoveries, 0, MAX_COUNT, why);
    if (rc == ISAKMP_OK)
        rc = check_limit("users", l->users, 0, MAX_COUNT, why);
    return rc;
}

static int provider_is_sound(const isakmp_crypto *k)
{
    return k && k->size >= sizeof *k && k->can && k->random && k->hash && k->hmac && k->cbc &&
           k->dh_new && k->dh_key;
}

/* The host's table in our own struct: what it does not have yet is zero.  0 if it lacks what every host
 * must have. */
static int take_host(isakmp_host *own, const isakmp_host *h)
{
    memset(own, 0, sizeof *own);
    if (h == NULL || h->size < offsetof(isakmp_host, timer))
        return 0;
    memcpy(own, h, h->size < sizeof *own ? h->size : sizeof *own);
    return own->send && own->sa_install && own->sa_remove;
}

#if ISAKMP_CHECKS
static int tables_are_sound(const isakmp_config *c)
{
    unsigned row;
    for (const isakmp_exchange *const *p = c->exchanges; *p; p++)
        if (isakmp__table_check(*p, &row))
            return 0;
    return 1;
}
#else
static int tables_are_sound(const isakmp_config *c)
{
    return c->exchanges[0] != NULL;
}
#endif

int isakmp__config_check(isakmp_config *own, isakmp_host *host, const isakmp_config *c,
                         isakmp__text *why)
{
    int rc = isakmp__limits_check(own, c, why);
    if (rc != ISAKMP_OK)
        return rc;
    if (!provider_is_sound(own->crypto))
        return wrong(why, "crypto must be a provider with its size set and all its functions");
    if (!take_host(host, own->host))
        return wrong(why, "host must be a table with its size set and at least send, sa_install "
                          "and sa_remove");
    if (own->exchanges == NULL || !tables_are_sound(own))
        return wrong(why, "exchanges must name at least one exchange");
    if (own->retransmit_ms == 0 || own->retransmit_max_ms == 0 || own->half_open_ms == 0)
        return wrong(why, "retransmit_ms, retransmit_max_ms and half_open_ms must not be 0");
    return ISAKMP_OK;
}

int isakmp_config_check(const isakmp_config *c, char *why, size_t cap)
{
    isakmp__text t = isakmp__text_begin(why, cap);
    isakmp_config own;
    isakmp_host host;
    return isakmp__config_check(&own, &host, c, &t);
}
