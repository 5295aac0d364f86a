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

/* Everything that may stand in a message: what its layout names must be set.  Ports are not looked at. */
typedef struct isakmp__ted_facts {
    const isakmp_addr *addr[ISAKMP__TED_PARTS]; /* but for the proxy */
    const isakmp_selector *proxy;
    uint8_t cky_i[ISAKMP_COOKIE_SIZE], cky_r[ISAKMP_COOKIE_SIZE];
    uint8_t all;      /* 1: with the Identification payloads that may be left out                */
    uint16_t port;    /* from and to which it goes                                               */
    uint32_t ifindex; /* of its path                                                             */
} isakmp__ted_facts;

/* Send a message.  A probe goes as if it were from the flow's source, and is made at least as long as any
 * reply to it.
 *   most     octets that it may have.
 *   returns  0 if it has more, or is not to be written at all: then it is not sent. */
int isakmp__ted_send(isakmp_ctx *x, const isakmp__ted_layout *l, const isakmp__ted_facts *f,
                     size_t most);
/* Has a message come from where and to where its layout says, between the ports that it should? */
int isakmp__ted_came(const isakmp__ted_layout *l, const isakmp__ted_facts *f,
                     const isakmp_path *path);
/* Read what a message says about a part; 0 if it says nothing, or nothing about addresses.  Of a gateway's
 * protocol and port nothing is read. */
int isakmp__ted_read(isakmp_selector *out, const isakmp_msg *m, const isakmp__ted_layout *l,
                     isakmp__ted_part part);
/* The same of the sender's gateway, which must be one address that can be somebody's. */
int isakmp__ted_read_gateway(isakmp_addr *out, const isakmp_msg *m, const isakmp__ted_layout *l);
/* Is a message in the clear, outside of any SA, and between addresses of one family? */
int isakmp__ted_is_sound(const isakmp_msg *m, const isakmp_path *path);

/* Can an address be somebody's, of all that there are? */
int isakmp__ted_is_host(const isakmp_addr *a);

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
