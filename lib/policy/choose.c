/* policy/choose.c -- SA payloads to choices.
 *
 * The responder walks its own policies, best first, over everything offered, as the routers of the
 * field do; so its own order wins, not the initiator's.  The initiator checks that the choice is one
 * of its offers, with nothing altered [RFC2409 5].
 *
 * At most ISAKMP_MAX_OFFERS transforms or proposals of an offer are looked at.  What stands after a
 * match is not, and the octet "# of Transforms" is compared with nothing, on purpose: it says what the
 * chain says already, no length or bound is computed from it, and what was chosen has been read. */
#include "match.h"
#include "crypto/suites.h"

/* ---- Does one offer match one policy? ------------------------------------------------------ */

static int differs(isakmp_mismatch *m, unsigned attr, const char *what, uint32_t ours,
                   uint32_t offered)
{
    if (ours == offered)
        return 0;
    m->attr = (uint16_t)attr;
    m->what = what;
    m->ours = ours;
    m->offered = offered ? offered : UINT32_MAX;
    return 1;
}

static int spoiled(isakmp_mismatch *m, int is_bad, uint16_t bad, uint32_t value)
{
    if (!is_bad)
        return 0;
    m->attr = bad;
    m->what = "attribute that is unknown, contradictory or out of range";
    m->ours = 0;
    m->offered = value;
    return 1;
}

static int life_differs(isakmp_mismatch *m, int life_type, unsigned duration_attr,
                        const isakmp__life *ours, const isakmp__life *theirs)
{
    if (life_type == ISAKMP_OK)
        return 0;
    if (life_type == ISAKMP_LIFE_SECONDS)
        return differs(m, duration_attr, "lifetime in seconds", ours->seconds, theirs->seconds);
    return differs(m, duration_attr, "lifetime in kilobytes", ours->kilobytes, theirs->kilobytes);
}

int isakmp__match1(isakmp__life *life, isakmp_mismatch *m, const isakmp_policy *ours,
                   const isakmp__offer1 *theirs, uint8_t life_mode)
{
    const isakmp_policy *t = &theirs->suite;
    isakmp__life mine = isakmp__policy_life(ours);
    int rc = isakmp__life_agree(life, life_mode, 1, &mine, &theirs->life);
    return !(spoiled(m, theirs->is_bad, theirs->bad, theirs->bad_value) ||
             differs(m, ISAKMP_ATTR_CIPHER, "encryption", ours->cipher, t->cipher) ||
             differs(m, ISAKMP_ATTR_KEY_LENGTH, "key length", ours->key_bits, t->key_bits) ||
             differs(m, ISAKMP_ATTR_HASH, "hash", ours->hash, t->hash) ||
             differs(m, ISAKMP_ATTR_AUTH, "authentication", ours->auth, t->auth) ||
             differs(m, ISAKMP_ATTR_GROUP, "group", ours->group, t->group) ||
             life_differs(m, rc, ISAKMP_ATTR_LIFE_DURATION, &mine, &theirs->life));
}

/* The encapsulation, if one is offered, must be the policy's mode in the form in use. */
static int encap_differs(isakmp_mismatch *m, const isakmp_child_policy *p,
                         const isakmp__means *means, const isakmp__offer2 *theirs)
{
    uint32_t want = isakmp__encap_of(p->mode, means->udp);
    return theirs->encap && differs(m, ISAKMP_SA_ATTR_ENCAP, "encapsulation", want, theirs->encap);
}

/* Without a group of our own the peer may ask for one: it only adds secrecy.  For a weak one only if a
 * policy has named it: that of the ISAKMP SA. */
static int group_differs(isakmp_mismatch *m, const isakmp_child_policy *p,
                         const isakmp__means *means, const isakmp__offer2 *theirs)
{
    static const char what[] = "group of perfect forward secrecy";
    int able = isakmp__group_able(means->crypto, theirs->group, means->max_dh);
    int weak = isakmp_is_weak(ISAKMP_CAN_GROUP, theirs->group) && theirs->group != means->ike_group;
    if (p->pfs_group && p->pfs_group != theirs->group)
        return differs(m, ISAKMP_SA_ATTR_GROUP, what, p->pfs_group, theirs->group);
    return theirs->group && (!able || (weak && !p->pfs_group)) &&
           differs(m, ISAKMP_SA_ATTR_GROUP, what, 0, theirs->group);
}

int isakmp__match2(isakmp__life *life, isakmp_mismatch *m, const isakmp_child_policy *p,
                   const isakmp_protect *ours, const isakmp__means *means,
                   const isakmp__offer2 *theirs)
{
    const isakmp_protect *t = &theirs->protect;
    isakmp__life mine = isakmp__life_for(isakmp__child_life(p), means);
    int rc = isakmp__life_agree(life, p->life_mode, 2, &mine, &theirs->life);
    return !(differs(m, 0, "protocol", ours->proto, t->proto) ||
             differs(m, 0, "transform", ours->transform, t->transform) ||
             spoiled(m, theirs->is_bad, theirs->bad, theirs->bad_value) ||
             differs(m, ISAKMP_SA_ATTR_KEY_LENGTH, "key length", ours->key_bits, t->key_bits) ||
             differs(m, ISAKMP_SA_ATTR_AUTH, "authentication", ours->integ, t->integ) ||
             differs(m, ISAKMP_SA_ATTR_ESN, "extended sequence numbers", ours->esn, t->esn) ||
             encap_differs(m, p, means, theirs) || group_differs(m, p, means, theirs) ||
             life_differs(m, rc, ISAKMP_SA_ATTR_LIFE_DURATION, &mine, &theirs->life));
}

/* ---- Phase 1 ------------------------------------------------------------------------------ */

/* The one proposal of a phase 1 SA payload [RFC2409 5: there must not be two]. */
static unsigned only_proposal(isakmp_proposal *out, isakmp_span body)
{
    isakmp_proposal another;
    isakmp_reader r;
    unsigned rc = isakmp__read_proposals(&r, body);
    if (rc != ISAKMP_OK)
        return rc;
    if (isakmp_proposal_next(&r, out) != ISAKMP_OK || out->protocol != ISAKMP_PROTO_ISAKMP ||
        out->spi.n > 16 || isakmp_proposal_next(&r, &another) != ISAKMP_NONE)
        return ISAKMP_D_PROPOSAL_SYNTAX;
    return ISAKMP_OK;
}

isakmp_policy isakmp__first_offer(isakmp_span body)
{
    isakmp_proposal p;
    isakmp_transform t;
    isakmp_reader r;
    isakmp__offer1 o;
    memset(&o, 0, sizeof o);
    if (only_proposal(&p, body) != ISAKMP_OK)
        return o.suite;
    r = isakmp_rd(p.transforms);
    if (isakmp_transform_next(&r, &t) == ISAKMP_OK)
        isakmp__offer1_read(&o, &t);
    return o.suite;
}

int isakmp__offers_auth(isakmp_span body, uint8_t families)
{
    isakmp_proposal p;
    isakmp_transform t;
    isakmp_reader r;
    isakmp__offer1 o;
    if (only_proposal(&p, body) != ISAKMP_OK)
        return 0;
    r = isakmp_rd(p.transforms);
    for (unsigned n = 0; n < ISAKMP_MAX_OFFERS && isakmp_transform_next(&r, &t) == ISAKMP_OK; n++) {
        isakmp__offer1_read(&o, &t);
        if (isakmp__auth_family(o.suite.auth) & families)
            return 1;
    }
    return 0;
}

/* The first offered transform that matches one policy. */
static unsigned find_transform(isakmp__choice *out, const isakmp_policy *ours, uint8_t life_mode,
                               const isakmp_proposal *p)
{
    isakmp_reader r = isakmp_rd(p->transforms);
    isakmp_mismatch unused;
    isakmp_transform t;
    isakmp__offer1 o;
    int rc = ISAKMP_NONE;
    for (unsigned n = 0; n < ISAKMP_MAX_OFFERS && (rc = isakmp_transform_next(&r, &t)) == ISAKMP_OK;
         n++) {
        isakmp__offer1_read(&o, &t);
        if (t.id != ISAKMP_KEY_IKE || !isakmp__match1(&out->life, &unused, ours, &o, life_mode))
            continue;
        out->policy = ours;
        out->proposal = p->number;
        out->transform = t.number;
        out->attrs = t.attrs;
        out->spi = p->spi;
        return ISAKMP_OK;
    }
    return rc == ISAKMP_E_MALFORMED ? ISAKMP_D_PROPOSAL_SYNTAX : ISAKMP_D_NO_PROPOSAL;
}

unsigned isakmp__choose_phase1(isakmp__choice *out, const isakmp_peer_policy *p,
                               const isakmp__means *m, isakmp_span body)
{
    isakmp_proposal proposal;
    unsigned rc = only_proposal(&proposal, body);
    if (rc != ISAKMP_OK)
        return rc;
    rc = ISAKMP_D_NO_PROPOSAL;
    for (const isakmp_policy *q = NULL; (q = isakmp__policy_next(p, q)) != NULL;) {
        if (isakmp__policy_unusable(q, m))
            continue;
        rc = find_transform(out, q, p->life_mode, &proposal);
        if (rc != ISAKMP_D_NO_PROPOSAL)
            break;
    }
    return rc;
}

/* ---- What a peer may return --------------------------------------------------------------- */

static int has_attr(isakmp_span attrs, const isakmp_attr *wanted)
{
    isakmp_reader r = isakmp_rd(attrs);
    isakmp_attr a;
    while (isakmp_attr_next(&r, &a) == ISAKMP_OK)
        if (a.type == wanted->type && a.value == wanted->value)
            return 1;
    return 0;
}

static unsigned count_attrs(isakmp_span attrs)
{
    isakmp_reader r = isakmp_rd(attrs);
    isakmp_attr a;
    unsigned n = 0;
    while (isakmp_attr_next(&r, &a) == ISAKMP_OK)
        n++;
    return n;
}

/* Is every attribute of one list in another? */
static int all_in(isakmp_span some, isakmp_span attrs)
{
    isakmp_reader r = isakmp_rd(some);
    isakmp_attr a;
    while (isakmp_attr_next(&r, &a) == ISAKMP_OK)
        if (!has_attr(attrs, &a))
            return 0;
    return 1;
}

/* Are the attributes the same, none added, none left out, none altered?  Their order and their form
 * (basic or not) are free [RFC2409 5, App. A].  An offer of ours repeats nothing, so nothing may come
 * back twice, not even with the same value, and least of all in the place of another. */
static int same_attrs(isakmp_span offered, isakmp_span returned)
{
    return count_attrs(offered) == count_attrs(returned) && all_in(offered, returned) &&
           all_in(returned, offered);
}

unsigned isakmp__confirm_phase1(const isakmp_policy **out, const isakmp_peer_policy *p,
                                const isakmp__means *m, isakmp_span body)
{
    isakmp_transform t, another;
    isakmp_proposal proposal;
    isakmp__offer1 o;
    isakmp_reader r;
    unsigned rc = only_proposal(&proposal, body);
    if (rc != ISAKMP_OK)
        return rc;
    r = isakmp_rd(proposal.transforms);
    if (isakmp_transform_next(&r, &t) != ISAKMP_OK || t.id != ISAKMP_KEY_IKE ||
        isakmp_transform_next(&r, &another) != ISAKMP_NONE)
        return ISAKMP_D_PROPOSAL_SYNTAX;
    isakmp__offer1_read(&o, &t);
    if (o.is_bad)
        return ISAKMP_D_CHOICE;
    for (const isakmp_policy *q = NULL; (q = isakmp__policy_next(p, q)) != NULL;) {
        uint8_t buf[64];
        isakmp_writer w;
        isakmp_wr_init(&w, buf, sizeof buf);
        isakmp__wr_attrs1(&w, q, m);
        if (isakmp__policy_unusable(q, m) == NULL &&
            same_attrs(isakmp__span(buf, w.len), t.attrs)) {
            *out = q;
            return ISAKMP_OK;
        }
    }
    return ISAKMP_D_CHOICE;
}

/* ---- Phase 2 ------------------------------------------------------------------------------ */

/* The proposals with one number: the protocols that are offered together. */
typedef struct group {
    unsigned n; /* may be more than fit: then none matches */
    isakmp_proposal p[ISAKMP_MAX_BUNDLE];
} group;

static int next_group(isakmp_reader *r, group *g)
{
    isakmp_reader ahead = *r;
    isakmp_proposal p;
    int rc;
    g->n = 0;
    while ((rc = isakmp_proposal_next(&ahead, &p)) == ISAKMP_OK &&
           (g->n == 0 || p.number == g->p[0].number)) {
        if (g->n < ISAKMP_MAX_BUNDLE)
            g->p[g->n] = p;
        g->n++;
        *r = ahead;
    }
    return g->n && rc == ISAKMP_NONE ? ISAKMP_OK : rc;
}

/* How many entries from i on form one set. */
static size_t set_size(const isakmp_child_policy *p, size_t i)
{
    size_t n = 1;
    while (i + n < p->n_protect && p->protect[i + n].set == p->protect[i].set)
        n++;
    return n;
}

/* The peer's SPI: four octets, and none of the reserved ones [RFC2406 2.1]. */
static int read_spi(uint32_t *out, isakmp_span spi)
{
    if (spi.n != 4)
        return 0;
    *out = isakmp__get32(spi.p);
    return *out > 255;
}

/* The shorter life of two. */
static void shorten(isakmp__life *life, const isakmp__life *other)
{
    if (other->seconds - 1 < life->seconds - 1)
        life->seconds = other->seconds;
    if (other->kilobytes - 1 < life->kilobytes - 1)
        life->kilobytes = other->kilobytes;
    life->announce = life->announce || other->announce;
}

/* The first transform of an offered proposal that matches one of our protections. */
static unsigned find_protect(isakmp__bundle *b, const isakmp_child_policy *p,
                             const isakmp_protect *ours, const isakmp__means *m,
                             const isakmp_proposal *offered)
{
    isakmp_reader r = isakmp_rd(offered->transforms);
    isakmp_mismatch unused;
    isakmp_transform t;
    isakmp__offer2 o;
    isakmp__life life;
    int rc = ISAKMP_NONE;
    for (unsigned n = 0; n < ISAKMP_MAX_OFFERS && (rc = isakmp_transform_next(&r, &t)) == ISAKMP_OK;
         n++) {
        isakmp__offer2_read(&o, offered->protocol, &t);
        if (!isakmp__match2(&life, &unused, p, ours, m, &o) || (b->n && o.group != b->group))
            continue;
        if (!read_spi(&b->spi[b->n], offered->spi))
            return ISAKMP_D_SPI;
        b->protect[b->n] = *ours;
        b->transform[b->n] = t.number;
        b->attrs[b->n] = t.attrs;
        b->group = o.group;
        if (b->n++ == 0)
            b->life = life;
        else
            shorten(&b->life, &life);
        return ISAKMP_OK;
    }
    return rc == ISAKMP_E_MALFORMED ? ISAKMP_D_PROPOSAL_SYNTAX : ISAKMP_D_NO_PROPOSAL;
}

/* All protocols of one of our sets in one offered group, in whatever order. */
static unsigned match_set(isakmp__bundle *b, const isakmp_child_policy *p, size_t first, size_t n,
                          const isakmp__means *m, const group *g)
{
    unsigned rc = ISAKMP_D_NO_PROPOSAL;
    memset(b, 0, sizeof *b);
    if (g->n != n)
        return rc;
    b->proposal = g->p[0].number;
    for (unsigned i = 0; i < g->n; i++) {
        if (i && g->p[i].protocol == g->p[0].protocol)
            return ISAKMP_D_NO_PROPOSAL;
        for (size_t j = first; j < first + n; j++)
            if (p->protect[j].proto == g->p[i].protocol)
                rc = find_protect(b, p, &p->protect[j], m, &g->p[i]);
        if (b->n != i + 1)
            return rc == ISAKMP_OK ? ISAKMP_D_NO_PROPOSAL : rc;
    }
    return ISAKMP_OK;
}

unsigned isakmp__choose_child(isakmp__bundle *out, const isakmp_child_policy *p,
                              const isakmp__means *m, isakmp_span body)
{
    isakmp_reader all, r;
    unsigned rc = isakmp__read_proposals(&all, body), refused = ISAKMP_D_NO_PROPOSAL;
    if (rc != ISAKMP_OK)
        return rc;
    for (size_t i = 0, n; i < p->n_protect; i += n) {
        group g;
        int more = ISAKMP_NONE;
        n = set_size(p, i);
        r = all;
        for (unsigned k = 0; k < ISAKMP_MAX_OFFERS && (more = next_group(&r, &g)) == ISAKMP_OK;
             k++) {
            rc = match_set(out, p, i, n, m, &g);
            if (rc == ISAKMP_D_SPI) /* only this proposal is discarded [RFC2408 5.5] */
                refused = rc;
            else if (rc != ISAKMP_D_NO_PROPOSAL)
                return rc;
        }
        if (more == ISAKMP_E_MALFORMED)
            return ISAKMP_D_PROPOSAL_SYNTAX;
    }
    return refused;
}

/* Is every protocol of a bundle returned as it was offered?  The lifetimes are looked at twice: as
 * attributes, seconds and kilobytes could have changed places. */
static int same_as_offered(const isakmp__bundle *b, const isakmp_child_policy *p,
                           const isakmp__means *m)
{
    isakmp__life life = isakmp__life_for(isakmp__child_life(p), m);
    if (b->life.seconds != life.seconds || b->life.kilobytes != life.kilobytes || b->life.announce)
        return 0;
    for (unsigned i = 0; i < b->n; i++) {
        uint8_t buf[64];
        isakmp_writer w;
        isakmp_wr_init(&w, buf, sizeof buf);
        isakmp__wr_attrs2(&w, p, &b->protect[i], m);
        if (w.fault || !same_attrs(isakmp__span(buf, w.len), b->attrs[i]))
            return 0;
    }
    return 1;
}

/* A reply has one transform in each proposal and one proposal number. */
static int is_reply(isakmp_span body)
{
    isakmp_reader r;
    isakmp_proposal p;
    unsigned number = 256;
    int rc;
    if (isakmp__read_proposals(&r, body) != ISAKMP_OK)
        return 0;
    while ((rc = isakmp_proposal_next(&r, &p)) == ISAKMP_OK) {
        isakmp_reader ts = isakmp_rd(p.transforms);
        isakmp_transform t;
        if (number != 256 && number != p.number)
            return 0;
        number = p.number;
        if (isakmp_transform_next(&ts, &t) != ISAKMP_OK ||
            isakmp_transform_next(&ts, &t) != ISAKMP_NONE)
            return 0;
    }
    return rc == ISAKMP_NONE;
}

unsigned isakmp__confirm_child(isakmp__bundle *out, const isakmp_child_policy *p,
                               const isakmp__means *m, isakmp_span body)
{
    isakmp_reader r;
    unsigned rc = isakmp__read_proposals(&r, body);
    if (rc != ISAKMP_OK)
        return rc;
    if (!is_reply(body))
        return ISAKMP_D_PROPOSAL_SYNTAX;
    rc = isakmp__choose_child(out, p, m, body);
    if (rc == ISAKMP_OK && (out->group != p->pfs_group || !same_as_offered(out, p, m)))
        rc = ISAKMP_D_CHOICE;
    return rc == ISAKMP_D_NO_PROPOSAL ? ISAKMP_D_CHOICE : rc;
}
