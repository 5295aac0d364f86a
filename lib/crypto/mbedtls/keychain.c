/* crypto/mbedtls/keychain.c -- the key chain: keys of peers that are given by hand.  Those that are learnt
 * stand behind them, in a list of their own. */
#include "base/span.h"
#include "pki.h"
#if ISAKMP__HAVE_PKI
#include <mbedtls/platform.h>

isakmp__peer_key *isakmp__peer_key_new(unsigned use, const isakmp_id *id,
                                       const isakmp_selector *addr)
{
    isakmp__peer_key *k = mbedtls_calloc(1, sizeof *k + id->data.n);
    if (k == NULL)
        return NULL;
    mbedtls_pk_init(&k->key);
    k->use = use;
    k->addr = *addr;
    k->id = *id;
    k->id.data.p = (const uint8_t *)(k + 1);
    if (id->data.n)
        memcpy(k + 1, id->data.p, id->data.n);
    return k;
}

void isakmp__peer_key_free(isakmp__peer_key *k)
{
    mbedtls_pk_free(&k->key);
    isakmp__free_certs(k->cert);
    mbedtls_free(k);
}

void isakmp__peer_keys_free(isakmp__peer_key *list)
{
    while (list != NULL) {
        isakmp__peer_key *next = list->next;
        isakmp__peer_key_free(list);
        list = next;
    }
}

/* ---- Which entry --------------------------------------------------------------------------- */

static int same_addr(const isakmp_selector *a, const isakmp_selector *b)
{
    size_t n = a->family == 0 ? 0 : a->family == 4 ? 4 : 16;
    return a->family == b->family &&
           (n == 0 || (memcmp(a->lo, b->lo, n) == 0 && memcmp(a->hi, b->hi, n) == 0));
}

static int is_entry(const isakmp__peer_key *k, const isakmp_id *id, const isakmp_selector *addr)
{
    return isakmp_id_equal(&k->id, id) && same_addr(&k->addr, addr);
}

/* ---- Adding -------------------------------------------------------------------------------- */

static int load(mbedtls_pk_context *key, isakmp_span in, char *why, size_t cap)
{
    int rc;
    if (isakmp__is_key_string(in))
        return isakmp__load_key_string(key, in, why, cap);
    rc = isakmp__load_public(key, in);
    if (rc != ISAKMP_OK)
        isakmp__pki_unreadable(rc, "this is neither a public key nor a certificate", why, cap);
    return rc;
}

/* A distinguished name that is none is nobody's, not even its own. */
static int is_identity(const isakmp_id *id)
{
    return id->type == ISAKMP_ID_NONE ||
           (isakmp_id_check(id) == ISAKMP_OK && isakmp_id_equal(id, id));
}

static int judge(const isakmp_pki *pki, const isakmp__peer_key *k, char *why, size_t cap)
{
    const char *wrong = isakmp__wrong_use(k->use, mbedtls_pk_get_type(&k->key));
    if (!isakmp__key_methods(&k->key, pki->flags))
        wrong = isakmp__weak_key;
    if (!is_identity(&k->id))
        wrong = "the identity is not what its type says";
    return wrong == NULL ? ISAKMP_OK : isakmp__pki_refuse(ISAKMP_E_ARG, wrong, why, cap);
}

/* In the place of the one for the same, or at the end. */
static void put(isakmp_pki *pki, isakmp__peer_key *k)
{
    isakmp__peer_key **at = &pki->by_hand, *old;
    while (*at != NULL && !((*at)->use == k->use && is_entry(*at, &k->id, &k->addr)))
        at = &(*at)->next;
    old = *at;
    *at = k;
    if (old != NULL) {
        k->next = old->next;
        isakmp__peer_key_free(old);
    }
}

int isakmp_pki_add_peer_key(isakmp_pki *pki, unsigned use, const isakmp_id *id,
                            const isakmp_selector *addr, isakmp_span key, char *why, size_t cap)
{
    isakmp__peer_key *k = isakmp__peer_key_new(use, id, addr);
    int rc;
    if (k == NULL)
        return isakmp__pki_no_memory(why, cap);
    rc = load(&k->key, key, why, cap);
    if (rc == ISAKMP_OK)
        rc = judge(pki, k, why, cap);
    if (rc == ISAKMP_OK)
        put(pki, k);
    else
        isakmp__peer_key_free(k);
    return rc;
}

/* ---- Showing and removing ------------------------------------------------------------------ */

static isakmp__peer_key *entry(const isakmp_pki *pki, size_t i)
{
    isakmp__peer_key *const lists[] = {pki->by_hand, pki->learnt};
    for (size_t l = 0; l < 2; l++)
        for (isakmp__peer_key *k = lists[l]; k != NULL; k = k->next)
            if (i-- == 0)
                return k;
    return NULL;
}

int isakmp_pki_peer_key(const isakmp_pki *pki, size_t i, isakmp_peer_key *info,
                        isakmp_key_form form, uint8_t *out, size_t cap, size_t *n)
{
    isakmp__peer_key *k = entry(pki, i);
    if (k == NULL)
        return ISAKMP_NONE;
    if (info != NULL) {
        info->id = k->id;
        info->addr = k->addr;
        info->use = (uint8_t)k->use;
        info->learnt = k->cert != NULL;
    }
    return n == NULL ? ISAKMP_OK : isakmp__write_key(&k->key, 0, form, out, cap, n);
}

/* The identity may be borrowed from one of them: they are freed last. */
static void take_out(isakmp__peer_key **at, isakmp__peer_key **out, const isakmp_id *id,
                     const isakmp_selector *addr)
{
    while (*at != NULL) {
        isakmp__peer_key *k = *at;
        if (!is_entry(k, id, addr)) {
            at = &k->next;
            continue;
        }
        *at = k->next;
        k->next = *out;
        *out = k;
    }
}

int isakmp_pki_remove_peer_key(isakmp_pki *pki, const isakmp_id *id, const isakmp_selector *addr)
{
    isakmp__peer_key *out = NULL;
    int rc;
    take_out(&pki->by_hand, &out, id, addr);
    take_out(&pki->learnt, &out, id, addr);
    rc = out == NULL ? ISAKMP_NONE : ISAKMP_OK;
    isakmp__peer_keys_free(out);
    return rc;
}

#endif
