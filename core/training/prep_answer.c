#include <string.h>

#include "core/training/model_prep.h"
#include "god/helpers/json.h"

static const char where[] = "the answer of the model preparation";

/* ---- the statistics ---- */

typedef struct looking {
    uint32_t values;
    god_error *err;
} looking;

static god_status check_text(const looking *l, const char *what, const char *text, size_t bytes)
{
    return bytes <= GDI_PREP_TEXT_BYTES_MAX && strlen(text) == bytes
               ? GOD_OK
               : god_fail(l->err, GOD_E_DATA, "%s: %s has %zu bytes or a NUL, %d bytes are allowed", where, what, bytes,
                          GDI_PREP_TEXT_BYTES_MAX);
}

static god_status check_value(looking *l, const json_t *value, int depth);

static god_status check_members(looking *l, const json_t *object, int depth)
{
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)(uintptr_t)object, name, value)
    {
        GOD_TRY(check_text(l, "a name", name, strlen(name)));
        GOD_TRY(check_value(l, value, depth + 1));
    }
    return GOD_OK;
}

static god_status check_items(looking *l, const json_t *array, int depth)
{
    size_t i = 0;
    const json_t *value = NULL;
    json_array_foreach(array, i, value)
    {
        GOD_TRY(check_value(l, value, depth + 1));
    }
    return GOD_OK;
}

static god_status check_value(looking *l, const json_t *value, int depth)
{
    if (depth > GDI_PREP_DEPTH_MAX || ++l->values > GDI_PREP_VALUES_MAX) {
        return god_fail(l->err, GOD_E_DATA, "%s: its statistics have more than %d values or lie more than %d deep",
                        where, GDI_PREP_VALUES_MAX, GDI_PREP_DEPTH_MAX);
    }
    switch (json_typeof(value)) {
    case JSON_OBJECT: return check_members(l, value, depth);
    case JSON_ARRAY: return check_items(l, value, depth);
    case JSON_STRING: return check_text(l, "a text", json_string_value(value), json_string_length(value));
    default: return GOD_OK;
    }
}

static god_status check_sections(const json_t *stats, god_error *err)
{
    static const char *const sections[] = {"dataset", "weights", "training", "env_stats", "throughput"};
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        json_t *section = NULL;
        GOD_TRY(god_json_opt_object(where, stats, sections[i], &section, err));
    }
    return GOD_OK;
}

static god_status check_stats(const json_t *stats, god_error *err)
{
    static const char *const types[] = {"instruct", "dpo", "grpo", "env"};
    const json_t *dataset = json_object_get(stats, "dataset");
    const char *type = NULL;
    double share = 0.0;
    uint32_t is_known = 0;
    looking l = {.err = err};
    GOD_TRY(god_json_get_str(where, stats, "task_type", &type, err));
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        is_known |= strcmp(type, types[i]) == 0;
    }
    if (!is_known) {
        return god_fail(err, GOD_E_DATA, "%s: \"task_type\" is \"%.40s\", instruct, dpo, grpo or env is needed", where,
                        type);
    }
    GOD_TRY(check_sections(stats, err));
    if (dataset != NULL && !json_is_null(dataset)) {
        GOD_TRY(god_json_opt_num(where, dataset, "near_duplicate_rate", &share, err));
    }
    if (!(share >= 0.0 && share <= 1.0)) {
        return god_fail(err, GOD_E_DATA, "%s: \"near_duplicate_rate\" is %g, 0 to 1 is needed", where, share);
    }
    return check_value(&l, stats, 0);
}

/* ---- the line ---- */

static god_status check_answer(const json_t *value, json_t **ret_answer, god_error *err)
{
    const char *model = NULL;
    json_t *stats = NULL;
    GOD_TRY(god_json_opt_str(where, value, "augmented_model_id", &model, err));
    GOD_TRY(god_json_opt_object(where, value, "baseline_stats", &stats, err));
    if (model != NULL && strlen(model) > GDI_PREP_TEXT_BYTES_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: \"augmented_model_id\" has %zu bytes, %d are allowed", where,
                        strlen(model), GDI_PREP_TEXT_BYTES_MAX);
    }
    GOD_TRY(stats == NULL ? GOD_OK : check_stats(stats, err));
    json_t *answer = json_pack("{s:s?, s:O?}", "augmented_model_id", model, "baseline_stats", stats);
    if (answer == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for an answer");
    }
    *ret_answer = answer;
    return GOD_OK;
}

static uint32_t is_answer(const json_t *value)
{
    return json_object_get(value, "augmented_model_id") != NULL || json_object_get(value, "baseline_stats") != NULL;
}

/* *ret_is_one 0: this line is something else. */
static god_status take_line(const char *line, size_t bytes, uint32_t *ret_is_one, json_t **ret_answer, god_error *err)
{
    json_t *value = NULL;
    god_status status = GOD_OK;
    while (bytes > 0 && strchr(" \t\r", line[bytes - 1]) != NULL) {
        bytes--;
    }
    *ret_is_one = 0;
    if (bytes < 2 || line[0] != '{' || bytes > GDI_PREP_ANSWER_BYTES_MAX ||
        god_json_parse(where, line, bytes, &value, NULL) != GOD_OK) {
        return GOD_OK;
    }
    if (is_answer(value)) {
        *ret_is_one = 1;
        status = check_answer(value, ret_answer, err);
    }
    json_decref(value);
    return status;
}

god_status gdi_prep_answer(const char *output, size_t bytes, json_t **ret_answer, god_error *err)
{
    for (int i = 0; i < GDI_PREP_ANSWER_LINES && bytes > 0; i++) {
        const char *feed = memrchr(output, '\n', bytes), *line = feed == NULL ? output : feed + 1;
        uint32_t is_one = 0;
        GOD_TRY(take_line(line, bytes - (size_t)(line - output), &is_one, ret_answer, err));
        if (is_one) {
            return GOD_OK;
        }
        bytes = feed == NULL ? 0 : (size_t)(feed - output);
    }
    return god_fail(err, GOD_E_DATA, "the model preparation printed no answer");
}
