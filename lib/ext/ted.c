/* ext/ted.c -- Tunnel Endpoint Discovery, the initiator: who protects the far end of a flow?
 *
 *     host A --- our gateway ------------- some network ------------- its gateway --- host B
 *                     | probe, from A to B, which takes the way of the flow |
 *                     |---------------------------------------------------->|  is B mine, for A?
 *                     |<----------------------------------------------------| reply: who I am, what is mine
 *                     |      phase 1, Quick Mode for (ours, what is its)    |
 *
 * A reply proves nothing: it is in the clear, and whoever sees the probe can make one.  It only says with whom
 * to negotiate, and for what; both are as good as the policies that the host has given, which decide who is
 * believed and about which addresses.  What a forger can do is to be the first, and then to fail: so a gateway
 * that does not work is avoided for a while, and the next discovery takes another one.
 *
 * A discovery is found again by its cookie, which only who sees the probe can know, and only while it waits. */
#include "base/secret.h"
#include "base/span.h"
#include "crypto/keys.h"
#include "exchange/engine.h"
#include "sa/host.h"
#include "ted.h"

/* Probes in a second, in all. */
#define PROBES 32
/* How often one is sent, and for how long the first is waited for; each time twice as long. */
#define TRIES    3
#define FIRST_MS 1000
/* How long it is remembered who was found; and that nobody was. */
#define FOUND_MS  60000
#define SILENT_MS 30000
#define SECOND_MS 1000

isakmp__ted_rate *isakmp__ted_this_second(isakmp_ctx *x)
{
    if (x->now - x->rate.since >= SECOND_MS) {
        memset(&x->rate, 0, sizeof x->rate);
        x->rate.since = x->now;
    }
    return &x->rate;
}

isakmp__discovery *isakmp__ted_find(const isakmp_ctx *x, const uint8_t *cky_i)
{
    isakmp__discovery *d = NULL;
    do
        d = isakmp__discovery_after(x, d);
    while (d && !isakmp__ct_equal(d->cky_i, cky_i, ISAKMP_COOKIE_SIZE));
    return d;
}

/* ---- The probe ------------------------------------------------------------------------------ */

static int may_probe(isakmp_ctx *x)
{
    isakmp__ted_rate *rate = isakmp__ted_this_second(x);
    if (rate->probes >= PROBES)
        return 0;
    rate->probes++;
    return 1;
}

/* Send the probe, or once more: it counts as sent also if there was no time for it in this second. */
static void probe(isakmp_ctx *x, isakmp__discovery *d)
{
    isakmp__ted_facts f;
    memset(&f, 0, sizeof f);
    memcpy(f.cky_i, d->cky_i, sizeof f.cky_i);
    f.addr[ISAKMP__TED_GATEWAY] = &d->gateway;
    f.addr[ISAKMP__TED_SOURCE] = &d->path.local;
    f.addr[ISAKMP__TED_DESTINATION] = &d->path.remote;
    f.proxy = &d->policy->local;
    f.all = d->flow_ids;
    f.port = d->gateway.port;
    f.ifindex = d->path.ifindex;
    isakmp__timer_set(&x->deadlines, &d->timer, x->now + ((isakmp_time)FIRST_MS << d->tries));
    d->tries++;
    if (may_probe(x))
        (void)isakmp__ted_send(x, &isakmp__ted_probe, &f, SIZE_MAX);
}

/* ---- What a discovery leads to -------------------------------------------------------------- */

static void fail(isakmp_ctx *x, isakmp__discovery *d, uint8_t by, unsigned detail)
{
    isakmp__count(x, detail);
    isakmp__discovery_keep(x, d, ISAKMP__SILENT, SILENT_MS);
    isakmp__tell_not_found(x, d, isakmp__reason(by, detail, 0, 0));
}

/* An SA that we may use: with the same policy, so that its peer has proved, or will, what we want proved. */
static isakmp__sa *sa_with(const isakmp_ctx *x, const isakmp__discovery *d)
{
    isakmp__sa *sa = NULL;
    while ((sa = isakmp__sa_with_policy(x, d->peer, sa)) != NULL)
        if (isakmp__same_ip(&sa->path.remote, &d->other) &&
            isakmp__same_ip(&sa->path.local, &d->gateway) &&
            (sa->state == ISAKMP_SA_UP || (sa->state == ISAKMP_SA_NEGOTIATING && sa->initiator)))
            return sa;
    return NULL;
}

/* A child for the same proxy: another flow may have led to the same gateway. */
static isakmp__child *child_with(const isakmp__sa *sa, const isakmp__discovery *d)
{
    isakmp__child *c = NULL;
    while ((c = isakmp__child_after(sa, c)) != NULL)
        if (!c->ending && isakmp__selector_equal(&c->local, &d->policy->local) &&
            isakmp__selector_equal(&c->remote, &d->remote))
            return c;
    return NULL;
}

/* Negotiate with the gateway that was found, as far as that is not done already. */
static int negotiate(isakmp_ctx *x, const isakmp__discovery *d, isakmp__child **c)
{
    isakmp__sa *sa = sa_with(x, d);
    isakmp_path path;
    int rc = ISAKMP_OK;
    *c = sa ? child_with(sa, d) : NULL;
    if (*c)
        return ISAKMP_OK;
    if (x->children.used == x->children.cap)
        return ISAKMP_E_LIMIT;
    path = d->path;
    path.local = d->gateway;
    path.remote = d->other;
    if (sa == NULL)
        rc = isakmp__connect(x, d->peer, &path, d->exchange, &sa);
    return rc == ISAKMP_OK ? isakmp__child_begin(x, sa, d->policy, &d->policy->local, &d->remote, c)
                           : rc;
}

static void found(isakmp_ctx *x, isakmp__discovery *d)
{
    isakmp__child *c;
    int rc = negotiate(x, d, &c);
    if (rc != ISAKMP_OK) {
        fail(x, d, ISAKMP_BY_US, rc == ISAKMP_E_LIMIT ? ISAKMP_D_POOL : ISAKMP_D_CRYPTO);
        return;
    }
    d->child = isakmp__child_id(x, c);
    isakmp__discovery_keep(x, d, ISAKMP__FOUND, FOUND_MS);
    isakmp__tell(x, ISAKMP_EV_TED_PEER, c->sa, c, NULL);
}

/* ---- The reply ------------------------------------------------------------------------------ */

/* Which gateway does a reply name?  It must have come from there to the one that has asked, and be neither that
 * nor the flow's source.
 *   returns  0 if there is none. */
static int read_gateway(isakmp_addr *out, const isakmp__discovery *d, const isakmp_msg *m,
                        const isakmp_path *path)
{
    isakmp__ted_facts f;
    if (!isakmp__ted_read_gateway(out, m, &isakmp__ted_reply))
        return 0;
    out->port = d->gateway.port;
    memset(&f, 0, sizeof f);
    f.addr[ISAKMP__TED_GATEWAY] = out;
    f.addr[ISAKMP__TED_ASKER] = &d->gateway;
    f.addr[ISAKMP__TED_SOURCE] = &d->path.local;
    f.addr[ISAKMP__TED_DESTINATION] = &d->path.remote;
    f.port = d->gateway.port;
    return isakmp__ted_came(&isakmp__ted_reply, &f, path) && !isakmp__same_ip(out, &d->gateway) &&
           !isakmp__same_ip(out, &d->path.local);
}

static int holds(const isakmp_selector *s, const isakmp_addr *a)
{
    isakmp_selector one = isakmp__selector_of(a);
    return isakmp_selector_within(&one, s);
}

/* May its half of the proxy be what the gateway says?  With a protocol or a port it would not hold the flow. */
static int takes_proxy(const isakmp__discovery *d, const isakmp_selector *remote)
{
    return isakmp_selector_within(remote, &d->policy->remote) && holds(remote, &d->path.remote) &&
           !holds(remote, &d->path.local) && !holds(remote, &d->gateway);
}

static unsigned take_reply(isakmp_ctx *x, const isakmp_msg *m, const isakmp_path *path)
{
    isakmp__discovery *d = isakmp__ted_find(x, m->h.cky_i);
    isakmp_selector remote;
    isakmp_addr gateway;
    isakmp_time avoided;
    int waits;
    if (d == NULL || d->state != ISAKMP__SEARCHING || !isakmp__ted_is_sound(m, path) ||
        isakmp__all_zero(m->h.cky_r, ISAKMP_COOKIE_SIZE) || !read_gateway(&gateway, d, m, path))
        return ISAKMP_D_TED;
    if (!isakmp__ted_read(&remote, m, &isakmp__ted_reply, ISAKMP__TED_PROXY) ||
        !takes_proxy(d, &remote))
        return ISAKMP_D_TED_PROXY;
    avoided = isakmp__avoided_until(x, &gateway);
    if (avoided && d->other.family && avoided >= isakmp__avoided_until(x, &d->other))
        return ISAKMP_D_TED;
    waits = d->other.family != 0;
    d->other = gateway;
    d->remote = remote;
    /* One that has failed is taken if nobody else answers until then, but one that failed before it. */
    if (!avoided)
        found(x, d);
    else if (!waits)
        isakmp__timer_set(&x->deadlines, &d->timer, x->now + FIRST_MS);
    return ISAKMP_PENDING;
}

/* ---- Hooks ---------------------------------------------------------------------------------- */

static unsigned datagram(isakmp_ctx *x, isakmp_msg *m, const isakmp_path *path)
{
    if (m->h.exchange == isakmp__ted_probe.exchange)
        return isakmp__ted_answer(x, m, path);
    if (m->h.exchange == isakmp__ted_reply.exchange)
        return take_reply(x, m, path);
    return ISAKMP_OK;
}

static void discovery(isakmp_ctx *x, isakmp__discovery *d)
{
    if (d->state != ISAKMP__SEARCHING)
        isakmp__discovery_give(x, d);
    else if (d->other.family)
        found(x, d);
    else if (d->tries < TRIES)
        probe(x, d);
    else
        fail(x, d, ISAKMP_BY_TIMER, ISAKMP_D_TED_SILENT);
}

const isakmp_extension isakmp_ted = {
    .name = "tunnel endpoint discovery", .datagram = datagram, .discovery = discovery};

/* ---- Entrances ------------------------------------------------------------------------------ */

static int is_named(const isakmp_ctx *x)
{
    const isakmp_extension *const *p = x->config.extensions;
    while (p && *p && *p != &isakmp_ted)
        p++;
    return p && *p;
}

static int addresses_fit(const isakmp_discovery *q)
{
    uint8_t family = q->child->local.family;
    return isakmp__ted_is_host(&q->gateway) && q->gateway.family == family &&
           isakmp__ted_is_host(&q->source) && isakmp__ted_is_host(&q->destination) &&
           holds(&q->child->local, &q->source) && holds(&q->child->remote, &q->destination) &&
           !isakmp__same_ip(&q->destination, &q->gateway) &&
           !isakmp__same_ip(&q->destination, &q->source);
}

static int check(isakmp_ctx *x, const isakmp_discovery *q)
{
    isakmp_path path;
    int rc = isakmp__child_check(x, q->child);
    if (rc == ISAKMP_E_ARG || !(q->child->flags & ISAKMP_CF_TED) || !addresses_fit(q))
        return ISAKMP_E_ARG;
    memset(&path, 0, sizeof path);
    path.local = path.remote = q->gateway;
    return rc == ISAKMP_OK ? isakmp__connect_check(x, q->peer, &path, q->exchange) : rc;
}

static int is_about(const isakmp__discovery *d, const isakmp_discovery *q)
{
    return d->peer == q->peer && d->policy == q->child;
}

/* What is known already?
 *   returns  ISAKMP_OK, ISAKMP_NONE or ISAKMP_E_LIMIT, as isakmp_discover(); ISAKMP_IGNORED: nothing. */
static int recall(isakmp_ctx *x, const isakmp_discovery *q)
{
    for (isakmp__discovery *d = isakmp__discovery_after(x, NULL), *next; d; d = next) {
        next = isakmp__discovery_after(x, d);
        if (d->state == ISAKMP__FOUND && is_about(d, q) && holds(&d->remote, &q->destination)) {
            if (isakmp__child_of(x, d->child))
                return ISAKMP_OK;
            isakmp__discovery_give(x, d);
        } else if (d->state == ISAKMP__SEARCHING &&
                   isakmp__same_ip(&d->path.remote, &q->destination)) {
            return is_about(d, q) ? ISAKMP_OK : ISAKMP_E_LIMIT;
        } else if (d->state == ISAKMP__SILENT && is_about(d, q) &&
                   isakmp__same_ip(&d->path.local, &q->source) &&
                   isakmp__same_ip(&d->path.remote, &q->destination)) {
            return ISAKMP_NONE;
        }
    }
    return ISAKMP_IGNORED;
}

static int begin(isakmp_ctx *x, const isakmp_discovery *q)
{
    isakmp__discovery *d;
    uint8_t cookie[ISAKMP_COOKIE_SIZE];
    if (isakmp__ted_this_second(x)->probes >= PROBES)
        return ISAKMP_E_LIMIT;
    if (isakmp__random(&x->crypto, cookie, sizeof cookie) != ISAKMP_OK ||
        isakmp__all_zero(cookie, sizeof cookie) || isakmp__ted_find(x, cookie))
        return ISAKMP_E_CRYPTO;
    d = isakmp__discovery_take(x);
    if (d == NULL)
        return ISAKMP_E_LIMIT;
    memcpy(d->cky_i, cookie, sizeof d->cky_i);
    d->peer = q->peer;
    d->policy = q->child;
    d->exchange = q->exchange;
    d->flow_ids = q->flow_ids != 0;
    d->gateway = q->gateway;
    d->path.local = q->source;
    d->path.remote = q->destination;
    d->path.local.port = d->path.remote.port = 0;
    d->path.ifindex = q->ifindex;
    probe(x, d);
    return ISAKMP_OK;
}

int isakmp__ted_discover(isakmp_ctx *x, const isakmp_discovery *q)
{
    int rc;
    if (!is_named(x) || !isakmp__can_send_as(x))
        return ISAKMP_E_STATE;
    rc = recall(x, q); /* first, for it is cheap, and there may be a call for every packet */
    if (rc != ISAKMP_IGNORED)
        return rc;
    rc = check(x, q);
    return rc == ISAKMP_OK ? begin(x, q) : rc;
}

void isakmp__ted_end(isakmp_ctx *x, const isakmp_child_policy *policy)
{
    for (isakmp__discovery *d = isakmp__discovery_after(x, NULL), *next; d; d = next) {
        next = isakmp__discovery_after(x, d);
        if (policy == NULL || d->policy == policy)
            isakmp__discovery_give(x, d);
    }
}
