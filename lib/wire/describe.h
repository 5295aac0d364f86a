/* wire/describe.h -- pieces of text about wire things, for those who build longer texts. */
#ifndef ISAKMP_LIB_DESCRIBE_H
#define ISAKMP_LIB_DESCRIBE_H

#include "base/text.h"
#include "isakmp/wire.h"

void isakmp__describe_id(isakmp__text *t, const isakmp_id *id);
/* A distinguished name (DER); in hex if it is none. */
void isakmp__describe_dn(isakmp__text *t, isakmp_span der);
void isakmp__describe_addr(isakmp__text *t, const isakmp_addr *a);

#endif
