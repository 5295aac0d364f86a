/* host_help.c -- what --help says. */
#include <stdio.h>
#include "host_help.h"

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
    "                          with a pre-shared key, too          (main: Main Mode; with\n"
    "                                                              signatures both)\n"
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
    "  --auth METHOD           how both sides prove who they are:\n"
    "                          psk, rsa-sig, ecdsa256, ecdsa384,\n"
    "                          ecdsa521, or ecdsa as our key is    (psk)\n"
    "  --key FILE              our private key; files are PEM or\n"
    "                          DER\n"
    "  --cert FILE             our certificate, then those that lead to a CA; without it the peer\n"
    "                          must have our public key\n"
    "  --ca FILE               CAs that are trusted; up to 8 times\n"
    "  --crl FILE              their revocation lists; up to 8 times\n"
    "  --peer-pubkey FILE      the peer's public key, or its certificate; then it needs no CA\n"
    "  --legacy-certs          also RSA from 1024 bits, and SHA-1\n"
    "  --id ID                 our identity: an address, a host\n"
    "                          name (gw or @gw or fqdn:gw),\n"
    "                          user@host, key-id:TEXT, a name such\n"
    "                          as dn:C=DE,O=Example,CN=gw, or dn:\n"
    "                          the subject of --cert               (with --cert dn, otherwise\n"
    "                                                              our address)\n"
    "  --peer-id ID            the identity the peer must have     (any)\n"
    "  --fragment-size OCTETS  send what does not fit into a\n"
    "                          datagram of this size in fragments,\n"
    "                          if the peer understands them        (never)\n"
    "  --once                  end with status 0 as soon as the first child SA is up here, with\n"
    "                          1 if one is refused or none comes up in time\n"
    "  --timeout SECONDS       how long --once waits; without\n"
    "                          --once it has no effect             (60)\n"
    "  --keylog FILE           append keys for Wireshark's ikev1_decryption_table\n"
    "  --pcap FILE             write the datagrams to a capture file\n"
    "  --verbose               show what the library logs\n"
    "  --help                  this text\n";

void host_help(const char *program, int initiator)
{
    printf("usage: %s [options]     (what holds without an option is in parentheses)\n\n%s%s",
           program, initiator ? help_initiator : help_responder, help_both);
}
