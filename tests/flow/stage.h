/* flow/stage.h -- what the flow tests share: cmocka, the pair on its stage, and questions about it. */
#ifndef TESTS_FLOW_STAGE_H
#define TESTS_FLOW_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "support/pair.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Longer than any exchange can last, whatever goes wrong: see patience() of the engine. */
#define LONG_MS 400000u

/* The one pair of the program, and its peers. */
static pair pr;
#define A (&pr.p[0])
#define B (&pr.p[1])

/* ---- Looking -------------------------------------------------------------------------------- */

static inline isakmp_sa_info sa_info(const peer *p, isakmp_sa_id sa)
{
    isakmp_sa_info i;
    i.size = sizeof i;
    assert_int_equal(isakmp_sa_get(p->x, sa, &i), ISAKMP_OK);
    return i;
}

static inline isakmp_child_info child_info(const peer *p, isakmp_child_id c)
{
    isakmp_child_info i;
    i.size = sizeof i;
    assert_int_equal(isakmp_child_get(p->x, c, &i), ISAKMP_OK);
    return i;
}

/* How many SAs of a peer are in a state; 0: in any. */
static inline unsigned sas_in(const peer *p, unsigned state)
{
    isakmp_sa_id id = {0};
    unsigned n = 0;
    while ((id = isakmp_sa_next(p->x, id)).v)
        n += state == 0 || sa_info(p, id).state == state;
    return n;
}

static inline unsigned children_in(const peer *p, unsigned state)
{
    isakmp_sa_id all = {0};
    isakmp_child_id id = {0};
    unsigned n = 0;
    while ((id = isakmp_child_next(p->x, all, id)).v)
        n += state == 0 || child_info(p, id).state == state;
    return n;
}

/* The first SA and the first child of a peer; { 0 } if there are none. */
static inline isakmp_sa_id first_sa(const peer *p)
{
    isakmp_sa_id none = {0};
    return isakmp_sa_next(p->x, none);
}

static inline isakmp_child_id first_child(const peer *p)
{
    isakmp_sa_id all = {0};
    isakmp_child_id none = {0};
    return isakmp_child_next(p->x, all, none);
}

/* Are both sides at the same point: as many SAs and children up, SADs that mirror each other, and
 * nothing between beginning and end? */
static inline int both_agree(void)
{
    return sas_in(A, ISAKMP_SA_UP) == sas_in(B, ISAKMP_SA_UP) &&
           children_in(A, ISAKMP_CHILD_UP) == children_in(B, ISAKMP_CHILD_UP) &&
           sas_in(A, ISAKMP_SA_NEGOTIATING) + sas_in(B, ISAKMP_SA_NEGOTIATING) == 0 &&
           children_in(A, 0) == children_in(A, ISAKMP_CHILD_UP) &&
           children_in(B, 0) == children_in(B, ISAKMP_CHILD_UP) && sads_mirror(&pr);
}

/* Has a peer got an SA and n children up, and nothing more? */
static inline int is_up(const peer *p, unsigned children)
{
    return sas_in(p, 0) == 1 && sas_in(p, ISAKMP_SA_UP) == 1 && children_in(p, 0) == children &&
           children_in(p, ISAKMP_CHILD_UP) == children;
}

static inline int both_up(unsigned children)
{
    return is_up(A, children) && is_up(B, children) && sads_mirror(&pr);
}

/* ---- Acting --------------------------------------------------------------------------------- */

static inline void run_for(isakmp_time ms)
{
    pair_run(&pr, pr.now + ms);
}

static inline isakmp_child_id add_child(peer *p, isakmp_sa_id sa, const isakmp_child_policy *policy)
{
    isakmp_child_id c = {0};
    assert_int_equal(isakmp_child_connect(p->x, pr.now, sa, policy, &c), ISAKMP_OK);
    return c;
}

/* Begin, come up with n children (0 or 1), and look whether all is well. */
static inline void come_up(uint8_t exchange, unsigned children)
{
    pair_start(&pr);
    assert_true(pair_connect(&pr, exchange, children != 0).v != 0);
    run_for(100);
    assert_true(both_up(children));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(heard(&pr.p[i], ISAKMP_EV_SA_UP), 1);
        assert_int_equal(heard(&pr.p[i], ISAKMP_EV_CHILD_UP), children);
        assert_int_equal(heard(&pr.p[i], ISAKMP_EV_SA_DOWN), 0);
        assert_int_equal(heard(&pr.p[i], ISAKMP_EV_CHILD_DOWN), 0);
    }
}

/* Close everything on both sides, without faults from now on, and see that nothing is left. */
static inline void close_all(void)
{
    pr.filter = pr.arrive = NULL;
    for (int i = 0; i < 2; i++) {
        peer *p = &pr.p[i];
        isakmp_sa_id id;
        p->fail_at = p->toy.fail_at = 0;
        p->never_answer = 0;
        while ((id = first_sa(p)).v)
            assert_int_equal(isakmp_close(p->x, pr.now, id), ISAKMP_OK);
    }
    run_for(LONG_MS);
    assert_true(pair_is_empty(&pr));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pr.p[i].reentry_faults, 0);
        assert_int_equal(pr.p[i].half_ups, 0);
        assert_int_equal(pr.p[i].runts, 0);
        assert_true(isakmp_deadline(pr.p[i].x) == ISAKMP_NEVER);
        assert_true(pr.p[i].told_deadline == ISAKMP_NEVER);
    }
}

static inline void finish(void)
{
    close_all();
    pair_end(&pr);
}

/* ---- Messages on the wire ------------------------------------------------------------------- */

/* Octets of a datagram that are not ISAKMP: the non-ESP marker. */
static inline size_t marker_of(const wire_item *w)
{
    return w->path.natt ? 4 : 0;
}

static inline isakmp_header header_of(const wire_item *w)
{
    isakmp_header h;
    isakmp_span s = {w->data + marker_of(w), w->n - marker_of(w)};
    assert_int_equal(isakmp_header_read(&h, s), ISAKMP_OK);
    return h;
}

#endif
