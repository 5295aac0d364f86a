/* live/live_peer.c -- a host for live tests: it negotiates with a real peer and then proves the keys on
 * the data path.
 *
 *     live_peer initiator|responder [options of the examples]
 *
 * When a child is up it encrypts a ping into ESP in UDP with the SAD entries that the library handed
 * out, sends it to the peer's userland ESP, and decrypts the answer.  It prints the examples' events and
 * tables, and "ping answered" or "ping failed".  It ends when the SA is down, at a signal (closing the
 * SA), or after --timeout: with status 0 if a ping was answered. */
#include <mbedtls/cipher.h>
#include <mbedtls/md.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "host_options.h"
#include "host_show.h"
#include "host_udp.h"
#include "isakmp/keyring.h"
#include "isakmp/mbedtls.h"

typedef struct live {
    host_options o;
    host_udp udp;
    host_show show;
    int initiator, child_up, down, answered;
    isakmp_time ping_at;
    unsigned pings;
} live;

static volatile sig_atomic_t stop;

static void on_signal(int sig)
{
    (void)sig;
    stop = 1;
}

/* ---- ESP ------------------------------------------------------------------------------------ */

typedef struct esp_suite {
    mbedtls_cipher_type_t cipher;
    size_t iv, icv;
    mbedtls_md_type_t md;
} esp_suite;

/* ICV lengths: RFC 2403, 2404, 4868. */
static esp_suite suite_of(const isakmp_protect *p)
{
    esp_suite s = {MBEDTLS_CIPHER_NULL, 0, 0, MBEDTLS_MD_NONE};
    if (p->transform == ISAKMP_ESP_DES)
        s.cipher = MBEDTLS_CIPHER_DES_CBC;
    else if (p->transform == ISAKMP_ESP_3DES)
        s.cipher = MBEDTLS_CIPHER_DES_EDE3_CBC;
    else if (p->transform == ISAKMP_ESP_AES_CBC)
        s.cipher = p->key_bits == 256   ? MBEDTLS_CIPHER_AES_256_CBC
                   : p->key_bits == 192 ? MBEDTLS_CIPHER_AES_192_CBC
                                        : MBEDTLS_CIPHER_AES_128_CBC;
    s.iv = p->transform == ISAKMP_ESP_AES_CBC ? 16 : p->transform == ISAKMP_ESP_NULL ? 0 : 8;
    s.md = p->integ == ISAKMP_INTEG_HMAC_MD5      ? MBEDTLS_MD_MD5
           : p->integ == ISAKMP_INTEG_HMAC_SHA1   ? MBEDTLS_MD_SHA1
           : p->integ == ISAKMP_INTEG_HMAC_SHA256 ? MBEDTLS_MD_SHA256
           : p->integ == ISAKMP_INTEG_HMAC_SHA384 ? MBEDTLS_MD_SHA384
                                                  : MBEDTLS_MD_SHA512;
    s.icv = s.md == MBEDTLS_MD_SHA256   ? 16
            : s.md == MBEDTLS_MD_SHA384 ? 24
            : s.md == MBEDTLS_MD_SHA512 ? 32
                                        : 12;
    return s;
}

static int esp_crypt(const esp_suite *s, const isakmp_sad_entry *e, int encrypt, const uint8_t *iv,
                     uint8_t *data, size_t n)
{
    mbedtls_cipher_context_t c;
    uint8_t out[2048];
    size_t got = 0, end = 0;
    int rc;
    if (s->cipher == MBEDTLS_CIPHER_NULL)
        return 0;
    mbedtls_cipher_init(&c);
    rc = mbedtls_cipher_setup(&c, mbedtls_cipher_info_from_type(s->cipher));
    if (rc == 0)
        rc = mbedtls_cipher_setkey(&c, e->enc_key.p, (int)(8 * e->enc_key.n),
                                   encrypt ? MBEDTLS_ENCRYPT : MBEDTLS_DECRYPT);
    if (rc == 0)
        rc = mbedtls_cipher_set_padding_mode(&c, MBEDTLS_PADDING_NONE);
    if (rc == 0)
        rc = mbedtls_cipher_set_iv(&c, iv, s->iv);
    if (rc == 0)
        rc = mbedtls_cipher_update(&c, data, n, out, &got);
    if (rc == 0)
        rc = mbedtls_cipher_finish(&c, out + got, &end);
    if (rc == 0)
        memcpy(data, out, got + end);
    mbedtls_cipher_free(&c);
    return rc;
}

static void icv(const esp_suite *s, const isakmp_sad_entry *e, const uint8_t *data, size_t n,
                uint8_t *out)
{
    mbedtls_md_hmac(mbedtls_md_info_from_type(s->md), e->auth_key.p, e->auth_key.n, data, n, out);
}

static void put32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* SPI | sequence | IV | payload, padding, pad length, next header | ICV [RFC4303 2] */
static size_t esp_wrap(const isakmp_sad_entry *e, uint32_t seq, const uint8_t *inner, size_t n,
                       uint8_t *out)
{
    esp_suite s = suite_of(&e->algs);
    size_t block = s.iv ? s.iv : 4, body = (n + 2 + block - 1) / block * block, pad = body - n - 2;
    uint8_t *data = out + 8 + s.iv, mac[64];
    put32(out, e->spi);
    put32(out + 4, seq);
    memset(out + 8, 0x5a, s.iv);
    memcpy(data, inner, n);
    for (size_t i = 0; i < pad; i++)
        data[n + i] = (uint8_t)(i + 1);
    data[body - 2] = (uint8_t)pad;
    data[body - 1] = 4; /* IPv4 */
    if (esp_crypt(&s, e, 1, out + 8, data, body) != 0)
        return 0;
    icv(&s, e, out, 8 + s.iv + body, mac);
    memcpy(data + body, mac, s.icv);
    return 8 + s.iv + body + s.icv;
}

/* The inner packet of an ESP packet for us; 0 if it does not verify. */
static size_t esp_unwrap(const isakmp_sad_entry *e, uint8_t *packet, size_t n, uint8_t **inner)
{
    esp_suite s = suite_of(&e->algs);
    uint8_t mac[64];
    size_t body;
    if (n < 8 + s.iv + 4 + s.icv)
        return 0;
    body = n - 8 - s.iv - s.icv;
    icv(&s, e, packet, n - s.icv, mac);
    *inner = packet + 8 + s.iv;
    if (memcmp(mac, packet + n - s.icv, s.icv) != 0 ||
        esp_crypt(&s, e, 0, packet + 8, *inner, body) != 0 ||
        (size_t)(*inner)[body - 2] + 2 > body || (*inner)[body - 1] != 4)
        return 0;
    return body - 2 - (*inner)[body - 2];
}

/* ---- Ping ----------------------------------------------------------------------------------- */

static uint16_t checksum(const uint8_t *p, size_t n)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (uint32_t)p[i] << (i % 2 ? 0 : 8);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static size_t make_ping(uint8_t *out, const isakmp_sad_entry *e, uint16_t seq)
{
    uint16_t sum;
    memset(out, 0, 60);
    out[0] = 0x45;
    out[3] = 60;
    out[8] = 64;
    out[9] = 1;
    memcpy(out + 12, e->local.lo, 4);
    memcpy(out + 16, e->remote.lo, 4);
    sum = checksum(out, 20);
    out[10] = (uint8_t)(sum >> 8);
    out[11] = (uint8_t)sum;
    out[20] = 8; /* echo */
    out[24] = 0x1d;
    out[27] = (uint8_t)seq;
    memcpy(out + 28, "the keys are the same on both", 29);
    sum = checksum(out + 20, 40);
    out[22] = (uint8_t)(sum >> 8);
    out[23] = (uint8_t)sum;
    return 60;
}

static const isakmp_sad_entry *entry(const live *l, int inbound, uint32_t spi)
{
    for (size_t i = 0; i < HOST_MAX_SAD; i++)
        if (l->show.sad[i].child.v && l->show.sad[i].e.inbound == inbound &&
            (spi == 0 || l->show.sad[i].e.spi == spi))
            return &l->show.sad[i].e;
    return NULL;
}

static void ping(live *l)
{
    const isakmp_sad_entry *e = entry(l, 0, 0);
    uint8_t inner[64], packet[256];
    isakmp_path path = {0};
    size_t n;
    if (e == NULL || !e->natt)
        return;
    path.local = e->src;
    path.remote = e->dst;
    path.natt = 1;
    l->pings++;
    n = esp_wrap(e, l->pings, inner, make_ping(inner, e, (uint16_t)l->pings), packet);
    host_udp_send(&l->udp, &path, (isakmp_span){packet, n});
    l->ping_at = host_now() + 300;
}

/* Is it the answer: an echo reply from the address that we asked? */
static void take_esp(live *l, uint8_t *packet, size_t n)
{
    uint32_t spi = (uint32_t)packet[0] << 24 | (uint32_t)packet[1] << 16 |
                   (uint32_t)packet[2] << 8 | packet[3];
    const isakmp_sad_entry *e = entry(l, 1, spi);
    uint8_t *inner = NULL;
    size_t len = e ? esp_unwrap(e, packet, n, &inner) : 0;
    if (len >= 57 && inner[9] == 1 && inner[20] == 0 && memcmp(inner + 12, e->remote.lo, 4) == 0 &&
        memcmp(inner + 28, "the keys are the same on both", 29) == 0) {
        if (!l->answered)
            host_show_line(&l->show, "ping answered");
        l->answered = 1;
    } else {
        host_show_line(&l->show, "an ESP packet does not verify");
    }
}

/* ---- Callbacks ------------------------------------------------------------------------------ */

static int do_send(void *user, const isakmp_path *path, isakmp_span datagram)
{
    live *l = (live *)user;
    host_show_datagram(&l->show, path, datagram, 1);
    return host_udp_send(&l->udp, path, datagram);
}

static int do_install(void *user, isakmp_child_id child, const isakmp_sad_entry *e)
{
    return host_show_install(&((live *)user)->show, child, e);
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

static void on_event(void *user, const isakmp_event *ev)
{
    live *l = (live *)user;
    host_show_event(&l->show, ev);
    if (ev->type == ISAKMP_EV_SA_XAUTH)
        host_show_no_xauth(&l->show, ev, l->initiator);
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

static void run(live *l, isakmp_ctx *x, int initiator)
{
    isakmp_time end = host_now() + (isakmp_time)l->o.timeout_s * 1000;
    static uint8_t buf[65536];
    isakmp_path path;
    int shown = 0;
    while (!stop && host_now() < end && !(l->down && (initiator || l->child_up))) {
        isakmp_time deadline = isakmp_deadline(x);
        size_t n;
        if (l->child_up && !l->answered && l->pings < 20 && host_now() >= l->ping_at)
            ping(l);
        if (l->child_up && !l->answered && l->ping_at < deadline)
            deadline = l->ping_at;
        n = host_udp_wait(&l->udp, end < deadline ? end : deadline, &path, buf, sizeof buf);
        if (n)
            host_show_datagram(&l->show, &path, (isakmp_span){buf, n}, 0);
        if (n > 4 && path.natt && (buf[0] || buf[1] || buf[2] || buf[3]))
            take_esp(l, buf, n);
        else if (n)
            isakmp_input(x, host_now(), &path, buf, n);
        isakmp_tick(x, host_now());
        if (l->child_up && !shown)
            host_show_tables(&l->show, x);
        shown |= l->child_up;
    }
    if (!l->answered)
        host_show_line(&l->show, "ping failed");
}

static void close_all(isakmp_ctx *x)
{
    isakmp_sa_id sa = {0};
    while ((sa = isakmp_sa_next(x, sa)).v)
        isakmp_close(x, host_now(), sa);
}

int main(int argc, char **argv)
{
    static live l;
    isakmp_host host = {.size = sizeof host,
                        .user = &l,
                        .send = do_send,
                        .sa_install = do_install,
                        .sa_remove = do_remove,
                        .find_peer = find_peer,
                        .get_psk = get_psk,
                        .get_credentials = get_credentials,
                        .sign = sign,
                        .verify = verify,
                        .encrypt = encrypt,
                        .decrypt = decrypt,
                        .find_child = find_child,
                        .event = on_event,
                        .learn = on_certs,
                        .log = on_log};
    isakmp_config config;
    isakmp_sa_id sa;
    isakmp_child_id child;
    isakmp_ctx *x;
    char error[200];
    void *arena;
    int initiator = argc > 1 && strcmp(argv[1], "initiator") == 0, status;
    l.initiator = initiator;
    status = host_options_read(&l.o, argc - 1, argv + 1, initiator);
    if (status >= 0 || (status = host_show_open(&l.show, &l.o)) != 0)
        return status;
    if (host_udp_open(&l.udp, &l.o.local, error, sizeof error) != 0) {
        fprintf(stderr, "%s\n", error);
        return 2;
    }
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    isakmp_config_init(&config, sizeof config);
    config.limits.max_dh = ISAKMP_MAX_DH_PUBLIC;
    config.crypto = isakmp_crypto_mbedtls();
    config.host = &host;
    config.exchanges = isakmp_all_exchanges;
    config.extensions = isakmp_all_extensions;
    config.natt_keepalive_s = l.o.natt_keepalive_s;
    arena = calloc(1, isakmp_ctx_size(&config));
    if (isakmp_ctx_init(&x, arena, isakmp_ctx_size(&config), &config, host_now()) != ISAKMP_OK)
        return 1;
    host_show_line(&l.show, "ready");
    if (initiator) {
        isakmp_path path = host_udp_path(&l.udp, &l.o.remote);
        if (isakmp_connect(x, host_now(), &l.o.peer, &path, l.o.exchange, &sa) != ISAKMP_OK ||
            isakmp_child_connect(x, host_now(), sa, &l.o.child, &child) != ISAKMP_OK)
            return 1;
    }
    run(&l, x, initiator);
    close_all(x);
    isakmp_ctx_wipe(x);
    free(arena);
    host_show_close(&l.show);
    host_udp_close(&l.udp);
    return l.answered ? 0 : 1;
}
