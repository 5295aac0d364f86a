/* host_hex.c -- octets from hex text. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include "host_hex.h"

static int digit(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = c ? strchr(digits, tolower((unsigned char)c)) : NULL;
    return at ? (int)(at - digits) : -1;
}

static int is_separator(char c)
{
    return isspace((unsigned char)c) || c == ',' || c == ':';
}

static long no_digit(char c, char *error, size_t error_cap)
{
    const char *accepted = "only hex digits, white space, commas, colons and 0x are accepted";
    if (isprint((unsigned char)c))
        snprintf(error, error_cap, "'%c' is no hex digit; %s", c, accepted);
    else
        snprintf(error, error_cap, "octet 0x%02x is no hex digit; %s", (unsigned char)c, accepted);
    return -1;
}

long host_hex_read(uint8_t *out, size_t cap, const char *text, size_t n, char *error,
                   size_t error_cap)
{
    size_t digits = 0;
    for (size_t i = 0; i < n; i++) {
        if (is_separator(text[i]))
            continue;
        if (digits % 2 == 0 && text[i] == '0' && i + 1 < n &&
            tolower((unsigned char)text[i + 1]) == 'x') {
            i++;
            continue;
        }
        if (digit(text[i]) < 0)
            return no_digit(text[i], error, error_cap);
        if (digits / 2 == cap) {
            snprintf(error, error_cap, "the hex text is longer than %lu octets",
                     (unsigned long)cap);
            return -1;
        }
        if (digits % 2)
            out[digits / 2] = (uint8_t)(out[digits / 2] << 4 | digit(text[i]));
        else
            out[digits / 2] = (uint8_t)digit(text[i]);
        digits++;
    }
    if (digits % 2) {
        snprintf(error, error_cap, "the hex text has %lu digits; every octet takes two",
                 (unsigned long)digits);
        return -1;
    }
    return (long)(digits / 2);
}
