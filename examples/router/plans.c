/* plans.c -- a change of the configuration is a new plan beside the old ones. */
#include <stdlib.h>
#include "router.h"

const isakmp_ios_plan *router_plan_now(const router *r)
{
    return r->plans->plan;
}

static void drop(router_plan *p)
{
    isakmp_ios_plan_wipe(p->plan);
    free(p->plan);
    free(p);
}

/* The old ones that no SA uses. */
static void drop_idle(router *r)
{
    router_plan **at = r->plans ? &r->plans->next : &r->plans;
    while (*at) {
        router_plan *p = *at;
        if (r->x && isakmp_ios_plan_users(p->plan, r->x)) {
            at = &p->next;
            continue;
        }
        *at = p->next;
        drop(p);
    }
}

void router_drop_plans(router *r)
{
    while (r->plans) {
        router_plan *p = r->plans;
        r->plans = p->next;
        drop(p);
    }
}

int router_replan(router *r)
{
    isakmp_ios_plan_options options = {.size = sizeof options};
    uint8_t name[ISAKMP_MAX_ID];
    router_plan *p = (router_plan *)calloc(1, sizeof *p);
    void *mem = NULL;
    router_subject(r, &options.dn, name);
    if (p) {
        p->n = isakmp_ios_plan_size(r->conf, &options);
        mem = calloc(1, p->n);
    }
    r->changed = 0;
    if (mem == NULL || isakmp_ios_plan_make(&p->plan, mem, p->n, r->conf, &options) != ISAKMP_OK) {
        free(mem);
        free(p);
        router_say(r, "% There is no memory for the new configuration; the old one goes on");
        return -1;
    }
    router_forget_attempts(r); /* which are in terms of the old one */
    router_guard(r, p->plan, r->plans ? r->plans->plan : NULL);
    p->next = r->plans;
    r->plans = p;
    drop_idle(r);
    return 0;
}
