/* ios/grammar.c -- patterns followed word by word.
 *
 * All rows of a mode are followed at once: a word is looked up among everything that may come next in any of
 * them, and the rows that have not got it fall out.  So a word is ambiguous exactly if it would be for
 * somebody who reads the whole list; and the one function next_tokens() is what parsing, help and error
 * messages have in common. */
#include "grammar.h"

#define MAX_NEXT 64

/* ---- Patterns ------------------------------------------------------------------------------- */

static int ends_token(char c)
{
    return c == ' ' || c == '|' || c == ')' || c == 0 || c == ']' || c == '~';
}

static isakmp_span token_at(const char *pattern, unsigned at)
{
    unsigned n = 0;
    while (!ends_token(pattern[at + n]))
        n++;
    return isakmp__span(pattern + at, n);
}

static unsigned behind_group(const char *pattern, unsigned at)
{
    while (pattern[at] != ')' && pattern[at] != ']')
        at++;
    return at + 1;
}

/* What may stand at a place of a pattern: the offsets of tokens. */
typedef struct next_set {
    uint8_t n, complete; /* complete: the line may end here */
    uint16_t at[MAX_NEXT];
} next_set;

static void add_token(next_set *s, unsigned at)
{
    if (s->n < MAX_NEXT)
        s->at[s->n++] = (uint16_t)at;
}

/* All of a group; gives the place behind it. */
static unsigned add_alternatives(next_set *s, const char *pattern, unsigned at)
{
    unsigned i = at;
    for (; pattern[i] != ')' && pattern[i] != ']'; i++)
        if (i == at || pattern[i] == '|')
            add_token(s, i + 1);
    return i + 1;
}

static void next_tokens(next_set *s, const char *pattern, unsigned at, int no)
{
    s->n = s->complete = 0;
    for (;;) {
        char c = pattern[at];
        if (c == 0) {
            s->complete = 1;
            return;
        }
        if (c == '(' || c == '[') {
            at = add_alternatives(s, pattern, at);
            if (c == '(')
                return;
        } else if (c == '|' || c == ')' || c == ']') {
            at = behind_group(pattern, at);
        } else if (c == ' ' || c == '~') {
            s->complete = (uint8_t)(s->complete || (c == '~' && no));
            at++;
        } else {
            add_token(s, at);
            return;
        }
    }
}

static int in_group(const char *pattern, unsigned at)
{
    int in = 0;
    for (unsigned i = 0; i < at; i++)
        in = pattern[i] == '(' || pattern[i] == '[' ||
             (in && pattern[i] != ')' && pattern[i] != ']');
    return in;
}

/* ---- Words ---------------------------------------------------------------------------------- */

static int is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

isakmp_span isakmp__ios_next_word(isakmp_span *line)
{
    isakmp_span w;
    size_t n = 0;
    while (line->n && is_blank(*line->p)) {
        line->p++;
        line->n--;
    }
    while (n < line->n && !is_blank(line->p[n]))
        n++;
    w = isakmp__span(line->p, n);
    line->p += n;
    line->n -= n;
    return w;
}

static int is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

int isakmp__ios_is_keyword(isakmp_span token)
{
    return token.n && (is_digit(token.p[0]) || (token.p[0] >= 'a' && token.p[0] <= 'z'));
}

static int is_number(isakmp_span w)
{
    size_t i = 0;
    while (i < w.n && is_digit(w.p[i]))
        i++;
    return w.n > 0 && i == w.n;
}

/* A number that begins a span, and how many digits it has; 0 if there is none, or it is too large. */
static size_t read_number(isakmp_span w, uint32_t *out)
{
    uint64_t v = 0;
    size_t i = 0;
    while (i < w.n && is_digit(w.p[i]) && v <= UINT32_MAX)
        v = v * 10 + (uint64_t)(w.p[i++] - '0');
    *out = (uint32_t)v;
    return v <= UINT32_MAX ? i : 0;
}

static int read_ip(isakmp_span w, uint8_t ip[4])
{
    for (unsigned k = 0; k < 4; k++) {
        uint32_t v;
        size_t n = read_number(w, &v);
        if (n == 0 || n > 3 || v > 255 || (k < 3 ? n >= w.n || w.p[n] != '.' : n != w.n))
            return 0;
        ip[k] = (uint8_t)v;
        n += k < 3;
        w.p += n;
        w.n -= n;
    }
    return 1;
}

static int in_range(isakmp_span token, uint32_t v)
{
    uint32_t lo, hi;
    isakmp_span rest = isakmp__span(token.p + 1, token.n - 1);
    size_t n = read_number(rest, &lo);
    rest = isakmp__span(rest.p + n + 1, rest.n - n - 1);
    (void)read_number(rest, &hi);
    return v >= lo && v <= hi;
}

static int begins_with(isakmp_span whole, isakmp_span part)
{
    return part.n <= whole.n && isakmp__same_name(isakmp__span(whole.p, part.n), part);
}

/* "group1" is not short for "group14". */
static int cuts_number(isakmp_span whole, isakmp_span part)
{
    return part.n && part.n < whole.n && is_digit(part.p[part.n - 1]) && is_digit(whole.p[part.n]);
}

/* How well a word fits a token; the best fit wins. */
enum {
    FIT_NOT,
    FIT_WORD,
    FIT_VALUE,
    FIT_SHORT,
    FIT_WHOLE
};

static int fit(isakmp_span token, isakmp_span word)
{
    uint8_t ip[4];
    uint32_t v;
    if (token.p[0] == '<')
        return is_number(word) && read_number(word, &v) && in_range(token, v) ? FIT_VALUE : FIT_NOT;
    if (token.p[0] == 'A')
        return read_ip(word, ip) ? FIT_VALUE : FIT_NOT;
    if (!isakmp__ios_is_keyword(token))
        return FIT_WORD;
    if (!begins_with(token, word))
        return FIT_NOT;
    return token.n == word.n ? FIT_WHOLE : cuts_number(token, word) ? FIT_NOT : FIT_SHORT;
}

/* ---- The walk ------------------------------------------------------------------------------- */

unsigned isakmp__ios_modes_of(uint8_t mode, uint8_t out[3])
{
    unsigned n = 0;
    out[n++] = mode;
    if (mode == ISAKMP_IOS_KEY)
        out[n++] = ISAKMP_IOS_CHAIN;
    if (mode > ISAKMP_IOS_CONFIG)
        out[n++] = ISAKMP_IOS_CONFIG;
    return n;
}

static int is_typed_in(const isakmp__row *row, uint8_t mode)
{
    return row->mode == mode || (row->mode == ISAKMP__ANY_CONFIG && mode != ISAKMP_IOS_EXEC);
}

static void keep_row(isakmp__walk *w, unsigned row, unsigned at)
{
    w->row[w->n] = (uint8_t)row;
    w->at[w->n++] = (uint16_t)at;
}

void isakmp__ios_walk_begin(isakmp__walk *w, uint8_t mode, int no)
{
    w->no = (uint8_t)no;
    w->n = 0;
    for (unsigned i = 0; i < isakmp__ios_n_rows; i++)
        if (is_typed_in(&isakmp__ios_rows[i], mode) &&
            (!no || isakmp__ios_rows[i].flags & ISAKMP__NO))
            keep_row(w, i, 0);
}

/* The ith row that is still followed. */
static const isakmp__row *row_of(const isakmp__walk *w, unsigned i)
{
    return &isakmp__ios_rows[w->row[i]];
}

/* A keyword can be refused by its first letter, before anybody looks where it ends. */
static int is_other_keyword(char c, isakmp_span word)
{
    return ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) &&
           (uint8_t)c != isakmp__lower(word.p[0]);
}

static int cannot_fit(const char *pattern, unsigned at, isakmp_span word)
{
    return is_other_keyword(pattern[at + (pattern[at] == ' ')], word);
}

/* What a word fits best, in a row or in all of them. */
typedef struct best_fit {
    int fit, ambiguous;
    unsigned behind; /* offset behind the token; LINE stays, for the next word */
    isakmp_span token;
} best_fit;

static void consider(best_fit *b, const best_fit *other)
{
    if (other->fit > b->fit)
        *b = *other;
    else if (other->fit == FIT_SHORT && b->fit == FIT_SHORT &&
             (other->ambiguous || !isakmp__same_text(other->token, b->token)))
        b->ambiguous = 1;
}

static best_fit fit_row(const isakmp__row *row, unsigned at, int no, isakmp_span word)
{
    best_fit b = {FIT_NOT, 0, 0, {NULL, 0}};
    next_set s;
    if (cannot_fit(row->pattern, at, word))
        return b;
    next_tokens(&s, row->pattern, at, no);
    for (unsigned k = 0; k < s.n; k++) {
        best_fit one = {FIT_NOT, 0, s.at[k], {NULL, 0}};
        if (is_other_keyword(row->pattern[s.at[k]], word))
            continue;
        one.token = token_at(row->pattern, s.at[k]);
        one.fit = fit(one.token, word);
        one.behind += one.token.p[0] == 'L' ? 0 : (unsigned)one.token.n;
        consider(&b, &one);
    }
    return b;
}

isakmp__step isakmp__ios_walk_step(isakmp__walk *w, isakmp_span word)
{
    best_fit b = {FIT_NOT, 0, 0, {NULL, 0}};
    unsigned n = w->n;
    w->n = 0;
    for (unsigned i = 0; i < n; i++) {
        unsigned row = w->row[i];
        best_fit one = fit_row(&isakmp__ios_rows[row], w->at[i], w->no, word);
        if (one.fit > b.fit)
            w->n = 0;
        if (one.fit != FIT_NOT && one.fit >= b.fit)
            keep_row(w, row, one.behind);
        consider(&b, &one);
    }
    if (b.fit == FIT_NOT)
        return ISAKMP__STEP_NONE;
    if (b.ambiguous)
        return ISAKMP__STEP_AMBIGUOUS;
    return ISAKMP__STEP_ONE;
}

/* At the token LINE, which takes one word after another, a line may end, too. */
static int may_end(const isakmp__row *row, unsigned at, int no)
{
    next_set s;
    next_tokens(&s, row->pattern, at, no);
    return s.complete || (row->pattern[at] == 'L' && at > 0);
}

const isakmp__row *isakmp__ios_walk_end(const isakmp__walk *w)
{
    for (unsigned i = 0; i < w->n; i++)
        if (may_end(row_of(w, i), w->at[i], w->no))
            return row_of(w, i);
    return NULL;
}

/* ---- What may come next --------------------------------------------------------------------- */

static int is_listed(isakmp_span token, isakmp_span prefix)
{
    return prefix.n == 0 || (isakmp__ios_is_keyword(token) && begins_with(token, prefix));
}

/* Does a token stand among the tokens that come before the kth of the ith row? */
static int came_before(const isakmp__walk *w, unsigned i, unsigned k, isakmp_span token)
{
    next_set s;
    for (unsigned j = 0; j <= i; j++) {
        next_tokens(&s, row_of(w, j)->pattern, w->at[j], w->no);
        for (unsigned m = 0; m < s.n && (j < i || m < k); m++)
            if (isakmp__same_text(token_at(row_of(w, j)->pattern, s.at[m]), token))
                return 1;
    }
    return 0;
}

int isakmp__ios_walk_next(const isakmp__walk *w, isakmp_span prefix, unsigned n, isakmp_span *token)
{
    next_set s;
    for (unsigned i = 0; i < w->n; i++) {
        next_tokens(&s, row_of(w, i)->pattern, w->at[i], w->no);
        for (unsigned k = 0; k < s.n; k++) {
            *token = token_at(row_of(w, i)->pattern, s.at[k]);
            if (is_listed(*token, prefix) && !came_before(w, i, k, *token) && n-- == 0)
                return 1;
        }
    }
    return 0;
}

/* ---- Binding -------------------------------------------------------------------------------- */

static void bind_one(isakmp__arg *a, isakmp_span token, isakmp_span word, size_t column)
{
    a->column = (uint16_t)column;
    a->text = word;
    a->kind = token.p[0] == '<'   ? 'n'
              : token.p[0] == 'A' ? 'a'
              : token.p[0] == 'W' ? 'w'
              : token.p[0] == 'L' ? 'l'
                                  : 'k';
    if (a->kind == 'k')
        a->text = token;
    if (a->kind == 'n')
        (void)read_number(word, &a->number);
    if (a->kind == 'a')
        (void)read_ip(word, a->ip);
}

static isakmp_span trimmed(isakmp_span s)
{
    while (s.n && is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

void isakmp__ios_bind(isakmp__run *r, const isakmp__row *row, isakmp_span line, unsigned column)
{
    const uint8_t *begin = line.p;
    unsigned at = 0;
    isakmp_span word;
    r->n = 0;
    memset(r->arg, 0, sizeof r->arg);
    while ((word = isakmp__ios_next_word(&line)).n && r->n < ISAKMP__MAX_ARGS) {
        best_fit b = fit_row(row, at, r->no, word);
        if (b.fit == FIT_NOT)
            return;
        if (b.token.p[0] == 'L')
            word = trimmed(isakmp__span(word.p, (size_t)(line.p + line.n - word.p)));
        if (!isakmp__ios_is_keyword(b.token) ||
            in_group(row->pattern, (unsigned)((const char *)b.token.p - row->pattern)))
            bind_one(&r->arg[r->n++], b.token, word, column + (size_t)(word.p - begin));
        if (b.token.p[0] == 'L')
            return;
        at = b.behind;
    }
}
