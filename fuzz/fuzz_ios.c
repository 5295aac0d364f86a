/* fuzz_ios.c -- the routers' language: any text, loaded with the rest or not at all.
 *
 * What must hold: nothing is read or written outside, faults have sentences, all or nothing leaves nothing behind;
 * what was loaded can be shown, helped with and planned, its running configuration loads without a fault, and is
 * the same again. */
#include <stdlib.h>
#include <string.h>
#include "base/span.h"
#include "isakmp/ios.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

#define MEMORY (64 * 1024)
static uint64_t memory[2][MEMORY / 8], plan_memory[512 * 1024 / 8];
static char text[2][64 * 1024], out[64 * 1024];

static void on_fault(void *user, const isakmp_ios_fault *f)
{
    CHECK(f->text[0] && memchr(f->text, 0, sizeof f->text));
    *(unsigned *)user += f->error;
}

static isakmp_ios *load(int which, size_t size, isakmp_span in, uint32_t flags, unsigned *errors)
{
    isakmp_ios_loader loader = {sizeof loader, flags, NULL, on_fault, NULL};
    isakmp_ios *c;
    int rc;
    *errors = 0;
    loader.user = errors;
    CHECK(isakmp_ios_init(&c, memory[which], size) == ISAKMP_OK);
    rc = isakmp_ios_load(c, in, &loader);
    CHECK((rc == ISAKMP_OK) == (*errors == 0));
    CHECK(isakmp_ios_used(c) <= size);
    return c;
}

static size_t write(int which, const isakmp_ios *c)
{
    size_t n = isakmp_ios_running_config(text[which], sizeof text[which], c);
    CHECK(n < sizeof text[which] && text[which][n] == 0);
    return n;
}

static void show_all(const isakmp_ios *c)
{
    isakmp_ios_command command;
    memset(&command, 0, sizeof command);
    for (command.action = 0; command.action < 40; command.action++)
        (void)isakmp_ios_show(out, sizeof out, c, &command, NULL);
}

static isakmp_selector host_of(const isakmp_addr *a, uint8_t proto)
{
    isakmp_selector s;
    memset(&s, 0, sizeof s);
    s.family = a->family;
    s.proto = proto;
    s.port = a->port;
    memcpy(s.lo, a->ip, sizeof s.lo);
    memcpy(s.hi, a->ip, sizeof s.hi);
    return s;
}

/* A guard drops nothing that need not be protected. */
static void check_guards(const isakmp_ios_plan *plan, uint8_t proto, const isakmp_addr *local,
                         const isakmp_addr *remote)
{
    isakmp_selector here = host_of(local, proto), there = host_of(remote, proto);
    isakmp_ios_guard g;
    for (size_t i = 0; isakmp_ios_guard_get(plan, i, &g) == ISAKMP_OK; i++)
        if (g.local.family && isakmp_selector_within(&here, &g.local) &&
            isakmp_selector_within(&there, &g.remote)) {
            CHECK(!g.drop || isakmp_ios_should_be_protected(plan, proto, remote, local));
            return;
        }
}

static void make_plan(const isakmp_ios *c)
{
    size_t n = isakmp_ios_plan_size(c, NULL);
    isakmp_addr a = {4, {10, 1, 0, 1}, 0}, b = {4, {10, 2, 0, 1}, 0};
    isakmp_ios_match m;
    isakmp_ios_peer p;
    isakmp_ios_plan *plan;
    CHECK(n <= sizeof plan_memory);
    CHECK(isakmp_ios_plan_make(&plan, plan_memory, n, c, NULL) == ISAKMP_OK);
    isakmp_ios_find_flow(plan, 6, &a, &b, &m);
    CHECK(m.child == NULL || isakmp_child_policy_check(m.child, NULL, NULL, 0) == ISAKMP_OK);
    for (size_t i = 0; isakmp_ios_peer_get(plan, &m, i, &p) == ISAKMP_OK; i++)
        CHECK(isakmp_peer_policy_check(p.policy, NULL, NULL, 0) == ISAKMP_OK);
    check_guards(plan, 1, &a, &b);
    check_guards(plan, 6, &a, &b);
}

/* The text as somebody types it, with the question mark behind each line. */
static void type(isakmp_ios *c, isakmp_span in)
{
    isakmp_ios_shell s = {ISAKMP_IOS_EXEC, 0, 0, NULL};
    while (in.n) {
        const uint8_t *end = memchr(in.p, '\n', in.n);
        isakmp_span line = isakmp__span(in.p, end ? (size_t)(end - in.p) : in.n), word;
        isakmp_ios_command command;
        isakmp_ios_fault fault;
        (void)isakmp_ios_help(out, 300, &s, line);
        (void)isakmp_ios_complete(&s, line, 1, &word);
        (void)isakmp_ios_line(c, &s, line, &command, &fault);
        (void)isakmp_ios_prompt(out, 300, c, &s);
        in = isakmp__span(line.p + line.n, in.n - line.n);
        if (in.n)
            in = isakmp__span(in.p + 1, in.n - 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    unsigned errors;
    isakmp_span in = isakmp__span(data, n);
    isakmp_ios *c = load(0, MEMORY, in, ISAKMP_IOS_ALL, &errors);
    size_t first, second;
    first = write(0, c);
    CHECK(errors == 0 || strcmp(text[0], "end\n") == 0);
    c = load(0, n % 7 ? MEMORY : ISAKMP_IOS_MIN_ARENA + n, in, 0, &errors);
    first = write(0, c);
    show_all(c);
    make_plan(c);
    c = load(1, MEMORY, isakmp__span(text[0], first), ISAKMP_IOS_ALL, &errors);
    CHECK(errors == 0);
    second = write(1, c);
    CHECK(first == second && memcmp(text[0], text[1], first) == 0);
    type(c, in);
    (void)write(1, c);
    return 0;
}
