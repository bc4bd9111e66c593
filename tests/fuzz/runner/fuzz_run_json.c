/* run.json and state.json, which lie in a folder for as long as a training runs: what is accepted keeps its promises.
 */
#include <assert.h>
#include <string.h>

#include "core/runner/spec.h"
#include "god/helpers/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void check_texts(const json_t *list)
{
    size_t i = 0;
    const json_t *item = NULL;
    assert(json_is_array(list));
    json_array_foreach(list, i, item)
    {
        assert(json_is_string(item) && strlen(json_string_value(item)) == json_string_length(item));
    }
}

static void check_below(const char *path)
{
    assert(path[0] != '/' && path[0] != '\0' && strstr(path, "/../") == NULL && strncmp(path, "../", 3) != 0);
    const size_t bytes = strlen(path);
    assert(strcmp(path, "..") != 0 && (bytes < 3 || strcmp(path + bytes - 3, "/..") != 0));
}

static void check_spec(const gdi_run_spec *spec)
{
    assert(spec->run_id[0] != '\0' && strlen(spec->run_id) <= GDI_RUN_ID_BYTES_MAX);
    assert(strchr(spec->run_id, '/') == NULL && strchr(spec->run_id, '.') == NULL);
    assert(spec->source_dir[0] == '/' && spec->cache_dir[0] == '/');
    check_below(spec->dockerfile);
    check_below(spec->output);
    check_texts(spec->argv);
    check_texts(spec->env);
    check_texts(spec->gpu_ids);
    assert(json_is_object(spec->config) && json_is_object(spec->labels));
    assert(json_array_size(spec->sidecars) <= GDI_RUN_SIDECARS_MAX);
    assert(json_array_size(spec->gpu_ids) <= GDI_RUN_GPUS_MAX);
    assert(spec->memory_bytes > 0 && spec->nano_cpus > 0 && spec->shm_bytes > 0 && spec->pids_max > 0);
    assert(spec->disk_bytes_max > 0 && spec->log_bytes_max > 0 && spec->open_files_max > 0);
    assert(spec->time_limit_s > 0 && spec->time_limit_s * 1000000 > 0 && spec->build_time_limit_s > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    gdi_run_spec spec;
    json_t *root = NULL;
    god_error err = GOD_ERROR_INIT;
    if (god_json_parse("run.json", (const char *)data, bytes, &root, &err) != GOD_OK) {
        return 0;
    }
    if (gdi_run_spec_take("run.json", root, &spec, &err) == GOD_OK) {
        check_spec(&spec);
        gdi_run_spec_clear(&spec);
    } else {
        assert(err.message[0] != '\0');
    }
    json_decref(root);
    return 0;
}
