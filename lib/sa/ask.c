/* sa/ask.c -- ASK: questions to the host and the provider that may be answered later; and the one thing
 * that is told in the form of a question.
 *
 * A verb asks through one of these functions.  If the callback returns ISAKMP_PENDING the exchange
 * is parked on that verb; isakmp_answer() runs the verb again, and this time the same function
 * returns the answer without asking.  So a verb that asks must come to its question on the same way
 * both times, and an exchange has one open question at most. */
#include "base/secret.h"
#include "crypto/keys.h"
#include "host.h"

/* Has the open question of this kind just been answered?  Then rc is what the callback would have
 * returned, and the question is closed. */
static int is_answered(isakmp_ctx *x, isakmp__exch *e, isakmp__ask kind, int *rc)
{
    if (x->answer.exch != e || e->ask != kind)
        return 0;
    *rc = x->answer.rc;
    x->answer.exch = NULL;
    e->ask = ISAKMP__ASK_NONE;
    e->ticket = 0;
    return 1;
}

/* A ticket: serial number << 32 | index of the exchange, so that its owner is found at once. */
static isakmp_ticket open_question(isakmp_ctx *x, isakmp__exch *e, isakmp__ask kind)
{
    isakmp_ticket t;
    x->last_ticket++;
    t.v = x->last_ticket << 32 | isakmp__pool_index(&x->exchs, e);
    e->ask = (uint8_t)kind;
    e->ticket = t.v;
    return t;
}

/* What a callback returned: unless it is pending the question is closed again. */
static int close_question(isakmp__exch *e, int rc)
{
    if (rc == ISAKMP_PENDING)
        return rc;
    e->ask = ISAKMP__ASK_NONE;
    e->ticket = 0;
    return rc;
}

static isakmp_query query_of(const isakmp_ctx *x, const isakmp__exch *e)
{
    isakmp_query q;
    memset(&q, 0, sizeof q);
    q.sa = isakmp__sa_id(x, e->sa);
    q.path = &e->sa->path;
    q.exchange = e->sa->exchange;
    q.initiator = e->sa->initiator;
    q.policy = e->sa->policy;
    if (e->msg_id) /* after phase 1 */
        q.peer_id = isakmp__sa_peer_id(e->sa);
    else if (e->id_peer.n)
        isakmp_id_read(&q.peer_id, e->id_peer);
    else if (e->owner.n)
        isakmp_id_read(&q.peer_id, e->owner);
    else if (q.initiator && q.policy)
        q.peer_id = q.policy->peer_id;
    q.wanted = e->wanted;
    q.n_wanted = e->n_wanted;
    q.user = isakmp__sa_user(x, e->sa);
    return q;
}

int isakmp__ask_peer(isakmp_ctx *x, isakmp__exch *e, const isakmp_peer_policy **out)
{
    isakmp_query q = query_of(x, e);
    isakmp_ticket t;
    int rc;
    if (is_answered(x, e, ISAKMP__ASK_PEER, &rc)) {
        *out = (const isakmp_peer_policy *)x->answer.value;
        return rc;
    }
    if (x->host.find_peer == NULL)
        return ISAKMP_NONE;
    t = open_question(x, e, ISAKMP__ASK_PEER);
    return close_question(e, x->host.find_peer(x->host.user, t, &q, out));
}

int isakmp__ask_psk(isakmp_ctx *x, isakmp__exch *e, uint8_t *key, size_t *n)
{
    isakmp_query q = query_of(x, e);
    isakmp_ticket t;
    int rc;
    if (is_answered(x, e, ISAKMP__ASK_PSK, &rc)) {
        *n = x->answer.n;
        if (rc == ISAKMP_OK)
            memcpy(key, x->answer.value, *n);
        return rc;
    }
    if (x->host.get_psk == NULL)
        return ISAKMP_NONE;
    t = open_question(x, e, ISAKMP__ASK_PSK);
    rc = close_question(e, x->host.get_psk(x->host.user, t, &q, key, ISAKMP_MAX_PSK, n));
    return rc == ISAKMP_OK && (*n == 0 || *n > ISAKMP_MAX_PSK) ? ISAKMP_E_HOST : rc;
}

int isakmp__ask_child(isakmp_ctx *x, isakmp__exch *e, const isakmp_selector *local,
                      const isakmp_selector *remote, const isakmp_child_policy **out)
{
    isakmp_ticket t;
    int rc;
    if (is_answered(x, e, ISAKMP__ASK_CHILD, &rc)) {
        *out = (const isakmp_child_policy *)x->answer.value;
        return rc;
    }
    if (x->host.find_child == NULL)
        return ISAKMP_NONE;
    t = open_question(x, e, ISAKMP__ASK_CHILD);
    return close_question(
        e, x->host.find_child(x->host.user, t, isakmp__sa_id(x, e->sa), local, remote, out));
}

int isakmp__ask_spi(isakmp_ctx *x, isakmp__exch *e, uint8_t proto, uint32_t *spi)
{
    isakmp_ticket t;
    int rc;
    if (is_answered(x, e, ISAKMP__ASK_SPI, &rc)) {
        if (rc == ISAKMP_OK)
            memcpy(spi, x->answer.value, sizeof *spi);
        return rc;
    }
    if (x->host.get_spi == NULL)
        return isakmp__child_pick_spi(x, e->child, spi);
    t = open_question(x, e, ISAKMP__ASK_SPI);
    return close_question(e, x->host.get_spi(x->host.user, t, isakmp__child_id(x, e->child), proto,
                                             &e->sa->path, spi));
}

/* ---- Public keys --------------------------------------------------------------------------- */

int isakmp__can_verify(const isakmp_ctx *x)
{
    return x->host.get_credentials && x->host.verify;
}

int isakmp__can_encrypt(const isakmp_ctx *x)
{
    return x->host.encrypt && x->host.decrypt;
}

int isakmp__can_learn(const isakmp_ctx *x)
{
    return x->host.learn != NULL;
}

/* A method without its callbacks cannot be used. */
static uint32_t served(const isakmp_ctx *x)
{
    const uint32_t encr =
        isakmp__auth_bit(ISAKMP_AUTH_RSA_ENCR) | isakmp__auth_bit(ISAKMP_AUTH_RSA_ENCR_REV);
    return (x->host.sign && x->host.verify ? ~encr : 0) | (isakmp__can_encrypt(x) ? encr : 0);
}

int isakmp__ask_credentials(isakmp_ctx *x, isakmp__exch *e, uint16_t auth, isakmp_credentials *out)
{
    isakmp_query q = query_of(x, e);
    isakmp_ticket t;
    int rc;
    memset(out, 0, sizeof *out);
    if (is_answered(x, e, ISAKMP__ASK_CREDENTIALS, &rc)) {
        if (rc == ISAKMP_OK)
            memcpy(out, x->answer.value, sizeof *out);
    } else {
        if (x->host.get_credentials == NULL)
            return ISAKMP_NONE;
        t = open_question(x, e, ISAKMP__ASK_CREDENTIALS);
        rc = close_question(e, x->host.get_credentials(x->host.user, t, &q, auth, out));
    }
    out->methods &= served(x);
    return rc;
}

int isakmp__ask_sign(isakmp_ctx *x, isakmp__exch *e, isakmp_span hash, uint8_t *sig, size_t cap,
                     size_t *n)
{
    isakmp_query q = query_of(x, e);
    isakmp_ticket t;
    int rc;
    if (is_answered(x, e, ISAKMP__ASK_SIGN, &rc)) {
        *n = x->answer.n;
        if (rc == ISAKMP_OK && *n <= cap)
            memcpy(sig, x->answer.value, *n);
    } else {
        t = open_question(x, e, ISAKMP__ASK_SIGN);
        rc = close_question(e,
                            x->host.sign(x->host.user, t, &q, isakmp__auth_base(e->sa->suite->auth),
                                         hash, sig, cap, n));
    }
    return rc == ISAKMP_OK && (*n == 0 || *n > cap) ? ISAKMP_E_HOST : rc;
}

int isakmp__ask_verify(isakmp_ctx *x, isakmp__exch *e, const isakmp_proof *p, uint16_t *why)
{
    isakmp_query q = query_of(x, e);
    isakmp_ticket t;
    int rc;
    if (is_answered(x, e, ISAKMP__ASK_VERIFY, &rc)) {
        if (rc == ISAKMP_NONE && x->answer.n == sizeof *why)
            memcpy(why, x->answer.value, sizeof *why);
        return rc;
    }
    t = open_question(x, e, ISAKMP__ASK_VERIFY);
    return close_question(e, x->host.verify(x->host.user, t, &q, p, why));
}

int isakmp__ask_encrypt(isakmp_ctx *x, isakmp__exch *e, const isakmp_plain *p, uint8_t *out,
                        size_t cap, size_t *n)
{
    isakmp_query q = query_of(x, e);
    isakmp_ticket t;
    int rc;
    *n = 0;
    if (is_answered(x, e, ISAKMP__ASK_ENCRYPT, &rc)) {
        *n = rc == ISAKMP_OK || rc == ISAKMP_NONE ? x->answer.n : 0;
        if (*n && *n <= cap)
            memcpy(out, x->answer.value, *n);
    } else {
        t = open_question(x, e, ISAKMP__ASK_ENCRYPT);
        rc = close_question(e, x->host.encrypt(x->host.user, t, &q, p, out, cap, n));
    }
    if ((rc == ISAKMP_OK && *n == 0) || (rc >= ISAKMP_OK && rc != ISAKMP_PENDING && *n > cap))
        return ISAKMP_E_HOST;
    return rc;
}

int isakmp__ask_decrypt(isakmp_ctx *x, isakmp__exch *e, const isakmp_sealed *s, uint8_t *block,
                        size_t cap, size_t *n)
{
    isakmp_query q = query_of(x, e);
    isakmp_ticket t;
    int rc;
    if (is_answered(x, e, ISAKMP__ASK_DECRYPT, &rc)) {
        *n = x->answer.n;
        if (rc == ISAKMP_OK && *n <= cap)
            memcpy(block, x->answer.value, *n);
    } else {
        t = open_question(x, e, ISAKMP__ASK_DECRYPT);
        rc = close_question(e, x->host.decrypt(x->host.user, t, &q, s, block, cap, n));
    }
    return rc == ISAKMP_OK && (*n == 0 || *n > cap) ? ISAKMP_E_HOST : rc;
}

void isakmp__tell_learn(isakmp_ctx *x, const isakmp__exch *e, const isakmp_cert *certs, size_t n)
{
    isakmp_query q = query_of(x, e);
    if (isakmp__can_learn(x))
        x->host.learn(x->host.user, &q, certs, n);
}

/* ---- Mode Config ---------------------------------------------------------------------------- */

int isakmp__can_assign(const isakmp_ctx *x)
{
    return x->host.assign != NULL;
}

int isakmp__ask_assign(isakmp_ctx *x, isakmp__exch *e, const isakmp_assignment *a,
                       isakmp_writer *out)
{
    isakmp_query q = query_of(x, e);
    isakmp_ticket t;
    int rc;
    if (is_answered(x, e, ISAKMP__ASK_ASSIGN, &rc)) {
        if (rc == ISAKMP_OK)
            isakmp_wr_bytes(out, isakmp__span(x->answer.value, x->answer.n));
        return rc;
    }
    t = open_question(x, e, ISAKMP__ASK_ASSIGN);
    return close_question(e, x->host.assign(x->host.user, t, &q, a, out));
}

/* ---- XAUTH --------------------------------------------------------------------------------- */

/* What has been answered later; it may be nothing. */
static void take_words(const isakmp_ctx *x, isakmp_user *out)
{
    if (x->answer.n)
        memcpy(out, x->answer.value, sizeof *out);
}

int isakmp__ask_get_user(isakmp_ctx *x, isakmp__exch *e, const isakmp_user *asked, isakmp_user *out)
{
    isakmp_query q = query_of(x, e);
    isakmp_ticket t;
    int rc;
    memset(out, 0, sizeof *out);
    if (is_answered(x, e, ISAKMP__ASK_GET_USER, &rc)) {
        take_words(x, out);
        return rc;
    }
    if (x->host.get_user == NULL)
        return ISAKMP_NONE;
    t = open_question(x, e, ISAKMP__ASK_GET_USER);
    return close_question(e, x->host.get_user(x->host.user, t, &q, asked, out));
}

int isakmp__ask_check_user(isakmp_ctx *x, isakmp__exch *e, const isakmp_user *got, isakmp_user *out)
{
    isakmp_query q = query_of(x, e);
    isakmp_ticket t;
    int rc;
    memset(out, 0, sizeof *out);
    if (is_answered(x, e, ISAKMP__ASK_CHECK_USER, &rc)) {
        take_words(x, out);
        return rc;
    }
    if (x->host.check_user == NULL)
        return ISAKMP_NONE;
    t = open_question(x, e, ISAKMP__ASK_CHECK_USER);
    return close_question(e, x->host.check_user(x->host.user, t, &q, got, out));
}

/* ---- Diffie-Hellman ------------------------------------------------------------------------ */

int isakmp__ask_dh_new(isakmp_ctx *x, isakmp__exch *e, uint8_t *priv, size_t *priv_n, uint8_t *pub)
{
    size_t size = isakmp_group_size(e->group);
    isakmp_ticket t;
    int rc;
    if (is_answered(x, e, ISAKMP__ASK_DH_NEW, &rc)) {
        if (rc == ISAKMP_OK) {
            *priv_n = x->answer.n - size;
            memcpy(pub, x->answer.value, size);
            memcpy(priv, (const uint8_t *)x->answer.value + size, *priv_n);
        }
        return rc;
    }
    t = open_question(x, e, ISAKMP__ASK_DH_NEW);
    rc = close_question(e, isakmp__dh_new(&x->crypto, t, e->group, priv, priv_n, pub));
    return rc == ISAKMP_OK && *priv_n > ISAKMP_MAX_DH_PRIVATE ? ISAKMP_E_CRYPTO : rc;
}

int isakmp__ask_dh_key(isakmp_ctx *x, isakmp__exch *e, isakmp_span peer, uint8_t *out)
{
    isakmp_ticket t;
    int rc;
    if (is_answered(x, e, ISAKMP__ASK_DH_KEY, &rc)) {
        if (rc == ISAKMP_OK && isakmp__ct_zero((const uint8_t *)x->answer.value, x->answer.n))
            return ISAKMP_NONE;
        if (rc == ISAKMP_OK)
            memcpy(out, x->answer.value, x->answer.n);
        return rc;
    }
    t = open_question(x, e, ISAKMP__ASK_DH_KEY);
    return close_question(e, isakmp__dh_key(&x->crypto, t, e->group, e->priv, peer, out));
}

/* ---- Tunnel Endpoint Discovery -------------------------------------------------------------- */

int isakmp__ask_ted(isakmp_ctx *x, const isakmp_path *path, const isakmp_selector *local,
                    const isakmp_selector *remote, isakmp_ted_answer *out)
{
    int rc;
    memset(out, 0, sizeof *out);
    if (x->host.find_ted == NULL)
        return ISAKMP_NONE;
    rc = x->host.find_ted(x->host.user, path, local, remote, out);
    return rc == ISAKMP_OK || rc == ISAKMP_NONE ? rc : ISAKMP_E_HOST;
}

/* ---- Late answers -------------------------------------------------------------------------- */

int isakmp__answer_fits(const isakmp__exch *e, int rc, const void *value, size_t n)
{
    size_t size = isakmp_group_size(e->group);
    if (rc == ISAKMP_PENDING || (rc > 0 && rc != ISAKMP_NONE))
        return 0;
    if (e->ask == ISAKMP__ASK_VERIFY)
        return rc != ISAKMP_NONE || n == 0 || (value && n == sizeof(uint16_t));
    if (e->ask == ISAKMP__ASK_ENCRYPT && rc == ISAKMP_NONE)
        return n <= ISAKMP_MAX_SIGNATURE && (value || n == 0);
    if (e->ask == ISAKMP__ASK_CHECK_USER)
        return rc < 0 || n == 0 || (value && n == sizeof(isakmp_user));
    if (rc != ISAKMP_OK)
        return 1;
    if (value == NULL)
        return 0;
    switch (e->ask) {
    case ISAKMP__ASK_PSK:
        return n > 0 && n <= ISAKMP_MAX_PSK;
    case ISAKMP__ASK_SPI:
        return n == sizeof(uint32_t);
    case ISAKMP__ASK_CREDENTIALS:
        return n == sizeof(isakmp_credentials);
    case ISAKMP__ASK_GET_USER:
        return n == sizeof(isakmp_user);
    case ISAKMP__ASK_DH_NEW:
        return n > size && n - size <= ISAKMP_MAX_DH_PRIVATE;
    case ISAKMP__ASK_SIGN:
    case ISAKMP__ASK_ENCRYPT:
    case ISAKMP__ASK_DECRYPT:
        return n > 0 && n <= ISAKMP_MAX_SIGNATURE;
    case ISAKMP__ASK_ASSIGN:
        return n <= ISAKMP_MAX_CFG;
    case ISAKMP__ASK_DH_KEY:
        return n == isakmp_group_secret_size(e->group);
    default:
        return 1;
    }
}
