/* exchange/verbs_rev.c -- phase 1 with RSA encrypted nonces in the revised mode [RFC2409 5.3]: only the
 * nonce is encrypted with a public key, what follows it with a key that is made of the nonce.
 *
 * The bodies of public value, identity and certificates are padded and encrypted each for itself, in one
 * chain that begins with zero.  A wrong nonce gives a wrong key, and that must not show: lengths are
 * looked at, which everybody sees, and nothing that has been decrypted (see verbs_pke.c). */
#include "base/secret.h"
#include "crypto/keys.h"
#include "auth.h"
#include "engine.h"
#include "kex.h"
#include "sa/host.h"

static int is_huawei(const isakmp__exch *e)
{
    return (e->sa->policy->flags & ISAKMP_PF_HUAWEI_REV) != 0;
}

static size_t block_of(const isakmp__exch *e)
{
    return isakmp_cipher_block(isakmp__suite_of(e)->cipher);
}

/* There is always padding, of zeros and one octet that counts the others. */
static size_t padded(const isakmp__exch *e, size_t n)
{
    return (n / block_of(e) + 1) * block_of(e);
}

/* Encrypt or decrypt one payload with Ke_i or Ke_r.
 *   initiator  1: Ke_i. */
static unsigned crypt(isakmp_ctx *x, isakmp__exch *e, int initiator, int encrypt, uint8_t *data,
                      size_t n)
{
    const isakmp_policy *suite = isakmp__suite_of(e);
    const isakmp__sa *sa = e->sa;
    size_t key_n = isakmp_cipher_key(suite->cipher, suite->key_bits);
    isakmp_span cookie = isakmp__span(initiator ? sa->cky_i : sa->cky_r, ISAKMP_COOKIE_SIZE);
    uint8_t key[ISAKMP_MAX_KEY];
    int rc =
        isakmp__nonce_key(&x->crypto, suite->hash, initiator ? e->ni : e->nr, cookie, key, key_n);
    if (is_huawei(e))
        memset(e->inner_iv, 0, sizeof e->inner_iv);
    if (rc == ISAKMP_OK)
        rc = isakmp__cbc(&x->crypto, suite->cipher, encrypt, isakmp__span(key, key_n), e->inner_iv,
                         data, n);
    isakmp__wipe(key, sizeof key);
    return rc == ISAKMP_OK ? ISAKMP_OK : (unsigned)ISAKMP_D_CRYPTO;
}

/* ---- Writing ---------------------------------------------------------------------------------- */

/* A payload whose body, in two parts, is encrypted but for its first octets.  All that are written come after
 * our nonce in one go, so the first one, the public value, begins the chain. */
static unsigned put_inner(isakmp_ctx *x, isakmp__exch *e, uint8_t type, size_t clear, isakmp_span a,
                          isakmp_span b)
{
    size_t mark = isakmp_wr_open(&e->w, type), start = e->w.len + clear;
    size_t n = a.n + b.n - clear, all = padded(e, n);
    unsigned rc;
    if (type == ISAKMP_PAYLOAD_KE)
        memset(e->inner_iv, 0, sizeof e->inner_iv);
    isakmp_wr_bytes(&e->w, a);
    isakmp_wr_bytes(&e->w, b);
    for (size_t i = n + 1; i < all; i++)
        isakmp_wr_u8(&e->w, 0);
    isakmp_wr_u8(&e->w, (uint8_t)(all - n - (is_huawei(e) ? 0 : 1)));
    if (e->w.fault)
        return ISAKMP_D_TOO_LONG;
    rc = crypt(x, e, e->initiator, 1, e->w.base + start, all);
    isakmp_wr_close(&e->w, mark);
    return rc;
}

static unsigned put_inner_ke(isakmp_ctx *x, isakmp__exch *e)
{
    return put_inner(x, e, ISAKMP_PAYLOAD_KE, 0, *isakmp__own_ke(e), isakmp__span(NULL, 0));
}
ISAKMP__DEFINE_PUT_VERB(put_inner_ke, ISAKMP_PAYLOAD_KE);

static unsigned put_inner_id(isakmp_ctx *x, isakmp__exch *e)
{
    unsigned rc = isakmp__make_id(e);
    if (rc != ISAKMP_OK)
        return rc;
    return put_inner(x, e, ISAKMP_PAYLOAD_ID, is_huawei(e) ? 4 : 0, e->id_mine,
                     isakmp__span(NULL, 0));
}
ISAKMP__DEFINE_PUT_VERB(put_inner_id, ISAKMP_PAYLOAD_ID);

/* A payload of so many octets fits, and leaves room for what extensions add. */
static int has_room(const isakmp__exch *e, size_t n)
{
    return e->w.cap - e->w.len > padded(e, n) + 256;
}

/* Ours, for a responder that has not our public key yet.  They need not be there, so what would be too long is
 * left out. */
static unsigned put_inner_cert(isakmp_ctx *x, isakmp__exch *e)
{
    static const uint8_t encoding[1] = {ISAKMP_CERT_X509_KE};
    isakmp_credentials c;
    unsigned rc = isakmp__needed(isakmp__ask_credentials(x, e, isakmp__suite_of(e)->auth, &c));
    for (size_t i = 0; rc == ISAKMP_OK && i < c.n_certs && has_room(e, c.certs[i].n + 1); i++)
        rc = put_inner(x, e, ISAKMP_PAYLOAD_CERT, 0, isakmp__span(encoding, 1), c.certs[i]);
    return rc;
}
ISAKMP__DEFINE_PUT_VERB(put_inner_cert, ISAKMP_PAYLOAD_CERT);

/* ---- Reading ---------------------------------------------------------------------------------- */

isakmp_span isakmp__without_padding(const isakmp__exch *e, isakmp_span body)
{
    size_t pad;
    if (isakmp__auth_family(e->sa->suite->auth) != ISAKMP__AUTH_REV || body.n == 0)
        return body;
    pad = body.p[body.n - 1] + (is_huawei(e) ? 0u : 1u);
    return isakmp__span(body.p, pad <= body.n && pad <= block_of(e) ? body.n - pad : body.n);
}

/* What is behind the public value is padding, or would be. */
static unsigned take_inner_ke(isakmp__exch *e, isakmp_span body)
{
    size_t size = isakmp_group_size(e->group);
    isakmp_span own = *isakmp__own_ke(e);
    if (own.n == size && isakmp__ct_equal(body.p, own.p, size)) /* our own, sent back to us */
        return ISAKMP_D_KE_VALUE;
    return isakmp__exch_store(e, isakmp__peer_ke(e), isakmp__span(body.p, size));
}

static int is_inner(uint8_t type)
{
    return type == ISAKMP_PAYLOAD_KE || type == ISAKMP_PAYLOAD_ID || type == ISAKMP_PAYLOAD_CERT;
}

/* How many octets of it are in the clear. */
static size_t clear_part(const isakmp__exch *e, uint8_t type)
{
    return type == ISAKMP_PAYLOAD_ID && is_huawei(e) ? 4 : 0;
}

unsigned isakmp__look_at_inner(const isakmp__exch *e)
{
    if (isakmp__auth_family(e->sa->suite->auth) != ISAKMP__AUTH_REV)
        return ISAKMP_OK;
    for (unsigned i = 0; i < e->in->count; i++) {
        const isakmp_payload *p = &e->in->pl[i];
        size_t clear = clear_part(e, p->type);
        if (p->type == ISAKMP_PAYLOAD_KE && p->len != padded(e, isakmp_group_size(e->group)))
            return ISAKMP_D_KE_LENGTH;
        if (is_inner(p->type) && (p->len <= clear || (p->len - clear) % block_of(e)))
            return ISAKMP_D_CIPHERTEXT;
    }
    return ISAKMP_OK;
}

/* Decrypt a payload in place. */
static unsigned open_inner_payload(isakmp_ctx *x, isakmp__exch *e, const isakmp_payload *p)
{
    size_t clear = clear_part(e, p->type);
    uint8_t *data = (uint8_t *)(uintptr_t)(e->in->raw.p + p->off + clear);
    return crypt(x, e, !e->initiator, 0, data, p->len - clear);
}

/* What has been looked at: everything behind the nonce, in the peer's order, but for what peers have in the clear there all the
 * same: vendor IDs, and HASH_R. */
static unsigned open_inner(isakmp_ctx *x, isakmp__exch *e)
{
    uint8_t nobody[ISAKMP__NOBODY];
    unsigned rc = isakmp__make_nobody(x, nobody);
    memset(e->inner_iv, 0, sizeof e->inner_iv);
    for (unsigned i = 0; rc == ISAKMP_OK && i < e->in->count; i++)
        if (is_inner(e->in->pl[i].type))
            rc = open_inner_payload(x, e, &e->in->pl[i]);
    if (rc == ISAKMP_OK)
        rc = take_inner_ke(e, isakmp_msg_find(e->in, ISAKMP_PAYLOAD_KE, 0));
    if (rc == ISAKMP_OK)
        rc = isakmp__keep_peer_id(
            e, isakmp__without_padding(e, isakmp_msg_find(e->in, ISAKMP_PAYLOAD_ID, 0)), nobody);
    return rc;
}
ISAKMP__DEFINE_VERB(open_inner);
