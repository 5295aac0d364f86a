/* exchange/transaction.c -- the Transaction exchange of Mode Config and XAUTH, mode-cfg draft section 3.1.1.
 *
 *     Initiator                        Responder
 *     HDR*, HASH(1), ATTR        -->                  REQUEST or SET
 *                                <--   HDR*, HASH(1), ATTR   REPLY or ACK
 *
 * Either side of an ISAKMP SA may begin.  Both messages have the same kind of HASH, over their own octets.
 * What the attributes mean is the business of the extension that owns them (see row.h).  In the clear, as
 * the draft has it for what is not secret, there is no such exchange here. */
#include "row.h"

#define V(name) &isakmp__v_##name

/* clang-format off */
static const isakmp__rule r_config[] = {
    {ISAKMP_PAYLOAD_HASH, 1, 1}, {ISAKMP_PAYLOAD_ATTRIBUTE, 1, 1},
    {ISAKMP_PAYLOAD_VENDOR_ID, 0, 255}, {0, 0, 0}};

static const isakmp__row rows[] = {
    {.msg = 1, .from_i = 1, .auth = ISAKMP__AUTH_ANY, .sec = ISAKMP__ENCRYPTED,
     .hash = ISAKMP__HASH_1, .flags = ISAKMP__F_RETRANSMIT, .lead = 2, .rules = r_config,
     .send = {V(put_config)},
     .recv = {V(take_config)}},
    {.msg = 2, .from_i = 0, .auth = ISAKMP__AUTH_ANY, .sec = ISAKMP__ENCRYPTED,
     .hash = ISAKMP__HASH_1, .flags = ISAKMP__F_LAST, .lead = 2, .rules = r_config,
     .send = {V(put_config_answer)},
     .recv = {V(take_config_answer)}},
};
/* clang-format on */

const isakmp_exchange isakmp_transaction = {
    "Transaction", ISAKMP_EXCH_TRANSACTION, 2, sizeof rows / sizeof rows[0], rows, {NULL},
    V(end_config)};
