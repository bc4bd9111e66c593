/* core/cli/rules_sizes.c: vectors about tasks: kinds, hours and GPUs. */
#include "core/cli/rules_vector.h"
#include "core/tournament/task_size.h"

/* The list member `key`, whose items each give one item of the answer. */
typedef god_status case_fn(gdi_vector *vector, const json_t *item, json_t **ret_answer, god_error *err);

static god_status answer_each(gdi_vector *vector, const json_t *in, const char *key, case_fn *answer, json_t **ret_out,
                              god_error *err)
{
    json_t *items = NULL;
    GOD_TRY(god_json_get_array("in", in, key, &items, err));
    json_t *out = json_array();
    for (size_t i = 0; i < json_array_size(items); i++) {
        json_t *one = NULL;
        god_status status = answer(vector, json_array_get(items, i), &one, err);
        if (status != GOD_OK) {
            json_decref(out);
            return status;
        }
        gdi_put(vector, out, one);
    }
    *ret_out = out;
    return GOD_OK;
}

static god_status read_kind(gdi_vector *vector, const json_t *name, const gdi_named_task_kind **ret_kind,
                            god_error *err)
{
    const char *task_type = NULL;
    GOD_TRY(gdi_read_text("task type", name, &task_type, err));
    return gdi_task_kinds_find(vector->task_kinds, task_type, ret_kind, err);
}

/* Parameters of a model; null is unknown and becomes 0, as the rules want it. */
static god_status read_params(const json_t *value, double *ret_params, god_error *err)
{
    double params = 0;
    GOD_TRY(gdi_read_value("parameters", value, &params, err));
    *ret_params = gdi_has_value(params) ? params : 0.0;
    return GOD_OK;
}

static god_status gpu_case(gdi_vector *vector, const json_t *item, json_t **ret_answer, god_error *err)
{
    const gdi_named_task_kind *kind = NULL;
    double params = 0;
    GOD_TRY(gdi_read_row("cases_type_params", item, 2, err));
    GOD_TRY(read_kind(vector, json_array_get(item, 0), &kind, err));
    GOD_TRY(read_params(json_array_get(item, 1), &params, err));
    uint32_t gpus = kind->gpu_count > 0 ? kind->gpu_count : gdi_gpu_count(params, kind->gpu_factor);
    *ret_answer = json_sprintf("%uxH100", gpus);
    return GOD_OK;
}

static god_status gpu_requirement(gdi_vector *vector, const json_t *in, json_t **ret_out, god_error *err)
{
    return answer_each(vector, in, "cases_type_params", gpu_case, ret_out, err);
}

static god_status hours_case(gdi_vector *vector, const json_t *item, json_t **ret_answer, god_error *err)
{
    const gdi_named_task_kind *kind = NULL;
    double rows = 0, params = 0;
    GOD_TRY(gdi_read_row("cases_rows_params_type", item, 3, err));
    GOD_TRY(gdi_read_value("rows", json_array_get(item, 0), &rows, err));
    GOD_TRY(read_params(json_array_get(item, 1), &params, err));
    GOD_TRY(read_kind(vector, json_array_get(item, 2), &kind, err));
    if (!(rows >= 0)) {
        return god_fail(err, GOD_E_DATA, "in: rows: a number from 0 is needed");
    }
    *ret_answer = gdi_number(gdi_training_hours(rows, params, kind->hours_factor));
    return GOD_OK;
}

static god_status training_hours(gdi_vector *vector, const json_t *in, json_t **ret_out, god_error *err)
{
    return answer_each(vector, in, "cases_rows_params_type", hours_case, ret_out, err);
}

static god_status context_case(gdi_vector *vector, const json_t *item, json_t **ret_answer, god_error *err)
{
    (void)vector;
    double hours = 0, p95 = 0, p50 = 0;
    GOD_TRY(gdi_read_row("cases_hours_p95_p50", item, 3, err));
    GOD_TRY(gdi_read_value("hours", json_array_get(item, 0), &hours, err));
    GOD_TRY(gdi_read_value("p95", json_array_get(item, 1), &p95, err));
    GOD_TRY(gdi_read_value("p50", json_array_get(item, 2), &p50, err));
    if (!gdi_has_value(hours)) {
        return god_fail(err, GOD_E_DATA, "in: hours: a number is needed");
    }
    *ret_answer = gdi_number(gdi_context_hours(hours, p95, p50));
    return GOD_OK;
}

static god_status context_hours(gdi_vector *vector, const json_t *in, json_t **ret_out, god_error *err)
{
    return answer_each(vector, in, "cases_hours_p95_p50", context_case, ret_out, err);
}

static god_status draw_case(gdi_vector *vector, const json_t *item, json_t **ret_answer, god_error *err)
{
    double u = 0;
    GOD_TRY(gdi_read_value("u", item, &u, err));
    GOD_TRY(gdi_task_kinds_need(vector->task_kinds, err));
    if (!(u >= 0 && u < 1)) {
        return god_fail(err, GOD_E_DATA, "in: u: a number in [0, 1) is needed");
    }
    gdi_task_kind kinds[GDI_TASK_KINDS_MAX];
    const char *names[GDI_TASK_KINDS_MAX];
    uint32_t count = 0;
    for (uint32_t i = 0; i < vector->task_kinds->count; i++) {
        const gdi_named_task_kind *kind = &vector->task_kinds->kinds[i];
        if (kind->tournament_type == GDI_TEXT) {
            kinds[count] = kind->mix;
            names[count++] = kind->task_type;
        }
    }
    if (count == 0) {
        return god_fail(err, GOD_E_DATA, "the list of task kinds has none for text");
    }
    *ret_answer = json_string(names[gdi_draw_task_kind(kinds, count, u)]);
    return GOD_OK;
}

static god_status text_task_draw(gdi_vector *vector, const json_t *in, json_t **ret_out, god_error *err)
{
    return answer_each(vector, in, "u", draw_case, ret_out, err);
}

const gdi_vector_kind gdi_rules_size_kinds[] = {
    {.name = "context_hours", .answer = context_hours},
    {.name = "gpu_requirement", .answer = gpu_requirement},
    {.name = "text_task_draw", .answer = text_task_draw},
    {.name = "training_hours", .answer = training_hours},
    {.name = NULL},
};
