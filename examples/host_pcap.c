/* host_pcap.c -- capture files through libpcap. */
#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "host_frame.h"
#include "host_pcap.h"

/* A packet that is being put together, in the units of 8 octets that offsets count in.  Of what
 * comes twice the later octets are kept. */
enum {
    UNIT = 8,
    UNITS = 65536 / UNIT,
    ASSEMBLIES = 16
};

typedef struct assembly {
    host_packet first; /* as the fragment that came first */
    host_datagram d;
    uint8_t used, done; /* done: what comes of this packet now came before */
    size_t came, whole; /* units that came; octets, 0 as long as the last fragment has not come */
    uint8_t has[UNITS];
    uint8_t data[UNITS * UNIT];
} assembly;

typedef struct reading {
    int link;
    unsigned long frames;
    void (*each)(void *user, const host_datagram *d);
    void *user;
    unsigned next; /* the assembly that is given up when another is needed */
    assembly assemblies[ASSEMBLIES];
} reading;

/* Hand on the UDP datagram of a whole IP packet, if it has one. */
static void deliver(reading *r, host_packet *p, host_datagram *d)
{
    if (!host_udp_read(p))
        return;
    d->path.remote = p->src;
    d->path.local = p->dst;
    d->path.natt = p->src.port == 4500 || p->dst.port == 4500;
    d->payload = p->payload;
    d->missing = p->missing;
    r->each(r->user, d);
}

/* ---- Fragments of IP packets --------------------------------------------------------------- */

static int is_of_packet(const assembly *a, const host_packet *p)
{
    return a->used && a->first.id == p->id && a->first.protocol == p->protocol &&
           isakmp_addr_equal(&a->first.src, &p->src) && isakmp_addr_equal(&a->first.dst, &p->dst);
}

/* Hand on as much of a packet as there is without a gap. */
static void finish(reading *r, assembly *a)
{
    host_packet p = a->first;
    size_t units = 0;
    if (!a->used || a->done)
        return;
    a->done = 1;
    while (units < UNITS && a->has[units])
        units++;
    p.payload.p = a->data;
    p.payload.n = a->whole && units * UNIT > a->whole ? a->whole : units * UNIT;
    if (a->whole == 0)
        p.missing = UNITS * UNIT; /* the UDP header tells how many, if it is there */
    else
        p.missing = a->whole - p.payload.n;
    deliver(r, &p, &a->d);
}

static assembly *find_assembly(reading *r, const host_packet *p, const host_datagram *d)
{
    assembly *a;
    for (unsigned i = 0; i < ASSEMBLIES; i++)
        if (is_of_packet(&r->assemblies[i], p))
            return &r->assemblies[i];
    a = &r->assemblies[r->next++ % ASSEMBLIES];
    finish(r, a);
    memset(a, 0, sizeof *a);
    a->first = *p;
    a->d = *d;
    a->used = 1;
    return a;
}

static void add_fragment(reading *r, const host_packet *p, const host_datagram *d)
{
    assembly *a;
    if (p->offset + p->payload.n > UNITS * UNIT || p->payload.n == 0)
        return;
    a = find_assembly(r, p, d);
    if (a->done)
        return;
    memcpy(a->data + p->offset, p->payload.p, p->payload.n);
    for (size_t at = p->offset; at < p->offset + p->payload.n; at += UNIT) {
        a->came += !a->has[at / UNIT];
        a->has[at / UNIT] = 1;
    }
    if (!p->more && p->missing == 0)
        a->whole = p->offset + p->payload.n;
    if (a->whole && a->came * UNIT >= a->whole)
        finish(r, a);
}

/* ---- Reading ------------------------------------------------------------------------------ */

static void read_frame(u_char *user, const struct pcap_pkthdr *h, const u_char *bytes)
{
    reading *r = (reading *)(void *)user;
    isakmp_span frame = {bytes, h->caplen};
    host_packet p;
    host_datagram d;
    memset(&d, 0, sizeof d);
    d.frame = ++r->frames;
    d.time_us = (uint64_t)h->ts.tv_sec * 1000000 + (uint64_t)h->ts.tv_usec;
    if (!host_frame_read(&p, r->link, frame))
        return;
    if (p.more || p.offset)
        add_fragment(r, &p, &d);
    else
        deliver(r, &p, &d);
}

/* libpcap has numbers of its own for one link type. */
static int link_of(pcap_t *pcap)
{
    int link = pcap_datalink(pcap);
    return link == DLT_RAW ? HOST_LINK_RAW : link;
}

static int read_all(pcap_t *pcap, const char *file, reading *r, char *error, size_t error_cap)
{
    int rc;
    r->link = link_of(pcap);
    if (!host_link_known(r->link)) {
        const char *name = pcap_datalink_val_to_name(pcap_datalink(pcap));
        snprintf(error, error_cap,
                 "%s was captured on a link of type %s (%d); Ethernet, Linux cooked, raw IP and "
                 "loopback captures can be read",
                 file, name ? name : "unknown", r->link);
        return -1;
    }
    rc = pcap_loop(pcap, -1, read_frame, (u_char *)(void *)r);
    for (unsigned i = 0; i < ASSEMBLIES; i++)
        finish(r, &r->assemblies[i]);
    if (rc == -1) {
        snprintf(error, error_cap, "%s cannot be read after frame %lu: %s", file, r->frames,
                 pcap_geterr(pcap));
        return -1;
    }
    return 0;
}

int host_pcap_read(const char *file, void (*each)(void *user, const host_datagram *d), void *user,
                   char *error, size_t error_cap)
{
    char why[PCAP_ERRBUF_SIZE];
    FILE *f = fopen(file, "rb");
    pcap_t *pcap;
    reading *r;
    int rc;
    if (f == NULL) {
        snprintf(error, error_cap, "%s cannot be opened: %s", file, strerror(errno));
        return -1;
    }
    pcap = pcap_fopen_offline(f, why); /* closes f when it is closed itself */
    if (pcap == NULL) {
        snprintf(error, error_cap, "%s is not a pcap or pcapng capture: %s", file, why);
        fclose(f);
        return -1;
    }
    r = calloc(1, sizeof *r);
    if (r == NULL) {
        snprintf(error, error_cap, "there is not enough memory to read %s", file);
        pcap_close(pcap);
        return -1;
    }
    r->each = each;
    r->user = user;
    rc = read_all(pcap, file, r, error, error_cap);
    free(r);
    pcap_close(pcap);
    return rc;
}

/* ---- Writing ------------------------------------------------------------------------------ */

struct host_pcap {
    pcap_t *pcap;
    pcap_dumper_t *dumper;
    uint8_t packet[HOST_PACKET_HEAD + HOST_PACKET_MAX];
};

host_pcap *host_pcap_create(const char *file)
{
    host_pcap *w = calloc(1, sizeof *w);
    if (w == NULL)
        return NULL;
    w->pcap = pcap_open_dead(DLT_RAW, sizeof w->packet);
    if (w->pcap)
        w->dumper = pcap_dump_open(w->pcap, file);
    if (w->dumper == NULL) {
        int why = errno;
        host_pcap_close(w);
        errno = why;
        return NULL;
    }
    return w;
}

int host_pcap_datagram(host_pcap *w, const isakmp_addr *src, const isakmp_addr *dst,
                       isakmp_span payload, uint64_t time_us)
{
    size_t n = host_packet_write(w->packet, src, dst, payload);
    struct pcap_pkthdr h;
    if (n == 0)
        return -1;
    memset(&h, 0, sizeof h);
    h.caplen = h.len = (bpf_u_int32)n;
    h.ts.tv_sec = (time_t)(time_us / 1000000);
    h.ts.tv_usec = (suseconds_t)(time_us % 1000000);
    pcap_dump((u_char *)(void *)w->dumper, &h, w->packet);
    return pcap_dump_flush(w->dumper) == 0 ? 0 : -1;
}

void host_pcap_close(host_pcap *w)
{
    if (w == NULL)
        return;
    if (w->dumper)
        pcap_dump_close(w->dumper);
    if (w->pcap)
        pcap_close(w->pcap);
    free(w);
}
