/* host_track.h -- reading the encrypted messages of a capture with cipher keys that are known.
 *
 * What a reader needs besides the key follows from the messages themselves: the cipher and the hash
 * from the SA payload with which the responder chose them, the first IV from both Key Exchange
 * payloads, every other IV from the ciphertext before it [RFC2409 App. B].  So a capture must have
 * the ISAKMP SA from its first message on. */
#ifndef HOST_TRACK_H
#define HOST_TRACK_H

#include "isakmp/crypto.h"
#include "isakmp/wire.h"

typedef struct host_track host_track;

typedef enum host_track_result {
    HOST_TRACK_READABLE, /* it was in the clear, or it is now                                    */
    HOST_TRACK_NO_KEY,   /* no key is given for its initiator cookie                             */
    HOST_TRACK_NO_START, /* the capture does not have the first messages of its ISAKMP SA        */
    HOST_TRACK_CIPHER,   /* the provider does not have its cipher or its hash                    */
    HOST_TRACK_KEY_SIZE, /* the key has not the length that its cipher takes                     */
    HOST_TRACK_GARBAGE   /* what comes out is no ISAKMP message: a wrong key, or a gap before it */
} host_track_result;

/* Begin.
 *   crypto   borrowed until host_track_free().
 *   returns  NULL if there is not enough memory. */
host_track *host_track_new(const isakmp_crypto *crypto);
void host_track_free(host_track *t);

/* Make a cipher key known: Ka of RFC 2409 appendix B, as in Wireshark's ikev1_decryption_table.
 *   key      copied; at most ISAKMP_MAX_KEY octets.
 *   returns  0, or -1 if there is not enough memory. */
int host_track_key(host_track *t, const uint8_t cky_i[ISAKMP_COOKIE_SIZE], isakmp_span key);

/* Take note of the next message of the capture, and decrypt it if that is possible.
 *   m        well formed, from isakmp_msg_parse(); indexed anew if it was decrypted;
 *   bytes    those of m->raw: overwritten by the cleartext. */
host_track_result host_track_message(host_track *t, isakmp_msg *m, uint8_t *bytes);

/* The cipher of the message's ISAKMP SA and the octets that its key must have, for the sentence
 * about HOST_TRACK_KEY_SIZE. */
void host_track_cipher(const host_track *t, const isakmp_msg *m, const char **name, size_t *octets);

#endif
