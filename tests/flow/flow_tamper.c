/* flow/flow_tamper.c -- messages that somebody has touched: flipped bits, wrong lengths, cut ends.
 *
 * What is authenticated must resist everything: the forged copy changes nothing, is not answered, and
 * the untouched message still does its work.  What is in the clear can be forged in a way that no
 * implementation can see (another nonce); then both sides must come to rest, and the next attempt
 * must succeed. */
#include "flow/forge.h"

/* ---- T-40: every bit of the messages of phase 2 ---------------------------------------------- */

/* What must not change when a message is refused. */
typedef struct shot {
    unsigned sends, n_events, installs, removes, sad;
    isakmp_stats stats;
    isakmp__sa sa;
    unsigned exchs, msg, phase;
    uint8_t iv[ISAKMP_MAX_BLOCK];
} shot;

static shot take_shot(const peer *p)
{
    isakmp__sa *sa = inner_sa(p, first_sa(p));
    isakmp__exch *e = isakmp__exch_after(sa, NULL);
    shot s;
    memset(&s, 0, sizeof s);
    s.sends = p->sends;
    s.n_events = p->n_events;
    s.installs = p->installs;
    s.removes = p->removes;
    s.sad = sad_count(p);
    s.stats = stats_of(p);
    s.stats.datagrams_in = s.stats.octets_in = s.stats.ignored = 0;
    memcpy(&s.sa, sa, sizeof s.sa);
    for (isakmp__exch *k = e; k; k = isakmp__exch_after(sa, k))
        s.exchs++;
    if (e) {
        s.msg = e->msg;
        s.phase = e->phase;
        memcpy(s.iv, e->iv, sizeof s.iv);
    }
    return s;
}

/* Octets of the last block that are only padding.  HASH does not cover them, and the toy cipher lets
 * single bits of them be flipped, as no real one does. */
static size_t padding_of(const wire_item *w)
{
    static opened o;
    size_t end = ISAKMP_HEADER_SIZE;
    assert_true(open_item(&o, w));
    for (unsigned i = 0; i < o.n; i++)
        end += 4 + o.parts[i].n;
    return w->n - end;
}

/* The bits of the header that HASH does not cover and that are ignored: the minor version and the
 * commit flag. */
static int is_free_bit(size_t octet, unsigned bit)
{
    return (octet == 17 && bit < 4) || (octet == 19 && bit == 1);
}

static int tampering;         /* 1: the hook below is at work */
static uint8_t tamper_exch;   /* on messages of this exchange */
static unsigned tamper_count; /* the nth that is sent, from 1 */
static unsigned tamper_flips; /* how many copies have been given */

static int is_victim(const wire_item *w)
{
    return tampering && header_of(w).exchange == tamper_exch && --tamper_count == 0;
}

/* Before the message itself arrives: every copy of it with one bit flipped. */
static int flip_every_bit(pair *p, wire_item *w)
{
    peer *to = &p->p[1 - w->from];
    size_t n;
    if (!is_victim(w))
        return PAIR_DELIVER;
    tampering = 0;
    n = w->n - padding_of(w);
    for (size_t i = 0; i < n; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            shot before = take_shot(to), after;
            uint8_t copy[PAIR_MTU];
            if (is_free_bit(i, bit))
                continue;
            memcpy(copy, w->data, w->n);
            copy[i] = (uint8_t)(copy[i] ^ 1u << bit);
            if (pair_input(p, 1 - w->from, copy, w->n) != ISAKMP_IGNORED)
                fail_msg("octet %u, bit %u of %u octets: accepted", (unsigned)i, bit,
                         (unsigned)w->n);
            after = take_shot(to);
            if (memcmp(&before, &after, sizeof before) != 0)
                fail_msg("octet %u, bit %u of %u octets: something changed", (unsigned)i, bit,
                         (unsigned)w->n);
            tamper_flips++;
        }
    return PAIR_DELIVER;
}

static void tamper_with(int (*how)(pair *, wire_item *), uint8_t exchange, unsigned nth)
{
    pr.arrive = how;
    tampering = 1;
    tamper_exch = exchange;
    tamper_count = nth;
    tamper_flips = 0;
}

static void flip_quick_mode(unsigned message, uint16_t pfs)
{
    pair_init(&pr, 40 + message);
    A->child.pfs_group = B->child.pfs_group = pfs;
    pair_start(&pr);
    tamper_with(flip_every_bit, ISAKMP_EXCH_QUICK, message);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
    run_for(100);
    assert_true(tamper_flips > 8 * 28);
    assert_true(both_up(1));
    assert_int_equal(heard(A, ISAKMP_EV_CHILD_UP), 1);
    finish();
}

static void test_T40_flip_every_bit_of_quick_mode_1(void **state)
{
    (void)state;
    flip_quick_mode(1, 0);
    flip_quick_mode(1, ISAKMP_GROUP_MODP_1024);
}

static void test_T40_flip_every_bit_of_quick_mode_2(void **state)
{
    (void)state;
    flip_quick_mode(2, 0);
    flip_quick_mode(2, ISAKMP_GROUP_MODP_1024);
}

static void test_T40_flip_every_bit_of_quick_mode_3(void **state)
{
    (void)state;
    flip_quick_mode(3, 0);
}

/* A Delete of the child, then one of everything, from either side. */
static void test_T40_flip_every_bit_of_delete(void **state)
{
    (void)state;
    for (int from = 0; from < 2; from++) {
        peer *p = &pr.p[from];
        pair_init(&pr, 44);
        come_up(ISAKMP_EXCH_MAIN, 1);
        tamper_with(flip_every_bit, ISAKMP_EXCH_INFO, 1);
        assert_int_equal(isakmp_child_close(p->x, pr.now, first_child(p)), ISAKMP_OK);
        run_for(100);
        assert_true(tamper_flips > 8 * 28);
        assert_true(both_up(0));
        tamper_with(flip_every_bit, ISAKMP_EXCH_INFO, 1);
        assert_int_equal(isakmp_close(p->x, pr.now, first_sa(p)), ISAKMP_OK);
        run_for(100);
        assert_true(tamper_flips > 8 * 28);
        assert_true(pair_is_empty(&pr));
        finish();
    }
}

/* A Notify that acts: it makes the lifetime shorter. */
static void test_T40_flip_every_bit_of_notify(void **state)
{
    (void)state;
    pair_init(&pr, 45);
    B->policies[0].life_s = 600;
    pair_start(&pr);
    tamper_with(flip_every_bit, ISAKMP_EXCH_INFO, 1);
    pair_connect(&pr, ISAKMP_EXCH_AGGRESSIVE, 1);
    run_for(100);
    assert_true(tamper_flips > 8 * 28);
    assert_true(both_up(1));
    assert_int_equal(sa_info(A, first_sa(A)).suite.life_s, 600);
    finish();
}

/* Both messages of a Transaction, begun by the gateway (B) and by the client. */
static void test_T40_flip_every_bit_of_transaction(void **state)
{
    (void)state;
    for (int pull = 0; pull < 2; pull++)
        for (unsigned message = 1; message <= 2; message++) {
            pair_init(&pr, 46);
            A->peer.flags |= pull ? ISAKMP_PF_CONFIG_PULL : ISAKMP_PF_CONFIG_ACCEPT;
            B->peer.flags |= pull ? ISAKMP_PF_CONFIG_ANSWER : ISAKMP_PF_CONFIG_PUSH;
            A->child.local.family = B->child.remote.family = 0;
            pair_start(&pr);
            tamper_with(flip_every_bit, ISAKMP_EXCH_TRANSACTION, message);
            pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
            run_for(100);
            assert_true(tamper_flips > 8 * 28);
            assert_true(both_up(1));
            assert_int_equal(sa_info(A, first_sa(A)).ip4.family, 4);
            assert_int_equal(heard(A, ISAKMP_EV_CONFIG), 1);
            assert_int_equal(B->pool.used, 1);
            finish();
        }
}

/* ---- One copy of any message spoiled in every way --------------------------------------------- */

/* The messages of a negotiation with a child. */
typedef struct where {
    uint8_t phase1, exchange;
    unsigned nth;
    int protected; /* 1: it is encrypted */
} where;

static const where messages[] = {
    {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_MAIN, 1, 0},
    {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_MAIN, 2, 0},
    {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_MAIN, 3, 0},
    {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_MAIN, 4, 0},
    {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_MAIN, 5, 1},
    {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_MAIN, 6, 1},
    {ISAKMP_EXCH_AGGRESSIVE, ISAKMP_EXCH_AGGRESSIVE, 1, 0},
    {ISAKMP_EXCH_AGGRESSIVE, ISAKMP_EXCH_AGGRESSIVE, 2, 0},
    {ISAKMP_EXCH_AGGRESSIVE, ISAKMP_EXCH_AGGRESSIVE, 3, 1},
    {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_QUICK, 1, 1},
    {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_QUICK, 2, 1},
    {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_QUICK, 3, 1},
};

/* What is done to the copy: to octet `at`, or to its end. */
enum {
    FLIP,
    INVERT,
    ZERO,
    CUT,
    CUT_WITH_LENGTH,
    LONGER,
    LONGER_WITH_LENGTH
};

static struct {
    int how, instead; /* instead: the true message is lost, and only its repetition arrives */
    size_t at;
    size_t n, padding; /* octets of the true message and of its padding, when it was seen */
} spoil;

static void set_length(uint8_t *data, size_t n)
{
    data[24] = data[25] = 0;
    data[26] = (uint8_t)(n >> 8);
    data[27] = (uint8_t)n;
}

/* The spoiled copy; its size. */
static size_t spoiled(uint8_t *out, const wire_item *w)
{
    size_t n = w->n;
    memcpy(out, w->data, n);
    memset(out + n, 0x5a, 64);
    switch (spoil.how) {
    case FLIP:
        out[spoil.at] ^= 0x01;
        break;
    case INVERT:
        out[spoil.at] ^= 0xff;
        break;
    case ZERO:
        out[spoil.at] = 0;
        break;
    case CUT:
    case CUT_WITH_LENGTH:
        n = spoil.at;
        break;
    default:
        n += spoil.at;
    }
    if ((spoil.how == CUT_WITH_LENGTH || spoil.how == LONGER_WITH_LENGTH) && n >= 28)
        set_length(out, n);
    return n;
}

static int spoil_one(pair *p, wire_item *w)
{
    uint8_t copy[PAIR_MTU + 64];
    size_t n;
    if (!is_victim(w))
        return PAIR_DELIVER;
    tampering = 0;
    spoil.padding = header_of(w).flags & ISAKMP_FLAG_ENCRYPTION ? padding_of(w) : 0;
    spoil.n = w->n - (spoil.how < CUT ? spoil.padding : 0);
    n = spoiled(copy, w);
    tamper_flips = 1;
    pair_input(p, 1 - w->from, copy, n);
    return spoil.instead ? PAIR_DROP : PAIR_DELIVER;
}

/* Where what HASH covers ends, in octets of an encrypted message: in Aggressive Mode NAT-D payloads
 * come after it. */
static size_t covered(const where *m)
{
    return m->exchange == ISAKMP_EXCH_AGGRESSIVE ? ISAKMP_HEADER_SIZE + 24 : SIZE_MAX;
}

/* Can the peers come up whatever has been done to that octet?  In the clear: only if it cannot be
 * taken for something else.  Padding is not covered by HASH, so a block too much cannot be told from
 * a peer that pads whole messages by a whole block, as some do. */
static int must_survive(const where *m)
{
    if (spoil.how == LONGER_WITH_LENGTH && m->protected)
        return spoil.at % 16 || spoil.at + spoil.padding > 16;
    if (spoil.how >= CUT)
        return 1;
    if (m->protected)
        return spoil.at < covered(m);
    /* The responder's cookie is whatever its first message says. */
    return spoil.at < ISAKMP_HEADER_SIZE && !(m->nth == 2 && spoil.at >= 8 && spoil.at < 16);
}

/* Both have an end of it; but an initiator of Aggressive Mode is up when the responder is not yet, and
 * then never will be. */
static int at_rest(const where *m)
{
    return both_agree() ||
           (m->phase1 == ISAKMP_EXCH_AGGRESSIVE && is_up(A, 0) && sas_in(B, 0) == 0);
}

static void negotiate(const where *m)
{
    pair_init(&pr, 50);
    pr.p[0].config.half_open_ms = pr.p[1].config.half_open_ms = 10000;
    pair_start(&pr);
    tamper_with(spoil_one, m->exchange, m->nth);
    pair_connect(&pr, m->phase1, 1);
    run_for(60000);
}

static void complain(const where *m, const char *what)
{
    static const char *const ways[] = {"flipped",
                                       "inverted",
                                       "zeroed",
                                       "cut",
                                       "cut, with its length",
                                       "longer",
                                       "longer, with its length"};
    fail_msg("exchange %u, message %u, octet %u %s%s: the peers %s", m->exchange, m->nth,
             (unsigned)spoil.at, ways[spoil.how], spoil.instead ? ", the true one lost" : "", what);
}

static void check_spoiled(const where *m)
{
    int survived;
    negotiate(m);
    assert_int_equal(tamper_flips, 1);
    survived = both_up(1);
    if (must_survive(m) && !survived)
        complain(m, "did not come up");
    run_for(LONG_MS);
    if (!at_rest(m) && (must_survive(m) || spoil.how < LONGER))
        complain(m, "did not come to rest");
    if (!survived && pair_is_empty(&pr)) {
        pair_connect(&pr, m->phase1, 1);
        run_for(1000);
        assert_true(both_up(1));
    }
    finish();
}

static void spoil_everywhere(int how, size_t step)
{
    spoil.how = how;
    for (unsigned i = 0; i < COUNT(messages); i++)
        for (spoil.instead = 0; spoil.instead < 2; spoil.instead++) {
            size_t n = 1;
            for (spoil.at = 0; spoil.at < n; spoil.at += spoil.at < 60 ? 1 : step) {
                check_spoiled(&messages[i]);
                n = spoil.n;
            }
        }
}

static void test_flipped_octets(void **state)
{
    (void)state;
    spoil_everywhere(FLIP, 7);
}

static void test_inverted_octets(void **state)
{
    (void)state;
    spoil_everywhere(INVERT, 5);
}

static void test_zeroed_octets(void **state)
{
    (void)state;
    spoil_everywhere(ZERO, 11);
}

static void test_truncated(void **state)
{
    (void)state;
    spoil_everywhere(CUT, 9);
    spoil_everywhere(CUT_WITH_LENGTH, 4);
}

static void test_prolonged(void **state)
{
    (void)state;
    for (spoil.how = LONGER; spoil.how <= LONGER_WITH_LENGTH; spoil.how++)
        for (unsigned i = 0; i < COUNT(messages); i++)
            for (spoil.at = 1; spoil.at <= 32; spoil.at += spoil.at < 17 ? 1 : 5)
                check_spoiled(&messages[i]);
}

/* ---- Forged messages without end ------------------------------------------------------------------ */

/* Answers that get as far as their HASH, hundreds of them: each leaves nothing behind, so the true one still
 * finds its place. */
static int forge_many(pair *p, wire_item *w)
{
    static opened o;
    static wire_item copy;
    unsigned sent = p->p[1 - w->from].sends;
    if (!is_victim(w))
        return PAIR_DELIVER;
    tampering = 0;
    for (unsigned i = 0; i < 400; i++) {
        part *h;
        copy = *w;
        assert_true(open_item(&o, &copy));
        h = find_part(&o, ISAKMP_PAYLOAD_HASH, 0);
        h->body[i % h->n] = (uint8_t)(h->body[i % h->n] + 1);
        close_item(&o, &copy);
        assert_int_equal(pair_input(p, 1 - w->from, copy.data, copy.n), ISAKMP_IGNORED);
        tamper_flips++;
    }
    assert_true(p->p[1 - w->from].sends <= sent + 1);
    return PAIR_DELIVER;
}

static void test_forged_without_end(void **state)
{
    (void)state;
    for (unsigned i = 0; i < COUNT(messages); i++) {
        const where *m = &messages[i];
        if (!m->protected && !(m->exchange == ISAKMP_EXCH_AGGRESSIVE && m->nth == 2))
            continue;
        pair_init(&pr, 51);
        pair_start(&pr);
        tamper_with(forge_many, m->exchange, m->nth);
        pair_connect(&pr, m->phase1, 1);
        run_for(100);
        assert_int_equal(tamper_flips, 400);
        if (!both_up(1))
            fail_msg("exchange %u, message %u: the true one does not work", m->exchange, m->nth);
        finish();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_T40_flip_every_bit_of_quick_mode_1),
        cmocka_unit_test(test_T40_flip_every_bit_of_quick_mode_2),
        cmocka_unit_test(test_T40_flip_every_bit_of_quick_mode_3),
        cmocka_unit_test(test_T40_flip_every_bit_of_delete),
        cmocka_unit_test(test_T40_flip_every_bit_of_notify),
        cmocka_unit_test(test_T40_flip_every_bit_of_transaction),
        cmocka_unit_test(test_flipped_octets),
        cmocka_unit_test(test_inverted_octets),
        cmocka_unit_test(test_zeroed_octets),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_prolonged),
        cmocka_unit_test(test_forged_without_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
