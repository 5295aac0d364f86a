/* sa/host.h -- the only way to the host: DO, ASK and TELL. */
#ifndef ISAKMP_LIB_HOST_H
#define ISAKMP_LIB_HOST_H

#include "sa.h"

/* ---- DO ------------------------------------------------------------------------------------ */

void isakmp__do_send(isakmp_ctx *x, const isakmp_path *path, isakmp_span datagram);
int isakmp__do_install(isakmp_ctx *x, const isakmp__child *c, const isakmp_sad_entry *e);
void isakmp__do_remove(isakmp_ctx *x, const isakmp__child *c, const isakmp_sad_entry *e);
int isakmp__can_move(const isakmp_ctx *x);
void isakmp__do_move(isakmp_ctx *x, const isakmp__child *c, const isakmp_sad_entry *e,
                     const isakmp_addr *src, const isakmp_addr *dst);
/* Send with a source address that is not ours, if the host can. */
int isakmp__can_send_as(const isakmp_ctx *x);
void isakmp__do_send_as(isakmp_ctx *x, const isakmp_path *path, isakmp_span datagram);
/* Tell the host's timer if the deadline has changed. */
void isakmp__do_timer(isakmp_ctx *x);

/* ---- ASK: ISAKMP_OK, ISAKMP_NONE, ISAKMP_PENDING or negative --------------------------------- */

int isakmp__ask_peer(isakmp_ctx *x, isakmp__exch *e, const isakmp_peer_policy **out);
int isakmp__ask_psk(isakmp_ctx *x, isakmp__exch *e, uint8_t *key, size_t *n);
int isakmp__ask_child(isakmp_ctx *x, isakmp__exch *e, const isakmp_selector *local,
                      const isakmp_selector *remote, const isakmp_child_policy **out);
int isakmp__ask_spi(isakmp_ctx *x, isakmp__exch *e, uint8_t proto, uint32_t *spi);
/* pub has isakmp_group_size(), out isakmp_group_secret_size() octets. */
int isakmp__ask_dh_new(isakmp_ctx *x, isakmp__exch *e, uint8_t *priv, size_t *priv_n, uint8_t *pub);
int isakmp__ask_dh_key(isakmp_ctx *x, isakmp__exch *e, isakmp_span peer, uint8_t *out);

int isakmp__ask_credentials(isakmp_ctx *x, isakmp__exch *e, uint16_t auth, isakmp_credentials *out);
/* Is there somebody who can look at a peer's proof, who keeps a peer's public keys, who encrypts? */
int isakmp__can_verify(const isakmp_ctx *x);
int isakmp__can_learn(const isakmp_ctx *x);
int isakmp__can_encrypt(const isakmp_ctx *x);
/* sig has cap octets. */
int isakmp__ask_sign(isakmp_ctx *x, isakmp__exch *e, isakmp_span hash, uint8_t *sig, size_t cap,
                     size_t *n);
/* why gets an isakmp_detail if the answer is ISAKMP_NONE. */
int isakmp__ask_verify(isakmp_ctx *x, isakmp__exch *e, const isakmp_proof *p, uint16_t *why);

/* out has cap octets.  ISAKMP_NONE may come with a block (see isakmp_host). */
int isakmp__ask_encrypt(isakmp_ctx *x, isakmp__exch *e, const isakmp_plain *p, uint8_t *out,
                        size_t cap, size_t *n);
int isakmp__ask_decrypt(isakmp_ctx *x, isakmp__exch *e, const isakmp_sealed *s, uint8_t *block,
                        size_t cap, size_t *n);

/* What a client is to be given: a has what is known; the attributes go to out. */
int isakmp__ask_assign(isakmp_ctx *x, isakmp__exch *e, const isakmp_assignment *a,
                       isakmp_writer *out);
/* Is there somebody who gives addresses? */
int isakmp__can_assign(const isakmp_ctx *x);
/* Of a probe; there is no exchange, and the answer is never late: PENDING is as negative. */
int isakmp__ask_ted(isakmp_ctx *x, const isakmp_path *path, const isakmp_selector *local,
                    const isakmp_selector *remote, isakmp_ted_answer *out);
/* XAUTH: who is our user?  Is it the client's? */
int isakmp__ask_get_user(isakmp_ctx *x, isakmp__exch *e, const isakmp_user *asked,
                         isakmp_user *out);
int isakmp__ask_check_user(isakmp_ctx *x, isakmp__exch *e, const isakmp_user *got,
                           isakmp_user *out);

/* Is a late answer what the open question of an exchange wants? */
int isakmp__answer_fits(const isakmp__exch *e, int rc, const void *value, size_t n);

/* ---- TELL ---------------------------------------------------------------------------------- */

/* An event about an SA and a child, either of which may be NULL; why may be NULL. */
void isakmp__tell(isakmp_ctx *x, uint16_t type, const isakmp__sa *sa, const isakmp__child *c,
                  const isakmp_reason *why);
/* We refused what a peer proposed. */
void isakmp__tell_refused(isakmp_ctx *x, const isakmp__exch *e, isakmp_reason why,
                          const isakmp_report *report);
/* The peer sent a notify. */
void isakmp__tell_notify(isakmp_ctx *x, const isakmp__sa *sa, const isakmp__child *c,
                         const isakmp_path *path, const isakmp_notify *n, int authentic);
/* The gateway wants to be replaced by another one. */
void isakmp__tell_redirect(isakmp_ctx *x, const isakmp__sa *sa, const isakmp_addr *gateway);
/* The peer has another lifetime than we for an SA, or a child (NULL: the SA). */
void isakmp__tell_life(isakmp_ctx *x, const isakmp__sa *sa, const isakmp__child *c, uint32_t peer,
                       uint32_t ours);
/* A discovery has failed. */
void isakmp__tell_not_found(isakmp_ctx *x, const isakmp__discovery *d, isakmp_reason why);
/* The gateway has something to say to our user. */
void isakmp__tell_text(isakmp_ctx *x, const isakmp__sa *sa, isakmp_span text);
/* The peer has proved itself, and sent certificates. */
void isakmp__tell_learn(isakmp_ctx *x, const isakmp__exch *e, const isakmp_cert *certs, size_t n);
/* What the client of an SA has, or had; attrs: what was said with it. */
void isakmp__tell_assignment(isakmp_ctx *x, uint16_t type, const isakmp__sa *sa,
                             const isakmp__assignment *a, isakmp_span attrs, int kept);
void isakmp__tell_keylog(isakmp_ctx *x, const isakmp__sa *sa);

/* A line of log about an SA, which may be NULL; format as isakmp__text_add(). */
#if ISAKMP_LOG_LINES
void isakmp__log(isakmp_ctx *x, int level, const isakmp__sa *sa, const char *format, ...)
    ISAKMP__PRINTF(4, 5);
#else
#define isakmp__log(x, level, sa, ...) ((void)(x), (void)(sa))
#endif

#endif
