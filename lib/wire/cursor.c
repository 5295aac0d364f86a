/* wire/cursor.c -- the reader and the writer.
 *
 * Both remember the first fault.  A reader that has run off its end returns zeroes and empty spans
 * for ever, so a parser can read a whole structure and look once; a writer that has filled its
 * buffer, or was given what a field of the wire cannot say, writes nothing more and isakmp_wr_end()
 * says so.
 *
 * The writer keeps the three chains of "next payload" octets of a message (payloads, proposals,
 * transforms) by remembering where each chain ends: opening the next link patches the one before
 * [RFC2408 3.2, 3.5, 3.6]. */
#include "base/span.h"
#include "isakmp/wire.h"

#define ATTR_BASIC 0x8000u /* the format bit of an attribute's type [RFC2408 3.3] */

/* ---- Reader ------------------------------------------------------------------------------- */

isakmp_reader isakmp_rd(isakmp_span bytes)
{
    isakmp_reader r = {bytes.p, bytes.p, 0};
    if (bytes.n)
        r.end = bytes.p + bytes.n;
    return r;
}

size_t isakmp_rd_left(const isakmp_reader *r)
{
    return r->fault || r->p == NULL ? 0 : (size_t)(r->end - r->p);
}

isakmp_span isakmp_rd_bytes(isakmp_reader *r, size_t n)
{
    isakmp_span s = {NULL, 0};
    if (isakmp_rd_left(r) < n) {
        r->fault = 1;
        return s;
    }
    if (n) {
        s = isakmp__span(r->p, n);
        r->p += n;
    }
    return s;
}

uint8_t isakmp_rd_u8(isakmp_reader *r)
{
    isakmp_span s = isakmp_rd_bytes(r, 1);
    return s.n ? s.p[0] : 0;
}

uint16_t isakmp_rd_u16(isakmp_reader *r)
{
    isakmp_span s = isakmp_rd_bytes(r, 2);
    return s.n ? isakmp__get16(s.p) : 0;
}

uint32_t isakmp_rd_u32(isakmp_reader *r)
{
    isakmp_span s = isakmp_rd_bytes(r, 4);
    return s.n ? isakmp__get32(s.p) : 0;
}

/* ---- Writer: bytes ------------------------------------------------------------------------ */

/* Room for n more octets, or NULL and a fault. */
static uint8_t *room(isakmp_writer *w, size_t n)
{
    uint8_t *at;
    if (w->fault || w->cap - w->len < n) {
        w->fault = 1;
        return NULL;
    }
    at = w->base + w->len;
    w->len += n;
    return at;
}

void isakmp_wr_init(isakmp_writer *w, uint8_t *buf, size_t cap)
{
    memset(w, 0, sizeof *w);
    w->base = buf;
    w->cap = cap;
    w->next_at = SIZE_MAX; /* there is nothing yet that could name a payload */
}

void isakmp_wr_u8(isakmp_writer *w, uint8_t v)
{
    uint8_t *at = room(w, 1);
    if (at)
        *at = v;
}

void isakmp_wr_u16(isakmp_writer *w, uint16_t v)
{
    uint8_t *at = room(w, 2);
    if (at)
        isakmp__put16(at, v);
}

void isakmp_wr_u32(isakmp_writer *w, uint32_t v)
{
    uint8_t *at = room(w, 4);
    if (at)
        isakmp__put32(at, v);
}

void isakmp_wr_bytes(isakmp_writer *w, isakmp_span bytes)
{
    uint8_t *at = room(w, bytes.n);
    if (at && bytes.n)
        memcpy(at, bytes.p, bytes.n);
}

/* ---- Writer: message and payloads --------------------------------------------------------- */

void isakmp_wr_header(isakmp_writer *w, const isakmp_header *h)
{
    size_t start = w->len;
    isakmp_wr_bytes(w, isakmp__span(h->cky_i, ISAKMP_COOKIE_SIZE));
    isakmp_wr_bytes(w, isakmp__span(h->cky_r, ISAKMP_COOKIE_SIZE));
    isakmp_wr_u8(w, ISAKMP_PAYLOAD_NONE);
    isakmp_wr_u8(w, h->version);
    isakmp_wr_u8(w, h->exchange);
    isakmp_wr_u8(w, h->flags);
    isakmp_wr_u32(w, h->msg_id);
    isakmp_wr_u32(w, 0);
    w->next_at = start + 16;
}

int isakmp_wr_end(isakmp_writer *w)
{
    if (w->fault || w->len < ISAKMP_HEADER_SIZE || w->len > UINT16_MAX)
        return ISAKMP_E_SPACE;
    isakmp__put32(w->base + 24, (uint32_t)w->len);
    return ISAKMP_OK;
}

/* A generic header whose length is filled in later. */
static size_t open_link(isakmp_writer *w)
{
    size_t mark = w->len;
    isakmp_wr_u32(w, 0);
    return mark;
}

size_t isakmp_wr_open(isakmp_writer *w, uint8_t type)
{
    size_t mark = open_link(w);
    if (w->fault)
        return mark;
    if (w->next_at < mark)
        w->base[w->next_at] = type;
    w->next_at = mark;
    return mark;
}

void isakmp_wr_close(isakmp_writer *w, size_t mark)
{
    if (w->fault)
        return;
    if (w->len - mark > UINT16_MAX)
        w->fault = 1;
    else
        isakmp__put16(w->base + mark + 2, (uint32_t)(w->len - mark));
}

void isakmp_wr_payload(isakmp_writer *w, uint8_t type, isakmp_span body)
{
    size_t mark = isakmp_wr_open(w, type);
    isakmp_wr_bytes(w, body);
    isakmp_wr_close(w, mark);
}

size_t isakmp_wr_sa(isakmp_writer *w, uint32_t doi, uint32_t situation)
{
    size_t mark = isakmp_wr_open(w, ISAKMP_PAYLOAD_SA);
    isakmp_wr_u32(w, doi);
    isakmp_wr_u32(w, situation);
    w->proposal_at = 0;
    return mark;
}

size_t isakmp_wr_proposal(isakmp_writer *w, uint8_t number, uint8_t protocol, isakmp_span spi)
{
    size_t mark = open_link(w);
    if (spi.n > UINT8_MAX)
        w->fault = 1;
    isakmp_wr_u8(w, number);
    isakmp_wr_u8(w, protocol);
    isakmp_wr_u8(w, (uint8_t)spi.n);
    isakmp_wr_u8(w, 0); /* transforms, counted as they come */
    isakmp_wr_bytes(w, spi);
    if (!w->fault && w->proposal_at)
        w->base[w->proposal_at] = ISAKMP_PAYLOAD_PROPOSAL;
    w->proposal_at = mark;
    w->transform_at = 0;
    return mark;
}

size_t isakmp_wr_transform(isakmp_writer *w, uint8_t number, uint8_t id)
{
    size_t mark = open_link(w);
    isakmp_wr_u8(w, number);
    isakmp_wr_u8(w, id);
    isakmp_wr_u16(w, 0);
    if (!w->fault && w->base[w->proposal_at + 7]++ == UINT8_MAX)
        w->fault = 1;
    if (!w->fault && w->transform_at)
        w->base[w->transform_at] = ISAKMP_PAYLOAD_TRANSFORM;
    w->transform_at = mark;
    return mark;
}

void isakmp_wr_attr(isakmp_writer *w, uint16_t type, uint32_t value)
{
    if (type & ATTR_BASIC)
        w->fault = 1;
    isakmp_wr_u16(w, value > UINT16_MAX ? type : (uint16_t)(type | ATTR_BASIC));
    if (value > UINT16_MAX) {
        isakmp_wr_u16(w, 4);
        isakmp_wr_u32(w, value);
    } else {
        isakmp_wr_u16(w, (uint16_t)value);
    }
}

void isakmp_wr_attr_bytes(isakmp_writer *w, uint16_t type, isakmp_span value)
{
    if (value.n > UINT16_MAX || type & ATTR_BASIC)
        w->fault = 1;
    isakmp_wr_u16(w, type);
    isakmp_wr_u16(w, (uint16_t)value.n);
    isakmp_wr_bytes(w, value);
}
