/* policy/profile.c -- what peers of a kind need, as data.
 *
 * Only what somebody has seen is here.  What is granted to every peer is no tolerance of a kind: any order
 * of attributes, RESERVED octets that are not zero, any padding, garbage in NAT-OA, fragments of a peer
 * that we have not told that we understand them, the last message of Aggressive Mode in the clear, ports
 * 0, 500 and 4500 in identities, attribute numbers of the other phase in RESPONDER-LIFETIME. */
#include "base/text.h"
#include "isakmp/profile.h"

static const isakmp_tolerance tolerances[] = {
    {ISAKMP_PF_CISCO_SKEYID, "cisco-skeyid",
     "with RSA encrypted nonces Cisco IOS makes SKEYID of the nonces, not of their hash (found "
     "with "
     "routers by the RUB-NDS state machine extractor)"},
    {ISAKMP_PF_HUAWEI_REV, "huawei-rev",
     "in the revised mode of RSA encrypted nonces Huawei encrypts each payload by itself, counts "
     "padding otherwise, and leaves the first four octets of an identity clear (the same)"},
    {ISAKMP_PF_SHA256_96, "sha256-96",
     "Android 6 and 7 cut HMAC-SHA2-256 to 96 bits, as a draft before RFC 4868 had it "
     "(trailofbits/algo issue 247)"},
    {ISAKMP_PF_SHORT_LIFE, "short-life",
     "FortiGate refuses every proposal with a very long lifetime, such as 2,147,483 seconds "
     "(ndpgroup/vpnc pull request 9)"},
    {ISAKMP_PF_DIGEST_INFO, "digest-info",
     "a few peers sign a DigestInfo, not the bare hash of RFC 2409 5.1; it is not known which, so "
     "this "
     "is in no profile"},
};

#define N_TOLERANCES (sizeof tolerances / sizeof tolerances[0])

static const isakmp_profile profiles[] = {
    {"android", "Android's own client, from version 8 on", 0,
     "versions 6 and 7 are the profile android-6"},
    {"android-6", "Android's own client, versions 6 and 7", ISAKMP_PF_SHA256_96, NULL},
    {"apple", "iOS and macOS, their own Cisco IPsec client", 0,
     "it sends fragments whether we have said that we understand them or not, which everybody may"},
    {"checkpoint", "Check Point gateways", 0,
     "it has numbers of its own for algorithms, 7 for HMAC-SHA-1 with 160 bits and 12 for "
     "HMAC-SHA2-256, which are not spoken here: offer it SHA-1 or SHA-256 under their usual ones"},
    {"cisco-asa", "Cisco ASA, and the VPN 3000 before it", 0,
     "where its load is balanced it sends clients to another gateway: ISAKMP_EV_REDIRECT"},
    {"cisco-ios", "routers with Cisco IOS", ISAKMP_PF_CISCO_SKEYID,
     "as responder in Main Mode we find out by ourselves how it makes SKEYID"},
    {"fortigate", "FortiGate", ISAKMP_PF_SHORT_LIFE,
     "in RESPONDER-LIFETIME it mixes the attribute numbers of both phases, which everybody may"},
    {"fritzbox", "AVM FRITZ!Box", 0,
     "it begins in Aggressive Mode with a pre-shared key, whose hash lets everybody who listens "
     "try "
     "out weak keys: only ISAKMP_PF_AGGRESSIVE_PSK lets it in; as a client it knows neither AH nor "
     "perfect forward secrecy"},
    {"huawei", "Huawei routers", ISAKMP_PF_HUAWEI_REV, NULL},
    {"juniper-srx", "Juniper SRX, and NetScreen before it", 0, NULL},
    {"libreswan", "libreswan, and Openswan before it", 0,
     "it ignores the commit bit, and INITIAL-CONTACT from us"},
    {"strongswan", "strongSwan", 0,
     "it ignores the commit bit, and drops CONNECTED as malformed; it only logs INVALID-SPI, but "
     "acts "
     "on the Delete that goes before it"},
    {"windows", "Windows, as a client of L2TP or IPsec", 0,
     "it sends up to 29 fragments of a message, which everybody may"},
};

#define N_PROFILES (sizeof profiles / sizeof profiles[0])

static int same_text(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

const isakmp_profile *isakmp_profile_find(const char *name)
{
    for (size_t i = 0; name && i < N_PROFILES; i++)
        if (same_text(profiles[i].name, name))
            return &profiles[i];
    return NULL;
}

const isakmp_profile *isakmp_profile_get(size_t i)
{
    return i < N_PROFILES ? &profiles[i] : NULL;
}

const isakmp_tolerance *isakmp_tolerance_get(size_t i)
{
    return i < N_TOLERANCES ? &tolerances[i] : NULL;
}

size_t isakmp_profile_text(char *out, size_t cap, const isakmp_profile *p)
{
    isakmp__text t = isakmp__text_begin(out, cap);
    isakmp__text_add(&t, "%s: %s\n", p->name, p->what);
    for (size_t i = 0; i < N_TOLERANCES; i++)
        if (p->flags & tolerances[i].flag)
            isakmp__text_add(&t, "  %s: %s\n", tolerances[i].name, tolerances[i].why);
    if (p->note)
        isakmp__text_add(&t, "  note: %s\n", p->note);
    return t.len;
}
