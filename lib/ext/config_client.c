/* ext/config_client.c -- Mode Config as client: what we ask for, what of that which we are told we accept, and what
 * comes of it when the gateway's message counts. */
#include "base/text.h"
#include "mode_config.h"

static const uint16_t default_wants[] = {
    ISAKMP_CFG_IP4_ADDRESS, ISAKMP_CFG_IP4_NETMASK,    ISAKMP_CFG_IP4_DNS,
    ISAKMP_CFG_IP4_NBNS,    ISAKMP_CFG_ADDRESS_EXPIRY, ISAKMP_CFG_IP4_SUBNET,
    ISAKMP_CFG_BANNER,      ISAKMP_CFG_SAVE_PASSWORD,  ISAKMP_CFG_DEFAULT_DOMAIN,
    ISAKMP_CFG_SPLIT_DNS,   ISAKMP_CFG_SPLIT_INCLUDE,  ISAKMP_CFG_LOCAL_LAN,
    ISAKMP_CFG_PFS,         ISAKMP_CFG_BACKUP_SERVERS};

/* Texts of a peer go into the log escaped, and only their beginning; of many only the first. */
#define MAX_LINES 32

static void log_text(isakmp_ctx *x, const isakmp__sa *sa, const isakmp_cfg_value *v)
{
    char shown[112];
    isakmp__text t = isakmp__text_begin(shown, sizeof shown);
    isakmp__text_name(&t, ISAKMP_REG_CFG_ATTR, v->type);
    isakmp__text_add(&t, " ");
    isakmp__text_octets(&t, isakmp__span(v->data.p, v->data.n < 64 ? v->data.n : 64));
    isakmp__log(x, ISAKMP_LOG_DEBUG, sa, "the gateway says %s", shown);
}

static void log_texts(isakmp_ctx *x, const isakmp__sa *sa, isakmp_span attrs)
{
    isakmp_cfg_reader r = isakmp_cfg_values(attrs);
    isakmp_cfg_value v;
    for (unsigned i = 0; i < MAX_LINES && isakmp_cfg_next(&r, &v) == ISAKMP_OK; i++)
        if (v.form == ISAKMP_CFG_TEXT || v.form == ISAKMP_CFG_OCTETS)
            log_text(x, sa, &v);
}

/* An address that we have already we would like to keep. */
static isakmp_span wish(const isakmp__assignment *a, uint16_t type)
{
    if (a && type == ISAKMP_CFG_IP4_ADDRESS && a->ip4.family)
        return isakmp__span(a->ip4.ip, 4);
    if (a && type == ISAKMP_CFG_IP6_ADDRESS && a->ip6.family)
        return isakmp__span(a->ip6.ip, 16);
    return isakmp__span(NULL, 0);
}

void isakmp__config_write_wants(const isakmp_ctx *x, isakmp__exch *e)
{
    const isakmp_peer_policy *p = e->sa->policy;
    const isakmp__assignment *a = isakmp__assignment_of(x, e->sa);
    const uint16_t *wants = p->config_wants ? p->config_wants : default_wants;
    size_t n = p->config_wants ? p->n_config_wants : sizeof default_wants / sizeof default_wants[0];
    for (size_t i = 0; i < n; i++)
        isakmp_wr_attr_bytes(&e->w, wants[i], wish(a, wants[i]));
}

static int is_address(uint16_t type)
{
    return type == ISAKMP_CFG_IP4_ADDRESS || type == ISAKMP_CFG_IP6_ADDRESS;
}

/* Is there room for an address of ours? */
static int can_keep(const isakmp_ctx *x, const isakmp__sa *sa)
{
    return isakmp__assignment_of(x, sa) || x->assignments.used < x->assignments.cap;
}

/* Has an attribute a value, and one that its number promises? */
static int is_usable(isakmp_span attr)
{
    isakmp_cfg_reader r = isakmp_cfg_values(attr);
    isakmp_cfg_value v;
    int usable = 0;
    while (isakmp_cfg_next(&r, &v) == ISAKMP_OK) {
        if (v.form == ISAKMP_CFG_OCTETS)
            return 0;
        usable |= v.form != ISAKMP_CFG_EMPTY;
    }
    return usable;
}

/* The numbers of those that we accept, for the ACK: they lie in the room, at e->cfg. */
void isakmp__config_note_accepted(const isakmp_ctx *x, isakmp__exch *e, isakmp_span attrs)
{
    isakmp_reader r = isakmp_rd(attrs);
    const uint8_t *from = r.p;
    isakmp_attr a;
    for (; isakmp_attr_next(&r, &a) == ISAKMP_OK; from = r.p) {
        uint8_t *at;
        if (!is_usable(isakmp__span(from, (size_t)(r.p - from))) ||
            (is_address(a.type) && !can_keep(x, e->sa)))
            continue;
        at = e->cfg.n < ISAKMP_MAX_CFG ? isakmp__exch_room(e, 2) : NULL;
        if (at == NULL)
            return;
        isakmp__put16(at, a.type);
        e->cfg = isakmp__span(e->cfg.n ? e->cfg.p : at, e->cfg.n + 2);
    }
}

/* For how many seconds an address is given; 0: that is not said. */
static uint32_t expiry_in(isakmp_span attrs)
{
    isakmp_cfg_reader r = isakmp_cfg_values(attrs);
    isakmp_cfg_value v;
    while (isakmp_cfg_next(&r, &v) == ISAKMP_OK)
        if (v.type == ISAKMP_CFG_ADDRESS_EXPIRY && v.form == ISAKMP_CFG_NUMBER)
            return v.number;
    return 0;
}

static void set_expiry(isakmp_ctx *x, isakmp__sa *sa, isakmp__assignment *a, uint32_t seconds)
{
    a->renew_at = a->ends_at = 0;
    if (seconds == 0)
        return;
    a->ends_at = x->now + 1000 * (isakmp_time)seconds;
    a->renew_at = x->now + 500 * (isakmp_time)seconds;
    isakmp__sa_wake(x, sa, a->renew_at);
}

/* What the gateway says counts. */
void isakmp__config_take(isakmp_ctx *x, isakmp__sa *sa, isakmp_span attrs)
{
    isakmp_addr ip4 = isakmp__config_address(attrs, ISAKMP_CFG_IP4_ADDRESS);
    isakmp_addr ip6 = isakmp__config_address(attrs, ISAKMP_CFG_IP6_ADDRESS);
    isakmp__assignment *a = NULL;
    log_texts(x, sa, attrs);
    if ((ip4.family || ip6.family) && can_keep(x, sa))
        a = isakmp__config_assign(x, sa, 1, &ip4, &ip6);
    if (a)
        set_expiry(x, sa, a, expiry_in(attrs));
    sa->config = ISAKMP__CONFIG_OVER;
    isakmp__tell_assignment(x, ISAKMP_EV_CONFIG, sa, a, attrs, 0);
}

void isakmp__config_end_pull(isakmp_ctx *x, isakmp__sa *sa, const isakmp_cfg *reply)
{
    if (reply->attrs.n)
        isakmp__config_take(x, sa, reply->attrs);
    else
        isakmp__config_fail(x, sa, isakmp__config_refusal());
}
