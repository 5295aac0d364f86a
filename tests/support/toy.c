/* support/toy.c -- see toy.h.  Everything comes from one function that stirs octets into 64 bits;
 * Diffie-Hellman is done modulo a prime of 31 bits and blown up to the size of the group. */
#include <string.h>
#include "toy.h"

/* ---- Stirring ------------------------------------------------------------------------------ */

static uint64_t stir(uint64_t state, uint64_t word)
{
    state = (state ^ word) * 0x9e3779b97f4a7c15u;
    state ^= state >> 29;
    state *= 0xbf58476d1ce4e5b9u;
    return state ^ state >> 32;
}

static uint64_t stir_octets(uint64_t state, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        state = stir(state, 0x100u + p[i]);
    return state;
}

/* Blow a state up to n octets. */
static void draw(uint64_t state, uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)(stir(state, i / 8) >> 8 * (i % 8));
}

/* Count a call; 1 if it is the one that must fail. */
static int fails(toy *t, int function)
{
    t->calls[function]++;
    return ++t->all_calls == t->fail_at;
}

/* ---- Random octets, hash, HMAC ------------------------------------------------------------- */

static int toy_random(void *self, uint8_t *out, size_t n)
{
    toy *t = (toy *)self;
    if (fails(t, TOY_RANDOM))
        return ISAKMP_E_CRYPTO;
    t->seed = stir(t->seed, n);
    draw(t->seed, out, n);
    return ISAKMP_OK;
}

/* The spans one after another: where one ends and the next begins does not show. */
static uint64_t stir_spans(uint64_t state, const isakmp_span *in, size_t n)
{
    for (size_t i = 0; i < n; i++)
        state = stir_octets(state, in[i].p, in[i].n);
    return state;
}

static int toy_hash(void *self, uint16_t hash, const isakmp_span *in, size_t n, uint8_t *out)
{
    toy *t = (toy *)self;
    if (fails(t, TOY_HASH))
        return ISAKMP_E_CRYPTO;
    if (isakmp_hash_size(hash) == 0)
        return ISAKMP_E_ARG;
    draw(stir_spans(hash, in, n), out, isakmp_hash_size(hash));
    return ISAKMP_OK;
}

static int toy_hmac(void *self, uint16_t hash, isakmp_span key, const isakmp_span *in, size_t n,
                    uint8_t *out)
{
    toy *t = (toy *)self;
    uint64_t state;
    if (fails(t, TOY_HMAC))
        return ISAKMP_E_CRYPTO;
    if (isakmp_hash_size(hash) == 0)
        return ISAKMP_E_ARG;
    state = stir(stir_octets(hash + 0x10000u, key.p, key.n), key.n);
    draw(stir_spans(state, in, n), out, isakmp_hash_size(hash));
    if (t->constant_hash)
        memset(out, TOY_CONSTANT, isakmp_hash_size(hash));
    return ISAKMP_OK;
}

/* ---- Cipher -------------------------------------------------------------------------------- */

/* Exclusive-or one block with something made of the key and the IV; the IV becomes the block's
 * ciphertext, as in CBC. */
static void scramble_block(uint64_t key, int encrypt, uint8_t *iv, uint8_t *data, size_t block)
{
    uint8_t stream[ISAKMP_MAX_BLOCK], cipher[ISAKMP_MAX_BLOCK];
    draw(stir_octets(key, iv, block), stream, block);
    memcpy(cipher, data, block);
    for (size_t i = 0; i < block; i++)
        data[i] ^= stream[i];
    memcpy(iv, encrypt ? data : cipher, block);
}

static int toy_cbc(void *self, uint16_t cipher, int encrypt, isakmp_span key, uint8_t *iv,
                   uint8_t *data, size_t n)
{
    toy *t = (toy *)self;
    size_t block = isakmp_cipher_block(cipher);
    uint64_t state = stir_octets(cipher, key.p, key.n);
    if (fails(t, TOY_CBC))
        return ISAKMP_E_CRYPTO;
    if (block == 0 || n % block || key.n == 0 || key.n > ISAKMP_MAX_KEY)
        return ISAKMP_E_ARG;
    for (size_t at = 0; at < n; at += block) {
        if (t->scramble)
            scramble_block(state, encrypt, iv, data + at, block);
        else
            memcpy(iv, data + at, block);
    }
    return ISAKMP_OK;
}

/* ---- Diffie-Hellman ------------------------------------------------------------------------ */

#define PRIME     0x7fffffffu /* 2^31 - 1, of which 7 is a primitive root */
#define GENERATOR 7
#define PRIVATE   8 /* octets of a private value */

static uint64_t power(uint64_t base, uint64_t exponent)
{
    uint64_t r = 1;
    for (; exponent; exponent >>= 1) {
        if (exponent & 1)
            r = r * base % PRIME;
        base = base * base % PRIME;
    }
    return r;
}

/* A string of octets as one number modulo the prime. */
static uint64_t fold(const uint8_t *p, size_t n)
{
    uint64_t r = 0;
    for (size_t i = 0; i < n; i++)
        r = (r * 256 + p[i]) % PRIME;
    return r;
}

/* Octets that look like nothing and fold to a value: those before the last four are free. */
static void unfold(uint64_t value, uint8_t *out, size_t n)
{
    uint64_t last;
    draw(stir(value, n), out, n - 4);
    memset(out + n - 4, 0, 4);
    last = (value + PRIME - fold(out, n)) % PRIME;
    for (size_t i = 0; i < 4; i++)
        out[n - 1 - i] = (uint8_t)(last >> 8 * i);
}

static uint64_t private_value(const uint8_t *priv)
{
    uint64_t x = 0;
    for (size_t i = 0; i < PRIVATE; i++)
        x = x << 8 | priv[i];
    return x;
}

static int make(toy *t, uint16_t group, uint8_t *priv, size_t *priv_n, uint8_t *pub)
{
    if (isakmp_group_size(group) == 0)
        return ISAKMP_E_ARG;
    t->seed = stir(t->seed, group);
    draw(t->seed, priv, PRIVATE);
    priv[0] |= 1; /* not 0 */
    *priv_n = PRIVATE;
    unfold(power(GENERATOR, private_value(priv)), pub, isakmp_group_size(group));
    return ISAKMP_OK;
}

/* Is every octet 0xff? */
static int all_ones(const uint8_t *p, size_t n)
{
    size_t i = 0;
    while (i < n && p[i] == 0xff)
        i++;
    return i == n;
}

static int agree(uint16_t group, isakmp_span priv, isakmp_span peer, uint8_t *out)
{
    uint64_t y;
    if (isakmp_group_size(group) == 0 || priv.n != PRIVATE)
        return ISAKMP_E_ARG;
    if (peer.n != isakmp_group_size(group))
        return ISAKMP_NONE;
    y = fold(peer.p, peer.n);
    if (y == 0 || all_ones(peer.p, peer.n))
        return ISAKMP_NONE;
    unfold(power(y, private_value(priv.p)), out, isakmp_group_secret_size(group));
    return ISAKMP_OK;
}

/* ---- Questions that wait ------------------------------------------------------------------- */

/* The place of the question with a ticket, TOY_PENDING if there is none.  Places are kept in the
 * order of asking. */
static size_t place(const toy *t, uint64_t ticket)
{
    size_t i = 0;
    while (i < TOY_PENDING && t->pending[i].ticket.v != ticket)
        i++;
    return i;
}

static int put_off(toy *t, isakmp_ticket ticket, int function, uint16_t group, isakmp_span priv,
                   isakmp_span peer)
{
    size_t i = place(t, 0);
    toy_question *q = &t->pending[i];
    if (i == TOY_PENDING || ticket.v == 0 || priv.n > sizeof q->priv || peer.n > sizeof q->peer)
        return ISAKMP_E_CRYPTO;
    q->ticket = ticket;
    q->function = function;
    q->group = group;
    q->priv_n = priv.n;
    q->peer_n = peer.n;
    if (priv.n)
        memcpy(q->priv, priv.p, priv.n);
    if (peer.n)
        memcpy(q->peer, peer.p, peer.n);
    return ISAKMP_PENDING;
}

static int answer(toy *t, const toy_question *q, uint8_t *out, size_t *n)
{
    isakmp_span priv = {q->priv, q->priv_n}, peer = {q->peer, q->peer_n};
    uint8_t fresh[ISAKMP_MAX_DH_PRIVATE];
    size_t pub_n = isakmp_group_size(q->group), fresh_n = 0;
    int rc;
    if (q->function == TOY_DH_KEY) {
        *n = isakmp_group_secret_size(q->group);
        return agree(q->group, priv, peer, out);
    }
    rc = make(t, q->group, fresh, &fresh_n, out);
    memcpy(out + pub_n, fresh, fresh_n);
    *n = pub_n + fresh_n;
    return rc;
}

isakmp_ticket toy_dh_waiting(const toy *t)
{
    return t->pending[0].ticket;
}

int toy_dh_answer(toy *t, isakmp_ticket ticket, uint8_t *out, size_t *n)
{
    size_t i = place(t, ticket.v ? ticket.v : t->pending[0].ticket.v);
    int rc;
    *n = 0;
    if (i == TOY_PENDING || t->pending[i].ticket.v == 0)
        return ISAKMP_E_STALE;
    rc = answer(t, &t->pending[i], out, n);
    if (rc != ISAKMP_OK)
        *n = 0;
    memmove(&t->pending[i], &t->pending[i + 1], (TOY_PENDING - 1 - i) * sizeof t->pending[0]);
    memset(&t->pending[TOY_PENDING - 1], 0, sizeof t->pending[0]);
    return rc;
}

static int toy_dh_new(void *self, isakmp_ticket ticket, uint16_t group, uint8_t *priv,
                      size_t *priv_n, uint8_t *pub)
{
    toy *t = (toy *)self;
    isakmp_span none = {NULL, 0};
    if (fails(t, TOY_DH_NEW))
        return ISAKMP_E_CRYPTO;
    if (t->pending_dh)
        return put_off(t, ticket, TOY_DH_NEW, group, none, none);
    return make(t, group, priv, priv_n, pub);
}

static int toy_dh_key(void *self, isakmp_ticket ticket, uint16_t group, isakmp_span priv,
                      isakmp_span peer, uint8_t *out)
{
    toy *t = (toy *)self;
    if (fails(t, TOY_DH_KEY))
        return ISAKMP_E_CRYPTO;
    if (t->pending_dh)
        return put_off(t, ticket, TOY_DH_KEY, group, priv, peer);
    return agree(group, priv, peer, out);
}

/* ---- What it can --------------------------------------------------------------------------- */

static int toy_can(void *self, uint8_t kind, uint16_t id, uint16_t key_bits)
{
    const toy *t = (const toy *)self;
    if (kind > ISAKMP_CAN_GROUP || (id < 32 && t->deny[kind] >> id & 1))
        return 0;
    switch (kind) {
    case ISAKMP_CAN_CIPHER:
        return isakmp_cipher_key(id, key_bits) != 0;
    case ISAKMP_CAN_HASH:
        return isakmp_hash_size(id) != 0;
    case ISAKMP_CAN_GROUP:
        return isakmp_group_size(id) != 0;
    default:
        return 0;
    }
}

void toy_init(toy *t, uint64_t seed)
{
    static const isakmp_crypto table = {
        .size = sizeof table,
        .can = toy_can,
        .random = toy_random,
        .hash = toy_hash,
        .hmac = toy_hmac,
        .cbc = toy_cbc,
        .dh_new = toy_dh_new,
        .dh_key = toy_dh_key,
    };
    memset(t, 0, sizeof *t);
    t->table = table;
    t->table.self = t;
    t->seed = stir(seed, 0x746f79);
}
