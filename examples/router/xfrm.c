/* xfrm.c -- SAs and policies given to the kernel: messages of linux/xfrm.h, by libmnl.
 *
 * The kernel has no clock of ours: lifetimes are the library's, which takes an SA out when it is over. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/udp.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include "netlink.h"
#include "xfrm.h"

struct xfrm_kernel {
    netlink nl, news; /* questions; what it says of itself */
};

/* An algorithm with its key, as an attribute: the three structs of the kernel differ in one number. */
#define ROOM (sizeof(struct xfrm_algo_auth) + 128)

/* ---- Talking ------------------------------------------------------------------------------- */

xfrm_kernel *xfrm_open(char *error, size_t cap)
{
    xfrm_kernel *k = (xfrm_kernel *)calloc(1, sizeof *k);
    if (k && netlink_open(&k->nl, NETLINK_XFRM) == 0 && netlink_open(&k->news, NETLINK_XFRM) == 0 &&
        netlink_join(&k->news, XFRMNLGRP_MAPPING) == 0)
        return k;
    snprintf(error, cap, "the kernel's IPsec cannot be reached: %s", strerror(errno));
    xfrm_close(k);
    return NULL;
}

void xfrm_close(xfrm_kernel *k)
{
    if (k) {
        netlink_close(&k->nl);
        netlink_close(&k->news);
    }
    free(k);
}

/* ---- SAs ----------------------------------------------------------------------------------- */

static uint16_t family_of(const isakmp_addr *a)
{
    return a->family == 6 ? AF_INET6 : AF_INET;
}

static uint8_t proto_of(uint8_t proto)
{
    return proto == ISAKMP_PROTO_AH ? IPPROTO_AH : IPPROTO_ESP;
}

static uint8_t mode_of(uint8_t mode)
{
    return mode == ISAKMP_MODE_TRANSPORT ? XFRM_MODE_TRANSPORT : XFRM_MODE_TUNNEL;
}

static void put_addr(xfrm_address_t *out, const isakmp_addr *a)
{
    memcpy(out, a->ip, a->family == 6 ? 16 : 4);
}

static void put_no_limits(struct xfrm_lifetime_cfg *l)
{
    l->soft_byte_limit = l->hard_byte_limit = XFRM_INF;
    l->soft_packet_limit = l->hard_packet_limit = XFRM_INF;
}

static void put_name(char out[64], const char *name)
{
    snprintf(out, 64, "%s", name);
}

static void put_cipher(struct nlmsghdr *h, const char *name, isakmp_span key)
{
    uint8_t room[ROOM] = {0};
    struct xfrm_algo *a = (struct xfrm_algo *)room;
    put_name(a->alg_name, name);
    a->alg_key_len = (unsigned)key.n * 8;
    if (key.n)
        memcpy(a->alg_key, key.p, key.n);
    mnl_attr_put(h, XFRMA_ALG_CRYPT, sizeof *a + key.n, room);
}

static void put_integ(struct nlmsghdr *h, const char *name, unsigned icv_bits, isakmp_span key)
{
    uint8_t room[ROOM] = {0};
    struct xfrm_algo_auth *a = (struct xfrm_algo_auth *)room;
    put_name(a->alg_name, name);
    a->alg_key_len = (unsigned)key.n * 8;
    a->alg_trunc_len = icv_bits;
    memcpy(a->alg_key, key.p, key.n);
    mnl_attr_put(h, XFRMA_ALG_AUTH_TRUNC, sizeof *a + key.n, room);
}

static void put_aead(struct nlmsghdr *h, const char *name, unsigned icv_bits, isakmp_span key)
{
    uint8_t room[ROOM] = {0};
    struct xfrm_algo_aead *a = (struct xfrm_algo_aead *)room;
    put_name(a->alg_name, name);
    a->alg_key_len = (unsigned)key.n * 8;
    a->alg_icv_len = icv_bits;
    memcpy(a->alg_key, key.p, key.n);
    mnl_attr_put(h, XFRMA_ALG_AEAD, sizeof *a + key.n, room);
}

static void put_encap(struct nlmsghdr *h, const isakmp_sad_entry *e)
{
    struct xfrm_encap_tmpl t;
    memset(&t, 0, sizeof t);
    t.encap_type = UDP_ENCAP_ESPINUDP;
    t.encap_sport = htons(e->src.port);
    t.encap_dport = htons(e->dst.port);
    mnl_attr_put(h, XFRMA_ENCAP, sizeof t, &t);
}

static int add_sa(xfrm_kernel *k, const xfrm_sa *sa, const xfrm_names *n)
{
    const isakmp_sad_entry *e = sa->e;
    uint8_t buf[4096];
    struct nlmsghdr *h = netlink_begin(buf, XFRM_MSG_NEWSA, NLM_F_CREATE | NLM_F_EXCL);
    struct xfrm_usersa_info *i =
        (struct xfrm_usersa_info *)mnl_nlmsg_put_extra_header(h, sizeof *i);
    put_addr(&i->saddr, &e->src);
    put_addr(&i->id.daddr, &e->dst);
    i->id.spi = htonl(e->spi);
    i->id.proto = proto_of(e->algs.proto);
    i->family = family_of(&e->src);
    i->mode = mode_of(xfrm_mode(sa));
    i->reqid = xfrm_request_id(e);
    i->replay_window = (uint8_t)(e->replay_window < 32 ? e->replay_window : 32);
    put_no_limits(&i->lft);
    if (i->mode == XFRM_MODE_TUNNEL)
        i->flags = XFRM_STATE_AF_UNSPEC;
    if (n->aead)
        put_aead(h, n->aead, n->icv_bits, e->enc_key);
    if (n->integ)
        put_integ(h, n->integ, n->icv_bits, e->auth_key);
    if (n->cipher)
        put_cipher(h, n->cipher, e->enc_key);
    if (e->natt)
        put_encap(h, e);
    return netlink_ask(&k->nl, h);
}

/* A message about one SA. */
static struct nlmsghdr *about_sa(void *buf, uint16_t type, const isakmp_addr *to, uint8_t proto,
                                 uint32_t spi)
{
    struct nlmsghdr *h = netlink_begin(buf, type, 0);
    struct xfrm_usersa_id *i = (struct xfrm_usersa_id *)mnl_nlmsg_put_extra_header(h, sizeof *i);
    put_addr(&i->daddr, to);
    i->spi = htonl(spi);
    i->family = family_of(to);
    i->proto = proto_of(proto);
    return h;
}

static int delete_sa(xfrm_kernel *k, const isakmp_sad_entry *e)
{
    uint8_t buf[4096];
    return netlink_ask(&k->nl, about_sa(buf, XFRM_MSG_DELSA, &e->dst, e->algs.proto, e->spi));
}

static int read_lifetime(const struct nlmsghdr *h, void *user)
{
    const struct xfrm_usersa_info *i = (const struct xfrm_usersa_info *)mnl_nlmsg_get_payload(h);
    if (mnl_nlmsg_get_payload_len(h) >= sizeof *i)
        *(struct xfrm_lifetime_cur *)user = i->curlft;
    return MNL_CB_OK;
}

int xfrm_count(xfrm_kernel *k, const isakmp_addr *to, uint8_t proto, uint32_t spi,
               uint64_t *packets, uint64_t *octets)
{
    uint8_t buf[4096];
    struct xfrm_lifetime_cur now = {0};
    int rc =
        netlink_get(&k->nl, about_sa(buf, XFRM_MSG_GETSA, to, proto, spi), read_lifetime, &now);
    *packets = now.packets;
    *octets = now.bytes;
    return rc;
}

/* ---- Peers that move ----------------------------------------------------------------------- */

typedef struct sa_message {
    uint8_t octets[4096];
    int is_there;
} sa_message;

static int keep_sa(const struct nlmsghdr *h, void *user)
{
    sa_message *m = (sa_message *)user;
    m->is_there = h->nlmsg_len <= sizeof m->octets - 256 &&
                  mnl_nlmsg_get_payload_len(h) >= sizeof(struct xfrm_usersa_info);
    if (m->is_there)
        memcpy(m->octets, h, h->nlmsg_len);
    return MNL_CB_OK;
}

static int find_encap(const struct nlattr *a, void *user)
{
    if (mnl_attr_get_type(a) == XFRMA_ENCAP)
        *(struct xfrm_encap_tmpl **)user = (struct xfrm_encap_tmpl *)mnl_attr_get_payload(a);
    return MNL_CB_OK;
}

/* The kernel cannot change the ends of an SA.  So it is asked for all that it knows of it, which has the form of the
 * message that adds one, with its keys and how far it has counted. */
static int change_ends(xfrm_kernel *k, const isakmp_sad_entry *before, const isakmp_sad_entry *now)
{
    uint8_t buf[4096];
    sa_message m = {.is_there = 0};
    struct nlmsghdr *question, *h = (struct nlmsghdr *)(void *)m.octets;
    struct xfrm_usersa_info *i = (struct xfrm_usersa_info *)mnl_nlmsg_get_payload(h);
    struct xfrm_encap_tmpl *t = NULL;
    question = about_sa(buf, XFRM_MSG_GETSA, &before->dst, before->algs.proto, before->spi);
    if (netlink_get(&k->nl, question, keep_sa, &m) != 0 || !m.is_there)
        return -1;
    h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
    h->nlmsg_pid = 0;
    put_addr(&i->saddr, &now->src);
    put_addr(&i->id.daddr, &now->dst);
    i->reqid = xfrm_request_id(now);
    if (mnl_attr_parse(h, sizeof *i, find_encap, &t) == MNL_CB_OK && t) {
        t->encap_sport = htons(now->src.port);
        t->encap_dport = htons(now->dst.port);
    }
    mnl_attr_put(h, XFRMA_LTIME_VAL, sizeof i->curlft, &i->curlft);
    return delete_sa(k, before) == 0 ? netlink_ask(&k->nl, h) : -1;
}

static int read_mapping(const struct nlmsghdr *h, void *user)
{
    const struct xfrm_user_mapping *m = (const struct xfrm_user_mapping *)mnl_nlmsg_get_payload(h);
    xfrm_mapping *out = (xfrm_mapping *)user;
    if (h->nlmsg_type != XFRM_MSG_MAPPING || mnl_nlmsg_get_payload_len(h) < sizeof *m)
        return MNL_CB_OK;
    out->spi = ntohl(m->id.spi);
    out->from.family = m->id.family == AF_INET6 ? 6 : 4;
    memcpy(out->from.ip, &m->new_saddr, out->from.family == 6 ? 16 : 4);
    out->from.port = ntohs(m->new_sport);
    return MNL_CB_OK;
}

int xfrm_news_fd(const xfrm_kernel *k)
{
    return mnl_socket_get_fd(k->news.socket);
}

int xfrm_read_mapping(xfrm_kernel *k, xfrm_mapping *out)
{
    uint8_t buf[8192];
    ssize_t n = mnl_socket_recvfrom(k->news.socket, buf, sizeof buf);
    memset(out, 0, sizeof *out);
    return n > 0 && mnl_cb_run(buf, (size_t)n, 0, 0, read_mapping, out) >= 0 && out->spi ? 0 : -1;
}

/* ---- Policies ------------------------------------------------------------------------------ */

static void put_selectors(struct xfrm_selector *s, const isakmp_selector *from,
                          const isakmp_selector *to)
{
    size_t n = from->family == 6 ? 16 : 4;
    s->family = from->family == 6 ? AF_INET6 : AF_INET;
    memcpy(&s->saddr, from->lo, n);
    memcpy(&s->daddr, to->lo, n);
    s->prefixlen_s = (uint8_t)xfrm_prefix(from);
    s->prefixlen_d = (uint8_t)xfrm_prefix(to);
    s->proto = from->proto;
    s->sport = htons(from->port);
    s->sport_mask = from->port ? 0xffff : 0;
    s->dport = htons(to->port);
    s->dport_mask = to->port ? 0xffff : 0;
}

/* In the direction of the packets. */
static void put_flow(struct xfrm_selector *s, const isakmp_sad_entry *e)
{
    xfrm_flow f = xfrm_flow_of(e);
    put_selectors(s, e->inbound ? &f.remote : &f.local, e->inbound ? &f.local : &f.remote);
}

static void put_templates(struct nlmsghdr *h, const xfrm_sa *sa)
{
    struct xfrm_user_tmpl t[ISAKMP_MAX_BUNDLE];
    memset(t, 0, sizeof t);
    for (size_t i = 0; i < sa->n_bundle; i++) {
        put_addr(&t[i].saddr, &sa->e->src);
        put_addr(&t[i].id.daddr, &sa->e->dst);
        t[i].id.proto = proto_of(sa->bundle[i].proto);
        t[i].family = family_of(&sa->e->src);
        t[i].reqid = xfrm_request_id(sa->e);
        t[i].mode = mode_of(xfrm_mode_at(sa, i));
        t[i].aalgos = t[i].ealgos = t[i].calgos = ~0u;
    }
    mnl_attr_put(h, XFRMA_TMPL, sa->n_bundle * sizeof t[0], t);
}

static int set_policy(xfrm_kernel *k, const xfrm_sa *sa, uint8_t dir)
{
    uint8_t buf[4096];
    struct nlmsghdr *h = netlink_begin(buf, XFRM_MSG_UPDPOLICY, 0);
    struct xfrm_userpolicy_info *i =
        (struct xfrm_userpolicy_info *)mnl_nlmsg_put_extra_header(h, sizeof *i);
    put_flow(&i->sel, sa->e);
    put_no_limits(&i->lft);
    i->priority = 1000;
    i->dir = dir;
    i->action = XFRM_POLICY_ALLOW;
    i->share = XFRM_SHARE_ANY;
    put_templates(h, sa);
    return netlink_ask(&k->nl, h);
}

static int delete_policy(xfrm_kernel *k, const xfrm_sa *sa, uint8_t dir)
{
    uint8_t buf[4096];
    struct nlmsghdr *h = netlink_begin(buf, XFRM_MSG_DELPOLICY, 0);
    struct xfrm_userpolicy_id *i =
        (struct xfrm_userpolicy_id *)mnl_nlmsg_put_extra_header(h, sizeof *i);
    put_flow(&i->sel, sa->e);
    i->dir = dir;
    return netlink_ask(&k->nl, h);
}

static int each_policy(xfrm_kernel *k, const xfrm_sa *sa,
                       int (*what)(xfrm_kernel *k, const xfrm_sa *sa, uint8_t dir))
{
    if (!sa->e->inbound)
        return what(k, sa, XFRM_POLICY_OUT);
    return what(k, sa, XFRM_POLICY_IN) == 0 ? what(k, sa, XFRM_POLICY_FWD) : -1;
}

/* ---- Guards -------------------------------------------------------------------------------- */

/* The kernel tells policies apart by the whole selector, but does not look at the user in it when a packet comes.
 * So a guard and an SA's policy for the same traffic are there side by side, and so are those of two plans. */
#define GUARD_USER     0x49534b00u
#define GUARD_PRIORITY 2000u /* behind those of SAs */

static int set_guard(xfrm_kernel *k, const xfrm_guard *g, uint8_t dir)
{
    uint8_t buf[4096];
    struct nlmsghdr *h = netlink_begin(buf, XFRM_MSG_NEWPOLICY, NLM_F_CREATE | NLM_F_EXCL);
    struct xfrm_userpolicy_info *i =
        (struct xfrm_userpolicy_info *)mnl_nlmsg_put_extra_header(h, sizeof *i);
    put_selectors(&i->sel, &g->from, &g->to);
    i->sel.user = GUARD_USER | g->plan;
    put_no_limits(&i->lft);
    i->priority = GUARD_PRIORITY + g->order;
    i->dir = dir;
    i->action = g->drop ? XFRM_POLICY_BLOCK : XFRM_POLICY_ALLOW;
    i->share = XFRM_SHARE_ANY;
    return netlink_ask(&k->nl, h);
}

int xfrm_guard_add(xfrm_kernel *k, const xfrm_guard *g)
{
    static const uint8_t dirs[2] = {XFRM_POLICY_IN, XFRM_POLICY_FWD};
    for (unsigned i = 0; i < 2; i++)
        if (set_guard(k, g, dirs[i]) != 0 && errno != EEXIST)
            return -1;
    return 0;
}

static int remove_guard(xfrm_kernel *k, const struct xfrm_selector *s, uint8_t dir)
{
    uint8_t buf[4096];
    struct nlmsghdr *h = netlink_begin(buf, XFRM_MSG_DELPOLICY, 0);
    struct xfrm_userpolicy_id *i =
        (struct xfrm_userpolicy_id *)mnl_nlmsg_put_extra_header(h, sizeof *i);
    i->sel = *s;
    i->dir = dir;
    return netlink_ask(&k->nl, h);
}

void xfrm_guard_remove(xfrm_kernel *k, const xfrm_guard *g)
{
    struct xfrm_selector s = {.user = GUARD_USER | g->plan};
    put_selectors(&s, &g->from, &g->to);
    remove_guard(k, &s, XFRM_POLICY_IN);
    remove_guard(k, &s, XFRM_POLICY_FWD);
}

/* Some of the guards that there are. */
typedef struct found_guards {
    unsigned n;
    struct xfrm_userpolicy_id id[64];
} found_guards;

static int keep_guard(const struct nlmsghdr *h, void *user)
{
    const struct xfrm_userpolicy_info *i =
        (const struct xfrm_userpolicy_info *)mnl_nlmsg_get_payload(h);
    found_guards *f = (found_guards *)user;
    if (mnl_nlmsg_get_payload_len(h) < sizeof *i || (i->sel.user & ~1u) != GUARD_USER ||
        f->n == sizeof f->id / sizeof f->id[0])
        return MNL_CB_OK;
    f->id[f->n].sel = i->sel;
    f->id[f->n++].dir = i->dir;
    return MNL_CB_OK;
}

void xfrm_guards_clear(xfrm_kernel *k)
{
    found_guards f;
    int rc;
    do {
        uint8_t buf[512];
        struct nlmsghdr *h = netlink_begin(buf, XFRM_MSG_GETPOLICY, NLM_F_DUMP);
        mnl_nlmsg_put_extra_header(h, sizeof(struct xfrm_userpolicy_id));
        f.n = 0;
        rc = netlink_get(&k->nl, h, keep_guard, &f);
        for (unsigned i = 0; i < f.n && rc == 0; i++)
            rc = remove_guard(k, &f.id[i].sel, f.id[i].dir);
    } while (f.n && rc == 0);
}

/* ---- Sockets ------------------------------------------------------------------------------- */

static int pass_by(int fd, uint8_t dir)
{
    struct xfrm_userpolicy_info i;
    memset(&i, 0, sizeof i);
    i.sel.family = AF_INET;
    i.dir = dir;
    i.action = XFRM_POLICY_ALLOW;
    return setsockopt(fd, IPPROTO_IP, IP_XFRM_POLICY, &i, sizeof i);
}

int xfrm_pass_in(int fd)
{
    return pass_by(fd, XFRM_POLICY_IN);
}

int xfrm_adopt(int ike, int natt, char *error, size_t cap)
{
    int in_udp = UDP_ENCAP_ESPINUDP, sockets[2] = {ike, natt}, rc = 0;
    for (unsigned i = 0; i < 2; i++)
        rc |= pass_by(sockets[i], XFRM_POLICY_IN) | pass_by(sockets[i], XFRM_POLICY_OUT);
    rc |= setsockopt(natt, IPPROTO_UDP, UDP_ENCAP, &in_udp, sizeof in_udp);
    if (rc)
        snprintf(error, cap,
                 "the kernel does not let ISAKMP pass: %s; --sa-log FILE leaves it alone",
                 strerror(errno));
    return rc ? -1 : 0;
}

/* ---- What is public ------------------------------------------------------------------------ */

int xfrm_add(xfrm_kernel *k, const xfrm_sa *sa, char *error, size_t cap)
{
    const isakmp_sad_entry *e = sa->e;
    xfrm_names n;
    if (!xfrm_names_of(&n, e) || xfrm_prefix(&e->local) < 0 || xfrm_prefix(&e->remote) < 0 ||
        e->enc_key.n > 128 || e->auth_key.n > 128 || e->natt == ISAKMP_NATT_PORT_500) {
        snprintf(error, cap, "the kernel has no such SAs, or its selectors are no prefixes");
        return -1;
    }
    if (add_sa(k, sa, &n) != 0) {
        snprintf(error, cap, "the kernel does not take an SA: %s", strerror(errno));
        return -1;
    }
    if (each_policy(k, sa, set_policy) != 0) {
        snprintf(error, cap, "the kernel does not take a policy: %s", strerror(errno));
        delete_sa(k, e);
        return -1;
    }
    return 0;
}

void xfrm_delete(xfrm_kernel *k, const xfrm_sa *sa, int last)
{
    if (last)
        each_policy(k, sa, delete_policy);
    delete_sa(k, sa->e);
}

int xfrm_move(xfrm_kernel *k, const xfrm_sa *before, const xfrm_sa *now, int last, char *error,
              size_t cap)
{
    xfrm_flow from = xfrm_flow_of(before->e), to = xfrm_flow_of(now->e);
    int rc = change_ends(k, before->e, now->e) | each_policy(k, now, set_policy);
    if (rc == 0 && last && memcmp(&from, &to, sizeof from) != 0)
        rc = each_policy(k, before, delete_policy);
    if (rc != 0)
        snprintf(error, cap, "the kernel does not follow a peer that has moved: %s",
                 strerror(errno));
    return rc ? -1 : 0;
}
