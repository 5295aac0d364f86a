/* host_table.c -- the options of initiator and responder, a row for each, and what reads their values.
 *
 * A new option is a row, the function that reads it unless one of these does, and a line in
 * tests/examples/check.sh that gives it a wrong value. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sodium.h>
#include "host_id.h"
#include "host_suite.h"
#include "host_table.h"
#include "host_values.h"

/* ---- Kinds of values ------------------------------------------------------------------------- */

static void *place(host_options *o, const host_option *it)
{
    return (char *)o + it->what;
}

static int read_text(host_options *o, const host_option *it, const char *text)
{
    *(const char **)place(o, it) = text;
    return -1;
}

static int read_switch(host_options *o, const host_option *it, const char *text)
{
    (void)text;
    *(int *)place(o, it) = 1;
    return -1;
}

static int read_peer_flag(host_options *o, const host_option *it, const char *text)
{
    (void)text;
    o->peer.flags |= (uint32_t)it->what;
    return -1;
}

static int read_life(host_options *o, const host_option *it, const char *text)
{
    unsigned seconds;
    int rc = host_read_number(&seconds, it->name, "a number of seconds", text, 60, INT32_MAX);
    *(uint32_t *)place(o, it) = seconds;
    return rc;
}

static int read_net(host_options *o, const host_option *it, const char *text)
{
    return host_read_net((isakmp_selector *)place(o, it), it->name, text);
}

static int read_file_list(host_options *o, const host_option *it, const char *text)
{
    host_file_list *list = (host_file_list *)place(o, it);
    if (list->n == HOST_MAX_FILES)
        return host_complain("--%s may be given %u times; one PEM file can hold several", it->name,
                             (unsigned)HOST_MAX_FILES);
    list->names[list->n++] = text;
    return -1;
}

/* ---- Whom to negotiate with, and how --------------------------------------------------------- */

static int read_local(host_options *o, const host_option *it, const char *text)
{
    o->has_local = 1;
    return host_read_addr(&o->local, it->name, text);
}

static int read_host(host_options *o, const host_option *it, const char *text)
{
    char error[300];
    if (host_hosts_add(&o->hosts, text, error, sizeof error))
        return -1;
    return host_complain("--%s %s", it->name, error);
}

static int read_mode(host_options *o, const host_option *it, const char *text)
{
    if (strcmp(text, "main") == 0) {
        o->exchange = ISAKMP_EXCH_MAIN;
    } else if (strcmp(text, "aggressive") == 0) {
        o->exchange = ISAKMP_EXCH_AGGRESSIVE;
        o->peer.flags |= ISAKMP_PF_AGGRESSIVE_PSK;
    } else {
        return host_complain("--%s is main or aggressive, not \"%s\"", it->name, text);
    }
    return -1;
}

/* Call one function for each of the comma-separated parts of a list. */
static int for_each_suite(host_options *o, const char *option, const char *list,
                          int (*add)(host_options *o, const char *suite, size_t index))
{
    char suite[64];
    size_t index = 0;
    for (const char *at = list;; index++) {
        size_t n = strcspn(at, ",");
        int rc;
        if (n == 0 || n >= sizeof suite || index == HOST_MAX_SUITES)
            return host_complain("--%s takes 1 to %u suites with commas between them, not \"%s\"",
                                 option, (unsigned)HOST_MAX_SUITES, list);
        memcpy(suite, at, n);
        suite[n] = '\0';
        if ((rc = add(o, suite, index)) >= 0 || at[n] == '\0')
            return rc;
        at += n + 1;
    }
}

static int add_ike(host_options *o, const char *suite, size_t index)
{
    isakmp_policy *p = &o->suites[index];
    char error[256];
    memset(p, 0, sizeof *p);
    if (!host_parse_ike(p, suite, error, sizeof error))
        return host_complain("--ike %s", error);
    o->n_suites = index + 1;
    return -1;
}

static int add_esp(host_options *o, const char *suite, size_t index)
{
    isakmp_protect *p = &o->protect[index];
    char error[256];
    uint16_t group;
    memset(p, 0, sizeof *p);
    if (!host_parse_esp(p, &group, suite, error, sizeof error))
        return host_complain("--esp %s", error);
    if (index && group != o->child.pfs_group)
        return host_complain("--esp %s: all suites must name the same group, or none", suite);
    p->set = (uint8_t)index;
    o->child.pfs_group = group;
    o->child.n_protect = index + 1;
    return -1;
}

static int read_ike(host_options *o, const host_option *it, const char *text)
{
    return for_each_suite(o, it->name, text, add_ike);
}

static int read_esp(host_options *o, const host_option *it, const char *text)
{
    return for_each_suite(o, it->name, text, add_esp);
}

static int read_transport(host_options *o, const host_option *it, const char *text)
{
    (void)it;
    (void)text;
    o->child.mode = ISAKMP_MODE_TRANSPORT;
    return -1;
}

/* ---- Who we are, and who the peer is --------------------------------------------------------- */

/* Given twice an option has its last value; but two options for one thing are a mistake. */
static int set_psk(host_options *o, const host_option *it, const char *text, size_t n,
                   const char *where)
{
    if (n == 0 || n > sizeof o->psk_octets)
        return host_complain("%s: a pre-shared key has 1 to %u octets", where,
                             (unsigned)sizeof o->psk_octets);
    if (o->psk_option && strcmp(o->psk_option, it->name) != 0)
        return host_complain("--psk and --psk-file cannot both be given");
    o->psk_option = it->name;
    memcpy(o->psk_octets, text, n);
    o->psk.key = (isakmp_span){o->psk_octets, n};
    return -1;
}

static int read_psk(host_options *o, const host_option *it, const char *text)
{
    return set_psk(o, it, text, strlen(text), "--psk");
}

static int read_psk_file(host_options *o, const host_option *it, const char *text)
{
    char line[ISAKMP_MAX_PSK + 3];
    int rc = host_read_line(line, sizeof line, it->name, text);
    if (rc < 0)
        rc = set_psk(o, it, line, strlen(line), text);
    sodium_memzero(line, sizeof line);
    return rc;
}

static int read_auth(host_options *o, const host_option *it, const char *text)
{
    char error[300];
    if (host_parse_methods(&o->methods, text, error, sizeof error))
        return -1;
    return host_complain("--%s %s", it->name, error);
}

static int read_id(host_options *o, const host_option *it, const char *text)
{
    char error[400];
    uint8_t *octets = it->what == offsetof(host_options, peer.my_id) ? o->my_id : o->peer_id;
    if (host_parse_id((isakmp_id *)place(o, it), octets, text, error, sizeof error))
        return -1;
    return host_complain("--%s %s", it->name, error);
}

/* ---- Users and addresses --------------------------------------------------------------------- */

static int read_user(host_options *o, const host_option *it, const char *text)
{
    char error[300];
    if (host_users_add(&o->users, text, error, sizeof error))
        return -1;
    return host_complain("--%s %s", it->name, error);
}

static int set_password(host_options *o, const host_option *it, const char *text)
{
    char error[100];
    if (host_users_set_password(&o->users, text, strlen(text), error, sizeof error))
        return -1;
    return host_complain("--%s %s", it->name, error);
}

static int read_password_file(host_options *o, const host_option *it, const char *text)
{
    char line[HOST_MAX_PASSWORD + 3];
    int rc = host_read_line(line, sizeof line, it->name, text);
    if (rc < 0)
        rc = set_password(o, it, line);
    sodium_memzero(line, sizeof line);
    return rc;
}

static int read_config(host_options *o, const host_option *it, const char *text)
{
    static const char *const words[] = {"", "off", "pull", "push"};
    for (o->config = HOST_CONFIG_PUSH; o->config; o->config--)
        if (strcmp(text, words[o->config]) == 0)
            return -1;
    return host_complain("--%s is pull, push or off, not \"%s\"", it->name, text);
}

static int read_pool(host_options *o, const host_option *it, const char *text)
{
    return host_read_range(o->pool, it->name, text);
}

static int read_dns(host_options *o, const host_option *it, const char *text)
{
    if (o->n_dns == HOST_MAX_DNS)
        return host_complain("--%s may be given %u times", it->name, (unsigned)HOST_MAX_DNS);
    return host_read_ip4(&o->dns[o->n_dns++], it->name, text);
}

/* ---- Staying up ------------------------------------------------------------------------------ */

static int read_fragment_size(host_options *o, const host_option *it, const char *text)
{
    unsigned octets;
    int rc = host_read_number(&octets, it->name, "octets", text, 256, UINT16_MAX);
    o->peer.fragment_size = (uint16_t)octets;
    return rc;
}

/* SECONDS, or with ":periodic" or ":on-demand" behind it. */
static int read_dpd(host_options *o, const host_option *it, const char *text)
{
    char number[16] = "";
    size_t n = strcspn(text, ":");
    const char *how = text[n] ? text + n + 1 : "periodic";
    int periodic = strcmp(how, "periodic") == 0;
    unsigned seconds = 0;
    if (n < sizeof number)
        memcpy(number, text, n);
    if ((!periodic && strcmp(how, "on-demand") != 0) ||
        !host_parse_number(&seconds, number, 1, UINT16_MAX))
        return host_complain(
            "--%s takes 1 to %u seconds, alone or with :periodic or :on-demand, not \"%s\"",
            it->name, (unsigned)UINT16_MAX, text);
    o->peer.dpd_s = (uint16_t)seconds;
    o->peer.flags &= ~(uint32_t)ISAKMP_PF_DPD_PERIODIC;
    o->peer.flags |= periodic ? ISAKMP_PF_DPD_PERIODIC : 0u;
    return -1;
}

static int read_nat_keepalive(host_options *o, const host_option *it, const char *text)
{
    unsigned seconds;
    int rc = host_read_number(&seconds, it->name, "seconds", text, 0, UINT16_MAX);
    o->natt_keepalive_s = (uint16_t)seconds;
    return rc;
}

static int read_rekey(host_options *o, const host_option *it, const char *text)
{
    (void)it;
    (void)text;
    o->peer.flags |= ISAKMP_PF_REKEY;
    o->child.flags |= ISAKMP_CF_REKEY;
    return -1;
}

static int read_replay_window(host_options *o, const host_option *it, const char *text)
{
    unsigned packets = 0;
    if (strcmp(text, "off") == 0)
        o->child.flags |= ISAKMP_CF_NO_REPLAY;
    else if (host_parse_number(&packets, text, 32, 4096))
        o->child.flags &= ~(uint32_t)ISAKMP_CF_NO_REPLAY;
    else
        return host_complain("--%s takes 32 to 4096 packets, or off, not \"%s\"", it->name, text);
    o->child.replay_window = (uint16_t)packets;
    return -1;
}

static int read_profile(host_options *o, const host_option *it, const char *text)
{
    const isakmp_profile *p;
    o->profile = isakmp_profile_find(text);
    if (o->profile) {
        o->peer.flags |= o->profile->flags;
        return -1;
    }
    fprintf(stderr, "--%s takes one of", it->name);
    for (size_t i = 0; (p = isakmp_profile_get(i)) != NULL; i++)
        fprintf(stderr, "%s %s", i ? "," : "", p->name);
    return host_complain(", not \"%s\"", text);
}

/* ---- The program ----------------------------------------------------------------------------- */

static int read_repeat(host_options *o, const host_option *it, const char *text)
{
    o->once = 1;
    return host_read_number(&o->repeat, it->name, "a number", text, 1, INT32_MAX);
}

static int read_timeout(host_options *o, const host_option *it, const char *text)
{
    return host_read_number(&o->timeout_s, it->name, "a number of seconds", text, 1, INT32_MAX);
}

/* ---- The table ------------------------------------------------------------------------------- */

#define IN(member) offsetof(host_options, member)
#define INITIATOR  HOST_FOR_INITIATOR
#define RESPONDER  HOST_FOR_RESPONDER
#define BOTH       HOST_FOR_BOTH

/* clang-format off */
static const host_option rows[] = {
    {BOTH, "local", "ADDR[:PORT]", read_local, 0,
     "our address; port 0: any", "any address, port 500"},
    {INITIATOR, "remote", "ADDR[:PORT]", read_text, IN(remote_text),
     "the peer's address, or a name that --host tells", "port 500"},
    {RESPONDER, "remote", "ADDR", read_text, IN(remote_text),
     "answer only this peer, from any port; also a name that --host tells", "everybody"},
    {BOTH, "host", "NAME=ADDR", read_host, 0,
     "where a host is, for --remote; for a responder whose --peer-id is NAME the pre-shared key is for "
     "it alone; up to 32 times", NULL},
    {INITIATOR, "mode", "main|aggressive", read_mode, 0, "how to begin", "main"},
    {RESPONDER, "mode", "main|aggressive", read_mode, 0,
     "aggressive: answer Aggressive Mode with a pre-shared key, too", "main: Main Mode; with public keys "
     "both"},
    {BOTH, "ike", "SUITE,...", read_ike, 0,
     "such as aes256-sha256-modp2048, 3des-md5-modp1024, des-sha1-modp768, aes128-sha256-curve25519",
     "aes256-sha256-modp2048"},
    {INITIATOR, "ike-lifetime", "SECONDS", read_life, IN(ike_life_s),
     "to offer for the ISAKMP SA; many responders use and announce theirs if it is shorter, and refuse "
     "the offer if theirs is longer", "86400"},
    {RESPONDER, "ike-lifetime", "SECONDS", read_life, IN(ike_life_s),
     "of the ISAKMP SA; a shorter one than the peer offers is used and announced, a longer one is no "
     "match", "86400"},
    {BOTH, "esp", "SUITE,...", read_esp, 0,
     "such as aes128-sha1, aes256gcm16, null-sha256; a group at the end (aes128-sha1-modp2048) asks for "
     "PFS", "aes128-sha1"},
    {BOTH, "esp-lifetime", "SECONDS", read_life, IN(child.life_s),
     "of the child SA; the shorter of both sides' is used", "28800"},
    {BOTH, "transport", NULL, read_transport, 0, "transport mode", "tunnel mode"},
    {INITIATOR, "local-net", "CIDR", read_net, IN(child.local),
     "addresses to be protected on our side, offered as they stand", "our address"},
    {INITIATOR, "remote-net", "CIDR", read_net, IN(child.remote),
     "... on the peer's side", "the peer's address"},
    {RESPONDER, "local-net", "CIDR", read_net, IN(child.local),
     "accept only what lies within these addresses on our side", "ANY addresses"},
    {RESPONDER, "remote-net", "CIDR", read_net, IN(child.remote),
     "... on the peer's side; without these two the peer chooses what is protected: any selectors are "
     "accepted", "ANY addresses"},

    {BOTH, "psk", "TEXT", read_psk, 0, "the pre-shared key", NULL},
    {BOTH, "psk-file", "FILE", read_psk_file, 0, "... the first line of a file", NULL},
    {BOTH, "auth", "METHOD,...", read_auth, 0,
     "how both sides prove who they are, the best way first: psk, rsa-sig, rsa-encr (encrypted nonces), "
     "rsa-encr-rev (their revised mode), ecdsa256, ecdsa384, ecdsa521, ecdsa as our key is; and with users of "
     "XAUTH, where the initiator is the client and the responder its gateway: xauth-psk, xauth-rsa, or "
     "hybrid, for which the client needs no key", "psk"},
    {BOTH, "key", "FILE", read_text, IN(files.key),
     "our private key, for signatures or, if --auth names none, for encrypted nonces; files are PEM or "
     "DER", NULL},
    {BOTH, "cert", "FILE", read_text, IN(files.cert),
     "our certificate, then those that lead to a CA; without it the peer must have our public key", NULL},
    {BOTH, "encr-key", "FILE", read_text, IN(files.encr_key),
     "our private key for encrypted nonces, if --auth names signatures, too", NULL},
    {BOTH, "encr-cert", "FILE", read_text, IN(files.encr_cert),
     "its certificate, for the same names as --cert", NULL},
    {BOTH, "one-key", NULL, read_switch, IN(files.one_key),
     "--key is for both, and so is --peer-pubkey; better have two", NULL},
    {BOTH, "ca", "FILE", read_file_list, IN(files.cas), "CAs that are trusted; up to 8 times", NULL},
    {BOTH, "crl", "FILE", read_file_list, IN(files.crls), "their revocation lists; up to 8 times", NULL},
    {BOTH, "peer-pubkey", "FILE", read_text, IN(files.peer_key),
     "the peer's public key, for what --key is for; or its certificate, or the key in hex as routers print "
     "it; then it needs no CA", NULL},
    {BOTH, "peer-encr-pubkey", "FILE", read_text, IN(files.peer_encr_key),
     "... for encrypted nonces, if --auth names signatures, too; without it the key is learnt from the "
     "peer's certificates, for next time", NULL},
    {BOTH, "cisco-skeyid", NULL, read_peer_flag, ISAKMP_PF_CISCO_SKEYID,
     "make SKEYID of encrypted nonces as Cisco IOS does", NULL},
    {BOTH, "huawei-rev", NULL, read_peer_flag, ISAKMP_PF_HUAWEI_REV,
     "the revised mode as Huawei has it", NULL},
    {BOTH, "legacy-certs", NULL, read_switch, IN(files.legacy),
     "also RSA from 1024 bits, and SHA-1", NULL},
    {BOTH, "id", "ID", read_id, IN(peer.my_id),
     "our identity: an address, a host name (gw or @gw or fqdn:gw), user@host, key-id:TEXT, a name such as "
     "dn:C=DE,O=Example,CN=gw, or dn: the subject of --cert", "with --cert dn, otherwise our address"},
    {BOTH, "peer-id", "ID", read_id, IN(peer.peer_id), "the identity the peer must have", "any"},

    {INITIATOR, "xauth-user", "NAME", read_user, 0,
     "our user, for a gateway that asks; the method of --auth may say so or not", NULL},
    {RESPONDER, "xauth-user", "NAME", read_user, 0,
     "ask clients for their user, whatever the method of --auth, and let this one in; up to 32 times",
     NULL},
    {BOTH, "xauth-password", "TEXT", set_password, 0, "the password of the --xauth-user before it", NULL},
    {BOTH, "xauth-password-file", "FILE", read_password_file, 0, "... the first line of a file", NULL},
    {INITIATOR, "mode-config", "pull|push|off", read_config, 0,
     "as a client of Mode Config ask for an address (pull), or let the gateway give one unasked (push); "
     "without --local-net it is what is protected on our side", "off"},
    {RESPONDER, "mode-config", "pull|push|off", read_config, 0,
     "give clients that ask an address (pull), or all of them unasked (push)", "with --pool pull"},
    {RESPONDER, "pool", "FIRST-LAST", read_pool, 0,
     "the addresses for clients, 256 at most; a user, or an identity without a user, has the same one "
     "again next time if it is free", NULL},
    {RESPONDER, "dns", "ADDR", read_dns, 0, "a name server, told to clients; up to 4 times", NULL},

    {BOTH, "peer-profile", "NAME", read_profile, 0,
     "do what peers of this kind need, such as cisco-ios or fortigate; a name that is not known shows them "
     "all, --verbose why", NULL},
    {BOTH, "dpd", "SECONDS[:HOW]", read_dpd, 0,
     "ask a peer of which nothing was heard for so long whether it lives, and give it up if it does not "
     "answer; periodic: always, on-demand: only while packets are sent to it, which a program without ESP "
     "such as this one never does", "never; without HOW periodic"},
    {BOTH, "nat-keepalive", "SECONDS", read_nat_keepalive, 0,
     "behind a NAT, send one octet to a peer to which nothing was sent for so long; 0: never", "20"},
    {BOTH, "rekey", NULL, read_rekey, 0,
     "negotiate new SAs before the old ones end, and let those of the peer take their place", NULL},
    {BOTH, "restart", NULL, read_peer_flag, ISAKMP_PF_RESTART,
     "when --dpd has found the peer dead, or the ISAKMP SA could not be negotiated anew, connect again until "
     "it is there", NULL},
    {BOTH, "recover", NULL, read_peer_flag, ISAKMP_PF_RECOVER,
     "negotiate a child of ours again when the peer says that it does not know its SPI, and an ISAKMP SA to "
     "tell a peer so that none is up with", NULL},
    {BOTH, "commit", NULL, read_peer_flag, ISAKMP_PF_COMMIT | ISAKMP_PF_SET_COMMIT,
     "set the commit bit in Quick Mode as responder, and heed that of a peer, for 3 seconds at most", NULL},
    {BOTH, "replay-window", "N|off", read_replay_window, 0,
     "packets of the anti-replay window, 32 to 4096", "64"},
    {BOTH, "force-encap", NULL, read_peer_flag, ISAKMP_PF_FORCE_ENCAP,
     "ESP in UDP even if no NAT is found on the way", NULL},
    {BOTH, "fragment-size", "OCTETS", read_fragment_size, 0,
     "send what does not fit into a datagram of this size in fragments, if the peer understands them",
     "never"},

    {BOTH, "once", NULL, read_switch, IN(once),
     "end with status 0 as soon as the first child SA is up here, with 1 if one is refused or none comes "
     "up in time", NULL},
    {BOTH, "repeat", "N", read_repeat, 0,
     "as --once, but N child SAs, each with an ISAKMP SA of its own, one after the other", NULL},
    {BOTH, "timeout", "SECONDS", read_timeout, 0,
     "how long --once waits, and --repeat for each; without --once it has no effect", "60"},
    {BOTH, "keylog", "FILE", read_text, IN(keylog),
     "append keys for Wireshark's ikev1_decryption_table", NULL},
    {BOTH, "pcap", "FILE", read_text, IN(pcap), "write the datagrams to a capture file", NULL},
    {BOTH, "verbose", NULL, read_switch, IN(verbose), "show what the library logs", NULL},
    {BOTH, "help", NULL, NULL, 0, "this text", NULL},
};
/* clang-format on */

const host_option *host_option_at(int initiator, size_t i)
{
    unsigned who = initiator ? HOST_FOR_INITIATOR : HOST_FOR_RESPONDER;
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++)
        if (rows[k].who & who && i-- == 0)
            return &rows[k];
    return NULL;
}

/* ---- Defaults -------------------------------------------------------------------------------- */

void host_options_set_defaults(host_options *o)
{
    memset(o, 0, sizeof *o);
    o->local.family = 4;
    o->local.port = 500;
    o->exchange = ISAKMP_EXCH_MAIN;
    o->methods.auth[0] = ISAKMP_AUTH_PSK;
    o->methods.n = 1;
    o->repeat = 1;
    o->timeout_s = 60;
    o->natt_keepalive_s = 20;
    o->keyring.size = sizeof o->keyring;
    o->keyring.psks = &o->psk;
    o->keyring.n_psks = 1;
    o->keyring.is_host_at = host_hosts_is_at;
    o->keyring.user = &o->hosts;
    o->peer.size = sizeof o->peer;
    o->peer.policies = o->policies;
    o->peer.flags = ISAKMP_PF_INITIAL_CONTACT;
    o->child.size = sizeof o->child;
    o->child.protect = o->protect;
    o->child.mode = ISAKMP_MODE_TUNNEL;
    (void)add_ike(o, "aes256-sha256-modp2048", 0);
    (void)add_esp(o, "aes128-sha1", 0);
}
