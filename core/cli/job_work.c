#include "core/cli/job_work.h"

#include <stdlib.h>

#include "core/cli/job_ask.h"
#include "core/cli/options.h"
#include "god/helpers/json.h"

enum { result_bytes_max = 16 << 20, minutes_max = 24 * 60 };

god_status gdi_job_work_option(gdi_job_work *work, const char *name, const char *value, uint32_t *ret_taken,
                               god_error *err)
{
    *ret_taken = 1;
    if (name != NULL && strcmp(name, "--for") == 0) {
        return gdi_option_int(name, value, 1, minutes_max, &work->minutes, err);
    }
    if (name != NULL && strcmp(name, "--fence") == 0) {
        return gdi_option_int(name, value, 1, INT64_MAX, &work->fence, err);
    }
    if (name != NULL && strcmp(name, "--owner") == 0) {
        work->owner = value;
    } else if (name != NULL && strcmp(name, "--result") == 0) {
        work->result_path = value;
    } else if (name != NULL && strcmp(name, "--failed") == 0) {
        work->failed = value;
    } else {
        *ret_taken = 0;
    }
    return GOD_OK;
}

/* "a,b" as ["a", "b"]. */
static json_t *kinds_of(const char *list)
{
    json_t *kinds = json_array();
    while (*list != '\0') {
        size_t bytes = strcspn(list, ",");
        if (bytes > 0) {
            (void)json_array_append_new(kinds, json_stringn(list, bytes));
        }
        list += bytes + (list[bytes] == ',');
    }
    return kinds;
}

static god_status make_body(const gdi_job_work *work, const char *action, const char *what, json_t *body,
                            god_error *err)
{
    json_t *result = NULL;
    int failed = 0;
    if (work->minutes != 0) {
        failed |= json_object_set_new(body, "minutes", json_integer((json_int_t)work->minutes));
    }
    if (strcmp(action, "take") == 0) {
        failed |= json_object_set_new(body, "kinds", kinds_of(what));
        failed |= work->owner == NULL ? 0 : json_object_set_new(body, "owner", json_string(work->owner));
    } else if (work->fence == 0) {
        return god_fail(err, GOD_E_INVALID, "god job %s needs --fence, the number that take printed", action);
    } else {
        failed |= json_object_set_new(body, "fence", json_integer((json_int_t)work->fence));
    }
    if (strcmp(action, "answer") == 0) {
        if ((work->result_path == NULL) == (work->failed == NULL)) {
            return god_fail(err, GOD_E_INVALID, "god job answer needs either --result or --failed");
        }
        if (work->result_path != NULL) {
            GOD_TRY(god_json_read(work->result_path, result_bytes_max, &result, err));
        }
        failed |= work->failed != NULL ? json_object_set_new(body, "failed", json_string(work->failed))
                                       : json_object_set_new(body, "result", result);
    }
    return failed == 0 ? GOD_OK : god_fail(err, GOD_E_INVALID, "an argument is no UTF-8 text");
}

static god_status send(const gdi_config *config, const char *action, const char *what, const json_t *body,
                       god_error *err)
{
    god_text target = GOD_TEXT_INIT;
    json_t *answer = NULL;
    god_status status = god_text_append_str(&target, "/admin/jobs", err);
    if (status == GOD_OK && strcmp(action, "take") != 0) {
        status = gdi_ask_add_segment(&target, what, err);
    }
    status = status != GOD_OK ? status : gdi_ask_add_segment(&target, action, err);
    if (status == GOD_OK) {
        status = gdi_ask_host(config, &(gdi_ask){.method = "POST", .target = target.data, .body = body}, &answer, err);
    }
    god_text_free(&target);
    if (status == GOD_OK) {
        (void)json_dumpf(answer, stdout, JSON_INDENT(2));
        (void)putchar('\n');
    }
    json_decref(answer);
    return status;
}

god_status gdi_job_work_do(const gdi_config *config, const gdi_job_work *work, const char *action, const char *what,
                           god_error *err)
{
    json_t *body = json_object();
    god_status status = body == NULL ? god_fail(err, GOD_E_NOMEM, "out of memory for a request")
                                     : make_body(work, action, what, body, err);
    if (status == GOD_OK) {
        status = send(config, action, what, body, err);
    }
    json_decref(body);
    return status;
}
