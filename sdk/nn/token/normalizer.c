#include "normalizer.h"

#include "god/helpers/json.h"
#include "unicode.h"
#include "utf8.h"

static god_status write_filtered(const void *self, gdt_work *work, const gdt_piece *piece, god_error *err)
{
    const gdt_step *step = self;
    for (uint32_t at = piece->begin; at < piece->end;) {
        uint32_t code, after = at + (uint32_t)gdt_utf8_decode(work->text + at, &code);
        if (!step->is(code)) {
            GOD_TRY(gdt_emit_copy(work, at, after, err));
        }
        at = after;
    }
    return GOD_OK;
}

god_status gdt_run_filter(const gdt_step *step, gdt_work *work, god_error *err)
{
    return gdt_rewrite(work, write_filtered, step, err);
}

static god_status write_lower(const void *self, gdt_work *work, const gdt_piece *piece, god_error *err)
{
    (void)self;
    for (uint32_t at = piece->begin; at < piece->end;) {
        uint32_t code, lower[2], after = at + (uint32_t)gdt_utf8_decode(work->text + at, &code);
        size_t count = gdt_lower(code, lower);
        for (size_t i = 0; i < count; i++) {
            GOD_TRY(gdt_emit_code(work, lower[i], gdt_work_origin(work, at, after), err));
        }
        at = after;
    }
    return GOD_OK;
}

god_status gdt_run_lower(const gdt_step *step, gdt_work *work, god_error *err)
{
    (void)step;
    return gdt_rewrite(work, write_lower, NULL, err);
}

enum { STRIP_LEFT = 1u << 0, STRIP_RIGHT = 1u << 1 };

static god_status write_stripped(const void *self, gdt_work *work, const gdt_piece *piece, god_error *err)
{
    const gdt_step *step = self;
    uint32_t begin = piece->begin, end = piece->end, code;
    while ((step->options & STRIP_LEFT) && begin < end) {
        uint32_t used = (uint32_t)gdt_utf8_decode(work->text + begin, &code);
        if (!gdt_is_white_space(code)) {
            break;
        }
        begin += used;
    }
    while ((step->options & STRIP_RIGHT) && begin < end) {
        uint32_t last = (uint32_t)gdt_utf8_before(work->text, begin, end);
        (void)gdt_utf8_decode(work->text + last, &code);
        if (!gdt_is_white_space(code)) {
            break;
        }
        end = last;
    }
    return gdt_emit_copy(work, begin, end, err);
}

static god_status run_strip(const gdt_step *step, gdt_work *work, god_error *err)
{
    return gdt_rewrite(work, write_stripped, step, err);
}

static god_status load_strip(gdt_step *step, const char *where, json_t *object, god_error *err)
{
    uint32_t left = 1, right = 1;
    GOD_TRY(god_json_opt_bool(where, object, "strip_left", &left, err));
    GOD_TRY(god_json_opt_bool(where, object, "strip_right", &right, err));
    step->run = run_strip;
    step->options = (left ? STRIP_LEFT : 0u) | (right ? STRIP_RIGHT : 0u);
    return GOD_OK;
}

static god_status write_prepended(const void *self, gdt_work *work, const gdt_piece *piece, god_error *err)
{
    const gdt_step *step = self;
    return gdt_emit_prefixed(work, piece, step->text, err);
}

static god_status run_prepend(const gdt_step *step, gdt_work *work, god_error *err)
{
    return gdt_rewrite(work, write_prepended, step, err);
}

static god_status write_replaced(const void *self, gdt_work *work, const gdt_piece *piece, god_error *err)
{
    const gdt_step *step = self;
    GOD_TRY(gdt_regex_matches(step->regex, work, piece->begin, piece->end, err));
    return gdt_emit_replaced(work, piece, step->text, err);
}

static god_status run_replace(const gdt_step *step, gdt_work *work, god_error *err)
{
    return gdt_rewrite(work, write_replaced, step, err);
}

static god_status load_replace(gdt_step *step, const char *where, json_t *object, god_error *err)
{
    step->run = run_replace;
    GOD_TRY(gdt_load_pattern(where, object, &step->regex, err));
    return gdt_load_text(where, object, "content", &step->text, err);
}

static god_status run_byte_level(const gdt_step *step, gdt_work *work, god_error *err)
{
    (void)step;
    return gdt_rewrite(work, gdt_write_byte_level, NULL, err);
}

/* What "Nmt" drops and what it turns into a blank, as the tokenizers library has it. */
static int is_nmt_dropped(uint32_t code)
{
    return (code >= 0x01 && code <= 0x08) || code == 0x0B || (code >= 0x0E && code <= 0x1F) || code == 0x7F ||
           code == 0x8F || code == 0x9F;
}

static int is_nmt_blank(uint32_t code)
{
    return code == 0x09 || code == 0x0A || code == 0x0C || code == 0x0D || code == 0x1680 ||
           (code >= 0x200B && code <= 0x200F) || code == 0x2028 || code == 0x2029 || code == 0x2581 || code == 0xFEFF ||
           code == 0xFFFD;
}

static god_status write_nmt(const void *self, gdt_work *work, const gdt_piece *piece, god_error *err)
{
    (void)self;
    for (uint32_t at = piece->begin; at < piece->end;) {
        uint32_t code, after = at + (uint32_t)gdt_utf8_decode(work->text + at, &code);
        if (!is_nmt_dropped(code)) {
            GOD_TRY(gdt_emit_code(work, is_nmt_blank(code) ? ' ' : code, gdt_work_origin(work, at, after), err));
        }
        at = after;
    }
    return GOD_OK;
}

static god_status run_nmt(const gdt_step *step, gdt_work *work, god_error *err)
{
    (void)step;
    return gdt_rewrite(work, write_nmt, NULL, err);
}

/* Types without members of their own. */
static uint32_t load_simple(gdt_step *step, const char *type)
{
    static const struct {
        const char *type;
        gdt_step step;
    } simple[] = {
        {"NFD", {.run = gdt_run_form, .options = 0}},
        {"NFC", {.run = gdt_run_form, .options = GDT_FORM_COMPOSED}},
        {"NFKD", {.run = gdt_run_form, .options = GDT_FORM_COMPATIBLE}},
        {"NFKC", {.run = gdt_run_form, .options = GDT_FORM_COMPOSED | GDT_FORM_COMPATIBLE}},
        {"Lowercase", {.run = gdt_run_lower}},
        {"StripAccents", {.run = gdt_run_filter, .is = gdt_is_mark}},
        {"ByteLevel", {.run = run_byte_level}},
        {"Nmt", {.run = run_nmt}},
    };
    for (size_t i = 0; i < sizeof simple / sizeof *simple; i++) {
        if (strcmp(simple[i].type, type) == 0) {
            *step = simple[i].step;
            return 1;
        }
    }
    return 0;
}

static god_status load(gdt_step *step, const char *where, const char *type, json_t *object, god_error *err)
{
    if (load_simple(step, type)) {
        return GOD_OK;
    }
    if (strcmp(type, "Strip") == 0) {
        return load_strip(step, where, object, err);
    }
    if (strcmp(type, "Replace") == 0) {
        return load_replace(step, where, object, err);
    }
    if (strcmp(type, "Prepend") == 0) {
        step->run = run_prepend;
        return gdt_load_text(where, object, "prepend", &step->text, err);
    }
    if (strcmp(type, "BertNormalizer") == 0) {
        return gdt_load_bert_normalizer(step, where, object, err);
    }
    if (strcmp(type, "Precompiled") == 0) {
        return gdt_load_charsmap(step, where, object, err);
    }
    return god_fail(err, GOD_E_UNSUPPORTED, "%s: the type \"%.40s\" is not supported", where, type);
}

god_status gdt_normalizer_load(gdt_steps *steps, json_t *object, god_error *err)
{
    return json_is_null(object) || object == NULL
               ? GOD_OK
               : gdt_steps_load(steps, "tokenizer.json: normalizer", "normalizers", object, load, err);
}
