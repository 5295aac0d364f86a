/* host_keygen.c -- the command line of isakmp-keygen. */
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "host_id.h"
#include "host_keygen.h"
#include "host_x509.h"

static const char usage[] =
    "usage: isakmp-keygen ca     --out NAME [--type T] [--name DN] [--days N]\n"
    "       isakmp-keygen cert   --ca NAME --out NAME [--type T] [--usage U] [--name DN]\n"
    "                            [--id ID]... [--days N]\n"
    "       isakmp-keygen rsa    --out NAME [--bits N] [--usage-keys]\n"
    "       isakmp-keygen pubkey --key FILE [--form F] [--out FILE] [--fingerprint]\n"
    "       isakmp-keygen crl    --ca NAME --out FILE [--revoke CERT]... [--days N]\n"
    "\n"
    "Makes keys, a small CA and certificates for trying things out.\n"
    "\n"
    "  ca      a key and the certificate of a CA:     NAME.key, NAME.pem\n"
    "  cert    a key and a certificate by this CA:    NAME.key, NAME.pem\n"
    "  rsa     a key without a certificate:           NAME.key; with --usage-keys one for "
    "signatures\n"
    "          and one for encryption:                NAME-sign.key, NAME-encr.key\n"
    "  pubkey  the public key of a private key, or out of a certificate or another form\n"
    "  crl     the list of certificates that the CA has revoked; all of them must be named each "
    "time\n"
    "\n"
    "  --out NAME     the files to make; one that exists is never overwritten.  Without it pubkey\n"
    "                 prints the key\n"
    "  --ca NAME      the CA, as ca made it\n"
    "  --type T       rsa2048, rsa3072, rsa4096, p256, p384 or p521    (rsa2048)\n"
    "  --usage U      what the certificate is for: signature,\n"
    "                 encryption or general, which is both             (signature)\n"
    "  --bits N       of RSA: 2048 to 8192, in steps of 8              (2048)\n"
    "  --usage-keys   two keys, each for one use\n"
    "  --name DN      such as \"C=DE, O=Example, CN=gw\"; C, ST, L, O,\n"
    "                 OU, CN and E are known                           (CN=NAME)\n"
    "  --id ID        for whom the certificate is, beside its name: fqdn:gw.example, 192.0.2.1,\n"
    "                 2001:db8::1 or user@host; up to 16 times\n"
    "  --days N       how long it holds; 0: it has just expired        (ca 3650, cert 365, crl "
    "30)\n"
    "  --key FILE     a private key, in PEM or DER; a public key also in hex, or a certificate\n"
    "  --form F       pem, der, or hex: the key-string that routers\n"
    "                 print and read                                   (pem)\n"
    "  --fingerprint  print the SHA-256 of the public key instead, to be compared by eye\n"
    "  --revoke CERT  a certificate that no longer holds, in PEM or DER; up to 16 times\n"
    "  --help         this text\n"
    "\n"
    "Key files can be read by their owner only, and have no password.\n";

void keygen_fail(const char *format, ...)
{
    va_list ap;
    fputs("isakmp-keygen: ", stderr);
    va_start(ap, format);
    vfprintf(stderr, format, ap);
    va_end(ap);
    fputc('\n', stderr);
    exit(2);
}

/* ---- Options -------------------------------------------------------------------------------- */

enum {
    OUT = 1,
    CA_NAME,
    KEY,
    TYPE,
    NAME,
    ID,
    DAYS,
    REVOKE,
    USAGE,
    BITS,
    USAGE_KEYS,
    FORM,
    FINGERPRINT,
    HELP
};

/* Which commands take which options, and which need them. */
static const struct {
    const char *name;
    int takes, needs;
} rules[] = {{NULL, 0, 0},
             {"out", KEYGEN_CA | KEYGEN_CERT | KEYGEN_PUBKEY | KEYGEN_CRL | KEYGEN_RSA,
              KEYGEN_CA | KEYGEN_CERT | KEYGEN_CRL | KEYGEN_RSA},
             {"ca", KEYGEN_CERT | KEYGEN_CRL, KEYGEN_CERT | KEYGEN_CRL},
             {"key", KEYGEN_PUBKEY, KEYGEN_PUBKEY},
             {"type", KEYGEN_CA | KEYGEN_CERT, 0},
             {"name", KEYGEN_CA | KEYGEN_CERT, 0},
             {"id", KEYGEN_CERT, 0},
             {"days", KEYGEN_CA | KEYGEN_CERT | KEYGEN_CRL, 0},
             {"revoke", KEYGEN_CRL, 0},
             {"usage", KEYGEN_CERT, 0},
             {"bits", KEYGEN_RSA, 0},
             {"usage-keys", KEYGEN_RSA, 0},
             {"form", KEYGEN_PUBKEY, 0},
             {"fingerprint", KEYGEN_PUBKEY, 0}};

static void read_id(keygen_options *o, const char *text)
{
    char error[400];
    isakmp_id *id = &o->ids[o->n_ids];
    if (o->n_ids == KEYGEN_MOST_NAMES)
        keygen_fail("--id may be given %u times", (unsigned)KEYGEN_MOST_NAMES);
    if (!host_parse_id(id, o->id_octets[o->n_ids], text, error, sizeof error))
        keygen_fail("--id %s", error);
    if (id->type == ISAKMP_ID_DER_ASN1_DN)
        keygen_fail("--id %s: the distinguished name of a certificate is said by --name", text);
    if (id->type == ISAKMP_ID_KEY_ID)
        keygen_fail("--id %s: certificates are for addresses, host names and user@host", text);
    o->n_ids++;
}

static long read_number(const char *option, const char *text, long least, long most)
{
    char *end;
    long v = strtol(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || v < least || v > most)
        keygen_fail("--%s takes a number from %ld to %ld, not \"%s\"", option, least, most, text);
    return v;
}

typedef struct choice {
    const char *word;
    unsigned value;
} choice;

static unsigned read_word(const char *option, const char *text, const choice *words)
{
    for (size_t i = 0; i < 3; i++)
        if (strcmp(words[i].word, text) == 0)
            return words[i].value;
    keygen_fail("--%s is %s, %s or %s, not \"%s\"", option, words[0].word, words[1].word,
                words[2].word, text);
}

/* Options that are neither names nor files. */
static int read_value(keygen_options *o, int which, const char *text)
{
    static const choice uses[] = {{"signature", ISAKMP_USE_SIGNATURE},
                                  {"encryption", ISAKMP_USE_ENCRYPTION},
                                  {"general", ISAKMP_USE_GENERAL}};
    static const choice forms[] = {
        {"pem", ISAKMP_KEY_PEM}, {"der", ISAKMP_KEY_DER}, {"hex", ISAKMP_KEY_STRING}};
    if (which == DAYS)
        o->days = read_number("days", text, 0, 36500);
    else if (which == BITS)
        o->bits = (unsigned)read_number("bits", text, 2048, 8192);
    else if (which == USAGE)
        o->use = read_word("usage", text, uses);
    else if (which == FORM)
        o->form = (isakmp_key_form)read_word("form", text, forms);
    else if (which == USAGE_KEYS)
        o->usage_keys = 1;
    else if (which == FINGERPRINT)
        o->fingerprint = 1;
    else
        return 0;
    return 1;
}

static void read_option(keygen_options *o, int which, const char *text)
{
    const char **places[] = {NULL, &o->out, &o->ca, &o->key, &o->type, &o->name};
    if (!(rules[which].takes & (int)o->command))
        keygen_fail("--%s is not for isakmp-keygen %s; isakmp-keygen --help shows what is",
                    rules[which].name, o->word);
    if (text && *text == '\0')
        keygen_fail("--%s may not be empty", rules[which].name);
    if (read_value(o, which, text))
        return;
    if (which == ID) {
        read_id(o, text);
    } else if (which == REVOKE) {
        if (o->n_revoke == KEYGEN_MOST_NAMES)
            keygen_fail("--revoke may be given %u times", (unsigned)KEYGEN_MOST_NAMES);
        o->revoke[o->n_revoke++] = text;
    } else {
        *places[which] = text;
    }
}

static void check_options(const keygen_options *o)
{
    const char *const given[] = {NULL, o->out, o->ca, o->key};
    for (int i = OUT; i <= KEY; i++)
        if (rules[i].needs & (int)o->command && given[i] == NULL)
            keygen_fail("%s needs --%s; isakmp-keygen --help shows what it takes", o->word,
                        rules[i].name);
    if (!host_x509_type_known(o->type))
        keygen_fail("--type is rsa2048, rsa3072, rsa4096, p256, p384 or p521, not \"%s\"", o->type);
    if (o->use != ISAKMP_USE_SIGNATURE && strncmp(o->type, "rsa", 3) != 0)
        keygen_fail("--usage: a key of type %s is for signatures only; RSA is for encryption, too",
                    o->type);
    if (o->bits % 8)
        keygen_fail("--bits takes steps of 8, not %u", o->bits);
}

static void read_command(keygen_options *o, const char *word)
{
    static const struct {
        const char *word;
        keygen_command command;
        long days;
    } commands[] = {{"ca", KEYGEN_CA, 3650},
                    {"cert", KEYGEN_CERT, 365},
                    {"rsa", KEYGEN_RSA, 0},
                    {"pubkey", KEYGEN_PUBKEY, 0},
                    {"crl", KEYGEN_CRL, 30}};
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (word && strcmp(word, commands[i].word) == 0) {
            o->word = word;
            o->command = commands[i].command;
            o->days = commands[i].days;
            return;
        }
    if (word)
        keygen_fail("\"%s\" is no command; ca, cert, rsa, pubkey and crl are, and isakmp-keygen "
                    "--help shows "
                    "them",
                    word);
    keygen_fail(
        "a command is needed: ca, cert, rsa, pubkey or crl; isakmp-keygen --help shows them");
}

void keygen_read_options(keygen_options *o, int argc, char **argv)
{
    static const struct option names[] = {{"out", 1, NULL, OUT},
                                          {"ca", 1, NULL, CA_NAME},
                                          {"key", 1, NULL, KEY},
                                          {"type", 1, NULL, TYPE},
                                          {"name", 1, NULL, NAME},
                                          {"id", 1, NULL, ID},
                                          {"days", 1, NULL, DAYS},
                                          {"revoke", 1, NULL, REVOKE},
                                          {"usage", 1, NULL, USAGE},
                                          {"bits", 1, NULL, BITS},
                                          {"usage-keys", 0, NULL, USAGE_KEYS},
                                          {"form", 1, NULL, FORM},
                                          {"fingerprint", 0, NULL, FINGERPRINT},
                                          {"help", 0, NULL, HELP},
                                          {NULL, 0, NULL, 0}};
    int which;
    o->type = "rsa2048";
    o->use = ISAKMP_USE_SIGNATURE;
    o->form = ISAKMP_KEY_PEM;
    o->bits = 2048;
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        fputs(usage, stdout);
        exit(0);
    }
    read_command(o, argc > 1 ? argv[1] : NULL);
    opterr = 0;
    while ((which = getopt_long(argc - 1, argv + 1, ":", names, NULL)) != -1) {
        if (which == HELP) {
            fputs(usage, stdout);
            exit(0);
        }
        if (which == ':')
            keygen_fail("%s needs a value; isakmp-keygen --help tells which", argv[optind]);
        if (which == '?')
            keygen_fail("%s is not an option; isakmp-keygen --help shows them all", argv[optind]);
        read_option(o, which, optarg);
    }
    if (optind < argc - 1)
        keygen_fail("\"%s\" is not an option; isakmp-keygen --help shows them all",
                    argv[optind + 1]);
    if (o->fingerprint && (o->out || o->form != ISAKMP_KEY_PEM))
        keygen_fail("--fingerprint is printed, in one form only: --out and --form are of no use");
    check_options(o);
}
