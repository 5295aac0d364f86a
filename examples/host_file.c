/* host_file.c -- a whole file in memory. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sodium.h>
#include "host_file.h"

/* More than any file with keys or certificates has. */
#define MOST_OCTETS (1024 * 1024)

static const char *fill(host_file *out, FILE *f)
{
    const char *why = NULL;
    setvbuf(f, NULL, _IONBF, 0); /* no copy of a key stays in a buffer of stdio */
    out->octets = malloc(MOST_OCTETS);
    if (out->octets == NULL)
        return "there is not enough memory";
    out->text.p = out->octets;
    out->text.n = fread(out->octets, 1, MOST_OCTETS, f);
    if (ferror(f))
        why = strerror(errno); /* a directory opens, but cannot be read */
    else if (out->text.n == 0)
        why = "the file is empty";
    else if (out->text.n == MOST_OCTETS)
        why = "the file is too long to be what is expected";
    return why;
}

int host_file_read(host_file *out, const char *option, const char *file, char *error, size_t cap)
{
    FILE *f = fopen(file, "rb");
    const char *why;
    memset(out, 0, sizeof *out);
    why = f ? fill(out, f) : strerror(errno);
    if (f)
        fclose(f);
    if (why)
        snprintf(error, cap, "%s %s: %s", option, file, why);
    return why == NULL;
}

void host_file_drop(host_file *f)
{
    if (f->octets)
        sodium_memzero(f->octets, MOST_OCTETS);
    free(f->octets);
    memset(f, 0, sizeof *f);
}

int host_file_has(const host_file *f, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= f->text.n; i++)
        if (memcmp(f->text.p + i, word, n) == 0)
            return 1;
    return 0;
}
