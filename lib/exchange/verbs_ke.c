/* exchange/verbs_ke.c -- phase 1: public values, nonces, and the keys that follow from them
 * [RFC2409 5]. */
#include "base/fingerprint.h"
#include "base/secret.h"
#include "crypto/keys.h"
#include "kex.h"
#include "row.h"
#include "sa/host.h"

isakmp_span *isakmp__own_ke(isakmp__exch *e)
{
    return e->initiator ? &e->g_xi : &e->g_xr;
}

isakmp_span *isakmp__peer_ke(isakmp__exch *e)
{
    return e->initiator ? &e->g_xr : &e->g_xi;
}

/* The room is taken before the question is asked; if the answer comes later it is given up, and taken
 * again when the verb runs again. */
unsigned isakmp__make_ke(isakmp_ctx *x, isakmp__exch *e)
{
    uint8_t priv[ISAKMP_MAX_DH_PRIVATE];
    size_t size = isakmp_group_size(e->group), priv_n = 0;
    uint32_t before = e->room_n;
    uint8_t *pub = isakmp__exch_room(e, size);
    unsigned rc;
    int answer;
    if (pub == NULL)
        return ISAKMP_D_TOO_LONG;
    answer = isakmp__ask_dh_new(x, e, priv, &priv_n, pub);
    if (answer == ISAKMP_OK) {
        *isakmp__own_ke(e) = isakmp__span(pub, size);
        rc = isakmp__exch_store(e, &e->priv, isakmp__span(priv, priv_n));
    } else {
        e->room_n = before;
        rc = answer == ISAKMP_PENDING ? (unsigned)ISAKMP_PENDING : (unsigned)ISAKMP_D_CRYPTO;
    }
    isakmp__wipe(priv, sizeof priv);
    return rc;
}

unsigned isakmp__take_ke(isakmp__exch *e)
{
    isakmp_span body = isakmp_msg_find(e->in, ISAKMP_PAYLOAD_KE, 0), own = *isakmp__own_ke(e);
    if (body.n != isakmp_group_size(e->group))
        return ISAKMP_D_KE_LENGTH;
    if (own.n == body.n && isakmp__ct_equal(body.p, own.p, own.n)) /* our own, sent back to us */
        return ISAKMP_D_KE_VALUE;
    return isakmp__exch_store(e, isakmp__peer_ke(e), body);
}

unsigned isakmp__derive_secret(isakmp_ctx *x, isakmp__exch *e)
{
    size_t size = isakmp_group_secret_size(e->group);
    uint32_t before = e->room_n;
    uint8_t *secret = isakmp__exch_room(e, size);
    int answer;
    if (secret == NULL)
        return ISAKMP_D_TOO_LONG;
    answer = isakmp__ask_dh_key(x, e, *isakmp__peer_ke(e), secret);
    if (answer != ISAKMP_OK) {
        e->room_n = before;
        if (answer == ISAKMP_PENDING)
            return ISAKMP_PENDING;
        return answer == ISAKMP_NONE ? ISAKMP_D_KE_VALUE : ISAKMP_D_CRYPTO;
    }
    e->g_xy = isakmp__span(secret, size);
    return ISAKMP_OK;
}

/* ---- Verbs ---------------------------------------------------------------------------------- */

static unsigned make_ke(isakmp_ctx *x, isakmp__exch *e)
{
    return isakmp__make_ke(x, e);
}
ISAKMP__DEFINE_VERB(make_ke);

static unsigned put_ke(isakmp_ctx *x, isakmp__exch *e)
{
    (void)x;
    isakmp_wr_payload(&e->w, ISAKMP_PAYLOAD_KE, *isakmp__own_ke(e));
    return ISAKMP_OK;
}
ISAKMP__DEFINE_PUT_VERB(put_ke, ISAKMP_PAYLOAD_KE);

static unsigned take_ke(isakmp_ctx *x, isakmp__exch *e)
{
    (void)x;
    return isakmp__take_ke(e);
}
ISAKMP__DEFINE_VERB(take_ke);

static unsigned put_nonce(isakmp_ctx *x, isakmp__exch *e)
{
    uint8_t nonce[ISAKMP_NONCE_SIZE];
    if (isakmp__random(&x->crypto, nonce, sizeof nonce) != ISAKMP_OK)
        return ISAKMP_D_CRYPTO;
    isakmp_wr_payload(&e->w, ISAKMP_PAYLOAD_NONCE, isakmp__span(nonce, sizeof nonce));
    return isakmp__exch_store(e, e->initiator ? &e->ni : &e->nr, isakmp__span(nonce, sizeof nonce));
}
ISAKMP__DEFINE_PUT_VERB(put_nonce, ISAKMP_PAYLOAD_NONCE);

static unsigned take_nonce(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp_span body = isakmp_msg_find(e->in, ISAKMP_PAYLOAD_NONCE, 0);
    (void)x;
    if (body.n < 8 || body.n > 256)
        return ISAKMP_D_NONCE_LENGTH;
    return isakmp__exch_store(e, e->initiator ? &e->nr : &e->ni, body);
}
ISAKMP__DEFINE_VERB(take_nonce);

/* In the revised mode a public value that cannot be is what decryption with a wrong key gives: that must
 * not show before HASH does (see verbs_pke.c). */
static unsigned derive_secret(isakmp_ctx *x, isakmp__exch *e)
{
    unsigned rc = isakmp__derive_secret(x, e);
    size_t size = isakmp_group_secret_size(e->group);
    uint8_t *secret;
    if (rc != ISAKMP_D_KE_VALUE || isakmp__auth_family(e->sa->suite->auth) != ISAKMP__AUTH_REV)
        return rc;
    secret = isakmp__exch_room(e, size);
    if (secret == NULL)
        return ISAKMP_D_TOO_LONG;
    e->g_xy = isakmp__span(secret, size);
    return isakmp__random(&x->crypto, secret, size) == ISAKMP_OK ? ISAKMP_OK
                                                                 : (unsigned)ISAKMP_D_CRYPTO;
}
ISAKMP__DEFINE_VERB(derive_secret);

static int derive_skeyid(isakmp_ctx *x, isakmp__exch *e, int as_cisco, uint8_t *skeyid)
{
    const isakmp_crypto *c = &x->crypto;
    uint16_t hash = isakmp__sa_hash(e->sa);
    isakmp_span cookies = isakmp__sa_cookies(e->sa);
    switch (isakmp__auth_family(e->sa->suite->auth)) {
    case ISAKMP__AUTH_PSK:
        return isakmp__skeyid_psk(c, hash, e->psk, e->ni, e->nr, skeyid);
    case ISAKMP__AUTH_SIG:
    case ISAKMP__AUTH_HYI:
    case ISAKMP__AUTH_HYR:
        return isakmp__skeyid_sig(c, hash, e->ni, e->nr, e->g_xy, skeyid);
    default:
        return as_cisco ? isakmp__skeyid_pke_cisco(c, hash, e->ni, e->nr, cookies, skeyid)
                        : isakmp__skeyid_pke(c, hash, e->ni, e->nr, cookies, skeyid);
    }
}

/* What tells two peers of one name apart: their pre-shared keys.  With public keys the host has said who
 * it is: by a signature, or, with encrypted nonces, by the key that it had for the name.  A name that was
 * proved in one way is never taken for one that was proved in another. */
static uint32_t peer_key_of(const isakmp_ctx *x, const isakmp__exch *e)
{
    uint16_t auth = e->sa->suite->auth;
    if (isakmp__auth_family(auth) != ISAKMP__AUTH_PSK)
        return isakmp__keys_prove(auth) ? ISAKMP__AUTH_PKE : ISAKMP__AUTH_SIG;
    return (uint32_t)isakmp__fingerprint(x->secret, e->psk) | 0x80000000u;
}

/* SKEYID, its children and the cipher key.
 *   returns  ISAKMP_OK, ISAKMP_NONE if the cipher key is a weak one, ISAKMP_E_CRYPTO. */
static int derive_keyset(isakmp_ctx *x, isakmp__exch *e, int as_cisco, isakmp__keyset *out)
{
    const isakmp_policy *suite = e->sa->suite;
    isakmp__skeys keys;
    int rc = derive_skeyid(x, e, as_cisco, out->skeyid);
    memset(&keys, 0, sizeof keys);
    if (rc == ISAKMP_OK)
        rc = isakmp__skeyid_children(&x->crypto, suite->hash, out->skeyid, e->g_xy,
                                     isakmp__sa_cookies(e->sa), &keys);
    if (rc == ISAKMP_OK)
        rc = isakmp__cipher_key(&x->crypto, suite->hash, suite->cipher, keys.e, out->key,
                                isakmp_cipher_key(suite->cipher, suite->key_bits));
    if (rc == ISAKMP_OK) {
        memcpy(out->d, keys.d, sizeof out->d);
        memcpy(out->a, keys.a, sizeof out->a);
    }
    isakmp__wipe(&keys, sizeof keys);
    return rc;
}

void isakmp__swap_keysets(isakmp__exch *e, isakmp__keyset *k)
{
    isakmp__sa *sa = e->sa;
    isakmp__keyset now;
    memcpy(now.skeyid, e->skeyid, sizeof now.skeyid);
    memcpy(now.d, sa->skeyid_d, sizeof now.d);
    memcpy(now.a, sa->skeyid_a, sizeof now.a);
    memcpy(now.key, sa->key, sizeof now.key);
    memcpy(e->skeyid, k->skeyid, sizeof now.skeyid);
    memcpy(sa->skeyid_d, k->d, sizeof now.d);
    memcpy(sa->skeyid_a, k->a, sizeof now.a);
    memcpy(sa->key, k->key, sizeof now.key);
    memcpy(k, &now, sizeof *k);
    isakmp__wipe(&now, sizeof now);
}

/* As responder of Main Mode with encrypted nonces we learn from HASH_I which of two ways the initiator
 * makes SKEYID in: both are kept ready (see pick_skeyid). */
static int is_open_how(const isakmp__exch *e)
{
    return !e->initiator && e->def->type == ISAKMP_EXCH_MAIN &&
           isakmp__auth_family(e->sa->suite->auth) & (ISAKMP__AUTH_PKE | ISAKMP__AUTH_REV);
}

static unsigned derive_keys(isakmp_ctx *x, isakmp__exch *e)
{
    int as_cisco = (e->sa->policy->flags & ISAKMP_PF_CISCO_SKEYID) != 0;
    isakmp__keyset set;
    unsigned kept = ISAKMP_OK;
    int rc;
    memset(&set, 0, sizeof set);
    rc = derive_keyset(x, e, as_cisco, &set);
    if (rc == ISAKMP_OK) {
        isakmp__swap_keysets(e, &set);
        e->sa->peer_key = peer_key_of(x, e);
        rc = isakmp__iv_phase1(&x->crypto, isakmp__sa_hash(e->sa), e->g_xi, e->g_xr, e->iv);
    }
    if (rc == ISAKMP_OK && is_open_how(e)) {
        rc = derive_keyset(x, e, !as_cisco, &set);
        if (rc == ISAKMP_OK)
            kept = isakmp__exch_store(e, &e->other, isakmp__span(&set, sizeof set));
    }
    isakmp__wipe(&set, sizeof set);
    if (rc == ISAKMP_NONE)
        return ISAKMP_D_WEAK_KEY;
    return rc == ISAKMP_OK ? kept : (unsigned)ISAKMP_D_CRYPTO;
}
ISAKMP__DEFINE_VERB(derive_keys);
