/* wire/dump.c -- a message as text, for people and for tests.
 *
 * One line for each thing, indented by what it nests in.  Whatever comes from the peer is bounded
 * and escaped; what is malformed is shown as far as it goes and then said to be so. */
#include "wire/cfg_attr.h"
#include "wire/describe.h"

#define HEX_SHOWN  32
#define SPIS_SHOWN 8

static void newline(isakmp__text *t, unsigned depth)
{
    isakmp__text_add(t, "\n");
    while (depth--)
        isakmp__text_add(t, "  ");
}

static void dump_bytes(isakmp__text *t, const char *label, isakmp_span s)
{
    isakmp__text_add(t, "%s", label);
    isakmp__text_hex(t, s, HEX_SHOWN);
}

/* A name, or what kind of thing it is and its number. */
static void dump_name(isakmp__text *t, const char *kind, int registry, unsigned number)
{
    if (isakmp_name(registry, number) == NULL)
        isakmp__text_add(t, "%s ", kind);
    isakmp__text_name(t, registry, number);
}

static void dump_count(isakmp__text *t, size_t n, const char *what)
{
    isakmp__text_add(t, "%u %s%s", (unsigned)n, what, n == 1 ? "" : "s");
}

/* How many octets, and the first of them. */
static void dump_octets(isakmp__text *t, isakmp_span s)
{
    dump_count(t, s.n, "octet");
    isakmp__text_add(t, s.n ? " " : "");
    isakmp__text_hex(t, isakmp__span(s.p, s.n < HEX_SHOWN ? s.n : HEX_SHOWN), HEX_SHOWN);
    isakmp__text_add(t, s.n > HEX_SHOWN ? "..." : "");
}

static void dump_header(isakmp__text *t, const isakmp_header *h)
{
    int is_ours = h->version >> 4 == 1; /* the numbers of other versions mean other things */
    dump_bytes(t, "cookies ", isakmp__span(h->cky_i, ISAKMP_COOKIE_SIZE));
    dump_bytes(t, " ", isakmp__span(h->cky_r, ISAKMP_COOKIE_SIZE));
    isakmp__text_add(t, ", version %u.%u, ", h->version >> 4, h->version & 15u);
    dump_name(t, "exchange", is_ours ? ISAKMP_REG_EXCHANGE : -1, h->exchange);
    if (h->flags & ISAKMP_FLAG_ENCRYPTION)
        isakmp__text_add(t, ", encrypted");
    if (h->flags & ISAKMP_FLAG_COMMIT)
        isakmp__text_add(t, ", commit");
    if (h->flags & ISAKMP_FLAG_AUTH_ONLY)
        isakmp__text_add(t, ", authentication only");
    if (h->flags & 0xf8)
        isakmp__text_add(t, ", flags 0x%02x", h->flags);
    isakmp__text_add(t, ", message ID %08x, %u octets", (unsigned)h->msg_id, (unsigned)h->length);
}

/* ---- Attributes --------------------------------------------------------------------------- */

/* The registry that an attribute's value is from, or -1 if it is only a number. */
static int value_registry(int attrs, unsigned type)
{
    static const struct {
        uint8_t attrs, type, values;
    } known[] = {
        {ISAKMP_REG_ATTR, ISAKMP_ATTR_CIPHER, ISAKMP_REG_CIPHER},
        {ISAKMP_REG_ATTR, ISAKMP_ATTR_HASH, ISAKMP_REG_HASH},
        {ISAKMP_REG_ATTR, ISAKMP_ATTR_AUTH, ISAKMP_REG_AUTH},
        {ISAKMP_REG_ATTR, ISAKMP_ATTR_GROUP, ISAKMP_REG_GROUP},
        {ISAKMP_REG_ATTR, ISAKMP_ATTR_LIFE_TYPE, ISAKMP_REG_LIFE_TYPE},
        {ISAKMP_REG_SA_ATTR, ISAKMP_SA_ATTR_LIFE_TYPE, ISAKMP_REG_LIFE_TYPE},
        {ISAKMP_REG_SA_ATTR, ISAKMP_SA_ATTR_GROUP, ISAKMP_REG_GROUP},
        {ISAKMP_REG_SA_ATTR, ISAKMP_SA_ATTR_ENCAP, ISAKMP_REG_ENCAP},
        {ISAKMP_REG_SA_ATTR, ISAKMP_SA_ATTR_AUTH, ISAKMP_REG_INTEG},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i].attrs == attrs && known[i].type == type)
            return known[i].values;
    return -1;
}

/* An address with a mask, and, of a split tunnel, protocol and port: "10.1.0.0/255.255.0.0 6/443". */
static void dump_masked(isakmp__text *t, const uint8_t *p, int split)
{
    isakmp__text_ip(t, 4, p);
    isakmp__text_add(t, "/");
    isakmp__text_ip(t, 4, p + 4);
    if (split && !isakmp__all_zero(p + 8, 6))
        isakmp__text_add(t, " %u/%u", isakmp__get16(p + 8), isakmp__get16(p + 12));
}

/* A list of split tunnels, or of attributes; 0 if its length does not fit. */
static int dump_cfg_list(isakmp__text *t, uint8_t kind, isakmp_span s)
{
    size_t size = kind == ISAKMP__CFG_SPLIT ? ISAKMP__SPLIT_SIZE : 2;
    if (s.n % size)
        return 0;
    for (size_t i = 0; i < s.n; i += size) {
        isakmp__text_add(t, "%s", i ? " and " : "");
        if (kind == ISAKMP__CFG_SPLIT)
            dump_masked(t, s.p + i, 1);
        else
            isakmp__text_name(t, ISAKMP_REG_CFG_ATTR, isakmp__get16(s.p + i));
    }
    return 1;
}

static int dump_ip6(isakmp__text *t, isakmp_span s)
{
    isakmp__text_ip(t, 6, s.p);
    if (s.n == 17)
        isakmp__text_add(t, "/%u", s.p[16]);
    return 1;
}

/* A value of one of the kinds, if it is of its size; 0 if it is not. */
static int dump_cfg_kind(isakmp__text *t, uint8_t kind, isakmp_span s)
{
    if (kind == ISAKMP__CFG_IP4 && s.n == 4)
        isakmp__text_ip(t, 4, s.p);
    else if (kind == ISAKMP__CFG_NET4 && s.n == 8)
        dump_masked(t, s.p, 0);
    else if ((kind == ISAKMP__CFG_IP6 && s.n == 16) ||
             ((kind == ISAKMP__CFG_IP6 || kind == ISAKMP__CFG_NET6) && s.n == 17))
        return dump_ip6(t, s);
    else if (kind == ISAKMP__CFG_SPLIT || kind == ISAKMP__CFG_TYPES)
        return dump_cfg_list(t, kind, s);
    else if (kind == ISAKMP__CFG_TEXT || kind == ISAKMP__CFG_LINES || kind == ISAKMP__CFG_NAMES)
        isakmp__text_octets(t, s);
    else
        return 0;
    return 1;
}

/* A value of Mode Config, XAUTH or Unity: an address, a text, a number, or octets. */
static void dump_cfg_value(isakmp__text *t, const isakmp_attr *a)
{
    static const uint16_t xauth_texts[] = {16521, 16524, 16526};
    uint8_t kind = isakmp__cfg_kind(a->type);
    for (size_t i = 0; i < sizeof xauth_texts / sizeof xauth_texts[0]; i++)
        if (xauth_texts[i] == a->type)
            kind = ISAKMP__CFG_TEXT;
    if (dump_cfg_kind(t, kind, a->data))
        return;
    if (a->basic || ((kind == ISAKMP__CFG_NUMBER || kind == ISAKMP__CFG_SECONDS) && a->data.n <= 4))
        isakmp__text_add(t, "%u", (unsigned)a->value);
    else
        isakmp__text_hex(t, a->data, HEX_SHOWN);
}

static void dump_attr(isakmp__text *t, int registry, const isakmp_attr *a)
{
    int values = value_registry(registry, a->type);
    isakmp__text_name(t, registry, a->type);
    if (a->data.n == 0)
        return;
    isakmp__text_add(t, " ");
    if (registry == ISAKMP_REG_CFG_ATTR)
        dump_cfg_value(t, a);
    else if (a->too_large)
        isakmp__text_hex(t, a->data, HEX_SHOWN);
    else if (values >= 0)
        isakmp__text_name(t, values, a->value);
    else
        isakmp__text_add(t, "%u", (unsigned)a->value);
}

static void dump_attrs(isakmp__text *t, int registry, isakmp_span attrs)
{
    isakmp_reader r = isakmp_rd(attrs);
    isakmp_attr a;
    const char *before = "";
    int rc;
    while ((rc = isakmp_attr_next(&r, &a)) == ISAKMP_OK) {
        isakmp__text_add(t, "%s", before);
        dump_attr(t, registry, &a);
        before = ", ";
    }
    if (rc == ISAKMP_E_MALFORMED)
        isakmp__text_add(t, "%smalformed", before);
}

/* ---- SA ----------------------------------------------------------------------------------- */

static void dump_transform(isakmp__text *t, uint8_t protocol, const isakmp_transform *tr)
{
    static const uint8_t registry[] = {
        [ISAKMP_PROTO_AH] = ISAKMP_REG_AH,
        [ISAKMP_PROTO_ESP] = ISAKMP_REG_ESP,
        [ISAKMP_PROTO_IPCOMP] = ISAKMP_REG_IPCOMP,
    };
    isakmp__text_add(t, "transform %u, ", tr->number);
    if (protocol == ISAKMP_PROTO_ISAKMP && tr->id == ISAKMP_KEY_IKE)
        isakmp__text_add(t, "KEY_IKE");
    else if (protocol >= ISAKMP_PROTO_AH && protocol <= ISAKMP_PROTO_IPCOMP)
        isakmp__text_name(t, registry[protocol], tr->id);
    else
        isakmp__text_add(t, "%u", tr->id);
    isakmp__text_add(t, ": ");
    dump_attrs(t, protocol == ISAKMP_PROTO_ISAKMP ? ISAKMP_REG_ATTR : ISAKMP_REG_SA_ATTR,
               tr->attrs);
}

static void dump_proposal(isakmp__text *t, const isakmp_proposal *p)
{
    isakmp_reader r = isakmp_rd(p->transforms);
    isakmp_transform tr;
    int rc;
    isakmp__text_add(t, "proposal %u, ", p->number);
    isakmp__text_name(t, ISAKMP_REG_PROTOCOL, p->protocol);
    if (p->spi.n)
        dump_bytes(t, ", SPI ", p->spi);
    isakmp__text_add(t, ", ");
    dump_count(t, p->n_transforms, "transform");
    while ((rc = isakmp_transform_next(&r, &tr)) == ISAKMP_OK) {
        newline(t, 3);
        dump_transform(t, p->protocol, &tr);
    }
    if (rc == ISAKMP_E_MALFORMED) {
        newline(t, 3);
        isakmp__text_add(t, "malformed transform");
    }
}

static void dump_label(isakmp__text *t, const char *name, const isakmp_label *l)
{
    dump_bytes(t, name, l->level);
    isakmp__text_add(t, " categories (%u bits) ", l->category_bits);
    isakmp__text_hex(t, l->category, HEX_SHOWN);
}

static void dump_sa(isakmp__text *t, isakmp_span body)
{
    isakmp_sa_body sa;
    isakmp_proposal p;
    isakmp_reader r;
    int rc = isakmp_sa_read(&sa, body);
    isakmp__text_add(t, "DOI %u, situation 0x%x", (unsigned)sa.doi, (unsigned)sa.situation);
    if (sa.labeled_domain)
        isakmp__text_add(t, ", labeled domain %u", (unsigned)sa.labeled_domain);
    if (sa.situation & ISAKMP_SIT_SECRECY && sa.doi == ISAKMP_DOI_IPSEC)
        dump_label(t, ", secrecy ", &sa.secrecy);
    if (sa.situation & ISAKMP_SIT_INTEGRITY && sa.doi == ISAKMP_DOI_IPSEC)
        dump_label(t, ", integrity ", &sa.integrity);
    r = isakmp_rd(sa.proposals);
    while (rc == ISAKMP_OK && (rc = isakmp_proposal_next(&r, &p)) == ISAKMP_OK) {
        newline(t, 2);
        dump_proposal(t, &p);
    }
    if (rc == ISAKMP_E_MALFORMED) {
        newline(t, 2);
        isakmp__text_add(t, "malformed proposal");
    }
}

/* ---- The other payloads ------------------------------------------------------------------- */

static int dump_id(isakmp__text *t, isakmp_span body)
{
    isakmp_id id;
    int rc = isakmp_id_read(&id, body);
    if (rc == ISAKMP_OK)
        isakmp__describe_id(t, &id);
    return rc;
}

static int dump_cert(isakmp__text *t, isakmp_span body)
{
    isakmp_cert c;
    int rc = isakmp_cert_read(&c, body);
    isakmp__text_name(t, ISAKMP_REG_CERT, c.encoding);
    isakmp__text_add(t, ", ");
    dump_octets(t, c.data);
    return rc;
}

static int dump_notify(isakmp__text *t, isakmp_span body)
{
    isakmp_notify n;
    int rc = isakmp_notify_read(&n, body);
    isakmp__text_name(t, ISAKMP_REG_NOTIFY, n.type);
    isakmp__text_add(t, ", DOI %u, ", (unsigned)n.doi);
    isakmp__text_name(t, ISAKMP_REG_PROTOCOL, n.protocol);
    if (n.spi.n)
        dump_bytes(t, ", SPI ", n.spi);
    if (n.type == ISAKMP_N_RESPONDER_LIFETIME) {
        isakmp__text_add(t, ", ");
        dump_attrs(t, n.protocol == ISAKMP_PROTO_ISAKMP ? ISAKMP_REG_ATTR : ISAKMP_REG_SA_ATTR,
                   n.data);
    } else if (n.data.n) {
        dump_bytes(t, ", data ", n.data);
    }
    return rc;
}

static int dump_delete(isakmp__text *t, isakmp_span body)
{
    isakmp_delete d;
    int rc = isakmp_delete_read(&d, body);
    isakmp__text_name(t, ISAKMP_REG_PROTOCOL, d.protocol);
    isakmp__text_add(t, ", DOI %u, ", (unsigned)d.doi);
    dump_count(t, d.count, "SPI");
    for (unsigned i = 0; rc == ISAKMP_OK && i < d.count && i < SPIS_SHOWN; i++)
        dump_bytes(t, " ", isakmp_delete_spi(&d, i));
    isakmp__text_add(t, rc == ISAKMP_OK && d.count > SPIS_SHOWN ? " ..." : "");
    return rc;
}

static int dump_vendor(isakmp__text *t, isakmp_span body)
{
    const char *name = isakmp_vendor_name(body);
    isakmp__text_hex(t, body, HEX_SHOWN);
    if (name)
        isakmp__text_add(t, " %s", name);
    return ISAKMP_OK;
}

static int dump_cfg(isakmp__text *t, isakmp_span body)
{
    isakmp_cfg c;
    int rc = isakmp_cfg_read(&c, body);
    isakmp__text_name(t, ISAKMP_REG_CFG_TYPE, c.type);
    isakmp__text_add(t, ", identifier %u: ", c.identifier);
    dump_attrs(t, ISAKMP_REG_CFG_ATTR, c.attrs);
    return rc;
}

static int dump_natoa(isakmp__text *t, isakmp_span body)
{
    isakmp_natoa oa;
    int rc = isakmp_natoa_read(&oa, body);
    isakmp_id id = {oa.id_type, 0, 0, oa.addr};
    if (rc == ISAKMP_OK)
        isakmp__describe_id(t, &id);
    return rc;
}

/* The number of the drafts 04 to 08 is also that of GDOI's SAT payload: what is no address is only
 * octets, and not malformed. */
static int dump_natoa_draft_04(isakmp__text *t, isakmp_span body)
{
    isakmp_natoa oa;
    int rc = isakmp_natoa_read(&oa, body);
    isakmp_id id = {oa.id_type, 0, 0, oa.addr};
    int is_addr = id.type == ISAKMP_ID_IPV4_ADDR || id.type == ISAKMP_ID_IPV6_ADDR;
    if (rc == ISAKMP_OK && is_addr && isakmp_id_check(&id) == ISAKMP_OK)
        isakmp__describe_id(t, &id);
    else
        dump_octets(t, body);
    return ISAKMP_OK;
}

static int dump_fragment(isakmp__text *t, isakmp_span body)
{
    isakmp_fragment f;
    int rc = isakmp_fragment_read(&f, body);
    isakmp__text_add(t, "id %u, number %u%s, ", f.id, f.number, f.flags & 1 ? ", last" : "");
    dump_count(t, f.data.n, "octet");
    return rc;
}

static int dump_body(isakmp__text *t, uint8_t type, isakmp_span body)
{
    switch (type) {
    case ISAKMP_PAYLOAD_SA:
        dump_sa(t, body);
        return ISAKMP_OK;
    case ISAKMP_PAYLOAD_ID:
        return dump_id(t, body);
    case ISAKMP_PAYLOAD_CERT:
    case ISAKMP_PAYLOAD_CERT_REQ:
        return dump_cert(t, body);
    case ISAKMP_PAYLOAD_NOTIFY:
        return dump_notify(t, body);
    case ISAKMP_PAYLOAD_DELETE:
        return dump_delete(t, body);
    case ISAKMP_PAYLOAD_VENDOR_ID:
        return dump_vendor(t, body);
    case ISAKMP_PAYLOAD_ATTRIBUTE:
        return dump_cfg(t, body);
    case ISAKMP_PAYLOAD_NATOA:
    case ISAKMP_PAYLOAD_NATOA_DRAFT_00:
        return dump_natoa(t, body);
    case ISAKMP_PAYLOAD_NATOA_DRAFT_04:
        return dump_natoa_draft_04(t, body);
    case ISAKMP_PAYLOAD_FRAGMENT:
        return dump_fragment(t, body);
    default:
        dump_octets(t, body);
        return ISAKMP_OK;
    }
}

size_t isakmp_dump(char *out, size_t cap, const isakmp_msg *m)
{
    isakmp__text t = isakmp__text_begin(out, cap);
    if (m->raw.n < ISAKMP_HEADER_SIZE) {
        dump_count(&t, m->raw.n, "octet");
    } else {
        dump_header(&t, &m->h);
    }
    for (unsigned i = 0; i < m->count; i++) {
        newline(&t, 1);
        dump_name(&t, "payload", ISAKMP_REG_PAYLOAD, m->pl[i].type);
        isakmp__text_add(&t, ": ");
        if (dump_body(&t, m->pl[i].type, isakmp_msg_body(m, i)) != ISAKMP_OK)
            isakmp__text_add(&t, " malformed");
    }
    if (m->detail != ISAKMP_D_NONE) {
        newline(&t, 1);
        isakmp__text_add(&t, "malformed: %s", isakmp_detail_text(m->detail));
    }
    isakmp__text_add(&t, "\n");
    return t.len;
}
