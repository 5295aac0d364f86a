/* core/api.c -- what the user wants: connect, close; and late answers. */
#include "base/secret.h"
#include "crypto/keys.h"
#include "entry.h"
#include "exchange/engine.h"
#include "exchange/rekey.h"
#include "sa/host.h"
#include "sa/replace.h"

/* ---- ISAKMP SAs ----------------------------------------------------------------------------- */

int isakmp_connect(isakmp_ctx *x, isakmp_time now, const isakmp_peer_policy *policy,
                   const isakmp_path *path, uint8_t exchange, isakmp_sa_id *out)
{
    isakmp__sa *sa;
    int rc = isakmp__enter(x, now);
    if (rc != ISAKMP_OK)
        return rc;
    rc = out ? isakmp__connect(x, policy, path, exchange, &sa) : ISAKMP_E_ARG;
    if (rc == ISAKMP_OK)
        *out = isakmp__sa_id(x, sa);
    isakmp__leave(x);
    return rc;
}

/* What an SA has replaced, and what is to replace it, goes with it. */
static void close_others(isakmp_ctx *x, isakmp__sa *sa, isakmp_reason why)
{
    isakmp__sa *other = NULL;
    if (sa->state != ISAKMP_SA_UP)
        return;
    while ((other = isakmp__sa_relative(x, sa, other)) != NULL) {
        const isakmp__exch *e = isakmp__exch_phase1(other);
        int replaces = e && isakmp__sa_of(x, e->replaces) == sa && other->state != ISAKMP_SA_UP;
        if (other->policy != sa->policy || sa->replaced || !(other->replaced || replaces))
            continue;
        isakmp__inform_sa_only_gone(x, other);
        isakmp__sa_end(x, other, why);
    }
}

int isakmp_close(isakmp_ctx *x, isakmp_time now, isakmp_sa_id id)
{
    isakmp_reason why = isakmp__reason(ISAKMP_BY_HOST, ISAKMP_D_CLOSED, 0, 0);
    isakmp__sa *sa;
    int rc = isakmp__enter(x, now);
    if (rc != ISAKMP_OK)
        return rc;
    sa = isakmp__sa_of(x, id);
    if (sa) {
        isakmp__inform_sa_gone(x, sa);
        if (isakmp__exch_phase1(sa))
            isakmp__disown(x, isakmp__exch_phase1(sa));
        for (isakmp__child *c = NULL; (c = isakmp__child_after(sa, c)) != NULL;)
            isakmp__child_end(x, c, why);
        close_others(x, sa, why);
        sa->again = 0;
        isakmp__sa_end(x, sa, why);
    }
    isakmp__leave(x);
    return sa ? ISAKMP_OK : ISAKMP_E_STALE;
}

/* ---- Signs of life -------------------------------------------------------------------------- */

static int note(isakmp_ctx *x, isakmp_time now, isakmp_sa_id id, const isakmp_path *path,
                void (*what)(isakmp_ctx *x, isakmp__sa *sa))
{
    isakmp__sa *sa, *speaker;
    int rc = isakmp__enter(x, now);
    if (rc != ISAKMP_OK)
        return rc;
    sa = isakmp__sa_of(x, id);
    speaker = sa ? isakmp__sa_speaker(x, sa) : NULL;
    rc = speaker && speaker->state == ISAKMP_SA_UP ? ISAKMP_OK : ISAKMP_NONE;
    if (rc == ISAKMP_OK) {
        if (path)
            isakmp__sa_follow(x, speaker, path);
        if (path && sa != speaker) /* the child may still be that one's */
            isakmp__sa_follow(x, sa, path);
        what(x, speaker);
    }
    isakmp__leave(x);
    return sa ? rc : ISAKMP_E_STALE;
}

int isakmp_sa_heard(isakmp_ctx *x, isakmp_time now, isakmp_sa_id sa, const isakmp_path *path)
{
    return note(x, now, sa, path, isakmp__sa_heard);
}

int isakmp_sa_wanted(isakmp_ctx *x, isakmp_time now, isakmp_sa_id sa)
{
    return note(x, now, sa, NULL, isakmp__sa_wanted);
}

/* ---- Children ------------------------------------------------------------------------------- */

static int child_connect(isakmp_ctx *x, isakmp_sa_id id, const isakmp_child_policy *policy,
                         isakmp_child_id *out)
{
    isakmp__sa *sa = isakmp__sa_of(x, id);
    isakmp__child *c;
    int rc = out ? isakmp__child_check(x, policy) : ISAKMP_E_ARG;
    if (rc == ISAKMP_E_ARG)
        return rc;
    if (sa == NULL)
        return ISAKMP_E_STALE;
    if (rc == ISAKMP_OK)
        rc = isakmp__child_begin(x, sa, policy, NULL, NULL, &c);
    if (rc == ISAKMP_OK)
        *out = isakmp__child_id(x, c);
    return rc;
}

int isakmp_child_connect(isakmp_ctx *x, isakmp_time now, isakmp_sa_id sa,
                         const isakmp_child_policy *policy, isakmp_child_id *out)
{
    int rc = isakmp__enter(x, now);
    if (rc != ISAKMP_OK)
        return rc;
    rc = child_connect(x, sa, policy, out);
    isakmp__leave(x);
    return rc;
}

int isakmp_child_close(isakmp_ctx *x, isakmp_time now, isakmp_child_id id)
{
    isakmp__child *c;
    int rc = isakmp__enter(x, now);
    if (rc != ISAKMP_OK)
        return rc;
    c = isakmp__child_of(x, id);
    if (c) {
        if (c->n)
            isakmp__inform_child_gone(x, c);
        isakmp__child_end(x, c, isakmp__reason(ISAKMP_BY_HOST, ISAKMP_D_CLOSED, 0, 0));
    }
    isakmp__leave(x);
    return c ? ISAKMP_OK : ISAKMP_E_STALE;
}

/* ---- Rekeying ------------------------------------------------------------------------------- */

int isakmp_rekey(isakmp_ctx *x, isakmp_time now, isakmp_sa_id id, isakmp_sa_id *out)
{
    isakmp_sa_id unused;
    isakmp__sa *sa;
    int rc = isakmp__enter(x, now);
    if (rc != ISAKMP_OK)
        return rc;
    sa = isakmp__sa_of(x, id);
    rc = sa ? isakmp__rekey_sa(x, sa, out ? out : &unused) : ISAKMP_E_STALE;
    isakmp__leave(x);
    return rc;
}

int isakmp_child_rekey(isakmp_ctx *x, isakmp_time now, isakmp_child_id id, isakmp_child_id *out)
{
    isakmp_child_id unused;
    isakmp__child *c;
    int rc = isakmp__enter(x, now);
    if (rc != ISAKMP_OK)
        return rc;
    c = isakmp__child_of(x, id);
    rc = c ? isakmp__rekey_child(x, c, out ? out : &unused) : ISAKMP_E_STALE;
    isakmp__leave(x);
    return rc;
}

/* The share of the volume after which it is soft: as that of the time, but the jitter is in the SPIs. */
static uint64_t soft_octets(const isakmp__child *c)
{
    uint64_t share = c->initiator ? 850 : 900;
    uint32_t spi = isakmp__spi_of(&c->spis, c->protect[0].proto);
    return ((uint64_t)c->life_kb * (share + spi % 50) / 1000) << 10;
}

static void count_traffic(isakmp_ctx *x, isakmp__child *c, uint64_t in, uint64_t out)
{
    uint64_t most = in > out ? in : out;
    c->used |= most != 0;
    if (in && c->state == ISAKMP_CHILD_NEGOTIATING)
        isakmp__child_proven(x, c);
    if (c->state != ISAKMP_CHILD_UP || c->ending || c->replaced)
        return;
    if (in)
        isakmp__child_confirm(x, c);
    if (c->life_kb == 0)
        return;
    if (most >> 10 >= c->life_kb)
        isakmp__end_child(x, c, ISAKMP_D_VOLUME);
    else if (most >= soft_octets(c) && !c->soft_told)
        isakmp__child_nears_end(x, c);
    else if (c->soft_told && c->policy->flags & ISAKMP_CF_REKEY)
        isakmp__child_hasten(x, c, most);
}

int isakmp_child_traffic(isakmp_ctx *x, isakmp_time now, isakmp_child_id id, uint64_t in,
                         uint64_t out)
{
    isakmp__child *c;
    int rc = isakmp__enter(x, now);
    if (rc != ISAKMP_OK)
        return rc;
    c = isakmp__child_of(x, id);
    if (c)
        count_traffic(x, c, in, out);
    isakmp__leave(x);
    return c ? ISAKMP_OK : ISAKMP_E_STALE;
}

/* ---- Late answers --------------------------------------------------------------------------- */

int isakmp_answer(isakmp_ctx *x, isakmp_time now, isakmp_ticket ticket, int rc, const void *value,
                  size_t n)
{
    isakmp__exch *e;
    int entered = isakmp__enter(x, now), out = ISAKMP_OK;
    if (entered != ISAKMP_OK)
        return entered;
    e = isakmp__exch_by_ticket(x, ticket);
    if (e == NULL) {
        out = ISAKMP_E_STALE;
    } else if (!isakmp__answer_fits(e, rc, value, n)) {
        out = ISAKMP_E_ARG;
    } else {
        x->answer.exch = e;
        x->answer.rc = rc;
        x->answer.value = value;
        x->answer.n = n;
        isakmp__engine_resume(x, e);
        x->answer.exch = NULL;
    }
    isakmp__leave(x);
    return out;
}
