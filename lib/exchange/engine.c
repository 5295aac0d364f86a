/* exchange/engine.c -- one loop for every exchange.
 *
 * A message is a transaction.  Until it is parsed, matched to its row and accepted by every recv verb,
 * nothing changes: not the chain of IVs, not the timers, not the message that comes next.  A message
 * that is refused leaves the exchange as it was, unless its sender had been authenticated: then it is
 * the peer itself that wants something else, and the exchange ends.
 *
 *     isakmp__engine_input    check against the row, decrypt, index, count payloads, verify HASH
 *       run                   recv verbs -> accept -> send verbs -> seal -> send -> sent verbs -> wait
 *
 * An initiator runs its exchange's begin verbs, and then goes on with the send verbs of message 1.
 *
 * Any verb may return ISAKMP_PENDING.  The exchange then stays where it is (e->phase, e->verb), the
 * message that is being read is moved to a packet, and isakmp__engine_resume() goes on from there. */
#include "base/fingerprint.h"
#include "base/secret.h"
#include "engine.h"
#include "sa/host.h"
#include "sa/replace.h"

const isakmp__row *isakmp__row_of(const isakmp__exch *e)
{
    const isakmp_policy *p = e->sa->suite ? e->sa->suite : e->like;
    uint8_t family = p ? isakmp__auth_family(p->auth) : ISAKMP__AUTH_ANY;
    for (unsigned i = 0; i < e->def->n; i++)
        if (e->def->rows[i].msg == e->msg && e->def->rows[i].auth & family)
            return &e->def->rows[i];
    return NULL;
}

/* ---- Accepting ------------------------------------------------------------------------------- */

/* The chain of IVs goes on from the last block of the message that has been read. */
void isakmp__advance_iv(isakmp__exch *e)
{
    if (e->encrypted)
        memcpy(e->iv, e->next_iv, sizeof e->iv);
    if (e->def->phase == 1)
        memcpy(e->sa->iv, e->iv, sizeof e->sa->iv);
}

void isakmp__have_keys(isakmp_ctx *x, isakmp__exch *e, const isakmp__row *r)
{
    if (!(r->flags & ISAKMP__F_KEYS))
        return;
    e->sa->keyed = 1;
    isakmp__tell_keylog(x, e->sa);
}

static void tell_notifies(isakmp_ctx *x, const isakmp__exch *e)
{
    isakmp_notify n;
    isakmp_span body;
    if (e->def->type == ISAKMP_EXCH_INFO)
        return;
    for (unsigned i = 0; (body = isakmp_msg_find(e->in, ISAKMP_PAYLOAD_NOTIFY, i)).p; i++)
        if (isakmp_notify_read(&n, body) == ISAKMP_OK)
            isakmp__tell_notify(x, e->sa, e->child, &e->path, &n, e->authentic && e->encrypted);
}

/* From here on it counts. */
static void accept(isakmp_ctx *x, isakmp__exch *e, const isakmp__row *r)
{
    e->room_kept = e->room_n;
    e->n_wanted_kept = e->n_wanted;
    e->asked_kept = e->asked;
    isakmp__advance_iv(e);
    if (r->flags & ISAKMP__F_PROOF)
        e->sa->proven = 1;
    isakmp__have_keys(x, e, r);
    if (e->authentic && e->msg > 1)
        isakmp__sa_heard(x, e->sa);
    if (e->def->phase == 2 && e->sa->state == ISAKMP_SA_UP)
        e->sa->spoken = 1;
    e->last = e->reading;
    e->repeats = 0;
    e->tries = 0;
    e->hint = ISAKMP_D_NONE;
    e->commit |= (e->in->h.flags & ISAKMP_FLAG_COMMIT) != 0;
    e->resend_at = ISAKMP_NEVER;
    isakmp__exch_schedule(x, e);
    if (e->def->phase == 1)
        isakmp__note_vendors(x, e);
    for (const isakmp_extension *const *p = x->config.extensions; p && *p; p++)
        if ((*p)->accepted)
            (*p)->accepted(x, e);
    tell_notifies(x, e);
}

/* ---- The loop ------------------------------------------------------------------------------- */

static unsigned run_verbs(isakmp_ctx *x, isakmp__exch *e, const isakmp__verb *const *verbs)
{
    for (; verbs[e->verb]; e->verb++) {
        unsigned rc = verbs[e->verb]->run(x, e);
        if (rc != ISAKMP_OK) {
            isakmp__log(x, ISAKMP_LOG_DEBUG, e->sa, "%s, message %u, %s: %s", e->def->name, e->msg,
                        verbs[e->verb]->name,
                        rc == ISAKMP_PENDING ? "waits for an answer" : isakmp_detail_text(rc));
            return rc;
        }
    }
    e->verb = 0;
    return ISAKMP_OK;
}

static unsigned run_see(isakmp_ctx *x, isakmp__exch *e)
{
    unsigned rc = ISAKMP_OK;
    for (const isakmp_extension *const *p = x->config.extensions; p && *p && rc == ISAKMP_OK; p++)
        if ((*p)->see)
            rc = (*p)->see(x, e);
    return rc;
}

static unsigned run_put(isakmp_ctx *x, isakmp__exch *e)
{
    unsigned rc = ISAKMP_OK;
    for (const isakmp_extension *const *p = x->config.extensions; p && *p && rc == ISAKMP_OK; p++)
        if ((*p)->put)
            rc = (*p)->put(x, e);
    return rc;
}

/* A packet with a message that has come; NULL if there is none.  One that was put together lies in a packet
 * already. */
static isakmp__packet *keep(isakmp_ctx *x, isakmp_span message)
{
    isakmp__packet *p = x->whole;
    if (p && message.p == isakmp__packet_data(p)) {
        x->whole = NULL;
        return p;
    }
    p = isakmp__packet_take(x, 0);
    if (p) {
        p->n = (uint32_t)message.n;
        memcpy(isakmp__packet_data(p), message.p, message.n);
    }
    return p;
}

/* Keep the message that is being read until the answer comes. */
static unsigned hold(isakmp_ctx *x, isakmp__exch *e)
{
    if (e->held == NULL)
        e->held = keep(x, e->in->raw);
    return e->held ? ISAKMP_OK : (unsigned)ISAKMP_D_POOL;
}

void isakmp__disown(isakmp_ctx *x, isakmp__exch *e)
{
    if (e->def->phase != 1 || !e->disown || !e->sa->keyed)
        return;
    memcpy(e->sa->iv, e->doubted_iv, sizeof e->sa->iv);
    isakmp__inform_sa_only_gone(x, e->sa);
}

/* End an exchange.  If it had come to an agreement the peer may have SAs in place by now; but if it has
 * not had our answer yet, it is told that there will be none. */
static void give_up(isakmp_ctx *x, isakmp__exch *e, isakmp_reason why)
{
    if (e->child && e->child->n && !e->initiator && e->msg == 2 && e->phase == ISAKMP__SEND)
        isakmp__inform_no_answer(x, e);
    else if (e->child && e->child->n)
        isakmp__inform_child_gone(x, e->child);
    isakmp__disown(x, e);
    isakmp__engine_fail(x, e, why);
}

void isakmp__engine_fail(isakmp_ctx *x, isakmp__exch *e, isakmp_reason why)
{
    const isakmp_extension *ext = e->ext;
    isakmp__sa *sa = e->sa;
    if (ext && ext->over)
        ext->over(x, e, NULL, &why);
    isakmp__exch_fail(x, e, why);
    if (ext)
        isakmp__go_on(x, sa);
}

void isakmp__go_on(isakmp_ctx *x, isakmp__sa *sa)
{
    for (const isakmp_extension *const *p = x->config.extensions; p && *p && !sa->ending; p++)
        if ((*p)->go_on)
            (*p)->go_on(x, sa);
    isakmp__start_children(x, sa);
}

int isakmp__is_held(const isakmp_ctx *x, const isakmp__sa *sa, int ours)
{
    for (const isakmp_extension *const *p = x->config.extensions; p && *p; p++)
        if ((*p)->holds && (*p)->holds(x, sa, ours))
            return 1;
    return 0;
}

static void fail(isakmp_ctx *x, isakmp__exch *e, unsigned detail)
{
    give_up(x, e, isakmp__reason(isakmp__blame(detail), detail, e->msg, 0));
}

/* There is nothing to be read or written any more, but the peer wants to say when it is ready. */
static void await(isakmp_ctx *x, isakmp__exch *e)
{
    e->in = NULL;
    isakmp__packet_give(x, &e->held);
    e->phase = ISAKMP__AWAIT;
    e->resend_at = x->now + isakmp__commit_patience(x);
    isakmp__exch_schedule(x, e);
}

/* The last message is through: the exchange has done what it was for. */
static void finish(isakmp_ctx *x, isakmp__exch *e, int spoke_last)
{
    isakmp__sa *sa = e->sa;
    int goes_on = e->def->phase == 1 || e->ext;
    unsigned rc = e->def->done ? e->def->done->run(x, e) : ISAKMP_OK;
    if (rc == ISAKMP_PENDING) {
        await(x, e);
        return;
    }
    if (rc != ISAKMP_OK) {
        fail(x, e, rc);
        return;
    }
    if (spoke_last && e->last)
        isakmp__exch_keep(x, e);
    else
        isakmp__exch_give(x, e);
    if (goes_on) /* it may have been replaced at once by another one */
        isakmp__go_on(x, isakmp__sa_heir(x, sa));
}

void isakmp__engine_connected(isakmp_ctx *x, isakmp__exch *e)
{
    e->connected = 1;
    finish(x, e, e->row->from_i == e->initiator);
}

/* Each of the four steps returns ISAKMP_OK to go on; ISAKMP_PENDING to wait; ISAKMP_NONE if the exchange
 * is over, well or not; or an isakmp_detail if the message was refused. */
static unsigned step_begin(isakmp_ctx *x, isakmp__exch *e)
{
    unsigned rc = run_verbs(x, e, e->def->begin);
    if (rc == ISAKMP_PENDING)
        return rc;
    if (rc != ISAKMP_OK) {
        fail(x, e, rc);
        return ISAKMP_NONE;
    }
    e->phase = ISAKMP__SEND;
    return ISAKMP_OK;
}

static unsigned step_recv(isakmp_ctx *x, isakmp__exch *e, const isakmp__row *r)
{
    unsigned rc = run_verbs(x, e, r->recv);
    if (rc == ISAKMP_PENDING) {
        rc = hold(x, e);
        e->in = NULL;
        if (rc == ISAKMP_OK)
            return ISAKMP_PENDING;
        return isakmp__refuse(x, e, rc);
    }
    if (rc == ISAKMP_OK)
        rc = run_see(x, e);
    if (rc != ISAKMP_OK) {
        rc = isakmp__refuse(x, e, rc);
        return rc == ISAKMP_OK ? (unsigned)ISAKMP_NONE : rc;
    }
    accept(x, e, r);
    if (r->flags & ISAKMP__F_LAST) {
        finish(x, e, 0);
        return ISAKMP_NONE;
    }
    e->in = NULL;
    isakmp__packet_give(x, &e->held);
    e->msg++;
    e->phase = ISAKMP__SEND;
    return ISAKMP_OK;
}

/* A peer that has not proved its return address may not be the one who asked: whoever is, gets no more
 * than three times what was asked with.  But Aggressive Mode with signatures has certificates in its
 * second message, or it cannot be; that is repeated once only (see isakmp__exch_repeat()). */
int isakmp__amplifies(const isakmp__exch *e, size_t n)
{
    return !e->initiator && e->def->phase == 1 && !e->sa->proven && n > 3u * e->read_n &&
           !(e->def->type == ISAKMP_EXCH_AGGRESSIVE && isakmp__auth_signs(e->sa->suite->auth, 0));
}

static unsigned step_send(isakmp_ctx *x, isakmp__exch *e, const isakmp__row *r)
{
    unsigned rc = e->is_open ? ISAKMP_OK : isakmp__open_tx(x, e, r);
    if (rc == ISAKMP_OK)
        rc = run_verbs(x, e, r->send);
    if (rc == ISAKMP_PENDING)
        return rc;
    if (rc == ISAKMP_OK)
        rc = run_put(x, e);
    if (rc == ISAKMP_OK)
        rc = isakmp__seal(x, e, r);
    if (rc == ISAKMP_OK && isakmp__amplifies(e, e->tx->n))
        rc = ISAKMP_D_AMPLIFIES;
    if (rc != ISAKMP_OK) {
        fail(x, e, rc);
        return ISAKMP_NONE;
    }
    isakmp__send_tx(x, e, r);
    e->phase = ISAKMP__SENT;
    return ISAKMP_OK;
}

static unsigned step_sent(isakmp_ctx *x, isakmp__exch *e, const isakmp__row *r)
{
    unsigned rc = run_verbs(x, e, r->sent);
    if (rc == ISAKMP_PENDING)
        return rc;
    if (rc != ISAKMP_OK) {
        fail(x, e, rc);
        return ISAKMP_NONE;
    }
    e->room_kept = e->room_n; /* no message of the peer's takes away what has been made here */
    if (e->def->phase == 1)
        memcpy(e->sa->iv, e->iv, sizeof e->iv);
    isakmp__have_keys(x, e, r);
    if (r->flags & ISAKMP__F_LAST) {
        finish(x, e, 1);
        return ISAKMP_NONE;
    }
    e->msg++;
    e->phase = ISAKMP__WAIT;
    return ISAKMP_OK;
}

static void read_next(isakmp_ctx *x, isakmp__exch *e);

static unsigned run(isakmp_ctx *x, isakmp__exch *e)
{
    unsigned rc = ISAKMP_OK;
    if (e->phase == ISAKMP__BEGIN)
        rc = step_begin(x, e);
    while (rc == ISAKMP_OK && e->phase != ISAKMP__WAIT) {
        if (e->phase == ISAKMP__SEND)
            e->row = isakmp__row_of(e);
        if (e->row == NULL) {
            fail(x, e, ISAKMP_D_BUG);
            return ISAKMP_OK;
        }
        if (e->phase == ISAKMP__RECV)
            rc = step_recv(x, e, e->row);
        else if (e->phase == ISAKMP__SEND)
            rc = step_send(x, e, e->row);
        else
            rc = step_sent(x, e, e->row);
    }
    if (rc == ISAKMP_OK)
        read_next(x, e);
    return rc == ISAKMP_NONE || rc == ISAKMP_PENDING ? ISAKMP_OK : rc;
}

/* Has the exchange, or its SA or child, come to an end while it ran? */
static int is_over(const isakmp__exch *e)
{
    return e->sa->ending || (e->child && e->child->ending);
}

/* The message that came while an answer was awaited, if any. */
static void read_next(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp__packet *p = e->next;
    isakmp_path path = e->path;
    isakmp_msg m;
    if (p == NULL || is_over(e))
        return;
    e->next = NULL;
    if (isakmp_msg_parse(&m, isakmp__span(isakmp__packet_data(p), p->n)) == ISAKMP_OK) {
        unsigned rc = isakmp__engine_input(x, e, &m, &path);
        if (rc != ISAKMP_OK)
            isakmp__count(x, rc);
    }
    isakmp__packet_give(x, &p);
}

/* To look at a proof is work, and whoever has the keys of an exchange can make us look: after so many that
 * were not believed nothing more is looked at. */
#define MAX_DISBELIEFS 4

/* ---- Entrances ------------------------------------------------------------------------------ */

/* How long an exchange may take that is not half open: it ends even if nobody ever answers a question.
 * Long enough for the repetitions of each of our messages. */
static isakmp_time patience(const isakmp_config *c)
{
    uint64_t wait = c->retransmit_ms, sum = 0;
    for (unsigned i = 0; i <= c->retransmit_tries; i++) {
        sum += wait;
        wait = wait * 2 < c->retransmit_max_ms ? wait * 2 : c->retransmit_max_ms;
    }
    return 3 * sum + c->half_open_ms;
}

const isakmp_exchange *isakmp__exchange_of(const isakmp_ctx *x, uint8_t type)
{
    for (const isakmp_exchange *const *p = x->config.exchanges; *p; p++)
        if ((*p)->type == type)
            return *p;
    return NULL;
}

isakmp__exch *isakmp__engine_take(isakmp_ctx *x, isakmp__sa *sa, const isakmp_exchange *def,
                                  int initiator, int urgent)
{
    isakmp__exch *e = def ? isakmp__exch_take(x, sa, def, urgent) : NULL;
    if (e == NULL)
        return NULL;
    e->initiator = (uint8_t)initiator;
    e->hard_at = x->now + patience(&x->config);
    if (def->phase == 1 && !initiator)
        e->hard_at = x->now + x->config.half_open_ms;
    if (def->phase == 2 && initiator)
        e->msg_id = isakmp__msg_id_new(x, sa);
    if (def->phase == 2 && initiator && e->msg_id == 0) {
        isakmp__exch_give(x, e);
        return NULL;
    }
    isakmp__exch_schedule(x, e);
    return e;
}

void isakmp__engine_start(isakmp_ctx *x, isakmp__exch *e)
{
    e->phase = ISAKMP__BEGIN;
    run(x, e);
}

/* A message that comes while the exchange is busy.  After our own has gone out the next one may be
 * quicker than the answer we wait for; it is kept, once. */
static unsigned while_busy(isakmp_ctx *x, isakmp__exch *e, const isakmp_msg *m,
                           const isakmp_path *path)
{
    if (e->phase != ISAKMP__SENT || e->next)
        return ISAKMP_D_BUSY;
    e->next = keep(x, m->raw);
    if (e->next == NULL)
        return ISAKMP_D_POOL;
    e->path = *path;
    return ISAKMP_OK;
}

unsigned isakmp__engine_input(isakmp_ctx *x, isakmp__exch *e, isakmp_msg *m,
                              const isakmp_path *path)
{
    uint64_t print = isakmp__fingerprint(x->secret, m->raw);
    const isakmp__row *r = isakmp__row_for(e, m);
    unsigned rc;
    if (print == e->last || (e->phase == ISAKMP__RECV && print == e->reading)) {
        x->stats.duplicates++;
        if (e->phase != ISAKMP__RECV)
            isakmp__exch_repeat(x, e);
        return ISAKMP_D_NONE;
    }
    if (print == e->doubted) {
        x->stats.duplicates++;
        return ISAKMP_D_NONE;
    }
    if (e->disbeliefs == MAX_DISBELIEFS)
        return e->disbelief;
    if (e->phase == ISAKMP__AWAIT)
        return isakmp__commit_input(x, e, m, path);
    if (e->phase == ISAKMP__DONE || r == NULL)
        return ISAKMP_D_UNEXPECTED;
    if (e->phase != ISAKMP__WAIT)
        return while_busy(x, e, m, path);
    e->authentic = 0;
    e->unbelieved = 0;
    e->row = r;
    if (isakmp__brings_cookie(e))
        memcpy(e->sa->cky_r, m->h.cky_r, sizeof e->sa->cky_r);
    e->in = m;
    rc = r->look ? r->look->run(x, e) : ISAKMP_OK;
    if (rc == ISAKMP_OK)
        rc = isakmp__open_message(x, e, r, m);
    if (rc != ISAKMP_OK)
        return isakmp__refuse(x, e, rc);
    e->path = *path;
    e->reading = print;
    e->read_n = (uint16_t)m->raw.n;
    e->authentic = r->hash != ISAKMP__HASH_BY_VERB;
    e->phase = ISAKMP__RECV;
    e->verb = 0;
    isakmp__log(x, ISAKMP_LOG_DEBUG, e->sa, "%s, message %u received, %u octets", e->def->name,
                e->msg, (unsigned)m->raw.n);
    return run(x, e);
}

void isakmp__engine_resume(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp_msg m;
    unsigned rc;
    if (e->phase == ISAKMP__RECV) {
        m.raw = isakmp__span(isakmp__packet_data(e->held), e->held->n);
        if (isakmp_header_read(&m.h, m.raw) != ISAKMP_OK || isakmp_msg_index(&m) != ISAKMP_OK) {
            fail(x, e, ISAKMP_D_BUG);
            return;
        }
        e->in = &m;
    }
    rc = run(x, e);
    if (rc != ISAKMP_OK)
        isakmp__count(x, rc);
}

void isakmp__engine_finish(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp__sa_heard(x, e->sa);
    finish(x, e, 0);
}

void isakmp__engine_timer(isakmp_ctx *x, isakmp__exch *e)
{
    unsigned detail = e->hint != ISAKMP_D_NONE ? e->hint : (unsigned)ISAKMP_D_TIMEOUT;
    int is_late = x->now >= e->hard_at ||
                  (e->tries >= x->config.retransmit_tries && !e->patient);
    if (e->disbelief)
        detail = e->disbelief;
    if (e->ask != ISAKMP__ASK_NONE)
        detail = ISAKMP_D_BUSY;
    if (e->phase == ISAKMP__DONE && (is_late || isakmp__sa_is_sure(e->sa))) {
        isakmp__exch_give(x, e);
        return;
    }
    if (e->phase == ISAKMP__AWAIT) {
        isakmp__engine_connected(x, e);
        return;
    }
    if (is_late) {
        give_up(x, e, isakmp__reason(ISAKMP_BY_TIMER, detail, e->msg, e->notify));
        return;
    }
    if (e->tries < UINT8_MAX)
        e->tries++;
    e->resend_at = isakmp__next_repetition(x, e);
    isakmp__exch_schedule(x, e);
    isakmp__log(x, ISAKMP_LOG_INFO, e->sa, "%s, message %u repeated", e->def->name, e->msg - 1u);
    isakmp__send_again(x, e);
}
