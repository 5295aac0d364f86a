/* isakmp/isakmp.h -- the whole library: the one header that most hosts include.
 *
 * Where to read on, in the order an integrator works:
 *   base.h     the words of all others: results, ids, addresses, time;
 *   policy.h   what we offer and accept, in the numbers of iana.h;
 *   host.h     the callbacks that a host provides;
 *   exchange.h the exchanges and extensions that a host may name;
 *   session.h  the context: limits, input, tick, connect, close;
 *   profile.h  what peers of a kind need;
 *   modecfg.h  Mode Config: attributes, pools of addresses;
 *   wire.h     the codec, usable alone;
 *   crypto.h   the provider, for those who bring their own.
 * Beside it, for those who use the other archives:
 *   mbedtls.h  the stock provider;
 *   keyring.h  keys, certificates and trust, for the callbacks about them;
 *   ios.h      configurations in the language of Cisco's routers. */
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
