/* host_show.h -- what the examples show: one line for each event, and tables of SAs. */
#ifndef HOST_SHOW_H
#define HOST_SHOW_H

#include <stdio.h>
#include "host_options.h"
#include "host_pcap.h"

/* As many as the examples ask the library for; each has an SA for either direction. */
#define HOST_MAX_CHILDREN 128
#define HOST_MAX_SAD      (2 * HOST_MAX_CHILDREN)

/* A SAD entry as the library handed it over.  The keys are here because the examples have no kernel to
 * give them to; only a check value of them is ever shown. */
typedef struct host_sad_entry {
    isakmp_child_id child; /* { 0 }: this place is free */
    isakmp_sad_entry e;
    uint8_t keys[128];
} host_sad_entry;

typedef struct host_show {
    const host_options *o;
    isakmp_time start;
    unsigned long received; /* datagrams */
    char trouble[300];      /* the last event that can be why no child SA comes up, as text */
    FILE *keylog;
    host_pcap *pcap;
    host_sad_entry sad[HOST_MAX_SAD];
} host_show;

/* Open the files that the options name.  A key log that is new can be read by its owner only.
 *   returns  0, or 2 after one sentence on stderr. */
int host_show_open(host_show *s, const host_options *o);
void host_show_close(host_show *s);

void host_show_line(const host_show *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void host_show_event(host_show *s, const isakmp_event *ev);
/* As gateway: the name of a user that a client has told, with a password that is not his. */
void host_show_stranger(const host_show *s, const isakmp_path *path, isakmp_span name);
/* The line for --once when its time is over: what is known about the cause. */
void host_show_timeout(const host_show *s);
void host_show_log(const host_show *s, int level, const char *line);
void host_show_key(host_show *s, const uint8_t *cky_i, isakmp_span key);
/* A datagram, sent or received, for the capture file. */
void host_show_datagram(host_show *s, const isakmp_path *path, isakmp_span datagram, int sent);

/* Keep a SAD entry, give it other ends, forget it.
 *   returns  ISAKMP_OK or ISAKMP_E_HOST: there are too many. */
int host_show_install(host_show *s, isakmp_child_id child, const isakmp_sad_entry *e);
void host_show_move(host_show *s, isakmp_child_id child, const isakmp_sad_entry *e,
                    const isakmp_addr *src, const isakmp_addr *dst);
void host_show_remove(host_show *s, isakmp_child_id child, const isakmp_sad_entry *e);

/* The tables: ISAKMP SAs, child SAs, SAD entries. */
void host_show_tables(const host_show *s, const isakmp_ctx *x);

#endif
