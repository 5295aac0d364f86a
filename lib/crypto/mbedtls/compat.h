/* crypto/mbedtls/compat.h -- what differs between mbedTLS 2.28 and 3.6, and nothing else.
 *
 * The calls that this folder makes (md, aes, des, bignum, ecp) have the same names and arguments
 * in both.  What differs is the header that brings the configuration, config.h in 2.28 and
 * build_info.h in 3.6 (version.h includes whichever there is), random numbers for what is done with
 * private keys, and the members of structures, whose names 3.x made private.  Of those are used: the
 * coordinates of a point, because the functions that write a point as octets put 0x04 before it,
 * which IKE leaves out, and so need a buffer of 133 octets that a small stack has not; the parts of an
 * elliptic key, because ECDSA signatures are bare numbers here; the blinding values of an RSA key; and
 * which extensions a certificate has.
 *
 * In 4.x the bignum and DES interfaces are gone, so it cannot serve as a backend for this
 * protocol. */
#ifndef ISAKMP_MBEDTLS_COMPAT_H
#define ISAKMP_MBEDTLS_COMPAT_H

#include <mbedtls/version.h>

#if MBEDTLS_VERSION_NUMBER < 0x021c0000 || MBEDTLS_VERSION_NUMBER >= 0x04000000
#error "this provider needs mbedTLS 2.28 or 3.x"
#endif
#ifndef MBEDTLS_MD_C
#error "this provider needs MBEDTLS_MD_C: there is no IKE without a hash"
#endif

#if MBEDTLS_VERSION_NUMBER >= 0x03000000
#include <mbedtls/private_access.h>
#else
#define MBEDTLS_PRIVATE(member) member
#endif
#define ISAKMP__X(point) (&(point)->MBEDTLS_PRIVATE(X))
#define ISAKMP__Y(point) (&(point)->MBEDTLS_PRIVATE(Y))
#define ISAKMP__Z(point) (&(point)->MBEDTLS_PRIVATE(Z))

/* Public keys: all that the stock keyring needs.  With MBEDTLS_USE_PSA_CRYPTO the keys of a certificate
 * are not where this folder looks for them. */
#if defined(MBEDTLS_X509_CRT_PARSE_C) && defined(MBEDTLS_X509_CRL_PARSE_C) &&                      \
    defined(MBEDTLS_PK_PARSE_C) && defined(MBEDTLS_RSA_C) && defined(MBEDTLS_PKCS1_V15) &&         \
    defined(MBEDTLS_ECDSA_C) && !defined(MBEDTLS_USE_PSA_CRYPTO)
#define ISAKMP__HAVE_PKI 1
#else
#define ISAKMP__HAVE_PKI 0
#endif

/* The private key operations, with f as the source of random octets. */
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
#define ISAKMP__PARSE_KEY(pk, p, n, password, password_n, f)                                       \
    mbedtls_pk_parse_key(pk, p, n, password, password_n, f, NULL)
#define ISAKMP__CHECK_PAIR(pub, priv, f) mbedtls_pk_check_pair(pub, priv, f, NULL)
#define ISAKMP__RSA_SIGN(rsa, f, hash, n, sig)                                                     \
    mbedtls_rsa_pkcs1_sign(rsa, f, NULL, MBEDTLS_MD_NONE, n, hash, sig)
#else
#define ISAKMP__PARSE_KEY(pk, p, n, password, password_n, f)                                       \
    mbedtls_pk_parse_key(pk, p, n, password, password_n)
#define ISAKMP__CHECK_PAIR(pub, priv, f) mbedtls_pk_check_pair(pub, priv)
#define ISAKMP__RSA_SIGN(rsa, f, hash, n, sig)                                                     \
    mbedtls_rsa_pkcs1_sign(rsa, f, NULL, MBEDTLS_RSA_PRIVATE, MBEDTLS_MD_NONE, n, hash, sig)
#endif

/* An operation with a private RSA key that has failed may have left half of a blinding value behind, with which
 * all that follow would fail.  The next one makes them anew if they are not there. */
#ifdef MBEDTLS_RSA_ALT
#define ISAKMP__RSA_FORGET_BLINDING(rsa) ((void)(rsa))
#else
#define ISAKMP__RSA_FORGET_BLINDING(rsa)                                                           \
    (mbedtls_mpi_free(&(rsa)->MBEDTLS_PRIVATE(Vi)), mbedtls_mpi_free(&(rsa)->MBEDTLS_PRIVATE(Vf)))
#endif

/* What the keyring can do without: making keys, and writing them. */
#ifdef MBEDTLS_GENPRIME
#define ISAKMP__HAVE_GEN_KEY          1
#define ISAKMP__GEN_KEY(rsa, f, n, e) mbedtls_rsa_gen_key(rsa, f, NULL, n, e)
#else
#define ISAKMP__HAVE_GEN_KEY          0
#define ISAKMP__GEN_KEY(rsa, f, n, e) ((void)(rsa), (void)(f), -1)
#endif
#ifdef MBEDTLS_PK_WRITE_C
#define ISAKMP__WRITE_PRIVATE(pk, p, n) mbedtls_pk_write_key_der(pk, p, n)
#define ISAKMP__WRITE_PUBLIC(pk, p, n)  mbedtls_pk_write_pubkey_der(pk, p, n)
#else
#define ISAKMP__WRITE_PRIVATE(pk, p, n) ((void)(pk), (void)(p), -1)
#define ISAKMP__WRITE_PUBLIC(pk, p, n)  ((void)(pk), (void)(p), -1)
#endif

/* Each cipher in one word, for the tables. */
#if defined(MBEDTLS_AES_C) && defined(MBEDTLS_CIPHER_MODE_CBC)
#define ISAKMP__HAVE_AES 1
#else
#define ISAKMP__HAVE_AES 0
#endif
/* The bits of its longest key: 3.6 can be built without those of 192 and 256. */
#ifdef MBEDTLS_AES_ONLY_128_BIT_KEY_LENGTH
#define ISAKMP__MOST_KEY_BITS 128
#else
#define ISAKMP__MOST_KEY_BITS 256
#endif
#if defined(MBEDTLS_DES_C) && defined(MBEDTLS_CIPHER_MODE_CBC)
#define ISAKMP__HAVE_DES 1
#else
#define ISAKMP__HAVE_DES 0
#endif

#endif
