/* fuzz_transactions.c -- Mode Config and XAUTH with a peer that goes mad when phase 1 is through, or before.
 *
 * Two contexts negotiate over the toy provider, whose HASH is always the same and whose cipher leaves the
 * plaintext as it is, so what the input says is authentic.  One of them is the victim, as client or as gateway.
 * The input is a script: two octets of switches, then steps.  A step says a message of a Transaction to the
 * victim, with attributes of every kind and form, well made or not; delivers an honest datagram; answers a
 * question; lets time pass; connects, closes, or makes a callback fail.
 *
 * What must hold, whatever comes: what the victim says in Transactions can be read; until the user is known no
 * child begins, and nobody has an address; no gateway believes a user that its host has not said yes to, or asks
 * it more often than there are rounds; no client says who its user is before phase 1 is through; the pool of
 * addresses gets back what it gave, each once; after everything is closed, and enough time, nothing is left; wiped
 * arenas are zero. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "sa/sa.h"
#include "support/pair.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Switches.  The lowest three bits: how many datagrams are delivered before the script begins. */
enum {
    HONEST = 7, /* 7: until nothing happens any more               */
    IP6 = 8,    /* the gateway gives one, too                           */
    AGGRESSIVE = 0x10,
    CLIENT_ANSWERS = 0x20, /* the client is the responder of phase 1             */
    METHOD = 0xc0,         /* no XAUTH, by the method, hybrid, by flags          */
    PUSH = 0x100,
    PULL = 0x200,
    PARK = 0x400,
    MUTE = 0x800, /* the client never says who its user is              */
    CHILD = 0x1000,
    GATEWAY = 0x2000, /* the victim is the gateway, else the client         */
    AGAIN = 0x4000,   /* nothing is kept from one SA to the next            */
    ROUNDS = 0x8000   /* the gateway's host asks as often as it may         */
};
#define BY_METHOD 0x40
#define HYBRID    0x80
#define BY_FLAGS  0xc0

/* What a step does: its lowest four bits; those from SAY on say something. */
enum {
    DELIVER = 0,
    LOSE,
    ANSWER,
    NEXT_DEADLINE,
    WAIT,
    CONNECT,
    CLOSE,
    FAIL,
    CHILD_CONNECT,
    REKEY,
    SAY
};

/* How something is said: the type of the message in the lowest three bits. */
enum {
    TYPE = 7,
    ID = 0x18,      /* message ID: a new one, the last new one, the victim's last, zero */
    SAME = 0x20,    /* the identifier of the victim's last message                     */
    SECOND = 0x40,  /* to the second SA                                                */
    STRANGE = 0x80, /* with a payload more, which comes from the input                 */
};

/* The form of an attribute: its lowest two bits. */
enum {
    EMPTY = 0,
    NUMBER,
    RIGHT, /* as long as it should be; of texts about the user the true one */
    RAW
};

static pair pr;
static peer *victim, *client, *gateway, *beginner;
static uint32_t seen_id, fresh; /* of the victim's last Transaction; the last one that we made up */
static uint16_t seen_identifier;
static unsigned yes, asked; /* of the gateway's host */
static int needs_user;

#define HASH_SIZE 20

/* ---- Looking at what the victim says ----------------------------------------------------------- */

static void read_attributes(isakmp_span body)
{
    isakmp_cfg c;
    isakmp_cfg_reader r;
    isakmp_cfg_value v;
    int rc;
    assert(isakmp_cfg_read(&c, body) == ISAKMP_OK);
    assert(c.type >= ISAKMP_CFG_REQUEST && c.type <= ISAKMP_CFG_ACK);
    seen_identifier = c.identifier;
    r = isakmp_cfg_values(c.attrs);
    while ((rc = isakmp_cfg_next(&r, &v)) == ISAKMP_OK)
        ;
    assert(rc == ISAKMP_NONE);
}

static int watch(pair *p, wire_item *w)
{
    size_t skip = w->path.natt ? 4 : 0, at = skip + ISAKMP_HEADER_SIZE;
    size_t n = w->n > at + 8 + HASH_SIZE ? 256u * w->data[at + 4 + HASH_SIZE + 2] : 0;
    (void)p;
    if (w->from != victim->index || w->data[skip + 18] != ISAKMP_EXCH_TRANSACTION)
        return PAIR_DELIVER;
    assert(w->data[skip + 16] == ISAKMP_PAYLOAD_HASH && w->data[at] == ISAKMP_PAYLOAD_ATTRIBUTE);
    at += 4 + HASH_SIZE;
    n += w->data[at + 3];
    assert(n >= 8 && at + n <= w->n);
    read_attributes((isakmp_span){w->data + at + 4, n - 4});
    seen_id = (uint32_t)w->data[skip + 20] << 24 | (uint32_t)w->data[skip + 21] << 16 |
              (uint32_t)w->data[skip + 22] << 8 | w->data[skip + 23];
    return PAIR_DELIVER;
}

/* ---- The host ---------------------------------------------------------------------------------- */

static isakmp_span text(const char *s)
{
    return (isakmp_span){(const uint8_t *)s, strlen(s)};
}

static int is(isakmp_span s, const char *want)
{
    return s.n == strlen(want) && (s.n == 0 || memcmp(s.p, want, s.n) == 0);
}

static int judge(peer *p, const isakmp_user *got, isakmp_user *out)
{
    int right = got->round && is(got->user_name, p->user) && is(got->user_password, p->password);
    asked += got->round != 0;
    if (right) {
        yes++;
        return ISAKMP_OK;
    }
    out->message = text("who is it?");
    return ISAKMP_NONE;
}

/* Every kind of question, one after the other. */
static int judge_again(peer *p, const isakmp_user *got, isakmp_user *out)
{
    static const uint16_t what[] = {ISAKMP_ASK_USER_NAME | ISAKMP_ASK_USER_PASSWORD,
                                    ISAKMP_ASK_USER_NAME | ISAKMP_ASK_PASSCODE | ISAKMP_ASK_DOMAIN,
                                    ISAKMP_ASK_ANSWER, ISAKMP_ASK_NEXT_PIN};
    int rc = judge(p, got, out);
    if (rc == ISAKMP_OK)
        return rc;
    out->asked = what[got->round % 4];
    if (got->round % 4 == 0)
        out->type = got->round % 3;
    if (out->type)
        out->challenge = text("0123456789abcdef");
    return ISAKMP_NONE;
}

static int tell(peer *p, const isakmp_user *wanted, isakmp_user *out)
{
    (void)wanted;
    assert(heard(p, ISAKMP_EV_SA_XAUTH) > 0);
    out->user_name = text(p->user);
    out->user_password = text(p->password);
    out->passcode = out->domain = out->next_pin = out->answer = text("1234");
    return ISAKMP_OK;
}

/* ---- Beginning --------------------------------------------------------------------------------- */

static uint16_t method(unsigned switches)
{
    int answers = (switches & CLIENT_ANSWERS) != 0;
    if ((switches & METHOD) == BY_METHOD)
        return answers ? ISAKMP_AUTH_XAUTH_RESP_PSK : ISAKMP_AUTH_XAUTH_INIT_PSK;
    if ((switches & METHOD) == HYBRID)
        return answers ? ISAKMP_AUTH_HYBRID_RESP_RSA : ISAKMP_AUTH_HYBRID_INIT_RSA;
    return ISAKMP_AUTH_PSK;
}

static void set_peer(peer *p, unsigned switches)
{
    isakmp_limits *l = &p->config.limits;
    p->toy.constant_hash = 1;
    p->toy.scramble = 0;
    p->policies[0].group = ISAKMP_GROUP_MODP_768;
    p->policies[0].auth = method(switches);
    p->peer.flags |= ISAKMP_PF_NO_NATT | ISAKMP_PF_REKEY;
    p->peer.flags |= switches & AGAIN ? ISAKMP_PF_CONFIG_AGAIN | ISAKMP_PF_XAUTH_AGAIN : 0;
    l->max_dh = 96;
    l->max_datagram = 1024;
    l->sas = 3;
    l->children = 3;
    l->exchanges = 5;
}

static void set_roles(unsigned switches)
{
    client = &pr.p[0];
    gateway = &pr.p[1];
    victim = switches & GATEWAY ? gateway : client;
    beginner = switches & CLIENT_ANSWERS ? gateway : client;
    gateway->give_ip6 = (switches & IP6) != 0;
    client->peer.flags |= switches & PUSH ? ISAKMP_PF_CONFIG_ACCEPT : 0;
    gateway->peer.flags |= switches & PUSH ? ISAKMP_PF_CONFIG_PUSH : 0;
    client->peer.flags |= switches & PULL ? ISAKMP_PF_CONFIG_PULL : 0;
    gateway->peer.flags |= switches & PULL ? ISAKMP_PF_CONFIG_ANSWER : 0;
    needs_user = (switches & METHOD) != 0;
    if ((switches & METHOD) == BY_FLAGS) {
        client->peer.flags |= ISAKMP_PF_XAUTH_ANSWER;
        gateway->peer.flags |= ISAKMP_PF_XAUTH_ASK;
    }
    client->no_private_key = (switches & METHOD) == HYBRID;
    client->tell_user = tell;
    gateway->judge_user = switches & ROUNDS ? judge_again : judge;
    client->mute_user = (switches & MUTE) != 0;
    client->child.local.family = gateway->child.remote.family = 0;
    victim->park = (switches & PARK) != 0;
}

/* More than an address, of every kind. */
static void set_gift(peer *p)
{
    static const isakmp_addr dns = {4, {10, 9, 1, 1}, 0};
    isakmp_cfg_value nets[2];
    isakmp_writer w;
    memset(nets, 0, sizeof nets);
    for (unsigned i = 0; i < 2; i++) {
        nets[i].type = ISAKMP_CFG_SPLIT_INCLUDE;
        nets[i].form = ISAKMP_CFG_NET;
        nets[i].addrs = pair_subnet((uint8_t)(20 + i));
    }
    isakmp_wr_init(&w, p->gift, sizeof p->gift);
    isakmp_wr_cfg_addr(&w, ISAKMP_CFG_IP4_DNS, &dns);
    isakmp_wr_cfg_values(&w, nets, 2);
    isakmp_wr_attr_bytes(&w, ISAKMP_CFG_BANNER, text("welcome"));
    isakmp_wr_attr(&w, ISAKMP_CFG_SAVE_PASSWORD, 1);
    assert(!w.fault);
    p->gift_n = w.len;
}

static void begin(unsigned switches)
{
    pair_init(&pr, 1);
    for (int i = 0; i < 2; i++)
        set_peer(&pr.p[i], switches);
    set_roles(switches);
    set_gift(gateway);
    seen_id = seen_identifier = 0;
    fresh = yes = asked = 0;
    pr.filter = watch;
    pair_start(&pr);
    pair_connect_from(&pr, beginner->index,
                      switches & AGGRESSIVE ? ISAKMP_EXCH_AGGRESSIVE : ISAKMP_EXCH_MAIN,
                      (switches & CHILD) != 0);
    if ((switches & HONEST) == HONEST)
        pair_run(&pr, 100);
    for (unsigned i = 0; (switches & HONEST) != HONEST && i < (switches & HONEST); i++) {
        pair_deliver(&pr);
        pair_answer(&pr, victim);
    }
}

/* ---- Saying something -------------------------------------------------------------------------- */

static isakmp_sa_id some_sa(const peer *p, int second)
{
    isakmp_sa_id none = {0}, sa = isakmp_sa_next(p->x, none), other = {0};
    if (second)
        other = isakmp_sa_next(p->x, sa);
    return other.v ? other : sa;
}

/* Every attribute that is known, and some that are not; how long they should be. */
static const struct {
    uint16_t type;
    uint8_t size;
    const char *truth;
} kinds[] = {
    {ISAKMP_CFG_IP4_ADDRESS, 4, NULL},
    {ISAKMP_CFG_IP4_NETMASK, 4, NULL},
    {ISAKMP_CFG_IP4_DNS, 4, NULL},
    {ISAKMP_CFG_IP4_NBNS, 4, NULL},
    {ISAKMP_CFG_ADDRESS_EXPIRY, 4, NULL},
    {ISAKMP_CFG_IP4_DHCP, 4, NULL},
    {ISAKMP_CFG_VERSION, 0, "a version"},
    {ISAKMP_CFG_IP6_ADDRESS, 17, NULL},
    {ISAKMP_CFG_IP6_NETMASK, 16, NULL},
    {ISAKMP_CFG_IP6_DNS, 16, NULL},
    {ISAKMP_CFG_IP6_NBNS, 16, NULL},
    {ISAKMP_CFG_IP6_DHCP, 16, NULL},
    {ISAKMP_CFG_IP4_SUBNET, 8, NULL},
    {ISAKMP_CFG_SUPPORTED, 6, NULL},
    {ISAKMP_CFG_IP6_SUBNET, 17, NULL},
    {ISAKMP_CFG_MS_IP4_SERVER, 4, NULL},
    {ISAKMP_CFG_MS_IP6_SERVER, 16, NULL},
    {ISAKMP_CFG_BANNER, 0, "two\r\nlines"},
    {ISAKMP_CFG_SAVE_PASSWORD, 2, NULL},
    {ISAKMP_CFG_DEFAULT_DOMAIN, 0, "example.org"},
    {ISAKMP_CFG_SPLIT_DNS, 0, "example.org,example.net"},
    {ISAKMP_CFG_SPLIT_INCLUDE, 14, NULL},
    {ISAKMP_CFG_NATT_PORT, 2, NULL},
    {ISAKMP_CFG_LOCAL_LAN, 28, NULL},
    {ISAKMP_CFG_PFS, 2, NULL},
    {ISAKMP_CFG_FIREWALL, 12, NULL},
    {ISAKMP_CFG_BACKUP_SERVERS, 0, "192.0.2.9,gate.example"},
    {ISAKMP_CFG_DDNS_NAME, 0, "client"},
    {ISAKMP_CFG_XAUTH_TYPE, 2, NULL},
    {ISAKMP_CFG_XAUTH_USER_NAME, 0, "joe"},
    {ISAKMP_CFG_XAUTH_USER_PASSWORD, 0, "what only joe knows"},
    {ISAKMP_CFG_XAUTH_PASSCODE, 0, "492"},
    {ISAKMP_CFG_XAUTH_MESSAGE, 0, "who is it?"},
    {ISAKMP_CFG_XAUTH_CHALLENGE, 0, "0123456789abcdef"},
    {ISAKMP_CFG_XAUTH_DOMAIN, 0, "home"},
    {ISAKMP_CFG_XAUTH_STATUS, 2, NULL},
    {ISAKMP_CFG_XAUTH_NEXT_PIN, 0, "1234"},
    {ISAKMP_CFG_XAUTH_ANSWER, 0, "yes"},
    {16383, 3, NULL},
    {0, 1, NULL},
    {0x7fff, 9, NULL},
};
#define N_KINDS (sizeof kinds / sizeof kinds[0])

static isakmp_span some(isakmp_reader *r, size_t n)
{
    return isakmp_rd_bytes(r, n < isakmp_rd_left(r) ? n : isakmp_rd_left(r));
}

static void write_attribute(isakmp_writer *w, isakmp_reader *r)
{
    size_t k = isakmp_rd_u8(r) % N_KINDS;
    unsigned form = isakmp_rd_u8(r);
    if ((form & 3) == EMPTY)
        isakmp_wr_attr_bytes(w, kinds[k].type, (isakmp_span){NULL, 0});
    else if ((form & 3) == NUMBER)
        isakmp_wr_attr(w, kinds[k].type, form & 4 ? isakmp_rd_u16(r) : form >> 3 & 3);
    else if ((form & 3) == RIGHT && kinds[k].truth)
        isakmp_wr_attr_bytes(w, kinds[k].type, text(kinds[k].truth));
    else
        isakmp_wr_attr_bytes(w, kinds[k].type,
                             some(r, (form & 3) == RIGHT ? kinds[k].size : form >> 2));
}

static void write_attributes(isakmp_writer *w, isakmp_reader *r, unsigned how)
{
    unsigned n = isakmp_rd_u8(r);
    size_t at = isakmp_wr_open(w, ISAKMP_PAYLOAD_ATTRIBUTE);
    isakmp_wr_u8(w, (uint8_t)(how & TYPE));
    isakmp_wr_u8(w, 0);
    isakmp_wr_u16(w, how & SAME ? seen_identifier : 7);
    for (unsigned i = 0; i < n % 16; i++)
        write_attribute(w, r);
    if (n & 0x80) /* what is left of an attribute that was cut off */
        isakmp_wr_bytes(w, some(r, n >> 4 & 7));
    isakmp_wr_close(w, at);
    if (how & STRANGE) {
        uint8_t type = isakmp_rd_u8(r);
        isakmp_wr_payload(w, type, some(r, isakmp_rd_u8(r) & 31));
    }
}

static uint32_t message_id(unsigned how)
{
    switch (how & ID) {
    case 0:
        return 0x1000 + ++fresh;
    case 8:
        return 0x1000 + fresh;
    case 16:
        return seen_id;
    default:
        return 0;
    }
}

static void say(isakmp_reader *r)
{
    uint8_t buf[4096], hash[HASH_SIZE];
    unsigned how = isakmp_rd_u8(r);
    isakmp_sa_info sa;
    isakmp_header h;
    isakmp_writer w;
    sa.size = sizeof sa;
    if (isakmp_sa_get(victim->x, some_sa(victim, how & SECOND), &sa) != ISAKMP_OK)
        return;
    memset(&h, 0, sizeof h);
    memcpy(h.cky_i, sa.cky_i, sizeof h.cky_i);
    memcpy(h.cky_r, sa.cky_r, sizeof h.cky_r);
    h.version = 0x10;
    h.exchange = ISAKMP_EXCH_TRANSACTION;
    h.flags = ISAKMP_FLAG_ENCRYPTION;
    h.msg_id = message_id(how);
    isakmp_wr_init(&w, buf, sizeof buf);
    isakmp_wr_header(&w, &h);
    memset(hash, TOY_CONSTANT, sizeof hash);
    isakmp_wr_payload(&w, ISAKMP_PAYLOAD_HASH, (isakmp_span){hash, sizeof hash});
    write_attributes(&w, r, how);
    while ((w.len - ISAKMP_HEADER_SIZE) % 16)
        isakmp_wr_u8(&w, 0);
    if (isakmp_wr_end(&w) == ISAKMP_OK)
        (void)isakmp_input(victim->x, pr.now, &sa.path, buf, w.len);
}

/* ---- Other steps ------------------------------------------------------------------------------- */

/* Let the victim alone live until a time. */
static void live(isakmp_time until)
{
    if (until != ISAKMP_NEVER && until > pr.now)
        pr.now = until;
    assert(isakmp_tick(victim->x, pr.now) == ISAKMP_OK);
    assert(isakmp_deadline(victim->x) > pr.now);
}

static void step(isakmp_reader *r)
{
    unsigned op = isakmp_rd_u8(r), more = op >> 4;
    isakmp_sa_id sa = some_sa(victim, more & 1);
    isakmp_child_id child;
    switch (op & 15) {
    case DELIVER:
        pair_deliver(&pr);
        break;
    case LOSE:
        pr.n_wire = 0;
        break;
    case ANSWER:
        pair_answer(&pr, more & 1 ? &pr.p[1 - victim->index] : victim);
        break;
    case NEXT_DEADLINE:
        live(isakmp_deadline(victim->x));
        break;
    case WAIT:
        live(pr.now + (UINT64_C(1) << more));
        break;
    case CONNECT:
        pair_connect_from(&pr, beginner->index,
                          more & 1 ? ISAKMP_EXCH_AGGRESSIVE : ISAKMP_EXCH_MAIN, more >> 2 & 1);
        break;
    case CLOSE:
        (void)isakmp_close(victim->x, pr.now, sa);
        break;
    case FAIL:
        victim->fail_at = victim->callbacks + more + 1;
        break;
    case CHILD_CONNECT:
        (void)isakmp_child_connect(victim->x, pr.now, sa, &victim->child, &child);
        break;
    case REKEY:
        (void)isakmp_rekey(victim->x, pr.now, sa, NULL);
        break;
    default:
        say(r);
    }
    /* There is room for a few open questions only, and some belong to exchanges that are over. */
    if (victim->n_asks > 3)
        pair_answer(&pr, victim);
}

/* ---- What must hold ---------------------------------------------------------------------------- */

static void check_children(const peer *p, isakmp_sa_id sa)
{
    isakmp_child_id id = {0};
    isakmp_child_info c;
    c.size = sizeof c;
    while ((id = isakmp_child_next(p->x, sa, id)).v)
        assert(isakmp_child_get(p->x, id, &c) == ISAKMP_OK && c.state == ISAKMP_CHILD_WAITING);
}

static void check_peer(const peer *p)
{
    isakmp_sa_id id = {0};
    isakmp_sa_info sa;
    sa.size = sizeof sa;
    while ((id = isakmp_sa_next(p->x, id)).v) {
        assert(isakmp_sa_get(p->x, id, &sa) == ISAKMP_OK);
        if (sa.state != ISAKMP_SA_NEGOTIATING && sa.state != ISAKMP_SA_XAUTH)
            continue;
        check_children(p, id);
        assert(sa.ip4.family == 0 && sa.ip6.family == 0);
        assert(sa.user.n == 0 || yes > 0);
    }
}

static void check(void)
{
    check_peer(victim);
    assert(!needs_user || heard(gateway, ISAKMP_EV_SA_UP) <= yes);
    assert(asked <= heard(gateway, ISAKMP_EV_SA_XAUTH) * ISAKMP_MAX_USER_ROUNDS);
    assert(gateway->lost_addresses == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    isakmp_reader r = isakmp_rd((isakmp_span){data, n});
    begin(isakmp_rd_u16(&r));
    while (isakmp_rd_left(&r)) {
        step(&r);
        check();
    }
    pair_close(&pr, 0);
    pair_close(&pr, 1);
    client->mute_user = 0;
    pair_run(&pr, pr.now + 1000000000);
    assert(pair_is_empty(&pr));
    assert(gateway->pool.used == 0 && gateway->lost_addresses == 0);
    assert(isakmp_deadline(pr.p[0].x) == ISAKMP_NEVER &&
           isakmp_deadline(pr.p[1].x) == ISAKMP_NEVER);
    for (int i = 0; i < 2; i++)
        assert(pr.p[i].x->users.used == 0 && pr.p[i].x->assignments.used == 0);
    pair_end(&pr);
    return 0;
}
