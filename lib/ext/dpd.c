/* ext/dpd.c -- dead peer detection, RFC 3706: is the peer still there?
 *
 *     phase 1                   vendor ID                  <-->  vendor ID
 *     nothing heard for dpd_s   N(R-U-THERE, sequence)      -->
 *                                                           <--  N(R-U-THERE-ACK, the same sequence)
 *     no answer                 the same again, after dpd_retry_s, dpd_tries times; then it is dead
 *
 * A sign of life is what cannot have been recorded before and played again [RFC3706 6]: an answer to our
 * question, a question with the next sequence number, a message that answers one of ours (the engine notes
 * those), and what the host says that came through a child.  One that asks for nothing of ours, such as a
 * Delete, is none: message IDs are remembered for a while only.
 *
 * A question is repeated as a new message with the sequence number that it had.  Of a peer's questions we
 * answer the last one again, and any of the next few: some count on where they repeat. */
#include "base/span.h"
#include "crypto/keys.h"
#include "exchange/engine.h"
#include "exchange/rekey.h"
#include "sa/host.h"

/* The version is 1.0. */
static const uint8_t vendor_id[16] = {0xaf, 0xca, 0xd7, 0x13, 0x68, 0xa1, 0xf1, 0xc9,
                                      0x6b, 0x86, 0x96, 0xfc, 0x77, 0x57, 0x01, 0x00};

/* So many questions of a peer may be lost, one after the other. */
#define WINDOW 32
/* A peer's first question may have any number but one that we have used lately: that would be our own
 * question, sent back to us. */
#define OWN 4096

static int is_dpd(const isakmp_notify *n)
{
    return n->type == ISAKMP_N_R_U_THERE || n->type == ISAKMP_N_R_U_THERE_ACK;
}

/* ---- Vendor ID ------------------------------------------------------------------------------ */

static unsigned put(isakmp_ctx *x, isakmp__exch *e)
{
    (void)x;
    if (e->def->phase == 1 && e->msg <= 2)
        isakmp_wr_payload(&e->w, ISAKMP_PAYLOAD_VENDOR_ID,
                          isakmp__span(vendor_id, sizeof vendor_id));
    return ISAKMP_OK;
}

/* Some peers send it later than in their first message. */
static void accepted(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp_span body;
    (void)x;
    if (e->def->phase != 1)
        return;
    for (unsigned i = 0; (body = isakmp_msg_find(e->in, ISAKMP_PAYLOAD_VENDOR_ID, i)).p; i++)
        if (isakmp__span_equal(body, isakmp__span(vendor_id, sizeof vendor_id)))
            e->sa->dpd |= ISAKMP__DPD_KNOWN;
}

/* ---- Questions and answers that come -------------------------------------------------------- */

static uint32_t sequence_of(const isakmp_notify *n)
{
    return isakmp__get32(n->data.p);
}

static int question_fits(const isakmp__sa *sa, uint32_t sequence)
{
    if (sa->dpd & ISAKMP__DPD_THEIRS)
        return sequence - sa->dpd_theirs <= WINDOW;
    return !(sa->dpd & ISAKMP__DPD_MINE) || sa->dpd_mine - sequence >= OWN;
}

static int fits(const isakmp__sa *sa, const isakmp_notify *n)
{
    if (n->protocol != ISAKMP_PROTO_ISAKMP || !isakmp__sa_has_cookies(sa, n->spi) || n->data.n != 4)
        return 0;
    if (n->type == ISAKMP_N_R_U_THERE)
        return question_fits(sa, sequence_of(n));
    return (sa->dpd & ISAKMP__DPD_MINE) && sequence_of(n) == sa->dpd_mine;
}

/* Without the peer's vendor ID it is none of our business: the host is told. */
static int is_ours(const isakmp__sa *sa, const isakmp_notify *n)
{
    return is_dpd(n) && sa->dpd & ISAKMP__DPD_KNOWN &&
           (sa->state == ISAKMP_SA_UP || sa->state == ISAKMP_SA_XAUTH);
}

/* A message with one that does not fit is refused as a whole. */
static unsigned see(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp_notify n;
    isakmp_span body;
    (void)x;
    if (e->def->type != ISAKMP_EXCH_INFO)
        return ISAKMP_OK;
    for (unsigned i = 0; (body = isakmp_msg_find(e->in, ISAKMP_PAYLOAD_NOTIFY, i)).p; i++)
        if (isakmp_notify_read(&n, body) == ISAKMP_OK && is_ours(e->sa, &n) && !fits(e->sa, &n))
            return ISAKMP_D_DPD;
    return ISAKMP_OK;
}

static int say(isakmp_ctx *x, isakmp__sa *sa, uint16_t type, uint32_t sequence)
{
    uint8_t octets[4];
    isakmp_notify n;
    memset(&n, 0, sizeof n);
    n.doi = ISAKMP_DOI_IPSEC;
    n.protocol = ISAKMP_PROTO_ISAKMP;
    n.type = type;
    n.spi = isakmp__sa_cookies(sa);
    isakmp__put32(octets, sequence);
    n.data = isakmp__span(octets, sizeof octets);
    return isakmp__inform(x, sa, &n, NULL);
}

/* The peer's question is answered; it is a sign of life if its number is new. */
static void answer(isakmp_ctx *x, isakmp__sa *sa, uint32_t sequence)
{
    if (!(sa->dpd & ISAKMP__DPD_THEIRS) || sequence != sa->dpd_theirs)
        isakmp__sa_heard(x, sa);
    sa->dpd |= ISAKMP__DPD_THEIRS;
    sa->dpd_theirs = sequence;
    say(x, sa, ISAKMP_N_R_U_THERE_ACK, sequence);
}

static int notify(isakmp_ctx *x, isakmp__sa *sa, const isakmp_notify *n)
{
    if (!is_ours(sa, n))
        return 0;
    if (!fits(sa, n)) /* the one before it in the message has moved the window */
        return 1;
    if (n->type == ISAKMP_N_R_U_THERE)
        answer(x, sa, sequence_of(n));
    else if (sa->asked)
        isakmp__sa_heard(x, sa);
    return 1;
}

/* ---- Questions of ours ---------------------------------------------------------------------- */

/* The first number is random, with the highest bit clear; each question has the next one [RFC3706 6.2]. */
static int next_sequence(isakmp_ctx *x, isakmp__sa *sa)
{
    uint8_t octets[4];
    if (sa->dpd & ISAKMP__DPD_MINE) {
        sa->dpd_mine++;
        return ISAKMP_OK;
    }
    if (isakmp__random(&x->crypto, octets, sizeof octets) != ISAKMP_OK)
        return ISAKMP_E_CRYPTO;
    sa->dpd |= ISAKMP__DPD_MINE;
    sa->dpd_mine = isakmp__get32(octets) & 0x7fffffff;
    return ISAKMP_OK;
}

/* A question that could not be sent does not count: the peer is not dead because we have no randomness. */
static void ask(isakmp_ctx *x, isakmp__sa *sa)
{
    sa->alive_ms = (uint32_t)x->now;
    if (sa->asked == 0 && next_sequence(x, sa) != ISAKMP_OK)
        return;
    if (say(x, sa, ISAKMP_N_R_U_THERE, sa->dpd_mine))
        sa->asked++;
}

static void end_children(isakmp_ctx *x, const isakmp__sa *sa, isakmp_reason why)
{
    for (isakmp__child *c = NULL; (c = isakmp__child_after(sa, c)) != NULL;)
        isakmp__child_end(x, c, why);
}

/* With the SA end its children, and those of SAs with this peer that had ended before: nobody is left to
 * speak for them.  But if the peer has another SA that is up, that one looks after them. */
static void die(isakmp_ctx *x, isakmp__sa *sa)
{
    isakmp_reason why = isakmp__reason(ISAKMP_BY_TIMER, ISAKMP_D_DEAD, 0, 0);
    isakmp__sa *other = NULL;
    end_children(x, sa, why);
    isakmp__sa_end(x, sa, why);
    if (isakmp__sa_speaker(x, sa))
        return;
    sa->again = isakmp__can_begin_again(x, sa) != 0;
    while ((other = isakmp__sa_sibling(x, sa, other)) != NULL)
        if (isakmp__same_ip(&other->path.remote, &sa->path.remote))
            end_children(x, other, why);
}

static int may_ask(const isakmp_ctx *x, const isakmp__sa *sa)
{
    return sa->state == ISAKMP_SA_UP && sa->dpd & ISAKMP__DPD_KNOWN && sa->policy->dpd_s &&
           (sa->asked || sa->wanted || sa->policy->flags & ISAKMP_PF_DPD_PERIODIC) &&
           isakmp__exchange_of(x, ISAKMP_EXCH_INFO) != NULL;
}

/* Of two SAs, one in the other's place, the one asks that is spoken through.  The other looks now and then whether
 * that is still so, for nobody tells it. */
static isakmp_time due(isakmp_ctx *x, isakmp__sa *sa)
{
    const isakmp_peer_policy *p = sa->policy;
    uint32_t retry = p->dpd_retry_s ? p->dpd_retry_s : ISAKMP_DEFAULT_DPD_RETRY_S;
    uint32_t tries = p->dpd_tries ? p->dpd_tries : ISAKMP_DEFAULT_DPD_TRIES;
    uint32_t quiet = (uint32_t)x->now - sa->alive_ms, most;
    if (!may_ask(x, sa))
        return ISAKMP_NEVER;
    if (isakmp__sa_speaker(x, sa) != sa)
        return x->now + 1000u * p->dpd_s;
    most = 1000 * (sa->asked ? retry : p->dpd_s);
    if (quiet < most)
        return x->now + (most - quiet);
    if (sa->asked > tries) {
        die(x, sa);
        return ISAKMP_NEVER;
    }
    ask(x, sa);
    return x->now + 1000 * (sa->asked ? retry : p->dpd_s);
}

const isakmp_extension isakmp_dpd = {.name = "dead peer detection",
                                     .put = put,
                                     .see = see,
                                     .accepted = accepted,
                                     .notify = notify,
                                     .due = due};
