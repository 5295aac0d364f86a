/* ext/ted_wire.c -- the two messages of Tunnel Endpoint Discovery [draft-fluhrer-ted-00].
 *
 *     probe   exchange 240, from the flow's source to its destination
 *             header (CKY-I, 0), IDii: the asking gateway [, IDci: its half of the proxy, IDcr: the destination]
 *     reply   exchange 241, from the answering gateway to the asking one
 *             header (CKY-I, CKY-R), IDii: the answering gateway, IDci: its half of the proxy
 *
 * Message ID and flags are zero, and nothing is encrypted.  There is neither a second implementation nor a
 * capture that this could have been checked against: what may turn out to be otherwise stands in the two
 * tables below, and nowhere else.
 *
 * A probe of ours is filled up with a Vendor ID: a gateway answers only with what is not longer, so that
 * nobody can use it to amplify what he sends in the name of others. */
#include "base/span.h"
#include "sa/host.h"
#include "ted.h"

const isakmp__ted_layout isakmp__ted_probe = {
    .exchange = ISAKMP_EXCH_TED_PROBE,
    .from = ISAKMP__TED_SOURCE,
    .to = ISAKMP__TED_DESTINATION,
    .ids = {ISAKMP__TED_GATEWAY, ISAKMP__TED_PROXY, ISAKMP__TED_DESTINATION},
    .n = 1,
    .n_all = 3,
};

const isakmp__ted_layout isakmp__ted_reply = {
    .exchange = ISAKMP_EXCH_TED_REPLY,
    .from = ISAKMP__TED_GATEWAY,
    .to = ISAKMP__TED_ASKER,
    .ids = {ISAKMP__TED_GATEWAY, ISAKMP__TED_PROXY},
    .n = 2,
    .n_all = 2,
};

/* What fills a probe up. */
static const char filling[] = "libisakmp: tunnel endpoint discovery";

/* Octets of the longest message that we write. */
#define LONGEST 144

/* The longest reply to a probe from a gateway: its address, and a range. */
static size_t longest_reply(const isakmp_addr *gateway)
{
    size_t ip = gateway->family == 4 ? 4 : 16;
    return ISAKMP_HEADER_SIZE + (8 + ip) + (8 + 2 * ip);
}

static void write_header(isakmp_writer *w, const isakmp__ted_layout *l, const isakmp__ted_facts *f)
{
    isakmp_header h;
    memset(&h, 0, sizeof h);
    memcpy(h.cky_i, f->cky_i, sizeof h.cky_i);
    memcpy(h.cky_r, f->cky_r, sizeof h.cky_r);
    h.version = 0x10;
    h.exchange = l->exchange;
    isakmp_wr_header(w, &h);
}

static int write_part(isakmp_writer *w, const isakmp__ted_facts *f, uint8_t part)
{
    isakmp_selector s = part == ISAKMP__TED_PROXY ? *f->proxy : isakmp__selector_of(f->addr[part]);
    isakmp_id id;
    uint8_t data[32];
    if (isakmp_selector_to_id(&id, data, &s) != ISAKMP_OK)
        return 0;
    isakmp_wr_id(w, &id);
    return 1;
}

/* 0 octets if it cannot be. */
static size_t compose(uint8_t *buf, const isakmp__ted_layout *l, const isakmp__ted_facts *f)
{
    isakmp_writer w;
    isakmp_wr_init(&w, buf, LONGEST);
    write_header(&w, l, f);
    for (unsigned i = 0; i < (f->all ? l->n_all : l->n); i++)
        if (!write_part(&w, f, l->ids[i]))
            return 0;
    if (l == &isakmp__ted_probe && w.len < longest_reply(f->addr[ISAKMP__TED_GATEWAY]))
        isakmp_wr_payload(&w, ISAKMP_PAYLOAD_VENDOR_ID, isakmp__span(filling, sizeof filling - 1));
    return isakmp_wr_end(&w) == ISAKMP_OK ? w.len : 0;
}

int isakmp__ted_send(isakmp_ctx *x, const isakmp__ted_layout *l, const isakmp__ted_facts *f,
                     size_t most)
{
    uint8_t buf[LONGEST];
    size_t n = compose(buf, l, f);
    isakmp_path path;
    if (n == 0 || n > most)
        return 0;
    memset(&path, 0, sizeof path);
    path.local = *f->addr[l->from];
    path.remote = *f->addr[l->to];
    path.local.port = path.remote.port = f->port;
    path.ifindex = f->ifindex;
    if (l->from == ISAKMP__TED_GATEWAY)
        isakmp__do_send(x, &path, isakmp__span(buf, n));
    else
        isakmp__do_send_as(x, &path, isakmp__span(buf, n));
    return 1;
}

int isakmp__ted_came(const isakmp__ted_layout *l, const isakmp__ted_facts *f,
                     const isakmp_path *path)
{
    return isakmp__same_ip(&path->remote, f->addr[l->from]) && path->remote.port == f->port &&
           isakmp__same_ip(&path->local, f->addr[l->to]) && path->local.port == f->port;
}

int isakmp__ted_read(isakmp_selector *out, const isakmp_msg *m, const isakmp__ted_layout *l,
                     isakmp__ted_part part)
{
    isakmp_id id;
    unsigned i = 0;
    while (i < l->n && l->ids[i] != part)
        i++;
    if (i == l->n || isakmp_id_read(&id, isakmp_msg_find(m, ISAKMP_PAYLOAD_ID, i)) != ISAKMP_OK)
        return 0;
    if (part == ISAKMP__TED_GATEWAY) /* who puts UDP and 500 there, as in phase 1, means the same */
        id.proto = 0, id.port = 0;
    return isakmp_selector_from_id(out, &id) == ISAKMP_OK;
}

int isakmp__ted_read_gateway(isakmp_addr *out, const isakmp_msg *m, const isakmp__ted_layout *l)
{
    isakmp_selector s;
    if (!isakmp__ted_read(&s, m, l, ISAKMP__TED_GATEWAY) || !isakmp__selector_is_host(&s))
        return 0;
    memset(out, 0, sizeof *out);
    out->family = s.family;
    memcpy(out->ip, s.lo, sizeof out->ip);
    return isakmp__ted_is_host(out);
}

int isakmp__ted_is_sound(const isakmp_msg *m, const isakmp_path *path)
{
    return m->h.flags == 0 && m->h.msg_id == 0 && !path->natt &&
           !isakmp__all_zero(m->h.cky_i, ISAKMP_COOKIE_SIZE) &&
           path->local.family == path->remote.family && isakmp__ted_is_host(&path->local) &&
           isakmp__ted_is_host(&path->remote);
}

/* Neither "this network", nor this machine, nor a group, nor everybody [RFC6890, RFC4291 2.4]. */
int isakmp__ted_is_host(const isakmp_addr *a)
{
    if (a->family == 4)
        return a->ip[0] != 0 && a->ip[0] != 127 && a->ip[0] < 224;
    return a->family == 6 && a->ip[0] != 0xff && !isakmp__all_zero(a->ip, 15);
}
