/* policy/read.c -- offered transforms as data, before they are compared with anything.
 *
 * Attributes may come in any order, except that a life duration belongs to the life type before it,
 * and again with the value that they had [RFC2407 4.5.2].  An attribute that is unknown, has a value
 * that does not fit, or another one than before spoils its transform and no other: the report says
 * which one it was. */
#include "match.h"

unsigned isakmp__read_proposals(isakmp_reader *out, isakmp_span body)
{
    isakmp_sa_body sa;
    if (isakmp_sa_read(&sa, body) != ISAKMP_OK)
        return ISAKMP_D_PROPOSAL_SYNTAX;
    if (sa.doi != ISAKMP_DOI_IPSEC)
        return ISAKMP_D_DOI;
    if (sa.situation != ISAKMP_SIT_IDENTITY_ONLY)
        return ISAKMP_D_SITUATION;
    if (sa.proposals.n == 0)
        return ISAKMP_D_PROPOSAL_SYNTAX;
    *out = isakmp_rd(sa.proposals);
    return ISAKMP_OK;
}

/* The state of reading one transform. */
typedef struct reading {
    uint32_t life_type; /* of the duration that comes next; 0: none */
    uint16_t group_type;
    isakmp__life *life;
    uint8_t is_bad;
    uint16_t bad;
    uint32_t bad_value;
} reading;

static void spoil(reading *r, const isakmp_attr *a)
{
    if (!r->is_bad) {
        r->is_bad = 1;
        r->bad = a->type;
        r->bad_value = a->value;
    }
}

static void read_life(reading *r, const isakmp_attr *a, unsigned life_type_attr)
{
    uint32_t *to = r->life_type == ISAKMP_LIFE_SECONDS ? &r->life->seconds : &r->life->kilobytes;
    if (a->type == life_type_attr) {
        if (r->life_type || a->value < ISAKMP_LIFE_SECONDS || a->value > ISAKMP_LIFE_KILOBYTES)
            spoil(r, a);
        r->life_type = a->value;
        return;
    }
    if (r->life_type == 0 || a->value == 0 || (*to && *to != a->value))
        spoil(r, a);
    else
        *to = a->value;
    r->life_type = 0;
}

/* A value that goes into a field of 16 bits, which holds 0 until then. */
static void read16(reading *r, const isakmp_attr *a, uint16_t *to)
{
    if (a->value == 0 || a->value > UINT16_MAX || (*to && *to != a->value))
        spoil(r, a);
    *to = (uint16_t)a->value;
}

static void read_attr1(reading *r, const isakmp_attr *a, isakmp_policy *p)
{
    switch (a->type) {
    case ISAKMP_ATTR_CIPHER:
        read16(r, a, &p->cipher);
        break;
    case ISAKMP_ATTR_KEY_LENGTH:
        read16(r, a, &p->key_bits);
        break;
    case ISAKMP_ATTR_HASH:
        read16(r, a, &p->hash);
        break;
    case ISAKMP_ATTR_AUTH:
        read16(r, a, &p->auth);
        break;
    case ISAKMP_ATTR_GROUP:
        read16(r, a, &p->group);
        break;
    case ISAKMP_ATTR_GROUP_TYPE: /* says what the group's number says already: MODP or ECP */
        if (a->value > 2)
            spoil(r, a);
        read16(r, a, &r->group_type);
        break;
    case ISAKMP_ATTR_LIFE_TYPE:
    case ISAKMP_ATTR_LIFE_DURATION:
        read_life(r, a, ISAKMP_ATTR_LIFE_TYPE);
        break;
    default:
        spoil(r, a);
    }
}

static void read_attr2(reading *r, const isakmp_attr *a, isakmp__offer2 *o)
{
    switch (a->type) {
    case ISAKMP_SA_ATTR_GROUP:
        read16(r, a, &o->group);
        break;
    case ISAKMP_SA_ATTR_ENCAP:
        read16(r, a, &o->encap);
        break;
    case ISAKMP_SA_ATTR_AUTH:
        read16(r, a, &o->protect.integ);
        break;
    case ISAKMP_SA_ATTR_KEY_LENGTH:
        read16(r, a, &o->protect.key_bits);
        break;
    case ISAKMP_SA_ATTR_ESN: /* 1 is the only value; who wants short numbers does not ask [RFC4304] */
        if (a->value != 1)
            spoil(r, a);
        o->protect.esn = 1;
        break;
    case ISAKMP_SA_ATTR_LIFE_TYPE:
    case ISAKMP_SA_ATTR_LIFE_DURATION:
        read_life(r, a, ISAKMP_SA_ATTR_LIFE_TYPE);
        break;
    default:
        spoil(r, a);
    }
}

/* When the attributes are through: did they end well, and has every life type its duration? */
static void finish(reading *r, int rc, unsigned life_type_attr)
{
    isakmp_attr none = {0};
    none.type = rc == ISAKMP_NONE ? (uint16_t)life_type_attr : 0x7fff;
    if (rc != ISAKMP_NONE || r->life_type)
        spoil(r, &none);
}

void isakmp__offer1_read(isakmp__offer1 *out, const isakmp_transform *t)
{
    isakmp_reader attrs = isakmp_rd(t->attrs);
    reading r = {0};
    isakmp_attr a;
    int rc;
    memset(out, 0, sizeof *out);
    r.life = &out->life;
    while ((rc = isakmp_attr_next(&attrs, &a)) == ISAKMP_OK)
        read_attr1(&r, &a, &out->suite);
    finish(&r, rc, ISAKMP_ATTR_LIFE_TYPE);
    out->is_bad = r.is_bad;
    out->bad = r.bad;
    out->bad_value = r.bad_value;
    out->suite.life_s = out->life.seconds;
}

void isakmp__offer2_read(isakmp__offer2 *out, uint8_t proto, const isakmp_transform *t)
{
    isakmp_reader attrs = isakmp_rd(t->attrs);
    reading r = {0};
    isakmp_attr a;
    int rc;
    memset(out, 0, sizeof *out);
    r.life = &out->life;
    out->protect.proto = proto;
    out->protect.transform = t->id;
    while ((rc = isakmp_attr_next(&attrs, &a)) == ISAKMP_OK)
        read_attr2(&r, &a, out);
    finish(&r, rc, ISAKMP_SA_ATTR_LIFE_TYPE);
    out->is_bad = r.is_bad;
    out->bad = r.bad;
    out->bad_value = r.bad_value;
    if (out->life.seconds == 0)
        out->life.seconds = ISAKMP_DEFAULT_CHILD_LIFE_S;
}
