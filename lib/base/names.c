/* base/names.c -- numbers to names: one table, searched from the start; only text for people asks. */
#include "isakmp/iana.h"

typedef struct name {
    uint16_t registry, number;
    const char *text;
} name;

static const name names[] = {
#define NAME(registry, number, text) {ISAKMP_REG_##registry, number, text},
#include "names.def"
#undef NAME
};

const char *isakmp_name(int registry, unsigned number)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].registry == registry && names[i].number == number)
            return names[i].text;
    return NULL;
}
