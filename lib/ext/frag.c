/* ext/frag.c -- IKE fragmentation: a message in several datagrams, as Cisco and Microsoft have it [MS-IKEE
 * 2.2.3.1, 3.3].
 *
 *     header of the message, but next payload 132 and no flags
 *     0 | 0 | length(2) | message's id(2) | number(1) from 1 | flags(1), 1: the last | octets of the message
 *
 * The octets of all fragments, in the order of their numbers, are the message with its header.  Fragments are
 * never encrypted, and prove nothing; what they make up goes the way of every message that comes whole.
 *
 * Only for an SA that there is are fragments kept.  The first message of a negotiation must come whole, and
 * goes out whole: it could be kept for anybody only, and whoever sends it cannot know yet that we understand
 * fragments.  An SA has one set open at a time; whatever does not go with it begins a new one, and the old
 * one is dropped: peers that number all their messages 1 go on to the next one in this way, and who makes
 * up a fragment costs the peer one repetition.  How many sets there may be is the matter of sa/assembly.c. */
#include "base/fingerprint.h"
#include "base/secret.h"
#include "exchange/engine.h"
#include "sa/host.h"

#define LAST 1

/* MD5("FRAGMENTATION"), and what it is understood in: Main Mode and Aggressive Mode. */
#define VENDOR_ID_SIZE 16
static const uint8_t vendor_id[20] = {0x40, 0x48, 0xb7, 0xd5, 0x6e, 0xbc, 0xe8, 0x85, 0x25, 0xe7,
                                      0xde, 0x7f, 0x00, 0xd6, 0xc2, 0xd3, 0x80, 0x00, 0x00, 0x00};

/* ---- Who understands them ------------------------------------------------------------------- */

/* The responder answers a vendor ID with its own. */
static unsigned put(isakmp_ctx *x, isakmp__exch *e)
{
    (void)x;
    if (e->def->phase == 1 && (e->msg == 1 || (e->msg == 2 && e->sa->fragments)))
        isakmp_wr_payload(&e->w, ISAKMP_PAYLOAD_VENDOR_ID,
                          isakmp__span(vendor_id, sizeof vendor_id));
    return ISAKMP_OK;
}

/* Windows has no word behind it; where there is one its first bit stands for both modes. */
static int is_vendor_id(isakmp_span body)
{
    if (body.n != VENDOR_ID_SIZE && (body.n != sizeof vendor_id || !(body.p[16] & 0x80)))
        return 0;
    body.n = VENDOR_ID_SIZE;
    return isakmp__span_equal(body, isakmp__span(vendor_id, VENDOR_ID_SIZE));
}

static void accepted(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp_span body;
    (void)x;
    if (e->def->phase != 1 || e->msg > 2)
        return;
    for (unsigned i = 0; (body = isakmp_msg_find(e->in, ISAKMP_PAYLOAD_VENDOR_ID, i)).p; i++)
        if (is_vendor_id(body))
            e->sa->fragments = 1;
}

/* ---- Receiving ------------------------------------------------------------------------------ */

/* A fragment is the only payload of its datagram.  Some leave the flags of the message in its header: then
 * there is no index yet. */
static unsigned read_fragment(isakmp_fragment *f, isakmp_msg *m)
{
    if (m->count == 0 && (isakmp_msg_index(m) != ISAKMP_OK || m->end != m->raw.n))
        return ISAKMP_D_FRAGMENT;
    if (m->count != 1 || isakmp_fragment_read(f, isakmp_msg_body(m, 0)) != ISAKMP_OK)
        return ISAKMP_D_FRAGMENT;
    if (f->number == 0 || f->number > ISAKMP_MAX_FRAGMENTS || f->data.n == 0)
        return ISAKMP_D_FRAGMENT;
    return ISAKMP_OK;
}

/* Whose fragment is it?  Who has only listened to our cookies must not take an SA's place from somewhere
 * else; but a NAT may show its peer at more than one address. */
static unsigned find_sa(const isakmp_ctx *x, const isakmp_msg *m, const isakmp_path *path,
                        const isakmp__sa **out)
{
    const isakmp__sa *sa = isakmp__sa_find(x, &m->h);
    if (isakmp__exchange_of(x, m->h.exchange) == NULL)
        return ISAKMP_D_EXCHANGE_TYPE;
    if (sa == NULL || sa->ending)
        return ISAKMP_D_COOKIE;
    if (!(sa->nat & ISAKMP_NAT_REMOTE) && !isakmp__same_ip(&sa->path.remote, &path->remote))
        return ISAKMP_D_FRAGMENT;
    *out = sa;
    return ISAKMP_OK;
}

static int has_header(const isakmp__assembly *a, const isakmp_header *h)
{
    return isakmp__ct_equal(a->cky_i, h->cky_i, ISAKMP_COOKIE_SIZE) &&
           isakmp__ct_equal(a->cky_r, h->cky_r, ISAKMP_COOKIE_SIZE) && a->exchange == h->exchange;
}

/* Where the octets of a number stand, or belong. */
static uint8_t *place_of(const isakmp__assembly *a, unsigned number)
{
    size_t at = 0;
    for (unsigned i = 1; i < number; i++)
        at += a->size[i - 1];
    return isakmp__packet_data(a->packet) + at;
}

/* Does a fragment go with those that are there? */
static int fits(const isakmp__assembly *a, const isakmp_header *h, const isakmp_fragment *f,
                const isakmp_path *path)
{
    size_t n = a->size[f->number - 1];
    int last = f->flags & LAST;
    if (f->id != a->id || !has_header(a, h) || !isakmp_addr_equal(&a->from, &path->remote))
        return 0;
    if (n && !isakmp__span_equal(f->data, isakmp__span(place_of(a, f->number), n)))
        return 0;
    if (a->last)
        return last ? f->number == a->last : f->number < a->last;
    return !last || (f->number >= a->most && n == 0);
}

static isakmp__assembly *begin(isakmp_ctx *x, const isakmp__sa *sa, const isakmp_header *h,
                               const isakmp_fragment *f, const isakmp_path *path)
{
    isakmp__assembly *a = isakmp__assembly_take(x, sa);
    if (a == NULL)
        return NULL;
    memcpy(a->cky_i, h->cky_i, sizeof a->cky_i);
    memcpy(a->cky_r, h->cky_r, sizeof a->cky_r);
    a->exchange = h->exchange;
    a->from = path->remote;
    a->id = f->id;
    return a;
}

/* The set that a fragment goes with: the one that is open, or a new one. */
static isakmp__assembly *set_for(isakmp_ctx *x, const isakmp__sa *sa, const isakmp_header *h,
                                 const isakmp_fragment *f, const isakmp_path *path)
{
    isakmp__assembly *a = isakmp__assembly_of(x, sa);
    if (a && fits(a, h, f, path))
        return a;
    if (a) {
        isakmp__count(x, ISAKMP_D_FRAGMENT);
        isakmp__log(x, ISAKMP_LOG_INFO, sa, "%u fragments are dropped for one of another message",
                    a->count);
        isakmp__assembly_give(x, a);
    }
    return begin(x, sa, h, f, path);
}

/* Put a fragment among those that are there. */
static unsigned insert(isakmp_ctx *x, isakmp__assembly *a, const isakmp_fragment *f)
{
    isakmp__packet *p = a->packet;
    uint8_t *at = place_of(a, f->number), *end = isakmp__packet_data(p) + p->n;
    if (f->data.n > isakmp__packet_cap(x) - p->n)
        return ISAKMP_D_TOO_LONG;
    memmove(at + f->data.n, at, (size_t)(end - at));
    memcpy(at, f->data.p, f->data.n);
    p->n += (uint32_t)f->data.n;
    a->size[f->number - 1] = (uint16_t)f->data.n;
    a->count++;
    if (f->number > a->most)
        a->most = f->number;
    if (f->flags & LAST)
        a->last = f->number;
    return ISAKMP_OK;
}

/* All are there: the message takes the place of its last fragment.  It must be what its fragments said that
 * it would be, and no fragment itself. */
static unsigned deliver(isakmp_ctx *x, isakmp__assembly *a, isakmp_msg *m)
{
    isakmp__packet *p = a->packet;
    unsigned rc = ISAKMP_OK;
    if (isakmp_msg_parse(m, isakmp__span(isakmp__packet_data(p), p->n)) != ISAKMP_OK)
        rc = m->detail;
    else if (!has_header(a, &m->h) || m->h.next == ISAKMP_PAYLOAD_FRAGMENT)
        rc = ISAKMP_D_FRAGMENT;
    isakmp__log(x, ISAKMP_LOG_DEBUG, a->sa, "a message of %u octets has come in %u fragments",
                (unsigned)p->n, a->count);
    if (rc == ISAKMP_OK) {
        x->whole = p;
        a->packet = NULL;
    }
    isakmp__assembly_give(x, a);
    return rc;
}

static unsigned datagram(isakmp_ctx *x, isakmp_msg *m, const isakmp_path *path)
{
    const isakmp__sa *sa = NULL;
    isakmp__assembly *a;
    isakmp_fragment f;
    unsigned rc;
    if (m->h.next != ISAKMP_PAYLOAD_FRAGMENT)
        return ISAKMP_OK;
    rc = read_fragment(&f, m);
    if (rc == ISAKMP_OK)
        rc = find_sa(x, m, path, &sa);
    if (rc != ISAKMP_OK)
        return rc;
    a = set_for(x, sa, &m->h, &f, path);
    if (a == NULL)
        return ISAKMP_D_POOL;
    if (a->size[f.number - 1]) {
        x->stats.duplicates++;
        return ISAKMP_D_NONE;
    }
    rc = insert(x, a, &f);
    if (rc != ISAKMP_OK) {
        isakmp__assembly_give(x, a);
        return rc;
    }
    return a->last && a->count == a->last ? deliver(x, a, m) : (unsigned)ISAKMP_PENDING;
}

/* ---- Sending -------------------------------------------------------------------------------- */

/* What stands before the octets of a fragment.  The marker counts also where there is none, so that a
 * message falls into the same fragments before and after its SA has moved to port 4500. */
#define OVERHEAD (ISAKMP__MARKER + ISAKMP__FRONT)

/* How many fragments does a message go in?  0: it goes whole. */
static size_t fragments_of(const isakmp__sa *sa, const isakmp__packet *p)
{
    const isakmp__exch *e = isakmp__exch_phase1(sa);
    size_t size = sa->policy ? sa->policy->fragment_size : 0, n;
    if (size == 0 || p->n + ISAKMP__MARKER <= size ||
        isakmp__all_zero(sa->cky_r, sizeof sa->cky_r) ||
        !(sa->fragments || sa->policy->flags & ISAKMP_PF_FRAGMENT))
        return 0;
    n = (p->n - 1) / (size - OVERHEAD) + 1;
    if (n > UINT8_MAX || (e && isakmp__amplifies(e, p->n + n * OVERHEAD)))
        return 0;
    return n;
}

/* Send one fragment.  Its headers are written before its octets, over what stands there; that is put back
 * when it has gone. */
static void send_fragment(isakmp_ctx *x, const isakmp_path *path, uint8_t *octets, size_t n,
                          isakmp_fragment *f, const uint8_t *header)
{
    uint8_t saved[OVERHEAD], *front = octets - OVERHEAD, *at = front + ISAKMP__MARKER;
    size_t skip = path->natt ? 0 : ISAKMP__MARKER;
    memcpy(saved, front, sizeof saved);
    memset(front, 0, sizeof saved);
    memcpy(at, header, ISAKMP_HEADER_SIZE);
    at[16] = ISAKMP_PAYLOAD_FRAGMENT;
    at[19] = 0;
    isakmp__put32(at + 24, (uint32_t)(ISAKMP__FRONT + n));
    at += ISAKMP_HEADER_SIZE;
    isakmp__put16(at + 2, (uint32_t)(8 + n));
    isakmp__put16(at + 4, f->id);
    at[6] = f->number;
    at[7] = f->flags;
    isakmp__do_send(x, path, isakmp__span(front + skip, OVERHEAD - skip + n));
    memcpy(front, saved, sizeof saved);
}

/* A message keeps its id when it is repeated: it follows from its octets. */
static int send(isakmp_ctx *x, const isakmp__sa *sa, isakmp__packet *p)
{
    size_t left = p->n, count = fragments_of(sa, p), piece;
    uint8_t header[ISAKMP_HEADER_SIZE], *octets = isakmp__packet_data(p);
    isakmp_fragment f;
    if (count == 0)
        return 0;
    memset(&f, 0, sizeof f);
    memcpy(header, octets, sizeof header);
    f.id = (uint16_t)isakmp__fingerprint(x->secret, isakmp__span(octets, p->n));
    while (left) {
        piece = sa->policy->fragment_size - (size_t)OVERHEAD;
        if (piece > left)
            piece = left;
        f.number++;
        f.flags = f.number == count ? LAST : 0;
        send_fragment(x, &sa->path, octets, piece, &f, header);
        octets += piece;
        left -= piece;
    }
    return 1;
}

const isakmp_extension isakmp_frag = {.name = "IKE fragmentation",
                                      .put = put,
                                      .accepted = accepted,
                                      .datagram = datagram,
                                      .send = send};
