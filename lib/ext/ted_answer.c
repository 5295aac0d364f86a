/* ext/ted_answer.c -- the responder of Tunnel Endpoint Discovery: probes that pass through.
 *
 * Anybody may send them, in anybody's name, and whoever gets the reply learns what we protect.  So probes are
 * answered only where the host's policy says so, only so often, never with more octets than they have, and
 * nothing is kept of them.  What follows is phase 1 like any other: the peer must prove who it is, and
 * find_child has the last word about the proxy. */
#include "base/fingerprint.h"
#include "base/span.h"
#include "crypto/keys.h"
#include "sa/host.h"
#include "ted.h"

/* Answers in a second: in all, and to addresses that fall into one bucket. */
#define ANSWERS        32
#define ANSWERS_BUCKET 4

/* Is the host's answer one that can be sent? */
static int is_valid(isakmp_ctx *x, const isakmp_ted_answer *a, const isakmp_path *path)
{
    char why[96] = "";
    if (a->policy && isakmp_child_policy_check(a->policy, NULL, why, sizeof why) == ISAKMP_OK &&
        isakmp__ted_is_host(&a->gateway) && a->gateway.port &&
        a->gateway.family == path->local.family)
        return 1;
    isakmp__log(x, ISAKMP_LOG_ERROR, NULL, "the host's answer to a probe is not valid: %s", why);
    return 0;
}

static unsigned ask(isakmp_ctx *x, const isakmp_path *path, isakmp_ted_answer *out)
{
    isakmp_selector local = isakmp__selector_of(&path->local);
    isakmp_selector remote = isakmp__selector_of(&path->remote);
    int rc = isakmp__ask_ted(x, path, &local, &remote, out);
    if (rc != ISAKMP_OK)
        return rc == ISAKMP_NONE ? ISAKMP_D_TED_POLICY : ISAKMP_D_HOST;
    if (!is_valid(x, out, path))
        return ISAKMP_D_HOST;
    return out->policy->flags & ISAKMP_CF_TED &&
                   isakmp_selector_within(&local, &out->policy->local) &&
                   isakmp_selector_within(&remote, &out->policy->remote)
               ? ISAKMP_OK
               : (unsigned)ISAKMP_D_TED_POLICY;
}

static int may_answer(isakmp_ctx *x, const isakmp_addr *asker)
{
    isakmp__ted_rate *rate = isakmp__ted_this_second(x);
    uint64_t f = isakmp__fingerprint(x->secret, isakmp__span(asker->ip, sizeof asker->ip));
    uint8_t *bucket = &rate->by_addr[f % sizeof rate->by_addr];
    if (rate->answers >= ANSWERS || *bucket >= ANSWERS_BUCKET)
        return 0;
    rate->answers++;
    (*bucket)++;
    return 1;
}

/* Answer; only why not is left to say. */
static unsigned answer(isakmp_ctx *x, const isakmp_msg *m, const isakmp_path *path,
                       const isakmp_ted_answer *a, const isakmp_addr *asker)
{
    isakmp__ted_facts f;
    if (!may_answer(x, asker))
        return ISAKMP_D_TED_LIMIT;
    memset(&f, 0, sizeof f);
    memcpy(f.cky_i, m->h.cky_i, sizeof f.cky_i);
    f.addr[ISAKMP__TED_GATEWAY] = &a->gateway;
    f.addr[ISAKMP__TED_ASKER] = asker;
    f.proxy = &a->policy->local;
    f.port = a->gateway.port;
    f.ifindex = path->ifindex;
    if (isakmp__random(&x->crypto, f.cky_r, sizeof f.cky_r) != ISAKMP_OK)
        return ISAKMP_D_CRYPTO;
    return isakmp__ted_send(x, &isakmp__ted_reply, &f, m->raw.n) ? ISAKMP_OK
                                                                 : (unsigned)ISAKMP_D_TED_SHORT;
}

unsigned isakmp__ted_answer(isakmp_ctx *x, const isakmp_msg *m, const isakmp_path *path)
{
    isakmp_ted_answer a;
    isakmp_addr asker;
    unsigned rc;
    if (!isakmp__ted_is_sound(m, path) || !isakmp__all_zero(m->h.cky_r, ISAKMP_COOKIE_SIZE) ||
        !isakmp__ted_read_gateway(&asker, m, &isakmp__ted_probe) ||
        asker.family != path->local.family)
        return ISAKMP_D_TED;
    if (isakmp__ted_find(x, m->h.cky_i)) /* our own, on its way out */
        return ISAKMP_D_TED;
    rc = ask(x, path, &a);
    if (rc != ISAKMP_OK)
        return rc;
    if (isakmp__same_ip(&a.gateway, &asker))
        return ISAKMP_D_TED;
    rc = answer(x, m, path, &a, &asker);
    if (rc != ISAKMP_OK) {
        isakmp__count(x, rc);
        isakmp__log(x, ISAKMP_LOG_INFO, NULL, "a probe is not answered: %s",
                    isakmp_detail_text(rc));
    }
    return ISAKMP_PENDING;
}
