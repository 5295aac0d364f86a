/* policy/validate.c -- is a policy valid?  One sentence says what is not, and what would be. */
#include "crypto/suites.h"
#include "match.h"

static int wrong(isakmp__text *why, const char *what, unsigned n)
{
    isakmp__text_add(why, what, n);
    return ISAKMP_E_ARG;
}

#define PRIORITY_RANGE "the priority of an ISAKMP policy must be 1 to 10000, not %u"

static int check_policy(const isakmp_policy *p, const isakmp_crypto *crypto, isakmp__text *why)
{
    if (p->priority < 1 || p->priority > 10000)
        return wrong(why, PRIORITY_RANGE, p->priority);
    if (isakmp_cipher_block(p->cipher) == 0)
        return wrong(why, "policy %u: the encryption must be DES, 3DES or AES", p->priority);
    if (isakmp_cipher_key(p->cipher, p->key_bits) == 0)
        return wrong(why,
                     "policy %u: the key length must be 128, 192 or 256 for AES and 0 for DES "
                     "and 3DES",
                     p->priority);
    if (isakmp_hash_size(p->hash) == 0)
        return wrong(why, "policy %u: the hash must be MD5, SHA-1, SHA-256, SHA-384 or SHA-512",
                     p->priority);
    if (isakmp_group_size(p->group) == 0)
        return wrong(why, "policy %u: the group must be 1, 2, 5, 14 to 21 or 31", p->priority);
    if (isakmp_name(ISAKMP_REG_AUTH, p->auth) == NULL)
        return wrong(why, "policy %u: the authentication method is not known", p->priority);
    if (p->life_s && p->life_s < 60)
        return wrong(why, "policy %u: the lifetime must be 60 seconds or more", p->priority);
    if (p->prf || p->integ || p->reserved[0] || p->reserved[1])
        return wrong(why, "policy %u: the fields kept for later use must be 0", p->priority);
    if (crypto && !isakmp__suite_able(crypto, p->cipher, p->key_bits, p->hash, p->group,
                                      ISAKMP_MAX_DH_PUBLIC))
        return wrong(why, "policy %u: the crypto provider lacks one of the algorithms",
                     p->priority);
    return ISAKMP_OK;
}

static int check_id(const isakmp_id *id, const char *text, isakmp__text *why)
{
    if (id->type == ISAKMP_ID_NONE)
        return ISAKMP_OK;
    if (id->data.n > ISAKMP_MAX_ID || isakmp_id_check(id) != ISAKMP_OK)
        return wrong(why, text, ISAKMP_MAX_ID);
    return ISAKMP_OK;
}

/* Is the priority of the ith policy taken by one before it? */
static int is_taken(const isakmp_peer_policy *p, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (p->policies[j].priority == p->policies[i].priority)
            return 1;
    return 0;
}

#define MAX_DPD_TRIES    100
#define MAX_CONFIG_WANTS 64
#define MIN_USER_S       5
#define MAX_USER_S       3600
#define CONFIG_FLAGS                                                                               \
    (ISAKMP_PF_CONFIG_PUSH | ISAKMP_PF_CONFIG_ANSWER | ISAKMP_PF_CONFIG_PULL |                     \
     ISAKMP_PF_CONFIG_ACCEPT | ISAKMP_PF_CONFIG_AGAIN)
#define XAUTH_FLAGS (ISAKMP_PF_XAUTH_ASK | ISAKMP_PF_XAUTH_ANSWER | ISAKMP_PF_XAUTH_AGAIN)

/* All flags of a peer policy that there are. */
#define KNOWN_FLAGS                                                                                \
    ((2u * ISAKMP_PF_RESTART - 1u) | ISAKMP_PF_RECOVER | ISAKMP_PF_COMMIT | ISAKMP_PF_SET_COMMIT | \
     ISAKMP_PF_SHA256_96 | ISAKMP_PF_SHORT_LIFE | ISAKMP_PF_DIGEST_INFO | CONFIG_FLAGS |           \
     XAUTH_FLAGS)

#define KNOWN_CHILD_FLAGS                                                                          \
    (ISAKMP_CF_NO_INTEG | ISAKMP_CF_REKEY | ISAKMP_CF_REKEY_USED | ISAKMP_CF_NO_REPLAY |           \
     ISAKMP_CF_TED)

static int check_habits(const isakmp_peer_policy *p, isakmp__text *why)
{
    if (p->dpd_s == 0 && (p->dpd_retry_s || p->dpd_tries || p->flags & ISAKMP_PF_DPD_PERIODIC))
        return wrong(why, "dead peer detection needs dpd_s to be %u second or more", 1);
    if (p->dpd_tries > MAX_DPD_TRIES)
        return wrong(why, "dpd_tries must be %u or less", MAX_DPD_TRIES);
    if (p->flags & ISAKMP_PF_FORCE_ENCAP && p->flags & ISAKMP_PF_NO_NATT)
        return wrong(why, "UDP encapsulation cannot be forced without NAT traversal", 0);
    if (p->flags & (ISAKMP_PF_CONFIG_PUSH | ISAKMP_PF_CONFIG_ANSWER) &&
        p->flags & (ISAKMP_PF_CONFIG_PULL | ISAKMP_PF_CONFIG_ACCEPT))
        return wrong(why, "nobody is gateway and client of one peer in Mode Config", 0);
    if (p->n_config_wants > MAX_CONFIG_WANTS || (p->n_config_wants && p->config_wants == NULL))
        return wrong(why, "config_wants must have %u attributes at most, and not be NULL",
                     MAX_CONFIG_WANTS);
    if (p->flags & ISAKMP_PF_XAUTH_ASK && p->flags & ISAKMP_PF_XAUTH_ANSWER)
        return wrong(why, "a peer is a client of XAUTH or its gateway, not both", 0);
    if (p->user_s && (p->user_s < MIN_USER_S || p->user_s > MAX_USER_S))
        return wrong(why, "user_s must be 0, or 5 to 3600 seconds, not %u", p->user_s);
    if (p->flags & ~(uint32_t)KNOWN_FLAGS)
        return wrong(why, "the flags %u of a peer policy are not all known", p->flags);
    return ISAKMP_OK;
}

static int check_peer(const isakmp_peer_policy *p, const isakmp_crypto *crypto, isakmp__text *why)
{
    int rc = ISAKMP_OK;
    if (p == NULL || p->size != sizeof *p)
        return wrong(why, "a peer policy must have its size set to %u", (unsigned)sizeof *p);
    if (p->n_policies && p->policies == NULL)
        return wrong(why, "the list of ISAKMP policies is NULL, but has %u elements",
                     (unsigned)p->n_policies);
    if (p->n_policies == 0 && !(p->flags & ISAKMP_PF_DEFAULT_POLICY))
        return wrong(why, "a peer policy needs at least %u ISAKMP policy", 1);
    if (p->n_policies > ISAKMP_MAX_OFFERS)
        return wrong(why, "a peer policy can have at most %u ISAKMP policies", ISAKMP_MAX_OFFERS);
    for (size_t i = 0; i < p->n_policies && rc == ISAKMP_OK; i++) {
        rc = check_policy(&p->policies[i], crypto, why);
        if (rc == ISAKMP_OK && is_taken(p, i))
            rc = wrong(why, "two ISAKMP policies have the priority %u", p->policies[i].priority);
    }
    if (rc == ISAKMP_OK)
        rc = check_id(&p->my_id, "our identity is not well formed, or longer than %u octets", why);
    if (rc == ISAKMP_OK)
        rc = check_id(&p->peer_id,
                      "the peer's identity is not well formed, or longer than %u octets", why);
    if (rc == ISAKMP_OK && p->ike_major > 1)
        rc = wrong(why, "IKE version %u is not served", p->ike_major);
    if (rc == ISAKMP_OK && p->life_mode > ISAKMP_LIFE_EXACT)
        rc = wrong(why, "%u is not a lifetime mode", p->life_mode);
    if (rc == ISAKMP_OK && p->fragment_size && p->fragment_size < 256)
        rc = wrong(why, "the fragment size must be 0, or 256 octets or more, not %u",
                   p->fragment_size);
    return rc == ISAKMP_OK ? check_habits(p, why) : rc;
}

int isakmp_peer_policy_check(const isakmp_peer_policy *p, const isakmp_crypto *crypto, char *why,
                             size_t cap)
{
    isakmp__text t = isakmp__text_begin(why, cap);
    return check_peer(p, crypto, &t);
}

/* ---- Child policies ----------------------------------------------------------------------- */

static int check_protect(const isakmp_protect *p, unsigned i, isakmp__text *why)
{
    isakmp__key_sizes unused;
    if (p->proto != ISAKMP_PROTO_ESP && p->proto != ISAKMP_PROTO_AH)
        return wrong(why, "protection %u: the protocol must be ESP or AH", i);
    if (isakmp__protect_keys(&unused, p->proto, p->transform, p->key_bits, p->integ) != ISAKMP_OK)
        return wrong(why,
                     "protection %u: these algorithms and this key length do not go together, or "
                     "protect nothing",
                     i);
    return p->esn ? wrong(why, "protection %u: extended sequence numbers are not served", i)
                  : ISAKMP_OK;
}

/* Encryption without authentication must be meant; AH in the same set authenticates too. */
static int check_integ(const isakmp_child_policy *p, size_t i, isakmp__text *why)
{
    const isakmp_protect *esp = &p->protect[i];
    if (p->flags & ISAKMP_CF_NO_INTEG || esp->integ != ISAKMP_INTEG_NONE ||
        !isakmp__wants_integ(esp->proto, esp->transform))
        return ISAKMP_OK;
    for (size_t j = 0; j < p->n_protect; j++)
        if (p->protect[j].set == esp->set && p->protect[j].proto == ISAKMP_PROTO_AH)
            return ISAKMP_OK;
    return wrong(why,
                 "protection %u: there is no authentication algorithm; if that is meant, say "
                 "ISAKMP_CF_NO_INTEG",
                 (unsigned)i + 1);
}

/* Entries of a set stand together, are of different protocols, and are not too many. */
static int check_set(const isakmp_child_policy *p, size_t i, isakmp__text *why)
{
    size_t first = i;
    while (first > 0 && p->protect[first - 1].set == p->protect[i].set)
        first--;
    for (size_t j = 0; j < i; j++) {
        if (p->protect[j].set != p->protect[i].set)
            continue;
        if (j < first)
            return wrong(why, "the protections of set %u do not stand together", p->protect[i].set);
        if (p->protect[j].proto == p->protect[i].proto)
            return wrong(why, "the protections of set %u must be of different protocols",
                         p->protect[i].set);
    }
    return ISAKMP_OK;
}

static int check_selector(const isakmp_selector *s, const char *which, isakmp__text *why)
{
    if (s->family == 0)
        return ISAKMP_OK;
    if (s->family != 4 && s->family != 6)
        isakmp__text_add(why, "the family of the %s selector must be 0, 4 or 6, not %u", which,
                         s->family);
    else if (memcmp(s->lo, s->hi, s->family == 4 ? 4 : 16) > 0)
        isakmp__text_add(why, "the last address of the %s selector is below its first one", which);
    else
        return ISAKMP_OK;
    return ISAKMP_E_ARG;
}

static int check_child_habits(const isakmp_child_policy *p, isakmp__text *why)
{
    uint16_t window = p->replay_window;
    if (p->flags & ~(uint32_t)KNOWN_CHILD_FLAGS)
        return wrong(why, "the flags %u of a child policy are not all known", p->flags);
    if (window && (window < 32 || window > 4096))
        return wrong(why, "the anti-replay window must be 32 to 4096 packets, or 0 for 64, not %u",
                     window);
    if (window && p->flags & ISAKMP_CF_NO_REPLAY)
        return wrong(why, "there cannot be an anti-replay window of %u packets and none", window);
    return ISAKMP_OK;
}

static int is_open(const isakmp_selector *s)
{
    return s->family == 0 || s->proto || s->port;
}

/* Discovery knows addresses only, and nobody is believed about what is not said here. */
static int check_ted(const isakmp_child_policy *p, isakmp__text *why)
{
    if (p->mode != ISAKMP_MODE_TUNNEL)
        return wrong(why, "endpoint discovery is for tunnel mode (%u) only", ISAKMP_MODE_TUNNEL);
    if (is_open(&p->local) || is_open(&p->remote))
        return wrong(
            why, "endpoint discovery needs %u selectors of addresses, without protocol or port", 2);
    return ISAKMP_OK;
}

static int check_child(const isakmp_child_policy *p, const isakmp_crypto *crypto, isakmp__text *why)
{
    int rc = ISAKMP_OK;
    if (p == NULL || p->size != sizeof *p)
        return wrong(why, "a child policy must have its size set to %u", (unsigned)sizeof *p);
    if (p->protect == NULL || p->n_protect == 0 || p->n_protect > ISAKMP_MAX_OFFERS)
        return wrong(why, "a child policy needs 1 to %u protections", ISAKMP_MAX_OFFERS);
    for (size_t i = 0; i < p->n_protect && rc == ISAKMP_OK; i++) {
        rc = check_protect(&p->protect[i], (unsigned)i + 1, why);
        if (rc == ISAKMP_OK)
            rc = check_integ(p, i, why);
        if (rc == ISAKMP_OK)
            rc = check_set(p, i, why);
    }
    if (rc == ISAKMP_OK && p->mode != ISAKMP_MODE_TUNNEL && p->mode != ISAKMP_MODE_TRANSPORT)
        rc = wrong(why, "%u is not a mode: tunnel is 1, transport is 2", p->mode);
    if (rc == ISAKMP_OK && p->life_mode > ISAKMP_LIFE_EXACT)
        rc = wrong(why, "%u is not a lifetime mode", p->life_mode);
    if (rc == ISAKMP_OK && p->pfs_group && isakmp_group_size(p->pfs_group) == 0)
        rc = wrong(why,
                   "the group of perfect forward secrecy must be 0, 1, 2, 5, 14 to 21 or 31, "
                   "not %u",
                   p->pfs_group);
    if (rc == ISAKMP_OK && crypto && p->pfs_group &&
        !isakmp__group_able(crypto, p->pfs_group, ISAKMP_MAX_DH_PUBLIC))
        rc = wrong(why, "the crypto provider lacks group %u", p->pfs_group);
    if (rc == ISAKMP_OK && p->life_s && p->life_s < 60)
        rc = wrong(why, "the lifetime must be %u seconds or more", 60);
    if (rc == ISAKMP_OK)
        rc = check_selector(&p->local, "local", why);
    if (rc == ISAKMP_OK)
        rc = check_selector(&p->remote, "remote", why);
    if (rc == ISAKMP_OK && p->local.family && p->remote.family &&
        p->local.family != p->remote.family)
        rc = wrong(why, "the selectors must be of one family, but the local one is of family %u",
                   p->local.family);
    if (rc == ISAKMP_OK && p->mode == ISAKMP_MODE_TRANSPORT &&
        !(isakmp__selector_is_host(&p->local) && isakmp__selector_is_host(&p->remote)))
        rc = wrong(why, "in transport mode a selector must be %u address, that of its end", 1);
    if (rc == ISAKMP_OK && p->flags & ISAKMP_CF_TED)
        rc = check_ted(p, why);
    if (rc == ISAKMP_OK && p->flags & ISAKMP_CF_REKEY_USED && !(p->flags & ISAKMP_CF_REKEY))
        rc = wrong(why, "ISAKMP_CF_REKEY_USED is of no use without ISAKMP_CF_REKEY (%u)",
                   ISAKMP_CF_REKEY);
    return rc == ISAKMP_OK ? check_child_habits(p, why) : rc;
}

int isakmp_child_policy_check(const isakmp_child_policy *p, const isakmp_crypto *crypto, char *why,
                              size_t cap)
{
    isakmp__text t = isakmp__text_begin(why, cap);
    return check_child(p, crypto, &t);
}
