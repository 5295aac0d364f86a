/* host_hosts.c -- a table of hosts and their addresses. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include "host_hosts.h"
#include "host_udp.h"

static int is_name(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)text[i]) && strchr("-._", text[i]) == NULL)
            return 0;
    return n > 0;
}

static isakmp_span without_dot(isakmp_span name)
{
    if (name.n && name.p[name.n - 1] == '.')
        name.n--;
    return name;
}

static int is_same(isakmp_span a, isakmp_span b)
{
    a = without_dot(a);
    b = without_dot(b);
    for (size_t i = 0; a.n == b.n && i < a.n; i++)
        if (tolower(a.p[i]) != tolower(b.p[i]))
            return 0;
    return a.n == b.n;
}

int host_hosts_add(host_hosts *t, const char *text, char *error, size_t cap)
{
    size_t n = strcspn(text, "=");
    isakmp_span name = {(const uint8_t *)text, n};
    isakmp_addr addr;
    if (text[n] != '=' || !is_name(text, without_dot(name).n) ||
        !host_parse_addr(&addr, text + n + 1, 0) || addr.port || text[n + 1] == '[') {
        snprintf(error, cap,
                 "takes a name and an address, such as gate.example=192.0.2.1 or "
                 "gate.example=2001:db8::1, not \"%s\"",
                 text);
        return 0;
    }
    if (t->n == HOST_MAX_HOSTS) {
        snprintf(error, cap, "may be given %u times", (unsigned)HOST_MAX_HOSTS);
        return 0;
    }
    t->hosts[t->n].name = name;
    t->hosts[t->n++].addr = addr;
    return 1;
}

const isakmp_addr *host_hosts_find(const host_hosts *t, isakmp_span name, size_t i)
{
    for (size_t k = 0; k < t->n; k++)
        if (is_same(t->hosts[k].name, name) && i-- == 0)
            return &t->hosts[k].addr;
    return NULL;
}

int host_hosts_is_at(void *table, isakmp_span name, const isakmp_addr *addr)
{
    const isakmp_addr *at;
    for (size_t i = 0; (at = host_hosts_find(table, name, i)) != NULL; i++)
        if (at->family == addr->family && memcmp(at->ip, addr->ip, sizeof at->ip) == 0)
            return 1;
    return 0;
}
