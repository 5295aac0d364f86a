/* attempts.c -- traffic waits for an SA: the peers of its entry are asked, one after the other. */
#define _GNU_SOURCE
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include "router.h"

/* After all peers of an entry have failed. */
#define REST_MS 10000

/* ---- Places -------------------------------------------------------------------------------- */

static int is_free(const router_attempt *a)
{
    return a->match.child == NULL || (a->child.v == 0 && !a->is_over && a->until <= host_now());
}

static router_attempt *attempt_of(router *r, const isakmp_child_policy *child)
{
    for (unsigned i = 0; i < ROUTER_MAX_ATTEMPTS; i++)
        if (r->attempts[i].match.child == child)
            return &r->attempts[i];
    return NULL;
}

static router_attempt *new_attempt(router *r, const isakmp_ios_match *m)
{
    for (unsigned i = 0; i < ROUTER_MAX_ATTEMPTS; i++) {
        router_attempt *a = &r->attempts[i];
        if (!is_free(a))
            continue;
        memset(a, 0, sizeof *a);
        a->match = *m;
        return a;
    }
    return NULL;
}

/* ---- Asking -------------------------------------------------------------------------------- */

/* Where a peer is: as the configuration says, or the DNS. */
static int find_address(isakmp_ios_peer *peer)
{
    struct addrinfo *found = NULL, hints = {.ai_family = AF_INET, .ai_socktype = SOCK_DGRAM};
    if (peer->addr.family)
        return 1;
    if (getaddrinfo(peer->host, NULL, &hints, &found) != 0)
        return 0;
    peer->addr.family = 4;
    memcpy(peer->addr.ip, &((const struct sockaddr_in *)(const void *)found->ai_addr)->sin_addr, 4);
    freeaddrinfo(found);
    return 1;
}

/* An ISAKMP SA with a peer that is up or will be; { 0 } if there is none. */
static isakmp_sa_id sa_with(const router *r, const isakmp_addr *peer)
{
    isakmp_sa_info i = {.size = sizeof i};
    isakmp_sa_id sa = {0};
    while ((sa = isakmp_sa_next(r->x, sa)).v)
        if (isakmp_sa_get(r->x, sa, &i) == ISAKMP_OK && i.state != ISAKMP_SA_ENDED &&
            router_same_ip(&i.path.remote, peer))
            break;
    return sa;
}

static int connect_to(router *r, router_attempt *a, isakmp_ios_peer *peer)
{
    isakmp_path path;
    isakmp_sa_id sa;
    if (!find_address(peer))
        return 0;
    peer->addr.port = r->o.port;
    path = host_udp_path(&r->udp, &peer->addr);
    sa = sa_with(r, &peer->addr);
    if (sa.v == 0 &&
        isakmp_connect(r->x, host_now(), peer->policy, &path, peer->exchange, &sa) != ISAKMP_OK)
        return 0;
    return isakmp_child_connect(r->x, host_now(), sa, a->match.child, &a->child) == ISAKMP_OK;
}

/* The next peer that can be asked at all; after the last one there is a rest. */
static void go_on(router *r, router_attempt *a)
{
    isakmp_ios_peer peer;
    a->is_over = 0;
    a->child.v = 0;
    for (; isakmp_ios_peer_get(router_plan_now(r), &a->match, a->peer, &peer) == ISAKMP_OK;
         a->peer++)
        if (connect_to(r, a, &peer))
            return;
    a->until = host_now() + REST_MS;
}

void router_protect(router *r, const isakmp_ios_match *m)
{
    router_attempt *a = m->child ? attempt_of(r, m->child) : NULL;
    if (m->child == NULL || (a && !is_free(a)))
        return;
    if (a)
        a->match.child = NULL;
    a = new_attempt(r, m);
    if (a)
        go_on(r, a);
}

/* ---- What becomes of them ------------------------------------------------------------------- */

void router_child_told(router *r, isakmp_child_id child, int is_up)
{
    for (unsigned i = 0; i < ROUTER_MAX_ATTEMPTS; i++) {
        router_attempt *a = &r->attempts[i];
        if (a->match.child == NULL || a->child.v != child.v)
            continue;
        if (is_up)
            memset(a, 0,
                   sizeof *a); /* whatever becomes of it later is not this attempt's business */
        else
            a->is_over = 1;
    }
}

void router_try_again(router *r)
{
    for (unsigned i = 0; i < ROUTER_MAX_ATTEMPTS; i++) {
        if (!r->attempts[i].is_over)
            continue;
        r->attempts[i].peer++;
        go_on(r, &r->attempts[i]);
    }
}

void router_forget_attempts(router *r)
{
    memset(r->attempts, 0, sizeof r->attempts);
}
