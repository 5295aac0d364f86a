/* host_file.h -- a whole file in memory; it may hold a private key. */
#ifndef HOST_FILE_H
#define HOST_FILE_H

#include "isakmp/base.h"

typedef struct host_file {
    uint8_t *octets; /* NULL: nothing has been read */
    isakmp_span text;
} host_file;

/* Read it; to be dropped in any case.
 *   option   for the sentence, such as "--key".
 *   returns  1, or 0 with one sentence in error. */
int host_file_read(host_file *out, const char *option, const char *file, char *error,
                   size_t error_cap);
/* Wipe and free it. */
void host_file_drop(host_file *f);

/* Does it have these characters? */
int host_file_has(const host_file *f, const char *word);

#endif
