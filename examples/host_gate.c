/* host_gate.c -- what a gateway gives its clients. */
#include <string.h>
#include "host_gate.h"

void host_gate_open(host_gate *g, const host_options *o)
{
    memset(g, 0, sizeof *g);
    g->o = o;
    if (o->pool[0].family)
        isakmp_addr_pool_init(&g->pool, g->leases, HOST_MAX_LEASES, &o->pool[0], &o->pool[1]);
}

/* It keeps the one that it has; what it would like to have is not looked at. */
int host_gate_assign(host_gate *g, const isakmp_query *q, const isakmp_assignment *a,
                     isakmp_writer *out)
{
    isakmp_addr ip = a->ip4;
    if (g->pool.n == 0)
        return ISAKMP_NONE;
    if (ip.family == 0 &&
        isakmp_addr_pool_lease(&g->pool, q->user.n ? q->user : q->peer_id.data, &ip) != ISAKMP_OK)
        return ISAKMP_NONE;
    isakmp_wr_cfg_addr(out, ISAKMP_CFG_IP4_ADDRESS, &ip);
    for (size_t i = 0; i < g->o->n_dns; i++)
        isakmp_wr_cfg_addr(out, ISAKMP_CFG_IP4_DNS, &g->o->dns[i]);
    return ISAKMP_OK;
}

void host_gate_event(host_gate *g, const isakmp_event *ev)
{
    if (ev->type == ISAKMP_EV_CONFIG_END && !ev->assignment->ours && g->pool.n)
        isakmp_addr_pool_release(&g->pool, &ev->assignment->ip4);
}
