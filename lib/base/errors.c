/* base/errors.c -- results and reasons as text, all from errors.def. */
#include "isakmp/base.h"
#include "span.h"

typedef struct detail {
    const char *name, *text;
    uint16_t notify;
} detail;

static const detail details[] = {
    {"NONE", "no reason", 0},
#define ISAKMP_D(name, notify, text) {#name, text, notify},
#include "isakmp/errors.def"
#undef ISAKMP_D
};

static const detail *find(unsigned d)
{
    static const detail unknown = {"?", "unknown reason", 0};
    if (d < ISAKMP_D_NONE || d >= ISAKMP_D_END)
        return &unknown;
    return &details[d - ISAKMP_D_NONE];
}

const char *isakmp_detail_text(unsigned d)
{
    return find(d)->text;
}

const char *isakmp_detail_name(unsigned d)
{
    return find(d)->name;
}

uint16_t isakmp_detail_notify(unsigned d)
{
    return find(d)->notify;
}

const char *isakmp_strerror(int rc)
{
    switch (rc) {
    case ISAKMP_OK:
        return "success";
    case ISAKMP_PENDING:
        return "the answer comes later";
    case ISAKMP_IGNORED:
        return "the message changed nothing";
    case ISAKMP_NONE:
        return "there is no such thing";
    case ISAKMP_E_ARG:
        return "an argument or a policy is not valid";
    case ISAKMP_E_STATE:
        return "not possible in the present state";
    case ISAKMP_E_REENTRANT:
        return "called from inside a callback";
    case ISAKMP_E_STALE:
        return "the id names something that is gone";
    case ISAKMP_E_LIMIT:
        return "a pool of the context is full";
    case ISAKMP_E_SPACE:
        return "a buffer is too small";
    case ISAKMP_E_HOST:
        return "a callback failed";
    case ISAKMP_E_CRYPTO:
        return "the crypto provider failed";
    case ISAKMP_E_MALFORMED:
        return "the bytes are not what they should be";
    case ISAKMP_E_BUG:
        return "an internal invariant is broken; please report";
    default:
        return "unknown result";
    }
}

uint32_t isakmp_version(void)
{
    return ISAKMP_VERSION_NUM;
}

int isakmp_addr_equal(const isakmp_addr *a, const isakmp_addr *b)
{
    return a->family == b->family && a->port == b->port &&
           memcmp(a->ip, b->ip, a->family == 4 ? 4 : 16) == 0;
}
