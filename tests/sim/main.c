/* sim/main.c -- the simulator as a program.
 *
 *     sim --seed N [--trace FILE]              one run, told in a file
 *     sim --runs N [--from SEED] [--jobs J]    many; or --seconds S instead of --runs
 *     sim --knobs                              what a scenario is made of
 *
 * with --set KNOB=VALUE to fix a knob, --fault NAME to break something on purpose, and --failures N to end when so
 * many runs have gone wrong.
 *
 * A run that goes wrong is tried again with one knob after the other at its neutral value; what is printed
 * is the command that replays it, and then the one with the fewest knobs turned that still goes wrong.
 * Ends with status 1 if a run went wrong. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "sim.h"

#define MAX_JOBS 16

typedef struct options {
    uint64_t from, runs;
    unsigned jobs, fault, failures;
    time_t until; /* 0: after so many runs */
    const char *trace;
    knobs knobs;
    int one;
} options;

static const char *program;

/* What a job tells its parent, in memory that both have. */
typedef struct report {
    uint64_t seed; /* of the run that is going on, */
    uint64_t runs; /* how many there were before it, */
    int failed;    /* 1: it has gone wrong */
    uint64_t ups, child_ups, restarts, delivered, lost;
    char why[200];
} report;

/* ---- One run ---------------------------------------------------------------------------------- */

static world *new_world(const options *o, const knobs *k, uint64_t seed)
{
    world *w = (world *)calloc(1, sizeof *w);
    if (w == NULL)
        abort();
    w->seed = seed;
    w->fault = o->fault;
    w->knobs = *k;
    knobs_draw(&w->knobs, seed);
    return w;
}

static void run_and_report(const options *o, const knobs *k, uint64_t seed, report *r)
{
    world *w = new_world(o, k, seed);
    r->seed = seed;
    r->failed = !run_world(w);
    memcpy(r->why, w->why, sizeof r->why);
    r->ups += w->ups;
    r->child_ups += w->child_ups;
    r->restarts += w->restarts;
    r->delivered += w->delivered;
    r->lost += w->lost;
    r->runs++;
    free(w);
}

static void tell_turned(const world *w)
{
    for (unsigned i = 0; i < KNOBS; i++)
        if (w->knobs.v[i] != knob_neutral(i))
            trace(w, "%s=%d", knob_name(i), (int)w->knobs.v[i]);
}

static int run_one(const options *o)
{
    world *w = new_world(o, &o->knobs, o->from);
    int good;
    if (o->trace)
        w->trace = fopen(o->trace, "w");
    if (o->trace && w->trace == NULL) {
        perror(o->trace);
        exit(2);
    }
    tell_turned(w);
    good = run_world(w);
    trace(w, "%s", good ? "good" : w->why);
    printf(
        "seed %llu: %s; %u SAs and %u children came up, %u hosts restarted, %u datagrams arrived, "
        "%u were lost\n",
        (unsigned long long)o->from, good ? "good" : w->why, w->ups, w->child_ups, w->restarts,
        w->delivered, w->lost);
    if (w->trace)
        fclose(w->trace);
    free(w);
    return good ? 0 : 1;
}

/* ---- Runs that go wrong ----------------------------------------------------------------------- */

static report *shared_reports(size_t n)
{
    void *p =
        mmap(NULL, n * sizeof(report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        abort();
    return (report *)p;
}

/* Does a run go wrong, in a process of its own?  It may even crash. */
static int goes_wrong(const options *o, const knobs *k, uint64_t seed, report *r)
{
    int status = 0;
    pid_t pid;
    memset(r, 0, sizeof *r);
    pid = fork();
    if (pid == 0) {
        run_and_report(o, k, seed, r);
        _exit(r->failed);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        abort();
    if (!WIFEXITED(status) || WEXITSTATUS(status) > 1)
        snprintf(r->why, sizeof r->why, "the program ended with status %x", (unsigned)status);
    return status != 0;
}

static void print_command(const options *o, const knobs *k, uint64_t seed)
{
    printf("%s --seed %llu", program, (unsigned long long)seed);
    for (unsigned i = 0; i < KNOBS; i++)
        if (k->set[i])
            printf(" --set %s=%d", knob_name(i), (int)k->v[i]);
    if (o->fault)
        printf(" --fault %s", fault_name(o->fault));
    printf("\n");
}

/* The knobs that need not be turned are turned back, one after the other. */
static void shrink(const options *o, uint64_t seed)
{
    knobs k = o->knobs, drawn = o->knobs;
    report *r = shared_reports(1);
    knobs_draw(&drawn, seed);
    for (unsigned i = 0; i < KNOBS; i++) {
        if (k.set[i] || drawn.v[i] == knob_neutral(i))
            continue;
        k.set[i] = 1;
        k.v[i] = knob_neutral(i);
        if (!goes_wrong(o, &k, seed, r))
            k.set[i] = 0;
    }
    (void)goes_wrong(o, &k, seed, r);
    printf("  smallest: ");
    print_command(o, &k, seed);
    printf("  %s; turned:", r->why);
    knobs_draw(&k, seed);
    for (unsigned i = 0; i < KNOBS; i++)
        if (k.v[i] != knob_neutral(i))
            printf(" %s=%d", knob_name(i), (int)k.v[i]);
    printf("\n");
    fflush(stdout);
    munmap(r, sizeof *r);
}

static void tell_failure(const options *o, const report *r)
{
    printf("seed %llu went wrong: %s\n  replay: ", (unsigned long long)r->seed, r->why);
    print_command(o, &o->knobs, r->seed);
    fflush(stdout);
    shrink(o, r->seed);
}

/* ---- Many ------------------------------------------------------------------------------------- */

/* Seeds from, from + jobs, ...; ends with the first run that goes wrong. */
static int work(const options *o, report *r, unsigned job)
{
    for (uint64_t i = r->runs * o->jobs + job; o->until ? time(NULL) < o->until : i < o->runs;
         i += o->jobs) {
        r->seed = o->from + i;
        run_and_report(o, &o->knobs, o->from + i, r);
        if (r->failed)
            return 1;
    }
    return 0;
}

static pid_t start_job(const options *o, report *r, unsigned job)
{
    pid_t pid;
    fflush(stdout);
    pid = fork();
    if (pid < 0)
        abort();
    if (pid == 0)
        _exit(work(o, r, job));
    return pid;
}

/* A job that has found something, or has crashed, goes on with the next seed, unless it was the last. */
static unsigned run_jobs(const options *o, report *r)
{
    pid_t pids[MAX_JOBS];
    unsigned failures = 0, running = o->jobs;
    for (unsigned j = 0; j < o->jobs; j++)
        pids[j] = start_job(o, &r[j], j);
    while (running) {
        int status;
        unsigned j = 0;
        pid_t pid = wait(&status);
        while (j < o->jobs && pids[j] != pid)
            j++;
        if (j == o->jobs)
            continue;
        if (status == 0 || failures >= o->failures) {
            running--;
            continue;
        }
        if (!r[j].failed) {
            r[j].runs++;
            snprintf(r[j].why, sizeof r[j].why, "the program ended with status %x",
                     (unsigned)status);
        }
        failures++;
        tell_failure(o, &r[j]);
        r[j].failed = 0;
        if (failures < o->failures)
            pids[j] = start_job(o, &r[j], j);
        else
            running--;
    }
    return failures;
}

static int run_many(const options *o)
{
    report *r = shared_reports(MAX_JOBS), sum = {0};
    unsigned failures = run_jobs(o, r);
    for (unsigned j = 0; j < o->jobs; j++) {
        sum.runs += r[j].runs;
        sum.ups += r[j].ups;
        sum.child_ups += r[j].child_ups;
        sum.restarts += r[j].restarts;
        sum.delivered += r[j].delivered;
        sum.lost += r[j].lost;
    }
    printf(
        "%llu runs from seed %llu, %u went wrong; %llu SAs and %llu children came up, %llu hosts "
        "restarted, %llu datagrams arrived, %llu were lost\n",
        (unsigned long long)sum.runs, (unsigned long long)o->from, failures,
        (unsigned long long)sum.ups, (unsigned long long)sum.child_ups,
        (unsigned long long)sum.restarts, (unsigned long long)sum.delivered,
        (unsigned long long)sum.lost);
    return failures != 0;
}

/* ---- Options ---------------------------------------------------------------------------------- */

static void usage(const char *what)
{
    fprintf(stderr,
            "sim: %s\nusage: sim --seed N [--trace FILE] | --runs N | --seconds S  "
            "[--from SEED] [--jobs J] [--failures N] [--set KNOB=VALUE]... [--fault NAME]\n",
            what);
    exit(2);
}

static void list_knobs(void)
{
    for (unsigned i = 0; i < KNOBS; i++)
        printf("%-14s %s\n", knob_name(i), knob_text(i));
    for (unsigned i = 1; i < FAULTS; i++)
        printf("--fault %s\n", fault_name(i));
    exit(0);
}

static void take_option(options *o, const char *name, const char *value)
{
    if (strcmp(name, "--seed") == 0) {
        o->from = strtoull(value, NULL, 10);
        o->one = 1;
    } else if (strcmp(name, "--trace") == 0) {
        o->trace = value;
    } else if (strcmp(name, "--runs") == 0) {
        o->runs = strtoull(value, NULL, 10);
    } else if (strcmp(name, "--seconds") == 0) {
        o->until = time(NULL) + strtol(value, NULL, 10);
    } else if (strcmp(name, "--from") == 0) {
        o->from = strtoull(value, NULL, 10);
    } else if (strcmp(name, "--jobs") == 0) {
        o->jobs = (unsigned)strtoul(value, NULL, 10);
    } else if (strcmp(name, "--failures") == 0) {
        o->failures = (unsigned)strtoul(value, NULL, 10);
    } else if (strcmp(name, "--fault") == 0) {
        o->fault = fault_by_name(value);
    } else if (strcmp(name, "--set") != 0 || !knobs_set(&o->knobs, value)) {
        usage(value);
    }
}

int main(int argc, char **argv)
{
    static options o = {.from = 1, .runs = 1000, .jobs = 2, .failures = 5};
    program = argv[0];
    for (int i = 1; i < argc; i += 2) {
        if (strcmp(argv[i], "--knobs") == 0)
            list_knobs();
        if (i + 1 == argc)
            usage(argv[i]);
        take_option(&o, argv[i], argv[i + 1]);
    }
    if (o.jobs == 0 || o.jobs > MAX_JOBS || o.fault == FAULTS)
        usage("too many jobs, or an unknown fault");
    return o.one ? run_one(&o) : run_many(&o);
}
