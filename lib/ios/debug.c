/* ios/debug.c -- events as "debug crypto isakmp" shows them. */
#include "page.h"
#include "isakmp/ios.h"

static void begin_line(isakmp__page *p, const isakmp_event *ev)
{
    isakmp__ios_page_add(p, "ISAKMP");
    if (ev->sa.v)
        isakmp__ios_page_add(p, " (%u)", (unsigned)isakmp_ios_connection_id(ev->sa));
    isakmp__ios_page_add(p, ": ");
}

size_t isakmp_ios_debug(char *out, size_t cap, const isakmp_event *ev)
{
    isakmp__page p = isakmp__ios_page_begin(out, cap);
    isakmp_mismatch m;
    char text[320];
    begin_line(&p, ev);
    isakmp_event_text(text, sizeof text, ev);
    isakmp__ios_page_add(&p, "%s\n", text);
    for (size_t i = 0; ev->report && isakmp_report_get(ev->report, i, &m) == ISAKMP_OK; i++) {
        isakmp_mismatch_text(text, sizeof text, ev->report, &m);
        begin_line(&p, ev);
        isakmp__ios_page_add(&p, "  %s\n", text);
    }
    return p.len;
}
