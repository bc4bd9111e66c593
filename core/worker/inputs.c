#include "core/worker/inputs.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "core/host/cache.h"

typedef struct meeting {
    gdi_inputs *inputs;
    const gdi_job *job;
    gdi_services *services;
    const char *work_dir;
    god_error *err;
} meeting;

static god_status measure(const char *path, char ret_hex[GOD_SHA256_HEX], god_error *err)
{
    struct stat info;
    if (stat(path, &info) != 0) {
        return god_fail_errno(err, GOD_E_NOT_FOUND, "cannot open \"%s\"", path);
    }
    return S_ISDIR(info.st_mode) ? god_sha256_dir(path, ret_hex, err) : god_sha256_file(path, ret_hex, err);
}

static god_status download(meeting *m, const char *uri, const char *sha256, const char *destination, god_error *err)
{
    const god_http_request request = {
        .size = GOD_SIZE_TO(god_http_request, time_limit_ms), .url = uri, .destination = destination, .sha256 = sha256};
    if (m->services->http == NULL) {
        return god_fail(err, GOD_E_INVALID, "the task needs a download, and this job may not use the network");
    }
    gdi_services_progress(m->services, "downloading");
    return gdi_http_download(m->services->http, &request, err);
}

typedef struct fetch {
    meeting *meeting;
    const god_need *need;
} fetch;

static god_status fetch_into(void *user, const char *staging_dir, god_error *err)
{
    const fetch *f = user;
    char path[GOD_PATH_MAX];
    GOD_TRY(god_path_join(staging_dir, "content", path, err));
    return download(f->meeting, f->need->uri, f->need->sha256, path, err);
}

static uint32_t stop_asked(void *user)
{
    const fetch *f = user;
    return f->meeting->services->host.cancelled(f->meeting->services->host.ctx);
}

/* A download with a digest is the same for everybody; one without is this job's own. */
static god_status fetch_need(meeting *m, const god_need *need, char ret_path[GOD_PATH_MAX], god_error *err)
{
    char dir[GOD_PATH_MAX];
    if (need->sha256 == NULL) {
        char name[GDI_JOB_ID_BYTES_MAX + 16];
        (void)snprintf(name, sizeof name, "input-%u", m->inputs->count);
        GOD_TRY(god_path_join(m->work_dir, name, ret_path, err));
        return download(m, need->uri, NULL, ret_path, err);
    }
    fetch f = {.meeting = m, .need = need};
    const gdi_cache_maker maker = {.user = &f, .make = fetch_into, .stop_asked = stop_asked};
    GOD_TRY(gdi_cache_get(m->job->cache_dir, "downloads", need->sha256, &maker, dir, err));
    return god_path_join(dir, "content", ret_path, err);
}

static god_status find_path(meeting *m, const god_need *need, gdi_met_need *met, god_error *err)
{
    static const char file_scheme[] = "file://";
    for (uint32_t i = 0; i < m->job->input_count; i++) {
        const gdi_job_input *input = &m->job->inputs[i];
        if (strcmp(input->key, need->key) == 0) {
            (void)snprintf(met->path, sizeof met->path, "%s", input->path);
            (void)snprintf(met->sha256, sizeof met->sha256, "%s", input->sha256 == NULL ? "" : input->sha256);
            return GOD_OK;
        }
    }
    if (need->uri == NULL) {
        return god_fail(err, GOD_E_INVALID, "the task needs the input \"%s\", and the job has none", need->key);
    }
    if (strncmp(need->uri, file_scheme, sizeof file_scheme - 1) == 0) {
        (void)snprintf(met->path, sizeof met->path, "%s", need->uri + sizeof file_scheme - 1);
        return GOD_OK;
    }
    if (strncmp(need->uri, "http://", 7) == 0 || strncmp(need->uri, "https://", 8) == 0) {
        return fetch_need(m, need, met->path, err);
    }
    return god_fail(err, GOD_E_UNSUPPORTED, "the input \"%s\" must be supplied: \"%.*s\" cannot be fetched", need->key,
                    (int)strcspn(need->uri, "?#"), need->uri);
}

static god_status check_need(const gdi_inputs *inputs, const god_need *need, god_error *err)
{
    if (need == NULL || !GOD_HAS(need, god_need, sha256) || need->key == NULL || need->key[0] == '\0' ||
        strlen(need->key) > GDI_JOB_ID_BYTES_MAX) {
        return god_fail(err, GOD_E_INTERNAL, "the plug-in needs an input without a proper name");
    }
    if (inputs->count == GDI_JOB_INPUTS_MAX) {
        return god_fail(err, GOD_E_INTERNAL, "the plug-in needs more than %d inputs", GDI_JOB_INPUTS_MAX);
    }
    for (uint32_t i = 0; i < inputs->count; i++) {
        if (strcmp(inputs->met[i]->key, need->key) == 0) {
            return god_fail(err, GOD_E_INTERNAL, "the plug-in needs the input \"%s\" twice", need->key);
        }
    }
    return GOD_OK;
}

static god_status meet(meeting *m, const god_need *need, gdi_met_need *met, god_error *err)
{
    (void)snprintf(met->key, sizeof met->key, "%s", need->key);
    GOD_TRY(find_path(m, need, met, err));
    if (met->sha256[0] == '\0') {
        GOD_TRY(measure(met->path, met->sha256, err));
    }
    if (need->sha256 != NULL && strcmp(need->sha256, met->sha256) != 0) {
        return god_fail(err, GOD_E_DATA, "the input \"%s\" has the digest %.12s..., the task names %.12s...", need->key,
                        met->sha256, need->sha256);
    }
    met->input =
        (god_input){.size = GOD_SIZE_TO(god_input, sha256), .key = met->key, .path = met->path, .sha256 = met->sha256};
    return GOD_OK;
}

static god_status take_need(void *user, const god_need *need)
{
    meeting *m = user;
    gdi_inputs *inputs = m->inputs;
    GOD_TRY(check_need(inputs, need, m->err));
    gdi_met_need *met = calloc(1, sizeof *met);
    if (met == NULL) {
        return god_fail(m->err, GOD_E_NOMEM, "out of memory for the input \"%s\"", need->key);
    }
    god_status status = meet(m, need, met, m->err);
    if (status != GOD_OK) {
        free(met);
        return status;
    }
    inputs->met[inputs->count] = met;
    inputs->pointers[inputs->count] = &met->input;
    inputs->count++;
    return GOD_OK;
}

god_status gdi_inputs_meet(gdi_inputs *inputs, const gdi_job *job, const gdi_plugin *plugin, god_instance *instance,
                           gdi_services *services, const char *work_dir, god_error *err)
{
    meeting m = {.inputs = inputs, .job = job, .services = services, .work_dir = work_dir, .err = err};
    GOD_TRY(plugin->dataset.needs(instance, job->spec_json, &m, take_need, err));
    inputs->inputs =
        (god_inputs){.size = GOD_SIZE_TO(god_inputs, items), .count = inputs->count, .items = inputs->pointers};
    return GOD_OK;
}
