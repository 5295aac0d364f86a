/* flow/flow_hostile_wire.c -- messages that are malformed in the ways that have brought other
 * implementations down, given to an engine with log and events switched on.  None of them has an effect,
 * crashes, or keeps the true message from doing its work.  Protected ones are made with the keys, so
 * that they get as far as they can. */
#include "flow/forge.h"

static const uint8_t exchanges[] = {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_AGGRESSIVE};

/* ---- A stage on which one message is replaced by variants of itself --------------------------- */

/* The messages of a negotiation with a child, by exchange and number. */
typedef struct which {
    uint8_t phase1, exchange, number;
} which;

static const which all_messages[] = {
    {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_MAIN, 1},
    {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_MAIN, 2},
    {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_MAIN, 3},
    {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_MAIN, 4},
    {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_MAIN, 5},
    {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_MAIN, 6},
    {ISAKMP_EXCH_AGGRESSIVE, ISAKMP_EXCH_AGGRESSIVE, 1},
    {ISAKMP_EXCH_AGGRESSIVE, ISAKMP_EXCH_AGGRESSIVE, 2},
    {ISAKMP_EXCH_AGGRESSIVE, ISAKMP_EXCH_AGGRESSIVE, 3},
    {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_QUICK, 1},
    {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_QUICK, 2},
    {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_QUICK, 3},
};

static struct {
    const which *m;
    unsigned countdown;
    /* Gives the ith variant of an opened message; 0: there is none. */
    int (*vary)(opened *o, unsigned i);
    unsigned i;     /* the variant that is tried */
    int exhausted;  /* 1: there was none */
    int rc;         /* what isakmp_input() said about it */
    int first_only; /* 1: the true message does not follow */
    int rehash;     /* 1: HASH is made right again */
    int encrypted;  /* 1: the message is encrypted */
} trial;

static int try_variant(pair *p, wire_item *w)
{
    static opened o;
    static wire_item copy;
    if (header_of(w).exchange != trial.m->exchange || --trial.countdown)
        return PAIR_DELIVER;
    p->arrive = NULL;
    copy = *w;
    assert_true(open_item(&o, &copy));
    trial.encrypted = o.encrypted;
    if (!trial.vary(&o, trial.i)) {
        trial.exhausted = 1;
        return PAIR_DELIVER;
    }
    if (trial.rehash)
        rehash(&o);
    close_item(&o, &copy);
    trial.rc = pair_input(p, 1 - w->from, copy.data, copy.n);
    return trial.first_only ? PAIR_DROP : PAIR_DELIVER;
}

/* Try one variant of one message in a negotiation of its own; 0 if there is no such variant. */
static int run_trial(const which *m, int (*vary)(opened *, unsigned), unsigned i)
{
    trial.m = m;
    trial.countdown = m->number;
    trial.vary = vary;
    trial.i = i;
    trial.exhausted = 0;
    trial.rc = -100;
    pair_init(&pr, 260);
    for (int k = 0; k < 2; k++)
        pr.p[k].reentry = 1;
    pair_start(&pr);
    pr.arrive = try_variant;
    pair_connect(&pr, m->phase1, 1);
    run_for(100);
    assert_true(trial.exhausted || trial.rc != -100);
    return !trial.exhausted;
}

/* Every variant of every message: refused for a reason (0: any), and the true one works all the same. */
static void refuse_all(int (*vary)(opened *, unsigned), unsigned why)
{
    memset(&trial, 0, sizeof trial);
    for (unsigned k = 0; k < COUNT(all_messages); k++) {
        for (unsigned i = 0; run_trial(&all_messages[k], vary, i); i++) {
            if (trial.rc != ISAKMP_IGNORED)
                fail_msg("message %u of exchange %u, variant %u: accepted", all_messages[k].number,
                         all_messages[k].exchange, i);
            if (!both_up(1))
                fail_msg("message %u of exchange %u, variant %u: the true message does not work",
                         all_messages[k].number, all_messages[k].exchange, i);
            if (why && isakmp_count(A->x, why) + isakmp_count(B->x, why) == 0)
                fail_msg("message %u of exchange %u, variant %u: another reason",
                         all_messages[k].number, all_messages[k].exchange, i);
            finish();
        }
        pair_end(&pr);
    }
}

/* As refuse_all(), but the variants may be accepted or refused for good: nothing is left behind. */
static void survive_all(int (*vary)(opened *, unsigned), int with_hash)
{
    memset(&trial, 0, sizeof trial);
    trial.rehash = with_hash;
    for (unsigned k = 0; k < COUNT(all_messages); k++) {
        for (unsigned i = 0; run_trial(&all_messages[k], vary, i); i++)
            finish();
        pair_end(&pr);
    }
}

/* ---- T-01: shorter than a header, lengths and versions ---------------------------------------- */

static uint8_t first[PAIR_MTU]; /* a first message */
static size_t first_n;

static int keep_first(pair *p, wire_item *w)
{
    if (w->serial == 1) {
        memcpy(first, w->data, w->n);
        first_n = w->n;
    }
    (void)p;
    return PAIR_DROP;
}

/* A responder that knows nobody, and a true first message for it. */
static void cold(uint8_t exchange)
{
    pair_init(&pr, 261);
    pair_start(&pr);
    pr.filter = keep_first;
    assert_int_equal(isakmp_close(A->x, pr.now, pair_connect(&pr, exchange, 0)), ISAKMP_OK);
    pr.filter = NULL;
}

static void check_silent(const char *what, size_t i)
{
    isakmp_stats s = stats_of(B);
    if (B->sends || B->n_events || s.sas || s.exchanges || s.packets || s.half_open)
        fail_msg("%s %u: there was an effect", what, (unsigned)i);
}

static void test_T01_short_datagrams(void **state)
{
    (void)state;
    cold(ISAKMP_EXCH_MAIN);
    for (size_t n = 0; n < ISAKMP_HEADER_SIZE; n++) {
        assert_int_equal(pair_input(&pr, 1, first, n), ISAKMP_IGNORED);
        check_silent("octets", n);
    }
    assert_int_equal(isakmp_count(B->x, ISAKMP_D_SHORT), 28);
    assert_int_equal(pair_input(&pr, 1, first, first_n), ISAKMP_OK);
    finish();
}

static void test_T01_lengths(void **state)
{
    (void)state;
    cold(ISAKMP_EXCH_MAIN);
    for (uint32_t n = 0; n < 2000; n++) {
        isakmp__put32(first + 24, n);
        if (n == first_n)
            continue;
        assert_int_equal(pair_input(&pr, 1, first, first_n), ISAKMP_IGNORED);
        check_silent("length", n);
    }
    assert_int_equal(isakmp_count(B->x, ISAKMP_D_LENGTH), 1999);
    finish();
}

/* T-08: lengths of which an implementation may want to allocate as much. */
static void test_T08_huge_lengths(void **state)
{
    (void)state;
    cold(ISAKMP_EXCH_MAIN);
    for (unsigned bit = 16; bit < 32; bit++)
        for (uint32_t more = 0; more < 3; more++) {
            isakmp__put32(first + 24, (UINT32_C(1) << bit) + (uint32_t)first_n * more - more / 2);
            assert_int_equal(pair_input(&pr, 1, first, first_n), ISAKMP_IGNORED);
            check_silent("bit", bit);
        }
    isakmp__put32(first + 24, UINT32_MAX);
    assert_int_equal(pair_input(&pr, 1, first, first_n), ISAKMP_IGNORED);
    isakmp__put32(first + 24, (uint32_t)first_n);
    isakmp__put16(first + 30, 0xffff); /* and of the first payload */
    assert_int_equal(pair_input(&pr, 1, first, first_n), ISAKMP_IGNORED);
    check_silent("payload", 0);
    finish();
}

static void test_T01_versions(void **state)
{
    (void)state;
    cold(ISAKMP_EXCH_MAIN);
    for (unsigned v = 0; v < 256; v++) {
        first[17] = (uint8_t)v;
        if (v >> 4 == 1)
            continue;
        assert_int_equal(pair_input(&pr, 1, first, first_n), ISAKMP_IGNORED);
        check_silent("version", v);
    }
    assert_int_equal(isakmp_count(B->x, ISAKMP_D_VERSION), 240);
    finish();
}

static void test_exchange_types(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        cold(exchanges[k]);
        for (unsigned t = 0; t < 256; t++) {
            first[18] = (uint8_t)t;
            if (t != ISAKMP_EXCH_MAIN && t != ISAKMP_EXCH_AGGRESSIVE)
                assert_int_equal(pair_input(&pr, 1, first, first_n), ISAKMP_IGNORED);
            check_silent("exchange type", t);
        }
        finish();
    }
}

/* A first message with a flag, a message ID, a responder's cookie, or no cookie. */
static void test_headers_of_first_messages(void **state)
{
    (void)state;
    cold(ISAKMP_EXCH_MAIN);
    for (unsigned f = 1; f < 256; f++) {
        uint8_t copy[PAIR_MTU];
        memcpy(copy, first, first_n);
        copy[19] = (uint8_t)f;
        if (f == ISAKMP_FLAG_COMMIT)
            continue;
        assert_int_equal(pair_input(&pr, 1, copy, first_n), ISAKMP_IGNORED);
        assert_int_equal(stats_of(B).sas + stats_of(B).exchanges, 0);
    }
    assert_int_equal(isakmp_count(B->x, ISAKMP_D_ENCRYPTED), 2); /* alone, and with commit */
    assert_int_equal(isakmp_count(B->x, ISAKMP_D_FLAGS), 252);
    for (size_t i = 8; i < 24; i++) {
        uint8_t copy[PAIR_MTU];
        if (i >= 16 && i < 20)
            continue;
        memcpy(copy, first, first_n);
        copy[i] = 1;
        assert_int_equal(pair_input(&pr, 1, copy, first_n), ISAKMP_IGNORED);
    }
    memset(first, 0, 8);
    assert_int_equal(pair_input(&pr, 1, first, first_n), ISAKMP_IGNORED);
    assert_int_equal(stats_of(B).sas + stats_of(B).exchanges, 0);
    finish();
}

/* ---- T-02: domains of interpretation and situations -------------------------------------------- */

static void test_T02_doi_and_situation(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        cold(exchanges[k]);
        for (size_t at = 32; at < 40; at++)
            for (unsigned v = 1; v < 256; v++) {
                first[at] = (uint8_t)(first[at] ^ v);
                assert_int_equal(pair_input(&pr, 1, first, first_n), ISAKMP_IGNORED);
                assert_int_equal(stats_of(B).sas + stats_of(B).exchanges + stats_of(B).packets, 0);
                first[at] = (uint8_t)(first[at] ^ v);
            }
        assert_true(isakmp_count(B->x, ISAKMP_D_DOI) == 4 * 255);
        assert_true(isakmp_count(B->x, ISAKMP_D_SITUATION) > 255);
        assert_int_equal(pair_input(&pr, 1, first, first_n), ISAKMP_OK);
        finish();
    }
}

/* ---- T-03, T-04: payload types ----------------------------------------------------------------- */

/* A payload of every type before, between and behind the others.  Private types are skipped, and
 * others refused; none is taken for something else. */
static int put_in(opened *o, unsigned i)
{
    static const uint8_t types[] = {1,  2,  3,  4,  6,  7,  9,  12, 14, 15, 16,
                                    17, 18, 19, 21, 22, 33, 34, 40, 46, 48, 127};
    static const uint8_t body[40] = {0};
    unsigned at = i / COUNT(types);
    uint8_t type = types[i % COUNT(types)];
    if (at > o->n)
        return 0;
    /* What a message may carry of it anyway is no fault: then a second HASH is put in. */
    if ((type == ISAKMP_PAYLOAD_CERT || type == ISAKMP_PAYLOAD_CERT_REQ) && o->h.msg_id == 0)
        type = ISAKMP_PAYLOAD_SIG;
    if (type == ISAKMP_PAYLOAD_NATOA && o->h.msg_id)
        type = ISAKMP_PAYLOAD_SIG;
    if (type == ISAKMP_PAYLOAD_KE && o->h.exchange == ISAKMP_EXCH_QUICK)
        type = ISAKMP_PAYLOAD_SIG;
    add_part(o, at, type, body, sizeof body);
    return 1;
}

static void test_T03_payload_types_in_every_position(void **state)
{
    (void)state;
    refuse_all(put_in, 0);
}

/* With the keys of the sender: an authentic message of phase 2 may end its exchange; it must not do
 * anything else. */
static void test_T03_payload_types_with_hash(void **state)
{
    (void)state;
    survive_all(put_in, 1);
}

/* Every number that is in use somewhere, and some that are not, in place of each payload's own; those of
 * the next version of the protocol are 33 to 48. */
static int rename_one(opened *o, unsigned i)
{
    unsigned at = i / 80, type = i % 80;
    if (at >= o->n)
        return 0;
    o->parts[at].type = (uint8_t)(type < 60 ? type : type + 72);
    return 1;
}

static void test_T03_T04_every_number_in_place_of_each(void **state)
{
    (void)state;
    survive_all(rename_one, 1);
}

/* ---- T-06: payload lengths --------------------------------------------------------------------- */

/* Of each payload 0 to 3, 1 less, 1 more, and beyond the end: in the plaintext, under the cipher. */
static int wrong_length(opened *o, unsigned i)
{
    unsigned at = i / 8, how = i % 8;
    size_t off = ISAKMP_HEADER_SIZE, len;
    if (at >= o->n)
        return 0;
    /* Where HASH covers nothing any more, less payload is more padding. */
    if (o->encrypted && o->parts[at].type == ISAKMP_PAYLOAD_NATD)
        how = 0;
    for (unsigned k = 0; k < at; k++)
        off += 4 + o->parts[k].n;
    len = o->parts[at].n + 4;
    o->patch_at = off + (how == 7 ? 2 : 3);
    o->patch = (uint8_t)(how < 4    ? (len > 255 ? 3 : how)
                         : how == 4 ? len - 1
                         : how == 5 ? len + 1
                         : how == 6 ? len + 16
                                    : 0x7f);
    return 1;
}

static void test_T06_payload_lengths(void **state)
{
    (void)state;
    refuse_all(wrong_length, 0);
}

/* ---- T-10: payloads left out, doubled, emptied, in another order -------------------------------- */

/* Payloads that a message can do without. */
static int is_optional(const opened *o, unsigned at)
{
    uint8_t type = o->parts[at].type;
    return type == ISAKMP_PAYLOAD_VENDOR_ID || type == ISAKMP_PAYLOAD_NATD ||
           type == ISAKMP_PAYLOAD_NOTIFY || (type == ISAKMP_PAYLOAD_ID && o->h.msg_id);
}

static int leave_out(opened *o, unsigned i)
{
    while (i < o->n && is_optional(o, i))
        i = o->n;
    if (i >= o->n || o->n == 1) /* of one payload alone nothing is left */
        return 0;
    drop_part(o, i);
    return 1;
}

static void test_T10_each_payload_left_out(void **state)
{
    (void)state;
    refuse_all(leave_out, ISAKMP_D_PAYLOAD_MISSING);
}

/* Authentic all the same: the peer itself says something that is no message. */
static int leave_out_of_phase2(opened *o, unsigned i)
{
    if (o->h.exchange != ISAKMP_EXCH_QUICK || i >= o->n)
        return 0;
    drop_part(o, i);
    return 1;
}

static void test_T10_left_out_with_hash(void **state)
{
    (void)state;
    survive_all(leave_out_of_phase2, 1);
}

static int doubled(opened *o, unsigned i)
{
    while (i < o->n && is_optional(o, i))
        i = o->n;
    if (i >= o->n)
        return 0;
    add_part(o, i, o->parts[i].type, o->parts[i].body, o->parts[i].n);
    return 1;
}

static void test_each_payload_twice(void **state)
{
    (void)state;
    refuse_all(doubled, ISAKMP_D_PAYLOAD_UNEXPECTED);
}

static int emptied(opened *o, unsigned i)
{
    if (i >= o->n || o->parts[i].type == ISAKMP_PAYLOAD_VENDOR_ID ||
        o->parts[i].type == ISAKMP_PAYLOAD_NATD)
        return 0;
    o->parts[i].n = 0;
    return 1;
}

static void test_each_payload_empty(void **state)
{
    (void)state;
    refuse_all(emptied, 0);
}

static int emptied_with_hash(opened *o, unsigned i)
{
    if (i >= o->n)
        return 0;
    o->parts[i].n = 0;
    return 1;
}

static void test_each_payload_empty_with_hash(void **state)
{
    (void)state;
    survive_all(emptied_with_hash, 1);
}

/* What has a place must stand there: SA first in phase 1, HASH and SA first in Quick Mode. */
static int moved_to_the_end(opened *o, unsigned i)
{
    part *p = &o->parts[0];
    if (i || o->n < 2 || (p->type != ISAKMP_PAYLOAD_SA && o->h.msg_id == 0))
        return 0;
    add_part(o, o->n, p->type, p->body, p->n);
    drop_part(o, 0);
    return 1;
}

static void test_places(void **state)
{
    (void)state;
    refuse_all(moved_to_the_end, ISAKMP_D_PAYLOAD_ORDER);
}

/* Everything else may stand in any order; but NAT-D and the two identities have one of their own. */
static int nonce_last(opened *o, unsigned i)
{
    part *p = find_part(o, i ? ISAKMP_PAYLOAD_HASH : ISAKMP_PAYLOAD_NONCE, 0);
    if (i > 1 || p == NULL || (i && o->h.msg_id))
        return i == 0 && (o->h.msg_id == 0);
    add_part(o, o->n, p->type, p->body, p->n);
    drop_part(o, (unsigned)(p - o->parts));
    return 1;
}

static void test_order_is_free(void **state)
{
    (void)state;
    memset(&trial, 0, sizeof trial);
    trial.rehash = 1;
    trial.first_only = 1;
    for (unsigned k = 0; k < COUNT(all_messages); k++) {
        for (unsigned i = 0; run_trial(&all_messages[k], nonce_last, i); i++) {
            /* An encrypted message that was changed on its way breaks the chain of IVs. */
            if (trial.rc != ISAKMP_OK || (!trial.encrypted && !both_up(1)))
                fail_msg("message %u of exchange %u: order is not free", all_messages[k].number,
                         all_messages[k].exchange);
            finish();
        }
        pair_end(&pr);
    }
}

/* What a message may carry besides: payloads of private types, vendor IDs that nobody knows, requests for
 * certificates before there are keys, notifies and original addresses in Quick Mode. */
static int tolerated(opened *o, unsigned i)
{
    static const uint8_t body[24] = {0, 0, 0, 1, 1, 0, 0x60, 1, 4};
    static const uint8_t types[] = {200,
                                    130,
                                    ISAKMP_PAYLOAD_VENDOR_ID,
                                    ISAKMP_PAYLOAD_CERT_REQ,
                                    ISAKMP_PAYLOAD_NOTIFY,
                                    ISAKMP_PAYLOAD_NATOA};
    int clear = !o->encrypted && o->parts[o->n - 1].type != ISAKMP_PAYLOAD_SA;
    if (i == 3 && !(clear && find_part(o, ISAKMP_PAYLOAD_KE, 0)))
        i = 2;
    if (i == 4 && !o->encrypted)
        i = 0;
    if (i == 5 && (o->h.exchange != ISAKMP_EXCH_QUICK || !find_part(o, ISAKMP_PAYLOAD_SA, 0)))
        i = 1;
    if (i > 5)
        return 0;
    add_part(o, o->n, types[i], body, sizeof body);
    return 1;
}

static void test_what_is_tolerated(void **state)
{
    (void)state;
    memset(&trial, 0, sizeof trial);
    trial.rehash = 1;
    trial.first_only = 1;
    for (unsigned k = 0; k < COUNT(all_messages); k++) {
        for (unsigned i = 0; run_trial(&all_messages[k], tolerated, i); i++) {
            if (trial.rc != ISAKMP_OK || (!trial.encrypted && !both_up(1)))
                fail_msg("message %u of exchange %u, variant %u: refused", all_messages[k].number,
                         all_messages[k].exchange, i);
            finish();
        }
        pair_end(&pr);
    }
}

/* ---- T-12: vendor IDs --------------------------------------------------------------------------- */

/* Of every length, with the octets of the known one: only the whole is the known one. */
static int vendor_ids(opened *o, unsigned i)
{
    static const uint8_t natt[24] = {0x4a, 0x13, 0x1c, 0x81, 0x07, 0x03, 0x58, 0x45,
                                     0x5c, 0x57, 0x28, 0xf2, 0x0e, 0x95, 0x45, 0x2f};
    part *p = find_part(o, ISAKMP_PAYLOAD_VENDOR_ID, 0);
    if (i > 20 || p == NULL)
        return 0;
    p->n = i;
    memcpy(p->body, natt, i);
    return 1;
}

static void test_T12_vendor_ids_of_every_length(void **state)
{
    (void)state;
    memset(&trial, 0, sizeof trial);
    trial.first_only = 1;
    for (unsigned k = 0; k < COUNT(all_messages); k++) {
        for (unsigned i = 0; run_trial(&all_messages[k], vendor_ids, i); i++) {
            assert_int_equal(trial.rc, ISAKMP_OK);
            assert_true(both_up(1));
            finish();
        }
        pair_end(&pr);
    }
}

/* ---- T-13: how many payloads --------------------------------------------------------------------- */

static void test_T13_number_of_payloads(void **state)
{
    static const unsigned counts[] = {
        ISAKMP_MAX_PAYLOADS - 1, ISAKMP_MAX_PAYLOADS, ISAKMP_MAX_PAYLOADS + 1, 255, 256, 900};
    (void)state;
    for (unsigned k = 0; k < COUNT(counts); k++) {
        static uint8_t data[PAIR_MTU];
        isakmp_msg m;
        isakmp_writer w;
        int fits = counts[k] <= ISAKMP_MAX_PAYLOADS;
        cold(ISAKMP_EXCH_MAIN);
        assert_int_equal(isakmp_msg_parse(&m, isakmp__span(first, first_n)), ISAKMP_OK);
        isakmp_wr_init(&w, data, sizeof data);
        isakmp_wr_header(&w, &m.h);
        isakmp_wr_payload(&w, ISAKMP_PAYLOAD_SA, isakmp_msg_body(&m, 0));
        for (unsigned i = 1; i < counts[k]; i++)
            isakmp_wr_payload(&w, ISAKMP_PAYLOAD_VENDOR_ID, isakmp__span(NULL, 0));
        assert_int_equal(isakmp_wr_end(&w), ISAKMP_OK);
        assert_int_equal(pair_input(&pr, 1, data, w.len), fits ? ISAKMP_OK : ISAKMP_IGNORED);
        assert_int_equal(isakmp_count(B->x, ISAKMP_D_TOO_MANY_PAYLOADS), !fits);
        assert_int_equal(stats_of(B).sas, fits);
        finish();
    }
}

/* ---- T-07, T-14, T-25: Delete and Notify -------------------------------------------------------- */

/* A raw body in a protected Informational. */
static int inform(uint32_t msg_id, uint8_t type, const uint8_t *body, size_t n)
{
    forgery f;
    forge_begin(&f, A, first_sa(A), ISAKMP_EXCH_INFO, msg_id);
    isakmp_wr_payload(&f.w, type, isakmp__span(body, n));
    forge_end(&f);
    return forge_send(&f, 1);
}

static void put_delete(uint8_t *body, uint8_t proto, uint8_t size, uint16_t count)
{
    isakmp__put32(body, ISAKMP_DOI_IPSEC);
    body[4] = proto;
    body[5] = size;
    isakmp__put16(body + 6, count);
}

static void test_T07_delete_count_times_size(void **state)
{
    static const uint16_t counts[] = {0, 1, 2, 3, 255, 256, 4096, 16384, 0xffff};
    uint8_t body[200];
    uint32_t id = 1;
    (void)state;
    pair_init(&pr, 262);
    come_up(ISAKMP_EXCH_MAIN, 1);
    for (unsigned c = 0; c < COUNT(counts); c++)
        for (unsigned size = 0; size < 256; size += size < 20 ? 1 : 59)
            for (size_t n = 8; n < 60; n += 4) {
                memset(body, 0xee, sizeof body);
                put_delete(body, ISAKMP_PROTO_ESP, (uint8_t)size, counts[c]);
                (void)inform(id++, ISAKMP_PAYLOAD_DELETE, body, n);
                assert_true(both_up(1));
            }
    finish();
}

/* SPIs that name nothing are looked up only so often in a message: 64 of no size in one payload, 63 and the
 * child's, 64 and the child's; and a name that is said twice is nothing the second time. */
static void test_T07_many_spis(void **state)
{
    (void)state;
    for (unsigned strange = 62; strange < 65; strange++)
        for (int twice = 0; twice < 2; twice++) {
            uint8_t spis[4 * 70] = {0};
            isakmp_delete d;
            forgery f;
            pair_init(&pr, 265);
            come_up(ISAKMP_EXCH_MAIN, 1);
            add_child(A, first_sa(A), &A->child);
            run_for(100);
            assert_true(both_up(2));
            for (unsigned i = 0; i < 70; i++)
                isakmp__put32(spis + 4 * i, 0xabcd0000 + i);
            isakmp__put32(spis + 4 * strange, child_info(B, first_child(B)).spi_out[0]);
            if (twice)
                memcpy(spis + 4, spis + 4 * strange, 4), memcpy(spis, spis + 4, 4);
            memset(&d, 0, sizeof d);
            d.doi = ISAKMP_DOI_IPSEC;
            d.protocol = ISAKMP_PROTO_ESP;
            d.spi_size = 4;
            d.count = (uint16_t)(strange + 1);
            d.spis = isakmp__span(spis, 4 * (size_t)d.count);
            forge_begin(&f, A, first_sa(A), ISAKMP_EXCH_INFO, 9);
            isakmp_wr_delete(&f.w, &d);
            forge_end(&f);
            assert_int_equal(forge_send(&f, 1), ISAKMP_OK);
            assert_int_equal(children_in(B, 0), twice || strange < 64 ? 1 : 2);
            assert_int_equal(heard(B, ISAKMP_EV_CHILD_DOWN), twice || strange < 64);
            finish();
        }
}

static void test_T14_protocols(void **state)
{
    uint8_t body[64] = {0};
    uint32_t id = 1, spi;
    (void)state;
    pair_init(&pr, 263);
    come_up(ISAKMP_EXCH_MAIN, 1);
    spi = child_info(B, first_child(B)).spi_out[0];
    for (unsigned proto = 0; proto < 256; proto++) {
        if (proto == ISAKMP_PROTO_ESP)
            continue;
        put_delete(body, (uint8_t)proto, 4, 1);
        isakmp__put32(body + 8, spi);
        assert_int_equal(inform(id++, ISAKMP_PAYLOAD_DELETE, body, 12), ISAKMP_OK);
        put_delete(body, (uint8_t)proto, 4, ISAKMP_N_RESPONDER_LIFETIME);
        isakmp__put32(body + 8, spi);
        assert_int_equal(inform(id++, ISAKMP_PAYLOAD_NOTIFY, body, 12), ISAKMP_OK);
        assert_true(both_up(1));
    }
    /* The right one, with SPIs of the wrong size, of somebody else, of our own. */
    put_delete(body, ISAKMP_PROTO_ESP, 8, 1);
    isakmp__put32(body + 8, spi);
    assert_int_equal(inform(id++, ISAKMP_PAYLOAD_DELETE, body, 16), ISAKMP_OK);
    put_delete(body, ISAKMP_PROTO_ESP, 4, 2);
    isakmp__put32(body + 8, spi + 1);
    isakmp__put32(body + 12, child_info(B, first_child(B)).spi_in[0]);
    assert_int_equal(inform(id++, ISAKMP_PAYLOAD_DELETE, body, 16), ISAKMP_OK);
    assert_true(both_up(1));
    /* And at last the right one. */
    put_delete(body, ISAKMP_PROTO_ESP, 4, 1);
    assert_int_equal((isakmp__put32(body + 8, spi), inform(id++, ISAKMP_PAYLOAD_DELETE, body, 12)),
                     ISAKMP_OK);
    assert_true(is_up(B, 0));
    finish();
}

/* The ISAKMP SA first, then its children, a notify, and everything again: each payload is looked at on
 * its own, and what has ended is taken apart when the message is through. */
static void test_T25_delete_everything_twice(void **state)
{
    forgery f;
    isakmp_delete sa, child;
    isakmp_notify n;
    uint8_t spi[4];
    (void)state;
    for (int order = 0; order < 2; order++) {
        isakmp__sa *inner;
        pair_init(&pr, 264);
        come_up(ISAKMP_EXCH_MAIN, 1);
        inner = inner_sa(A, first_sa(A));
        memset(&sa, 0, sizeof sa);
        sa.doi = ISAKMP_DOI_IPSEC;
        sa.protocol = ISAKMP_PROTO_ISAKMP;
        sa.spi_size = 16;
        sa.count = 1;
        sa.spis = isakmp__sa_cookies(inner);
        child = sa;
        child.protocol = ISAKMP_PROTO_ESP;
        child.spi_size = 4;
        isakmp__put32(spi, child_info(B, first_child(B)).spi_out[0]);
        child.spis = isakmp__span(spi, 4);
        memset(&n, 0, sizeof n);
        n.doi = ISAKMP_DOI_IPSEC;
        n.protocol = ISAKMP_PROTO_ESP;
        n.type = ISAKMP_N_RESPONDER_LIFETIME;
        n.spi = isakmp__span(spi, 4);
        forge_begin(&f, A, first_sa(A), ISAKMP_EXCH_INFO, 5);
        for (int twice = 0; twice < 2; twice++) {
            isakmp_wr_delete(&f.w, order ? &child : &sa);
            isakmp_wr_delete(&f.w, order ? &sa : &child);
            isakmp_wr_notify(&f.w, &n);
        }
        forge_end(&f);
        assert_int_equal(forge_send(&f, 1), ISAKMP_OK);
        assert_int_equal(stats_of(B).sas + stats_of(B).children + stats_of(B).exchanges, 0);
        assert_int_equal(sad_count(B), 0);
        assert_int_equal(heard(B, ISAKMP_EV_SA_DOWN), 1);
        assert_int_equal(heard(B, ISAKMP_EV_CHILD_DOWN), 1);
        assert_int_equal(heard(B, ISAKMP_EV_NOTIFY), 2);
        assert_int_equal(forge_send(&f, 1), ISAKMP_IGNORED);
        finish();
    }
}

/* Somebody else's SA: one peer cannot delete another's. */
static void test_delete_of_another_peers_sa(void **state)
{
    static isakmp_peer_policy bob;
    isakmp_path path;
    isakmp_sa_id other;
    isakmp_delete d;
    forgery f;
    (void)state;
    pair_init(&pr, 265);
    bob = A->peer;
    bob.my_id.type = ISAKMP_ID_FQDN;
    bob.my_id.data = isakmp__span("bob.example", 11);
    come_up(ISAKMP_EXCH_MAIN, 1);
    path = pair_path(&pr, 0);
    assert_int_equal(isakmp_connect(A->x, pr.now, &bob, &path, ISAKMP_EXCH_MAIN, &other),
                     ISAKMP_OK);
    run_for(100);
    memset(&d, 0, sizeof d);
    d.doi = ISAKMP_DOI_IPSEC;
    d.protocol = ISAKMP_PROTO_ISAKMP;
    d.spi_size = 16;
    d.count = 1;
    d.spis = isakmp__sa_cookies(inner_sa(A, first_sa(A)));
    forge_delete(&f, A, other, 9, &d);
    assert_int_equal(forge_send(&f, 1), ISAKMP_OK);
    assert_int_equal(sas_in(B, ISAKMP_SA_UP), 2);
    assert_int_equal(children_in(B, ISAKMP_CHILD_UP), 1);
    finish();
}

/* ---- T-09: mutations of first messages ----------------------------------------------------------- */

static uint64_t dice = 3;

static unsigned roll(unsigned sides)
{
    dice ^= dice >> 12;
    dice ^= dice << 25;
    dice ^= dice >> 27;
    return (unsigned)((dice * UINT64_C(2685821657736338717)) >> 33) % sides;
}

static size_t mutate(uint8_t *out)
{
    size_t n = first_n;
    memcpy(out, first, n);
    for (unsigned k = roll(4); k < 5; k++) {
        size_t at = roll((unsigned)n);
        switch (roll(5)) {
        case 0:
            out[at] = (uint8_t)roll(256);
            break;
        case 1:
            out[at] = (uint8_t)(out[at] ^ 1u << roll(8));
            break;
        case 2:
            out[at] = (uint8_t)(roll(2) ? 0 : 0xff);
            break;
        case 3:
            n = at > ISAKMP_HEADER_SIZE ? at : n;
            break;
        default:
            memmove(out + at, out + roll((unsigned)n), (n - at) / 2);
        }
    }
    isakmp__put32(out + 24, (uint32_t)n);
    return n;
}

static void test_T09_T22_mutations(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        uint8_t data[PAIR_MTU] = {0};
        cold(exchanges[k]);
        B->reentry = 1;
        for (unsigned i = 0; i < 20000; i++) {
            pair_input(&pr, 1, data, mutate(data));
            if (i % 16 == 0)
                pair_run(&pr, pr.now + 200);
        }
        pr.n_wire = 0;
        run_for(LONG_MS);
        assert_true(pair_is_empty(&pr));
        finish();
    }
}

/* Mutations of every message of a negotiation, one in each run. */
static int vary_at_random(opened *o, unsigned i)
{
    part *p = &o->parts[roll(o->n)];
    if (i >= 40)
        return 0;
    switch (roll(4)) {
    case 0:
        if (p->n)
            p->body[roll((unsigned)p->n)] = (uint8_t)roll(256);
        break;
    case 1:
        p->n = roll((unsigned)p->n + 8);
        break;
    case 2:
        p->type = (uint8_t)roll(256);
        break;
    default:
        if (p->n > 8)
            isakmp__put16(p->body + roll((unsigned)p->n - 2), roll(80));
    }
    return 1;
}

static void test_T09_mutations_with_hash(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 8; round++)
        survive_all(vary_at_random, 1);
}

/* ---- T-74: fragments ------------------------------------------------------------------------------ */

static void test_T74_fragment_first(void **state)
{
    uint8_t data[200];
    isakmp_header h;
    isakmp_writer w;
    isakmp_fragment f;
    (void)state;
    for (unsigned k = 0; k < 4; k++)
        for (size_t n = 0; n < 60; n += 7) {
            static const uint8_t types[] = {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_AGGRESSIVE,
                                            ISAKMP_EXCH_QUICK, ISAKMP_EXCH_INFO};
            cold(ISAKMP_EXCH_MAIN);
            memset(&h, 0, sizeof h);
            memset(h.cky_i, 7, sizeof h.cky_i);
            h.version = 0x10;
            h.exchange = types[k];
            memset(&f, 0, sizeof f);
            f.id = 1;
            f.number = 1;
            f.data = isakmp__span(first, n);
            isakmp_wr_init(&w, data, sizeof data);
            isakmp_wr_header(&w, &h);
            isakmp_wr_fragment(&w, &f);
            assert_int_equal(isakmp_wr_end(&w), ISAKMP_OK);
            assert_int_equal(pair_input(&pr, 1, data, w.len), ISAKMP_IGNORED);
            assert_int_equal(stats_of(B).sas + stats_of(B).exchanges + stats_of(B).packets, 0);
            finish();
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_T01_short_datagrams),
        cmocka_unit_test(test_T01_lengths),
        cmocka_unit_test(test_T01_versions),
        cmocka_unit_test(test_exchange_types),
        cmocka_unit_test(test_headers_of_first_messages),
        cmocka_unit_test(test_T02_doi_and_situation),
        cmocka_unit_test(test_T03_payload_types_in_every_position),
        cmocka_unit_test(test_T03_payload_types_with_hash),
        cmocka_unit_test(test_T03_T04_every_number_in_place_of_each),
        cmocka_unit_test(test_T06_payload_lengths),
        cmocka_unit_test(test_T07_delete_count_times_size),
        cmocka_unit_test(test_T08_huge_lengths),
        cmocka_unit_test(test_T09_T22_mutations),
        cmocka_unit_test(test_T09_mutations_with_hash),
        cmocka_unit_test(test_T10_each_payload_left_out),
        cmocka_unit_test(test_T10_left_out_with_hash),
        cmocka_unit_test(test_each_payload_twice),
        cmocka_unit_test(test_each_payload_empty),
        cmocka_unit_test(test_each_payload_empty_with_hash),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_order_is_free),
        cmocka_unit_test(test_what_is_tolerated),
        cmocka_unit_test(test_T12_vendor_ids_of_every_length),
        cmocka_unit_test(test_T13_number_of_payloads),
        cmocka_unit_test(test_T07_many_spis),
        cmocka_unit_test(test_T14_protocols),
        cmocka_unit_test(test_T25_delete_everything_twice),
        cmocka_unit_test(test_delete_of_another_peers_sa),
        cmocka_unit_test(test_T74_fragment_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
