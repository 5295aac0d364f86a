/* isakmp_dump.c -- isakmp-dump: ISAKMP messages of a capture or of pasted hex as text, decrypted
 * where a cipher key is given.  Everything about the protocol is in libisakmp and host_track.c;
 * here are the options, the ports, and the lines around the texts. */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "host_hex.h"
#include "host_join.h"
#include "host_pcap.h"
#include "host_track.h"
#include "isakmp/mbedtls.h"

static const char usage[] =
    "Usage: isakmp-dump [OPTION]... FILE        messages of a pcap or pcapng capture\n"
    "       isakmp-dump [OPTION]... --hex TEXT  messages from hex text\n"
    "       isakmp-dump [OPTION]... [-]         messages from hex text on standard input\n"
    "\n"
    "Prints every ISAKMP (IKEv1) message as text.  Hex text may have white space, commas, colons\n"
    "and 0x in it; an empty line ends a message.\n"
    "\n"
    "  -k, --key COOKIE,KEY  decrypt the ISAKMP SA whose initiator cookie is COOKIE (16 hex "
    "digits)\n"
    "                        with the cipher key KEY (hex: 8 octets for DES, 24 for 3DES, 16, 24\n"
    "                        or 32 for AES)\n"
    "  -K, --keylog FILE     read lines COOKIE,KEY from FILE; # begins a comment.  Wireshark's\n"
    "                        ikev1_decryption_table has the same form\n"
    "  -p, --port N          look at UDP port N too, besides 500 and 4500\n"
    "  -x, --hex TEXT        read messages from TEXT\n"
    "  -h, --help            print this text and end\n"
    "\n"
    "-k, -K and -p may be given several times.  To decrypt, the messages must begin with the "
    "first\n"
    "one of the ISAKMP SA, in the order in which they were sent.  Messages that travel in\n"
    "fragments are put together.\n"
    "\n"
    "The exit status is 0 if every message was well formed, 1 if one was not, what should have "
    "been\n"
    "decrypted was not, or the capture has no message on these ports, 2 if the options or the "
    "input\n"
    "cannot be used.\n"
    "\n"
    "Examples:\n"
    "  isakmp-dump trace.pcap\n"
    "  isakmp-dump -k ab3e0f1f8bc3be8e,928392441e00ece5e8af3bc545416e86 trace.pcapng\n"
    "  xxd -p message.bin | isakmp-dump\n";

typedef struct options {
    unsigned ports[16];
    unsigned n_ports;
    const char *hex, *file;
} options;

typedef struct dumper {
    const options *o;
    host_track *track;
    host_join *join;
    unsigned long printed, malformed;
} dumper;

static void fail(const char *format, ...)
{
    va_list ap;
    fputs("isakmp-dump: ", stderr);
    va_start(ap, format);
    vfprintf(stderr, format, ap);
    va_end(ap);
    fputc('\n', stderr);
    exit(2);
}

/* ---- Messages ----------------------------------------------------------------------------- */

static void print_text(const isakmp_msg *m)
{
    size_t n = isakmp_dump(NULL, 0, m) + 1;
    char *text = malloc(n);
    if (text == NULL)
        fail("there is not enough memory for a text of %lu octets", (unsigned long)n);
    isakmp_dump(text, n, m);
    fputs(text, stdout);
    free(text);
}

static const char *why_not_decrypted(host_track_result rc)
{
    switch (rc) {
    case HOST_TRACK_NO_KEY:
        return "no key is given for this initiator cookie";
    case HOST_TRACK_NO_START:
        return "the first messages of this ISAKMP SA, from which its first IV follows, are missing";
    case HOST_TRACK_CIPHER:
        return "its cipher or its hash cannot be computed here";
    default:
        return "what comes out is no message: the key is wrong, or a message before it is missing";
    }
}

/* Decrypt if there is a key; say so if that fails. */
static host_track_result decrypt(dumper *d, isakmp_msg *m, uint8_t *bytes)
{
    const char *cipher;
    size_t octets;
    host_track_result rc = host_track_message(d->track, m, bytes);
    if (rc == HOST_TRACK_KEY_SIZE) {
        host_track_cipher(d->track, m, &cipher, &octets);
        fflush(stdout);
        fail("the key of the ISAKMP SA with initiator cookie %02x%02x%02x%02x%02x%02x%02x%02x has "
             "a wrong length: %s takes %lu octets here",
             m->h.cky_i[0], m->h.cky_i[1], m->h.cky_i[2], m->h.cky_i[3], m->h.cky_i[4],
             m->h.cky_i[5], m->h.cky_i[6], m->h.cky_i[7], cipher, (unsigned long)octets);
    }
    return rc;
}

/* Print one whole message, from bytes that may be overwritten. */
static void dump_whole(dumper *d, isakmp_msg *m, int rc, uint8_t *bytes)
{
    host_track_result readable = HOST_TRACK_READABLE;
    if (rc == ISAKMP_OK && d->track)
        readable = decrypt(d, m, bytes);
    print_text(m);
    if (readable != HOST_TRACK_READABLE)
        printf("  not decrypted: %s\n", why_not_decrypted(readable));
    if (rc != ISAKMP_OK || (readable != HOST_TRACK_READABLE && readable != HOST_TRACK_NO_KEY))
        d->malformed++;
}

/* Print a fragment, and behind the last one that was missing the message that travels in them. */
static void dump_fragment(dumper *d, const isakmp_msg *m, const isakmp_addr *from)
{
    host_joined whole;
    isakmp_span message;
    isakmp_msg w;
    int rc;
    print_text(m);
    if (host_join_add(d->join, m, from, &whole) != 0)
        fail("there is not enough memory for the fragments of a message");
    if (whole.bytes == NULL)
        return;
    message.p = whole.bytes;
    message.n = whole.n;
    printf("the message in these %u fragments\n", whole.fragments);
    rc = isakmp_msg_parse(&w, message);
    dump_whole(d, &w, rc, whole.bytes);
    free(whole.bytes);
}

/* Print one message, or a piece of one, from bytes that may be overwritten. */
static void dump_message(dumper *d, uint8_t *bytes, size_t n, const isakmp_addr *from)
{
    isakmp_span datagram = {bytes, n};
    isakmp_msg m;
    int rc = isakmp_msg_parse(&m, datagram);
    if (rc == ISAKMP_OK && host_join_is_fragment(&m))
        dump_fragment(d, &m, from);
    else
        dump_whole(d, &m, rc, bytes);
}

static int begins_with_marker(const uint8_t *p, size_t n)
{
    return n >= 4 && p[0] == 0 && p[1] == 0 && p[2] == 0 && p[3] == 0;
}

/* How much to take off before a message where a non-ESP marker may be or not.  What has its right
 * length as it stands is a message, whose initiator cookie begins with zeroes. */
static size_t possible_marker(const uint8_t *p, size_t n)
{
    isakmp_span all = {p, n};
    isakmp_header h;
    int is_whole = isakmp_header_read(&h, all) == ISAKMP_OK && h.length == n;
    return begins_with_marker(p, n) && !is_whole ? 4 : 0;
}

/* The marker is on port 4500 but not on 500, and may be elsewhere [RFC3948 2.2]. */
static size_t marker_size(const host_datagram *g)
{
    if (g->path.natt)
        return begins_with_marker(g->payload.p, g->payload.n) ? 4 : 0;
    if (g->path.local.port == 500 || g->path.remote.port == 500)
        return 0;
    return possible_marker(g->payload.p, g->payload.n);
}

/* ---- Captures ----------------------------------------------------------------------------- */

static int is_ours(const options *o, const isakmp_path *path)
{
    for (unsigned i = 0; i < o->n_ports; i++)
        if (path->local.port == o->ports[i] || path->remote.port == o->ports[i])
            return 1;
    return 0;
}

static void print_where(dumper *d, const host_datagram *g)
{
    char from[64], to[64], when[32];
    time_t seconds = (time_t)(g->time_us / 1000000);
    struct tm *utc = gmtime(&seconds);
    isakmp_addr_text(from, sizeof from, &g->path.remote);
    isakmp_addr_text(to, sizeof to, &g->path.local);
    if (utc == NULL || strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", utc) == 0)
        snprintf(when, sizeof when, "%lu", (unsigned long)seconds);
    printf("%sframe %lu, %s.%06u UTC, %s > %s", d->printed++ ? "\n" : "", g->frame, when,
           (unsigned)(g->time_us % 1000000), from, to);
}

/* What shares the port 4500 with ISAKMP messages, and has no non-ESP marker [RFC3948 2]. */
static void print_other_traffic(const host_datagram *g)
{
    const uint8_t *p = g->payload.p;
    if (g->payload.n == 1 && p[0] == 0xff)
        printf(": NAT keepalive\n");
    else if (g->payload.n >= 8)
        printf(": ESP in UDP, SPI %02x%02x%02x%02x, %lu octets\n", p[0], p[1], p[2], p[3],
               (unsigned long)(g->payload.n + g->missing));
    else
        printf(": neither ISAKMP nor ESP, %lu octets\n", (unsigned long)g->payload.n);
}

static void dump_datagram(void *user, const host_datagram *g)
{
    dumper *d = user;
    size_t skip = marker_size(g), n = g->payload.n - skip;
    uint8_t *bytes;
    if (!is_ours(d->o, &g->path))
        return;
    print_where(d, g);
    if (g->path.natt && skip == 0) {
        print_other_traffic(g);
        return;
    }
    bytes = malloc(n ? n : 1);
    if (bytes == NULL)
        fail("there is not enough memory for a message of %lu octets", (unsigned long)n);
    if (n)
        memcpy(bytes, g->payload.p + skip, n);
    putchar('\n');
    dump_message(d, bytes, n, &g->path.remote);
    if (g->missing)
        printf("  the capture has only the first %lu of its %lu octets\n", (unsigned long)n,
               (unsigned long)(n + g->missing));
    free(bytes);
}

static void dump_capture(dumper *d, const char *file)
{
    char why[512];
    if (host_pcap_read(file, dump_datagram, d, why, sizeof why) != 0) {
        fflush(stdout);
        fail("%s", why);
    }
}

/* Without this line a capture of a peer on another port looks like an empty one. */
static void say_none(const options *o)
{
    fprintf(stderr, "isakmp-dump: %s has no ISAKMP message on the UDP ports", o->file);
    for (unsigned i = 0; i < o->n_ports; i++)
        fprintf(stderr, "%s %u", i == 0 ? "" : i + 1 < o->n_ports ? "," : " and", o->ports[i]);
    fputs("; --port names another\n", stderr);
}

/* ---- Hex ---------------------------------------------------------------------------------- */

/* The length of the text up to a line that is empty or has only white space. */
static size_t length_of_message(const char *text)
{
    const char *line = text;
    while (*line) {
        size_t n = strcspn(line, "\n");
        if (line != text && strspn(line, " \t\r") >= n)
            break;
        line += n + (line[n] == '\n');
    }
    return (size_t)(line - text);
}

static void dump_hex(dumper *d, const char *text)
{
    static uint8_t bytes[65536 + 4];
    static const isakmp_addr nobody;
    char why[256];
    for (text += strspn(text, " \t\r\n"); *text; text += strspn(text, " \t\r\n")) {
        size_t length = length_of_message(text), skip;
        long n = host_hex_read(bytes, sizeof bytes, text, length, why, sizeof why);
        if (n < 0)
            fail("message %lu: %s", d->printed + 1, why);
        skip = possible_marker(bytes, (size_t)n);
        printf("%smessage %lu\n", d->printed ? "\n" : "", d->printed + 1);
        d->printed++;
        dump_message(d, bytes + skip, (size_t)n - skip, &nobody);
        text += length;
    }
    if (d->printed == 0)
        fail("there is no hex text; give it after --hex or on standard input, or name a capture");
}

static char *read_all(FILE *f)
{
    size_t n = 0, cap = 4096, got;
    char *text = malloc(cap);
    while (text && (got = fread(text + n, 1, cap - n - 1, f)) > 0) {
        n += got;
        if (cap - n == 1)
            text = realloc(text, cap *= 2);
    }
    if (text == NULL)
        fail("there is not enough memory for the hex text");
    text[n] = '\0';
    if (memchr(text, '\0', n))
        fail("standard input is not hex text; a capture must be named as FILE");
    return text;
}

/* ---- Options ------------------------------------------------------------------------------ */

static void add_key(dumper *d, const char *where, const char *text)
{
    const char *form =
        "a key has the form COOKIE,KEY: 16 hex digits, a comma, and the 8, 16, 24 or "
        "32 octets of the cipher key in hex";
    uint8_t cky_i[ISAKMP_COOKIE_SIZE], key[ISAKMP_MAX_KEY];
    const char *comma = strchr(text, ',');
    isakmp_span span = {key, 0};
    char why[256];
    long cky_n, n;
    if (comma == NULL || strchr(comma + 1, ','))
        fail("%s: there is not one comma; %s", where, form);
    cky_n = host_hex_read(cky_i, sizeof cky_i, text, (size_t)(comma - text), why, sizeof why);
    if (cky_n != ISAKMP_COOKIE_SIZE)
        fail("%s: the cookie is not 16 hex digits; %s", where, form);
    n = host_hex_read(key, sizeof key, comma + 1, strlen(comma + 1), why, sizeof why);
    if (n != 8 && n != 16 && n != 24 && n != 32)
        fail("%s: the key is not 8, 16, 24 or 32 octets in hex; %s", where, form);
    span.n = (size_t)n;
    if (host_track_key(d->track, cky_i, span) != 0)
        fail("there is not enough memory for the keys");
}

static void add_keylog(dumper *d, const char *file)
{
    char line[512], where[512];
    FILE *f = fopen(file, "r");
    if (f == NULL)
        fail("%s cannot be opened: %s", file, strerror(errno));
    for (unsigned long number = 1; fgets(line, sizeof line, f); number++) {
        line[strcspn(line, "#\r\n")] = '\0';
        if (line[strspn(line, " \t")] == '\0')
            continue;
        snprintf(where, sizeof where, "line %lu of %s", number, file);
        add_key(d, where, line);
    }
    fclose(f);
}

static void add_port(options *o, const char *text)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || n == 0 || n > 65535)
        fail("'%s' is no UDP port; --port takes a number from 1 to 65535", text);
    if (o->n_ports == sizeof o->ports / sizeof o->ports[0])
        fail("there are too many ports; --port may be given 14 times");
    o->ports[o->n_ports++] = (unsigned)n;
}

static void need_crypto(dumper *d)
{
    const isakmp_crypto *crypto = isakmp_crypto_mbedtls();
    if (d->track)
        return;
    if (crypto == NULL)
        fail("the crypto provider cannot be initialised, so nothing can be decrypted");
    d->track = host_track_new(crypto);
    if (d->track == NULL)
        fail("there is not enough memory for the keys");
}

static void read_options(dumper *d, options *o, int argc, char **argv)
{
    static const struct option names[] = {
        {"key", required_argument, NULL, 'k'},  {"keylog", required_argument, NULL, 'K'},
        {"port", required_argument, NULL, 'p'}, {"hex", required_argument, NULL, 'x'},
        {"help", no_argument, NULL, 'h'},       {NULL, 0, NULL, 0}};
    int c;
    opterr = 0;
    while ((c = getopt_long(argc, argv, ":k:K:p:x:h", names, NULL)) != -1) {
        switch (c) {
        case 'k':
            need_crypto(d);
            add_key(d, "--key", optarg);
            break;
        case 'K':
            need_crypto(d);
            add_keylog(d, optarg);
            break;
        case 'p':
            add_port(o, optarg);
            break;
        case 'x':
            o->hex = optarg;
            break;
        case 'h':
            fputs(usage, stdout);
            exit(0);
        case ':':
            fail("%s needs a value; isakmp-dump --help tells which", argv[optind - 1]);
            break;
        default:
            if (optopt)
                fail("there is no option -%c; isakmp-dump --help lists those that there are",
                     optopt);
            fail("there is no option %s; isakmp-dump --help lists those that there are",
                 argv[optind - 1]);
        }
    }
    if (argc - optind + (o->hex != NULL) > 1)
        fail("there is more than one input; give one FILE, or --hex TEXT, or nothing to read hex "
             "text from standard input");
    if (optind < argc && strcmp(argv[optind], "-") != 0)
        o->file = argv[optind];
}

int main(int argc, char **argv)
{
    options o = {{500, 4500}, 2, NULL, NULL};
    dumper d = {&o, NULL, host_join_new(), 0, 0};
    if (d.join == NULL)
        fail("there is not enough memory");
    read_options(&d, &o, argc, argv);
    if (o.file) {
        dump_capture(&d, o.file);
    } else if (o.hex) {
        dump_hex(&d, o.hex);
    } else {
        char *text = read_all(stdin);
        dump_hex(&d, text);
        free(text);
    }
    host_track_free(d.track);
    host_join_free(d.join);
    if (fflush(stdout) != 0)
        fail("the text cannot be written: %s", strerror(errno));
    if (d.printed == 0)
        say_none(&o);
    return d.malformed || d.printed == 0 ? 1 : 0;
}
