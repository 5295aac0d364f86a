/* exchange/verbs_sig.c -- phase 1 with signatures: certificates, requests for them, SIG_I and SIG_R
 * [RFC2409 5.1, RFC4754, RFC4945 3.2, 3.3].
 *
 * What certificates say, and whom to trust, is the host's: here they only travel. */
#include "crypto/keys.h"
#include "auth.h"
#include "engine.h"
#include "sa/host.h"

/* Do we, or does the peer, sign?  In the method in use; before one has been agreed on, in the best one of
 * ours with signatures. */
static const isakmp_policy *suite_with(const isakmp__exch *e, int initiator)
{
    const isakmp_policy *p = e->sa->suite;
    if (p)
        return isakmp__auth_signs(p->auth, initiator) ? p : NULL;
    while ((p = isakmp__policy_next(e->sa->policy, p)) != NULL &&
           !(isakmp__auth_signs(p->auth, initiator) && isakmp__auth_bit(p->auth) & e->methods))
        ;
    return p;
}

static const isakmp_policy *we_sign(const isakmp__exch *e)
{
    return suite_with(e, e->initiator);
}

static const isakmp_policy *peer_signs(const isakmp__exch *e)
{
    return suite_with(e, !e->initiator);
}

/* ---- Certificates and requests for them ------------------------------------------------------ */

/* Could this peer and we use encrypted nonces? */
static int encrypts(const isakmp_ctx *x, const isakmp__exch *e)
{
    return isakmp__can_encrypt(x) &&
           isakmp__wants(e->sa->policy, ISAKMP__AUTH_PKE | ISAKMP__AUTH_REV);
}

static void request(isakmp__exch *e, uint8_t encoding, const isakmp_credentials *c)
{
    isakmp_cert r = {encoding, {NULL, 0}};
    for (size_t i = 0; i < c->n_cas; i++) {
        r.data = c->cas[i];
        isakmp_wr_cert(&e->w, ISAKMP_PAYLOAD_CERT_REQ, &r);
    }
}

/* Of as many kinds of keys as the policies can use: one for encryption is of use next time. */
static unsigned put_cert_req(isakmp_ctx *x, isakmp__exch *e)
{
    const isakmp_policy *p = peer_signs(e);
    isakmp_credentials c;
    int answer;
    if (p == NULL)
        return ISAKMP_OK;
    answer = isakmp__ask_credentials(x, e, isakmp__auth_base(p->auth), &c);
    if (answer == ISAKMP_NONE) /* a client of hybrid authentication need not have any */
        return ISAKMP_OK;
    if (answer != ISAKMP_OK)
        return isakmp__needed(answer);
    request(e, ISAKMP_CERT_X509_SIG, &c);
    if (isakmp__can_learn(x) && encrypts(x, e))
        request(e, ISAKMP_CERT_X509_KE, &c);
    return ISAKMP_OK;
}
ISAKMP__DEFINE_PUT_VERB(put_cert_req, ISAKMP_PAYLOAD_CERT_REQ);

/* What is asked for is kept until our certificate is sent.  What does not fit is passed over: then the
 * peer gets what the host thinks best. */
static unsigned take_cert_req(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp_span body;
    isakmp_cert request;
    size_t kept = 0;
    if (isakmp_msg_find(e->in, ISAKMP_PAYLOAD_CERT_REQ, 0).p)
        e->asked |= ISAKMP__ASKED_ANY;
    if (we_sign(e) == NULL)
        return ISAKMP_OK;
    for (unsigned i = 0; i < e->n_wanted; i++)
        kept += e->wanted[i].n;
    for (unsigned i = 0; (body = isakmp_msg_find(e->in, ISAKMP_PAYLOAD_CERT_REQ, i)).p; i++) {
        if (isakmp_cert_read(&request, body) != ISAKMP_OK)
            continue;
        if (request.encoding == ISAKMP_CERT_X509_KE && encrypts(x, e))
            e->asked |= ISAKMP__ASKED_ENCR;
        if (request.encoding != ISAKMP_CERT_X509_SIG || e->n_wanted == ISAKMP_MAX_CERT_REQS ||
            kept + request.data.n > ISAKMP_MAX_WANTED)
            continue;
        kept += request.data.n;
        if (isakmp__exch_store(e, &e->wanted[e->n_wanted], request.data) == ISAKMP_OK)
            e->n_wanted++;
    }
    return ISAKMP_OK;
}
ISAKMP__DEFINE_VERB(take_cert_req);

static void show(isakmp__exch *e, uint8_t encoding, const isakmp_credentials *c)
{
    isakmp_cert cert = {encoding, {NULL, 0}};
    for (size_t i = 0; i < c->n_certs; i++) {
        cert.data = c->certs[i];
        isakmp_wr_cert(&e->w, ISAKMP_PAYLOAD_CERT, &cert);
    }
}

static unsigned put_cert(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp_credentials c;
    unsigned rc =
        isakmp__needed(isakmp__ask_credentials(x, e, isakmp__auth_base(e->sa->suite->auth), &c));
    if (rc == ISAKMP_OK)
        show(e, ISAKMP_CERT_X509_SIG, &c);
    return rc;
}
ISAKMP__DEFINE_PUT_VERB(put_cert, ISAKMP_PAYLOAD_CERT);

/* For a peer that asks for it: it may use encrypted nonces next time.  There need not be one, and if asking
 * for it fails, this negotiation goes on without. */
static unsigned put_encr_cert(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp_credentials c;
    int answer = ISAKMP_NONE;
    if (e->asked & ISAKMP__ASKED_ENCR)
        answer = isakmp__ask_credentials(x, e, ISAKMP_AUTH_RSA_ENCR, &c);
    if (answer == ISAKMP_OK)
        show(e, ISAKMP_CERT_X509_KE, &c);
    return answer == ISAKMP_PENDING ? (unsigned)ISAKMP_PENDING : (unsigned)ISAKMP_OK;
}
ISAKMP__DEFINE_PUT_VERB(put_encr_cert, ISAKMP_PAYLOAD_CERT);

/* A client of hybrid authentication has none, and says so if it is asked. */
static unsigned put_no_cert(isakmp_ctx *x, isakmp__exch *e)
{
    static const isakmp_cert none = {ISAKMP_CERT_X509_SIG, {NULL, 0}};
    (void)x;
    if (e->asked)
        isakmp_wr_cert(&e->w, ISAKMP_PAYLOAD_CERT, &none);
    return ISAKMP_OK;
}
ISAKMP__DEFINE_PUT_VERB(put_no_cert, ISAKMP_PAYLOAD_CERT);

/* ---- Signatures ----------------------------------------------------------------------------- */

/* ECDSA brings its own hash, which is that of the prf too, whatever hash was negotiated: so do the
 * peers that speak it [RFC4754 4]. */
static uint16_t hash_of(const isakmp__exch *e)
{
    switch (e->sa->suite->auth) {
    case ISAKMP_AUTH_ECDSA_P256_SHA256:
        return ISAKMP_HASH_SHA256;
    case ISAKMP_AUTH_ECDSA_P384_SHA384:
        return ISAKMP_HASH_SHA384;
    case ISAKMP_AUTH_ECDSA_P521_SHA512:
        return ISAKMP_HASH_SHA512;
    default:
        return isakmp__sa_hash(e->sa);
    }
}

/* The signature is made where it goes; if it comes later, the payload is begun again then. */
static unsigned put_sig(isakmp_ctx *x, isakmp__exch *e)
{
    uint8_t hash[ISAKMP_MAX_HASH];
    isakmp_writer before = e->w;
    size_t mark = isakmp_wr_open(&e->w, ISAKMP_PAYLOAD_SIG), n = 0, room;
    unsigned rc = isakmp__phase1_hash(x, e, e->initiator, hash_of(e), hash);
    if (rc != ISAKMP_OK)
        return rc;
    if (e->w.fault)
        return ISAKMP_D_TOO_LONG;
    room = e->w.cap - e->w.len < ISAKMP_MAX_SIGNATURE ? e->w.cap - e->w.len : ISAKMP_MAX_SIGNATURE;
    rc = isakmp__needed(isakmp__ask_sign(x, e, isakmp__span(hash, isakmp_hash_size(hash_of(e))),
                                         e->w.base + e->w.len, room, &n));
    if (rc == ISAKMP_PENDING) {
        e->w = before;
        return rc;
    }
    e->w.len += n;
    isakmp_wr_close(&e->w, mark);
    return rc;
}
ISAKMP__DEFINE_PUT_VERB(put_sig, ISAKMP_PAYLOAD_SIG);

size_t isakmp__certs_of(const isakmp_msg *m, isakmp_cert *out)
{
    isakmp_span body;
    size_t n = 0;
    for (unsigned i = 0; (body = isakmp_msg_find(m, ISAKMP_PAYLOAD_CERT, i)).p; i++)
        if (n < ISAKMP_MAX_CERTS && isakmp_cert_read(&out[n], body) == ISAKMP_OK)
            n++;
    return n;
}

/* With check_hash() the only place where a peer of phase 1 becomes authentic; only ISAKMP_OK says yes. */
static unsigned check_sig(isakmp_ctx *x, isakmp__exch *e)
{
    uint8_t hash[ISAKMP_MAX_HASH];
    isakmp_cert certs[ISAKMP_MAX_CERTS];
    uint16_t why = ISAKMP_D_AUTHENTICATION;
    uint8_t info[ISAKMP__MAX_DIGEST_INFO];
    isakmp_proof p;
    unsigned rc = isakmp__phase1_hash(x, e, !e->initiator, hash_of(e), hash);
    int answer;
    if (rc != ISAKMP_OK)
        return rc;
    p.auth = isakmp__auth_base(e->sa->suite->auth);
    p.hash = isakmp__span(hash, isakmp_hash_size(hash_of(e)));
    p.signature = isakmp_msg_find(e->in, ISAKMP_PAYLOAD_SIG, 0);
    p.certs = certs;
    p.n_certs = isakmp__certs_of(e->in, certs);
    p.digest_info = isakmp__span(info, 0);
    if (p.auth == ISAKMP_AUTH_RSA_SIG && e->sa->policy->flags & ISAKMP_PF_DIGEST_INFO)
        p.digest_info.n = isakmp__digest_info(hash_of(e), p.hash, info);
    answer = isakmp__ask_verify(x, e, &p, &why);
    if (answer == ISAKMP_OK) {
        e->authentic = 1;
        return ISAKMP_OK;
    }
    if (answer == ISAKMP_PENDING)
        return ISAKMP_PENDING;
    e->unbelieved = 1;
    if (answer != ISAKMP_NONE)
        return ISAKMP_D_HOST;
    return why > ISAKMP_D_NONE && why < ISAKMP_D_END ? why : ISAKMP_D_AUTHENTICATION;
}
ISAKMP__DEFINE_VERB(check_sig);

/* Once it is known whose they are. */
static unsigned tell_certs(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp_cert certs[ISAKMP_MAX_CERTS];
    size_t n = isakmp__certs_of(e->in, certs);
    if (n && encrypts(x, e))
        isakmp__tell_learn(x, e, certs, n);
    return ISAKMP_OK;
}
ISAKMP__DEFINE_VERB(tell_certs);
