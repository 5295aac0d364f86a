/* exchange/verbs_config.c -- Transactions: the Attribute payload, and whose it is [mode-cfg draft 3].
 *
 * The type of a message is checked here, and that its attributes fit into it; the rest
 * is done by the extension that owns them.  Every REQUEST has its REPLY and every SET its ACK, if only an
 * empty one [mode-cfg draft 2]. */
#include "crypto/keys.h"
#include "engine.h"
#include "sa/host.h"

static uint8_t answer_to(uint8_t type)
{
    return type == ISAKMP_CFG_REQUEST ? ISAKMP_CFG_REPLY : ISAKMP_CFG_ACK;
}

/* The Attribute payload of the message being read.  An attribute that is only half in it spoils it as a
 * whole [mode-cfg draft 3.2]. */
static unsigned read_config(const isakmp__exch *e, isakmp_cfg *c)
{
    isakmp_reader r;
    isakmp_attr a;
    int rc;
    if (isakmp_cfg_read(c, isakmp_msg_find(e->in, ISAKMP_PAYLOAD_ATTRIBUTE, 0)) != ISAKMP_OK)
        return ISAKMP_D_MALFORMED;
    r = isakmp_rd(c->attrs);
    do
        rc = isakmp_attr_next(&r, &a);
    while (rc == ISAKMP_OK);
    return rc == ISAKMP_NONE ? ISAKMP_OK : (unsigned)ISAKMP_D_MALFORMED;
}

static int owns_some(const isakmp_extension *ext, isakmp_span attrs)
{
    isakmp_reader r = isakmp_rd(attrs);
    isakmp_attr a;
    while (isakmp_attr_next(&r, &a) == ISAKMP_OK)
        if (ext->owns(a.type))
            return 1;
    return 0;
}

static const isakmp_extension *owner_of(const isakmp_ctx *x, isakmp_span attrs)
{
    for (const isakmp_extension *const *p = x->config.extensions; p && *p; p++)
        if ((*p)->owns && owns_some(*p, attrs))
            return *p;
    return NULL;
}

/* ---- The first message ---------------------------------------------------------------------- */

/* The payload stays open while the extension waits for an answer of the host, which may also make another
 * message of it than was begun: so the type comes last. */
static unsigned put_payload(isakmp_ctx *x, isakmp__exch *e)
{
    unsigned rc;
    if (!e->cfg_open) {
        e->cfg_at = (uint32_t)isakmp_wr_open(&e->w, ISAKMP_PAYLOAD_ATTRIBUTE);
        isakmp_wr_u16(&e->w, 0);
        isakmp_wr_u16(&e->w, e->cfg_id);
        e->cfg_open = 1;
    }
    rc = e->ext && e->ext->write ? e->ext->write(x, e) : ISAKMP_OK;
    if (rc != ISAKMP_PENDING) {
        isakmp_wr_close(&e->w, e->cfg_at);
        e->cfg_open = 0;
    }
    if (rc == ISAKMP_OK && !e->w.fault)
        e->w.base[e->cfg_at + 4] = e->initiator ? e->cfg_type : answer_to(e->cfg_type);
    return rc;
}

static unsigned put_config(isakmp_ctx *x, isakmp__exch *e)
{
    return put_payload(x, e);
}
ISAKMP__DEFINE_PUT_VERB(put_config, ISAKMP_PAYLOAD_ATTRIBUTE);

static unsigned take_config(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp_cfg c;
    unsigned rc = read_config(e, &c);
    if (rc != ISAKMP_OK)
        return rc;
    if (c.type != ISAKMP_CFG_REQUEST && c.type != ISAKMP_CFG_SET)
        return ISAKMP_D_CONFIG;
    e->cfg_type = c.type;
    e->cfg_id = c.identifier;
    e->ext = owner_of(x, c.attrs);
    if (e->ext && e->ext->read)
        return e->ext->read(x, e, &c);
    return e->sa->state == ISAKMP_SA_UP ? ISAKMP_OK : (unsigned)ISAKMP_D_NOT_UP;
}
ISAKMP__DEFINE_VERB(take_config);

/* ---- The answer ----------------------------------------------------------------------------- */

static unsigned put_config_answer(isakmp_ctx *x, isakmp__exch *e)
{
    return put_payload(x, e);
}
ISAKMP__DEFINE_PUT_VERB(put_config_answer, ISAKMP_PAYLOAD_ATTRIBUTE);

/* Whose answer it is the message ID says: strongSwan has another identifier in it. */
static unsigned take_config_answer(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp_cfg c;
    unsigned rc = read_config(e, &c);
    if (rc != ISAKMP_OK)
        return rc;
    if (c.type != answer_to(e->cfg_type))
        return ISAKMP_D_CONFIG;
    return e->ext && e->ext->read ? e->ext->read(x, e, &c) : ISAKMP_OK;
}
ISAKMP__DEFINE_VERB(take_config_answer);

static unsigned end_config(isakmp_ctx *x, isakmp__exch *e)
{
    isakmp_cfg c;
    if (e->ext == NULL || e->ext->over == NULL)
        return ISAKMP_OK;
    if (e->initiator && read_config(e, &c) == ISAKMP_OK)
        e->ext->over(x, e, &c, NULL);
    else
        e->ext->over(x, e, NULL, NULL);
    return ISAKMP_OK;
}
ISAKMP__DEFINE_VERB(end_config);

/* ---- Beginning ------------------------------------------------------------------------------ */

int isakmp__transaction_begin(isakmp_ctx *x, isakmp__sa *sa, const isakmp_extension *ext,
                              uint8_t type, uint16_t identifier)
{
    uint8_t octets[2] = {(uint8_t)(identifier >> 8), (uint8_t)identifier};
    isakmp__exch *e =
        isakmp__engine_take(x, sa, isakmp__exchange_of(x, ISAKMP_EXCH_TRANSACTION), 1, 0);
    if (e == NULL)
        return 0;
    if (identifier == 0 && isakmp__random(&x->crypto, octets, sizeof octets) != ISAKMP_OK) {
        isakmp__exch_give(x, e);
        return 0;
    }
    e->ext = ext;
    e->cfg_type = type;
    e->cfg_id = isakmp__get16(octets);
    isakmp__engine_start(x, e);
    return 1;
}

isakmp__exch *isakmp__transaction_of(const isakmp__sa *sa, const isakmp_extension *ext)
{
    isakmp__exch *e = NULL;
    while ((e = isakmp__exch_after(sa, e)) != NULL && (e->ext != ext || e->phase == ISAKMP__DONE))
        ;
    return e;
}
