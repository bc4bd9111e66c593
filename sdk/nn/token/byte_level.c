#include "byte_level.h"

#include "utf8.h"

static int stands_for_itself(uint32_t byte)
{
    return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || (byte >= 0xAE && byte <= 0xFF);
}

/* The others in order: 00-20, 7F-A0, AD. */
uint32_t gdt_byte_level_code(unsigned char byte)
{
    if (stands_for_itself(byte)) {
        return byte;
    }
    return byte <= 0x20 ? 0x100u + byte : byte == 0xAD ? 0x143u : 0x121u + (byte - 0x7Fu);
}

int gdt_byte_level_byte(uint32_t code)
{
    if (code < 0x100) {
        return stands_for_itself(code) ? (int)code : -1;
    }
    if (code <= 0x120) {
        return (int)(code - 0x100);
    }
    return code <= 0x142 ? (int)(code - 0x121 + 0x7F) : code == 0x143 ? 0xAD : -1;
}

size_t gdt_byte_level_spell(const char *text, size_t count, char *ret_bytes)
{
    size_t written = 0;
    for (size_t at = 0; at < count;) {
        uint32_t code;
        at += gdt_utf8_decode(text + at, &code);
        int byte = gdt_byte_level_byte(code);
        if (byte < 0) {
            return SIZE_MAX;
        }
        ret_bytes[written++] = (char)byte;
    }
    return written;
}
