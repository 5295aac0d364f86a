/* wire/cfg_attr.c -- what the values of Mode Config's attributes are, and which texts can be printed. */
#include "cfg_attr.h"
#include "base/span.h"

/* clang-format off */
static const struct {
    uint16_t type;
    uint8_t kind;
} kinds[] = {
    {ISAKMP_CFG_IP4_ADDRESS, ISAKMP__CFG_IP4},        {ISAKMP_CFG_IP4_NETMASK, ISAKMP__CFG_IP4},
    {ISAKMP_CFG_IP4_DNS, ISAKMP__CFG_IP4},            {ISAKMP_CFG_IP4_NBNS, ISAKMP__CFG_IP4},
    {ISAKMP_CFG_ADDRESS_EXPIRY, ISAKMP__CFG_SECONDS}, {ISAKMP_CFG_IP4_DHCP, ISAKMP__CFG_IP4},
    {ISAKMP_CFG_VERSION, ISAKMP__CFG_TEXT},           {ISAKMP_CFG_IP6_ADDRESS, ISAKMP__CFG_IP6},
    {ISAKMP_CFG_IP6_NETMASK, ISAKMP__CFG_IP6},        {ISAKMP_CFG_IP6_DNS, ISAKMP__CFG_IP6},
    {ISAKMP_CFG_IP6_NBNS, ISAKMP__CFG_IP6},           {ISAKMP_CFG_IP6_DHCP, ISAKMP__CFG_IP6},
    {ISAKMP_CFG_IP4_SUBNET, ISAKMP__CFG_NET4},        {ISAKMP_CFG_SUPPORTED, ISAKMP__CFG_TYPES},
    {ISAKMP_CFG_IP6_SUBNET, ISAKMP__CFG_NET6},        {ISAKMP_CFG_MS_IP4_SERVER, ISAKMP__CFG_IP4},
    {ISAKMP_CFG_MS_IP6_SERVER, ISAKMP__CFG_IP6},      {ISAKMP_CFG_BANNER, ISAKMP__CFG_LINES},
    {ISAKMP_CFG_SAVE_PASSWORD, ISAKMP__CFG_NUMBER},   {ISAKMP_CFG_DEFAULT_DOMAIN, ISAKMP__CFG_TEXT},
    {ISAKMP_CFG_SPLIT_DNS, ISAKMP__CFG_NAMES},        {ISAKMP_CFG_SPLIT_INCLUDE, ISAKMP__CFG_SPLIT},
    {ISAKMP_CFG_NATT_PORT, ISAKMP__CFG_NUMBER},       {ISAKMP_CFG_LOCAL_LAN, ISAKMP__CFG_SPLIT},
    {ISAKMP_CFG_PFS, ISAKMP__CFG_NUMBER},             {ISAKMP_CFG_BACKUP_SERVERS, ISAKMP__CFG_NAMES},
    {ISAKMP_CFG_DDNS_NAME, ISAKMP__CFG_TEXT},
};
/* clang-format on */

uint8_t isakmp__cfg_kind(uint16_t type)
{
    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i].type == type)
            return kinds[i].kind;
    return ISAKMP__CFG_OCTETS;
}

/* How many octets of continuation follow the first octet of a character, 4 if none can begin so. */
static unsigned following(uint8_t first)
{
    if (first < 0x80)
        return 0;
    if (first >= 0xc2 && first <= 0xdf)
        return 1;
    if (first >= 0xe0 && first <= 0xef)
        return 2;
    return first >= 0xf0 && first <= 0xf4 ? 3 : 4;
}

/* The character at the beginning, which has 1 + more octets; UINT32_MAX if it is none: cut off, longer than
 * it need be, half of a pair, or beyond the last one [RFC3629]. */
static uint32_t character(isakmp_span s, unsigned more)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    uint32_t c = more ? s.p[0] & (0x3fu >> more) : s.p[0];
    if (s.n < 1 + (size_t)more)
        return UINT32_MAX;
    for (unsigned i = 1; i <= more; i++) {
        if ((s.p[i] & 0xc0) != 0x80)
            return UINT32_MAX;
        c = c << 6 | (s.p[i] & 0x3fu);
    }
    return c < least[more] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff) ? UINT32_MAX : c;
}

/* Control characters of both sets, and those that turn the direction of a text or break its lines: what
 * follows them is not what it looks like. */
static int is_control(uint32_t c, int lines)
{
    if (lines && (c == '\t' || c == '\n' || c == '\r'))
        return 0;
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x061c || (c >= 0x200e && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

int isakmp__is_printable(isakmp_span s, int lines)
{
    while (s.n > 0) {
        unsigned more = following(s.p[0]);
        uint32_t c = more < 4 ? character(s, more) : UINT32_MAX;
        if (c == UINT32_MAX || is_control(c, lines))
            return 0;
        s.p += 1 + more;
        s.n -= 1 + more;
    }
    return 1;
}
