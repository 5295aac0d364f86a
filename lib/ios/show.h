/* ios/show.h -- what the shows share. */
#ifndef ISAKMP_LIB_SHOW_H
#define ISAKMP_LIB_SHOW_H

#include "handlers.h"

/* One show command. */
typedef struct isakmp__show {
    isakmp__page *p;
    const isakmp_ios *c;
    const isakmp_ios_command *command;
    const isakmp_ios_live *live; /* never NULL */
} isakmp__show;

void isakmp__ios_show_policy(const isakmp__show *s);
void isakmp__ios_show_keys(const isakmp__show *s);
void isakmp__ios_show_sa(const isakmp__show *s);
void isakmp__ios_show_ipsec_sa(const isakmp__show *s);
void isakmp__ios_show_transform_sets(const isakmp__show *s);
void isakmp__ios_show_lifetime(const isakmp__show *s);
void isakmp__ios_show_my_keys(const isakmp__show *s);
void isakmp__ios_show_chain(const isakmp__show *s);
void isakmp__ios_show_maps(const isakmp__show *s);
void isakmp__ios_show_dynamic_maps(const isakmp__show *s);
void isakmp__ios_show_pools(const isakmp__show *s);
void isakmp__ios_show_lists(const isakmp__show *s);
void isakmp__ios_show_hosts(const isakmp__show *s);
void isakmp__ios_show_trustpoints(const isakmp__show *s);
void isakmp__ios_show_running(const isakmp__show *s);

/* Pieces of the configuration as they are typed, without a newline. */
void isakmp__ios_page_word(isakmp__page *p, const isakmp__word *w);
void isakmp__ios_page_rule(isakmp__page *p, const isakmp__rule *r);
void isakmp__ios_page_transforms(isakmp__page *p, uint8_t ah, uint8_t esp, uint16_t key_bits,
                                 uint8_t integ);

#endif
