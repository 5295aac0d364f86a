/* netlink.c -- one message, one answer. */
#include <string.h>
#include "netlink.h"

int netlink_open(netlink *n, int family)
{
    memset(n, 0, sizeof *n);
    n->socket = mnl_socket_open(family);
    return n->socket ? mnl_socket_bind(n->socket, 0, MNL_SOCKET_AUTOPID) : -1;
}

int netlink_join(netlink *n, int group)
{
    return mnl_socket_setsockopt(n->socket, NETLINK_ADD_MEMBERSHIP, &group, sizeof group);
}

void netlink_close(netlink *n)
{
    if (n->socket)
        mnl_socket_close(n->socket);
    n->socket = NULL;
}

struct nlmsghdr *netlink_begin(void *buf, uint16_t type, uint16_t flags)
{
    struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
    h->nlmsg_type = type;
    h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
    return h;
}

int netlink_get(netlink *n, struct nlmsghdr *h, mnl_cb_t found, void *user)
{
    uint8_t buf[8192];
    ssize_t got;
    int rc;
    h->nlmsg_seq = ++n->seq;
    if (mnl_socket_sendto(n->socket, h, h->nlmsg_len) < 0)
        return -1;
    do { /* what was asked for, if anything, and then the acknowledgement */
        got = mnl_socket_recvfrom(n->socket, buf, sizeof buf);
        rc = got < 0 ? -1
                     : mnl_cb_run(buf, (size_t)got, n->seq, mnl_socket_get_portid(n->socket), found,
                                  user);
    } while (rc > 0);
    return rc;
}

int netlink_ask(netlink *n, struct nlmsghdr *h)
{
    return netlink_get(n, h, NULL, NULL);
}
