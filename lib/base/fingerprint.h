/* base/fingerprint.h -- keyed 64-bit fingerprints: hash buckets, and "was this the message that I
 * accepted last?".
 *
 * Not cryptography.  A collision that an attacker could find would make two messages look like
 * repetitions of each other, which earns the sender the stored reply; what matters is that nobody
 * who does not know the key can fill one bucket, or make a peer's message look old. */
#ifndef ISAKMP_LIB_FINGERPRINT_H
#define ISAKMP_LIB_FINGERPRINT_H

#include "span.h"

/* Never 0, so that 0 can stand for "none". */
uint64_t isakmp__fingerprint(const uint64_t key[2], isakmp_span s);

#endif
