/* flow/flow_xauth_hostile.c -- XAUTH with peers that want in without a user, and with wires that alter what
 * they carry; clients that are many; callbacks that fail; secrets. */
#include "flow/forge.h"

static const uint8_t modes[] = {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_AGGRESSIVE};
static const uint16_t methods[] = {ISAKMP_AUTH_XAUTH_INIT_PSK,  ISAKMP_AUTH_XAUTH_RESP_PSK,
                                   ISAKMP_AUTH_XAUTH_INIT_RSA,  ISAKMP_AUTH_XAUTH_RESP_RSA,
                                   ISAKMP_AUTH_HYBRID_INIT_RSA, ISAKMP_AUTH_HYBRID_RESP_RSA};

static peer *client, *gateway;

static void prepare(uint64_t seed, uint16_t auth)
{
    int init = auth & 1;
    pair_init(&pr, seed);
    for (int i = 0; i < 2; i++) {
        pr.p[i].policies[0].auth = auth;
        pr.p[i].toy.scramble = 1;
    }
    client = init ? A : B;
    gateway = init ? B : A;
    client->no_private_key = auth < 65000;
}

/* Phase 1 is through, and the user is asked for, but says nothing. */
static void come_to_xauth(uint64_t seed, uint16_t auth, uint8_t mode)
{
    prepare(seed, auth);
    client->mute_user = 1;
    pair_start(&pr);
    pair_connect(&pr, mode, 0);
    run_for(100);
    assert_int_equal(sas_in(A, ISAKMP_SA_XAUTH) + sas_in(B, ISAKMP_SA_XAUTH), 2);
}

#define EACH(k, i)                                                                                 \
    for (unsigned k = 0; k < COUNT(modes); k++)                                                    \
        for (unsigned i = 0; i < COUNT(methods); i++)

/* ---- Forged transactions --------------------------------------------------------------------- */

/* A message of a transaction with up to one number and up to two texts, from who has one side's keys. */
typedef struct attrs {
    uint16_t number, value;
    uint16_t text[2];
    const char *texts[2];
} attrs;

static void forge_attrs(forgery *f, const peer *keys, uint32_t msg_id, uint8_t type,
                        uint16_t identifier, const attrs *a)
{
    size_t at;
    forge_begin(f, keys, first_sa(keys), ISAKMP_EXCH_TRANSACTION, msg_id);
    at = isakmp_wr_open(&f->w, ISAKMP_PAYLOAD_ATTRIBUTE);
    isakmp_wr_u8(&f->w, type);
    isakmp_wr_u8(&f->w, 0);
    isakmp_wr_u16(&f->w, identifier);
    if (a->number)
        isakmp_wr_attr(&f->w, a->number, a->value);
    for (unsigned i = 0; i < 2; i++)
        if (a->text[i])
            isakmp_wr_attr_bytes(&f->w, a->text[i],
                                 isakmp__span((const uint8_t *)a->texts[i], strlen(a->texts[i])));
    isakmp_wr_close(&f->w, at);
    forge_end(f);
}

static const attrs status_ok = {ISAKMP_CFG_XAUTH_STATUS, 1, {0, 0}, {NULL, NULL}};
static const attrs status_fail = {ISAKMP_CFG_XAUTH_STATUS, 0, {0, 0}, {NULL, NULL}};
static const attrs name_asked = {0, 0, {ISAKMP_CFG_XAUTH_USER_NAME, 0}, {"", NULL}};
static const attrs address_asked = {0, 0, {ISAKMP_CFG_IP4_ADDRESS, 0}, {"", NULL}};
static forgery f;

/* ---- Nobody comes in without a user [T-52] ---------------------------------------------------- */

/* A client that says itself that all is well: in a SET, in whatever it begins. */
static void test_T52_status_of_a_client(void **state)
{
    static const attrs *const all[] = {&status_ok, &status_fail, &name_asked, &address_asked};
    (void)state;
    EACH(k, i)
    {
        unsigned before;
        uint64_t exchanges;
        come_to_xauth(1100, methods[i], modes[k]);
        before = gateway->sends;
        exchanges = stats_of(gateway).exchanges;
        for (unsigned n = 0; n < COUNT(all); n++)
            for (uint8_t type = 0; type < 7; type++) {
                forge_attrs(&f, client, 1000 + n * 10u + type, type, 7, all[n]);
                assert_int_equal(forge_send(&f, gateway->index), ISAKMP_IGNORED);
                assert_int_equal(sas_in(gateway, ISAKMP_SA_XAUTH), 1);
                assert_int_equal(stats_of(gateway).exchanges, exchanges);
            }
        assert_int_equal(gateway->sends, before);
        assert_int_equal(gateway->checks, 1);
        assert_int_equal(heard(gateway, ISAKMP_EV_SA_UP), 0);
        finish();
    }
}

/* ... or in its REPLY. */
static int say_ok(pair *p, wire_item *w)
{
    static opened o;
    part *attr;
    if (header_of(w).exchange != ISAKMP_EXCH_TRANSACTION || w->from != client->index)
        return PAIR_DELIVER;
    p->arrive = NULL;
    assert_true(open_item(&o, w));
    attr = find_part(&o, ISAKMP_PAYLOAD_ATTRIBUTE, 0);
    assert_int_equal(attr->body[0], ISAKMP_CFG_REPLY);
    attr->n = 8;
    attr->body[4] = 0xc0; /* STATUS, a number */
    attr->body[5] = 0x8f;
    attr->body[6] = 0;
    attr->body[7] = 1;
    o.e = NULL; /* its HASH is like that of a first message */
    memcpy(o.iv, isakmp__exch_find(o.sa, o.h.msg_id)->iv, sizeof o.iv);
    rehash(&o);
    close_item(&o, w);
    return PAIR_DELIVER;
}

static void test_T52_status_in_a_reply(void **state)
{
    (void)state;
    EACH(k, i)
    {
        prepare(1101, methods[i]);
        pr.arrive = say_ok;
        pair_start(&pr);
        pair_connect(&pr, modes[k], 1);
        run_for(100);
        assert_int_equal(gateway->checks, 1);
        assert_int_equal(heard(gateway, ISAKMP_EV_SA_UP), 0);
        assert_int_equal(last_event(gateway, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_CONFIG);
        assert_int_equal(sas_in(gateway, 0), 0);
        finish();
    }
}

/* Nothing but Informational and XAUTH passes, on either side. */
static void test_T52_nothing_else_passes(void **state)
{
    (void)state;
    EACH(k, i)
    {
        for (int who = 0; who < 2; who++) {
            peer *from = who ? client : gateway, *to = who ? gateway : client;
            unsigned before;
            come_to_xauth(1102, methods[i], modes[k]);
            before = to->sends;
            forge_begin(&f, from, first_sa(from), ISAKMP_EXCH_QUICK, 77);
            forge_end(&f);
            assert_int_equal(forge_send(&f, to->index), ISAKMP_IGNORED);
            forge_attrs(&f, from, 78, ISAKMP_CFG_REQUEST, 7, &address_asked);
            assert_int_equal(forge_send(&f, to->index), ISAKMP_IGNORED);
            forge_attrs(&f, from, 79, ISAKMP_CFG_SET, 7, &address_asked);
            assert_int_equal(forge_send(&f, to->index), ISAKMP_IGNORED);
            assert_int_equal(isakmp_count(to->x, ISAKMP_D_NOT_UP), 3);
            assert_int_equal(to->sends, before);
            assert_int_equal(children_in(to, 0), 0);
            assert_int_equal(sas_in(to, ISAKMP_SA_XAUTH), 1);
            finish();
        }
    }
}

/* Our own children wait, whoever wants them, and come when the user is known. */
static void test_children_wait(void **state)
{
    unsigned waited = 0;
    (void)state;
    for (int who = 0; who < 2; who++)
        for (unsigned at = 1; at < 12; at++) {
            peer *p;
            prepare(1103, ISAKMP_AUTH_XAUTH_INIT_RSA);
            p = who ? client : gateway;
            client->park_at = at;
            client->answer_after = 5000;
            pair_start(&pr);
            pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
            run_for(100);
            if (client->n_asks && client->asks[0].kind == PAIR_GET_USER) {
                add_child(p, first_sa(p), &p->child);
                run_for(4000);
                assert_int_equal(children_in(p, ISAKMP_CHILD_WAITING), 1);
                run_for(2000);
                assert_true(both_up(1));
                waited++;
            }
            finish();
        }
    assert_int_equal(waited, 2);
}

/* A gateway that is not believed is never told a password. */
static void test_T52_gateway_not_believed(void **state)
{
    (void)state;
    for (unsigned k = 0; k < COUNT(modes); k++)
        for (unsigned i = 2; i < COUNT(methods); i++) {
            prepare(1104, methods[i]);
            client->distrust = ISAKMP_D_CERT_UNTRUSTED;
            pair_start(&pr);
            pair_connect(&pr, modes[k], 0);
            run_for(LONG_MS);
            assert_int_equal(client->gets, 0);
            assert_int_equal(heard(client, ISAKMP_EV_SA_XAUTH), 0);
            assert_true(pair_is_empty(&pr));
            finish();
        }
    for (unsigned k = 0; k < COUNT(modes); k++) {
        prepare(1105, ISAKMP_AUTH_XAUTH_INIT_PSK);
        gateway->psk[0] ^= 1;
        pair_start(&pr);
        pair_connect(&pr, modes[k], 0);
        run_for(LONG_MS);
        assert_int_equal(client->gets, 0);
        assert_true(pair_is_empty(&pr));
        finish();
    }
}

/* ---- What a gateway may say to a client ------------------------------------------------------- */

/* It may be content before it has heard anything: it has proved itself, and has its reasons, such as that it knows
 * the client [draft-beaulieu-ike-xauth-02 5.5].  What was asked before need not be answered any more. */
static unsigned unanswered(const peer *p)
{
    const isakmp__sa *sa = inner_sa(p, first_sa(p));
    unsigned n = 0;
    for (isakmp__exch *e = NULL; (e = isakmp__exch_after(sa, e)) != NULL;)
        n += e->ask == ISAKMP__ASK_GET_USER;
    return n;
}

static void test_status_before_a_reply(void **state)
{
    (void)state;
    EACH(k, i)
    {
        come_to_xauth(1110, methods[i], modes[k]);
        /* It may also ask anew: then only that is to be answered. */
        assert_int_equal(unanswered(client), 1);
        forge_attrs(&f, gateway, 499, ISAKMP_CFG_REQUEST, 7, &name_asked);
        assert_int_equal(forge_send(&f, client->index), ISAKMP_OK);
        assert_int_equal(client->gets, 2);
        assert_int_equal(unanswered(client), 1);
        forge_attrs(&f, gateway, 500, ISAKMP_CFG_SET, 7, &status_ok);
        assert_int_equal(forge_send(&f, client->index), ISAKMP_OK);
        assert_int_equal(sas_in(client, ISAKMP_SA_UP), 1);
        assert_int_equal(heard(client, ISAKMP_EV_SA_UP), 1);
        assert_int_equal(unanswered(client), 0);
        finish();
    }
}

/* Said once more, or the contrary later: answered, but it is over [T-52]. */
static void test_T52_status_once(void **state)
{
    (void)state;
    EACH(k, i)
    {
        prepare(1111, methods[i]);
        pair_start(&pr);
        pair_connect(&pr, modes[k], 1);
        run_for(100);
        assert_true(both_up(1));
        for (unsigned n = 0; n < 2; n++) {
            unsigned before = client->sends;
            forge_attrs(&f, gateway, 500 + n, ISAKMP_CFG_SET, 7, n ? &status_fail : &status_ok);
            assert_int_equal(forge_send(&f, client->index), ISAKMP_OK);
            assert_int_equal(client->sends, before + 1);
            pr.n_wire = 0;
            assert_int_equal(heard(client, ISAKMP_EV_SA_UP), 1);
            assert_int_equal(heard(client, ISAKMP_EV_SA_DOWN), 0);
        }
        /* ... and no user is told after that. */
        forge_attrs(&f, gateway, 502, ISAKMP_CFG_REQUEST, 7, &name_asked);
        assert_int_equal(forge_send(&f, client->index), ISAKMP_OK);
        assert_int_equal(client->gets, 1);
        assert_int_equal(arena_has(client, client->password, strlen(client->password)), 0);
        pr.n_wire = 0;
        assert_true(both_up(1));
        finish();
    }
}

/* Who is no client tells no user, and lets nobody tell one. */
static void test_no_client(void **state)
{
    (void)state;
    prepare(1112, ISAKMP_AUTH_XAUTH_INIT_PSK);
    A->policies[0].auth = B->policies[0].auth = ISAKMP_AUTH_PSK;
    come_up(ISAKMP_EXCH_MAIN, 1);
    forge_attrs(&f, B, 500, ISAKMP_CFG_REQUEST, 7, &name_asked);
    assert_int_equal(forge_send(&f, 0), ISAKMP_OK);
    assert_int_equal(A->gets, 0);
    pr.n_wire = 0;
    forge_attrs(&f, B, 501, ISAKMP_CFG_SET, 7, &status_fail);
    assert_int_equal(forge_send(&f, 0), ISAKMP_OK);
    pr.n_wire = 0;
    assert_true(both_up(1));
    finish();
}

/* A status that is none, or a word twice. */
static void test_malformed(void **state)
{
    static const attrs bad[] = {{ISAKMP_CFG_XAUTH_STATUS, 2, {0, 0}, {NULL, NULL}},
                                {ISAKMP_CFG_XAUTH_TYPE, 0, {0, 0}, {NULL, NULL}},
                                {ISAKMP_CFG_XAUTH_STATUS,
                                 1,
                                 {ISAKMP_CFG_XAUTH_MESSAGE, ISAKMP_CFG_XAUTH_MESSAGE},
                                 {"a", "b"}}};
    (void)state;
    for (unsigned n = 0; n < COUNT(bad); n++) {
        come_to_xauth(1113, ISAKMP_AUTH_XAUTH_INIT_PSK, ISAKMP_EXCH_MAIN);
        forge_attrs(&f, gateway, 500, ISAKMP_CFG_SET, 7, &bad[n]);
        assert_int_equal(forge_send(&f, client->index), ISAKMP_IGNORED);
        assert_int_equal(isakmp_count(client->x, ISAKMP_D_CONFIG), 1);
        assert_int_equal(sas_in(client, ISAKMP_SA_XAUTH), 1);
        finish();
    }
}

/* A REPLY of another type than was asked for, or that is none: who says that has not understood.  Another identifier
 * does no harm: there are clients that do not repeat ours. */
static unsigned which;

static int spoil_reply(pair *p, wire_item *w)
{
    static opened o;
    part *attr;
    if (header_of(w).exchange != ISAKMP_EXCH_TRANSACTION || w->from != client->index)
        return PAIR_DELIVER;
    p->arrive = NULL;
    assert_true(open_item(&o, w));
    attr = find_part(&o, ISAKMP_PAYLOAD_ATTRIBUTE, 0);
    if (which == 0) {
        memmove(attr->body + 8, attr->body + 4, attr->n - 4);
        memcpy(attr->body + 4, "\xc0\x88\x00\x02", 4); /* TYPE, OTP */
        attr->n += 4;
    } else if (which == 1) {
        attr->body[3] ^= 1;
    } else {
        attr->body[0] = ISAKMP_CFG_ACK;
    }
    o.e = NULL;
    memcpy(o.iv, isakmp__exch_find(o.sa, o.h.msg_id)->iv, sizeof o.iv);
    rehash(&o);
    close_item(&o, w);
    return PAIR_DELIVER;
}

static void test_replies_that_do_not_fit(void **state)
{
    (void)state;
    for (which = 0; which < 3; which++) {
        prepare(1114, ISAKMP_AUTH_XAUTH_INIT_PSK);
        pr.arrive = spoil_reply;
        pair_start(&pr);
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
        run_for(100);
        if (which == 1) {
            assert_true(both_up(0));
        } else {
            assert_int_equal(gateway->checks, 1);
            assert_int_equal(last_event(gateway, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_CONFIG);
            assert_int_equal(sas_in(A, 0) + sas_in(B, 0), 0);
        }
        finish();
    }
}

/* ---- Every bit [T-40] ------------------------------------------------------------------------- */

static unsigned tried;

/* HASH does not cover the header: the minor version and the commit flag are ignored.  Padding is not looked at. */
static int is_covered(const wire_item *w, size_t bit)
{
    static opened o;
    size_t end = ISAKMP_HEADER_SIZE, octet = bit / 8;
    assert_true(open_item(&o, w));
    for (unsigned i = 0; i < o.n; i++)
        end += 4 + o.parts[i].n;
    return octet < end && !(octet == 17 && bit % 8 < 4) && !(octet == 19 && bit % 8 == 1);
}

/* Each message of XAUTH is first delivered with each of its bits turned: nothing happens, and the true one is as good
 * as ever. */
static int turn_bits(pair *p, wire_item *w)
{
    peer *to = &p->p[1 - w->from];
    isakmp_path path = w->path;
    uint8_t copy[PAIR_MTU];
    if (header_of(w).exchange != ISAKMP_EXCH_TRANSACTION)
        return PAIR_DELIVER;
    path.local = w->path.remote;
    path.remote = w->path.local;
    for (size_t bit = 0; bit < 8 * w->n; bit++) {
        unsigned sends = to->sends, gets = to->gets, checks = to->checks, events = to->n_events;
        unsigned ups = sas_in(to, ISAKMP_SA_UP), waits = sas_in(to, ISAKMP_SA_XAUTH);
        int in_header = bit / 8 < ISAKMP_HEADER_SIZE;
        if (!is_covered(w, bit))
            continue;
        memcpy(copy, w->data, w->n);
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(isakmp_input(to->x, p->now, &path, copy, w->n), ISAKMP_IGNORED);
        if (!in_header)
            assert_int_equal(to->sends, sends);
        assert_int_equal(to->gets, gets);
        assert_int_equal(to->checks, checks);
        assert_int_equal(to->n_events, events);
        assert_int_equal(sas_in(to, ISAKMP_SA_UP), ups);
        assert_int_equal(sas_in(to, ISAKMP_SA_XAUTH), waits);
    }
    tried++;
    return PAIR_DELIVER;
}

static void test_T40_every_bit(void **state)
{
    (void)state;
    EACH(k, i)
    {
        prepare(1120, methods[i]);
        pr.arrive = turn_bits;
        tried = 0;
        pair_start(&pr);
        pair_connect(&pr, modes[k], 0);
        run_for(100);
        assert_true(both_up(0));
        assert_int_equal(tried, 4);
        assert_int_equal(client->gets, 1);
        finish();
    }
}

/* ---- Callbacks and provider that fail ----------------------------------------------------------- */

static void test_every_callback_fails_once(void **state)
{
    (void)state;
    EACH(k, i)
    {
        for (int who = 0; who < 2; who++) {
            unsigned calls;
            prepare(1130, methods[i]);
            pair_start(&pr);
            pair_connect(&pr, modes[k], 1);
            run_for(LONG_MS);
            calls = pr.p[who].callbacks;
            finish();
            for (unsigned at = 1; at <= calls; at++) {
                prepare(1131, methods[i]);
                pr.p[who].fail_at = at;
                pair_start(&pr);
                pair_connect(&pr, modes[k], 1);
                run_for(LONG_MS);
                assert_true(both_agree());
                finish();
            }
        }
    }
}

static void test_every_provider_call_fails_once(void **state)
{
    (void)state;
    for (unsigned i = 0; i < COUNT(methods); i++)
        for (int who = 0; who < 2; who++)
            for (unsigned at = 1; at < 90; at++) {
                prepare(1132, methods[i]);
                pair_start(&pr);
                pr.p[who].toy.fail_at = pr.p[who].toy.all_calls + at;
                pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
                run_for(LONG_MS);
                assert_int_equal(sas_in(A, ISAKMP_SA_XAUTH) + sas_in(B, ISAKMP_SA_XAUTH), 0);
                finish();
            }
}

/* Reentry: from the callbacks for users only queries may be called. */
static void test_reentry(void **state)
{
    (void)state;
    prepare(1133, ISAKMP_AUTH_XAUTH_INIT_PSK);
    A->reentry = B->reentry = 1;
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
    run_for(100);
    assert_true(both_up(1));
    finish();
}

/* ---- Pools -------------------------------------------------------------------------------------- */

static void test_small_pools(void **state)
{
    (void)state;
    EACH(k, i)
    for (uint32_t exchanges = 1; exchanges < 4; exchanges++)
        for (uint32_t packets = 1; packets < 4; packets++) {
            prepare(1140, methods[i]);
            for (int who = 0; who < 2; who++) {
                pr.p[who].config.limits.exchanges = exchanges;
                pr.p[who].config.limits.packets = packets;
            }
            pair_start(&pr);
            pair_connect(&pr, modes[k], 0);
            run_for(LONG_MS);
            assert_int_equal(sas_in(A, ISAKMP_SA_XAUTH) + sas_in(B, ISAKMP_SA_XAUTH), 0);
            assert_int_equal(sas_in(A, ISAKMP_SA_UP), sas_in(B, ISAKMP_SA_UP));
            finish();
        }
}

/* No place for one more user: it is told no. */
static void test_no_place_for_a_user(void **state)
{
    (void)state;
    prepare(1141, ISAKMP_AUTH_XAUTH_INIT_PSK);
    gateway->config.limits.users = 1;
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
    run_for(100);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
    run_for(100);
    assert_int_equal(sas_in(gateway, ISAKMP_SA_UP), 1);
    assert_int_equal(sas_in(client, ISAKMP_SA_UP), 1);
    assert_int_equal(last_event(gateway, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_POOL);
    assert_int_equal(isakmp_close(client->x, pr.now, first_sa(client)), ISAKMP_OK);
    run_for(100);
    assert_int_equal(sas_in(gateway, 0), 0);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
    run_for(100);
    assert_true(both_up(0));
    finish();
}

/* A name that is too long to be kept is nobody's; the longest that is not is kept as it is. */
static int long_name(peer *p, const isakmp_user *asked, isakmp_user *out)
{
    static uint8_t name[ISAKMP_MAX_USER + 1];
    (void)p;
    (void)asked;
    memset(name, 'x', sizeof name);
    out->user_name = isakmp__span(name, which);
    return ISAKMP_OK;
}

static int anybody(peer *p, const isakmp_user *got, isakmp_user *out)
{
    (void)p;
    (void)out;
    return got->round ? ISAKMP_OK : ISAKMP_NONE;
}

static void no_events(peer *p)
{
    p->host.event = NULL;
}

static void test_long_names(void **state)
{
    (void)state;
    for (which = ISAKMP_MAX_USER; which <= ISAKMP_MAX_USER + 1; which++) {
        prepare(1142, ISAKMP_AUTH_XAUTH_INIT_PSK);
        no_events(gateway);
        client->tell_user = long_name;
        gateway->judge_user = anybody;
        pair_start(&pr);
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
        run_for(100);
        assert_int_equal(sas_in(gateway, ISAKMP_SA_UP), which == ISAKMP_MAX_USER);
        assert_int_equal(isakmp_count(gateway->x, ISAKMP_D_USER_NAME), which > ISAKMP_MAX_USER);
        if (which == ISAKMP_MAX_USER)
            assert_int_equal(sa_info(gateway, first_sa(gateway)).user.n, which);
        finish();
    }
}

/* Clients of hybrid authentication are strangers: however many there are, they take no more than half-open ones
 * may, and make room when they do not go on. */
static void test_many_strangers(void **state)
{
    (void)state;
    prepare(1143, ISAKMP_AUTH_HYBRID_INIT_RSA);
    client->mute_user = 1;
    client->config.limits.sas = client->config.limits.exchanges = 64;
    gateway->config.limits.sas = 32;
    gateway->config.limits.exchanges = 16;
    gateway->config.limits.half_open = gateway->config.limits.half_open_per_addr = 6;
    pair_start(&pr);
    for (unsigned n = 0; n < 20; n++) {
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
        run_for(50);
        assert_true(stats_of(gateway).half_open <= 6);
        assert_true(stats_of(gateway).sas <= 6);
        assert_true(stats_of(gateway).packets <= 14);
    }
    assert_int_equal(sas_in(gateway, ISAKMP_SA_XAUTH), 6);
    /* Who comes when they have had their time is let in. */
    run_for(10000);
    client->mute_user = 0;
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
    run_for(100);
    assert_int_equal(sas_in(gateway, ISAKMP_SA_UP), 1);
    client->mute_user = 1;
    run_for(LONG_MS);
    assert_int_equal(sas_in(gateway, ISAKMP_SA_UP), 1);
    assert_int_equal(sas_in(gateway, ISAKMP_SA_XAUTH), 0);
    finish();
}

/* ... but one that our own host thinks about is not put out. */
static void test_the_host_has_time(void **state)
{
    unsigned found = 0;
    (void)state;
    for (unsigned at = 1; at < 12; at++) {
        prepare(1144, ISAKMP_AUTH_HYBRID_INIT_RSA);
        gateway->config.limits.half_open = gateway->config.limits.half_open_per_addr = 1;
        gateway->answer_after = 30000;
        gateway->park_at = at;
        pair_start(&pr);
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
        run_for(100);
        if (gateway->n_asks && gateway->asks[0].kind == PAIR_CHECK_USER) {
            run_for(15000);
            pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
            run_for(100);
            assert_int_equal(isakmp_count(gateway->x, ISAKMP_D_HALF_OPEN), 1);
            assert_int_equal(sas_in(gateway, ISAKMP_SA_XAUTH), 1);
            run_for(20000);
            assert_true(sas_in(gateway, ISAKMP_SA_UP) >= 1);
            found++;
        }
        finish();
    }
    assert_int_equal(found, 2);
}

/* ---- Secrets ------------------------------------------------------------------------------------ */

static unsigned leaks;

static void search_line(peer *p, int level, const char *line)
{
    (void)level;
    leaks += strstr(line, p->password) != NULL;
}

static size_t last_n;

/* What was decrypted in the host's own buffer is wiped, too. */
static int deliver_myself(pair *p, wire_item *w)
{
    peer *to = &p->p[1 - w->from];
    isakmp_path path = w->path;
    if (header_of(w).exchange != ISAKMP_EXCH_TRANSACTION)
        return PAIR_DELIVER;
    path.local = w->path.remote;
    path.remote = w->path.local;
    (void)isakmp_input(to->x, p->now, &path, w->data, w->n);
    for (size_t i = 0; i < w->n; i++)
        leaks += w->data[i] != 0;
    last_n = w->n;
    return PAIR_DROP;
}

static void test_secrets_are_wiped(void **state)
{
    (void)state;
    EACH(k, i)
    for (int late = 0; late < 3; late++)
        for (int good = 0; good < 2; good++) {
            static const char wrong[] = "not what only joe knows";
            const char *said;
            prepare(1150, methods[i]);
            if (!good)
                client->password = wrong;
            said = client->password;
            A->hear_line = B->hear_line = search_line;
            pr.arrive = deliver_myself;
            client->park = late == 1;
            gateway->park = late == 2;
            leaks = 0;
            last_n = 0;
            pair_start(&pr);
            pair_connect(&pr, modes[k], 0);
            run_for(5000); /* a question may come before the end of phase 1 has been looked at */
            assert_int_equal(sas_in(gateway, ISAKMP_SA_UP), good);
            assert_true(last_n > 0);
            assert_int_equal(leaks, 0);
            assert_int_equal(arena_has(client, said, strlen(said)), 0);
            assert_int_equal(arena_has(gateway, said, strlen(said)), 0);
            finish();
        }
}

/* The search above can find: while a gateway waits for its host, it has the password. */
static void test_the_search_finds(void **state)
{
    (void)state;
    prepare(1151, ISAKMP_AUTH_XAUTH_INIT_PSK);
    gateway->park = 1;
    gateway->answer_after = 0;
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
    while (gateway->checks < 2) {
        if (!pair_deliver(&pr))
            assert_true(pair_answer(&pr, gateway));
    }
    assert_int_equal(arena_has(gateway, client->password, strlen(client->password)), 1);
    run_for(100);
    assert_int_equal(arena_has(gateway, client->password, strlen(client->password)), 0);
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_T52_status_of_a_client),
        cmocka_unit_test(test_T52_status_in_a_reply),
        cmocka_unit_test(test_T52_nothing_else_passes),
        cmocka_unit_test(test_children_wait),
        cmocka_unit_test(test_T52_gateway_not_believed),
        cmocka_unit_test(test_status_before_a_reply),
        cmocka_unit_test(test_T52_status_once),
        cmocka_unit_test(test_no_client),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_replies_that_do_not_fit),
        cmocka_unit_test(test_T40_every_bit),
        cmocka_unit_test(test_every_callback_fails_once),
        cmocka_unit_test(test_every_provider_call_fails_once),
        cmocka_unit_test(test_reentry),
        cmocka_unit_test(test_small_pools),
        cmocka_unit_test(test_no_place_for_a_user),
        cmocka_unit_test(test_long_names),
        cmocka_unit_test(test_many_strangers),
        cmocka_unit_test(test_the_host_has_time),
        cmocka_unit_test(test_secrets_are_wiped),
        cmocka_unit_test(test_the_search_finds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
