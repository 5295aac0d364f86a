/* ext/config_shared.c -- Mode Config: what gateway and client have in common. */
#include "exchange/engine.h"
#include "mode_config.h"

/* ---- Attributes ----------------------------------------------------------------------------- */

int isakmp__config_is_there(isakmp_span attrs, uint16_t type)
{
    isakmp_reader r = isakmp_rd(attrs);
    isakmp_attr a;
    while (isakmp_attr_next(&r, &a) == ISAKMP_OK)
        if (a.type == type)
            return 1;
    return 0;
}

/* The first address of an attribute; family 0 if there is none that anybody could have. */
isakmp_addr isakmp__config_address(isakmp_span attrs, uint16_t type)
{
    isakmp_cfg_reader r = isakmp_cfg_values(attrs);
    isakmp_cfg_value v;
    isakmp_addr a;
    memset(&a, 0, sizeof a);
    while (isakmp_cfg_next(&r, &v) == ISAKMP_OK)
        if (v.type == type && v.form == ISAKMP_CFG_ADDR &&
            !isakmp__all_zero(v.addrs.lo, sizeof v.addrs.lo)) {
            a.family = v.addrs.family;
            memcpy(a.ip, v.addrs.lo, sizeof a.ip);
            return a;
        }
    return a;
}

/* ---- The end -------------------------------------------------------------------------------- */

isakmp_time isakmp__config_until(const isakmp__sa *sa)
{
    uint32_t s = sa->policy->config_s ? sa->policy->config_s : ISAKMP_DEFAULT_CONFIG_S;
    return sa->since + 1000 * (isakmp_time)s;
}

void isakmp__config_none(isakmp_ctx *x, isakmp__sa *sa, isakmp_reason why)
{
    sa->config = ISAKMP__CONFIG_OVER;
    isakmp__log(x, ISAKMP_LOG_INFO, sa, "no configuration: %s", isakmp_detail_text(why.detail));
    isakmp__tell(x, ISAKMP_EV_CONFIG_NONE, sa, NULL, &why);
}

/* What we have begun has failed.  The peer may prefer to begin itself. */
void isakmp__config_fail(isakmp_ctx *x, isakmp__sa *sa, isakmp_reason why)
{
    if (sa->config != ISAKMP__CONFIG_RUNNING)
        return;
    if (isakmp__config_can(sa, ISAKMP_PF_CONFIG_ANSWER | ISAKMP_PF_CONFIG_ACCEPT) &&
        x->now < isakmp__config_until(sa))
        sa->config = ISAKMP__CONFIG_WAITING;
    else
        isakmp__config_none(x, sa, why);
}

isakmp_reason isakmp__config_refusal(void)
{
    return isakmp__reason(ISAKMP_BY_PEER, ISAKMP_D_PEER_REFUSED, 1, 0);
}

/* ---- Addresses that are others' from now on --------------------------------------------------- */

static void end_child(isakmp_ctx *x, isakmp__child *c)
{
    isakmp__inform_child_gone(x, c);
    isakmp__child_end(x, c, isakmp__reason(ISAKMP_BY_US, ISAKMP_D_ADDRESS_LOST, 0, 0));
}

void isakmp__config_end_homeless(isakmp_ctx *x, const isakmp__sa *sa)
{
    for (isakmp__child *c = NULL; (c = isakmp__child_after(sa, c)) != NULL;)
        if (c->homeless && !c->ending)
            end_child(x, c);
}

static void end_children_on(isakmp_ctx *x, const isakmp__sa *sa, const isakmp__assignment *lost)
{
    for (isakmp__child *c = NULL; (c = isakmp__child_after(sa, c)) != NULL;)
        if (!c->ending && isakmp__child_is_for(c, lost))
            end_child(x, c);
}

/* Somebody else may have them at any moment: nothing stays that was negotiated for them, under whichever SA. */
void isakmp__config_end_children(isakmp_ctx *x, const isakmp__sa *sa,
                                 const isakmp__assignment *lost)
{
    const isakmp__sa *other = NULL;
    if (lost->ip4.family == 0 && lost->ip6.family == 0)
        return;
    end_children_on(x, sa, lost);
    while ((other = isakmp__sa_sibling(x, sa, other)) != NULL)
        end_children_on(x, other, lost);
}

/* From now on the client has these, and those no more that it had. */
isakmp__assignment *isakmp__config_assign(isakmp_ctx *x, isakmp__sa *sa, int ours,
                                          const isakmp_addr *ip4, const isakmp_addr *ip6)
{
    isakmp__assignment lost, *a = isakmp__assign(x, sa, ours, ip4, ip6, &lost);
    isakmp__config_end_children(x, sa, &lost);
    return a;
}
