/* sim/ted.c -- peers that nobody knows: Tunnel Endpoint Discovery.
 *
 * A user then has nothing but a flow, from a host in a network of his to one in a network of a wish.  The probe is
 * on its way there, and passes the gateway of that network; in some worlds a copy passes another one, which is
 * nearer, says that the network is its, and is lying.
 *
 * What is looked at: a probe goes out three times for a discovery at most, and is answered only by who was asked
 * and has said yes, once, by no more octets than it has. */
#include <string.h>
#include "sim.h"

/* Who is behind a NAT cannot be found, and whoever gives addresses or asks for users knows its clients. */
int ted_is_on(const world *w)
{
    return K(w, nat) || K(w, transport) || client_has_addresses(w) || client_has_users(w)
               ? 0
               : K(w, ted);
}

/* The one that lies about the networks of a host to another one: the last host; -1: nobody. */
static int liar(const world *w, int about, int to)
{
    int who = w->n_hosts - 1;
    return ted_is_on(w) == 2 && who != about && who != to ? who : -1;
}

/* ---- Questions ------------------------------------------------------------------------------ */

static isakmp_addr host_in(const isakmp_selector *s, uint8_t last)
{
    isakmp_addr a = {.family = 4};
    memcpy(a.ip, s->lo, 4);
    a.ip[3] = last;
    return a;
}

void ted_discover(host *h, const wish *s)
{
    isakmp_discovery d = {.size = sizeof d, .child = &s->policy[0], .peer = &h->peer};
    isakmp_time now = host_enter(h);
    int rc;
    d.gateway = h->addr;
    d.gateway.port = 500;
    d.source = host_in(&s->policy[0].local, 5);
    d.destination = host_in(&s->policy[0].remote, 9);
    d.exchange = K(h->w, aggressive) ? ISAKMP_EXCH_AGGRESSIVE : ISAKMP_EXCH_MAIN;
    rc = isakmp_discover(h->x, now, &d);
    trace(h->w, "%d looks for the peer of wish %d: %d", h->index, (int)(s - h->w->wishes), rc);
    if (rc != ISAKMP_OK && rc != ISAKMP_NONE && rc != ISAKMP_E_LIMIT && rc != ISAKMP_E_CRYPTO)
        violate(h->w, "host %d: isakmp_discover() returns %d", h->index, rc);
    host_left(h);
}

void ted_event(host *h, const isakmp_event *ev)
{
    for (wish *s = h->w->wishes; s < h->w->wishes + h->w->n_wishes; s++)
        if (ev->type == ISAKMP_EV_TED_PEER && s->host[0] == h->index &&
            &s->policy[0] == ev->child_policy) {
            s->child = ev->child;
            h->sa_to[s->host[1]] = ev->sa;
        }
}

#define PROBES 3

/* A probe is sent. */
static void count_probe(host *h, isakmp_span bytes)
{
    probed *a = h->probes;
    while (a < h->probes + MAX_PROBES && memcmp(a->cookie, bytes.p, sizeof a->cookie) != 0)
        a++;
    if (a == h->probes + MAX_PROBES) {
        a = &h->probes[h->n_probes++ % MAX_PROBES];
        memcpy(a->cookie, bytes.p, sizeof a->cookie);
        a->times = 0;
    }
    if (++a->times > PROBES)
        violate(h->w, "host %d sends a probe for the %uth time", h->index, a->times);
}

static int on_send_as(void *user, const isakmp_path *path, isakmp_span bytes)
{
    host *h = (host *)user;
    int to = path->remote.ip[1] - 100, near = liar(h->w, to, h->index);
    h->sends++;
    count_probe(h, bytes);
    if (to < 0 || to >= h->w->n_hosts || path->local.ip[1] != 100 + h->index)
        violate(h->w, "host %d sends a probe for a flow that is not its", h->index);
    else if (near >= 0)
        net_send_via(h, path, bytes, near);
    net_send_via(h, path, bytes, to);
    return ISAKMP_OK;
}

/* ---- Answers -------------------------------------------------------------------------------- */

/* Neither goes through port 4500, where a marker would stand before it. */
static int is_type(uint8_t type, int natt, const uint8_t *p, size_t n)
{
    return !natt && n > 18 && p[18] == type;
}

void ted_comes(host *h, const datagram *d)
{
    h->probe_n = 0;
    h->probe_asks = 0;
    if (is_type(ISAKMP_EXCH_TED_PROBE, d->dst.port == 4500, d->bytes, d->n))
        h->probe_n = d->n;
}

void ted_came(host *h)
{
    h->probe_n = 0;
    h->probe_asks = 0;
}

void ted_sent(host *h, const isakmp_path *path, isakmp_span bytes)
{
    if (!is_type(ISAKMP_EXCH_TED_REPLY, path->natt, bytes.p, bytes.n))
        return;
    if (h->probe_asks == 0)
        violate(h->w, "host %d answers a probe that it should not", h->index);
    else if (bytes.n > h->probe_n)
        violate(h->w, "host %d answers %u octets by %u", h->index, (unsigned)h->probe_n,
                (unsigned)bytes.n);
    else
        h->probe_asks--;
}

static int on_find_ted(void *user, const isakmp_path *path, const isakmp_selector *local,
                       const isakmp_selector *remote, isakmp_ted_answer *out)
{
    host *h = (host *)user;
    world *w = h->w;
    (void)path;
    if (w->phase == WILD && rng_permille(&w->rng, K(w, denied)))
        return ISAKMP_NONE;
    for (int i = 0; i < 2 * w->n_wishes; i++) {
        const wish *s = &w->wishes[i / 2];
        const isakmp_child_policy *p = &s->policy[i % 2];
        int about = s->host[i % 2], to = s->host[1 - i % 2];
        if ((about != h->index && liar(w, about, to) != h->index) ||
            !isakmp_selector_within(local, &p->local) ||
            !isakmp_selector_within(remote, &p->remote))
            continue;
        out->policy = p;
        out->gateway = h->addr;
        out->gateway.port = 500;
        h->probe_asks++;
        return ISAKMP_OK;
    }
    return ISAKMP_NONE;
}

void ted_table(host *h)
{
    if (!ted_is_on(h->w))
        return;
    h->table.send_as = on_send_as;
    h->table.find_ted = on_find_ted;
}
