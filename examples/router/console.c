/* console.c -- the prompt: line editing, history, completion and `?` by libedit. */
#include <editline/readline.h>
#include <stdlib.h>
#include <string.h>
#include "router.h"

struct router_console {
    router *r;
    isakmp_ios_shell shell;
    size_t prompt_n;
    int is_done; /* 1: a line has been typed and dealt with */
    int is_busy; /* 1: a line is being dealt with: nothing is being typed */
};

/* libedit calls without saying for whom. */
static struct router_console *the_console;

static isakmp_span so_far(void)
{
    return (isakmp_span){(const uint8_t *)rl_line_buffer, (size_t)rl_point};
}

static void to_stdout(void *user, const char *text, size_t n)
{
    (void)user;
    fwrite(text, 1, n, stdout);
    fflush(stdout);
}

/* What may come next is listed at once, and the line stays. */
static int on_question(int count, int key)
{
    char text[8192];
    (void)count;
    (void)key;
    isakmp_ios_help(text, sizeof text, &the_console->shell, so_far());
    printf("?\n%s", text);
    rl_on_new_line();
    rl_forced_update_display();
    return 0;
}

static int on_tab(int count, int key)
{
    isakmp_span word, other;
    size_t begin = (size_t)rl_point;
    (void)count;
    (void)key;
    if (isakmp_ios_complete(&the_console->shell, so_far(), 0, &word) != ISAKMP_OK)
        return 0;
    if (isakmp_ios_complete(&the_console->shell, so_far(), 1, &other) == ISAKMP_OK)
        return on_question(count, key);
    while (begin && rl_line_buffer[begin - 1] != ' ')
        begin--;
    for (size_t i = (size_t)rl_point - begin; i < word.n; i++) {
        char letter[2] = {(char)word.p[i], '\0'};
        rl_insert_text(letter);
    }
    rl_insert_text(" ");
    router_console_clear(the_console);
    router_console_show(the_console);
    return 0;
}

static void on_line(char *line)
{
    struct router_console *c = the_console;
    router_sink sink = {to_stdout, NULL, c->prompt_n};
    isakmp_span span;
    if (line == NULL) { /* end of file */
        c->r->leaves = 1;
        putchar('\n');
        return;
    }
    span = (isakmp_span){(const uint8_t *)line, strlen(line)};
    if (span.n)
        add_history(line);
    c->is_busy = 1;
    router_command(c->r, &c->shell, span, &sink);
    c->is_busy = 0;
    free(line);
    c->is_done = 1;
}

/* A new line begins, with the prompt that is due. */
static void begin_line(struct router_console *c)
{
    char text[160];
    c->prompt_n = isakmp_ios_prompt(text, sizeof text, c->r->conf, &c->shell);
    rl_callback_handler_install(text, on_line);
}

struct router_console *router_console_open(router *r)
{
    struct router_console *c = (struct router_console *)calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    c->r = r;
    the_console = c;
    begin_line(c);
    rl_add_defun("router-question", on_question, '?');
    rl_add_defun("router-complete", on_tab, '\t');
    return c;
}

void router_console_close(struct router_console *c)
{
    if (c == NULL)
        return;
    rl_callback_handler_remove();
    the_console = NULL;
    free(c);
}

void router_console_read(struct router_console *c)
{
    c->is_done = 0;
    rl_callback_read_char();
    if (c->is_done)
        begin_line(c);
}

/* The line that is being typed gives way to something else, and comes back below it. */
void router_console_clear(struct router_console *c)
{
    if (!c->is_busy)
        printf("\r\033[K");
}

void router_console_show(struct router_console *c)
{
    if (c->is_busy)
        return;
    rl_on_new_line();
    rl_forced_update_display();
}
