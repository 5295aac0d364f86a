/* traffic.c -- what passes through SAs in the kernel, looked up once a second and told to the library: signs of life
 * for dead peer detection, and what lifetimes in kilobytes are counted by; and where it comes from. */
#include <string.h>
#include "router.h"

#define EVERY_MS 1000

/* Octets so far through a child in one direction; all its SAs have the same packets. */
static uint64_t count(const router *r, const isakmp_child_info *i, const uint32_t *spi,
                      const isakmp_addr *to)
{
    uint64_t most = 0, packets, octets;
    for (unsigned k = 0; k < i->n; k++)
        if (xfrm_count(r->kernel, to, i->protect[k].proto, spi[k], &packets, &octets) == 0 &&
            octets > most)
            most = octets;
    return most;
}

static router_traffic *place_of(router *r, isakmp_child_id c)
{
    router_traffic *free = NULL;
    for (unsigned i = 0; i < ROUTER_MAX_CHILDREN; i++) {
        router_traffic *t = &r->traffic[i];
        isakmp_child_info info = {.size = sizeof info};
        if (t->child.v == c.v)
            return t;
        if (free == NULL && isakmp_child_get(r->x, t->child, &info) != ISAKMP_OK)
            free = t;
    }
    if (free)
        *free = (router_traffic){c, 0, 0};
    return free;
}

static void look(router *r, isakmp_child_id c)
{
    isakmp_child_info i = {.size = sizeof i};
    isakmp_sa_info s = {.size = sizeof s};
    router_traffic *t = place_of(r, c);
    uint64_t in, out;
    if (t == NULL || isakmp_child_get(r->x, c, &i) != ISAKMP_OK || i.state != ISAKMP_CHILD_UP ||
        isakmp_sa_get(r->x, i.sa, &s) != ISAKMP_OK)
        return;
    in = count(r, &i, i.spi_in, &s.path.local);
    out = count(r, &i, i.spi_out, &s.path.remote);
    if (in > t->in)
        isakmp_sa_heard(r->x, host_now(), i.sa, NULL);
    if (out > t->out)
        isakmp_sa_wanted(r->x, host_now(), i.sa);
    isakmp_child_traffic(r->x, host_now(), c, in, out);
    t->in = in;
    t->out = out;
}

static int is_inbound(const isakmp_child_info *i, uint32_t spi)
{
    for (unsigned k = 0; k < i->n; k++)
        if (i->spi_in[k] == spi)
            return 1;
    return 0;
}

void router_take_mapping(router *r)
{
    isakmp_child_info i = {.size = sizeof i};
    isakmp_sa_info s = {.size = sizeof s};
    isakmp_child_id c = {0};
    xfrm_mapping m;
    if (xfrm_read_mapping(r->kernel, &m) != 0)
        return;
    while ((c = isakmp_child_next(r->x, (isakmp_sa_id){0}, c)).v)
        if (isakmp_child_get(r->x, c, &i) == ISAKMP_OK && is_inbound(&i, m.spi) &&
            isakmp_sa_get(r->x, i.sa, &s) == ISAKMP_OK) {
            s.path.remote = m.from;
            isakmp_sa_heard(r->x, host_now(), i.sa, &s.path);
            return;
        }
}

void router_look_at_traffic(router *r)
{
    isakmp_child_id c = {0};
    if (r->kernel == NULL || host_now() < r->look_at)
        return;
    r->look_at = host_now() + EVERY_MS;
    while ((c = isakmp_child_next(r->x, (isakmp_sa_id){0}, c)).v)
        look(r, c);
}
