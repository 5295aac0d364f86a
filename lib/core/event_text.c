/* core/event_text.c -- an event as one sentence.
 *
 * What a peer has sent is shown as isakmp__text_octets() shows it, and a text is cut where the caller's
 * buffer ends. */
#include "isakmp/session.h"
#include "policy/match.h"
#include "wire/describe.h"

static void add_addr(isakmp__text *t, const char *word, const isakmp_event *ev)
{
    if (ev->path == NULL)
        return;
    isakmp__text_add(t, "%s", word);
    isakmp__describe_addr(t, &ev->path->remote);
}

static void add_why(isakmp__text *t, const isakmp_reason *why)
{
    if (why->detail == 0)
        return;
    isakmp__text_add(t, ": %s", isakmp_detail_text(why->detail));
    if (why->detail == ISAKMP_D_TIMEOUT && why->by == ISAKMP_BY_TIMER && why->message > 1)
        isakmp__text_add(t, " after our message %u", why->message - 1u);
    else if (why->message)
        isakmp__text_add(t, " (message %u)", why->message);
    if (why->notify && why->by != ISAKMP_BY_US) {
        isakmp__text_add(t, ", it said ");
        isakmp__text_name(t, ISAKMP_REG_NOTIFY, why->notify);
        if (why->by == ISAKMP_BY_TIMER) /* only a hint that came in the clear waits for a timer */
            isakmp__text_add(t, " (not proven)");
    }
}

static void add_selectors(isakmp__text *t, const isakmp_selector *local,
                          const isakmp_selector *remote)
{
    char l[96], r[96];
    isakmp_selector_text(l, sizeof l, local);
    isakmp_selector_text(r, sizeof r, remote);
    isakmp__text_add(t, "our %s and its %s", l, r);
}

/* Whose selectors are which, where they are what has been refused. */
static void add_refused_selectors(isakmp__text *t, const isakmp_event *ev)
{
    if (ev->local == NULL || ev->remote == NULL)
        return;
    isakmp__text_add(t, "; the peer wants ");
    add_selectors(t, ev->local, ev->remote);
    if (ev->child_policy == NULL)
        return;
    isakmp__text_add(t, ", our policy ");
    if (ev->child_policy->name)
        isakmp__text_add(t, "%s ", ev->child_policy->name);
    isakmp__text_add(t, "has ");
    add_selectors(t, &ev->child_policy->local, &ev->child_policy->remote);
}

static void add_identities(isakmp__text *t, const isakmp_event *ev)
{
    isakmp__text_add(t, "; it says it is ");
    isakmp__describe_id(t, &ev->peer_id);
    isakmp__text_add(t, ", expected was ");
    isakmp__describe_id(t, &ev->expected_id);
}

/* The offered proposal that failed last of all, and why. */
static void add_nearest(isakmp__text *t, const isakmp_report *report)
{
    char line[160];
    isakmp_mismatch m;
    if (isakmp__report_nearest(report, &m) != ISAKMP_OK)
        return;
    isakmp_mismatch_text(line, sizeof line, report, &m);
    isakmp__text_add(t, "; the nearest: %s", line);
}

/* The peer has refused the selectors that we proposed. */
static int are_our_selectors_refused(const isakmp_event *ev)
{
    return ev->type == ISAKMP_EV_CHILD_DOWN && ev->why.detail == ISAKMP_D_PEER_REFUSED &&
           ev->why.notify == ISAKMP_N_INVALID_ID_INFORMATION && ev->local && ev->remote;
}

/* Of two that follow each other an end is no loss, and a beginning is no second tunnel. */
static void add_other(isakmp__text *t, const isakmp_event *ev, int is_sa)
{
    if ((is_sa ? ev->other_sa.v : ev->other_child.v) == 0 || ev->why.detail == ISAKMP_D_REPLACED)
        return;
    if (ev->type == ISAKMP_EV_SA_UP || ev->type == ISAKMP_EV_CHILD_UP)
        isakmp__text_add(t, ", in the place of another one");
    if (ev->type == ISAKMP_EV_SA_DOWN || ev->type == ISAKMP_EV_CHILD_DOWN)
        isakmp__text_add(t, "; there is another one");
}

/* What has become of an SA or a child. */
static void add_change(isakmp__text *t, const isakmp_event *ev)
{
    static const char *const changes[] = {"is up", "nears the end of its lifetime", "is down"};
    int is_sa = ev->type <= ISAKMP_EV_SA_DOWN;
    const char *name = is_sa              ? (ev->peer_policy ? ev->peer_policy->name : NULL)
                       : ev->child_policy ? ev->child_policy->name
                                          : NULL;
    isakmp__text_add(t, "%s", is_sa ? "ISAKMP SA" : "child");
    if (name)
        isakmp__text_add(t, " %s", name);
    add_addr(t, " with ", ev);
    if (ev->user.n) {
        isakmp__text_add(t, " of user ");
        isakmp__text_octets(t, ev->user);
    }
    isakmp__text_add(t, " %s", changes[ev->type - (is_sa ? ISAKMP_EV_SA_UP : ISAKMP_EV_CHILD_UP)]);
    add_why(t, &ev->why);
    add_other(t, ev, is_sa);
    if (are_our_selectors_refused(ev)) {
        isakmp__text_add(t, "; we proposed ");
        add_selectors(t, ev->local, ev->remote);
    }
}

static void add_notify(isakmp__text *t, const isakmp_event *ev)
{
    isakmp__text_add(t, "the peer");
    add_addr(t, " at ", ev);
    isakmp__text_add(t, " says ");
    isakmp__text_name(t, ISAKMP_REG_NOTIFY, ev->notify ? ev->notify->type : 0);
    isakmp__text_add(t, "%s", ev->authentic ? "" : " (not proven)");
}

static void add_nat(isakmp__text *t, const isakmp_event *ev)
{
    isakmp__text_add(t, "NAT traversal is in use");
    add_addr(t, " with ", ev);
    if (ev->nat & ISAKMP_NAT_LOCAL)
        isakmp__text_add(t, ", we are behind a NAT");
    if (ev->nat & ISAKMP_NAT_REMOTE)
        isakmp__text_add(t, ", the peer is behind a NAT");
}

static void add_refused(isakmp__text *t, const isakmp_event *ev)
{
    isakmp__text_add(t, "refused what the peer");
    add_addr(t, " at ", ev);
    isakmp__text_add(t, " sent");
    add_why(t, &ev->why);
    if (ev->why.detail == ISAKMP_D_SELECTORS || ev->why.detail == ISAKMP_D_NO_CHILD_POLICY)
        add_refused_selectors(t, ev);
    if (ev->why.detail == ISAKMP_D_ID_REFUSED && ev->expected_id.type)
        add_identities(t, ev);
    if (ev->report)
        add_nearest(t, ev->report);
}

static void add_life(isakmp__text *t, const isakmp_event *ev)
{
    isakmp__text_add(t, "the peer");
    add_addr(t, " at ", ev);
    isakmp__text_add(
        t, " has another lifetime for %s than we: ", ev->child.v ? "the child" : "the ISAKMP SA");
    if (ev->life_peer)
        isakmp__text_add(t, "%u seconds", (unsigned)ev->life_peer);
    else
        isakmp__text_add(t, "none");
    isakmp__text_add(t, ", ours is %u; %u are used", (unsigned)ev->life_ours,
                     (unsigned)ev->life_used);
}

static void add_redirect(isakmp__text *t, const isakmp_event *ev)
{
    isakmp__text_add(t, "the gateway");
    add_addr(t, " at ", ev);
    isakmp__text_add(t, " sends us to another one");
    if (ev->gateway == NULL)
        return;
    isakmp__text_add(t, ": ");
    isakmp__text_ip(t, ev->gateway->family, ev->gateway->ip);
}

static void add_xauth(isakmp__text *t, const isakmp_event *ev)
{
    isakmp__text_add(t, "phase 1");
    add_addr(t, " with ", ev);
    isakmp__text_add(t, " is through, and the user is to be authenticated");
}

/* "the client of 192.0.2.1:500 has the address 10.1.0.1" */
static void add_config(isakmp__text *t, const isakmp_event *ev)
{
    const isakmp_assignment *a = ev->assignment;
    int ours = a && a->ours;
    isakmp__text_add(t, "%s", ours ? "we" : "the client");
    add_addr(t, ours ? " have from " : " at ", ev);
    isakmp__text_add(t, "%s", ours ? "" : " has");
    if (ev->type == ISAKMP_EV_CONFIG_END)
        isakmp__text_add(t, " no longer");
    if (a && a->ip4.family) {
        isakmp__text_add(t, " the address ");
        isakmp__describe_addr(t, &a->ip4);
    }
    if (a && a->ip6.family) {
        isakmp__text_add(t, "%s", a->ip4.family ? " and " : " the address ");
        isakmp__describe_addr(t, &a->ip6);
    }
    if (a && !a->ip4.family && !a->ip6.family)
        isakmp__text_add(t, " a configuration without an address");
}

static void add_no_config(isakmp__text *t, const isakmp_event *ev)
{
    isakmp__text_add(t, "there is no configuration");
    add_addr(t, " with ", ev);
    add_why(t, &ev->why);
}

static void add_ted(isakmp__text *t, const isakmp_event *ev)
{
    if (ev->type == ISAKMP_EV_TED_PEER) {
        isakmp__text_add(t, "the gateway");
        add_addr(t, " at ", ev);
        isakmp__text_add(t, " answers for what it protects");
    } else {
        isakmp__text_add(t, "no gateway was found");
        add_addr(t, " for ", ev);
        add_why(t, &ev->why);
    }
}

/* Text of a peer: bounded and escaped. */
static void add_words(isakmp__text *t, const isakmp_event *ev)
{
    isakmp__text_add(t, "the gateway");
    add_addr(t, " at ", ev);
    isakmp__text_add(t, " says to the user: ");
    isakmp__text_octets(t, ev->text);
}

size_t isakmp_event_text(char *out, size_t cap, const isakmp_event *ev)
{
    isakmp__text t = isakmp__text_begin(out, cap);
    if (ev->type >= ISAKMP_EV_SA_UP && ev->type <= ISAKMP_EV_CHILD_DOWN)
        add_change(&t, ev);
    else if (ev->type == ISAKMP_EV_SA_XAUTH)
        add_xauth(&t, ev);
    else if (ev->type == ISAKMP_EV_XAUTH_TEXT)
        add_words(&t, ev);
    else if (ev->type == ISAKMP_EV_REFUSED)
        add_refused(&t, ev);
    else if (ev->type == ISAKMP_EV_NOTIFY)
        add_notify(&t, ev);
    else if (ev->type == ISAKMP_EV_CONFIG || ev->type == ISAKMP_EV_CONFIG_END)
        add_config(&t, ev);
    else if (ev->type == ISAKMP_EV_CONFIG_NONE)
        add_no_config(&t, ev);
    else if (ev->type == ISAKMP_EV_NAT)
        add_nat(&t, ev);
    else if (ev->type == ISAKMP_EV_LIFE)
        add_life(&t, ev);
    else if (ev->type == ISAKMP_EV_REDIRECT)
        add_redirect(&t, ev);
    else if (ev->type == ISAKMP_EV_TED_PEER || ev->type == ISAKMP_EV_TED_FAILED)
        add_ted(&t, ev);
    else
        isakmp__text_add(&t, "event %u", ev->type);
    return t.len;
}
