/* exchange/verbs_quick.c -- Quick Mode: proposals, selectors, perfect forward secrecy, and the keys
 * of IPsec SAs [RFC2409 5.5].  The engine has verified HASH before any of these runs. */
#include "crypto/keys.h"
#include "engine.h"
#include "kex.h"
#include "sa/host.h"

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

/* ---- SA payloads ---------------------------------------------------------------------------- */

static unsigned put_child_offer(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp__means m = means_of(x, e);
    isakmp__offer_child(&e->w, e->child->policy, &m, &e->child->spis);
    return ISAKMP_OK;
}
ISAKMP__DEFINE_PUT_VERB(put_child_offer, ISAKMP_PAYLOAD_SA);

/* What both sides keep of an agreement. */
static void agree(isakmp__exch *e)
{
    const isakmp__bundle *b = &e->u.bundle;
    isakmp__child *c = e->child;
    c->n = b->n;
    memcpy(c->protect, b->protect, sizeof c->protect);
    memcpy(c->spi_out, b->spi, sizeof c->spi_out);
    c->life_s = b->life.seconds;
    c->life_kb = b->life.kilobytes;
    c->pfs_group = b->group;
    c->mode = c->policy->mode;
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
    unsigned rc = isakmp__confirm_child(&e->u.bundle, e->child->policy, &m,
                                        isakmp_msg_find(e->in, ISAKMP_PAYLOAD_SA, 0));
    if (rc == ISAKMP_OK)
        agree(e);
    return rc;
}
ISAKMP__DEFINE_VERB(take_child_choice);

/* ---- Perfect forward secrecy ---------------------------------------------------------------- */

static unsigned make_pfs_ke(isakmp_ctx *x, isakmp__exch *e)
{
    if (e->initiator)
        e->group = e->child->policy->pfs_group;
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

/* What is not said is the address of that end [RFC2409 5.5]. */
static isakmp_selector selector_or(const isakmp_selector *s, const isakmp_addr *a)
{
    isakmp_selector out;
    if (s->family)
        return *s;
    out = isakmp__selector_of(a);
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
    (void)x;
    if (e->initiator) {
        if (c->local.family == 0) { /* else whoever began it has said */
            c->local = selector_or(&c->policy->local, &e->sa->path.local);
            c->remote = selector_or(&c->policy->remote, &e->sa->path.remote);
        }
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
    if (p == NULL || isakmp_child_policy_check(p, NULL, why, sizeof why) != ISAKMP_OK) {
        isakmp__log(x, ISAKMP_LOG_ERROR, e->sa, "the host's child policy is not valid: %s", why);
        return ISAKMP_D_HOST;
    }
    if (!isakmp_selector_within(local, &p->local) || !isakmp_selector_within(remote, &p->remote) ||
        local->family != remote->family)
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
    if (answer != ISAKMP_OK)
        return answer == ISAKMP_NONE ? ISAKMP_D_NO_CHILD_POLICY : ISAKMP_D_HOST;
    return begin_child(x, e, p, &local, &remote);
}
ISAKMP__DEFINE_VERB(take_ids);

/* IKEv1 knows no narrowing: what comes back must be what was proposed. */
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
    if (!e->has_ids || !isakmp__selector_equal(&local, &e->child->local) ||
        !isakmp__selector_equal(&remote, &e->child->remote))
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

/* ---- Installing ----------------------------------------------------------------------------- */

/* Inbound first: what the peer sends as soon as it has our message must find its SA. */
static unsigned install_in(isakmp_ctx *x, isakmp__exch *e)
{
    return isakmp__child_install(x, e->child, e, 1);
}
ISAKMP__DEFINE_VERB(install_in);

static unsigned finish_child(isakmp_ctx *x, isakmp__exch *e)
{
    unsigned rc = isakmp__child_install(x, e->child, e, 0);
    if (rc == ISAKMP_OK)
        isakmp__child_up(x, e->child);
    return rc;
}
ISAKMP__DEFINE_VERB(finish_child);

/* ---- Children that were waiting ------------------------------------------------------------- */

void isakmp__start_children(isakmp_ctx *x, isakmp__sa *sa)
{
    for (isakmp__child *c = NULL; (c = isakmp__child_after(sa, c)) != NULL;)
        if (c->state == ISAKMP_CHILD_WAITING && sa->state == ISAKMP_SA_UP && !sa->ending)
            isakmp__start_child(x, c);
}

void isakmp__start_child(isakmp_ctx *x, isakmp__child *c)
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
