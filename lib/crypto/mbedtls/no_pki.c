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

int isakmp_pki_add_own(isakmp_pki *pki, isakmp_span certs, isakmp_span key, isakmp_span password,
                       char *why, size_t cap)
{
    (void)pki, (void)certs, (void)key, (void)password;
    return refuse(why, cap);
}

int isakmp_pki_add_peer_key(isakmp_pki *pki, const isakmp_id *id, const isakmp_selector *addr,
                            isakmp_span key, char *why, size_t cap)
{
    (void)pki, (void)id, (void)addr, (void)key;
    return refuse(why, cap);
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

#endif
