/* flow/flow_peers.c -- what one negotiation may do to others: a peer to the SAs of another peer, an old
 * message to new SAs, a message about one thing to another thing. */
#include "flow/forge.h"

static void name(isakmp_id *id, const char *text)
{
    memset(id, 0, sizeof *id);
    id->type = ISAKMP_ID_FQDN;
    id->data = isakmp__span(text, strlen(text));
}

static int drop_all(pair *p, wire_item *w)
{
    (void)p;
    (void)w;
    return PAIR_DROP;
}

static isakmp_notify notify_of(const isakmp__sa *sa, uint8_t protocol, uint16_t type)
{
    isakmp_notify n;
    memset(&n, 0, sizeof n);
    n.doi = ISAKMP_DOI_IPSEC;
    n.protocol = protocol;
    n.type = type;
    if (sa)
        n.spi = isakmp__sa_cookies(sa);
    return n;
}

/* ---- Two peers with one name ------------------------------------------------------------------ */

static isakmp_peer_policy honest, liar, for_honest, for_liar;

static const isakmp_peer_policy *by_address(peer *p, const isakmp_query *q)
{
    (void)p;
    return q->path->remote.ip[3] == 9 ? &for_liar : &for_honest;
}

static isakmp_sa_id connect_from(uint8_t last, const isakmp_peer_policy *policy)
{
    isakmp_path path = pair_path(&pr, 0);
    isakmp_sa_id sa = {0};
    path.local.ip[3] = last;
    assert_int_equal(isakmp_connect(A->x, pr.now, policy, &path, ISAKMP_EXCH_MAIN, &sa), ISAKMP_OK);
    run_for(100);
    return sa;
}

/* An honest peer is up with a child; then another one comes, of whom B expects no certain identity, and
 * proves itself by its own key, but under the first one's name. */
static isakmp_sa_id liar_comes(isakmp_child_id *child, int same_policy)
{
    isakmp_sa_id sa;
    pair_init(&pr, 401);
    name(&A->peer.my_id, "victim.example");
    honest = liar = A->peer;
    liar.flags |= ISAKMP_PF_INITIAL_CONTACT;
    for_honest = for_liar = B->peer;
    if (!same_policy) {
        name(&for_honest.peer_id, "victim.example");
        B->choose_peer = by_address;
    }
    pair_start(&pr);
    sa = connect_from(1, &honest);
    *child = add_child(A, sa, &A->child);
    run_for(100);
    assert_int_equal(children_in(B, ISAKMP_CHILD_UP), 1);
    A->psk[0] = B->psk[0] = (uint8_t)~A->psk[0];
    return connect_from(9, &liar);
}

static void another_peer_of_that_name(int same_policy)
{
    isakmp_child_id child;
    isakmp_sa_id sa = liar_comes(&child, same_policy);
    isakmp_notify n = notify_of(inner_sa(A, sa), ISAKMP_PROTO_ISAKMP, ISAKMP_N_INITIAL_CONTACT);
    isakmp_delete d;
    uint8_t spi[4];
    forgery f;
    assert_int_equal(sas_in(B, ISAKMP_SA_UP), 2);
    forge_notify(&f, A, sa, 76, &n);
    assert_int_equal(forge_send(&f, 1), ISAKMP_OK);
    assert_int_equal(sas_in(B, ISAKMP_SA_UP), 2);
    memset(&d, 0, sizeof d);
    d.doi = ISAKMP_DOI_IPSEC;
    d.protocol = ISAKMP_PROTO_ESP;
    d.spi_size = 4;
    d.count = 1;
    isakmp__put32(spi, child_info(A, child).spi_in[0]);
    d.spis = isakmp__span(spi, 4);
    forge_delete(&f, A, sa, 77, &d);
    assert_int_equal(forge_send(&f, 1), ISAKMP_OK);
    assert_int_equal(children_in(B, ISAKMP_CHILD_UP), 1);
    finish();
}

static void test_another_peer_of_that_name(void **state)
{
    (void)state;
    another_peer_of_that_name(0);
    another_peer_of_that_name(1);
}

/* The host has replaced its policy by an equal one: the peer is the same, and its restart is noticed. */
static const isakmp_peer_policy *the_new_one(peer *p, const isakmp_query *q)
{
    (void)p;
    (void)q;
    return &for_honest;
}

static void test_the_same_peer_under_a_new_policy(void **state)
{
    (void)state;
    pair_init(&pr, 400);
    A->peer.flags |= ISAKMP_PF_INITIAL_CONTACT;
    come_up(ISAKMP_EXCH_MAIN, 1);
    for_honest = B->peer;
    B->choose_peer = the_new_one;
    pair_restart(&pr, 0);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
    run_for(100);
    assert_true(both_up(1));
    finish();
}

/* ---- INITIAL-CONTACT and what is newer --------------------------------------------------------- */

static uint8_t slow_cookie[ISAKMP_COOKIE_SIZE];
static unsigned lost;

static int lose_mm5(pair *p, wire_item *w)
{
    isakmp_header h = header_of(w);
    (void)p;
    w->at += 10;
    if (lost == 0 && w->from == 1 && h.exchange == ISAKMP_EXCH_MAIN &&
        h.flags & ISAKMP_FLAG_ENCRYPTION && memcmp(h.cky_i, slow_cookie, sizeof slow_cookie) == 0) {
        lost = 1;
        return PAIR_DROP;
    }
    return PAIR_DELIVER;
}

/* Both begin at once and announce INITIAL-CONTACT; one is delayed.  When its announcement comes the other
 * negotiation is through, and must survive. */
static void test_announcement_from_before(void **state)
{
    isakmp_sa_id sa;
    (void)state;
    pair_init(&pr, 402);
    A->peer.flags |= ISAKMP_PF_INITIAL_CONTACT;
    B->peer.flags |= ISAKMP_PF_INITIAL_CONTACT;
    lost = 0;
    pr.filter = lose_mm5;
    pair_start(&pr);
    pair_connect_from(&pr, 0, ISAKMP_EXCH_MAIN, 1);
    sa = pair_connect_from(&pr, 1, ISAKMP_EXCH_MAIN, 0);
    memcpy(slow_cookie, sa_info(B, sa).cky_i, sizeof slow_cookie);
    run_for(60000);
    assert_int_equal(lost, 1);
    assert_true(both_agree());
    assert_int_equal(sas_in(A, ISAKMP_SA_UP), 2);
    assert_int_equal(children_in(A, ISAKMP_CHILD_UP), 1);
    finish();
}

/* An announcement under an old SA, said again by anybody when its message ID has been forgotten. */
static void test_announcement_repeated_later(void **state)
{
    isakmp_sa_id old;
    isakmp_notify n;
    forgery contact, f;
    (void)state;
    pair_init(&pr, 403);
    come_up(ISAKMP_EXCH_MAIN, 0);
    old = first_sa(A);
    n = notify_of(inner_sa(A, old), ISAKMP_PROTO_ISAKMP, ISAKMP_N_INITIAL_CONTACT);
    forge_notify(&contact, A, old, 1000, &n);
    assert_int_equal(forge_send(&contact, 1), ISAKMP_OK);
    assert_int_equal(forge_send(&contact, 1), ISAKMP_IGNORED);
    n.type = ISAKMP_N_CONNECTED;
    for (uint32_t i = 0; i < ISAKMP_USED_MSG_IDS; i++) {
        forge_notify(&f, A, old, 2000 + i, &n);
        assert_int_equal(forge_send(&f, 1), ISAKMP_OK);
    }
    pr.now += 10;
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 1);
    run_for(100);
    assert_int_equal(children_in(B, ISAKMP_CHILD_UP), 1);
    forge_send(&contact, 1);
    assert_int_equal(sas_in(B, ISAKMP_SA_UP), 2);
    assert_int_equal(children_in(B, ISAKMP_CHILD_UP), 1);
    finish();
}

/* Nothing is announced while an SA with the peer is up, whatever policy it was made under. */
static void test_no_announcement_to_a_known_peer(void **state)
{
    static isakmp_peer_policy another;
    isakmp_path path;
    isakmp_sa_id sa;
    (void)state;
    pair_init(&pr, 404);
    come_up(ISAKMP_EXCH_MAIN, 1);
    another = B->peer;
    another.flags |= ISAKMP_PF_INITIAL_CONTACT;
    path = pair_path(&pr, 1);
    assert_int_equal(isakmp_connect(B->x, pr.now, &another, &path, ISAKMP_EXCH_MAIN, &sa),
                     ISAKMP_OK);
    run_for(100);
    assert_true(both_agree());
    assert_int_equal(sas_in(A, ISAKMP_SA_UP), 2);
    assert_int_equal(children_in(A, ISAKMP_CHILD_UP), 1);
    finish();
}

/* ---- Message IDs [RFC2408 3.1] ----------------------------------------------------------------- */

static uint8_t qm1[PAIR_MTU];
static size_t qm1_n;
static unsigned answers;

static int lose_the_rest(pair *p, wire_item *w)
{
    (void)p;
    if (header_of(w).exchange != ISAKMP_EXCH_QUICK)
        return PAIR_DELIVER;
    answers += w->from == 1;
    if (w->from == 0 && qm1_n == 0) {
        memcpy(qm1, w->data, w->n);
        qm1_n = w->n;
        return PAIR_DELIVER;
    }
    return PAIR_DROP;
}

/* A Quick Mode that failed is not begun again by its own first message. */
static void test_message_id_of_a_failed_exchange(void **state)
{
    (void)state;
    pair_init(&pr, 405);
    come_up(ISAKMP_EXCH_MAIN, 0);
    qm1_n = 0;
    pr.filter = lose_the_rest;
    add_child(A, first_sa(A), &A->child);
    run_for(LONG_MS);
    assert_int_equal(children_in(B, 0), 0);
    assert_int_equal(heard(B, ISAKMP_EV_CHILD_DOWN), 1);
    answers = 0;
    assert_int_equal(pair_input(&pr, 1, qm1, qm1_n), ISAKMP_IGNORED);
    assert_int_equal(isakmp_count(B->x, ISAKMP_D_MESSAGE_ID), 1);
    assert_int_equal(children_in(B, 0) + answers, 0);
    finish();
}

static unsigned spis_asked, zero_spis;

static int no_spi(void *user, isakmp_ticket t, isakmp_child_id child, uint8_t proto,
                  const isakmp_path *path, uint32_t *spi)
{
    (void)user;
    (void)t;
    (void)proto;
    (void)path;
    (void)spi;
    assert_true(child.v != 0);
    spis_asked++;
    return ISAKMP_E_HOST;
}

static int watch_deletes(pair *p, wire_item *w)
{
    static opened o;
    static wire_item copy;
    (void)p;
    copy = *w;
    if (header_of(w).exchange != ISAKMP_EXCH_INFO || !open_item(&o, &copy))
        return PAIR_DELIVER;
    for (unsigned i = 0; i < o.n; i++)
        if (o.parts[i].type == ISAKMP_PAYLOAD_DELETE)
            zero_spis += isakmp__get32(o.parts[i].body + 8) == 0;
    return PAIR_DELIVER;
}

/* A responder whose host has no SPI refuses once, and says so. */
static void test_host_has_no_spi(void **state)
{
    (void)state;
    pair_init(&pr, 406);
    B->own_spis = 1;
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
    run_for(100);
    B->x->host.get_spi = no_spi;
    spis_asked = zero_spis = 0;
    pr.arrive = watch_deletes;
    add_child(A, first_sa(A), &A->child);
    run_for(1000);
    assert_int_equal(spis_asked, 1);
    assert_int_equal(zero_spis, 0);
    assert_int_equal(heard(B, ISAKMP_EV_CHILD_DOWN), 1);
    assert_int_equal(heard(A, ISAKMP_EV_CHILD_DOWN), 1);
    assert_int_equal(last_event(A, ISAKMP_EV_CHILD_DOWN)->detail, ISAKMP_D_PEER_REFUSED);
    finish();
}

/* ---- Notifies about something else ------------------------------------------------------------- */

static void test_errors_that_refuse_nothing(void **state)
{
    static const uint8_t stale[4] = {0xde, 0xad, 0xbe, 0xef};
    static const uint16_t types[] = {ISAKMP_N_INVALID_SPI, ISAKMP_N_ADDRESS_NOTIFICATION,
                                     ISAKMP_N_NOTIFY_SA_LIFETIME, ISAKMP_N_NO_PROPOSAL_CHOSEN};
    isakmp_notify n;
    forgery f;
    (void)state;
    pair_init(&pr, 407);
    come_up(ISAKMP_EXCH_MAIN, 0);
    pr.filter = drop_all;
    add_child(A, first_sa(A), &A->child);
    for (unsigned i = 0; i < COUNT(types); i++) {
        n = notify_of(NULL, ISAKMP_PROTO_ESP, types[i]);
        n.spi = isakmp__span(stale, sizeof stale);
        forge_notify(&f, B, first_sa(B), 90 + i, &n);
        assert_int_equal(forge_send(&f, 0), ISAKMP_OK);
        assert_int_equal(heard(A, ISAKMP_EV_CHILD_DOWN), 0);
    }
    /* An SPI of ours is about the negotiation that offers it, also if it is the SPI that is wrong. */
    {
        uint8_t own[4];
        n = notify_of(NULL, ISAKMP_PROTO_ESP, ISAKMP_N_INVALID_SPI);
        isakmp__put32(own, isakmp__child_of(A->x, first_child(A))->spis.esp);
        n.spi = isakmp__span(own, sizeof own);
        forge_notify(&f, B, first_sa(B), 97, &n);
        assert_int_equal(forge_send(&f, 0), ISAKMP_OK);
        assert_int_equal(heard(A, ISAKMP_EV_CHILD_DOWN), 1);
    }
    add_child(A, first_sa(A), &A->child);
    /* Without an SPI it is about the only negotiation there is. */
    n = notify_of(NULL, ISAKMP_PROTO_ESP, ISAKMP_N_NO_PROPOSAL_CHOSEN);
    forge_notify(&f, B, first_sa(B), 99, &n);
    assert_int_equal(forge_send(&f, 0), ISAKMP_OK);
    assert_int_equal(heard(A, ISAKMP_EV_CHILD_DOWN), 2);
    finish();
}

/* Nothing to say: nobody is answered, and the host hears nothing. */
static void test_informational_without_content(void **state)
{
    unsigned before;
    forgery f;
    (void)state;
    pair_init(&pr, 408);
    come_up(ISAKMP_EXCH_MAIN, 0);
    forge_begin(&f, A, first_sa(A), ISAKMP_EXCH_INFO, 55);
    forge_end(&f);
    before = B->sends;
    assert_int_equal(forge_send(&f, 1), ISAKMP_IGNORED);
    assert_int_equal(B->sends - before, 0);
    assert_int_equal(heard(B, ISAKMP_EV_REFUSED), 0);
    finish();
}

/* The cookies say whose lifetime it is. */
static void test_lifetime_of_another_sa(void **state)
{
    static const uint8_t life[] = {0x80, ISAKMP_ATTR_LIFE_TYPE,     0, 1,
                                   0x80, ISAKMP_ATTR_LIFE_DURATION, 2, 88};
    isakmp_notify n;
    forgery f;
    uint8_t cookies[16];
    (void)state;
    pair_init(&pr, 409);
    come_up(ISAKMP_EXCH_MAIN, 0);
    n = notify_of(inner_sa(A, first_sa(A)), ISAKMP_PROTO_ISAKMP, ISAKMP_N_RESPONDER_LIFETIME);
    n.data = isakmp__span(life, sizeof life);
    memcpy(cookies, n.spi.p, 16);
    cookies[15] ^= 1;
    n.spi = isakmp__span(cookies, 16);
    forge_notify(&f, B, first_sa(B), 70, &n);
    assert_int_equal(forge_send(&f, 0), ISAKMP_OK);
    assert_int_equal(sa_info(A, first_sa(A)).suite.life_s, ISAKMP_DEFAULT_LIFE_S);
    cookies[15] ^= 1;
    forge_notify(&f, B, first_sa(B), 71, &n);
    assert_int_equal(forge_send(&f, 0), ISAKMP_OK);
    assert_int_equal(sa_info(A, first_sa(A)).suite.life_s, 600);
    finish();
}

/* ---- The shorter lifetime in the last message of Main Mode [RFC2407 4.6.3] --------------------- */

static int lose_informationals(pair *p, wire_item *w)
{
    (void)p;
    return header_of(w).exchange == ISAKMP_EXCH_INFO ? PAIR_DROP : PAIR_DELIVER;
}

static void test_shorter_lifetime_is_sure_to_arrive(void **state)
{
    (void)state;
    pair_init(&pr, 410);
    A->policies[0].life_s = 7200;
    B->policies[0].life_s = 3600;
    pr.filter = lose_informationals;
    come_up(ISAKMP_EXCH_MAIN, 0);
    assert_int_equal(sa_info(A, first_sa(A)).suite.life_s, 3600);
    assert_int_equal(sa_info(B, first_sa(B)).suite.life_s, 3600);
    finish();
}

/* ---- One answer to every altered message (T-63) ------------------------------------------------ */

static unsigned told_in_clear;

static int count_clear(pair *p, wire_item *w)
{
    (void)p;
    told_in_clear += w->from == 1 && header_of(w).exchange == ISAKMP_EXCH_INFO;
    return PAIR_DELIVER;
}

static void alter(opened *o, unsigned how)
{
    if (how == 0) { /* a payload that is too short */
        o->patch_at = 31;
        o->patch = 3;
    } else if (how == 1) { /* one that does not belong there */
        o->parts[0].type = ISAKMP_PAYLOAD_NONCE;
        o->h.next = ISAKMP_PAYLOAD_NONCE;
    } else if (how == 2) { /* an identity that there is not */
        o->parts[0].body[0] = 77;
    } else { /* another HASH */
        o->parts[1].body[0] ^= 1;
    }
}

static int try_alterations(pair *p, wire_item *w)
{
    static opened o;
    static wire_item copy;
    isakmp_header h = header_of(w);
    if (w->from != 0 || h.exchange != ISAKMP_EXCH_MAIN || !(h.flags & ISAKMP_FLAG_ENCRYPTION))
        return PAIR_DELIVER;
    for (unsigned how = 0; how < 4; how++) {
        unsigned before = told_in_clear;
        copy = *w;
        assert_true(open_item(&o, &copy));
        alter(&o, how);
        close_item(&o, &copy);
        p->now += 200;
        assert_int_equal(pair_input(p, 1, copy.data, copy.n), ISAKMP_IGNORED);
        assert_int_equal(told_in_clear - before, 1);
    }
    return PAIR_DELIVER;
}

static void test_T63_one_answer(void **state)
{
    (void)state;
    pair_init(&pr, 411);
    told_in_clear = 0;
    pr.filter = count_clear;
    pr.arrive = try_alterations;
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
    run_for(2000);
    assert_int_equal(told_in_clear, 4);
    assert_true(both_up(0));
    finish();
}

/* Before there are keys there is nothing to learn, and nobody is answered. */
static void test_T63_no_answer_before_there_are_keys(void **state)
{
    uint8_t junk[ISAKMP_HEADER_SIZE + 16];
    isakmp_header h;
    isakmp_writer w;
    isakmp_sa_info i;
    unsigned before;
    (void)state;
    pair_init(&pr, 413);
    pair_start(&pr);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
    pair_deliver(&pr);
    i = sa_info(B, first_sa(B));
    memset(&h, 0, sizeof h);
    memcpy(h.cky_i, i.cky_i, sizeof h.cky_i);
    memcpy(h.cky_r, i.cky_r, sizeof h.cky_r);
    h.version = 0x10;
    h.exchange = ISAKMP_EXCH_MAIN;
    h.flags = ISAKMP_FLAG_ENCRYPTION;
    h.next = ISAKMP_PAYLOAD_ID;
    h.length = sizeof junk;
    memset(junk, 7, sizeof junk);
    isakmp_wr_init(&w, junk, sizeof junk);
    isakmp_wr_header(&w, &h);
    isakmp__put32(junk + 24, sizeof junk);
    junk[16] = ISAKMP_PAYLOAD_ID;
    before = B->sends;
    assert_int_equal(pair_input(&pr, 1, junk, sizeof junk), ISAKMP_IGNORED);
    assert_int_equal(B->sends, before);
    run_for(100);
    assert_true(both_up(0));
    finish();
}

/* ---- What is ours, sent back to us ------------------------------------------------------------- */

static int mirror(pair *p, wire_item *w)
{
    static opened o;
    static wire_item copy;
    isakmp_span own;
    if (w->from != 1 || header_of(w).exchange != ISAKMP_EXCH_MAIN)
        return PAIR_DELIVER;
    copy = *w;
    if (A->x && sa_info(A, first_sa(A)).message == 2) {
        memcpy(copy.data + 8, copy.data, 8);
        assert_int_equal(pair_input(p, 0, copy.data, copy.n), ISAKMP_IGNORED);
        assert_int_equal(isakmp_count(A->x, ISAKMP_D_COOKIE), 1);
    } else if (open_item(&o, &copy) && find_part(&o, ISAKMP_PAYLOAD_KE, 0)) {
        own = isakmp__exch_phase1(inner_sa(A, first_sa(A)))->g_xi;
        memcpy(find_part(&o, ISAKMP_PAYLOAD_KE, 0)->body, own.p, own.n);
        close_item(&o, &copy);
        assert_int_equal(pair_input(p, 0, copy.data, copy.n), ISAKMP_IGNORED);
        assert_int_equal(isakmp_count(A->x, ISAKMP_D_KE_VALUE), 1);
    }
    return PAIR_DELIVER;
}

static void test_reflections(void **state)
{
    (void)state;
    pair_init(&pr, 414);
    pr.arrive = mirror;
    come_up(ISAKMP_EXCH_MAIN, 1);
    assert_int_equal(isakmp_count(A->x, ISAKMP_D_COOKIE) + isakmp_count(A->x, ISAKMP_D_KE_VALUE),
                     2);
    finish();
}

/* ---- What is left of an SA --------------------------------------------------------------------- */

/* A child has outlived its SA; when the host closes that, the next SA with the peer says goodbye. */
static void test_close_of_an_ended_sa(void **state)
{
    isakmp_sa_id one;
    isakmp_delete d;
    forgery f;
    (void)state;
    pair_init(&pr, 412);
    come_up(ISAKMP_EXCH_MAIN, 1);
    one = first_sa(A);
    pair_connect(&pr, ISAKMP_EXCH_MAIN, 0);
    run_for(100);
    memset(&d, 0, sizeof d);
    d.doi = ISAKMP_DOI_IPSEC;
    d.protocol = ISAKMP_PROTO_ISAKMP;
    d.spi_size = 16;
    d.count = 1;
    d.spis = isakmp__sa_cookies(inner_sa(A, one));
    forge_delete(&f, B, first_sa(B), 66, &d);
    assert_int_equal(forge_send(&f, 0), ISAKMP_OK);
    assert_int_equal(sa_info(A, one).state, ISAKMP_SA_ENDED);
    assert_int_equal(isakmp_close(A->x, pr.now, one), ISAKMP_OK);
    run_for(100);
    assert_int_equal(children_in(A, 0) + children_in(B, 0), 0);
    finish();
}

/* ---- Vendor IDs ----------------------------------------------------------------------------- */

static unsigned lines, strongswan_lines;

static void note_vendor(peer *p, int level, const char *line)
{
    (void)p;
    if (strstr(line, "vendor ID of") == NULL)
        return;
    assert_int_equal(level, ISAKMP_LOG_INFO);
    lines++;
    strongswan_lines += strstr(line, "the peer has the vendor ID of strongSwan") != NULL;
}

/* B's second and fourth message: one that is known, twice, and one that is not. */
static int add_vendors(pair *p, wire_item *w)
{
    static const uint8_t strongswan[16] = {0x88, 0x2f, 0xe5, 0x6d, 0x6f, 0xd2, 0x0d, 0xbc,
                                           0x22, 0x51, 0x61, 0x3b, 0x2e, 0xbe, 0x5b, 0xeb};
    static opened o;
    (void)p;
    if (header_of(w).exchange != ISAKMP_EXCH_MAIN || w->from != 1 || !open_item(&o, w) ||
        o.encrypted)
        return PAIR_DELIVER;
    add_part(&o, o.n, ISAKMP_PAYLOAD_VENDOR_ID, strongswan, sizeof strongswan);
    add_part(&o, o.n, ISAKMP_PAYLOAD_VENDOR_ID, strongswan, sizeof strongswan);
    add_part(&o, o.n, ISAKMP_PAYLOAD_VENDOR_ID, "nobody knows", 12);
    close_item(&o, w);
    return PAIR_DELIVER;
}

static int has_vendor(const peer *p, const char *name)
{
    uint64_t vendors = sa_info(p, first_sa(p)).vendors;
    for (unsigned i = 0; isakmp_vendor_known(i); i++)
        if (vendors >> i & 1 && strcmp(isakmp_vendor_known(i), name) == 0)
            return 1;
    return 0;
}

/* Which known vendor IDs the peer has: in the log, each once, and to be looked up. */
static void test_vendor_ids_are_told(void **state)
{
    (void)state;
    pair_init(&pr, 395);
    lines = strongswan_lines = 0;
    A->hear_line = note_vendor;
    pr.arrive = add_vendors;
    come_up(ISAKMP_EXCH_MAIN, 0);
    assert_int_equal(strongswan_lines, 1);
    assert_int_equal(lines, 4); /* and NAT traversal, dead peer detection, fragmentation */
    assert_true(has_vendor(A, "strongSwan"));
    assert_true(has_vendor(A, "NAT-T RFC 3947"));
    assert_true(has_vendor(A, "DPD (RFC 3706)"));
    assert_false(has_vendor(A, "NAT-T draft 03")); /* the responder answers the best alone */
    assert_true(has_vendor(B, "NAT-T draft 03"));
    assert_false(has_vendor(B, "strongSwan"));
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_another_peer_of_that_name),
        cmocka_unit_test(test_the_same_peer_under_a_new_policy),
        cmocka_unit_test(test_announcement_from_before),
        cmocka_unit_test(test_announcement_repeated_later),
        cmocka_unit_test(test_no_announcement_to_a_known_peer),
        cmocka_unit_test(test_message_id_of_a_failed_exchange),
        cmocka_unit_test(test_host_has_no_spi),
        cmocka_unit_test(test_errors_that_refuse_nothing),
        cmocka_unit_test(test_informational_without_content),
        cmocka_unit_test(test_lifetime_of_another_sa),
        cmocka_unit_test(test_shorter_lifetime_is_sure_to_arrive),
        cmocka_unit_test(test_T63_one_answer),
        cmocka_unit_test(test_T63_no_answer_before_there_are_keys),
        cmocka_unit_test(test_reflections),
        cmocka_unit_test(test_close_of_an_ended_sa),
        cmocka_unit_test(test_vendor_ids_are_told),
    };
    return cmocka_run_group_tests_name("peers", tests, NULL, NULL);
}
