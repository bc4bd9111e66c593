#include "core/net/hub_lfs.h"

#include <inttypes.h>
#include <stdlib.h>

#include "core/net/download.h"
#include "core/net/hub_inner.h"
#include "god/helpers/json.h"

#define LFS_TYPE "application/vnd.git-lfs+json"

enum { part_tries = 5, parts_max = 10000, part_limit_ms = 60 * 60 * 1000, headers_max = 16, header_bytes = 2048 };

god_status gdi_base64(const unsigned char *data, size_t bytes, char **ret_text, god_error *err)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *text = malloc((bytes + 2) / 3 * 4 + 1), *at = text;
    if (text == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for an upload");
    }
    for (size_t i = 0; i < bytes; i += 3) {
        size_t left = bytes - i;
        uint32_t three = (uint32_t)data[i] << 16 | (left > 1 ? (uint32_t)data[i + 1] << 8 : 0) |
                         (left > 2 ? (uint32_t)data[i + 2] : 0);
        *at++ = digits[three >> 18];
        *at++ = digits[three >> 12 & 63];
        *at++ = left > 1 ? digits[three >> 6 & 63] : '=';
        *at++ = left > 2 ? digits[three & 63] : '=';
    }
    *at = '\0';
    *ret_text = text;
    return GOD_OK;
}

/* ---- asking ---- */

static god_status ask(gdi_hub *hub, const gdi_lfs_object *object, json_t **ret_answer, god_error *err)
{
    god_text path = GOD_TEXT_INIT, body = GOD_TEXT_INIT;
    long code = 0;
    god_status status = god_text_append_f(&path, err, "/%s.git/info/lfs/objects/batch", object->repository);
    if (status == GOD_OK) {
        status = god_text_append_f(&body, err,
                                   "{\"operation\":\"upload\",\"transfers\":[\"basic\",\"multipart\"],"
                                   "\"hash_algo\":\"sha256\",\"ref\":{\"name\":\"refs/heads/main\"},"
                                   "\"objects\":[{\"oid\":\"%s\",\"size\":%" PRIu64 "}]}",
                                   object->sha256, object->bytes);
    }
    if (status == GOD_OK) {
        status = gdi_hub_ask(hub, "POST", path.data, LFS_TYPE, &body, &code, ret_answer, err);
    }
    if (status == GOD_OK && (code != 200 || *ret_answer == NULL)) {
        json_decref(*ret_answer);
        status = god_fail(err, code == 401 || code == 403 ? GOD_E_INVALID : GOD_E_IO,
                          "the hub does not take large files for \"%s\" (HTTP %ld)", object->repository, code);
    }
    god_text_free(&body);
    god_text_free(&path);
    return status;
}

/* ---- sending ---- */

typedef struct sending {
    gdi_hub *hub;
    const gdi_lfs_object *object;
    const json_t *header; /* of the upload action; may be NULL */
} sending;

static god_status check_address(const char *href, god_error *err)
{
    char name[256];
    return href != NULL && (strncmp(href, "https://", 8) == 0 || strncmp(href, "http://", 7) == 0)
               ? GOD_OK
               : god_fail(err, GOD_E_DATA, "the hub gives \"%s\" as the address of an upload",
                          href == NULL ? "nothing" : gdi_url_shown(href, name));
}

/* Part of the file to one address. *ret_etag, when wanted, is owned by the caller. */
static god_status put_part(const sending *s, const char *href, const char *const *headers, uint64_t from,
                           uint64_t bytes, char **ret_etag, god_error *err)
{
    char name[256];
    gdi_exchanged answer;
    const gdi_hub_options *options = &s->hub->options;
    GOD_TRY(check_address(href, err));
    const gdi_exchange what = {.method = "PUT",
                               .url = href,
                               .headers = headers,
                               .body_file = s->object->path,
                               .body_offset = from,
                               .body_bytes = bytes,
                               .tries = part_tries,
                               .first_pause_ms = options->first_pause_ms,
                               .time_limit_ms = part_limit_ms,
                               .stop_asked = s->object->stop_asked,
                               .progress = s->object->progress,
                               .user = s->object->user};
    GOD_TRY(gdi_exchange_run(&what, &answer, err));
    god_status status = GOD_OK;
    if (answer.code / 100 != 2) {
        status = god_fail(err, GOD_E_IO, "%s does not take a part of \"%s\" (HTTP %ld)", gdi_url_shown(href, name),
                          s->object->path, answer.code);
    } else if (ret_etag != NULL && answer.etag == NULL) {
        status = god_fail(err, GOD_E_DATA, "%s takes a part without a mark for it", gdi_url_shown(href, name));
    } else if (ret_etag != NULL) {
        *ret_etag = answer.etag;
        answer.etag = NULL;
    }
    gdi_exchanged_clear(&answer);
    return status;
}

/* The whole file in one go, with the headers that the hub wants. */
static god_status put_whole(const sending *s, const char *href, god_error *err)
{
    static const char *const none[] = {NULL};
    char(*lines)[header_bytes] = calloc(headers_max, sizeof *lines);
    const char *headers[headers_max + 1] = {NULL}, *name = NULL;
    json_t *value = NULL;
    size_t count = 0;
    if (lines == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for an upload");
    }
    json_object_foreach((json_t *)(uintptr_t)s->header, name, value)
    {
        if (count < headers_max && json_is_string(value)) {
            (void)snprintf(lines[count], sizeof lines[count], "%s: %s", name, json_string_value(value));
            headers[count] = lines[count];
            count++;
        }
    }
    god_status status = put_part(s, href, count == 0 ? none : headers, 0, s->object->bytes, NULL, err);
    free(lines);
    return status;
}

/* The address of part n: the hub writes the numbers with leading zeros. */
static const char *part_address(const sending *s, uint64_t number)
{
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)(uintptr_t)s->header, name, value)
    {
        char *end = NULL;
        if (name[strspn(name, "0123456789")] == '\0' && strtoull(name, &end, 10) == number) {
            return json_string_value(value);
        }
    }
    return NULL;
}

static god_status put_parts(const sending *s, uint64_t chunk, json_t *parts, god_error *err)
{
    uint64_t count = (s->object->bytes + chunk - 1) / chunk;
    if (count > parts_max) {
        return god_fail(err, GOD_E_DATA, "the hub wants \"%s\" in more than %d parts", s->object->path, parts_max);
    }
    for (uint64_t i = 0; i < count; i++) {
        uint64_t from = i * chunk, left = s->object->bytes - from;
        char *etag = NULL;
        GOD_TRY(put_part(s, part_address(s, i + 1), NULL, from, left < chunk ? left : chunk, &etag, err));
        json_t *part = json_pack("{s:I, s:s}", "partNumber", (json_int_t)(i + 1), "etag", etag);
        free(etag);
        if (json_array_append_new(parts, part) != 0) {
            return god_fail(err, GOD_E_NOMEM, "out of memory for an upload");
        }
    }
    return GOD_OK;
}

/* A small JSON body to an address that the hub gave: with the token only when it is the hub's own. */
static god_status post(const sending *s, const char *href, json_t *body_take, god_error *err)
{
    char name[256];
    gdi_exchanged answer;
    char *text = body_take == NULL ? NULL : json_dumps(body_take, JSON_COMPACT);
    json_decref(body_take);
    if (text == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for an upload");
    }
    uint32_t own = href != NULL && gdi_url_same_host(s->hub->endpoint, href);
    const char *const headers[] = {"Content-Type: " LFS_TYPE, own ? s->hub->authorization : NULL, NULL};
    const gdi_hub_options *options = &s->hub->options;
    const gdi_exchange what = {.method = "POST",
                               .url = href,
                               .headers = headers,
                               .body = text,
                               .body_bytes = strlen(text),
                               .tries = part_tries,
                               .first_pause_ms = options->first_pause_ms,
                               .stop_asked = s->object->stop_asked,
                               .user = s->object->user};
    god_status status = check_address(href, err);
    if (status == GOD_OK) {
        status = gdi_exchange_run(&what, &answer, err);
    }
    free(text);
    GOD_TRY(status);
    if (answer.code / 100 != 2) {
        status = god_fail(err, GOD_E_IO, "%s does not confirm \"%s\" (HTTP %ld)", gdi_url_shown(href, name),
                          s->object->path, answer.code);
    }
    gdi_exchanged_clear(&answer);
    return status;
}

static god_status send_in_parts(const sending *s, const char *href, const char *chunk_text, god_error *err)
{
    char *end = NULL;
    unsigned long long chunk = strtoull(chunk_text, &end, 10);
    if (chunk == 0 || *end != '\0') {
        return god_fail(err, GOD_E_DATA, "the hub wants parts of \"%.40s\" bytes", chunk_text);
    }
    json_t *parts = json_array();
    god_status status = put_parts(s, chunk, parts, err);
    if (status != GOD_OK) {
        json_decref(parts);
        return status;
    }
    return post(s, href, json_pack("{s:s, s:o}", "oid", s->object->sha256, "parts", parts), err);
}

static god_status send_object(const sending *s, const json_t *actions, god_error *err)
{
    const json_t *action = json_object_get(actions, "upload");
    const char *href = json_string_value(json_object_get(action, "href"));
    const char *verify = json_string_value(json_object_get(json_object_get(actions, "verify"), "href"));
    const json_t *chunk = json_object_get(s->header, "chunk_size");
    char number[32];
    if (json_is_integer(chunk)) {
        (void)snprintf(number, sizeof number, "%lld", (long long)json_integer_value(chunk));
    }
    GOD_TRY(chunk != NULL ? send_in_parts(s, href, json_is_string(chunk) ? json_string_value(chunk) : number, err)
                          : put_whole(s, href, err));
    return verify == NULL
               ? GOD_OK
               : post(s, verify,
                      json_pack("{s:s, s:I}", "oid", s->object->sha256, "size", (json_int_t)s->object->bytes), err);
}

god_status gdi_lfs_send(gdi_hub *hub, const gdi_lfs_object *object, god_error *err)
{
    json_t *answer = NULL;
    GOD_TRY(ask(hub, object, &answer, err));
    const json_t *entry = json_array_get(json_object_get(answer, "objects"), 0);
    const json_t *actions = json_object_get(entry, "actions"), *refused = json_object_get(entry, "error");
    god_status status = GOD_OK;
    if (entry == NULL || refused != NULL) {
        const char *why = json_string_value(json_object_get(refused, "message"));
        status = god_fail(err, GOD_E_INVALID, "the hub does not take \"%s\": %.200s", object->path,
                          why == NULL ? "it does not say why" : why);
    } else if (json_object_get(actions, "upload") == NULL) {
        object->progress(object->user, (int64_t)object->bytes); /* the hub has it */
    } else {
        const sending s = {hub, object, json_object_get(json_object_get(actions, "upload"), "header")};
        status = send_object(&s, actions, err);
    }
    json_decref(answer);
    return status;
}
