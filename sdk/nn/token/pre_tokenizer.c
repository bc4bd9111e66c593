#include "byte_level.h"
#include "god/helpers/json.h"
#include "scripts.h"
#include "step.h"
#include "unicode.h"
#include "utf8.h"

/* The pattern that ByteLevel brings along (the GPT-2 encoder's). */
static const char byte_level_pattern[] =
    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

/* When Metaspace puts its sign in front of a piece. */
enum { PREPEND_ALWAYS = 1, PREPEND_FIRST, PREPEND_NEVER };

static god_status write_prefix_space(const void *self, gdt_work *work, const gdt_piece *piece, god_error *err)
{
    (void)self;
    return gdt_emit_prefixed(work, piece, work->text[piece->begin] == ' ' ? "" : " ", err);
}

god_status gdt_write_byte_level(const void *self, gdt_work *work, const gdt_piece *piece, god_error *err)
{
    (void)self;
    for (uint32_t at = piece->begin; at < piece->end; at++) {
        GOD_TRY(gdt_emit_code(work, gdt_byte_level_code((unsigned char)work->text[at]),
                              gdt_work_origin(work, at, at + 1), err));
    }
    return GOD_OK;
}

static god_status run_byte_level(const gdt_step *step, gdt_work *work, god_error *err)
{
    if (step->add_prefix_space) {
        GOD_TRY(gdt_rewrite(work, write_prefix_space, NULL, err));
    }
    if (step->regex != NULL) {
        GOD_TRY(gdt_run_split(step, work, err));
    }
    return step->maps_bytes ? gdt_rewrite(work, gdt_write_byte_level, NULL, err) : GOD_OK;
}

static god_status load_byte_level(gdt_step *step, const char *where, json_t *object, god_error *err)
{
    uint32_t use_regex = 1;
    step->run = run_byte_level;
    step->behaviour = GDT_SPLIT_ISOLATED;
    step->maps_bytes = 1;
    step->add_prefix_space = 1;
    GOD_TRY(god_json_opt_bool(where, object, "add_prefix_space", &step->add_prefix_space, err));
    GOD_TRY(god_json_opt_bool(where, object, "use_regex", &use_regex, err));
    return use_regex ? gdt_regex_compile(where, byte_level_pattern, sizeof byte_level_pattern - 1, &step->regex, err)
                     : GOD_OK;
}

static god_status parse_behaviour(const char *where, const char *name, uint32_t *ret_behaviour, god_error *err)
{
    static const char *const names[] = {
        [GDT_SPLIT_REMOVED] = "Removed",
        [GDT_SPLIT_ISOLATED] = "Isolated",
        [GDT_SPLIT_MERGED_WITH_PREVIOUS] = "MergedWithPrevious",
        [GDT_SPLIT_MERGED_WITH_NEXT] = "MergedWithNext",
        [GDT_SPLIT_CONTIGUOUS] = "Contiguous",
    };
    for (uint32_t i = GDT_SPLIT_REMOVED; i <= GDT_SPLIT_CONTIGUOUS; i++) {
        if (strcmp(name, names[i]) == 0) {
            *ret_behaviour = i;
            return GOD_OK;
        }
    }
    return god_fail(err, GOD_E_UNSUPPORTED, "%s: \"behavior\" \"%.40s\" is not known", where, name);
}

static god_status load_split(gdt_step *step, const char *where, json_t *object, god_error *err)
{
    const char *name = NULL;
    step->run = gdt_run_split;
    GOD_TRY(god_json_get_str(where, object, "behavior", &name, err));
    GOD_TRY(parse_behaviour(where, name, &step->behaviour, err));
    GOD_TRY(god_json_opt_bool(where, object, "invert", &step->invert, err));
    return gdt_load_pattern(where, object, &step->regex, err);
}

enum { KIND_SPACE = 1, KIND_WORD, KIND_SIGN };

static int kind_of(uint32_t code)
{
    return gdt_is_white_space(code) ? KIND_SPACE : gdt_is_word(code) ? KIND_WORD : KIND_SIGN;
}

/* Words, and runs of signs; white space goes away. */
static god_status cut_words(gdt_work *work, const gdt_piece *piece, god_error *err)
{
    uint32_t begin = piece->begin, code;
    int kind = 0;
    for (uint32_t at = piece->begin; at < piece->end;) {
        uint32_t after = at + (uint32_t)gdt_utf8_decode(work->text + at, &code);
        int next = kind_of(code);
        if (next != kind) {
            GOD_TRY(gdt_cut_push(work, begin, kind == KIND_SPACE ? begin : at, GDT_NO_ID, err));
            begin = at;
            kind = next;
        }
        at = after;
    }
    return gdt_cut_push(work, begin, kind == KIND_SPACE ? begin : piece->end, GDT_NO_ID, err);
}

static god_status run_whitespace(const gdt_step *step, gdt_work *work, god_error *err)
{
    (void)step;
    return gdt_cut_each(work, cut_words, err);
}

/* Cuts where the script changes. What stands before the first character of any script is dropped, as in the library. */
static god_status cut_scripts(gdt_work *work, const gdt_piece *piece, god_error *err)
{
    uint32_t begin = piece->end, last = 0, code;
    for (uint32_t at = piece->begin; at < piece->end;) {
        uint32_t after = at + (uint32_t)gdt_utf8_decode(work->text + at, &code);
        uint32_t script = gdt_script(code);
        if (script != 0 && script != last) {
            if (last != 0) {
                GOD_TRY(gdt_cut_push(work, begin, at, GDT_NO_ID, err));
            }
            begin = at;
            last = script;
        }
        at = after;
    }
    return gdt_cut_push(work, begin, piece->end, GDT_NO_ID, err);
}

static god_status run_scripts(const gdt_step *step, gdt_work *work, god_error *err)
{
    (void)step;
    return gdt_cut_each(work, cut_scripts, err);
}

static god_status load_codes(gdt_step *step, gdt_is *is, uint32_t behaviour)
{
    step->run = gdt_run_split;
    step->is = is;
    step->behaviour = behaviour;
    return GOD_OK;
}

static god_status load_digits(gdt_step *step, const char *where, json_t *object, god_error *err)
{
    uint32_t individual = 0;
    GOD_TRY(god_json_opt_bool(where, object, "individual_digits", &individual, err));
    return load_codes(step, gdt_is_numeric, individual ? GDT_SPLIT_ISOLATED : GDT_SPLIT_CONTIGUOUS);
}

static god_status load_punctuation(gdt_step *step, const char *where, json_t *object, god_error *err)
{
    const char *name = "Isolated";
    uint32_t behaviour = GDT_SPLIT_ISOLATED;
    GOD_TRY(god_json_opt_str(where, object, "behavior", &name, err));
    GOD_TRY(parse_behaviour(where, name, &behaviour, err));
    return load_codes(step, gdt_is_punctuation, behaviour);
}

static god_status load_delimiter(gdt_step *step, const char *where, json_t *object, god_error *err)
{
    GOD_TRY(gdt_load_character(where, object, "delimiter", &step->code, err));
    return load_codes(step, NULL, GDT_SPLIT_REMOVED);
}

/* White space goes away, then punctuation stands alone. */
static god_status run_bert(const gdt_step *step, gdt_work *work, god_error *err)
{
    gdt_step spaces = *step, signs = *step;
    spaces.is = gdt_is_white_space;
    spaces.behaviour = GDT_SPLIT_REMOVED;
    signs.is = gdt_is_punctuation;
    signs.behaviour = GDT_SPLIT_ISOLATED;
    GOD_TRY(gdt_run_split(&spaces, work, err));
    return gdt_run_split(&signs, work, err);
}

/* Blanks become the sign, and a sign is put in front where the scheme asks for it. */
static god_status write_metaspace(const void *self, gdt_work *work, const gdt_piece *piece, god_error *err)
{
    const gdt_step *step = self;
    uint32_t first;
    uint32_t first_end = piece->begin + (uint32_t)gdt_utf8_decode(work->text + piece->begin, &first);
    gdt_range origin = gdt_work_origin(work, piece->begin, first_end);
    if (first != ' ' && first != step->code &&
        (step->options == PREPEND_ALWAYS || (step->options == PREPEND_FIRST && origin.begin == 0))) {
        GOD_TRY(gdt_emit_code(work, step->code, origin, err));
    }
    for (uint32_t at = piece->begin; at < piece->end;) {
        uint32_t code, after = at + (uint32_t)gdt_utf8_decode(work->text + at, &code);
        if (code == ' ') {
            GOD_TRY(gdt_emit_code(work, step->code, gdt_work_origin(work, at, after), err));
        } else {
            GOD_TRY(gdt_emit_copy(work, at, after, err));
        }
        at = after;
    }
    return GOD_OK;
}

static god_status run_metaspace(const gdt_step *step, gdt_work *work, god_error *err)
{
    GOD_TRY(gdt_rewrite(work, write_metaspace, step, err));
    return step->behaviour != 0 ? gdt_run_split(step, work, err) : GOD_OK;
}

static god_status load_metaspace(gdt_step *step, const char *where, json_t *object, god_error *err)
{
    const char *scheme = NULL;
    uint32_t add_prefix_space = 1, split = 1;
    step->run = run_metaspace;
    GOD_TRY(gdt_load_character(where, object, "replacement", &step->code, err));
    GOD_TRY(god_json_opt_bool(where, object, "add_prefix_space", &add_prefix_space, err));
    GOD_TRY(god_json_opt_bool(where, object, "split", &split, err));
    GOD_TRY(god_json_opt_str(where, object, "prepend_scheme", &scheme, err));
    if (scheme == NULL) { /* files written before the member existed */
        scheme = add_prefix_space ? "always" : "never";
    }
    step->behaviour = split ? GDT_SPLIT_MERGED_WITH_NEXT : 0;
    step->options = strcmp(scheme, "always") == 0  ? PREPEND_ALWAYS
                    : strcmp(scheme, "first") == 0 ? PREPEND_FIRST
                    : strcmp(scheme, "never") == 0 ? PREPEND_NEVER
                                                   : 0;
    if (step->options == 0) {
        return god_fail(err, GOD_E_UNSUPPORTED, "%s: \"prepend_scheme\" \"%.40s\" is not known", where, scheme);
    }
    if (!add_prefix_space && step->options != PREPEND_NEVER) {
        return god_fail(err, GOD_E_DATA, "%s: \"add_prefix_space\" is false but \"prepend_scheme\" is \"%s\"", where,
                        scheme);
    }
    return GOD_OK;
}

static god_status load(gdt_step *step, const char *where, const char *type, json_t *object, god_error *err)
{
    if (strcmp(type, "ByteLevel") == 0) {
        return load_byte_level(step, where, object, err);
    }
    if (strcmp(type, "Split") == 0) {
        return load_split(step, where, object, err);
    }
    if (strcmp(type, "Metaspace") == 0) {
        return load_metaspace(step, where, object, err);
    }
    if (strcmp(type, "Whitespace") == 0) {
        step->run = run_whitespace;
        return GOD_OK;
    }
    if (strcmp(type, "UnicodeScripts") == 0) {
        step->run = run_scripts;
        return GOD_OK;
    }
    if (strcmp(type, "WhitespaceSplit") == 0) {
        return load_codes(step, gdt_is_white_space, GDT_SPLIT_REMOVED);
    }
    if (strcmp(type, "Digits") == 0) {
        return load_digits(step, where, object, err);
    }
    if (strcmp(type, "Punctuation") == 0) {
        return load_punctuation(step, where, object, err);
    }
    if (strcmp(type, "BertPreTokenizer") == 0) {
        step->run = run_bert;
        return GOD_OK;
    }
    if (strcmp(type, "CharDelimiterSplit") == 0) {
        return load_delimiter(step, where, object, err);
    }
    return god_fail(err, GOD_E_UNSUPPORTED, "%s: the type \"%.40s\" is not supported", where, type);
}

god_status gdt_pre_tokenizer_load(gdt_steps *steps, json_t *object, god_error *err)
{
    return json_is_null(object) || object == NULL
               ? GOD_OK
               : gdt_steps_load(steps, "tokenizer.json: pre_tokenizer", "pretokenizers", object, load, err);
}
