/* tests/unit/ios_scene.h -- what the tests of the routers' language share: one configuration, a shell in it,
 * and what was last said. */
#ifndef TESTS_UNIT_IOS_SCENE_H
#define TESTS_UNIT_IOS_SCENE_H

#include "unit/bytes.h"
#include "isakmp/ios.h"

#define SCENE_MEMORY (256 * 1024)
#define SCENE_FAULTS 64

static uint64_t scene_memory[SCENE_MEMORY / 8];
static isakmp_ios *conf;
static isakmp_ios_shell shell;
static isakmp_ios_command command;
static isakmp_ios_fault fault;
static isakmp_ios_fault faults[SCENE_FAULTS];
static unsigned n_faults;
static char shown[256 * 1024];

static inline isakmp_span span_of(const char *s)
{
    return isakmp__span(s, strlen(s));
}

/* An empty configuration, and a shell in configuration mode. */
static inline void scene_clear(void)
{
    memset(scene_memory, 0, sizeof scene_memory);
    assert_int_equal(isakmp_ios_init(&conf, scene_memory, sizeof scene_memory), ISAKMP_OK);
    memset(&shell, 0, sizeof shell);
    shell.mode = ISAKMP_IOS_CONFIG;
}

/* A line, in a block of its own. */
static inline int type_line(const char *line)
{
    uint8_t *copy = bytes_copy(span_of(line));
    int rc = isakmp_ios_line(conf, &shell, isakmp__span(copy, strlen(line)), &command, &fault);
    if (command.word.n) /* it is a part of the line */
        command.word = isakmp__span(line + (command.word.p - copy), command.word.n);
    free(copy);
    return rc;
}

static inline void takes(const char *line)
{
    int rc = type_line(line);
    if (rc != ISAKMP_OK)
        print_error("%s: column %u: %s\n", line, (unsigned)fault.column, fault.text);
    assert_int_equal(rc, ISAKMP_OK);
}

/* A line that is wrong at a column, and what is said. */
static inline void refuses(const char *line, unsigned column, const char *because)
{
    char before[8192], after[8192];
    isakmp_ios_shell was = shell;
    isakmp_ios_running_config(before, sizeof before, conf);
    assert_true(type_line(line) < 0);
    isakmp_ios_running_config(after, sizeof after, conf);
    if (fault.column != column || strstr(fault.text, because) == NULL)
        print_error("%s: column %u: %s\n", line, (unsigned)fault.column, fault.text);
    assert_int_equal(fault.column, column);
    assert_int_equal(fault.line, 1);
    assert_int_equal(fault.error, 1);
    assert_non_null(strstr(fault.text, because));
    assert_string_equal(before, after);
    assert_int_equal(was.mode, shell.mode);
    assert_ptr_equal(was.target, shell.target);
}

static inline void keep_fault(void *user, const isakmp_ios_fault *f)
{
    (void)user;
    assert_true(n_faults < SCENE_FAULTS);
    assert_true(f->text[0] != 0 && memchr(f->text, 0, sizeof f->text) != NULL);
    faults[n_faults++] = *f;
}

static inline int load_flags(const char *text, uint32_t flags)
{
    isakmp_ios_loader loader = {sizeof loader, flags, NULL, keep_fault, NULL};
    uint8_t *copy = bytes_copy(span_of(text));
    int rc;
    n_faults = 0;
    rc = isakmp_ios_load(conf, isakmp__span(copy, strlen(text)), &loader);
    free(copy);
    return rc;
}

static inline void loads(const char *text)
{
    int rc = load_flags(text, 0);
    for (unsigned i = 0; i < n_faults; i++)
        print_error("line %u, column %u: %s\n", (unsigned)faults[i].line,
                    (unsigned)faults[i].column, faults[i].text);
    assert_int_equal(rc, ISAKMP_OK);
    assert_int_equal(n_faults, 0);
}

static inline const char *running(void)
{
    size_t n = isakmp_ios_running_config(shown, sizeof shown, conf);
    assert_true(n < sizeof shown && n == strlen(shown));
    return shown;
}

/* The running configuration without its "end" and comment lines. */
static inline void runs(const char *expected)
{
    char lines[8192] = "";
    size_t n = 0;
    for (const char *s = running(); *s; s = strchr(s, '\n') + 1) {
        size_t len = (size_t)(strchr(s, '\n') - s) + 1;
        if (*s == '!' || strncmp(s, "end\n", 4) == 0)
            continue;
        assert_true(n + len < sizeof lines);
        memcpy(lines + n, s, len);
        lines[n += len] = 0;
    }
    assert_string_equal(lines, expected);
}

static inline const char *show_live(const char *line, const isakmp_ios_live *live)
{
    isakmp_ios_shell exec = {0, 0, 0, NULL}, was = shell;
    size_t n;
    shell = exec;
    takes(line);
    shell = was;
    n = isakmp_ios_show(shown, sizeof shown, conf, &command, live);
    assert_true(n < sizeof shown && n == strlen(shown));
    return shown;
}

static inline const char *show(const char *line)
{
    return show_live(line, NULL);
}

#endif
