/* support/vectors.c -- see vectors.h.  The whole file is read at once and cut up in place; octets
 * are decoded into a second buffer of the same size, at the same place. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <isakmp/iana.h>
#include "vectors.h"

#define MAX_FIELDS 40

typedef struct field {
    const char *key, *value;
    unsigned line;
} field;

struct vectors {
    char path[128], where[160];
    char *text, *at; /* at: where the next record begins */
    uint8_t *octets;
    unsigned line; /* of `at`, from 1 */
    unsigned n;
    field fields[MAX_FIELDS];
};

static void stop(const char *path, unsigned line, const char *what, const char *detail)
{
    fprintf(stderr, "%s:%u: %s: %s\n", path, line, what, detail);
    exit(1);
}

/* ---- The file ------------------------------------------------------------------------------ */

/* The whole file, ended by a zero; n: its size. */
static char *read_file(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    char *text = NULL;
    long size = 0;
    if (f == NULL || fseek(f, 0, SEEK_END) || (size = ftell(f)) < 0 || fseek(f, 0, SEEK_SET))
        stop(path, 0, "cannot be read", "is the current directory the root of the sources?");
    *n = (size_t)size;
    text = malloc(*n + 1);
    if (text == NULL || fread(text, 1, *n, f) != *n)
        stop(path, 0, "cannot be read", "too short, or no memory");
    text[*n] = 0;
    fclose(f);
    return text;
}

vectors *vectors_open(const char *name)
{
    vectors *v = calloc(1, sizeof *v);
    size_t n = 0;
    if (v == NULL)
        stop(name, 0, "no memory", "");
    snprintf(v->path, sizeof v->path, "tests/vectors/%s", name);
    v->text = v->at = read_file(v->path, &n);
    v->octets = malloc(n + 1);
    if (v->octets == NULL)
        stop(name, 0, "no memory", "");
    return v;
}

void vectors_close(vectors *v)
{
    free(v->octets);
    free(v->text);
    free(v);
}

/* ---- Records ------------------------------------------------------------------------------- */

/* Cut the next line off; NULL at the end. */
static char *next_line(vectors *v)
{
    char *line = v->at, *end = strchr(line, '\n');
    if (*line == 0)
        return NULL;
    v->line++;
    v->at = end ? end + 1 : line + strlen(line);
    if (end)
        *end = 0;
    return line;
}

static void add_field(vectors *v, char *line)
{
    char *equals = strstr(line, " =");
    field *f = &v->fields[v->n];
    if (equals == NULL || v->n == MAX_FIELDS)
        stop(v->path, v->line, "not a field, or too many", line);
    *equals = 0;
    f->key = line;
    f->value = equals + 2 + strspn(equals + 2, " ");
    f->line = v->line;
    v->n++;
}

int vectors_next(vectors *v)
{
    char *line;
    v->n = 0;
    while ((line = next_line(v)) != NULL && (*line || v->n == 0))
        if (*line && *line != '#')
            add_field(v, line);
    if (v->n)
        snprintf(v->where, sizeof v->where, "%s:%u", v->path, v->fields[0].line);
    return v->n > 0;
}

const char *vector_where(const vectors *v)
{
    return v->where;
}

/* ---- Fields -------------------------------------------------------------------------------- */

unsigned vector_count(const vectors *v, const char *key)
{
    unsigned n = 0;
    for (unsigned i = 0; i < v->n; i++)
        n += strcmp(v->fields[i].key, key) == 0;
    return n;
}

static const field *find(const vectors *v, const char *key)
{
    for (unsigned i = 0; i < v->n; i++)
        if (strcmp(v->fields[i].key, key) == 0)
            return &v->fields[i];
    stop(v->path, v->line, "the record has no such key", key);
    return NULL;
}

const char *vector_word(const vectors *v, const char *key)
{
    return find(v, key)->value;
}

unsigned vector_number(const vectors *v, const char *key)
{
    const field *f = find(v, key);
    char *end = NULL;
    unsigned long n = strtoul(f->value, &end, 10);
    if (*f->value == 0 || *end || n > 0xffffffu)
        stop(v->path, f->line, "not a number", f->value);
    return (unsigned)n;
}

uint16_t vector_named(const vectors *v, const char *key, int registry)
{
    const field *f = find(v, key);
    for (uint16_t i = 1; i < 256; i++) {
        const char *name = isakmp_name(registry, i);
        if (name && strcmp(name, f->value) == 0)
            return i;
    }
    stop(v->path, f->line, "not a name of the registry", f->value);
    return 0;
}

/* A digit of hex; 16 if it is none. */
static unsigned digit(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) : 16;
}

isakmp_span vector_octets(vectors *v, const char *key)
{
    const field *f = find(v, key);
    isakmp_span s = {v->octets + (f->value - v->text), strlen(f->value) / 2};
    uint8_t *out = v->octets + (f->value - v->text);
    for (size_t i = 0; i < s.n; i++) {
        unsigned high = digit(f->value[2 * i]), low = digit(f->value[2 * i + 1]);
        if (high > 15 || low > 15)
            stop(v->path, f->line, "not hex", f->value);
        out[i] = (uint8_t)(high << 4 | low);
    }
    if (f->value[2 * s.n])
        stop(v->path, f->line, "not a whole number of octets", f->value);
    return s;
}

const uint8_t *vector_exactly(vectors *v, const char *key, size_t n)
{
    const field *f = find(v, key);
    isakmp_span s = vector_octets(v, key);
    if (s.n != n)
        stop(v->path, f->line, "has another length than the test expects", key);
    return s.p;
}
