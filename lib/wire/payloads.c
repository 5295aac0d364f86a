/* wire/payloads.c -- the payloads that have a structure but do not nest: read and write side by
 * side.  Every reader takes a body without its generic header and checks that the lengths in it
 * fit; every writer makes a whole payload.
 *
 *     ID         type(1) | protocol(1) | port(2) | data                  [RFC2407 4.6.2]
 *     CERT, CR   encoding(1) | data                                      [RFC2408 3.9, 3.10]
 *     NOTIFY     DOI(4) | protocol(1) | SPI size(1) | type(2) | SPI | data      [RFC2408 3.14]
 *     DELETE     DOI(4) | protocol(1) | SPI size(1) | number of SPIs(2) | SPIs  [RFC2408 3.15]
 *     ATTRIBUTE  type(1) | RESERVED(1) | identifier(2) | attributes      [mode-cfg draft 3.2]
 *     NAT-OA     ID type(1) | RESERVED(3) | address                      [RFC3947 5.2]
 *     FRAGMENT   id(2) | number(1) | flags(1) | data                     [MS-IKEE 2.2.3.1] */
#include "base/span.h"
#include "isakmp/wire.h"

static int done(const isakmp_reader *r)
{
    return r->fault ? ISAKMP_E_MALFORMED : ISAKMP_OK;
}

static isakmp_span rest(isakmp_reader *r)
{
    return isakmp_rd_bytes(r, isakmp_rd_left(r));
}

int isakmp_id_read(isakmp_id *out, isakmp_span body)
{
    isakmp_reader r = isakmp_rd(body);
    out->type = isakmp_rd_u8(&r);
    out->proto = isakmp_rd_u8(&r);
    out->port = isakmp_rd_u16(&r);
    out->data = rest(&r);
    return done(&r);
}

void isakmp_wr_id(isakmp_writer *w, const isakmp_id *id)
{
    size_t mark = isakmp_wr_open(w, ISAKMP_PAYLOAD_ID);
    isakmp_wr_u8(w, id->type);
    isakmp_wr_u8(w, id->proto);
    isakmp_wr_u16(w, id->port);
    isakmp_wr_bytes(w, id->data);
    isakmp_wr_close(w, mark);
}

int isakmp_cert_read(isakmp_cert *out, isakmp_span body)
{
    isakmp_reader r = isakmp_rd(body);
    out->encoding = isakmp_rd_u8(&r);
    out->data = rest(&r);
    return done(&r);
}

void isakmp_wr_cert(isakmp_writer *w, uint8_t type, const isakmp_cert *cert)
{
    size_t mark = isakmp_wr_open(w, type);
    isakmp_wr_u8(w, cert->encoding);
    isakmp_wr_bytes(w, cert->data);
    isakmp_wr_close(w, mark);
}

int isakmp_notify_read(isakmp_notify *out, isakmp_span body)
{
    isakmp_reader r = isakmp_rd(body);
    size_t spi_size;
    out->doi = isakmp_rd_u32(&r);
    out->protocol = isakmp_rd_u8(&r);
    spi_size = isakmp_rd_u8(&r);
    out->type = isakmp_rd_u16(&r);
    out->spi = isakmp_rd_bytes(&r, spi_size);
    out->data = rest(&r);
    return done(&r);
}

void isakmp_wr_notify(isakmp_writer *w, const isakmp_notify *n)
{
    size_t mark = isakmp_wr_open(w, ISAKMP_PAYLOAD_NOTIFY);
    if (n->spi.n > UINT8_MAX)
        w->fault = 1;
    isakmp_wr_u32(w, n->doi);
    isakmp_wr_u8(w, n->protocol);
    isakmp_wr_u8(w, (uint8_t)n->spi.n);
    isakmp_wr_u16(w, n->type);
    isakmp_wr_bytes(w, n->spi);
    isakmp_wr_bytes(w, n->data);
    isakmp_wr_close(w, mark);
}

int isakmp_delete_read(isakmp_delete *out, isakmp_span body)
{
    isakmp_reader r = isakmp_rd(body);
    out->doi = isakmp_rd_u32(&r);
    out->protocol = isakmp_rd_u8(&r);
    out->spi_size = isakmp_rd_u8(&r);
    out->count = isakmp_rd_u16(&r);
    out->spis = rest(&r);
    if (out->spis.n != (size_t)out->count * out->spi_size)
        r.fault = 1;
    return done(&r);
}

isakmp_span isakmp_delete_spi(const isakmp_delete *d, unsigned i)
{
    if (d->spi_size == 0) /* then there may be no bytes to point into */
        return isakmp__span(NULL, 0);
    return isakmp__span(d->spis.p + (size_t)i * d->spi_size, d->spi_size);
}

void isakmp_wr_delete(isakmp_writer *w, const isakmp_delete *d)
{
    size_t mark = isakmp_wr_open(w, ISAKMP_PAYLOAD_DELETE);
    if (d->spis.n != (size_t)d->count * d->spi_size)
        w->fault = 1;
    isakmp_wr_u32(w, d->doi);
    isakmp_wr_u8(w, d->protocol);
    isakmp_wr_u8(w, d->spi_size);
    isakmp_wr_u16(w, d->count);
    isakmp_wr_bytes(w, d->spis);
    isakmp_wr_close(w, mark);
}

int isakmp_cfg_read(isakmp_cfg *out, isakmp_span body)
{
    isakmp_reader r = isakmp_rd(body);
    out->type = isakmp_rd_u8(&r);
    isakmp_rd_u8(&r);
    out->identifier = isakmp_rd_u16(&r);
    out->attrs = rest(&r);
    return done(&r);
}

void isakmp_wr_cfg(isakmp_writer *w, const isakmp_cfg *c)
{
    size_t mark = isakmp_wr_open(w, ISAKMP_PAYLOAD_ATTRIBUTE);
    isakmp_wr_u8(w, c->type);
    isakmp_wr_u8(w, 0);
    isakmp_wr_u16(w, c->identifier);
    isakmp_wr_bytes(w, c->attrs);
    isakmp_wr_close(w, mark);
}

int isakmp_natoa_read(isakmp_natoa *out, isakmp_span body)
{
    isakmp_reader r = isakmp_rd(body);
    out->id_type = isakmp_rd_u8(&r);
    isakmp_rd_bytes(&r, 3); /* some peers leave garbage here */
    out->addr = rest(&r);
    return done(&r);
}

void isakmp_wr_natoa(isakmp_writer *w, uint8_t type, const isakmp_natoa *oa)
{
    size_t mark = isakmp_wr_open(w, type);
    isakmp_wr_u32(w, (uint32_t)oa->id_type << 24);
    isakmp_wr_bytes(w, oa->addr);
    isakmp_wr_close(w, mark);
}

int isakmp_fragment_read(isakmp_fragment *out, isakmp_span body)
{
    isakmp_reader r = isakmp_rd(body);
    out->id = isakmp_rd_u16(&r);
    out->number = isakmp_rd_u8(&r);
    out->flags = isakmp_rd_u8(&r);
    out->data = rest(&r);
    return done(&r);
}

void isakmp_wr_fragment(isakmp_writer *w, const isakmp_fragment *f)
{
    size_t mark = isakmp_wr_open(w, ISAKMP_PAYLOAD_FRAGMENT);
    isakmp_wr_u16(w, f->id);
    isakmp_wr_u8(w, f->number);
    isakmp_wr_u8(w, f->flags);
    isakmp_wr_bytes(w, f->data);
    isakmp_wr_close(w, mark);
}
