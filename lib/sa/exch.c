/* sa/exch.c -- running exchanges: taken, found, kept, given back; and the room that each has for what
 * it must remember (nonces, public values, identities) until it ends.
 *
 * The room is a stack.  What the messages accepted so far need is kept; what the message being read
 * has put on top is dropped again if that message is refused.  So a forged message leaves nothing
 * behind. */
#include "base/secret.h"
#include "host.h"

isakmp_reason isakmp__reason(uint8_t by, unsigned detail, uint8_t message, uint16_t notify)
{
    isakmp_reason r;
    r.by = by;
    r.message = message;
    r.notify = notify;
    r.detail = (uint16_t)detail;
    return r;
}

size_t isakmp__exch_room_size(const isakmp_config *c)
{
    size_t dh = 3 * (size_t)c->limits.max_dh + ISAKMP_MAX_DH_PRIVATE;
    size_t ids = 2 * (ISAKMP_MAX_ID + 4);
    return dh + ids + ISAKMP_NONCE_SIZE + 256 + ISAKMP_MAX_PSK + ISAKMP_MAX_SA_BODY +
           ISAKMP_MAX_WANTED + 256 + ISAKMP_MAX_ID + 4 + sizeof(isakmp__keyset);
}

void isakmp__exch_drop_oldest(isakmp_ctx *x)
{
    isakmp__link *k = isakmp__list_after(&x->done, NULL);
    if (k)
        isakmp__exch_give(x, ISAKMP__OWNER(k, isakmp__exch, done_link));
}

isakmp__exch *isakmp__exch_take(isakmp_ctx *x, isakmp__sa *sa, const isakmp_exchange *def,
                                int urgent)
{
    isakmp__exch *e;
    if (!urgent && x->exchs.cap - x->exchs.used <= ISAKMP__HELD_BACK)
        isakmp__exch_drop_oldest(x);
    if (!urgent && x->exchs.cap - x->exchs.used <= ISAKMP__HELD_BACK)
        return NULL;
    e = (isakmp__exch *)isakmp__pool_take(&x->exchs);
    if (e == NULL)
        return NULL;
    e->sa = sa;
    e->def = def;
    e->msg = 1;
    e->hint = ISAKMP_D_NONE;
    e->brief = (uint8_t)urgent;
    e->timer.kind = ISAKMP__TIMER_EXCH;
    e->resend_at = ISAKMP_NEVER;
    e->hard_at = ISAKMP_NEVER;
    e->room_cap = (uint32_t)isakmp__exch_room_size(&x->config);
    isakmp__list_append(&sa->exchs, &e->link);
    return e;
}

isakmp__exch *isakmp__exch_find(const isakmp__sa *sa, uint32_t msg_id)
{
    isakmp__exch *e = NULL;
    while ((e = isakmp__exch_after(sa, e)) != NULL && e->msg_id != msg_id)
        ;
    return e;
}

isakmp__exch *isakmp__exch_phase1(const isakmp__sa *sa)
{
    return isakmp__exch_find(sa, 0);
}

isakmp__exch *isakmp__exch_by_ticket(const isakmp_ctx *x, isakmp_ticket t)
{
    uint32_t index = (uint32_t)t.v;
    isakmp__exch *e;
    if (index >= x->exchs.cap)
        return NULL;
    e = (isakmp__exch *)isakmp__pool_each(&x->exchs, &index);
    return e && e->ask && e->ticket == t.v ? e : NULL;
}

/* Its message ID is used up: a message with it can never begin another exchange.  Not so if there was
 * no message that counted: then anybody may have invented the ID. */
void isakmp__exch_give(isakmp_ctx *x, isakmp__exch *e)
{
    if (e->msg_id && (e->initiator || e->last))
        isakmp__msg_id_note(e->sa, e->msg_id);
    isakmp__timer_set(&x->deadlines, &e->timer, ISAKMP_NEVER);
    isakmp__unlink(&e->done_link);
    isakmp__unlink(&e->link);
    isakmp__packet_give(x, &e->tx);
    isakmp__packet_give(x, &e->held);
    isakmp__packet_give(x, &e->next);
    isakmp__pool_give(&x->exchs, e);
}

void isakmp__exch_fail(isakmp_ctx *x, isakmp__exch *e, isakmp_reason why)
{
    isakmp__log(x, ISAKMP_LOG_INFO, e->sa, "exchange failed at message %u: %s", e->msg,
                isakmp_detail_text(why.detail));
    if (e->msg_id == 0)
        isakmp__sa_end(x, e->sa, why);
    else if (e->child)
        isakmp__child_end(x, e->child, why);
    if (e->msg_id && e->child == NULL)
        isakmp__exch_give(x, e);
}

/* The responder of Aggressive Mode does not repeat its message by a timer: our last one may be lost, and then
 * it has no new SA when we delete the old one. */
static int repeats_by_itself(const isakmp__exch *e)
{
    return e->replaces.v && e->sa->exchange == ISAKMP_EXCH_AGGRESSIVE;
}

void isakmp__exch_keep(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp__packet_give(x, &e->held);
    isakmp__packet_give(x, &e->next);
    isakmp__wipe(e->room, e->room_n);
    isakmp__wipe(e->skeyid, sizeof e->skeyid);
    e->child = NULL;
    e->phase = ISAKMP__DONE;
    e->resend_at = repeats_by_itself(e) ? x->now + x->config.retransmit_ms : ISAKMP_NEVER;
    e->tries = 0;
    e->hard_at = x->now + x->config.linger_ms;
    isakmp__list_append(&x->done, &e->done_link);
    isakmp__exch_schedule(x, e);
}

uint8_t *isakmp__exch_room(isakmp__exch *e, size_t n)
{
    uint8_t *at = e->room + e->room_n;
    if (e->room_cap - e->room_n < n)
        return NULL;
    e->room_n += (uint32_t)n;
    return at;
}

unsigned isakmp__exch_store(isakmp__exch *e, isakmp_span *out, isakmp_span bytes)
{
    uint8_t *at = isakmp__exch_room(e, bytes.n);
    *out = isakmp__span(at, at ? bytes.n : 0);
    if (at == NULL)
        return ISAKMP_D_TOO_LONG;
    if (bytes.n)
        memcpy(at, bytes.p, bytes.n);
    return ISAKMP_OK;
}

/* What is over before the call is waits for nothing, and needs no place among the timers. */
void isakmp__exch_schedule(isakmp_ctx *x, isakmp__exch *e)
{
    if (e->brief)
        return;
    isakmp__timer_set(&x->deadlines, &e->timer,
                      e->resend_at < e->hard_at ? e->resend_at : e->hard_at);
}
