/* fuzz_fragments.c -- fragments of messages, in any order and of any kind, into an engine that has SAs.
 *
 * Two peers are up, or half open, twice; each ISAKMP SA has a message on its way that never arrived whole.
 * The input is a script: an octet of switches, then steps.  A step gives the victim a piece of such a
 * message, or a fragment of octets of its own; lets time pass; delivers an honest datagram; or closes
 * something.  The toy provider's HASH is always the same, so messages put together from pieces of several
 * may even be believed.
 *
 * What must hold, whatever comes: what is kept of fragments is within its bounds, an SA has one set at
 * most, and a set is what its numbers say; what the victim sends fits its fragment size; after everything
 * is closed, and enough time, nothing is left; wiped arenas are zero. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "sa/sa.h"
#include "support/pair.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define SIZE 256

/* Switches.  The lowest three bits: how many datagrams are delivered before the script begins. */
enum {
    HONEST = 7, /* 7: until nothing happens any more, and then a Quick Mode begins */
    TO_RESPONDER = 8,
    AGGRESSIVE = 16,
    SIGNATURES = 32,
    PARK = 64,
    TIGHT = 128 /* as few packets as there can be */
};

/* What a step does: its lowest three bits; those from PIECE on give a piece. */
enum {
    WAIT = 0,
    NEXT_DEADLINE,
    DELIVER,
    CLOSE,
    OWN,
    PIECE
};

/* How a fragment differs from an honest one. */
enum {
    SECOND = 8,    /* of the second SA                              */
    FLAGGED = 16,  /* the header has the flags of the message       */
    TAIL = 32,     /* the last one, whatever its number says        */
    OTHER_ID = 64, /* the id comes from the input                   */
    STRANGER = 128 /* from another address                          */
};

static pair pr;
static peer *victim;
static struct {
    uint8_t data[PAIR_MTU];
    size_t n;
} lost[2];
static unsigned n_lost;

static int watch(pair *p, wire_item *w)
{
    size_t skip = w->path.natt ? 4 : 0;
    (void)p;
    if (w->from == victim->index) {
        assert(w->n <= SIZE || w->data[skip + 16] != ISAKMP_PAYLOAD_FRAGMENT);
        return PAIR_DELIVER;
    }
    lost[n_lost].n = w->n - skip;
    memcpy(lost[n_lost].data, w->data + skip, w->n - skip);
    return PAIR_DELIVER;
}

/* ---- Beginning ------------------------------------------------------------------------------ */

static void set_peer(peer *p, unsigned switches)
{
    isakmp_limits *l = &p->config.limits;
    p->toy.constant_hash = 1;
    p->toy.scramble = 0;
    p->policies[0].group = ISAKMP_GROUP_MODP_768;
    p->child.pfs_group = ISAKMP_GROUP_MODP_768;
    p->peer.fragment_size = SIZE;
    p->peer.flags |= ISAKMP_PF_FRAGMENT | ISAKMP_PF_NO_NATT;
    l->max_dh = 128;
    l->max_datagram = 1024;
    l->sas = 3;
    l->children = 3;
    l->exchanges = 4;
    l->packets = switches & TIGHT ? 1 : 0;
    if (switches & SIGNATURES)
        p->policies[0].auth = ISAKMP_AUTH_RSA_SIG;
}

/* One negotiation, up to where the script begins. */
static void negotiate(unsigned switches)
{
    isakmp_child_id child;
    peer *other = &pr.p[1 - victim->index];
    isakmp_sa_id sa =
        pair_connect(&pr, switches & AGGRESSIVE ? ISAKMP_EXCH_AGGRESSIVE : ISAKMP_EXCH_MAIN, 0);
    if ((switches & HONEST) == HONEST) {
        pair_run(&pr, pr.now + 100);
        sa.v = 0;
        while (isakmp_sa_next(other->x, sa).v)
            sa = isakmp_sa_next(other->x, sa);
        (void)isakmp_child_connect(other->x, pr.now, sa, &other->child, &child);
    } else {
        for (unsigned i = 0; i < (switches & HONEST); i++)
            pair_deliver(&pr);
    }
    pr.n_wire = 0;
}

static void begin(unsigned switches)
{
    pair_init(&pr, 1);
    memset(lost, 0, sizeof lost);
    for (int i = 0; i < 2; i++)
        set_peer(&pr.p[i], switches);
    victim = &pr.p[switches & TO_RESPONDER ? 1 : 0];
    pr.filter = watch;
    pair_start(&pr);
    for (n_lost = 0; n_lost < 2; n_lost++)
        negotiate(switches);
    n_lost = 1;
    victim->park = (switches & PARK) != 0;
}

/* ---- Steps ---------------------------------------------------------------------------------- */

static void give(unsigned how, const isakmp_fragment *f)
{
    static const uint8_t none[ISAKMP_HEADER_SIZE];
    const uint8_t *message = lost[(how & SECOND) != 0].data;
    isakmp_path path = pair_path(&pr, victim->index);
    uint8_t buf[PAIR_MTU];
    isakmp_header h;
    isakmp_writer w;
    if (memcmp(message, none, sizeof none) == 0)
        return;
    (void)isakmp_header_read(&h, (isakmp_span){message, ISAKMP_HEADER_SIZE});
    if (!(how & FLAGGED))
        h.flags = 0;
    if (how & STRANGER)
        path.remote.port++;
    isakmp_wr_init(&w, buf, sizeof buf);
    isakmp_wr_header(&w, &h);
    isakmp_wr_fragment(&w, f);
    assert(isakmp_wr_end(&w) == ISAKMP_OK);
    (void)isakmp_input(victim->x, pr.now, &path, buf, w.len);
}

/* The kth of n pieces of a message, as honest as `how` lets it be. */
static void give_piece(unsigned how, isakmp_reader *r)
{
    unsigned which = (how & SECOND) != 0, n = 1 + isakmp_rd_u8(r) % 16u, k = isakmp_rd_u8(r) % n;
    isakmp_fragment f = {1, 0, 0, {NULL, 0}};
    f.number = (uint8_t)(k + 1);
    f.flags = k + 1 == n || how & TAIL;
    f.data.p = lost[which].data + k * lost[which].n / n;
    f.data.n = (k + 1) * lost[which].n / n - k * lost[which].n / n;
    if (how & OTHER_ID)
        f.id = isakmp_rd_u8(r);
    give(how, &f);
}

static void give_own(unsigned how, isakmp_reader *r)
{
    isakmp_fragment f = {1, 0, 0, {NULL, 0}};
    size_t n;
    f.number = isakmp_rd_u8(r);
    f.flags = (how & TAIL) != 0;
    if (how & OTHER_ID)
        f.id = isakmp_rd_u16(r);
    n = isakmp_rd_u16(r) % 700u;
    f.data = isakmp_rd_bytes(r, n < isakmp_rd_left(r) ? n : isakmp_rd_left(r));
    give(how, &f);
}

static void step(isakmp_reader *r)
{
    unsigned op = isakmp_rd_u8(r), more = op >> 3;
    isakmp_sa_id none = {0};
    isakmp_time next;
    switch (op & 7) {
    case WAIT:
        pr.now += UINT64_C(1) << more % 17;
        (void)isakmp_tick(victim->x, pr.now);
        break;
    case NEXT_DEADLINE:
        next = isakmp_deadline(victim->x);
        pr.now = next != ISAKMP_NEVER && next > pr.now ? next : pr.now;
        (void)isakmp_tick(victim->x, pr.now);
        break;
    case DELIVER:
        pair_deliver(&pr);
        break;
    case CLOSE:
        (void)isakmp_close(victim->x, pr.now, isakmp_sa_next(victim->x, none));
        break;
    case OWN:
        give_own(op, r);
        break;
    default:
        give_piece(op, r);
    }
    if (victim->n_asks > 3)
        pair_answer(&pr, victim);
}

/* ---- What must hold ------------------------------------------------------------------------- */

static void check_set(const isakmp__assembly *a)
{
    unsigned count = 0, most = 0;
    size_t n = 0;
    for (unsigned i = 0; i < ISAKMP_MAX_FRAGMENTS; i++)
        if (a->size[i]) {
            count++;
            most = i + 1;
            n += a->size[i];
        }
    assert(count > 0 && count == a->count && most == a->most && n == a->packet->n);
    assert(n <= isakmp__packet_cap(victim->x));
    assert(a->last == 0 || (a->last >= most && count < a->last));
    assert(a->since + 30000 >= pr.now && isakmp__assembly_of(victim->x, a->sa) == a);
}

static void check(void)
{
    const isakmp_ctx *x = victim->x;
    uint32_t i = 0, n = 0;
    for (const isakmp__assembly *a; (a = isakmp__pool_each(&x->assemblies, &i)) != NULL; n++)
        check_set(a);
    assert(n == x->assemblies.used && n <= x->assemblies.cap && x->whole == NULL);
    assert(n <= x->packets.used && x->packets.cap - x->packets.used >= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    isakmp_reader r = isakmp_rd((isakmp_span){data, n});
    begin(isakmp_rd_u8(&r));
    while (isakmp_rd_left(&r)) {
        step(&r);
        check();
    }
    pair_close(&pr, 0);
    pair_close(&pr, 1);
    pair_run(&pr, pr.now + 1000000000);
    assert(pair_is_empty(&pr) && victim->x->assemblies.used == 0);
    pair_end(&pr);
    return 0;
}
