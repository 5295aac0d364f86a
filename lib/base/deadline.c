/* base/deadline.c -- a binary heap whose members know their place, so that a timer can be moved or
 * taken out in O(log n) without a search.  Invariant: heap[t->place - 1] == t for every timer that
 * waits, and no timer is due before its parent. */
#include "deadline.h"

static void seat(isakmp__deadlines *d, uint32_t place, isakmp__timer *t)
{
    d->heap[place - 1] = t;
    t->place = place;
}

static void rise(isakmp__deadlines *d, isakmp__timer *t)
{
    uint32_t place = t->place;
    for (; place > 1 && d->heap[place / 2 - 1]->at > t->at; place /= 2)
        seat(d, place, d->heap[place / 2 - 1]);
    seat(d, place, t);
}

static void sink(isakmp__deadlines *d, isakmp__timer *t)
{
    uint32_t place = t->place, child;
    for (; (child = 2 * place) <= d->n; place = child) {
        if (child < d->n && d->heap[child]->at < d->heap[child - 1]->at)
            child++;
        if (d->heap[child - 1]->at >= t->at)
            break;
        seat(d, place, d->heap[child - 1]);
    }
    seat(d, place, t);
}

static void leave(isakmp__deadlines *d, isakmp__timer *t)
{
    isakmp__timer *last = d->heap[--d->n];
    if (last != t) {
        seat(d, t->place, last);
        rise(d, last);
        sink(d, last);
    }
    t->place = 0;
}

void isakmp__timer_set(isakmp__deadlines *d, isakmp__timer *t, isakmp_time at)
{
    if (t->place && at == ISAKMP_NEVER) {
        leave(d, t);
    } else if (t->place) {
        t->at = at;
        rise(d, t);
        sink(d, t);
    } else if (at != ISAKMP_NEVER) {
        t->at = at;
        t->place = ++d->n;
        rise(d, t);
    }
}

isakmp__timer *isakmp__timer_first(const isakmp__deadlines *d)
{
    return d->n ? d->heap[0] : NULL;
}

isakmp_time isakmp__deadline(const isakmp__deadlines *d)
{
    return d->n ? d->heap[0]->at : ISAKMP_NEVER;
}
