/* ios/texts.c -- a text of many lines.
 *
 * What a wrong line leads to: it is reported; if it stood among the lines of something that this text had
 * made (a policy, a map entry, a key), all of that is left out, because a policy without one of its lines
 * is another policy, and perhaps a weaker one.  A line that should have begun something else ends what
 * was before it, so that the lines behind it are not taken for lines of that. */
#include "handlers.h"

static void report(const isakmp_ios_loader *l, const isakmp_ios_fault *f)
{
    if (l && l->fault)
        l->fault(l->user, f);
}

/* ---- All or nothing ------------------------------------------------------------------------- */

/* The copy lies at the end of the memory, which is taken off it as long. */
static int keep_copy(isakmp_ios *c)
{
    if (c->cap - c->used < c->used)
        return ISAKMP_E_SPACE;
    c->copied = c->used;
    c->cap -= c->copied;
    memcpy((uint8_t *)c + c->cap, c, c->copied);
    return ISAKMP_OK;
}

static void drop_copy(isakmp_ios *c)
{
    memset((uint8_t *)c + c->cap, 0, c->copied);
    c->cap += c->copied;
    c->copied = 0;
}

static void take_copy_back(isakmp_ios *c)
{
    size_t cap = c->cap, n = c->copied, used = c->used;
    memcpy(c, (uint8_t *)c + cap, n);
    if (used > n)
        memset((uint8_t *)c + n, 0, used - n);
    c->cap = cap;
    c->copied = n;
    drop_copy(c);
}

/* ---- Line by line --------------------------------------------------------------------------- */

static isakmp_span next_line(isakmp_span *text)
{
    isakmp_span line;
    size_t n = 0;
    while (n < text->n && text->p[n] != '\n')
        n++;
    line = isakmp__span(text->p, n);
    n += n < text->n;
    text->p += n;
    text->n -= n;
    if (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    return line;
}

static void after_fault(isakmp_ios *c, isakmp_ios_shell *s, isakmp__thing *target)
{
    if (c->of_mode) {
        if (target && target->fresh && target->spoiled == 0)
            target->spoiled = c->line;
        return;
    }
    s->mode = s->mode == ISAKMP_IOS_KEY ? ISAKMP_IOS_CHAIN : ISAKMP_IOS_CONFIG;
    s->target = NULL;
}

static int one_line(isakmp_ios *c, isakmp_ios_shell *s, isakmp_span line,
                    const isakmp_ios_loader *loader)
{
    isakmp__thing *target = (isakmp__thing *)s->target;
    isakmp_ios_command command;
    isakmp_ios_fault fault;
    int rc = isakmp__ios_line(c, s, line, &command, &fault);
    if (rc != ISAKMP_OK) {
        report(loader, &fault);
        after_fault(c, s, target);
    } else if (command.action != ISAKMP_IOS_NOTHING && loader && loader->command) {
        loader->command(loader->user, &command);
    }
    if (s->mode == ISAKMP_IOS_EXEC) /* "exit", perhaps from something that was refused */
        s->mode = ISAKMP_IOS_CONFIG;
    return rc;
}

/* ---- The end -------------------------------------------------------------------------------- */

static int check_end(isakmp_ios *c, isakmp_ios_shell *s, const isakmp_ios_loader *loader)
{
    isakmp_ios_fault f;
    isakmp__page p;
    if (s->mode != ISAKMP_IOS_KEY_STRING && s->mode != ISAKMP_IOS_CERTIFICATE)
        return ISAKMP_OK;
    memset(&f, 0, sizeof f);
    f.line = c->line;
    f.error = 1;
    p = isakmp__ios_page_begin(f.text, sizeof f.text);
    isakmp__ios_page_add(&p, "the text ends in the middle of a key or certificate: expected quit");
    report(loader, &f);
    ((isakmp__thing *)s->target)->spoiled = c->line;
    return ISAKMP_E_MALFORMED;
}

static void report_dropped(const isakmp__thing *t, const isakmp_ios_loader *loader)
{
    isakmp_ios_fault f;
    isakmp__page p = isakmp__ios_page_begin(f.text, sizeof f.text);
    f.line = t->line;
    f.column = 0;
    f.error = 1;
    isakmp__ios_page_add(
        &p,
        "what begins here is left out, because line %u was taken for a part of it, and is wrong",
        (unsigned)t->spoiled);
    report(loader, &f);
}

/* Drop what is spoiled; nothing is fresh any more. */
static void settle(isakmp_ios *c, const isakmp_ios_loader *loader, int all)
{
    for (unsigned k = 0; k < ISAKMP__N_KINDS; k++)
        for (isakmp__thing *t = c->first[k], *next; t; t = next) {
            next = t->next;
            t->fresh = 0;
            if (!t->spoiled)
                continue;
            if (!all)
                report_dropped(t, loader);
            isakmp__ios_thing_drop(c, t);
        }
}

static int tell_loader(isakmp__teller *t, const isakmp_ios_fault *f)
{
    report(t->loader, f);
    return 1;
}

static void warn(const isakmp_ios *c, const isakmp_ios_loader *loader)
{
    isakmp__teller t = {tell_loader, NULL, NULL, NULL, 0, 0};
    t.c = c;
    t.loader = loader;
    isakmp__ios_tell_missing(&t);
}

static int no_room_for_copy(const isakmp_ios_loader *loader)
{
    isakmp_ios_fault f;
    isakmp__page p = isakmp__ios_page_begin(f.text, sizeof f.text);
    f.line = f.column = 0;
    f.error = 1;
    isakmp__ios_page_add(&p, "the memory has no room for a copy of what is there");
    report(loader, &f);
    return ISAKMP_E_SPACE;
}

int isakmp_ios_load(isakmp_ios *c, isakmp_span text, const isakmp_ios_loader *loader)
{
    isakmp_ios_shell s = {ISAKMP_IOS_CONFIG, 0, 0, NULL};
    int all = loader && loader->flags & ISAKMP_IOS_ALL, rc = ISAKMP_OK, one;
    if (all && keep_copy(c) != ISAKMP_OK)
        return no_room_for_copy(loader);
    c->loading = 1;
    c->ended = 0;
    c->line = 0;
    while (text.n && !c->ended && rc != ISAKMP_E_SPACE) {
        c->line++;
        one = one_line(c, &s, next_line(&text), loader);
        rc = one == ISAKMP_E_SPACE ? one : one != ISAKMP_OK ? ISAKMP_E_MALFORMED : rc;
    }
    if (rc != ISAKMP_E_SPACE && check_end(c, &s, loader) != ISAKMP_OK)
        rc = ISAKMP_E_MALFORMED;
    c->loading = 0;
    settle(c, loader, all);
    if (all && rc != ISAKMP_OK) {
        take_copy_back(c);
        return rc;
    }
    if (all)
        drop_copy(c);
    warn(c, loader);
    return rc;
}
