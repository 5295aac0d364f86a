/* flow/forge.h -- messages that no engine would send, from somebody who has the keys: the tests look
 * into the contexts, so they can write and open whatever the two peers could.
 *
 *   forgery   a protected message of phase 2, made from nothing;
 *   opened    a message on the wire, decrypted, as a list of payloads that can be changed, and then
 *             protected again as if its sender had meant it. */
#ifndef TESTS_FLOW_FORGE_H
#define TESTS_FLOW_FORGE_H

#include "crypto/keys.h"
#include "exchange/engine.h"
#include "flow/stage.h"

/* ---- Looking into contexts ------------------------------------------------------------------ */

static inline isakmp__sa *inner_sa(const peer *p, isakmp_sa_id id)
{
    isakmp__sa *sa = isakmp__sa_of(p->x, id);
    assert_non_null(sa);
    return sa;
}

/* ---- Made from nothing ---------------------------------------------------------------------- */

typedef struct forgery {
    const peer *keys; /* whose keys are used */
    isakmp__sa *sa;
    isakmp_writer w;
    size_t hash_at, hash_n;
    uint32_t msg_id;
    uint8_t data[PAIR_MTU];
} forgery;

/* Begin: header, and a HASH payload that is filled in at the end. */
static inline void forge_begin(forgery *f, const peer *keys, isakmp_sa_id sa, uint8_t exchange,
                               uint32_t msg_id)
{
    static const uint8_t zeros[ISAKMP_MAX_HASH];
    isakmp_header h;
    memset(f, 0, sizeof *f);
    f->keys = keys;
    f->sa = inner_sa(keys, sa);
    f->msg_id = msg_id;
    f->hash_n = isakmp_hash_size(f->sa->suite->hash);
    memset(&h, 0, sizeof h);
    memcpy(h.cky_i, f->sa->cky_i, sizeof h.cky_i);
    memcpy(h.cky_r, f->sa->cky_r, sizeof h.cky_r);
    h.version = 0x10;
    h.exchange = exchange;
    h.flags = ISAKMP_FLAG_ENCRYPTION;
    h.msg_id = msg_id;
    isakmp_wr_init(&f->w, f->data, sizeof f->data);
    isakmp_wr_header(&f->w, &h);
    f->hash_at = f->w.len + 4;
    isakmp_wr_payload(&f->w, ISAKMP_PAYLOAD_HASH, isakmp__span(zeros, f->hash_n));
}

/* Fill in HASH(1) and encrypt. */
static inline void forge_end(forgery *f)
{
    const isakmp_crypto *c = &f->keys->toy.table;
    size_t after = f->hash_at + f->hash_n, block = isakmp_cipher_block(f->sa->suite->cipher);
    uint8_t iv[ISAKMP_MAX_BLOCK], hash[ISAKMP_MAX_HASH];
    assert_int_equal(isakmp__hash_1(c, f->sa->suite->hash, f->sa->skeyid_a, f->msg_id,
                                    isakmp__span(f->data + after, f->w.len - after), hash),
                     ISAKMP_OK);
    memcpy(f->data + f->hash_at, hash, f->hash_n);
    while ((f->w.len - ISAKMP_HEADER_SIZE) % block)
        isakmp_wr_u8(&f->w, 0);
    assert_int_equal(isakmp_wr_end(&f->w), ISAKMP_OK);
    assert_int_equal(
        isakmp__iv_phase2(c, f->sa->suite->hash, isakmp__span(f->sa->iv, block), f->msg_id, iv),
        ISAKMP_OK);
    assert_int_equal(isakmp__cbc(c, f->sa->suite->cipher, 1, isakmp__cipher_key_of(f->sa), iv,
                                 f->data + ISAKMP_HEADER_SIZE, f->w.len - ISAKMP_HEADER_SIZE),
                     ISAKMP_OK);
}

static inline int forge_send(const forgery *f, int to)
{
    return pair_input(&pr, to, f->data, f->w.len);
}

/* An Informational with one Notify; one with one Delete. */
static inline void forge_notify(forgery *f, const peer *keys, isakmp_sa_id sa, uint32_t msg_id,
                                const isakmp_notify *n)
{
    forge_begin(f, keys, sa, ISAKMP_EXCH_INFO, msg_id);
    isakmp_wr_notify(&f->w, n);
    forge_end(f);
}

static inline void forge_delete(forgery *f, const peer *keys, isakmp_sa_id sa, uint32_t msg_id,
                                const isakmp_delete *d)
{
    forge_begin(f, keys, sa, ISAKMP_EXCH_INFO, msg_id);
    isakmp_wr_delete(&f->w, d);
    forge_end(f);
}

/* ---- Taken from the wire -------------------------------------------------------------------- */

#define MAX_PARTS 16

typedef struct part {
    uint8_t type;
    size_t n;
    uint8_t body[1200];
} part;

typedef struct opened {
    isakmp_header h;
    peer *to;        /* whose context has the keys */
    isakmp__sa *sa;  /* its SA; NULL if it knows none by these cookies */
    isakmp__exch *e; /* its exchange; NULL if the message begins one */
    int encrypted;
    unsigned msg; /* the message's number in its exchange */
    uint8_t iv[ISAKMP_MAX_BLOCK];
    unsigned n;
    part parts[MAX_PARTS];
    size_t patch_at; /* an octet of the finished plaintext to be changed, 0: none */
    uint8_t patch;   /* ... into this */
    uint8_t pad;     /* what padding is made of */
    unsigned more;   /* blocks of padding that need not be there */
} opened;

static inline int read_parts(opened *o, isakmp_span plain)
{
    isakmp_msg m;
    m.raw = plain;
    m.h = o->h;
    if (isakmp_msg_index(&m) != ISAKMP_OK)
        return 0;
    assert_true(m.count <= MAX_PARTS);
    o->n = m.count;
    for (unsigned i = 0; i < m.count; i++) {
        isakmp_span body = isakmp_msg_body(&m, i);
        assert_true(body.n <= sizeof o->parts[i].body);
        o->parts[i].type = m.pl[i].type;
        o->parts[i].n = body.n;
        memcpy(o->parts[i].body, body.p, body.n);
    }
    return 1;
}

/* The chain of IVs where the message begins. */
static inline void find_iv(opened *o)
{
    const isakmp_policy *s = o->sa->suite;
    isakmp_span last = isakmp__span(o->sa->iv, isakmp_cipher_block(s->cipher));
    if (o->e)
        memcpy(o->iv, o->e->iv, sizeof o->iv);
    else
        assert_int_equal(isakmp__iv_phase2(&o->to->toy.table, s->hash, last, o->h.msg_id, o->iv),
                         ISAKMP_OK);
}

static inline void crypt(const opened *o, int encrypt, uint8_t *data, size_t n)
{
    uint8_t iv[ISAKMP_MAX_BLOCK];
    memcpy(iv, o->iv, sizeof iv);
    assert_int_equal(isakmp__cbc(&o->to->toy.table, o->sa->suite->cipher, encrypt,
                                 isakmp__cipher_key_of(o->sa), iv, data, n),
                     ISAKMP_OK);
}

/* Open a message that is about to arrive.  0 if nobody can read it. */
static inline int open_item(opened *o, const wire_item *w)
{
    static uint8_t plain[PAIR_MTU];
    size_t n = w->n - marker_of(w);
    memset(o, 0, sizeof *o);
    memcpy(plain, w->data + marker_of(w), n);
    o->h = header_of(w);
    o->to = &pr.p[1 - w->from];
    o->encrypted = (o->h.flags & ISAKMP_FLAG_ENCRYPTION) != 0;
    o->sa = isakmp__sa_find(o->to->x, &o->h);
    o->e = o->sa ? isakmp__exch_find(o->sa, o->h.msg_id) : NULL;
    o->msg = o->e ? o->e->msg : 1;
    if (o->encrypted) {
        if (o->sa == NULL || !o->sa->keyed)
            return 0;
        find_iv(o);
        crypt(o, 0, plain + ISAKMP_HEADER_SIZE, n - ISAKMP_HEADER_SIZE);
    }
    return read_parts(o, isakmp__span(plain, n));
}

static inline part *find_part(opened *o, uint8_t type, unsigned nth)
{
    for (unsigned i = 0; i < o->n; i++)
        if (o->parts[i].type == type && nth-- == 0)
            return &o->parts[i];
    return NULL;
}

/* Take a payload out; put one in before the ith. */
static inline void drop_part(opened *o, unsigned i)
{
    o->n--;
    memmove(&o->parts[i], &o->parts[i + 1], (o->n - i) * sizeof o->parts[0]);
}

static inline void add_part(opened *o, unsigned i, uint8_t type, const void *body, size_t n)
{
    part *p = &o->parts[i];
    assert_true(o->n < MAX_PARTS && n <= sizeof p->body);
    memmove(p + 1, p, (o->n - i) * sizeof *p);
    o->n++;
    p->type = type;
    p->n = n;
    if (n)
        memcpy(p->body, body, n);
}

static inline void write_parts(isakmp_writer *w, const opened *o, uint8_t *buf, size_t cap)
{
    isakmp_wr_init(w, buf, cap);
    isakmp_wr_header(w, &o->h);
    for (unsigned i = 0; i < o->n; i++)
        isakmp_wr_payload(w, o->parts[i].type, isakmp__span(o->parts[i].body, o->parts[i].n));
}

/* HASH(1), (2) or (3) over the payloads as they are now. */
static inline void hash_phase2(const opened *o, const isakmp_writer *w, uint8_t *out)
{
    const isakmp_crypto *c = &o->to->toy.table;
    size_t after = ISAKMP_HEADER_SIZE + 4 + o->parts[0].n;
    isakmp_span rest = isakmp__span(w->base + after, w->len - after);
    uint16_t hash = o->sa->suite->hash;
    int rc;
    if (o->e == NULL || o->h.exchange == ISAKMP_EXCH_TRANSACTION)
        rc = isakmp__hash_1(c, hash, o->sa->skeyid_a, o->h.msg_id, rest, out);
    else if (o->msg == 2)
        rc = isakmp__hash_2(c, hash, o->sa->skeyid_a, o->h.msg_id, o->e->ni, rest, out);
    else
        rc = isakmp__hash_3(c, hash, o->sa->skeyid_a, o->h.msg_id, o->e->ni, o->e->nr, out);
    assert_int_equal(rc, ISAKMP_OK);
}

/* HASH_I or HASH_R with the identity that stands in the message now. */
static inline void hash_phase1(opened *o, uint8_t *out)
{
    const isakmp__exch *e = o->e;
    isakmp_span cky_i = isakmp__span(o->sa->cky_i, ISAKMP_COOKIE_SIZE);
    isakmp_span cky_r = isakmp__span(o->sa->cky_r, ISAKMP_COOKIE_SIZE);
    const part *id = find_part(o, ISAKMP_PAYLOAD_ID, 0);
    int from_i = !e->initiator;
    isakmp__hash_input in;
    in.g_mine = from_i ? e->g_xi : e->g_xr;
    in.g_other = from_i ? e->g_xr : e->g_xi;
    in.cky_mine = from_i ? cky_i : cky_r;
    in.cky_other = from_i ? cky_r : cky_i;
    in.sai = e->sai;
    in.id = id ? isakmp__span(id->body, id->n) : e->id_peer;
    assert_int_equal(isakmp__hash_phase1(
                         &o->to->toy.table, o->sa->suite->hash,
                         isakmp__span(e->skeyid, isakmp_hash_size(o->sa->suite->hash)), &in, out),
                     ISAKMP_OK);
}

/* Make the HASH payload right again. */
static inline void rehash(opened *o)
{
    uint8_t buf[PAIR_MTU], hash[ISAKMP_MAX_HASH];
    part *p = find_part(o, ISAKMP_PAYLOAD_HASH, 0);
    isakmp_writer w;
    if (p == NULL || !o->encrypted)
        return;
    write_parts(&w, o, buf, sizeof buf);
    if (o->h.msg_id && p == o->parts)
        hash_phase2(o, &w, hash);
    else if (o->h.msg_id == 0)
        hash_phase1(o, hash);
    else
        return;
    p->n = isakmp_hash_size(o->sa->suite->hash);
    memcpy(p->body, hash, p->n);
}

/* Put an opened message back on its way, protected as it was. */
static inline void close_item(const opened *o, wire_item *w)
{
    size_t marker = marker_of(w);
    isakmp_writer out;
    write_parts(&out, o, w->data + marker, sizeof w->data - marker);
    if (o->encrypted) {
        size_t block = isakmp_cipher_block(o->sa->suite->cipher);
        size_t bare = out.len - ISAKMP_HEADER_SIZE;
        size_t whole = (bare + block - 1) / block * block + o->more * block;
        for (size_t i = bare; i < whole; i++)
            isakmp_wr_u8(&out, o->pad);
    }
    assert_int_equal(isakmp_wr_end(&out), ISAKMP_OK);
    if (o->patch_at)
        w->data[marker + o->patch_at] = o->patch;
    w->n = out.len + marker;
    if (o->encrypted)
        crypt(o, 1, w->data + marker + ISAKMP_HEADER_SIZE, out.len - ISAKMP_HEADER_SIZE);
}

#endif
