/* exchange/verbs_quick.c -- Quick Mode: proposals, selectors, perfect forward secrecy, and the keys
 * of IPsec SAs [RFC2409 5.5].  The engine has verified HASH before any of these runs. */
#include "crypto/keys.h"
#include "engine.h"
#include "kex.h"
#include "rekey.h"
#include "sa/host.h"
#include "sa/replace.h"

static isakmp__means means_of(const isakmp_ctx *x, const isakmp__exch *e)
{
    return isakmp__sa_means(x, e->sa);
}

/* ---- SPIs ----------------------------------------------------------------------------------- */

static unsigned ask_one_spi(isakmp_ctx *x, isakmp__exch *e, uint8_t proto)
{
    uint32_t *spi = proto == ISAKMP_PROTO_AH ? &e->child->spis.ah : &e->child->spis.esp;
    int rc;
    if (*spi)
        return ISAKMP_OK;
    rc = isakmp__ask_spi(x, e, proto, spi);
    if (rc == ISAKMP_OK && *spi < 256)
        rc = ISAKMP_E_HOST;
    if (rc != ISAKMP_OK)
        *spi = 0;
    if (rc == ISAKMP_OK || rc == ISAKMP_PENDING)
        return (unsigned)rc;
    return rc == ISAKMP_E_CRYPTO ? ISAKMP_D_CRYPTO : ISAKMP_D_HOST;
}

/* As initiator one for each protocol that is offered, as responder for each that was chosen. */
static unsigned ask_spi(isakmp_ctx *x, isakmp__exch *e)
{
    const isakmp__child *c = e->child;
    size_t n = e->initiator ? c->policy->n_protect : c->n;
    const isakmp_protect *p = e->initiator ? c->policy->protect : c->protect;
    unsigned rc = ISAKMP_OK;
    for (size_t i = 0; i < n && rc == ISAKMP_OK; i++)
        rc = ask_one_spi(x, e, p[i].proto);
    return rc;
}
ISAKMP__DEFINE_VERB(ask_spi);

/* What we offer: a child that is negotiated anew has the group that was agreed on, where the policy leaves
 * it open, for the peer may insist on one. */
static isakmp_child_policy offered(const isakmp__child *c)
{
    isakmp_child_policy p = *c->policy;
    if (p.pfs_group == 0)
        p.pfs_group = c->pfs_group;
    return p;
}

/* ---- SA payloads ---------------------------------------------------------------------------- */

static unsigned put_child_offer(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp__means m = means_of(x, e);
    isakmp_child_policy p = offered(e->child);
    isakmp__offer_child(&e->w, &p, &m, &e->child->spis);
    return ISAKMP_OK;
}
ISAKMP__DEFINE_PUT_VERB(put_child_offer, ISAKMP_PAYLOAD_SA);

/* What both sides keep of an agreement. */
static void agree(isakmp__exch *e)
{
    const isakmp__bundle *b = &e->u.bundle;
    isakmp__child *c = e->child;
    c->n = b->n & 3u;
    memcpy(c->protect, b->protect, sizeof c->protect);
    memcpy(c->spi_out, b->spi, sizeof c->spi_out);
    c->life_s = b->life.seconds;
    c->life_kb = b->life.kilobytes;
    c->pfs_group = b->group;
    c->mode = c->policy->mode & 3u;
    c->natt = e->sa->udp != ISAKMP__UDP_NONE;
    if (e->sa->udp == ISAKMP__UDP_DRAFT_500 && !e->sa->path.natt)
        c->natt = ISAKMP_NATT_PORT_500;
    e->group = b->group;
    e->announce = b->life.announce;
}

/* The offer is kept: its attributes are returned as they stand. */
static unsigned take_child_offer(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp_span body = isakmp_msg_find(e->in, ISAKMP_PAYLOAD_SA, 0);
    isakmp__means m = means_of(x, e);
    unsigned rc;
    if (body.n > ISAKMP_MAX_SA_BODY)
        return ISAKMP_D_SA_TOO_LONG;
    rc = isakmp__exch_store(e, &e->sai, body);
    if (rc == ISAKMP_OK)
        rc = isakmp__choose_child(&e->u.bundle, e->child->policy, &m, e->sai);
    if (rc == ISAKMP_OK)
        agree(e);
    return rc;
}
ISAKMP__DEFINE_VERB(take_child_offer);

static unsigned put_child_choice(isakmp_ctx *x, isakmp__exch *e)
{
    (void)x;
    isakmp__return_child(&e->w, &e->u.bundle, &e->child->spis);
    return ISAKMP_OK;
}
ISAKMP__DEFINE_PUT_VERB(put_child_choice, ISAKMP_PAYLOAD_SA);

static unsigned take_child_choice(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp__means m = means_of(x, e);
    isakmp_child_policy p = offered(e->child);
    unsigned rc =
        isakmp__confirm_child(&e->u.bundle, &p, &m, isakmp_msg_find(e->in, ISAKMP_PAYLOAD_SA, 0));
    if (rc == ISAKMP_OK)
        agree(e);
    return rc;
}
ISAKMP__DEFINE_VERB(take_child_choice);

/* ---- Perfect forward secrecy ---------------------------------------------------------------- */

static unsigned make_pfs_ke(isakmp_ctx *x, isakmp__exch *e)
{
    if (e->initiator)
        e->group = offered(e->child).pfs_group;
    return e->group ? isakmp__make_ke(x, e) : ISAKMP_OK;
}
ISAKMP__DEFINE_VERB(make_pfs_ke);

static unsigned put_pfs_ke(isakmp_ctx *x, isakmp__exch *e)
{
    (void)x;
    if (e->group)
        isakmp_wr_payload(&e->w, ISAKMP_PAYLOAD_KE, *isakmp__own_ke(e));
    return ISAKMP_OK;
}
ISAKMP__DEFINE_PUT_VERB(put_pfs_ke, ISAKMP_PAYLOAD_KE);

/* A public value is there exactly when a group was agreed on. */
static unsigned take_pfs_ke(isakmp_ctx *x, isakmp__exch *e)
{
    int has_ke = isakmp_msg_find(e->in, ISAKMP_PAYLOAD_KE, 0).p != NULL;
    (void)x;
    if (e->group == 0)
        return has_ke ? ISAKMP_D_PROPOSAL_SYNTAX : ISAKMP_OK;
    return has_ke ? isakmp__take_ke(e) : (unsigned)ISAKMP_D_KE_MISSING;
}
ISAKMP__DEFINE_VERB(take_pfs_ke);

static unsigned derive_pfs_secret(isakmp_ctx *x, isakmp__exch *e)
{
    return e->group ? isakmp__derive_secret(x, e) : ISAKMP_OK;
}
ISAKMP__DEFINE_VERB(derive_pfs_secret);

/* ---- Selectors ------------------------------------------------------------------------------ */

/* What is not said is the address of that end [RFC2409 5.5], or of the client there. */
static isakmp_selector selector_or(const isakmp_ctx *x, const isakmp__exch *e, int ours)
{
    const isakmp_child_policy *p = e->child->policy;
    const isakmp_selector *s = ours ? &p->local : &p->remote;
    isakmp_selector out;
    if (s->family)
        return *s;
    out = isakmp__open_end(x, e->sa, ours, ours ? p->remote.family : p->local.family);
    out.proto = s->proto;
    out.port = s->port;
    return out;
}

static unsigned put_selector(isakmp__exch *e, isakmp_span *body, const isakmp_selector *s)
{
    uint8_t buf[32];
    isakmp_id id;
    size_t start = e->w.len;
    if (isakmp_selector_to_id(&id, buf, s) != ISAKMP_OK)
        return ISAKMP_D_BUG;
    isakmp_wr_id(&e->w, &id);
    if (e->w.fault)
        return ISAKMP_D_TOO_LONG;
    return isakmp__exch_store(e, body, isakmp__span(e->w.base + start + 4, e->w.len - start - 4));
}

/* The initiator proposes, the responder returns what was proposed. */
static unsigned put_ids(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp__child *c = e->child;
    unsigned rc;
    if (e->initiator) {
        if (c->local.family == 0) /* else whoever began it has said */
            c->local = selector_or(x, e, 1);
        if (c->remote.family == 0)
            c->remote = selector_or(x, e, 0);
        if (c->local.family != c->remote.family)
            return ISAKMP_D_SELECTORS;
        rc = put_selector(e, &e->idci, &c->local);
        return rc == ISAKMP_OK ? put_selector(e, &e->idcr, &c->remote) : rc;
    }
    if (e->has_ids) {
        isakmp_wr_payload(&e->w, ISAKMP_PAYLOAD_ID, e->idci);
        isakmp_wr_payload(&e->w, ISAKMP_PAYLOAD_ID, e->idcr);
    }
    return ISAKMP_OK;
}
ISAKMP__DEFINE_PUT_VERB(put_ids, ISAKMP_PAYLOAD_ID);

/* Read IDci and IDcr, or neither. */
static unsigned read_ids(isakmp__exch *e, isakmp_selector *ci, isakmp_selector *cr)
{
    isakmp_span first = isakmp_msg_find(e->in, ISAKMP_PAYLOAD_ID, 0);
    isakmp_span second = isakmp_msg_find(e->in, ISAKMP_PAYLOAD_ID, 1);
    isakmp_id id;
    unsigned rc;
    e->has_ids = first.p != NULL;
    if (!e->has_ids)
        return ISAKMP_OK;
    if (second.p == NULL || isakmp_id_read(&id, first) != ISAKMP_OK ||
        isakmp_selector_from_id(ci, &id) != ISAKMP_OK || isakmp_id_read(&id, second) != ISAKMP_OK ||
        isakmp_selector_from_id(cr, &id) != ISAKMP_OK)
        return ISAKMP_D_ID_FORM;
    rc = isakmp__exch_store(e, &e->idci, first);
    return rc == ISAKMP_OK ? isakmp__exch_store(e, &e->idcr, second) : rc;
}

static void log_selectors(isakmp_ctx *x, const isakmp__exch *e, const isakmp_selector *local,
                          const isakmp_selector *remote)
{
    char l[48], r[48];
    isakmp_selector_text(l, sizeof l, local);
    isakmp_selector_text(r, sizeof r, remote);
    isakmp__log(x, ISAKMP_LOG_INFO, e->sa, "the peer proposes our %s and its %s", l, r);
}

/* The child begins here: from now on the exchange has a policy. */
static unsigned begin_child(isakmp_ctx *x, isakmp__exch *e, const isakmp_child_policy *p,
                            const isakmp_selector *local, const isakmp_selector *remote)
{
    isakmp__child *c;
    char why[112] = "";
    e->named = p;
    if (p == NULL || isakmp_child_policy_check(p, NULL, why, sizeof why) != ISAKMP_OK) {
        isakmp__log(x, ISAKMP_LOG_ERROR, e->sa, "the host's child policy is not valid: %s", why);
        e->named = NULL;
        return ISAKMP_D_HOST;
    }
    if (!isakmp_selector_within(local, &p->local) || !isakmp_selector_within(remote, &p->remote) ||
        local->family != remote->family)
        return ISAKMP_D_SELECTORS;
    if ((p->local.family == 0 && !isakmp__open_end_allows(x, e->sa, 1, local)) ||
        (p->remote.family == 0 && !isakmp__open_end_allows(x, e->sa, 0, remote)))
        return ISAKMP_D_SELECTORS;
    if (p->mode == ISAKMP_MODE_TRANSPORT &&
        !(isakmp__selector_is_host(local) && isakmp__selector_is_host(remote)))
        return ISAKMP_D_SELECTORS;
    c = isakmp__child_take(x, e->sa, p);
    if (c == NULL)
        return ISAKMP_D_POOL;
    c->state = ISAKMP_CHILD_NEGOTIATING;
    c->local = *local;
    c->remote = *remote;
    e->child = c;
    return ISAKMP_OK;
}

static unsigned take_ids(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp_selector local = isakmp__selector_of(&e->sa->path.local);
    isakmp_selector remote = isakmp__selector_of(&e->sa->path.remote);
    const isakmp_child_policy *p = NULL;
    uint32_t before = e->room_n;
    unsigned rc = read_ids(e, &remote, &local);
    int answer;
    if (rc != ISAKMP_OK)
        return rc;
    answer = isakmp__ask_child(x, e, &local, &remote, &p);
    if (answer == ISAKMP_PENDING) {
        e->room_n = before;
        return ISAKMP_PENDING;
    }
    log_selectors(x, e, &local, &remote);
    e->local = local;
    e->remote = remote;
    if (answer != ISAKMP_OK)
        return answer == ISAKMP_NONE ? ISAKMP_D_NO_CHILD_POLICY : ISAKMP_D_HOST;
    return begin_child(x, e, p, &local, &remote);
}
ISAKMP__DEFINE_VERB(take_ids);

/* What was proposed comes back.  But a NAT changes addresses between hosts, and of one that is behind it
 * some, such as strongSwan, name the address that they see; ours stays as we have proposed it. */
static int is_confirmed(const isakmp__exch *e, const isakmp_selector *answer,
                        const isakmp_selector *proposed, uint8_t side)
{
    isakmp_selector a = *answer;
    if (e->child->policy->mode == ISAKMP_MODE_TRANSPORT && e->sa->natt && e->sa->nat & side &&
        a.family == proposed->family && isakmp__selector_is_host(&a)) {
        memcpy(a.lo, proposed->lo, sizeof a.lo);
        memcpy(a.hi, proposed->hi, sizeof a.hi);
    }
    return isakmp__selector_equal(&a, proposed);
}

/* IKEv1 knows no narrowing. */
static unsigned confirm_ids(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp_selector local, remote;
    isakmp_span idci = e->idci, idcr = e->idcr;
    unsigned rc = read_ids(e, &local, &remote);
    (void)x;
    e->idci = idci;
    e->idcr = idcr;
    if (rc != ISAKMP_OK)
        return rc;
    if (e->has_ids) {
        e->local = local;
        e->remote = remote;
    }
    if (!e->has_ids || !is_confirmed(e, &local, &e->child->local, ISAKMP_NAT_LOCAL) ||
        !is_confirmed(e, &remote, &e->child->remote, ISAKMP_NAT_REMOTE))
        return ISAKMP_D_SELECTORS;
    return ISAKMP_OK;
}
ISAKMP__DEFINE_VERB(confirm_ids);

/* ---- Lifetimes [RFC2407 4.6.3.1] ------------------------------------------------------------ */

static unsigned put_lifetime(isakmp_ctx *x, isakmp__exch *e)
{
    const isakmp__child *c = e->child;
    uint8_t attrs[32], spi[4];
    isakmp_writer w;
    isakmp_notify n;
    (void)x;
    if (!e->announce)
        return ISAKMP_OK;
    isakmp_wr_init(&w, attrs, sizeof attrs);
    isakmp_wr_attr(&w, ISAKMP_SA_ATTR_LIFE_TYPE, ISAKMP_LIFE_SECONDS);
    isakmp_wr_attr(&w, ISAKMP_SA_ATTR_LIFE_DURATION, c->life_s);
    if (c->life_kb) {
        isakmp_wr_attr(&w, ISAKMP_SA_ATTR_LIFE_TYPE, ISAKMP_LIFE_KILOBYTES);
        isakmp_wr_attr(&w, ISAKMP_SA_ATTR_LIFE_DURATION, c->life_kb);
    }
    memset(&n, 0, sizeof n);
    n.doi = ISAKMP_DOI_IPSEC;
    n.protocol = c->protect[0].proto;
    n.type = ISAKMP_N_RESPONDER_LIFETIME;
    isakmp__put32(spi, isakmp__spi_of(&c->spis, n.protocol));
    n.spi = isakmp__span(spi, sizeof spi);
    n.data = isakmp__span(attrs, w.len);
    isakmp_wr_notify(&e->w, &n);
    return ISAKMP_OK;
}
ISAKMP__DEFINE_PUT_VERB(put_lifetime, ISAKMP_PAYLOAD_NOTIFY);

static unsigned take_lifetime(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp__child *c = e->child;
    isakmp_notify n;
    isakmp_span body;
    (void)x;
    for (unsigned i = 0; (body = isakmp_msg_find(e->in, ISAKMP_PAYLOAD_NOTIFY, i)).p; i++)
        if (isakmp_notify_read(&n, body) == ISAKMP_OK && n.type == ISAKMP_N_RESPONDER_LIFETIME)
            isakmp__life_shorten(&c->life_s, &c->life_kb, n.data);
    return ISAKMP_OK;
}
ISAKMP__DEFINE_VERB(take_lifetime);

/* ---- Anti-replay [RFC2407 4.6.3.2] ----------------------------------------------------------- */

/* Whoever sends takes for granted that the other side looks at sequence numbers, unless that says that it
 * does not [RFC2406 3.3.3]: so only that is said. */
static unsigned put_replay(isakmp_ctx *x, isakmp__exch *e)
{
    static const uint8_t off[4] = {0};
    const isakmp__child *c = e->child;
    uint8_t spi[4];
    isakmp_notify n;
    (void)x;
    if (!(c->policy->flags & ISAKMP_CF_NO_REPLAY))
        return ISAKMP_OK;
    memset(&n, 0, sizeof n);
    n.doi = ISAKMP_DOI_IPSEC;
    n.protocol = e->initiator ? c->policy->protect[0].proto : c->protect[0].proto;
    n.type = ISAKMP_N_REPLAY_STATUS;
    isakmp__put32(spi, isakmp__spi_of(&c->spis, n.protocol));
    n.spi = isakmp__span(spi, sizeof spi);
    n.data = isakmp__span(off, sizeof off);
    isakmp_wr_notify(&e->w, &n);
    return ISAKMP_OK;
}
ISAKMP__DEFINE_PUT_VERB(put_replay, ISAKMP_PAYLOAD_NOTIFY);

static unsigned take_replay(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp_notify n;
    isakmp_span body;
    (void)x;
    for (unsigned i = 0; (body = isakmp_msg_find(e->in, ISAKMP_PAYLOAD_NOTIFY, i)).p; i++)
        if (isakmp_notify_read(&n, body) == ISAKMP_OK && n.type == ISAKMP_N_REPLAY_STATUS &&
            n.data.n == 4)
            e->child->unchecked = isakmp__get32(n.data.p) == 0;
    return ISAKMP_OK;
}
ISAKMP__DEFINE_VERB(take_replay);

/* ---- Installing ----------------------------------------------------------------------------- */

/* Inbound first: what the peer sends as soon as it has our message must find its SA. */
static unsigned install_in(isakmp_ctx *x, isakmp__exch *e)
{
    return isakmp__child_install(x, e->child, e, 1);
}
ISAKMP__DEFINE_VERB(install_in);

/* What the peer has for a lifetime, if not the same as we: as responder what it has offered, as initiator
 * what it has announced. */
static void tell_life(isakmp_ctx *x, const isakmp__exch *e)
{
    const isakmp__child *c = e->child;
    isakmp__means m = means_of(x, e);
    uint32_t theirs = c->life_s;
    isakmp_transform t;
    isakmp__offer2 o;
    memset(&t, 0, sizeof t);
    if (!e->initiator) {
        t.attrs = e->u.bundle.attrs[0];
        isakmp__offer2_read(&o, c->protect[0].proto, &t);
        theirs = o.life.seconds;
    }
    isakmp__tell_life(x, c->sa, c, theirs,
                      isakmp__life_for(isakmp__child_life(c->policy), &m).seconds);
}

/* If the peer wants to say when it is ready, that is what it waits for: outbound SAs come last.
 * One that gives way at once to another for the same traffic is not sent through, for who sends with the newest SA
 * would; so the host does not hear that it is up, but only when it goes. */
static unsigned finish_child(isakmp_ctx *x, isakmp__exch *e)
{
    unsigned rc = ISAKMP_OK;
    if (isakmp__commit_waits(e))
        return ISAKMP_PENDING;
    isakmp__child_supersede(x, e);
    if (!e->child->replaced)
        rc = isakmp__child_install(x, e->child, e, 0);
    if (rc != ISAKMP_OK)
        return rc;
    isakmp__child_up(x, e->child);
    if (!e->child->replaced)
        tell_life(x, e);
    isakmp__commit_inform(x, e);
    isakmp__tell_twins(x, e);
    isakmp__child_follow(x, e->child);
    return ISAKMP_OK;
}
ISAKMP__DEFINE_VERB(finish_child);

/* ---- Children that were waiting ------------------------------------------------------------- */

static void start_child(isakmp_ctx *x, isakmp__child *c)
{
    isakmp__exch *e =
        isakmp__engine_take(x, c->sa, isakmp__exchange_of(x, ISAKMP_EXCH_QUICK), 1, 0);
    if (e == NULL) {
        isakmp__child_end(x, c, isakmp__reason(ISAKMP_BY_US, ISAKMP_D_POOL, 0, 0));
        return;
    }
    c->state = ISAKMP_CHILD_NEGOTIATING;
    c->initiator = 1;
    e->child = c;
    isakmp__engine_start(x, e);
}

void isakmp__start_children(isakmp_ctx *x, isakmp__sa *sa)
{
    if (isakmp__is_held(x, sa, 1))
        return;
    for (isakmp__child *c = NULL; (c = isakmp__child_after(sa, c)) != NULL;)
        if (c->state == ISAKMP_CHILD_WAITING && !c->ending && sa->state == ISAKMP_SA_UP &&
            !sa->ending)
            start_child(x, c);
}
