/* exchange/vendors.c -- who the peer says that it is, by the vendor IDs of phase 1: told in the log and
 * remembered for whoever looks.  Nobody has proved anything by them. */
#include "engine.h"
#include "sa/host.h"
#include "wire/vendor.h"

void isakmp__note_vendors(isakmp_ctx *x, const isakmp__exch *e)
{
    isakmp_span body;
    for (unsigned i = 0; (body = isakmp_msg_find(e->in, ISAKMP_PAYLOAD_VENDOR_ID, i)).p; i++) {
        int place = isakmp__vendor_index(body);
        uint64_t bit = place < 0 ? 0 : (uint64_t)1 << place;
        if (bit & ~e->sa->vendors)
            isakmp__log(x, ISAKMP_LOG_INFO, e->sa, "the peer has the vendor ID of %s",
                        isakmp_vendor_name(body));
        e->sa->vendors |= bit;
    }
}
