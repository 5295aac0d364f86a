/* exchange/informational.c -- the Informational exchange, RFC 2409 section 5.7.
 *
 *     Initiator                        Responder
 *     HDR*, HASH(1), N/D         -->
 *
 * One message, never answered.  In the clear it is no exchange: core/input.c only tells the host. */
#include "row.h"

#define V(name) &isakmp__v_##name

/* clang-format off */
static const isakmp__rule r_info[] = {
    {ISAKMP_PAYLOAD_HASH, 1, 1}, {ISAKMP_PAYLOAD_NOTIFY, 0, 8}, {ISAKMP_PAYLOAD_DELETE, 0, 8},
    {ISAKMP_PAYLOAD_VENDOR_ID, 0, 255}, {0, 0, 0}};

static const isakmp__row rows[] = {
    {.msg = 1, .from_i = 1, .auth = ISAKMP__AUTH_ANY, .sec = ISAKMP__ENCRYPTED,
     .hash = ISAKMP__HASH_1, .flags = ISAKMP__F_LAST, .lead = 1, .rules = r_info,
     .send = {V(put_info)},
     .recv = {V(take_info)}},
};
/* clang-format on */

const isakmp_exchange isakmp_informational = {
    "Informational", ISAKMP_EXCH_INFO, 2, sizeof rows / sizeof rows[0], rows,
    {NULL},          V(act_on_info)};
