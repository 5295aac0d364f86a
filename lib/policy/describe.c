/* policy/describe.c -- policies and protections in the words of the field. */
#include "match.h"

static void add_bits(isakmp__text *t, unsigned bits)
{
    if (bits)
        isakmp__text_add(t, "%u", bits);
}

size_t isakmp_policy_text(char *out, size_t cap, const isakmp_policy *p)
{
    isakmp__text t = isakmp__text_begin(out, cap);
    isakmp__text_name(&t, ISAKMP_REG_CIPHER, p->cipher);
    add_bits(&t, p->key_bits);
    isakmp__text_add(&t, "-");
    isakmp__text_name(&t, ISAKMP_REG_HASH, p->hash);
    isakmp__text_add(&t, "-");
    isakmp__text_name(&t, ISAKMP_REG_GROUP, p->group);
    isakmp__text_add(&t, " ");
    isakmp__text_name(&t, ISAKMP_REG_AUTH, p->auth);
    return t.len;
}

/* A name such as "aes-gcm16", which with 256 bits is written aes256gcm16. */
static int is_mode_of_aes(const char *name)
{
    return name[0] == 'a' && name[1] == 'e' && name[2] == 's' && name[3] == '-';
}

static void add_cipher(isakmp__text *t, const isakmp_protect *p)
{
    const char *name = isakmp_name(ISAKMP_REG_ESP, p->transform);
    int is_mode = name && is_mode_of_aes(name);
    isakmp__text_add(t, "%s", is_mode ? "aes" : "");
    if (is_mode)
        add_bits(t, p->key_bits);
    if (name)
        isakmp__text_add(t, "%s", is_mode ? name + 4 : name);
    else
        isakmp__text_add(t, "%u", p->transform);
    if (!is_mode)
        add_bits(t, p->key_bits);
}

size_t isakmp_protect_text(char *out, size_t cap, const isakmp_protect *p)
{
    isakmp__text t = isakmp__text_begin(out, cap);
    if (p->proto == ISAKMP_PROTO_AH) {
        isakmp__text_add(&t, "ah ");
        isakmp__text_name(&t, ISAKMP_REG_AH, p->transform);
        return t.len;
    }
    isakmp__text_add(&t, "esp ");
    add_cipher(&t, p);
    if (p->integ != ISAKMP_INTEG_NONE) {
        isakmp__text_add(&t, "-");
        isakmp__text_name(&t, ISAKMP_REG_INTEG, p->integ);
    }
    return t.len;
}
