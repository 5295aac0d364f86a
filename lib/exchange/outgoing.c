/* exchange/outgoing.c -- a message of ours from its row: header and place for HASH, then (after the verbs
 * have written their payloads) HASH, padding, encryption, and away.
 *
 * A stored message goes out as it is, however often: repetitions are octet for octet the same, so
 * that they cannot move the peer's chain of IVs on [RFC2409 App. B]. */
#include "crypto/keys.h"
#include "engine.h"
#include "sa/host.h"

unsigned isakmp__open_tx(isakmp_ctx *x, isakmp__exch *e, const isakmp__row *r)
{
    static const uint8_t zeros[ISAKMP_MAX_HASH];
    isakmp_header h;
    unsigned rc = ISAKMP_OK;
    isakmp__packet_give(x, &e->tx);
    e->tx = isakmp__packet_take(x, e->def->type == ISAKMP_EXCH_INFO);
    if (e->tx == NULL)
        return ISAKMP_D_POOL;
    if (e->msg == 1)
        rc = isakmp__begin_iv(x, e);
    memset(&h, 0, sizeof h);
    memcpy(h.cky_i, e->sa->cky_i, sizeof h.cky_i);
    memcpy(h.cky_r, e->sa->cky_r, sizeof h.cky_r);
    h.version = 0x10;
    h.exchange = e->def->type;
    h.flags = r->sec == ISAKMP__CLEAR ? 0 : ISAKMP_FLAG_ENCRYPTION | isakmp__commit_flag(e);
    h.msg_id = e->msg_id;
    isakmp_wr_init(&e->w, isakmp__packet_data(e->tx), isakmp__packet_cap(x));
    isakmp_wr_header(&e->w, &h);
    if (r->hash != ISAKMP__HASH_BY_VERB) {
        e->hash_at = e->w.len + 4;
        isakmp_wr_payload(&e->w, ISAKMP_PAYLOAD_HASH,
                          isakmp__span(zeros, isakmp_hash_size(isakmp__sa_hash(e->sa))));
    }
    e->is_open = 1;
    return rc;
}

/* Fill in HASH, pad with zeros to whole blocks, encrypt [RFC2409 App. B]. */
unsigned isakmp__seal(isakmp_ctx *x, isakmp__exch *e, const isakmp__row *r)
{
    isakmp_writer *w = &e->w;
    unsigned rc = ISAKMP_OK;
    if (r->hash != ISAKMP__HASH_BY_VERB && !w->fault) {
        size_t after = e->hash_at + isakmp_hash_size(isakmp__sa_hash(e->sa));
        rc = isakmp__compute_hash(x, e, r->hash, isakmp__span(w->base + after, w->len - after),
                                  w->base + e->hash_at);
    }
    if (r->sec != ISAKMP__CLEAR)
        while ((w->len - ISAKMP_HEADER_SIZE) % isakmp__block_of(e) && !w->fault)
            isakmp_wr_u8(w, 0);
    if (isakmp_wr_end(w) != ISAKMP_OK)
        return ISAKMP_D_TOO_LONG;
    if (rc == ISAKMP_OK && r->sec != ISAKMP__CLEAR &&
        isakmp__cbc(&x->crypto, e->sa->suite->cipher, 1, isakmp__cipher_key_of(e->sa), e->iv,
                    w->base + ISAKMP_HEADER_SIZE, w->len - ISAKMP_HEADER_SIZE) != ISAKMP_OK)
        rc = ISAKMP_D_CRYPTO;
    e->tx->n = (uint32_t)w->len;
    return rc;
}

/* When the stored message is repeated next: the wait doubles, with a little jitter so that many
 * exchanges that began together do not stay together. */
isakmp_time isakmp__next_repetition(isakmp_ctx *x, const isakmp__exch *e)
{
    uint64_t wait = x->config.retransmit_ms;
    uint8_t jitter[2] = {0, 0};
    for (unsigned i = 0; i < e->tries && wait < x->config.retransmit_max_ms; i++)
        wait *= 2;
    if (wait > x->config.retransmit_max_ms)
        wait = x->config.retransmit_max_ms;
    (void)isakmp__random(&x->crypto, jitter,
                         sizeof jitter); /* without it there is only no jitter */
    return x->now + wait + isakmp__get16(jitter) % (wait / 10 + 1);
}

void isakmp__send(isakmp_ctx *x, const isakmp__sa *sa, isakmp__packet *p)
{
    for (const isakmp_extension *const *k = x->config.extensions; k && *k; k++)
        if ((*k)->send && (*k)->send(x, sa, p))
            return;
    isakmp__packet_send(x, &sa->path, p);
}

static void send_tx(isakmp_ctx *x, isakmp__exch *e)
{
    uint64_t before = x->stats.octets_out;
    e->sa->sent_ms = (uint32_t)x->now;
    isakmp__send(x, e->sa, e->tx);
    e->sent_n = (uint32_t)(x->stats.octets_out - before);
}

void isakmp__send_tx(isakmp_ctx *x, isakmp__exch *e, const isakmp__row *r)
{
    e->is_open = 0;
    e->room_kept = e->room_n;
    e->n_wanted_kept = e->n_wanted;
    e->asked_kept = e->asked;
    e->repeats = 0;
    e->tries = 0;
    if (e->def->phase == 1)
        memcpy(e->sa->iv, e->iv, sizeof e->iv);
    e->resend_at = r->flags & ISAKMP__F_RETRANSMIT ? isakmp__next_repetition(x, e) : ISAKMP_NEVER;
    isakmp__exch_schedule(x, e);
    isakmp__log(x, ISAKMP_LOG_DEBUG, e->sa, "%s, message %u sent, %u octets", e->def->name, e->msg,
                (unsigned)e->tx->n);
    send_tx(x, e);
}

void isakmp__send_again(isakmp_ctx *x, isakmp__exch *e)
{
    x->stats.retransmissions++;
    send_tx(x, e);
}

void isakmp__exch_repeat(isakmp_ctx *x, isakmp__exch *e)
{
    unsigned most = x->config.reply_tries;
    if (e->msg_id == 0 && !e->initiator && !e->sa->proven && e->sent_n > 3u * e->read_n)
        most = 1; /* certificates for somebody who may not have asked */
    if (e->tx == NULL || e->is_open || e->repeats >= most)
        return;
    e->repeats++;
    isakmp__send_again(x, e);
}
