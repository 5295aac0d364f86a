/* outside.c -- the interfaces that have a crypto map are the outside; everything else is the inside. */
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include "router.h"

#define MOST 16

/* The next interface with a crypto map, from the ith one on.
 *   returns  1, or 0 after the last one. */
static int next_outside(const router *r, size_t *i, isakmp_ios_interface *out)
{
    while (isakmp_ios_interface_get(r->conf, (*i)++, out) == ISAKMP_OK)
        if (out->map.n && !out->shutdown)
            return 1;
    return 0;
}

/* ---- What cannot change --------------------------------------------------------------------- */

static void put_fixed(const router *r, char *out, size_t cap)
{
    isakmp_ios_settings s = {.size = sizeof s};
    isakmp_ios_interface f;
    size_t n;
    isakmp_ios_settings_get(r->conf, &s);
    n = (size_t)snprintf(out, cap, "%u", s.nat_keepalive_s);
    for (size_t i = 0; n < cap && next_outside(r, &i, &f);) {
        char addr[64];
        isakmp_addr_text(addr, sizeof addr, &f.addr);
        n += (size_t)snprintf(out + n, cap - n, ", %.*s %s", (int)f.name.n, (const char *)f.name.p,
                              f.addr.family ? addr : "");
    }
}

void router_keep_fixed(router *r)
{
    put_fixed(r, r->fixed, sizeof r->fixed);
    memcpy(r->told, r->fixed, sizeof r->told);
}

void router_look_at_fixed(router *r)
{
    char now[sizeof r->fixed];
    put_fixed(r, now, sizeof now);
    if (!r->fixed[0] || strcmp(now, r->told) == 0)
        return;
    memcpy(r->told, now, sizeof r->told);
    if (strcmp(now, r->fixed) != 0)
        router_say(r,
                   "% The NAT keepalive, the interfaces that have a crypto map and their addresses "
                   "are those with which the router began, until it begins anew");
}

/* ---- Where we listen ------------------------------------------------------------------------ */

isakmp_addr router_outside_address(const router *r)
{
    isakmp_addr any = {.family = 4, .port = r->o.port}, one = any;
    isakmp_ios_interface f;
    unsigned n = 0;
    for (size_t i = 0; next_outside(r, &i, &f); n++)
        if (f.addr.family)
            memcpy(one.ip, f.addr.ip, sizeof one.ip);
    return n == 1 ? one : any;
}

int router_open_outside(router *r, char *error, size_t cap)
{
    static char names[MOST][IF_NAMESIZE];
    const char *outside[MOST];
    isakmp_ios_interface f;
    size_t n = 0;
    for (size_t i = 0; n < MOST && next_outside(r, &i, &f); n++) {
        snprintf(names[n], sizeof names[n], "%.*s", (int)f.name.n, (const char *)f.name.p);
        if (if_nametoindex(names[n]) == 0) {
            snprintf(error, cap, "interface %.*s: this system has none of that name", (int)f.name.n,
                     (const char *)f.name.p);
            return -1;
        }
        outside[n] = names[n];
    }
    if (n == 0)
        return 0; /* nothing is protected: nothing has to come here */
    r->tun = tun_open(outside, n, error, cap);
    return r->tun ? 0 : -1;
}
