/* crypto/mbedtls/chain.c -- the certificates of a peer: which of them is for its identity, and does it
 * lead to a CA that is trusted?
 *
 * mbedTLS builds the path and checks names, signatures, CA bits, path lengths and revocation.  Its
 * view of time is the system's, ours the clock that was given, so what it says of time is put
 * aside, and the dates of what it may choose from are replaced: for ever, or never. */
#include "base/span.h"
#include "pki.h"
#if ISAKMP__HAVE_PKI
#include <mbedtls/oid.h>
#include <mbedtls/platform.h>

/* One look at a path. */
typedef struct look {
    const isakmp_pki *pki;
    uint64_t now;
    int clock, below; /* below: what comes is not the top of the path */
} look;

/* ---- Time ---------------------------------------------------------------------------------- */

/* Seconds since 1970 [Howard Hinnant, days from civil]; 0 for what was before. */
static uint64_t seconds(const mbedtls_x509_time *t)
{
    int64_t y = t->mon > 2 ? t->year : t->year - 1, era = y / 400, of_era = y - era * 400;
    int64_t of_year = (153 * (t->mon + (t->mon > 2 ? -3 : 9)) + 2) / 5 + t->day - 1;
    int64_t day = era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
    int64_t s = day * 86400 + t->hour * 3600 + t->min * 60 + t->sec;
    return s < 0 ? 0 : (uint64_t)s;
}

static const mbedtls_x509_time always = {1, 1, 1, 0, 0, 0}, ever = {9999, 12, 31, 23, 59, 59};

/* From here on a certificate is valid at any time, or has expired, or never begins. */
static void settle(const look *l, mbedtls_x509_crt *cert)
{
    int future = !l->clock || l->now < seconds(&cert->valid_from);
    int expired = l->now > seconds(&cert->valid_to);
    cert->valid_from = future ? ever : always;
    cert->valid_to = expired ? always : ever;
}

static uint32_t time_flags(const mbedtls_x509_crt *cert)
{
    return (cert->valid_from.year == ever.year ? MBEDTLS_X509_BADCERT_FUTURE : 0u) |
           (cert->valid_to.year == always.year ? MBEDTLS_X509_BADCERT_EXPIRED : 0u);
}

/* ---- Use ----------------------------------------------------------------------------------- */

static int oid_in(isakmp_span list, const uint8_t *oid, size_t n)
{
    isakmp_span one;
    while (isakmp__der_take(&list, MBEDTLS_ASN1_OID, &one))
        if (isakmp__span_equal(one, isakmp__span(oid, n)))
            return 1;
    return 0;
}

/* Does an extension leave IKE out?  Only an ExtendedKeyUsage can that is critical and names neither
 * IKE nor any use; others are often there for other reasons [RFC4945 5.1.3.12]. */
static int leaves_ike_out(isakmp_span extension)
{
    static const uint8_t ext_key_usage[] = {0x55, 0x1d, 0x25};
    static const uint8_t any[] = {0x55, 0x1d, 0x25, 0x00};
    static const uint8_t ike[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x11};
    isakmp_span oid, critical, value, list;
    if (!isakmp__der_take(&extension, MBEDTLS_ASN1_OID, &oid) ||
        !isakmp__span_equal(oid, isakmp__span(ext_key_usage, sizeof ext_key_usage)) ||
        !isakmp__der_take(&extension, MBEDTLS_ASN1_BOOLEAN, &critical) || critical.n != 1 ||
        critical.p[0] == 0)
        return 0;
    return !isakmp__der_take(&extension, MBEDTLS_ASN1_OCTET_STRING, &value) ||
           !isakmp__der_take(&value, ISAKMP__SEQUENCE, &list) ||
           (!oid_in(list, any, sizeof any) && !oid_in(list, ike, sizeof ike));
}

/* Critical or not: which names a CA may vouch for is not looked at here, so one that may not vouch for all
 * is of no use [RFC5280 4.2.1.10]. */
int isakmp__cert_is_constrained(const mbedtls_x509_crt *cert)
{
    static const uint8_t name_constraints[] = {0x55, 0x1d, 0x1e};
    isakmp_span all = isakmp__raw(&cert->v3_ext), list, one, oid;
    if (!isakmp__der_take(&all, ISAKMP__SEQUENCE, &list))
        return 0;
    while (isakmp__der_take(&list, ISAKMP__SEQUENCE, &one))
        if (isakmp__der_take(&one, MBEDTLS_ASN1_OID, &oid) &&
            isakmp__span_equal(oid, isakmp__span(name_constraints, sizeof name_constraints)))
            return 1;
    return 0;
}

static int may_be_used(const mbedtls_x509_crt *leaf, unsigned usage)
{
    isakmp_span all = isakmp__raw(&leaf->v3_ext), list, one;
    if (!isakmp__cert_may(leaf, usage))
        return 0;
    if (!isakmp__der_take(&all, ISAKMP__SEQUENCE, &list))
        return 1; /* it has no extensions */
    while (isakmp__der_take(&list, ISAKMP__SEQUENCE, &one))
        if (leaves_ike_out(one))
            return 0;
    return 1;
}

/* ---- Which certificate --------------------------------------------------------------------- */

/* Some of what came, by its encoding. */
enum {
    ALL,
    MEANT, /* as a key for encryption */
    OTHERS
};

static int is_of(const isakmp__sent *b, size_t i, int part)
{
    return part == ALL || (part == MEANT) == (b->encodings[i] == ISAKMP_CERT_X509_KE);
}

/* The next certificate, from *at on, that is for an identity and fits; NULL and why. */
static mbedtls_x509_crt *next_leaf(isakmp__sent *b, const look *l, const isakmp_id *id,
                                   const isakmp__need *need, int part, size_t *at, uint16_t *why)
{
    for (; *at < b->n; (*at)++) {
        mbedtls_x509_crt *c = &b->certs[*at];
        if (!is_of(b, *at, part) || !isakmp__cert_is_for(c, id))
            continue;
        if (isakmp__key_methods(&c->pk, l->pki->flags) & need->methods &&
            may_be_used(c, need->usage)) {
            (*at)++;
            return c;
        }
        *why = ISAKMP_D_CERT_USAGE;
    }
    return NULL;
}

static int may_be_parent(const mbedtls_x509_crt *parent, const mbedtls_x509_crt *child)
{
    isakmp_span subject = isakmp__raw(&parent->subject_raw),
                issuer = isakmp__raw(&child->issuer_raw);
    return isakmp__span_equal(subject, issuer) || isakmp__dn_equal(subject, issuer);
}

/* Behind the leaf its parents, theirs, and so on: mbedTLS looks for a parent only in what follows.
 * Those whose keys are not sound are left out: nothing is computed with them. */
static void link_others(isakmp__sent *b, const look *l, mbedtls_x509_crt *leaf)
{
    int linked[ISAKMP_MAX_CERTS] = {0};
    mbedtls_x509_crt *last = leaf;
    for (size_t i = 0; i < b->n; i++)
        b->certs[i].next = NULL;
    for (const mbedtls_x509_crt *child = leaf; child != NULL; child = child->next)
        for (size_t i = 0; i < b->n; i++) {
            mbedtls_x509_crt *c = &b->certs[i];
            if (c == leaf || linked[i] || !may_be_parent(c, child) ||
                !isakmp__key_methods(&c->pk, l->pki->flags))
                continue;
            linked[i] = 1;
            last->next = c;
            last = c;
        }
}

/* ---- The path ------------------------------------------------------------------------------ */

/* A list that bears the name of the issuer must be valid, however the name is written; and one that
 * must be there counts only if mbedTLS surely takes it for the issuer's. */
static uint32_t crl_flags(const look *l, const mbedtls_x509_crt *cert)
{
    isakmp_span issuer = isakmp__raw(&cert->issuer_raw), name;
    uint32_t missing = l->pki->flags & ISAKMP_PKI_NEED_CRL ? MBEDTLS_X509_BADCRL_NOT_TRUSTED : 0;
    for (const mbedtls_x509_crl *c = l->pki->crls; c != NULL; c = c->next) {
        int same;
        name = isakmp__raw(&c->issuer_raw);
        same = isakmp__span_equal(name, issuer);
        if (!same && !isakmp__dn_equal(name, issuer))
            continue;
        if (l->now < seconds(&c->this_update) || l->now > seconds(&c->next_update))
            return MBEDTLS_X509_BADCRL_EXPIRED;
        if (same)
            missing = 0;
    }
    return missing;
}

/* mbedTLS asks this about each certificate of the path, from the top. */
static int look_at(void *user, mbedtls_x509_crt *cert, int depth, uint32_t *flags)
{
    look *l = user;
    *flags &= ~(uint32_t)(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE |
                          MBEDTLS_X509_BADCRL_EXPIRED | MBEDTLS_X509_BADCRL_FUTURE);
    *flags |= time_flags(cert);
    if (!isakmp__key_methods(&cert->pk, l->pki->flags))
        *flags |= MBEDTLS_X509_BADCERT_BAD_KEY;
    if (depth > 0 && (!cert->MBEDTLS_PRIVATE(ca_istrue) ||
                      !isakmp__cert_may(cert, MBEDTLS_X509_KU_KEY_CERT_SIGN) ||
                      isakmp__cert_is_constrained(cert)))
        *flags |= MBEDTLS_X509_BADCERT_NOT_TRUSTED;
    if (l->below)
        *flags |= crl_flags(l, cert);
    l->below = 1;
    return 0;
}

/* What cannot be believed is said first, then what its CA says of it. */
static uint16_t detail_of(uint32_t flags)
{
    if (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED)
        return ISAKMP_D_CERT_UNTRUSTED;
    if (flags & MBEDTLS_X509_BADCERT_REVOKED)
        return ISAKMP_D_CERT_REVOKED;
    if (flags & MBEDTLS_X509_BADCERT_EXPIRED)
        return ISAKMP_D_CERT_EXPIRED;
    if (flags & MBEDTLS_X509_BADCERT_FUTURE)
        return ISAKMP_D_CERT_FUTURE;
    if (flags & (MBEDTLS_X509_BADCRL_NOT_TRUSTED | MBEDTLS_X509_BADCRL_EXPIRED |
                 MBEDTLS_X509_BADCRL_FUTURE | MBEDTLS_X509_BADCRL_BAD_MD |
                 MBEDTLS_X509_BADCRL_BAD_PK | MBEDTLS_X509_BADCRL_BAD_KEY))
        return ISAKMP_D_CERT_CRL;
    return ISAKMP_D_CERT_USAGE;
}

/* Copies of the CAs, not deep, with their dates settled; *out is NULL if there are none. */
static int copy_cas(const look *l, mbedtls_x509_crt **out)
{
    size_t n = 0;
    for (const mbedtls_x509_crt *c = l->pki->cas; c != NULL; c = c->next)
        n++;
    *out = n ? mbedtls_calloc(n, sizeof **out) : NULL;
    if (n && *out == NULL)
        return ISAKMP_E_SPACE;
    n = 0;
    for (const mbedtls_x509_crt *c = l->pki->cas; c != NULL; c = c->next, n++) {
        (*out)[n] = *c;
        (*out)[n].next = c->next ? *out + n + 1 : NULL;
        settle(l, *out + n);
    }
    return ISAKMP_OK;
}

static uint16_t check_path(look *l, mbedtls_x509_crt *leaf)
{
    mbedtls_x509_crt_profile profile = {
        MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA256) | MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA384) |
            MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA512),
        MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_RSA) | MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_ECKEY) |
            MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_ECDSA),
        MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP256R1) |
            MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP384R1) |
            MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP521R1),
        l->pki->flags & ISAKMP_PKI_LEGACY ? 1024 : 2048,
    };
    mbedtls_x509_crt *cas;
    uint32_t flags = 0;
    int bad;
    l->below = 0;
    if (l->pki->flags & ISAKMP_PKI_LEGACY)
        profile.allowed_mds |= MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA1);
    if (copy_cas(l, &cas) != ISAKMP_OK)
        return ISAKMP_D_CERT_UNTRUSTED;
    bad = mbedtls_x509_crt_verify_with_profile(leaf, cas, l->pki->crls, &profile, NULL, &flags,
                                               look_at, l);
    mbedtls_free(cas);
    return bad ? detail_of(flags) : ISAKMP_D_NONE;
}

static look begin(const isakmp_pki *pki)
{
    look l = {pki, pki->clock ? pki->clock(pki->user) : 0, pki->clock != NULL, 0};
    return l;
}

/* ISAKMP_OK if nothing was wrong with one of a part; ISAKMP_E_CRYPTO if one led to a CA, but could not be
 * used; ISAKMP_NONE if there was none. */
static int use_part(isakmp__sent *b, look *l, const isakmp_id *id, const isakmp__need *need,
                    int part, uint16_t *why)
{
    mbedtls_x509_crt *leaf;
    size_t at = 0;
    int rc = ISAKMP_NONE;
    while ((leaf = next_leaf(b, l, id, need, part, &at, why)) != NULL) {
        link_others(b, l, leaf);
        *why = check_path(l, leaf);
        if (*why == ISAKMP_D_NONE) {
            *why = need->use(need->user, leaf);
            if (rc != ISAKMP_OK)
                rc = *why == ISAKMP_D_NONE ? ISAKMP_OK : ISAKMP_E_CRYPTO;
        }
        if (!need->every)
            break;
    }
    return rc;
}

int isakmp__chain_use(const isakmp_pki *pki, const isakmp_id *id, const isakmp_cert *certs,
                      size_t n, const isakmp__need *need, uint16_t *why)
{
    look l = begin(pki);
    isakmp__sent *b = isakmp__sent_read(certs, n);
    int rc;
    if (b == NULL)
        return ISAKMP_E_SPACE;
    for (size_t i = 0; i < b->n; i++)
        settle(&l, &b->certs[i]);
    *why = b->unreadable ? ISAKMP_D_CERT_FORM : b->n ? ISAKMP_D_CERT_ID : ISAKMP_D_NO_CERT;
    rc = use_part(b, &l, id, need, need->encrypts ? MEANT : ALL, why);
    if (need->encrypts && rc == ISAKMP_NONE)
        rc = use_part(b, &l, id, need, OTHERS, why);
    isakmp__sent_free(b);
    return rc == ISAKMP_OK ? ISAKMP_OK : ISAKMP_NONE;
}

/* A list that nobody has signed can only take something away here. */
int isakmp__cert_is_current(const isakmp_pki *pki, const mbedtls_x509_crt *cert)
{
    look l = begin(pki);
    if (!l.clock || l.now < seconds(&cert->valid_from) || l.now > seconds(&cert->valid_to) ||
        crl_flags(&l, cert))
        return 0;
    for (const mbedtls_x509_crl *c = pki->crls; c != NULL; c = c->next)
        if (isakmp__dn_equal(isakmp__raw(&c->issuer_raw), isakmp__raw(&cert->issuer_raw)) &&
            mbedtls_x509_crt_is_revoked(cert, c))
            return 0;
    return 1;
}

#endif
