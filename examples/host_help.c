/* host_help.c -- what --help says: the table of options, with lines of 100 columns at most. */
#include <stdio.h>
#include <string.h>
#include "host_help.h"
#include "host_table.h"

#define COLUMN 27
#define WIDTH  100

/* Show words from a column on; those that are too many for a line go into the next one. */
static size_t show_words(const char *words, size_t column)
{
    while (*words) {
        size_t n = strcspn(words, " ");
        if (column > COLUMN && column + 1 + n > WIDTH) {
            printf("\n%*s", COLUMN, "");
            column = COLUMN;
        }
        column += (size_t)printf("%s%.*s", column > COLUMN ? " " : "", (int)n, words);
        words += n;
        words += *words == ' ';
    }
    return column;
}

static void show_option(const host_option *it)
{
    char without[100];
    size_t column = (size_t)printf("  --%s%s%s", it->name, it->argument ? " " : "",
                                   it->argument ? it->argument : "");
    if (column + 2 > COLUMN) {
        putchar('\n');
        column = 0;
    }
    printf("%*s", (int)(COLUMN - column), "");
    column = show_words(it->sentence, COLUMN);
    snprintf(without, sizeof without, "(%s)", it->without ? it->without : "");
    if (it->without)
        show_words(without, column);
    putchar('\n');
}

void host_help(const char *program, int initiator)
{
    const host_option *it;
    printf("usage: %s [options]     (what holds without an option is in parentheses)\n\n%s\n\n",
           program,
           initiator ? "Negotiate an ISAKMP SA and a child SA with a peer."
                     : "Wait for peers and negotiate ISAKMP SAs and child SAs with them.");
    for (size_t i = 0; (it = host_option_at(initiator, i)) != NULL; i++)
        show_option(it);
}
