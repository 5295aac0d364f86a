/* test_ios_lines.c -- single lines of the routers' language: every command with its forms, defaults and ranges,
 * abbreviations, modes, and what is said about what is wrong. */
#include "unit/ios_scene.h"
#include "isakmp/keyring.h"
#include "ios/grammar.h"

/* ---- What each command leaves behind ------------------------------------------------------- */

/* Lines typed one after the other, ended by NULL, and the running configuration. */
typedef struct deed {
    const char *lines[6], *after;
} deed;

static void check_deeds(const deed *d, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        scene_clear();
        for (const char *const *line = d[i].lines; *line; line++)
            takes(*line);
        runs(d[i].after);
    }
}
#define CHECK_DEEDS(table) check_deeds(table, sizeof table / sizeof table[0])

/* clang-format off */
static void what_there_is_once(void **state)
{
    static const deed deeds[] = {
        {{"crypto isakmp enable"}, ""},
        {{"no crypto isakmp enable"}, "no crypto isakmp enable\n"},
        {{"no crypto isakmp enable", "crypto isakmp enable"}, ""},
        {{"no crypto isakmp enable", "default crypto isakmp enable"}, ""},
        {{"crypto isakmp identity hostname"}, "crypto isakmp identity hostname\n"},
        {{"crypto isakmp identity dn"}, "crypto isakmp identity dn\n"},
        {{"crypto isakmp identity dn", "crypto isakmp identity address"}, ""},
        {{"crypto isakmp identity dn", "no crypto isakmp identity"}, ""},
        {{"crypto isakmp identity dn", "no crypto isakmp identity dn"}, ""},
        {{"crypto isakmp keepalive 10"}, "crypto isakmp keepalive 10\n"},
        {{"crypto isakmp keepalive 3600 60"}, "crypto isakmp keepalive 3600 60\n"},
        {{"crypto isakmp keepalive 20 2"}, "crypto isakmp keepalive 20\n"},
        {{"crypto isakmp keepalive 20 3 periodic"}, "crypto isakmp keepalive 20 3 periodic\n"},
        {{"crypto isakmp keepalive 20 periodic"}, "crypto isakmp keepalive 20 periodic\n"},
        {{"crypto isakmp keepalive 20 3 periodic", "crypto isakmp keepalive 30 on-demand"}, "crypto isakmp keepalive 30\n"},
        {{"crypto isakmp keepalive 20 3 periodic", "no crypto isakmp keepalive"}, ""},
        {{"crypto isakmp nat keepalive 20"}, "crypto isakmp nat keepalive 20\n"},
        {{"crypto isakmp nat keepalive 20", "no crypto isakmp nat keepalive"}, ""},
        {{"crypto isakmp invalid-spi-recovery"}, "crypto isakmp invalid-spi-recovery\n"},
        {{"crypto isakmp invalid-spi-recovery", "no crypto isakmp invalid-spi-recovery"}, ""},
        {{"crypto isakmp aggressive-mode disable"}, "crypto isakmp aggressive-mode disable\n"},
        {{"crypto isakmp aggressive-mode disable", "default crypto isakmp aggressive-mode disable"}, ""},
        {{"crypto isakmp client configuration address-pool local p"}, "crypto isakmp client configuration address-pool local p\n"},
        {{"crypto isakmp client configuration address-pool local p", "no crypto isakmp client configuration address-pool local"}, ""},
        {{"crypto ipsec security-association lifetime seconds 120"}, "crypto ipsec security-association lifetime seconds 120\n"},
        {{"crypto ipsec security-association lifetime seconds 3600"}, ""},
        {{"crypto ipsec security-association lifetime kilobytes 2560"}, "crypto ipsec security-association lifetime kilobytes 2560\n"},
        {{"crypto ipsec security-association lifetime kilobytes 4608000"}, ""},
        {{"crypto ipsec security-association lifetime seconds 120", "no crypto ipsec security-association lifetime seconds"}, ""},
        {{"hostname Berlin", "ip domain-name example.com"}, "hostname Berlin\nip domain-name example.com\n"},
        {{"ip domain name example.com"}, "ip domain-name example.com\n"},
        {{"hostname Berlin", "no hostname", "ip domain-name x", "no ip domain-name"}, ""},
    };
    (void)state;
    CHECK_DEEDS(deeds);
}

static void policies(void **state)
{
    static const deed deeds[] = {
        {{"crypto isakmp policy 1"}, "crypto isakmp policy 1\n"},
        {{"crypto isakmp policy 10000"}, "crypto isakmp policy 10000\n"},
        {{"crypto isakmp policy 20", "crypto isakmp policy 3"}, "crypto isakmp policy 3\ncrypto isakmp policy 20\n"},
        {{"crypto isakmp policy 20", "no crypto isakmp policy 20"}, ""},
        {{"crypto isakmp policy 1", "encryption des", "hash sha", "authentication rsa-sig", "group 1"}, "crypto isakmp policy 1\n"},
        {{"crypto isakmp policy 1", "lifetime 86400"}, "crypto isakmp policy 1\n"},
        {{"crypto isakmp policy 1", "encryption 3des"}, "crypto isakmp policy 1\n encryption 3des\n"},
        {{"crypto isakmp policy 1", "encryption aes"}, "crypto isakmp policy 1\n encryption aes\n"},
        {{"crypto isakmp policy 1", "encryption aes 128"}, "crypto isakmp policy 1\n encryption aes\n"},
        {{"crypto isakmp policy 1", "encryption aes 192"}, "crypto isakmp policy 1\n encryption aes 192\n"},
        {{"crypto isakmp policy 1", "encryption aes 256"}, "crypto isakmp policy 1\n encryption aes 256\n"},
        {{"crypto isakmp policy 1", "encryption aes 256", "encryption 3des"}, "crypto isakmp policy 1\n encryption 3des\n"},
        {{"crypto isakmp policy 1", "encryption aes 256", "no encryption"}, "crypto isakmp policy 1\n"},
        {{"crypto isakmp policy 1", "encryption 3des", "default encryption"}, "crypto isakmp policy 1\n"},
        {{"crypto isakmp policy 1", "hash md5"}, "crypto isakmp policy 1\n hash md5\n"},
        {{"crypto isakmp policy 1", "hash sha256"}, "crypto isakmp policy 1\n hash sha256\n"},
        {{"crypto isakmp policy 1", "hash sha384"}, "crypto isakmp policy 1\n hash sha384\n"},
        {{"crypto isakmp policy 1", "hash sha512", "no hash"}, "crypto isakmp policy 1\n"},
        {{"crypto isakmp policy 1", "authentication pre-share"}, "crypto isakmp policy 1\n authentication pre-share\n"},
        {{"crypto isakmp policy 1", "authentication rsa-encr"}, "crypto isakmp policy 1\n authentication rsa-encr\n"},
        {{"crypto isakmp policy 1", "authentication rsa-encr", "no authentication"}, "crypto isakmp policy 1\n"},
        {{"crypto isakmp policy 1", "group 2"}, "crypto isakmp policy 1\n group 2\n"},
        {{"crypto isakmp policy 1", "group 5", "group 31"}, "crypto isakmp policy 1\n group 31\n"},
        {{"crypto isakmp policy 1", "group 14", "no group"}, "crypto isakmp policy 1\n"},
        {{"crypto isakmp policy 1", "lifetime 60"}, "crypto isakmp policy 1\n lifetime 60\n"},
        {{"crypto isakmp policy 1", "lifetime 4294967295"}, "crypto isakmp policy 1\n lifetime 4294967295\n"},
        {{"crypto isakmp policy 1", "lifetime 60", "no lifetime"}, "crypto isakmp policy 1\n"},
        {{"crypto isakmp policy 1", "group 2", "crypto isakmp policy 1", "hash md5"}, "crypto isakmp policy 1\n hash md5\n group 2\n"},
    };
    (void)state;
    CHECK_DEEDS(deeds);
}

static void keys_hosts_pools(void **state)
{
    static const deed deeds[] = {
        {{"crypto isakmp key 1234567890 address 192.168.224.33"}, "crypto isakmp key 1234567890 address 192.168.224.33\n"},
        {{"crypto isakmp key a address 10.1.2.3 255.255.0.0"}, "crypto isakmp key a address 10.1.0.0 255.255.0.0\n"},
        {{"crypto isakmp key a address 0.0.0.0"}, "crypto isakmp key a address 0.0.0.0 0.0.0.0\n"},
        {{"crypto isakmp key a address 1.2.3.4 255.255.255.255"}, "crypto isakmp key a address 1.2.3.4\n"},
        {{"crypto isakmp key a hostname Gate.example.com", "crypto isakmp key b hostname gate.EXAMPLE.com"}, "crypto isakmp key b hostname Gate.example.com\n"},
        {{"crypto isakmp key a address 1.2.3.4", "crypto isakmp key b address 1.2.3.4"}, "crypto isakmp key b address 1.2.3.4\n"},
        {{"crypto isakmp key a address 1.2.3.4", "no crypto isakmp key a address 1.2.3.4"}, ""},
        {{"crypto isakmp key a hostname h", "no crypto isakmp key a hostname h"}, ""},
        {{"crypto isakmp key no hostname default"}, "crypto isakmp key no hostname default\n"},
        {{"ip host a 1.1.1.1"}, "ip host a 1.1.1.1\n"},
        {{"ip host a 1.1.1.1 1.1.1.2 1.1.1.3 1.1.1.4 1.1.1.5 1.1.1.6 1.1.1.7 1.1.1.8"}, "ip host a 1.1.1.1 1.1.1.2 1.1.1.3 1.1.1.4 1.1.1.5 1.1.1.6 1.1.1.7 1.1.1.8\n"},
        {{"ip host a 1.1.1.1 2.2.2.2", "ip host a 3.3.3.3"}, "ip host a 3.3.3.3\n"},
        {{"ip host a 1.1.1.1 2.2.2.2 3.3.3.3", "no ip host a 2.2.2.2"}, "ip host a 1.1.1.1 3.3.3.3\n"},
        {{"ip host a 1.1.1.1 2.2.2.2", "no ip host a"}, ""},
        {{"ip host a 1.1.1.1", "no ip host a 1.1.1.1"}, ""},
        {{"ip local pool p 10.0.0.1 10.0.0.9"}, "ip local pool p 10.0.0.1 10.0.0.9\n"},
        {{"ip local pool p 10.0.0.1"}, "ip local pool p 10.0.0.1 10.0.0.1\n"},
        {{"ip local pool p 10.0.0.1 10.0.0.9", "no ip local pool p"}, ""},
    };
    (void)state;
    CHECK_DEEDS(deeds);
}

static void maps(void **state)
{
    static const deed deeds[] = {
        {{"crypto ipsec transform-set t esp-des"}, "crypto ipsec transform-set t esp-des\n"},
        {{"crypto ipsec transform-set t ah-sha-hmac esp-aes 256 esp-sha256-hmac"}, "crypto ipsec transform-set t esp-aes 256 esp-sha256-hmac ah-sha-hmac\n"},
        {{"crypto ipsec transform-set t esp-3des esp-md5-hmac", "mode transport"}, "crypto ipsec transform-set t esp-3des esp-md5-hmac\n mode transport\n"},
        {{"crypto ipsec transform-set t esp-null esp-sha-hmac", "mode transport", "no mode"}, "crypto ipsec transform-set t esp-null esp-sha-hmac\n"},
        {{"crypto ipsec transform-set t esp-gcm 192", "mode tunnel"}, "crypto ipsec transform-set t esp-gcm 192\n"},
        {{"crypto ipsec transform-set t esp-des", "crypto ipsec transform-set t ah-md5-hmac"}, "crypto ipsec transform-set t ah-md5-hmac\n"},
        {{"crypto ipsec transform-set t esp-des", "no crypto ipsec transform-set t"}, ""},
        {{"crypto map m 10 ipsec-isakmp", "set peer 1.2.3.4", "set peer gate.example.com", "set transform-set a b c d e f", "match address 101"},
         "crypto map m 10 ipsec-isakmp\n set peer 1.2.3.4\n set peer gate.example.com\n set transform-set a b c d e f\n match address 101\n"},
        {{"crypto map m 10 ipsec-isakmp", "set pfs", "set security-association lifetime seconds 500", "set security-association lifetime kilobytes 9000"},
         "crypto map m 10 ipsec-isakmp\n set pfs group1\n set security-association lifetime seconds 500\n set security-association lifetime kilobytes 9000\n"},
        {{"crypto map m 10 ipsec-isakmp", "set pfs group2", "no set pfs"}, "crypto map m 10 ipsec-isakmp\n"},
        {{"crypto map m 10 ipsec-isakmp", "set pfs group2", "crypto map m 10", "set pfs group14"}, "crypto map m 10 ipsec-isakmp\n set pfs group14\n"},
        {{"crypto map m 10 ipsec-isakmp", "set peer a", "set peer b", "no set peer a", "set transform-set x"}, "crypto map m 10 ipsec-isakmp\n set peer b\n set transform-set x\n"},
        {{"crypto map m 10 ipsec-isakmp", "set transform-set x", "set transform-set y z", "match address a", "match address b"}, "crypto map m 10 ipsec-isakmp\n set transform-set y z\n match address b\n"},
        {{"crypto map m 10 ipsec-isakmp", "set transform-set x", "no set transform-set", "match address a", "no match address a"}, "crypto map m 10 ipsec-isakmp\n"},
        {{"crypto map m 10 ipsec-isakmp", "set security-association lifetime seconds 500", "no set security-association lifetime seconds"}, "crypto map m 10 ipsec-isakmp\n"},
        {{"crypto map m 30 ipsec-isakmp", "crypto map n 5 ipsec-isakmp", "crypto map m 7 ipsec-isakmp"},
         "crypto map m 7 ipsec-isakmp\ncrypto map m 30 ipsec-isakmp\ncrypto map n 5 ipsec-isakmp\n"},
        {{"crypto map m 30 ipsec-isakmp", "crypto map n 5 ipsec-isakmp", "crypto map m 7 ipsec-isakmp", "no crypto map m 30"},
         "crypto map m 7 ipsec-isakmp\ncrypto map n 5 ipsec-isakmp\n"},
        {{"crypto map m 30 ipsec-isakmp", "crypto map n 5 ipsec-isakmp", "crypto map m 7 ipsec-isakmp", "no crypto map m"},
         "crypto map n 5 ipsec-isakmp\n"},
        {{"crypto map m 10 ipsec-isakmp dynamic d"}, "crypto map m 10 ipsec-isakmp dynamic d\n"},
        {{"crypto map m 10 ipsec-isakmp dynamic d discover"}, "crypto map m 10 ipsec-isakmp dynamic d discover\n"},
        {{"crypto map m 10 ipsec-isakmp dynamic d discover", "crypto map m 10 ipsec-isakmp dynamic e"}, "crypto map m 10 ipsec-isakmp dynamic e\n"},
        {{"crypto map m 10 ipsec-isakmp dynamic d", "no crypto map m 10 ipsec-isakmp dynamic d"}, ""},
        {{"crypto dynamic-map d 1", "set transform-set t", "match address a", "set pfs group2", "set security-association lifetime seconds 300"},
         "crypto dynamic-map d 1\n set transform-set t\n set pfs group2\n set security-association lifetime seconds 300\n match address a\n"},
        {{"crypto dynamic-map d 1", "crypto dynamic-map d 2", "no crypto dynamic-map d 1"}, "crypto dynamic-map d 2\n"},
        {{"crypto dynamic-map d 1", "crypto dynamic-map d 2", "no crypto dynamic-map d"}, ""},
        {{"crypto map m client configuration address initiate"}, "crypto map m client configuration address initiate\n"},
        {{"crypto map m client configuration address"},
         "crypto map m client configuration address initiate\ncrypto map m client configuration address respond\n"},
        {{"crypto map m client configuration address respond", "crypto map m client configuration address initiate"},
         "crypto map m client configuration address initiate\ncrypto map m client configuration address respond\n"},
        {{"crypto map m client configuration address respond", "crypto map m client configuration address initiate", "no crypto map m client configuration address respond"},
         "crypto map m client configuration address initiate\n"},
        {{"crypto map m client configuration address respond", "no crypto map m client configuration address"}, ""},
        {{"crypto map m client configuration address respond", "no crypto map m"}, ""},
        {{"interface Serial0", "ip address 10.0.0.1 255.255.255.0", "crypto map m"}, "interface Serial0\n ip address 10.0.0.1 255.255.255.0\n crypto map m\n"},
        {{"interface Serial0", "ip address 10.0.0.1 255.0.0.0", "crypto map m", "no ip address", "no crypto map"}, "interface Serial0\n"},
        {{"interface Serial0", "shutdown"}, "interface Serial0\n shutdown\n"},
        {{"interface Serial 0/1", "exit", "interface Serial0/1", "shutdown"}, "interface Serial0/1\n shutdown\n"},
        {{"interface Serial0/1", "no interface Serial 0/1"}, ""},
        {{"interface Serial0", "shutdown", "no shutdown"}, "interface Serial0\n"},
        {{"interface Serial0", "no interface Serial0"}, ""},
    };
    (void)state;
    CHECK_DEEDS(deeds);
}

static void lists(void **state)
{
    static const deed deeds[] = {
        {{"access-list 101 permit ip any any"}, "access-list 101 permit ip any any\n"},
        {{"access-list 199 deny tcp host 1.2.3.4 10.0.0.0 0.255.255.255"}, "access-list 199 deny tcp host 1.2.3.4 10.0.0.0 0.255.255.255\n"},
        {{"access-list 2000 permit udp any eq isakmp host 1.1.1.1 eq 500"}, "access-list 2000 permit udp any eq 500 host 1.1.1.1 eq 500\n"},
        {{"access-list 101 permit ospf any any", "access-list 101 permit 99 any any", "access-list 101 permit 6 any any"},
         "access-list 101 permit ospf any any\naccess-list 101 permit 99 any any\naccess-list 101 permit tcp any any\n"},
        {{"access-list 101 permit ip 10.1.2.3 0.0.0.255 10.9.9.9 0.0.0.0"}, "access-list 101 permit ip 10.1.2.0 0.0.0.255 host 10.9.9.9\n"},
        {{"access-list 101 permit ip 10.1.2.3 0.0.255.0 any"}, "access-list 101 permit ip 10.1.0.3 0.0.255.0 any\n"},
        {{"access-list 101 permit ip any any", "access-list 101 permit ip any any"}, "access-list 101 permit ip any any\n"},
        {{"access-list 101 permit ip any any", "no access-list 101"}, ""},
        {{"ip access-list extended x", "permit ip any host 1.1.1.1", "deny tcp any any eq www"}, "ip access-list extended x\n permit ip any host 1.1.1.1\n deny tcp any any eq 80\n"},
        {{"ip access-list extended x", "permit ip any host 1.1.1.1", "deny ip any any", "no permit ip any host 1.1.1.1"}, "ip access-list extended x\n deny ip any any\n"},
        {{"ip access-list extended 150", "permit ip any any"}, "access-list 150 permit ip any any\n"},
        {{"ip access-list extended x", "permit ip any any", "no ip access-list extended x"}, ""},
        {{"ip access-list extended x"}, "ip access-list extended x\n"},
    };
    (void)state;
    CHECK_DEEDS(deeds);
}

static void public_keys_and_trust(void **state)
{
    static const deed deeds[] = {
        {{"crypto key pubkey-chain rsa", "named-key a.example.com", "key-string", "0102 03", "quit"},
         "crypto key pubkey-chain rsa\n named-key a.example.com\n  key-string\n   010203\n  quit\n"},
        {{"crypto key pubkey-chain rsa", "named-key a encryption", "address 1.2.3.4", "key-string 3003020101", "quit"},
         "crypto key pubkey-chain rsa\n named-key a encryption\n  address 1.2.3.4\n  key-string\n   30030201 01\n  quit\n"},
        {{"crypto key pubkey-chain rsa", "addressed-key 1.2.3.4 signature", "address 1.2.3.4", "key-string 300302", "0101"},
         "crypto key pubkey-chain rsa\n addressed-key 1.2.3.4 signature\n  key-string\n   30030201 01\n  quit\n"},
        {{"crypto key pubkey-chain rsa", "named-key a", "key-string 3003020101", "key-string 30020500", "no address"},
         "crypto key pubkey-chain rsa\n named-key a\n  key-string\n   30020500\n  quit\n"},
        {{"crypto key pubkey-chain rsa", "named-key a", "key-string 3003020101", "no key-string", "exit"}, "crypto key pubkey-chain rsa\n named-key a\n"},
        {{"crypto key pubkey-chain rsa", "named-key a", "named-key a encryption", "no named-key a", "exit"}, "crypto key pubkey-chain rsa\n named-key a encryption\n"},
        {{"crypto key pubkey-chain rsa", "addressed-key 1.2.3.4", "no addressed-key 1.2.3.4"}, ""},
        {{"crypto ca trustpoint ca", "enrollment terminal", "revocation-check none"}, "crypto ca trustpoint ca\n enrollment terminal\n revocation-check none\n"},
        {{"crypto pki trustpoint ca", "enrollment terminal pem", "revocation-check crl"}, "crypto ca trustpoint ca\n enrollment terminal pem\n"},
        {{"crypto ca trustpoint ca", "enrollment terminal", "no enrollment", "revocation-check none", "no revocation-check"}, "crypto ca trustpoint ca\n"},
        {{"crypto ca trustpoint ca", "no crypto ca trustpoint ca"}, ""},
        {{"crypto ca trustpoint ca", "crypto ca authenticate ca", "-----BEGIN X-----", "AAAA", "-----END X-----"},
         "crypto ca trustpoint ca\ncrypto ca authenticate ca\n-----BEGIN X-----\nAAAA\n-----END X-----\nquit\n"},
        {{"crypto ca trustpoint ca", "crypto ca import ca certificate", " -----BEGIN X-----", "-----END X-----", ""},
         "crypto ca trustpoint ca\ncrypto ca import ca certificate\n-----BEGIN X-----\n-----END X-----\nquit\n"},
    };
    (void)state;
    CHECK_DEEDS(deeds);
}
/* clang-format on */

/* ---- EXEC ----------------------------------------------------------------------------------- */

static void asks(const char *line, unsigned action, uint32_t number, const char *word,
                 const char *addr)
{
    char text[32] = "";
    takes(line);
    assert_int_equal(command.action, action);
    assert_int_equal(command.number, number);
    assert_int_equal(command.word.n, strlen(word));
    assert_memory_equal(command.word.n ? command.word.p : (const uint8_t *)"", word, strlen(word));
    if (command.addr.family)
        isakmp_addr_text(text, sizeof text, &command.addr);
    assert_string_equal(text, addr);
}

static void exec_commands(void **state)
{
    (void)state;
    scene_clear();
    shell.mode = ISAKMP_IOS_EXEC;
    asks("show crypto isakmp policy", ISAKMP_IOS_SHOW_POLICY, 0, "", "");
    asks("sh cry isa pol", ISAKMP_IOS_SHOW_POLICY, 0, "", "");
    asks("show crypto isakmp key", ISAKMP_IOS_SHOW_KEY, 0, "", "");
    asks("show crypto isakmp sa", ISAKMP_IOS_SHOW_SA, 0, "", "");
    asks("show crypto ipsec sa", ISAKMP_IOS_SHOW_IPSEC_SA, 0, "", "");
    asks("show crypto ipsec transform-set", ISAKMP_IOS_SHOW_TRANSFORM_SET, 0, "", "");
    asks("show crypto ipsec security-association lifetime", ISAKMP_IOS_SHOW_LIFETIME, 0, "", "");
    asks("show crypto key mypubkey rsa", ISAKMP_IOS_SHOW_MY_KEYS, 0, "", "");
    asks("show crypto key pubkey-chain rsa", ISAKMP_IOS_SHOW_CHAIN, 0, "", "");
    asks("show crypto key pubkey-chain rsa name a.b", ISAKMP_IOS_SHOW_CHAIN, 0, "a.b", "");
    asks("show crypto key pubkey-chain rsa address 1.2.3.4", ISAKMP_IOS_SHOW_CHAIN, 0, "",
         "1.2.3.4");
    asks("show crypto map", ISAKMP_IOS_SHOW_MAP, 0, "", "");
    asks("show crypto dynamic-map", ISAKMP_IOS_SHOW_DYNAMIC_MAP, 0, "", "");
    asks("show crypto ca trustpoints", ISAKMP_IOS_SHOW_TRUSTPOINTS, 0, "", "");
    asks("show ip local pool", ISAKMP_IOS_SHOW_POOL, 0, "", "");
    asks("show ip local pool p", ISAKMP_IOS_SHOW_POOL, 0, "p", "");
    asks("show access-lists 101", ISAKMP_IOS_SHOW_ACL, 0, "101", "");
    asks("show hosts", ISAKMP_IOS_SHOW_HOSTS, 0, "", "");
    asks("show running-config", ISAKMP_IOS_SHOW_RUNNING, 0, "", "");
    asks("show running", ISAKMP_IOS_SHOW_RUNNING, 0, "", "");
    asks("clear crypto isakmp", ISAKMP_IOS_CLEAR_ISAKMP, 0, "", "");
    asks("clear crypto isakmp 7", ISAKMP_IOS_CLEAR_ISAKMP, 7, "", "");
    asks("clear crypto sa", ISAKMP_IOS_CLEAR_SA, 0, "", "");
    asks("clear crypto sa peer 1.2.3.4", ISAKMP_IOS_CLEAR_SA, 0, "", "1.2.3.4");
    asks("debug crypto isakmp", ISAKMP_IOS_DEBUG_ISAKMP, 0, "", "");
    asks("undebug all", ISAKMP_IOS_UNDEBUG, 0, "", "");
    asks("u all", ISAKMP_IOS_UNDEBUG, 0, "", "");
    asks("no debug all", ISAKMP_IOS_UNDEBUG, 0, "", "");
    asks("no debug crypto isakmp", ISAKMP_IOS_UNDEBUG, 0, "", "");
    asks("exit", ISAKMP_IOS_LEAVE, 0, "", "");
    refuses("clear crypto isakmp 0", 21,
            "\"0\" is not known here: expected a number <1-4294967295>");
    refuses("crypto isakmp policy 1", 1, "\"crypto\" is not known here: expected configure, exit");
    refuses("no show crypto map", 4, "expected debug");
}

static void making_keys(void **state)
{
    (void)state;
    scene_clear();
    asks("crypto key generate rsa", ISAKMP_IOS_MAKE_KEYS, 2048, "", "");
    assert_int_equal(command.usage, 0);
    asks("crypto key generate rsa usage-keys", ISAKMP_IOS_MAKE_KEYS, 2048, "", "");
    assert_int_equal(command.usage, 1);
    asks("crypto key generate rsa usage-keys modulus 1024", ISAKMP_IOS_MAKE_KEYS, 1024, "", "");
    assert_int_equal(command.usage, 1);
    asks("crypto key generate rsa modulus 4096", ISAKMP_IOS_MAKE_KEYS, 4096, "", "");
    assert_int_equal(command.usage, 0);
    asks("crypto key generate rsa general-keys modulus 8192", ISAKMP_IOS_MAKE_KEYS, 8192, "", "");
    asks("crypto key zeroize rsa", ISAKMP_IOS_ZEROIZE_KEYS, 0, "", "");
    refuses("crypto key generate rsa modulus 100", 33, "<360-8192>");
    runs("");
}

/* ---- Modes ---------------------------------------------------------------------------------- */

static void prompt_is(const char *expected)
{
    char prompt[64];
    isakmp_ios_prompt(prompt, sizeof prompt, conf, &shell);
    assert_string_equal(prompt, expected);
}

static void step(const char *line, const char *prompt)
{
    takes(line);
    prompt_is(prompt);
}

static void modes(void **state)
{
    (void)state;
    scene_clear();
    shell.mode = ISAKMP_IOS_EXEC;
    step("configure terminal", "Router(config)#");
    step("hostname R1", "R1(config)#");
    step("crypto isakmp policy 10", "R1(config-isakmp)#");
    step("hash md5", "R1(config-isakmp)#");
    step("exit", "R1(config)#");
    step("crypto key pubkey-chain rsa", "R1(config-pubkey-c)#");
    step("named-key a", "R1(config-pubkey-k)#");
    step("address 1.2.3.4", "R1(config-pubkey-k)#");
    step("key-string 3003020101", "R1(config-pubkey-k)#");
    step("quit", "R1(config-pubkey-c)#");
    step("addressed-key 5.6.7.8", "R1(config-pubkey-k)#");
    step("key-string", "R1(config-pubkey)#");
    step("  30030201", "R1(config-pubkey)#");
    step(" 02", "R1(config-pubkey)#");
    step("  quit ", "R1(config-pubkey-k)#");
    step("named-key b", "R1(config-pubkey-k)#");
    step("exit", "R1(config-pubkey-c)#");
    step("exit", "R1(config)#");
    step("crypto ipsec transform-set t esp-des", "R1(cfg-crypto-trans)#");
    step("crypto map m 1 ipsec-isakmp", "R1(config-crypto-m)#");
    step("crypto dynamic-map d 1", "R1(config-crypto-m)#");
    step("ip access-list extended x", "R1(config-ext-nacl)#");
    step("interface e0", "R1(config-if)#");
    step("crypto map m", "R1(config-if)#");
    step("crypto ca trustpoint c", "R1(ca-trustpoint)#");
    step("crypto ca authenticate c", "R1(config-cert)#");
    step("-----BEGIN X-----", "R1(config-cert)#");
    step("-----END X-----", "R1(config-cert)#");
    step("quit", "R1(config)#");
    step("! a comment", "R1(config)#");
    step("", "R1(config)#");
    step("crypto map m 1", "R1(config-crypto-m)#");
    step("end", "R1#");
    shell.mode = ISAKMP_IOS_N_MODES;
    assert_int_equal(type_line("exit"), ISAKMP_E_ARG);
}

/* What one shell edits is taken away by another. */
static void gone_while_edited(void **state)
{
    isakmp_ios_shell other = {ISAKMP_IOS_CONFIG, 0, 0, NULL};
    (void)state;
    scene_clear();
    takes("crypto isakmp policy 10");
    assert_int_equal(
        isakmp_ios_line(conf, &other, span_of("no crypto isakmp policy 10"), &command, &fault),
        ISAKMP_OK);
    assert_int_equal(type_line("hash md5"), ISAKMP_E_MALFORMED);
    prompt_is("Router(config)#");
    runs("");
    takes("crypto isakmp policy 10");
    takes("crypto isakmp policy 20");
    assert_int_equal(
        isakmp_ios_line(conf, &other, span_of("no crypto isakmp policy 10"), &command, &fault),
        ISAKMP_OK);
    takes("hash md5");
    runs("crypto isakmp policy 20\n hash md5\n");
}

/* ... and something else lies where it was. */
static void another_in_its_place(void **state)
{
    static const char *const others[] = {"crypto isakmp key k hostname h", "crypto isakmp policy 9",
                                         "ip local pool p 10.0.0.1 10.0.0.9",
                                         "crypto ipsec transform-set t esp-des", "interface e0"};
    char before[8192];
    (void)state;
    for (unsigned i = 0; i < sizeof others / sizeof others[0]; i++) {
        isakmp_ios_shell other = {ISAKMP_IOS_CONFIG, 0, 0, NULL};
        scene_clear();
        takes("crypto isakmp policy 10");
        assert_int_equal(
            isakmp_ios_line(conf, &other, span_of("no crypto isakmp policy 10"), &command, &fault),
            ISAKMP_OK);
        assert_int_equal(isakmp_ios_line(conf, &other, span_of(others[i]), &command, &fault),
                         ISAKMP_OK);
        strcpy(before, running());
        assert_int_equal(type_line("lifetime 4294967295"), ISAKMP_E_MALFORMED);
        assert_string_equal(running(), before);
        prompt_is("Router(config)#");
    }
}

/* ---- Abbreviations -------------------------------------------------------------------------- */

static void abbreviations(void **state)
{
    (void)state;
    scene_clear();
    takes("cr isa pol 10");
    takes("enc ae 256");
    takes("ha md");
    takes("au pre");
    takes("gr 2");
    takes("li 600");
    takes("CRYPTO ISAKMP KEY Secret ADDRESS 1.2.3.4");
    takes("\tcry  map   m 10\tipsec-isakmp  ");
    takes("s pe 1.2.3.4");
    takes("s t t");
    takes("m a 101");
    takes("no s pf");
    takes("def s pf");
    runs("crypto isakmp policy 10\n encryption aes 256\n hash md5\n authentication pre-share\n"
         " group 2\n lifetime 600\ncrypto isakmp key Secret address 1.2.3.4\n"
         "crypto map m 10 ipsec-isakmp\n set peer 1.2.3.4\n set transform-set t\n"
         " match address 101\n");
    refuses("set p 1.2.3.4", 5, "\"p\" is ambiguous: peer, pfs");
    refuses("crypto isakmp policy 10 x", 25, "expected the end of the line");
    takes("crypto isakmp policy 10");
    refuses("hash sh", 6, "\"sh\" is ambiguous: sha, sha256, sha384, sha512");
    refuses("group 3", 7, "\"3\" is not known here: expected 1, 2, 5, 14");
    refuses("encryption aes 12", 16, "\"12\" is not known here: expected 128, 192, 256 or the end");
}

/* ---- Faults --------------------------------------------------------------------------------- */

static void ranges(void **state)
{
    (void)state;
    scene_clear();
    refuses("crypto isakmp policy 0", 22, "expected a number <1-10000>");
    refuses("crypto isakmp policy 10001", 22, "expected a number <1-10000>");
    refuses("crypto isakmp policy 99999999999999999999", 22, "<1-10000>");
    refuses("crypto isakmp policy -1", 22, "<1-10000>");
    refuses("crypto isakmp policy", 21, "too early: expected a number <1-10000>");
    refuses("crypto isakmp keepalive 9", 25, "<10-3600>");
    refuses("crypto isakmp keepalive 3601", 25, "<10-3600>");
    refuses("crypto isakmp keepalive 10 1", 28, "<2-60>, periodic, on-demand or the end");
    refuses("crypto isakmp nat keepalive 4", 29, "<5-3600>");
    refuses("crypto ipsec security-association lifetime seconds 119", 52, "<120-86400>");
    refuses("crypto ipsec security-association lifetime kilobytes 2559", 54, "<2560-536870912>");
    refuses("crypto map m 0 ipsec-isakmp", 14, "<1-65535>");
    refuses("crypto map m 65536 ipsec-isakmp", 14, "<1-65535>");
    refuses("crypto dynamic-map m 65536", 22, "<1-65535>");
    refuses("access-list 99 permit ip any any", 13, "<100-199>, a number <2000-2699>");
    refuses("access-list 101 permit 256 any any", 24, "expected ip, icmp");
    refuses("ip host a 1.2.3.256", 11, "expected an address A.B.C.D");
    refuses("ip host a 1.2.3", 11, "an address");
    refuses("ip host a 1.2.3.4.5", 11, "an address");
    refuses("ip host a", 10, "too early: expected an address A.B.C.D");
    refuses("ip host a 1.1.1.1 1.1.1.2 1.1.1.3 1.1.1.4 1.1.1.5 1.1.1.6 1.1.1.7 1.1.1.8 1.1.1.9", 75,
            "expected the end of the line");
    takes("crypto isakmp policy 1");
    refuses("lifetime 59", 10, "<60-4294967295>");
    refuses("lifetime 4294967296", 10, "<60-4294967295>");
    takes("crypto map m 1 ipsec-isakmp");
    refuses("set security-association lifetime seconds 86401", 43, "<120-86400>");
    refuses("set transform-set a b c d e f g", 31, "expected the end of the line");
    refuses("set pfs group3", 9, "group1, group2, group5");
    refuses("set pfs group", 9, "ambiguous: group1, group2");
    takes("crypto isakmp policy 1");
    refuses("hash sha2", 6, "expected sha, md5");
}

static void senseless(void **state)
{
    (void)state;
    scene_clear();
    refuses("frobnicate", 1, "\"frobnicate\" is not known here: expected exit, quit, end");
    refuses("  crypto frobnicate", 10, "expected isakmp, key");
    refuses("ip host a\x80 1.1.1.1", 10, "not ASCII");
    refuses("no crypto isakmp policy 7", 25, "no such thing");
    refuses("no ip host x", 12, "no such host");
    refuses("no ip local pool x", 18, "no such thing");
    refuses("ip local pool x 0.0.0.0 255.255.255.255", 17, "no address of a host");
    refuses("ip local pool x 223.255.255.0 224.0.0.0", 31, "no address of a host");
    refuses("ip local pool x 224.0.0.1", 17, "no address of a host");
    takes("ip local pool x 1.0.0.0 223.255.255.255");
    takes("no ip local pool x");
    refuses("no crypto map x", 15, "no such map");
    refuses("no crypto map x client configuration address", 15, "no client configuration");
    refuses("no access-list 101", 16, "no such access list");
    refuses("no interface x", 14, "no such interface");
    refuses("interface Serial one", 18, "expected the number of an interface");
    {
        char line[130] = "interface ";
        memset(line + 10, 'x', 100);
        takes(line);
        memcpy(line + 110, " 0", 3);
        refuses(line, 11, "at most 100 characters");
    }
    refuses("no crypto ca trustpoint x", 25, "no such trustpoint");
    refuses("no crypto ipsec transform-set x", 31, "no such transform set");
    refuses("crypto ca authenticate x", 24, "no such trustpoint");
    refuses("crypto map m 10", 14, "expected ipsec-isakmp");
    refuses("crypto isakmp key k address 10.0.0.0 255.0.255.0", 38, "ones on the left");
    refuses("ip local pool p 10.0.0.9 10.0.0.1", 26, "before the first");
    refuses("ip access-list extended 99", 25, "100 to 199");
    refuses("crypto ipsec transform-set t esp-sha-hmac", 30, "needs an ESP cipher");
    refuses("crypto ipsec transform-set t esp-null", 30, "needs an ESP authentication");
    refuses("crypto ipsec transform-set t esp-gcm esp-sha-hmac", 30, "by themselves");
    refuses("crypto ipsec transform-set t esp-des esp-3des", 38, "of this kind already");
    refuses("crypto ipsec transform-set t esp-des 256", 38, "no key length");
    refuses("access-list 101 permit ip any eq 5 any", 34, "only TCP and UDP");
    refuses("access-list 101 permit tcp any eq snmp any", 35, "expected a port");
    refuses("access-list 101 permit tcp any eq 65536 any", 35, "expected a port");
    refuses("access-list 101 permit tcp any gt 5 any", 32,
            "expected eq, any, host, an address A.B.C.D");
    takes("crypto map m 1 ipsec-isakmp");
    refuses("set transform-set a b a", 23, "twice");
    refuses("no set peer x", 13, "no such peer");
    refuses("crypto map m 1 ipsec-isakmp dynamic d", 14, "does not refer to a dynamic map");
    takes("crypto map m 2 ipsec-isakmp dynamic d");
    refuses("crypto map m 2 ipsec-isakmp", 14, "refers to a dynamic map");
    takes("ip access-list extended x");
    refuses("no permit ip any any", 4, "no such line");
    takes("interface e0");
    refuses("ip address 10.0.0.1 255.0.0.255", 21, "ones on the left");
    takes("crypto key pubkey-chain rsa");
    refuses("no named-key x", 14, "no such key");
    takes("addressed-key 1.2.3.4");
    refuses("address 1.2.3.5", 9, "has its address already");
    refuses("key-string 30z", 14, "no hex digit");
}

static void key_strings(void **state)
{
    (void)state;
    scene_clear();
    takes("crypto key pubkey-chain rsa");
    takes("named-key a");
    takes("key-string");
    refuses(" 30 0x", 6, "no hex digit: expected the key-string, or quit");
    takes("300");
    takes("2 05");
    takes("0 0");
    assert_int_equal(type_line("quit"), ISAKMP_OK);
    takes("key-string");
    assert_int_equal(type_line("quit"), ISAKMP_E_ARG);
    assert_non_null(strstr(fault.text, "there is no key"));
    prompt_is("Router(config-pubkey-k)#");
    takes("key-string");
    takes("300");
    assert_int_equal(type_line("quit"), ISAKMP_E_ARG);
    assert_non_null(strstr(fault.text, "odd"));
    takes("key-string");
    takes("3004 0500");
    assert_int_equal(type_line("quit"), ISAKMP_E_ARG);
    assert_non_null(strstr(fault.text, "cut short"));
    runs("crypto key pubkey-chain rsa\n named-key a\n");
}

static void long_lines(void **state)
{
    char line[1200], expected[sizeof line + 1];
    (void)state;
    scene_clear();
    memset(line, 'x', sizeof line);
    line[1001] = 0;
    refuses(line, 0, "longer than 1,000");
    line[1000] = 0;
    refuses(line, 1, "...\" is not known here");
    snprintf(line, sizeof line, "crypto isakmp key %0128d address 1.2.3.4", 7);
    takes(line);
    snprintf(expected, sizeof expected, "%s\n", line);
    runs(expected);
    snprintf(line, sizeof line, "crypto isakmp key %0129d address 1.2.3.4", 7);
    refuses(line, 19, "too long");
    snprintf(line, sizeof line, "hostname %0101d", 7);
    refuses(line, 10, "at most 100");
    snprintf(line, sizeof line, "crypto isakmp key k hostname %0101d", 7);
    refuses(line, 30, "at most 100");
    /* The longest line that there can be in a configuration can be read again. */
    snprintf(line, sizeof line, "cr map m%0100d 10 i", 7);
    refuses(line, 8, "at most 100");
    scene_clear();
    takes("crypto map m 10 ipsec-isakmp");
    snprintf(line, sizeof line, "s t %0100d %0100d %0100d %0100d %0100d %0100d", 1, 2, 3, 4, 5, 6);
    takes(line);
    strcpy(line, running());
    scene_clear();
    assert_int_equal(load_flags(line, 0), ISAKMP_OK);
    assert_string_equal(running(), line);
}

/* ---- Help ----------------------------------------------------------------------------------- */

static void helps(const char *line, const char *expected)
{
    char out[8192];
    size_t n = isakmp_ios_help(out, sizeof out, &shell, span_of(line));
    assert_int_equal(n, strlen(out));
    if (strcmp(out, expected) != 0)
        print_error("%s?\n%s", line, out);
    assert_string_equal(out, expected);
    for (size_t cap = 0; cap < 40; cap++) {
        char cut[40];
        assert_int_equal(isakmp_ios_help(cut, cap, &shell, span_of(line)), n);
        assert_true(cap == 0 || strncmp(cut, out, strlen(cut)) == 0);
    }
}

static void help(void **state)
{
    (void)state;
    scene_clear();
    takes("crypto isakmp policy 1");
    helps("authentication ", "  rsa-sig                 Rivest-Shamir-Adleman signature\n"
                             "  rsa-encr                Rivest-Shamir-Adleman encryption\n"
                             "  pre-share               Pre-shared key\n");
    helps("authentication r", "  rsa-sig                 Rivest-Shamir-Adleman signature\n"
                              "  rsa-encr                Rivest-Shamir-Adleman encryption\n");
    helps("lifetime ", "  <60-4294967295>\n");
    helps("no lifetime ", "  <60-4294967295>\n  <cr>\n");
    helps("encryption aes 256 ", "  <cr>\n");
    helps("frobnicate ", "% Unrecognized command\n");
    helps("crypto isakmp key ", "  WORD\n");
    helps("crypto isakmp key k address 1.2.3.4 ", "  A.B.C.D\n  <cr>\n");
    helps("", "  exit                    Leave this mode\n"
              "  quit                    Leave this mode\n"
              "  end                     Leave configuration mode\n"
              "  encryption              Encryption\n"
              "  hash                    Set hash algorithm for protection suite\n"
              "  authentication          Set authentication method for protection suite\n"
              "  group                   Set the Diffie-Hellman group\n"
              "  lifetime                Set a lifetime\n"
              "  no                      Negate a command or set its defaults\n"
              "  default                 Set a command to its defaults\n");
    helps("n", "  no                      Negate a command or set its defaults\n");
    helps("DE", "  default                 Set a command to its defaults\n");
    helps("acc", "  access-list             Add an access list entry\n");
    takes("crypto key pubkey-chain rsa");
    takes("named-key a");
    takes("key-string");
    helps("", "  LINE\n  quit                    End of what is typed in\n");
    takes("30020500");
    takes("quit");
    helps("crypto isakmp i",
          "  identity                Set the identity which ISAKMP will use\n"
          "  invalid-spi-recovery    Initiate IKE when an unknown SPI is received\n");
}

static void completes(const char *line, const char *const *expected)
{
    isakmp_span word;
    size_t i = 0;
    for (; expected[i]; i++) {
        assert_int_equal(isakmp_ios_complete(&shell, span_of(line), i, &word), ISAKMP_OK);
        assert_int_equal(word.n, strlen(expected[i]));
        assert_memory_equal(word.p, expected[i], word.n);
    }
    assert_int_equal(isakmp_ios_complete(&shell, span_of(line), i, &word), ISAKMP_NONE);
}

static void completion(void **state)
{
    static const char *const sets[] = {"security-association", NULL};
    static const char *const modes_of[] = {"rsa-sig", "rsa-encr", NULL};
    static const char *const ca[] = {"ca", NULL};
    static const char *const ends[] = {"exit", "end", "encryption", NULL};
    static const char *const no[] = {"no", NULL}, *const defaults[] = {"default", NULL};
    static const char *const none[] = {NULL};
    (void)state;
    scene_clear();
    takes("crypto isakmp policy 1");
    completes("e", ends);
    completes("n", no);
    completes("def", defaults);
    completes("no def", none);
    completes("auth rsa", modes_of);
    completes("lifetime 6", none);
    completes("crypto c", ca);
    takes("crypto map m 1 ipsec-isakmp");
    completes("set se", sets);
    completes("set x y", none);
}

/* ---- Every row of the table ----------------------------------------------------------------- */

static void room_for_rows(void **state)
{
    (void)state;
    for (unsigned mode = 0; mode < ISAKMP_IOS_N_MODES; mode++) {
        unsigned n = 0;
        for (unsigned i = 0; i < isakmp__ios_n_rows; i++)
            n += isakmp__ios_rows[i].mode == mode || isakmp__ios_rows[i].mode == ISAKMP__ANY_CONFIG;
        assert_true(n <= ISAKMP__MAX_ROWS);
    }
}

static void same_uses(void **state)
{
    isakmp_ios_public_key k;
    (void)state;
    scene_clear();
    takes("crypto key pubkey-chain rsa");
    takes("named-key a signature");
    takes("named-key b encryption");
    takes("named-key c");
    assert_int_equal(isakmp_ios_public_key_get(conf, 0, &k), ISAKMP_OK);
    assert_int_equal(k.use, ISAKMP_USE_SIGNATURE);
    assert_int_equal(isakmp_ios_public_key_get(conf, 1, &k), ISAKMP_OK);
    assert_int_equal(k.use, ISAKMP_USE_ENCRYPTION);
    assert_int_equal(isakmp_ios_public_key_get(conf, 2, &k), ISAKMP_OK);
    assert_int_equal(k.use, ISAKMP_USE_GENERAL);
    assert_int_equal(isakmp_ios_public_key_get(conf, 3, &k), ISAKMP_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_there_is_once),
        cmocka_unit_test(policies),
        cmocka_unit_test(keys_hosts_pools),
        cmocka_unit_test(maps),
        cmocka_unit_test(lists),
        cmocka_unit_test(public_keys_and_trust),
        cmocka_unit_test(exec_commands),
        cmocka_unit_test(making_keys),
        cmocka_unit_test(modes),
        cmocka_unit_test(gone_while_edited),
        cmocka_unit_test(another_in_its_place),
        cmocka_unit_test(abbreviations),
        cmocka_unit_test(ranges),
        cmocka_unit_test(senseless),
        cmocka_unit_test(key_strings),
        cmocka_unit_test(long_lines),
        cmocka_unit_test(help),
        cmocka_unit_test(completion),
        cmocka_unit_test(room_for_rows),
        cmocka_unit_test(same_uses),
    };
    return cmocka_run_group_tests_name("ios_lines", tests, NULL, NULL);
}
