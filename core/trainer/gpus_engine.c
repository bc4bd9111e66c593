#include "core/trainer/gpus_engine.h"

#include <ctype.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/net/socket_http.h"
#include "core/training/gpus.h"
#include "god/helpers/json.h"

enum { answer_limit_ms = 2000, all_limit_ms = 5000, holders_max = 64 };

const char *gdi_engine_socket(const json_t *runners)
{
    const char *socket_path = json_string_value(json_object_get(json_object_get(runners, "container"), "socket"));
    return socket_path == NULL ? "/var/run/docker.sock" : socket_path;
}

static void add(uint32_t id, uint32_t ret_ids[GDI_TAKEN_MAX], uint32_t *io_count)
{
    if (*io_count < GDI_TAKEN_MAX && !gdi_gpus_conflict(&id, 1, ret_ids, *io_count)) {
        ret_ids[(*io_count)++] = id;
    }
}

void gdi_gpus_add_container(const json_t *container, uint32_t ret_ids[GDI_TAKEN_MAX], uint32_t *io_count)
{
    const json_t *request = NULL, *id = NULL;
    size_t i = 0, k = 0;
    json_array_foreach(json_object_get(json_object_get(container, "HostConfig"), "DeviceRequests"), i, request)
    {
        json_array_foreach(json_object_get(request, "DeviceIDs"), k, id)
        {
            const char *text = json_string_value(id);
            if (text != NULL && isdigit((unsigned char)*text) && strlen(text) <= 4) {
                add((uint32_t)strtoul(text, NULL, 10), ret_ids, io_count);
            }
        }
    }
}

/* *ret_answer stays NULL when there is none. */
static void ask(gdi_socket_http *http, const char *path, json_t **ret_answer)
{
    const gdi_socket_request request = {.method = "GET", .path = path, .time_limit_ms = answer_limit_ms};
    gdi_socket_answer answer = {.code = 0};
    if (gdi_socket_http_send(http, &request, &answer, NULL) != GOD_OK) {
        return;
    }
    if (answer.code == 200 && answer.body.bytes > 0) {
        (void)god_json_parse("the engine's answer", answer.body.data, answer.body.bytes, ret_answer, NULL);
    }
    god_text_free(&answer.body);
}

static uint32_t is_holder(const json_t *container)
{
    const json_t *name = NULL;
    size_t i = 0;
    json_array_foreach(json_object_get(container, "Names"), i, name)
    {
        const char *text = json_string_value(name);
        if (text != NULL && gdi_gpu_holder(text + (*text == '/'))) {
            return 1;
        }
    }
    return 0;
}

void gdi_gpus_add_engine(const char *socket_path, uint32_t ret_ids[GDI_TAKEN_MAX], uint32_t *io_count)
{
    gdi_socket_http *http = NULL;
    json_t *list = NULL;
    const json_t *container = NULL;
    uint32_t holders = 0;
    uint64_t until_ms = gdi_clock_ms() + all_limit_ms;
    size_t i = 0;
    if (access(socket_path, F_OK) != 0 || gdi_socket_http_open(socket_path, &http, NULL) != GOD_OK) {
        return;
    }
    ask(http, "/v1.41/containers/json", &list);
    json_array_foreach(list, i, container)
    {
        const char *id = json_string_value(json_object_get(container, "Id"));
        char path[160];
        json_t *details = NULL;
        if (id == NULL || id[strspn(id, "0123456789abcdef")] != '\0' || strlen(id) > 100 || !is_holder(container) ||
            holders++ == holders_max || gdi_clock_ms() > until_ms) {
            continue;
        }
        (void)snprintf(path, sizeof path, "/v1.41/containers/%s/json", id);
        ask(http, path, &details);
        gdi_gpus_add_container(details, ret_ids, io_count);
        json_decref(details);
    }
    json_decref(list);
    gdi_socket_http_close(http);
}
