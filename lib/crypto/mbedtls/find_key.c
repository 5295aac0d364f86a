/* crypto/mbedtls/find_key.c -- which key of the chain is for a peer?
 *
 * Every search goes over all entries, so that how long it takes does not tell whose keys there are. */
#include "base/span.h"
#include "pki.h"
#if ISAKMP__HAVE_PKI

static int encrypts(const isakmp_pki *pki, const isakmp__peer_key *k)
{
    return (k->use & ISAKMP_USE_ENCRYPTION) != 0 &&
           (k->cert == NULL || isakmp__cert_is_current(pki, k->cert));
}

/* ---- For a peer ---------------------------------------------------------------------------- */

/* The addresses of an entry given by hand are a condition; of one that was learnt they say where the
 * peer was then. */
static int may_be_there(const isakmp__peer_key *k, const isakmp_addr *addr)
{
    return k->cert != NULL || isakmp__is_among(addr, &k->addr);
}

static int is_for_id(const isakmp_keyring *ring, const isakmp__peer_key *k, const isakmp_addr *addr,
                     const isakmp_id *id)
{
    if (k->id.type == ISAKMP_ID_NONE || isakmp_id_equal(&k->id, id))
        return 1;
    return isakmp__is_address(id, addr) && isakmp__is_host_at(ring, &k->id, addr);
}

/* An entry that the policy would refuse in the end is not for this peer. */
static int is_for_addr(const isakmp_keyring *ring, const isakmp__peer_key *k, const isakmp_query *q)
{
    const isakmp_addr *addr = &q->path->remote;
    if (k->id.type == ISAKMP_ID_NONE)
        return 1;
    if (q->initiator && q->policy != NULL && !isakmp__is_expected(&q->policy->peer_id, &k->id))
        return 0;
    return (k->addr.family != 0 && isakmp__is_among(addr, &k->addr)) ||
           isakmp__is_address(&k->id, addr) || isakmp__is_host_at(ring, &k->id, addr);
}

static int is_closer(const isakmp__peer_key *a, const isakmp__peer_key *b)
{
    const isakmp__whom x = {&a->id, &a->addr}, y = {&b->id, &b->addr};
    return isakmp__is_closer(x, y);
}

static isakmp__peer_key *best_of(const isakmp_keyring *ring, isakmp__peer_key *list,
                                 const isakmp_query *q, const isakmp_id *id)
{
    const isakmp_pki *pki = isakmp__pki_of(ring);
    const isakmp_addr *addr = &q->path->remote;
    isakmp__peer_key *best = NULL;
    for (isakmp__peer_key *k = list; k != NULL; k = k->next) {
        int fits =
            id->type != ISAKMP_ID_NONE ? is_for_id(ring, k, addr, id) : is_for_addr(ring, k, q);
        if (encrypts(pki, k) && may_be_there(k, addr) && fits &&
            (best == NULL || is_closer(k, best)))
            best = k;
    }
    return best;
}

isakmp__peer_key *isakmp__find_key(const isakmp_keyring *ring, const isakmp_query *q,
                                   const isakmp_id *id)
{
    const isakmp_pki *pki = isakmp__pki_of(ring);
    isakmp__peer_key *by_hand = best_of(ring, pki->by_hand, q, id);
    isakmp__peer_key *learnt = best_of(ring, pki->learnt, q, id);
    return by_hand != NULL ? by_hand : learnt;
}

/* What a policy expects may stand for many.  What a peer says it is never does: else whoever has a key
 * at this address could be anybody.  Nor does whose key has been found, by which it is asked for again. */
isakmp_id isakmp__key_owner(const isakmp_query *q)
{
    static const isakmp_id unknown;
    int by_policy =
        q->initiator && q->policy != NULL && isakmp_id_equal(&q->peer_id, &q->policy->peer_id);
    return by_policy && isakmp__is_pattern(&q->peer_id) ? unknown : q->peer_id;
}

/* ---- For somebody -------------------------------------------------------------------------- */

/* What was learnt of others elsewhere does not count: a responder that has lost the key of the peer at this
 * address must not choose a method that needs it. */
isakmp__peer_key *isakmp__some_key(const isakmp_pki *pki, const isakmp_query *q)
{
    isakmp__peer_key *const lists[] = {pki->learnt, pki->by_hand};
    isakmp__peer_key *some = NULL;
    for (size_t l = 0; l < 2; l++)
        for (isakmp__peer_key *k = lists[l]; k != NULL; k = k->next)
            if (encrypts(pki, k) && isakmp__is_among(&q->path->remote, &k->addr))
                some = k;
    return some;
}

size_t isakmp__count_keys(const isakmp_pki *pki, const isakmp_id *id)
{
    isakmp__peer_key *const lists[] = {pki->by_hand, pki->learnt};
    size_t n = 0;
    for (size_t l = 0; l < 2; l++)
        for (isakmp__peer_key *k = lists[l]; k != NULL; k = k->next)
            n += encrypts(pki, k) && isakmp_id_equal(&k->id, id);
    return n;
}

#endif
