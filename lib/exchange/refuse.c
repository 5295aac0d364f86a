/* exchange/refuse.c -- what becomes of a message that is refused, and who hears of it.
 *
 *     a first message             takes what it began with it
 *     one that is authentic       ends the exchange: the peer itself wants something else
 *     any other                   leaves the exchange waiting as it was, for anybody may have made it;
 *                                 but the host is told if it looks as if the peer will never prove itself */
#include "base/secret.h"
#include "engine.h"
#include "sa/host.h"

/* Nothing may refer to what is dropped: it will be overwritten. */
static void forget_dropped(isakmp__exch *e)
{
    isakmp_span *const all[] = {
        &e->psk,  &e->priv, &e->g_xi,    &e->g_xr,  &e->g_xy,   &e->ni,    &e->nr,      &e->sai,
        &e->idci, &e->idcr, &e->id_mine, &e->owner, &e->sealed, &e->other, &e->id_peer, &e->cfg};
    for (unsigned i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i]->n && all[i]->p >= e->room + e->room_kept)
            *all[i] = isakmp__span(NULL, 0);
}

/* Drop what a refused message has left: the exchange waits for a better one. */
static void roll_back(isakmp_ctx *x, isakmp__exch *e)
{
    if (isakmp__brings_cookie(e)) {
        memset(e->sa->cky_r, 0, sizeof e->sa->cky_r);
        e->sa->suite = NULL;
    }
    e->in = NULL;
    e->ask = ISAKMP__ASK_NONE;
    e->ticket = 0;
    e->verb = 0;
    e->authentic = 0;
    e->phase = ISAKMP__WAIT;
    isakmp__wipe(e->room + e->room_kept, e->room_n - e->room_kept);
    e->room_n = e->room_kept;
    e->n_wanted = e->n_wanted_kept;
    e->asked = e->asked_kept;
    forget_dropped(e);
    isakmp__packet_give(x, &e->held);
}

static int report_of(const isakmp_ctx *x, const isakmp__exch *e, isakmp_report *r)
{
    memset(r, 0, sizeof *r);
    r->body = e->sai;
    r->means = isakmp__sa_means(x, e->sa);
    if (e->def->phase == 1 && e->sa->policy) {
        r->peer = e->sa->policy;
        r->means.methods = e->methods;
    } else if (e->child) {
        r->child = e->child->policy;
    }
    return r->body.n && (r->peer || r->child);
}

/* There was no room to deal with the message, or it comes too early: its sender will repeat it. */
static int is_shortage(unsigned detail)
{
    return detail == ISAKMP_D_POOL || detail == ISAKMP_D_NOT_UP;
}

/* Our host has known the SA since it was asked for its policy: what it wanted with it comes to an end, and
 * is told. */
static void drop_stranger(isakmp_ctx *x, isakmp__sa *sa, isakmp_reason why)
{
    if (sa->n_children) {
        isakmp__sa_end(x, sa, why);
        return;
    }
    isakmp__half_open_leave(x, sa);
    isakmp__sa_unindex(x, sa);
    isakmp__sa_give(x, sa);
}

static void tell_extensions(isakmp_ctx *x, isakmp__sa *sa, unsigned detail,
                            const isakmp_selector *remote)
{
    for (const isakmp_extension *const *p = x->config.extensions; p && *p && !sa->ending; p++)
        if ((*p)->refused)
            (*p)->refused(x, sa, detail, remote);
}

/* A first message that is refused takes what it began with it. */
static void refuse_first(isakmp_ctx *x, isakmp__exch *e, unsigned detail)
{
    isakmp__sa *sa = e->sa;
    isakmp__child *c = e->child;
    isakmp_report report;
    int has_report = detail == ISAKMP_D_NO_PROPOSAL && report_of(x, e, &report);
    int is_phase1 = e->def->phase == 1;
    int is_proven = e->authentic;
    isakmp_selector remote = e->remote;
    isakmp_reason why = isakmp__reason(ISAKMP_BY_US, detail, 1, isakmp_detail_notify(detail));
    if (!is_shortage(detail) && e->def->type != ISAKMP_EXCH_INFO && (is_phase1 || e->authentic)) {
        isakmp__tell_refused(x, e, why, has_report ? &report : NULL);
        isakmp__inform_refused(x, sa, e, detail);
    }
    if (e->authentic && e->msg_id && !is_shortage(detail))
        isakmp__msg_id_note(sa, e->msg_id);
    isakmp__exch_give(x, e);
    if (is_phase1) {
        drop_stranger(x, sa, why);
        return;
    }
    if (c)
        isakmp__child_give(x, c);
    if (is_proven)
        tell_extensions(x, sa, detail, &remote);
}

/* A message of phase 1 that was encrypted, and is refused before its HASH has been found right.  With
 * pre-shared keys or encrypted nonces that is what two different keys look like; and whatever it is, the peer gets one and
 * the same answer, so that nobody learns from answers what an altered message decrypts to. */
static int may_be_other_key(const isakmp__exch *e, unsigned detail)
{
    if (isakmp__is_suspicion(detail))
        return 1;
    return e->def->phase == 1 && e->encrypted && e->sa->keyed && detail != ISAKMP_D_CRYPTO &&
           !is_shortage(detail) && isakmp__keys_prove(e->sa->suite->auth);
}

/* The proof of a peer is not believed: remember why, and where its chain is, if the message is its. */
static void note_disbelief(isakmp__exch *e, unsigned detail)
{
    e->disbelief = (uint16_t)detail;
    e->doubted = e->reading;
    e->disown = (e->row->flags & ISAKMP__F_LAST) != 0;
    memcpy(e->doubted_iv, e->encrypted ? e->next_iv : e->sa->iv, sizeof e->doubted_iv);
    e->disbeliefs++;
}

/* The peer has not proved itself, but somebody else may have altered its message: we go on waiting.  The
 * host hears of it at once, and once: its user should not have to wait for the timeout.  The peer hears of
 * a proof that is not believed once, of another key as often as it is not too often. */
static void refuse_unproven(isakmp_ctx *x, isakmp__exch *e, unsigned detail)
{
    isakmp_reason why = isakmp__reason(ISAKMP_BY_US, detail, e->msg, isakmp_detail_notify(detail));
    int other_key = may_be_other_key(e, detail);
    uint8_t iv[ISAKMP_MAX_BLOCK];
    if (!other_key && !e->unbelieved)
        return;
    if (!e->told)
        isakmp__tell_refused(x, e, why, NULL);
    e->told = 1;
    if (other_key) {
        isakmp__inform_refused(x, e->sa, e, isakmp__suspicion(e->sa));
        return;
    }
    note_disbelief(e, detail);
    if (e->disbeliefs > 1)
        return;
    memcpy(iv, e->sa->iv, sizeof iv);
    memcpy(e->sa->iv, e->doubted_iv, sizeof iv);
    isakmp__inform_refused(x, e->sa, e, why.notify ? detail : (unsigned)ISAKMP_D_AUTHENTICATION);
    memcpy(e->sa->iv, iv, sizeof iv);
}

uint8_t isakmp__blame(unsigned detail)
{
    return detail == ISAKMP_D_HOST || detail == ISAKMP_D_INSTALL ? ISAKMP_BY_HOST : ISAKMP_BY_US;
}

unsigned isakmp__refuse(isakmp_ctx *x, isakmp__exch *e, unsigned detail)
{
    const isakmp__row *r = e->row;
    int first = !e->initiator && e->msg == 1, authentic = e->authentic && !is_shortage(detail);
    isakmp_reason why =
        isakmp__reason(isakmp__blame(detail), detail, e->msg, isakmp_detail_notify(detail));
    if (authentic) { /* the peer has gone on: so do the chain and the keys, to answer it */
        isakmp__advance_iv(e);
        isakmp__have_keys(x, e, r);
    }
    isakmp__log(x, ISAKMP_LOG_INFO, e->sa, "%s, message %u refused: %s", e->def->name, e->msg,
                isakmp_detail_text(detail));
    if (first) {
        refuse_first(x, e, detail);
        return detail;
    }
    if (authentic) {
        if (detail == ISAKMP_D_ID_REFUSED || detail == ISAKMP_D_SELECTORS)
            isakmp__tell_refused(x, e, why, NULL);
        isakmp__inform_refused(x, e->sa, e, detail);
    } else
        refuse_unproven(x, e, detail);
    e->hint = (uint16_t)detail;
    if (!authentic) {
        roll_back(x, e);
        return detail;
    }
    /* With its last message the peer has done its part, and takes the SA for established. */
    if (e->def->phase == 1 && e->sa->keyed && r->flags & ISAKMP__F_LAST)
        isakmp__inform_sa_only_gone(x, e->sa);
    isakmp__engine_fail(
        x, e, isakmp__reason(isakmp__blame(detail), detail, e->msg, isakmp_detail_notify(detail)));
    return ISAKMP_OK;
}
