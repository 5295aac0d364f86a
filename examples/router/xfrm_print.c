/* xfrm_print.c -- SAs and policies as commands of `ip xfrm`. */
#include <string.h>
#include "xfrm.h"

static void print_addr(FILE *f, const char *word, const isakmp_addr *a)
{
    isakmp_addr ip = *a;
    char text[64];
    ip.port = 0;
    isakmp_addr_text(text, sizeof text, &ip);
    fprintf(f, " %s %s", word, text);
}

static void print_hex(FILE *f, isakmp_span key)
{
    fprintf(f, " 0x");
    for (size_t i = 0; i < key.n; i++)
        fprintf(f, "%02x", key.p[i]);
}

static const char *proto_name(uint8_t proto)
{
    return proto == ISAKMP_PROTO_AH ? "ah" : "esp";
}

static const char *mode_name(uint8_t mode)
{
    return mode == ISAKMP_MODE_TRANSPORT ? "transport" : "tunnel";
}

static void print_keys(FILE *f, const isakmp_sad_entry *e, const xfrm_names *n)
{
    if (n->aead) {
        fprintf(f, " aead '%s'", n->aead);
        print_hex(f, e->enc_key);
        fprintf(f, " %u", n->icv_bits);
        return;
    }
    if (n->integ) {
        fprintf(f, " auth-trunc '%s'", n->integ);
        print_hex(f, e->auth_key);
        fprintf(f, " %u", n->icv_bits);
    }
    if (n->cipher) {
        fprintf(f, " enc '%s'", n->cipher);
        if (e->enc_key.n)
            print_hex(f, e->enc_key);
        else
            fprintf(f, " ''");
    }
}

static void print_selector(FILE *f, const char *word, const isakmp_selector *s)
{
    isakmp_addr a = {0};
    a.family = s->family;
    memcpy(a.ip, s->lo, sizeof a.ip);
    print_addr(f, word, &a);
    fprintf(f, "/%d", xfrm_prefix(s));
}

/* In the direction of the packets. */
static void print_flow(FILE *f, const isakmp_sad_entry *e)
{
    xfrm_flow flow = xfrm_flow_of(e);
    const isakmp_selector *from = e->inbound ? &flow.remote : &flow.local;
    const isakmp_selector *to = e->inbound ? &flow.local : &flow.remote;
    print_selector(f, "src", from);
    print_selector(f, "dst", to);
    if (from->proto)
        fprintf(f, " proto %u", from->proto);
    if (from->port)
        fprintf(f, " sport %u", from->port);
    if (to->port)
        fprintf(f, " dport %u", to->port);
}

static void print_policy(FILE *f, const xfrm_sa *sa, const char *verb, const char *dir)
{
    fprintf(f, "ip xfrm policy %s", verb);
    print_flow(f, sa->e);
    fprintf(f, " dir %s", dir);
    for (size_t i = 0; i < sa->n_bundle && strcmp(verb, "delete") != 0; i++) {
        fprintf(f, " tmpl");
        print_addr(f, "src", &sa->e->src);
        print_addr(f, "dst", &sa->e->dst);
        fprintf(f, " proto %s reqid %u mode %s", proto_name(sa->bundle[i].proto),
                (unsigned)xfrm_request_id(sa->e), mode_name(xfrm_mode_at(sa, i)));
    }
    fputc('\n', f);
}

static void print_policies(FILE *f, const xfrm_sa *sa, const char *verb)
{
    if (sa->e->inbound) {
        print_policy(f, sa, verb, "in");
        print_policy(f, sa, verb, "fwd");
    } else {
        print_policy(f, sa, verb, "out");
    }
}

static void print_name(FILE *f, const isakmp_sad_entry *e, const char *verb)
{
    fprintf(f, "ip xfrm state %s", verb);
    print_addr(f, "src", &e->src);
    print_addr(f, "dst", &e->dst);
    fprintf(f, " proto %s spi 0x%08x", proto_name(e->algs.proto), (unsigned)e->spi);
}

void xfrm_print_add(FILE *f, const xfrm_sa *sa)
{
    const isakmp_sad_entry *e = sa->e;
    xfrm_names n;
    if (!xfrm_names_of(&n, e))
        return;
    print_name(f, e, "add");
    fprintf(f, " reqid %u mode %s replay-window %u", (unsigned)xfrm_request_id(e),
            mode_name(xfrm_mode(sa)), e->replay_window < 32 ? e->replay_window : 32u);
    print_keys(f, e, &n);
    if (e->natt)
        fprintf(f, " encap espinudp %u %u 0.0.0.0", e->src.port, e->dst.port);
    fputc('\n', f);
    print_policies(f, sa, "update");
    fflush(f);
}

void xfrm_print_delete(FILE *f, const xfrm_sa *sa, int last)
{
    print_name(f, sa->e, "delete");
    fputc('\n', f);
    if (last)
        print_policies(f, sa, "delete");
    fflush(f);
}

void xfrm_print_move(FILE *f, const isakmp_sad_entry *before, const isakmp_sad_entry *now)
{
    fprintf(f, "# moved: spi 0x%08x", (unsigned)before->spi);
    print_addr(f, "src", &now->src);
    print_addr(f, "dst", &now->dst);
    fprintf(f, " encap espinudp %u %u\n", now->src.port, now->dst.port);
    fflush(f);
}
