/* ext/mode_config.c -- Mode Config, draft-dukes-ike-mode-cfg-02: a client is given an address, and more.
 *
 *     the gateway begins   SET(address, ...)        -->
 *                                                   <--  ACK(address, ...), without values
 *     the client begins    REQUEST(address?, ...)   -->
 *                                                   <--  REPLY(address, ...)
 *
 * It comes after phase 1 (and XAUTH) and before the first child, which waits for it; but not longer than the
 * policy says, for there are peers that refuse, and peers that never answer.  Where a policy leaves the
 * client's end of a child open, the client's address stands there from then on (sa/assignment.c). */
#include "exchange/engine.h"
#include "mode_config.h"

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
    if (e->def->phase == 1 && e->msg <= 2 &&
        isakmp__config_can(e->sa, ISAKMP__CONFIG_GATEWAY | ISAKMP__CONFIG_CLIENT) &&
        isakmp__exchange_of(x, ISAKMP_EXCH_TRANSACTION))
        isakmp_wr_payload(&e->w, ISAKMP_PAYLOAD_VENDOR_ID,
                          isakmp__span(vendor_id, sizeof vendor_id));
    return ISAKMP_OK;
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
        return isakmp__config_read_request(x, e, c->attrs);
    if (isakmp__config_can(e->sa, ISAKMP_PF_CONFIG_ACCEPT))
        isakmp__config_note_accepted(x, e, c->attrs);
    return ISAKMP_OK;
}

static unsigned write(isakmp_ctx *x, isakmp__exch *e)
{
    if (e->initiator && e->cfg_type == ISAKMP_CFG_SET)
        return isakmp__config_write_push(x, e);
    if (e->initiator)
        isakmp__config_write_wants(x, e);
    else if (e->cfg_type == ISAKMP_CFG_REQUEST)
        isakmp_wr_bytes(&e->w, e->cfg);
    else
        for (size_t i = 0; i < e->cfg.n; i += 2)
            isakmp_wr_attr_bytes(&e->w, isakmp__get16(e->cfg.p + i), isakmp__span(NULL, 0));
    return ISAKMP_OK;
}

static void accepted(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp_cfg c;
    if (e->ext != &isakmp_mode_config || e->initiator || e->cfg_type != ISAKMP_CFG_SET ||
        e->cfg.n == 0 ||
        isakmp_cfg_read(&c, isakmp_msg_find(e->in, ISAKMP_PAYLOAD_ATTRIBUTE, 0)) != ISAKMP_OK)
        return;
    isakmp__config_take(x, e->sa, c.attrs);
}

static void over(isakmp_ctx *x, isakmp__exch *e, const isakmp_cfg *c, const isakmp_reason *why)
{
    int push = e->cfg_type == ISAKMP_CFG_SET;
    if (why) {
        isakmp__config_take_back(x, e->sa, e);
        if (e->initiator)
            isakmp__config_fail(x, e->sa, *why);
    } else if (c && push) {
        isakmp__config_end_push(x, e, c);
    } else if (c) {
        isakmp__config_end_pull(x, e->sa, c);
    } else if (!push) {
        isakmp__config_end_request(x, e);
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
    isakmp__tell_assignment(x, ISAKMP_EV_CONFIG, sa, a, isakmp__span(NULL, 0), 1);
    return !isakmp__config_can(sa, ISAKMP_PF_CONFIG_AGAIN) && !sa->contact;
}

/* If there is no room for the exchange it is tried again. */
#define RETRY_MS 1000

static void begin(isakmp_ctx *x, isakmp__sa *sa)
{
    uint8_t type =
        isakmp__config_can(sa, ISAKMP__CONFIG_GATEWAY) ? ISAKMP_CFG_SET : ISAKMP_CFG_REQUEST;
    sa->config = ISAKMP__CONFIG_WAITING;
    if (!isakmp__config_can(sa, ISAKMP_PF_CONFIG_PUSH | ISAKMP_PF_CONFIG_PULL))
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
    if (!isakmp__config_can(sa, ISAKMP__CONFIG_GATEWAY | ISAKMP__CONFIG_CLIENT) ||
        takes_over(x, sa) || isakmp__exchange_of(x, ISAKMP_EXCH_TRANSACTION) == NULL)
        return;
    isakmp__sa_wake(x, sa, isakmp__config_until(sa));
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
    if (isakmp__config_can(sa, ISAKMP_PF_CONFIG_PULL) &&
        (n->type == ISAKMP_N_INVALID_ID_INFORMATION || n->type == ISAKMP_N_NO_PROPOSAL_CHOSEN))
        once_more(x, sa, ISAKMP_CFG_REQUEST);
    return 0;
}

static void refused(isakmp_ctx *x, isakmp__sa *sa, unsigned detail, const isakmp_selector *remote)
{
    if (isakmp__config_can(sa, ISAKMP_PF_CONFIG_PUSH) && detail == ISAKMP_D_SELECTORS &&
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
    isakmp__config_take_back(x, sa, NULL);
    isakmp__config_none(x, sa, why);
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
    isakmp__config_end_homeless(x, sa);
    if (sa->state != ISAKMP_SA_UP)
        return ISAKMP_NEVER;
    if (sa->config != ISAKMP__CONFIG_RUNNING && sa->config != ISAKMP__CONFIG_WAITING)
        return renewal_due(x, sa);
    if (x->now >= isakmp__config_until(sa)) {
        stop(x, sa, e);
        return ISAKMP_NEVER;
    }
    if (sa->config == ISAKMP__CONFIG_WAITING || e)
        return isakmp__config_until(sa);
    if (!isakmp__config_is_asked(sa, NULL))
        begin(x, sa);
    return x->now + RETRY_MS < isakmp__config_until(sa) ? x->now + RETRY_MS
                                                        : isakmp__config_until(sa);
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
