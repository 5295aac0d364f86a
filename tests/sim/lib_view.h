/* sim/lib_view.h -- what the simulator looks at inside a context: are free slots empty, is everything given
 * back; and what it breaks there on purpose. */
#ifndef TESTS_SIM_LIB_VIEW_H
#define TESTS_SIM_LIB_VIEW_H

#include "isakmp/isakmp.h"

/* The name of a pool in which a free slot is not all zero; NULL: there is none. */
const char *lib_dirty_slot(const isakmp_ctx *x);
/* The name of a pool, or list, in which something is in use; NULL: all is given back. */
const char *lib_leak(const isakmp_ctx *x);
/* Do octets stand in the context itself, beside the pools? */
int lib_context_has(const isakmp_ctx *x, const void *octets, size_t n);

/* Faults. */
void lib_leak_packet(isakmp_ctx *x);
void lib_leak_assembly(isakmp_ctx *x);
void lib_leave_secret(isakmp_ctx *x, const void *octets, size_t n);
void lib_count_bug(isakmp_ctx *x);
void lib_miscount(isakmp_ctx *x);

#endif
