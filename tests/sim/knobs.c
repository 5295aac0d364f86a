/* sim/knobs.c -- see knobs.h. */
#include "knobs.h"
#include <stdlib.h>
#include <string.h>
#include "rng.h"

static const struct {
    const char *name, *text;
    int32_t chance, lo, hi, neutral;
} table[KNOBS] = {
#define KNOB(name, chance, lo, hi, neutral, text) {#name, text, chance, lo, hi, neutral},
#include "knobs.def"
#undef KNOB
};

static const char *const faults[FAULTS] = {
    "none",
#define FAULT(name, text) #name,
#include "faults.def"
#undef FAULT
};

const char *knob_name(unsigned knob)
{
    return table[knob].name;
}

const char *knob_text(unsigned knob)
{
    return table[knob].text;
}

int32_t knob_neutral(unsigned knob)
{
    return table[knob].neutral;
}

/* A stream for each knob, told apart by its name. */
static rng stream_of(uint64_t seed, const char *name)
{
    rng r = {seed};
    for (; *name; name++)
        r.state = rng_next(&r) + (uint8_t)*name;
    return r;
}

void knobs_draw(knobs *k, uint64_t seed)
{
    for (unsigned i = 0; i < KNOBS; i++) {
        rng r = stream_of(seed, table[i].name);
        int turned = rng_permille(&r, table[i].chance);
        int32_t value = rng_between(&r, table[i].lo, table[i].hi);
        if (!k->set[i])
            k->v[i] = turned ? value : table[i].neutral;
    }
}

int knobs_set(knobs *k, const char *text)
{
    const char *equals = strchr(text, '=');
    size_t n = equals ? (size_t)(equals - text) : 0;
    for (unsigned i = 0; i < KNOBS && n; i++) {
        long value = strtol(equals + 1, NULL, 10);
        if (strlen(table[i].name) != n || strncmp(table[i].name, text, n) != 0)
            continue;
        if (value != table[i].neutral && (value < table[i].lo || value > table[i].hi))
            return 0;
        k->v[i] = (int32_t)value;
        k->set[i] = 1;
        return 1;
    }
    return 0;
}

unsigned fault_by_name(const char *name)
{
    unsigned i = 1;
    while (i < FAULTS && strcmp(faults[i], name) != 0)
        i++;
    return i;
}

const char *fault_name(unsigned fault)
{
    return faults[fault];
}
