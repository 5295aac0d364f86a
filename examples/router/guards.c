/* guards.c -- what the configuration wants to come through an SA, and comes in the clear, is dropped by the kernel:
 * policies for static crypto maps that stand behind those of SAs. */
#include <errno.h>
#include <string.h>
#include "router.h"

typedef void guard_change(router *r, const xfrm_guard *g);

static void add(router *r, const xfrm_guard *g)
{
    char text[120];
    if (xfrm_guard_add(r->kernel, g) == 0)
        return;
    snprintf(text, sizeof text, "%% The kernel does not take a policy: %s", strerror(errno));
    router_say(r, text);
}

static void take_away(router *r, const xfrm_guard *g)
{
    xfrm_guard_remove(r->kernel, g);
}

static isakmp_selector addresses_of(const isakmp_selector *s)
{
    isakmp_selector out = *s;
    out.proto = 0;
    out.port = 0;
    return out;
}

/* Policies of the kernel are for packets from all interfaces.  Where the far end of a line can be anybody, what our
 * own hosts say looks as if it came from there; so they are exempt.  If both ends are the same net nothing can be
 * told apart. */
static void change_one(router *r, const isakmp_ios_guard *line, xfrm_guard *g, guard_change *change)
{
    static const uint8_t last[4] = {255, 255, 255, 255};
    isakmp_selector ours = addresses_of(&line->local), theirs = addresses_of(&line->remote);
    if (line->drop && isakmp_selector_within(&ours, &theirs)) {
        xfrm_guard exempt = {.from = ours, .to = {.family = 4}, .plan = g->plan};
        if (isakmp_selector_within(&theirs, &ours))
            return;
        memcpy(exempt.to.hi, last, sizeof last);
        change(r, &exempt);
    }
    g->from = line->remote;
    g->to = line->local;
    g->drop = line->drop;
    change(r, g);
}

static void change_all(router *r, const isakmp_ios_plan *plan, uint8_t which, guard_change *change)
{
    isakmp_ios_guard line;
    xfrm_guard g = {.plan = which};
    for (size_t i = 0; plan && isakmp_ios_guard_get(plan, i, &line) == ISAKMP_OK; i++) {
        g.order = (uint32_t)i + 1;
        if (line.local.family)
            change_one(r, &line, &g, change);
    }
}

/* The new ones are there before the old ones go. */
void router_guard(router *r, const isakmp_ios_plan *plan, const isakmp_ios_plan *before)
{
    if (r->kernel == NULL || r->tun == NULL)
        return;
    change_all(r, plan, !r->guards, add);
    change_all(r, before, r->guards, take_away);
    r->guards = !r->guards;
}
