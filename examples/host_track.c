/* host_track.c -- following ISAKMP SAs through a capture, so that the IV of every message is known.
 *
 * Each message ID has a chain of its own: the IV of a message is the last ciphertext block of the
 * one before it.  The chain of message ID 0 (phase 1) begins with hash(g^xi | g^xr), any other with
 * hash(last phase 1 block | message ID).  A message that comes again is decrypted with the IV that
 * it had the first time and moves no chain; one that decrypts to nonsense moves none either. */
#include <stdlib.h>
#include <string.h>
#include "host_track.h"

/* A message that was decrypted, to know it when it comes again. */
typedef struct seen {
    struct seen *next;
    uint8_t iv[ISAKMP_MAX_BLOCK];
    size_t n;
    uint8_t bytes[];
} seen;

typedef struct chain {
    struct chain *next;
    uint32_t msg_id;
    uint8_t iv[ISAKMP_MAX_BLOCK];
    seen *messages;
} chain;

typedef struct tracked {
    struct tracked *next;
    uint8_t cky_i[ISAKMP_COOKIE_SIZE];
    uint8_t key[ISAKMP_MAX_KEY];
    size_t key_n; /* 0: no key is known */
    uint16_t cipher, key_bits, hash;
    uint8_t *ke[2]; /* the public values of initiator and responder */
    size_t ke_n[2];
    chain *chains; /* that of phase 1 is the last one: it is made first */
} tracked;

struct host_track {
    const isakmp_crypto *crypto;
    tracked *sas;
};

/* ---- Memory ------------------------------------------------------------------------------- */

host_track *host_track_new(const isakmp_crypto *crypto)
{
    host_track *t = calloc(1, sizeof *t);
    if (t)
        t->crypto = crypto;
    return t;
}

static void free_chain(chain *c)
{
    while (c->messages) {
        seen *next = c->messages->next;
        free(c->messages);
        c->messages = next;
    }
    free(c);
}

static void free_sa(tracked *sa)
{
    while (sa->chains) {
        chain *next = sa->chains->next;
        free_chain(sa->chains);
        sa->chains = next;
    }
    free(sa->ke[0]);
    free(sa->ke[1]);
    free(sa);
}

void host_track_free(host_track *t)
{
    while (t && t->sas) {
        tracked *next = t->sas->next;
        free_sa(t->sas);
        t->sas = next;
    }
    free(t);
}

static tracked *find_sa(const host_track *t, const uint8_t *cky_i)
{
    for (tracked *sa = t->sas; sa; sa = sa->next)
        if (memcmp(sa->cky_i, cky_i, ISAKMP_COOKIE_SIZE) == 0)
            return sa;
    return NULL;
}

static tracked *find_or_make_sa(host_track *t, const uint8_t *cky_i)
{
    tracked *sa = find_sa(t, cky_i);
    if (sa == NULL && (sa = calloc(1, sizeof *sa)) != NULL) {
        memcpy(sa->cky_i, cky_i, ISAKMP_COOKIE_SIZE);
        sa->next = t->sas;
        t->sas = sa;
    }
    return sa;
}

int host_track_key(host_track *t, const uint8_t cky_i[ISAKMP_COOKIE_SIZE], isakmp_span key)
{
    tracked *sa = find_or_make_sa(t, cky_i);
    if (sa == NULL || key.n > sizeof sa->key)
        return -1;
    memcpy(sa->key, key.p, key.n);
    sa->key_n = key.n;
    return 0;
}

/* ---- What phase 1 tells in the clear ------------------------------------------------------- */

static void learn_suite(tracked *sa, isakmp_span body)
{
    isakmp_sa_body payload;
    isakmp_proposal p;
    isakmp_transform tr;
    isakmp_attr a;
    isakmp_reader r;
    if (sa->cipher || isakmp_sa_read(&payload, body) != ISAKMP_OK)
        return;
    r = isakmp_rd(payload.proposals);
    if (isakmp_proposal_next(&r, &p) != ISAKMP_OK)
        return;
    r = isakmp_rd(p.transforms);
    if (isakmp_transform_next(&r, &tr) != ISAKMP_OK)
        return;
    r = isakmp_rd(tr.attrs);
    while (isakmp_attr_next(&r, &a) == ISAKMP_OK) {
        if (a.type == ISAKMP_ATTR_CIPHER)
            sa->cipher = (uint16_t)a.value;
        else if (a.type == ISAKMP_ATTR_HASH)
            sa->hash = (uint16_t)a.value;
        else if (a.type == ISAKMP_ATTR_KEY_LENGTH)
            sa->key_bits = (uint16_t)a.value;
    }
}

/* The initiator's public value comes first, and the responder's is another one. */
static void learn_public_value(tracked *sa, isakmp_span body)
{
    int which = sa->ke[0] != NULL;
    if (sa->ke[1] || (which && sa->ke_n[0] == body.n && memcmp(sa->ke[0], body.p, body.n) == 0))
        return;
    sa->ke[which] = malloc(body.n);
    if (sa->ke[which]) {
        memcpy(sa->ke[which], body.p, body.n);
        sa->ke_n[which] = body.n;
    }
}

static void learn(host_track *t, const isakmp_msg *m)
{
    static const uint8_t none[ISAKMP_COOKIE_SIZE];
    int from_responder = memcmp(m->h.cky_r, none, sizeof none) != 0;
    isakmp_span sa_body = isakmp_msg_find(m, ISAKMP_PAYLOAD_SA, 0);
    isakmp_span ke = isakmp_msg_find(m, ISAKMP_PAYLOAD_KE, 0);
    tracked *sa;
    if (m->h.msg_id != 0 || (sa_body.p == NULL && ke.p == NULL))
        return;
    sa = find_or_make_sa(t, m->h.cky_i);
    if (sa && sa_body.p && from_responder)
        learn_suite(sa, sa_body);
    if (sa && ke.p)
        learn_public_value(sa, ke);
}

/* ---- Chains of IVs ------------------------------------------------------------------------ */

static host_track_result make_iv(const host_track *t, const tracked *sa, isakmp_span first,
                                 isakmp_span second, uint8_t *iv)
{
    uint8_t out[ISAKMP_MAX_HASH];
    isakmp_span in[2];
    in[0] = first;
    in[1] = second;
    if (t->crypto->hash(t->crypto->self, sa->hash, in, 2, out) != ISAKMP_OK)
        return HOST_TRACK_CIPHER;
    memcpy(iv, out, isakmp_cipher_block(sa->cipher));
    return HOST_TRACK_READABLE;
}

static chain *find_chain(const tracked *sa, uint32_t msg_id)
{
    for (chain *c = sa->chains; c; c = c->next)
        if (c->msg_id == msg_id)
            return c;
    return NULL;
}

static chain *add_chain(tracked *sa, uint32_t msg_id, const uint8_t *iv)
{
    chain *c = calloc(1, sizeof *c);
    if (c) {
        c->msg_id = msg_id;
        memcpy(c->iv, iv, sizeof c->iv);
        c->next = sa->chains;
        sa->chains = c;
    }
    return c;
}

/* The first IV of a message ID. */
static host_track_result first_iv(const host_track *t, tracked *sa, uint32_t msg_id, uint8_t *iv)
{
    chain *phase1 = find_chain(sa, 0);
    isakmp_span first = {sa->ke[0], sa->ke_n[0]}, second = {sa->ke[1], sa->ke_n[1]};
    uint8_t id[4] = {(uint8_t)(msg_id >> 24), (uint8_t)(msg_id >> 16), (uint8_t)(msg_id >> 8),
                     (uint8_t)msg_id};
    if (phase1 == NULL) {
        host_track_result rc = make_iv(t, sa, first, second, iv);
        if (rc != HOST_TRACK_READABLE)
            return rc;
        phase1 = add_chain(sa, 0, iv);
    }
    if (phase1 == NULL)
        return HOST_TRACK_NO_START;
    if (msg_id == 0) {
        memcpy(iv, phase1->iv, sizeof phase1->iv);
        return HOST_TRACK_READABLE;
    }
    first.p = phase1->iv;
    first.n = isakmp_cipher_block(sa->cipher);
    second.p = id;
    second.n = sizeof id;
    return make_iv(t, sa, first, second, iv);
}

/* ---- Decryption --------------------------------------------------------------------------- */

static host_track_result can_decrypt(const host_track *t, const tracked *sa)
{
    const isakmp_crypto *c = t->crypto;
    if (sa == NULL || sa->key_n == 0)
        return HOST_TRACK_NO_KEY;
    if (sa->cipher == 0 || sa->ke[1] == NULL)
        return HOST_TRACK_NO_START;
    if (!c->can(c->self, ISAKMP_CAN_HASH, sa->hash, 0))
        return HOST_TRACK_CIPHER;
    if (!c->can(c->self, ISAKMP_CAN_CIPHER, sa->cipher, sa->key_bits))
        return HOST_TRACK_CIPHER;
    if (sa->key_n != isakmp_cipher_key(sa->cipher, sa->key_bits))
        return HOST_TRACK_KEY_SIZE;
    return HOST_TRACK_READABLE;
}

/* Decrypt a message with the IV that is remembered with it.  If no message comes out, m and the
 * bytes are as before. */
static int decrypts(const host_track *t, const tracked *sa, const seen *s, isakmp_msg *m,
                    uint8_t *bytes)
{
    uint8_t iv[ISAKMP_MAX_BLOCK];
    isakmp_span key = {sa->key, sa->key_n};
    memcpy(iv, s->iv, sizeof iv);
    if (t->crypto->cbc(t->crypto->self, sa->cipher, 0, key, iv, bytes + ISAKMP_HEADER_SIZE,
                       s->n - ISAKMP_HEADER_SIZE) == ISAKMP_OK &&
        isakmp_msg_index(m) == ISAKMP_OK && m->count > 0)
        return 1;
    memcpy(bytes, s->bytes, s->n);
    m->count = 0;
    m->detail = ISAKMP_D_NONE;
    return 0;
}

static seen *find_seen(const chain *c, const isakmp_msg *m)
{
    seen *s = c ? c->messages : NULL;
    while (s && (s->n != m->raw.n || memcmp(s->bytes, m->raw.p, s->n) != 0))
        s = s->next;
    return s;
}

static seen *make_seen(const isakmp_msg *m)
{
    seen *s = malloc(sizeof *s + m->raw.n);
    if (s) {
        s->n = m->raw.n;
        memcpy(s->bytes, m->raw.p, m->raw.n);
    }
    return s;
}

/* With the IV of the chain; if that fails as if the chain began here, because some peers begin anew
 * when an Informational Exchange has the message ID of a Quick Mode [RFC2408 3.1, the commit
 * bit]. */
static host_track_result decrypt_new(const host_track *t, tracked *sa, chain *c, seen *s,
                                     isakmp_msg *m, uint8_t *bytes)
{
    host_track_result rc;
    if (c) {
        memcpy(s->iv, c->iv, sizeof s->iv);
        if (decrypts(t, sa, s, m, bytes))
            return HOST_TRACK_READABLE;
    }
    rc = first_iv(t, sa, m->h.msg_id, s->iv);
    if (rc != HOST_TRACK_READABLE)
        return rc;
    return decrypts(t, sa, s, m, bytes) ? HOST_TRACK_READABLE : HOST_TRACK_GARBAGE;
}

/* Remember a message that was decrypted, and move its chain on to its last block of ciphertext. */
static void advance(tracked *sa, seen *s, uint32_t msg_id)
{
    size_t block = isakmp_cipher_block(sa->cipher);
    chain *c = find_chain(sa, msg_id);
    if (c == NULL)
        c = add_chain(sa, msg_id, s->iv);
    if (c == NULL) {
        free(s);
        return;
    }
    memcpy(c->iv, s->bytes + s->n - block, block);
    s->next = c->messages;
    c->messages = s;
}

static host_track_result decrypt(const host_track *t, tracked *sa, isakmp_msg *m, uint8_t *bytes)
{
    size_t n = m->raw.n - ISAKMP_HEADER_SIZE;
    chain *c = find_chain(sa, m->h.msg_id);
    seen *s = find_seen(c, m);
    host_track_result rc;
    if (n == 0 || n % isakmp_cipher_block(sa->cipher))
        return HOST_TRACK_GARBAGE;
    if (s)
        return decrypts(t, sa, s, m, bytes) ? HOST_TRACK_READABLE : HOST_TRACK_GARBAGE;
    s = make_seen(m);
    if (s == NULL)
        return HOST_TRACK_GARBAGE;
    rc = decrypt_new(t, sa, c, s, m, bytes);
    if (rc == HOST_TRACK_READABLE)
        advance(sa, s, m->h.msg_id);
    else
        free(s);
    return rc;
}

host_track_result host_track_message(host_track *t, isakmp_msg *m, uint8_t *bytes)
{
    tracked *sa;
    host_track_result rc;
    if (!(m->h.flags & ISAKMP_FLAG_ENCRYPTION)) {
        learn(t, m);
        return HOST_TRACK_READABLE;
    }
    sa = find_sa(t, m->h.cky_i);
    rc = can_decrypt(t, sa);
    return rc == HOST_TRACK_READABLE ? decrypt(t, sa, m, bytes) : rc;
}

void host_track_cipher(const host_track *t, const isakmp_msg *m, const char **name, size_t *octets)
{
    const tracked *sa = find_sa(t, m->h.cky_i);
    *name = sa ? isakmp_name(ISAKMP_REG_CIPHER, sa->cipher) : NULL;
    *octets = sa ? isakmp_cipher_key(sa->cipher, sa->key_bits) : 0;
}
