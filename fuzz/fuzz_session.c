/* fuzz_session.c -- one of two peers goes mad in the middle of a negotiation.
 *
 * Two contexts negotiate over the toy provider, whose HASH is always the same and whose cipher
 * leaves the plaintext as it is, so what the input says is authentic.  The input is a script: four
 * octets of switches, which say how far the negotiation goes before the script takes over, on
 * which side the victim is, and which extensions are in use; then steps.  A step injects a message
 * into the victim (whole payload chains come from the input, the header is made right), delivers an
 * honest datagram, answers a question, lets time pass, opens, closes, rekeys, reports traffic or
 * packets that nobody can read, or makes a callback or the provider fail.
 *
 * What must hold, whatever comes: the assertions in pair.c (nothing is removed that was not
 * installed); wiped arenas are zero; no function that changes something gets in from inside a
 * callback; after everything is closed, and enough time, nothing is left on either side. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "support/pair.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Switches.  The lowest three bits: how many datagrams are delivered before the script begins. */
enum {
    HONEST = 7, /* 7: until nothing happens any more   */
    TO_RESPONDER = 0x8,
    AGGRESSIVE = 0x10,
    CHILD = 0x20,
    PARK = 0x40, /* every question of the victim is answered later  */
    PFS = 0x80,
    OWN_SPIS = 0x100,
    BUNDLE = 0x200,
    TRANSPORT = 0x400,
    CONTACT = 0x800,
    REENTRY = 0x1000,
    SIGNATURES = 0x2000, /* instead of a pre-shared key; and no NAT traversal */
    LATE_DH = 0x4000,
    TWO_SETS = 0x8000
};

/* Switches in the second two octets.  The lowest two bits: what of XAUTH there is. */
enum {
    XAUTH = 3,
    PUSH = 4,
    PULL = 8,
    REKEYING = 0x10,
    RESTART = 0x20,
    DPD = 0x40,
    PERIODIC = 0x80,
    RECOVER = 0x100,
    COMMITTING = 0x200,
    SET_COMMIT = 0x400,
    FRAGMENTS = 0x800,
    ENCAP = 0x1000,
    SHORT = 0x2000, /* lifetimes, also in kilobytes */
    MUTE = 0x4000,  /* nobody says who the user is  */
    DISCOVER = 0x8000
};
enum {
    BY_METHOD = 1,
    BY_FLAGS,
    HYBRID
};

/* What a step does: its lowest four bits; those from INJECT on all inject. */
enum {
    DELIVER = 0,
    LOSE,
    ANSWER,
    NEXT_DEADLINE,
    WAIT,
    CHILD_CONNECT,
    CHILD_CLOSE,
    CLOSE,
    CONNECT,
    FAIL,
    REPORT,
    REKEY,
    STRANGE_SPI,
    INJECT
};

/* How a message is injected; a Transaction if the step has the bit above its lowest four. */
enum {
    EXCHANGE = 3,  /* Quick, Informational, or what the victim's last datagram was (2: clear) */
    ID = 0xc,      /* message ID: a new one, the last new one, the victim's last, zero        */
    HASHED = 0x10, /* with a HASH payload in front                                            */
    CLEAR = 0x20,  /* without the encryption flag                                             */
    SECOND = 0x40, /* to the second SA                                                        */
    COMMIT = 0x80
};

static pair pr;
static peer *victim;
static uint8_t seen[ISAKMP_HEADER_SIZE]; /* the header of the victim's last datagram */
static uint32_t fresh;                   /* the last message ID that we made up */

static int watch(pair *p, wire_item *w)
{
    size_t skip = w->path.natt ? 4 : 0;
    (void)p;
    assert(w->n >= skip + ISAKMP_HEADER_SIZE);
    if (w->from == victim->index)
        memcpy(seen, w->data + skip, sizeof seen);
    return PAIR_DELIVER;
}

/* ---- Beginning ------------------------------------------------------------------------------ */

static void set_protection(peer *p, unsigned switches)
{
    isakmp_protect *t = p->protect;
    unsigned n = 1;
    if (switches & BUNDLE) {
        t[n].proto = ISAKMP_PROTO_AH;
        t[n].transform = ISAKMP_AH_SHA1;
        t[n].integ = ISAKMP_INTEG_HMAC_SHA1;
        n++;
    }
    if (switches & TWO_SETS) {
        t[n] = t[0];
        t[n].set = 2;
        t[n].key_bits = 256;
        n++;
    }
    p->child.n_protect = n;
}

static void set_peer(peer *p, unsigned switches)
{
    p->toy.constant_hash = 1;
    p->toy.scramble = 0;
    p->child.pfs_group = switches & PFS ? ISAKMP_GROUP_MODP_768 : 0;
    p->child.mode = switches & TRANSPORT ? ISAKMP_MODE_TRANSPORT : ISAKMP_MODE_TUNNEL;
    p->own_spis = (switches & OWN_SPIS) != 0;
    p->reentry = (switches & REENTRY) != 0;
    p->config.limits.max_dh = 128;
    p->config.limits.max_datagram = 1024;
    p->config.limits.sas = 3;
    p->config.limits.children = 3;
    p->config.limits.exchanges = 4;
    p->policies[0].group = ISAKMP_GROUP_MODP_768;
    if (switches & CONTACT)
        p->peer.flags |= ISAKMP_PF_INITIAL_CONTACT;
    if (switches & SIGNATURES) {
        p->policies[0].auth = ISAKMP_AUTH_RSA_SIG;
        p->peer.flags |= ISAKMP_PF_NO_NATT;
    }
    if (switches & TRANSPORT) /* between the two themselves */
        p->child.local.family = p->child.remote.family = 0;
    set_protection(p, switches);
}

static void set_flags(peer *p, unsigned more)
{
    static const struct {
        unsigned bit;
        uint32_t flags, child_flags;
    } sets[] = {{REKEYING, ISAKMP_PF_REKEY, ISAKMP_CF_REKEY},
                {RESTART, ISAKMP_PF_RESTART, 0},
                {PERIODIC, ISAKMP_PF_DPD_PERIODIC, 0},
                {RECOVER, ISAKMP_PF_RECOVER, 0},
                {COMMITTING, ISAKMP_PF_COMMIT, 0},
                {SET_COMMIT, ISAKMP_PF_SET_COMMIT, ISAKMP_CF_NO_REPLAY},
                {FRAGMENTS, ISAKMP_PF_FRAGMENT, 0},
                {ENCAP, ISAKMP_PF_FORCE_ENCAP, 0}};
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++)
        if (more & sets[i].bit) {
            p->peer.flags |= sets[i].flags;
            p->child.flags |= sets[i].child_flags;
        }
    p->peer.fragment_size = more & FRAGMENTS ? 256 : 0;
    p->peer.dpd_s = more & DPD ? 10 : 0;
    if (more & SHORT) {
        p->policies[0].life_s = 120;
        p->child.life_s = 60;
        p->child.life_kb = 1000;
    }
    if (more & DISCOVER && p->child.mode == ISAKMP_MODE_TUNNEL) {
        p->child.flags |= ISAKMP_CF_TED;
        p->ted_rc = ISAKMP_OK;
        p->ted.policy = &p->child;
        p->ted.gateway = p->addr;
    }
}

/* The initiator is the client. */
static void set_client(unsigned more)
{
    peer *client = &pr.p[0], *gateway = &pr.p[1];
    client->peer.flags |= more & PUSH ? ISAKMP_PF_CONFIG_ACCEPT : 0;
    gateway->peer.flags |= more & PUSH ? ISAKMP_PF_CONFIG_PUSH : 0;
    client->peer.flags |= more & PULL ? ISAKMP_PF_CONFIG_PULL : 0;
    gateway->peer.flags |= more & PULL ? ISAKMP_PF_CONFIG_ANSWER : 0;
    client->mute_user = (more & MUTE) != 0;
    if ((more & XAUTH) == BY_FLAGS) {
        client->peer.flags |= ISAKMP_PF_XAUTH_ANSWER;
        gateway->peer.flags |= ISAKMP_PF_XAUTH_ASK;
    }
    for (int i = 0; i < 2; i++)
        if ((more & XAUTH) == BY_METHOD)
            pr.p[i].policies[0].auth = ISAKMP_AUTH_XAUTH_INIT_PSK;
        else if ((more & XAUTH) == HYBRID)
            pr.p[i].policies[0].auth = ISAKMP_AUTH_HYBRID_INIT_RSA;
    client->no_private_key = (more & XAUTH) == HYBRID;
}

static void begin(unsigned switches, unsigned more)
{
    pair_init(&pr, 1);
    for (int i = 0; i < 2; i++) {
        set_peer(&pr.p[i], switches);
        set_flags(&pr.p[i], more);
    }
    set_client(more);
    victim = &pr.p[switches & TO_RESPONDER ? 1 : 0];
    victim->park = (switches & PARK) != 0;
    victim->toy.pending_dh = (switches & LATE_DH) != 0;
    pr.filter = watch;
    memset(seen, 0, sizeof seen);
    fresh = 0;
    pair_start(&pr);
    pair_connect(&pr, switches & AGGRESSIVE ? ISAKMP_EXCH_AGGRESSIVE : ISAKMP_EXCH_MAIN,
                 (switches & CHILD) != 0);
    if ((switches & HONEST) == HONEST)
        pair_run(&pr, 100);
    for (unsigned i = 0; (switches & HONEST) != HONEST && i < (switches & HONEST); i++) {
        pair_deliver(&pr);
        pair_answer(&pr, victim);
    }
}

/* ---- Steps ---------------------------------------------------------------------------------- */

/* The first or second SA of the victim. */
static isakmp_sa_id some_sa(int second)
{
    isakmp_sa_id none = {0}, sa = isakmp_sa_next(victim->x, none), other = {0};
    if (second)
        other = isakmp_sa_next(victim->x, sa);
    return other.v ? other : sa;
}

static uint32_t message_id(unsigned how)
{
    switch (how & ID) {
    case 0:
        fresh++;
        return 0x1000 + fresh;
    case 4:
        return 0x1000 + fresh;
    case 8:
        return (uint32_t)seen[20] << 24 | (uint32_t)seen[21] << 16 | (uint32_t)seen[22] << 8 |
               seen[23];
    default:
        return 0;
    }
}

static isakmp_header header_of(const isakmp_sa_info *sa, unsigned how, unsigned transaction)
{
    isakmp_header h;
    memset(&h, 0, sizeof h);
    memcpy(h.cky_i, sa->cky_i, sizeof h.cky_i);
    memcpy(h.cky_r, sa->cky_r, sizeof h.cky_r);
    if (sa->message == 2 && sa->initiator)
        h.cky_r[0] = 1; /* the victim does not know ours yet */
    h.version = 0x10;
    h.exchange = transaction ? ISAKMP_EXCH_TRANSACTION : ISAKMP_EXCH_QUICK;
    if ((how & EXCHANGE) == 1)
        h.exchange = ISAKMP_EXCH_INFO;
    else if (how & EXCHANGE)
        h.exchange = seen[18];
    h.flags = ISAKMP_FLAG_ENCRYPTION;
    if (how & CLEAR || (how & EXCHANGE) == 2)
        h.flags = 0;
    if (how & COMMIT)
        h.flags |= ISAKMP_FLAG_COMMIT;
    h.msg_id = message_id(how);
    return h;
}

/* Write a message; the chain of payloads is raw. */
static size_t write_message(uint8_t *out, size_t cap, const isakmp_header *h, unsigned how,
                            uint8_t first, isakmp_span chain)
{
    uint8_t constant[20];
    isakmp_writer w;
    memset(constant, TOY_CONSTANT, sizeof constant);
    isakmp_wr_init(&w, out, cap);
    isakmp_wr_header(&w, h);
    if (how & HASHED) {
        isakmp_wr_u8(&w, first);
        isakmp_wr_u8(&w, 0);
        isakmp_wr_u16(&w, sizeof constant + 4);
        isakmp_wr_bytes(&w, (isakmp_span){constant, sizeof constant});
    }
    isakmp_wr_bytes(&w, chain);
    while (h->flags & ISAKMP_FLAG_ENCRYPTION && (w.len - ISAKMP_HEADER_SIZE) % 16)
        isakmp_wr_u8(&w, 0);
    assert(isakmp_wr_end(&w) == ISAKMP_OK);
    out[16] = how & HASHED ? ISAKMP_PAYLOAD_HASH : first;
    return w.len;
}

static void inject(isakmp_reader *r, unsigned transaction)
{
    uint8_t buf[4096], how = isakmp_rd_u8(r), first = isakmp_rd_u8(r);
    size_t n = isakmp_rd_u16(r), left = isakmp_rd_left(r), at;
    isakmp_span chain = isakmp_rd_bytes(r, n % 1024 < left ? n % 1024 : left);
    isakmp_sa_info sa;
    isakmp_header h;
    sa.size = sizeof sa;
    if (isakmp_sa_get(victim->x, some_sa(how & SECOND), &sa) != ISAKMP_OK)
        return;
    h = header_of(&sa, how, transaction);
    at = sa.path.natt ? 4 : 0;
    memset(buf, 0, 4);
    n = at + write_message(buf + at, sizeof buf - at, &h, how, first, chain);
    (void)isakmp_input(victim->x, pr.now, &sa.path, buf, n);
}

/* Let the victim alone live until a time. */
static void live(isakmp_time until)
{
    if (until != ISAKMP_NEVER && until > pr.now)
        pr.now = until;
    assert(isakmp_tick(victim->x, pr.now) == ISAKMP_OK);
    assert(isakmp_deadline(victim->x) > pr.now);
}

static void connect_again(unsigned aggressive)
{
    isakmp_path path = {0};
    isakmp_sa_id sa;
    path.local = victim->addr;
    path.remote = pr.p[1 - victim->index].addr;
    (void)isakmp_connect(victim->x, pr.now, &victim->peer, &path,
                         aggressive ? ISAKMP_EXCH_AGGRESSIVE : ISAKMP_EXCH_MAIN, &sa);
}

/* What the host sees of the peer, perhaps at another port of its NAT, and of a child. */
static void report(isakmp_sa_id sa, unsigned more)
{
    isakmp_path path = pair_path(&pr, victim->index);
    isakmp_child_id none = {0}, child = isakmp_child_next(victim->x, sa, none);
    path.natt = 1;
    path.remote.port = 0x4000;
    if (more & 4 && isakmp_child_next(victim->x, sa, child).v)
        child = isakmp_child_next(victim->x, sa, child);
    if (more & 8)
        (void)isakmp_child_traffic(victim->x, pr.now, child, more & 2 ? 1500 : 2000000, 1500);
    else if (more & 2)
        (void)isakmp_sa_heard(victim->x, pr.now, sa, more & 1 ? &path : NULL);
    else
        (void)isakmp_sa_wanted(victim->x, pr.now, sa);
}

static void rekey(isakmp_sa_id sa, unsigned more)
{
    isakmp_child_id none = {0}, child = isakmp_child_next(victim->x, sa, none);
    if (more & 2)
        (void)isakmp_rekey(victim->x, pr.now, sa, NULL);
    else
        (void)isakmp_child_rekey(victim->x, pr.now, child, NULL);
}

static void discover(void)
{
    isakmp_discovery d;
    memset(&d, 0, sizeof d);
    d.size = sizeof d;
    d.child = &victim->child;
    d.peer = &victim->peer;
    d.gateway = victim->addr;
    d.source.family = d.destination.family = 4;
    memcpy(d.source.ip, victim->child.local.lo, 4);
    memcpy(d.destination.ip, victim->child.remote.lo, 4);
    d.source.ip[3] = d.destination.ip[3] = 5;
    (void)isakmp_discover(victim->x, pr.now, &d);
}

static void strange_spi(unsigned more)
{
    isakmp_path path = pair_path(&pr, victim->index);
    (void)isakmp_invalid_spi(victim->x, pr.now, &path,
                             more & 2 ? ISAKMP_PROTO_AH : ISAKMP_PROTO_ESP, 0x1000 + (more >> 2),
                             more & 1 ? &victim->peer : NULL);
}

static void step(isakmp_reader *r)
{
    unsigned op = isakmp_rd_u8(r), more = op >> 4;
    isakmp_sa_id sa = some_sa(more & 1), any = {0};
    isakmp_child_id child = {0};
    switch (op & 15) {
    case DELIVER:
        pair_deliver(&pr);
        break;
    case LOSE:
        pr.n_wire = 0;
        break;
    case ANSWER:
        pair_answer(&pr, victim);
        break;
    case NEXT_DEADLINE:
        live(isakmp_deadline(victim->x));
        break;
    case WAIT:
        live(pr.now + (UINT64_C(1) << more));
        break;
    case CHILD_CONNECT:
        (void)isakmp_child_connect(victim->x, pr.now, sa, &victim->child, &child);
        break;
    case CHILD_CLOSE:
        (void)isakmp_child_close(victim->x, pr.now, isakmp_child_next(victim->x, any, child));
        break;
    case CLOSE:
        (void)isakmp_close(victim->x, pr.now, sa);
        break;
    case CONNECT:
        if (more & 2)
            discover();
        else
            connect_again(more & 1);
        break;
    case FAIL:
        if (more & 8)
            victim->toy.fail_at = victim->toy.all_calls + (more & 7) + 1;
        else
            victim->fail_at = victim->callbacks + more + 1;
        break;
    case REPORT:
        report(sa, more);
        break;
    case REKEY:
        rekey(sa, more);
        break;
    case STRANGE_SPI:
        strange_spi(more);
        break;
    default:
        inject(r, more & 1);
    }
    /* There is room for a few open questions only, and some belong to exchanges that are over. */
    if (victim->n_asks > 3)
        pair_answer(&pr, victim);
}

/* ---- The end -------------------------------------------------------------------------------- */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    isakmp_span all = {data, n};
    isakmp_reader r = isakmp_rd(all);
    unsigned switches = isakmp_rd_u16(&r);
    begin(switches, isakmp_rd_u16(&r));
    while (isakmp_rd_left(&r))
        step(&r);
    for (int i = 0; i < 4; i++) { /* what is still on its way may begin something */
        (void)isakmp_discover_end(pr.p[i % 2].x, pr.now, NULL);
        pair_close(&pr, i % 2);
        if (i % 2)
            pair_run(&pr, pr.now + 100);
    }
    pair_run(&pr, pr.now + 1000000000);
    assert(pair_is_empty(&pr));
    assert(isakmp_deadline(pr.p[0].x) == ISAKMP_NEVER &&
           isakmp_deadline(pr.p[1].x) == ISAKMP_NEVER);
    assert(pr.p[0].reentry_faults + pr.p[1].reentry_faults == 0);
    pair_end(&pr);
    return 0;
}
