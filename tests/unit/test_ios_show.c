/* test_ios_show.c -- what is shown of a configuration: the exact text of the routers' handbook for its example, and
 * the same form for others. */
#include "unit/ios_scene.h"
#include "isakmp/keyring.h"

/* A file of the source tree, in which the tests run. */
static const char *read_file(const char *path)
{
    static char text[8][8192];
    static unsigned n;
    char *out = text[n++ % 8];
    FILE *f = fopen(path, "rb");
    size_t len;
    assert_non_null(f);
    len = fread(out, 1, sizeof text[0] - 1, f);
    out[len] = 0;
    fclose(f);
    return out;
}

/* The example of the handbook, byte for byte. */
static void policies_of_the_handbook(void **state)
{
    (void)state;
    scene_clear();
    loads(read_file("examples/ios/ike-policies.cfg"));
    assert_string_equal(show("show crypto isakmp policy"),
                        read_file("tests/tables/show_policy.golden"));
    /* "encryption des ... would not appear in the written configuration", nor any other default. */
    runs("crypto isakmp policy 15\n encryption 3des\n hash md5\n group 2\n lifetime 5000\n"
         "crypto isakmp policy 20\n authentication pre-share\n lifetime 10000\n"
         "crypto isakmp key 1234567890 address 192.168.224.33\n");
}

static void no_policies(void **state)
{
    const char *golden = read_file("tests/tables/show_policy.golden");
    (void)state;
    scene_clear();
    assert_string_equal(show("show crypto isakmp policy"),
                        strstr(golden, "Default protection suite"));
    assert_string_equal(show("show running-config"), "end\n");
}

static void other_policies(void **state)
{
    const char *text;
    (void)state;
    scene_clear();
    loads(
        "crypto isakmp policy 10000\n encryption aes 192\n hash sha384\n authentication rsa-encr\n"
        " group 20\n lifetime 60\ncrypto isakmp policy 2\n encryption aes\n hash sha512\n group "
        "14\n"
        "crypto isakmp policy 3\n hash sha256\n group 31\n");
    text = show("show crypto isakmp policy");
    assert_ptr_equal(
        strstr(text, "Protection suite priority 2\n"
                     "encryption algorithm:AES - Advanced Encryption Standard (128 bit keys)\n"
                     "hash algorithm:Secure Hash Standard 2 (512 bit)\n"
                     "authentication method:Rivest-Shamir-Adleman Signature\n"
                     "Diffie-Hellman group:#14 (2048 bit)\n"
                     "lifetime:86400 seconds, no volume limit\n"
                     "Protection suite priority 3\n"),
        text);
    assert_non_null(
        strstr(text, "Protection suite priority 10000\n"
                     "encryption algorithm:AES - Advanced Encryption Standard (192 bit keys)\n"
                     "hash algorithm:Secure Hash Standard 2 (384 bit)\n"
                     "authentication method:Rivest-Shamir-Adleman Encryption\n"
                     "Diffie-Hellman group:#20 (384 bit)\n"
                     "lifetime:60 seconds, no volume limit\n"
                     "Default protection suite\n"));
}

static void keys(void **state)
{
    (void)state;
    scene_clear();
    loads("crypto isakmp key secret address 1.2.3.4\ncrypto isakmp key other address 10.0.0.0 "
          "255.0.0.0\n"
          "crypto isakmp key third hostname a.example.com\n");
    assert_string_equal(show("show crypto isakmp key"),
                        "Hostname/Address                         Preshared Key\n"
                        "1.2.3.4                                  secret\n"
                        "10.0.0.0 [8 bits]                        other\n"
                        "a.example.com                            third\n");
}

static void maps(void **state)
{
    (void)state;
    scene_clear();
    loads("crypto ipsec transform-set t esp-aes 256 esp-sha-hmac\n mode transport\n"
          "crypto ipsec transform-set u ah-md5-hmac\n"
          "crypto dynamic-map d 5\n set transform-set u\n"
          "crypto map vpn client configuration address initiate\n"
          "crypto map vpn 10 ipsec-isakmp\n set peer 1.2.3.4\n set peer 1.2.3.5\n"
          " set transform-set t u\n set pfs group2\n match address 101\n"
          " set security-association lifetime seconds 500\n"
          "crypto map vpn 20 ipsec-isakmp dynamic d\n"
          "interface s0\n crypto map vpn\n"
          "access-list 101 permit tcp host 10.0.0.1 10.2.0.0 0.0.255.255 eq 80\n");
    assert_string_equal(show("show crypto map"),
                        "Crypto Map \"vpn\" 10 ipsec-isakmp\n"
                        "\tPeer = 1.2.3.4\n"
                        "\tPeer = 1.2.3.5\n"
                        "\tExtended IP access list 101\n"
                        "\t    permit tcp host 10.0.0.1 10.2.0.0 0.0.255.255 eq 80\n"
                        "\tSecurity association lifetime: 4608000 kilobytes/500 seconds\n"
                        "\tPFS (Y/N): Y\n"
                        "\tDH group:  group2\n"
                        "\tTransform sets={ t, u, }\n"
                        "Crypto Map \"vpn\" 20 ipsec-isakmp\n"
                        "\tDynamic map template tag: d\n"
                        "\tClient configuration address: initiate\n"
                        "\tInterfaces using crypto map vpn:\n"
                        "\t\ts0\n");
    assert_string_equal(show("show crypto dynamic-map"),
                        "Crypto Map Template \"d\" 5\n"
                        "\tNo matching address list set.\n"
                        "\tSecurity association lifetime: 4608000 kilobytes/3600 seconds\n"
                        "\tPFS (Y/N): N\n"
                        "\tTransform sets={ u, }\n");
    assert_string_equal(show("show crypto ipsec transform-set"),
                        "Transform set t: { esp-aes 256 esp-sha-hmac }\n"
                        "   will negotiate = { Transport },\n"
                        "Transform set u: { ah-md5-hmac }\n"
                        "   will negotiate = { Tunnel },\n");
    assert_string_equal(show("show crypto ipsec security-association lifetime"),
                        "Security association lifetime: 4608000 kilobytes/3600 seconds\n");
    assert_string_equal(show("show access-lists 101"),
                        "Extended IP access list 101\n"
                        "    permit tcp host 10.0.0.1 10.2.0.0 0.0.255.255 eq 80\n");
    assert_string_equal(show("show access-lists 102"), "");
}

static uint32_t used(void *user, isakmp_span pool)
{
    (void)user;
    return pool.n == 1 ? 3 : 0;
}

static void pools_and_hosts(void **state)
{
    isakmp_ios_live live = {sizeof live, NULL, 0, NULL, NULL, used, NULL};
    (void)state;
    scene_clear();
    loads("ip local pool p 172.16.1.1 172.16.1.254\nip local pool other 10.0.0.1\n"
          "ip domain-name example.com\nip host a.example.com 1.1.1.1 1.1.1.2\n");
    assert_string_equal(show_live("show ip local pool", &live),
                        "Pool                     Begin           End              Free  In use\n"
                        "p                        172.16.1.1      172.16.1.254      251       3\n"
                        "other                    10.0.0.1        10.0.0.1            1       0\n");
    assert_string_equal(show("show ip local pool other"),
                        "Pool                     Begin           End              Free  In use\n"
                        "other                    10.0.0.1        10.0.0.1            1       0\n");
    assert_string_equal(show("show hosts"), "Default domain is example.com\n"
                                            "Host                     Address(es)\n"
                                            "a.example.com            1.1.1.1 1.1.1.2\n");
}

static int my_key(void *user, size_t i, unsigned *use, isakmp_span *der)
{
    static const uint8_t octets[40] = {0x30, 0x26, 0xab};
    (void)user;
    *use = i ? ISAKMP_USE_ENCRYPTION : ISAKMP_USE_SIGNATURE;
    *der = isakmp__span(octets, i ? 5 : sizeof octets);
    return i < 2 ? ISAKMP_OK : ISAKMP_NONE;
}

static int learnt_key(void *user, size_t i, isakmp_ios_public_key *out)
{
    static const uint8_t octets[5] = {0x30, 0x03, 0x02, 0x01, 0x09};
    (void)user;
    if (i)
        return ISAKMP_NONE;
    memset(out, 0, sizeof *out);
    out->name = span_of("O=Example, CN=c");
    out->addr.family = 4;
    out->addr.ip[0] = 9;
    out->use = ISAKMP_USE_ENCRYPTION;
    out->der = isakmp__span(octets, sizeof octets);
    return ISAKMP_OK;
}

static void public_keys(void **state)
{
    isakmp_ios_live live = {sizeof live, NULL, 0, NULL, my_key, NULL, learnt_key};
    (void)state;
    scene_clear();
    loads("hostname R1\nip domain-name example.com\n"
          "crypto key pubkey-chain rsa\n named-key a.example.com encryption\n  address 1.2.3.4\n"
          "  key-string 30030201 07\n addressed-key 5.6.7.8\n  key-string 30020500\n"
          " named-key b.example.com signature\n  key-string 30030201 08\n");
    assert_string_equal(
        show_live("show crypto key mypubkey rsa", &live),
        "Key name: R1.example.com\n Usage: Signature Key\n Key Data:\n"
        "  3026AB00 00000000 00000000 00000000 00000000 00000000 00000000 00000000\n"
        "  00000000 00000000\n"
        "Key name: R1.example.com\n Usage: Encryption Key\n Key Data:\n"
        "  3026AB00 00\n");
    assert_string_equal(show("show crypto key mypubkey rsa"), "");
    assert_string_equal(show("show crypto key pubkey-chain rsa"),
                        "Codes: M - Manually Configured, C - Extracted from certificate\n\n"
                        "Code  Usage        IP-address       Name\n"
                        "M     Encrypt      1.2.3.4          a.example.com\n"
                        "M     General      5.6.7.8          \n"
                        "M     Signature                     b.example.com\n");
    assert_non_null(strstr(show_live("show crypto key pubkey-chain rsa", &live),
                           "C     Encrypt      9.0.0.0          O=Example, CN=c\n"));
    assert_string_equal(show_live("show crypto key pubkey-chain rsa address 9.0.0.0", &live),
                        "Key name: O=Example, CN=c\nKey address: 9.0.0.0\n Usage: Encryption Key\n"
                        " Source: Certificate\n Data:\n  30030201 09\n");
    live.size = offsetof(isakmp_ios_live, learnt_key); /* of a host that does not know it */
    assert_string_equal(show_live("show crypto key pubkey-chain rsa address 9.0.0.0", &live), "");
    assert_string_equal(show("show crypto key pubkey-chain rsa name A.example.com"),
                        "Key name: a.example.com\nKey address: 1.2.3.4\n Usage: Encryption Key\n"
                        " Source: Manual\n Data:\n  30030201 07\n");
    assert_string_equal(show("show crypto key pubkey-chain rsa address 5.6.7.8"),
                        "Key address: 5.6.7.8\n Usage: General Purpose Key\n"
                        " Source: Manual\n Data:\n  30020500\n");
    assert_string_equal(show("show crypto key pubkey-chain rsa name c"), "");
    loads("crypto ca trustpoint c\n revocation-check none\n");
    assert_string_equal(show("show crypto ca trustpoints"),
                        "Trustpoint c:\n    CA certificate: none\n    Router certificate: none\n"
                        "    Revocation check: none\n");
}

static void no_sas(void **state)
{
    (void)state;
    scene_clear();
    assert_string_equal(show("show crypto isakmp sa"),
                        "dst             src             state          conn-id slot\n");
    assert_string_equal(show("show crypto ipsec sa"), "");
    command.action = ISAKMP_IOS_CLEAR_SA;
    assert_int_equal(isakmp_ios_show(shown, sizeof shown, conf, &command, NULL), 0);
    command.action = 60000;
    assert_int_equal(isakmp_ios_show(shown, sizeof shown, conf, &command, NULL), 0);
}

/* In a buffer that is too small the text is cut, and its length told. */
static void cut(void **state)
{
    char out[600];
    size_t n;
    (void)state;
    scene_clear();
    loads(read_file("examples/ios/ike-policies.cfg"));
    n = strlen(show("show crypto isakmp policy"));
    for (size_t cap = 0; cap < sizeof out; cap++) {
        memset(out, 'x', sizeof out);
        assert_int_equal(isakmp_ios_show(out, cap, conf, &command, NULL), n);
        assert_true(cap == 0 || (out[cap - 1] == 0 && strncmp(out, shown, cap - 1) == 0));
        assert_true(out[cap] == 'x');
    }
    assert_int_equal(isakmp_ios_running_config(NULL, 0, conf), strlen(running()));
}

/* Every configuration of examples/ios is read without a word, and written and read again. */
static void examples(void **state)
{
    static const char *const files[] = {
        "ike-policies",  "disable",      "manual-keys", "preshared-hostname",
        "mode-config",   "ted-template", "additional",  "certificates",
        "encr-then-sig", "site-a",       "site-b",      "site-c",
        "left",          "right",
    };
    (void)state;
    for (unsigned i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[64], first[8192];
        snprintf(path, sizeof path, "examples/ios/%s.cfg", files[i]);
        scene_clear();
        loads(read_file(path));
        strcpy(first, running());
        assert_true(strlen(first) > 10);
        scene_clear();
        loads(first);
        assert_string_equal(running(), first);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(policies_of_the_handbook),
        cmocka_unit_test(no_policies),
        cmocka_unit_test(other_policies),
        cmocka_unit_test(keys),
        cmocka_unit_test(maps),
        cmocka_unit_test(pools_and_hosts),
        cmocka_unit_test(public_keys),
        cmocka_unit_test(no_sas),
        cmocka_unit_test(cut),
        cmocka_unit_test(examples),
    };
    return cmocka_run_group_tests_name("ios_show", tests, NULL, NULL);
}
