#include "core/cli/evaluate.h"

#include <math.h>
#include <stdlib.h>

/* A metric that is shown without decimals is a count, and a count is a whole number in JSON too. */
static json_t *number(double value, int64_t decimals)
{
    if (decimals == 0 && floor(value) == value && fabs(value) < 9e15) {
        return json_integer((json_int_t)value);
    }
    return json_real(value);
}

static int add_stated_metrics(json_t *object, const gdi_evaluation *e, const gdi_entry *entry)
{
    int failed = 0;
    for (size_t i = 0; i < json_array_size(e->result.metrics); i++) {
        const json_t *info = json_array_get(e->result.metrics, i);
        const char *name = json_string_value(json_object_get(info, "name"));
        double value = 0;
        int has = entry->job_index >= 0 && gdi_result_metric(&e->result, (uint32_t)entry->job_index, name, &value);
        json_t *shown = has ? number(value, json_integer_value(json_object_get(info, "decimals"))) : json_null();
        failed |= json_object_set_new(object, name, shown);
    }
    return failed;
}

/* Metrics that the plug-in reported and did not announce. */
static int add_other_metrics(json_t *object, const json_t *submission)
{
    int failed = 0;
    const char *name = NULL;
    json_t *metric = NULL;
    json_object_foreach(json_object_get(submission, "metrics"), name, metric)
    {
        if (json_object_get(object, name) == NULL) {
            failed |= json_object_set(object, name, json_object_get(metric, "value"));
        }
    }
    return failed;
}

static json_t *notes_of(const gdi_entry *entry, const json_t *submission)
{
    json_t *notes = submission == NULL ? json_array() : json_deep_copy(json_object_get(submission, "notes"));
    if (entry->tied) {
        (void)json_array_append_new(notes, json_string("tie with the one above"));
    }
    return notes;
}

static json_t *entry_to_json(const gdi_evaluation *e, const gdi_entry *entry)
{
    const json_t *submission =
        entry->job_index < 0 || !e->has_result ? NULL : gdi_result_submission(&e->result, (uint32_t)entry->job_index);
    json_t *object = json_object();
    int failed = add_stated_metrics(object, e, entry) | add_other_metrics(object, submission);
    json_t *first = json_pack("{s:s, s:s, s:o}", "name", entry->name, "status", gdi_entry_status(e, entry), "rank",
                              entry->rank == 0 ? json_null() : json_integer(entry->rank));
    json_t *last =
        json_pack("{s:s, s:o}", "message", gdi_entry_message(e, entry), "notes", notes_of(entry, submission));
    failed |= json_object_update_missing(first, object);
    failed |= json_object_update(first, last);
    json_decref(object);
    json_decref(last);
    if (failed) {
        json_decref(first);
        return NULL;
    }
    return first;
}

static json_t *results_to_json(const gdi_evaluation *e)
{
    json_t *results = json_array();
    uint32_t count = e->args->submission_count;
    uint32_t *order = calloc((size_t)count + 1, sizeof *order);
    int failed = results == NULL || order == NULL;
    if (!failed) {
        gdi_evaluation_order(e, order);
    }
    for (uint32_t i = 0; !failed && i < count; i++) {
        failed = json_array_append_new(results, entry_to_json(e, &e->entries[order[i]])) != 0;
    }
    free(order);
    if (failed) {
        json_decref(results);
        return NULL;
    }
    return results;
}

static const char *direction_name(const gdi_result *result)
{
    return result->direction == GOD_LOWER_WINS ? "lower" : "higher";
}

static json_t *head_to_json(const gdi_evaluation *e)
{
    const gdi_result *result = &e->result;
    json_t *direction = result->direction == 0 ? json_null() : json_string(direction_name(result));
    json_t *primary = result->direction == 0 ? json_null() : json_incref(result->primary);
    return json_pack("{s:s, s:o, s:o, s:s, s:s, s:o}", "task_type", e->task_type, "direction", direction, "primary",
                     primary, "outcome", gdi_outcome_name(result->outcome), "message", result->message, "results",
                     results_to_json(e));
}

static json_t *run_to_json(const gdi_evaluation *e)
{
    const gdi_job *job = &e->job;
    return json_pack("{s:{s:s, s:s, s:s}, s:O?, s:O, s:s, s:s, s:I, s:I, s:s, s:s, s:f}", "plugin", "id", e->plugin.id,
                     "version", e->plugin.version, "build", e->plugin.build, "digests",
                     json_object_get(job->root, "digests"), "facts", e->result.facts, "device",
                     job->device == GOD_DEV_CUDA ? "cuda" : "cpu", "precision",
                     job->precision == GOD_PRECISION_F32 ? "f32" : "bf16", "threads", (json_int_t)job->threads, "seed",
                     (json_int_t)job->seed, "started_at", e->result.started_at, "finished_at", e->result.finished_at,
                     "seconds", e->seconds);
}

god_status gdi_evaluation_to_json(const gdi_evaluation *evaluation, json_t **ret_value, god_error *err)
{
    json_t *head = head_to_json(evaluation), *run = run_to_json(evaluation);
    int failed = head == NULL || run == NULL || json_object_update(head, run) != 0;
    json_decref(run);
    if (failed) {
        json_decref(head);
        return god_fail(err, GOD_E_NOMEM, "out of memory for the JSON result");
    }
    *ret_value = head;
    return GOD_OK;
}
