/* m4/include/string.h -- all that the library wants of a C library: four functions. */
#ifndef M4_STRING_H
#define M4_STRING_H

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);

#endif
