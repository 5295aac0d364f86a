/* m4/startup.c -- what stands between reset and main(): vectors, memory, and the four functions
 * that the library wants of a C library.
 *
 * Unaligned access is made a fault, as it is on smaller cores.  Every fault ends the program with
 * status 99; the way out is the debugger's, semihosting. */
#include <stdint.h>
#include <string.h>
#include "startup.h"

extern uint32_t data_load[], data_start[], data_end[], bss_start[], bss_end[], stack_top[];

int main(void);
void reset(void);

/* ---- The debugger ---------------------------------------------------------------------------- */

static void semihost(uint32_t operation, const void *argument)
{
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

void say(const char *text)
{
    semihost(0x04, text); /* SYS_WRITE0 */
}

void leave(int status)
{
    uint32_t block[2] = {0x20026, (uint32_t)status}; /* ADP_Stopped_ApplicationExit */
    semihost(0x20, block);                           /* SYS_EXIT_EXTENDED */
    for (;;)
        ;
}

/* ---- Reset and faults ------------------------------------------------------------------------ */

void reset(void)
{
    volatile uint32_t *configuration = (volatile uint32_t *)0xe000ed14;
    *configuration |= 8; /* CCR.UNALIGN_TRP */
    memcpy(data_start, data_load, (size_t)((uint8_t *)data_end - (uint8_t *)data_start));
    memset(bss_start, 0, (size_t)((uint8_t *)bss_end - (uint8_t *)bss_start));
    leave(main());
}

static void fault(void)
{
    leave(99);
}

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    stack_top,           (const void *)reset, (const void *)fault, (const void *)fault,
    (const void *)fault, (const void *)fault, (const void *)fault};

/* ---- Four functions -------------------------------------------------------------------------- */

void *memcpy(void *to, const void *from, size_t n)
{
    return memmove(to, from, n);
}

void *memmove(void *to, const void *from, size_t n)
{
    uint8_t *t = (uint8_t *)to;
    const uint8_t *f = (const uint8_t *)from;
    if (t <= f)
        for (size_t i = 0; i < n; i++)
            t[i] = f[i];
    else
        while (n--)
            t[n] = f[n];
    return to;
}

void *memset(void *to, int c, size_t n)
{
    uint8_t *t = (uint8_t *)to;
    while (n--)
        *t++ = (uint8_t)c;
    return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const uint8_t *x = (const uint8_t *)a, *y = (const uint8_t *)b;
    for (size_t i = 0; i < n; i++)
        if (x[i] != y[i])
            return x[i] - y[i];
    return 0;
}
