/* ext/natt.c -- NAT traversal, RFC 3947: detection, floating to port 4500, UDP encapsulation, keepalives.
 *
 *     message      Main Mode        Aggressive Mode
 *     1, 2         vendor ID        vendor ID
 *     3, 4         NAT-D, NAT-D                        (2, 3 in Aggressive Mode)
 *     from 5       on port 4500     from 3
 *
 * The first NAT-D is the hash of the address that the message is sent to, the others are hashes of
 * addresses that it may come from [RFC3947 3.2].  What does not match has been translated on the way.
 * The initiator floats as soon as it knows; the responder follows the first message that is proven to
 * come from the peer. */
#include "base/secret.h"
#include "crypto/keys.h"
#include "exchange/row.h"
#include "sa/host.h"

/* MD5("RFC 3947") */
static const uint8_t vendor_id[16] = {0x4a, 0x13, 0x1c, 0x81, 0x07, 0x03, 0x58, 0x45,
                                      0x5c, 0x57, 0x28, 0xf2, 0x0e, 0x95, 0x45, 0x2f};

/* The message that carries the first NAT-D payloads. */
static uint8_t first_natd(const isakmp__exch *e)
{
    return e->def->type == ISAKMP_EXCH_AGGRESSIVE ? 2 : 3;
}

/* The revised mode of RSA encrypted nonces encrypts everything behind the nonce, and nobody has said how
 * NAT-D would be: it does without. */
static int carries_natd(const isakmp__exch *e)
{
    return e->sa->natt && isakmp__auth_family(e->sa->suite->auth) != ISAKMP__AUTH_REV &&
           (e->msg == first_natd(e) || e->msg == first_natd(e) + 1);
}

static unsigned natd(isakmp_ctx *x, const isakmp__sa *sa, const isakmp_addr *a, uint8_t *out)
{
    return isakmp__hash_natd(&x->crypto, isakmp__sa_hash(sa), isakmp__sa_cookies(sa), a, out) ==
                   ISAKMP_OK
               ? ISAKMP_OK
               : (unsigned)ISAKMP_D_CRYPTO;
}

/* ---- Writing -------------------------------------------------------------------------------- */

static unsigned put_natd(isakmp_ctx *x, isakmp__exch *e, const isakmp_addr *a)
{
    uint8_t hash[ISAKMP_MAX_HASH];
    unsigned rc = natd(x, e->sa, a, hash);
    isakmp_wr_payload(&e->w, ISAKMP_PAYLOAD_NATD,
                      isakmp__span(hash, isakmp_hash_size(isakmp__sa_hash(e->sa))));
    return rc;
}

/* The responder answers a vendor ID with its own. */
static unsigned put(isakmp_ctx *x, isakmp__exch *e)
{
    unsigned rc = ISAKMP_OK;
    if (e->def->phase != 1 || e->sa->policy->flags & ISAKMP_PF_NO_NATT)
        return ISAKMP_OK;
    if (e->msg == 1 || (e->msg == 2 && e->sa->natt))
        isakmp_wr_payload(&e->w, ISAKMP_PAYLOAD_VENDOR_ID, isakmp__span(vendor_id, 16));
    if (carries_natd(e)) {
        rc = put_natd(x, e, &e->sa->path.remote);
        if (rc == ISAKMP_OK)
            rc = put_natd(x, e, &e->sa->path.local);
    }
    return rc;
}

/* ---- Reading -------------------------------------------------------------------------------- */

static void look_for_vendor(isakmp__exch *e)
{
    isakmp_span body;
    for (unsigned i = 0; (body = isakmp_msg_find(e->in, ISAKMP_PAYLOAD_VENDOR_ID, i)).p; i++)
        if (isakmp__span_equal(body, isakmp__span(vendor_id, 16)))
            e->sa->natt = 1;
}

/* Is one of the NAT-D payloads from the nth to the last the hash of an address?  If that cannot be
 * computed nothing is known to be wrong. */
static int is_among(isakmp_ctx *x, const isakmp__exch *e, const isakmp_addr *a, unsigned from,
                    unsigned to)
{
    uint8_t want[ISAKMP_MAX_HASH];
    size_t n = isakmp_hash_size(isakmp__sa_hash(e->sa));
    int found = 0;
    if (natd(x, e->sa, a, want) != ISAKMP_OK)
        return 1;
    for (unsigned i = from; i < to; i++) {
        isakmp_span got = isakmp_msg_find(e->in, ISAKMP_PAYLOAD_NATD, i);
        if (got.p == NULL)
            break;
        found |= got.n == n && isakmp__ct_equal(got.p, want, n);
    }
    return found;
}

static void detect(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp__sa *sa = e->sa;
    uint8_t nat = 0;
    if (isakmp_msg_find(e->in, ISAKMP_PAYLOAD_NATD, 1).p == NULL)
        return;
    if (!is_among(x, e, &e->path.local, 0, 1))
        nat |= ISAKMP_NAT_LOCAL;
    if (!is_among(x, e, &e->path.remote, 1, 255))
        nat |= ISAKMP_NAT_REMOTE;
    sa->nat = nat;
    if (nat == 0)
        return;
    if (e->initiator && !sa->path.natt) {
        isakmp_path floated = sa->path;
        floated.natt = 1;
        floated.local.port = x->config.natt_port;
        floated.remote.port = x->config.natt_port;
        isakmp__sa_move(x, sa, &floated);
    }
    isakmp__log(x, ISAKMP_LOG_INFO, sa, "NAT detected:%s%s",
                nat & ISAKMP_NAT_LOCAL ? " we are behind one" : "",
                nat & ISAKMP_NAT_REMOTE ? " the peer is behind one" : "");
    isakmp__tell(x, ISAKMP_EV_NAT, sa, NULL, NULL);
}

/* A message that is proven to come from the peer says where the peer is, if the peer is behind a NAT
 * whose mappings may change [RFC3947 4, 7].  Else only its port changes, once: HASH does not cover
 * addresses, and whoever relays a message could draw ours to himself.  From port 4500 there is no way
 * back: what still comes along the old path was sent before. */
static void follow(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp__sa *sa = e->sa;
    int floats = e->path.natt > sa->path.natt;
    int moves =
        !isakmp_addr_equal(&sa->path.remote, &e->path.remote) && e->path.natt == sa->path.natt;
    if (!e->authentic || !sa->nat || !(floats || moves))
        return;
    /* With signatures anybody has keys before the end of phase 1. */
    if (e->def->phase == 2 && sa->state != ISAKMP_SA_UP)
        return;
    if (sa->nat & ISAKMP_NAT_REMOTE ||
        (floats && isakmp__same_ip(&sa->path.remote, &e->path.remote)))
        isakmp__sa_move(x, sa, &e->path);
}

static void accepted(isakmp_ctx *x, isakmp__exch *e)
{
    if (e->sa->policy->flags & ISAKMP_PF_NO_NATT)
        return;
    if (e->def->phase == 1 && e->msg <= 2)
        look_for_vendor(e);
    if (e->def->phase == 1 && carries_natd(e))
        detect(x, e);
    follow(x, e);
}

/* ---- Keepalives [RFC3948 4] ----------------------------------------------------------------- */

/* Is the path of an SA that has ended that of one that is up? */
static int is_kept_open(const isakmp_ctx *x, isakmp__sa *sa)
{
    const isakmp__sa *other = isakmp__sa_speaker(x, sa);
    return other && other != sa && isakmp_addr_equal(&other->path.remote, &sa->path.remote);
}

/* Whoever is behind a NAT keeps its mapping alive, as long as there is an SA or a child. */
static isakmp_time due(isakmp_ctx *x, isakmp__sa *sa)
{
    static const uint8_t keepalive = 0xff;
    uint32_t most = 1000u * x->config.natt_keepalive_s, quiet = (uint32_t)x->now - sa->sent_ms;
    if (most == 0 || !(sa->nat & ISAKMP_NAT_LOCAL))
        return ISAKMP_NEVER;
    if (quiet < most)
        return x->now + (most - quiet);
    if (!is_kept_open(x, sa))
        isakmp__do_send(x, &sa->path, isakmp__span(&keepalive, 1));
    sa->sent_ms = (uint32_t)x->now;
    return x->now + most;
}

const isakmp_extension isakmp_natt = {
    .name = "NAT traversal", .put = put, .accepted = accepted, .due = due};
