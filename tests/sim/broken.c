/* sim/broken.c -- a library that is broken on purpose: functions that do not do what they should, once the
 * network has healed.  The linker puts them before the true ones (--wrap, see the Makefile). */
#include "exchange/engine.h"
#include "exchange/rekey.h"
#include "lib_view.h"
#include "sa/replace.h"
#include "sim.h"

static unsigned broken;

void lib_break(unsigned fault)
{
    broken = fault;
}

void __real_isakmp__inform_child_gone(isakmp_ctx *x, const isakmp__child *c);
void __wrap_isakmp__inform_child_gone(isakmp_ctx *x, const isakmp__child *c);
void __real_isakmp__sa_supersede(isakmp_ctx *x, isakmp__sa *sa);
void __wrap_isakmp__sa_supersede(isakmp_ctx *x, isakmp__sa *sa);
void __real_isakmp__child_nears_end(isakmp_ctx *x, isakmp__child *c);
void __wrap_isakmp__child_nears_end(isakmp_ctx *x, isakmp__child *c);

void __real_isakmp__unassign(isakmp_ctx *x, isakmp__sa *sa);
void __wrap_isakmp__unassign(isakmp_ctx *x, isakmp__sa *sa);

void __wrap_isakmp__inform_child_gone(isakmp_ctx *x, const isakmp__child *c)
{
    if (broken != FAULT_says_nothing)
        __real_isakmp__inform_child_gone(x, c);
}

void __wrap_isakmp__sa_supersede(isakmp_ctx *x, isakmp__sa *sa)
{
    if (broken != FAULT_adopts_nothing)
        __real_isakmp__sa_supersede(x, sa);
}

/* The old one goes at once, and not when the new one is used. */
void __wrap_isakmp__child_nears_end(isakmp_ctx *x, isakmp__child *c)
{
    if (broken == FAULT_has_gap)
        isakmp__end_child(x, c, ISAKMP_D_EXPIRED);
    else
        __real_isakmp__child_nears_end(x, c);
}

void __wrap_isakmp__unassign(isakmp_ctx *x, isakmp__sa *sa)
{
    if (broken != FAULT_forgets_end)
        __real_isakmp__unassign(x, sa);
}
