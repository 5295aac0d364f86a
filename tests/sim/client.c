/* sim/client.c -- what a gateway does with its clients: it asks for their users (XAUTH) and gives them addresses
 * (Mode Config); and what the clients say.
 *
 * The first host is the gateway, where there is one.  It knows who may be whose user by the identity that was
 * proved, and gives addresses out of a pool that it forgets when it restarts. */
#include <string.h>
#include "sim.h"

int client_has_addresses(const world *w)
{
    return K(w, mesh) || K(w, transport) ? 0 : K(w, addresses);
}

int client_has_users(const world *w)
{
    return K(w, mesh) || (client_has_addresses(w) && !K(w, both)) ? 0 : K(w, users);
}

static isakmp_span text(const char *s)
{
    isakmp_span out = {(const uint8_t *)s, strlen(s)};
    return out;
}

static int is_text(isakmp_span s, const char *t)
{
    return s.n == strlen(t) && memcmp(s.p, t, s.n) == 0;
}

/* ---- Policies --------------------------------------------------------------------------------- */

static uint32_t address_flags(const host *h)
{
    uint32_t flags = 0;
    int way = client_has_addresses(h->w);
    if (way & 1)
        flags |= h->index ? ISAKMP_PF_CONFIG_PULL : ISAKMP_PF_CONFIG_ANSWER;
    if (way & 2)
        flags |= h->index ? ISAKMP_PF_CONFIG_ACCEPT : ISAKMP_PF_CONFIG_PUSH;
    return way && !K(h->w, kept) ? flags | ISAKMP_PF_CONFIG_AGAIN : flags;
}

void client_make_policy(host *h)
{
    const world *w = h->w;
    h->peer.config_s = 5;
    /* Or else one side keeps an address that the other has forgotten. */
    if (client_has_addresses(w) && K(w, kept))
        h->peer.flags |= ISAKMP_PF_INITIAL_CONTACT;
    h->peer.flags |= address_flags(h);
    if (client_has_users(w) == 1)
        h->peer.flags |= h->index ? ISAKMP_PF_XAUTH_ANSWER : ISAKMP_PF_XAUTH_ASK;
    if (client_has_users(w) == 2)
        h->policy.auth = K(w, signatures) ? ISAKMP_AUTH_XAUTH_INIT_RSA : ISAKMP_AUTH_XAUTH_INIT_PSK;
}

void client_start(host *h)
{
    isakmp_addr first = {.family = 4, .ip = {10, 77, 0, 1}}, last = first;
    last.ip[3] = (uint8_t)K(h->w, leases);
    memset(h->leases, 0, sizeof h->leases);
    if (isakmp_addr_pool_init(&h->pool, h->leases, MAX_LEASES, &first, &last) != ISAKMP_OK)
        violate(h->w, "host %d: there is no pool", h->index);
}

/* ---- Users ------------------------------------------------------------------------------------ */

const char client_password[] = "what only the users of this world know";
static const char passcode[] = "492 816";

/* Somebody else, or a slip of the finger. */
static int is_mistyped(host *h)
{
    int32_t chance = h->w->fault == FAULT_believes_anybody ? 500 : K(h->w, mistyped);
    return h->w->phase == WILD && rng_permille(&h->w->rng, chance);
}

int client_get_user(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_user *asked,
                    isakmp_user *out)
{
    host *h = (host *)user;
    parked a = {.n = sizeof a.user};
    int wrong = is_mistyped(h);
    (void)q;
    if (asked->asked & ISAKMP_ASK_USER_NAME)
        out->user_name = text(wrong && rng_below(&h->w->rng, 2) ? "nobody" : h->name);
    if (asked->asked & ISAKMP_ASK_USER_PASSWORD)
        out->user_password = text(wrong ? "a guess" : client_password);
    if (asked->asked & ISAKMP_ASK_PASSCODE)
        out->passcode = text(wrong ? "1" : passcode);
    a.user = *out;
    return ask_give(h, ASK_GET_USER, t, ISAKMP_OK, &a);
}

static int is_right(const isakmp_user *got, const char *name)
{
    return got->passcode.n
               ? is_text(got->passcode, passcode)
               : is_text(got->user_name, name) && is_text(got->user_password, client_password);
}

/* In each round something else is asked for; after something wrong it is asked for again, or not. */
static int judge(host *h, const isakmp_user *got, const char *name, isakmp_user *out)
{
    world *w = h->w;
    if (got->round == 0 && is_text(got->known, name) && rng_below(&w->rng, 2))
        return ISAKMP_OK;
    if (got->round == 0)
        return ISAKMP_NONE;
    if (w->fault == FAULT_believes_anybody || (is_right(got, name) && got->round >= K(w, rounds))) {
        out->user_name = w->fault == FAULT_believes_anybody ? got->user_name : text(name);
        return ISAKMP_OK;
    }
    if (is_right(got, name))
        out->asked = ISAKMP_ASK_PASSCODE;
    else if (rng_below(&w->rng, 2))
        out->asked = got->asked;
    out->message = text("once more");
    return ISAKMP_NONE;
}

int client_check_user(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_user *got,
                      isakmp_user *out)
{
    host *h = (host *)user;
    parked a = {.n = sizeof a.user};
    int who = host_by_id(h->w, &q->peer_id);
    int rc = who < 0 ? ISAKMP_NONE : judge(h, got, h->w->hosts[who].name, out);
    a.user = *out;
    if (out->user_name.p && out->user_name.p == got->user_name.p)
        a.user.user_name = text("nobody"); /* what was got is there during the call only */
    return ask_give(h, ASK_CHECK_USER, t, rc, &a);
}

/* ---- Addresses -------------------------------------------------------------------------------- */

/* The address of a client that a gateway has, under any SA; or, of any client (-1), whether it is `*a`. */
static int is_held(const host *h, int who, isakmp_addr *a)
{
    isakmp_sa_id sa = {0};
    isakmp_sa_info info = {.size = sizeof info};
    while ((sa = isakmp_sa_next(h->x, sa)).v) {
        if (isakmp_sa_get(h->x, sa, &info) != ISAKMP_OK || info.ip4.family == 0 ||
            (who < 0 ? !isakmp_addr_equal(&info.ip4, a) : host_by_id(h->w, &info.peer_id) != who))
            continue;
        *a = info.ip4;
        return 1;
    }
    return 0;
}

/* Some address that somebody has. */
static int find_taken(const host *h, isakmp_addr *out)
{
    const isakmp_lease *l = NULL;
    for (size_t i = 0; (l = isakmp_addr_pool_get(&h->pool, i, out)) != NULL && !l->used; i++)
        ;
    return l != NULL;
}

/* The address that a client has, if it has one, or one of the pool; 0: there is none. */
static int find_address(host *h, int who, isakmp_addr *out)
{
    if (is_held(h, who, out) || (h->w->fault == FAULT_leases_twice && find_taken(h, out)))
        return 1;
    return isakmp_addr_pool_lease(&h->pool, text(h->w->hosts[who].name), out) == ISAKMP_OK;
}

static void write_gift(isakmp_writer *w, const isakmp_addr *a)
{
    isakmp_addr dns = {.family = 4, .ip = {10, 77, 1, 1}};
    isakmp_wr_cfg_addr(w, ISAKMP_CFG_IP4_ADDRESS, a);
    isakmp_wr_cfg_addr(w, ISAKMP_CFG_IP4_DNS, &dns);
}

/* Nobody has been given an address that was found, unless it was his before. */
static void put_back(host *h, isakmp_addr *a)
{
    if (!is_held(h, -1, a))
        (void)isakmp_addr_pool_release(&h->pool, a);
}

/* What is answered later is found later, too: until then the client may have lost what it had. */
int client_assign(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_assignment *had,
                  isakmp_writer *out)
{
    host *h = (host *)user;
    parked a = {.who = host_by_id(h->w, &q->peer_id)};
    int rc = ask_give(h, ASK_ASSIGN, t, ISAKMP_OK, &a);
    isakmp_addr found;
    (void)had;
    if (rc != ISAKMP_OK)
        return rc;
    if (a.who < 0 || !find_address(h, a.who, &found))
        return ISAKMP_NONE;
    trace(h->w, "%d gives %d %u.%u", h->index, a.who, found.ip[2], found.ip[3]);
    write_gift(out, &found);
    return ISAKMP_OK;
}

int client_assign_late(host *h, isakmp_time now, const parked *a)
{
    uint8_t octets[64];
    isakmp_writer out;
    isakmp_addr found;
    int rc = a->rc;
    isakmp_wr_init(&out, octets, sizeof octets);
    if (rc == ISAKMP_OK && (a->who < 0 || !find_address(h, a->who, &found)))
        rc = ISAKMP_NONE;
    if (rc != ISAKMP_OK)
        return isakmp_answer(h->x, now, a->ticket, rc, NULL, 0);
    trace(h->w, "%d gives %d %u.%u late", h->index, a->who, found.ip[2], found.ip[3]);
    write_gift(&out, &found);
    rc = isakmp_answer(h->x, now, a->ticket, ISAKMP_OK, octets, out.len);
    if (rc == ISAKMP_E_STALE)
        put_back(h, &found);
    return rc;
}

static void take_back(host *h, const isakmp_assignment *a)
{
    if (h->w->fault == FAULT_keeps_lease && h->w->phase == HEALED)
        return;
    if (isakmp_addr_pool_release(&h->pool, &a->ip4) != ISAKMP_OK)
        violate(h->w, "host %d: an address is given back that nobody has", h->index);
}

/* Who is authenticated is the user of that host, and of no other. */
static void check_user_of(host *h, const isakmp_event *ev)
{
    int who = host_by_id(h->w, &ev->peer_id);
    if (who < 0 || !is_text(ev->user, h->w->hosts[who].name))
        violate(h->w, "host %d: an SA is up, but not for the user of its client", h->index);
}

void client_event(host *h, const isakmp_event *ev)
{
    if (client_has_users(h->w) && h->index == 0 && ev->type == ISAKMP_EV_SA_UP)
        check_user_of(h, ev);
    if (ev->type == ISAKMP_EV_CONFIG_END && h->index == 0)
        take_back(h, ev->assignment);
    if (ev->type == ISAKMP_EV_CONFIG_END && h->index)
        check_loss(h, ev);
}
