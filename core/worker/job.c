#include "core/worker/job.h"

#include <stdlib.h>

#include "god/helpers/file.h"
#include "god/helpers/json.h"

enum { version = 1, grace_ms_default = 10 * 1000 };

static god_status check_path(const char *where, const char *name, const char *path, god_error *err)
{
    if (path[0] != '/' || strlen(path) >= GOD_PATH_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: \"%s\" is \"%.100s\", an absolute path of at most %d bytes is needed",
                        where, name, path, GOD_PATH_MAX - 1);
    }
    return GOD_OK;
}

/* Names that people see and that become parts of file names: 1 to 128 bytes, no control characters, no slash. */
static god_status check_id(const char *where, const char *name, const char *id, god_error *err)
{
    size_t bytes = strlen(id);
    int fine = bytes > 0 && bytes <= GDI_JOB_ID_BYTES_MAX && id[0] != '.';
    for (size_t i = 0; fine && i < bytes; i++) {
        unsigned char c = (unsigned char)id[i];
        fine = c >= ' ' && c != 0x7f && c != '/';
    }
    if (!fine) {
        return god_fail(err, GOD_E_DATA,
                        "%s: \"%s\" is \"%.100s\", 1 to %d bytes without slash, control character or leading dot are "
                        "needed",
                        where, name, id, GDI_JOB_ID_BYTES_MAX);
    }
    return GOD_OK;
}

static god_status check_sha256(const char *where, const char *name, const char *hex, god_error *err)
{
    if (strlen(hex) != 64 || strspn(hex, "0123456789abcdef") != 64) {
        return god_fail(err, GOD_E_DATA, "%s: \"%s\" is \"%.80s\", 64 lower-case hex digits are needed", where, name,
                        hex);
    }
    return GOD_OK;
}

static god_status get_path(const char *where, const json_t *object, const char *key, const char **ret, god_error *err)
{
    const char *path = NULL;
    GOD_TRY(god_json_get_str(where, object, key, &path, err));
    GOD_TRY(check_path(where, key, path, err));
    *ret = path;
    return GOD_OK;
}

static god_status opt_path(const char *where, const json_t *object, const char *key, const char **ret, god_error *err)
{
    const char *path = NULL;
    GOD_TRY(god_json_opt_str(where, object, key, &path, err));
    if (path != NULL) {
        GOD_TRY(check_path(where, key, path, err));
        *ret = path;
    }
    return GOD_OK;
}

static god_status opt_uint(const char *where, const json_t *object, const char *key, int64_t lowest, int64_t highest,
                           uint64_t *ret, god_error *err)
{
    int64_t value = (int64_t)*ret;
    GOD_TRY(god_json_opt_int(where, object, key, lowest, highest, &value, err));
    *ret = (uint64_t)value;
    return GOD_OK;
}

static god_status opt_u32(const char *where, const json_t *object, const char *key, int64_t lowest, int64_t highest,
                          uint32_t *ret, god_error *err)
{
    int64_t value = *ret;
    GOD_TRY(god_json_opt_int(where, object, key, lowest, highest, &value, err));
    *ret = (uint32_t)value;
    return GOD_OK;
}

typedef struct word {
    const char *text;
    uint32_t value;
} word;

/* `... is "train", "evaluate", "check" or "explain" is needed`. */
static god_status fail_word(const char *where, const char *key, const char *text, const word *words, god_error *err)
{
    char list[200] = "";
    size_t used = 0;
    for (const word *w = words; w->text != NULL; w++) {
        const char *between = w == words ? "" : w[1].text == NULL ? " or " : ", ";
        used += (size_t)snprintf(list + used, sizeof list - used, "%s\"%s\"", between, w->text);
    }
    return god_fail(err, GOD_E_DATA, "%s: \"%s\" is \"%.60s\", %s is needed", where, key, text, list);
}

static god_status opt_word(const char *where, const json_t *object, const char *key, const word *words, uint32_t *ret,
                           god_error *err)
{
    const char *text = NULL;
    GOD_TRY(god_json_opt_str(where, object, key, &text, err));
    if (text == NULL) {
        return GOD_OK;
    }
    for (const word *w = words; w->text != NULL; w++) {
        if (strcmp(text, w->text) == 0) {
            *ret = w->value;
            return GOD_OK;
        }
    }
    return fail_word(where, key, text, words, err);
}

static god_status read_plugin(const char *where, gdi_job *job, god_error *err)
{
    json_t *plugin = NULL, *config = NULL;
    GOD_TRY(god_json_get_object(where, job->root, "plugin", &plugin, err));
    GOD_TRY(get_path(where, plugin, "path", &job->plugin_path, err));
    GOD_TRY(god_json_get_str(where, plugin, "id", &job->plugin_id, err));
    GOD_TRY(check_id(where, "id", job->plugin_id, err));
    GOD_TRY(god_json_opt_str(where, plugin, "sha256", &job->plugin_sha256, err));
    if (job->plugin_sha256 != NULL) {
        GOD_TRY(check_sha256(where, "sha256", job->plugin_sha256, err));
    }
    GOD_TRY(god_json_opt_object(where, plugin, "config", &config, err));
    job->plugin_config = config == NULL ? strdup("{}") : json_dumps(config, JSON_COMPACT);
    return job->plugin_config != NULL ? GOD_OK : god_fail(err, GOD_E_NOMEM, "%s: out of memory", where);
}

static god_status read_spec(const char *where, gdi_job *job, god_error *err)
{
    json_t *spec = NULL;
    GOD_TRY(god_json_get_object(where, job->root, "spec", &spec, err));
    job->task_type = "";
    GOD_TRY(god_json_opt_str(where, spec, "task_type", &job->task_type, err));
    job->spec_json = json_dumps(spec, JSON_COMPACT | JSON_REAL_PRECISION(17));
    if (job->spec_json == NULL) {
        return god_fail(err, GOD_E_NOMEM, "%s: out of memory", where);
    }
    if (strlen(job->spec_json) > GDI_JOB_SPEC_BYTES_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: \"spec\" has %zu bytes, %d are allowed", where, strlen(job->spec_json),
                        GDI_JOB_SPEC_BYTES_MAX);
    }
    return GOD_OK;
}

static god_status read_inputs(const char *where, gdi_job *job, god_error *err)
{
    json_t *inputs = NULL, *digests = NULL;
    GOD_TRY(god_json_opt_object(where, job->root, "inputs", &inputs, err));
    GOD_TRY(god_json_opt_object(where, job->root, "input_sha256", &digests, err));
    size_t count = json_object_size(inputs);
    if (count > GDI_JOB_INPUTS_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: \"inputs\" has %zu entries, %d are allowed", where, count,
                        GDI_JOB_INPUTS_MAX);
    }
    job->inputs = calloc(count + 1, sizeof *job->inputs);
    if (job->inputs == NULL) {
        return god_fail(err, GOD_E_NOMEM, "%s: out of memory", where);
    }
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(inputs, key, value)
    {
        gdi_job_input *input = &job->inputs[job->input_count++];
        input->key = key;
        GOD_TRY(check_id(where, "inputs", key, err));
        GOD_TRY(get_path(where, inputs, key, &input->path, err));
        if (digests != NULL) {
            GOD_TRY(god_json_opt_str(where, digests, key, &input->sha256, err));
        }
        if (input->sha256 != NULL) {
            GOD_TRY(check_sha256(where, key, input->sha256, err));
        }
    }
    return GOD_OK;
}

static god_status check_distinct(const char *where, const gdi_job *job, god_error *err)
{
    json_t *seen = json_object();
    god_status status = seen == NULL ? god_fail(err, GOD_E_NOMEM, "%s: out of memory", where) : GOD_OK;
    for (uint32_t i = 0; status == GOD_OK && i < job->submission_count; i++) {
        const char *id = job->submissions[i].id;
        if (json_object_get(seen, id) != NULL) {
            status = god_fail(err, GOD_E_DATA, "%s: two submissions have the id \"%s\"", where, id);
        } else if (json_object_set_new(seen, id, json_true()) != 0) {
            status = god_fail(err, GOD_E_NOMEM, "%s: out of memory", where);
        }
    }
    json_decref(seen);
    return status;
}

static god_status read_submissions(const char *where, gdi_job *job, god_error *err)
{
    json_t *submissions = NULL;
    GOD_TRY(god_json_opt_array(where, job->root, "submissions", &submissions, err));
    size_t count = json_array_size(submissions);
    if (count > GDI_JOB_SUBMISSIONS_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: \"submissions\" has %zu entries, %d are allowed", where, count,
                        GDI_JOB_SUBMISSIONS_MAX);
    }
    job->submissions = calloc(count + 1, sizeof *job->submissions);
    if (job->submissions == NULL) {
        return god_fail(err, GOD_E_NOMEM, "%s: out of memory", where);
    }
    for (size_t i = 0; i < count; i++) {
        const json_t *entry = json_array_get(submissions, i);
        gdi_job_submission *submission = &job->submissions[i];
        char place[64];
        (void)snprintf(place, sizeof place, "%.30s: submission %zu", where, i);
        if (!json_is_object(entry)) {
            return god_fail(err, GOD_E_DATA, "%s is not an object", place);
        }
        GOD_TRY(god_json_get_str(place, entry, "id", &submission->id, err));
        GOD_TRY(check_id(place, "id", submission->id, err));
        GOD_TRY(get_path(place, entry, "model_dir", &submission->model_dir, err));
        job->submission_count++;
    }
    return check_distinct(where, job, err);
}

static god_status read_limits(const char *where, gdi_job *job, god_error *err)
{
    static const word devices[] = {{"cpu", GOD_DEV_CPU}, {"cuda", GOD_DEV_CUDA}, {NULL, 0}};
    static const word precisions[] = {{"f32", GOD_PRECISION_F32}, {"bf16", GOD_PRECISION_BF16}, {NULL, 0}};
    const json_t *root = job->root;
    int64_t index = 0;
    job->device = GOD_DEV_CPU;
    job->precision = GOD_PRECISION_F32;
    job->threads = 1;
    job->grace_ms = grace_ms_default;
    GOD_TRY(opt_word(where, root, "device", devices, &job->device, err));
    GOD_TRY(opt_word(where, root, "precision", precisions, &job->precision, err));
    GOD_TRY(god_json_opt_int(where, root, "device_index", 0, 1023, &index, err));
    job->device_index = (int32_t)index;
    GOD_TRY(opt_u32(where, root, "threads", 1, GDI_JOB_THREADS_MAX, &job->threads, err));
    GOD_TRY(opt_u32(where, root, "batch_tokens_max", 0, UINT32_MAX, &job->batch_tokens_max, err));
    GOD_TRY(opt_u32(where, root, "seq_len_max", 0, UINT32_MAX, &job->seq_len_max, err));
    GOD_TRY(opt_uint(where, root, "seed", 0, INT64_MAX, &job->seed, err));
    GOD_TRY(opt_uint(where, root, "device_bytes_max", 0, INT64_MAX, &job->device_bytes_max, err));
    GOD_TRY(opt_uint(where, root, "time_limit_ms", 0, INT64_MAX / 4, &job->time_limit_ms, err));
    return opt_uint(where, root, "grace_ms", 0, INT64_MAX / 4, &job->grace_ms, err);
}

static god_status read_http(const char *where, gdi_job *job, god_error *err)
{
    json_t *http = NULL, *allow = NULL;
    GOD_TRY(god_json_opt_object(where, job->root, "http", &http, err));
    if (http == NULL) {
        return GOD_OK;
    }
    GOD_TRY(god_json_get_array(where, http, "allow", &allow, err));
    for (size_t i = 0; i < json_array_size(allow); i++) {
        if (!json_is_string(json_array_get(allow, i))) {
            return god_fail(err, GOD_E_DATA, "%s: \"allow\" has an entry that is not a string", where);
        }
    }
    job->http_allow = allow;
    GOD_TRY(opt_uint(where, http, "bytes_max", 0, INT64_MAX, &job->http_bytes_max, err));
    return opt_uint(where, http, "time_limit_ms", 0, INT64_MAX / 4, &job->http_time_limit_ms, err);
}

static god_status read_all(const char *where, gdi_job *job, god_error *err)
{
    static const word operations[] = {{"evaluate", GDI_OPERATION_EVALUATE},
                                      {"check", GDI_OPERATION_CHECK},
                                      {"explain", GDI_OPERATION_EXPLAIN},
                                      {"intake", GDI_OPERATION_INTAKE},
                                      {NULL, 0}};
    int64_t found_version = 0;
    json_t *digests = NULL;
    if (!json_is_object(job->root)) {
        return god_fail(err, GOD_E_DATA, "%s is not a JSON object", where);
    }
    GOD_TRY(god_json_get_int(where, job->root, "version", version, version, &found_version, err));
    GOD_TRY(god_json_get_str(where, job->root, "id", &job->id, err));
    GOD_TRY(check_id(where, "id", job->id, err));
    GOD_TRY(opt_word(where, job->root, "operation", operations, &job->operation, err));
    if (job->operation == 0) {
        return god_fail(err, GOD_E_DATA, "%s: \"operation\" is missing", where);
    }
    GOD_TRY(read_plugin(where, job, err));
    GOD_TRY(read_spec(where, job, err));
    GOD_TRY(read_inputs(where, job, err));
    GOD_TRY(read_submissions(where, job, err));
    GOD_TRY(read_limits(where, job, err));
    GOD_TRY(read_http(where, job, err));
    GOD_TRY(opt_path(where, job->root, "base_model_dir", &job->base_model_dir, err));
    GOD_TRY(opt_path(where, job->root, "nn_dir", &job->nn_dir, err));
    GOD_TRY(god_json_opt_object(where, job->root, "digests", &digests, err));
    job->digests = digests;
    job->cache_dir = "";
    job->row = 1;
    GOD_TRY(opt_uint(where, job->root, "row", 1, INT64_MAX, &job->row, err));
    if (job->operation == GDI_OPERATION_EVALUATE || job->operation == GDI_OPERATION_EXPLAIN) {
        return get_path(where, job->root, "cache_dir", &job->cache_dir, err);
    }
    return opt_path(where, job->root, "cache_dir", &job->cache_dir, err);
}

god_status gdi_job_from_json_take(const char *where, json_t *root, gdi_job *ret_job, god_error *err)
{
    gdi_job job = {.root = root};
    god_status status = read_all(where, &job, err);
    if (status != GOD_OK) {
        gdi_job_clear(&job);
        return status;
    }
    *ret_job = job;
    return GOD_OK;
}

god_status gdi_job_parse(const char *where, const char *text, size_t bytes, gdi_job *ret_job, god_error *err)
{
    json_t *root = NULL;
    if (bytes > GDI_JOB_BYTES_MAX) {
        return god_fail(err, GOD_E_DATA, "%s has %zu bytes, %d are allowed", where, bytes, GDI_JOB_BYTES_MAX);
    }
    GOD_TRY(god_json_parse(where, text, bytes, &root, err));
    return gdi_job_from_json_take(where, root, ret_job, err);
}

god_status gdi_job_read(const char *path, gdi_job *ret_job, god_error *err)
{
    char *text = NULL;
    size_t bytes = 0;
    GOD_TRY(god_file_read(path, GDI_JOB_BYTES_MAX, &text, &bytes, err));
    god_status status = gdi_job_parse("job.json", text, bytes, ret_job, err);
    free(text);
    return status;
}

god_status gdi_job_write(const char *path, const gdi_job *job, god_error *err)
{
    return god_json_write(path, job->root, err);
}

god_status gdi_job_part(const gdi_job *job, uint32_t first, uint32_t count, gdi_job *ret_part, god_error *err)
{
    char id[GDI_JOB_ID_BYTES_MAX + 1];
    (void)snprintf(id, sizeof id, "%.90s.%u-%u", job->id, first, first + count - 1);
    json_t *root = json_copy(job->root);
    json_t *slice = json_array();
    int failed = root == NULL || slice == NULL;
    for (uint32_t i = first; !failed && i < first + count; i++) {
        failed = json_array_append(slice, json_array_get(json_object_get(job->root, "submissions"), i)) != 0;
    }
    failed = failed || json_object_set(root, "submissions", slice) != 0 ||
             json_object_set_new(root, "id", json_string(id)) != 0;
    json_decref(slice);
    if (failed) {
        json_decref(root);
        return god_fail(err, GOD_E_NOMEM, "out of memory while splitting job \"%s\"", job->id);
    }
    return gdi_job_from_json_take("job.json", root, ret_part, err);
}

void gdi_job_clear(gdi_job *job)
{
    free(job->spec_json);
    free(job->plugin_config);
    free(job->inputs);
    free(job->submissions);
    json_decref(job->root);
    *job = (gdi_job){.root = NULL};
}
