/* sim/host.c -- hosts: their clocks, their contexts, their SADs. */
#include <stdlib.h>
#include <string.h>
#include "sim.h"

#define MILLION 1000000

/* ---- Clocks ----------------------------------------------------------------------------------- */

isakmp_time host_clock(const host *h)
{
    return h->offset + h->w->now * (isakmp_time)(MILLION + h->ppm) / MILLION;
}

isakmp_time host_when(const host *h, isakmp_time local)
{
    isakmp_time rate = (isakmp_time)(MILLION + h->ppm);
    if (local == ISAKMP_NEVER)
        return local;
    return local <= h->offset ? 0 : ((local - h->offset) * MILLION + rate - 1) / rate;
}

/* ---- DO --------------------------------------------------------------------------------------- */

static int goes_wrong(host *h, int32_t permille)
{
    return h->w->phase == WILD && rng_permille(&h->w->rng, permille);
}

static int on_send(void *user, const isakmp_path *path, isakmp_span bytes)
{
    host *h = (host *)user;
    h->sends++;
    ted_sent(h, path, bytes);
    if (goes_wrong(h, K(h->w, broken_send))) {
        h->send_failures++;
        return ISAKMP_E_HOST;
    }
    net_send(h, path, bytes);
    return ISAKMP_OK;
}

static uint64_t stir(uint64_t state, isakmp_span s)
{
    for (size_t i = 0; i < s.n; i++)
        state = (state ^ s.p[i]) * 0x100000001b3u;
    return state;
}

/* The wish of a child. */
static int wish_of(const host *h, isakmp_child_id child, int *side)
{
    isakmp_child_info info = {.size = sizeof info};
    if (isakmp_child_get(h->x, child, &info) != ISAKMP_OK)
        return -1;
    return wish_of_policy(h, info.policy, side);
}

static entry *free_entry(host *h)
{
    entry *s = h->sad;
    while (s < h->sad + MAX_SAD && s->used)
        s++;
    return s < h->sad + MAX_SAD ? s : NULL;
}

static int on_install(void *user, isakmp_child_id child, const isakmp_sad_entry *e)
{
    host *h = (host *)user;
    entry *s = free_entry(h);
    if (goes_wrong(h, K(h->w, broken_install)))
        return ISAKMP_E_HOST;
    if (s == NULL) {
        violate(h->w, "host %d has too many SAs", h->index);
        return ISAKMP_E_HOST;
    }
    memset(s, 0, sizeof *s);
    if (s >= h->sad + h->sad_top)
        h->sad_top = (int)(s - h->sad) + 1;
    s->used = 1;
    s->child = child;
    s->wish = wish_of(h, child, &s->side);
    s->e = *e;
    s->keys = stir(stir(0xcbf29ce484222325u, e->enc_key), e->auth_key);
    s->serial = h->w->serial++;
    s->since = host_clock(h);
    if (h->w->fault == FAULT_alters_key && e->inbound && h->w->phase == HEALED)
        s->keys++;
    trace(h->w, "%d installs %s %08x, wish %d, keys %08x", h->index, e->inbound ? "in" : "out",
          (unsigned)e->spi, s->wish, (unsigned)s->keys);
    if (!e->inbound)
        check_commit(h, s);
    return ISAKMP_OK;
}

/* What was installed, with the ends that it has by now. */
static entry *installed(host *h, isakmp_child_id child, const isakmp_sad_entry *e)
{
    for (entry *s = h->sad; s < h->sad + h->sad_top; s++)
        if (s->used && s->child.v == child.v && s->e.spi == e->spi && s->e.inbound == e->inbound &&
            s->e.algs.proto == e->algs.proto && isakmp_addr_equal(&s->e.src, &e->src) &&
            isakmp_addr_equal(&s->e.dst, &e->dst))
            return s;
    violate(h->w, "host %d removes or moves an SA that was not installed", h->index);
    return NULL;
}

static void on_remove(void *user, isakmp_child_id child, const isakmp_sad_entry *e)
{
    host *h = (host *)user;
    entry *s = installed(h, child, e);
    trace(h->w, "%d removes %s %08x", h->index, e->inbound ? "in" : "out", (unsigned)e->spi);
    if (s)
        s->used = h->w->fault == FAULT_keeps_entry && h->w->phase == HEALED;
}

static void on_move(void *user, isakmp_child_id child, const isakmp_sad_entry *e,
                    const isakmp_addr *src, const isakmp_addr *dst)
{
    host *h = (host *)user;
    entry *s = installed(h, child, e);
    trace(h->w, "%d moves %s %08x", h->index, e->inbound ? "in" : "out", (unsigned)e->spi);
    if (s == NULL)
        return;
    s->e.src = *src;
    s->e.dst = *dst;
}

static void on_timer(void *user, isakmp_time deadline)
{
    ((host *)user)->told = deadline;
}

/* ---- TELL ------------------------------------------------------------------------------------- */

static unsigned entries_of(const host *h, isakmp_child_id child)
{
    unsigned n = 0;
    for (const entry *s = h->sad; s < h->sad + h->sad_top; s++)
        n += s->used && s->child.v == child.v;
    return n;
}

int host_has_sa(const host *h, const isakmp_id *peer, isakmp_sa_id but)
{
    isakmp_sa_id sa = {0};
    isakmp_sa_info info = {.size = sizeof info};
    while ((sa = isakmp_sa_next(h->x, sa)).v)
        if (sa.v != but.v && isakmp_sa_get(h->x, sa, &info) == ISAKMP_OK &&
            info.state == ISAKMP_SA_UP && isakmp_id_equal(&info.peer_id, peer))
            return 1;
    return 0;
}

/* An SA that is closed before it is up: by its address, for the peer may not have said who it is. */
static void note_closed_early(host *h, const isakmp_event *ev)
{
    isakmp_sa_info info = {.size = sizeof info};
    if (ev->why.detail != ISAKMP_D_CLOSED || isakmp_sa_get(h->x, ev->sa, &info) != ISAKMP_OK ||
        info.state != ISAKMP_SA_NEGOTIATING)
        return;
    for (int i = 0; i < h->w->n_hosts; i++)
        if (memcmp(h->w->hosts[i].addr.ip, info.path.remote.ip, 4) == 0)
            h->closed_early[i] = h->w->now;
}

/* When something ended, for those who look for the reason why the other end is alone. */
static void note_end(host *h, const isakmp_event *ev)
{
    static const isakmp_sa_id none = {0};
    int peer = host_by_id(h->w, &ev->peer_id);
    if (peer < 0)
        return;
    if (ev->type == ISAKMP_EV_SA_DOWN)
        h->sa_down[peer] = h->w->now;
    if (ev->type == ISAKMP_EV_SA_DOWN && ev->why.by == ISAKMP_BY_TIMER &&
        (ev->why.detail == ISAKMP_D_EXPIRED || ev->why.detail == ISAKMP_D_REPLACED))
        h->sa_expired[peer] = h->w->now;
    if (ev->type == ISAKMP_EV_CHILD_DOWN && ev->why.detail == ISAKMP_D_PARENT)
        h->unfinished_down[peer] = h->w->now;
    if (ev->type == ISAKMP_EV_CHILD_DOWN && ev->why.detail == ISAKMP_D_REPLACED &&
        !host_has_sa(h, &ev->peer_id, none))
        h->unsaid_down[peer] = h->w->now;
    if (ev->type == ISAKMP_EV_CHILD_DOWN &&
        (ev->why.detail == ISAKMP_D_CLOSED || ev->why.detail == ISAKMP_D_EXPIRED ||
         ev->why.detail == ISAKMP_D_REPLACED))
        h->child_down[peer] = h->w->now;
}

/* When a child is up both directions are installed, when it is down neither is. */
static void on_event(void *user, const isakmp_event *ev)
{
    host *h = (host *)user;
    char text[200];
    if (h->w->trace) {
        isakmp_event_text(text, sizeof text, ev);
        trace(h->w, "%d hears: %s", h->index, text);
    }
    h->w->ups += ev->type == ISAKMP_EV_SA_UP;
    h->w->child_ups += ev->type == ISAKMP_EV_CHILD_UP;
    if (ev->type == ISAKMP_EV_CHILD_UP && !K(h->w, rekey) &&
        entries_of(h, ev->child) != 2u + 2u * (K(h->w, bundle) != 0))
        violate(h->w, "host %d: a child is up, but not its SAs", h->index);
    if (ev->type == ISAKMP_EV_CHILD_DOWN && entries_of(h, ev->child) != 0)
        violate(h->w, "host %d: a child is down, but not its SAs", h->index);
    note_end(h, ev);
    if (ev->type == ISAKMP_EV_SA_DOWN)
        note_closed_early(h, ev);
    if (ev->type == ISAKMP_EV_SA_DOWN && ev->why.detail == ISAKMP_D_DEAD)
        check_dead(h, ev);
    if (ev->type == ISAKMP_EV_SA_UP)
        check_taken_over(h, ev);
    client_event(h, ev);
    ted_event(h, ev);
    user_event(h, ev);
}

static void on_log(void *user, int level, isakmp_sa_id sa, const char *line)
{
    host *h = (host *)user;
    trace(h->w, "%d logs %d, %llx: %s", h->index, level, (unsigned long long)sa.v, line);
}

/* ---- Policies --------------------------------------------------------------------------------- */

static isakmp_id id_of(const host *h)
{
    isakmp_id id = {ISAKMP_ID_NONE, 0, 0, {NULL, 0}};
    if (K(h->w, names)) {
        id.type = ISAKMP_ID_FQDN;
        id.data.p = (const uint8_t *)h->name;
        id.data.n = strlen(h->name);
    }
    return id;
}

int host_by_id(const world *w, const isakmp_id *id)
{
    for (int i = 0; i < w->n_hosts; i++) {
        const host *h = &w->hosts[i];
        if (id->type == ISAKMP_ID_FQDN
                ? id->data.n == strlen(h->name) && memcmp(id->data.p, h->name, id->data.n) == 0
                : id->data.n == 4 && memcmp(id->data.p, h->addr.ip, 4) == 0)
            return i;
    }
    return -1;
}

static void make_peer(host *h)
{
    static const uint16_t groups[] = {ISAKMP_GROUP_CURVE25519, ISAKMP_GROUP_MODP_1024,
                                      ISAKMP_GROUP_MODP_2048};
    const world *w = h->w;
    isakmp_policy *p = &h->policy;
    p->priority = 1;
    p->cipher = ISAKMP_CIPHER_AES;
    p->key_bits = 128;
    p->hash = ISAKMP_HASH_SHA1;
    p->auth = K(w, signatures) ? ISAKMP_AUTH_RSA_SIG : ISAKMP_AUTH_PSK;
    p->group = groups[K(w, group)];
    p->life_s = (uint32_t)K(w, life_s);
    h->peer.size = sizeof h->peer;
    h->peer.policies = p;
    h->peer.n_policies = 1;
    h->peer.my_id = id_of(h);
    h->peer.flags = ISAKMP_PF_AGGRESSIVE_PSK;
    h->peer.flags |= K(w, contact) ? ISAKMP_PF_INITIAL_CONTACT : 0;
    h->peer.flags |= K(w, dpd) == 2 ? ISAKMP_PF_DPD_PERIODIC : 0;
    h->peer.flags |= K(w, rekey) & 2 ? ISAKMP_PF_REKEY : 0;
    h->peer.flags |= K(w, encapsulate) ? ISAKMP_PF_FORCE_ENCAP : 0;
    h->peer.flags |= K(w, commit) & 1 ? ISAKMP_PF_SET_COMMIT : 0;
    h->peer.flags |= K(w, commit) & 2 ? ISAKMP_PF_COMMIT : 0;
    h->peer.flags |= K(w, recover) == 2 ? ISAKMP_PF_RECOVER : 0;
    h->peer.flags |= K(w, again) ? ISAKMP_PF_RESTART : 0;
    h->peer.dpd_s = (uint16_t)(K(w, dpd) ? K(w, dpd_s) : 0);
    h->peer.fragment_size = (uint16_t)K(w, fragment);
    client_make_policy(h);
    h->protect[0].proto = ISAKMP_PROTO_ESP;
    h->protect[0].transform = ISAKMP_ESP_AES_CBC;
    h->protect[0].key_bits = 128;
    h->protect[0].integ = ISAKMP_INTEG_HMAC_SHA1;
    h->protect[1].proto = ISAKMP_PROTO_AH;
    h->protect[1].transform = ISAKMP_AH_SHA1;
    h->protect[1].integ = ISAKMP_INTEG_HMAC_SHA1;
}

static void make_limits(host *h)
{
    const world *w = h->w;
    isakmp_limits *l = &h->config.limits;
    uint32_t peers = K(w, mesh) || h->index == 0 || ted_is_on(w) ? (uint32_t)w->n_hosts - 1 : 1;
    l->sas = 6 * peers + 4;
    l->children = 8 * peers * (uint32_t)(K(w, children) * (1 + K(w, back)));
    l->exchanges = 6 * peers + 10;
    if (K(w, tight)) {
        l->sas = 1 + rng_below(&h->w->rng, (uint32_t)K(w, tight) + 1);
        l->children = 1 + rng_below(&h->w->rng, (uint32_t)K(w, tight) + 1);
        l->exchanges = 1 + rng_below(&h->w->rng, (uint32_t)K(w, tight) + 1);
        l->packets = 1 + rng_below(&h->w->rng, (uint32_t)K(w, tight) + 1);
    }
    l->max_datagram = 1500;
    l->max_dh = 256;
}

static void make_config(host *h)
{
    const world *w = h->w;
    isakmp_config_init(&h->config, sizeof h->config);
    make_limits(h);
    h->config.exchanges = isakmp_all_exchanges;
    h->config.extensions = isakmp_all_extensions;
    h->config.crypto = &h->toy.table;
    h->config.host = &h->table;
    h->config.retransmit_ms = 800;
    h->config.retransmit_max_ms = 8000;
    h->config.retransmit_tries = (uint8_t)K(w, patient);
    h->config.natt_keepalive_s = (uint16_t)K(w, keepalive_s);
}

static void make_table(host *h)
{
    h->table.size = sizeof h->table;
    h->table.user = h;
    h->table.send = on_send;
    h->table.sa_install = on_install;
    h->table.sa_remove = on_remove;
    h->table.sa_move = on_move;
    h->table.timer = on_timer;
    h->table.event = on_event;
    h->table.log = h->w->trace ? on_log : NULL;
    ask_table(h);
    ted_table(h);
}

/* The first one is behind no NAT, and of the others every third one neither. */
void host_make(world *w, int index)
{
    static const isakmp_addr inside = {.family = 4, .ip = {10, 9, 8}},
                             outside = {.family = 4, .ip = {192, 0, 2}};
    host *h = &w->hosts[index];
    h->w = w;
    h->index = index;
    h->nat = w->n_nats && index % 3 ? index % w->n_nats : -1;
    h->addr = h->nat >= 0 ? inside : outside;
    h->addr.ip[3] = (uint8_t)(index + 1);
    snprintf(h->name, sizeof h->name, "host%d.example.org", index);
    h->ppm = K(w, skew) ? rng_between(&w->rng, -K(w, skew), K(w, skew)) : 0;
    h->offset = rng_next(&w->rng) >> 24;
    if (K(w, wrap))
        h->offset = (h->offset | 0xffffffffu) - rng_below(&w->rng, 200000);
    make_table(h);
    make_config(h);
    make_peer(h);
}

/* ---- Beginning and end ------------------------------------------------------------------------ */

void host_start(host *h)
{
    toy_init(&h->toy, rng_next(&h->w->rng));
    h->toy.scramble = 1;
    h->told = ISAKMP_NEVER;
    h->dh_due = ISAKMP_NEVER;
    h->sends = h->send_failures = h->inputs = 0;
    client_start(h);
    h->arena_n = isakmp_ctx_size(&h->config);
    h->arena = (uint8_t *)malloc(h->arena_n + FENCE);
    if (h->arena == NULL)
        abort();
    memset(h->arena + h->arena_n, 0xa5, FENCE);
    if (isakmp_ctx_init(&h->x, h->arena, h->arena_n, &h->config, host_clock(h)) != ISAKMP_OK)
        violate(h->w, "host %d: there is no context", h->index);
}

static void check_wiped(host *h)
{
    size_t k = 0;
    if (h->w->fault == FAULT_leaves_octet)
        h->arena[h->arena_n - 1] = 1;
    while (k < FENCE && h->arena[h->arena_n + k] == 0xa5)
        k++;
    if (h->arena[0] || memcmp(h->arena, h->arena + 1, h->arena_n - 1) != 0)
        violate(h->w, "host %d: the arena was not wiped", h->index);
    if (k < FENCE)
        violate(h->w, "host %d: octet %u behind the arena was written", h->index, (unsigned)k);
}

void host_stop(host *h, int checked)
{
    if (h->x) {
        isakmp_ctx_wipe(h->x);
        if (checked)
            check_wiped(h);
    }
    free(h->arena);
    h->arena = NULL;
    h->x = NULL;
    h->n_asks = 0;
    memset(h->sad, 0, (size_t)h->sad_top * sizeof h->sad[0]);
    h->sad_top = 0;
    memset(h->sa_to, 0, sizeof h->sa_to);
    memset(h->renew_to, 0, sizeof h->renew_to);
    memset(h->doubted, 0, sizeof h->doubted);
    memset(h->refusals, 0, sizeof h->refusals);
    memset(h->lonely, 0, sizeof h->lonely);
    h->n_probes = 0;
    memset(h->recoveries, 0, sizeof h->recoveries);
}

/* ---- Acting ----------------------------------------------------------------------------------- */

isakmp_time host_enter(host *h)
{
    h->toy.pending_dh = goes_wrong(h, K(h->w, late));
    return host_clock(h);
}

void host_left(host *h)
{
    if (h->dh_due == ISAKMP_NEVER && toy_dh_waiting(&h->toy).v)
        h->dh_due = h->w->now + rng_below(&h->w->rng, (uint32_t)K(h->w, late_ms) + 1);
    check_call(h);
}

isakmp_time host_next(const host *h)
{
    isakmp_time tick = host_when(h, isakmp_deadline(h->x)), answer = ask_next(h);
    isakmp_time next = tick < answer ? tick : answer;
    if (h->w->fault == FAULT_is_deaf && h->w->phase == HEALED)
        next = answer;
    if (h->w->fault == FAULT_spins && h->w->phase == HEALED)
        next = h->w->now;
    if (next == ISAKMP_NEVER)
        return next;
    return next < h->paused_until ? h->paused_until : next;
}

/* Ticks in one second: each has a reason, and there are only so many. */
#define MAX_TICKS 300

static void count_tick(host *h)
{
    if (h->w->now / 1000 != h->second)
        h->ticks = 0;
    h->second = h->w->now / 1000;
    if (++h->ticks > MAX_TICKS)
        violate(h->w, "host %d is woken more than %d times in a second", h->index, MAX_TICKS);
}

void host_act(host *h)
{
    isakmp_time now;
    if (ask_next(h) <= h->w->now) {
        ask_answer(h);
        return;
    }
    now = host_enter(h);
    count_tick(h);
    if (isakmp_tick(h->x, now) != ISAKMP_OK)
        violate(h->w, "host %d: isakmp_tick() fails", h->index);
    if (isakmp_deadline(h->x) <= now)
        violate(h->w, "host %d: the deadline is over after a tick", h->index);
    host_left(h);
}
