/* exchange/incoming.c -- a received message against its row: is it the message that the row describes,
 * and is it what its sender wrote?
 *
 * Nothing of the exchange changes here but what the message being read owns: decryption works with a
 * copy of the chain of IVs, and what the chain becomes is kept aside until the message is accepted.
 * What padding holds is never looked at, only that it is not more than a block: HASH does not cover it,
 * and blocks that somebody has added would lead the chain astray.  (Some peers pad whole messages with
 * a whole block.)  Whatever is wrong with an encrypted message, its sender sees the same: silence, or,
 * in phase 1 with keys that prove who their owner is, one and the same notify (see refuse_unproven() in refuse.c). */
#include "base/secret.h"
#include "crypto/keys.h"
#include "engine.h"

/* The responder's cookie, which the second message brings.  The key schedule needs it before the
 * message is accepted, so it is taken at once and given up again if the message is refused. */
int isakmp__brings_cookie(const isakmp__exch *e)
{
    return e->def->phase == 1 && e->initiator && e->msg == 2;
}

static unsigned check_flags(const isakmp__exch *e, const isakmp__row *r, const isakmp_msg *m)
{
    int encrypted = (m->h.flags & ISAKMP_FLAG_ENCRYPTION) != 0;
    if (m->h.flags & ~(unsigned)(ISAKMP_FLAG_ENCRYPTION | ISAKMP_FLAG_COMMIT))
        return ISAKMP_D_FLAGS;
    if (isakmp__brings_cookie(e) &&
        (isakmp__all_zero(m->h.cky_r, sizeof m->h.cky_r) ||
         isakmp__ct_equal(m->h.cky_r, m->h.cky_i, sizeof m->h.cky_r))) /* ours, sent back to us */
        return ISAKMP_D_COOKIE;
    if (encrypted && r->sec == ISAKMP__CLEAR)
        return ISAKMP_D_ENCRYPTED;
    if (!encrypted && r->sec == ISAKMP__ENCRYPTED)
        return ISAKMP_D_NOT_ENCRYPTED;
    if (encrypted && !e->sa->keyed)
        return ISAKMP_D_NOT_UP;
    return ISAKMP_OK;
}

/* Decrypt in place with a copy of the chain; what the chain becomes is kept aside. */
static unsigned decrypt(isakmp_ctx *x, isakmp__exch *e, isakmp_msg *m)
{
    uint8_t *data = (uint8_t *)(uintptr_t)(m->raw.p + ISAKMP_HEADER_SIZE), iv[ISAKMP_MAX_BLOCK];
    size_t n = m->raw.n - ISAKMP_HEADER_SIZE, block = isakmp__block_of(e);
    if (n == 0 || n % block)
        return ISAKMP_D_CIPHERTEXT;
    memcpy(iv, e->iv, sizeof iv);
    memset(e->next_iv, 0, sizeof e->next_iv);
    memcpy(e->next_iv, data + n - block, block);
    if (isakmp__cbc(&x->crypto, e->sa->suite->cipher, 0, isakmp__cipher_key_of(e->sa), iv, data,
                    n) != ISAKMP_OK)
        return ISAKMP_D_CRYPTO;
    return ISAKMP_OK;
}

static const isakmp__rule *rule_for(const isakmp__row *r, uint8_t type)
{
    for (const isakmp__rule *rule = r->rules; rule->type != ISAKMP_PAYLOAD_NONE; rule++)
        if (rule->type == type)
            return rule;
    return NULL;
}

static unsigned count_of(const isakmp_msg *m, uint8_t type)
{
    unsigned n = 0;
    for (unsigned i = 0; i < m->count; i++)
        n += m->pl[i].type == type;
    return n;
}

static int is_allowed(const isakmp_ctx *x, const isakmp__exch *e, uint8_t type)
{
    for (const isakmp_extension *const *p = x->config.extensions; p && *p; p++)
        if ((*p)->allows && (*p)->allows(e, type))
            return 1;
    return 0;
}

/* Private payload types are skipped, whatever they are; others must be in the rules, or an extension
 * vouches for them. */
static unsigned check_rules(const isakmp_ctx *x, const isakmp__exch *e, const isakmp__row *r,
                            const isakmp_msg *m)
{
    for (unsigned i = 0; i < m->count; i++)
        if (m->pl[i].type < 128 && rule_for(r, m->pl[i].type) == NULL &&
            !is_allowed(x, e, m->pl[i].type))
            return ISAKMP_D_PAYLOAD_UNEXPECTED;
    for (unsigned i = 0; r->rules[i].type != ISAKMP_PAYLOAD_NONE; i++) {
        unsigned n = count_of(m, r->rules[i].type);
        if (n < r->rules[i].min)
            return ISAKMP_D_PAYLOAD_MISSING;
        if (n > r->rules[i].max)
            return ISAKMP_D_PAYLOAD_UNEXPECTED;
        if (i < r->lead && m->pl[i].type != r->rules[i].type)
            return ISAKMP_D_PAYLOAD_ORDER;
    }
    return ISAKMP_OK;
}

const isakmp__row *isakmp__row_for(const isakmp__exch *e, const isakmp_msg *m)
{
    isakmp_span sa = isakmp_msg_find(m, ISAKMP_PAYLOAD_SA, 0);
    uint8_t family = e->sa->suite ? 0 : isakmp__auth_family(isakmp__first_offer(sa).auth);
    for (unsigned i = 0; i < e->def->n; i++)
        if (e->def->rows[i].msg == e->msg && e->def->rows[i].auth & family)
            return &e->def->rows[i];
    return isakmp__row_of(e);
}

/* HASH covers the octets as they were received, up to the end of the last payload. */
static unsigned verify_hash(isakmp_ctx *x, const isakmp__exch *e, const isakmp__row *r,
                            const isakmp_msg *m)
{
    uint8_t want[ISAKMP_MAX_HASH];
    isakmp_span got = isakmp_msg_body(m, 0);
    size_t after = (size_t)m->pl[0].off + m->pl[0].len;
    unsigned rc =
        isakmp__compute_hash(x, e, r->hash, isakmp__span(m->raw.p + after, m->end - after), want);
    if (rc != ISAKMP_OK)
        return rc;
    if (got.n != isakmp_hash_size(isakmp__sa_hash(e->sa)) || !isakmp__ct_equal(got.p, want, got.n))
        return ISAKMP_D_HASH;
    return ISAKMP_OK;
}

unsigned isakmp__suspicion(const isakmp__sa *sa)
{
    return isakmp__auth_family(sa->suite->auth) == ISAKMP__AUTH_PSK ? ISAKMP_D_PSK_SUSPECTED
                                                                    : ISAKMP_D_KEY_SUSPECTED;
}

/* What decrypts to nonsense in phase 1 was encrypted with another key: with pre-shared keys, that is
 * what two different ones look like, and so with encrypted nonces. */
static unsigned nonsense(const isakmp__exch *e, unsigned detail)
{
    if (e->def->phase == 1 && isakmp__keys_prove(e->sa->suite->auth))
        return isakmp__suspicion(e->sa);
    return detail;
}

/* What has been decrypted, or was not encrypted. */
static unsigned check_plain(isakmp_ctx *x, const isakmp__exch *e, const isakmp__row *r,
                            isakmp_msg *m)
{
    unsigned rc = ISAKMP_OK;
    if (e->encrypted && isakmp_msg_index(m) != ISAKMP_OK)
        rc = nonsense(e, m->detail);
    if (rc == ISAKMP_OK && e->encrypted && m->raw.n - m->end > isakmp__block_of(e))
        rc = nonsense(e, ISAKMP_D_CIPHERTEXT);
    if (rc == ISAKMP_OK)
        rc = check_rules(x, e, r, m);
    if (rc == ISAKMP_OK && r->hash != ISAKMP__HASH_BY_VERB)
        rc = verify_hash(x, e, r, m);
    return rc;
}

unsigned isakmp__open_message(isakmp_ctx *x, isakmp__exch *e, const isakmp__row *r, isakmp_msg *m)
{
    unsigned rc = check_flags(e, r, m);
    e->encrypted = (m->h.flags & ISAKMP_FLAG_ENCRYPTION) != 0;
    if (rc == ISAKMP_OK && e->encrypted && r->msg == 1 && !e->chained)
        rc = isakmp__begin_iv(x, e);
    if (rc == ISAKMP_OK && e->encrypted)
        rc = decrypt(x, e, m);
    return rc == ISAKMP_OK ? check_plain(x, e, r, m) : rc;
}

/* The chain of its own is tried first; if HASH does not fit, the message is made again what it was, and the
 * other chain is tried.  HASH decides. */
unsigned isakmp__open_in_either_chain(isakmp_ctx *x, isakmp__exch *e, const isakmp__row *r,
                                      isakmp_msg *m)
{
    uint8_t *data = (uint8_t *)(uintptr_t)(m->raw.p + ISAKMP_HEADER_SIZE);
    uint8_t chain[ISAKMP_MAX_BLOCK], own[ISAKMP_MAX_BLOCK];
    unsigned rc = check_flags(e, r, m);
    e->encrypted = 1;
    memcpy(chain, e->iv, sizeof chain);
    if (rc == ISAKMP_OK)
        rc = isakmp__begin_iv(x, e);
    memcpy(own, e->iv, sizeof own);
    if (rc == ISAKMP_OK)
        rc = decrypt(x, e, m);
    memcpy(e->iv, chain, sizeof e->iv);
    if (rc != ISAKMP_OK || (rc = check_plain(x, e, r, m)) == ISAKMP_OK)
        return rc;
    if (isakmp__cbc(&x->crypto, e->sa->suite->cipher, 1, isakmp__cipher_key_of(e->sa), own, data,
                    m->raw.n - ISAKMP_HEADER_SIZE) != ISAKMP_OK)
        return ISAKMP_D_CRYPTO;
    rc = decrypt(x, e, m);
    return rc == ISAKMP_OK ? check_plain(x, e, r, m) : rc;
}
