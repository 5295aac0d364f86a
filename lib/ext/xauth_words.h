/* ext/xauth_words.h -- the attributes of XAUTH. */
#ifndef ISAKMP_LIB_XAUTH_WORDS_H
#define ISAKMP_LIB_XAUTH_WORDS_H

#include "isakmp/host.h"

/* What a message of XAUTH says. */
typedef struct isakmp__words {
    isakmp_user user;   /* asked: what it has but for message and challenge, whatever its value  */
    uint8_t has_type;   /* 1: it says of which type it is                                        */
    uint8_t has_status; /* 1: status has a value                                                 */
    uint16_t status;    /* 0: failed, 1: well                                                    */
} isakmp__words;

/* Is an attribute one of XAUTH? */
int isakmp__is_xauth(uint16_t attr);

/* Read attributes; those of others are skipped.
 *   attrs    sound in form.
 *   returns  ISAKMP_OK, or ISAKMP_E_MALFORMED: one is there twice, or a number is none. */
int isakmp__words_read(isakmp__words *out, isakmp_span attrs);

/* Write a REQUEST: what is asked for, with nothing in it, and what goes with that. */
void isakmp__words_ask(isakmp_writer *w, const isakmp_user *u);
/* Write a REPLY: what was asked for, as the host has filled it in. */
void isakmp__words_answer(isakmp_writer *w, const isakmp__words *asked, const isakmp_user *u);
/* Write how it has ended, and a text if there is one. */
void isakmp__words_end(isakmp_writer *w, uint16_t status, isakmp_span text);

/* May this be asked?  NULL, or a sentence that says why not [draft-beaulieu-ike-xauth-02 6.2]. */
const char *isakmp__words_fault(const isakmp_user *u);

#endif
