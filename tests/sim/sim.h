/* sim/sim.h -- a world of hosts with a context each, users who want children between them, and a network
 * that does what it likes, all from one seed.
 *
 * A run has four phases:
 *
 *     WILD     everything that the scenario's knobs say goes wrong
 *     HEALED   nothing goes wrong any more; once the timers have had their time, everything must be as the
 *              users want it, and the two ends of everything must agree.  Then one host may lose its memory
 *              once more, and soon everything must be so again
 *     CLOSING  those who began close what they have, and the others must hear of it
 *     EMPTY    everybody closes the rest, and nothing may be left
 *
 * check.c says what is looked at, and what the timers allow. */
#ifndef TESTS_SIM_H
#define TESTS_SIM_H

#include <stdio.h>
#include "isakmp/isakmp.h"
#include "knobs.h"
#include "rng.h"
#include "support/toy.h"

#define MAX_HOSTS      9
#define MAX_WISHES     96
#define MAX_SAD        1024
#define MAX_ASKS       64
#define MAX_NATS       3
#define MAX_MAPPINGS   64
#define MAX_SAS        512
#define MAX_LEASES     32
#define MAX_PROBES     64
#define MAX_RECOVERIES 10
#define FENCE          64

typedef struct world world;
typedef struct host host;

typedef enum phase {
    WILD,
    HEALED,
    CLOSING,
    EMPTY
} phase;

/* ---- Things that happen ---------------------------------------------------------------------- */

enum {
    DATAGRAM, /* arrives */
    USER,     /* of a host looks whether there is what he wants */
    TRAFFIC,  /* of a wish, from one side */
    RESTART,
    PAUSE,
    REBIND,
    CLOSE,
    WHIM,
    SAMPLE /* the invariants are looked at */
};

typedef struct datagram {
    isakmp_addr src, dst;
    int is_esp;
    uint32_t spi;  /* of ESP or AH */
    uint64_t keys; /* ... fingerprint of those it was made with */
    int in_udp;
    int wish, side;
    int via; /* a gateway that it passes on its way to a host behind it, from 1; 0: none */
    size_t n;
    uint8_t bytes[]; /* of ISAKMP */
} datagram;

typedef struct happening {
    isakmp_time at;
    uint64_t serial;
    int kind, who, side;
    datagram *d;
} happening;

/* ---- Hosts ------------------------------------------------------------------------------------ */

/* An entry of a SAD. */
typedef struct entry {
    int used, wish, side; /* wish: -1 if it is nobody's */
    isakmp_child_id child;
    isakmp_sad_entry e; /* without keys */
    uint64_t keys;
    uint64_t serial;
    isakmp_time since;       /* by the clock of its host */
    isakmp_time alone_since; /* 0: the other end has it, too */
    int excused;             /* 1: a Delete for it may have crossed the end of its ISAKMP SA */
    int orphan;              /* 1: the other end has lost its memory when all had healed */
    uint64_t octets;         /* that have come, or gone, through it */
} entry;

/* A question that waits for its answer. */
enum {
    ASK_PEER,
    ASK_PSK,
    ASK_CHILD,
    ASK_SPI,
    ASK_CREDENTIALS,
    ASK_SIGN,
    ASK_VERIFY,
    ASK_ASSIGN,
    ASK_GET_USER,
    ASK_CHECK_USER
};

typedef struct parked {
    int kind;
    isakmp_ticket ticket;
    isakmp_time due;
    const void *value;
    size_t n;
    int rc;
    uint8_t octets[32];
    isakmp_credentials credentials;
    isakmp_user user;
    int who; /* which client is to get an address */
} parked;

/* How long an ISAKMP SA has had no counterpart. */
typedef struct lonely {
    isakmp_sa_id sa;
    isakmp_time since;
    int excused; /* 1: its peer has closed it before it was up there, and could not say so */
} lonely;

/* A discovery, by its cookie, and how often a probe was sent for it. */
typedef struct probed {
    uint8_t cookie[ISAKMP_COOKIE_SIZE];
    unsigned times;
} probed;

/* A packet that nobody could read has been answered; by the host's clock. */
typedef struct recovery {
    isakmp_time at;
    isakmp_addr to;
} recovery;

struct host {
    world *w;
    int index;
    isakmp_ctx *x;
    uint8_t *arena;
    size_t arena_n;
    isakmp_config config;
    isakmp_host table;
    toy toy;
    isakmp_addr addr;
    int nat; /* -1: it is behind none */
    isakmp_time offset;
    int32_t ppm;              /* its clock is that much too fast */
    isakmp_time paused_until; /* it neither hears nor does anything until then */
    isakmp_policy policy;
    isakmp_peer_policy peer;
    isakmp_protect protect[2];
    char name[24];
    isakmp_time told; /* deadline, by the timer callback */

    isakmp_sa_id sa_to[MAX_HOSTS];   /* which the user negotiated with whom */
    uint8_t renew_to[MAX_HOSTS];     /* 1: its lifetime nears its end */
    isakmp_sa_id doubted[MAX_HOSTS]; /* nothing that was asked for under this one was answered */
    uint8_t refusals[MAX_HOSTS];     /* how often it was refused, one after the other */

    entry sad[MAX_SAD];
    int sad_top; /* none is used from here on */
    parked asks[MAX_ASKS];
    unsigned n_asks;
    isakmp_time dh_due;    /* ISAKMP_NEVER: the provider has not put anything off */
    isakmp_addr_pool pool; /* for its clients */
    isakmp_lease leases[MAX_LEASES];
    uint64_t sends, send_failures, inputs;
    isakmp_time second; /* in which ticks are counted */
    unsigned ticks;
    recovery recoveries[MAX_RECOVERIES]; /* the latest ones */
    unsigned n_recoveries;
    probed probes[MAX_PROBES]; /* that it has sent, the latest ones */
    unsigned n_probes;
    size_t probe_n;      /* octets of one that has come, and */
    unsigned probe_asks; /* how often it may be answered */
    lonely lonely[MAX_SAS];
    /* When it last heard the end of an SA with another host, and by its own clock; of a child, that it could
     * tell, that was not up yet, and that was replaced, with nobody to tell. */
    isakmp_time sa_down[MAX_HOSTS], sa_expired[MAX_HOSTS], child_down[MAX_HOSTS],
        unfinished_down[MAX_HOSTS], unsaid_down[MAX_HOSTS];
    isakmp_time closed_early[MAX_HOSTS]; /* an SA that it was negotiating */
};

/* ---- Wishes ----------------------------------------------------------------------------------- */

/* A child that a user wants.  Side 0 is the user's, who begins; side 1 the other one. */
typedef struct wish {
    int host[2];
    int on;
    isakmp_child_policy policy[2];
    isakmp_child_id child, replaced; /* at side 0 */
    int renew;
    isakmp_time try_at, close_at; /* when the next attempt is due; when `replaced` is closed */
    isakmp_time heard[2];         /* when a packet last came to each side */
} wish;

/* ---- The network ------------------------------------------------------------------------------ */

typedef struct mapping {
    int used, host;
    uint16_t inner, outer;
    isakmp_time last;
} mapping;

typedef struct nat {
    isakmp_addr addr;
    mapping map[MAX_MAPPINGS];
} nat;

struct world {
    uint64_t seed;
    knobs knobs;
    unsigned fault;
    rng rng;
    phase phase;
    isakmp_time now, healed_at, closing_at;
    isakmp_time settled_at; /* from when on everything must be as it should */
    isakmp_time fell_at;    /* when a host has lost its memory once more; 0: it has not */
    int fallen;             /* which */
    int n_hosts, n_wishes, n_nats;
    host hosts[MAX_HOSTS];
    wish wishes[MAX_WISHES];
    nat nats[MAX_NATS];
    happening *queue; /* a heap */
    size_t n_queue, cap_queue;
    uint64_t serial;
    FILE *trace;
    int failed;
    char why[200];
    uint8_t told[MAX_HOSTS][MAX_HOSTS]; /* 1: whom a host could tell that all is closed */
    /* What a run has seen, for its last line. */
    unsigned ups, child_ups, restarts, delivered, lost;
};

#define K(w, name) ((w)->knobs.v[KNOB_##name])

/* run.c */
/* One run from beginning to end.  Returns 1 if it went well; else w->why says what is wrong. */
int run_world(world *w);
void violate(world *w, const char *format, ...);
void trace(const world *w, const char *format, ...);
/* Something is to happen `after` ms from now. */
void expect(world *w, isakmp_time after, int kind, int who, int side, datagram *d);
/* After about `mean` seconds, if it is not 0. */
void expect_about(world *w, int32_t mean_s, int kind);

/* host.c */
void host_make(world *w, int index);
void host_start(host *h);
/* checked: 1: it must be as it should be. */
void host_stop(host *h, int checked);
/* The host's clock; and when, by the world's, it shows at least a time. */
isakmp_time host_clock(const host *h);
isakmp_time host_when(const host *h, isakmp_time local);
/* Before and after each call into the library. */
isakmp_time host_enter(host *h);
void host_left(host *h);
/* When it wants to act next, and let it act. */
isakmp_time host_next(const host *h);
void host_act(host *h);
/* Has a host an ISAKMP SA with a peer that is up, but for one? */
int host_has_sa(const host *h, const isakmp_id *peer, isakmp_sa_id but);
/* The host that an identity belongs to, -1: none. */
int host_by_id(const world *w, const isakmp_id *id);

/* ask.c */
void ask_table(host *h);
isakmp_time ask_next(const host *h);
void ask_answer(host *h);
/* The answer is there; is it to be given now?  Returns what the callback returns. */
int ask_give(host *h, int kind, isakmp_ticket t, int rc, const parked *answer);
/* Octets that are secret: the pre-shared key. */
extern const char ask_psk[];

/* client.c */
/* Is there a gateway that asks for users, or gives addresses?  0: no. */
int client_has_users(const world *w);
int client_has_addresses(const world *w);
void client_make_policy(host *h);
void client_start(host *h);
void client_event(host *h, const isakmp_event *ev);
int client_assign(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_assignment *had,
                  isakmp_writer *out);
int client_assign_late(host *h, isakmp_time now, const parked *a);
int client_get_user(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_user *asked,
                    isakmp_user *out);
int client_check_user(void *user, isakmp_ticket t, const isakmp_query *q, const isakmp_user *got,
                      isakmp_user *out);
extern const char client_password[];

/* net.c */
void net_make(world *w);
void net_send(host *h, const isakmp_path *path, isakmp_span bytes);
void net_send_esp(host *h, const entry *out);
/* Towards a host behind a gateway, in somebody's name. */
void net_send_via(host *h, const isakmp_path *path, isakmp_span bytes, int gateway);
void net_arrive(world *w, datagram *d);
void net_rebind(world *w);

/* user.c */
void user_make_wishes(world *w);
void user_look(host *h);
/* The host has lost its memory: ids mean nothing any more. */
void user_forget(host *h);
void user_event(host *h, const isakmp_event *ev);
void user_close_something(world *w);
void user_whim(world *w);
/* A host closes what it began; everybody closes. */
void user_close_begun(host *h);
void user_close_all(world *w);
/* The wish and side that a child policy of a host belongs to; -1: none. */
int wish_of_policy(const host *h, const isakmp_child_policy *p, int *side);

/* ted.c */
/* Are peers found by probes? */
int ted_is_on(const world *w);
void ted_table(host *h);
/* Find the peer of a wish. */
void ted_discover(host *h, const wish *s);
void ted_event(host *h, const isakmp_event *ev);
/* A message is sent; one comes, before and after the library sees it. */
void ted_sent(host *h, const isakmp_path *path, isakmp_span bytes);
void ted_comes(host *h, const datagram *d);
void ted_came(host *h);

/* traffic.c */
void traffic_send(world *w, int which, int side);
void traffic_arrive(host *h, const datagram *d);
/* The entry that packets of a wish go out by: the newest one; NULL: there is none. */
entry *traffic_out(world *w, int which, int side);
/* Octets of a packet. */
uint64_t traffic_packet(const world *w);

/* check.c */
void check_sample(world *w);
void check_closed(world *w);
void check_empty(world *w);
/* After each call. */
void check_call(host *h);
/* A client has lost its address. */
void check_loss(host *h, const isakmp_event *ev);
/* The traffic of an SA has been reported. */
void check_volume(host *h, const entry *e);
/* An SA is up. */
void check_taken_over(host *h, const isakmp_event *ev);
/* A peer is dead. */
void check_dead(host *h, const isakmp_event *ev);
/* An SA has been installed: of one that packets go out by, was it time? */
void check_commit(host *h, const entry *out);
/* How long everything needs after the network has healed, in ms: what the timers allow; and after a host has
 * lost its memory. */
isakmp_time check_settled_after(const world *w);
isakmp_time check_recovered_after(const world *w);
/* Has everything had its time? */
int check_is_settled(const world *w);
/* Since when does all go well between two hosts? */
isakmp_time check_well_since(const world *w, int a, int b);
isakmp_time check_give_up_ms(const world *w);
/* By how much two clocks differ after so many seconds. */
isakmp_time check_drift_ms(const world *w, int32_t seconds);

#endif
