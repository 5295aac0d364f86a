/* exchange/verbs_auth.c -- phase 1: identities, HASH_I and HASH_R, and the end of it [RFC2409 5]. */
#include "base/secret.h"
#include "crypto/keys.h"
#include "auth.h"
#include "engine.h"
#include "sa/host.h"

/* ---- Identities ----------------------------------------------------------------------------- */

/* Without an identity of our own it is our address; a client of hybrid authentication has none at all.  Protocol and port are zero, which every peer
 * takes [RFC2407 4.6.2]. */
static isakmp_id own_id(const isakmp__exch *e)
{
    const isakmp__sa *sa = e->sa;
    isakmp_id id = sa->policy->my_id;
    id.proto = 0;
    id.port = 0;
    if (id.type != ISAKMP_ID_NONE || isakmp__auth_family(isakmp__suite_of(e)->auth) &
                                         (e->initiator ? ISAKMP__AUTH_HYI : ISAKMP__AUTH_HYR))
        return id;
    id.type = sa->path.local.family == 6 ? ISAKMP_ID_IPV6_ADDR : ISAKMP_ID_IPV4_ADDR;
    id.data = isakmp__span(sa->path.local.ip, sa->path.local.family == 6 ? 16 : 4);
    return id;
}

unsigned isakmp__make_id(isakmp__exch *e)
{
    isakmp_id id = own_id(e);
    uint8_t *body = isakmp__exch_room(e, 4 + id.data.n);
    if (body == NULL)
        return ISAKMP_D_TOO_LONG;
    memset(body, 0, 4);
    body[0] = id.type;
    if (id.data.n)
        memcpy(body + 4, id.data.p, id.data.n);
    e->id_mine = isakmp__span(body, 4 + id.data.n);
    return ISAKMP_OK;
}

static unsigned put_id(isakmp_ctx *x, isakmp__exch *e)
{
    unsigned rc = isakmp__make_id(e);
    (void)x;
    isakmp_wr_payload(&e->w, ISAKMP_PAYLOAD_ID, e->id_mine);
    return rc;
}
ISAKMP__DEFINE_PUT_VERB(put_id, ISAKMP_PAYLOAD_ID);

/* Zero, or UDP with a port of IKE [RFC2407 4.6.2, RFC3947 4]. */
static int is_phase1_port(const isakmp_id *id)
{
    if (id->proto == 0)
        return id->port == 0;
    return id->proto == 17 && (id->port == 0 || id->port == 500 || id->port == 4500);
}

int isakmp__is_phase1_id(isakmp_span body)
{
    isakmp_id id;
    return isakmp_id_read(&id, body) == ISAKMP_OK && isakmp_id_check(&id) == ISAKMP_OK &&
           id.data.n <= ISAKMP_MAX_ID && is_phase1_port(&id);
}

static unsigned take_id(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp_span body = isakmp_msg_find(e->in, ISAKMP_PAYLOAD_ID, 0);
    (void)x;
    if (!isakmp__is_phase1_id(body))
        return ISAKMP_D_ID_FORM;
    return isakmp__exch_store(e, &e->id_peer, body);
}
ISAKMP__DEFINE_VERB(take_id);

/* A client of hybrid authentication may leave it empty, and nobody has proved it. */
static unsigned take_client_id(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp_span body = isakmp_msg_find(e->in, ISAKMP_PAYLOAD_ID, 0);
    if (body.n == 4 && isakmp__all_zero(body.p, 4))
        return isakmp__exch_store(e, &e->id_peer, body);
    return take_id(x, e);
}
ISAKMP__DEFINE_VERB(take_client_id);

/* Only after the peer has proved who it is.  With encrypted nonces that is whoever has the key that we have
 * encrypted with; if that is somebody's, nobody else. */
static unsigned check_id(isakmp_ctx *x, isakmp__exch *e)
{
    char mine[64], theirs[64];
    isakmp_id id, expected = e->sa->policy->peer_id;
    int good;
    isakmp_id_read(&id, e->id_peer);
    good = isakmp__id_accepted(&expected, &id);
    if (good && e->owner.n) { /* which is no pattern */
        isakmp_id_read(&expected, e->owner);
        good = isakmp_id_equal(&expected, &id);
    }
    if (good) {
        isakmp__sa_set_peer_id(e->sa, &id);
        return ISAKMP_OK;
    }
    isakmp_id_text(mine, sizeof mine, &expected);
    isakmp_id_text(theirs, sizeof theirs, &id);
    isakmp__log(x, ISAKMP_LOG_INFO, e->sa, "the peer is %s, but %s was expected", theirs, mine);
    return ISAKMP_D_ID_REFUSED;
}
ISAKMP__DEFINE_VERB(check_id);

/* ---- HASH_I and HASH_R ---------------------------------------------------------------------- */

unsigned isakmp__phase1_hash(isakmp_ctx *x, const isakmp__exch *e, int initiator, uint16_t hash,
                             uint8_t *out)
{
    const isakmp__sa *sa = e->sa;
    isakmp_span cky_i = isakmp__span(sa->cky_i, sizeof sa->cky_i);
    isakmp_span cky_r = isakmp__span(sa->cky_r, sizeof sa->cky_r);
    isakmp__hash_input in;
    in.g_mine = initiator ? e->g_xi : e->g_xr;
    in.g_other = initiator ? e->g_xr : e->g_xi;
    in.cky_mine = initiator ? cky_i : cky_r;
    in.cky_other = initiator ? cky_r : cky_i;
    in.sai = e->sai;
    in.id = initiator == e->initiator ? e->id_mine : e->id_peer;
    return isakmp__hash_phase1(&x->crypto, hash,
                               isakmp__span(e->skeyid, isakmp_hash_size(isakmp__sa_hash(sa))), &in,
                               out) == ISAKMP_OK
               ? ISAKMP_OK
               : (unsigned)ISAKMP_D_CRYPTO;
}

static unsigned put_hash(isakmp_ctx *x, isakmp__exch *e)
{
    uint8_t hash[ISAKMP_MAX_HASH];
    unsigned rc = isakmp__phase1_hash(x, e, e->initiator, isakmp__sa_hash(e->sa), hash);
    isakmp_wr_payload(&e->w, ISAKMP_PAYLOAD_HASH,
                      isakmp__span(hash, isakmp_hash_size(isakmp__sa_hash(e->sa))));
    return rc;
}
ISAKMP__DEFINE_PUT_VERB(put_hash, ISAKMP_PAYLOAD_HASH);

/* Does HASH fit? */
static unsigned look_at_hash(isakmp_ctx *x, isakmp__exch *e)
{
    uint8_t want[ISAKMP_MAX_HASH];
    isakmp_span got = isakmp_msg_find(e->in, ISAKMP_PAYLOAD_HASH, 0);
    unsigned rc = isakmp__phase1_hash(x, e, !e->initiator, isakmp__sa_hash(e->sa), want);
    if (rc != ISAKMP_OK)
        return rc;
    if (got.n != isakmp_hash_size(isakmp__sa_hash(e->sa)) || !isakmp__ct_equal(got.p, want, got.n))
        return isakmp__suspicion(e->sa);
    return ISAKMP_OK;
}

/* With check_sig() the only place where a peer of phase 1 becomes authentic. */
static unsigned check_hash(isakmp_ctx *x, isakmp__exch *e)
{
    unsigned rc = look_at_hash(x, e);
    e->authentic = rc == ISAKMP_OK;
    return rc;
}
ISAKMP__DEFINE_VERB(check_hash);

/* Of a client of hybrid authentication, which anybody can be: it proves only that the message is whole. */
static unsigned check_client_hash(isakmp_ctx *x, isakmp__exch *e)
{
    unsigned rc = look_at_hash(x, e);
    return rc == ISAKMP_OK ? rc : (unsigned)ISAKMP_D_AUTHENTICATION;
}
ISAKMP__DEFINE_VERB(check_client_hash);

/* ---- What else the last messages say -------------------------------------------------------- */

/* Children from before: this SA takes the place of another one, or begins again in its own. */
static int has_children_up(const isakmp__sa *sa)
{
    for (const isakmp__child *c = NULL; (c = isakmp__child_after(sa, c)) != NULL;)
        if (c->state == ISAKMP_CHILD_UP)
            return 1;
    return 0;
}

/* Is another SA with this peer up, under whatever identity of ours, or are children left of one?  Rather
 * yes too often than too seldom: what INITIAL-CONTACT ends at the peer, we would go on using.  All SAs are looked at: it is
 * asked once in a phase 1 that we begin, and only if the policy wants the announcement. */
static int knows_peer(const isakmp_ctx *x, const isakmp__sa *sa)
{
    const isakmp__sa *other;
    if (has_children_up(sa))
        return 1;
    for (uint32_t i = 0; (other = (const isakmp__sa *)isakmp__pool_each(&x->sas, &i)) != NULL;) {
        isakmp_id id = isakmp__sa_peer_id(other);
        if ((other->state == ISAKMP_SA_UP || other->state == ISAKMP_SA_ENDED ||
             has_children_up(other)) &&
            (other->policy == sa->policy ||
             (sa->policy->peer_id.type && isakmp__id_accepted(&sa->policy->peer_id, &id)) ||
             isakmp__same_ip(&other->path.remote, &sa->path.remote)))
            return 1;
    }
    return 0;
}

/* INITIAL-CONTACT: no other SA of ours is with this peer, so whatever it has left of us is from
 * before a restart [RFC2407 4.6.3.3]. */
static unsigned put_contact(isakmp_ctx *x, isakmp__exch *e)
{
    const isakmp__sa *sa = e->sa;
    isakmp_notify n;
    if (!(sa->policy->flags & ISAKMP_PF_INITIAL_CONTACT || e->unknown_spi) || knows_peer(x, sa))
        return ISAKMP_OK;
    memset(&n, 0, sizeof n);
    n.doi = ISAKMP_DOI_IPSEC;
    n.protocol = ISAKMP_PROTO_ISAKMP;
    n.type = ISAKMP_N_INITIAL_CONTACT;
    n.spi = isakmp__sa_cookies(sa);
    isakmp_wr_notify(&e->w, &n);
    return ISAKMP_OK;
}
ISAKMP__DEFINE_PUT_VERB(put_contact, ISAKMP_PAYLOAD_NOTIFY);

/* RESPONDER-LIFETIME: ours is shorter than the one that was offered [RFC2407 4.6.3.1]. */
static void life_notify(isakmp_notify *n, uint8_t attrs[16], const isakmp__sa *sa)
{
    isakmp_writer w;
    isakmp_wr_init(&w, attrs, 16);
    isakmp_wr_attr(&w, ISAKMP_ATTR_LIFE_TYPE, ISAKMP_LIFE_SECONDS);
    isakmp_wr_attr(&w, ISAKMP_ATTR_LIFE_DURATION, sa->life_s);
    memset(n, 0, sizeof *n);
    n->doi = ISAKMP_DOI_IPSEC;
    n->protocol = ISAKMP_PROTO_ISAKMP;
    n->type = ISAKMP_N_RESPONDER_LIFETIME;
    n->spi = isakmp__sa_cookies(sa);
    n->data = isakmp__span(attrs, w.len);
}

/* In a message that is repeated if it is lost, as the RFC wants it [RFC2407 4.6.3]. */
static unsigned put_life(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp_notify n;
    uint8_t attrs[16];
    (void)x;
    if (!e->announce)
        return ISAKMP_OK;
    life_notify(&n, attrs, e->sa);
    isakmp_wr_notify(&e->w, &n);
    e->announce = 0;
    return ISAKMP_OK;
}
ISAKMP__DEFINE_PUT_VERB(put_life, ISAKMP_PAYLOAD_NOTIFY);

/* Notifies that ride in an encrypted message of phase 1 are not covered by HASH.  One that names
 * both cookies was made by somebody who can encrypt with our key; others are only told to the host. */
static unsigned take_status(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp_notify n;
    isakmp_span body;
    uint32_t no_kilobytes = 0;
    (void)x;
    for (unsigned i = 0; (body = isakmp_msg_find(e->in, ISAKMP_PAYLOAD_NOTIFY, i)).p; i++) {
        if (!e->encrypted || isakmp_notify_read(&n, body) != ISAKMP_OK ||
            !isakmp__sa_has_cookies(e->sa, n.spi))
            continue;
        if (n.type == ISAKMP_N_INITIAL_CONTACT)
            e->sa->contact = 1;
        else if (n.type == ISAKMP_N_RESPONDER_LIFETIME && e->initiator)
            isakmp__life_shorten(&e->sa->life_s, &no_kilobytes, n.data);
    }
    return ISAKMP_OK;
}
ISAKMP__DEFINE_VERB(take_status);

/* What the peer has for a lifetime, if not the same as we: as responder what it has offered (nothing is no
 * end), as initiator what it has announced. */
static void tell_life(isakmp_ctx *x, const isakmp__exch *e)
{
    const isakmp__sa *sa = e->sa;
    isakmp__means m = isakmp__sa_means(x, sa);
    uint32_t theirs = sa->life_s;
    isakmp_transform t;
    isakmp__offer1 o;
    memset(&t, 0, sizeof t);
    if (!e->initiator) {
        t.attrs = e->u.choice.attrs;
        isakmp__offer1_read(&o, &t);
        theirs = o.life.seconds;
    }
    isakmp__tell_life(x, sa, NULL, theirs,
                      isakmp__life_for(isakmp__policy_life(sa->suite), &m).seconds);
}

void isakmp__come_up(isakmp_ctx *x, isakmp__sa *sa)
{
    isakmp__sa_establish(x, sa);
    if (sa->contact)
        isakmp__end_siblings(x, sa);
}

static void come_up(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp__come_up(x, e->sa);
    tell_life(x, e);
    if (e->unknown_spi)
        isakmp__inform_unknown_spi(x, e->sa, e->unknown_proto, e->unknown_spi);
}

/* Aggressive Mode has no encrypted message of the responder's: there the lifetime is announced by an
 * Informational. */
static unsigned establish(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp__sa *sa = e->sa;
    isakmp_notify n;
    uint8_t attrs[16];
    if (isakmp__sa_xauth_role(sa) == ISAKMP__XAUTH_NONE) {
        come_up(x, e);
    } else if (isakmp__auth_user(sa->suite->auth) || isakmp__can_extend(x, e)) {
        isakmp__sa_await_user(x, sa);
    } else { /* it did not say so, and whose user it is nobody would ask */
        isakmp__inform_sa_only_gone(x, sa);
        return ISAKMP_D_NO_XAUTH;
    }
    if (e->announce) {
        life_notify(&n, attrs, sa);
        isakmp__inform(x, sa, &n, NULL);
    }
    return ISAKMP_OK;
}
ISAKMP__DEFINE_VERB(establish);
