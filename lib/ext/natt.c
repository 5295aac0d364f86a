/* ext/natt.c -- NAT traversal, RFC 3947 and the drafts before it: detection, floating to port 4500, UDP
 * encapsulation, original addresses, keepalives.
 *
 *     message      Main Mode        Aggressive Mode
 *     1, 2         vendor ID        vendor ID
 *     3, 4         NAT-D, NAT-D                        (2, 3 in Aggressive Mode)
 *     from 5       on port 4500     from 3
 *     Quick Mode   NAT-OA, in transport mode
 *
 * The first NAT-D is the hash of the address that the message is sent to, the others are hashes of
 * addresses that it may come from [RFC3947 3.2].  What does not match has been translated on the way.
 * The initiator floats as soon as it knows; the responder follows the first message that is proven to
 * come from the peer. */
#include "base/secret.h"
#include "crypto/keys.h"
#include "exchange/row.h"
#include "sa/host.h"

/* The ways to do it, the best first: the numbers of the payloads, how ESP is encapsulated, whether both
 * original addresses are told or only the sender's own, and the vendor ID. */
typedef struct way {
    uint8_t natd, natoa, udp, both, vendor_id[16];
} way;

#define AS_RFC ISAKMP_PAYLOAD_NATD, ISAKMP_PAYLOAD_NATOA
#define AS_04  ISAKMP_PAYLOAD_NATD_DRAFT_04, ISAKMP_PAYLOAD_NATOA_DRAFT_04
#define AS_00  ISAKMP_PAYLOAD_NATD_DRAFT_00, ISAKMP_PAYLOAD_NATOA_DRAFT_00

/* clang-format off */
static const way ways[] = {
    {AS_RFC, ISAKMP__UDP_RFC, 1, /* RFC 3947 */
     {0x4a, 0x13, 0x1c, 0x81, 0x07, 0x03, 0x58, 0x45,
      0x5c, 0x57, 0x28, 0xf2, 0x0e, 0x95, 0x45, 0x2f}},
    {AS_00, ISAKMP__UDP_DRAFT, 0, /* draft 03 */
     {0x7d, 0x94, 0x19, 0xa6, 0x53, 0x10, 0xca, 0x6f,
      0x2c, 0x17, 0x9d, 0x92, 0x15, 0x52, 0x9d, 0x56}},
    {AS_00, ISAKMP__UDP_DRAFT, 0, /* draft 02 */
     {0xcd, 0x60, 0x46, 0x43, 0x35, 0xdf, 0x21, 0xf8,
      0x7c, 0xfd, 0xb2, 0xfc, 0x68, 0xb6, 0xa4, 0x48}},
    {AS_00, ISAKMP__UDP_DRAFT, 0, /* draft 02 (newline) */
     {0x90, 0xcb, 0x80, 0x91, 0x3e, 0xbb, 0x69, 0x6e,
      0x08, 0x63, 0x81, 0xb5, 0xec, 0x42, 0x7b, 0x1f}},
    {AS_04, ISAKMP__UDP_RFC, 1, /* draft 08 */
     {0x8f, 0x8d, 0x83, 0x82, 0x6d, 0x24, 0x6b, 0x6f,
      0xc7, 0xa8, 0xa6, 0xa4, 0x28, 0xc1, 0x1d, 0xe8}},
    {AS_04, ISAKMP__UDP_RFC, 1, /* draft 07 */
     {0x43, 0x9b, 0x59, 0xf8, 0xba, 0x67, 0x6c, 0x4c,
      0x77, 0x37, 0xae, 0x22, 0xea, 0xb8, 0xf5, 0x82}},
    {AS_04, ISAKMP__UDP_RFC, 1, /* draft 06 */
     {0x4d, 0x1e, 0x0e, 0x13, 0x6d, 0xea, 0xfa, 0x34,
      0xc4, 0xf3, 0xea, 0x9f, 0x02, 0xec, 0x72, 0x85}},
    {AS_04, ISAKMP__UDP_RFC, 1, /* draft 05 */
     {0x80, 0xd0, 0xbb, 0x3d, 0xef, 0x54, 0x56, 0x5e,
      0xe8, 0x46, 0x45, 0xd4, 0xc8, 0x5c, 0xe3, 0xee}},
    {AS_04, ISAKMP__UDP_RFC, 0, /* draft 04 */
     {0x99, 0x09, 0xb6, 0x4e, 0xed, 0x93, 0x7c, 0x65,
      0x73, 0xde, 0x52, 0xac, 0xe9, 0x52, 0xfa, 0x6b}},
    {AS_00, ISAKMP__UDP_DRAFT_500, 0, /* draft 01 */
     {0x16, 0xf6, 0xca, 0x16, 0xe4, 0xa4, 0x06, 0x6d,
      0x83, 0x82, 0x1a, 0x0f, 0x0a, 0xea, 0xa8, 0x62}},
    {AS_00, ISAKMP__UDP_DRAFT_500, 0, /* draft 00 */
     {0x44, 0x85, 0x15, 0x2d, 0x18, 0xb6, 0xbb, 0xcd,
      0x0b, 0xe8, 0xa8, 0x46, 0x95, 0x79, 0xdd, 0xcc}},
};
/* clang-format on */

#define N_WAYS (sizeof ways / sizeof ways[0])

/* Those that we offer, in this order.  The others are only answered: whoever knows one of them knows one of
 * these, too. */
static const uint8_t offers[] = {0, 1, 3, 2, 10};

/* What the peers have agreed on; NULL: nothing. */
static const way *way_of(const isakmp__sa *sa)
{
    return sa->natt ? &ways[sa->natt - 1] : NULL;
}

/* The message that carries the first NAT-D payloads. */
static uint8_t first_natd(const isakmp__exch *e)
{
    return e->def->type == ISAKMP_EXCH_AGGRESSIVE ? 2 : 3;
}

/* The revised mode of RSA encrypted nonces encrypts everything behind the nonce, and nobody has said how
 * NAT-D would be: it does without. */
static int carries_natd(const isakmp__exch *e)
{
    return e->def->phase == 1 && e->sa->natt &&
           isakmp__auth_family(e->sa->suite->auth) != ISAKMP__AUTH_REV &&
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

/* wrong: not 0 makes it the hash of no address. */
static unsigned put_natd(isakmp_ctx *x, isakmp__exch *e, const isakmp_addr *a, uint8_t wrong)
{
    uint8_t hash[ISAKMP_MAX_HASH];
    unsigned rc = natd(x, e->sa, a, hash);
    hash[0] ^= wrong;
    isakmp_wr_payload(&e->w, way_of(e->sa)->natd,
                      isakmp__span(hash, isakmp_hash_size(isakmp__sa_hash(e->sa))));
    return rc;
}

static void put_vendor_id(isakmp__exch *e, unsigned i)
{
    isakmp_wr_payload(&e->w, ISAKMP_PAYLOAD_VENDOR_ID, isakmp__span(ways[i].vendor_id, 16));
}

/* The responder answers the best one with the same. */
static void put_vendor_ids(isakmp__exch *e)
{
    for (unsigned i = 0; e->msg == 1 && i < sizeof offers; i++)
        put_vendor_id(e, offers[i]);
    if (e->msg == 2 && e->sa->natt)
        put_vendor_id(e, e->sa->natt - 1u);
}

/* Original addresses are told in transport mode only. */
static int carries_natoa(const isakmp__exch *e)
{
    return e->def->type == ISAKMP_EXCH_QUICK && e->msg <= 2 && e->sa->nat && e->child &&
           e->child->policy->mode == ISAKMP_MODE_TRANSPORT;
}

static void put_natoa(isakmp__exch *e, const isakmp_addr *a)
{
    isakmp_natoa oa;
    oa.id_type = a->family == 4 ? ISAKMP_ID_IPV4_ADDR : ISAKMP_ID_IPV6_ADDR;
    oa.addr = isakmp__span(a->ip, a->family == 4 ? 4 : 16);
    isakmp_wr_natoa(&e->w, way_of(e->sa)->natoa, &oa);
}

/* The initiator's address first, as we see it, then the responder's. */
static void put_natoas(isakmp__exch *e)
{
    const isakmp_path *path = &e->sa->path;
    int both = way_of(e->sa)->both;
    if (e->initiator || both)
        put_natoa(e, e->initiator ? &path->local : &path->remote);
    if (!e->initiator || both)
        put_natoa(e, e->initiator ? &path->remote : &path->local);
}

static unsigned put(isakmp_ctx *x, isakmp__exch *e)
{
    unsigned rc = ISAKMP_OK;
    uint8_t wrong = (e->sa->policy->flags & ISAKMP_PF_FORCE_ENCAP) != 0;
    if (e->sa->policy->flags & ISAKMP_PF_NO_NATT)
        return ISAKMP_OK;
    if (e->def->phase == 1)
        put_vendor_ids(e);
    if (carries_natd(e)) {
        rc = put_natd(x, e, &e->sa->path.remote, 0);
        if (rc == ISAKMP_OK)
            rc = put_natd(x, e, &e->sa->path.local, wrong);
    }
    if (carries_natoa(e))
        put_natoas(e);
    return rc;
}

/* ---- Reading -------------------------------------------------------------------------------- */

static int is_offered(unsigned i)
{
    for (unsigned k = 0; k < sizeof offers; k++)
        if (offers[k] == i)
            return 1;
    return 0;
}

static int sent_vendor_id(const isakmp__exch *e, unsigned nth)
{
    isakmp_span body, want = isakmp__span(ways[nth].vendor_id, 16);
    for (unsigned i = 0; (body = isakmp_msg_find(e->in, ISAKMP_PAYLOAD_VENDOR_ID, i)).p; i++)
        if (isakmp__span_equal(body, want))
            return 1;
    return 0;
}

/* The best way of those that the peer knows; as initiator, of those that we have offered. */
static void choose_way(isakmp__exch *e)
{
    for (unsigned i = 0; i < N_WAYS; i++)
        if (sent_vendor_id(e, i) && (!e->initiator || is_offered(i))) {
            e->sa->natt = (uint8_t)(i + 1);
            return;
        }
}

/* In the drafts 04 to 08 payloads have numbers that mean something else elsewhere. */
static int allows(const isakmp__exch *e, uint8_t type)
{
    const way *v = way_of(e->sa);
    if (v == NULL)
        return 0;
    return (type == v->natd && carries_natd(e)) ||
           (type == v->natoa && e->def->type == ISAKMP_EXCH_QUICK && e->msg <= 2);
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
        isakmp_span got = isakmp_msg_find(e->in, way_of(e->sa)->natd, i);
        if (got.p == NULL)
            break;
        found |= got.n == n && isakmp__ct_equal(got.p, want, n);
    }
    return found;
}

static void change_port(isakmp_ctx *x, isakmp__sa *sa)
{
    isakmp_path path = sa->path;
    path.natt = 1;
    path.local.port = x->config.natt_port;
    path.remote.port = x->config.natt_port;
    isakmp__sa_move(x, sa, &path);
}

static void detect(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp__sa *sa = e->sa;
    const way *v = way_of(sa);
    uint8_t nat = sa->policy->flags & ISAKMP_PF_FORCE_ENCAP ? ISAKMP_NAT_LOCAL : 0;
    if (isakmp_msg_find(e->in, v->natd, 1).p == NULL)
        return;
    if (!is_among(x, e, &e->path.local, 0, 1))
        nat |= ISAKMP_NAT_LOCAL;
    if (!is_among(x, e, &e->path.remote, 1, 255))
        nat |= ISAKMP_NAT_REMOTE;
    sa->nat = nat;
    if (nat == 0)
        return;
    sa->udp = v->udp;
    if (e->initiator && !sa->path.natt && v->udp != ISAKMP__UDP_DRAFT_500)
        change_port(x, sa);
    isakmp__log(x, ISAKMP_LOG_INFO, sa, "NAT detected:%s%s",
                nat & ISAKMP_NAT_LOCAL ? " we are behind one" : "",
                nat & ISAKMP_NAT_REMOTE ? " the peer is behind one" : "");
    isakmp__tell(x, ISAKMP_EV_NAT, sa, NULL, NULL);
}

/* A message that is proven to come from the peer says where the peer is.  Behind no NAT only its port changes,
 * once.  From port 4500 there is no way back: what still comes along the old path was sent before. */
static void follow(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp__sa *sa = e->sa;
    int floats = e->path.natt > sa->path.natt;
    if (!e->authentic || !sa->nat)
        return;
    /* With signatures anybody has keys before the end of phase 1. */
    if (e->def->phase == 2 && sa->state != ISAKMP_SA_UP)
        return;
    if (floats &&
        (sa->nat & ISAKMP_NAT_REMOTE || isakmp__same_ip(&sa->path.remote, &e->path.remote)))
        isakmp__sa_move(x, sa, &e->path);
    else
        isakmp__sa_follow(x, sa, &e->path);
}

/* A client of hybrid authentication proves nothing in phase 1, but goes to port 4500 all the same: its HASH has
 * been found whole, and its address is the one that it had. */
static void follow_client(isakmp_ctx *x, isakmp__exch *e)
{
    const uint8_t hybrid = ISAKMP__AUTH_HYI | ISAKMP__AUTH_HYR;
    isakmp__sa *sa = e->sa;
    if (e->def->phase == 1 && e->encrypted && sa->nat && e->path.natt > sa->path.natt &&
        isakmp__auth_family(sa->suite->auth) & hybrid &&
        isakmp__same_ip(&sa->path.remote, &e->path.remote))
        isakmp__sa_move(x, sa, &e->path);
}

/* One original address; left as it is if there is none, or if it is of another family. */
static void read_natoa(const isakmp__exch *e, unsigned i, isakmp_addr *out)
{
    uint8_t family = e->sa->path.remote.family;
    uint8_t type = family == 4 ? ISAKMP_ID_IPV4_ADDR : ISAKMP_ID_IPV6_ADDR;
    size_t n = family == 4 ? 4 : 16;
    isakmp_natoa oa;
    isakmp_span body = isakmp_msg_find(e->in, way_of(e->sa)->natoa, i);
    if (body.p == NULL || isakmp_natoa_read(&oa, body) != ISAKMP_OK || oa.id_type != type ||
        oa.addr.n != n)
        return;
    out->family = family;
    memcpy(out->ip, oa.addr.p, n);
}

/* One alone is the sender's own, whatever the draft. */
static void read_natoas(isakmp__exch *e)
{
    int two = isakmp_msg_find(e->in, way_of(e->sa)->natoa, 1).p != NULL;
    read_natoa(e, two && e->initiator, &e->oa_remote);
    if (two)
        read_natoa(e, !e->initiator, &e->oa_local);
}

static void accepted(isakmp_ctx *x, isakmp__exch *e)
{
    if (e->sa->policy->flags & ISAKMP_PF_NO_NATT)
        return;
    if (e->def->phase == 1 && e->msg <= 2)
        choose_way(e);
    if (carries_natd(e))
        detect(x, e);
    if (carries_natoa(e))
        read_natoas(e);
    follow(x, e);
    follow_client(x, e);
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
    .name = "NAT traversal", .allows = allows, .put = put, .accepted = accepted, .due = due};
