/* wire/vendor.h -- vendor IDs that have a name, by their places in vendor.def. */
#ifndef ISAKMP_LIB_VENDOR_H
#define ISAKMP_LIB_VENDOR_H

#include "isakmp/wire.h"

/* The place of a vendor ID, from 0 and below 64; -1 if nobody knows it. */
int isakmp__vendor_index(isakmp_span id);

#endif
