/* pool.c -- addresses for clients: "ip local pool", and what Mode Config gives and takes back. */
#include <stdlib.h>
#include <string.h>
#include "router.h"

/* Of a pool no more than that is used. */
#define MOST 65536

static uint32_t number(const isakmp_addr *a)
{
    return (uint32_t)a->ip[0] << 24 | (uint32_t)a->ip[1] << 16 | (uint32_t)a->ip[2] << 8 | a->ip[3];
}

/* The pool for clients, if there is one. */
static int find_pool(const router *r, isakmp_ios_pool *out)
{
    isakmp_ios_settings s = {.size = sizeof s};
    isakmp_ios_settings_get(r->conf, &s);
    for (size_t i = 0; s.client_pool.n && isakmp_ios_pool_get(r->conf, i, out) == ISAKMP_OK; i++)
        if (out->name.n == s.client_pool.n &&
            memcmp(out->name.p, s.client_pool.p, out->name.n) == 0)
            return 1;
    return 0;
}

void router_take_pool(router *r)
{
    isakmp_ios_pool p;
    isakmp_lease *leases;
    uint32_t n;
    if (!find_pool(r, &p)) {
        router_drop_pool(r);
        return;
    }
    if (r->leases && router_same_ip(&p.first, &r->pool_first) &&
        router_same_ip(&p.last, &r->pool_last))
        return; /* clients keep what they have */
    n = number(&p.last) - number(&p.first) + 1;
    n = n < MOST ? n : MOST;
    leases = (isakmp_lease *)calloc(n, sizeof *leases);
    if (leases == NULL ||
        isakmp_addr_pool_init(&r->pool, leases, n, &p.first, &p.last) != ISAKMP_OK) {
        router_say(r, "% There is no memory for the pool");
        free(leases);
        return;
    }
    free(r->leases);
    r->leases = leases;
    r->pool_first = p.first;
    r->pool_last = p.last;
}

void router_drop_pool(router *r)
{
    free(r->leases);
    r->leases = NULL;
}

int router_assign(router *r, const isakmp_query *q, const isakmp_assignment *a, isakmp_writer *out)
{
    static const isakmp_addr all = {.family = 4, .ip = {255, 255, 255, 255}};
    isakmp_addr one = a->ip4;
    if (r->leases == NULL)
        return ISAKMP_NONE;
    if (one.family == 0) {
        int rc = isakmp_addr_pool_lease(&r->pool, q->peer_id.data, &one);
        if (rc != ISAKMP_OK)
            return rc;
    }
    isakmp_wr_cfg_addr(out, ISAKMP_CFG_IP4_ADDRESS, &one);
    isakmp_wr_cfg_addr(out, ISAKMP_CFG_IP4_NETMASK, &all);
    return ISAKMP_OK;
}

void router_unassign(router *r, const isakmp_assignment *a)
{
    if (r->leases && !a->ours && a->ip4.family)
        isakmp_addr_pool_release(&r->pool, &a->ip4);
}

uint32_t router_pool_in_use(void *user, isakmp_span name)
{
    const router *r = (const router *)user;
    isakmp_ios_pool p;
    return r->leases && find_pool(r, &p) && name.n == p.name.n &&
                   memcmp(name.p, p.name.p, name.n) == 0
               ? r->pool.used
               : 0;
}
