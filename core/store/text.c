#include "core/store/text.h"

#include <stdint.h>
#include <string.h>

/* How many bytes a character beginning with `lead` has; 0: none begins so. The second byte lies in [*low, *high]. */
static size_t length_of(uint8_t lead, uint8_t *low, uint8_t *high)
{
    *low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    *high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (lead < 0x80) {
        return 1;
    }
    if (lead < 0xc2 || lead > 0xf4) {
        return 0;
    }
    return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/* How many bytes the character at `at` has; 0: what stands there is none. */
static size_t character_at(const uint8_t *at, size_t bytes)
{
    uint8_t low = 0, high = 0;
    size_t length = length_of(at[0], &low, &high);
    if (length > bytes) {
        return 0;
    }
    for (size_t k = 1; k < length; k++) {
        if (at[k] < (k == 1 ? low : 0x80) || at[k] > (k == 1 ? high : 0xbf)) {
            return 0;
        }
    }
    return length;
}

bool gdi_utf8_is_good(const char *text, size_t bytes)
{
    const uint8_t *at = (const uint8_t *)text;
    for (size_t i = 0; i < bytes;) {
        uint64_t eight = 0;
        if (bytes - i >= sizeof eight) {
            (void)memcpy(&eight, at + i, sizeof eight);
            if ((eight & UINT64_C(0x8080808080808080)) == 0) {
                i += sizeof eight;
                continue;
            }
        }
        size_t length = character_at(at + i, bytes - i);
        if (length == 0) {
            return false;
        }
        i += length;
    }
    return true;
}

void gdi_utf8_copy(const char *text, char *ret_copy, size_t cap)
{
    size_t left = strlen(text), used = 0;
    while (left > 0) {
        size_t length = character_at((const uint8_t *)text, left);
        size_t taken = length == 0 ? 1 : length;
        if (used + taken + 1 > cap) {
            break;
        }
        if (length == 0) {
            ret_copy[used] = '?';
        } else {
            (void)memcpy(ret_copy + used, text, length);
        }
        used += taken;
        text += taken;
        left -= taken;
    }
    ret_copy[used] = '\0';
}
