/* host_join.h -- the messages of a capture that travel in fragments, put together again [MS-IKEE 3.3]. */
#ifndef HOST_JOIN_H
#define HOST_JOIN_H

#include "isakmp/wire.h"

typedef struct host_join host_join;

/* A message that is whole. */
typedef struct host_joined {
    uint8_t *bytes; /* for free() */
    size_t n;
    unsigned fragments;
} host_joined;

/* Begin.
 *   returns  NULL if there is not enough memory. */
host_join *host_join_new(void);
void host_join_free(host_join *j);

/* Is a message a fragment of another one?
 *   m  well formed, from isakmp_msg_parse(); one whose sender has left the encryption flag of the whole in its
 *      header is indexed. */
int host_join_is_fragment(isakmp_msg *m);

/* Take note of a fragment.
 *   m        as host_join_is_fragment() has said.
 *   from     its sender, for both directions may have the same numbers; family 0: not known.
 *   out      gets the message if this was what was missing of it; else bytes are NULL.
 *   returns  0, or -1 if there is not enough memory. */
int host_join_add(host_join *j, const isakmp_msg *m, const isakmp_addr *from, host_joined *out);

#endif
