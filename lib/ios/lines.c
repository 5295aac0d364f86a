/* ios/lines.c -- one line: which row it is, and what is wrong with it; prompts, help and completion.
 *
 * In a mode of lower order, such as config-isakmp, what is no command there may be one of configuration
 * mode, which is then left for it: so nobody need type "exit". */
#include "handlers.h"

#define MAX_LINE 1000
/* How many of the things that were expected a message names. */
#define MOST_EXPECTED 10

/* ---- What was expected ---------------------------------------------------------------------- */

static void name_token(isakmp__page *p, isakmp_span token)
{
    if (token.p[0] == '<') {
        isakmp__ios_page_add(p, "a number ");
        isakmp__ios_page_span(p, token);
    } else if (token.p[0] == 'A') {
        isakmp__ios_page_add(p, "an address A.B.C.D");
    } else if (token.p[0] == 'W') {
        isakmp__ios_page_add(p, "a name");
    } else if (token.p[0] == 'L') {
        isakmp__ios_page_add(p, "text");
    } else {
        isakmp__ios_page_span(p, token);
    }
}

static void name_expected(isakmp__page *p, const isakmp__walk *w, isakmp_span prefix)
{
    isakmp_span token;
    unsigned i = 0;
    while (i < MOST_EXPECTED && isakmp__ios_walk_next(w, prefix, i, &token)) {
        isakmp__ios_page_add(p, i ? ", " : "");
        name_token(p, token);
        i++;
    }
    if (isakmp__ios_walk_next(w, prefix, i, &token))
        isakmp__ios_page_add(p, ", ...");
    if (isakmp__ios_walk_end(w) && prefix.n == 0)
        isakmp__ios_page_add(p, i ? " or the end of the line" : "the end of the line");
}

/* A word as it may be shown. */
static void quote(isakmp__page *p, isakmp_span word)
{
    isakmp__ios_page_add(p, "\"");
    isakmp__ios_page_span(p, isakmp__span(word.p, word.n < 40 ? word.n : 40));
    isakmp__ios_page_add(p, word.n > 40 ? "...\"" : "\"");
}

/* ---- Following a line ----------------------------------------------------------------------- */

/* How far a line could be followed in a mode. */
typedef struct attempt {
    const isakmp__row *row; /* NULL: it is no command there */
    unsigned words;         /* that could be followed */
    isakmp__step stop;
    isakmp_span word; /* that could not; empty: the line was too short */
} attempt;

static void try_mode(isakmp__walk *w, attempt *a, uint8_t mode, int no, isakmp_span line)
{
    a->words = 0;
    a->stop = ISAKMP__STEP_ONE;
    a->row = NULL;
    isakmp__ios_walk_begin(w, mode, no);
    while ((a->word = isakmp__ios_next_word(&line)).n) {
        a->stop = isakmp__ios_walk_step(w, a->word);
        if (a->stop != ISAKMP__STEP_ONE)
            return;
        a->words++;
    }
    a->row = isakmp__ios_walk_end(w);
}

/* As far as the line could be followed. */
static void walk_again(isakmp__walk *w, const attempt *a, uint8_t mode, int no, isakmp_span line)
{
    isakmp__ios_walk_begin(w, mode, no);
    for (unsigned i = 0; i < a->words; i++)
        (void)isakmp__ios_walk_step(w, isakmp__ios_next_word(&line));
}

static int explain(isakmp__run *r, const isakmp__walk *w, const attempt *a, isakmp_span line)
{
    isakmp__page p = isakmp__ios_page_begin(r->fault->text, sizeof r->fault->text);
    size_t end = line.n;
    while (end && isakmp__ios_next_word(&(isakmp_span){line.p + end - 1, 1}).n == 0)
        end--;
    r->fault->error = 1;
    r->fault->column = (uint32_t)(a->word.n ? (size_t)(a->word.p - line.p) + 1 : end + 1);
    if (a->word.n && a->stop == ISAKMP__STEP_AMBIGUOUS) {
        quote(&p, a->word);
        isakmp__ios_page_add(&p, " is ambiguous: ");
        name_expected(&p, w, a->word);
        return ISAKMP_E_MALFORMED;
    }
    if (a->word.n) {
        quote(&p, a->word);
        isakmp__ios_page_add(&p, " is not known here: expected ");
    } else {
        isakmp__ios_page_add(&p, "the line ends too early: expected ");
    }
    name_expected(&p, w, isakmp__span(NULL, 0));
    return ISAKMP_E_MALFORMED;
}

static int is_word(isakmp_span word, const char *keyword, size_t least)
{
    size_t n = isakmp__ios_literal(keyword).n;
    return word.n >= least && word.n <= n && isakmp__same_name(word, isakmp__span(keyword, word.n));
}

/* Take "no" or "default" off a line. */
static uint8_t take_no(isakmp_span *line)
{
    isakmp_span rest = *line, word = isakmp__ios_next_word(&rest);
    uint8_t no = (uint8_t)(is_word(word, "no", 2) ? 1 : is_word(word, "default", 3) ? 2 : 0);
    if (no)
        *line = rest;
    return no;
}

/* The thing that lines are about may have been taken away by another shell, and another one lie in its place:
 * that is younger than what this shell saw last. */
static int is_gone(const isakmp_ios *c, const isakmp_ios_shell *s)
{
    if (s->target == NULL || s->removals == c->removals)
        return 0;
    for (unsigned k = 0; k < ISAKMP__N_KINDS; k++)
        for (const isakmp__thing *t = c->first[k]; t; t = t->next)
            if (t == s->target)
                return t->born > s->removals;
    return 1;
}

/* Run a row.  One of a mode farther out leaves the nearer ones, if it can be taken. */
static int run_row(isakmp__run *r, const isakmp__row *row, uint8_t mode)
{
    isakmp_ios_shell before = *r->s;
    int rc;
    if (mode != before.mode) {
        r->s->mode = mode;
        r->s->target = NULL;
    }
    r->value = row->value;
    rc = row->run(r);
    if (rc != ISAKMP_OK)
        *r->s = before;
    else
        r->s->removals = r->c->removals;
    return rc;
}

/* Names go into identities, which have their limit; and whatever is written again must be a line that can be read,
 * though its words may have been abbreviated.  Of a pre-shared key its handler knows how long it may be. */
static int check_names(isakmp__run *r, const isakmp__row *row)
{
    for (unsigned i = row->run == isakmp__ios_set_psk; i < r->n; i++)
        if (r->arg[i].kind == 'w' && r->arg[i].text.n > ISAKMP__MAX_NAME)
            return isakmp__ios_refuse(r, ISAKMP_E_ARG, i, "a name has at most 100 characters");
    return ISAKMP_OK;
}

/* Did the line mean the mode that it stands in, although it is wrong?  It did if no other mode knows it
 * better, or if it is indented, as no line of configuration mode is. */
static int is_of_mode(isakmp_span line, unsigned best, uint8_t best_mode)
{
    int indented = line.n && (line.p[0] == ' ' || line.p[0] == '\t');
    return best == 0 || (indented && best_mode == ISAKMP_IOS_CONFIG);
}

static int follow_line(isakmp__run *r, isakmp_span line, isakmp_span rest)
{
    uint8_t modes[3];
    attempt a[3];
    unsigned n = isakmp__ios_modes_of(r->s->mode, modes), best = 0;
    memset(a, 0, sizeof a);
    for (unsigned i = 0; i < n; i++) {
        try_mode(&r->c->walk, &a[i], modes[i], r->no, rest);
        if (a[i].row) {
            isakmp__ios_bind(r, a[i].row, rest, (unsigned)(rest.p - line.p) + 1);
            r->c->of_mode = i == 0;
            return check_names(r, a[i].row) == ISAKMP_OK ? run_row(r, a[i].row, modes[i])
                                                         : ISAKMP_E_ARG;
        }
        if (a[i].words > a[best].words)
            best = i;
    }
    walk_again(&r->c->walk, &a[best], modes[best], r->no, rest);
    r->c->of_mode = (uint8_t)is_of_mode(line, best, modes[best]);
    return explain(r, &r->c->walk, &a[best], line);
}

static int is_comment(isakmp_span line)
{
    isakmp_span word = isakmp__ios_next_word(&line);
    return word.n == 0 || word.p[0] == '!';
}

/* Commands are ASCII: so names can be shown as they were typed. */
static int check_ascii(isakmp__run *r, isakmp_span line)
{
    for (size_t i = 0; i < line.n; i++) {
        if (line.p[i] < 0x7f &&
            (line.p[i] >= 0x20 || line.p[i] == '\t' || line.p[i] == '\r' || line.p[i] == '\n'))
            continue;
        isakmp__ios_refuse(r, ISAKMP_E_MALFORMED, ISAKMP__MAX_ARGS,
                           "this character is not ASCII, or cannot be shown");
        r->fault->column = (uint32_t)i + 1;
        return ISAKMP_E_MALFORMED;
    }
    return ISAKMP_OK;
}

static int is_raw(const isakmp_ios_shell *s)
{
    return s->mode == ISAKMP_IOS_KEY_STRING || s->mode == ISAKMP_IOS_CERTIFICATE;
}

int isakmp__ios_line(isakmp_ios *c, isakmp_ios_shell *s, isakmp_span line, isakmp_ios_command *out,
                     isakmp_ios_fault *fault)
{
    isakmp__run *r = &c->run;
    isakmp_span rest = line;
    memset(r, 0, sizeof *r);
    memset(out, 0, sizeof *out);
    memset(fault, 0, sizeof *fault);
    r->c = c;
    r->s = s;
    r->out = out;
    r->fault = fault;
    c->of_mode = 1;
    fault->line = c->line;
    if (is_gone(c, s)) {
        s->mode = ISAKMP_IOS_CONFIG;
        s->target = NULL;
    }
    if (line.n > MAX_LINE)
        return isakmp__ios_refuse(r, ISAKMP_E_MALFORMED, 0, "the line is longer than 1,000 octets");
    if (is_raw(s))
        return isakmp__ios_raw_line(r, line);
    if (is_comment(line))
        return ISAKMP_OK;
    if (check_ascii(r, line) != ISAKMP_OK)
        return ISAKMP_E_MALFORMED;
    r->no = take_no(&rest);
    return follow_line(r, line, rest);
}

int isakmp_ios_line(isakmp_ios *c, isakmp_ios_shell *s, isakmp_span line, isakmp_ios_command *out,
                    isakmp_ios_fault *fault)
{
    if (s->mode >= ISAKMP_IOS_N_MODES)
        return ISAKMP_E_ARG;
    c->line = 1;
    return isakmp__ios_line(c, s, line, out, fault);
}

/* ---- Prompts, help, completion -------------------------------------------------------------- */

size_t isakmp_ios_prompt(char *out, size_t cap, const isakmp_ios *c, const isakmp_ios_shell *s)
{
    static const char *const ends[ISAKMP_IOS_N_MODES] = {
        "#",
        "(config)#",
        "(config-isakmp)#",
        "(config-pubkey-c)#",
        "(config-pubkey-k)#",
        "(config-pubkey)#",
        "(cfg-crypto-trans)#",
        "(config-crypto-m)#",
        "(config-ext-nacl)#",
        "(ca-trustpoint)#",
        "(config-cert)#",
        "(config-if)#",
    };
    isakmp__page p = isakmp__ios_page_begin(out, cap);
    isakmp__ios_page_add(&p, "%s", c->hostname ? isakmp__chars(c->hostname) : "Router");
    isakmp__ios_page_add(&p, "%s", s->mode < ISAKMP_IOS_N_MODES ? ends[s->mode] : "#");
    return p.len;
}

/* Follow all words of a line but one that is not ended by a blank, which is given back. */
static int follow_begun(isakmp__walk *w, uint8_t mode, isakmp_span line, isakmp_span *last)
{
    isakmp_span rest = line, word;
    int no = take_no(&rest);
    if (no && rest.n == 0) { /* not ended yet */
        rest = line;
        no = 0;
    }
    isakmp__ios_walk_begin(w, mode, no);
    for (;;) {
        word = isakmp__ios_next_word(&rest);
        *last = word;
        if (word.n == 0 || rest.n == 0)
            return 1;
        if (isakmp__ios_walk_step(w, word) != ISAKMP__STEP_ONE)
            return 0;
    }
}

static void help_token(isakmp__page *p, isakmp_span token)
{
    size_t start = p->len;
    isakmp__ios_page_add(p, "  ");
    isakmp__ios_page_span(p, token);
    if (isakmp__ios_is_keyword(token) && isakmp__ios_keyword_help(token)[0]) {
        isakmp__ios_page_column(p, start, 26);
        isakmp__ios_page_add(p, "%s", isakmp__ios_keyword_help(token));
    }
    isakmp__ios_page_add(p, "\n");
}

/* "no" and "default" stand in no row: the ith of them that may come next, if a line only begins. */
static int next_negation(isakmp_span line, unsigned i, isakmp_span *out)
{
    static const char *const words[] = {"no", "default"};
    isakmp_span first = isakmp__ios_next_word(&line);
    for (unsigned k = 0; k < 2 && line.n == 0; k++) {
        *out = isakmp__ios_literal(words[k]);
        if (first.n <= out->n && isakmp__same_name(first, isakmp__span(out->p, first.n)) &&
            i-- == 0)
            return 1;
    }
    return 0;
}

size_t isakmp_ios_help(char *out, size_t cap, const isakmp_ios_shell *s, isakmp_span line)
{
    isakmp__page p = isakmp__ios_page_begin(out, cap);
    uint8_t modes[3];
    unsigned n = isakmp__ios_modes_of(s->mode, modes);
    if (is_raw(s)) {
        isakmp__ios_page_add(&p, "  LINE\n  quit                    End of what is typed in\n");
        return p.len;
    }
    for (unsigned i = 0; i < n; i++) {
        isakmp__walk w;
        isakmp_span last, token;
        size_t before = p.len;
        if (!follow_begun(&w, modes[i], line, &last))
            continue;
        for (unsigned k = 0; isakmp__ios_walk_next(&w, last, k, &token); k++)
            help_token(&p, token);
        for (unsigned k = 0; i == 0 && next_negation(line, k, &token); k++)
            help_token(&p, token);
        if (last.n == 0 && isakmp__ios_walk_end(&w))
            isakmp__ios_page_add(&p, "  <cr>\n");
        if (p.len > before)
            break; /* a nearer mode has it */
    }
    if (p.len == 0)
        isakmp__ios_page_add(&p, "%% Unrecognized command\n");
    return p.len;
}

int isakmp_ios_complete(const isakmp_ios_shell *s, isakmp_span line, size_t i, isakmp_span *out)
{
    uint8_t modes[3];
    unsigned n = is_raw(s) ? 0 : isakmp__ios_modes_of(s->mode, modes);
    for (unsigned m = 0; m < n; m++) {
        isakmp__walk w;
        isakmp_span last;
        size_t before = i;
        if (!follow_begun(&w, modes[m], line, &last))
            continue;
        for (unsigned k = 0; isakmp__ios_walk_next(&w, last, k, out); k++)
            if (isakmp__ios_is_keyword(*out) && i-- == 0)
                return ISAKMP_OK;
        for (unsigned k = 0; m == 0 && next_negation(line, k, out); k++)
            if (i-- == 0)
                return ISAKMP_OK;
        if (i < before)
            break; /* a nearer mode has it */
    }
    return ISAKMP_NONE;
}
