/* ios/set_global.c -- commands about what there is once, and about modes. */
#include "handlers.h"

/* ---- EXEC and modes ------------------------------------------------------------------------- */

int isakmp__ios_do_action(isakmp__run *r)
{
    r->out->action = r->no ? (uint16_t)ISAKMP_IOS_UNDEBUG : r->value;
    return ISAKMP_OK;
}

/* An action upon one of several: a number, an address or a name, if it was given. */
int isakmp__ios_do_one(isakmp__run *r)
{
    const isakmp__arg *last = r->n ? &r->arg[r->n - 1] : NULL;
    r->out->action = r->value;
    if (last == NULL)
        return ISAKMP_OK;
    r->out->number = last->number;
    if (last->kind == 'w')
        r->out->word = last->text;
    if (last->kind == 'a') {
        r->out->addr.family = 4;
        memcpy(r->out->addr.ip, last->ip, 4);
    }
    return ISAKMP_OK;
}

int isakmp__ios_do_make_keys(isakmp__run *r)
{
    r->out->action = ISAKMP_IOS_MAKE_KEYS;
    r->out->usage = (uint8_t)isakmp__ios_arg_is(r, 0, "usage-keys");
    r->out->number = ISAKMP_IOS_DEFAULT_MODULUS;
    if (r->n && r->arg[r->n - 1].kind == 'n')
        r->out->number = r->arg[r->n - 1].number;
    return ISAKMP_OK;
}

int isakmp__ios_do_configure(isakmp__run *r)
{
    isakmp__ios_enter(r, ISAKMP_IOS_CONFIG, NULL);
    return ISAKMP_OK;
}

int isakmp__ios_do_exit(isakmp__run *r)
{
    uint8_t mode = r->s->mode;
    if (mode == ISAKMP_IOS_CONFIG)
        r->s->mode = ISAKMP_IOS_EXEC;
    else
        r->s->mode = mode == ISAKMP_IOS_KEY ? ISAKMP_IOS_CHAIN : ISAKMP_IOS_CONFIG;
    r->s->target = NULL;
    return ISAKMP_OK;
}

int isakmp__ios_do_end(isakmp__run *r)
{
    isakmp__ios_enter(r, ISAKMP_IOS_EXEC, NULL);
    r->c->ended = 1;
    return ISAKMP_OK;
}

/* ---- What there is once --------------------------------------------------------------------- */

int isakmp__ios_set_enable(isakmp__run *r)
{
    r->c->disabled = r->no == 1;
    return ISAKMP_OK;
}

int isakmp__ios_set_identity(isakmp__run *r)
{
    r->c->identity = (uint8_t)(r->no || isakmp__ios_arg_is(r, 0, "address") ? ISAKMP_IOS_BY_ADDRESS
                               : isakmp__ios_arg_is(r, 0, "hostname")       ? ISAKMP_IOS_BY_HOSTNAME
                                                                            : ISAKMP_IOS_BY_DN);
    return ISAKMP_OK;
}

int isakmp__ios_set_keepalive(isakmp__run *r)
{
    isakmp_ios *c = r->c;
    c->keepalive_s = 0;
    c->retry_s = c->periodic = 0;
    if (r->no)
        return ISAKMP_OK;
    c->keepalive_s = (uint16_t)r->arg[0].number;
    if (r->n > 1 && r->arg[1].kind == 'n' && r->arg[1].number != ISAKMP__DEFAULT_RETRY_S)
        c->retry_s = (uint8_t)r->arg[1].number;
    c->periodic = (uint8_t)isakmp__ios_arg_is(r, r->n - 1u, "periodic");
    return ISAKMP_OK;
}

int isakmp__ios_set_nat_keepalive(isakmp__run *r)
{
    r->c->nat_keepalive_s = (uint16_t)(r->no ? 0 : r->arg[0].number);
    return ISAKMP_OK;
}

int isakmp__ios_set_recovery(isakmp__run *r)
{
    r->c->recovery = !r->no;
    return ISAKMP_OK;
}

int isakmp__ios_set_aggressive(isakmp__run *r)
{
    r->c->aggressive_disabled = !r->no;
    return ISAKMP_OK;
}

static int set_name(isakmp__run *r, isakmp__word **place)
{
    return isakmp__ios_set_word(r, place, r->no ? isakmp__span(NULL, 0) : r->arg[0].text);
}

int isakmp__ios_set_client_pool(isakmp__run *r)
{
    return set_name(r, &r->c->pool);
}

int isakmp__ios_set_hostname(isakmp__run *r)
{
    return set_name(r, &r->c->hostname);
}

int isakmp__ios_set_domain(isakmp__run *r)
{
    return set_name(r, &r->c->domain);
}

int isakmp__ios_set_lifetime(isakmp__run *r)
{
    uint32_t *place = r->value ? &r->c->life_s : &r->c->life_kb;
    uint32_t usual = r->value ? ISAKMP__DEFAULT_LIFE_S : ISAKMP__DEFAULT_LIFE_KB;
    *place = r->no || r->arg[0].number == usual ? 0 : r->arg[0].number;
    return ISAKMP_OK;
}
