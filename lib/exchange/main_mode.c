/* exchange/main_mode.c -- Main Mode, RFC 2409 section 5 and 5.4.
 *
 *     Initiator                        Responder
 *     HDR, SA                    -->
 *                                <--   HDR, SA
 *     HDR, KE, Ni                -->
 *                                <--   HDR, KE, Nr
 *     HDR*, IDii, HASH_I         -->
 *                                <--   HDR*, IDir, HASH_R
 *
 * With signatures SIG stands for HASH.  With RSA encrypted nonces identities and nonces are encrypted in
 * messages 3 and 4, and nothing but HASH is left for 5 and 6 [RFC2409 5.2, 5.3].  With hybrid
 * authentication the gateway has SIG and the client HASH [draft-ietf-ipsec-isakmp-hybrid-auth-05 4.2].
 *
 * Certificates and requests for them may come with any message [RFC2408 3.9, 3.10]; pre-shared keys need
 * none, so they are passed over.  Ours are requested in messages 4 and 5 [RFC4945 3.2.5].
 *
 * The pre-shared key is looked up when only addresses are known: SKEYID is needed to read IDii. */
#include "row.h"

#define V(name) &isakmp__v_##name

/* clang-format off */
static const isakmp__rule r_sa[] = {
    {ISAKMP_PAYLOAD_SA, 1, 1}, {ISAKMP_PAYLOAD_CERT, 0, 255}, {ISAKMP_PAYLOAD_CERT_REQ, 0, 255},
    {ISAKMP_PAYLOAD_VENDOR_ID, 0, 255}, {0, 0, 0}};
static const isakmp__rule r_ke[] = {
    {ISAKMP_PAYLOAD_KE, 1, 1}, {ISAKMP_PAYLOAD_NONCE, 1, 1}, {ISAKMP_PAYLOAD_NATD, 0, 8},
    {ISAKMP_PAYLOAD_CERT, 0, 255}, {ISAKMP_PAYLOAD_CERT_REQ, 0, 255},
    {ISAKMP_PAYLOAD_VENDOR_ID, 0, 255}, {0, 0, 0}};
static const isakmp__rule r_sig[] = {
    {ISAKMP_PAYLOAD_ID, 1, 1}, {ISAKMP_PAYLOAD_SIG, 1, 1}, {ISAKMP_PAYLOAD_NOTIFY, 0, 4},
    {ISAKMP_PAYLOAD_CERT, 0, 255}, {ISAKMP_PAYLOAD_CERT_REQ, 0, 255},
    {ISAKMP_PAYLOAD_VENDOR_ID, 0, 255}, {0, 0, 0}};
static const isakmp__rule r_auth[] = {
    {ISAKMP_PAYLOAD_ID, 1, 1}, {ISAKMP_PAYLOAD_HASH, 1, 1}, {ISAKMP_PAYLOAD_NOTIFY, 0, 4},
    {ISAKMP_PAYLOAD_CERT, 0, 255}, {ISAKMP_PAYLOAD_CERT_REQ, 0, 255},
    {ISAKMP_PAYLOAD_VENDOR_ID, 0, 255}, {0, 0, 0}};

/* HASH(1) comes in message 3 only. */
static const isakmp__rule r_pke3[] = {
    {ISAKMP_PAYLOAD_HASH, 0, 1}, {ISAKMP_PAYLOAD_KE, 1, 1}, {ISAKMP_PAYLOAD_ID, 1, 1}, {ISAKMP_PAYLOAD_NONCE, 1, 1},
    {ISAKMP_PAYLOAD_NATD, 0, 8}, {ISAKMP_PAYLOAD_CERT, 0, 255},
    {ISAKMP_PAYLOAD_CERT_REQ, 0, 255}, {ISAKMP_PAYLOAD_VENDOR_ID, 0, 255}, {0, 0, 0}};
static const isakmp__rule r_rev3[] = {
    {ISAKMP_PAYLOAD_HASH, 0, 1}, {ISAKMP_PAYLOAD_NONCE, 1, 1}, {ISAKMP_PAYLOAD_KE, 1, 1},
    {ISAKMP_PAYLOAD_ID, 1, 1}, {ISAKMP_PAYLOAD_NATD, 0, 8}, {ISAKMP_PAYLOAD_CERT, 0, 255},
    {ISAKMP_PAYLOAD_CERT_REQ, 0, 255}, {ISAKMP_PAYLOAD_VENDOR_ID, 0, 255}, {0, 0, 0}};
static const isakmp__rule r_hash[] = {
    {ISAKMP_PAYLOAD_HASH, 1, 1}, {ISAKMP_PAYLOAD_NOTIFY, 0, 4}, {ISAKMP_PAYLOAD_VENDOR_ID, 0, 255},
    {0, 0, 0}};

#define PSK ISAKMP__AUTH_PSK
#define SIG ISAKMP__AUTH_SIG
#define HYI ISAKMP__AUTH_HYI
#define HYR ISAKMP__AUTH_HYR
#define PKE ISAKMP__AUTH_PKE
#define REV ISAKMP__AUTH_REV

static const isakmp__row rows[] = {
    {.msg = 1, .from_i = 1, .auth = ISAKMP__AUTH_ANY, .sec = ISAKMP__CLEAR,
     .flags = ISAKMP__F_RETRANSMIT, .lead = 1, .rules = r_sa,
     .send = {V(put_sa_offer)},
     .recv = {V(ask_peer), V(ask_psk), V(ask_methods), V(take_sa_offer)}},
    {.msg = 2, .from_i = 0, .auth = ISAKMP__AUTH_ANY, .sec = ISAKMP__CLEAR,
     .lead = 1, .rules = r_sa,
     .send = {V(put_sa_choice)},
     .recv = {V(take_sa_choice)}},
    {.msg = 3, .from_i = 1, .auth = PSK | SIG | HYI | HYR, .sec = ISAKMP__CLEAR,
     .flags = ISAKMP__F_RETRANSMIT | ISAKMP__F_PROOF, .rules = r_ke,
     .send = {V(make_ke), V(put_ke), V(put_nonce)},
     .recv = {V(take_ke), V(take_nonce), V(take_cert_req)}},
    {.msg = 3, .from_i = 1, .auth = PKE, .sec = ISAKMP__CLEAR,
     .flags = ISAKMP__F_RETRANSMIT | ISAKMP__F_PROOF, .rules = r_pke3,
     .send = {V(put_hash_1), V(make_ke), V(put_ke), V(make_nonce), V(seal_nonce), V(put_sealed_id),
              V(put_sealed_nonce)},
     .recv = {V(take_ke), V(open_id), V(open_nonce)}},
    {.msg = 3, .from_i = 1, .auth = REV, .sec = ISAKMP__CLEAR,
     .flags = ISAKMP__F_RETRANSMIT | ISAKMP__F_PROOF, .rules = r_rev3,
     .send = {V(put_hash_1), V(make_nonce), V(seal_nonce), V(put_sealed_nonce), V(make_ke),
              V(put_inner_ke), V(put_inner_id), V(put_inner_cert)},
     .recv = {V(open_nonce), V(open_inner), V(make_nonce), V(seal_nonce)}},
    {.msg = 4, .from_i = 0, .auth = PSK | SIG | HYI | HYR, .sec = ISAKMP__CLEAR,
     .flags = ISAKMP__F_KEYS, .rules = r_ke,
     .send = {V(make_ke), V(put_ke), V(put_nonce), V(put_cert_req)},
     .sent = {V(derive_secret), V(derive_keys)},
     .recv = {V(take_ke), V(take_nonce), V(take_cert_req), V(derive_secret), V(derive_keys)}},
    {.msg = 4, .from_i = 0, .auth = PKE, .sec = ISAKMP__CLEAR,
     .flags = ISAKMP__F_KEYS, .rules = r_pke3 + 1,
     .send = {V(make_ke), V(put_ke), V(make_nonce), V(seal_nonce), V(put_sealed_id),
              V(put_sealed_nonce)},
     .sent = {V(derive_secret), V(derive_keys)},
     .recv = {V(take_ke), V(open_id), V(open_nonce), V(derive_secret), V(derive_keys)}},
    {.msg = 4, .from_i = 0, .auth = REV, .sec = ISAKMP__CLEAR,
     .flags = ISAKMP__F_KEYS, .rules = r_rev3 + 1,
     .send = {V(put_sealed_nonce), V(make_ke), V(put_inner_ke), V(put_inner_id)},
     .sent = {V(derive_secret), V(derive_keys)},
     .recv = {V(open_nonce), V(open_inner), V(derive_secret), V(derive_keys)}},
    {.msg = 5, .from_i = 1, .auth = PSK, .sec = ISAKMP__ENCRYPTED,
     .flags = ISAKMP__F_RETRANSMIT, .rules = r_auth,
     .send = {V(put_id), V(put_hash), V(put_contact)},
     .recv = {V(take_id), V(check_hash), V(check_id), V(take_status)}},
    {.msg = 5, .from_i = 1, .auth = SIG | HYR, .sec = ISAKMP__ENCRYPTED,
     .flags = ISAKMP__F_RETRANSMIT, .rules = r_sig,
     .send = {V(put_id), V(put_cert), V(put_encr_cert), V(put_sig), V(put_cert_req),
              V(put_contact)},
     .recv = {V(take_id), V(take_cert_req), V(check_sig), V(check_id), V(tell_certs),
              V(take_status)}},
    {.msg = 5, .from_i = 1, .auth = HYI, .sec = ISAKMP__ENCRYPTED,
     .flags = ISAKMP__F_RETRANSMIT, .rules = r_auth,
     .send = {V(put_id), V(put_no_cert), V(put_hash), V(put_cert_req)},
     .recv = {V(take_client_id), V(take_cert_req), V(check_client_hash)}},
    {.msg = 5, .from_i = 1, .auth = PKE | REV, .sec = ISAKMP__ENCRYPTED,
     .flags = ISAKMP__F_RETRANSMIT, .rules = r_hash,
     .send = {V(put_hash), V(put_contact)},
     .look = V(pick_skeyid),
     .recv = {V(check_hash), V(check_id), V(take_status)}},
    {.msg = 6, .from_i = 0, .auth = PSK, .sec = ISAKMP__ENCRYPTED,
     .flags = ISAKMP__F_LAST, .rules = r_auth,
     .send = {V(put_id), V(put_hash), V(put_life)},
     .recv = {V(take_id), V(check_hash), V(check_id), V(take_status)}},
    {.msg = 6, .from_i = 0, .auth = SIG | HYI, .sec = ISAKMP__ENCRYPTED,
     .flags = ISAKMP__F_LAST, .rules = r_sig,
     .send = {V(put_id), V(put_cert), V(put_encr_cert), V(put_sig), V(put_life)},
     .recv = {V(take_id), V(check_sig), V(check_id), V(tell_certs), V(take_status)}},
    {.msg = 6, .from_i = 0, .auth = HYR, .sec = ISAKMP__ENCRYPTED,
     .flags = ISAKMP__F_LAST, .rules = r_auth,
     .send = {V(put_id), V(put_no_cert), V(put_hash)},
     .recv = {V(take_client_id), V(check_client_hash)}},
    {.msg = 6, .from_i = 0, .auth = PKE | REV, .sec = ISAKMP__ENCRYPTED,
     .flags = ISAKMP__F_LAST, .rules = r_hash,
     .send = {V(put_hash), V(put_life)},
     .recv = {V(check_hash), V(check_id), V(take_status)}},
};
/* clang-format on */

const isakmp_exchange isakmp_main_mode = {"Main Mode", ISAKMP_EXCH_MAIN,
                                          1,           sizeof rows / sizeof rows[0],
                                          rows,        {V(ask_psk), V(ask_methods)},
                                          V(establish)};
