/* exchange/verbs_pke.c -- phase 1 with RSA encrypted nonces [RFC2409 5.2], and what the revised mode shares
 * with it.
 *
 * Whoever can tell from our behaviour whether an RSA block that he has made up has good padding can have
 * our private key decrypt or sign for him, after some ten thousand questions.  So nothing may tell it:
 *
 *   - what takes the place of a nonce or identity that is not there is drawn before every decryption;
 *   - padding is taken off, and one put in the place of the other, by crypto/pkcs1.c, whose time and
 *     memory accesses do not depend on which it was;
 *   - an identity that is no identity, or of nobody we know, is treated like any other: our nonce is
 *     encrypted with some key, and what was encrypted is thrown away;
 *   - so the exchange goes on in the same messages, of the same lengths, with the same repetitions, until
 *     HASH does not fit, as with a wrong key. */
#include "base/fingerprint.h"
#include "base/secret.h"
#include "crypto/keys.h"
#include "auth.h"
#include "engine.h"
#include "kex.h"
#include "sa/host.h"

#define LEAST_NONCE 8
#define MOST_NONCE  256
/* 0, 2, at least eight octets of padding, 0 [RFC8017 7.2.1] */
#define BLOCK_EXTRA 11
/* No RSA key that anybody has is shorter than 512 bits. */
#define LEAST_BLOCK 64
/* To decrypt is work, and a message that is refused, whoever made it, lets the exchange wait for a better one:
 * after so many blocks nothing more is decrypted. */
#define MOST_OPENED 16

static isakmp_span *own_nonce(isakmp__exch *e)
{
    return e->initiator ? &e->ni : &e->nr;
}

static isakmp_span *peer_nonce(isakmp__exch *e)
{
    return e->initiator ? &e->nr : &e->ni;
}

/* ---- Encrypting ------------------------------------------------------------------------------ */

static unsigned keep_owner(isakmp__exch *e, const isakmp_id *id)
{
    uint8_t *body = isakmp__exch_room(e, 4 + id->data.n);
    if (body == NULL || id->data.n > ISAKMP_MAX_ID)
        return ISAKMP_D_TOO_LONG;
    memset(body, 0, 4);
    body[0] = id->type;
    if (id->data.n)
        memcpy(body + 4, id->data.p, id->data.n);
    e->owner = isakmp__span(body, 4 + id->data.n);
    return ISAKMP_OK;
}

/* With whose key we encrypt; and HASH(1), if the peer must be told which of its keys it is. */
static unsigned put_hash_1(isakmp_ctx *x, isakmp__exch *e)
{
    const isakmp_policy *suite = isakmp__suite_of(e);
    uint8_t hash[ISAKMP_MAX_HASH];
    isakmp_credentials c;
    unsigned rc = isakmp__needed(isakmp__ask_credentials(x, e, isakmp__auth_base(suite->auth), &c));
    if (rc == ISAKMP_OK && c.peer_id.type != ISAKMP_ID_NONE)
        rc = keep_owner(e, &c.peer_id);
    if (rc != ISAKMP_OK || c.peer_cert.n == 0)
        return rc;
    if (isakmp__hash(&x->crypto, suite->hash, &c.peer_cert, 1, hash) != ISAKMP_OK)
        return ISAKMP_D_CRYPTO;
    isakmp_wr_payload(&e->w, ISAKMP_PAYLOAD_HASH,
                      isakmp__span(hash, isakmp_hash_size(suite->hash)));
    return ISAKMP_OK;
}
ISAKMP__DEFINE_PUT_VERB(put_hash_1, ISAKMP_PAYLOAD_HASH);

/* What looks like a block of the peer's, as long as the one that came. */
static unsigned invent(isakmp_ctx *x, const isakmp__exch *e, uint8_t *out, size_t cap, size_t *n)
{
    *n = e->block_n;
    if (*n > cap)
        return ISAKMP_D_TOO_LONG;
    return isakmp__random(&x->crypto, out, *n) == ISAKMP_OK ? ISAKMP_OK : (unsigned)ISAKMP_D_CRYPTO;
}

/* Our nonce is drawn once more when it has been encrypted for a stranger: whoever can read what we send, be it
 * because the key at hand is his, does not get it. */
static unsigned turn_away(isakmp_ctx *x, isakmp__exch *e)
{
    uint8_t *nonce = e->room + (own_nonce(e)->p - e->room);
    e->stranger = 1;
    return isakmp__random(&x->crypto, nonce, own_nonce(e)->n) == ISAKMP_OK
               ? ISAKMP_OK
               : (unsigned)ISAKMP_D_CRYPTO;
}

static unsigned seal(isakmp_ctx *x, isakmp__exch *e, const isakmp_plain *p, uint8_t *out,
                     size_t cap, size_t *n)
{
    int answer = isakmp__ask_encrypt(x, e, p, out, cap, n);
    unsigned rc;
    if (answer == ISAKMP_E_SPACE && e->initiator)
        return ISAKMP_D_ID_TOO_LONG;
    if (answer == ISAKMP_E_SPACE) /* our silence would tell that we know the peer */
        answer = ISAKMP_NONE;
    if (answer != ISAKMP_NONE || e->initiator)
        return isakmp__needed(answer);
    rc = turn_away(x, e);
    return *n || rc != ISAKMP_OK ? rc : invent(x, e, out, cap, n);
}

static size_t room_for_block(size_t left)
{
    return left < ISAKMP_MAX_SIGNATURE ? left : ISAKMP_MAX_SIGNATURE;
}

/* The block is made where it goes; if it comes later, the payload is begun again then.  A stranger does not
 * get our identity either. */
static unsigned put_sealed_id(isakmp_ctx *x, isakmp__exch *e)
{
    uint8_t nothing[ISAKMP_MAX_ID + 4];
    isakmp_plain p = {isakmp__auth_base(isakmp__suite_of(e)->auth), {NULL, 0}, NULL, 0};
    isakmp_writer before = e->w;
    size_t mark = isakmp_wr_open(&e->w, ISAKMP_PAYLOAD_ID), n = 0;
    unsigned rc = e->id_mine.n ? ISAKMP_OK : isakmp__make_id(e);
    if (rc != ISAKMP_OK || e->w.fault || e->id_mine.n > sizeof nothing)
        return ISAKMP_D_TOO_LONG;
    if (isakmp__random(&x->crypto, nothing, sizeof nothing) != ISAKMP_OK)
        return ISAKMP_D_CRYPTO;
    p.data = isakmp__span(e->stranger ? nothing : e->id_mine.p, e->id_mine.n);
    rc = seal(x, e, &p, e->w.base + e->w.len, room_for_block(e->w.cap - e->w.len), &n);
    if (rc == ISAKMP_PENDING) {
        e->w = before;
        return rc;
    }
    e->w.len += n;
    isakmp_wr_close(&e->w, mark);
    return rc;
}
ISAKMP__DEFINE_PUT_VERB(put_sealed_id, ISAKMP_PAYLOAD_ID);

static unsigned make_nonce(isakmp_ctx *x, isakmp__exch *e)
{
    uint8_t *nonce = isakmp__exch_room(e, ISAKMP_NONCE_SIZE);
    if (nonce == NULL)
        return ISAKMP_D_TOO_LONG;
    *own_nonce(e) = isakmp__span(nonce, ISAKMP_NONCE_SIZE);
    return isakmp__random(&x->crypto, nonce, ISAKMP_NONCE_SIZE) == ISAKMP_OK
               ? ISAKMP_OK
               : (unsigned)ISAKMP_D_CRYPTO;
}
ISAKMP__DEFINE_VERB(make_nonce);

/* Certificates come with a message of the peer's: as responder of the revised mode. */
static size_t certs_for(const isakmp__exch *e, isakmp_cert *certs)
{
    size_t n;
    if (e->initiator || e->in == NULL)
        return 0;
    n = isakmp__certs_of(e->in, certs);
    for (size_t i = 0; i < n; i++)
        certs[i].data = isakmp__without_padding(e, certs[i].data);
    return n;
}

static unsigned seal_nonce(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp_cert certs[ISAKMP_MAX_CERTS];
    isakmp_plain p = {isakmp__suite_of(e)->auth, *own_nonce(e), certs, certs_for(e, certs)};
    uint8_t *out = e->room + e->room_n;
    size_t n = 0;
    unsigned rc = seal(x, e, &p, out, room_for_block(e->room_cap - e->room_n), &n);
    if (rc != ISAKMP_OK)
        return rc;
    e->sealed = isakmp__span(isakmp__exch_room(e, n), n);
    return ISAKMP_OK;
}
ISAKMP__DEFINE_VERB(seal_nonce);

static unsigned put_sealed_nonce(isakmp_ctx *x, isakmp__exch *e)
{
    (void)x;
    isakmp_wr_payload(&e->w, ISAKMP_PAYLOAD_NONCE, e->sealed);
    return ISAKMP_OK;
}
ISAKMP__DEFINE_PUT_VERB(put_sealed_nonce, ISAKMP_PAYLOAD_NONCE);

/* ---- Decrypting ------------------------------------------------------------------------------ */

/* In the first message that it encrypts, the initiator says with HASH(1) which key of ours it has used;
 * any other HASH is a proof. */
static isakmp_span hash_1_of(const isakmp__exch *e)
{
    return e->initiator ? isakmp__span(NULL, 0) : isakmp_msg_find(e->in, ISAKMP_PAYLOAD_HASH, 0);
}

/* The content of an encrypted payload, or what stands at out already, of which there are *n octets.  A block
 * that is no number below the modulus is one with bad padding too.  The block lies in the room, above
 * what is kept there. */
static unsigned open_block(isakmp_ctx *x, isakmp__exch *e, isakmp_span body, size_t least,
                           size_t most, uint8_t *out, size_t *n)
{
    isakmp_sealed s = {isakmp__auth_base(e->sa->suite->auth), e->sa->suite->hash, hash_1_of(e),
                       body};
    uint8_t *block = e->room + e->room_n;
    size_t cap = room_for_block(e->room_cap - e->room_n), block_n = 0;
    int answer;
    if (body.n < LEAST_BLOCK || body.n > cap)
        return ISAKMP_D_CIPHERTEXT;
    if (e->opened == MOST_OPENED)
        return ISAKMP_D_UNEXPECTED;
    answer = isakmp__ask_decrypt(x, e, &s, block, cap, &block_n);
    if (answer != ISAKMP_PENDING)
        e->opened++;
    if (answer == ISAKMP_NONE) {
        memset(block, 0, body.n);
        block_n = body.n;
        answer = ISAKMP_OK;
    }
    if (answer == ISAKMP_OK)
        isakmp__pkcs1_open(block, block_n, least, most, isakmp__span(out, *n), out, n);
    isakmp__wipe(block, cap);
    return isakmp__needed(answer);
}

void isakmp__make_nobody(const isakmp_ctx *x, isakmp_span sealed, uint8_t body[ISAKMP__NOBODY])
{
    uint64_t name = isakmp__fingerprint(x->secret, sealed);
    memset(body, 0, 4);
    body[0] = ISAKMP_ID_KEY_ID;
    isakmp__put32(body + 4, (uint32_t)(name >> 32));
    isakmp__put32(body + 8, (uint32_t)name);
}

unsigned isakmp__keep_peer_id(isakmp__exch *e, isakmp_span body, const uint8_t *nobody)
{
    return isakmp__exch_store(
        e, &e->id_peer, isakmp__is_phase1_id(body) ? body : isakmp__span(nobody, ISAKMP__NOBODY));
}

/* Octets of random number: what a made-up block decrypts to is random in both, too. */
static unsigned draw_other(isakmp_ctx *x, size_t block_n, size_t least, size_t most, uint8_t *out,
                           size_t *n)
{
    uint8_t length[2];
    if (most > block_n - BLOCK_EXTRA)
        most = block_n - BLOCK_EXTRA;
    if (isakmp__random(&x->crypto, out, most) != ISAKMP_OK ||
        isakmp__random(&x->crypto, length, sizeof length) != ISAKMP_OK)
        return ISAKMP_D_CRYPTO;
    *n = least + isakmp__get16(length) % (most - least + 1);
    return ISAKMP_OK;
}

/* In the revised mode what stands before the nonce is in the clear, what stands behind it is encrypted
 * with it; HASH_R, which the responder sends, is a proof and in the clear behind it. */
static int is_in_place(const isakmp__exch *e)
{
    unsigned at = 0;
    int is_told = 0; /* by HASH(1), which key it is */
    at += e->in->pl[at].type == ISAKMP_PAYLOAD_SA;
    if (!e->initiator && e->in->pl[at].type == ISAKMP_PAYLOAD_HASH) {
        is_told = 1;
        at++;
    }
    return e->in->pl[at].type == ISAKMP_PAYLOAD_NONCE &&
           (e->initiator || is_told || hash_1_of(e).p == NULL);
}

static int is_block(const isakmp__exch *e, uint8_t type)
{
    size_t n = isakmp_msg_find(e->in, type, 0).n;
    return n >= LEAST_BLOCK && n <= ISAKMP_MAX_SIGNATURE;
}

/* Everything that everybody can see is looked at before anything is decrypted. */
static unsigned look_at_blocks(const isakmp__exch *e)
{
    int is_revised = isakmp__auth_family(e->sa->suite->auth) == ISAKMP__AUTH_REV;
    if (!is_block(e, ISAKMP_PAYLOAD_NONCE) || !(is_revised || is_block(e, ISAKMP_PAYLOAD_ID)))
        return ISAKMP_D_CIPHERTEXT;
    if (is_revised && !is_in_place(e))
        return ISAKMP_D_PAYLOAD_ORDER;
    return is_revised ? isakmp__look_at_inner(e) : (unsigned)ISAKMP_OK;
}

/* What an encrypted payload has in it, or something else. */
static unsigned open_payload(isakmp_ctx *x, isakmp__exch *e, uint8_t type, size_t least,
                             size_t most, uint8_t *out, size_t *n)
{
    isakmp_span body = isakmp_msg_find(e->in, type, 0);
    unsigned rc = look_at_blocks(e);
    if (rc == ISAKMP_OK)
        rc = draw_other(x, body.n, least, most, out, n);
    return rc == ISAKMP_OK ? open_block(x, e, body, least, most, out, n) : rc;
}

/* One that is no identity is somebody's whom nobody knows. */
static unsigned open_id(isakmp_ctx *x, isakmp__exch *e)
{
    uint8_t nobody[ISAKMP__NOBODY], id[ISAKMP_MAX_ID + 4];
    size_t n = 0;
    unsigned rc = open_payload(x, e, ISAKMP_PAYLOAD_ID, 5, sizeof id, id, &n);
    isakmp__make_nobody(x, isakmp_msg_find(e->in, ISAKMP_PAYLOAD_ID, 0), nobody);
    if (rc == ISAKMP_OK)
        rc = isakmp__keep_peer_id(e, isakmp__span(id, n), nobody);
    isakmp__wipe(id, sizeof id);
    return rc;
}
ISAKMP__DEFINE_VERB(open_id);

static unsigned open_nonce(isakmp_ctx *x, isakmp__exch *e)
{
    uint8_t nonce[MOST_NONCE];
    size_t n = 0;
    unsigned rc = open_payload(x, e, ISAKMP_PAYLOAD_NONCE, LEAST_NONCE, MOST_NONCE, nonce, &n);
    if (rc == ISAKMP_OK)
        rc = isakmp__exch_store(e, peer_nonce(e), isakmp__span(nonce, n));
    isakmp__wipe(nonce, sizeof nonce);
    e->block_n = (uint16_t)isakmp_msg_find(e->in, ISAKMP_PAYLOAD_NONCE, 0).n;
    e->stranger = 0;
    return rc;
}
ISAKMP__DEFINE_VERB(open_nonce);

/* ---- SKEYID made in one of two ways ---------------------------------------------------------- */

/* Does HASH_I, in the first payload of an encrypted message, fit the keys in use?  The message is left as
 * it is. */
static int fits(isakmp_ctx *x, const isakmp__exch *e, size_t n)
{
    uint8_t first[4 + ISAKMP_MAX_HASH + ISAKMP_MAX_BLOCK], iv[ISAKMP_MAX_BLOCK],
        want[ISAKMP_MAX_HASH];
    size_t hash_n = isakmp_hash_size(isakmp__sa_hash(e->sa));
    int good;
    memcpy(first, e->in->raw.p + ISAKMP_HEADER_SIZE, n);
    memcpy(iv, e->iv, sizeof iv);
    good = isakmp__cbc(&x->crypto, e->sa->suite->cipher, 0, isakmp__cipher_key_of(e->sa), iv, first,
                       n) == ISAKMP_OK &&
           isakmp__phase1_hash(x, e, 1, isakmp__sa_hash(e->sa), want) == ISAKMP_OK &&
           isakmp__ct_equal(first + 4, want, hash_n);
    isakmp__wipe(first, sizeof first);
    return good;
}

/* The initiator's message 5: it is tried with both, always.  What fits neither goes its way with the keys
 * in use. */
static unsigned pick_skeyid(isakmp_ctx *x, isakmp__exch *e)
{
    size_t block = isakmp__block_of(e), n = 4 + isakmp_hash_size(isakmp__sa_hash(e->sa));
    isakmp__keyset other;
    int first, second;
    n = (n + block - 1) / block * block;
    if (e->other.n != sizeof other || e->in->h.next != ISAKMP_PAYLOAD_HASH ||
        !(e->in->h.flags & ISAKMP_FLAG_ENCRYPTION) || e->in->raw.n - ISAKMP_HEADER_SIZE < n)
        return ISAKMP_OK;
    memcpy(&other, e->other.p, sizeof other);
    first = fits(x, e, n);
    isakmp__swap_keysets(e, &other);
    second = fits(x, e, n);
    if (first || !second) {
        isakmp__swap_keysets(e, &other);
    } else {
        isakmp__wipe(e->room + (e->other.p - e->room), e->other.n);
        e->other = isakmp__span(NULL, 0);
        isakmp__tell_keylog(x, e->sa);
    }
    isakmp__wipe(&other, sizeof other);
    return ISAKMP_OK;
}
ISAKMP__DEFINE_VERB(pick_skeyid);
