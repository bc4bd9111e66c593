#include "core/identity/ss58.h"

#include <sodium.h>

enum { prefix = 42, checksum_bytes = 2, whole_bytes = 1 + GDI_ACCOUNT_BYTES + checksum_bytes, shown_bytes_max = 60 };

static const char alphabet[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/* whole = prefix | account | checksum; the first two are there, the checksum is appended. */
static void append_checksum(uint8_t whole[whole_bytes])
{
    static const uint8_t before[] = {'S', 'S', '5', '8', 'P', 'R', 'E'};
    crypto_generichash_state state;
    uint8_t digest[64];
    (void)crypto_generichash_init(&state, NULL, 0, sizeof digest);
    (void)crypto_generichash_update(&state, before, sizeof before);
    (void)crypto_generichash_update(&state, whole, 1 + GDI_ACCOUNT_BYTES);
    (void)crypto_generichash_final(&state, digest, sizeof digest);
    memcpy(whole + 1 + GDI_ACCOUNT_BYTES, digest, checksum_bytes);
}

/* number = number / 58, and the remainder. */
static uint32_t divide_by_58(uint8_t number[whole_bytes])
{
    uint32_t rest = 0;
    for (uint32_t i = 0; i < whole_bytes; i++) {
        uint32_t part = rest << 8 | number[i];
        number[i] = (uint8_t)(part / 58);
        rest = part % 58;
    }
    return rest;
}

/* number = number * 58 + digit; 1 when it outgrows its bytes. */
static uint32_t push_digit(uint8_t number[whole_bytes], uint32_t digit)
{
    uint32_t carry = digit;
    for (uint32_t i = whole_bytes; i-- > 0;) {
        uint32_t part = number[i] * 58u + carry;
        number[i] = (uint8_t)part;
        carry = part >> 8;
    }
    return carry != 0;
}

/* Without leading zero bytes, because the first byte is the prefix: the last digit comes first, then all is turned. */
void gdi_ss58_encode(const uint8_t account[GDI_ACCOUNT_BYTES], char ret_address[GDI_SS58_BYTES])
{
    uint8_t whole[whole_bytes] = {prefix};
    uint32_t count = 0;
    memcpy(whole + 1, account, GDI_ACCOUNT_BYTES);
    append_checksum(whole);
    while (!sodium_is_zero(whole, sizeof whole)) {
        ret_address[count++] = alphabet[divide_by_58(whole)];
    }
    ret_address[count] = '\0';
    for (uint32_t i = 0; i < count / 2; i++) {
        char swapped = ret_address[i];
        ret_address[i] = ret_address[count - 1 - i];
        ret_address[count - 1 - i] = swapped;
    }
}

static const char *decode(const char *address, uint8_t whole[whole_bytes])
{
    size_t length = strnlen(address, GDI_SS58_BYTES);
    if (length < 47 || length >= GDI_SS58_BYTES) {
        return "it has not 47 or 48 characters";
    }
    for (size_t i = 0; i < length; i++) {
        const char *digit = strchr(alphabet, address[i]);
        if (digit == NULL) {
            return "it holds a character that base58 has not";
        }
        if (push_digit(whole, (uint32_t)(digit - alphabet))) {
            return "its number is too large";
        }
    }
    return NULL;
}

god_status gdi_ss58_decode(const char *address, uint8_t ret_account[GDI_ACCOUNT_BYTES], god_error *err)
{
    uint8_t whole[whole_bytes] = {0}, again[whole_bytes];
    char canonical[GDI_SS58_BYTES];
    const char *wrong = decode(address, whole);
    memcpy(again, whole, sizeof again);
    append_checksum(again);
    if (wrong == NULL && whole[0] != prefix) {
        wrong = "its prefix is not 42";
    } else if (wrong == NULL && memcmp(whole, again, sizeof whole) != 0) {
        wrong = "its checksum is wrong";
    } else if (wrong == NULL) {
        gdi_ss58_encode(whole + 1, canonical);
        wrong = strcmp(canonical, address) == 0 ? NULL : "it is not written in the shortest way";
    }
    if (wrong != NULL) {
        size_t shown = strspn(address, alphabet); /* the rest may be any bytes */
        return god_fail(err, GOD_E_DATA, "\"%.*s\" is not an address: %s",
                        (int)(shown < shown_bytes_max ? shown : shown_bytes_max), address, wrong);
    }
    memcpy(ret_account, whole + 1, GDI_ACCOUNT_BYTES);
    return GOD_OK;
}
