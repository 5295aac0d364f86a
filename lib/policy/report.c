/* policy/report.c -- the mismatch report: for each offered transform, which attribute failed against
 * which policy.  "No proposal chosen" without a reason is what people complain about most, so the
 * reason is data.
 *
 * A report stores nothing: a row is found by walking the offer again when somebody asks. */
#include "match.h"

/* The ith offered transform of the SA payload, counted through all proposals. */
static int nth_offer(isakmp_span body, size_t i, isakmp_proposal *p, isakmp_transform *t)
{
    isakmp_reader proposals, transforms;
    if (isakmp__read_proposals(&proposals, body) != ISAKMP_OK)
        return 0;
    while (isakmp_proposal_next(&proposals, p) == ISAKMP_OK) {
        transforms = isakmp_rd(p->transforms);
        while (isakmp_transform_next(&transforms, t) == ISAKMP_OK)
            if (i-- == 0)
                return 1;
    }
    return 0;
}

static void cannot(isakmp_mismatch *out, const char *what)
{
    out->attr = 0;
    out->what = what;
    out->ours = 0;
    out->offered = UINT32_MAX;
}

static int row1(const isakmp_report *r, size_t i, isakmp_mismatch *out)
{
    size_t n = r->peer->n_policies + (r->peer->flags & ISAKMP_PF_DEFAULT_POLICY ? 1 : 0);
    const isakmp_policy *ours = NULL;
    const char *unusable;
    isakmp_proposal p;
    isakmp_transform t;
    isakmp__offer1 o;
    isakmp__life unused;
    if (n == 0 || i / n >= ISAKMP_MAX_OFFERS || !nth_offer(r->body, i / n, &p, &t))
        return ISAKMP_NONE;
    for (size_t k = 0; k <= i % n; k++)
        ours = isakmp__policy_next(r->peer, ours);
    out->proposal = p.number;
    out->protocol = p.protocol;
    out->transform = t.number;
    out->priority = ours->priority;
    unusable = isakmp__policy_unusable(ours, &r->means);
    isakmp__offer1_read(&o, &t);
    if (unusable)
        cannot(out, unusable);
    else if (p.protocol != ISAKMP_PROTO_ISAKMP || t.id != ISAKMP_KEY_IKE)
        cannot(out, "protocol or transform that is not of phase 1");
    else if (isakmp__match1(&unused, out, ours, &o, r->peer->life_mode))
        cannot(out, "match that came too late");
    return ISAKMP_OK;
}

static int row2(const isakmp_report *r, size_t i, isakmp_mismatch *out)
{
    size_t n = r->child->n_protect;
    const isakmp_protect *ours;
    isakmp_proposal p;
    isakmp_transform t;
    isakmp__offer2 o;
    isakmp__life unused;
    if (n == 0 || i / n >= ISAKMP_MAX_OFFERS || !nth_offer(r->body, i / n, &p, &t))
        return ISAKMP_NONE;
    ours = &r->child->protect[i % n];
    out->proposal = p.number;
    out->protocol = p.protocol;
    out->transform = t.number;
    out->priority = ours->set;
    isakmp__offer2_read(&o, p.protocol, &t);
    if (isakmp__match2(&unused, out, r->child, ours, &r->means, &o))
        cannot(out, "other protocol of the set");
    return ISAKMP_OK;
}

int isakmp_report_get(const isakmp_report *r, size_t i, isakmp_mismatch *out)
{
    memset(out, 0, sizeof *out);
    return r->peer ? row1(r, i, out) : row2(r, i, out);
}

/* How far a comparison came before an attribute failed: the order of isakmp__match1() and _match2(). */
static unsigned progress(const isakmp_report *r, const isakmp_mismatch *m)
{
    static const uint16_t order[2][7] = {
        {ISAKMP_ATTR_CIPHER, ISAKMP_ATTR_KEY_LENGTH, ISAKMP_ATTR_HASH, ISAKMP_ATTR_AUTH,
         ISAKMP_ATTR_GROUP, ISAKMP_ATTR_LIFE_DURATION},
        {ISAKMP_SA_ATTR_KEY_LENGTH, ISAKMP_SA_ATTR_AUTH, ISAKMP_SA_ATTR_ESN, ISAKMP_SA_ATTR_ENCAP,
         ISAKMP_SA_ATTR_GROUP, ISAKMP_SA_ATTR_LIFE_DURATION}};
    const uint16_t *of = order[r->child != NULL];
    for (unsigned i = 0; m->attr && of[i]; i++)
        if (of[i] == m->attr)
            return i + 2;
    return m->attr != 0;
}

/* Enough to be of use: an offer may be made so that it takes long to go through all. */
#define MOST_ROWS 128

int isakmp__report_nearest(const isakmp_report *r, isakmp_mismatch *out)
{
    isakmp_mismatch m;
    int found = ISAKMP_NONE;
    for (size_t i = 0; i < MOST_ROWS && isakmp_report_get(r, i, &m) == ISAKMP_OK; i++)
        if (found != ISAKMP_OK || progress(r, &m) > progress(r, out)) {
            *out = m;
            found = ISAKMP_OK;
        }
    return found;
}

/* The registry of a mismatch's values, or -1 if they are plain numbers. */
static int registry_of(int phase1, const isakmp_mismatch *m)
{
    static const struct {
        uint8_t phase1, attr, registry;
    } known[] = {
        {1, ISAKMP_ATTR_CIPHER, ISAKMP_REG_CIPHER},  {1, ISAKMP_ATTR_HASH, ISAKMP_REG_HASH},
        {1, ISAKMP_ATTR_AUTH, ISAKMP_REG_AUTH},      {1, ISAKMP_ATTR_GROUP, ISAKMP_REG_GROUP},
        {0, ISAKMP_SA_ATTR_GROUP, ISAKMP_REG_GROUP}, {0, ISAKMP_SA_ATTR_ENCAP, ISAKMP_REG_ENCAP},
        {0, ISAKMP_SA_ATTR_AUTH, ISAKMP_REG_INTEG},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i].phase1 == phase1 && known[i].attr == m->attr)
            return known[i].registry;
    return -1;
}

static void add_value(isakmp__text *t, int registry, uint32_t value)
{
    if (value == UINT32_MAX || value == 0)
        isakmp__text_add(t, "none");
    else if (registry >= 0)
        isakmp__text_name(t, registry, value);
    else
        isakmp__text_add(t, "%u", (unsigned)value);
}

/* Protocols and transforms are numbers of registries that depend on each other. */
static int registry_without_attr(const isakmp_report *r, const isakmp_mismatch *m)
{
    if (r->child == NULL || m->offered == UINT32_MAX)
        return -2;
    if (m->what[0] == 'p')
        return ISAKMP_REG_PROTOCOL;
    return m->protocol == ISAKMP_PROTO_ESP ? ISAKMP_REG_ESP : ISAKMP_REG_AH;
}

size_t isakmp_mismatch_text(char *out, size_t cap, const isakmp_report *r, const isakmp_mismatch *m)
{
    isakmp__text t = isakmp__text_begin(out, cap);
    int registry = m->attr ? registry_of(r->peer != NULL, m) : registry_without_attr(r, m);
    isakmp__text_add(&t, "proposal %u, transform %u, ", m->proposal, m->transform);
    isakmp__text_add(&t, r->peer ? "policy %u: " : "our set %u: ", m->priority);
    if (registry == -2) {
        isakmp__text_add(&t, "%s", m->what);
        return t.len;
    }
    isakmp__text_add(&t, "%s is ", m->what);
    add_value(&t, registry, m->offered);
    isakmp__text_add(&t, ", ours is ");
    add_value(&t, registry, m->ours);
    return t.len;
}
