/* m4/startup.h -- what the firmware has instead of an operating system. */
#ifndef M4_STARTUP_H
#define M4_STARTUP_H

/* Print on the debugger's console. */
void say(const char *text);
/* End with a status. */
void leave(int status);

#endif
