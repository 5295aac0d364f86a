/* core/entry.h -- the guard around every function that may change something. */
#ifndef ISAKMP_LIB_ENTRY_H
#define ISAKMP_LIB_ENTRY_H

#include "isakmp/session.h"

/* Come in: refuses a call from inside a callback, and keeps time from going backwards.
 *   returns  ISAKMP_OK, ISAKMP_E_ARG, ISAKMP_E_REENTRANT. */
int isakmp__enter(isakmp_ctx *x, isakmp_time now);
/* Go out: what has ended is taken apart, and the host's timer told. */
void isakmp__leave(isakmp_ctx *x);

#endif
