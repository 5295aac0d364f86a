/* router.c -- the program and its loop. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "isakmp/mbedtls.h"
#include "router.h"

/* Enough for 10,000 lines. */
#define CONF_OCTETS (4u << 20)

static volatile sig_atomic_t stop;

static void on_signal(int sig)
{
    (void)sig;
    stop = 1;
}

void router_say(router *r, const char *text)
{
    size_t n = strlen(text);
    const char *end = n && text[n - 1] == '\n' ? "" : "\n";
    if (r->console) {
        router_console_say(r->console, text);
        return;
    }
    printf("%s%s", text, end);
    fflush(stdout);
}
