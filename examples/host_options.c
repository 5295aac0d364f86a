/* host_options.c -- the command line of the examples, as policies. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "host_options.h"
#include "host_suite.h"
#include "host_udp.h"

static int complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
static int complain(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    vfprintf(stderr, format, ap);
    va_end(ap);
    fputc('\n', stderr);
    return 2;
}

/* ---- Help ----------------------------------------------------------------------------------- */

static const char help_initiator[] =
    "Negotiate an ISAKMP SA and a child SA with a peer.\n"
    "\n"
    "  --local ADDR[:PORT]     our address; port 0: any            (any address, port 500)\n"
    "  --remote ADDR[:PORT]    the peer's address                  (port 500)\n"
    "  --mode main|aggressive  how to begin                        (main)\n"
    "  --local-net CIDR        addresses to be protected on our\n"
    "                          side, offered as they stand         (our address)\n"
    "  --remote-net CIDR       ... on the peer's side              (the peer's address)\n"
    "  --ike-lifetime SECONDS  to offer for the ISAKMP SA; many\n"
    "                          responders use and announce theirs\n"
    "                          if it is shorter, and refuse the\n"
    "                          offer if theirs is longer           (86400)\n";

static const char help_responder[] =
    "Wait for peers and negotiate ISAKMP SAs and child SAs with them.\n"
    "\n"
    "  --local ADDR[:PORT]     our address; port 0: any            (any address, port 500)\n"
    "  --remote ADDR           answer only this peer, from any\n"
    "                          port                                (everybody)\n"
    "  --mode main|aggressive  aggressive: answer Aggressive Mode\n"
    "                          as well as Main Mode                (main: Main Mode only)\n"
    "  --local-net CIDR        accept only what lies within these\n"
    "                          addresses on our side               (ANY addresses)\n"
    "  --remote-net CIDR       ... on the peer's side              (ANY addresses)\n"
    "                          without these two the peer chooses what is protected: any\n"
    "                          selectors are accepted\n"
    "  --ike-lifetime SECONDS  of the ISAKMP SA; a shorter one than\n"
    "                          the peer offers is used and\n"
    "                          announced, a longer one is no match (86400)\n";

static const char help_both[] =
    "  --esp-lifetime SECONDS  of the child SA; the shorter of\n"
    "                          both sides' is used                 (28800)\n"
    "  --ike SUITE,...         such as aes256-sha256-modp2048,\n"
    "                          3des-md5-modp1024, des-sha1-modp768,\n"
    "                          aes128-sha256-curve25519            (aes256-sha256-modp2048)\n"
    "  --esp SUITE,...         such as aes128-sha1, aes256gcm16,\n"
    "                          null-sha256; a group at the end\n"
    "                          (aes128-sha1-modp2048) asks for PFS (aes128-sha1)\n"
    "  --transport             transport mode                      (tunnel mode)\n"
    "  --psk TEXT              the pre-shared key\n"
    "  --psk-file FILE         ... the first line of a file\n"
    "  --id ID                 our identity: an address, a host\n"
    "                          name (gw or @gw), user@host or\n"
    "                          key-id:TEXT                         (our address)\n"
    "  --peer-id ID            the identity the peer must have     (any)\n"
    "  --once                  end with status 0 as soon as the first child SA is up here, with\n"
    "                          1 if one is refused or none comes up in time\n"
    "  --timeout SECONDS       how long --once waits; without\n"
    "                          --once it has no effect             (60)\n"
    "  --keylog FILE           append keys for Wireshark's ikev1_decryption_table\n"
    "  --pcap FILE             write the datagrams to a capture file\n"
    "  --verbose               show what the library logs\n"
    "  --help                  this text\n";

static void help(const char *program, int initiator)
{
    printf("usage: %s [options]     (what holds without an option is in parentheses)\n\n%s%s",
           program, initiator ? help_initiator : help_responder, help_both);
}

/* ---- Values --------------------------------------------------------------------------------- */

static int read_number(unsigned *out, const char *option, const char *text, unsigned least)
{
    char *end;
    unsigned long v;
    errno = 0;
    v = strtoul(text, &end, 10);
    if (errno || end == text || *end || text[0] == '-' || v < least || v > 0x7fffffff)
        return complain("--%s takes a number of seconds from %u on, not \"%s\"", option, least,
                        text);
    *out = (unsigned)v;
    return -1;
}

static int read_addr(isakmp_addr *out, const char *option, const char *text)
{
    if (host_parse_addr(out, text, 500))
        return -1;
    return complain("--%s takes an address such as 192.0.2.1, 192.0.2.1:500 or [2001:db8::1]:500, "
                    "where a port is 0 to 65535, not \"%s\"",
                    option, text);
}

/* The addresses whose first bits are those of an address. */
static void set_net(isakmp_selector *out, const isakmp_addr *a, unsigned long bits)
{
    memset(out, 0, sizeof *out);
    out->family = a->family;
    for (size_t i = 0; i < (a->family == 6 ? 16 : 4); i++, bits -= bits < 8 ? bits : 8) {
        uint8_t mask = (uint8_t)(0xff00u >> (bits < 8 ? bits : 8));
        out->lo[i] = a->ip[i] & mask;
        out->hi[i] = (uint8_t)(out->lo[i] | (uint8_t)~mask);
    }
}

/* "10.1.0.0/16" or an address. */
static int read_net(isakmp_selector *out, const char *option, const char *text)
{
    char host[64], net[64];
    const char *slash = strchr(text, '/');
    size_t n = slash ? (size_t)(slash - text) : strlen(text);
    isakmp_addr a;
    unsigned long bits, most;
    char *end = NULL;
    if (n < sizeof host) {
        memcpy(host, text, n);
        host[n] = '\0';
    }
    if (n >= sizeof host || strchr(host, '[') || !host_parse_addr(&a, host, 0) || a.port)
        return complain("--%s takes a network such as 10.1.0.0/16 or 2001:db8::/32, not \"%s\"",
                        option, text);
    most = a.family == 6 ? 128 : 32;
    bits = slash ? strtoul(slash + 1, &end, 10) : most;
    if (slash && (slash[1] < '0' || slash[1] > '9' || *end || bits > most))
        return complain("--%s: the prefix length in \"%s\" must be 0 to %lu", option, text, most);
    set_net(out, &a, bits);
    if (memcmp(out->lo, a.ip, most / 8) != 0) {
        isakmp_selector_text(net, sizeof net, out);
        return complain("--%s: \"%s\" has bits beyond its prefix; the network is %s", option, text,
                        net);
    }
    return -1;
}

/* As strongSwan users write them, but that a name with '@' before it may not have another. */
static int read_id(isakmp_id *out, uint8_t *data, const char *option, const char *text)
{
    isakmp_addr a;
    size_t n = strlen(text), skip = 0;
    out->type = ISAKMP_ID_FQDN;
    if (strncmp(text, "key-id:", 7) == 0) {
        out->type = ISAKMP_ID_KEY_ID;
        skip = 7;
    } else if (strchr(text, '=')) { /* as a name it would never match, and nobody would know why */
        return complain("--%s: distinguished names such as \"%s\" are not served yet; an address, "
                        "a host name, user@host and key-id:TEXT are",
                        option, text);
    } else if (strncmp(text, "fqdn:", 5) == 0) {
        skip = 5;
    } else if (text[0] == '@') {
        skip = strchr(text + 1, '@') ? n : 1;
    } else if (strchr(text, '@')) {
        out->type = ISAKMP_ID_USER_FQDN;
    } else if (host_parse_addr(&a, text, 0) && a.port == 0 && text[0] != '[') {
        out->type = a.family == 6 ? ISAKMP_ID_IPV6_ADDR : ISAKMP_ID_IPV4_ADDR;
        out->data.n = a.family == 6 ? 16 : 4;
        memcpy(data, a.ip, out->data.n);
        out->data.p = data;
        return -1;
    }
    n -= skip;
    if (n == 0 || n > ISAKMP_MAX_ID)
        return complain("--%s takes an address, a host name, user@host or key-id:TEXT of 1 to %u "
                        "characters, not \"%s\"",
                        option, (unsigned)ISAKMP_MAX_ID, text);
    memcpy(data, text + skip, n);
    out->data.p = data;
    out->data.n = n;
    return -1;
}

static int set_psk(host_options *o, const char *text, size_t n, const char *where)
{
    if (n == 0 || n > sizeof o->psk_octets)
        return complain("%s: a pre-shared key has 1 to %u octets", where,
                        (unsigned)sizeof o->psk_octets);
    memcpy(o->psk_octets, text, n);
    o->psk.key = (isakmp_span){o->psk_octets, n};
    return -1;
}

static int read_psk_file(host_options *o, const char *file)
{
    char line[ISAKMP_MAX_PSK + 3] = "";
    FILE *f = fopen(file, "r");
    size_t n;
    int why = 0;
    if (f == NULL)
        return complain("--psk-file %s: %s", file, strerror(errno));
    if (fgets(line, sizeof line, f) == NULL) {
        why = ferror(f) ? errno : 0; /* a directory opens, but cannot be read */
        line[0] = '\0';
    }
    fclose(f);
    if (why)
        return complain("--psk-file %s: %s", file, strerror(why));
    n = strcspn(line, "\r\n");
    return set_psk(o, line, n, file);
}

/* ---- Suites --------------------------------------------------------------------------------- */

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
            return complain("--%s takes 1 to %u suites with commas between them, not \"%s\"",
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
    isakmp_policy *p = &o->policies[index];
    char error[256];
    memset(p, 0, sizeof *p);
    if (!host_parse_ike(p, suite, error, sizeof error))
        return complain("--ike %s", error);
    p->priority = (uint16_t)(10 * (index + 1));
    p->auth = ISAKMP_AUTH_PSK;
    o->peer.n_policies = index + 1;
    return -1;
}

static int add_esp(host_options *o, const char *suite, size_t index)
{
    isakmp_protect *p = &o->protect[index];
    char error[256];
    uint16_t group;
    memset(p, 0, sizeof *p);
    if (!host_parse_esp(p, &group, suite, error, sizeof error))
        return complain("--esp %s", error);
    if (index && group != o->child.pfs_group)
        return complain("--esp %s: all suites must name the same group, or none", suite);
    p->set = (uint8_t)index;
    o->child.pfs_group = group;
    o->child.n_protect = index + 1;
    return -1;
}

/* ---- Options -------------------------------------------------------------------------------- */

enum {
    LOCAL = 1,
    REMOTE,
    MODE,
    IKE,
    ESP,
    PSK,
    PSK_FILE,
    ID,
    PEER_ID,
    LOCAL_NET,
    REMOTE_NET,
    IKE_LIFE,
    ESP_LIFE,
    TRANSPORT,
    ONCE,
    TIMEOUT,
    KEYLOG,
    PCAP,
    VERBOSE,
    HELP
};

static const struct option options[] = {{"local", 1, NULL, LOCAL},
                                        {"remote", 1, NULL, REMOTE},
                                        {"mode", 1, NULL, MODE},
                                        {"ike", 1, NULL, IKE},
                                        {"esp", 1, NULL, ESP},
                                        {"psk", 1, NULL, PSK},
                                        {"psk-file", 1, NULL, PSK_FILE},
                                        {"id", 1, NULL, ID},
                                        {"peer-id", 1, NULL, PEER_ID},
                                        {"local-net", 1, NULL, LOCAL_NET},
                                        {"remote-net", 1, NULL, REMOTE_NET},
                                        {"ike-lifetime", 1, NULL, IKE_LIFE},
                                        {"esp-lifetime", 1, NULL, ESP_LIFE},
                                        {"transport", 0, NULL, TRANSPORT},
                                        {"once", 0, NULL, ONCE},
                                        {"timeout", 1, NULL, TIMEOUT},
                                        {"keylog", 1, NULL, KEYLOG},
                                        {"pcap", 1, NULL, PCAP},
                                        {"verbose", 0, NULL, VERBOSE},
                                        {"help", 0, NULL, HELP},
                                        {NULL, 0, NULL, 0}};

static int read_mode(host_options *o, const char *text)
{
    if (strcmp(text, "main") == 0) {
        o->exchange = ISAKMP_EXCH_MAIN;
    } else if (strcmp(text, "aggressive") == 0) {
        o->exchange = ISAKMP_EXCH_AGGRESSIVE;
        o->peer.flags |= ISAKMP_PF_AGGRESSIVE_PSK;
    } else {
        return complain("--mode is main or aggressive, not \"%s\"", text);
    }
    return -1;
}

static int read_life(host_options *o, int which, const char *text)
{
    unsigned seconds;
    int rc = read_number(&seconds, which == IKE_LIFE ? "ike-lifetime" : "esp-lifetime", text, 60);
    if (rc >= 0)
        return rc;
    if (which == ESP_LIFE)
        o->child.life_s = seconds;
    else
        for (size_t i = 0; i < HOST_MAX_SUITES; i++)
            o->policies[i].life_s = seconds;
    return -1;
}

static int read_flag(host_options *o, int which)
{
    if (which == TRANSPORT)
        o->child.mode = ISAKMP_MODE_TRANSPORT;
    else if (which == ONCE)
        o->once = 1;
    else if (which == VERBOSE)
        o->verbose = 1;
    return -1;
}

static int read_option(host_options *o, int which, const char *text)
{
    switch (which) {
    case LOCAL:
        return read_addr(&o->local, "local", text);
    case REMOTE:
        return read_addr(&o->remote, "remote", text);
    case MODE:
        return read_mode(o, text);
    case ESP:
        return for_each_suite(o, "esp", text, add_esp);
    case PSK:
        return set_psk(o, text, strlen(text), "--psk");
    case PSK_FILE:
        return read_psk_file(o, text);
    case ID:
        return read_id(&o->peer.my_id, o->my_id, "id", text);
    case PEER_ID:
        return read_id(&o->peer.peer_id, o->peer_id, "peer-id", text);
    case LOCAL_NET:
        return read_net(&o->child.local, "local-net", text);
    case REMOTE_NET:
        return read_net(&o->child.remote, "remote-net", text);
    case ESP_LIFE:
        return read_life(o, ESP_LIFE, text);
    case TIMEOUT:
        return read_number(&o->timeout_s, "timeout", text, 1);
    case KEYLOG:
        o->keylog = text;
        return -1;
    case PCAP:
        o->pcap = text;
        return -1;
    default:
        return read_flag(o, which);
    }
}

static void set_defaults(host_options *o)
{
    memset(o, 0, sizeof *o);
    o->local.family = 4;
    o->local.port = 500;
    o->exchange = ISAKMP_EXCH_MAIN;
    o->timeout_s = 60;
    o->keyring.size = sizeof o->keyring;
    o->keyring.psks = &o->psk;
    o->keyring.n_psks = 1;
    o->peer.size = sizeof o->peer;
    o->peer.policies = o->policies;
    o->peer.flags = ISAKMP_PF_INITIAL_CONTACT;
    o->child.size = sizeof o->child;
    o->child.protect = o->protect;
    o->child.mode = ISAKMP_MODE_TUNNEL;
    (void)add_ike(o, "aes256-sha256-modp2048", 0);
    (void)add_esp(o, "aes128-sha1", 0);
}

/* What only all options together can tell. */
static int check(const host_options *o, int initiator)
{
    char why[160];
    if (initiator && o->remote.family == 0)
        return complain("--remote ADDR is needed: whom to negotiate with");
    if (initiator && o->remote.port == 0)
        return complain("--remote: nobody can be called at port 0");
    if (o->remote.family && o->local.family != o->remote.family)
        return complain("--local and --remote must both be IPv4 or both be IPv6");
    if (o->psk.key.n == 0)
        return complain("--psk TEXT or --psk-file FILE is needed: the key shared with the peer");
    if (isakmp_peer_policy_check(&o->peer, NULL, why, sizeof why) != ISAKMP_OK ||
        isakmp_child_policy_check(&o->child, NULL, why, sizeof why) != ISAKMP_OK)
        return complain("%s", why);
    return -1;
}

int host_options_read(host_options *o, int argc, char **argv, int initiator)
{
    const char *program = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
    const char *ike = NULL, *life = NULL;
    int which, rc = -1, has_local = 0;
    set_defaults(o);
    opterr = 0;
    while (rc < 0 && (which = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (which == HELP) {
            help(program, initiator);
            return 0;
        }
        if (which == ':')
            return complain("%s needs a value; %s --help shows them all", argv[optind - 1],
                            program);
        if (which == '?')
            return complain("%s is not an option; %s --help shows them all", argv[optind - 1],
                            program);
        has_local |= which == LOCAL;
        if (which == IKE)
            ike = optarg;
        else if (which == IKE_LIFE)
            life = optarg;
        else
            rc = read_option(o, which, optarg);
    }
    if (rc < 0 && optind < argc)
        rc = complain("\"%s\" is not an option; %s --help shows them all", argv[optind], program);
    if (rc < 0 && ike)
        rc = for_each_suite(o, "ike", ike, add_ike);
    if (rc < 0 && life)
        rc = read_life(o, IKE_LIFE, life);
    if (!has_local && o->remote.family)
        o->local.family = o->remote.family;
    return rc < 0 ? check(o, initiator) : rc;
}
