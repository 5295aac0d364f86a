/* ext/ted.h -- Tunnel Endpoint Discovery: what its files share.
 *
 *   ted.c         the initiator: discoveries, and replies to them;
 *   ted_answer.c  the responder: probes;
 *   ted_wire.c    the two messages. */
#ifndef ISAKMP_LIB_TED_H
#define ISAKMP_LIB_TED_H

#include "sa/sa.h"

/* ---- The messages (ted_wire.c) --------------------------------------------------------------- */

/* What stands in an address of the IP header, or in an Identification payload. */
typedef enum isakmp__ted_part {
    ISAKMP__TED_GATEWAY = 0, /* the sender's own address, for ISAKMP                             */
    ISAKMP__TED_PROXY,       /* the sender's half of the proxy: what it protects                 */
    ISAKMP__TED_SOURCE,      /* of the flow                                                      */
    ISAKMP__TED_DESTINATION, /* of the flow                                                      */
    ISAKMP__TED_ASKER,       /* the gateway that the probe is from                               */
    ISAKMP__TED_PARTS
} isakmp__ted_part;

typedef struct isakmp__ted_layout {
    uint8_t exchange;
    uint8_t from, to; /* isakmp__ted_part: in the IP header                                  */
    uint8_t n, n_all; /* Identification payloads: always, and if we are told to              */
    uint8_t ids[3];   /* isakmp__ted_part of each, in this order                             */
} isakmp__ted_layout;

extern const isakmp__ted_layout isakmp__ted_probe, isakmp__ted_reply;

/* Everything that may stand in a message: the parts that its layout names must be set. */
typedef struct isakmp__ted_facts {
    isakmp_selector part[ISAKMP__TED_PARTS];
    uint8_t cky_i[ISAKMP_COOKIE_SIZE], cky_r[ISAKMP_COOKIE_SIZE];
    uint8_t all; /* 1: with the Identification payloads that may be left out */
} isakmp__ted_facts;

/* Octets of the longest message that we write. */
#define ISAKMP__TED_MAX 144

/* Write a message.  A probe is made at least as long as any reply to it.
 *   buf      ISAKMP__TED_MAX octets.
 *   returns  its octets in buf; none if it does not fit. */
isakmp_span isakmp__ted_write(uint8_t *buf, const isakmp__ted_layout *l,
                              const isakmp__ted_facts *f);
/* The path of a message, between two ports that are the same. */
isakmp_path isakmp__ted_path(const isakmp__ted_layout *l, const isakmp__ted_facts *f, uint16_t port,
                             uint32_t ifindex);
/* Read what a message says about a part; 0 if it says nothing, or nothing about addresses.  Of a gateway's
 * protocol and port nothing is read. */
int isakmp__ted_read(isakmp_selector *out, const isakmp_msg *m, const isakmp__ted_layout *l,
                     isakmp__ted_part part);
/* Is a message in the clear, outside of any SA, and between addresses of one family? */
int isakmp__ted_is_sound(const isakmp_msg *m, const isakmp_path *path);

/* Can an address be somebody's, of all that there are? */
int isakmp__ted_is_host(const isakmp_addr *a);
/* A selector of one address as that address, with a port. */
isakmp_addr isakmp__ted_addr(const isakmp_selector *s, uint16_t port);

/* ---- Both sides (ted.c) ---------------------------------------------------------------------- */

/* How much was sent in this second. */
isakmp__ted_rate *isakmp__ted_this_second(isakmp_ctx *x);
/* The discovery that a cookie is of; NULL if there is none. */
isakmp__discovery *isakmp__ted_find(const isakmp_ctx *x, const uint8_t *cky_i);

/* ---- Entrances ------------------------------------------------------------------------------- */

/* isakmp_discover() and isakmp_discover_end(), inside the guard. */
int isakmp__ted_discover(isakmp_ctx *x, const isakmp_discovery *d);
void isakmp__ted_end(isakmp_ctx *x, const isakmp_child_policy *policy);

/* A probe has come (ted_answer.c).
 *   returns  ISAKMP_PENDING: it was for us, answered or not; or an isakmp_detail: it was not. */
unsigned isakmp__ted_answer(isakmp_ctx *x, const isakmp_msg *m, const isakmp_path *path);

#endif
