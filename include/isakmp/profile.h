/* isakmp/profile.h -- peers by what they are made of: what each kind needs that others do not.
 *
 * A profile is a name for some flags of isakmp_peer_policy.flags, each of which is one tolerance with a
 * reason.  To use one, add its flags to a peer's policy:
 *
 *     const isakmp_profile *p = isakmp_profile_find("fortigate");
 *     if (p)
 *         office.flags |= p->flags;
 *
 * Most of what peers do differently is granted to everybody, and needs no flag.  Nothing that makes a
 * negotiation weaker is in a profile: where a peer cannot do without, its note says so, and it is for the
 * host to decide. */
#ifndef ISAKMP_PROFILE_H
#define ISAKMP_PROFILE_H

#include "policy.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One tolerance.  Made by the library, which may add fields at the end. */
typedef struct isakmp_tolerance {
    uint32_t flag;    /* ISAKMP_PF_*, one bit                                                    */
    const char *name; /* such as "short-life"                                                    */
    const char *why;  /* one sentence: what the peer does, and who has seen it                   */
} isakmp_tolerance;

/* One kind of peers.  Made by the library, which may add fields at the end. */
typedef struct isakmp_profile {
    const char *name; /* such as "cisco-ios"                                                     */
    const char *what; /* which peers it is for                                                   */
    uint32_t flags;   /* ISAKMP_PF_* of its tolerances; 0: it needs none                         */
    const char *note; /* one sentence that is worth knowing, or NULL                             */
} isakmp_profile;

/* A profile by its name; NULL if there is none.  Static data.
 *   name  in small letters.  [q] */
ISAKMP_API const isakmp_profile *isakmp_profile_find(const char *name);
/* All profiles, in the order of their names, and all tolerances.
 *   i        from 0.
 *   returns  NULL after the last one.  Static data.  [q] */
ISAKMP_API const isakmp_profile *isakmp_profile_get(size_t i);
ISAKMP_API const isakmp_tolerance *isakmp_tolerance_get(size_t i);
/* A profile as text: a line with its name and what it is for, one for each tolerance with its reason, one
 * with its note; each with a newline.  Parameters and result as isakmp_dump().  [q] */
ISAKMP_API size_t isakmp_profile_text(char *out, size_t cap, const isakmp_profile *p);

#ifdef __cplusplus
}
#endif
#endif
