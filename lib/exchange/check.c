/* exchange/check.c -- what must be true of every table, proved over the table itself.
 *
 *   - messages are numbered from 1 on, and the sides take turns;
 *   - nothing is encrypted before a row has made the keys, and nothing is in the clear after it;
 *   - every encrypted message carries HASH or SIG, and in phase 2 the engine verifies HASH;
 *   - counts make sense, no payload has two rules, and payloads with a place are mandatory;
 *   - the last message, and no other, is marked so;
 *   - a send verb writes only what its own row allows, and every mandatory payload has a verb (or the
 *     engine) that writes it. */
#include "row.h"

static const isakmp__rule *rule_for(const isakmp__row *r, uint8_t type)
{
    for (const isakmp__rule *rule = r->rules; rule->type != ISAKMP_PAYLOAD_NONE; rule++)
        if (rule->type == type)
            return rule;
    return NULL;
}

static unsigned n_rules(const isakmp__row *r)
{
    unsigned n = 0;
    while (r->rules[n].type != ISAKMP_PAYLOAD_NONE)
        n++;
    return n;
}

static const char *check_rules(const isakmp__row *r)
{
    for (unsigned i = 0; i < n_rules(r); i++) {
        const isakmp__rule *rule = &r->rules[i];
        if (rule->min > rule->max || rule->max == 0)
            return "a payload's counts make no sense";
        if (rule_for(r, rule->type) != rule)
            return "a payload has two rules";
        if (i < r->lead && rule->min == 0)
            return "a payload that has a place is not mandatory";
    }
    return r->lead > n_rules(r) ? "there are fewer rules than places" : NULL;
}

static int demands(const isakmp__row *r, uint8_t type)
{
    const isakmp__rule *rule = rule_for(r, type);
    return rule && rule->min > 0;
}

static const char *check_protection(const isakmp_exchange *t, const isakmp__row *r, int has_keys)
{
    int authentic = demands(r, ISAKMP_PAYLOAD_HASH) || demands(r, ISAKMP_PAYLOAD_SIG);
    if (t->phase == 2 && r->sec != ISAKMP__ENCRYPTED)
        return "a message of phase 2 is not encrypted";
    if (t->phase == 2 && (r->hash == ISAKMP__HASH_BY_VERB || r->lead == 0 ||
                          r->rules[0].type != ISAKMP_PAYLOAD_HASH))
        return "a message of phase 2 does not begin with a HASH that the engine verifies";
    if (t->phase == 1 && r->hash != ISAKMP__HASH_BY_VERB)
        return "a message of phase 1 asks the engine for a HASH";
    if (t->phase == 1 && !has_keys && r->sec != ISAKMP__CLEAR)
        return "a message is encrypted before there are keys";
    if (t->phase == 1 && has_keys && r->sec == ISAKMP__CLEAR)
        return "a message is in the clear after there are keys";
    if (r->sec != ISAKMP__CLEAR && !authentic)
        return "an encrypted message carries neither HASH nor SIG";
    if (t->phase == 1 && demands(r, ISAKMP_PAYLOAD_SA) &&
        (r->lead == 0 || r->rules[0].type != ISAKMP_PAYLOAD_SA))
        return "SA does not come first in phase 1";
    return NULL;
}

static int is_put(const isakmp__row *r, uint8_t type)
{
    if (type == ISAKMP_PAYLOAD_HASH && r->hash != ISAKMP__HASH_BY_VERB)
        return 1;
    for (unsigned i = 0; i < ISAKMP__MAX_VERBS && r->send[i]; i++)
        for (unsigned k = 0; k < sizeof r->send[i]->puts; k++)
            if (r->send[i]->puts[k] == type)
                return 1;
    return 0;
}

static const char *check_verbs(const isakmp__row *r)
{
    if (r->recv[ISAKMP__MAX_VERBS - 1] || r->send[ISAKMP__MAX_VERBS - 1] || r->sent[2])
        return "a list of verbs has no end";
    for (unsigned i = 0; r->send[i]; i++)
        for (unsigned k = 0; k < sizeof r->send[i]->puts; k++)
            if (r->send[i]->puts[k] && rule_for(r, r->send[i]->puts[k]) == NULL)
                return "a verb writes a payload that its row does not allow";
    for (unsigned i = 0; i < n_rules(r); i++)
        if (r->rules[i].min && !is_put(r, r->rules[i].type))
            return "no verb writes a mandatory payload";
    return NULL;
}

/* Is this row in its place among the others? */
static const char *check_order(const isakmp_exchange *t, unsigned i)
{
    const isakmp__row *r = &t->rows[i];
    uint8_t before = i ? t->rows[i - 1].msg : 0, last = t->rows[t->n - 1].msg;
    if (r->msg == 0 || (r->msg != before && r->msg != before + 1))
        return "messages are not numbered from 1 on";
    if (r->from_i != (r->msg & 1))
        return "the sides do not take turns";
    if (r->auth == 0)
        return "a row serves no authentication method";
    for (unsigned k = 0; k < i; k++)
        if (t->rows[k].msg == r->msg && t->rows[k].auth & r->auth)
            return "two rows serve the same message and method";
    if (((r->flags & ISAKMP__F_LAST) != 0) != (r->msg == last))
        return "the last message is not marked, or another one is";
    if (r->flags & ISAKMP__F_LAST && r->flags & ISAKMP__F_RETRANSMIT)
        return "the last message would be repeated for ever";
    return NULL;
}

static int has_keys_before(const isakmp_exchange *t, const isakmp__row *r)
{
    for (unsigned i = 0; i < t->n; i++)
        if (t->rows[i].msg < r->msg && t->rows[i].flags & ISAKMP__F_KEYS &&
            t->rows[i].auth & r->auth)
            return 1;
    return 0;
}

const char *isakmp__table_check(const isakmp_exchange *t, unsigned *row)
{
    const char *fault = t->n == 0 ? "there are no rows" : NULL;
    if (t->begin[sizeof t->begin / sizeof t->begin[0] - 1])
        fault = "a list of verbs has no end";
    for (*row = 0; fault == NULL && *row < t->n; (*row)++) {
        const isakmp__row *r = &t->rows[*row];
        if ((fault = check_order(t, *row)) != NULL || (fault = check_rules(r)) != NULL ||
            (fault = check_protection(t, r, has_keys_before(t, r))) != NULL ||
            (fault = check_verbs(r)) != NULL)
            return fault;
    }
    return fault;
}
