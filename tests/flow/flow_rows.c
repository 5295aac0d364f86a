/* flow/flow_rows.c -- every row of every table is sent and received, in every role.  What was seen is
 * counted from the engine's own lines of log, and compared with the tables themselves: a table that
 * grows a row fails here until a flow reaches it. */
#include "exchange/row.h"
#include "flow/stage.h"

#define MAX_EXCHANGES 16
#define MAX_MESSAGES  16

/* seen[exchange][message][peer][0: sent, 1: received] */
static unsigned seen[MAX_EXCHANGES][MAX_MESSAGES][2][2];

/* "Main Mode, message 3 sent, 244 octets" */
static void count_line(peer *p, int level, const char *line)
{
    for (unsigned e = 0; isakmp_all_exchanges[e]; e++) {
        const char *name = isakmp_all_exchanges[e]->name, *rest = line + strlen(name);
        static const char message[] = ", message ";
        char *end;
        unsigned long n;
        if (level != ISAKMP_LOG_DEBUG || strncmp(line, name, strlen(name)) != 0 ||
            strncmp(rest, message, strlen(message)) != 0)
            continue;
        n = strtoul(rest + strlen(message), &end, 10);
        assert_true(n < MAX_MESSAGES);
        if (strncmp(end, " sent,", 6) == 0)
            seen[e][n][p->index][0]++;
        else if (strncmp(end, " received,", 10) == 0)
            seen[e][n][p->index][1]++;
    }
}

/* A life from beginning to end, begun by one peer in phase 1 and by one in Quick Mode, and closed by
 * one. */
static void live(uint8_t exchange, int phase1_by, int child_by, int closed_by)
{
    pair_init(&pr, 350);
    pr.p[phase1_by].peer.flags |= child_by ? ISAKMP_PF_CONFIG_PULL : ISAKMP_PF_CONFIG_ACCEPT;
    pr.p[1 - phase1_by].peer.flags |= child_by ? ISAKMP_PF_CONFIG_ANSWER : ISAKMP_PF_CONFIG_PUSH;
    A->hear_line = B->hear_line = count_line;
    pair_start(&pr);
    pair_connect_from(&pr, phase1_by, exchange, 0);
    run_for(100);
    add_child(&pr.p[child_by], first_sa(&pr.p[child_by]), &pr.p[child_by].child);
    run_for(100);
    assert_true(both_up(1));
    assert_int_equal(isakmp_close(pr.p[closed_by].x, pr.now, first_sa(&pr.p[closed_by])),
                     ISAKMP_OK);
    run_for(100);
    assert_true(pair_is_empty(&pr));
    finish();
}

static void test_every_row_is_sent_and_received(void **state)
{
    unsigned rows = 0;
    (void)state;
    if (!ISAKMP_LOG_LINES)
        skip();
    memset(seen, 0, sizeof seen);
    for (int a = 0; a < 2; a++)
        for (int b = 0; b < 2; b++) {
            live(ISAKMP_EXCH_MAIN, a, b, 1 - b);
            live(ISAKMP_EXCH_AGGRESSIVE, a, b, b);
        }
    for (unsigned e = 0; isakmp_all_exchanges[e]; e++) {
        const isakmp_exchange *t = isakmp_all_exchanges[e];
        for (unsigned i = 0; i < t->n; i++)
            for (int who = 0; who < 2; who++)
                for (int how = 0; how < 2; how++) {
                    if (seen[e][t->rows[i].msg][who][how] == 0)
                        fail_msg("%s, message %u is never %s by peer %d", t->name, t->rows[i].msg,
                                 how ? "received" : "sent", who);
                    rows++;
                }
    }
    assert_true(rows >= 4 * 13);
}

/* Each exchange does what its table says and no more: so many messages, alternately. */
static void test_messages_are_counted(void **state)
{
    (void)state;
    if (!ISAKMP_LOG_LINES)
        skip();
    memset(seen, 0, sizeof seen);
    live(ISAKMP_EXCH_MAIN, 0, 0, 0);
    for (unsigned e = 0; isakmp_all_exchanges[e]; e++) {
        const isakmp_exchange *t = isakmp_all_exchanges[e];
        unsigned want = t->type == ISAKMP_EXCH_AGGRESSIVE ? 0 : t->type == ISAKMP_EXCH_INFO ? 2 : 1;
        for (unsigned i = 0; i < t->n; i++) {
            int sender = t->rows[i].from_i ? 0 : 1;
            if (t->type == ISAKMP_EXCH_TRANSACTION) /* the gateway begins */
                sender = 1 - sender;
            assert_int_equal(seen[e][t->rows[i].msg][sender][0], want);
            assert_int_equal(seen[e][t->rows[i].msg][1 - sender][0], 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row_is_sent_and_received),
        cmocka_unit_test(test_messages_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
