/* flow/flow_api.c -- the interface itself: what a configuration may say, the exact size of the arena,
 * every result that a function promises, structs of other sizes, the order of events, the deadline,
 * statistics. */
#include "flow/forge.h"

/* ---- Configuration and arena ------------------------------------------------------------------- */

static toy provider;
static isakmp_host host;
static isakmp_config config;
static uint64_t arena[400000 / 8];

static int send_nothing(void *user, const isakmp_path *path, isakmp_span datagram)
{
    (void)user;
    (void)path;
    (void)datagram;
    return ISAKMP_OK;
}

static int install_nothing(void *user, isakmp_child_id c, const isakmp_sad_entry *e)
{
    (void)user;
    (void)c;
    (void)e;
    return ISAKMP_OK;
}

static void remove_nothing(void *user, isakmp_child_id c, const isakmp_sad_entry *e)
{
    (void)user;
    (void)c;
    (void)e;
}

/* The least that makes a context. */
static void fresh(void)
{
    toy_init(&provider, 1);
    memset(&host, 0, sizeof host);
    host.size = sizeof host;
    host.send = send_nothing;
    host.sa_install = install_nothing;
    host.sa_remove = remove_nothing;
    isakmp_config_init(&config, sizeof config);
    config.limits.sas = 2;
    config.limits.children = 2;
    config.limits.exchanges = 2;
    config.crypto = &provider.table;
    config.host = &host;
    config.exchanges = isakmp_all_exchanges;
}

static int init(void)
{
    isakmp_ctx *x = NULL;
    int rc = isakmp_ctx_init(&x, arena, sizeof arena, &config, 0);
    if (rc == ISAKMP_OK) {
        assert_non_null(x);
        isakmp_ctx_wipe(x);
    } else {
        assert_null(x);
    }
    return rc;
}

static void test_defaults(void **state)
{
    isakmp_config c;
    (void)state;
    memset(&c, 0xee, sizeof c);
    isakmp_config_init(&c, sizeof c);
    assert_int_equal(c.size, sizeof c);
    assert_int_equal(c.limits.sas, 16);
    assert_int_equal(c.limits.children, 32);
    assert_int_equal(c.limits.exchanges, 16);
    assert_int_equal(c.limits.half_open, 0);
    assert_int_equal(c.limits.max_datagram, 4096);
    assert_int_equal(c.limits.max_dh, 512);
    assert_int_equal(c.retransmit_ms, 1000);
    assert_int_equal(c.retransmit_max_ms, 16000);
    assert_int_equal(c.retransmit_tries, 5);
    assert_int_equal(c.half_open_ms, 30000);
    assert_int_equal(c.linger_ms, 30000);
    assert_int_equal(c.natt_port, 4500);
    assert_null(c.crypto);
    assert_null(c.host);
    assert_null(c.exchanges);
    assert_null(c.extensions);
}

/* isakmp_ctx_size() octets are enough, one less is not, and nothing behind them is touched: pair_end()
 * looks at that in every flow test, here for many limits. */
static void test_arena_is_exact(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 40; i++) {
        isakmp_ctx *x = NULL;
        uint8_t *mem;
        size_t n;
        fresh();
        config.limits.sas = 1 + i % 7;
        config.limits.children = 1 + i % 5;
        config.limits.exchanges = 1 + i % 3;
        config.limits.max_datagram = 576 + i * 13;
        config.limits.max_dh = 128 + i;
        config.limits.packets = i % 4;
        n = isakmp_ctx_size(&config);
        assert_true(n > 0 && n % sizeof(void *) == 0);
        mem = malloc(n + 1);
        assert_non_null(mem);
        mem[n] = 0x3c;
        assert_int_equal(isakmp_ctx_init(&x, mem, n - 1, &config, 0), ISAKMP_E_SPACE);
        assert_null(x);
        assert_int_equal(isakmp_ctx_init(&x, mem, 0, &config, 0), ISAKMP_E_SPACE);
        assert_int_equal(isakmp_ctx_init(&x, mem, n, &config, 0), ISAKMP_OK);
        isakmp_ctx_wipe(x);
        for (size_t k = 0; k < n; k++)
            assert_int_equal(mem[k], 0);
        assert_int_equal(mem[n], 0x3c);
        free(mem);
    }
}

/* Each limit costs its share, and nothing else grows. */
static void test_arena_grows_with_limits(void **state)
{
    size_t before;
    uint32_t *limits[] = {&config.limits.sas,          &config.limits.children,
                          &config.limits.exchanges,    &config.limits.packets,
                          &config.limits.max_datagram, &config.limits.max_dh};
    (void)state;
    for (unsigned i = 0; i < COUNT(limits); i++) {
        fresh();
        config.limits.packets = 4;
        before = isakmp_ctx_size(&config);
        *limits[i] += 64;
        assert_true(isakmp_ctx_size(&config) > before);
    }
}

/* Clients' addresses cost nothing where Mode Config is not named. */
static void test_arena_with_assignments(void **state)
{
    static const isakmp_extension *const without[] = {&isakmp_natt, NULL}, *const with[] = {
                                                                               &isakmp_natt,
                                                                               &isakmp_mode_config,
                                                                               NULL};
    size_t none, one, all;
    (void)state;
    fresh();
    config.limits.sas = 100;
    config.extensions = NULL;
    none = isakmp_ctx_size(&config);
    config.extensions = without;
    config.limits.assignments = 100;
    assert_int_equal(isakmp_ctx_size(&config), none);
    config.extensions = with;
    all = isakmp_ctx_size(&config);
    assert_true(all > none);
    config.limits.assignments = 0;
    assert_int_equal(isakmp_ctx_size(&config), all);
    config.limits.assignments = 1000; /* no more than there are SAs */
    assert_int_equal(isakmp_ctx_size(&config), all);
    config.limits.assignments = 1;
    one = isakmp_ctx_size(&config);
    assert_true(one > none && one < all);
}

static void refused(void)
{
    assert_int_equal(isakmp_ctx_size(&config), 0);
    assert_int_equal(init(), ISAKMP_E_ARG);
}

static void test_limits_that_make_no_sense(void **state)
{
    (void)state;
    fresh();
    assert_int_equal(init(), ISAKMP_OK);
    for (unsigned i = 0; i < 3; i++) {
        uint32_t *limits[] = {&config.limits.sas, &config.limits.children,
                              &config.limits.exchanges};
        fresh();
        *limits[i] = 0;
        refused();
        *limits[i] = UINT32_MAX;
        refused();
        *limits[i] = 0x01000001;
        refused();
    }
    fresh();
    config.limits.packets = UINT32_MAX;
    refused();
    fresh();
    config.limits.max_datagram = 575;
    refused();
    config.limits.max_datagram = 65536;
    refused();
    config.limits.max_datagram = 0;
    refused();
    fresh();
    config.limits.max_dh = 1025;
    refused();
    config.limits.max_dh = 0;
    refused();
    config.limits.max_dh = 1024;
    assert_true(isakmp_ctx_size(&config) > 0);
    /* The least there is: Curve25519. */
    config.limits.max_dh = 32;
    assert_int_equal(init(), ISAKMP_OK);
    config.limits.max_dh = 31;
    refused();
}

static void test_everything_that_a_context_needs(void **state)
{
    isakmp_ctx *x;
    static const isakmp_exchange *const none[] = {NULL};
    (void)state;
    for (unsigned i = 0; i < 15; i++) {
        isakmp_crypto *c = &provider.table;
        fresh();
        switch (i) {
        case 0:
            config.crypto = NULL;
            break;
        case 1:
            config.host = NULL;
            break;
        case 2:
            config.exchanges = NULL;
            break;
        case 3:
            config.exchanges = none;
            break;
        case 4:
            host.send = NULL;
            break;
        case 5:
            host.sa_install = NULL;
            break;
        case 6:
            host.sa_remove = NULL;
            break;
        case 7:
            c->can = NULL;
            break;
        case 8:
            c->random = NULL;
            break;
        case 9:
            c->cbc = NULL;
            break;
        case 10:
            c->dh_key = NULL;
            break;
        case 11:
            c->size = 8;
            break;
        case 12:
            config.retransmit_max_ms = 0;
            break;
        case 13:
            config.half_open_ms = 0;
            break;
        default:
            config.retransmit_ms = 0;
        }
        if (init() != ISAKMP_E_ARG)
            fail_msg("case %u was accepted", i);
        {
            char why[160] = "";
            assert_int_equal(isakmp_config_check(&config, why, sizeof why), ISAKMP_E_ARG);
            assert_true(strlen(why) > 20);
            assert_int_equal(isakmp_config_check(&config, NULL, 0), ISAKMP_E_ARG);
        }
    }
    fresh();
    assert_int_equal(isakmp_ctx_init(NULL, arena, sizeof arena, &config, 0), ISAKMP_E_ARG);
    assert_int_equal(isakmp_ctx_init(&x, NULL, sizeof arena, &config, 0), ISAKMP_E_ARG);
    assert_int_equal(isakmp_ctx_init(&x, arena, sizeof arena, NULL, 0), ISAKMP_E_ARG);
    assert_int_equal(isakmp_ctx_init(&x, (uint8_t *)arena + 1, sizeof arena - 1, &config, 0),
                     ISAKMP_E_ARG);
    assert_int_equal(isakmp_ctx_size(NULL), 0);
    provider.fail_at = provider.all_calls + 1;
    assert_int_equal(init(), ISAKMP_E_CRYPTO);
    isakmp_ctx_wipe(NULL);
}

/* ---- Structs of other sizes ----------------------------------------------------------------------- */

/* A configuration of an older program, which has no natt_port yet, and of a newer one. */
static void test_config_of_other_sizes(void **state)
{
    struct {
        isakmp_config c;
        uint8_t more[64];
    } newer;
    size_t n;
    (void)state;
    fresh();
    n = isakmp_ctx_size(&config);
    config.size = offsetof(isakmp_config, natt_port);
    assert_int_equal(isakmp_ctx_size(&config), n);
    assert_int_equal(init(), ISAKMP_OK);
    config.size = offsetof(isakmp_config, retransmit_ms); /* too old: that one is needed */
    assert_int_equal(init(), ISAKMP_E_ARG);
    config.size = 0;
    refused();
    config.size = 3;
    refused();
    fresh();
    memset(&newer, 0x77, sizeof newer);
    isakmp_config_init(&newer.c, sizeof newer);
    assert_int_equal(newer.c.size, sizeof newer);
    for (size_t i = 0; i < sizeof newer.more; i++)
        assert_int_equal(newer.more[i], 0);
    newer.c.limits = config.limits;
    newer.c.crypto = config.crypto;
    newer.c.host = config.host;
    newer.c.exchanges = config.exchanges;
    memset(newer.more, 0x77, sizeof newer.more);
    config = newer.c;
    config.size = sizeof newer;
    assert_int_equal(isakmp_ctx_size(&newer.c), n);
    assert_int_equal(init(), ISAKMP_OK);
}

/* The defaults for an older program, in no more than its struct. */
static void test_defaults_of_other_sizes(void **state)
{
    union {
        isakmp_config c;
        uint8_t octets[sizeof(isakmp_config)];
    } u;
    (void)state;
    for (size_t n = sizeof u.c.size; n <= sizeof u; n += 4) {
        memset(&u, 0x99, sizeof u);
        isakmp_config_init(&u.c, n);
        assert_int_equal(u.c.size, n);
        for (size_t i = n; i < sizeof u; i++)
            assert_int_equal(u.octets[i], 0x99);
    }
}

/* A host table of n octets at the very end of their memory, where a sanitizer sees what is read behind
 * them. */
static int init_with_host_of(uint32_t n)
{
    uint8_t *old = (uint8_t *)malloc(n);
    int rc;
    assert_non_null(old);
    memcpy(old, &host, n);
    memcpy(old, &n, sizeof n);
    config.host = (const isakmp_host *)(const void *)old;
    rc = init();
    free(old);
    return rc;
}

/* Of an older program it ends after what that knew; it may not end before what every host must have. */
static void test_host_of_other_sizes(void **state)
{
    (void)state;
    for (uint32_t n = sizeof n; n <= sizeof host; n += 4) {
        fresh();
        assert_int_equal(init_with_host_of(n),
                         n < offsetof(isakmp_host, timer) ? ISAKMP_E_ARG : ISAKMP_OK);
    }
}

/* What a query gives never exceeds the caller's struct, and `size` stays the caller's. */
static void test_results_of_other_sizes(void **state)
{
    union {
        isakmp_sa_info sa;
        isakmp_child_info child;
        isakmp_stats stats;
        uint8_t octets[2048];
    } u, whole;
    isakmp_sa_id sa;
    isakmp_child_id c;
    (void)state;
    pair_init(&pr, 330);
    come_up(ISAKMP_EXCH_MAIN, 1);
    sa = first_sa(A);
    c = first_child(A);
    for (unsigned kind = 0; kind < 3; kind++)
        for (uint32_t n = 4; n < 1500; n += n < 64 ? 1 : 7) {
            size_t own = kind == 0 ? sizeof u.sa : kind == 1 ? sizeof u.child : sizeof u.stats;
            for (int big = 0; big < 2; big++) {
                memset(&u, 0x5e, sizeof u);
                u.sa.size = big ? (uint32_t)own : n;
                if (kind == 0)
                    assert_int_equal(isakmp_sa_get(A->x, sa, &u.sa), ISAKMP_OK);
                else if (kind == 1)
                    assert_int_equal(isakmp_child_get(A->x, c, &u.child), ISAKMP_OK);
                else
                    isakmp_stats_get(A->x, &u.stats);
                if (!big)
                    whole = u;
            }
            assert_int_equal(whole.sa.size, n);
            assert_memory_equal(whole.octets + 4, u.octets + 4, (n < own ? n : own) - 4);
            for (size_t i = n < own ? n : own; i < sizeof whole; i++)
                assert_int_equal(whole.octets[i], 0x5e);
        }
    finish();
}

/* Policies are borrowed and not copied, so their size must be ours. */
static void test_policies_of_other_sizes(void **state)
{
    isakmp_sa_id sa;
    isakmp_child_id c;
    isakmp_path path;
    (void)state;
    pair_init(&pr, 331);
    come_up(ISAKMP_EXCH_MAIN, 0);
    path = pair_path(&pr, 0);
    for (int d = -4; d <= 4; d += 8) {
        A->peer.size = (uint32_t)((int)sizeof A->peer + d);
        A->child.size = (uint32_t)((int)sizeof A->child + d);
        assert_int_equal(isakmp_connect(A->x, pr.now, &A->peer, &path, ISAKMP_EXCH_MAIN, &sa),
                         ISAKMP_E_ARG);
        assert_int_equal(isakmp_child_connect(A->x, pr.now, first_sa(A), &A->child, &c),
                         ISAKMP_E_ARG);
    }
    A->peer.size = sizeof A->peer;
    finish();
}

/* ---- connect and child_connect --------------------------------------------------------------------- */

static void test_arguments_of_connect(void **state)
{
    isakmp_sa_id sa = {5};
    isakmp_path path;
    (void)state;
    pair_init(&pr, 332);
    pair_start(&pr);
    path = pair_path(&pr, 0);
#define CONNECT(policy, path, exchange, out)                                                       \
    isakmp_connect(A->x, pr.now, policy, path, exchange, out)
    assert_int_equal(CONNECT(NULL, &path, ISAKMP_EXCH_MAIN, &sa), ISAKMP_E_ARG);
    assert_int_equal(CONNECT(&A->peer, NULL, ISAKMP_EXCH_MAIN, &sa), ISAKMP_E_ARG);
    assert_int_equal(CONNECT(&A->peer, &path, ISAKMP_EXCH_MAIN, NULL), ISAKMP_E_ARG);
    for (unsigned e = 1; e < 256; e++)
        if (e != ISAKMP_EXCH_MAIN && e != ISAKMP_EXCH_AGGRESSIVE)
            assert_int_equal(CONNECT(&A->peer, &path, (uint8_t)e, &sa), ISAKMP_E_ARG);
    path.remote.family = 0;
    assert_int_equal(CONNECT(&A->peer, &path, ISAKMP_EXCH_MAIN, &sa), ISAKMP_E_ARG);
    path = pair_path(&pr, 0);
    A->policies[0].group = 3;
    assert_int_equal(CONNECT(&A->peer, &path, ISAKMP_EXCH_MAIN, &sa), ISAKMP_E_ARG);
    A->policies[0].group = 2;
    assert_int_equal(isakmp_connect(NULL, pr.now, &A->peer, &path, ISAKMP_EXCH_MAIN, &sa),
                     ISAKMP_E_ARG);
    assert_int_equal(sa.v, 5);
    assert_int_equal(A->sends + A->n_events, 0);
    assert_int_equal(stats_of(A).sas + stats_of(A).exchanges + stats_of(A).packets, 0);
    A->toy.fail_at = A->toy.all_calls + 1;
    assert_int_equal(CONNECT(&A->peer, &path, ISAKMP_EXCH_MAIN, &sa), ISAKMP_E_CRYPTO);
    assert_int_equal(stats_of(A).sas + stats_of(A).exchanges + stats_of(A).packets, 0);
    assert_int_equal(CONNECT(&A->peer, &path, ISAKMP_EXCH_MAIN, &sa), ISAKMP_OK);
    assert_true(sa.v != 5);
    finish();
}

static void test_arguments_of_child_connect(void **state)
{
    isakmp_sa_id sa, none = {0}, wrong = {0x123456789};
    isakmp_child_id c = {6};
    (void)state;
    pair_init(&pr, 333);
    come_up(ISAKMP_EXCH_MAIN, 0);
    sa = first_sa(A);
#define CHILD(sa, policy, out) isakmp_child_connect(A->x, pr.now, sa, policy, out)
    assert_int_equal(CHILD(sa, NULL, &c), ISAKMP_E_ARG);
    assert_int_equal(CHILD(sa, &A->child, NULL), ISAKMP_E_ARG);
    assert_int_equal(CHILD(none, &A->child, &c), ISAKMP_E_STALE);
    assert_int_equal(CHILD(wrong, &A->child, &c), ISAKMP_E_STALE);
    A->child.mode = 3;
    assert_int_equal(CHILD(sa, &A->child, &c), ISAKMP_E_ARG);
    A->child.mode = ISAKMP_MODE_TUNNEL;
    A->toy.deny[ISAKMP_CAN_GROUP] = 1u << ISAKMP_GROUP_MODP_1024;
    A->child.pfs_group = ISAKMP_GROUP_MODP_1024;
    assert_int_equal(CHILD(sa, &A->child, &c), ISAKMP_E_ARG);
    A->child.pfs_group = 0;
    assert_int_equal(c.v, 6);
    assert_int_equal(stats_of(A).children, 0);
    assert_int_equal(isakmp_child_close(A->x, pr.now, c), ISAKMP_E_STALE);
    assert_int_equal(isakmp_close(A->x, pr.now, none), ISAKMP_E_STALE);
    assert_int_equal(CHILD(sa, &A->child, &c), ISAKMP_OK);
    run_for(100);
    assert_true(both_up(1));
    finish();
}

static void test_arguments_of_input(void **state)
{
    isakmp_path path;
    uint8_t data[40] = {0};
    (void)state;
    pair_init(&pr, 334);
    pair_start(&pr);
    path = pair_path(&pr, 0);
    assert_int_equal(isakmp_input(NULL, 0, &path, data, 40), ISAKMP_E_ARG);
    assert_int_equal(isakmp_input(A->x, 0, NULL, data, 40), ISAKMP_E_ARG);
    assert_int_equal(isakmp_input(A->x, 0, &path, NULL, 40), ISAKMP_E_ARG);
    assert_int_equal(stats_of(A).datagrams_in, 0);
    assert_int_equal(isakmp_input(A->x, 0, &path, data, 40), ISAKMP_IGNORED);
    assert_int_equal(isakmp_tick(NULL, 0), ISAKMP_E_ARG);
    finish();
}

/* ---- Facts ------------------------------------------------------------------------------------------ */

static void test_what_is_told_about_an_sa(void **state)
{
    isakmp_sa_info a, b;
    (void)state;
    pair_init(&pr, 335);
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
    a = sa_info(A, first_sa(A));
    assert_int_equal(a.state, ISAKMP_SA_NEGOTIATING);
    assert_int_equal(a.message, 2);
    assert_true(a.since == 0 && a.soft_at == 0 && a.hard_at == 0);
    assert_int_equal(a.peer_id.type, ISAKMP_ID_NONE);
    run_for(100);
    a = sa_info(A, first_sa(A));
    b = sa_info(B, first_sa(B));
    assert_int_equal(a.state, ISAKMP_SA_UP);
    assert_int_equal(a.message, 0);
    assert_int_equal(a.exchange, ISAKMP_EXCH_MAIN);
    assert_memory_equal(a.cky_i, b.cky_i, 8);
    assert_memory_equal(a.cky_r, b.cky_r, 8);
    assert_int_equal(a.suite.cipher, ISAKMP_CIPHER_AES);
    assert_int_equal(a.suite.life_s, 86400);
    assert_int_equal(a.peer_id.type, ISAKMP_ID_IPV4_ADDR);
    assert_memory_equal(a.peer_id.data.p, B->addr.ip, 4);
    assert_true(a.soft_at > a.since && a.soft_at < a.hard_at);
    assert_true(a.policy == &A->peer && b.policy == &B->peer);
    assert_int_equal(a.n_children, 1);
    assert_true(isakmp_addr_equal(&a.path.remote, &B->addr));
    finish();
}

static void test_what_is_told_about_a_child(void **state)
{
    isakmp_child_info a, b;
    (void)state;
    pair_init(&pr, 336);
    come_up(ISAKMP_EXCH_MAIN, 1);
    a = child_info(A, first_child(A));
    b = child_info(B, first_child(B));
    assert_int_equal(a.state, ISAKMP_CHILD_UP);
    assert_int_equal(a.n, 1);
    assert_true(a.sa.v == first_sa(A).v);
    assert_int_equal(a.spi_in[0], b.spi_out[0]);
    assert_int_equal(a.spi_out[0], b.spi_in[0]);
    assert_true(a.spi_in[0] > 255 && a.spi_out[0] > 255);
    assert_memory_equal(&a.local, &b.remote, sizeof a.local);
    assert_memory_equal(&a.protect[0], &A->protect[0], sizeof a.protect[0]);
    assert_int_equal(a.life_s, 28800);
    assert_int_equal(a.initiator, 1);
    assert_int_equal(b.initiator, 0);
    assert_true(a.policy == &A->child && b.policy == &B->child);
    assert_true(a.soft_at > a.since && a.soft_at < a.hard_at);
    finish();
}

static void test_iterators(void **state)
{
    isakmp_sa_id sas[3], sa = {0}, all = {0};
    isakmp_child_id c = {0};
    unsigned n = 0;
    (void)state;
    pair_init(&pr, 337);
    pair_start(&pr);
    for (unsigned i = 0; i < 3; i++) {
        sas[i] = pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
        run_for(10);
    }
    assert_int_equal(isakmp_close(A->x, pr.now, sas[1]), ISAKMP_OK);
    run_for(10);
    while ((sa = isakmp_sa_next(A->x, sa)).v) {
        assert_true(sa.v == sas[0].v || sa.v == sas[2].v);
        n++;
    }
    assert_int_equal(n, 2);
    n = 0;
    while ((c = isakmp_child_next(A->x, all, c)).v)
        n++;
    assert_int_equal(n, 2);
    c.v = 0;
    c = isakmp_child_next(A->x, sas[2], c);
    assert_true(child_info(A, c).sa.v == sas[2].v);
    assert_int_equal(isakmp_child_next(A->x, sas[2], c).v, 0);
    c.v = 0;
    assert_int_equal(isakmp_child_next(A->x, sas[1], c).v, 0);
    /* From one that is gone it goes on after it. */
    assert_true(isakmp_sa_next(A->x, sas[1]).v == sas[2].v);
    finish();
}

static void test_users_of_policies(void **state)
{
    static isakmp_peer_policy other;
    static isakmp_child_policy other_child;
    isakmp_sa_id sa;
    (void)state;
    pair_init(&pr, 338);
    pair_start(&pr);
    other = A->peer;
    other_child = A->child;
    sa = pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
    assert_int_equal(isakmp_peer_policy_users(A->x, &A->peer), 1);
    assert_int_equal(isakmp_peer_policy_users(A->x, &other), 0);
    assert_int_equal(isakmp_child_policy_users(A->x, &A->child), 1);
    assert_int_equal(isakmp_child_policy_users(A->x, &other_child), 0);
    run_for(100);
    assert_int_equal(isakmp_peer_policy_users(B->x, &B->peer), 1);
    assert_int_equal(isakmp_close(A->x, pr.now, sa), ISAKMP_OK);
    assert_int_equal(isakmp_peer_policy_users(A->x, &A->peer), 0);
    assert_int_equal(isakmp_child_policy_users(A->x, &A->child), 0);
    finish();
}

/* ---- Order -------------------------------------------------------------------------------------------- */

/* Inbound SAs are installed before the message goes that lets the peer use them, outbound ones before
 * the child is said to be up; children go before their SA. */
static void test_order_of_callbacks(void **state)
{
    unsigned in[2] = {0, 0}, out[2] = {0, 0};
    (void)state;
    pair_init(&pr, 339);
    come_up(ISAKMP_EXCH_MAIN, 1);
    for (int i = 0; i < 2; i++) {
        for (unsigned k = 0; k < 2; k++)
            *(pr.p[i].sad[k].e.inbound ? &in[i] : &out[i]) = pr.p[i].sad[k].step;
        assert_true(last_event(&pr.p[i], ISAKMP_EV_SA_UP)->step < in[i]);
        assert_true(in[i] < out[i]);
        assert_true(out[i] < last_event(&pr.p[i], ISAKMP_EV_CHILD_UP)->step);
        assert_int_equal(pr.p[i].keylogs, ISAKMP_KEYLOG);
        assert_int_equal(pr.p[i].key_n, 16 * ISAKMP_KEYLOG);
    }
    assert_memory_equal(A->key, B->key, 16);
    assert_int_equal(isakmp_close(A->x, pr.now, first_sa(A)), ISAKMP_OK);
    run_for(10);
    for (int i = 0; i < 2; i++)
        assert_true(last_event(&pr.p[i], ISAKMP_EV_CHILD_DOWN)->step <
                    last_event(&pr.p[i], ISAKMP_EV_SA_DOWN)->step);
    finish();
}

/* When an event says that a child is down its SAs are out of the SAD; when one says that it is up they
 * are in. */
static void check_sad(peer *p, const isakmp_event *ev)
{
    if (ev->type == ISAKMP_EV_CHILD_UP)
        assert_int_equal(sad_count(p), 2);
    if (ev->type == ISAKMP_EV_CHILD_DOWN || ev->type == ISAKMP_EV_SA_UP)
        assert_int_equal(sad_count(p), 0);
}

static void test_events_come_after_the_facts(void **state)
{
    (void)state;
    pair_init(&pr, 340);
    A->hear_event = B->hear_event = check_sad;
    come_up(ISAKMP_EXCH_MAIN, 1);
    assert_int_equal(isakmp_child_close(B->x, pr.now, first_child(B)), ISAKMP_OK);
    run_for(10);
    finish();
}

/* ---- Time ------------------------------------------------------------------------------------------------ */

/* The timer callback says what isakmp_deadline() says, whenever that changes. */
static int told_rightly(pair *p, wire_item *w)
{
    (void)w;
    for (int i = 0; i < 2; i++)
        assert_true(p->p[i].told_deadline == isakmp_deadline(p->p[i].x));
    return PAIR_DELIVER;
}

static void test_deadline_is_told(void **state)
{
    (void)state;
    for (uint8_t e = ISAKMP_EXCH_MAIN; e <= ISAKMP_EXCH_AGGRESSIVE; e += 2) {
        pair_init(&pr, 341);
        pr.arrive = told_rightly;
        pair_start(&pr);
        assert_true(isakmp_deadline(A->x) == ISAKMP_NEVER);
        pair_connect(&pr, e, 1);
        run_for(100000);
        told_rightly(&pr, NULL);
        assert_true(isakmp_deadline(A->x) > pr.now);
        finish();
    }
}

static void wipe_inside(peer *p, const isakmp_event *ev)
{
    (void)ev;
    isakmp_ctx_wipe(p->x);
}

/* Not from inside a callback: what runs goes on. */
static void test_wipe_from_a_callback(void **state)
{
    (void)state;
    pair_init(&pr, 60);
    A->hear_event = wipe_inside;
    come_up(ISAKMP_EXCH_MAIN, 1);
    A->hear_event = NULL;
    finish();
}

static void test_paths_that_cannot_be(void **state)
{
    isakmp_path path;
    isakmp_sa_id sa;
    (void)state;
    pair_init(&pr, 62);
    pair_start(&pr);
    for (unsigned i = 0; i < 3; i++) {
        path = pair_path(&pr, 0);
        if (i == 0)
            path.remote.port = 0;
        else if (i == 1)
            path.local.family = 6;
        else
            path.local.family = 0;
        assert_int_equal(isakmp_connect(A->x, pr.now, &A->peer, &path, ISAKMP_EXCH_MAIN, &sa),
                         ISAKMP_E_ARG);
    }
    finish();
}

/* 0: the mode in which the peer can find the key. */
static void test_fitting_mode(void **state)
{
    static const uint8_t name[] = {'g', 'w'};
    isakmp_path path;
    isakmp_sa_id sa;
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        pair_init(&pr, 64);
        if (i > 0) {
            A->peer.peer_id.type = ISAKMP_ID_FQDN;
            A->peer.peer_id.data = isakmp__span(name, 2);
        }
        if (i == 2) {
            A->policies[1] = A->policies[0];
            A->policies[1].priority++;
            A->policies[1].auth = ISAKMP_AUTH_RSA_SIG;
            A->peer.n_policies = 2;
        }
        pair_start(&pr);
        path = pair_path(&pr, 0);
        assert_int_equal(isakmp_connect(A->x, pr.now, &A->peer, &path, 0, &sa), ISAKMP_OK);
        assert_int_equal(sa_info(A, sa).exchange,
                         i == 1 ? ISAKMP_EXCH_AGGRESSIVE : ISAKMP_EXCH_MAIN);
        finish();
    }
}

/* A host that never answers is not a peer that does not. */
static void test_whose_silence_it_is(void **state)
{
    (void)state;
    pair_init(&pr, 63);
    B->park = B->never_answer = 1;
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
    run_for(LONG_MS);
    assert_int_equal(last_event(B, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_BUSY);
    assert_int_equal(last_event(A, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_TIMEOUT);
    assert_true(stats_of(B).duplicates > 3);
    assert_int_equal(isakmp_count(B->x, ISAKMP_D_BUSY), heard(B, ISAKMP_EV_SA_DOWN));
    B->park = 0;
    finish();
}

/* A host that hands back the deadline as the time has not come to the end of time. */
static void test_time_is_never(void **state)
{
    (void)state;
    pair_init(&pr, 61);
    pair_start(&pr);
    assert_true(isakmp_deadline(A->x) == ISAKMP_NEVER);
    assert_int_equal(isakmp_tick(A->x, isakmp_deadline(A->x)), ISAKMP_OK);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
    run_for(100);
    assert_true(both_up(1));
    finish();
}

/* A clock that goes backwards counts as one that stands still. */
static void test_clock_goes_backwards(void **state)
{
    isakmp_time deadline;
    (void)state;
    pair_init(&pr, 342);
    pr.now = 5000000;
    come_up(ISAKMP_EXCH_MAIN, 1);
    deadline = isakmp_deadline(A->x);
    assert_int_equal(isakmp_tick(A->x, 1000), ISAKMP_OK);
    assert_int_equal(stats_of(A).clock_backwards, 1);
    assert_true(isakmp_deadline(A->x) == deadline);
    assert_int_equal(isakmp_tick(A->x, 0), ISAKMP_OK);
    assert_int_equal(stats_of(A).clock_backwards, 2);
    run_for(1000);
    assert_true(both_up(1));
    finish();
}

/* Early ticks do no harm, late ones do everything that was due at once. */
static void test_ticks_early_and_late(void **state)
{
    (void)state;
    pair_init(&pr, 343);
    A->child.life_s = B->child.life_s = 600;
    come_up(ISAKMP_EXCH_MAIN, 1);
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(isakmp_tick(A->x, pr.now + i), ISAKMP_OK);
    assert_true(both_up(1));
    pr.now += 90000000; /* everything has expired long ago: hard ends come without soft ones */
    isakmp_tick(A->x, pr.now);
    assert_int_equal(stats_of(A).sas + stats_of(A).children, 0);
    assert_int_equal(heard(A, ISAKMP_EV_CHILD_SOFT) + heard(A, ISAKMP_EV_SA_SOFT), 0);
    assert_int_equal(last_event(A, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_EXPIRED);
    finish();
}

/* ---- Counting ------------------------------------------------------------------------------------------------ */

static void test_statistics(void **state)
{
    isakmp_stats s;
    uint8_t junk[10] = {0};
    (void)state;
    pair_init(&pr, 344);
    come_up(ISAKMP_EXCH_MAIN, 1);
    s = stats_of(A);
    assert_int_equal(s.sas, 1);
    assert_int_equal(s.children, 1);
    assert_int_equal(s.half_open, 0);
    assert_int_equal(s.datagrams_out, 5);
    assert_int_equal(s.datagrams_in, 4);
    assert_int_equal(stats_of(B).datagrams_in, 5);
    assert_true(s.octets_out == stats_of(B).octets_in);
    assert_true(s.octets_in == stats_of(B).octets_out);
    assert_int_equal(s.ignored + s.duplicates + s.retransmissions + s.send_failures, 0);
    assert_int_equal(pair_input(&pr, 0, junk, sizeof junk), ISAKMP_IGNORED);
    assert_int_equal(stats_of(A).ignored, 1);
    assert_int_equal(isakmp_count(A->x, ISAKMP_D_SHORT), 1);
    A->fail_at = A->callbacks + 1;
    add_child(A, first_sa(A), &A->child);
    assert_int_equal(stats_of(A).send_failures, 1);
    run_for(3000);
    assert_int_equal(stats_of(A).retransmissions, 1);
    assert_true(both_up(2));
    assert_int_equal(isakmp_count(A->x, 0), 0);
    assert_int_equal(isakmp_count(A->x, ISAKMP_D_END), 0);
    assert_int_equal(isakmp_count(A->x, UINT32_MAX), 0);
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_arena_is_exact),
        cmocka_unit_test(test_arena_grows_with_limits),
        cmocka_unit_test(test_arena_with_assignments),
        cmocka_unit_test(test_limits_that_make_no_sense),
        cmocka_unit_test(test_everything_that_a_context_needs),
        cmocka_unit_test(test_config_of_other_sizes),
        cmocka_unit_test(test_defaults_of_other_sizes),
        cmocka_unit_test(test_host_of_other_sizes),
        cmocka_unit_test(test_results_of_other_sizes),
        cmocka_unit_test(test_policies_of_other_sizes),
        cmocka_unit_test(test_arguments_of_connect),
        cmocka_unit_test(test_arguments_of_child_connect),
        cmocka_unit_test(test_arguments_of_input),
        cmocka_unit_test(test_what_is_told_about_an_sa),
        cmocka_unit_test(test_what_is_told_about_a_child),
        cmocka_unit_test(test_iterators),
        cmocka_unit_test(test_users_of_policies),
        cmocka_unit_test(test_order_of_callbacks),
        cmocka_unit_test(test_events_come_after_the_facts),
        cmocka_unit_test(test_deadline_is_told),
        cmocka_unit_test(test_wipe_from_a_callback),
        cmocka_unit_test(test_paths_that_cannot_be),
        cmocka_unit_test(test_fitting_mode),
        cmocka_unit_test(test_whose_silence_it_is),
        cmocka_unit_test(test_time_is_never),
        cmocka_unit_test(test_clock_goes_backwards),
        cmocka_unit_test(test_ticks_early_and_late),
        cmocka_unit_test(test_statistics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
