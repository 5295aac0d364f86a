/* timing/timing.c -- can a clock tell good RSA blocks from bad ones?  After dudect (Reparaz, Balasch and
 * Verbauwhede, "Dude, is my code constant time?", 2017): blocks of both classes in random order, the
 * time of each, and Welch's t-test whether both have the same mean, for all times and for those below
 * several percentiles, as what is slow is mostly somebody else's work.  |t| above 10 is certain.
 *
 *     timing open               isakmp__pkcs1_open() alone
 *     timing decrypt SECONDS    the whole way of the stock keyring: isakmp_keyring_decrypt(), which is the
 *                               private key operation of mbedTLS, and isakmp__pkcs1_open() after it
 *
 * Each is preceded by one that is not safe, where the test must say so: if it cannot see that, it has no
 * say.  Another program on the same processor can make a difference, but not the same one again and
 * again: what is found is looked for in fresh times, twice, and is there if it was found every time.
 * Prints TAP, and in every attempt what difference of the means, in ticks, would have been found. */
#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "crypto/keys.h"
#include "isakmp/keyring.h"
#include "timing/blocks.h"
#include <mbedtls/pk.h>
#include <mbedtls/rsa.h>
#if defined(__x86_64__) || defined(__i386__)
#include <x86intrin.h>
#endif

enum {
    CERTAIN = 10, /* |t| */
    CROPS = 20,
    ENOUGH = 500, /* times of each class, for a mean to be worth anything */
    ATTEMPTS = 3,
    BATCH = 512,
    MOST_TIMES = 1000000
};

/* A block, or what becomes one by the private key. */
typedef struct input {
    uint8_t octets[MOST_BLOCK];
    int kind;
} input;

/* What is measured; the reader of blocks is the last step of it. */
typedef struct subject {
    const char *name;
    size_t block_n, times;
    double seconds; /* it may take, if not 0 */
    opener *open;
    void (*prepare)(uint8_t *octets, size_t n);         /* before the clock is started */
    void (*first)(const uint8_t *octets, uint8_t *out); /* in place of a copy */
} subject;

static uint64_t state;
static input batch[BATCH];
static double times[MOST_TIMES], sorted[MOST_TIMES];
static uint8_t kinds[MOST_TIMES];
static size_t n_times;
static mbedtls_pk_context key; /* the public half */
static isakmp_keyring ring = {.size = sizeof ring};

/* ---- Measuring ----------------------------------------------------------------------------- */

/* Of the processor's time, so that on a busy machine there are as many times, only later. */
static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The processor's counter, after all that was begun before; or nanoseconds. */
#if defined(__x86_64__) || defined(__i386__)
static uint64_t ticks(void)
{
    uint64_t t;
    _mm_lfence();
    t = __rdtsc();
    _mm_lfence();
    return t;
}
#else
static uint64_t ticks(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}
#endif

/* Half of the blocks are good; the others have each fault as often.  All of a batch is made before any
 * of it is measured. */
static void make_batch(const subject *s)
{
    for (size_t i = 0; i < BATCH; i++) {
        uint64_t r = next_random(&state) >> 32;
        batch[i].kind = r & 1 ? GOOD : (int)(1 + (r >> 1) % (N_KINDS - 1));
        make_block(&state, batch[i].kind, batch[i].octets, s->block_n);
        if (s->prepare)
            s->prepare(batch[i].octets, s->block_n);
    }
}

/* The time of one: everything but the input in the batch lies at the same place every time. */
static double measure(const subject *s, const uint8_t *octets)
{
    static const uint8_t other[OTHER_N] = "in place of message";
    static uint8_t in[MOST_BLOCK], block[MOST_BLOCK], out[MOST_BLOCK];
    uint64_t begun, ended;
    size_t n = 0;
    memcpy(s->first ? in : block, octets, s->block_n);
    begun = ticks();
    if (s->first)
        s->first(in, block);
    s->open(block, s->block_n, LEAST, most_of(s->block_n), isakmp__span(other, OTHER_N), out, &n);
    ended = ticks();
    return (double)(ended - begun);
}

static void collect(const subject *s)
{
    double end = seconds() + s->seconds;
    n_times = 0;
    while (n_times + BATCH <= s->times && (s->seconds == 0 || seconds() < end)) {
        make_batch(s);
        for (size_t i = 0; i < BATCH; i++, n_times++) {
            times[n_times] = measure(s, batch[i].octets);
            kinds[n_times] = (uint8_t)batch[i].kind;
        }
    }
}

/* ---- Welch's t-test ------------------------------------------------------------------------ */

typedef struct class
{
    double n, mean, m2; /* m2: the sum of the squares of the differences from the mean */
} class;

static void add(class *c, double x)
{
    double d = x - c->mean;
    c->n++;
    c->mean += d / c->n;
    c->m2 += d * (x - c->mean);
}

/* The error of the difference of two means. */
static double error_of(const class *c)
{
    return sqrt(c[0].m2 / (c[0].n - 1) / c[0].n + c[1].m2 / (c[1].n - 1) / c[1].n);
}

/* Good blocks, and those of a kind (GOOD: all others), of the times up to a limit. */
static void divide(int kind, double limit, class c[2])
{
    memset(c, 0, 2 * sizeof *c);
    for (size_t i = 0; i < n_times; i++)
        if (times[i] <= limit && (kinds[i] == GOOD || kind == GOOD || kinds[i] == kind))
            add(&c[kinds[i] != GOOD], times[i]);
}

static double t_up_to(int kind, double limit)
{
    class c[2];
    divide(kind, limit, c);
    if (c[0].n < ENOUGH || c[1].n < ENOUGH)
        return 0;
    return fabs(c[0].mean - c[1].mean) / (error_of(c) + 1e-9);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The largest |t|, of all times and of those below the percentiles that dudect takes. */
static double worst_t(int kind)
{
    double worst = t_up_to(kind, INFINITY);
    for (int i = 0; i < CROPS; i++) {
        double share = 1 - pow(0.5, 10.0 * (i + 1) / CROPS);
        double t = t_up_to(kind, sorted[(size_t)(share * (double)(n_times - 1))]);
        worst = t > worst ? t : worst;
    }
    return worst;
}

/* ---- Verdicts ------------------------------------------------------------------------------ */

/* Fresh times, and |t| of each kind (GOOD: all others). */
static void attempt(const subject *s, double *t)
{
    class c[2];
    collect(s);
    memcpy(sorted, times, n_times * sizeof *times);
    qsort(sorted, n_times, sizeof *sorted, by_size);
    for (int kind = 0; kind < N_KINDS; kind++)
        t[kind] = worst_t(kind);
    divide(GOOD, sorted[n_times / 2], c);
    printf("# %s: %zu times, their median is %.0f, and about %.0f more or less would be seen\n",
           s->name, n_times, sorted[n_times / 2], CERTAIN * error_of(c));
}

/* The smallest |t| of a kind in some attempts. */
static double smallest(double t[ATTEMPTS][N_KINDS], int attempts, int kind)
{
    double least = t[0][kind];
    for (int i = 1; i < attempts; i++)
        least = t[i][kind] < least ? t[i][kind] : least;
    return least;
}

static int any_certain(double t[ATTEMPTS][N_KINDS], int attempts)
{
    for (int kind = 0; kind < N_KINDS; kind++)
        if (smallest(t, attempts, kind) > CERTAIN)
            return 1;
    return 0;
}

/* Nothing may show. */
static int is_safe(const subject *s)
{
    double t[ATTEMPTS][N_KINDS];
    int attempts = 0;
    do
        attempt(s, t[attempts++]);
    while (attempts < ATTEMPTS && any_certain(t, attempts));
    for (int kind = 0; kind < N_KINDS; kind++) {
        printf("%sok - %s: good, or %s: |t| = %.2f",
               smallest(t, attempts, kind) > CERTAIN ? "not " : "", s->name,
               kind == GOOD ? "anything else" : kind_text[kind], t[0][kind]);
        for (int i = 1; i < attempts; i++)
            printf(", and again: %.2f", t[i][kind]);
        printf("\n");
    }
    return !any_certain(t, attempts);
}

/* It must show, for the first so many kinds. */
static int is_seen(const subject *s, int n_kinds)
{
    double t[N_KINDS], least = 0;
    for (int i = 0; i < ATTEMPTS && least <= CERTAIN; i++) {
        attempt(s, t);
        least = t[0];
        for (int kind = 1; kind < n_kinds; kind++)
            least = t[kind] < least ? t[kind] : least;
    }
    printf("%sok - %s: it shows, |t| = %.2f or more\n", least > CERTAIN ? "" : "not ", s->name,
           least);
    return least > CERTAIN;
}

/* ---- What is measured ---------------------------------------------------------------------- */

static int test_open(void)
{
    subject bad = {"a reader of blocks with branches", 256, 200000, 0, open_branching, NULL, NULL},
            ours = bad;
    ours.name = "isakmp__pkcs1_open";
    ours.open = isakmp__pkcs1_open;
    ours.times = MOST_TIMES;
    return is_seen(&bad, N_KINDS) && is_safe(&ours);
}

static void must(int rc)
{
    if (rc == 0)
        return;
    printf("not ok - the key cannot be made or used: %d\n", rc);
    exit(1);
}

static void encrypt(uint8_t *octets, size_t n)
{
    uint8_t out[MOST_BLOCK];
    must(mbedtls_rsa_public(mbedtls_pk_rsa(key), octets, out));
    memcpy(octets, out, n);
}

/* With blinding, and encrypted again to see that it is right.  mbedTLS before 2.28.7 and 3.5.2 takes the
 * blinding off again in a time that depends on how many words of the number are not zero
 * (CVE-2024-23170): some 20 ticks in a million, which do not show here.  Padding that is right or wrong
 * makes no such difference: 64 bits must be zero in front.  An exponent of 3 would show something, as
 * small numbers then have small ciphertexts, which are slower or faster to divide; but whoever sent one
 * knew that. */
static void decrypt(const uint8_t *octets, uint8_t *out)
{
    static const isakmp_path nowhere;
    isakmp_query q = {.path = &nowhere};
    isakmp_sealed sealed = {ISAKMP_AUTH_RSA_ENCR, ISAKMP_HASH_SHA1, {NULL, 0}, {octets, 128}};
    size_t n = 0;
    must(isakmp_keyring_decrypt(&ring, &q, &sealed, out, MOST_BLOCK, &n));
}

static void make_key(void)
{
    static uint8_t der[1024];
    size_t n = 0;
    ring.pki = isakmp_pki_new();
    must(ring.pki == NULL);
    isakmp_pki_set_flags(ring.pki,
                         ISAKMP_PKI_LEGACY); /* shorter is quicker: there are more times */
    must(isakmp_pki_generate(ring.pki, ISAKMP_USE_ENCRYPTION, 1024, NULL, 0));
    must(isakmp_pki_own_public(ring.pki, 0, ISAKMP_KEY_DER, der, sizeof der, &n, NULL));
    mbedtls_pk_init(&key);
    must(mbedtls_pk_parse_public_key(&key, der, n));
}

/* A caller that looks what it got, and saves itself SKEYID and its children if it is not the message. */
static void open_and_look(uint8_t *block, size_t block_n, size_t least, size_t most,
                          isakmp_span other, uint8_t *out, size_t *n)
{
    static uint8_t skeyid[crypto_auth_hmacsha256_BYTES];
    isakmp__pkcs1_open(block, block_n, least, most, other, out, n);
    for (int i = 0; i < 4 && (*n != other.n || memcmp(out, other.p, *n) != 0); i++)
        crypto_auth_hmacsha256(skeyid, out, *n, skeyid);
}

static int test_decrypt(double time)
{
    subject ours = {"decryption", 128, MOST_TIMES, time, isakmp__pkcs1_open, encrypt, decrypt};
    subject bad = ours;
    int good;
    bad.name = "decryption, and SKEYID for good blocks alone";
    bad.open = open_and_look;
    bad.seconds = time / 3;
    make_key();
    good = is_seen(&bad, 1) && is_safe(&ours);
    mbedtls_pk_free(&key);
    isakmp_pki_free(ring.pki);
    return good;
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (sodium_init() < 0)
        return 2;
    randombytes_buf(&state, sizeof state);
    if (argc == 2 && strcmp(argv[1], "open") == 0)
        return !test_open();
    if (argc == 3 && strcmp(argv[1], "decrypt") == 0)
        return !test_decrypt(atof(argv[2]));
    fprintf(stderr, "usage: timing open | decrypt SECONDS\n");
    return 2;
}
