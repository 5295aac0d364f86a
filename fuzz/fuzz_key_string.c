/* fuzz_key_string.c -- the text of a public key, as somebody may type it in, through the stock keyring.
 *
 * The input is the text: a key-string, PEM, or DER.
 *
 * What must hold: it is refused with a sentence, or what has been read can be written in every form, and is
 * the same key when it is read again. */
#include <stdlib.h>
#include <string.h>
#include "base/span.h"
#include "isakmp/keyring.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

static const isakmp_selector anywhere;
static const isakmp_id anybody;

static isakmp_pki *collection(void)
{
    isakmp_pki *pki = isakmp_pki_new();
    CHECK(pki != NULL);
    isakmp_pki_set_flags(pki, ISAKMP_PKI_LEGACY);
    return pki;
}

static int add(isakmp_pki *pki, isakmp_span text)
{
    char why[200];
    int rc;
    memset(why, 'x', sizeof why);
    rc = isakmp_pki_add_peer_key(pki, ISAKMP_USE_SIGNATURE, &anybody, &anywhere, text, why,
                                 sizeof why);
    CHECK(rc == ISAKMP_OK || rc == ISAKMP_E_MALFORMED || rc == ISAKMP_E_ARG);
    CHECK(rc == ISAKMP_OK || (why[0] && memchr(why, 0, sizeof why - 1) != NULL));
    return rc;
}

static size_t write_key(const isakmp_pki *pki, isakmp_key_form form, uint8_t *out, size_t cap)
{
    size_t n = 0;
    CHECK(isakmp_pki_peer_key(pki, 0, NULL, form, out, cap, &n) == ISAKMP_OK);
    CHECK(n != 0 && n < cap && (form == ISAKMP_KEY_DER || out[n] == 0));
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const isakmp_key_form forms[] = {ISAKMP_KEY_DER, ISAKMP_KEY_PEM, ISAKMP_KEY_STRING};
    uint8_t der[4096], text[8192], again[4096];
    isakmp_pki *pki = collection();
    if (add(pki, isakmp__span(data, n)) == ISAKMP_OK) {
        size_t der_n = write_key(pki, ISAKMP_KEY_DER, der, sizeof der);
        for (size_t i = 0; i < 3; i++) {
            isakmp_pki *other = collection();
            size_t text_n = write_key(pki, forms[i], text, sizeof text);
            CHECK(add(other, isakmp__span(text, text_n)) == ISAKMP_OK);
            CHECK(write_key(other, ISAKMP_KEY_DER, again, sizeof again) == der_n);
            CHECK(memcmp(again, der, der_n) == 0);
            isakmp_pki_free(other);
        }
    }
    isakmp_pki_free(pki);
    return 0;
}
