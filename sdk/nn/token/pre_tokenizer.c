#include "byte_level.h"
#include "god/helpers/json.h"
#include "step.h"
#include "utf8.h"

/* The pattern that ByteLevel brings along (the GPT-2 encoder's). */
static const char byte_level_pattern[] =
    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

static god_status run_split(const gdt_step *step, gdt_work *work, god_error *err)
{
    gdt_cut_begin(work);
    for (size_t i = 0; i < work->pieces.count; i++) {
        const gdt_piece piece = work->pieces.items[i];
        if (piece.id != GDT_NO_ID) {
            GOD_TRY(gdt_cut_push(work, piece.begin, piece.end, piece.id, err));
            continue;
        }
        GOD_TRY(gdt_regex_matches(step->regex, work, piece.begin, piece.end, err));
        for (size_t m = 0; step->invert && m < work->matches.count; m++) {
            work->matches.items[m].is_match ^= 1u;
        }
        GOD_TRY(gdt_split_at_matches(work, step->behaviour, err));
    }
    gdt_cut_end(work);
    return GOD_OK;
}

/* A blank in front of each piece that does not begin with one; it stands for the same input as what follows it. */
static god_status write_prefix_space(const void *self, gdt_work *work, const gdt_piece *piece, god_error *err)
{
    (void)self;
    if (work->text[piece->begin] != ' ') {
        uint32_t first_end = piece->begin + (uint32_t)gdt_utf8_length(work->text[piece->begin]);
        GOD_TRY(gdt_emit(work, " ", 1, gdt_work_origin(work, piece->begin, first_end), err));
    }
    return gdt_emit_copy(work, piece->begin, piece->end, err);
}

static god_status write_byte_level(const void *self, gdt_work *work, const gdt_piece *piece, god_error *err)
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
        GOD_TRY(run_split(step, work, err));
    }
    return step->maps_bytes ? gdt_rewrite(work, write_byte_level, NULL, err) : GOD_OK;
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

static god_status load_behaviour(const char *where, json_t *object, uint32_t *ret_behaviour, god_error *err)
{
    static const char *const names[] = {NULL,        "Removed", "Isolated", "MergedWithPrevious", "MergedWithNext",
                                        "Contiguous"};
    const char *name = NULL;
    GOD_TRY(god_json_get_str(where, object, "behavior", &name, err));
    for (uint32_t i = 1; i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]) == 0) {
            *ret_behaviour = i;
            return GOD_OK;
        }
    }
    return god_fail(err, GOD_E_UNSUPPORTED, "%s: \"behavior\" \"%.40s\" is not known", where, name);
}

/* "pattern": {"Regex": "..."} or {"String": "..."}. */
static god_status load_pattern(const char *where, json_t *object, gdt_regex **ret_regex, god_error *err)
{
    json_t *pattern = NULL;
    const char *text = NULL;
    GOD_TRY(god_json_get_object(where, object, "pattern", &pattern, err));
    GOD_TRY(god_json_opt_str(where, pattern, "Regex", &text, err));
    if (text != NULL) {
        return gdt_regex_compile(where, text, strlen(text), ret_regex, err);
    }
    GOD_TRY(god_json_opt_str(where, pattern, "String", &text, err));
    if (text != NULL) {
        return gdt_regex_compile_literal(where, text, strlen(text), ret_regex, err);
    }
    return god_fail(err, GOD_E_DATA, "%s: \"pattern\" has neither \"Regex\" nor \"String\"", where);
}

static god_status load_split(gdt_step *step, const char *where, json_t *object, god_error *err)
{
    step->run = run_split;
    GOD_TRY(load_behaviour(where, object, &step->behaviour, err));
    GOD_TRY(god_json_opt_bool(where, object, "invert", &step->invert, err));
    return load_pattern(where, object, &step->regex, err);
}

static god_status load(gdt_step *step, const char *where, const char *type, json_t *object, god_error *err)
{
    if (strcmp(type, "ByteLevel") == 0) {
        return load_byte_level(step, where, object, err);
    }
    if (strcmp(type, "Split") == 0) {
        return load_split(step, where, object, err);
    }
    return god_fail(err, GOD_E_UNSUPPORTED, "%s: the type \"%.40s\" is not supported", where, type);
}

god_status gdt_pre_tokenizer_load(gdt_steps *steps, json_t *object, god_error *err)
{
    return json_is_null(object) || object == NULL
               ? GOD_OK
               : gdt_steps_load(steps, "tokenizer.json: pre_tokenizer", "pretokenizers", object, 0, load, err);
}
