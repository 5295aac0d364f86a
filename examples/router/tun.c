/* tun.c -- the device and its rules, by rtnetlink (libmnl).  Rules and routes are of IPv4. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fib_rules.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "netlink.h"
#include "tun.h"

/* Our table of routes; and the numbers of our rules, in their order: before the one of the main table. */
#define TABLE 500
enum {
    RULE_OWN = 501, /* what this host itself sends goes as ever */
    RULE_WRITTEN,   /* ... and what has been let go on */
    RULE_PROBE,     /* ISAKMP from the outside, to somebody else */
    RULE_OUTSIDE,   /* the rest from the outside */
    RULE_INSIDE     /* everything else comes from the inside */
};

struct tun {
    int fd;
    char name[IFNAMSIZ];
    netlink nl;
};

/* ---- Rules and routes ----------------------------------------------------------------------- */

/* What a rule looks at, and where it leads. */
typedef struct rule {
    uint32_t priority, table;
    const char *from; /* an interface; NULL: any */
    int isakmp;       /* 1: only UDP to port 500 */
} rule;

static int change_rule(tun *t, const rule *r, int add)
{
    uint8_t buf[1024];
    struct nlmsghdr *h =
        netlink_begin(buf, add ? RTM_NEWRULE : RTM_DELRULE, add ? NLM_F_CREATE | NLM_F_EXCL : 0);
    struct fib_rule_hdr *f = (struct fib_rule_hdr *)mnl_nlmsg_put_extra_header(h, sizeof *f);
    f->family = AF_INET;
    f->action = FR_ACT_TO_TBL;
    mnl_attr_put_u32(h, FRA_PRIORITY, r->priority);
    mnl_attr_put_u32(h, FRA_TABLE, r->table);
    if (r->from)
        mnl_attr_put_strz(h, FRA_IIFNAME, r->from);
    if (r->isakmp) {
        struct fib_rule_port_range range = {500, 500};
        mnl_attr_put_u8(h, FRA_IP_PROTO, IPPROTO_UDP);
        mnl_attr_put(h, FRA_DPORT_RANGE, sizeof range, &range);
    }
    return netlink_ask(&t->nl, h);
}

/* Our table leads into the device. */
static int add_route(tun *t)
{
    uint8_t buf[1024];
    struct nlmsghdr *h = netlink_begin(buf, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE);
    struct rtmsg *r = (struct rtmsg *)mnl_nlmsg_put_extra_header(h, sizeof *r);
    r->rtm_family = AF_INET;
    r->rtm_protocol = RTPROT_STATIC;
    r->rtm_scope = RT_SCOPE_LINK;
    r->rtm_type = RTN_UNICAST;
    r->rtm_table = RT_TABLE_UNSPEC;
    mnl_attr_put_u32(h, RTA_TABLE, TABLE);
    mnl_attr_put_u32(h, RTA_OIF, if_nametoindex(t->name));
    return netlink_ask(&t->nl, h);
}

/* Linux lets nothing in through a device without an address where it looks at sources at all, so it has the one
 * that stands for none [RFC7600]. */
static int add_address(tun *t)
{
    static const uint8_t dummy[4] = {192, 0, 0, 8};
    uint8_t buf[1024];
    struct nlmsghdr *h = netlink_begin(buf, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);
    struct ifaddrmsg *a = (struct ifaddrmsg *)mnl_nlmsg_put_extra_header(h, sizeof *a);
    a->ifa_family = AF_INET;
    a->ifa_prefixlen = 32;
    a->ifa_scope = RT_SCOPE_HOST;
    a->ifa_index = if_nametoindex(t->name);
    mnl_attr_put(h, IFA_LOCAL, sizeof dummy, dummy);
    mnl_attr_put(h, IFA_ADDRESS, sizeof dummy, dummy);
    return netlink_ask(&t->nl, h);
}

static int bring_up(tun *t)
{
    uint8_t buf[1024];
    struct nlmsghdr *h = netlink_begin(buf, RTM_NEWLINK, 0);
    struct ifinfomsg *i = (struct ifinfomsg *)mnl_nlmsg_put_extra_header(h, sizeof *i);
    i->ifi_index = (int)if_nametoindex(t->name);
    i->ifi_flags = IFF_UP;
    i->ifi_change = IFF_UP;
    return netlink_ask(&t->nl, h);
}

static void remove_rules(tun *t)
{
    for (uint32_t p = RULE_OWN; p <= RULE_INSIDE; p++) {
        rule r = {p, p == RULE_PROBE || p == RULE_INSIDE ? TABLE : RT_TABLE_MAIN, NULL, 0};
        while (change_rule(t, &r, 0) == 0)
            ;
    }
}

static int add_rules(tun *t, const char *const *outside, size_t n)
{
    rule own = {RULE_OWN, RT_TABLE_MAIN, "lo", 0},
         written = {RULE_WRITTEN, RT_TABLE_MAIN, t->name, 0};
    rule inside = {RULE_INSIDE, TABLE, NULL, 0};
    int rc = add_route(t);
    if (rc == 0)
        rc = change_rule(t, &own, 1);
    if (rc == 0)
        rc = change_rule(t, &written, 1);
    for (size_t i = 0; i < n && rc == 0; i++) {
        rule probe = {RULE_PROBE, TABLE, outside[i], 1},
             rest = {RULE_OUTSIDE, RT_TABLE_MAIN, outside[i], 0};
        rc = change_rule(t, &probe, 1);
        if (rc == 0)
            rc = change_rule(t, &rest, 1);
    }
    return rc == 0 ? change_rule(t, &inside, 1) : rc;
}

/* ---- The device ---------------------------------------------------------------------------- */

static int make_device(tun *t)
{
    struct ifreq r;
    t->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (t->fd < 0)
        return -1;
    memset(&r, 0, sizeof r);
    snprintf(r.ifr_name, sizeof r.ifr_name, "isakmp%%d");
    r.ifr_flags = IFF_TUN | IFF_NO_PI;
    if (ioctl(t->fd, TUNSETIFF, &r) != 0)
        return -1;
    memcpy(t->name, r.ifr_name, sizeof t->name);
    return 0;
}

/* Packets that are let go on have addresses that do not belong to the device: a way to them, through whatever
 * interface, is enough. */
static void trust_sources(const tun *t)
{
    char path[80];
    int fd;
    snprintf(path, sizeof path, "/proc/sys/net/ipv4/conf/%s/rp_filter", t->name);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        if (write(fd, "2", 1) != 1)
            perror(path);
        close(fd);
    }
}

tun *tun_open(const char *const *outside, size_t n, char *error, size_t cap)
{
    tun *t = (tun *)calloc(1, sizeof *t);
    if (t == NULL) {
        snprintf(error, cap, "there is no memory");
        return NULL;
    }
    t->fd = -1;
    if (netlink_open(&t->nl, NETLINK_ROUTE) != 0 || make_device(t) != 0 || bring_up(t) != 0 ||
        add_address(t) != 0) {
        snprintf(error, cap, "a TUN device cannot be made: %s", strerror(errno));
        tun_close(t);
        return NULL;
    }
    trust_sources(t);
    remove_rules(t); /* those of a router that was killed */
    if (add_rules(t, outside, n) != 0) {
        snprintf(error, cap, "rules of routing cannot be made: %s", strerror(errno));
        tun_close(t);
        return NULL;
    }
    return t;
}

void tun_close(tun *t)
{
    if (t == NULL)
        return;
    if (t->name[0])
        remove_rules(t);
    netlink_close(&t->nl);
    if (t->fd >= 0)
        close(t->fd);
    free(t);
}

int tun_fd(const tun *t)
{
    return t->fd;
}

size_t tun_read(const tun *t, uint8_t *buf, size_t cap)
{
    ssize_t n = read(t->fd, buf, cap);
    return n > 0 ? (size_t)n : 0;
}

/* Full queues lose packets, as on any wire. */
void tun_write(const tun *t, const uint8_t *packet, size_t n)
{
    if (write(t->fd, packet, n) < 0)
        return;
}
