/* Images of others: gdi_engine_has_image and gdi_engine_pull of engine.h. */
#include <stdio.h>
#include <string.h>

#include "core/runner/container/engine_parts.h"
#include "core/runner/container/pull_stream.h"

enum { name_bytes = 512 };

/* "registry:5000/a/b:tag" is "registry:5000/a/b" and "tag"; "a/b@sha256:1f" is "a/b" and "sha256:1f"; without either
 * the tag is "latest", as everywhere: an engine that is told none pulls all. */
static god_status split(const char *image, char ret_name[name_bytes], const char **ret_tag, god_error *err)
{
    const char *slash = strrchr(image, '/'), *digest = strchr(image, '@');
    const char *colon = strchr(slash != NULL ? slash : image, ':');
    const char *end = digest != NULL ? digest : colon != NULL ? colon : image + strlen(image);
    if (end == image || end - image >= name_bytes) {
        return god_fail(err, GOD_E_INVALID, "\"%.200s\" is no name of an image", image);
    }
    (void)snprintf(ret_name, name_bytes, "%.*s", (int)(end - image), image);
    if (digest != NULL) { /* a tag before it says nothing more */
        char *tag = strchr(strrchr(ret_name, '/') != NULL ? strrchr(ret_name, '/') : ret_name, ':');
        if (tag != NULL) {
            *tag = '\0';
        }
    }
    *ret_tag = *end != '\0' ? end + 1 : "latest";
    return GOD_OK;
}

god_status gdi_engine_has_image(gdi_engine *engine, const char *image, uint32_t *ret_has, god_error *err)
{
    char path[GDI_ENGINE_PATH_BYTES];
    god_error why = GOD_ERROR_INIT;
    gdi_engine_path(path, "/v1.41/images/", image, "/json");
    god_status status = gdi_engine_ask(engine, "look at an image", "GET", path, NULL, NULL, &why);
    if (status != GOD_OK && status != GOD_E_NOT_FOUND) {
        return god_fail(err, status, "%s", why.message);
    }
    *ret_has = status == GOD_OK;
    return GOD_OK;
}

static god_status say_pulled(const char *image, const gdi_engine_calls *calls, god_error *err)
{
    char text[name_bytes];
    (void)snprintf(text, sizeof text, "pulled %.400s\n", image);
    return calls->printed(calls->user, text, strlen(text), err);
}

typedef struct pulling {
    gdi_pull_stream stream;
    const gdi_engine_calls *calls;
} pulling;

static god_status take(void *user, const char *bytes, size_t count, god_error *err)
{
    pulling *p = user;
    return gdi_pull_stream_take(&p->stream, bytes, count, err);
}

static uint32_t stop_asked(void *user)
{
    const pulling *p = user;
    return p->calls->stop_asked != NULL ? p->calls->stop_asked(p->calls->user) : 0;
}

god_status gdi_engine_pull(gdi_engine *engine, const char *image, uint64_t time_limit_ms, const gdi_engine_calls *calls,
                           god_error *err)
{
    char path[GDI_ENGINE_PATH_BYTES], name[name_bytes];
    const char *tag = NULL;
    god_error why = GOD_ERROR_INIT;
    pulling p = {.stream = {.image = image, .printed = calls->printed, .user = calls->user}, .calls = calls};
    GOD_TRY(split(image, name, &tag, err));
    gdi_engine_path(path, "/v1.41/images/create?fromImage=", name, "&tag=");
    gdi_engine_path_add(path, tag);
    const gdi_socket_request request = {.method = "POST",
                                        .path = path,
                                        .time_limit_ms = time_limit_ms,
                                        .take = take,
                                        .stop_asked = stop_asked,
                                        .user = &p};
    god_status status = gdi_engine_send(engine, "pull", &request, NULL, &why);
    if (status == GOD_E_TIMEOUT) {
        status = god_fail(err, status, "it is not there after %llu seconds", (unsigned long long)time_limit_ms / 1000);
    } else if (p.stream.progress.failure[0] != '\0') {
        status = god_fail(err, GOD_E_NOT_FOUND, "%s", p.stream.progress.failure);
    } else {
        status = status == GOD_OK ? say_pulled(image, calls, err) : god_fail(err, status, "%s", why.message);
    }
    gdi_pull_stream_clear(&p.stream);
    return status;
}
