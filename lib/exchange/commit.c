/* exchange/commit.c -- the commit bit of Quick Mode [RFC2408 3.1].
 *
 *     Initiator                                      Responder
 *     HDR*, HASH(1), SA, Ni, ...            -->
 *                                           <--      HDR* with the bit, HASH(2), SA, Nr, ...
 *     HDR*, HASH(3)                         -->
 *     (waits before it sends through the child)
 *                                           <--      HDR*, HASH(1), N(CONNECTED)
 *
 * It is no row of the table: whether there is a fourth message, and who sends it, is not known from the
 * method, and its exchange type is Informational, though its message ID is that of the Quick Mode.  Nor is
 * it part of what has been agreed on: nothing protects the bit, so anybody on the way can set it, and then
 * no fourth message comes.  So it is only waited for if the policy says so, and not for long.  A message
 * that is lost costs the same: it is never repeated.
 *
 * We set it as responder only.  An initiator's SAs are there before its last message goes: it would have
 * nothing to say. */
#include "crypto/keys.h"
#include "engine.h"
#include "sa/host.h"

uint8_t isakmp__commit_flag(const isakmp__exch *e)
{
    return e->def->type == ISAKMP_EXCH_QUICK && !e->initiator &&
                   e->sa->policy->flags & ISAKMP_PF_SET_COMMIT
               ? ISAKMP_FLAG_COMMIT
               : 0;
}

/* Who sets the bit does not wait. */
int isakmp__commit_waits(const isakmp__exch *e)
{
    return e->commit && !e->connected && e->sa->policy->flags & ISAKMP_PF_COMMIT &&
           !isakmp__commit_flag(e);
}

void isakmp__commit_inform(isakmp_ctx *x, const isakmp__exch *e)
{
    const isakmp__child *c = e->child;
    uint8_t spi[4];
    isakmp_notify n;
    if (!isakmp__commit_flag(e))
        return;
    memset(&n, 0, sizeof n);
    n.doi = ISAKMP_DOI_IPSEC;
    n.protocol = c->protect[0].proto;
    n.type = ISAKMP_N_CONNECTED;
    isakmp__put32(spi, isakmp__spi_of(&c->spis, n.protocol));
    n.spi = isakmp__span(spi, sizeof spi);
    isakmp__inform_as(x, e->sa, &n, NULL, e->msg_id);
}

/* As long as our own message would be repeated twice, if it were. */
isakmp_time isakmp__commit_patience(const isakmp_ctx *x)
{
    return 3 * (isakmp_time)x->config.retransmit_ms;
}

static isakmp__exch *awaiting(const isakmp__sa *sa)
{
    isakmp__exch *e = NULL;
    do
        e = isakmp__exch_after(sa, e);
    while (e && (e->phase != ISAKMP__AWAIT || e->child == NULL || e->child->ending));
    return e;
}

/* All has been agreed on, and the peer may send already. */
void isakmp__commit_give_up(isakmp_ctx *x, const isakmp__sa *sa)
{
    isakmp__exch *e;
    while ((e = awaiting(sa)) != NULL)
        isakmp__engine_connected(x, e);
}

static int says_connected(const isakmp_msg *m, isakmp_notify *n)
{
    isakmp_span body;
    for (unsigned i = 0; (body = isakmp_msg_find(m, ISAKMP_PAYLOAD_NOTIFY, i)).p; i++)
        if (isakmp_notify_read(n, body) == ISAKMP_OK && n->type == ISAKMP_N_CONNECTED)
            return 1;
    return 0;
}

unsigned isakmp__commit_input(isakmp_ctx *x, isakmp__exch *e, isakmp_msg *m,
                              const isakmp_path *path)
{
    const isakmp_exchange *info = isakmp__exchange_of(x, ISAKMP_EXCH_INFO);
    isakmp_notify n;
    unsigned rc;
    if (info == NULL)
        return ISAKMP_D_UNEXPECTED;
    rc = isakmp__open_in_either_chain(x, e, &info->rows[0], m);
    if (rc != ISAKMP_OK)
        return rc;
    if (!says_connected(m, &n))
        return ISAKMP_D_UNEXPECTED;
    isakmp__tell_notify(x, e->sa, e->child, path, &n, 1);
    isakmp__engine_connected(x, e);
    return ISAKMP_OK;
}
