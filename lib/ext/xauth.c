/* ext/xauth.c -- XAUTH: who is the user of a client? [draft-beaulieu-ike-xauth-02]
 *
 *     Client                                      Gateway
 *     phase 1, with vendor IDs           <-->
 *                                        <--      REQUEST(NAME, PASSWORD, ...)
 *     REPLY(NAME, PASSWORD, ...)         -->      ... as often as the host wants to know more
 *                                        <--      SET(STATUS)
 *     ACK                                -->
 *
 * Each pair is a Transaction of its own, begun by the gateway; they share an identifier.  While the SA is in
 * the state XAUTH the gateway has one of them running, or is about to begin the next: go_on() does, by what is
 * kept in the SA (user_next).  What the host has said between two of them lives in x->said, for no longer than
 * the call.
 *
 * The gateway has proved itself in phase 1 before a client gets as far as this.  What the client begins is
 * refused: it says nothing about its user that it was not asked for. */
#include "base/fingerprint.h"
#include "base/secret.h"
#include "exchange/engine.h"
#include "sa/host.h"
#include "wire/vendor.h"
#include "xauth_words.h"

static const uint8_t vendor_id[8] = {0x09, 0x00, 0x26, 0x89, 0xdf, 0xd6, 0xb7, 0x12};

/* ---- Phase 1 -------------------------------------------------------------------------------- */

/* Is XAUTH possible with a policy, or with what was chosen of it?  To others we do not say that we know it: routers
 * of Cisco ask everybody who does. */
static int is_wanted(const isakmp__sa *sa)
{
    const isakmp_policy *p = NULL;
    if (isakmp__always_extends(sa->policy))
        return 1;
    if (sa->suite)
        return isakmp__auth_user(sa->suite->auth) != ISAKMP__USER_NONE;
    while ((p = isakmp__policy_next(sa->policy, p)) != NULL)
        if (isakmp__auth_user(p->auth) != ISAKMP__USER_NONE)
            return 1;
    return 0;
}

static unsigned put(isakmp_ctx *x, isakmp__exch *e)
{
    (void)x;
    if (e->def->phase == 1 && e->msg <= 2 && is_wanted(e->sa))
        isakmp_wr_payload(&e->w, ISAKMP_PAYLOAD_VENDOR_ID,
                          isakmp__span(vendor_id, sizeof vendor_id));
    return ISAKMP_OK;
}

/* In the message being read, or before it. */
static int has_said_so(const isakmp__exch *e)
{
    int place = isakmp__vendor_index(isakmp__span(vendor_id, sizeof vendor_id));
    isakmp_span body;
    if (e->sa->vendors >> place & 1)
        return 1;
    for (unsigned i = 0; e->in && (body = isakmp_msg_find(e->in, ISAKMP_PAYLOAD_VENDOR_ID, i)).p;
         i++)
        if (isakmp__vendor_index(body) == place)
            return 1;
    return 0;
}

static int extends(const isakmp_ctx *x, const isakmp__exch *e)
{
    if (isakmp__exchange_of(x, ISAKMP_EXCH_TRANSACTION) == NULL)
        return 0;
    return e == NULL || has_said_so(e);
}

/* ---- The gateway: what comes next ----------------------------------------------------------- */

/* What all messages about the user of an SA have in common. */
static uint16_t identifier_of(const isakmp_ctx *x, const isakmp__sa *sa)
{
    uint16_t id = (uint16_t)isakmp__fingerprint(x->secret, isakmp__sa_cookies(sa));
    return id ? id : 1;
}

/* Is it a client that renews its SA, and is it safe to believe that?  With a pre-shared key, which many may
 * have, only the host knows. */
static int is_known(const isakmp_ctx *x, const isakmp__sa *sa)
{
    return isakmp__auth_family(sa->suite->auth) != ISAKMP__AUTH_PSK &&
           !(sa->policy->flags & ISAKMP_PF_XAUTH_AGAIN) && isakmp__sa_with_user(x, sa) != NULL;
}

static void end(isakmp_ctx *x, isakmp__sa *sa, isakmp_reason why)
{
    isakmp__inform_sa_only_gone(x, sa);
    isakmp__sa_end(x, sa, why);
}

/* That was no, of either side.  Nobody begins again by himself with a password that was wrong: some day the user
 * would be locked out. */
static void end_for_good(isakmp_ctx *x, isakmp__sa *sa, isakmp_reason why)
{
    sa->again = 0;
    end(x, sa, why);
}

static void say_no(isakmp__sa *sa, uint8_t by, unsigned why)
{
    sa->user_next = ISAKMP__USER_NO;
    sa->why = isakmp__reason(by, why, 0, 0);
}

/* The user is who it says it is: from now on the SA is that user's. */
static void say_yes(isakmp_ctx *x, isakmp__sa *sa, isakmp_span name)
{
    unsigned rc = isakmp__sa_set_user(x, sa, name);
    sa->user_next = ISAKMP__USER_YES;
    if (rc != ISAKMP_OK)
        say_no(sa, ISAKMP_BY_US, rc);
}

/* What the host has said was good for one call, and what it points to is not ours. */
static void forget(isakmp_ctx *x)
{
    isakmp__wipe(&x->said, sizeof x->said);
}

/* It is not good at all if there was no answer, or none that can be used. */
static unsigned forget_unless_good(isakmp_ctx *x, unsigned rc)
{
    if (rc != ISAKMP_OK)
        forget(x);
    return rc;
}

static void go_on(isakmp_ctx *x, isakmp__sa *sa)
{
    uint8_t type = ISAKMP_CFG_SET;
    if (sa->state != ISAKMP_SA_XAUTH || isakmp__sa_xauth_role(sa) != ISAKMP__XAUTH_GATEWAY ||
        isakmp__transaction_of(sa, &isakmp_xauth))
        return;
    if (sa->user_next == ISAKMP__USER_BEGIN && is_known(x, sa))
        say_yes(x, sa, isakmp__sa_user(x, isakmp__sa_with_user(x, sa)));
    if (sa->user_next == ISAKMP__USER_BEGIN || sa->user_next == ISAKMP__USER_MORE)
        type = ISAKMP_CFG_REQUEST;
    if (!isakmp__transaction_begin(x, sa, &isakmp_xauth, type, identifier_of(x, sa)))
        end(x, sa, isakmp__reason(ISAKMP_BY_US, ISAKMP_D_POOL, 0, 0));
    forget(x);
}

/* ---- The gateway: the host ------------------------------------------------------------------ */

/* What the host asks for must be what can be asked for. */
static unsigned check_words(isakmp_ctx *x, const isakmp__sa *sa, const isakmp_user *u)
{
    const char *fault = isakmp__words_fault(u);
    if (fault == NULL)
        return ISAKMP_OK;
    isakmp__log(x, ISAKMP_LOG_ERROR, sa, "the host's question for a user is not valid: %s", fault);
    return ISAKMP_D_HOST;
}

/* What a client is asked first, if the host has no other wish. */
static void ask_for_password(isakmp_user *u)
{
    u->asked = ISAKMP_ASK_USER_NAME | ISAKMP_ASK_USER_PASSWORD;
    u->type = ISAKMP_XAUTH_GENERIC;
    u->challenge = isakmp__span(NULL, 0);
}

/* Whose SA is up with who seems to be the same client.  It is kept until the host has answered: what it says is
 * about the user that it was told of, and that one may be gone by then, or another there. */
static unsigned find_known(isakmp_ctx *x, isakmp__exch *e)
{
    const isakmp__sa *other = isakmp__sa_with_user(x, e->sa);
    if (e->ask == ISAKMP__ASK_CHECK_USER || other == NULL)
        return ISAKMP_OK;
    return isakmp__exch_store(e, &e->cfg, isakmp__sa_user(x, other));
}

/* The host says what to ask for; or that it need not. */
static unsigned first_words(isakmp_ctx *x, isakmp__exch *e)
{
    unsigned rc = find_known(x, e);
    isakmp_user got;
    int answer;
    if (rc != ISAKMP_OK)
        return rc;
    memset(&got, 0, sizeof got);
    got.known = e->cfg;
    answer = isakmp__ask_check_user(x, e, &got, &x->said.words);
    if (answer == ISAKMP_PENDING)
        return ISAKMP_PENDING;
    if (answer == ISAKMP_OK) {
        isakmp_user *u = &x->said.words;
        say_yes(x, e->sa, u->user_name.n ? u->user_name : got.known);
        e->cfg_type = ISAKMP_CFG_SET;
        return ISAKMP_OK;
    }
    if (answer != ISAKMP_NONE)
        return ISAKMP_D_HOST;
    if (x->said.words.asked == 0)
        ask_for_password(&x->said.words);
    return check_words(x, e->sa, &x->said.words);
}

/* The host's answer to what the client has told. */
static unsigned judge(isakmp_ctx *x, isakmp__exch *e, const isakmp_user *got)
{
    isakmp__said *s = &x->said;
    int answer = isakmp__ask_check_user(x, e, got, &s->words);
    s->next = ISAKMP__USER_NO;
    s->why = ISAKMP_D_USER;
    if (answer == ISAKMP_PENDING)
        return ISAKMP_PENDING;
    if (answer == ISAKMP_OK) {
        s->next = ISAKMP__USER_YES;
        if (s->words.user_name.n == 0)
            s->words.user_name = got->user_name;
        return ISAKMP_OK;
    }
    if (answer != ISAKMP_NONE)
        return ISAKMP_D_HOST;
    if (s->words.asked == 0)
        return ISAKMP_OK;
    s->next = ISAKMP__USER_MORE;
    if (e->sa->user_rounds < ISAKMP_MAX_USER_ROUNDS)
        return check_words(x, e->sa, &s->words);
    s->next = ISAKMP__USER_NO;
    s->why = ISAKMP_D_USER_ROUNDS;
    return ISAKMP_OK;
}

/* ---- The gateway: messages ------------------------------------------------------------------ */

/* A person may have to type the answer: until then it is repeated, as long as the SA waits. */
static unsigned write_request(isakmp_ctx *x, isakmp__exch *e)
{
    unsigned rc = ISAKMP_OK;
    if (e->sa->user_next == ISAKMP__USER_BEGIN)
        rc = forget_unless_good(x, first_words(x, e));
    if (rc != ISAKMP_OK)
        return rc;
    if (e->cfg_type == ISAKMP_CFG_REQUEST) {
        e->sa->user_rounds++;
        e->patient = 1;
        e->hard_at = isakmp__sa_user_at(e->sa) + 1;
        isakmp__words_ask(&e->w, &x->said.words);
        rc = isakmp__exch_store(
            e, &e->cfg, isakmp__span((const uint8_t *)&x->said.words.type, sizeof(uint16_t)));
    } else {
        isakmp__words_end(&e->w, e->sa->user_next == ISAKMP__USER_YES, x->said.words.message);
    }
    forget(x);
    return rc;
}

/* A client that cannot, or will not, says so; what else it says then does not matter. */
static unsigned read_reply(isakmp_ctx *x, isakmp__exch *e, const isakmp__words *w)
{
    isakmp_user got = w->user;
    uint16_t type;
    if (w->has_status) {
        forget(x);
        x->said.next = ISAKMP__USER_NO;
        return w->status == 0 ? ISAKMP_OK : (unsigned)ISAKMP_D_CONFIG;
    }
    memcpy(&type, e->cfg.p, sizeof type);
    if (got.type != type)
        return ISAKMP_D_CONFIG;
    got.round = e->sa->user_rounds;
    return forget_unless_good(x, judge(x, e, &got));
}

static void reply_is_there(isakmp_ctx *x, isakmp__sa *sa)
{
    const isakmp__said *s = &x->said;
    if (s->next == ISAKMP__USER_YES)
        say_yes(x, sa, s->words.user_name);
    else if (s->next == ISAKMP__USER_MORE)
        sa->user_next = ISAKMP__USER_MORE;
    else if (s->why)
        say_no(sa, s->why == ISAKMP_D_USER ? ISAKMP_BY_HOST : ISAKMP_BY_US, s->why);
    else
        end_for_good(x, sa, isakmp__reason(ISAKMP_BY_PEER, ISAKMP_D_USER_DECLINED, 0, 0));
}

static void gateway_over(isakmp_ctx *x, const isakmp__exch *e)
{
    isakmp__sa *sa = e->sa;
    if (e->cfg_type == ISAKMP_CFG_REQUEST)
        reply_is_there(x, sa);
    else if (sa->user_next == ISAKMP__USER_YES)
        isakmp__come_up(x, sa);
    else
        end_for_good(x, sa, sa->why);
}

/* ---- The client ----------------------------------------------------------------------------- */

/* Only in its time, and only if it is meant, a user is told.  Else the gateway hears that there is none. */
static int is_in_time(const isakmp__sa *sa)
{
    return sa->state == ISAKMP_SA_XAUTH && isakmp__sa_xauth_role(sa) == ISAKMP__XAUTH_CLIENT;
}

/* What the gateway wants is kept until our host has answered. */
static unsigned read_of_gateway(isakmp__exch *e, const isakmp_cfg *c, const isakmp__words *w)
{
    if (isakmp__sa_xauth_role(e->sa) == ISAKMP__XAUTH_GATEWAY)
        return ISAKMP_D_UNEXPECTED;
    if (c->type == ISAKMP_CFG_SET && !w->has_status)
        return ISAKMP_D_CONFIG;
    if (is_in_time(e->sa))
        e->hard_at = isakmp__sa_user_at(e->sa) + 1;
    return isakmp__exch_store(e, &e->cfg, c->attrs);
}

/* The gateway has gone on: what it asked before need not be answered any more. */
static void drop_others(isakmp_ctx *x, isakmp__exch *e)
{
    for (isakmp__exch *other = isakmp__exch_after(e->sa, NULL), *next; other; other = next) {
        next = isakmp__exch_after(e->sa, other);
        if (other != e && other->ext == e->ext && other->phase != ISAKMP__DONE)
            isakmp__exch_give(x, other);
    }
}

static unsigned write_reply(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp__words asked;
    isakmp_user user;
    int answer = ISAKMP_NONE;
    if (isakmp__words_read(&asked, e->cfg) != ISAKMP_OK)
        return ISAKMP_D_BUG;
    if (is_in_time(e->sa)) {
        drop_others(x, e);
        answer = isakmp__ask_get_user(x, e, &asked.user, &user);
    }
    if (answer == ISAKMP_PENDING)
        return ISAKMP_PENDING;
    if (answer < 0)
        return ISAKMP_D_HOST;
    if (answer == ISAKMP_OK) {
        isakmp__words_answer(&e->w, &asked, &user);
        isakmp__wipe(&user, sizeof user);
        return ISAKMP_OK;
    }
    e->declined = 1;
    if (asked.has_type)
        isakmp_wr_attr(&e->w, ISAKMP_CFG_XAUTH_TYPE, asked.user.type);
    isakmp__words_end(&e->w, 0, isakmp__span(NULL, 0));
    return ISAKMP_OK;
}

/* The gateway has said how it has ended: once, and then there is no more to it. */
static void status_is_there(isakmp_ctx *x, isakmp__exch *e, const isakmp__words *w)
{
    drop_others(x, e);
    if (w->user.message.n)
        isakmp__tell_text(x, e->sa, w->user.message);
    if (w->status) {
        isakmp__come_up(x, e->sa);
        return;
    }
    e->sa->again = 0;
    isakmp__sa_end(x, e->sa, isakmp__reason(ISAKMP_BY_PEER, ISAKMP_D_USER, 0, 0));
}

static void client_over(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp__words w;
    if (e->declined)
        end_for_good(x, e->sa, isakmp__reason(ISAKMP_BY_HOST, ISAKMP_D_USER_DECLINED, 0, 0));
    else if (e->cfg_type == ISAKMP_CFG_SET && isakmp__words_read(&w, e->cfg) == ISAKMP_OK)
        status_is_there(x, e, &w);
}

/* ---- Both ----------------------------------------------------------------------------------- */

static int owns(uint16_t attr)
{
    return isakmp__is_xauth(attr) ? 2 : 0;
}

static unsigned read(isakmp_ctx *x, isakmp__exch *e, const isakmp_cfg *c)
{
    isakmp__words w;
    if (isakmp__words_read(&w, c->attrs) != ISAKMP_OK)
        return c->type == ISAKMP_CFG_ACK ? ISAKMP_OK : (unsigned)ISAKMP_D_CONFIG;
    if (c->type == ISAKMP_CFG_REPLY)
        return read_reply(x, e, &w);
    return c->type == ISAKMP_CFG_ACK ? ISAKMP_OK : read_of_gateway(e, c, &w);
}

static unsigned write(isakmp_ctx *x, isakmp__exch *e)
{
    if (e->initiator)
        return write_request(x, e);
    return e->cfg_type == ISAKMP_CFG_REQUEST ? write_reply(x, e) : ISAKMP_OK;
}

static void over(isakmp_ctx *x, isakmp__exch *e, const isakmp_cfg *c, const isakmp_reason *why)
{
    (void)c;
    if (e->sa->state != ISAKMP_SA_XAUTH || e->sa->ending)
        return;
    if (why)
        end(x, e->sa, *why);
    else if (e->initiator)
        gateway_over(x, e);
    else
        client_over(x, e);
}

const isakmp_extension isakmp_xauth = {.name = "XAUTH",
                                       .put = put,
                                       .owns = owns,
                                       .read = read,
                                       .write = write,
                                       .over = over,
                                       .go_on = go_on,
                                       .extends = extends};
