/* sim/user.c -- the users: they want children, ask again for what was lost, negotiate anew in time, and now
 * and then close something or want something else.
 *
 * A user looks every second or so.  He keeps to what the headers say: under an SA that he was told is up, or
 * that he has begun; a new one when he is told that the lifetime nears its end; and another SA when nothing
 * that he asked for under the old one was answered, or all was refused. */
#include <string.h>
#include "sim.h"

/* ---- Wishes ----------------------------------------------------------------------------------- */

static isakmp_selector net(int who, int to, int number)
{
    isakmp_selector s = {.family = 4};
    s.lo[0] = s.hi[0] = 10;
    s.lo[1] = s.hi[1] = (uint8_t)(100 + who);
    s.lo[2] = s.hi[2] = (uint8_t)(16 * to + number);
    s.hi[3] = 255;
    return s;
}

static void make_policy(world *w, wish *s, int side, int number)
{
    isakmp_child_policy *p = &s->policy[side];
    int here = s->host[side], there = s->host[1 - side];
    p->size = sizeof *p;
    p->protect = w->hosts[here].protect;
    p->n_protect = K(w, bundle) ? 2 : 1;
    p->mode = K(w, transport) ? ISAKMP_MODE_TRANSPORT : ISAKMP_MODE_TUNNEL;
    p->pfs_group = K(w, pfs) ? w->hosts[0].policy.group : 0;
    p->life_s = (uint32_t)K(w, child_life_s);
    p->life_kb = K(w, life_kb) ? (uint32_t)(K(w, life_kb) + 8 * here) : 0;
    p->flags |= K(w, rekey) & 1 ? ISAKMP_CF_REKEY : 0;
    p->flags |= ted_is_on(w) ? ISAKMP_CF_TED : 0;
    if (p->mode == ISAKMP_MODE_TUNNEL) {
        p->local = net(here, there, number);
        p->remote = net(there, here, number);
    }
    /* The end of a client is the address that it is given. */
    if (client_has_addresses(w))
        memset(here ? &p->local : &p->remote, 0, sizeof p->local);
}

static void add_wishes(world *w, int from, int to)
{
    int n = K(w, transport) ? 1 : K(w, children);
    if (w->hosts[to].nat >= 0)
        return;
    for (int i = 0; i < n && w->n_wishes < MAX_WISHES; i++) {
        wish *s = &w->wishes[w->n_wishes++];
        s->host[0] = from;
        s->host[1] = to;
        s->on = 1;
        for (int side = 0; side < 2; side++)
            make_policy(w, s, side, from < to ? i : 4 + i);
    }
}

void user_make_wishes(world *w)
{
    for (int from = 0; from < w->n_hosts; from++)
        for (int to = 0; to < w->n_hosts; to++) {
            int back = K(w, back) && !K(w, transport) && client_has_users(w) != 2;
            if (from == to || (!K(w, mesh) && from != 0 && to != 0))
                continue;
            if (K(w, mesh) ? from < to || back : to == 0 || back)
                add_wishes(w, from, to);
        }
}

int wish_of_policy(const host *h, const isakmp_child_policy *p, int *side)
{
    for (int i = 0; i < h->w->n_wishes; i++)
        for (*side = 0; *side < 2; ++*side)
            if (p == &h->w->wishes[i].policy[*side])
                return i;
    return -1;
}

/* ---- What there is ---------------------------------------------------------------------------- */

static uint8_t sa_state(const host *h, isakmp_sa_id sa)
{
    isakmp_sa_info info = {.size = sizeof info};
    return isakmp_sa_get(h->x, sa, &info) == ISAKMP_OK ? info.state : 0;
}

static uint8_t child_state(const host *h, isakmp_child_id child)
{
    isakmp_child_info info = {.size = sizeof info};
    return isakmp_child_get(h->x, child, &info) == ISAKMP_OK ? info.state : 0;
}

/* ---- What the host is told -------------------------------------------------------------------- */

/* Something is wrong with an SA if what is asked for under it is not answered, or refused again and again:
 * everybody's policies match.  (Who changes NAT-D payloads on their way, which nothing protects, lets one side
 * believe in a NAT that the other does not see, and then they do not agree on encapsulation.) */
#define REFUSALS 3

static void doubt(host *h, int to, const isakmp_event *ev)
{
    if (ev->why.by == ISAKMP_BY_TIMER && ev->why.detail == ISAKMP_D_TIMEOUT)
        h->doubted[to] = ev->sa;
    if (ev->why.detail == ISAKMP_D_PEER_REFUSED && ++h->refusals[to] >= REFUSALS)
        h->doubted[to] = ev->sa;
}

/* What is asked for under an SA that another one has replaced is negotiated under that. */
static int is_spoken_through(const host *h, int to, isakmp_sa_id sa)
{
    isakmp_sa_info info = {.size = sizeof info};
    return sa.v == h->sa_to[to].v ||
           (isakmp_sa_get(h->x, h->sa_to[to], &info) == ISAKMP_OK && info.replaced);
}

static void child_event(host *h, wish *s, const isakmp_event *ev)
{
    int to = s->host[1];
    if (ev->child.v != s->child.v || s->host[0] != h->index)
        return;
    if (ev->type == ISAKMP_EV_CHILD_SOFT)
        s->renew = K(h->w, renew) && !(K(h->w, rekey) & 1);
    if (ev->type == ISAKMP_EV_CHILD_UP)
        h->refusals[to] = 0;
    if (ev->type == ISAKMP_EV_CHILD_DOWN && is_spoken_through(h, to, ev->sa))
        doubt(h, to, ev);
}

/* What the library has negotiated anew takes the place of what there was. */
static void follow_rekeying(host *h, const isakmp_event *ev)
{
    for (int i = 0; i < h->w->n_hosts && ev->type == ISAKMP_EV_SA_UP && ev->other_sa.v; i++)
        if (h->sa_to[i].v == ev->other_sa.v)
            h->sa_to[i] = ev->sa;
    for (wish *s = h->w->wishes;
         s < h->w->wishes + h->w->n_wishes && ev->type == ISAKMP_EV_CHILD_UP && ev->other_child.v;
         s++)
        if (s->host[0] == h->index && s->child.v == ev->other_child.v)
            s->child = ev->child;
}

/* What the library begins again, as the peer is lost, has other ids. */
static void follow_lost(host *h, const isakmp_event *ev)
{
    for (int i = 0; i < h->w->n_hosts && ev->type == ISAKMP_EV_SA_DOWN && ev->other_sa.v; i++)
        if (h->sa_to[i].v == ev->sa.v)
            h->sa_to[i] = ev->other_sa;
    for (wish *s = h->w->wishes; s < h->w->wishes + h->w->n_wishes; s++) {
        if (s->host[0] != h->index || &s->policy[0] != ev->child_policy)
            continue;
        if (ev->type == ISAKMP_EV_CHILD_DOWN && ev->other_child.v && s->child.v == ev->child.v)
            s->child = ev->other_child;
        if (ev->type == ISAKMP_EV_CHILD_UP && child_state(h, s->child) == 0)
            s->child = ev->child;
    }
}

void user_event(host *h, const isakmp_event *ev)
{
    follow_rekeying(h, ev);
    for (int i = 0; i < h->w->n_hosts && ev->type == ISAKMP_EV_SA_SOFT; i++)
        if (h->sa_to[i].v == ev->sa.v && ev->sa.v)
            h->renew_to[i] = (uint8_t)(K(h->w, renew) && !(K(h->w, rekey) & 2) && !ted_is_on(h->w));
    for (int i = 0; i < h->w->n_wishes && ev->child.v; i++)
        child_event(h, &h->w->wishes[i], ev);
    if (K(h->w, again) || K(h->w, recover) || ted_is_on(h->w))
        follow_lost(h, ev);
}

/* ---- Getting it ------------------------------------------------------------------------------- */

static void connect(host *h, int to)
{
    isakmp_path path;
    isakmp_time now;
    int rc;
    memset(&path, 0, sizeof path);
    path.local = h->addr;
    path.remote = h->w->hosts[to].addr;
    path.local.port = path.remote.port = 500;
    now = host_enter(h);
    rc = isakmp_connect(h->x, now, &h->peer, &path,
                        K(h->w, aggressive) ? ISAKMP_EXCH_AGGRESSIVE : ISAKMP_EXCH_MAIN,
                        &h->sa_to[to]);
    trace(h->w, "%d connects to %d: %d, %llx", h->index, to, rc,
          (unsigned long long)h->sa_to[to].v);
    h->renew_to[to] = 0;
    if (rc != ISAKMP_OK && rc != ISAKMP_E_LIMIT && rc != ISAKMP_E_CRYPTO)
        violate(h->w, "host %d: isakmp_connect() returns %d", h->index, rc);
    host_left(h);
}

static void close_sa(host *h, isakmp_sa_id sa)
{
    isakmp_time now = host_enter(h);
    trace(h->w, "%d closes SA %llx", h->index, (unsigned long long)sa.v);
    (void)isakmp_close(h->x, now, sa);
    host_left(h);
}

static void close_child(host *h, isakmp_child_id child)
{
    isakmp_time now = host_enter(h);
    trace(h->w, "%d closes child %llx", h->index, (unsigned long long)child.v);
    (void)isakmp_child_close(h->x, now, child);
    host_left(h);
}

static void close_doubted(host *h, int to)
{
    static const isakmp_sa_id none = {0};
    if (sa_state(h, h->doubted[to]) == ISAKMP_SA_UP)
        close_sa(h, h->doubted[to]);
    if (h->doubted[to].v)
        h->refusals[to] = 0;
    h->doubted[to] = none;
}

/* An SA under which a child can be negotiated; if there is none it is begun. */
static void have_sa(host *h, int to)
{
    uint8_t state;
    close_doubted(h, to);
    state = sa_state(h, h->sa_to[to]);
    if ((state != ISAKMP_SA_UP && state != ISAKMP_SA_NEGOTIATING && state != ISAKMP_SA_XAUTH) ||
        h->renew_to[to])
        connect(h, to);
}

static void child_connect(host *h, wish *s)
{
    isakmp_child_id child = {0};
    isakmp_time now;
    int rc;
    if (sa_state(h, h->sa_to[s->host[1]]) == 0)
        return;
    now = host_enter(h);
    rc = isakmp_child_connect(h->x, now, h->sa_to[s->host[1]], &s->policy[0], &child);
    trace(h->w, "%d wants child %llx for wish %d: %d", h->index, (unsigned long long)child.v,
          (int)(s - h->w->wishes), rc);
    if (rc == ISAKMP_OK) {
        s->replaced = s->child;
        s->child = child;
        s->renew = 0;
    } else if (rc != ISAKMP_E_LIMIT && rc != ISAKMP_E_STATE && rc != ISAKMP_E_STALE) {
        violate(h->w, "host %d: isakmp_child_connect() returns %d", h->index, rc);
    }
    host_left(h);
}

/* Of a peer that was found nothing is known but what the library has. */
static void renew_found(host *h, wish *s)
{
    isakmp_child_id child = {0};
    isakmp_time now = host_enter(h);
    int rc = isakmp_child_rekey(h->x, now, s->child, &child);
    trace(h->w, "%d renews child %llx: %d", h->index, (unsigned long long)s->child.v, rc);
    if (rc == ISAKMP_OK) {
        s->child = child;
        s->renew = 0;
    } else if (rc != ISAKMP_E_LIMIT && rc != ISAKMP_E_STATE && rc != ISAKMP_E_STALE &&
               rc != ISAKMP_E_CRYPTO) {
        violate(h->w, "host %d: isakmp_child_rekey() returns %d", h->index, rc);
    }
    host_left(h);
}

static void get_from_found(host *h, wish *s, int is_there)
{
    close_doubted(h, s->host[1]);
    if (is_there)
        renew_found(h, s);
    else
        ted_discover(h, s);
}

/* What has been replaced is closed a little later, when the other side uses the new one, too. */
static void tidy(host *h, wish *s)
{
    if (!K(h->w, tidy) || s->replaced.v == 0 || child_state(h, s->child) != ISAKMP_CHILD_UP)
        return;
    if (s->close_at == 0) {
        s->close_at = h->w->now + 5000;
    } else if (s->close_at <= h->w->now) {
        close_child(h, s->replaced);
        s->replaced.v = 0;
        s->close_at = 0;
    }
}

static void look_after(host *h, wish *s)
{
    uint8_t state = child_state(h, s->child);
    if (h->w->fault == FAULT_forgets_wish && h->w->phase == HEALED && !state)
        return;
    tidy(h, s);
    if (s->try_at > h->w->now || (state && !s->renew))
        return;
    s->try_at = h->w->now + 1000 + rng_below(&h->w->rng, 2000);
    if (ted_is_on(h->w)) {
        get_from_found(h, s, state != 0);
        return;
    }
    have_sa(h, s->host[1]);
    child_connect(h, s);
}

void user_forget(host *h)
{
    static const isakmp_child_id none = {0};
    for (wish *s = h->w->wishes; s < h->w->wishes + h->w->n_wishes; s++) {
        if (s->host[0] != h->index)
            continue;
        s->child = s->replaced = none;
        s->renew = 0;
        s->close_at = 0;
    }
}

void user_look(host *h)
{
    world *w = h->w;
    if (h->paused_until > w->now || w->phase >= CLOSING)
        return;
    for (int to = 0; to < w->n_hosts; to++)
        if (h->renew_to[to])
            have_sa(h, to);
    for (wish *s = w->wishes; s < w->wishes + w->n_wishes && !w->failed; s++)
        if (s->host[0] == h->index && s->on)
            look_after(h, s);
}

/* ---- Closing ---------------------------------------------------------------------------------- */

void user_close_something(world *w)
{
    host *h = &w->hosts[rng_below(&w->rng, (uint32_t)w->n_hosts)];
    uint32_t skip = rng_below(&w->rng, 4);
    isakmp_sa_id sa = {0};
    isakmp_child_id child = {0};
    if (h->paused_until > w->now)
        return;
    if (rng_below(&w->rng, 2)) {
        for (uint32_t i = 0; i <= skip; i++)
            child = isakmp_child_next(h->x, sa, child);
        close_child(h, child);
        return;
    }
    for (uint32_t i = 0; i <= skip; i++)
        sa = isakmp_sa_next(h->x, sa);
    close_sa(h, sa);
}

void user_whim(world *w)
{
    wish *s;
    if (w->n_wishes == 0)
        return;
    s = &w->wishes[rng_below(&w->rng, (uint32_t)w->n_wishes)];
    s->on = !s->on;
    trace(w, "wish %d is %s", (int)(s - w->wishes), s->on ? "on" : "off");
    if (!s->on && w->hosts[s->host[0]].paused_until <= w->now)
        close_child(&w->hosts[s->host[0]], s->child);
}

/* SAs of a host: those that it began, or all; those that have ended, or the others. */
static void close_sas(host *h, int all, int ended)
{
    isakmp_sa_id sa = {0};
    isakmp_sa_info info = {.size = sizeof info};
    while ((sa = isakmp_sa_next(h->x, sa)).v)
        if (isakmp_sa_get(h->x, sa, &info) == ISAKMP_OK && (all || info.initiator) &&
            (info.state == ISAKMP_SA_ENDED) == ended)
            close_sa(h, sa);
}

/* Whom can a host tell?  Those with whom it has an SA that it began, which came up lately.  But if one is about to
 * expire, Deletes of both sides may cross each other; and under one from before, which the other side may have
 * forgotten, they may not be heard. */
static void note_who_is_told(host *h)
{
    world *w = h->w;
    isakmp_sa_id sa = {0};
    isakmp_sa_info info = {.size = sizeof info};
    uint8_t told[MAX_HOSTS] = {0}, unsure[MAX_HOSTS] = {0};
    while ((sa = isakmp_sa_next(h->x, sa)).v) {
        int peer;
        if (isakmp_sa_get(h->x, sa, &info) != ISAKMP_OK || info.state != ISAKMP_SA_UP)
            continue;
        peer = host_by_id(w, &info.peer_id);
        if (peer < 0)
            continue;
        if (info.hard_at < host_clock(h) + check_drift_ms(w, K(w, life_s)) + 5000 ||
            host_when(h, info.since) <= check_well_since(w, h->index, peer))
            unsure[peer] = 1;
        told[peer] |= info.initiator;
    }
    for (int i = 0; i < w->n_hosts; i++)
        w->told[h->index][i] = told[i] && !unsure[i];
}

/* What has ended first: as long as there is somebody to speak for it. */
void user_close_begun(host *h)
{
    note_who_is_told(h);
    close_sas(h, 0, 1);
    close_sas(h, 0, 0);
}

void user_close_all(world *w)
{
    for (int i = 0; i < w->n_hosts; i++) {
        close_sas(&w->hosts[i], 1, 1);
        close_sas(&w->hosts[i], 1, 0);
    }
}
