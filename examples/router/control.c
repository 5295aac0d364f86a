/* control.c -- commands from other processes, through a Unix socket that only its owner may open.
 *
 * A client sends its lines and closes its side; the answer is text, and after it one octet: 0 if all lines were
 * right. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include "router.h"

/* Of all lines of a client; and how long it may take to send them. */
#define MOST_OCTETS 65536
#define PATIENCE_S  2

static int name_socket(struct sockaddr_un *a, const char *path)
{
    memset(a, 0, sizeof *a);
    a->sun_family = AF_UNIX;
    if (strlen(path) >= sizeof a->sun_path) {
        fprintf(stderr, "--control %s: a path of at most %u characters was expected\n", path,
                (unsigned)sizeof a->sun_path - 1);
        return -1;
    }
    memcpy(a->sun_path, path, strlen(path));
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

int router_control_open(router *r)
{
    struct sockaddr_un a;
    mode_t mask;
    r->control = -1;
    if (r->o.control == NULL)
        return 0;
    r->control = name_socket(&a, r->o.control);
    if (r->control < 0)
        return -1;
    unlink(r->o.control); /* of a router that was killed */
    mask = umask(0177);
    if (bind(r->control, (const struct sockaddr *)&a, sizeof a) != 0 ||
        listen(r->control, 8) != 0) {
        fprintf(stderr, "--control %s: %s\n", r->o.control, strerror(errno));
        umask(mask);
        return -1;
    }
    umask(mask);
    return 0;
}

void router_control_close(router *r)
{
    if (r->control < 0)
        return;
    close(r->control);
    unlink(r->o.control);
}

/* Everything that comes until the other side is through.
 *   returns  -1 if it is too much, or takes too long. */
static ssize_t read_all(int fd, char *buf, size_t cap)
{
    size_t n = 0;
    ssize_t got;
    while (n < cap && (got = read(fd, buf + n, cap - n)) != 0) {
        if (got < 0)
            return -1;
        n += (size_t)got;
    }
    return n < cap ? (ssize_t)n : -1;
}

/* A client that does not read its answer loses the rest of it. */
static void write_all(void *user, const char *text, size_t n)
{
    int fd = *(const int *)user;
    ssize_t put;
    while (n && (put = send(fd, text, n, MSG_NOSIGNAL)) > 0) {
        text += put;
        n -= (size_t)put;
    }
}

/* returns  0 if all lines were right. */
static char take_lines(router *r, const char *lines, size_t n, const router_sink *sink)
{
    isakmp_ios_shell shell = {0};
    int leaves = r->leaves;
    char status = 0;
    for (size_t at = 0; at < n;) {
        const char *end = (const char *)memchr(lines + at, '\n', n - at);
        size_t length = end ? (size_t)(end - lines) - at : n - at;
        isakmp_span line = {(const uint8_t *)lines + at, length};
        status |= !router_command(r, &shell, line, sink);
        at += length + 1;
    }
    r->leaves = leaves; /* `exit` there does not end us here */
    return status;
}

static void answer(router *r, int fd)
{
    static const char refused[] = "% The lines are too many, or come too slowly: none was taken\n";
    static char lines[MOST_OCTETS];
    router_sink sink = {write_all, &fd, 0};
    ssize_t n = read_all(fd, lines, sizeof lines);
    char status = 1;
    if (n < 0)
        write_all(&fd, refused, sizeof refused - 1);
    else
        status = take_lines(r, lines, (size_t)n, &sink);
    write_all(&fd, &status, 1);
    memset(lines, 0, sizeof lines);
}

void router_control_serve(router *r)
{
    struct timeval patience = {PATIENCE_S, 0};
    int fd = accept4(r->control, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    answer(r, fd);
    close(fd);
}

/* ---- The other side ------------------------------------------------------------------------ */

/* Copy the answer to stdout; its last octet is the status. */
static int copy(int fd)
{
    char buf[4096];
    int last = -1;
    ssize_t n;
    while ((n = read(fd, buf, sizeof buf)) > 0) {
        if (last >= 0)
            putchar(last);
        fwrite(buf, 1, (size_t)n - 1, stdout);
        last = (unsigned char)buf[n - 1];
    }
    return last == 0 ? 0 : 1;
}

int router_control_ask(const router_options *o)
{
    struct sockaddr_un a;
    int fd = name_socket(&a, o->control), status;
    if (fd < 0)
        return 2;
    if (connect(fd, (const struct sockaddr *)&a, sizeof a) != 0) {
        fprintf(stderr, "--control %s: no router is there: %s\n", o->control, strerror(errno));
        close(fd);
        return 2;
    }
    for (unsigned i = 0; i < o->n_exec; i++) {
        write_all(&fd, o->exec[i], strlen(o->exec[i]));
        write_all(&fd, "\n", 1);
    }
    shutdown(fd, SHUT_WR);
    status = copy(fd);
    close(fd);
    return status;
}
