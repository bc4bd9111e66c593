#include "core/worker/result.h"

#include "god/helpers/file.h"
#include "god/helpers/json.h"

enum { version = 1, result_bytes_max = 256 << 20 };

static const char *const outcome_names[] = {"", "result", "plugin_error", "crash", "timeout", "no_result", "cancelled"};

const char *gdi_outcome_name(uint32_t outcome)
{
    return outcome < sizeof outcome_names / sizeof *outcome_names ? outcome_names[outcome] : "";
}

static god_status fail_memory(god_error *err)
{
    return god_fail(err, GOD_E_NOMEM, "out of memory for a result");
}

static json_t *new_submission(const char *id)
{
    return json_pack("{s:s, s:s, s:s, s:{}, s:[], s:{}}", "id", id, "status", "ok", "message", "", "metrics", "notes",
                     "artifacts");
}

god_status gdi_result_begin(const gdi_job *job, gdi_result *ret_result, god_error *err)
{
    gdi_result result = {.metrics = json_array(), .submissions = json_array(), .facts = json_object()};
    int failed = result.metrics == NULL || result.submissions == NULL || result.facts == NULL;
    for (uint32_t i = 0; !failed && i < job->submission_count; i++) {
        failed = json_array_append_new(result.submissions, new_submission(job->submissions[i].id)) != 0;
    }
    if (failed) {
        gdi_result_clear(&result);
        return fail_memory(err);
    }
    gdi_clock_utc(result.started_at);
    *ret_result = result;
    return GOD_OK;
}

void gdi_result_clear(gdi_result *result)
{
    json_decref(result->primary);
    json_decref(result->metrics);
    json_decref(result->submissions);
    json_decref(result->facts);
    json_decref(result->example);
    *result = (gdi_result){.outcome = 0};
}

static const char *direction_name(uint32_t direction)
{
    return direction == GOD_LOWER_WINS ? "lower" : "higher";
}

static json_t *to_json(const gdi_job *job, const gdi_result *result)
{
    json_t *root = json_pack("{s:i, s:s, s:s, s:s, s:s, s:s}", "version", version, "job_id", job->id, "outcome",
                             gdi_outcome_name(result->outcome), "status", god_status_name(result->status), "message",
                             result->message, "task_type", job->task_type);
    if (root == NULL) {
        return NULL;
    }
    int failed = 0;
    if (result->direction != 0) {
        json_t *score = json_pack("{s:f, s:f, s:f, s:O}", "lowest", result->lowest, "highest", result->highest,
                                  "tie_epsilon", result->tie_epsilon, "metrics", result->metrics);
        failed |= json_object_set_new(root, "direction", json_string(direction_name(result->direction)));
        failed |= json_object_set(root, "primary", result->primary);
        failed |= json_object_set_new(root, "score", score);
    }
    failed |= json_object_set(root, "submissions", result->submissions);
    failed |= result->example != NULL ? json_object_set(root, "example", result->example) : 0;
    failed |= json_object_set(root, "facts", result->facts);
    if (job->digests != NULL) {
        failed |= json_object_set(root, "digests", (json_t *)(uintptr_t)job->digests); /* only its count changes */
    }
    failed |= json_object_set_new(root, "started_at", json_string(result->started_at));
    failed |= json_object_set_new(root, "finished_at", json_string(result->finished_at));
    if (failed) {
        json_decref(root);
        return NULL;
    }
    return root;
}

god_status gdi_result_write(const char *job_dir, const gdi_job *job, const gdi_result *result, god_error *err)
{
    char path[GOD_PATH_MAX];
    GOD_TRY(god_path_join(job_dir, "result.json", path, err));
    json_t *root = to_json(job, result);
    if (root == NULL) {
        return fail_memory(err);
    }
    god_status status = god_json_write(path, root, err);
    json_decref(root);
    return status;
}

static god_status read_score(const char *where, json_t *root, gdi_result *result, god_error *err)
{
    const char *direction = NULL;
    json_t *score = NULL, *metrics = NULL;
    GOD_TRY(god_json_opt_str(where, root, "direction", &direction, err));
    if (direction == NULL) {
        return GOD_OK;
    }
    result->direction = strcmp(direction, "lower") == 0 ? GOD_LOWER_WINS : GOD_HIGHER_WINS;
    const char *primary = NULL;
    GOD_TRY(god_json_get_str(where, root, "primary", &primary, err));
    result->primary = json_incref(json_object_get(root, "primary"));
    GOD_TRY(god_json_get_object(where, root, "score", &score, err));
    GOD_TRY(god_json_get_num(where, score, "lowest", &result->lowest, err));
    GOD_TRY(god_json_get_num(where, score, "highest", &result->highest, err));
    GOD_TRY(god_json_get_num(where, score, "tie_epsilon", &result->tie_epsilon, err));
    GOD_TRY(god_json_get_array(where, score, "metrics", &metrics, err));
    result->metrics = json_incref(metrics);
    return GOD_OK;
}

static god_status read_submissions(const char *where, json_t *root, gdi_result *result, god_error *err)
{
    json_t *submissions = NULL;
    GOD_TRY(god_json_get_array(where, root, "submissions", &submissions, err));
    for (size_t i = 0; i < json_array_size(submissions); i++) {
        const json_t *entry = json_array_get(submissions, i);
        const char *text = NULL;
        json_t *member = NULL;
        GOD_TRY(god_json_get_str(where, entry, "id", &text, err));
        GOD_TRY(god_json_get_str(where, entry, "status", &text, err));
        GOD_TRY(god_json_get_str(where, entry, "message", &text, err));
        GOD_TRY(god_json_get_object(where, entry, "metrics", &member, err));
        GOD_TRY(god_json_get_array(where, entry, "notes", &member, err));
        GOD_TRY(god_json_get_object(where, entry, "artifacts", &member, err));
    }
    result->submissions = json_incref(submissions);
    return GOD_OK;
}

static god_status from_json(const char *where, json_t *root, gdi_result *result, god_error *err)
{
    int64_t found_version = 0;
    const char *text = NULL;
    json_t *facts = NULL, *example = NULL;
    GOD_TRY(god_json_get_int(where, root, "version", version, version, &found_version, err));
    GOD_TRY(god_json_get_str(where, root, "outcome", &text, err));
    for (uint32_t i = 1; i < sizeof outcome_names / sizeof *outcome_names; i++) {
        result->outcome = strcmp(text, outcome_names[i]) == 0 ? i : result->outcome;
    }
    if (result->outcome == 0) {
        return god_fail(err, GOD_E_DATA, "%s: \"outcome\" is \"%.60s\"", where, text);
    }
    GOD_TRY(god_json_get_str(where, root, "status", &text, err));
    for (god_status code = GOD_OK; code >= GOD_E_DEVICE; code--) {
        result->status = strcmp(text, god_status_name(code)) == 0 ? code : result->status;
    }
    GOD_TRY(god_json_get_str(where, root, "message", &text, err));
    (void)snprintf(result->message, sizeof result->message, "%s", text);
    GOD_TRY(read_score(where, root, result, err));
    GOD_TRY(read_submissions(where, root, result, err));
    GOD_TRY(god_json_opt_array(where, root, "example", &example, err));
    result->example = json_incref(example);
    GOD_TRY(god_json_get_object(where, root, "facts", &facts, err));
    result->facts = json_incref(facts);
    GOD_TRY(god_json_get_str(where, root, "started_at", &text, err));
    (void)snprintf(result->started_at, sizeof result->started_at, "%s", text);
    GOD_TRY(god_json_get_str(where, root, "finished_at", &text, err));
    (void)snprintf(result->finished_at, sizeof result->finished_at, "%s", text);
    return GOD_OK;
}

god_status gdi_result_read(const char *job_dir, gdi_result *ret_result, god_error *err)
{
    char path[GOD_PATH_MAX];
    json_t *root = NULL;
    gdi_result result = {.outcome = 0};
    GOD_TRY(god_path_join(job_dir, "result.json", path, err));
    GOD_TRY(god_json_read(path, result_bytes_max, &root, err));
    god_status status = from_json(path, root, &result, err);
    json_decref(root);
    if (status != GOD_OK) {
        gdi_result_clear(&result);
        return status;
    }
    *ret_result = result;
    return GOD_OK;
}

const char *gdi_result_primary(const gdi_result *result)
{
    return result->primary == NULL ? "" : json_string_value(result->primary);
}

json_t *gdi_result_submission(const gdi_result *result, uint32_t index)
{
    return json_array_get(result->submissions, index);
}

const char *gdi_result_submission_status(const gdi_result *result, uint32_t index)
{
    return json_string_value(json_object_get(gdi_result_submission(result, index), "status"));
}

uint32_t gdi_result_metric(const gdi_result *result, uint32_t index, const char *name, double *ret_value)
{
    const json_t *metrics = json_object_get(gdi_result_submission(result, index), "metrics");
    const json_t *value = json_object_get(json_object_get(metrics, name), "value");
    if (!json_is_number(value)) {
        return 0;
    }
    *ret_value = json_number_value(value);
    return 1;
}

static god_status overwrite_status(json_t *submission, const char *status, const char *message, god_error *err)
{
    if (json_object_set_new(submission, "status", json_string(status)) != 0 ||
        json_object_set_new(submission, "message", json_string(message)) != 0) {
        return fail_memory(err);
    }
    return GOD_OK;
}

god_status gdi_result_set_status(gdi_result *result, uint32_t index, const char *status, const char *message,
                                 god_error *err)
{
    if (strcmp(gdi_result_submission_status(result, index), "ok") != 0) {
        return GOD_OK;
    }
    return overwrite_status(gdi_result_submission(result, index), status, message, err);
}

god_status gdi_result_fail_all(gdi_result *result, const char *message, god_error *err)
{
    for (uint32_t i = 0; i < json_array_size(result->submissions); i++) {
        json_t *submission = gdi_result_submission(result, i);
        GOD_TRY(overwrite_status(submission, "failed", message, err));
        (void)json_object_clear(json_object_get(submission, "metrics"));
    }
    return GOD_OK;
}
