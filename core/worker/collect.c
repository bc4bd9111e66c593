#include "core/worker/collect.h"

#include <float.h>
#include <math.h>

#include "core/worker/example.h"
#include "god/helpers/json.h"

static const char where[] = "frame";

uint32_t gdi_collect_is_name(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    static const char all[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t bytes = strnlen(name, GDI_METRIC_NAME_BYTES_MAX + 1);
    return bytes > 0 && bytes <= GDI_METRIC_NAME_BYTES_MAX && strchr(letters, name[0]) != NULL &&
           strspn(name, all) == bytes;
}

static god_status fail_memory(god_error *err)
{
    return god_fail(err, GOD_E_NOMEM, "out of memory for a result");
}

static god_status get_name(const json_t *frame, const char *key, const char **ret_name, god_error *err)
{
    const char *name = NULL;
    GOD_TRY(god_json_get_str(where, frame, key, &name, err));
    if (!gdi_collect_is_name(name)) {
        return god_fail(err, GOD_E_DATA,
                        "%s: the name \"%.40s\" is refused, 1 to %d letters, digits, '.', '_' and '-' are needed",
                        where, name, GDI_METRIC_NAME_BYTES_MAX);
    }
    *ret_name = name;
    return GOD_OK;
}

/* A sentence, cut to its limit. Bytes of a character that the cut divides are dropped, so that it stays UTF-8. */
static god_status get_message(const json_t *frame, char ret_message[GDI_MESSAGE_BYTES_MAX], god_error *err)
{
    const char *message = NULL;
    GOD_TRY(god_json_get_str(where, frame, "message", &message, err));
    size_t bytes = strnlen(message, GDI_MESSAGE_BYTES_MAX - 1);
    while (bytes > 0 && ((unsigned char)message[bytes] & 0xc0) == 0x80) {
        bytes--;
    }
    memcpy(ret_message, message, bytes);
    ret_message[bytes] = '\0';
    return GOD_OK;
}

static god_status get_index(const gdi_result *result, const json_t *frame, uint32_t *ret_index, god_error *err)
{
    int64_t index = 0;
    size_t count = json_array_size(result->submissions);
    GOD_TRY(god_json_get_int(where, frame, "submission", INT64_MIN, INT64_MAX, &index, err));
    if (index < 0 || (uint64_t)index >= count) {
        return god_fail(err, GOD_E_DATA, "%s: submission %lld is reported, the job has %zu", where, (long long)index,
                        count);
    }
    *ret_index = (uint32_t)index;
    return GOD_OK;
}

static god_status check_metric_info(const json_t *info, god_error *err)
{
    const char *name = NULL, *title = NULL;
    int64_t decimals = 0;
    if (!json_is_object(info)) {
        return god_fail(err, GOD_E_DATA, "%s: \"metrics\" has an entry that is not an object", where);
    }
    GOD_TRY(get_name(info, "name", &name, err));
    GOD_TRY(god_json_get_str(where, info, "title", &title, err));
    if (strlen(title) > GDI_METRIC_NAME_BYTES_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: the title of \"%s\" has %zu bytes, %d are allowed", where, name,
                        strlen(title), GDI_METRIC_NAME_BYTES_MAX);
    }
    return god_json_get_int(where, info, "decimals", 0, 17, &decimals, err);
}

static god_status take_score(gdi_collector *collector, const json_t *frame, god_error *err)
{
    gdi_result *result = collector->result;
    int64_t direction = 0;
    double lowest = 0, highest = 0, tie_epsilon = 0;
    const char *primary = NULL;
    json_t *metrics = NULL;
    if (result->direction != 0) {
        return god_fail(err, GOD_E_DATA, "%s: the score is stated twice", where);
    }
    GOD_TRY(god_json_get_int(where, frame, "direction", GOD_LOWER_WINS, GOD_HIGHER_WINS, &direction, err));
    GOD_TRY(get_name(frame, "primary", &primary, err));
    GOD_TRY(god_json_get_num(where, frame, "lowest", &lowest, err));
    GOD_TRY(god_json_get_num(where, frame, "highest", &highest, err));
    GOD_TRY(god_json_get_num(where, frame, "tie_epsilon", &tie_epsilon, err));
    GOD_TRY(god_json_get_array(where, frame, "metrics", &metrics, err));
    if (!(lowest < highest) || tie_epsilon < 0 || json_array_size(metrics) > GDI_METRICS_MAX) {
        return god_fail(err, GOD_E_DATA,
                        "%s: the range %g to %g, the tie bound %g or the number of metrics %zu is wrong", where, lowest,
                        highest, tie_epsilon, json_array_size(metrics));
    }
    for (size_t i = 0; i < json_array_size(metrics); i++) {
        GOD_TRY(check_metric_info(json_array_get(metrics, i), err));
    }
    json_t *kept = json_deep_copy(metrics);
    if (kept == NULL) {
        return fail_memory(err);
    }
    json_decref(result->metrics);
    result->metrics = kept;
    result->primary = json_incref(json_object_get(frame, "primary"));
    result->lowest = lowest;
    result->highest = highest;
    result->tie_epsilon = tie_epsilon;
    result->direction = (uint32_t)direction;
    return GOD_OK;
}

/* NaN and infinities travel as strings, because JSON has none. */
static god_status get_value(const json_t *frame, double *ret_value, god_error *err)
{
    const json_t *value = json_object_get(frame, "value");
    if (!json_is_string(value)) {
        return god_json_get_num(where, frame, "value", ret_value, err);
    }
    const char *text = json_string_value(value);
    if (strcmp(text, "nan") != 0 && strcmp(text, "inf") != 0 && strcmp(text, "-inf") != 0) {
        return god_fail(err, GOD_E_DATA, "%s: \"value\" is \"%.20s\", a number is needed", where, text);
    }
    *ret_value = text[0] == 'n' ? (double)NAN : text[0] == 'i' ? (double)INFINITY : -(double)INFINITY;
    return GOD_OK;
}

static god_status take_metric(gdi_collector *collector, const json_t *frame, god_error *err)
{
    gdi_result *result = collector->result;
    uint32_t index = 0;
    const char *name = NULL;
    double value = 0;
    int64_t items = 0;
    char message[GDI_MESSAGE_BYTES_MAX];
    GOD_TRY(get_index(result, frame, &index, err));
    GOD_TRY(get_name(frame, "name", &name, err));
    GOD_TRY(get_value(frame, &value, err));
    GOD_TRY(god_json_get_int(where, frame, "items", 0, INT64_MAX, &items, err));
    if (result->direction == 0) {
        return god_fail(err, GOD_E_DATA, "%s: \"%s\" is reported before the score is stated", where, name);
    }
    if (!isfinite(value)) {
        (void)snprintf(message, sizeof message, "its %s is %s", name, isnan(value) ? "not a number" : "infinite");
        return gdi_result_set_status(result, index, "failed", message, err);
    }
    if (strcmp(name, gdi_result_primary(result)) == 0 && (value < result->lowest || value > result->highest)) {
        (void)snprintf(message, sizeof message, "its %s is %.9g, outside the range %.9g to %.9g", name, value,
                       result->lowest, result->highest);
        return gdi_result_set_status(result, index, "failed", message, err);
    }
    json_t *metrics = json_object_get(gdi_result_submission(result, index), "metrics");
    if (json_object_get(metrics, name) == NULL && json_object_size(metrics) == GDI_METRICS_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: a submission has more than %d metrics", where, GDI_METRICS_MAX);
    }
    json_t *metric = json_pack("{s:f, s:I}", "value", value, "items", (json_int_t)items);
    return metric != NULL && json_object_set_new(metrics, name, metric) == 0 ? GOD_OK : fail_memory(err);
}

static god_status take_failed(gdi_collector *collector, const json_t *frame, god_error *err)
{
    uint32_t index = 0;
    char message[GDI_MESSAGE_BYTES_MAX];
    GOD_TRY(get_index(collector->result, frame, &index, err));
    GOD_TRY(get_message(frame, message, err));
    return gdi_result_set_status(collector->result, index, "failed", message, err);
}

static god_status take_excluded(gdi_collector *collector, const json_t *frame, god_error *err)
{
    uint32_t index = 0;
    const char *status = NULL;
    char message[GDI_MESSAGE_BYTES_MAX];
    GOD_TRY(get_index(collector->result, frame, &index, err));
    GOD_TRY(get_name(frame, "status", &status, err));
    GOD_TRY(get_message(frame, message, err));
    if (strcmp(status, "ok") == 0) {
        return god_fail(err, GOD_E_DATA, "%s: a submission is excluded as \"ok\"", where);
    }
    return gdi_result_set_status(collector->result, index, status, message, err);
}

static god_status take_note(gdi_collector *collector, const json_t *frame, god_error *err)
{
    uint32_t index = 0;
    char message[GDI_MESSAGE_BYTES_MAX];
    GOD_TRY(get_index(collector->result, frame, &index, err));
    GOD_TRY(get_message(frame, message, err));
    json_t *notes = json_object_get(gdi_result_submission(collector->result, index), "notes");
    if (json_array_size(notes) == GDI_NOTES_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: a submission has more than %d notes", where, GDI_NOTES_MAX);
    }
    return json_array_append_new(notes, json_string(message)) == 0 ? GOD_OK : fail_memory(err);
}

/* The path is the worker's own naming, "artifacts/INDEX-NAME": anything else could lead out of the job folder. */
static god_status take_artifact(gdi_collector *collector, const json_t *frame, god_error *err)
{
    uint32_t index = 0;
    const char *name = NULL, *path = NULL;
    char expected[GDI_METRIC_NAME_BYTES_MAX + 32];
    GOD_TRY(get_index(collector->result, frame, &index, err));
    GOD_TRY(get_name(frame, "name", &name, err));
    GOD_TRY(god_json_get_str(where, frame, "path", &path, err));
    (void)snprintf(expected, sizeof expected, "artifacts/%u-%s", index, name);
    if (strcmp(path, expected) != 0) {
        return god_fail(err, GOD_E_DATA, "%s: the artifact \"%s\" is at \"%.60s\", not at \"%s\"", where, name, path,
                        expected);
    }
    json_t *artifacts = json_object_get(gdi_result_submission(collector->result, index), "artifacts");
    if (json_object_get(artifacts, name) == NULL && json_object_size(artifacts) == GDI_ARTIFACTS_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: a submission has more than %d artifacts", where, GDI_ARTIFACTS_MAX);
    }
    return json_object_set_new(artifacts, name, json_string(path)) == 0 ? GOD_OK : fail_memory(err);
}

static god_status take_fact(gdi_collector *collector, const json_t *frame, god_error *err)
{
    const char *name = NULL, *value = NULL;
    json_t *facts = collector->result->facts;
    GOD_TRY(get_name(frame, "name", &name, err));
    GOD_TRY(god_json_get_str(where, frame, "value", &value, err));
    if (strlen(value) >= GDI_MESSAGE_BYTES_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: the fact \"%s\" has %zu bytes, %d are allowed", where, name,
                        strlen(value), GDI_MESSAGE_BYTES_MAX - 1);
    }
    if (json_object_get(facts, name) == NULL && json_object_size(facts) == GDI_FACTS_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: there are more than %d facts", where, GDI_FACTS_MAX);
    }
    return json_object_set_new(facts, name, json_string(value)) == 0 ? GOD_OK : fail_memory(err);
}

static god_status take_log(gdi_collector *collector, const json_t *frame, god_error *err)
{
    int64_t level = 0;
    char message[GDI_MESSAGE_BYTES_MAX];
    (void)collector;
    GOD_TRY(god_json_get_int(where, frame, "level", GOD_LOG_DEBUG, GOD_LOG_ERROR, &level, err));
    return get_message(frame, message, err);
}

static god_status take_progress(gdi_collector *collector, const json_t *frame, god_error *err)
{
    int64_t done = 0, total = 0;
    const char *text = NULL;
    (void)collector;
    GOD_TRY(god_json_get_int(where, frame, "done", 0, INT64_MAX, &done, err));
    GOD_TRY(god_json_get_int(where, frame, "total", 0, INT64_MAX, &total, err));
    GOD_TRY(god_json_get_str(where, frame, "unit", &text, err));
    return god_json_get_str(where, frame, "stage", &text, err);
}

static god_status take_part(gdi_collector *collector, const json_t *frame, god_error *err)
{
    return gdi_example_take_part(&collector->result->example, frame, err);
}

static god_status take_tokens(gdi_collector *collector, const json_t *frame, god_error *err)
{
    return gdi_example_take_tokens(&collector->result->example, frame, err);
}

static god_status take_state(gdi_collector *collector, const json_t *frame, god_error *err)
{
    return gdi_example_take_state(&collector->result->example, frame, err);
}

static god_status take_done(gdi_collector *collector, const json_t *frame, god_error *err)
{
    int64_t status = 0;
    GOD_TRY(god_json_get_int(where, frame, "status", INT32_MIN, INT32_MAX, &status, err));
    GOD_TRY(get_message(frame, collector->done_message, err));
    collector->done = 1;
    collector->done_status = (god_status)status;
    return GOD_OK;
}

typedef struct frame_kind {
    const char *name;
    god_status (*take)(gdi_collector *collector, const json_t *frame, god_error *err);
} frame_kind;

static const frame_kind frame_kinds[] = {
    {"metric", take_metric},     {"progress", take_progress},
    {"log", take_log},           {"failed", take_failed},
    {"excluded", take_excluded}, {"note", take_note},
    {"fact", take_fact},         {"artifact", take_artifact},
    {"score", take_score},       {"part", take_part},
    {"tokens", take_tokens},     {"state", take_state},
    {"done", take_done},         {NULL, NULL},
};

static god_status take(gdi_collector *collector, const json_t *frame, god_error *err)
{
    const char *name = NULL;
    if (!json_is_object(frame)) {
        return god_fail(err, GOD_E_DATA, "%s: it is not an object", where);
    }
    if (collector->done) {
        return god_fail(err, GOD_E_DATA, "%s: it comes after the last one", where);
    }
    GOD_TRY(god_json_get_str(where, frame, "frame", &name, err));
    for (const frame_kind *kind = frame_kinds; kind->name != NULL; kind++) {
        if (strcmp(kind->name, name) == 0) {
            return kind->take(collector, frame, err);
        }
    }
    return god_fail(err, GOD_E_DATA, "%s: \"%.40s\" is no kind of frame", where, name);
}

god_status gdi_collect_frame(gdi_collector *collector, const char *frame, json_t **ret_frame, god_error *err)
{
    *ret_frame = NULL;
    GOD_TRY(god_json_parse(where, frame, strlen(frame), ret_frame, err));
    return take(collector, *ret_frame, err);
}

god_status gdi_collect_finish(gdi_collector *collector, god_error *err)
{
    gdi_result *result = collector->result;
    const char *primary = gdi_result_primary(result);
    char message[GDI_MESSAGE_BYTES_MAX];
    (void)snprintf(message, sizeof message, "the plug-in reported no %s for this submission",
                   *primary == '\0' ? "score" : primary);
    for (uint32_t i = 0; i < json_array_size(result->submissions); i++) {
        double value;
        if (!gdi_result_metric(result, i, primary, &value)) {
            GOD_TRY(gdi_result_set_status(result, i, "failed", message, err));
        }
    }
    return GOD_OK;
}
