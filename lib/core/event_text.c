/* core/event_text.c -- an event as one sentence. */
#include "isakmp/session.h"
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
    if (why->message)
        isakmp__text_add(t, " (message %u)", why->message);
    if (why->notify && why->by != ISAKMP_BY_US) {
        isakmp__text_add(t, ", it said ");
        isakmp__text_name(t, ISAKMP_REG_NOTIFY, why->notify);
    }
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
    isakmp__text_add(t, " %s", changes[ev->type - (is_sa ? ISAKMP_EV_SA_UP : ISAKMP_EV_CHILD_UP)]);
    add_why(t, &ev->why);
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
}

static void add_xauth(isakmp__text *t, const isakmp_event *ev)
{
    isakmp__text_add(t, "phase 1");
    add_addr(t, " with ", ev);
    isakmp__text_add(t, " is through, and the user is to be authenticated");
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

size_t isakmp_event_text(char *out, size_t cap, const isakmp_event *ev)
{
    isakmp__text t = isakmp__text_begin(out, cap);
    if (ev->type >= ISAKMP_EV_SA_UP && ev->type <= ISAKMP_EV_CHILD_DOWN)
        add_change(&t, ev);
    else if (ev->type == ISAKMP_EV_SA_XAUTH)
        add_xauth(&t, ev);
    else if (ev->type == ISAKMP_EV_REFUSED)
        add_refused(&t, ev);
    else if (ev->type == ISAKMP_EV_NOTIFY)
        add_notify(&t, ev);
    else if (ev->type == ISAKMP_EV_NAT)
        add_nat(&t, ev);
    else if (ev->type == ISAKMP_EV_TED_PEER || ev->type == ISAKMP_EV_TED_FAILED)
        add_ted(&t, ev);
    else
        isakmp__text_add(&t, "event %u", ev->type);
    return t.len;
}
