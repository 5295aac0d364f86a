/* host_options.c -- the command line of the examples, as policies. */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sodium.h>
#include "host_help.h"
#include "host_id.h"
#include "host_options.h"
#include "host_suite.h"
#include "host_udp.h"
#include "host_values.h"
#include "host_who.h"

/* ---- Values --------------------------------------------------------------------------------- */

static int read_id(isakmp_id *out, uint8_t *data, const char *option, const char *text)
{
    char error[400];
    if (host_parse_id(out, data, text, error, sizeof error))
        return -1;
    return host_complain("--%s %s", option, error);
}

static int set_psk(host_options *o, const char *text, size_t n, const char *where)
{
    if (n == 0 || n > sizeof o->psk_octets)
        return host_complain("%s: a pre-shared key has 1 to %u octets", where,
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
        return host_complain("--psk-file %s: %s", file, strerror(errno));
    if (fgets(line, sizeof line, f) == NULL) {
        why = ferror(f) ? errno : 0; /* a directory opens, but cannot be read */
        line[0] = '\0';
    }
    fclose(f);
    if (why)
        return host_complain("--psk-file %s: %s", file, strerror(why));
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

/* ---- Options -------------------------------------------------------------------------------- */

enum {
    LOCAL = 1,
    REMOTE,
    MODE,
    IKE,
    ESP,
    PSK,
    PSK_FILE,
    AUTH,
    KEY,
    CERT,
    ENCR_KEY,
    ENCR_CERT,
    ONE_KEY,
    CA,
    CRL,
    PEER_PUBKEY,
    PEER_ENCR_PUBKEY,
    LEGACY_CERTS,
    CISCO_SKEYID,
    HUAWEI_REV,
    HOST,
    ID,
    PEER_ID,
    LOCAL_NET,
    REMOTE_NET,
    IKE_LIFE,
    ESP_LIFE,
    TRANSPORT,
    FRAGMENT_SIZE,
    ONCE,
    REPEAT,
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
                                        {"auth", 1, NULL, AUTH},
                                        {"key", 1, NULL, KEY},
                                        {"cert", 1, NULL, CERT},
                                        {"encr-key", 1, NULL, ENCR_KEY},
                                        {"encr-cert", 1, NULL, ENCR_CERT},
                                        {"one-key", 0, NULL, ONE_KEY},
                                        {"ca", 1, NULL, CA},
                                        {"crl", 1, NULL, CRL},
                                        {"peer-pubkey", 1, NULL, PEER_PUBKEY},
                                        {"peer-encr-pubkey", 1, NULL, PEER_ENCR_PUBKEY},
                                        {"legacy-certs", 0, NULL, LEGACY_CERTS},
                                        {"cisco-skeyid", 0, NULL, CISCO_SKEYID},
                                        {"huawei-rev", 0, NULL, HUAWEI_REV},
                                        {"host", 1, NULL, HOST},
                                        {"id", 1, NULL, ID},
                                        {"peer-id", 1, NULL, PEER_ID},
                                        {"local-net", 1, NULL, LOCAL_NET},
                                        {"remote-net", 1, NULL, REMOTE_NET},
                                        {"ike-lifetime", 1, NULL, IKE_LIFE},
                                        {"esp-lifetime", 1, NULL, ESP_LIFE},
                                        {"transport", 0, NULL, TRANSPORT},
                                        {"fragment-size", 1, NULL, FRAGMENT_SIZE},
                                        {"once", 0, NULL, ONCE},
                                        {"repeat", 1, NULL, REPEAT},
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
        return host_complain("--mode is main or aggressive, not \"%s\"", text);
    }
    return -1;
}

static int read_life(host_options *o, int which, const char *text)
{
    unsigned seconds;
    int rc = host_read_number(&seconds, which == IKE_LIFE ? "ike-lifetime" : "esp-lifetime",
                              "a number of seconds", text, 60);
    if (rc >= 0)
        return rc;
    if (which == ESP_LIFE)
        o->child.life_s = seconds;
    else
        for (size_t i = 0; i < HOST_MAX_SUITES; i++)
            o->suites[i].life_s = seconds;
    return -1;
}

static int read_fragment_size(host_options *o, const char *text)
{
    char *end;
    unsigned long v = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || v < 256 || v > UINT16_MAX)
        return host_complain("--fragment-size takes 256 to 65535 octets, not \"%s\"", text);
    o->peer.fragment_size = (uint16_t)v;
    return -1;
}

static int add_to_list(const char **list, unsigned *n, const char *option, const char *file)
{
    if (*n == HOST_MAX_FILES)
        return host_complain("--%s may be given %u times; one PEM file can hold several", option,
                             (unsigned)HOST_MAX_FILES);
    list[(*n)++] = file;
    return -1;
}

static int read_auth(host_options *o, const char *text)
{
    char error[300];
    if (host_parse_methods(&o->methods, text, error, sizeof error))
        return -1;
    return host_complain("--auth %s", error);
}

static int read_host(host_options *o, const char *text)
{
    char error[300];
    if (host_hosts_add(&o->hosts, text, error, sizeof error))
        return -1;
    return host_complain("--host %s", error);
}

static int read_key_option(host_options *o, int which, const char *text)
{
    host_key_files *f = &o->files;
    const char **const places[] = {[KEY] = &f->key,
                                   [CERT] = &f->cert,
                                   [ENCR_KEY] = &f->encr_key,
                                   [ENCR_CERT] = &f->encr_cert,
                                   [PEER_PUBKEY] = &f->peer_key,
                                   [PEER_ENCR_PUBKEY] = &f->peer_encr_key};
    if (which == CA)
        return add_to_list(f->cas, &f->n_cas, "ca", text);
    if (which == CRL)
        return add_to_list(f->crls, &f->n_crls, "crl", text);
    *places[which] = text;
    return -1;
}

static int read_repeat(host_options *o, const char *text)
{
    o->once = 1;
    return host_read_number(&o->repeat, "repeat", "a number", text, 1);
}

static int read_flag(host_options *o, int which)
{
    if (which == TRANSPORT)
        o->child.mode = ISAKMP_MODE_TRANSPORT;
    else if (which == ONCE)
        o->once = 1;
    else if (which == LEGACY_CERTS)
        o->files.legacy = 1;
    else if (which == ONE_KEY)
        o->files.one_key = 1;
    else if (which == CISCO_SKEYID)
        o->peer.flags |= ISAKMP_PF_CISCO_SKEYID;
    else if (which == HUAWEI_REV)
        o->peer.flags |= ISAKMP_PF_HUAWEI_REV;
    else if (which == VERBOSE)
        o->verbose = 1;
    return -1;
}

static int read_option(host_options *o, int which, const char *text)
{
    switch (which) {
    case LOCAL:
        return host_read_addr(&o->local, "local", text);
    case REMOTE:
        o->remote_text = text;
        return -1;
    case MODE:
        return read_mode(o, text);
    case ESP:
        return for_each_suite(o, "esp", text, add_esp);
    case PSK:
        return set_psk(o, text, strlen(text), "--psk");
    case PSK_FILE:
        return read_psk_file(o, text);
    case AUTH:
        return read_auth(o, text);
    case HOST:
        return read_host(o, text);
    case KEY:
    case CERT:
    case ENCR_KEY:
    case ENCR_CERT:
    case CA:
    case CRL:
    case PEER_PUBKEY:
    case PEER_ENCR_PUBKEY:
        return read_key_option(o, which, text);
    case ID:
        return read_id(&o->peer.my_id, o->my_id, "id", text);
    case PEER_ID:
        return read_id(&o->peer.peer_id, o->peer_id, "peer-id", text);
    case LOCAL_NET:
        return host_read_net(&o->child.local, "local-net", text);
    case REMOTE_NET:
        return host_read_net(&o->child.remote, "remote-net", text);
    case ESP_LIFE:
        return read_life(o, ESP_LIFE, text);
    case REPEAT:
        return read_repeat(o, text);
    case TIMEOUT:
        return host_read_number(&o->timeout_s, "timeout", "a number of seconds", text, 1);
    case FRAGMENT_SIZE:
        return read_fragment_size(o, text);
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
    o->methods.auth[0] = ISAKMP_AUTH_PSK;
    o->methods.n = 1;
    o->repeat = 1;
    o->timeout_s = 60;
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

/* NAME or NAME:PORT; empty if it is an address, or nearly one. */
static isakmp_span name_in(const char *text)
{
    isakmp_span name = {(const uint8_t *)text, strcspn(text, ":")};
    if (strchr(text, '[') || strchr(text, ':') != strrchr(text, ':') ||
        strspn(text, "0123456789.") == name.n)
        name.n = 0;
    return name;
}

/* Of the addresses of a name the first that --local can reach. */
static int find_host(host_options *o, isakmp_span name, int has_local)
{
    const char *rest = (const char *)name.p + name.n;
    const isakmp_addr *at = host_hosts_find(&o->hosts, name, 0);
    if (at == NULL)
        return host_complain("--remote %s: this is no address, and no --host NAME=ADDRESS tells "
                             "that of the name",
                             o->remote_text);
    for (size_t i = 0; at && has_local && at->family != o->local.family;)
        at = host_hosts_find(&o->hosts, name, ++i);
    if (at == NULL)
        return host_complain("--remote %s: --host must tell an address of the kind that --local is",
                             o->remote_text);
    o->remote = *at;
    o->remote.port = 500;
    if (*rest && !host_parse_port(&o->remote.port, rest + 1))
        return host_complain("--remote %s: a port is 0 to 65535", o->remote_text);
    return -1;
}

/* When all hosts are known. */
static int find_remote(host_options *o, int has_local)
{
    int rc;
    if (o->remote_text == NULL)
        return -1;
    o->remote_name = name_in(o->remote_text);
    rc = o->remote_name.n ? find_host(o, o->remote_name, has_local)
                          : host_read_addr(&o->remote, "remote", o->remote_text);
    if (rc < 0 && !has_local)
        o->local.family = o->remote.family;
    return rc;
}

int host_options_is_remote(const host_options *o, const isakmp_addr *addr)
{
    if (o->remote_name.n)
        return host_hosts_is_at((void *)(uintptr_t)&o->hosts, o->remote_name, addr);
    return o->remote.family == 0 || memcmp(o->remote.ip, addr->ip, sizeof addr->ip) == 0;
}

/* What only all options together can tell. */
static int check(host_options *o, int initiator)
{
    char why[160];
    int rc;
    if (initiator && o->remote.family == 0)
        return host_complain("--remote ADDR is needed: whom to negotiate with");
    if (initiator && o->remote.port == 0)
        return host_complain("--remote: nobody can be called at port 0");
    if (o->remote.family && o->local.family != o->remote.family)
        return host_complain("--local and --remote must both be IPv4 or both be IPv6");
    if ((rc = host_who_load(o, initiator)) >= 0)
        return rc;
    if (isakmp_peer_policy_check(&o->peer, NULL, why, sizeof why) != ISAKMP_OK ||
        isakmp_child_policy_check(&o->child, NULL, why, sizeof why) != ISAKMP_OK)
        return host_complain("%s", why);
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
            host_help(program, initiator);
            return 0;
        }
        if (which == ':')
            return host_complain("%s needs a value; %s --help shows them all", argv[optind - 1],
                                 program);
        if (which == '?')
            return host_complain("%s is not an option; %s --help shows them all", argv[optind - 1],
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
        rc = host_complain("\"%s\" is not an option; %s --help shows them all", argv[optind],
                           program);
    if (rc < 0 && ike)
        rc = for_each_suite(o, "ike", ike, add_ike);
    if (rc < 0 && life)
        rc = read_life(o, IKE_LIFE, life);
    if (rc < 0)
        rc = find_remote(o, has_local);
    return rc < 0 ? check(o, initiator) : rc;
}

void host_options_free(host_options *o)
{
    host_keys_free(&o->keyring);
    sodium_memzero(o->psk_octets, sizeof o->psk_octets);
}
