/* ios/set_key.c -- commands about public keys, trustpoints and interfaces; what is typed in over many lines. */
#include "handlers.h"

/* ---- The key chain -------------------------------------------------------------------------- */

int isakmp__ios_set_chain(isakmp__run *r)
{
    isakmp__ios_enter(r, ISAKMP_IOS_CHAIN, NULL);
    return ISAKMP_OK;
}

static uint32_t use_of(const isakmp__run *r)
{
    return isakmp__ios_arg_is(r, 1, "signature")    ? ISAKMP__USE_SIGNATURE
           : isakmp__ios_arg_is(r, 1, "encryption") ? ISAKMP__USE_ENCRYPTION
                                                    : ISAKMP__USE_GENERAL;
}

int isakmp__ios_set_key(isakmp__run *r)
{
    uint32_t number = use_of(r) | r->value;
    isakmp_span name = r->arg[0].text;
    isakmp__key_thing *k;
    if (r->no) {
        isakmp__thing *t = isakmp__ios_thing_find(r->c, ISAKMP__KEY, name, number);
        if (t == NULL)
            return isakmp__ios_refuse(r, ISAKMP_E_ARG, 0, "there is no such key");
        isakmp__ios_thing_drop(r->c, t);
        return ISAKMP_OK;
    }
    k = (isakmp__key_thing *)(void *)isakmp__ios_thing_want(r->c, ISAKMP__KEY, name, number);
    if (k == NULL)
        return isakmp__ios_no_room(r);
    if (r->value) {
        memcpy(k->ip, r->arg[0].ip, 4);
        k->has_ip = 1;
    }
    isakmp__ios_enter(r, ISAKMP_IOS_KEY, &k->head);
    return ISAKMP_OK;
}

static isakmp__key_thing *key_of(isakmp__run *r)
{
    return (isakmp__key_thing *)r->s->target;
}

int isakmp__ios_set_key_address(isakmp__run *r)
{
    isakmp__key_thing *k = key_of(r);
    if (k->head.number & ISAKMP__ADDRESSED) {
        if (!r->no && isakmp__get32(k->ip) != isakmp__get32(r->arg[0].ip))
            return isakmp__ios_refuse(r, ISAKMP_E_ARG, 0,
                                      "an addressed key has its address already");
        return ISAKMP_OK;
    }
    k->has_ip = !r->no;
    memset(k->ip, 0, 4);
    if (!r->no)
        memcpy(k->ip, r->arg[0].ip, 4);
    return ISAKMP_OK;
}

int isakmp__ios_key_is_whole(const isakmp__key_thing *k)
{
    const uint8_t *p = k->der.p;
    size_t n = k->der.n;
    if (n < 4 || p[0] != 0x30)
        return 0;
    if (p[1] < 0x80)
        return n == 2u + p[1];
    if (p[1] == 0x81)
        return n == 3u + p[2];
    return p[1] == 0x82 && n == 4u + isakmp__get16(p + 2);
}

static int digit(uint8_t c)
{
    c = isakmp__lower(c);
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Are there only hex digits, in even number together with those of the lines before? */
static int check_hex(isakmp__run *r, isakmp_span text, unsigned column)
{
    for (size_t i = 0; i < text.n; i++) {
        if (is_blank(text.p[i]) || digit(text.p[i]) >= 0)
            continue;
        isakmp__ios_refuse(r, ISAKMP_E_MALFORMED, ISAKMP__MAX_ARGS,
                           "this is no hex digit: expected the key-string, or quit");
        r->fault->column = (uint32_t)(column + i);
        return ISAKMP_E_MALFORMED;
    }
    return ISAKMP_OK;
}

/* detail holds half an octet, with 16 added. */
int isakmp__ios_hex_into(isakmp__run *r, isakmp_span text, unsigned column)
{
    isakmp__octets *der = &key_of(r)->der;
    uint32_t before = der->n;
    uint8_t half = r->s->detail;
    int rc = check_hex(r, text, column);
    if (rc != ISAKMP_OK)
        return rc;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t octet;
        if (is_blank(text.p[i]))
            continue;
        if (half == 0) {
            half = (uint8_t)(16 | digit(text.p[i]));
            continue;
        }
        octet = (uint8_t)((half & 15) << 4 | digit(text.p[i]));
        half = 0;
        if (isakmp__ios_store_append(r->c, der, &octet, 1) != ISAKMP_OK) {
            der->n = before;
            return isakmp__ios_no_room(r);
        }
    }
    r->s->detail = half;
    return ISAKMP_OK;
}

int isakmp__ios_set_key_string(isakmp__run *r)
{
    isakmp__key_thing *k = key_of(r);
    isakmp_span text = isakmp__ios_arg_text(r, 0);
    int rc;
    if (!r->no && text.n && (rc = check_hex(r, text, r->arg[0].column)) != ISAKMP_OK)
        return rc;
    isakmp__ios_store_give_octets(r->c, &k->der);
    if (r->no)
        return ISAKMP_OK;
    isakmp__ios_enter(r, ISAKMP_IOS_KEY_STRING, &k->head);
    if (text.n && (rc = isakmp__ios_hex_into(r, text, r->arg[0].column)) != ISAKMP_OK)
        return rc;
    if (isakmp__ios_key_is_whole(k))
        isakmp__ios_enter(r, ISAKMP_IOS_KEY, &k->head);
    return ISAKMP_OK;
}

/* "quit": what was typed must be a whole key. */
static int end_key(isakmp__run *r)
{
    isakmp__key_thing *k = key_of(r);
    const char *wrong = k->der.n == 0  ? "there is no key"
                        : r->s->detail ? "the number of hex digits in the key-string is odd"
                        : k->der.p[0] == 0x30 && !isakmp__ios_key_is_whole(k)
                            ? "the key-string is cut short, or has something after its end"
                            : NULL;
    isakmp__ios_enter(r, ISAKMP_IOS_KEY, &k->head);
    if (wrong == NULL)
        return ISAKMP_OK;
    isakmp__ios_store_give_octets(r->c, &k->der);
    return isakmp__ios_refuse(r, ISAKMP_E_ARG, ISAKMP__MAX_ARGS, wrong);
}

/* ---- Trustpoints ---------------------------------------------------------------------------- */

int isakmp__ios_set_trustpoint(isakmp__run *r)
{
    isakmp_span name = r->arg[1].text; /* behind ca or pki */
    isakmp__thing *t;
    if (r->no) {
        t = isakmp__ios_thing_find(r->c, ISAKMP__TRUST, name, 0);
        if (t == NULL)
            return isakmp__ios_refuse(r, ISAKMP_E_ARG, 1, "there is no such trustpoint");
        isakmp__ios_thing_drop(r->c, t);
        return ISAKMP_OK;
    }
    t = isakmp__ios_thing_want(r->c, ISAKMP__TRUST, name, 0);
    if (t == NULL)
        return isakmp__ios_no_room(r);
    isakmp__ios_enter(r, ISAKMP_IOS_TRUSTPOINT, t);
    return ISAKMP_OK;
}

static isakmp__trust_thing *trust_of(isakmp__run *r)
{
    return (isakmp__trust_thing *)r->s->target;
}

int isakmp__ios_set_enrollment(isakmp__run *r)
{
    trust_of(r)->terminal = (uint8_t)(r->no ? 0 : isakmp__ios_arg_is(r, 0, "pem") ? 2 : 1);
    return ISAKMP_OK;
}

int isakmp__ios_set_revocation(isakmp__run *r)
{
    trust_of(r)->unrevoked = (uint8_t)(!r->no && isakmp__ios_arg_is(r, 0, "none"));
    return ISAKMP_OK;
}

int isakmp__ios_set_certificate(isakmp__run *r)
{
    isakmp__thing *t = isakmp__ios_thing_find(r->c, ISAKMP__TRUST, r->arg[1].text, 0);
    isakmp__trust_thing *trust = (isakmp__trust_thing *)(void *)t;
    if (t == NULL)
        return isakmp__ios_refuse(r, ISAKMP_E_ARG, 1, "there is no such trustpoint");
    isakmp__ios_store_give_octets(r->c, r->value ? &trust->own : &trust->ca);
    isakmp__ios_enter(r, ISAKMP_IOS_CERTIFICATE, t);
    r->s->detail = (uint8_t)r->value;
    return ISAKMP_OK;
}

static const char pem_begin[] = "-----BEGIN ", pem_end[] = "-----END ";

static int begins_with(isakmp_span s, const char *text, size_t n)
{
    return s.n >= n && isakmp__same_text(isakmp__span(s.p, n), isakmp__span(text, n));
}

/* Is there a PEM block from the first to the last line? */
static int is_pem(const isakmp__octets *o)
{
    size_t last = o->n ? o->n - 1 : 0;
    isakmp_span all = isakmp__span(o->p, o->n);
    while (last && o->p[last - 1] != '\n')
        last--;
    return begins_with(all, pem_begin, sizeof pem_begin - 1) && last &&
           begins_with(isakmp__span(o->p + last, o->n - last), pem_end, sizeof pem_end - 1);
}

static int end_certificate(isakmp__run *r)
{
    isakmp__trust_thing *t = trust_of(r);
    isakmp__octets *o = r->s->detail ? &t->own : &t->ca;
    isakmp__ios_enter(r, ISAKMP_IOS_CONFIG, NULL);
    if (is_pem(o))
        return ISAKMP_OK;
    isakmp__ios_store_give_octets(r->c, o);
    return isakmp__ios_refuse(r, ISAKMP_E_ARG, ISAKMP__MAX_ARGS,
                              "what was typed in is no certificate in PEM");
}

static int certificate_line(isakmp__run *r, isakmp_span line)
{
    static const uint8_t newline = '\n';
    isakmp__trust_thing *t = trust_of(r);
    isakmp__octets *o = r->s->detail ? &t->own : &t->ca;
    uint32_t before = o->n;
    for (size_t i = 0; i < line.n; i++) {
        if (line.p[i] >= 0x20 && line.p[i] < 0x7f)
            continue;
        isakmp__ios_refuse(r, ISAKMP_E_MALFORMED, ISAKMP__MAX_ARGS,
                           "this is no character of PEM: expected a certificate, or quit");
        r->fault->column = (uint32_t)i + 1;
        return ISAKMP_E_MALFORMED;
    }
    if (isakmp__ios_store_append(r->c, o, line.p, line.n) == ISAKMP_OK &&
        isakmp__ios_store_append(r->c, o, &newline, 1) == ISAKMP_OK)
        return ISAKMP_OK;
    o->n = before;
    return isakmp__ios_no_room(r);
}

/* ---- Lines that are no commands ------------------------------------------------------------- */

static isakmp_span trim(isakmp_span s)
{
    while (s.n && is_blank(s.p[s.n - 1]))
        s.n--;
    while (s.n && is_blank(*s.p)) {
        s.p++;
        s.n--;
    }
    return s;
}

int isakmp__ios_raw_line(isakmp__run *r, isakmp_span line)
{
    isakmp_span text = trim(line);
    int quit = isakmp__same_name(text, isakmp__span("quit", 4));
    if (r->s->mode == ISAKMP_IOS_KEY_STRING)
        return quit ? end_key(r) : isakmp__ios_hex_into(r, line, 1);
    if (quit)
        return end_certificate(r);
    if (text.n)
        return certificate_line(r, text);
    return trust_of(r)->ca.n || trust_of(r)->own.n ? end_certificate(r) : ISAKMP_OK;
}

/* ---- Interfaces ----------------------------------------------------------------------------- */

/* "Ethernet 0/1" is the interface Ethernet0/1.
 *   text     of ISAKMP__MAX_NAME characters.
 *   returns  ISAKMP_OK, or that it is refused. */
static int interface_name(isakmp__run *r, char *text, isakmp_span *name)
{
    isakmp_span number = isakmp__ios_arg_text(r, 1);
    *name = r->arg[0].text;
    if (r->n < 2)
        return ISAKMP_OK;
    if (digit(number.p[0]) < 0 || digit(number.p[0]) > 9)
        return isakmp__ios_refuse(r, ISAKMP_E_MALFORMED, 1,
                                  "expected the number of an interface, such as 0 or 0/1");
    if (name->n + number.n > ISAKMP__MAX_NAME)
        return isakmp__ios_refuse(r, ISAKMP_E_ARG, 0, "a name has at most 100 characters");
    memcpy(text, name->p, name->n);
    memcpy(text + name->n, number.p, number.n);
    *name = isakmp__span(text, name->n + number.n);
    return ISAKMP_OK;
}

int isakmp__ios_set_interface(isakmp__run *r)
{
    char text[ISAKMP__MAX_NAME];
    isakmp_span name;
    isakmp__thing *t;
    int rc = interface_name(r, text, &name);
    if (rc != ISAKMP_OK)
        return rc;
    t = isakmp__ios_thing_find(r->c, ISAKMP__INTERFACE, name, 0);
    if (r->no && t == NULL)
        return isakmp__ios_refuse(r, ISAKMP_E_ARG, 0, "there is no such interface");
    if (r->no) {
        isakmp__ios_thing_drop(r->c, t);
        return ISAKMP_OK;
    }
    t = isakmp__ios_thing_want(r->c, ISAKMP__INTERFACE, name, 0);
    if (t == NULL)
        return isakmp__ios_no_room(r);
    isakmp__ios_enter(r, ISAKMP_IOS_INTERFACE, t);
    return ISAKMP_OK;
}

static isakmp__interface_thing *interface_of(isakmp__run *r)
{
    return (isakmp__interface_thing *)r->s->target;
}

int isakmp__ios_set_address(isakmp__run *r)
{
    isakmp__interface_thing *i = interface_of(r);
    if (!r->no && isakmp__ios_mask_bits(r->arg[1].ip) < 0)
        return isakmp__ios_refuse(r, ISAKMP_E_ARG, 1, "a mask has its ones on the left");
    i->has_ip = !r->no;
    memset(i->ip, 0, 4);
    memset(i->mask, 0, 4);
    if (!r->no) {
        memcpy(i->ip, r->arg[0].ip, 4);
        memcpy(i->mask, r->arg[1].ip, 4);
    }
    return ISAKMP_OK;
}

int isakmp__ios_set_shutdown(isakmp__run *r)
{
    interface_of(r)->shutdown = !r->no;
    return ISAKMP_OK;
}

int isakmp__ios_set_interface_map(isakmp__run *r)
{
    return isakmp__ios_set_word(r, &interface_of(r)->map,
                                r->no ? isakmp__span(NULL, 0) : r->arg[0].text);
}
