/* exchange/quick_mode.c -- Quick Mode, RFC 2409 section 5.5.
 *
 *     Initiator                                      Responder
 *     HDR*, HASH(1), SA, Ni [, KE] [, IDci, IDcr]  -->
 *                                   <-- HDR*, HASH(2), SA, Nr [, KE] [, IDci, IDcr]
 *     HDR*, HASH(3)                                -->
 *
 * HASH comes first and SA second; the engine writes and verifies HASH.  Inbound SAs are installed
 * before the message goes out that lets the peer use them. */
#include "row.h"

#define V(name) &isakmp__v_##name

/* clang-format off */
static const isakmp__rule r_qm[] = {
    {ISAKMP_PAYLOAD_HASH, 1, 1}, {ISAKMP_PAYLOAD_SA, 1, 1}, {ISAKMP_PAYLOAD_NONCE, 1, 1},
    {ISAKMP_PAYLOAD_KE, 0, 1}, {ISAKMP_PAYLOAD_ID, 0, 2}, {ISAKMP_PAYLOAD_NATOA, 0, 2},
    {ISAKMP_PAYLOAD_NOTIFY, 0, 4}, {ISAKMP_PAYLOAD_VENDOR_ID, 0, 255}, {0, 0, 0}};
static const isakmp__rule r_qm3[] = {
    {ISAKMP_PAYLOAD_HASH, 1, 1}, {ISAKMP_PAYLOAD_NOTIFY, 0, 4},
    {ISAKMP_PAYLOAD_VENDOR_ID, 0, 255}, {0, 0, 0}};

static const isakmp__row rows[] = {
    {.msg = 1, .from_i = 1, .auth = ISAKMP__AUTH_ANY, .sec = ISAKMP__ENCRYPTED,
     .hash = ISAKMP__HASH_1, .flags = ISAKMP__F_RETRANSMIT, .lead = 2, .rules = r_qm,
     .send = {V(ask_spi), V(make_pfs_ke), V(put_child_offer), V(put_nonce), V(put_pfs_ke),
              V(put_ids), V(put_replay)},
     .recv = {V(take_ids), V(take_child_offer), V(take_nonce), V(take_pfs_ke), V(take_replay)}},
    {.msg = 2, .from_i = 0, .auth = ISAKMP__AUTH_ANY, .sec = ISAKMP__ENCRYPTED,
     .hash = ISAKMP__HASH_2, .flags = ISAKMP__F_RETRANSMIT, .lead = 2, .rules = r_qm,
     .send = {V(ask_spi), V(make_pfs_ke), V(derive_pfs_secret), V(put_child_choice), V(put_nonce),
              V(put_pfs_ke), V(put_ids), V(put_lifetime), V(put_replay), V(install_in)},
     .recv = {V(take_child_choice), V(take_nonce), V(take_pfs_ke), V(confirm_ids),
              V(take_lifetime), V(take_replay), V(derive_pfs_secret)}},
    {.msg = 3, .from_i = 1, .auth = ISAKMP__AUTH_ANY, .sec = ISAKMP__ENCRYPTED,
     .hash = ISAKMP__HASH_3, .flags = ISAKMP__F_LAST, .lead = 1, .rules = r_qm3,
     .send = {V(yield_to_peer), V(install_in)}},
};
/* clang-format on */

const isakmp_exchange isakmp_quick_mode = {
    "Quick Mode", ISAKMP_EXCH_QUICK, 2, sizeof rows / sizeof rows[0], rows,
    {NULL},       V(finish_child)};
