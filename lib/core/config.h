/* core/config.h -- is a configuration sound?  Both return ISAKMP_OK or ISAKMP_E_ARG, and write one
 * sentence about the first fault to why, which may be NULL. */
#ifndef ISAKMP_LIB_CONFIG_H
#define ISAKMP_LIB_CONFIG_H

#include "base/text.h"
#include "isakmp/session.h"

/* The limits alone: what the size of the arena follows from.
 *   own  gets the configuration in our own struct, with what the caller left open filled in. */
int isakmp__limits_check(isakmp_config *own, const isakmp_config *c, isakmp__text *why);
/* Everything.
 *   host  gets the callbacks in our own struct. */
int isakmp__config_check(isakmp_config *own, isakmp_host *host, const isakmp_config *c,
                         isakmp__text *why);

#endif
