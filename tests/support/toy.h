/* support/toy.h -- a crypto provider for tests and fuzzers: deterministic, cheap, and no
 * cryptography at all.
 *
 * It keeps the contract of isakmp_crypto as a real provider does (sizes, IV chaining, refused
 * public values), counts its calls, and can be told to fail, to lack algorithms, to answer later
 * or to let every HASH payload pass.  Uses nothing of the C library but <string.h>. */
#ifndef TESTS_TOY_H
#define TESTS_TOY_H

#include <isakmp/crypto.h>

/* Questions that can wait at the same time, and the longest answer to one. */
#define TOY_PENDING    8
#define TOY_MAX_ANSWER (ISAKMP_MAX_DH_PUBLIC + ISAKMP_MAX_DH_PRIVATE)

/* The functions of a provider, as they are counted. */
enum {
    TOY_RANDOM,
    TOY_HASH,
    TOY_HMAC,
    TOY_CBC,
    TOY_DH_NEW,
    TOY_DH_KEY,
    TOY_FUNCTIONS
};

/* A question that dh_new or dh_key has put off. */
typedef struct toy_question {
    isakmp_ticket ticket; /* 0: this place is free */
    int function;         /* TOY_DH_NEW or TOY_DH_KEY */
    uint16_t group;
    uint8_t priv[ISAKMP_MAX_DH_PRIVATE], peer[ISAKMP_MAX_DH_PUBLIC]; /* of dh_key */
    size_t priv_n, peer_n;
} toy_question;

typedef struct toy {
    isakmp_crypto table; /* give &toy.table to whoever wants a provider */
    uint64_t seed;       /* what random() returns next follows from this */

    /* Set these as the test wants them; all are 0 after toy_init(). */
    unsigned fail_at;  /* this call, counted from 1 over all functions but can(), returns
                           ISAKMP_E_CRYPTO and gives nothing; 0: none */
    uint32_t deny[4];  /* can() answers 0 where deny[ISAKMP_CAN_*] has the bit 1 << number */
    int constant_hash; /* hmac() gives the same octets whatever it is asked */
    int scramble;      /* cbc() enciphers, so that a wrong key or IV shows; else it only moves
                           the IV on and the messages can be read */
    int pending_dh;    /* dh_new() and dh_key() return ISAKMP_PENDING */

    /* What happened. */
    unsigned calls[TOY_FUNCTIONS], all_calls; /* can() is not among them */
    toy_question pending[TOY_PENDING];
} toy;

/* Make a provider.  The same seed gives the same provider. */
void toy_init(toy *t, uint64_t seed);

/* The octet that a constant hmac() is made of. */
#define TOY_CONSTANT 0x5c

/* Compute the answer to a question that was put off, and forget the question.
 *   ticket   which; { 0 } means the one that has waited longest, and there must be one;
 *   out      TOY_MAX_ANSWER octets: what isakmp_answer() takes as value;  n: how many.
 *   returns  what the function would have returned at once; ISAKMP_E_STALE if none waits. */
int toy_dh_answer(toy *t, isakmp_ticket ticket, uint8_t *out, size_t *n);

/* The longest waiting question's ticket; { 0 } if none waits. */
isakmp_ticket toy_dh_waiting(const toy *t);

#endif
