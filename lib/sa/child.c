/* sa/child.c -- children: pairs of IPsec SAs, or bundles of pairs.
 *
 * A child has no keys.  KEYMAT is derived when an entry is installed, handed to the host, and wiped
 * [RFC2409 5.5]. */
#include "base/secret.h"
#include "crypto/keys.h"
#include "crypto/suites.h"
#include "host.h"

isakmp__child *isakmp__child_take(isakmp_ctx *x, isakmp__sa *sa, const isakmp_child_policy *policy)
{
    isakmp__child *c = (isakmp__child *)isakmp__pool_take(&x->children);
    if (c == NULL)
        return NULL;
    c->sa = sa;
    c->policy = policy;
    c->timer.kind = ISAKMP__TIMER_CHILD;
    c->state = ISAKMP_CHILD_WAITING;
    isakmp__list_append(&sa->children, &c->link);
    sa->n_children++;
    return c;
}

void isakmp__child_give(isakmp_ctx *x, isakmp__child *c)
{
    isakmp__timer_set(&x->deadlines, &c->timer, ISAKMP_NEVER);
    isakmp__unlink(&c->queue_link);
    isakmp__unlink(&c->link);
    c->sa->n_children--;
    isakmp__pool_give(&x->children, c);
}

void isakmp__child_renew(const isakmp_ctx *x, isakmp__child *c)
{
    isakmp__forget_open_end(x, c);
    isakmp__unlink(&c->queue_link);
    isakmp__pool_renew(c);
    memset(&c->spis, 0, sizeof c->spis);
    memset(c->spi_out, 0, sizeof c->spi_out);
    memset(&c->why, 0, sizeof c->why);
    c->state = ISAKMP_CHILD_WAITING;
    c->initiator = 1;
    c->n = 0;
    c->since = 0;
    c->partner = 0;
    c->ending = c->soft_told = c->used = c->confirmed = c->replaced = c->replaces = 0;
    c->homeless = 0;
}

isakmp__child *isakmp__child_of(const isakmp_ctx *x, isakmp_child_id id)
{
    return (isakmp__child *)isakmp__pool_find(&x->children, id.v);
}

isakmp_child_id isakmp__child_id(const isakmp_ctx *x, const isakmp__child *c)
{
    isakmp_child_id id = {c ? isakmp__pool_id(&x->children, c) : 0};
    return id;
}

isakmp__child *isakmp__child_by_spi_out(const isakmp__sa *sa, uint8_t proto, uint32_t spi)
{
    for (isakmp__child *c = NULL; (c = isakmp__child_after(sa, c)) != NULL;)
        for (unsigned i = 0; i < c->n; i++)
            if (c->protect[i].proto == proto && c->spi_out[i] == spi)
                return c;
    return NULL;
}

/* The low bits are the child's index in its pool, which no other living child has; the others are
 * random, so that an SPI does not come back soon.  0 to 255 are reserved [RFC2406 2.1]. */
int isakmp__child_pick_spi(isakmp_ctx *x, const isakmp__child *c, uint32_t *out)
{
    uint32_t span = 1;
    uint8_t random[4];
    while (span < x->children.cap)
        span <<= 1;
    for (unsigned tries = 0; tries < 16; tries++) {
        if (isakmp__random(&x->crypto, random, sizeof random) != ISAKMP_OK)
            return ISAKMP_E_CRYPTO;
        *out = (isakmp__get32(random) & ~(span - 1)) | isakmp__pool_index(&x->children, c);
        if (*out > 255)
            return ISAKMP_OK;
    }
    return ISAKMP_E_CRYPTO;
}

/* ---- SAD entries --------------------------------------------------------------------------- */

static uint16_t window_of(const isakmp_child_policy *p)
{
    return p->replay_window ? p->replay_window : (uint16_t)ISAKMP_DEFAULT_REPLAY_WINDOW;
}

static void fill_entry(isakmp_sad_entry *s, const isakmp__child *c, unsigned i, int inbound)
{
    memset(s, 0, sizeof *s);
    s->inbound = (uint8_t)inbound;
    s->mode = c->mode;
    s->natt = c->natt;
    s->replay = inbound ? !(c->policy->flags & ISAKMP_CF_NO_REPLAY) : !c->unchecked;
    s->replay_window = inbound && s->replay ? window_of(c->policy) : 0;
    s->sha256_96 = c->protect[i].integ == ISAKMP_INTEG_HMAC_SHA256 &&
                   c->sa->policy->flags & ISAKMP_PF_SHA256_96;
    s->spi = inbound ? isakmp__spi_of(&c->spis, c->protect[i].proto) : c->spi_out[i];
    s->src = inbound ? c->path.remote : c->path.local;
    s->dst = inbound ? c->path.local : c->path.remote;
    s->algs = c->protect[i];
    s->local = c->local;
    s->remote = c->remote;
    s->life_s = c->life_s;
    s->life_kb = c->life_kb;
}

static int is_des(const isakmp_protect *p)
{
    return p->proto == ISAKMP_PROTO_ESP && p->transform == ISAKMP_ESP_DES;
}

static unsigned install_one(isakmp_ctx *x, isakmp__child *c, const isakmp__exch *e, unsigned i,
                            int inbound)
{
    uint8_t keymat[ISAKMP_MAX_KEY + 4 + ISAKMP_MAX_HASH], spi[4];
    const isakmp_protect *p = &c->protect[i];
    isakmp__key_sizes n;
    isakmp_sad_entry s;
    int rc = isakmp__protect_keys(&n, p->proto, p->transform, p->key_bits, p->integ);
    if (rc != ISAKMP_OK)
        return ISAKMP_D_BUG;
    fill_entry(&s, c, i, inbound);
    isakmp__put32(spi, s.spi);
    rc = isakmp__keymat(&x->crypto, isakmp__sa_hash(c->sa), c->sa->skeyid_d, e->g_xy, p->proto,
                        isakmp__span(spi, 4), e->ni, e->nr, keymat, n.enc + n.auth);
    if (rc == ISAKMP_OK && is_des(p) && isakmp__is_weak_des(keymat)) { /* [RFC2405 2.3] */
        isakmp__wipe(keymat, sizeof keymat);
        return ISAKMP_D_WEAK_KEY;
    }
    if (rc == ISAKMP_OK) {
        s.enc_key = isakmp__span(keymat, n.enc);
        s.auth_key = isakmp__span(keymat + n.enc, n.auth);
        s.original_remote = e->oa_remote;
        s.original_local = e->oa_local;
        rc = isakmp__do_install(x, c, &s);
    }
    isakmp__wipe(keymat, sizeof keymat);
    if (rc == ISAKMP_E_CRYPTO)
        return ISAKMP_D_CRYPTO;
    return rc == ISAKMP_OK ? ISAKMP_OK : (unsigned)ISAKMP_D_INSTALL;
}

unsigned isakmp__child_install(isakmp_ctx *x, isakmp__child *c, const isakmp__exch *e, int inbound)
{
    unsigned rc = ISAKMP_OK;
    c->path = c->sa->path;
    for (unsigned i = 0; i < c->n && rc == ISAKMP_OK; i++) {
        rc = install_one(x, c, e, i, inbound);
        if (rc == ISAKMP_OK)
            c->installed |= (uint8_t)(inbound ? ISAKMP__INSTALLED_IN(i) : ISAKMP__INSTALLED_OUT(i));
    }
    return rc;
}

static void move_one(isakmp_ctx *x, const isakmp__child *c, unsigned i, int inbound)
{
    const isakmp_path *path = &c->sa->path;
    isakmp_sad_entry s;
    fill_entry(&s, c, i, inbound);
    isakmp__do_move(x, c, &s, inbound ? &path->remote : &path->local,
                    inbound ? &path->local : &path->remote);
}

/* Whether a host moves what it has or not: c->path says where its entries are. */
void isakmp__child_move(isakmp_ctx *x, isakmp__child *c)
{
    if (c->installed == 0 || !c->natt || !isakmp__can_move(x))
        return;
    for (unsigned i = 0; i < c->n; i++) {
        if (c->installed & ISAKMP__INSTALLED_OUT(i))
            move_one(x, c, i, 0);
        if (c->installed & ISAKMP__INSTALLED_IN(i))
            move_one(x, c, i, 1);
    }
    c->path = c->sa->path;
}

void isakmp__child_remove(isakmp_ctx *x, isakmp__child *c)
{
    isakmp_sad_entry s;
    for (unsigned i = 0; i < c->n; i++) {
        if (c->installed & ISAKMP__INSTALLED_OUT(i)) {
            fill_entry(&s, c, i, 0);
            isakmp__do_remove(x, c, &s);
        }
        if (c->installed & ISAKMP__INSTALLED_IN(i)) {
            fill_entry(&s, c, i, 1);
            isakmp__do_remove(x, c, &s);
        }
    }
    c->installed = 0;
}
