/* sim/ask.c -- the questions of the library: answered at once, later, or badly; and public keys of a toy,
 * where whoever knows the number of a host can sign for it. */
#include <string.h>
#include "sim.h"

const char ask_psk[] = "the key that everybody in this world knows";

/* ---- Later ------------------------------------------------------------------------------------ */

int ask_give(host *h, int kind, isakmp_ticket t, int rc, const parked *answer)
{
    world *w = h->w;
    parked *a = &h->asks[h->n_asks];
    if (w->phase == WILD && rng_permille(&w->rng, K(w, denied)))
        rc = ISAKMP_E_HOST;
    if (w->phase != WILD || !rng_permille(&w->rng, K(w, late)) || h->n_asks == MAX_ASKS)
        return rc;
    *a = *answer;
    a->kind = kind;
    a->ticket = t;
    a->rc = rc;
    a->due = w->now + rng_below(&w->rng, (uint32_t)K(w, late_ms) + 1);
    h->n_asks++;
    return ISAKMP_PENDING;
}

/* Once the network has healed everything is answered at once. */
static isakmp_time due_of(const host *h, isakmp_time due)
{
    return h->w->phase != WILD && due != ISAKMP_NEVER ? h->w->now : due;
}

static size_t first_due(const host *h)
{
    size_t first = 0;
    for (size_t i = 1; i < h->n_asks; i++)
        if (h->asks[i].due < h->asks[first].due)
            first = i;
    return first;
}

isakmp_time ask_next(const host *h)
{
    isakmp_time own = h->n_asks ? h->asks[first_due(h)].due : ISAKMP_NEVER;
    return due_of(h, own < h->dh_due ? own : h->dh_due);
}

static void answer_provider(host *h)
{
    uint8_t out[TOY_MAX_ANSWER];
    isakmp_ticket t = toy_dh_waiting(&h->toy);
    isakmp_time now = host_enter(h);
    size_t n;
    int rc = toy_dh_answer(&h->toy, t, out, &n);
    h->dh_due = ISAKMP_NEVER;
    trace(h->w, "%d answers the provider's question: %d", h->index, rc);
    (void)isakmp_answer(h->x, now, t, rc, out, n);
    host_left(h);
}

static void answer_host(host *h)
{
    size_t i = first_due(h);
    parked a = h->asks[i];
    isakmp_time now;
    int rc;
    h->asks[i] = h->asks[--h->n_asks];
    now = host_enter(h);
    trace(h->w, "%d answers question %d: %d", h->index, a.kind, a.rc);
    switch (a.kind) {
    case ASK_CREDENTIALS:
        a.value = &a.credentials;
        break;
    case ASK_GET_USER:
    case ASK_CHECK_USER:
        a.value = &a.user;
        break;
    case ASK_SIGN:
    case ASK_SPI:
    case ASK_VERIFY:
        a.value = a.octets;
        break;
    default:
        break;
    }
    rc = a.kind == ASK_ASSIGN ? client_assign_late(h, now, &a)
                              : isakmp_answer(h->x, now, a.ticket, a.rc, a.value, a.n);
    if (rc != ISAKMP_OK && rc != ISAKMP_E_STALE)
        violate(h->w, "host %d: isakmp_answer() returns %d for question %d", h->index, rc, a.kind);
    host_left(h);
}

void ask_answer(host *h)
{
    isakmp_time own = h->n_asks ? h->asks[first_due(h)].due : ISAKMP_NEVER;
    if (own < h->dh_due)
        answer_host(h);
    else
        answer_provider(h);
}

/* ---- Policies and keys ------------------------------------------------------------------------ */

static int on_find_peer(void *user, isakmp_ticket t, const isakmp_query *q,
                        const isakmp_peer_policy **out)
{
    host *h = (host *)user;
    parked a = {.value = &h->peer};
    (void)q;
    *out = &h->peer;
    return ask_give(h, ASK_PEER, t, ISAKMP_OK, &a);
}

static int on_get_psk(void *user, isakmp_ticket t, const isakmp_query *q, uint8_t *key, size_t cap,
                      size_t *n)
{
    parked a = {.value = ask_psk, .n = strlen(ask_psk)};
    (void)q;
    (void)cap;
    memcpy(key, a.value, a.n);
    *n = a.n;
    return ask_give((host *)user, ASK_PSK, t, ISAKMP_OK, &a);
}

/* The policy for the wish of a peer, by who it has proved to be and by the selectors it proposes. */
static const isakmp_child_policy *policy_for(host *h, isakmp_sa_id sa, const isakmp_selector *local,
                                             const isakmp_selector *remote)
{
    world *w = h->w;
    isakmp_sa_info info = {.size = sizeof info};
    int from;
    if (isakmp_sa_get(h->x, sa, &info) != ISAKMP_OK)
        return NULL;
    from = host_by_id(w, &info.peer_id);
    for (wish *s = w->wishes; s < w->wishes + w->n_wishes; s++)
        for (int side = 0; side < 2; side++)
            if (s->host[side] == h->index && s->host[1 - side] == from &&
                isakmp_selector_within(local, &s->policy[side].local) &&
                isakmp_selector_within(remote, &s->policy[side].remote) &&
                (side == 1 || s->policy[side].mode == ISAKMP_MODE_TUNNEL))
                return &s->policy[side];
    return NULL;
}

static int on_find_child(void *user, isakmp_ticket t, isakmp_sa_id sa, const isakmp_selector *local,
                         const isakmp_selector *remote, const isakmp_child_policy **out)
{
    host *h = (host *)user;
    parked a = {.value = policy_for(h, sa, local, remote)};
    *out = (const isakmp_child_policy *)a.value;
    return ask_give(h, ASK_CHILD, t, *out ? ISAKMP_OK : ISAKMP_NONE, &a);
}

static int on_get_spi(void *user, isakmp_ticket t, isakmp_child_id child, uint8_t proto,
                      const isakmp_path *path, uint32_t *spi)
{
    host *h = (host *)user;
    parked a = {.n = sizeof *spi};
    (void)child;
    (void)proto;
    (void)path;
    *spi = 256 + rng_below(&h->w->rng, UINT32_MAX - 256);
    memcpy(a.octets, spi, sizeof *spi);
    return ask_give(h, ASK_SPI, t, ISAKMP_OK, &a);
}

/* ---- Public keys ------------------------------------------------------------------------------ */

#define SIGNATURE 32

static void sign_for(int who, isakmp_span hash, uint8_t out[SIGNATURE])
{
    uint32_t mixed = 2166136261u ^ (uint32_t)who;
    for (size_t i = 0; i < SIGNATURE + hash.n; i++) {
        mixed = (mixed ^ (i < hash.n ? hash.p[i] : (uint8_t)i)) * 16777619u;
        out[i % SIGNATURE] = (uint8_t)(mixed >> 24);
    }
}

/* A certificate as long as real ones are: so that there is something to cut into fragments. */
#define CERTIFICATE 700
static const uint8_t certificate[CERTIFICATE] = {0x30};
static const isakmp_span chain = {certificate, sizeof certificate};

static int on_credentials(void *user, isakmp_ticket t, const isakmp_query *q, uint16_t auth,
                          isakmp_credentials *out)
{
    parked a = {.n = sizeof a.credentials};
    (void)q;
    (void)auth;
    out->methods = 1u << ISAKMP_AUTH_RSA_SIG;
    out->certs = &chain;
    out->n_certs = 1;
    a.credentials = *out;
    return ask_give((host *)user, ASK_CREDENTIALS, t, ISAKMP_OK, &a);
}

static int on_sign(void *user, isakmp_ticket t, const isakmp_query *q, uint16_t auth,
                   isakmp_span hash, uint8_t *sig, size_t cap, size_t *n)
{
    host *h = (host *)user;
    parked a = {.n = SIGNATURE};
    (void)q;
    (void)auth;
    (void)cap;
    sign_for(h->index, hash, a.octets);
    memcpy(sig, a.octets, SIGNATURE);
    *n = SIGNATURE;
    return ask_give(h, ASK_SIGN, t, ISAKMP_OK, &a);
}

static int on_verify(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_proof *p,
                     uint16_t *why)
{
    host *h = (host *)user;
    int who = host_by_id(h->w, &q->peer_id), good;
    uint8_t want[SIGNATURE];
    parked a = {.n = sizeof *why};
    sign_for(who, p->hash, want);
    good = who >= 0 && p->signature.n == SIGNATURE && memcmp(p->signature.p, want, SIGNATURE) == 0;
    *why = ISAKMP_D_SIGNATURE;
    memcpy(a.octets, why, sizeof *why);
    return ask_give(h, ASK_VERIFY, t, good ? ISAKMP_OK : ISAKMP_NONE, &a);
}

void ask_table(host *h)
{
    h->table.find_peer = on_find_peer;
    h->table.get_psk = on_get_psk;
    h->table.find_child = on_find_child;
    h->table.get_spi = K(h->w, own_spis) ? on_get_spi : NULL;
    h->table.get_credentials = on_credentials;
    h->table.sign = on_sign;
    h->table.verify = on_verify;
    h->table.assign = client_assign;
    h->table.get_user = client_get_user;
    h->table.check_user = client_check_user;
}
