/* wire/sa_payload.c -- reading the SA payload and what nests in it.
 *
 *     SA          DOI(4) | situation(4) | [labels] | proposals
 *     Proposal    next(1): 2 or 0 | res | length(2) | number(1) | protocol(1) | SPI size(1) |
 *                 transforms(1) | SPI | transforms                              [RFC2408 3.5]
 *     Transform   next(1): 3 or 0 | res | length(2) | number(1) | id(1) | res(2) | attributes
 *                                                                               [RFC2408 3.6]
 *     Attribute   1 | type(15 bits) | value(2), or 0 | type(15 bits) | length(2) | value
 *                                                                               [RFC2408 3.3]
 *
 * "Next payload" must say the truth about what follows: a link that promises more at the end, or
 * ends before the end, is malformed. */
#include "base/span.h"
#include "isakmp/wire.h"

/* Octets padded to a 32-bit boundary, as the labels of a situation are [RFC2407 4.6.1]. */
static isakmp_span padded(isakmp_reader *r, size_t n)
{
    isakmp_span s = isakmp_rd_bytes(r, n);
    isakmp_rd_bytes(r, (4 - n % 4) % 4);
    return s;
}

static void read_label(isakmp_reader *r, isakmp_label *out)
{
    size_t n = isakmp_rd_u16(r);
    isakmp_rd_u16(r);
    out->level = padded(r, n);
    out->category_bits = isakmp_rd_u16(r);
    isakmp_rd_u16(r);
    out->category = padded(r, ((size_t)out->category_bits + 7) / 8);
}

int isakmp_sa_read(isakmp_sa_body *out, isakmp_span body)
{
    isakmp_reader r = isakmp_rd(body);
    memset(out, 0, sizeof *out);
    out->doi = isakmp_rd_u32(&r);
    out->situation = isakmp_rd_u32(&r);
    if (!r.fault && out->doi != ISAKMP_DOI_IPSEC)
        return ISAKMP_OK; /* nobody else's situations are known */
    if (out->situation & (ISAKMP_SIT_SECRECY | ISAKMP_SIT_INTEGRITY))
        out->labeled_domain = isakmp_rd_u32(&r);
    if (out->situation & ISAKMP_SIT_SECRECY)
        read_label(&r, &out->secrecy);
    if (out->situation & ISAKMP_SIT_INTEGRITY)
        read_label(&r, &out->integrity);
    out->proposals = isakmp_rd_bytes(&r, isakmp_rd_left(&r));
    return r.fault ? ISAKMP_E_MALFORMED : ISAKMP_OK;
}

/* One link of a chain of proposals or transforms: its body in a reader of its own. */
static int next_link(isakmp_reader *r, uint8_t type, isakmp_reader *body)
{
    uint8_t next;
    size_t len;
    if (!r->fault && isakmp_rd_left(r) == 0)
        return ISAKMP_NONE;
    next = isakmp_rd_u8(r);
    isakmp_rd_u8(r);
    len = isakmp_rd_u16(r);
    if (len < 4)
        r->fault = 1;
    *body = isakmp_rd(isakmp_rd_bytes(r, r->fault ? 0 : len - 4));
    if (!r->fault && next != (isakmp_rd_left(r) ? type : 0))
        r->fault = 1;
    return r->fault ? ISAKMP_E_MALFORMED : ISAKMP_OK;
}

int isakmp_proposal_next(isakmp_reader *r, isakmp_proposal *out)
{
    isakmp_reader body;
    size_t spi_size;
    int rc = next_link(r, ISAKMP_PAYLOAD_PROPOSAL, &body);
    if (rc != ISAKMP_OK)
        return rc;
    out->number = isakmp_rd_u8(&body);
    out->protocol = isakmp_rd_u8(&body);
    spi_size = isakmp_rd_u8(&body);
    out->n_transforms = isakmp_rd_u8(&body);
    out->spi = isakmp_rd_bytes(&body, spi_size);
    out->transforms = isakmp_rd_bytes(&body, isakmp_rd_left(&body));
    r->fault = body.fault;
    return body.fault ? ISAKMP_E_MALFORMED : ISAKMP_OK;
}

int isakmp_transform_next(isakmp_reader *r, isakmp_transform *out)
{
    isakmp_reader body;
    int rc = next_link(r, ISAKMP_PAYLOAD_TRANSFORM, &body);
    if (rc != ISAKMP_OK)
        return rc;
    out->number = isakmp_rd_u8(&body);
    out->id = isakmp_rd_u8(&body);
    isakmp_rd_u16(&body);
    out->attrs = isakmp_rd_bytes(&body, isakmp_rd_left(&body));
    r->fault = body.fault;
    return body.fault ? ISAKMP_E_MALFORMED : ISAKMP_OK;
}

int isakmp_attr_next(isakmp_reader *r, isakmp_attr *out)
{
    uint16_t head;
    memset(out, 0, sizeof *out);
    if (!r->fault && isakmp_rd_left(r) == 0)
        return ISAKMP_NONE;
    head = isakmp_rd_u16(r);
    out->type = head & 0x7fff;
    out->basic = (uint8_t)(head >> 15);
    out->data = isakmp_rd_bytes(r, out->basic ? 2 : isakmp_rd_u16(r));
    if (r->fault)
        return ISAKMP_E_MALFORMED;
    for (size_t i = 0; i < out->data.n; i++) {
        if (out->value >> 24)
            out->too_large = 1;
        out->value = out->value << 8 | out->data.p[i];
    }
    if (out->too_large)
        out->value = UINT32_MAX;
    return ISAKMP_OK;
}
