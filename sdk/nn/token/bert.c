/* The text cleaning of BERT. Source: google-research/bert tokenization.py, with the options of the tokenizers library.
 */
#include "god/helpers/json.h"
#include "normalizer.h"
#include "unicode.h"
#include "utf8.h"

enum {
    CLEAN_TEXT = 1u << 0,
    HANDLE_CHINESE_CHARS = 1u << 1,
    STRIP_ACCENTS = 1u << 2,
    LOWERCASE = 1u << 3,
};

static int is_dropped(uint32_t code)
{
    return code == 0 || code == GDT_REPLACEMENT || (code != '\t' && code != '\n' && code != '\r' && gdt_is_other(code));
}

/* The blocks that BERT calls Chinese: ideographs and their extensions and compatibility forms. */
static int is_ideograph(uint32_t code)
{
    return (code >= 0x4E00 && code <= 0x9FFF) || (code >= 0x3400 && code <= 0x4DBF) ||
           (code >= 0x20000 && code <= 0x2A6DF) || (code >= 0x2A700 && code <= 0x2B73F) ||
           (code >= 0x2B740 && code <= 0x2B81F) || (code >= 0x2B920 && code <= 0x2CEAF) ||
           (code >= 0xF900 && code <= 0xFAFF) || (code >= 0x2F800 && code <= 0x2FA1F);
}

static god_status write_cleaned(const void *self, gdt_work *work, const gdt_piece *piece, god_error *err)
{
    (void)self;
    for (uint32_t at = piece->begin; at < piece->end;) {
        uint32_t code, after = at + (uint32_t)gdt_utf8_decode(work->text + at, &code);
        if (!is_dropped(code)) {
            GOD_TRY(gdt_emit_code(work, gdt_is_white_space(code) ? ' ' : code, gdt_work_origin(work, at, after), err));
        }
        at = after;
    }
    return GOD_OK;
}

/* A blank on both sides of each ideograph; all three stand for it. */
static god_status write_spaced(const void *self, gdt_work *work, const gdt_piece *piece, god_error *err)
{
    (void)self;
    for (uint32_t at = piece->begin; at < piece->end;) {
        uint32_t code, after = at + (uint32_t)gdt_utf8_decode(work->text + at, &code);
        gdt_range origin = gdt_work_origin(work, at, after);
        const char *blank = is_ideograph(code) ? " " : "";
        GOD_TRY(gdt_emit(work, blank, strlen(blank), origin, err));
        GOD_TRY(gdt_emit_code(work, code, origin, err));
        GOD_TRY(gdt_emit(work, blank, strlen(blank), origin, err));
        at = after;
    }
    return GOD_OK;
}

static god_status run_bert(const gdt_step *step, gdt_work *work, god_error *err)
{
    static const gdt_step decompose = {.run = gdt_run_form, .options = 0};
    static const gdt_step drop_accents = {.run = gdt_run_filter, .is = gdt_is_nonspacing};
    if (step->options & CLEAN_TEXT) {
        GOD_TRY(gdt_rewrite(work, write_cleaned, NULL, err));
    }
    if (step->options & HANDLE_CHINESE_CHARS) {
        GOD_TRY(gdt_rewrite(work, write_spaced, NULL, err));
    }
    if (step->options & STRIP_ACCENTS) {
        GOD_TRY(gdt_run_form(&decompose, work, err));
        GOD_TRY(gdt_run_filter(&drop_accents, work, err));
    }
    return step->options & LOWERCASE ? gdt_run_lower(step, work, err) : GOD_OK;
}

void gdt_set_bert_options(gdt_step *step, uint32_t lowercase, uint32_t accents, uint32_t ideographs)
{
    step->options &= CLEAN_TEXT;
    step->options |= (lowercase ? LOWERCASE : 0u) | (ideographs ? HANDLE_CHINESE_CHARS : 0u);
    step->options |= (accents == GDT_AS_LOWERCASE ? lowercase : accents) ? STRIP_ACCENTS : 0u;
}

god_status gdt_load_bert_normalizer(gdt_step *step, const char *where, json_t *object, god_error *err)
{
    uint32_t clean = 1, ideographs = 1, lower = 1;
    GOD_TRY(god_json_opt_bool(where, object, "clean_text", &clean, err));
    GOD_TRY(god_json_opt_bool(where, object, "handle_chinese_chars", &ideographs, err));
    GOD_TRY(god_json_opt_bool(where, object, "lowercase", &lower, err));
    uint32_t accents = GDT_AS_LOWERCASE;
    GOD_TRY(god_json_opt_bool(where, object, "strip_accents", &accents, err));
    step->run = run_bert;
    step->options = clean ? CLEAN_TEXT : 0u;
    gdt_set_bert_options(step, lower, accents, ideographs);
    return GOD_OK;
}
