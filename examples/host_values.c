/* host_values.c -- values of options. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "host_udp.h"
#include "host_values.h"

int host_complain(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    vfprintf(stderr, format, ap);
    va_end(ap);
    fputc('\n', stderr);
    return 2;
}

int host_parse_number(unsigned *out, const char *text, unsigned least, unsigned most)
{
    char *end;
    unsigned long v;
    errno = 0;
    v = strtoul(text, &end, 10);
    if (errno || text[0] < '0' || text[0] > '9' || *end || v < least || v > most)
        return 0;
    *out = (unsigned)v;
    return 1;
}

int host_read_number(unsigned *out, const char *option, const char *what, const char *text,
                     unsigned least, unsigned most)
{
    *out = 0;
    if (host_parse_number(out, text, least, most))
        return -1;
    if (most == INT32_MAX)
        return host_complain("--%s takes %s from %u to %u, not \"%s\"", option, what, least, most,
                             text);
    return host_complain("--%s takes %u to %u %s, not \"%s\"", option, least, most, what, text);
}

int host_read_addr(isakmp_addr *out, const char *option, const char *text)
{
    if (host_parse_addr(out, text, 500))
        return -1;
    return host_complain(
        "--%s takes an address such as 192.0.2.1, 192.0.2.1:500 or [2001:db8::1]:500, "
        "where a port is 0 to 65535, not \"%s\"",
        option, text);
}

static int is_ip4(isakmp_addr *out, const char *text)
{
    return host_parse_addr(out, text, 0) && out->family == 4 && out->port == 0 &&
           strchr(text, ':') == NULL;
}

int host_read_ip4(isakmp_addr *out, const char *option, const char *text)
{
    return is_ip4(out, text)
               ? -1
               : host_complain("--%s takes an address such as 10.1.0.1, not \"%s\"", option, text);
}

int host_read_range(isakmp_addr out[2], const char *option, const char *text)
{
    char first[16] = "";
    size_t n = strcspn(text, "-");
    if (n < sizeof first)
        memcpy(first, text, n);
    if (text[n] == '-' && is_ip4(&out[0], first) && is_ip4(&out[1], text + n + 1) &&
        memcmp(out[0].ip, out[1].ip, 4) <= 0)
        return -1;
    return host_complain("--%s takes the first and the last of some addresses, such as "
                         "10.1.0.1-10.1.0.99, not \"%s\"",
                         option, text);
}

int host_read_line(char *out, size_t cap, const char *option, const char *file)
{
    FILE *f = fopen(file, "r");
    int why = 0;
    memset(out, 0, cap);
    if (f == NULL)
        return host_complain("--%s %s: %s", option, file, strerror(errno));
    if (fgets(out, (int)cap, f) == NULL) {
        why = ferror(f) ? errno : 0; /* a directory opens, but cannot be read */
        out[0] = '\0';
    }
    fclose(f);
    if (why)
        return host_complain("--%s %s: %s", option, file, strerror(why));
    out[strcspn(out, "\r\n")] = '\0';
    return -1;
}

/* The addresses whose first bits are those of an address. */
static void set_net(isakmp_selector *out, const isakmp_addr *a, unsigned long bits)
{
    memset(out, 0, sizeof *out);
    out->family = a->family;
    for (size_t i = 0; i < (a->family == 6 ? 16 : 4); i++, bits -= bits < 8 ? bits : 8) {
        uint8_t mask = (uint8_t)(0xff00u >> (bits < 8 ? bits : 8));
        out->lo[i] = a->ip[i] & mask;
        out->hi[i] = (uint8_t)(out->lo[i] | (uint8_t)~mask);
    }
}

/* "10.1.0.0/16" or an address. */
int host_read_net(isakmp_selector *out, const char *option, const char *text)
{
    char host[64], net[64];
    const char *slash = strchr(text, '/');
    size_t n = slash ? (size_t)(slash - text) : strlen(text);
    isakmp_addr a;
    unsigned long bits, most;
    char *end = NULL;
    if (n < sizeof host) {
        memcpy(host, text, n);
        host[n] = '\0';
    }
    if (n >= sizeof host || strchr(host, '[') || !host_parse_addr(&a, host, 0) || a.port)
        return host_complain(
            "--%s takes a network such as 10.1.0.0/16 or 2001:db8::/32, not \"%s\"", option, text);
    most = a.family == 6 ? 128 : 32;
    bits = slash ? strtoul(slash + 1, &end, 10) : most;
    if (slash && (slash[1] < '0' || slash[1] > '9' || *end || bits > most))
        return host_complain("--%s: the prefix length in \"%s\" must be 0 to %lu", option, text,
                             most);
    set_net(out, &a, bits);
    if (memcmp(out->lo, a.ip, most / 8) != 0) {
        isakmp_selector_text(net, sizeof net, out);
        return host_complain("--%s: \"%s\" has bits beyond its prefix; the network is %s", option,
                             text, net);
    }
    return -1;
}
