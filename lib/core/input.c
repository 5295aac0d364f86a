/* core/input.c -- a datagram's way: marker, header, extensions, SA, exchange, engine.
 *
 * Which exchange is it for?
 *
 *     responder's cookie zero            a peer begins phase 1, or repeats its first message
 *     message ID zero                    the phase 1 exchange of the SA
 *     Informational in the clear         nobody's: the host is told, nothing changes
 *     message ID of a running exchange   that one
 *     any other message ID               a peer begins an exchange of phase 2 */
#include "base/secret.h"
#include "crypto/keys.h"
#include "entry.h"
#include "exchange/engine.h"
#include "sa/host.h"

/* ---- A peer begins -------------------------------------------------------------------------- */

static unsigned begin_phase1(isakmp_ctx *x, const isakmp_exchange *def, isakmp_msg *m,
                             const isakmp_path *path)
{
    unsigned rc = isakmp__half_open_admit(x, path);
    isakmp__exch *e;
    isakmp__sa *sa;
    if (rc != ISAKMP_OK)
        return rc;
    sa = isakmp__sa_take(x);
    if (sa == NULL)
        return ISAKMP_D_POOL;
    e = isakmp__engine_take(x, sa, def, 0, 0);
    if (e == NULL || isakmp__sa_make_cookie(x, sa) != ISAKMP_OK) {
        rc = e ? ISAKMP_D_CRYPTO : ISAKMP_D_POOL;
        if (e)
            isakmp__exch_give(x, e);
        isakmp__sa_give(x, sa);
        return rc;
    }
    memcpy(sa->cky_i, m->h.cky_i, sizeof sa->cky_i);
    sa->path = *path;
    sa->exchange = def->type;
    isakmp__sa_index(x, sa);
    isakmp__half_open_enter(x, sa);
    return isakmp__engine_input(x, e, m, path);
}

static unsigned first_message(isakmp_ctx *x, const isakmp_exchange *def, isakmp_msg *m,
                              const isakmp_path *path)
{
    isakmp__sa *sa;
    isakmp__exch *e;
    if (def->phase != 1)
        return ISAKMP_D_COOKIE;
    if (m->h.msg_id != 0)
        return ISAKMP_D_MESSAGE_ID;
    sa = isakmp__sa_find_half_open(x, &m->h, path);
    if (sa == NULL)
        return begin_phase1(x, def, m, path);
    e = isakmp__exch_phase1(sa);
    return e && e->def == def ? isakmp__engine_input(x, e, m, path) : (unsigned)ISAKMP_D_UNEXPECTED;
}

/* A protected Informational that we cannot read, while we wait for the peer to prove itself: that is how
 * a peer answers whose keys are others. */
static void suspect_key(isakmp__sa *sa)
{
    isakmp__exch *e = isakmp__exch_phase1(sa);
    if (e && sa->state == ISAKMP_SA_NEGOTIATING && sa->suite && isakmp__keys_prove(sa->suite->auth))
        e->hint = (uint16_t)isakmp__suspicion(sa);
}

/* Is it time for a peer to begin this?  An Informational may come as soon as there are keys; a Transaction also
 * while the user is authenticated (its verbs see to it that it is about that); a Quick Mode not before what
 * must come before it. */
static int may_begin(const isakmp_ctx *x, const isakmp__sa *sa, const isakmp_exchange *def)
{
    if (def->type == ISAKMP_EXCH_INFO && sa->keyed)
        return 1;
    if (def->type == ISAKMP_EXCH_TRANSACTION && sa->state == ISAKMP_SA_XAUTH)
        return 1;
    return sa->state == ISAKMP_SA_UP &&
           (def->type != ISAKMP_EXCH_QUICK || !isakmp__is_held(x, sa, 0));
}

static unsigned begin_phase2(isakmp_ctx *x, isakmp__sa *sa, const isakmp_exchange *def,
                             isakmp_msg *m, const isakmp_path *path)
{
    int is_info = def->type == ISAKMP_EXCH_INFO;
    isakmp__exch *e;
    unsigned rc;
    if (isakmp__msg_id_used(sa, m->h.msg_id))
        return ISAKMP_D_MESSAGE_ID;
    if (!may_begin(x, sa, def))
        return ISAKMP_D_NOT_UP;
    e = isakmp__engine_take(x, sa, def, 0, is_info);
    if (e == NULL)
        return ISAKMP_D_POOL;
    e->msg_id = m->h.msg_id;
    rc = isakmp__engine_input(x, e, m, path);
    if (is_info && rc != ISAKMP_OK)
        suspect_key(sa);
    return rc;
}

/* ---- An SA that is known -------------------------------------------------------------------- */

/* Anybody could have sent it.  The last notify is kept as a hint for the day when the exchange times
 * out. */
static unsigned informational_in_clear(isakmp_ctx *x, isakmp__sa *sa, const isakmp_msg *m,
                                       const isakmp_path *path)
{
    isakmp__exch *e = isakmp__exch_phase1(sa);
    isakmp_notify n;
    isakmp_span body;
    for (unsigned i = 0; (body = isakmp_msg_find(m, ISAKMP_PAYLOAD_NOTIFY, i)).p; i++) {
        if (isakmp_notify_read(&n, body) != ISAKMP_OK)
            continue;
        if (e && sa->state == ISAKMP_SA_NEGOTIATING) {
            e->notify = n.type;
            if (sa->keyed && n.type < ISAKMP_N_CONNECTED)
                suspect_key(sa); /* it cannot read what we encrypt */
        }
        isakmp__tell_notify(x, sa, NULL, path, &n, 0);
        isakmp__spi_doubted(x, sa, &n);
    }
    return ISAKMP_D_NOT_ENCRYPTED;
}

/* The peer goes on to phase 2, but we have not seen the end of phase 1: its last message was lost,
 * and repeating ours makes it send that again.  Unless it came, and was not believed: some peers answer
 * a repetition with the next message, and that would go to and fro. */
static void remind_peer(isakmp_ctx *x, const isakmp__sa *sa)
{
    isakmp__exch *e = isakmp__exch_phase1(sa);
    if (e && e->phase == ISAKMP__WAIT && e->disbelief == 0)
        isakmp__exch_repeat(x, e);
}

/* Give back the end of an exchange that is only kept, known by the last message that it has read. */
static void give_kept(isakmp_ctx *x, isakmp__sa *sa, uint64_t last)
{
    isakmp__exch *e = NULL;
    while ((e = isakmp__exch_after(sa, e)) != NULL)
        if (e->phase == ISAKMP__DONE && e->last == last) {
            isakmp__exch_give(x, e);
            return;
        }
}

/* Some peers begin the next Transaction with the message ID of the last one, and go on with its chain of IVs.
 * Our answer to that is kept until we know that it is so. */
static unsigned begin_next(isakmp_ctx *x, const isakmp__exch *before, isakmp_msg *m,
                           const isakmp_path *path)
{
    isakmp__sa *sa = before->sa;
    uint64_t last = before->last;
    uint8_t iv[ISAKMP_MAX_BLOCK];
    isakmp__exch *e;
    unsigned rc;
    if (!may_begin(x, sa, before->def))
        return ISAKMP_D_NOT_UP;
    memcpy(iv, before->iv, sizeof iv);
    e = isakmp__engine_take(x, sa, before->def, 0, 0); /* may take the room of the one before */
    if (e == NULL)
        return ISAKMP_D_POOL;
    e->msg_id = m->h.msg_id;
    e->chained = 1;
    memcpy(e->iv, iv, sizeof e->iv);
    rc = isakmp__engine_input(x, e, m, path);
    if (rc == ISAKMP_OK)
        give_kept(x, sa, last);
    return rc;
}

static int may_have_next(const isakmp__exch *e)
{
    return e->phase == ISAKMP__DONE && e->def->type == ISAKMP_EXCH_TRANSACTION;
}

static unsigned message_of_sa(isakmp_ctx *x, isakmp__sa *sa, const isakmp_exchange *def,
                              isakmp_msg *m, const isakmp_path *path)
{
    isakmp__exch *e = isakmp__exch_find(sa, m->h.msg_id);
    unsigned rc;
    if (sa->ending)
        return ISAKMP_D_COOKIE;
    if (def->type == ISAKMP_EXCH_INFO && !(m->h.flags & ISAKMP_FLAG_ENCRYPTION))
        return informational_in_clear(x, sa, m, path);
    if ((m->h.msg_id == 0) != (def->phase == 1))
        return ISAKMP_D_MESSAGE_ID;
    if (e) {
        rc = e->def == def || (e->phase == ISAKMP__AWAIT && def->type == ISAKMP_EXCH_INFO) ? isakmp__engine_input(x, e, m, path) : (unsigned)ISAKMP_D_UNEXPECTED;
        if (rc == ISAKMP_D_UNEXPECTED && e->def == def && may_have_next(e))
            rc = begin_next(x, e, m, path);
        return rc;
    }
    if (def->phase == 1)
        return ISAKMP_D_UNEXPECTED;
    rc = begin_phase2(x, sa, def, m, path);
    if (rc == ISAKMP_D_NOT_UP)
        remind_peer(x, sa);
    return rc;
}

/* ---- Datagrams ------------------------------------------------------------------------------ */

static unsigned route(isakmp_ctx *x, isakmp_msg *m, const isakmp_path *path)
{
    const isakmp_exchange *def = isakmp__exchange_of(x, m->h.exchange);
    isakmp__sa *sa;
    if (def == NULL)
        return ISAKMP_D_EXCHANGE_TYPE;
    if (isakmp__all_zero(m->h.cky_i, ISAKMP_COOKIE_SIZE))
        return ISAKMP_D_COOKIE;
    sa = isakmp__sa_find(x, &m->h);
    if (sa)
        return message_of_sa(x, sa, def, m, path);
    if (def->type == ISAKMP_EXCH_INFO)
        isakmp__stray_information(x, m, path);
    if (isakmp__all_zero(m->h.cky_r, ISAKMP_COOKIE_SIZE))
        return first_message(x, def, m, path);
    return ISAKMP_D_COOKIE;
}

/* Take the non-ESP marker off [RFC3948 2.2]; a single octet is a keepalive. */
static unsigned unwrap(isakmp_span *datagram, const isakmp_path *path)
{
    if (!path->natt)
        return ISAKMP_OK;
    if (datagram->n == 1)
        return ISAKMP_D_NONE;
    if (datagram->n < ISAKMP__MARKER || !isakmp__all_zero(datagram->p, ISAKMP__MARKER))
        return ISAKMP_D_NOT_ESP_MARKER;
    datagram->p += ISAKMP__MARKER;
    datagram->n -= ISAKMP__MARKER;
    return ISAKMP_OK;
}

static unsigned ask_extensions(isakmp_ctx *x, isakmp_msg *m, const isakmp_path *path)
{
    unsigned rc = ISAKMP_OK;
    for (const isakmp_extension *const *p = x->config.extensions; p && *p && rc == ISAKMP_OK; p++)
        if ((*p)->datagram)
            rc = (*p)->datagram(x, m, path);
    return rc;
}

static unsigned take_datagram(isakmp_ctx *x, const isakmp_path *path, isakmp_span datagram)
{
    isakmp_msg m;
    unsigned rc = unwrap(&datagram, path);
    if (rc != ISAKMP_OK)
        return rc;
    if (datagram.n > isakmp__packet_cap(x))
        return ISAKMP_D_TOO_LONG;
    if (isakmp_msg_parse(&m, datagram) != ISAKMP_OK)
        return m.detail;
    rc = ask_extensions(x, &m, path);
    if (rc == ISAKMP_PENDING)
        return ISAKMP_OK;
    if (rc == ISAKMP_OK)
        rc = route(x, &m, path);
    if (m.h.exchange == ISAKMP_EXCH_TRANSACTION) /* it may have held a password */
        isakmp__wipe((uint8_t *)(uintptr_t)datagram.p, datagram.n);
    isakmp__packet_give(x, &x->whole);
    return rc;
}

int isakmp_input(isakmp_ctx *x, isakmp_time now, const isakmp_path *path, uint8_t *data, size_t n)
{
    unsigned rc;
    int entered = isakmp__enter(x, now);
    if (entered != ISAKMP_OK)
        return entered;
    if (path == NULL || data == NULL) {
        x->entered = 0;
        return ISAKMP_E_ARG;
    }
    x->stats.datagrams_in++;
    x->stats.octets_in += n;
    rc = take_datagram(x, path, isakmp__span(data, n));
    if (rc != ISAKMP_OK) {
        x->stats.ignored++;
        isakmp__count(x, rc);
        if (rc != ISAKMP_D_NONE) /* a repetition, or a keepalive */
            isakmp__log(x, ISAKMP_LOG_DEBUG, NULL, "datagram of %u octets ignored: %s", (unsigned)n,
                        isakmp_detail_text(rc));
    }
    isakmp__leave(x);
    return rc == ISAKMP_OK ? ISAKMP_OK : ISAKMP_IGNORED;
}
