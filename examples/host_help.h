/* host_help.h -- what --help says. */
#ifndef HOST_HELP_H
#define HOST_HELP_H

void host_help(const char *program, int initiator);

#endif
