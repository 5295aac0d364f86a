/* policy/cfg_value.c -- attributes of Mode Config as values, both ways.
 *
 * A value that has not the form that its number promises is handed on as octets: there is always a next
 * attribute, and nothing is guessed. */
#include "base/span.h"
#include "isakmp/modecfg.h"
#include "wire/cfg_attr.h"

/* ---- Reading -------------------------------------------------------------------------------- */

isakmp_cfg_reader isakmp_cfg_values(isakmp_span attrs)
{
    isakmp_cfg_reader r;
    memset(&r, 0, sizeof r);
    r.attrs = isakmp_rd(attrs);
    return r;
}

static int is_separator(uint8_t c)
{
    return c == ',' || c == ' ' || c == 0;
}

/* The element of a list of names at a place: between commas, blanks or zeros, whatever the peer uses. */
static isakmp_span name_at(isakmp_span list, size_t *at)
{
    size_t start, end;
    while (*at < list.n && is_separator(list.p[*at]))
        (*at)++;
    start = end = *at;
    while (end < list.n && !is_separator(list.p[end]))
        end++;
    *at = end;
    while (*at < list.n && is_separator(list.p[*at]))
        (*at)++;
    return isakmp__span(list.p + start, end - start);
}

/* The octets of the element that comes next, and where the one after it begins. */
static isakmp_span element_at(isakmp_span list, uint8_t kind, size_t *at)
{
    size_t size = kind == ISAKMP__CFG_SPLIT ? ISAKMP__SPLIT_SIZE : 2;
    isakmp_span s;
    if (list.n == 0)
        return list;
    if (kind == ISAKMP__CFG_NAMES)
        return name_at(list, at);
    s = isakmp__span(list.p + *at, list.n - *at);
    if ((kind == ISAKMP__CFG_SPLIT || kind == ISAKMP__CFG_TYPES) && list.n % size == 0)
        s.n = size;
    *at += s.n;
    return s;
}

static void take_addr(isakmp_cfg_value *v, uint8_t family)
{
    size_t n = family == 4 ? 4 : 16;
    v->form = ISAKMP_CFG_ADDR;
    v->addrs.family = family;
    memcpy(v->addrs.lo, v->data.p, n);
    memcpy(v->addrs.hi, v->data.p, n);
}

/* An address with a mask after it, as the subnet that they make. */
static int take_masked(isakmp_cfg_value *v)
{
    uint32_t address = isakmp__get32(v->data.p), mask = isakmp__get32(v->data.p + 4);
    if (~mask & (~mask + 1))
        return 0;
    v->form = ISAKMP_CFG_NET;
    v->addrs.family = 4;
    isakmp__put32(v->addrs.lo, address & mask);
    isakmp__put32(v->addrs.hi, address | ~mask);
    return 1;
}

static int take_prefix(isakmp_cfg_value *v)
{
    uint8_t bits = v->data.p[16];
    if (bits > 128)
        return 0;
    take_addr(v, 6);
    v->form = ISAKMP_CFG_NET;
    for (unsigned i = 0; i < 16; i++) {
        unsigned host = bits >= 8 * (i + 1) ? 0 : bits <= 8 * i ? 8 : 8 * (i + 1) - bits;
        v->addrs.lo[i] &= (uint8_t)(0xff << host);
        v->addrs.hi[i] |= (uint8_t)((1u << host) - 1);
    }
    return 1;
}

/* strongSwan's address pools send a subnet alone, without protocol and ports. */
static int take_split(isakmp_cfg_value *v)
{
    uint16_t proto = 0;
    if (v->data.n == 8)
        return take_masked(v);
    if (v->data.n != ISAKMP__SPLIT_SIZE)
        return 0;
    proto = isakmp__get16(v->data.p + 8);
    if (proto > 255 || !take_masked(v))
        return 0;
    v->addrs.proto = (uint8_t)proto;
    v->addrs.port = isakmp__get16(v->data.p + 12);
    return 1;
}

static int take_text(isakmp_cfg_value *v, int lines)
{
    if (!isakmp__is_printable(v->data, lines))
        return 0;
    v->form = ISAKMP_CFG_TEXT;
    return 1;
}

static int take_number(isakmp_cfg_value *v)
{
    if (v->data.n > 4)
        return 0;
    v->form = ISAKMP_CFG_NUMBER;
    for (size_t i = 0; i < v->data.n; i++)
        v->number = v->number << 8 | v->data.p[i];
    return 1;
}

static int take_ip6(isakmp_cfg_value *v)
{
    if (v->data.n == 17 && v->data.p[16] <= 128)
        v->number = v->data.p[16];
    else if (v->data.n != 16)
        return 0;
    take_addr(v, 6);
    return 1;
}

static int take_ip4(isakmp_cfg_value *v)
{
    if (v->data.n != 4)
        return 0;
    take_addr(v, 4);
    return 1;
}

static int take_value(isakmp_cfg_value *v, uint8_t kind)
{
    switch (kind) {
    case ISAKMP__CFG_IP4:
        return take_ip4(v);
    case ISAKMP__CFG_IP6:
        return take_ip6(v);
    case ISAKMP__CFG_NET4:
        return v->data.n == 8 && take_masked(v);
    case ISAKMP__CFG_NET6:
        return v->data.n == 17 && take_prefix(v);
    case ISAKMP__CFG_SPLIT:
        return take_split(v);
    case ISAKMP__CFG_NUMBER:
    case ISAKMP__CFG_SECONDS:
        return take_number(v);
    case ISAKMP__CFG_TYPES:
        return v->data.n == 2 && take_number(v);
    case ISAKMP__CFG_TEXT:
    case ISAKMP__CFG_NAMES:
        return take_text(v, 0);
    case ISAKMP__CFG_LINES:
        return take_text(v, 1);
    default:
        return 0;
    }
}

int isakmp_cfg_next(isakmp_cfg_reader *r, isakmp_cfg_value *out)
{
    uint8_t kind;
    memset(out, 0, sizeof *out);
    if (!r->more) {
        int rc = isakmp_attr_next(&r->attrs, &r->attr);
        if (rc != ISAKMP_OK)
            return rc;
        r->at = 0;
    }
    kind = isakmp__cfg_kind(r->attr.type);
    out->type = r->attr.type;
    out->data = element_at(r->attr.data, kind, &r->at);
    r->more = r->at < r->attr.data.n;
    if (out->data.n == 0)
        out->form = ISAKMP_CFG_EMPTY;
    else if (!take_value(out, kind))
        out->form = ISAKMP_CFG_OCTETS;
    return ISAKMP_OK;
}

/* ---- Writing -------------------------------------------------------------------------------- */

/* A range of IPv4 that is a subnet: its mask; else the writer is faulty. */
static void put_masked(isakmp_writer *w, const isakmp_selector *s)
{
    uint32_t lo = isakmp__get32(s->lo), host = isakmp__get32(s->hi) - lo;
    if (s->family != 4 || host & (host + 1) || lo & host)
        w->fault = 1;
    isakmp_wr_u32(w, lo);
    isakmp_wr_u32(w, ~host);
}

/* The length of the prefix that both ends of a range have in common, if it is a subnet of IPv6. */
static unsigned prefix_of(isakmp_writer *w, const isakmp_selector *s)
{
    unsigned bits = 0;
    while (bits < 128 && !((s->lo[bits / 8] ^ s->hi[bits / 8]) & (0x80u >> bits % 8)))
        bits++;
    for (unsigned i = bits; i < 128; i++)
        if (s->lo[i / 8] & (0x80u >> i % 8) || !(s->hi[i / 8] & (0x80u >> i % 8)))
            w->fault = 1;
    return bits;
}

static void put_addr(isakmp_writer *w, const isakmp_cfg_value *v, uint8_t family)
{
    if (v->addrs.family != family)
        w->fault = 1;
    isakmp_wr_bytes(w, isakmp__span(v->addrs.lo, family == 4 ? 4 : 16));
    if (family == 6 && v->number)
        isakmp_wr_u8(w, (uint8_t)v->number);
}

static void put_net6(isakmp_writer *w, const isakmp_selector *s)
{
    if (s->family != 6)
        w->fault = 1;
    isakmp_wr_bytes(w, isakmp__span(s->lo, 16));
    isakmp_wr_u8(w, (uint8_t)prefix_of(w, s));
}

static void put_split(isakmp_writer *w, const isakmp_selector *s)
{
    put_masked(w, s);
    isakmp_wr_u16(w, s->proto);
    isakmp_wr_u16(w, 0);
    isakmp_wr_u16(w, s->port);
}

/* The form in which values of a kind are written; octets and texts can stand anywhere. */
static uint8_t form_of(uint8_t kind)
{
    if (kind == ISAKMP__CFG_IP4 || kind == ISAKMP__CFG_IP6)
        return ISAKMP_CFG_ADDR;
    if (kind == ISAKMP__CFG_NET4 || kind == ISAKMP__CFG_NET6 || kind == ISAKMP__CFG_SPLIT)
        return ISAKMP_CFG_NET;
    return ISAKMP_CFG_NUMBER;
}

/* The most that a number of a kind can say; of an IPv6 address it is the length of the prefix. */
static uint32_t most_of(uint8_t kind)
{
    return kind == ISAKMP__CFG_TYPES ? UINT16_MAX : kind == ISAKMP__CFG_IP6 ? 128 : UINT32_MAX;
}

static void put_value(isakmp_writer *w, const isakmp_cfg_value *v, uint8_t kind)
{
    if (v->form == ISAKMP_CFG_EMPTY)
        return;
    if (v->form == ISAKMP_CFG_OCTETS || v->form == ISAKMP_CFG_TEXT)
        isakmp_wr_bytes(w, v->data);
    else if (v->form != form_of(kind) || v->number > most_of(kind))
        w->fault = 1;
    else if (kind == ISAKMP__CFG_IP4 || kind == ISAKMP__CFG_IP6)
        put_addr(w, v, kind == ISAKMP__CFG_IP4 ? 4 : 6);
    else if (kind == ISAKMP__CFG_NET4)
        put_masked(w, &v->addrs);
    else if (kind == ISAKMP__CFG_NET6)
        put_net6(w, &v->addrs);
    else if (kind == ISAKMP__CFG_SPLIT)
        put_split(w, &v->addrs);
    else if (kind == ISAKMP__CFG_SECONDS)
        isakmp_wr_u32(w, v->number);
    else if (kind == ISAKMP__CFG_TYPES)
        isakmp_wr_u16(w, (uint16_t)v->number);
    else
        w->fault = 1;
}

static int is_list(uint8_t kind)
{
    return kind == ISAKMP__CFG_SPLIT || kind == ISAKMP__CFG_TYPES || kind == ISAKMP__CFG_NAMES;
}

/* The values from one on that go into one attribute: returns how many. */
static size_t put_attr(isakmp_writer *w, const isakmp_cfg_value *v, size_t n)
{
    uint8_t kind = isakmp__cfg_kind(v->type);
    size_t at = w->len, i = 0;
    if (kind == ISAKMP__CFG_NUMBER && v->form == ISAKMP_CFG_NUMBER) {
        isakmp_wr_attr(w, v->type, v->number);
        return 1;
    }
    isakmp_wr_attr_bytes(w, v->type, isakmp__span(NULL, 0));
    do {
        if (i && kind == ISAKMP__CFG_NAMES)
            isakmp_wr_u8(w, ',');
        put_value(w, &v[i++], kind);
    } while (i < n && is_list(kind) && v[i].type == v->type);
    if (!w->fault && w->len - at - 4 > UINT16_MAX)
        w->fault = 1;
    if (!w->fault)
        isakmp__put16(w->base + at + 2, (uint32_t)(w->len - at - 4));
    return i;
}

void isakmp_wr_cfg_values(isakmp_writer *w, const isakmp_cfg_value *v, size_t n)
{
    for (size_t i = 0; i < n;)
        i += put_attr(w, v + i, n - i);
}

void isakmp_wr_cfg_addr(isakmp_writer *w, uint16_t type, const isakmp_addr *a)
{
    if (a->family)
        isakmp_wr_attr_bytes(w, type, isakmp__span(a->ip, a->family == 4 ? 4 : 16));
}
