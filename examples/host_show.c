/* host_show.c -- events, tables, the key log and the capture file of the examples. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "host_kind.h"
#include "host_show.h"
#include "host_udp.h"
#include "isakmp/mbedtls.h"

/* For appending; one that exists keeps its mode. */
static FILE *open_keylog(const char *file)
{
    int fd = open(file, O_WRONLY | O_APPEND | O_CREAT, 0600);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "a");
    if (fd >= 0 && f == NULL)
        close(fd);
    return f;
}

/* For comparing by eye, or by telephone, with what isakmp-keygen says on the other side. */
static void show_keys(const host_show *s)
{
    const isakmp_pki *pki = s->o->keyring.pki;
    char print[HOST_FINGERPRINT];
    uint8_t der[1200];
    size_t n;
    for (size_t i = 0; pki && isakmp_pki_own_public(pki, i, ISAKMP_KEY_DER, der, sizeof der, &n,
                                                    NULL) == ISAKMP_OK;
         i++) {
        host_fingerprint(print, (isakmp_span){der, n});
        host_show_line(s, "a key of ours   %s", print);
    }
    for (size_t i = 0;
         pki && isakmp_pki_peer_key(pki, i, NULL, ISAKMP_KEY_DER, der, sizeof der, &n) == ISAKMP_OK;
         i++) {
        host_fingerprint(print, (isakmp_span){der, n});
        host_show_line(s, "the peer's key  %s", print);
    }
}

static void show_profile(const isakmp_profile *p)
{
    char text[2000];
    isakmp_profile_text(text, sizeof text, p);
    fputs(text, stdout);
}

int host_show_open(host_show *s, const host_options *o)
{
    memset(s, 0, sizeof *s);
    s->o = o;
    s->start = host_now();
    if (o->keylog && (s->keylog = open_keylog(o->keylog)) == NULL) {
        fprintf(stderr, "--keylog %s: %s\n", o->keylog, strerror(errno));
        return 2;
    }
    if (o->pcap && (s->pcap = host_pcap_create(o->pcap)) == NULL) {
        fprintf(stderr, "--pcap %s: %s\n", o->pcap, strerror(errno));
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (o->verbose)
        show_keys(s);
    if (o->verbose && o->profile)
        show_profile(o->profile);
    return 0;
}

void host_show_close(host_show *s)
{
    if (s->keylog)
        fclose(s->keylog);
    if (s->pcap)
        host_pcap_close(s->pcap);
    memset(s->sad, 0, sizeof s->sad);
}

/* ---- Lines ---------------------------------------------------------------------------------- */

static void show_time(const host_show *s)
{
    isakmp_time t = host_now() - s->start;
    printf("%3u.%03u  ", (unsigned)(t / 1000), (unsigned)(t % 1000));
}

void host_show_line(const host_show *s, const char *format, ...)
{
    va_list ap;
    show_time(s);
    va_start(ap, format);
    vprintf(format, ap);
    va_end(ap);
    putchar('\n');
}

/* For each transform that was offered, and each policy of ours: why not. */
static void show_report(const host_show *s, const isakmp_report *r)
{
    isakmp_mismatch m;
    char text[200];
    for (size_t i = 0; isakmp_report_get(r, i, &m) == ISAKMP_OK; i++) {
        isakmp_mismatch_text(text, sizeof text, r, &m);
        host_show_line(s, "    %s", text);
    }
}

static int is_trouble(const isakmp_event *ev)
{
    if (ev->why.detail == ISAKMP_D_CLOSED) /* that is us, at the end */
        return 0;
    if (ev->type == ISAKMP_EV_NOTIFY) /* an error, or status */
        return ev->notify->type < ISAKMP_N_CONNECTED;
    return ev->type == ISAKMP_EV_SA_DOWN || ev->type == ISAKMP_EV_CHILD_DOWN ||
           ev->type == ISAKMP_EV_REFUSED;
}

/* What a gateway gives, or has given: its texts may hold anything. */
static void show_escaped(isakmp_span text)
{
    putchar('"');
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < 0x20 || text.p[i] > 0x7e || text.p[i] == '"' || text.p[i] == '\\')
            printf("\\x%02x", text.p[i]);
        else
            putchar(text.p[i]);
    putchar('"');
}

void host_show_stranger(const host_show *s, const isakmp_path *path, isakmp_span name)
{
    char peer[64];
    isakmp_addr_text(peer, sizeof peer, &path->remote);
    show_time(s);
    printf("the client at %s says that it is user ", peer);
    show_escaped(name);
    printf(", and cannot prove it\n");
}

static void show_config_value(const isakmp_cfg_value *v)
{
    char text[64];
    isakmp_addr a = {.family = v->addrs.family};
    const char *name = isakmp_name(ISAKMP_REG_CFG_ATTR, v->type);
    printf("             %s", name);
    if (strcmp(name, "?") == 0)
        printf(" %u", v->type);
    putchar(' ');
    memcpy(a.ip, v->addrs.lo, sizeof a.ip);
    isakmp_addr_text(text, sizeof text, &a);
    if (v->form == ISAKMP_CFG_NET)
        isakmp_selector_text(text, sizeof text, &v->addrs);
    if (v->form == ISAKMP_CFG_ADDR || v->form == ISAKMP_CFG_NET)
        printf("%s", text);
    else if (v->form == ISAKMP_CFG_NUMBER)
        printf("%u", (unsigned)v->number);
    else
        show_escaped(v->data);
    putchar('\n');
}

static void show_config(const isakmp_assignment *a)
{
    isakmp_cfg_reader r = isakmp_cfg_values(a->attrs);
    isakmp_cfg_value v;
    while (isakmp_cfg_next(&r, &v) == ISAKMP_OK)
        if (v.form != ISAKMP_CFG_EMPTY)
            show_config_value(&v);
}

void host_show_event(host_show *s, const isakmp_event *ev)
{
    char text[300];
    isakmp_event_text(text, sizeof text, ev);
    host_show_line(s, "%s", text);
    if (ev->report)
        show_report(s, ev->report);
    if (ev->type == ISAKMP_EV_CONFIG)
        show_config(ev->assignment);
    if (is_trouble(ev))
        memcpy(s->trouble, text, sizeof text);
}

void host_show_timeout(const host_show *s)
{
    const char *cause = s->trouble[0] ? s->trouble
                        : s->received ? "the negotiation was not over"
                                      : "no datagram has come in";
    host_show_line(s, "no child SA came up within %u s; %s", s->o->timeout_s, cause);
}

void host_show_log(const host_show *s, int level, const char *line)
{
    if (s->o->verbose)
        host_show_line(s, "%s%s", level == ISAKMP_LOG_DEBUG ? "  . " : "  * ", line);
}

static void print_hex(FILE *f, const uint8_t *p, size_t n)
{
    while (n--)
        fprintf(f, "%02x", *p++);
}

void host_show_key(host_show *s, const uint8_t *cky_i, isakmp_span key)
{
    if (s->keylog == NULL)
        return;
    print_hex(s->keylog, cky_i, ISAKMP_COOKIE_SIZE);
    fputc(',', s->keylog);
    print_hex(s->keylog, key.p, key.n);
    fputc('\n', s->keylog);
    fflush(s->keylog);
}

void host_show_datagram(host_show *s, const isakmp_path *path, isakmp_span datagram, int sent)
{
    struct timespec t;
    s->received += !sent;
    if (s->pcap == NULL)
        return;
    clock_gettime(CLOCK_REALTIME, &t);
    host_pcap_datagram(s->pcap, sent ? &path->local : &path->remote,
                       sent ? &path->remote : &path->local, datagram,
                       (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000);
}

/* ---- The SAD -------------------------------------------------------------------------------- */

int host_show_install(host_show *s, isakmp_child_id child, const isakmp_sad_entry *e)
{
    for (size_t i = 0; i < HOST_MAX_SAD; i++) {
        host_sad_entry *h = &s->sad[i];
        if (h->child.v)
            continue;
        if (e->enc_key.n + e->auth_key.n > sizeof h->keys)
            return ISAKMP_E_HOST;
        h->child = child;
        h->e = *e;
        memcpy(h->keys, e->enc_key.p, e->enc_key.n);
        memcpy(h->keys + e->enc_key.n, e->auth_key.p, e->auth_key.n);
        h->e.enc_key.p = h->keys;
        h->e.auth_key.p = h->keys + e->enc_key.n;
        return ISAKMP_OK;
    }
    return ISAKMP_E_HOST;
}

static host_sad_entry *entry_of(host_show *s, isakmp_child_id child, const isakmp_sad_entry *e)
{
    for (size_t i = 0; i < HOST_MAX_SAD; i++) {
        host_sad_entry *h = &s->sad[i];
        if (h->child.v == child.v && h->e.inbound == e->inbound && h->e.spi == e->spi &&
            h->e.algs.proto == e->algs.proto)
            return h;
    }
    return NULL;
}

void host_show_move(host_show *s, isakmp_child_id child, const isakmp_sad_entry *e,
                    const isakmp_addr *src, const isakmp_addr *dst)
{
    host_sad_entry *h = entry_of(s, child, e);
    if (h == NULL)
        return;
    h->e.src = *src;
    h->e.dst = *dst;
}

void host_show_remove(host_show *s, isakmp_child_id child, const isakmp_sad_entry *e)
{
    host_sad_entry *h = entry_of(s, child, e);
    if (h)
        memset(h, 0, sizeof *h);
}

/* ---- Tables --------------------------------------------------------------------------------- */

static const char *ip_text(char *out, size_t cap, isakmp_addr a, int with_port)
{
    if (!with_port)
        a.port = 0;
    isakmp_addr_text(out, cap, &a);
    return out;
}

static void show_sa(const isakmp_ctx *x, isakmp_sa_id id)
{
    static const char *const states[] = {"", "negotiating", "up", "ended", "awaits user"};
    isakmp_sa_info i;
    char peer[64], suite[64], who[512];
    i.size = sizeof i;
    if (isakmp_sa_get(x, id, &i) != ISAKMP_OK)
        return;
    isakmp_policy_text(suite, sizeof suite, &i.suite);
    if (i.peer_id.type == ISAKMP_ID_NONE)
        snprintf(who, sizeof who, "not known");
    else
        isakmp_id_text(who, sizeof who, &i.peer_id);
    printf("  %-22s %-11s %-9s %-15s %s, identity %s, %u s",
           ip_text(peer, sizeof peer, i.path.remote, 1), states[i.state],
           i.initiator ? "initiator" : "responder", isakmp_name(ISAKMP_REG_EXCHANGE, i.exchange),
           i.suite.cipher ? suite : "-", who, (unsigned)i.suite.life_s);
    if (i.user.n) {
        printf(", user ");
        show_escaped(i.user);
    }
    if (i.ip4.family)
        printf(", %s %s", i.initiator ? "we have" : "it has", ip_text(peer, sizeof peer, i.ip4, 0));
    putchar('\n');
}

static void show_child(const isakmp_ctx *x, isakmp_child_id id)
{
    static const char *const states[] = {"", "waiting", "negotiating", "up"};
    isakmp_child_info i;
    isakmp_sa_info sa;
    char local[64], remote[64], suite[64], peer[64];
    i.size = sizeof i;
    sa.size = sizeof sa;
    if (isakmp_child_get(x, id, &i) != ISAKMP_OK || isakmp_sa_get(x, i.sa, &sa) != ISAKMP_OK)
        return;
    isakmp_selector_text(local, sizeof local, &i.local);
    isakmp_selector_text(remote, sizeof remote, &i.remote);
    printf("  %s === %s  %s, %s%s", local, remote, states[i.state],
           i.mode == ISAKMP_MODE_TUNNEL ? "tunnel" : "transport", i.natt ? " in UDP" : "");
    for (unsigned k = 0; k < i.n; k++) {
        isakmp_protect_text(suite, sizeof suite, &i.protect[k]);
        printf(", %s", suite);
    }
    if (i.pfs_group)
        printf(", PFS %s", isakmp_name(ISAKMP_REG_GROUP, i.pfs_group));
    printf(", %u s, with %s\n", (unsigned)i.life_s, ip_text(peer, sizeof peer, sa.path.remote, 1));
}

/* Four octets of a hash over the keys: enough to see that two sides have the same, useless for
 * anything else. */
static void show_sad_entry(const host_sad_entry *h)
{
    const isakmp_crypto *c = isakmp_crypto_mbedtls();
    uint8_t check[ISAKMP_MAX_HASH] = {0};
    char src[64], dst[64], suite[64];
    isakmp_span parts[2];
    parts[0] = h->e.enc_key;
    parts[1] = h->e.auth_key;
    c->hash(c->self, ISAKMP_HASH_SHA256, parts, 2, check);
    isakmp_protect_text(suite, sizeof suite, &h->e.algs);
    printf("  %-3s spi %08x  %s > %s  %s %s  key check %02x%02x%02x%02x\n",
           h->e.inbound ? "in" : "out", (unsigned)h->e.spi,
           ip_text(src, sizeof src, h->e.src, h->e.natt),
           ip_text(dst, sizeof dst, h->e.dst, h->e.natt), suite,
           h->e.mode == ISAKMP_MODE_TUNNEL ? "tunnel" : "transport", check[0], check[1], check[2],
           check[3]);
}

static void show_none(unsigned rows)
{
    if (rows == 0)
        puts("  none");
}

void host_show_tables(const host_show *s, const isakmp_ctx *x)
{
    const isakmp_sa_id any = {0};
    isakmp_child_id child = {0};
    isakmp_sa_id sa = {0};
    unsigned sas = 0, children = 0, entries = 0;
    puts("\nISAKMP SA");
    for (; (sa = isakmp_sa_next(x, sa)).v; sas++)
        show_sa(x, sa);
    show_none(sas);
    puts("child SA");
    for (; (child = isakmp_child_next(x, any, child)).v; children++)
        show_child(x, child);
    show_none(children);
    puts("SAD");
    for (size_t i = 0; i < HOST_MAX_SAD; i++) {
        if (s->sad[i].child.v == 0)
            continue;
        show_sad_entry(&s->sad[i]);
        entries++;
    }
    show_none(entries);
    putchar('\n');
}
