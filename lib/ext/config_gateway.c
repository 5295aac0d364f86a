/* ext/config_gateway.c -- Mode Config as gateway: what a client is given.
 *
 * The host is asked while a REQUEST is read, or a SET is written; what it gives is the client's from that moment on,
 * and told when it ends. */
#include "exchange/row.h"
#include "mode_config.h"
#include "wire/cfg_attr.h"

/* What the codec knows [mode-cfg draft 3.4]. */
static const uint16_t supported[] = {1,     2,     3,     4,     5,     6,     7,     8,     9,
                                     10,    11,    12,    13,    14,    15,    28672, 28673, 28674,
                                     28675, 28676, 28677, 28678, 28679, 28680, 28681, 28682};

static isakmp_assignment known(const isakmp_ctx *x, const isakmp__sa *sa, isakmp_span asked)
{
    const isakmp__assignment *a = isakmp__assignment_of(x, sa);
    isakmp_assignment out;
    memset(&out, 0, sizeof out);
    if (a) {
        out.ip4 = a->ip4;
        out.ip6 = a->ip6;
    }
    out.attrs = asked;
    return out;
}

/* The attributes are in the room, at e->cfg: the addresses among them are the client's. */
static int take_given(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp_addr ip4 = isakmp__config_address(e->cfg, ISAKMP_CFG_IP4_ADDRESS);
    isakmp_addr ip6 = isakmp__config_address(e->cfg, ISAKMP_CFG_IP6_ADDRESS);
    if (ip4.family == 0 && ip6.family == 0)
        return 1;
    if (isakmp__config_assign(x, e->sa, 0, &ip4, &ip6))
        return 1;
    isakmp__log(x, ISAKMP_LOG_ERROR, e->sa, "there is no room for one more client's address");
    return 0;
}

/* What the host has given and nobody can have: it must not think that somebody has. */
static void give_back(isakmp_ctx *x, const isakmp__sa *sa, isakmp_span attrs)
{
    isakmp_addr ip4 = isakmp__config_address(attrs, ISAKMP_CFG_IP4_ADDRESS);
    isakmp_addr ip6 = isakmp__config_address(attrs, ISAKMP_CFG_IP6_ADDRESS);
    isakmp__assign_nobody(x, sa, &ip4, &ip6);
}

enum {
    NOTHING = 0,
    SOMETHING,
    LATER
};

/* Ask the host; e->cfg gets what it gives. */
static int ask(isakmp_ctx *x, isakmp__exch *e, isakmp_span asked)
{
    isakmp_assignment a = known(x, e->sa, asked);
    uint32_t before = e->room_n;
    uint8_t *room = isakmp__exch_room(e, ISAKMP_MAX_CFG);
    isakmp_writer w;
    int rc = ISAKMP_NONE;
    e->cfg = isakmp__span(NULL, 0);
    isakmp_wr_init(&w, room, room ? ISAKMP_MAX_CFG : 0);
    if (room && isakmp__can_assign(x))
        rc = isakmp__ask_assign(x, e, &a, &w);
    e->room_n = before;
    if (rc == ISAKMP_PENDING)
        return LATER;
    if (rc == ISAKMP_OK && !w.fault && isakmp__are_attrs(isakmp__span(room, w.len))) {
        e->cfg = isakmp__span(room, w.len);
        e->room_n = before + (uint32_t)w.len;
    } else if (rc != ISAKMP_NONE) {
        isakmp__log(x, ISAKMP_LOG_ERROR, e->sa, "the host's answer for a client is not usable");
        if (rc == ISAKMP_OK)
            give_back(x, e->sa, isakmp__span(room, w.len));
    }
    if (e->cfg.n && !take_given(x, e))
        e->cfg = isakmp__span(NULL, 0);
    return e->cfg.n ? SOMETHING : NOTHING;
}

/* SUPPORTED_ATTRIBUTES is answered by whoever knows them [mode-cfg draft 3.4]. */
static void add_supported(isakmp__exch *e, isakmp_span asked)
{
    const size_t n = 2 * sizeof supported / sizeof supported[0];
    uint8_t *at;
    if (!isakmp__config_is_there(asked, ISAKMP_CFG_SUPPORTED) ||
        isakmp__config_is_there(e->cfg, ISAKMP_CFG_SUPPORTED))
        return;
    at = isakmp__exch_room(e, 4 + n);
    if (at == NULL)
        return;
    isakmp__put16(at, ISAKMP_CFG_SUPPORTED);
    isakmp__put16(at + 2, (uint32_t)n);
    for (size_t i = 0; i < n / 2; i++)
        isakmp__put16(at + 4 + 2 * i, supported[i]);
    e->cfg = isakmp__span(e->cfg.n ? e->cfg.p : at, e->cfg.n + 4 + n);
}

/* Is the host being asked already, in another transaction?  It would give a second address. */
int isakmp__config_is_asked(const isakmp__sa *sa, const isakmp__exch *but)
{
    const isakmp__exch *e = NULL;
    while ((e = isakmp__exch_after(sa, e)) != NULL)
        if (e != but && e->ask == ISAKMP__ASK_ASSIGN)
            return 1;
    return 0;
}

unsigned isakmp__config_read_request(isakmp_ctx *x, isakmp__exch *e, isakmp_span asked)
{
    int wants_address = isakmp__config_is_there(asked, ISAKMP_CFG_IP4_ADDRESS) ||
                        isakmp__config_is_there(asked, ISAKMP_CFG_IP6_ADDRESS);
    if (isakmp__config_can(e->sa, ISAKMP_PF_CONFIG_ANSWER)) {
        int given;
        if (isakmp__config_is_asked(e->sa, e))
            return ISAKMP_D_NOT_UP;
        given = ask(x, e, asked);
        if (given == LATER)
            return ISAKMP_PENDING;
        e->cfg_given = given == SOMETHING;
        e->cfg_none = given == NOTHING && wants_address;
    }
    add_supported(e, asked);
    return ISAKMP_OK;
}

/* The client has what e->cfg says. */
static void client_has(isakmp_ctx *x, const isakmp__exch *e)
{
    isakmp__assignment *a = isakmp__assignment_of(x, e->sa);
    e->sa->config = ISAKMP__CONFIG_OVER;
    if (a)
        a->held = 1;
    isakmp__tell_assignment(x, ISAKMP_EV_CONFIG, e->sa, a, e->cfg, 0);
}

/* Is there no other transaction, which may yet give the client what it has? */
static int is_alone(const isakmp__sa *sa, const isakmp__exch *but)
{
    const isakmp__exch *e = NULL;
    while ((e = isakmp__exch_after(sa, e)) != NULL)
        if (e != but && e->ext && e->ext->assigns && e->phase != ISAKMP__DONE)
            return 0;
    return 1;
}

/* What it has not taken it shall not keep, unless it had it before. */
void isakmp__config_take_back(isakmp_ctx *x, isakmp__sa *sa, const isakmp__exch *but)
{
    const isakmp__assignment *a = isakmp__assignment_of(x, sa);
    isakmp__assignment lost;
    if (a == NULL || isakmp__assignment_is_known(a) || !is_alone(sa, but))
        return;
    lost = *a;
    isakmp__unassign(x, sa);
    isakmp__config_end_children(x, sa, &lost);
}

void isakmp__config_end_request(isakmp_ctx *x, const isakmp__exch *e)
{
    isakmp__sa *sa = e->sa;
    if (e->cfg_given) {
        client_has(x, e);
        return;
    }
    isakmp__config_take_back(x, sa, e);
    if (e->cfg_none && sa->config == ISAKMP__CONFIG_WAITING)
        isakmp__config_none(x, sa, isakmp__reason(ISAKMP_BY_HOST, ISAKMP_D_NO_ADDRESS, 1, 0));
}

/* The client acknowledges what it accepts, with or without the values. */
void isakmp__config_end_push(isakmp_ctx *x, const isakmp__exch *e, const isakmp_cfg *ack)
{
    static const uint16_t addresses[] = {ISAKMP_CFG_IP4_ADDRESS, ISAKMP_CFG_IP6_ADDRESS};
    int pushed = 0, taken = 0;
    for (unsigned i = 0; i < 2; i++) {
        pushed |= isakmp__config_is_there(e->cfg, addresses[i]);
        taken |= isakmp__config_is_there(ack->attrs, addresses[i]);
    }
    if (taken || !pushed) {
        client_has(x, e);
        return;
    }
    isakmp__config_take_back(x, e->sa, e);
    isakmp__config_fail(x, e->sa, isakmp__config_refusal());
}

unsigned isakmp__config_write_push(isakmp_ctx *x, isakmp__exch *e)
{
    int given = ask(x, e, isakmp__span(NULL, 0));
    if (given == LATER)
        return ISAKMP_PENDING;
    if (given == NOTHING)
        return ISAKMP_D_NO_ADDRESS;
    isakmp_wr_bytes(&e->w, e->cfg);
    return ISAKMP_OK;
}
