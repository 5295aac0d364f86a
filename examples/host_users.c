/* host_users.c -- users and their passwords. */
#include <stdio.h>
#include <string.h>
#include <sodium.h>
#include "host_users.h"

static int is_equal(isakmp_span a, isakmp_span b)
{
    return a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
}

static const host_user *find(const host_users *t, isakmp_span name)
{
    for (size_t i = 0; i < t->n; i++)
        if (is_equal(t->users[i].name, name))
            return &t->users[i];
    return NULL;
}

int host_users_add(host_users *t, const char *name, char *error, size_t cap)
{
    isakmp_span octets = {(const uint8_t *)name, strlen(name)};
    if (octets.n == 0 || octets.n > ISAKMP_MAX_USER) {
        snprintf(error, cap, "takes a name of 1 to %u octets", (unsigned)ISAKMP_MAX_USER);
        return 0;
    }
    if (find(t, octets)) {
        snprintf(error, cap, "names %s twice", name);
        return 0;
    }
    if (t->n == HOST_MAX_USERS) {
        snprintf(error, cap, "may be given %u times", (unsigned)HOST_MAX_USERS);
        return 0;
    }
    t->users[t->n++].name = octets;
    return 1;
}

int host_users_set_password(host_users *t, const char *text, size_t n, char *error, size_t cap)
{
    host_user *u = t->n ? &t->users[t->n - 1] : NULL;
    if (u == NULL || u->password_n) {
        snprintf(error, cap, "goes behind the --xauth-user whose password it is, once");
        return 0;
    }
    if (n == 0 || n > sizeof u->password) {
        snprintf(error, cap, "takes a password of 1 to %u octets", (unsigned)sizeof u->password);
        return 0;
    }
    memcpy(u->password, text, n);
    u->password_n = n;
    return 1;
}

const host_user *host_users_incomplete(const host_users *t)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->users[i].password_n == 0)
            return &t->users[i];
    return NULL;
}

void host_users_forget(host_users *t)
{
    sodium_memzero(t, sizeof *t);
}

int host_users_tell(const host_users *t, const isakmp_user *asked, isakmp_user *out)
{
    const unsigned have = ISAKMP_ASK_USER_NAME | ISAKMP_ASK_USER_PASSWORD;
    if (t->n == 0 || asked->type != ISAKMP_XAUTH_GENERIC || asked->asked & ~have)
        return ISAKMP_NONE;
    out->user_name = t->users[0].name;
    out->user_password = (isakmp_span){t->users[0].password, t->users[0].password_n};
    return ISAKMP_OK;
}

int host_users_check(const host_users *t, const isakmp_user *got)
{
    const host_user *u = got->round ? find(t, got->user_name) : NULL;
    return u && got->user_password.n == u->password_n &&
                   sodium_memcmp(got->user_password.p, u->password, u->password_n) == 0
               ? ISAKMP_OK
               : ISAKMP_NONE;
}
