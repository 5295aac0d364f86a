/* host_who.c -- who we are, and how it is proved: what the options say of that together. */
#include "host_values.h"
#include "host_who.h"

/* What proves it must be there, and nothing that would not be used. */
static int check_secrets(const host_options *o)
{
    const host_key_files *f = &o->files;
    int any = f->key || f->cert || f->peer_key || f->n_cas || f->n_crls || f->legacy;
    if (o->auth == ISAKMP_AUTH_PSK) {
        if (any)
            return host_complain(
                "keys and certificates are for signatures: --auth rsa-sig or --auth "
                "ecdsa is needed with them");
        if (o->psk.key.n == 0)
            return host_complain(
                "--psk TEXT or --psk-file FILE is needed: the key shared with the peer");
        return -1;
    }
    if (o->psk.key.n)
        return host_complain("--psk is not for signatures: leave it out, or --auth");
    if (f->key == NULL)
        return host_complain(
            "--key FILE is needed with --auth: our private key, and with it --cert FILE "
            "unless the peer has our public key");
    if (f->n_cas == 0 && f->peer_key == NULL)
        return host_complain(
            "--ca FILE or --peer-pubkey FILE is needed with --auth: how to know the peer");
    if (f->n_crls && f->n_cas == 0)
        return host_complain("--crl is of no use without --ca FILE, whose list it is");
    return -1;
}

/* "--id dn", and what there is without --id if we have a certificate. */
static int set_subject(host_options *o, int is_asked)
{
    if (host_keys_subject(&o->keyring, o->auth, &o->peer.my_id, o->my_id) || !is_asked)
        return -1;
    return host_complain(
        "--id dn: there is no subject of 1 to %u octets in the certificate of --cert",
        (unsigned)ISAKMP_MAX_ID);
}

int host_who_load(host_options *o)
{
    char error[400];
    int names_subject = o->peer.my_id.type == ISAKMP_ID_DER_ASN1_DN && o->peer.my_id.data.n == 0;
    int rc = check_secrets(o);
    if (rc < 0 && names_subject && o->files.cert == NULL)
        rc =
            host_complain("--id dn is the subject of our certificate, which --cert FILE must name");
    if (rc < 0 && o->peer.peer_id.type == ISAKMP_ID_DER_ASN1_DN && o->peer.peer_id.data.n == 0)
        rc = host_complain(
            "--peer-id dn does not say which; one is written as dn:C=DE,O=Example,CN=gw");
    if (rc < 0 && o->auth != ISAKMP_AUTH_PSK &&
        !host_keys_load(&o->keyring, &o->files, &o->auth, error, sizeof error))
        rc = host_complain("%s", error);
    if (rc < 0 && o->files.cert && (names_subject || o->peer.my_id.type == ISAKMP_ID_NONE))
        rc = set_subject(o, names_subject);
    for (size_t i = 0; i < o->peer.n_policies; i++)
        o->policies[i].auth = o->auth;
    return rc;
}
