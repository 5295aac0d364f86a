/* test_ios_texts.c -- whole configurations: what is read is written again, faults have their places, all or
 * nothing, too little memory, and how long it takes. */
#include <time.h>
#include "unit/ios_scene.h"

static const char network[] =
    "hostname Berlin\n"
    "ip domain-name example.com\n"
    "ip host paris.example.com 192.0.2.2 192.0.2.3\n"
    "!\n"
    "crypto isakmp policy 10\n"
    " encryption aes 256\n"
    " hash sha256\n"
    " authentication pre-share\n"
    " group 14\n"
    "crypto isakmp key Long-and-random address 192.0.2.2\n"
    "crypto isakmp key Other hostname rome.example.com\n"
    "crypto isakmp keepalive 20 3 periodic\n"
    "crypto key pubkey-chain rsa\n"
    " named-key paris.example.com encryption\n"
    "  address 192.0.2.2\n"
    "  key-string\n"
    "   30819D30 0D06092A 864886F7 0D010101 05000381 8B003081 87028181 00BC8827\n"
    "   7CCCEE5F 7FD5F7C3 CA2252BB 1B481ABB 2DA456BE B88D4C58 D5E9200A 41E52FD7\n"
    "   222FFD37 A9FBC92F 2BF67E67 FA8A12FB A72CCA87 10535E7F D5ED97D9 4E608484\n"
    "   A5F8A11D 1CCA6653 69CFC233 BFCADCC8 78456B8A DD755B04 3DC060CC 7D0E1BD8\n"
    "   3FB81A32 372F9D9F A85FCDAB 745AFED3 0ACE8AA0 8E4D9A6D 8ACBB3D4 B1020103\n"
    "  quit\n"
    "crypto ipsec transform-set strong esp-aes 256 esp-sha256-hmac\n"
    "crypto ipsec transform-set old esp-3des esp-sha-hmac\n"
    " mode transport\n"
    "crypto dynamic-map found 10\n"
    " set transform-set strong\n"
    " match address 102\n"
    "crypto map vpn client configuration address respond\n"
    "crypto map vpn 10 ipsec-isakmp\n"
    " set peer 192.0.2.2\n"
    " set transform-set strong old\n"
    " set pfs group14\n"
    " match address 101\n"
    "crypto map vpn 99 ipsec-isakmp dynamic found discover\n"
    "interface Serial0\n"
    " ip address 192.0.2.1 255.255.255.0\n"
    " crypto map vpn\n"
    "ip local pool clients 10.9.0.1 10.9.0.254\n"
    "access-list 101 permit ip 10.1.0.0 0.0.255.255 10.2.0.0 0.0.255.255\n"
    "access-list 102 deny ospf any any\n"
    "access-list 102 permit ip any any\n"
    "end\n";

/* ---- Reading and writing -------------------------------------------------------------------- */

static void written_again(void **state)
{
    char first[8192];
    (void)state;
    scene_clear();
    loads(network);
    assert_true(strlen(running()) < sizeof first);
    strcpy(first, running());
    assert_non_null(strstr(first, " encryption aes 256\n hash sha256\n"));
    loads(first);
    assert_string_equal(running(), first);
    scene_clear();
    loads(first);
    assert_string_equal(running(), first);
}

static void line_ends(void **state)
{
    (void)state;
    scene_clear();
    loads("crypto isakmp policy 1\r\n\r\n  hash md5\r\n!\r\n ! x\r\n\tgroup "
          "2\r\nend\r\nfrobnicate\r\n");
    runs("crypto isakmp policy 1\n hash md5\n group 2\n");
    scene_clear();
    loads("crypto isakmp policy 1\n hash md5\n exit\nexit\nhostname x");
    runs("hostname x\ncrypto isakmp policy 1\n hash md5\n");
    loads("");
    loads("\n\n!\n");
    runs("hostname x\ncrypto isakmp policy 1\n hash md5\n");
}

/* Every line that the table can make of random words, in any order, again and again. */
static const char *const random_lines[] = {
    "crypto isakmp policy %n",
    "encryption des",
    "encryption 3des",
    "encryption aes",
    "encryption aes 192",
    "encryption aes 256",
    "no encryption",
    "hash md5",
    "hash sha",
    "hash sha256",
    "hash sha512",
    "authentication pre-share",
    "authentication rsa-encr",
    "authentication rsa-sig",
    "group 1",
    "group 2",
    "group 14",
    "group 31",
    "lifetime 86400",
    "lifetime 6%n",
    "no crypto isakmp policy %n",
    "crypto isakmp key k%n address %a",
    "crypto isakmp key k%n address %a 255.255.0.0",
    "crypto isakmp key k%n hostname h%n",
    "no crypto isakmp key x hostname h%n",
    "crypto isakmp identity hostname",
    "crypto isakmp identity dn",
    "crypto isakmp identity address",
    "crypto isakmp keepalive 1%n",
    "crypto isakmp keepalive 10 1%n periodic",
    "no crypto isakmp keepalive",
    "crypto isakmp nat keepalive 1%n",
    "crypto isakmp invalid-spi-recovery",
    "no crypto isakmp enable",
    "crypto isakmp enable",
    "crypto isakmp aggressive-mode disable",
    "default crypto isakmp aggressive-mode disable",
    "crypto isakmp client configuration address-pool local p%n",
    "ip local pool p%n 10.0.0.%n 10.1.0.%n",
    "no ip local pool p%n",
    "ip host h%n %a %a",
    "ip host h%n %a",
    "no ip host h%n",
    "hostname R%n",
    "no hostname",
    "ip domain-name d%n",
    "crypto key pubkey-chain rsa",
    "named-key h%n",
    "named-key h%n encryption",
    "addressed-key %a signature",
    "address %a",
    "key-string 3003020101",
    "no named-key h%n",
    "crypto ca trustpoint t%n",
    "enrollment terminal",
    "revocation-check none",
    "no crypto ca trustpoint t%n",
    "crypto ipsec transform-set s%n esp-des",
    "crypto ipsec transform-set s%n esp-aes 192 esp-sha-hmac",
    "crypto ipsec transform-set s%n ah-md5-hmac esp-null esp-md5-hmac",
    "mode transport",
    "mode tunnel",
    "no crypto ipsec transform-set s%n",
    "crypto map m%n 1%n ipsec-isakmp",
    "crypto map m%n 2%n ipsec-isakmp dynamic d%n discover",
    "crypto map m%n 2%n ipsec-isakmp dynamic d%n",
    "crypto dynamic-map d%n %n",
    "set peer %a",
    "set peer h%n",
    "no set peer h%n",
    "set transform-set s%n",
    "set transform-set s1 s2 s3 s4",
    "no set transform-set",
    "set pfs",
    "set pfs group14",
    "no set pfs",
    "set security-association lifetime seconds 12%n",
    "set security-association lifetime kilobytes 300%n",
    "match address 10%n",
    "match address l%n",
    "no match address",
    "no crypto map m%n 1%n",
    "no crypto map m%n",
    "no crypto dynamic-map d%n",
    "crypto map m%n client configuration address initiate",
    "no crypto map m%n client configuration address",
    "access-list 10%n permit ip any any",
    "access-list 10%n deny tcp host %a %a 0.0.255.255 eq 80",
    "no access-list 10%n",
    "ip access-list extended l%n",
    "permit udp any eq 53 host %a",
    "deny ip %a 0.0.0.255 any",
    "no permit udp any eq 53 host %a",
    "interface i%n",
    "ip address %a 255.255.255.0",
    "crypto map m%n",
    "shutdown",
    "no interface i%n",
    "crypto ipsec security-association lifetime seconds 36%n",
    "exit",
};

static size_t put_random(uint64_t *seed, char *out, const char *line)
{
    size_t n = 0;
    for (; *line; line++) {
        uint32_t v = bytes_random(seed);
        if (line[0] == '%' && line[1] == 'n')
            n += (size_t)sprintf(out + n, "%u", v % 4 + 1);
        else if (line[0] == '%' && line[1] == 'a')
            n += (size_t)sprintf(out + n, "10.%u.%u.%u", v % 3, v / 3 % 3, v / 9 % 4);
        else
            out[n++] = *line;
        line += line[0] == '%';
    }
    out[n++] = '\n';
    return n;
}

static void random_text(uint64_t *seed, char *out, unsigned lines)
{
    size_t n = 0, count = sizeof random_lines / sizeof random_lines[0], at = 0;
    while (lines--) { /* mostly one that follows the last one soon, and so in its mode */
        at = bytes_random(seed) % 4 ? at + 1 + bytes_random(seed) % 3 : bytes_random(seed);
        at %= count;
        n += put_random(seed, out + n, random_lines[at]);
    }
    out[n] = 0;
}

static void no_fault(void *user, const isakmp_ios_fault *f)
{
    if (f->error) {
        print_error("line %u: %s\n%s", (unsigned)f->line, f->text, (const char *)user);
        fail();
    }
}

static void ignore_fault(void *user, const isakmp_ios_fault *f)
{
    (void)user;
    assert_true(f->line > 0 || f->error);
}

static void must_load(char *text)
{
    isakmp_ios_loader loader = {sizeof loader, ISAKMP_IOS_ALL, NULL, no_fault, NULL};
    loader.user = text;
    assert_int_equal(isakmp_ios_load(conf, span_of(text), &loader), ISAKMP_OK);
}

static void random_configurations(void **state)
{
    static char text[64 * 1024], first[64 * 1024];
    isakmp_ios_loader loader = {sizeof loader, 0, NULL, ignore_fault, NULL};
    uint64_t seed = 7;
    size_t longest = 0;
    (void)state;
    for (unsigned i = 0; i < 1500; i++) {
        random_text(&seed, text, 1 + i % 200);
        scene_clear();
        (void)isakmp_ios_load(conf, span_of(text), &loader);
        strcpy(first, running());
        longest = strlen(first) > longest ? strlen(first) : longest;
        must_load(first); /* over itself */
        assert_string_equal(running(), first);
        scene_clear();
        must_load(first);
        assert_string_equal(running(), first);
    }
    assert_true(longest > 1500);
}

/* Typed line by line it is the same as loaded, as long as no line is wrong. */
static void typed_or_loaded(void **state)
{
    static char first[8192];
    char line[200];
    (void)state;
    scene_clear();
    loads(network);
    strcpy(first, running());
    scene_clear();
    for (const char *s = network; *s; s = strchr(s, '\n') + 1) {
        snprintf(line, sizeof line, "%.*s", (int)(strchr(s, '\n') - s), s);
        takes(line);
    }
    assert_string_equal(running(), first);
    assert_int_equal(shell.mode, ISAKMP_IOS_EXEC);
}

/* ---- Faults --------------------------------------------------------------------------------- */

static void fault_is(unsigned i, unsigned line, unsigned column, int error, const char *because)
{
    assert_true(i < n_faults);
    if (faults[i].line != line || faults[i].column != column || !strstr(faults[i].text, because))
        print_error("line %u, column %u: %s\n", (unsigned)faults[i].line,
                    (unsigned)faults[i].column, faults[i].text);
    assert_int_equal(faults[i].line, line);
    assert_int_equal(faults[i].column, column);
    assert_int_equal(faults[i].error, error);
    assert_non_null(strstr(faults[i].text, because));
}

/* A policy without one of its lines would be another one: it is left out. */
static void half_a_policy(void **state)
{
    (void)state;
    scene_clear();
    assert_int_equal(load_flags("crypto isakmp policy 10\n"
                                " encryption aes 512\n"
                                " group 14\n"
                                "crypto isakmp policy 20\n"
                                " encryption 3des\n",
                                0),
                     ISAKMP_E_MALFORMED);
    assert_int_equal(n_faults, 2);
    fault_is(0, 2, 17, 1, "\"512\" is not known here: expected 128, 192, 256");
    fault_is(1, 1, 0, 1, "left out, because line 2 was taken for a part of it, and is wrong");
    runs("crypto isakmp policy 20\n encryption 3des\n");
    /* One that was there before keeps what it was. */
    assert_int_equal(load_flags("crypto isakmp policy 20\n hash md6\n group 2\n", 0),
                     ISAKMP_E_MALFORMED);
    assert_int_equal(n_faults, 1);
    runs("crypto isakmp policy 20\n encryption 3des\n group 2\n");
}

/* Lines behind a line that should have begun something are not taken for lines of what was before. */
static void wrong_beginnings(void **state)
{
    (void)state;
    scene_clear();
    assert_int_equal(load_flags("crypto map m 10 ipsec-isakmp\n"
                                " set peer 1.1.1.1\n"
                                "crypto map m 99999 ipsec-isakmp\n"
                                " set peer 2.2.2.2\n"
                                "hostname x\n"
                                "crypto key pubkey-chain rsa\n"
                                " named-key a\n"
                                "  key-string 30020500\n"
                                " named-key b frob\n"
                                "  key-string 30020501\n"
                                " named-key c\n"
                                "  key-string 30020502\n"
                                "  key-string 3x\n",
                                0),
                     ISAKMP_E_MALFORMED);
    fault_is(0, 3, 14, 1, "<1-65535>");
    fault_is(1, 4, 2, 1, "\"set\" is not known here");
    fault_is(2, 9, 14, 1, "expected encryption, signature");
    runs(
        "hostname x\ncrypto key pubkey-chain rsa\n named-key a\n  key-string\n   30020500\n  quit\n"
        "crypto map m 10 ipsec-isakmp\n set peer 1.1.1.1\n");
}

static void all_or_nothing(void **state)
{
    char first[8192];
    uint8_t *used;
    size_t n;
    (void)state;
    scene_clear();
    loads(network);
    strcpy(first, running());
    n = isakmp_ios_used(conf);
    used = bytes_copy(isakmp__span(scene_memory, n));
    assert_int_equal(
        load_flags("no crypto isakmp policy 10\nno crypto map vpn\nhostname Other\n"
                   "ip local pool q 10.0.0.1 10.0.0.2\ncrypto isakmp policy 11\n hash x\n",
                   ISAKMP_IOS_ALL),
        ISAKMP_E_MALFORMED);
    assert_int_equal(n_faults, 1);
    fault_is(0, 6, 7, 1, "\"x\" is not known here: expected sha, md5, sha256, sha384, sha512");
    assert_string_equal(running(), first);
    assert_int_equal(isakmp_ios_used(conf), n);
    for (size_t i = n; i < sizeof scene_memory; i++) /* no key is left behind */
        assert_int_equal(((uint8_t *)scene_memory)[i], 0);
    free(used);
    assert_int_equal(load_flags("hostname Other\n", ISAKMP_IOS_ALL), ISAKMP_OK);
    assert_non_null(strstr(running(), "hostname Other\n"));
}

static void unfinished(void **state)
{
    (void)state;
    scene_clear();
    assert_int_equal(
        load_flags("hostname x\ncrypto key pubkey-chain rsa\n named-key a\n  key-string\n 3002\n",
                   0),
        ISAKMP_E_MALFORMED);
    fault_is(0, 5, 0, 1, "ends in the middle of a key or certificate: expected quit");
    fault_is(1, 3, 0, 1, "left out");
    runs("hostname x\n");
    assert_int_equal(
        load_flags("crypto ca trustpoint c\ncrypto ca authenticate c\nfrob\nquit\nhostname y\n", 0),
        ISAKMP_E_MALFORMED);
    fault_is(0, 4, 0, 1, "no certificate in PEM");
    runs("hostname y\n");
}

/* ---- What is missing ------------------------------------------------------------------------ */

static void missing(void **state)
{
    isakmp_ios_fault f;
    size_t i = 0;
    (void)state;
    scene_clear();
    assert_int_equal(load_flags("crypto map m 1 ipsec-isakmp\n"
                                " set transform-set gone here\n"
                                " match address 101\n"
                                "crypto map m 2 ipsec-isakmp dynamic gone\n"
                                "crypto map m 3 ipsec-isakmp dynamic d discover\n"
                                "crypto map m 4 ipsec-isakmp dynamic e discover\n"
                                "crypto dynamic-map d 1\n"
                                " set transform-set here\n"
                                "crypto dynamic-map e 1\n"
                                " set transform-set here\n"
                                " match address 102\n"
                                "access-list 102 permit tcp any any\n"
                                "access-list 102 permit ip 10.0.0.1 0.0.255.0 any\n"
                                "crypto ipsec transform-set here esp-des\n"
                                "interface s\n"
                                " crypto map n\n"
                                "crypto isakmp client configuration address-pool local p\n"
                                "crypto key pubkey-chain rsa\n"
                                " named-key k\n",
                                ISAKMP_IOS_ALL),
                     ISAKMP_OK);
    fault_is(0, 2, 0, 0, "crypto map m 1: there is no transform set gone");
    fault_is(1, 3, 0, 0, "crypto map m 1: there is no access list 101");
    fault_is(2, 1, 0, 0, "crypto map m 1: incomplete: it has no peer");
    fault_is(3, 4, 0, 0, "crypto map m 2: there is no dynamic map gone");
    fault_is(4, 5, 0, 0, "discover needs a match address in the entries of dynamic map d");
    fault_is(5, 6, 0, 0, "without protocols and ports: access list 102");
    fault_is(6, 11, 0, 0, "dynamic map e 1: a wildcard with holes");
    fault_is(7, 16, 0, 0, "interface s: there is no crypto map n");
    fault_is(8, 19, 0, 0, "key k: it has no key-string");
    fault_is(9, 17, 0, 0, "there is no pool p");
    assert_int_equal(n_faults, 10);
    for (; isakmp_ios_missing(conf, i, &f) == ISAKMP_OK; i++)
        assert_string_equal(f.text, faults[i].text);
    assert_int_equal(i, n_faults);
    /* What is named may come later, in any order. */
    loads("crypto ipsec transform-set gone esp-des\nno crypto map m\nno interface s\n"
          "no access-list 102\nip local pool p 10.0.0.1\naccess-list 102 permit ip any any\n"
          "crypto key pubkey-chain rsa\n named-key k\n  key-string 30020500\n");
}

/* ---- What the host is told ------------------------------------------------------------------ */

static unsigned told;
static void tell(void *user, const isakmp_ios_command *c)
{
    (void)user;
    assert_int_equal(c->action, ISAKMP_IOS_MAKE_KEYS);
    assert_int_equal(c->number, 1024);
    told++;
}

static void commands(void **state)
{
    isakmp_ios_loader loader = {sizeof loader, 0, NULL, NULL, tell};
    (void)state;
    scene_clear();
    assert_int_equal(isakmp_ios_load(conf,
                                     span_of("crypto key generate rsa modulus 1024\nshow hosts\n"),
                                     &loader),
                     ISAKMP_E_MALFORMED);
    assert_int_equal(told, 1);
    assert_int_equal(isakmp_ios_load(conf, span_of("hostname a\n"), NULL), ISAKMP_OK);
}

static void items(void **state)
{
    isakmp_ios_settings s;
    isakmp_ios_pool pool;
    isakmp_ios_trustpoint trust;
    isakmp_ios_interface i;
    isakmp_addr a;
    isakmp_id id;
    char name[210];
    (void)state;
    scene_clear();
    loads(network);
    s.size = sizeof s;
    isakmp_ios_settings_get(conf, &s);
    assert_int_equal(s.enabled, 1);
    assert_int_equal(s.keepalive_s, 20);
    assert_int_equal(s.keepalive_retry_s, 3);
    assert_int_equal(s.keepalive_periodic, 1);
    assert_int_equal(s.life_s, 3600);
    assert_int_equal(s.life_kb, 4608000);
    assert_memory_equal(s.hostname.p, "Berlin", 6);
    assert_int_equal(isakmp_ios_pool_get(conf, 0, &pool), ISAKMP_OK);
    assert_int_equal(pool.last.ip[3], 254);
    assert_int_equal(isakmp_ios_pool_get(conf, 1, &pool), ISAKMP_NONE);
    assert_int_equal(isakmp_ios_interface_get(conf, 0, &i), ISAKMP_OK);
    assert_int_equal(i.prefix, 24);
    assert_memory_equal(i.map.p, "vpn", 3);
    assert_int_equal(isakmp_ios_host_get(conf, span_of("PARIS.example.com"), 1, &a), ISAKMP_OK);
    assert_int_equal(a.ip[3], 3);
    assert_int_equal(isakmp_ios_host_get(conf, span_of("paris.example.com"), 2, &a), ISAKMP_NONE);
    assert_int_equal(isakmp_ios_trustpoint_get(conf, 0, &trust), ISAKMP_NONE);
    loads("crypto ca trustpoint c\n");
    assert_int_equal(isakmp_ios_trustpoint_get(conf, 0, &trust), ISAKMP_OK);
    assert_int_equal(trust.revocation, 1);
    assert_int_equal(isakmp_ios_identity(conf, &id, name, sizeof name), ISAKMP_OK);
    assert_int_equal(id.type, ISAKMP_ID_NONE);
    loads("crypto isakmp identity hostname\n");
    assert_int_equal(isakmp_ios_identity(conf, &id, name, 17), ISAKMP_E_SPACE);
    assert_int_equal(isakmp_ios_identity(conf, &id, name, 18), ISAKMP_OK);
    assert_int_equal(id.type, ISAKMP_ID_FQDN);
    assert_memory_equal(id.data.p, "Berlin.example.com", 18);
    loads("no ip domain-name\n");
    assert_int_equal(isakmp_ios_identity(conf, &id, name, sizeof name), ISAKMP_OK);
    assert_int_equal(id.data.n, 6);
    loads("crypto isakmp identity dn\n");
    assert_int_equal(isakmp_ios_identity(conf, &id, name, sizeof name), ISAKMP_NONE);
}

/* ---- Memory --------------------------------------------------------------------------------- */

#define FENCE 64

static int load_in(uint8_t *mem, size_t size, uint32_t flags)
{
    isakmp_ios_loader loader = {sizeof loader, flags, NULL, keep_fault, NULL};
    int rc;
    memset(mem, 0xa5, size + FENCE);
    n_faults = 0;
    assert_int_equal(isakmp_ios_init(&conf, mem, size), ISAKMP_OK);
    rc = isakmp_ios_load(conf, span_of(network), &loader);
    for (size_t i = 0; i < FENCE; i++)
        assert_int_equal(mem[size + i], 0xa5);
    assert_true(rc == ISAKMP_OK || rc == ISAKMP_E_SPACE);
    assert_true(rc == ISAKMP_OK || strstr(faults[0].text, "memory"));
    return rc;
}

/* At every size of memory the last thing is whole or not there, and what there is can be loaded. */
static void every_size(void **state)
{
    static uint64_t mem[32 * 1024 / 8];
    static char whole[8192], part[8192];
    size_t enough[2] = {0, 0};
    (void)state;
    scene_clear();
    loads(network);
    strcpy(whole, running());
    for (size_t size = ISAKMP_IOS_MIN_ARENA; size + FENCE < sizeof mem; size += 16) {
        for (uint32_t flags = 0; flags <= ISAKMP_IOS_ALL; flags++) {
            int rc = load_in((uint8_t *)mem, size, flags);
            strcpy(part, running());
            if (rc == ISAKMP_OK && enough[flags] == 0)
                enough[flags] = size;
            assert_int_equal(rc == ISAKMP_OK, enough[flags] != 0);
            assert_true(rc != ISAKMP_OK || strcmp(part, whole) == 0);
            assert_true(rc == ISAKMP_OK || !flags || strcmp(part, "end\n") == 0);
            isakmp_ios_wipe(conf);
            for (size_t i = 0; i < size; i++)
                assert_int_equal(((uint8_t *)mem)[i], 0);
            scene_clear();
            must_load(part);
        }
    }
    assert_true(enough[0] && enough[1] >= enough[0]);
    assert_int_equal(isakmp_ios_init(&conf, mem, ISAKMP_IOS_MIN_ARENA - 1), ISAKMP_E_SPACE);
    assert_int_equal(isakmp_ios_init(&conf, NULL, sizeof mem), ISAKMP_E_ARG);
}

/* What is taken away can be used again: nothing grows for ever. */
static void used_again(void **state)
{
    size_t used = 0;
    char line[200];
    (void)state;
    scene_clear();
    loads(network);
    for (unsigned i = 0; i < 400; i++) {
        loads("no crypto map vpn\nno access-list 101\nno access-list 102\n"
              "no crypto dynamic-map found\nno ip local pool clients\nno interface Serial0\n"
              "no crypto ipsec transform-set old\nno crypto isakmp policy 10\n"
              "crypto key pubkey-chain rsa\n no named-key paris.example.com encryption\n");
        snprintf(line, sizeof line, "hostname %0*u\n", 1 + (int)(i % 90), i);
        loads(line);
        loads(network);
        if (i == 200)
            used = isakmp_ios_used(conf);
    }
    assert_true(isakmp_ios_used(conf) <= used + 64); /* the host name may be longer */
}

/* ---- Time ----------------------------------------------------------------------------------- */

/* By valgrind, an emulator, a sanitizer, or a compiler that was told not to hurry. */
static int is_slowed_down(void)
{
    const char *preload = getenv("LD_PRELOAD");
#if defined(__SANITIZE_ADDRESS__) || !defined(__OPTIMIZE__)
    return 1;
#endif
    return getenv("IS_EMULATED") != NULL || (preload && strstr(preload, "vgpreload") != NULL);
}

/* 10,000 lines of everything, in less than 50 ms: the aim, with the best of several, so that other work of
 * the machine does not count. */
static void ten_thousand_lines(void **state)
{
    static uint64_t mem[4 * 1024 * 1024 / 8];
    static char text[1024 * 1024];
    isakmp_ios_loader loader = {sizeof loader, 0, NULL, NULL, NULL};
    double best = 1e9;
    size_t n = 0;
    (void)state;
    for (unsigned i = 0; i < 1000; i++)
        n += (size_t)sprintf(text + n,
                             "crypto isakmp policy %u\n encryption aes 256\n group 14\n"
                             "crypto isakmp key secret%u address 10.%u.%u.1\n"
                             "access-list 101 permit ip 10.1.0.0 0.0.255.255 10.%u.%u.0 0.0.0.255\n"
                             "crypto ipsec transform-set t%u esp-aes 256 esp-sha256-hmac\n"
                             "crypto map vpn %u ipsec-isakmp\n set peer 10.%u.%u.1\n"
                             " set transform-set t%u\n match address 101\n",
                             i + 1, i, i / 250, i % 250, i / 250, i % 250, i, i + 1, i / 250,
                             i % 250, i);
    for (unsigned i = 0; i < 5 || (i < 40 && best >= 50 && !is_slowed_down()); i++) {
        clock_t begin = clock();
        double ms;
        assert_int_equal(isakmp_ios_init(&conf, mem, sizeof mem), ISAKMP_OK);
        assert_int_equal(isakmp_ios_load(conf, isakmp__span(text, n), &loader), ISAKMP_OK);
        ms = (double)(clock() - begin) * 1000 / CLOCKS_PER_SEC;
        best = ms < best ? ms : best;
    }
    print_message("10,000 lines: %.1f ms, %u octets\n", best, (unsigned)isakmp_ios_used(conf));
    assert_true(isakmp_ios_used(conf) < n + 10000 * 150);
    assert_true(best < 50 || is_slowed_down());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_again),
        cmocka_unit_test(line_ends),
        cmocka_unit_test(random_configurations),
        cmocka_unit_test(typed_or_loaded),
        cmocka_unit_test(half_a_policy),
        cmocka_unit_test(wrong_beginnings),
        cmocka_unit_test(all_or_nothing),
        cmocka_unit_test(unfinished),
        cmocka_unit_test(missing),
        cmocka_unit_test(commands),
        cmocka_unit_test(items),
        cmocka_unit_test(every_size),
        cmocka_unit_test(used_again),
        cmocka_unit_test(ten_thousand_lines),
    };
    return cmocka_run_group_tests_name("ios_texts", tests, NULL, NULL);
}
