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
