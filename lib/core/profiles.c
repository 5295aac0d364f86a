/* core/profiles.c -- all exchanges and all extensions, for hosts that do not want to choose.  Whoever
 * names these lists links everything. */
#include "isakmp/exchange.h"

const isakmp_exchange *const isakmp_all_exchanges[] = {&isakmp_main_mode,   &isakmp_aggressive_mode,
                                                       &isakmp_quick_mode,  &isakmp_informational,
                                                       &isakmp_transaction, NULL};

const isakmp_extension *const isakmp_all_extensions[] = {
    &isakmp_natt, &isakmp_dpd, &isakmp_frag, &isakmp_mode_config, &isakmp_xauth, &isakmp_ted, NULL};
