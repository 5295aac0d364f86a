/* ios/handlers.c -- what all handlers of lines have in common. */
#include "handlers.h"

int isakmp__ios_refuse(isakmp__run *r, int rc, unsigned i, const char *text)
{
    isakmp__page p = isakmp__ios_page_begin(r->fault->text, sizeof r->fault->text);
    r->fault->error = 1;
    r->fault->column = i < ISAKMP__MAX_ARGS && i < r->n ? r->arg[i].column : 0;
    isakmp__ios_page_add(&p, "%s", text);
    return rc;
}

int isakmp__ios_no_room(isakmp__run *r)
{
    return isakmp__ios_refuse(r, ISAKMP_E_SPACE, r->n, "the memory of the configuration is full");
}

int isakmp__ios_arg_is(const isakmp__run *r, unsigned i, const char *keyword)
{
    return i < r->n && r->arg[i].kind == 'k' &&
           isakmp__same_text(r->arg[i].text, isakmp__ios_literal(keyword));
}

isakmp_span isakmp__ios_arg_text(const isakmp__run *r, unsigned i)
{
    return i < r->n ? r->arg[i].text : isakmp__span(NULL, 0);
}

void isakmp__ios_enter(isakmp__run *r, isakmp_ios_mode mode, isakmp__thing *t)
{
    r->s->mode = (uint8_t)mode;
    r->s->target = t;
    r->s->removals = r->c->removals;
    r->s->detail = 0;
}

int isakmp__ios_set_word(isakmp__run *r, isakmp__word **place, isakmp_span text)
{
    isakmp__word *w = NULL;
    if (text.n && (w = isakmp__ios_store_word(r->c, text)) == NULL)
        return isakmp__ios_no_room(r);
    isakmp__ios_store_give_word(r->c, *place);
    *place = w;
    return ISAKMP_OK;
}

const isakmp__choice_of *isakmp__ios_by_word(const isakmp__choice_of *table, isakmp_span word)
{
    for (; table->keyword; table++)
        if (isakmp__same_text(isakmp__ios_literal(table->keyword), word))
            return table;
    return NULL;
}

const isakmp__choice_of *isakmp__ios_by_number(const isakmp__choice_of *table, unsigned a)
{
    while (table->keyword && table->a != a)
        table++;
    return table->keyword ? table : NULL;
}
