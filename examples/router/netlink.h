/* netlink.h -- questions to the kernel, and its yes or no. */
#ifndef ROUTER_NETLINK_H
#define ROUTER_NETLINK_H

#include <libmnl/libmnl.h>

typedef struct netlink {
    struct mnl_socket *socket;
    unsigned seq;
} netlink;

/* returns  0, or -1 with errno. */
int netlink_open(netlink *n, int family);
/* Hear what the kernel says to a group (XFRMNLGRP_MAPPING and its kin) without being asked.
 *   returns  0, or -1 with errno. */
int netlink_join(netlink *n, int group);
void netlink_close(netlink *n);
/* A message begins in buf, to which attributes are then added; flags: NLM_F_CREATE and its kin. */
struct nlmsghdr *netlink_begin(void *buf, uint16_t type, uint16_t flags);
/* Send it and wait for the answer.
 *   found    is called with what was asked for; returns MNL_CB_OK.
 *   returns  0, or -1 with errno. */
int netlink_get(netlink *n, struct nlmsghdr *h, mnl_cb_t found, void *user);
int netlink_ask(netlink *n, struct nlmsghdr *h);

#endif
