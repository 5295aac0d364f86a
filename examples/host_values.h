/* host_values.h -- values of options.  The functions return -1 to go on, or 2 after one sentence on stderr
 * that names the option. */
#ifndef HOST_VALUES_H
#define HOST_VALUES_H

#include "isakmp/policy.h"

/* Say the sentence. */
int host_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A number, such as "a number of seconds"; with most INT32_MAX there is said to be no limit. */
int host_read_number(unsigned *out, const char *option, const char *what, const char *text,
                     unsigned least, unsigned most);
/*   returns  1, or 0 if the text is no number from least to most. */
int host_parse_number(unsigned *out, const char *text, unsigned least, unsigned most);
/* An address with or without a port; 500 without. */
int host_read_addr(isakmp_addr *out, const char *option, const char *text);
/* "10.1.0.0/16" or an address. */
int host_read_net(isakmp_selector *out, const char *option, const char *text);

#endif
