/* keys.c -- the key ring: our own keys from a file or made here, those of peers, CAs and certificates from the
 * configuration. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "host_file.h"
#include "host_keys.h"
#include "router.h"

#define MOST_KEY 8192

static uint64_t unix_time(void *user)
{
    (void)user;
    return (uint64_t)time(NULL);
}

static int is_host_at(void *user, isakmp_span name, const isakmp_addr *addr)
{
    const router *r = (const router *)user;
    isakmp_addr a;
    for (size_t i = 0; isakmp_ios_host_get(r->conf, name, i, &a) == ISAKMP_OK; i++)
        if (a.family == addr->family && memcmp(a.ip, addr->ip, sizeof a.ip) == 0)
            return 1;
    return 0;
}

/* The routers' keys of 2001 are short, and one key is for both uses unless usage-keys are asked for. */
#define FLAGS (ISAKMP_PKI_LEGACY | ISAKMP_PKI_ONE_KEY)

static isakmp_pki *new_pki(unsigned flags)
{
    isakmp_pki *pki = isakmp_pki_new();
    if (pki == NULL)
        return NULL;
    isakmp_pki_set_clock(pki, unix_time, NULL);
    isakmp_pki_set_flags(pki, flags);
    return pki;
}

/* ---- Our own ------------------------------------------------------------------------------- */

/* A key for both uses, or one for signatures and one for encryption. */
static unsigned use_of(const router *r, unsigned i)
{
    if (r->n_own == 1)
        return ISAKMP_USE_GENERAL;
    return i == 0 ? ISAKMP_USE_SIGNATURE : ISAKMP_USE_ENCRYPTION;
}

static void wipe_own(router *r)
{
    memset(r->own, 0, sizeof r->own);
    r->n_own = 0;
}

static isakmp_span text_of(const router_own_key *k)
{
    return (isakmp_span){k->pem, k->n};
}

int router_read_keys(router *r)
{
    static const char begin[] = "-----BEGIN ";
    char error[300];
    host_file f;
    const char *at, *end;
    if (r->o.keys == NULL || access(r->o.keys, F_OK) != 0)
        return 0;
    if (!host_file_read(&f, "--keys", r->o.keys, error, sizeof error)) {
        fprintf(stderr, "%s\n", error);
        host_file_drop(&f);
        return -1;
    }
    at = (const char *)f.octets;
    end = at + f.text.n;
    while (r->n_own < ROUTER_MAX_KEYS && at &&
           (at = (const char *)memmem(at, (size_t)(end - at), begin, sizeof begin - 1)) != NULL) {
        const char *next =
            (const char *)memmem(at + 1, (size_t)(end - at) - 1, begin, sizeof begin - 1);
        router_own_key *k = &r->own[r->n_own++];
        k->n = (size_t)((next ? next : end) - at);
        if (k->n >= sizeof k->pem)
            k->n = sizeof k->pem - 1;
        memcpy(k->pem, at, k->n);
        at = next;
    }
    host_file_drop(&f);
    if (r->n_own)
        return 0;
    fprintf(stderr, "--keys %s: a private key as PEM was expected, or two of them\n", r->o.keys);
    return -1;
}

static int write_keys(const router *r)
{
    int fd, rc = 0;
    if (r->o.keys == NULL)
        return 0;
    fd = open(r->o.keys, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    for (unsigned i = 0; fd >= 0 && i < r->n_own; i++)
        if (write(fd, r->own[i].pem, r->own[i].n) != (ssize_t)r->own[i].n)
            rc = -1;
    if (fd < 0 || close(fd) != 0)
        rc = -1;
    return rc;
}

static void say(const router_sink *sink, const char *text)
{
    sink->text(sink->user, text, strlen(text));
}

/* One key pair; what is wrong goes to `why`. */
static int make_one(router_own_key *k, unsigned use, unsigned bits, char *why, size_t cap)
{
    isakmp_pki *pki = new_pki(FLAGS);
    int rc = ISAKMP_E_SPACE;
    if (pki)
        rc = isakmp_pki_generate(pki, use, bits, why, cap);
    if (rc == ISAKMP_OK)
        rc = isakmp_pki_own_private(pki, 0, ISAKMP_KEY_PEM, k->pem, sizeof k->pem, &k->n, NULL);
    isakmp_pki_free(pki);
    return rc;
}

/* They take the place of those that we have when all are there. */
static int make_all(router *r, int is_usage, unsigned bits, char *why, size_t cap)
{
    router_own_key made[ROUTER_MAX_KEYS] = {0};
    int rc =
        make_one(&made[0], is_usage ? ISAKMP_USE_SIGNATURE : ISAKMP_USE_GENERAL, bits, why, cap);
    if (rc == ISAKMP_OK && is_usage)
        rc = make_one(&made[1], ISAKMP_USE_ENCRYPTION, bits, why, cap);
    if (rc == ISAKMP_OK) {
        memcpy(r->own, made, sizeof made);
        r->n_own = is_usage ? 2 : 1;
        r->changed = 1;
    }
    memset(made, 0, sizeof made);
    return rc;
}

int router_make_keys(router *r, const isakmp_ios_command *command, const router_sink *sink)
{
    isakmp_ios_settings s = {.size = sizeof s};
    unsigned bits = command->number ? command->number : ISAKMP_IOS_DEFAULT_MODULUS;
    char why[200] = "there is no memory", text[300];
    int rc;
    isakmp_ios_settings_get(r->conf, &s);
    if (s.domain.n == 0) {
        say(sink, "% Please define a domain-name first.\n");
        return 0;
    }
    snprintf(text, sizeof text,
             "The name for the keys will be: %.*s.%.*s\n%% Generating %u bit RSA keys ...",
             (int)s.hostname.n, (const char *)s.hostname.p, (int)s.domain.n,
             (const char *)s.domain.p, bits);
    say(sink, text);
    rc = make_all(r, command->usage, bits, why, sizeof why);
    if (rc == ISAKMP_OK && write_keys(r) != 0)
        snprintf(text, sizeof text, " [OK]\n%% They are not kept: %s: %s\n", r->o.keys,
                 strerror(errno));
    else if (rc == ISAKMP_OK)
        snprintf(text, sizeof text, " [OK]\n");
    else
        snprintf(text, sizeof text, "\n%% %s\n", why);
    say(sink, text);
    return rc == ISAKMP_OK;
}

int router_forget_keys(router *r, const router_sink *sink)
{
    wipe_own(r);
    r->changed = 1;
    if (r->o.keys == NULL || unlink(r->o.keys) == 0 || errno == ENOENT)
        return 1;
    say(sink, "% The file of keys cannot be removed\n");
    return 0;
}

int router_my_key(void *user, size_t i, unsigned *use, isakmp_span *der)
{
    static uint8_t octets[MOST_KEY];
    const router *r = (const router *)user;
    size_t n;
    int rc = r->ring.pki ? isakmp_pki_own_public(r->ring.pki, i, ISAKMP_KEY_DER, octets,
                                                 sizeof octets, &n, use)
                         : ISAKMP_NONE;
    if (rc == ISAKMP_OK)
        *der = (isakmp_span){octets, n};
    return rc;
}

/* ---- What was learnt ----------------------------------------------------------------------- */

/* The ith entry of the key chain that was learnt, with its place there.
 *   returns  1, or 0 after the last one. */
static int find_learnt(const router *r, size_t i, isakmp_peer_key *info, size_t *place)
{
    for (*place = 0; r->ring.pki && isakmp_pki_peer_key(r->ring.pki, *place, info, ISAKMP_KEY_DER,
                                                        NULL, 0, NULL) == ISAKMP_OK;
         ++*place)
        if (info->learnt && i-- == 0)
            return 1;
    return 0;
}

static isakmp_addr first_of(const isakmp_selector *s)
{
    isakmp_addr a = {.family = s->family};
    memcpy(a.ip, s->lo, sizeof a.ip);
    return a;
}

int router_learnt_key(void *user, size_t i, isakmp_ios_public_key *out)
{
    static uint8_t octets[MOST_KEY];
    static char name[300];
    const router *r = (const router *)user;
    isakmp_peer_key info;
    size_t place, n;
    if (!find_learnt(r, i, &info, &place) ||
        isakmp_pki_peer_key(r->ring.pki, place, NULL, ISAKMP_KEY_DER, octets, sizeof octets, &n) !=
            ISAKMP_OK)
        return ISAKMP_NONE;
    memset(out, 0, sizeof *out);
    if (info.id.type == ISAKMP_ID_FQDN)
        snprintf(name, sizeof name, "%.*s", (int)info.id.data.n, (const char *)info.id.data.p);
    else
        isakmp_id_text(name, sizeof name, &info.id);
    out->name = (isakmp_span){(const uint8_t *)name, strlen(name)};
    out->addr = first_of(&info.addr);
    out->use = info.use;
    out->der = (isakmp_span){octets, n};
    return ISAKMP_OK;
}

void router_forget_learnt(router *r, const isakmp_addr *peer)
{
    isakmp_peer_key info;
    size_t i = 0, place;
    while (find_learnt(r, i, &info, &place)) {
        isakmp_addr addr = first_of(&info.addr);
        if (!router_same_ip(&addr, peer) ||
            isakmp_pki_remove_peer_key(r->ring.pki, &info.id, &info.addr) != ISAKMP_OK)
            i++;
    }
}

/* ---- The ring ------------------------------------------------------------------------------ */

/* Our certificates go with the key that they are for; which one that is shows by trying. */
static void add_own(router *r, isakmp_pki *pki)
{
    isakmp_ios_trustpoint t;
    char why[200];
    for (unsigned i = 0; i < r->n_own; i++) {
        int taken = 0;
        for (size_t k = 0; !taken && isakmp_ios_trustpoint_get(r->conf, k, &t) == ISAKMP_OK; k++)
            taken =
                t.own.n && isakmp_pki_add_own(pki, use_of(r, i), t.own, text_of(&r->own[i]),
                                              (isakmp_span){NULL, 0}, why, sizeof why) == ISAKMP_OK;
        if (!taken &&
            isakmp_pki_add_own(pki, use_of(r, i), (isakmp_span){NULL, 0}, text_of(&r->own[i]),
                               (isakmp_span){NULL, 0}, why, sizeof why) != ISAKMP_OK)
            router_say(r, why);
    }
}

static void add_cas(router *r, isakmp_pki *pki)
{
    isakmp_ios_trustpoint t;
    char why[200];
    for (size_t i = 0; isakmp_ios_trustpoint_get(r->conf, i, &t) == ISAKMP_OK; i++)
        if (t.ca.n && isakmp_pki_add_ca(pki, t.ca, why, sizeof why) != ISAKMP_OK)
            router_say(r, why);
}

/* "revocation-check crl" */
static unsigned revocation_flag(const router *r)
{
    isakmp_ios_trustpoint t;
    for (size_t i = 0; isakmp_ios_trustpoint_get(r->conf, i, &t) == ISAKMP_OK; i++)
        if (t.ca.n && t.revocation)
            return ISAKMP_PKI_NEED_CRL;
    return 0;
}

/* Revocation lists, if there are any; to be dropped. */
static void read_crl(router *r, host_file *f)
{
    char why[200];
    memset(f, 0, sizeof *f);
    if (r->o.crl && !host_file_read(f, "--crl", r->o.crl, why, sizeof why))
        router_say(r, why);
}

static void add_crl(router *r, isakmp_pki *pki, isakmp_span crl)
{
    char why[200];
    if (crl.n && isakmp_pki_add_crl(pki, crl, why, sizeof why) != ISAKMP_OK)
        router_say(r, why);
}

static void add_peer(router *r, isakmp_pki *pki, const isakmp_ios_public_key *k)
{
    isakmp_id id = {0};
    isakmp_selector addr = {0};
    char why[200];
    if (k->name.n) {
        id.type = ISAKMP_ID_FQDN;
        id.data = k->name;
    }
    addr.family = k->addr.family;
    memcpy(addr.lo, k->addr.ip, sizeof addr.lo);
    memcpy(addr.hi, k->addr.ip, sizeof addr.hi);
    if (isakmp_pki_add_peer_key(pki, k->use, &id, &addr, k->der, why, sizeof why) != ISAKMP_OK)
        router_say(r, why);
}

int router_subject(const router *r, isakmp_id *out, uint8_t data[ISAKMP_MAX_ID])
{
    return r->ring.pki && host_keys_subject(&r->ring, ISAKMP_AUTH_RSA_SIG, out, data);
}

/* FNV-1a, of a length and the octets. */
static uint64_t mix(uint64_t sum, const void *octets, size_t n)
{
    const uint8_t *p = (const uint8_t *)octets;
    for (size_t i = 0; i < sizeof n; i++)
        sum = (sum ^ (uint8_t)(n >> 8 * i)) * 1099511628211u;
    while (n--)
        sum = (sum ^ *p++) * 1099511628211u;
    return sum;
}

static uint64_t mix_span(uint64_t sum, isakmp_span s)
{
    return mix(sum, s.p, s.n);
}

static uint64_t sum_of_all(const router *r, isakmp_span crl)
{
    uint64_t sum = mix_span(14695981039346656037u, crl);
    isakmp_ios_trustpoint t;
    isakmp_ios_public_key k;
    for (unsigned i = 0; i < r->n_own; i++)
        sum = mix_span(sum, text_of(&r->own[i]));
    for (size_t i = 0; isakmp_ios_trustpoint_get(r->conf, i, &t) == ISAKMP_OK; i++)
        sum = mix_span(mix_span(mix(sum, &t.revocation, 1), t.ca), t.own);
    for (size_t i = 0; isakmp_ios_public_key_get(r->conf, i, &k) == ISAKMP_OK; i++) {
        sum = mix_span(mix_span(mix(sum, &k.use, 1), k.name), k.der);
        sum = mix(sum, k.addr.ip, k.addr.family ? 4 : 0);
    }
    return sum;
}

static isakmp_pki *make_ring(router *r, isakmp_span crl)
{
    isakmp_pki *pki = new_pki(FLAGS | revocation_flag(r));
    isakmp_ios_public_key k;
    if (pki == NULL)
        return NULL;
    add_cas(r, pki);
    add_crl(r, pki, crl);
    add_own(r, pki);
    for (size_t i = 0; isakmp_ios_public_key_get(r->conf, i, &k) == ISAKMP_OK; i++)
        if (k.der.n)
            add_peer(r, pki, &k);
    return pki;
}

void router_take_keys(router *r)
{
    isakmp_pki *pki;
    host_file f;
    uint64_t sum;
    read_crl(r, &f);
    sum = sum_of_all(r, f.text);
    pki = r->ring.pki && sum == r->ring_of ? r->ring.pki : make_ring(r, f.text);
    host_file_drop(&f);
    if (pki == NULL) {
        router_say(r, "% There is no memory for keys");
        return;
    }
    if (pki != r->ring.pki)
        isakmp_pki_free(r->ring.pki);
    r->ring.size = sizeof r->ring;
    r->ring.pki = pki;
    r->ring_of = sum;
    r->ring.is_host_at = is_host_at;
    r->ring.user = r;
}
