#include "utf8.h"

#include <string.h>

size_t gdt_utf8_encode(uint32_t code, char ret_bytes[4])
{
    if (code < 0x80) {
        ret_bytes[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        ret_bytes[0] = (char)(0xC0u | (code >> 6));
        ret_bytes[1] = (char)(0x80u | (code & 0x3Fu));
        return 2;
    }
    if (code < 0x10000) {
        ret_bytes[0] = (char)(0xE0u | (code >> 12));
        ret_bytes[1] = (char)(0x80u | ((code >> 6) & 0x3Fu));
        ret_bytes[2] = (char)(0x80u | (code & 0x3Fu));
        return 3;
    }
    ret_bytes[0] = (char)(0xF0u | (code >> 18));
    ret_bytes[1] = (char)(0x80u | ((code >> 12) & 0x3Fu));
    ret_bytes[2] = (char)(0x80u | ((code >> 6) & 0x3Fu));
    ret_bytes[3] = (char)(0x80u | (code & 0x3Fu));
    return 4;
}

/* How many continuation bytes a lead byte asks for, and which range its first one must lie in (Unicode 15, table 3-7).
 * 0 for a byte that opens nothing. */
static size_t expected_after(unsigned char lead, unsigned char *lowest, unsigned char *highest)
{
    *lowest = 0x80;
    *highest = 0xBF;
    if (lead >= 0xC2 && lead <= 0xDF) {
        return 1;
    }
    if (lead >= 0xE0 && lead <= 0xEF) {
        *lowest = lead == 0xE0 ? 0xA0 : 0x80;
        *highest = lead == 0xED ? 0x9F : 0xBF;
        return 2;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        *lowest = lead == 0xF0 ? 0x90 : 0x80;
        *highest = lead == 0xF4 ? 0x8F : 0xBF;
        return 3;
    }
    return 0;
}

size_t gdt_utf8_next(const char *s, size_t count, uint32_t *ret_code)
{
    unsigned char lead = (unsigned char)s[0], lowest, highest;
    if (lead < 0x80) {
        *ret_code = lead;
        return 1;
    }
    size_t after = expected_after(lead, &lowest, &highest);
    size_t used = 1;
    while (used <= after && used < count) {
        unsigned char next = (unsigned char)s[used];
        if (next < lowest || next > highest) {
            break;
        }
        lowest = 0x80;
        highest = 0xBF;
        used++;
    }
    if (after == 0 || used <= after) {
        *ret_code = GDT_REPLACEMENT;
        return used;
    }
    return gdt_utf8_decode(s, ret_code);
}

size_t gdt_utf8_valid_prefix(const char *s, size_t count)
{
    size_t at = 0;
    while (at < count) {
        uint64_t eight;
        while (count - at >= sizeof eight) {
            memcpy(&eight, s + at, sizeof eight);
            if ((eight & 0x8080808080808080u) != 0) {
                break;
            }
            at += sizeof eight;
        }
        if (at == count) {
            break;
        }
        uint32_t code;
        size_t used = gdt_utf8_next(s + at, count - at, &code);
        if (code == GDT_REPLACEMENT && (used != 3 || memcmp(s + at, "\xEF\xBF\xBD", 3) != 0)) {
            return at;
        }
        at += used;
    }
    return count;
}
