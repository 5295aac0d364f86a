/* sa/sa.c -- ISAKMP SAs: taken, found, given back.
 *
 * An SA is found by its own cookie, the one that we made: a random value that nobody else chooses,
 * so buckets stay even.  Only first messages carry no cookie of ours; the half-open SAs that they
 * began are found by the address they came from.  Once its peer is proven an SA moves to the bucket
 * of the peer's identity, where INITIAL-CONTACT looks for its siblings. */
#include "base/fingerprint.h"
#include "base/secret.h"
#include "crypto/keys.h"
#include "host.h"

isakmp__sa *isakmp__sa_of(const isakmp_ctx *x, isakmp_sa_id id)
{
    return (isakmp__sa *)isakmp__pool_find(&x->sas, id.v);
}

isakmp_sa_id isakmp__sa_id(const isakmp_ctx *x, const isakmp__sa *sa)
{
    isakmp_sa_id id = {sa ? isakmp__pool_id(&x->sas, sa) : 0};
    return id;
}

int isakmp__same_ip(const isakmp_addr *a, const isakmp_addr *b)
{
    return a->family == b->family && memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}

isakmp__sa *isakmp__sa_take(isakmp_ctx *x)
{
    isakmp__sa *sa = (isakmp__sa *)isakmp__pool_take(&x->sas);
    if (sa == NULL)
        return NULL;
    sa->state = ISAKMP_SA_NEGOTIATING;
    sa->since = x->now;
    sa->timer.kind = ISAKMP__TIMER_SA;
    isakmp__list_init(&sa->children);
    isakmp__list_init(&sa->exchs);
    return sa;
}

/* ---- Buckets ------------------------------------------------------------------------------ */

static uint32_t bucket(const isakmp_ctx *x, isakmp_span key)
{
    return (uint32_t)isakmp__fingerprint(x->secret, key) & x->bucket_mask;
}

static isakmp__sa **cookie_bucket(const isakmp_ctx *x, const uint8_t *cookie)
{
    return &x->by_cookie[bucket(x, isakmp__span(cookie, ISAKMP_COOKIE_SIZE))];
}

static const uint8_t *own_cookie(const isakmp__sa *sa)
{
    return sa->initiator ? sa->cky_i : sa->cky_r;
}

int isakmp__sa_make_cookie(isakmp_ctx *x, isakmp__sa *sa)
{
    uint8_t *cookie = sa->initiator ? sa->cky_i : sa->cky_r;
    for (unsigned tries = 0; tries < 16; tries++) {
        const isakmp__sa *other;
        if (isakmp__random(&x->crypto, cookie, ISAKMP_COOKIE_SIZE) != ISAKMP_OK)
            return ISAKMP_E_CRYPTO;
        other = *cookie_bucket(x, cookie);
        while (other && !isakmp__ct_equal(own_cookie(other), cookie, ISAKMP_COOKIE_SIZE))
            other = other->cookie_next;
        if (other == NULL && !isakmp__all_zero(cookie, ISAKMP_COOKIE_SIZE))
            return ISAKMP_OK;
    }
    return ISAKMP_E_CRYPTO;
}

void isakmp__sa_index(isakmp_ctx *x, isakmp__sa *sa)
{
    isakmp__sa **b = cookie_bucket(x, own_cookie(sa));
    sa->cookie_next = *b;
    *b = sa;
}

void isakmp__sa_unindex(isakmp_ctx *x, isakmp__sa *sa)
{
    isakmp__sa **p = cookie_bucket(x, own_cookie(sa));
    isakmp__assembly *a = isakmp__assembly_of(x, sa);
    if (a)
        isakmp__assembly_give(x, a);
    while (*p && *p != sa)
        p = &(*p)->cookie_next;
    if (*p)
        *p = sa->cookie_next;
}

/* Do a header's cookies name this SA?  Our own must be there; the peer's too, unless we began and
 * have not learnt it yet. */
static int is_named(const isakmp__sa *sa, const isakmp_header *h)
{
    if (!isakmp__ct_equal(sa->cky_i, h->cky_i, ISAKMP_COOKIE_SIZE))
        return 0;
    if (sa->initiator && isakmp__all_zero(sa->cky_r, ISAKMP_COOKIE_SIZE))
        return 1;
    return isakmp__ct_equal(sa->cky_r, h->cky_r, ISAKMP_COOKIE_SIZE);
}

static isakmp__sa *find_in(const isakmp_ctx *x, const isakmp_header *h, int initiator)
{
    isakmp__sa *sa = *cookie_bucket(x, initiator ? h->cky_i : h->cky_r);
    while (sa && !(sa->initiator == initiator && is_named(sa, h)))
        sa = sa->cookie_next;
    return sa;
}

isakmp__sa *isakmp__sa_find(const isakmp_ctx *x, const isakmp_header *h)
{
    isakmp__sa *sa = find_in(x, h, 0);
    return sa ? sa : find_in(x, h, 1);
}

static isakmp__list *policy_bucket(const isakmp_ctx *x, const isakmp_peer_policy *p)
{
    return &x->by_policy[bucket(x, isakmp__span(&p, sizeof p))];
}

void isakmp__sa_set_policy(isakmp_ctx *x, isakmp__sa *sa, const isakmp_peer_policy *p)
{
    sa->policy = p;
    isakmp__list_append(policy_bucket(x, p), &sa->policy_link);
}

isakmp__sa *isakmp__sa_with_policy(const isakmp_ctx *x, const isakmp_peer_policy *p,
                                   const isakmp__sa *after)
{
    const isakmp__link *k = after ? &after->policy_link : NULL;
    isakmp__list *bucket_of_p = policy_bucket(x, p);
    isakmp__sa *sa;
    do {
        k = isakmp__list_after(bucket_of_p, k);
        sa = ISAKMP__OWNER((isakmp__link *)(uintptr_t)k, isakmp__sa, policy_link);
    } while (sa && sa->policy != p);
    return sa;
}

/* The bucket of a peer: of its address while it is half open, of its identity once proven. */
static isakmp__list *addr_bucket(const isakmp_ctx *x, const isakmp_addr *a)
{
    return &x->by_peer[bucket(x, isakmp__span(a->ip, sizeof a->ip))];
}

static isakmp__list *id_bucket(const isakmp_ctx *x, const isakmp__sa *sa)
{
    return &x->by_peer[bucket(x, isakmp__span(sa->peer_id, sa->peer_id_n))];
}

/* The SA after one in a bucket of peers; the first one after NULL; NULL at the end. */
static isakmp__sa *peer_after(const isakmp__list *bucket_of_peer, const isakmp__sa *sa)
{
    return ISAKMP__OWNER(isakmp__list_after(bucket_of_peer, sa ? &sa->peer_link : NULL), isakmp__sa,
                         peer_link);
}

isakmp__sa *isakmp__sa_find_half_open(const isakmp_ctx *x, const isakmp_header *h,
                                      const isakmp_path *path)
{
    const isakmp__list *b = addr_bucket(x, &path->remote);
    for (isakmp__sa *sa = NULL; (sa = peer_after(b, sa)) != NULL;)
        if (sa->half_open && isakmp__ct_equal(sa->cky_i, h->cky_i, ISAKMP_COOKIE_SIZE) &&
            isakmp_addr_equal(&sa->path.remote, &path->remote))
            return sa;
    return NULL;
}

isakmp__sa *isakmp__sa_half_open_at(const isakmp_ctx *x, const isakmp_addr *a, isakmp__sa *after)
{
    const isakmp__list *b = addr_bucket(x, a);
    do
        after = peer_after(b, after);
    while (after && !(after->half_open && isakmp__same_ip(&after->path.remote, a)));
    return after;
}

void isakmp__sa_enter_peer(isakmp_ctx *x, isakmp__sa *sa)
{
    isakmp__list_append(sa->half_open ? addr_bucket(x, &sa->path.remote) : id_bucket(x, sa),
                        &sa->peer_link);
}

void isakmp__sa_move(isakmp_ctx *x, isakmp__sa *sa, const isakmp_path *path)
{
    sa->path = *path;
    if (sa->half_open) {
        isakmp__unlink(&sa->peer_link);
        isakmp__sa_enter_peer(x, sa);
    }
    for (isakmp__child *c = NULL; (c = isakmp__child_after(sa, c)) != NULL;)
        isakmp__child_move(x, c);
}

void isakmp__sa_follow(isakmp_ctx *x, isakmp__sa *sa, const isakmp_path *path)
{
    char text[64];
    if (!(sa->nat & ISAKMP_NAT_REMOTE) || path->natt != sa->path.natt ||
        isakmp_addr_equal(&sa->path.remote, &path->remote))
        return;
    isakmp__sa_move(x, sa, path);
    isakmp_addr_text(text, sizeof text, &path->remote);
    isakmp__log(x, ISAKMP_LOG_INFO, sa, "the peer has moved to %s", text);
}

void isakmp__sa_give(isakmp_ctx *x, isakmp__sa *sa)
{
    isakmp__half_open_leave(x, sa);
    isakmp__unassign(x, sa);
    isakmp__timer_set(&x->deadlines, &sa->timer, ISAKMP_NEVER);
    isakmp__unlink(&sa->peer_link);
    isakmp__unlink(&sa->policy_link);
    isakmp__sa_drop_user(x, sa);
    isakmp__pool_give(&x->sas, sa);
}

isakmp__sa *isakmp__sa_relative(const isakmp_ctx *x, const isakmp__sa *sa, const isakmp__sa *after)
{
    isakmp_id mine = isakmp__sa_peer_id(sa), theirs;
    const isakmp__list *b = id_bucket(x, sa);
    isakmp__sa *other = (isakmp__sa *)(uintptr_t)after;
    while ((other = peer_after(b, other)) != NULL) {
        theirs = isakmp__sa_peer_id(other);
        if (other != sa && other->peer_key == sa->peer_key && isakmp_id_equal(&mine, &theirs))
            return other;
    }
    return NULL;
}

isakmp__sa *isakmp__sa_sibling(const isakmp_ctx *x, const isakmp__sa *sa, const isakmp__sa *after)
{
    isakmp__sa *other = isakmp__sa_relative(x, sa, after);
    while (other && !((other->state == ISAKMP_SA_UP || other->state == ISAKMP_SA_ENDED) &&
                      isakmp__same_user(x, sa, other)))
        other = isakmp__sa_relative(x, sa, other);
    return other;
}

/* A client of hybrid authentication has proved nothing by which to know it again. */
const isakmp__sa *isakmp__sa_with_user(const isakmp_ctx *x, const isakmp__sa *sa)
{
    const isakmp__sa *other = NULL;
    if (isakmp__auth_family(sa->suite->auth) & (ISAKMP__AUTH_HYI | ISAKMP__AUTH_HYR))
        return NULL;
    while ((other = isakmp__sa_relative(x, sa, other)) != NULL)
        if (other->state == ISAKMP_SA_UP && !other->ending && isakmp__sa_user(x, other).n &&
            isakmp_addr_equal(&other->path.remote, &sa->path.remote))
            return other;
    return NULL;
}

/* The initiator of Main Mode has the last message of its peer; else the peer may not have it up. */
int isakmp__sa_is_sure(const isakmp__sa *sa)
{
    return sa->spoken || (sa->initiator && sa->exchange == ISAKMP_EXCH_MAIN);
}

enum {
    NOT_AT_ALL = 0,
    UNSURE,
    REPLACED,
    REPLACED_BUT_SURE,
    SURE
};

/* One that was replaced is better than a new one of which nobody knows whether the peer has it up. */
static unsigned fitness(const isakmp__sa *sa)
{
    if (sa->state == ISAKMP_SA_ENDED || sa->ending)
        return NOT_AT_ALL;
    if (sa->replaced)
        return isakmp__sa_is_sure(sa) ? REPLACED_BUT_SURE : REPLACED;
    return isakmp__sa_is_sure(sa) ? SURE : UNSURE;
}

/* At the same address and port, and by the same policy? */
static int is_alike(const isakmp__sa *sa, const isakmp__sa *other)
{
    return other->policy == sa->policy && isakmp_addr_equal(&other->path.remote, &sa->path.remote);
}

/* How good is another one?  Those that are alike come first, then those of which it is known that the peer has them
 * up. */
static unsigned rank(const isakmp__sa *sa, const isakmp__sa *other)
{
    return fitness(other) + (is_alike(sa, other) ? SURE + 1u : 0u);
}

/* An SA that can speak does, though others stand beside it, but for those that have replaced it or that it has
 * replaced.  Of equals the newest is the best: the peer may have forgotten the others. */
static int is_better(const isakmp__sa *sa, const isakmp__sa *other, const isakmp__sa *best)
{
    if (best == NULL)
        return 1;
    if (best == sa)
        return is_alike(sa, other) && (sa->replaced || other->replaced) &&
               fitness(other) > fitness(sa);
    return rank(sa, other) >= rank(sa, best);
}

/* Whoever has the same identity and key at another address may be somebody else. */
isakmp__sa *isakmp__sa_speaker(const isakmp_ctx *x, isakmp__sa *sa)
{
    isakmp__sa *other = NULL, *best = fitness(sa) ? sa : NULL;
    if (fitness(sa) == SURE)
        return sa;
    while ((other = isakmp__sa_sibling(x, sa, other)) != NULL)
        if (fitness(other) && isakmp__same_ip(&other->path.remote, &sa->path.remote) &&
            is_better(sa, other, best))
            best = other;
    return best;
}

/* Who the peer was stays, so that it is found if the peer itself begins; and so do path, policy and children. */
static void forget(isakmp__sa *sa)
{
    sa->keyed = sa->proven = sa->wanted = sa->asked = 0;
    sa->soft_told = sa->rekeying = sa->replaced = sa->spoken = sa->contact = sa->fragments = 0;
    sa->config = 0;
    sa->user_rounds = 0;
    sa->user_next = 0;
    sa->natt = sa->udp = sa->nat = sa->dpd = sa->next_used = 0;
    sa->life_s = sa->took_ms = sa->soft_ms = 0;
    sa->suite = NULL;
    sa->vendors = 0;
    memset(&sa->why, 0, sizeof sa->why);
    memset(sa->cky_i, 0, sizeof sa->cky_i);
    memset(sa->cky_r, 0, sizeof sa->cky_r);
    memset(sa->iv, 0, sizeof sa->iv);
    memset(sa->used_ids, 0, sizeof sa->used_ids);
}

void isakmp__sa_renew(isakmp_ctx *x, isakmp__sa *sa)
{
    forget(sa);
    isakmp__sa_drop_user(x, sa);
    isakmp__pool_renew(sa);
    sa->state = ISAKMP_SA_NEGOTIATING;
    sa->initiator = 1;
    sa->since = x->now;
}

/* ---- Facts -------------------------------------------------------------------------------- */

isakmp_id isakmp__sa_peer_id(const isakmp__sa *sa)
{
    isakmp_id id = {sa->peer_id_type, 0, 0, {NULL, 0}};
    id.data = isakmp__span(sa->peer_id, sa->peer_id_n);
    return id;
}

void isakmp__sa_set_peer_id(isakmp__sa *sa, const isakmp_id *id)
{
    sa->peer_id_type = id->type;
    sa->peer_id_n = (uint8_t)(id->data.n < ISAKMP_MAX_ID ? id->data.n : ISAKMP_MAX_ID);
    if (sa->peer_id_n)
        memcpy(sa->peer_id, id->data.p, sa->peer_id_n);
}

isakmp_span isakmp__sa_cookies(const isakmp__sa *sa)
{
    return isakmp__span(sa->cky_i, sizeof sa->cky_i + sizeof sa->cky_r);
}

int isakmp__sa_has_cookies(const isakmp__sa *sa, isakmp_span cookies)
{
    isakmp_span own = isakmp__sa_cookies(sa);
    return cookies.n == own.n && isakmp__ct_equal(cookies.p, own.p, own.n);
}

isakmp__means isakmp__sa_means(const isakmp_ctx *x, const isakmp__sa *sa)
{
    isakmp__means m = {&x->crypto, x->config.limits.max_dh, 0, 0, NULL, 0, 0};
    if (sa->suite)
        m.ike_group = sa->suite->group;
    m.udp = sa->udp;
    if (sa->policy && sa->policy->flags & ISAKMP_PF_SHORT_LIFE)
        m.most_life_s = ISAKMP_SHORT_LIFE_S;
    return m;
}

/* ---- Message IDs -------------------------------------------------------------------------- */

int isakmp__msg_id_used(const isakmp__sa *sa, uint32_t msg_id)
{
    for (unsigned i = 0; i < ISAKMP_USED_MSG_IDS; i++)
        if (sa->used_ids[i] == msg_id)
            return 1;
    return 0;
}

void isakmp__msg_id_note(isakmp__sa *sa, uint32_t msg_id)
{
    if (isakmp__msg_id_used(sa, msg_id))
        return;
    sa->used_ids[sa->next_used] = msg_id;
    sa->next_used = (uint8_t)((sa->next_used + 1) % ISAKMP_USED_MSG_IDS);
}

uint32_t isakmp__msg_id_new(isakmp_ctx *x, isakmp__sa *sa)
{
    uint8_t octets[4];
    for (unsigned tries = 0; tries < 16; tries++) {
        uint32_t id;
        if (isakmp__random(&x->crypto, octets, sizeof octets) != ISAKMP_OK)
            return 0;
        id = isakmp__get32(octets);
        if (id && !isakmp__msg_id_used(sa, id) && isakmp__exch_find(sa, id) == NULL)
            return id;
    }
    return 0;
}
