/* isakmp/modecfg.h -- Mode Config: the attributes that a gateway gives its clients, as values; and pools of
 * addresses [draft-dukes-ike-mode-cfg-02].
 *
 *     isakmp_cfg_reader r = isakmp_cfg_values(ev->assignment->attrs);
 *     isakmp_cfg_value v;
 *     while (isakmp_cfg_next(&r, &v) == ISAKMP_OK)
 *         if (v.type == ISAKMP_CFG_IP4_DNS && v.form == ISAKMP_CFG_ADDR)
 *             use_dns(v.addrs.lo);
 *
 * Texts are what the peer chose to send.  A host that passes them to a shell, to a script or into a file is
 * taken over by the gateway, and by whoever sits there. */
#ifndef ISAKMP_MODECFG_H
#define ISAKMP_MODECFG_H

#include "policy.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Attributes --------------------------------------------------------------------------- */

/* What a value is. */
enum {
    ISAKMP_CFG_EMPTY = 0, /* there is none: it is asked for, or acknowledged                     */
    ISAKMP_CFG_ADDR,      /* an address, or a mask: addrs.lo                                     */
    ISAKMP_CFG_NET,       /* a subnet, of split tunnels also with protocol and port: addrs       */
    ISAKMP_CFG_NUMBER,    /* number                                                              */
    ISAKMP_CFG_TEXT, /* data is UTF-8 that can be printed: no control characters, but for the ends of
                             lines in a banner; not empty, never ended by a zero                 */
    ISAKMP_CFG_OCTETS /* data is something else: the attribute is not known, or its value is not what
                             it should be                                                        */
};

typedef struct isakmp_cfg_value {
    uint16_t type;         /* ISAKMP_CFG_IP4_ADDRESS and so on, or a number nobody knows         */
    uint8_t form;          /* ISAKMP_CFG_EMPTY to _OCTETS                                        */
    isakmp_selector addrs; /* port: that of the destination; the source's is not told            */
    uint32_t number;       /* of an IPv6 address: the length of its prefix, 0 if it was not said */
    isakmp_span data;      /* the octets of the value; of a list, those of this element          */
} isakmp_cfg_value;

typedef struct isakmp_cfg_reader {
    isakmp_reader attrs;
    isakmp_attr attr; /* whose values come next                                                  */
    size_t at;        /* ... and where                                                           */
    uint8_t more;     /* 1: it has some                                                          */
} isakmp_cfg_reader;

/* A reader over the attributes of isakmp_cfg or isakmp_assignment.  [q] */
ISAKMP_API isakmp_cfg_reader isakmp_cfg_values(isakmp_span attrs);
/* The next value.  Attributes that hold lists (subnets of split tunnels, names, supported attributes) give
 * one element after the other.
 *   out      refers to the octets that are read.
 *   returns  ISAKMP_OK, ISAKMP_NONE at the end, or ISAKMP_E_MALFORMED if a length does not fit.  [q] */
ISAKMP_API int isakmp_cfg_next(isakmp_cfg_reader *r, isakmp_cfg_value *out);

/* Write n values of one attribute, as isakmp_cfg_next() gives them: a list as one attribute, others as one
 * each.  What cannot be written in the attribute's form makes the writer faulty.  [q] */
ISAKMP_API void isakmp_wr_cfg_values(isakmp_writer *w, const isakmp_cfg_value *v, size_t n);
/* Write an attribute that is an address; nothing if its family is 0.  [q] */
ISAKMP_API void isakmp_wr_cfg_addr(isakmp_writer *w, uint16_t type, const isakmp_addr *a);

/* ---- What a client has -------------------------------------------------------------------- */

typedef struct isakmp_assignment {
    isakmp_addr ip4, ip6; /* its addresses, without ports; family 0: none                        */
    uint8_t ours;         /* 1: we are the client, 0: the gateway                                */
    uint8_t kept;         /* 1: what it had under an ISAKMP SA before this one, taken over       */
    isakmp_span attrs; /* all that was said with it, for isakmp_cfg_values(); of one that ends or is
                             kept: empty                                                         */
} isakmp_assignment;

/* ---- Pools of addresses --------------------------------------------------------------------- */

/* A pool has the addresses from the first one to the last, in memory of the caller's.  It knows nothing of
 * SAs: isakmp_host.assign takes an address from it, and ISAKMP_EV_CONFIG_END gives it back.  Several
 * contexts may share one, if they share a thread. */

/* How much of a client's name is kept, to be shown. */
#define ISAKMP_LEASE_NAME 32

typedef struct isakmp_lease {
    uint64_t who;                    /* a hash of the client's name, 0: nobody ever had it     */
    uint32_t head, next;             /* a bucket of clients, and the next lease in its own     */
    uint32_t before, after;          /* among those that are free, longest first               */
    uint8_t used;                    /* 1: somebody has it now                                 */
    uint8_t name_n;                  /* octets of name                                         */
    uint8_t name[ISAKMP_LEASE_NAME]; /* whose it is, or was: the beginning                     */
} isakmp_lease;

typedef struct isakmp_addr_pool {
    isakmp_lease *leases;
    uint32_t n, used; /* addresses, and how many of them somebody has                            */
    uint32_t oldest, newest;
    isakmp_addr first;
} isakmp_addr_pool;

/* Make a pool.
 *   leases   n elements, caller's memory while the pool is in use; one for each address.  If there are
 *            fewer, so many addresses are used.
 *   first, last  of one family; the ports are not looked at.
 *   returns  ISAKMP_OK or ISAKMP_E_ARG.  [q] */
ISAKMP_API int isakmp_addr_pool_init(isakmp_addr_pool *p, isakmp_lease *leases, size_t n,
                                     const isakmp_addr *first, const isakmp_addr *last);
/* An address for a client: the one that it had before, if it is free, else one that nobody has had, or not
 * for the longest time.  It costs the same in a pool of any size.
 *   who      the client's name, such as the data of its identity, or its user.  The same name twice has two
 *            addresses.
 *   out      gets the address, with port 0.
 *   returns  ISAKMP_OK, or ISAKMP_NONE if none is free.  [q] */
ISAKMP_API int isakmp_addr_pool_lease(isakmp_addr_pool *p, isakmp_span who, isakmp_addr *out);
/* An address is free again.
 *   returns  ISAKMP_OK, or ISAKMP_NONE if it is not of this pool, or nobody has it.  [q] */
ISAKMP_API int isakmp_addr_pool_release(isakmp_addr_pool *p, const isakmp_addr *a);
/* Looking: the address at a place and its lease.
 *   i        from 0.
 *   returns  the lease, or NULL after the last address.  [q] */
ISAKMP_API const isakmp_lease *isakmp_addr_pool_get(const isakmp_addr_pool *p, size_t i,
                                                    isakmp_addr *out);

#ifdef __cplusplus
}
#endif
#endif
