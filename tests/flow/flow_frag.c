/* flow/flow_frag.c -- IKE fragmentation: long messages in several datagrams, both ways; and whatever can come
 * instead of the fragments that a peer has sent. */
#include "flow/forge.h"

#define SIZE 512 /* the longest datagram, where fragments are sent */

/* ---- The stage ------------------------------------------------------------------------------ */

/* What was seen on the wire. */
static struct {
    unsigned fragments[2], longest[2], whole[2];
    unsigned marked; /* fragments behind the non-ESP marker */
} seen;

static int is_fragment(const wire_item *w)
{
    return header_of(w).next == ISAKMP_PAYLOAD_FRAGMENT;
}

static isakmp_fragment fragment_of(const wire_item *w)
{
    isakmp_msg m;
    isakmp_fragment f;
    isakmp_span s = {w->data + marker_of(w), w->n - marker_of(w)};
    assert_int_equal(isakmp_msg_parse(&m, s), ISAKMP_OK);
    assert_int_equal(m.count, 1);
    assert_int_equal(isakmp_fragment_read(&f, isakmp_msg_body(&m, 0)), ISAKMP_OK);
    return f;
}

static int watch(pair *p, wire_item *w)
{
    (void)p;
    if (is_fragment(w))
        seen.fragments[w->from]++;
    else
        seen.whole[w->from]++;
    if (w->n > seen.longest[w->from])
        seen.longest[w->from] = (unsigned)w->n;
    return PAIR_DELIVER;
}

/* Signatures, with certificates of `more` times 1,700 octets. */
static void prepare(uint64_t seed, unsigned more)
{
    pair_init(&pr, seed);
    memset(&seen, 0, sizeof seen);
    for (int i = 0; i < 2; i++) {
        pr.p[i].policies[0].auth = ISAKMP_AUTH_RSA_SIG;
        pr.p[i].more_certs = more;
        pr.p[i].cert_n = 1700;
        pr.p[i].peer.fragment_size = SIZE;
        pr.p[i].config.limits.max_datagram = 8192;
    }
    pr.filter = watch;
}

static const uint8_t modes[] = {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_AGGRESSIVE};

/* ---- Both ways ------------------------------------------------------------------------------ */

/* Certificates of 5 KB from both sides, by either of them, with and without a NAT's port. */
static void test_certificates_both_ways(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++)
        for (int from = 0; from < 2; from++) {
            prepare(400, 3);
            pair_start(&pr);
            pair_connect_from(&pr, from, modes[k], 1);
            run_for(100);
            assert_true(both_up(1));
            for (int i = 0; i < 2; i++) {
                assert_true(seen.fragments[i] >= 5100 / SIZE);
                assert_true(seen.longest[i] <= SIZE);
                assert_int_equal(stats_of(&pr.p[i]).send_failures, 0);
                assert_int_equal(stats_of(&pr.p[i]).retransmissions, 0);
                assert_int_equal(stats_of(&pr.p[i]).ignored, 0);
                assert_int_equal(pr.p[i].x->assemblies.used, 0);
            }
            finish();
        }
}

/* Any size, also one that the message fills without a rest: as many octets on the wire as there must be. */
static void test_sizes(void **state)
{
    (void)state;
    for (unsigned size = 256; size < 1500; size += 37) {
        prepare(401, 1);
        A->peer.fragment_size = B->peer.fragment_size = (uint16_t)size;
        come_up(ISAKMP_EXCH_MAIN, 1);
        assert_true(seen.longest[0] <= size && seen.longest[1] <= size);
        assert_true(seen.longest[0] > size - 8 && seen.longest[1] > size - 8);
        finish();
    }
}

/* Long public values in the clear, and keys that both know. */
static void test_without_certificates(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        prepare(402, 0);
        for (int i = 0; i < 2; i++) {
            pr.p[i].policies[0].auth = ISAKMP_AUTH_PSK;
            pr.p[i].policies[0].group = ISAKMP_GROUP_MODP_8192;
            pr.p[i].child.pfs_group = ISAKMP_GROUP_MODP_8192;
        }
        come_up(modes[k], 1);
        assert_true(seen.fragments[0] >= 3 && seen.fragments[1] >= 6);
        /* What begins a negotiation goes whole. */
        assert_true(k == 0 ? seen.longest[0] <= SIZE : seen.longest[0] > 1024);
        finish();
    }
}

/* Who does not name the extension neither gets fragments nor understands them. */
static void test_one_side_without(void **state)
{
    static const isakmp_extension *const none[] = {&isakmp_natt, NULL};
    (void)state;
    for (int who = 0; who < 2; who++)
        for (unsigned forced = 0; forced < 2; forced++) {
            prepare(403, 1);
            pr.p[who].config.extensions = none;
            pr.p[1 - who].peer.flags |= forced ? ISAKMP_PF_FRAGMENT : 0;
            pair_start(&pr);
            pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
            run_for(LONG_MS);
            assert_int_equal(both_up(1), !forced);
            assert_int_equal(seen.fragments[1 - who] > 0, forced);
            assert_int_equal(seen.fragments[who], 0);
            finish();
        }
}

/* A size of 0 is never, whatever the peer understands: it may still send fragments to us. */
static void test_one_way_only(void **state)
{
    (void)state;
    for (int who = 0; who < 2; who++) {
        prepare(404, 1);
        pr.p[who].peer.fragment_size = 0;
        pr.p[who].peer.flags |= ISAKMP_PF_FRAGMENT;
        come_up(ISAKMP_EXCH_MAIN, 1);
        assert_int_equal(seen.fragments[who], 0);
        assert_true(seen.longest[who] > 1700);
        assert_true(seen.fragments[1 - who] > 3);
        finish();
    }
}

/* ---- Vendor IDs ----------------------------------------------------------------------------- */

static const uint8_t vendor_id[24] = {0x40, 0x48, 0xb7, 0xd5, 0x6e, 0xbc, 0xe8, 0x85,
                                      0x25, 0xe7, 0xde, 0x7f, 0x00, 0xd6, 0xc2, 0xd3};

/* What stands in the vendor ID of peer 0, instead of what it has written; n 0: none. */
static struct {
    size_t n;
    uint8_t word;
} say;

static unsigned answered; /* vendor IDs of peer 1 */

static int change_vendor_id(pair *p, wire_item *w)
{
    static opened o;
    if (header_of(w).next == ISAKMP_PAYLOAD_SA && open_item(&o, w) && o.msg <= 2)
        for (unsigned i = 0; i < o.n; i++) {
            part *v = &o.parts[i];
            if (v->type != ISAKMP_PAYLOAD_VENDOR_ID || memcmp(v->body, vendor_id, 16) != 0)
                continue;
            assert_int_equal(v->n, 20);
            assert_int_equal(isakmp__get32(v->body + 16), 0x80000000u);
            answered += w->from == 1;
            if (w->from == 1)
                continue;
            v->n = say.n;
            memcpy(v->body, vendor_id, sizeof vendor_id);
            v->body[16] = say.word;
            if (say.n == 0)
                drop_part(&o, i--);
            close_item(&o, w);
        }
    return watch(p, w);
}

static void test_vendor_ids(void **state)
{
    static const struct {
        size_t n;
        uint8_t word, known;
    } ids[] = {{16, 0, 1},    {20, 0x80, 1}, {20, 0xc0, 1}, {20, 0x40, 0}, {20, 0, 0},
               {15, 0x80, 0}, {17, 0x80, 0}, {19, 0x80, 0}, {24, 0x80, 0}, {0, 0, 0}};
    (void)state;
    for (unsigned i = 0; i < COUNT(ids); i++) {
        prepare(405, 1);
        pr.filter = change_vendor_id;
        say.n = ids[i].n;
        say.word = ids[i].word;
        answered = 0;
        pair_start(&pr);
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
        run_for(100);
        assert_true(both_up(1));
        if (answered != ids[i].known || (seen.fragments[1] > 0) != ids[i].known)
            fail_msg("vendor ID %u of %u octets", i, (unsigned)ids[i].n);
        finish();
    }
}

/* Telephones send fragments to everybody; they are read without any vendor ID. */
static void test_forced(void **state)
{
    (void)state;
    prepare(406, 1);
    pr.filter = change_vendor_id;
    say.n = 0;
    A->peer.flags |= ISAKMP_PF_FRAGMENT;
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
    run_for(100);
    assert_true(both_up(1));
    assert_true(seen.fragments[0] > 3);
    assert_int_equal(seen.fragments[1], 0);
    finish();
}

/* ---- A network that is no help -------------------------------------------------------------- */

static unsigned lose; /* which datagram, from 1 */

static int lose_one(pair *p, wire_item *w)
{
    return w->serial == lose ? PAIR_DROP : watch(p, w);
}

static void test_each_datagram_lost(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        unsigned total = 1;
        for (lose = 0; lose <= total; lose++) {
            prepare(407, 1);
            pr.filter = lose_one;
            pair_start(&pr);
            pair_connect(&pr, modes[k], 1);
            run_for(20000);
            if (!both_up(1))
                fail_msg("mode %u, datagram %u lost: not up", modes[k], lose);
            if (lose == 0)
                total = pr.serial;
            finish();
        }
    }
}

/* Every other datagram is lost, for a while. */
static int lose_half(pair *p, wire_item *w)
{
    return p->now < 6000 && w->serial % 2 ? PAIR_DROP : watch(p, w);
}

static int last_comes_first(pair *p, wire_item *w)
{
    if (is_fragment(w))
        w->at = p->now + 50 - fragment_of(w).number;
    return watch(p, w);
}

static int shuffle(pair *p, wire_item *w)
{
    w->at = p->now + w->serial * 2654435761u % 31;
    return watch(p, w);
}

static int twice(pair *p, wire_item *w)
{
    watch(p, w);
    return PAIR_TWICE;
}

static int shuffled_and_twice(pair *p, wire_item *w)
{
    shuffle(p, w);
    return PAIR_TWICE;
}

static void test_a_bad_network(void **state)
{
    static int (*const networks[])(pair *, wire_item *) = {lose_half, last_comes_first, shuffle,
                                                           twice, shuffled_and_twice};
    (void)state;
    for (unsigned k = 0; k < 2; k++)
        for (unsigned i = 0; i < COUNT(networks); i++) {
            prepare(408, 1);
            pr.filter = networks[i];
            pair_start(&pr);
            pair_connect(&pr, modes[k], 1);
            run_for(90000);
            if (!both_up(1))
                fail_msg("mode %u, network %u: not up", modes[k], i);
            finish();
        }
}

/* A message that is repeated goes in the same fragments, octet for octet: by the timer, and when asked. */
static struct {
    unsigned n;
    wire_item items[2][16];
    unsigned count[2];
} sets;

static int note_sets(pair *p, wire_item *w)
{
    if (w->from == 0 && is_fragment(w)) {
        unsigned round = p->now >= 1000;
        assert_true(sets.count[round] < 16);
        sets.items[round][sets.count[round]++] = *w;
        return round ? PAIR_DELIVER : PAIR_DROP;
    }
    return PAIR_DELIVER;
}

static void test_repetition_by_the_timer(void **state)
{
    (void)state;
    prepare(409, 1);
    pr.filter = note_sets;
    memset(&sets, 0, sizeof sets);
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
    run_for(1900);
    assert_true(both_up(0));
    assert_true(sets.count[0] > 3);
    assert_int_equal(sets.count[0], sets.count[1]);
    for (unsigned i = 0; i < sets.count[0]; i++) {
        assert_int_equal(sets.items[0][i].n, sets.items[1][i].n);
        assert_memory_equal(sets.items[0][i].data, sets.items[1][i].data, sets.items[0][i].n);
    }
    assert_int_equal(stats_of(A).retransmissions, 1);
    finish();
}

/* The second set of a message that has been read asks for the stored answer: once, and not once for each
 * fragment. */
static void test_repetition_when_asked(void **state)
{
    unsigned before;
    (void)state;
    prepare(410, 1);
    pr.filter = note_sets;
    memset(&sets, 0, sizeof sets);
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
    run_for(1900);
    assert_true(both_up(0));
    pr.filter = watch;
    memset(&seen, 0, sizeof seen);
    before = sets.count[1];
    for (unsigned i = 0; i < before; i++)
        pair_input(&pr, 1, sets.items[1][i].data, sets.items[1][i].n);
    assert_int_equal(stats_of(B).retransmissions, 1);
    assert_true(seen.fragments[1] > 3 && seen.fragments[1] < 8);
    /* A part of it again asks for nothing, and is forgotten after a time. */
    for (unsigned i = 1; i < before; i++)
        pair_input(&pr, 1, sets.items[1][i].data, sets.items[1][i].n);
    assert_int_equal(stats_of(B).retransmissions, 1);
    assert_int_equal(B->x->assemblies.used, 1);
    run_for(31000);
    assert_int_equal(B->x->assemblies.used, 0);
    finish();
}

/* ---- NAT traversal -------------------------------------------------------------------------- */

/* A NAT before peer 0: its port 500 is another one outside, and so is 4500. */
static int translate(pair *p, wire_item *w)
{
    if (w->from == 0) {
        w->path.local.ip[3] = 99;
        w->path.local.port = (uint16_t)(w->path.local.port + 20000);
    } else {
        assert_int_equal(w->path.remote.ip[3], 99);
        w->path.remote = p->p[0].addr;
        w->path.remote.port = w->path.natt ? 4500 : 500;
    }
    if (w->path.natt) {
        assert_true(isakmp__all_zero(w->data, 4));
        seen.marked += is_fragment(w) != 0;
    }
    return watch(p, w);
}

static void test_behind_a_nat(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        prepare(411, 3);
        pr.natted = 1;
        pr.filter = translate;
        come_up(modes[k], 1);
        assert_int_equal(sa_info(B, first_sa(B)).nat, ISAKMP_NAT_REMOTE);
        assert_true(seen.marked > 10);
        assert_true(seen.longest[0] <= SIZE && seen.longest[1] <= SIZE);
        finish();
    }
}

/* ---- Octets that we cut ourselves ----------------------------------------------------------- */

/* A message of peer 0 that never arrived, and its fragments. */
static struct {
    uint8_t whole[PAIR_MTU];
    size_t whole_n;
    isakmp_header h;
    unsigned n;
    isakmp_fragment f[64];
} cut;

static int keep_back(pair *p, wire_item *w)
{
    (void)p;
    if (w->from == 1)
        return PAIR_DELIVER;
    if (cut.whole_n == 0) {
        memcpy(cut.whole, w->data, w->n);
        cut.whole_n = w->n;
    }
    return PAIR_DROP;
}

static void cut_up(unsigned n, uint16_t id)
{
    isakmp_span s = {cut.whole, cut.whole_n};
    assert_int_equal(isakmp_header_read(&cut.h, s), ISAKMP_OK);
    cut.h.next = ISAKMP_PAYLOAD_FRAGMENT;
    cut.h.flags = 0;
    cut.n = n;
    for (unsigned i = 0; i < n; i++) {
        cut.f[i].id = id;
        cut.f[i].number = (uint8_t)(i + 1);
        cut.f[i].flags = i + 1 == n;
        cut.f[i].data.p = cut.whole + i * cut.whole_n / n;
        cut.f[i].data.n = (i + 1) * cut.whole_n / n - i * cut.whole_n / n;
    }
}

/* Up without a child, and the Quick Mode that would make one, in n pieces. */
static void scene(unsigned n)
{
    pair_init(&pr, 412);
    come_up(ISAKMP_EXCH_MAIN, 0);
    run_for(31000); /* nothing is kept any more */
    memset(&cut, 0, sizeof cut);
    pr.filter = keep_back;
    add_child(A, first_sa(A), &A->child);
    assert_true(cut.whole_n > 100);
    cut_up(n, 7);
}

static int give(const isakmp_header *h, const isakmp_fragment *f)
{
    uint8_t data[PAIR_MTU];
    isakmp_writer w;
    isakmp_wr_init(&w, data, sizeof data);
    isakmp_wr_header(&w, h);
    isakmp_wr_fragment(&w, f);
    assert_int_equal(isakmp_wr_end(&w), ISAKMP_OK);
    return pair_input(&pr, 1, data, w.len);
}

static int give_nth(unsigned i)
{
    return give(&cut.h, &cut.f[i]);
}

/* Has the message arrived?  Nothing is repeated in so short a time. */
static int arrived(void)
{
    pr.filter = NULL;
    run_for(100);
    return both_up(1);
}

static int open_sets(void)
{
    return (int)B->x->assemblies.used;
}

static void test_T73_every_order(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 24; k++) {
        unsigned order[4] = {0, 1, 2, 3}, rest = k;
        scene(4);
        for (unsigned i = 0; i < 4; i++) {
            unsigned j = i + rest % (4 - i), t = order[i];
            rest /= 4 - i;
            order[i] = order[j];
            order[j] = t;
        }
        for (unsigned i = 0; i < 4; i++) {
            assert_int_equal(open_sets(), i > 0);
            assert_int_equal(give_nth(order[i]), ISAKMP_OK);
        }
        assert_int_equal(open_sets(), 0);
        assert_true(arrived());
        finish();
    }
}

/* Any number of pieces, from one on; in order and in reverse. */
static void test_T73_any_number(void **state)
{
    (void)state;
    for (unsigned n = 1; n <= 60; n += n < 8 ? 1 : 13)
        for (unsigned reverse = 0; reverse < 2; reverse++) {
            scene(n);
            for (unsigned i = 0; i < n; i++)
                assert_int_equal(give_nth(reverse ? n - 1 - i : i), ISAKMP_OK);
            assert_true(arrived());
            finish();
        }
}

/* The same again counts as nothing, the last one too; after delivery it is the beginning of a repetition. */
static void test_T73_duplicates(void **state)
{
    (void)state;
    scene(3);
    for (unsigned i = 3; i-- > 0;) {
        assert_int_equal(give_nth(i), ISAKMP_OK);
        if (i)
            for (unsigned j = 2; j >= i; j--)
                assert_int_equal(give_nth(j), ISAKMP_IGNORED);
    }
    assert_int_equal(stats_of(B).duplicates, 3);
    assert_int_equal(isakmp_count(B->x, ISAKMP_D_FRAGMENT), 0);
    assert_int_equal(give_nth(2), ISAKMP_OK);
    assert_int_equal(open_sets(), 1);
    assert_true(arrived());
    run_for(30000);
    assert_int_equal(open_sets(), 0);
    assert_int_equal(isakmp_count(B->x, ISAKMP_D_FRAGMENT_LOST), 1);
    finish();
}

/* What contradicts a set drops it, and begins a new one; the peer's repetition makes all well. */
static void contradict(isakmp_fragment odd)
{
    scene(4);
    assert_int_equal(give_nth(0), ISAKMP_OK);
    assert_int_equal(give_nth(1), ISAKMP_OK);
    assert_int_equal(give_nth(3), ISAKMP_OK);
    assert_int_equal(give(&cut.h, &odd), ISAKMP_OK);
    assert_int_equal(isakmp_count(B->x, ISAKMP_D_FRAGMENT), 1);
    assert_int_equal(open_sets(), 1);
    assert_int_equal(give_nth(2), ISAKMP_OK);
    assert_int_equal(stats_of(B).exchanges, 0);
    for (unsigned round = 0; round < 2; round++)
        for (unsigned i = 0; i < 4; i++)
            (void)give_nth(i);
    assert_true(arrived());
    finish();
}

static void test_T73_contradictions(void **state)
{
    static uint8_t other[600];
    isakmp_fragment odd;
    (void)state;
    scene(4); /* for the pieces */
    finish();
    memset(other, 0x55, sizeof other);
    odd = cut.f[0]; /* a changed duplicate, of the same length */
    odd.data.p = other;
    contradict(odd);
    odd = cut.f[1]; /* longer, and shorter */
    odd.data.p = other;
    odd.data.n++;
    contradict(odd);
    odd = cut.f[1];
    odd.data.n--;
    contradict(odd);
    odd = cut.f[1]; /* a second tail, on what is no tail */
    odd.flags = 1;
    contradict(odd);
    odd = cut.f[2]; /* a second tail, before the first one */
    odd.flags = 1;
    contradict(odd);
    odd = cut.f[3]; /* behind the tail */
    odd.number = 5;
    contradict(odd);
    odd.flags = 0;
    contradict(odd);
    odd = cut.f[3]; /* the tail is none */
    odd.flags = 0;
    contradict(odd);
}

/* A tail before a number that has come already. */
static void test_T73_tail_before_others(void **state)
{
    isakmp_fragment odd;
    (void)state;
    scene(5);
    assert_int_equal(give_nth(3), ISAKMP_OK);
    odd = cut.f[1];
    odd.flags = 1;
    assert_int_equal(give(&cut.h, &odd), ISAKMP_OK);
    assert_int_equal(isakmp_count(B->x, ISAKMP_D_FRAGMENT), 1);
    /* With the first fragment the false tail makes up a message that is none. */
    assert_int_equal(give_nth(0), ISAKMP_IGNORED);
    assert_int_equal(isakmp_count(B->x, ISAKMP_D_LENGTH), 1);
    assert_int_equal(open_sets(), 0);
    for (unsigned i = 5; i-- > 0;)
        assert_int_equal(give_nth(i), ISAKMP_OK);
    assert_true(arrived());
    finish();
}

/* All numbers that there can be: what is beyond the table is refused, and harms nobody. */
static void test_T73_255_fragments(void **state)
{
    isakmp_fragment f;
    (void)state;
    scene(4);
    f = cut.f[0];
    f.data.n = 1;
    for (unsigned i = 255; i > 0; i--) {
        f.number = (uint8_t)i;
        f.flags = i == 255;
        assert_int_equal(give(&cut.h, &f), i > ISAKMP_MAX_FRAGMENTS ? ISAKMP_IGNORED : ISAKMP_OK);
    }
    assert_int_equal(isakmp_count(B->x, ISAKMP_D_FRAGMENT), 255 - ISAKMP_MAX_FRAGMENTS);
    assert_int_equal(open_sets(), 1);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(give_nth(i), ISAKMP_OK);
    assert_true(arrived());
    finish();
}

/* A new id, or another cookie or exchange in the header, begins again; also if the peer numbers all its
 * messages 1. */
static void test_T73_second_message_after_first(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 3; k++) {
        scene(4);
        cut_up(4, 1);
        cut.h.exchange = k == 1 ? ISAKMP_EXCH_INFO : cut.h.exchange;
        cut.f[0].data.p += k == 2;
        give_nth(0);
        give_nth(2);
        cut_up(3, k == 0);
        for (unsigned i = 0; i < 3; i++)
            assert_int_equal(give_nth(i), ISAKMP_OK);
        assert_true(arrived());
        finish();
    }
}

/* A message that comes whole goes its way, whatever is open. */
static void test_mixed_with_whole_messages(void **state)
{
    (void)state;
    scene(3);
    give_nth(0);
    give_nth(2);
    pr.filter = NULL;
    add_child(B, first_sa(B), &B->child);
    run_for(100);
    assert_int_equal(children_in(B, ISAKMP_CHILD_UP), 1);
    assert_int_equal(open_sets(), 1);
    give_nth(1);
    run_for(100);
    assert_true(both_up(2));
    finish();
}

/* ---- What is no fragment -------------------------------------------------------------------- */

/* A datagram, as it is. */
static void refused(const uint8_t *data, size_t n, unsigned detail)
{
    uint32_t before = isakmp_count(B->x, detail);
    assert_int_equal(pair_input(&pr, 1, data, n), ISAKMP_IGNORED);
    if (isakmp_count(B->x, detail) != before + 1)
        fail_msg("not refused for: %s", isakmp_detail_text(detail));
    assert_int_equal(open_sets(), 0);
}

static size_t write_fragment(uint8_t *data, const isakmp_header *h, const isakmp_fragment *f)
{
    isakmp_writer w;
    isakmp_wr_init(&w, data, PAIR_MTU);
    isakmp_wr_header(&w, h);
    isakmp_wr_fragment(&w, f);
    assert_int_equal(isakmp_wr_end(&w), ISAKMP_OK);
    return w.len;
}

/* T-75, T-76: whatever the length in the payload says. */
static void test_T75_T76_lengths(void **state)
{
    uint8_t data[PAIR_MTU];
    size_t n;
    (void)state;
    scene(4);
    n = write_fragment(data, &cut.h, &cut.f[0]);
    for (unsigned encrypted = 0; encrypted < 2; encrypted++)
        for (size_t said = 0; said <= 65535; said += said < n + 9 ? 1 : 97) {
            data[19] = (uint8_t)encrypted;
            isakmp__put16(data + 30, (uint32_t)said);
            if (said != n - ISAKMP_HEADER_SIZE)
                refused(data, n, encrypted ? ISAKMP_D_FRAGMENT : ISAKMP_D_MALFORMED);
        }
    /* Octets behind it, and none in it. */
    data[19] = 0;
    isakmp__put16(data + 30, 8);
    isakmp__put32(data + 24, ISAKMP_HEADER_SIZE + 8);
    refused(data, ISAKMP_HEADER_SIZE + 8, ISAKMP_D_MALFORMED);
    assert_int_equal(stats_of(B).packets, 0);
    finish();
}

static void test_not_alone(void **state)
{
    uint8_t data[PAIR_MTU];
    isakmp_writer w;
    (void)state;
    scene(4);
    isakmp_wr_init(&w, data, sizeof data);
    isakmp_wr_header(&w, &cut.h);
    isakmp_wr_fragment(&w, &cut.f[0]);
    isakmp_wr_payload(&w, ISAKMP_PAYLOAD_VENDOR_ID, isakmp__span("x", 1));
    assert_int_equal(isakmp_wr_end(&w), ISAKMP_OK);
    refused(data, w.len, ISAKMP_D_FRAGMENT);
    isakmp_wr_init(&w, data, sizeof data);
    isakmp_wr_header(&w, &cut.h);
    isakmp_wr_fragment(&w, &cut.f[0]);
    isakmp_wr_fragment(&w, &cut.f[1]);
    assert_int_equal(isakmp_wr_end(&w), ISAKMP_OK);
    refused(data, w.len, ISAKMP_D_FRAGMENT);
    cut.f[0].number = 0;
    refused(data, write_fragment(data, &cut.h, &cut.f[0]), ISAKMP_D_FRAGMENT);
    finish();
}

/* Flags of the message in the headers of its fragments are not looked at. */
static void test_flags_of_the_header(void **state)
{
    (void)state;
    scene(3);
    for (unsigned i = 0; i < 3; i++) {
        cut.h.flags = (uint8_t)(i == 1 ? 0xff : ISAKMP_FLAG_ENCRYPTION);
        cut.f[i].flags |= 0xfe;
        assert_int_equal(give_nth(i), ISAKMP_OK);
    }
    assert_true(arrived());
    finish();
}

/* Cookies that are not ours, exchanges that there are not, addresses that are not the peer's. */
static void test_whose_fragment(void **state)
{
    uint8_t data[PAIR_MTU];
    isakmp_path path;
    size_t n;
    (void)state;
    scene(4);
    for (unsigned i = 0; i < 16; i++) {
        n = write_fragment(data, &cut.h, &cut.f[0]);
        data[i] ^= 1;
        refused(data, n, ISAKMP_D_COOKIE);
    }
    n = write_fragment(data, &cut.h, &cut.f[0]);
    memset(data + 8, 0, 8);
    refused(data, n, ISAKMP_D_COOKIE);
    n = write_fragment(data, &cut.h, &cut.f[0]);
    data[18] = 99;
    refused(data, n, ISAKMP_D_EXCHANGE_TYPE);
    n = write_fragment(data, &cut.h, &cut.f[0]);
    path = pair_path(&pr, 1);
    path.remote.ip[3] = 77;
    assert_int_equal(isakmp_input(B->x, pr.now, &path, data, n), ISAKMP_IGNORED);
    assert_int_equal(open_sets(), 0);
    finish();
}

/* All numbers are there, but what they make up is no message, or another one than was said. */
static void make_up(void (*change)(void), unsigned detail)
{
    uint32_t before;
    scene(3);
    change();
    before = isakmp_count(B->x, detail);
    give_nth(0);
    give_nth(1);
    assert_int_equal(give_nth(2), ISAKMP_IGNORED);
    assert_int_equal(open_sets(), 0);
    assert_int_equal(stats_of(B).packets + stats_of(B).exchanges, 0);
    if (isakmp_count(B->x, detail) != before + 1)
        fail_msg("not refused for: %s", isakmp_detail_text(detail));
    finish();
}

static void other_cookie(void)
{
    cut.whole[3] ^= 1;
}

static void other_exchange(void)
{
    cut.whole[18] = ISAKMP_EXCH_INFO;
}

static void nested(void)
{
    cut.whole[16] = ISAKMP_PAYLOAD_FRAGMENT;
}

static void too_short(void)
{
    for (unsigned i = 0; i < 3; i++)
        cut.f[i].data.n = 5;
}

static void other_length(void)
{
    cut.f[2].data.n--;
}

static void other_version(void)
{
    cut.whole[17] = 0x20;
}

static void test_not_what_it_said(void **state)
{
    (void)state;
    make_up(other_cookie, ISAKMP_D_FRAGMENT);
    make_up(other_exchange, ISAKMP_D_FRAGMENT);
    make_up(nested, ISAKMP_D_FRAGMENT);
    make_up(too_short, ISAKMP_D_SHORT);
    make_up(other_length, ISAKMP_D_LENGTH);
    make_up(other_version, ISAKMP_D_VERSION);
}

/* T-76: sums past what a packet has room for. */
static void test_T76_sums(void **state)
{
    static uint8_t much[4000];
    isakmp_fragment f;
    (void)state;
    scene(4);
    memset(&f, 0, sizeof f);
    f.data = isakmp__span(much, 1000);
    for (unsigned i = 1; i <= 4; i++) {
        f.number = (uint8_t)(9 - i);
        assert_int_equal(give(&cut.h, &f), ISAKMP_OK);
    }
    f.number = 1;
    f.data.n = 4096 - ISAKMP__MARKER - 4000; /* it is full, and may not hold one octet more */
    assert_int_equal(give(&cut.h, &f), ISAKMP_OK);
    f.number = 2;
    f.data.n = 1;
    assert_int_equal(give(&cut.h, &f), ISAKMP_IGNORED);
    assert_int_equal(isakmp_count(B->x, ISAKMP_D_TOO_LONG), 1);
    assert_int_equal(open_sets(), 0);
    f.data.n = 4000;
    assert_int_equal(give(&cut.h, &f), ISAKMP_OK);
    f.number = 3;
    assert_int_equal(give(&cut.h, &f), ISAKMP_IGNORED);
    assert_int_equal(open_sets(), 0);
    finish();
}

/* ---- How much, and how long ----------------------------------------------------------------- */

/* Half a minute, and no fragment makes it longer. */
static void test_T77_time(void **state)
{
    (void)state;
    scene(4);
    give_nth(0);
    run_for(20000);
    pr.filter = keep_back;
    assert_int_equal(open_sets(), 1);
    give_nth(1);
    run_for(9999);
    assert_int_equal(open_sets(), 1);
    run_for(2);
    assert_int_equal(open_sets(), 0);
    assert_int_equal(isakmp_count(B->x, ISAKMP_D_FRAGMENT_LOST), 1);
    finish();
}

/* An SA takes what it has open with it. */
static void test_T77_goes_with_its_sa(void **state)
{
    (void)state;
    scene(4);
    give_nth(0);
    assert_int_equal(stats_of(B).packets, 1);
    assert_int_equal(isakmp_close(B->x, pr.now, first_sa(B)), ISAKMP_OK);
    assert_int_equal(stats_of(B).packets, 0);
    assert_int_equal(open_sets(), 0);
    finish();
}

/* Somebody who begins negotiations with B from addresses of his own, and reads the answers. */
#define FLOOD 12

static struct {
    unsigned n;
    isakmp_header h[FLOOD];
    isakmp_path path[FLOOD];
} flood;

static int collect(pair *p, wire_item *w)
{
    (void)p;
    if (w->from == 1 && w->path.remote.ip[2] == 66 && flood.n < FLOOD) {
        flood.h[flood.n] = header_of(w);
        flood.path[flood.n] = w->path;
        flood.n++;
        return PAIR_DROP;
    }
    return w->path.remote.ip[2] == 66 ? PAIR_DROP : watch(p, w);
}

/* A first message of peer 0 from there, each time with another cookie. */
static void begin_flood(unsigned n)
{
    static uint8_t first[PAIR_MTU], copy[PAIR_MTU];
    size_t first_n;
    memset(&cut, 0, sizeof cut);
    pr.filter = keep_back;
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
    first_n = cut.whole_n;
    memcpy(first, cut.whole, first_n);
    assert_int_equal(isakmp_close(A->x, pr.now, first_sa(A)), ISAKMP_OK);
    memset(&flood, 0, sizeof flood);
    pr.filter = collect;
    for (unsigned i = 0; i < n; i++) {
        isakmp_path path = pair_path(&pr, 1);
        path.remote.ip[2] = 66;
        path.remote.ip[3] = (uint8_t)i;
        memcpy(copy, first, first_n);
        copy[0] = (uint8_t)(i + 1);
        assert_int_equal(isakmp_input(B->x, pr.now, &path, copy, first_n), ISAKMP_OK);
    }
    assert_int_equal(flood.n, n);
}

static int flood_once(unsigned i, uint8_t number)
{
    static const uint8_t octets[100];
    isakmp_fragment f = {9, number, 0, {octets, sizeof octets}};
    isakmp_header h = flood.h[i];
    uint8_t data[PAIR_MTU];
    h.flags = 0;
    return isakmp_input(B->x, pr.now, &flood.path[i], data, write_fragment(data, &h, &f));
}

static void prepare_flood(void)
{
    prepare(413, 1);
    B->config.limits.sas = 24;
    B->config.limits.exchanges = 16;
    B->config.limits.half_open = FLOOD;
    pair_start(&pr);
    begin_flood(FLOOD);
}

/* So many sets, and no more; those that come later find no place until others have had their time. */
static void test_T77_budget(void **state)
{
    uint32_t cap;
    (void)state;
    prepare_flood();
    cap = B->x->assemblies.cap;
    assert_int_equal(cap, (16 + 8) / 4);
    for (unsigned round = 1; round < 5; round++)
        for (unsigned i = 0; i < FLOOD; i++) {
            assert_int_equal(flood_once(i, (uint8_t)round), i < cap ? ISAKMP_OK : ISAKMP_IGNORED);
            assert_true(B->x->assemblies.used <= cap);
        }
    assert_int_equal(isakmp_count(B->x, ISAKMP_D_POOL), 4 * (FLOOD - cap));
    run_for(2000);
    assert_int_equal(flood_once(FLOOD - 1, 1), ISAKMP_OK);
    assert_int_equal(flood_once(FLOOD - 1, 2), ISAKMP_OK);
    assert_int_equal(B->x->assemblies.used, cap);
    run_for(31000);
    assert_int_equal(B->x->assemblies.used, 0);
    assert_int_equal(stats_of(B).packets, 0);
    finish();
}

/* In the middle of a flood a peer with certificates comes up, from either side; and one that is up has its
 * fragments read. */
static void test_T77_honest_peers(void **state)
{
    (void)state;
    for (int from = 0; from < 2; from++) {
        prepare_flood();
        B->config.limits.half_open_per_addr = 4;
        for (unsigned i = 0; i < FLOOD; i++)
            flood_once(i, 1);
        run_for(2000);
        for (unsigned i = 0; i < FLOOD; i++)
            flood_once(i, 2);
        pair_connect_from(&pr, from, ISAKMP_EXCH_MAIN, 1);
        run_for(5000);
        assert_int_equal(children_in(A, ISAKMP_CHILD_UP), 1);
        for (unsigned i = 0; i < FLOOD; i++)
            flood_once(i, 3);
        assert_true(seen.fragments[0] > 3 && seen.fragments[1] > 3);
        /* A long Quick Mode, at once. */
        for (int i = 0; i < 2; i++)
            pr.p[i].child.pfs_group = ISAKMP_GROUP_MODP_8192;
        add_child(A, first_sa(A), &A->child);
        run_for(100);
        assert_int_equal(children_in(A, ISAKMP_CHILD_UP), 2);
        assert_int_equal(children_in(B, ISAKMP_CHILD_UP), 2);
        finish();
    }
}

/* When every packet is in use, what an exchange needs is taken from the oldest set. */
static void test_T77_exchanges_first(void **state)
{
    (void)state;
    pair_init(&pr, 414);
    B->config.limits.exchanges = 2;
    B->config.limits.packets = 1;
    come_up(ISAKMP_EXCH_MAIN, 0);
    run_for(31000); /* nothing is kept any more */
    memset(&cut, 0, sizeof cut);
    pr.filter = keep_back;
    add_child(A, first_sa(A), &A->child);
    cut_up(4, 7);
    assert_int_equal(give_nth(0), ISAKMP_OK);
    assert_int_equal(open_sets(), 1);
    pr.filter = NULL;
    add_child(B, first_sa(B), &B->child);
    assert_int_equal(open_sets(), 0);
    run_for(20000);
    assert_true(both_up(2));
    finish();
}

/* The smallest context that there can be reads a message in fragments whose answer comes later. */
static void test_limits_of_one(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++)
        for (int who = 0; who < 2; who++) {
            isakmp_limits *l = &pr.p[who].config.limits;
            prepare(415, 1);
            l->sas = l->children = l->exchanges = l->half_open = l->half_open_per_addr = 1;
            l->packets = 2;
            pr.p[who].park = 1;
            pr.p[who].answer_after = 50;
            pair_start(&pr);
            pair_connect(&pr, modes[k], 1);
            run_for(60000);
            assert_true(both_up(1));
            assert_true(seen.fragments[0] > 3 && seen.fragments[1] > 3);
            finish();
        }
}

/* ---- Answers to somebody who has proved nothing --------------------------------------------- */

static int drop_answers(pair *p, wire_item *w)
{
    watch(p, w);
    return w->from == 1 ? PAIR_DROP : PAIR_DELIVER;
}

/* T-70: certificates go to whoever asks for them twice at most, in fragments as whole. */
static void test_T70_certificates_once_more(void **state)
{
    unsigned set;
    (void)state;
    prepare(416, 3);
    pr.filter = drop_answers;
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_AGGRESSIVE, 0);
    run_for(500);
    set = seen.fragments[1];
    assert_true(set >= 10);
    run_for(20000);
    assert_true(seen.whole[0] > 2);
    assert_int_equal(seen.fragments[1], 2 * set);
    finish();
}

/* Octets that B answers with to a first message of `asked` octets, as it believes; and in how many
 * datagrams. */
static unsigned answer_to(size_t asked)
{
    prepare(417, 0);
    for (int i = 0; i < 2; i++) {
        pr.p[i].policies[0].auth = ISAKMP_AUTH_PSK;
        pr.p[i].policies[0].group = ISAKMP_GROUP_MODP_8192;
    }
    B->park = 1;
    B->answer_after = 10;
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_AGGRESSIVE, 0);
    run_for(5);
    isakmp__exch_phase1(inner_sa(B, first_sa(B)))->read_n = (uint16_t)asked;
    pr.filter = drop_answers;
    run_for(100);
    asked = (size_t)stats_of(B).octets_out;
    finish();
    return (unsigned)asked;
}

/* Three times as much as was asked with is the limit: an answer that is not longer whole, but would be in
 * fragments, goes whole. */
static void test_T70_headers_count(void **state)
{
    unsigned in_fragments = answer_to(2000), whole, n;
    (void)state;
    assert_true(seen.fragments[1] > 2);
    n = seen.fragments[1];
    whole = in_fragments - n * ISAKMP__FRONT;
    for (unsigned asked = whole / 3 - 10; asked < in_fragments / 3 + 20; asked++) {
        unsigned sent = answer_to(asked);
        assert_true(sent <= 3 * asked);
        assert_int_equal(sent, whole > 3 * asked                             ? 0
                               : whole + n * (ISAKMP__FRONT + 4) > 3 * asked ? whole
                                                                             : in_fragments);
    }
}

/* From inside the callback that sends a fragment nothing gets in, and a host that cannot send loses what it
 * cannot send. */
static void test_callbacks(void **state)
{
    unsigned total;
    (void)state;
    prepare(418, 1);
    A->reentry = B->reentry = 1;
    come_up(ISAKMP_EXCH_MAIN, 1);
    total = B->callbacks;
    finish();
    for (unsigned i = 1; i <= total; i++) {
        prepare(418, 1);
        B->fail_at = i;
        pair_start(&pr);
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
        run_for(LONG_MS);
        finish();
    }
}

/* The message that is kept is as it was before it went in fragments. */
static void test_stored_message_stays(void **state)
{
    const isakmp__exch *e;
    (void)state;
    prepare(419, 1);
    come_up(ISAKMP_EXCH_MAIN, 0);
    e = isakmp__exch_phase1(inner_sa(B, first_sa(B)));
    assert_non_null(e);
    assert_true(e->tx->n > SIZE && seen.fragments[1] > 3);
    assert_true(isakmp__all_zero(e->tx->bytes, ISAKMP__FRONT + ISAKMP__MARKER));
    assert_int_equal(isakmp__get32(isakmp__packet_data(e->tx) + 24), e->tx->n);
    assert_int_equal(isakmp__packet_data(e->tx)[16], ISAKMP_PAYLOAD_ID);
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_certificates_both_ways),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_without_certificates),
        cmocka_unit_test(test_one_side_without),
        cmocka_unit_test(test_one_way_only),
        cmocka_unit_test(test_vendor_ids),
        cmocka_unit_test(test_forced),
        cmocka_unit_test(test_each_datagram_lost),
        cmocka_unit_test(test_a_bad_network),
        cmocka_unit_test(test_repetition_by_the_timer),
        cmocka_unit_test(test_repetition_when_asked),
        cmocka_unit_test(test_behind_a_nat),
        cmocka_unit_test(test_T73_every_order),
        cmocka_unit_test(test_T73_any_number),
        cmocka_unit_test(test_T73_duplicates),
        cmocka_unit_test(test_T73_contradictions),
        cmocka_unit_test(test_T73_tail_before_others),
        cmocka_unit_test(test_T73_255_fragments),
        cmocka_unit_test(test_T73_second_message_after_first),
        cmocka_unit_test(test_mixed_with_whole_messages),
        cmocka_unit_test(test_T75_T76_lengths),
        cmocka_unit_test(test_not_alone),
        cmocka_unit_test(test_flags_of_the_header),
        cmocka_unit_test(test_whose_fragment),
        cmocka_unit_test(test_not_what_it_said),
        cmocka_unit_test(test_T76_sums),
        cmocka_unit_test(test_T77_time),
        cmocka_unit_test(test_T77_goes_with_its_sa),
        cmocka_unit_test(test_T77_budget),
        cmocka_unit_test(test_T77_honest_peers),
        cmocka_unit_test(test_T77_exchanges_first),
        cmocka_unit_test(test_limits_of_one),
        cmocka_unit_test(test_T70_certificates_once_more),
        cmocka_unit_test(test_T70_headers_count),
        cmocka_unit_test(test_callbacks),
        cmocka_unit_test(test_stored_message_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
