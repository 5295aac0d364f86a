/* ios/model.h -- what a configuration is made of, in its memory.
 *
 * The memory begins with struct isakmp_ios.  Behind it lie *things*: an ISAKMP policy, a key, a map entry.
 * Each stands in the list of its kind, in the order in which it is shown, and in a bucket by its kind,
 * name and number, by which it is found.
 *
 * Invariant: between two lines everything in the lists is whole.  A handler of a line first takes all the
 * memory that it needs, then changes what is in the lists, and cannot fail after that. */
#ifndef ISAKMP_LIB_MODEL_H
#define ISAKMP_LIB_MODEL_H

#include "isakmp/ios.h"
#include "base/span.h"

/* Characters of a host name. */
#define ISAKMP__MAX_NAME 100

/* The same numbers as ISAKMP_USE_* of keyring.h, which belongs to another archive. */
enum {
    ISAKMP__USE_SIGNATURE = 1,
    ISAKMP__USE_ENCRYPTION = 2,
    ISAKMP__USE_GENERAL = 3,
    ISAKMP__ADDRESSED = 4 /* beside them: an addressed key */
};

/* A text in the memory. */
typedef struct isakmp__word {
    struct isakmp__word *next; /* in a list of names */
    isakmp_addr addr;          /* of a peer; family 0: the text is its name */
    uint32_t line;             /* that named it */
    uint32_t n;
    uint8_t text[]; /* and a zero behind it */
} isakmp__word;

typedef enum isakmp__kind {
    ISAKMP__POLICY,    /* crypto isakmp policy; number: priority                              */
    ISAKMP__PSK,       /* crypto isakmp key; name: host name                                  */
    ISAKMP__HOST,      /* ip host                                                             */
    ISAKMP__POOL,      /* ip local pool                                                       */
    ISAKMP__KEY,       /* of the public key chain; number: use                                */
    ISAKMP__TRANSFORM, /* crypto ipsec transform-set                                          */
    ISAKMP__LIST,      /* access list                                                         */
    ISAKMP__DYNAMIC,   /* crypto dynamic-map; number: sequence                                */
    ISAKMP__MAP,       /* crypto map; number: sequence                                        */
    ISAKMP__CLIENT,    /* crypto map ... client configuration address                         */
    ISAKMP__TRUST,     /* crypto ca trustpoint                                                */
    ISAKMP__INTERFACE, /* interface                                                           */
    ISAKMP__N_KINDS
} isakmp__kind;

/* The head of every thing. */
typedef struct isakmp__thing {
    struct isakmp__thing *next, *chain; /* in the list of its kind; in its bucket               */
    isakmp__word *name;                 /* NULL: none                                           */
    uint32_t number;
    uint32_t line;    /* that made it */
    uint32_t hash;    /* of kind, name and number */
    uint32_t spoiled; /* the first line of it that was wrong; 0: none was */
    uint32_t born;    /* how many had been taken away before */
    uint8_t kind;
    uint8_t fresh; /* 1: made by the text that is being loaded */
    uint16_t size; /* of the whole thing */
} isakmp__thing;

typedef struct isakmp__policy_thing {
    isakmp__thing head;
    uint16_t cipher, key_bits, hash, auth, group;
    uint32_t life_s;
} isakmp__policy_thing;

typedef struct isakmp__psk_thing {
    isakmp__thing head;
    uint8_t ip[4], mask[4]; /* mask of all ones with a host name */
    isakmp__word *key;
} isakmp__psk_thing;

#define ISAKMP__MAX_HOST_ADDRS 8

typedef struct isakmp__host_thing {
    isakmp__thing head;
    uint8_t n, ip[ISAKMP__MAX_HOST_ADDRS][4];
} isakmp__host_thing;

typedef struct isakmp__pool_thing {
    isakmp__thing head;
    uint8_t first[4], last[4];
} isakmp__pool_thing;

/* Octets that grow line by line. */
typedef struct isakmp__octets {
    uint8_t *p;
    uint32_t n, room;
} isakmp__octets;

typedef struct isakmp__key_thing {
    isakmp__thing head; /* number: ISAKMP_USE_*, and 4 if it is an addressed key */
    uint8_t ip[4], has_ip;
    isakmp__octets der;
} isakmp__key_thing;

typedef struct isakmp__transform_thing {
    isakmp__thing head;
    uint8_t ah, esp; /* ISAKMP_AH_*, ISAKMP_ESP_*; 0: none */
    uint8_t integ;   /* of ESP: ISAKMP_INTEG_*             */
    uint8_t mode;    /* ISAKMP_MODE_*                      */
    uint16_t key_bits;
} isakmp__transform_thing;

/* One end of a line of an access list.  The mask has ones where an address must be equal: what the
 * line has as a wildcard is its complement. */
typedef struct isakmp__end {
    uint8_t ip[4], mask[4];
    uint16_t port; /* 0: any */
} isakmp__end;

typedef struct isakmp__rule {
    struct isakmp__rule *next, *chain;
    struct isakmp__list_thing *list;
    isakmp__end from, to;
    uint8_t permit, proto; /* proto 0: IP */
    uint8_t bucket;
} isakmp__rule;

typedef struct isakmp__list_thing {
    isakmp__thing head;
    isakmp__rule *first, *last;
    uint32_t holes;   /* rules whose wildcards have holes */
    uint8_t numbered; /* access-list N, else ip access-list extended */
} isakmp__list_thing;

#define ISAKMP__MAX_SETS 6

/* An entry of a crypto map or a dynamic map. */
typedef struct isakmp__map_thing {
    isakmp__thing head;
    isakmp__word *peers, *sets;
    isakmp__word *match, *dynamic; /* NULL: none */
    uint8_t discover;
    uint16_t pfs; /* group; 0: none */
    uint32_t life_s, life_kb;
} isakmp__map_thing;

typedef struct isakmp__client_thing {
    isakmp__thing head;
    uint8_t flags; /* ISAKMP_IOS_INITIATE, _RESPOND */
} isakmp__client_thing;

typedef struct isakmp__trust_thing {
    isakmp__thing head;
    uint8_t terminal;  /* 1, or 2 with "pem" */
    uint8_t unrevoked; /* 1: nothing is looked up in revocation lists */
    isakmp__octets ca, own;
} isakmp__trust_thing;

typedef struct isakmp__interface_thing {
    isakmp__thing head;
    uint8_t ip[4], mask[4], has_ip, shutdown;
    isakmp__word *map;
} isakmp__interface_thing;

/* ---- One line being read ------------------------------------------------------------------- */

#define ISAKMP__MAX_ARGS 24

typedef struct isakmp__arg {
    isakmp_span text; /* of a keyword: in full */
    uint32_t number;
    uint16_t column;
    char kind; /* 'k'eyword, 'n'umber, 'a'ddress, 'w'ord, 'l'ine */
    uint8_t ip[4];
} isakmp__arg;

typedef struct isakmp__run {
    isakmp_ios *c;
    isakmp_ios_shell *s;
    isakmp_ios_command *out;
    isakmp_ios_fault *fault;
    uint16_t value; /* of the row */
    uint8_t no;     /* the line began with 1: no, 2: default */
    uint8_t n;
    isakmp__arg arg[ISAKMP__MAX_ARGS];
} isakmp__run;

/* Rows of one mode. */
#define ISAKMP__MAX_ROWS 40

/* The rows of the table of commands that a line may still be, and how far each has been followed. */
typedef struct isakmp__walk {
    uint8_t no, n;
    uint8_t row[ISAKMP__MAX_ROWS];
    uint16_t at[ISAKMP__MAX_ROWS]; /* offset in the pattern */
} isakmp__walk;

/* ---- The configuration --------------------------------------------------------------------- */

#define ISAKMP__BUCKETS 256

typedef struct isakmp__free {
    struct isakmp__free *next;
    size_t n;
} isakmp__free;

struct isakmp_ios {
    size_t cap, used; /* octets from here on */
    size_t copied;    /* behind cap: a copy of what was there before a text */
    isakmp__free *free;
    isakmp__thing *first[ISAKMP__N_KINDS], *last[ISAKMP__N_KINDS];
    isakmp__thing *buckets[ISAKMP__BUCKETS];
    isakmp__rule *rules[ISAKMP__BUCKETS];
    uint32_t line;     /* that is being read */
    uint32_t removals; /* how often a thing has been taken away */
    uint8_t loading;   /* 1: a text is being loaded */
    uint8_t ended;     /* 1: there was an "end" */
    uint8_t of_mode;   /* 1: the last line belongs to the mode in which it stands */
    uint8_t disabled, aggressive_disabled, recovery, identity, periodic;
    uint8_t retry_s; /* 0: the default */
    uint16_t keepalive_s, nat_keepalive_s;
    uint32_t life_s, life_kb; /* 0: the default */
    isakmp__word *hostname, *domain, *pool;
    isakmp__run run;
    isakmp__walk walk;
};

#define ISAKMP__DEFAULT_LIFE_S  3600
#define ISAKMP__DEFAULT_LIFE_KB 4608000
#define ISAKMP__DEFAULT_RETRY_S 2

/* ---- Memory -------------------------------------------------------------------------------- */

/* Zeroed octets, aligned for anything; NULL if the memory is full. */
void *isakmp__ios_store_take(isakmp_ios *c, size_t n);
/* Give them back: they are wiped.  p may be NULL. */
void isakmp__ios_store_give(isakmp_ios *c, void *p, size_t n);
/* A copy of a text; NULL if the memory is full. */
isakmp__word *isakmp__ios_store_word(isakmp_ios *c, isakmp_span text);
void isakmp__ios_store_give_word(isakmp_ios *c, isakmp__word *w);
/* Append octets; ISAKMP_OK, or ISAKMP_E_SPACE and nothing is changed. */
int isakmp__ios_store_append(isakmp_ios *c, isakmp__octets *o, const uint8_t *p, size_t n);
void isakmp__ios_store_give_octets(isakmp_ios *c, isakmp__octets *o);

/* ---- Things -------------------------------------------------------------------------------- */

/* Find one; NULL if there is none.  Its name is compared octet by octet, of host names without case. */
isakmp__thing *isakmp__ios_thing_find(const isakmp_ios *c, isakmp__kind kind, isakmp_span name,
                                      uint32_t number);
/* A new one, which is in no list yet; NULL if the memory is full. */
isakmp__thing *isakmp__ios_thing_make(isakmp_ios *c, isakmp__kind kind, isakmp_span name,
                                      uint32_t number);
/* Put it into the lists, where it belongs. */
void isakmp__ios_thing_put(isakmp_ios *c, isakmp__thing *t);
/* Take it out of the lists and give back its memory with all that belongs to it; NULL is allowed. */
void isakmp__ios_thing_drop(isakmp_ios *c, isakmp__thing *t);
/* What was found, or a new one in the lists, or NULL if the memory is full. */
isakmp__thing *isakmp__ios_thing_want(isakmp_ios *c, isakmp__kind kind, isakmp_span name,
                                      uint32_t number);

/* Keywords and names; never keys. */
static inline int isakmp__same_text(isakmp_span a, isakmp_span b)
{
    return isakmp__span_equal(a, b);
}

static inline isakmp_span isakmp__word_span(const isakmp__word *w)
{
    return w ? isakmp__span(w->text, w->n) : isakmp__span(NULL, 0);
}

static inline isakmp_span isakmp__name_of(const isakmp__thing *t)
{
    return isakmp__word_span(t->name);
}

static inline const char *isakmp__chars(const isakmp__word *w)
{
    return w ? (const char *)w->text : "";
}

/* The rule of a list that is equal to r, or NULL; a copy of it at the list's end, or NULL without memory. */
isakmp__rule *isakmp__ios_rule_find(const isakmp_ios *c, const isakmp__list_thing *l,
                                    const isakmp__rule *r);
isakmp__rule *isakmp__ios_rule_add(isakmp_ios *c, isakmp__list_thing *l, const isakmp__rule *r);
void isakmp__ios_rule_drop(isakmp_ios *c, isakmp__rule *r);

/* The bits of a mask from the left, or -1 if it has holes. */
int isakmp__ios_mask_bits(const uint8_t mask[4]);

#endif
