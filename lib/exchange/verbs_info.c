/* exchange/verbs_info.c -- Informational exchanges: Notify and Delete [RFC2409 5.7, RFC2408 3.14, 3.15].
 *
 * Only what came protected by HASH is acted upon.  What came in the clear is told to the host and
 * remembered as a hint; it never changes anything. */
#include "crypto/keys.h"
#include "engine.h"
#include "rekey.h"
#include "sa/host.h"

/* ---- Reading -------------------------------------------------------------------------------- */

/* At least one Notify or Delete: a table cannot say that. */
static unsigned take_info(isakmp_ctx *x, isakmp__exch *e)
{
    (void)x;
    if (isakmp_msg_find(e->in, ISAKMP_PAYLOAD_NOTIFY, 0).p == NULL &&
        isakmp_msg_find(e->in, ISAKMP_PAYLOAD_DELETE, 0).p == NULL)
        return ISAKMP_D_PAYLOAD_MISSING;
    return ISAKMP_OK;
}
ISAKMP__DEFINE_VERB(take_info);

static uint32_t spi_of(isakmp_span spi)
{
    return spi.n == 4 ? isakmp__get32(spi.p) : 0;
}

/* The peer's lifetime is shorter: so is ours from now on. */
static void take_shorter_life(isakmp_ctx *x, isakmp__sa *sa, const isakmp_notify *n)
{
    isakmp__child *c = isakmp__child_of_peer(x, sa, n->protocol, spi_of(n->spi));
    uint32_t unused = 0, before;
    if (n->protocol == ISAKMP_PROTO_ISAKMP) {
        if (n->spi.n == 2 * ISAKMP_COOKIE_SIZE && !isakmp__sa_has_cookies(sa, n->spi))
            return;
        before = sa->life_s;
        isakmp__life_shorten(&sa->life_s, &unused, n->data);
        isakmp__sa_set_life(x, sa);
        if (sa->state == ISAKMP_SA_UP)
            isakmp__tell_life(x, sa, NULL, sa->life_s, before);
    } else if (c) {
        before = c->life_s;
        isakmp__life_shorten(&c->life_s, &c->life_kb, n->data);
        isakmp__child_set_life(x, c);
        isakmp__tell_life(x, c->sa, c, c->life_s, before);
    }
}

/* Which exchange an error is about: the Quick Mode with that SPI of ours; without an SPI, the only Quick Mode or
 * Transaction that we have begun, unless it is the SPI that is wrong: then it is one of an IPsec SA. */
static isakmp__exch *refused_exchange(const isakmp__sa *sa, const isakmp_notify *n)
{
    uint32_t spi = spi_of(n->spi);
    isakmp__exch *only = NULL;
    unsigned begun = 0;
    for (isakmp__exch *e = NULL; (e = isakmp__exch_after(sa, e)) != NULL;) {
        if (e->phase == ISAKMP__DONE || (e->child == NULL && e->ext == NULL))
            continue;
        if (spi && e->child && (e->child->spis.esp == spi || e->child->spis.ah == spi))
            return e;
        begun += e->initiator;
        if (e->initiator)
            only = e;
    }
    return begun == 1 && spi == 0 && n->type != ISAKMP_N_INVALID_SPI ? only : NULL;
}

/* Does an error refuse a negotiation?  These tell of something else [RFC2408 3.14.1]. */
static int refuses(uint16_t type)
{
    return type < ISAKMP_N_CONNECTED && type != ISAKMP_N_ADDRESS_NOTIFICATION &&
           type != ISAKMP_N_NOTIFY_SA_LIFETIME;
}

/* A protected error: the peer has refused what we proposed. */
static void take_error(isakmp_ctx *x, isakmp__sa *sa, const isakmp_notify *n)
{
    isakmp__exch *e =
        sa->state == ISAKMP_SA_NEGOTIATING ? isakmp__exch_phase1(sa) : refused_exchange(sa, n);
    if (e)
        isakmp__engine_fail(x, e,
                            isakmp__reason(ISAKMP_BY_PEER, ISAKMP_D_PEER_REFUSED,
                                           (uint8_t)(e->msg > 1 ? e->msg - 1 : 1), n->type));
}

/* Is it known whose message it is?  With pre-shared keys and encrypted nonces from the moment on that
 * there are keys; with signatures anybody who goes as far as that has them.  Until then it can end only the SA that it came
 * under, which is its sender's own.  The gateway of hybrid authentication has signed. */
static int is_proven(const isakmp__sa *sa)
{
    return sa->state == ISAKMP_SA_UP || isakmp__keys_prove(sa->suite->auth) ||
           (sa->state == ISAKMP_SA_XAUTH && isakmp__auth_signs(sa->suite->auth, !sa->initiator));
}

/* Cisco's gateways balance their load: "go to that one" [the data is its IPv4 address].  Told before there is
 * anything up, or later. */
static void take_redirect(isakmp_ctx *x, const isakmp__sa *sa, const isakmp_notify *n)
{
    isakmp_addr gateway;
    if (!sa->initiator || !is_proven(sa) || n->data.n != 4)
        return;
    memset(&gateway, 0, sizeof gateway);
    gateway.family = 4;
    memcpy(gateway.ip, n->data.p, 4);
    isakmp__tell_redirect(x, sa, &gateway);
}

/* Has an extension dealt with it? */
static int is_taken(isakmp_ctx *x, isakmp__sa *sa, const isakmp_notify *n)
{
    for (const isakmp_extension *const *p = x->config.extensions; p && *p; p++)
        if ((*p)->notify && (*p)->notify(x, sa, n))
            return 1;
    return 0;
}

/* Some clients say it as soon as there are keys; but whose other SAs they are is known when the user is. */
static void take_contact(isakmp_ctx *x, isakmp__sa *sa)
{
    if (sa->state == ISAKMP_SA_XAUTH)
        sa->contact = 1;
    if (sa->state != ISAKMP_SA_UP)
        return;
    isakmp__end_siblings(x, sa);
    isakmp__start_children(x, sa);
}

static void act_on_notify(isakmp_ctx *x, const isakmp__exch *e, const isakmp_notify *n)
{
    isakmp__sa *sa = e->sa;
    if (is_taken(x, sa, n))
        return;
    isakmp__tell_notify(x, sa, NULL, &e->path, n, is_proven(sa));
    if (n->type == ISAKMP_N_INVALID_SPI && isakmp__spi_disowned(x, sa, n))
        return;
    if (refuses(n->type))
        take_error(x, sa, n);
    else if (n->type == ISAKMP_N_UNITY_LOAD_BALANCE)
        take_redirect(x, sa, n);
    else if (n->type == ISAKMP_N_RESPONDER_LIFETIME)
        take_shorter_life(x, sa, n);
    else if (n->type == ISAKMP_N_INITIAL_CONTACT)
        take_contact(x, sa);
}

/* SPIs of a message that name nothing: after so many the others are not looked up.  A few octets can announce
 * 65,535 SPIs of no size, and those who share an identity can be many. */
#define MOST_STRANGE 64

static isakmp__sa *named_by(const isakmp_ctx *x, isakmp__sa *sa, isakmp_span cookies)
{
    isakmp__sa *other = NULL;
    if (isakmp__sa_has_cookies(sa, cookies))
        return sa;
    while (sa->state == ISAKMP_SA_UP && (other = isakmp__sa_sibling(x, sa, other)) != NULL)
        if (isakmp__sa_has_cookies(other, cookies))
            return other;
    return NULL;
}

/* These give 1 if something ends by it that was not ending before. */
static unsigned end_sa(isakmp_ctx *x, isakmp__sa *sa, isakmp_span cookies, isakmp_reason why)
{
    isakmp__sa *named = named_by(x, sa, cookies);
    if (named == NULL || named->ending || named->state == ISAKMP_SA_ENDED)
        return 0;
    isakmp__sa_end(x, named, why);
    return 1;
}

static unsigned end_child(isakmp_ctx *x, const isakmp__sa *sa, uint8_t proto, uint32_t spi,
                          isakmp_reason why)
{
    isakmp__child *c = isakmp__child_of_peer(x, sa, proto, spi);
    if (c == NULL || c->ending)
        return 0;
    isakmp__child_end(x, c, why);
    if (c->state == ISAKMP_CHILD_UP)
        isakmp__remind_of(x, c);
    return 1;
}

/* SPIs are the sender's inbound ones: our outbound ones.  An ISAKMP SA is named by its cookies; one
 * peer can delete only its own. */
static unsigned act_on_spi(isakmp_ctx *x, isakmp__sa *sa, uint8_t proto, isakmp_span spi)
{
    isakmp_reason why = isakmp__reason(ISAKMP_BY_PEER, ISAKMP_D_DELETED, 0, 0);
    return proto == ISAKMP_PROTO_ISAKMP ? end_sa(x, sa, spi, why)
                                        : end_child(x, sa, proto, spi_of(spi), why);
}

static void act_on_delete(isakmp_ctx *x, isakmp__sa *sa, const isakmp_delete *d, unsigned *strange)
{
    for (unsigned i = 0; i < d->count && *strange < MOST_STRANGE; i++)
        *strange += !act_on_spi(x, sa, d->protocol, isakmp_delete_spi(d, i));
}

static unsigned act_on_info(isakmp_ctx *x, isakmp__exch *e)
{
    unsigned strange = 0;
    if (e->in == NULL)
        return ISAKMP_OK; /* it was ours */
    for (unsigned i = 0; i < e->in->count; i++) {
        isakmp_span body = isakmp_msg_body(e->in, i);
        isakmp_notify n;
        isakmp_delete d;
        if (e->in->pl[i].type == ISAKMP_PAYLOAD_NOTIFY &&
            isakmp_notify_read(&n, body) == ISAKMP_OK) {
            act_on_notify(x, e, &n);
        } else if (e->in->pl[i].type == ISAKMP_PAYLOAD_DELETE &&
                   isakmp_delete_read(&d, body) == ISAKMP_OK) {
            act_on_delete(x, e->sa, &d, &strange);
        }
    }
    return ISAKMP_OK;
}
ISAKMP__DEFINE_VERB(act_on_info);

/* Of a child that the peer has lost. */
static void end_unknown(isakmp_ctx *x, isakmp__sa *sa, isakmp__child *c, isakmp_reason why)
{
    if (c->ending)
        return;
    isakmp__child_end(x, c, why);
    isakmp__child_ask_again(x, sa, c);
}

/* Behind NATs many have the same address.  Where that is their identity, and the key is everybody's, nothing tells them
 * apart unless there are users: who comes from elsewhere may be somebody else. */
static int may_be_somebody_else(const isakmp_ctx *x, const isakmp__sa *sa, const isakmp__sa *other)
{
    int is_addr =
        sa->peer_id_type == ISAKMP_ID_IPV4_ADDR || sa->peer_id_type == ISAKMP_ID_IPV6_ADDR;
    return is_addr && (sa->nat | other->nat) & ISAKMP_NAT_REMOTE &&
           isakmp__auth_family(sa->suite->auth) == ISAKMP__AUTH_PSK &&
           isakmp__sa_user(x, sa).n == 0 && !isakmp__same_ip(&sa->path.remote, &other->path.remote);
}

void isakmp__end_siblings(isakmp_ctx *x, isakmp__sa *sa)
{
    isakmp_reason why = isakmp__reason(ISAKMP_BY_PEER, ISAKMP_D_INITIAL_CONTACT, 0, 0);
    isakmp__sa *other = NULL;
    for (isakmp__child *c = NULL; (c = isakmp__child_after(sa, c)) != NULL;)
        if (c->state == ISAKMP_CHILD_UP && c->since < sa->since - sa->took_ms) /* adopted */
            end_unknown(x, sa, c, why);
    while ((other = isakmp__sa_sibling(x, sa, other)) != NULL) {
        if (other->since >= sa->since - sa->took_ms || may_be_somebody_else(x, sa, other))
            continue;
        for (isakmp__child *c = NULL; (c = isakmp__child_after(other, c)) != NULL;)
            end_unknown(x, sa, c, why);
        isakmp__sa_end(x, other, why);
    }
}

/* ---- Writing -------------------------------------------------------------------------------- */

/* strongSwan reads nothing that stands behind an error. */
static unsigned put_info(isakmp_ctx *x, isakmp__exch *e)
{
    (void)x;
    if (e->say_delete)
        isakmp_wr_delete(&e->w, e->say_delete);
    if (e->say_notify)
        isakmp_wr_notify(&e->w, e->say_notify);
    return ISAKMP_OK;
}
ISAKMP__DEFINE_PUT_VERB(put_info, ISAKMP_PAYLOAD_NOTIFY, ISAKMP_PAYLOAD_DELETE);

int isakmp__inform(isakmp_ctx *x, isakmp__sa *sa, const isakmp_notify *n, const isakmp_delete *d)
{
    return isakmp__inform_as(x, sa, n, d, 0);
}

int isakmp__inform_as(isakmp_ctx *x, isakmp__sa *sa, const isakmp_notify *n, const isakmp_delete *d,
                      uint32_t msg_id)
{
    isakmp__exch *e = NULL;
    if (sa->keyed)
        e = isakmp__engine_take(x, sa, isakmp__exchange_of(x, ISAKMP_EXCH_INFO), 1, 1);
    if (e == NULL)
        return 0;
    if (msg_id)
        e->msg_id = msg_id;
    e->say_notify = n;
    e->say_delete = d;
    isakmp__engine_start(x, e);
    return 1;
}

/* The first SPI of the peer's SA payload, to say which of its exchanges is meant. */
static isakmp_span peers_spi(const isakmp__exch *e, uint8_t *proto)
{
    isakmp_reader r;
    isakmp_proposal p;
    if (e->in == NULL ||
        isakmp__read_proposals(&r, isakmp_msg_find(e->in, ISAKMP_PAYLOAD_SA, 0)) != ISAKMP_OK ||
        isakmp_proposal_next(&r, &p) != ISAKMP_OK)
        return isakmp__span(NULL, 0);
    *proto = p.protocol;
    return p.spi;
}

/* In the clear: no keys are needed to write it and none to read it, so it proves nothing.  It goes
 * out only as the answer to a message, never with a cookie of ours that was not known before, and
 * not more often than ten times a second for the whole context. */
static void inform_in_clear(isakmp_ctx *x, const isakmp__sa *sa, int first, const isakmp_notify *n)
{
    isakmp__packet *p;
    isakmp_header h;
    isakmp_writer w;
    uint8_t id[4];
    if (x->now < x->notify_at || isakmp__random(&x->crypto, id, sizeof id) != ISAKMP_OK ||
        (p = isakmp__packet_take(x, 1)) == NULL)
        return;
    x->notify_at = x->now + 100;
    memset(&h, 0, sizeof h);
    memcpy(h.cky_i, sa->cky_i, sizeof h.cky_i);
    if (!first)
        memcpy(h.cky_r, sa->cky_r, sizeof h.cky_r);
    h.version = 0x10;
    h.exchange = ISAKMP_EXCH_INFO;
    h.msg_id = isakmp__get32(id) | 1;
    isakmp_wr_init(&w, isakmp__packet_data(p), isakmp__packet_cap(x));
    isakmp_wr_header(&w, &h);
    isakmp_wr_notify(&w, n);
    isakmp_wr_end(&w);
    p->n = (uint32_t)w.len;
    isakmp__send(x, sa, p);
    isakmp__packet_give(x, &p);
}

void isakmp__inform_refused(isakmp_ctx *x, isakmp__sa *sa, const isakmp__exch *e, unsigned detail)
{
    int first = e->msg == 1;
    isakmp_notify n;
    memset(&n, 0, sizeof n);
    n.doi = ISAKMP_DOI_IPSEC;
    n.protocol = ISAKMP_PROTO_ISAKMP;
    n.type = isakmp_detail_notify(detail);
    if (n.type == 0 || detail == ISAKMP_D_NO_POLICY)
        return;
    if (e->msg_id)
        n.spi = peers_spi(e, &n.protocol);
    if (e->authentic || (sa->keyed && !isakmp__is_suspicion(detail)))
        isakmp__inform(x, sa, &n, NULL);
    else if (e->msg_id == 0)
        inform_in_clear(x, sa, first, &n);
}

void isakmp__inform_no_answer(isakmp_ctx *x, const isakmp__exch *e)
{
    isakmp_notify n;
    uint8_t spi[4];
    memset(&n, 0, sizeof n);
    n.doi = ISAKMP_DOI_IPSEC;
    n.protocol = e->child->protect[0].proto;
    n.type = ISAKMP_N_NO_PROPOSAL_CHOSEN;
    isakmp__put32(spi, e->child->spi_out[0]);
    n.spi = isakmp__span(spi, sizeof spi);
    isakmp__inform(x, e->sa, &n, NULL);
}

/* ---- Goodbye -------------------------------------------------------------------------------- */

#define SPIS_AT_ONCE 32

/* The SPIs of one protocol, gathered until there are enough for a Delete payload. */
typedef struct gathered {
    uint8_t proto;
    unsigned n;
    uint8_t spis[4 * SPIS_AT_ONCE];
} gathered;

/* The SA that can speak for a child: its own, or the next one with the same peer. */
static isakmp__sa *speaker(const isakmp_ctx *x, isakmp__sa *sa)
{
    isakmp__sa *other = isakmp__sa_speaker(x, sa);
    return other ? other : sa;
}

static isakmp_delete delete_of(const gathered *g)
{
    isakmp_delete d;
    memset(&d, 0, sizeof d);
    d.doi = ISAKMP_DOI_IPSEC;
    d.protocol = g->proto;
    d.spi_size = 4;
    d.count = (uint16_t)g->n;
    d.spis = isakmp__span(g->spis, 4 * (size_t)g->n);
    return d;
}

static void flush(isakmp_ctx *x, isakmp__sa *sa, gathered *g)
{
    isakmp_delete d = delete_of(g);
    if (g->n)
        isakmp__inform(x, sa, NULL, &d);
    g->n = 0;
}

static void gather(isakmp_ctx *x, gathered *g, const isakmp__child *c)
{
    uint32_t spi;
    for (unsigned i = 0; i < c->n; i++) {
        if (c->protect[i].proto != g->proto)
            continue;
        if (g->n == SPIS_AT_ONCE)
            flush(x, speaker(x, c->sa), g);
        spi = isakmp__spi_of(&c->spis, g->proto);
        isakmp__put32(g->spis + 4 * (size_t)g->n, spi);
        g->n += spi != 0; /* 0: none was asked for yet */
    }
}

static const uint8_t ipsec_protocols[] = {ISAKMP_PROTO_AH, ISAKMP_PROTO_ESP};

void isakmp__inform_child_gone(isakmp_ctx *x, const isakmp__child *c)
{
    for (unsigned i = 0; i < sizeof ipsec_protocols; i++) {
        gathered g = {0};
        g.proto = ipsec_protocols[i];
        gather(x, &g, c);
        flush(x, speaker(x, c->sa), &g);
    }
}

void isakmp__inform_sa_only_gone(isakmp_ctx *x, isakmp__sa *sa)
{
    isakmp_delete d;
    memset(&d, 0, sizeof d);
    d.doi = ISAKMP_DOI_IPSEC;
    d.protocol = ISAKMP_PROTO_ISAKMP;
    d.spis = isakmp__sa_cookies(sa);
    d.spi_size = (uint8_t)d.spis.n;
    d.count = 1;
    isakmp__inform(x, sa, NULL, &d);
}

/* What is being negotiated ends with it; but who has had our answer may use what comes of it already. */
void isakmp__inform_sa_expired(isakmp_ctx *x, isakmp__sa *sa)
{
    for (isakmp__child *c = NULL; (c = isakmp__child_after(sa, c)) != NULL;)
        if (c->state == ISAKMP_CHILD_NEGOTIATING && c->installed)
            isakmp__inform_child_gone(x, c);
    isakmp__inform_sa_only_gone(x, sa);
}

/* The children first.  One Delete payload in each message: strongSwan reads only the first. */
void isakmp__inform_sa_gone(isakmp_ctx *x, isakmp__sa *sa)
{
    isakmp__sa *by = speaker(x, sa);
    for (unsigned i = 0; i < sizeof ipsec_protocols; i++) {
        gathered g = {0};
        g.proto = ipsec_protocols[i];
        for (isakmp__child *c = NULL; (c = isakmp__child_after(sa, c)) != NULL;)
            gather(x, &g, c);
        flush(x, by, &g);
    }
    if (sa->state == ISAKMP_SA_UP || sa->state == ISAKMP_SA_XAUTH)
        isakmp__inform_sa_only_gone(x, sa);
}
