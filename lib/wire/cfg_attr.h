/* wire/cfg_attr.h -- what the values of Mode Config's attributes are. */
#ifndef ISAKMP_LIB_CFG_ATTR_H
#define ISAKMP_LIB_CFG_ATTR_H

#include "isakmp/wire.h"

enum {
    ISAKMP__CFG_OCTETS = 0, /* nobody knows */
    ISAKMP__CFG_IP4,
    ISAKMP__CFG_IP6,
    ISAKMP__CFG_NET4,    /* address and mask */
    ISAKMP__CFG_NET6,    /* address and length of the prefix */
    ISAKMP__CFG_SPLIT,   /* a list: address, mask, protocol, ports */
    ISAKMP__CFG_NUMBER,  /* basic, or of any length up to 4 */
    ISAKMP__CFG_SECONDS, /* in 4 octets */
    ISAKMP__CFG_TYPES,   /* a list of numbers in 2 octets */
    ISAKMP__CFG_TEXT,
    ISAKMP__CFG_LINES, /* a text that may have several lines */
    ISAKMP__CFG_NAMES  /* a list of texts */
};

/* Octets of an element of a split list. */
#define ISAKMP__SPLIT_SIZE 14

/* The kind of an attribute's values: ISAKMP__CFG_*. */
uint8_t isakmp__cfg_kind(uint16_t type);

/* Is it UTF-8 that can be printed: no control characters, but for tabs and the ends of lines if `lines`? */
int isakmp__is_printable(isakmp_span s, int lines);

#endif
