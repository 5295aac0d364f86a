/* base/secret.c -- wiping and constant-time comparison.  There is no portable function for either in
 * C99: what keeps a compiler from leaving the work out is a barrier, or volatile. */
#include "secret.h"

#if defined(__GNUC__) || defined(__clang__)
void isakmp__wipe(void *p, size_t n)
{
    memset(p, 0, n);
    __asm__ volatile("" : : "r"(p) : "memory");
}
#else
void isakmp__wipe(void *p, size_t n)
{
    volatile uint8_t *v = (volatile uint8_t *)p;
    while (n--)
        *v++ = 0;
}
#endif

int isakmp__ct_equal(const uint8_t *a, const uint8_t *b, size_t n)
{
    volatile uint8_t diff = 0;
    for (size_t i = 0; i < n; i++)
        diff = (uint8_t)(diff | (a[i] ^ b[i]));
    return diff == 0;
}

int isakmp__ct_zero(const uint8_t *p, size_t n)
{
    volatile uint8_t any = 0;
    for (size_t i = 0; i < n; i++)
        any = (uint8_t)(any | p[i]);
    return any == 0;
}
