/* base/deadline.h -- the deadlines of a million objects, as one: a binary heap of timers that lie
 * in the objects themselves. */
#ifndef ISAKMP_LIB_DEADLINE_H
#define ISAKMP_LIB_DEADLINE_H

#include "span.h"

typedef struct isakmp__timer {
    isakmp_time at;
    uint32_t place; /* in the heap, from 1; 0: not waiting */
    uint32_t kind;  /* whose timer it is: the owner's meaning */
} isakmp__timer;

typedef struct isakmp__deadlines {
    isakmp__timer **heap;
    uint32_t n;
} isakmp__deadlines;

/* Let a timer wait until a time, or no longer at all (ISAKMP_NEVER).  The heap has room for every
 * timer of the arena, so this cannot fail. */
void isakmp__timer_set(isakmp__deadlines *d, isakmp__timer *t, isakmp_time at);
/* The timer that is due first; NULL if none waits. */
isakmp__timer *isakmp__timer_first(const isakmp__deadlines *d);
/* When that is; ISAKMP_NEVER if none waits. */
isakmp_time isakmp__deadline(const isakmp__deadlines *d);

#endif
