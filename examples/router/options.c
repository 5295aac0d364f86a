/* options.c -- the command line of the router. */
#define _GNU_SOURCE
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include "router.h"

static const char help[] =
    "router -- a router that speaks ISAKMP, configured as such routers are\n"
    "\n"
    "    router --config FILE [OPTION...]                run, with a prompt if there is a "
    "terminal\n"
    "    router --config FILE --exec COMMAND...          load, show, end\n"
    "    router --control SOCKET --exec COMMAND...       ask one that runs\n"
    "\n"
    "  --config FILE     its configuration\n"
    "  --exec COMMAND    do this and end; may be given several times.  \"configure terminal\" and "
    "what\n"
    "                    follows it configure\n"
    "  --control SOCKET  take commands from other processes here\n"
    "  --keys FILE       keep our private keys here; made by \"crypto key generate rsa\"\n"
    "  --crl FILE        revocation lists, for trustpoints with \"revocation-check crl\"; read "
    "again with "
    "each\n"
    "                    change of the configuration\n"
    "  --sa-log FILE     write SAs down as commands of `ip xfrm` and do not touch the kernel; no\n"
    "                    packets pass\n"
    "  --flow SRC,DST    act every second as if a packet from SRC to DST had come from the inside\n"
    "  --debug           as if \"debug crypto isakmp\" were typed first\n"
    "  --port-base N     ISAKMP on port N and NAT traversal on N+4000, here and at the peers, for\n"
    "                    trials without being root (500)\n"
    "  --help            this text\n"
    "\n"
    "Interfaces that have a crypto map are the outside; packets that come in anywhere else and\n"
    "match the map are protected.  `?` at the prompt tells what may be typed, `exit` ends the\n"
    "router.  What is configured there is not written to a file: \"show running-config\" prints "
    "it.\n";

static int complain(const char *option, const char *text, const char *expected)
{
    fprintf(stderr, "--%s %s: %s\n", option, text, expected);
    return 2;
}

static int read_port(router_options *o, const char *text)
{
    uint16_t port;
    if (!host_parse_port(&port, text) || port == 0 || host_udp_natt_port(port) == 0)
        return complain("port-base", text, "a port from 1 to 61535 was expected");
    o->port = port;
    return -1;
}

static int read_flow(router_options *o, const char *text)
{
    char source[64];
    const char *comma = strchr(text, ',');
    size_t n = comma ? (size_t)(comma - text) : sizeof source;
    if (n < sizeof source) {
        memcpy(source, text, n);
        source[n] = '\0';
        if (host_parse_addr(&o->source, source, 0) && host_parse_addr(&o->dest, comma + 1, 0) &&
            o->source.family == o->dest.family)
            return -1;
    }
    return complain("flow", text, "two addresses with a comma between them were expected");
}

static int read_one(router_options *o, int option)
{
    switch (option) {
    case 'c':
        o->config = optarg;
        return -1;
    case 'r':
        o->crl = optarg;
        return -1;
    case 'd':
        o->debug = 1;
        return -1;
    case 'e':
        if (o->n_exec == ROUTER_MAX_EXEC)
            return complain("exec", optarg, "at most 32 commands were expected");
        o->exec[o->n_exec++] = optarg;
        return -1;
    case 'f':
        return read_flow(o, optarg);
    case 'k':
        o->keys = optarg;
        return -1;
    case 'l':
        o->sa_log = optarg;
        return -1;
    case 'p':
        return read_port(o, optarg);
    case 's':
        o->control = optarg;
        return -1;
    case 'h':
        fputs(help, stdout);
        return 0;
    default:
        return 2;
    }
}

int router_options_read(router_options *o, int argc, char **argv)
{
    static const struct option all[] = {
        {"config", 1, NULL, 'c'},    {"exec", 1, NULL, 'e'},    {"flow", 1, NULL, 'f'},
        {"keys", 1, NULL, 'k'},      {"crl", 1, NULL, 'r'},     {"sa-log", 1, NULL, 'l'},
        {"port-base", 1, NULL, 'p'}, {"control", 1, NULL, 's'}, {"debug", 0, NULL, 'd'},
        {"help", 0, NULL, 'h'},      {NULL, 0, NULL, 0}};
    int option, status = -1;
    memset(o, 0, sizeof *o);
    o->port = 500;
    while (status < 0 && (option = getopt_long(argc, argv, "", all, NULL)) != -1)
        status = read_one(o, option);
    if (status >= 0)
        return status;
    if (optind < argc) {
        fprintf(stderr, "%s: an option was expected; --help shows them\n", argv[optind]);
        return 2;
    }
    o->is_client = o->control && o->n_exec && o->config == NULL;
    if (o->config == NULL && !o->is_client) {
        fprintf(stderr, "--config FILE was expected; --help shows the rest\n");
        return 2;
    }
    return -1;
}
