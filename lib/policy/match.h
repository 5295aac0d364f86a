/* policy/match.h -- policies against proposals: what we write, what we choose, and why not.
 *
 * Pure functions: no SA, no exchange, no callback is known here. */
#ifndef ISAKMP_LIB_MATCH_H
#define ISAKMP_LIB_MATCH_H

#include "base/text.h"
#include "isakmp/policy.h"

/* ---- What can be used at this moment ------------------------------------------------------ */

/* Families of authentication methods, as bits: methods of one family have the same messages. */
enum {
    ISAKMP__AUTH_PSK = 1,
    ISAKMP__AUTH_SIG = 2,  /* RSA and ECDSA signatures */
    ISAKMP__AUTH_PKE = 4,  /* RSA encrypted nonces [RFC2409 5.2] */
    ISAKMP__AUTH_REV = 8,  /* ... in the revised mode [RFC2409 5.3] */
    ISAKMP__AUTH_HYI = 16, /* hybrid: the initiator is the client, and the responder signs */
    ISAKMP__AUTH_HYR = 32, /* ... the other way round */
    ISAKMP__AUTH_ANY = 0xff
};

/* The family of a method, 0 if it cannot be used. */
uint8_t isakmp__auth_family(uint16_t auth);
/* Has anybody who has the keys of a phase 1 exchange proved by that who he is?  Not with signatures, where
 * SKEYID is made of what both sides send in the clear. */
int isakmp__keys_prove(uint16_t auth);
/* A method as a bit of isakmp_credentials.methods, or one that only we use; 0 if it has none. */
uint32_t isakmp__auth_bit(uint16_t auth);
/* All methods of some families, as bits. */
uint32_t isakmp__auth_bits(uint8_t families);
/* Does the initiator (1), or the responder (0), sign with this method? */
int isakmp__auth_signs(uint16_t auth, int initiator);
/* The method without XAUTH: how phase 1 goes, as hosts and hashes know it; of hybrid authentication the kind of
 * signature. */
uint16_t isakmp__auth_base(uint16_t auth);

/* Whose user is authenticated by XAUTH after phase 1: that side is the client, the other one the gateway. */
enum {
    ISAKMP__USER_NONE = 0,
    ISAKMP__USER_I, /* the initiator's */
    ISAKMP__USER_R
};
uint8_t isakmp__auth_user(uint16_t auth);
/* All methods with XAUTH, as bits; those that go with methods without it, given as bits. */
uint32_t isakmp__auth_user_bits(void);
uint32_t isakmp__auth_extended(uint32_t bits);

/* How ESP is encapsulated in UDP, by the way of NAT traversal that was agreed on. */
enum {
    ISAKMP__UDP_NONE = 0,
    ISAKMP__UDP_RFC,      /* RFC 3947, drafts 04 to 08: modes 3 and 4, on port 4500               */
    ISAKMP__UDP_DRAFT,    /* drafts 02 and 03: modes 61443 and 61444, on port 4500                */
    ISAKMP__UDP_DRAFT_500 /* drafts 00 and 01: the same modes, on port 500                        */
};
/* The value of the attribute for a mode of a child. */
uint16_t isakmp__encap_of(uint8_t mode, uint8_t udp);

typedef struct isakmp__means {
    const isakmp_crypto *crypto;
    uint32_t max_dh;  /* octets of the longest public value                                       */
    uint32_t methods; /* for which there is key material: isakmp__auth_bit() of each             */
    uint8_t udp;      /* phase 2: ISAKMP__UDP_*                                                   */
    const isakmp_policy *like; /* Aggressive Mode, as initiator: only policies that go with what is
                                  sent beside the offer, made for this one; NULL: any [RFC2409 5] */
    uint16_t ike_group; /* phase 2: the group of the ISAKMP SA                                   */
    uint32_t most_life_s; /* the longest lifetime that is offered; 0: any                        */
} isakmp__means;

/* What does an SA payload speak of first?  auth 0: of nothing that can be read.  Where messages differ by
 * method the initiator's offer and what it sends beside it are made for that [RFC2409 5.2, 5.3]. */
isakmp_policy isakmp__first_offer(isakmp_span body);
/* Does it offer a method of some families at all, among what is looked at? */
int isakmp__offers_auth(isakmp_span body, uint8_t families);

/* Can a policy be offered or matched with these means?  NULL if it can, else why not: static text. */
const char *isakmp__policy_unusable(const isakmp_policy *p, const isakmp__means *m);

/* The next best policy of a peer: the best one after NULL; the built-in default policy comes last if
 * the peer policy wants it; NULL at the end. */
const isakmp_policy *isakmp__policy_next(const isakmp_peer_policy *p, const isakmp_policy *after);

/* ---- Lifetimes ---------------------------------------------------------------------------- */

typedef struct isakmp__life {
    uint32_t seconds, kilobytes; /* 0: no limit                                                  */
    uint8_t announce;            /* 1: shorter than offered, to be told by RESPONDER-LIFETIME    */
} isakmp__life;

/* What becomes of an offered lifetime under a mode (policy.h has the table).
 *   returns  ISAKMP_OK with out filled in, or the attribute's life type that does not match:
 *            ISAKMP_LIFE_SECONDS or ISAKMP_LIFE_KILOBYTES. */
int isakmp__life_agree(isakmp__life *out, uint8_t mode, int phase, const isakmp__life *ours,
                       const isakmp__life *offered);

/* Take over the lifetimes of a RESPONDER-LIFETIME notify where they are shorter [RFC2407 4.6.3.1].
 *   attrs  its data: pairs of life type and duration, in the numbers of either phase. */
void isakmp__life_shorten(uint32_t *seconds, uint32_t *kilobytes, isakmp_span attrs);

/* A lifetime of ours as this peer can bear it. */
isakmp__life isakmp__life_for(isakmp__life l, const isakmp__means *m);

/* ---- Phase 1 ------------------------------------------------------------------------------ */

/* Write the SA payload with all policies that can be used, best first [RFC2409 5].
 *   returns  how many there are; 0: nothing is written. */
unsigned isakmp__offer_phase1(isakmp_writer *w, const isakmp_peer_policy *p,
                              const isakmp__means *m);

typedef struct isakmp__choice {
    const isakmp_policy *policy; /* ours                                                         */
    isakmp__life life;
    uint8_t proposal, transform; /* their numbers in the offer                                   */
    isakmp_span attrs;           /* of the chosen transform, to be returned unchanged            */
    isakmp_span spi;
} isakmp__choice;

/* Responder: walk our policies, best first, over everything offered.
 *   body     of the SA payload.
 *   returns  ISAKMP_OK, or an isakmp_detail: DOI, SITUATION, PROPOSAL_SYNTAX, NO_PROPOSAL. */
unsigned isakmp__choose_phase1(isakmp__choice *out, const isakmp_peer_policy *p,
                               const isakmp__means *m, isakmp_span body);
/* Only the attributes of one policy, as they are offered. */
void isakmp__wr_attrs1(isakmp_writer *w, const isakmp_policy *p, const isakmp__means *m);
/* Write the SA payload that returns the choice. */
void isakmp__return_phase1(isakmp_writer *w, const isakmp__choice *c);

/* Initiator: which of our policies did the peer choose?  Every attribute must have the value that
 * was offered; none may be added or left out [RFC2409 5].
 *   returns  ISAKMP_OK, or an isakmp_detail: DOI, SITUATION, PROPOSAL_SYNTAX, CHOICE. */
unsigned isakmp__confirm_phase1(const isakmp_policy **out, const isakmp_peer_policy *p,
                                const isakmp__means *m, isakmp_span body);

/* The lifetime of a policy with its default filled in. */
isakmp__life isakmp__policy_life(const isakmp_policy *p);

/* ---- Phase 2 ------------------------------------------------------------------------------ */

/* What a Quick Mode agreed on: the protocols of one set, with the numbers and attributes that the
 * responder returns. */
typedef struct isakmp__bundle {
    uint8_t n, proposal;
    isakmp_protect protect[ISAKMP_MAX_BUNDLE];
    uint32_t spi[ISAKMP_MAX_BUNDLE]; /* the peer's */
    uint8_t transform[ISAKMP_MAX_BUNDLE];
    isakmp_span attrs[ISAKMP_MAX_BUNDLE];
    uint16_t group; /* of perfect forward secrecy, 0: none */
    isakmp__life life;
} isakmp__bundle;

/* Our inbound SPIs: one for each protocol, whatever set it is in. */
typedef struct isakmp__spis {
    uint32_t ah, esp;
} isakmp__spis;
uint32_t isakmp__spi_of(const isakmp__spis *s, uint8_t proto);

/* Write the SA payload with all sets of a policy, each a proposal with our inbound SPIs.
 *   returns  how many there are. */
unsigned isakmp__offer_child(isakmp_writer *w, const isakmp_child_policy *p, const isakmp__means *m,
                             const isakmp__spis *spis);
/* Only the attributes of one protection, as they are offered. */
void isakmp__wr_attrs2(isakmp_writer *w, const isakmp_child_policy *p, const isakmp_protect *t,
                       const isakmp__means *m);
/* Responder: walk our sets, best first, over everything offered.
 *   returns  ISAKMP_OK, or an isakmp_detail: DOI, SITUATION, PROPOSAL_SYNTAX, NO_PROPOSAL, or SPI if
 *            something matches, but only with SPIs that cannot be. */
unsigned isakmp__choose_child(isakmp__bundle *out, const isakmp_child_policy *p,
                              const isakmp__means *m, isakmp_span body);
/* Write the SA payload that returns the choice, with our inbound SPIs. */
void isakmp__return_child(isakmp_writer *w, const isakmp__bundle *b, const isakmp__spis *spis);
/* Initiator: which of our sets did the peer choose?
 *   returns  ISAKMP_OK, or an isakmp_detail: DOI, SITUATION, PROPOSAL_SYNTAX, CHOICE, SPI. */
unsigned isakmp__confirm_child(isakmp__bundle *out, const isakmp_child_policy *p,
                               const isakmp__means *m, isakmp_span body);

/* The lifetime of a policy with its default filled in. */
isakmp__life isakmp__child_life(const isakmp_child_policy *p);

/* ---- Proposals as they were offered ------------------------------------------------------- */

/* A phase 1 transform, read.  If it is bad, `bad` names the attribute that makes it unusable: it is
 * unknown, or has a value that cannot be or is not the one that it had before. */
typedef struct isakmp__offer1 {
    isakmp_policy suite;
    isakmp__life life; /* seconds 0: none offered */
    uint8_t is_bad;
    uint16_t bad;
    uint32_t bad_value;
} isakmp__offer1;
void isakmp__offer1_read(isakmp__offer1 *out, const isakmp_transform *t);

typedef struct isakmp__offer2 {
    isakmp_protect protect;
    uint16_t encap, group; /* 0: none offered */
    isakmp__life life;     /* seconds 0: none offered */
    uint8_t is_bad;
    uint16_t bad;
    uint32_t bad_value;
} isakmp__offer2;
void isakmp__offer2_read(isakmp__offer2 *out, uint8_t proto, const isakmp_transform *t);

/* Does an offer match?  1, with the life agreed on; or 0 with the attribute that failed, its values
 * and its name in m. */
int isakmp__match1(isakmp__life *life, isakmp_mismatch *m, const isakmp_policy *ours,
                   const isakmp__offer1 *theirs, uint8_t life_mode);
int isakmp__match2(isakmp__life *life, isakmp_mismatch *m, const isakmp_child_policy *p,
                   const isakmp_protect *ours, const isakmp__means *means,
                   const isakmp__offer2 *theirs);

/* The proposals of an SA payload of either phase.
 *   returns  ISAKMP_OK, or an isakmp_detail: DOI, SITUATION, PROPOSAL_SYNTAX. */
unsigned isakmp__read_proposals(isakmp_reader *out, isakmp_span body);

/* ---- The mismatch report ------------------------------------------------------------------ */

/* What a report is made from when somebody asks for its rows: nothing is stored. */
struct isakmp_report {
    const isakmp_peer_policy *peer;   /* phase 1; or */
    const isakmp_child_policy *child; /* phase 2 */
    isakmp__means means;
    isakmp_span body; /* of the SA payload */
};

/* The row that came nearest to a match: in which the attribute failed that is looked at last.
 *   returns  ISAKMP_OK, or ISAKMP_NONE if there are no rows. */
int isakmp__report_nearest(const isakmp_report *r, isakmp_mismatch *out);

/* ---- Selectors and identities ------------------------------------------------------------- */

/* The selector of one address, any protocol and port. */
isakmp_selector isakmp__selector_of(const isakmp_addr *a);
int isakmp__selector_equal(const isakmp_selector *a, const isakmp_selector *b);
/* Is it one address, or open (family 0)? */
int isakmp__selector_is_host(const isakmp_selector *s);

/* Is an identity the one that a policy expects?  A pattern of type NONE is any. */
int isakmp__id_accepted(const isakmp_id *pattern, const isakmp_id *id);

#endif
