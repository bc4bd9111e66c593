/* utf8.h: the few UTF-8 operations that the tokenizer needs. [any] */
#ifndef GDT_UTF8_H
#define GDT_UTF8_H

#include <stddef.h>
#include <stdint.h>

#define GDT_REPLACEMENT 0xFFFDu
#define GDT_CODE_POINT_MAX 0x10FFFFu

/* Bytes of the sequence that a lead byte of valid UTF-8 opens. */
static inline size_t gdt_utf8_length(char lead)
{
    unsigned char byte = (unsigned char)lead;
    return byte < 0x80 ? 1u : byte < 0xE0 ? 2u : byte < 0xF0 ? 3u : 4u;
}

static inline int gdt_utf8_is_continuation(char c)
{
    return ((unsigned char)c & 0xC0u) == 0x80u;
}

/* The code point at `s`, which is the start of a sequence in valid UTF-8. Returns its bytes. */
static inline size_t gdt_utf8_decode(const char *s, uint32_t *ret_code)
{
    const unsigned char *b = (const unsigned char *)s;
    if (b[0] < 0x80) {
        *ret_code = b[0];
        return 1;
    }
    if (b[0] < 0xE0) {
        *ret_code = ((b[0] & 0x1Fu) << 6) | (b[1] & 0x3Fu);
        return 2;
    }
    if (b[0] < 0xF0) {
        *ret_code = ((b[0] & 0x0Fu) << 12) | ((b[1] & 0x3Fu) << 6) | (b[2] & 0x3Fu);
        return 3;
    }
    *ret_code = ((b[0] & 0x07u) << 18) | ((b[1] & 0x3Fu) << 12) | ((b[2] & 0x3Fu) << 6) | (b[3] & 0x3Fu);
    return 4;
}

/* Start of the last code point before `end` in valid UTF-8; end > begin. */
static inline size_t gdt_utf8_before(const char *s, size_t begin, size_t end)
{
    size_t at = end - 1;
    while (at > begin && gdt_utf8_is_continuation(s[at])) {
        at--;
    }
    return at;
}

/* Writes the sequence of a code point; returns its bytes, 1 to 4. */
size_t gdt_utf8_encode(uint32_t code, char ret_bytes[4]);

/* The next code point of text that may be invalid: *ret_code is U+FFFD for a sequence that is not UTF-8, which ends
 * where the Unicode standard's "maximal subpart" ends (as Python's errors="replace"). count > 0; returns bytes used. */
size_t gdt_utf8_next(const char *s, size_t count, uint32_t *ret_code);

/* Length of the longest valid prefix. */
size_t gdt_utf8_valid_prefix(const char *s, size_t count);

#endif
