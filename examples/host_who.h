/* host_who.h -- who we are, and how it is proved: what the options say of that together. */
#ifndef HOST_WHO_H
#define HOST_WHO_H

#include "host_options.h"

/* Load the files, and complete identities and policies.
 *   returns  -1 to go on, or 2 after one sentence on stderr; then nothing has been loaded. */
int host_who_load(host_options *o, int initiator);

#endif
