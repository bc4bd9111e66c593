#include "core/training/request.h"

#include <math.h>
#include <stdlib.h>

#include "god/helpers/file.h"
#include "god/helpers/json.h"

#define TRAINING_DATA "training_data"

/* A string that is not empty, not too long and on one line. */
static god_status check_text(const char *where, const char *key, const char *value, size_t bytes_max, god_error *err)
{
    if (value == NULL) {
        return GOD_OK;
    }
    if (*value == '\0') {
        return god_fail(err, GOD_E_INVALID, "%s: \"%s\" is empty", where, key);
    }
    if (strlen(value) > bytes_max) {
        return god_fail(err, GOD_E_INVALID, "%s: \"%s\" has %zu bytes, %zu are allowed", where, key, strlen(value),
                        bytes_max);
    }
    for (const char *c = value; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f) {
            return god_fail(err, GOD_E_INVALID, "%s: \"%s\" has a control character", where, key);
        }
    }
    return GOD_OK;
}

/* Names that become parts of paths and of container names. */
static god_status check_name(const char *where, const char *key, const char *value, god_error *err)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    GOD_TRY(check_text(where, key, value, GDI_REQUEST_NAME_BYTES_MAX, err));
    if (value == NULL || (value[strspn(value, allowed)] == '\0' && strstr(value, "..") == NULL)) {
        return GOD_OK;
    }
    return god_fail(err, GOD_E_INVALID,
                    "%s: \"%s\" is \"%.100s\": only letters, digits, \".\", \"_\" and \"-\" are allowed, \"..\" is not",
                    where, key, value);
}

static god_status read_hours(gdi_start_request *request, god_error *err)
{
    GOD_TRY(
        god_json_get_num(TRAINING_DATA, request->training_data, "hours_to_complete", &request->hours_to_complete, err));
    if (!(request->hours_to_complete >= 0.0 && request->hours_to_complete <= GDI_REQUEST_HOURS_MAX)) {
        return god_fail(err, GOD_E_INVALID, TRAINING_DATA ": \"hours_to_complete\" is %g, 0 to %d is needed",
                        request->hours_to_complete, GDI_REQUEST_HOURS_MAX);
    }
    return GOD_OK;
}

static god_status read_training_data(gdi_start_request *request, god_error *err)
{
    json_t *data = request->training_data, *stats = NULL;
    GOD_TRY(god_json_get_str(TRAINING_DATA, data, "task_id", &request->task_id, err));
    GOD_TRY(god_json_get_str(TRAINING_DATA, data, "model", &request->model, err));
    GOD_TRY(god_json_opt_str(TRAINING_DATA, data, "expected_repo_name", &request->expected_repo_name, err));
    GOD_TRY(god_json_opt_object(TRAINING_DATA, data, "baseline_stats", &stats, err));
    request->baseline_stats = stats;
    GOD_TRY(check_name(TRAINING_DATA, "task_id", request->task_id, err));
    GOD_TRY(check_text(TRAINING_DATA, "model", request->model, GDI_REQUEST_TEXT_BYTES_MAX, err));
    GOD_TRY(check_name(TRAINING_DATA, "expected_repo_name", request->expected_repo_name, err));
    return read_hours(request, err);
}

static god_status read_gpu_ids(const char *where, gdi_start_request *request, god_error *err)
{
    json_t *list = NULL;
    GOD_TRY(god_json_get_array(where, request->root, "gpu_ids", &list, err));
    size_t count = json_array_size(list);
    if (count == 0 || count > GDI_REQUEST_GPUS_MAX) {
        return god_fail(err, GOD_E_INVALID, "%s: \"gpu_ids\" has %zu entries, 1 to %d are needed", where, count,
                        GDI_REQUEST_GPUS_MAX);
    }
    for (uint32_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(list, i);
        json_int_t id = json_integer_value(item);
        if (!json_is_integer(item) || id < 0 || id > GDI_REQUEST_GPU_ID_MAX) {
            return god_fail(err, GOD_E_INVALID, "%s: entry %u of \"gpu_ids\" is no whole number from 0 to %d", where,
                            i + 1, GDI_REQUEST_GPU_ID_MAX);
        }
        for (uint32_t k = 0; k < i; k++) {
            if (request->gpu_ids[k] == (uint32_t)id) {
                return god_fail(err, GOD_E_INVALID, "%s: \"gpu_ids\" names %u twice", where, (uint32_t)id);
            }
        }
        request->gpu_ids[i] = (uint32_t)id;
    }
    request->gpu_count = (uint32_t)count;
    return GOD_OK;
}

static god_status read_datasets(const char *where, gdi_start_request *request, god_error *err)
{
    json_t *list = NULL;
    GOD_TRY(god_json_opt_array(where, request->root, "requested_datasets", &list, err));
    if (json_array_size(list) > GDI_REQUEST_DATASETS_MAX) {
        return god_fail(err, GOD_E_INVALID, "%s: \"requested_datasets\" has %zu entries, %d are allowed", where,
                        json_array_size(list), GDI_REQUEST_DATASETS_MAX);
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *id = json_string_value(json_array_get(list, i));
        if (id == NULL) {
            return god_fail(err, GOD_E_INVALID, "%s: entry %zu of \"requested_datasets\" is no string", where, i + 1);
        }
        GOD_TRY(check_text(where, "requested_datasets", id, GDI_REQUEST_TEXT_BYTES_MAX, err));
    }
    request->requested_datasets = list;
    return GOD_OK;
}

static god_status read_members(const char *where, gdi_start_request *request, god_error *err)
{
    const json_t *root = request->root;
    GOD_TRY(god_json_get_object(where, root, TRAINING_DATA, &request->training_data, err));
    GOD_TRY(god_json_get_str(where, root, "github_repo", &request->github_repo, err));
    GOD_TRY(god_json_get_str(where, root, "hotkey", &request->hotkey, err));
    GOD_TRY(god_json_opt_str(where, root, "github_commit_hash", &request->github_commit_hash, err));
    GOD_TRY(god_json_opt_str(where, root, "github_token", &request->github_token, err));
    GOD_TRY(check_text(where, "github_repo", request->github_repo, GDI_REQUEST_TEXT_BYTES_MAX, err));
    GOD_TRY(check_name(where, "hotkey", request->hotkey, err));
    GOD_TRY(check_name(where, "github_commit_hash", request->github_commit_hash, err));
    GOD_TRY(check_text(where, "github_token", request->github_token, GDI_REQUEST_TEXT_BYTES_MAX, err));
    GOD_TRY(read_gpu_ids(where, request, err));
    GOD_TRY(read_datasets(where, request, err));
    return read_training_data(request, err);
}

god_status gdi_start_request_parse(const char *where, const char *text, size_t bytes, gdi_start_request *ret_request,
                                   god_error *err)
{
    gdi_start_request request = {.root = NULL};
    if (bytes > GDI_REQUEST_BYTES_MAX) {
        return god_fail(err, GOD_E_INVALID, "%s: %zu bytes, a request has at most %d", where, bytes,
                        GDI_REQUEST_BYTES_MAX);
    }
    god_status status = god_json_parse(where, text, bytes, &request.root, err);
    if (status == GOD_OK) {
        status = json_is_object(request.root) ? read_members(where, &request, err)
                                              : god_fail(err, GOD_E_INVALID, "%s: an object is needed", where);
    }
    if (status != GOD_OK) {
        gdi_start_request_clear(&request);
        if (status == GOD_E_DATA) { /* the JSON helpers blame data; here the data is the caller's request */
            status = GOD_E_INVALID;
            if (err != NULL) {
                err->code = GOD_E_INVALID;
            }
        }
        return status;
    }
    *ret_request = request;
    return GOD_OK;
}

god_status gdi_start_request_read(const char *path, gdi_start_request *ret_request, god_error *err)
{
    char *text = NULL;
    size_t bytes = 0;
    GOD_TRY(god_file_read(path, GDI_REQUEST_BYTES_MAX, &text, &bytes, err));
    god_status status = gdi_start_request_parse(path, text, bytes, ret_request, err);
    free(text);
    return status;
}

void gdi_start_request_clear(gdi_start_request *request)
{
    json_decref(request->root);
    *request = (gdi_start_request){.root = NULL};
}
