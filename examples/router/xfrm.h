/* xfrm.h -- SAs and policies for a Linux kernel: given to it through netlink, or written down as the commands
 * of `ip xfrm` that would do the same. */
#ifndef ROUTER_XFRM_H
#define ROUTER_XFRM_H

#include <stdio.h>
#include "isakmp/isakmp.h"

/* What the kernel calls the algorithms of a protection.  A name is NULL where there is none. */
typedef struct xfrm_names {
    const char *cipher, *integ, *aead;
    unsigned icv_bits; /* of integ or aead */
} xfrm_names;
/* returns  1, or 0 if the kernel has no name for one of them. */
int xfrm_names_of(xfrm_names *out, const isakmp_sad_entry *e);

/* An SA and its place: with what else it protects the same packets, innermost first. */
typedef struct xfrm_sa {
    const isakmp_sad_entry *e;
    isakmp_protect bundle[ISAKMP_MAX_BUNDLE];
    size_t n_bundle;
} xfrm_sa;

/* Of a bundle in tunnel mode only the innermost makes the tunnel: the others go into the same outer header.
 *   returns  ISAKMP_MODE_* of the protection at a place of the bundle, and of the SA itself. */
uint8_t xfrm_mode_at(const xfrm_sa *sa, size_t i);
uint8_t xfrm_mode(const xfrm_sa *sa);

/* Whose packets an SA is for, as the kernel sees them.  In transport mode they have the addresses of the SA itself,
 * whatever the peer has proposed: where there is a NAT, that is the address which it has behind it. */
typedef struct xfrm_flow {
    isakmp_selector local, remote;
} xfrm_flow;
xfrm_flow xfrm_flow_of(const isakmp_sad_entry *e);

/* What ties an SA to the policies for its traffic: the same number for the same flow, so that an SA can take the
 * place of another. */
uint32_t xfrm_request_id(const isakmp_sad_entry *e);
/* The prefix that a range of addresses is, in bits; -1 if it is none: the kernel knows only prefixes. */
int xfrm_prefix(const isakmp_selector *s);

/* ---- The kernel ---------------------------------------------------------------------------- */

typedef struct xfrm_kernel xfrm_kernel;

/* NULL, after one sentence in error, if there is no such kernel, or no permission. */
xfrm_kernel *xfrm_open(char *error, size_t cap);
void xfrm_close(xfrm_kernel *k);
/* Our own ISAKMP passes beside all policies, and from the second socket on, the kernel takes ESP out of UDP.
 *   returns  0, or -1 after one sentence in error. */
int xfrm_adopt(int ike, int natt, char *error, size_t cap);
/* Add an SA and the policies that use it; those of an earlier SA for the same traffic are taken over.
 *   returns  0, or -1 after one sentence in error. */
int xfrm_add(xfrm_kernel *k, const xfrm_sa *sa, char *error, size_t cap);
/* Take it out again.
 *   last  1: no other SA is for the same traffic, so the policies go with it. */
void xfrm_delete(xfrm_kernel *k, const xfrm_sa *sa, int last);

/* An SA has other ends from now on; its keys and its sequence numbers stay.
 *   last  1: no other SA is for the traffic that it was for.
 *   returns  0, or -1 after one sentence in error. */
int xfrm_move(xfrm_kernel *k, const xfrm_sa *before, const xfrm_sa *now, int last, char *error,
              size_t cap);

/* A packet that is proven to be the peer's, and new, has come in UDP from elsewhere. */
typedef struct xfrm_mapping {
    uint32_t spi; /* of ours */
    isakmp_addr from;
} xfrm_mapping;
/* Where the kernel says that. */
int xfrm_news_fd(const xfrm_kernel *k);
/* returns  0, or -1 if it has said something else. */
int xfrm_read_mapping(xfrm_kernel *k, xfrm_mapping *out);

/* What is to come through an SA and comes in the clear.  The first guard that is like a packet decides, and none
 * does if an SA's policy is for it. */
typedef struct xfrm_guard {
    isakmp_selector from, to; /* prefixes */
    uint8_t drop;             /* 0: it may come in */
    uint8_t plan;             /* 0 or 1: those of two plans do not know of each other */
    uint32_t order;
} xfrm_guard;
/* Of two for the same selectors the one that was there first stays.
 *   returns  0, or -1. */
int xfrm_guard_add(xfrm_kernel *k, const xfrm_guard *g);
void xfrm_guard_remove(xfrm_kernel *k, const xfrm_guard *g);
/* Remove all: those of a router that was killed. */
void xfrm_guards_clear(xfrm_kernel *k);
/* What a socket is there to receive comes in beside all policies. */
int xfrm_pass_in(int fd);

/* How much has passed through an SA.
 *   returns  0, or -1 if there is no such SA. */
int xfrm_count(xfrm_kernel *k, const isakmp_addr *to, uint8_t proto, uint32_t spi,
               uint64_t *packets, uint64_t *octets);

/* ---- Commands ------------------------------------------------------------------------------ */

void xfrm_print_add(FILE *f, const xfrm_sa *sa);
void xfrm_print_delete(FILE *f, const xfrm_sa *sa, int last);
/* `ip xfrm` has no command for it without the keys: so it is a remark. */
void xfrm_print_move(FILE *f, const isakmp_sad_entry *before, const isakmp_sad_entry *now);

#endif
