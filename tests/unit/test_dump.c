/* test_dump.c -- messages as text: golden texts of every kind of payload, and what must hold for
 * any bytes at all.  The texts are what isakmp-dump prints, so a change here is a change for
 * people. */
#include "unit/bytes.h"

static uint8_t buf[4096];
static char text[16384];

static const isakmp_header header = {{1, 2, 3, 4, 5, 6, 7, 8},
                                     {0xa, 0xb, 0xc, 0xd, 0xe, 0xf, 0, 1},
                                     0,
                                     0x10,
                                     ISAKMP_EXCH_MAIN,
                                     0,
                                     0,
                                     0};

static const char header_text[] = "cookies 0102030405060708 0a0b0c0d0e0f0001, version 1.0, ";

static void dump(const isakmp_msg *m)
{
    size_t n = isakmp_dump(text, sizeof text, m);
    assert_int_equal(n, strlen(text));
}

/* Write one payload by a function, dump the message, and compare the lines after the header's. */
static void expect(void (*write)(isakmp_writer *), const char *lines)
{
    isakmp_writer w;
    isakmp_msg m;
    isakmp_wr_init(&w, buf, sizeof buf);
    isakmp_wr_header(&w, &header);
    write(&w);
    assert_int_equal(isakmp_wr_end(&w), ISAKMP_OK);
    (void)isakmp_msg_parse(&m, isakmp__span(buf, w.len));
    dump(&m);
    assert_string_equal(strchr(text, '\n') + 1, lines);
}

/* A message from hex, whole. */
static void expect_hex(const char *hex, const char *expected)
{
    isakmp_msg m;
    size_t n = bytes_hex(buf, sizeof buf, hex);
    uint8_t *copy = bytes_copy(isakmp__span(buf, n));
    (void)isakmp_msg_parse(&m, isakmp__span(copy, n));
    dump(&m);
    assert_string_equal(text, expected);
    free(copy);
}

/* ---- Headers ------------------------------------------------------------------------------ */

static void headers(void **state)
{
    (void)state;
    expect_hex("0102030405060708 0a0b0c0d0e0f0001 00 10 02 00 00000000 0000001c",
               "cookies 0102030405060708 0a0b0c0d0e0f0001, version 1.0, Main Mode, "
               "message ID 00000000, 28 octets\n");
    expect_hex("0102030405060708 0a0b0c0d0e0f0001 08 10 20 03 deadbeef 00000024 0011223344556677",
               "cookies 0102030405060708 0a0b0c0d0e0f0001, version 1.0, Quick Mode, encrypted, "
               "commit, message ID deadbeef, 36 octets\n");
    expect_hex("0102030405060708 0a0b0c0d0e0f0001 00 1f f3 f4 00000001 0000001c",
               "cookies 0102030405060708 0a0b0c0d0e0f0001, version 1.15, exchange 243, "
               "authentication only, flags 0xf4, message ID 00000001, 28 octets\n");
}

/* The exchange numbers of IKEv2 are not those of IKEv1. */
static void other_versions(void **state)
{
    (void)state;
    expect_hex("0102030405060708 0000000000000000 21 20 22 08 00000000 0000001c",
               "cookies 0102030405060708 0000000000000000, version 2.0, exchange 34, flags 0x08, "
               "message ID 00000000, 28 octets\n"
               "  malformed: the message is not of version 1\n");
}

static void what_is_malformed_is_said(void **state)
{
    (void)state;
    expect_hex("", "0 octets\n  malformed: the datagram is shorter than an ISAKMP header\n");
    expect_hex("01020304",
               "4 octets\n  malformed: the datagram is shorter than an ISAKMP header\n");
    expect_hex("0102030405060708 0a0b0c0d0e0f0001 00 10 02 00 00000000 0000001d",
               "cookies 0102030405060708 0a0b0c0d0e0f0001, version 1.0, Main Mode, "
               "message ID 00000000, 29 octets\n"
               "  malformed: the length in the header is not the length of the datagram\n");
    expect_hex("0102030405060708 0a0b0c0d0e0f0001 0a 10 02 00 00000000 00000024 0a000005 aa 0000ff",
               "cookies 0102030405060708 0a0b0c0d0e0f0001, version 1.0, Main Mode, "
               "message ID 00000000, 36 octets\n"
               "  NONCE: 1 octet aa\n"
               "  malformed: a payload is malformed\n");
}

/* ---- SA ----------------------------------------------------------------------------------- */

static void write_phase1_sa(isakmp_writer *w)
{
    size_t sa = isakmp_wr_sa(w, ISAKMP_DOI_IPSEC, ISAKMP_SIT_IDENTITY_ONLY);
    size_t p = isakmp_wr_proposal(w, 1, ISAKMP_PROTO_ISAKMP, isakmp__span(NULL, 0));
    size_t t = isakmp_wr_transform(w, 1, ISAKMP_KEY_IKE);
    isakmp_wr_attr(w, ISAKMP_ATTR_CIPHER, ISAKMP_CIPHER_AES);
    isakmp_wr_attr(w, ISAKMP_ATTR_KEY_LENGTH, 256);
    isakmp_wr_attr(w, ISAKMP_ATTR_HASH, ISAKMP_HASH_SHA256);
    isakmp_wr_attr(w, ISAKMP_ATTR_GROUP, ISAKMP_GROUP_MODP_2048);
    isakmp_wr_attr(w, ISAKMP_ATTR_AUTH, ISAKMP_AUTH_PSK);
    isakmp_wr_attr(w, ISAKMP_ATTR_LIFE_TYPE, ISAKMP_LIFE_SECONDS);
    isakmp_wr_attr(w, ISAKMP_ATTR_LIFE_DURATION, 86400);
    isakmp_wr_close(w, t);
    t = isakmp_wr_transform(w, 2, 9);
    isakmp_wr_attr(w, ISAKMP_ATTR_CIPHER, 65005);
    isakmp_wr_attr(w, 99, 5);
    isakmp_wr_attr_bytes(w, ISAKMP_ATTR_LIFE_DURATION, bytes_text("123456789"));
    isakmp_wr_close(w, t);
    isakmp_wr_close(w, p);
    isakmp_wr_close(w, sa);
}

static void phase1_sa(void **state)
{
    (void)state;
    expect(
        write_phase1_sa,
        "  SA: DOI 1, situation 0x1\n"
        "    proposal 1, ISAKMP, 2 transforms\n"
        "      transform 1, KEY_IKE: encryption aes, key length 256, hash sha256, group modp2048,"
        " authentication psk, life type seconds, life duration 86400\n"
        "      transform 2, 9: encryption 65005, 99 5, life duration 313233343536373839\n");
}

static void write_phase2_proposal(isakmp_writer *w, uint8_t number, uint8_t protocol, uint8_t id)
{
    size_t p = isakmp_wr_proposal(w, number, protocol, bytes_text("\xc0\xff\xee\x01"));
    size_t t = isakmp_wr_transform(w, 1, id);
    isakmp_wr_attr(w, ISAKMP_SA_ATTR_ENCAP, ISAKMP_ENCAP_TUNNEL);
    isakmp_wr_attr(w, ISAKMP_SA_ATTR_AUTH, ISAKMP_INTEG_HMAC_SHA256);
    isakmp_wr_close(w, t);
    isakmp_wr_close(w, p);
}

static void write_phase2_sa(isakmp_writer *w)
{
    size_t sa = isakmp_wr_sa(w, ISAKMP_DOI_IPSEC, ISAKMP_SIT_IDENTITY_ONLY);
    write_phase2_proposal(w, 1, ISAKMP_PROTO_AH, ISAKMP_AH_SHA256);
    write_phase2_proposal(w, 1, ISAKMP_PROTO_ESP, ISAKMP_ESP_AES_GCM_16);
    write_phase2_proposal(w, 2, ISAKMP_PROTO_IPCOMP, 2);
    write_phase2_proposal(w, 3, 77, 250);
    isakmp_wr_close(w, sa);
}

static void phase2_sa(void **state)
{
    (void)state;
    expect(write_phase2_sa,
           "  SA: DOI 1, situation 0x1\n"
           "    proposal 1, AH, SPI c0ffee01, 1 transform\n"
           "      transform 1, sha256: encapsulation tunnel, authentication sha256\n"
           "    proposal 1, ESP, SPI c0ffee01, 1 transform\n"
           "      transform 1, aes-gcm16: encapsulation tunnel, authentication sha256\n"
           "    proposal 2, IPCOMP, SPI c0ffee01, 1 transform\n"
           "      transform 1, deflate: encapsulation tunnel, authentication sha256\n"
           "    proposal 3, 77, SPI c0ffee01, 1 transform\n"
           "      transform 1, 250: encapsulation tunnel, authentication sha256\n");
}

static void write_labels(isakmp_writer *w)
{
    size_t sa = isakmp_wr_sa(w, ISAKMP_DOI_IPSEC, 7);
    isakmp_wr_u32(w, 5);                            /* labeled domain */
    isakmp_wr_u32(w, 2u << 16);                     /* secrecy: 2 octets */
    isakmp_wr_bytes(w, bytes_text("\1\2\xff\xff")); /* padded */
    isakmp_wr_u32(w, 9u << 16);                     /* 9 categories */
    isakmp_wr_bytes(w, bytes_text("\x80\x01\xff\xff"));
    isakmp_wr_u32(w, 0); /* integrity: nothing */
    isakmp_wr_u32(w, 0);
    isakmp_wr_close(w, sa);
}

static void labels(void **state)
{
    (void)state;
    expect(write_labels,
           "  SA: DOI 1, situation 0x7, labeled domain 5, "
           "secrecy 0102 categories (9 bits) 8001, integrity  categories (0 bits) \n");
}

static void write_bad_chains(isakmp_writer *w)
{
    size_t sa = isakmp_wr_sa(w, ISAKMP_DOI_IPSEC, ISAKMP_SIT_IDENTITY_ONLY);
    size_t p = isakmp_wr_proposal(w, 1, ISAKMP_PROTO_ISAKMP, isakmp__span(NULL, 0));
    isakmp_wr_bytes(w, bytes_text("\x01\x00\x03")); /* no transform */
    isakmp_wr_close(w, p);
    p = isakmp_wr_proposal(w, 2, ISAKMP_PROTO_ISAKMP, isakmp__span(NULL, 0));
    isakmp_wr_transform(w, 1, 1);
    isakmp_wr_bytes(w, bytes_text("\x80\x01\x01"));
    isakmp_wr_close(w, p + 8); /* the transform, which begins after the proposal's 8 octets */
    isakmp_wr_close(w, p);
    isakmp_wr_u8(w, 9); /* half a proposal */
    isakmp_wr_close(w, sa);
}

static void bad_chains(void **state)
{
    (void)state;
    expect(write_bad_chains, "  SA: DOI 1, situation 0x1\n"
                             "    proposal 1, ISAKMP, 0 transforms\n"
                             "      malformed transform\n"
                             "    malformed proposal\n");
}

static void write_other_doi(isakmp_writer *w)
{
    isakmp_wr_payload(w, ISAKMP_PAYLOAD_SA, isakmp__span("\0\0\0\2\0\0\0\7xxxx", 12));
}

static void another_doi(void **state)
{
    (void)state;
    expect(write_other_doi, "  SA: DOI 2, situation 0x7\n");
}

/* T-02: whatever bits a DOI and a situation have, the text is bounded and ends. */
static void every_doi_and_situation(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < 64; bit++)
        for (unsigned low = 0; low < 8; low++) {
            uint8_t body[44];
            isakmp_writer w;
            isakmp_msg m;
            memset(body, 0xff, sizeof body);
            isakmp__put32(body, bit < 32 ? UINT32_C(1) << bit : 1);
            isakmp__put32(body + 4, bit < 32 ? low : UINT32_C(1) << (bit - 32) | low);
            isakmp_wr_init(&w, buf, sizeof buf);
            isakmp_wr_header(&w, &header);
            isakmp_wr_payload(&w, ISAKMP_PAYLOAD_SA, isakmp__span(body, sizeof body));
            assert_int_equal(isakmp_wr_end(&w), ISAKMP_OK);
            assert_int_equal(isakmp_msg_parse(&m, isakmp__span(buf, w.len)), ISAKMP_OK);
            dump(&m);
            assert_non_null(strstr(text, "\n  SA: DOI "));
        }
}

/* ---- The other payloads ------------------------------------------------------------------- */

static void write_opaque(isakmp_writer *w)
{
    static const uint8_t zeroes[33];
    isakmp_wr_payload(w, ISAKMP_PAYLOAD_KE, isakmp__span(zeroes, 33));
    isakmp_wr_payload(w, ISAKMP_PAYLOAD_NONCE, bytes_text("12345678"));
    isakmp_wr_payload(w, ISAKMP_PAYLOAD_HASH, isakmp__span(zeroes, 32));
    isakmp_wr_payload(w, ISAKMP_PAYLOAD_SIG, bytes_text("s"));
    isakmp_wr_payload(w, ISAKMP_PAYLOAD_NATD, bytes_text("hash"));
    isakmp_wr_payload(w, ISAKMP_PAYLOAD_NATD_DRAFT_00, bytes_text("hash"));
    isakmp_wr_payload(w, 99, bytes_text("?"));
}

static void opaque_payloads(void **state)
{
    (void)state;
    expect(write_opaque,
           "  KE: 33 octets 0000000000000000000000000000000000000000000000000000000000000000...\n"
           "  NONCE: 8 octets 3132333435363738\n"
           "  HASH: 32 octets 0000000000000000000000000000000000000000000000000000000000000000\n"
           "  SIG: 1 octet 73\n"
           "  NAT-D: 4 octets 68617368\n"
           "  NAT-D (draft 00): 4 octets 68617368\n"
           "  payload 99: 1 octet 3f\n");
}

static void write_identities(isakmp_writer *w)
{
    isakmp_id id = {ISAKMP_ID_IPV4_SUBNET, 17, 1701,
                    bytes_text("\x0a\x01\x02\xff\xff\xff\xff\xff")};
    isakmp_natoa oa = {ISAKMP_ID_IPV4_ADDR, bytes_text("\x0a\x01\x02\x03")};
    isakmp_wr_id(w, &id);
    id = (isakmp_id){ISAKMP_ID_FQDN, 0, 0, bytes_text("a.example\x1b[2J")};
    isakmp_wr_id(w, &id);
    isakmp_wr_natoa(w, ISAKMP_PAYLOAD_NATOA, &oa);
    isakmp_wr_natoa(w, ISAKMP_PAYLOAD_NATOA_DRAFT_00, &oa);
    isakmp_wr_natoa(w, ISAKMP_PAYLOAD_NATOA_DRAFT_04, &oa);
    oa = (isakmp_natoa){ISAKMP_ID_IPV6_ADDR, bytes_text("\x20\1\x0d\xb8............")};
    isakmp_wr_natoa(w, ISAKMP_PAYLOAD_NATOA_DRAFT_04, &oa);
}

static void identities(void **state)
{
    (void)state;
    expect(write_identities, "  ID: 10.1.2.255/32 protocol 17 port 1701\n"
                             "  ID: fqdn a.example\\x1b[2J\n"
                             "  NAT-OA: 10.1.2.3\n"
                             "  NAT-OA (draft 00): 10.1.2.3\n"
                             "  NAT-OA (draft 04): 10.1.2.3\n"
                             "  NAT-OA (draft 04): 2001:db8:2e2e:2e2e:2e2e:2e2e:2e2e:2e2e\n");
}

/* A number that two protocols share: what does not look like an address is shown as it is. */
static void write_shared_numbers(isakmp_writer *w)
{
    isakmp_natoa oa = {ISAKMP_ID_IPV4_ADDR, bytes_text("12345")};
    isakmp_wr_natoa(w, ISAKMP_PAYLOAD_NATOA_DRAFT_04, &oa);
    oa.id_type = ISAKMP_ID_FQDN;
    isakmp_wr_natoa(w, ISAKMP_PAYLOAD_NATOA_DRAFT_04, &oa);
    isakmp_wr_payload(w, ISAKMP_PAYLOAD_NATOA_DRAFT_04, bytes_text("\1"));
    isakmp_wr_payload(w, ISAKMP_PAYLOAD_NATD_DRAFT_04, bytes_text("hash"));
}

static void shared_numbers(void **state)
{
    (void)state;
    expect(write_shared_numbers, "  NAT-OA (draft 04): 9 octets 010000003132333435\n"
                                 "  NAT-OA (draft 04): 9 octets 020000003132333435\n"
                                 "  NAT-OA (draft 04): 1 octet 01\n"
                                 "  NAT-D (draft 04): 4 octets 68617368\n");
}

static void write_certificates(isakmp_writer *w)
{
    isakmp_cert c = {ISAKMP_CERT_X509_SIG, bytes_text("0\x82")};
    isakmp_wr_cert(w, ISAKMP_PAYLOAD_CERT, &c);
    c = (isakmp_cert){99, {NULL, 0}};
    isakmp_wr_cert(w, ISAKMP_PAYLOAD_CERT_REQ, &c);
}

static void certificates(void **state)
{
    (void)state;
    expect(write_certificates, "  CERT: X.509 signature, 2 octets 3082\n"
                               "  CERT-REQ: 99, 0 octets\n");
}

static void write_notifies(isakmp_writer *w)
{
    isakmp_notify n = {1, 1, ISAKMP_N_NO_PROPOSAL_CHOSEN, {NULL, 0}, {NULL, 0}};
    isakmp_wr_notify(w, &n);
    n.type = ISAKMP_N_R_U_THERE;
    n.spi = bytes_text("0123456789abcdef");
    n.data = bytes_text("\1\2\3\4");
    isakmp_wr_notify(w, &n);
    n = (isakmp_notify){1, 3, ISAKMP_N_RESPONDER_LIFETIME, bytes_text("spi4"),
                        isakmp__span("\x80\x01\x00\x01\x80\x02\x0e\x10", 8)};
    isakmp_wr_notify(w, &n);
    n.data = isakmp__span("\x80\x01\x00", 3);
    isakmp_wr_notify(w, &n);
}

static void notifies(void **state)
{
    (void)state;
    expect(write_notifies,
           "  NOTIFY: NO-PROPOSAL-CHOSEN, DOI 1, ISAKMP\n"
           "  NOTIFY: R-U-THERE, DOI 1, ISAKMP, SPI 30313233343536373839616263646566, "
           "data 01020304\n"
           "  NOTIFY: RESPONDER-LIFETIME, DOI 1, ESP, SPI 73706934, "
           "life type seconds, life duration 3600\n"
           "  NOTIFY: RESPONDER-LIFETIME, DOI 1, ESP, SPI 73706934, malformed\n");
}

/* T-82: what a notify says is octets, whatever it would like to be. */
static void write_hostile_notify(isakmp_writer *w)
{
    isakmp_notify n = {1, 1, 9999, {NULL, 0}, bytes_text("%n%s$(reboot)`id`\r\n;")};
    isakmp_wr_notify(w, &n);
}

static void notify_data_is_never_interpreted(void **state)
{
    (void)state;
    expect(write_hostile_notify, "  NOTIFY: 9999, DOI 1, ISAKMP, "
                                 "data 256e257324287265626f6f7429606964600d0a3b\n");
}

static void write_deletes(isakmp_writer *w)
{
    static const uint8_t spis[40] = {1, 2, 3, 4, 5, 6, 7, 8};
    isakmp_delete d = {1, ISAKMP_PROTO_ESP, 4, 2, isakmp__span(spis, 8)};
    isakmp_wr_delete(w, &d);
    d = (isakmp_delete){1, ISAKMP_PROTO_AH, 4, 8, isakmp__span(spis, 32)};
    isakmp_wr_delete(w, &d);
    d = (isakmp_delete){1, ISAKMP_PROTO_ESP, 4, 10, isakmp__span(spis, 40)};
    isakmp_wr_delete(w, &d);
    d = (isakmp_delete){1, 0, 0, 0, {NULL, 0}};
    isakmp_wr_delete(w, &d);
    isakmp_wr_payload(w, ISAKMP_PAYLOAD_DELETE, isakmp__span("\0\0\0\1\1\x10\0\1", 8));
}

static void deletes(void **state)
{
    (void)state;
    expect(write_deletes, "  DELETE: ESP, DOI 1, 2 SPIs 01020304 05060708\n"
                          "  DELETE: AH, DOI 1, 8 SPIs 01020304 05060708 00000000 00000000 "
                          "00000000 00000000 00000000 00000000\n"
                          "  DELETE: ESP, DOI 1, 10 SPIs 01020304 05060708 00000000 00000000 "
                          "00000000 00000000 00000000 00000000 ...\n"
                          "  DELETE: 0, DOI 1, 0 SPIs\n"
                          "  DELETE: ISAKMP, DOI 1, 1 SPI malformed\n");
}

static void write_vendor_ids(isakmp_writer *w)
{
    isakmp_wr_payload(w, ISAKMP_PAYLOAD_VENDOR_ID,
                      bytes_text("\xaf\xca\xd7\x13\x68\xa1\xf1\xc9\x6b\x86\x96\xfc\x77\x57\1\1"));
    isakmp_wr_payload(w, ISAKMP_PAYLOAD_VENDOR_ID, bytes_text("no one"));
    isakmp_wr_payload(w, ISAKMP_PAYLOAD_VENDOR_ID, isakmp__span(NULL, 0));
}

static void vendor_ids(void **state)
{
    (void)state;
    expect(write_vendor_ids, "  VENDOR-ID: afcad71368a1f1c96b8696fc77570101 DPD (RFC 3706)\n"
                             "  VENDOR-ID: 6e6f206f6e65\n"
                             "  VENDOR-ID: \n");
}

static void write_mode_config(isakmp_writer *w)
{
    isakmp_cfg c = {ISAKMP_CFG_REPLY, 513,
                    isakmp__span("\x00\x01\x00\x04\x0a\x01\x02\x03"
                                 "\x40\x89\x00\x03joe"
                                 "\xc0\x8f\x00\x01"
                                 "\x70\x00\x00\x02\x0a\x07"
                                 "\x70\x08\x00\x04\x01\x02\x03\x04",
                                 33)};
    isakmp_wr_cfg(w, &c);
    c = (isakmp_cfg){9, 0, {NULL, 0}};
    isakmp_wr_cfg(w, &c);
}

static void mode_config(void **state)
{
    (void)state;
    expect(write_mode_config,
           "  ATTRIBUTE: REPLY, identifier 513: ip4 address 10.1.2.3, xauth user name joe, "
           "xauth status 1, unity banner \\x0a\\x07, unity firewall type 01020304\n"
           "  ATTRIBUTE: 9, identifier 0: \n");
}

static void write_more_config(isakmp_writer *w)
{
    static const uint8_t attrs[] = {
        0,    8,    0,    17, 0x20, 1,   0xd,  0xb8, 0,   0,   0, 0,
        0,    0,    0,    0,  0,    0,   0,    1,    64, /* address, prefix */
        0,    10,   0,    16, 0x20, 1,   0xd,  0xb8, 0,   0,   0, 0,
        0,    0,    0,    0,  0,    0,   0,    2,                    /* DNS */
        0,    13,   0,    8,  10,   1,   0,    0,    255, 255, 0, 0, /* subnet */
        0,    5,    0,    4,  0,    1,   0x51, 0x80,                 /* expiry */
        0,    14,   0,    4,  0,    1,   0x70, 0,                    /* supported */
        0x70, 4,    0,    28, 10,   1,   0,    0,    255, 255, 0, 0,
        0,    6,    0,    0,  1,    187, /* split include */
        10,   2,    0,    0,  255,  255, 0,    0,    0,   0,   0, 0,
        0,    0,    0x70, 3,  0,    3,   'a',  ',',  'b', /* split DNS */
        0xf0, 1,    0,    1,                              /* save password */
        0,    3,    0,    3,  1,    2,   3,               /* not an address */
        0,    14,   0,    3,  0,    1,   0,    0x70, 9,   0,   2, 'x',
        0x1b, 0x40, 0x8a, 0,  2,    'p', 'w'}; /* a password */
    isakmp_cfg c = {ISAKMP_CFG_SET, 1, {attrs, sizeof attrs}};
    isakmp_wr_cfg(w, &c);
}

static void all_kinds_of_config(void **state)
{
    (void)state;
    expect(
        write_more_config,
        "  ATTRIBUTE: SET, identifier 1: ip6 address 2001:db8::1/64, ip6 dns 2001:db8::2, ip4 "
        "subnet 10.1.0.0/255.255.0.0, address expiry 86400, supported attributes ip4 address and "
        "unity banner, unity split include 10.1.0.0/255.255.0.0 6/443 and "
        "10.2.0.0/255.255.0.0, unity split dns a,b, unity save password 1, ip4 dns 010203, "
        "supported attributes 000100, unity backup servers x\\x1b, xauth user password 7077\n");
}

static void write_fragments(isakmp_writer *w)
{
    isakmp_fragment f = {7, 1, 0, bytes_text("abc")};
    isakmp_wr_fragment(w, &f);
    f.number = 2;
    f.flags = 1;
    isakmp_wr_fragment(w, &f);
}

static void fragments(void **state)
{
    (void)state;
    expect(write_fragments, "  FRAGMENT: id 7, number 1, 3 octets\n"
                            "  FRAGMENT: id 7, number 2, last, 3 octets\n");
}

/* ---- Any bytes ---------------------------------------------------------------------------- */

static void only_printable_lines(void **state)
{
    uint64_t seed = 40;
    (void)state;
    for (int i = 0; i < 3000; i++) {
        size_t n = ISAKMP_HEADER_SIZE + 4 + bytes_random(&seed) % 200;
        uint8_t *bytes = malloc(n);
        isakmp_msg m;
        bytes_fill(&seed, bytes, n);
        bytes[16] = (uint8_t)(1 + bytes[16] % 14);
        bytes[17] = 0x10;
        bytes[19] = 0;
        bytes[30] = 0;
        isakmp__put32(bytes + 24, (uint32_t)n);
        (void)isakmp_msg_parse(&m, isakmp__span(bytes, n));
        assert_true(isakmp_dump(text, sizeof text, &m) < sizeof text);
        for (const char *c = text; *c; c++)
            assert_true(*c == '\n' || (*c >= ' ' && *c <= '~'));
        assert_int_equal(text[strlen(text) - 1], '\n');
        free(bytes);
    }
}

static void a_text_that_is_cut_is_its_beginning(void **state)
{
    isakmp_msg m;
    char whole[4096];
    size_t full;
    isakmp_writer w;
    (void)state;
    isakmp_wr_init(&w, buf, sizeof buf);
    isakmp_wr_header(&w, &header);
    write_phase1_sa(&w);
    write_notifies(&w);
    assert_int_equal(isakmp_wr_end(&w), ISAKMP_OK);
    assert_int_equal(isakmp_msg_parse(&m, isakmp__span(buf, w.len)), ISAKMP_OK);
    full = isakmp_dump(whole, sizeof whole, &m);
    assert_memory_equal(whole, header_text, strlen(header_text));
    assert_int_equal(isakmp_dump(NULL, 0, &m), full);
    for (size_t cap = 1; cap <= full + 1; cap++) {
        char *out = malloc(cap);
        assert_int_equal(isakmp_dump(out, cap, &m), full);
        assert_int_equal(strlen(out), cap - 1 < full ? cap - 1 : full);
        assert_memory_equal(out, whole, strlen(out));
        free(out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers),
        cmocka_unit_test(other_versions),
        cmocka_unit_test(what_is_malformed_is_said),
        cmocka_unit_test(phase1_sa),
        cmocka_unit_test(phase2_sa),
        cmocka_unit_test(labels),
        cmocka_unit_test(bad_chains),
        cmocka_unit_test(another_doi),
        cmocka_unit_test(every_doi_and_situation),
        cmocka_unit_test(opaque_payloads),
        cmocka_unit_test(identities),
        cmocka_unit_test(shared_numbers),
        cmocka_unit_test(certificates),
        cmocka_unit_test(notifies),
        cmocka_unit_test(notify_data_is_never_interpreted),
        cmocka_unit_test(deletes),
        cmocka_unit_test(vendor_ids),
        cmocka_unit_test(mode_config),
        cmocka_unit_test(all_kinds_of_config),
        cmocka_unit_test(fragments),
        cmocka_unit_test(only_printable_lines),
        cmocka_unit_test(a_text_that_is_cut_is_its_beginning),
    };
    return cmocka_run_group_tests_name("dump", tests, NULL, NULL);
}
