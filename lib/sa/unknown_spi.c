/* sa/unknown_spi.c -- packets with SPIs that nobody knows: who has sent them, and how often is that
 * looked into?
 *
 * Nothing protects such a packet, nor the complaint of a peer about one of ours that comes in the clear.
 * So before anything is looked up it is counted: by address, in a few places that many addresses share
 * (which of them do, nobody can know), and for all together. */
#include "base/fingerprint.h"
#include "sa.h"

/* Milliseconds between two that are looked into: of an address, and of all.  Somebody may have to look
 * through all SAs: with very many of them less often. */
#define ADDRESS_MS 1000
#define ALL_MS     100
#define SAS_A_MS   1000

int isakmp__spi_admit(isakmp_ctx *x, const isakmp_addr *a)
{
    uint64_t print = isakmp__fingerprint(x->secret, isakmp__span(a->ip, sizeof a->ip));
    uint32_t *last = &x->spi_ms[print % ISAKMP__SPI_PLACES];
    if (x->now < x->spi_at || (*last && (uint32_t)x->now - *last < ADDRESS_MS))
        return 0;
    *last = (uint32_t)x->now ? (uint32_t)x->now : 1;
    x->spi_at = x->now + ALL_MS + x->sas.cap / SAS_A_MS;
    return 1;
}

/* Behind one address there may be many peers, if their packets are in UDP: then the port tells them apart. */
static int is_at(const isakmp__sa *sa, const isakmp_path *path)
{
    return sa->state == ISAKMP_SA_UP && !sa->ending &&
           isakmp__same_ip(&sa->path.remote, &path->remote) &&
           (!path->natt || sa->path.remote.port == path->remote.port);
}

isakmp__sa *isakmp__sa_at(const isakmp_ctx *x, const isakmp_path *path)
{
    isakmp__sa *sa, *newest = NULL;
    for (uint32_t i = 0; (sa = (isakmp__sa *)isakmp__pool_each(&x->sas, &i)) != NULL;)
        if (is_at(sa, path) && (newest == NULL || sa->since >= newest->since))
            newest = sa;
    return newest;
}

static int has_spi(const isakmp__sa *sa, uint8_t proto, uint32_t spi)
{
    for (isakmp__child *c = NULL; (c = isakmp__child_after(sa, c)) != NULL;)
        if (isakmp__spi_of(&c->spis, proto) == spi)
            return 1;
    return 0;
}

int isakmp__spi_is_ours(const isakmp_ctx *x, const isakmp__sa *sa, uint8_t proto, uint32_t spi)
{
    const isakmp__sa *other = NULL;
    int found = has_spi(sa, proto, spi);
    while (!found && (other = isakmp__sa_sibling(x, sa, other)) != NULL)
        found = has_spi(other, proto, spi);
    return found;
}

isakmp__child *isakmp__child_of_peer(const isakmp_ctx *x, const isakmp__sa *sa, uint8_t proto,
                                     uint32_t spi)
{
    isakmp__child *c = isakmp__child_by_spi_out(sa, proto, spi);
    const isakmp__sa *other = NULL;
    while (c == NULL && sa->state == ISAKMP_SA_UP &&
           (other = isakmp__sa_sibling(x, sa, other)) != NULL)
        c = isakmp__child_by_spi_out(other, proto, spi);
    return c;
}
