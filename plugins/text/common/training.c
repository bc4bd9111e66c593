#include "common/training.h"

#include <stdlib.h>

#include "common/label_text.h"
#include "god/helpers/json.h"

/* Which of the members that tell the forms of a request apart is missing? */
static god_status check_form(const json_t *data, god_error *err)
{
    const char *text = NULL;
    json_t *record = NULL;
    if (json_object_get(data, "dataset") == NULL) {
        return god_fail(err, GOD_E_NOT_FOUND, "training_data: \"dataset\" is missing");
    }
    GOD_TRY(god_json_get_str("training_data", data, "dataset", &text, err));
    if (*text == '\0') {
        return god_fail(err, GOD_E_INVALID, "training_data: \"dataset\" is empty");
    }
    GOD_TRY(god_json_get_object("training_data", data, "dataset_type", &record, err));
    return god_json_get_str("training_data", data, "file_format", &text, err);
}

/* Every kind checks all that the kinds share, before a kind leaves anything out: a mistake in a request must not make
 * it a request of another kind. */
static god_status check_shared(const json_t *data, const char *task_type, gtx_kind kind, god_error *err)
{
    gtx_task_spec spec;
    char *text = json_dumps(data, JSON_COMPACT | JSON_REAL_PRECISION(17));
    if (text == NULL) {
        return god_fail(err, GOD_E_NOMEM, "training_data: out of memory");
    }
    god_status status = gtx_task_spec_parse(text, task_type, kind, &spec, err);
    free(text);
    GOD_TRY(status);
    gtx_task_spec_free(&spec);
    return GOD_OK;
}

/* The request with nothing in it that its task type does not know of. *ret_text is freed with free(). */
static god_status make_spec(json_t *data, const char *task_type, gtx_kind kind, json_t *record_take, char **ret_text,
                            god_error *err)
{
    if (json_object_set_new(data, "dataset_type", record_take) != 0 ||
        json_object_set_new(data, "task_type", json_string(task_type)) != 0) {
        return god_fail(err, GOD_E_NOMEM, "training_data: out of memory");
    }
    GOD_TRY(check_shared(data, task_type, kind, err));
    if (kind != GTX_KIND_INSTRUCT) { /* only instruct tasks have a KL term; for others the switch means nothing */
        (void)json_object_del(data, "use_kl");
        (void)json_object_del(data, "kl_coef");
    }
    *ret_text = json_dumps(data, JSON_COMPACT | JSON_REAL_PRECISION(17));
    return *ret_text != NULL ? GOD_OK : god_fail(err, GOD_E_NOMEM, "training_data: out of memory");
}

static god_status claim_with(json_t *data, const char *task_type, gtx_kind kind, void *user,
                             god_status (*claimed)(void *user, const god_claim *claim), god_error *err)
{
    god_claim claim = {.size = GOD_SIZE_TO(god_claim, spec_json), .order = (uint32_t)kind};
    json_t *record = NULL;
    char *text = NULL;
    GOD_TRY(check_form(data, err));
    GOD_TRY(gtx_record_known(kind, json_object_get(data, "dataset_type"), &claim.keys, &record, err));
    GOD_TRY(make_spec(data, task_type, kind, record, &text, err));
    claim.spec_json = text;
    god_status status = claimed(user, &claim);
    free(text);
    return status;
}

god_status gtx_training_claim(const char *task_type, gtx_kind kind, const char *training_data_json, void *user,
                              god_status (*claimed)(void *user, const god_claim *claim), god_error *err)
{
    json_t *data = NULL;
    god_status status = god_json_parse("training_data", training_data_json, strlen(training_data_json), &data, err);
    if (status == GOD_OK && !json_is_object(data)) {
        status = god_fail(err, GOD_E_INVALID, "training_data: an object is needed");
    }
    if (status == GOD_OK) {
        status = claim_with(data, task_type, kind, user, claimed, err);
    }
    json_decref(data);
    if (status == GOD_E_DATA) { /* the JSON helpers blame data; here the data is the caller's request */
        status = GOD_E_INVALID;
        if (err != NULL) {
            err->code = GOD_E_INVALID;
        }
    }
    return status;
}

god_status gtx_training_download_args(const god_training_sink *sink, const char *task_id, const char *model,
                                      const char *task_type, const char *address)
{
    GOD_TRY(sink->download_arg(sink->ctx, "--task-id", task_id));
    GOD_TRY(sink->download_arg(sink->ctx, "--model", model));
    GOD_TRY(sink->download_arg(sink->ctx, "--task-type", task_type));
    return sink->download_arg(sink->ctx, "--dataset", address);
}

static god_status write_lists(const gtx_task_spec *spec, const god_training_sink *sink, god_error *err)
{
    god_text label = GOD_TEXT_INIT;
    GOD_TRY(gtx_training_download_args(sink, spec->task_id, spec->model, spec->task_type, spec->dataset));
    GOD_TRY(sink->download_arg(sink->ctx, "--file-format", spec->file_format));
    if (spec->has_baseline_stats) {
        GOD_TRY(sink->download_arg(sink->ctx, "--anonymize", NULL));
    }
    god_status status = gtx_label_text(spec->dataset_type, &label, err);
    if (status == GOD_OK) {
        status = sink->label(sink->ctx, "dataset_type", label.data);
    }
    god_text_free(&label);
    return status;
}

god_status gtx_training_plan(const gtx_task_spec *spec, const god_training_sink *sink, god_training_plan *ret_plan,
                             god_error *err)
{
    static const god_training_plan plan = {.size = GOD_SIZE_TO(god_training_plan, single_file_bytes_min),
                                           .tells_datasets = 1,
                                           .keeps_run_log = 1,
                                           .dockerfile = "dockerfiles/standalone-text-trainer.dockerfile",
                                           .image = "standalone-text-trainer",
                                           .container_prefix = "text-trainer-",
                                           .data_ending = "_train_data.json"};
    if (spec->task_id == NULL || spec->model == NULL || spec->dataset == NULL || spec->file_format == NULL) {
        return god_fail(err, GOD_E_INVALID,
                        "task: one of \"task_id\", \"model\", \"dataset\" and \"file_format\" is missing");
    }
    GOD_TRY(write_lists(spec, sink, err));
    gtx_training_plan_hand_over(&plan, ret_plan);
    return GOD_OK;
}

void gtx_training_plan_hand_over(const god_training_plan *plan, god_training_plan *ret_plan)
{
    uint32_t size = ret_plan->size;
    memcpy(ret_plan, plan, size < plan->size ? size : plan->size);
    ret_plan->size = size;
}
