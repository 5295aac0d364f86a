/* policy/offer.c -- policies to SA payloads.
 *
 * Phase 1: one proposal with one transform for each policy, best first [RFC2409 5].  Phase 2: one
 * proposal number for each set; protocols that protect a packet together share the number
 * [RFC2408 4.2].  The key length stands right after the cipher: some peers read it only there. */
#include "match.h"
#include "crypto/suites.h"

/* May two policies be offered together in Aggressive Mode?  With the offer goes a public value of one group,
 * and with encrypted nonces what has been encrypted in one way, named by a hash of one kind. */
static int go_together(const isakmp_policy *p, const isakmp_policy *q)
{
    const uint8_t clear = ISAKMP__AUTH_PSK | ISAKMP__AUTH_SIG | ISAKMP__AUTH_HYR;
    uint8_t family = isakmp__auth_family(p->auth), other = isakmp__auth_family(q->auth);
    if (family & clear)
        return (other & clear) != 0;
    return family == other && p->hash == q->hash &&
           (family == ISAKMP__AUTH_PKE || (p->cipher == q->cipher && p->key_bits == q->key_bits));
}

const char *isakmp__policy_unusable(const isakmp_policy *p, const isakmp__means *m)
{
    if (!isakmp__suite_able(m->crypto, p->cipher, p->key_bits, p->hash, p->group, m->max_dh))
        return "an algorithm of ours that is not available here";
    if (isakmp__auth_family(p->auth) == 0)
        return "an authentication method that is not served";
    if (!(isakmp__auth_bit(p->auth) & m->methods) && isakmp__auth_user(p->auth) &&
        isakmp__auth_bit(isakmp__auth_base(p->auth)) & m->methods)
        return "XAUTH, which is not named here (isakmp_xauth, isakmp_transaction) or not known "
               "there";
    if (!(isakmp__auth_bit(p->auth) & m->methods))
        return "key material of ours that is missing";
    if (m->like && p->group != m->like->group)
        return "a group that this exchange cannot negotiate";
    if (m->like && !go_together(p, m->like))
        return "an authentication method that this exchange cannot negotiate";
    return NULL;
}

static const isakmp_policy default_policy = {
    .priority = ISAKMP_DEFAULT_PRIORITY,
    .cipher = ISAKMP_CIPHER_DES,
    .hash = ISAKMP_HASH_SHA1,
    .auth = ISAKMP_AUTH_RSA_SIG,
    .group = ISAKMP_GROUP_MODP_768,
    .life_s = ISAKMP_DEFAULT_LIFE_S,
};

const isakmp_policy *isakmp__policy_next(const isakmp_peer_policy *p, const isakmp_policy *after)
{
    const isakmp_policy *best = NULL;
    if (after == &default_policy)
        return NULL;
    for (size_t i = 0; i < p->n_policies; i++) {
        const isakmp_policy *q = &p->policies[i];
        if ((!after || q->priority > after->priority) && (!best || q->priority < best->priority))
            best = q;
    }
    if (best == NULL && p->flags & ISAKMP_PF_DEFAULT_POLICY)
        return &default_policy;
    return best;
}

/* ---- Phase 1 ------------------------------------------------------------------------------ */

void isakmp__wr_attrs1(isakmp_writer *w, const isakmp_policy *p, const isakmp__means *m)
{
    isakmp_wr_attr(w, ISAKMP_ATTR_CIPHER, p->cipher);
    if (p->key_bits)
        isakmp_wr_attr(w, ISAKMP_ATTR_KEY_LENGTH, p->key_bits);
    isakmp_wr_attr(w, ISAKMP_ATTR_HASH, p->hash);
    isakmp_wr_attr(w, ISAKMP_ATTR_AUTH, p->auth);
    isakmp_wr_attr(w, ISAKMP_ATTR_GROUP, p->group);
    isakmp_wr_attr(w, ISAKMP_ATTR_LIFE_TYPE, ISAKMP_LIFE_SECONDS);
    isakmp_wr_attr(w, ISAKMP_ATTR_LIFE_DURATION,
                   isakmp__life_for(isakmp__policy_life(p), m).seconds);
}

static void put_transform1(isakmp_writer *w, uint8_t number, const isakmp_policy *p,
                           const isakmp__means *m)
{
    size_t mark = isakmp_wr_transform(w, number, ISAKMP_KEY_IKE);
    isakmp__wr_attrs1(w, p, m);
    isakmp_wr_close(w, mark);
}

/* The next best policy that can be used: the best one after NULL. */
static const isakmp_policy *next_usable(const isakmp_peer_policy *p, const isakmp__means *m,
                                        const isakmp_policy *after)
{
    do
        after = isakmp__policy_next(p, after);
    while (after && isakmp__policy_unusable(after, m));
    return after;
}

unsigned isakmp__offer_phase1(isakmp_writer *w, const isakmp_peer_policy *p, const isakmp__means *m)
{
    const isakmp_policy *q = next_usable(p, m, NULL);
    size_t sa, proposal;
    unsigned n = 0;
    if (q == NULL)
        return 0;
    sa = isakmp_wr_sa(w, ISAKMP_DOI_IPSEC, ISAKMP_SIT_IDENTITY_ONLY);
    proposal = isakmp_wr_proposal(w, 1, ISAKMP_PROTO_ISAKMP, isakmp__span(NULL, 0));
    for (; q; q = next_usable(p, m, q))
        put_transform1(w, (uint8_t)++n, q, m);
    isakmp_wr_close(w, proposal);
    isakmp_wr_close(w, sa);
    return n;
}

void isakmp__return_phase1(isakmp_writer *w, const isakmp__choice *c)
{
    size_t sa = isakmp_wr_sa(w, ISAKMP_DOI_IPSEC, ISAKMP_SIT_IDENTITY_ONLY);
    size_t proposal = isakmp_wr_proposal(w, c->proposal, ISAKMP_PROTO_ISAKMP, c->spi);
    size_t transform = isakmp_wr_transform(w, c->transform, ISAKMP_KEY_IKE);
    isakmp_wr_bytes(w, c->attrs);
    isakmp_wr_close(w, transform);
    isakmp_wr_close(w, proposal);
    isakmp_wr_close(w, sa);
}

/* ---- Phase 2 ------------------------------------------------------------------------------ */

/* UDP encapsulation is a mode of its own [RFC3947 5.1]. */
uint16_t isakmp__encap_of(uint8_t mode, uint8_t udp)
{
    unsigned tunnel = udp == ISAKMP__UDP_NONE  ? ISAKMP_ENCAP_TUNNEL
                      : udp == ISAKMP__UDP_RFC ? ISAKMP_ENCAP_UDP_TUNNEL
                                               : ISAKMP_ENCAP_UDP_TUNNEL_DRAFT;
    return (uint16_t)(tunnel + mode - ISAKMP_MODE_TUNNEL);
}

static void put_life2(isakmp_writer *w, const isakmp__life *l)
{
    isakmp_wr_attr(w, ISAKMP_SA_ATTR_LIFE_TYPE, ISAKMP_LIFE_SECONDS);
    isakmp_wr_attr(w, ISAKMP_SA_ATTR_LIFE_DURATION, l->seconds);
    if (l->kilobytes) {
        isakmp_wr_attr(w, ISAKMP_SA_ATTR_LIFE_TYPE, ISAKMP_LIFE_KILOBYTES);
        isakmp_wr_attr(w, ISAKMP_SA_ATTR_LIFE_DURATION, l->kilobytes);
    }
}

void isakmp__wr_attrs2(isakmp_writer *w, const isakmp_child_policy *p, const isakmp_protect *t,
                       const isakmp__means *m)
{
    isakmp__life life = isakmp__life_for(isakmp__child_life(p), m);
    isakmp_wr_attr(w, ISAKMP_SA_ATTR_ENCAP, isakmp__encap_of(p->mode, m->udp));
    if (t->key_bits)
        isakmp_wr_attr(w, ISAKMP_SA_ATTR_KEY_LENGTH, t->key_bits);
    if (t->integ != ISAKMP_INTEG_NONE)
        isakmp_wr_attr(w, ISAKMP_SA_ATTR_AUTH, t->integ);
    if (p->pfs_group)
        isakmp_wr_attr(w, ISAKMP_SA_ATTR_GROUP, p->pfs_group);
    put_life2(w, &life);
}

uint32_t isakmp__spi_of(const isakmp__spis *s, uint8_t proto)
{
    return proto == ISAKMP_PROTO_AH ? s->ah : s->esp;
}

static size_t put_proposal(isakmp_writer *w, unsigned number, uint8_t proto,
                           const isakmp__spis *spis)
{
    uint8_t octets[4];
    isakmp__put32(octets, isakmp__spi_of(spis, proto));
    return isakmp_wr_proposal(w, (uint8_t)number, proto, isakmp__span(octets, 4));
}

unsigned isakmp__offer_child(isakmp_writer *w, const isakmp_child_policy *p, const isakmp__means *m,
                             const isakmp__spis *spis)
{
    size_t sa = isakmp_wr_sa(w, ISAKMP_DOI_IPSEC, ISAKMP_SIT_IDENTITY_ONLY);
    unsigned number = 0;
    for (size_t i = 0; i < p->n_protect; i++) {
        const isakmp_protect *t = &p->protect[i];
        size_t proposal, transform;
        if (i == 0 || t->set != t[-1].set)
            number++;
        proposal = put_proposal(w, number, t->proto, spis);
        transform = isakmp_wr_transform(w, 1, t->transform);
        isakmp__wr_attrs2(w, p, t, m);
        isakmp_wr_close(w, transform);
        isakmp_wr_close(w, proposal);
    }
    isakmp_wr_close(w, sa);
    return number;
}

void isakmp__return_child(isakmp_writer *w, const isakmp__bundle *b, const isakmp__spis *spis)
{
    size_t sa = isakmp_wr_sa(w, ISAKMP_DOI_IPSEC, ISAKMP_SIT_IDENTITY_ONLY);
    for (unsigned i = 0; i < b->n; i++) {
        size_t proposal = put_proposal(w, b->proposal, b->protect[i].proto, spis);
        size_t transform = isakmp_wr_transform(w, b->transform[i], b->protect[i].transform);
        isakmp_wr_bytes(w, b->attrs[i]);
        isakmp_wr_close(w, transform);
        isakmp_wr_close(w, proposal);
    }
    isakmp_wr_close(w, sa);
}
