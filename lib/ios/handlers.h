/* ios/handlers.h -- what the rows of the table do.
 *
 * A handler looks at r->arg, finds out whether the line can be taken, takes the memory for it, and only
 * then changes the configuration.  It returns ISAKMP_OK, or what isakmp__ios_refuse() returned. */
#ifndef ISAKMP_LIB_HANDLERS_H
#define ISAKMP_LIB_HANDLERS_H

#include "grammar.h"
#include "page.h"

/* Say what is wrong at the ith argument (or, if there is none, with the whole line). */
int isakmp__ios_refuse(isakmp__run *r, int rc, unsigned i, const char *text);
/* The memory is full. */
int isakmp__ios_no_room(isakmp__run *r);
/* Is the ith argument this keyword? */
int isakmp__ios_arg_is(const isakmp__run *r, unsigned i, const char *keyword);
/* The ith argument's text; empty if there is none. */
isakmp_span isakmp__ios_arg_text(const isakmp__run *r, unsigned i);
/* Lines that follow are about this thing. */
void isakmp__ios_enter(isakmp__run *r, isakmp_ios_mode mode, isakmp__thing *t);
/* Replace a text of the configuration; an empty one takes it away. */
int isakmp__ios_set_word(isakmp__run *r, isakmp__word **place, isakmp_span text);

/* Keywords and the numbers for them. */
typedef struct isakmp__choice_of {
    const char *keyword;
    uint16_t a, b; /* b: bits of a key, or a second number */
} isakmp__choice_of;

extern const isakmp__choice_of isakmp__ios_ciphers[], isakmp__ios_hash_words[],
    isakmp__ios_auth_words[], isakmp__ios_group_words[];

/* The entry of a table that ends with NULL; NULL if there is none. */
const isakmp__choice_of *isakmp__ios_by_word(const isakmp__choice_of *table, isakmp_span word);
const isakmp__choice_of *isakmp__ios_by_number(const isakmp__choice_of *table, unsigned a);

/* What a transform of a transform set is. */
typedef struct isakmp__transform_word {
    const char *keyword;
    uint8_t part; /* 'a': AH, 'e': cipher of ESP, 'i': authentication of ESP */
    uint8_t id;   /* ISAKMP_AH_*, ISAKMP_ESP_* or ISAKMP_INTEG_* */
    uint8_t bits; /* 1: key lengths follow */
} isakmp__transform_word;
extern const isakmp__transform_word isakmp__ios_transform_words[];

/* Names of protocols and ports in access lists; NULL if a number has none. */
extern const isakmp__choice_of isakmp__ios_protocols[], isakmp__ios_ports[];

/* The one line of a raw mode (key-string, PEM). */
int isakmp__ios_raw_line(isakmp__run *r, isakmp_span line);
int isakmp__ios_hex_into(isakmp__run *r, isakmp_span text, unsigned column);
/* Is the key whole, by the length that its first octets tell? */
int isakmp__ios_key_is_whole(const isakmp__key_thing *k);

/* One line, with c->line its number. */
int isakmp__ios_line(isakmp_ios *c, isakmp_ios_shell *s, isakmp_span line, isakmp_ios_command *out,
                     isakmp_ios_fault *fault);

/* Tell what is named but not there, or cannot work: n faults are left out, `tell` gets each of the others
 * until it returns 0. */
typedef struct isakmp__teller {
    int (*tell)(struct isakmp__teller *t, const isakmp_ios_fault *f);
    const isakmp_ios *c;
    const isakmp_ios_loader *loader;
    isakmp_ios_fault *one;
    size_t skip;
    uint8_t stop;
} isakmp__teller;
void isakmp__ios_tell_missing(isakmp__teller *t);

/* EXEC and modes */
int isakmp__ios_do_action(isakmp__run *r);
int isakmp__ios_do_one(isakmp__run *r);
int isakmp__ios_do_configure(isakmp__run *r);
int isakmp__ios_do_exit(isakmp__run *r);
int isakmp__ios_do_end(isakmp__run *r);
int isakmp__ios_do_make_keys(isakmp__run *r);
/* What there is once */
int isakmp__ios_set_enable(isakmp__run *r);
int isakmp__ios_set_identity(isakmp__run *r);
int isakmp__ios_set_keepalive(isakmp__run *r);
int isakmp__ios_set_nat_keepalive(isakmp__run *r);
int isakmp__ios_set_recovery(isakmp__run *r);
int isakmp__ios_set_aggressive(isakmp__run *r);
int isakmp__ios_set_client_pool(isakmp__run *r);
int isakmp__ios_set_hostname(isakmp__run *r);
int isakmp__ios_set_domain(isakmp__run *r);
int isakmp__ios_set_lifetime(isakmp__run *r);
/* Policies, keys, hosts, pools */
int isakmp__ios_set_policy(isakmp__run *r);
int isakmp__ios_set_cipher(isakmp__run *r);
int isakmp__ios_set_hash(isakmp__run *r);
int isakmp__ios_set_auth(isakmp__run *r);
int isakmp__ios_set_group(isakmp__run *r);
int isakmp__ios_set_policy_life(isakmp__run *r);
int isakmp__ios_set_psk(isakmp__run *r);
int isakmp__ios_set_host(isakmp__run *r);
int isakmp__ios_set_pool(isakmp__run *r);
/* Public keys, trustpoints, interfaces */
int isakmp__ios_set_chain(isakmp__run *r);
int isakmp__ios_set_key(isakmp__run *r);
int isakmp__ios_set_key_address(isakmp__run *r);
int isakmp__ios_set_key_string(isakmp__run *r);
int isakmp__ios_set_trustpoint(isakmp__run *r);
int isakmp__ios_set_enrollment(isakmp__run *r);
int isakmp__ios_set_revocation(isakmp__run *r);
int isakmp__ios_set_certificate(isakmp__run *r);
int isakmp__ios_set_interface(isakmp__run *r);
int isakmp__ios_set_address(isakmp__run *r);
int isakmp__ios_set_shutdown(isakmp__run *r);
int isakmp__ios_set_interface_map(isakmp__run *r);
/* Maps */
int isakmp__ios_set_transform(isakmp__run *r);
int isakmp__ios_set_mode(isakmp__run *r);
int isakmp__ios_set_map(isakmp__run *r);
int isakmp__ios_set_dynamic(isakmp__run *r);
int isakmp__ios_set_client(isakmp__run *r);
int isakmp__ios_set_peer(isakmp__run *r);
int isakmp__ios_set_sets(isakmp__run *r);
int isakmp__ios_set_pfs(isakmp__run *r);
int isakmp__ios_set_map_life(isakmp__run *r);
int isakmp__ios_set_match(isakmp__run *r);
/* Access lists */
int isakmp__ios_set_list(isakmp__run *r);
int isakmp__ios_set_numbered(isakmp__run *r);
int isakmp__ios_set_rule(isakmp__run *r);

#endif
