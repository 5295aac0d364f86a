/* sim/check.c -- what must be true.
 *
 * After each call into a library: the deadline it has told is the one that it has, its counters are what the
 * host has counted, and no bug was noticed.
 *
 * Now and then: what lies in free slots is all zero; nothing has outlived its lifetime.
 *
 * Once the network has healed and the timers have had their time (check_settled_after()), always:
 *
 *     each wish is served: packets have come to both sides within the last few seconds (unless pools are
 *     too small for all wishes).  A side that has lost its state without a word costs the other one as long
 *     as its child lives, then the attempts to negotiate under an SA that nobody knows any more;
 *
 *     each entry of a SAD has its twin: the same SPI and keys at the other end.  One may be alone for as long
 *     as a message travels, or, if a child ends when no ISAKMP SA is left to say so, for as much as two
 *     clocks differ after its lifetime; or, if a Delete for it may have crossed the end of its ISAKMP SA,
 *     until its own lifetime is over;
 *
 *     each ISAKMP SA that has come up since is up at the other end, too (unless pools are too small: then the
 *     last message may not find the place that it needs).  Where the library replaces ISAKMP SAs it is the only
 *     one with its peer;
 *
 *     where the library replaces children packets come through each wish all the time.
 *
 * If a host then loses its memory all this holds again as soon as anything can have told the others, which is before
 * lifetimes are over where packets that nobody can read are answered, or peers are asked whether they live
 * (check_recovered_after()).  What others had with it may be alone until its own end.
 *
 * At any time: a child ends with the report of the packet that was its last, by its kilobytes; who connects again to
 * dead peers says so; packets that nobody can read are answered only so often; and of probes what ted.c says.
 *
 * When those who began have closed what they have, the others have heard of it; when everybody has closed
 * everything and the last message is forgotten, nothing is in use, and no deadline is left.
 *
 * When a context is wiped its arena is all zero (host.c). */
#include <string.h>
#include "lib_view.h"
#include "sim.h"

/* For messages and users to do their work. */
#define SLACK_MS 12000

/* ---- What the timers allow -------------------------------------------------------------------- */

isakmp_time check_give_up_ms(const world *w)
{
    const isakmp_config *c = &w->hosts[0].config;
    isakmp_time wait = c->retransmit_ms, sum = 0;
    for (unsigned i = 0; i <= c->retransmit_tries; i++) {
        sum += wait + wait / 10;
        wait = wait * 2 < c->retransmit_max_ms ? wait * 2 : c->retransmit_max_ms;
    }
    return sum;
}

isakmp_time check_drift_ms(const world *w, int32_t seconds)
{
    return 2 * (isakmp_time)seconds * (isakmp_time)K(w, skew) / 1000 + 1;
}

/* Who connects again by itself waits twice as long each time: at most as long as it has gone on. */
static isakmp_time again_ms(const world *w)
{
    return K(w, again) ? 1000 * (isakmp_time)(K(w, span_s) < 300 ? K(w, span_s) : 300) : 0;
}

/* For so long nobody is asked again whether he protects something, after silence; and who has not kept what he
 * had promised is avoided. */
static isakmp_time ted_ms(const world *w)
{
    return ted_is_on(w) ? 40000 : 0;
}

static isakmp_time by_lifetime_ms(const world *w)
{
    return 1000 * (isakmp_time)K(w, child_life_s) + check_drift_ms(w, K(w, child_life_s)) +
           3 * check_give_up_ms(w) + w->hosts[0].config.half_open_ms + SLACK_MS;
}

isakmp_time check_settled_after(const world *w)
{
    return by_lifetime_ms(w) + again_ms(w) + ted_ms(w);
}

/* How soon is it known that a host has lost its memory?  Where packets that cannot be read are answered: with the
 * next ones, one in a second for those of one address.  Where peers are asked whether they live, and no SA from
 * before is taken for one that they know: when they do not answer. */
isakmp_time check_recovered_after(const world *w)
{
    isakmp_time by_life = by_lifetime_ms(w), ms = by_life;
    isakmp_time soon = 2 * check_give_up_ms(w) + SLACK_MS;
    if (client_has_addresses(w) || client_has_users(w))
        return by_life + ted_ms(w);
    if (K(w, dpd) && K(w, contact) && K(w, rekey) & 2)
        ms = soon + 1000 * (isakmp_time)K(w, dpd_s) + 14000;
    if (K(w, recover) == 2 && ms > soon + 2000 * (isakmp_time)w->n_wishes)
        ms = soon + 2000 * (isakmp_time)w->n_wishes;
    return (ms < by_life ? ms : by_life) + ted_ms(w);
}

/* The longest that an entry may be alone, or a wish not be served, once everything has settled. */
static isakmp_time allowed_ms(const world *w)
{
    return check_drift_ms(w, K(w, child_life_s)) + 8 * (isakmp_time)K(w, delay_ms) + SLACK_MS;
}

/* The longest that nothing may come through a wish, where the library replaces children in time: a packet is
 * sent every four seconds, and none is lost.  (With another address a child is another one, and a user takes time; so
 * does finding a peer.  And where the last kilobytes go fast there may be no time for another ISAKMP SA.) */
static isakmp_time gap_ms(const world *w)
{
    if (!(K(w, rekey) & 1) || client_has_addresses(w) || client_has_users(w) ||
        (K(w, life_kb) && !(K(w, rekey) & 2)))
        return allowed_ms(w) + ted_ms(w);
    return 4000 + 2 * (isakmp_time)K(w, delay_ms) + 2500;
}

int check_is_settled(const world *w)
{
    return w->phase == HEALED && w->now > w->settled_at + allowed_ms(w);
}

isakmp_time check_well_since(const world *w, int a, int b)
{
    return w->fell_at && (a == w->fallen || b == w->fallen) ? w->fell_at : w->healed_at;
}

/* ---- After each call -------------------------------------------------------------------------- */

void check_call(host *h)
{
    isakmp_stats s = {.size = sizeof s};
    world *w = h->w;
    isakmp_stats_get(h->x, &s);
    if (h->told != isakmp_deadline(h->x))
        violate(w, "host %d was not told its deadline", h->index);
    if (isakmp_count(h->x, ISAKMP_D_BUG))
        violate(w, "host %d: a bug was counted", h->index);
    if (s.datagrams_in != h->inputs || s.datagrams_out != h->sends ||
        s.send_failures != h->send_failures || s.clock_backwards != 0 || s.ignored > s.datagrams_in)
        violate(w, "host %d: a counter is wrong", h->index);
}

/* ---- Twins ------------------------------------------------------------------------------------ */

static int is_twin(const entry *a, const entry *b)
{
    return b->used && a->e.spi == b->e.spi && a->e.inbound != b->e.inbound &&
           a->e.algs.proto == b->e.algs.proto && a->wish == b->wish && a->side != b->side;
}

static const entry *twin_of(const world *w, const entry *a)
{
    const host *other = &w->hosts[w->wishes[a->wish].host[1 - a->side]];
    for (const entry *s = other->sad; s < other->sad + other->sad_top; s++)
        if (is_twin(a, s))
            return s;
    return NULL;
}

static int was_about(const world *w, isakmp_time then)
{
    return then && then + SLACK_MS > w->now;
}

/* The other end has ended it and could say so, but at about that time an ISAKMP SA between the two ended,
 * too: the Delete may have come under an SA that is not known any more.  Or the SA expired on both sides
 * while the last message was on its way; or a child that was replaced went when there was none to say so under.
 * Then the lifetime must do. */
static int crossed_an_end(const host *h, const entry *a)
{
    world *w = h->w;
    int here = h->index, there = w->wishes[a->wish].host[1 - a->side];
    const host *other = &w->hosts[there];
    int ended = was_about(w, other->sa_down[here]) || was_about(w, h->sa_down[there]);
    int expired = was_about(w, other->sa_expired[here]) && was_about(w, h->sa_expired[there]);
    return was_about(w, other->unsaid_down[here]) ||
           (was_about(w, other->child_down[here]) && ended) ||
           (was_about(w, other->unfinished_down[here]) && expired);
}

/* One that is negotiated may be alone until its last message is given up. */
static isakmp_time alone_ms(const host *h, const entry *a)
{
    isakmp_child_info info = {.size = sizeof info};
    int is_up =
        isakmp_child_get(h->x, a->child, &info) != ISAKMP_OK || info.state == ISAKMP_CHILD_UP;
    return allowed_ms(h->w) + (is_up ? 0 : check_give_up_ms(h->w));
}

static void check_twin(host *h, entry *a)
{
    world *w = h->w;
    const entry *twin = twin_of(w, a);
    if (twin &&
        (twin->keys != a->keys || twin->e.life_s != a->e.life_s ||
         twin->e.life_kb != a->e.life_kb || twin->e.mode != a->e.mode || twin->e.natt != a->e.natt))
        violate(w, "host %d: SPI %08x is not the same at its other end", h->index,
                (unsigned)a->e.spi);
    if (twin) {
        a->alone_since = 0;
        return;
    }
    if (a->orphan)
        return;
    if (a->alone_since == 0)
        a->alone_since = w->now;
    a->excused |= crossed_an_end(h, a);
    if (a->excused) {
        w->wishes[a->wish].heard[0] = w->now;
        w->wishes[a->wish].heard[1] = w->now;
        return;
    }
    if (check_is_settled(w) && a->alone_since + alone_ms(h, a) < w->now)
        violate(w, "host %d: SPI %08x, %sbound, has no other end since %llu", h->index,
                (unsigned)a->e.spi, a->e.inbound ? "in" : "out",
                (unsigned long long)a->alone_since);
}

/* A child is in the SAD while it is negotiated, and then as long as it lives. */
static void check_age(host *h, const entry *a)
{
    isakmp_time age = host_clock(h) - a->since;
    if (age > 1000 * (isakmp_time)a->e.life_s + 4 * check_give_up_ms(h->w) + 60000)
        violate(h->w, "host %d: SPI %08x outlives its lifetime", h->index, (unsigned)a->e.spi);
}

/* Is there a newer child for the same wish, which the other side may not use yet?  Or has this one given way as it came
 * up, so that nothing goes out by it? */
static int is_replaced(const host *h, const entry *a)
{
    int goes_out = 0;
    for (const entry *s = h->sad; s < h->sad + h->sad_top; s++) {
        if (!s->used || s->e.inbound || s->wish != a->wish || s->side != a->side)
            continue;
        if (s->serial > a->serial && s->child.v != a->child.v)
            return 1;
        goes_out |= s->child.v == a->child.v;
    }
    return !goes_out;
}

/* The report of the packet with which it has carried all that it may is the last.  But to a child that is replaced may
 * come what is on its way. */
void check_volume(host *h, const entry *e)
{
    isakmp_child_info info = {.size = sizeof info};
    if (e->used && e->e.life_kb && e->octets >> 10 >= e->e.life_kb && !is_replaced(h, e) &&
        isakmp_child_get(h->x, e->child, &info) == ISAKMP_OK && info.state == ISAKMP_CHILD_UP)
        violate(h->w, "host %d: SPI %08x has carried %u octets", h->index, (unsigned)e->e.spi,
                (unsigned)e->octets);
}

/* Who waits for the peer to say that it is ready finds it so, where nothing is lost; but nobody waits longer than the
 * ISAKMP SA lives. */
void check_commit(host *h, const entry *out)
{
    const world *w = h->w;
    const host *other = &w->hosts[w->wishes[out->wish].host[1 - out->side]];
    isakmp_child_info info = {.size = sizeof info};
    isakmp_sa_info sa = {.size = sizeof sa};
    if (K(w, commit) != 3 || K(w, tight) || !check_is_settled(w) ||
        isakmp_child_get(h->x, out->child, &info) != ISAKMP_OK || !info.initiator ||
        (isakmp_sa_get(h->x, info.sa, &sa) == ISAKMP_OK && sa.hard_at <= host_clock(h)))
        return;
    for (const entry *s = other->sad; s < other->sad + other->sad_top; s++)
        if (s->used && !s->e.inbound && s->e.spi == info.spi_in[0])
            return;
    violate(h->w, "host %d sends by SPI %08x before its peer is ready", h->index,
            (unsigned)out->e.spi);
}

/* ---- ISAKMP SAs ------------------------------------------------------------------------------- */

static int has_cookies(const host *h, const isakmp_sa_info *like)
{
    isakmp_sa_id sa = {0};
    isakmp_sa_info info = {.size = sizeof info};
    while ((sa = isakmp_sa_next(h->x, sa)).v)
        if (isakmp_sa_get(h->x, sa, &info) == ISAKMP_OK && info.initiator != like->initiator &&
            memcmp(info.cky_i, like->cky_i, sizeof info.cky_i) == 0 &&
            memcmp(info.cky_r, like->cky_r, sizeof info.cky_r) == 0 && info.state == ISAKMP_SA_UP)
            return 1;
    return 0;
}

/* Since when has it had no counterpart?  0: it has one, or nobody can tell that it has none: who closes an SA while its
 * last message is on the way cannot say so [RFC2409 App. B: the chain of IVs goes on from there]. */
static isakmp_time lonely_since(host *h, isakmp_sa_id sa, const isakmp_sa_info *info)
{
    world *w = h->w;
    lonely *l = &h->lonely[(uint32_t)sa.v % MAX_SAS];
    int peer = host_by_id(w, &info->peer_id);
    if (peer >= 0 && has_cookies(&w->hosts[peer], info)) {
        l->sa.v = 0;
        return 0;
    }
    if (l->sa.v != sa.v) {
        l->sa = sa;
        l->since = w->now;
        l->excused = peer >= 0 && was_about(w, w->hosts[peer].closed_early[h->index]);
    }
    return l->excused ? 0 : l->since;
}

static int came_up_since_healed(const host *h, const isakmp_sa_info *info)
{
    int peer = host_by_id(h->w, &info->peer_id);
    return host_when(h, info->since) > check_well_since(h->w, h->index, peer) + SLACK_MS;
}

/* Has another one that is in use the same peer, at the same place?  It should have taken the place of this one,
 * and its children.  (What has come up before the network healed may have moved there with its NAT.) */
static int has_rival(const host *h, isakmp_sa_id sa, const isakmp_sa_info *info)
{
    isakmp_sa_id other = {0};
    isakmp_sa_info rival = {.size = sizeof rival};
    while ((other = isakmp_sa_next(h->x, other)).v)
        if (other.v != sa.v && isakmp_sa_get(h->x, other, &rival) == ISAKMP_OK &&
            rival.state == ISAKMP_SA_UP && !rival.replaced && came_up_since_healed(h, &rival) &&
            isakmp_id_equal(&rival.peer_id, &info->peer_id) &&
            isakmp_addr_equal(&rival.path.remote, &info->path.remote))
            return 1;
    return 0;
}

static void check_one_is_left(host *h)
{
    isakmp_sa_id sa = {0};
    isakmp_sa_info info = {.size = sizeof info};
    while ((sa = isakmp_sa_next(h->x, sa)).v)
        if (isakmp_sa_get(h->x, sa, &info) == ISAKMP_OK && came_up_since_healed(h, &info) &&
            (info.state == ISAKMP_SA_ENDED || (info.state == ISAKMP_SA_UP && !info.replaced)) &&
            has_rival(h, sa, &info))
            violate(h->w, "host %d: SA %llx is not the only one with its peer", h->index,
                    (unsigned long long)sa.v);
}

/* Who connects again by itself says so; but only the user can ask for his name once more. */
void check_dead(host *h, const isakmp_event *ev)
{
    const world *w = h->w;
    if (K(w, again) && !client_has_users(w) && ev->other_sa.v == 0 &&
        !host_has_sa(h, &ev->peer_id, ev->sa))
        violate(h->w, "host %d does not connect again", h->index);
}

/* An ISAKMP SA takes the place of one with a host that has lost its memory.  It does not say so, for it did not begin,
 * and the children that it does not know are kept as long as they live. */
void check_taken_over(host *h, const isakmp_event *ev)
{
    world *w = h->w;
    if (w->fell_at && ev->other_sa.v && host_by_id(w, &ev->peer_id) == w->fallen &&
        K(w, recover) != 2)
        w->settled_at = w->fell_at + by_lifetime_ms(w) + ted_ms(w);
}

static void check_sa(host *h, isakmp_sa_id sa)
{
    world *w = h->w;
    isakmp_sa_info info = {.size = sizeof info};
    isakmp_time since;
    if (isakmp_sa_get(h->x, sa, &info) != ISAKMP_OK || info.state != ISAKMP_SA_UP)
        return;
    if (info.hard_at + 1000 < host_clock(h))
        violate(w, "host %d: SA %llx outlives its lifetime", h->index, (unsigned long long)sa.v);
    since = lonely_since(h, sa, &info);
    if (since && check_is_settled(w) && !K(w, tight) && came_up_since_healed(h, &info) &&
        since + check_drift_ms(w, K(w, life_s)) + SLACK_MS < w->now)
        violate(w, "host %d: SA %llx has no other end since %llu", h->index,
                (unsigned long long)sa.v, (unsigned long long)since);
}

/* ---- Addresses of clients --------------------------------------------------------------------- */

static int has_address(const host *h, isakmp_sa_id sa, isakmp_addr *out)
{
    isakmp_sa_info info = {.size = sizeof info};
    if (isakmp_sa_get(h->x, sa, &info) != ISAKMP_OK || info.ip4.family == 0)
        return 0;
    *out = info.ip4;
    return 1;
}

static void check_only_one_has(host *h, isakmp_sa_id sa, const isakmp_addr *a)
{
    isakmp_addr b;
    while ((sa = isakmp_sa_next(h->x, sa)).v)
        if (has_address(h, sa, &b) && isakmp_addr_equal(a, &b))
            violate(h->w, "host %d: two clients have %u.%u", h->index, a->ip[2], a->ip[3]);
}

/* What is taken from the pool somebody has, and nobody has anything else. */
static void check_leases(host *h)
{
    isakmp_sa_id sa = {0};
    isakmp_addr a;
    uint32_t n = 0;
    while ((sa = isakmp_sa_next(h->x, sa)).v)
        if (has_address(h, sa, &a)) {
            n++;
            check_only_one_has(h, sa, &a);
        }
    if (n != h->pool.used)
        violate(h->w, "host %d: %u clients have an address, %u are taken", h->index, (unsigned)n,
                (unsigned)h->pool.used);
}

/* Where the library renews ISAKMP SAs a client keeps its address for ever. */
void check_loss(host *h, const isakmp_event *ev)
{
    const world *w = h->w;
    if (check_is_settled(w) && K(w, rekey) & 2 && !K(w, tight))
        violate(h->w, "host %d has lost its address %u.%u", h->index, ev->assignment->ip4.ip[2],
                ev->assignment->ip4.ip[3]);
}

/* ---- Now and then ----------------------------------------------------------------------------- */

static void check_counts(host *h)
{
    isakmp_stats s = {.size = sizeof s};
    isakmp_sa_id sa = {0};
    isakmp_child_id child = {0};
    uint32_t sas = 0, children = 0;
    while ((sa = isakmp_sa_next(h->x, sa)).v) {
        sas++;
        check_sa(h, sa);
    }
    sa.v = 0;
    while ((child = isakmp_child_next(h->x, sa, child)).v)
        children++;
    isakmp_stats_get(h->x, &s);
    if (s.sas != sas || s.children != children || s.half_open > sas)
        violate(h->w, "host %d: SAs and children are miscounted", h->index);
}

static void check_slots(host *h)
{
    const char *dirty = lib_dirty_slot(h->x);
    if (dirty)
        violate(h->w, "host %d: a free slot of %s is not empty", h->index, dirty);
}

static void check_host(host *h)
{
    if (h->paused_until >= h->w->now)
        return;
    check_counts(h);
    if (h->index == 0)
        check_leases(h);
    if (K(h->w, rekey) & 2 && h->w->phase == HEALED && !K(h->w, tight))
        check_one_is_left(h);
    for (entry *a = h->sad; a < h->sad + h->sad_top; a++)
        if (a->used) {
            check_age(h, a);
            check_twin(h, a);
        }
}

/* Where addresses are kept without a word, one side may keep what the other has forgotten: as long as children live,
 * for nothing says that an address is gone.  Who gets none is not known by the one that he has behind a NAT. */
static int may_not_be_served(const world *w)
{
    return client_has_addresses(w) && (K(w, kept) || K(w, leases) < w->n_hosts);
}

static void check_wish(world *w, const wish *s)
{
    if (may_not_be_served(w))
        return;
    for (int side = 0; side < 2; side++)
        if (s->heard[side] + gap_ms(w) < w->now)
            violate(w, "wish %d: nothing came from host %d to %d since %llu", (int)(s - w->wishes),
                    s->host[1 - side], s->host[side], (unsigned long long)s->heard[side]);
}

void check_sample(world *w)
{
    if (w->phase > CLOSING)
        return;
    if (rng_below(&w->rng, 4) == 0)
        check_slots(&w->hosts[rng_below(&w->rng, (uint32_t)w->n_hosts)]);
    for (int i = 0; i < w->n_hosts; i++)
        check_host(&w->hosts[i]);
    for (int i = 0; i < w->n_wishes && check_is_settled(w) && !K(w, tight); i++)
        check_wish(w, &w->wishes[i]);
}

/* ---- At the end ------------------------------------------------------------------------------- */

/* Did it come up between healing and closing?  Not at the last moment: its last message may be on the way. */
static int was_stable(const host *h, const isakmp_sa_info *info)
{
    return info->state == ISAKMP_SA_UP && came_up_since_healed(h, info) &&
           host_when(h, info->since) + SLACK_MS < h->w->closing_at;
}

/* Those who began have closed; nobody may still have what he was told about: all that came up since the
 * network healed, if there was an ISAKMP SA to tell it by. */
static void check_host_closed(host *h)
{
    world *w = h->w;
    isakmp_sa_id sa = {0};
    isakmp_sa_info info = {.size = sizeof info};
    while ((sa = isakmp_sa_next(h->x, sa)).v)
        if (isakmp_sa_get(h->x, sa, &info) == ISAKMP_OK && was_stable(h, &info) && !K(w, tight))
            violate(w, "host %d: SA %llx was closed by its peer", h->index,
                    (unsigned long long)sa.v);
    for (const entry *a = h->sad; a < h->sad + h->sad_top; a++)
        if (a->used && !a->excused && !a->orphan && !twin_of(w, a) &&
            w->told[w->wishes[a->wish].host[1 - a->side]][h->index])
            violate(w, "host %d: SPI %08x was closed by its peer", h->index, (unsigned)a->e.spi);
}

void check_closed(world *w)
{
    for (int i = 0; i < w->n_hosts && !w->failed; i++)
        check_host_closed(&w->hosts[i]);
}

static void check_host_empty(host *h)
{
    world *w = h->w;
    const char *leak = lib_leak(h->x);
    if (w->fault == FAULT_leaves_secret)
        lib_leave_secret(h->x, ask_psk, strlen(ask_psk));
    if (leak)
        violate(w, "host %d: %s are in use, though all is closed", h->index, leak);
    if (isakmp_deadline(h->x) != ISAKMP_NEVER)
        violate(w, "host %d: there is a deadline, though all is closed", h->index);
    for (entry *a = h->sad; a < h->sad + MAX_SAD; a++)
        if (a->used)
            violate(w, "host %d: SPI %08x is left in the SAD", h->index, (unsigned)a->e.spi);
    check_slots(h);
    if (lib_context_has(h->x, ask_psk, strlen(ask_psk)) ||
        lib_context_has(h->x, client_password, strlen(client_password)))
        violate(w, "host %d: a key or a password is left in the context", h->index);
    if (h->pool.used)
        violate(w, "host %d: addresses are taken, though all is closed", h->index);
}

void check_empty(world *w)
{
    for (int i = 0; i < w->n_hosts && !w->failed; i++)
        check_host_empty(&w->hosts[i]);
}
