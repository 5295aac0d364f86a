/* host_options.c -- the command line of the examples, as policies: what host_table.c has read, taken
 * together. */
#define _GNU_SOURCE
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sodium.h>
#include "host_help.h"
#include "host_options.h"
#include "host_table.h"
#include "host_udp.h"
#include "host_values.h"
#include "host_who.h"

/* ---- Whom to negotiate with ------------------------------------------------------------------ */

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
static int find_host(host_options *o, isakmp_span name)
{
    const char *rest = (const char *)name.p + name.n;
    const isakmp_addr *at = host_hosts_find(&o->hosts, name, 0);
    if (at == NULL)
        return host_complain("--remote %s: this is no address, and no --host NAME=ADDRESS tells "
                             "that of the name",
                             o->remote_text);
    for (size_t i = 0; at && o->has_local && at->family != o->local.family;)
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
static int find_remote(host_options *o)
{
    int rc;
    if (o->remote_text == NULL)
        return -1;
    o->remote_name = name_in(o->remote_text);
    rc = o->remote_name.n ? find_host(o, o->remote_name)
                          : host_read_addr(&o->remote, "remote", o->remote_text);
    if (rc < 0 && !o->has_local)
        o->local.family = o->remote.family;
    return rc;
}

int host_options_is_remote(const host_options *o, const isakmp_addr *addr)
{
    if (o->remote_name.n)
        return host_hosts_is_at((void *)(uintptr_t)&o->hosts, o->remote_name, addr);
    return o->remote.family == 0 || memcmp(o->remote.ip, addr->ip, sizeof addr->ip) == 0;
}

/* ---- The command line ------------------------------------------------------------------------ */

/* With one network given the other one is an address of the path, or what a gateway of Mode Config gives. */
static int check_nets(const host_options *o)
{
    uint8_t local = o->child.local.family, remote = o->child.remote.family;
    if ((local == 0) == (remote == 0) || local + remote == o->remote.family)
        return -1;
    return host_complain("--%s is IPv%u, but the other side of what is protected is an address of "
                         "IPv%u; --%s can name another",
                         local ? "local-net" : "remote-net", (unsigned)(local + remote),
                         (unsigned)o->remote.family, local ? "remote-net" : "local-net");
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
    if (initiator && (rc = check_nets(o)) >= 0)
        return rc;
    if ((rc = host_who_load(o, initiator)) >= 0)
        return rc;
    if (isakmp_peer_policy_check(&o->peer, NULL, why, sizeof why) != ISAKMP_OK ||
        isakmp_child_policy_check(&o->child, NULL, why, sizeof why) != ISAKMP_OK)
        return host_complain("%s", why);
    return -1;
}

#define MOST_OPTIONS 80
/* What getopt_long() returns for the first option: beyond all characters. */
#define FIRST 256

static void list_options(struct option *out, int initiator)
{
    const host_option *it;
    memset(out, 0, (MOST_OPTIONS + 1) * sizeof *out);
    for (int i = 0; i < MOST_OPTIONS && (it = host_option_at(initiator, (size_t)i)) != NULL; i++) {
        out[i].name = it->name;
        out[i].has_arg = it->argument != NULL;
        out[i].val = FIRST + i;
    }
}

/* Is a word the name of an option? */
static int is_option(const char *word, int initiator)
{
    const host_option *it;
    if (strncmp(word, "--", 2) != 0)
        return 0;
    for (size_t i = 0; (it = host_option_at(initiator, i)) != NULL; i++)
        if (strcmp(word + 2, it->name) == 0)
            return 1;
    return 0;
}

/* One option.
 *   which    as getopt_long() returns it. */
static int read_option(host_options *o, int which, const char *word, const char *program,
                       int initiator)
{
    const host_option *it;
    if (which == ':')
        return host_complain("%s needs a value; %s --help shows them all", word, program);
    if (which == '?')
        return host_complain("%s is not an option; %s --help shows them all", word, program);
    it = host_option_at(initiator, (size_t)(which - FIRST));
    if (optarg == word && is_option(word, initiator)) /* what follows was forgotten */
        return host_complain("--%s needs a value, and %s is an option; --%s=%s if that is meant",
                             it->name, word, it->name, word);
    if (it->read)
        return it->read(o, it, optarg);
    host_help(program, initiator);
    return 0;
}

int host_options_read(host_options *o, int argc, char **argv, int initiator)
{
    const char *program = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
    struct option options[MOST_OPTIONS + 1];
    int which, rc = -1;
    host_options_set_defaults(o);
    list_options(options, initiator);
    opterr = 0;
    while (rc < 0 && (which = getopt_long(argc, argv, ":", options, NULL)) != -1)
        rc = read_option(o, which, argv[optind - 1], program, initiator);
    if (rc < 0 && optind < argc)
        rc = host_complain("\"%s\" is not an option; %s --help shows them all", argv[optind],
                           program);
    if (rc < 0)
        rc = find_remote(o);
    return rc < 0 ? check(o, initiator) : rc;
}

void host_options_free(host_options *o)
{
    host_keys_free(&o->keyring);
    host_users_forget(&o->users);
    sodium_memzero(o->psk_octets, sizeof o->psk_octets);
}
