/* ios/show_live.c -- what is shown of keys and SAs, and which command shows what. */
#include "show.h"

/* ---- show crypto key ... -------------------------------------------------------------------- */

static const char *usage_text(unsigned use)
{
    return use == ISAKMP__USE_SIGNATURE    ? "Signature Key"
           : use == ISAKMP__USE_ENCRYPTION ? "Encryption Key"
                                           : "General Purpose Key";
}

static void page_own_name(isakmp__page *p, const isakmp_ios *c)
{
    if (c->hostname)
        isakmp__ios_page_word(p, c->hostname);
    else
        isakmp__ios_page_add(p, "Router");
    if (c->domain) {
        isakmp__ios_page_add(p, ".");
        isakmp__ios_page_word(p, c->domain);
    }
}

void isakmp__ios_show_my_keys(const isakmp__show *s)
{
    isakmp_span der;
    unsigned use;
    for (size_t i = 0; s->live->my_key; i++) {
        if (s->live->my_key(s->live->user, i, &use, &der) != ISAKMP_OK)
            return;
        isakmp__ios_page_add(s->p, "Key name: ");
        page_own_name(s->p, s->c);
        isakmp__ios_page_add(s->p, "\n Usage: %s\n Key Data:\n", usage_text(use));
        isakmp__ios_page_key(s->p, 2, der);
    }
}

/* An addressed key has no name. */
static void show_key_line(isakmp__page *p, const isakmp_ios_public_key *k, char code)
{
    size_t start = p->len;
    isakmp__ios_page_add(p, code == 'C' ? "C     %s" : "M     %s",
                         k->use == ISAKMP__USE_SIGNATURE    ? "Signature"
                         : k->use == ISAKMP__USE_ENCRYPTION ? "Encrypt"
                                                            : "General");
    isakmp__ios_page_column(p, start, 19);
    if (k->addr.family)
        isakmp__ios_page_addr(p, &k->addr);
    isakmp__ios_page_column(p, start, 36);
    isakmp__ios_page_span(p, k->name);
    isakmp__ios_page_add(p, "\n");
}

static void show_whole_key(isakmp__page *p, const isakmp_ios_public_key *k, char code)
{
    if (k->name.n) {
        isakmp__ios_page_add(p, "Key name: ");
        isakmp__ios_page_span(p, k->name);
        isakmp__ios_page_add(p, "\n");
    }
    if (k->addr.family) {
        isakmp__ios_page_add(p, "Key address: ");
        isakmp__ios_page_addr(p, &k->addr);
        isakmp__ios_page_add(p, "\n");
    }
    isakmp__ios_page_add(p, " Usage: %s\n Source: %s\n Data:\n", usage_text(k->use),
                         code == 'C' ? "Certificate" : "Manual");
    isakmp__ios_page_key(p, 2, k->der);
}

static int is_asked_for(const isakmp__show *s, const isakmp_ios_public_key *k)
{
    const isakmp_addr *a = &s->command->addr;
    if (a->family)
        return k->addr.family == a->family && isakmp__get32(k->addr.ip) == isakmp__get32(a->ip);
    return k->name.n && isakmp__same_name(s->command->word, k->name);
}

static void show_key(const isakmp__show *s, const isakmp_ios_public_key *k, char code)
{
    if (s->command->word.n == 0 && s->command->addr.family == 0)
        show_key_line(s->p, k, code);
    else if (is_asked_for(s, k))
        show_whole_key(s->p, k, code);
}

void isakmp__ios_show_chain(const isakmp__show *s)
{
    isakmp_ios_public_key k;
    if (s->command->word.n == 0 && s->command->addr.family == 0)
        isakmp__ios_page_add(s->p,
                             "Codes: M - Manually Configured, C - Extracted from certificate\n\n"
                             "Code  Usage        IP-address       Name\n");
    for (size_t i = 0; isakmp_ios_public_key_get(s->c, i, &k) == ISAKMP_OK; i++)
        show_key(s, &k, 'M');
    memset(&k, 0, sizeof k);
    for (size_t i = 0;
         s->live->learnt_key && s->live->learnt_key(s->live->user, i, &k) == ISAKMP_OK; i++)
        show_key(s, &k, 'C');
}

/* ---- show crypto isakmp sa ------------------------------------------------------------------ */

uint32_t isakmp_ios_connection_id(isakmp_sa_id sa)
{
    return (uint32_t)sa.v; /* ids are a generation, and a number from 1 */
}

isakmp_sa_id isakmp_ios_connection(const isakmp_ctx *x, uint32_t connection_id)
{
    isakmp_sa_id sa = {0};
    do
        sa = isakmp_sa_next(x, sa);
    while (sa.v && isakmp_ios_connection_id(sa) != connection_id);
    return sa;
}

/* The states of the routers: what has been agreed upon so far.  `message` is the one that comes next. */
static const char *state_of(const isakmp_sa_info *i)
{
    if (i->state == ISAKMP_SA_UP)
        return i->configuring ? "CONF_ADDR" : "QM_IDLE";
    if (i->state == ISAKMP_SA_XAUTH)
        return "CONF_XAUTH";
    if (i->state == ISAKMP_SA_ENDED)
        return "MM_NO_STATE";
    if (i->exchange == ISAKMP_EXCH_AGGRESSIVE)
        return i->message < 3 ? "AG_NO_STATE" : "AG_INIT_EXCH";
    return i->message < 3 ? "MM_NO_STATE" : i->message < 5 ? "MM_SA_SETUP" : "MM_KEY_EXCH";
}

static void show_one_sa(isakmp__page *p, isakmp_sa_id sa, const isakmp_sa_info *i)
{
    size_t start = p->len;
    isakmp__ios_page_addr(p, i->initiator ? &i->path.remote : &i->path.local);
    isakmp__ios_page_column(p, start, 16);
    isakmp__ios_page_addr(p, i->initiator ? &i->path.local : &i->path.remote);
    isakmp__ios_page_column(p, start, 32);
    isakmp__ios_page_add(p, "%-14s %7u %4u%s\n", state_of(i),
                         (unsigned)isakmp_ios_connection_id(sa), 0u,
                         i->state == ISAKMP_SA_ENDED ? " (deleted)" : "");
}

void isakmp__ios_show_sa(const isakmp__show *s)
{
    isakmp_sa_id sa = {0};
    isakmp__ios_page_add(s->p, "%-16s%-16s%-14s %7s %4s\n", "dst", "src", "state", "conn-id",
                         "slot");
    while (s->live->x && (sa = isakmp_sa_next(s->live->x, sa)).v) {
        isakmp_sa_info i;
        memset(&i, 0, sizeof i);
        i.size = sizeof i;
        if (isakmp_sa_get(s->live->x, sa, &i) == ISAKMP_OK)
            show_one_sa(s->p, sa, &i);
    }
}

/* ---- show crypto ipsec sa ------------------------------------------------------------------- */

static void page_ident(isakmp__page *p, const isakmp_selector *s)
{
    isakmp_selector bare = *s;
    char text[100];
    bare.proto = 0;
    bare.port = 0;
    isakmp_selector_text(text, sizeof text, &bare);
    isakmp__ios_page_add(p, "(%s/%u/%u)\n", text, s->proto, (unsigned)s->port);
}

static void page_protect(isakmp__page *p, const isakmp_protect *a)
{
    if (a->proto == ISAKMP_PROTO_AH)
        isakmp__ios_page_transforms(p, a->transform, 0, 0, 0);
    else
        isakmp__ios_page_transforms(p, 0, a->transform, a->key_bits, (uint8_t)a->integ);
}

static void show_spi(const isakmp__show *s, const isakmp_child_info *i, unsigned k, int inbound)
{
    uint32_t spi = inbound ? i->spi_in[k] : i->spi_out[k];
    isakmp_time left = i->hard_at > s->live->now ? (i->hard_at - s->live->now) / 1000 : 0;
    isakmp__ios_page_add(s->p, "     %s %s sas:\n      spi: 0x%X(%u)\n        transform:",
                         inbound ? "inbound" : "outbound",
                         i->protect[k].proto == ISAKMP_PROTO_AH ? "ah" : "esp", (unsigned)spi,
                         (unsigned)spi);
    page_protect(s->p, &i->protect[k]);
    isakmp__ios_page_add(s->p, " ,\n        in use settings ={%s%s, }\n",
                         i->mode == ISAKMP_MODE_TRANSPORT ? "Transport" : "Tunnel",
                         i->natt ? " UDP-Encaps" : "");
    isakmp__ios_page_add(s->p, "        sa timing: remaining key lifetime (k/sec): (%u/%u)\n",
                         (unsigned)i->life_kb, (unsigned)left);
}

static int info_of_child(const isakmp_ctx *x, isakmp_child_id child, isakmp_child_info *i)
{
    memset(i, 0, sizeof *i);
    i->size = sizeof *i;
    return isakmp_child_get(x, child, i);
}

static isakmp_sa_id sa_of_child(const isakmp_ctx *x, isakmp_child_id child)
{
    isakmp_child_info i;
    (void)info_of_child(x, child, &i);
    return i.sa;
}

/* The information on the SA and that on the child are not on the stack at the same time. */
static isakmp_path path_of_sa(const isakmp_ctx *x, isakmp_sa_id id)
{
    isakmp_sa_info sa;
    memset(&sa, 0, sizeof sa);
    sa.size = sizeof sa;
    (void)isakmp_sa_get(x, id, &sa);
    return sa.path;
}

static void show_child(const isakmp__show *s, const isakmp_child_info *i, const isakmp_path *path)
{
    isakmp__ios_page_add(s->p, "    Crypto map tag: %s, local addr. ",
                         i->policy && i->policy->name ? i->policy->name : "-");
    isakmp__ios_page_addr(s->p, &path->local);
    isakmp__ios_page_add(s->p, "\n   local  ident (addr/prot/port): ");
    page_ident(s->p, &i->local);
    isakmp__ios_page_add(s->p, "   remote ident (addr/prot/port): ");
    page_ident(s->p, &i->remote);
    isakmp__ios_page_add(s->p, "   current_peer: ");
    isakmp__ios_page_addr(s->p, &path->remote);
    isakmp__ios_page_add(s->p, "\n     PFS (Y/N): %s\n", i->pfs_group ? "Y" : "N");
    for (unsigned k = 0; k < i->n && i->state == ISAKMP_CHILD_UP; k++) {
        show_spi(s, i, k, 1);
        show_spi(s, i, k, 0);
    }
    isakmp__ios_page_add(s->p, "\n");
}

void isakmp__ios_show_ipsec_sa(const isakmp__show *s)
{
    static const isakmp_sa_id all;
    isakmp_child_id child = {0};
    while (s->live->x && (child = isakmp_child_next(s->live->x, all, child)).v) {
        isakmp_path path = path_of_sa(s->live->x, sa_of_child(s->live->x, child));
        isakmp_child_info i;
        if (info_of_child(s->live->x, child, &i) == ISAKMP_OK)
            show_child(s, &i, &path);
    }
}

/* ---- Which shows what ----------------------------------------------------------------------- */

static void (*const shows[])(const isakmp__show *s) = {
    [ISAKMP_IOS_SHOW_POLICY] = isakmp__ios_show_policy,
    [ISAKMP_IOS_SHOW_KEY] = isakmp__ios_show_keys,
    [ISAKMP_IOS_SHOW_SA] = isakmp__ios_show_sa,
    [ISAKMP_IOS_SHOW_IPSEC_SA] = isakmp__ios_show_ipsec_sa,
    [ISAKMP_IOS_SHOW_TRANSFORM_SET] = isakmp__ios_show_transform_sets,
    [ISAKMP_IOS_SHOW_LIFETIME] = isakmp__ios_show_lifetime,
    [ISAKMP_IOS_SHOW_MY_KEYS] = isakmp__ios_show_my_keys,
    [ISAKMP_IOS_SHOW_CHAIN] = isakmp__ios_show_chain,
    [ISAKMP_IOS_SHOW_MAP] = isakmp__ios_show_maps,
    [ISAKMP_IOS_SHOW_DYNAMIC_MAP] = isakmp__ios_show_dynamic_maps,
    [ISAKMP_IOS_SHOW_POOL] = isakmp__ios_show_pools,
    [ISAKMP_IOS_SHOW_ACL] = isakmp__ios_show_lists,
    [ISAKMP_IOS_SHOW_HOSTS] = isakmp__ios_show_hosts,
    [ISAKMP_IOS_SHOW_TRUSTPOINTS] = isakmp__ios_show_trustpoints,
    [ISAKMP_IOS_SHOW_RUNNING] = isakmp__ios_show_running,
};

size_t isakmp_ios_show(char *out, size_t cap, const isakmp_ios *c,
                       const isakmp_ios_command *command, const isakmp_ios_live *live)
{
    isakmp_ios_live known;
    isakmp__page p = isakmp__ios_page_begin(out, cap);
    isakmp__show s = {NULL, NULL, NULL, NULL};
    s.p = &p;
    s.c = c;
    s.command = command;
    s.live = &known;
    memset(&known, 0, sizeof known);
    if (live)
        memcpy(&known, live, live->size < sizeof known ? live->size : sizeof known);
    if (command->action < sizeof shows / sizeof shows[0] && shows[command->action])
        shows[command->action](&s);
    return p.len;
}
