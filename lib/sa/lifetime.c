/* sa/lifetime.c -- how SAs and children come up, and how they end.
 *
 * isakmp__sa_establish() is the only way into the state UP.  The last verb of a phase 1 exchange calls it,
 * after the peer's HASH or SIG has been verified; or, if the client's user is to be authenticated, XAUTH, when the
 * gateway has said that it is content.  Until then the SA is in the state XAUTH, and ends there in time.
 *
 * Ending is done in two steps.  While a message is processed an object is only marked and put on a
 * list; isakmp__settle() takes it apart when nobody holds a pointer to it any more. */
#include "base/secret.h"
#include "crypto/keys.h"
#include "host.h"
#include "replace.h"

/* When to tell that a lifetime nears its end: at 85 to 90 percent for the side that began, 90 to 95
 * for the other, so that both do not start at once. */
static uint32_t soft_ms(isakmp_ctx *x, uint32_t life_s, int initiator)
{
    uint8_t jitter[2] = {0, 0};
    uint64_t share = initiator ? 850 : 900, ms;
    (void)isakmp__random(&x->crypto, jitter,
                         sizeof jitter); /* without it there is only no jitter */
    ms = life_s * (share + isakmp__get16(jitter) % 50u);
    return ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
}

/* What extensions do by the clock is due after whole seconds.  What exactly they want is found out when
 * the first one is over, for there is nobody here who knows them. */
#define FIRST_LOOK_MS 1000

isakmp_time isakmp__hard_at(isakmp_time since, uint32_t life_s)
{
    return since + (isakmp_time)life_s * 1000;
}

void isakmp__sa_set_life(isakmp_ctx *x, isakmp__sa *sa)
{
    if (sa->state != ISAKMP_SA_UP || sa->replaced)
        return;
    sa->soft_ms = soft_ms(x, sa->life_s, sa->initiator);
    isakmp__sa_wake(
        x, sa, sa->soft_told ? isakmp__hard_at(sa->since, sa->life_s) : sa->since + sa->soft_ms);
}

void isakmp__sa_wake(isakmp_ctx *x, isakmp__sa *sa, isakmp_time at)
{
    if (sa->timer.place == 0 || at < sa->timer.at)
        isakmp__timer_set(&x->deadlines, &sa->timer, at);
}

void isakmp__sa_heard(isakmp_ctx *x, isakmp__sa *sa)
{
    sa->alive_ms = (uint32_t)x->now;
    sa->wanted = 0;
    sa->asked = 0;
}

/* The timer is only ever set to an earlier time: once it is, nothing of this costs more than a glance,
 * however much traffic there is. */
void isakmp__sa_doubted(isakmp_ctx *x, isakmp__sa *sa)
{
    uint32_t quiet = (uint32_t)x->now - sa->alive_ms, most = 1000u * sa->policy->dpd_s;
    if (most && !sa->wanted && !sa->asked)
        isakmp__sa_wake(x, sa, x->now + (quiet < most ? most - quiet : 0));
    sa->wanted = 1;
}

void isakmp__sa_wanted(isakmp_ctx *x, isakmp__sa *sa)
{
    sa->sent_ms = (uint32_t)x->now;
    isakmp__sa_doubted(x, sa);
}

void isakmp__child_set_life(isakmp_ctx *x, isakmp__child *c)
{
    if (c->state != ISAKMP_CHILD_UP || c->replaced)
        return;
    c->soft_ms = soft_ms(x, c->life_s, c->initiator);
    isakmp__timer_set(&x->deadlines, &c->timer,
                      c->soft_told ? isakmp__hard_at(c->since, c->life_s) : c->since + c->soft_ms);
}

void isakmp__sa_establish(isakmp_ctx *x, isakmp__sa *sa)
{
    isakmp__half_open_leave(x, sa);
    sa->state = ISAKMP_SA_UP;
    sa->again = 0;
    sa->attempts = 0;
    isakmp__unlink(&sa->peer_link); /* where it stood as one that is to replace another */
    isakmp__sa_enter_peer(x, sa);
    sa->took_ms = (uint32_t)(x->now - sa->since);
    sa->since = x->now;
    isakmp__timer_set(&x->deadlines, &sa->timer, x->now + FIRST_LOOK_MS);
    isakmp__sa_set_life(x, sa);
    isakmp__sa_heard(x, sa);
    isakmp__tell(x, ISAKMP_EV_SA_UP, sa, NULL, NULL);
    isakmp__sa_supersede(x, sa);
    isakmp__sa_try_again(x, sa);
}

void isakmp__sa_await_user(isakmp_ctx *x, isakmp__sa *sa)
{
    uint32_t user_s = sa->policy->user_s ? sa->policy->user_s : ISAKMP_DEFAULT_USER_S;
    sa->state = ISAKMP_SA_XAUTH;
    sa->soft_ms = (uint32_t)(x->now - sa->since) + user_s * 1000;
    isakmp__timer_set(&x->deadlines, &sa->timer, x->now + FIRST_LOOK_MS);
    isakmp__tell(x, ISAKMP_EV_SA_XAUTH, sa, NULL, NULL);
}

isakmp_time isakmp__sa_user_at(const isakmp__sa *sa)
{
    return sa->since + sa->soft_ms;
}

void isakmp__child_up(isakmp_ctx *x, isakmp__child *c)
{
    c->state = ISAKMP_CHILD_UP;
    c->since = x->now;
    isakmp__child_set_life(x, c);
    if (c->replaced)
        isakmp__child_retire(x, c);
    else
        isakmp__tell(x, ISAKMP_EV_CHILD_UP, c->sa, c, NULL);
}

void isakmp__sa_end(isakmp_ctx *x, isakmp__sa *sa, isakmp_reason why)
{
    if (sa->ending || sa->state == ISAKMP_SA_ENDED)
        return;
    isakmp__half_open_leave(x, sa);
    sa->ending = 1;
    sa->why = why;
    isakmp__count(x, why.detail);
    isakmp__timer_set(&x->deadlines, &sa->timer, ISAKMP_NEVER);
    isakmp__list_append(&x->ending, &sa->queue_link);
}

void isakmp__child_end(isakmp_ctx *x, isakmp__child *c, isakmp_reason why)
{
    if (c->ending)
        return;
    c->ending = 1;
    c->why = why;
    isakmp__count(x, why.detail);
    isakmp__timer_set(&x->deadlines, &c->timer, ISAKMP_NEVER);
    isakmp__list_append(&x->ending_children, &c->queue_link);
}

/* ---- The end of a call --------------------------------------------------------------------- */

static void settle_child(isakmp_ctx *x, isakmp__child *c)
{
    isakmp__sa *sa = c->sa;
    isakmp_reason why = c->why;
    int again;
    for (isakmp__exch *e = isakmp__exch_after(sa, NULL), *next; e; e = next) {
        next = isakmp__exch_after(sa, e);
        if (e->child == c)
            isakmp__exch_give(x, e);
    }
    isakmp__child_remove(x, c);
    isakmp__discovery_child_over(x, c);
    isakmp__tell(x, ISAKMP_EV_CHILD_DOWN, sa, c, &why);
    again = isakmp__child_is_wanted_again(c);
    isakmp__child_leave(x, c);
    if (again) {
        isakmp__child_renew(x, c);
        return;
    }
    isakmp__child_give(x, c);
    if (sa->state == ISAKMP_SA_ENDED && sa->n_children == 0)
        isakmp__sa_give(x, sa);
}

/* Those that are ending, oldest first; 0 if there are none. */
static int settle_next_child(isakmp_ctx *x)
{
    isakmp__link *k = isakmp__list_after(&x->ending_children, NULL);
    if (k)
        settle_child(x, ISAKMP__OWNER(k, isakmp__child, queue_link));
    return k != NULL;
}

/* Children that are not up go with their SA, unless it begins again: then those that wait for it go on. */
static void settle_children(isakmp_ctx *x, isakmp__sa *sa)
{
    for (isakmp__child *c = NULL; (c = isakmp__child_after(sa, c)) != NULL;)
        if (c->state == ISAKMP_CHILD_NEGOTIATING ||
            (c->state == ISAKMP_CHILD_WAITING && !sa->again))
            isakmp__child_end(x, c, isakmp__reason(sa->why.by, ISAKMP_D_PARENT, 0, 0));
    while (settle_next_child(x))
        ;
}

/* The first attempts follow each other quickly, the later ones every five minutes. */
#define FIRST_WAIT_MS 1000
#define MAX_WAIT_MS   300000

static void begin_again_later(isakmp_ctx *x, isakmp__sa *sa)
{
    isakmp_time wait = FIRST_WAIT_MS;
    for (unsigned i = 0; i < sa->attempts && wait < MAX_WAIT_MS; i++)
        wait *= 2;
    if (sa->attempts < UINT8_MAX)
        sa->attempts++;
    isakmp__sa_renew(x, sa);
    isakmp__sa_wake(x, sa, x->now + (wait < MAX_WAIT_MS ? wait : MAX_WAIT_MS));
}

/* Children that are up outlive their SA, until their own lifetimes are over: a router may delete an
 * idle ISAKMP SA and go on to use what was negotiated under it. */
static void settle_sa(isakmp_ctx *x, isakmp__sa *sa)
{
    isakmp_reason why = sa->why;
    settle_children(x, sa);
    isakmp__sa_leave(x, sa);
    isakmp__unlink(&sa->queue_link);
    isakmp__sa_unindex(x, sa);
    isakmp__tell(x, ISAKMP_EV_SA_DOWN, sa, NULL, &why);
    isakmp__sa_try_again(x, sa);
    for (isakmp__exch *e; (e = isakmp__exch_after(sa, NULL)) != NULL;)
        isakmp__exch_give(x, e);
    isakmp__wipe(sa->skeyid_d, sizeof sa->skeyid_d);
    isakmp__wipe(sa->skeyid_a, sizeof sa->skeyid_a);
    isakmp__wipe(sa->key, sizeof sa->key);
    sa->keyed = 0;
    sa->ending = 0;
    sa->state = ISAKMP_SA_ENDED;
    if (sa->again)
        begin_again_later(x, sa);
    else if (sa->n_children == 0)
        isakmp__sa_give(x, sa);
    else
        isakmp__sa_wake(x, sa, x->now + FIRST_LOOK_MS);
}

void isakmp__settle(isakmp_ctx *x)
{
    isakmp__link *k;
    do {
        while (settle_next_child(x))
            ;
        k = isakmp__list_after(&x->ending, NULL);
        if (k)
            settle_sa(x, ISAKMP__OWNER(k, isakmp__sa, queue_link));
    } while (k);
}
