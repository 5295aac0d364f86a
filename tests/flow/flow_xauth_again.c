/* flow/flow_xauth_again.c -- XAUTH: who is asked again, and who is whose; vendor IDs, and peers that have none;
 * gateways that use one message ID for all. */
#include "flow/forge.h"

static const uint8_t modes[] = {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_AGGRESSIVE};

/* A is the client, B the gateway. */
static void prepare(uint64_t seed, uint16_t auth)
{
    pair_init(&pr, seed);
    for (int i = 0; i < 2; i++) {
        pr.p[i].policies[0].auth = auth;
        pr.p[i].toy.scramble = 1;
    }
    A->no_private_key = auth == ISAKMP_AUTH_HYBRID_INIT_RSA;
}

static void once_more(uint8_t mode)
{
    pair_connect(&pr, mode, 0);
    run_for(100);
}

/* ---- Asked again? --------------------------------------------------------------------------- */

/* Who has proved itself by its own public key, and is where it was, is known. */
static void test_a_known_client(void **state)
{
    static const uint16_t known[] = {ISAKMP_AUTH_XAUTH_INIT_RSA, ISAKMP_AUTH_XAUTH_INIT_ENCR,
                                     ISAKMP_AUTH_XAUTH_INIT_REV};
    (void)state;
    for (unsigned k = 0; k < COUNT(modes); k++)
        for (unsigned i = 0; i < COUNT(known); i++)
            for (int again = 0; again < 2; again++) {
                prepare(1200, known[i]);
                B->peer.flags |= again ? ISAKMP_PF_XAUTH_AGAIN : 0;
                pair_start(&pr);
                once_more(modes[k]);
                assert_int_equal(A->gets, 1);
                once_more(modes[k]);
                assert_int_equal(sas_in(A, ISAKMP_SA_UP), 2);
                assert_int_equal(sas_in(B, ISAKMP_SA_UP), 2);
                assert_int_equal(A->gets, again ? 2 : 1);
                assert_int_equal(B->checks, again ? 4 : 2);
                assert_string_equal(last_event(B, ISAKMP_EV_SA_UP)->user, "joe");
                finish();
            }
}

/* It is asked if the SA that it had is gone; if it is somewhere else; if it is somebody else. */
static void test_a_client_that_is_not_known(void **state)
{
    (void)state;
    for (unsigned what = 0; what < 4; what++) {
        prepare(1201, ISAKMP_AUTH_XAUTH_INIT_RSA);
        A->peer.my_id.type = ISAKMP_ID_FQDN;
        A->peer.my_id.data = isakmp__span((const uint8_t *)"a.example", 9);
        pair_start(&pr);
        once_more(ISAKMP_EXCH_MAIN);
        assert_int_equal(A->gets, 1);
        if (what == 0)
            assert_int_equal(isakmp_close(A->x, pr.now, first_sa(A)), ISAKMP_OK);
        else if (what == 1)
            A->addr.port = 501;
        else if (what == 2)
            A->addr.ip[3] = 77;
        else
            A->peer.my_id.data = isakmp__span((const uint8_t *)"b.example", 9);
        run_for(100);
        once_more(ISAKMP_EXCH_MAIN);
        assert_int_equal(A->gets, 2);
        finish();
    }
}

/* With a pre-shared key, which may be that of many, nobody is known by it: but the host hears who it may be, and may
 * say that it is.  With hybrid authentication not even that. */
static unsigned knowing;

static int knows(peer *p, const isakmp_user *got, isakmp_user *out)
{
    (void)p;
    (void)out;
    if (got->round == 0 && got->known.n) {
        assert_int_equal(got->known.n, 3);
        assert_memory_equal(got->known.p, "joe", 3);
        knowing++;
        return ISAKMP_OK;
    }
    return got->round ? ISAKMP_OK : ISAKMP_NONE;
}

static void test_the_host_knows(void **state)
{
    (void)state;
    for (unsigned k = 0; k < COUNT(modes); k++)
        for (unsigned late = 0; late < 2; late++)
            for (unsigned own = 0; own < 3; own++) {
                prepare(1202, own == 2 ? ISAKMP_AUTH_HYBRID_INIT_RSA : ISAKMP_AUTH_XAUTH_INIT_PSK);
                B->park = late == 1;
                if (own)
                    B->judge_user = knows;
                knowing = 0;
                pair_start(&pr);
                once_more(modes[k]);
                once_more(modes[k]);
                assert_int_equal(A->gets, own == 1 ? 1 : 2);
                assert_int_equal(knowing, own == 1 ? 1 : 0);
                assert_int_equal(sas_in(B, ISAKMP_SA_UP), 2);
                assert_string_equal(last_event(B, ISAKMP_EV_SA_UP)->user, "joe");
                finish();
            }
}

/* The host thinks about it for a while.  Its yes is for the user that it was told of, and not for whoever is there by
 * then, or nobody. */
static void test_the_host_knows_late(void **state)
{
    (void)state;
    for (unsigned k = 0; k < COUNT(modes); k++) {
        prepare(1210, ISAKMP_AUTH_XAUTH_INIT_PSK);
        B->judge_user = knows;
        pair_start(&pr);
        once_more(modes[k]);
        assert_int_equal(sas_in(B, ISAKMP_SA_UP), 1);
        knowing = 0;
        B->answer_after = 5000;
        B->park = 1;
        pair_connect(&pr, modes[k], 0);
        for (unsigned i = 0; i < 200 && knowing == 0; i++)
            run_for(500);
        assert_int_equal(knowing, 1);
        assert_int_equal(isakmp_close(B->x, pr.now, first_sa(B)), ISAKMP_OK);
        assert_int_equal(sas_in(B, ISAKMP_SA_UP), 0);
        run_for(20000);
        assert_int_equal(A->gets, 1);
        assert_int_equal(sas_in(B, ISAKMP_SA_UP), 1);
        assert_string_equal(last_event(B, ISAKMP_EV_SA_UP)->user, "joe");
        finish();
    }
}

/* ---- What the host has said ------------------------------------------------------------------ */

/* The words of the host are there for one call: a client that need not be asked does not hear those that were meant
 * for another one, whose question has come to nothing. */
static unsigned spoilt;

static int spoil_words(peer *p, const isakmp_user *got, isakmp_user *out)
{
    static const char words[] = "for somebody else";
    if (got->round == 0 && p->checks > 2) {
        out->message = isakmp__span((const uint8_t *)words, sizeof words - 1);
        out->asked = ISAKMP_ASK_ANSWER | ISAKMP_ASK_USER_NAME;
        spoilt++;
        return ISAKMP_NONE;
    }
    return got->round ? ISAKMP_OK : ISAKMP_NONE;
}

static void test_words_for_another(void **state)
{
    (void)state;
    for (int late = 0; late < 2; late++) {
        prepare(1204, ISAKMP_AUTH_XAUTH_INIT_RSA);
        B->judge_user = spoil_words;
        spoilt = 0;
        pair_start(&pr);
        once_more(ISAKMP_EXCH_MAIN);
        assert_int_equal(sas_in(B, ISAKMP_SA_UP), 1);
        A->addr.port = 501; /* somebody else, as far as one can see */
        B->park = late;
        B->never_answer = late;
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
        run_for(5);
        while (late && spoilt == 0) {
            B->never_answer = 0;
            run_for(10);
            B->never_answer = 1;
        }
        assert_int_equal(spoilt, 1);
        A->addr.port = 500;
        B->park = 0;
        once_more(ISAKMP_EXCH_MAIN);
        assert_int_equal(sas_in(B, ISAKMP_SA_UP), 2);
        assert_int_equal(heard(A, ISAKMP_EV_XAUTH_TEXT), 0);
        B->never_answer = 0;
        finish();
    }
}

/* ---- Who is the client? ---------------------------------------------------------------------- */

/* Who asks for users is not made a client by a method that has it so: else its peer would only have to say that all
 * is well [T-52]. */
static void test_T52_roles(void **state)
{
    static const uint16_t init[] = {ISAKMP_AUTH_XAUTH_INIT_PSK, ISAKMP_AUTH_HYBRID_INIT_RSA};
    (void)state;
    for (unsigned k = 0; k < COUNT(modes); k++)
        for (unsigned i = 0; i < COUNT(init); i++) {
            uint16_t resp = (uint16_t)(init[i] + 1);
            prepare(1226, resp); /* A would be the gateway */
            A->no_private_key = 0;
            B->policies[1] = B->policies[0];
            B->policies[1].priority = 20;
            B->policies[1].auth = init[i];
            B->peer.n_policies = 2;
            B->peer.flags |= ISAKMP_PF_XAUTH_ASK;
            pair_start(&pr);
            pair_connect(&pr, modes[k], 1);
            run_for(100);
            assert_int_equal(B->gets, 0);
            assert_int_equal(heard(B, ISAKMP_EV_SA_UP) + sas_in(B, 0), 0);
            assert_int_equal(last_event(B, ISAKMP_EV_REFUSED)->detail, ISAKMP_D_NO_PROPOSAL);
            finish();
            /* Nor does it begin like that. */
            for (int answer = 0; answer < 2; answer++) {
                prepare(1227, answer ? resp : init[i]);
                A->no_private_key = 0;
                A->peer.flags |= answer ? ISAKMP_PF_XAUTH_ANSWER : ISAKMP_PF_XAUTH_ASK;
                pair_start(&pr);
                assert_int_equal(pair_connect(&pr, modes[k], 0).v, 0);
                finish();
            }
        }
}

/* ---- SAs that are negotiated anew ------------------------------------------------------------- */

static int says_no; /* what the gateway says to those that it has to ask */

static int judge(peer *p, const isakmp_user *got, isakmp_user *out)
{
    (void)p;
    (void)out;
    return got->round && !says_no ? ISAKMP_OK : ISAKMP_NONE;
}

static void come_up_for(uint64_t seed, uint32_t life_s, uint8_t mode, uint32_t flags)
{
    prepare(seed, ISAKMP_AUTH_XAUTH_INIT_RSA);
    for (int i = 0; i < 2; i++) {
        pr.p[i].policies[0].life_s = life_s;
        pr.p[i].peer.user_s = 5;
    }
    A->peer.flags |= flags;
    B->peer.flags |= flags & ISAKMP_PF_REKEY;
    A->peer.dpd_s = flags & ISAKMP_PF_DPD_PERIODIC ? 10 : 0;
    B->peer.flags |= ISAKMP_PF_XAUTH_AGAIN;
    B->judge_user = judge;
    says_no = 0;
    pair_start(&pr);
    pair_connect(&pr, mode, 1);
    run_for(100);
    assert_true(both_up(1));
}

/* The user has not answered in time: it is tried again before the lifetime is over, and then the new SA takes the
 * place of the old one. */
static void test_not_in_time(void **state)
{
    (void)state;
    for (unsigned k = 0; k < COUNT(modes); k++) {
        isakmp_sa_id old;
        come_up_for(1250, 1200, modes[k], ISAKMP_PF_REKEY);
        old = first_sa(A);
        A->mute_user = 1;
        while (heard(A, ISAKMP_EV_SA_DOWN) == 0)
            run_for(1000);
        assert_int_equal(sas_in(A, ISAKMP_SA_UP), 1);
        assert_true(last_event(A, ISAKMP_EV_SA_DOWN)->other_sa.v == old.v);
        A->mute_user = 0;
        run_for(100000);
        assert_int_equal(heard(A, ISAKMP_EV_SA_UP), 2);
        assert_true(last_event(A, ISAKMP_EV_SA_UP)->other_sa.v == old.v);
        assert_true(child_info(A, first_child(A)).sa.v != old.v);
        assert_true(sads_mirror(&pr));
        finish();
    }
}

/* Also if the host wants it, and no flag does. */
static void test_the_host_wants_a_new_one(void **state)
{
    (void)state;
    for (unsigned k = 0; k < COUNT(modes); k++) {
        isakmp_sa_id old;
        come_up_for(1251, 86400, modes[k], 0);
        old = first_sa(A);
        A->park = 1; /* a person types */
        A->answer_after = 300;
        assert_int_equal(isakmp_rekey(A->x, pr.now, old, NULL), ISAKMP_OK);
        run_for(60000);
        A->park = 0;
        assert_int_equal(heard(A, ISAKMP_EV_SA_UP), 2);
        assert_true(last_event(A, ISAKMP_EV_SA_UP)->other_sa.v == old.v);
        run_for(500000);
        assert_int_equal(sas_in(A, 0), 1);
        finish();
    }
}

/* A dead peer is connected again and again, but a password that is wrong is told once. */
static void test_wrong_after_a_restart(void **state)
{
    (void)state;
    for (int declined = 0; declined < 2; declined++) {
        come_up_for(1252, 86400, ISAKMP_EXCH_MAIN, ISAKMP_PF_RESTART | ISAKMP_PF_DPD_PERIODIC);
        pair_restart(&pr, 1);
        says_no = !declined;
        if (declined)
            A->user = NULL;
        run_for(1000000);
        assert_int_equal(A->gets, 2);
        assert_int_equal(stats_of(A).sas + stats_of(A).children, 0);
        assert_int_equal(last_event(A, ISAKMP_EV_SA_DOWN)->detail,
                         declined ? ISAKMP_D_USER_DECLINED : ISAKMP_D_USER);
        pair_end(&pr);
    }
}

/* ---- Whose is it? --------------------------------------------------------------------------- */

/* Many clients have one identity and one key.  What one of them says of its SAs is not about those of others. */
static void delete_sa(forgery *f, isakmp_sa_id by, isakmp_sa_id which, uint32_t msg_id)
{
    isakmp__sa *sa = inner_sa(A, which);
    uint8_t spi[16];
    isakmp_delete d;
    memcpy(spi, sa->cky_i, 8);
    memcpy(spi + 8, sa->cky_r, 8);
    memset(&d, 0, sizeof d);
    d.doi = ISAKMP_DOI_IPSEC;
    d.protocol = ISAKMP_PROTO_ISAKMP;
    d.spi_size = 16;
    d.count = 1;
    d.spis = isakmp__span(spi, sizeof spi);
    forge_delete(f, A, by, msg_id, &d);
    forge_send(f, 1);
}

static const char *names[2];
static unsigned n_names;

static int next_name(peer *p, const isakmp_user *asked, isakmp_user *out)
{
    const char *name = names[n_names++ % 2];
    (void)p;
    (void)asked;
    out->user_name = isakmp__span((const uint8_t *)name, strlen(name));
    return ISAKMP_OK;
}

static int anybody(peer *p, const isakmp_user *got, isakmp_user *out)
{
    (void)p;
    (void)out;
    return got->round ? ISAKMP_OK : ISAKMP_NONE;
}

static void forge_contact(forgery *f, isakmp_sa_id sa, uint32_t msg_id)
{
    isakmp_notify n;
    memset(&n, 0, sizeof n);
    n.doi = ISAKMP_DOI_IPSEC;
    n.protocol = ISAKMP_PROTO_ISAKMP;
    n.type = ISAKMP_N_INITIAL_CONTACT;
    n.spi = isakmp__sa_cookies(inner_sa(A, sa));
    forge_notify(f, A, sa, msg_id, &n);
    forge_send(f, 1);
}

static void test_users_of_one_group(void **state)
{
    static const uint16_t all[] = {ISAKMP_AUTH_XAUTH_INIT_PSK, ISAKMP_AUTH_HYBRID_INIT_RSA};
    static forgery f;
    (void)state;
    for (unsigned i = 0; i < COUNT(all); i++)
        for (int same = 0; same < 2; same++)
            for (int what = 0; what < 2; what++) {
                isakmp_sa_id first, second;
                prepare(1210, all[i]);
                names[0] = "joe";
                names[1] = same ? "joe" : "ann";
                n_names = 0;
                A->tell_user = next_name;
                B->judge_user = anybody;
                pair_start(&pr);
                once_more(ISAKMP_EXCH_MAIN);
                first = first_sa(A);
                run_for(2000);
                once_more(ISAKMP_EXCH_MAIN);
                second = isakmp_sa_next(A->x, first);
                assert_int_equal(sas_in(B, ISAKMP_SA_UP), 2);
                if (what)
                    delete_sa(&f, second, first, 600);
                else
                    forge_contact(&f, second, 601);
                assert_int_equal(sas_in(B, ISAKMP_SA_UP), same ? 1 : 2);
                finish();
            }
}

/* The client says that it has restarted while it is being asked for its user, as some do: what it had goes when the
 * user is known, and not before; and not what others had. */
static void test_contact_before_the_user(void **state)
{
    static const uint16_t all[] = {ISAKMP_AUTH_XAUTH_INIT_PSK, ISAKMP_AUTH_XAUTH_INIT_RSA,
                                   ISAKMP_AUTH_HYBRID_INIT_RSA};
    static forgery f;
    (void)state;
    for (unsigned i = 0; i < COUNT(all); i++)
        for (int same = 0; same < 2; same++) {
            prepare(1211, all[i]);
            names[0] = "joe";
            names[1] = same ? "joe" : "ann";
            n_names = 0;
            A->tell_user = next_name;
            B->judge_user = anybody;
            B->peer.flags |= ISAKMP_PF_XAUTH_AGAIN;
            pair_start(&pr);
            once_more(ISAKMP_EXCH_MAIN);
            run_for(2000);
            pair_restart(&pr, 0);
            A->answer_after = 5000;
            A->park = 1;
            pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
            for (unsigned k = 0; k < 20000 && sas_in(A, ISAKMP_SA_XAUTH) == 0; k++)
                run_for(10);
            forge_contact(&f, first_sa(A), 602);
            assert_int_equal(sas_in(B, ISAKMP_SA_UP), 1);
            run_for(30000);
            assert_int_equal(sas_in(A, ISAKMP_SA_UP), 1);
            assert_int_equal(sas_in(B, ISAKMP_SA_UP), same ? 1 : 2);
            finish();
        }
}

/* ---- Vendor IDs ----------------------------------------------------------------------------- */

static const uint8_t vendor_id[8] = {0x09, 0x00, 0x26, 0x89, 0xdf, 0xd6, 0xb7, 0x12};
static int strip_from;
static unsigned vendor_ids[2];

/* Count the vendor ID of XAUTH in what each side sends in the clear; and take it out of one side's. */
static int strip(pair *p, wire_item *w)
{
    static opened o;
    static wire_item copy;
    int changed = 0;
    (void)p;
    copy = *w;
    if (header_of(w).flags & ISAKMP_FLAG_ENCRYPTION || !open_item(&o, &copy))
        return PAIR_DELIVER;
    for (unsigned i = o.n; i-- > 0;)
        if (o.parts[i].type == ISAKMP_PAYLOAD_VENDOR_ID && o.parts[i].n == sizeof vendor_id &&
            memcmp(o.parts[i].body, vendor_id, sizeof vendor_id) == 0) {
            vendor_ids[w->from]++;
            if (w->from == strip_from) {
                drop_part(&o, i);
                changed = 1;
            }
        }
    if (changed)
        close_item(&o, w);
    return PAIR_DELIVER;
}

static void connect_stripped(uint8_t mode, int from)
{
    strip_from = from;
    vendor_ids[0] = vendor_ids[1] = 0;
    pr.arrive = strip;
    pair_start(&pr);
    pair_connect(&pr, mode, 0);
    run_for(100);
}

/* The numbers of the methods are also somebody else's: without the vendor ID they are not ours.  The answer need not have it:
 * it takes up what we have offered. */
static void test_without_a_vendor_id(void **state)
{
    static const uint16_t all[] = {ISAKMP_AUTH_XAUTH_INIT_PSK, ISAKMP_AUTH_XAUTH_INIT_RSA};
    (void)state;
    for (unsigned k = 0; k < COUNT(modes); k++)
        for (unsigned i = 0; i < COUNT(all); i++) {
            prepare(1220, all[i]);
            connect_stripped(modes[k], 0);
            assert_int_equal(vendor_ids[0], 1);
            assert_int_equal(sas_in(B, 0), 0);
            assert_int_equal(last_event(B, ISAKMP_EV_REFUSED)->detail, ISAKMP_D_NO_PROPOSAL);
            finish();
            prepare(1221, all[i]);
            connect_stripped(modes[k], 1);
            assert_int_equal(vendor_ids[1], 1);
            assert_true(both_up(0));
            finish();
        }
}

/* Hybrid authentication has numbers of its own. */
static void test_hybrid_without_a_vendor_id(void **state)
{
    (void)state;
    for (unsigned k = 0; k < COUNT(modes); k++) {
        prepare(1222, ISAKMP_AUTH_HYBRID_INIT_RSA);
        connect_stripped(modes[k], 0);
        assert_true(both_up(0));
        finish();
    }
}

/* Where the policy wants XAUTH, and not the method, whoever does not know it is not let in, on either side. */
static void test_flags_without_a_vendor_id(void **state)
{
    (void)state;
    for (unsigned k = 0; k < COUNT(modes); k++)
        for (int from = 0; from < 2; from++) {
            peer *sees = &pr.p[1 - from];
            prepare(1223, ISAKMP_AUTH_PSK);
            A->peer.flags |= ISAKMP_PF_XAUTH_ANSWER;
            B->peer.flags |= ISAKMP_PF_XAUTH_ASK;
            connect_stripped(modes[k], from);
            assert_int_equal(vendor_ids[from], 1);
            run_for(LONG_MS);
            assert_int_equal(heard(A, ISAKMP_EV_SA_UP) + heard(B, ISAKMP_EV_SA_UP), 0);
            assert_int_equal(last_event(sees, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_NO_XAUTH);
            assert_int_equal(A->gets, 0);
            finish();
        }
}

/* Who does not want XAUTH does not say that it knows it: some gateways ask everybody who does. */
static void test_no_vendor_id(void **state)
{
    (void)state;
    prepare(1224, ISAKMP_AUTH_PSK);
    connect_stripped(ISAKMP_EXCH_MAIN, 2);
    assert_true(both_up(0));
    assert_int_equal(vendor_ids[0] + vendor_ids[1], 0);
    finish();
}

/* Only one side wants it: a gateway lets nobody in without a user. */
static void test_one_flag_alone(void **state)
{
    (void)state;
    prepare(1225, ISAKMP_AUTH_PSK);
    B->peer.flags |= ISAKMP_PF_XAUTH_ASK;
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
    run_for(LONG_MS);
    assert_int_equal(heard(B, ISAKMP_EV_SA_UP) + heard(B, ISAKMP_EV_CHILD_UP), 0);
    assert_int_equal(A->gets, 0);
    finish();
}

/* ---- Named, or not -------------------------------------------------------------------------- */

static const isakmp_exchange *const no_transactions[] = {
    &isakmp_main_mode, &isakmp_aggressive_mode, &isakmp_quick_mode, &isakmp_informational, NULL};
static const isakmp_extension *const no_xauth[] = {&isakmp_natt, &isakmp_dpd, NULL};
static char said[160];

static void note_line(peer *p, int level, const char *line)
{
    (void)p;
    if (level == ISAKMP_LOG_INFO && strstr(line, "isakmp_xauth"))
        memcpy(said, line, strlen(line) + 1);
}

/* Without the extension, or the exchange that it needs, nothing is offered, and the log says why. */
static void test_not_named(void **state)
{
    (void)state;
    for (unsigned what = 0; what < 2; what++)
        for (unsigned how = 0; how < 3; how++) {
            static const uint16_t all[] = {ISAKMP_AUTH_XAUTH_INIT_PSK, ISAKMP_AUTH_HYBRID_INIT_RSA,
                                           ISAKMP_AUTH_PSK};
            prepare(1230, all[how]);
            if (how == 2)
                A->peer.flags |= ISAKMP_PF_XAUTH_ANSWER;
            if (what)
                A->config.exchanges = no_transactions;
            else
                A->config.extensions = no_xauth;
            A->hear_line = note_line;
            said[0] = 0;
            pair_start(&pr);
            assert_int_equal(pair_connect(&pr, ISAKMP_EXCH_MAIN, 0).v, 0);
            assert_int_equal(A->sends, 0);
            if (ISAKMP_LOG_LINES)
                assert_non_null(strstr(said, "offered: "));
            pair_end(&pr);
        }
}

/* A responder whose policy wants XAUTH lets nobody in without it, not even when it cannot ask. */
static void test_not_named_there(void **state)
{
    (void)state;
    prepare(1231, ISAKMP_AUTH_PSK);
    B->peer.flags |= ISAKMP_PF_XAUTH_ASK;
    B->config.extensions = no_xauth;
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
    run_for(LONG_MS);
    assert_int_equal(heard(B, ISAKMP_EV_SA_UP) + heard(A, ISAKMP_EV_SA_UP), 0);
    finish();
}

/* ---- One message ID for all ----------------------------------------------------------------- */

/* A gateway that goes on with the message ID and the chain of IVs that it has. */
static void forge_next(forgery *f, uint32_t msg_id, uint8_t type, int chained)
{
    const isakmp__exch *last;
    size_t at, block;
    uint8_t iv[ISAKMP_MAX_BLOCK];
    forge_begin(f, B, first_sa(B), ISAKMP_EXCH_TRANSACTION, msg_id);
    at = isakmp_wr_open(&f->w, ISAKMP_PAYLOAD_ATTRIBUTE);
    isakmp_wr_u8(&f->w, type);
    isakmp_wr_u8(&f->w, 0);
    isakmp_wr_u16(&f->w, 7);
    if (type == ISAKMP_CFG_SET)
        isakmp_wr_attr(&f->w, ISAKMP_CFG_XAUTH_STATUS, 1);
    else
        isakmp_wr_attr_bytes(&f->w, ISAKMP_CFG_XAUTH_PASSCODE, isakmp__span(NULL, 0));
    isakmp_wr_close(&f->w, at);
    forge_end(f);
    if (!chained)
        return;
    /* forge_end() has begun the chain anew: open that, and close it with the other one. */
    last = isakmp__exch_find(inner_sa(A, first_sa(A)), msg_id);
    block = isakmp_cipher_block(f->sa->suite->cipher);
    assert_int_equal(isakmp__iv_phase2(&B->toy.table, f->sa->suite->hash,
                                       isakmp__span(f->sa->iv, block), msg_id, iv),
                     ISAKMP_OK);
    assert_int_equal(isakmp__cbc(&B->toy.table, f->sa->suite->cipher, 0,
                                 isakmp__cipher_key_of(f->sa), iv, f->data + ISAKMP_HEADER_SIZE,
                                 f->w.len - ISAKMP_HEADER_SIZE),
                     ISAKMP_OK);
    memcpy(iv, last->iv, sizeof iv);
    assert_int_equal(isakmp__cbc(&B->toy.table, f->sa->suite->cipher, 1,
                                 isakmp__cipher_key_of(f->sa), iv, f->data + ISAKMP_HEADER_SIZE,
                                 f->w.len - ISAKMP_HEADER_SIZE),
                     ISAKMP_OK);
}

static wire_item question;

static int keep_question(pair *p, wire_item *w)
{
    (void)p;
    if (header_of(w).exchange != ISAKMP_EXCH_TRANSACTION)
        return PAIR_DELIVER;
    if (w->from == 1 && question.n == 0) {
        question = *w;
        return PAIR_DELIVER;
    }
    return PAIR_DROP;
}

static void test_one_message_id(void **state)
{
    static forgery f;
    (void)state;
    for (unsigned late = 0; late < 2; late++) {
        uint32_t msg_id;
        unsigned sends;
        prepare(1240, ISAKMP_AUTH_XAUTH_INIT_PSK);
        question.n = 0;
        pr.filter = keep_question;
        pair_start(&pr);
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
        run_for(500);
        assert_int_equal(A->gets, 1);
        msg_id = header_of(&question).msg_id;
        /* With a chain that begins anew it is nothing, and the answer is kept. */
        forge_next(&f, msg_id, ISAKMP_CFG_SET, 0);
        assert_int_equal(forge_send(&f, 0), ISAKMP_IGNORED);
        sends = A->sends;
        assert_int_equal(pair_input(&pr, 0, question.data, question.n), ISAKMP_IGNORED);
        assert_int_equal(A->sends, sends + 1);
        /* With the one that goes on it is the next question, and then the end. */
        A->park = late == 1;
        forge_next(&f, msg_id, ISAKMP_CFG_REQUEST, 1);
        assert_int_equal(forge_send(&f, 0), ISAKMP_OK);
        while (pair_answer(&pr, A))
            ;
        assert_int_equal(A->gets, 2);
        assert_int_equal(sas_in(A, ISAKMP_SA_XAUTH), 1);
        forge_next(&f, msg_id, ISAKMP_CFG_SET, 1);
        assert_int_equal(forge_send(&f, 0), ISAKMP_OK);
        assert_int_equal(sas_in(A, ISAKMP_SA_UP), 1);
        assert_int_equal(stats_of(A).exchanges, 1); /* kept: the last one */
        finish();
    }
}

/* The same where there is no room but that of the exchange that goes on. */
static void test_one_message_id_in_a_small_pool(void **state)
{
    static forgery f;
    uint32_t msg_id;
    (void)state;
    for (uint32_t limit = 1; limit < 4; limit++) {
        prepare(1241, ISAKMP_AUTH_XAUTH_INIT_PSK);
        A->config.limits.exchanges = limit;
        question.n = 0;
        pr.filter = keep_question;
        pair_start(&pr);
        pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
        run_for(500);
        assert_int_equal(A->gets, 1);
        msg_id = header_of(&question).msg_id;
        forge_next(&f, msg_id, ISAKMP_CFG_REQUEST, 1);
        assert_int_equal(forge_send(&f, 0), ISAKMP_OK);
        forge_next(&f, msg_id, ISAKMP_CFG_SET, 1);
        assert_int_equal(forge_send(&f, 0), ISAKMP_OK);
        assert_int_equal(sas_in(A, ISAKMP_SA_UP), 1);
        finish();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_known_client),
        cmocka_unit_test(test_a_client_that_is_not_known),
        cmocka_unit_test(test_the_host_knows),
        cmocka_unit_test(test_words_for_another),
        cmocka_unit_test(test_T52_roles),
        cmocka_unit_test(test_not_in_time),
        cmocka_unit_test(test_the_host_wants_a_new_one),
        cmocka_unit_test(test_wrong_after_a_restart),
        cmocka_unit_test(test_the_host_knows_late),
        cmocka_unit_test(test_users_of_one_group),
        cmocka_unit_test(test_contact_before_the_user),
        cmocka_unit_test(test_without_a_vendor_id),
        cmocka_unit_test(test_hybrid_without_a_vendor_id),
        cmocka_unit_test(test_flags_without_a_vendor_id),
        cmocka_unit_test(test_no_vendor_id),
        cmocka_unit_test(test_one_flag_alone),
        cmocka_unit_test(test_not_named),
        cmocka_unit_test(test_not_named_there),
        cmocka_unit_test(test_one_message_id),
        cmocka_unit_test(test_one_message_id_in_a_small_pool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
