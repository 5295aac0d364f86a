/* wire/message.c -- the header, and the index of the payloads of a message.
 *
 *                          1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                 initiator cookie, 8 octets                    |
 *     |                 responder cookie, 8 octets                    |
 *     | next payload  | major | minor | exchange type |     flags     |
 *     |                          message ID                           |
 *     |                            length                             |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     | next payload  |   RESERVED    |        payload length         |  body ...
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *                                                       [RFC2408 3.1, 3.2]
 *
 * The index names every payload once, without recursion and without copies.  Proposals and
 * transforms are not in it: a peer may send hundreds, and isakmp_proposal_next() walks them where
 * they stand.  A proposal or transform outside an SA payload is malformed. */
#include "base/span.h"
#include "isakmp/wire.h"

/* The least body of a payload type; above any length for those that may not stand here. */
static size_t least_body(uint8_t type)
{
    switch (type) {
#define PAYLOAD(name, least)                                                                       \
    case ISAKMP_PAYLOAD_##name:                                                                    \
        return least;
#include "payload.def"
#undef PAYLOAD
    case ISAKMP_PAYLOAD_PROPOSAL:
    case ISAKMP_PAYLOAD_TRANSFORM:
        return SIZE_MAX;
    default:
        return 0;
    }
}

int isakmp_header_read(isakmp_header *out, isakmp_span datagram)
{
    const uint8_t *p = datagram.p;
    if (datagram.n < ISAKMP_HEADER_SIZE)
        return ISAKMP_E_MALFORMED;
    memcpy(out->cky_i, p, ISAKMP_COOKIE_SIZE);
    memcpy(out->cky_r, p + 8, ISAKMP_COOKIE_SIZE);
    out->next = p[16];
    out->version = p[17];
    out->exchange = p[18];
    out->flags = p[19];
    out->msg_id = isakmp__get32(p + 20);
    out->length = isakmp__get32(p + 24);
    return ISAKMP_OK;
}

static int malformed(isakmp_msg *m, unsigned detail)
{
    m->detail = (uint16_t)detail;
    return ISAKMP_E_MALFORMED;
}

int isakmp_msg_index(isakmp_msg *m)
{
    size_t off = ISAKMP_HEADER_SIZE;
    uint8_t type = m->h.next;
    m->count = 0;
    m->end = ISAKMP_HEADER_SIZE;
    m->detail = ISAKMP_D_NONE;
    if (m->raw.n < ISAKMP_HEADER_SIZE)
        return malformed(m, ISAKMP_D_SHORT);
    if (m->raw.n > UINT16_MAX)
        return malformed(m, ISAKMP_D_LENGTH);
    while (type != ISAKMP_PAYLOAD_NONE) {
        const uint8_t *p = m->raw.p + off;
        size_t left = m->raw.n - off, len;
        if (m->count == ISAKMP_MAX_PAYLOADS)
            return malformed(m, ISAKMP_D_TOO_MANY_PAYLOADS);
        if (left < 4 || (len = isakmp__get16(p + 2)) < 4 || len > left ||
            len - 4 < least_body(type))
            return malformed(m, ISAKMP_D_MALFORMED);
        m->pl[m->count].type = type;
        m->pl[m->count].reserved = p[1];
        m->pl[m->count].off = (uint16_t)(off + 4);
        m->pl[m->count].len = (uint16_t)(len - 4);
        m->count++;
        type = p[0];
        off += len;
        m->end = (uint16_t)off;
    }
    return ISAKMP_OK;
}

int isakmp_msg_parse(isakmp_msg *out, isakmp_span datagram)
{
    out->raw = datagram;
    out->count = 0;
    out->end = ISAKMP_HEADER_SIZE;
    out->detail = ISAKMP_D_NONE;
    if (isakmp_header_read(&out->h, datagram) != ISAKMP_OK) {
        memset(&out->h, 0, sizeof out->h);
        return malformed(out, ISAKMP_D_SHORT);
    }
    if (out->h.version >> 4 != 1)
        return malformed(out, ISAKMP_D_VERSION);
    if (out->h.length != datagram.n || datagram.n > UINT16_MAX)
        return malformed(out, ISAKMP_D_LENGTH);
    if (out->h.flags & ISAKMP_FLAG_ENCRYPTION)
        return ISAKMP_OK;
    if (isakmp_msg_index(out) != ISAKMP_OK)
        return ISAKMP_E_MALFORMED;
    /* In the clear there is no padding that could follow. */
    return out->end == datagram.n ? ISAKMP_OK : malformed(out, ISAKMP_D_MALFORMED);
}

isakmp_span isakmp_msg_body(const isakmp_msg *m, unsigned i)
{
    return isakmp__span(m->raw.p + m->pl[i].off, m->pl[i].len);
}

isakmp_span isakmp_msg_find(const isakmp_msg *m, uint8_t type, unsigned nth)
{
    for (unsigned i = 0; i < m->count; i++)
        if (m->pl[i].type == type && nth-- == 0)
            return isakmp_msg_body(m, i);
    return isakmp__span(NULL, 0);
}
