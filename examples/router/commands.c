/* commands.c -- what lines do: the language layer reads and shows, here is the rest. */
#include <stdlib.h>
#include <string.h>
#include "host_file.h"
#include "router.h"

static void put(const router_sink *sink, const char *text)
{
    sink->text(sink->user, text, strlen(text));
}

/* ---- Showing ------------------------------------------------------------------------------- */

static int show(router *r, const isakmp_ios_command *c, const router_sink *sink)
{
    isakmp_ios_live live = {.size = sizeof live,
                            .x = r->x,
                            .now = host_now(),
                            .user = r,
                            .my_key = router_my_key,
                            .pool_in_use = router_pool_in_use,
                            .learnt_key = router_learnt_key};
    size_t n;
    char *text;
    router_apply(r); /* also what was said a moment ago is to be seen */
    n = isakmp_ios_show(NULL, 0, r->conf, c, &live);
    text = (char *)calloc(1, n + 1);
    if (text == NULL) {
        put(sink, "% There is no memory for that\n");
        return 0;
    }
    isakmp_ios_show(text, n + 1, r->conf, c, &live);
    sink->text(sink->user, text, n);
    free(text);
    return 1;
}

/* ---- Clearing ------------------------------------------------------------------------------ */

static int clear_isakmp(router *r, uint32_t connection, const router_sink *sink)
{
    isakmp_sa_id sa = {0};
    if (connection) {
        sa = isakmp_ios_connection(r->x, connection);
        if (sa.v == 0)
            put(sink, "% There is no such connection\n");
        return sa.v && isakmp_close(r->x, host_now(), sa) == ISAKMP_OK;
    }
    router_close_all(r);
    isakmp_discover_end(r->x, host_now(), NULL);
    return 1;
}

static int is_with(const router *r, isakmp_child_id child, const isakmp_addr *peer)
{
    isakmp_child_info c = {.size = sizeof c};
    isakmp_sa_info s = {.size = sizeof s};
    return peer->family == 0 ||
           (isakmp_child_get(r->x, child, &c) == ISAKMP_OK &&
            isakmp_sa_get(r->x, c.sa, &s) == ISAKMP_OK && router_same_ip(&s.path.remote, peer));
}

static void clear_children(router *r, const isakmp_addr *peer)
{
    isakmp_child_id child = {0}, next = isakmp_child_next(r->x, (isakmp_sa_id){0}, child);
    while ((child = next).v) {
        next = isakmp_child_next(r->x, (isakmp_sa_id){0}, child);
        if (is_with(r, child, peer))
            isakmp_child_close(r->x, host_now(), child);
    }
    if (peer->family == 0)
        isakmp_discover_end(r->x, host_now(), NULL);
}

/* ---- Doing --------------------------------------------------------------------------------- */

static void debug(router *r, int on, const router_sink *sink)
{
    r->debugs = on;
    put(sink,
        on ? "Crypto ISAKMP debugging is on\n" : "All possible debugging has been turned off\n");
}

/* returns  1, or 0 after a line said. */
static int act(router *r, const isakmp_ios_command *c, const router_sink *sink)
{
    switch (c->action) {
    case ISAKMP_IOS_NOTHING:
        return 1;
    case ISAKMP_IOS_LEAVE:
        r->leaves = 1;
        return 1;
    case ISAKMP_IOS_CLEAR_ISAKMP:
        return clear_isakmp(r, c->number, sink);
    case ISAKMP_IOS_CLEAR_SA:
        clear_children(r, &c->addr);
        return 1;
    case ISAKMP_IOS_DEBUG_ISAKMP:
    case ISAKMP_IOS_UNDEBUG:
        debug(r, c->action == ISAKMP_IOS_DEBUG_ISAKMP, sink);
        return 1;
    case ISAKMP_IOS_MAKE_KEYS:
        return router_make_keys(r, c, sink);
    case ISAKMP_IOS_ZEROIZE_KEYS:
        return router_forget_keys(r, sink);
    default:
        return show(r, c, sink);
    }
}

/* A mark under the place, as routers have it, and the sentence.  Where nobody has typed the line it is shown
 * first. */
static void put_fault(const router_sink *sink, isakmp_span line, const isakmp_ios_fault *f)
{
    char text[300];
    if (f->column && sink->indent == 0) {
        sink->text(sink->user, (const char *)line.p, line.n);
        put(sink, "\n");
    }
    if (f->column) {
        size_t place = sink->indent + f->column - 1;
        snprintf(text, sizeof text, "%*s^\n", (int)(place < 200 ? place : 0), "");
        put(sink, text);
    }
    snprintf(text, sizeof text, "%% %s\n", f->text);
    put(sink, text);
}

int router_command(router *r, isakmp_ios_shell *s, isakmp_span line, const router_sink *sink)
{
    isakmp_ios_command c;
    isakmp_ios_fault f;
    int configures = s->mode != ISAKMP_IOS_EXEC;
    int rc = isakmp_ios_line(r->conf, s, line, &c, &f);
    if (rc != ISAKMP_OK) {
        put_fault(sink, line, &f);
        return 0;
    }
    r->changed |= configures;
    return act(r, &c, sink);
}

/* ---- The configuration's file -------------------------------------------------------------- */

typedef struct loading {
    router *r;
    const char *file;
    unsigned errors;
} loading;

static void on_fault(void *user, const isakmp_ios_fault *f)
{
    loading *l = (loading *)user;
    fprintf(stderr, "%s:%u:", l->file, (unsigned)f->line);
    if (f->column) /* else it is the line as a whole */
        fprintf(stderr, "%u:", (unsigned)f->column);
    fprintf(stderr, " %s%s\n", f->error ? "" : "warning: ", f->text);
    l->errors += f->error;
}

static void to_stderr(void *user, const char *text, size_t n)
{
    (void)user;
    fwrite(text, 1, n, stderr);
}

static void on_command(void *user, const isakmp_ios_command *c)
{
    router_sink sink = {to_stderr, NULL, 0};
    act(((loading *)user)->r, c, &sink);
}

int router_load(router *r, const char *name)
{
    loading l = {r, name, 0};
    isakmp_ios_loader loader = {
        .size = sizeof loader, .user = &l, .fault = on_fault, .command = on_command};
    char error[300];
    host_file file;
    int rc;
    if (!host_file_read(&file, "--config", name, error, sizeof error)) {
        fprintf(stderr, "%s\n", error);
        host_file_drop(&file);
        return 0;
    }
    rc = isakmp_ios_load(r->conf, file.text, &loader);
    host_file_drop(&file);
    if (rc == ISAKMP_E_SPACE)
        fprintf(stderr, "%s: it is too long\n", name);
    else if (rc != ISAKMP_OK)
        fprintf(stderr, "%s: what is wrong must be taken out or put right; nothing is begun\n",
                name);
    return rc == ISAKMP_OK;
}
