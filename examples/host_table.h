/* host_table.h -- the options of initiator and responder: all that is known about one stands in its row. */
#ifndef HOST_TABLE_H
#define HOST_TABLE_H

#include "host_options.h"

/* For whom a row is.  An option that means another thing to each has two. */
enum {
    HOST_FOR_INITIATOR = 1,
    HOST_FOR_RESPONDER = 2,
    HOST_FOR_BOTH = 3
};

typedef struct host_option {
    unsigned who;
    const char *name, *argument; /* argument NULL: it takes none */
    /* Read the value; returns as the functions of host_values.h.  NULL: this one asks for help. */
    int (*read)(host_options *o, const struct host_option *it, const char *text);
    size_t what; /* for read: where in host_options the value goes, or which flags are set */
    const char
        *sentence; /* what it does; the words are broken into lines when they are shown      */
    const char
        *without; /* what holds without it, if that is not plain                            */
} host_option;

/* A row for initiators, or for responders, from 0 on; NULL after the last one. */
const host_option *host_option_at(int initiator, size_t i);

/* Before any option is read. */
void host_options_set_defaults(host_options *o);

#endif
