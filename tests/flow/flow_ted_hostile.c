/* flow/flow_ted_hostile.c -- Tunnel Endpoint Discovery against those who abuse it: replies that nobody has
 * asked for or that promise too much, probes that are none, and floods of them. */
#include "crypto/keys.h"
#include "flow/ted.h"

/* ---- Replies -------------------------------------------------------------------------------- */

static void v4_id(made *m, unsigned i, uint8_t type, const void *octets)
{
    set_id(&m->id[i], type, octets, type == ISAKMP_ID_IPV4_ADDR ? 4 : 8);
}

/* A gateway as the message and the IP header have it. */
static const char *another_gateway(made *m, const uint8_t *ip)
{
    v4_id(m, 0, ISAKMP_ID_IPV4_ADDR, ip);
    memcpy(m->path.remote.ip, ip, 4);
    return "TED";
}

static const char *proxy_is(made *m, uint8_t type, const void *octets)
{
    v4_id(m, 1, type, octets);
    return "TED_PROXY";
}

/* clang-format off */
/* One thing is wrong with each of them. */
static const char *spoil_reply(made *m, unsigned i)
{
    static const uint8_t nobody[4] = {0, 0, 0, 0}, group[4] = {224, 0, 0, 5},
                         all[4] = {255, 255, 255, 255}, self[4] = {127, 0, 0, 1};
    static const uint8_t v6[16] = {0xfd, 1};
    switch (i) {
    case 0: return m->h.cky_i[7] ^= 1, "TED";
    case 1: return memset(m->h.cky_r, 0, 8), "TED";
    case 2: return m->h.flags = ISAKMP_FLAG_COMMIT, "TED";
    case 3: return m->h.flags = ISAKMP_FLAG_ENCRYPTION, "TED";
    case 4: return m->h.msg_id = 1, "TED";
    case 5: return m->path.natt = 1, "TED";
    case 6: return m->path.local.ip[3] = 77, "TED";
    case 7: return m->path.local.port = 501, "TED";
    case 8: return m->path.remote.ip[3] = 77, "TED";
    case 9: return m->path.remote.port = 501, "TED";
    case 10: return m->n = 0, m->more = 8, "TED";
    case 11: return set_id(&m->id[0], ISAKMP_ID_FQDN, "b.example", 9), "TED";
    case 12: return v4_id(m, 0, ISAKMP_ID_IPV4_SUBNET, "\xc0\0\2\0\xff\xff\xff\0"), "TED";
    case 13: return set_id(&m->id[0], ISAKMP_ID_IPV6_ADDR, v6, 16), "TED";
    case 14: return set_id(&m->id[0], ISAKMP_ID_IPV4_ADDR, B->addr.ip, 3), "TED";
    /* a gateway that cannot be */
    case 15: return another_gateway(m, nobody);
    case 16: return another_gateway(m, group);
    case 17: return another_gateway(m, all);
    case 18: return another_gateway(m, self);
    case 19: return another_gateway(m, A->addr.ip);
    case 20: return another_gateway(m, SOURCE);
    /* what it protects */
    case 21: return m->n = 1, "TED_PROXY";
    case 22: return m->id[1].proto = 17, "TED_PROXY";
    case 23: return m->id[1].port = 500, "TED_PROXY";
    case 24: return set_id(&m->id[1], ISAKMP_ID_FQDN, "b.example", 9), "TED_PROXY";
    case 25: return m->id[1].data[1] = 3, "TED_PROXY"; /* not the destination */
    case 26: return m->id[1].data[5] = 0xf8, m->id[1].data[1] = 0, "TED_PROXY"; /* holds the source */
    case 27: return memset(m->id[1].data, 0, 8), "TED_PROXY"; /* everything */
    case 28: return proxy_is(m, ISAKMP_ID_IPV4_RANGE, "\x0a\x02\x00\x00\xff\x02\xff\xff");
    case 29: return proxy_is(m, ISAKMP_ID_IPV4_RANGE, "\x0a\x02\xff\xff\x0a\x02\x00\x00");
    case 30: return proxy_is(m, ISAKMP_ID_IPV4_SUBNET, "\x0a\x02\x00\x00\xff\x00\xff\x00");
    case 31: return set_id(&m->id[1], ISAKMP_ID_IPV6_ADDR, v6, 16), "TED_PROXY";
    case 32: return proxy_is(m, ISAKMP_ID_IPV4_ADDR, "\x0a\x02\x00\x0a");
    default: return NULL;
    }
}
/* clang-format on */

/* None of them has any effect: the right one is still waited for, and believed. */
static void test_wrong_replies(void **state)
{
    const char *why;
    made m;
    (void)state;
    for (unsigned i = 0;; i++) {
        wait_for_reply(930 + i);
        m = right_reply();
        why = spoil_reply(&m, i);
        if (why == NULL)
            break;
        assert_int_equal(give(A, &m), ISAKMP_IGNORED);
        assert_int_equal(isakmp_count(A->x, ISAKMP_D_TED) + isakmp_count(A->x, ISAKMP_D_TED_PROXY),
                         1);
        assert_int_equal(isakmp_count(A->x, ISAKMP_D_TED_PROXY), strcmp(why, "TED_PROXY") == 0);
        assert_int_equal(A->n_events, 0);
        assert_int_equal(A->sends, 0);
        assert_int_equal(stats_of(A).sas, 0);
        pr.filter = watch;
        m = right_reply();
        assert_int_equal(give(A, &m), ISAKMP_OK);
        assert_int_equal(heard(A, ISAKMP_EV_TED_PEER), 1);
        run_for(100);
        assert_true(both_up(1));
        finish();
    }
    m.id[0].proto = 17; /* as in phase 1 */
    m.id[0].port = 500;
    assert_int_equal(give(A, &m), ISAKMP_OK);
    assert_int_equal(heard(A, ISAKMP_EV_TED_PEER), 1);
    forget();
}

/* More than the allow-list has, by one address. */
static void test_proxy_beyond_policy(void **state)
{
    made m;
    (void)state;
    wait_for_reply(970);
    A->child.remote = pair_subnet(2);
    A->child.remote.hi[3] = 254;
    m = right_reply();
    assert_int_equal(give(A, &m), ISAKMP_IGNORED);
    assert_int_equal(isakmp_count(A->x, ISAKMP_D_TED_PROXY), 1);
    A->child.remote.hi[3] = 255;
    assert_int_equal(give(A, &m), ISAKMP_OK);
    forget();
}

/* A proxy that would take in our own gateway is none, whatever the allow-list says. */
static void test_proxy_with_our_gateway(void **state)
{
    made m;
    (void)state;
    wait_for_reply(971);
    memset(A->child.remote.lo, 0, 4);
    memset(A->child.remote.hi, 255, 4);
    m = right_reply();
    set_id(&m.id[1], ISAKMP_ID_IPV4_RANGE, "\x0a\x02\x00\x00\xff\xff\xff\xff", 8);
    assert_int_equal(give(A, &m), ISAKMP_IGNORED);
    set_id(&m.id[1], ISAKMP_ID_IPV4_RANGE, "\x0a\x02\x00\x00\xc0\x00\x02\x00", 8);
    assert_int_equal(give(A, &m), ISAKMP_OK);
    forget();
}

/* Before a probe, twice, after another one was taken, and when nobody waits any more. */
static void test_replies_at_the_wrong_time(void **state)
{
    made m;
    (void)state;
    prepare(972);
    pr.filter = drop;
    pair_start(&pr);
    m = right_probe();
    m.path.local = A->addr;
    m.path.remote = B->addr;
    m.h.exchange = ISAKMP_EXCH_TED_REPLY;
    memset(m.h.cky_r, 1, 8);
    assert_int_equal(give(A, &m), ISAKMP_IGNORED);
    memset(m.h.cky_i, 0, 8); /* what is remembered of a gateway has no cookie */
    assert_int_equal(give(A, &m), ISAKMP_IGNORED);
    assert_int_equal(discover(), ISAKMP_OK);
    run_for(8000);
    assert_int_equal(heard(A, ISAKMP_EV_TED_FAILED), 1);
    m = right_reply();
    assert_int_equal(give(A, &m), ISAKMP_IGNORED);
    run_for(31000);
    assert_int_equal(give(A, &m), ISAKMP_IGNORED);
    assert_int_equal(discover(), ISAKMP_OK);
    assert_int_equal(give(A, &m), ISAKMP_IGNORED); /* the last one's cookie */
    m = right_reply();
    assert_int_equal(give(A, &m), ISAKMP_OK);
    assert_int_equal(give(A, &m), ISAKMP_IGNORED);
    m.path.remote.ip[3] = m.id[0].data[3] = 9;
    assert_int_equal(give(A, &m), ISAKMP_IGNORED);
    assert_int_equal(heard(A, ISAKMP_EV_TED_PEER), 1);
    assert_int_equal(stats_of(A).sas, 1);
    forget();
}

/* Every length and every octet: a reply that was cut or changed is right, or has no effect. */
static void test_mangled_replies(void **state)
{
    uint8_t buf[200], copy[200];
    size_t n;
    made m;
    (void)state;
    wait_for_reply(973);
    m = right_reply();
    m.path.remote.ip[3] = 77; /* nothing of it is ever right */
    n = write_made(&m, buf, sizeof buf);
    for (size_t cut = 0; cut < n; cut++) {
        memcpy(copy, buf, cut);
        assert_int_equal(isakmp_input(A->x, pr.now, &m.path, copy, cut), ISAKMP_IGNORED);
        if (cut > 27) {
            memcpy(copy, buf, cut);
            copy[27] = (uint8_t)cut;
            assert_int_equal(isakmp_input(A->x, pr.now, &m.path, copy, cut), ISAKMP_IGNORED);
        }
    }
    for (size_t at = 0; at < n; at++)
        for (unsigned bit = 0; bit < 8; bit++) {
            memcpy(copy, buf, n);
            copy[at] ^= (uint8_t)(1 << bit);
            (void)isakmp_input(A->x, pr.now, &m.path, copy, n);
        }
    assert_int_equal(A->sends, 0);
    assert_int_equal(heard(A, ISAKMP_EV_TED_PEER), 0);
    forget();
}

/* ---- Probes --------------------------------------------------------------------------------- */

/* clang-format off */
static int spoil_probe(made *m, unsigned i)
{
    static const uint8_t group[4] = {239, 1, 1, 1}, nobody[4] = {0, 1, 1, 1},
                         self[4] = {127, 0, 0, 9};
    static const uint8_t v6[16] = {0xfd, 1};
    switch (i) {
    case 0: return memset(m->h.cky_i, 0, 8), 1;
    case 1: return m->h.cky_r[0] = 1, 1;
    case 2: return m->h.flags = ISAKMP_FLAG_AUTH_ONLY, 1;
    case 3: return m->h.flags = ISAKMP_FLAG_ENCRYPTION, 1;
    case 4: return m->h.msg_id = 0x80000000, 1;
    case 5: return m->path.natt = 1, 1;
    case 6: return m->n = 0, 1;
    case 7: return set_id(&m->id[0], ISAKMP_ID_FQDN, "a.example", 9), 1;
    case 8: return v4_id(m, 0, ISAKMP_ID_IPV4_RANGE, "\xc0\0\2\1\xc0\0\2\2"), 1;
    case 9: return set_id(&m->id[0], ISAKMP_ID_IPV4_ADDR, A->addr.ip, 2), 1;
    case 10: return set_id(&m->id[0], ISAKMP_ID_IPV6_ADDR, v6, 16), 1;
    case 11: return set_id(&m->id[0], ISAKMP_ID_IPV4_ADDR, group, 4), 1;
    case 12: return set_id(&m->id[0], ISAKMP_ID_IPV4_ADDR, nobody, 4), 1;
    case 13: return set_id(&m->id[0], ISAKMP_ID_IPV4_ADDR, self, 4), 1;
    case 14: memcpy(m->path.local.ip, group, 4); return 1;
    case 15: memcpy(m->path.remote.ip, group, 4); return 1;
    case 16: memcpy(m->path.remote.ip, nobody, 4); return 1;
    case 17: return m->path.remote.family = 6, 1;
    case 18: return m->path.local.family = m->path.remote.family = 0, 1;
    default: return 0;
    }
}
/* clang-format on */

/* Nobody is asked about them, and nothing is sent. */
static void test_wrong_probes(void **state)
{
    made m;
    (void)state;
    prepare(974);
    pair_start(&pr);
    for (unsigned i = 0; m = right_probe(), spoil_probe(&m, i); i++)
        assert_int_equal(give(B, &m), ISAKMP_IGNORED);
    assert_int_equal(B->ted_asks, 0);
    assert_int_equal(isakmp_count(B->x, ISAKMP_D_TED), 19);
    m.id[0].proto = 17; /* as in phase 1 */
    m.id[0].port = 500;
    assert_int_equal(give(B, &m), ISAKMP_OK);
    assert_int_equal(B->ted_asks, 1);
    assert_int_equal(B->sends, 1);
    set_id(&m.id[0], ISAKMP_ID_IPV4_ADDR, B->addr.ip, 4); /* it names ourselves */
    assert_int_equal(give(B, &m), ISAKMP_IGNORED);
    assert_int_equal(B->sends, 1);
    finish();
}

/* What the host's answer can be. */
static void test_who_answers(void **state)
{
    static isakmp_child_policy bad;
    (void)state;
    for (unsigned i = 0; i < 14; i++) {
        made m = right_probe();
        unsigned why = ISAKMP_D_HOST;
        prepare(975);
        bad = B->child;
        /* clang-format off */
        switch (i) {
        case 0: B->ted_rc = ISAKMP_NONE; why = ISAKMP_D_TED_POLICY; break;
        case 1: B->ted_rc = ISAKMP_E_HOST; break;
        case 2: B->ted_rc = ISAKMP_PENDING; break;
        case 3: B->ted_rc = ISAKMP_IGNORED; break;
        case 4: B->ted.policy = NULL; break;
        case 5: bad.flags = 0; why = ISAKMP_D_TED_POLICY; break;
        case 6: bad.local.proto = 6; break;
        case 7: bad.n_protect = 0; break;
        case 8: bad.local = pair_subnet(3); why = ISAKMP_D_TED_POLICY; break;
        case 9: bad.remote = pair_subnet(3); why = ISAKMP_D_TED_POLICY; break;
        case 10: B->ted.gateway.port = 0; break;
        case 11: B->ted.gateway.ip[0] = 224; break;
        case 12: B->ted.gateway = v6_addr(9, 9); B->ted.gateway.port = 500; break;
        case 13: B->fail_at = 1; break;
        }
        /* clang-format on */
        if (i >= 5 && i <= 9)
            B->ted.policy = &bad;
        pair_start(&pr);
        m.path.local.port = 500;
        assert_int_equal(give(B, &m), ISAKMP_IGNORED);
        assert_int_equal(B->ted_asks, 1);
        assert_int_equal(B->sends, 0);
        assert_int_equal(isakmp_count(B->x, why), 1);
        B->fail_at = 0;
        finish();
    }
}

/* Off unless it is configured: no extension, no callback, no discovery. */
static void test_off(void **state)
{
    static const isakmp_extension *const others[] = {&isakmp_natt, &isakmp_dpd, NULL};
    made m;
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        prepare(976);
        m = right_probe();
        for (int k = 0; k < 2; k++) {
            peer *p = &pr.p[k];
            if (i == 0)
                p->config.extensions = others;
            if (i == 1)
                p->config.extensions = NULL;
            if (i == 2)
                p->host.find_ted = NULL, p->host.send_as = NULL;
            if (i == 3) /* a host from before there was discovery */
                p->host.size = offsetof(isakmp_host, send_as);
        }
        if (i < 2)
            A->config.limits.discoveries = 100;
        pair_start(&pr);
        assert_int_equal(give(B, &m), ISAKMP_IGNORED);
        assert_int_equal(isakmp_count(B->x, i < 2 ? ISAKMP_D_EXCHANGE_TYPE : ISAKMP_D_TED_POLICY),
                         1);
        assert_int_equal(discover(), ISAKMP_E_STATE);
        m = right_probe();
        m.h.exchange = ISAKMP_EXCH_TED_REPLY;
        assert_int_equal(give(A, &m), ISAKMP_IGNORED);
        if (i < 2) /* and no memory */
            assert_true(A->arena_n == B->arena_n);
        finish();
    }
}

/* A probe of ours that comes by on its way out is no probe to us. */
static void test_own_probe(void **state)
{
    made m;
    (void)state;
    wait_for_reply(977);
    answers(A);
    A->child.local = pair_subnet(0);
    A->child.local.hi[1] = 255;
    m = right_probe();
    m.h = header_of(&seen.probe);
    assert_int_equal(give(A, &m), ISAKMP_IGNORED);
    assert_int_equal(A->ted_asks, 0);
    forget();
}

/* ---- T-78: floods and amplification ---------------------------------------------------------- */

/* A probe of any length: the answer is never longer, and if it would be there is none, but the probe is ours. */
static void test_T78_no_amplification(void **state)
{
    (void)state;
    prepare(978);
    pair_start(&pr);
    for (size_t more = 0; more < 1200; more += more < 70 ? 1 : 101) {
        isakmp_stats before = stats_of(B), after;
        made m = right_probe();
        m.more = more;
        assert_int_equal(give(B, &m), ISAKMP_OK);
        after = stats_of(B);
        assert_true(after.octets_out - before.octets_out <= after.octets_in - before.octets_in);
        assert_int_equal(after.datagrams_out - before.datagrams_out,
                         40 + (more ? 4 + more : 0) >= 56);
        run_for(1000);
    }
    assert_int_equal(isakmp_count(B->x, ISAKMP_D_TED_SHORT), 12);
    finish();
}

/* One asker gets 4 answers in a second, all together 32; and of none is anything kept. */
static void test_T78_probes_in_a_flood(void **state)
{
    made m;
    (void)state;
    prepare(979);
    pr.filter = drop;
    pair_start(&pr);
    m = right_probe();
    for (unsigned i = 0; i < 1000; i++) {
        m.h.cky_i[0] = (uint8_t)i;
        assert_int_equal(give(B, &m), ISAKMP_OK);
    }
    assert_int_equal(B->sends, 4);
    assert_int_equal(isakmp_count(B->x, ISAKMP_D_TED_LIMIT), 996);
    for (unsigned i = 0; i < 5000; i++) {
        m.id[0].data[2] = (uint8_t)(i / 200 + 100);
        m.id[0].data[3] = (uint8_t)(i % 200 + 1);
        assert_int_equal(give(B, &m), ISAKMP_OK);
    }
    assert_int_equal(B->sends, 32);
    run_for(999);
    assert_int_equal(give(B, &m), ISAKMP_OK);
    assert_int_equal(B->sends, 32);
    run_for(1);
    assert_int_equal(give(B, &m), ISAKMP_OK);
    assert_int_equal(B->sends, 33);
    assert_int_equal(
        stats_of(B).discoveries + stats_of(B).sas + stats_of(B).packets + stats_of(B).exchanges, 0);
    assert_true(stats_of(B).octets_out <= stats_of(B).octets_in);
    assert_true(isakmp_deadline(B->x) == ISAKMP_NEVER);
    finish();
}

/* The same probe again and again: answered within the limits, with the same words but for the cookie. */
static void test_T78_replayed_probe(void **state)
{
    wire_item first;
    made m;
    (void)state;
    prepare(980);
    pr.filter = drop;
    pair_start(&pr);
    m = right_probe();
    assert_int_equal(give(B, &m), ISAKMP_OK);
    first = seen.reply;
    assert_int_equal(give(B, &m), ISAKMP_OK);
    assert_int_equal(seen.replies, 2);
    assert_int_equal(seen.reply.n, first.n);
    assert_memory_equal(seen.reply.data, first.data, 8);
    assert_memory_not_equal(seen.reply.data + 8, first.data + 8, 8);
    assert_memory_equal(seen.reply.data + 16, first.data + 16, first.n - 16);
    finish();
}

/* Whatever probes our own side sends can be answered by a gateway like us. */
static void test_T78_own_probes_are_long_enough(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        prepare(981);
        if (i & 1)
            memcpy(A->child.local.lo, SOURCE, 4), memcpy(A->child.local.hi, SOURCE, 4);
        if (i & 2) { /* a range takes the most room in a reply */
            B->child.local.lo[3] = 1;
        }
        query.flow_ids = (i & 4) != 0;
        pair_start(&pr);
        assert_int_equal(discover(), ISAKMP_OK);
        run_for(100);
        assert_int_equal(seen.replies, 1);
        assert_true(seen.reply.n <= seen.probe.n);
        assert_true(both_up(1));
        finish();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_replies),
        cmocka_unit_test(test_proxy_beyond_policy),
        cmocka_unit_test(test_proxy_with_our_gateway),
        cmocka_unit_test(test_replies_at_the_wrong_time),
        cmocka_unit_test(test_mangled_replies),
        cmocka_unit_test(test_wrong_probes),
        cmocka_unit_test(test_who_answers),
        cmocka_unit_test(test_off),
        cmocka_unit_test(test_own_probe),
        cmocka_unit_test(test_T78_no_amplification),
        cmocka_unit_test(test_T78_probes_in_a_flood),
        cmocka_unit_test(test_T78_replayed_probe),
        cmocka_unit_test(test_T78_own_probes_are_long_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
