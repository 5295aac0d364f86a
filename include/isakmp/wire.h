/* isakmp/wire.h -- the codec: reading and writing ISAKMP messages.
 *
 * Usable alone, without a context: dumpers, scanners, test tools and other implementations' tests
 * need nothing but this header and libisakmp.
 *
 *   Reading copies nothing.  isakmp_msg_parse() makes an index over a datagram, and the
 *   isakmp_*_read() and *_next() functions return spans into it.
 *
 *       isakmp_msg m;
 *       isakmp_notify n;
 *       if (isakmp_msg_parse(&m, datagram) == ISAKMP_OK &&
 *           isakmp_notify_read(&n, isakmp_msg_find(&m, ISAKMP_PAYLOAD_NOTIFY, 0)) == ISAKMP_OK)
 *               puts(isakmp_name(ISAKMP_REG_NOTIFY, n.type));
 *
 *   Writing checks every bound.  Readers and writers remember the first fault: later calls
 *   return zeroes or write nothing, and one look at the end suffices.
 *
 *       isakmp_writer w;
 *       isakmp_wr_init(&w, buf, sizeof buf);
 *       isakmp_wr_header(&w, &header);
 *       isakmp_wr_payload(&w, ISAKMP_PAYLOAD_NONCE, nonce);
 *       if (isakmp_wr_end(&w) == ISAKMP_OK)
 *               send(buf, w.len);
 *
 * Every function here is a query [q].  Spans handed in are borrowed for the call; spans in results
 * point into the bytes that were read and live as long as they do. */
#ifndef ISAKMP_WIRE_H
#define ISAKMP_WIRE_H

#include "base.h"
#include "iana.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Reader: a cursor over bytes ---------------------------------------------------------- */

typedef struct isakmp_reader {
    const uint8_t *p, *end;
    uint8_t fault; /* 1 after the first read beyond the end; sticky */
} isakmp_reader;

/* A reader over bytes.  [q] */
ISAKMP_API isakmp_reader isakmp_rd(isakmp_span bytes);
/* The next octet, or 2 or 4 octets in network order; 0 after a fault.  [q] */
ISAKMP_API uint8_t isakmp_rd_u8(isakmp_reader *r);
ISAKMP_API uint16_t isakmp_rd_u16(isakmp_reader *r);
ISAKMP_API uint32_t isakmp_rd_u32(isakmp_reader *r);
/* The next n octets; an empty span after a fault.  [q] */
ISAKMP_API isakmp_span isakmp_rd_bytes(isakmp_reader *r, size_t n);
/* How many octets are left; 0 after a fault.  [q] */
ISAKMP_API size_t isakmp_rd_left(const isakmp_reader *r);

/* ---- Header [RFC2408 3.1] ----------------------------------------------------------------- */

#define ISAKMP_HEADER_SIZE 28
#define ISAKMP_COOKIE_SIZE 8

typedef struct isakmp_header {
    uint8_t cky_i[ISAKMP_COOKIE_SIZE], cky_r[ISAKMP_COOKIE_SIZE];
    uint8_t next, version, exchange, flags; /* version: major << 4 | minor, 0x10 for IKEv1 */
    uint32_t msg_id, length;
} isakmp_header;

/* Read a header; nothing but the size is checked.
 *   returns  ISAKMP_OK, or ISAKMP_E_MALFORMED if there are fewer than 28 octets.  [q] */
ISAKMP_API int isakmp_header_read(isakmp_header *out, isakmp_span datagram);

/* ---- Message: an index over the payloads of a datagram ------------------------------------- */

typedef struct isakmp_payload {
    uint8_t type;      /* ISAKMP_PAYLOAD_*, or a number nobody knows                             */
    uint8_t reserved;  /* what the RESERVED octet holds: not 0 is tolerated                       */
    uint16_t off, len; /* the body: without the 4 octets of the generic header [RFC2408 3.2]      */
} isakmp_payload;

typedef struct isakmp_msg {
    isakmp_span raw; /* the datagram, without a non-ESP marker                                   */
    isakmp_header h;
    uint16_t detail; /* why it is malformed: an isakmp_detail; ISAKMP_D_NONE if it is not         */
    uint16_t end;    /* offset after the last payload: encryption padding begins here            */
    uint8_t count;   /* payloads in the index; also those before the fault of a malformed message */
    isakmp_payload pl[ISAKMP_MAX_PAYLOADS];
} isakmp_msg;

/* Read the header and, if the message is not encrypted, index its payloads.
 *   out       the index; it refers to the datagram.
 *   datagram  one whole ISAKMP message; at most 65,535 octets.
 *   returns   ISAKMP_OK, or ISAKMP_E_MALFORMED with out->detail telling why: SHORT, LENGTH (the
 *             header's length is not the datagram's), VERSION (the major version is not 1),
 *             MALFORMED, TOO_MANY_PAYLOADS.  With the encryption flag set nothing after the
 *             header is looked at and count is 0.  [q] */
ISAKMP_API int isakmp_msg_parse(isakmp_msg *out, isakmp_span datagram);

/* Index the payloads of a message that was encrypted and is now decrypted in place.
 *   m        from isakmp_msg_parse() over the same bytes.
 *   returns  ISAKMP_OK, or ISAKMP_E_MALFORMED as isakmp_msg_parse().  What follows the last payload
 *            is padding, whatever it holds [RFC2409 App. B].  [q] */
ISAKMP_API int isakmp_msg_index(isakmp_msg *m);

/* The body of the nth payload of a type, counted from 0; an empty span with p == NULL if there are
 * not so many.  [q] */
ISAKMP_API isakmp_span isakmp_msg_find(const isakmp_msg *m, uint8_t type, unsigned nth);
/* The body of the ith payload of the message; i below count.  [q] */
ISAKMP_API isakmp_span isakmp_msg_body(const isakmp_msg *m, unsigned i);

/* ---- Security Association payload [RFC2408 3.4 to 3.6, RFC2407 4.6.1] ----------------------- */

/* Labels, present when the situation asks for secrecy or integrity [RFC2407 4.6.1]. */
typedef struct isakmp_label {
    isakmp_span level, category; /* category: a bitmap of category_bits bits */
    uint16_t category_bits;
} isakmp_label;

typedef struct isakmp_sa_body {
    uint32_t doi, situation;
    uint32_t labeled_domain; /* 0 with identity only */
    isakmp_label secrecy, integrity;
    isakmp_span proposals; /* for isakmp_proposal_next(); empty if the DOI is not IPsec's */
} isakmp_sa_body;

typedef struct isakmp_proposal {
    uint8_t number, protocol, n_transforms;
    isakmp_span spi, transforms; /* transforms: for isakmp_transform_next() */
} isakmp_proposal;

typedef struct isakmp_transform {
    uint8_t number, id;
    isakmp_span attrs; /* for isakmp_attr_next() */
} isakmp_transform;

typedef struct isakmp_attr {
    uint16_t type;     /* without the format bit                                                 */
    uint8_t basic;     /* 1: type/value, 0: type/length/value                                    */
    uint8_t too_large; /* 1: the value does not fit in 32 bits; value is then UINT32_MAX          */
    uint32_t value;    /* the value as a number                                                  */
    isakmp_span data;  /* the octets of the value                                                */
} isakmp_attr;

/* Read the fixed part of an SA payload.
 *   returns  ISAKMP_OK or ISAKMP_E_MALFORMED.  An unknown DOI or situation is not malformed: the
 *            caller looks.  [q] */
ISAKMP_API int isakmp_sa_read(isakmp_sa_body *out, isakmp_span body);

/* The next proposal, transform or attribute.
 *   r        a reader over isakmp_sa_body.proposals, isakmp_proposal.transforms or
 *            isakmp_transform.attrs (or the attrs of a Notify or Attribute payload).
 *   returns  ISAKMP_OK, ISAKMP_NONE at the end, or ISAKMP_E_MALFORMED: lengths that do not fit, or
 *            a "next payload" that contradicts what follows.  [q] */
ISAKMP_API int isakmp_proposal_next(isakmp_reader *r, isakmp_proposal *out);
ISAKMP_API int isakmp_transform_next(isakmp_reader *r, isakmp_transform *out);
ISAKMP_API int isakmp_attr_next(isakmp_reader *r, isakmp_attr *out);

/* ---- The other payloads ------------------------------------------------------------------- */
/* Key Exchange, Hash, Signature, Nonce, Vendor ID and NAT-D are their body and need no reader. */

/* Identification [RFC2408 3.8, RFC2407 4.6.2] */
typedef struct isakmp_id {
    uint8_t type, proto; /* type: ISAKMP_ID_*                                                     */
    uint16_t port;
    isakmp_span data; /* octets, never ended by a zero: address, name, DN                        */
} isakmp_id;

typedef struct isakmp_cert {
    uint8_t encoding; /* ISAKMP_CERT_* */
    isakmp_span data; /* of a certificate request: the authority, empty for any */
} isakmp_cert;

typedef struct isakmp_notify {
    uint32_t doi;
    uint8_t protocol;
    uint16_t type; /* ISAKMP_N_* */
    isakmp_span spi, data;
} isakmp_notify;

typedef struct isakmp_delete {
    uint32_t doi;
    uint8_t protocol, spi_size;
    uint16_t count;
    isakmp_span spis; /* count times spi_size octets */
} isakmp_delete;

/* The Attribute payload of Mode Config and XAUTH [mode-cfg draft 3.2] */
typedef struct isakmp_cfg {
    uint8_t type; /* ISAKMP_CFG_* */
    uint16_t identifier;
    isakmp_span attrs; /* for isakmp_attr_next() */
} isakmp_cfg;

typedef struct isakmp_natoa {
    uint8_t id_type; /* ISAKMP_ID_IPV4_ADDR or ISAKMP_ID_IPV6_ADDR */
    isakmp_span addr;
} isakmp_natoa;

/* A piece of a fragmented message [MS-IKEE 2.2.3.1] */
typedef struct isakmp_fragment {
    uint16_t id;
    uint8_t number, flags; /* number from 1; flags 1: the last one */
    isakmp_span data;
} isakmp_fragment;

/* Each reads one payload body.
 *   returns  ISAKMP_OK, or ISAKMP_E_MALFORMED if a length does not fit (an empty body always).
 *            Numbers are not judged: the caller looks.  [q] */
ISAKMP_API int isakmp_id_read(isakmp_id *out, isakmp_span body);
ISAKMP_API int isakmp_cert_read(isakmp_cert *out, isakmp_span body);
ISAKMP_API int isakmp_notify_read(isakmp_notify *out, isakmp_span body);
ISAKMP_API int isakmp_delete_read(isakmp_delete *out, isakmp_span body);
ISAKMP_API int isakmp_cfg_read(isakmp_cfg *out, isakmp_span body);
ISAKMP_API int isakmp_natoa_read(isakmp_natoa *out, isakmp_span body);
ISAKMP_API int isakmp_fragment_read(isakmp_fragment *out, isakmp_span body);

/* Is the data of an identification what its type says: the exact length of an address, subnet or
 * range, a contiguous mask, first not after last, a name without control characters
 * [RFC2407 4.6.2.1]?
 *   returns  ISAKMP_OK, ISAKMP_E_MALFORMED, or ISAKMP_NONE if the type is not known.  [q] */
ISAKMP_API int isakmp_id_check(const isakmp_id *id);

/* The ith SPI of a Delete payload; i below count.  [q] */
ISAKMP_API isakmp_span isakmp_delete_spi(const isakmp_delete *d, unsigned i);

/* The name of a vendor ID, compared as a prefix of known length; NULL if nobody knows it.  [q] */
ISAKMP_API const char *isakmp_vendor_name(isakmp_span vendor_id);
/* The name of the ith vendor ID that has one, from 0: of bit i in isakmp_sa_info.vendors.  Some have several
 * vendor IDs.
 *   returns  NULL after the last one.  [q] */
ISAKMP_API const char *isakmp_vendor_known(unsigned i);

/* ---- Writer ------------------------------------------------------------------------------- */

typedef struct isakmp_writer {
    uint8_t *base; /* caller's buffer, in use until the writer is done with                      */
    size_t cap, len;
    size_t next_at, proposal_at,
        transform_at; /* where the chains of "next payload" end           */
    uint8_t fault;    /* 1 after the first write beyond cap; sticky       */
} isakmp_writer;

/* Begin to write into a buffer of cap octets.  [q] */
ISAKMP_API void isakmp_wr_init(isakmp_writer *w, uint8_t *buf, size_t cap);
/* Append one octet, 2 or 4 octets in network order, or bytes.  [q] */
ISAKMP_API void isakmp_wr_u8(isakmp_writer *w, uint8_t v);
ISAKMP_API void isakmp_wr_u16(isakmp_writer *w, uint16_t v);
ISAKMP_API void isakmp_wr_u32(isakmp_writer *w, uint32_t v);
ISAKMP_API void isakmp_wr_bytes(isakmp_writer *w, isakmp_span bytes);

/* The message header; `next` and `length` are filled in later by the writer.  [q] */
ISAKMP_API void isakmp_wr_header(isakmp_writer *w, const isakmp_header *h);
/* Fill in the length of the message, whose header stands at the beginning of the buffer.
 *   returns  ISAKMP_OK, or ISAKMP_E_SPACE if the message did not fit: into the buffer, into 65,535
 *            octets, or a value into its field.  [q] */
ISAKMP_API int isakmp_wr_end(isakmp_writer *w);

/* Open a payload: it is linked to the one before, or to the message header, if there is any.
 *   returns  a mark for isakmp_wr_close(), which fills in the length.  [q] */
ISAKMP_API size_t isakmp_wr_open(isakmp_writer *w, uint8_t type);
ISAKMP_API void isakmp_wr_close(isakmp_writer *w, size_t mark);
/* A whole payload at once.  [q] */
ISAKMP_API void isakmp_wr_payload(isakmp_writer *w, uint8_t type, isakmp_span body);

/* An SA payload, its proposals and their transforms nest: open the SA payload, open a proposal,
 * open and close each transform, close the proposal, close the SA payload.  The chains and the
 * number of transforms are kept by the writer.
 *   returns  a mark for isakmp_wr_close().  [q] */
ISAKMP_API size_t isakmp_wr_sa(isakmp_writer *w, uint32_t doi, uint32_t situation);
ISAKMP_API size_t isakmp_wr_proposal(isakmp_writer *w, uint8_t number, uint8_t protocol,
                                     isakmp_span spi);
ISAKMP_API size_t isakmp_wr_transform(isakmp_writer *w, uint8_t number, uint8_t id);
/* An attribute: basic (type/value) if the value fits in 16 bits, else with 4 octets [RFC2408 3.3].
 * [q] */
ISAKMP_API void isakmp_wr_attr(isakmp_writer *w, uint16_t type, uint32_t value);
ISAKMP_API void isakmp_wr_attr_bytes(isakmp_writer *w, uint16_t type, isakmp_span value);

/* Whole payloads of the kinds that have structure.  `type` of the certificate functions is
 * ISAKMP_PAYLOAD_CERT or _CERT_REQ; of the NAT-OA one, the payload number in use.  [q] */
ISAKMP_API void isakmp_wr_id(isakmp_writer *w, const isakmp_id *id);
ISAKMP_API void isakmp_wr_cert(isakmp_writer *w, uint8_t type, const isakmp_cert *cert);
ISAKMP_API void isakmp_wr_notify(isakmp_writer *w, const isakmp_notify *n);
ISAKMP_API void isakmp_wr_delete(isakmp_writer *w, const isakmp_delete *d);
ISAKMP_API void isakmp_wr_cfg(isakmp_writer *w, const isakmp_cfg *c);
ISAKMP_API void isakmp_wr_natoa(isakmp_writer *w, uint8_t type, const isakmp_natoa *oa);
ISAKMP_API void isakmp_wr_fragment(isakmp_writer *w, const isakmp_fragment *f);

/* ---- Text --------------------------------------------------------------------------------- */

/* Describe a message for a person, one line for each thing, as isakmp-dump prints it.  The text of a
 * decrypted message can hold secrets, such as a password of XAUTH: do not log it by default.
 *   out      gets the text and a final zero octet; with cap 0 it may be NULL.
 *   cap      octets at out.
 *   m        the message: also one that isakmp_msg_parse() found malformed, as far as it goes.
 *   returns  the length of the whole text without the zero, as snprintf() does: if it is not
 *            below cap, the text was cut.  Octets that are not printable ASCII are escaped.  [q] */
ISAKMP_API size_t isakmp_dump(char *out, size_t cap, const isakmp_msg *m);

/* An identification as text, such as "10.1.0.0/16", "fqdn gw.example.org", "dn C=DE, CN=gw" or "any".
 * Parameters and result as isakmp_dump().  [q] */
ISAKMP_API size_t isakmp_id_text(char *out, size_t cap, const isakmp_id *id);

/* An address as text, such as "192.0.2.1:500" or "[2001:db8::1]:500"; without the port if it is 0.
 * Parameters and result as isakmp_dump().  [q] */
ISAKMP_API size_t isakmp_addr_text(char *out, size_t cap, const isakmp_addr *a);

#ifdef __cplusplus
}
#endif
#endif
