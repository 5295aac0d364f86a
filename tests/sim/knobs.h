/* sim/knobs.h -- scenarios as numbers; see knobs.def. */
#ifndef TESTS_SIM_KNOBS_H
#define TESTS_SIM_KNOBS_H

#include <stddef.h>
#include <stdint.h>

enum {
#define KNOB(name, chance, lo, hi, neutral, text) KNOB_##name,
#include "knobs.def"
#undef KNOB
    KNOBS
};

enum {
    FAULT_NONE,
#define FAULT(name, text) FAULT_##name,
#include "faults.def"
#undef FAULT
    FAULTS
};

typedef struct knobs {
    int32_t v[KNOBS];
    uint8_t set[KNOBS]; /* 1: by hand */
} knobs;

const char *knob_name(unsigned knob);
const char *knob_text(unsigned knob);
int32_t knob_neutral(unsigned knob);
/* What a seed makes of those that are not set by hand. */
void knobs_draw(knobs *k, uint64_t seed);
/* "NAME=VALUE".  Returns 0 if there is no such knob, or the value is not in its range. */
int knobs_set(knobs *k, const char *text);

/* FAULTS if there is none of that name. */
unsigned fault_by_name(const char *name);
const char *fault_name(unsigned fault);

#endif
