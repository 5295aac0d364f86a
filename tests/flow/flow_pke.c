/* flow/flow_pke.c -- phase 1 with RSA encrypted nonces and in the revised mode [RFC2409 5.2, 5.3]: both
 * modes, both roles; both ways to make SKEYID; and that nobody can tell what we could not decrypt. */
#include "flow/forge.h"

static const uint8_t modes[] = {ISAKMP_EXCH_MAIN, ISAKMP_EXCH_AGGRESSIVE};
static const uint16_t methods[] = {ISAKMP_AUTH_RSA_ENCR, ISAKMP_AUTH_RSA_ENCR_REV};
static uint8_t mode;
static uint16_t method;

static void prepare(uint64_t seed, unsigned k, unsigned m)
{
    pair_init(&pr, seed);
    mode = modes[k];
    method = methods[m];
    for (int i = 0; i < 2; i++) {
        pr.p[i].policies[0].auth = method;
        pr.p[i].toy.scramble = 1;
    }
}

/* Do something for every mode and method. */
#define EACH(k, m)                                                                                 \
    for (unsigned k = 0; k < 2; k++)                                                               \
        for (unsigned m = 0; m < 2; m++)

/* ---- What works ------------------------------------------------------------------------------- */

/* The initiator encrypts its identity and its nonce, or its nonce alone; so does the responder. */
static void test_both_modes(void **state)
{
    (void)state;
    EACH(k, m)
    {
        prepare(700 + m, k, m);
        come_up(mode, 1);
        for (int i = 0; i < 2; i++) {
            peer *p = &pr.p[i];
            assert_int_equal(p->encrypts, m ? 1 : 2);
            assert_int_equal(p->decrypts, m ? 1 : 2);
            assert_int_equal(p->signs + p->verifies, 0);
            assert_int_equal(p->hash_1_n, 0);
            assert_int_equal(sa_info(p, first_sa(p)).suite.auth, method);
            assert_int_equal(sa_info(p, first_sa(p)).peer_id.type, ISAKMP_ID_IPV4_ADDR);
        }
        finish();
    }
}

/* Identities and nonces never stand in the clear, nor public values in the revised mode. */
static unsigned clear_ids, clear_values;

static int look_for_ids(pair *p, wire_item *w)
{
    isakmp_span s = {w->data, w->n}, body;
    isakmp_msg m;
    (void)p;
    assert_int_equal(isakmp_msg_parse(&m, s), ISAKMP_OK);
    body = isakmp_msg_find(&m, ISAKMP_PAYLOAD_ID, 0);
    clear_ids += body.n == 8;
    clear_values += isakmp_msg_find(&m, ISAKMP_PAYLOAD_KE, 0).n == 128;
    return PAIR_DELIVER;
}

static void test_what_is_hidden(void **state)
{
    (void)state;
    EACH(k, m)
    {
        prepare(702, k, m);
        clear_ids = clear_values = 0;
        pr.filter = look_for_ids;
        come_up(mode, 0);
        assert_int_equal(clear_ids, 0);
        assert_int_equal(clear_values, m ? 0 : 2);
        finish();
    }
}

static void test_groups_and_ciphers(void **state)
{
    static const uint16_t groups[] = {ISAKMP_GROUP_MODP_768, ISAKMP_GROUP_ECP_256,
                                      ISAKMP_GROUP_CURVE25519};
    static const struct {
        uint16_t cipher, bits;
    } ciphers[] = {{ISAKMP_CIPHER_AES, 256}, {ISAKMP_CIPHER_3DES, 0}, {ISAKMP_CIPHER_DES, 0}};
    (void)state;
    EACH(k, c)
    for (unsigned g = 0; g < COUNT(groups) * COUNT(ciphers); g++) {
        (void)c;
        prepare(710 + g, k, 1);
        for (int i = 0; i < 2; i++) {
            pr.p[i].policies[0].group = groups[g % COUNT(groups)];
            pr.p[i].policies[0].cipher = ciphers[g / COUNT(groups)].cipher;
            pr.p[i].policies[0].key_bits = ciphers[g / COUNT(groups)].bits;
        }
        come_up(mode, 0);
        finish();
    }
}

/* The responder has several keys, and is told which one it is. */
static void test_hash_1(void **state)
{
    (void)state;
    EACH(k, m)
    {
        prepare(720, k, m);
        A->named_cert = 1;
        come_up(mode, 1);
        assert_int_equal(B->hash_1_n, isakmp_hash_size(A->policies[0].hash));
        assert_int_equal(A->hash_1_n, 0);
        finish();
    }
}

/* With NAT traversal, but for the revised mode, which has no room for NAT-D. */
static int translate(pair *p, wire_item *w)
{
    (void)p;
    if (w->from == 0)
        w->path.local.ip[3] = 99;
    else
        w->path.remote.ip[3] = 1;
    return PAIR_DELIVER;
}

static void test_behind_a_nat(void **state)
{
    (void)state;
    EACH(k, m)
    {
        prepare(722, k, m);
        pr.natted = 1;
        pr.filter = translate;
        come_up(mode, 0);
        assert_int_equal(heard(A, ISAKMP_EV_NAT), m == 0);
        assert_int_equal(heard(B, ISAKMP_EV_NAT), m == 0);
        finish();
    }
}

/* Cisco's way to make SKEYID: the responder of Main Mode finds out, others are told by the policy. */
static void test_cisco_skeyid(void **state)
{
    (void)state;
    EACH(k, m)
    for (unsigned who = 0; who < 4; who++) {
        int agree = modes[k] == ISAKMP_EXCH_MAIN || who == 0 || who == 3;
        prepare(724, k, m);
        A->peer.flags |= who & 1 ? ISAKMP_PF_CISCO_SKEYID : 0;
        B->peer.flags |= who & 2 ? ISAKMP_PF_CISCO_SKEYID : 0;
        if (agree) {
            come_up(mode, 1);
            assert_memory_equal(A->key, B->key, sizeof A->key);
        } else {
            pair_start(&pr);
            pair_connect(&pr, mode, 0);
            run_for(LONG_MS);
            assert_int_equal(last_event(A, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_KEY_SUSPECTED);
        }
        finish();
    }
}

static void test_huawei(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++)
        for (unsigned who = 1; who < 4; who++) {
            prepare(726, k, 1);
            A->peer.flags |= who & 1 ? ISAKMP_PF_HUAWEI_REV : 0;
            B->peer.flags |= who & 2 ? ISAKMP_PF_HUAWEI_REV : 0;
            if (who == 3) {
                come_up(mode, 1);
            } else {
                pair_start(&pr);
                pair_connect(&pr, mode, 0);
                run_for(LONG_MS);
                assert_int_equal(heard(A, ISAKMP_EV_SA_UP) + heard(B, ISAKMP_EV_SA_UP), 0);
            }
            finish();
        }
}

/* In Aggressive Mode nothing is offered beside encrypted nonces that would need another message. */
static void test_what_is_offered_together(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++)
        for (unsigned first = 0; first < 3; first++) {
            isakmp_msg m;
            isakmp_span s;
            uint16_t auth;
            prepare(728, k, 0);
            for (unsigned i = 0; i < 6; i++) {
                static const uint16_t mixed[] = {ISAKMP_AUTH_RSA_ENCR_REV, ISAKMP_AUTH_RSA_ENCR,
                                                 ISAKMP_AUTH_RSA_SIG, ISAKMP_AUTH_PSK};
                A->policies[i] = A->policies[0];
                A->policies[i].priority = (uint16_t)(i + 1);
                A->policies[i].auth = mixed[(first + i) % 3];
            }
            A->policies[5].auth = ISAKMP_AUTH_PSK;
            A->peer.n_policies = 6;
            B->policies[0].auth = A->policies[0].auth;
            pair_start(&pr);
            pair_connect(&pr, mode, 0);
            s.p = pr.wire[0].data;
            s.n = pr.wire[0].n;
            assert_int_equal(isakmp_msg_parse(&m, s), ISAKMP_OK);
            auth = isakmp__first_offer(isakmp_msg_find(&m, ISAKMP_PAYLOAD_SA, 0)).auth;
            assert_int_equal(auth, A->policies[0].auth);
            run_for(100);
            assert_true(both_up(0));
            assert_int_equal(sa_info(A, first_sa(A)).suite.auth, auth);
            finish();
        }
}

/* Two policies, encrypted nonces above signatures: the first negotiation goes by signatures, because the
 * other side's public key is not known yet, and the next one by encrypted nonces. */
static void test_two_policies(void **state)
{
    (void)state;
    for (int from = 0; from < 2; from++)
        EACH(k, m)
        {
            isakmp_sa_id sa;
            prepare(730, k, m);
            for (int i = 0; i < 2; i++) {
                peer *p = &pr.p[i];
                p->learn_first = 1;
                p->policies[1] = p->policies[0];
                p->policies[1].priority++;
                p->policies[1].auth = ISAKMP_AUTH_RSA_SIG;
                p->peer.n_policies = 2;
            }
            come_up(mode, 0);
            for (int i = 0; i < 2; i++) {
                assert_int_equal(sa_info(&pr.p[i], first_sa(&pr.p[i])).suite.auth,
                                 ISAKMP_AUTH_RSA_SIG);
                assert_int_equal(pr.p[i].learns, 1);
                assert_int_equal(pr.p[i].learnt_certs, 1); /* it was asked for */
            }
            sa = pair_connect_from(&pr, from, mode, 0);
            run_for(100);
            assert_int_equal(sas_in(A, ISAKMP_SA_UP), 2);
            assert_int_equal(sas_in(B, ISAKMP_SA_UP), 2);
            assert_int_equal(sa_info(&pr.p[from], sa).suite.auth, method);
            assert_int_equal(A->learns + B->learns, 2);
            finish();
        }
}

/* Certificates for encryption are neither asked for nor sent, and nothing is learnt, where no policy could
 * use it. */
static void test_nothing_to_learn(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        prepare(732, k, 0);
        A->policies[0].auth = B->policies[0].auth = ISAKMP_AUTH_RSA_SIG;
        come_up(mode, 0);
        assert_int_equal(A->learnt_certs + B->learnt_certs, 0);
        finish();
    }
}

/* ---- What does not ---------------------------------------------------------------------------- */

/* The key that we encrypt with is somebody's: nobody else will do, whatever the policy allows. */
static void test_the_owner_of_the_key(void **state)
{
    (void)state;
    EACH(k, m)
    for (int right = 0; right < 2; right++) {
        prepare(740, k, m);
        A->owner.type = ISAKMP_ID_FQDN;
        A->owner.data.p = (const uint8_t *)"carol.example";
        A->owner.data.n = 13;
        if (right)
            B->peer.my_id = A->owner;
        pair_start(&pr);
        pair_connect(&pr, mode, 0);
        run_for(LONG_MS);
        if (right)
            assert_true(both_up(0));
        else
            assert_int_equal(last_event(A, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_ID_REFUSED);
        assert_int_equal(heard(A, ISAKMP_EV_SA_UP), right);
        finish();
    }
}

/* ... nor one that would fit if the owner's name were a pattern. */
static void test_the_owner_is_no_pattern(void **state)
{
    (void)state;
    EACH(k, m)
    {
        prepare(741, k, m);
        A->owner.type = B->peer.my_id.type = ISAKMP_ID_FQDN;
        A->owner.data = isakmp__span((const uint8_t *)"*.example", 9);
        B->peer.my_id.data = isakmp__span((const uint8_t *)"bank.example", 12);
        pair_start(&pr);
        pair_connect(&pr, mode, 0);
        run_for(LONG_MS);
        assert_int_equal(heard(A, ISAKMP_EV_SA_UP), 0);
        assert_int_equal(last_event(A, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_ID_REFUSED);
        finish();
    }
}

/* A responder whose own identity is too long for the peer's key answers as it answers strangers. */
static unsigned answers;

static int count_answers(pair *p, wire_item *w)
{
    (void)p;
    answers += w->from == 1;
    return PAIR_DELIVER;
}

static void test_identity_too_long_for_the_peer(void **state)
{
    static uint8_t name[PAIR_BLOCK];
    (void)state;
    memset(name, 'a', sizeof name);
    for (unsigned k = 0; k < 2; k++) {
        unsigned of_friend = 0;
        for (int stranger = 0; stranger < 2; stranger++) {
            prepare(743, k, 0);
            B->peer.my_id.type = ISAKMP_ID_FQDN;
            B->peer.my_id.data = isakmp__span(name, PAIR_BLOCK - 11);
            B->no_peer_key = stranger;
            answers = 0;
            pr.filter = count_answers;
            pair_start(&pr);
            pair_connect(&pr, mode, 0);
            run_for(2000);
            if (stranger)
                assert_int_equal(answers, of_friend);
            of_friend = answers;
            assert_int_equal(heard(B, ISAKMP_EV_SA_UP), 0);
            finish();
        }
        assert_true(of_friend > 0);
    }
}

/* The initiator's identity does not fit into a block of the responder's key. */
static void test_identity_that_is_too_long(void **state)
{
    static uint8_t name[PAIR_BLOCK];
    (void)state;
    memset(name, 'a', sizeof name);
    for (unsigned k = 0; k < 2; k++)
        for (size_t n = PAIR_BLOCK - 11 - 4; n <= PAIR_BLOCK - 11 - 3; n++) {
            int fits = n == PAIR_BLOCK - 11 - 4;
            prepare(742, k, 0);
            A->peer.my_id.type = ISAKMP_ID_FQDN;
            A->peer.my_id.data = isakmp__span(name, n);
            pair_start(&pr);
            pair_connect(&pr, mode, 0);
            run_for(100);
            assert_int_equal(heard(A, ISAKMP_EV_SA_UP), fits);
            if (!fits)
                assert_int_equal(last_event(A, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_ID_TOO_LONG);
            finish();
        }
}

/* As initiator without the peer's key nothing is begun; if the host finds out late, nothing is sent. */
static void test_no_key_for_the_responder(void **state)
{
    (void)state;
    EACH(k, m)
    {
        prepare(744, k, m);
        A->no_peer_key = 1;
        pair_start(&pr);
        pair_connect(&pr, mode, 0);
        run_for(LONG_MS);
        assert_int_equal(last_event(A, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_NO_KEY);
        assert_int_equal(B->decrypts, 0);
        finish();
    }
}

/* The key that is taken for a stranger is the stranger's own, as it happens: what it reads is of no use. */
static void test_a_stranger_who_has_the_other_key(void **state)
{
    (void)state;
    EACH(k, m)
    {
        prepare(746, k, m);
        B->no_peer_key = 1;
        B->decoy_key = 0;
        pair_start(&pr);
        pair_connect(&pr, mode, 0);
        run_for(LONG_MS);
        assert_int_equal(heard(A, ISAKMP_EV_SA_UP) + heard(B, ISAKMP_EV_SA_UP), 0);
        finish();
    }
}

/* ---- No oracle [T-60] -------------------------------------------------------------------------- */

/* What is done to one encrypted payload. */
enum {
    WRONG_CONTENT = 0, /* good padding, another content: the measure of all others */
    NO_ZERO_FIRST,
    WRONG_TYPE,
    ZERO_IN_PADDING,
    NO_END,
    TOO_SHORT,
    EMPTY,
    WRONG_KEY,
    ALL_ZERO,
    ALL_ONES,
    WRONG_ID_FORM,
    UNKNOWN_ID,
    UNKNOWN_KEY,
    NO_DECOY,
    KINDS
};

static int kind, victim;
static uint8_t altered; /* which payload */

/* A message that the peer wrote, or anybody who can alter it: the block is opened, changed, and closed. */
static void alter(uint8_t *block)
{
    uint8_t plain[PAIR_BLOCK];
    size_t end = 2;
    for (size_t i = 0; i < PAIR_BLOCK; i++)
        plain[i] = (uint8_t)(block[i] - pair_key_octet(victim, i));
    while (plain[end])
        end++;
    switch (kind) {
    case WRONG_CONTENT:
        plain[PAIR_BLOCK - 1] ^= 1;
        break;
    case NO_ZERO_FIRST:
        plain[0] = 1;
        break;
    case WRONG_TYPE:
        plain[1] = 1;
        break;
    case ZERO_IN_PADDING:
        plain[9] = 0;
        break;
    case NO_END:
        for (size_t i = 2; i < PAIR_BLOCK; i++)
            plain[i] |= 1;
        break;
    case TOO_SHORT:
        memset(plain + 2, 7, PAIR_BLOCK - 2);
        plain[PAIR_BLOCK - 5] = 0;
        break;
    case EMPTY:
        memset(plain + 2, 7, PAIR_BLOCK - 2);
        plain[PAIR_BLOCK - 1] = 0;
        break;
    case WRONG_KEY:
        for (size_t i = 0; i < PAIR_BLOCK; i++)
            plain[i] = (uint8_t)(plain[i] + 3 * i + 1);
        break;
    case ALL_ZERO:
    case ALL_ONES:
        memset(plain, kind == ALL_ZERO ? 0 : 0xff, PAIR_BLOCK);
        break;
    case WRONG_ID_FORM:
        plain[end + 1] = 0x77;
        break;
    case UNKNOWN_ID:
        plain[end + 1] = ISAKMP_ID_KEY_ID;
        break;
    default:
        break;
    }
    for (size_t i = 0; i < PAIR_BLOCK; i++)
        block[i] = (uint8_t)(plain[i] + pair_key_octet(victim, i));
}

static int alter_message(pair *p, wire_item *w)
{
    isakmp_span s = {w->data, w->n}, body;
    isakmp_msg m;
    (void)p;
    if (w->from == victim || header_of(w).flags & ISAKMP_FLAG_ENCRYPTION)
        return PAIR_DELIVER;
    assert_int_equal(isakmp_msg_parse(&m, s), ISAKMP_OK);
    body = isakmp_msg_find(&m, altered, 0);
    if (body.n == PAIR_BLOCK)
        alter(w->data + (body.p - w->data));
    return PAIR_DELIVER;
}

/* What the other side, and everybody on the way, sees of the victim: when it sends, how long the message is,
 * and which payloads of which lengths it has. */
static struct {
    unsigned n;
    uint32_t seen[256];
} transcript, measure;

static void note(uint32_t what)
{
    assert_true(transcript.n < COUNT(transcript.seen));
    transcript.seen[transcript.n++] = what;
}

static int write_down(pair *p, wire_item *w)
{
    isakmp_span s = {w->data, w->n};
    isakmp_header h = header_of(w);
    isakmp_msg m;
    if (w->from != victim)
        return PAIR_DELIVER;
    note((uint32_t)p->now);
    note((uint32_t)(w->n << 16 | (unsigned)h.exchange << 8 | h.flags));
    assert_int_equal(isakmp_msg_parse(&m, s), ISAKMP_OK);
    for (unsigned i = 0; i < m.count; i++)
        note((uint32_t)m.pl[i].type << 16 | m.pl[i].len);
    return PAIR_DELIVER;
}

/* Everything from beginning to end; what the host hears, too, and how it came to its end. */
static void watch(uint64_t seed, unsigned k, unsigned m)
{
    prepare(seed, k, m);
    memset(&transcript, 0, sizeof transcript);
    pr.filter = write_down;
    pr.arrive = alter_message;
    pr.p[victim].no_peer_key = kind == UNKNOWN_KEY || kind == NO_DECOY;
    pr.p[victim].decoy_key = 2;
    pr.p[victim].no_decoy = kind == NO_DECOY;
    A->config.retransmit_tries = 2; /* over before what is half open: no second try */
    pair_start(&pr);
    pair_connect(&pr, mode, 0);
    run_for(LONG_MS);
    assert_int_equal(heard(&pr.p[victim], ISAKMP_EV_SA_UP), 0);
    for (unsigned n = 0; n < pr.p[victim].n_events; n++)
        note((uint32_t)pr.p[victim].events[n].type << 16 | pr.p[victim].events[n].detail);
    note(pr.p[victim].encrypts << 16 | pr.p[victim].decrypts);
    assert_int_equal(last_event(&pr.p[victim], ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_KEY_SUSPECTED);
    finish();
}

/* Whatever is wrong with what was encrypted for us, as responder and as initiator: number, time, length and
 * form of our messages are the same, and so is what the host is told.  (Only to a peer that we know, and that
 * has its key, does it show that we know it: it can read our nonce.) */
static void test_T60_nobody_can_tell(void **state)
{
    static const uint8_t types[] = {ISAKMP_PAYLOAD_NONCE, ISAKMP_PAYLOAD_ID};
    unsigned compared = 0;
    (void)state;
    for (victim = 0; victim < 2; victim++)
        EACH(k, m)
    for (unsigned t = 0; t < 2 - m; t++) {
        altered = types[t];
        kind = altered == ISAKMP_PAYLOAD_ID && victim == 1 ? UNKNOWN_ID : WRONG_CONTENT;
        watch(760, k, m);
        measure = transcript;
        for (kind = 1; kind < KINDS; kind++) {
            int about_ids = kind >= WRONG_ID_FORM;
            if (about_ids && (altered != ISAKMP_PAYLOAD_ID || victim == 0))
                continue;
            watch(760, k, m);
            if (transcript.n != measure.n ||
                memcmp(transcript.seen, measure.seen, sizeof measure.seen) != 0)
                fail_msg("it shows: kind %d, mode %u, method %u, payload %u", kind, mode, method,
                         altered);
            compared++;
        }
    }
    assert_int_equal(compared, 2 * 6 * (WRONG_ID_FORM - 1) + 2 * (KINDS - WRONG_ID_FORM));
}

/* A block that is no number below the modulus, or of another length: everybody sees that, so it need not be
 * hidden, but nothing else becomes of it. */
static size_t block_n;

static int resize_nonce(pair *p, wire_item *w)
{
    static opened o;
    part *nonce;
    if (w->from != 0 || header_of(w).flags & ISAKMP_FLAG_ENCRYPTION)
        return PAIR_DELIVER;
    if (!open_item(&o, w) || (nonce = find_part(&o, ISAKMP_PAYLOAD_NONCE, 0)) == NULL)
        return PAIR_DELIVER;
    p->arrive = NULL;
    nonce->n = block_n;
    close_item(&o, w);
    return PAIR_DELIVER;
}

static void test_blocks_of_all_lengths(void **state)
{
    static const size_t lengths[] = {0, 1, 10, 19, 63, 64, 127, 129, 256, 1024, 1025, 1200};
    (void)state;
    EACH(k, m)
    for (unsigned i = 0; i < COUNT(lengths); i++) {
        prepare(770, k, m);
        block_n = lengths[i];
        pr.arrive = resize_nonce;
        pair_start(&pr);
        pair_connect(&pr, mode, 0);
        run_for(20000); /* before the end of what is half open */
        /* What cannot be a block is refused, and the true message comes. */
        assert_int_equal(heard(B, ISAKMP_EV_SA_UP), block_n < 64 || block_n > 1024);
        finish();
    }
}

/* In the revised mode a public value that the group has not comes of a wrong nonce, or of a peer that sends
 * one: it does not show before HASH. */
static int bad_value;

static int spoil_value(pair *p, wire_item *w)
{
    isakmp_span s = {w->data, w->n}, body;
    isakmp_msg m;
    (void)p;
    if (w->from != 0 || header_of(w).flags & ISAKMP_FLAG_ENCRYPTION)
        return PAIR_DELIVER;
    assert_int_equal(isakmp_msg_parse(&m, s), ISAKMP_OK);
    body = isakmp_msg_find(&m, ISAKMP_PAYLOAD_KE, 0);
    if (body.n == 0)
        return PAIR_DELIVER;
    bad_value++;
    w->data[body.p - w->data] ^= 0x55;
    return PAIR_DELIVER;
}

static void test_T60_public_value_that_cannot_be(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        prepare(772, k, 1);
        bad_value = 0;
        pr.arrive = spoil_value;
        pair_start(&pr);
        pair_connect(&pr, mode, 0);
        run_for(LONG_MS);
        assert_true(bad_value > 0);
        assert_int_equal(last_event(B, ISAKMP_EV_SA_DOWN)->detail, ISAKMP_D_KEY_SUSPECTED);
        finish();
    }
}

/* ---- Hostile messages -------------------------------------------------------------------------- */

/* Every length and order that everybody sees; then the true message. */
static unsigned what_part;
static size_t what_n;

static int reshape(pair *p, wire_item *w)
{
    static opened o;
    static wire_item copy;
    unsigned before;
    if (w->from != 0 || header_of(w).flags & ISAKMP_FLAG_ENCRYPTION)
        return PAIR_DELIVER;
    copy = *w;
    if (!open_item(&o, &copy) || find_part(&o, ISAKMP_PAYLOAD_NONCE, 0) == NULL)
        return PAIR_DELIVER;
    before = B->sends;
    if (what_part == ISAKMP_PAYLOAD_HASH) { /* HASH(1) behind what it is about */
        static const uint8_t hash[20];
        add_part(&o, o.n, ISAKMP_PAYLOAD_HASH, hash, what_n);
    }
    for (unsigned i = 0; i < o.n && what_part != ISAKMP_PAYLOAD_HASH; i++) {
        if (o.parts[i].type != what_part)
            continue;
        if (what_n == SIZE_MAX) { /* it changes places with the one before it */
            part moved = o.parts[i];
            o.parts[i] = o.parts[i - 1];
            o.parts[i - 1] = moved;
        } else {
            o.parts[i].n = what_n;
        }
        break;
    }
    close_item(&o, &copy);
    assert_int_equal(pair_input(p, 1, copy.data, copy.n), ISAKMP_IGNORED);
    assert_true(B->sends <= before + 1);
    return PAIR_DELIVER;
}

static void test_shapes(void **state)
{
    static const struct {
        uint8_t type, method;
        size_t n;
    } shapes[] = {{ISAKMP_PAYLOAD_KE, 0, 127},      {ISAKMP_PAYLOAD_KE, 0, 129},
                  {ISAKMP_PAYLOAD_KE, 1, 128},      {ISAKMP_PAYLOAD_KE, 1, 160},
                  {ISAKMP_PAYLOAD_KE, 1, 143},      {ISAKMP_PAYLOAD_KE, 1, 0},
                  {ISAKMP_PAYLOAD_ID, 1, 0},        {ISAKMP_PAYLOAD_ID, 1, 15},
                  {ISAKMP_PAYLOAD_ID, 1, 17},       {ISAKMP_PAYLOAD_ID, 0, 0},
                  {ISAKMP_PAYLOAD_ID, 0, 1025},     {ISAKMP_PAYLOAD_NONCE, 0, 0},
                  {ISAKMP_PAYLOAD_KE, 1, SIZE_MAX}, {ISAKMP_PAYLOAD_HASH, 1, 20}};
    (void)state;
    for (unsigned i = 0; i < COUNT(shapes); i++) {
        prepare(780, 0, shapes[i].method);
        what_part = shapes[i].type;
        what_n = shapes[i].n;
        pr.arrive = reshape;
        pair_start(&pr);
        pair_connect(&pr, mode, 0);
        run_for(1000);
        assert_true(both_up(0));
        finish();
    }
}

/* To decrypt is work: whoever repeats a message with something else in it does not make us do it for ever. */
static int flood(pair *p, wire_item *w)
{
    static opened o;
    static wire_item copy;
    if (w->from == 0 || header_of(w).flags & ISAKMP_FLAG_ENCRYPTION)
        return PAIR_DELIVER;
    copy = *w;
    if (!open_item(&o, &copy) || find_part(&o, ISAKMP_PAYLOAD_HASH, 0) == NULL)
        return PAIR_DELIVER;
    for (unsigned i = 0; i < 100; i++) {
        copy = *w;
        assert_true(open_item(&o, &copy));
        isakmp__put32(find_part(&o, ISAKMP_PAYLOAD_HASH, 0)->body, i);
        close_item(&o, &copy);
        assert_int_equal(pair_input(p, 0, copy.data, copy.n), ISAKMP_IGNORED);
    }
    return PAIR_DROP;
}

static void test_work_is_bounded(void **state)
{
    (void)state;
    for (unsigned m = 0; m < 2; m++) {
        prepare(785, 1, m);
        pr.arrive = flood;
        pair_start(&pr);
        pair_connect(&pr, mode, 0);
        run_for(100);
        assert_true(A->decrypts > 2 && A->decrypts <= 16);
        run_for(LONG_MS);
        finish();
    }
}

/* One answer, whatever an altered message 5 decrypts to [T-63]. */
static unsigned told_in_clear;

static int count_clear(pair *p, wire_item *w)
{
    isakmp_header h = header_of(w);
    (void)p;
    told_in_clear += w->from == 1 && h.exchange == ISAKMP_EXCH_INFO && h.flags == 0;
    return PAIR_DELIVER;
}

static int alter_hash(pair *p, wire_item *w)
{
    static wire_item copy;
    if (w->from != 0 || header_of(w).exchange != ISAKMP_EXCH_MAIN ||
        !(header_of(w).flags & ISAKMP_FLAG_ENCRYPTION))
        return PAIR_DELIVER;
    p->arrive = NULL;
    for (size_t i = ISAKMP_HEADER_SIZE; i < ISAKMP_HEADER_SIZE + 24; i++) {
        copy = *w;
        copy.data[i] ^= 0x80;
        p->now += 2000; /* answers in the clear are not given too often */
        assert_int_equal(pair_input(p, 1, copy.data, copy.n), ISAKMP_IGNORED);
        assert_int_equal(told_in_clear, i - ISAKMP_HEADER_SIZE + 1);
    }
    return PAIR_DELIVER;
}

static void test_T63_one_answer(void **state)
{
    (void)state;
    for (unsigned m = 0; m < 2; m++) {
        prepare(790, 0, m);
        B->config.half_open_ms = LONG_MS;
        told_in_clear = 0;
        pr.filter = count_clear;
        pr.arrive = alter_hash;
        pair_start(&pr);
        pair_connect(&pr, mode, 0);
        run_for(5000);
        assert_true(told_in_clear > 20);
        assert_true(both_up(0));
        assert_int_equal(heard(B, ISAKMP_EV_REFUSED), 1);
        finish();
    }
}

/* ---- Later, and not at all --------------------------------------------------------------------- */

static void test_every_question_later(void **state)
{
    (void)state;
    EACH(k, m)
    for (int who = 0; who < 2; who++) {
        unsigned questions;
        prepare(800, k, m);
        pr.p[who].park = 1;
        pair_start(&pr);
        pair_connect(&pr, mode, 1);
        run_for(30000);
        assert_true(both_up(1));
        questions = pr.p[who].questions;
        finish();
        for (unsigned at = 1; at <= questions; at++) {
            prepare(801, k, m);
            pr.p[who].park_at = at;
            pr.p[who].answer_after = 700;
            pair_start(&pr);
            pair_connect(&pr, mode, 1);
            run_for(30000);
            assert_true(both_up(1));
            finish();
        }
    }
}

/* A stranger is no better off if the host takes its time. */
static void test_a_stranger_later(void **state)
{
    (void)state;
    EACH(k, m)
    for (int decoy = 0; decoy < 2; decoy++) {
        prepare(802, k, m);
        B->park = 1;
        B->no_peer_key = 1;
        B->no_decoy = !decoy;
        pair_start(&pr);
        pair_connect(&pr, mode, 0);
        run_for(LONG_MS);
        assert_int_equal(heard(A, ISAKMP_EV_SA_UP) + heard(B, ISAKMP_EV_SA_UP), 0);
        assert_true(B->encrypts >= (m ? 1 : 2));
        finish();
    }
}

static void test_every_callback_fails(void **state)
{
    (void)state;
    EACH(k, m)
    for (int who = 0; who < 2; who++)
        for (unsigned at = 1; at < 24; at++) {
            prepare(810, k, m);
            pr.p[who].fail_at = at;
            pair_start(&pr);
            pair_connect(&pr, mode, 1);
            run_for(LONG_MS);
            assert_int_equal(stats_of(A).exchanges + stats_of(B).exchanges, 0);
            assert_int_equal(sas_in(A, ISAKMP_SA_NEGOTIATING), 0);
            assert_int_equal(sas_in(B, ISAKMP_SA_NEGOTIATING), 0);
            finish();
        }
}

static void test_the_provider_fails(void **state)
{
    (void)state;
    EACH(k, m)
    for (int who = 0; who < 2; who++) {
        unsigned calls, first;
        prepare(812, k, m);
        pair_start(&pr);
        first = pr.p[who].toy.all_calls;
        pair_connect(&pr, mode, 0);
        run_for(100);
        assert_true(both_up(0));
        calls = pr.p[who].toy.all_calls;
        finish();
        for (unsigned at = first + 1; at <= calls; at++) {
            isakmp_path path = pair_path(&pr, 0);
            isakmp_sa_id sa;
            prepare(812, k, m);
            pr.p[who].toy.fail_at = at;
            pair_start(&pr);
            (void)isakmp_connect(A->x, pr.now, &A->peer, &path, mode, &sa);
            run_for(LONG_MS);
            assert_int_equal(sas_in(A, ISAKMP_SA_NEGOTIATING), 0);
            assert_int_equal(sas_in(B, ISAKMP_SA_NEGOTIATING), 0);
            finish();
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_modes),
        cmocka_unit_test(test_what_is_hidden),
        cmocka_unit_test(test_groups_and_ciphers),
        cmocka_unit_test(test_hash_1),
        cmocka_unit_test(test_behind_a_nat),
        cmocka_unit_test(test_cisco_skeyid),
        cmocka_unit_test(test_huawei),
        cmocka_unit_test(test_what_is_offered_together),
        cmocka_unit_test(test_two_policies),
        cmocka_unit_test(test_nothing_to_learn),
        cmocka_unit_test(test_the_owner_of_the_key),
        cmocka_unit_test(test_the_owner_is_no_pattern),
        cmocka_unit_test(test_identity_too_long_for_the_peer),
        cmocka_unit_test(test_identity_that_is_too_long),
        cmocka_unit_test(test_no_key_for_the_responder),
        cmocka_unit_test(test_a_stranger_who_has_the_other_key),
        cmocka_unit_test(test_T60_nobody_can_tell),
        cmocka_unit_test(test_blocks_of_all_lengths),
        cmocka_unit_test(test_T60_public_value_that_cannot_be),
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_work_is_bounded),
        cmocka_unit_test(test_T63_one_answer),
        cmocka_unit_test(test_every_question_later),
        cmocka_unit_test(test_a_stranger_later),
        cmocka_unit_test(test_every_callback_fails),
        cmocka_unit_test(test_the_provider_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
