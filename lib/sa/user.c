/* sa/user.c -- users of clients, as XAUTH has found them: who is whose, and which SA they are of.
 *
 * Only a gateway keeps names, and only of users whom it has believed: so strangers take no place here.  A name is
 * found by the index of its SA, which knows nothing of it. */
#include "host.h"

int isakmp__always_extends(const isakmp_peer_policy *p)
{
    return (p->flags & (ISAKMP_PF_XAUTH_ASK | ISAKMP_PF_XAUTH_ANSWER)) != 0;
}

/* The method says which side is the client; else the policy does. */
isakmp__xauth_role isakmp__sa_xauth_role(const isakmp__sa *sa)
{
    uint8_t user = sa->suite ? isakmp__auth_user(sa->suite->auth) : (uint8_t)ISAKMP__USER_NONE;
    if (user != ISAKMP__USER_NONE)
        return (user == ISAKMP__USER_I) == sa->initiator ? ISAKMP__XAUTH_CLIENT
                                                         : ISAKMP__XAUTH_GATEWAY;
    if (sa->policy && sa->policy->flags & ISAKMP_PF_XAUTH_ASK)
        return ISAKMP__XAUTH_GATEWAY;
    if (sa->policy && sa->policy->flags & ISAKMP_PF_XAUTH_ANSWER)
        return ISAKMP__XAUTH_CLIENT;
    return ISAKMP__XAUTH_NONE;
}

/* ---- Names ---------------------------------------------------------------------------------- */

static isakmp__list *bucket_of(const isakmp_ctx *x, const isakmp__sa *sa)
{
    return &x->by_user[isakmp__pool_index(&x->sas, sa) & x->user_mask];
}

static isakmp__user *user_of(const isakmp_ctx *x, const isakmp__sa *sa)
{
    isakmp__link *k = NULL;
    isakmp__user *u;
    if (x->users.used == 0)
        return NULL;
    do {
        k = isakmp__list_after(bucket_of(x, sa), k);
        u = ISAKMP__OWNER(k, isakmp__user, link);
    } while (u && u->sa != sa);
    return u;
}

isakmp_span isakmp__sa_user(const isakmp_ctx *x, const isakmp__sa *sa)
{
    const isakmp__user *u = user_of(x, sa);
    return isakmp__span(u ? u->name : NULL, u ? u->n : 0);
}

unsigned isakmp__sa_set_user(isakmp_ctx *x, isakmp__sa *sa, isakmp_span name)
{
    isakmp__user *u = user_of(x, sa);
    if (name.n > ISAKMP_MAX_USER)
        return ISAKMP_D_USER_NAME;
    if (u == NULL) {
        u = (isakmp__user *)isakmp__pool_take(&x->users);
        if (u == NULL)
            return ISAKMP_D_POOL;
        u->sa = sa;
        isakmp__list_append(bucket_of(x, sa), &u->link);
    }
    u->n = (uint8_t)name.n;
    if (name.n)
        memcpy(u->name, name.p, name.n);
    return ISAKMP_OK;
}

void isakmp__sa_drop_user(isakmp_ctx *x, const isakmp__sa *sa)
{
    isakmp__user *u = user_of(x, sa);
    if (u == NULL)
        return;
    isakmp__unlink(&u->link);
    isakmp__pool_give(&x->users, u);
}

int isakmp__same_user(const isakmp_ctx *x, const isakmp__sa *a, const isakmp__sa *b)
{
    const isakmp__user *u = user_of(x, a), *v = user_of(x, b);
    if (u == NULL || v == NULL)
        return u == v;
    return isakmp__span_equal(isakmp__span(u->name, u->n), isakmp__span(v->name, v->n));
}
