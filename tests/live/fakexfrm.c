/* live/fakexfrm.c -- to be preloaded into strongSwan: a kernel without ESP that takes SAs all the same.
 *
 * The kernel of a build machine may have XFRM but no ESP, and then it refuses every SA.  strongSwan's ESP
 * in user space, which the other live tests use, has tunnel mode only and makes every peer believe that
 * there is a NAT.  So here what would make, change or remove an SA is turned into a message without any
 * meaning that the kernel acknowledges; everything else, SPIs among it, is really done.  No packet is ever
 * protected, but a line for each SA goes to the file that FAKEXFRM_LOG names, in the form in which
 * live_peer prints its own: so both sides' keys can be compared. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static void print_hex(FILE *f, const char *name, const char *key, unsigned bits)
{
    fprintf(f, " %s=", name);
    for (unsigned i = 0; i < bits / 8; i++)
        fprintf(f, "%02x", (unsigned char)key[i]);
}

/* The attribute of a type; NULL: there is none. */
static const void *attribute(const struct nlmsghdr *h, unsigned short type)
{
    size_t at = NLMSG_SPACE(sizeof(struct xfrm_usersa_info));
    struct nlattr a;
    for (; at + sizeof a <= h->nlmsg_len; at += (size_t)NLA_ALIGN(a.nla_len)) {
        memcpy(&a, (const char *)h + at, sizeof a);
        if (a.nla_len < sizeof a || at + a.nla_len > h->nlmsg_len)
            break;
        if (a.nla_type == type)
            return (const char *)h + at + sizeof a;
    }
    return NULL;
}

static void log_sa(const struct nlmsghdr *h)
{
    const struct xfrm_usersa_info *sa = NLMSG_DATA(h);
    const struct xfrm_algo *enc = attribute(h, XFRMA_ALG_CRYPT);
    const struct xfrm_algo *auth = attribute(h, XFRMA_ALG_AUTH);
    const struct xfrm_algo_auth *cut = attribute(h, XFRMA_ALG_AUTH_TRUNC);
    const struct xfrm_encap_tmpl *udp = attribute(h, XFRMA_ENCAP);
    const char *file = getenv("FAKEXFRM_LOG");
    char src[INET6_ADDRSTRLEN] = "", dst[INET6_ADDRSTRLEN] = "";
    FILE *f = file ? fopen(file, "a") : NULL;
    if (f == NULL)
        return;
    inet_ntop(sa->family, &sa->saddr, src, sizeof src);
    inet_ntop(sa->family, &sa->id.daddr, dst, sizeof dst);
    fprintf(f, "KEYS spi=%08x src=%s dst=%s ports=%u,%u mode=%s", ntohl(sa->id.spi), src, dst,
            udp ? ntohs(udp->encap_sport) : 0, udp ? ntohs(udp->encap_dport) : 0,
            sa->mode == XFRM_MODE_TRANSPORT ? "transport" : "tunnel");
    if (enc)
        print_hex(f, "enc", enc->alg_key, enc->alg_key_len);
    if (auth)
        print_hex(f, "auth", auth->alg_key, auth->alg_key_len);
    else if (cut)
        print_hex(f, "auth", cut->alg_key, cut->alg_key_len);
    fputc('\n', f);
    fclose(f);
}

static int is_xfrm(int fd)
{
    int domain = 0, protocol = 0;
    socklen_t n = sizeof domain, m = sizeof protocol;
    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &n) == 0 && domain == AF_NETLINK &&
           getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &m) == 0 && protocol == NETLINK_XFRM;
}

static int is_about_sa(const struct nlmsghdr *h, size_t n)
{
    return n >= sizeof *h && h->nlmsg_len == n &&
           (h->nlmsg_type == XFRM_MSG_NEWSA || h->nlmsg_type == XFRM_MSG_UPDSA ||
            h->nlmsg_type == XFRM_MSG_DELSA);
}

/* strongSwan sends each request by one call of sendto(), which this is by the name that linkers see: glibc's
 * declaration of it cannot be repeated in C99. */
ssize_t fake_sendto(int fd, const void *data, size_t n, int flags, const struct sockaddr *to,
                    socklen_t to_n) __asm__("sendto");
ssize_t fake_sendto(int fd, const void *data, size_t n, int flags, const struct sockaddr *to,
                    socklen_t to_n)
{
    static ssize_t (*next)(int, const void *, size_t, int, const struct sockaddr *, socklen_t);
    const struct nlmsghdr *h = data;
    struct nlmsghdr *copy;
    ssize_t sent;
    if (next == NULL) {
        void *found = dlsym(RTLD_NEXT, "sendto");
        memcpy(&next, &found, sizeof next); /* C has no cast for that */
    }
    if (!is_xfrm(fd) || !is_about_sa(h, n) || (copy = malloc(n)) == NULL)
        return next(fd, data, n, flags, to, to_n);
    if (h->nlmsg_type != XFRM_MSG_DELSA)
        log_sa(h);
    memcpy(copy, h, n);
    copy->nlmsg_type = NLMSG_NOOP;
    copy->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    sent = next(fd, copy, n, flags, to, to_n);
    free(copy);
    return sent;
}
