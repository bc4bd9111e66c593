/* choose_content: a model and a data set for a task (tournament specification, section 11.1), drawn from the list that
 * "tournament.content_file" names:
 *
 *     {"models":    [{"model_id": "Qwen/Qwen2.5-1.5B", "model_params_count": 1543714304,
 *                     "task_types": ["InstructTextTask"],      optional: all
 *                     "only": {"model_type": "flux"}}],        optional: members that the task's details must have
 *      "data_sets": [{"ds": "OWNER/NAME", "task_type": "InstructTextTask", "rows": 52000,
 *                     "fields": {"field_instruction": "question", "field_output": "answer"}}]}
 *
 * Each of those that fit is as likely as the others. The draw follows from the job's key alone, so the same question
 * has the same answer as long as the list is the same; a task type without data sets in the list gets none. The file is
 * read anew each time. */
#include "core/cycles/work.h"
#include "core/host/executors.h"
#include "core/tournament/stream.h"
#include "god/helpers/json.h"

enum { list_bytes_max = 16 << 20, entries_max = 100000 };

typedef struct choice {
    const char *where; /* the file, for messages */
    const json_t *details;
    const char *task_type;
    double params_min, params_max; /* 0 to 0: any */
} choice;

static uint32_t names(const json_t *list, const char *word)
{
    const json_t *item = NULL;
    size_t i = 0;
    json_array_foreach(list, i, item)
    {
        if (json_is_string(item) && strcmp(json_string_value(item), word) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Has the task these members, itself or among its fields? */
static uint32_t has_members(const json_t *details, const json_t *members)
{
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)(uintptr_t)members, name, value)
    {
        json_t *own = json_object_get(details, name);
        own = own != NULL ? own : json_object_get(json_object_get(details, "fields"), name);
        if (!json_equal(own, value)) {
            return 0;
        }
    }
    return 1;
}

/* GOD_E_DATA for an entry that is none, whether it fits or not. */
static god_status look_at_model(const choice *c, const json_t *entry, uint32_t *ret_fits, god_error *err)
{
    const char *id = NULL;
    int64_t params = 0;
    json_t *types = NULL, *only = NULL;
    GOD_TRY(god_json_get_str(c->where, entry, "model_id", &id, err));
    GOD_TRY(god_json_opt_int(c->where, entry, "model_params_count", 0, INT64_C(1) << 50, &params, err));
    GOD_TRY(god_json_opt_array(c->where, entry, "task_types", &types, err));
    GOD_TRY(god_json_opt_object(c->where, entry, "only", &only, err));
    uint32_t any_size = c->params_min <= 0 && c->params_max <= 0;
    *ret_fits = (types == NULL || names(types, c->task_type)) && has_members(c->details, only) &&
                (any_size || ((double)params >= c->params_min && (double)params <= c->params_max));
    return GOD_OK;
}

static god_status look_at_data_set(const choice *c, const json_t *entry, uint32_t *ret_fits, god_error *err)
{
    const char *ds = NULL, *type = NULL;
    double rows = 0;
    json_t *fields = NULL;
    GOD_TRY(god_json_get_str(c->where, entry, "ds", &ds, err));
    GOD_TRY(god_json_get_str(c->where, entry, "task_type", &type, err));
    GOD_TRY(god_json_opt_num(c->where, entry, "rows", &rows, err));
    GOD_TRY(god_json_opt_object(c->where, entry, "fields", &fields, err));
    *ret_fits = strcmp(type, c->task_type) == 0;
    return GOD_OK;
}

typedef god_status look_fn(const choice *c, const json_t *entry, uint32_t *ret_fits, god_error *err);

/* One of those that fit; NULL when none does. Borrowed from the list. */
static god_status draw(const choice *c, const json_t *list, look_fn *look_at, gdi_stream *stream,
                       const json_t **ret_entry, god_error *err)
{
    const json_t *entry = NULL, *chosen = NULL;
    uint64_t fitting = 0;
    size_t i = 0;
    json_array_foreach(list, i, entry)
    {
        uint32_t fits = 0;
        GOD_TRY(look_at(c, entry, &fits, err));
        fitting += fits;
    }
    uint64_t place = fitting == 0 ? 0 : gdi_stream_below(stream, fitting);
    json_array_foreach(list, i, entry)
    {
        uint32_t fits = 0;
        GOD_TRY(look_at(c, entry, &fits, err));
        if (fits && chosen == NULL && place-- == 0) {
            chosen = entry;
        }
    }
    *ret_entry = chosen;
    return GOD_OK;
}

static god_status choose(const gdi_execution *x, const choice *c, const json_t *file, json_t **ret_result,
                         god_error *err)
{
    json_t *models = NULL, *sets = NULL;
    const json_t *model = NULL, *set = NULL;
    gdi_stream model_draws, set_draws;
    GOD_TRY(god_json_get_array(c->where, file, "models", &models, err));
    GOD_TRY(god_json_get_array(c->where, file, "data_sets", &sets, err));
    if (json_array_size(models) > entries_max || json_array_size(sets) > entries_max) {
        return god_fail(err, GOD_E_DATA, "%s: more than %d models or data sets", c->where, entries_max);
    }
    gdi_stream_open(&model_draws, x->lease->key, "model");
    gdi_stream_open(&set_draws, x->lease->key, "data set");
    GOD_TRY(draw(c, models, look_at_model, &model_draws, &model, err));
    GOD_TRY(draw(c, sets, look_at_data_set, &set_draws, &set, err));
    if (model == NULL) {
        return god_fail(err, GOD_E_DATA, "%s: no model fits a task of the type \"%.60s\" with %.0f to %.0f parameters",
                        c->where, c->task_type, c->params_min, c->params_max);
    }
    *ret_result =
        json_pack("{s:O, s:O*, s:O*, s:O*, s:O*}", "model_id", json_object_get(model, "model_id"), "model_params_count",
                  json_object_get(model, "model_params_count"), "ds", json_object_get(set, "ds"), "rows",
                  json_object_get(set, "rows"), "fields", json_object_get(set, "fields"));
    return *ret_result != NULL ? GOD_OK : god_fail(err, GOD_E_NOMEM, "out of memory for the content of a task");
}

god_status gdi_run_choose_content(const gdi_execution *x, json_t **ret_result, god_error *err)
{
    json_t *file = NULL, *details = NULL;
    const char *path = x->config->tournament_content_file, *slash = strrchr(path, '/');
    choice c = {.where = slash == NULL ? path : slash + 1};
    GOD_TRY(god_json_get_str("payload", x->payload, "task_type", &c.task_type, err));
    GOD_TRY(god_json_opt_num("payload", x->payload, "params_min", &c.params_min, err));
    GOD_TRY(god_json_opt_num("payload", x->payload, "params_max", &c.params_max, err));
    GOD_TRY(god_json_opt_object("payload", x->payload, "details", &details, err));
    c.details = details;
    GOD_TRY(god_json_read(path, list_bytes_max, &file, err));
    god_status status = choose(x, &c, file, ret_result, err);
    json_decref(file);
    return status;
}
