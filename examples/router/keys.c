/* keys.c -- the key ring: our own keys from a file or made here, those of peers, CAs and certificates from the
 * configuration. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "host_file.h"
#include "router.h"

#define MOST_KEY 8192

static uint64_t unix_time(void *user)
{
    (void)user;
    return (uint64_t)time(NULL);
}

static int is_host_at(void *user, isakmp_span name, const isakmp_addr *addr)
{
    const router *r = (const router *)user;
    isakmp_addr a;
    for (size_t i = 0; isakmp_ios_host_get(r->conf, name, i, &a) == ISAKMP_OK; i++)
        if (a.family == addr->family && memcmp(a.ip, addr->ip, sizeof a.ip) == 0)
            return 1;
    return 0;
}

static isakmp_pki *new_pki(void)
{
    isakmp_pki *pki = isakmp_pki_new();
    if (pki)
        isakmp_pki_set_clock(pki, unix_time, NULL);
    /* The routers' keys of 2001 are short, and one key is for both uses unless usage-keys are asked for. */
    if (pki)
        isakmp_pki_set_flags(pki, ISAKMP_PKI_LEGACY | ISAKMP_PKI_ONE_KEY);
    return pki;
}
