/* The character sets of Oniguruma (Unicode 16) as items of a PCRE2 class. PCRE2's own idea of a category is completed
 * with the code points that it does not know yet. */
#include <utf8proc.h>

#include "regex.h"
#include "unicode_new.h"

enum { name_bytes_max = 40 };

/* A set: fixed items, and the general categories (two letters each) whose new code points are added. */
typedef struct set {
    const char *name, *items, *categories;
} set;

/* Letters among the symbols: the alphabetic code points that have another category. */
#define ENCLOSED "\\x{24b6}-\\x{24e9}\\x{1f130}-\\x{1f149}\\x{1f150}-\\x{1f169}\\x{1f170}-\\x{1f189}"
#define LETTERS "LuLlLtLmLo"
#define MARKS "MnMcMe"
#define SIGNS "PcPdPsPePiPfPo"
#define SYMBOLS "SmScSkSo"

static const set sets[] = {
    /* White_Space; PCRE2's own \s has U+180E besides. */
    {"space",
     "\\x{9}-\\x{d}\\x{20}\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}", ""},
    /* Word of Unicode's annex 18, with the numbers of Latin-1; PCRE2's own \w lacks marks and connectors. */
    {"word", "\\p{L}\\p{M}\\p{Nd}\\p{Nl}\\p{Pc}\\x{b2}\\x{b3}\\x{b9}\\x{bc}-\\x{be}" ENCLOSED, LETTERS MARKS "NdNlPc"},
    {"digit", "\\p{Nd}", "Nd"},
    {"xdigit", "0-9a-fA-F", ""},
    {"ascii", "\\x{0}-\\x{7f}", ""},
    {"upper", "\\p{Uppercase}", "Lu"},
    {"punct", "\\p{P}\\p{S}", SIGNS SYMBOLS},
    {"l", "\\p{L}", LETTERS},
    {"lu", "\\p{Lu}", "Lu"},
    {"ll", "\\p{Ll}", "Ll"},
    {"lt", "\\p{Lt}", "Lt"},
    {"lm", "\\p{Lm}", "Lm"},
    {"lo", "\\p{Lo}", "Lo"},
    {"m", "\\p{M}", MARKS},
    {"mn", "\\p{Mn}", "Mn"},
    {"mc", "\\p{Mc}", "Mc"},
    {"me", "\\p{Me}", "Me"},
    {"n", "\\p{N}", "NdNlNo"},
    {"nd", "\\p{Nd}", "Nd"},
    {"nl", "\\p{Nl}", "Nl"},
    {"no", "\\p{No}", "No"},
    {"p", "\\p{P}", SIGNS},
    {"pc", "\\p{Pc}", "Pc"},
    {"pd", "\\p{Pd}", "Pd"},
    {"ps", "\\p{Ps}", "Ps"},
    {"pe", "\\p{Pe}", "Pe"},
    {"pi", "\\p{Pi}", "Pi"},
    {"pf", "\\p{Pf}", "Pf"},
    {"po", "\\p{Po}", "Po"},
    {"s", "\\p{S}", SYMBOLS},
    {"sm", "\\p{Sm}", "Sm"},
    {"sc", "\\p{Sc}", "Sc"},
    {"sk", "\\p{Sk}", "Sk"},
    {"so", "\\p{So}", "So"},
    {"letter", "\\p{L}", LETTERS},
    {"uppercaseletter", "\\p{Lu}", "Lu"},
    {"lowercaseletter", "\\p{Ll}", "Ll"},
    {"mark", "\\p{M}", MARKS},
    {"number", "\\p{N}", "NdNlNo"},
    {"decimalnumber", "\\p{Nd}", "Nd"},
    {"punctuation", "\\p{P}", SIGNS},
    {"symbol", "\\p{S}", SYMBOLS},
    /* Scripts, by the Script property; PCRE2's \p{Han} would be Script_Extensions. */
    {"han", "\\p{sc:Han}\\x{2b739}\\x{2ebf0}-\\x{2ee5d}\\x{31350}-\\x{323af}", ""},
    {"hiragana", "\\p{sc:Hiragana}\\x{1b132}", ""},
    {"katakana", "\\p{sc:Katakana}\\x{1b155}", ""},
    {"hangul", "\\p{sc:Hangul}", ""},
    {"bopomofo", "\\p{sc:Bopomofo}", ""},
    {"latin", "\\p{sc:Latin}\\x{a7cb}-\\x{a7cd}\\x{a7da}-\\x{a7dc}\\x{1df25}-\\x{1df2a}", ""},
    {"greek", "\\p{sc:Greek}", ""},
    {"cyrillic", "\\p{sc:Cyrillic}\\x{1c89}\\x{1c8a}\\x{1e030}-\\x{1e06d}\\x{1e08f}", ""},
    {"arabic", "\\p{sc:Arabic}\\x{897}\\x{10ec2}-\\x{10ec4}\\x{10efc}-\\x{10eff}", ""},
    {"hebrew", "\\p{sc:Hebrew}", ""},
    {"thai", "\\p{sc:Thai}", ""},
    {"devanagari", "\\p{sc:Devanagari}\\x{11b00}-\\x{11b09}", ""},
};

static const char *category_name(uint32_t category)
{
    switch (category) {
    case UTF8PROC_CATEGORY_LU: return "Lu";
    case UTF8PROC_CATEGORY_LL: return "Ll";
    case UTF8PROC_CATEGORY_LM: return "Lm";
    case UTF8PROC_CATEGORY_LO: return "Lo";
    case UTF8PROC_CATEGORY_MN: return "Mn";
    case UTF8PROC_CATEGORY_MC: return "Mc";
    case UTF8PROC_CATEGORY_ND: return "Nd";
    case UTF8PROC_CATEGORY_NO: return "No";
    case UTF8PROC_CATEGORY_PD: return "Pd";
    case UTF8PROC_CATEGORY_PO: return "Po";
    case UTF8PROC_CATEGORY_SM: return "Sm";
    case UTF8PROC_CATEGORY_SO: return "So";
    default: return "Cf";
    }
}

static uint32_t holds_category(const char *categories, const char *category)
{
    for (; *categories != '\0'; categories += 2) {
        if (memcmp(categories, category, 2) == 0) {
            return 1;
        }
    }
    return 0;
}

static god_status put_new_codes(const char *categories, god_text *out, god_error *err)
{
    size_t count;
    const gdt_new_codes *list = gdt_new_codes_list(&count);
    for (size_t i = 0; i < count;) {
        uint32_t first = list[i].first, end = first; /* a run of code points that are all wanted */
        while (i < count && list[i].first == end && holds_category(categories, category_name(list[i].category))) {
            end = list[i++].last + 1;
        }
        if (end == first) {
            i++;
            continue;
        }
        GOD_TRY(god_text_append_f(out, err, "\\x{%x}-\\x{%x}", first, end - 1));
    }
    return GOD_OK;
}

/* Property names are compared without case, blanks, hyphens and underscores. */
static size_t fold_name(const char *name, size_t bytes, char folded[name_bytes_max])
{
    size_t count = 0;
    for (size_t i = 0; i < bytes; i++) {
        char c = name[i];
        if (c == ' ' || c == '_' || c == '-') {
            continue;
        }
        if (count + 1 == name_bytes_max) {
            return 0;
        }
        folded[count++] = c >= 'A' && c <= 'Z' ? (char)(c + 0x20) : c;
    }
    folded[count] = '\0';
    return count;
}

god_status gdt_onig_put_set(const char *name, size_t bytes, god_text *out, uint32_t *ret_known, god_error *err)
{
    char folded[name_bytes_max];
    *ret_known = 0;
    if (fold_name(name, bytes, folded) == 0) {
        return GOD_OK;
    }
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        if (strcmp(sets[i].name, folded) == 0) {
            *ret_known = 1;
            GOD_TRY(god_text_append_str(out, sets[i].items, err));
            return put_new_codes(sets[i].categories, out, err);
        }
    }
    return GOD_OK;
}
