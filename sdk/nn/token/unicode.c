#include "unicode.h"

#include <utf8proc.h>

static utf8proc_category_t category(uint32_t code)
{
    return utf8proc_category((utf8proc_int32_t)code);
}

int gdt_is_white_space(uint32_t code)
{
    if (code < 0x80) {
        return code == ' ' || (code >= 9 && code <= 13);
    }
    return code == 0x85 || code == 0xA0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200A) || code == 0x2028 ||
           code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x3000;
}

/* Letters among the symbols: the Other_Alphabetic code points that are not marks. */
static int is_enclosed_letter(uint32_t code)
{
    return (code >= 0x24B6 && code <= 0x24E9) || (code >= 0x1F130 && code <= 0x1F149) ||
           (code >= 0x1F150 && code <= 0x1F169) || (code >= 0x1F170 && code <= 0x1F189);
}

int gdt_is_word(uint32_t code)
{
    switch (category(code)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_PC: return 1;
    default: return code == 0x200C || code == 0x200D || is_enclosed_letter(code);
    }
}

int gdt_is_numeric(uint32_t code)
{
    utf8proc_category_t c = category(code);
    return c == UTF8PROC_CATEGORY_ND || c == UTF8PROC_CATEGORY_NL || c == UTF8PROC_CATEGORY_NO;
}

static int is_ascii_punctuation(uint32_t code)
{
    return (code >= 0x21 && code <= 0x2F) || (code >= 0x3A && code <= 0x40) || (code >= 0x5B && code <= 0x60) ||
           (code >= 0x7B && code <= 0x7E);
}

int gdt_is_punctuation(uint32_t code)
{
    if (code < 0x80) {
        return is_ascii_punctuation(code);
    }
    switch (category(code)) {
    case UTF8PROC_CATEGORY_PC:
    case UTF8PROC_CATEGORY_PD:
    case UTF8PROC_CATEGORY_PS:
    case UTF8PROC_CATEGORY_PE:
    case UTF8PROC_CATEGORY_PI:
    case UTF8PROC_CATEGORY_PF:
    case UTF8PROC_CATEGORY_PO: return 1;
    default: return 0;
    }
}

int gdt_is_other(uint32_t code)
{
    switch (category(code)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CO: return 1;
    default: return 0;
    }
}

int gdt_is_nonspacing(uint32_t code)
{
    return category(code) == UTF8PROC_CATEGORY_MN;
}

int gdt_is_mark(uint32_t code)
{
    utf8proc_category_t c = category(code);
    return c == UTF8PROC_CATEGORY_MN || c == UTF8PROC_CATEGORY_MC || c == UTF8PROC_CATEGORY_ME;
}

size_t gdt_lower(uint32_t code, uint32_t ret_codes[2])
{
    if (code == 0x130) {
        ret_codes[0] = 0x69;
        ret_codes[1] = 0x307;
        return 2;
    }
    ret_codes[0] = (uint32_t)utf8proc_tolower((utf8proc_int32_t)code);
    return 1;
}

uint32_t gdt_combining_class(uint32_t code)
{
    return (uint32_t)utf8proc_get_property((utf8proc_int32_t)code)->combining_class;
}

size_t gdt_decompose(uint32_t code, uint32_t compatible, uint32_t ret_codes[GDT_DECOMPOSITION_MAX])
{
    utf8proc_int32_t codes[GDT_DECOMPOSITION_MAX];
    int boundary = 0;
    int options = UTF8PROC_DECOMPOSE | (compatible ? UTF8PROC_COMPAT : 0);
    utf8proc_ssize_t count = utf8proc_decompose_char((utf8proc_int32_t)code, codes, GDT_DECOMPOSITION_MAX,
                                                     (utf8proc_option_t)options, &boundary);
    if (count <= 0 || count > GDT_DECOMPOSITION_MAX) {
        ret_codes[0] = code;
        return 1;
    }
    for (utf8proc_ssize_t i = 0; i < count; i++) {
        ret_codes[i] = (uint32_t)codes[i];
    }
    return (size_t)count;
}

uint32_t gdt_compose(uint32_t first, uint32_t second)
{
    utf8proc_int32_t pair[3] = {(utf8proc_int32_t)first, (utf8proc_int32_t)second, 0};
    int options = UTF8PROC_COMPOSE | UTF8PROC_STABLE;
    return utf8proc_normalize_utf32(pair, 2, (utf8proc_option_t)options) == 1 ? (uint32_t)pair[0] : 0;
}
