/* sim/run.c -- one run: what happens next, and the four phases. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lib_view.h"
#include "sim.h"

#define SAMPLE_MS 2000

/* ---- Telling ---------------------------------------------------------------------------------- */

void violate(world *w, const char *format, ...)
{
    va_list ap;
    int n;
    if (w->failed)
        return;
    w->failed = 1;
    n = snprintf(w->why, sizeof w->why, "%llu ms: ", (unsigned long long)w->now);
    va_start(ap, format);
    vsnprintf(w->why + n, sizeof w->why - (size_t)n, format, ap);
    va_end(ap);
    trace(w, "violated: %s", w->why);
}

void trace(const world *w, const char *format, ...)
{
    va_list ap;
    if (w->trace == NULL)
        return;
    fprintf(w->trace, "%8llu ", (unsigned long long)w->now);
    va_start(ap, format);
    vfprintf(w->trace, format, ap);
    va_end(ap);
    fputc('\n', w->trace);
}

/* ---- What happens next ------------------------------------------------------------------------ */

static int is_before(const happening *a, const happening *b)
{
    return a->at < b->at || (a->at == b->at && a->serial < b->serial);
}

static void push(world *w, const happening *e)
{
    size_t i = w->n_queue++;
    if (w->n_queue > w->cap_queue) {
        w->cap_queue = 2 * w->cap_queue + 64;
        w->queue = (happening *)realloc(w->queue, w->cap_queue * sizeof *w->queue);
        if (w->queue == NULL)
            abort();
    }
    for (; i > 0 && is_before(e, &w->queue[(i - 1) / 2]); i = (i - 1) / 2)
        w->queue[i] = w->queue[(i - 1) / 2];
    w->queue[i] = *e;
}

static happening pop(world *w)
{
    happening first = w->queue[0], last = w->queue[--w->n_queue];
    size_t i = 0, child;
    for (; (child = 2 * i + 1) < w->n_queue; i = child) {
        if (child + 1 < w->n_queue && is_before(&w->queue[child + 1], &w->queue[child]))
            child++;
        if (!is_before(&w->queue[child], &last))
            break;
        w->queue[i] = w->queue[child];
    }
    w->queue[i] = last;
    return first;
}

void expect(world *w, isakmp_time after, int kind, int who, int side, datagram *d)
{
    happening e = {w->now + after, w->serial++, kind, who, side, d};
    push(w, &e);
}

void expect_about(world *w, int32_t mean_s, int kind)
{
    if (mean_s)
        expect(w, rng_below(&w->rng, 2000 * (uint32_t)mean_s), kind, 0, 0, NULL);
}

/* ---- What goes wrong -------------------------------------------------------------------------- */

static host *any_host(world *w)
{
    return &w->hosts[rng_below(&w->rng, (uint32_t)w->n_hosts)];
}

static void restart_host(host *h)
{
    trace(h->w, "%d restarts", h->index);
    h->w->restarts++;
    host_stop(h, 1);
    user_forget(h);
    host_start(h);
}

static void restart(world *w)
{
    restart_host(any_host(w));
}

static void pause_one(world *w)
{
    host *h = any_host(w);
    h->paused_until = w->now + 1000 * (isakmp_time)rng_between(&w->rng, 1, 60);
    trace(w, "%d stands still until %llu", h->index, (unsigned long long)h->paused_until);
}

/* Only in the wild; each comes again. */
static void go_wrong(world *w, int kind)
{
    static const struct {
        int kind, knob;
        void (*run)(world *w);
    } all[] = {{RESTART, KNOB_restart_s, restart},
               {PAUSE, KNOB_pause_s, pause_one},
               {REBIND, KNOB_rebind_s, net_rebind},
               {CLOSE, KNOB_close_s, user_close_something},
               {WHIM, KNOB_whim_s, user_whim}};
    for (size_t i = 0; i < sizeof all / sizeof all[0] && w->phase == WILD; i++) {
        if (all[i].kind != kind && kind >= 0)
            continue;
        if (kind >= 0)
            all[i].run(w);
        expect_about(w, w->knobs.v[all[i].knob], all[i].kind);
    }
}

static void happen(world *w, const happening *e)
{
    switch (e->kind) {
    case DATAGRAM:
        net_arrive(w, e->d);
        free(e->d);
        break;
    case USER:
        user_look(&w->hosts[e->who]);
        expect(w, 500 + rng_below(&w->rng, 1500), USER, e->who, 0, NULL);
        break;
    case TRAFFIC:
        traffic_send(w, e->who, e->side);
        expect(w, 2000 + rng_below(&w->rng, 2000), TRAFFIC, e->who, e->side, NULL);
        break;
    case SAMPLE:
        check_sample(w);
        expect(w, SAMPLE_MS, SAMPLE, 0, 0, NULL);
        break;
    default:
        go_wrong(w, e->kind);
    }
}

/* The host that acts next, NULL if none ever wants to; and when. */
static host *next_host(world *w, isakmp_time *at)
{
    host *next = NULL;
    *at = ISAKMP_NEVER;
    for (int i = 0; i < w->n_hosts; i++) {
        isakmp_time t = host_next(&w->hosts[i]);
        if (t < *at) {
            *at = t;
            next = &w->hosts[i];
        }
    }
    return next;
}

static void run_until(world *w, isakmp_time until)
{
    while (!w->failed) {
        isakmp_time at;
        host *h = next_host(w, &at);
        isakmp_time queued = w->n_queue ? w->queue[0].at : ISAKMP_NEVER;
        if ((at < queued ? at : queued) > until)
            break;
        if (at < queued) {
            w->now = at > w->now ? at : w->now;
            host_act(h);
        } else {
            happening e = pop(w);
            w->now = e.at;
            happen(w, &e);
        }
    }
    if (!w->failed)
        w->now = until;
}

/* ---- Phases ----------------------------------------------------------------------------------- */

static void make(world *w)
{
    lib_break(0);
    w->rng.state = w->seed;
    w->n_hosts = 1 + K(w, clients) + K(w, crowd);
    if (K(w, mesh) && w->n_hosts > 5)
        w->n_hosts = 5;
    w->now = 1;
    net_make(w);
    for (int i = 0; i < w->n_hosts; i++)
        host_make(w, i);
    user_make_wishes(w);
    for (int i = 0; i < w->n_hosts; i++) {
        host_start(&w->hosts[i]);
        expect(w, rng_below(&w->rng, 3000), USER, i, 0, NULL);
    }
    for (int i = 0; i < w->n_wishes; i++)
        for (int side = 0; side < 2; side++)
            expect(w, rng_below(&w->rng, 2000), TRAFFIC, i, side, NULL);
    expect(w, SAMPLE_MS, SAMPLE, 0, 0, NULL);
    go_wrong(w, -1);
}

/* What is broken on purpose, so that it must be found. */
static void break_something(world *w)
{
    isakmp_ctx *x = w->hosts[0].x;
    lib_break(w->fault);
    if (w->fault == FAULT_leaks_packet)
        lib_leak_packet(x);
    if (w->fault == FAULT_leaks_assembly)
        lib_leak_assembly(x);
    if (w->fault == FAULT_counts_bug)
        lib_count_bug(x);
    if (w->fault == FAULT_miscounts)
        lib_miscount(x);
    if (w->fault == FAULT_wanders)
        trace(w, "this is process %d", (int)getpid());
}

static void heal(world *w)
{
    trace(w, "everything heals");
    w->phase = HEALED;
    w->healed_at = w->now;
    w->settled_at = w->now + check_settled_after(w);
    for (int i = 0; i < w->n_hosts; i++)
        if (w->hosts[i].paused_until > w->now)
            w->hosts[i].paused_until = w->now;
    for (int i = 0; i < w->n_wishes; i++)
        w->wishes[i].on = 1;
    break_something(w);
}

static void stop(world *w)
{
    for (int i = 0; i < w->n_hosts; i++)
        host_stop(&w->hosts[i], !w->failed);
    while (w->n_queue) {
        happening e = pop(w);
        free(e.d);
    }
    free(w->queue);
    w->queue = NULL;
    w->cap_queue = 0;
}

/* What others have with a host that has lost its memory is nobody's at its other end. */
static void orphan(world *w)
{
    for (int i = 0; i < w->n_hosts; i++) {
        host *h = &w->hosts[i];
        for (entry *s = h->sad; s < h->sad + h->sad_top; s++)
            s->orphan |= s->used && w->wishes[s->wish].host[1 - s->side] == w->fallen;
    }
}

/* All is well, and so it must be soon again. */
static void fall(world *w)
{
    host *h = any_host(w);
    w->fallen = h->index;
    w->fell_at = w->now;
    w->settled_at = w->now + check_recovered_after(w);
    restart_host(h);
    orphan(w);
    while (w->now < w->settled_at + 30000 && !w->failed)
        run_until(w, w->settled_at + 30000);
}

/* Users do nothing for so long before they close everything, so that nothing is on its way. */
#define QUIET_MS 15000

/* One host after the other, so that no two Deletes cross each other. */
static void close_in_turn(world *w)
{
    w->closing_at = w->now;
    trace(w, "those who began close");
    for (int i = 0; i < w->n_hosts && !w->failed; i++) {
        user_close_begun(&w->hosts[i]);
        run_until(w, w->now + 2000);
    }
    run_until(w, w->now + 5000);
}

int run_world(world *w)
{
    make(w);
    run_until(w, 1000 * (isakmp_time)K(w, span_s));
    heal(w);
    run_until(w, w->now + check_settled_after(w) + 1000 * (isakmp_time)K(w, child_life_s));
    if (K(w, fall) && !w->failed)
        fall(w);
    w->phase = CLOSING;
    run_until(w, w->now + QUIET_MS);
    close_in_turn(w);
    check_closed(w);
    w->phase = EMPTY;
    trace(w, "everybody closes");
    user_close_all(w);
    run_until(w, w->now + 300000);
    check_empty(w);
    stop(w);
    return !w->failed;
}
