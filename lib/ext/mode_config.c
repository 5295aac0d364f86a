/* ext/mode_config.c -- Mode Config, draft-dukes-ike-mode-cfg-02: a client is given an address, and more.
 *
 *     the gateway begins   SET(address, ...)        -->
 *                                                   <--  ACK(address, ...), without values
 *     the client begins    REQUEST(address?, ...)   -->
 *                                                   <--  REPLY(address, ...)
 *
 * It comes after phase 1 (and XAUTH) and before the first child, which waits for it; but not longer than the
 * policy says, for there are peers that refuse, and peers that never answer.  Where a policy leaves the
 * client's end of a child open, the client's address stands there from then on (sa/assignment.c).
 *
 * The host is asked while a REQUEST is read, or a SET is written; what it gives is the client's from that
 * moment on, and told when it ends.  What a gateway says is told when its message counts. */
#include "base/text.h"
#include "crypto/keys.h"
#include "exchange/engine.h"
#include "sa/host.h"
#include "wire/cfg_attr.h"

#define GATEWAY (ISAKMP_PF_CONFIG_PUSH | ISAKMP_PF_CONFIG_ANSWER)
#define CLIENT  (ISAKMP_PF_CONFIG_PULL | ISAKMP_PF_CONFIG_ACCEPT)

static int has(const isakmp__sa *sa, uint32_t flags)
{
    return (sa->policy->flags & flags) != 0;
}

/* XAUTH has numbers of its own; all others are ours, but those that stand beside one of these. */
static int owns(uint16_t attr)
{
    return attr < 16520 || attr > 16529;
}

/* ---- Vendor ID ------------------------------------------------------------------------------ */

/* Cisco Unity, version 1.0: without it gateways of Cisco give a client nothing of what is theirs, such as split
 * tunnels, and clients of theirs do not ask for it. */
static const uint8_t vendor_id[16] = {0x12, 0xf5, 0xf2, 0x8c, 0x45, 0x71, 0x68, 0xa9,
                                      0x70, 0x2d, 0x9f, 0xe2, 0x74, 0xcc, 0x01, 0x00};

static unsigned put(isakmp_ctx *x, isakmp__exch *e)
{
    if (e->def->phase == 1 && e->msg <= 2 && has(e->sa, GATEWAY | CLIENT) &&
        isakmp__exchange_of(x, ISAKMP_EXCH_TRANSACTION))
        isakmp_wr_payload(&e->w, ISAKMP_PAYLOAD_VENDOR_ID,
                          isakmp__span(vendor_id, sizeof vendor_id));
    return ISAKMP_OK;
}

/* ---- Attributes ----------------------------------------------------------------------------- */

static const uint16_t default_wants[] = {
    ISAKMP_CFG_IP4_ADDRESS, ISAKMP_CFG_IP4_NETMASK,    ISAKMP_CFG_IP4_DNS,
    ISAKMP_CFG_IP4_NBNS,    ISAKMP_CFG_ADDRESS_EXPIRY, ISAKMP_CFG_IP4_SUBNET,
    ISAKMP_CFG_BANNER,      ISAKMP_CFG_SAVE_PASSWORD,  ISAKMP_CFG_DEFAULT_DOMAIN,
    ISAKMP_CFG_SPLIT_DNS,   ISAKMP_CFG_SPLIT_INCLUDE,  ISAKMP_CFG_LOCAL_LAN,
    ISAKMP_CFG_PFS,         ISAKMP_CFG_BACKUP_SERVERS};

/* What the codec knows [mode-cfg draft 3.4]. */
static const uint16_t supported[] = {1,     2,     3,     4,     5,     6,     7,     8,     9,
                                     10,    11,    12,    13,    14,    15,    28672, 28673, 28674,
                                     28675, 28676, 28677, 28678, 28679, 28680, 28681, 28682};

static isakmp_span empty(void)
{
    return isakmp__span(NULL, 0);
}

static int is_there(isakmp_span attrs, uint16_t type)
{
    isakmp_reader r = isakmp_rd(attrs);
    isakmp_attr a;
    while (isakmp_attr_next(&r, &a) == ISAKMP_OK)
        if (a.type == type)
            return 1;
    return 0;
}

/* The first address of an attribute; family 0 if there is none that anybody could have. */
static isakmp_addr address_in(isakmp_span attrs, uint16_t type)
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

/* ---- The end -------------------------------------------------------------------------------- */

static isakmp_time patience(const isakmp__sa *sa)
{
    uint32_t s = sa->policy->config_s ? sa->policy->config_s : ISAKMP_DEFAULT_CONFIG_S;
    return sa->since + 1000 * (isakmp_time)s;
}

static void tell_none(isakmp_ctx *x, isakmp__sa *sa, isakmp_reason why)
{
    sa->config = ISAKMP__CONFIG_OVER;
    isakmp__log(x, ISAKMP_LOG_INFO, sa, "no configuration: %s", isakmp_detail_text(why.detail));
    isakmp__tell(x, ISAKMP_EV_CONFIG_NONE, sa, NULL, &why);
}

/* What we have begun has failed.  The peer may prefer to begin itself. */
static void fail(isakmp_ctx *x, isakmp__sa *sa, isakmp_reason why)
{
    if (sa->config != ISAKMP__CONFIG_RUNNING)
        return;
    if (has(sa, ISAKMP_PF_CONFIG_ANSWER | ISAKMP_PF_CONFIG_ACCEPT) && x->now < patience(sa))
        sa->config = ISAKMP__CONFIG_WAITING;
    else
        tell_none(x, sa, why);
}

static isakmp_reason refusal(void)
{
    return isakmp__reason(ISAKMP_BY_PEER, ISAKMP_D_PEER_REFUSED, 1, 0);
}

/* ---- Addresses that are others' from now on --------------------------------------------------- */

static void end_child(isakmp_ctx *x, isakmp__child *c)
{
    isakmp__inform_child_gone(x, c);
    isakmp__child_end(x, c, isakmp__reason(ISAKMP_BY_US, ISAKMP_D_ADDRESS_LOST, 0, 0));
}

static void end_homeless(isakmp_ctx *x, const isakmp__sa *sa)
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
static void end_children_of(isakmp_ctx *x, const isakmp__sa *sa, const isakmp__assignment *lost)
{
    const isakmp__sa *other = NULL;
    if (lost->ip4.family == 0 && lost->ip6.family == 0)
        return;
    end_children_on(x, sa, lost);
    while ((other = isakmp__sa_sibling(x, sa, other)) != NULL)
        end_children_on(x, other, lost);
}

/* From now on the client has these, and those no more that it had. */
static isakmp__assignment *assign(isakmp_ctx *x, isakmp__sa *sa, int ours, const isakmp_addr *ip4,
                                  const isakmp_addr *ip6)
{
    isakmp__assignment lost, *a = isakmp__assign(x, sa, ours, ip4, ip6, &lost);
    end_children_of(x, sa, &lost);
    return a;
}

/* ---- As gateway: what a client is given ------------------------------------------------------ */

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
    isakmp_addr ip4 = address_in(e->cfg, ISAKMP_CFG_IP4_ADDRESS);
    isakmp_addr ip6 = address_in(e->cfg, ISAKMP_CFG_IP6_ADDRESS);
    if (ip4.family == 0 && ip6.family == 0)
        return 1;
    if (assign(x, e->sa, 0, &ip4, &ip6))
        return 1;
    isakmp__log(x, ISAKMP_LOG_ERROR, e->sa, "there is no room for one more client's address");
    return 0;
}

/* What the host has given and nobody can have: it must not think that somebody has. */
static void give_back(isakmp_ctx *x, const isakmp__sa *sa, isakmp_span attrs)
{
    isakmp_addr ip4 = address_in(attrs, ISAKMP_CFG_IP4_ADDRESS);
    isakmp_addr ip6 = address_in(attrs, ISAKMP_CFG_IP6_ADDRESS);
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
    e->cfg = empty();
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
        e->cfg = empty();
    return e->cfg.n ? SOMETHING : NOTHING;
}

/* SUPPORTED_ATTRIBUTES is answered by whoever knows them [mode-cfg draft 3.4]. */
static void add_supported(isakmp__exch *e, isakmp_span asked)
{
    const size_t n = 2 * sizeof supported / sizeof supported[0];
    uint8_t *at;
    if (!is_there(asked, ISAKMP_CFG_SUPPORTED) || is_there(e->cfg, ISAKMP_CFG_SUPPORTED))
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
static int is_asked(const isakmp__sa *sa, const isakmp__exch *but)
{
    const isakmp__exch *e = NULL;
    while ((e = isakmp__exch_after(sa, e)) != NULL)
        if (e != but && e->ask == ISAKMP__ASK_ASSIGN)
            return 1;
    return 0;
}

static unsigned read_request(isakmp_ctx *x, isakmp__exch *e, isakmp_span asked)
{
    int wants_address =
        is_there(asked, ISAKMP_CFG_IP4_ADDRESS) || is_there(asked, ISAKMP_CFG_IP6_ADDRESS);
    if (has(e->sa, ISAKMP_PF_CONFIG_ANSWER)) {
        int given;
        if (is_asked(e->sa, e))
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
        if (e != but && e->ext == &isakmp_mode_config && e->phase != ISAKMP__DONE)
            return 0;
    return 1;
}

/* What it has not taken it shall not keep, unless it had it before. */
static void take_back(isakmp_ctx *x, isakmp__sa *sa, const isakmp__exch *but)
{
    const isakmp__assignment *a = isakmp__assignment_of(x, sa);
    isakmp__assignment lost;
    if (a == NULL || isakmp__assignment_is_known(a) || !is_alone(sa, but))
        return;
    lost = *a;
    isakmp__unassign(x, sa);
    end_children_of(x, sa, &lost);
}

static void end_request(isakmp_ctx *x, const isakmp__exch *e)
{
    isakmp__sa *sa = e->sa;
    if (e->cfg_given) {
        client_has(x, e);
        return;
    }
    take_back(x, sa, e);
    if (e->cfg_none && sa->config == ISAKMP__CONFIG_WAITING)
        tell_none(x, sa, isakmp__reason(ISAKMP_BY_HOST, ISAKMP_D_NO_ADDRESS, 1, 0));
}

/* The client acknowledges what it accepts, with or without the values. */
static void end_push(isakmp_ctx *x, const isakmp__exch *e, const isakmp_cfg *ack)
{
    static const uint16_t addresses[] = {ISAKMP_CFG_IP4_ADDRESS, ISAKMP_CFG_IP6_ADDRESS};
    int pushed = 0, taken = 0;
    for (unsigned i = 0; i < 2; i++) {
        pushed |= is_there(e->cfg, addresses[i]);
        taken |= is_there(ack->attrs, addresses[i]);
    }
    if (taken || !pushed) {
        client_has(x, e);
        return;
    }
    take_back(x, e->sa, e);
    fail(x, e->sa, refusal());
}

static unsigned write_push(isakmp_ctx *x, isakmp__exch *e)
{
    int given = ask(x, e, empty());
    if (given == LATER)
        return ISAKMP_PENDING;
    if (given == NOTHING)
        return ISAKMP_D_NO_ADDRESS;
    isakmp_wr_bytes(&e->w, e->cfg);
    return ISAKMP_OK;
}

/* ---- As client ------------------------------------------------------------------------------- */

/* An address that we have already we would like to keep. */
static isakmp_span wish(const isakmp__assignment *a, uint16_t type)
{
    if (a && type == ISAKMP_CFG_IP4_ADDRESS && a->ip4.family)
        return isakmp__span(a->ip4.ip, 4);
    if (a && type == ISAKMP_CFG_IP6_ADDRESS && a->ip6.family)
        return isakmp__span(a->ip6.ip, 16);
    return empty();
}

static void write_wants(const isakmp_ctx *x, isakmp__exch *e)
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
static void note_accepted(const isakmp_ctx *x, isakmp__exch *e, isakmp_span attrs)
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
static void take_config(isakmp_ctx *x, isakmp__sa *sa, isakmp_span attrs)
{
    isakmp_addr ip4 = address_in(attrs, ISAKMP_CFG_IP4_ADDRESS);
    isakmp_addr ip6 = address_in(attrs, ISAKMP_CFG_IP6_ADDRESS);
    isakmp__assignment *a = NULL;
    log_texts(x, sa, attrs);
    if ((ip4.family || ip6.family) && can_keep(x, sa))
        a = assign(x, sa, 1, &ip4, &ip6);
    if (a)
        set_expiry(x, sa, a, expiry_in(attrs));
    sa->config = ISAKMP__CONFIG_OVER;
    isakmp__tell_assignment(x, ISAKMP_EV_CONFIG, sa, a, attrs, 0);
}

static void end_pull(isakmp_ctx *x, isakmp__sa *sa, const isakmp_cfg *reply)
{
    if (reply->attrs.n)
        take_config(x, sa, reply->attrs);
    else
        fail(x, sa, refusal());
}

static void accepted(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp_cfg c;
    if (e->ext != &isakmp_mode_config || e->initiator || e->cfg_type != ISAKMP_CFG_SET ||
        e->cfg.n == 0 ||
        isakmp_cfg_read(&c, isakmp_msg_find(e->in, ISAKMP_PAYLOAD_ATTRIBUTE, 0)) != ISAKMP_OK)
        return;
    take_config(x, e->sa, c.attrs);
}

/* ---- Transactions ---------------------------------------------------------------------------- */

/* A SET by which a peer that is not our gateway wants to change something changes nothing. */
static unsigned read(isakmp_ctx *x, isakmp__exch *e, const isakmp_cfg *c)
{
    if (e->sa->state != ISAKMP_SA_UP)
        return ISAKMP_D_NOT_UP;
    if (e->initiator)
        return ISAKMP_OK;
    if (c->type == ISAKMP_CFG_REQUEST)
        return read_request(x, e, c->attrs);
    if (has(e->sa, ISAKMP_PF_CONFIG_ACCEPT))
        note_accepted(x, e, c->attrs);
    return ISAKMP_OK;
}

static unsigned write(isakmp_ctx *x, isakmp__exch *e)
{
    if (e->initiator && e->cfg_type == ISAKMP_CFG_SET)
        return write_push(x, e);
    if (e->initiator)
        write_wants(x, e);
    else if (e->cfg_type == ISAKMP_CFG_REQUEST)
        isakmp_wr_bytes(&e->w, e->cfg);
    else
        for (size_t i = 0; i < e->cfg.n; i += 2)
            isakmp_wr_attr_bytes(&e->w, isakmp__get16(e->cfg.p + i), empty());
    return ISAKMP_OK;
}

static void over(isakmp_ctx *x, isakmp__exch *e, const isakmp_cfg *c, const isakmp_reason *why)
{
    int push = e->cfg_type == ISAKMP_CFG_SET;
    if (why) {
        take_back(x, e->sa, e);
        if (e->initiator)
            fail(x, e->sa, *why);
    } else if (c && push) {
        end_push(x, e, c);
    } else if (c) {
        end_pull(x, e->sa, c);
    } else if (!push) {
        end_request(x, e);
    }
}

/* ---- Its place between phase 1 and the children ---------------------------------------------- */

/* The client of an SA before this one keeps what it has; but it must be told if it has not heard of it yet, or has
 * forgotten: its initial contact says so. */
static int takes_over(isakmp_ctx *x, isakmp__sa *sa)
{
    const isakmp__assignment *a = isakmp__assignment_of(x, sa);
    isakmp__sa *from = isakmp__client_before(x, sa);
    if (a && (a->ours || sa->initiator)) /* from when it was up before, and the peer was lost */
        return 0;
    if (a == NULL && !(from && isakmp__assignment_take_over(x, sa, from)))
        return 0;
    a = isakmp__assignment_of(x, sa);
    if (!isakmp__assignment_is_known(a))
        return 0;
    isakmp__tell_assignment(x, ISAKMP_EV_CONFIG, sa, a, empty(), 1);
    return !has(sa, ISAKMP_PF_CONFIG_AGAIN) && !sa->contact;
}

/* If there is no room for the exchange it is tried again. */
#define RETRY_MS 1000

static void begin(isakmp_ctx *x, isakmp__sa *sa)
{
    uint8_t type = has(sa, GATEWAY) ? ISAKMP_CFG_SET : ISAKMP_CFG_REQUEST;
    sa->config = ISAKMP__CONFIG_WAITING;
    if (!has(sa, ISAKMP_PF_CONFIG_PUSH | ISAKMP_PF_CONFIG_PULL))
        return;
    sa->config = ISAKMP__CONFIG_RUNNING;
    if (!isakmp__transaction_begin(x, sa, &isakmp_mode_config, type, 0))
        isakmp__sa_wake(x, sa, x->now + RETRY_MS);
}

static void go_on(isakmp_ctx *x, isakmp__sa *sa)
{
    if (sa->state != ISAKMP_SA_UP || sa->config != ISAKMP__CONFIG_NONE)
        return;
    sa->config = ISAKMP__CONFIG_OVER;
    if (!has(sa, GATEWAY | CLIENT) || takes_over(x, sa) ||
        isakmp__exchange_of(x, ISAKMP_EXCH_TRANSACTION) == NULL)
        return;
    isakmp__sa_wake(x, sa, patience(sa));
    begin(x, sa);
}

/* A child that the peer begins need not wait for a configuration that has not begun: it wants none. */
static int holds(const isakmp_ctx *x, const isakmp__sa *sa, int ours)
{
    (void)x;
    return sa->config == ISAKMP__CONFIG_RUNNING || (ours && sa->config == ISAKMP__CONFIG_WAITING);
}

static isakmp__exch *running(const isakmp__sa *sa)
{
    isakmp__exch *e = NULL;
    while ((e = isakmp__exch_after(sa, e)) != NULL)
        if (e->ext == &isakmp_mode_config && e->initiator && e->phase != ISAKMP__DONE)
            return e;
    return NULL;
}

/* What one side keeps from one SA to the next, the other may have lost meanwhile without a word; and a transaction may
 * come to nothing where the network is bad.  Then a child for the client is refused.  So whoever begins transactions
 * begins one more; nothing waits for that. */
static void once_more(isakmp_ctx *x, isakmp__sa *sa, uint8_t type)
{
    if (sa->state == ISAKMP_SA_UP && sa->config == ISAKMP__CONFIG_OVER && running(sa) == NULL)
        (void)isakmp__transaction_begin(x, sa, &isakmp_mode_config, type, 0);
}

static int notify(isakmp_ctx *x, isakmp__sa *sa, const isakmp_notify *n)
{
    if (has(sa, ISAKMP_PF_CONFIG_PULL) &&
        (n->type == ISAKMP_N_INVALID_ID_INFORMATION || n->type == ISAKMP_N_NO_PROPOSAL_CHOSEN))
        once_more(x, sa, ISAKMP_CFG_REQUEST);
    return 0;
}

static void refused(isakmp_ctx *x, isakmp__sa *sa, unsigned detail, const isakmp_selector *remote)
{
    if (has(sa, ISAKMP_PF_CONFIG_PUSH) && detail == ISAKMP_D_SELECTORS &&
        isakmp__assignment_of(x, sa) && !isakmp__open_end_allows(x, sa, 0, remote))
        once_more(x, sa, ISAKMP_CFG_SET);
}

/* Its time is over: it has failed, and the children go on without. */
static void stop(isakmp_ctx *x, isakmp__sa *sa, isakmp__exch *e)
{
    isakmp_reason why = isakmp__reason(ISAKMP_BY_TIMER, ISAKMP_D_TIMEOUT, 1, 0);
    if (e) {
        isakmp__engine_fail(x, e, why);
        return;
    }
    if (sa->config == ISAKMP__CONFIG_RUNNING)
        why = isakmp__reason(ISAKMP_BY_US, ISAKMP_D_POOL, 1, 0);
    take_back(x, sa, NULL);
    tell_none(x, sa, why);
    isakmp__go_on(x, sa);
}

/* An address that is given for a time must be renewed before that is over [mode-cfg draft 3.4]: we ask at half of it,
 * and then at half of what is left, but not more often than a REQUEST is repeated by itself.  What we get without
 * having asked we ask for, too.  Without an answer we go on as before: the gateway will say if it minds. */
#define RENEW_MS 10000

static isakmp_time renewal_due(isakmp_ctx *x, isakmp__sa *sa)
{
    isakmp__assignment *a = isakmp__assignment_of(x, sa);
    isakmp_time left;
    if (a == NULL || a->ends_at <= x->now)
        return ISAKMP_NEVER;
    if (x->now >= a->renew_at) {
        left = (a->ends_at - x->now) / 2;
        a->renew_at = x->now + (left > RENEW_MS ? left : RENEW_MS);
        once_more(x, sa, ISAKMP_CFG_REQUEST);
    }
    return a->renew_at;
}

static isakmp_time due(isakmp_ctx *x, isakmp__sa *sa)
{
    isakmp__exch *e = running(sa);
    end_homeless(x, sa);
    if (sa->state != ISAKMP_SA_UP)
        return ISAKMP_NEVER;
    if (sa->config != ISAKMP__CONFIG_RUNNING && sa->config != ISAKMP__CONFIG_WAITING)
        return renewal_due(x, sa);
    if (x->now >= patience(sa)) {
        stop(x, sa, e);
        return ISAKMP_NEVER;
    }
    if (sa->config == ISAKMP__CONFIG_WAITING || e)
        return patience(sa);
    if (!is_asked(sa, NULL))
        begin(x, sa);
    return x->now + RETRY_MS < patience(sa) ? x->now + RETRY_MS : patience(sa);
}

const isakmp_extension isakmp_mode_config = {.name = "Mode Config",
                                             .assigns = 1,
                                             .put = put,
                                             .accepted = accepted,
                                             .notify = notify,
                                             .refused = refused,
                                             .due = due,
                                             .owns = owns,
                                             .read = read,
                                             .write = write,
                                             .over = over,
                                             .go_on = go_on,
                                             .holds = holds};
