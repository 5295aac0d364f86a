/* sim/broken.c -- a library that is broken on purpose: functions that do not do what they should, once the
 * network has healed.  The linker puts them before the true ones (--wrap, see the Makefile). */
#include "exchange/engine.h"
#include "exchange/rekey.h"
#include "ext/ted.h"
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

int __real_isakmp__inform_unknown_spi(isakmp_ctx *x, isakmp__sa *sa, uint8_t proto, uint32_t spi);
int __wrap_isakmp__inform_unknown_spi(isakmp_ctx *x, isakmp__sa *sa, uint8_t proto, uint32_t spi);
int __real_isakmp__can_begin_again(const isakmp_ctx *x, const isakmp__sa *sa);
int __wrap_isakmp__can_begin_again(const isakmp_ctx *x, const isakmp__sa *sa);
void __real_isakmp__end_child(isakmp_ctx *x, isakmp__child *c, unsigned detail);
void __wrap_isakmp__end_child(isakmp_ctx *x, isakmp__child *c, unsigned detail);
int __real_isakmp__commit_waits(const isakmp__exch *e);
int __wrap_isakmp__commit_waits(const isakmp__exch *e);
int __real_isakmp__ted_send(isakmp_ctx *x, const isakmp__ted_layout *l, const isakmp__ted_facts *f,
                            size_t most);
int __wrap_isakmp__ted_send(isakmp_ctx *x, const isakmp__ted_layout *l, const isakmp__ted_facts *f,
                            size_t most);

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

int __wrap_isakmp__inform_unknown_spi(isakmp_ctx *x, isakmp__sa *sa, uint8_t proto, uint32_t spi)
{
    return broken == FAULT_tells_nobody || __real_isakmp__inform_unknown_spi(x, sa, proto, spi);
}

int __wrap_isakmp__can_begin_again(const isakmp_ctx *x, const isakmp__sa *sa)
{
    return broken != FAULT_stays_away && __real_isakmp__can_begin_again(x, sa);
}

void __wrap_isakmp__end_child(isakmp_ctx *x, isakmp__child *c, unsigned detail)
{
    if (broken != FAULT_overruns || detail != ISAKMP_D_VOLUME)
        __real_isakmp__end_child(x, c, detail);
}

int __wrap_isakmp__commit_waits(const isakmp__exch *e)
{
    return broken != FAULT_is_hasty && __real_isakmp__commit_waits(e);
}

int __wrap_isakmp__ted_send(isakmp_ctx *x, const isakmp__ted_layout *l, const isakmp__ted_facts *f,
                            size_t most)
{
    if (broken == FAULT_answers_twice && l == &isakmp__ted_reply)
        (void)__real_isakmp__ted_send(x, l, f, most);
    return __real_isakmp__ted_send(x, l, f, most);
}
