/* host_users.h -- users and their passwords: the one that a client has, or those that a gateway knows. */
#ifndef HOST_USERS_H
#define HOST_USERS_H

#include "isakmp/host.h"

#define HOST_MAX_USERS    32
#define HOST_MAX_PASSWORD 128

typedef struct host_user {
    isakmp_span name;                    /* borrowed */
    uint8_t password[HOST_MAX_PASSWORD]; /* copied */
    size_t password_n;                   /* 0: not given yet */
} host_user;

typedef struct host_users {
    host_user users[HOST_MAX_USERS];
    size_t n;
} host_users;

/* Add a user, who has no password yet.
 *   returns  1, or 0 with one sentence in error. */
int host_users_add(host_users *t, const char *name, char *error, size_t error_cap);
/* The password of the user who was added last.
 *   returns  as host_users_add(). */
int host_users_set_password(host_users *t, const char *text, size_t n, char *error,
                            size_t error_cap);
/* A user without a password; NULL: there is none. */
const host_user *host_users_incomplete(const host_users *t);
void host_users_forget(host_users *t);

/* For isakmp_host.get_user: the first user, if nothing but name and password is asked for. */
int host_users_tell(const host_users *t, const isakmp_user *asked, isakmp_user *out);
/* For isakmp_host.check_user: yes to whoever has name and password of one of them. */
int host_users_check(const host_users *t, const isakmp_user *got);

#endif
