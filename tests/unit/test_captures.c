/* test_captures.c -- captures of real peers, and of those who wanted to crash a decoder, through
 * the codec (T-15).  Every datagram is read in a block of its own size; how many there are, and how
 * many of them are malformed, is known for every file that is kept here.  EXTRA_VECTORS may name a
 * directory with more captures, which must only be survived. */
#include <dirent.h>
#include <sys/stat.h>
#include "unit/bytes.h"
#define WALK_CHECK assert_true
#include "unit/walk.h"
#include "host_frame.c"

static const char folder[] = "tests/vectors/captures";

/* ---- Capture files ------------------------------------------------------------------------ */

typedef void frame_fn(int link, isakmp_span frame);

typedef struct file {
    uint8_t *bytes;
    size_t n;
    int big_endian;
} file;

static file load(const char *path)
{
    file f = {NULL, 0, 0};
    FILE *in = fopen(path, "rb");
    long size;
    assert_non_null(in);
    assert_int_equal(fseek(in, 0, SEEK_END), 0);
    size = ftell(in);
    assert_true(size >= 0);
    rewind(in);
    f.n = (size_t)size;
    f.bytes = malloc(f.n + 1);
    assert_non_null(f.bytes);
    assert_int_equal(fread(f.bytes, 1, f.n, in), f.n);
    f.bytes[f.n] = '\0';
    fclose(in);
    return f;
}

static uint32_t number(const file *f, size_t at)
{
    const uint8_t *p = f->bytes + at;
    return f->big_endian ? isakmp__get32(p)
                         : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

/* The frames of a pcap file: a header of 24 octets, then records with one of 16 each. */
static void each_of_pcap(file *f, frame_fn *fn)
{
    int link;
    f->big_endian = f->bytes[0] == 0xa1;
    link = (int)(number(f, 20) & 0xffff);
    for (size_t at = 24; at + 16 <= f->n;) {
        size_t n = number(f, at + 8);
        at += 16;
        if (n > f->n - at)
            return;
        fn(link, isakmp__span(f->bytes + at, n));
        at += n;
    }
}

/* The frames of a pcapng file: those of its enhanced packet blocks, all on one link. */
static void each_of_pcapng(file *f, frame_fn *fn)
{
    int link = HOST_LINK_ETHERNET;
    f->big_endian = number(f, 8) != 0x1a2b3c4d;
    for (size_t at = 0; at + 12 <= f->n;) {
        uint32_t type = number(f, at);
        size_t n = number(f, at + 4);
        if (n < 12 || n > f->n - at)
            return;
        if (type == 1 && n >= 20)
            link = (int)(number(f, at + 8) & 0xffff);
        if (type == 6 && n >= 32 && number(f, at + 20) <= n - 32)
            fn(link, isakmp__span(f->bytes + at + 28, number(f, at + 20)));
        at += n;
    }
}

static int is_pcap(const file *f)
{
    static const uint8_t little[4] = {0xd4, 0xc3, 0xb2, 0xa1}, big[4] = {0xa1, 0xb2, 0xc3, 0xd4};
    return f->n >= 24 && (memcmp(f->bytes, little, 4) == 0 || memcmp(f->bytes, big, 4) == 0);
}

static int is_pcapng(const file *f)
{
    static const uint8_t magic[4] = {0x0a, 0x0d, 0x0d, 0x0a};
    return f->n >= 28 && memcmp(f->bytes, magic, 4) == 0;
}

/* ---- Datagrams ---------------------------------------------------------------------------- */

static struct count {
    unsigned messages, malformed, payloads;
} count;

static void read_datagram(isakmp_span datagram)
{
    uint8_t *copy = bytes_copy(datagram);
    isakmp_msg m;
    datagram.p = copy;
    walk_datagram(datagram);
    count.messages++;
    count.malformed += isakmp_msg_parse(&m, datagram) != ISAKMP_OK;
    count.payloads += m.count;
    free(copy);
}

/* Fragments of IP packets are read for as far as they go. */
static void read_frame(int link, isakmp_span frame)
{
    host_packet p;
    isakmp_span s;
    if (!host_frame_read(&p, link, frame) || p.offset || !host_udp_read(&p))
        return;
    s = p.payload;
    if (p.src.port == 4500 || p.dst.port == 4500) {
        if (s.n < 4 || !isakmp__all_zero(s.p, 4))
            return; /* ESP or a keepalive */
        s = isakmp__span(s.p + 4, s.n - 4);
    } else if (p.src.port != 500 && p.dst.port != 500) {
        return;
    }
    read_datagram(s);
}

static void read_hex(const char *text)
{
    static uint8_t bytes[4096];
    char *line = malloc(strlen(text) + 1);
    strcpy(line, text);
    line[strcspn(line, "\r\n")] = '\0';
    read_datagram(isakmp__span(bytes, bytes_hex(bytes, sizeof bytes, line)));
    free(line);
}

static void read_file(const char *path)
{
    file f = load(path);
    const char *dot = strrchr(path, '.');
    memset(&count, 0, sizeof count);
    if (is_pcap(&f))
        each_of_pcap(&f, read_frame);
    else if (is_pcapng(&f))
        each_of_pcapng(&f, read_frame);
    else if (dot && strcmp(dot, ".hex") == 0)
        read_hex((const char *)f.bytes);
    free(f.bytes);
}

/* ---- Directories -------------------------------------------------------------------------- */

static void each_file(const char *directory, void (*fn)(const char *path))
{
    DIR *d = opendir(directory);
    const struct dirent *e;
    assert_non_null(d);
    while ((e = readdir(d)) != NULL) {
        char path[4096];
        struct stat s;
        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", directory, e->d_name);
        assert_int_equal(stat(path, &s), 0);
        if (S_ISDIR(s.st_mode))
            each_file(path, fn);
        else
            fn(path);
    }
    closedir(d);
}

/* ---- What is kept here -------------------------------------------------------------------- */

typedef struct known {
    const char *path;
    unsigned messages, malformed, payloads;
} known;

static const known files[] = {
    {"joy/ikev1.pcap", 11, 0, 31},
    {"rub-nds/csr1000v.pcap", 28, 0, 39},
    {"rub-nds/mm3-pke.hex", 1, 0, 4},
    {"tcpdump/ISAKMP_sa_setup.pcap", 9, 0, 22},
    {"tcpdump/espudp1.pcap", 0, 0, 0},
    {"tcpdump/ikev1_id_ipv6_addr_subnet-oobr.pcap", 1, 1, 0},
    {"tcpdump/ikev2-id-normal.pcap", 1, 1, 0},
    {"tcpdump/ikev2-id-short.pcap", 1, 1, 0},
    {"tcpdump/ikev2pI2-segfault.pcapng", 1, 1, 0},
    {"tcpdump/isakmp-3948-oobr-2.pcap", 0, 0, 0},
    {"tcpdump/isakmp-delete-segfault.pcap", 1, 1, 0},
    {"tcpdump/isakmp-ikev1_n_print-oobr.pcap", 2, 2, 0},
    {"tcpdump/isakmp-no-none-np.pcapng", 1, 1, 0},
    {"tcpdump/isakmp-pointer-loop.pcap", 1, 1, 0},
    {"tcpdump/isakmp-rfc3948-oobr.pcap", 0, 0, 0},
    {"tcpdump/isakmp-various-oobr.pcap", 1, 1, 0},
    {"zeek/ipsec-ikev1-payload-bad-length.pcap", 1, 1, 1},
    {"zeek/ipsec-ikev1-zero-length.pcap", 1, 1, 0},
};

enum {
    N_FILES = sizeof files / sizeof files[0]
};

static unsigned n_read;

static void check_file(const char *path)
{
    const known *k = NULL;
    for (size_t i = 0; i < N_FILES; i++)
        if (strcmp(path + strlen(folder) + 1, files[i].path) == 0)
            k = &files[i];
    read_file(path);
    if (k == NULL)
        fail_msg("%s is not in the table of files", path);
    assert_int_equal(count.messages, k->messages);
    assert_int_equal(count.malformed, k->malformed);
    assert_int_equal(count.payloads, k->payloads);
    n_read++;
}

static void captures_that_are_kept(void **state)
{
    (void)state;
    each_file(folder, check_file);
    assert_int_equal(n_read, N_FILES);
}

static void captures_elsewhere(void **state)
{
    (void)state;
    each_file(getenv("EXTRA_VECTORS"), read_file);
}

/* ---- Frames ------------------------------------------------------------------------------- */

typedef struct link_case {
    int link;
    const char *head; /* what stands before the IP packet, in hex */
} link_case;

static const link_case links[] = {
    {HOST_LINK_RAW, ""},
    {HOST_LINK_NULL, "02000000"},
    {HOST_LINK_LOOP, "00000002"},
    {HOST_LINK_ETHERNET, "ffffffffffff 000000000001 0800"},
    {HOST_LINK_ETHERNET, "ffffffffffff 000000000001 8100 0064 0800"},
    {HOST_LINK_ETHERNET, "ffffffffffff 000000000001 88a8 0064 8100 0065 0800"},
    {HOST_LINK_LINUX, "0000 0001 0006 0000000000010000 0800"},
    {HOST_LINK_LINUX_2, "0800 0000 00000001 0001 00 06 0000000000010000"},
};

static size_t make_frame(uint8_t *out, const link_case *c, const isakmp_addr *src,
                         const isakmp_addr *dst)
{
    size_t n = bytes_hex(out, 64, c->head);
    if (dst->family == 6)
        for (size_t i = 0; i + 1 < n; i++)
            if (c->link != HOST_LINK_NULL && out[i] == 0x08 && out[i + 1] == 0)
                isakmp__put16(out + i, 0x86dd);
    return n + host_packet_write(out + n, src, dst, bytes_text("payload"));
}

/* A datagram is found on every kind of link, and a frame cut anywhere is survived. */
static void frames_of_every_link(void **state)
{
    static const isakmp_addr v4[2] = {{4, {192, 0, 2, 1}, 500}, {4, {192, 0, 2, 2}, 4500}};
    static const isakmp_addr v6[2] = {{6, {0x20, 1, 0xd, 0xb8, [15] = 1}, 500},
                                      {6, {0x20, 1, 0xd, 0xb8, [15] = 2}, 4500}};
    (void)state;
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++)
        for (int version = 4; version <= 6; version += 2) {
            const isakmp_addr *a = version == 4 ? v4 : v6;
            uint8_t frame[256];
            size_t n = make_frame(frame, &links[i], &a[0], &a[1]);
            host_packet p;
            assert_true(host_link_known(links[i].link));
            assert_int_equal(host_frame_read(&p, links[i].link, isakmp__span(frame, n)), 1);
            assert_int_equal(host_udp_read(&p), 1);
            assert_true(isakmp_addr_equal(&p.src, &a[0]) && isakmp_addr_equal(&p.dst, &a[1]));
            assert_span_equal(p.payload, bytes_text("payload"));
            assert_int_equal(p.missing, 0);
            for (size_t cut = 0; cut < n; cut++) {
                uint8_t *copy = bytes_copy(isakmp__span(frame, cut));
                if (host_frame_read(&p, links[i].link, isakmp__span(copy, cut)) &&
                    host_udp_read(&p))
                    assert_int_equal(p.payload.n + p.missing, 7);
                free(copy);
            }
        }
}

/* Checksums, as a receiver checks them: the sum with the checksum in it is all ones. */
static void packets_have_right_checksums(void **state)
{
    static const isakmp_addr src = {4, {10, 0, 0, 1}, 500}, dst = {4, {10, 0, 0, 2}, 500};
    uint8_t out[HOST_PACKET_HEAD + 64];
    uint64_t seed = 50;
    (void)state;
    for (size_t n = 0; n < 64; n++) {
        uint8_t payload[64];
        size_t length;
        bytes_fill(&seed, payload, n);
        length = host_packet_write(out, &src, &dst, isakmp__span(payload, n));
        assert_int_equal(length, 28 + n);
        assert_int_equal(folded(sum(0, out, 20)), 0);
        assert_int_equal(
            folded(sum(sum(PROTO_UDP + 8 + (uint32_t)n, out + 12, 8), out + 20, 8 + n)), 0);
    }
}

static void packets_that_cannot_be(void **state)
{
    static const isakmp_addr v4 = {4, {10, 0, 0, 1}, 500}, v6 = {6, {1}, 500}, none = {0, {0}, 500};
    static uint8_t out[HOST_PACKET_HEAD + HOST_PACKET_MAX], big[HOST_PACKET_MAX + 1];
    (void)state;
    assert_int_equal(host_packet_write(out, &v4, &v6, bytes_text("x")), 0);
    assert_int_equal(host_packet_write(out, &v4, &v4, isakmp__span(big, sizeof big)), 0);
    assert_int_equal(host_packet_write(out, &v4, &v4, isakmp__span(big, HOST_PACKET_MAX)), 65535);
    assert_int_equal(host_packet_write(out, &none, &v6, bytes_text("x")), 49);
    assert_int_equal(host_packet_write(out, &v4, &none, bytes_text("x")), 29);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(captures_that_are_kept),
        cmocka_unit_test(frames_of_every_link),
        cmocka_unit_test(packets_have_right_checksums),
        cmocka_unit_test(packets_that_cannot_be),
    };
    const struct CMUnitTest extra[] = {
        cmocka_unit_test(captures_elsewhere),
    };
    int failed = cmocka_run_group_tests_name("captures", tests, NULL, NULL);
    if (getenv("EXTRA_VECTORS") && getenv("EXTRA_VECTORS")[0])
        failed += cmocka_run_group_tests_name("captures elsewhere", extra, NULL, NULL);
    return failed;
}
