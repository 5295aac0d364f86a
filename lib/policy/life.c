/* policy/life.c -- lifetimes: what a responder makes of an offered one.
 *
 * One rule in numbers, for seconds and for kilobytes alike, with "no limit" as the largest value.
 * The table stands in policy.h. */
#include "match.h"

/* Which of the three cases (shorter than ours, equal, longer) are accepted, and whether ours is then
 * used and announced. */
typedef struct rule {
    uint8_t shorter, longer, claim;
} rule;

static rule rule_of(uint8_t mode, int phase)
{
    static const rule rules[] = {
        [ISAKMP_LIFE_DEFAULT] = {0, 1, 1}, [ISAKMP_LIFE_OBEY] = {1, 1, 0},
        [ISAKMP_LIFE_CLAIM] = {1, 1, 1},   [ISAKMP_LIFE_STRICT] = {1, 0, 0},
        [ISAKMP_LIFE_EXACT] = {0, 0, 0},
    };
    if (mode == ISAKMP_LIFE_DEFAULT && phase == 2)
        mode = ISAKMP_LIFE_CLAIM;
    return rules[mode <= ISAKMP_LIFE_EXACT ? mode : ISAKMP_LIFE_EXACT];
}

/* 0 stands for "no limit": with one subtracted it is the largest value. */
static int agree(uint32_t *used, uint8_t *announce, rule r, uint32_t ours, uint32_t offered)
{
    uint32_t mine = ours - 1, theirs = offered - 1;
    *used = offered;
    if (theirs < mine)
        return r.shorter;
    if (theirs == mine)
        return 1;
    if (r.claim) {
        *used = ours;
        *announce = 1;
    }
    return r.longer;
}

int isakmp__life_agree(isakmp__life *out, uint8_t mode, int phase, const isakmp__life *ours,
                       const isakmp__life *offered)
{
    rule r = rule_of(mode, phase);
    memset(out, 0, sizeof *out);
    if (!agree(&out->seconds, &out->announce, r, ours->seconds, offered->seconds))
        return ISAKMP_LIFE_SECONDS;
    if (out->seconds == 0) /* none was offered, and an SA without end is not made */
        out->seconds = ours->seconds;
    if (phase == 1) /* kilobytes of phase 1 are not counted */
        return ISAKMP_OK;
    if (!agree(&out->kilobytes, &out->announce, r, ours->kilobytes, offered->kilobytes))
        return ISAKMP_LIFE_KILOBYTES;
    return ISAKMP_OK;
}

isakmp__life isakmp__policy_life(const isakmp_policy *p)
{
    isakmp__life l = {p->life_s ? p->life_s : ISAKMP_DEFAULT_LIFE_S, 0, 0};
    return l;
}

isakmp__life isakmp__child_life(const isakmp_child_policy *p)
{
    isakmp__life l = {p->life_s ? p->life_s : ISAKMP_DEFAULT_CHILD_LIFE_S, p->life_kb, 0};
    return l;
}

isakmp__life isakmp__life_for(isakmp__life l, const isakmp__means *m)
{
    if (m->most_life_s && l.seconds > m->most_life_s)
        l.seconds = m->most_life_s;
    return l;
}

void isakmp__life_shorten(uint32_t *seconds, uint32_t *kilobytes, isakmp_span attrs)
{
    isakmp_reader r = isakmp_rd(attrs);
    isakmp_attr a;
    uint32_t type = 0, *to;
    while (isakmp_attr_next(&r, &a) == ISAKMP_OK) {
        to = type == ISAKMP_LIFE_SECONDS     ? seconds
             : type == ISAKMP_LIFE_KILOBYTES ? kilobytes
                                             : NULL;
        if (a.type == ISAKMP_SA_ATTR_LIFE_TYPE || a.type == ISAKMP_ATTR_LIFE_TYPE)
            type = a.value;
        else if (to && a.value && (*to == 0 || a.value < *to) &&
                 (a.type == ISAKMP_SA_ATTR_LIFE_DURATION || a.type == ISAKMP_ATTR_LIFE_DURATION))
            *to = a.value;
    }
}
