/* host_udp.c -- UDP sockets for the examples.
 *
 * IP_PKTINFO tells to which of our addresses a datagram came, so that the answer goes out from the
 * same one: a gateway listens on "any". */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "host_udp.h"

isakmp_time host_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (isakmp_time)t.tv_sec * 1000 + (isakmp_time)t.tv_nsec / 1000000;
}

/* ---- Addresses ------------------------------------------------------------------------------ */

typedef union any_addr {
    struct sockaddr sa;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
} any_addr;

static socklen_t to_system(any_addr *out, const isakmp_addr *a)
{
    memset(out, 0, sizeof *out);
    if (a->family == 6) {
        out->v6.sin6_family = AF_INET6;
        out->v6.sin6_port = htons(a->port);
        memcpy(&out->v6.sin6_addr, a->ip, 16);
        return sizeof out->v6;
    }
    out->v4.sin_family = AF_INET;
    out->v4.sin_port = htons(a->port);
    memcpy(&out->v4.sin_addr, a->ip, 4);
    return sizeof out->v4;
}

static void from_system(isakmp_addr *out, const any_addr *a)
{
    memset(out, 0, sizeof *out);
    if (a->sa.sa_family == AF_INET6) {
        out->family = 6;
        out->port = ntohs(a->v6.sin6_port);
        memcpy(out->ip, &a->v6.sin6_addr, 16);
    } else {
        out->family = 4;
        out->port = ntohs(a->v4.sin_port);
        memcpy(out->ip, &a->v4.sin_addr, 4);
    }
}

int host_parse_port(uint16_t *out, const char *text)
{
    char *end;
    unsigned long v = strtoul(text, &end, 10);
    if (end == text || *end || v > 65535 || text[0] == '-' || text[0] == '+')
        return 0;
    *out = (uint16_t)v;
    return 1;
}

int host_parse_addr(isakmp_addr *out, const char *text, uint16_t port)
{
    char host[64];
    const char *p = text, *colon = strrchr(text, ':');
    size_t n = strlen(text);
    memset(out, 0, sizeof *out);
    out->port = port;
    if (text[0] == '[') {
        const char *close = strchr(text, ']');
        if (close == NULL || (close[1] != '\0' && close[1] != ':'))
            return 0;
        p = text + 1;
        n = (size_t)(close - p);
        colon = close[1] ? close + 1 : NULL;
    } else if (colon && strchr(text, ':') == colon) {
        n = (size_t)(colon - text);
    } else {
        colon = NULL; /* many colons and no brackets: IPv6 without a port */
    }
    if (colon && !host_parse_port(&out->port, colon + 1))
        return 0;
    if (n == 0 || n >= sizeof host)
        return 0;
    memcpy(host, p, n);
    host[n] = '\0';
    out->family = 4;
    if (inet_pton(AF_INET, host, out->ip) == 1)
        return 1;
    out->family = 6;
    return inet_pton(AF_INET6, host, out->ip) == 1;
}

/* ---- Opening -------------------------------------------------------------------------------- */

static int open_one(isakmp_addr *local, char *error, size_t cap)
{
    any_addr a;
    socklen_t n = to_system(&a, local);
    char text[64];
    int on = 1, v6 = local->family == 6, fd = socket(a.sa.sa_family, SOCK_DGRAM, 0);
    isakmp_addr_text(text, sizeof text, local);
    if (fd < 0) {
        snprintf(error, cap, "no UDP socket: %s", strerror(errno));
        return -1;
    }
    setsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_RECVPKTINFO : IP_PKTINFO, &on,
               sizeof on);
    if (v6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(fd, &a.sa, n) != 0) {
        if (errno == EADDRINUSE)
            snprintf(error, cap, "%s is in use by another program; choose another port by --local",
                     text);
        else if (errno == EACCES)
            snprintf(error, cap,
                     "no permission for %s: ports below 1024 are for root; run as root, or choose "
                     "another port by --local",
                     text);
        else
            snprintf(error, cap, "cannot listen on %s: %s", text, strerror(errno));
        close(fd);
        return -1;
    }
    n = sizeof a;
    getsockname(fd, &a.sa, &n);
    from_system(local, &a);
    return fd;
}

uint16_t host_udp_natt_port(uint16_t ike_port)
{
    return ike_port == 0 || ike_port > 61535 ? 0 : (uint16_t)(ike_port + 4000);
}

int host_udp_open(host_udp *u, const isakmp_addr *local, char *error, size_t error_cap)
{
    isakmp_addr natt = *local;
    u->local = *local;
    u->natt = -1;
    u->ike = open_one(&u->local, error, error_cap);
    if (u->ike < 0)
        return -1;
    natt.port = host_udp_natt_port(local->port);
    u->natt = open_one(&natt, error, error_cap);
    if (u->natt < 0) {
        close(u->ike);
        return -1;
    }
    return 0;
}

void host_udp_close(host_udp *u)
{
    close(u->ike);
    close(u->natt);
}

isakmp_path host_udp_path(const host_udp *u, const isakmp_addr *remote)
{
    static const uint8_t zeros[16];
    isakmp_path path;
    any_addr a;
    socklen_t n = to_system(&a, remote);
    int fd;
    memset(&path, 0, sizeof path);
    path.local = u->local;
    path.remote = *remote;
    if (memcmp(path.local.ip, zeros, sizeof zeros) != 0)
        return path;
    fd = socket(a.sa.sa_family, SOCK_DGRAM, 0);
    if (fd >= 0 && connect(fd, &a.sa, n) == 0) {
        uint16_t port = path.local.port;
        n = sizeof a;
        getsockname(fd, &a.sa, &n);
        from_system(&path.local, &a);
        path.local.port = port;
    }
    if (fd >= 0)
        close(fd);
    return path;
}

/* ---- Sending and receiving ------------------------------------------------------------------ */

/* Room for one control message with an address of ours. */
typedef union control {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
} control;

static void say_source(struct msghdr *m, control *c, const isakmp_addr *local)
{
    struct cmsghdr *h;
    memset(c, 0, sizeof *c);
    m->msg_control = c->bytes;
    m->msg_controllen = local->family == 6 ? CMSG_SPACE(sizeof(struct in6_pktinfo))
                                           : CMSG_SPACE(sizeof(struct in_pktinfo));
    h = CMSG_FIRSTHDR(m);
    if (local->family == 6) {
        struct in6_pktinfo info = {0};
        memcpy(&info.ipi6_addr, local->ip, 16);
        h->cmsg_level = IPPROTO_IPV6;
        h->cmsg_type = IPV6_PKTINFO;
        h->cmsg_len = CMSG_LEN(sizeof info);
        memcpy(CMSG_DATA(h), &info, sizeof info);
    } else {
        struct in_pktinfo info = {0};
        memcpy(&info.ipi_spec_dst, local->ip, 4);
        h->cmsg_level = IPPROTO_IP;
        h->cmsg_type = IP_PKTINFO;
        h->cmsg_len = CMSG_LEN(sizeof info);
        memcpy(CMSG_DATA(h), &info, sizeof info);
    }
}

int host_udp_send(const host_udp *u, const isakmp_path *path, isakmp_span datagram)
{
    any_addr to;
    control c;
    struct iovec io = {(void *)(uintptr_t)datagram.p, datagram.n};
    struct msghdr m = {0};
    m.msg_name = &to;
    m.msg_namelen = to_system(&to, &path->remote);
    m.msg_iov = &io;
    m.msg_iovlen = 1;
    say_source(&m, &c, &path->local);
    return sendmsg(path->natt ? u->natt : u->ike, &m, 0) == (ssize_t)datagram.n ? ISAKMP_OK
                                                                                : ISAKMP_E_HOST;
}

static void read_destination(struct msghdr *m, isakmp_addr *local)
{
    for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h; h = CMSG_NXTHDR(m, h)) {
        if (h->cmsg_level == IPPROTO_IP && h->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(h), sizeof info);
            memcpy(local->ip, &info.ipi_addr, 4);
        } else if (h->cmsg_level == IPPROTO_IPV6 && h->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(h), sizeof info);
            memcpy(local->ip, &info.ipi6_addr, 16);
        }
    }
}

static size_t receive(int fd, isakmp_path *path, uint8_t *buf, size_t cap)
{
    any_addr from, own;
    control c;
    struct iovec io = {buf, cap};
    struct msghdr m = {0};
    socklen_t n = sizeof own;
    ssize_t got;
    m.msg_name = &from;
    m.msg_namelen = sizeof from;
    m.msg_iov = &io;
    m.msg_iovlen = 1;
    m.msg_control = c.bytes;
    m.msg_controllen = sizeof c.bytes;
    got = recvmsg(fd, &m, 0);
    if (got <= 0)
        return 0;
    getsockname(fd, &own.sa, &n);
    from_system(&path->remote, &from);
    from_system(&path->local, &own);
    read_destination(&m, &path->local);
    return (size_t)got;
}

size_t host_udp_receive(const host_udp *u, int natt, isakmp_path *path, uint8_t *buf, size_t cap)
{
    memset(path, 0, sizeof *path);
    path->natt = (uint8_t)natt;
    return receive(natt ? u->natt : u->ike, path, buf, cap);
}

size_t host_udp_wait(const host_udp *u, isakmp_time deadline, isakmp_path *path, uint8_t *buf,
                     size_t cap)
{
    struct pollfd fds[2] = {{u->ike, POLLIN, 0}, {u->natt, POLLIN, 0}};
    isakmp_time now = host_now();
    uint64_t wait = deadline == ISAKMP_NEVER ? 3600000 : deadline > now ? deadline - now : 0;
    memset(path, 0, sizeof *path);
    if (poll(fds, 2, wait > 3600000 ? 3600000 : (int)wait) <= 0)
        return 0;
    return host_udp_receive(u, fds[0].revents == 0, path, buf, cap);
}
