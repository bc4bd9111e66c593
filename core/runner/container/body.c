#include "core/runner/container/body.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "god/helpers/text.h"

static const char checkpoints_target[] = "/app/checkpoints/", cache_target[] = "/cache";
enum { cpu_period_us = 100000 };

static json_t *labels_of(const gdi_run_spec *spec)
{
    json_t *labels = json_deep_copy(spec->labels);
    if (labels != NULL) {
        (void)json_object_set_new(labels, "god.run", json_string(spec->run_id));
    }
    return labels;
}

static json_t *server_urls_variable(const char *urls)
{
    return json_sprintf("ENVIRONMENT_SERVER_URLS=%s", urls);
}

/* The address of sidecar `number`; 0 when there is none of that number. */
static size_t find_url(const char *urls, unsigned long number, const char **ret_url)
{
    for (; number > 0 && *urls != '\0'; number--) {
        urls += strcspn(urls, ",");
        urls += *urls == ',';
    }
    *ret_url = urls;
    return strcspn(urls, ",");
}

/* A word of the command line with "{server:0}" replaced by the address of the first sidecar, and so on. */
static json_t *word_with_servers(const char *word, const char *urls)
{
    static const char mark[] = "{server:";
    god_text text = GOD_TEXT_INIT;
    god_status status = GOD_OK;
    for (const char *at = word; status == GOD_OK && *at != '\0';) {
        const char *found = strstr(at, mark), *url = NULL;
        char *end = NULL;
        unsigned long number = found == NULL ? 0 : strtoul(found + sizeof mark - 1, &end, 10);
        size_t url_bytes = found == NULL || *end != '}' ? 0 : find_url(urls, number, &url);
        size_t plain = found == NULL ? strlen(at) : url_bytes == 0 ? (size_t)(found - at) + 1 : (size_t)(found - at);
        status = god_text_append(&text, at, plain, NULL);
        at += plain;
        if (status == GOD_OK && url_bytes > 0) {
            status = god_text_append(&text, url, url_bytes, NULL);
            at = end + 1;
        }
    }
    json_t *value = status != GOD_OK ? NULL : json_stringn(text.data == NULL ? "" : text.data, text.bytes);
    god_text_free(&text);
    return value;
}

static json_t *command_of(const gdi_body *body)
{
    const json_t *argv = body->spec->argv, *word = NULL;
    size_t i = 0;
    if (body->server_urls == NULL) {
        return json_incref((json_t *)(uintptr_t)argv);
    }
    json_t *list = json_array();
    json_array_foreach(argv, i, word)
    {
        if (json_array_append_new(list, word_with_servers(json_string_value(word), body->server_urls)) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *env_list(const gdi_body *body)
{
    json_t *env = json_copy((json_t *)(uintptr_t)body->spec->env);
    if (env != NULL && body->server_urls != NULL) {
        (void)json_array_append_new(env, server_urls_variable(body->server_urls));
    }
    return env;
}

/* "NAME=value" as {"NAME": "value"}. */
static json_t *env_object(const gdi_body *body)
{
    json_t *list = env_list(body), *object = json_object();
    size_t i = 0;
    const json_t *item = NULL;
    json_array_foreach(list, i, item)
    {
        char name[256];
        const char *text = json_string_value(item), *equal = strchr(text, '=');
        if (equal != NULL && (size_t)(equal - text) < sizeof name) {
            memcpy(name, text, (size_t)(equal - text));
            name[equal - text] = '\0';
            (void)json_object_set_new(object, name, json_string(equal + 1));
        }
    }
    json_decref(list);
    return object;
}

static json_t *docker_ulimits(const gdi_body *body)
{
    json_t *list = json_pack("[{s:s, s:I, s:I}]", "Name", "nofile", "Soft", (json_int_t)body->spec->open_files_max,
                             "Hard", (json_int_t)body->spec->open_files_max);
    if (list != NULL && body->processes_rlimit > 0) {
        (void)json_array_append_new(list, json_pack("{s:s, s:I, s:I}", "Name", "nproc", "Soft",
                                                    (json_int_t)body->processes_rlimit, "Hard",
                                                    (json_int_t)body->processes_rlimit));
    }
    return list;
}

static json_t *docker_gpus(const gdi_run_spec *spec)
{
    if (json_array_size(spec->gpu_ids) == 0) {
        return json_array();
    }
    return json_pack("[{s:s, s:i, s:O, s:[[s]], s:{}}]", "Driver", "", "Count", 0, "DeviceIDs", spec->gpu_ids,
                     "Capabilities", "gpu", "Options");
}

json_t *gdi_body_docker(const gdi_body *body)
{
    const gdi_run_spec *spec = body->spec;
    json_t *host = json_pack(
        "{s:I, s:I, s:I, s:I, s:o, s:o, s:[o,o], s:[s], s:[s], s:s, s:{s:s, s:{s:s, s:s}}}", "Memory",
        (json_int_t)spec->memory_bytes, "NanoCpus", (json_int_t)spec->nano_cpus, "ShmSize", (json_int_t)spec->shm_bytes,
        "PidsLimit", (json_int_t)spec->pids_max, "Ulimits", docker_ulimits(body), "DeviceRequests", docker_gpus(spec),
        "Binds", json_sprintf("%s:%s:rw", body->checkpoints_dir, checkpoints_target),
        json_sprintf("%s:%s:ro", spec->cache_dir, cache_target), "SecurityOpt", "no-new-privileges", "CapDrop", "ALL",
        "NetworkMode", body->network, "LogConfig", "Type", "json-file", "Config", "max-size", "256m", "max-file", "1");
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:{s:{s:{}}}}", "Image", body->image, "Cmd", command_of(body), "Env",
                     env_list(body), "Labels", labels_of(spec), "HostConfig", host, "NetworkingConfig",
                     "EndpointsConfig", body->network);
}

static json_t *podman_mounts(const gdi_body *body)
{
    return json_pack("[{s:s, s:s, s:s, s:[s,s]}, {s:s, s:s, s:s, s:[s,s]}]", "destination", checkpoints_target,
                     "source", body->checkpoints_dir, "type", "bind", "options", "rw", "rbind", "destination",
                     cache_target, "source", body->spec->cache_dir, "type", "bind", "options", "ro", "rbind");
}

static json_t *podman_limits(const gdi_run_spec *spec)
{
    return json_pack("{s:{s:I, s:I}, s:{s:I, s:i}, s:{s:I}}", "memory", "limit", (json_int_t)spec->memory_bytes, "swap",
                     (json_int_t)spec->memory_bytes, "cpu", "quota",
                     (json_int_t)(spec->nano_cpus / (1000000000 / cpu_period_us)), "period", cpu_period_us, "pids",
                     "limit", (json_int_t)spec->pids_max);
}

static json_t *podman_rlimits(const gdi_body *body)
{
    json_t *list = json_pack("[{s:s, s:I, s:I}]", "type", "NOFILE", "soft", (json_int_t)body->spec->open_files_max,
                             "hard", (json_int_t)body->spec->open_files_max);
    if (list != NULL && body->processes_rlimit > 0) {
        (void)json_array_append_new(list, json_pack("{s:s, s:I, s:I}", "type", "NPROC", "soft",
                                                    (json_int_t)body->processes_rlimit, "hard",
                                                    (json_int_t)body->processes_rlimit));
    }
    return list;
}

/* GPUs by the names of the Container Device Interface. */
static json_t *podman_gpus(const gdi_body *body)
{
    json_t *devices = json_array();
    size_t i = 0;
    const json_t *id = NULL;
    json_array_foreach(body->spec->gpu_ids, i, id)
    {
        (void)json_array_append_new(
            devices, json_pack("{s:o}", "path", json_sprintf("%s=%s", body->gpu_kind, json_string_value(id))));
    }
    return devices;
}

json_t *gdi_body_podman(const gdi_body *body, const char *name)
{
    const gdi_run_spec *spec = body->spec;
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:[s], s:b, s:o, s:{s:s}, s:{s:{}}, s:{s:s, s:i}}",
                     "name", name, "image", body->image, "command", command_of(body), "env", env_object(body), "labels",
                     labels_of(spec), "mounts", podman_mounts(body), "resource_limits", podman_limits(spec), "r_limits",
                     podman_rlimits(body), "shm_size", (json_int_t)spec->shm_bytes, "cap_drop", "ALL",
                     "no_new_privileges", 1, "devices", podman_gpus(body), "netns", "nsmode", "bridge", "Networks",
                     body->network, "log_configuration", "driver", "k8s-file", "size", 256 << 20);
}

json_t *gdi_body_sidecar(const gdi_body *body, const json_t *sidecar)
{
    const gdi_run_spec *spec = body->spec;
    json_t *root = json_pack("{s:O?, s:o, s:{s:s, s:[s], s:[s], s:I, s:o}, s:{s:{s:{}}}}", "Image",
                             json_object_get(sidecar, "image"), "Labels", labels_of(spec), "HostConfig", "NetworkMode",
                             body->network, "SecurityOpt", "no-new-privileges", "CapDrop", "ALL", "PidsLimit",
                             (json_int_t)spec->pids_max, "Ulimits", docker_ulimits(body), "NetworkingConfig",
                             "EndpointsConfig", body->network);
    json_t *command = json_object_get(sidecar, "command");
    if (root != NULL && json_is_array(command)) {
        (void)json_object_set(root, "Cmd", command);
    }
    return root;
}
