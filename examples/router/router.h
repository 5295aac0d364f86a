/* router.h -- a router that speaks ISAKMP and is configured in the routers' own language.
 *
 *     config, console -> isakmp_ios -> plan -> the library's questions (answers.c)
 *     packets (tun.c) -> flows.c -> connect                 library -> sas.c -> kernel, or a log
 *
 * One struct, one loop (router.c). */
#ifndef ROUTER_H
#define ROUTER_H

#include <stdio.h>
#include "host_udp.h"
#include "isakmp/ios.h"
#include "isakmp/keyring.h"
#include "tun.h"
#include "xfrm.h"

#define ROUTER_MAX_EXEC 32

/* ---- The command line (options.c) ---------------------------------------------------------- */

typedef struct router_options {
    const char *config;  /* NULL: an empty configuration                                       */
    const char *sa_log;  /* SAs go here, as commands of ip xfrm; NULL: to the kernel           */
    const char *control; /* a Unix socket for --exec from elsewhere; NULL: none                */
    const char *keys;    /* private keys, kept from one run to the next; NULL: only in memory  */
    const char *crl;     /* revocation lists; NULL: none                                       */
    const char *exec[ROUTER_MAX_EXEC];
    unsigned n_exec;
    uint16_t port; /* of ISAKMP; NAT traversal's is 4000 above it                              */
    isakmp_addr source, dest; /* of a flow whose packets are as good as there; family 0: none  */
    int debug;
    int is_client; /* 1: there is only --control and --exec: ask a router that runs            */
} router_options;

/* returns  -1 to go on, else the status to exit with. */
int router_options_read(router_options *o, int argc, char **argv);

/* ---- Plans (plans.c) ----------------------------------------------------------------------- */

/* What the configuration meant at some time; the first is the present one, the others are kept while SAs use
 * their policies. */
typedef struct router_plan {
    struct router_plan *next;
    isakmp_ios_plan *plan;
    size_t n;
} router_plan;

/* ---- Attempts (attempts.c) -------------------------------------------------------------------- */

#define ROUTER_MAX_ATTEMPTS 64

/* Traffic waits for an SA: the peers of its entry are tried one after the other. */
typedef struct router_attempt {
    isakmp_ios_match match; /* child NULL: this place is free */
    size_t peer;            /* which one is being asked, from 0 */
    isakmp_child_id child;
    isakmp_time until; /* all have failed: nothing is begun for this traffic before */
    int is_over;       /* it came to nothing: go on with the next peer */
} router_attempt;

/* ---- Traffic (traffic.c) ------------------------------------------------------------------- */

#define ROUTER_MAX_CHILDREN 1024

/* How many octets had passed through a child when we last looked. */
typedef struct router_traffic {
    isakmp_child_id child;
    uint64_t in, out;
} router_traffic;

/* ---- Keys (keys.c) ------------------------------------------------------------------------- */

#define ROUTER_MAX_KEYS 2

typedef struct router_own_key {
    uint8_t pem[8192];
    size_t n;
} router_own_key;

/* ---- The router ---------------------------------------------------------------------------- */

/* Where the answer to a command goes. */
typedef struct router_sink {
    void (*text)(void *user, const char *text, size_t n);
    void *user;
    size_t indent; /* characters that stand before the line where it was typed */
} router_sink;

typedef struct router {
    router_options o;
    isakmp_ios *conf;
    void *conf_mem;
    size_t conf_n;
    router_plan *plans;
    int changed; /* 1: the configuration is not the one of the present plan */
    router_own_key
        own[ROUTER_MAX_KEYS]; /* one for both uses, or one for signatures and one for encryption */
    unsigned n_own;
    isakmp_keyring ring;
    uint64_t ring_of; /* a sum of what the ring was made of */
    isakmp_ctx *x;
    void *arena;
    host_udp udp;
    tun *tun;            /* NULL: no packets pass through here */
    xfrm_kernel *kernel; /* NULL: SAs are written down */
    FILE *sa_log;
    char fixed[256], told[256]; /* what cannot change: as we began, and as it is now */
    uint8_t guards;             /* which of the two sets of guards is there */
    router_attempt attempts[ROUTER_MAX_ATTEMPTS];
    router_traffic traffic[ROUTER_MAX_CHILDREN];
    isakmp_time look_at;
    isakmp_addr_pool pool; /* for clients, if leases is not NULL */
    isakmp_lease *leases;
    isakmp_addr pool_first, pool_last;
    int spis[2]; /* sockets that see ESP and AH, -1: none */
    int debugs;  /* 1: debug crypto isakmp */
    int leaves;  /* 1: somebody has said exit */
    int control;
    struct router_console *console;
} router;

/* router.c: one line for whoever watches, on the console or on stdout. */
void router_say(router *r, const char *text);
/* Let a changed configuration have its effect. */
void router_apply(router *r);
void router_close_all(router *r);

/* outside.c: what of the configuration cannot change while we run; and a word if it has. */
void router_keep_fixed(router *r);
void router_look_at_fixed(router *r);
/* Where we listen, which is the address of the only interface with a crypto map, or any. */
isakmp_addr router_outside_address(const router *r);
/* Packets pass through us from now on.
 *   returns  0, or -1 after one sentence in error. */
int router_open_outside(router *r, char *error, size_t cap);

/* plans.c: make a plan of the configuration, and forget those that nobody uses any more.
 *   returns  0, or -1 after a line said. */
int router_replan(router *r);
void router_drop_plans(router *r);
const isakmp_ios_plan *router_plan_now(const router *r);

/* keys.c: the key ring, made anew when what it is made of has changed: so what was learnt from certificates is
 * kept as long as whom to trust is the same.  Our own keys stay. */
int router_read_keys(router *r);
void router_take_keys(router *r);
/* The subject of our certificate; data gets it.
 *   returns  1, or 0 if there is none. */
int router_subject(const router *r, isakmp_id *out, uint8_t data[ISAKMP_MAX_ID]);
int router_make_keys(router *r, const isakmp_ios_command *command, const router_sink *sink);
int router_forget_keys(router *r, const router_sink *sink);
int router_my_key(void *user, size_t i, unsigned *use, isakmp_span *der);
int router_learnt_key(void *user, size_t i, isakmp_ios_public_key *out);
/* An SA by encrypted nonces has failed as if the peer had another key: what was learnt there is forgotten. */
void router_forget_learnt(router *r, const isakmp_addr *peer);

/* answers.c: the library's callbacks. */
void router_set_host(isakmp_host *h, router *r);

/* sas.c: IPsec SAs. */
int router_install(router *r, isakmp_child_id child, const isakmp_sad_entry *e);
void router_remove(router *r, isakmp_child_id child, const isakmp_sad_entry *e);
void router_move(router *r, isakmp_child_id child, const isakmp_sad_entry *e,
                 const isakmp_addr *src, const isakmp_addr *dst);

/* attempts.c: negotiate with the peers of an entry. */
void router_protect(router *r, const isakmp_ios_match *m);
/* A child is up, or down. */
void router_child_told(router *r, isakmp_child_id child, int is_up);
void router_try_again(router *r);
void router_forget_attempts(router *r);

/* flows.c: packets and what they begin. */
void router_packet(router *r, const uint8_t *packet, size_t n);
/* A packet of this flow has come, or is as good as there. */
void router_flow(router *r, const isakmp_addr *source, const isakmp_addr *dest);
int router_find_ted(router *r, const isakmp_path *path, isakmp_ted_answer *out);
int router_send_as(router *r, const isakmp_path *path, isakmp_span datagram);
int router_same_ip(const isakmp_addr *a, const isakmp_addr *b);

/* pool.c: the pool that the configuration has for clients; what they are given; and what is theirs no more. */
void router_take_pool(router *r);
void router_drop_pool(router *r);
int router_assign(router *r, const isakmp_query *q, const isakmp_assignment *a, isakmp_writer *out);
void router_unassign(router *r, const isakmp_assignment *a);
uint32_t router_pool_in_use(void *user, isakmp_span name);

/* guards.c: what is to come through an SA does not come in the clear.  Those of a plan take the place of those of
 * the one before; either may be NULL. */
void router_guard(router *r, const isakmp_ios_plan *plan, const isakmp_ios_plan *before);

/* spis.c: packets with SPIs that nobody knows are watched for as long as the configuration says so.
 *   returns  0, or -1 after one sentence in error. */
int router_open_spis(router *r, char *error, size_t cap);
void router_close_spis(router *r);
void router_take_spi(router *r, unsigned i);

/* traffic.c: what has passed through the kernel's SAs. */
void router_look_at_traffic(router *r);
/* The kernel has something to say: a peer sends its ESP from elsewhere. */
void router_take_mapping(router *r);

/* commands.c: a line, typed or given.
 *   returns  1, or 0 if it was wrong. */
int router_command(router *r, isakmp_ios_shell *s, isakmp_span line, const router_sink *sink);
/* The configuration of a file.
 *   returns  1, or 0 after lines said. */
int router_load(router *r, const char *file);

/* control.c: commands from other processes. */
int router_control_open(router *r);
void router_control_serve(router *r);
void router_control_close(router *r);
/* Ask a router that runs.
 *   returns  the status to exit with. */
int router_control_ask(const router_options *o);

/* console.c: commands from a terminal. */
struct router_console *router_console_open(router *r);
void router_console_close(struct router_console *c);
void router_console_read(struct router_console *c);
void router_console_clear(struct router_console *c);
void router_console_show(struct router_console *c);

#endif
