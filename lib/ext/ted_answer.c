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

/* What our answer can be wrong in: our own policies. */
static unsigned check_answer(isakmp_ctx *x, const isakmp_ted_answer *a, const isakmp_path *path)
{
    isakmp_selector local = isakmp__selector_of(&path->local);
    isakmp_selector remote = isakmp__selector_of(&path->remote);
    const isakmp_child_policy *p = a->policy;
    char why[96] = "";
    if (p == NULL || isakmp_child_policy_check(p, NULL, why, sizeof why) != ISAKMP_OK ||
        !isakmp__ted_is_host(&a->gateway) || a->gateway.port == 0 ||
        a->gateway.family != path->local.family) {
        isakmp__log(x, ISAKMP_LOG_ERROR, NULL, "the host's answer to a probe is not valid: %s",
                    why);
        return ISAKMP_D_HOST;
    }
    if (!(p->flags & ISAKMP_CF_TED) || !isakmp_selector_within(&local, &p->local) ||
        !isakmp_selector_within(&remote, &p->remote))
        return ISAKMP_D_TED_POLICY;
    return ISAKMP_OK;
}

static unsigned ask(isakmp_ctx *x, const isakmp_path *path, isakmp_ted_answer *out)
{
    isakmp_selector local = isakmp__selector_of(&path->local);
    isakmp_selector remote = isakmp__selector_of(&path->remote);
    int rc = isakmp__ask_ted(x, path, &local, &remote, out);
    if (rc != ISAKMP_OK)
        return rc == ISAKMP_NONE ? ISAKMP_D_TED_POLICY : ISAKMP_D_HOST;
    return check_answer(x, out, path);
}

/* Read the gateway that asks: its address, which must be one that can be somebody's, and not our own. */
static int read_asker(isakmp_selector *out, const isakmp_msg *m)
{
    isakmp_addr a;
    if (!isakmp__ted_read(out, m, &isakmp__ted_probe, ISAKMP__TED_GATEWAY) ||
        !isakmp__selector_is_host(out))
        return 0;
    a = isakmp__ted_addr(out, 0);
    return isakmp__ted_is_host(&a);
}

static int may_answer(isakmp_ctx *x, const isakmp_selector *asker)
{
    isakmp__ted_rate *rate = isakmp__ted_this_second(x);
    uint64_t f = isakmp__fingerprint(x->secret, isakmp__span(asker->lo, sizeof asker->lo));
    uint8_t *bucket = &rate->by_addr[f % sizeof rate->by_addr];
    if (rate->answers >= ANSWERS || *bucket >= ANSWERS_BUCKET)
        return 0;
    rate->answers++;
    (*bucket)++;
    return 1;
}

/* Answer; only why not is left to say. */
static unsigned answer(isakmp_ctx *x, const isakmp_msg *m, const isakmp_path *path,
                       const isakmp_ted_answer *a, const isakmp_selector *asker)
{
    uint8_t buf[ISAKMP__TED_MAX];
    isakmp__ted_facts f;
    isakmp_path back;
    isakmp_span reply;
    memset(&f, 0, sizeof f);
    memcpy(f.cky_i, m->h.cky_i, sizeof f.cky_i);
    f.part[ISAKMP__TED_GATEWAY] = isakmp__selector_of(&a->gateway);
    f.part[ISAKMP__TED_PROXY] = a->policy->local;
    f.part[ISAKMP__TED_ASKER] = *asker;
    if (isakmp__random(&x->crypto, f.cky_r, sizeof f.cky_r) != ISAKMP_OK)
        return ISAKMP_D_CRYPTO;
    reply = isakmp__ted_write(buf, &isakmp__ted_reply, &f);
    if (reply.n == 0 || reply.n > m->raw.n)
        return ISAKMP_D_TED_SHORT;
    if (!may_answer(x, asker))
        return ISAKMP_D_TED_LIMIT;
    back = isakmp__ted_path(&isakmp__ted_reply, &f, a->gateway.port, path->ifindex);
    isakmp__do_send(x, &back, reply);
    return ISAKMP_OK;
}

unsigned isakmp__ted_answer(isakmp_ctx *x, const isakmp_msg *m, const isakmp_path *path)
{
    isakmp_selector asker, own;
    isakmp_ted_answer a;
    unsigned rc;
    if (!isakmp__ted_is_sound(m, path) || !isakmp__all_zero(m->h.cky_r, ISAKMP_COOKIE_SIZE) ||
        !read_asker(&asker, m) || asker.family != path->local.family)
        return ISAKMP_D_TED;
    if (isakmp__ted_find(x, m->h.cky_i)) /* our own, on its way out */
        return ISAKMP_D_TED;
    rc = ask(x, path, &a);
    if (rc != ISAKMP_OK)
        return rc;
    own = isakmp__selector_of(&a.gateway);
    if (isakmp__selector_equal(&own, &asker))
        return ISAKMP_D_TED;
    rc = answer(x, m, path, &a, &asker);
    if (rc != ISAKMP_OK) {
        isakmp__count(x, rc);
        isakmp__log(x, ISAKMP_LOG_INFO, NULL, "a probe is not answered: %s",
                    isakmp_detail_text(rc));
    }
    return ISAKMP_PENDING;
}
