/* isakmp/isakmp.h -- the whole library: the one header that most hosts include.
 *
 * Where to read on, in the order an integrator works:
 *   policy.h   what we offer and accept;
 *   host.h     the callbacks that a host provides;
 *   profile.h  what peers of a kind need;
 *   session.h  the context: input, tick, connect, close;
 *   wire.h     the codec, usable alone;
 *   crypto.h   the provider, for those who bring their own. */
#ifndef ISAKMP_ISAKMP_H
#define ISAKMP_ISAKMP_H

#include "base.h"
#include "iana.h"
#include "wire.h"
#include "crypto.h"
#include "policy.h"
#include "host.h"
#include "exchange.h"
#include "profile.h"
#include "session.h"

#endif
