/* crypto/mbedtls/no_pki.c -- the stock keyring's public-key half where mbedTLS cannot do it: there is
 * no collection, and nothing in it. */
#include "base/span.h"
#include "compat.h"
#include "isakmp/keyring.h"
#if !ISAKMP__HAVE_PKI

isakmp_pki *isakmp_pki_new(void)
{
    return NULL;
}

void isakmp_pki_free(isakmp_pki *pki)
{
    (void)pki;
}

void isakmp_pki_set_clock(isakmp_pki *pki, uint64_t (*clock)(void *user), void *user)
{
    (void)pki, (void)clock, (void)user;
}

void isakmp_pki_set_flags(isakmp_pki *pki, unsigned flags)
{
    (void)pki, (void)flags;
}

static int refuse(char *why, size_t cap)
{
    if (cap)
        why[0] = 0;
    return ISAKMP_E_ARG;
}

int isakmp_pki_add_ca(isakmp_pki *pki, isakmp_span cas, char *why, size_t cap)
{
    (void)pki, (void)cas;
    return refuse(why, cap);
}

int isakmp_pki_add_crl(isakmp_pki *pki, isakmp_span crls, char *why, size_t cap)
{
    (void)pki, (void)crls;
    return refuse(why, cap);
}

int isakmp_pki_add_own(isakmp_pki *pki, unsigned use, isakmp_span certs, isakmp_span key,
                       isakmp_span password, char *why, size_t cap)
{
    (void)pki, (void)use, (void)certs, (void)key, (void)password;
    return refuse(why, cap);
}

int isakmp_pki_generate(isakmp_pki *pki, unsigned use, unsigned bits, char *why, size_t cap)
{
    (void)pki, (void)use, (void)bits;
    return refuse(why, cap);
}

int isakmp_pki_own_public(const isakmp_pki *pki, size_t i, isakmp_key_form form, uint8_t *out,
                          size_t cap, size_t *n, unsigned *use)
{
    (void)pki, (void)i, (void)form, (void)out, (void)cap, (void)n, (void)use;
    return ISAKMP_NONE;
}

int isakmp_pki_own_private(const isakmp_pki *pki, size_t i, isakmp_key_form form, uint8_t *out,
                           size_t cap, size_t *n, unsigned *use)
{
    (void)pki, (void)i, (void)form, (void)out, (void)cap, (void)n, (void)use;
    return ISAKMP_NONE;
}

int isakmp_pki_add_peer_key(isakmp_pki *pki, unsigned use, const isakmp_id *id,
                            const isakmp_selector *addr, isakmp_span key, char *why, size_t cap)
{
    (void)pki, (void)use, (void)id, (void)addr, (void)key;
    return refuse(why, cap);
}

int isakmp_pki_peer_key(const isakmp_pki *pki, size_t i, isakmp_peer_key *info,
                        isakmp_key_form form, uint8_t *out, size_t cap, size_t *n)
{
    (void)pki, (void)i, (void)info, (void)form, (void)out, (void)cap, (void)n;
    return ISAKMP_NONE;
}

int isakmp_pki_remove_peer_key(isakmp_pki *pki, const isakmp_id *id, const isakmp_selector *addr)
{
    (void)pki, (void)id, (void)addr;
    return ISAKMP_NONE;
}

int isakmp_keyring_credentials(const isakmp_keyring *ring, const isakmp_query *q, uint16_t auth,
                               isakmp_credentials *out)
{
    (void)ring, (void)q, (void)auth, (void)out;
    return ISAKMP_NONE;
}

int isakmp_keyring_sign(const isakmp_keyring *ring, const isakmp_query *q, uint16_t auth,
                        isakmp_span hash, uint8_t *sig, size_t cap, size_t *n)
{
    (void)ring, (void)q, (void)auth, (void)hash, (void)sig, (void)cap, (void)n;
    return ISAKMP_NONE;
}

int isakmp_keyring_verify(const isakmp_keyring *ring, const isakmp_query *q, const isakmp_proof *p,
                          uint16_t *why)
{
    (void)ring, (void)q, (void)p;
    *why = ISAKMP_D_NO_CERT;
    return ISAKMP_NONE;
}

int isakmp_keyring_encrypt(const isakmp_keyring *ring, const isakmp_query *q, const isakmp_plain *p,
                           uint8_t *out, size_t cap, size_t *n)
{
    (void)ring, (void)q, (void)p, (void)out, (void)cap;
    *n = 0;
    return ISAKMP_NONE;
}

int isakmp_keyring_decrypt(const isakmp_keyring *ring, const isakmp_query *q,
                           const isakmp_sealed *s, uint8_t *block, size_t cap, size_t *n)
{
    (void)ring, (void)q, (void)s, (void)block, (void)cap, (void)n;
    return ISAKMP_NONE;
}

void isakmp_keyring_learn(const isakmp_keyring *ring, const isakmp_query *q,
                          const isakmp_cert *certs, size_t n_certs)
{
    (void)ring, (void)q, (void)certs, (void)n_certs;
}

#endif
