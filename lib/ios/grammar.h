/* ios/grammar.h -- the language as data.
 *
 * One table (commands.c) has a row for every command: the mode in which it is typed, and a pattern.  What
 * a line means, which abbreviations there are, what `?` and the tabulator key offer, and what an error says
 * was expected are all read off the patterns, by one function that says what may come next.
 *
 *     crypto isakmp keepalive ~ <10-3600> [<2-60>] [periodic|on-demand]
 *
 *     word           a keyword; it may be abbreviated as long as it is clear, but not within a number
 *     <2-60>         a number in a range
 *     A.B.C.D        an address or a mask
 *     WORD  LINE     any word; all that is left of the line
 *     (a|b c)        one of these
 *     [a|b c]        one of these, or nothing
 *     ~              in the forms with "no" or "default" in front the line may end here
 *
 * Groups do not lie within groups. */
#ifndef ISAKMP_LIB_GRAMMAR_H
#define ISAKMP_LIB_GRAMMAR_H

#include "model.h"

/* Rows of this mode are for all modes of configuration. */
#define ISAKMP__ANY_CONFIG ISAKMP_IOS_N_MODES

/* Flags of a row */
enum {
    ISAKMP__NO = 1 /* it has forms with "no" and "default" */
};

typedef struct isakmp__row {
    uint8_t mode; /* isakmp_ios_mode, or ISAKMP__ANY_CONFIG */
    uint8_t flags;
    uint16_t value; /* for run */
    const char *pattern;
    int (*run)(isakmp__run *r); /* does it; returns an isakmp_rc, with the fault filled in */
} isakmp__row;

extern const isakmp__row isakmp__ios_rows[];
extern const unsigned isakmp__ios_n_rows;

/* A word of help about a keyword; "" if there is none. */
const char *isakmp__ios_keyword_help(isakmp_span keyword);

/* The modes whose commands can be typed in a mode, from the nearest to the farthest: { mode, CONFIG }. */
unsigned isakmp__ios_modes_of(uint8_t mode, uint8_t out[3]);

/* ---- Reading a line ------------------------------------------------------------------------ */

/* The next word of a line, which is moved on; empty at its end. */
isakmp_span isakmp__ios_next_word(isakmp_span *line);

void isakmp__ios_walk_begin(isakmp__walk *w, uint8_t mode, int no);

typedef enum isakmp__step {
    ISAKMP__STEP_NONE, /* nothing of what may come next is like this word */
    ISAKMP__STEP_ONE,
    ISAKMP__STEP_AMBIGUOUS /* the word may be short for several keywords */
} isakmp__step;

/* A walk that has not found its one way has to begin again. */
isakmp__step isakmp__ios_walk_step(isakmp__walk *w, isakmp_span word);
/* The row that is at its end; NULL if there is none. */
const isakmp__row *isakmp__ios_walk_end(const isakmp__walk *w);

/* What may come next: the ith token, from 0, each only once; keywords only those that begin like
 * `prefix`, and nothing else if it is not empty.  0 after the last one. */
int isakmp__ios_walk_next(const isakmp__walk *w, isakmp_span prefix, unsigned i,
                          isakmp_span *token);
/* Is a token a keyword? */
int isakmp__ios_is_keyword(isakmp_span token);

/* Read the words of a line, behind "no", into r->arg: all but the keywords outside of groups.
 *   column  of the line's first octet. */
void isakmp__ios_bind(isakmp__run *r, const isakmp__row *row, isakmp_span line, unsigned column);

#endif
