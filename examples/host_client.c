/* host_client.c -- clients and gateways: what the options of XAUTH and Mode Config say together. */
#include "host_client.h"
#include "host_values.h"

/* With a method that has none of it XAUTH comes all the same, if there are users. */
static int settle_users(host_options *o, unsigned needs, int initiator)
{
    const host_user *u = host_users_incomplete(&o->users);
    if (needs & HOST_NEED_USER && o->users.n == 0)
        return host_complain("--xauth-user NAME is needed with this --auth: %s",
                             initiator ? "who our user is" : "whom to let in");
    if (u)
        return host_complain("--xauth-user %s: its --xauth-password TEXT or --xauth-password-file "
                             "FILE is needed behind it",
                             (const char *)u->name.p);
    if (initiator && o->users.n > 1)
        return host_complain("--xauth-user may be given once: a client has one user");
    if (o->users.n && !(needs & HOST_NEED_USER))
        o->peer.flags |= initiator ? ISAKMP_PF_XAUTH_ANSWER : ISAKMP_PF_XAUTH_ASK;
    return -1;
}

static int settle_gateway(host_options *o)
{
    int has_pool = o->pool[0].family != 0;
    if (o->config == HOST_CONFIG_UNSAID && has_pool)
        o->config = HOST_CONFIG_PULL;
    if (o->config == HOST_CONFIG_OFF && has_pool)
        return host_complain("--pool is of no use with --mode-config off");
    if (o->config >= HOST_CONFIG_PULL && !has_pool)
        return host_complain(
            "--pool FIRST-LAST is needed with --mode-config: the addresses that there are to give");
    if (o->n_dns && !has_pool)
        return host_complain("--dns is of no use without --pool FIRST-LAST");
    o->peer.flags |= o->config == HOST_CONFIG_PULL   ? ISAKMP_PF_CONFIG_ANSWER
                     : o->config == HOST_CONFIG_PUSH ? ISAKMP_PF_CONFIG_PUSH
                                                     : 0;
    return -1;
}

int host_client_settle(host_options *o, unsigned needs, int initiator)
{
    int rc = settle_users(o, needs, initiator);
    if (rc >= 0 || !initiator)
        return rc < 0 ? settle_gateway(o) : rc;
    o->peer.flags |= o->config == HOST_CONFIG_PULL   ? ISAKMP_PF_CONFIG_PULL
                     : o->config == HOST_CONFIG_PUSH ? ISAKMP_PF_CONFIG_ACCEPT
                                                     : 0;
    return -1;
}
