/* ext/xauth_words.c -- the attributes of XAUTH, read and written [draft-beaulieu-ike-xauth-02 6.2]. */
#include "xauth_words.h"
#include "base/span.h"

/* Those that have text, in the order in which they are written: some clients show them in that order. */
static const struct {
    uint16_t attr, place;
} texts[] = {
    {ISAKMP_CFG_XAUTH_MESSAGE, offsetof(isakmp_user, message)},
    {ISAKMP_CFG_XAUTH_CHALLENGE, offsetof(isakmp_user, challenge)},
    {ISAKMP_CFG_XAUTH_DOMAIN, offsetof(isakmp_user, domain)},
    {ISAKMP_CFG_XAUTH_USER_NAME, offsetof(isakmp_user, user_name)},
    {ISAKMP_CFG_XAUTH_USER_PASSWORD, offsetof(isakmp_user, user_password)},
    {ISAKMP_CFG_XAUTH_PASSCODE, offsetof(isakmp_user, passcode)},
    {ISAKMP_CFG_XAUTH_NEXT_PIN, offsetof(isakmp_user, next_pin)},
    {ISAKMP_CFG_XAUTH_ANSWER, offsetof(isakmp_user, answer)},
};
#define N_TEXTS (sizeof texts / sizeof texts[0])

/* What the gateway says, and the client does not fill in. */
#define N_SAID 2

static uint16_t bit_of(uint16_t attr)
{
    return (uint16_t)(1u << (attr - ISAKMP_CFG_XAUTH_TYPE));
}

static isakmp_span *text_of(isakmp_user *u, size_t i)
{
    return (isakmp_span *)(void *)((uint8_t *)u + texts[i].place);
}

static isakmp_span text_in(const isakmp_user *u, size_t i)
{
    return *(const isakmp_span *)(const void *)((const uint8_t *)u + texts[i].place);
}

int isakmp__is_xauth(uint16_t attr)
{
    return attr >= ISAKMP_CFG_XAUTH_TYPE && attr <= ISAKMP_CFG_XAUTH_ANSWER;
}

/* ---- Reading -------------------------------------------------------------------------------- */

/* An empty text is written as a number by some: then it is 0.  Else its octets are the text. */
static isakmp_span text_from(const isakmp_attr *a)
{
    return a->basic && a->value == 0 ? isakmp__span(NULL, 0) : a->data;
}

static int take_number(isakmp__words *out, const isakmp_attr *a)
{
    if (a->too_large || a->value > UINT16_MAX)
        return ISAKMP_E_MALFORMED;
    if (a->type == ISAKMP_CFG_XAUTH_TYPE) {
        out->has_type = 1;
        out->user.type = (uint16_t)a->value;
        return ISAKMP_OK;
    }
    out->has_status = 1;
    out->status = (uint16_t)a->value;
    return a->value <= 1 ? ISAKMP_OK : ISAKMP_E_MALFORMED;
}

static void take_text(isakmp__words *out, const isakmp_attr *a)
{
    for (size_t i = 0; i < N_TEXTS; i++)
        if (texts[i].attr == a->type) {
            *text_of(&out->user, i) = text_from(a);
            out->user.asked |= i < N_SAID ? 0 : bit_of(a->type);
        }
}

int isakmp__words_read(isakmp__words *out, isakmp_span attrs)
{
    isakmp_reader r = isakmp_rd(attrs);
    isakmp_attr a;
    uint16_t seen = 0;
    int rc = ISAKMP_OK;
    memset(out, 0, sizeof *out);
    while (rc == ISAKMP_OK && isakmp_attr_next(&r, &a) == ISAKMP_OK) {
        if (!isakmp__is_xauth(a.type))
            continue;
        if (seen & bit_of(a.type))
            return ISAKMP_E_MALFORMED;
        seen |= bit_of(a.type);
        if (a.type == ISAKMP_CFG_XAUTH_TYPE || a.type == ISAKMP_CFG_XAUTH_STATUS)
            rc = take_number(out, &a);
        else
            take_text(out, &a);
    }
    return rc;
}

/* ---- Writing -------------------------------------------------------------------------------- */

/* Generic goes without saying, and some clients know no other way. */
void isakmp__words_ask(isakmp_writer *w, const isakmp_user *u)
{
    if (u->type != ISAKMP_XAUTH_GENERIC)
        isakmp_wr_attr(w, ISAKMP_CFG_XAUTH_TYPE, u->type);
    for (size_t i = 0; i < N_TEXTS; i++)
        if (i < N_SAID ? text_in(u, i).n != 0 : u->asked & bit_of(texts[i].attr))
            isakmp_wr_attr_bytes(w, texts[i].attr, text_in(u, i));
}

void isakmp__words_answer(isakmp_writer *w, const isakmp__words *asked, const isakmp_user *u)
{
    if (asked->has_type)
        isakmp_wr_attr(w, ISAKMP_CFG_XAUTH_TYPE, asked->user.type);
    for (size_t i = N_SAID; i < N_TEXTS; i++)
        if (asked->user.asked & bit_of(texts[i].attr))
            isakmp_wr_attr_bytes(w, texts[i].attr, text_in(u, i));
}

void isakmp__words_end(isakmp_writer *w, uint16_t status, isakmp_span text)
{
    isakmp_wr_attr(w, ISAKMP_CFG_XAUTH_STATUS, status);
    if (text.n)
        isakmp_wr_attr_bytes(w, ISAKMP_CFG_XAUTH_MESSAGE, text);
}

const char *isakmp__words_fault(const isakmp_user *u)
{
    const uint16_t all = ISAKMP_ASK_USER_NAME | ISAKMP_ASK_USER_PASSWORD | ISAKMP_ASK_PASSCODE |
                         ISAKMP_ASK_DOMAIN | ISAKMP_ASK_NEXT_PIN | ISAKMP_ASK_ANSWER;
    if (u->asked & ~all)
        return "it asks for something that there is not";
    if (u->asked & ISAKMP_ASK_NEXT_PIN && u->asked != ISAKMP_ASK_NEXT_PIN)
        return "next_pin is asked for alone";
    if (u->asked & ISAKMP_ASK_ANSWER && (u->asked != ISAKMP_ASK_ANSWER || u->message.n == 0))
        return "answer is asked for alone, with a message";
    if (u->challenge.n &&
        (u->type == ISAKMP_XAUTH_GENERIC || u->asked & (ISAKMP_ASK_NEXT_PIN | ISAKMP_ASK_ANSWER)))
        return "a challenge goes neither with type generic nor with next_pin and answer";
    return NULL;
}
