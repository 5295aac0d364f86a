/* ios/commands.c -- the table: every command there is, with its mode. */
#include "handlers.h"

#define EXEC       ISAKMP_IOS_EXEC
#define CONFIG     ISAKMP_IOS_CONFIG
#define POLICY     ISAKMP_IOS_POLICY
#define CHAIN      ISAKMP_IOS_CHAIN
#define KEY        ISAKMP_IOS_KEY
#define TRANSFORM  ISAKMP_IOS_TRANSFORM
#define MAP        ISAKMP_IOS_MAP
#define ACL        ISAKMP_IOS_ACL
#define TRUSTPOINT ISAKMP_IOS_TRUSTPOINT
#define INTERFACE  ISAKMP_IOS_INTERFACE
#define ANY        ISAKMP__ANY_CONFIG
#define NO         ISAKMP__NO
#define SHOW(what) ISAKMP_IOS_SHOW_##what,

/* clang-format off */

#define TRANSFORMS                                                                                 \
    "esp-des|esp-3des|esp-aes|esp-null|esp-gcm|esp-gmac|esp-md5-hmac|esp-sha-hmac|"                \
    "esp-sha256-hmac|esp-sha384-hmac|esp-sha512-hmac|"                                             \
    "ah-md5-hmac|ah-sha-hmac|ah-sha256-hmac|ah-sha384-hmac|ah-sha512-hmac"
#define GROUPS "1|2|5|14|15|16|19|20|21|31"
#define PFS_GROUPS "group1|group2|group5|group14|group15|group16|group19|group20|group21|group31"
#define PROTOCOLS "ip|icmp|igmp|ipinip|tcp|udp|gre|esp|ahp|eigrp|ospf|nos|pim|pcp|<0-255>"
#define PLACE "(any|host A.B.C.D|A.B.C.D A.B.C.D) [eq WORD]"
#define RULE "(permit|deny) (" PROTOCOLS ") " PLACE " " PLACE

const isakmp__row isakmp__ios_rows[] = {
    {EXEC, 0, 0, "configure terminal", isakmp__ios_do_configure},
    {EXEC, 0, ISAKMP_IOS_LEAVE, "exit", isakmp__ios_do_action},
    {EXEC, 0, ISAKMP_IOS_LEAVE, "logout", isakmp__ios_do_action},
    {EXEC, 0, ISAKMP_IOS_LEAVE, "quit", isakmp__ios_do_action},
    {EXEC, 0, SHOW(POLICY)        "show crypto isakmp policy", isakmp__ios_do_action},
    {EXEC, 0, SHOW(KEY)           "show crypto isakmp key", isakmp__ios_do_action},
    {EXEC, 0, SHOW(SA)            "show crypto isakmp sa", isakmp__ios_do_action},
    {EXEC, 0, SHOW(IPSEC_SA)      "show crypto ipsec sa", isakmp__ios_do_action},
    {EXEC, 0, SHOW(TRANSFORM_SET) "show crypto ipsec transform-set", isakmp__ios_do_action},
    {EXEC, 0, SHOW(LIFETIME)      "show crypto ipsec security-association lifetime", isakmp__ios_do_action},
    {EXEC, 0, SHOW(MY_KEYS)       "show crypto key mypubkey rsa", isakmp__ios_do_action},
    {EXEC, 0, SHOW(CHAIN)         "show crypto key pubkey-chain rsa [name WORD|address A.B.C.D]", isakmp__ios_do_one},
    {EXEC, 0, SHOW(MAP)           "show crypto map", isakmp__ios_do_action},
    {EXEC, 0, SHOW(DYNAMIC_MAP)   "show crypto dynamic-map", isakmp__ios_do_action},
    {EXEC, 0, SHOW(TRUSTPOINTS)   "show crypto (ca|pki) trustpoints", isakmp__ios_do_action},
    {EXEC, 0, SHOW(POOL)          "show ip local pool [WORD]", isakmp__ios_do_one},
    {EXEC, 0, SHOW(ACL)           "show access-lists [WORD]", isakmp__ios_do_one},
    {EXEC, 0, SHOW(HOSTS)         "show hosts", isakmp__ios_do_action},
    {EXEC, 0, SHOW(RUNNING)       "show running-config", isakmp__ios_do_action},
    {EXEC, 0, ISAKMP_IOS_CLEAR_ISAKMP, "clear crypto isakmp [<1-4294967295>]", isakmp__ios_do_one},
    {EXEC, 0, ISAKMP_IOS_CLEAR_SA,     "clear crypto sa [peer A.B.C.D]", isakmp__ios_do_one},
    {EXEC, NO, ISAKMP_IOS_DEBUG_ISAKMP, "debug (all|crypto isakmp)", isakmp__ios_do_action},
    {EXEC, 0, ISAKMP_IOS_UNDEBUG,      "undebug (all|crypto isakmp)", isakmp__ios_do_action},

    {ANY, 0, 0, "exit", isakmp__ios_do_exit},
    {ANY, 0, 0, "quit", isakmp__ios_do_exit},
    {ANY, 0, 0, "end", isakmp__ios_do_end},

    {CONFIG, NO, 0, "hostname ~ WORD", isakmp__ios_set_hostname},
    {CONFIG, NO, 0, "ip domain-name ~ WORD", isakmp__ios_set_domain},
    {CONFIG, NO, 0, "ip domain name ~ WORD", isakmp__ios_set_domain},
    {CONFIG, NO, 0, "ip host WORD ~ A.B.C.D [A.B.C.D] [A.B.C.D] [A.B.C.D] [A.B.C.D] [A.B.C.D] "
                    "[A.B.C.D] [A.B.C.D]", isakmp__ios_set_host},
    {CONFIG, NO, 0, "ip local pool WORD ~ A.B.C.D [A.B.C.D]", isakmp__ios_set_pool},
    {CONFIG, NO, 0, "ip access-list extended WORD", isakmp__ios_set_list},
    {CONFIG, NO, 0, "access-list (<100-199>|<2000-2699>) ~ " RULE, isakmp__ios_set_numbered},
    {CONFIG, NO, 0, "interface WORD [WORD]", isakmp__ios_set_interface},

    {CONFIG, NO, 0, "crypto isakmp enable", isakmp__ios_set_enable},
    {CONFIG, NO, 0, "crypto isakmp policy <1-10000>", isakmp__ios_set_policy},
    {CONFIG, NO, 4, "crypto isakmp key WORD address A.B.C.D [A.B.C.D]", isakmp__ios_set_psk},
    {CONFIG, NO, 0, "crypto isakmp key WORD hostname WORD", isakmp__ios_set_psk},
    {CONFIG, NO, 0, "crypto isakmp identity ~ (address|hostname|dn)", isakmp__ios_set_identity},
    {CONFIG, NO, 0, "crypto isakmp keepalive ~ <10-3600> [<2-60>] [periodic|on-demand]",
        isakmp__ios_set_keepalive},
    {CONFIG, NO, 0, "crypto isakmp nat keepalive ~ <5-3600>", isakmp__ios_set_nat_keepalive},
    {CONFIG, NO, 0, "crypto isakmp invalid-spi-recovery", isakmp__ios_set_recovery},
    {CONFIG, NO, 0, "crypto isakmp aggressive-mode disable", isakmp__ios_set_aggressive},
    {CONFIG, NO, 0, "crypto isakmp client configuration address-pool local ~ WORD",
        isakmp__ios_set_client_pool},

    {CONFIG, 0, 0, "crypto key generate rsa [general-keys|usage-keys]", isakmp__ios_do_make_keys},
    {CONFIG, 0, 0, "crypto key generate rsa [general-keys|usage-keys] modulus <360-8192>",
        isakmp__ios_do_make_keys},
    {CONFIG, 0, ISAKMP_IOS_ZEROIZE_KEYS, "crypto key zeroize rsa", isakmp__ios_do_action},
    {CONFIG, 0, 0, "crypto key pubkey-chain rsa", isakmp__ios_set_chain},
    {CONFIG, NO, 0, "crypto (ca|pki) trustpoint WORD", isakmp__ios_set_trustpoint},
    {CONFIG, 0, 0, "crypto (ca|pki) authenticate WORD", isakmp__ios_set_certificate},
    {CONFIG, 0, 1, "crypto (ca|pki) import WORD certificate", isakmp__ios_set_certificate},

    {CONFIG, NO, 1, "crypto ipsec security-association lifetime seconds ~ <120-86400>",
        isakmp__ios_set_lifetime},
    {CONFIG, NO, 0, "crypto ipsec security-association lifetime kilobytes ~ <2560-536870912>",
        isakmp__ios_set_lifetime},
    {CONFIG, NO, 0, "crypto ipsec transform-set WORD ~ (" TRANSFORMS ") [128|192|256] "
                    "[" TRANSFORMS "] [128|192|256] [" TRANSFORMS "] [128|192|256]",
        isakmp__ios_set_transform},
    {CONFIG, NO, 0, "crypto dynamic-map WORD ~ <1-65535>", isakmp__ios_set_dynamic},
    {CONFIG, NO, 0, "crypto map WORD ~ <1-65535> [ipsec-isakmp]", isakmp__ios_set_map},
    {CONFIG, NO, 1, "crypto map WORD <1-65535> ipsec-isakmp dynamic WORD [discover]",
        isakmp__ios_set_map},
    {CONFIG, NO, 0, "crypto map WORD client configuration address [initiate|respond]",
        isakmp__ios_set_client},

    {POLICY, NO, 0, "encryption ~ (des|3des)", isakmp__ios_set_cipher},
    {POLICY, NO, 0, "encryption aes [128|192|256]", isakmp__ios_set_cipher},
    {POLICY, NO, 0, "hash ~ (sha|md5|sha256|sha384|sha512)", isakmp__ios_set_hash},
    {POLICY, NO, 0, "authentication ~ (rsa-sig|rsa-encr|pre-share)", isakmp__ios_set_auth},
    {POLICY, NO, 0, "group ~ (" GROUPS ")", isakmp__ios_set_group},
    {POLICY, NO, 0, "lifetime ~ <60-4294967295>", isakmp__ios_set_policy_life},

    {CHAIN, NO, 0, "named-key WORD ~ [encryption|signature]", isakmp__ios_set_key},
    {CHAIN, NO, 4, "addressed-key A.B.C.D ~ [encryption|signature]", isakmp__ios_set_key},
    {KEY, NO, 0, "address ~ A.B.C.D", isakmp__ios_set_key_address},
    {KEY, NO, 0, "key-string ~ [LINE]", isakmp__ios_set_key_string},

    {TRUSTPOINT, NO, 0, "enrollment ~ terminal [pem]", isakmp__ios_set_enrollment},
    {TRUSTPOINT, NO, 0, "revocation-check ~ (none|crl)", isakmp__ios_set_revocation},

    {TRANSFORM, NO, 0, "mode ~ (tunnel|transport)", isakmp__ios_set_mode},

    {MAP, NO, 0, "set peer (A.B.C.D|WORD)", isakmp__ios_set_peer},
    {MAP, NO, 0, "set transform-set ~ WORD [WORD] [WORD] [WORD] [WORD] [WORD]",
        isakmp__ios_set_sets},
    {MAP, NO, 0, "set pfs [" PFS_GROUPS "]", isakmp__ios_set_pfs},
    {MAP, NO, 1, "set security-association lifetime seconds ~ <120-86400>",
        isakmp__ios_set_map_life},
    {MAP, NO, 0, "set security-association lifetime kilobytes ~ <2560-536870912>",
        isakmp__ios_set_map_life},
    {MAP, NO, 0, "match address ~ WORD", isakmp__ios_set_match},

    {ACL, NO, 0, RULE, isakmp__ios_set_rule},

    {INTERFACE, NO, 0, "ip address ~ A.B.C.D A.B.C.D", isakmp__ios_set_address},
    {INTERFACE, NO, 0, "crypto map ~ WORD", isakmp__ios_set_interface_map},
    {INTERFACE, NO, 0, "shutdown", isakmp__ios_set_shutdown},
};

typedef char a_row_is_an_octet[sizeof isakmp__ios_rows / sizeof isakmp__ios_rows[0] <= 256 ? 1 : -1];
const unsigned isakmp__ios_n_rows = sizeof isakmp__ios_rows / sizeof isakmp__ios_rows[0];

/* ---- Keywords and their numbers ------------------------------------------------------------- */

const isakmp__choice_of isakmp__ios_ciphers[] = {
    {"des",  ISAKMP_CIPHER_DES,  0}, {"3des", ISAKMP_CIPHER_3DES, 0}, {"aes", ISAKMP_CIPHER_AES, 128},
    {NULL, 0, 0}};

const isakmp__choice_of isakmp__ios_hash_words[] = {
    {"sha",    ISAKMP_HASH_SHA1,   0}, {"md5",    ISAKMP_HASH_MD5,    0},
    {"sha256", ISAKMP_HASH_SHA256, 0}, {"sha384", ISAKMP_HASH_SHA384, 0},
    {"sha512", ISAKMP_HASH_SHA512, 0}, {NULL, 0, 0}};

const isakmp__choice_of isakmp__ios_auth_words[] = {
    {"rsa-sig",   ISAKMP_AUTH_RSA_SIG, 0}, {"rsa-encr", ISAKMP_AUTH_RSA_ENCR, 0},
    {"pre-share", ISAKMP_AUTH_PSK,     0}, {NULL, 0, 0}};

/* b: bits */
const isakmp__choice_of isakmp__ios_group_words[] = {
    {"1",  ISAKMP_GROUP_MODP_768,  768},  {"2",  ISAKMP_GROUP_MODP_1024, 1024},
    {"5",  ISAKMP_GROUP_MODP_1536, 1536}, {"14", ISAKMP_GROUP_MODP_2048, 2048},
    {"15", ISAKMP_GROUP_MODP_3072, 3072}, {"16", ISAKMP_GROUP_MODP_4096, 4096},
    {"19", ISAKMP_GROUP_ECP_256,   256},  {"20", ISAKMP_GROUP_ECP_384,   384},
    {"21", ISAKMP_GROUP_ECP_521,   521},  {"31", ISAKMP_GROUP_CURVE25519, 255}, {NULL, 0, 0}};

const isakmp__transform_word isakmp__ios_transform_words[] = {
    {"esp-des",         'e', ISAKMP_ESP_DES,           0},
    {"esp-3des",        'e', ISAKMP_ESP_3DES,          0},
    {"esp-aes",         'e', ISAKMP_ESP_AES_CBC,       1},
    {"esp-null",        'e', ISAKMP_ESP_NULL,          0},
    {"esp-gcm",         'e', ISAKMP_ESP_AES_GCM_16,    1},
    {"esp-gmac",        'e', ISAKMP_ESP_NULL_GMAC,     1},
    {"esp-md5-hmac",    'i', ISAKMP_INTEG_HMAC_MD5,    0},
    {"esp-sha-hmac",    'i', ISAKMP_INTEG_HMAC_SHA1,   0},
    {"esp-sha256-hmac", 'i', ISAKMP_INTEG_HMAC_SHA256, 0},
    {"esp-sha384-hmac", 'i', ISAKMP_INTEG_HMAC_SHA384, 0},
    {"esp-sha512-hmac", 'i', ISAKMP_INTEG_HMAC_SHA512, 0},
    {"ah-md5-hmac",     'a', ISAKMP_AH_MD5,            0},
    {"ah-sha-hmac",     'a', ISAKMP_AH_SHA1,           0},
    {"ah-sha256-hmac",  'a', ISAKMP_AH_SHA256,         0},
    {"ah-sha384-hmac",  'a', ISAKMP_AH_SHA384,         0},
    {"ah-sha512-hmac",  'a', ISAKMP_AH_SHA512,         0},
    {NULL, 0, 0, 0}};

const isakmp__choice_of isakmp__ios_protocols[] = {
    {"ip", 0, 0}, {"icmp", 1, 0}, {"igmp", 2, 0}, {"ipinip", 4, 0}, {"tcp", 6, 0}, {"udp", 17, 0},
    {"gre", 47, 0}, {"esp", 50, 0}, {"ahp", 51, 0}, {"eigrp", 88, 0}, {"ospf", 89, 0}, {"nos", 94, 0},
    {"pim", 103, 0}, {"pcp", 108, 0}, {NULL, 0, 0}};

/* a: the port; b: the protocol */
const isakmp__choice_of isakmp__ios_ports[] = {
    {"ftp", 21, 6}, {"telnet", 23, 6}, {"smtp", 25, 6}, {"domain", 53, 6}, {"www", 80, 6},
    {"bgp", 179, 6}, {"domain", 53, 17}, {"bootps", 67, 17}, {"bootpc", 68, 17}, {"tftp", 69, 17},
    {"ntp", 123, 17}, {"snmp", 161, 17}, {"isakmp", 500, 17}, {"syslog", 514, 17}, {"rip", 520, 17},
    {"non500-isakmp", 4500, 17}, {NULL, 0, 0}};

/* ---- A word of help ------------------------------------------------------------------------- */

static const struct {
    const char *keyword, *text;
} helps[] = {
    {"3des", "Triple DES"},
    {"access-list", "Add an access list entry"},
    {"access-lists", "List access lists"},
    {"address", "By address"},
    {"address-pool", "Set network address for client"},
    {"addressed-key", "Identify a peer's RSA key by its address"},
    {"aes", "AES"},
    {"aggressive-mode", "Aggressive mode settings"},
    {"all", "All debugging"},
    {"any", "Any host"},
    {"authenticate", "Get the CA certificate"},
    {"authentication", "Set authentication method for protection suite"},
    {"ca", "Certification authority"},
    {"certificate", "Import a certificate from a CA"},
    {"clear", "Reset functions"},
    {"client", "Client configuration"},
    {"configuration", "Client configuration"},
    {"configure", "Enter configuration mode"},
    {"crl", "Revocation check by CRL"},
    {"crypto", "Encryption module"},
    {"debug", "Debugging functions"},
    {"default", "Set a command to its defaults"},
    {"deny", "Specify packets that are not protected"},
    {"des", "DES"},
    {"disable", "Disable"},
    {"discover", "Enable Tunnel Endpoint Discovery"},
    {"dn", "Use the distinguished name of the certificate"},
    {"domain", "Define the default domain name"},
    {"domain-name", "Define the default domain name"},
    {"dynamic", "Entry is a dynamic map"},
    {"dynamic-map", "Specify a dynamic crypto map template"},
    {"enable", "Enable ISAKMP"},
    {"encryption", "Encryption"},
    {"end", "Leave configuration mode"},
    {"enrollment", "Enrollment parameters"},
    {"eq", "Match only packets with this port"},
    {"exit", "Leave this mode"},
    {"extended", "Extended access list"},
    {"general-keys", "One key for signatures and encryption"},
    {"generate", "Generate new keys"},
    {"group", "Set the Diffie-Hellman group"},
    {"hash", "Set hash algorithm for protection suite"},
    {"host", "A single host, or its name and addresses"},
    {"hostname", "Host name"},
    {"hosts", "Host names and their addresses"},
    {"identity", "Set the identity which ISAKMP will use"},
    {"import", "Import a certificate"},
    {"initiate", "Push addresses to clients"},
    {"interface", "Select an interface to configure"},
    {"invalid-spi-recovery", "Initiate IKE when an unknown SPI is received"},
    {"ip", "IP"},
    {"ipsec", "IPsec: transform sets, SAs"},
    {"ipsec-isakmp", "IPsec with ISAKMP"},
    {"isakmp", "ISAKMP: policies, keys, SAs"},
    {"keepalive", "Set a keepalive interval"},
    {"key", "Keys"},
    {"key-string", "Enter the key, in hex"},
    {"kilobytes", "Volume-based key duration"},
    {"lifetime", "Set a lifetime"},
    {"local", "Local address pool"},
    {"logout", "End the session"},
    {"map", "Crypto map"},
    {"match", "Match values"},
    {"md5", "MD5"},
    {"mode", "Tunnel or transport"},
    {"modulus", "Bits of the modulus"},
    {"mypubkey", "Public keys of this router"},
    {"name", "By name"},
    {"named-key", "Identify a peer's RSA key by its name"},
    {"nat", "NAT traversal"},
    {"no", "Negate a command or set its defaults"},
    {"none", "No check"},
    {"on-demand", "Ask only when there is traffic"},
    {"peer", "A peer"},
    {"pem", "Certificates are pasted as PEM"},
    {"periodic", "Ask also when there is no traffic"},
    {"permit", "Specify packets to protect"},
    {"pfs", "Perfect forward secrecy"},
    {"pki", "Certification authority"},
    {"policy", "ISAKMP protection suites"},
    {"pool", "Pool of addresses"},
    {"pre-share", "Pre-shared key"},
    {"pubkey-chain", "Public keys of peers"},
    {"quit", "Leave this mode"},
    {"respond", "Answer clients that ask for an address"},
    {"revocation-check", "How certificates are checked for revocation"},
    {"rsa", "RSA keys"},
    {"rsa-encr", "Rivest-Shamir-Adleman encryption"},
    {"rsa-sig", "Rivest-Shamir-Adleman signature"},
    {"running-config", "The configuration in use"},
    {"sa", "Security associations"},
    {"seconds", "Time-based key duration"},
    {"security-association", "Security association parameters"},
    {"set", "Set values for encryption"},
    {"sha", "SHA-1"},
    {"sha256", "SHA-256"},
    {"sha384", "SHA-384"},
    {"sha512", "SHA-512"},
    {"show", "Show information"},
    {"shutdown", "Shut the interface down"},
    {"signature", "The key is for signatures"},
    {"terminal", "From the terminal"},
    {"transform-set", "Combination of transforms"},
    {"transport", "Transport mode"},
    {"trustpoint", "A CA, and what it has certified"},
    {"trustpoints", "CAs, and what they have certified"},
    {"tunnel", "Tunnel mode"},
    {"undebug", "Disable debugging functions"},
    {"usage-keys", "One key for signatures, one for encryption"},
    {"zeroize", "Remove keys"},
};
/* clang-format on */

const char *isakmp__ios_keyword_help(isakmp_span keyword)
{
    for (unsigned i = 0; i < sizeof helps / sizeof helps[0]; i++)
        if (isakmp__same_text(keyword, isakmp__ios_literal(helps[i].keyword)))
            return helps[i].text;
    return "";
}
