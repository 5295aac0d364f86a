/* live/live_peer.c -- a host for live tests: it negotiates with a real peer and then proves the keys on
 * the data path.
 *
 *     live_peer [WORD...] initiator|responder [options of the examples]
 *
 * When a child is up it encrypts a ping into ESP in UDP with the SAD entries that the library handed
 * out, sends it to the peer's userland ESP, and decrypts the answer; pings of the peer are answered.  It
 * prints the examples' events and tables, and "ping answered" or "ping failed".  It ends when the SA is
 * down, at a signal (closing the SA), or after --timeout: with status 0 if a ping was answered.
 *
 *     ping=MS     ping for ever, once in so many milliseconds; each answer gets a line
 *     no-ping     wait for SIGUSR1 with the first ping
 *     stay        go on when the SA is down: the peer may begin anew
 *     keys        print the SAD entries with their keys
 *     rekey=I,C   negotiate the ISAKMP SA anew each I seconds, the child each C seconds; 0: never
 *     late=MS     begin the child so long after the ISAKMP SA
 *     dpd=S,N     of dead peer detection: seconds between two questions, and repetitions (1,3)
 *
 * SIGUSR1: ping again, as if there had been no answer yet. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "host_gate.h"
#include "host_input.h"
#include "host_options.h"
#include "host_show.h"
#include "host_udp.h"
#include "isakmp/keyring.h"
#include "isakmp/mbedtls.h"
#include "live_esp.h"
#include "live_ping.h"

/* How often a ping is repeated until there is an answer. */
#define MOST_PINGS 20

typedef struct live {
    host_options o;
    host_udp udp;
    host_show show;
    host_gate gate;
    isakmp_ctx *x;
    int initiator, stay, keys;
    unsigned ping_ms;              /* 0: only until there is an answer */
    unsigned dpd_retry, dpd_tries; /* of dead peer detection */
    int child_up, down, answered;
    isakmp_child_id latest,
        before;            /* the child whose outbound SA is the newest, and the one before it */
    isakmp_time latest_at; /* since when */
    isakmp_sa_id sa;       /* that we have begun, and when its child is to be: 0: it is */
    isakmp_time child_at;
    unsigned late_ms;
    isakmp_time ping_at;
    unsigned wanted;          /* pings that may still be sent */
    unsigned rekey_s[2];      /* of the ISAKMP SA, of the child; 0: never */
    isakmp_time rekey_at[2];  /* the next time */
    uint64_t out;             /* octets through the newest outbound SA, about */
    uint32_t esp_seq;         /* of all SAs: the numbers of each grow */
    uint16_t pings, first;    /* the last one, and the first that was answered */
    uint8_t came_back[65536]; /* by number */
} live;

static volatile sig_atomic_t stop, again;

static void on_signal(int sig)
{
    if (sig == SIGUSR1)
        again = 1;
    else
        stop = 1;
}

/* ---- ESP ------------------------------------------------------------------------------------ */

/* strongSwan has the SAs of a child that we have begun only when it has read the last message, and what
 * overtakes that is lost: so the one before is used for a moment longer. */
#define SWITCH_MS 300

/* The newest outbound entry, or an inbound one by its SPI. */
static const host_sad_entry *outbound(const live *l)
{
    const host_sad_entry *any = NULL, *newest = NULL, *before = NULL;
    for (size_t i = 0; i < HOST_MAX_SAD; i++) {
        const host_sad_entry *h = &l->show.sad[i];
        if (h->child.v == 0 || h->e.inbound)
            continue;
        any = h;
        newest = h->child.v == l->latest.v ? h : newest;
        before = h->child.v == l->before.v ? h : before;
    }
    if (before && host_now() < l->latest_at + SWITCH_MS)
        return before;
    return newest ? newest : any;
}

static const host_sad_entry *inbound(const live *l, uint32_t spi)
{
    for (size_t i = 0; i < HOST_MAX_SAD; i++)
        if (l->show.sad[i].child.v && l->show.sad[i].e.inbound && l->show.sad[i].e.spi == spi)
            return &l->show.sad[i];
    return NULL;
}

static isakmp_sa_id sa_of(const live *l, const host_sad_entry *h)
{
    isakmp_child_info child = {.size = sizeof child};
    return isakmp_child_get(l->x, h->child, &child) == ISAKMP_OK ? child.sa : (isakmp_sa_id){0};
}

static void send_esp(live *l, const host_sad_entry *h, const uint8_t *inner, size_t n)
{
    uint8_t packet[2048 + LIVE_ESP_MORE];
    isakmp_path path = {.local = h->e.src, .remote = h->e.dst, .natt = 1};
    if (!h->e.natt || n > 2048)
        return;
    n = live_esp_wrap(&h->e, ++l->esp_seq, inner, n, packet);
    host_udp_send(&l->udp, &path, (isakmp_span){packet, n});
    isakmp_sa_wanted(l->x, host_now(), sa_of(l, h));
    isakmp_child_traffic(l->x, host_now(), h->child, 0, l->out += n);
}

static void ping(live *l)
{
    const host_sad_entry *h = outbound(l);
    uint8_t inner[LIVE_PING_SIZE];
    l->ping_at = host_now() + (l->ping_ms ? l->ping_ms : 300);
    if (h == NULL)
        return;
    if (l->ping_ms == 0)
        l->wanted--;
    live_ping_make(inner, &h->e, ++l->pings);
    send_esp(l, h, inner, sizeof inner);
}

static void take_answer(live *l, uint16_t seq)
{
    if (!l->answered) {
        l->first = l->first ? l->first : seq;
        host_show_line(&l->show, "ping answered");
    }
    if (l->ping_ms && !l->came_back[seq])
        host_show_line(&l->show, "ping %u answered", seq);
    l->came_back[seq] = 1;
    l->answered = 1;
    if (l->ping_ms == 0)
        l->wanted = 0;
}

static void take_esp(live *l, const isakmp_path *path, uint8_t *packet, size_t n)
{
    uint32_t spi = host_esp_spi(path, packet, n);
    const host_sad_entry *h = inbound(l, spi), *out = outbound(l);
    uint8_t *inner = NULL;
    size_t len = h ? live_esp_unwrap(&h->e, packet, n, &inner) : 0;
    uint16_t seq;
    if (h == NULL)
        host_lost_esp(l->x, &l->o, path, spi);
    if (len == 0) {
        host_show_line(&l->show, "an ESP packet does not verify");
        return;
    }
    isakmp_sa_heard(l->x, host_now(), sa_of(l, h), path);
    isakmp_child_traffic(l->x, host_now(), h->child, n, 0);
    if (live_ping_is_answer(inner, len, &h->e, &seq))
        take_answer(l, seq);
    else if (live_ping_answer(inner, len, &h->e) && out)
        send_esp(l, out, inner, len);
}

/* ---- Callbacks ------------------------------------------------------------------------------ */

static int do_send(void *user, const isakmp_path *path, isakmp_span datagram)
{
    live *l = (live *)user;
    host_show_datagram(&l->show, path, datagram, 1);
    return host_udp_send(&l->udp, path, datagram);
}

static void print_hex(const char *name, isakmp_span octets)
{
    printf(" %s=", name);
    for (size_t i = 0; i < octets.n; i++)
        printf("%02x", octets.p[i]);
}

static void print_addr(const char *name, const isakmp_addr *addr, int with_port)
{
    isakmp_addr a = *addr;
    char text[64];
    a.port = with_port ? a.port : 0;
    isakmp_addr_text(text, sizeof text, &a);
    printf(" %s=%s", name, a.family ? text : "none");
}

/* As fakexfrm.c prints what the peer has, and what the peer has said of addresses. */
static void print_keys(const isakmp_sad_entry *e)
{
    printf("KEYS spi=%08x src=%u.%u.%u.%u dst=%u.%u.%u.%u", (unsigned)e->spi, e->src.ip[0],
           e->src.ip[1], e->src.ip[2], e->src.ip[3], e->dst.ip[0], e->dst.ip[1], e->dst.ip[2],
           e->dst.ip[3]);
    printf(" ports=%u,%u mode=%s", e->src.port, e->dst.port,
           e->mode == ISAKMP_MODE_TRANSPORT ? "transport" : "tunnel");
    print_hex("enc", e->enc_key);
    print_hex("auth", e->auth_key);
    putchar('\n');
    printf("ORIGINAL %s", e->inbound ? "in" : "out");
    print_addr("remote", &e->original_remote, 0);
    print_addr("local", &e->original_local, 0);
    putchar('\n');
}

static int do_install(void *user, isakmp_child_id child, const isakmp_sad_entry *e)
{
    live *l = (live *)user;
    if (l->keys)
        print_keys(e);
    if (!e->inbound) {
        l->before = l->latest;
        l->latest = child;
        l->latest_at = host_now();
    }
    return host_show_install(&l->show, child, e);
}

static void do_move(void *user, isakmp_child_id child, const isakmp_sad_entry *e,
                    const isakmp_addr *src, const isakmp_addr *dst)
{
    host_show_move(&((live *)user)->show, child, e, src, dst);
}

static void do_remove(void *user, isakmp_child_id child, const isakmp_sad_entry *e)
{
    host_show_remove(&((live *)user)->show, child, e);
}

static int find_peer(void *user, isakmp_ticket t, const isakmp_query *q,
                     const isakmp_peer_policy **out)
{
    (void)t;
    (void)q;
    *out = &((live *)user)->o.peer;
    return ISAKMP_OK;
}

static int get_psk(void *user, isakmp_ticket t, const isakmp_query *q, uint8_t *key, size_t cap,
                   size_t *n)
{
    (void)t;
    return isakmp_keyring_psk(&((live *)user)->o.keyring, q, key, cap, n);
}

static int get_credentials(void *user, isakmp_ticket t, const isakmp_query *q, uint16_t auth,
                           isakmp_credentials *out)
{
    (void)t;
    return isakmp_keyring_credentials(&((live *)user)->o.keyring, q, auth, out);
}

static int sign(void *user, isakmp_ticket t, const isakmp_query *q, uint16_t auth, isakmp_span hash,
                uint8_t *sig, size_t cap, size_t *n)
{
    (void)t;
    return isakmp_keyring_sign(&((live *)user)->o.keyring, q, auth, hash, sig, cap, n);
}

static int verify(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_proof *p,
                  uint16_t *why)
{
    (void)t;
    return isakmp_keyring_verify(&((live *)user)->o.keyring, q, p, why);
}

static int encrypt(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_plain *p,
                   uint8_t *out, size_t cap, size_t *n)
{
    (void)t;
    return isakmp_keyring_encrypt(&((live *)user)->o.keyring, q, p, out, cap, n);
}

static int decrypt(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_sealed *s,
                   uint8_t *block, size_t cap, size_t *n)
{
    (void)t;
    return isakmp_keyring_decrypt(&((live *)user)->o.keyring, q, s, block, cap, n);
}

static int find_child(void *user, isakmp_ticket t, isakmp_sa_id sa, const isakmp_selector *local,
                      const isakmp_selector *remote, const isakmp_child_policy **out)
{
    (void)t;
    (void)sa;
    (void)local;
    (void)remote;
    *out = &((live *)user)->o.child;
    return ISAKMP_OK;
}

static int get_user(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_user *asked,
                    isakmp_user *out)
{
    (void)t;
    (void)q;
    return host_users_tell(&((live *)user)->o.users, asked, out);
}

static int check_user(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_user *got,
                      isakmp_user *out)
{
    (void)t;
    (void)q;
    (void)out;
    return host_users_check(&((live *)user)->o.users, got);
}

static int assign(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_assignment *a,
                  isakmp_writer *out)
{
    (void)t;
    return host_gate_assign(&((live *)user)->gate, q, a, out);
}

static void on_event(void *user, const isakmp_event *ev)
{
    live *l = (live *)user;
    host_show_event(&l->show, ev);
    host_gate_event(&l->gate, ev);
    l->child_up |= ev->type == ISAKMP_EV_CHILD_UP;
    l->down |= ev->type == ISAKMP_EV_SA_DOWN;
}

static void on_certs(void *user, const isakmp_query *q, const isakmp_cert *certs, size_t n_certs)
{
    isakmp_keyring_learn(&((live *)user)->o.keyring, q, certs, n_certs);
}

static void on_log(void *user, int level, isakmp_sa_id sa, const char *line)
{
    (void)sa;
    host_show_log(&((live *)user)->show, level, line);
}

/* ---- The program ---------------------------------------------------------------------------- */

static int is_over(const live *l, isakmp_time end)
{
    return stop || host_now() >= end || (!l->stay && l->down && (l->initiator || l->child_up));
}

/* Ping, if it is time for one.
 *   returns  when the next one is due. */
static isakmp_time ping_now(live *l)
{
    if (again) {
        again = l->answered = 0;
        l->wanted = MOST_PINGS;
        l->ping_at = 0;
    }
    if (!l->child_up || l->wanted == 0)
        return ISAKMP_NEVER;
    if (host_now() >= l->ping_at)
        ping(l);
    return l->ping_at;
}

/* The SA of the newest child. */
static isakmp_sa_id up_sa(const live *l)
{
    isakmp_child_info c = {.size = sizeof c};
    isakmp_child_get(l->x, l->latest, &c);
    return c.sa;
}

/* Negotiate anew what there is, if it is time for that.
 *   returns  when it is time again. */
static isakmp_time rekey_now(live *l)
{
    isakmp_time next = ISAKMP_NEVER;
    for (unsigned i = 0; l->child_up && i < 2; i++) {
        if (l->rekey_s[i] == 0)
            continue;
        if (l->rekey_at[i] && host_now() >= l->rekey_at[i]) {
            int rc = i ? isakmp_child_rekey(l->x, host_now(), l->latest, NULL)
                       : isakmp_rekey(l->x, host_now(), up_sa(l), NULL);
            if (rc != ISAKMP_OK)
                host_show_line(&l->show, "cannot negotiate anew: %s", isakmp_strerror(rc));
        }
        if (host_now() >= l->rekey_at[i])
            l->rekey_at[i] = host_now() + 1000 * l->rekey_s[i];
        next = l->rekey_at[i] < next ? l->rekey_at[i] : next;
    }
    return next;
}

/* Begin the child, if it is time for that.
 *   returns  when it is. */
static isakmp_time child_now(live *l)
{
    isakmp_child_id child;
    int rc;
    if (l->child_at == 0 || host_now() < l->child_at)
        return l->child_at ? l->child_at : ISAKMP_NEVER;
    l->child_at = 0;
    rc = isakmp_child_connect(l->x, host_now(), l->sa, &l->o.child, &child);
    if (rc != ISAKMP_OK)
        host_show_line(&l->show, "cannot begin a child: %s", isakmp_strerror(rc));
    return ISAKMP_NEVER;
}

static isakmp_time earlier(isakmp_time a, isakmp_time b)
{
    return a < b ? a : b;
}

static void run(live *l)
{
    isakmp_time end = host_now() + (isakmp_time)l->o.timeout_s * 1000;
    static uint8_t buf[65536];
    isakmp_path path;
    int shown = 0;
    while (!is_over(l, end)) {
        isakmp_time next = earlier(earlier(child_now(l), ping_now(l)), rekey_now(l));
        isakmp_time deadline = earlier(next, isakmp_deadline(l->x));
        size_t n = host_udp_wait(&l->udp, end < deadline ? end : deadline, &path, buf, sizeof buf);
        if (n)
            host_show_datagram(&l->show, &path, (isakmp_span){buf, n}, 0);
        if (host_esp_spi(&path, buf, n))
            take_esp(l, &path, buf, n);
        else if (n)
            isakmp_input(l->x, host_now(), &path, buf, n);
        isakmp_tick(l->x, host_now());
        if (l->child_up && !shown)
            host_show_tables(&l->show, l->x);
        shown |= l->child_up;
    }
}

/* Whether there was an answer; of pings for ever how many were not, but for the last one, which may be on
 * its way. */
static void say_result(const live *l)
{
    unsigned lost = 0;
    if (l->first == 0)
        host_show_line(&l->show, "ping failed");
    for (unsigned i = l->first; l->first && i < l->pings; i++)
        lost += !l->came_back[i];
    if (l->ping_ms)
        host_show_line(&l->show, "%u pings, lost after the first answer: %u", l->pings, lost);
}

static void close_all(isakmp_ctx *x)
{
    isakmp_sa_id sa = {0};
    while ((sa = isakmp_sa_next(x, sa)).v)
        isakmp_close(x, host_now(), sa);
}

static int begin(live *l)
{
    isakmp_path path = host_udp_path(&l->udp, &l->o.remote);
    int rc = isakmp_connect(l->x, host_now(), &l->o.peer, &path, l->o.exchange, &l->sa);
    if (rc != ISAKMP_OK)
        host_show_line(&l->show, "cannot begin: %s", isakmp_strerror(rc));
    l->child_at = host_now() + l->late_ms;
    return rc == ISAKMP_OK;
}

/* The words before the role.
 *   returns  how many there are. */
static int read_words(live *l, int argc, char **argv)
{
    int i = 1;
    l->wanted = MOST_PINGS;
    l->dpd_retry = 1;
    l->dpd_tries = 3;
    for (; i < argc && strcmp(argv[i], "initiator") != 0 && strcmp(argv[i], "responder") != 0;
         i++) {
        if (strcmp(argv[i], "stay") == 0)
            l->stay = 1;
        else if (strcmp(argv[i], "keys") == 0)
            l->keys = 1;
        else if (strcmp(argv[i], "no-ping") == 0)
            l->wanted = 0;
        else if (sscanf(argv[i], "ping=%u", &l->ping_ms) != 1 &&
                 sscanf(argv[i], "late=%u", &l->late_ms) != 1 &&
                 sscanf(argv[i], "rekey=%u,%u", &l->rekey_s[0], &l->rekey_s[1]) != 2 &&
                 sscanf(argv[i], "dpd=%u,%u", &l->dpd_retry, &l->dpd_tries) != 2)
            return argc;
    }
    l->initiator = i < argc && strcmp(argv[i], "initiator") == 0;
    return i;
}

int main(int argc, char **argv)
{
    static live l;
    isakmp_host host = {.size = sizeof host,
                        .user = &l,
                        .send = do_send,
                        .sa_install = do_install,
                        .sa_remove = do_remove,
                        .sa_move = do_move,
                        .find_peer = find_peer,
                        .get_psk = get_psk,
                        .get_credentials = get_credentials,
                        .sign = sign,
                        .verify = verify,
                        .encrypt = encrypt,
                        .decrypt = decrypt,
                        .find_child = find_child,
                        .event = on_event,
                        .get_user = get_user,
                        .check_user = check_user,
                        .assign = assign,
                        .learn = on_certs,
                        .log = on_log};
    isakmp_config config;
    char error[200];
    void *arena;
    int words = read_words(&l, argc, argv), status;
    if (words >= argc)
        return 2;
    status = host_options_read(&l.o, argc - words, argv + words, l.initiator);
    if (status >= 0 || (status = host_show_open(&l.show, &l.o)) != 0)
        return status;
    if (l.o.peer.dpd_s) {
        l.o.peer.dpd_retry_s = (uint16_t)l.dpd_retry;
        l.o.peer.dpd_tries = (uint8_t)l.dpd_tries;
    }
    if (host_udp_open(&l.udp, &l.o.local, error, sizeof error) != 0) {
        fprintf(stderr, "%s\n", error);
        return 2;
    }
    host_gate_open(&l.gate, &l.o);
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    signal(SIGUSR1, on_signal);
    isakmp_config_init(&config, sizeof config);
    config.limits.max_dh = ISAKMP_MAX_DH_PUBLIC;
    config.limits.max_datagram = HOST_MAX_DATAGRAM;
    config.crypto = isakmp_crypto_mbedtls();
    config.host = &host;
    config.exchanges = isakmp_all_exchanges;
    config.extensions = isakmp_all_extensions;
    config.natt_keepalive_s = l.o.natt_keepalive_s;
    arena = calloc(1, isakmp_ctx_size(&config));
    if (isakmp_ctx_init(&l.x, arena, isakmp_ctx_size(&config), &config, host_now()) != ISAKMP_OK)
        return 1;
    host_show_line(&l.show, "ready");
    if (l.initiator && !begin(&l))
        return 1;
    run(&l);
    say_result(&l);
    close_all(l.x);
    isakmp_ctx_wipe(l.x);
    free(arena);
    host_show_close(&l.show);
    host_udp_close(&l.udp);
    return l.first ? 0 : 1;
}
