/* sas.c -- where IPsec SAs go. */
#include <string.h>
#include "router.h"

/* What protects the same packets, from the inside to the outside: AH is always the outermost. */
static void gather(const router *r, isakmp_child_id child, const isakmp_sad_entry *e, xfrm_sa *out)
{
    isakmp_child_info i = {.size = sizeof i};
    memset(out, 0, sizeof *out);
    out->e = e;
    if (isakmp_child_get(r->x, child, &i) != ISAKMP_OK || i.n == 0) {
        out->bundle[out->n_bundle++] = e->algs;
        return;
    }
    for (unsigned k = 0; k < i.n; k++)
        if (i.protect[k].proto != ISAKMP_PROTO_AH)
            out->bundle[out->n_bundle++] = i.protect[k];
    for (unsigned k = 0; k < i.n; k++)
        if (i.protect[k].proto == ISAKMP_PROTO_AH)
            out->bundle[out->n_bundle++] = i.protect[k];
}

static int same_traffic(const router *r, const isakmp_child_info *i, const isakmp_sad_entry *e)
{
    isakmp_sad_entry other = {.mode = i->mode, .local = i->local, .remote = i->remote};
    isakmp_sa_info sa = {.size = sizeof sa};
    xfrm_flow a = xfrm_flow_of(e), b;
    if (isakmp_sa_get(r->x, i->sa, &sa) != ISAKMP_OK)
        return 0;
    other.src = sa.path.local;
    other.dst = sa.path.remote;
    b = xfrm_flow_of(&other);
    return memcmp(&a, &b, sizeof a) == 0;
}

/* Is no other child for the same traffic? */
static int is_last(const router *r, isakmp_child_id child, const isakmp_sad_entry *e)
{
    isakmp_child_info i = {.size = sizeof i};
    isakmp_child_id c = {0};
    while ((c = isakmp_child_next(r->x, (isakmp_sa_id){0}, c)).v)
        if (c.v != child.v && isakmp_child_get(r->x, c, &i) == ISAKMP_OK &&
            i.state == ISAKMP_CHILD_UP && same_traffic(r, &i, e))
            return 0;
    return 1;
}

/* Linux lets checksums pass that a NAT has made wrong, and does not want to know with which addresses they were made:
 * so whoever watches is told. */
static void say_originals(router *r, const isakmp_sad_entry *e)
{
    char remote[64], local[64] = "unknown", text[256];
    if (!r->debugs || !e->inbound || e->original_remote.family == 0)
        return;
    isakmp_addr_text(remote, sizeof remote, &e->original_remote);
    if (e->original_local.family)
        isakmp_addr_text(local, sizeof local, &e->original_local);
    snprintf(text, sizeof text, "ISAKMP: original addresses: the peer's is %s, ours %s\n", remote,
             local);
    router_say(r, text);
}

int router_install(router *r, isakmp_child_id child, const isakmp_sad_entry *e)
{
    char error[160];
    xfrm_sa sa;
    gather(r, child, e, &sa);
    if (r->sa_log)
        xfrm_print_add(r->sa_log, &sa);
    say_originals(r, e);
    if (r->kernel == NULL || xfrm_add(r->kernel, &sa, error, sizeof error) == 0)
        return ISAKMP_OK;
    router_say(r, error);
    return ISAKMP_E_HOST;
}

void router_remove(router *r, isakmp_child_id child, const isakmp_sad_entry *e)
{
    int last = is_last(r, child, e);
    xfrm_sa sa;
    gather(r, child, e, &sa);
    if (r->sa_log)
        xfrm_print_delete(r->sa_log, &sa, last);
    if (r->kernel)
        xfrm_delete(r->kernel, &sa, last);
}

void router_move(router *r, isakmp_child_id child, const isakmp_sad_entry *e,
                 const isakmp_addr *src, const isakmp_addr *dst)
{
    isakmp_sad_entry moved = *e;
    int last = is_last(r, child, e);
    char error[160];
    xfrm_sa before, now;
    moved.src = *src;
    moved.dst = *dst;
    gather(r, child, e, &before);
    now = before;
    now.e = &moved;
    if (r->sa_log)
        xfrm_print_move(r->sa_log, e, &moved);
    if (r->kernel && xfrm_move(r->kernel, &before, &now, last, error, sizeof error) != 0)
        router_say(r, error);
}
