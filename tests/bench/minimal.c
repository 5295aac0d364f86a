/* bench/minimal.c -- the smallest initiator there is, to see what is linked with it: Main Mode,
 * Quick Mode and Informational, no extension, no log, one peer.  Its provider and its host do
 * nothing. */
#include <isakmp/isakmp.h>

static int can(void *self, uint8_t kind, uint16_t id, uint16_t key_bits)
{
    return self || kind || id || key_bits;
}

static int no_random(void *self, uint8_t *out, size_t n)
{
    return self || out || n ? ISAKMP_E_CRYPTO : ISAKMP_OK;
}

static int no_hash(void *self, uint16_t hash, const isakmp_span *in, size_t n, uint8_t *out)
{
    return self || hash || in || n || out ? ISAKMP_E_CRYPTO : ISAKMP_OK;
}

static int no_hmac(void *self, uint16_t hash, isakmp_span key, const isakmp_span *in, size_t n,
                   uint8_t *out)
{
    return self || hash || key.n || in || n || out ? ISAKMP_E_CRYPTO : ISAKMP_OK;
}

static int no_cbc(void *self, uint16_t cipher, int encrypt, isakmp_span key, uint8_t *iv,
                  uint8_t *data, size_t n)
{
    return self || cipher || encrypt || key.n || iv || data || n ? ISAKMP_E_CRYPTO : ISAKMP_OK;
}

static int no_dh_new(void *self, isakmp_ticket t, uint16_t group, uint8_t *priv, size_t *priv_n,
                     uint8_t *pub)
{
    return self || t.v || group || priv || priv_n || pub ? ISAKMP_E_CRYPTO : ISAKMP_OK;
}

static int no_dh_key(void *self, isakmp_ticket t, uint16_t group, isakmp_span priv,
                     isakmp_span peer, uint8_t *out)
{
    return self || t.v || group || priv.n || peer.n || out ? ISAKMP_E_CRYPTO : ISAKMP_OK;
}

static int no_send(void *user, const isakmp_path *path, isakmp_span datagram)
{
    return user || path || datagram.n ? ISAKMP_E_HOST : ISAKMP_OK;
}

static int no_install(void *user, isakmp_child_id child, const isakmp_sad_entry *e)
{
    return user || child.v || e ? ISAKMP_E_HOST : ISAKMP_OK;
}

static void no_remove(void *user, isakmp_child_id child, const isakmp_sad_entry *e)
{
    (void)user;
    (void)child;
    (void)e;
}

static const isakmp_crypto crypto = {.size = sizeof crypto,
                                     .can = can,
                                     .random = no_random,
                                     .hash = no_hash,
                                     .hmac = no_hmac,
                                     .cbc = no_cbc,
                                     .dh_new = no_dh_new,
                                     .dh_key = no_dh_key};
static const isakmp_host host = {
    .size = sizeof host, .send = no_send, .sa_install = no_install, .sa_remove = no_remove};
static const isakmp_exchange *const exchanges[] = {&isakmp_main_mode, &isakmp_quick_mode,
                                                   &isakmp_informational, NULL};
static const isakmp_policy policy = {.priority = 1,
                                     .cipher = ISAKMP_CIPHER_AES,
                                     .key_bits = 128,
                                     .hash = ISAKMP_HASH_SHA256,
                                     .auth = ISAKMP_AUTH_PSK,
                                     .group = ISAKMP_GROUP_MODP_2048};
static const isakmp_peer_policy peer = {.size = sizeof peer, .policies = &policy, .n_policies = 1};
static const isakmp_protect protect = {.proto = ISAKMP_PROTO_ESP,
                                       .transform = ISAKMP_ESP_AES_CBC,
                                       .key_bits = 128,
                                       .integ = ISAKMP_INTEG_HMAC_SHA1};
static const isakmp_child_policy child = {
    .size = sizeof child, .protect = &protect, .n_protect = 1, .mode = ISAKMP_MODE_TRANSPORT};

static uint64_t arena[4096];
static uint8_t datagram[576];

int main(void)
{
    static isakmp_path path;
    isakmp_config c;
    isakmp_ctx *x;
    isakmp_sa_id sa;
    isakmp_child_id id;
    isakmp_config_init(&c, sizeof c);
    c.crypto = &crypto;
    c.host = &host;
    c.exchanges = exchanges;
    if (isakmp_ctx_init(&x, arena, sizeof arena, &c, 0) != ISAKMP_OK ||
        isakmp_connect(x, 0, &peer, &path, ISAKMP_EXCH_MAIN, &sa) != ISAKMP_OK ||
        isakmp_child_connect(x, 0, sa, &child, &id) != ISAKMP_OK)
        return 1;
    while (isakmp_deadline(x) != ISAKMP_NEVER) {
        (void)isakmp_input(x, 0, &path, datagram, sizeof datagram);
        (void)isakmp_tick(x, isakmp_deadline(x));
    }
    return isakmp_close(x, 0, sa);
}
