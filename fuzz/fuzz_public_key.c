/* fuzz_public_key.c -- what is inside the payloads of authentication by public keys.
 *
 * Two peers negotiate over the toy provider and the toy keys of pair.c: with RSA encrypted nonces, in the
 * revised mode, in Huawei's form of it, or with signatures.  What one of them, the victim, receives is
 * opened, changed, and closed again: whoever knows the victim's public key can do that.
 *
 * The input: two octets of switches, one that says when a callback of the victim or its provider fails,
 * then edits, each an octet with the message (3 bits) and the payload (3 bits), an octet with what is
 * done to it, and a piece of data with its length before it.
 *
 * What must hold, whatever is changed:
 *   - the victim comes up only if what counts of the payloads is as it was;
 *   - a message that is refused leaves nothing behind: the true one that follows it is taken, and both
 *     come up;
 *   - what cannot be decrypted shows in nothing: when the victim sends, how much and what, and what its
 *     host hears, is the same as if another nonce had been in it;
 *   - the assertions in pair.c; after everything is closed nothing is left, and wiped arenas are zero. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "crypto/keys.h"
#include "exchange/engine.h"
#include "support/pair.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Switches */
enum {
    METHOD = 3, /* see methods[] */
    HUAWEI = 3,
    AGGRESSIVE = 0x4,
    TO_RESPONDER = 0x8, /* the victim */
    BEFORE = 0x10,      /* the changed message comes before the true one, not in its place */
    PARK = 0x20,        /* every question of the victim is answered later */
    LATE_DH = 0x40,
    REENTRY = 0x80,
    CISCO_A = 0x100,
    CISCO_B = 0x200,
    NAMED_CERT = 0x400, /* HASH(1) */
    CHAIN = 0x800,      /* certificates */
    STRANGER = 0x1000,  /* the victim does not know the peer's key */
    NO_DECOY = 0x2000,
    LONG_KEY = 0x4000, /* AES-256: its key is longer than the hash */
    PSK_TOO = 0x8000   /* a pre-shared key is the second choice, which is longer to offer */
};

/* What is done to a payload: its lowest three bits. */
enum {
    CONTENT = 0, /* other content, padded and encrypted as it should be                          */
    OVER,        /* the data is laid over what is decrypted, from an octet on                     */
    FLIP,        /* an octet of what is decrypted                                                 */
    BODY,        /* another body, as it goes over the wire                                        */
    DROP,
    ADD, /* another payload before it */
    SWAP,
    FIRST, /* it goes to the beginning */
    OPERATION = 7,
    FOLLOW = 8, /* in the revised mode what follows is encrypted with the nonce as it is now      */
    NTH = 0x30  /* which payload of its type                                                      */
};

static const uint16_t methods[] = {ISAKMP_AUTH_RSA_SIG, ISAKMP_AUTH_RSA_ENCR,
                                   ISAKMP_AUTH_RSA_ENCR_REV, ISAKMP_AUTH_RSA_ENCR_REV};
static const uint8_t types[] = {ISAKMP_PAYLOAD_ID,   ISAKMP_PAYLOAD_NONCE,    ISAKMP_PAYLOAD_KE,
                                ISAKMP_PAYLOAD_CERT, ISAKMP_PAYLOAD_CERT_REQ, ISAKMP_PAYLOAD_HASH,
                                ISAKMP_PAYLOAD_SIG,  ISAKMP_PAYLOAD_VENDOR_ID};

#define MAX_EDITS 3
#define MAX_PARTS 20
#define MAX_BODY  700
#define LONG_MS   400000

typedef struct edit {
    unsigned message;
    uint8_t type, how;
    isakmp_span data;
} edit;

static pair pr;
static peer *victim;
static toy tool; /* opens and closes, uncounted */
static unsigned switches, n_edits;
static edit edits[MAX_EDITS];

/* What has become of it. */
static int changed;         /* something that counts                                              */
static int refused;         /* every changed message                                              */
static unsigned injected;   /* messages that have had a changed one before them: a bit for each   */
static const edit *instead; /* what is done in the place of an edit of a nonce: another content   */

/* ---- A message, opened ------------------------------------------------------------------------ */

/* How a payload is encrypted. */
enum {
    CLEAR = 0,
    BLOCK, /* by RSA */
    INNER  /* with the key that is made of the nonce */
};

typedef struct part {
    uint8_t type, kind;
    size_t clear; /* octets of it that are not encrypted */
    size_t n;
    uint8_t body[MAX_BODY];
} part;

typedef struct opened {
    isakmp_header h;
    unsigned message;
    isakmp_span key; /* of an encrypted message */
    uint8_t iv[ISAKMP_MAX_BLOCK];
    unsigned n;
    part parts[MAX_PARTS];
} opened;

static const isakmp_policy *suite(void)
{
    return &pr.p[0].policies[0];
}

static int is_revised(void)
{
    return suite()->auth == ISAKMP_AUTH_RSA_ENCR_REV;
}

/* 0 if it is not of phase 1. */
static unsigned number_of(const isakmp_header *h, int from)
{
    static const uint8_t none[ISAKMP_COOKIE_SIZE];
    int clear = !(h->flags & ISAKMP_FLAG_ENCRYPTION);
    if (from == 0 && memcmp(h->cky_r, none, sizeof none) == 0)
        return 1;
    if (h->exchange == ISAKMP_EXCH_AGGRESSIVE)
        return from ? 2 : 3;
    if (h->exchange != ISAKMP_EXCH_MAIN)
        return 0;
    if (from && h->next == ISAKMP_PAYLOAD_SA && clear)
        return 2;
    return (clear ? 3u : 5u) + (from ? 1u : 0u);
}

static int kind_of(const opened *o, uint8_t type)
{
    if (o->h.flags & ISAKMP_FLAG_ENCRYPTION || suite()->auth == ISAKMP_AUTH_RSA_SIG)
        return CLEAR;
    if (type == ISAKMP_PAYLOAD_NONCE)
        return BLOCK;
    if (!is_revised())
        return type == ISAKMP_PAYLOAD_ID ? BLOCK : CLEAR;
    return type == ISAKMP_PAYLOAD_ID || type == ISAKMP_PAYLOAD_KE || type == ISAKMP_PAYLOAD_CERT
               ? INNER
               : CLEAR;
}

static int is_huawei(void)
{
    return (switches & METHOD) == HUAWEI;
}

/* The message in a block of type 2; empty if there is none that counts. */
static isakmp_span message_of(const part *p)
{
    size_t end = 2;
    isakmp_span s = {p->body, 0};
    while (end < p->n && p->body[end])
        end++;
    if (p->n != PAIR_BLOCK || p->body[0] != 0 || p->body[1] != 2 || end < 10 || end >= p->n)
        return s;
    s.p = p->body + end + 1;
    s.n = p->n - end - 1;
    return s;
}

static part *find_part(opened *o, uint8_t type, unsigned nth)
{
    for (unsigned i = 0; i < o->n; i++)
        if (o->parts[i].type == type && nth-- == 0)
            return &o->parts[i];
    return NULL;
}

static void crypt_block(part *p, int encrypt)
{
    for (size_t i = 0; i < p->n; i++) {
        uint8_t k = pair_key_octet(victim->index, i);
        p->body[i] = (uint8_t)(encrypt ? p->body[i] + k : p->body[i] - k);
    }
}

/* Encrypt or decrypt all that has been encrypted with the key that is made of a nonce. */
static void crypt_inner(opened *o, isakmp_span nonce, int encrypt)
{
    size_t n = isakmp_cipher_key(suite()->cipher, suite()->key_bits);
    isakmp_span cookie = {victim->index ? o->h.cky_i : o->h.cky_r, ISAKMP_COOKIE_SIZE};
    uint8_t key[ISAKMP_MAX_KEY], iv[ISAKMP_MAX_BLOCK] = {0};
    int rc = isakmp__nonce_key(&tool.table, suite()->hash, nonce, cookie, key, n);
    assert(rc == ISAKMP_OK);
    for (unsigned i = 0; i < o->n; i++) {
        part *p = &o->parts[i];
        size_t whole = p->n > p->clear ? p->n - p->clear : 0;
        whole -= whole % isakmp_cipher_block(suite()->cipher);
        if (p->kind != INNER || whole == 0)
            continue;
        if (is_huawei())
            memset(iv, 0, sizeof iv);
        rc = isakmp__cbc(&tool.table, suite()->cipher, encrypt, isakmp__span(key, n), iv,
                         p->body + p->clear, whole);
        assert(rc == ISAKMP_OK);
    }
}

static isakmp_span nonce_of(opened *o)
{
    const part *p = find_part(o, ISAKMP_PAYLOAD_NONCE, 0);
    return p && p->kind == BLOCK ? message_of(p) : isakmp__span(NULL, 0);
}

/* Of what is encrypted as a whole the sender has the key, and the victim the place in the chain. */
static int find_key(opened *o)
{
    const isakmp__sa *from = isakmp__sa_find(pr.p[1 - victim->index].x, &o->h);
    const isakmp__sa *to = isakmp__sa_find(victim->x, &o->h);
    const isakmp__exch *e = to ? isakmp__exch_phase1(to) : NULL;
    if (!(o->h.flags & ISAKMP_FLAG_ENCRYPTION))
        return 1;
    if (from == NULL || !from->keyed || e == NULL)
        return 0;
    o->key = isakmp__cipher_key_of(from);
    memcpy(o->iv, e->iv, sizeof o->iv);
    return 1;
}

static void crypt_all(const opened *o, int encrypt, uint8_t *data, size_t n)
{
    uint8_t iv[ISAKMP_MAX_BLOCK];
    int rc = ISAKMP_OK;
    memcpy(iv, o->iv, sizeof iv);
    if (o->key.n)
        rc = isakmp__cbc(&tool.table, suite()->cipher, encrypt, o->key, iv,
                         data + ISAKMP_HEADER_SIZE, n - ISAKMP_HEADER_SIZE);
    assert(rc == ISAKMP_OK);
}

static int read_parts(opened *o, isakmp_span plain)
{
    isakmp_msg m;
    m.raw = plain;
    m.h = o->h;
    if (isakmp_msg_index(&m) != ISAKMP_OK || m.count > MAX_PARTS)
        return 0;
    for (unsigned i = 0; i < m.count; i++) {
        isakmp_span body = isakmp_msg_body(&m, i);
        part *p = &o->parts[i];
        if (body.n > MAX_BODY)
            return 0;
        p->type = m.pl[i].type;
        p->kind = (uint8_t)kind_of(o, p->type);
        p->clear = p->type == ISAKMP_PAYLOAD_ID && is_huawei() ? 4 : 0;
        p->n = body.n;
        if (body.n)
            memcpy(p->body, body.p, body.n);
    }
    o->n = m.count;
    return 1;
}

/* 0 if nobody can read it. */
static int open_message(opened *o, const uint8_t *data, size_t n)
{
    static uint8_t plain[PAIR_MTU];
    memset(o, 0, sizeof *o);
    memcpy(plain, data, n);
    if (isakmp_header_read(&o->h, isakmp__span(plain, n)) != ISAKMP_OK || !find_key(o))
        return 0;
    o->message = number_of(&o->h, 1 - victim->index);
    crypt_all(o, 0, plain, n);
    if (!read_parts(o, isakmp__span(plain, n)))
        return 0;
    for (unsigned i = 0; i < o->n; i++)
        if (o->parts[i].kind == BLOCK)
            crypt_block(&o->parts[i], 0);
    crypt_inner(o, nonce_of(o), 0);
    return 1;
}

/* Returns its length.
 *   nonce  with which the rest is encrypted in the revised mode. */
static size_t close_message(opened *o, isakmp_span nonce, uint8_t *out)
{
    isakmp_writer w;
    crypt_inner(o, nonce, 1);
    isakmp_wr_init(&w, out, PAIR_MTU);
    isakmp_wr_header(&w, &o->h);
    for (unsigned i = 0; i < o->n; i++) {
        part *p = &o->parts[i];
        if (p->kind == BLOCK)
            crypt_block(p, 1);
        isakmp_wr_payload(&w, p->type, isakmp__span(p->body, p->n));
    }
    while (o->key.n && (w.len - ISAKMP_HEADER_SIZE) % isakmp_cipher_block(suite()->cipher))
        isakmp_wr_u8(&w, 0);
    if (isakmp_wr_end(&w) != ISAKMP_OK)
        return 0;
    crypt_all(o, 1, out, w.len);
    return w.len;
}

/* ---- What counts ------------------------------------------------------------------------------ */

/* HASH(1) only says which key it is. */
static int counts(const opened *o, uint8_t type)
{
    if (type == ISAKMP_PAYLOAD_HASH)
        return o->key.n || (switches & AGGRESSIVE && o->message == 2);
    return type == ISAKMP_PAYLOAD_KE || type == ISAKMP_PAYLOAD_NONCE || type == ISAKMP_PAYLOAD_ID ||
           type == ISAKMP_PAYLOAD_SIG;
}

/* What a payload says when it has been decrypted, and its padding taken off. */
static isakmp_span content_of(const part *p)
{
    size_t pad, block = isakmp_cipher_block(suite()->cipher);
    isakmp_span s = {p->body, p->n};
    if (p->kind == BLOCK)
        return message_of(p);
    if (p->kind == CLEAR || p->n == 0)
        return s;
    pad = p->body[p->n - 1] + (is_huawei() ? 0u : 1u);
    if (p->type == ISAKMP_PAYLOAD_KE)
        s.n = p->n - p->n % block == p->n && p->n > block ? isakmp_group_size(suite()->group) : 0;
    else if (pad <= p->n && pad <= block)
        s.n = p->n - pad;
    return s;
}

/* Is everything that counts in a message as it was in the true one? */
static int says_the_same(opened *a, opened *b)
{
    for (unsigned i = 0; i < sizeof types; i++) {
        const part *p = find_part(a, types[i], 0), *q = find_part(b, types[i], 0);
        if (!counts(a, types[i]))
            continue;
        if ((p == NULL) != (q == NULL))
            return 0;
        if (p && !isakmp__span_equal(content_of(p), content_of(q)))
            return 0;
    }
    return 1;
}

/* ---- Edits ------------------------------------------------------------------------------------ */

static void set_body(part *p, const uint8_t *data, size_t n)
{
    p->n = n < MAX_BODY ? n : MAX_BODY;
    if (p->n)
        memmove(p->body, data, p->n);
}

static void set_content(part *p, isakmp_span data)
{
    size_t block = isakmp_cipher_block(suite()->cipher), most = PAIR_BLOCK - 11;
    if (p->kind == BLOCK) {
        size_t n = data.n < most ? data.n : most, start = PAIR_BLOCK - n;
        memset(p->body, 7, PAIR_BLOCK);
        p->body[0] = p->body[start - 1] = 0;
        p->body[1] = 2;
        p->n = PAIR_BLOCK;
        if (n)
            memcpy(p->body + start, data.p, n);
        return;
    }
    set_body(p, data.p, data.n < MAX_BODY - 2 * block ? data.n : MAX_BODY - 2 * block);
    if (p->kind == INNER) {
        size_t n = p->n, from = n < p->clear ? n : p->clear;
        size_t all = from + ((n - from) / block + 1) * block;
        memset(p->body + n, 0, all - n);
        p->body[all - 1] = (uint8_t)(all - n - (is_huawei() ? 0 : 1));
        p->n = all;
    }
}

static void lay_over(part *p, isakmp_span data, int flip)
{
    for (size_t i = 1; i < data.n && p->n; i++) {
        size_t at = flip ? data.p[0] : (size_t)data.p[0] + i - 1;
        at %= p->n;
        p->body[at] = flip ? p->body[at] ^ data.p[i] : data.p[i];
    }
}

static void drop_part(opened *o, unsigned i)
{
    o->n--;
    memmove(&o->parts[i], &o->parts[i + 1], (o->n - i) * sizeof o->parts[0]);
}

static void add_part(opened *o, unsigned i, uint8_t type, isakmp_span data)
{
    part *p = &o->parts[i];
    if (o->n == MAX_PARTS)
        return;
    memmove(p + 1, p, (o->n - i) * sizeof *p);
    memset(p, 0, sizeof *p);
    o->n++;
    p->type = type;
    p->kind = (uint8_t)kind_of(o, type);
    p->clear = type == ISAKMP_PAYLOAD_ID && is_huawei() ? 4 : 0;
    set_content(p, data);
}

static void move_part(opened *o, unsigned from, unsigned to)
{
    static part moved;
    moved = o->parts[from];
    drop_part(o, from);
    memmove(&o->parts[to + 1], &o->parts[to], (o->n - to) * sizeof moved);
    o->parts[to] = moved;
    o->n++;
}

/* An SA payload stays where it is. */
static void apply(opened *o, const edit *d)
{
    part *p = find_part(o, d->type, (d->how & NTH) >> 4);
    unsigned at = p ? (unsigned)(p - o->parts) : o->n;
    unsigned first = o->n && o->parts[0].type == ISAKMP_PAYLOAD_SA;
    if (p == NULL && (d->how & OPERATION) != ADD)
        return;
    switch (d->how & OPERATION) {
    case CONTENT:
        set_content(p, d->data);
        break;
    case OVER:
    case FLIP:
        lay_over(p, d->data, (d->how & OPERATION) == FLIP);
        break;
    case BODY:
        p->kind = CLEAR;
        set_body(p, d->data.p, d->data.n);
        break;
    case DROP:
        drop_part(o, at);
        break;
    case ADD:
        add_part(o, at, d->type, d->data);
        break;
    case SWAP:
        move_part(o, at, at > first ? at - 1 : at);
        break;
    default:
        move_part(o, at, first);
    }
}

/* Another nonce, or identity, in the place of an edit: good padding, and wrong. */
static void apply_other(opened *o, const edit *d)
{
    part *p = find_part(o, d->type, (d->how & NTH) >> 4);
    if (p && p->kind == BLOCK && p->n)
        p->body[p->n - 1] ^= 1;
}

/* Make all edits of a message.  0 if there is none, or it cannot be opened. */
static int change(wire_item *w)
{
    static opened o;
    uint8_t nonce[PAIR_BLOCK];
    isakmp_span of;
    int follow = 0, any = 0;
    size_t n;
    if (!open_message(&o, w->data, w->n))
        return 0;
    of = nonce_of(&o);
    if (of.n)
        memcpy(nonce, of.p, of.n);
    of.p = nonce;
    for (unsigned i = 0; i < n_edits; i++) {
        if (edits[i].message != o.message)
            continue;
        if (&edits[i] == instead)
            apply_other(&o, &edits[i]);
        else
            apply(&o, &edits[i]);
        follow |= edits[i].how & FOLLOW;
        any = 1;
    }
    n = any ? close_message(&o, follow ? nonce_of(&o) : of, w->data) : 0;
    if (n)
        w->n = n;
    return n != 0;
}

/* ---- On the wire ------------------------------------------------------------------------------ */

static void inject_before(pair *p, const wire_item *copy, unsigned message)
{
    if (injected & 1u << message)
        return;
    injected |= 1u << message;
    refused &= pair_input(p, victim->index, copy->data, copy->n) == ISAKMP_IGNORED;
}

static int tamper(pair *p, wire_item *w)
{
    static wire_item copy;
    static opened was, is;
    if (w->from == victim->index || w->n < ISAKMP_HEADER_SIZE)
        return PAIR_DELIVER;
    copy = *w;
    if (!open_message(&was, w->data, w->n) || was.message == 0 || !change(&copy))
        return PAIR_DELIVER;
    if (switches & BEFORE) {
        inject_before(p, &copy, was.message);
        return PAIR_DELIVER;
    }
    if (!open_message(&is, copy.data, copy.n) || !says_the_same(&was, &is))
        changed = 1;
    *w = copy;
    return PAIR_DELIVER;
}

/* What everybody sees of the victim, and what its host hears. */
typedef struct transcript {
    unsigned n;
    uint32_t seen[512];
} transcript;

static transcript now_seen;

static void note(uint32_t what)
{
    if (now_seen.n < sizeof now_seen.seen / sizeof now_seen.seen[0])
        now_seen.seen[now_seen.n++] = what;
}

static int write_down(pair *p, wire_item *w)
{
    isakmp_span s = {w->data, w->n};
    isakmp_msg m;
    int rc;
    if (w->from != victim->index)
        return PAIR_DELIVER;
    rc = isakmp_msg_parse(&m, s);
    note((uint32_t)p->now);
    note((uint32_t)(w->n << 16 | (unsigned)m.h.exchange << 8 | m.h.flags));
    /* A block that is made up is as long as the one that came, and that may be no identity's length. */
    assert(rc == ISAKMP_OK || switches & NO_DECOY);
    for (unsigned i = 0; rc == ISAKMP_OK && i < m.count; i++)
        note((uint32_t)m.pl[i].type << 16 | m.pl[i].len);
    return PAIR_DELIVER;
}

static void hear(peer *p, const isakmp_event *ev)
{
    if (p != victim)
        return;
    note((uint32_t)ev->type << 16 | ev->why.detail);
    assert(ev->type != ISAKMP_EV_SA_UP || !changed);
}

/* ---- The stage -------------------------------------------------------------------------------- */

static void set_peer(peer *p, int index)
{
    p->config.limits.sas = 2;
    p->config.limits.children = 2;
    p->config.limits.exchanges = 4;
    p->config.limits.max_dh = 96;
    p->config.limits.max_datagram = 2048;
    p->config.retransmit_tries = 2;
    p->policies[0].group = ISAKMP_GROUP_MODP_768;
    p->policies[0].auth = methods[switches & METHOD];
    p->policies[0].key_bits = switches & LONG_KEY ? 256 : 128;
    if (switches & PSK_TOO) {
        p->policies[1] = p->policies[0];
        p->policies[1].priority++;
        p->policies[1].auth = ISAKMP_AUTH_PSK;
        p->peer.n_policies = 2;
    }
    p->peer.flags = is_huawei() ? ISAKMP_PF_HUAWEI_REV : 0;
    if (switches & (index ? CISCO_B : CISCO_A))
        p->peer.flags |= ISAKMP_PF_CISCO_SKEYID;
    p->named_cert = (switches & NAMED_CERT) != 0;
    p->more_certs = switches & CHAIN ? 1 : 0;
    p->reentry = (switches & REENTRY) != 0;
    p->hear_event = hear;
}

static void set_victim(void)
{
    victim->park = (switches & PARK) != 0;
    victim->answer_after = 40;
    victim->toy.pending_dh = (switches & LATE_DH) != 0;
    victim->no_peer_key = (switches & STRANGER) != 0;
    victim->no_decoy = (switches & NO_DECOY) != 0;
    victim->decoy_key = 2;
}

static void set_fault(unsigned fault)
{
    if (fault & 0x80)
        victim->toy.fail_at = victim->toy.all_calls + (fault & 0x7f) + 1;
    else
        victim->fail_at = fault;
}

/* ---- What must hold --------------------------------------------------------------------------- */

/* Nothing stands in the way but what has been changed. */
static int is_honest(unsigned fault)
{
    int same_form = !(switches & CISCO_A) == !(switches & CISCO_B);
    return fault == 0 && !(switches & (STRANGER | PARK)) &&
           (same_form || !(switches & AGGRESSIVE) || (switches & METHOD) == 0);
}

static void check_outcome(unsigned fault)
{
    if (switches & BEFORE && refused && is_honest(fault))
        assert(heard(&pr.p[0], ISAKMP_EV_SA_UP) == 1 && heard(&pr.p[1], ISAKMP_EV_SA_UP) == 1);
}

static void play(unsigned fault, const edit *other)
{
    instead = other;
    changed = 0;
    refused = 1;
    injected = 0;
    memset(&now_seen, 0, sizeof now_seen);
    toy_init(&tool, 0);
    tool.scramble = 1;
    pair_init(&pr, 1);
    victim = &pr.p[switches & TO_RESPONDER ? 1 : 0];
    for (int i = 0; i < 2; i++)
        set_peer(&pr.p[i], i);
    set_victim();
    pr.filter = write_down;
    pr.arrive = tamper;
    pair_start(&pr);
    set_fault(fault);
    pair_connect(&pr, switches & AGGRESSIVE ? ISAKMP_EXCH_AGGRESSIVE : ISAKMP_EXCH_MAIN, 0);
    pair_run(&pr, LONG_MS);
    check_outcome(fault);
    pr.arrive = NULL;
    pair_close(&pr, 0);
    pair_close(&pr, 1);
    pair_run(&pr, pr.now + 1000000000);
    assert(pair_is_empty(&pr));
    assert(pr.p[0].reentry_faults + pr.p[1].reentry_faults == 0);
    pair_end(&pr);
}

/* Is it about the plaintext of one block only, whose content is of no use to the victim?  (What a
 * responder knows of an identity that it can read may show.  Nonces of other lengths are hashed in other
 * ways, so a provider that fails at its Nth call fails elsewhere.) */
static int is_blind(const edit *d, unsigned fault)
{
    unsigned operation = d->how & OPERATION;
    if ((switches & METHOD) == 0 || switches & BEFORE || n_edits != 1 || d->how & (FOLLOW | NTH) ||
        fault)
        return 0;
    if (operation != CONTENT && operation != OVER && operation != FLIP)
        return 0;
    return d->type == ISAKMP_PAYLOAD_NONCE ||
           (d->type == ISAKMP_PAYLOAD_ID && !is_revised() && !(switches & TO_RESPONDER));
}

static void read_edits(isakmp_reader *r)
{
    for (n_edits = 0; n_edits < MAX_EDITS && isakmp_rd_left(r) > 2; n_edits++) {
        edit *d = &edits[n_edits];
        unsigned what = isakmp_rd_u8(r);
        size_t n, left;
        d->message = what & 7;
        d->type = types[what >> 3 & 7];
        d->how = isakmp_rd_u8(r);
        n = isakmp_rd_u8(r);
        n += what & 0x40 ? 256u : 0u;
        left = isakmp_rd_left(r);
        d->data = isakmp_rd_bytes(r, n < left ? n : left);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static transcript seen;
    isakmp_reader r = isakmp_rd(isakmp__span(data, n));
    unsigned fault;
    switches = isakmp_rd_u16(&r);
    fault = isakmp_rd_u8(&r);
    read_edits(&r);
    play(fault, NULL);
    if (!is_blind(edits, fault) || !changed)
        return 0;
    seen = now_seen;
    play(fault, edits);
    assert(memcmp(&seen, &now_seen, sizeof seen) == 0);
    return 0;
}
