/* exchange/aggressive_mode.c -- Aggressive Mode, RFC 2409 section 5 and 5.4.
 *
 *     Initiator                        Responder
 *     HDR, SA, KE, Ni, IDii      -->
 *                                <--   HDR, SA, KE, Nr, IDir, HASH_R
 *     HDR*, HASH_I               -->
 *
 * The group cannot be negotiated: the public value comes with the offer.  The last message may be in
 * the clear or encrypted; ours is encrypted, as nearly all peers send it.
 *
 * With signatures SIG stands for HASH.  With RSA encrypted nonces, which cannot be negotiated here either,
 * identities and nonces are encrypted [RFC2409 5.2, 5.3].  With hybrid authentication the gateway has SIG and
 * the client HASH [draft-ietf-ipsec-isakmp-hybrid-auth-05 4.2]. */
#include "row.h"

#define V(name) &isakmp__v_##name

/* clang-format off */
static const isakmp__rule r_1[] = {
    {ISAKMP_PAYLOAD_SA, 1, 1}, {ISAKMP_PAYLOAD_KE, 1, 1}, {ISAKMP_PAYLOAD_NONCE, 1, 1},
    {ISAKMP_PAYLOAD_ID, 1, 1}, {ISAKMP_PAYLOAD_CERT, 0, 255}, {ISAKMP_PAYLOAD_CERT_REQ, 0, 255},
    {ISAKMP_PAYLOAD_VENDOR_ID, 0, 255}, {0, 0, 0}};
static const isakmp__rule r_2[] = {
    {ISAKMP_PAYLOAD_SA, 1, 1}, {ISAKMP_PAYLOAD_KE, 1, 1}, {ISAKMP_PAYLOAD_NONCE, 1, 1},
    {ISAKMP_PAYLOAD_ID, 1, 1}, {ISAKMP_PAYLOAD_HASH, 1, 1}, {ISAKMP_PAYLOAD_NATD, 0, 8},
    {ISAKMP_PAYLOAD_CERT, 0, 255}, {ISAKMP_PAYLOAD_CERT_REQ, 0, 255},
    {ISAKMP_PAYLOAD_VENDOR_ID, 0, 255}, {0, 0, 0}};
static const isakmp__rule r_2_sig[] = {
    {ISAKMP_PAYLOAD_SA, 1, 1}, {ISAKMP_PAYLOAD_KE, 1, 1}, {ISAKMP_PAYLOAD_NONCE, 1, 1},
    {ISAKMP_PAYLOAD_ID, 1, 1}, {ISAKMP_PAYLOAD_SIG, 1, 1}, {ISAKMP_PAYLOAD_NATD, 0, 8},
    {ISAKMP_PAYLOAD_CERT, 0, 255}, {ISAKMP_PAYLOAD_CERT_REQ, 0, 255},
    {ISAKMP_PAYLOAD_VENDOR_ID, 0, 255}, {0, 0, 0}};
static const isakmp__rule r_3[] = {
    {ISAKMP_PAYLOAD_HASH, 1, 1}, {ISAKMP_PAYLOAD_NATD, 0, 8}, {ISAKMP_PAYLOAD_NOTIFY, 0, 4},
    {ISAKMP_PAYLOAD_CERT, 0, 255}, {ISAKMP_PAYLOAD_CERT_REQ, 0, 255},
    {ISAKMP_PAYLOAD_VENDOR_ID, 0, 255}, {0, 0, 0}};
static const isakmp__rule r_3_sig[] = {
    {ISAKMP_PAYLOAD_SIG, 1, 1}, {ISAKMP_PAYLOAD_NATD, 0, 8}, {ISAKMP_PAYLOAD_NOTIFY, 0, 4},
    {ISAKMP_PAYLOAD_CERT, 0, 255}, {ISAKMP_PAYLOAD_CERT_REQ, 0, 255},
    {ISAKMP_PAYLOAD_VENDOR_ID, 0, 255}, {0, 0, 0}};

static const isakmp__rule r_1_pke[] = {
    {ISAKMP_PAYLOAD_SA, 1, 1}, {ISAKMP_PAYLOAD_KE, 1, 1}, {ISAKMP_PAYLOAD_ID, 1, 1},
    {ISAKMP_PAYLOAD_NONCE, 1, 1}, {ISAKMP_PAYLOAD_HASH, 0, 1}, {ISAKMP_PAYLOAD_CERT, 0, 255},
    {ISAKMP_PAYLOAD_CERT_REQ, 0, 255}, {ISAKMP_PAYLOAD_VENDOR_ID, 0, 255}, {0, 0, 0}};
static const isakmp__rule r_1_rev[] = {
    {ISAKMP_PAYLOAD_SA, 1, 1}, {ISAKMP_PAYLOAD_NONCE, 1, 1}, {ISAKMP_PAYLOAD_KE, 1, 1},
    {ISAKMP_PAYLOAD_ID, 1, 1}, {ISAKMP_PAYLOAD_HASH, 0, 1}, {ISAKMP_PAYLOAD_CERT, 0, 255},
    {ISAKMP_PAYLOAD_CERT_REQ, 0, 255}, {ISAKMP_PAYLOAD_VENDOR_ID, 0, 255}, {0, 0, 0}};
static const isakmp__rule r_2_rev[] = {
    {ISAKMP_PAYLOAD_SA, 1, 1}, {ISAKMP_PAYLOAD_NONCE, 1, 1}, {ISAKMP_PAYLOAD_KE, 1, 1},
    {ISAKMP_PAYLOAD_ID, 1, 1}, {ISAKMP_PAYLOAD_HASH, 1, 1}, {ISAKMP_PAYLOAD_NATD, 0, 8},
    {ISAKMP_PAYLOAD_CERT, 0, 255}, {ISAKMP_PAYLOAD_CERT_REQ, 0, 255},
    {ISAKMP_PAYLOAD_VENDOR_ID, 0, 255}, {0, 0, 0}};

#define PSK ISAKMP__AUTH_PSK
#define SIG ISAKMP__AUTH_SIG
#define HYI ISAKMP__AUTH_HYI
#define HYR ISAKMP__AUTH_HYR
#define PKE ISAKMP__AUTH_PKE
#define REV ISAKMP__AUTH_REV

static const isakmp__row rows[] = {
    {.msg = 1, .from_i = 1, .auth = PSK | SIG | HYR, .sec = ISAKMP__CLEAR,
     .flags = ISAKMP__F_RETRANSMIT, .lead = 1, .rules = r_1,
     .send = {V(put_sa_offer), V(make_ke), V(put_ke), V(put_nonce), V(put_id), V(put_cert_req)},
     .recv = {V(take_id), V(ask_peer), V(ask_psk), V(ask_methods), V(take_sa_offer), V(take_ke),
              V(take_nonce), V(take_cert_req)}},
    {.msg = 1, .from_i = 1, .auth = HYI, .sec = ISAKMP__CLEAR,
     .flags = ISAKMP__F_RETRANSMIT, .lead = 1, .rules = r_1,
     .send = {V(put_sa_offer), V(make_ke), V(put_ke), V(put_nonce), V(put_id), V(put_cert_req)},
     .recv = {V(take_client_id), V(ask_peer), V(ask_methods), V(take_sa_offer), V(take_ke),
              V(take_nonce), V(take_cert_req)}},
    {.msg = 1, .from_i = 1, .auth = PKE, .sec = ISAKMP__CLEAR,
     .flags = ISAKMP__F_RETRANSMIT, .lead = 1, .rules = r_1_pke,
     .send = {V(put_sa_offer), V(put_hash_1), V(make_ke), V(put_ke), V(make_nonce),
              V(seal_nonce), V(put_sealed_id), V(put_sealed_nonce)},
     .recv = {V(ask_peer), V(ask_methods), V(take_sa_offer), V(take_ke), V(open_id),
              V(open_nonce)}},
    {.msg = 1, .from_i = 1, .auth = REV, .sec = ISAKMP__CLEAR,
     .flags = ISAKMP__F_RETRANSMIT, .lead = 1, .rules = r_1_rev,
     .send = {V(put_sa_offer), V(put_hash_1), V(make_nonce), V(seal_nonce), V(put_sealed_nonce),
              V(make_ke), V(put_inner_ke), V(put_inner_id), V(put_inner_cert)},
     .recv = {V(ask_peer), V(ask_methods), V(take_sa_offer), V(open_nonce), V(open_inner),
              V(make_nonce), V(seal_nonce)}},
    {.msg = 2, .from_i = 0, .auth = PSK, .sec = ISAKMP__CLEAR,
     .flags = ISAKMP__F_KEYS, .lead = 1, .rules = r_2,
     .send = {V(make_ke), V(derive_secret), V(put_sa_choice), V(put_ke), V(put_nonce), V(put_id),
              V(derive_keys), V(put_hash)},
     .recv = {V(take_sa_choice), V(take_ke), V(take_nonce), V(take_id), V(derive_secret),
              V(derive_keys), V(check_hash), V(check_id)}},
    {.msg = 2, .from_i = 0, .auth = HYR, .sec = ISAKMP__CLEAR,
     .flags = ISAKMP__F_KEYS, .lead = 1, .rules = r_2,
     .send = {V(make_ke), V(derive_secret), V(put_sa_choice), V(put_ke), V(put_nonce), V(put_id),
              V(derive_keys), V(put_no_cert), V(put_hash), V(put_cert_req)},
     .recv = {V(take_sa_choice), V(take_ke), V(take_nonce), V(take_client_id), V(take_cert_req),
              V(derive_secret), V(derive_keys), V(check_client_hash)}},
    {.msg = 2, .from_i = 0, .auth = PKE, .sec = ISAKMP__CLEAR,
     .flags = ISAKMP__F_KEYS, .lead = 1, .rules = r_2,
     .send = {V(make_ke), V(derive_secret), V(put_sa_choice), V(put_ke), V(make_nonce),
              V(seal_nonce), V(put_sealed_id), V(put_sealed_nonce), V(derive_keys), V(put_hash)},
     .recv = {V(take_sa_choice), V(take_ke), V(open_id), V(open_nonce), V(derive_secret),
              V(derive_keys), V(check_hash), V(check_id)}},
    {.msg = 2, .from_i = 0, .auth = REV, .sec = ISAKMP__CLEAR,
     .flags = ISAKMP__F_KEYS, .lead = 1, .rules = r_2_rev,
     .send = {V(make_ke), V(derive_secret), V(put_sa_choice), V(put_sealed_nonce), V(put_inner_ke),
              V(put_inner_id), V(derive_keys), V(put_hash)},
     .recv = {V(take_sa_choice), V(open_nonce), V(open_inner), V(derive_secret), V(derive_keys),
              V(check_hash), V(check_id)}},
    {.msg = 2, .from_i = 0, .auth = SIG | HYI, .sec = ISAKMP__CLEAR,
     .flags = ISAKMP__F_KEYS, .lead = 1, .rules = r_2_sig,
     .send = {V(make_ke), V(derive_secret), V(put_sa_choice), V(put_ke), V(put_nonce), V(put_id),
              V(derive_keys), V(put_cert), V(put_encr_cert), V(put_sig), V(put_cert_req)},
     .recv = {V(take_sa_choice), V(take_ke), V(take_nonce), V(take_id), V(take_cert_req),
              V(derive_secret), V(derive_keys), V(check_sig), V(check_id), V(tell_certs)}},
    {.msg = 3, .from_i = 1, .auth = PSK | PKE | REV, .sec = ISAKMP__EITHER,
     .flags = ISAKMP__F_LAST | ISAKMP__F_PROOF, .rules = r_3,
     .send = {V(put_hash), V(put_contact)},
     .recv = {V(check_hash), V(check_id), V(take_status)}},
    {.msg = 3, .from_i = 1, .auth = SIG | HYR, .sec = ISAKMP__EITHER,
     .flags = ISAKMP__F_LAST | ISAKMP__F_PROOF, .rules = r_3_sig,
     .send = {V(put_cert), V(put_encr_cert), V(put_sig), V(put_contact)},
     .recv = {V(check_sig), V(check_id), V(tell_certs), V(take_status)}},
    {.msg = 3, .from_i = 1, .auth = HYI, .sec = ISAKMP__EITHER,
     .flags = ISAKMP__F_LAST | ISAKMP__F_PROOF, .rules = r_3,
     .send = {V(put_no_cert), V(put_hash)},
     .recv = {V(check_client_hash)}},
};
/* clang-format on */

const isakmp_exchange isakmp_aggressive_mode = {"Aggressive Mode",
                                                ISAKMP_EXCH_AGGRESSIVE,
                                                1,
                                                sizeof rows / sizeof rows[0],
                                                rows,
                                                {V(ask_psk), V(ask_methods), V(settle_offer)},
                                                V(establish)};
