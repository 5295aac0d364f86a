/* sa/host.c -- DO and TELL: the only file that calls these callbacks of the host.
 *
 * Whatever they are told is already so: state is committed before a callback runs, and while it runs
 * every function of the interface that would change something returns ISAKMP_E_REENTRANT. */
#include "host.h"
#include "replace.h"

/* ---- DO ------------------------------------------------------------------------------------ */

void isakmp__do_send(isakmp_ctx *x, const isakmp_path *path, isakmp_span datagram)
{
    x->stats.datagrams_out++;
    x->stats.octets_out += datagram.n;
    if (x->host.send(x->host.user, path, datagram) != ISAKMP_OK)
        x->stats.send_failures++;
}

int isakmp__can_send_as(const isakmp_ctx *x)
{
    return x->host.send_as != NULL;
}

void isakmp__do_send_as(isakmp_ctx *x, const isakmp_path *path, isakmp_span datagram)
{
    x->stats.datagrams_out++;
    x->stats.octets_out += datagram.n;
    if (x->host.send_as(x->host.user, path, datagram) != ISAKMP_OK)
        x->stats.send_failures++;
}

int isakmp__do_install(isakmp_ctx *x, const isakmp__child *c, const isakmp_sad_entry *e)
{
    int rc = x->host.sa_install(x->host.user, isakmp__child_id(x, c), e);
    return rc == ISAKMP_OK ? ISAKMP_OK : ISAKMP_E_HOST;
}

void isakmp__do_remove(isakmp_ctx *x, const isakmp__child *c, const isakmp_sad_entry *e)
{
    x->host.sa_remove(x->host.user, isakmp__child_id(x, c), e);
}

int isakmp__can_move(const isakmp_ctx *x)
{
    return x->host.sa_move != NULL;
}

void isakmp__do_move(isakmp_ctx *x, const isakmp__child *c, const isakmp_sad_entry *e,
                     const isakmp_addr *src, const isakmp_addr *dst)
{
    x->host.sa_move(x->host.user, isakmp__child_id(x, c), e, src, dst);
}

void isakmp__do_timer(isakmp_ctx *x)
{
    isakmp_time deadline = isakmp__deadline(&x->deadlines);
    if (deadline == x->told_deadline)
        return;
    x->told_deadline = deadline;
    if (x->host.timer)
        x->host.timer(x->host.user, deadline);
}

/* ---- TELL ---------------------------------------------------------------------------------- */

static isakmp_event event_about(const isakmp_ctx *x, uint16_t type, const isakmp__sa *sa,
                                const isakmp__child *c)
{
    isakmp_event ev;
    memset(&ev, 0, sizeof ev);
    ev.type = type;
    if (sa) {
        ev.sa = isakmp__sa_id(x, sa);
        ev.path = &sa->path;
        ev.peer_policy = sa->policy;
        ev.peer_id = isakmp__sa_peer_id(sa);
        ev.nat = sa->nat;
        ev.user = isakmp__sa_user(x, sa);
    }
    if (c) {
        ev.child = isakmp__child_id(x, c);
        ev.child_policy = c->policy;
        ev.local = c->local.family ? &c->local : NULL;
        ev.remote = c->remote.family ? &c->remote : NULL;
    }
    return ev;
}

static void tell(isakmp_ctx *x, const isakmp_event *ev)
{
    if (x->host.event)
        x->host.event(x->host.user, ev);
}

void isakmp__tell(isakmp_ctx *x, uint16_t type, const isakmp__sa *sa, const isakmp__child *c,
                  const isakmp_reason *why)
{
    isakmp_event ev = event_about(x, type, sa, c);
    if (why)
        ev.why = *why;
    if (c)
        ev.other_child = isakmp__child_other(x, c);
    else if (type == ISAKMP_EV_SA_UP || type == ISAKMP_EV_SA_DOWN)
        ev.other_sa = isakmp__sa_other(x, sa);
    tell(x, &ev);
}

void isakmp__tell_redirect(isakmp_ctx *x, const isakmp__sa *sa, const isakmp_addr *gateway)
{
    isakmp_event ev = event_about(x, ISAKMP_EV_REDIRECT, sa, NULL);
    ev.gateway = gateway;
    tell(x, &ev);
}

void isakmp__tell_life(isakmp_ctx *x, const isakmp__sa *sa, const isakmp__child *c, uint32_t peer,
                       uint32_t ours)
{
    isakmp_event ev = event_about(x, ISAKMP_EV_LIFE, sa, c);
    ev.life_peer = peer;
    ev.life_ours = ours;
    ev.life_used = c ? c->life_s : sa->life_s;
    if (peer != ours)
        tell(x, &ev);
}

/* Whom we expected, and who it says it is. */
static void add_identities(isakmp_event *ev, const isakmp__exch *e)
{
    isakmp_id_read(&ev->peer_id, e->id_peer);
    ev->expected_id = e->sa->policy->peer_id;
    if (e->owner.n)
        isakmp_id_read(&ev->expected_id, e->owner);
}

void isakmp__tell_refused(isakmp_ctx *x, const isakmp__exch *e, isakmp_reason why,
                          const isakmp_report *report)
{
    isakmp_event ev = event_about(x, ISAKMP_EV_REFUSED, e->sa, e->child);
    if (e->child)
        ev.child_policy = e->child->policy;
    else
        ev.child_policy = e->named;
    if (e->local.family) {
        ev.local = &e->local;
        ev.remote = &e->remote;
    }
    if (why.detail == ISAKMP_D_ID_REFUSED && e->id_peer.n)
        add_identities(&ev, e);
    ev.why = why;
    ev.report = report;
    tell(x, &ev);
}

void isakmp__tell_notify(isakmp_ctx *x, const isakmp__sa *sa, const isakmp__child *c,
                         const isakmp_path *path, const isakmp_notify *n, int authentic)
{
    isakmp_event ev = event_about(x, ISAKMP_EV_NOTIFY, sa, c);
    ev.path = path;
    ev.notify = n;
    ev.authentic = (uint8_t)authentic;
    tell(x, &ev);
}

void isakmp__tell_assignment(isakmp_ctx *x, uint16_t type, const isakmp__sa *sa,
                             const isakmp__assignment *a, isakmp_span attrs, int kept)
{
    isakmp_event ev = event_about(x, type, sa, NULL);
    isakmp_assignment what;
    memset(&what, 0, sizeof what);
    what.ours = (sa->policy->flags & (ISAKMP_PF_CONFIG_PULL | ISAKMP_PF_CONFIG_ACCEPT)) != 0;
    if (a) {
        what.ip4 = a->ip4;
        what.ip6 = a->ip6;
    }
    what.kept = (uint8_t)kept;
    what.attrs = attrs;
    ev.assignment = &what;
    tell(x, &ev);
}

void isakmp__tell_not_found(isakmp_ctx *x, const isakmp__discovery *d, isakmp_reason why)
{
    isakmp_event ev = event_about(x, ISAKMP_EV_TED_FAILED, NULL, NULL);
    ev.path = &d->path;
    ev.peer_policy = d->peer;
    ev.child_policy = d->policy;
    ev.why = why;
    tell(x, &ev);
}

void isakmp__tell_text(isakmp_ctx *x, const isakmp__sa *sa, isakmp_span text)
{
    isakmp_event ev = event_about(x, ISAKMP_EV_XAUTH_TEXT, sa, NULL);
    ev.text = text;
    tell(x, &ev);
}

#if ISAKMP_KEYLOG
void isakmp__tell_keylog(isakmp_ctx *x, const isakmp__sa *sa)
{
    size_t n = isakmp_cipher_key(sa->suite->cipher, sa->suite->key_bits);
    if (x->host.keylog)
        x->host.keylog(x->host.user, sa->cky_i, isakmp__span(sa->key, n));
}
#else
void isakmp__tell_keylog(isakmp_ctx *x, const isakmp__sa *sa)
{
    (void)x;
    (void)sa;
}
#endif

#if ISAKMP_LOG_LINES
void isakmp__log(isakmp_ctx *x, int level, const isakmp__sa *sa, const char *format, ...)
{
    isakmp__text t = isakmp__text_begin(x->line, sizeof x->line);
    va_list ap;
    if (x->host.log == NULL)
        return;
    va_start(ap, format);
    isakmp__text_addv(&t, format, ap);
    va_end(ap);
    x->host.log(x->host.user, level, isakmp__sa_id(x, sa), x->line);
}
#endif
