/* support/pair.c -- two contexts and a wire. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "pair.h"

#define FENCE 0xa5

/* What the stage itself takes for granted. */
static void must(int condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "not ok - %s\n", what);
    abort();
}

/* ---- The wire ------------------------------------------------------------------------------- */

static void put_on_wire(pair *pr, const wire_item *w)
{
    if (pr->n_wire == PAIR_WIRE)
        pr->lost++;
    else
        pr->wire[pr->n_wire++] = *w;
}

static void transmit(peer *p, const isakmp_path *path, isakmp_span datagram)
{
    pair *pr = p->pair;
    static wire_item w;
    int verdict;
    must(datagram.n <= sizeof w.data, "a datagram is too long for the wire");
    if (datagram.n == 1 && datagram.p[0] == 0xff) {
        p->keepalives++;
        p->keepalive = *path;
        return;
    }
    p->runts += datagram.n < ISAKMP_HEADER_SIZE;
    w.from = p->index;
    w.path = *path;
    w.at = pr->now;
    w.serial = ++pr->serial;
    w.n = datagram.n;
    if (datagram.n)
        memcpy(w.data, datagram.p, datagram.n);
    verdict = pr->filter ? pr->filter(pr, &w) : PAIR_DELIVER;
    if (verdict != PAIR_DROP)
        put_on_wire(pr, &w);
    if (verdict == PAIR_TWICE)
        put_on_wire(pr, &w);
}

/* ---- Callbacks ------------------------------------------------------------------------------ */

/* From inside a callback everything that changes something must be refused. */
static void try_reentry(peer *p)
{
    isakmp_sa_id sa = {1};
    isakmp_child_id child = {1};
    isakmp_ticket ticket = {1};
    isakmp_path path = {0};
    isakmp_time now = p->pair->now + 1000000;
    uint8_t byte = 0;
    p->step++;
    if (!p->reentry)
        return;
    p->reentry_faults +=
        isakmp_tick(p->x, now) != ISAKMP_E_REENTRANT ||
        isakmp_input(p->x, now, &path, &byte, 1) != ISAKMP_E_REENTRANT ||
        isakmp_answer(p->x, now, ticket, 0, &byte, 1) != ISAKMP_E_REENTRANT ||
        isakmp_connect(p->x, now, &p->peer, &path, 2, &sa) != ISAKMP_E_REENTRANT ||
        isakmp_child_connect(p->x, now, sa, &p->child, &child) != ISAKMP_E_REENTRANT ||
        isakmp_child_close(p->x, now, child) != ISAKMP_E_REENTRANT ||
        isakmp_sa_heard(p->x, now, sa, NULL) != ISAKMP_E_REENTRANT ||
        isakmp_sa_wanted(p->x, now, sa) != ISAKMP_E_REENTRANT ||
        isakmp_invalid_spi(p->x, now, &path, 3, 4096, NULL) != ISAKMP_E_REENTRANT ||
        isakmp_discover(p->x, now, NULL) != ISAKMP_E_REENTRANT ||
        isakmp_discover_end(p->x, now, NULL) != ISAKMP_E_REENTRANT ||
        isakmp_rekey(p->x, now, sa, &sa) != ISAKMP_E_REENTRANT ||
        isakmp_child_rekey(p->x, now, child, &child) != ISAKMP_E_REENTRANT ||
        isakmp_child_traffic(p->x, now, child, 1, 1) != ISAKMP_E_REENTRANT ||
        isakmp_close(p->x, now, sa) != ISAKMP_E_REENTRANT || sa.v != 1 || child.v != 1;
    (void)isakmp_deadline(p->x);
    (void)isakmp_sa_next(p->x, sa);
    (void)stats_of(p);
}

static int fails(peer *p)
{
    try_reentry(p);
    return ++p->callbacks == p->fail_at;
}

/* Is this question to be answered later? */
static int parks(peer *p, int kind, isakmp_ticket t, const isakmp_peer_policy *who,
                 const isakmp_child_policy *child)
{
    parked *a = &p->asks[p->n_asks];
    p->questions++;
    if (!p->park && p->questions != p->park_at)
        return 0;
    must(p->n_asks < PAIR_ASKS, "too many questions are open");
    a->kind = kind;
    a->ticket = t;
    a->due = p->pair->now + p->answer_after;
    a->peer = who;
    a->child = child;
    p->n_asks++;
    return 1;
}

static int on_send(void *user, const isakmp_path *path, isakmp_span datagram)
{
    peer *p = (peer *)user;
    p->sends++;
    if (fails(p))
        return ISAKMP_E_HOST;
    transmit(p, path, datagram);
    return ISAKMP_OK;
}

static int on_install(void *user, isakmp_child_id child, const isakmp_sad_entry *e)
{
    peer *p = (peer *)user;
    if (fails(p))
        return ISAKMP_E_HOST;
    for (unsigned i = 0; i < PAIR_SAD; i++) {
        sad_record *r = &p->sad[i];
        if (r->used)
            continue;
        must(e->enc_key.n + e->auth_key.n <= sizeof r->keys, "the keys of an entry are too long");
        r->used = 1;
        r->child = child;
        r->e = *e;
        r->step = p->step;
        if (e->enc_key.n)
            memcpy(r->keys, e->enc_key.p, e->enc_key.n);
        if (e->auth_key.n)
            memcpy(r->keys + e->enc_key.n, e->auth_key.p, e->auth_key.n);
        r->e.enc_key.p = r->keys;
        r->e.auth_key.p = r->keys + e->enc_key.n;
        p->installs++;
        return ISAKMP_OK;
    }
    return ISAKMP_E_HOST;
}

/* What was installed, with the ends that it was told to have since. */
static sad_record *installed(peer *p, isakmp_child_id child, const isakmp_sad_entry *e)
{
    for (unsigned i = 0; i < PAIR_SAD; i++) {
        sad_record *r = &p->sad[i];
        if (r->used && r->child.v == child.v && r->e.spi == e->spi && r->e.inbound == e->inbound &&
            r->e.algs.proto == e->algs.proto && isakmp_addr_equal(&r->e.src, &e->src) &&
            isakmp_addr_equal(&r->e.dst, &e->dst))
            return r;
    }
    must(0, "an entry was removed, or moved, that had not been installed");
    return NULL;
}

static void on_remove(void *user, isakmp_child_id child, const isakmp_sad_entry *e)
{
    peer *p = (peer *)user;
    try_reentry(p);
    memset(installed(p, child, e), 0, sizeof(sad_record));
    p->removes++;
}

static void on_move(void *user, isakmp_child_id child, const isakmp_sad_entry *e,
                    const isakmp_addr *src, const isakmp_addr *dst)
{
    peer *p = (peer *)user;
    sad_record *r = installed(p, child, e);
    try_reentry(p);
    r->e.src = *src;
    r->e.dst = *dst;
    p->moves++;
}

static int on_find_peer(void *user, isakmp_ticket t, const isakmp_query *q,
                        const isakmp_peer_policy **out)
{
    peer *p = (peer *)user;
    if (fails(p))
        return ISAKMP_E_HOST;
    *out = p->choose_peer ? p->choose_peer(p, q) : p->no_peer ? NULL : &p->peer;
    if (parks(p, PAIR_PEER, t, *out, NULL))
        return ISAKMP_PENDING;
    return *out ? ISAKMP_OK : ISAKMP_NONE;
}

static int on_get_psk(void *user, isakmp_ticket t, const isakmp_query *q, uint8_t *key, size_t cap,
                      size_t *n)
{
    peer *p = (peer *)user;
    (void)q;
    if (fails(p))
        return ISAKMP_E_HOST;
    if (parks(p, PAIR_PSK, t, NULL, NULL))
        return ISAKMP_PENDING;
    must(p->psk_n <= cap, "the pre-shared key does not fit");
    memcpy(key, p->psk, p->psk_n);
    *n = p->psk_n;
    return p->psk_n ? ISAKMP_OK : ISAKMP_NONE;
}

/* ---- Public keys of a toy: who knows the number of a peer can sign for it ---- */

#define SIGNATURE 32

static const char *const certificates[] = {"the certificate of peer 0",
                                           "the certificate of peer 1"};
static const char *const authorities[] = {"the CA of peer 0", "the CA of peer 1"};

static isakmp_span text_span(const char *text)
{
    isakmp_span s = {(const uint8_t *)text, strlen(text)};
    return s;
}

static void toy_sign(const peer *p, int of, uint16_t auth, isakmp_span hash, uint8_t *out)
{
    uint32_t mixed = 2166136261u ^ (uint32_t)of << 8 ^ auth;
    if (p->toy.constant_hash) /* who hashes nothing signs nothing either */
        hash.n = 0;
    for (size_t i = 0; i < SIGNATURE + hash.n; i++) {
        mixed = (mixed ^ (i < hash.n ? hash.p[i] : (uint8_t)i)) * 16777619u;
        out[i % SIGNATURE] = (uint8_t)(mixed >> 24);
    }
}

static int on_credentials(void *user, isakmp_ticket t, const isakmp_query *q, uint16_t auth,
                          isakmp_credentials *out)
{
    peer *p = (peer *)user;
    static isakmp_span certs[2][1 + PAIR_MORE], ca[2];
    static const uint8_t chain[2000];
    if (fails(p))
        return ISAKMP_E_HOST;
    if (p->no_private_key)
        return ISAKMP_NONE;
    certs[p->index][0] = text_span(certificates[p->index]);
    for (unsigned i = 1; i <= p->more_certs; i++) {
        certs[p->index][i].p = chain;
        certs[p->index][i].n = p->cert_n;
    }
    ca[p->index] = text_span(authorities[1 - p->index]);
    out->methods = 1u << ISAKMP_AUTH_RSA_SIG | 1u << ISAKMP_AUTH_ECDSA_P384_SHA384;
    if (!p->learn_first || p->learns)
        out->methods |= 1u << ISAKMP_AUTH_RSA_ENCR | 1u << ISAKMP_AUTH_RSA_ENCR_REV;
    if (auth == ISAKMP_AUTH_RSA_ENCR || auth == ISAKMP_AUTH_RSA_ENCR_REV) {
        out->peer_id = p->owner;
        if (p->named_cert)
            out->peer_cert = text_span(certificates[1 - p->index]);
    }
    if (auth) {
        p->wanted = (unsigned)q->n_wanted;
        for (size_t i = 0; i < q->n_wanted; i++)
            p->strange_wanted += q->wanted[i].n != strlen(authorities[p->index]) ||
                                 memcmp(q->wanted[i].p, authorities[p->index], q->wanted[i].n) != 0;
        out->certs = certs[p->index];
        out->n_certs = p->no_cert ? 0 : 1 + p->more_certs;
        out->cas = &ca[p->index];
        out->n_cas = 1;
    }
    if (parks(p, PAIR_CREDENTIALS, t, NULL, NULL)) {
        p->asks[p->n_asks - 1].credentials = *out;
        return ISAKMP_PENDING;
    }
    return ISAKMP_OK;
}

static int on_sign(void *user, isakmp_ticket t, const isakmp_query *q, uint16_t auth,
                   isakmp_span hash, uint8_t *sig, size_t cap, size_t *n)
{
    peer *p = (peer *)user;
    uint8_t out[SIGNATURE];
    (void)q;
    if (fails(p))
        return ISAKMP_E_HOST;
    p->signs++;
    toy_sign(p, p->index, auth, hash, out);
    if (parks(p, PAIR_SIGN, t, NULL, NULL)) {
        memcpy(p->asks[p->n_asks - 1].signature, out, SIGNATURE);
        return ISAKMP_PENDING;
    }
    must(cap >= SIGNATURE, "there is no room for a signature");
    memcpy(sig, out, SIGNATURE);
    *n = SIGNATURE;
    return ISAKMP_OK;
}

static uint16_t judge(peer *p, const isakmp_proof *proof)
{
    uint8_t want[SIGNATURE];
    isakmp_span cert = text_span(certificates[1 - p->index]);
    if (p->distrust)
        return p->distrust;
    if (proof->n_certs == 0)
        return ISAKMP_D_NO_CERT;
    if (proof->certs[0].data.n != cert.n || memcmp(proof->certs[0].data.p, cert.p, cert.n) != 0)
        return ISAKMP_D_CERT_UNTRUSTED;
    toy_sign(p, 1 - p->index, proof->auth, proof->hash, want);
    if (proof->signature.n != SIGNATURE || memcmp(proof->signature.p, want, SIGNATURE) != 0)
        return ISAKMP_D_SIGNATURE;
    return ISAKMP_D_NONE;
}

static int on_verify(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_proof *proof,
                     uint16_t *why)
{
    peer *p = (peer *)user;
    uint16_t verdict = judge(p, proof);
    int rc = verdict == ISAKMP_D_NONE ? ISAKMP_OK : ISAKMP_NONE;
    if (fails(p))
        return ISAKMP_E_HOST;
    p->verifies++;
    p->digest_info_n = proof->digest_info.n;
    must(proof->digest_info.n == 0 ||
             memcmp(proof->digest_info.p + proof->digest_info.n - proof->hash.n, proof->hash.p,
                    proof->hash.n) == 0,
         "a DigestInfo is of another hash");
    p->proven = q->peer_id;
    if (parks(p, PAIR_VERIFY, t, NULL, NULL)) {
        p->asks[p->n_asks - 1].rc = rc;
        p->asks[p->n_asks - 1].why = verdict;
        return ISAKMP_PENDING;
    }
    *why = verdict;
    return rc;
}

/* ---- Encryption of a toy --------------------------------------------------------------------- */

uint8_t pair_key_octet(int key, size_t i)
{
    return (uint8_t)(41u * (unsigned)key + 7u * i + 3u);
}

static void toy_encrypt(peer *p, int key, isakmp_span data, uint8_t *out)
{
    size_t start = PAIR_BLOCK - data.n;
    must(data.n + 11 <= PAIR_BLOCK, "a message is too long for a block");
    for (size_t i = 0; i < PAIR_BLOCK; i++)
        out[i] = i < start ? (uint8_t)(1 + (i * 7 + p->encrypts) % 255) : data.p[i - start];
    out[0] = out[start - 1] = 0;
    out[1] = 2;
    for (size_t i = 0; i < PAIR_BLOCK; i++)
        out[i] = (uint8_t)(out[i] + pair_key_octet(key, i));
}

static int on_encrypt(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_plain *plain,
                      uint8_t *out, size_t cap, size_t *n)
{
    peer *p = (peer *)user;
    int known = !p->no_peer_key && q->peer_id.type != ISAKMP_ID_KEY_ID;
    int rc = known ? ISAKMP_OK : ISAKMP_NONE;
    uint8_t block[PAIR_BLOCK];
    if (fails(p))
        return ISAKMP_E_HOST;
    p->encrypts++;
    if (plain->data.n + 11 > PAIR_BLOCK)
        return ISAKMP_E_SPACE;
    toy_encrypt(p, known ? 1 - p->index : p->decoy_key, plain->data, block);
    *n = rc == ISAKMP_OK || !p->no_decoy ? PAIR_BLOCK : 0;
    if (parks(p, PAIR_ENCRYPT, t, NULL, NULL)) {
        parked *a = &p->asks[p->n_asks - 1];
        memcpy(a->block, block, PAIR_BLOCK);
        a->block_n = *n;
        a->rc = rc;
        return ISAKMP_PENDING;
    }
    must(cap >= *n, "there is no room for a block");
    memcpy(out, block, *n);
    return rc;
}

static int on_decrypt(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_sealed *s,
                      uint8_t *block, size_t cap, size_t *n)
{
    peer *p = (peer *)user;
    uint8_t out[PAIR_BLOCK];
    int rc = s->data.n == PAIR_BLOCK ? ISAKMP_OK : ISAKMP_NONE;
    (void)q;
    if (fails(p))
        return ISAKMP_E_HOST;
    p->decrypts++;
    p->hash_1_n = s->hash_1.n;
    for (size_t i = 0; i < PAIR_BLOCK && rc == ISAKMP_OK; i++)
        out[i] = (uint8_t)(s->data.p[i] - pair_key_octet(p->index, i));
    if (parks(p, PAIR_DECRYPT, t, NULL, NULL)) {
        parked *a = &p->asks[p->n_asks - 1];
        memcpy(a->block, out, PAIR_BLOCK);
        a->block_n = PAIR_BLOCK;
        a->rc = rc;
        return ISAKMP_PENDING;
    }
    must(cap >= PAIR_BLOCK, "there is no room for a block");
    if (rc == ISAKMP_OK)
        memcpy(block, out, PAIR_BLOCK);
    *n = PAIR_BLOCK;
    return rc;
}

/* ---- Mode Config: a gateway with four addresses, by the client's identity --------------------- */

static void note_question(peer *p, const isakmp_assignment *a)
{
    isakmp_reader r = isakmp_rd(a->attrs);
    isakmp_attr attr;
    p->assigns++;
    p->n_asked = 0;
    p->had = a->ip4;
    memset(&p->wish, 0, sizeof p->wish);
    while (isakmp_attr_next(&r, &attr) == ISAKMP_OK && p->n_asked < 32) {
        p->asked[p->n_asked++] = attr.type;
        if (attr.type != ISAKMP_CFG_IP4_ADDRESS || attr.data.n != 4)
            continue;
        p->wish.family = 4;
        memcpy(p->wish.ip, attr.data.p, 4);
    }
}

static int give(peer *p, const isakmp_query *q, const isakmp_assignment *a, isakmp_writer *out)
{
    static const isakmp_addr ip6 = {
        6, {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9}, 0};
    isakmp_addr ip4 = a->ip4;
    isakmp_span gift = {p->gift, p->gift_n};
    if (p->nothing)
        return ISAKMP_NONE;
    if (p->only_gift) {
        isakmp_wr_bytes(out, gift);
        return ISAKMP_OK;
    }
    if (ip4.family == 0 && isakmp_addr_pool_lease(&p->pool, q->peer_id.data, &ip4) != ISAKMP_OK)
        return ISAKMP_NONE;
    isakmp_wr_cfg_addr(out, ISAKMP_CFG_IP4_ADDRESS, &ip4);
    if (p->give_ip6)
        isakmp_wr_cfg_addr(out, ISAKMP_CFG_IP6_ADDRESS, &ip6);
    isakmp_wr_bytes(out, gift);
    return ISAKMP_OK;
}

static int on_assign(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_assignment *a,
                     isakmp_writer *out)
{
    peer *p = (peer *)user;
    if (fails(p))
        return ISAKMP_E_HOST;
    must(q->peer_id.type != ISAKMP_ID_NONE || q->user.n, "nobody knows who the client is");
    note_question(p, a);
    if (parks(p, PAIR_ASSIGN, t, NULL, NULL)) {
        parked *k = &p->asks[p->n_asks - 1];
        isakmp_writer w;
        isakmp_wr_init(&w, k->gift, sizeof k->gift);
        k->rc = give(p, q, a, &w);
        k->gift_n = w.len;
        k->had = a->ip4.family != 0;
        return ISAKMP_PENDING;
    }
    return give(p, q, a, out);
}

/* A gateway takes back what its client has no more. */
static void note_assignment(peer *p, const isakmp_event *ev)
{
    const isakmp_assignment *a = ev->assignment;
    if (a == NULL)
        return;
    if (ev->type == ISAKMP_EV_CONFIG_END && !a->ours && a->ip4.family) {
        p->releases++;
        p->lost_addresses += isakmp_addr_pool_release(&p->pool, &a->ip4) != ISAKMP_OK;
    }
    if (ev->type != ISAKMP_EV_CONFIG)
        return;
    must(a->attrs.n <= sizeof p->got, "a client is told too much");
    p->ip4 = a->ip4;
    p->ip6 = a->ip6;
    p->kept = a->kept;
    p->got_n = a->attrs.n;
    if (a->attrs.n)
        memcpy(p->got, a->attrs.p, a->attrs.n);
}

/* Late answers that nobody waits for any more: nobody has the address. */
static void take_back(peer *p, const parked *a)
{
    isakmp_span attrs = {a->gift, a->gift_n};
    isakmp_cfg_reader r = isakmp_cfg_values(attrs);
    isakmp_cfg_value v;
    isakmp_addr ip4 = {4, {0}, 0};
    while (isakmp_cfg_next(&r, &v) == ISAKMP_OK)
        if (v.type == ISAKMP_CFG_IP4_ADDRESS) {
            memcpy(ip4.ip, v.addrs.lo, 4);
            (void)isakmp_addr_pool_release(&p->pool, &ip4);
        }
}

static void on_learn(void *user, const isakmp_query *q, const isakmp_cert *certs, size_t n_certs)
{
    peer *p = (peer *)user;
    (void)q;
    p->learns++;
    p->learnt_certs = 0;
    for (size_t i = 0; i < n_certs; i++)
        p->learnt_certs += certs[i].encoding == ISAKMP_CERT_X509_KE;
}

/* ---- Users ---------------------------------------------------------------------------------- */

static int tell_user(peer *p, const isakmp_user *asked, isakmp_user *out)
{
    (void)asked;
    if (p->user == NULL)
        return ISAKMP_NONE;
    out->user_name = text_span(p->user);
    out->user_password = text_span(p->password);
    return ISAKMP_OK;
}

static int is_text(isakmp_span s, const char *text)
{
    return s.n == strlen(text) && memcmp(s.p, text, s.n) == 0;
}

static int judge_user(peer *p, const isakmp_user *got, isakmp_user *out)
{
    (void)out;
    return got->round && is_text(got->user_name, p->user) &&
                   is_text(got->user_password, p->password)
               ? ISAKMP_OK
               : ISAKMP_NONE;
}

/* An answer later, with what it says. */
static int park_user(peer *p, int kind, isakmp_ticket t, int rc, const isakmp_user *out)
{
    if (!parks(p, kind, t, NULL, NULL))
        return rc;
    p->asks[p->n_asks - 1].rc = rc;
    p->asks[p->n_asks - 1].user = *out;
    return ISAKMP_PENDING;
}

static int on_get_user(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_user *asked,
                       isakmp_user *out)
{
    peer *p = (peer *)user;
    int rc;
    (void)q;
    if (fails(p))
        return ISAKMP_E_HOST;
    p->gets++;
    if (p->mute_user)
        return ISAKMP_PENDING;
    rc = p->tell_user ? p->tell_user(p, asked, out) : tell_user(p, asked, out);
    return park_user(p, PAIR_GET_USER, t, rc, out);
}

static int on_check_user(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_user *got,
                         isakmp_user *out)
{
    peer *p = (peer *)user;
    int rc;
    (void)q;
    if (fails(p))
        return ISAKMP_E_HOST;
    p->checks++;
    rc = p->judge_user ? p->judge_user(p, got, out) : judge_user(p, got, out);
    return park_user(p, PAIR_CHECK_USER, t, rc, out);
}

static int on_find_child(void *user, isakmp_ticket t, isakmp_sa_id sa, const isakmp_selector *local,
                         const isakmp_selector *remote, const isakmp_child_policy **out)
{
    peer *p = (peer *)user;
    (void)sa;
    if (fails(p))
        return ISAKMP_E_HOST;
    *out = p->choose_child ? p->choose_child(p, local, remote) : p->no_child ? NULL : &p->child;
    if (parks(p, PAIR_CHILD, t, NULL, *out))
        return ISAKMP_PENDING;
    return *out ? ISAKMP_OK : ISAKMP_NONE;
}

/* ---- Tunnel Endpoint Discovery ---- */

static int on_send_as(void *user, const isakmp_path *path, isakmp_span datagram)
{
    peer *p = (peer *)user;
    p->probes++;
    if (fails(p))
        return ISAKMP_E_HOST;
    transmit(p, path, datagram);
    return ISAKMP_OK;
}

static int on_find_ted(void *user, const isakmp_path *path, const isakmp_selector *local,
                       const isakmp_selector *remote, isakmp_ted_answer *out)
{
    peer *p = (peer *)user;
    p->ted_asks++;
    p->ted_path = *path;
    p->ted_local = *local;
    p->ted_remote = *remote;
    if (fails(p))
        return ISAKMP_E_HOST;
    *out = p->ted;
    return p->ted_rc;
}

static int on_get_spi(void *user, isakmp_ticket t, isakmp_child_id child, uint8_t proto,
                      const isakmp_path *path, uint32_t *spi)
{
    peer *p = (peer *)user;
    (void)child;
    (void)proto;
    (void)path;
    if (fails(p))
        return ISAKMP_E_HOST;
    if (parks(p, PAIR_SPI, t, NULL, NULL))
        return ISAKMP_PENDING;
    *spi = ++p->next_spi;
    return ISAKMP_OK;
}

static void copy_text(char *out, size_t cap, isakmp_span s)
{
    must(s.n < cap, "a text of an event is too long");
    if (s.n)
        memcpy(out, s.p, s.n);
    out[s.n] = 0;
}

static int can_send(const peer *p, isakmp_child_id child)
{
    for (unsigned i = 0; i < PAIR_SAD; i++)
        if (p->sad[i].used && p->sad[i].child.v == child.v && !p->sad[i].e.inbound)
            return 1;
    return 0;
}

static void on_event(void *user, const isakmp_event *ev)
{
    peer *p = (peer *)user;
    heard_event *h = &p->events[p->n_events % PAIR_EVENTS];
    isakmp_mismatch m;
    try_reentry(p);
    must(ev->type < PAIR_TYPES, "an event of an unknown type");
    p->n_events++;
    p->n_of_type[ev->type]++;
    p->half_ups += ev->type == ISAKMP_EV_CHILD_UP && !can_send(p, ev->child);
    memset(h, 0, sizeof *h);
    h->type = ev->type;
    h->detail = ev->why.detail;
    h->by = ev->why.by;
    h->message = ev->why.message;
    h->notify = ev->notify ? ev->notify->type : ev->why.notify;
    h->authentic = ev->authentic;
    h->has_report = ev->report != NULL;
    h->nat = ev->nat;
    h->sa = ev->sa;
    h->other_sa = ev->other_sa;
    h->other_child = ev->other_child;
    h->child = ev->child;
    h->step = p->step;
    if (ev->report && isakmp_report_get(ev->report, 0, &m) == ISAKMP_OK)
        isakmp_mismatch_text(p->report, sizeof p->report, ev->report, &m);
    isakmp_event_text(h->text, sizeof h->text, ev);
    note_assignment(p, ev);
    copy_text(h->user, sizeof h->user, ev->user);
    copy_text(h->words, sizeof h->words, ev->text);
    if (p->hear_event)
        p->hear_event(p, ev);
}

static void on_log(void *user, int level, isakmp_sa_id sa, const char *line)
{
    peer *p = (peer *)user;
    (void)sa;
    try_reentry(p);
    must(strlen(line) < sizeof p->log, "a line of log is too long");
    memcpy(p->log, line, strlen(line) + 1);
    if (p->hear_line)
        p->hear_line(p, level, line);
}

static void on_keylog(void *user, const uint8_t *cky_i, isakmp_span key)
{
    peer *p = (peer *)user;
    (void)cky_i;
    try_reentry(p);
    memcpy(p->key, key.p, key.n);
    p->key_n = key.n;
    p->keylogs++;
}

static void on_timer(void *user, isakmp_time deadline)
{
    peer *p = (peer *)user;
    try_reentry(p);
    p->told_deadline = deadline;
}

/* ---- Making a pair -------------------------------------------------------------------------- */

isakmp_selector pair_subnet(uint8_t second)
{
    isakmp_selector s;
    memset(&s, 0, sizeof s);
    s.family = 4;
    s.lo[0] = s.hi[0] = 10;
    s.lo[1] = s.hi[1] = second;
    s.hi[2] = s.hi[3] = 255;
    return s;
}

static void init_policies(peer *p)
{
    p->policies[0].priority = 10;
    p->policies[0].cipher = ISAKMP_CIPHER_AES;
    p->policies[0].key_bits = 128;
    p->policies[0].hash = ISAKMP_HASH_SHA1;
    p->policies[0].auth = ISAKMP_AUTH_PSK;
    p->policies[0].group = ISAKMP_GROUP_MODP_1024;
    p->peer.size = sizeof p->peer;
    p->peer.name = p->index ? "initiator" : "responder";
    p->peer.policies = p->policies;
    p->peer.n_policies = 1;
    p->peer.flags = ISAKMP_PF_AGGRESSIVE_PSK;

    p->protect[0].proto = ISAKMP_PROTO_ESP;
    p->protect[0].transform = ISAKMP_ESP_AES_CBC;
    p->protect[0].key_bits = 128;
    p->protect[0].integ = ISAKMP_INTEG_HMAC_SHA1;
    p->child.size = sizeof p->child;
    p->child.name = "net";
    p->child.protect = p->protect;
    p->child.n_protect = 1;
    p->child.mode = ISAKMP_MODE_TUNNEL;
    p->child.local = pair_subnet((uint8_t)(p->index + 1));
    p->child.remote = pair_subnet((uint8_t)(2 - p->index));
    p->user = "joe";
    p->password = "what only joe knows";
    memcpy(p->psk, "a key that both know", 20);
    p->psk_n = 20;
    p->cert_n = 600;
    p->ted_rc = ISAKMP_NONE;
    p->next_spi = 0x1000u * (uint32_t)(p->index + 1);
}

static void init_host(peer *p)
{
    p->host.size = sizeof p->host;
    p->host.user = p;
    p->host.send = on_send;
    p->host.sa_install = on_install;
    p->host.sa_remove = on_remove;
    p->host.timer = on_timer;
    p->host.find_peer = on_find_peer;
    p->host.get_psk = on_get_psk;
    p->host.find_child = on_find_child;
    p->host.get_credentials = on_credentials;
    p->host.sign = on_sign;
    p->host.verify = on_verify;
    p->host.encrypt = on_encrypt;
    p->host.decrypt = on_decrypt;
    p->host.learn = on_learn;
    p->host.event = on_event;
    p->host.log = on_log;
    p->host.keylog = on_keylog;
    p->host.send_as = on_send_as;
    p->host.find_ted = on_find_ted;
    p->host.get_user = on_get_user;
    p->host.check_user = on_check_user;
}

static void init_pool(peer *p)
{
    const isakmp_addr first = {4, {10, 9, 0, 1}, 0}, last = {4, {10, 9, 0, PAIR_LEASES}, 0};
    must(isakmp_addr_pool_init(&p->pool, p->leases, PAIR_LEASES, &first, &last) == ISAKMP_OK,
         "there is no pool");
}

static void init_peer(pair *pr, int index, uint64_t seed)
{
    peer *p = &pr->p[index];
    p->pair = pr;
    p->index = index;
    toy_init(&p->toy, seed * 2 + (uint64_t)index);
    p->toy.scramble = 1;
    p->addr.family = 4;
    p->addr.ip[0] = 192;
    p->addr.ip[2] = 2;
    p->addr.ip[3] = (uint8_t)(index + 1);
    p->addr.port = 500;
    init_policies(p);
    init_host(p);
    init_pool(p);
    isakmp_config_init(&p->config, sizeof p->config);
    p->config.limits.sas = 4;
    p->config.limits.children = 4;
    p->config.limits.exchanges = 6;
    p->config.limits.max_dh = 1024;
    p->config.exchanges = isakmp_all_exchanges;
    p->config.extensions = isakmp_all_extensions;
}

void pair_init(pair *pr, uint64_t seed)
{
    memset(pr, 0, sizeof *pr);
    for (int i = 0; i < 2; i++)
        init_peer(pr, i, seed);
}

static void start(peer *p)
{
    int rc;
    p->config.crypto = &p->toy.table;
    p->config.host = &p->host;
    p->host.get_spi = p->own_spis ? on_get_spi : NULL;
    p->host.assign = p->no_assign ? NULL : on_assign;
    p->host.sa_move = p->stays ? NULL : on_move;
    p->told_deadline = ISAKMP_NEVER;
    p->arena_n = isakmp_ctx_size(&p->config);
    must(p->arena_n > 0, "the limits are not valid");
    p->arena = malloc(p->arena_n + PAIR_FENCE);
    must(p->arena != NULL, "there is no memory");
    memset(p->arena, FENCE, p->arena_n + PAIR_FENCE);
    rc = isakmp_ctx_init(&p->x, p->arena, p->arena_n, &p->config, p->pair->now);
    must(rc == ISAKMP_OK, "there is no context");
}

static void stop(peer *p)
{
    const uint8_t *arena = (const uint8_t *)p->arena;
    isakmp_ctx_wipe(p->x);
    /* In one comparison: one for each octet is slow where fuzzing traces them. */
    must(arena[0] == 0 && memcmp(arena, arena + 1, p->arena_n - 1) == 0,
         "something was left in an arena");
    for (size_t k = 0; k < PAIR_FENCE; k++)
        must(arena[p->arena_n + k] == FENCE, "something was written behind an arena");
    free(p->arena);
    p->arena = NULL;
    p->x = NULL;
}

void pair_start(pair *pr)
{
    for (int i = 0; i < 2; i++)
        start(&pr->p[i]);
}

void pair_end(pair *pr)
{
    for (int i = 0; i < 2; i++)
        stop(&pr->p[i]);
}

void pair_close(pair *pr, int index)
{
    peer *p = &pr->p[index];
    isakmp_sa_id sa = {0};
    p->fail_at = p->toy.fail_at = 0;
    while ((sa = isakmp_sa_next(p->x, sa)).v)
        (void)isakmp_close(p->x, pr->now, sa);
}

void pair_restart(pair *pr, int index)
{
    peer *p = &pr->p[index];
    stop(p);
    memset(p->sad, 0, sizeof p->sad);
    p->n_asks = 0;
    start(p);
}

/* ---- Running -------------------------------------------------------------------------------- */

int pair_input(pair *pr, int to, const uint8_t *data, size_t n)
{
    isakmp_path path = pair_path(pr, to);
    uint8_t *copy = (uint8_t *)malloc(n ? n : 1); /* a sanitizer sees reads beyond the end */
    int rc;
    must(copy != NULL, "there is no memory");
    if (n)
        memcpy(copy, data, n);
    rc = isakmp_input(pr->p[to].x, pr->now, &path, copy, n);
    free(copy);
    return rc;
}

int pair_deliver(pair *pr)
{
    static wire_item w;
    isakmp_path path;
    peer *to;
    unsigned i = 0;
    while (i < pr->n_wire && pr->wire[i].at > pr->now)
        i++;
    if (i == pr->n_wire)
        return 0;
    w = pr->wire[i];
    memmove(&pr->wire[i], &pr->wire[i + 1], (--pr->n_wire - i) * sizeof w);
    if (pr->arrive && pr->arrive(pr, &w) == PAIR_DROP)
        return 1;
    to = &pr->p[1 - w.from];
    path = w.path;
    path.local = w.path.remote;
    path.remote = w.path.local;
    (void)isakmp_input(to->x, pr->now, &path, w.data, w.n);
    return 1;
}

static void answer_one(pair *pr, peer *p, const parked *a)
{
    uint32_t spi = ++p->next_spi;
    int rc = ISAKMP_OK, told;
    const void *value = NULL;
    size_t n = 0;
    switch (a->kind) {
    case PAIR_PEER:
        value = a->peer;
        rc = value ? ISAKMP_OK : ISAKMP_NONE;
        break;
    case PAIR_PSK:
        value = p->psk;
        n = p->psk_n;
        rc = n ? ISAKMP_OK : ISAKMP_NONE;
        break;
    case PAIR_CHILD:
        value = a->child;
        rc = value ? ISAKMP_OK : ISAKMP_NONE;
        break;
    case PAIR_CREDENTIALS:
        value = &a->credentials;
        n = sizeof a->credentials;
        break;
    case PAIR_SIGN:
        value = a->signature;
        n = SIGNATURE;
        break;
    case PAIR_ENCRYPT:
    case PAIR_DECRYPT:
        rc = a->rc;
        value = a->block;
        n = a->block_n;
        break;
    case PAIR_ASSIGN:
        rc = a->rc;
        value = a->gift;
        n = a->gift_n;
        break;
    case PAIR_VERIFY:
        rc = a->rc;
        value = &a->why;
        n = sizeof a->why;
        break;
    case PAIR_GET_USER:
    case PAIR_CHECK_USER:
        rc = a->rc;
        value = &a->user;
        n = sizeof a->user;
        break;
    default:
        value = &spi;
        n = sizeof spi;
    }
    if (p->answer_rc)
        rc = p->answer_rc;
    told = isakmp_answer(p->x, pr->now, a->ticket, rc, value, n);
    p->stale_answers += told == ISAKMP_E_STALE;
    if (a->kind == PAIR_ASSIGN && !a->had && (told == ISAKMP_E_STALE || rc != ISAKMP_OK))
        take_back(p, a);
}

static int answer_host(pair *pr, peer *p)
{
    parked a = p->asks[0];
    if (p->n_asks == 0 || a.due > pr->now)
        return 0;
    memmove(&p->asks[0], &p->asks[1], --p->n_asks * sizeof a);
    answer_one(pr, p, &a);
    return 1;
}

/* When the oldest question to the provider is answered; ISAKMP_NEVER if there is none. */
static isakmp_time provider_due(peer *p)
{
    uint64_t ticket = toy_dh_waiting(&p->toy).v;
    if (ticket == 0)
        return ISAKMP_NEVER;
    if (ticket != p->dh_ticket) {
        p->dh_ticket = ticket;
        p->dh_due = p->pair->now + p->answer_after;
    }
    return p->dh_due;
}

static int answer_provider(pair *pr, peer *p)
{
    uint8_t out[TOY_MAX_ANSWER];
    isakmp_ticket t = toy_dh_waiting(&p->toy);
    size_t n;
    int rc;
    if (provider_due(p) > pr->now)
        return 0;
    rc = toy_dh_answer(&p->toy, t, out, &n);
    if (p->answer_rc)
        rc = p->answer_rc;
    p->stale_answers += isakmp_answer(p->x, pr->now, t, rc, out, n) == ISAKMP_E_STALE;
    return 1;
}

int pair_answer(pair *pr, peer *p)
{
    int any = 0;
    while (!p->never_answer && (answer_host(pr, p) || answer_provider(pr, p)))
        any = 1;
    return any;
}

/* The wire is quicker than the host: questions are answered when nothing else is on its way. */
static int busy(pair *pr)
{
    return pair_deliver(pr) || pair_answer(pr, &pr->p[0]) || pair_answer(pr, &pr->p[1]);
}

/* When something happens next. */
static isakmp_time next_time(pair *pr)
{
    isakmp_time t = ISAKMP_NEVER;
    for (int i = 0; i < 2; i++) {
        peer *p = &pr->p[i];
        isakmp_time due[3] = {isakmp_deadline(p->x), provider_due(p),
                              p->n_asks ? p->asks[0].due : ISAKMP_NEVER};
        for (unsigned k = 0; k < (p->never_answer ? 1 : 3); k++)
            t = due[k] < t ? due[k] : t;
    }
    for (unsigned i = 0; i < pr->n_wire; i++)
        t = pr->wire[i].at < t ? pr->wire[i].at : t;
    return t;
}

void pair_run(pair *pr, isakmp_time until)
{
    isakmp_time next;
    unsigned idle = 0;
    for (;;) {
        while (busy(pr))
            must(++idle < 100000, "the peers do not come to rest");
        next = next_time(pr);
        if (next > until)
            break;
        if (next > pr->now)
            idle = 0;
        must(++idle < 100000, "a deadline stays in the past");
        pr->now = next > pr->now ? next : pr->now;
        isakmp_tick(pr->p[0].x, pr->now);
        isakmp_tick(pr->p[1].x, pr->now);
    }
    pr->now = until > pr->now ? until : pr->now;
}

isakmp_path pair_path(const pair *pr, int from)
{
    isakmp_path path;
    memset(&path, 0, sizeof path);
    path.local = pr->p[from].addr;
    path.remote = pr->p[1 - from].addr;
    return path;
}

isakmp_sa_id pair_connect_from(pair *pr, int from, uint8_t exchange, int child)
{
    peer *p = &pr->p[from];
    isakmp_path path = pair_path(pr, from);
    isakmp_sa_id sa = {0};
    isakmp_child_id c;
    if (isakmp_connect(p->x, pr->now, &p->peer, &path, exchange, &sa) == ISAKMP_OK && child)
        (void)isakmp_child_connect(p->x, pr->now, sa, &p->child, &c);
    return sa;
}

isakmp_sa_id pair_connect(pair *pr, uint8_t exchange, int child)
{
    return pair_connect_from(pr, 0, exchange, child);
}

/* ---- Looking -------------------------------------------------------------------------------- */

unsigned heard(const peer *p, uint16_t type)
{
    return type < PAIR_TYPES ? p->n_of_type[type] : 0;
}

const heard_event *last_event(const peer *p, uint16_t type)
{
    for (unsigned i = p->n_events; i-- > 0 && i + PAIR_EVENTS >= p->n_events;)
        if (p->events[i % PAIR_EVENTS].type == type)
            return &p->events[i % PAIR_EVENTS];
    return NULL;
}

unsigned sad_count(const peer *p)
{
    unsigned n = 0;
    for (unsigned i = 0; i < PAIR_SAD; i++)
        n += p->sad[i].used != 0;
    return n;
}

static int same_octets(isakmp_span a, isakmp_span b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* A window is kept for what comes in, if at all. */
static int window_fits(const isakmp_sad_entry *e)
{
    return e->inbound && e->replay ? e->replay_window >= 32 : e->replay_window == 0;
}

static int mirrors(const isakmp_sad_entry *a, const isakmp_sad_entry *b, int natted)
{
    return a->spi == b->spi && a->inbound != b->inbound && a->mode == b->mode &&
           a->natt == b->natt && a->replay == b->replay && window_fits(a) && window_fits(b) &&
           (natted ||
            (isakmp_addr_equal(&a->src, &b->src) && isakmp_addr_equal(&a->dst, &b->dst))) &&
           memcmp(&a->algs, &b->algs, sizeof a->algs) == 0 && same_octets(a->enc_key, b->enc_key) &&
           same_octets(a->auth_key, b->auth_key) &&
           memcmp(&a->local, &b->remote, sizeof a->local) == 0 &&
           memcmp(&a->remote, &b->local, sizeof a->local) == 0 && a->life_s == b->life_s &&
           a->life_kb == b->life_kb;
}

static unsigned count_mirrors(const pair *pr, const peer *p, const sad_record *r)
{
    unsigned n = 0;
    for (unsigned i = 0; i < PAIR_SAD; i++)
        n += p->sad[i].used && mirrors(&r->e, &p->sad[i].e, pr->natted);
    return n;
}

int sads_mirror(const pair *pr)
{
    for (unsigned k = 0; k < 2; k++)
        for (unsigned i = 0; i < PAIR_SAD; i++)
            if (pr->p[k].sad[i].used && count_mirrors(pr, &pr->p[1 - k], &pr->p[k].sad[i]) != 1)
                return 0;
    return sad_count(&pr->p[0]) == sad_count(&pr->p[1]);
}

isakmp_stats stats_of(const peer *p)
{
    isakmp_stats s;
    s.size = sizeof s;
    isakmp_stats_get(p->x, &s);
    return s;
}

int pair_is_empty(const pair *pr)
{
    for (int i = 0; i < 2; i++) {
        isakmp_stats s = stats_of(&pr->p[i]);
        if (s.sas || s.children || s.exchanges || s.packets || s.half_open || sad_count(&pr->p[i]))
            return 0;
    }
    return 1;
}

unsigned arena_has(const peer *p, const void *octets, size_t n)
{
    const uint8_t *a = (const uint8_t *)p->arena;
    unsigned count = 0;
    for (size_t i = 0; i + n <= p->arena_n; i++)
        count += a[i] == *(const uint8_t *)octets && memcmp(a + i, octets, n) == 0;
    return count;
}
