/* host_who.c -- who we are, and how it is proved: what the options say of that together. */
#include <stddef.h>
#include "host_values.h"
#include "host_who.h"

/* ---- What must be there, and what would not be used ------------------------------------------ */

typedef struct rule {
    int is_broken;
    const char *sentence;
} rule;

/* The first one that is broken. */
static int judge(const rule *rules)
{
    for (; rules->sentence; rules++)
        if (rules->is_broken)
            return host_complain("%s", rules->sentence);
    return -1;
}

static int check_psk(const host_options *o, unsigned needs)
{
    const host_key_files *f = &o->files;
    int any = f->key || f->cert || f->encr_key || f->encr_cert || f->peer_key || f->peer_encr_key ||
              f->cas.n || f->crls.n || f->legacy || f->one_key;
    const rule rules[] = {
        {needs == HOST_NEED_PSK && any,
         "keys and certificates are not for --auth psk: a method such as --auth rsa-sig is needed "
         "with them"},
        {!(needs & HOST_NEED_PSK) && o->psk.key.n,
         "--psk is of no use without psk in --auth: leave it out, or add psk to the list"},
        {needs & HOST_NEED_PSK && o->psk.key.n == 0,
         "--psk TEXT or --psk-file FILE is needed: the key shared with the peer"},
        {o->peer.flags & ISAKMP_PF_CISCO_SKEYID && !(needs & HOST_NEED_ENCRYPT),
         "--cisco-skeyid is of no use without rsa-encr or rsa-encr-rev in --auth"},
        {o->peer.flags & ISAKMP_PF_HUAWEI_REV &&
             !host_has_method(&o->methods, ISAKMP_AUTH_RSA_ENCR_REV),
         "--huawei-rev is of no use without rsa-encr-rev in --auth"},
        {0, NULL}};
    return judge(rules);
}

static int check_our_keys(const host_options *o, unsigned needs)
{
    const host_key_files *f = &o->files;
    int ours = (needs & (HOST_NEED_SIGN | HOST_NEED_ENCRYPT)) != 0;
    int both = needs & HOST_NEED_SIGN && needs & HOST_NEED_ENCRYPT;
    const rule rules[] = {
        {ours && f->key == NULL,
         "--key FILE is needed with --auth: our private key, and with it --cert FILE unless the "
         "peer has our public key"},
        {!ours && (f->key || f->cert),
         "--key and --cert are of no use to a client with --auth hybrid, whose user proves who it "
         "is by XAUTH"},
        {(f->encr_key || f->encr_cert) && !both,
         "--encr-key and --encr-cert are for encrypted nonces if --auth names signatures too; "
         "without those --key and --cert are"},
        {f->encr_cert && f->encr_key == NULL,
         "--encr-cert FILE is of no use without --encr-key FILE, the private key that it is for"},
        {both && f->encr_key == NULL && !f->one_key,
         "--encr-key FILE is needed: our key for encrypted nonces, for that of --key is for "
         "signatures; or --one-key, which says that it is for both"},
        {f->one_key && !(needs & HOST_NEED_ENCRYPT && needs & (HOST_NEED_SIGN | HOST_NEED_VERIFY)),
         "--one-key is of no use unless --auth names both encrypted nonces and signatures"},
        {0, NULL}};
    return judge(rules);
}

/* How to know the peer, where signatures say who it is. */
static int check_peer(const host_options *o, unsigned needs)
{
    const host_key_files *f = &o->files;
    int verify = (needs & HOST_NEED_VERIFY) != 0, encrypt = (needs & HOST_NEED_ENCRYPT) != 0;
    const rule rules[] = {
        {verify && f->cas.n == 0 && f->peer_key == NULL,
         "--ca FILE or --peer-pubkey FILE is needed with --auth: how to know the peer"},
        {f->peer_encr_key && !(verify && encrypt),
         "--peer-encr-pubkey is for encrypted nonces if --auth names signatures too; without those "
         "--peer-pubkey is"},
        {verify && encrypt && f->cas.n == 0 && f->peer_encr_key == NULL && !f->one_key,
         "--peer-encr-pubkey FILE is needed: the peer's key for encrypted nonces; or --ca FILE, so "
         "that it is learnt from the peer's certificates"},
        {f->peer_key && !verify && !encrypt,
         "--peer-pubkey is of no use to a gateway with --auth hybrid, whose clients have no key"},
        {f->crls.n && f->cas.n == 0, "--crl is of no use without --ca FILE, whose list it is"},
        {0, NULL}};
    return judge(rules);
}

/* With encrypted nonces it is whoever has the key; in the revised mode the initiator brings its own. */
static int check_strangers(const host_options *o, unsigned needs, int initiator)
{
    const host_key_files *f = &o->files;
    int verify = (needs & HOST_NEED_VERIFY) != 0, encrypt = (needs & HOST_NEED_ENCRYPT) != 0;
    int comes = !initiator && host_has_method(&o->methods, ISAKMP_AUTH_RSA_ENCR_REV);
    int classic = host_has_method(&o->methods, ISAKMP_AUTH_RSA_ENCR);
    const rule rules[] = {
        {encrypt && !verify && f->peer_key == NULL && (classic || !comes),
         "--peer-pubkey FILE is needed with encrypted nonces: the peer's public key, with which "
         "they are encrypted"},
        {encrypt && !verify && f->peer_key == NULL && f->cas.n == 0,
         "--peer-pubkey FILE is needed with encrypted nonces: the peer's public key; or --ca FILE, "
         "for peers that send their certificate"},
        {f->cas.n && !verify && !comes,
         "--ca is of no use with this --auth: no certificate of the peer is looked at"},
        {0, NULL}};
    return judge(rules);
}

static int check_secrets(const host_options *o, unsigned needs, int initiator)
{
    int rc = check_psk(o, needs);
    if (rc < 0)
        rc = check_our_keys(o, needs);
    if (rc < 0)
        rc = check_peer(o, needs);
    return rc < 0 ? check_strangers(o, needs, initiator) : rc;
}

/* ---- Identities ------------------------------------------------------------------------------ */

static int check_names(const host_options *o)
{
    const isakmp_id *my = &o->peer.my_id, *peer = &o->peer.peer_id;
    if (my->type == ISAKMP_ID_DER_ASN1_DN && my->data.n == 0 && o->files.cert == NULL)
        return host_complain(
            "--id dn is the subject of our certificate, which --cert FILE must name");
    if (peer->type == ISAKMP_ID_DER_ASN1_DN && peer->data.n == 0)
        return host_complain(
            "--peer-id dn does not say which; one is written as dn:C=DE,O=Example,CN=gw");
    return -1;
}

/* Of the method that our certificate is for. */
static uint16_t method_of_cert(const host_options *o, unsigned needs)
{
    for (size_t i = 0; i < o->methods.n; i++)
        if (needs & HOST_NEED_SIGN ? host_method_signs(o->methods.auth[i])
                                   : o->methods.auth[i] == ISAKMP_AUTH_RSA_ENCR ||
                                         o->methods.auth[i] == ISAKMP_AUTH_RSA_ENCR_REV)
            return o->methods.auth[i];
    return ISAKMP_AUTH_RSA_SIG; /* that of a gateway with hybrid authentication */
}

/* "--id dn", and what there is without --id if we have a certificate. */
static int set_subject(host_options *o, unsigned needs)
{
    int is_asked = o->peer.my_id.type == ISAKMP_ID_DER_ASN1_DN && o->peer.my_id.data.n == 0;
    if (o->files.cert == NULL || !(is_asked || o->peer.my_id.type == ISAKMP_ID_NONE))
        return -1;
    if (host_keys_subject(&o->keyring, method_of_cert(o, needs), &o->peer.my_id, o->my_id) ||
        !is_asked)
        return -1;
    return host_complain(
        "--id dn: there is no subject of 1 to %u octets in the certificate of --cert",
        (unsigned)ISAKMP_MAX_ID);
}

/* A key for a peer whose name is in the table is for nobody else; then it is looked for by name, and in
 * Main Mode, where the name comes too late, by the address. */
static void name_psk(host_options *o)
{
    const isakmp_id *peer = &o->peer.peer_id;
    if (peer->type == ISAKMP_ID_FQDN && host_hosts_find(&o->hosts, peer->data, 0))
        o->psk.id = *peer;
}

/* ---- Policies -------------------------------------------------------------------------------- */

/* Each suite with each method. */
static int make_policies(host_options *o)
{
    size_t n = 0;
    if (o->n_suites * o->methods.n > HOST_MAX_POLICIES)
        return host_complain("--ike and --auth: %u suites with %u methods each are more than %u",
                             (unsigned)o->n_suites, (unsigned)o->methods.n,
                             (unsigned)HOST_MAX_POLICIES);
    for (size_t m = 0; m < o->methods.n; m++)
        for (size_t s = 0; s < o->n_suites; s++, n++) {
            o->policies[n] = o->suites[s];
            o->policies[n].life_s = o->ike_life_s;
            o->policies[n].auth = o->methods.auth[m];
            o->policies[n].priority = (uint16_t)(10 * (n + 1));
        }
    o->peer.n_policies = n;
    return -1;
}

int host_who_load(host_options *o, int initiator)
{
    unsigned needs = host_method_needs(&o->methods, initiator);
    char error[600];
    int rc = check_secrets(o, needs, initiator);
    if (rc < 0)
        rc = check_names(o);
    if (rc < 0 && needs != HOST_NEED_PSK &&
        !host_keys_load(&o->keyring, &o->files, &o->methods, needs, error, sizeof error))
        rc = host_complain("%s", error);
    if (rc < 0)
        rc = set_subject(o, needs);
    name_psk(o);
    return rc < 0 ? make_policies(o) : rc;
}
