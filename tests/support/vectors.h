/* support/vectors.h -- reading the files of tests/vectors.
 *
 * A file is a list of records with empty lines between them, and a record is a list of lines
 * "key = value"; a line that begins with # is a comment.  A value is read as the test asks for it:
 * octets in hex, a decimal number, or a word.
 *
 * A file that cannot be read, a key that is not there and a value that is not what it should be end
 * the program with a message that names the file and the line: a test cannot pass without its
 * vectors.  Everything that is returned lasts until vectors_close(). */
#ifndef TESTS_VECTORS_H
#define TESTS_VECTORS_H

#include <isakmp/base.h>

typedef struct vectors vectors;

/* Open tests/vectors/NAME; the current directory is the root of the source tree. */
vectors *vectors_open(const char *name);
void vectors_close(vectors *v);

/* Go to the next record.  1, or 0 at the end. */
int vectors_next(vectors *v);

/* Does the present record have a key?  How often. */
unsigned vector_count(const vectors *v, const char *key);

/* The value of a key in the present record. */
const char *vector_word(const vectors *v, const char *key);
isakmp_span vector_octets(vectors *v, const char *key);
unsigned vector_number(const vectors *v, const char *key);
/* ... as a number of an isakmp_registry, of which it is the name. */
uint16_t vector_named(const vectors *v, const char *key, int registry);

/* Octets that must be n. */
const uint8_t *vector_exactly(vectors *v, const char *key, size_t n);

/* "FILE:LINE", where the present record begins, for messages. */
const char *vector_where(const vectors *v);

#endif
